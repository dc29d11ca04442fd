"""A process of this machine that gets an input and gives an output, and leaves nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time

# The facts of a host with 200 companies and 200 kinds of errors in its logs are one; a host can print without end.
MOST = 16 << 20  # bytes
BLOCK = 1 << 16
_RUNNING: set = set()
_LOCK = threading.Lock()


class TooMuch(Exception):
    """It printed more than MOST bytes."""


def talk(command: list, input: bytes, timeout: float, env: dict | None = None) -> subprocess.CompletedProcess:
    """Run a command, in a session of its own: it can ask nothing on the terminal, and all that it started ends with it.

    Raises subprocess.TimeoutExpired, FileNotFoundError, TooMuch.
    """
    until = time.monotonic() + max(0.1, timeout)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    ) as process:
        with _LOCK:
            _RUNNING.add(process.pid)
        try:
            stdout, stderr = _exchange(process, input, until)
            process.wait(max(0.1, until - time.monotonic()))
        except BaseException:
            _kill(process.pid)
            raise
        finally:
            with _LOCK:
                _RUNNING.discard(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _exchange(process: subprocess.Popen, input: bytes, until: float) -> tuple:
    """Write the input and read all output and errors; Popen.communicate would keep whatever a host prints."""
    read: dict = {process.stdout: [], process.stderr: []}
    left, size = memoryview(input), 0
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        for stream in read:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, until - time.monotonic()))
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(process.args, 0)
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    with contextlib.suppress(BlockingIOError):
                        try:
                            left = left[os.write(key.fd, left) :]
                        except BrokenPipeError:  # who is not let in does not read
                            left = left[:0]
                    if not left:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                block = os.read(key.fd, BLOCK)
                if not block:
                    selector.unregister(key.fileobj)
                read[key.fileobj].append(block)
                size += len(block)
                if size > MOST:
                    raise TooMuch
    return tuple(b"".join(read[stream]) for stream in (process.stdout, process.stderr))


def _kill(group: int) -> None:
    # It may have ended, or be root's by sudo; the probe has a time limit of its own.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    """Ctrl-C ends this program while its threads wait; a session of one's own does not hear it."""
    for group in list(_RUNNING):
        _kill(group)
