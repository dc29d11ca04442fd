"""Multipart bodies for V5's API, in blocks: a file of any size needs 64 KiB of memory.

Those of ``POST /api/v1/migration/start`` have the part names that V4's wizard sends (V4's CompleteService, and the
recorded requests): one file part a company, named by its index, and one text part a company, named by its key.
``silent_migration`` stops V5's mails.
"""

from __future__ import annotations

import datetime
import json
import re
import secrets
from pathlib import Path
from typing import BinaryIO, Callable

BLOCK = 64 * 1024
KEY = re.compile(r"[A-Za-z0-9]{1,64}")
EXPORT_NAME = re.compile(r"[A-Za-z0-9]{1,64}-\d{4}-\d{2}-\d{2}-invoiceninja\.zip")


def export_name(archive: Path, company_key: str) -> str:
    """The file name to send: V4's own for this company, or one of V4's shape. V5 stores the upload under this name."""
    if EXPORT_NAME.fullmatch(archive.name) and archive.name.startswith(f"{company_key}-"):
        return archive.name
    return f"{company_key}-{datetime.date.today().isoformat()}-invoiceninja.zip"


class MigrationBody:
    """The body for one company: ``content_type``, ``length`` in bytes, and the blocks by iterating.

    Raises OSError when the archive cannot be read, and ValueError for a company key that is not V4's shape
    (letters and digits), since it names a part of the body.
    """

    def __init__(self, archive: Path, company_key: str, force: bool, silent: bool = True) -> None:
        if not KEY.fullmatch(company_key):
            raise ValueError(f"'{company_key}' is not a company key: V4's keys are letters and digits")
        self._archive = archive
        self._size = archive.stat().st_size
        boundary = f"ninjalift-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        name = export_name(archive, company_key)
        about = json.dumps({"company_index": 0, "company_key": company_key, "force": bool(force)})
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="0"; filename="{name}"\r\n'
            "Content-Type: application/zip\r\n\r\n"
        ).encode("ascii")
        texts = [(company_key, about)] + ([("silent_migration", "1")] if silent else [])
        self._tail = "".join(
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{part}"\r\n\r\n{value}' for part, value in texts
        ).encode("ascii") + f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length = len(self._head) + self._size + len(self._tail)

    def __iter__(self):
        yield self._head
        left = self._size
        with self._archive.open("rb") as stream:
            while left:
                block = stream.read(min(BLOCK, left))
                if not block:
                    raise OSError(f"{self._archive} became shorter while it was sent")
                left -= len(block)
                yield block
        yield self._tail


class DocumentBody:
    """The body that attaches one file to a record: ``documents[]``, and ``_method=PUT`` as the route wants it [facts].

    content: opens the file, once for every time that the body is sent. size: its bytes. name: its name in V5.
    """

    def __init__(self, content: Callable[[], BinaryIO], size: int, name: str) -> None:
        boundary = f"ninjalift-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._content = content
        self._size = size
        # PHP takes a backslash before a quote or a backslash for an escape (main/rfc1867.c).
        quoted = re.sub(r'(["\\])', r"\\\1", name)
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="_method"\r\n\r\nPUT\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="documents[]"; filename="{quoted}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length = len(self._head) + size + len(self._tail)

    def __iter__(self):
        yield self._head
        left = self._size
        with self._content() as stream:
            while left:
                block = stream.read(min(BLOCK, left))
                if not block:
                    raise OSError("the file became shorter while it was sent")
                left -= len(block)
                yield block
        yield self._tail
