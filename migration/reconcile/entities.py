"""What is compared: for each kind of record its table and fields on both sides, and what a clean import makes of V4's.

An entity has the same fields in the same order on both sides. V4's expressions give what V5 holds after a clean import,
by the rules of V4's exporter (GenerateMigrationResources, 4.5.50) and V5's importer (Import and its repositories,
5.10.17). So equal digests mean equal records, and what V4 has beside that is listed by notes.py.
"""

from __future__ import annotations

from typing import Any

from ..counts import GATEWAYS_LEFT_OUT

Fields = dict  # name -> (kind, SQL[, rule]); the kinds are those of host_php.py

# V4's number of a gateway, and V5's key of it (translateGatewaysId, getGatewayKeyById). Those that are left out: none.
_GATEWAY_NUMBERS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 52, 62: 55, 63: 51, 64: 52, 65: 53, 66: 54, 67: 55, 68: 55}
_GATEWAY_NUMBERS.update({number: number - 2 for number in range(7, 21)})
_GATEWAY_NUMBERS.update({number: number - 3 for number in range(22, 29)})
_GATEWAY_NUMBERS.update({31: 26, 32: 27, 33: 28, 34: 29, 35: 30, 37: 31, 39: 32, 40: 33, 41: 34, 42: 35})
_GATEWAY_NUMBERS.update({number: number - 8 for number in range(44, 53)})
_GATEWAY_NUMBERS.update({55: 45, 56: 46, 57: 47, 58: 48, 60: 49, 61: 50})
GATEWAY_KEYS = [
    "3b6621f970ab18887c4f6dca78d3f8bb",
    "46c5c1fed2c43acf4f379bae9c8b9f76",
    "944c20175bbe6b9972c05bcfe294c2c7",
    "4e0ed0d34552e6cb433506d1ac03a418",
    "513cdc81444c87c4b07258bc2858d3fa",
    "99c2a271b5088951334d1302e038c01a",
    "1bd651fb213ca0c9d66ae3c336dc77e8",
    "c3dec814e14cbd7d86abd92ce6789f8c",
    "070dffc5ca94f4e66216e44028ebd52d",
    "334d419939c06bd99b4dfd8a49243f0f",
    "d6814fc83f45d2935e7777071e629ef9",
    "0d97c97d227f91c5d0cb86d01e4a52c9",
    "a66b7062f4c8212d2c428209a34aa6bf",
    "7e6fc08b89467518a5953a4839f8baba",
    "38f2c48af60c7dd69e04248cbb24c36e",
    "80af24a6a69f5c0bbec33e930ab40665",
    "0749cb92a6b36c88bd9ff8aabd2efcab",
    "4c8f4e5d0f353a122045eb9a60cc0f2d",
    "8036a5aadb2bdaafb23502da8790b6a2",
    "d14dd26a37cecc30fdd65700bfb55b23",
    "d14dd26a37cdcc30fdd65700bfb55b23",
    "ea3b328bd72d381387281c3bd83bd97c",
    "a0035fc0d87c4950fb82c73e2fcb825a",
    "16dc1d3c8a865425421f64463faaf768",
    "43e639234f660d581ddac725ba7bcd29",
    "2f71dc17b0158ac30a7ae0839799e888",
    "733998ee4760b10f11fb48652571e02c",
    "6312879223e49c5cf92e194646bdee8f",
    "106ef7e7da9062b0df363903b455711c",
    "e9a38f0896b5b82d196be3b7020c8664",
    "0da4e18ed44a5bd5c8ec354d0ab7b301",
    "d3979e62eb603fbdf1c78fe3a8ba7009",
    "557d98977e7ec02dfa53de4b69b335be",
    "54dc60c869a7322d87efbec5c0c25805",
    "e4a02f0a4b235eb5e9e294730703bb74",
    "1b3c6f3ccfea4f5e7eadeae188cccd7f",
    "7cba6ce5c125f9cb47ea8443ae671b68",
    "b98cfa5f750e16cee3524b7b7e78fbf6",
    "3758e7f7c6f4cecf0f4f348b9a00f456",
    "cbc7ef7c99d31ec05492fbcb37208263",
    "e186a98d3b079028a73390bdc11bdb82",
    "761040aca40f685d1ab55e2084b30670",
    "1b2cef0e8c800204a29f33953aaf3360",
    "7ea2d40ecb1eb69ef8c3d03e5019028a",
    "70ab90cd6c5c1ab13208b3cef51c0894",
    "bbd736b3254b0aabed6ad7fda1298c88",
    "231cb401487b9f15babe04b1ac4f7a27",
    "bad8699d581d9fa040e59c0bb721a76c",
    "8fdeed552015b3c7b44ed6c8ebd9e992",
    "f7ec488676d310683fb51802d076d713",
    "30334a52fb698046572c627ca10412e8",
    "b9886f9257f0c6ee7c302f1c74475f6c",
    "ef498756b54db63c143af0ec433da803",
    "ca52f618a39367a4c944098ebf977e1c",
    "54faab2ab6e3223dbe848b1686490baa",
]

