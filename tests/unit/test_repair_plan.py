"""The plan of a repair: what it does with which difference, and what it leaves, without any host."""

from __future__ import annotations

import fcntl
import os
import threading

import pytest

from migration import hashed_ids
from migration.document_name import v5_name
from migration.errors import MigrationError
from migration.multipart import DocumentBody
from migration.repair import balances, documents, leftovers, packet, plan, v5_documents

KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
SHA = "ab" * 32


def difference(entity: str, key: str, field: str, v4: str | None, v5: str | None, **more: object) -> dict:
    id = "/".join(part for part in (entity, key, field) if part)
    made = {"id": id, "entity": entity, "key": key, "field": field, "label": "", "v4": v4, "v5": v5, "known": False}
    return {**made, "reason": "", "v4_id": 1, "v5_id": 1, **more}


def attachment(parent: str, number: str, name: str = "a.pdf", field: str = "", v5: str | None = None, v4_id: int = 1):
    document = {"public_id": "1", "name": name, "size": 9, "sha256": SHA, "parent": parent, "number": number, "url": ""}
    key = f"{parent}/{number}/{name}"
    return difference("documents", key, field, f"9 bytes, sha256 {SHA}", v5, v4_document=document, v4_id=v4_id)


ROWS = {
    "records_invoices": [{"id": 11, "number": "0001"}, {"id": 12, "number": "0002"}],
    "records_quotes": [{"id": 21, "number": "0001"}],
    "records_recurring_invoices": [],
    "records_company": [{"id": 2}],
    "records_expenses": [
        {"id": 31, "date": "2026-01-01", "amount": "5.000000"},
        {"id": 32, "date": "2026-01-01", "amount": "5.000000"},
        {"id": 33, "date": "2026-01-01", "amount": "6.000000"},
    ],
}
V4_ROWS = {
    "expenses": [
        {"id": 7, "date": "2026-01-01", "amount": "5.00", "place": 2, "many": 2},
        {"id": 8, "date": "2026-01-01", "amount": "6.00", "place": 1, "many": 2},
    ]
}


def made(*differences: dict, parts: tuple = plan.PARTS, rows: dict | None = None, found: dict | None = None) -> dict:
    rows = {"invoices": [], "clients": [], **ROWS, **(rows or {})}
    belongs = documents.parents(differences, rows, V4_ROWS)
    hashed = {str(number): hashed_ids.encode(number) for number in belongs.values()}
    nothing = {"busy": "", "files": [], "jobs": [], "failed_jobs": [], "blank_companies": [], "paused": False}
    result = {"company_key": KEY, "differences": list(differences)}
    return plan.make(result, hashed, rows, V4_ROWS, found or nothing, parts)


@pytest.mark.parametrize(
    ("lost", "record"),
    [
        (attachment("invoices", "0001"), 11),
        (attachment("quotes", "0001"), 21),
        (attachment("company", ""), 2),
        (attachment("expenses", "2026-01-01 5.00", v4_id=7), 32),
    ],
)
def test_an_attachment_goes_to_its_record(lost, record):
    (step,) = made(lost)["steps"]
    assert step["data"]["record"] == hashed_ids.encode(record)
    assert (step["data"]["wrong"], step["destroys"]) == ("", "")


@pytest.mark.parametrize(
    "lost",
    [
        attachment("invoices", "0009"),
        attachment("recurring_invoices", "R1"),
        attachment("vendors", "1"),
        attachment("expenses", "2026-01-01 6.00", v4_id=8),  # V4 has two of them, and V5 one
    ],
)
def test_an_attachment_whose_record_is_not_certain_is_left(lost):
    found = made(lost) if lost["v4_document"]["parent"] != "vendors" else None
    if found is None:
        steps, left = documents.plan([lost], {}, {})
    else:
        steps, left = found["steps"], found["left"]
    assert steps == []
    assert [one["id"] for one in left] == [lost["id"]]
    assert "more than one that may be meant" in left[0]["reason"]


def test_a_wrong_file_of_that_name_gives_way_and_the_plan_says_so():
    other = "cd" * 32
    wrong = attachment("invoices", "0001", field="content", v5=f"12 bytes, sha256 {other}")
    gone = attachment("invoices", "0002", field="content", v5="the file is missing on the host")
    first, second = made(wrong, gone)["steps"]
    assert (first["data"]["wrong"], second["data"]["wrong"]) == (other, documents.MISSING)
    assert other in first["destroys"]
    assert "in place of a wrong file" in first["title"]


def test_known_and_accepted_differences_and_what_v5_has_more_are_left_alone():
    known = {**attachment("invoices", "0001"), "known": True}
    more = {**attachment("invoices", "0001"), "v4": None, "v5": "9 bytes"}
    balance = {**difference("invoices", "0001", "balance", "1", "2"), "known": True}
    found = made(known, more, balance)
    assert found["steps"] == []
    assert found["other"] == [more["id"]]


