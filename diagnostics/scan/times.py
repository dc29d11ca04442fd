"""Times that a person gives, as a log writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_BACK = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


class TimeError(ValueError):
    """It is no time; the message says which ones there are."""


def since_time(words: str, now: datetime | None = None) -> str:
    """`2026-11-23 17:40:42` for a date, a date with a time, or `45m`, `2h`, `3d`, `1w` back from now.

    Now is taken as UTC, in which V4 and V5 log. Raises TimeError.
    """
    back = _BACK.fullmatch(words.strip())
    try:
        if back:
            then = (now or datetime.now(timezone.utc)) - timedelta(**{_UNITS[back.group(2)]: int(back.group(1))})
            return then.strftime("%Y-%m-%d %H:%M:%S")
        plain = words.strip().replace("T", " ").removesuffix("Z")
        for form in _FORMATS:
            try:
                return datetime.strptime(plain, form).strftime("%Y-%m-%d %H:%M:%S")
            except ValueError:
                continue
    except OverflowError:
        pass
    raise TimeError(f"'{words}' is no time. Give 2026-11-25, '2026-11-25 10:00', 45m, 2h or 3d.")
