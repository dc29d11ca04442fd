"""Reads what ``php artisan ninja:check-data`` printed. The command itself exits 0 whatever it finds.

Its lines have a 12-hour time stamp in front. ``N <kind>`` counts one kind of problem; what it found of that kind
stands in the lines before it (V5's CheckData). ``Done: SUCCESS`` ignores some kinds, so every count but 0 is a failure.
"""

from __future__ import annotations

import re

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
STAMP = re.compile(r"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )+")
COUNT = re.compile(r"^(\d+) (\S.*)$")
DONE = re.compile(r"^Done: (\w+)")
SECONDS = re.compile(r"^Total execution time in seconds: ([\d.]+(?:E-?\d+)?)")
# Lines about one record; a client called "12 Monkeys" makes the second kind look like a count.
DETAIL = re.compile(
    r"^#|Balance Failure - |Client Paid To Date = .* != |do not match Invoice Balances|Marked as paid, but balance = "
)


def parse_check_data(output: str) -> dict:
    """What ninja:check-data said, from its output.

    Returns ``lines`` (each ``count``, ``kind``, ``details``), ``result`` (``SUCCESS``, ``FAILURE``, or ``missing``
    where the command did not come to its end), ``ok``, ``seconds`` (or None), ``notes`` (other lines: what the command
    changed on its own), and ``problems`` (a sentence for everything that makes it not ok).
    """
    lines, details, notes = [], [], []
    result, seconds = "missing", None
    for raw in output.splitlines():
        text = STAMP.sub("", ANSI.sub("", raw).strip())
        done, took, count = DONE.match(text), SECONDS.match(text), COUNT.match(text)
        if not text or text.startswith("Running CheckData") or text.startswith("exit="):
            continue
        if done:
            result = done.group(1).upper()
        elif took:
            seconds = round(float(took.group(1)), 3)
        elif DETAIL.search(text):
            details.append(text)
        elif count:
            lines.append({"count": int(count.group(1)), "kind": count.group(2), "details": details})
            details = []
        else:
            notes.append(text)
    problems = [f"{line['count']} {line['kind']}" for line in lines if line["count"]]
    if details:
        notes += details
    if result == "missing":
        problems.append("ninja:check-data did not come to its end (no line 'Done: …')")
    elif result != "SUCCESS":
        problems.append(f"ninja:check-data says {result}")
    return {
        "lines": lines,
        "result": result,
        "ok": not problems,
        "seconds": seconds,
        "notes": notes,
        "problems": problems,
    }


def findings(parsed: dict) -> list:
    """A finding (``id``, ``status``, ``title``, ``count``, ``rows``) for each kind that ``parse_check_data`` read."""
    return [
        {
            "id": "check-data",
            "status": "fail" if line["count"] else "pass",
            "title": line["kind"],
            "count": line["count"],
            "rows": line["details"],
        }
        for line in parsed["lines"]
    ]
