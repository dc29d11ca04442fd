"""./cli.py reconcile on a migrated client: it names exactly what the migration lost, and every later change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Iterator

import pytest
from proof_lab import INVOICE_FILE, QUOTE_CONTENT, QUOTE_FILE, ROOT

pytest_plugins = ["proof_lab"]
BALANCES = {"invoices/0001/balance", "invoices/0001/paid_to_date", "clients/Dr. Ken Tremblay/balance"}


def open_ids(ran) -> set:
    return {each["id"] for each in ran.client["reconciliation"]["differences"] if not each["known"]}


@pytest.fixture
def quote(proof) -> str:
    """The number of the quote that V4's second attachment is on."""
    return proof.v4_sql(
        "SELECT invoice_number FROM invoices WHERE id = (SELECT invoice_id FROM documents WHERE id = 2)"
    )


@pytest.fixture
def lost(quote) -> set:
    """What the import lost: two attachments and the first payment's balances."""
    return {*BALANCES, f"documents/invoices/0001/{INVOICE_FILE}", f"documents/quotes/{quote}/{QUOTE_FILE}"}


@pytest.fixture
def quiet(proof) -> Iterator[None]:
    """Nobody but the test changes a database."""
    for machine, services in ((proof.v4, "cron"), (proof.machine, "cron invoiceninja-queue")):
        machine.ssh(f"systemctl stop {services}; while pkill -KILL -f '[a]rtisan'; do sleep 0.1; done; true")
    yield
    proof.v4_shell("systemctl start cron")
    proof.shell("systemctl start cron invoiceninja-queue")


def test_it_names_exactly_what_the_migration_lost(proof, lost, quote, quiet, tmp_path):
    began = [machine.ssh("date +@%s").stdout.strip() for machine in (proof.v4, proof.machine)]
    dumps = [
        proof.v4_shell(f"mysqldump --skip-dump-date $(sed -n 's/^DB_DATABASE=//p' {ROOT}/.env) | sha256sum"),
        proof.shell("mysqldump --skip-dump-date --ignore-table=invoiceninja_v5.jobs invoiceninja_v5 | sha256sum"),
    ]
    page = tmp_path / "client1.html"
    ran = proof.cli("reconcile", "client1", "--html", str(page))
    assert (ran.status, open_ids(ran)) == (3, lost), ran.output[-3000:]
    assert ran.client["remedy"].startswith("./cli.py repair client1")
    document = ran.client["reconciliation"]
    told = next(each for each in document["differences"] if each["id"] == f"documents/quotes/{quote}/{QUOTE_FILE}")
    assert told["v4_document"]["sha256"] == hashlib.sha256(QUOTE_CONTENT).hexdigest()
    assert told["v4_document"]["size"] == len(QUOTE_CONTENT)
    assert all(each["reason"] for each in document["differences"] if each["known"])

    # Nothing of it is on the hosts, and what it says is for the user alone.
    for machine, moment in zip((proof.v4, proof.machine), began):
        places = f"{ROOT} /tmp /var/tmp /root /home /var/lib/ninjalift"
        found = machine.ssh(f"find {places} -newermt {moment} -type f -not -path '*/storage/*' 2>/dev/null; true")
        assert found.stdout == ""
    assert dumps == [
        proof.v4_shell(f"mysqldump --skip-dump-date $(sed -n 's/^DB_DATABASE=//p' {ROOT}/.env) | sha256sum"),
        proof.shell("mysqldump --skip-dump-date --ignore-table=invoiceninja_v5.jobs invoiceninja_v5 | sha256sum"),
    ]
    assert page.stat().st_mode & 0o777 == 0o600
    assert "Invoice 0001" in page.read_text() and QUOTE_FILE in page.read_text()
    record = Path(ran.document["record"])
    assert record.stat().st_mode & 0o777 == 0o700
    keys = proof.v4_sql("SELECT contact_key FROM contacts").split() + list(proof.secrets.values())
    texts = [file.read_text(errors="replace") for file in record.rglob("*") if file.is_file()]
    assert not [key for key in keys if any(key in text for text in texts)]


def test_what_is_mended_is_clean_and_what_is_changed_is_found(proof, lost):
    """The balances and attachments as they should be: clean. Then one cent, one key, one line, one setting."""
    company = proof.company
    proof.sql(
        f"UPDATE invoices SET balance = 1.11, paid_to_date = 2.01 WHERE company_id = {company} AND number = '0001';"
        "UPDATE clients SET balance = balance + 2.01 WHERE name = 'Dr. Ken Tremblay'"
    )
    accept = [word for each in sorted(lost - BALANCES) for word in ("--accept", each)]
    ran = proof.cli("reconcile", "client1", *accept)
    assert (ran.status, open_ids(ran)) == (0, set()), ran.output[-3000:]
    assert ran.client["reconciliation"]["clean"]

    proof.sql(
        f"UPDATE invoices SET balance = balance + 0.01 WHERE company_id = {company} AND number = '0007';"
        "UPDATE client_contacts SET contact_key = 'changed' ORDER BY id LIMIT 1;"
        f"UPDATE quotes SET line_items = '[]' WHERE company_id = {company} ORDER BY id DESC LIMIT 1;"
        f"UPDATE companies SET settings = JSON_SET(settings, '$.invoice_terms', 'x') WHERE id = {company}"
    )
    proof.shell(f"find {ROOT}/public/storage -path '*documents*' -type f -exec sh -c 'echo x >>\"$1\"' _ {{}} \\;")
    found = open_ids(proof.cli("reconcile", "client1", *accept))
    kinds = {(each.split("/")[0], each.rsplit("/", 1)[-1]) for each in found}
    assert kinds >= {
        ("invoices", "balance"),
        ("contacts", "contact_key"),
        ("quotes", "line_items"),
        ("settings", "value"),
        ("documents", "content"),
    }


def test_without_the_company_and_without_a_host_it_says_what_to_do(proof):
    from lab import faults

    proof.sql(f"UPDATE companies SET company_key = 'another' WHERE id = {proof.company}")
    ran = proof.cli("reconcile", "client1")
    assert ran.status == 3
    assert ran.client["remedy"].startswith("./cli.py migrate client1")
    with faults.cut_link(proof.v4):
        assert proof.cli("reconcile", "client1").status == 5
    assert proof.cli("reconcile", "client1", "client1", "--html", "x.html", as_json=False).status == 2


def test_a_person_reads_it_in_80_columns(proof):
    ran = proof.cli("reconcile", "client1", as_json=False)
    assert ran.status == 3
    table = ran.output[ran.output.index("client1: V4") :].split("Record of the run")[0]
    inside = table.split("client1: reconcile FAILED")[0].splitlines()
    assert max(map(len, inside)) <= 80
    assert all(any(name in line for line in inside) for name in ("invoices/0001/balance", "documents/invoices/0001"))
