"""V5's importer: the account, the company, its users and rates, and whom it deals with."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from . import amounts, lookups, php
from .record import Record, offset, shown, without
from .settings import check_settings

COMPANY_UNSET = ("account_id", "version", "referral_code")
FEE_TYPES = {
    "is_enabled": "bool",
    "gateway_type_id": "int",
    "min_limit": "float",
    "max_limit": "float",
    "fee_amount": "float",
    "fee_percent": "float",
    "fee_tax_name1": "string",
    "fee_tax_name2": "string",
    "fee_tax_name3": "string",
    "fee_tax_rate1": "float",
    "fee_tax_rate2": "float",
    "fee_tax_rate3": "float",
    "fee_cap": "float",
    "adjust_fee_percent": "bool",
}
LOCAL_HOST = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0|.*\.(localhost|invalid)|", re.IGNORECASE)


def unreachable(url) -> bool:
    """Whether V5 can surely not fetch it: no address of the web, or one that every machine has for itself."""
    try:
        parts = urlsplit(php.text(url))
        return parts.scheme not in ("http", "https") or bool(LOCAL_HOST.fullmatch(parts.hostname or ""))
    except ValueError:
        return True


def account(record: Record) -> None:
    record.insert("accounts", without(record.data, "token"), guarded=True, update=True)


def company(record: Record) -> None:
    data = record.data
    if not record.has("settings"):
        return
    settings = data["settings"]
    if not isinstance(settings, dict):
        if settings == []:
            record.fail(
                "key-missing", "The company has no settings", 'Undefined array key "invoice_design_id"', ("export",)
            )
            return
        message = (
            "Cannot access offset of type string on string"
            if isinstance(settings, str)
            else f"Trying to access array offset on value of type {php.kind(settings)}"
        )
        record.fail("value-wrong-type", f"The company has {php.kind(settings)} as its settings", message, ("export",))
        return
    if "invoice_design_id" not in settings:
        record.fail(
            "key-missing",
            "The company's settings have no invoice_design_id",
            'Undefined array key "invoice_design_id"',
            ("export",),
        )
    errors = check_settings(settings)
    rules = {"settings": errors}
    for field in ("industry_id", "size_id", "country_id", "matomo_id", "smtp_port"):
        value = data.get(field)
        if value is not None and not (isinstance(value, str) and not value.strip()) and not php.is_integer(value):
            rules[field] = [("value-invalid", field, f"The {php.snake(field)} must be an integer.")]
    record.importer.validation(record, rules)
    fields = data.get("custom_fields")
    if isinstance(fields, (list, dict)) and any(
        isinstance(value, (list, dict)) for value in (fields.values() if isinstance(fields, dict) else fields)
    ):
        record.fail(
            "value-nested",
            "The company's custom_fields hold a list",
            php.ARRAY_TO_STRING,
            ("set", "custom_fields", "NULL"),
        )
    record.parsed("created_at", "updated_at")
    # Each of the three is taken out where it is set.
    columns = without(data, "settings", *(name for name in COMPANY_UNSET if data.get(name) is not None))
    record.insert("companies", without(columns, "account_id"), update=True)
    if "account_id" in columns:
        record.foreign("companies", "account_id", None, "accounts", "id")
    logo = settings.get("company_logo")
    if not php.is_blank(logo) and unreachable(logo):
        record.warn(
            "logo-unreachable",
            f"V5 cannot fetch the logo from {shown(logo)}, and the company has none there",
            ("text", "set APP_URL in V4's .env to the address under which V5 reaches V4, or upload the logo in V5"),
        )
    _unknown_settings(record, settings)
    _other_language(record, settings)
    zones = lookups.OTHER_ZONES.get(php.found_id(settings.get("timezone_id")))
    if zones:
        record.warn(
            "timezone-changed",
            f"The company's time zone {zones[0]} becomes {zones[1]}, whose number it has in V5",
            ("text", f"set the company's time zone in V5 to {zones[0]} after the migration: Settings, Localization"),
        )


def _other_language(record: Record, settings: dict) -> None:
    """The numbers of some languages mean others in V5."""
    languages = lookups.OTHER_LANGUAGES.get(php.found_id(settings.get("language_id")))
    if languages:
        what = "company" if record.resource == "company" else record.name
        where = "Settings, Localization" if record.resource == "company" else "Settings of the client"
        record.warn(
            "language-changed",
            f"The {what} has {languages[0]} in V4 and {languages[1]} in V5, which has the same number there",
            ("text", f"set the language in V5 after the migration, to {languages[2]}: {where}"),
        )


def _unknown_settings(record: Record, settings: dict) -> None:
    known = {
        "language_id": lookups.LANGUAGES,
        "date_format_id": lookups.DATE_FORMATS,
        "country_id": lookups.COUNTRIES,
    }
    for name, ids in known.items():
        value = settings.get(name)
        if not php.is_blank(value) and php.found_id(value) not in ids:
            record.warn(
                "setting-unknown",
                f"The company's {name} is {shown(value)}, which V5 does not know",
                ("setting", name, "NULL"),
            )


def user(record: Record) -> None:
    data, importer = record.data, record.importer
    if not record.has("email"):
        return
    email = data["email"]
    folded = php.collated(php.text(email)) if isinstance(email, str) else None
    owner = folded is not None and folded == importer.owner_email
    known = folded is not None and folded in importer.emails
    if known and email != "":
        record.warn(
            "user-merged",
            f"The {record.name} has the e-mail of another user but for its case; V5 makes one user of the two",
            ("email",),
        )
    elif known:
        record.warn(
            "user-merged",
            f"The {record.name} has no e-mail, as another user has none; V5 makes one user of the two",
            ("email",),
        )
    record.parsed("created_at", "updated_at")
    importer.emails.add(folded)
    columns = without(data, "id", "confirmation_code", "oauth_user_id", "oauth_provider_id", "company_user")
    if owner or known:  # Eloquent compares it with the one in the database
        record.parsed("deleted_at")
    record.insert("users", columns, update=owner or known)
    membership = data.get("company_user")
    if membership is not None and not isinstance(membership, (list, dict)):
        record.fail(
            "value-wrong-type",
            f"The {record.name} has {php.kind(membership)} as company_user, where V5 needs a list",
            "Illuminate\\Database\\Eloquent\\Model::fill(): Argument #1 ($attributes) must be of type array,"
            f" {php.kind(membership)} given, called in"
            " /var/www/invoiceninja/app/Repositories/UserRepository.php on line 93"
            if owner or known
            else offset(membership),
            ("export",),
        )
    record.has("deleted_at")
    record.has("password")
    if membership is None:
        record.warn(
            "user-without-company", f"The {record.name} arrives without access to the company: company_user is missing"
        )
    record.remember()
    record.deleted(" (the account cannot log in)" if data.get("deleted_at") else "")


def payment_term(record: Record) -> None:
    values = without(record.data, "user_id", "company_id")
    if values.get("is_deleted") is None:
        values["is_deleted"] = 0
    importer = record.importer
    columns = set(values) | {"is_deleted", "user_id", "company_id"}
    if record.index == 0:
        importer.term_columns = columns
        record.insert("payment_terms", values)
    elif len(columns) != len(importer.term_columns):
        record.fail(
            "columns-differ",
            f"The {record.name} has other fields than the first payment term, and V5 writes all of them at once",
            "SQLSTATE[21S01]: Insert value list does not match column list: 1136 Column count doesn't"
            " match value count at row"
            f" {record.index + 1}",
            ("export",),
        )
    else:
        record.insert("payment_terms", values, update=True)


def tax_rate(record: Record) -> None:
    record.user(583)
    record.parsed("created_at", "updated_at")
    unset = [name for name in ("user_id", "company_id") if record.data.get(name) is not None]
    record.insert("tax_rates", without(record.data, "user_id", *unset))
    record.deleted()


def client(record: Record) -> None:
    data, importer = record.data, record.importer
    record.user(731)
    for field in ("balance", "paid_to_date"):
        record.has(field)
    number = _checked_number(record, "clients")
    record.parsed("created_at", "updated_at")
    values = without(data, "id", "contacts", "company_id", "user_id")
    values.update(
        balance=data.get("balance") or 0, paid_to_date=data.get("paid_to_date") or 0, number=number, country_id=None
    )
    record.insert("clients", values)
    if number == "":
        importer.numbered(record)
    settings = data.get("settings")
    if isinstance(settings, (str, int, float)) and not php.is_empty(settings):
        record.fail(
            "value-wrong-type",
            f"The {record.name} has {php.kind(settings)} as its settings",
            f"foreach() argument must be of type array|object, {php.kind(settings)} given",
            ("export",),
        )
    if "contacts" in data:
        _client_contacts(record)
    else:
        record.fail(
            "contacts-missing",
            f"The {record.name} has no field contacts, so V5 finds no contact to make the first one",
            'Attempt to assign property "is_primary" on null',
            ("export",),
            importer.AFTER_ALL,
        )
    _client_currency(record, settings)
    country = data.get("country_id")
    if not php.is_blank(country) and php.row_id(country) not in lookups.COUNTRIES:
        record.warn(
            "setting-unknown",
            f"The {record.name} has the country {shown(country)}, which V5 does not know",
            ("null", "country_id"),
        )
    if isinstance(settings, dict):
        _other_language(record, settings)
    record.remember()
    record.deleted()


def _client_currency(record: Record, settings) -> None:
    """Remember the clients whose currency V5 does not know; one without has the company's."""
    own = settings.get("currency_id") if isinstance(settings, dict) else None
    importer, known = record.importer, php.found_id(own)
    if own is None or own == "" or isinstance(own, (list, dict)):
        importer.without_currency.add(record.remembered)
    elif known not in lookups.CURRENCIES or not (
        php.is_numeric(own) or own is True
    ):  # "1x" is 1 to MariaDB, and nothing to PHP
        importer.unknown_currency[record.remembered] = own
    elif amounts.PRECISIONS.get(known, 2) != 2:
        importer.odd_precision[record.remembered] = amounts.PRECISIONS[known]


