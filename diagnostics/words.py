"""Numbers as a person reads them in evidence."""

from __future__ import annotations

from typing import Any, Iterable

_SPANS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ON = ("true", "(true)", "1", "yes", "on")


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 job``, ``3 jobs``, ``2 companies``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def span(seconds: float) -> str:
    """A duration in its largest unit, rounded down: ``3 minutes``, ``2 days``."""
    seconds = max(int(seconds), 0)
    for length, noun in _SPANS:
        if seconds >= length:
            return count(seconds // length, noun)
    return "0 seconds"


def some(names: Iterable[Any], most: int = 5) -> str:
    """The names with commas between them, and how many more there are after ``most``."""
    names = [str(name) for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def on(value: Any) -> bool:
    """Whether a setting of .env is on, as the application reads it."""
    return str(value).strip().strip("\"'").lower() in _ON
