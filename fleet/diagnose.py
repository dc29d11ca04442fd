"""``diagnose``: from the words of the command line to what was found out about each TARGET."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import os
import re
import shlex
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable, ContextManager, Iterable, Iterator, Mapping, Sequence

from diagnostics import ignore as ignoring
from diagnostics.check import GROUPS, Check, all_checks, selected
from diagnostics.collect import Collected, collect
from diagnostics.diagnosis import Diagnosis, Host, examined, is_unreachable, unreachable
from diagnostics.findings import ERROR, FAIL, WARN, Finding
from diagnostics.probe import Options
from diagnostics.targets import BROKEN, BUNDLE, INVENTORY, Target, TargetError, parse
from diagnostics.transport import AUTO

from .exits import EDIT, Exit, UsageError

if TYPE_CHECKING:
    from diagnostics.bundle import Host as BundleHost

    from .remedies import Situation

# The vendor's checklist: word → the group that answers it.
SHORT = {"permissions": "permissions", "jobs": "queue", "ssl": "tls", "cron": "cron", "logs": "logs"}
CLIENT = "client:"  # before a client's name that would be read as something else
HELP = "./cli.py diagnose --help"
AGES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOMENTS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class Inquiry:
    """What is looked at and how, with nothing left to be misunderstood.

    asked: (TARGET as it was written, its hosts: to be asked, or out of a bundle). checks: None for all of them.
    expired: --ignores that ended.
    situation: of the clients in the inventory, for the commands that are run here; None where there are none.
    """

    asked: Sequence[tuple[str, Sequence[Target | BundleHost]]]
    checks: Sequence[Check] | None
    options: Options
    backend: str = AUTO
    ignores: Sequence[ignoring.Ignore] = ()
    expired: Sequence[ignoring.Ignore] = ()
    situation: Situation | None = None

    @property
    def targets(self) -> list[Target]:
        """The hosts that are asked; those of a bundle are not."""
        return [host for _, hosts in self.asked for host in hosts if isinstance(host, Target)]

    def look(self, answered: Callable[[Target], object] = lambda target: None) -> list[Diagnosis]:
        """Look at all hosts at once; one Diagnosis for each TARGET, in their order. Raises UsageError.

        answered: is called with each host that is done.
        """
        answers = {}
        try:
            coming = collect(self.targets, self.options, self.backend)
            # They are loaded while the hosts work, and so is what judges records of logs.
            checks = all_checks() if self.checks is None else self.checks
            if self.targets and any(each.group == "logs" for each in checks):
                with contextlib.suppress(Exception):  # the check that needs it says what is wrong
                    from diagnostics import scan

                    scan.prepare()
            for each in coming:
                answers[each.target] = each
                answered(each.target)
        except TargetError as error:
            raise UsageError(error.message, error.remedy or HELP) from None
        return [
            Diagnosis(word, [self._host(each, len(hosts) > 1, checks, answers) for each in hosts], self.expired)
            for word, hosts in self.asked
        ]

    def rounds(self, every: float | None, wait: Callable[[list], ContextManager]) -> Iterator[list[Diagnosis]]:
        """Look once, or again and again, a round beginning ``every`` seconds where there is time.

        wait: makes of the list of hosts what is shown while they are waited for; it gives ``answered`` of look().
        """
        while True:
            began = time.monotonic()
            with wait(self.targets) as answered:
                found = self.look(answered)
            yield found
            if every is None:
                return
            time.sleep(max(0.0, began + every - time.monotonic()))

    def _host(
        self, host: Target | BundleHost, named: bool, checks: Sequence[Check], answers: Mapping[Target, Collected]
    ) -> Host:
        name = host.name if named else ""
        if not isinstance(host, Target):
            if host.document is None:
                return unreachable(name, host.unreachable, host.remedy, self.ignores)
            return examined(name, host.document, checks, self.ignores, live=False)
        answer = answers[host]
        if answer.error:
            said = answer.error.message, answer.error.remedy
            return unreachable(name, *said, self.ignores, answer.seconds, broken=answer.error.kind == BROKEN)
        found = examined(name, answer.facts or {}, checks, self.ignores, answer.seconds)
        if not self.situation or not host.client:
            return found
        return replace(found, findings=[for_client(each, host.client, self.situation) for each in found.findings])


def for_client(finding: Finding, client: str, situation: Situation) -> Finding:
    """The finding with the commands that are run here complete: checks know neither the client nor the inventory."""
    lines = []
    for line in finding.remedy.splitlines():
        before, ours, command = line.partition("./cli.py ")
        command, comment, rest = command.partition("  #")
        whole = situation.command(ours + re.sub(r"\bCLIENT\b", client, command)) if ours else command
        lines.append(before + whole + comment + rest)
    return replace(finding, remedy="\n".join(lines))


def prepared(
    words: Sequence[str],
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    since: str | None = None,
    sudo: bool = False,
    backend: str | None = None,
    peer: str = "",
    ignore: Sequence[str] = (),
    ignore_file: Path | None = None,
    limit_seconds: int | None = None,
    inventory: Path = Path("inventory"),
    vault_password_file: str | None = None,
    vault_password: str | None = None,
    files: Iterable[Path | None] = (),
) -> Inquiry:
    """Read what was asked for on the command line; nothing is contacted. files: where reports will be written.

    Raises UsageError for whatever is wrong, so that nothing is wrong when hosts are asked.
    """
    now = datetime.datetime.now().astimezone()
    group, words = short_command(words)
    only = [*only, group] if group else list(only)
    checks = chosen(only, skip) if only or skip else None
    ignores, expired = ignored(ignore, ignore_file, now.date()) if ignore or ignore_file else ([], [])
    for each in filter(None, files):
        writable(each)
    given = {"since": _since(since, now) if since else None, "limit_seconds": limit_seconds, "peer_url": peer or None}
    options = Options(**{name: value for name, value in given.items() if value is not None})
    targets = [_target(word) for word in dict.fromkeys(words)]
    situation = _situation(targets, inventory, vault_password_file, vault_password)
    known = _in_inventory(targets, situation, vault_password) if situation else {}
    asked: list[tuple[str, Sequence]] = []
    for each in targets:
        if each.kind == BUNDLE:
            asked.append((each.word, _in_bundle(Path(each.path))))
        else:
            hosts = known.get(each.word, [each])
            asked.append((each.word, [replace(host, sudo=True) if sudo else host for host in hosts]))
    return Inquiry(asked, checks, options, backend or AUTO, ignores, expired, situation)


def _target(word: str) -> Target:
    try:
        return parse(word)
    except TargetError as error:
        raise UsageError(error.message, error.remedy or HELP) from None


def _situation(
    targets: Sequence[Target], inventory: Path, vault_password_file: str | None, vault_password: str | None
) -> Situation | None:
    """None where nothing needs the inventory, which is not read then."""
    names = tuple(each.name for each in targets if each.kind == INVENTORY)
    if not names:
        return None
    from . import remedies, vault

    file = vault_password_file or vault.made_by_init()
    return remedies.Situation("diagnose", names, inventory, file, asked=vault_password is not None)


def _in_inventory(
    targets: Sequence[Target], situation: Situation, vault_password: str | None
) -> dict[str, list[Target]]:
    """Word → hosts, of the targets that only the inventory can explain."""
    from . import remedies, vault
    from .targets import explained

    asked = [each for each in targets if each.kind == INVENTORY]
    found: dict[str, list[Target]] = {}
    file = situation.vault_password_file
    with remedies.completed(situation), vault.password_file(file, vault_password) as opened:
        for each in explained(asked, situation.inventory, opened):
            found.setdefault(each.word, []).append(each)
    return found


def _in_bundle(path: Path) -> list[BundleHost]:
    from diagnostics import bundle

    try:
        return list(bundle.read(path).hosts)
    except bundle.BundleError as error:
        raise UsageError(error.message, error.remedy) from None


def short_command(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The group that a short command stands for, ``""`` where there is none, and the TARGETs. Raises UsageError."""
    if not words or words[0] not in SHORT:
        return "", words
    if len(words) == 1:
        said = f"'{words[0]}' is a short command and needs a TARGET; a client of that name is '{CLIENT}{words[0]}'."
        raise UsageError(said, HELP)
    return SHORT[words[0]], words[1:]


