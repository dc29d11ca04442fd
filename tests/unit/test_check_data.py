"""ninja:check-data exits 0 whatever it finds; its output decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration.check_data import findings, parse_check_data

DATA = Path(__file__).parent / "data"


def stamped(*lines: str) -> str:
    head = "2026-11-23 05:42:33 2026-11-23 05:42:33 Running CheckData... on Connected to Default DB"
    return "\n".join([head, *(f"2026-11-23 05:42:33 {line}" for line in lines)]) + "\n"


@pytest.mark.parametrize(
    ("file", "kinds", "seconds"),
    [("check-data-v5-success", 10, 0.135), ("check-data-v5-migrated", 10, 0.112), ("check-data-v4", 10, None)],
)
def test_recorded_good_runs(file, kinds, seconds):
    found = parse_check_data((DATA / f"{file}.txt").read_text())
    assert (found["ok"], found["result"], found["seconds"]) == (True, "SUCCESS", seconds)
    assert len(found["lines"]) == kinds
    assert all(line["count"] == 0 and line["kind"] and not line["details"] for line in found["lines"])
    assert found["problems"] == found["notes"] == []


def test_wrong_balances_come_with_their_clients():
    detail = "# 3 Acme - 0003 - Balance Failure - Invoice Balances = 1.11 Client Balance = 2.22 Ledger Balance = 0"
    paid = "12 Monkeys Ltd id = # 5 - Client Paid To Date = 4.02 != Invoice Payments = 2.01 - 2.01 + 0"
    found = parse_check_data(
        stamped(
            detail,
            "1 clients with incorrect balances",
            paid,
            "1 clients with incorrect paid to dates",
            "0 contacts without a contact_key",
            "Done: FAILURE",
            "Total execution time in seconds: 1.5E-2",
        )
    )
    assert found["lines"][0] == {"count": 1, "kind": "clients with incorrect balances", "details": [detail]}
    assert found["lines"][1] == {"count": 1, "kind": "clients with incorrect paid to dates", "details": [paid]}
    assert found["lines"][2]["details"] == []
    assert (found["ok"], found["result"], found["seconds"]) == (False, "FAILURE", 0.015)
    assert found["problems"] == [
        "1 clients with incorrect balances",
        "1 clients with incorrect paid to dates",
        "ninja:check-data says FAILURE",
    ]


def test_a_count_fails_although_the_command_says_success():
    found = parse_check_data(
        stamped(
            "# 7  - 0007 - Marked as paid, but balance = 3.00",
            "1 wrong invoices with bad balance state",
            "Creating missing company token for user # 1 for company id # 2",
            "0 Payments with No currency set",
            "Done: SUCCESS",
        )
    )
    assert found["result"] == "SUCCESS"
    assert not found["ok"]
    assert found["notes"] == ["Creating missing company token for user # 1 for company id # 2"]


@pytest.mark.parametrize(
    "output", ["", stamped("0 clients with incorrect balances"), "PHP Fatal error: memory exhausted"]
)
def test_a_run_that_did_not_end_fails(output):
    found = parse_check_data(output)
    assert (found["ok"], found["result"]) == (False, "missing")
    assert "did not come to its end" in found["problems"][-1]


def test_colours_are_taken_off():
    found = parse_check_data("\x1b[32m2026-11-23 05:42:33 Done: SUCCESS\x1b[39m\n")
    assert found["ok"]


def test_each_kind_of_problem_is_a_finding():
    found = findings(
        parse_check_data("2026-11-23 05:42:33 # 7 wrong\n2026-11-23 05:42:33 1 clients with x\nDone: FAILURE\n")
    )
    assert [(each["status"], each["title"], each["count"]) for each in found] == [("fail", "clients with x", 1)]
