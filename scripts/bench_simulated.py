"""The part ``simulated`` of scripts/bench: what a run of many clients costs this machine beside its Ansible processes.

Everything is as in a real run (schedule, record, events, lines), only that instead of Ansible a script answers for
each client at once, with the events of a whole way. So what is measured is our own work and memory.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

PROJECT = Path(__file__).resolve().parent.parent
SIZES = (1, 100, 500)
STEPS = 250  # of a client's whole way, as counted in the lab
PARALLEL = 20


def scripted(steps: int) -> Callable:
    """Stands for runner.ansible: the events of a whole way."""
    plays = ("Verify that V4 can be migrated", "Upgrade V4 to the version that migrates", "Provision V5")
    plays += ("Export the company on V4", "Import the company into V5", "Check V5's data")

    def ansible(playbook, clients, inventory, folder, handle, stopping, **given) -> str:
        [client] = clients
        for number in range(steps):
            play = plays[number * len(plays) // steps]
            task = {"host": client.v5, "play": play, "task": f"role : Task {number} of this play", "role": "role"}
            handle({"event": "runner_on_start", "event_data": task, "stdout": ""})
            result = {"changed": number % 3 == 0, "msg": "x" * 200, "invocation": {"module_args": {"a": "b" * 500}}}
            ended = {**task, "res": result, "duration": 0.2, "task_action": "ansible.builtin.command"}
            handle({"event": "runner_on_ok", "event_data": ended, "stdout": "y" * 300})
        handle({"event": "playbook_on_stats", "event_data": {"ok": {client.v5: steps}}})
        return "successful"

    return ansible


def one(size: int) -> dict:
    """A run of so many clients in this process: seconds, seconds of the processor, peak memory in MiB."""
    from fleet import board, run, runner
    from fleet.batch import Rules
    from fleet.exits import Exit
    from fleet.inventory import Client
    from fleet.remedies import Situation

    runner.ansible = scripted(STEPS)
    secrets = {f"secret number {number}": f"variable_{number}_password" for number in range(5)}
    clients = [Client(f"c{each}", f"c{each}-v4", f"c{each}-v5", secrets=secrets) for each in range(size)]
    situation = Situation("run", (), Path("inventory"))
    whole = run.Whole(clients, situation, Path("site.yml"), Rules(PARALLEL), again="./cli.py run --all --execute")
    began, spent = time.monotonic(), time.process_time()
    results = whole.go(board.PlainBoard([each.name for each in clients], whole.pace, io.StringIO()))
    whole.finish(results, Exit.OK)
    if any(each.status != "ok" for each in results):
        raise SystemExit("A simulated client did not end well.")
    # What getrusage says begins with the peak of the parent.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - spent,
        "memory": int(peak.split()[1]) / 1024,
    }


def run(show: Callable[..., None]) -> None:
    """Measure each size in a process of its own, and show it."""
    found = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, __file__, str(size)],
                env={**os.environ, "XDG_STATE_HOME": folder, "PYTHONPATH": str(PROJECT)},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found[size] = json.loads(done.stdout)
    base = found[SIZES[0]]
    for size in SIZES[1:]:
        each = found[size]
        cost = 1000 * (each["processor"] - base["processor"]) / (size - 1)
        memory = f"{each['memory']:.0f} MiB at most, {each['memory'] - base['memory']:.0f} more than for one client"
        show(f"{size} simulated clients, {PARALLEL} at once", f"{cost:.0f} ms", f"of a core a client; {memory}")


if __name__ == "__main__":
    with contextlib.redirect_stderr(io.StringIO()):
        measured = one(int(sys.argv[1]))
    print(json.dumps(measured))
