"""Kill a playbook's controller after each of its changes, and repeat it, until nothing is left to change.

One chain covers every step: the run that is killed after its first change is repeated and killed after its own first
change, which is the next step of the whole, and so on. Each run begins from what the one before left, so that a
playbook of N changes costs N early endings and one whole run, and not N whole runs from N restored snapshots. A step
that is not idempotent would be made again and again, and ends the chain with an assertion.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 40  # runs: more than any playbook here has changes


@dataclass
class Run:
    """One run: its exit status, what it printed, the tasks that changed something, and whether it was killed."""

    status: int
    output: str
    changes: list[str]
    killed: bool


def run(command: Sequence[str], environment: Mapping[str, str], after: int = 0) -> Run:
    """Run ansible-playbook and kill it, with all that it started here, after so many changes; 0: let it end."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        log = Path(folder) / "changes"
        log.touch()
        callbacks = f"{Path(__file__).with_name('callback')}:{PROJECT / 'plugins' / 'callback'}"
        process = subprocess.Popen(
            [*command],
            cwd=PROJECT,
            env={
                **environment,
                "ANSIBLE_CALLBACK_PLUGINS": callbacks,
                "ANSIBLE_CALLBACKS_ENABLED": "ninjalift_kill",
                "NINJALIFT_KILL_LOG": str(log),
                "NINJALIFT_KILL_AFTER": str(after),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # the signal goes to its process group, and must not reach the tests
        )
        status = process.wait()
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
        return Run(status, said, log.read_text().splitlines(), status == -signal.SIGKILL)


def chain(inventory: Path, vault_password: Path, playbook: str, variables: Mapping[str, object] | None = None) -> list:
    """Kill the playbook (its name) after each change and repeat it; returns the changes in their order.

    Ends with a run that was not killed, which must succeed and change nothing.
    """
    import yaml

    made: list[str] = []
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as extra:
        yaml.safe_dump(dict(variables or {}), extra)
        extra.flush()
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "--limit", "client1"]
        command += ["-e", f"@{extra.name}", f"playbooks/{playbook}.yml"]
        environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(vault_password), "ANSIBLE_NOCOLOR": "1"}
        for _ in range(LIMIT):
            ended = run(command, environment, after=1)
            assert "Traceback (most recent call last)" not in ended.output, ended.output[-3000:]
            made += ended.changes
            if not ended.killed:
                assert ended.status == 0, ended.output[-4000:]
                return made
    raise AssertionError(f"{playbook} still changes something after {LIMIT} runs: {made}")
