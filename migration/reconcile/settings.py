"""The settings of use: V4's columns and V5's names for them, and what the exporter makes of V4's values.

Facts: GenerateMigrationResources::getCompany and getCompanySettings (4.5.50), Import::transformCompanyData and
CompanySettingsSaver (5.10.17). Designs are left out: V4's are other ones.
"""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple

ALWAYS = "V4's export always says so, whatever V4 has"
COUNTED_ON = "V5 numbers on where V4 left a number empty"
NEAREST_LANGUAGE = "V5 does not have this variety of the language"
SAME_HOURS = "V5 has another name for a time zone with the same hours"

# V5's name, and V4's column behind "=" where it differs. `e.` is account_email_settings, the others are accounts.
_TEXTS = (
    "name address1 address2 city state postal_code phone=work_phone email=work_email website vat_number id_number "
    "custom_value1 custom_value2 invoice_terms invoice_footer quote_terms invoice_number_pattern quote_number_pattern "
    "client_number_pattern credit_number_pattern tax_name1 tax_name2 email_signature=email_footer "
    "recurring_number_prefix=recurring_invoice_number_prefix page_size reply_to_email=e.reply_to_email "
    "bcc_email=e.bcc_email email_subject_invoice=e.email_subject_invoice email_subject_quote=e.email_subject_quote "
    "email_subject_payment=e.email_subject_payment email_template_invoice=e.email_template_invoice "
    "email_template_quote=e.email_template_quote email_template_payment=e.email_template_payment "
    "email_subject_reminder1=e.email_subject_reminder1 email_subject_reminder2=e.email_subject_reminder2 "
    "email_subject_reminder3=e.email_subject_reminder3 email_subject_reminder_endless=e.email_subject_reminder4 "
    "email_template_reminder1=e.email_template_reminder1 email_template_reminder2=e.email_template_reminder2 "
    "email_template_reminder3=e.email_template_reminder3 email_template_reminder_endless=e.email_template_reminder4"
)
_NUMBERS = (
    "default_task_rate=task_rate tax_rate1 tax_rate2 num_days_reminder1 num_days_reminder2 num_days_reminder3 "
    "counter_padding=invoice_number_padding invoice_number_counter client_number_counter credit_number_counter "
    "late_fee_amount1=e.late_fee1_amount late_fee_amount2=e.late_fee2_amount late_fee_amount3=e.late_fee3_amount "
    "late_fee_percent1=e.late_fee1_percent late_fee_percent2=e.late_fee2_percent late_fee_percent3=e.late_fee3_percent "
    "currency_id country_id date_format_id payment_terms"
)
_FLAGS = (
    "hide_paid_to_date pdf_email_attachment military_time auto_convert_quote show_currency_code "
    "enable_client_portal_password=enable_portal_password send_portal_password enable_client_portal "
    "embed_documents=invoice_embed_documents document_email_attachment show_accept_invoice_terms "
    "show_accept_quote_terms require_invoice_signature require_quote_signature inclusive_taxes signature_on_pdf "
    "ubl_email_attachment auto_archive_invoice auto_archive_quote auto_email_invoice enable_reminder1 "
    "enable_reminder2 enable_reminder3 "
    "enable_reminder_endless=enable_reminder4 shared_invoice_quote_counter=share_counter all_pages_footer "
    "all_pages_header enable_client_portal_dashboard"
)
# Columns of V5's companies, not of its settings.
_COMPANY_NUMBERS = "first_day_of_week=start_of_week size_id industry_id"
_COMPANY_FLAGS = (
    "convert_products fill_products update_products show_product_details=show_product_notes "
    "custom_surcharge_taxes1=custom_invoice_taxes1 custom_surcharge_taxes2=custom_invoice_taxes2"
)
_DEFAULTS = {"recurring_number_prefix": "R", "page_size": "A4", "counter_padding": "4"}
_DEFAULTS.update({"currency_id": "1", "country_id": "840", "date_format_id": "1"})
_FORCED = dict.fromkeys(("shared_invoice_quote_counter", "all_pages_footer", "all_pages_header"), "1")
_FORCED["enable_client_portal_dashboard"] = "1"
_COUNTERS = ("client_number_counter", "credit_number_counter")
_MESSAGES = ("dashboard", "unpaid_invoice", "paid_invoice", "unapproved_quote")
_AUTO_BILL = {"1": "off", "2": "optin", "3": "optout", "4": "always"}
_LOCALES_WITHOUT_EQUAL = ("en_AU", "sr_RS")  # V4's that V5 does not have
_STYLES = {"1": "plain", "2": "light", "3": "dark"}
_FIELD_NAMES = {
    "account1": "company1",
    "account2": "company2",
    "invoice1": "surcharge1",
    "invoice2": "surcharge2",
    "invoice_text1": "invoice1",
    "invoice_text2": "invoice2",
}


