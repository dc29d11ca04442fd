"""V5's importer: credits, recurring invoices, invoices and quotes."""

from __future__ import annotations

from . import amounts, lookups, php
from .record import Record, numbered_name, offset, shown, type_error, without
from .schema import TABLES

RECOVER = ("client",)
# Types of a line item's fields that are calculated with: quotes and credits come in as V4 wrote them.
CALCULATED = ("cost", "quantity", "discount", "tax_rate1", "tax_rate2", "tax_rate3")
# What the importer makes of a line item's field (InvoiceItem): these it turns into text, where an array cannot go.
ITEM_TEXTS = frozenset(
    [
        "task_id",
        "expense_id",
        "tax_id",
        "type_id",
        "product_key",
        "notes",
        "tax_name1",
        "tax_name2",
        "tax_name3",
        "sort_id",
        "date",
        "custom_value1",
        "custom_value2",
        "custom_value3",
        "custom_value4",
        "unit_code",
    ]
)
STATUS_DRAFT, STATUS_SENT, STATUS_PARTIAL = 1, 2, 3
STATUS_PAID, STATUS_CANCELLED = 4, 5
CREDIT_SPENT = (4, 5)


def needs_clients(record: Record, kind: str) -> None:
    """Whatever is billed asks whether there are clients at all before they look for theirs."""
    if "client_id" not in record.data:
        return
    step, importer = record.next_step(), record.importer

    def check() -> None:
        if not importer.ids["clients"]:
            record.fail(
                "reference-missing",
                f"The {record.name} needs its client, and the export holds no clients",
                f"Processing {kind} failed, because of missing dependency - clients.",
                (
                    *RECOVER,
                    php.key(record.data["client_id"])
                    if not isinstance(record.data["client_id"], (list, dict))
                    else None,
                ),
                step,
            )

    importer.when_read("clients", check)


def knows_currency(record: Record) -> None:
    """Every document asks for the exchange rate between its client's currency and the company's."""
    value = record.data.get("client_id")
    if value is None or isinstance(value, (list, dict)):
        return
    key, step, importer = php.key(value), record.next_step(), record.importer

    def check() -> None:
        company = importer.settings.get("currency_id")
        company_unknown = company is not None and php.found_id(company) not in lookups.CURRENCIES
        if key in importer.unknown_currency or (company_unknown and key in importer.ids["clients"]):
            if record.resource == "payments" and importer.unknown_currency.get(key, company) == company:
                return
            currency = importer.unknown_currency.get(key, company)
            record.fail(
                "currency-unknown",
                f"The {record.name} is of client {shown(value)}, whose currency {shown(currency)} V5 does not know",
                'Attempt to read property "exchange_rate" on null'
                if php.found_id(currency) not in lookups.CURRENCIES
                else 'Attempt to read property "precision" on null',
                ("currency", key) if key in importer.unknown_currency else ("setting", "currency_id", "NULL"),
                step,
            )

    importer.when_read("clients", lambda: importer.when_read("company", check))


def credit(record: Record) -> None:
    data = record.data
    needs_clients(record, "credits")
    record.reference("clients", "client_id", 1190, RECOVER)
    record.user(1191)
    record.parsed("created_at", "updated_at")
    knows_currency(record)
    values = without(
        data,
        "id",
        "client_id",
        "user_id",
        "company_id",
        "exchange_rate",
        "invitations",
        "client_contacts",
        "terms",
        "footer",
    )
    for number in "1234":
        values.pop(f"custom_surcharge_tax{number}", None)
    record.insert("credits", values)
    if php.is_empty(data.get("number")):
        record.importer.numbered(record)
    _items(record, notes=True)
    _calculated(record)
    _credit_amount(record)
    record.remember()
    record.deleted()


def _credit_amount(record: Record) -> None:
    """V4 writes amount and balance with a minus, and one line of the balance; V5 adds up the line for both."""
    data, importer = record.data, record.importer
    amount, balance = -amounts.number(data.get("amount")), -amounts.number(data.get("balance"))
    client = data.get("client_id")
    if client is None or isinstance(client, (list, dict)):
        return
    spent = php.row_id(data.get("status_id")) in CREDIT_SPENT
    step = record.next_step()

    def check() -> None:
        ours = amounts.total(data, importer.precision(php.key(client)), record.index == 0)
        left = 0.0 if spent else ours
        if not (abs(ours - amount) < amounts.CENT and abs(left - balance) < amounts.CENT):
            record.warn(
                "credit-amount-changed",
                f"The {record.name} arrives with amount {ours:.2f} and balance {left:.2f};"
                f" V4 has {amount:.2f} and {balance:.2f}",
            )

    record.step = step
    importer.when_read("clients", lambda: importer.when_read("company", check))


