"""The repair of amounts and of leftovers in a V5 stand-in's own database and folders."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import program, wait_for
from test_repair_documents import php
from v5_standin import COMPANY_KEY, EXPORT, V5App, v5, v5_server

from migration import import_control, import_jobs, pause, php_db
from migration.errors import MigrationError
from migration.repair import leftovers, plan, v5_balances

__all__ = ["v5", "v5_server"]  # fixtures


def difference(entity: str, key: str, field: str, v4: str, v5: str, number: int) -> dict:
    """A line of a reconciliation."""
    return {
        "id": f"{entity}/{key}/{field}",
        "entity": entity,
        "key": key,
        "field": field,
        "label": "",
        "v4": v4,
        "v5": v5,
        "known": False,
        "reason": "",
        "v4_id": 1,
        "v5_id": number,
    }


class Books:
    """A V5 with the recorded company, whose first invoice's payment the importer has booked twice."""

    def __init__(self, v5: V5App, folder: Path) -> None:
        self.v5, self.php = v5, php(v5.database.socket, folder)
        v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
        v5.work()
        self.client = int(v5.database.value("SELECT client_id FROM invoices WHERE number = '0001'"))
        balance = Decimal(v5.database.value(f"SELECT balance FROM clients WHERE id = {self.client}"))
        self.differences = [
            difference("invoices", "0001", "balance", "1.11", "-0.90", self.invoice("id")),
            difference("invoices", "0001", "paid_to_date", "2.01", "4.02", self.invoice("id")),
            difference("clients", "c", "balance", str(balance + Decimal("2.01")), str(balance), self.client),
        ]

    def invoice(self, column: str) -> str:
        return self.v5.database.value(f"SELECT {column} FROM invoices WHERE number = '0001'")

    def plan(self) -> dict:
        result = {"company_key": COMPANY_KEY, "differences": self.differences}
        asked = plan.queries(result, ["balances"])
        rows = php_db.query(self.v5.path, asked, self.php, limit=100_000)["rows"]
        return plan.make(result, {}, rows, {}, {}, ["balances"])

    def apply(self, steps: list) -> int:
        return v5_balances.apply(self.v5.path, COMPANY_KEY, steps, self.php, "")

    def amounts(self) -> tuple:
        """The invoice's amounts, its client's balance and the newest of the ledger, and the ledger's rows."""
        client = f"client_id = {self.client}"
        ask = self.v5.database.value
        return (
            self.invoice("CONCAT_WS(' ', amount, balance, paid_to_date, status_id)"),
            ask(f"SELECT balance FROM clients WHERE id = {self.client}"),
            ask(f"SELECT balance FROM company_ledgers WHERE {client} ORDER BY id DESC LIMIT 1"),
            ask(f"SELECT COUNT(*) FROM company_ledgers WHERE {client}"),
        )


@pytest.fixture
def books(v5: V5App, tmp_path: Path) -> Books:
    return Books(v5, tmp_path)


def test_the_doubled_payment_is_mended_and_the_ledger_follows(books: Books) -> None:
    invoice, balance, ledger, rows = books.amounts()
    assert invoice == "3.120000 -0.900000 4.020000 3"
    made = books.plan()
    assert [one["id"] for one in made["steps"]] == ["balances/invoices/0001", "balances/clients/c"]
    assert (made["left"], made["other"]) == ([], [])
    assert books.apply(made["steps"]) == 2
    wanted = f"{Decimal(balance) + Decimal('2.01'):.6f}"
    assert books.amounts() == ("3.120000 1.110000 2.010000 3", wanted, wanted, str(int(rows) + 1))
    adjustment = "SELECT adjustment FROM company_ledgers ORDER BY id DESC LIMIT 1"
    assert books.v5.database.value(adjustment) == f"{Decimal(wanted) - Decimal(ledger):.6f}"
    assert "Done: SUCCESS" in books.v5.ok("ninja:check-data")

    assert books.apply(made["steps"]) == 0, "the same plan again, as after a kill, does nothing"
    assert books.amounts()[3] == str(int(rows) + 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE invoices SET paid_to_date = 3 WHERE number = '0001'",
        "UPDATE invoices SET updated_at = NOW(6) WHERE number = '0001'",
        "UPDATE clients SET balance = balance + 1",
        "UPDATE invoices SET is_deleted = 1 WHERE number = '0001'",
        "SET foreign_key_checks = 0; DELETE FROM invoices WHERE number = '0001'",
    ],
)
def test_what_changed_since_the_plan_is_left_alone(books: Books, change: str) -> None:
    made = books.plan()
    books.v5.database.run(change)
    query = "SELECT * FROM invoices ORDER BY id LIMIT 3"
    before = (books.v5.database.rows(query), books.v5.database.rows("SELECT * FROM clients"))
    with pytest.raises(MigrationError) as caught:
        books.apply(made["steps"])
    assert caught.value.id == "changed-since-plan"
    assert (books.v5.database.rows(query), books.v5.database.rows("SELECT * FROM clients")) == before


