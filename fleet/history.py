"""The command ``report``: finds the record that is meant, and writes what is asked for."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from . import artifacts, overview, overview_text, pages, records, stages, vault
from .diagnose import write as write_file
from .exits import UsageError
from .inventory import all_clients
from .remedies import Situation

LAST = "last"


@dataclass
class Found:
    """The document of a run (overview.document), the client who was asked for or ``""`` for all, and a note."""

    report: dict
    client: str = ""
    note: str = ""

    @property
    def subject(self) -> dict:
        """The client's part of the document."""
        return next(each for each in self.report["clients"] if each["client"] == self.client)


def find(
    name: str | None,
    *,
    awx_events: Path | None = None,
    inventory: Path,
    vault_password_file: str | None = None,
    vault_password: str | None = None,
) -> Found:
    """The report on a run, on a client's newest one, or on a job of AWX; there, ``name`` is a client or None.

    inventory: it says which hosts are whose, for runs that are known by their hosts only. Raises UsageError where there
    is no such run.
    """
    file = vault_password_file or vault.made_by_init()
    unknown = "" if inventory.exists() else f"There is no inventory at {inventory}, so each host is shown by itself."
    with vault.password_file(file, vault_password) as opened:
        if awx_events is not None:
            record = artifacts.from_awx(awx_events, *_known(inventory, opened))
            return _of(record, name or "", unknown)
        folder = _folder(name)
        if folder is not None:
            if not records.is_record(folder) and artifacts.find(folder):
                return _of(artifacts.from_runner(folder, *_known(inventory, opened)), "", unknown)
            return _of(records.read(folder), "")
    return _of(_newest(name), name)


def listing(*, as_json: bool = False) -> str:
    """All runs, newest first, as lines or as a JSON list without the clients; one that cannot be read says why."""
    found, troubles = [], []
    for name in records.names():
        try:
            found.append(overview.document(records.read(records.runs_dir() / name)))
        except UsageError as error:
            troubles.append(str(error))
    if as_json:
        short = [{key: value for key, value in each.items() if key not in ("clients", "findings")} for each in found]
        return overview_text.dumped(short)
    said = [overview_text.listing(found)] if found else []
    return "\n".join([*said, *troubles]) or f"No run is recorded in {records.runs_dir()} yet."


def text(found: Found) -> str:
    """The report for a terminal."""
    return overview_text.text(_shown(found))


def dumped(found: Found) -> str:
    """The report as a JSON document."""
    return overview_text.dumped(_shown(found))


def write(found: Found, *, html: Path | None, table: Path | None, customers: Path | None) -> list:
    """Write the files that were asked for, for the user alone, and return their paths. Raises UsageError."""
    made = datetime.datetime.now().astimezone()
    files = {}
    if html:
        files[html] = (
            pages.customer(found.report, found.subject, made) if found.client else pages.overview(found.report, made)
        )
    if table:
        files[table] = overview_text.table(_shown(found), stages.order())
    if customers:
        for client in _shown(found)["clients"]:
            # A host of AWX's may have any name; a file's must not lead out of the folder.
            name = re.sub(r"[^A-Za-z0-9._-]", "_", client["client"]).lstrip(".") or "_"
            files[customers / f"{name}.html"] = pages.customer(found.report, client, made)
        try:
            customers.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            said = f"The folder {customers} cannot be made: {error.strerror}."
            raise UsageError(said, f"ls -ld {quote(str(customers.parent))}") from None
    for path, content in files.items():
        write_file(path, content)
    return list(files)


def refuse_files(options: dict) -> None:
    """Raise UsageError where a file is asked for and no run."""
    given = [name for name, value in options.items() if value]
    if given:
        raise UsageError(f"{given[0]} needs a RUN or a CLIENT.", "./cli.py report")


def _shown(found: Found) -> dict:
    return overview.only(found.report, found.client) if found.client else found.report


def _of(record: records.Record, client: str, note: str = "") -> Found:
    document = overview.document(record)
    if client and client not in record.clients:
        known = ", ".join(record.clients) or "none"
        raise UsageError(f"There is no client '{client}' in {record.name} (clients: {known}).", "./cli.py report")
    return Found(document, client, note)


def _folder(name: str) -> Path | None:
    """The folder of the run that is meant; None where no run has such a name. Raises UsageError where several have."""
    if "/" in name:
        path = Path(name).expanduser()
        if not path.is_dir():
            raise UsageError(f"There is no folder {name}.", "./cli.py report")
        return path
    runs = records.names()
    if name == LAST:
        if not runs:
            raise UsageError("No run is recorded yet.", "./cli.py run CLIENT")
        return records.runs_dir() / runs[0]
    found = [each for each in runs if each == name] or [each for each in runs if each.startswith(name)]
    if len(found) > 1 and name[:1].isdigit():
        raise UsageError(f"'{name}' is the beginning of {len(found)} runs: {', '.join(found[:5])}.", "./cli.py report")
    return records.runs_dir() / found[0] if len(found) == 1 else None


def _newest(name: str) -> records.Record:
    """The newest run in which the client took part, if there is one that was no plan. Raises UsageError for none."""
    plan, known, broken = None, set(), []
    for each in records.names():
        folder = records.runs_dir() / each
        try:
            record = records.read(folder)
        except UsageError as error:
            broken.append(error)
            continue
        known.update(record.clients)
        if name in record.clients:
            if not record.run.get("plan"):
                return record
            plan = plan or record
    if plan:
        return plan
    if broken:
        raise broken[0]
    there = f" (clients: {', '.join(sorted(known))})" if known else ""
    raise UsageError(f"There is no run and no client '{name}' in {records.runs_dir()}{there}.", "./cli.py report")


def _known(path: Path, vault_password_file: str | None) -> tuple:
    """The inventory's clients, and the situation for the commands in what steps said.

    Without an inventory nobody knows which hosts belong together, so each is shown by itself.
    """
    situation = Situation("run", (), path, vault_password_file)
    if not path.exists():
        return [], situation
    return all_clients(path, vault_password_file), situation