class Rule(NamedTuple):
    """One setting. v4: V4's row → (what the export says, what V4 itself has); v5: V5's row → the same as text."""

    name: str
    columns: tuple
    v4: Callable[[dict], tuple]
    v5: Callable[[dict], str]
    reason: str = ALWAYS


def number(value: Any) -> str:
    """A number as one text: without zeros that say nothing; what is no number stays as it is."""
    if value in (None, "", False):
        return "0"
    if value is True:
        return "1"
    text = f"{value:.6f}" if isinstance(value, float) else str(value).strip()
    if "." in text and "e" not in text.lower():
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-", "-0") else text


def flag(value: Any) -> str:
    """``1`` or ``0``, as PHP understands it."""
    return "0" if value in (None, "", 0, "0", False, "false", "0.0") else "1"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _names(words: str) -> list:
    return [tuple((word.split("=") * 2)[:2]) for word in words.split()]


def _plain(kind: Callable[[Any], str], name: str, column: str) -> Rule:
    default = _DEFAULTS.get(name, "")

    def v4(row: dict) -> tuple:
        value = row.get(column)
        own = kind(default if default and value in (None, "", 0, "0") else value)
        return _FORCED.get(name, own), own

    return Rule(name, (column,), v4, lambda row: kind(row.get(name)))


def _reminder(number_: int) -> Rule:
    direction, field = f"direction_reminder{number_}", f"field_reminder{number_}"

    def v4(row: dict) -> tuple:
        before = "after_" if number(row.get(direction)) == "1" else "before_"
        said = before + ("due_date" if number(row.get(field)) == "1" else "invoice_date")
        return said, said

    name = f"schedule_reminder{number_}"
    return Rule(name, (direction, field), v4, lambda row: _text(row.get(name)))


def _mapped(name: str, column: str, mapped: Callable[[Any], str], said: str | None = None) -> Rule:
    def v4(row: dict) -> tuple:
        own = mapped(row.get(column))
        return (own if said is None else said), own

    return Rule(name, (column,), v4, lambda row: _text(row.get(name)))


def _message(kind: str) -> Rule:
    def v4(row: dict) -> tuple:
        said = _text(_json(row.get("custom_messages")).get(kind) or "")
        return said, said

    name = f"custom_message_{kind}"
    return Rule(name, ("custom_messages",), v4, lambda row: _text(row.get(name)))


def _json(text: Any) -> dict:
    try:
        found = json.loads(text) if isinstance(text, str) and text else text
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fields_text(fields: dict) -> str:
    return "\n".join(f"{key}: {value}" for key, value in sorted(fields.items()) if _text(value) != "")


def _v4_fields(row: dict) -> tuple:
    fields = _json(row.get("custom_fields"))
    made = dict(fields)
    for old, new in _FIELD_NAMES.items():
        if old in fields:
            made[new] = fields[old]
    said = _fields_text({key: _text(value) for key, value in made.items()})
    return said, said


def _payment_terms(row: dict) -> tuple:
    said = number(row.get("payment_terms"))
    return said, said


def _month(row: dict) -> tuple:
    said = number(_text(row.get("financial_year_start"))[5:7].lstrip("0"))
    return said, said


def _frequency(value: Any) -> str:
    given = number(value)
    if given == "0":
        return "0"
    return str(int(given) + 1) if given.isdigit() and 1 <= int(given) <= 10 else "5"