def test_all_or_nothing(books: Books) -> None:
    """A failure at the very end, where the ledger gets its row, leaves no amount written."""
    made = books.plan()
    before = books.amounts()
    books.v5.database.run(
        "CREATE TRIGGER refuse BEFORE INSERT ON company_ledgers FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
    )
    try:
        with pytest.raises(MigrationError) as caught:
            books.apply(made["steps"])
        assert caught.value.id == "db-query"
        assert books.amounts() == before
    finally:
        books.v5.database.run("DROP TRIGGER refuse")
    assert books.apply(made["steps"]) == 2


def test_amounts_that_v5s_books_do_not_bear_out_are_named_and_left(books: Books) -> None:
    books.differences[2]["v4"] = "999.99"
    books.differences.append(difference("clients", "c", "paid_to_date", "777.77", "1.00", books.client))
    made = books.plan()
    assert {one["id"] for one in made["left"]} == {"clients/c/balance", "clients/c/paid_to_date"}
    assert "its open invoices in V5 come to" in made["left"][0]["reason"] + made["left"][1]["reason"]
    assert books.apply(made["steps"]) == 2, "the invoice, and its client's balance as the sum of its invoices"
    assert "Done: SUCCESS" in books.v5.ok("ninja:check-data")


def test_what_was_paid_in_a_v5_that_is_in_use_is_left(books: Books) -> None:
    """V4 knows nothing of it, and its amounts would take the payment away again."""
    books.v5.database.run(f"UPDATE companies SET is_disabled = 0 WHERE company_key = '{COMPANY_KEY}'")
    assert len(books.plan()["steps"]) == 2, "nobody has touched them since the import"
    books.v5.database.run(
        "UPDATE invoices SET paid_to_date = 3.12, balance = 0, status_id = 4,"
        " updated_at = NOW(6) + INTERVAL 1 MINUTE WHERE number = '0001'"
    )
    made = books.plan()
    assert made["steps"] == []
    assert {one["id"] for one in made["left"]} == {one["id"] for one in books.differences}
    assert sum("V5 is in use" in one["reason"] for one in made["left"]) == 2
    books.v5.database.run(f"UPDATE companies SET is_disabled = 1 WHERE company_key = '{COMPANY_KEY}'")
    assert [one["id"] for one in books.plan()["steps"]] == ["balances/invoices/0001", "balances/clients/c"]


def test_a_ledger_that_v5_has_still_to_compute_is_waited_for(books: Books) -> None:
    books.v5.database.run(
        "INSERT INTO company_ledgers"
        " (company_id, client_id, adjustment, company_ledgerable_id, company_ledgerable_type)"
        f" SELECT company_id, id, 5, id, 'App\\\\Models\\\\Client' FROM clients WHERE id = {books.client}"
    )
    made = books.plan()
    assert made["steps"] == []
    assert "still to compute its ledger" in made["left"][0]["reason"]


def test_a_partial_invoice_that_is_paid_in_v4_becomes_paid(books: Books) -> None:
    number = books.invoice("id")
    books.differences[0]["v4"], books.differences[1]["v4"] = "0", "3.12"
    books.differences.append(difference("invoices", "0001", "status", "paid", "partial", number))
    balance = Decimal(books.differences[2]["v5"])
    books.differences[2]["v4"] = str(balance + Decimal("0.90"))
    made = books.plan()
    assert (made["left"], made["other"]) == ([], [])
    assert "status partial → paid" in made["steps"][0]["title"]
    assert books.apply(made["steps"]) == 2
    assert books.amounts()[0] == "3.120000 0.000000 3.120000 4"
    assert "Done: SUCCESS" in books.v5.ok("ninja:check-data")


