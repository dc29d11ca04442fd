"""Runs one check over a facts document, and what the tests of every group ask of it."""

from __future__ import annotations

import subprocess
from typing import Any, NamedTuple, Sequence

from facts_samples import changed, healthy_v4, healthy_v5

from diagnostics.check import all_checks
from diagnostics.facts import Facts
from diagnostics.findings import Finding


class Broken(NamedTuple):
    """A document that is broken in one way, and what the check must say about it.

    evidence, remedy: words that must be there; changes: paths as facts_samples.changed() takes them.
    """

    id: str
    changes: dict[str, Any]
    status: str
    evidence: str
    remedy: str
    kind: str = "v5"

    def __str__(self) -> str:
        return f"{self.id}-{self.evidence[:30]}"


def healthy(kind: str) -> dict[str, Any]:
    """The healthy sample of a kind."""
    return healthy_v4() if kind == "v4" else healthy_v5()


def finding(id: str, document: dict[str, Any], **changes: Any) -> Finding:
    """What the check of this id says about the document with these changes."""
    (one,) = (each for each in all_checks() if each.id == id)
    return one.run(Facts(changed(document, **changes)))


def assert_broken(case: Broken) -> None:
    """The check sees what is broken, says it, and has a remedy that a shell can read."""
    found = finding(case.id, healthy(case.kind), **case.changes)
    assert (found.status, found.id) == (case.status, case.id), found
    assert case.evidence in found.evidence, found.evidence
    assert case.remedy in found.remedy, found.remedy
    read = subprocess.run(["sh", "-n"], input=found.remedy, capture_output=True, text=True, check=False)
    assert read.returncode == 0, (read.stderr, found.remedy)


def assert_group(group: str, cases: Sequence[Broken]) -> None:
    """Each check of the group has a broken case, does not trouble a healthy host, and skips without its facts."""
    checks = [each for each in all_checks() if each.group == group]
    assert checks
    assert {each.id for each in checks} == {case.id for case in cases}
    for one in checks:
        for kind in one.kinds:
            if kind:
                said = one.run(Facts(healthy(kind)))
                assert said.status in ("pass", "skip"), said
                without = {
                    "schema": 1,
                    "app": {"kind": kind},
                    "probe": {"missing": dict.fromkeys(one.needs, "gone")},
                }
                said = one.run(Facts(without))
                if one.needs:
                    assert said.status == "skip", said
                    assert "gone" in said.evidence, said
                else:
                    assert said.status != "error", said