def _checked_number(record: Record, table: str):
    """``checkUniqueConstraint()``: a number that is taken gets a random tail."""
    if not record.has("number"):
        return None
    number = record.data["number"]
    if isinstance(number, (list, dict)):
        record.fail(
            "value-wrong-type",
            f"The {record.name} has {shown(number)} as its number",
            "trim(): Argument #1 ($string) must be of type string, array given",
            ("number",),
        )
        return None
    number = php.text(number).strip(" \t\n\r\0\x0b")
    taken = record.importer.numbers[table]
    # A client without a number gets the next one at once; a vendor without one keeps the empty text, and it is taken.
    folded = php.collated(number)
    if len(number) <= 191 and folded in taken and (number or table == "vendors"):
        what = (
            f"the number “{shown(number)}”, which is taken" if number else "no number, and neither has an earlier one"
        )
        record.warn(
            "number-changed",
            f"The {record.name} has {what}; V5 gives it “{shown(number)}_” and five letters",
            ("number",),
        )
        return None
    if not number and table == "vendors":
        taken.add(folded)
    return number


def _client_contacts(record: Record) -> None:
    contacts = record.loop("contacts", ("delete-contacts",))
    if contacts is None:
        return
    importer = record.importer
    mail = any(isinstance(each, dict) and each.get("send_email") for each in contacts)
    ordered = sorted(
        (each for each in contacts if isinstance(each, dict)), key=lambda each: not _primary(each.get("is_primary"))
    )
    for position, contact in enumerate(ordered):
        _contact(record, contact, "client_contacts", first=position == 0, mail=mail)
    if not ordered or all(contact.get("deleted_at") for contact in ordered):
        record.warn(
            "client-without-contact",
            f"The {record.name} has no contact{' that is not deleted' if ordered else ''}; V5 gives it"
            f" an empty one, without e-mail",
        )
    if "id" not in record.data or isinstance(record.data["id"], (list, dict)):
        return
    key = php.key(record.data["id"])
    for contact in contacts:
        if not isinstance(contact, dict):
            record.fail(
                "record-wrong-type",
                f"A contact of the {record.name} is {php.kind(contact)}",
                offset(contact),
                ("export",),
            )
            continue
        if "contact_key" not in contact or "id" not in contact:
            field = "contact_key" if "contact_key" not in contact else "id"
            record.fail(
                "key-missing",
                f"A contact of the {record.name} has no {field}",
                f'Undefined array key "{field}"',
                ("export",),
            )
            continue
        if isinstance(contact["id"], (list, dict)):
            record.fail(
                "value-nested", f"A contact of the {record.name} has a list as its id", php.ARRAY_TO_STRING, ("export",)
            )
            continue
        importer.ids["client_contacts"][php.key(contact["id"])] = key


