"""Checks for single values that stop V4's export or that V5 refuses, by its validation or by its database."""

# ruff: noqa: S608  The only values that go into the SQL are two integers and constants of this file.
from __future__ import annotations

# V5 seeds industries 1-33, sizes 1-6 and currencies 1-123 and has foreign keys on them (V4 has 33, 6 and 104).
KNOWN = {"industry_id": 33, "size_id": 6, "currency_id": 123}

# What V5's rule `email` (egulias RFCValidation) refuses, as far as SQL can say it. A domain without a dot is fine.
INVALID_EMAIL = (
    "({e} IS NULL OR ({e} <> '' AND ({e} NOT REGEXP '^[^][@[:space:]<>,;:]+@[^@[:space:]<>,;/]+$'"
    " OR {e} REGEXP '[.][.]|^[.]|[.]@|@[.]|[.]$|@-|-$|@.*-[.]')))"
)


def declared() -> list[dict]:
    """The checks of this file, as arguments of ``v4_checks.Check``."""
    return [*_company(), *_users(), *_rows(), *_duplicates()]


def _company() -> list[dict]:
    return [
        {
            "id": "account-company-missing",
            "severity": "fail",
            "title": "The company has no (or a deleted) row in V4's table companies: V4's export stops",
            "sql": "SELECT a.id, a.name, a.company_id FROM accounts a LEFT JOIN companies p ON p.id = a.company_id"
            " WHERE a.id = {account} AND (p.id IS NULL OR p.deleted_at IS NOT NULL) ORDER BY a.id",
            "remedy": (
                "UPDATE companies SET deleted_at = NULL"
                " WHERE id IN (SELECT company_id FROM accounts WHERE id IN ({ids}))",
                "INSERT INTO companies (created_at, updated_at, discount) SELECT NOW(), NOW(), 0 FROM accounts a"
                " LEFT JOIN companies p ON p.id = a.company_id WHERE a.id IN ({ids}) AND p.id IS NULL",
                "UPDATE accounts a LEFT JOIN companies p ON p.id = a.company_id SET a.company_id = LAST_INSERT_ID()"
                " WHERE a.id IN ({ids}) AND p.id IS NULL",
            ),
        },
        {
            "id": "account-email-settings-missing",
            "severity": "fail",
            "title": "The company has no row in account_email_settings: V4's export stops",
            "sql": "SELECT a.id, a.name FROM accounts a LEFT JOIN account_email_settings s ON s.account_id = a.id"
            " WHERE a.id = {account} AND s.id IS NULL ORDER BY a.id",
            "remedy": (
                "INSERT INTO account_email_settings (account_id, created_at, updated_at,"
                " email_subject_invoice, email_subject_quote, email_subject_payment,"
                " email_template_invoice, email_template_quote, email_template_payment,"
                " email_subject_reminder1, email_subject_reminder2, email_subject_reminder3,"
                " email_template_reminder1, email_template_reminder2, email_template_reminder3, forward_url_for_v5)"
                " SELECT id, NOW(), NOW(), '', '', '', '', '', '', '', '', '', '', '', '', ''"
                " FROM accounts WHERE id IN ({ids})",
            ),
        },
        *(
            {
                "id": f"{table.rstrip('s')}-{column.split('_')[0]}-unknown",
                "severity": "fail",
                "title": f"A {what} has a value in {column} that V5 does not know",
                "sql": f"SELECT t.id, t.name, t.{column} FROM {table} t WHERE t.{owner} = {{account}}"
                f" AND t.{column} NOT BETWEEN 1 AND {KNOWN[column]} ORDER BY t.id",
                "remedy": (f"UPDATE {table} SET {column} = NULL WHERE id IN ({{ids}})",),
            }
            for table, what, owner, columns in (
                ("accounts", "company", "id", ("industry_id", "size_id", "currency_id")),
                ("clients", "client", "account_id", ("industry_id", "size_id", "currency_id")),
                ("vendors", "vendor", "account_id", ("currency_id",)),
            )
            for column in columns
        ),
    ]


