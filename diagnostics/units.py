"""Values of the facts as numbers and switches, and numbers as words for a person."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

KIB, MIB, GIB = 1024, 1024**2, 1024**3
MINUTE, HOUR, DAY = 60, 3600, 86400
_SPANS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
_ON = ("true", "(true)", "1", "yes", "on")


def in_bytes(size: float) -> str:
    """``1.4 GiB``: a size in bytes, for a person."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(size) >= unit:
            return f"{size / unit:.1f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{size:.0f} bytes"


def in_days(seconds: float) -> str:
    """``12 days``: a duration in seconds, in whole days."""
    return count(int(seconds // DAY), "day")


def version(text: Any) -> tuple[int, ...]:
    """``(8, 2, 29)`` of ``8.2.29-1ubuntu2``; empty where it begins with no number."""
    found = re.match(r"\d+(?:\.\d+)*", str(text or ""))
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def php_bytes(setting: Any) -> int | None:
    """A size as PHP reads it from its configuration (``2M``, ``1G``, ``-1``), in bytes; None where it is no number."""
    found = re.match(r"\s*(-?\d+)\s*([kmg]?)", str(setting or ""), re.IGNORECASE)
    if not found:
        return None
    return int(found.group(1)) * {"": 1, "k": KIB, "m": MIB, "g": GIB}[found.group(2).lower()]


def php_on(setting: Any) -> bool:
    """Whether a switch of PHP's configuration is on."""
    return str(setting).strip().lower() in ("1", "on", "yes", "true")


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list of the facts, which may be missing."""
    return [each for each in value or [] if isinstance(each, Mapping)]


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
