"""What a record (records.Record) says of a run and of each of its clients, as one document (docs/report.md)."""

from __future__ import annotations

import datetime
from collections import Counter

from diagnostics.findings import ERROR, FAIL, WARN
from diagnostics.findings import STATUSES as GRAVITY

from . import stages
from .records import Record, parsed_time, written_time

SCHEMA = 1  # it changes when a field loses its meaning
# A client's ends besides those of outcome.STATUSES.
HELD, NOT_STARTED, RUNNING, KILLED = "held", "not started", "running", "killed"
# The gravest first: what a person has to look at in the morning stands on top.
ORDER = ("broken", "fail", "usage", "unreachable", KILLED, "stopped", HELD, NOT_STARTED, RUNNING, "warn", "ok")
WORDS = {
    "ok": "done",
    "warn": "done, with warnings",
    "fail": "failed",
    "usage": "wrong configuration",
    "unreachable": "unreachable",
    "stopped": "stopped",
    "broken": "not done",
    HELD: "held",
    NOT_STARTED: "not started",
    RUNNING: "running",
    KILLED: "killed",
}
DONE = ("ok", "warn")
BAD = ("failed", "unreachable")  # ends of a step


def document(record: Record) -> dict:
    """The report on a run. Times are ISO-8601 in UTC or ``""``; durations are seconds."""
    lines: dict = {name: [] for name in record.clients}
    for each in record.events:
        if each["client"]:
            lines[each["client"]].append(each)
    last = record.events[-1]["at"] if record.events else ""
    batches = {each["name"]: each.get("batch", 1) for each in record.run.get("clients", [])}
    results = {each.get("client"): each for each in (record.result or {}).get("clients", [])}
    clients = [
        {"client": name, "batch": batches.get(name, 1), **_client(name, lines[name], results.get(name), record)}
        for name in record.clients
    ]
    started = record.run.get("started") or (record.events[0]["at"] if record.events else "")
    counted = Counter(each["status"] for each in clients)
    return {
        "schema": SCHEMA,
        "run": record.name,
        "verb": record.run.get("verb", ""),
        "plan": bool(record.run.get("plan")),
        "state": record.state,
        "started": started,
        "ended": last if record.state != "running" else "",
        "seconds": seconds_between(started, last),
        "exit": _exit(record),
        "summary": {"clients": len(clients), **{status: counted[status] for status in ORDER if counted[status]}},
        "clients": clients,
        "findings": _by_kind(clients),
        "unreadable_lines": record.unreadable,
        "lost_lines": sum(each.get("lost", 0) for each in record.events),
    }


def only(report: dict, client: str) -> dict:
    """The same document with this client alone."""
    clients = [each for each in report["clients"] if each["client"] == client]
    summary = {"clients": len(clients), **{each["status"]: 1 for each in clients}}
    return {**report, "summary": summary, "clients": clients, "findings": _by_kind(clients)}


def _client(name: str, lines: list, result: dict | None, record: Record) -> dict:
    """What happened to one client: its end from its last line that tells one, else from the state of the run."""
    end = next((each for each in reversed(lines) if each["event"] == "client_ended"), None)
    waits = next((each for each in reversed(lines) if each["event"] == HELD), None)
    said = {**(result or {}), **(end or {})}
    steps = [each for each in lines if each["event"] == "step"]
    began = [each for each in lines if each["event"] in ("client_started", "step", "stage", "progress")]
    if waits and began and (end is None or end.get("status") in DONE):
        # It went as far as it was to go, and the next stage waits for a person.
        said = {**said, "status": HELD, "message": said.get("message") or waits.get("why", "")}
    elif said.get("status") == HELD or (waits and not said):
        # A rule of the run did not let it begin: it is out of the window, say, or too many failed.
        said = {**said, "status": NOT_STARTED, "message": said.get("message") or (waits or {}).get("why", "")}
    elif not said:
        under_way = RUNNING if record.state == "running" else KILLED
        said = {"status": under_way if began else NOT_STARTED}
    passed = _stages(lines, steps)
    started = min((_began(each) for each in began), default="")
    # A run of one playbook tells all ends when the last client has ended.
    ended = began[-1]["at"] if began else end["at"] if end else ""
    progress = next((each for each in reversed(lines) if each["event"] == "progress"), None)
    return {
        "status": said.get("status", "broken"),
        "message": said.get("message", ""),
        "remedy": said.get("remedy", ""),
        "failed_step": said.get("failed_step", ""),
        "stage": _reached(passed, steps, said.get("failed_step", "")),
        "started": started,
        "ended": ended,
        "seconds": said["seconds"] if _is_number(said.get("seconds")) else seconds_between(started, ended),
        "stages": passed,
        "steps": len(steps) or len(said.get("steps", [])),
        "changed": said.get("changed") if isinstance(said.get("changed"), int) else 0,
        "progress": {key: progress[key] for key in ("state", "resource", "done", "total")} if progress else {},
        "counts": said.get("counts") or [],
        "differences": said.get("differences") or {},
        "findings": _findings(lines, said),
        "hooks": [_own(each) for each in lines if each["event"] in ("hook", "webhook")],
    }


