"""What a command prints when a run has ended: text for a person, or one JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from migration.reconcile.text import table

from .exits import Exit

WORDS = {
    "ok": "done",
    "warn": "done, with warnings",
    "fail": "FAILED",
    "usage": "WRONG CONFIGURATION",
    "unreachable": "UNREACHABLE",
    "stopped": "STOPPED",
    "broken": "NOT DONE",
    "held": "not begun",
}


def document(verb: str, results: list, ended: Exit, folder: Path, *, plan: bool = False) -> dict:
    """The document of --json; docs/cli.md describes it. ``schema`` changes when a field loses its meaning."""
    clients = [asdict(each) for each in results]
    return {"schema": 1, "verb": verb, "plan": plan, "exit": int(ended), "record": str(folder), "clients": clients}


def dumped(document: dict) -> str:
    """A document as it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def refusal(verb: str, ended: Exit, message: str, remedy: str, *, plan: bool = False) -> str:
    """The same document for a command that could not begin, or that broke; it has no record."""
    record = {"schema": 1, "verb": verb, "plan": plan, "exit": int(ended), "record": "", "clients": []}
    return dumped({**record, "message": message, "remedy": remedy})


def text(verb: str, results: list, folder: Path) -> str:
    """One line a client, the message where it failed, and where the record of the run lies; what reconcile compared."""
    lines = []
    for each in results:
        ended = f"{each.client}: {verb} {WORDS[each.status]}"
        if each.status in ("ok", "warn"):
            ended += f": {count(each.changed)} changed something" if each.changed else ": nothing had to be changed"
        if verb == "reconcile" and each.reconciliation:
            lines += [*table(each.reconciliation), ""]
        lines.append(ended)
        lines += trouble(each)
    return "\n".join([*lines, f"Record of the run: {folder}"])


def plan(results: list, folder: Path) -> str:
    """What would be done, from a run in Ansible's check mode."""
    lines = []
    for each in results:
        would = [step for step in each.steps if step["status"] == "changed"]
        many = f"{count(len(would))} would change something" if would else "nothing would be changed"
        lines.append(f"{each.client}: {many}")
        play = ""
        for step in would:
            if step["play"] != play:
                play = step["play"]
                lines.append(f"  {play}")
            said = (step["message"] or step["task"]).splitlines()
            lines.append(f"    {step['host']}: {said[0]}")
            lines += [f"      {line}" for line in said[1:]]
        if each.unforeseen:
            lines.append("  These stages build on the changes above and cannot be foreseen before they are made:")
            lines += [f"    {name}" for name in each.unforeseen]
        if each.message:
            lines.append("  It would stop here:")
            lines += trouble(each)
    return "\n".join([*lines, "Nothing was changed.", f"Record of the run: {folder}"])


def count(steps: int) -> str:
    """The number of steps in words."""
    return "1 step" if steps == 1 else f"{steps} steps"


def trouble(outcome: object) -> list:
    """The lines that say why a client failed: message, step, and the remedy unless the message holds it."""
    if not outcome.message:
        return []
    where = f" (step '{outcome.failed_step}')" if outcome.failed_step else ""
    lines = [f"  {line}" for line in f"{outcome.message}{where}".splitlines()]
    if outcome.remedy and outcome.remedy not in outcome.message:
        lines.append(f"  Mend it with: `{outcome.remedy}`")
    return lines
