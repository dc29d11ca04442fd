"""The page for the customer: what was there, what is there, and what differs, in plain words. One file, no script.

Its look is that of the other reports (diagnostics/templates/style.css).
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from .compare import BY_KNOWN, MONEY
from .text import moment, printable

HERE = Path(__file__).resolve().parent
TEMPLATES = (HERE / "templates", HERE.parents[1] / "diagnostics" / "templates")

THINGS = {
    "users": ("user", "users"),
    "clients": ("client", "clients"),
    "contacts": ("contact person", "contact persons"),
    "products": ("product", "products"),
    "invoices": ("invoice", "invoices"),
    "quotes": ("quote", "quotes"),
    "recurring_invoices": ("recurring invoice", "recurring invoices"),
    "credits": ("credit", "credits"),
    "payments": ("payment", "payments"),
    "expenses": ("expense", "expenses"),
    "recurring_expenses": ("recurring expense", "recurring expenses"),
    "expense_categories": ("expense category", "expense categories"),
    "vendors": ("vendor", "vendors"),
    "vendor_contacts": ("contact person of a vendor", "contact persons of vendors"),
    "projects": ("project", "projects"),
    "tasks": ("task", "tasks"),
    "task_statuses": ("task status", "task statuses"),
    "tax_rates": ("tax rate", "tax rates"),
    "payment_terms": ("payment term", "payment terms"),
    "invoice_invitations": ("link to an invoice", "links to invoices"),
    "quote_invitations": ("link to a quote", "links to quotes"),
    "recurring_invitations": ("link to a recurring invoice", "links to recurring invoices"),
    "gateways": ("payment gateway", "payment gateways"),
    "gateway_tokens": ("stored payment method", "stored payment methods"),
    "documents": ("attachment", "attachments"),
    "settings": ("setting", "settings"),
    "logo": ("logo", "logo"),
}
FIELDS = {
    "amount": "the amount",
    "balance": "what is still open",
    "paid_to_date": "what was paid",
    "credit_balance": "what is left of credits",
    "status": "the status",
    "date": "the day",
    "due_date": "the day when it is due",
    "client": "the client",
    "currency": "the currency",
    "content": "the content of the file",
    "value": "the setting",
    "number": "the number",
    "refunded": "what was refunded",
    "allocated": "what of it is on the invoice",
    "picture": "the picture",
    "archived": "whether it is archived",
    "is_deleted": "whether it is deleted",
}


def html(document: dict) -> str:
    """The page of a reconciliation (``compare.document``)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(list(map(str, TEMPLATES))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(printable=printable, moment=moment)
    found = document["differences"]
    return environment.get_template("page.html").render(
        document=document,
        company=document["company_name"] or document["client"],
        overview=overview(document),
        by_known=BY_KNOWN,
        open_ones=[sentence(each) for each in found if not each["known"]],
        known=[sentence(each) for each in found if each["known"]],
        counted=[row for row in document["counts"] if row["v4"] != row["v5"] or row["reason"]],
    )


def overview(document: dict) -> list:
    """A line for each kind of record: its name, how many there were and are, and the sums that belong to it."""
    rows: dict = {}
    for row in document["counts"]:
        if row["entity"] not in THINGS or row["what"] not in ("count", "count_deleted"):
            continue
        line = rows.setdefault(
            row["entity"], {"name": THINGS[row["entity"]][1], "v4": 0, "v5": 0, "ok": True, "sums": []}
        )
        if row["reason"] in ("", BY_KNOWN):
            line["v4"] += int(row["v4"])
            line["v5"] += int(row["v5"])
    for row in document["counts"]:
        if row["entity"] in rows:
            rows[row["entity"]]["ok"] = rows[row["entity"]]["ok"] and row["known"]
    return [row for row in rows.values() if row["v4"] or row["v5"]]


def sentence(each: dict) -> dict:
    """A difference in words: ``title``, ``v4``, ``v5``, ``reason``."""
    thing = THINGS.get(each["entity"], (each["entity"].replace("_", " "),))[0]
    title = f"{thing[0].upper()}{thing[1:]} {each['key']}".strip()
    if each["entity"] == "documents":
        parent, number, name = (unquote(part) for part in each["key"].split("/"))
        title = f"Attachment {name} of the {THINGS.get(parent, (parent,))[0]} {number}".strip()
    if each["label"] and each["label"] not in title:
        title += f" ({each['label']})"
    if each["field"] and each["field"] != "value":
        title += f": {field_name(each['field'])}"
    elif each["v5"] is None:
        title += " is missing"
    elif each["v4"] is None:
        title += " is new"
    return {"title": title, "v4": _value(each, "v4"), "v5": _value(each, "v5"), "reason": each["reason"]}


def field_name(field: str) -> str:
    """A field in words."""
    if field.startswith("line_items."):
        _, number, part = field.split(".", 2)
        return f"line {number}, {part.replace('_', ' ')}"
    return FIELDS.get(field, field.replace("_", " "))


def _value(each: dict, side: str) -> str:
    value = each[side]
    if value is None:
        return "not there"
    if value == "":
        return "empty"
    if each["field"].split(".")[-1] in MONEY:
        return _money(value)
    return value.partition(", sha256")[0] if each["entity"] in ("documents", "logo") else value


def _money(value: str) -> str:
    whole, _, part = value.partition(".")
    return f"{whole}.{part:<02}" if whole.lstrip("-").isdigit() else value
