"""The declared checks of V4's data: their SQL is complete, their findings and remedies are right."""

from __future__ import annotations

import re

import pytest

from migration import php_db, v4_checks


def everything() -> list[str]:
    tables = {name for check in v4_checks.checks() for name in v4_checks.TABLE.findall(check.sql)}
    return sorted(f"{table}.id" for table in tables)


def only(rows: dict) -> dict[str, dict]:
    answer = {name: [] for name in v4_checks.queries(7, 3, "master", everything())}
    found = v4_checks.findings({**answer, **rows}, 7, 3, "master", everything())
    return {finding["id"]: finding for finding in found if finding["status"] != "pass"}


def test_ids_are_unique_and_severities_known():
    checks = v4_checks.checks()
    assert len({check.id for check in checks}) == len(checks) > 60
    assert {check.severity for check in checks} == {"fail", "warn"}
    assert [check.severity for check in checks] == sorted(check.severity for check in checks)


def test_every_query_is_one_select_of_the_owners_company():
    queries = v4_checks.queries(7, 3, "master", everything())
    assert len(queries) == len(v4_checks.checks())
    for name, sql in queries.items():
        assert php_db.check_statement(name, sql) == sql
        assert re.search(r"(account_id|a\.id|t\.id) = 7\b", sql), name
        assert sql.endswith(f"LIMIT {v4_checks.MAX_ROWS}")
        assert "{" not in sql


def test_every_failure_has_sql_and_every_warning_says_what_to_do():
    for check in v4_checks.checks():
        assert check.remedy, check.id
        if check.severity == "fail":
            assert check.is_sql, check.id


@pytest.mark.parametrize("state, expression", [("master", "LOCATE('@', u.username)"), ("tag", "u.username")])
def test_the_code_state_decides_which_email_is_exported(state, expression):
    sql = v4_checks.queries(7, 3, state, everything())["user-email-invalid"]
    assert expression in sql
    assert ("u.email" in sql.split("WHERE")[1]) == (state == "master")


def test_a_healthy_v4_passes():
    assert only({}) == {}


def test_rows_become_a_finding_with_the_sql_that_mends_exactly_them():
    found = only({"task-status-missing": [{"id": 4, "description": "x"}, {"id": 9, "description": "y"}]})
    assert found.keys() == {"task-status-missing"}
    finding = found["task-status-missing"]
    assert (finding["status"], finding["count"]) == ("fail", 2)
    assert finding["sql"] == ["UPDATE tasks SET task_status_id = NULL WHERE id IN (4, 9);"]
    assert finding["remedy"] == finding["sql"][0]


def test_the_owner_takes_over_what_belongs_to_nobody():
    finding = only({"payments-user-missing": [{"id": 5}]})["payments-user-missing"]
    assert finding["sql"] == ["UPDATE payments SET user_id = 3 WHERE id IN (5);"]


def test_a_lost_client_comes_back_under_its_number_once():
    rows = [
        {"id": 1, "missing_client": 50, "client_of_another_company": "no"},
        {"id": 2, "missing_client": 50, "client_of_another_company": "no"},
        {"id": 3, "missing_client": 60, "client_of_another_company": "yes"},
        {"id": 4, "missing_client": None, "client_of_another_company": "no"},
    ]
    sql = only({"invoices-client-missing": rows})["invoices-client-missing"]["sql"]
    assert len(sql) == 3
    assert sql[0].startswith("INSERT INTO clients (id, account_id") and "SELECT 50, 7, 3," in sql[0]
    assert "NOT EXISTS (SELECT 1 FROM clients taken WHERE taken.id = 50)" in sql[0]
    assert sql[2] == "UPDATE invoices SET client_id = LAST_INSERT_ID() WHERE id IN (3, 4);"


def test_a_saved_card_is_never_deleted_because_its_payments_would_go_along():
    for check in v4_checks.checks():
        assert "DELETE" not in " ".join(check.remedy if isinstance(check.remedy, tuple) else ()), check.id
    sql = only({"card-gateway-missing": [{"id": 8}]})["card-gateway-missing"]["sql"]
    assert sql == ["UPDATE payment_methods SET contact_id = NULL, account_gateway_token_id = NULL WHERE id IN (8);"]


def test_a_check_whose_table_this_v4_lacks_is_skipped_and_says_so():
    columns = [name for name in everything() if not name.startswith("proposals.")]
    assert "proposals-left-behind" not in v4_checks.queries(7, 3, "master", columns)
    found = {finding["id"]: finding for finding in v4_checks.findings({}, 7, 3, "master", columns)}
    assert found["proposals-left-behind"]["status"] == "skip"
    assert "proposals" in found["proposals-left-behind"]["remedy"]


def test_the_worst_status_decides():
    assert v4_checks.worst([]) == "pass"
    assert v4_checks.worst([{"status": "skip"}, {"status": "pass"}]) == "pass"
    assert v4_checks.worst([{"status": "warn"}, {"status": "pass"}]) == "warn"
    assert v4_checks.worst([{"status": "warn"}, {"status": "fail"}]) == "fail"


def test_the_table_shows_what_is_wrong_the_rows_and_the_sql():
    rows = [{"id": number, "number": f"00{number}", "empty": None} for number in range(1, 13)]
    found = only({"invoice-recurring-missing": rows, "documents-lost": [{"id": 1, "name": "a.pdf"}]})
    lines = v4_checks.table(list(found.values()))
    assert lines[0].startswith("FAIL  invoice-recurring-missing: An invoice points to a recurring invoice")
    assert lines[0].endswith("(12 found)")
    assert lines[1].strip() == "id 1, number 001"
    assert "        … and 2 more" in lines
    assert "        Mend it in V4's database with:" in lines
    assert any(line.startswith("WARN  documents-lost") for line in lines)
    assert "        What to do:" in lines
