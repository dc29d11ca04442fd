"""Where a lab keeps what it made: one folder of state a lab, one folder of images for all.

Labs with different names stand side by side: each has its own bridge, /24 network, nft table and state folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

DEFAULT_NAME = "ninjalift"
NETWORKS = [f"10.{203 + block}.{third}" for block in range(4) for third in range(77, 97)]


class LabError(Exception):
    """One sentence about what is wrong, with the command that mends it; ``status`` is the exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def _base(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "ninjalift"


def image_dir() -> Path:
    """The folder of built root file systems; it outlives every lab."""
    return _base("XDG_CACHE_HOME", ".cache") / "images"


@dataclass(frozen=True)
class Lab:
    """One lab: its name and the first three numbers of its /24 network, such as ``10.203.77``."""

    name: str
    network: str

    @property
    def dir(self) -> Path:
        return labs_dir() / self.name

    @property
    def bridge(self) -> str:
        """At most 15 characters, which is what the kernel takes."""
        return f"nl-{self.name[:12]}"

    @property
    def table(self) -> str:
        """The nft table that masquerades this lab's network."""
        return f"ninjalift_{self.name.replace('-', '_')}"

    @property
    def gateway(self) -> str:
        return f"{self.network}.1"

    @property
    def key(self) -> Path:
        return self.dir / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.dir / "ssh" / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """For ``ssh -F``: the machines by their names, with this lab's key and host keys."""
        return self.dir / "ssh" / "config"

    @property
    def inventory(self) -> Path:
        return self.dir / "inventory"

    @property
    def vault_password(self) -> Path:
        return self.dir / "vault-password"

    def read_settings(self) -> dict:
        """What ``up`` was asked for: number of clients and the Debian release of the V5 machines."""
        try:
            return json.loads((self.dir / "lab.json").read_text())
        except FileNotFoundError:
            return {}

    def write_settings(self, **settings: object) -> None:
        self.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        merged = {**self.read_settings(), "network": self.network, **settings}
        write_private(self.dir / "lab.json", json.dumps(merged, indent=2) + "\n")

    def remove(self) -> None:
        shutil.rmtree(self.dir, ignore_errors=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads (0600); a reader, and a run after a killed one, sees all of it or none."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(file)


def labs_dir() -> Path:
    """The folder that holds one folder a lab."""
    return _base("XDG_STATE_HOME", ".local/state") / "labs"


def open_lab(name: str | None = None) -> Lab:
    """Find the lab of this name, or choose a free network for a new one.

    Raises LabError where the name cannot be a bridge's or a table's name, or no network is left.
    """
    name = name or os.environ.get("NINJALIFT_LAB") or DEFAULT_NAME
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", name):
        raise LabError(f"A lab's name has 1 to 12 small letters, digits and dashes; '{name}' has not.", status=2)
    taken = set()
    for settings in labs_dir().glob("*/lab.json"):
        network = json.loads(settings.read_text()).get("network")
        if settings.parent.name == name:
            return Lab(name, network)
        taken.add(network)
    for network in NETWORKS:
        if network not in taken and not _in_use(network):
            return Lab(name, network)
    raise LabError("Every network that a lab may use is taken. Mend it with: `./cli.py lab down --name NAME`")


def _in_use(network: str) -> bool:
    """Whether this machine already has a route into the network."""
    prefix = "".join(f"{int(number):02X}" for number in reversed(network.split(".")))
    routes = Path("/proc/net/route").read_text().splitlines()[1:]
    return any(route.split()[1].endswith(prefix) for route in routes)


@contextmanager
def locked(lab: Lab) -> Iterator[None]:
    """Let one command at a time change this lab; LabError at once where another one does."""
    file = labs_dir() / f".{lab.name}.lock"
    with _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) as mine:
        if not mine:
            raise LabError(f"Another command is working on the lab '{lab.name}'; wait until it has ended.", status=2)
        try:
            yield
        finally:
            if not lab.dir.exists():
                file.unlink(missing_ok=True)


@contextmanager
def together() -> Iterator[None]:
    """Let one lab at a time change what all labs of this machine share."""
    with _lock(labs_dir() / ".shared.lock", fcntl.LOCK_EX):
        yield


def claim(lab: Lab, **settings: object) -> Lab:
    """Write the lab's settings, and with them take its network; two labs that begin at once get different ones."""
    with together():
        lab = open_lab(lab.name)
        lab.write_settings(**settings)
        return lab


@contextmanager
def _lock(file: Path, how: int) -> Iterator[bool]:
    """Hold the lock; False where it is another's and ``how`` says not to wait."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        with file.open("w") as handle:
            try:
                fcntl.flock(handle, how)
            except BlockingIOError:
                yield False
                return
            # The one before us may have removed the file while we waited.
            if file.exists() and file.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield True
                return
