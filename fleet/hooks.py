"""Tells other programs how clients ended: commands of the user's (hooks), and a signed webhook (webhook.py).

What is to be told stands in the inventory, so a client may have its own (docs/hooks.md). Nothing here changes how a
client ended: what goes wrong is told and recorded, that is all.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from . import vault, webhook
from .exits import EDIT, UsageError
from .outcome import Outcome
from .records import Recorder
from .remedies import shown

SUCCESS, FAILURE, HOLD = "on_success", "on_failure", "on_hold"
COMMANDS = tuple(f"hooks_{name}" for name in (SUCCESS, FAILURE, HOLD))
VARIABLES = (*COMMANDS, "hooks_timeout", *webhook.VARIABLES)
TIMEOUT = 60  # seconds for a command, where hooks_timeout says nothing
GRACE = 5.0  # seconds between asking a command to end and ending it
OUTPUT_LIMIT = 64 * 1024  # bytes of a command's output that are kept
AT_ONCE = 4  # commands and webhooks
SHELL = re.compile(r"[|&;<>`\n]|\$[({\w]")  # what only a shell would understand


@dataclass
class _Settings:
    """What one client wants to be told, checked."""

    commands: dict = field(default_factory=dict)  # on_success, … → list of arguments
    timeout: float = TIMEOUT
    webhook: webhook.Webhook | None = None


class Hooks:
    """The hooks and webhooks of a run's clients. Threads may share it."""

    def __init__(
        self, verb: str, recorder: Recorder, settings: dict, inventory: Path, say: Callable[[str], None]
    ) -> None:
        """settings: of ``settings_of``; say: gets a sentence for each hook that failed."""
        self.verb = verb
        self.recorder = recorder
        self.settings = settings
        self.folder = _beside(inventory)
        self.say = say
        self.down: set = set()  # URLs that did not accept the last document: one try each, so that the run can end
        self.workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hooks")

    def client_ended(self, outcome: Outcome, *, seconds: float = 0.0, held: str = "") -> None:
        """Tell in the background how a client ended. held: the stage that waits for a person, ``""`` for none."""
        settings = self.settings.get(outcome.client)
        if settings is None:
            return
        kind = HOLD if held else SUCCESS if outcome.status in ("ok", "warn") else FAILURE
        said = {"status": "held" if held else outcome.status, "stage": held, "seconds": round(seconds, 3)}
        said.update({name: getattr(outcome, name) for name in ("message", "remedy", "failed_step", "changed")})
        said = self.recorder.redact(said)
        if kind in settings.commands:
            self.workers.submit(self._guarded, self._command, outcome.client, kind, settings, said)
        if settings.webhook:
            kept = [{key: each.get(key, "") for key in ("id", "status", "title")} for each in outcome.findings]
            kept = [each for each in kept if each["status"] != "pass"]
            more = {"findings": kept, "counts": outcome.counts, "differences": outcome.differences}
            body = {**said, **self.recorder.redact(more)}
            self.workers.submit(self._guarded, self._send, outcome.client, settings.webhook, "client_ended", body)

    def run_ended(self, results: list, status: int) -> None:
        """Tell every webhook once how the run ended. results: outcome.Outcome of all; status: the exit status."""
        ends: dict = {}
        for each in results:
            ends[each.status] = ends.get(each.status, 0) + 1
        hooks = {each.webhook.url: each.webhook for each in self.settings.values() if each.webhook}
        for each in hooks.values():
            self.workers.submit(self._guarded, self._send, "", each, "run_ended", {"exit": int(status), "ends": ends})

    def close(self) -> None:
        """Wait until everything was told, or given up; do it before the record is finished."""
        self.workers.shutdown(wait=True)

    def _guarded(self, work: Callable, client: str, *given: Any) -> None:
        try:
            work(client, *given)
        except Exception as error:
            self.say(f"A hook of {client or 'the run'} could not be told: {type(error).__name__}: {error}.")

    def _command(self, client: str, kind: str, settings: _Settings, said: dict) -> None:
        began = time.monotonic()
        variables = {
            "NINJALIFT_HOOK": kind,
            "NINJALIFT_CLIENT": client,
            "NINJALIFT_VERB": self.verb,
            "NINJALIFT_STATUS": said["status"],
            "NINJALIFT_STAGE": said["stage"],
            "NINJALIFT_STEP": said["failed_step"],
            "NINJALIFT_MESSAGE": said["message"],
            "NINJALIFT_REMEDY": said["remedy"],
            "NINJALIFT_SECONDS": str(said["seconds"]),
            "NINJALIFT_RUN": self.recorder.folder.name,
            "NINJALIFT_RECORD": str(self.recorder.folder),
        }
        state, status, output = run(settings.commands[kind], variables, self.folder, settings.timeout)
        file = self._keep(client, kind, output)
        where = f"; its output is in {file}" if output and file else ""
        message = {
            "ok": "",
            "failed": f"ended with exit status {status}{where}",
            "timeout": f"was ended after {settings.timeout:g} seconds{where}",
            "missing": f"could not be started: {output.decode(errors='replace')}",
        }[state]
        took = round(time.monotonic() - began, 3)
        self.recorder.event("hook", client, hook=kind, state=state, exit=status, seconds=took, message=message)
        if message:
            self.say(f"The hook {kind} of {client} {message}.")

    def _keep(self, client: str, kind: str, output: bytes) -> Path | None:
        """Write a command's output into the record, without known secrets; None where there is no room."""
        text = self.recorder.redact(output.decode(errors="replace"))
        folder = self.recorder.folder / "hooks"
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            file = folder / f"{client.replace('/', '_')}-{kind}.log"
            with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "w", encoding="utf-8") as stream:
                stream.write(text)
            return file
        return None

    def _send(self, client: str, hook: webhook.Webhook, event: str, body: dict) -> None:
        began = time.monotonic()
        run = self.recorder.folder.name
        document = {"schema": webhook.SCHEMA, "event": event, "run": run, "verb": self.verb, "client": client, **body}
        result = hook.send(document, tries=1 if hook.url in self.down else webhook.TRIES)
        (self.down.discard if result.ok else self.down.add)(hook.url)
        message = "" if result.ok else f"could not be delivered to {hook.origin}: {result.message}"
        self.recorder.event(
            "webhook",
            client,
            told=event,
            state="ok" if result.ok else "failed",
            id=result.id,
            http_status=result.status,
            tries=result.tries,
            seconds=round(time.monotonic() - began, 3),
            message=message,
        )
        if message:
            self.say(f"The webhook of {client or 'the run'} {message}.")


