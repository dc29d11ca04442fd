"""Records of runs: a folder for each, with what was asked for, a line of JSON for each thing that happened, the end.

``run.json`` is written when a run begins, ``events.jsonl`` while it goes on, ``result.json`` when it ends: a run
without that was killed. docs/report.md describes the files. Records are history; what state a client is in is read
from its servers.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import re
import shutil
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Iterable

from .events import Progress, Step
from .exits import UsageError

SCHEMA = 1  # of run.json; it changes when a field loses its meaning
RUN, EVENTS, RESULT, CLIENTS = "run.json", "events.jsonl", "result.json", "clients"
FOLDER = re.compile(r"\d{8}T\d{6}-[a-z-]+-\d+(?:-\d+)?")  # how ``begin`` names a run's folder
# What stays: so many runs, so many days, so many bytes; whichever ends first. The environment may say otherwise.
KEEP = {"NINJALIFT_KEEP_RUNS": 200, "NINJALIFT_KEEP_DAYS": 400, "NINJALIFT_KEEP_MIB": 2048}
MIB = 1024**2
FULL = (errno.ENOSPC, errno.EDQUOT)
SHORTEST = 4  # characters of a value that is removed; a shorter one would tear words apart


def runs_dir() -> Path:
    """Where the records of runs lie: one folder a run, 0700."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "ninjalift" / "runs"


