"""How a script reaches a host: one ``run(script, timeout)`` for this machine, paramiko and the OpenSSH client."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Protocol

from ..targets import LOCAL, SSH, Target, TargetError
from .local import LocalTransport
from .openssh import OpensshTransport

AUTO, PARAMIKO, OPENSSH = "auto", "paramiko", "openssh"
BACKENDS = (AUTO, PARAMIKO, OPENSSH)
# To load paramiko takes 0.1 s; after that a host takes 0.01 s of this machine, and one by the OpenSSH client 0.05 s.
MANY = 2


class Transport(Protocol):
    """Runs scripts on one host."""

    def run(self, script: str, timeout: float) -> bytes:
        """What the script printed; it goes over standard input into a shell, as root where the target says sudo.

        timeout: seconds for all of it. Raises TargetError.
        """


def transport(target: Target, backend: str | None = AUTO, ssh_config: str = "", hosts: int = 1) -> Transport:
    """The way to a target; nothing is contacted yet.

    backend: one of BACKENDS, None is AUTO. ssh_config: a file of settings instead of ``~/.ssh/config`` (default: what
    ``NINJALIFT_SSH_CONFIG`` names). hosts: how many are asked, which decides between the two where AUTO is the backend.
    Raises TargetError for a bundle, and for a name that the inventory has not explained.
    """
    if target.kind == LOCAL:
        return LocalTransport(target)
    if target.kind != SSH or target.ssh is None:
        raise TargetError(f"'{target.word}' is no host that can be asked.", "./cli.py diagnose --help")
    config = ssh_config or os.environ.get("NINJALIFT_SSH_CONFIG", "")
    target = replace(target, ssh=replace(target.ssh, config=config))
    if backend == OPENSSH or (backend in (AUTO, None) and hosts < MANY and not target.ssh.password):
        return OpensshTransport(target)
    from .paramiko_ssh import ParamikoTransport

    return ParamikoTransport(target, otherwise=OpensshTransport(target) if backend in (AUTO, None) else None)
