"""What the linter knows of V5's tables and lists, against the stand-in's: a change of the one shows in the other."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from lint_exports import BASE, changed, predicted, warns

from migration.lint import amounts, lookups, settings
from migration.lint.schema import TABLES

V5 = Path(__file__).resolve().parents[2] / "lab" / "standins" / "v5"
LISTS = V5 / "database" / "seeders" / "data"
TYPES = {
    "int": "i", "bigint": "i", "smallint": "i", "tinyint": "i", "decimal": "n", "double": "n", "varchar": "v",
    "char": "v", "text": "t", "mediumtext": "m", "longtext": "m", "date": "d", "timestamp": "s", "datetime": "s",
    "enum": "e",
}  # fmt: skip


def statements() -> dict:
    """The stand-in's tables: name: the text of their definition."""
    text = (V5 / "database" / "schema" / "mysql-schema.sql").read_text()
    return dict(re.findall(r"CREATE TABLE `(\w+)` \((.*?)\n\) ENGINE", text, re.S))


STATEMENTS = statements()
COLUMN = re.compile(r"(?:^|,)\s*`(\w+)` (\w+)(?:\(([^)]*)\))?([^,]*)")


def columns(table: str) -> dict:
    """name: (type, size, nullable) as schema.py writes them."""
    result = {}
    for name, type_, size, rest in COLUMN.findall(re.split(r"PRIMARY KEY", STATEMENTS[table])[0]):
        letter = TYPES[type_]
        limit = int(size) if letter == "v" else 65535 if letter == "t" else 0
        result[name] = (letter, limit, "NOT NULL" not in rest or "AUTO_INCREMENT" in rest)  # which takes NULL
    return result


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_columns_of_a_table(table):
    assert {name: tuple(column) for name, column in TABLES[table].columns.items()} == columns(table)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_unique_numbers_of_a_table(table):
    keys = re.findall(r"UNIQUE KEY `\w+` \(([^)]*)\)", STATEMENTS[table])
    assert TABLES[table].unique_number == ("`company_id`,`number`" in keys)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_foreign_keys_to_lists(table):
    found = re.findall(r"FOREIGN KEY \(`(\w+)`\) REFERENCES `(\w+)` \(`(\w+)`\)", STATEMENTS[table])
    lists = {name: (other, key) for name, other, key in found if other in ("gateways", "countries", "currencies",
             "industries", "sizes", "languages", "timezones", "payment_types")}  # fmt: skip
    assert {name: tuple(known[1:]) for name, known in TABLES[table].foreign.items()} == lists


@pytest.mark.parametrize("table", sorted(name for name in TABLES if TABLES[name].fillable or TABLES[name].json))
def test_what_a_model_takes_are_columns(table):
    assert TABLES[table].json <= set(TABLES[table].columns)
    assert set(TABLES[table].blank) <= set(TABLES[table].columns)


def rows(name: str) -> list:
    with (LISTS / f"{name}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("industries", lookups.INDUSTRIES),
        ("sizes", lookups.SIZES),
        ("currencies", lookups.CURRENCIES),
        ("languages", lookups.LANGUAGES),
        ("timezones", lookups.TIMEZONES),
        ("date_formats", lookups.DATE_FORMATS),
        ("countries", lookups.COUNTRIES),
    ],
)
def test_a_list(name, known):
    assert {int(row["id"]) for row in rows(name)} == known


def test_the_gateways():
    added = "".join(path.read_text() for path in sorted((V5 / "database" / "migrations").glob("*gateway*.php")))
    assert {row["key"] for row in rows("gateways")} | set(re.findall(r"\b[0-9a-f]{32}\b", added)) == set(
        lookups.GATEWAY_KEYS
    )


def test_the_currencies_without_cents_or_with_mills():
    odd = {int(row["id"]): int(row["precision"]) for row in rows("currencies") if row["precision"] != "2"}
    assert odd == amounts.PRECISIONS


def test_the_types_of_the_settings():
    known = json.loads((V5 / "app" / "DataMapper" / "company-settings.json").read_text())
    assert {name: type_ for name, (type_, _) in known.items()} == settings.TYPES


@pytest.mark.parametrize("exported", sorted(lookups.OTHER_ZONES))
def test_a_time_zone_that_becomes_another_is_named(exported):
    v4, v5 = lookups.OTHER_ZONES[exported]
    names = {int(row["id"]): row["name"] for row in rows("timezones")}
    assert names[exported] == v5 != v4
    assert v4 in names.values()  # so that it can be chosen
    prediction = predicted(changed(BASE, [[["data", "company", "settings", "timezone_id"], str(exported)]]))
    (found,) = warns(prediction, "timezone-changed")
    assert v4 in found["detail"] and v5 in found["detail"] and v4 in found["remedy"]


def test_a_time_zone_with_the_same_hours_is_none():
    for zone in ("15", "36", 57, None, "abc"):
        prediction = predicted(changed(BASE, [[["data", "company", "settings", "timezone_id"], zone]]))
        assert not warns(prediction, "timezone-changed")


def test_a_language_that_becomes_another_is_named():
    names = {int(row["id"]): row["name"] for row in rows("languages")}
    for number, (v4, v5, instead) in lookups.OTHER_LANGUAGES.items():
        assert names[number].startswith(v5) and v4 != v5
        assert instead.split(",")[0] in {name.split(" (")[0] for name in names.values()}
        changes = [
            [["data", "company", "settings", "language_id"], str(number)],
            [["data", "clients", 1, "settings", "language_id"], str(number)],
        ]
        found = warns(predicted(changed(BASE, changes)), "language-changed")
        assert [each["resource"] for each in found] == ["company", "clients"]
        assert found[1]["v4_id"] == BASE["data"]["clients"][1]["id"] and instead in found[1]["remedy"]
    assert not warns(predicted(BASE), "language-changed")