def _primary(value) -> bool:
    return not php.is_empty(value)


def _contact(record: Record, contact: dict, table: str, first: bool, mail: bool) -> None:
    """One contact, as it is written."""
    email = contact.get("email")
    name = " ".join(
        php.text(contact.get(field))
        for field in ("first_name", "last_name", "email")
        if isinstance(contact.get(field), str)
    )
    whose = f"contact “{shown(name.strip())}” (id {shown(contact.get('id'))}) of the {record.name}"
    if isinstance(email, (list, dict)):
        record.fail(
            "value-wrong-type",
            f"The {whose} has {shown(email)} as its e-mail",
            "strlen(): Argument #1 ($string) must be of type string, array given",
            ("export",),
        )
    for field in ("created_at", "updated_at"):
        error = (
            php.date_error(contact.get(field))
            if not isinstance(contact.get(field), (list, dict))
            else php.ARRAY_TO_STRING
        )
        if error:
            record.fail("date-invalid", f"The {whose} has “{shown(contact[field])}” in {field}", error, ("export",))
    columns = without(contact, "id", "company_id", "user_id", "client_id", "vendor_id", "is_primary", "password")
    columns["email"] = None if isinstance(email, (list, dict)) else php.text(email).strip()
    if first and not mail and table == "client_contacts":
        columns["send_email"] = True
    record.insert(table, columns, context=whose)