def test_what_another_part_mends_is_not_called_hopeless():
    both = (attachment("invoices", "0009"), *DOUBLED)
    assert made(*both, parts=("leftovers",))["other"] == []
    assert made(*both, parts=("documents",))["other"] == []


def test_what_no_part_mends_is_named():
    found = made(difference("invoices", "0001", "due_date", "2026-01-01", "2026-01-02"))
    assert found["steps"] == found["left"] == []
    assert plan.lines(found, "") == [
        "No repair mends invoices/0001/due_date; see it with: `./cli.py reconcile CLIENT`",
    ]


INVOICE = {"id": 1, "client_id": 5, "number": "0001", "amount": "10.000000", "balance": "-2.000000"}
INVOICE.update(paid_to_date="12.000000", status_id=3, is_deleted=0, used=0, updated_at="2026-01-01 00:00:00.000000")
CLIENT = {"id": 5, "name": "Acme", "balance": "-2.000000", "paid_to_date": "6.000000", "credit_balance": "0.000000"}
CLIENT.update(is_deleted=0, updated_at=None, open="-2.000000", paid="6.000000", credits="0.000000", ledger="-2.000000")
CLIENT.update(pending=0, used=0)


def amounts(*differences: dict, invoice: dict | None = None, client: dict | None = None) -> dict:
    rows = {"invoices": [{**INVOICE, **(invoice or {})}], "clients": [{**CLIENT, **(client or {})}]}
    return made(*differences, parts=("balances",), rows=rows)


DOUBLED = (
    difference("invoices", "0001", "balance", "4", "-2"),
    difference("invoices", "0001", "paid_to_date", "6", "12"),
)


def test_a_client_follows_its_invoices_even_where_v4_says_the_same():
    invoice, client = amounts(*DOUBLED)["steps"]
    assert invoice["data"]["after"] == {"balance": "4.000000", "paid_to_date": "6.000000"}
    assert client["data"]["after"] == {"balance": "4.000000"}
    assert client["title"] == "Set client Acme to V4's amounts: open -2.00 → 4.00; the ledger gets a row for it"


def test_the_version_of_a_row_is_part_of_the_plan():
    invoice, _ = amounts(*DOUBLED)["steps"]
    assert invoice["data"]["before"] == {
        "amount": "10.000000",
        "balance": "-2.000000",
        "paid_to_date": "12.000000",
        "status_id": "3",
        "is_deleted": "0",
        "updated_at": "2026-01-01 00:00:00.000000",
    }


@pytest.mark.parametrize(
    ("status", "balance", "becomes"),
    [(3, "0", "4"), (3, "10", "2"), (4, "4", "3"), (2, "-1", None), (1, "4", None), (5, "4", None), (6, "4", None)],
)
def test_the_status_follows_as_v5_has_it(status, balance, becomes):
    found = amounts(difference("invoices", "0001", "balance", balance, "-2"), invoice={"status_id": status})
    assert found["steps"][0]["data"]["after"].get("status_id") == becomes


def test_a_status_that_the_amounts_do_not_make_is_left():
    found = amounts(*DOUBLED, difference("invoices", "0001", "status", "2", "3"))
    assert [one["id"] for one in found["left"]] == ["invoices/0001/status"]
    assert "V4 says sent" in found["left"][0]["reason"]
    assert found["other"] == []


def test_a_deleted_invoice_moves_no_balance():
    found = amounts(*DOUBLED, invoice={"is_deleted": 1})
    assert [one["data"]["table"] for one in found["steps"]] == ["invoices"]


def test_a_deleted_client_gets_what_v4_has():
    found = amounts(difference("clients", "Acme", "balance", "99", "-2", v5_id=5), client={"is_deleted": 1})
    assert found["steps"][0]["data"]["after"] == {"balance": "99.000000"}


def test_what_was_changed_in_a_v5_that_is_in_use_is_left():
    found = amounts(*DOUBLED, invoice={"used": 1}, client={"used": 1})
    assert found["steps"] == []
    assert [one["id"] for one in found["left"]] == ["invoices/0001/balance", "invoices/0001/paid_to_date"]
    assert all("V5 is in use" in one["reason"] for one in found["left"])
    gone = difference("clients", "Acme", "balance", "99", "-2", v5_id=5)
    found = amounts(gone, client={"is_deleted": 1, "used": 1})
    assert (found["steps"], [one["id"] for one in found["left"]]) == ([], ["clients/Acme/balance"])


def test_an_amount_changes_with_a_word_of_warning():
    found = amounts(*DOUBLED, difference("invoices", "0001", "amount", "11", "10"))
    assert "computes the total anew" in found["steps"][0]["title"]


