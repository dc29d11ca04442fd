"""Settings of use: what V4's exporter makes of V4's columns, and every setting that V5 holds otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reconcile_sides import settings_of

from migration.reconcile import settings

FORCED = {
    "auto_bill",
    "shared_invoice_quote_counter",
    "all_pages_footer",
    "all_pages_header",
    "enable_client_portal_dashboard",
}


def v4(**columns: object) -> dict:
    return {**settings_of("v4"), **columns}


def v5(row: dict, **values: object) -> dict:
    """What a clean import makes of V4's row, with some values changed."""
    same = {"_timezone": "UTC", "_zone": "0", "_language": "en"}
    return {**{rule.name: rule.v4(row)[0] for rule in settings.RULES}, **same, **values}


def told(row: dict, seen: dict) -> list:
    return [(each["name"], each["known"]) for each in settings.compare(row, seen)]


def test_what_comes_over_as_it_is_is_no_difference():
    row = v4(name="Müller & Söhne", timezone_id=36, currency_id=3, tax_rate1="7.500", invoice_number_counter=12)
    assert told(row, v5(row)) == []
    seen = v5(row, currency_id="3", tax_rate1=7.5, invoice_number_counter=12, military_time=False)
    assert told(row, seen) == []


@given(st.sampled_from([rule.name for rule in settings.RULES]), st.integers(2, 9))
def test_every_changed_setting_is_found(name, value):
    row = v4(name="Acme", client_number_counter=9, credit_number_counter=9)
    changed = {"custom_fields": '{"client1": "x"}', "shared_invoice_quote_counter": 0, "auto_bill": "optin"}
    seen = v5(row)
    was = next(rule for rule in settings.RULES if rule.name == name).v5(seen)
    value += str(value) == was  # a change, whatever the value was
    new = changed.get(name, 0 if was == "1" and name in settings_flags() else value)
    assert told(row, v5(row, **{name: new})) in (
        [(name, False)],
        [(name, True)] if name.endswith("number_counter") else [],
    )


def settings_flags() -> set:
    return {
        rule.name for rule in settings.RULES if rule.v5({rule.name: True}) == "1" and rule.v5({rule.name: 7}) == "1"
    }


@pytest.mark.parametrize(
    ("columns", "name", "own", "said"),
    [
        ({"share_counter": 0}, "shared_invoice_quote_counter", "0", "1"),
        ({"all_pages_header": 0}, "all_pages_header", "0", "1"),
        ({"token_billing_type_id": 4}, "auto_bill", "always", "off"),
    ],
)
def test_what_the_exporter_always_says_is_known(columns, name, own, said):
    row = v4(**columns)
    (found,) = settings.compare(row, v5(row))
    assert {"name": name, "v4": own, "v5": said, "known": True, "reason": settings.ALWAYS}.items() <= found.items()
    # Mended by hand in V5, it is no difference any more; anything else is one.
    assert told(row, v5(row, **{name: own})) == []


@pytest.mark.parametrize(
    ("columns", "name", "value"),
    [
        ({"payment_terms": -1}, "payment_terms", "-1"),
        ({"payment_terms": None}, "payment_terms", "0"),
        ({"recurring_invoice_number_prefix": ""}, "recurring_number_prefix", "R"),
        ({"country_id": None}, "country_id", "840"),
        ({"direction_reminder1": 2, "field_reminder1": 2}, "schedule_reminder1", "before_invoice_date"),
        ({"direction_reminder1": 1, "field_reminder1": 1}, "schedule_reminder1", "after_due_date"),
        ({"auto_bill_on_due_date": 1}, "auto_bill_date", "on_due_date"),
        ({"email_design_id": 3}, "email_style", "dark"),
        ({"reset_counter_frequency_id": 4}, "reset_counter_frequency_id", "5"),
        ({"financial_year_start": "2000-04-01"}, "first_month_of_year", "4"),
        ({"custom_messages": '{"dashboard": "Hello"}'}, "custom_message_dashboard", "Hello"),
        ({"custom_fields": '{"invoice1": "Freight", "invoice_text1": "Note"}'}, "custom_fields",
         "invoice1: Note\ninvoice_text1: Note\nsurcharge1: Freight"),
    ],
)  # fmt: skip
def test_v4s_columns_become_v5s_settings(columns, name, value):
    row = v4(**columns)
    assert next(rule for rule in settings.RULES if rule.name == name).v4(row)[0] == value


def test_counters_may_be_ahead_in_v5_but_not_behind():
    row = v4(client_number_counter=9)
    (found,) = settings.compare(row, v5(row, client_number_counter=12))
    assert (found["known"], found["reason"]) == (True, settings.COUNTED_ON)
    assert told(row, v5(row, client_number_counter=3)) == [("client_number_counter", False)]
    row = v4(invoice_number_counter=9)
    assert told(row, v5(row, invoice_number_counter=12)) == [("invoice_number_counter", False)]


def test_a_time_zone_is_the_same_where_its_hours_are():
    row = {**v4(), "_timezone": "Europe/Berlin", "_zone": "3600 7200"}
    assert told(row, v5(row, _timezone="Europe/Belgrade", _zone="3600 7200")) == [("timezone", True)]
    assert told(row, v5(row, _timezone="Europe/Athens", _zone="7200 10800")) == [("timezone", False)]
    assert told({**row, "_zone": ""}, v5(row, _timezone="", _zone="")) == [("timezone", False)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "0"), ("", "0"), ("0.00", "0"), ("-0.00", "0"), ("7.500", "7.5"), (7.5, "7.5"), (10, "10"), ("abc", "abc")],
)
def test_numbers_are_one_text(value, text):
    assert settings.number(value) == text


def test_no_secret_of_v5s_settings_is_read():
    """V5 keeps passwords of mail services among its settings."""
    assert not [
        name for name in settings.V5_NAMES if any(word in name for word in ("secret", "token", "password_", "smtp"))
    ]


@pytest.mark.parametrize(
    ("was", "is_", "known"),
    [("en_AU", "ru_RU", False), ("en_AU", "en", True), ("sr_RS", "sr", True), ("de", "fr", False)],
)
def test_a_language_is_compared_by_its_locale(was, is_, known):
    row = {**v4(), "_language": was}
    assert told(row, v5(row, _language=is_)) == [("language", known)]
    assert told(row, v5(row, _language=was)) == []
