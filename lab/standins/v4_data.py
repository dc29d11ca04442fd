"""Turn a V4 export back into the rows it was made from, so that a V4 stand-in can be loaded with it.

`export_to_sql` gives INSERT statements for a database that `artisan migrate` and `db:seed --class=UpdateSeeder` made;
`document_files` gives the attachments, which no export holds. The loaded database gives the same export again (see
tests/contract/test_v4_export.py). What an export does not say is chosen: times of day, public ids (the ids), what V4
does not export. Not restored: payment gateways, because their secrets are encrypted with V4's APP_KEY, and the
end date of a recurring invoice, of which an export has only the number of cycles that are left.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Iterator

import bcrypt

from . import v4_rows

Row = dict[str, Any]


def read_export(export_zip: Path | str) -> Row:
    """Return the `data` of the export's migration.json; ValueError when there is none."""
    with zipfile.ZipFile(export_zip) as archive:
        content = json.loads(archive.read("migration.json"))
    if not isinstance(content, dict) or "company" not in content.get("data", {}):
        raise ValueError(f"{export_zip} is no V4 export: its migration.json has no company")
    return content["data"]


def export_to_sql(
    export_zip: Path | str,
    *,
    owner_email: str | None = None,
    account_key: str | None = None,
    password: str | None = None,
) -> str:
    """Return the SQL that loads an export into an empty V4 database.

    The owner's e-mail and password and the account key are replaced where they are given, so that each lab client is
    another company. The text is for the `mysql` client (UTF-8) and holds a password hash, never the password.
    Raises ValueError for an export with payment gateways.
    """
    data = read_export(export_zip)
    if data["company_gateways"]:
        raise ValueError(f"{export_zip} has payment gateways, whose secrets are encrypted with the APP_KEY of their V4")
    if owner_email is not None:
        data["users"][0]["email"] = owner_email
    if password is not None:
        data["users"][0]["password"] = password_hash(password)
    if account_key is not None:
        replace_account_key(data, account_key)
    statements = [
        "SET NAMES utf8mb4;",
        "SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO';",
        "SET FOREIGN_KEY_CHECKS=0;",
        "START TRANSACTION;",
        "DELETE FROM payment_terms WHERE account_id = 0;",
    ]
    for table, row in v4_rows.rows(data):
        statements.append(insert(table, row))
    return "\n".join([*statements, "COMMIT;", ""])


def replace_account_key(data: Row, account_key: str) -> None:
    """Give the export another account key, also in the paths of its documents."""
    old = data["company"]["company_key"]
    data["company"]["company_key"] = account_key
    data["account"]["token"] = hashlib.sha256(f"{account_key}/{data['account']['token']}".encode()).hexdigest()[:32]
    for document in data["documents"]:
        document["path"] = document["path"].replace(old, account_key)


def password_hash(password: str) -> str:
    """Return a bcrypt hash as PHP writes it ($2y$, cost 10)."""
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=10)).decode()
    return made.replace("$2b$", "$2y$", 1)


def insert(table: str, row: Row) -> str:
    """Return one INSERT statement."""
    columns = ", ".join(f"`{column}`" for column in row)
    values = ", ".join(literal(value) for value in row.values())
    return f"INSERT INTO `{table}` ({columns}) VALUES ({values});"  # noqa: S608 - the values are quoted below


def literal(value: Any) -> str:
    """Return a value as MySQL reads it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)):
        return repr(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return "'" + escaped.replace("\0", "\\0").replace("\x1a", "\\Z") + "'"


def document_files(export_zip: Path | str, *, account_key: str | None = None) -> dict[str, bytes]:
    """Return the attachments: path below V4's storage/documents => bytes.

    The recorded documents are a known picture and come out with their recorded SHA-1; of any other the bytes are made
    up, with the recorded size.
    """
    data = read_export(export_zip)
    if account_key is not None:
        replace_account_key(data, account_key)
    return {document["path"]: document_bytes(document) for document in data["documents"]}


def document_bytes(document: Row) -> bytes:
    """Return the bytes of one document: the red square where its hash says so."""
    picture = red_square()
    if hashlib.sha1(picture).hexdigest() == document["hash"]:  # noqa: S324 - V4's choice
        return picture
    return b"".join(filler(document["hash"], document["size"]))


def filler(seed: str, size: int) -> Iterator[bytes]:
    """Yield `size` bytes in all that depend on `seed` only."""
    block = b""
    while size > 0:
        block = hashlib.sha256(block + seed.encode()).digest()[:size]
        size -= len(block)
        yield block


def red_square() -> bytes:
    """Return a PNG of 8 x 8 red pixels: 75 bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xff\0\0" * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
