"""Ends a run after the task that is running, when its stop file appears; rescue and always sections still run.

And at once, when what has started it is gone: nobody would read what it says, and it would hang with the client's lock.
"""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: ninjalift_stop
type: aggregate
short_description: Ends a run after the running task
description:
  - While the file named by the environment variable C(NINJALIFT_STOP_FILE) exists, further tasks fail first thing.
  - Tasks in rescue and always sections, and handlers, run as usual, so hosts are left as after any failed step.
  - Where that variable is set, the run also ends when the process that has started it has ended, even by C(kill -9),
    with the task that is running.
requirements:
  - enable it with C(ANSIBLE_CALLBACKS_ENABLED=ninjalift_stop)
"""

PR_SET_PDEATHSIG = 1  # prctl(2)


class CallbackModule(CallbackBase):
    """Ansible itself knows only the hard stop: Ctrl-C ends it without running what always has to run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "ninjalift_stop"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # ansible-runner lets a terminal's end pass by, and Ansible does not end when it can write to nobody.
        if os.environ.get("NINJALIFT_STOP_FILE"):
            _end_with_parent()
            os.register_at_fork(before=_Fork.remember, after_in_child=_Fork.end_with_it)

    def v2_playbook_on_task_start(self, task, is_conditional):
        """Make the task a failing one; Ansible calls this before it hands the task to the hosts."""
        stop_file = os.environ.get("NINJALIFT_STOP_FILE")
        if not stop_file or not Path(stop_file).exists() or _cleans_up(task):
            return
        task.action, task.args = "ansible.builtin.fail", {"msg": "Stopped by hand before this step"}
        # What could turn the failure into a success, repeat it, or hide its reason.
        task.failed_when, task.until, task.loop, task.loop_with = [], [], None, None
        task.ignore_errors, task.ignore_unreachable, task.async_val, task.no_log = False, False, 0, False


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class _Fork:
    """A process for a task ends with Ansible, which may end before it knows of the one that it has just started."""

    parent = 0

    @classmethod
    def remember(cls) -> None:
        cls.parent = os.getpid()

    @classmethod
    def end_with_it(cls) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Ansible's own, which is inherited, is for its processes
        _end_with_parent()
        if os.getppid() != cls.parent:
            os._exit(1)


def _cleans_up(task) -> bool:
    """Whether the task, or what includes it, stands in a rescue or always section."""
    child, parent = task, task._parent
    while parent is not None:
        sections = [*getattr(parent, "rescue", []), *getattr(parent, "always", [])]
        if any(each._uuid == child._uuid for each in sections):
            return True
        child, parent = parent, parent._parent
    return False
