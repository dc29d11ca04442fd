"""Stop everything on a host that makes V4 send: cron lines, scripts of cron.daily and the like, systemd's timers.

What is stopped carries a mark in the place itself, so that any controller, and a person with an editor, finds it and
can bring back exactly that. Lines that another line's script runs are found, too. Queue workers go on: they only
deliver what was made before, and a person may still work in V4.

Runs on the host, as root. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from .. import pause, v4_jobs
from ..errors import MigrationError

MARK = "#stopped by ninjalift's cutover# "
SUFFIX = ".stopped-by-ninjalift"  # run-parts passes over a name with a dot
DROP_IN = "ninjalift-cutover.conf"
UNITS = Path("/etc/systemd/system")
PERIODS = ("cron.hourly", "cron.daily", "cron.weekly", "cron.monthly")
ETC = Path("/etc")
LOCK = Path("/run/ninjalift-cutover.lock")
SCRIPT_BYTES = 65536
# V4's commands that send or charge: the schedule, and each by itself (app/Console/Kernel.php of V4).
_COMMANDS = r"(?:schedule:(?:run|work)|ninja:(?:send-|charge-|renew)[\w-]*)"
SENDS = re.compile(r"\bartisan\b['\"]?\s+(?:-\S+\s+)*['\"]?" + _COMMANDS)
# V4's page that runs the same commands for a cron of curl: /run_command?secret=…&command=send-invoices.
WEB = re.compile(r"run_command\?\S*command=send-|run_command\b.*\bcommand=send-")
RUNNING = re.compile(r"\bartisan\b.*\b" + _COMMANDS, re.DOTALL)
_KEYS = ("Id", "ExecStart", "WorkingDirectory", "ActiveState", "UnitFileState", "TriggeredBy", "Triggers")


class Stopping(NamedTuple):
    """What V4 it is: ``root``, ``site`` (its host name, for lines that ask for its page), ``web_user``."""

    root: Path
    site: str
    web_user: str


def look(what: Stopping) -> dict[str, Any]:
    """What can make V4 send, and what was stopped: {"live", "stopped", "unclear", "running"}, each a list of texts.

    unclear: lines that run such a command of some V4 that could not be told (no absolute path); nothing stops them.
    """
    live, stopped, unclear = [], [], []
    for place, line in _lines(what):
        if line.startswith(MARK) and _sends(line[len(MARK) :], what):
            stopped.append(f"{place}: {_short(line[len(MARK) :])}")
        elif _sends(line, what):
            live.append(f"{place}: {_short(line)}")
        elif _may_send(line):
            unclear.append(f"{place}: {_short(line)}")
    for script in _scripts(what):
        (stopped if script.name.endswith(SUFFIX) else live).append(str(script))
    for unit in _units(what):
        held = (UNITS / f"{unit['Id']}.d" / DROP_IN).exists()
        if held and unit["ActiveState"] not in ("active", "activating"):
            stopped.append(unit["Id"])
        else:
            live.append(unit["Id"])
    running = [f"`{each.command[:120]}` (process {each.pid})" for each in pause.processes(what.root, RUNNING)]
    return {"live": live, "stopped": stopped, "unclear": unclear, "running": running}


def stop(what: Stopping, timeout: float) -> dict[str, Any]:
    """Stop all of it, wait until nothing of it runs, and return `look` again, whose "live" and "running" are empty.

    timeout: seconds for a running command to end. Raises MigrationError (v4-not-quiet) where something goes on.
    """
    with _alone():
        pause.edit_crontabs(lambda text: comment(text, what), v4_jobs.users(what.web_user))
        for script in _scripts(what):
            if not script.name.endswith(SUFFIX):
                script.rename(script.with_name(script.name + SUFFIX))
        _hold_units(_units(what))
    deadline = time.monotonic() + timeout
    clear = 0
    while clear < 2:  # twice: cron may just be starting one
        running = list(pause.processes(what.root, RUNNING))
        clear = 0 if running else clear + 1
        if running and time.monotonic() > deadline:
            first = running[0]
            raise MigrationError(
                f"V4 is not quiet: `{first.command[:120]}` (process {first.pid}) still runs after {timeout:.0f}"
                " seconds, and it may send invoices",
                f"tail --pid={first.pid} -f /dev/null  # waits for its end",
                "v4-not-quiet",
            )
        time.sleep(0.1)
    seen = look(what)
    if seen["live"]:
        raise MigrationError(
            f"V4 is not quiet: {seen['live'][0]} could not be stopped", "systemctl list-timers --all", "v4-not-quiet"
        )
    return seen


def start(what: Stopping) -> dict[str, Any]:
    """Bring back what `stop` stopped, and nothing else, and return `look` again."""
    with _alone():
        pause.edit_crontabs(lambda text: uncomment(text, what), v4_jobs.users(what.web_user))
        for script in _scripts(what):
            if script.name.endswith(SUFFIX):
                script.rename(script.with_name(script.name[: -len(SUFFIX)]))
        _release_units(_units(what))
    return look(what)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Several clients may have their V4 on one host and be cut over at once; a crontab is written as a whole."""
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def comment(text: str, what: Stopping) -> str:
    """A crontab with this V4's sending lines commented out by the mark."""
    return "".join(MARK + line if _sends(line, what) else line for line in text.splitlines(keepends=True))