# V4's payment types that have another number in V5 (transformPaymentType).
_PAYMENT_TYPES = {1: 32, 2: 1, 3: 2, 4: 42, 16: 15, **{number: number - 1 for number in range(5, 15)}}
_PAYMENT_TYPES.update({number: number - 1 for number in (17, 18, 19, 20, 21, 22, 23, 28, 29, 30, 31, 32)})


def _case(expression: str, values: dict, otherwise: str) -> str:
    """SQL that maps a number."""
    whens = " ".join(f"WHEN {key} THEN '{value}'" for key, value in sorted(values.items()))
    return f"CASE {expression} {whens} ELSE {otherwise} END"


_V4_PAYMENT_TYPE = _case("t.payment_type_id", _PAYMENT_TYPES, "t.payment_type_id")
_V4_GATEWAY = _case("g.gateway_id", {v4: GATEWAY_KEYS[v5 - 1] for v4, v5 in _GATEWAY_NUMBERS.items()}, "''")
_V4_INVOICE_STATUS = (
    "IF(t.is_public = 0, '1', CASE t.invoice_status_id WHEN 1 THEN '1' WHEN 5 THEN '3' WHEN 6 THEN '4' ELSE '2' END)"
)
_V4_QUOTE_STATUS = (
    "CASE WHEN t.quote_invoice_id <> 0 THEN '4' WHEN t.is_public = 0 THEN '1' WHEN t.invoice_status_id = 1 THEN '1'"
    " WHEN t.invoice_status_id = 4 THEN '3' ELSE '2' END"
)
_V4_INCLUSIVE = "(SELECT a.inclusive_taxes FROM accounts a WHERE a.id = t.account_id)"


def _json(column: str, name: str) -> str:
    return f"NULLIF(JSON_UNQUOTE(JSON_EXTRACT({column}, '$.{name}')), 'null')"


def _same(kind: str, names: str, v4_names: dict | None = None) -> tuple:
    """The same columns on both sides; `v4_names`: V4's name, where it has another one."""
    renamed = v4_names or {}
    v4 = {name: (kind, f"t.{renamed.get(name, name)}") for name in names.split()}
    return v4, {name: (kind, f"t.{name}") for name in names.split()}


def _join(*parts: tuple) -> tuple:
    """Several parts, each of V4's and V5's fields, as one."""
    v4: Fields = {}
    v5: Fields = {}
    for left, right in parts:
        v4.update(left)
        v5.update(right)
    return v4, v5


def _pair(name: str, v4: tuple, v5: tuple) -> tuple:
    return {name: v4}, {name: v5}


_GONE = _join(
    _same("b", "is_deleted"), _pair("archived", ("b", "t.deleted_at IS NOT NULL"), ("b", "t.deleted_at IS NOT NULL"))
)
_ARCHIVED = _pair("archived", ("b", "t.deleted_at IS NOT NULL"), ("b", "t.deleted_at IS NOT NULL"))
_TAXES = _join(
    _same("t", "tax_name1 tax_name2"),
    _same("n", "tax_rate1 tax_rate2"),
    _pair("tax_name3", ("t", "''"), ("t", "t.tax_name3")),
    _pair("tax_rate3", ("n", "0"), ("n", "t.tax_rate3")),
)
_CLIENT = _join(
    _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
    _pair("currency", ("u", "t.client_id"), ("u", "t.client_id")),
)
_LINES = _pair("line_items", ("l", "NULL"), ("j", "t.line_items"))
# What invoices, quotes and recurring invoices have in common.
_BILL = _join(
    _CLIENT,
    _pair("date", ("d", "t.invoice_date"), ("d", "t.date")),
    _same("d", "due_date partial_due_date"),
    _same("n", "discount partial"),
    _same("b", "is_amount_discount"),
    _pair("uses_inclusive_taxes", ("b", _V4_INCLUSIVE), ("b", "t.uses_inclusive_taxes")),
    _same("t", "po_number public_notes private_notes terms footer", {"footer": "invoice_footer"}),
    _TAXES,
    _LINES,
    _GONE,
)
_SURCHARGES = _join(
    _same(
        "n",
        "custom_surcharge1 custom_surcharge2",
        {"custom_surcharge1": "custom_value1", "custom_surcharge2": "custom_value2"},
    ),
    _same(
        "t",
        "custom_value1 custom_value2",
        {"custom_value1": "custom_text_value1", "custom_value2": "custom_text_value2"},
    ),
)
_ADDRESS = "address1 address2 city state postal_code"


