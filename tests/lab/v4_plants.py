"""What is wrong on purpose in V4's database: for each check of migration.v4_checks the SQL that plants it.

Every planted row has an id of its own from 900001 on, so that a finding can be compared with exactly what was planted.
The statements run with ``SETTINGS``, as an old dump would be loaded; ``@a`` is the company, ``@u`` its owner.
"""

from __future__ import annotations

SETTINGS = (
    "SET SESSION sql_mode = ''",
    "SET SESSION foreign_key_checks = 0",
    "SET @a = (SELECT MIN(id) FROM accounts)",
    "SET @u = (SELECT MIN(id) FROM users WHERE account_id = @a AND COALESCE(public_id, 0) = 0)",
    "SET @c = (SELECT MIN(id) FROM clients WHERE account_id = @a AND is_deleted = 0 AND id < 900000)",
    "SET @k = (SELECT MIN(id) FROM contacts WHERE client_id = @c AND deleted_at IS NULL)",
    "SET @i = (SELECT MIN(id) FROM invoices WHERE account_id = @a AND invoice_type_id = 1 AND is_recurring = 0)",
)


def insert(table: str, id: int, **columns: object) -> str:
    """An INSERT of one row; values are numbers, None, or SQL. Company, owner and number are filled in."""
    values = {"id": id, "account_id": "@a", "user_id": "@u", "public_id": id, **columns}
    if table in ("account_gateway_tokens", "users"):
        del values["user_id"]
    if table == "account_gateway_tokens":
        del values["public_id"]
    if table in ("invoices", "quotes", "credits", "payments"):
        values.setdefault("client_id", "@c")
    if table == "invoices":
        values.setdefault("invoice_type_id", 1)
        values.setdefault("invoice_status_id", 1)
        values.setdefault("invoice_design_id", 1)
        values.setdefault("invoice_number", f"'BAD-{id}'")
    if table == "payments":
        values.setdefault("invoice_id", "@i")
        values.setdefault("payment_status_id", 4)
    names = ", ".join(values)
    sql = ", ".join("NULL" if value is None else str(value) for value in values.values())
    return f"INSERT INTO {table} ({names}) VALUES ({sql})"


USERS = {
    "tax_rates": {"name": "'planted'"},
    "clients": {"name": "'planted'"},
    "account_gateways": {"gateway_id": 17, "require_cvv": 1},
    "vendors": {"name": "'planted'"},
    "projects": {"name": "'planted'"},
    "products": {"product_key": "'planted'"},
    "credits": {"amount": 5, "balance": 5, "credit_number": "'PLANTED-U'"},
    "invoices": {},
    "payments": {"amount": 5},
    "expense_categories": {"name": "'planted'"},
    "task_statuses": {"name": "'planted'"},
    "expenses": {"amount": 5},
    "recurring_expenses": {"amount": 5, "frequency_id": 4},
    "tasks": {"description": "'planted'"},
}

