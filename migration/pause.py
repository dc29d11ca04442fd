"""Keep an application's regular jobs away for a moment, and bring them back exactly as they were.

V5: whoever takes the StartMigration job first runs it. So until the import's own worker has moved that job to its
queue, the queue service is stopped, cron's lines that run workers are commented out, and what runs may end its job.
V4: while it is upgraded, cron's lines would run in half of the new code, and what they write would be lost if the
upgrade is undone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Pattern

from .errors import MigrationError

MARK = "#paused by ninjalift# "
STATE = "paused.json"
_WORKER = re.compile(r"[/\0]artisan\0queue:work\0")
_PATH = re.compile(r"/[^\s;&|\"'<>()]*")
_CRON_FILES = ("/etc/crontab", "/etc/cron.d/*")
CRON_FOLDER = Path("/etc/cron.d")
CRON_BASE = Path("/")
PROC = Path("/proc")


class Kind(NamedTuple):
    """Which jobs are kept away: lines in crontabs and running commands, and what is said where one does not end.

    problem: a sentence with {what}. remedy: a command with {pid}; "" for the one that stops it.
    """

    lines: Pattern[str]
    running: Pattern[str]
    problem: str
    remedy: str
    id: str


_WORKERS = re.compile(r"\bartisan\b.*\b(?:schedule:run|schedule:work|queue:work|queue:listen)\b", re.DOTALL)
_QUEUE_WORKERS = re.compile(r"\bartisan\b.*\b(?:queue:work|queue:listen)\b", re.DOTALL)
V5 = Kind(
    _WORKERS,
    _WORKERS,
    "V5's regular workers could not be paused: {what} and might take the import",
    "",
    "workers-run",
)
# Where V5's scheduler starts no worker (INTERNAL_QUEUE_ENABLED=false) it goes on: what it does once a day it never
# makes up for.
V5_QUEUE = V5._replace(lines=_QUEUE_WORKERS, running=_QUEUE_WORKERS)
# A queue worker is not waited for: it runs for ever, and takes no job in maintenance mode.
V4 = Kind(
    re.compile(r"\bartisan\b"),
    re.compile(r"\bartisan\b.*\b(?:schedule:run|ninja:[\w-]+|migrations:export|migrate|db:seed)\b", re.DOTALL),
    "V4's cron jobs could not be paused: {what} and would work in half of the new code",
    "tail --pid={pid} -f /dev/null  # waits for its end",
    "jobs-run",
)
KINDS = {"v5": V5, "v5-queue": V5_QUEUE, "v4": V4}


class Process(NamedTuple):
    """A running `artisan`. unit: the systemd service it belongs to. worker: whether it is a `queue:work`."""

    pid: int
    command: str
    unit: str
    worker: bool


def belongs(line: str, root: Path, kind: Kind = V5) -> bool:
    """Say whether a line of a crontab runs a job of the application in `root`, by whatever name of that directory."""
    if line.lstrip().startswith("#") or not kind.lines.search(line):
        return False
    return any(_inside(path, root) for path in _PATH.findall(line))


def _inside(path: str, root: Path) -> bool:
    real, home = os.path.realpath(path), os.path.realpath(root)
    return real == home or real.startswith(home + os.sep)


def comment(text: str, root: Path, kind: Kind = V5) -> str:
    """Return a crontab with this application's lines commented out by the mark."""
    return "".join(MARK + line if belongs(line, root, kind) else line for line in text.splitlines(keepends=True))


def uncomment(text: str, root: Path, kind: Kind = V5) -> str:
    """Undo `comment`, and nothing else."""
    lines = text.splitlines(keepends=True)
    marked = [line.startswith(MARK) and belongs(line[len(MARK) :], root, kind) for line in lines]
    return "".join(line[len(MARK) :] if mine else line for line, mine in zip(lines, marked))


def edit_crontabs(change: Callable[[str], str], users: list[str]) -> list[str]:
    """Apply `comment` or `uncomment` to the system's crontabs and these users'; return the names that changed."""
    changed = []
    for pattern in _CRON_FILES:
        for path in sorted(CRON_BASE.glob(pattern.lstrip("/"))):
            if path.is_file() and _edit_file(path, change):
                changed.append(str(path))
    for user in users if shutil.which("crontab") else []:
        before = subprocess.run(["crontab", "-u", user, "-l"], capture_output=True, check=False)
        if before.returncode != 0:  # this user has none
            continue
        text = before.stdout.decode("utf-8", "surrogateescape")
        after = change(text)
        if after != text:
            new = after.encode("utf-8", "surrogateescape")
            subprocess.run(["crontab", "-u", user, "-"], input=new, capture_output=True, check=True)
            changed.append(f"crontab of {user}")
    return changed