def _entity(name: str, fields: tuple, bucket: str, v4: tuple, v5: tuple, **more: Any) -> dict:
    """An entity. v4 and v5: what stands in FROM and WHERE beside the tenant's condition.

    bucket: the fields that a record's group depends on. match: other fields by which a changed record is found, the
    narrower before the wider. loose: the bucket's fields say less than those.
    """
    made = {
        "name": name,
        "bucket": bucket.split(),
        "group": [],
        "sums": [],
        "match": [],
        "clean": True,
        "loose": False,
        **more,
    }
    made["sides"] = {}
    for side, (table, condition), own in (("v4", v4, fields[0]), ("v5", v5, fields[1])):
        tenant = more.get("tenant", {}).get(side) or f"t.{'account' if side == 'v4' else 'company'}_id = :tenant"
        made["sides"][side] = {
            "from": table,
            "where": f"{tenant} AND {condition}" if condition else tenant,
            "fields": own,
            "label": more.get("label", {}).get(side, "''"),
        }
    return made


def _invitations(name: str, table: str, parent: str, v4_condition: str, number: str) -> dict:
    v4_from = "invitations t JOIN invoices i ON i.id = t.invoice_id LEFT JOIN contacts k ON k.id = t.contact_id"
    v5_from = f"{table} t JOIN {parent} i ON i.id = t.{parent[:-1]}_id"
    v5_from += " LEFT JOIN client_contacts k ON k.id = t.client_contact_id"
    fields = _join(
        _pair("key", ("s", "t.invitation_key"), ("s", "t.key")),
        _pair("number", ("t", number), ("t", number.replace("invoice_number", "number"))),
        _pair("contact", ("s", "k.contact_key"), ("s", "k.contact_key")),
    )
    v4 = (v4_from, f"t.deleted_at IS NULL AND {v4_condition}")
    label = {"v4": "k.email", "v5": "k.email"}
    return _entity(
        name, fields, "key", v4, (v5_from, "t.deleted_at IS NULL"), match=[["number", "contact"]], label=label
    )


_INVOICES = "i.invoice_type_id = 1 AND i.is_recurring = 0"
# An expense has no number in V4; V5 keeps its day and its amount.
_V4_DOCUMENT_PARENT = (
    "CASE WHEN t.expense_id IS NOT NULL THEN 'expenses' WHEN t.invoice_id IS NULL THEN 'company'"
    " WHEN i.is_recurring = 1 THEN 'recurring_invoices' WHEN i.invoice_type_id = 2 THEN 'quotes' ELSE 'invoices' END"
)
_V4_DOCUMENT_NUMBER = (
    "CASE WHEN t.expense_id IS NOT NULL THEN CONCAT(COALESCE(e.expense_date, ''), ' ', CAST(e.amount AS DECIMAL(20,2)))"
    " WHEN i.is_recurring = 1 THEN '' ELSE COALESCE(i.invoice_number, '') END"
)
_V5_KIND = "LOWER(SUBSTRING_INDEX(t.documentable_type, '\\\\', -1))"
_V5_DOCUMENT_PARENT = (
    f"CASE WHEN {_V5_KIND} IN ('invoice', 'invoices') THEN 'invoices' WHEN {_V5_KIND} = 'quote' THEN 'quotes'"
    f" WHEN {_V5_KIND} = 'expense' THEN 'expenses' WHEN {_V5_KIND} = 'recurringinvoice' THEN 'recurring_invoices'"
    f" ELSE {_V5_KIND} END"
)
_V5_DOCUMENT_NUMBER = (
    "COALESCE(i.number, q.number, CONCAT(COALESCE(e.date, ''), ' ', CAST(e.amount AS DECIMAL(20,2))), '')"
)
_V5_ALLOCATED = (
    "(SELECT SUM(p.{}) FROM paymentables p WHERE p.payment_id = t.id AND p.deleted_at IS NULL"
    " AND p.paymentable_type IN ('invoices', 'App\\\\Models\\\\Invoice'))"
)
# A deleted payment that was completed becomes a cancelled one, which is on no invoice.
_V4_CANCELLED = "t.is_deleted = 1 AND t.payment_status_id = 4"


def _v4_allocated(column: str) -> str:
    return f"IF(i.id IS NULL OR ({_V4_CANCELLED}), 0, t.{column})"


def _v4_currency(own: str) -> str:
    return (
        f"(SELECT u.code FROM currencies u JOIN accounts a ON a.id = t.account_id"  # noqa: S608
        f" WHERE u.id = COALESCE(NULLIF({own}, 0), NULLIF(a.currency_id, 0), 1))"
    )


# The lists of languages differ from number 29 on, so the locale is compared.
_LOCALE = "(SELECT l.locale FROM languages l WHERE l.id = {})"
_V5_CURRENCY = "(SELECT u.code FROM currencies u WHERE u.id = t.currency_id)"

