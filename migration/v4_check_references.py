"""Checks for rows that point to something which does not travel: V5 stops with ``Missing resource key: KIND_ID``.

Foreign keys of V4's own tables prevent many of them, but old dumps were loaded without, some columns never had one
(expenses.vendor_id, expenses.invoice_id, recurring_expenses.client_id), and none knows about companies: a row of
company 1 may point to a client of company 2.
"""

# ruff: noqa: S608  The only values that go into the SQL are two integers and constants of this file.
from __future__ import annotations

# What V4's exporter takes of the table `invoices` (getInvoices, getRecurringInvoices, getQuotes; all withTrashed).
INVOICE = "({i}.invoice_type_id = 1 AND {i}.is_recurring = 0)"
EXPORTED_INVOICE = (
    "(({i}.invoice_type_id = 1 AND {i}.is_recurring = 0) OR ({i}.is_recurring = 1 AND {i}.amount >= 0)"
    " OR {i}.invoice_type_id = 2)"
)
# translateGatewaysId() maps these, and everything above 68, to 0: such a gateway is not exported.
UNMAPPED_GATEWAYS = (21, 29, 30, 36, 38, 43, 53, 54, 59)
MAPPED = f"({{g}}.gateway_id BETWEEN 1 AND 68 AND {{g}}.gateway_id NOT IN {UNMAPPED_GATEWAYS})"

# table: (what a row is called, the columns by which a person recognises it, what the exporter takes)
OWNED: dict[str, tuple[str, str, str]] = {
    "tax_rates": ("tax rate", "t.name, t.rate", ""),
    "clients": ("client", "t.name", ""),
    "account_gateways": ("payment gateway", "t.gateway_id", f" AND {MAPPED.format(g='t')}"),
    "vendors": ("vendor", "t.name", ""),
    "projects": ("project", "t.name", ""),
    "products": ("product", "t.product_key AS name", ""),
    "credits": ("credit", "t.credit_number AS number, t.amount", " AND t.amount > 0 AND t.is_deleted = 0"),
    "invoices": ("invoice or quote", "t.invoice_number AS number", f" AND {EXPORTED_INVOICE.format(i='t')}"),
    "payments": ("payment", "t.payment_date AS date, t.amount", " AND t.payment_status_id <> 2"),
    "expense_categories": ("expense category", "t.name", ""),
    "task_statuses": ("task status", "t.name", ""),
    "expenses": ("expense", "t.expense_date AS date, t.amount", ""),
    "recurring_expenses": ("recurring expense", "t.start_date AS date, t.amount", ""),
    "tasks": ("task", "LEFT(t.description, 60) AS description", ""),
}

# Without their client these cannot be imported; a task or an expense can.
NEEDS_CLIENT = ("credits", "invoices", "payments")
MAY_HAVE_CLIENT = ("projects", "expenses", "recurring_expenses", "tasks")

# (id, table, column, the other table, what of it travels): references that may be empty, and are set to NULL.
OPTIONAL = (
    ("expense-vendor-missing", "expenses", "vendor_id", "vendors", ""),
    ("expense-category-missing", "expenses", "expense_category_id", "expense_categories", ""),
    ("expense-invoice-missing", "expenses", "invoice_id", "invoices", f" AND {INVOICE.format(i='r')}"),
    ("recurring-expense-vendor-missing", "recurring_expenses", "vendor_id", "vendors", ""),
    ("recurring-expense-category-missing", "recurring_expenses", "expense_category_id", "expense_categories", ""),
    ("task-invoice-missing", "tasks", "invoice_id", "invoices", f" AND {INVOICE.format(i='r')}"),
    ("task-project-missing", "tasks", "project_id", "projects", ""),
    ("task-status-missing", "tasks", "task_status_id", "task_statuses", ""),
)


def declared() -> list[dict]:
    """The checks of this file, as arguments of ``v4_checks.Check``."""
    return [*_users(), *_clients(), *_optional(), *_invitations(), *_documents(), *_cards()]


def _users() -> list[dict]:
    return [
        {
            "id": f"{name.replace('_', '-')}-user-missing",
            "severity": "fail",
            "title": f"A {what} belongs to a user that this company does not have",
            "sql": f"SELECT t.id, {label}, t.user_id AS missing_user FROM {name} t"
            " LEFT JOIN users u ON u.id = t.user_id AND u.account_id = t.account_id"
            f" WHERE t.account_id = {{account}}{only} AND u.id IS NULL ORDER BY t.id",
            "remedy": (f"UPDATE {name} SET user_id = {{owner}} WHERE id IN ({{ids}})",),
        }
        for name, (what, label, only) in OWNED.items()
    ]


