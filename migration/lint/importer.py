"""The importer as a whole: its order, what it remembers, and what it cannot do without. Records pass by once.

An export's resources may come in any order, and the importer takes them in its own. So a rule that needs another
resource waits until that one was read (``when_read``), and each problem knows its place in the import; the first by
that place is what the import ends with.
"""

from __future__ import annotations

import json
from collections import Counter

from ..resources import RESOURCES
from . import lookups, php
from .amounts import CENT, PRECISIONS
from .fast import Fast
from .problems import FAIL, WARN, Place, Problem
from .record import Record, shown, type_error
from .rules import RULES
from .rules_people import account, company, invalid_fee
from .validation import email_is_valid

# V5 has one part more, which V4 does not export.
ORDER = (*RESOURCES, "activities")
# The names of the importer's methods, which PHP's errors name.
METHODS = {name: "process" + "".join(part.capitalize() for part in name.split("_")) for name in ORDER}
OBJECTS = ("account", "company")
SENT = 2  # an invoice's status
# More than anybody has, and few enough for the memory.
MAX_OF_A_KIND = 100_000
CALL_LINE, TOKENS_LINE = 228, 259
TOKENS = "ninja_tokens"
UNATTACHED = (
    "This user is unable to be attached to this company. Perhaps they have already registered a user on another"
    " account?"
)
VALIDATION = -1
# What the importer does first with a record: asks for a key, unsets one, or looks for its user.
ARRAYS_ONLY = ("invoices", "payments", "documents")
UNSETS = [
    "users",
    "client_gateway_tokens",
    "projects",
    "expense_categories",
    "task_statuses",
    "expenses",
    "recurring_expenses",
    "tasks",
]
VALIDATED = ("tax_rates", "company_gateways", "credits", "recurring_invoices", "quotes")
USER_LINES = {
    "clients": 731,
    "vendors": 833,
    "products": 916,
    "recurring_expenses": 964,
    "task_statuses": 1704,
    "expense_categories": 1733,
    "tasks": 1764,
    "projects": 1820,
    "expenses": 1924,
    "activities": 1855,
}

# What is lost without a resource, where V5 goes on without it.
WITHOUT = {
    "account": "attachments cannot be fetched: the token for them is in it",
    "company": "the company keeps its random key and V5's default settings",
    "users": "everything will belong to the owner",
}