def test_the_ids_of_differences_are_escaped_nowhere_and_put_no_sql_in():
    evil = attachment("invoices", "0001') OR 1=1 -- ")
    sql = documents.v5_queries([evil], KEY)["records_invoices"]
    assert "OR 1=1" not in sql
    assert "0x30303031272920" in sql
    assert "'x'" not in documents.v5_queries([attachment("expenses", "'x' 1")], KEY)["records_expenses"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("folder/a.pdf", "a.pdf"),
        ("C:\\folder\\a.pdf", "a.pdf"),
        ("a\r\nb.pdf", "a  b.pdf"),
        ("x" * 300 + ".pdf", "x" * 187 + ".pdf"),
        ("x" * 300, "x" * 191),
        ("folder/", "document"),
        ("ü.pdf", "ü.pdf"),
    ],
)
def test_names_as_v5_will_have_them(name, kept):
    assert v5_name(name) == kept


def test_a_packet_is_for_its_owner_alone_and_gives_back_what_was_put_in(tmp_path):
    path = tmp_path / "documents.tar"
    writer = packet.Writer(path)
    writer.add({"id": "one"}, b"first")
    writer.add({"id": "two"}, b"")
    writer.close()
    assert path.stat().st_mode & 0o777 == 0o600
    with packet.Packet(path) as read:
        assert [entry["id"] for entry in read.entries] == ["one", "two"]
        assert [read.content(i).read() for i in (0, 1)] == [b"first", b""]
    with pytest.raises(FileExistsError):
        packet.Writer(path)


def test_a_body_can_be_sent_again(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 200_000)
    body = DocumentBody(lambda: path.open("rb"), 200_000, 'a "b" \\ü.pdf')
    first, second = b"".join(body), b"".join(body)
    assert first == second
    assert len(first) == body.length
    assert 'filename="a \\"b\\" \\\\ü.pdf"'.encode() in first
    path.write_bytes(b"x")
    with pytest.raises(OSError, match="shorter"):
        b"".join(body)


def test_ids_are_hashed_as_v5_hashes_them():
    """Of a real V5 5.10.17: recordings/v5/http/login-ok.json, and the company after the next."""
    assert [hashed_ids.encode(number) for number in (1, 2)] == ["VolejRejNm", "Wpmbk5ezJn"]
    assert hashed_ids.encode(1, "a salt") != hashed_ids.encode(1)
    many = {hashed_ids.encode(number, "salt") for number in range(1, 5000)}
    assert len(many) == 4999
    assert {len(one) for one in many} == {10}


def test_leftovers_are_steps_that_say_what_is_gone():
    found = {"busy": "", "paused": True, "files": ["/v5/public/storage/migrations/key-2026-01-01-invoiceninja.zip"]}
    found.update(jobs=[{"id": 3, "why": "its worker died"}], failed_jobs=[{"id": 4, "why": "failed at noon"}])
    found.update(blank_companies=[{"company_key": "blank", "created_at": "2026-01-01"}])
    steps, left = leftovers.plan(found, KEY)
    assert left == []
    assert [one["id"] for one in steps] == [
        "leftovers/paused",
        "leftovers/files/key-2026-01-01-invoiceninja.zip",
        "leftovers/jobs/3",
        "leftovers/failed_jobs/4",
        "leftovers/companies/blank",
    ]
    assert all(one["destroys"] for one in steps[1:])


def test_a_running_import_leaves_everything():
    found = made(found={"busy": "an import is running (x)"}, parts=("leftovers",))
    assert found["steps"] == []
    assert "an import is running" in found["left"][0]["reason"]


def test_findings_and_lines():
    lost = [attachment("invoices", "0001", f"{i}.pdf") for i in range(60)]
    found = made(*lost)
    shown = plan.lines(found, "documents")
    assert len(shown) == 51
    assert shown[-1] == "… and 10 more"
    by_id = {one["id"]: one for one in plan.findings(found, plan.PARTS)}
    assert by_id["repair.documents"]["status"] == "warn"
    assert len(by_id["repair.documents"]["rows"]) == 60
    assert by_id["repair.balances"]["status"] == "pass"


def test_what_was_not_put_back_is_told_once():
    results = [{"id": "documents/a", "trouble": "no."}, {"id": "documents/b", "trouble": ""}]
    assert plan.troubles(results) == ["documents/a: no."]


def test_queries_are_only_for_the_parts_that_are_asked_for():
    result = {"company_key": KEY, "differences": list(DOUBLED)}
    assert set(plan.queries(result, ["balances"])) == {"invoices", "clients"}
    assert "records_quotes" in plan.queries(result, ["documents"])
    assert plan.queries(result, ["leftovers"]) == {}
    assert balances.wanted(DOUBLED)[("invoices", 1)]["v4"] == {"balance": "4", "paid_to_date": "6"}


def test_what_a_killed_run_is_still_attaching_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(v5_documents.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    order = []

    def other() -> None:
        with v5_documents.alone(KEY):
            order.append("second")

    with v5_documents.alone(KEY):
        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(BlockingIOError):  # the thread cannot have it either
            fcntl.flock(os.open(next(tmp_path.iterdir()), os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
    with pytest.raises(MigrationError), v5_documents.alone("../../etc"):
        pass