# check id -> (ids of the rows that it must find, statements that plant them)
PLANTS: dict[str, tuple[set[int], tuple[str, ...]]] = {
    **{
        f"{table.replace('_', '-')}-user-missing": ({900001}, (insert(table, 900001, **columns, user_id=990001),))
        for table, columns in USERS.items()
    },
    "credits-client-missing": ({900002}, (insert("credits", 900002, amount=5, balance=5, client_id=990002),)),
    "invoices-client-missing": ({900002}, (insert("invoices", 900002, client_id=990002),)),
    "payments-client-missing": (
        {900002, 900003},
        (
            insert("payments", 900002, amount=5, client_id=990002),
            insert("clients", 900500, account_id=900500, name="'of another company'"),
            insert("payments", 900003, amount=5, client_id=900500),
        ),
    ),
    "projects-client-missing": ({900002}, (insert("projects", 900002, name="'planted'", client_id=990003),)),
    "expenses-client-missing": ({900002}, (insert("expenses", 900002, amount=5, client_id=990003),)),
    "recurring-expenses-client-missing": (
        {900002},
        (insert("recurring_expenses", 900002, amount=5, frequency_id=4, client_id=990003),),
    ),
    "tasks-client-missing": ({900002}, (insert("tasks", 900002, client_id=990003),)),
    "expense-vendor-missing": ({900003}, (insert("expenses", 900003, amount=5, vendor_id=990004),)),
    "expense-category-missing": ({900004}, (insert("expenses", 900004, amount=5, expense_category_id=990004),)),
    "expense-invoice-missing": (
        {900005, 900006},
        (
            insert("expenses", 900005, amount=5, invoice_id=990004),
            insert("invoices", 900020, invoice_type_id=2),
            insert("expenses", 900006, amount=5, invoice_id=900020),
        ),
    ),
    "recurring-expense-vendor-missing": (
        {900003},
        (insert("recurring_expenses", 900003, amount=5, frequency_id=4, vendor_id=0),),
    ),
    "recurring-expense-category-missing": (
        {900004},
        (insert("recurring_expenses", 900004, amount=5, frequency_id=4, expense_category_id=990004),),
    ),
    "task-invoice-missing": ({900003}, (insert("tasks", 900003, invoice_id=990004),)),
    "task-project-missing": ({900004}, (insert("tasks", 900004, project_id=990004),)),
    "task-status-missing": ({900005}, (insert("tasks", 900005, task_status_id=990004),)),
    "invoice-recurring-missing": (
        {900003, 900005},
        (
            insert("invoices", 900003, recurring_invoice_id=990004),
            insert("invoices", 900004, is_recurring=1, amount=-5, frequency_id=4),
            insert("invoices", 900005, recurring_invoice_id=900004),
        ),
    ),
    "invitation-contact-missing": (
        {900001},
        (insert("invitations", 900001, invoice_id="@i", contact_id=990005, invitation_key="'planted1'"),),
    ),
    "invitation-contact-foreign": (
        {900002},
        (
            insert("clients", 900010, name="'with a foreign invitation'"),
            insert("contacts", 900010, client_id=900010, contact_key="'planted2'", email="'x@example.com'"),
            insert("invitations", 900002, invoice_id="@i", contact_id=900010, invitation_key="'planted2'"),
        ),
    ),
    "document-expense-missing": ({900001}, (insert("documents", 900001, name="'planted.pdf'", expense_id=990006),)),
    "card-contact-or-token-missing": (
        {900001, 900002},
        (
            insert("account_gateways", 900010, gateway_id=17, require_cvv=1),
            insert("account_gateways", 900011, gateway_id=21, require_cvv=1),
            *(
                insert(
                    "account_gateway_tokens",
                    id,
                    contact_id="@k",
                    client_id="@c",
                    account_gateway_id=gateway,
                    token="'t'",
                )
                for id, gateway in ((900001, 900010), (900002, 900011))
            ),
            insert("payment_methods", 900001, contact_id=990007, account_gateway_token_id=900001, payment_type_id=5),
            insert("payment_methods", 900002, contact_id="@k", account_gateway_token_id=990007, payment_type_id=5),
        ),
    ),
    "card-gateway-missing": (
        {900003},
        (insert("payment_methods", 900003, contact_id="@k", account_gateway_token_id=900002, payment_type_id=5),),
    ),
    "card-client-missing": (
        {900004},
        (
            insert("contacts", 900011, client_id=990008, contact_key="'planted3'"),
            insert("payment_methods", 900004, contact_id=900011, account_gateway_token_id=900001, payment_type_id=5),
        ),
    ),
    "card-type-unknown": (
        {900005},
        (insert("payment_methods", 900005, contact_id="@k", account_gateway_token_id=900001, payment_type_id=990009),),
    ),
    "tax-rate-name-empty": (
        {900002, 900003},
        (
            insert("tax_rates", 900002, name="''", rate=7, deleted_at="NOW()"),
            insert("tax_rates", 900003, name="'  '"),
        ),
    ),
    "project-name-missing": ({900003}, (insert("projects", 900003, name=None, deleted_at="NOW()"),)),
    "gateway-require-cvv-missing": ({900003}, (insert("account_gateways", 900003, gateway_id=17, require_cvv=None),)),
    "vendor-contact-created-missing": (
        {900001},
        (
            insert("vendors", 900010, name="'planted'"),
            insert("vendor_contacts", 900001, vendor_id=900010, created_at=None),
            insert("vendor_contacts", 900002, vendor_id=900010, created_at=None, deleted_at="NOW()"),
        ),
    ),
    "recurring-invoice-frequency-unknown": (
        {900006},
        (
            insert(
                "invoices",
                900006,
                is_recurring=1,
                is_public=1,
                amount=5,
                frequency_id=99,
                start_date="'2026-01-01'",
                last_sent_date="'2026-02-01'",
            ),
        ),
    ),
    "recurring-expense-frequency-unknown": (
        {900005},
        (
            insert(
                "recurring_expenses",
                900005,
                amount=5,
                frequency_id=99,
                start_date="'2026-01-01'",
                last_sent_date="'2026-02-01'",
            ),
        ),
    ),
    "credit-number-duplicate": (
        {900011},
        (
            insert("credits", 900010, amount=5, balance=5, credit_number="'PLANTED-C'"),
            insert("credits", 900011, amount=5, balance=5, credit_number="'PLANTED-C'"),
            insert("credits", 900012, amount=5, balance=5, credit_number="'PLANTED-C'", is_deleted=1),
            insert("credits", 900013, amount=5, balance=5, credit_number="''"),
            insert("credits", 900014, amount=5, balance=5, credit_number="''"),
        ),
    ),
    "user-email-invalid": (
        {900001, 900002},
        (
            insert("users", 900001, username="'planted'", email=None, deleted_at="NOW()"),
            insert("users", 900002, username="'a b@example.com'", email="'good@example.com'"),
            insert("users", 900003, username="'fine@localhost'", email="'bad'"),
        ),
    ),
    "user-email-duplicate": (
        {900004},
        (insert("users", 900004, username="'planted4'", email="'fine@localhost'"),),
    ),
    "user-email-merged": (
        {900005, 900006},
        (
            insert("users", 900005, username="'planted5'", email="'FINE@localhost'"),
            insert("users", 900006, username="'planted6'", email="''"),
        ),
    ),
    "client-industry-unknown": ({900011}, (insert("clients", 900011, name="'planted'", industry_id=99),)),
    "client-size-unknown": ({900012}, (insert("clients", 900012, name="'planted'", size_id=99),)),
    "client-currency-unknown": ({900013}, (insert("clients", 900013, name="'planted'", currency_id=999),)),
    "vendor-currency-unknown": ({900011}, (insert("vendors", 900011, name="'planted'", currency_id=999),)),
    "client-number-duplicate": (
        {900015},
        (
            insert("clients", 900014, name="'planted'", id_number="'PLANTED'"),
            insert("clients", 900015, name="'planted'", id_number="'PLANTED '"),
        ),
    ),
    "vendor-number-duplicate": (
        {900013},
        (
            insert("vendors", 900012, name="'planted'", id_number="'PLANTED'"),
            insert("vendors", 900013, name="'planted'", id_number="'PLANTED'"),
        ),
    ),
}