class Importer:
    """What the importer would know, record by record."""

    AFTER_ALL = 1 << 60

    def __init__(self) -> None:
        self.problems: list = []
        self._kinds: Counter = Counter()
        self.read: set = set()
        self.counts: dict = {}
        self.repeated: Counter = Counter()
        self._fast = Fast(self)
        self.ids = {name: set() for name in ORDER}
        self.ids["client_contacts"] = {}
        self.numbers = {name: set() for name in ORDER}
        self.settings: dict = {}
        self.account_id = None
        self.without_key = False
        self.owner_id = None
        self.owner_email = None
        self.emails: set = set()
        self.user_emails: list = []
        self.currency_known = False
        self.unknown_currency: dict = {}
        self.without_currency: set = set()
        self.odd_precision: dict = {}
        self.first_invoice = None
        self.owed: dict = {}
        self.paid_twice = 0.0
        self.reminded = None
        self.invoices_have_documents = False
        self.no_more_documents = False
        self.numberless: dict = {}
        self.term_columns: set = set()
        self.tokens = None
        self._waiting: dict = {}
        self._invalid: dict = {}

    @staticmethod
    def rank(resource: str) -> int:
        """Where the resource comes in the import."""
        return ORDER.index(resource) if resource in ORDER else len(ORDER)

    @staticmethod
    def source(target: str) -> str:
        """The resource in which the ids of ``target`` come."""
        return "clients" if target == "client_contacts" else target

    def add(self, problem: Problem) -> None:
        """Note a problem; of very many of one kind the rest are only counted."""
        kind = (problem.resource, problem.id)
        self._kinds[kind] += 1
        if self._kinds[kind] <= MAX_OF_A_KIND:
            self.problems.append(problem)

    def when_read(self, resource: str, check) -> None:
        """Run the check once all of the resource was read: now, or later."""
        if resource in self.read:
            check()
        else:
            self._waiting.setdefault(resource, []).append(check)

    # --- resources as they come -------------------------------------------------------------------------------------

    def begin(self, resource: str) -> None:
        """A resource begins."""
        if resource == TOKENS:
            self.tokens = []
        self.counts[resource] = 0

    def passes(self, resource: str, data) -> bool:
        """Take one record of a list, if nothing can be wrong with it; what passes is not nested deeply."""
        index = self.counts[resource]
        if type(data) is not dict or not self._fast.passes(resource, data, index):
            return False
        self.counts[resource] = index + 1
        return True

    def record(self, resource: str, data, key=None) -> None:
        """One record of a list; ``key``: its name, where an object stands in the place of a list."""
        index = self.counts[resource]
        self.counts[resource] = index + 1
        if isinstance(data, list):  # to PHP both are arrays
            data = {str(number): value for number, value in enumerate(data)}
        if not isinstance(data, dict):
            data = self._not_a_record(resource, index, data)
            if data is None:
                return
        record = Record(self, resource, index, data, index if key is None else key)
        self._validate(record)
        RULES[resource](record)

    def end(self, resource: str) -> None:
        """The resource was read to its end."""
        self.read.add(resource)
        if resource == "users":
            self.when_read("company", self._distinct_emails)
        for check in self._waiting.pop(resource, []):
            check()

    def value(self, resource: str, data) -> None:
        """A resource that is no list: account and company, or whatever stands in the place of a list."""
        self.begin(resource)
        rank = self.rank(resource)
        if resource in OBJECTS:
            if isinstance(data, (dict, list)):
                record = Record(self, resource, 0, data if isinstance(data, dict) else {})
                (account if resource == "account" else self._company)(record)
            else:
                self._wrong_type(resource, data, rank)
        elif isinstance(data, dict) and resource in RULES:
            for key, record in data.items():
                self.record(resource, record, key)
        elif resource == TOKENS:
            self.tokens = data
        elif resource in RULES:
            self._wrong_type(resource, data, rank)
        self.end(resource)

    def _company(self, record: Record) -> None:
        data = record.data
        self.settings = data["settings"] if isinstance(data.get("settings"), dict) else {}
        self.account_id = data.get("account_id") if isinstance(data.get("account_id"), int) else None
        currency = self.settings.get("currency_id")
        self.currency_known = currency is None or php.found_id(currency) in lookups.CURRENCIES
        self.without_key = "company_key" in data and data["company_key"] is None
        company(record)

    def _wrong_type(self, resource: str, data, rank: int) -> None:
        self.add(
            Problem(
                Place(rank, VALIDATION, 0),
                "resource-wrong-type",
                FAIL,
                resource,
                None,
                f"{resource} is {php.kind(data)} in the export, where V5 needs"
                f" {'an object' if resource in OBJECTS else 'a list'}",
                ("export",),
                type_error(METHODS[resource], "1 ($data)", "array", data, CALL_LINE),
            )
        )

    def _not_a_record(self, resource: str, index: int, data):
        """What the importer's first step with it says; returns an empty record where the validation is that step."""
        if resource in VALIDATED or (resource == "payment_terms" and data is None):
            return {}
        if data is None and resource not in ARRAYS_ONLY:
            message = (
                "Trying to access array offset on value of type null"
                if resource in ("users", "client_gateway_tokens")
                else type_error("processUserId", "1 ($resource)", "array", None, USER_LINES[resource])
            )
        elif resource in ARRAYS_ONLY:
            message = f"array_key_exists(): Argument #2 ($array) must be of type array, {php.kind(data)} given"
        elif resource in UNSETS:
            string = isinstance(data, str)
            message = "Cannot unset string offsets" if string else "Cannot unset offset in a non-array variable"
        elif isinstance(data, str):
            message = "Cannot access offset of type string on string"
        else:
            message = "Cannot use a scalar value as an array"
        Record(self, resource, index, {}).fail(
            "record-wrong-type",
            f"Number {index + 1} of {resource} is {php.kind(data)}, where V5 needs a record",
            message,
            ("export",),
        )
        return None

    def warn(self, resource, id: str, detail: str, remedy: tuple = ()) -> None:
        """A loss of a whole resource."""
        rank = self.rank(resource) if resource else VALIDATION
        self.add(Problem(Place(rank, VALIDATION, 0), id, WARN, resource, None, detail, remedy))

    # --- Laravel's validation, which sees a whole resource before its first record ------------------------------------

    def validation(self, record: Record, errors: dict, index=None) -> None:
        """Note what the validator refuses: {field: [(problem's id, field, message)]}."""
        for field, found in errors.items():
            for id, name, message in found:
                if id == "value-nested" and record.resource == "company":
                    record.fail(id, f"The company's setting {name} holds a list", message, ("setting", name, "''"))
                    continue
                key = field if index is None else f"{index}.{field}"
                self._invalid.setdefault(record.resource, {}).setdefault(field, []).append(
                    (key, message, id, name, record)
                )

    def _validate(self, record: Record) -> None:
        resource, data = record.resource, record.data
        errors: dict = {}

        def refuse(field: str, id: str, message: str) -> None:
            errors.setdefault(field, []).append((id, field, f"The {record.key}.{field} {message}"))

        def numeric(field: str) -> None:
            value = data.get(field)
            if field in data and not (isinstance(value, str) and not value.strip()) and not php.is_numeric(value):
                refuse(field, "value-invalid", "must be a number.")

        if resource == "tax_rates":
            for field in ("name", "rate"):
                if php.is_blank(data.get(field)):
                    refuse(field, "value-missing", "field is required.")
                elif field == "rate":
                    numeric(field)
        elif resource == "products":
            for field in ("cost", "price", "quantity"):
                numeric(field)
        elif resource == "recurring_expenses":
            numeric("amount")
        elif resource in ("credits", "recurring_invoices", "quotes"):
            if php.is_blank(data.get("client_id")):
                refuse("client_id", "value-missing", "field is required.")
        elif resource == "company_gateways":
            if php.is_blank(data.get("gateway_key")):
                refuse("gateway_key", "value-missing", "field is required.")
            wrong = invalid_fee(data.get("fees_and_limits"))
            if wrong:
                errors["fees_and_limits"] = [
                    ("value-invalid", "fees_and_limits", f"{wrong[0]} is not a valid {wrong[1]}")
                ]
        elif resource == "users":
            self._validate_user(record, refuse)
        if errors:
            self.validation(record, errors, record.key)

    def _validate_user(self, record: Record, refuse) -> None:
        data = record.data
        for field in ("first_name", "last_name"):
            if field in data and not isinstance(data[field], str):
                refuse(field, "value-invalid", "must be a string.")
        email = data.get("email")
        if self.owner_id is None or (php.row_id(data.get("id")) or 0) < self.owner_id:
            self.owner_id = php.row_id(data.get("id"))
            self.owner_email = php.collated(email) if isinstance(email, str) else None
        if "email" in data and not (isinstance(email, str) and not email.strip()):
            self.user_emails.append((record, email))

    def _distinct_emails(self) -> None:
        """``distinct`` and ``email``: refuses every one of those that are equal, case and all."""
        seen: dict = {}
        for _, email in self.user_emails:
            key = email if not isinstance(email, (list, dict)) else json.dumps(email)
            seen[key] = seen.get(key, 0) + 1
        for record, email in self.user_emails:
            label = f"The {record.key}.email"
            key = email if not isinstance(email, (list, dict)) else json.dumps(email)
            found = []
            if seen[key] > 1:
                found.append(("email-duplicate", "email", f"{label} field has a duplicate value."))
            if not isinstance(email, str) or not email_is_valid(email):
                found.append(("email-invalid", "email", f"{label} must be a valid email address."))
            if self.without_key and isinstance(email, str) and php.collated(email) == self.owner_email:
                found.append(("company-key-missing", "email", UNATTACHED))
            if found:
                self.validation(record, {"email": found}, record.key)

    def _refusals(self) -> None:
        """One message for a resource: everything that its validation refuses, as JSON."""
        order = (
            "settings",
            "first_name",
            "last_name",
            "email",
            "name",
            "rate",
            "cost",
            "price",
            "quantity",
            "gateway_key",
        )
        for resource, fields in self._invalid.items():
            bag: dict = {}
            for field in sorted(fields, key=lambda field: order.index(field) if field in order else len(order)):
                for key, message, _, _, _ in sorted(fields[field], key=lambda each: each[4].index):
                    bag.setdefault(key, []).append(message)
            message = json.dumps(bag, separators=(",", ":")).replace("/", "\\/")
            step = 0
            for found in fields.values():
                for _, words, id, name, record in found:
                    step += 1
                    self.add(
                        Problem(
                            Place(self.rank(resource), VALIDATION, step),
                            id,
                            FAIL,
                            resource,
                            record.v4_id,
                            _refusal(record, name, words),
                            _refusal_remedy(resource, id, name),
                            message,
                        )
                    )

    # --- the end -----------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Everything was read: what waited is checked now, and what is missing is named."""
        for resource in (*ORDER, TOKENS):
            if resource not in self.read:
                self.read.add(resource)
                for check in self._waiting.pop(resource, []):
                    check()
        for resource in RESOURCES:
            if resource not in self.counts:
                lost = WITHOUT.get(resource, f"no {resource.replace('_', ' ')} will be in V5")
                self.warn(resource, "resource-missing", f"The export has no {resource}: {lost}", ("export",))
        self._refusals()
        for (resource, id), count in sorted(self._kinds.items(), key=str):
            if count > MAX_OF_A_KIND:
                self.warn(
                    resource, "more-of-a-kind", f"{count - MAX_OF_A_KIND:,} more of {id} in {resource} are not listed"
                )
        self._time_zone()
        self._counters()
        self._balances()
        self._paid_twice()
        self._tokens()

    def numbered(self, record: Record) -> None:
        """V5 gives this record the next number; the first of a resource meets what is wrong with numbers."""
        self.numberless.setdefault(record.resource, (record, record.next_step()))

    def _time_zone(self) -> None:
        """Numbers that are reset or have a pattern, and the reminder of an open invoice, need the time zone."""
        zone = self.settings.get("timezone_id")
        if zone is None or php.found_id(zone) in lookups.TIMEZONES:
            return
        found = [self.numberless[each] for each in self.numberless if self._resets() or self._pattern(each)]
        if self.reminded is not None and not php.is_empty(self.settings.get("entity_send_time", 6)):
            found.append(self.reminded)
        detail = f"The company's timezone_id is {shown(zone)}, which V5 does not know"
        for record, step in found:
            record.fail(
                "timezone-unknown",
                f"{detail}; it needs it for the {record.name}",
                'Attempt to read property "name" on null',
                ("setting", "timezone_id", "NULL"),
                step,
            )
        if not found:
            self.warn("company", "setting-unknown", detail, ("setting", "timezone_id", "NULL"))

    def _resets(self) -> bool:
        return bool(php.row_id(self.settings.get("reset_counter_frequency_id")))

    def _pattern(self, resource: str) -> bool:
        name = {"clients": "client_number_pattern", "credits": "credit_number_pattern"}.get(resource, "")
        return not php.is_empty(self.settings.get(name))

    def _counters(self) -> None:
        """The day on which numbers begin anew must be one, where they do."""
        day = self.settings.get("reset_counter_date")
        if not self._resets() or not isinstance(day, str) or not php.date_error(day):
            return
        for record, step in self.numberless.values():
            record.fail(
                "date-invalid",
                f"The company's reset_counter_date is “{shown(day)}”; V5 needs it for the number of the {record.name}",
                php.date_error(day),
                ("setting", "reset_counter_date", "NULL"),
                step,
            )

    def precision(self, client) -> int:
        """How many decimals the currency of a client has; all clients and the company were read."""
        if client in self.without_currency:
            return PRECISIONS.get(php.found_id(self.settings.get("currency_id")), 2)
        return self.odd_precision.get(client, 2)

    def owe(self, invoice, paid: float, status, index: int, name: str) -> None:
        """V4 says that so much of an invoice was paid; V5 counts the payments of the export."""
        if abs(paid) >= CENT:
            self.owed[invoice] = (paid, status, index, name)

    def book(self, invoices, amount: float, refunded: float) -> None:
        """A payment: V5 books its whole amount on each of its invoices, and a refund on those that are open."""
        for invoice in invoices:
            if invoice not in self.ids["invoices"]:
                return
        for invoice in invoices:
            if self.first_invoice is not None and self.first_invoice[0].remembered == invoice:
                self.paid_twice += amount - (refunded if self.first_invoice[2] == SENT else 0.0)
                continue
            paid, status, index, name = self.owed.pop(invoice, (0.0, None, 0, f"invoice (id {invoice})"))
            paid -= amount - (refunded if status == SENT else 0.0)
            if abs(paid) >= CENT:
                self.owed[invoice] = (paid, status, index, name)

    def _balances(self) -> None:
        """Invoices whose payments in the export are not what V4 says was paid."""
        for invoice, (paid, _, index, name) in self.owed.items():
            way = "more" if paid < 0 else "less"
            self.add(
                Problem(
                    Place(self.rank("invoices"), index, 1 << 30),
                    "balance-changed",
                    WARN,
                    "invoices",
                    invoice,
                    f"The {name} has payments of {abs(paid):.2f} {way} than V4 says were paid, and V5"
                    f" counts the payments",
                    ("text", "put it right after the migration: `./cli.py repair CLIENT balances --execute`"),
                )
            )

    def _paid_twice(self) -> None:
        if self.first_invoice and abs(self.paid_twice) >= CENT:
            record, paid, _ = self.first_invoice
            record.warn(
                "paid-twice",
                f"The {record.name} is the first of the export: V5 books its {paid:g} paid a second time",
                ("text", "put it right after the migration: `./cli.py repair CLIENT balances --execute`"),
            )

    def _tokens(self) -> None:
        """After the last resource the importer reads ninja_tokens, which V4 exports empty."""
        place = Place(len(ORDER), VALIDATION, 0)
        if TOKENS not in self.counts:
            self.add(
                Problem(
                    place,
                    "resource-missing",
                    FAIL,
                    TOKENS,
                    None,
                    "The export has no ninja_tokens, which V5 reads after everything else",
                    ("export",),
                    f'Undefined array key "{TOKENS}"',
                )
            )
        elif not isinstance(self.tokens, (list, dict)):
            self._tokens_type(place)

    def _tokens_type(self, place: Place) -> None:
        value = self.tokens
        self.add(
            Problem(
                place,
                "resource-wrong-type",
                FAIL,
                TOKENS,
                None,
                f"{TOKENS} is {php.kind(value)} in the export, where V5 needs a list",
                ("export",),
                type_error("processNinjaTokens", "1 ($data)", "array", value, TOKENS_LINE),
            )
        )

    def last_stage(self):
        """The last resource that is there: where an import stands that fails after all of them."""
        return next((resource for resource in reversed(ORDER) if resource in self.counts), None)


def _refusal(record: Record, name: str, words: str) -> str:
    if record.resource == "company":
        return (
            f"The company's setting is refused: {words}"
            if name not in record.data
            else f"The company's {name} is refused: {words}"
        )
    value = record.data.get(name)
    shown = f" “{value}”" if isinstance(value, (str, int, float)) and value != "" else ""
    return f"The {record.name} has {name}{shown or ' empty'}, which V5 refuses: {words.split(' ', 2)[2]}"


def _refusal_remedy(resource: str, id: str, name: str) -> tuple:
    if resource == "company":
        return (
            ("setting", name, "NULL")
            if id == "value-invalid"
            else ("setting", name, "1" if name.endswith("counter") else "''")
        )
    if id == "company-key-missing":
        return ("export",)
    if id in ("email-duplicate", "email-invalid"):
        return ("email",)
    if name == "client_id":
        return ("client", None)
    if name == "fees_and_limits":
        return ("fees",)
    return ("default", name)