def _clients() -> list[dict]:
    result = []
    for name in (*NEEDS_CLIENT, *MAY_HAVE_CLIENT):
        what, label, only = OWNED[name]
        needed = name in NEEDS_CLIENT
        result.append(
            {
                "id": f"{name.replace('_', '-')}-client-missing",
                "severity": "fail",
                "title": f"A {what} points to a client that this company does not have",
                "sql": f"SELECT t.id, {label}, t.client_id AS missing_client,"
                " IF(other.id IS NULL, 'no', 'yes') AS client_of_another_company"
                f" FROM {name} t LEFT JOIN clients c ON c.id = t.client_id AND c.account_id = t.account_id"
                " LEFT JOIN clients other ON other.id = t.client_id"
                f" WHERE t.account_id = {{account}}{only} AND c.id IS NULL"
                f"{'' if needed else ' AND t.client_id IS NOT NULL'} ORDER BY t.id",
                "remedy": _restore_clients(name)
                if needed
                else (f"UPDATE {name} SET client_id = NULL WHERE id IN ({{ids}})",),
            }
        )
    return result


def _restore_clients(name: str):
    """An invoice, a credit or a payment must have a client: give the lost one back, under its old number if it is free.

    Under its old number all that still points to it (contacts too) is whole again. The user finds it as
    "Recovered client …", looks at its invoices, and renames or deletes it.
    """
    insert = (
        "INSERT INTO clients ({id_column}account_id, user_id, public_id, name, created_at, updated_at)"
        " SELECT {id_value}{account}, {owner}, COALESCE(MAX(public_id), 0) + 1, 'Recovered client{suffix}',"
        " NOW(), NOW()"
        " FROM clients WHERE account_id = {account}{unless};"
    )
    unless = " HAVING NOT EXISTS (SELECT 1 FROM clients taken WHERE taken.id = {id})"

    def remedy(rows: list[dict], values: dict[str, object]) -> list[str]:
        gone = sorted({int(row["missing_client"]) for row in rows if _is_gone(row)})
        moved = [str(int(row["id"])) for row in rows if not _is_gone(row)]
        result = [
            insert.format(id_column="id, ", id_value=f"{id}, ", suffix=f" {id}", unless=unless.format(id=id), **values)
            for id in gone
        ]
        if moved:
            result.append(insert.format(id_column="", id_value="", suffix="", unless="", **values))
            result.append(f"UPDATE {name} SET client_id = LAST_INSERT_ID() WHERE id IN ({', '.join(moved)});")
        return result

    return remedy


def _is_gone(row: dict) -> bool:
    """No client of any company has the number: it is free."""
    return bool(row["missing_client"]) and row["client_of_another_company"] == "no"


def _optional() -> list[dict]:
    result = [
        {
            "id": id,
            "severity": "fail",
            "title": f"A {OWNED[name][0]} points to a row of {other} that is not exported as such",
            "sql": f"SELECT t.id, {OWNED[name][1]}, t.{column} FROM {name} t"
            f" LEFT JOIN {other} r ON r.id = t.{column} AND r.account_id = t.account_id{only}"
            f" WHERE t.account_id = {{account}} AND t.{column} IS NOT NULL AND r.id IS NULL ORDER BY t.id",
            "remedy": (f"UPDATE {name} SET {column} = NULL WHERE id IN ({{ids}})",),
        }
        for id, name, column, other, only in OPTIONAL
    ]
    result.append(
        {
            "id": "invoice-recurring-missing",
            "severity": "fail",
            "title": "An invoice points to a recurring invoice that is not exported (gone, or its amount is negative)",
            "sql": "SELECT t.id, t.invoice_number AS number, t.recurring_invoice_id FROM invoices t"
            " LEFT JOIN invoices r ON r.id = t.recurring_invoice_id AND r.account_id = t.account_id"
            " AND r.is_recurring = 1 AND r.amount >= 0"
            f" WHERE t.account_id = {{account}} AND {INVOICE.format(i='t')}"
            " AND t.recurring_invoice_id IS NOT NULL AND r.id IS NULL ORDER BY t.id",
            "remedy": ("UPDATE invoices SET recurring_invoice_id = NULL WHERE id IN ({ids})",),
        }
    )
    return result