def company_gateway(record: Record) -> None:
    data = record.data
    record.user(1609)
    fees = data.get("fees_and_limits")
    if fees is not None:
        _clean_fees(record, fees)
    record.parsed("created_at", "updated_at")
    values = without(data, "id", "user_id", "company_id")
    if php.is_empty(values.get("accepted_credit_cards")):
        values["accepted_credit_cards"] = 0
    if isinstance(values.get("config"), (list, dict)):
        values["config"] = ""  # encrypt() takes anything
    if values.get("gateway_key") == "d14dd26a47cecc30fdd65700bfb67b34":
        values["gateway_key"] = "d14dd26a37cecc30fdd65700bfb55b23"
    if isinstance(values.get("fees_and_limits"), str):
        values["fees_and_limits"] = ""
    record.insert("company_gateways", values)
    record.remember()
    record.deleted()


def _clean_fees(record: Record, fees) -> None:
    """``cleanFeesAndLimits()``: walks the fees of each kind of payment and casts what it knows."""
    parts = record.loop("fees_and_limits", ("fees",))
    for part in parts or ():
        if not isinstance(part, (list, dict)):
            record.fail(
                "value-wrong-type",
                f"The {record.name} has {php.kind(part)} among its fees_and_limits",
                f"foreach() argument must be of type array|object, {php.kind(part)} given",
                ("fees",),
            )
            continue
        for name, value in part.items() if isinstance(part, dict) else enumerate(part):
            if name not in FEE_TYPES:
                key = f'"{name}"' if isinstance(name, str) else name
                record.fail(
                    "key-missing",
                    f"The {record.name} has the unknown fee {name}",
                    f"Undefined array key {key}",
                    ("fees",),
                )
            elif FEE_TYPES[name] == "string" and isinstance(value, (list, dict)):
                record.fail("value-nested", f"The {record.name} has a list as {name}", php.ARRAY_TO_STRING, ("fees",))


def invalid_fee(fees) -> tuple:
    """``validateFeesAndLimits()``: (name, type) of the first fee of a wrong type, or ()."""
    for part in (fees.values() if isinstance(fees, dict) else fees) if isinstance(fees, (list, dict)) else ():
        if not isinstance(part, dict):
            continue
        for name, wanted in FEE_TYPES.items():
            value = part.get(name)
            if value is None or wanted == "float" or value == "" or value is False:
                continue
            right = {
                "bool": isinstance(value, bool) or php.text(value).strip().lower() in php.TRUE_WORDS
                if not isinstance(value, (list, dict))
                else False,
                "int": not isinstance(value, (list, dict)) and php.text(value).isdigit(),
                "string": isinstance(value, str),
            }[wanted]
            if not right:
                return name, wanted
    return ()


def client_gateway_token(record: Record) -> None:
    record.reference("clients", "client_id", 1672, ("card",))
    record.reference("company_gateways", "company_gateway_id", 1673, ("card",))
    record.parsed("created_at", "updated_at")
    record.insert("client_gateway_tokens", without(record.data, "id", "company_id", "client_id", "company_gateway_id"))
    record.remember()
    record.deleted()


def vendor(record: Record) -> None:
    data = record.data
    record.user(833)
    number = _checked_number(record, "vendors")
    record.parsed("created_at", "updated_at")
    values = without(data, "id", "contacts", "company_id", "user_id", "number")
    if php.is_empty(values.get("currency_id")) and not isinstance(values.get("currency_id"), (list, dict)):
        values.pop("currency_id", None)
        _vendors_currency(record)
    if number:
        values["number"] = number
    record.insert("vendors", values)
    if "contacts" in data:
        contacts = record.loop("contacts", ("delete-vendor-contacts",))
        for contact in contacts or ():
            if isinstance(contact, dict):
                _contact(record, contact, "vendor_contacts", first=False, mail=True)
            else:
                record.fail(
                    "record-wrong-type",
                    f"A contact of the {record.name} is {php.kind(contact)}",
                    offset(contact),
                    ("export",),
                )
    record.remember()
    record.deleted()


def _vendors_currency(record: Record) -> None:
    """A vendor without a currency gets the company's, and V5's table has a foreign key on it."""
    step, importer = record.next_step(), record.importer

    def check() -> None:
        currency = importer.settings.get("currency_id")
        if currency is not None and php.row_id(currency) not in lookups.CURRENCIES:
            record.fail(
                "lookup-unknown",
                f"The {record.name} gets the company's currency {shown(currency)}, which V5 does not know",
                "SQLSTATE[23000]: Integrity constraint violation: 1452 Cannot add or update a child row: a foreign key"
                " constraint fails",
                ("setting", "currency_id", "NULL"),
                step,
            )

    importer.when_read("company", check)
