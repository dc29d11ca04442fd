"""Locks a client on its V5 host, and keeps the lock for as long as this ansible-playbook runs.

What keeps it is a process of its own on the controller. It watches ansible-playbook itself, not ansible-runner or
./cli.py, which may die before it; gives a sign of life over Ansible's own connection; and gives the lock back when
ansible-playbook has ended, however it ended. Where the lock was lost (the network was gone for too long, and another
run took over), it ends ansible-playbook: two runs at one client do harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from diagnostics.units import span
from migration import lock

LOOK_AGAIN = 1.0  # seconds


class ActionModule(ActionBase):
    """Arguments and result: plugins/modules/client_lock.py."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        result = super().run(tmp, task_vars)
        given = dict(self._task.args)
        run = os.getppid()  # a task runs in a process of its own, a child of ansible-playbook
        owner = {**_owner(run), "client": given.get("client", "")}
        until = time.monotonic() + float(given.get("wait", 120))
        seen = instead_of = None
        while True:
            arguments = {**given, "owner": owner, "instead_of": instead_of or ""}
            said = self._execute_module(module_name="client_lock", module_args=arguments, task_vars=task_vars)
            holder = said.get("holder") or {}
            if said.get("failed") or self._task.check_mode or said.get("taken"):
                break
            if _is_gone(holder):
                instead_of = holder["token"]
                continue
            # A sign of life since the last look: its owner is there, and waiting is of no use.
            alive = seen is not None and holder["silent"] < seen
            seen = holder["silent"]
            if alive or time.monotonic() > until:
                return {**result, "failed": True, **_refusal(holder, owner["client"], given)}
            time.sleep(LOOK_AGAIN)
        result.update({name: value for name, value in said.items() if name != "invocation"})
        if said.get("taken"):
            result["ansible_facts"] = {"client_lock_held": True}
            if not said["again"] or holder["silent"] > 2 * lock.BEAT:
                self._keep(run, given, owner["token"])
        return result

    def _keep(self, run: int, given: dict, token: str) -> None:
        """Start the process that keeps the lock."""
        watched = os.pidfd_open(run)
        if os.fork():
            os.close(watched)
            return
        try:
            self._be_keeper(run, watched, given, token)
        finally:
            os._exit(0)  # nothing of the task that it was forked from must happen twice

    def _be_keeper(self, run: int, watched: int, given: dict, token: str) -> None:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.dup2(watched, 3)
        os.closerange(4, 4096)  # above all the queue to ansible-playbook, which must be able to end
        Display()._final_q = None
        folder = given.get("folder", lock.FOLDER)
        name = lock.name_of(given["root"])
        beat, free = lock.beat_command(name, token, folder), lock.free_command(name, token, folder)
        last = time.monotonic()
        while not select.select([3], [], [], lock.BEAT)[0]:
            status = self._tell(beat)
            if status == 0:
                last = time.monotonic()
            # Before the host gives the lock to another one, this run has to be over.
            if status == lock.LOST or time.monotonic() - last > lock.LEASE - lock.BEAT:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(run, signal.SIGTERM)
                return
        self._tell(free)

    def _tell(self, command: str) -> int:
        """Run a command on the host as the task's user; its exit status, or -1 where the host does not answer."""
        try:
            return self._low_level_execute_command(command, sudoable=True)["rc"]
        except Exception:
            return -1


def _owner(run: int) -> dict:
    """Who this run is: the same in each of its tasks, and never again on any machine."""
    machine = _machine()
    started = Path(f"/proc/{run}/stat").read_text().rpartition(")")[2].split()[19]
    token = hashlib.sha256(f"{machine} {run} {started}".encode()).hexdigest()[:32]
    return {"token": token, "host": socket.gethostname(), "process": run, "machine": machine}


def _machine() -> str:
    """This boot of this machine, and within it the container: where the number of a process means something."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return hashlib.sha256(f"{boot} {os.readlink('/proc/self/ns/pid')}".encode()).hexdigest()[:16]


def _is_gone(holder: dict) -> bool:
    """Whether its owner is known to be gone: a process of this machine that is not there, or is another one now."""
    if holder.get("machine") != _machine() or not str(holder.get("process")).isdecimal():
        return False
    try:
        return _owner(int(holder["process"]))["token"] != holder["token"]
    except OSError:
        return True


def _refusal(holder: dict, client: str, given: dict) -> dict:
    where = "this machine" if holder.get("machine") == _machine() else holder["host"]
    remedy = f"./cli.py status {client} --watch"
    message = (
        f"Another run is at work for {holder['client']}: process {holder['process']} on {where}, since"
        f" {span(holder['age'])}. Nothing was changed. Wait until it has ended, or end it there; see"
        f" how far it is with: `{remedy}`"
    )
    return {"msg": message, "error_id": "client-locked", "remedy": remedy}
