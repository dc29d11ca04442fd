"""The parts ``status``, ``night`` and ``settings`` of scripts/bench: many clients at once, on the lab."""

from __future__ import annotations

import json
import os
import re
import shlex
import statistics
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

import yaml

from diagnostics import probe
from lab import lifecycle

PROJECT = Path(__file__).resolve().parent.parent
ROOT = "/var/www/invoiceninja"
CLIENTS = int(os.environ.get("NINJALIFT_BENCH_CLIENTS", "10"))
PARALLEL = 5
MACHINES = 40
# What ansible-core does by itself (ansible-config dump), against ansible.cfg and one Ansible a client.
STOCK = {
    "ANSIBLE_PIPELINING": "False",
    "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=60s",
    "ANSIBLE_FORKS": "5",
    "ANSIBLE_GATHERING": "implicit",
    # Without pipelining, becoming www-data needs this, or the package acl on the host.
    "ANSIBLE_SHELL_ALLOW_WORLD_READABLE_TEMP": "True",
}


def status(bench: Any, show: Callable[..., None]) -> None:
    """Twenty clients whose machines are two: the probe runs forty times, on the cores that also run this program."""
    bench.install()
    names = [f"host{number:02}" for number in range(MACHINES)]
    machines = (bench.client.v4, bench.client.v5)
    config, folder = bench.lab.dir / "bench-ssh-config", bench.lab.dir / "bench-inventory"
    aliases = "".join(f"Host {name}\n  HostName {machines[i % 2].address}\n" for i, name in enumerate(names))
    config.write_text(aliases + bench.lab.ssh_config.read_text())
    folder.mkdir(exist_ok=True)
    script = bench.lab.dir / "bench-probe.sh"
    script.write_text(probe.script(probe.Options(root=ROOT)))
    by_hand = f"xargs -P 8 -I NAME sh -c {shlex.quote(bench.by_hand(config, script))} >/dev/null"
    beside = bench.timed(["sh", "-c", by_hand], {0}, "\n".join(names))
    show("ssh HOST sh <probe, 8 at once by xargs", f"{beside:.2f} s", f"{MACHINES} of them")
    bench.make_ready(machines, script)
    for user, what in (("root", "machines that run the probe"), ("ready", "machines that have an answer ready")):
        groups: dict = {
            side: {"hosts": {name: {} for name in names[number::2]}} for number, side in enumerate(("v4", "v5"))
        }
        for number in range(0, MACHINES, 2):
            said = {f"v{4 + side}_url": f"https://{names[number + side]}.test" for side in (0, 1)}
            hosts = {names[number + side]: {"ansible_user": user} for side in (0, 1)}
            said["v4_owner_email"] = f"owner{number}@example.com"
            groups[f"client{number // 2}"] = {"hosts": hosts, "vars": said}
        (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
        command = [PROJECT / "cli.py", "status", "-i", folder, "--json"]
        took = statistics.median(bench.timed(command, {0, 3, 4}, ssh_config=config) for _ in range(3))
        note = f"median of 3; goal <= 3 s; {took / beside:.2f} times the probe by xargs"
        show(f"./cli.py status, {MACHINES} {what}", f"{took:.2f} s", note)


def night(bench: Any, show: Callable[..., None]) -> None:
    """The same clients from the first step twice: side by side, and one after another."""
    found = {}
    for parallel in (PARALLEL, 1):
        clients = grown(bench, fresh=True)
        watched = Watched(bench, parallel)
        if watched.status:
            raise OSError(f"./cli.py run ended with {watched.status}: {watched.said[-1500:]}")
        found[parallel] = watched
        show(
            f"{len(clients)} clients, {parallel} at once",
            f"{watched.seconds:.0f} s",
            f"{watched.processor / len(clients):.1f} s of a core a client on the controller, of which"
            f" {watched.own / len(clients):.2f} s ./cli.py itself; at most {watched.peak:.0f} MiB,"
            f" {watched.mine:.0f} of it ./cli.py",
        )
    ratio = found[1].seconds / found[PARALLEL].seconds
    where = f"times, on {os.cpu_count()} cores that are also the hosts'"
    show("  one after another, to side by side", f"{ratio:.2f}", where)


def settings(bench: Any, show: Callable[..., None]) -> None:
    """A converged site.yml for all clients: ansible-core's own settings, ours, and as ./cli.py run does it."""
    clients = grown(bench, fresh=False)
    if Watched(bench, PARALLEL).status:
        raise OSError("the clients could not be migrated")
    rates = {}
    for what, environment in (("stock settings", STOCK), ("our settings", {})):
        began = time.monotonic()
        done = subprocess.run(
            [
                *(PROJECT / ".venv/bin/ansible-playbook", "-i", bench.lab.inventory),
                *("-e", "site_repair=true", PROJECT / "playbooks/site.yml"),
            ],
            cwd=PROJECT,
            env={**bench.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        if done.returncode:
            raise OSError(f"site.yml failed: {done.stdout[-1500:]}")
        tasks = sum(map(int, re.findall(r"\bok=(\d+)", done.stdout)))
        rates[what] = tasks / seconds
        note = f"tasks a second; {tasks} in {seconds:.0f} s"
        show(f"site.yml, {len(clients)} clients, {what}", f"{rates[what]:.1f}", note)
    watched = Watched(bench, PARALLEL)
    rates["./cli.py run"] = watched.tasks / watched.seconds
    note = f"tasks a second; {watched.tasks} in {watched.seconds:.0f} s"
    show(f"./cli.py run, {len(clients)} clients", f"{rates['./cli.py run']:.1f}", note)
    for what in ("our settings", "./cli.py run"):
        show(f"  {what}, to stock", f"{rates[what] / rates['stock settings']:.2f}", "times; goal >= 3")


def grown(bench: Any, *, fresh: bool) -> list:
    """The lab with all its clients; fresh: as on their first day."""
    clients = lifecycle.up(bench.lab, CLIENTS, "12", bench.tell)
    if fresh:
        names = [machine.name for each in clients[: bench.used] for machine in (each.v4, each.v5)]
        clients = lifecycle.reset(bench.lab, names, bench.tell)
    bench.used, bench.first = len(clients), 0.0
    return clients


class Watched:
    """A ./cli.py run of all clients, and what it took of this machine beside its hosts.

    seconds, processor (of all its processes), own (of ./cli.py): seconds. peak, mine: MiB of all and of ./cli.py.
    """

    def __init__(self, bench: Any, parallel: int) -> None:
        self.peak = self.mine = self.own = 0.0
        before, began = os.times(), time.monotonic()
        process = subprocess.Popen(
            [PROJECT / "cli.py", "run", "--all", "--execute", "--repair", "--parallel", str(parallel), "--json"],
            env={**bench.environment, "NINJALIFT_INVENTORY": str(bench.lab.inventory)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        over = threading.Event()
        watcher = threading.Thread(target=self._look, args=(process.pid, over), daemon=True)
        watcher.start()
        output, self.said = process.communicate()
        over.set()
        watcher.join()
        self.seconds = time.monotonic() - began
        after = os.times()
        spent = ("children_user", "children_system")
        self.processor = sum(getattr(after, each) - getattr(before, each) for each in spent)
        self.status = process.returncode
        clients = json.loads(output)["clients"] if output.strip() else []
        self.tasks = sum(step["status"] in ("ok", "changed") for each in clients for step in each["steps"])
        self.said += "".join(f"{each['client']}: {each['message']}\n" for each in clients)

    def _look(self, pid: int, over: threading.Event) -> None:
        """Every second, until it has ended: what its processes have in memory, shared pages by their shares."""
        ticks = os.sysconf("SC_CLK_TCK")
        while not over.wait(1.0):
            family, found = {pid}, {}
            parents = {}
            for each in Path("/proc").iterdir():
                if each.name.isdecimal():
                    try:
                        fields = (each / "stat").read_text().rpartition(")")[2].split()
                    except OSError:
                        continue
                    parents[int(each.name)] = int(fields[1])
                    if int(each.name) == pid:
                        self.own = (int(fields[11]) + int(fields[12])) / ticks
            while True:
                more = {child for child, parent in parents.items() if parent in family} - family
                if not more:
                    break
                family |= more
            for each in family:
                try:
                    lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
                except OSError:
                    continue
                found[each] = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
            self.peak = max(self.peak, sum(found.values()))
            self.mine = max(self.mine, found.get(pid, 0.0))
