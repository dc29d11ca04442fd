"""A process of this machine that gets an input and gives an output, and leaves nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading

_RUNNING: set = set()
_LOCK = threading.Lock()


def talk(command: list, input: bytes, timeout: float, env: dict | None = None) -> subprocess.CompletedProcess:
    """Run a command, in a session of its own: it can ask nothing on the terminal, and all that it started ends with it.

    Raises subprocess.TimeoutExpired, FileNotFoundError.
    """
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
            stdout, stderr = process.communicate(input, timeout=max(0.1, timeout))
        except BaseException:
            _kill(process.pid)
            raise
        finally:
            with _LOCK:
                _RUNNING.discard(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _kill(group: int) -> None:
    # It may have ended, or be root's by sudo; the probe has a time limit of its own.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    """Ctrl-C ends this program while its threads wait; a session of one's own does not hear it."""
    for group in list(_RUNNING):
        _kill(group)
