"""The plan of a run: for every client what would be done, why, and how long that takes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Iterable

from diagnostics.units import count

from . import estimate, stages
from .exits import Exit
from .status import HEALTH, OK, TROUBLED, UNREACHABLE, State

CUTOVER, REPAIR = "cutover", "repair"
DO, SKIP, HELD, UNKNOWN = "do", "skip", "held", "unknown"
MARKS = {DO: "+", SKIP: "=", HELD: "|", UNKNOWN: "?"}


@dataclass(frozen=True)
class Stage:
    """What would become of a stage: ``do``, ``skip`` (its effect is there), ``held`` or ``unknown``; why; seconds."""

    stage: str
    action: str
    why: str
    seconds: int


@dataclass(frozen=True)
class Plan:
    """What would be done for a client. seconds: in all. state: what the plan was made from."""

    client: str
    stages: tuple
    seconds: int
    state: State

    @property
    def exit(self) -> Exit:
        return {TROUBLED: Exit.BROKEN, UNREACHABLE: Exit.UNREACHABLE}.get(self.state.health, Exit.OK)


def ways(hold_before: str, *, repair: bool = False) -> tuple:
    """The stages of the way, in their order, and which of them come before the hold. repair: it was asked for."""
    every = tuple(each for each in stages.order() if repair or each != REPAIR)
    before = every[: every.index(hold_before)] if hold_before in every else every
    return every, before


def of(state: State, hold_before: str = CUTOVER, *, repair: bool = False) -> Plan:
    """The plan for a client that is this far."""
    every, before = ways(hold_before, repair=repair)
    if CUTOVER in state.done:
        return Plan(state.client, tuple(Stage(each, SKIP, "V5 is in use", 0) for each in (*every, CUTOVER)), 0, state)
    found = []
    for stage in every:
        done = stage in state.done
        if stage not in before:
            found.append(Stage(stage, HELD, f"--hold-before {hold_before}", 0))
        elif state.stage is None:
            found.append(Stage(stage, UNKNOWN, "a host did not answer", 0))
        else:
            seconds = round(estimate.of_stage(stage, state.records, done=done))
            found.append(Stage(stage, SKIP if done else DO, _why(stage, state, done=done), seconds))
    why = "it is never done unasked" if hold_before == CUTOVER else f"--hold-before {hold_before}"
    found.append(Stage(CUTOVER, HELD, why, 0))
    return Plan(state.client, tuple(found), sum(each.seconds for each in found), state)


def _why(stage: str, state: State, *, done: bool) -> str:
    many = sum((state.records or {}).values())
    made, missing = {
        "verify": ("", "V4 and its data are read first"),
        "upgrade": (f"V4 is {state.v4}" if state.v4 else "V4 gives no shell", f"V4 is {state.v4 or 'unknown'}"),
        "provision": (f"V5 {state.v5} works; only what differs is changed", "there is no V5 that works"),
        "migrate": (
            "V5 holds the company",
            f"{count(many, 'record')} of V4" if many else "V5 does not hold the company",
        ),
        REPAIR: ("", "what V5's importer lost is put back, after a backup"),
        "check-data": ("", "V5's own check of its data, and the comparison with V4"),
    }.get(stage, ("", ""))
    return made if done else missing


def exit_status(plans: Iterable[Plan]) -> Exit:
    """The gravest of all."""
    found = [each.exit for each in plans]
    return next((status for status in (Exit.BROKEN, Exit.UNREACHABLE) if status in found), Exit.OK)


def total(plans: Iterable[Plan], parallel: int) -> float:
    """Seconds of all, so many at once."""
    each = [plan.seconds for plan in plans]
    return max(max(each, default=0), sum(each) / parallel)


def document(plans: list, ended: Exit) -> dict:
    """The document of --json; docs/fleet.md describes it."""
    clients = []
    for each in plans:
        state = each.state
        clients.append(
            {
                "client": each.client,
                "stages": [asdict(stage) for stage in each.stages],
                "seconds": each.seconds,
                "health": state.health,
                "why": state.why,
                "action": state.action,
                "records": state.records,
                "skew": state.skew,
            }
        )
    return {"schema": 1, "verb": "run", "plan": True, "exit": int(ended), "record": "", "clients": clients}


def dumped(document: dict) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def text(plans: list, parallel: int, command: str) -> str:
    """The plan for a person. command: the one that does it."""
    from diagnostics.report.plain import printable

    lines = []
    for each in plans:
        todo = [stage.stage for stage in each.stages if stage.action == DO]
        unknown = any(stage.action == UNKNOWN for stage in each.stages)
        said = f"{', '.join(todo) or 'nothing to do'}; {estimate.told(each.seconds)}"
        lines.append(f"{each.client}: {'cannot be planned' if unknown else said}")
        if unknown:
            lines += [f"  {printable(each.state.why)}"]
            lines += [f"  Mend it with: `{printable(each.state.action)}`"] if each.state.action else []
            continue
        for stage in each.stages:
            took = f"  {estimate.told(stage.seconds)}" if stage.seconds >= 60 else ""
            lines.append(f"  {MARKS[stage.action]} {stage.stage:<10}  {printable(stage.why)}{took}")
        if each.state.health != OK:
            lines.append(f"  {each.state.health}: {printable(each.state.why)}")
            lines += [f"  Mend it with: `{printable(each.state.action)}`"] if each.state.action else []
    ill = [f"{sum(each.state.health == name for each in plans)} {name}" for name in HEALTH if name != OK]
    ill = [each for each in ill if not each.startswith("0 ")]
    who = ", ".join([count(len(plans), "client"), *ill])
    lines.append(f"{who}: about {estimate.told(total(plans, parallel))}, {parallel} at once")
    lines.append("+ would be done, = is there already, | held. Nothing was changed.")
    return "\n".join([*lines, f"Do it with: `{command}`"])
