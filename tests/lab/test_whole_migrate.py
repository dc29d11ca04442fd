"""migrate.yml on real machines: every transport, every ending, every refusal; and nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess

import pytest
import wide
import yaml
from v5_lab import PROJECT, ROOT, wait_until

from lab import faults

pytest_plugins = ["v5_lab"]
PUBLIC = f"{ROOT}/public/storage/migrations"
LOG = f"{ROOT}/storage/logs/laravel.log"
CERTIFICATE = "/etc/ninjalift/tls"


class Moving:
    """A client whose V5 holds nothing but its first company, and whose V4 holds the recorded data."""

    def __init__(self, v5) -> None:
        self.v5, self.v4 = v5, v5.client.v4
        self.key = v5.client.account_key
        script = "php -r 'echo password_hash(trim(fgets(STDIN)), PASSWORD_BCRYPT);'"
        self.hash = v5.machine.ssh(script, input=v5.secrets["v5_owner_password"]).stdout

    def forget(self) -> None:
        """Make V5 what it was before any migration."""
        self.v5.sql(
            "DELETE FROM companies WHERE id > 1; DELETE FROM jobs; DELETE FROM failed_jobs;"
            "DELETE FROM users WHERE id > 1;"
            f"UPDATE users SET password = '{self.hash}', google_2fa_secret = NULL WHERE id = 1;"
            "UPDATE accounts SET default_company_id = 1;"
        )
        self.v5.shell(f"rm -f {LOG}; rm -rf {PUBLIC}")
        self.v5.artisan("cache:clear")  # V5 counts wrong passwords there

    def migrate(self, *arguments: str, **variables: object):
        return self.v5.play("migrate", *arguments, **variables)

    def refused(self, **variables: object) -> str:
        """migrate.yml must fail; its message, once, in one line."""
        played = self.migrate(**variables)
        assert played.status != 0, played.output[-3000:]
        assert "Traceback (most recent call last)" not in played.output
        fatal = re.findall(r'^fatal: .*?"msg": "((?:[^"\\]|\\.)*)"', played.output, re.M)
        assert fatal, played.output[-3000:]
        return json.loads(f'"{fatal[-1]}"')

    def v4_sql(self, statement: str) -> str:
        database = self.v4.ssh(f"sed -n 's/^DB_DATABASE=//p' {ROOT}/.env").stdout.strip()
        done = self.v4.ssh(
            f"mysql --batch --skip-column-names {database}", input=f"SET FOREIGN_KEY_CHECKS=0; {statement}"
        )
        return done.stdout.strip()

    def companies(self) -> list:
        return self.v5.sql("SELECT company_key FROM companies ORDER BY id").split()

    def assert_clean(self) -> None:
        """Nothing of the try is left, and cron, queue and logging are as before."""
        assert self.v5.shell(f"find {PUBLIC} -mindepth 1 2>/dev/null; true") == ""
        assert self.v4.ssh(f"find {ROOT}/storage -name '*-invoiceninja.zip'").stdout == ""
        assert self.v5.shell("systemctl list-units --all --no-legend 'ninjalift-import-*'") == ""
        assert self.v5.shell("ls /var/lib/ninjalift 2>/dev/null; true") in ("", "marks")
        assert "paused by ninjalift" not in self.v5.shell("cat /etc/cron.d/*")
        assert self.v5.shell("systemctl is-active invoiceninja-queue") == "active"
        assert self.v5.config("ninja.expanded_logging") is False
        assert self.v5.sql("SELECT COUNT(*) FROM jobs WHERE payload LIKE '%StartMigration%'") == "0"

    def import_begins(self, process: subprocess.Popen) -> None:
        """Wait until the run that is this process has V5 at work on the company."""
        begun = f"grep -sq 'Importing clients' {LOG} && echo begun; true"
        wait_until(lambda: self.v5.shell(begun) or process.poll() is not None, "the import's start")
        assert process.poll() is None, "the run ended by itself"

    def set_env(self, line: str) -> None:
        """Add a line to V5's .env, or take it back by its name alone, and cache the configuration anew."""
        name = line.split("=")[0]
        self.v5.shell(f"sed -i '/^{name}=/d' {ROOT}/.env")
        if "=" in line:
            self.v5.shell(f"echo '{line}' >> {ROOT}/.env")
        self.v5.artisan("config:cache")


@pytest.fixture(scope="module")
def shared(v5):
    return Moving(v5)


