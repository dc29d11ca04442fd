"""Runs one playbook for some clients over ansible-runner, in a folder that holds the record and no secret."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import yaml

from .events import Run
from .exits import UsageError
from .inventory import PROJECT, ansible_environment
from .remedies import Situation

KEEP_RUNS = 50
FORKS = 20  # hosts at the same time; each takes about 50 MB on the controller


@dataclass
class Finished:
    """A run that has ended: what happened, ansible-runner's status, the folder of the record."""

    run: Run
    status: str
    folder: Path
    stopped: bool = False


def runs_dir() -> Path:
    """Where the records of runs lie: one folder a run, 0700."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "ninjalift" / "runs"


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
    import ansible_runner

    run = Run(
        {host: each.name for each in clients for host in (each.v4, each.v5)}, observers=observers, situation=situation
    )
    folder = _new_folder(verb)
    stop_file = folder / "stop"
    environment = {
        **ansible_environment(vault_password_file),
        "ANSIBLE_CALLBACKS_ENABLED": "ninjalift_stop",
        # ansible-runner adds its own folder to this, and Ansible then passes over the one in ansible.cfg.
        "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "plugins" / "callback"),
        "NINJALIFT_STOP_FILE": str(stop_file),
    }
    with _interruptible(stop_file, say) as stopping:
        finished = ansible_runner.run(
            private_data_dir=str(folder),
            ident="run",
            project_dir=str(PROJECT),
            playbook=str(playbook),
            inventory=str(inventory.resolve()),
            limit=",".join(each.name for each in clients),
            forks=min(len(run.client_of), FORKS),
            cmdline="--check" if check else None,
            # At 3 Ansible also shows the environment that it gives to tasks, secrets too.
            verbosity=2 if verbose else None,
            extravars=variables or {},
            envvars=environment,
            quiet=True,
            event_handler=run,
            status_handler=_forget_environment,
            cancel_callback=stopping.now.is_set,
            # Neither the environment, nor the variables, nor the hosts' facts go into files.
            suppress_env_files=True,
            fact_cache_type="memory",
            settings={"pexpect_timeout": 0.2},
        )
    return Finished(run, finished.status, folder, stopping.asked.is_set())


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


def _new_folder(verb: str) -> Path:
    """A new folder for this run; the oldest ones are removed."""
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S")
    folder = runs_dir() / f"{stamp}-{verb}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, mode=0o700)
        (folder / "artifacts").mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(
            f"The record of the run cannot be written to {folder}: {error.strerror}.", f"df -h {runs_dir()}"
        ) from None
    for old in sorted(each for each in runs_dir().iterdir() if each.is_dir())[:-KEEP_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


class _Stopping:
    """Whether somebody asked to stop: after the running task, or now."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.now = threading.Event()


@contextmanager
def _interruptible(stop_file: Path, say: Callable[[str], None]) -> Iterator[_Stopping]:
    """Turn Ctrl-C into the stop file that plugins/callback/ninjalift_stop.py looks for, the second into a hard stop."""
    stopping = _Stopping()

    def ask(*_: object) -> None:
        if stopping.asked.is_set():
            stopping.now.set()
            say("Stopping now; what always has to run on the hosts does not run.")
            return
        stopping.asked.set()
        stop_file.touch()
        say("Stopping after the running step; Ctrl-C again stops at once.")

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        stop_file.unlink(missing_ok=True)
