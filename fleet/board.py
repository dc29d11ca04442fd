"""What a person sees while many clients are under way: a table on a terminal, plain lines elsewhere; all on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from . import estimate
from .events import Progress, Started, Step
from .exits import Exit
from .outcome import Outcome
from .report import WORDS
from .view import GOES_ON, NAME_WIDTH, WIDE, View, progress_text

ROWS = 20  # clients that are shown at once where the terminal does not say how high it is


@contextmanager
def watching(names: list, pace: estimate.Pace) -> Iterator[PlainBoard | LiveBoard]:
    """Yield what is told of a run: a live table on a terminal, plain lines where there is none."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with LiveBoard(names, pace) as board:
            yield board
    else:
        yield PlainBoard(names, pace)


@dataclass
class Row:
    """A client that is under way. changed: steps that changed something. imports: how far its import is, since when."""

    began: float
    stage: str = ""
    now: str = ""
    steps: int = 0
    changed: int = 0
    imports: Progress | None = None
    imports_since: float = 0.0


class Board(View):
    """Keeps what is told; threads may share it."""

    def __init__(self, names: list, pace: estimate.Pace) -> None:
        self.total, self.pace = len(names), pace
        self.records: dict = {}  # client → kind → number
        self.rows: dict = {}
        self.ended = dict.fromkeys(WORDS, 0)
        self.lock = threading.RLock()
        self.since = time.monotonic()

    def begins(self, client: str, batch: int) -> None:
        with self.lock:
            self.rows[client] = Row(time.monotonic())

    def knows(self, client: str, records: Mapping[str, int] | None) -> None:
        with self.lock:
            self.records[client] = records

    def stage(self, client: str, stage: str, state: str, **more: Any) -> None:
        with self.lock:
            self.rows[client].stage = stage
        self.staged(client, stage, state, **more)

    def __call__(self, client: str, what: Any) -> None:
        """A step of a client has started or ended, or its import got further (events.py)."""
        with self.lock:
            row = self.rows[client]
            if isinstance(what, Started):
                row.now = what.task
                return
            if isinstance(what, Step):
                row.steps += 1
                row.changed += what.status == "changed"
            elif isinstance(what, Progress):
                row.imports_since = row.imports_since if row.imports else time.monotonic()
                row.imports = what
        self.happened(client, what)

    def ends(self, client: str, outcome: Outcome, seconds: float) -> None:
        with self.lock:
            row = self.rows.pop(client, None)
            self.ended[outcome.status] += 1
            changed = f", {row.changed} steps changed something" if row and outcome.exit is Exit.OK else ""
            took = f" in {estimate.told(seconds)}" if row else ""
            message = f": {outcome.message}" if outcome.message and outcome.status != "held" else ""
            self.say(f"[{self.done}/{self.total}] {client}: {WORDS[outcome.status]}{took}{changed}{message}")

    @property
    def done(self) -> int:
        return sum(self.ended.values())

    def counts(self) -> str:
        """How many are done, failed, under way and waiting, and how long that still takes, in one line."""
        with self.lock:
            well = self.ended["ok"] + self.ended["warn"]
            waiting = self.total - self.done - len(self.rows)
            numbers = {"done": well, "not done": self.done - well, "under way": len(self.rows), "waiting": waiting}
        said = ", ".join(f"{number} {name}" for name, number in numbers.items() if number) or "nothing to do"
        left = self.pace.left()
        return f"{said}{f'; about {estimate.told(left)} left' if left else ''}"

    def import_left(self, client: str, row: Row) -> str:
        """How long the import still takes, in words, where that is known."""
        seen = row.imports
        if seen is None or seen.state not in GOES_ON:
            return ""
        elapsed = time.monotonic() - row.imports_since
        left = estimate.left_of_import(self.records.get(client), seen.resource, elapsed)
        return "" if left is None else f"about {estimate.told(left)} left"

    def staged(self, client: str, stage: str, state: str, **more: Any) -> None:
        """What a kind of board makes of a stage."""

    def happened(self, client: str, what: Any) -> None:
        """What a kind of board makes of a step that has ended, or of the import."""

    def say(self, line: str) -> None:
        """Show a line; each kind of board has its own way."""
        raise NotImplementedError


class PlainBoard(Board):
    """A line for each stage, each resource of an import, each failure and each end."""

    def __init__(self, names: list, pace: estimate.Pace, stream: Any = None) -> None:
        super().__init__(names, pace)
        self.stream = stream or sys.stderr

    def staged(self, client: str, stage: str, state: str, **more: Any) -> None:
        if state != "done":
            why = f" ({more['why']})" if more.get("why") else ""
            self.say(f"{client}: {stage} {state}{why}")

    def happened(self, client: str, what: Any) -> None:
        if isinstance(what, Progress):
            left = self.import_left(client, self.rows[client])
            self.say(f"{client}: {progress_text(what)}{f'; {left}' if left else ''}")

    def ends(self, client: str, outcome: Outcome, seconds: float) -> None:
        super().ends(client, outcome, seconds)
        if self.done < self.total:
            self.say(self.counts())

    def say(self, line: str) -> None:
        with self.lock, contextlib.suppress(
            OSError, ValueError
        ):  # nobody reads on; the clients are served all the same
            print(line, file=self.stream, flush=True)


class LiveBoard(Board):
    """A table of the clients that are under way; who has ended is said above it."""

    def __init__(self, names: list, pace: estimate.Pace, console: Any = None) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(names, pace)
        # rich obeys NO_COLOR by itself. stdout is left alone: the report goes there.
        self.console = console or Console(stderr=True)
        self.live = Live(
            get_renderable=self.table,
            console=self.console,
            refresh_per_second=2,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> LiveBoard:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def say(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def table(self) -> Any:
        """The table as it stands now, as something that rich can draw."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        wide = self.console.width >= WIDE
        table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
        table.add_column("client", no_wrap=True, overflow="ellipsis", max_width=None if wide else NAME_WIDTH)
        table.add_column("stage", no_wrap=True)
        table.add_column("time", no_wrap=True, justify="right")
        if wide:
            table.add_column("changed", no_wrap=True, justify="right")
        table.add_column("now", no_wrap=True, overflow="ellipsis", ratio=1)
        if wide:
            table.add_column("import", no_wrap=True)
        with self.lock:
            rows: Mapping[str, Row] = dict(self.rows)
        high = max(1, min(len(rows), self.console.height - 6 if self.console.is_terminal else ROWS))
        for name, row in list(rows.items())[:high]:
            seen = row.imports if row.imports and row.imports.state in GOES_ON else None
            now = f"import {seen.done}/{seen.total} {seen.resource}" if seen else row.now
            now = ", ".join(filter(None, (now, self.import_left(name, row))))
            cells: list = [Text(name), row.stage or "-", f"{time.monotonic() - row.began:.0f} s"]
            cells += [str(row.changed)] if wide else []
            cells.append(Text(now))
            cells += [ProgressBar(total=seen.total, completed=seen.done, width=22) if seen else ""] if wide else []
            table.add_row(*cells)
        more = f"{len(rows) - high} more; " if len(rows) > high else ""
        took = time.monotonic() - self.since
        table.caption = f"{more}{self.counts()}; {took:.0f} s, Ctrl-C finishes the running steps and starts none"
        return table
