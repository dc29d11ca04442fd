"""The report for a person: worst first, a line a finding, then what was seen and the command that mends it."""

from __future__ import annotations

import re
import textwrap
from typing import Iterable, Mapping, Sequence

from ..diagnosis import Diagnosis, Host
from ..findings import ERROR, FAIL, PASS, SKIP, WARN, Finding
from .plain import lines, printable

WORDS = {FAIL: "FAIL", ERROR: "ERROR", WARN: "WARN", SKIP: "skip", PASS: "pass"}
COLOURS = {FAIL: "1;31", ERROR: "1;35", WARN: "1;33", SKIP: "2", PASS: "32"}
NAMES = {FAIL: "failed", ERROR: "error", WARN: "warning", SKIP: "not checked", PASS: "passed"}
SHOWN = 4  # ids of checks that are skipped for one reason
MARGIN = 7  # columns of the status
NARROW = 60  # columns; below it, the margin is small


class Writer:
    """Knows the terminal. width: columns, None where nothing is to be wrapped (a pipe). colour: with ANSI colours."""

    def __init__(self, *, width: int | None = None, colour: bool = False, verbose: bool = False) -> None:
        self.width = max(width, 20) if width else None
        self.colour = colour
        self.verbose = verbose
        self.margin = MARGIN if width is None or width >= NARROW else 2

    def report(self, diagnoses: Sequence[Diagnosis]) -> str:
        """Everything about all targets."""
        parts = ["\n".join(self._target(each)) for each in diagnoses]
        if diagnoses:
            parts.append("\n".join(self._wrapped(self.counts(each), 2) for each in diagnoses))
        if any(_troubles(each.findings) for each in diagnoses):
            parts.append(self._paint(self._wrapped("More about a finding: ./cli.py explain ID", 2), "2"))
        return "\n\n".join(parts)

    def news(self, new: Sequence[tuple], mended: Sequence[tuple], diagnoses: Sequence[Diagnosis], when: str) -> str:
        """What changed since the last round of --watch; lists of (target, Finding). when: the time, in words."""
        written = []
        for target, finding in new:
            written += self._finding(finding, where=_place(target, finding))
        written += [self._head(each, "mended", PASS, _place(target, each)) for target, each in mended]
        return "\n".join([*written, *(self._wrapped(f"{when}  {self.counts(each)}", 2) for each in diagnoses)])

    def counts(self, diagnosis: Diagnosis) -> str:
        """One line: how many findings of which status."""
        found = diagnosis.summary
        order = (FAIL, ERROR, WARN, SKIP, PASS)
        said = [f"{found[each]} {_plural(found[each], each)}" for each in order if found[each]]
        if diagnosis.ignored:
            said.append(f"{len(diagnosis.ignored)} ignored")
        took = f" ({diagnosis.seconds:.1f} s)" if diagnosis.seconds else ""
        return f"{printable(diagnosis.target)}: {', '.join(said) or 'nothing was checked'}{took}"

    def _target(self, diagnosis: Diagnosis) -> list[str]:
        findings = diagnosis.findings
        written = [self._paint(self._wrapped(_title(diagnosis), 2), "1"), ""]
        for each in _troubles(findings):
            written += self._finding(each)
        written += self._skipped([each for each in findings if each.status == SKIP], len(diagnosis.hosts))
        written += self._passed([each for each in findings if each.status == PASS])
        for each in diagnosis.ignored:
            written += self._finding(each, word="known")
        for each in diagnosis.expired:
            said = f"The --ignore of {each.id} ended on {each.until}, it counts again: {each.reason}"
            written.append(self._wrapped(printable(said), 2))
        for each in diagnosis.hosts:
            if not each.complete:
                said = "The time limit ended the probe; what it had not gathered by then is not checked."
                written.append(self._wrapped(f"{_of(each)}{said} More time: --limit-seconds", 2))
        for each in diagnosis.hosts:
            if each.user:
                said = f"{_of(each)}The probe ran as {each.user}; as root it sees more: --sudo"
                written.append(self._wrapped(printable(said), 2))
        if diagnosis.redacted:
            counts = ", ".join(f"{count} × {printable(kind)}" for kind, count in diagnosis.redacted.items())
            written += [
                "",
                self._paint(self._wrapped(f"Removed on the host before anything left it: {counts}", 2), "2"),
            ]
        return written

    def _finding(self, finding: Finding, *, word: str = "", where: str = "") -> list[str]:
        written = [self._head(finding, word or WORDS[finding.status], finding.status, where or finding.host)]
        if finding.ignored:
            written.append(self._indented(printable(f"Ignored: {finding.ignored}")))
        written += [self._indented(each) for each in lines(finding.evidence)]
        remedy = lines(finding.remedy)
        if remedy:
            written.append(self._indented("Mend it with:"))
            # Commands are never wrapped: they are there to be copied.
            written += [self._paint(f"{' ' * (self.margin + 2)}{each}", "36") for each in remedy]
        return written

    def _head(self, finding: Finding, word: str, status: str, where: str) -> str:
        said = f"{finding.id}  {finding.title}" + (f"  [{printable(where)}]" if where else "")
        return self._labelled(word, COLOURS[status], printable(said))

    def _skipped(self, findings: Sequence[Finding], hosts: int) -> list[str]:
        if self.verbose:
            return [line for each in findings for line in self._finding(each)]
        reasons: dict[str, dict] = {}
        for each in findings:
            reasons.setdefault(_reason(each), {}).setdefault(each.id, []).append(each.host)
        return [
            self._labelled("skip", COLOURS[SKIP], printable(f"{reason}: {_some(ids, hosts)}"))
            for reason, ids in reasons.items()
        ]

    def _passed(self, findings: Sequence[Finding]) -> list[str]:
        if self.verbose:
            return [line for each in findings for line in self._finding(each)]
        groups: dict[str, dict] = {}
        for each in findings:
            groups.setdefault(each.group, {})[each.id.partition(".")[2]] = None
        return [
            self._labelled("pass", COLOURS[PASS], printable(f"{group}: {', '.join(names)}"))
            for group, names in groups.items()
        ]

    def _labelled(self, word: str, colour: str, said: str) -> str:
        """The word in the margin, and the text beside it, or behind it on a narrow terminal."""
        label = word.ljust(MARGIN - 1) if self.margin == MARGIN else word
        text = self._wrapped(f"{label} {said}", self.margin)
        return self._paint(text[: len(label)], colour) + text[len(label) :]

    def _indented(self, line: str) -> str:
        return self._wrapped(" " * self.margin + line, self.margin)

    def _wrapped(self, line: str, indent: int) -> str:
        if not self.width:
            return line
        wrap = textwrap.TextWrapper(
            self.width, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
        )
        return wrap.fill(line)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour and text else text


