"""``bundle``: asks the hosts of one TARGET, and puts what they said into one file."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

from diagnostics import bundle
from diagnostics.collect import Collected, collect
from diagnostics.facts import Facts
from diagnostics.report.plain import printable
from diagnostics.targets import BROKEN, BUNDLE, Target, TargetError

from . import diagnose
from .exits import Exit, UsageError

HELP = "./cli.py bundle --help"


@dataclass(frozen=True)
class Written:
    """A bundle that was written, of these hosts. broken: the tool itself failed at one of them."""

    path: Path
    hosts: Sequence[bundle.Host]
    broken: bool = False

    @property
    def exit_status(self) -> Exit:
        """A bundle without one of its hosts is not the one that was asked for."""
        if self.broken:
            return Exit.BROKEN
        return Exit.UNREACHABLE if any(host.document is None for host in self.hosts) else Exit.OK

    def text(self) -> str:
        """What is in it, what was replaced, what could not be read and why, and how to look into it."""
        lines = [f"Wrote {printable(str(self.path))}, which only you can read."]
        for host in self.hosts:
            name = printable(host.name)
            if host.document is None:
                lines += [f"{name} is not in it: {printable(host.unreachable)}"]
                lines += [f"  Mend it with: `{printable(host.remedy)}`"] if host.remedy else []
                continue
            facts = Facts(host.document)
            lines.append(f"{name}: {_called(facts)}")
            missing = facts.get("probe/missing", {})
            lines += ["  Could not be read:"] if missing else []
            lines += [f"    {printable(path)}: {printable(reason)}" for path, reason in sorted(missing.items())]
        counts = bundle.redacted(host.document for host in self.hosts)
        lines.append("Replaced in it, by kind:" if counts else "Nothing had to be replaced in it.")
        lines += [f"  {printable(kind)}: {count}" for kind, count in counts.items()]
        lines.append("Look into it before you send it:")
        lines.append(f"  tar -xzOf {printable(shlex.quote(str(self.path)))} {bundle.TOP}/README.txt")
        return "\n".join(lines)


def _called(facts: Facts) -> str:
    if not facts.kind:
        return "no Invoice Ninja was found"
    version = f" {printable(facts.version)}" if facts.version else ""
    complete = "" if facts.get("probe/complete", True) else "; the time limit ended it, the rest is missing"
    return f"Invoice Ninja {facts.kind.upper()}{version} in {printable(facts.root)}{complete}"


def make(word: str, output: Path, *, force: bool = False, **given: Any) -> Written:
    """Ask the hosts of the TARGET and write the bundle. given: as of diagnose.prepared (sudo, backend, since, …).

    Raises UsageError for whatever is wrong, before any host is asked where that is possible.
    """
    inquiry = diagnose.prepared([word], **given)
    targets = [each for _, hosts in inquiry.asked for each in hosts]
    if not all(isinstance(each, Target) and each.kind != BUNDLE for each in targets):
        remedy = f"./cli.py diagnose {shlex.quote(word)}"
        raise UsageError(f"'{printable(word)}' is a bundle already; a bundle is made of a server.", remedy)
    try:
        bundle.refuse(output, force)
        answers = {each.target: each for each in collect(targets, inquiry.options, inquiry.backend)}
        hosts = [_host(answers[each]) for each in targets]
        bundle.write(output, hosts, targets[0].client, force=force)
    except (TargetError, bundle.BundleError) as error:
        raise UsageError(error.message, error.remedy or HELP) from None
    return Written(output, hosts, any(each.error and each.error.kind == BROKEN for each in answers.values()))


def _host(answer: Collected) -> bundle.Host:
    if answer.error:
        return bundle.Host(answer.target.name, "", None, answer.error.message, answer.error.remedy)
    return bundle.Host(answer.target.name, Facts(answer.facts or {}).kind, answer.facts)


def write_script(output: Path | None, client: str, *, force: bool = False) -> Path:
    """Write the script for a customer without the tool; returns where. client: whose pseudonyms it makes.

    Raises UsageError.
    """
    from diagnostics import pseudonyms

    output = output or Path(bundle.SCRIPT)
    try:
        bundle.put(output, bundle.script(pseudonyms.salt(client)).encode(), force)
    except (TargetError, bundle.BundleError) as error:
        raise UsageError(error.message, error.remedy or HELP) from None
    return output
