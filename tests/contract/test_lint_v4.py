"""What the linter says is wrong with an export is mended in V4 by the SQL that it prints."""

from __future__ import annotations

import io
import json

import pytest
from conftest import PhpApp
from test_v4_export import export

from migration.lint import lint

NO_KEYS = "SET FOREIGN_KEY_CHECKS = 0; "
# What is done to V4's data: (SQL, the problem, the resource at which V5's import would fail).
BROKEN = [
    ("UPDATE tasks SET client_id = 99999 WHERE id = 1", "reference-missing", "tasks"),
    ("UPDATE tasks SET task_status_id = 99999 WHERE id = 1", "reference-missing", "tasks"),
    ("UPDATE invoices SET client_id = 99999 WHERE id = 2", "reference-missing", "invoices"),
    ("UPDATE payments SET client_id = 99999 WHERE id = 2", "reference-missing", "payments"),
    ("UPDATE expenses SET vendor_id = 99999 WHERE id = 1", "reference-missing", "expenses"),
    ("UPDATE tax_rates SET user_id = 99999 WHERE id = 1", "reference-missing", "tax_rates"),
    ("UPDATE projects SET user_id = 99999", "reference-missing", "projects"),
    ("UPDATE invitations SET contact_id = 99999 WHERE invoice_id = 1", "reference-missing", "invoices"),
    ("UPDATE credits SET credit_number = 'C1'", "number-duplicate", "credits"),
    ("UPDATE clients SET currency_id = 999 WHERE id = 1", "currency-unknown", "credits"),
    ("UPDATE clients SET industry_id = 999 WHERE id = 1", "lookup-unknown", "clients"),
    ("UPDATE vendors SET country_id = 999 WHERE id = 1", "lookup-unknown", "vendors"),
    ("UPDATE accounts SET size_id = 999", "lookup-unknown", "company"),
    ("UPDATE accounts SET timezone_id = 999", "timezone-unknown", "invoices"),
    (
        "INSERT INTO users (account_id, public_id, username, email, first_name, password, permissions)"
        " VALUES (1, 1, 'a b', 'a b', 'X', '', '')",
        "email-invalid",
        "users",
    ),
]


def predicted(app: PhpApp) -> dict:
    """The prediction for a fresh export."""
    return lint(io.BytesIO(export(app)))


def test_the_recorded_data_will_be_imported(v4: PhpApp) -> None:
    assert predicted(v4)["verdict"] == "completes"


@pytest.mark.parametrize("sql, id, resource", BROKEN, ids=[f"{each[2]}-{each[1]}-{n}" for n, each in enumerate(BROKEN)])
def test_the_printed_sql_mends_v4(v4: PhpApp, sql: str, id: str, resource: str) -> None:
    v4.database.run(NO_KEYS + sql)
    before = predicted(v4)
    assert (before["verdict"], before["fails_at"]) == ("fails", resource), before["message"]
    failing = [each for each in before["problems"] if each["severity"] == "fail"]
    assert {each["id"] for each in failing} == {id}
    remedies = list(dict.fromkeys(each["remedy"] for each in failing))
    assert all(remedy.endswith(";") for remedy in remedies), remedies
    v4.database.run(" ".join(remedies))
    for archive in (v4.path / "storage/migrations").glob("*.zip"):
        archive.unlink()
    after = predicted(v4)
    assert after["verdict"] == "completes", json.dumps(
        [each for each in after["problems"] if each["severity"] == "fail"]
    )
