"""One broken host per row: which check must find it, how grave it is, and what evidence and remedy must say."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import Any, Sequence

from facts_samples import changed, healthy_v4, healthy_v5

from diagnostics.check import REGISTRY, all_checks
from diagnostics.facts import Facts
from diagnostics.findings import ERROR, FAIL, PASS, SKIP, WARN, Finding

all_checks()


@dataclass(frozen=True)
class Broken:
    """A healthy ``host`` (v4 or v5) with these changes, and what the check must say of it: parts of its texts."""

    id: str
    host: str
    changes: dict[str, Any]
    evidence: str
    remedy: str
    status: str = FAIL
    note: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.id}-{self.host}-{self.note or self.evidence[:30]}"


def find(id: str, document: dict[str, Any], **changes: Any) -> Finding:
    """What this check says of the document with these changes."""
    return REGISTRY[id].run(Facts(changed(document, **changes)))


def sample(host: str) -> dict[str, Any]:
    """The healthy document of a host."""
    return healthy_v4() if host == "v4" else healthy_v5()


def must_find(case: Broken) -> None:
    """The healthy host has no such finding, and the broken one has it, with its evidence and a remedy for a shell."""
    healthy = find(case.id, sample(case.host))
    assert healthy.status not in (FAIL, WARN), healthy
    found = find(case.id, sample(case.host), **case.changes)
    assert found.status == case.status, found
    assert case.evidence in found.evidence, found.evidence
    assert case.remedy in found.remedy, found.remedy
    read = subprocess.run(["sh", "-n"], input=found.remedy, capture_output=True, text=True, check=False)
    assert read.returncode == 0, (read.stderr, found.remedy)


def covers(group: str, cases: Sequence[Broken]) -> None:
    """Each check of the group has a broken case, does not trouble a healthy host, and skips without its facts."""
    checks = [each for each in all_checks() if each.group == group]
    assert checks
    assert {each.id for each in checks} == {case.id for case in cases}
    for one in checks:
        for kind in one.kinds:
            if kind:
                said = one.run(Facts(sample(kind)))
                assert said.status in (PASS, SKIP), said
                without = {
                    "schema": 1,
                    "app": {"kind": kind},
                    "probe": {"missing": dict.fromkeys(one.needs, "gone")},
                }
                said = one.run(Facts(without))
                if one.needs:
                    assert said.status == SKIP, said
                    assert "gone" in said.evidence, said
                else:
                    assert said.status != ERROR, said


def must_skip(id: str, host: str, path: str) -> None:
    """Without the fact the check is skipped, with the probe's own reason."""
    document = sample(host)
    parents, name = path.rpartition("/")[0], path.rpartition("/")[2]
    place: Any = document
    for part in filter(None, parents.split("/")):
        place = place[part]
    place[name] = None
    document["probe"]["missing"] = {path: "only root can read it"}
    found = find(id, document)
    assert found.status == SKIP, found
    assert "only root can read it" in found.evidence, found
