"""The linter and the stand-in V5 come to the same end with exports in which several things are changed at random.

What they say of one change is compared with the real V5 (test_lint_v5.py); here, of changes that meet each other.
"""

from __future__ import annotations

import copy
import random
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from test_lint_v5 import imported, plain
from v5_standin import V5App, v5, v5_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from lint_exports import BASE, predicted

__all__ = ["v5", "v5_server"]

CENT = 0.01
NUMBERS = ("amount", "balance", "discount", "tax_rate1", "cost", "price", "quantity", "rate", "partial", "task_rate")
PARTS = ("contacts", "invitations", "line_items", "invoices")


# --- anything ---------------------------------------------------------------------------------------------------------


def _reference(rng: random.Random, record: dict) -> None:
    fields = [each for each in record if each.endswith("_id") and each != "company_id"]
    if fields:
        record[rng.choice(fields)] = rng.choice([999, None, "", 1, 2, 3, "7"])


def _number(rng: random.Random, record: dict) -> None:
    fields = [each for each in NUMBERS if each in record]
    if fields:
        record[rng.choice(fields)] = rng.choice(["abc", "1,5", "12x", "-3", " 4 ", "1e3", True])


def _set(value: Any) -> Callable[[random.Random, dict], None]:
    def change(rng: random.Random, record: dict) -> None:
        record[rng.choice(list(record))] = value

    return change


def _remove(rng: random.Random, record: dict) -> None:
    del record[rng.choice(list(record))]


def _part(rng: random.Random, record: dict) -> None:
    names = [each for each in PARTS if record.get(each)]
    if names:
        rng.choice([_remove, _set(None), _set(999), _set("")])(rng, rng.choice(record[rng.choice(names)]))


def _resource(rng: random.Random, data: dict, name: str) -> None:
    """The whole of a resource, or one record of it, is gone, doubled or elsewhere."""
    records = data[name]
    way = rng.choice(["gone", "empty", "record", "double", "order"])
    if way == "gone":
        del data[name]
    elif way == "empty":
        data[name] = []
    elif way == "record":
        records.remove(rng.choice(records))
    elif way == "double":
        records.append(copy.deepcopy(rng.choice(records)))
    else:
        rng.shuffle(records)


RECORD_CHANGES = (_reference, _number, _set(None), _set(""), _remove, _part)


def mutated(seed: int) -> dict:
    """The base with two to four changes."""
    rng, export = random.Random(seed), copy.deepcopy(BASE)
    data = export["data"]
    for _ in range(rng.choice([2, 3, 4])):
        name = rng.choice([each for each, records in data.items() if isinstance(records, list) and records])
        if rng.random() < 0.3:
            _resource(rng, data, name)
        else:
            rng.choice(RECORD_CHANGES)(rng, rng.choice(data[name]))
    return export


@pytest.mark.parametrize("seed", range(60))
def test_of_several_changes_the_same_one_ends_the_import(v5: V5App, seed: int) -> None:
    export = mutated(seed)
    prediction, seen = predicted(export), imported(v5, export)
    assert seen[:2] == (prediction["verdict"], prediction["fails_at"]), (seen[2], prediction["message"])
    assert plain(seen[2]).startswith(plain(prediction["message"]))


# --- money ------------------------------------------------------------------------------------------------------------


def _invoice(rng: random.Random, data: dict) -> None:
    invoice = rng.choice(data["invoices"])
    invoice.update(
        rng.choice(
            [
                {"status_id": rng.choice([1, 2, 3, 4, 5, 6])},
                {"balance": rng.choice(["0.00", invoice["amount"], "5.00", "-1.00"])},
                {"amount": rng.choice(["10.00", "0.00", "-4.00"])},
                {"is_deleted": 1},
                {"discount": "10.00", "is_amount_discount": rng.choice([True, False])},
                {"tax_name1": "VAT", "tax_rate1": "19.000", "uses_inclusive_taxes": rng.choice([0, 1])},
                {"custom_surcharge1": "3.00", "custom_surcharge_tax1": rng.choice([True, ""])},
            ]
        )
    )