def _users() -> list[dict]:
    invalid = INVALID_EMAIL.replace("{e}", "{email_u}")
    # The owner stays as he is, then the user who can still log in, then the older one.
    before = (
        "(COALESCE(v.public_id, 0) <> 0, v.deleted_at IS NOT NULL, v.id)"
        " < (COALESCE(u.public_id, 0) <> 0, u.deleted_at IS NOT NULL, u.id)"
    )
    rename = (
        "UPDATE users SET email = CONCAT('user-', id, '@example.invalid'),"
        " username = CONCAT('user-', id, '@example.invalid') WHERE id IN ({ids})",
    )
    who = "u.id, u.first_name, u.last_name, u.username, u.email, IF(u.deleted_at IS NULL, '', 'deleted') AS state"
    return [
        {
            "id": "user-email-invalid",
            "severity": "fail",
            "title": "A user's e-mail is none (deleted users count); put the real one in, if you know it",
            "sql": f"SELECT {who} FROM users u WHERE u.account_id = {{account}} AND {invalid} ORDER BY u.id",
            "remedy": rename,
        },
        {
            "id": "user-email-duplicate",
            "severity": "fail",
            "title": "Two users have the same e-mail (deleted users count); this is the one to change",
            "sql": f"SELECT {who} FROM users u WHERE u.account_id = {{account}} AND {{email_u}} <> '' AND EXISTS"
            " (SELECT 1 FROM users v WHERE v.account_id = u.account_id AND BINARY {email_v} = BINARY {email_u}"
            f" AND {before}) ORDER BY u.id",
            "remedy": rename,
        },
        {
            "id": "user-email-merged",
            "severity": "warn",
            "title": "A user has no e-mail, or one that differs from another user's only in case: V5 makes one of them",
            "sql": f"SELECT {who} FROM users u WHERE u.account_id = {{account}} AND ({{email_u}} = '' OR EXISTS"
            " (SELECT 1 FROM users v WHERE v.account_id = u.account_id AND LOWER({email_v}) = LOWER({email_u})"
            f" AND BINARY {{email_v}} <> BINARY {{email_u}} AND {before})) ORDER BY u.id",
            "remedy": rename,
        },
    ]


def _rows() -> list[dict]:
    return [
        {
            "id": "tax-rate-name-empty",
            "severity": "fail",
            "title": "A tax rate has no name (deleted ones count)",
            "sql": "SELECT t.id, t.rate FROM tax_rates t WHERE t.account_id = {account}"
            " AND (t.name IS NULL OR TRIM(t.name) = '') ORDER BY t.id",
            "remedy": ("UPDATE tax_rates SET name = CONCAT('Tax ', rate + 0) WHERE id IN ({ids})",),
        },
        {
            "id": "project-name-missing",
            "severity": "fail",
            "title": "A project has no name, which V5's database demands (deleted ones count)",
            "sql": "SELECT t.id, t.public_id AS number FROM projects t WHERE t.account_id = {account}"
            " AND t.name IS NULL ORDER BY t.id",
            "remedy": ("UPDATE projects SET name = CONCAT('Project ', public_id) WHERE id IN ({ids})",),
        },
        {
            "id": "gateway-require-cvv-missing",
            "severity": "fail",
            "title": "A payment gateway has no value for require_cvv, which V5's database demands",
            "sql": "SELECT t.id, t.gateway_id FROM account_gateways t WHERE t.account_id = {account}"
            " AND t.require_cvv IS NULL AND t.gateway_id BETWEEN 1 AND 68"
            " AND t.gateway_id NOT IN (21, 29, 30, 36, 38, 43, 53, 54, 59) ORDER BY t.id",
            "remedy": ("UPDATE account_gateways SET require_cvv = 1 WHERE id IN ({ids})",),
        },
        {
            "id": "vendor-contact-created-missing",
            "severity": "fail",
            "title": "A vendor's contact has no date of creation: V4's export stops",
            "sql": "SELECT k.id, v.name AS vendor, k.email FROM vendor_contacts k JOIN vendors v ON v.id = k.vendor_id"
            " WHERE v.account_id = {account} AND k.deleted_at IS NULL AND k.created_at IS NULL ORDER BY k.id",
            "remedy": ("UPDATE vendor_contacts SET created_at = COALESCE(updated_at, NOW()) WHERE id IN ({ids})",),
        },
        *(
            {
                "id": f"{id}-frequency-unknown",
                "severity": "fail",
                "title": f"A {what} has a frequency that V4 does not know: V4's export stops",
                "sql": f"SELECT t.id, {label}, t.frequency_id FROM {table} t WHERE t.account_id = {{account}}{only}"
                " AND t.frequency_id > 10 AND t.start_date IS NOT NULL AND t.last_sent_date IS NOT NULL ORDER BY t.id",
                "remedy": (f"UPDATE {table} SET frequency_id = 4 WHERE id IN ({{ids}})",),
            }
            for id, table, what, label, only in (
                (
                    "recurring-invoice",
                    "invoices",
                    "recurring invoice",
                    "t.invoice_number AS number",
                    " AND t.is_recurring = 1 AND t.amount >= 0 AND t.is_public = 1",
                ),
                ("recurring-expense", "recurring_expenses", "recurring expense", "t.start_date AS date, t.amount", ""),
            )
        ),
    ]


