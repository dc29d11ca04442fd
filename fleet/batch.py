"""Which client begins when: so many at once, batch after batch, within a window, and no more where too many failed."""

from __future__ import annotations

import datetime
import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Sequence

from .exits import Exit, UsageError
from .outcome import Outcome
from .runner import Stopping
from .window import Window

HELP = "./cli.py run --help"
PARALLEL = 5  # clients at once; each takes an Ansible of about 100 MB, and most of a core while it is busy
STOPPED = "the run was stopped by hand"
PATIENCE = 1.0  # seconds between two looks at the clock and at who asked to stop


@dataclass(frozen=True)
class Share:
    """A number of clients, or a percentage of them."""

    number: float
    percent: bool = False

    def of(self, total: int) -> float:
        return total * self.number / 100 if self.percent else self.number


@dataclass(frozen=True)
class Rules:
    """How a run goes about its clients.

    batches: their sizes, the last one again and again until everybody had a turn. max_fail: how many may fail, None:
    all but a whole batch. A percentage is of the batch, a number of the whole run. window: None for any time.
    """

    parallel: int = PARALLEL
    batches: tuple = (Share(100, True),)
    max_fail: Share | None = None
    window: Window | None = None


def rules(parallel: int, batches: str | None, max_fail: str | None, window: Window | None) -> Rules:
    """The Rules of what was typed in. Raises UsageError."""
    shares = tuple(_share(each, "--batches", low=1) for each in (batches or "100%").split(","))
    return Rules(parallel, shares, _share(max_fail, "--max-fail", low=0) if max_fail else None, window)


def _share(text: str, option: str, low: int) -> Share:
    found = re.fullmatch(r"\s*(\d{1,6})(%?)\s*", text)
    if not found or int(found[1]) < low or (found[2] and int(found[1]) > 100):
        example = "1,25%,100%" if option == "--batches" else "10%, or 3"
        raise UsageError(f"'{text}' is nothing for {option}, which takes numbers or percentages: {example}.", HELP)
    return Share(int(found[1]), bool(found[2]))


def split(clients: Sequence, batches: Sequence[Share]) -> Iterator[list]:
    """The clients in batches, in their order; a percentage is of all of them, and at least one."""
    done = number = 0
    while done < len(clients):
        size = max(1, int(batches[min(number, len(batches) - 1)].of(len(clients))))
        yield list(clients[done : done + size])
        done, number = done + size, number + 1


class Schedule:
    """Goes through the clients by the rules, each in a thread of its own."""

    def __init__(
        self,
        clients: Sequence,
        work: Callable[[Any, int], Outcome],
        rules: Rules,
        stopping: Stopping,
        *,
        again: str,
        say: Callable[[str], None] = lambda line: None,
        hindered: Callable[[], str] = lambda: "",
        left_out: Callable[[Any, Outcome], None] = lambda client, outcome: None,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc),
    ) -> None:
        """work: does one client (inventory.Client) of a batch (from 1) in a thread, and says how it ended. again: the
        command that goes on later. say: gets sentences for a person. hindered: why nothing new may begin, ``""`` for no
        reason. left_out: hears of those that do not begin. now: with its zone.
        """
        self.clients, self.work, self.rules, self.stopping = clients, work, rules, stopping
        self.again, self.say, self.hindered, self.left_out, self.now = again, say, hindered, left_out, now
        self.changed = threading.Condition()
        self.outcomes: dict = {}
        self.running = 0
        self.failed = 0  # in the whole run
        self.began = False
        self.awaited = ""  # the opening of the window that was told

    def run(self) -> list:
        """Go through all of them; an Outcome for each, in their order."""
        batches = list(split(self.clients, self.rules.batches))
        reason = ""
        for number, batch in enumerate(batches, 1):
            if len(batches) > 1 and not reason:
                self.say(f"Batch {number} of {len(batches)}: {len(batch)} of {len(self.clients)} clients")
            reason = self._batch(number, batch, reason, last=number == len(batches))
        return [self.outcomes[each.name] for each in self.clients]

    def _batch(self, number: int, batch: list, reason: str, *, last: bool) -> str:
        """Go through a batch; returns why nothing more may begin, ``""`` for no reason. reason: that of before."""
        waiting, failed_before = deque(batch), self.failed
        with self.changed:
            while waiting or self.running:
                reason = reason or self._hold(batch, self.failed - failed_before)
                if reason:
                    while waiting:
                        self._leave_out(waiting.popleft(), reason)
                elif waiting and self.running < self.rules.parallel and self._open():
                    self._start(waiting.popleft(), number)
                    continue
                if waiting or self.running:
                    self.changed.wait(PATIENCE)
            whole = bool(batch) and self.failed - failed_before == len(batch)
            if not (reason or last) and self.rules.max_fail is None and whole:
                reason = "every client of the batch before failed"
        return reason

    def _start(self, client: Any, number: int) -> None:
        self.running += 1
        self.began = True

        def go() -> None:
            try:
                outcome = self.work(client, number)
            except Exception as error:  # nobody would ever hear of the end of this client
                said = f"Ninjalift itself failed at {client.name}: {type(error).__name__}: {error}."
                outcome = Outcome(client.name, "broken", said, self.again)
            with self.changed:
                self.outcomes[client.name] = outcome
                self.running -= 1
                self.failed += outcome.status != "stopped" and outcome.exit is not Exit.OK
                self.changed.notify_all()

        threading.Thread(target=go, name=f"client {client.name}", daemon=True).start()

    def _hold(self, batch: list, failed: int) -> str:
        """Why nothing new may begin, or ``""``. failed: in this batch."""
        if self.stopping.asked.is_set():
            return STOPPED
        allowed = self.rules.max_fail
        if allowed and allowed.percent and failed > allowed.of(len(batch)):
            return f"{failed} of {len(batch)} clients of the batch failed, and --max-fail allows {allowed.number:g}%"
        if allowed and not allowed.percent and self.failed > allowed.number:
            return f"{self.failed} clients failed, and --max-fail allows {allowed.number:g}"
        window = self.rules.window
        if window and self.began and window.closes(self.now()) is None:
            return f"the window is over; the next one opens {window.told(window.opens(self.now()))}"
        return self.hindered()

    def _open(self) -> bool:
        """Whether something may begin now; where the window has not opened yet, that is said once."""
        window = self.rules.window
        if window is None or window.closes(self.now()) is not None:
            return True
        opens = window.told(window.opens(self.now()))
        if self.awaited != opens:
            self.awaited = opens
            self.say(f"Waiting for the window, which opens {opens}; Ctrl-C ends this")
        return False

    def _leave_out(self, client: Any, reason: str) -> None:
        status = "stopped" if reason == STOPPED else "held"
        message = f"{client.name} was not begun: {reason}."
        outcome = Outcome(client.name, status, message, self.again)
        self.outcomes[client.name] = outcome
        self.left_out(client, outcome)
