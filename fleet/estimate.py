"""How long a stage takes, from the number of a client's records; how long a run still takes, from what was measured.

The rates are those of the real software on 2 cores (facts of the migration): V5 imports a client in 110 ms, an invoice
in 42, a quote in 41, a payment in 33, linearly. What a stage takes beside that was measured on whole machines.
"""

from __future__ import annotations

import threading
import time
from typing import Mapping

from migration.resources import RESOURCES

# Seconds of a record's import. What was not measured on its own counts as a payment.
PER_RECORD = {"clients": 0.110, "invoices": 0.042, "quotes": 0.041, "payments": 0.033}
OTHER = 0.033
# Seconds of a stage: where its effect has to be made, and where it is there already and is only looked at.
MAKING = {"verify": 10.0, "upgrade": 45.0, "provision": 180.0, "migrate": 40.0, "repair": 25.0, "check-data": 10.0}
LOOKING = {"verify": 10.0, "upgrade": 3.0, "provision": 30.0, "migrate": 10.0, "check-data": 10.0}


def of_import(records: Mapping[str, int] | None) -> float:
    """Seconds that V5's import of these records takes; kind → number."""
    return sum(number * PER_RECORD.get(kind, OTHER) for kind, number in (records or {}).items())


def of_stage(stage: str, records: Mapping[str, int] | None, *, done: bool = False) -> float:
    """Seconds of a stage of the way. done: its effect is there."""
    if done:
        return LOOKING.get(stage, 0.0)
    return MAKING.get(stage, 0.0) + (of_import(records) if stage == "migrate" else 0.0)


def left_of_import(records: Mapping[str, int] | None, resource: str, elapsed: float) -> float | None:
    """Seconds until an import ends that is at this resource after ``elapsed`` seconds, by the pace that it had so far.

    None where nothing is measured yet: before the first resource that takes time has ended.
    """
    order = list(RESOURCES)
    if not records or resource not in order:
        return None
    before = order[: order.index(resource)]
    weights = {kind: number * PER_RECORD.get(kind, OTHER) for kind, number in records.items()}
    done = sum(weight for kind, weight in weights.items() if kind in before)
    left = sum(weights.values()) - done
    return elapsed * left / done if done > 0 and elapsed > 0 else None


class Pace:
    """What a run of many clients still takes. Threads may share it.

    A client that has ended tells how good the estimates are: all others are corrected by the same factor.
    """

    def __init__(self, parallel: int) -> None:
        self.parallel = parallel
        self.lock = threading.Lock()
        self.estimates: dict = {}  # of clients that have not ended
        self.started: dict = {}
        self.ended: set = set()
        self.estimated = self.measured = 0.0  # seconds of those that have ended

    def expect(self, client: str, seconds: float) -> None:
        """How long a client is thought to take; of one that has ended already, that is of no use."""
        with self.lock:
            if client not in self.ended:
                self.estimates[client] = seconds

    def start(self, client: str) -> None:
        with self.lock:
            self.started[client] = time.monotonic()

    def end(self, client: str, *, whole: bool) -> None:
        """whole: it went all of its way, so that its time is one that counts."""
        with self.lock:
            self.ended.add(client)
            estimate, began = self.estimates.pop(client, None), self.started.pop(client, None)
            if whole and estimate and began is not None:
                self.estimated += estimate
                self.measured += time.monotonic() - began

    def left(self) -> float | None:
        """Seconds until all have ended, None where nothing is known of any."""
        with self.lock:
            if not self.estimates:
                return None
            factor = self.measured / self.estimated if self.estimated else 1.0
            now = time.monotonic()
            each = [
                max(0.0, seconds * factor - (now - self.started.get(client, now)))
                for client, seconds in self.estimates.items()
            ]
            return max(max(each), sum(each) / self.parallel)


def told(seconds: float) -> str:
    """A duration for a person, as exact as an estimate is: ``under a minute``, ``7 min``, ``1 h 20 min``."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
