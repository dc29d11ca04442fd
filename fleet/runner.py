"""Runs one playbook for some clients over ansible-runner, in a folder that holds the record and no secret."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import yaml

from . import records
from .events import Run
from .inventory import PROJECT, ansible_environment
from .remedies import Situation

STOP = "stop"  # the file in a run's folder that asks it to end
FORKS = 20  # hosts at the same time; each takes about 50 MB on the controller


@dataclass
class Finished:
    """A run that has ended: what happened, ansible-runner's status, the record, which awaits its outcome."""

    run: Run
    status: str
    recorder: records.Recorder
    stopped: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the record."""
        return self.recorder.folder


class Stopping:
    """Whether somebody asked to stop: after the running step, or now. stop_files: of the runs that go on."""

    def __init__(self, *stop_files: Path) -> None:
        self.asked = threading.Event()
        self.now = threading.Event()
        self.stop_files = set(stop_files)

    def ask(self) -> bool:
        """Ask once more; returns whether that means now."""
        if self.asked.is_set():
            self.now.set()
            return True
        self.asked.set()
        for each in list(self.stop_files):
            each.touch()
        return False


def play(
    playbook: Path,
    verb: str,
    clients: list,
    inventory: Path,
    *,
    observers: list,
    say: Callable[[str], None],
    variables: dict | None = None,
    check: bool = False,
    vault_password_file: str | None = None,
    verbose: bool = False,
    situation: Situation | None = None,
) -> Finished:
    """Run a playbook for the clients (inventory.Client), in Ansible's check mode if ``check``.

    variables: they must hold no secrets, for they stand on Ansible's command line. The first Ctrl-C (or SIGTERM) lets
    the running task end, runs what always has to run, and starts nothing more; the second stops at once. ``say`` gets
    the sentence about that. situation: completes the commands in what steps say. Raises UsageError where the record
    cannot be written.
    """
    listed = [{"name": each.name, "batch": 1} for each in clients]
    redact = records.Redactor({value: name for each in clients for value, name in each.secrets.items()})
    recorder = records.begin(verb, listed, {"verbose": verbose}, redact, plan=check)
    client_of = {host: each.name for each in clients for host in (each.v4, each.v5)}
    run = Run(client_of, observers=[recorder, *observers], situation=situation)
    stopping = Stopping(recorder.folder / STOP)

    def handle(event: dict) -> bool:
        """A person may read what the record must not keep; ansible-runner keeps the event as it is afterwards."""
        run(event)
        event.update(redact(event))
        return True

    with interruptible(stopping, say):
        status = ansible(
            playbook,
            clients,
            inventory,
            recorder.folder,
            handle,
            stopping,
            variables=variables,
            check=check,
            vault_password_file=vault_password_file,
            verbose=verbose,
        )
    return Finished(run, status, recorder, stopping.asked.is_set())


def ansible(
    playbook: Path,
    clients: list,
    inventory: Path,
    folder: Path,
    handle: Callable[[dict], bool],
    stopping: Stopping,
    *,
    variables: dict | None = None,
    check: bool = False,
    vault_password_file: str | None = None,
    verbose: bool = False,
) -> str:
    """One run of ansible-runner for these clients; returns its status. Several may go on in threads.

    folder: its private_data_dir, which is there. handle: gets every event; whether the record keeps it. It ends after
    the running task where ``STOP`` is in the folder.
    """
    import ansible_runner

    environment = {
        **ansible_environment(vault_password_file),
        "ANSIBLE_CALLBACKS_ENABLED": "ninjalift_stop",
        # ansible-runner adds its own folder to this, and Ansible then passes over the one in ansible.cfg.
        "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "plugins" / "callback"),
        "NINJALIFT_STOP_FILE": str(folder / STOP),
    }
    finished = ansible_runner.run(
        private_data_dir=str(folder),
        ident="run",
        project_dir=str(PROJECT),
        playbook=str(playbook),
        inventory=str(inventory.resolve()),
        limit=",".join(each.name for each in clients),
        forks=min(len({host for each in clients for host in (each.v4, each.v5)}), FORKS),
        cmdline="--check" if check else None,
        # At 3 Ansible also shows the environment that it gives to tasks, secrets too.
        verbosity=2 if verbose else None,
        extravars=variables or {},
        envvars=environment,
        quiet=True,
        event_handler=handle,
        status_handler=_forget_environment,
        cancel_callback=stopping.now.is_set,
        # Neither the environment, nor the variables, nor the hosts' facts go into files.
        suppress_env_files=True,
        fact_cache_type="memory",
        settings={"pexpect_timeout": 0.2},
    )
    return finished.status


def plays_of(playbook: Path) -> list:
    """The names of a playbook's plays in their order, with those of the playbooks that it imports."""
    names = []
    for entry in yaml.safe_load(playbook.read_text()) or []:
        imported = entry.get("ansible.builtin.import_playbook") or entry.get("import_playbook")
        names += plays_of(playbook.parent / imported) if imported else [entry.get("name") or str(entry.get("hosts"))]
    return names


def _forget_environment(status: dict, runner_config: object) -> None:
    """ansible-runner writes the whole environment beside the command before it starts; that may hold anything."""
    if status["status"] != "starting":
        Path(runner_config.artifact_dir, "command").unlink(missing_ok=True)


@contextmanager
def interruptible(stopping: Stopping, say: Callable[[str], None]) -> Iterator[Stopping]:
    """Turn Ctrl-C and SIGTERM into stop files, for plugins/callback/ninjalift_stop.py, the second into a hard stop.

    So does a terminal that is closed, unless that is to be ignored (nohup).
    """

    def ask(*_: object) -> None:
        if stopping.ask():
            say("Stopping now; what always has to run on the hosts does not run.")
        else:
            say("Stopping after the running step; Ctrl-C again stops at once.")

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    asking = [signal.SIGINT, signal.SIGTERM]
    asking += [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    former = {number: signal.signal(number, ask) for number in asking}
    try:
        yield stopping
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for each in stopping.stop_files:
            each.unlink(missing_ok=True)
