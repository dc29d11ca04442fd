"""A control group of its own for each machine, and for each build of an image.

Without it every machine's systemd would keep its services in the same groups and see the others' processes there, and a
killed systemd-nspawn would leave the machine's processes behind. With it a machine is killed as a whole.
"""

from __future__ import annotations

import os
import shlex
import signal
import time
from contextlib import suppress
from pathlib import Path

KILL_SECONDS = 120  # a machine of its own with many processes, while others keep the cores busy


def _hierarchies() -> list:
    """Where systemd keeps its groups: the unified hierarchy, and the named one beside it where version 1 is in use."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, path, kind, options = line.split()[:4]
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(path))
    return found


def enter(name: str) -> list:
    """Make the group; returns the beginning of a command line whose command then runs in it."""
    joins = []
    for group in [each / name for each in _hierarchies()]:
        group.mkdir(exist_ok=True)
        joins.append(f"echo $$ >{shlex.quote(str(group / 'cgroup.procs'))}")
    return ["sh", "-c", " && ".join([*joins, 'exec "$@"']), "sh"]


def remove(name: str) -> None:
    """Kill every process of the group, wait until all are gone, and remove it; nothing happens where there is none.

    Raises OSError where one is still there after KILL_SECONDS.
    """
    for group in [each / name for each in _hierarchies()]:
        deadline = time.monotonic() + KILL_SECONDS
        while group.exists():
            _kill_all(group)
            try:
                _remove_tree(group)
            except OSError:  # busy: a process is not gone yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _folders(group: Path) -> list:
    """The group and those below it, the deepest first; os.walk passes over what goes away meanwhile."""
    return [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]


def _processes(group: Path) -> list:
    return [int(pid) for folder in _folders(group) for pid in _lines(folder / "cgroup.procs") if pid != "0"]


def _lines(file: Path) -> list:
    try:
        return file.read_text().split()
    except OSError:  # the group went away meanwhile
        return []


def _kill_all(group: Path) -> None:
    if (group / "cgroup.kill").exists():
        (group / "cgroup.kill").write_text("1")
        return
    for pid in _processes(group):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _remove_tree(group: Path) -> None:
    """Remove the group and those below it; their files vanish with them."""
    for folder in _folders(group):
        with suppress(FileNotFoundError):
            folder.rmdir()