RULES = [
    *(_plain(_text, *each) for each in _names(_TEXTS)),
    *(_plain(number, *each) for each in _names(_NUMBERS) if each[0] != "payment_terms"),
    *(_plain(flag, *each) for each in _names(_FLAGS)),
    *(_plain(number, *each) for each in _names(_COMPANY_NUMBERS)),
    *(_plain(flag, *each) for each in _names(_COMPANY_FLAGS)),
    *map(_reminder, (1, 2, 3)),
    *map(_message, _MESSAGES),
    Rule("payment_terms", ("payment_terms",), _payment_terms, lambda row: number(row.get("payment_terms"))),
    Rule("first_month_of_year", ("financial_year_start",), _month, lambda row: number(row.get("first_month_of_year"))),
    # The exporter reads token_billing_id, which V4 does not have.
    _mapped("auto_bill", "token_billing_type_id", lambda value: _AUTO_BILL.get(number(value), "off"), "off"),
    _mapped("auto_bill_date", "auto_bill_on_due_date", lambda v: "on_due_date" if flag(v) == "1" else "on_send_date"),
    _mapped("email_style", "email_design_id", lambda value: _STYLES.get(number(value), "light")),
    _mapped("reset_counter_frequency_id", "reset_counter_frequency_id", _frequency),
    Rule("custom_fields", ("custom_fields",), _v4_fields, lambda row: _fields_text(_json(row.get("custom_fields")))),
]

_V5_COLUMNS = [name for name, _ in _names(f"{_COMPANY_NUMBERS} {_COMPANY_FLAGS}")] + [
    "first_month_of_year",
    "custom_fields",
]
# The names that are read out of V5's JSON; no other of it leaves the host, for there are secrets among them.
V5_NAMES = [rule.name for rule in RULES if rule.name not in _V5_COLUMNS] + ["company_logo"]
_V4_COLUMNS = sorted({column for rule in RULES for column in rule.columns} | {"logo"})
SQL = {
    "v4": "SELECT "  # noqa: S608
    + ", ".join(f"{column if '.' in column else f'a.{column}'} AS `{column}`" for column in _V4_COLUMNS)
    + " FROM accounts a LEFT JOIN account_email_settings e ON e.account_id = a.id WHERE a.id = :tenant LIMIT 1",
    "v5": f"SELECT {', '.join(_V5_COLUMNS)}, settings AS _json FROM companies WHERE id = :tenant",  # noqa: S608
}
LOOKUPS = {
    "v4": {
        "_timezone": "SELECT z.name FROM timezones z JOIN accounts a ON z.id = COALESCE(NULLIF(a.timezone_id, 0), 15)"
        " WHERE a.id = :tenant",
        "_language": "SELECT l.locale FROM languages l JOIN accounts a ON l.id = COALESCE(NULLIF(a.language_id, 0), 1)"
        " WHERE a.id = :tenant",
    },
    "v5": {
        "_timezone": "SELECT z.name FROM timezones z JOIN companies c"
        " ON z.id = JSON_UNQUOTE(JSON_EXTRACT(c.settings, '$.timezone_id')) WHERE c.id = :tenant",
        "_language": "SELECT l.locale FROM languages l JOIN companies c"
        " ON l.id = JSON_UNQUOTE(JSON_EXTRACT(c.settings, '$.language_id')) WHERE c.id = :tenant",
    },
}


def compare(v4: dict, v5: dict) -> list:
    """The settings that differ, of both hosts' rows: each ``name``, ``v4``, ``v5``, ``known`` and ``reason``."""
    found = []
    for rule in RULES:
        said, own = rule.v4(v4)
        seen = rule.v5(v5)
        if seen == own or (rule.name == "name" and own == ""):
            continue
        known, reason = seen == said, rule.reason if seen == said else ""
        if rule.name in _COUNTERS and seen.isdigit() and own.isdigit() and int(seen) >= int(own):
            known, reason = True, COUNTED_ON
        found.append({"name": rule.name, "v4": own, "v5": seen, "known": known, "reason": reason})
    if v4["_timezone"] != v5["_timezone"]:
        same = v4["_zone"] != "" and v4["_zone"] == v5["_zone"]
        zones = {"name": "timezone", "v4": v4["_timezone"], "v5": v5["_timezone"]}
        found.append({**zones, "known": same, "reason": SAME_HOURS if same else ""})
    if v4["_language"] != v5["_language"]:
        nearest = is_nearest_language(v4["_language"], v5["_language"])
        tongues = {"name": "language", "v4": v4["_language"], "v5": v5["_language"]}
        found.append({**tongues, "known": nearest, "reason": NEAREST_LANGUAGE if nearest else ""})
    return found


def is_nearest_language(v4: str, v5: str) -> bool:
    """Whether V5 has no closer locale than ``v5`` for V4's ``v4`` (both lists: LanguageSeeder of V4 and V5).

    The importer takes V4's number for V5's, and from 29 on the two lists differ: English (Australia) becomes Russian.
    """
    return v4 in _LOCALES_WITHOUT_EQUAL and v4.split("_")[0] == v5.split("_")[0]