def recurring_invoice(record: Record) -> None:
    first = record.index == 0
    needs_clients(record, "invoices")
    record.reference("clients", "client_id", 1031, RECOVER)
    record.user(1032)
    _cleaned_items(record)
    record.parsed("created_at", "updated_at")
    _invitations(record, 1052)
    knows_currency(record)
    _saved(record, "recurring_invoices", "recurring_invoice_id", first)
    if php.is_empty(record.data.get("number")):
        record.importer.numbered(record)
    _amount(record)


def invoice(record: Record) -> None:
    data, importer = record.data, record.importer
    first = record.index == 0
    needs_clients(record, "invoices")
    record.reference("clients", "client_id", 1112, RECOVER)
    if data.get("recurring_id") is not None:
        record.reference("recurring_invoices", "recurring_id", 1115, ("null", "recurring_id"))
        if not first:
            record.warn(
                "recurring-link-lost",
                f"The {record.name} loses its link to recurring invoice {shown(data['recurring_id'])}",
            )
    record.user(1118)
    _cleaned_items(record)
    if record.has("amount") and record.has("balance"):
        error = php.arithmetic(data["amount"], "-", data["balance"])
        if error:
            record.fail(
                "number-invalid",
                f"The {record.name} has “{shown(data['amount'])}” as amount and “{shown(data['balance'])}” as balance",
                error,
                ("set", "amount" if php.arithmetic(data["amount"], "-", 0) else "balance", "0"),
            )
        elif first and amounts.number(data["amount"]) != amounts.number(data["balance"]):
            paid = amounts.number(data["amount"]) - amounts.number(data["balance"])
            importer.first_invoice = (record, paid, php.row_id(data.get("status_id")))
    _invitations(record, 1129)
    knows_currency(record)
    values = without(data, "paid_to_date")
    _saved(record, "invoices", "invoice_id", first, values)
    if php.row_id(data.get("status_id")) in (STATUS_SENT, STATUS_PARTIAL) and importer.reminded is None:
        importer.reminded = (record, record.next_step())
    _amount(record)
    if not first:
        _owed(record)


def quote(record: Record) -> None:
    data = record.data
    first = record.index == 0
    needs_clients(record, "quotes")
    record.reference("clients", "client_id", 1269, RECOVER)
    _quotes_invoice(record, first)
    record.user(1275)
    record.parsed("created_at", "updated_at")
    _invitations(record, 1300)
    knows_currency(record)
    values = {
        name: 0 if name in ("tax_rate1", "tax_rate2") and value is None else value for name, value in data.items()
    }
    values.pop("invoice_id", None)
    _saved(record, "quotes", "quote_id", first, values)
    due = data.get("due_date")
    if (
        due
        and php.row_id(data.get("status_id")) is not None
        and not isinstance(due, (list, dict))
        and php.date_error(due)
    ):
        record.fail(
            "date-invalid",
            f"The {record.name} has “{shown(due)}” as due_date, which is no date",
            php.date_error(due),
            ("null", "due_date"),
        )
    _items(record, notes=False)
    _calculated(record)
    _amount(record)


def _amount(record: Record) -> None:
    """The amount that V5 adds up from the lines, beside V4's."""
    data, importer = record.data, record.importer
    client = data.get("client_id")
    if client is None or isinstance(client, (list, dict)):
        return
    step = record.next_step()

    def check() -> None:
        ours = amounts.total(data, importer.precision(php.key(client)), record.index == 0)
        theirs = amounts.number(data.get("amount"))
        if not abs(ours - theirs) < amounts.CENT:
            record.amount_changed(ours, theirs)

    record.step = step
    importer.when_read("clients", lambda: importer.when_read("company", check))


def _owed(record: Record) -> None:
    """What V4 says was paid; a draft has no balance in V5 but for its payments."""
    data, key = record.data, record.remembered
    status = php.row_id(data.get("status_id"))
    amount, balance = amounts.number(data.get("amount")), amounts.number(data.get("balance"))
    if status == STATUS_PAID and abs(balance) >= amounts.CENT:
        record.warn(
            "balance-changed", f"The {record.name} is paid and has a balance of {balance:.2f} in V4; V5 makes it 0"
        )
    elif key is not None:
        paid = -balance if status in (STATUS_DRAFT, STATUS_CANCELLED) else amount - balance
        record.importer.owe(key, paid, status, record.index, numbered_name("invoice", data))