class Redactor:
    """Removes known values from texts: what variables with a secret's name, or an e-mail's, hold in the inventory."""

    def __init__(self, values: dict | None = None) -> None:
        """values: value → the name that is shown instead."""
        known = {value: name for value, name in (values or {}).items() if len(value) >= SHORTEST}
        self.names = known
        longest_first = sorted(known, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def __call__(self, value: Any) -> Any:
        """The value without them; lists and dictionaries are gone through."""
        if self.pattern is None:
            return value
        if isinstance(value, str):
            return self.pattern.sub(lambda found: f"[{self.names[found[0]]}]", value)
        if isinstance(value, dict):
            return {self(key): self(each) for key, each in value.items()}
        return [self(each) for each in value] if isinstance(value, (list, tuple)) else value


class Lines:
    """Turns what is observed in a run into lines; ``event`` says where they go."""

    def event(self, name: str, client: str = "", **fields: Any) -> None:
        """One line. name: docs/report.md lists them. fields: what JSON can hold, without secrets."""
        raise NotImplementedError

    def __call__(self, client: str, what: Any) -> None:
        """Note a step that has ended, or how far an import is (events.py)."""
        if isinstance(what, Step) and what.status != "skipped":
            names = ("host", "play", "role", "task", "status", "seconds", "message")
            self.event("step", client, **{name: getattr(what, name) for name in names})
        elif isinstance(what, Progress):
            self.event("progress", client, state=what.state, resource=what.resource, done=what.done, total=what.total)

    def outcome(self, outcome: Any, **fields: Any) -> None:
        """Note how a client ended (outcome.Outcome): its findings, and then itself. fields: what else is known."""
        for each in outcome.findings:
            self.event("finding", outcome.client, **{key: each[key] for key in ("id", "status", "title", "remedy")})
        names = ("status", "message", "remedy", "failed_step", "changed")
        said = {name: getattr(outcome, name) for name in names}
        said.update({name: value for name in ("counts", "differences") if (value := getattr(outcome, name))})
        self.event("client_ended", outcome.client, **said, **fields)


class Recorder(Lines):
    """Writes what happens in a run into its folder; an observer of events.Run too.

    Threads may share it. A line that cannot be written is no reason to break what runs on a server, so ``event`` does
    not raise: it keeps the reason, and ``check`` raises it before something new is started.
    """

    def __init__(self, folder: Path, redact: Redactor | None = None) -> None:
        """folder: of the run, which ``begin`` has made. Raises UsageError where it cannot be written to."""
        self.folder = folder
        self.redact = redact or Redactor()
        self.trouble: UsageError | None = None
        self.lost = 0
        self.torn = False  # whether the last line was written in part
        self.lock = threading.Lock()
        try:
            self.file = os.open(folder / EVENTS, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
            size = os.fstat(self.file).st_size
            self.torn = size > 0 and os.pread(self.file, 1, size - 1) != b"\n"
        except OSError as error:
            raise _unwritable(folder, error) from None
        # Held until this process ends, however it ends: so a reader knows whether the run goes on.
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(self.file, fcntl.LOCK_SH)

    def event(self, name: str, client: str = "", **fields: Any) -> None:
        """Write one line at once."""
        line = {"at": now(), "client": client, "event": name, **self.redact(fields)}
        with self.lock:
            if self.lost:
                line["lost"] = self.lost
            if self._write(json.dumps(line, ensure_ascii=False, default=str)):
                self.lost, self.trouble = 0, None
            else:
                self.lost += 1

    def finish(self, document: dict, status: int) -> None:
        """Note the end and write result.json. document: as report.document makes it; status: the exit status.

        Raises UsageError where it cannot be written.
        """
        self.event("run_ended", exit=int(status))
        try:
            _write(self.folder / RESULT, self.redact(document))
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        finally:
            self.close()
        self.check()

    def check(self) -> None:
        """Raise UsageError where the last line could not be written: start nothing new then."""
        if self.trouble:
            raise self.trouble

    def close(self) -> None:
        """Let go of the file; a run that has ended is not going on."""
        with self.lock:
            if self.file >= 0:
                os.close(self.file)
            self.file = -1

    def _write(self, text: str) -> bool:
        """Whether the whole line was written; after a torn one, a new line begins."""
        data = ("\n" * self.torn + text + "\n").encode("utf-8", "backslashreplace")
        if self.file < 0:
            return False
        try:
            while data:
                data = data[os.write(self.file, data) :]
                self.torn = True
        except OSError as error:
            self.trouble = _unwritable(self.folder, error)
            return False
        self.torn = False
        return True


@dataclass
class Record:
    """What a run's folder says.

    run: run.json, with at least ``verb`` and ``started`` (ISO-8601, or ""). events: the lines, oldest first. result:
    result.json, or None where the run has not ended by itself. state: ``ended``, ``running``, or ``killed``.
    unreadable: how many lines are no whole JSON, such as the last one of a killed run.
    """

    folder: Path
    run: dict
    events: list
    result: dict | None
    state: str = "ended"
    unreadable: int = 0

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def clients(self) -> list:
        """The names of the run's clients, in their order."""
        named = [each["name"] for each in self.run.get("clients", [])]
        named += [each.get("client", "") for each in (self.result or {}).get("clients", [])]
        named += [each["client"] for each in self.events]
        return [name for name in dict.fromkeys(named) if name]


def begin(
    verb: str,
    clients: Iterable[dict],
    options: dict | None = None,
    redact: Redactor | None = None,
    *,
    plan: bool = False,
) -> Recorder:
    """A new run's folder with its run.json, and what writes into it; old records are removed.

    clients: in order, each ``{"name": …, "batch": …}``; options: what was asked for, without secrets. Raises UsageError
    where the folder cannot be made.
    """
    redact = redact or Redactor()
    started = now()
    stamp = re.sub(r"[-:]|\..*", "", started)
    folder = runs_dir() / f"{stamp}-{verb}-{os.getpid()}"
    listed = [dict(each) for each in clients]
    asked = {
        "schema": SCHEMA,
        "verb": verb,
        "plan": plan,
        "options": options or {},
        "clients": listed,
        "started": started,
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }
    limits = keep()
    try:
        folder = _made(folder)
        (folder / "artifacts").mkdir(mode=0o700)
        _write(folder / RUN, redact(asked))
    except OSError as error:
        raise _unwritable(folder, error) from None
    recorder = Recorder(folder, redact)
    recorder.event("run_started", verb=verb, clients=len(listed))
    recorder.check()
    rotate(runs_dir(), limits, but=folder)
    return recorder


def keep() -> dict:
    """How much stays, of ``KEEP`` and the environment. Raises UsageError for what is no number above 0."""
    limits = {}
    for name, usual in KEEP.items():
        said = os.environ.get(name, "").strip()
        if said and not (said.isdecimal() and int(said) > 0):
            raise UsageError(f"{name} must be a whole number above 0, and is '{said}'.", f"unset {name}")
        limits[name] = int(said or usual)
    return limits


def rotate(folder: Path, limits: dict, but: Path) -> list:
    """Remove the oldest runs beyond the limits, and return them; never one that goes on, nor ``but``.

    What does not have a run's name is not touched.
    """
    oldest = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=limits["NINJALIFT_KEEP_DAYS"])
    border = oldest.strftime("%Y%m%dT%H%M%S")
    removed, size = [], _size(but)
    others = [each for each in folder.iterdir() if FOLDER.fullmatch(each.name) and each.is_dir() and each != but]
    for number, each in enumerate(sorted(others, reverse=True), start=2):
        size += _size(each)
        beyond = number > limits["NINJALIFT_KEEP_RUNS"] or size > limits["NINJALIFT_KEEP_MIB"] * MIB
        if (beyond or each.name < border) and not goes_on(each):
            shutil.rmtree(each, ignore_errors=True)
            removed.append(each)
    return removed


def names() -> list:
    """The names of all recorded runs, newest first. Raises UsageError where the folder cannot be read."""
    folder = runs_dir()
    try:
        found = [each.name for each in folder.iterdir() if FOLDER.fullmatch(each.name) and each.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, error) from None
    return sorted(found, reverse=True)


def is_record(folder: Path) -> bool:
    """Whether a folder holds a record of ours, and not only what ansible-runner keeps."""
    return any((folder / name).exists() for name in (RUN, EVENTS, RESULT))


def read(folder: Path) -> Record:
    """The record in a run's folder, also of one that was killed, that goes on, or that older versions wrote.

    Raises UsageError where it is none, cannot be read, or was written by a newer Ninjalift.
    """
    try:
        run, result = _document(folder / RUN), _document(folder / RESULT)
        events, unreadable = _lines(folder / EVENTS)
        if run is None and result is None and not events:
            raise UsageError(f"{folder} is no record of a run.", f"ls {quote(str(runs_dir()))}")
        state = "ended" if result is not None else "running" if goes_on(folder) else "killed"
    except OSError as error:
        raise _unreadable(folder, error) from None
    for name, each in ((RUN, run), (RESULT, result)):
        schema = (each or {}).get("schema", SCHEMA)
        if not isinstance(schema, int) or schema > SCHEMA:
            raise UsageError(
                f"The record {folder / name} was written by a newer Ninjalift"
                f" (schema {schema}; this one reads {SCHEMA}).",
                "git pull && .venv/bin/pip install -r requirements.txt",
            )
    return Record(folder, {**_guessed(folder, result), **(run or {})}, events, result, state, unreadable)


def now() -> str:
    """The time as records have it: ISO-8601, UTC, milliseconds."""
    return written_time(datetime.datetime.now(datetime.timezone.utc))


def written_time(at: datetime.datetime) -> str:
    """A time with its zone, as records have it."""
    utc = at.astimezone(datetime.timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed_time(text: Any) -> datetime.datetime | None:
    """A time that a record, ansible-runner or AWX wrote; without a zone it is UTC; None where it is no time."""
    try:
        found = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def _guessed(folder: Path, result: dict | None) -> dict:
    """What run.json says, for a record of before there was one: from its name and its result."""
    found = re.match(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)-([a-z-]+)-\d+", folder.name)
    verb = (result or {}).get("verb") or (found[7] if found else "")
    started = "{}-{}-{}T{}:{}:{}.000Z".format(*found.groups()[:6]) if found else ""
    return {"schema": SCHEMA, "verb": verb, "plan": bool((result or {}).get("plan")), "options": {}, "started": started}


def _lines(file: Path) -> tuple:
    """The objects of a file of JSON lines, and how many lines are none."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return [], 0
    found, unreadable = [], 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            each = json.loads(line.decode("utf-8", "replace"))
        except ValueError:
            each = None
        # Another program's line, or one that a crash of the machine left, is as little a line as half of one.
        if isinstance(each, dict) and all(isinstance(each.get(key), str) for key in ("at", "client", "event")):
            found.append(each)
        else:
            unreadable += 1
    return found, unreadable


def _document(file: Path) -> dict | None:
    """The object in a file; None where there is none, or not a whole one."""
    try:
        found = json.loads(file.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def goes_on(folder: Path) -> bool:
    """Whether a process still holds the run's events."""
    try:
        with (folder / EVENTS).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _made(folder: Path) -> Path:
    """The folder, made; with a number behind its name where one second saw two runs of one process."""
    folder.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    number = 1
    while True:
        numbered = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        try:
            numbered.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            continue
        return numbered


def _write(file: Path, document: dict) -> None:
    """Write a whole file or none, 0600."""
    temporary = file.with_name(f".{file.name}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    # Half of a pair, which a host may send, becomes the same in JSON's own words.
    with open(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    temporary.replace(file)


def _size(folder: Path) -> int:
    """Bytes of all files in a folder that may be changing."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
    return total


def _unwritable(folder: Path, error: OSError) -> UsageError:
    where = quote(str(runs_dir() if runs_dir().exists() else Path.home()))
    if error.errno in FULL:
        said = f"The disk is full: the record of the run cannot be written to {folder}. Nothing new is started."
        return UsageError(said, f"df -h {where}")
    return UsageError(f"The record of the run cannot be written to {folder}: {error.strerror}.", f"ls -ld {where}")


def _unreadable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"The record {folder} cannot be read: {error.strerror}.", f"ls -la {quote(str(folder))}")
