"""Ansible's processes for tasks end with Ansible, whenever it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "callback" / "ninjalift_stop.py"
# Ansible forks a process for a task, which at first has Ansible's own answer to SIGTERM.
ANSIBLE = """
import importlib.util, os, signal, sys, time
spec = importlib.util.spec_from_file_location("stop", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.CallbackModule()
signal.signal(signal.SIGTERM, lambda *_: None)
if os.fork() == 0:
    print(os.getpid(), flush=True)
time.sleep(600)
"""


def test_a_process_that_was_only_just_forked_ends_with_ansible(tmp_path):
    environment = {**os.environ, "NINJALIFT_STOP_FILE": str(tmp_path / "stop")}
    command = [sys.executable, "-c", ANSIBLE, PLUGIN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as ansible:
        forked = Path("/proc", ansible.stdout.readline().strip())
        assert forked.exists()
        ansible.kill()
        ansible.wait()
        until = time.monotonic() + 60
        while forked.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not forked.exists()
