"""The logs: readable, of a size, and which errors stand in them."""

from __future__ import annotations

import re
import shlex
from typing import Any

from .. import remedy
from ..check import Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import count, in_bytes, rows, some, span
from .migration import log_time

# laravel.log is never rotated by itself; beyond this it is no longer opened, searched or mailed by anybody.
HUGE_BYTES = 1024**3
# An error that did not come back for a week was mended, or does not matter.
KNOWN_RECENT_SECONDS = 7 * 86400
UNKNOWN_RECENT_SECONDS = 86400
# A log's times may be another time zone's than the host's.
ZONES_SECONDS = 14 * 3600
# What any visitor leaves in the logs, this tool's own questions for .env and logs too: pages that are not there, and
# refusals that work. V4 logs a 404 as an error.
EVERYDAY = re.compile(
    "|".join(
        (
            r"^\s*\[not found\] ",
            r"access forbidden by rule",
            r"directory index of \S+ is forbidden",
            r"client denied by server configuration",
            r"open\(\) .* failed \(2: No such file",
            r"Primary script unknown",
            r"script '.*' not found or unable to stat",
            r"SSL_do_handshake",
        )
    )
)
# V4's own schedule writes this one every hour, on every installation; whether V4 sends by another job, which alone
# matters, the check cron.v4-sends knows.
V4_SCHEDULE = "v4-schedule-option"
SHOWN = 5
_LINE = 200  # characters of a message in evidence


def judge_hits(hits: list[dict]) -> list[Any]:
    """The log scan's verdicts. To read all signatures takes a tenth of a second: only where there is something."""
    from .. import scan

    return scan.judge_hits(hits) if hits else []


def _recent(facts: Facts, within: int, known: bool) -> list[Any]:
    """What the log scan makes of the probe's hits (scan.JudgedHit), as far as it is young enough to matter."""
    hits = [each for each in rows(facts["logs/hits"]) if not EVERYDAY.search(str(each.get("text", "")))]
    return [
        each
        for each in judge_hits(hits)
        if bool(each.id) == known
        and (at := log_time(each.last)) is not None
        and facts.now - at <= within + ZONES_SECONDS
    ]


def _times(each: Any) -> str:
    return f"{count(each.count, 'time')}, last at {each.last}" + (f", first at {each.first}" if each.count > 1 else "")


@check("logs.readable", "The logs can be read", needs=("logs/files",), severity=WARN)
def readable(facts: Facts) -> Fine | Trouble | Skip:
    files = rows(facts["logs/files"])
    if not files:
        return Skip("There is no log yet")
    closed = [str(each.get("name")) for each in files if each.get("readable") is False]
    if not closed:
        return Fine(some(str(each.get("name")) for each in files))
    who = facts.get("probe/user", "the probe's user")
    if who == "root":  # a file system that root may not read either: NFS, or one that fails
        names = " ".join(shlex.quote(each) for each in closed[:SHOWN])
        return Trouble(f"Not even root can read {some(closed)}", remedy.in_root(facts, f"ls -l {names}; df {names}"))
    return Skip(f"Not all was checked: {who} may not read {some(closed)}; diagnose as root, or with sudo")


@check("logs.size", "No log is huge", needs=("logs/files",), severity=WARN)
def huge(facts: Facts) -> Fine | Trouble:
    files = rows(facts["logs/files"])
    large = [each for each in files if int(each.get("bytes") or 0) > HUGE_BYTES]
    if not large:
        return Fine(f"The largest has {in_bytes(max((int(each.get('bytes') or 0) for each in files), default=0))}")
    # Truncated and not moved: the application goes on to write into the file that it has open.
    mend = "\n".join(
        remedy.in_root(facts, f"tail -c 100M {name} | gzip > {name}.tail.gz && truncate -s 0 {name}")
        for name in (shlex.quote(str(each.get("name"))) for each in large)
    )
    return Trouble("\n".join(f"{each.get('name')}: {in_bytes(int(each.get('bytes') or 0))}" for each in large), mend)


@check("logs.known-errors", "No known failure is in the logs", needs=("logs/hits", "time/epoch"), severity=WARN)
def known_errors(facts: Facts) -> Fine | list[Trouble]:
    # What a log says is past; whether it is still so, other checks know. So even a grave failure is a warning.
    cron_known = facts.get("cron/entries") is not None and facts.get("database/v4/recurring_due") is not None
    return [
        Trouble(f"{each.id}: {each.title} ({_times(each)})", each.remedy)
        for each in _recent(facts, KNOWN_RECENT_SECONDS, known=True)
        if each.id != V4_SCHEDULE or not cron_known
    ] or Fine(f"None in the last {span(KNOWN_RECENT_SECONDS)}")


@check(
    "logs.unknown-errors",
    "No other error is in the logs of the last day",
    needs=("logs/hits", "time/epoch"),
    severity=WARN,
)
def unknown_errors(facts: Facts) -> Fine | Trouble:
    found = sorted(_recent(facts, UNKNOWN_RECENT_SECONDS, known=False), key=lambda each: each.last, reverse=True)
    if not found:
        return Fine()
    lines = [f"{' '.join(each.text.split())[:_LINE]} ({_times(each)})" for each in found[:SHOWN]]
    more = max(len(found) - SHOWN, 0) + int(facts.get("logs/hits_cut", 0))
    if more:
        lines.append(f"and {count(more, 'other')}")
    return Trouble("\n".join(lines), _look(facts))


def _look(facts: Facts) -> str:
    names = [str(each.get("name")) for each in rows(facts.get("logs/files")) if each.get("readable") is not False]
    files = " ".join(shlex.quote(each) for each in names[:SHOWN]) or "storage/logs/*.log"
    return remedy.in_root(facts, f"grep -hE '\\.(ERROR|CRITICAL|ALERT|EMERGENCY): ' {files} | tail -n 20 | cut -c1-300")