ENTITIES = [
    _entity(
        "users",
        _join(
            _pair("email", ("t", "IF(LOCATE('@', t.username) > 0, t.username, t.email)"), ("t", "t.email")),
            _same("t", "first_name last_name phone"),
            _ARCHIVED,
        ),
        "email",
        ("users t", ""),
        ("users t JOIN company_user m ON m.user_id = t.id", ""),
        tenant={"v5": "m.company_id = :tenant"},
    ),
    _entity(
        "clients",
        _join(
            _pair("identity", ("c", "t.id"), ("c", "t.id")),
            _pair("number", ("t", "IF(TRIM(t.id_number) = '0', '', TRIM(t.id_number))"), ("t", "t.number")),
            _same("t", f"name {_ADDRESS} website private_notes vat_number custom_value1 custom_value2"),
            _same("t", "phone", {"phone": "work_phone"}),
            _same("t", "shipping_address1 shipping_address2 shipping_city shipping_state shipping_postal_code"),
            _same("n", "industry_id size_id shipping_country_id"),
            _pair(
                "country_id",
                (
                    "n",
                    "COALESCE(NULLIF(t.country_id, 0),"
                    " (SELECT a.country_id FROM accounts a WHERE a.id = t.account_id))",
                ),
                ("n", "t.country_id"),
            ),
            _pair("currency", ("u", "t.id"), ("u", "t.id")),
            _pair(
                "language",
                ("t", _LOCALE.format("t.language_id")),
                ("t", _LOCALE.format(_json("t.settings", "language_id"))),
            ),
            _pair(
                "task_rate",
                ("n", "IF(t.task_rate > 0, t.task_rate, 0)"),
                ("n", _json("t.settings", "default_task_rate")),
            ),
            _pair("balance", ("k", "t.balance", "balance"), ("n", "t.balance")),
            _same("n", "paid_to_date"),
            _pair("credit_balance", ("k", "t.id", "credit_sum"), ("n", "t.credit_balance")),
            _GONE,
        ),
        "identity",
        ("clients t", ""),
        ("clients t", ""),
        group=["currency"],
        sums=["balance", "paid_to_date", "credit_balance"],
        numberless=["identity"],
        match=[["number"], ["name"], ["identity"]],
        label={"v4": "t.name", "v5": "t.name"},
    ),
    _entity(
        "contacts",
        _join(
            _same("s", "contact_key"),
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _same("t", "first_name last_name phone custom_value1 custom_value2"),
            _pair("email", ("t", "TRIM(t.email)"), ("t", "TRIM(t.email)")),
            _pair("is_primary", ("k", "t.id", "primary"), ("b", "t.is_primary")),
            _pair("send_email", ("k", "t.id", "mail"), ("b", "t.send_email")),
            _ARCHIVED,
        ),
        "contact_key",
        ("contacts t JOIN clients o ON o.id = t.client_id AND o.account_id = t.account_id", ""),
        ("client_contacts t", ""),
        match=[["client", "email"], ["client", "last_name"]],
        label={
            "v4": "CONCAT_WS(' ', t.first_name, t.last_name, t.email)",
            "v5": "CONCAT_WS(' ', t.first_name, t.last_name, t.email)",
        },
    ),
    _entity(
        "products",
        _join(
            _same("t", "product_key notes tax_name1 tax_name2 custom_value1 custom_value2"),
            _same("n", "cost quantity tax_rate1 tax_rate2", {"quantity": "qty"}),
            _same("n", "price", {"price": "cost"}),
            _ARCHIVED,
        ),
        "product_key",
        ("products t", ""),
        ("products t", ""),
    ),
    _entity(
        "invoices",
        _join(
            _same("t", "number", {"number": "invoice_number"}),
            _pair("status", ("t", _V4_INVOICE_STATUS), ("t", "t.status_id")),
            _same("n", "amount"),
            # A draft owes nothing in V5, whatever V4 has there.
            _pair(
                "balance",
                ("n", f"IF({_V4_INVOICE_STATUS} = '1', 0, t.balance)"),
                ("n", "IF(t.status_id = 1, 0, t.balance)"),
            ),
            _pair(
                "paid_to_date",
                ("n", f"IF({_V4_INVOICE_STATUS} = '1', 0, t.amount - t.balance)"),
                ("n", "t.paid_to_date"),
            ),
            _BILL,
            _SURCHARGES,
        ),
        "number",
        ("invoices t", "t.invoice_type_id = 1 AND t.is_recurring = 0"),
        ("invoices t", ""),
        group=["currency", "status"],
        sums=["amount", "balance", "paid_to_date"],
        match=[["client", "date", "amount"]],
        label={
            "v4": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
            "v5": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
        },
    ),
    _entity(
        "quotes",
        _join(
            _same("t", "number", {"number": "invoice_number"}),
            _pair("status", ("t", _V4_QUOTE_STATUS), ("t", "t.status_id")),
            _same("n", "amount"),
            _pair(
                "balance",
                ("n", f"IF({_V4_QUOTE_STATUS} = '1', 0, t.amount)"),
                ("n", "IF(t.status_id = 1, 0, t.balance)"),
            ),
            _BILL,
            _SURCHARGES,
        ),
        "number",
        ("invoices t", "t.invoice_type_id = 2"),
        ("quotes t", ""),
        group=["currency", "status"],
        sums=["amount"],
        clean=False,
        match=[["client", "date", "amount"]],
        label={
            "v4": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
            "v5": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
        },
    ),
    _entity(
        "recurring_invoices",
        _join(
            _BILL,
            _same("n", "amount"),
            _same("t", "custom_value1 custom_value2"),
            _pair(
                "frequency_id",
                ("n", "IF(t.frequency_id BETWEEN 1 AND 10, t.frequency_id + 1, 5)"),
                ("n", "t.frequency_id"),
            ),
            _pair(
                "auto_bill",
                ("t", _case("t.auto_bill", {1: "off", 2: "optin", 3: "optout", 4: "always"}, "'off'")),
                ("t", "t.auto_bill"),
            ),
        ),
        "client",
        ("invoices t", "t.is_recurring = 1 AND t.amount >= 0"),
        ("recurring_invoices t", ""),
        group=["currency"],
        sums=["amount"],
        loose=True,
        match=[["client", "date", "amount"], ["client", "frequency_id"], ["client"]],
        label={
            "v4": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
            "v5": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
        },
    ),
    _entity(
        "credits",
        _join(
            _same("t", "number", {"number": "credit_number"}),
            _CLIENT,
            # V5 takes V4's balance for both.
            _pair("amount", ("n", "t.balance"), ("n", "t.amount")),
            _same("n", "balance"),
            # The exporter reads `date`, which a credit of V4 does not have.
            _pair("date", ("d", "NULL"), ("d", "t.date")),
            _same("t", "public_notes private_notes"),
            _GONE,
        ),
        "client balance",
        ("credits t", "t.amount > 0 AND t.is_deleted = 0"),
        ("credits t", ""),
        group=["currency"],
        sums=["amount", "balance"],
        numberless=["client", "balance"],
        loose=True,
        match=[["number"], ["client", "amount"], ["client"]],
        label={
            "v4": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
            "v5": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
        },
    ),
    _entity(
        "payments",
        _join(
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _pair(
                "currency",
                ("t", _v4_currency("(SELECT o.currency_id FROM clients o WHERE o.id = t.client_id)")),
                ("t", _V5_CURRENCY),
            ),
            _pair(
                "invoice",
                ("t", "i.invoice_number"),
                (
                    "t",
                    "(SELECT GROUP_CONCAT(i.number ORDER BY i.id SEPARATOR ', ') FROM paymentables p"
                    " JOIN invoices i ON i.id = p.paymentable_id WHERE p.payment_id = t.id AND p.deleted_at IS NULL"
                    " AND p.paymentable_type IN ('invoices', 'App\\\\Models\\\\Invoice'))",
                ),
            ),
            _pair("date", ("d", "t.payment_date"), ("d", "t.date")),
            _same("n", "amount refunded"),
            _pair("allocated", ("n", _v4_allocated("amount")), ("n", _V5_ALLOCATED.format("amount"))),
            _pair("allocated_refunded", ("n", _v4_allocated("refunded")), ("n", _V5_ALLOCATED.format("refunded"))),
            _pair("status", ("t", f"IF({_V4_CANCELLED}, '2', t.payment_status_id)"), ("t", "t.status_id")),
            _pair("type", ("t", _V4_PAYMENT_TYPE), ("t", "t.type_id")),
            _same("t", "transaction_reference private_notes"),
            _GONE,
        ),
        "client date",
        (
            f"payments t LEFT JOIN invoices i ON i.id = t.invoice_id AND {_INVOICES}",
            "t.payment_status_id <> 2",
        ),
        ("payments t", ""),
        group=["currency", "status"],
        sums=["amount", "refunded", "allocated"],
        loose=True,
        match=[
            ["invoice", "date", "amount", "transaction_reference"],
            ["invoice", "amount"],
            ["invoice", "date"],
            ["client", "date", "amount"],
            ["invoice"],
            ["client", "amount"],
        ],
        label={
            "v4": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
            "v5": "(SELECT o.name FROM clients o WHERE o.id = t.client_id)",
        },
    ),
    _entity(
        "expenses",
        _join(
            _pair("date", ("d", "t.expense_date"), ("d", "t.date")),
            _same("n", "amount exchange_rate tax_rate1 tax_rate2 invoice_currency_id"),
            _pair("currency", ("n", "t.expense_currency_id"), ("n", "t.currency_id")),
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _pair("vendor", ("t", "d.name"), ("t", "d.name")),
            _pair("category", ("t", "g.name"), ("t", "g.name")),
            _pair("invoice", ("t", "i.invoice_number"), ("t", "i.number")),
            _same(
                "t", "public_notes private_notes transaction_reference tax_name1 tax_name2 custom_value1 custom_value2"
            ),
            _same("b", "should_be_invoiced"),
            _same("d", "payment_date"),
            _pair("payment_type", ("n", _V4_PAYMENT_TYPE), ("n", "t.payment_type_id")),
            _GONE,
        ),
        "date",
        (
            "expenses t LEFT JOIN vendors d ON d.id = t.vendor_id"
            " LEFT JOIN expense_categories g ON g.id = t.expense_category_id"
            " LEFT JOIN invoices i ON i.id = t.invoice_id",
            "",
        ),
        (
            "expenses t LEFT JOIN vendors d ON d.id = t.vendor_id"
            " LEFT JOIN expense_categories g ON g.id = t.category_id LEFT JOIN invoices i ON i.id = t.invoice_id",
            "",
        ),
        group=["currency"],
        sums=["amount"],
        loose=True,
        match=[
            ["date", "amount", "public_notes"],
            ["date", "amount"],
            ["amount", "vendor"],
            ["date", "vendor"],
            ["date"],
        ],
        label={"v4": "d.name", "v5": "d.name"},
    ),
    _entity(
        "recurring_expenses",
        _join(
            _same("n", "amount tax_rate1 tax_rate2 invoice_currency_id"),
            _pair("currency", ("n", "t.expense_currency_id"), ("n", "t.currency_id")),
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _pair("vendor", ("t", "d.name"), ("t", "d.name")),
            _pair("category", ("t", "g.name"), ("t", "g.name")),
            _pair(
                "frequency_id",
                ("n", "IF(t.frequency_id BETWEEN 1 AND 10, t.frequency_id + 1, 5)"),
                ("n", "t.frequency_id"),
            ),
            _same("t", "public_notes private_notes tax_name1 tax_name2"),
            _same("b", "should_be_invoiced"),
            _GONE,
        ),
        "vendor amount",
        (
            "recurring_expenses t LEFT JOIN vendors d ON d.id = t.vendor_id"
            " LEFT JOIN expense_categories g ON g.id = t.expense_category_id",
            "",
        ),
        (
            "recurring_expenses t LEFT JOIN vendors d ON d.id = t.vendor_id"
            " LEFT JOIN expense_categories g ON g.id = t.category_id",
            "",
        ),
        group=["currency"],
        sums=["amount"],
        loose=True,
        match=[["vendor"], ["amount"], ["category"]],
    ),
    _entity(
        "expense_categories",
        _join(_same("t", "name"), _GONE),
        "name",
        ("expense_categories t", ""),
        ("expense_categories t", ""),
    ),
    _entity(
        "vendors",
        _join(
            _same("t", f"name {_ADDRESS} website private_notes vat_number custom_value1 custom_value2"),
            _pair("number", ("t", "IF(TRIM(t.id_number) = '0', '', TRIM(t.id_number))"), ("t", "t.number")),
            _same("t", "phone", {"phone": "work_phone"}),
            _same("n", "country_id"),
            _pair("currency", ("t", _v4_currency("t.currency_id")), ("t", _V5_CURRENCY)),
            _GONE,
        ),
        "name",
        ("vendors t", ""),
        ("vendors t", ""),
        numberless=["name"],
        match=[["number"], ["vat_number"]],
    ),
    _entity(
        "vendor_contacts",
        _join(
            _pair("vendor", ("t", "d.name"), ("t", "d.name")),
            _same("t", "first_name last_name phone"),
            _pair("email", ("t", "TRIM(t.email)"), ("t", "TRIM(t.email)")),
        ),
        "vendor",
        ("vendor_contacts t JOIN vendors d ON d.id = t.vendor_id", "t.deleted_at IS NULL"),
        ("vendor_contacts t JOIN vendors d ON d.id = t.vendor_id", "t.deleted_at IS NULL"),
        loose=True,
        match=[["vendor", "email"], ["vendor", "last_name"], ["vendor"]],
    ),
    _entity(
        "projects",
        _join(
            _same("t", "name private_notes custom_value1 custom_value2"),
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _same("d", "due_date"),
            _same("n", "budgeted_hours task_rate"),
            _GONE,
        ),
        "name",
        ("projects t", ""),
        ("projects t", ""),
        match=[["client"]],
    ),
    _entity(
        "tasks",
        _join(
            _pair("client", ("c", "t.client_id"), ("c", "t.client_id")),
            _pair("project", ("t", "d.name"), ("t", "d.name")),
            _pair("status", ("t", "g.name"), ("t", "g.name")),
            _pair("invoice", ("t", "i.invoice_number"), ("t", "i.number")),
            _same("t", "description time_log custom_value1 custom_value2"),
            _same("b", "is_running"),
            _GONE,
        ),
        "client",
        (
            "tasks t LEFT JOIN projects d ON d.id = t.project_id LEFT JOIN task_statuses g ON g.id = t.task_status_id"
            " LEFT JOIN invoices i ON i.id = t.invoice_id",
            "",
        ),
        (
            "tasks t LEFT JOIN projects d ON d.id = t.project_id LEFT JOIN task_statuses g ON g.id = t.status_id"
            " LEFT JOIN invoices i ON i.id = t.invoice_id",
            "",
        ),
        loose=True,
        match=[["client", "description"], ["client", "time_log"], ["description"], ["client"]],
    ),
    _entity(
        "task_statuses",
        _join(_same("t", "name"), _ARCHIVED),
        "name",
        ("task_statuses t", ""),
        ("task_statuses t", ""),
    ),
    _entity(
        "tax_rates",
        _join(_same("t", "name"), _same("n", "rate"), _ARCHIVED),
        "name",
        ("tax_rates t", ""),
        ("tax_rates t", ""),
        match=[["rate"]],
    ),
    _entity(
        "payment_terms",
        _join(_pair("num_days", ("n", "IF(t.num_days = -1, 0, t.num_days)"), ("n", "t.num_days")), _ARCHIVED),
        "num_days",
        ("payment_terms t", ""),
        ("payment_terms t", ""),
        tenant={"v4": "(t.account_id = 0 OR t.account_id = :tenant)"},
    ),
    _invitations("invoice_invitations", "invoice_invitations", "invoices", _INVOICES, "i.invoice_number"),
    _invitations("quote_invitations", "quote_invitations", "quotes", "i.invoice_type_id = 2", "i.invoice_number"),
    _invitations(
        "recurring_invitations",
        "recurring_invoice_invitations",
        "recurring_invoices",
        "i.is_recurring = 1 AND i.invoice_type_id = 1 AND i.amount >= 0",
        "''",
    ),
    _entity(
        "gateways",
        _join(
            _pair("gateway_key", ("t", _V4_GATEWAY), ("t", "t.gateway_key")),
            _pair("config", ("x", "g.config"), ("x", "t.config")),
            _pair("accepted_credit_cards", ("n", "g.accepted_credit_cards"), ("n", "t.accepted_credit_cards")),
            _pair("require_cvv", ("b", "g.require_cvv"), ("b", "t.require_cvv")),
            _pair("archived", ("b", "g.deleted_at IS NOT NULL"), ("b", "t.deleted_at IS NOT NULL")),
        ),
        "gateway_key",
        (
            "account_gateways g",
            f"g.gateway_id BETWEEN 1 AND 68 AND g.gateway_id NOT IN ({GATEWAYS_LEFT_OUT})",
        ),
        ("company_gateways t", ""),
        tenant={"v4": "g.account_id = :tenant"},
        id={"v4": "g.id"},
        label={
            "v4": "(SELECT n.name FROM gateways n WHERE n.id = g.gateway_id)",
            "v5": "(SELECT n.name FROM gateways n WHERE n.key = t.gateway_key)",
        },
    ),
    _entity(
        "gateway_tokens",
        _join(
            _pair("client", ("c", "COALESCE(k.client_id, h.client_id)"), ("c", "t.client_id")),
            _pair("gateway_key", ("t", _V4_GATEWAY), ("t", "g.gateway_key")),
            _pair("token", ("s", "t.source_reference"), ("s", "t.token")),
            _pair("customer", ("s", "h.token"), ("s", "t.gateway_customer_reference")),
            _ARCHIVED,
        ),
        "client",
        (
            "payment_methods t LEFT JOIN account_gateway_tokens h ON h.id = t.account_gateway_token_id"
            " LEFT JOIN contacts k ON k.id = t.contact_id LEFT JOIN account_gateways g ON g.id = h.account_gateway_id",
            "(k.id IS NOT NULL OR h.id IS NOT NULL)",
        ),
        ("client_gateway_tokens t LEFT JOIN company_gateways g ON g.id = t.company_gateway_id", ""),
        loose=True,
        match=[["client", "token"], ["client", "customer"], ["token"], ["client"]],
        label={
            "v4": "IF(t.last4 IS NULL, '', CONCAT('ends in ', LPAD(t.last4, 4, '0')))",
            "v5": f"CONCAT('ends in ', {_json('t.meta', 'last4')})",
        },
    ),
    _entity(
        "documents",
        _join(
            _pair("parent", ("t", _V4_DOCUMENT_PARENT), ("t", _V5_DOCUMENT_PARENT)),
            _pair("number", ("t", _V4_DOCUMENT_NUMBER), ("t", _V5_DOCUMENT_NUMBER)),
            _pair("name", ("t", "t.name"), ("t", "t.name")),
            _pair(
                "content",
                ("p", "CONCAT(COALESCE(NULLIF(t.disk, ''), ':disk'), '|', t.path)"),
                ("p", "CONCAT(COALESCE(NULLIF(t.disk, ''), ':disk'), '|', t.url)"),
            ),
        ),
        "parent number",
        (
            "documents t LEFT JOIN invoices i ON i.id = t.invoice_id LEFT JOIN expenses e ON e.id = t.expense_id",
            "",
        ),
        (
            f"documents t LEFT JOIN invoices i ON {_V5_KIND} IN ('invoice', 'invoices') AND i.id = t.documentable_id"
            f" LEFT JOIN quotes q ON {_V5_KIND} = 'quote' AND q.id = t.documentable_id"
            f" LEFT JOIN expenses e ON {_V5_KIND} = 'expense' AND e.id = t.documentable_id",
            "t.deleted_at IS NULL",
        ),
        loose=True,
        match=[["parent", "number", "content"], ["parent", "number", "name"]],
        label={"v4": "CONCAT(t.public_id, ' ', COALESCE(t.size, 0))", "v5": "COALESCE(t.size, 0)"},
    ),
]

