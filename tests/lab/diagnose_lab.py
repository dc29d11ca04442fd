"""The lab that all tests of the diagnostics share: what the lab's first state cannot show is shown after a migration.

A pytest plugin: a test module says ``pytest_plugins = ["diagnose_lab"]``, and a TURN, by which the modules follow each
other: those that need a bare V5 machine (0), those that break and mend the migrated client (1), and the one that
leaves it full of canaries (2).
"""

from __future__ import annotations

import os
import subprocess

import pytest
from v5_lab import PROJECT, V5Lab

from lab import state


@pytest.fixture(scope="session")
def client(lab: state.Lab) -> V5Lab:
    """The client on V5, with the imported company active, as after a cut-over."""
    one = V5Lab(lab.name, "12")
    one.meet()
    environment = {
        **os.environ,
        "NINJALIFT_INVENTORY": str(one.lab.inventory),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(one.lab.vault_password),
    }
    command = [PROJECT / "cli.py", "run", "client1"]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    # What V5's importer loses is told at the end, with 3.
    assert done.returncode == 3 and "./cli.py repair client1" in done.stdout, done.stdout + done.stderr
    one.sql("UPDATE companies SET is_disabled = 0")
    return one
