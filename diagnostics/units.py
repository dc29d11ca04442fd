"""Values of the facts as numbers, and numbers as words for a person."""

from __future__ import annotations

import re
from typing import Any, Mapping

KIB, MIB, GIB = 1024, 1024**2, 1024**3
MINUTE, HOUR, DAY = 60, 3600, 86400


def in_bytes(size: float) -> str:
    """``1.4 GiB``: a size in bytes, for a person."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(size) >= unit:
            return f"{size / unit:.1f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{size:.0f} bytes"


def in_days(seconds: float) -> str:
    """``12 days``: a duration in seconds, in whole days."""
    days = int(seconds // DAY)
    return "1 day" if days == 1 else f"{days} days"


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
