"""How a check is declared, and how the checks are run over the facts of one host.

A check is a pure function from facts to what it saw:

    @check("queue.failed-jobs", "No job has failed", needs=("database/failed_jobs",), severity=WARN)
    def failed_jobs(facts):
        count = facts["database/failed_jobs/count"]
        if count:
            return Trouble(f"{count} failed jobs", artisan(facts, "queue:failed"))
        return Fine("failed_jobs is empty")

It returns Fine (or None), Trouble or a list of them, or Skip. Only what it ``needs`` may be missing.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import Callable, Iterable, Sequence

from .facts import Facts, MissingFact
from .findings import ERROR, FAIL, PASS, SKIP, STATUSES, Finding, worst

GROUPS = (
    "host",
    "php",
    "web",
    "tls",
    "database",
    "permissions",
    "cron",
    "queue",
    "environment",
    "application",
    "mail",
    "logs",
    "migration",
    "exposure",
)
BOTH = ("v4", "v5")


@dataclass(frozen=True)
class Fine:
    """All is well; evidence says what was seen."""

    evidence: str = ""


@dataclass(frozen=True)
class Trouble:
    """Something is wrong: evidence (what was seen, where) and the command that mends it.

    status: where it is not the check's own severity.
    """

    evidence: str
    remedy: str = ""
    status: str = ""


@dataclass(frozen=True)
class Skip:
    """The check does not apply, or cannot be answered; reason says why."""

    reason: str


@dataclass(frozen=True)
class Check:
    """A declared check. kinds: the applications it is for; ``""`` among them: also where none was found."""

    id: str
    title: str
    severity: str
    needs: Sequence[str]
    kinds: Sequence[str]
    function: Callable = field(compare=False)

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]

    @property
    def page(self) -> str:
        """The page that explains it, from the project's folder."""
        return f"docs/checks/{self.id}.md"

    def run(self, facts: Facts) -> Finding:
        """What the check says; a check that crashes is a finding of its own, never an exception."""
        try:
            for need in self.needs:
                facts[need]
            said = self.function(facts)
        except MissingFact as missing:
            if any(missing.path == need or missing.path.startswith(f"{need}/") for need in self.needs):
                return self._finding(SKIP, f"Not checked: {missing.reason} ({missing.path})")
            return self._crashed(missing)
        except Exception as error:
            return self._crashed(error)
        if isinstance(said, Skip):
            return self._finding(SKIP, said.reason)
        troubles = said if isinstance(said, list) else [said] if isinstance(said, Trouble) else []
        if not troubles:
            return self._finding(PASS, said.evidence if isinstance(said, Fine) else "")
        remedies = dict.fromkeys(each.remedy for each in troubles if each.remedy)
        return self._finding(
            worst(each.status or self.severity for each in troubles),
            "\n".join(each.evidence for each in troubles),
            "\n".join(remedies),
        )

    def _crashed(self, error: Exception) -> Finding:
        said = f"The check itself failed: {type(error).__name__}: {error}"
        return self._finding(ERROR, said, f"./cli.py explain {self.id}")

    def _finding(self, status: str, evidence: str, remedy: str = "") -> Finding:
        return Finding(self.id, status, self.title, evidence, remedy, self.page)


REGISTRY: dict[str, Check] = {}


def check(
    id: str, title: str, *, needs: Sequence[str] = (), severity: str = FAIL, kinds: Sequence[str] = BOTH
) -> Callable:
    """Declare the decorated function a check. title: what is true when all is well, in a few words."""
    if id.partition(".")[0] not in GROUPS or id in REGISTRY:
        raise ValueError(f"'{id}' is no new id in one of the groups {', '.join(GROUPS)}")

    def declare(function: Callable) -> Callable:
        REGISTRY[id] = Check(id, title, severity, needs, kinds, function)
        return function

    return declare


def all_checks() -> list[Check]:
    """Every declared check, by group and name."""
    from . import checks

    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{module.name}")
    return sorted(REGISTRY.values(), key=lambda each: (GROUPS.index(each.group), each.id))


def selected(only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Check]:
    """The checks whose id or group is in ``only`` (all, where it is empty) and not in ``skip``.

    Raises ValueError with the word that is neither an id nor a group.
    """
    checks = all_checks()
    known = {each.id for each in checks} | set(GROUPS)
    only, skip = set(only), set(skip)
    for word in sorted(only | skip):
        if word not in known:
            raise ValueError(word)
    return [each for each in checks if (not only or only & {each.id, each.group}) and not skip & {each.id, each.group}]


def diagnose(facts: Facts, checks: Sequence[Check]) -> list[Finding]:
    """Run the checks that are for this installation, worst finding first."""
    found = [each.run(facts) for each in checks if facts.kind in each.kinds]
    return sorted(found, key=lambda each: (STATUSES.index(each.status), GROUPS.index(each.group), each.id))
