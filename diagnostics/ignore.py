"""Findings that the user knows: each with a reason, and a day after which it counts again."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterable, Sequence

from .findings import ERROR, FAIL, WARN, Finding

KEYS = ("id", "reason", "until")


class IgnoreError(ValueError):
    """An entry that is not right; its text says what and where."""


@dataclass(frozen=True)
class Ignore:
    """An id whose findings do not count, why, and the last day on which that holds (None: for good)."""

    id: str
    reason: str
    until: datetime.date | None = None

    def expired(self, today: datetime.date) -> bool:
        """Whether the last day is over."""
        return self.until is not None and today > self.until


def parse(text: str) -> Ignore:
    """Read ``ID=REASON`` or ``ID=REASON@YYYY-MM-DD``; raises IgnoreError."""
    id, equals, reason = text.partition("=")
    if not equals:
        raise IgnoreError(f"'{text}' is not ID=REASON or ID=REASON@YYYY-MM-DD")
    dated = re.fullmatch(r"(.*)@(\d{4}-\d{2}-\d{2})", reason, re.DOTALL)
    reason, until = dated.groups() if dated else (reason, None)
    return _checked({"id": id, "reason": reason, "until": until}, f"'{text}'")


def read(path: Path) -> list[Ignore]:
    """Read a YAML file: a list of ``id``, ``reason`` and, where it ends, ``until``. Raises IgnoreError."""
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IgnoreError(f"{path} cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:  # ValueError: a day such as 2026-02-31
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise IgnoreError(f"{path} is not valid YAML{where}: {getattr(error, 'problem', None) or error}") from None
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise IgnoreError(f"{path} is not a list of entries with id, reason and until")
    return [_checked(entry, f"entry {number} of {path}") for number, entry in enumerate(entries, 1)]


def _checked(entry: Any, where: str) -> Ignore:
    if not isinstance(entry, dict):
        raise IgnoreError(f"{where} has no id and reason")
    strange = [str(key) for key in entry if key not in KEYS]
    if strange:
        raise IgnoreError(f"{where} has '{strange[0]}'; known are {', '.join(KEYS)}")
    for key in ("id", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise IgnoreError(f"{where} has no {key}")
    return Ignore(entry["id"].strip(), entry["reason"].strip(), _day(entry.get("until"), where))


def _day(value: Any, where: str) -> datetime.date | None:
    if value is None:
        return None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        return datetime.datetime.strptime(str(value), "%Y-%m-%d").date()
    except ValueError:
        raise IgnoreError(f"{where}: '{value}' is not a day such as 2026-12-31") from None


def sorted_out(ignores: Iterable[Ignore], today: datetime.date) -> tuple[list[Ignore], list[Ignore]]:
    """Those that hold today, and those that no longer do."""
    holding, over = [], []
    for each in ignores:
        (over if each.expired(today) else holding).append(each)
    return holding, over


def apply(ignores: Sequence[Ignore], findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those of the given ids marked with the reason. What is well needs no excuse and stays as it is."""
    reasons = {each.id: _reason(each) for each in ignores}
    return [
        replace(each, ignored=reasons[each.id]) if each.id in reasons and each.status in (FAIL, WARN, ERROR) else each
        for each in findings
    ]


def _reason(ignore: Ignore) -> str:
    return f"{ignore.reason} (until {ignore.until})" if ignore.until else ignore.reason
