"""Diagnoses for the tests of the reports: every status, two hosts, an unreachable one, and text that means harm."""

from __future__ import annotations

import datetime

from diagnostics import diagnosis
from diagnostics.check import all_checks
from diagnostics.diagnosis import Diagnosis, Host
from diagnostics.findings import ERROR, FAIL, PASS, SKIP, WARN, Finding
from diagnostics.ignore import Ignore

MADE = datetime.datetime(2026, 9, 21, 13, 33, 20, tzinfo=datetime.timezone.utc)
HOSTILE = "<script>alert(1)</script> \"'&amp; \x1b[31mred\x1b[0m \x00 \u202egnp.exe \ud800 \ufffe ]]>"


def _finding(id, status, title, evidence="", remedy="", host="", ignored=""):
    return Finding(id, status, title, evidence, remedy, f"docs/checks/{id}.md", host, ignored)


V4_FINDINGS = [
    _finding("php.version", PASS, "PHP is a version that V4 runs on", "7.4.33", host="client1-v4"),
    _finding("tls.chain", WARN, "V4 trusts V5's certificate", "It ends in 9 days", "certbot renew", "client1-v4"),
    _finding("cron.present", PASS, "The scheduled jobs stand in a crontab", host="client1-v4"),
    _finding(
        "permissions.writable",
        SKIP,
        "The web user can write where it must",
        "Not checked: only root can test that (permissions/paths)",
        host="client1-v4",
    ),
    _finding(
        "permissions.owners",
        SKIP,
        "All files belong to the web user",
        "Not checked: only root can test that (permissions/owners)",
        host="client1-v4",
    ),
    _finding("tls.files", SKIP, "The right file", "Not checked: no certificate (of its own)", host="client1-v4"),
    _finding("host.clock", SKIP, "The clock is right", "This is a container", host="client1-v4"),
]
V5_FINDINGS = [
    _finding("host.clock", SKIP, "The clock is right", "This is a container", host="client1-v5"),
    *(_finding(f"mail.{each}", SKIP, each, "Not checked: no mail", host="client1-v5") for each in "abcdef"),
    _finding(
        "queue.jobs-drain",
        FAIL,
        "The queue drains",
        "3 jobs wait, the oldest for 4 hours, and no worker runs\nThe driver is database",
        "cd /var/www/invoiceninja && sudo -u www-data /usr/bin/php8.2 artisan queue:work --stop-when-empty"
        " --max-time=3600 --queue=default,emails,webhooks\nsystemctl enable --now invoiceninja-queue",
        "client1-v5",
    ),
    _finding("logs.known-errors", FAIL, "The log has no known failure", HOSTILE, "true", "client1-v5"),
    _finding(
        "mail.connects",
        ERROR,
        "The mail server answers",
        "The check itself failed: KeyError: 'port'",
        "./cli.py explain mail.connects",
        "client1-v5",
    ),
    _finding(
        "exposure.exports",
        FAIL,
        "No export can be downloaded",
        "/storage/migrations/a.zip",
        "rm a.zip",
        "client1-v5",
        "Removed with the next release (until 2026-12-31)",
    ),
    _finding("php.version", PASS, "PHP is a version that V5 runs on", "8.2.29", host="client1-v5"),
    _finding("php.memory", PASS, "PHP has the memory that an import needs", "1 GiB", host="client1-v5"),
    _finding(
        "tls.peer",
        SKIP,
        "V5 reaches V4 for logo and documents",
        "V4's address is not known (--peer)",
        host="client1-v5",
    ),
]


def client() -> Diagnosis:
    """A client whose V5 is in trouble."""
    hosts = [
        Host("client1-v4", "v4", "4.5.50", V4_FINDINGS, {"email": 2}, 0.42, user="ops"),
        Host("client1-v5", "v5", "5.10.17", V5_FINDINGS, {"email": 1, "ip": 3}, 0.61, complete=False),
    ]
    return Diagnosis("client1", hosts, [Ignore("tls.chain", "We renew by hand", datetime.date(2026, 9, 1))])


def dead() -> Diagnosis:
    """A target that nobody answers at."""
    all_checks()
    said = "ssh.example.com:22 does not answer: timed out after 10 s", "ssh root@ssh.example.com true"
    return Diagnosis("ssh://root@ssh.example.com", [diagnosis.unreachable("", *said, seconds=10.0)])


def well() -> Diagnosis:
    """A target without a fault."""
    findings = [_finding("php.version", PASS, "PHP is a version that V5 runs on", "8.2.29")]
    return Diagnosis("local", [Host("", "v5", "5.10.17", findings, {}, 0.2)])
