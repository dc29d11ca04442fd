"""V4's export: a zip with one ``migration.json``. Read it whole before it is sent, in constant memory.

V4 does not check what it writes: invalid UTF-8 in the data makes an empty file, a full disk a short one, and V5 answers
200 to both. So the zip is read to its last byte (its checksum included) and the JSON to its last bracket.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from decimal import Decimal, InvalidOperation
from pathlib import Path

from .errors import MigrationError
from .json_stream import JsonStream, JsonStreamError

MEMBER = "migration.json"
EXPORT_AGAIN = "./cli.py migrate CLIENT"

# Which amounts of which resource are summed (V4's names, GenerateMigrationResources).
SUMS = {
    "invoices": ("amount", "balance"),
    "quotes": ("amount",),
    "recurring_invoices": ("amount",),
    "payments": ("amount", "applied", "refunded"),
    "credits": ("amount", "balance"),
    "expenses": ("amount",),
}


class _Tally:
    """Counts and sums of one resource while its records pass by."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.count = self.deleted = self.archived = 0
        self.sums = {field: Decimal(0) for field in SUMS.get(resource, ())}
        self.contacts = 0
        self.documents = {"invoices": 0, "expenses": 0, "other": 0, "bytes": 0}
        self.first = None

    def add(self, record) -> None:
        self.count += 1
        if not isinstance(record, dict):
            return
        if self.resource == "users" and (
            self.first is None or _number(record.get("id")) < _number(self.first.get("id"))
        ):
            self.first = record
        if record.get("is_deleted"):
            self.deleted += 1
        elif record.get("deleted_at"):
            self.archived += 1
        for field in self.sums:
            self.sums[field] += _number(record.get(field))
        if isinstance(record.get("contacts"), list):
            self.contacts += len(record["contacts"])
        if self.resource == "documents":
            kind = "expenses" if record.get("expense_id") else "invoices" if record.get("invoice_id") else "other"
            self.documents[kind] += 1
            self.documents["bytes"] += int(_number(record.get("size")))


def _number(value) -> Decimal:
    """V4 writes amounts as text or as numbers, and null for none."""
    try:
        number = Decimal(0) if value is None or isinstance(value, bool) else Decimal(str(value) or "0")
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def manifest(path) -> dict:
    """Read an export to its end, checksum included, and say what is in it.

    Returns ``company_key``, ``company_name``, ``owner_email`` (the user with the lowest id), ``v4_version``, ``counts``
    (per resource, with ``client_contacts`` and ``vendor_contacts``), ``sums`` (per resource and field, decimal numbers
    as text), ``documents`` (of invoices and quotes, of expenses, other, and their bytes), ``deleted`` and ``archived``
    (rows per resource that V4 only marked), ``bytes`` (of the zip) and ``json_bytes``. Raises MigrationError where the
    export cannot be imported.
    """
    path = Path(path)
    tallies, heads, json_bytes = _read(path)
    company = heads.get("company") if isinstance(heads.get("company"), dict) else {}
    settings = company.get("settings") if isinstance(company.get("settings"), dict) else {}
    if not company.get("company_key"):
        raise MigrationError(
            f"The export {path} names no company: data.company.company_key is missing",
            EXPORT_AGAIN,
            "export-incomplete",
        )
    counts = {resource: tally.count for resource, tally in tallies.items()}
    for resource, name in (("clients", "client_contacts"), ("vendors", "vendor_contacts")):
        if resource in tallies:
            counts[name] = tallies[resource].contacts
    users = tallies.get("users")
    documents = tallies.get("documents")
    return {
        "company_key": str(company["company_key"]),
        "company_name": str(settings.get("name") or ""),
        "owner_email": str((users.first or {}).get("email") or "") if users else "",
        "v4_version": str(company.get("version") or ""),
        "counts": counts,
        "sums": {
            resource: {field: _plain(total) for field, total in tally.sums.items()}
            for resource, tally in tallies.items()
            if tally.sums
        },
        "documents": documents.documents if documents else _Tally("documents").documents,
        "deleted": {resource: tally.deleted for resource, tally in tallies.items() if tally.deleted},
        "archived": {resource: tally.archived for resource, tally in tallies.items() if tally.archived},
        "bytes": path.stat().st_size,
        "json_bytes": json_bytes,
    }


