"""How V4 is mended: SQL for its database, or its artisan command, with the row's id.

V5's names of columns are V4's under other names (GenerateMigrationResources of V4 4.5.50); the ids of an export are
V4's.
"""

# ruff: noqa: S608  What goes into the SQL is quoted() or a name of this file; a person reads it before it is run.
from __future__ import annotations

from . import php

# resource: (V4's table, {V5's column: V4's}); what is not named has the same name in both.
_INVOICE = {
    "number": "invoice_number",
    "date": "invoice_date",
    "status_id": "invoice_status_id",
    "design_id": "invoice_design_id",
    "footer": "invoice_footer",
    "recurring_id": "recurring_invoice_id",
    "invoice_id": "quote_invoice_id",
    "custom_surcharge1": "custom_value1",
    "custom_surcharge2": "custom_value2",
    "custom_surcharge_tax1": "custom_taxes1",
    "custom_surcharge_tax2": "custom_taxes2",
    "custom_value1": "custom_text_value1",
    "custom_value2": "custom_text_value2",
    "auto_bill_enabled": "client_enable_auto_bill",
}
TABLES = {
    "company": ("accounts", {"company_key": "account_key", "first_day_of_week": "start_of_week"}),
    "users": ("users", {}),
    "payment_terms": ("payment_terms", {}),
    "tax_rates": ("tax_rates", {}),
    "clients": ("clients", {"number": "id_number", "phone": "work_phone"}),
    "company_gateways": (
        "account_gateways",
        {"require_billing_address": "show_billing_address", "require_shipping_address": "show_shipping_address"},
    ),
    "client_gateway_tokens": ("payment_methods", {"token": "source_reference"}),
    "vendors": ("vendors", {"number": "id_number", "phone": "work_phone"}),
    "projects": ("projects", {}),
    "products": ("products", {"price": "cost", "quantity": "qty"}),
    "credits": ("credits", {"number": "credit_number"}),
    "recurring_invoices": ("invoices", _INVOICE),
    "invoices": ("invoices", _INVOICE),
    "quotes": ("invoices", _INVOICE),
    "payments": (
        "payments",
        {
            "date": "payment_date",
            "type_id": "payment_type_id",
            "status_id": "payment_status_id",
            "company_gateway_id": "account_gateway_id",
            "client_contact_id": "contact_id",
        },
    ),
    "expense_categories": ("expense_categories", {}),
    "task_statuses": ("task_statuses", {"status_order": "sort_order"}),
    "expenses": (
        "expenses",
        {"date": "expense_date", "category_id": "expense_category_id", "currency_id": "expense_currency_id"},
    ),
    "recurring_expenses": (
        "recurring_expenses",
        {"category_id": "expense_category_id", "currency_id": "expense_currency_id"},
    ),
    "tasks": ("tasks", {"status_id": "task_status_id", "status_order": "task_status_sort_order"}),
    "documents": ("documents", {}),
}
# By what V4 finds a row whose id is not in the export.
BY = {"payment_terms": "num_days", "tax_rates": "name", "products": "product_key"}
SETTINGS = {
    "phone": "work_phone",
    "email": "work_email",
    "default_task_rate": "task_rate",
    "counter_padding": "invoice_number_padding",
    "hide_paid_to_date": "hide_paid_to_date",
    "email_signature": "email_footer",
    "enable_client_portal_password": "enable_portal_password",
    "recurring_number_prefix": "recurring_invoice_number_prefix",
    "enable_reminder_endless": "enable_reminder4",
}
EMAIL_SETTINGS = ("reply_to_email", "bcc_email", "email_subject_", "email_template_", "late_fee_")
NAMED = ("name", "product_key")
ONES = ("status_id", "frequency_id", "quantity", "qty", "exchange_rate", "require_cvv")
RECOVERED = (
    "INSERT INTO clients ({id_column}account_id, user_id, public_id, name, created_at, updated_at)"
    " SELECT {id_value}{account}, {owner}, COALESCE(MAX(public_id), 0) + 1, 'Recovered client{suffix}', NOW(), NOW()"
    " FROM clients WHERE account_id = {account}{unless};"
)


