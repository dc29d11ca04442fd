"""Workers: machines of the inventory's group ``workers`` that take clients of a run off this machine's hands."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from shlex import quote
from typing import Any, Callable, Sequence

from diagnostics.targets import Ssh
from diagnostics.transport import settings
from diagnostics.transport.openssh import trouble
from diagnostics.transport.process import TooMuch, talk

from .exits import UsageError
from .inventory import groups_of
from .remedies import PROJECT, Situation
from .targets import of_hosts

GROUP = "workers"
ROOT = "/opt/ninjalift-worker"  # the default of roles/worker
SUPERVISOR = "ninjalift_worker.py"
PLAYBOOK = PROJECT / "playbooks" / "workers.yml"
PACKAGES = ("ansible-core", "ansible", "ansible-runner")  # of the same version on both sides
ANSWER = 30.0  # seconds that a worker has to say what it is
# A worker that hears nothing for 30 s ends its run (SILENCE in roles/worker/files), and ssh notices after as long that
# its peer is gone; nobody else begins before both are over.
SURELY_ENDED = 40.0
OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ControlMaster=no", "ControlPath=none"),
    *("ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no", "RemoteCommand=none", "LogLevel=ERROR"),
    *("ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=6"),
)
WITH_AGENT = """\
own=$1 users=$2; shift 2
while [ "$1" != -- ]; do ssh-add -q -- "$1" </dev/null >/dev/null 2>&1; shift; done; shift
if ! ssh-add -l >/dev/null 2>&1 && [ -n "$users" ]; then own=$users; fi
ssh=$1; shift
"$ssh" -o "IdentityAgent=${users:-$own}" -o "ForwardAgent=$own" "$@"
ended=$?
kill "$SSH_AGENT_PID"  # by itself it looks for its parent only every 10 seconds
exit $ended
"""


@dataclass(frozen=True)
class Worker:
    """A machine that runs playbooks: how it is reached, where the role put its program, its folders for runs."""

    name: str
    ssh: Ssh
    root: str = ROOT
    memory: str = ""
    disk: str = ""

    def command(self, word: str) -> list:
        """The ssh command that runs its program with this word."""
        program = f"{quote(self.root)}/venv/bin/python {quote(f'{self.root}/{SUPERVISOR}')} {word}"
        said = [word for each in OPTIONS for word in ("-o", each)]
        return ["ssh", *said, "-T", *self.ssh.arguments, program]

    def room(self) -> tuple:
        """The name of a new run there, and its folders in memory and on the disk."""
        name = secrets.token_hex(8)
        return name, f"{self.memory}/{name}", f"{self.disk}/{name}"


class Lost(Exception):
    """The connection to a worker ended before the run did. why: one sentence without its full stop."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Crew:
    """The workers of a run, from which each client takes the one with the fewest others; without any, this machine."""

    def __init__(self, workers: Sequence = (), hosts: dict | None = None, tree: dict | None = None) -> None:
        """hosts: name of a client → name → targets.Host. tree: of ``inventory.read``."""
        self.busy = dict.fromkeys(workers, 0)
        self.hosts, self.tree = hosts or {}, tree or {}
        self.all_lost = False
        self.lock = threading.Lock()

    def take(self, client: Any) -> Worker | None:
        """A worker for one more client; None where that is played here, as one has to be that is on this machine, or
        where all workers were lost.
        """
        if not all(each.ssh for each in self.hosts.get(client.name, {}).values()):
            return None
        with self.lock:
            chosen = min(self.busy, key=self.busy.get, default=None)
            if chosen:
                self.busy[chosen] += 1
            return chosen

    def give_back(self, worker: Worker | None) -> None:
        """A client needs it no more."""
        with self.lock:
            if worker in self.busy:
                self.busy[worker] -= 1

    def lose(self, worker: Worker) -> bool:
        """Nobody takes it any more; whether that is news."""
        with self.lock:
            news = self.busy.pop(worker, None) is not None
            self.all_lost = not self.busy
            return news