def _quotes_invoice(record: Record, first: bool) -> None:
    """The invoice that a quote became: looked for, and kept with the first quote alone."""
    value = record.data.get("invoice_id")
    if value is None:
        return
    if isinstance(value, (list, dict)):
        record.fail(
            "value-wrong-type",
            f"The {record.name} has {shown(value)} in invoice_id",
            type_error("tryTransformingId", "2 ($old)", "string", value, 1271),
            ("null", "invoice_id"),
        )
    elif not first:
        record.warn("quote-link-lost", f"The {record.name} loses its link to the invoice that it became")


def _cleaned_items(record: Record) -> None:
    """``cleanItems()``: turns every field of every line into its type; an array becomes no text."""
    if not record.has("line_items"):
        return
    items = record.data["line_items"]
    if not isinstance(items, (list, dict)):
        if items is not None:
            record.warn("line-items-lost", f"The {record.name} has {php.kind(items)} as its lines; V5 takes none")
        return
    for item in items.values() if isinstance(items, dict) else items:
        if isinstance(item, dict):
            for name, value in item.items():
                if name in ITEM_TEXTS and isinstance(value, (list, dict)):
                    record.fail(
                        "value-nested",
                        f"A line of the {record.name} has {shown(value)} in {name}",
                        php.ARRAY_TO_STRING,
                        ("item", name, "''"),
                    )


def _items(record: Record, notes: bool) -> None:
    """The lines of quotes and credits are calculated with as V4 wrote them."""
    items = record.data.get("line_items")
    if not isinstance(items, (list, dict)) or not items:
        return
    if isinstance(items, dict) and notes:
        notes = False
    for item in items.values() if isinstance(items, dict) else items:
        if not isinstance(item, dict) or not item:  # what is empty becomes an array on its way through JSON
            record.fail(
                "record-wrong-type",
                f"A line of the {record.name} is {php.kind(item) if item else 'empty'}",
                _no_line(php.kind(item), notes),
                ("export",),
            )
            continue
        if notes and "notes" not in item:
            record.fail(
                "key-missing",
                f"A line of the {record.name} has no notes",
                "Undefined property: stdClass::$notes",
                ("export",),
            )
        _line(record, item)


def _no_line(kind: str, notes: bool) -> str:
    """What V5 says of a line that is no object: the credits' step first reads its notes, the others' looks for its
    fields.
    """
    if notes:
        return f'Attempt to read property "notes" on {kind}'
    if kind == "string":
        return 'Attempt to assign property "quantity" on string'
    return f"property_exists(): Argument #1 ($object_or_class) must be of type object|string, {kind} given"


def _line(record: Record, item: dict) -> None:
    values = {name: item.get(name) if item.get(name) is not None else 0 for name in CALCULATED}
    checks = (
        ("cost", values["cost"], "*", values["quantity"]),
        ("discount", values["discount"], "/", 100),
        ("tax_rate1", 1.0, "*", values["tax_rate1"]),
        ("tax_rate2", 1.0, "*", values["tax_rate2"]),
        ("tax_rate3", 1.0, "*", values["tax_rate3"]),
    )
    for name, left, operator, right in checks:
        if name == "discount" and record.data.get("is_amount_discount"):
            continue
        error = php.arithmetic(left, operator, right)
        if error:
            wrong = left if php.arithmetic(left, operator, 1) else right
            record.fail(
                "number-invalid",
                f"A line of the {record.name} has “{shown(wrong)}” where V5 calculates with {name}",
                error,
                ("item", name, "0"),
            )


def _invitations(record: Record, line: int) -> None:
    data = record.data
    if "invitations" not in data:
        return
    invitations = record.loop("invitations")
    for invitation in invitations or ():
        if not isinstance(invitation, dict):
            record.fail(
                "record-wrong-type",
                f"An invitation of the {record.name} is {php.kind(invitation)}",
                offset(invitation),
                ("export",),
            )
            continue
        _invitation(record, invitation, line)


def _invitation(record: Record, invitation: dict, line: int) -> None:
    if "client_contact_id" not in invitation:
        record.fail(
            "key-missing",
            f"An invitation of the {record.name} has no client_contact_id",
            'Undefined array key "client_contact_id"',
            ("export",),
        )
        return
    part = Record(record.importer, record.resource, record.index, record.data)
    part.step = record.next_step()
    value, step, importer = invitation["client_contact_id"], part.step, record.importer
    remedy = ("invitation", invitation.get("id"))

    def check() -> None:
        record._reference(
            "client_contacts", value, line, "transformId", remedy, "the invitation's client_contact_id", step
        )
        if not isinstance(value, (list, dict)) and value is not None:
            owner = importer.ids["client_contacts"].get(php.key(value))
            client = record.data.get("client_id")
            if owner is not None and not isinstance(client, (list, dict)) and owner != php.key(client):
                record.warn(
                    "invitation-contact-foreign",
                    f"The {record.name} invites contact {shown(value)} of client {owner}, who will see it in V5",
                    remedy,
                )

    importer.when_read("clients", check)


