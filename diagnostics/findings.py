"""A finding: what one check says about one host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

PASS, WARN, FAIL, SKIP, ERROR = "pass", "warn", "fail", "skip", "error"
# Worst first, as reports list them.
STATUSES = (FAIL, ERROR, WARN, SKIP, PASS)


@dataclass(frozen=True)
class Finding:
    """What one check says about one host.

    id: ``group.name``. status: one of STATUSES. evidence: what was seen, a line each. remedy: the command that
    mends it, a line each, ``""`` where nothing is to be mended. page: the check's page, from the project's folder.
    host: the inventory's name of the host, ``""`` for a target that is one host. ignored: the reason of --ignore.
    """

    id: str
    status: str
    title: str
    evidence: str = ""
    remedy: str = ""
    page: str = ""
    host: str = ""
    ignored: str = ""

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


def worst(statuses: Iterable[str]) -> str:
    """The gravest of these, PASS where there is none."""
    return min(statuses, key=STATUSES.index, default=PASS)


def summary(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings have each status; every status is there."""
    counts = dict.fromkeys((PASS, WARN, FAIL, SKIP, ERROR), 0)
    for finding in findings:
        counts[finding.status] += 1
    return counts
