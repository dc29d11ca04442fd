"""Passes records in which nothing can be wrong, at the speed at which they are decoded. All others get the whole rules.

Two records with the same fields and the same types of values are alike as far as NULLs, arrays and unknown columns
go. So what those say is worked out once a shape (``Plan``); of a record's values only those are looked at that can
still be wrong: references, dates, numbers in texts, lengths, unique numbers. A plan never says what is
wrong: where anything is out of the ordinary, ``passes`` says False and the rules decide.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from . import amounts, lookups, php
from .record import NUMBERED, Record, numbered_name
from .schema import TABLES

NONE, TEXT = type(None), str
SCALARS = frozenset((NONE, str, int, float, bool))
NUMBERS = frozenset((int, float))
NESTED = frozenset((list, dict))
# Fields that hold more than one value, and whose insides are looked at.
NESTING = {
    "clients": ("contacts", "settings"),
    "invoices": ("line_items", "invitations"),
    "quotes": ("line_items", "invitations"),
    "payments": ("invoices",),
}
# As long as texts are shorter, none is cut; MariaDB counts bytes of the longer kind, and a character has up to four.
SHORTEST, TEXT_LIMIT = 100, 65535 // 4
MAX_KNOWN = 200_000

BILLING_OUT = ("id", "client_id", "user_id", "company_id", "invitations", "recurring_id", "line_items")
BILLING_NEEDS = [
    "id",
    "client_id",
    "user_id",
    "status_id",
    "created_at",
    "updated_at",
    "invitations",
    "is_deleted",
    "deleted_at",
    "line_items",
]


CALCULATED = ("cost", "quantity", "discount", "tax_rate1", "tax_rate2", "tax_rate3")
ZEROS = (0,) * len(CALCULATED)
# What V4 writes of what is added to the lines, or taken off; and what of it changes nothing.
ADDED = itemgetter("discount", "custom_surcharge1", "custom_surcharge2", "tax_name1", "tax_name2")
ZERO = frozenset((None, "", 0, "0", "0.00", "0.0000"))
DRAFT, PAID, REFUNDED, CANCELLED = 1, 4, (5, 6), 2
CENTS = 2
CHECKED = ("clients", "vendors")  # their numbers are made another where they are taken


def _texts(ids) -> frozenset:
    return frozenset(ids) | frozenset(str(id) for id in ids)


KNOWN_CURRENCIES, ODD_CURRENCIES = _texts(lookups.CURRENCIES), _texts(amounts.PRECISIONS)
KNOWN_COUNTRIES = _texts(lookups.COUNTRIES) | {None, ""}


class Shape(NamedTuple):
    """What there is to know of a resource's records.

    table: where they are written; needs: fields that must be there; out: fields that are not written as they are;
    may_be_none: fields whose NULL the importer replaces; references: {field: resource}; required: those of them that
    may
    not be NULL; first: whether its first record is another matter; numbers: fields that are calculated with; lines,
    parts:
    the fields with lines and with rows of another table (and that table).
    """

    table: str
    needs: tuple
    out: tuple
    may_be_none: tuple = ()
    references: tuple = ()
    required: tuple = ()
    first: bool = False
    numbers: tuple = ()
    lines: str = ""
    parts: tuple = ()


SHAPES = {
    "clients": Shape(
        "clients",
        ("id", "balance", "paid_to_date", "number", "contacts", "settings"),
        ("id", "contacts", "company_id", "user_id", "number", "settings"),
        ("balance", "paid_to_date", "country_id"),
        (("user_id", "users"),),
        ("user_id",),
        parts=("contacts", "client_contacts"),
    ),
    "products": Shape(
        "products",
        (),
        ("id", "company_id", "user_id"),
        (),
        (("user_id", "users"),),
        ("user_id",),
        numbers=("cost", "price"),
    ),
    "invoices": Shape(
        "invoices",
        (*BILLING_NEEDS, "amount", "balance"),
        BILLING_OUT,
        ("terms", "footer", "tax_rate1", "tax_rate2"),
        (("client_id", "clients"), ("user_id", "users")),
        ("client_id", "user_id"),
        True,
        ("amount", "balance", "discount", "tax_rate1", "tax_rate2", "tax_rate3"),
        "line_items",
        ("invitations", "invoice_invitations"),
    ),
    "quotes": Shape(
        "quotes",
        tuple(BILLING_NEEDS),
        (*BILLING_OUT, "invoice_id"),
        ("terms", "footer", "tax_rate1", "tax_rate2"),
        (("client_id", "clients"), ("user_id", "users")),
        ("client_id", "user_id"),
        True,
        ("discount", "tax_rate1", "tax_rate2", "tax_rate3"),
        "line_items",
        ("invitations", "quote_invitations"),
    ),
    "payments": Shape(
        "payments",
        ("client_id", "user_id", "amount", "status_id", "refunded", "deleted_at", "invoices"),
        ("client_id", "user_id", "company_id"),
        (),
        (("client_id", "clients"), ("user_id", "users"), ("company_gateway_id", "company_gateways")),
        ("client_id", "user_id"),
        numbers=("amount", "refunded"),
    ),
    "expenses": Shape(
        "expenses",
        ("id",),
        [
            "id",
            "company_id",
            "user_id",
            "tax_amount1",
            "tax_amount2",
            "tax_amount3",
            "client_id",
            "category_id",
            "invoice_id",
            "project_id",
            "vendor_id",
        ],
        (),
        (
            ("user_id", "users"),
            ("client_id", "clients"),
            ("category_id", "expense_categories"),
            ("invoice_id", "invoices"),
            ("project_id", "projects"),
            ("vendor_id", "vendors"),
        ),
        ("user_id",),
    ),
    "tasks": Shape(
        "tasks",
        ("id",),
        ["id", "company_id", "user_id", "client_id", "invoice_id", "project_id", "status_id"],
        (),
        (
            ("user_id", "users"),
            ("client_id", "clients"),
            ("invoice_id", "invoices"),
            ("project_id", "projects"),
            ("status_id", "task_statuses"),
        ),
        ("user_id",),
    ),
}
PART_OUT = {
    "client_contacts": ("id", "company_id", "user_id", "client_id", "is_primary", "password"),
    "invoice_invitations": ("id", "company_id", "user_id", "client_contact_id", "invoice_id", "email_status"),
    "quote_invitations": ("id", "company_id", "user_id", "client_contact_id", "quote_id", "email_status"),
}
PART_NEEDS = {
    "client_contacts": ("id", "contact_key", "email", "deleted_at"),
    "invoice_invitations": ("client_contact_id", "key"),
    "quote_invitations": ("client_contact_id", "key"),
}


class Plan(NamedTuple):
    """What is looked at in a record of one shape.

    fields: their names; ordinary: whether the shape itself calls for nothing; references: (field, the ids there are);
    dates, numbers, texts, notes: getters of the texts in columns of these kinds; deleted: whether there is is_deleted.
    """

    fields: list
    ordinary: bool
    references: tuple = ()
    dates: object = None
    numbers: object = None
    texts: object = None
    notes: object = None
    deleted: bool = False


def getter(names: list):
    """A function from a record to the values of these fields, as a tuple; None where there are none."""
    if not names:
        return None
    return itemgetter(*names) if len(names) > 1 else itemgetter(names[0], names[0])


class Fast:
    """The plans of one importer, and the dates and numbers that were found good."""

    def __init__(self, importer) -> None:
        self.importer = importer
        self._plans: dict = {name: {} for name in (*SHAPES, *PART_OUT)}
        self._dates: set = {""}
        self._numbers: set = {""}
        self._taken: str | None = None  # the number of the record that passes, where another has it
        self._amounts: tuple | None = None  # its amount in V5 and in V4, where they differ
        self._own = {resource: getattr(self, f"_{resource}") for resource in SHAPES}

    def passes(self, resource: str, data: dict, index: int) -> bool:
        """Whether nothing can be wrong with the record; if so it is remembered as the rules would."""
        shape = SHAPES.get(resource)
        if shape is None or (shape.first and not index):
            return False
        types = tuple(map(type, data.values()))
        plan = self._plans[resource].get(types)
        if plan is None or plan.fields != list(data):
            plan = self._plans[resource][types] = self._plan(resource, shape, data)
        if not plan.ordinary or not self._values(plan, data):
            return False
        self._taken = self._amounts = None
        if not self._own[resource](data):
            return False
        if self._taken or self._amounts or data.get("deleted_at") or (plan.deleted and data["is_deleted"]):
            self._note(Record(self.importer, resource, index, data), shape.table)
        return True

    def _note(self, record: Record, table: str) -> None:
        """What the rules say of a record with nothing but this."""
        if self._taken:
            record.duplicate(table, self._taken, record.name)
        record.deleted()
        if self._amounts:
            record.amount_changed(*self._amounts)

    def _values(self, plan: Plan, data: dict) -> bool:
        for field, ids in plan.references:
            if data[field] not in ids:
                return False
        if plan.dates:
            values = plan.dates(data)
            if not self._dates.issuperset(values) and not self._good_dates(values):
                return False
        if plan.numbers:
            values = plan.numbers(data)
            if not self._numbers.issuperset(values) and not self._good_numbers(values):
                return False
        if plan.texts and max(map(len, plan.texts(data))) > SHORTEST:
            return False
        return not plan.notes or max(map(len, plan.notes(data))) <= TEXT_LIMIT

    def _good_dates(self, values: tuple) -> bool:
        good = self._dates
        for value in values:
            if value not in good:
                if value and (php.database_date(value) != "same" or php.date_error(value)):
                    return False
                if len(good) > MAX_KNOWN:
                    good.clear()
                good.add(value)
        return True

    def _good_numbers(self, values: tuple) -> bool:
        good = self._numbers
        for value in values:
            if value not in good:
                if value and php.NUMBER.fullmatch(value) is None:
                    return False
                if len(good) > MAX_KNOWN:
                    good.clear()
                good.add(value)
        return True

    # --- one plan a shape --------------------------------------------------------------------------------------------

    def _plan(self, resource: str, shape: Shape, data: dict) -> Plan:
        """The plan for records like this one."""
        importer = self.importer
        extraordinary = Plan(list(data), False)
        if any(name not in data for name in shape.needs) or type(data.get("deleted_at")) not in (NONE, str):
            return extraordinary
        nesting = NESTING.get(resource, ())
        if any(type(value) in NESTED and name not in nesting for name, value in data.items()):
            return extraordinary
        references = []
        for field, target in shape.references:
            value = data.get(field)
            if value is None:
                if field in shape.required:
                    return extraordinary
            elif type(value) is int and target in importer.read and importer.ids[target]:
                references.append((field, importer.ids[target]))
            else:
                return extraordinary
        # What is not written, but parsed or calculated with.
        loose = ("created_at", "updated_at", *shape.numbers)
        if any(type(data.get(name)) not in (NONE, str, int, float) for name in loose):
            return extraordinary
        table = TABLES[shape.table]
        guarded = table.fillable | {"status_id", "refunded"} if table.fillable else table.columns
        written = {
            name: value
            for name, value in data.items()
            if name not in shape.out and (name in guarded or not table.fillable)
        }
        columns = self._columns(table, written, shape.may_be_none, references)
        if columns is None:
            return extraordinary
        dates, numbers, texts, notes = columns
        dates += [name for name in loose[:2] if name not in dates and type(data.get(name)) is str]
        numbers += [name for name in shape.numbers if name not in numbers and type(data.get(name)) is str]
        return Plan(
            list(data),
            True,
            tuple(references),
            getter(dates),
            getter(numbers),
            getter(texts),
            getter(notes),
            "is_deleted" in data,
        )

    @staticmethod
    def _columns(table, written: dict, may_be_none: tuple, references: list):
        """The names of dates, numbers, short and long texts among the columns; None where one is out of the
        ordinary.
        """
        found = ([], [], [], [])
        for name, value in written.items():
            column = table.columns.get(name)
            kind = type(value)
            if column is None:
                return None
            if kind is NONE:
                if not column.nullable and name not in may_be_none:
                    return None
                continue
            if kind in NESTED:
                if name not in table.json:
                    return None
                continue
            if name in table.foreign:
                if kind is not int:
                    return None
                references.append((name, table.foreign[name][0]))
            elif column.type in "ds":
                if kind is not str:
                    return None
                found[0].append(name)
            elif kind is str:
                place = {"i": 1, "n": 1, "v": 2, "t": 3}.get(column.type)
                if place is not None:
                    found[place].append(name)
        return found

    def _part(self, table_name: str, part) -> bool:
        """Whether nothing can be wrong with a contact or an invitation by itself."""
        if type(part) is not dict:
            return False
        types = tuple(map(type, part.values()))
        plan = self._plans[table_name].get(types)
        if plan is None or plan.fields != list(part):
            plan = self._plans[table_name][types] = self._part_plan(table_name, part)
        return plan.ordinary and self._values(plan, part)

    def _part_plan(self, table_name: str, part: dict) -> Plan:
        fields = list(part)
        if any(name not in part for name in PART_NEEDS[table_name]) or not SCALARS.issuperset(map(type, part.values())):
            return Plan(fields, False)
        if any(type(part.get(name)) not in (NONE, str) for name in ("created_at", "updated_at", "email", "deleted_at")):
            return Plan(fields, False)
        written = {name: value for name, value in part.items() if name not in PART_OUT[table_name]}
        columns = self._columns(TABLES[table_name], written, ("email",), [])
        return Plan(fields, False) if columns is None else Plan(fields, True, (), *map(getter, columns))

    # --- what each resource has of its own ---------------------------------------------------------------------------

    def _free_number(self, resource: str, data: dict) -> bool:
        """Take the record's number, if it is a text that nobody has."""
        number = data.get("number")
        if number is None:
            return True
        if number == "":
            return resource in NUMBERED and number not in self.importer.numbers[resource]
        if type(number) is not str or len(number) > SHORTEST or number[:1] <= " " or number[-1:] <= " ":
            return False
        taken = self.importer.numbers[resource]
        folded = php.collated(number)
        if folded in taken:
            self._taken = number
            return resource not in CHECKED
        taken.add(folded)
        return True

    def _clients(self, data: dict) -> bool:
        importer = self.importer
        settings, contacts, id = data["settings"], data["contacts"], data["id"]
        if not data["number"] and "clients" not in importer.numberless:
            return False
        if type(contacts) is not list or type(settings) is not dict or type(id) is not int:
            return False
        currency = settings.get("currency_id")
        if type(currency) is not str or currency not in KNOWN_CURRENCIES:
            return False
        if not SCALARS.issuperset(map(type, settings.values())):
            return False
        if "language_id" in settings and php.found_id(settings["language_id"]) in lookups.OTHER_LANGUAGES:
            return False
        deleted = True
        for contact in contacts:
            if not self._part("client_contacts", contact) or type(contact["id"]) is not int:
                return False
            deleted = deleted and bool(contact["deleted_at"])
        if deleted or data.get("country_id") not in KNOWN_COUNTRIES or not self._free_number("clients", data):
            return False
        for contact in contacts:
            importer.ids["client_contacts"][contact["id"]] = id
        importer.ids["clients"].add(id)
        if currency in ODD_CURRENCIES:
            importer.odd_precision[id] = amounts.PRECISIONS[int(currency)]
        return True

    def _products(self, data: dict) -> bool:
        quantity = data.get("quantity", 0)
        for value in (data.get("cost", 0), data.get("price", 0), quantity):
            if value is None or not php.is_numeric(value):
                return False
        return True

    def _billing(self, resource: str, data: dict) -> bool:
        importer = self.importer
        client, id = data["client_id"], data["id"]
        if type(id) is not int or client in importer.unknown_currency or not importer.currency_known:
            return False
        invitations = data["invitations"]
        if type(invitations) is not list:
            return False
        table, owners = SHAPES[resource].parts[1], importer.ids["client_contacts"]
        for invitation in invitations:
            if not self._part(table, invitation):
                return False
            contact = invitation["client_contact_id"]
            if type(contact) is not int or owners.get(contact) != client:
                return False
        if len(invitations) > 1 and len({each["client_contact_id"] for each in invitations}) < len(invitations):
            return False
        if not self._free_number(resource, data):
            return False
        importer.ids[resource].add(id)
        return True

    def _add_up(self, data: dict, items: list, amount: float) -> None:
        """Note the amount that V5 comes to, if it is not V4's."""
        precision = self.importer.precision(data["client_id"])
        try:
            plain = ZERO.issuperset(ADDED(data)) and "custom_surcharge3" not in data and "tax_name3" not in data
        except (KeyError, TypeError):
            plain = False
        if plain and precision == CENTS and -amounts.CENT < amounts.plain_total(items) - amount < amounts.CENT:
            return
        ours = amounts.total(data, precision, False)
        if not abs(ours - amount) < amounts.CENT:
            self._amounts = (ours, amount)

    def _invoices(self, data: dict) -> bool:
        if data.get("recurring_id") is not None:
            return False
        if data["status_id"] in (2, 3) and self.importer.reminded is None:
            return False
        items = data["line_items"]
        if type(items) is not list or "" in (data["amount"], data["balance"], data.get("discount")):
            return False
        for item in items:
            if type(item) is not dict or not SCALARS.issuperset(map(type, item.values())):
                return False
        amount, balance, status = data["amount"], data["balance"], data["status_id"]
        if amount is None or balance is None:
            return False
        amount, balance = float(amount), float(balance)
        if type(status) is not int or (status >= PAID and balance) or not self._billing("invoices", data):
            return False
        self._add_up(data, items, amount)
        paid = -balance if status == DRAFT else amount - balance
        if paid >= amounts.CENT or paid <= -amounts.CENT:
            name = numbered_name("invoice", data)
            self.importer.owed[data["id"]] = (paid, status, self.importer.counts["invoices"], name)
        return True

    def _quotes(self, data: dict) -> bool:
        if data.get("invoice_id") is not None:
            return False
        items = data["line_items"]
        if type(items) is not list or data.get("discount") == "":
            return False
        for item in items:
            if type(item) is not dict or not item or not SCALARS.issuperset(map(type, item.values())):
                return False
            if not NUMBERS.issuperset(map(type, map(item.get, CALCULATED, ZEROS))):
                return False
        if not self._billing("quotes", data):
            return False
        self._add_up(data, items, amounts.number(data.get("amount")))
        return True

    def _payments(self, data: dict) -> bool:
        importer = self.importer
        invoices = data["invoices"]
        if type(invoices) is not list or len(invoices) != 1 or type(invoices[0]) is not dict or data["amount"] == "":
            return False
        if data["client_id"] in importer.unknown_currency or not importer.currency_known:
            return False
        if not SCALARS.issuperset(map(type, invoices[0].values())):
            return False
        invoice = invoices[0].get("invoice_id")
        if type(invoice) is not int or "invoices" not in importer.read or invoice not in importer.ids["invoices"]:
            return False
        if (
            type(data["status_id"]) is not int
            or data["status_id"] in REFUNDED
            or not self._free_number("payments", data)
        ):
            return False
        if data["status_id"] != CANCELLED:
            importer.book((invoice,), amounts.number(invoices[0].get("amount")), 0.0)
        return True

    def _expenses(self, data: dict) -> bool:
        if type(data["id"]) is not int or not self._free_number("expenses", data):
            return False
        self.importer.ids["expenses"].add(data["id"])
        return True

    def _tasks(self, data: dict) -> bool:
        return self._free_number("tasks", data)
