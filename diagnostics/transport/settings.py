"""The settings of the OpenSSH client for a host, as the client itself understands them (``ssh -G``).

So there is one reading of ssh_config(5), with Include, Match, patterns, quotes and the options of an inventory.
"""

from __future__ import annotations

import getpass
import os
import pwd
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator

from ..targets import Ssh, TargetError, parse
from .troubles import wrong_settings

CONNECT_SECONDS = 10.0
HOPS_MOST = 8
# sshd drops connections when more than 10 have not logged in yet (its MaxStartups), and many hosts may lie behind one.
AT_ONCE = 8


@dataclass(frozen=True)
class Settings:
    """values: option in small letters → its values, a line each. ssh: what was asked for."""

    ssh: Ssh
    values: dict

    def get(self, name: str, default: str = "") -> str:
        """The (first) value."""
        return next(iter(self.values.get(name, ())), default)

    @property
    def host(self) -> str:
        return self.get("hostname", self.ssh.host)

    @property
    def user(self) -> str:
        return self.get("user") or getpass.getuser()

    @property
    def port(self) -> int:
        return int(self.get("port", "22"))

    @property
    def jumps(self) -> str:
        """The jump hosts, ``""`` without one."""
        jumps = self.get("proxyjump", "none")
        return "" if jumps == "none" else jumps

    def jump_host(self) -> Ssh:
        """The last of the jump hosts, which is reached through those before it.

        As OpenSSH does it, the options of the target are not the jump host's; the file of settings is. Raises
        TargetError where they lead in a circle, or name no host.
        """
        before, _, last = self.jumps.rpartition(",")
        if self.ssh.hops >= HOPS_MOST:
            raise wrong_settings(f"the jump hosts of {self.ssh.host} lead in a circle ({self.jumps})")
        found = parse(last if last.lower().startswith("ssh://") else f"ssh://{last}").ssh
        options = ("-o", f"ProxyJump={before}") if before else ()
        return replace(found, options=options, config=self.ssh.config, hops=self.ssh.hops + 1)

    @property
    def first_hop(self) -> str:
        """The place that is connected to first, the same text for the same place."""
        if self.jumps:
            return self.jumps.partition(",")[0]
        command = self.get("proxycommand", "none")
        return f"{self.host}:{self.port}" if command == "none" else command

    @property
    def connect_seconds(self) -> float:
        said = self.get("connecttimeout", "none")
        return float(said) if said.isdigit() and int(said) else CONNECT_SECONDS

    @property
    def known_as(self) -> list:
        """The names of the host in known_hosts files: the one that is added, and one whose key is taken as well."""
        alias = self.get("hostkeyalias")
        if alias:
            return [alias.lower()]
        name = self.host.lower()
        return [name] if self.port == 22 else [f"[{name}]:{self.port}", name]

    @property
    def known_hosts(self) -> list:
        """The known_hosts files, the user's first."""
        named = _paths(self.get("userknownhostsfile")) + _paths(self.get("globalknownhostsfile"))
        return [self.path(path) for path in named if path.lower() != "none"]

    @property
    def identities(self) -> list:
        """The files of keys, in their order."""
        return [self.path(path) for path in self.values.get("identityfile", ()) if path.lower() != "none"]

    def fill(self, text: str) -> str:
        """The text with its ``%`` tokens filled in. Raises KeyError with a token that is not known."""
        tokens = {
            "%": "%",
            "h": self.host,
            "n": self.ssh.host,
            "p": str(self.port),
            "r": self.user,
            "u": getpass.getuser(),
            "d": _home(),
            "i": str(os.getuid()),
            "k": self.get("hostkeyalias") or self.ssh.host,
        }
        return re.sub(r"%(.)", lambda found: tokens[found[1]], text)

    def path(self, text: str) -> str:
        """A path with its tokens, ``${VARIABLES}`` and ``~``; a token or variable that is not known stays."""
        try:
            text = self.fill(text)
        except KeyError:
            return text
        text = re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), text)
        return _home() + text[1:] if text.startswith("~/") else os.path.expanduser(text)  # noqa: PTH111  # ~user


def read(ssh: Ssh) -> Settings:
    """The settings for a host, not contacted. Raises TargetError where the client refuses them, or is missing."""
    try:
        done = subprocess.run(
            ["ssh", "-G", *ssh.arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            check=False,
        )
    except FileNotFoundError:
        raise TargetError("This machine has no OpenSSH client.", "sudo apt-get install openssh-client") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and "Pseudo-terminal" not in line]
        raise wrong_settings("; ".join(said[:2]) or f"exit status {done.returncode}")
    values: dict = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        values.setdefault(name.lower(), []).append(value)
    return Settings(ssh, values)


@contextmanager
def admitted(wanted: Settings, seconds: float) -> Iterator[None]:
    """Wait until few enough others are logging in at the same place. Raises TimeoutError."""
    with _GATES_LOCK:
        gate = _GATES.setdefault(wanted.first_hop, threading.BoundedSemaphore(AT_ONCE))
    if not gate.acquire(timeout=max(0.0, seconds)):
        raise TimeoutError
    try:
        yield
    finally:
        gate.release()


_GATES: dict = {}
_GATES_LOCK = threading.Lock()


def environment() -> dict:
    """For the OpenSSH client: its messages in English, and nothing that asks."""
    return {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}


def _home() -> str:
    """The user's home as OpenSSH knows it, whatever HOME says."""
    return pwd.getpwuid(os.getuid()).pw_dir


def _paths(text: str) -> list:
    """``ssh -G`` prints several paths in a line without quotes; what is a file with its blanks is one path."""
    words, found = text.split(" "), []
    while words:
        ends = [end for end in range(len(words), 1, -1) if Path(" ".join(words[:end])).expanduser().exists()]
        end = ends[0] if ends else 1
        found.append(" ".join(words[:end]))
        words = words[end:]
    return [path for path in found if path]
