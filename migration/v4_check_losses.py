"""Checks for what a completed migration changes or leaves behind. All warn: nothing here stops the import."""

# ruff: noqa: S608  The only values that go into the SQL are two integers and constants of this file.
from __future__ import annotations

from .v4_check_references import EXPORTED_INVOICE, INVOICE, MAPPED

SALES = f"({INVOICE} OR {{i}}.invoice_type_id = 2)"

# Kinds of V4's rows that no export holds: (table, what a person calls it)
LEFT_BEHIND = (
    ("proposals", "proposals"),
    ("subscriptions", "webhooks"),
    ("bank_accounts", "bank accounts"),
    ("scheduled_reports", "scheduled reports"),
)


def declared() -> list[dict]:
    """The checks of this file, as arguments of ``v4_checks.Check``."""
    return [*_documents(), *_invoices(), *_money(), *_settings(), *_rest()]


def _documents() -> list[dict]:
    return [
        {
            "id": "documents-lost",
            "severity": "warn",
            "title": "An attachment of an invoice or quote does not arrive in V5 (5.8.39 and later)",
            "sql": "SELECT d.id, d.name, i.invoice_number AS number, d.size AS bytes FROM documents d"
            " JOIN invoices i ON i.id = d.invoice_id"
            " WHERE d.account_id = {account} AND d.expense_id IS NULL ORDER BY d.id",
            "remedy": ("After the migration put them into V5 with `./cli.py repair`; keep V4 until they are there.",),
            "is_sql": False,
        },
        {
            "id": "document-unattached",
            "severity": "warn",
            "title": "A document hangs on no invoice and no expense (default, proposal) and does not arrive",
            "sql": "SELECT d.id, d.name, d.size AS bytes FROM documents d WHERE d.account_id = {account}"
            " AND d.invoice_id IS NULL AND d.expense_id IS NULL ORDER BY d.id",
            "remedy": ("Download it from V4, and upload it in V5 where it belongs.",),
            "is_sql": False,
        },
    ]


def _invoices() -> list[dict]:
    return [
        {
            "id": "invoice-not-exported",
            "severity": "warn",
            "title": "V4 does not export this row: a recurring invoice below zero, or neither invoice nor quote",
            "sql": "SELECT i.id, i.invoice_number AS number, i.amount, c.name AS client FROM invoices i"
            " LEFT JOIN clients c ON c.id = i.client_id"
            f" WHERE i.account_id = {{account}} AND i.is_deleted = 0"
            f" AND NOT {EXPORTED_INVOICE.format(i='i')} ORDER BY i.id",
            "remedy": ("Write it anew in V5 after the migration.",),
            "is_sql": False,
        },
        {
            "id": "recurring-link-lost",
            "severity": "warn",
            "title": "Invoices that a recurring invoice made lose that link (all but the first)",
            "sql": "SELECT r.id, r.invoice_number AS recurring_invoice, COUNT(*) AS invoices FROM invoices i"
            " JOIN invoices r ON r.id = i.recurring_invoice_id"
            f" WHERE i.account_id = {{account}} AND {INVOICE.format(i='i')} GROUP BY r.id, r.invoice_number"
            " HAVING COUNT(*) > 1 ORDER BY r.id",
            "remedy": ("The invoices themselves arrive; nothing to do.",),
            "is_sql": False,
        },
        {
            "id": "custom-design-lost",
            "severity": "warn",
            "title": "Custom designs do not travel: these invoices and quotes get a standard one",
            "sql": "SELECT i.invoice_design_id AS id, COUNT(*) AS invoices_and_quotes FROM invoices i"
            f" WHERE i.account_id = {{account}} AND i.invoice_design_id >= 11 AND {EXPORTED_INVOICE.format(i='i')}"
            " GROUP BY i.invoice_design_id ORDER BY i.invoice_design_id",
            "remedy": ("Make the design anew in V5, and set it as the company's default there.",),
            "is_sql": False,
        },
        {
            "id": "client-without-contact",
            "severity": "warn",
            "title": "A client has no contact (or only deleted ones): V5 gives it an empty one, without e-mail",
            "sql": "SELECT c.id, c.name FROM clients c LEFT JOIN contacts k"
            " ON k.client_id = c.id AND k.deleted_at IS NULL"
            " WHERE c.account_id = {account} AND c.is_deleted = 0 AND k.id IS NULL ORDER BY c.id",
            "remedy": ("Add a contact to the client in V4, or leave it so.",),
            "is_sql": False,
        },
    ]


