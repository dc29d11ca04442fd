"""Up, status, down and reset of a whole lab."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterable

from . import ca, images, inventory, layout, network, prepare, releases, sites
from .machines import Machine, start_all
from .state import Lab, LabError, claim, locked

TOOLS = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "setsid": "util-linux",
    "useradd": "passwd",
}


def require(command: str = "up") -> None:
    """Raise LabError where this machine cannot boot a lab, with what to do. command: the one that was asked for."""
    # A user's PATH, and that of a plain `su`, lacks these.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        raise LabError(
            f"The lab needs programs that are not here. Mend it with: `apt-get install {' '.join(missing)}`", status=2
        )
    if os.geteuid():
        raise LabError(
            f"The lab's machines are root's, so this needs root. Mend it with: `sudo ./cli.py lab {command}`", status=2
        )


def machines(lab: Lab) -> list:
    """Every machine that the lab was last asked for."""
    settings = lab.read_settings()
    if not settings:
        return []
    found = [layout.download(lab, settings["debian"])]
    for client in layout.clients(lab, settings["clients"], settings["debian"]):
        found += [client.v4, client.v5]
    return found + layout.workers(lab, settings.get("workers", 0), settings["debian"])


def find(lab: Lab, name: str) -> Machine:
    """The machine of this name; LabError where the lab has none."""
    known = {each.name: each for each in machines(lab)}
    if name not in known:
        names = ", ".join(known) or "none: there is no such lab"
        raise LabError(f"There is no machine '{name}' in the lab '{lab.name}' (its machines: {names}).", status=2)
    return known[name]


def up(lab: Lab, clients: int, debian: str, say: Callable[[str], None], workers: int = 0) -> list:
    """Bring the lab up, or repair it; returns its clients. Safe to repeat.

    A lab only grows: fewer clients or workers, or another Debian release, than it has already change nothing.
    Raises LabError where something is missing or a machine does not come up.
    """
    require(f"up --clients {clients} --debian {debian}{f' --workers {workers}' * bool(workers)} --name {lab.name}")
    with locked(lab):
        network.refuse_foreign_bridge(lab)
        settings = lab.read_settings()
        clients = max(clients, settings.get("clients", 0))
        debian = settings.get("debian", debian)
        workers = max(workers, settings.get("workers", 0))
        lab = claim(lab, clients=clients, debian=debian, workers=workers)
        everybody = machines(lab)
        _boot(lab, everybody, say)
        wanted = layout.clients(lab, clients, debian)
        _furnish(lab, wanted, layout.workers(lab, workers, debian), say)
        return wanted


def _boot(lab: Lab, everybody: list, say: Callable[[str], None]) -> None:
    """Build what images are missing, and start what machines are down."""
    needed = sorted({each.image for each in everybody})
    with ThreadPoolExecutor(len(needed)) as pool:
        built = dict(zip(needed, pool.map(lambda name: images.build(name, say), needed)))
    network.up(lab)
    prepare.keys(lab)
    sleeping = [each for each in everybody if not each.pid()]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: _lay(each, built[each.image], everybody), everybody))
    prepare.known_hosts(lab, everybody)
    if sleeping:
        say(f"Starting {', '.join(each.name for each in sleeping)}")
    start_all(everybody)


def _lay(machine: Machine, image: os.PathLike, everybody: list) -> None:
    """Put the machine's file system in place; its names of the others follow a lab that has grown."""
    if not machine.pid() and machine.mount(image):
        prepare.machine(machine, everybody)
        (machine.dir / "prepared").touch()
    prepare.hosts(machine, everybody)


def _furnish(lab: Lab, clients: list, workers: list, say: Callable[[str], None]) -> None:
    """Install V4 where it is missing, serve the release archives of this checkout, write the inventory."""
    archives = lab.dir / "archives"
    sums = releases.write(archives)
    fresh = [client for client in clients if not (client.v4.dir / "installed").exists()]
    if fresh:
        say(f"Installing V4 with the recorded data for {', '.join(client.name for client in fresh)}")
    for client in clients:
        ca.site(lab.dir / "tls", client.v5.site)
    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(sites.install_download, find(lab, "download"), archives)]
        tasks += [pool.submit(_install_v4, lab, client) for client in fresh]
        for task in tasks:
            task.result()
    inventory.write(lab, clients, workers, sums)


def _install_v4(lab: Lab, client: layout.Client) -> None:
    sites.install_v4(client, inventory.passwords(lab, client)["v4_owner_password"])
    (client.v4.dir / "installed").touch()


def down(lab: Lab) -> None:
    """Remove everything of this lab but the images: machines, mounts, bridge, table, state."""
    require(f"down --name {lab.name}")
    with locked(lab):
        _remove(_all(lab))
        if lab.read_settings():
            network.down(lab)
        lab.remove()


def reset(lab: Lab, names: Iterable[str], say: Callable[[str], None]) -> list:
    """Bring the machines of these names, or all, back to their first state, at the same addresses."""
    names = list(names)
    require(" ".join(["reset", *names, "--name", lab.name]))
    settings = lab.read_settings()
    if not settings:
        raise LabError(f"There is no lab '{lab.name}'. Mend it with: `./cli.py lab up --name {lab.name}`", status=2)
    with locked(lab):
        _remove([find(lab, name) for name in names] or _all(lab))
    return up(lab, settings["clients"], settings["debian"], say)


def _remove(some: list) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Machine.remove, some))


def _all(lab: Lab) -> list:
    """The machines asked for, and those that an interrupted run left."""
    known = {each.name: each for each in machines(lab)}
    for folder in (lab.dir / "machines").glob("*"):
        known.setdefault(folder.name, Machine(lab, folder.name, 0, ""))
    return list(known.values())


def status(lab: Lab) -> dict:
    """What is up: ``{"name", "up", "network", "inventory", "vault_password_file", "ssh_config", "machines": [...]}``.

    A machine's state is systemd's word (``running``, or ``degraded`` with the failed units), or ``down``.
    """
    everybody = machines(lab)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(_state, everybody))
    return {
        "name": lab.name,
        "up": bool(everybody) and "down" not in states,
        "network": f"{lab.network}.0/24",
        "inventory": str(lab.inventory),
        "vault_password_file": str(lab.vault_password),
        "ssh_config": str(lab.ssh_config),
        "machines": [
            {"name": each.name, "address": each.address, "site": f"https://{each.site}", "state": state}
            for each, state in zip(everybody, states)
        ],
    }


def _state(machine: Machine) -> str:
    state = machine.state() if machine.pid() else ""
    if state == "degraded":
        failed = machine.ssh("systemctl list-units --failed --plain --no-legend", check=False).stdout
        return f"degraded ({', '.join(line.split()[0] for line in failed.splitlines())})"
    return state or "down"
