"""Records from what other programs keep of a run: ansible-runner's artifacts, and the job events that AWX gives out.

Both are events of ansible-runner, so both become the same record as a run of our own, and the same report.
"""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import Any, Iterator

from . import stages
from .events import Run
from .exits import UsageError
from .inventory import Client
from .outcome import exit_status, outcomes
from .records import SCHEMA, Lines, Record, Redactor, parsed_time, written_time
from .remedies import Situation
from .runner import Finished

EVENTS_FOLDERS = ("job_events", "artifacts/*/job_events", "*/job_events")  # below a private_data_dir, or nearer
FETCH = "awx job_events list --job JOB --all -f json > {}"


class Gathered(Lines):
    """Keeps the lines in memory; ``at`` is the time of the event that they are about."""

    def __init__(self) -> None:
        self.lines: list = []
        self.at = ""

    def event(self, name: str, client: str = "", **fields: Any) -> None:
        self.lines.append({"at": self.at, "client": client, "event": name, **fields})


def find(folder: Path) -> list:
    """The events' files of ansible-runner below a folder, in their order; empty where there are none.

    folder: a ``private_data_dir``, its ``artifacts``, one run of these, or its ``job_events``.
    """
    if folder.name == "job_events":
        return _files(folder)
    found = sorted(each for pattern in EVENTS_FOLDERS for each in folder.glob(pattern) if each.is_dir())
    newest = max(found, key=lambda each: each.stat().st_mtime, default=None)
    return _files(newest) if newest else []


def from_runner(folder: Path, clients: list, situation: Situation) -> Record:
    """The record of one run of ansible-runner, from the events that it keeps as files (``find``).

    clients: inventory.Client of all that may have taken part. Raises UsageError where there are no events.
    """
    files = find(folder)
    if not files:
        raise UsageError(f"{folder} holds no events of ansible-runner.", f"ls {quote(str(folder))}")
    events, unreadable = [], 0
    for file in files:
        try:
            events.append(json.loads(file.read_text(encoding="utf-8", errors="replace")))
        except ValueError:  # ansible-runner was killed while it wrote it
            unreadable += 1
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}.", f"ls -l {quote(str(file))}") from None
    return of_events(folder, events, clients, situation, unreadable)


def from_awx(file: Path, clients: list, situation: Situation) -> Record:
    """The record of one job of AWX, from its job events as AWX's API or its command line gives them out.

    file: a page, pages one after the other, or a list of events, as JSON. Raises UsageError where it is none, or where
    pages of it are missing.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="strict")
    except UnicodeDecodeError:
        raise _no_events(file, "it is no text") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", f"ls -l {quote(str(file))}") from None
    events, expected = [], 0
    for document in _documents(text, file):
        page = document if isinstance(document, list) else document.get("results", [document])
        if isinstance(document, dict) and isinstance(document.get("count"), int):
            expected = max(expected, document["count"])
        events += page
    if not events or not all(isinstance(each, dict) and isinstance(each.get("event"), str) for each in events):
        raise _no_events(file, "it holds something else")
    known = {each.get("uuid") or (each.get("counter"), index): each for index, each in enumerate(events)}
    if len(known) < expected:
        said = f"{file} holds {len(known)} of the job's {expected} events; the rest is on further pages."
        raise UsageError(said, FETCH.format(quote(str(file))))
    jobs = {each.get("job") for each in events if each.get("job")}
    if len(jobs) > 1:
        raise UsageError(
            f"{file} holds the events of {len(jobs)} jobs ({', '.join(map(str, sorted(jobs)))}); a report is of one.",
            FETCH.format(quote(str(file))),
        )
    ordered = sorted(known.values(), key=lambda each: each.get("counter") or 0)
    return of_events(file, ordered, clients, situation, 0)


def of_events(origin: Path, events: list, clients: list, situation: Situation, unreadable: int = 0) -> Record:
    """The record that a run of our own with these events would have left."""
    times = [_time(each.get("created")) for each in events]
    hosts = {(each.get("event_data") or {}).get("host") for each in events} - {None, ""}
    taking_part = [each for each in clients if hosts & {each.v4, each.v5}]
    strangers = sorted(hosts - {host for each in taking_part for host in (each.v4, each.v5)} - {"localhost"})
    taking_part += [Client(host, host, host) for host in strangers]
    redact = Redactor({value: name for each in taking_part for value, name in each.secrets.items()})
    gathered = Gathered()
    run = Run({host: each.name for each in taking_part for host in (each.v4, each.v5)}, observers=[gathered])
    run.situation = situation
    gathered.at = times[0] if times else ""
    begun = next((each for each in events if each.get("event") == "playbook_on_start"), {})
    playbook = str((begun.get("event_data") or {}).get("playbook") or "")
    gathered.event("run_started", verb="", clients=len(taking_part))
    for at, event in zip(times, events):
        gathered.at = at or gathered.at
        run({**event, "event_data": event.get("event_data") or {}})
    ended = bool(run.stats)
    if ended:
        status = "failed" if run.stats.get("failures") or run.stats.get("dark") else "successful"
        ends = outcomes(Finished(run, status, gathered), taking_part, situation)
        for each in ends:
            gathered.outcome(each)
        gathered.event("run_ended", exit=int(exit_status(ends)))
    asked = {
        "schema": SCHEMA,
        "verb": stages.verb_of(playbook) if playbook else "",
        "plan": False,
        "options": {},
        "clients": [{"name": each.name, "batch": 1} for each in taking_part],
        "started": gathered.lines[0]["at"],
    }
    state = "ended" if ended else "killed"
    return Record(origin, asked, redact(gathered.lines), None, state, unreadable)


def _files(folder: Path) -> list:
    """The files of whole events, ``COUNTER-UUID.json``, by their counter."""
    numbered = [(each.name.partition("-")[0], each) for each in folder.glob("*.json")]
    return [each for number, each in sorted((int(number), each) for number, each in numbered if number.isdecimal())]


def _documents(text: str, file: Path) -> Iterator[Any]:
    """The JSON documents that follow one another in a text."""
    decoder, at = json.JSONDecoder(), 0
    text = text.removeprefix("\ufeff").strip()
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            line = text.count("\n", 0, error.pos) + 1
            raise _no_events(file, f"it is no JSON from line {line} on, or only a part of it") from None
        if not isinstance(document, (dict, list)):
            raise _no_events(file, "it holds something else")
        yield document
        while at < len(text) and text[at].isspace():
            at += 1


def _no_events(file: Path, why: str) -> UsageError:
    return UsageError(f"{file} holds no job events of AWX: {why}.", FETCH.format(quote(str(file))))


def _time(text: Any) -> str:
    """A time of ansible-runner or AWX as records have it: UTC, milliseconds, Z."""
    found = parsed_time(text)
    return written_time(found) if found else ""
