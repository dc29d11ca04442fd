"""The report as one HTML page that needs nothing else: no network, no script. Its look: templates/report.html."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..check import GROUPS
from ..diagnosis import Diagnosis
from ..findings import ERROR, FAIL, PASS, SKIP, WARN, summary
from .plain import lines, printable

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
ORDER = (FAIL, ERROR, WARN, SKIP, PASS)


def text(diagnoses: Sequence[Diagnosis], made: datetime.datetime) -> str:
    """The page. made: when, as it is shown."""
    return (
        environment()
        .get_template("report.html")
        .render(
            diagnoses=diagnoses,
            made=made.strftime("%Y-%m-%d %H:%M %Z").strip(),
            groups=GROUPS,
            order=ORDER,
            total=summary(finding for each in diagnoses for finding in each.findings),
        )
    )


def environment(*folders: Path) -> Environment:
    """What every page is made with: the look (style.css), the filters ``printable`` and ``lines``, escaping.

    folders: where else templates lie.
    """
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(printable=printable, lines=lines)
    return made
