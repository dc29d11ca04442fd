"""Ansible-runner's events as steps of clients: what ran where, how it ended, what was found, how far the import is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from migration.resources import RESOURCES

from .remedies import Situation

ENDED = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
}
HIDDEN = "Its output may hold secrets and is hidden; run the step by hand on the host to see it"
# These only bring other tasks in, which are steps of their own.
STRUCTURE = ("include_tasks", "include_role", "import_tasks", "import_role")
FINDING = {"id": "", "status": "", "title": "", "rows": [], "remedy": ""}  # what every finding has
MESSAGE_LIMIT = 4000  # characters


@dataclass
class Step:
    """One task on one host: ``status`` is ok, changed, failed, unreachable or skipped; ``seconds`` is its duration."""

    client: str
    host: str
    play: str
    role: str
    task: str
    action: str
    status: str
    seconds: float = 0.0
    message: str = ""
    error_id: str = ""
    remedy: str = ""


@dataclass
class Started:
    """A task that has begun on a host."""

    host: str
    play: str
    task: str


@dataclass
class Progress:
    """How far a client's import is: its state, the resource it is at, and V5's resources that are done of all."""

    state: str
    resource: str
    done: int
    message: str = ""
    total: int = len(RESOURCES)


@dataclass
class Run:
    """Everything that happened in a run, gathered event by event.

    client_of: host → client. observers are called with (client, Started | Step | Progress). findings: client →
    where they come from → list. reconciliations: client → the document of the role reconcile. tail: what Ansible said
    outside of tasks, the last lines. Kept for outcome.py. situation: completes the commands in what steps say. counts:
    client → the records on both sides, as the migration or, better, the reconciliation counted them; differences:
    client → how many the reconciliation found, by kind.
    """

    client_of: dict
    observers: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    findings: dict = field(default_factory=dict)
    reconciliations: dict = field(default_factory=dict)
    progress: dict = field(default_factory=dict)
    stats: dict = field(default_factory=dict)
    tail: list = field(default_factory=list)
    situation: Situation | None = None
    counts: dict = field(default_factory=dict)
    differences: dict = field(default_factory=dict)

    def __call__(self, event: dict) -> bool:
        """Take one event of ansible-runner; True keeps the event in the record too."""
        name, data = event.get("event", ""), event.get("event_data", {})
        if name in ("verbose", "error", "warning", "deprecated"):
            self.tail = [*self.tail[-29:], event.get("stdout", "")]
        elif name == "runner_on_start":
            started = Started(data.get("host", ""), data.get("play", ""), _title(data.get("task", "")))
            self._tell(started.host, started)
        elif name == "runner_retry":
            self._watch(data)
        elif name == "playbook_on_stats":
            self.stats = data
            found = (data.get("artifact_data") or {}).get("findings")
            for client in set(self.client_of.values()):
                self._find(client, "stats", found)
        elif name in ENDED and not data.get("ignore_errors"):
            self._watch(data)
            self._end(ENDED[name], data)
        return True

    def _end(self, status: str, data: dict) -> None:
        action = str(data.get("resolved_action") or data.get("task_action") or "")
        if action.rpartition(".")[2] in STRUCTURE and status in ("ok", "skipped"):
            return
        result = data.get("res") or {}
        if status == "ok" and result.get("changed"):
            status = "changed"
        ended_badly = status in ("failed", "unreachable")
        step = Step(
            client=self._client(data),
            host=data.get("host", ""),
            play=data.get("play", ""),
            role=data.get("role", ""),
            task=_title(data.get("task", "")),
            action=action,
            status=status,
            seconds=round(data.get("duration") or 0.0, 3),
            message=message_of(result) if ended_badly else _shown(action, result),
            error_id=str(result.get("error_id", "")),
            remedy=str(result.get("remedy", "")) if ended_badly else "",
        )
        if self.situation:
            step.message, step.remedy = self.situation.text(step.message), self.situation.command(step.remedy)
        self.steps.append(step)
        self._find(step.client, step.task, result.get("findings"))
        for name, value in (result.get("ansible_facts") or {}).items():
            if name.endswith("_findings"):
                self._find(step.client, name, value)
            elif name == "migration_counts" and isinstance(value, list):
                self.counts[step.client] = value
            elif name == "reconcile_result" and isinstance(value, dict):
                self.reconciliations[step.client] = value
                self.counts[step.client] = value.get("counts") or []
                self.differences[step.client] = differences_of(value)
        self._tell(step.host, step)

    def _find(self, client: str, source: str, found: Any) -> None:
        """Keep findings; what a source found later replaces what it found before."""
        if isinstance(found, list) and all(isinstance(each, dict) and "status" in each for each in found):
            self.findings.setdefault(client, {})[source] = [{**FINDING, **each} for each in found]

    def _watch(self, data: dict) -> None:
        """The watch over the import returns how far it is, again and again until it ends."""
        result = data.get("res") or {}
        action = str(data.get("task_action", "")).rpartition(".")[2]
        if action != "v5_import_state" or "resources_done" not in result:
            return
        seen = Progress(
            str(result.get("state") or ""),
            str(result.get("resource") or ""),
            len(result["resources_done"]),
            str(result.get("message") or ""),
        )
        client = self._client(data)
        if self.progress.get(client) != seen:
            self.progress[client] = seen
            self._tell(data.get("host", ""), seen)

    def _client(self, data: dict) -> str:
        return self.client_of.get(data.get("host", ""), data.get("host", ""))

    def _tell(self, host: str, what: Any) -> None:
        for observer in self.observers:
            observer(self.client_of.get(host, host), what)


def differences_of(reconciliation: dict) -> dict:
    """The number of differences: ``total``, ``known`` ones among them, and of each of the ``kinds`` (entity/field).

    Which records they are about stays out: that is personal data.
    """
    kinds: dict = {}
    found = [each for each in reconciliation.get("differences") or [] if isinstance(each, dict)]
    for each in found:
        name = "/".join(filter(None, (str(each.get("entity", "")), str(each.get("field") or ""))))
        kind = kinds.setdefault(name, {"kind": name, "total": 0, "known": 0})
        kind["total"] += 1
        kind["known"] += bool(each.get("known"))
    known = sum(bool(each.get("known")) for each in found)
    return {"total": len(found), "known": known, "kinds": [kinds[name] for name in sorted(kinds)]}


def message_of(result: dict) -> str:
    """The sentence of a failed result, without a trace: its own, its first failed item's, or what the command said."""
    if "censored" in result:
        return HIDDEN
    for item in result.get("results") or []:
        if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
            return message_of(item)
    message = str(result.get("msg") or "").strip()
    said = ("stderr", "stdout", "module_stderr", "module_stdout")
    more = next((str(result[key]).strip() for key in said if str(result.get(key) or "").strip()), "")
    if more and (
        not message or message.lower().startswith(("non-zero return code", "module failure", "module result"))
    ):
        message = f"{message}: {more}" if message else more
    return without_trace(message) or "It failed without a message"


def without_trace(text: str) -> str:
    """The text without the lines of a stack trace (Python's, PHP's)."""
    trace = re.compile(r'\s+File "|\s+at \S+\(|Traceback|\s*#\d+ |\s+\^+\s*$')
    lines = [line.rstrip() for line in text.splitlines() if not trace.match(line)]
    return "\n".join(lines[:40])[:MESSAGE_LIMIT].strip()


def _shown(action: str, result: dict) -> str:
    """What a debug task shows to the user."""
    if action.rpartition(".")[2] != "debug":
        return ""
    shown = result.get("msg")
    return "\n".join(map(str, shown)) if isinstance(shown, list) else str(shown or "")


def _title(task: str) -> str:
    """The task without its role, which Ansible puts before it as ``role : task``."""
    return task.split(" : ", 1)[-1]
