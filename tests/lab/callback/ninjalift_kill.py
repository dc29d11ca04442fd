"""Kills the controller, as a power failure would, right after the task that made the wanted change."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: ninjalift_kill
type: aggregate
short_description: Kills the whole run after its Nth change
description:
  - Only for tests (tests/lab/killing.py). Writes the name of each task that changed something to the file in the
    environment variable C(NINJALIFT_KILL_LOG), and sends SIGKILL to the process group when C(NINJALIFT_KILL_AFTER)
    changes were made; 0 or unset for never.
requirements:
  - enable it with C(ANSIBLE_CALLBACKS_ENABLED=ninjalift_kill)
"""


class CallbackModule(CallbackBase):
    """Its events are told in the main process, so nothing of the run goes on after the signal."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "ninjalift_kill"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0

    def v2_runner_on_ok(self, result) -> None:
        """Count a change, and end the run where it was the wanted one."""
        if not result._result.get("changed"):
            return
        self.changes += 1
        with Path(os.environ["NINJALIFT_KILL_LOG"]).open("a") as log:
            log.write(f"{result._task.get_name()}\n")
        if self.changes == int(os.environ.get("NINJALIFT_KILL_AFTER") or 0):
            os.killpg(os.getpgrp(), signal.SIGKILL)
