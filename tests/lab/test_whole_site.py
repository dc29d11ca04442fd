"""./cli.py run: one command from V4 4.5.49 to a checked V5, and the same command again changes nothing.

V5's importer loses the attachments of invoices and counts the first payment twice, as the real one does. So the run
ends with 3 and says what differs from V4, and with what it is mended.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from v5_lab import PROJECT

pytest_plugins = ["v5_lab"]


@pytest.fixture(scope="module")
def cli(v5):
    """Run ./cli.py on the lab's inventory; returns its exit status, its JSON and what it said meanwhile."""
    environment = {
        **os.environ,
        "NINJALIFT_INVENTORY": str(v5.lab.inventory),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(v5.lab.vault_password),
    }

    def run(*arguments: str) -> tuple:
        done = subprocess.run(
            [PROJECT / "cli.py", *arguments, "--json"], env=environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


# What docs/cli.md promises of the document, of a client in it, and of a step of that client.
DOCUMENT = {"schema", "verb", "plan", "exit", "record", "clients"}
CLIENT = {
    "client",
    "status",
    "message",
    "remedy",
    "failed_step",
    "error_id",
    "changed",
    "unforeseen",
    "findings",
    "reconciliation",
    "steps",
    "counts",
    "differences",
}
# What the importer of V5 5.10.17 does to the recorded company (migration-success.db.txt, facts of V5).
LOST = {
    "invoices/0001/balance",
    "invoices/0001/paid_to_date",
    "clients/Dr. Ken Tremblay/balance",
    "documents/invoices/0001/a.png",
    "documents/invoices/0002/a.png",
}
STEP = {"client", "host", "play", "role", "task", "action", "status", "seconds", "message", "error_id", "remedy"}
FINDING = {"id", "status", "title", "rows", "remedy"}


def open_differences(client: dict) -> set:
    """The ids of what differs from V4 and is not known."""
    return {each["id"] for each in client["reconciliation"]["differences"] if not each["known"]}


def v4_version(v5) -> str:
    found = v5.client.v4.ssh(
        "sed -n \"s/.*'NINJA_VERSION', '\\([0-9.]*\\).*/\\1/p\" /var/www/invoiceninja/app/Constants.php"
    )
    return found.stdout.strip()


def test_a_plan_names_what_would_be_done_and_changes_nothing(v5, cli):
    before = v4_version(v5), v5.sql("SELECT COUNT(*) FROM companies; SELECT COUNT(*) FROM jobs")
    began = [machine.ssh("date +@%s").stdout.strip() for machine in (v5.client.v4, v5.machine)]
    status, plan, said = cli("run", "client1", "--plan")
    assert status == 0, said[-4000:]
    assert (plan["plan"], plan["exit"]) == (True, 0)
    (client,) = plan["clients"]
    # The recorded data have what gets lost, which is told, and stops nothing.
    assert (client["status"], client["message"]) == ("warn", "")
    would = {step["play"] for step in client["steps"] if step["status"] == "changed"} | set(client["unforeseen"])
    assert any("V4" in play for play in would), would
    assert "Import the company into V5" in would

    assert before[0] == "4.5.49"
    assert (v4_version(v5), v5.sql("SELECT COUNT(*) FROM companies; SELECT COUNT(*) FROM jobs")) == before
    for machine, moment in zip((v5.client.v4, v5.machine), began):
        places = "/var/www/invoiceninja /etc /var/backups /var/lib/ninjalift"
        # A site that is served writes sessions, caches and logs into its storage by itself.
        found = machine.ssh(f"find {places} -newermt {moment} -type f -not -path '*/storage/*' 2>/dev/null; true")
        assert found.stdout == ""


def test_one_command_goes_the_whole_way_and_is_idempotent(v5, cli):
    status, first, said = cli("run", "client1")
    assert status == 3, said[-4000:]
    (client,) = first["clients"]
    assert client["client"] == "client1"
    assert open_differences(client) == LOST
    assert client["remedy"].startswith("./cli.py repair client1")
    assert "documents" in said, "the import's resources are shown while it runs"
    assert v4_version(v5) == "4.5.50"
    assert (set(first), set(client)) == (DOCUMENT, CLIENT | {"seconds"})
    assert {"schema": 1, "verb": "run", "plan": False, "exit": 3}.items() <= first.items()
    record = Path(first["record"])
    assert json.loads((record / "clients" / "client1" / "result.json").read_text()) == client
    kept = json.loads((record / "result.json").read_text())
    assert {name: kept[name] for name in DOCUMENT - {"clients"}} == {
        name: first[name] for name in DOCUMENT - {"clients"}
    }
    assert kept["clients"][0]["changed"] == client["changed"]
    assert all(set(step) == STEP for step in client["steps"])
    failed = [step["task"] for step in client["steps"] if step["status"] not in ("ok", "changed")]
    assert failed == ["Stop when something differs"]
    assert client["changed"] == sum(step["status"] == "changed" for step in client["steps"])
    assert client["findings"]
    assert all(set(finding) >= FINDING for finding in client["findings"])
    assert v5.sql("SELECT COUNT(*) FROM invoices") == "64"
    assert v5.sql(f"SELECT is_disabled FROM companies WHERE company_key = '{v5.client.account_key}'") == "1"

    status, second, said = cli("run", "client1")
    assert status == 3, said[-4000:]
    assert open_differences(second["clients"][0]) == LOST
    changed = [step for step in second["clients"][0]["steps"] if step["status"] == "changed"]
    assert changed == []

    for secret in v5.secrets.values():
        for document in (json.dumps(first), json.dumps(second), said):
            assert secret not in document
        found = subprocess.run(["grep", "-rlF", "-e", secret, first["record"], second["record"]], capture_output=True)
        assert found.stdout == b"", "no record of a run holds a secret"


@pytest.mark.wide
def test_check_data_that_finds_something_fails(v5, cli):
    v5.sql("UPDATE clients SET balance = balance + 5 WHERE is_deleted = 0 LIMIT 1")
    try:
        status, found, _ = cli("check-data", "client1")
        assert status == 3
        assert "1 clients with incorrect balances" in found["clients"][0]["message"]
    finally:
        v5.sql("UPDATE clients SET balance = balance - 5 WHERE is_deleted = 0 LIMIT 1")
    status, found, _ = cli("check-data", "client1")
    assert (status, open_differences(found["clients"][0])) == (3, LOST)


def test_an_unreachable_host_and_an_unknown_client_have_their_own_exit_status(v5, cli, tmp_path):
    from lab import faults

    with faults.cut_link(v5.client.v4):
        status, found, _ = cli("verify", "client1")
    assert status == 5
    assert found["clients"][0]["status"] == "unreachable"
    status, refused, _ = cli("verify", "nobody")
    assert status == 2
    assert (refused["exit"], refused["clients"], set(refused)) == (2, [], DOCUMENT | {"message", "remedy"})
    assert "nobody" in refused["message"]
    assert refused["remedy"] == "./cli.py init"
