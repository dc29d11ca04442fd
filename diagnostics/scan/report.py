"""What a scan found, as one JSON document and as text for a person."""

from __future__ import annotations

import json
import re

from ..findings import FAIL, STATUSES
from .files import LogFile
from .results import SHAPES, Group, Result, Sample
from .signatures import Signature, signature

SCHEMA = 1
SHOWN = 20  # shapes of unknown errors in the text; the document has all that were kept
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_COLOURS = {"fail": "31", "warn": "33", "pass": "32", "bold": "1", "dim": "2"}


def failed(result: Result) -> bool:
    """Whether the scan found a known failure that is grave, or an import that did not end."""
    return result.unfinished is not None or any(_known(id).severity == FAIL for id in result.known)


def warned(result: Result) -> bool:
    """Whether it found anything at all, a damaged file too."""
    return bool(result.known or result.unknown or result.records_more or any(_damaged(each) for each in result.files))


def document(result: Result) -> str:
    """The JSON document; docs/scan-log.md describes it."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "files": [each.name for each in result.files],
            "notes": {each.name: each.note for each in result.files if each.note},
            "bytes": sum(each.bytes for each in result.files),
            "findings": [_finding(known, group) for known, group in _sorted(result)],
            "unfinished_import": result.unfinished,
            "imports": {"began": result.imports_began, "completed": result.imports_completed},
            "unknown": [
                {
                    "shape": shape,
                    "count": group.count,
                    "sample": group.samples[0].text,
                    "first": group.first,
                    "last": group.last,
                    "files": group.files,
                }
                for shape, group in _sorted_unknown(result)
            ],
            "unknown_more": result.records_more,
        },
        ensure_ascii=False,
        indent=2,
    )


def refusal(status: int, message: str, remedy: str) -> str:
    """The document of a scan that could not begin or broke."""
    error = {"status": int(status), "message": message, "remedy": remedy}
    nothing = {"schema": SCHEMA, "files": [], "findings": [], "unfinished_import": None, "unknown": []}
    return json.dumps({**nothing, "error": error}, ensure_ascii=False, indent=2)


def text(result: Result, colour: bool = False) -> str:
    """The report for a person, worst first. Control characters of a log never reach the terminal as such."""
    out = _Text(colour)
    known, unknown = _sorted(result), _sorted_unknown(result)
    if result.unfinished:
        _unfinished(out, result)
    for each, group in known:
        _known_failure(out, each, group)
    if unknown or result.records_more:
        records = sum(group.count for _, group in unknown) + result.records_more
        out.line(
            f"Errors that no signature knows: {_many(records, 'record')} of {_many(len(unknown), 'shape')}", "bold"
        )
        for shape, group in unknown[:SHOWN]:
            out.line(f"  {group.count:>8} x {shape}")
            out.line(f"             {_when(group)}, in {_where(group)}", "dim")
        if len(unknown) > SHOWN:
            out.line(f"  and {len(unknown) - SHOWN} more shapes: all of them with --json")
        if result.records_more:
            out.line(f"  and {_many(result.records_more, 'record')} of more than {SHAPES} shapes, which were not kept")
        out.line("")
    for each in result.files:
        if each.note:
            out.line(f"{each.name}: {each.note}", "warn" if _damaged(each) else "dim")
    total = sum(each.bytes for each in result.files)
    what = f"{_many(len(known), 'known failure')}, {_many(len(unknown), 'shape')} of unknown errors"
    out.line(f"{_many(len(result.files), 'file')}, {total / 2**20:.1f} MiB: {what}", "" if known or unknown else "pass")
    return "\n".join(out.lines)


def _unfinished(out: _Text, result: Result) -> None:
    found = result.unfinished or {}
    out.line(f"FAIL  An import did not end: it stopped in '{found['last_resource']}'", "fail")
    out.line(f"  began {found['started']} ({found['env']}), last line {found['last_at']}, in {found['file']}")
    said = found["message"] or "nothing: V5 in production only mails the reason"
    out.line(f"  what V5 logged of it: {said}")
    out.line(f"  {_many(result.imports_began, 'import')} began, {result.imports_completed} completed")
    out.line("  If the file still grows, it may be running. Else:")
    out.line("  mend: ./cli.py migrate CLIENT   # runs the import so that its reason is logged")
    out.line("")


def _known_failure(out: _Text, each: Signature, group: Group) -> None:
    out.line(f"{each.severity.upper()}  {each.title} ({each.id})", each.severity)
    out.line(f"  {group.count} x, {_when(group)}, in {_where(group)}")
    out.line(f"  cause: {each.cause}")
    if each.also:
        out.line(f"  may also be: {', '.join(each.also)}")
    for line in each.remedy.splitlines():
        out.line(f"  mend: {line}")
    sample = group.samples[-1]
    out.line(f"  record of {sample.at or 'no time'}:", "dim")
    for before in sample.before:
        out.quote("    ", before, 1)
    out.quote("  > ", _around_match(each, sample.text), 12)
    for after in sample.after:
        out.quote("    ", after, 1)
    out.line("")


def _around_match(each: Signature, text: str) -> str:
    """The record, without the lines between its first and those that matched where they are far from it."""
    found = each.pattern.search(text) if each.pattern else None
    line = text.count("\n", 0, found.start()) if found else 0
    if line < 10:
        return text
    lines = text.split("\n")
    return "\n".join([lines[0], "…", *lines[line - 2 :]])


class _Text:
    def __init__(self, colour: bool) -> None:
        self.lines: list[str] = []
        self._colour = colour

    def line(self, words: str, style: str = "") -> None:
        words = escaped(words)
        if self._colour and style:
            words = f"\x1b[{_COLOURS[style]}m{words}\x1b[0m"
        self.lines.append(words)

    def quote(self, before: str, record: str, most: int) -> None:
        lines = record.split("\n")
        for line in lines[:most]:
            self.line(f"{before}{line if len(line) <= 300 else line[:300] + '…'}", "dim" if before == "    " else "")
        if len(lines) > most:
            self.line(f"{before}… {_many(len(lines) - most, 'line')} more", "dim")


def escaped(words: str) -> str:
    """The text with control characters, and those that turn the direction of writing, shown as their numbers."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", words.replace("\t", "    "))


def _sorted(result: Result) -> list[tuple[Signature, Group]]:
    found = [(_known(id), group) for id, group in result.known.items()]
    return sorted(found, key=lambda each: (STATUSES.index(each[0].severity), -each[1].count, each[0].id))


def _sorted_unknown(result: Result) -> list[tuple[str, Group]]:
    return sorted(result.unknown.items(), key=lambda each: (-each[1].count, each[0]))


def _finding(known: Signature, group: Group) -> dict:
    return {
        "id": known.id,
        "title": known.title,
        "severity": known.severity,
        "phase": known.phase,
        "count": group.count,
        "first": group.first,
        "last": group.last,
        "files": group.files,
        "cause": known.cause,
        "remedy": known.remedy,
        "also": list(known.also),
        "samples": [_sample(each) for each in group.samples],
    }


def _sample(sample: Sample) -> dict:
    return {
        "file": sample.file,
        "at": sample.at,
        "text": sample.text,
        "before": sample.before,
        "after": sample.after,
    }


def _known(id: str) -> Signature:
    known = signature(id)
    if known is None:
        raise KeyError(id)
    return known


def _when(group: Group) -> str:
    if not group.first:
        return "no times"
    return group.first if group.first == group.last else f"{group.first} to {group.last}"


def _where(group: Group) -> str:
    names = list(group.files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _damaged(file: LogFile) -> bool:
    return bool(file.note) and file.note != "it is empty"
