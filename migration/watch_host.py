"""Watches one import on the V5 host: reads the log as it grows, asks the database about once a second, and judges."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from . import import_jobs, import_worker, php_db, watch

LOG = "storage/logs/laravel.log"
_CHUNK = 1 << 20
_LOG_SECONDS = 0.25
_DATABASE_SECONDS = 1.0
_SETTLE_SECONDS = 3.0  # between Completed and the end of the job that logged it
_MEMORY = "watch.json"
_UNIT_FIELDS = ("ActiveState", "SubState", "Result", "ExecMainStatus", "InvocationID", "MainPID", "Job")


class Target(NamedTuple):
    """The import that is watched. unit: its worker's unit, "" where a regular worker runs it."""

    root: Path
    php: str
    web_user: str
    company_key: str
    unit: str


class LogFile:
    """A log that is read from where it stood, through rotation (a new file under its name) and truncation."""

    def __init__(self, path: Path, inode: int = 0, offset: int = 0) -> None:
        self.path, self.inode, self.offset = Path(path), inode, offset

    def read(self, log: watch.ImportLog) -> bool:
        """Feed what is new to `log`; return whether there was anything."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        grown = False
        if self.inode and status.st_ino != self.inode:
            old = self._rotated()
            grown = bool(old) and self._feed(old, log)
            log.restart()
            self.offset = 0
        elif status.st_size < self.offset:
            log.restart()
            self.offset = 0
        self.inode = status.st_ino
        return self._feed(self.path, log) or grown

    def _rotated(self) -> Path | None:
        """Return what the log is called after its rotation, if it is still beside it and not packed."""
        for path in self.path.parent.glob(self.path.name + "*"):
            if path.stat().st_ino == self.inode:
                return path
        return None

    def _feed(self, path: Path, log: watch.ImportLog) -> bool:
        grown = False
        with path.open("rb") as source:
            source.seek(self.offset)
            while True:
                data = source.read(_CHUNK)
                if not data:
                    return grown
                grown = True
                self.offset += len(data)
                log.feed(data)


def mark(target: Target) -> dict[str, Any]:
    """Return where log, queue and companies stand now; `watch_import` looks at what comes after.

    {"log": {"inode", "offset"}, "jobs": the newest id, "failed_jobs", "companies", "at": seconds since 1970}.
    Raises MigrationError.
    """
    try:
        status = (target.root / LOG).stat()
        log = {"inode": status.st_ino, "offset": status.st_size}
    except FileNotFoundError:
        log = {"inode": 0, "offset": 0}
    tables = ("jobs", "failed_jobs", "companies")
    queries = {name: f"SELECT COALESCE(MAX(id), 0) AS id FROM {name}" for name in tables}  # noqa: S608
    rows = php_db.query(target.root, queries, target.php, user=target.web_user)["rows"]
    return {"log": log, **{name: int(rows[name][0]["id"]) for name in tables}, "at": time.time()}


def unit_state(unit: str) -> dict[str, str]:
    """Return the fields of a unit as ``systemctl show`` has them, "" where it shows none; {} for no unit.

    ActiveState, SubState, Result, ExecMainStatus, InvocationID, MainPID, and Job: what systemd has yet to begin of it.
    """
    if not unit:
        return {}
    command = ["systemctl", "show", f"{unit}.service", "-p", ",".join(_UNIT_FIELDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    fields = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: fields.get(name, "") for name in _UNIT_FIELDS}


def cpu_ticks(pid: str) -> int:
    """Return the processor time that a process has used (clock ticks), -1 where there is no such process."""
    try:
        fields = Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return -1
    return int(fields[11]) + int(fields[12])


class Watcher:
    """One call of the watch: what it has read so far, and when it last saw a sign of life."""

    def __init__(self, target: Target, marker: Mapping[str, Any], expected: bool = False) -> None:
        self.target, self.marker = target, marker
        self.file = LogFile(target.root / LOG, marker["log"]["inode"], marker["log"]["offset"])
        self.log = watch.ImportLog()
        self.seen = watch.Seen(import_jobs.queue_name(target.company_key), expected=expected)
        self.new_companies: list[dict[str, Any]] = []
        self.memory = self._recall()
        self._asked = 0.0

    def poll(self) -> None:
        """Look once. The database comes before the log: when the job is gone, its last words are there already."""
        now = time.monotonic()
        due = now - self._asked >= _DATABASE_SECONDS
        if due:
            self._ask()
        if self.file.read(self.log) and not due and self._ending():
            self._ask()
            self.file.read(self.log)

    def _ending(self) -> bool:
        run, _ = watch.run_of(self.log, self.seen)
        return bool(run and (run.finished_at or run.said))

    def _ask(self) -> None:
        key, marker, target = self.target.company_key, self.marker, self.target
        ours, start = import_jobs.is_ours(key), import_jobs.IS_START
        jobs, failed, newest = (int(marker[name]) for name in ("jobs", "failed_jobs", "companies"))
        # Only numbers and a checked key are put in.
        queries = {
            "jobs": f"SELECT id, queue, reserved_at, {ours} AS ours FROM jobs WHERE id > {jobs} AND {start}",  # noqa: S608
            "failed": f"SELECT id, LEFT(exception, 2000) AS head, {ours} AS ours FROM failed_jobs "  # noqa: S608
            f"WHERE id > {failed} AND {start}",
            "company": f"SELECT id, is_disabled FROM companies WHERE BINARY company_key = '{key}'",  # noqa: S608
            "new": f"SELECT id, company_key, is_disabled FROM companies WHERE id > {newest}",  # noqa: S608
        }
        # The unit is looked at first: a worker that ends meanwhile has then changed the rows already.
        unit = unit_state(target.unit)
        taken = import_worker.taken(target.unit) if target.unit else {}
        rows = php_db.query(target.root, queries, target.php, user=target.web_user)["rows"]
        self._asked = time.monotonic()
        self.new_companies = rows["new"]
        self.seen = self.seen._replace(
            job=watch.ours(rows["jobs"]),
            failed=watch.ours(rows["failed"]),
            company=rows["company"][0] if rows["company"] else None,
            taken=bool(taken),
            unit=unit,
            trouble=import_worker.trouble(target.unit) if target.unit else {},
        )
        self._notice(unit.get("MainPID", ""))

    def _notice(self, pid: str) -> None:
        """Note the time where something moved since the last look: the log, or the worker's processor time."""
        run, _ = watch.run_of(self.log, self.seen)
        sign = [len(run.resources), run.last_at] if run else []
        ticks = cpu_ticks(pid)
        if sign != self.memory.get("sign") or abs(ticks - self.memory.get("ticks", -1)) >= 5:
            self.memory = {"sign": sign, "ticks": ticks, "at": time.time()}

    @property
    def silent(self) -> float:
        """Seconds since the last sign of life."""
        return max(0.0, time.time() - float(self.memory.get("at", time.time())))

    def result(self, stuck_after: float) -> dict[str, Any]:
        """Return the judgement, its evidence and what was created since the mark."""
        found = watch.judge(self.log, self.seen, self.silent, stuck_after)
        found["since_last_progress_seconds"] = round(self.silent, 1)
        found["evidence"] = watch.evidence(self.log, self.seen)
        found["new_companies"] = self.new_companies
        return found

    def _memory_path(self) -> Path:
        """Root never writes where the web user could have put a link."""
        folder = import_worker.state_folder if os.geteuid() == 0 else import_worker.run_folder
        return folder(self.target.unit or import_jobs.unit_name(self.target.company_key)) / _MEMORY

    def _recall(self) -> dict[str, Any]:
        memory = import_worker.read_note(self._memory_path())
        return memory if memory.get("mark") == self.marker["at"] else {"at": time.time()}

    def remember(self) -> None:
        """Keep the last sign of life for the next call; without a place for it every call begins anew."""
        path = self._memory_path()
        if path.parent.is_dir() and os.access(path.parent, os.W_OK):
            path.write_text(json.dumps({**self.memory, "mark": self.marker["at"]}))


def watch_import(
    target: Target,
    marker: Mapping[str, Any],
    wait_seconds: float = 0,
    stuck_after: float = 900,
    job_expected: bool = False,
) -> dict[str, Any]:
    """Watch until the import is over or `wait_seconds` have passed, and say how it stands (see `watch.judge`).

    marker: from `mark`. stuck_after: seconds without a sign of life (log, processor time) that count as stuck.
    Raises MigrationError where the database or PHP does not answer.
    """
    watcher = Watcher(target, marker, job_expected)
    end = time.monotonic() + wait_seconds
    completed_at = 0.0
    while True:
        watcher.poll()
        found = watcher.result(stuck_after)
        now = time.monotonic()
        if found["state"] == "completed":
            completed_at = completed_at or now
        settled = not completed_at or watcher.seen.job is None or now - completed_at > _SETTLE_SECONDS
        if (found["final"] and settled) or (now >= end and not completed_at):
            watcher.remember()
            return found
        time.sleep(_LOG_SECONDS)