def _money() -> list[dict]:
    return [
        {
            "id": "payment-unapplied",
            "severity": "warn",
            "title": "A payment's invoice is not exported as an invoice: the payment arrives without it",
            "sql": "SELECT p.id, p.payment_date AS date, p.amount, p.invoice_id FROM payments p"
            f" LEFT JOIN invoices i ON i.id = p.invoice_id AND i.account_id = p.account_id AND {INVOICE.format(i='i')}"
            " WHERE p.account_id = {account} AND p.payment_status_id <> 2 AND i.id IS NULL ORDER BY p.id",
            "remedy": ("Apply the payment by hand in V5 after the migration.",),
            "is_sql": False,
        },
        {
            "id": "payment-exchange-rate-truncated",
            "severity": "warn",
            "title": "A payment's exchange rate of 1000 or more is cut at its thousands separator",
            "sql": "SELECT p.id, p.payment_date AS date, p.amount, p.exchange_rate FROM payments p"
            " WHERE p.account_id = {account} AND p.payment_status_id <> 2 AND p.exchange_rate >= 1000 ORDER BY p.id",
            "remedy": ("Correct the exchange rate of the payment in V5 after the migration.",),
            "is_sql": False,
        },
        {
            "id": "surcharge-tax-lost",
            "severity": "warn",
            "title": "A taxed surcharge becomes untaxed, so the total changes",
            "sql": "SELECT i.id, i.invoice_number AS number, i.amount FROM invoices i"
            f" WHERE i.account_id = {{account}} AND {SALES.format(i='i')} AND ((i.custom_value1 <> 0"
            " AND i.custom_taxes1 = 1) OR (i.custom_value2 <> 0 AND i.custom_taxes2 = 1)) ORDER BY i.id",
            "remedy": ("Compare its total in V5 after the migration.",),
            "is_sql": False,
        },
        {
            "id": "credit-amount-changed",
            "severity": "warn",
            "title": "A partly used credit arrives with its balance as its amount",
            "sql": "SELECT t.id, t.credit_number AS number, t.amount, t.balance FROM credits t"
            " WHERE t.account_id = {account} AND t.amount > 0 AND t.is_deleted = 0 AND t.balance <> t.amount"
            " ORDER BY t.id",
            "remedy": ("The balance is right; nothing to do.",),
            "is_sql": False,
        },
    ]


def _settings() -> list[dict]:
    prefixes = ("invoice_number_prefix", "quote_number_prefix", "client_number_prefix", "credit_number_prefix")
    return [
        {
            "id": "number-settings-lost",
            "severity": "warn",
            "title": "Prefixes of numbers do not travel, nor does a counter of its own for quotes",
            "sql": f"SELECT a.id, {', '.join(f'a.{name}' for name in prefixes)},"
            " IF(a.share_counter = 0, 'own', 'shared') AS quote_counter FROM accounts a WHERE a.id = {account}"
            f" AND (a.share_counter = 0 OR {' OR '.join(f'''COALESCE(a.{name}, '') <> '' ''' for name in prefixes)})"
            " ORDER BY a.id",
            "remedy": ("Set the pattern in V5 under Settings > Generated Numbers, for example INV-{$counter}.",),
            "is_sql": False,
        },
        {
            "id": "gateway-dropped",
            "severity": "warn",
            "title": "A payment gateway that V5 does not have is not exported",
            "sql": "SELECT t.id, t.gateway_id FROM account_gateways t WHERE t.account_id = {account}"
            f" AND t.deleted_at IS NULL AND NOT {MAPPED.format(g='t')} ORDER BY t.id",
            "remedy": ("Choose another gateway in V5 and set it up there.",),
            "is_sql": False,
        },
    ]


def _rest() -> list[dict]:
    return [
        {
            "id": f"{table.replace('_', '-')}-left-behind",
            "severity": "warn",
            "title": f"V4 does not export {what}",
            "sql": f"SELECT COUNT(*) AS id FROM {table} t WHERE t.account_id = {{account}} AND t.deleted_at IS NULL"
            " HAVING COUNT(*) > 0",
            "remedy": (f"Set the {what} up anew in V5, if they are still needed.",),
            "is_sql": False,
        }
        for table, what in LEFT_BEHIND
    ]
