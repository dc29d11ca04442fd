"""The JSON of ``diagnose --json``; docs/diagnose.md describes it."""

from __future__ import annotations

import json
import re
from typing import Any, Sequence

from ..diagnosis import Diagnosis
from ..findings import Finding, summary

SCHEMA = 1  # it changes when a field loses its meaning
# What json leaves as it is although it could steer or deceive a terminal. All of it stands within strings.
HIDDEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def text(diagnoses: Sequence[Diagnosis], *, line: bool = False) -> str:
    """The object of the one TARGET, or the list of the objects of several. line: on one line, for --watch."""
    found = [document(each) for each in diagnoses]
    return _dumped(found[0] if len(found) == 1 else found, line)


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The object of one TARGET."""
    named = any(each.name for each in diagnosis.hosts)
    written: dict[str, Any] = {
        "schema": SCHEMA,
        "target": diagnosis.target,
        "version": diagnosis.version,
        "findings": [_finding(each, named) for each in diagnosis.findings],
        "summary": diagnosis.summary,
        "ignored": [{**_finding(each, named), "reason": each.ignored} for each in diagnosis.ignored],
        "expired": [{"id": each.id, "reason": each.reason, "until": str(each.until)} for each in diagnosis.expired],
        "redacted": diagnosis.redacted,
        "seconds": round(diagnosis.seconds, 3),
    }
    if any(each.as_of for each in diagnosis.hosts):
        written["as_of"] = max(each.as_of for each in diagnosis.hosts)
    if named:
        hosts = [{"host": each.name, "kind": each.kind, "version": each.version} for each in diagnosis.hosts]
        written["hosts"] = hosts
    return written


def refusal(status: int, message: str, remedy: str) -> str:
    """The same object for a command that could not begin, or that broke; on one line, for it may end a --watch."""
    empty = {"schema": SCHEMA, "target": "", "version": "", "findings": [], "summary": summary([])}
    return _dumped({**empty, "exit": status, "message": message, "remedy": remedy}, line=True)


def _finding(finding: Finding, named: bool) -> dict[str, str]:
    written = {
        "id": finding.id,
        "group": finding.group,
        "status": finding.status,
        "title": finding.title,
        "evidence": finding.evidence,
        "remedy": finding.remedy,
        "page": finding.page,
    }
    return {"host": finding.host, **written} if named else written


def _dumped(value: Any, line: bool) -> str:
    written = json.dumps(value, indent=None if line else 2, ensure_ascii=False)
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
