"""Booted Debian systems: an overlay over an image, started by systemd-nspawn on the lab's bridge."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from . import cgroups, mounts
from .state import Lab, LabError

BOOT_SECONDS = 90
STOP_SECONDS = 30


@dataclass(frozen=True)
class Machine:
    """One machine of a lab: its name, the last number of its address, its image and the web site it serves."""

    lab: Lab
    name: str
    number: int
    image: str
    site: str = ""

    @property
    def address(self) -> str:
        return f"{self.lab.network}.{self.number}"

    @property
    def dir(self) -> Path:
        return self.lab.dir / "machines" / self.name

    @property
    def root(self) -> Path:
        """The merged root file system, mounted while the machine is up."""
        return self.dir / "root"

    @property
    def unit(self) -> str:
        """nspawn's name for the machine; unique on this host."""
        return f"{self.lab.name}-{self.name}"

    @property
    def group(self) -> str:
        """The machine's control group."""
        return f"ninjalift-{self.unit}"

    @property
    def link(self) -> str:
        """This end of the machine's network link, by the name or the other name that nspawn gives it."""
        return f"vb-{self.unit}"

    # -- state ------------------------------------------------------------------------------------------------------

    def pid(self) -> int | None:
        """The nspawn process of this machine, found by its command line, so that a recycled number cannot fool us."""
        wanted = f"--directory={self.root}"
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            # Looked for in every argument: while it starts, the shell that enters the control group stands before it.
            if "systemd-nspawn" in arguments and wanted in arguments:
                return int(entry.name)
        return None

    def answers(self) -> bool:
        """Whether SSH lets us in and systemd has finished starting the machine, though a unit of it may have failed."""
        return self.state() in ("running", "degraded")

    def state(self) -> str:
        """What ``systemctl is-system-running`` says in the machine; empty where SSH does not answer."""
        return self.ssh("systemctl is-system-running", timeout=10, check=False).stdout.strip()

    # -- life -------------------------------------------------------------------------------------------------------

    def mount(self, image: Path) -> bool:
        """Mount the overlay; True where it is new and has to be prepared.

        A machine keeps the image that it was made from, though a newer one may have been built since.
        """
        base, fresh = self.dir / "image", not (self.dir / "prepared").exists()
        if fresh:
            self.remove()
            for part in ("upper", "work", "root"):
                (self.dir / part).mkdir(parents=True)
            # The upper folder becomes the machine's /, so its users must be able to enter it.
            (self.dir / "upper").chmod(0o755)
            base.write_text(str(image))
        if not mounts.below(self.root):
            layers = f"lowerdir={base.read_text()},upperdir={self.dir / 'upper'},workdir={self.dir / 'work'}"
            subprocess.run(
                ["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)], check=True, capture_output=True
            )
        return fresh

    def start(self) -> None:
        """Boot the machine, in a session and a control group of its own; returns at once.

        A machine that runs is put back on the network, from which a bridge that went away or a test may have cut it.
        """
        if self.pid():
            attach = ["ip", "link", "set", self.link, "master", self.lab.bridge, "up"]
            subprocess.run(attach, capture_output=True, check=False)
            return
        self.kill()
        with (self.dir / "console.log").open("ab") as console:
            subprocess.run(
                [
                    *["setsid", "--fork", *cgroups.enter(self.group)],
                    "systemd-nspawn",
                    "--quiet",
                    f"--directory={self.root}",
                    "--boot",
                    "--register=no",
                    "--keep-unit",
                    f"--machine={self.unit}",
                    f"--hostname={self.name}",
                    f"--network-bridge={self.lab.bridge}",
                    "--resolv-conf=off",
                    "--timezone=off",
                    "--link-journal=no",
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
            )

    def wait(self) -> None:
        """Return when the machine answers; LabError with its last console lines where it does not."""
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self.answers():
                return
            if not self.pid():
                break
            time.sleep(0.2)
        console = self.dir / "console.log"
        tail = "\n".join(console.read_text(errors="replace").splitlines()[-8:]) if console.exists() else ""
        raise LabError(
            f"The machine {self.name} did not come up."
            f" Mend it with: `./cli.py lab reset --name {self.lab.name}`\n{tail}"
        )

    def stop(self) -> None:
        """Power the machine off as its systemd does it, and kill what is left after that."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            _wait_for(lambda: self.pid() is None, STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End every process of the machine at once, as a power cut does, and remove its link."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
        cgroups.remove(self.group)
        # The kernel removes the link some time after the last process; a new machine needs its name now.
        subprocess.run(["ip", "link", "delete", self.link], capture_output=True, check=False)

    def remove(self) -> None:
        """Forget the machine: its processes, mounts and files."""
        self.kill()
        mounts.unmount(self.root)
        shutil.rmtree(self.dir, ignore_errors=True)
        # What nspawn keeps of a machine that did not power off by itself.
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{self.unit}", ignore_errors=True)

    # -- reaching it ------------------------------------------------------------------------------------------------

    def ssh_command(self, user: str = "root") -> list:
        return [
            "ssh",
            "-i",
            str(self.lab.key),
            "-o",
            f"UserKnownHostsFile={self.lab.known_hosts}",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=5",
            f"{user}@{self.address}",
        ]

    def ssh(
        self, command: str, *, user: str = "root", input: str | None = None, timeout: float = 300, check: bool = True
    ) -> subprocess.CompletedProcess:
        """Run a shell command in the machine. Raises LabError with its output where it fails and ``check`` is set."""
        try:
            done = subprocess.run(
                [*self.ssh_command(user), command],
                input=input or "",
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(command, 124, "", f"no answer within {timeout} s")
        if check and done.returncode:
            raise LabError(
                f"On {self.name}: `{command}` ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
            )
        return done


def start_all(machines: Iterable[Machine]) -> None:
    """Start the machines together, then wait for each."""
    machines = list(machines)
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.wait()


def _wait_for(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
