"""How many records of each kind V4 would export, and V5 holds, of one company; and whether any are missing.

V4's conditions are those of its exporter (GenerateMigrationResources: deleted rows go too, voided payments and credits
without an amount do not). Table names of the two sides: facts of the migration, "the same thing under two names".
"""

from __future__ import annotations

import re

from .errors import MigrationError

KEY = re.compile(r"[A-Za-z0-9]{1,64}")

# V4's gateways that its exporter maps to 0 and leaves out (translateGatewaysId).
GATEWAYS_LEFT_OUT = "21, 29, 30, 36, 38, 43, 53, 54, 59"

# What is counted on V4 (table, condition), and on V5 (table, condition).
KINDS = {
    "users": ("users", "", "company_user", ""),
    "tax_rates": ("tax_rates", "", "tax_rates", ""),
    "clients": ("clients", "", "clients", ""),
    "client_contacts": (
        "contacts",
        "client_id IN (SELECT id FROM clients WHERE account_id = {account})",
        "client_contacts",
        "",
    ),
    "company_gateways": (
        "account_gateways",
        f"gateway_id BETWEEN 1 AND 68 AND gateway_id NOT IN ({GATEWAYS_LEFT_OUT})",
        "company_gateways",
        "",
    ),
    "vendors": ("vendors", "", "vendors", ""),
    "vendor_contacts": ("vendor_contacts", "deleted_at IS NULL", "vendor_contacts", ""),
    "projects": ("projects", "", "projects", ""),
    "products": ("products", "", "products", ""),
    "credits": ("credits", "amount > 0 AND is_deleted = 0", "credits", ""),
    "invoices": ("invoices", "invoice_type_id = 1 AND is_recurring = 0", "invoices", ""),
    "recurring_invoices": ("invoices", "is_recurring = 1 AND amount >= 0", "recurring_invoices", ""),
    "quotes": ("invoices", "invoice_type_id = 2", "quotes", ""),
    "payments": ("payments", "payment_status_id <> 2", "payments", ""),
    "expense_categories": ("expense_categories", "", "expense_categories", ""),
    "task_statuses": ("task_statuses", "", "task_statuses", ""),
    "expenses": ("expenses", "", "expenses", ""),
    "recurring_expenses": ("recurring_expenses", "", "recurring_expenses", ""),
    "tasks": ("tasks", "", "tasks", ""),
    "expense_documents": ("documents", "expense_id IS NOT NULL", "documents", "documentable_type LIKE '%expense%'"),
    "invoice_documents": (
        "documents",
        "invoice_id IS NOT NULL AND expense_id IS NULL",
        "documents",
        "(documentable_type LIKE '%invoice%' OR documentable_type LIKE '%quote%')",
    ),
}

# A company that an upload made and no import filled: switched off, without a record of any of these, and no migration
# is waiting that could still fill it.
FILLED = (
    "clients",
    "products",
    "vendors",
    "projects",
    "tasks",
    "expenses",
    "invoices",
    "quotes",
    "payments",
    "credits",
    "recurring_expenses",
)

# The lines in V5's ledger that only its importer writes.
IMPORT_ENDS = "notes = 'Migrated Client Balance'"
# V5 drops the attachments of invoices and quotes (failure docs-dropped): a loss that is known beforehand.
KNOWN_LOSSES = ("invoice_documents",)
# V5 always adds Backlog, Ready to do, In progress and Done, so fewer than V4's and these four are too few.
ADDED_BY_V5 = {"task_statuses": 4}


def checked_key(key: str) -> str:
    """The company's key, which is V4's account key; raises MigrationError (company-key-invalid) for anything else."""
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise MigrationError(
            f"'{key}' is not a company key: V4's keys are letters and digits",
            "./cli.py verify CLIENT",
            "company-key-invalid",
        )
    return key


def _count(table: str, tenant: str, condition: str) -> str:
    return f"SELECT COUNT(*) AS n FROM {table} WHERE {tenant}" + (f" AND {condition}" if condition else "")  # noqa: S608


def import_end(company: str) -> str:
    """SQL for V5: when the last import into a company ended (UTC), NULL for never; company: its id, in SQL.

    The importer's lines in the ledger, one for each client, come after its last resource.
    """
    return f"(SELECT MAX(created_at) FROM company_ledgers WHERE company_id = {company} AND {IMPORT_ENDS})"  # noqa: S608


def v4_queries(account_key: str) -> dict:
    """SQL by name for V4: ``company`` (id, account_key, name) and one ``n`` a kind. MigrationError for no key."""
    key = checked_key(account_key)
    account = f"(SELECT id FROM accounts WHERE account_key = '{key}')"  # noqa: S608
    queries = {"company": f"SELECT id, account_key, name FROM accounts WHERE account_key = '{key}'"}  # noqa: S608
    for kind, (table, condition, _, _) in KINDS.items():
        queries[kind] = _count(table, f"account_id = {account}", condition.format(account=account))
    return queries


