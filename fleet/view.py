"""What a person sees while a run goes on: a live table on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import Any, Iterator, Mapping

from .events import Progress, Started, Step

SHOWN_ENDS = ("changed", "failed", "unreachable")
WIDE = 110  # columns of a terminal that has room for the import's bar
NAME_WIDTH = 16  # of a client where there is less
GOES_ON = ("queued", "running")  # of an import
MARKS = {"changed": "+", "failed": "x", "unreachable": "x"}


@contextmanager
def watching(clients: list, *, plan: bool = False) -> Iterator[Plain | Live]:
    """Yield the observer of a run: a live view on a terminal, plain lines where there is none."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with Live(clients, plan=plan) as live:
            yield live
    else:
        yield Plain(plan=plan)


class View:
    """What a run of the whole way also tells; these two need not be told it, for they follow every play."""

    def begins(self, client: str, batch: int) -> None:
        """A client is begun."""

    def knows(self, client: str, records: Mapping[str, int] | None) -> None:
        """How many records of each kind a client has."""

    def stage(self, client: str, stage: str, state: str, **more: Any) -> None:
        """A stage has started, or ended."""

    def ends(self, client: str, outcome: Any, seconds: float) -> None:
        """A client has ended (outcome.Outcome), or is not begun."""


class Plain(View):
    """A line for every play, for what changed, failed or was shown, and for each resource of the import."""

    def __init__(self, stream: Any = None, *, plan: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.plan = plan
        self.plays: dict = {}

    def __call__(self, client: str, what: Any) -> None:
        if isinstance(what, (Started, Step)) and self.plays.get(client) != what.play:
            self.plays[client] = what.play
            self.say(f"{client}: == {what.play}")
        if isinstance(what, Step):
            for line in line_of(what, plan=self.plan).splitlines():
                self.say(f"{client}: {line}")
        elif isinstance(what, Progress):
            self.say(f"{client}: {progress_text(what)}")

    def say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)


class Live(View):
    """A table of clients: steps that are done and that changed something, what runs now, and the import's progress."""

    def __init__(self, clients: list, *, plan: bool = False, console: Any = None) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self.rows = {name: {"now": "waiting", "done": 0, "changed": 0, "import": None} for name in clients}
        self.began = time.monotonic()
        self.plan = plan
        self.lock = threading.Lock()
        # rich obeys NO_COLOR by itself. stdout is left alone: the report goes there.
        self.console = console or Console(stderr=True)
        self.live = RichLive(
            get_renderable=self.table,
            console=self.console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Live:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def __call__(self, client: str, what: Any) -> None:
        with self.lock:
            row = self.rows.setdefault(client, {"now": "", "done": 0, "changed": 0, "import": None})
            if isinstance(what, Step):
                row["done"] += 1
                row["changed"] += what.status == "changed"
            elif isinstance(what, Progress):
                row["import"] = what
            else:
                row["now"] = f"{what.play}: {what.task}"
        if isinstance(what, Step):
            for line in line_of(what, plan=self.plan).splitlines():
                self.say(f"{client}: {line}")

    def say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def table(self) -> Any:
        """The table as it stands now, as something that rich can draw."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        wide = self.console.width >= WIDE
        table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
        table.add_column("client", no_wrap=True, overflow="ellipsis", max_width=None if wide else NAME_WIDTH)
        table.add_column("steps", no_wrap=True)
        table.add_column("changed", no_wrap=True)
        table.add_column("now", no_wrap=True, overflow="ellipsis", ratio=1)
        if wide:
            table.add_column("import", no_wrap=True)
            table.add_column("", no_wrap=True)
        with self.lock:
            for name, row in self.rows.items():
                seen = row["import"]
                how_far = f"{seen.done}/{seen.total} {seen.resource or seen.state}" if seen else ""
                if wide:
                    bar = ProgressBar(total=seen.total, completed=seen.done, width=22) if seen else ""
                    now, more = row["now"], (bar, Text(how_far))
                else:
                    # Where there is no room for both, how far the import is says more than the step that watches it.
                    now, more = f"import {how_far}" if seen and seen.state in GOES_ON else row["now"], ()
                table.add_row(Text(name), str(row["done"]), str(row["changed"]), Text(now), *more)
        table.caption = f"{time.monotonic() - self.began:.0f} s, Ctrl-C stops after the running step"
        return table


def line_of(step: Step, *, plan: bool = False) -> str:
    """The step as lines, or nothing where it neither changed, failed nor showed something."""
    if step.status not in SHOWN_ENDS:
        return step.message
    if step.status == "changed":
        took = "would change" if plan else f"{step.seconds:.1f} s"
        return f"{MARKS[step.status]} {step.message or f'{step.task} ({took})'}"
    # A plan may fail at what builds on a change that it does not make; the report says which it is.
    return "" if plan else f"{MARKS[step.status]} {step.task}: {step.message}"


def progress_text(seen: Progress) -> str:
    """How far the import is, in words."""
    resource = f" {seen.resource}" if seen.resource and seen.state not in ("completed",) else ""
    because = f" because {seen.message}" if seen.message and seen.state in ("failed", "stuck") else ""
    return f"import {seen.state.replace('_', ' ')}{resource} ({seen.done} of {seen.total} resources done){because}"