def uncomment(text: str, what: Stopping) -> str:
    """Undo `comment`, and nothing else; a mark whose line belongs to another V4 stays."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line[len(MARK) :] if line.startswith(MARK) and _sends(line[len(MARK) :], what) else line for line in lines
    )


def _sends(line: str, what: Stopping) -> bool:
    """Whether a line of a crontab, or a command, makes this V4 send, itself or through a script that it names."""
    if line.lstrip().startswith("#"):
        return False
    if WEB.search(line):
        return bool(what.site) and f"//{what.site}/".lower() in line.lower().replace(f"{what.site}:443", what.site)
    paths = [path.rstrip(",") for path in pause._PATH.findall(line)]
    if SENDS.search(line):
        return any(pause._inside(path, what.root) for path in paths)
    return any(_script_sends(Path(path), what) for path in paths)


def _may_send(line: str) -> bool:
    """Whether a line runs such a command of a V4 or V5 that it names by no path, so that nobody can tell whose."""
    if line.lstrip().startswith("#") or not SENDS.search(line):
        return False
    paths = [Path(path) for path in pause._PATH.findall(line)]
    return not any(path.is_dir() or (path.name == "artisan" and path.is_file()) for path in paths)


def _script_sends(path: Path, what: Stopping) -> bool:
    """Whether a file is a script of somebody's, outside of V4, with a line that makes this V4 send."""
    try:
        if not path.is_file() or path.stat().st_size > SCRIPT_BYTES or pause._inside(str(path), what.root):
            return False
        content = path.read_bytes()
    except OSError:
        return False
    if b"\0" in content:
        return False
    text = "\n".join(line for line in content.decode("utf-8", "replace").splitlines() if line.strip()[:1] != "#")
    if WEB.search(text):
        return bool(what.site) and f"//{what.site}/" in text
    return bool(SENDS.search(text)) and any(pause._inside(each, what.root) for each in pause._PATH.findall(text))


def _lines(what: Stopping) -> Iterator[tuple]:
    """All lines of all crontabs with their place."""
    for pattern in pause._CRON_FILES:
        for path in sorted(pause.CRON_BASE.glob(pattern.lstrip("/"))):
            if path.is_file() and not path.name.startswith("."):
                for line in path.read_bytes().decode("utf-8", "surrogateescape").splitlines():
                    yield str(path), line
    for user in v4_jobs.users(what.web_user):
        try:
            done = subprocess.run(["crontab", "-u", user, "-l"], capture_output=True, check=False)
        except FileNotFoundError:
            return
        if done.returncode == 0:
            for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
                yield f"crontab of {user}", line


