"""The lock that a run holds on a client's V5 host: who holds it, and when its owner is gone.

A file a lock, in a directory that a boot empties. Its owner gives a sign of life every BEAT seconds; one that has given
none for LEASE seconds is gone. All times are seconds since the host's own boot, so that neither a clock that is wrong
nor one that is set right matters.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import time
from pathlib import Path

from .errors import MigrationError

FOLDER = "/run/ninjalift"
LEASE = 90.0
BEAT = 15.0
LOST = 75  # exit status of ``beat_command`` where the lock is no longer its owner's
FIELDS = ("token", "client", "host", "process", "machine", "taken")
WORD = re.compile(r"[^\w.@:/+-]+")


def uptime() -> float:
    """Seconds since this machine was booted, with those in which it was suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def name_of(root: str) -> str:
    """The lock's name for the V5 in this directory."""
    return re.sub(r"\W+", "-", root).strip("-") or "root"


def take(folder: Path, name: str, owner: dict, instead_of: str = "") -> dict:
    """Take the lock for the owner (``token``, ``client``, ``host``, ``process``, ``machine``), or say whose it is.

    It is the owner's already where the token is the same, and free where its owner is gone, or has the token
    ``instead_of``. Returns ``taken``, ``again`` (it was the owner's before) and ``holder``: the owner's fields, ``age``
    and ``silent`` (seconds), ``gone``.
    Raises MigrationError where the directory cannot be used.
    """
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (folder / ".guard").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            holder = read(folder, name)
            mine = holder is not None and holder["token"] == owner["token"]
            if holder and not (mine or holder["gone"] or holder["token"] == instead_of):
                return {"taken": False, "again": False, "holder": holder}
            now = uptime()
            _write(folder / (name + ".beat"), f"{now:.2f}\n")
            if not mine:
                fields = dict(owner, taken=f"{now:.2f}")
                lines = [f"{each} {WORD.sub('_', str(fields[each]))}\n" for each in FIELDS]
                _write(folder / (name + ".lock"), "".join(lines))
            return {"taken": True, "again": mine, "holder": holder if mine else read(folder, name)}
    except OSError as error:
        raise MigrationError(
            f"The lock of the client cannot be kept in {folder}: {error.strerror}",
            f"ls -ld {folder}; df -h {folder.parent}",
            "lock-unwritable",
        ) from None


def read(folder: Path, name: str) -> dict | None:
    """Who holds the lock, as ``take`` returns it; None where nobody does."""
    try:
        lines = (folder / (name + ".lock")).read_text().splitlines()
    except FileNotFoundError:
        return None
    found = dict(line.split(" ", 1) for line in lines if " " in line)
    holder = {each: found.get(each, "") for each in FIELDS}
    now = uptime()
    beat = _number(_text(folder / (name + ".beat")))
    # Of an earlier boot, if ever a directory survives one, both are later than now.
    taken = _number(holder.pop("taken"))
    silent = now - max(beat, taken)
    # The kernel's own number is cut off, and ours is rounded.
    gone = not -1 < silent <= LEASE
    holder.update(age=round(max(now - taken, 0), 1), silent=round(max(silent, 0), 1), gone=gone)
    return holder


def beat_command(name: str, token: str, folder: str = FOLDER) -> str:
    """The shell command for a sign of life; it exits with LOST where the lock is another one's."""
    place = shlex.quote(f"{folder}/{name}")
    mine = f"grep -q '^token {token}$' {place}.lock 2>/dev/null"
    return f"{mine} || exit {LOST}; cut -d' ' -f1 /proc/uptime > {place}.beat"


def free_command(name: str, token: str, folder: str = FOLDER) -> str:
    """The shell command that gives the lock back, if it still is its owner's."""
    place = shlex.quote(f"{folder}/{name}")
    return f"! grep -q '^token {token}$' {place}.lock 2>/dev/null || rm -f {place}.lock {place}.beat"


def _write(file: Path, text: str) -> None:
    """All of it or nothing; everybody on the host may read who is at work."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text)
        draft.chmod(0o644)
        draft.replace(file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