def _edit_file(path: Path, change: Callable[[str], str]) -> bool:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    after = change(text)
    if after == text:
        return False
    status = path.stat()
    new = path.with_name(f".{path.name}.ninjalift")  # cron reads no file whose name begins with a dot
    new.write_bytes(after.encode("utf-8", "surrogateescape"))
    new.chmod(status.st_mode & 0o7777)
    os.chown(new, status.st_uid, status.st_gid)
    new.replace(path)
    return True


def processes(root: Path, running: Pattern[str] = V5.running) -> Iterator[Process]:
    """Yield the application's processes with such a command, by their working directory or paths they were given."""
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            command = words.replace("\0", " ").strip()
            if not running.search(command):
                continue
            near = os.readlink(entry / "cwd")
            group = (entry / "cgroup").read_text("utf-8", "replace")
        except OSError:  # it ended meanwhile
            continue
        if not any(_inside(path, root) for path in [near, *_PATH.findall(command)]):
            continue
        units = re.findall(r"/([^/\n]+\.service)(?:/|$)", group, re.M)
        yield Process(int(entry.name), command, units[-1] if units else "", bool(_WORKER.search(words)))


def systemctl(*arguments: str) -> str:
    """Run systemctl and return what it printed; a failure is in that text, or shows in the unit's state."""
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


class Plan(NamedTuple):
    """Whom to keep away, and how.

    users: whose crontabs are looked at. service: the queue's systemd service, "" for none. timeout: seconds for running
    jobs to end. at_boot: the command that resumes, for cron to run after a power failure (an enabled service comes back
    by itself then, a commented line does not), "" for none. signals: whether V5's workers end their job before they
    obey SIGTERM, which Laravel's do where PHP has pcntl. kind: one of KINDS.
    """

    root: Path
    users: list[str]
    service: str
    timeout: float
    at_boot: str
    signals: bool
    kind: str = "v5"


def pause(plan: Plan, folder: Path) -> None:
    """Keep the regular jobs away. What is stopped is noted in `folder` first, for `resume`.

    Raises MigrationError (the kind's id) where one is still running after the time-out.
    """
    kind = KINDS[plan.kind]
    deadline = time.monotonic() + plan.timeout
    state = systemctl("show", "-p", "ActiveState", "--value", plan.service) if plan.service else ""
    active = state in ("active", "activating", "reloading")
    _write(
        folder / STATE,
        {
            "service": plan.service if active else "",
            "root": str(plan.root),
            "users": plan.users,
            "kind": plan.kind,
        },
    )
    if plan.at_boot and CRON_FOLDER.is_dir():
        (CRON_FOLDER / folder.name).write_text(f"@reboot root {plan.at_boot}\n")
    if active:
        systemctl("stop", "--no-block", plan.service)
    edit_crontabs(lambda text: comment(text, plan.root, kind), plan.users)
    told: set[int] = set()
    clear = 0
    while clear < 2:  # twice: cron may just be starting one
        running = list(processes(plan.root, kind.running))
        clear = 0 if running else clear + 1
        for process in running:
            if plan.signals and process.worker and process.pid not in told:
                told.add(process.pid)
                tell(process.pid, signal.SIGTERM)
        if running and time.monotonic() > deadline:
            raise _still_running(running[0], plan.timeout, kind)
        time.sleep(0.1)


def tell(pid: int, number: int) -> None:
    """Send a signal to a process, which may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _still_running(process: Process, timeout: float, kind: Kind) -> MigrationError:
    unit = f" of {process.unit}" if process.unit else ""
    what = f"`{process.command[:120]}` (process {process.pid}{unit}) still runs after {timeout:.0f} seconds"
    stop = (
        f"systemctl stop {process.unit}" if process.unit and process.unit != "cron.service" else f"kill {process.pid}"
    )
    return MigrationError(kind.problem.format(what=what), kind.remedy.format(pid=process.pid) or stop, kind.id)


def resume(folder: Path) -> bool:
    """Undo `pause` as `folder` notes it; return whether there was anything to undo. Safe to repeat."""
    path = folder / STATE
    try:
        note = json.loads(path.read_text())
    except FileNotFoundError:
        return False
    kind = KINDS[note["kind"]]
    edit_crontabs(lambda text: uncomment(text, Path(note["root"]), kind), note["users"])
    if note["service"]:
        systemctl("start", "--no-block", note["service"])
    if (CRON_FOLDER / folder.name).exists():
        (CRON_FOLDER / folder.name).unlink()
    path.unlink()
    return True


def _write(path: Path, content: dict) -> None:
    """Write a file that survives a power failure, readable by its owner only."""
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as target:
        json.dump(content, target)
        target.flush()
        os.fsync(target.fileno())
    new.replace(path)
