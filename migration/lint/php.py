"""How PHP 8.2 and MariaDB see a JSON value: types, texts, numbers, dates, and the words of their errors.

Every sentence here was seen on PHP 8.2 with Laravel's error handler, which turns each warning into an exception.
"""

from __future__ import annotations

import re
import unicodedata

NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[ \t\n\r\v\f]*", re.ASCII)
LEADING_NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
INTEGER = re.compile(r"[ \t\n\r\v\f]*[+-]?(0|[1-9]\d{0,18})[ \t\n\r\v\f]*", re.ASCII)
PLAIN_INTEGER = re.compile(r"-?[1-9]\d{0,17}|0", re.ASCII)
DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
# What strtotime() knows besides; more is never in an export.
DATE_WORDS = ("", "now", "today", "yesterday", "tomorrow", "midnight", "noon")
TRUE_WORDS = ("1", "true", "on", "yes")
ARRAY_TO_STRING = "Array to string conversion"
NON_NUMERIC = "A non-numeric value encountered"


def kind(value) -> str:
    """PHP's name for the type, as its errors say it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (list, dict)) else "float"


def text(value) -> str:
    """(string) of a scalar."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def key(value):
    """What an old id is remembered under: equal for 5 and "5", as PHP's "clients_5" is."""
    if type(value) is int:
        return value
    value = text(value)
    return int(value) if PLAIN_INTEGER.fullmatch(value) else value


def is_numeric(value) -> bool:
    """PHP's is_numeric()."""
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value) -> bool:
    """Laravel's rule ``integer``: filter_var() takes it for one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (list, dict)) or value is None:
        return False
    return INTEGER.fullmatch(text(value)) is not None


def number(value) -> float:
    """(float) of a scalar: what stands at its beginning, else 0."""
    if isinstance(value, str):
        found = LEADING_NUMBER.match(value)
        return float(found.group(0)) if found else 0.0
    return float(value or 0) if not isinstance(value, (list, dict)) else 1.0


def row_id(value):
    """The id that MariaDB looks for where a column of integers is compared with the value; None where there is none."""
    if value is None or isinstance(value, (list, dict)):
        return None
    wanted = number(value)
    return round(wanted) if abs(wanted) < 1e15 else None


def found_id(value):
    """The same where the value is only looked for: a fraction finds nothing."""
    if value is None or isinstance(value, (list, dict)):
        return None
    wanted = number(value)
    return int(wanted) if wanted == wanted and abs(wanted) < 1e15 and wanted.is_integer() else None


def is_blank(value) -> bool:
    """Laravel's ``required`` refuses it."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def is_empty(value) -> bool:
    """PHP's empty() and, for a scalar, ``!$value``."""
    return value is None or value is False or value in ("", "0", 0, [], {})


def arithmetic(left, operator: str, right) -> str:
    """The error of ``left operator right``; "" where it can be calculated."""
    for value in (left, right):
        if isinstance(value, (list, dict)) or (isinstance(value, str) and not LEADING_NUMBER.match(value)):
            return f"Unsupported operand types: {kind(left)} {operator} {kind(right)}"
    for value in (left, right):
        if isinstance(value, str) and not is_numeric(value):
            return NON_NUMERIC
    return ""


def date_error(value) -> str:
    """The error of Carbon::parse(); "" where it can be read (null is now)."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return ""
    found = DATE.fullmatch(value)
    if found:
        _, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        if month <= 12 and day <= 31 and hour <= 24 and minute <= 59 and second <= 60:
            return ""
        return f"Could not parse '{value}': Failed to parse time string ({value})"
    if value.strip().lower() in DATE_WORDS:
        return ""
    return (
        f"Could not parse '{value}': Failed to parse time string ({value}) at position 0 ({value[:1]}):"
        " The timezone could not be found in the database"
        if value[:1].isalpha()
        else f"Could not parse '{value}': Failed to parse time string ({value})"
    )


def database_date(value) -> str:
    """How MariaDB without strict mode keeps a text in a date column: "same", "zero" or "" (none)."""
    if value is None:
        return ""
    found = DATE.match(text(value))
    if not found:
        return "zero"
    year, month, day = (int(part) for part in found.groups()[:3])
    if not (year or month or day) or month > 12 or month == 0 or day == 0:
        return "zero"
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return "same" if day <= longest else "zero"


def collated(value: str) -> str:
    """What utf8mb4_unicode_ci compares: without case, accents, invisible characters and trailing spaces.

    All characters beyond the basic plane (emoji) are one to it.
    """
    if value.isascii() and value.isprintable():
        return value.lower().rstrip(" ")
    plain = unicodedata.normalize("NFKD", "".join("\ufffd" if each > "\uffff" else each for each in value))
    kept = (each for each in plain if not unicodedata.combining(each) and not _is_ignored(each))
    return "".join(kept).casefold().rstrip(" ")


def _is_ignored(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc") and character not in "\t\n\v\f\r"


def snake(attribute: str) -> str:
    """How Laravel's messages name an attribute."""
    return attribute.replace("_", " ")
