"""Counts on both sides, and what counts as missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migration import counts
from migration.errors import MigrationError
from migration.export import manifest

EXPORTS = Path(__file__).parent / "data" / "exports"
VERDICTS = json.loads((EXPORTS / "verdicts.json").read_text())


def full(manifest: dict, imported: dict) -> dict:
    """V5's counts: the recorded ones, and the export's for what the recording does not count."""
    rows = dict(manifest["counts"], task_statuses=manifest["counts"].get("task_statuses", 0) + 4)
    rows.update(imported)
    return rows


@pytest.mark.parametrize("case", ["baseline", "client-deleted"])
def test_a_recorded_complete_import_misses_nothing(case):
    found = manifest(EXPORTS / f"{case}.zip")
    assert counts.compare_manifest(found, full(found, VERDICTS[case]["imported"])) == []


def test_a_recorded_failed_import_misses_something():
    found = manifest(EXPORTS / "baseline.zip")
    missing = counts.compare_manifest(found, full(found, VERDICTS["no-clients"]["imported"]))
    assert {"kind": "invoices", "v4": 12, "v5": 0, "text": "12 of 12 invoices are missing"} in missing


def test_rows_of_the_query_module_are_read():
    v4 = {"company": [{"id": 1}], "clients": [{"n": "3"}], "products": [{"n": 1}], "task_statuses": [{"n": 4}]}
    v5 = {"clients": [{"n": 2}], "products": [{"n": 9}], "task_statuses": [{"n": 8}]}
    assert counts.compare(v4, v5) == [{"kind": "clients", "v4": 3, "v5": 2, "text": "1 of 3 clients are missing"}]


def test_an_empty_v5_misses_everything_and_no_rows_count_as_none():
    assert [row["kind"] for row in counts.compare({"clients": 1, "tasks": 0}, {"clients": []})] == ["clients"]


def test_attachments_of_invoices_are_a_known_loss():
    v4, v5 = {"invoice_documents": 2, "expense_documents": 1}, {"invoice_documents": 0, "expense_documents": 1}
    assert counts.compare(v4, v5) == []
    assert counts.known_losses(v4, v5) == [
        {"kind": "invoice_documents", "v4": 2, "v5": 0, "text": "2 of 2 invoice documents are missing"}
    ]
    assert counts.known_losses({"invoice_documents": 0}, {}) == []


def test_the_table_has_a_line_for_every_kind_that_v4_has():
    v4 = {"clients": [{"n": "3"}], "task_statuses": [{"n": 2}], "invoice_documents": [{"n": 2}]}
    v5 = {"clients": [{"n": 3}], "task_statuses": [{"n": 6}], "invoice_documents": [{"n": 0}], "products": [{"n": 9}]}
    found = {each["entity"]: each for each in counts.table(v4, v5)}
    assert {name: (each["v4"], each["v5"], each["known"]) for name, each in found.items()} == {
        "clients": ("3", "3", False),
        "task_statuses": ("2", "2", False),
        "invoice_documents": ("2", "0", True),
    }
    assert found["invoice_documents"]["reason"] == "V5's importer never takes these over"
    assert [each["v5"] for each in counts.table(v4, {})] == ["0", "0", "0"]
    assert counts.table({}, v5) == []


def test_every_kind_has_a_query_on_both_sides():
    v4, v5 = counts.v4_queries("abc"), counts.v5_queries("abc")
    assert set(v4) == {"company", *counts.KINDS}
    assert set(v5) == {"company", "blank_companies", "import_ends", *counts.KINDS}
    assert v4["invoices"] == (
        "SELECT COUNT(*) AS n FROM invoices WHERE account_id = (SELECT id FROM accounts WHERE account_key = 'abc')"
        " AND invoice_type_id = 1 AND is_recurring = 0"
    )
    assert v5["company"].endswith("AS name, is_disabled FROM companies WHERE BINARY company_key = 'abc'")
    assert "company_id = (SELECT id FROM companies WHERE BINARY company_key = 'abc')" in v5["quotes"]
    assert all(sql.startswith("SELECT ") and "{" not in sql and ";" not in sql for sql in [*v4.values(), *v5.values()])


@pytest.mark.parametrize("key", ["", "a' OR '1'='1", "a b", "ä", None, "x" * 65, "abc\n"])
def test_what_is_no_key_never_becomes_sql(key):
    for queries in (counts.v4_queries, counts.v5_queries):
        with pytest.raises(MigrationError):
            queries(key)


def test_an_email_never_becomes_sql():
    sql = counts.v4_company_query("o'b@x.test' OR 1=1 -- ")["company"]
    assert "'" not in sql
    assert "0x" + b"o'b@x.test' OR 1=1 -- ".hex() in sql


def test_the_company_is_the_chosen_one_where_the_owner_has_several():
    assert "account_key" not in counts.v4_company_query("a@x.test")["company"].partition("WHERE")[2]
    assert "a.account_key = 'abc123'" in counts.v4_company_query("a@x.test", "abc123")["company"]
    with pytest.raises(MigrationError):
        counts.v4_company_query("a@x.test", "x' OR 1=1")
