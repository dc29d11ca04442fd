"""The known failures of a migration: `diagnostics/signatures/*.yml`, one entry for each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from ..findings import FAIL, WARN

FOLDER = Path(__file__).resolve().parent.parent / "signatures"
PHASES = ("connect", "upload", "export", "import", "after", "upgrade-v4", "install-v5", "run-v5")
LOGS = {
    "v4-error": "V4's storage/logs/laravel-error.log",
    "v4-info": "V4's storage/logs/laravel-info.log",
    "v4-laravel": "V4's storage/logs/laravel.log",
    "v5-laravel": "V5's storage/logs/laravel.log",
    "v5-expanded": "V5's storage/logs/invoiceninja.log, with EXPANDED_LOGGING",
    "mail": "V5's mail to the owner, in laravel.log with MAIL_MAILER=log",
    "web": "the error log of nginx or Apache",
    "php": "the log of PHP or of PHP-FPM",
    "http": "what the site answers",
    "console": "the output of artisan, composer or docker",
    "check-data": "the output of ninja:check-data",
}
_TEXTS = ("id", "title", "phase", "cause", "remedy", "source")
_LISTS = ("logs", "literals", "seen_by", "also", "sample", "near_miss")
_PATTERNS = ("pattern", "unless")
_KEYS = {*_TEXTS, *_LISTS, *_PATTERNS, "severity"}
_WITH_PATTERN = {"logs", "literals", "sample", "near_miss"}


class SignatureError(Exception):
    """A signature file is wrong; the message names the file, the entry and what is wrong."""


@dataclass(frozen=True)
class Signature:
    """One known failure.

    logs: keys of LOGS, where it lands. pattern: it is searched in one record, all lines of it at once; None where it
    leaves nothing in a log. unless: a record in which this is found shows something else. literals: one of them stands
    in every match. seen_by: what else finds it: the id of a check, a command, or words. also: other ids that may leave
    the same text. remedy: commands, or sentences, a line each. sample, near_miss: records that must match and must not.
    """

    id: str
    title: str
    phase: str
    severity: str
    cause: str
    remedy: str
    source: str
    logs: tuple[str, ...] = ()
    pattern: re.Pattern | None = field(default=None, compare=False)
    unless: re.Pattern | None = field(default=None, compare=False)
    literals: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    near_miss: tuple[str, ...] = ()

    def matches(self, record: str) -> bool:
        """Whether a record shows this failure. The literals come first: a search for one costs next to nothing."""
        return self.pattern is not None and any(each in record for each in self.literals) and self.found_in(record)

    def found_in(self, record: str) -> bool:
        """Whether the pattern is found in a record that has one of the literals."""
        if self.pattern is None or not self.pattern.search(record):
            return False
        return self.unless is None or not self.unless.search(record)

    @property
    def depends_on_digits(self) -> bool:
        """Whether the pattern or a literal names a digit, so that `error 6` and `error 7` differ for it."""
        patterns = "".join(each.pattern for each in (self.pattern, self.unless) if each)
        return bool(re.search(r"\d", re.sub(r"\{\d+(?:,\d*)?\}", "", patterns) + "".join(self.literals)))


@lru_cache(maxsize=1)
def signatures() -> tuple[Signature, ...]:
    """Every known failure, in the order of the files; raises SignatureError where a file is wrong."""
    found: dict[str, Signature] = {}
    for file in sorted(FOLDER.glob("*.yml")):
        for entry in _entries(file):
            made = _signature(file, entry)
            if made.id in found:
                raise SignatureError(f"{file.name}: there are two of {made.id}")
            found[made.id] = made
    return tuple(found.values())


def signature(id: str) -> Signature | None:
    """The known failure of this id, None where there is none."""
    return next((each for each in signatures() if each.id == id), None)


def _entries(file: Path) -> list:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(file.read_text("utf-8"), Loader=loader)  # noqa: S506  # both are safe loaders
    except yaml.YAMLError as error:
        raise SignatureError(f"{file.name}: {error}") from error
    if not isinstance(entries, list):
        raise SignatureError(f"{file.name}: it must be a list of signatures")
    return entries


def _signature(file: Path, entry: object) -> Signature:
    where = f"{file.name}: {entry.get('id') if isinstance(entry, dict) else entry!r}"

    def refuse(what: str) -> SignatureError:
        return SignatureError(f"{where}: {what}")

    if not isinstance(entry, dict):
        raise refuse("it must be a map")
    if set(entry) - _KEYS:
        raise refuse(f"unknown keys {sorted(set(entry) - _KEYS)}")
    pattern = entry.get("pattern")
    needed = set(_TEXTS) | (_WITH_PATTERN if pattern else {"seen_by"})
    if not needed <= set(entry):
        raise refuse(f"it lacks {sorted(needed - set(entry))}")
    if not pattern and set(entry) & {"literals", "sample", "near_miss"}:
        raise refuse("it has literals or samples, and no pattern")
    texts = {}
    for key in _TEXTS:
        texts[key] = entry[key]
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise refuse(f"{key} must be a text")
    lists = {}
    for key in _LISTS:
        value = entry.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise refuse(f"{key} must be a list of texts")
        lists[key] = tuple(value)
    severity = entry.get("severity", FAIL)
    if texts["phase"] not in PHASES or severity not in (FAIL, WARN) or not set(lists["logs"]) <= set(LOGS):
        raise refuse("its phase, severity or logs is none that exists")
    try:
        patterns = {key: re.compile(entry[key], re.DOTALL | re.MULTILINE) for key in _PATTERNS if entry.get(key)}
    except (re.error, TypeError) as error:
        raise refuse(f"its pattern is wrong: {error}") from error
    return Signature(severity=severity, **patterns, **{key: text.strip() for key, text in texts.items()}, **lists)