def _invitations() -> list[dict]:
    # The exporter takes the undeleted invitations of every exported invoice, and contacts by client_id alone.
    travelling = (
        " FROM invitations n JOIN invoices i ON i.id = n.invoice_id"
        " LEFT JOIN contacts k ON k.id = n.contact_id"
        " LEFT JOIN clients c ON c.id = k.client_id AND c.account_id = i.account_id"
        f" WHERE i.account_id = {{account}} AND {EXPORTED_INVOICE.format(i='i')} AND n.deleted_at IS NULL"
    )
    return [
        {
            "id": "invitation-contact-missing",
            "severity": "fail",
            "title": "An invitation to an invoice or quote points to a contact that is not exported",
            "sql": "SELECT n.id, i.invoice_number AS number, n.contact_id AS missing_contact"
            f"{travelling} AND c.id IS NULL ORDER BY n.id",
            "remedy": ("UPDATE invitations SET deleted_at = NOW() WHERE id IN ({ids})",),
        },
        {
            "id": "invitation-contact-foreign",
            "severity": "warn",
            "title": "An invitation belongs to a contact of another client than the invoice's, who will see it in V5",
            "sql": "SELECT n.id, i.invoice_number AS number, k.email AS contact, c.name AS client_of_contact"
            f"{travelling} AND c.id IS NOT NULL AND k.client_id <> i.client_id ORDER BY n.id",
            "remedy": ("UPDATE invitations SET deleted_at = NOW() WHERE id IN ({ids})",),
        },
    ]


def _documents() -> list[dict]:
    return [
        {
            "id": "document-expense-missing",
            "severity": "fail",
            "title": "A document is attached to an expense that this company does not have",
            "sql": "SELECT t.id, t.name, t.expense_id AS missing_expense FROM documents t"
            " LEFT JOIN expenses e ON e.id = t.expense_id AND e.account_id = t.account_id"
            " WHERE t.account_id = {account} AND t.expense_id > 0 AND e.id IS NULL"
            " AND EXISTS (SELECT 1 FROM expenses x WHERE x.account_id = {account}) ORDER BY t.id",
            "remedy": ("UPDATE documents SET expense_id = NULL WHERE id IN ({ids})",),
        }
    ]


def _cards() -> list[dict]:
    # The exporter skips a payment method only if BOTH its contact and its token are gone. Deleting one instead would
    # take its payments along: payments.payment_method_id is ON DELETE CASCADE.
    remedy = ("UPDATE payment_methods SET contact_id = NULL, account_gateway_token_id = NULL WHERE id IN ({ids})",)
    columns = "SELECT p.id, p.last4 AS card, c.name AS client, k.email AS contact"
    joined = (
        " FROM payment_methods p LEFT JOIN contacts k ON k.id = p.contact_id"
        " LEFT JOIN account_gateway_tokens t ON t.id = p.account_gateway_token_id"
        " LEFT JOIN clients c ON c.id = k.client_id AND c.account_id = p.account_id"
        " LEFT JOIN account_gateways g ON g.id = t.account_gateway_id AND g.account_id = p.account_id"
        f" AND {MAPPED.format(g='g')}"
        " LEFT JOIN payment_types y ON y.id = p.payment_type_id"
        " WHERE p.account_id = {account}"
    )
    both = " AND k.id IS NOT NULL AND t.id IS NOT NULL"
    return [
        {
            "id": "card-contact-or-token-missing",
            "severity": "fail",
            "title": "A saved card lost its contact or its gateway token: V4's export stops",
            "sql": f"{columns}{joined} AND (k.id IS NULL) <> (t.id IS NULL) ORDER BY p.id",
            "remedy": remedy,
        },
        {
            "id": "card-gateway-missing",
            "severity": "fail",
            "title": "A saved card belongs to a payment gateway that is not exported",
            "sql": f"{columns}{joined}{both} AND g.id IS NULL ORDER BY p.id",
            "remedy": remedy,
        },
        {
            "id": "card-client-missing",
            "severity": "fail",
            "title": "A saved card belongs to a client that this company does not have",
            "sql": f"{columns}{joined}{both} AND c.id IS NULL ORDER BY p.id",
            "remedy": remedy,
        },
        {
            "id": "card-type-unknown",
            "severity": "fail",
            "title": "A saved card has a payment type without gateway type: V4's export or V5's import stops",
            "sql": f"{columns}, p.payment_type_id{joined}{both} AND y.gateway_type_id IS NULL ORDER BY p.id",
            "remedy": remedy,
        },
    ]