def _duplicates() -> list[dict]:
    return [
        {
            "id": "credit-number-duplicate",
            "severity": "fail",
            "title": "Two credits have the same number, which V4 allows and V5 does not",
            "sql": "SELECT t.id, t.credit_number AS number, t.amount, c.name AS client FROM credits t"
            " LEFT JOIN clients c ON c.id = t.client_id"
            " JOIN (SELECT credit_number, MIN(id) AS id FROM credits WHERE account_id = {account} AND amount > 0"
            " AND is_deleted = 0 AND credit_number NOT IN ('', '0') GROUP BY credit_number HAVING COUNT(*) > 1) kept"
            " ON kept.credit_number = t.credit_number AND kept.id <> t.id"
            " WHERE t.account_id = {account} AND t.amount > 0 AND t.is_deleted = 0 ORDER BY t.id",
            "remedy": ("UPDATE credits SET credit_number = CONCAT(credit_number, '-', id) WHERE id IN ({ids})",),
        },
        {
            "id": "invoice-number-duplicate",
            "severity": "fail",
            "title": "Two invoices, or two quotes, have the same number",
            "sql": "SELECT t.id, t.invoice_number AS number, t.amount, c.name AS client FROM invoices t"
            " LEFT JOIN clients c ON c.id = t.client_id"
            " WHERE t.account_id = {account} AND t.invoice_number <> ''"
            " AND (t.invoice_type_id = 2 OR (t.invoice_type_id = 1 AND t.is_recurring = 0))"
            " AND EXISTS (SELECT 1 FROM invoices x WHERE x.account_id = t.account_id"
            " AND x.invoice_number = t.invoice_number AND x.invoice_type_id = t.invoice_type_id"
            " AND (x.invoice_type_id = 2 OR x.is_recurring = 0) AND x.id < t.id) ORDER BY t.id",
            "remedy": ("UPDATE invoices SET invoice_number = CONCAT(invoice_number, '-', id) WHERE id IN ({ids})",),
        },
        *(
            {
                "id": f"{table.rstrip('s')}-number-duplicate",
                "severity": "warn",
                "title": f"Two {table} have the same ID number: V5 appends _xxxxx to the second's",
                "sql": f"SELECT t.id, t.name, t.id_number AS number FROM {table} t"
                f" JOIN (SELECT TRIM(id_number) AS number, MIN(id) AS id FROM {table} WHERE account_id = {{account}}"
                " AND TRIM(id_number) <> '' GROUP BY TRIM(id_number) HAVING COUNT(*) > 1) kept"
                " ON kept.number = TRIM(t.id_number) AND kept.id <> t.id"
                " WHERE t.account_id = {account} ORDER BY t.id",
                "remedy": (f"UPDATE {table} SET id_number = CONCAT(TRIM(id_number), '-', id) WHERE id IN ({{ids}})",),
            }
            for table in ("clients", "vendors")
        ),
    ]
