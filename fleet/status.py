"""``status``: how far each client is and what to do next, read from its two servers through the probe."""

from __future__ import annotations

import importlib
import json
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

from diagnostics import pseudonyms
from diagnostics.check import all_checks
from diagnostics.collect import Collected, collect
from diagnostics.diagnosis import examined
from diagnostics.facts import Facts, MissingFact
from diagnostics.findings import ERROR, FAIL, STATUSES, WARN, Finding
from diagnostics.probe import Options
from diagnostics.targets import BROKEN, TargetError
from diagnostics.units import count, rows, span, version
from migration import lock

from .diagnose import for_client
from .exits import Exit, UsageError
from .inventory import chosen, read
from .remedies import Situation
from .targets import of_clients

# What a stage leaves behind on the servers; the others (verify, check-data) leave nothing.
LASTING = ("upgrade", "provision", "migrate", "cutover")
WIZARD = "wizard"  # migration_transport of a V4 without a shell
V4_VERSION = "4.5.50"  # roles/v4_upgrade
# What ails a client until a stage of its way was done.
MENDED_BY = {
    "application.v4-version": "upgrade",
    **{f"tls.peer-{each}": "provision" for each in ("connects", "chain", "name", "dates", "redirect", "application")},
    "application.disabled-companies": "cutover",
}
SKEW = 300  # seconds between a host's clock and this one that are worth a word
OK, UNREACHABLE, TROUBLED = "ok", "unreachable", "broken"
HEALTH = (TROUBLED, UNREACHABLE, FAIL, WARN, OK)  # worst first


@dataclass(frozen=True)
class Side:
    """What one server said. facts: None where it was not reached; then error says why and remedy what mends it."""

    facts: Facts | None
    findings: list = field(default_factory=list)
    error: str = ""
    remedy: str = ""
    broken: bool = False
    skew: int = 0


@dataclass(frozen=True)
class Expected:
    """What the inventory says of a client. owner, key: pseudonyms of V4's owner and account, ``""`` for none."""

    owner: str = ""
    key: str = ""
    v4_version: str = V4_VERSION
    shell: bool = True


@dataclass(frozen=True)
class State:
    """How far a client is.

    done: the stages of LASTING whose effect is there. stage: the last one before the first that is missing, ``""`` for
    none, None where that cannot be told. next: the next stage, ``""`` where all is done or nothing can be told. why: a
    sentence. health: one of HEALTH. action: the command to run next, ``""`` for nothing. records: kind → how many V4
    has, None where it was not asked. importing: how far an import is that runs now, in words. locked: who is at work
    for it now, in words. skew: seconds that the clock is off that is off the most.
    """

    client: str
    done: tuple
    stage: str | None
    next: str
    why: str
    health: str
    action: str
    v4: str = ""
    v5: str = ""
    records: Mapping[str, int] | None = None
    importing: str = ""
    locked: str = ""
    skew: int = 0
    findings: tuple = ()

    @property
    def exit(self) -> Exit:
        return {TROUBLED: Exit.BROKEN, UNREACHABLE: Exit.UNREACHABLE, FAIL: Exit.FAIL}.get(self.health, Exit.OK)


class Fleet:
    """The clients of an inventory that were asked for, ready to be looked at again and again."""

    def __init__(
        self,
        inventory: Path,
        situation: Situation,
        vault_password_file: str | None,
        patterns: str,
    ) -> None:
        """Reads the inventory; no host is contacted. situation: for the commands. patterns: as ``inventory.chosen``
        has them. Raises UsageError.
        """
        self.situation = situation
        threading.Thread(target=_load, name="what answers need", daemon=True).start()
        tree = read(inventory, vault_password_file)
        self.clients = chosen(tree, inventory, patterns)
        self.targets, self.expected, self.owner = [], {}, {}
        for name, sides in of_clients(self.clients, inventory, tree, vault_password_file).items():
            said = sides["v4"][1]
            shell = (sides["v5"][1]("migration_transport") or said("migration_transport")) != WIZARD
            salt = _salt(name)
            self.expected[name] = Expected(
                pseudonyms.pseudonym(salt, "email", said("v4_owner_email")),
                pseudonyms.pseudonym(salt, "key", said("v4_account_key")),
                said("v4_upgrade_version", "v4_version") or V4_VERSION,
                shell,
            )
            for side in ("v4", "v5") if shell else ("v5",):
                target = replace(sides[side][0], sudo=True)  # as the playbooks, which are what comes next
                self.targets.append(target)
                self.owner[target] = name, side

    def look(self) -> list:
        """Ask all hosts at once; a State for each client in their order. Raises UsageError where none can be asked."""
        try:
            answers = collect(self.targets, Options())
        except TargetError as error:
            raise UsageError(error.message, error.remedy or "./cli.py status --help") from None
        checks = all_checks()  # they are loaded while the hosts work
        sides: dict = {name: {} for name in self.expected}
        states: dict = {}
        for answer in answers:
            name, side = self.owner[answer.target]
            sides[name][side] = self._side(name, answer, checks)
            if len(sides[name]) == (2 if self.expected[name].shell else 1):
                found = sides.pop(name)
                states[name] = derived(name, found.get("v4"), found["v5"], self.expected[name])
                states[name] = _completed(states[name], self.situation)
        return [states[each.name] for each in self.clients]

    def _side(self, name: str, answer: Collected, checks: Iterable) -> Side:
        if answer.error:
            return Side(None, [], answer.error.message, answer.error.remedy, answer.error.kind == BROKEN)
        facts = Facts(answer.facts or {})
        host = examined(answer.target.name, answer.facts or {}, checks)
        troubles = [each for each in host.findings if each.status in (FAIL, ERROR, WARN)]
        epoch = facts.get("time/epoch")
        skew = round(epoch - time.time()) if isinstance(epoch, int) else 0
        said = [for_client(each, name, self.situation) for each in troubles]
        return Side(facts, said, skew=skew if abs(skew) >= SKEW else 0)


