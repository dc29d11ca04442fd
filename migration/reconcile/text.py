"""The reconciliation as a table of 80 columns: what differs, the worst first, and what is known."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 80
SHOWN = 40  # differences of each kind
_INDENT = "     "


def table(document: dict, width: int = WIDTH, shown: int = SHOWN) -> list:
    """The lines. document: of ``compare.document``. shown: how many differences are named of each kind."""
    summary = document["summary"]
    v4, v5 = document["v4"], document["v5"]
    lines = [
        *_wrapped(
            f"{document['client']}: V4 {v4['version']} beside V5 {v5['version']}, as of {moment(v5['taken_at'])}",
            width,
            _INDENT,
        ),
        f"{summary['records']} records compared: {_count(summary['differences'], 'difference')},"
        f" {summary['known']} known",
    ]
    for side, tables in document["changed"].items():
        if tables:
            lines += _wrapped(
                f"{side.upper()} changed while it was compared ({', '.join(tables)}); compare again", width, ""
            )
    rows = [row for row in document["counts"] if row["v4"] != row["v5"]]
    if rows:
        lines += ["", f"{'':30} {'V4':>22} {'V5':>22}"]
        for row in rows:
            what = " ".join(filter(None, (row["entity"], row["group"], row["what"])))
            lines.append(
                f"{printable(what)[:30]:30} {row['v4'][:22]:>22} {row['v5'][:22]:>22}{'' if row['known'] else ' !'}"[
                    :width
                ]
            )
    for known, title in ((False, "Differences"), (True, "Known differences")):
        found = [each for each in document["differences"] if each["known"] is known]
        if not found:
            continue
        lines += ["", f"{title}:"]
        for each in found[:shown]:
            lines += _shown(each, width)
        if len(found) > shown:
            lines.append(f"  … and {len(found) - shown} more; all of them: --json, or --html FILE")
    return lines


def _shown(each: dict, width: int) -> list:
    head = f"  {each['id']}" + (f"  ({each['label']})" if each["label"] and each["label"] not in each["id"] else "")
    lines = _wrapped(printable(head), width, _INDENT)
    for side in ("v4", "v5"):
        value = each[side]
        text = "nothing" if value is None else printable(value) or "empty"
        lines.append(f"{_INDENT}{side.upper()}: {text}"[: width - 1] + ("…" if len(text) + 9 > width - 1 else ""))
    if each["reason"]:
        lines += _wrapped(f"{_INDENT}{each['reason']}", width, _INDENT)
    return lines


def _wrapped(text: str, width: int, indent: str) -> list:
    begin = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(text.strip(), width, initial_indent=begin, subsequent_indent=indent or begin) or [text]


def moment(taken_at: str) -> str:
    """A manifest's ``taken_at`` (ISO 8601, UTC) to the minute, for a person."""
    return f"{taken_at[:10]} {taken_at[11:16]} UTC"


def printable(text: str) -> str:
    """The text in one line, without what a terminal would obey."""
    return "".join(
        " " if char in "\r\n\t" else char for char in text if char in "\r\n\t" or unicodedata.category(char)[0] != "C"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
