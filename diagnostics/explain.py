"""The pages that explain checks, known failures, and what V4's checks and a prediction find, as plain text."""

from __future__ import annotations

import difflib
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from .check import all_checks
from .scan.signatures import LOGS, PHASES, Signature, signature, signatures

PROJECT = Path(__file__).resolve().parent.parent
PREDICTED = PROJECT / "docs" / "lint-export.md"  # a section for each id
V4_CHECKS = PROJECT / "docs" / "v4-checks.md"  # a row for each id
LOWEST = 40  # columns that a page has at least


@dataclass(frozen=True)
class Entry:
    """Something that has a page. group: of a check; of a known failure, when it happens; or who finds it."""

    id: str
    title: str
    group: str


def entries() -> list[Entry]:
    """All of them: the checks in the order of their groups, then the known failures in the order of a migration, then
    what V4's checks and a prediction find.
    """
    found = [Entry(each.id, each.title, each.group) for each in all_checks()]
    failures = sorted(signatures(), key=lambda each: PHASES.index(each.phase))
    found += [Entry(each.id, each.title, f"known failures, {each.phase}") for each in failures]
    found += [Entry(id, row[0][1], "V4's checks (verify)") for id, row in _v4_checks().items()]
    return found + [Entry(id, _first(text), "predictions (lint-export)") for id, text in _predicted().items()]


def _predicted() -> dict:
    """Id → its section in PREDICTED."""
    written = PREDICTED.read_text(encoding="utf-8")
    return dict(re.findall(r"^### `([a-z0-9-]+)`\n(.*?)(?=^#|\Z)", written, re.MULTILINE | re.DOTALL))


def _v4_checks() -> dict:
    """Id → the cells of its row in V4_CHECKS behind the first one, each with the heading of its column."""
    found: dict = {}
    heads: list = []
    for line in V4_CHECKS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| "):
            heads = []
            continue
        cells = line.strip("| ").split(" | ")
        heads = heads or cells
        for id in re.findall(r"`([a-z0-9-]+)`", cells[0]):
            found[id] = list(zip(heads[1:], cells[1:]))
    return found


def _first(text: str) -> str:
    """The first sentence."""
    return _inline(re.split(r"(?<=[.?!])\s", " ".join(text.split()), maxsplit=1)[0])


def contents(width: int | None = None) -> str:
    """The list of all ids with their titles, by group."""
    written: list[str] = []
    group = ""
    for each in entries():
        if each.group != group:
            written += [*([""] if written else []), f"{each.group}:"]
            group = each.group
        written.append(_wrapped(f"  {each.id}: {each.title}", width, "    "))
    return "\n".join([*written, "", "A page: ./cli.py explain ID"])


def near(id: str) -> list[str]:
    """Ids that are like this one, the nearest first."""
    known = [each.id for each in entries()]
    found = difflib.get_close_matches(id, known, 3, 0.7)
    return found or [each for each in known if id and id.lower() in each][:3]


def page(id: str, width: int | None = None) -> str:
    """The page of an id. Raises KeyError for an id that is not there."""
    known = next((each for each in all_checks() if each.id == id), None)
    if known:
        return plain((PROJECT / known.page).read_text(encoding="utf-8"), width)
    failure = signature(id)
    written = _page_of(failure) if failure else _found_in_v4(id)
    if not written:
        raise KeyError(id)
    return plain(written, width)


def _found_in_v4(id: str) -> str:
    """The page of what V4's checks or a prediction find; ``""`` for another id."""
    checked, predicted = _v4_checks().get(id, []), _predicted()
    # The finding of a prediction is called import-ID-RESOURCE.
    fitting = [each for each in predicted if f"{id}-".startswith((f"{each}-", f"import-{each}-"))]
    sections = []
    if checked:
        sections.append(("What V4's checks find", "\n".join(f"- {head}: {cell}" for head, cell in checked)))
    if fitting:
        sections.append(("What V5's import makes of it", predicted[max(fitting, key=len)]))
    return _written(f"# {id}\n", sections) if sections else ""


def _written(heading: str, sections: Iterable[tuple]) -> str:
    """A page in the shape of the checks' pages. sections: name and text of each."""
    return heading + "".join(f"\n## {name}\n\n{text}\n" for name, text in sections)


def _page_of(failure: Signature) -> str:
    """A known failure in the shape of the checks' pages."""
    seen = []
    if failure.pattern:
        where = " or ".join(LOGS[each] for each in failure.logs)
        seen.append(f"In {where}, where this is found:\n\n```\n{failure.pattern.pattern}\n```")
        seen.append(f"An example:\n\n```\n{failure.sample[0]}\n```")
    if failure.seen_by:
        seen.append(f"Seen by: {', '.join(failure.seen_by)}.")
    if failure.also:
        seen.append(f"The same text is left by: {', '.join(failure.also)}.")
    sections = {
        "What it means": failure.cause,
        "How it is seen": "\n\n".join(seen),
        "How to mend it": "\n".join(f"- {line}" for line in failure.remedy.splitlines() if line.strip()),
        "Source": failure.source,
    }
    return _written(f"# {failure.id}: {failure.title}\n", sections.items())


def plain(markdown: str, width: int | None = None) -> str:
    """Markdown as text for a terminal: headings underlined, code indented, links written out, paragraphs wrapped."""
    written: list[str] = []
    paragraph: list[str] = []

    def end() -> None:
        if paragraph:
            item = re.match(r"\s*(?:[-*]|\d+\.) ", paragraph[0])
            indent = " " * (len(item[0]) if item else len(paragraph[0]) - len(paragraph[0].lstrip()))
            written.append(_wrapped(_inline(" ".join([paragraph[0], *map(str.strip, paragraph[1:])])), width, indent))
            paragraph.clear()

    in_code = False
    for line in markdown.splitlines():
        heading = re.match(r"(#+) +(.*)", line)
        if line.lstrip().startswith("```"):
            end()
            in_code = not in_code
        elif in_code:
            written.append(f"    {line}".rstrip())
        elif heading:
            end()
            said = _inline(heading[2])
            written += [said, ("=" if heading[1] == "#" else "-") * len(said)]
        elif not line.strip() or line.startswith("|"):
            end()
            written.append(_inline(line))
        else:
            if re.match(r"\s*(?:[-*]|\d+\.) ", line):
                end()
            paragraph.append(line.rstrip())
    end()
    return "\n".join(written).strip("\n")


def _inline(text: str) -> str:
    text = re.sub(r"\[([^\]]+)\]\([\w.-]+\.md\)", r"\1", text)  # another page here, whose id is the text
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (\2)", text)
    return re.sub(r"\*\*([^*]+)\*\*", r"\1", text)


def _wrapped(text: str, width: int | None, indent: str) -> str:
    if not width:
        return text
    return textwrap.fill(
        text, max(width, LOWEST), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