def chosen(only: Iterable[str], skip: Iterable[str]) -> list[Check]:
    """The checks of --only and --skip, each of which may hold several words with commas. Raises UsageError."""
    try:
        return selected(_words(only), _words(skip))
    except ValueError as error:
        word = str(error)
        known = [*GROUPS, *(each.id for each in all_checks())]
        said = f"'{word}' is neither a check nor a group (groups: {', '.join(GROUPS)})." + _near(word, known)
        raise UsageError(said, "./cli.py explain") from None


def ignored(given: Iterable[str], file: Path | None, today: datetime.date) -> tuple[list, list]:
    """The entries of --ignore and --ignore-file that hold today, and those that no longer do. Raises UsageError."""
    try:
        entries = [*(ignoring.read(file) if file else []), *map(ignoring.parse, given)]
    except ignoring.IgnoreError as error:
        remedy = f"{EDIT} {shlex.quote(str(file))}" if file and str(file) in str(error) else HELP
        raise UsageError(f"{error}.", remedy) from None
    known = [each.id for each in all_checks()]
    for each in entries:
        if each.id not in known:
            said = f"There is no check '{each.id}' that could be ignored." + _near(each.id, known)
            raise UsageError(said, "./cli.py explain")
    return ignoring.sorted_out(entries, today)