def _scripts(what: Stopping) -> list[Path]:
    """The scripts of cron.hourly and the like that make this V4 send, the stopped ones, too."""
    found = []
    for period in PERIODS:
        folder = ETC / period
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            stopped = path.name.endswith(SUFFIX)
            if (stopped or "." not in path.name) and path.is_file() and _script_sends(path, what):
                found.append(path)
    return found


def _units(what: Stopping) -> list[dict[str, str]]:
    """systemd's timers and services that make this V4 send: a service's timer in its place, where it has one.

    Services that neither run nor start by themselves are left out.
    """
    text = pause.systemctl("show", "--all", "--property=" + ",".join(_KEYS), "*.service", "*.timer")
    by_name = {}
    for block in text.split("\n\n"):
        unit: dict[str, str] = {}
        for line in block.splitlines():  # a service may have several ExecStart
            name, _, value = line.partition("=")
            unit[name] = f"{unit[name]} {value}" if name in unit else value
        if unit.get("Id"):
            by_name[unit["Id"]] = unit
    found = {}
    for unit in by_name.values():
        command = unit.get("ExecStart", "")
        there = [*pause._PATH.findall(command), unit.get("WorkingDirectory", "").lstrip("!-")]
        sends = SENDS.search(_argv(command)) and any(path and pause._inside(path, what.root) for path in there)
        if not sends and not any(_script_sends(Path(path), what) for path in pause._PATH.findall(command)):
            continue
        timers = [name for name in unit.get("TriggeredBy", "").split() if name.endswith(".timer") and name in by_name]
        alive = unit.get("ActiveState") in ("active", "activating") or unit.get("UnitFileState") == "enabled"
        for name in timers or ([unit["Id"]] if alive or _held(unit["Id"]) else []):
            found[name] = by_name[name]
    return list(found.values())


def _held(name: str) -> bool:
    return (UNITS / f"{name}.d" / DROP_IN).exists()


def _argv(command: str) -> str:
    """The command line in what `systemctl show` prints of ExecStart."""
    return " ; ".join(re.findall(r"argv\[\]=(.*?)\s;\s", command)) or command


def _hold_units(units: list[dict[str, str]]) -> None:
    """Keep units from starting, now and at boot, by a drop-in that says what they were."""
    new = []
    for unit in units:
        active = unit["ActiveState"] in ("active", "activating")
        drop_in = UNITS / f"{unit['Id']}.d" / DROP_IN
        if not drop_in.exists():
            drop_in.parent.mkdir(exist_ok=True)
            state = "was active" if active else "was not active"
            drop_in.write_text(f"# {MARK.strip('# ')}; {state}\n[Unit]\nConditionPathExists=/nonexistent/ninjalift\n")
            new.append(unit["Id"])
    if new:
        pause.systemctl("daemon-reload")
    for unit in units:
        if unit["ActiveState"] in ("active", "activating"):
            pause.systemctl("stop", unit["Id"])


def _release_units(units: list[dict[str, str]]) -> None:
    """Undo `_hold_units`. A drop-in stays, without its condition, until its unit was started: a kill loses nothing."""
    held = [(unit["Id"], UNITS / f"{unit['Id']}.d" / DROP_IN) for unit in units if _held(unit["Id"])]
    for _, drop_in in held:
        drop_in.write_text(drop_in.read_text().partition("[Unit]")[0])
    if held:
        pause.systemctl("daemon-reload")
    for name, drop_in in held:
        if "was active" in drop_in.read_text():
            # A timer is there at once; a service may take as long as it likes.
            pause.systemctl("start", *(["--no-block"] if name.endswith(".service") else []), name)
        drop_in.unlink()
        if not any(drop_in.parent.iterdir()):
            drop_in.parent.rmdir()
    if held:
        pause.systemctl("daemon-reload")


def _short(line: str) -> str:
    """A line without what may be a secret in it (run_command's secret)."""
    return re.sub(r"(secret=)[^&\s\"']*", r"\1…", line.strip())[:160]