@pytest.fixture
def moving(shared):
    shared.forget()
    yield shared
    shared.forget()


@pytest.mark.parametrize("transport", wide.but(["v4_host"], ["v4_host", "controller", "wizard"]))
def test_every_transport_moves_everything_and_leaves_nothing_behind(moving, transport):
    wizard = {"migration_transport": transport}
    if transport == "wizard":
        # Without these, V4's wizard fails as on a stock install; with them the host is not used at all.
        moving.v4.ssh(f"cd {ROOT} && sudo -u www-data mkdir -p storage/migrations storage/app/migrations")
    played = moving.migrate(**wizard)
    assert played.status == 0, played.output[-5000:]
    if transport == "wizard":
        moving.v4.ssh(f"rm -rf {ROOT}/storage/migrations {ROOT}/storage/app/migrations")
    assert moving.companies()[1:] == [moving.key]
    counts = "SELECT (SELECT COUNT(*) FROM clients), (SELECT COUNT(*) FROM invoices), (SELECT COUNT(*) FROM payments)"
    assert moving.v5.sql(counts).split() == ["10", "64", "64"]
    moving.assert_clean()

    log = moving.v5.shell(f"cat {LOG}")
    assert "migration.INFO: Importing documents" in log, "the import ran in a worker whose environment shows errors"
    assert "Subject: Migration" not in log, "the import mailed nobody"
    for secret in moving.v5.secrets.values():
        assert secret not in played.output

    again = moving.migrate(**wizard)
    assert again.status == 0, again.output[-3000:]
    assert again.changed == 0
    assert "nothing to migrate" in again.output


def test_a_dry_run_changes_nothing(moving):
    played = moving.migrate("--check")
    assert played.status == 0, played.output[-3000:]
    assert "would be exported" in played.output
    assert len(moving.companies()) == 1
    moving.assert_clean()


REFUSALS = {
    "wrong password": (
        {"v5_owner_password": "wrong", "v4_owner_password": "wrong"},
        "does not accept",
        "ansible-vault edit",
    ),
    "wrong owner": ({"v4_owner_email": "nobody@client1.test"}, "no account owner", "v4_owner_email"),
    "redirecting URL": ({"v5_url": "http://v5.client1.test"}, "redirect", "v5_url"),
    "no such name": ({"v5_url": "https://nowhere.test", "v5_address": ""}, "nowhere.test", "getent hosts"),
    "missing variable": ({"migration_transport": "pigeon"}, "pigeon", ""),
    "wizard without password": (
        {"migration_transport": "wizard", "v4_owner_password": ""},
        "v4_owner_password",
        "ansible-vault edit",
    ),
}


@pytest.mark.parametrize("case", wide.but(["wrong password"], REFUSALS))
def test_wrong_settings_stop_before_anything_is_changed(moving, case):
    variables, reason, remedy = REFUSALS[case]
    message = moving.refused(**variables)
    assert reason in message
    assert remedy in message
    assert len(moving.companies()) == 1
    moving.assert_clean()


@pytest.mark.parametrize("kind", wide.but(["self-signed"], ["self-signed", "expired", "wrong-name"]))
def test_an_untrusted_certificate_stops_before_anything_is_changed(moving, kind):
    files = moving.v5.shell(
        "sed -n 's/^ *ssl_certificate\\(_key\\)\\? \\(.*\\);/\\2/p' /etc/nginx/sites-enabled/*"
    ).split()
    with faults.wrong_certificate(moving.v5.machine, kind, files[0], files[1]):
        message = moving.refused()
    words = {"self-signed": "self-signed", "expired": "expired", "wrong-name": "name"}
    assert words[kind] in message
    assert "Mend it with" in message
    assert len(moving.companies()) == 1
    moving.assert_clean()


@pytest.mark.wide
def test_an_api_secret_that_is_missing_or_wrong_is_named(moving):
    moving.set_env("API_SECRET=sesame")
    try:
        assert "v5_api_secret" in moving.refused()
        assert "v5_api_secret" in moving.refused(v5_api_secret="wrong")
        assert moving.migrate("--check", v5_api_secret="sesame").status == 0
    finally:
        moving.set_env("API_SECRET")
    moving.assert_clean()


@pytest.mark.wide
def test_two_factor_is_named(moving):
    moving.v5.sql("UPDATE users SET google_2fa_secret = 'secret' WHERE id = 1")
    assert "two-factor" in moving.refused()
    moving.assert_clean()