def _line(rng: random.Random, data: dict) -> None:
    rng.choice(data["invoices"])["line_items"][0].update(
        rng.choice([{"quantity": 1.3333}, {"discount": 5}, {"tax_name1": "VAT", "tax_rate1": 19}, {"cost": 1.005}])
    )


def _payment(rng: random.Random, data: dict) -> None:
    payment = rng.choice(data["payments"])
    part, way = payment["invoices"][0], rng.choice(["status", "amount", "refund", "split", "moved"])
    if way == "status":
        payment["status_id"] = rng.choice([1, 2, 3, 4, 5, 6])
    elif way == "amount":
        payment["amount"] = part["amount"] = rng.choice(["5.00", "0.00"])
    elif way == "refund":
        payment.update(refunded="1.00", status_id=rng.choice([5, 6]))
    elif way == "split":
        other = rng.choice(data["invoices"])["id"]
        payment["invoices"].append({"invoice_id": other, "amount": "1.00", "refunded": "0.00"})
    else:
        part["invoice_id"] = rng.choice(data["invoices"])["id"]


def _credit(rng: random.Random, data: dict) -> None:
    amount = rng.choice([-10, -75, 0])
    credit = rng.choice(data["credits"])
    credit.update(status_id=rng.choice([1, 2, 3, 4]), amount=amount, balance=rng.choice([0, -5, amount]))


def _currency(rng: random.Random, data: dict) -> None:
    rng.choice(data["clients"])["settings"] = {"currency_id": rng.choice(["1", "2", "45", "61"])}


MONEY_CHANGES = (_invoice, _invoice, _line, _payment, _payment, _credit, _currency)


def other_money(seed: int) -> dict:
    """The base with up to two invoices and payments more, in another order, and with other amounts."""
    rng, export = random.Random(seed), copy.deepcopy(BASE)
    data = export["data"]
    for more in range(rng.randrange(3)):
        invoice = copy.deepcopy(rng.choice(data["invoices"][:3]))
        data["invoices"].append({**invoice, "id": 100 + more, "number": f"010{more}", "invitations": []})
        data["payments"].append({**copy.deepcopy(data["payments"][more]), "id": 200 + more})
    for _ in range(rng.choice([1, 2, 3, 4])):
        rng.choice(MONEY_CHANGES)(rng, data)
    rng.shuffle(data["invoices"])
    return export


def _differ(one: Any, other: Any) -> bool:
    return abs(float(one) - float(other)) >= CENT


@pytest.mark.parametrize("seed", range(40))
def test_every_amount_that_arrives_as_another_one_was_named_and_no_other(v5: V5App, seed: int) -> None:
    export = other_money(seed)
    prediction, data = predicted(export), export["data"]
    assert imported(v5, export)[0] == prediction["verdict"] == "completes"
    named: dict = {}
    for each in prediction["problems"]:
        named.setdefault((each["resource"], each["v4_id"]), set()).add(each["id"])

    sql = "SELECT number, amount, balance, paid_to_date FROM invoices WHERE company_id = 2"
    arrived = {each["number"]: each for each in v5.database.rows(sql)}
    for invoice in data["invoices"]:
        row, about = arrived[invoice["number"]], named.get(("invoices", invoice["id"]), set())
        paid = float(invoice["amount"]) - float(invoice["balance"])
        changed = _differ(row["balance"], invoice["balance"]) or _differ(row["paid_to_date"], paid)
        assert _differ(row["amount"], invoice["amount"]) == ("amount-changed" in about), (invoice, row)
        if "amount-changed" not in about:
            assert changed == bool(about & {"balance-changed", "paid-twice"}), (invoice, row, about)

    credits = v5.database.rows("SELECT amount, balance FROM credits WHERE company_id = 2 ORDER BY id")
    for credit, row in zip(data["credits"], credits, strict=True):
        changed = any(_differ(-credit[each], row[each]) for each in ("amount", "balance"))
        assert changed == ("credit-amount-changed" in named.get(("credits", credit["id"]), set())), (credit, row)
