"""Plans which attachments are fetched from V4 and attached in V5.

V5's importer looks up the invoice or quote of an attachment and then forgets it, so that only those of expenses come
over (Jobs/Util/Import::processDocuments); and it stores whatever V4 answers, a login page too.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Iterable, Mapping, NamedTuple

from .. import counts
from .steps import left, step

PART = "documents"
MISSING = "missing"  # in the place of a wrong file's sha256: V5 has the row, and no file


class Kind(NamedTuple):
    """What has attachments: its name for a person, and its path in V5's API."""

    name: str
    path: str


KINDS = {
    "invoices": Kind("invoice", "invoices"),
    "quotes": Kind("quote", "quotes"),
    "recurring_invoices": Kind("recurring invoice", "recurring_invoices"),
    "expenses": Kind("expense", "expenses"),
    "company": Kind("company", "companies"),
}
_NUMBERED = ("invoices", "quotes", "recurring_invoices")  # an expense has no number in V4, nor after the import
_SHA256 = re.compile(r"sha256 ([0-9a-f]{64})")


def _mine(differences: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in differences
        if one["entity"] == PART and one["field"] in ("", "content") and not one["known"] and one["v4"] is not None
    ]


def v4_queries(differences: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """SQL for V4: `expenses`, which of the expenses of the same day and amount an attachment belongs to.

    Rows: id (of the attachment), date, amount, place (from 1, by the order of their ids) and many (how many there are).
    """
    ids = [int(one["v4_id"]) for one in _mine(differences) if one["v4_document"]["parent"] == "expenses"]
    alike = "o.account_id = e.account_id AND o.expense_date <=> e.expense_date AND o.amount = e.amount"
    return {
        "expenses": "SELECT d.id, e.expense_date AS date, e.amount, "  # noqa: S608
        f"(SELECT COUNT(*) FROM expenses o WHERE {alike} AND o.id <= e.id) AS place, "
        f"(SELECT COUNT(*) FROM expenses o WHERE {alike}) AS many "
        f"FROM documents d JOIN expenses e ON e.id = d.expense_id WHERE d.id IN ({_list(ids)})"
    }


def v5_queries(differences: Iterable[Mapping[str, Any]], company_key: str) -> dict[str, str]:
    """SQL for V5: the records that attachments may belong to, by their kind.

    `records_KIND` has id, and number; that of expenses has date and amount instead.
    """
    mine = _mine(differences)
    company = f"(SELECT id FROM companies WHERE BINARY company_key = '{counts.checked_key(company_key)}')"  # noqa: S608
    found = {"records_company": f"SELECT id FROM companies WHERE id = {company}"}  # noqa: S608
    for kind in _NUMBERED:
        numbers = {one["v4_document"]["number"] for one in mine if one["v4_document"]["parent"] == kind}
        wanted = ", ".join(sorted(f"_utf8mb4 0x{number.encode().hex()}" for number in numbers if number)) or "NULL"
        found[f"records_{kind}"] = (
            f"SELECT id, number FROM {kind} WHERE company_id = {company} AND number IN ({wanted})"  # noqa: S608
        )
    days = {one["v4_document"]["number"].split(" ")[0] for one in mine if one["v4_document"]["parent"] == "expenses"}
    wanted = ", ".join(f"'{day}'" for day in sorted(days) if re.fullmatch(r"\d{4}-\d\d-\d\d", day)) or "NULL"
    found["records_expenses"] = (
        f"SELECT id, date, amount FROM expenses WHERE company_id = {company} AND date IN ({wanted}) ORDER BY id"  # noqa: S608
    )
    return found


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "0"


def parents(
    differences: Iterable[Mapping[str, Any]], v5_rows: Mapping[str, Any], v4_rows: Mapping[str, Any]
) -> dict[str, int]:
    """{difference's id: V5's row id of the record that the attachment belongs to}; those that V5 has not are left out.

    v5_rows and v4_rows: the answers to the queries. V5 gives its rows ids in the order in which V4 exports them, that
    is, of V4's ids; so of several expenses of one day and amount the n-th in V4 is the n-th in V5.
    """
    ranks = {int(row["id"]): row for row in v4_rows.get("expenses", [])}
    found = {}
    for one in _mine(differences):
        kind, number = one["v4_document"]["parent"], one["v4_document"]["number"]
        if kind == "company":
            same = v5_rows["records_company"]
        elif kind in _NUMBERED:
            same = [row for row in v5_rows[f"records_{kind}"] if row["number"] == number]
        else:
            rank = ranks.get(int(one["v4_id"]))
            same = [row for row in v5_rows["records_expenses"] if rank and _alike(row, rank)]
            same = same[int(rank["place"]) - 1 :][:1] if rank and len(same) == int(rank["many"]) else []
        if len(same) == 1:
            found[one["id"]] = int(same[0]["id"])
    return found


def _alike(row: Mapping[str, Any], rank: Mapping[str, Any]) -> bool:
    return str(row["date"])[:10] == str(rank["date"])[:10] and Decimal(str(row["amount"])) == Decimal(
        str(rank["amount"])
    )


def plan(
    differences: Iterable[Mapping[str, Any]], belongs: Mapping[str, int], hashed: Mapping[str, str]
) -> tuple[list, list]:
    """The steps, and what is left with the reason.

    belongs: from `parents`. hashed: V5's hashed id of each of those records, by the row's id as text. A step's data is
    what v4_documents.fetch wants: `id`, `v4_id` (row of V4's `documents`), `kind`, `record` (hashed) and `label`
    (number, or what else V4 has), `sha256` (of V4's file, or "") and `wrong` (sha256 of V5's file that gives way,
    MISSING, or "").
    """
    steps, remaining = [], []
    for one in _mine(differences):
        document = one["v4_document"]
        kind = document["parent"]
        record = f"{KINDS[kind].name if kind in KINDS else kind} {document['number']}".strip()
        if one["id"] not in belongs:
            reason = f"'{document['name']}': V5 has no {record}, or more than one that may be meant"
            remaining.append(left(PART, one["id"], reason, "./cli.py reconcile CLIENT"))
            continue
        title = f"Attach '{document['name']}' ({document['size']} bytes) to the {record}"
        destroys = wrong = ""
        if one["field"] == "content":
            seen = _SHA256.search(str(one["v5"]))
            wrong = seen[1] if seen else MISSING
            title += ", in place of a wrong file of that name"
            destroys = f"V5's file of that name ({one['v5']})"
        data = {
            "id": one["id"],
            "v4_id": int(one["v4_id"]),
            "kind": kind,
            "record": hashed[str(belongs[one["id"]])],
            "label": str(document["number"]),
            "sha256": str(document.get("sha256") or ""),
            "wrong": wrong,
            "differences": [one["id"]],
        }
        steps.append(step(PART, one["id"], title, destroys, data))
    return steps, remaining