# V4's numbers for V5's, of clients: id and identity, id and currency, and what the balance is made of.
IDENTITY = {
    "v4": "SELECT c.id, COALESCE(MIN(BINARY k.contact_key), c.name, '') FROM clients c LEFT JOIN contacts k"
    " ON k.client_id = c.id AND k.contact_key <> '' WHERE c.account_id = :tenant GROUP BY c.id, c.name",
    "v5": "SELECT c.id, COALESCE(MIN(BINARY k.contact_key), c.name, '') FROM clients c LEFT JOIN client_contacts k"
    " ON k.client_id = c.id AND k.contact_key <> '' WHERE c.company_id = :tenant GROUP BY c.id, c.name",
}
CURRENCY = {
    "v4": "SELECT c.id, u.code FROM clients c JOIN accounts a ON a.id = c.account_id LEFT JOIN currencies u"
    " ON u.id = COALESCE(NULLIF(c.currency_id, 0), NULLIF(a.currency_id, 0), 1) WHERE c.account_id = :tenant",
    "v5": "SELECT c.id, u.code FROM clients c JOIN companies o ON o.id = c.company_id LEFT JOIN currencies u"  # noqa: S608
    f" ON u.id = COALESCE(NULLIF({_json('c.settings', 'currency_id')}, ''), {_json('o.settings', 'currency_id')})"
    " WHERE c.company_id = :tenant",
}
_V4_OPEN = (
    "SELECT t.client_id, SUM(t.balance) FROM invoices t WHERE t.account_id = :tenant AND t.invoice_type_id = 1"  # noqa: S608
    f" AND t.is_recurring = 0 AND t.is_deleted = 0 AND {_V4_INVOICE_STATUS} <> '1' GROUP BY t.client_id"
)
MAPS = {
    "v4": {
        "open": _V4_OPEN,
        "archived": "SELECT id, 1 FROM clients WHERE account_id = :tenant AND deleted_at IS NOT NULL",
        "credits": "SELECT client_id, GROUP_CONCAT(balance ORDER BY id) FROM credits WHERE account_id = :tenant"
        " AND amount > 0 AND is_deleted = 0 GROUP BY client_id",
        "credit_sum": "SELECT client_id, SUM(balance) FROM credits WHERE account_id = :tenant AND amount > 0"
        " AND is_deleted = 0 GROUP BY client_id",
    },
    "v5": {},
}
V4_CONTACTS = (
    "SELECT t.id, t.client_id, t.is_primary, t.send_invoice, t.deleted_at FROM contacts t JOIN clients o"
    " ON o.id = t.client_id WHERE o.account_id = :tenant ORDER BY t.client_id, t.id"
)
V4_OPEN_STATUS = _V4_INVOICE_STATUS
V4_OPEN = _V4_OPEN
V4_QUOTE_STATUS = _V4_QUOTE_STATUS


def host_entity(entity: dict, side: str, disk: str) -> dict:
    """The entity as host_php.py takes it, for one side; disk: where attachments lie that name none."""
    own = entity["sides"][side]
    fields = {name: [spec[0], spec[1].replace(":disk", disk), *spec[2:]] for name, spec in own["fields"].items()}
    made = {key: entity[key] for key in ("name", "bucket", "group", "sums", "clean")}
    made.update({"id": entity.get("id", {}).get(side, "t.id"), "from": own["from"], "where": own["where"]})
    made.update({"fields": fields, "label": own["label"]})
    if "numberless" in entity:
        made["numberless"] = entity["numberless"]
    return made


def tables(side: str) -> dict:
    """The tables that are read, each with the condition of the tenant; for the marks that show a change."""
    found = {}
    for entity in ENTITIES:
        own = entity["sides"][side]
        table, alias = own["from"].split()[:2]
        if table in ("payment_terms", "users") or table in found:
            continue
        found[table] = f"{alias}.{'account' if side == 'v4' else 'company'}_id = :tenant"
    return found
