"""Faults that tests put into a machine, each taken back at the end of its ``with`` block."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import contextmanager
from typing import Iterator

from . import ca
from .machines import Machine
from .state import LabError


@contextmanager
def wrong_certificate(machine: Machine, kind: str, certificate: str = "", key: str = "") -> Iterator[None]:
    """Serve a certificate that is wrong as ``kind`` (one of ca.KINDS) says for the machine's site.

    Its paths in the machine are read from nginx where they are not given.
    Raises LabError where the machine's nginx has no certificate for the site.
    """
    paths = [
        certificate or _path_in_nginx(machine, "ssl_certificate"),
        key or _path_in_nginx(machine, "ssl_certificate_key"),
    ]
    before = [machine.ssh(f"cat {path}").stdout for path in paths]
    pair = ca.certificate(ca.authority(machine.lab.dir / "tls"), machine.site, kind)
    try:
        _serve(machine, paths, [pair.certificate.decode(), pair.key.decode()])
        yield
    finally:
        _serve(machine, paths, before)


def _path_in_nginx(machine: Machine, directive: str) -> str:
    """Where the running configuration has the site's file, whoever wrote it."""
    for line in machine.ssh("nginx -T 2>/dev/null").stdout.splitlines():
        words = line.strip().rstrip(";").split()
        if words[:1] == [directive] and machine.site in words[1]:
            return shlex.quote(words[1])
    raise LabError(f"nginx on {machine.name} has no {directive} for {machine.site}.")


def _serve(machine: Machine, paths: list, contents: list) -> None:
    """Write into the files as they stand, so that owner and mode stay; a restart leaves no worker with the old one."""
    for path, content in zip(paths, contents):
        machine.ssh(f"cat > {path}", input=content)
    machine.ssh("systemctl restart nginx")


@contextmanager
def full_disk(machine: Machine, folder: str, size: str = "16m", free_kilobytes: int = 64) -> Iterator[None]:
    """Put a small file system of ``size`` over ``folder``, with its content, full but for ``free_kilobytes``.

    What is written to the folder meanwhile is gone afterwards. A process that has files of the folder open keeps the
    former ones.
    """
    machine.ssh(
        f"set -e; folder={shlex.quote(folder)}; small=$(mktemp -d /run/small.XXXXXX)\n"
        f"mkdir -p $folder; mount -t tmpfs -o size={size} tmpfs $small\n"
        "cp -a $folder/. $small/; chown --reference=$folder $small; chmod --reference=$folder $small\n"
        "mount --bind $small $folder; umount $small; rmdir $small\n"
        "free=$(df --output=avail -k $folder | tail -n 1)\n"
        f"head -c $(((free - {free_kilobytes}) * 1024)) /dev/zero > $folder/.filler"
    )
    try:
        yield
    finally:
        machine.ssh(f"umount --lazy {shlex.quote(folder)}")


@contextmanager
def cut_link(machine: Machine) -> Iterator[None]:
    """Take the machine off the network, as a pulled cable does; at the end it answers again."""
    subprocess.run(["ip", "link", "set", machine.link, "down"], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "link", "set", machine.link, "up"], check=True)
        machine.wait()