def crew(
    tree: dict, clients: list, situation: Situation, vault_password_file: str | None, say: Callable[[str], None]
) -> Crew:
    """The workers of the inventory that answer, for these clients (inventory.Client).

    tree: of ``inventory.read``. say: hears of those that cannot be used. Raises UsageError where none can.
    """
    names = groups_of(tree).get(GROUP, [])
    if not names:
        return Crew()
    where = (situation.inventory, tree, vault_password_file)
    hosts = of_hosts(names, "", *where)
    theirs = {each.name: of_hosts({each.v4, each.v5}, each.name, *where) for each in clients}
    with ThreadPoolExecutor(min(len(names), 16)) as pool:
        told = list(pool.map(lambda name: _looked_at(name, hosts[name], situation), names))
    troubles = [each for each in told if isinstance(each, UsageError)]
    found = [each for each in told if isinstance(each, Worker)]
    if not found:
        more = "" if len(troubles) == 1 else f" (nor any of the other {len(troubles) - 1})"
        raise UsageError(f"{troubles[0].message.rstrip('.')}{more}.", troubles[0].remedy)
    for each in troubles:
        say(f"{each} The run goes on without it.")
    return Crew(found, theirs, tree)


def _looked_at(name: str, host: Any, situation: Situation) -> Worker | UsageError:
    """A worker as it is, or why it cannot be used."""
    setup = situation.command(f"ansible-playbook playbooks/{PLAYBOOK.name} --limit {quote(name)}")
    if host.ssh is None or host.ssh.password:
        why = "is reached by a password" if host.ssh else "is this machine"
        return UsageError(f"The worker {name} {why}; a worker is reached by SSH with a key.", setup)
    worker = Worker(name, host.ssh, host.text("worker_root") or ROOT)
    try:
        with tempfile.TemporaryDirectory(prefix="ninjalift-agent-") as place:
            # Without keys: what is asked is only whether the worker's sshd forwards an agent.
            done = talk(with_agent(place, [], worker.command("--check")), b"", ANSWER, settings.environment())
    except FileNotFoundError:
        return UsageError("This machine has no OpenSSH client.", "sudo apt-get install openssh-client")
    except (TimeoutError, subprocess.TimeoutExpired, TooMuch):
        return UsageError(f"The worker {name} did not answer within {ANSWER:.0f} seconds.", host.ssh.by_hand())
    if done.returncode == 255:
        error = trouble(host.ssh, done.stderr.decode(errors="replace"))
        return UsageError(f"The worker {name} cannot be used: {error.message}", error.remedy or host.ssh.by_hand())
    return _understood(worker, done, setup)


def _understood(worker: Worker, done: subprocess.CompletedProcess, setup: str) -> Worker | UsageError:
    try:
        said = json.loads(done.stdout)
        memory, disk, versions = said["memory"], said["disk"], said["versions"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1][:200]
        return UsageError(f"The worker {worker.name} is not set up ({last}).", setup)
    wanted = {each: metadata.version(each) for each in PACKAGES}
    wrong = [
        f"{each} {versions.get(each, 'missing')}, not {ours}"
        for each, ours in wanted.items()
        if versions.get(each) != ours
    ]
    if wrong:
        return UsageError(f"The worker {worker.name} has {'; '.join(wrong)}.", setup)
    if not said.get("agent"):
        line = f"{worker.ssh.by_hand('sudo sshd -T')} | grep -i allowagentforwarding"
        return UsageError(f"The sshd of the worker {worker.name} forwards no agent (AllowAgentForwarding).", line)
    return Worker(worker.name, worker.ssh, worker.root, memory, disk)


def with_agent(place: str, keys: list, command: list) -> list:
    """The ssh ``command`` with an agent forwarded that holds these keys; it ends with ssh.

    place: a private folder for its socket. Where no key opens without a passphrase, the user's own agent is forwarded.
    The way to the worker itself uses the user's agent, if there is one: ssh forwards none where it has none itself.
    """
    own, users = f"{place}/agent", os.environ.get("SSH_AUTH_SOCK", "")
    ssh, *words = command
    return ["ssh-agent", "-a", own, "sh", "-c", WITH_AGENT, "sh", own, users, *keys, "--", ssh, *words]
