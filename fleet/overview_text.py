"""The report on a run (overview.document) as text for a terminal, as CSV for a spreadsheet, and as JSON."""

from __future__ import annotations

import csv
import io
import json

from diagnostics.findings import STATUSES
from diagnostics.report.documents import HIDDEN
from diagnostics.report.plain import lines, printable
from diagnostics.units import count

from .overview import ORDER, WORDS

COLUMNS = (
    *("run", "client", "batch", "status", "stage", "started", "ended", "seconds", "steps", "changed"),
    *("records_v4", "records_v5", "differences", "differences_known"),
    *("findings_fail", "findings_error", "findings_warn", "message", "remedy"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would calculate what begins like this


def dumped(report: dict) -> str:
    """The document as JSON; what could steer or deceive a terminal is written as its number."""
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(report, indent=2, ensure_ascii=False))


def table(report: dict, stages: tuple) -> str:
    """A line for each client, as CSV (RFC 4180) with a head; ``stage_…`` columns hold each stage's seconds."""
    seen = dict.fromkeys([*stages, *(each["stage"] for client in report["clients"] for each in client["stages"])])
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([*COLUMNS, *(f"stage_{printable(name).replace('-', '_')}" for name in seen)])
    for client in report["clients"]:
        v4, v5 = moved(client)
        differences = client["differences"]
        row = {
            **client,
            "run": report["run"],
            "records_v4": v4,
            "records_v5": v5,
            "differences": differences.get("total", ""),
            "differences_known": differences.get("known", ""),
        }
        for status in STATUSES:
            row[f"findings_{status}"] = sum(each["status"] == status for each in client["findings"])
        took = {each["stage"]: each["seconds"] for each in client["stages"]}
        writer.writerow([*(_cell(row[name]) for name in COLUMNS), *(took.get(name, "") for name in seen)])
    return written.getvalue()


def text(report: dict) -> str:
    """The run in a line, what became of the clients in another, and then each client, the gravest first."""
    said = [heading(report), ends(report)]
    said += [f"  {each}" for each in notices(report)]
    width = max((len(printable(each["client"])) for each in report["clients"]), default=0)
    for each in in_order(report):
        words = [WORDS.get(each["status"], each["status"]), *facts(each)]
        said.append(f"{printable(each['client']):<{width}}  {', '.join(words)}")
        said += [f"    {line}" for line in lines(each["message"])]
        if each["remedy"] and each["remedy"] not in each["message"]:
            said.append(f"    Mend it with: `{printable(each['remedy'])}`")
        said += [f"    {trouble}" for trouble in hook_troubles(each)]
    if report["findings"]:
        said.append("Findings:")
        for each in report["findings"]:
            where = ", ".join(printable(name) for name in each["clients"])
            said.append(f"  {each['status']}  {printable(each['title'])} ({printable(each['id'])}): {where}")
    return "\n".join(said)


def listing(reports: list) -> str:
    """A line for each run: its name, when it began, and what became of its clients."""
    width = max((len(each["run"]) for each in reports), default=0)
    return "\n".join(f"{printable(each['run']):<{width}}  {when(each['started'])}  {ends(each)}" for each in reports)


def heading(report: dict) -> str:
    """What ran, when, and for how long."""
    plan = " (plan)" if report["plan"] else ""
    took = {"running": "still running", "killed": "killed", "ended": f"took {duration(report['seconds'])}"}
    name, verb = printable(report["run"]), printable(report["verb"])
    return f"{name}: {verb}{plan}, began {when(report['started'])}, {took[report['state']]}"


def ends(report: dict) -> str:
    """How many clients ended how."""
    summary = report["summary"]
    found = [f"{summary[status]} {WORDS[status]}" for status in reversed(ORDER) if summary.get(status)]
    return f"{count(summary['clients'], 'client')}: {', '.join(found) or 'none began'}"


def notices(report: dict) -> list:
    """What a reader must know before believing the rest."""
    said = []
    if report["state"] == "killed":
        said.append("The run did not end by itself: what it had not told by then is not here. Repeat the same command.")
    if report["unreadable_lines"]:
        said.append(f"{count(report['unreadable_lines'], 'line')} of the record cannot be read.")
    if report["lost_lines"]:
        said.append(f"{count(report['lost_lines'], 'line')} could not be written, for the disk was full.")
    return said


def in_order(report: dict) -> list:
    """The clients, the gravest end first, then as they were asked for."""
    return sorted(report["clients"], key=lambda each: ORDER.index(each["status"]) if each["status"] in ORDER else -1)


def facts(client: dict) -> list:
    """The stage, the time, the records, the differences and the findings of a client in words, where there are any."""
    said = [f"at {printable(client['stage'])}"] if client["stage"] and client["status"] not in ("ok", "warn") else []
    if client["seconds"]:
        said.append(duration(client["seconds"]))
    v4, v5 = moved(client)
    if v4 != "":
        said.append(f"{v5} of {v4} records")
    if client["differences"]:
        known = client["differences"].get("known", 0)
        total = client["differences"].get("total", 0)
        said.append(count(total, "difference") + (f" ({known} known)" if known else ""))
    if client["findings"]:
        said.append(count(len(client["findings"]), "finding"))
    return said


def hook_troubles(client: dict) -> list:
    """What is to be said of hooks and the webhook that did not do their work."""
    return [
        f"The {printable(each.get('hook') or 'webhook')} of {printable(client['client'])} {printable(each['message'])}"
        for each in client["hooks"]
        if each.get("state") != "ok" and each.get("message")
    ]


def moved(client: dict) -> tuple:
    """How many records V4 and V5 have, but for known losses; ``("", "")`` if nobody counted."""
    counted = [each for each in client["counts"] if each.get("what") == "count" and not each.get("known")]
    if not counted:
        return "", ""
    return tuple(sum(number(each.get(side)) for each in counted) for side in ("v4", "v5"))


def number(value: object) -> int:
    """A count as a reconciliation writes it: a string or None."""
    try:
        return int(str(value))
    except ValueError:
        return 0


def duration(seconds: float) -> str:
    """``2.1 s``, ``4 min 23 s``, ``1 h 02 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def when(at: str) -> str:
    """A time of a record for a person: ``2026-09-24 22:00 UTC``."""
    return f"{at[:10]} {at[11:16]} UTC" if at else "at an unknown time"


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = " ".join(lines(value))
    return f"'{shown}" if shown.startswith(FORMULA) else shown