def _stages(lines: list, steps: list) -> list:
    """The stages that a client went through, in their order: as the run told them, else from its steps' plays."""
    told: dict = {}
    for each in lines:
        if each["event"] == "stage" and each.get("stage"):
            told[each["stage"]] = {
                "stage": each["stage"],
                "state": each.get("state", ""),
                "seconds": each.get("seconds") or 0.0,
                "why": each.get("why", ""),
            }
    if told:
        return list(told.values())
    plays, found, stage, end = stages.of_plays(), {}, "", ""
    for each in steps:
        before, stage = stage, plays.get(each.get("play", ""), "")
        if stage:
            seen = found.setdefault(stage, {"stage": stage, "state": "done", "seconds": 0.0, "why": ""})
            begin = end if stage == before else _began(each)
            end = each["at"]
            seen["seconds"] = round(seen["seconds"] + seconds_between(begin, end), 3)
            if each.get("status") in BAD:
                seen["state"] = "failed"
    return list(found.values())


def _reached(passed: list, steps: list, failed_step: str) -> str:
    """The stage that a client has reached: the one of the step that failed, or the last."""
    failed = [each for each in steps if each.get("task") == failed_step and each.get("status") in BAD]
    stage = stages.of_plays().get(failed[-1].get("play", ""), "") if failed else ""
    return stage or next((each["stage"] for each in reversed(passed)), "")


def _findings(lines: list, said: dict) -> list:
    """The findings, the gravest first; ``pass`` and ``skip`` are left out."""
    found = [each for each in lines if each["event"] == "finding"] or said.get("findings") or []
    kept = ("id", "status", "title", "remedy")
    found = [{key: str(each.get(key, "")) for key in kept} for each in found]
    once = {(each["id"], each["title"]): each for each in found if each["status"] in (FAIL, ERROR, WARN)}
    return sorted(once.values(), key=lambda each: GRAVITY.index(each["status"]))


def _by_kind(clients: list) -> list:
    """The findings of all clients by their id, the most frequent of the gravest first: whom each is about."""
    kinds: dict = {}
    for client in clients:
        for each in client["findings"]:
            kind = kinds.setdefault(each["id"], {"id": each["id"], "status": each["status"], "title": each["title"]})
            kind["status"] = min(kind["status"], each["status"], key=GRAVITY.index)
            if client["client"] not in kind.setdefault("clients", []):
                kind["clients"].append(client["client"])
    return sorted(kinds.values(), key=lambda each: (GRAVITY.index(each["status"]), -len(each["clients"]), each["id"]))


def _own(line: dict) -> dict:
    return {key: value for key, value in line.items() if key not in ("at", "client", "event", "lost")}


def _exit(record: Record) -> int | None:
    """The run's exit status; None where it did not end by itself."""
    told = [each.get("exit") for each in record.events if each["event"] == "run_ended"]
    found = told[-1] if told else (record.result or {}).get("exit")
    return found if isinstance(found, int) else None


def _began(line: dict) -> str:
    """When what a line tells began: a step is told when it has ended."""
    seconds = line.get("seconds")
    if line["event"] != "step" or not _is_number(seconds):
        return line["at"]
    at = parsed_time(line["at"])
    return written_time(at - datetime.timedelta(seconds=seconds)) if at else line["at"]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def seconds_between(first: str, last: str) -> float:
    """The seconds from one time of a record to another; 0 where one is none, or where the clock was set back."""
    one, other = parsed_time(first), parsed_time(last)
    return max(round((other - one).total_seconds(), 3), 0.0) if one and other else 0.0
