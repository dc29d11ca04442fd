"""``run``: takes clients the whole way, each with an ansible-runner of its own, and keeps what happened."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import Any, Callable, Iterator

from diagnostics.targets import TargetError

from . import estimate, hooks, records, remote, report, runner, stages, workers
from .batch import Rules, Schedule, split
from .events import Run, Step
from .exits import Exit, UsageError
from .outcome import Outcome, outcomes
from .plan import CUTOVER
from .remedies import PROJECT, Situation
from .status import LASTING

RESULT = records.RESULT
PLAN = (sys.executable, str(PROJECT / "cli.py"), "run", "--json")
ROOM = 200 * 1024**2  # bytes that must be free for the record of a run


class Stages:
    """Tells the stages of a client from the plays that go by."""

    def __init__(self, tell: Callable[..., None]) -> None:
        """tell: hears of a stage (stage, state and other fields of docs/report.md)."""
        self.tell = tell
        self.plays = stages.of_plays()
        self.now = self.last = ""
        self.began = 0.0
        self.changed = 0

    def __call__(self, client: str, what: Any) -> None:
        if not isinstance(what, Step) or what.status == "skipped":  # of a stage that is left out every step is skipped
            return
        stage = self.plays.get(what.play, self.now)
        if stage != self.now:
            self.end()
            self.now, self.began, self.changed = stage, time.monotonic() - what.seconds, 0
            self.last = stage
            self.tell(stage=stage, state="started")
        self.changed += what.status == "changed"

    def end(self, failed: bool = False) -> None:
        """The stage that goes on has ended, or failed."""
        if not self.now:
            return
        seconds = round(time.monotonic() - self.began, 3)
        if failed:
            self.tell(stage=self.now, state="failed", seconds=seconds)
        elif self.now in LASTING and not self.changed:
            self.tell(stage=self.now, state="skipped", seconds=seconds, why="nothing had to be changed")
        else:
            self.tell(stage=self.now, state="done", seconds=seconds)
        self.now = ""


class Redacted(records.Lines):
    """Writes into the run's record what concerns one client, without that client's secrets."""

    def __init__(self, recorder: records.Recorder, redact: records.Redactor) -> None:
        self.recorder, self.redact = recorder, redact

    def event(self, name: str, client: str = "", **fields: Any) -> None:
        self.recorder.event(name, client, **self.redact(fields))


class Whole:
    """A run of the whole way for many clients."""

    def __init__(
        self,
        clients: list,
        situation: Situation,
        playbook: Path,
        rules: Rules,
        *,
        again: str,
        hold_before: str = "",
        repair: bool = False,
        crew: workers.Crew | None = None,
        vault_password_file: str | None = None,
        verbose: bool = False,
        options: dict | None = None,
    ) -> None:
        """again: the command that goes on later. hold_before: the stage before which clients wait for a person, ``""``
        where the way ends by itself. repair: put back what the importer lost. crew: who plays the clients, None: this
        machine. options: what was asked for, for the record. Raises UsageError for hooks that are set wrongly.
        """
        self.clients, self.situation, self.playbook, self.rules = clients, situation, playbook, rules
        self.again, self.hold_before, self.repair = again, hold_before, repair
        self.crew = crew or workers.Crew()
        self.vault_password_file, self.verbose, self.options = vault_password_file, verbose, options or {}
        self.stopping = runner.Stopping()
        self.pace = estimate.Pace(rules.parallel)
        self.settings = hooks.settings_of(clients, situation.inventory, vault_password_file)

    def go(self, watcher: Any, *, estimated: bool = False) -> list:
        """Go all the way; the outcomes in order.

        watcher: is told what happens (view.py, board.py). estimated: find out beside the run how long it takes. Raises
        UsageError where nothing could be begun.
        """
        self.watcher = watcher
        _room()
        numbered = [
            {"name": client.name, "batch": number}
            for number, batch in enumerate(split(self.clients, self.rules.batches), 1)
            for client in batch
        ]
        verb, inventory = self.situation.verb, self.situation.inventory
        self.recorder = records.begin(verb, numbered, self.options)
        self.hooks = hooks.Hooks(verb, self.recorder, self.settings, inventory, watcher.say)
        schedule = Schedule(
            self.clients,
            self._work,
            self.rules,
            self.stopping,
            again=self.again,
            say=watcher.say,
            hindered=self._hindered,
            left_out=self._left_out,
        )
        if estimated:
            threading.Thread(target=self._estimate, name="estimates", daemon=True).start()
        with runner.interruptible(self.stopping, watcher.say):
            return schedule.run()

    def finish(self, results: list, ended: Exit) -> None:
        """Tell the hooks, and close the record. Raises UsageError where it cannot be written."""
        self.hooks.run_ended(results, ended)
        self.hooks.close()
        document = report.document(self.situation.verb, results, ended, self.recorder.folder)
        secrets = {each.name: each.secrets for each in self.clients}
        document["clients"] = [records.Redactor(secrets[each["client"]])(each) for each in document["clients"]]
        self.recorder.finish(document, ended)

    def _estimate(self) -> None:
        """Plan the same run, in a process that gives its memory back; without it, the time that is left is unknown."""
        command = [*PLAN, "--limit", ",".join(each.name for each in self.clients), "-i", str(self.situation.inventory)]
        command += ["--hold-before", self.hold_before] if self.hold_before else []
        command += ["--repair"] if self.repair else []
        if self.vault_password_file:
            command += ["--vault-password-file", str(self.vault_password_file)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        with contextlib.suppress(ValueError):
            for each in json.loads(done.stdout)["clients"]:
                self.watcher.knows(each["client"], each["records"])
                self.pace.expect(each["client"], each["seconds"])

    def _work(self, client: Any, number: int) -> Outcome:
        """Take one client the way, in a thread; never raises."""
        redact = records.Redactor(client.secrets)
        recorder = Redacted(self.recorder, redact)
        began = time.monotonic()
        worker = self.crew.take(client)
        recorder.event("client_started", client.name, batch=number, worker=worker.name if worker else "")
        self.pace.start(client.name)
        self.watcher.begins(client.name, number)

        def staged(**fields: Any) -> None:
            recorder.event("stage", client.name, **fields)
            self.watcher.stage(client.name, **fields)

        way = Stages(staged)
        try:
            outcome = self._run(client, worker, way, [recorder, self.watcher], redact)
        except (UsageError, TargetError) as error:  # of what a worker is given for the client
            outcome = Outcome(client.name, "usage", error.message, self.situation.command(error.remedy))
        except Exception as error:
            said = f"Ninjalift itself failed at {client.name}: {type(error).__name__}: {error}."
            outcome = Outcome(client.name, "broken", said, self.situation.again(client.name))
        well = outcome.exit is Exit.OK
        way.end(failed=not well)
        seconds = round(time.monotonic() - began, 3)
        held = self.hold_before if well and way.last != CUTOVER else ""  # V5 is in use: nothing is left that could wait
        if held:
            recorder.event("held", client.name, stage=held, why=f"--hold-before {held}")
        recorder.outcome(outcome, seconds=seconds)
        self._tell(outcome, redact, seconds, held)
        self.pace.end(client.name, whole=well)
        self._keep(outcome, seconds, redact)
        self.watcher.ends(client.name, outcome, seconds)
        return outcome

    def _run(self, client: Any, worker: Any, way: Stages, observers: list, redact: records.Redactor) -> Outcome:
        """Play it on the worker (here, where that is None), and on another one where the worker is lost."""
        folder = self._folder(client.name)
        stop = folder / runner.STOP
        try:
            if stop.exists():  # ./cli.py abort CLIENT
                said = f"{client.name} was not begun: it was stopped by hand."
                return Outcome(client.name, "stopped", said, self.situation.again(client.name))
            if worker is None and self.crew.all_lost:
                said = f"{client.name} was not begun: every worker was lost."
                return Outcome(client.name, "unreachable", said, self.situation.again(client.name))
            self.stopping.stop_files.add(stop)
            if self.stopping.asked.is_set():
                stop.touch()
            while True:
                run = Run(
                    {client.v4: client.name, client.v5: client.name},
                    observers=[way, *observers],
                    situation=self.situation,
                )
                try:
                    status = self._play(client, worker, folder, run, redact)
                    break
                except workers.Lost as lost:
                    way.end(failed=True)
                    lost_one, worker = worker, self._another(client, worker, lost, stop)
                    if worker is None:
                        said = (
                            f"The worker {lost_one.name} was lost while it was at work for {client.name} ({lost.why})"
                        )
                        stopped = stop.exists() or self.stopping.asked.is_set()
                        status = "stopped" if stopped else "unreachable"
                        more = "the run was stopped by hand" if stopped else "no other worker is left"
                        return Outcome(client.name, status, f"{said}; {more}.", self.situation.again(client.name))
        finally:
            self.crew.give_back(worker)
            self.stopping.stop_files.discard(stop)
            stop.unlink(missing_ok=True)
        finished = runner.Finished(run, status, self.recorder, self.stopping.asked.is_set())
        return outcomes(finished, [client], self.situation)[0]

    def _play(self, client: Any, worker: Any, folder: Path, run: Run, redact: records.Redactor) -> str:
        """One Ansible for one client; returns ansible-runner's status. Raises Lost."""

        def handle(event: dict) -> bool:
            """The record keeps the lines of events.jsonl instead, and Ansible's output, without secrets."""
            run(event)
            event.update(redact(event))
            return False

        variables = {"site_hold_before": self.hold_before, "site_repair": self.repair}
        said = {"variables": variables, "vault_password_file": self.vault_password_file, "verbose": self.verbose}
        if worker is None:
            where = (self.playbook, [client], self.situation.inventory, folder)
            return runner.ansible(*where, handle, self.stopping, **said)
        where = (worker, self.playbook, client, self.crew.hosts[client.name], self.crew.tree, folder)
        return remote.ansible(*where, handle, self.stopping, **said)

    def _another(self, client: Any, worker: Any, lost: workers.Lost, stop: Path) -> Any:
        """Another worker, once the lost one surely has ended; None where there is none, or somebody wants a stop."""
        if self.crew.lose(worker):
            self.watcher.say(f"The worker {worker.name} is lost ({lost.why}); its clients are taken over")
        self.recorder.event("worker_lost", client.name, worker=worker.name, why=lost.why)
        until = time.monotonic() + workers.SURELY_ENDED
        while time.monotonic() < until and not stop.exists() and not self.stopping.asked.wait(0.5):
            pass
        if stop.exists() or self.stopping.asked.is_set():
            return None
        another = self.crew.take(client)
        if another:
            self.recorder.event("worker_taken", client.name, worker=another.name)
        return another

    def _folder(self, name: str) -> Path:
        folder = self.recorder.folder / records.CLIENTS / name
        for each in (folder.parent, folder, folder / "artifacts"):
            each.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _keep(self, outcome: Outcome, seconds: float, redact: records.Redactor) -> None:
        """All of an outcome goes into the client's folder; what the rest of the run needs of it stays in memory."""
        folder = self.recorder.folder / records.CLIENTS / outcome.client
        document = redact({**asdict(outcome), "seconds": seconds})
        with contextlib.suppress(OSError):  # the recorder says it, and nothing new begins
            file = folder / RESULT
            file.touch(mode=0o600)
            file.write_text(json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n")
            (folder / "artifacts" / "run" / "job_events").rmdir()
            for each in (folder / "artifacts" / "run").iterdir():
                each.chmod(0o600)
        outcome.steps = []
        outcome.findings = [{**each, "rows": []} for each in outcome.findings if each["status"] != "pass"]

    def _tell(self, outcome: Outcome, redact: records.Redactor, seconds: float, held: str) -> None:
        """Tell the client's hooks, which get no more than the record."""
        said = Outcome(**redact({**asdict(outcome), "steps": []}))
        self.hooks.client_ended(said, seconds=seconds, held=held)

    def _left_out(self, client: Any, outcome: Outcome) -> None:
        name = "held" if outcome.status == "held" else "skipped"
        self.recorder.event(name, client.name, why=outcome.message)
        self.recorder.outcome(outcome, seconds=0)
        if outcome.status == "held":
            self.hooks.client_ended(outcome, held=stages.order()[0])
        self.pace.end(client.name, whole=False)
        self.watcher.ends(client.name, outcome, 0)

    def _hindered(self) -> str:
        try:
            self.recorder.check()
        except UsageError as error:
            return error.message.rstrip(".")
        return "every worker was lost" if self.crew.all_lost else ""


def _room() -> None:
    """A night that fills its disk is ended by it; rather not begin. Raises UsageError."""
    place = records.runs_dir()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < ROOM:
        said = f"Only {free // 1024**2} MiB are free on the disk of {place}, where the record of the run goes"
        raise UsageError(f"{said}; {ROOM // 1024**2} MiB must be.", f"df -h {quote(str(place))}")


def printed(results: list, ended: Exit, folder: Path) -> Iterator[str]:
    """The document of --json in parts: what the clients' folders hold, so that all of it never is in memory."""
    head = report.dumped(report.document("run", [], ended, folder))
    before, _, after = head.rpartition("[]")
    yield f"{before}["
    for number, outcome in enumerate(results):
        yield ",\n" if number else "\n"
        try:
            yield (folder / records.CLIENTS / outcome.client / RESULT).read_text().strip()
        except OSError:  # it was not begun, or the disk is full
            yield json.dumps(asdict(outcome), indent=1, ensure_ascii=False, default=str)
    yield f"]{after}"
