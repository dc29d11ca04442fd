"""Plans how invoices and clients of V5 get V4's amounts, so that V5's own books agree afterwards.

The known cause: V5's importer fills its first invoice with V4's paid_to_date and balance, and then books the payment on
it once more (a mass-assignment guard that is off for that one record: InvoiceMigrationRepository::save and
PaymentMigrationRepository::applyPayment). What V5 checks, and therefore what must hold (Console/Commands/CheckData):
a client's balance is the sum of its sent and partial invoices' balances, its paid_to_date the sum of its payments, and
the ledger's newest row has the client's balance. So a client gets V4's amount only where the records below it bear it
out; otherwise the difference is named and left. And where V5's company is switched on, people pay and edit there: an
invoice that was changed since the import may be right as it is, and is left too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Iterable, Mapping

from .. import counts
from .steps import left, step

PART = "balances"
FIELDS = {"invoices": ("amount", "balance", "paid_to_date"), "clients": ("balance", "paid_to_date", "credit_balance")}
WORDS = {
    "amount": "total",
    "balance": "open",
    "paid_to_date": "paid",
    "credit_balance": "credit",
    "status_id": "status",
}
STATUSES = {1: "draft", 2: "sent", 3: "partial", 4: "paid", 5: "cancelled", 6: "reversed"}  # V5's Invoice::STATUS_*
_DRAFT, _SENT, _PARTIAL, _PAID = 1, 2, 3, 4
_MOVING = (_SENT, _PARTIAL, _PAID)  # those that follow the balance
_OPEN = (_SENT, _PARTIAL)  # those that a client's balance is the sum of
_VERSION = ("is_deleted", "updated_at")


def wanted(differences: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """What is not a known difference, by (entity, V5's row id): `id`, `name`, `v4` (V4's values) and `ids` by field."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for one in differences:
        entity, field = str(one["entity"]), str(one["field"])
        if one["known"] or entity not in FIELDS or one.get("v5_id") is None or one["v4"] is None or one["v5"] is None:
            continue
        if field in FIELDS[entity] or (entity, field) == ("invoices", "status"):
            key = (entity, int(one["v5_id"]))
            name = f"{entity[:-1]} {one['key']}" + (
                f" ({one['label']})" if one.get("label") not in (None, "", one["key"]) else ""
            )
            entry = found.setdefault(key, {"id": f"{entity}/{one['key']}", "name": name, "v4": {}, "ids": {}})
            value = str(one["v4"])
            if field == "status" and value.isdigit():
                value = STATUSES.get(int(value), value)
            entry["v4"][field], entry["ids"][field] = value, str(one["id"])
    return found


def queries(differences: Iterable[Mapping[str, Any]], company_key: str) -> dict[str, str]:
    """SQL for V5: `invoices` and `clients` as they are, those with a difference and the clients of such invoices.

    Both have beside their columns `used`: V5's company is switched on, and the row was changed after the importer's
    last line, the one in the ledger. A client has besides: `open` (sum of its open invoices), `paid` (what CheckData
    wants as paid_to_date, NULL without any payment), `credits`, `ledger` (its newest balance, NULL for none) and
    `pending` (ledger rows whose balance V5 has still to compute).
    """
    found = wanted(differences)
    company = f"(SELECT id FROM companies WHERE BINARY company_key = '{counts.checked_key(company_key)}')"  # noqa: S608
    invoices = _ids(number for entity, number in found if entity == "invoices")
    clients = _ids(number for entity, number in found if entity == "clients")
    return {
        "invoices": "SELECT i.id, i.client_id, i.number, i.amount, i.balance, i.paid_to_date, i.status_id, "  # noqa: S608
        f"i.is_deleted, i.updated_at, {_used('i')} FROM invoices i WHERE i.company_id = {company} "
        f"AND i.id IN ({invoices})",
        "clients": "SELECT c.id, c.name, c.balance, c.paid_to_date, c.credit_balance, c.is_deleted, c.updated_at, "  # noqa: S608
        f"{_used('c')}, "
        "(SELECT COALESCE(SUM(i.balance), 0) FROM invoices i WHERE i.client_id = c.id AND i.is_deleted = 0 "
        "AND i.status_id IN (2, 3)) AS open, "
        "(SELECT SUM(p.amount - p.refunded) FROM payments p WHERE p.client_id = c.id AND p.is_deleted = 0 "
        "AND p.status_id IN (1, 4, 5, 6)) "
        "+ COALESCE((SELECT SUM(l.amount - l.refunded) FROM payments p JOIN paymentables l ON l.payment_id = p.id "
        r"WHERE p.client_id = c.id AND p.is_deleted = 0 AND l.paymentable_type LIKE '%Credit' "
        "AND l.deleted_at IS NULL AND l.amount > 0), 0) "
        "- COALESCE((SELECT SUM(r.amount) FROM credits r WHERE r.client_id = c.id AND r.is_deleted = 0 "
        "AND r.invoice_id IS NOT NULL), 0) AS paid, "
        "(SELECT COALESCE(SUM(r.balance), 0) FROM credits r WHERE r.client_id = c.id AND r.is_deleted = 0) AS credits, "
        "(SELECT g.balance FROM company_ledgers g WHERE g.client_id = c.id ORDER BY g.id DESC LIMIT 1) AS ledger, "
        "(SELECT COUNT(*) FROM company_ledgers g WHERE g.client_id = c.id AND g.balance IS NULL) AS pending "
        f"FROM clients c WHERE c.company_id = {company} AND (c.id IN ({clients}) "
        f"OR c.id IN (SELECT client_id FROM invoices WHERE id IN ({invoices})))",
    }


