"""Which machines a lab has: one that serves downloads, a V4 and a V5 machine a client, and workers if asked for."""

from __future__ import annotations

from dataclasses import dataclass

from .machines import Machine
from .state import Lab

CLIENTS_MOST = 40
WORKERS_MOST = 6


@dataclass(frozen=True)
class Client:
    """A client of the lab: its number, from 1, and its two machines."""

    number: int
    v4: Machine
    v5: Machine

    @property
    def name(self) -> str:
        return f"client{self.number}"

    @property
    def owner_email(self) -> str:
        return f"owner@{self.name}.test"

    @property
    def account_key(self) -> str:
        """V4's account key: 32 small letters and digits, as V4 makes them; another one for each client."""
        return f"{self.name}key".ljust(32, "0")


def clients(lab: Lab, count: int, debian: str = "12") -> list:
    """The first ``count`` clients; the V5 machines are bare Debian of the release ``debian``."""
    made = []
    for number in range(1, count + 1):
        name = f"client{number}"
        v4 = Machine(lab, f"{name}-v4", 8 + 2 * number, "v4", f"v4.{name}.test")
        v5 = Machine(lab, f"{name}-v5", 9 + 2 * number, f"bare{debian}", f"v5.{name}.test")
        made.append(Client(number, v4, v5))
    return made


def download(lab: Lab, debian: str = "12") -> Machine:
    """The machine that serves the release archives; it begins as bare as the V5 machines."""
    return Machine(lab, "download", 2, f"bare{debian}", "download.test")


def workers(lab: Lab, count: int, debian: str = "12") -> list:
    """Bare machines that may become workers of a run."""
    return [
        Machine(lab, f"worker{each}", 2 + each, f"bare{debian}", f"worker{each}.test") for each in range(1, count + 1)
    ]
