"""One record on its way through the importer: every step that may end the import, in the importer's order."""

from __future__ import annotations

from . import php
from .problems import FAIL, WARN, Place, Problem
from .schema import TABLES

IMPORT = "/var/www/invoiceninja/app/Jobs/Util/Import.php"
# The company of an import into a fresh V5: the first one belongs to its first account.
COMPANY_ID = 2
DATABASE = "ninja5"

# resource: (what a person calls it, the fields by which it is recognised)
NAMES = {
    "users": ("user", ("first_name", "last_name", "email")),
    "payment_terms": ("payment term", ("num_days",)),
    "tax_rates": ("tax rate", ("name", "rate")),
    "clients": ("client", ("name", "number")),
    "company_gateways": ("payment gateway", ("gateway_key",)),
    "client_gateway_tokens": ("saved card", ("gateway_customer_reference",)),
    "vendors": ("vendor", ("name", "number")),
    "projects": ("project", ("name",)),
    "products": ("product", ("product_key",)),
    "credits": ("credit", ("number", "date", "amount")),
    "recurring_invoices": ("recurring invoice", ("date", "amount")),
    "invoices": ("invoice", ("number", "date", "amount")),
    "quotes": ("quote", ("number", "date", "amount")),
    "payments": ("payment", ("date", "amount")),
    "expense_categories": ("expense category", ("name",)),
    "task_statuses": ("task status", ("name",)),
    "expenses": ("expense", ("date", "amount")),
    "recurring_expenses": ("recurring expense", ("amount",)),
    "tasks": ("task", ("description",)),
    "documents": ("document", ("name",)),
}
# Laravel takes a row whose first column holds an array for several rows.
FIRST = {"tax_rates": "name", "expense_categories": "name", "task_statuses": "name"}
SEVERAL_ROWS = (
    "Illuminate\\Database\\Grammar::parameterize(): Argument #1 ($values) must be of type array, string given"
)
# An empty number is replaced by the next one before the next record comes; elsewhere it is a number like any other.
NUMBERED = ("clients", "vendors", "credits", "recurring_invoices", "invoices", "quotes", "payments")
LABEL_LENGTH = 60
CASCADE = " ON DELETE CASCADE ON UPDATE CASCADE"
# As many characters of a key MariaDB's error shows.
KEY_SHOWN = 61
CUT = 40