@pytest.mark.wide
def test_a_v5_without_a_queue_in_its_database_is_refused(moving):
    moving.set_env("QUEUE_CONNECTION=sync")
    try:
        message = moving.refused()
        assert "'sync'" in message
        assert "./cli.py provision client1" in message
    finally:
        moving.set_env("QUEUE_CONNECTION=database")


@pytest.mark.wide
def test_a_full_account_is_refused_and_its_blank_companies_can_be_removed(moving):
    for number in range(9):
        moving.v5.sql(
            "SET sql_mode = ''; INSERT INTO companies (account_id, company_key, is_disabled, settings, created_at) "
            f"SELECT account_id, 'blank{number:027}', 1, settings, NOW() FROM companies WHERE id = 1;"
            "SET @made = LAST_INSERT_ID(); SET @account = (SELECT account_id FROM companies WHERE id = 1);"
            "INSERT INTO company_user (company_id, account_id, user_id, is_owner, is_admin, created_at) "
            "VALUES (@made, @account, 1, 1, 1, NOW());"
            "INSERT INTO company_tokens (company_id, account_id, user_id, token, name, is_system, created_at) "
            f"VALUES (@made, @account, 1, 'token{number:059}', 't', 1, NOW())"
        )
    message = moving.refused()
    assert "already has 10 companies" in message
    assert "9 of them are blank" in message
    assert "--remove-blank" in message
    assert len(moving.companies()) == 10
    played = moving.migrate(migration_remove_blank=True)
    assert played.status == 0, played.output[-4000:]
    assert moving.companies()[1:] == [moving.key]
    moving.assert_clean()


@pytest.mark.wide
def test_an_export_whose_import_will_fail_is_not_sent_and_the_printed_sql_mends_v4(moving):
    """A time zone that no list has: no check of V4's data looks for it, and V5 fails when it reminds of an invoice."""
    zone = moving.v4_sql(f"SELECT COALESCE(timezone_id, 'NULL') FROM accounts WHERE account_key = '{moving.key}'")
    moving.v4_sql(f"UPDATE accounts SET timezone_id = 999 WHERE account_key = '{moving.key}'")
    try:
        message = moving.refused()
        assert re.search(r'would fail at \w+: Attempt to read property "name" on null. Nothing was sent', message)
        assert message.endswith("To send it all the same, mend it with: `./cli.py migrate client1 --anyway`")
        assert len(moving.companies()) == 1
        moving.assert_clean()

        verified = moving.v5.play("verify_v4")
        assert verified.status == 2
        assert re.search(r"FAIL  \w+: timezone-unknown", verified.output)
        (remedy,) = set(re.findall(r"UPDATE accounts SET timezone_id = NULL WHERE id = \d+;", verified.output))
        moving.assert_clean()

        moving.v4_sql(remedy)
        assert moving.v5.play("verify_v4").status == 0
        played = moving.migrate()
        assert played.status == 0, played.output[-4000:]
        assert moving.companies()[1:] == [moving.key]
    finally:
        moving.v4_sql(f"UPDATE accounts SET timezone_id = {zone} WHERE account_key = '{moving.key}'")
    moving.assert_clean()


@pytest.mark.wide
def test_an_import_that_fails_says_where_and_why_and_is_repeated_by_name(moving):
    owner = moving.v4_sql("SELECT client_id FROM invoices WHERE id = 20")
    moving.v4_sql("UPDATE invoices SET client_id = 99999 WHERE id = 20")
    try:
        message = moving.refused(migration_anyway=True)
        assert "failed at invoices because: Missing resource key: clients_99999" in message
        assert "--force" in message
        moving.assert_clean()
        assert moving.companies()[1:] == [moving.key], "the half-made company is not blank: it stays"

        message = moving.refused()
        assert "not all of V4's data" in message
        assert "migrate client1 --force" in message
        message = moving.refused(migration_force=True, migration_force_company="Another")
        assert "'Another'" in message

        moving.v5.sql(f"UPDATE companies SET is_disabled = 0 WHERE company_key = '{moving.key}'")
        for force in (False, True):
            message = moving.refused(migration_force=force, migration_force_company="Another")
            assert "is switched on, so people may work in it; it does not have all that V4 has: " in message
            assert "--force" not in message
            assert message.endswith("mend it with: `./cli.py rollback client1`")
        moving.v5.sql(f"UPDATE companies SET is_disabled = 1 WHERE company_key = '{moving.key}'")
    finally:
        moving.v4_sql(f"UPDATE invoices SET client_id = {owner} WHERE id = 20")
    half = moving.v5.sql("SELECT COUNT(*) FROM invoices")
    name = moving.v5.sql("SELECT JSON_UNQUOTE(JSON_EXTRACT(settings, '$.name')) FROM companies WHERE id > 1")
    played = moving.migrate(migration_force=True, migration_force_company=name)
    assert played.status == 0, played.output[-4000:]
    assert moving.v5.sql("SELECT COUNT(*) FROM invoices") == "64"
    moving.assert_clean()

    # What force deleted is in a backup, and one command puts it back.
    backup = moving.v5.shell("sh -c 'ls -d /var/backups/ninjalift/v5-*'").split()[-1]
    played = moving.v5.play("restore_v5", v5_backup_path=backup)
    assert played.status == 0, played.output[-4000:]
    assert moving.v5.sql("SELECT COUNT(*) FROM invoices") == half
    wait_until(lambda: moving.v5.version() == "5.10.17", "V5's answer")
    moving.assert_clean()