def _load() -> None:
    """Load what the hosts' answers need, while Ansible reads the inventory."""
    importlib.import_module("diagnostics.transport.paramiko_ssh")
    importlib.import_module("diagnostics.scan")
    all_checks()


def _salt(name: str) -> str:
    try:
        return pseudonyms.salt(name)
    except TargetError as error:
        raise UsageError(error.message, error.remedy) from None


def _completed(state: State, situation: Situation) -> State:
    return State(**{**vars(state), "action": situation.command(state.action), "why": situation.text(state.why)})


def derived(name: str, v4: Side | None, v5: Side, expected: Expected) -> State:
    """The State of a client from what its servers said. v4: None where V4 gives no shell."""
    sides = [each for each in (v4, v5) if each]
    again = f"./cli.py run {name}"
    common = {
        "client": name,
        "v4": _version(v4, "v4"),
        "v5": _version(v5, "v5"),
        "skew": max((each.skew for each in sides), key=abs, default=0),
    }
    silent = next((each for each in sides if each.facts is None), None)
    if silent:
        health = TROUBLED if silent.broken else UNREACHABLE
        return State(**common, done=(), stage=None, next="", why=silent.error, health=health, action=silent.remedy)
    account = _account(v4, expected)
    records = account.get("records") if account else None
    company = _company(v5, account, expected)
    lacks = _lacks(company, records) if company else ""
    done = _done(v4, v5, account, company, expected) if not lacks else _done(v4, v5, account, None, expected)
    first = next((stage for stage in LASTING if stage not in done), "")
    # A host on which nothing is installed yet has no health.
    seen = [each for side in sides if side.facts and side.facts.kind for each in side.findings]
    seen = [each for each in seen if MENDED_BY.get(each.id, "") in ("", *done)]
    findings = sorted(seen, key=lambda each: STATUSES.index(each.status))
    stage = LASTING[LASTING.index(first) - 1] if first and LASTING.index(first) else "" if first else LASTING[-1]
    importing = _importing(v5)
    worst = findings[0].status if findings else OK
    health = {FAIL: FAIL, ERROR: TROUBLED, WARN: WARN}.get(worst, OK)
    why, action = _next(first, v4, expected, again)
    if first == "cutover":
        why, action = _to_cut_over(name, account, company)
    locked = _locked(v5)
    if importing:
        why, action = f"An import runs: {importing}.", f"./cli.py status {name} --watch"
    elif locked:
        why, action = f"Ninjalift is at work: {locked}.", f"./cli.py status {name} --watch"
    elif lacks:
        health, why, action = FAIL, f"V5 holds this company, but {lacks}.", f"./cli.py migrate {name}"
    elif health == FAIL and findings[0].remedy:
        why, action = _said(findings[0]), _command(findings[0].remedy.splitlines()[0])
    return State(
        **common,
        done=done,
        stage=stage,
        next="" if importing else first,
        why=why,
        health=health,
        action=action,
        records=records,
        importing=importing,
        locked=locked,
        findings=tuple(findings),
    )


def _version(side: Side | None, kind: str) -> str:
    return side.facts.version if side and side.facts and side.facts.kind == kind else ""