class Host:
    """The host of a V5 that failed tries have left things on."""

    def __init__(self, v5: V5App, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_jobs, "RUN_ROOT", str(folder / "run"))
        monkeypatch.setattr(import_jobs, "STATE_ROOT", str(folder / "state"))
        self.v5, self.php = v5, php(v5.database.socket, folder)
        self.folder = v5.path / "public/storage/migrations"
        self.folder.mkdir(parents=True, exist_ok=True)

    def look(self) -> dict:
        return leftovers.look(self.v5.path, COMPANY_KEY, self.php, "")

    def remove(self, found: dict) -> dict:
        steps, _ = leftovers.plan(found, COMPANY_KEY)
        ids = [one["id"] for one in steps]
        return leftovers.remove(self.v5.path, COMPANY_KEY, ids, self.php, "")


@pytest.fixture
def host(v5: V5App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(v5, tmp_path, monkeypatch)


OTHER = "anotherkey0000000000000000000000"


def test_an_import_that_waits_protects_everything(host: Host) -> None:
    host.v5.start(host.v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
    (host.folder / f"{OTHER}-2026-01-01-invoiceninja").mkdir()
    found = host.look()
    assert "an import that waits or runs" in found["busy"]
    assert leftovers.plan(found, COMPANY_KEY)[0] == []
    with pytest.raises(MigrationError) as caught:
        leftovers.remove(host.v5.path, COMPANY_KEY, ["leftovers/files/x"], host.php, "")
    assert caught.value.id == "import-runs"
    assert len(list(host.folder.iterdir())) == 2


def test_what_failed_tries_left_is_found_and_removed(host: Host) -> None:
    token = host.v5.token()
    host.v5.start(token, b"not a zip", OTHER, silent_migration="1")  # its archive and its blank company stay
    host.v5.work()
    host.v5.start(token, EXPORT, COMPANY_KEY, silent_migration="1")
    host.v5.work()
    unpacked = host.folder / f"{OTHER}-2026-01-01-invoiceninja"
    unpacked.mkdir()
    (unpacked / "migration.json").write_text("{}")
    kept = host.folder / "notes of somebody.txt"
    kept.write_text("mine")
    host.v5.database.run(  # a job whose worker died, one that nobody takes, one without its archive, one that failed
        "DELETE FROM jobs WHERE payload NOT LIKE '%StartMigration%'"
    )
    payload = {
        "displayName": "App\\Jobs\\Util\\StartMigration",
        "data": {"command": f's:8:"filepath";s:70:"migrations/{OTHER}-2026-01-01-invoiceninja.zip";'},
    }
    text = json.dumps(payload, separators=(",", ":")).replace("\\", "\\\\").replace("'", "''")
    for queue, reserved in (("default", "1700000000"), ("ninjalift-gone", "NULL"), ("default", "NULL")):
        host.v5.database.run(
            "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at)"
            f" VALUES ('{queue}', '{text}', 1, {reserved}, 1, 1)"
        )
    host.v5.database.run(
        "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception, failed_at)"
        f" VALUES ('u', 'database', 'default', '{text}', 'Exception', '2026-01-01 00:00:00')"
    )
    found = host.look()
    assert found["busy"] == ""
    assert [job["why"] for job in found["jobs"]] == [
        "its worker died",
        "its worker is gone, and no other reads its queue",
        "its archive is gone",
    ]
    assert [job["why"][:15] for job in found["failed_jobs"]] == ["failed at 2026-"] * 2, (
        "the try itself and the planted one"
    )
    assert sorted(Path(path).name for path in found["files"]) == sorted(
        path.name for path in host.folder.iterdir() if path != kept
    )
    assert len(found["files"]) == 4, "two archives and two folders"
    blank = [company["company_key"] for company in found["blank_companies"]]
    assert blank == [key for _, key, _ in host.v5.companies() if key not in (COMPANY_KEY, host.v5.companies()[0][1])]
    assert len(blank) == 1

    removed = host.remove(found)
    assert [len(removed[name]) for name in ("files", "jobs", "failed_jobs")] == [4, 3, 2]
    assert list(host.folder.iterdir()) == [kept]
    found = host.look()
    assert (found["files"], found["jobs"], found["failed_jobs"]) == ([], [], [])
    assert host.remove(found) == {"files": [], "jobs": [], "failed_jobs": []}


def test_only_what_was_planned_is_removed(host: Host) -> None:
    (host.folder / f"{OTHER}-2026-01-01-invoiceninja.zip").write_text("x")
    found = host.look()
    (host.folder / f"{OTHER}-2026-01-02-invoiceninja.zip").write_text("came later")
    host.remove(found)
    assert [path.name for path in host.folder.iterdir()] == [f"{OTHER}-2026-01-02-invoiceninja.zip"]


def test_a_company_that_anybody_uses_is_never_blank(host: Host) -> None:
    """The first one, the default one, one that is switched on, and one with a row in any table but V5's own."""
    database = host.v5.database
    token = host.v5.token()
    for i in range(6):
        host.v5.start(token, b"not a zip", f"try{i}key000000000000000000000000000", silent_migration="1")
        host.v5.work()
    numbers = [number for number, _, _ in host.v5.companies()][1:]
    database.run(
        "UPDATE companies SET is_disabled = 1 WHERE id = 1;"
        f"UPDATE accounts SET default_company_id = {numbers[0]};"
        f"UPDATE companies SET is_disabled = 0 WHERE id = {numbers[1]};"
        f"UPDATE companies SET company_key = '{COMPANY_KEY}' WHERE id = {numbers[2]};"
        "INSERT INTO tax_rates (company_id, user_id, name, rate, created_at) "
        f"VALUES ({numbers[3]}, 1, 'VAT', 19, NOW());"
        "INSERT INTO documents (company_id, user_id, name, documentable_id, documentable_type) "
        f"VALUES ({numbers[4]}, 1, 'a.pdf', 1, 'App\\\\Models\\\\Company');"
    )
    keys = {number: key for number, key, _ in host.v5.companies()}
    assert [one["company_key"] for one in host.look()["blank_companies"]] == [keys[numbers[5]]]


def test_a_job_whose_worker_lives_is_not_dead(tmp_path: Path) -> None:
    archive = tmp_path / "migrations" / "key-2026-01-01-invoiceninja.zip"
    archive.parent.mkdir()
    archive.write_text("x")
    command = 's:11:"\0*\0filepath";s:47:"migrations/key-2026-01-01-invoiceninja.zip";'
    job = {"id": 1, "queue": "default", "reserved_at": None, "payload": json.dumps({"data": {"command": command}})}
    assert leftovers.dead(job, tmp_path, []) == "", "any worker may take it"
    running = {**job, "reserved_at": 1000}
    assert leftovers.dead(running, tmp_path, [900.0]) == ""
    assert leftovers.dead(running, tmp_path, [1100.0]) == "its worker died", "that one began after it was reserved"
    dropped = json.dumps({"data": {"command": 's:8:"filepath";b:0;'}})
    assert leftovers.dead({**job, "payload": dropped}, tmp_path, []) == "its archive is gone"
    archive.unlink()
    assert leftovers.dead(job, tmp_path, []) == "its archive is gone"


def test_the_beginning_of_a_running_worker_is_known(host: Host) -> None:
    script = host.v5.path / "artisan-sleeps.php"
    script.write_text("<?php sleep(60);")
    began = time.time()
    command = [program("php8.2", "php"), str(script), "artisan", "queue:work"]
    worker = subprocess.Popen(command, cwd=host.v5.path)
    try:
        wait_for(lambda: list(pause.processes(host.v5.path, pause.V5_QUEUE.running)), "the worker's start")
        (since,) = leftovers._workers_since(host.v5.path)
        assert abs(since - began) < 5
    finally:
        worker.kill()
        worker.wait()


def test_a_unit_that_runs_protects_everything(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_control, "units_of", lambda root: ["ninjalift-import-x"])
    monkeypatch.setattr(import_control, "running", lambda unit: True)
    assert host.look()["busy"] == "an import is running (ninjalift-import-x)"


def test_two_repairs_at_once_write_once(books: Books) -> None:
    made = books.plan()
    rows = int(books.amounts()[3])
    written: list = []

    def once() -> None:
        written.append(books.apply(made["steps"]))

    threads = [threading.Thread(target=once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 2]
    assert int(books.amounts()[3]) == rows + 1