@pytest.mark.wide
def test_a_systemd_that_begins_the_worker_late_is_waited_for(moving):
    """As a busy one does: the unit has a job, and is inactive until that is begun."""
    late, more = "/etc/systemd/system/late.service", "/etc/systemd/system/ninjalift-import-.service.d"
    moving.v5.shell(
        f"mkdir {more} && printf '[Unit]\\nWants=late.service\\nAfter=late.service\\n' >{more}/late.conf"
        f" && printf '[Service]\\nType=oneshot\\nExecStart=/bin/sleep 5\\n' >{late} && systemctl daemon-reload"
    )
    try:
        played = moving.migrate()
    finally:
        moving.v5.shell(f"rm -r {more} {late} && systemctl daemon-reload")
    assert played.status == 0, played.output[-4000:]
    assert moving.companies()[1:] == [moving.key]
    moving.assert_clean()


@pytest.mark.wide
def test_a_type_error_of_the_importer_is_seen_too(moving):
    names = moving.v4_sql("SELECT id, name FROM tax_rates").splitlines()
    moving.v4_sql("UPDATE tax_rates SET name = ''")
    try:
        assert 'would fail at tax_rates: {"0.name":' in moving.refused()
        message = moving.refused(migration_anyway=True)
        assert "failed at tax_rates because" in message
        assert "0.name" in message
    finally:
        for number, name in (line.split("\t") for line in names):
            moving.v4_sql(f"UPDATE tax_rates SET name = '{name}' WHERE id = {number}")
    moving.assert_clean()


@pytest.mark.wide
def test_a_full_disk_on_v4_stops_the_export(moving):
    folder = f"{ROOT}/storage"
    with faults.full_disk(moving.v4, folder):
        message = moving.refused()
    assert "are free" in message
    assert "df -h" in message
    assert len(moving.companies()) == 1
    moving.assert_clean()


@pytest.mark.wide
def test_a_full_disk_on_v5_leaves_no_blank_company(moving):
    moving.v5.shell(f"mkdir -p {PUBLIC} && chown www-data: {PUBLIC}")
    with faults.full_disk(moving.v5.machine, PUBLIC, free_kilobytes=4):
        message = moving.refused()
    assert "V4 is unchanged" in message
    assert len(moving.companies()) == 1
    moving.assert_clean()


def test_an_unreachable_v5_is_said_and_v4_is_clean(moving):
    with faults.cut_link(moving.v5.machine):
        played = moving.migrate("-e", "ansible_timeout=5")
    assert "UNREACHABLE" in played.output
    assert played.status == 4
    moving.assert_clean()


