"""What V4 has and V5 never gets, by the rules of a clean import: the known differences, with the reason of each.

The fields of entities.py already say what V5 is expected to hold, so what is told here is no failure; it is shown.
"""

from __future__ import annotations

from typing import Any

from ..counts import GATEWAYS_LEFT_OUT
from . import entities
from .settings import number

LIMIT = 200  # rows of each kind that are named one by one

CREDIT_CUT = "V5 takes what is left of a credit as its amount, too"
DATE_LEFT = "V4's export does not have the day of a credit"
VOIDED = "V4 does not export voided payments"
CREDITS_LEFT = "V4 does not export deleted credits, and none without an amount"
RECURRING_LEFT = "V4 does not export recurring invoices below zero"
DRAFTS = "a draft owes nothing in V5"
NOTES_LEFT = "V4's export does not have the public notes of clients"
GATEWAY_LEFT = "V5 does not have this gateway"
RENAMED = "V5 calls this status something else"
FROM_INVOICES = "V5 counts a client's balance from its invoices; V4's own balance of the client did not fit them"

# V5's names of the states, of its models' constants.
INVOICE_STATES = {"1": "Draft", "2": "Sent", "3": "Partial", "4": "Paid"}
QUOTE_STATES = {"1": "Draft", "2": "Sent", "3": "Approved", "4": "Converted"}

_ACCOUNT = "t.account_id = :tenant"
_NAME = "(SELECT o.name FROM clients o WHERE o.id = t.client_id)"
_STATES = (
    "SELECT CONCAT(IF(t.is_public = 0, 'Draft', COALESCE(s.name, '')), '') AS v4, {} AS v5, COUNT(*) AS n"
    " FROM invoices t LEFT JOIN invoice_statuses s ON s.id = t.invoice_status_id WHERE {} AND {} GROUP BY 1, 2"
)
SQL = {
    "credits_cut": "SELECT COALESCE(t.credit_number, '') AS `key`, t.id, t.amount AS v4, "  # noqa: S608
    f"t.balance AS v5, {_NAME} AS label FROM credits t WHERE {_ACCOUNT} AND t.amount > 0 AND t.is_deleted = 0"
    f" AND t.amount <> t.balance ORDER BY t.id LIMIT {LIMIT}",
    "credit_dates": "SELECT COALESCE(t.credit_number, '') AS `key`, t.id, t.credit_date AS v4, "  # noqa: S608
    f"{_NAME} AS label FROM credits t WHERE {_ACCOUNT} AND t.amount > 0 AND t.is_deleted = 0"
    f" AND t.credit_date IS NOT NULL ORDER BY t.id LIMIT {LIMIT}",
    "voided": f"SELECT COUNT(*) AS n, SUM(t.amount) AS amount FROM payments t WHERE {_ACCOUNT}"  # noqa: S608
    " AND t.payment_status_id = 2",
    "credits_left": f"SELECT COUNT(*) AS n, SUM(t.balance) AS amount FROM credits t WHERE {_ACCOUNT}"  # noqa: S608
    " AND NOT (t.amount > 0 AND t.is_deleted = 0)",
    "recurring_left": f"SELECT COUNT(*) AS n, SUM(t.amount) AS amount FROM invoices t WHERE {_ACCOUNT}"  # noqa: S608
    " AND t.is_recurring = 1 AND t.amount < 0",
    "drafts": f"SELECT COUNT(*) AS n, SUM(t.balance) AS amount FROM invoices t WHERE {_ACCOUNT}"  # noqa: S608
    f" AND t.invoice_type_id = 1 AND t.is_recurring = 0 AND t.balance <> 0 AND {entities.V4_OPEN_STATUS} = '1'",
    "public_notes": "SELECT COALESCE(NULLIF(TRIM(t.id_number), ''), t.name, '') AS `key`, t.id, "  # noqa: S608
    f"'there' AS v4, t.name AS label FROM clients t WHERE {_ACCOUNT}"
    f" AND t.public_notes <> '' ORDER BY t.id LIMIT {LIMIT}",
    "gateways_left": "SELECT COALESCE(n.name, t.gateway_id) AS `key`, t.id FROM account_gateways t"  # noqa: S608
    f" LEFT JOIN gateways n ON n.id = t.gateway_id WHERE {_ACCOUNT}"
    f" AND (t.gateway_id > 68 OR t.gateway_id IN ({GATEWAYS_LEFT_OUT})) ORDER BY t.id",
    "balances": "SELECT COALESCE(NULLIF(TRIM(t.id_number), ''), t.name, '') AS `key`, t.id, t.balance AS v4, "  # noqa: S608
    f"COALESCE(b.open, 0) AS v5, t.name AS label FROM clients t LEFT JOIN (SELECT client_id, SUM(open) AS open FROM"
    f" ({entities.V4_OPEN.replace('SUM(t.balance)', 'SUM(t.balance) AS open')}) x GROUP BY client_id) b"
    f" ON b.client_id = t.id WHERE {_ACCOUNT} AND t.deleted_at IS NULL"
    f" AND COALESCE(t.balance, 0) <> COALESCE(b.open, 0) ORDER BY t.id LIMIT {LIMIT}",
    "invoice_states": _STATES.format(entities.V4_OPEN_STATUS, _ACCOUNT, "t.invoice_type_id = 1 AND t.is_recurring = 0"),
    "quote_states": _STATES.format(entities.V4_QUOTE_STATUS, _ACCOUNT, "t.invoice_type_id = 2"),
}


