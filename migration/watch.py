"""What V5's log, queue and tables say about one import: pure functions, no host.

V5's laravel.log has one `Importing <resource>` line per resource and `Completed` at the end. An exception ends an
import as a job that counts as done: only a worker whose APP_ENV is not `production` logs its message. An Error
(TypeError, ValueError) is logged and leaves a row in failed_jobs. A killed worker leaves its job reserved for ever
[facts.md].
"""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple, Sequence

FINAL = ("completed", "failed", "stuck", "never_started")
WORKER_ENV = "migration"  # the APP_ENV of the import's own worker
SILENT = "V5 logged no reason"
HIDDEN = "V5 in production hides the reason; it was mailed to the owner"
_HEADER = re.compile(r"\[(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)[^\]]*\] ([\w-]+)\.([A-Z]+): ?(.*)", re.DOTALL)
_IMPORTING = re.compile(r"Importing (\w+)\s*$")
_COMPLETED = re.compile(r"Completed\W+at \d{4}-")
_NORMAL = re.compile(r"Resource \w+ is not available for migration\.|in task statuses$|finished task statuses$")
_CONTEXT = re.compile(r' \{"(?:userId|exception|view)":.*', re.DOTALL)
_TRACE = re.compile(r"\n(?:Stack trace:|#0 )")
_ERRORS = ("ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_TEXT_LIMIT = 2000


class Run:
    """One import as the log shows it. Times are the log's own text."""

    def __init__(self, env: str, at: str) -> None:
        self.env = env
        self.started_at = at
        self.last_at = at
        self.finished_at = ""
        self.resources: list[str] = []
        self.said: list[str] = []  # since the last resource: errors, and INFO that is not part of a normal import
        self.broken = False  # whether the last of these is an error

    @property
    def resource(self) -> str:
        """The resource that was imported last, "" before the first."""
        return self.resources[-1] if self.resources else ""

    @property
    def message(self) -> str:
        """The importer's own last words, "" where it said nothing."""
        return self.said[-1] if self.said else ""


class ImportLog:
    """Reads laravel.log piece by piece; `runs` has the newest import for each APP_ENV that wrote there."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.errors: list[str] = []
        self._rest = b""
        self._open: tuple[str, str, str, list[str]] | None = None
        self._mailed_at = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the log, wherever they are cut; a line counts once its end is there."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line.decode("utf-8", "replace").rstrip("\r"))
        self._flush()

    def restart(self) -> None:
        """Forget a half line: the log was rotated or truncated."""
        self._rest, self._open, self._mailed_at = b"", None, ""

    def _line(self, line: str) -> None:
        header = _HEADER.fullmatch(line)
        # A mail in the log may quote a log. What it quotes is older than the mail, what follows it is not.
        if header and not (self._mailed_at and header.group(1) < self._mailed_at):
            at, env, level, text = header.groups()
            self._mailed_at = at if level == "DEBUG" and text.startswith(("From: ", "To: ", "Subject: ")) else ""
            self._open = (at, env, level, [])
            self._record(at, env, level, text)
        elif self._open and not self._mailed_at:
            self._open[3].append(line)

    def _flush(self) -> None:
        """Add the lines that followed a message to it, so that a message of several lines is whole."""
        if self._open and self._open[3]:
            _, env, level, more = self._open
            run = self.runs.get(env)
            if run and level == "INFO" and run.said:
                run.said[-1] = "\n".join([run.said[-1], *more]).rstrip()[:_TEXT_LIMIT]
            more.clear()

    def _record(self, at: str, env: str, level: str, text: str) -> None:
        importing = _IMPORTING.match(text) if level == "INFO" else None
        if importing and (importing.group(1) == "account" or env not in self.runs):
            self.runs[env] = Run(env, at)
        if env == WORKER_ENV and env not in self.runs:
            self.runs[env] = Run(
                env, at
            )  # this worker does nothing else, and an import may fail before its first resource
        run = self.runs.get(env)
        if level in _ERRORS:
            message = _CONTEXT.sub("", text).strip()[:_TEXT_LIMIT]
            self.errors.append(f"[{at}] {env}.{level}: {message}")
            if run:
                run.said.append(message)
                run.broken = True
        if run is None or run.finished_at:
            return
        run.last_at = at
        if importing:
            run.resources.append(importing.group(1))
            run.said, run.broken = [], False
        elif level == "INFO" and _COMPLETED.match(text):
            run.finished_at = at
        elif level == "INFO" and not _NORMAL.match(text):
            run.said.append(text.rstrip()[:_TEXT_LIMIT])
            run.broken = False


def unit_lives(state: Mapping[str, str]) -> bool:
    """Say whether a unit of systemd is to start, starts, runs or stops. state: from watch_host.unit_state."""
    # A busy systemd answers before it begins what it was told: until then the unit is inactive, and has a job.
    return bool(state.get("Job")) or state.get("ActiveState") in ("active", "activating", "reloading", "deactivating")


class Seen(NamedTuple):
    """What the host shows besides the log.

    job: the row of this import's StartMigration (id, queue, reserved_at), None where there is none.
    failed: the row of failed_jobs (id, head), None where there is none. company: the row with V4's key (id,
    is_disabled). taken: whether the import's own worker has moved the job to its queue. unit: ActiveState and Result of
    its unit, {} where none is watched. trouble: what a step of the unit left ({"msg", ...}). expected: whether the
    upload is over, so that V5 must have queued the job by now.
    """

    queue: str
    job: Mapping[str, Any] | None = None
    failed: Mapping[str, Any] | None = None
    company: Mapping[str, Any] | None = None
    taken: bool = False
    unit: Mapping[str, str] = {}
    trouble: Mapping[str, Any] = {}
    expected: bool = False

    @property
    def alive(self) -> bool:
        """Whether the import's own worker is there; one that nobody watches counts as there."""
        return not self.unit or unit_lives(self.unit)

    @property
    def taken_by_other(self) -> bool:
        """Whether a regular worker has reserved the job."""
        job = self.job
        return bool(not self.taken and job and job["reserved_at"] is not None and job["queue"] != self.queue)


