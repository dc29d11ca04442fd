"""``wait``, ``abort`` and ``logs``: what can be done about a run from another terminal, through its record."""

from __future__ import annotations

import datetime
import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Iterator

from diagnostics.report.plain import printable

from . import records
from .exits import Exit, UsageError
from .runner import STOP

HELP = "./cli.py report"
PATIENCE = 0.5  # seconds between two looks
SHOWN_STEPS = ("changed", "failed", "unreachable")


@dataclass(frozen=True)
class Chosen:
    """The record of a run, and the client in it that was asked for, ``""`` for all."""

    folder: Path
    client: str = ""

    @property
    def going_on(self) -> bool:
        return records.goes_on(self.folder)

    @property
    def asked(self) -> dict:
        """run.json; empty where it cannot be read."""
        try:
            return json.loads((self.folder / records.RUN).read_text())
        except (OSError, ValueError):
            return {}

    @property
    def exit(self) -> Exit | None:
        """The exit status with which the run ended, None where it did not end by itself."""
        try:
            return Exit(json.loads((self.folder / records.RESULT).read_text())["exit"])
        except (OSError, ValueError, KeyError):
            return None


def choose(name: str | None, *, going_on: bool = False) -> Chosen:
    """The run that is meant: by its name or the beginning of it, by a client who takes part, or the newest one.

    going_on: only runs that go on count. Raises UsageError where there is none.
    """
    found = []
    for each in records.names():
        chosen = Chosen(records.runs_dir() / each)
        if not (chosen.folder / records.EVENTS).is_file() or (going_on and not chosen.going_on):
            continue
        if name is None or each == name or (name[:1].isdigit() and each.startswith(name)):
            found.append(chosen)
        elif name in [client.get("name") for client in chosen.asked.get("clients", [])]:
            found.append(Chosen(chosen.folder, name))
    if not found:
        which = f" of '{name}'" if name else ""
        raise UsageError(f"No run{which} {'goes on' if going_on else 'is recorded'} on this machine.", HELP)
    return found[0]


def wait(chosen: Chosen) -> Exit:
    """Wait until the run has ended; its exit status, or BROKEN where it was killed."""
    while chosen.going_on:
        time.sleep(PATIENCE)
    return Exit.BROKEN if chosen.exit is None else chosen.exit


def abort(chosen: Chosen, *, now: bool = False) -> str:
    """Ask a run, or one client of it, to end after the running step, or ``now``; says in a sentence what was done.

    Raises UsageError where it cannot be asked.
    """
    run = chosen.asked
    if chosen.client and run.get("verb") == "run":
        if now:
            raise UsageError("--now ends a whole run; a client ends after its running step.", "./cli.py abort --help")
        folder = chosen.folder / records.CLIENTS / chosen.client
        try:
            for each in (folder.parent, folder):
                each.mkdir(mode=0o700, exist_ok=True)
            (folder / STOP).touch(mode=0o600)
        except OSError as error:
            said = f"{chosen.client} cannot be asked to end: {error.strerror}."
            raise UsageError(said, f"ls -ld {quote(str(folder))}") from None
        return f"{chosen.client} ends after its running step, or is not begun; the others go on."
    if run.get("host") != socket.gethostname() or not isinstance(run.get("pid"), int):
        said = f"{chosen.folder.name} goes on at {run.get('host') or 'another machine'}, and can be ended only there."
        raise UsageError(said, f"ssh {quote(str(run.get('host') or 'HOST'))} kill {run.get('pid', 'PROCESS')}")
    try:
        # Two different signals: the same one twice may become one.
        for number in (signal.SIGTERM, signal.SIGINT) if now else (signal.SIGTERM,):
            os.kill(run["pid"], number)
    except ProcessLookupError:
        raise UsageError(f"{chosen.folder.name} has ended meanwhile.", f"{HELP} {chosen.folder.name}") from None
    except PermissionError:
        said = f"{chosen.folder.name} is another user's, who can end it."
        raise UsageError(said, f"sudo kill {run['pid']}") from None
    if now:
        return f"{chosen.folder.name} ends at once; what always has to run on the hosts does not run."
    return f"{chosen.folder.name} finishes its running steps and starts none."


def lines(chosen: Chosen, *, follow: bool = False, raw: bool = False) -> Iterator[str]:
    """What happened, a line each. follow: until the run has ended. raw: the lines of events.jsonl as they are.

    Raises UsageError where the record cannot be read.
    """
    try:
        with (chosen.folder / records.EVENTS).open(encoding="utf-8", errors="replace") as file:
            rest = ""
            while True:
                last = not (follow and chosen.going_on)  # before reading: what comes meanwhile is read, too
                for part in file:
                    rest += part
                    if not rest.endswith("\n"):
                        continue  # half a line: it is being written, or was when the run was killed
                    yield from _line(chosen, rest.rstrip("\n"), raw=raw)
                    rest = ""
                if last:
                    return
                time.sleep(PATIENCE)
    except OSError as error:
        said = f"The record {chosen.folder} cannot be read: {error.strerror}."
        raise UsageError(said, f"ls -la {quote(str(chosen.folder))}") from None


def _line(chosen: Chosen, text: str, *, raw: bool) -> Iterator[str]:
    try:
        event = json.loads(text)
        client = event["client"]
    except (ValueError, KeyError, TypeError):
        return
    if chosen.client and client not in ("", chosen.client):
        return
    if raw:
        yield text
        return
    said = _told(event)
    if said:
        moment = records.parsed_time(event.get("at"))
        when = f"{moment.astimezone():%H:%M:%S}" if isinstance(moment, datetime.datetime) else "--:--:--"
        yield f"{when} {printable(f'{client}: {said}' if client else said)}"


def _told(event: dict) -> str:
    """An event in words, ``""`` for one that is not worth a line."""

    def get(name: str) -> Any:
        return event.get(name, "")

    kind = event["event"]
    if kind == "step":
        message = get("message") or f"{get('task')} ({get('status')})"
        return (
            f"{get('task')}: {message}"
            if get("status") == "failed"
            else message
            if get("status") in SHOWN_STEPS
            else ""
        )
    if kind == "finding" and get("status") == "pass":
        return ""
    words = {
        "run_started": f"{get('verb')} of {get('clients')} clients",
        "client_started": f"begun, batch {get('batch')}" + (f", on {get('worker')}" if get("worker") else ""),
        "worker_lost": f"the worker {get('worker')} was lost: {get('why')}",
        "worker_taken": f"taken over by {get('worker')}",
        "stage": f"{get('stage')} {get('state')}" + (f" ({get('why')})" if get("why") else ""),
        "progress": f"import {get('state')} {get('resource')} ({get('done')} of {get('total')})",
        "finding": f"{get('status')} {get('id')}: {get('title')}",
        "held": f"held{' before ' + get('stage') if get('stage') else ''}: {get('why')}",
        "skipped": str(get("why")),
        "client_ended": f"ended: {get('status')}" + (f", {get('message')}" if get("message") else ""),
        "hook": f"hook {get('hook')} {get('state')} {get('message')}".rstrip(),
        "webhook": f"webhook {get('told')} {get('state')} {get('message')}".rstrip(),
        "run_ended": f"ended with exit status {get('exit')}",
    }
    return words.get(kind, "")