def v5_queries(company_key: str) -> dict:
    """SQL by name for V5: ``company`` (id, company_key, name, is_disabled), one ``n`` a kind (with deleted rows),
    ``import_ends`` (``n`` lines that V5's importer writes for each client after its last resource), and
    ``blank_companies`` (company_key): what failed tries left, never the company of this key itself.
    """
    key = checked_key(company_key)
    company = f"(SELECT id FROM companies WHERE BINARY company_key = '{key}')"  # noqa: S608
    queries = {
        "company": "SELECT id, company_key, JSON_UNQUOTE(JSON_EXTRACT(settings, '$.name')) AS name, "  # noqa: S608
        f"is_disabled FROM companies WHERE BINARY company_key = '{key}'"
    }
    empty = " AND ".join(f"c.id NOT IN (SELECT company_id FROM {table})" for table in FILLED)  # noqa: S608
    queries["blank_companies"] = (
        "SELECT c.company_key FROM companies c "  # noqa: S608
        f"WHERE c.is_disabled = 1 AND BINARY c.company_key <> '{key}' AND {empty} "
        "AND NOT EXISTS (SELECT 1 FROM jobs WHERE payload LIKE '%StartMigration%')"
    )
    queries["import_ends"] = _count("company_ledgers", f"company_id = {company}", IMPORT_ENDS)
    for kind, (_, _, table, condition) in KINDS.items():
        queries[kind] = _count(table, f"company_id = {company}", condition)
    return queries


def v5_company_sql() -> str:
    """SQL for V5 with one place for the company's key: its ``id``, ``company_key``, ``name`` and ``is_disabled``."""
    return (
        "SELECT id, company_key, JSON_UNQUOTE(JSON_EXTRACT(settings, '$.name')) AS name, is_disabled"
        " FROM companies WHERE BINARY company_key = ?"
    )


def v4_company_query(email: str, account_key: str = "") -> dict:
    """SQL for V4: the ``company`` (account_key, name, owner_email, owner_id) of the owner with this e-mail.

    account_key: which one, where the e-mail owns several.

    The owner is the user whose public_id is 0 or NULL, as V4's wizard has it (User::eligibleForMigration). The e-mail
    goes in as hexadecimal digits, so nothing in it can become SQL; as a literal, so the column's collation decides.
    """
    digits = email.encode("utf-8").hex() or "00"
    chosen = f"AND a.account_key = '{checked_key(account_key)}' " if account_key else ""
    return {
        "company": "SELECT a.account_key, a.name, u.email AS owner_email, u.id AS owner_id FROM users u "  # noqa: S608
        "JOIN accounts a ON a.id = u.account_id "
        f"WHERE u.email = _utf8mb4 0x{digits} AND (u.public_id = 0 OR u.public_id IS NULL) "
        f"{chosen}AND u.deleted_at IS NULL ORDER BY u.id"
    }


def _numbers(rows: dict) -> dict:
    """The count of each kind from the rows of ninja_query, or from a plain dictionary of counts."""
    found = {}
    for kind in KINDS:
        value = rows.get(kind)
        if isinstance(value, list):
            value = value[0].get("n") if value else None
        if value is not None:
            found[kind] = int(value)
    return found


def _difference(kind: str, v4: int, v5: int) -> dict:
    name = kind.replace("_", " ")
    return {"kind": kind, "v4": v4, "v5": v5, "text": f"{v4 - v5} of {v4} {name} are missing"}


def compare(v4_rows: dict, v5_rows: dict) -> list:
    """What V5 has fewer of than V4 would export: a list of ``kind``, ``v4``, ``v5`` and ``text``; empty for none.

    More in V5 is normal (products from line items, its own task statuses). Known losses are not in it.
    """
    v4, v5 = _numbers(v4_rows), _numbers(v5_rows)
    wanted = {kind: count + ADDED_BY_V5.get(kind, 0) for kind, count in v4.items() if kind not in KNOWN_LOSSES}
    return [_difference(kind, count, v5.get(kind, 0)) for kind, count in wanted.items() if v5.get(kind, 0) < count]


def compare_manifest(manifest: dict, v5_rows: dict) -> list:
    """As ``compare``, with the export's manifest in V4's place: what was sent and is not there."""
    documents = manifest["documents"]
    sent = dict(manifest["counts"], expense_documents=documents["expenses"], invoice_documents=documents["invoices"])
    return compare(sent, v5_rows)


def table(v4_rows: dict, v5_rows: dict) -> list:
    """A line for every kind that V4 has: ``entity``, ``v4``, ``v5``, whether fewer is ``known``, and the ``reason``.

    In the shape of a reconciliation's counts (``group``, ``what``). Without V4's counts (its wizard gives none): empty.
    """
    v4, v5 = _numbers(v4_rows), _numbers(v5_rows)
    lines = []
    for kind, number in v4.items():
        there = max(v5.get(kind, 0) - ADDED_BY_V5.get(kind, 0), 0)
        known = kind in KNOWN_LOSSES and there < number
        reason = "V5's importer never takes these over" if known else ""
        line = {"entity": kind, "group": "", "what": "count", "v4": str(number), "v5": str(there)}
        lines.append({**line, "known": known, "reason": reason})
    return lines


def known_losses(v4_rows: dict, v5_rows: dict) -> list:
    """What V5's importer never takes over (attachments of invoices and quotes), in the shape of ``compare``."""
    v4, v5 = _numbers(v4_rows), _numbers(v5_rows)
    return [_difference(kind, v4[kind], v5.get(kind, 0)) for kind in KNOWN_LOSSES if v5.get(kind, 0) < v4.get(kind, 0)]