def _named(entity: str, field: str, rows: list, reason: str) -> list:
    """A known difference for each row."""
    return [
        {
            "entity": entity,
            "key": str(row.get("key") or row["id"]),
            "field": field,
            "label": str(row.get("label") or ""),
            "v4": number(row["v4"]) if "v5" in row else str(row.get("v4") or "there"),
            "v5": number(row["v5"]) if "v5" in row else None,
            "v4_id": row["id"],
            "v5_id": None,
            "known": True,
            "reason": reason,
        }
        for row in rows
    ]


def differences(rows: dict) -> list:
    """The known differences that stand in V4 alone, from the rows of SQL; without ``id``, which compare.py gives."""
    return [
        *_named("credits", "amount", rows["credits_cut"], CREDIT_CUT),
        *_named("credits", "date", rows["credit_dates"], DATE_LEFT),
        *_named("clients", "own_balance", rows["balances"], FROM_INVOICES),
        *_named("clients", "public_notes", rows["public_notes"], NOTES_LEFT),
        *_named("gateways", "", rows["gateways_left"], GATEWAY_LEFT),
    ]


def counts(rows: dict) -> list:
    """The known differences that are counted, not named, in the shape of compare.py's counts."""
    found = []

    def add(entity: str, group: str, what: str, v4: Any, v5: Any, reason: str) -> None:
        found.append(
            {"entity": entity, "group": group, "what": what, "v4": v4, "v5": v5, "known": True, "reason": reason}
        )

    for name, entity, group, reason in (
        ("voided", "payments", "voided", VOIDED),
        ("credits_left", "credits", "deleted or without an amount", CREDITS_LEFT),
        ("recurring_left", "recurring_invoices", "below zero", RECURRING_LEFT),
    ):
        row = rows[name][0]
        if int(row["n"]):
            add(entity, group, "count", str(row["n"]), "0", reason)
    drafts = rows["drafts"][0]
    if int(drafts["n"]):
        add("invoices", "drafts", "sum balance", number(drafts["amount"]), "0", DRAFTS)
    for name, entity, states in (
        ("invoice_states", "invoices", INVOICE_STATES),
        ("quote_states", "quotes", QUOTE_STATES),
    ):
        for row in rows[name]:
            called = states.get(str(row["v5"]), str(row["v5"]))
            if called != str(row["v4"]):
                add(entity, f"{row['v4']} is {called}", "count", str(row["n"]), str(row["n"]), RENAMED)
    return found