def _since(text: str, now: datetime.datetime) -> int:
    """Seconds since 1970 of ``2h``, ``3d``, ``2026-11-25`` or ``2026-11-25T10:00`` (local time). Raises UsageError.

    now: with its time zone.
    """
    moment = _moment(text, now)
    if moment is None or moment.timestamp() < 0:
        said = f"'{text}' is no time for --since; it takes 45m, 2h, 3d, 2026-11-25 or 2026-11-25T10:00."
        raise UsageError(said, HELP)
    if moment > now:
        raise UsageError(f"--since {text} lies in the future.", HELP)
    return int(moment.timestamp())


def _moment(text: str, now: datetime.datetime) -> datetime.datetime | None:
    age = re.fullmatch(r"(\d{1,9})([smhdw])", text)
    if age:
        try:
            return now - datetime.timedelta(**{AGES[age[2]]: int(age[1])})
        except OverflowError:
            return None
    for form in MOMENTS:
        try:
            return datetime.datetime.strptime(text, form).astimezone()
        except (ValueError, OverflowError):
            continue
    return None


def writable(path: Path) -> None:
    """Raises UsageError where a report could not be put at the path, before anything is asked."""
    folder = path.absolute().parent
    if path.is_dir():
        raise UsageError(f"{path} is a directory; the report needs the name of a file.", HELP)
    if not folder.is_dir():
        raise UsageError(f"There is no directory {folder} for the report.", f"mkdir -p {shlex.quote(str(folder))}")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        said = f"The report cannot be written to {folder}: {error.strerror or error}."
        raise UsageError(said, f"ls -ld {shlex.quote(str(folder))}") from None


def write(path: Path, text: str) -> None:
    """Put a report there at once or not at all, for its owner alone (0600). Raises UsageError."""
    draft = None
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.absolute().parent)  # it makes it 0600
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        Path(draft).replace(path)
    except OSError as error:
        folder = shlex.quote(str(path.absolute().parent))
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.", f"df -h {folder}") from None
    finally:
        if draft:
            Path(draft).unlink(missing_ok=True)


def exit_status(diagnoses: Iterable[Diagnosis], *, strict: bool = False) -> Exit:
    """The gravest of all: a check that crashed, failures, unreachable hosts, warnings. Ignored ones do not count."""
    diagnoses = list(diagnoses)
    findings = [each for diagnosis in diagnoses for each in diagnosis.findings]
    broken = any(host.broken for diagnosis in diagnoses for host in diagnosis.hosts)
    if broken or any(each.status == ERROR and not is_unreachable(each) for each in findings):
        return Exit.BROKEN
    if any(each.status == FAIL for each in findings):
        return Exit.FAIL
    if any(is_unreachable(each) for each in findings):
        return Exit.UNREACHABLE
    return Exit.WARN if strict and any(each.status == WARN for each in findings) else Exit.OK


def _words(given: Iterable[str]) -> list[str]:
    return [word.strip() for each in given for word in each.split(",") if word.strip()]


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 3)
    return f" Did you mean {' or '.join(near)}?" if near else ""