def settings_of(clients: list, inventory: Path, vault_password_file: str | None = None) -> dict:
    """Client → what it wants to be told, for ``Hooks``; clients: inventory.Client.

    Raises UsageError for a wrong setting, so ask before anything is begun.
    """
    return {each.name: _settings(each, inventory, vault_password_file) for each in clients}


def run(command: list, variables: dict, folder: Path, timeout: float) -> tuple:
    """Run a command without a shell: how it ended (ok, failed, timeout, missing), its exit status, its output.

    variables: of its environment, besides ours. After ``timeout`` seconds it is ended with all that it started.
    """
    own = {name: value.replace("\0", "").encode("utf-8", "replace") for name, value in variables.items()}
    environment = {**os.environ, **own}
    environment.pop("ANSIBLE_VAULT_PASSWORD_FILE", None)
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return "missing", None, str(getattr(error, "strerror", None) or error).encode()
    with process.stdout:
        output, ended = _watched(process, time.monotonic() + timeout)
    if ended:
        return "ok" if process.returncode == 0 else "failed", process.returncode, output
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started and left
    return "timeout", process.returncode, output


def _watched(process: subprocess.Popen, deadline: float) -> tuple:
    """The beginning of what a process says, and whether it ended before the deadline.

    What it left in the background may hold the pipe; that is not waited for.
    """
    kept = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(min(left, 0.1)):
                block = os.read(process.stdout.fileno(), 1 << 16)
                if not block:
                    break
                kept += block[: OUTPUT_LIMIT - len(kept)]
            elif process.poll() is not None:
                break
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return bytes(kept), False
    return bytes(kept), True


def _settings(client: Any, inventory: Path, vault_password_file: str | None) -> _Settings:
    """A client's settings. Raises UsageError for a wrong one."""
    given = {name: value for name, value in client.settings.items() if value not in (None, "", [])}
    for name, value in given.items():
        if isinstance(value, dict) and "__ansible_vault" in value:
            given[name] = _opened(value["__ansible_vault"], vault_password_file)

    def wrong(name: str, why: str) -> UsageError:
        folder = inventory.parent if inventory.is_file() else inventory
        file = folder / "group_vars" / client.name / "vars.yml"
        return UsageError(f"{name} of {client.name} {why}.", f"{EDIT} {shown(file)}")

    for name, value in given.items():
        if "{{" in str(value):
            raise wrong(name, "holds a template; it is read without Ansible, so it must be the value itself")
    found = _Settings(webhook=webhook.of(given, _beside(inventory), wrong))
    for name in COMMANDS:
        if name in given:
            found.commands[name.removeprefix("hooks_")] = _words(name, given[name], wrong)
    timeout = given.get("hooks_timeout", TIMEOUT)
    if isinstance(timeout, bool) or not str(timeout).replace(".", "", 1).isdecimal() or not 0 < float(timeout) <= 3600:
        raise wrong("hooks_timeout", f"must be a number of seconds, from 1 to 3600, and is '{timeout}'")
    found.timeout = float(timeout)
    return found


def _opened(text: str, vault_password_file: str | None) -> str:
    """What a variable that is vaulted by itself holds; inventory.find_clients has seen that the password opens it."""
    password_file = vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE", "")
    return vault.decrypt(text, vault.read(Path(password_file).expanduser()))


def _words(name: str, value: Any, wrong: Callable) -> list:
    """A command as a list of arguments; a text is taken apart at blanks, as a shell does, and nothing more."""
    if isinstance(value, list):
        if not all(isinstance(each, (str, int, float)) for each in value):
            raise wrong(name, "must be a command, or the list of its words")
        return [str(each) for each in value]
    if not isinstance(value, str):
        raise wrong(name, "must be a command, or the list of its words")
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise wrong(name, f"cannot be taken apart: {str(error).lower()}") from None
    if SHELL.search(value):
        raise wrong(name, "is run without a shell, so it must not hold | & ; < > ` $; put that into a script")
    return words


def _beside(inventory: Path) -> Path:
    """Where commands start, and what relative paths begin with: the folder in which the inventory lies.

    Not within it: Ansible would take a script there for an inventory, and run it.
    """
    return inventory.absolute().parent
