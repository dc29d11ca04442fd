"""The log records that the probe brought from a host (`logs/hits` of the facts), judged as those of a file are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable, Mapping

from ..findings import STATUSES, WARN
from .judge import IMPORT_MARKS, Judge
from .records import MAIL_MARKS
from .signatures import signature, signatures


@dataclass(frozen=True)
class JudgedHit:
    """One known failure, or one shape of errors that nobody knows (``id`` is ``""``, and the title the shape).

    severity: `fail` or `warn`. first, last: the log's own times. file: where it was seen last. text: a record of it.
    """

    id: str
    title: str
    severity: str
    count: int
    first: str
    last: str
    remedy: str
    text: str
    file: str = ""


@lru_cache(maxsize=1)
def _judge() -> Judge:
    return Judge(fast=False)  # to compile hyperscan's databases takes longer than to look at 200 hits without


def prepare() -> None:
    """Read the signatures now, so that judge_hits does not have to: it takes as long as a host's answer."""
    _judge()


def judge_hits(hits: Iterable[Mapping[str, Any]]) -> list[JudgedHit]:
    """Judge `logs/hits` of the facts (docs/facts.md): known failures first, the gravest and most frequent at the top.

    A hit that shows several failures counts for each. One that is neither known nor an error is left out.
    """
    found: dict[tuple[str, str], JudgedHit] = {}
    for hit in hits:
        verdict = _judge().judge(_record(hit).encode())
        for id in verdict.ids:
            _add(found, (id, ""), hit)
        if verdict.shape:
            _add(found, ("", verdict.shape), hit)
    return sorted(found.values(), key=lambda each: (not each.id, STATUSES.index(each.severity), -each.count, each.id))


def _record(hit: Mapping[str, Any]) -> str:
    """The record with its head, which the facts have in fields of their own."""
    text = str(hit.get("text") or "")
    level = str(hit.get("level") or "")
    if not level or text.startswith("[2") or f".{level.upper()}: " in text[:200]:
        return text
    return f"[{hit.get('last') or '0000-00-00 00:00:00'}] {hit.get('env') or 'production'}.{level.upper()}: {text}"


def _add(found: dict, key: tuple[str, str], hit: Mapping[str, Any]) -> None:
    count = int(hit.get("count") or 1)
    first, last = str(hit.get("first") or ""), str(hit.get("last") or "")
    text, file = str(hit.get("text") or ""), str(hit.get("file") or "")
    known = found.get(key)
    if known is None:
        of = signature(key[0])
        title, severity = (of.title, of.severity) if of else (key[1], WARN)
        found[key] = JudgedHit(key[0], title, severity, count, first, last, of.remedy if of else "", text, file)
        return
    newer = last >= known.last
    found[key] = JudgedHit(
        known.id,
        known.title,
        known.severity,
        known.count + count,
        min(filter(None, (known.first, first)), default=""),
        max(known.last, last),
        known.remedy,
        text if newer else known.text,
        file if newer else known.file,
    )


def probe_literals() -> tuple[str, ...]:
    """What the probe looks for in records that are no errors by their level; one stands in each that matters."""
    literals = {literal for each in signatures() if each.pattern for literal in each.literals}
    marks = {mark.decode() for mark in (*IMPORT_MARKS, *MAIL_MARKS)}
    return tuple(sorted(literals | marks))