def _plain(number: Decimal) -> str:
    """A sum as text, with at least two decimals and no exponent."""
    exponent = number.as_tuple().exponent
    return f"{number.quantize(Decimal('0.01')) if exponent > -2 else number:f}"


def _read(path: Path):
    """Walk the export; returns the tallies by resource, the small objects (account, company), and the JSON's size."""
    try:
        with zipfile.ZipFile(path) as archive:
            info = _member(archive, path)
            with archive.open(info) as raw, io.TextIOWrapper(raw, "utf-8") as text:
                tallies, heads = _walk(JsonStream(text), path)
            return tallies, heads, info.file_size
    except FileNotFoundError:
        raise MigrationError(f"V4 wrote no export: {path} does not exist", EXPORT_AGAIN, "export-missing") from None
    except OSError as error:
        raise MigrationError(
            f"The export {path} cannot be read: {error.strerror or error}", f"ls -l {path}", "archive-unreadable"
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _bad_zip(path, error) from None
    except UnicodeDecodeError:
        raise MigrationError(f"{MEMBER} in {path} is not UTF-8", EXPORT_AGAIN, "export-not-json") from None
    except JsonStreamError as error:
        if error.truncated:
            raise MigrationError(
                f"{MEMBER} in {path} is cut short ({error}); was the disk full?", EXPORT_AGAIN, "export-truncated"
            ) from None
        raise MigrationError(f"{MEMBER} in {path} is not JSON: {error}", EXPORT_AGAIN, "export-not-json") from None


def _bad_zip(path: Path, error: Exception) -> MigrationError:
    with path.open("rb") as stream:
        begins_as_zip = stream.read(4) == b"PK\x03\x04"
    if begins_as_zip and "not a zip" in str(error):
        return MigrationError(
            f"The export {path} is cut short: a zip's table of contents is missing at its end",
            EXPORT_AGAIN,
            "zip-truncated",
        )
    reason = "a checksum does not match" if "CRC" in str(error) else "it is not a zip that can be read"
    return MigrationError(f"The export {path} is damaged: {reason}", EXPORT_AGAIN, "zip-corrupt")


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    names = [info.filename for info in archive.infolist()]
    if names.count(MEMBER) != 1 or len(names) != 1:
        inside = ", ".join(sorted(names)[:5]) or "nothing"
        raise MigrationError(
            f"The export {path} must hold one {MEMBER} and holds {inside}", EXPORT_AGAIN, "migration-json-missing"
        )
    info = archive.getinfo(MEMBER)
    if info.file_size == 0:
        raise MigrationError(
            f"{MEMBER} in {path} is empty: V4 could not write its data as JSON, because some text in it is not UTF-8",
            "./cli.py verify CLIENT",
            "v4-json-encode-false",
        )
    return info


def _walk(stream: JsonStream, path: Path):
    """The tallies and the small objects of ``{"data": {…}}``; the web wizard adds a ``force`` beside ``data``."""
    tallies, heads, found = {}, {}, False
    for key in stream.members():
        if key != "data" or stream.peek() != "{":
            stream.value()
            continue
        found = True
        for resource in stream.members():
            if stream.peek() != "[":
                heads[resource] = stream.value()
                continue
            tally = tallies[resource] = _Tally(resource)
            for record in stream.items():
                tally.add(record)
    stream.finish()
    if not found:
        raise MigrationError(f"{MEMBER} in {path} has no data", EXPORT_AGAIN, "export-incomplete")
    return tallies, heads