def _troubles(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if each.status in (FAIL, ERROR, WARN)]


def _title(diagnosis: Diagnosis) -> str:
    said = ", ".join(_of(each) + each.application for each in diagnosis.hosts)
    return printable(f"{diagnosis.target}: {said}")


def _of(host: Host) -> str:
    return f"{host.name}: " if host.name else ""


def _place(target: str, finding: Finding) -> str:
    return f"{target} {finding.host}".rstrip()


def _plural(count: int, status: str) -> str:
    return NAMES[status] + "s" * (count != 1 and status in (ERROR, WARN))


def _some(ids: Mapping[str, Sequence[str]], hosts: int) -> str:
    """Some of the ids; of which hosts, where it is not all of them."""
    named = [each if len(names) == hosts else f"{each} [{', '.join(names)}]" for each, names in ids.items()]
    shown = named if len(named) <= SHOWN else named[: SHOWN - 1]
    return ", ".join(shown) + (f" and {len(named) - len(shown)} more (-v)" if len(shown) < len(named) else "")


def _reason(finding: Finding) -> str:
    """The reason of a skip, without the path of the fact, so that the skips of one reason are one line."""
    said = " ".join(finding.evidence.split())
    found = re.fullmatch(r"Not checked: (.*?)(?: \(\w[\w./-]*\))?", said)  # as check.py writes it
    return found[1] if found else said
