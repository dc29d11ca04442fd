"""What was found out about one TARGET: the findings of its host, or of both hosts of a client.

Everything that is shown to a person or a program (diagnostics/report/) is made from a list of these.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence

from .check import GROUPS, REGISTRY, Check, diagnose
from .facts import Facts
from .findings import ERROR, FAIL, PASS, STATUSES, WARN, Finding, summary
from .ignore import Ignore, apply

REACHABLE = "host.reachable"


@dataclass(frozen=True)
class Host:
    """One host that was looked at.

    name: the inventory's, ``""`` for a target that is one host. kind: ``v4``, ``v5`` or ``""``. version: the
    application's, ``""`` where it is not known. redacted: kind → how often the probe removed it. seconds: how long it
    took. complete: false where the time limit ended the probe. broken: Ninjalift itself failed, and not the host.
    as_of: of facts out of a bundle, when they were gathered, seconds since 1970; else 0. user: who the probe ran as,
    ``""`` where it was root.
    """

    name: str
    kind: str = ""
    version: str = ""
    findings: Sequence[Finding] = ()
    redacted: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    complete: bool = True
    broken: bool = False
    as_of: int = 0
    user: str = ""

    @property
    def application(self) -> str:
        """What runs there, in words."""
        if any(is_unreachable(each) for each in self.findings):
            return "not looked at" if self.broken else "unreachable"
        found = f"Invoice Ninja {self.kind.upper()} {self.version}".rstrip() if self.kind else "no Invoice Ninja found"
        return f"{found}, as of {_moment(self.as_of)}" if self.as_of else found


@dataclass(frozen=True)
class Diagnosis:
    """One TARGET, as the user wrote it, and its hosts. expired: the entries of --ignore that no longer hold."""

    target: str
    hosts: Sequence[Host]
    expired: Sequence[Ignore] = ()

    @property
    def findings(self) -> list[Finding]:
        """What counts, worst first."""
        return [each for each in self._sorted() if not each.ignored]

    @property
    def ignored(self) -> list[Finding]:
        """What would count if the user had not said why it is known."""
        return [each for each in self._sorted() if each.ignored]

    @property
    def summary(self) -> dict[str, int]:
        """Status → number of findings that count."""
        return summary(self.findings)

    @property
    def version(self) -> str:
        """The versions of the application, such as ``4.5.50, 5.10.17`` for a client."""
        return ", ".join(each.version for each in self.hosts if each.version)

    @property
    def redacted(self) -> dict[str, int]:
        """Kind → how often, over all hosts."""
        counts: dict[str, int] = {}
        for host in self.hosts:
            for kind, count in host.redacted.items():
                counts[kind] = counts.get(kind, 0) + count
        return dict(sorted(counts.items()))

    @property
    def seconds(self) -> float:
        """How long the slowest host took; they are looked at side by side."""
        return max((each.seconds for each in self.hosts), default=0.0)

    def _sorted(self) -> list[Finding]:
        def gravity(finding: Finding) -> tuple:
            return STATUSES.index(finding.status), GROUPS.index(finding.group), finding.id, finding.host

        return sorted((each for host in self.hosts for each in host.findings), key=gravity)


def examined(
    name: str,
    facts: Mapping[str, Any],
    checks: Sequence[Check],
    ignores: Sequence[Ignore] = (),
    seconds: float = 0.0,
    *,
    live: bool = True,
) -> Host:
    """Run the checks over the facts (the probe's document) of a host. name, seconds: as in Host. live: no bundle."""
    read = Facts(facts)
    findings = [replace(each, host=name) for each in diagnose(read, checks)]
    epoch = read.get("time/epoch")
    return Host(
        name,
        read.kind,
        read.version,
        apply(ignores, findings),
        _counts(read.get("probe/redacted")),
        seconds,
        read.get("probe/complete", True) is not False,
        as_of=0 if live or not isinstance(epoch, int) else epoch,
        user=str(read.get("probe/user", "")) if read.get("probe/uid") else "",
    )


def _counts(redacted: Any) -> dict[str, int]:
    """The probe's counts; a host can claim anything."""
    given = redacted if isinstance(redacted, Mapping) else {}
    return {str(kind): count for kind, count in given.items() if isinstance(count, int) and count > 0}


def unreachable(
    name: str,
    evidence: str,
    remedy: str,
    ignores: Sequence[Ignore] = (),
    seconds: float = 0.0,
    *,
    broken: bool = False,
) -> Host:
    """A host that nothing could be learned about; evidence says why, remedy is the command that mends it."""
    declared = REGISTRY[REACHABLE]
    finding = Finding(REACHABLE, ERROR, declared.title, evidence, remedy, declared.page, name)
    return Host(name, findings=apply(ignores, [finding]), seconds=seconds, broken=broken)


def is_unreachable(finding: Finding) -> bool:
    """Whether it says that a host was not reached, and not that a check crashed."""
    return finding.id == REACHABLE and finding.status == ERROR


def changes(before: Sequence[Diagnosis], after: Sequence[Diagnosis]) -> tuple[list, list]:
    """What is new and what is mended between two rounds over the same targets: lists of (target, Finding).

    New is a warn, fail or error that was not there or was less grave; mended is one that is now well. A finding that
    now cannot be checked is neither.
    """
    was, now = _by_place(before), _by_place(after)
    bad = (FAIL, ERROR, WARN)
    new, mended = [], []
    for place, finding in now.items():
        old = was.get(place)
        if finding.status in bad and (old is None or STATUSES.index(old.status) > STATUSES.index(finding.status)):
            new.append((place[0], finding))
    for place, finding in was.items():
        found = now.get(place)
        well = found.status == PASS if found else is_unreachable(finding)  # it may not be among the checks asked for
        if finding.status in bad and well:
            mended.append((place[0], found or replace(finding, status=PASS)))
    return new, mended


def _moment(epoch: int) -> str:
    try:
        return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return f"the second {epoch}"  # a forged bundle


def _by_place(diagnoses: Sequence[Diagnosis]) -> dict[tuple, Finding]:
    return {(each.target, finding.host, finding.id): finding for each in diagnoses for finding in each.findings}
