"""repair on real machines: its plan, what it mends, both ways of attachments, a controller killed at every step."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import killing
import pytest
from proof_lab import INVOICE_FILE, QUOTE_CONTENT, QUOTE_FILE, ROOT

pytest_plugins = ["proof_lab"]
PUBLIC = f"{ROOT}/public/storage/migrations"
OTHER = "failedtry00000000000000000000000"
# What is changed, in this order, where everything is to be repaired; a killed run may leave the folder to the next one.
BACKUP, FOLDER = "Back V5 up and read the backup back", "Make a private folder on the V4 host"
FETCH, ATTACH, CLEAR = "Fetch the attachments from V4", "Attach them in V5", "Remove the attachments from the V4 host"
AMOUNTS, EXPORTS, BLANK = (
    "Write V4's amounts into V5, all or none",
    "Remove exports and old migration jobs",
    "Delete the blank companies",
)
EVERY = [BACKUP, FOLDER, FETCH, ATTACH, CLEAR, AMOUNTS, EXPORTS, BLANK]
STALE = "Remove them"


def plant(proof) -> None:
    """What a failed try leaves: its archive, the unpacked export, a dead job, a failed one, and a blank company."""
    payload = {
        "displayName": "App\\Jobs\\Util\\StartMigration",
        "data": {"command": f's:8:"filepath";s:71:"migrations/{OTHER}-2026-01-01-invoiceninja.zip";'},
    }
    text = json.dumps(payload, separators=(",", ":")).replace("\\", "\\\\").replace("'", "''")
    proof.shell(
        f"cd {ROOT}/public/storage && mkdir -p migrations/{OTHER}-2026-01-01-invoiceninja"
        f" && echo '{{}}' >migrations/{OTHER}-2026-01-01-invoiceninja/migration.json"
        f" && echo zip >migrations/{OTHER}-2026-01-01-invoiceninja.zip && chown -R www-data: migrations"
    )
    proof.sql(
        "SET sql_mode = '';"
        "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at)"
        f" SELECT 'default', '{text}', 1, UNIX_TIMESTAMP() - 86400, UNIX_TIMESTAMP(), UNIX_TIMESTAMP();"
        "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception, failed_at)"
        f" VALUES ('u', 'database', 'default', '{text}', 'ValueError', NOW());"
        "INSERT INTO companies (account_id, company_key, is_disabled, settings, created_at)"
        f" SELECT account_id, '{OTHER}', 1, settings, NOW() FROM companies WHERE id = 1; SET @made = LAST_INSERT_ID();"
        "SET @account = (SELECT account_id FROM companies WHERE id = 1);"
        "INSERT INTO company_user (company_id, account_id, user_id, is_owner, is_admin, created_at)"
        " VALUES (@made, @account, 1, 1, 1, NOW());"
        "INSERT INTO company_tokens (company_id, account_id, user_id, token, name, is_system, created_at)"
        f" VALUES (@made, @account, 1, '{'t' * 64}', 't', 1, NOW())"
    )


def state(proof) -> dict:
    """Everything that a repair may change, without times, random names and ids of rows that it makes."""
    company = f"company_id = {proof.company}"
    return {
        "invoices": proof.sql(
            f"SELECT number, amount, balance, paid_to_date, status_id FROM invoices WHERE {company} ORDER BY id"
        ),
        "clients": proof.sql(f"SELECT balance, paid_to_date, credit_balance FROM clients WHERE {company} ORDER BY id"),
        "ledger": proof.sql(
            f"SELECT client_id, adjustment, balance, notes FROM company_ledgers WHERE {company} ORDER BY id"
        ),
        "documents": proof.sql(
            f"SELECT documentable_type, documentable_id, name, size FROM documents WHERE {company} ORDER BY 1, 2, 3, 4"
        ),
        "files": proof.shell(
            f"cd {ROOT}/public/storage && find . -type f -path '*/documents/*' -exec sha256sum {{}} +"
            " | cut -c1-64 | sort"
        ),
        "leftovers": proof.shell(f"find {PUBLIC} -mindepth 1 2>/dev/null; true"),
        "jobs": proof.sql("SELECT COUNT(*) FROM jobs WHERE payload LIKE '%StartMigration%'"),
        "failed": proof.sql("SELECT COUNT(*) FROM failed_jobs"),
        "companies": proof.sql("SELECT company_key FROM companies ORDER BY id"),
        "packets": proof.v4_shell("ls -d /var/tmp/ninjalift-documents-* 2>/dev/null; true"),
    }


def changes(ran) -> list:
    return [step["task"] for step in ran.client["steps"] if step["status"] == "changed"]


@pytest.fixture(scope="module")
def mended(proof_lab) -> dict:
    """The state that one whole repair leads to."""
    proof_lab.put_back()
    plant(proof_lab)
    before = state(proof_lab)
    plan = proof_lab.cli("repair", "client1")
    assert plan.status == 0, plan.output[-4000:]
    assert plan.document["plan"] is True
    assert state(proof_lab) == before, "a plan changes nothing"
    assert proof_lab.shell("ls /var/backups/ninjalift 2>/dev/null; true") == ""
    rows = {row["id"]: row for found in plan.client["findings"] for row in found["rows"] if "id" in row}
    quote = proof_lab.v4_sql("SELECT invoice_number FROM invoices WHERE invoice_type_id = 2 ORDER BY id LIMIT 1")
    assert {id for id in rows if id.startswith("documents/")} == {
        f"documents/invoices/0001/{INVOICE_FILE}",
        f"documents/quotes/{quote}/{QUOTE_FILE}",
    }
    assert {id for id in rows if id.startswith("balances/invoices/")} == {"balances/invoices/0001"}
    assert len([id for id in rows if id.startswith("balances/clients/")]) == 1
    assert {id.split("/")[1] for id in rows if id.startswith("leftovers/")} == {
        "files",
        "jobs",
        "failed_jobs",
        "companies",
    }

    ran = proof_lab.cli("repair", "client1", "--execute")
    assert ran.status == 0, ran.output[-6000:]
    assert changes(ran) == EVERY
    assert ran.client["reconciliation"]["clean"] is True
    for secret in proof_lab.secrets.values():
        assert secret not in ran.output
    token = proof_lab.v4_sql("SELECT token FROM account_tokens LIMIT 1")
    record = Path(ran.document["record"])
    kept = "".join(path.read_text(errors="replace") for path in record.rglob("*") if path.is_file())
    assert token not in kept
    assert QUOTE_CONTENT[:8].decode() not in kept
    return state(proof_lab)


def test_everything_is_mended_and_a_second_run_finds_nothing(mended, proof_lab):
    assert "0001\t3.120000\t1.110000\t2.010000\t3" in mended["invoices"]
    assert mended["documents"].count("\n") == 2, "three attachments, the expense's was there"
    assert mended["leftovers"] == mended["packets"] == ""
    assert (mended["jobs"], mended["failed"]) == ("0", "0")
    assert OTHER not in mended["companies"]
    again = proof_lab.cli("repair", "client1", "--execute")
    assert (again.status, changes(again)) == (0, []), again.output[-3000:]
    assert [found["status"] for found in again.client["findings"]] == ["pass"] * 3
    assert proof_lab.cli("reconcile", "client1").status == 0
    assert state(proof_lab) == mended


@pytest.mark.wide
def test_a_controller_that_is_killed_after_any_change_is_simply_repeated(mended, proof):
    """Each run begins with what the one before left; how many changes it may make, and the one after which it dies."""
    plant(proof)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(proof.lab.inventory)]
    command += ["--limit", "client1", "-e", "repair_execute=true", "playbooks/repair.yml"]
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(proof.lab.vault_password), "ANSIBLE_NOCOLOR": "1"}
    seen = []
    for after, last in (
        (1, BACKUP),
        (2, FOLDER),
        (4, FETCH),  # the folder of the run before is removed first
        (5, ATTACH),
        (1, STALE),
        (2, AMOUNTS),
        (2, EXPORTS),
        (2, BLANK),
    ):
        ran = killing.run(command, environment, after=after)
        assert ran.killed, ran.output[-4000:]
        assert ran.changes[-1].split(" : ")[-1] == last, ran.changes
        seen.append(last)
    assert {*seen, CLEAR} == {*EVERY, STALE}, "every step that changes something"
    ended = killing.run(command, environment)
    assert ended.status == 0, ended.output[-4000:]
    assert ended.changes == []
    assert state(proof) == mended


@pytest.mark.wide
def test_attachments_go_over_the_controller_too(mended, proof):
    played = proof.play("repair", repair_execute=True, repair_parts=["documents"], repair_transport="controller")
    assert played.status == 0, played.output[-5000:]
    now = state(proof)
    assert (now["documents"], now["files"], now["packets"]) == (mended["documents"], mended["files"], "")
    assert "4.020000" in now["invoices"], "the amounts were not asked for"
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob("ninjalift-documents-client1*"))  # noqa: S108


@pytest.mark.wide
def test_a_file_that_v4_has_lost_is_told_and_the_rest_is_mended(mended, proof):
    path = proof.v4_sql("SELECT path FROM documents WHERE id = 1")
    proof.v4_shell(f"echo '<html><title>Login</title></html>' >{ROOT}/storage/documents/{path}")
    ran = proof.cli("repair", "client1", "--execute")
    assert ran.status == 3, ran.output[-3000:]
    assert f"documents/invoices/0001/{INVOICE_FILE}" in ran.client["message"]
    assert "V4's record says (of 75 bytes)" in ran.client["message"]
    now = state(proof)
    assert now["invoices"] == mended["invoices"]
    assert QUOTE_FILE in now["documents"]
    assert now["documents"] != mended["documents"]
