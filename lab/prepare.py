"""What is written into a machine's overlay before its first boot: names, keys, addresses, trust."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Iterable

from . import ca
from .machines import Machine
from .state import Lab, LabError

OPS_ID = 1000
RESOLV_CONF = Path("/etc/resolv.conf")
UPLINK_RESOLV_CONF = Path("/run/systemd/resolve/resolv.conf")  # what systemd-resolved itself asks


def keys(lab: Lab) -> None:
    """The key that the controller uses, and the CA that the machines trust; made once."""
    lab.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not lab.key.with_suffix(".pub").exists():
        lab.key.unlink(missing_ok=True)
        _new_key(lab.key, f"ninjalift-{lab.name}")
    ca.authority(lab.dir / "tls")


def machine(one: Machine, everybody: Iterable[Machine]) -> None:
    """Write a fresh overlay; the machine must be mounted and not started."""
    root, lab = one.root, one.lab
    (root / "etc/hostname").write_text(f"{one.name}\n")
    (root / "etc/machine-id").write_text(uuid.uuid4().hex + "\n")
    hosts(one, everybody)
    resolv = root / "etc/resolv.conf"
    resolv.unlink(missing_ok=True)
    shutil.copy(name_servers(), resolv)
    network = root / "etc/systemd/network/10-host0.network"
    network.parent.mkdir(parents=True, exist_ok=True)
    network.write_text(
        f"[Match]\nName=host0\n\n[Network]\nAddress={one.address}/24\nGateway={lab.gateway}\nLinkLocalAddressing=no\n"
    )
    public = lab.key.with_suffix(".pub").read_text()
    _authorize(root / "root", public, 0)
    subprocess.run(
        ["useradd", "--root", str(root), "--create-home", "--shell", "/bin/bash", "--uid", str(OPS_ID), "ops"],
        check=True,
    )
    _authorize(root / "home/ops", public, OPS_ID)
    sudoers = root / "etc/sudoers.d/ops"
    sudoers.write_text("ops ALL=(ALL) NOPASSWD: ALL\n")
    sudoers.chmod(0o440)
    for host_key in (root / "etc/ssh").glob("ssh_host_*"):
        host_key.unlink()
    _new_key(root / "etc/ssh/ssh_host_ed25519_key", one.name)
    trust(one)


def name_servers() -> Path:
    """The resolv.conf for the machines.

    A name server on a loopback address (systemd-resolved's stub) answers this machine alone, and the lab's have a
    network of their own. Raises LabError where nothing else is known.
    """
    for file in (RESOLV_CONF, UPLINK_RESOLV_CONF):
        if file.exists() and any(not _is_loopback(server) for server in _servers(file)):
            return file
    raise LabError(
        f"{RESOLV_CONF} names no name server that the lab's machines could reach."
        f" Mend it with: `echo 'nameserver 1.1.1.1' >>{RESOLV_CONF}`, or with the one of your network",
        status=2,
    )


def _servers(file: Path) -> list:
    lines = [line.split() for line in file.read_text().splitlines()]
    return [words[1] for words in lines if words[:1] == ["nameserver"] and len(words) > 1]


def _is_loopback(server: str) -> bool:
    return server.startswith("127.") or server == "::1"


def hosts(one: Machine, everybody: Iterable[Machine]) -> None:
    """Write the names of all the lab's machines; a lab that grows has more of them."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    lines += [f"{each.address} {each.site} {each.name}" for each in everybody]
    (one.root / "etc/hosts").write_text("\n".join(lines) + "\n")


def trust(one: Machine) -> None:
    """Put the lab's CA into the machine's trust store."""
    target = one.root / "usr/local/share/ca-certificates/ninjalift-lab.crt"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((one.lab.dir / "tls" / "ca.crt").read_bytes())
    subprocess.run(["chroot", str(one.root), "update-ca-certificates"], check=True, capture_output=True)


def known_hosts(lab: Lab, machines: Iterable[Machine]) -> None:
    """Write the machines' own host keys, so that host key checking stays on, and the settings for ``ssh -F``."""
    keys, hosts = [], []
    for each in machines:
        public = (each.dir / "upper/etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2]
        keys.append(f"{each.address} {' '.join(public)}\n")
        hosts.append(f"Host {each.name}\n  HostName {each.address}\n")
    lab.known_hosts.write_text("".join(keys))
    common = f'Host *\n  User ops\n  IdentityFile "{lab.key}"\n  IdentitiesOnly yes\n'
    common += f'  UserKnownHostsFile "{lab.known_hosts}"\n  StrictHostKeyChecking yes\n'
    lab.ssh_config.write_text("".join([*hosts, common]))


def _new_key(file, comment: str) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file)], check=True, capture_output=True
    )


def _authorize(home: Path, public: str, owner: int) -> None:
    folder = home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "authorized_keys"
    file.write_text(public)
    file.chmod(0o600)
    for path in (folder, file):
        os.chown(path, owner, owner)