# The company's own rows: {check id: statements}. What was there before is put back by the printed SQL, or by RESTORE.
ON_THE_COMPANY: dict[str, tuple[str, ...]] = {
    "account-industry-unknown": ("UPDATE accounts SET industry_id = 99 WHERE id = @a",),
    "account-size-unknown": ("UPDATE accounts SET size_id = 99 WHERE id = @a",),
    "account-currency-unknown": ("UPDATE accounts SET currency_id = 999 WHERE id = @a",),
    "account-email-settings-missing": ("DELETE FROM account_email_settings WHERE account_id = @a",),
    "account-company-missing": ("UPDATE accounts SET company_id = 990010 WHERE id = @a",),
}

# Rows for the warnings without SQL: {check id: (ids, statements)}.
LOSSES: dict[str, tuple[set[int], tuple[str, ...]]] = {
    "documents-lost": ({900002}, (insert("documents", 900002, name="'lost.pdf'", invoice_id="@i"),)),
    "document-unattached": ({900003}, (insert("documents", 900003, name="'default.pdf'", is_default=1),)),
    "invoice-not-exported": ({900004, 900007}, (insert("invoices", 900007, invoice_type_id=0, amount=5),)),
    "payment-unapplied": ({900004}, (insert("payments", 900004, amount=5, invoice_id=900020),)),
    "payment-exchange-rate-truncated": ({900005}, (insert("payments", 900005, amount=5, exchange_rate=15432.5),)),
    "surcharge-tax-lost": ({900008}, (insert("invoices", 900008, amount=5, custom_value1=1, custom_taxes1=1),)),
    "credit-amount-changed": ({900015}, (insert("credits", 900015, amount=5, balance=2, credit_number="'P-15'"),)),
    "gateway-dropped": ({900011}, ()),
}