def _used(row: str) -> str:
    never = "'1970-01-02'"
    return (
        f"(SELECT o.is_disabled = 0 FROM companies o WHERE o.id = {row}.company_id) AND COALESCE({row}.updated_at, "  # noqa: S608
        f"{never}) > COALESCE({counts.import_end(f'{row}.company_id')}, {never}) AS used"
    )


def _ids(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "0"


def plan(differences: Iterable[Mapping[str, Any]], rows: Mapping[str, Any]) -> tuple[list, list]:
    """The steps, and what is left with the reason. rows: the answer to `queries`.

    A step's data: `table`, `id`, `before` and `after` ({column: text}); all of them are one transaction.
    """
    found = wanted(differences)
    invoices = {int(row["id"]): row for row in rows["invoices"]}
    steps, remaining = [], []
    moved: dict[int, Decimal] = {}
    for (entity, number), one in sorted(found.items()):
        if entity == "invoices" and number in invoices:
            row = invoices[number]
            if int(row["used"]):
                remaining += _left(one, dict.fromkeys(one["ids"], _USED))
                continue
            after, trouble = _invoice(row, one["v4"])
            remaining += _left(one, trouble)
            if after:
                steps.append(_step("invoices", one, row, after, trouble))
                client = int(row["client_id"])
                moved[client] = moved.get(client, Decimal(0)) + _open({**row, **after}) - _open(row)
    for row in sorted(rows["clients"], key=lambda row: int(row["id"])):
        number = int(row["id"])
        one = found.get(("clients", number)) or {
            "id": f"clients/{number}",
            "name": f"client {row['name'] or number}",
            "v4": {},
            "ids": {},
        }
        if int(row["pending"]):
            remaining.append(left(PART, one["id"], f"{one['name']}: V5 has still to compute its ledger", _WORK))
            theirs = {id for id, invoice in invoices.items() if int(invoice["client_id"]) == number}
            steps = [each for each in steps if each["data"]["table"] != "invoices" or each["data"]["id"] not in theirs]
            continue
        after, trouble = _client(row, one["v4"], moved.get(number, Decimal(0)))
        remaining += _left(one, trouble)
        if after:
            steps.append(_step("clients", one, row, after, trouble))
    return steps, remaining


_USED = "V5 is in use, and it was changed there since the import, so what V5 has may be right; if not, correct it there"
_WORK = "cd /var/www/invoiceninja && sudo -u www-data php artisan queue:work --stop-when-empty"


def _invoice(row: Mapping[str, Any], v4: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The columns that change, and the fields that cannot, with the reason."""
    after = {name: _text(v4[name]) for name in FIELDS["invoices"] if name in v4}
    now = {**row, **after}
    status = int(row["status_id"])
    following = _status(now) if status in _MOVING else status
    if following != status and (after or STATUSES[following] == v4.get("status")):
        after["status_id"] = str(following)
    trouble = {}
    if "status" in v4 and v4["status"] != STATUSES.get(following):
        trouble["status"] = (
            f"V4 says {v4['status']}, and its amounts in V5 make it {STATUSES.get(following, following)}"
        )
    return _changes(row, after), trouble


def _status(row: Mapping[str, Any]) -> int:
    """The status that follows from the amounts, as V5's InvoiceService::updateStatus has it."""
    balance, amount = Decimal(str(row["balance"])), Decimal(str(row["amount"]))
    if round(balance, 2) == 0:
        return _PAID
    return _PARTIAL if 0 < balance < amount else _SENT


def _client(row: Mapping[str, Any], v4: Mapping[str, str], moved: Decimal) -> tuple[dict[str, str], dict[str, str]]:
    """The columns that change, and the fields that cannot, with the reason. moved: by how much its invoices change."""
    after, trouble = {}, {}
    books = {
        "balance": (Decimal(str(row["open"])) + moved, "its open invoices in V5 come to"),
        "paid_to_date": (Decimal(str(row["paid"])) if row["paid"] is not None else None, "its payments in V5 come to"),
        "credit_balance": (Decimal(str(row["credits"])), "its credits in V5 come to"),
    }
    for field, (sum_, words) in books.items():
        if field in v4:
            gone = int(row["is_deleted"]) and not int(row["used"])
            if gone or sum_ is None or abs(Decimal(v4[field]) - sum_) < Decimal("0.005"):
                after[field] = _text(v4[field])
            else:
                trouble[field] = f"V4 says {v4[field]}, but {words} {_short(sum_)}; mend the records below it first"
    balance = books["balance"][0]
    if "balance" not in after and moved and not int(row["is_deleted"]):
        after["balance"] = _text(balance)
    changed = _changes(row, after)
    newest = Decimal(str(row["ledger"] or 0))
    if (changed or moved) and newest != Decimal(after.get("balance", str(row["balance"]))):
        changed.setdefault("balance", _text(after.get("balance", str(row["balance"]))))  # so that the ledger follows
    return changed, trouble


def _changes(row: Mapping[str, Any], after: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in after.items() if Decimal(str(row[name])) != Decimal(value)}


def _open(row: Mapping[str, Any]) -> Decimal:
    """What an invoice adds to its client's balance."""
    counted = int(row["status_id"]) in _OPEN and not int(row["is_deleted"])
    return Decimal(str(row["balance"])) if counted else Decimal(0)


def _left(one: Mapping[str, Any], trouble: Mapping[str, str]) -> list[dict[str, Any]]:
    return [left(PART, one["ids"].get(field, one["id"]), f"{one['name']}: {why}") for field, why in trouble.items()]


def _step(
    table: str,
    one: Mapping[str, Any],
    row: Mapping[str, Any],
    after: Mapping[str, str],
    trouble: Mapping[str, str],
) -> dict[str, Any]:
    name = one["name"]
    columns = (*FIELDS[table], *(("status_id",) if table == "invoices" else ()), *_VERSION)
    before = {column: None if row[column] is None else str(row[column]) for column in columns}
    changes = [
        f"{WORDS[each]} {_shown(each, row[each])} → {_shown(each, after[each])}" for each in _changes(row, after)
    ]
    title = (
        f"Set {name} to V4's amounts: {', '.join(changes)}" if changes else f"Set the ledger of {name} to its balance"
    )
    if table == "clients" and changes:
        title += "; the ledger gets a row for it"
    if "amount" in after:
        title += " (V5 computes the total anew when the invoice is next edited)"
    mended = [id for field, id in one["ids"].items() if field not in trouble]
    data = {"table": table, "id": int(row["id"]), "before": before, "after": dict(after), "differences": mended}
    return step(PART, f"balances/{one['id']}", title, "V5's former amounts, named here", data)


def _shown(column: str, value: Any) -> str:
    return STATUSES.get(int(value), str(value)) if column == "status_id" else _short(Decimal(str(value)))


def _short(value: Decimal) -> str:
    exact = f"{value:.6f}".rstrip("0")
    whole, _, cents = exact.partition(".")
    return f"{whole}.{cents.ljust(2, '0')}"


def _text(value: str) -> str:
    """An amount as V5's columns hold it: DECIMAL(20,6)."""
    return f"{Decimal(value):.6f}"