def shown(value) -> str:
    """A value in a sentence: short, on one line."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = " ".join(php.text(value).split())
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def numbered_name(kind: str, data: dict) -> str:
    """What a person recognises it by, short: for what is kept of many records."""
    number = data.get("number")
    return f"{kind} (id {data['id']})" if php.is_blank(number) else f"{kind} “{shown(number)}” (id {data['id']})"


class Record:
    """A record, and what the importer's steps with it find. Steps are counted, so that the first that fails is
    known.
    """

    def __init__(self, importer, resource: str, index: int, data: dict, key=None) -> None:
        self.importer = importer
        self.resource = resource
        self.index = index
        self.key = key
        self.data = data
        self.step = 0
        self.v4_id = data.get("id")
        if isinstance(self.v4_id, (list, dict, bool)):
            self.v4_id = None

    @property
    def name(self) -> str:
        """What a person calls it and recognises it by: invoice "0002 2026-01-31 10.00" (id 7)."""
        kind, fields = NAMES.get(self.resource, (self.resource, ()))
        known = " ".join(shown(self.data[field]) for field in fields if not php.is_blank(self.data.get(field)))
        place = f"id {self.v4_id}" if self.v4_id is not None else f"number {self.index + 1} in the export"
        return f"{kind} “{known[:LABEL_LENGTH]}” ({place})" if known else f"{kind} ({place})"

    def fail(self, id: str, detail: str, message: str, remedy: tuple = (), step: int | None = None) -> None:
        """Note what ends the import here."""
        self._add(id, FAIL, detail, message, remedy, step)

    def warn(self, id: str, detail: str, remedy: tuple = ()) -> None:
        """Note what is lost or changed here."""
        self._add(id, WARN, detail, "", remedy, None)

    def _add(self, id: str, severity: str, detail: str, message: str, remedy: tuple, step: int | None) -> None:
        index = self.index
        if step == self.importer.AFTER_ALL:
            index, step = step, None
        place = Place(self.importer.rank(self.resource), index, self.next_step() if step is None else step)
        self.importer.add(Problem(place, id, severity, self.resource, self.v4_id, detail, remedy, message))

    @property
    def remembered(self):
        """What later records point to it by; None where it has no id that can be pointed to."""
        value = self.data.get("id")
        return None if value is None or isinstance(value, (list, dict)) else php.key(value)

    def next_step(self) -> int:
        """Count one more step of the importer."""
        self.step += 1
        return self.step

    def has(self, field: str) -> bool:
        """Whether the importer can read ``$resource['field']``; without it PHP stops."""
        if field in self.data:
            return True
        self.fail("key-missing", f"The {self.name} has no field {field}", f'Undefined array key "{field}"', ("export",))
        return False

    def user(self, line: int) -> None:
        """``processUserId($resource)``: the owner where the record or the export has no user."""
        if "user_id" not in self.data:
            return
        value, step = self.data["user_id"], self.next_step()
        importer = self.importer

        def check() -> None:
            if not importer.ids["users"]:
                return
            self._reference("users", value, 2053, "transformId", ("user",), "user_id", step)

        importer.when_read("users", check)

    def reference(self, target: str, field: str, line: int, remedy: tuple, function: str = "transformId") -> None:
        """``transformId('target', $resource['field'])``."""
        if self.has(field):
            value, step = self.data[field], self.next_step()
            self.importer.when_read(
                self.importer.source(target),
                lambda: self._reference(target, value, line, function, remedy, field, step),
            )

    def optional(self, target: str, field: str, line: int, remedy: tuple) -> None:
        """The same, where the importer asks with ``isset()`` first."""
        if self.data.get(field) is not None:
            self.reference(target, field, line, remedy)

    def _reference(self, target: str, value, line: int, function: str, remedy: tuple, field: str, step: int) -> None:
        if value is None or isinstance(value, (list, dict)):
            self.fail(
                "reference-null",
                f"The {self.name} has {php.kind(value)} in {field}, where V5 needs the id of one of the {target}",
                type_error(function, "2 ($old)", "string", value, line),
                remedy,
                step,
            )
            return
        ids, key = self.importer.ids[target], php.key(value)
        if key in ids:
            return
        message = f"Missing resource key: {target}_{php.text(value)}" if ids else f"Resource {target} not available."
        if self.importer.source(target) not in self.importer.counts:
            remedy, key = ("export",), None
        self.fail(
            "reference-missing",
            f"The {self.name} points in {field} to {target.replace('_', ' ')} {shown(value)}, which"
            f" the export does not hold",
            message,
            remedy if key is None else (*remedy, key),
            step,
        )

    def parsed(self, *fields: str) -> None:
        """``Carbon::parse()`` of these fields, where the record has them."""
        for field in fields:
            value = self.data.get(field)
            error = php.ARRAY_TO_STRING if isinstance(value, (list, dict)) else php.date_error(value)
            if error:
                self.fail(
                    "date-invalid",
                    f"The {self.name} has “{shown(value)}” in {field}, which is no date",
                    error,
                    ("set", field, "NOW()"),
                )

    def insert(
        self, table_name: str, values: dict, guarded: bool = False, update: bool = False, context: str = ""
    ) -> None:
        """Write these columns as a new row (``update``: into one that is there): what MariaDB and Eloquent make of
        them.

        guarded: only the model's fillable columns are taken. context: whose part the row is, in words.
        """
        table = TABLES[table_name]
        whose = context or self.name
        nulls = []
        for column, value in values.items():
            if guarded and column not in table.fillable:
                continue
            known = table.columns.get(column)
            if known is None:
                self.fail(
                    "column-unknown",
                    f"The {whose} has a field {column}, which V5's table {table_name} does not have",
                    f"SQLSTATE[42S22]: Column not found: 1054 Unknown column '{column}' in 'field list'"
                    if "\0" not in column
                    else "SQLSTATE[42000]: Syntax error or access violation: 1064 You have an error in your SQL syntax",
                    ("export",),
                )
            elif value is None:
                if not known.nullable and not update:
                    nulls.append(column)
            elif isinstance(value, (list, dict)):
                if column not in table.json:
                    self.fail(
                        "value-nested",
                        f"The {whose} has {shown(value)} in {column}, where V5 takes one value",
                        SEVERAL_ROWS if column == FIRST.get(table_name) else php.ARRAY_TO_STRING,
                        ("set", column, "''"),
                    )
            else:
                self._stored(table_name, column, known, value, whose)
        order = {column: number for number, column in enumerate(table.blank)}
        for column in sorted(nulls, key=lambda column: order.get(column, len(order))):
            self.required(table_name, column, whose)
        if table.unique_number and "number" in values:
            self._unique(table_name, values["number"], whose)
        for column, (ids, other, other_column) in table.foreign.items():
            value = values.get(column)
            if value is None or isinstance(value, (list, dict)):
                continue
            if (php.collated(php.text(value)) if other_column == "key" else php.row_id(value)) not in ids:
                self.foreign(table_name, column, value, other, other_column, whose)

    def required(self, table: str, column: str, whose: str = "", step: int | None = None) -> None:
        """A NULL where the table takes none."""
        self.fail(
            "required-null",
            f"The {whose or self.name} has nothing in {column}, which V5's table {table} demands",
            f"SQLSTATE[23000]: Integrity constraint violation: 1048 Column '{column}' cannot be null",
            ("default", column),
            step,
        )

    def foreign(self, table: str, column: str, value, other: str, other_column: str, whose: str = "") -> None:
        """A foreign key of the table to nothing."""
        self.fail(
            "lookup-unknown",
            f"The {whose or self.name} has “{shown(value)}” in {column}, which V5 does not know",
            "SQLSTATE[23000]: Integrity constraint violation: 1452 Cannot add or update a child row: a foreign key"
            f" constraint fails (`{DATABASE}`.`{table}`, CONSTRAINT `{table}_{column}_foreign` FOREIGN KEY (`{column}`)"
            f" REFERENCES `{other}` (`{other_column}`){CASCADE if other == 'accounts' else ''})",
            ("null", column) if value is not None else ("export",),
        )

    def _stored(self, table_name: str, column: str, known, value, whose: str) -> None:
        """What MariaDB changes in a scalar without a word."""
        if known.type == "v" and isinstance(value, str) and len(value) > known.size:
            self.warn("value-cut", f"The {whose} has {len(value)} characters in {column}; V5 keeps {known.size}")
        elif known.type == "t" and isinstance(value, str) and len(value) * 4 > known.size:
            size = len(value.encode("utf-8", "replace"))
            if size > known.size:
                self.warn("value-cut", f"The {whose} has {size} bytes in {column}; V5 keeps {known.size}")
        elif known.type in "in" and isinstance(value, str) and value and not php.is_numeric(value):
            self.warn(
                "value-changed", f"The {whose} has “{shown(value)}” in {column}; V5 keeps {php.number(value):g}", ()
            )
        elif known.type in "ds" and column not in ("created_at", "updated_at") and value != "":
            self._dated(column, value, whose)

    def _dated(self, column: str, value, whose: str) -> None:
        if php.database_date(value) == "zero":
            self.warn("date-lost", f"The {whose} has “{shown(value)}” in {column}; V5 keeps no date")

    def _unique(self, table_name: str, value, whose: str) -> None:
        """``(company_id, number)`` is unique; NULL never clashes, and V5 gives a number to who has none."""
        if value is None or isinstance(value, (list, dict)):
            return
        number = php.text(value)[:191]
        taken = self.importer.numbers[table_name]
        folded = php.collated(number)
        if folded in taken:
            self.duplicate(table_name, number, whose)
        if number or table_name not in NUMBERED:
            taken.add(folded)

    def duplicate(self, table_name: str, number: str, whose: str) -> None:
        """A number that an earlier record of the table has."""
        entry = f"{COMPANY_ID}-{number}"
        entry = entry if len(entry) <= KEY_SHOWN else f"{entry[:KEY_SHOWN]}..."
        self.fail(
            "number-duplicate",
            f"The {whose} has the number “{shown(number)}”, which another of the"
            f" {table_name.replace('_', ' ')} has too",
            "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry"
            f" '{entry}' for key '{table_name}_company_id_number_unique'",
            ("number",),
        )

    def amount_changed(self, ours: float, theirs: float) -> None:
        """V5 adds an invoice or quote up to another amount than V4's."""
        self.warn(
            "amount-changed",
            f"The {self.name} adds up to {ours:.2f} in V5, from its lines, discount and taxes; V4 has {theirs:.2f}",
            ("text", "compare its lines in V5 with V4's after the migration"),
        )

    def loop(self, field: str, remedy: tuple = ("export",)):
        """What ``foreach ($resource['field'] as …)`` walks; None where PHP cannot."""
        value = self.data[field]
        if isinstance(value, dict):
            return list(value.values())
        if isinstance(value, list):
            return value
        self.fail(
            "value-wrong-type",
            f"The {self.name} has {php.kind(value)} in {field}, where V5 needs a list",
            f"foreach() argument must be of type array|object, {php.kind(value)} given",
            remedy,
        )
        return None

    def remember(self) -> None:
        """``$this->ids[…]``: later records can point here. A record that failed is remembered too: it will be
        mended.
        """
        if self.has("id"):
            value = self.data["id"]
            if isinstance(value, (list, dict)):
                self.fail(
                    "value-nested", f"The {self.name} has {shown(value)} as its id", php.ARRAY_TO_STRING, ("export",)
                )
            else:
                self.importer.ids[self.resource].add(php.key(value))

    def deleted(self, losses: str = "") -> None:
        """A row that V4 only marked as deleted or archived travels too."""
        if self.data.get("is_deleted") or self.data.get("deleted_at"):
            state = "deleted" if self.data.get("is_deleted") else "archived"
            self.warn("soft-deleted", f"The {self.name} is {state} in V4 and arrives in V5 as {state}{losses}")


def type_error(function: str, argument: str, wanted: str, value, line: int) -> str:
    """PHP's words where a method of the importer is called with a value of another type."""
    return (
        f"App\\Jobs\\Util\\Import::{function}(): Argument #{argument} must be of type {wanted},"
        f" {php.kind(value)} given,"
        f" called in {IMPORT} on line {line}"
    )


def without(data: dict, *names: str) -> dict:
    """The columns that are written."""
    return {name: value for name, value in data.items() if name not in names}


def offset(value) -> str:
    """What PHP says where a key of a scalar is written to."""
    return (
        "Cannot access offset of type string on string"
        if isinstance(value, str)
        else "Cannot use a scalar value as an array"
    )