def _account(v4: Side | None, expected: Expected) -> Mapping[str, Any] | None:
    """The client's account among those of its V4, None where that is not clear."""
    accounts = rows(v4.facts.get("database/accounts")) if v4 and v4.facts else []
    if expected.key:
        accounts = [each for each in accounts if each.get("key") == expected.key]
    elif len(accounts) > 1:
        accounts = [each for each in accounts if each.get("owner") == expected.owner]
    return accounts[0] if len(accounts) == 1 else None


def _company(v5: Side, account: Mapping[str, Any] | None, expected: Expected) -> Mapping[str, Any] | None:
    """The client's company in V5: the one with V4's key; where that is not known, the only one that was imported."""
    companies = rows(v5.facts.get("database/companies")) if v5.facts else []
    key = str((account or {}).get("key") or expected.key)
    if ":" in key:  # a pseudonym, and not only the word that it was one
        return next((each for each in companies if each.get("key") == key), None)
    imported = [each for each in companies if each.get("imported")]
    return imported[0] if len(imported) == 1 else None


def _lacks(company: Mapping[str, Any], records: Mapping[str, int] | None) -> str:
    """What V5's company has less of than V4, in words."""
    lacks = []
    for kind in ("clients", "invoices"):
        wanted, found = (records or {}).get(kind), company.get(kind)
        if isinstance(wanted, int) and isinstance(found, int) and found < wanted:
            lacks.append(f"only {found} of {wanted} {kind}")
    return " and ".join(lacks)


def _done(
    v4: Side | None,
    v5: Side,
    account: Mapping[str, Any] | None,
    company: Mapping[str, Any] | None,
    expected: Expected,
) -> tuple:
    """The stages of LASTING whose effect is there."""
    done = []
    facts = v4.facts if v4 else None
    if facts is None or (not facts.get("app/upgrade_note") and version(facts.version) >= version(expected.v4_version)):
        done.append("upgrade")
    if v5.facts and v5.facts.kind == "v5" and rows(v5.facts.get("database/accounts")):
        done.append("provision")
    if company is not None:
        done.append("migrate")
        if account and account.get("forward_url") and company.get("disabled") is False:
            done.append("cutover")
    return tuple(done)


def _importing(v5: Side) -> str:
    """How far an import is that runs now, in words."""
    from diagnostics.checks.migration import judge

    if not v5.facts or v5.facts.kind != "v5":
        return ""
    try:
        state, words, _ = judge(v5.facts)
    except MissingFact:
        return ""
    if state in ("queued", "running"):
        return words or state
    unit = v5.facts.get("migration/unit")
    return "its worker waits for the upload" if unit else ""


def _locked(v5: Side) -> str:
    """Who holds the client's lock on its V5, in words."""
    holder = v5.facts.get("migration/lock") if v5.facts else None
    if not holder:
        return ""
    age, silent = (holder.get(f"{each}_seconds") or 0 for each in ("age", "silent"))
    quiet = f", without a sign of life for {span(silent)}" if silent > 2 * lock.BEAT else ""
    return f"process {holder.get('process')} on {holder.get('host')}, for {span(age)}{quiet}"


def _next(stage: str, v4: Side | None, expected: Expected, again: str) -> tuple:
    """Why the stage is the next one, and the command; of a cut-over, _to_cut_over says it."""
    if stage == "upgrade" and v4 and v4.facts:
        if v4.facts.get("app/upgrade_note"):
            return "An upgrade of V4 was broken off; it is finished or undone first.", again
        if v4.facts.kind != "v4":
            return "No V4 was found where the inventory says that it is.", again.replace(" run ", " verify ")
        return f"V4 is {v4.facts.version or 'of an unknown version'}; {expected.v4_version} migrates.", again
    if stage == "provision":
        return "There is no V5 yet that works.", again
    if stage == "migrate":
        return "V5 does not hold this company.", again
    return "V5 is in use, and V4 sends its users there.", ""


def _to_cut_over(name: str, account: Mapping[str, Any] | None, company: Mapping[str, Any] | None) -> tuple:
    """How far a migrated client is from its cut-over, and the command."""
    check, cut_over = f"./cli.py check-data {name}", f"./cli.py cutover {name}"
    if account is None:
        return "V5 holds this company; whether V4 is still the one in use could not be read.", check
    if account.get("forward_url"):
        return "V4 sends its users to V5, where the company is switched off: a cut-over was broken off.", cut_over
    if company and company.get("disabled") is False:
        return "V5's company is switched on, and V4 does not send its users there: both are in use.", cut_over
    return "V5 holds this company; V4 is still the one in use.", check


