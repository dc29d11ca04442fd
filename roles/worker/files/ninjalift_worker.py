"""Runs one client's playbook for a controller that may be lost, and leaves nothing behind.

    ninjalift_worker.py --check         what this worker has, as JSON
    ninjalift_worker.py NAME            the work: stdin is what `ansible-runner transmit` made, stdout what
                                        `ansible-runner worker` says

Behind the parcel, stdin has lines: `alive` at least every few seconds, and `stop`, which ends the run after its running
step. Where stdin ends, or nothing comes for SILENCE seconds, the controller is lost and another worker will take over:
Ansible is ended at once. Credentials are only in memory (/dev/shm); large files are in /var/tmp. Both are removed at
the end, and what a crash left when the next one begins.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Iterator

SILENCE = 30.0  # seconds without a word until the controller counts as lost; fleet/workers.py waits for longer
FREE = 20.0  # seconds that the lock's keeper has to give the lock back when Ansible has ended
TICK = 1.0
END = b'{"eof": true}\n'  # of what `ansible-runner transmit` writes
PACKAGES = ("ansible-core", "ansible", "ansible-runner")
SUBREAPER, DEATH_SIGNAL = 36, 1  # of prctl: whoever loses its parent becomes a child of this process; what a child gets
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, and the folder in it is checked
DISK = Path("/var/tmp")  # noqa: S108


class Lost(Exception):
    """The controller is gone, or wants an end at once."""


def main(arguments: list) -> int:
    if arguments == ["--check"]:
        print(json.dumps(check()))
        return 0
    if len(arguments) != 1 or not re.fullmatch(r"[0-9a-f]{8,32}", arguments[0]):
        print(__doc__, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _lost)
    try:
        with room(arguments[0]) as memory:
            return work(memory)
    except Lost:
        return 1


def check() -> dict:
    """What the controller has to know: versions, where the folders in memory are, whether an agent was forwarded."""
    versions = {}
    for each in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[each] = metadata.version(each)
    with guard():
        sweep()
    return {
        "versions": versions,
        "memory": str(_own(MEMORY)),
        "disk": str(_own(DISK)),
        "agent": bool(os.environ.get("SSH_AUTH_SOCK")),
    }


def _own(parent: Path) -> Path:
    """This user's folder, which nobody else can look into. Raises SystemExit where somebody else made it."""
    folder = parent / f"ninjalift-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise SystemExit(f"{folder} is not this user's own folder. Mend it with: `sudo rm -r {folder}`")
    return folder


@contextlib.contextmanager
def guard() -> Iterator[None]:
    """One at a time makes or removes folders."""
    with (_own(MEMORY) / "guard").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def room(name: str) -> Iterator[Path]:
    """A folder in memory, with one of the same name on the disk; both are gone afterwards."""
    memory, disk = _own(MEMORY) / name, _own(DISK) / name
    lock = memory.with_suffix(".lock")
    with contextlib.ExitStack() as kept:
        with guard():
            fcntl.flock(kept.enter_context(lock.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            sweep()
        try:
            memory.mkdir(mode=0o700)
            disk.mkdir(mode=0o700)
            for each in ("tmp", "cp", "home"):
                (memory / each).mkdir(mode=0o700)
            yield memory
        finally:
            with guard():
                _remove(memory, disk, lock)


def sweep() -> None:
    """Remove what is left of runs that were killed; their locks are free. The guard is held."""
    memory, disk = _own(MEMORY), _own(DISK)
    for name in {each.stem for folder in (memory, disk) for each in folder.iterdir()} - {"guard"}:
        lock = memory / f"{name}.lock"
        with contextlib.suppress(BlockingIOError), lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(memory / name, disk / name, lock)


def _remove(*paths: Path) -> None:
    for each in paths:
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def work(memory: Path) -> int:
    """Run `ansible-runner worker` until it or the controller has ended; its exit status."""
    prctl = ctypes.CDLL(None).prctl
    prctl(SUBREAPER, 1, 0, 0, 0)
    runner = subprocess.Popen(
        [str(Path(sys.executable).parent / "ansible-runner"), "worker", "--private-data-dir", str(memory)],
        stdin=subprocess.PIPE,
        env=environment(memory),
        start_new_session=True,  # what ends this process must not end it on its own
        # But where this process is killed, nobody would keep its folder, and Ansible ends with it, too.
        preexec_fn=lambda: prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0),
    )
    try:
        listen(runner, memory / "stop")
        return runner.wait()
    except Lost:
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        end(runner)


def environment(memory: Path) -> dict:
    """Whatever Ansible and ansible-runner write by themselves goes into memory; the parcel sets the rest."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LC_ALL": "C.UTF-8",  # ssh may have brought one that this machine does not have
        "TMPDIR": str(memory / "tmp"),
        "ANSIBLE_HOME": str(memory / "home"),
        "ANSIBLE_LOCAL_TEMP": str(memory / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(memory / "cp"),
        "ANSIBLE_RUNNER_KEEPALIVE_SECONDS": "5",
        "NINJALIFT_STOP_FILE": str(memory / "stop"),
    }


def listen(runner: subprocess.Popen, stop: Path) -> None:
    """Hand the parcel on, then obey, until the run has ended. Raises Lost."""
    heard, tail, handed = time.monotonic(), b"", False
    while runner.poll() is None:
        if not select.select([0], [], [], TICK)[0]:
            if time.monotonic() - heard > SILENCE:
                raise Lost
            continue
        data = os.read(0, 1 << 16)
        if not data:
            raise Lost
        heard = time.monotonic()
        if handed:
            tail += data
        else:
            tail = (tail + data)[-len(data) - len(END) :]
            place = tail.find(END)
            part = data if place < 0 else data[: len(data) - (len(tail) - place - len(END))]
            with contextlib.suppress(BrokenPipeError):
                runner.stdin.write(part)
                runner.stdin.flush()
            if place < 0:
                continue
            handed, tail = True, tail[place + len(END) :]
            with contextlib.suppress(BrokenPipeError):
                runner.stdin.close()
        *lines, tail = tail.split(b"\n")
        if b"stop" in lines:
            stop.touch()


def end(runner: subprocess.Popen) -> None:
    """End all that still runs; the lock's keeper, which sees that Ansible has ended, may give the lock back first."""
    for each in descendants(runner.pid):
        _kill(each, signal.SIGKILL)
    if runner.poll() is None:
        runner.kill()
    until = time.monotonic() + FREE
    # What is left of the run, and has lost its parent: the keeper, and ssh's shared connections, which it needs.
    while time.monotonic() < until and any(_name(each) != "ssh" for each in descendants(os.getpid())):
        _reap()
        time.sleep(0.1)
    while left := descendants(os.getpid()):
        for each in left:
            _kill(each, signal.SIGKILL)
        _reap()
        time.sleep(0.05)


def descendants(top: int) -> list:
    """The ids of all processes below this one, those that have ended and wait to be reaped not among them."""
    children: dict = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                state, parent = (each / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(each.name))
    found, below = [], [top]
    while below:
        below = [child for each in below for child in children.get(each, [])]
        found += below
    return found


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return "ssh"  # it has ended meanwhile


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _lost(*_: object) -> None:
    raise Lost


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
