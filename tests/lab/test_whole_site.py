"""./cli.py run: one command from V4 4.5.49 to a checked V5, and the same command again changes nothing."""

from __future__ import annotations

import json
import os
import subprocess

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


def test_one_command_goes_the_whole_way_and_is_idempotent(v5, cli):
    status, first, said = cli("run", "client1")
    assert status == 0, said[-4000:]
    (client,) = first["clients"]
    assert client["client"] == "client1"
    assert "documents" in said, "the import's resources are shown while it runs"
    assert v5.client.v4.ssh("grep -o \"'NINJA_VERSION', '[0-9.]*'\" /var/www/invoiceninja/app/Constants.php").stdout
    assert v5.sql("SELECT COUNT(*) FROM invoices") == "64"
    assert v5.sql(f"SELECT is_disabled FROM companies WHERE company_key = '{v5.client.account_key}'") == "1"

    status, second, said = cli("run", "client1")
    assert status == 0, said[-4000:]
    changed = [step for step in second["clients"][0]["steps"] if step["status"] == "changed"]
    assert changed == []

    for secret in v5.secrets.values():
        for document in (json.dumps(first), json.dumps(second), said):
            assert secret not in document
        found = subprocess.run(["grep", "-rlF", "-e", secret, first["record"], second["record"]], capture_output=True)
        assert found.stdout == b"", "no record of a run holds a secret"


def test_check_data_that_finds_something_fails(v5, cli):
    v5.sql("UPDATE clients SET balance = balance + 5 WHERE is_deleted = 0 LIMIT 1")
    try:
        status, found, _ = cli("check-data", "client1")
        assert status == 3
        assert "1 clients with incorrect balances" in found["clients"][0]["message"]
    finally:
        v5.sql("UPDATE clients SET balance = balance - 5 WHERE is_deleted = 0 LIMIT 1")
    assert cli("check-data", "client1")[0] == 0


def test_an_unreachable_host_and_an_unknown_client_have_their_own_exit_status(v5, cli, tmp_path):
    from lab import faults

    with faults.cut_link(v5.client.v4):
        status, found, _ = cli("verify", "client1")
    assert status == 5
    assert found["clients"][0]["status"] == "unreachable"
    done = subprocess.run(
        [PROJECT / "cli.py", "verify", "nobody", "-i", v5.lab.inventory], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "nobody" in done.stderr