def _command(line: str) -> str:
    """The command in a line of a remedy that begins with a comment."""
    return line[line.index("./cli.py") :] if line.startswith("#") and "./cli.py" in line else line


def _said(finding: Finding) -> str:
    evidence = finding.evidence.splitlines()
    return f"{finding.title}: {evidence[0]}" if evidence else finding.title


# What is printed


def exit_status(states: Iterable[State], *, strict: bool = False) -> Exit:
    """The gravest of all, as fleet.outcome has it."""
    states = list(states)
    for status in (Exit.BROKEN, Exit.FAIL, Exit.UNREACHABLE):
        if any(each.exit is status for each in states):
            return status
    return Exit.WARN if strict and any(each.health == WARN for each in states) else Exit.OK


def document(states: Iterable[State], ended: Exit, *, line: bool = False) -> str:
    """The JSON document of --json; docs/fleet.md describes it. line: on one line, for --watch."""
    clients = []
    for each in states:
        fields = {name: value for name, value in asdict(each).items() if name != "findings"}
        findings = [
            {name: getattr(found, name) for name in ("id", "status", "title", "host", "evidence", "remedy")}
            for found in each.findings
        ]
        clients.append({**fields, "findings": findings})
    record = {"schema": 1, "exit": int(ended), "clients": clients}
    return json.dumps(record, ensure_ascii=False, indent=None if line else 2)


def refusal(ended: Exit, message: str, remedy: str) -> str:
    """The same document for a command that could not begin."""
    record = {"schema": 1, "exit": int(ended), "clients": [], "message": message, "remedy": remedy}
    return json.dumps(record, ensure_ascii=False, indent=2)


HEADS = ("client", "V4", "V5", "stage", "health", "next")
COLOURS = {TROUBLED: "1;35", UNREACHABLE: "1;35", FAIL: "1;31", WARN: "1;33", OK: "32"}
SHORT = 28  # columns of a client's name


def table(states: list, *, width: int | None = None, colour: bool = False) -> str:
    """A line for each client, the sentence and the command of those that something is wrong with, and the counts.

    width: of the terminal, None where nothing is cut.
    """
    from diagnostics.report.plain import printable

    cells = [[printable(cell)[:SHORT] for cell in _cells(each)] for each in states]
    sizes = [max(map(len, column)) for column in zip(HEADS, *cells)]

    def row(values: Iterable[str], health: str = "") -> str:
        padded = [value.ljust(size) for value, size in zip(values, sizes)]
        text = "  ".join(padded).rstrip()[: width or None]
        mark = padded[4]
        return text.replace(mark, f"\x1b[{COLOURS[health]}m{mark}\x1b[0m", 1) if colour and health else text

    lines = [row(HEADS), *(row(values, each.health) for values, each in zip(cells, states))]
    for each in states:
        busy = each.importing or each.locked
        if each.health in (TROUBLED, UNREACHABLE, FAIL) or busy:
            lines.append(f"{printable(each.client)}: {printable(each.why)}")
            lines += [f"  Mend it with: `{printable(each.action)}`"] if each.action and not busy else []
        if each.skew:
            ahead = "ahead of" if each.skew > 0 else "behind"
            lines.append(f"{printable(each.client)}: a clock is {span(abs(each.skew))} {ahead} this machine's.")
    return "\n".join([*lines, summary(states)])


def _cells(state: State) -> tuple:
    stage = "?" if state.stage is None else state.stage or "-"
    following = "importing" if state.importing else "at work" if state.locked else state.next or "-"
    return state.client, state.v4 or "-", state.v5 or "-", stage, state.health, following


def summary(states: list) -> str:
    """How many clients are how far, in one line."""
    stages: dict = {}
    for each in states:
        name = "not reached" if each.stage is None else each.stage or "at the beginning"
        stages[name] = stages.get(name, 0) + 1
    healths = {each: sum(state.health == each for state in states) for each in HEALTH if each != OK}
    said = [f"{number} {name}" for name, number in stages.items()]
    said += [f"{number} {name}" for name, number in healths.items() if number and name != UNREACHABLE]
    return f"{count(len(states), 'client')}: {', '.join(said)}"


def news(before: list, after: list) -> Iterator[str]:
    """The lines that changed between two rounds of --watch, for where there is no terminal."""
    known = {each.client: _line(each) for each in before}
    return (_line(each) for each in after if known.get(each.client) != _line(each))


def _line(state: State) -> str:
    said = " ".join(f"{head} {cell}" for head, cell in zip(HEADS[1:], _cells(state)[1:]))
    return f"{state.client}: {said}" + (f" ({state.importing})" if state.importing else "")