def test_a_killed_controller_imports_nothing_twice(moving):
    command = [str(PROJECT / ".venv/bin/ansible-playbook"), "-i", str(moving.v5.lab.inventory), "--limit", "client1"]
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(moving.v5.lab.vault_password)}
    process = subprocess.Popen(
        [*command, "playbooks/migrate.yml"],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        moving.import_begins(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    played = moving.migrate()
    assert played.status == 0, played.output[-4000:]
    assert "nothing to migrate" in played.output
    assert moving.companies()[1:] == [moving.key]
    assert moving.v5.sql("SELECT COUNT(*) FROM invoices") == "64"
    moving.assert_clean()


@pytest.mark.wide
def test_a_stop_by_hand_leaves_no_export_behind(moving):
    environment = {
        **os.environ,
        "NINJALIFT_INVENTORY": str(moving.v5.lab.inventory),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(moving.v5.lab.vault_password),
    }
    process = subprocess.Popen(
        [PROJECT / "cli.py", "migrate", "client1"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        moving.import_begins(process)
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0].decode()
    assert process.returncode == 1, said[-3000:]
    assert "stopped by hand" in said
    assert "Traceback" not in said
    moving.assert_clean()
    assert moving.migrate().status == 0


SLOW = "/etc/php/8.2/fpm/conf.d/99-slow-start.ini"


@pytest.mark.wide
def test_an_upload_that_the_web_server_gave_up_on_is_waited_for(moving):
    """nginx answers 504 after a second, and PHP queues the import three seconds later."""
    code = "<?php if (strpos($_SERVER['REQUEST_URI'] ?? '', '/migration/start')) { sleep(4); }"
    moving.v5.shell(
        f'echo "{code.replace("$", chr(92) + "$")}" > /var/tmp/slow.php'
        f" && echo auto_prepend_file=/var/tmp/slow.php > {SLOW} && systemctl restart php8.2-fpm"
        " && echo 'fastcgi_read_timeout 1s;' > /etc/nginx/conf.d/slow.conf"
        " && sed -i.kept '/fastcgi_read_timeout/d' /etc/nginx/sites-available/* && systemctl reload nginx"
    )
    try:
        played = moving.migrate()
    finally:
        moving.v5.shell(
            f"rm -f {SLOW} /etc/nginx/conf.d/slow.conf && cd /etc/nginx/sites-available"
            " && for f in *.kept; do mv $f ${f%.kept}; done; systemctl restart php8.2-fpm && systemctl reload nginx"
        )
    assert played.status == 0, played.output[-4000:]
    assert "Give a job that was not confirmed the time to come" in played.output
    assert moving.companies()[1:] == [moving.key]
    moving.assert_clean()


@pytest.mark.wide
def test_behind_the_wizard_half_a_company_is_not_taken_for_a_whole_one(moving):
    owner = moving.v4_sql("SELECT client_id FROM invoices WHERE id = 20")
    moving.v4_sql("UPDATE invoices SET client_id = 99999 WHERE id = 20")
    moving.v4.ssh(f"cd {ROOT} && sudo -u www-data mkdir -p storage/migrations storage/app/migrations")
    try:
        assert "failed at invoices" in moving.refused(migration_transport="wizard")
        message = moving.refused(migration_transport="wizard")
    finally:
        moving.v4_sql(f"UPDATE invoices SET client_id = {owner} WHERE id = 20")
        moving.v4.ssh(f"rm -rf {ROOT}/storage/migrations {ROOT}/storage/app/migrations")
    assert "nothing shows that its import ran to its end" in message
    assert "migrate client1 --force" in message


@pytest.mark.wide
def test_a_client_that_V5_refuses_is_not_exported_while_another_goes_through(moving, tmp_path):
    lab = moving.v5.lab
    hosts = yaml.safe_load((lab.inventory / "hosts.yml").read_text())
    groups = hosts["all"]["children"]
    for side, machine in (("v4", moving.v4), ("v5", moving.v5.machine)):
        groups[side]["hosts"][f"other-{side}"] = {"ansible_host": machine.address}
    groups["other"] = {"hosts": {"other-v4": {}, "other-v5": {}}}
    folder = tmp_path / "inventory"
    shutil.copytree(lab.inventory, folder)
    shutil.copytree(folder / "group_vars" / "client1", folder / "group_vars" / "other")
    (folder / "hosts.yml").write_text(yaml.safe_dump(hosts))
    (folder / "group_vars" / "client1" / "wrong.yml").write_text("v5_owner_password: wrong\nv4_owner_password: wrong\n")
    (folder / "group_vars" / "client1" / "vault.yml").unlink()
    command = [str(PROJECT / ".venv/bin/ansible-playbook"), "-i", str(folder), "playbooks/migrate.yml"]
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(lab.vault_password), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout[-3000:]
    exported = done.stdout.partition("TASK [v4_export : Export the company]")[2].partition("TASK [")[0]
    assert "other-v4" in exported
    assert "client1-v4" not in exported
    assert "does not accept" in done.stdout
    assert moving.companies()[1:] == [moving.key]
    moving.assert_clean()
