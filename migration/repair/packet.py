"""A packet of attachments on the way from V4 to V5: one tar file of mode 0600, in a private folder.

Members are numbered files (the content, already verified against V4's own record) and ``manifest.json``, a list in the
order of the members: ``id`` (of the plan's step), ``kind`` (invoices, quotes, expenses), ``record`` (V5's hashed id)
and ``label`` (what a person knows it by), ``name`` (as V5 will have it), ``size`` (bytes), ``sha256``, ``copies`` (how
often V4 has this very file there), ``wrong`` (the sha256 of a file in V5 that it replaces, or "").
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

MANIFEST = "manifest.json"
FOLDER = "ninjalift-documents-"  # how the names of the folders begin that hold a packet


class Writer:
    """Makes a packet: `add` each attachment, then `close`."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w")  # noqa: SIM115 - close() ends it
        self._entries: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any], content: bytes) -> None:
        """Add an attachment; entry: its line of the manifest."""
        self._put(f"{len(self._entries):06}", content)
        self._entries.append(entry)

    def close(self) -> None:
        """Write the manifest and close the file."""
        self._put(MANIFEST, json.dumps(self._entries).encode())
        self._tar.close()
        self._file.close()

    def _put(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._tar.addfile(info, io.BytesIO(content))


class Packet:
    """A packet that is read: `entries` is its manifest, `content(i)` opens the i-th attachment."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - __exit__ closes it
        manifest = self._tar.extractfile(MANIFEST)
        self.entries: list[dict[str, Any]] = json.load(manifest) if manifest else []

    def content(self, index: int) -> BinaryIO:
        """Open an attachment for reading."""
        opened = self._tar.extractfile(f"{index:06}")
        assert opened is not None  # noqa: S101 - a member that Writer made is a file
        return opened

    def __enter__(self) -> Packet:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()