def quoted(value) -> str:
    """A value as SQL; a text in quotes, whatever is in it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return php.text(value)
    text = php.text(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\r", "\\r") + "'"


class Remedies:
    """Writes the remedies of one export: it knows whose it is (account_id, owner_id: V4's ids, or None)."""

    def __init__(self, account_id, owner_id) -> None:
        self.account = account_id if account_id is not None else "ACCOUNT_ID"
        self.owner = owner_id if owner_id is not None else "OWNER_ID"
        self.export = f"php artisan migrations:export --user={self.owner}"

    def text(self, resource, v4_id, remedy: tuple) -> str:
        """The command or the SQL; "" where there is nothing to do in V4. ``remedy``: (kind, arguments…)."""
        if not remedy:
            return ""
        kind, arguments = remedy[0], remedy[1:]
        return getattr(self, "_" + kind.replace("-", "_"))(resource, v4_id, *arguments)

    def _update(self, resource, v4_id, column: str, value: str) -> str:
        table, names = TABLES.get(resource, (resource, {}))
        return f"UPDATE {table} SET {names.get(column, column)} = {value} WHERE {self._where(resource, v4_id, column)};"

    def _where(self, resource, v4_id, column: str) -> str:
        if resource == "company":
            return f"id = {self.account}"
        if v4_id is None:
            names = TABLES.get(resource, (resource, {}))[1]
            return f"account_id = {self.account} AND {names.get(column, column)} IS NULL"
        return f"id = {quoted(v4_id)}"

    def _text(self, resource, v4_id, words: str) -> str:
        return words

    def _export(self, resource, v4_id) -> str:
        return self.export

    def _null(self, resource, v4_id, column: str, key=None) -> str:
        return self._update(resource, v4_id, column, "NULL")

    def _set(self, resource, v4_id, column: str, value: str) -> str:
        return self._update(resource, v4_id, column, value)

    def _default(self, resource, v4_id, column: str) -> str:
        value = "'unnamed'" if column in NAMED else "1" if column in ONES else "0"
        if column in ("config", "fees_and_limits", "key"):
            return self.export
        return self._update(resource, v4_id, column, value)

    def _user(self, resource, v4_id, key=None) -> str:
        table = TABLES[resource][0]
        where = f"id = {quoted(v4_id)}"
        if v4_id is None:
            where = (
                f"account_id = {self.account} AND user_id = {quoted(key)}"
                if key is not None
                else f"account_id = {self.account}"
            )
        return f"UPDATE {table} SET user_id = {self.owner} WHERE {where};"

    def _client(self, resource, v4_id, key=None) -> str:
        """The lost client comes back under its old number, if that is free; all that points to it is whole again."""
        values = {"account": self.account, "owner": self.owner}
        if isinstance(key, int) and key > 0:
            unless = f" HAVING NOT EXISTS (SELECT 1 FROM clients taken WHERE taken.id = {key})"
            return RECOVERED.format(id_column="id, ", id_value=f"{key}, ", suffix=f" {key}", unless=unless, **values)
        new = RECOVERED.format(id_column="", id_value="", suffix="", unless="", **values)
        return f"{new} {self._update(resource, v4_id, 'client_id', 'LAST_INSERT_ID()')}"

    def _currency(self, resource, v4_id, key) -> str:
        return f"UPDATE clients SET currency_id = NULL WHERE id = {quoted(key)};"

    def _number(self, resource, v4_id) -> str:
        table, names = TABLES[resource]
        column = names.get("number", "number")
        return f"UPDATE {table} SET {column} = CONCAT_WS('-', NULLIF({column}, ''), id) WHERE id = {quoted(v4_id)};"

    def _email(self, resource, v4_id) -> str:
        return (
            "UPDATE users SET email = CONCAT('user-', id, '@example.invalid'),"
            f" username = CONCAT('user-', id, '@example.invalid') WHERE id = {quoted(v4_id)};"
        )

    def _invitation(self, resource, v4_id, invitation, key=None) -> str:
        return f"UPDATE invitations SET deleted_at = NOW() WHERE id = {quoted(invitation)};"

    def _card(self, resource, v4_id, key=None) -> str:
        return (
            f"UPDATE payment_methods SET contact_id = NULL, account_gateway_token_id = NULL WHERE id = {quoted(v4_id)};"
        )

    def _fees(self, resource, v4_id) -> str:
        return f"DELETE FROM account_gateway_settings WHERE account_id = {self.account};"

    def _item(self, resource, v4_id, column: str, value: str) -> str:
        column = "qty" if column == "quantity" else column
        return f"UPDATE invoice_items SET {column} = {value} WHERE invoice_id = {quoted(v4_id)};"

    def _payment_invoice(self, resource, v4_id) -> str:
        return f"SELECT id, invoice_id, amount, payment_date FROM payments WHERE id = {quoted(v4_id)};"

    def _delete_contacts(self, resource, v4_id) -> str:
        return self.export

    def _delete_vendor_contacts(self, resource, v4_id) -> str:
        return self.export

    def _setting(self, resource, v4_id, name: str, value: str) -> str:
        if name.startswith(EMAIL_SETTINGS):
            return f"UPDATE account_email_settings SET {name} = {value} WHERE account_id = {self.account};"
        return f"UPDATE accounts SET {SETTINGS.get(name, name)} = {value} WHERE id = {self.account};"
