"""Attaches the files of a packet to V5's records over V5's API, and believes only what V5 gives back.

`GET /api/v1/invoices/{id}` gives the record with its `documents`; `POST …/{id}/upload` attaches; and
`GET /api/v1/documents/{id}/download` gives the bytes, whose SHA-256 decides. A company that is switched off is no
obstacle: V5's TokenAuth looks at the token and its user only (upstream, Middleware/TokenAuth).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import quote

from .. import counts, v5_answers
from ..errors import MigrationError
from ..multipart import DocumentBody
from ..v5_api import V5Client
from .documents import KINDS, MISSING
from .packet import Packet

_EMPTY = hashlib.sha256(b"").hexdigest()  # V5 answers 200 with nothing for a file that its disk has lost


def _path(entry: dict[str, Any]) -> str:
    return f"{KINDS[entry['kind']].path}/{quote(entry['record'], safe='')}"


@contextlib.contextmanager
def alone(company_key: str) -> Iterator[None]:
    """Wait until no other process of this machine attaches to this company: a killed run's may still be at work."""
    base = Path("/run") if os.geteuid() == 0 else Path(os.environ.get("XDG_RUNTIME_DIR") or Path.home())
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW
    lock = os.open(base / f".ninjalift-repair-{counts.checked_key(company_key)}.lock", flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class Attacher:
    """Attaches files to one company's records; `attached` and `removed` count what was changed."""

    def __init__(self, client: V5Client, company_key: str) -> None:
        self.client, self.company_key = client, company_key
        self.attached = self.removed = 0
        self._digests: dict[str, str] = {}

    def attach(self, packet: Packet, index: int) -> str:
        """Make V5 have the index-th file of the packet; return why it has not, or "".

        Raises MigrationError for what stands in the way of every file (no connection, no login).
        """
        entry = packet.entries[index]
        try:
            named = self._named(entry)
            while len(self._same(named, entry)) < entry["copies"]:
                self._upload(packet, index)
                before, named = named, self._named(entry)
                if len(self._same(named, entry)) <= len(self._same(before, entry)):
                    self._take_back(before, named)
                    return f"V5 took '{entry['name']}', but does not give it back unchanged, so it was removed again"
                self.attached += 1
            for document in self._wrong(named, entry):
                self._remove(document)
                self.removed += 1
        except MigrationError as error:
            if error.id in ("document-too-large", "document-refused", "record-missing", "v5-request-refused"):
                return str(error)
            raise
        return ""

    def _named(self, entry: dict[str, Any]) -> list:
        """The record's files of this name."""
        kind = KINDS[entry["kind"]]
        answer = self.client.ask("GET", f"{_path(entry)}?include=documents", self.company_key)
        if answer.status in (400, 404):
            raise MigrationError(
                f"V5 no longer has the {kind.name} {entry['label']}",
                "./cli.py reconcile CLIENT",
                "record-missing",
            )
        found = v5_answers.checked_json(answer, self.client.url, f"GET {kind.path}")["data"]
        return [one for one in found.get("documents") or [] if one.get("name") == entry["name"]]

    def _same(self, named: list, entry: dict[str, Any]) -> list:
        """Those that are this very file."""
        return [one for one in named if one.get("size") == entry["size"] and self._digest(one) == entry["sha256"]]

    def _wrong(self, named: list, entry: dict[str, Any]) -> list:
        """Those that this file replaces."""
        gone = ("", _EMPTY) if entry["wrong"] == MISSING else (entry["wrong"],)
        others = [one for one in named if one not in self._same(named, entry)]
        return [one for one in others if entry["wrong"] and self._digest(one) in gone]

    def _take_back(self, before: list, after: list) -> None:
        """Remove what came meanwhile, so that repeating piles nothing up."""
        known = {one["id"] for one in before}
        for document in after:
            if document["id"] not in known:
                self._remove(document)

    def _digest(self, document: dict[str, Any]) -> str:
        """The SHA-256 of what V5 gives for a document; "" where it has lost the file."""
        number = str(document["id"])
        if number not in self._digests:
            answer = self.client.ask("GET", f"documents/{number}/download", self.company_key)
            self._digests[number] = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else ""
        return self._digests[number]

    def _upload(self, packet: Packet, index: int) -> None:
        entry = packet.entries[index]
        body = DocumentBody(lambda: packet.content(index), entry["size"], entry["name"])
        path = f"{_path(entry)}/upload"
        headers = {"Content-Type": body.content_type}
        try:
            answer = self.client.ask("POST", path, self.company_key, body, headers, body.length)
        except MigrationError as error:
            if not error.delivered:  # else the record's documents say whether V5 has it
                raise
            return
        if answer.status != 504:
            v5_answers.check_attached(answer, self.client.url, entry["name"], entry["size"])

    def _remove(self, document: dict[str, Any]) -> None:
        path = f"documents/{document['id']}"
        v5_answers.checked_json(self.client.ask("DELETE", path, self.company_key), self.client.url, f"DELETE {path}")


def attach_all(client: V5Client, company_key: str, path: Path, done: dict[str, Any]) -> None:
    """Attach every file of the packet at `path`, and keep in `done` how far that is: attached, removed, documents.

    A file that V5 does not take is noted (`trouble`) and does not keep the others away. Raises MigrationError for what
    stands in the way of all of them; `done` then says what was done before.
    """
    attacher = Attacher(client, company_key)
    with Packet(path) as packet:
        for index, entry in enumerate(packet.entries):
            try:
                trouble = attacher.attach(packet, index)
            finally:
                done.update(attached=attacher.attached, removed=attacher.removed)
            done["documents"].append({"id": entry["id"], "name": entry["name"], "trouble": trouble})