def _saved(record: Record, table: str, key: str, first: bool, values: dict | None = None) -> None:
    """``InvoiceMigrationRepository::save()``: the row, its invitations, its sums, its marks of deletion."""
    data = record.data
    values = dict(data if values is None else values)
    for name in ("tax_rate1", "tax_rate2"):
        if name in values and values[name] is None:
            values[name] = 0
    for name in (
        "id",
        "client_id",
        "user_id",
        "company_id",
        "invitations",
        "client_contacts",
        "recurring_id",
        "line_items",
    ):
        values.pop(name, None)
    if isinstance(data.get("line_items"), (list, dict, type(None))) or table != "quotes":
        pass
    else:
        values["line_items"] = data["line_items"]
    for name in ("terms", "footer"):  # the settings' where the record has none
        if php.is_empty(values.get(name)) and not isinstance(values.get(name), (list, dict)):
            values.pop(name, None)
    for name in ("status_id", "created_at", "updated_at"):
        record.has(name)
    if table == "invoices":
        record.parsed("created_at", "updated_at")
    guarded = {name: values.pop(name) for name in ("status_id",) if name in values}
    for name in ("created_at", "updated_at"):
        values.pop(name, None)
    _insert_billing(record, table, {**guarded, **values}, first)
    if "invitations" not in data:
        record.has("invitations")
    elif isinstance(data["invitations"], (list, dict)):
        _insert_invitations(record, table, key)
    if table != "quotes":
        _calculated(record)
    for name in ("is_deleted", "deleted_at"):
        record.has(name)
    record.remember()
    record.deleted()


def _insert_billing(record: Record, table: str, values: dict, first: bool) -> None:
    """The first record of its kind is written with every column, the others with those that a request may fill."""
    if first:
        record.insert(table, values)
        return
    fillable = TABLES[table].fillable
    record.insert(table, {name: value for name, value in values.items() if name in fillable or name == "status_id"})


def _insert_invitations(record: Record, table: str, key: str) -> None:
    invitations = record.data["invitations"]
    seen = set()
    for invitation in invitations.values() if isinstance(invitations, dict) else invitations:
        if not isinstance(invitation, dict):
            continue
        contact = invitation.get("client_contact_id")
        if contact is None or isinstance(contact, (list, dict)):
            continue
        if php.key(contact) in seen:
            record.warn(
                "invitation-dropped",
                f"The {record.name} has two invitations for contact {shown(contact)}; V5 keeps the"
                f" first, and the link of the other ends",
            )
            continue
        seen.add(php.key(contact))
        whose = f"invitation {shown(invitation.get('id'))} of the {record.name}"
        for field in ("created_at", "updated_at"):
            value = invitation.get(field)
            error = php.ARRAY_TO_STRING if isinstance(value, (list, dict)) else php.date_error(value)
            if error:
                record.fail(
                    "date-invalid",
                    f"The {whose} has “{shown(value)}” in {field}",
                    error,
                    ("invitation", invitation.get("id")),
                )
        columns = without(invitation, "id", "company_id", "user_id", "client_contact_id", key, "email_status")
        record.insert(f"{table[:-1]}_invitations", columns, context=whose)


def _calculated(record: Record) -> None:
    """``InvoiceSum``: the sums over the record's own fields."""
    data = record.data
    checks = []
    lines = data.get("line_items")
    if php.is_empty(data.get("is_amount_discount")) or (isinstance(lines, (list, dict)) and lines):
        checks.append(("discount", data.get("discount"), "/", 100))
    for number in "123":
        name = data.get(f"tax_name{number}")
        if isinstance(name, str) and len(name.encode()) >= 2 and not php.is_empty(data.get(f"tax_rate{number}")):
            checks.append((f"tax_rate{number}", data.get(f"tax_rate{number}"), "/", 100))
    taxed = isinstance(data.get("tax_name1"), str) and len(data["tax_name1"].encode()) >= 2
    if taxed and record.index == 0 and record.resource in ("invoices", "quotes"):
        for number in "12":
            if not php.is_empty(data.get(f"custom_surcharge_tax{number}")):
                checks.append((f"custom_surcharge{number}", data.get(f"custom_surcharge{number}"), "*", 1.0))
    for name, left, operator, right in checks:
        error = "" if left is None or isinstance(left, (list, dict)) else php.arithmetic(left, operator, right)
        if error:
            record.fail(
                "number-invalid",
                f"The {record.name} has “{shown(left)}” in {name}, with which V5 calculates",
                error,
                ("set", name, "0"),
            )