def run_of(log: ImportLog, seen: Seen) -> tuple[Run | None, bool]:
    """Return this import's run and whether another worker did it."""
    own = log.runs.get(WORKER_ENV)
    if own:
        return own, False
    others = [run for run in log.runs.values() if run.env != WORKER_ENV]
    # A regular worker's lines may be another company's import; they are this one's where such a worker has its job.
    gone = seen.job is None and seen.expected and not seen.taken
    if others and (seen.taken_by_other or gone):
        return max(others, key=lambda run: run.last_at), True
    return None, seen.taken_by_other


def judge(log: ImportLog, seen: Seen, silent: float, stuck_after: float) -> dict[str, Any]:
    """Say how an import stands.

    silent: seconds without any sign of life. stuck_after: how many of them are too many.
    Returns state (never_started, waiting, queued, running, completed, failed, stuck), final, resource, resources_done,
    message, started_at, finished_at, company_present, taken_by_other_worker, failed_job.
    """
    run, other = run_of(log, seen)
    state, message = _state(log, seen, run, other)
    if state == "running" and silent >= stuck_after:
        state, message = "stuck", f"The import has shown no sign of life for {silent:.0f} seconds"
    done = list(run.resources) if run else []
    return {
        "state": state,
        "final": state in FINAL,
        "resource": run.resource if run else "",
        "resources_done": done if state == "completed" else done[:-1],
        "message": message,
        "started_at": run.started_at if run else "",
        "finished_at": run.finished_at if run else "",
        "company_present": seen.company is not None,
        "taken_by_other_worker": other,
        "failed_job": _TRACE.split(str(seen.failed["head"]), maxsplit=1)[0] if seen.failed else "",
    }


def _state(log: ImportLog, seen: Seen, run: Run | None, other: bool) -> tuple[str, str]:
    if run and run.finished_at:
        if seen.company is None:
            return "failed", "V5 logged Completed, but has no company with V4's key"
        return "completed", ""
    if seen.failed:
        return "failed", exception_message(str(seen.failed["head"]))
    if seen.job is None:
        return _without_job(log, seen, run, other)
    number = seen.job["id"]
    if seen.job["reserved_at"] is None:
        if seen.alive:
            return "queued", ""
        why = str(seen.trouble.get("msg") or "The import's worker has ended")
        return "never_started", f"{why} V5's job {number} is still waiting"
    if other or seen.alive:
        return "running", ""
    if run and run.broken:
        return "failed", run.message
    result = seen.unit.get("Result", "unknown")
    return "stuck", f"The import's worker has ended ({result}) and left its job {number} reserved"


def _without_job(log: ImportLog, seen: Seen, run: Run | None, other: bool) -> tuple[str, str]:
    if run or seen.taken:
        # The job counts as done, yet V5 did not log Completed: an exception was caught.
        return "failed", run.message if run and run.message else HIDDEN if other else SILENT
    if seen.trouble or not seen.alive:
        return "never_started", str(seen.trouble.get("msg") or "The import's worker has ended before a job came")
    if seen.expected:
        reason = f"; its log says: {log.errors[-1]}" if log.errors else ""
        return "never_started", f"V5 queued no import, whatever it answered to the upload{reason}"
    return "waiting", ""


def exception_message(head: str) -> str:
    """Return the words of an exception as failed_jobs holds it: `<class>: <words> in <file>:<line>` and a trace."""
    text = _TRACE.split(head, maxsplit=1)[0]
    text = re.sub(r" in /\S+:\d*$", "", text.strip())
    return re.sub(r",? called in /\S+ on line \d+(?: and defined)?$", "", text)


def evidence(log: ImportLog, seen: Seen, lines: int = 3) -> list[str]:
    """Return what the judgement rests on, a line each."""
    found = []
    for run in log.runs.values():
        end = f"Completed at {run.finished_at}" if run.finished_at else f"no Completed; last line at {run.last_at}"
        begun = f"Importing {run.resource} ({len(run.resources)} resources)" if run.resources else "no Importing"
        found.append(f"laravel.log: {run.env}.INFO: {begun}, {end}")
    found += [f"laravel.log: {error}" for error in log.errors[-lines:]]
    if seen.job:
        reserved = f"reserved at {seen.job['reserved_at']}" if seen.job["reserved_at"] else "not reserved"
        found.append(f"jobs: row {seen.job['id']} in queue {seen.job['queue']}, {reserved}")
    else:
        found.append("jobs: no StartMigration row of this import")
    if seen.failed:
        found.append(f"failed_jobs: row {seen.failed['id']}: {exception_message(str(seen.failed['head']))}")
    if seen.company:
        found.append(f"companies: row {seen.company['id']} has V4's key, is_disabled = {seen.company['is_disabled']}")
    else:
        found.append("companies: no row has V4's key")
    if seen.unit:
        found.append("unit: " + ", ".join(f"{name}={value}" for name, value in seen.unit.items() if value))
    return found


def ours(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the newest of the rows that are this company's."""
    mine = [row for row in rows if int(row["ours"] or 0) == 1]
    return max(mine, key=lambda row: int(row["id"])) if mine else None
