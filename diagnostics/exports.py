"""What the exports on a host tell about the size of the migration that they are for."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Facts
from .units import MIB, rows

# Recorded: a migration.json of 731,534 bytes is a zip of 40,539.
JSON_PER_ZIP = 18
# Recorded: V5's import of 12 MB of JSON took 159 MB, V4's export of the same 123 MB, in 8 seconds.
IMPORT_MEMORY_PER_JSON, EXPORT_MEMORY_PER_JSON, EXPORT_JSON_PER_SECOND = 13, 10, 1.5 * MIB

# V4's exports are a few MB; that of 40,000 invoices is about 40. The vendor's Docker images take 10 MB in daily use.
UPLOAD_BYTES, ATTACHMENT_BYTES = 64 * MIB, 8 * MIB


@dataclass(frozen=True)
class Export:
    """An export: its path, the bytes of the zip that travels, and those of its migration.json; one is estimated."""

    path: str
    zip_bytes: int
    json_bytes: int


def newest_export(facts: Facts) -> Export | None:
    """The newest export on the host, None where there is none: exports are deleted after a migration."""
    exports = [each for each in rows(facts.get("storage/exports")) if each.get("bytes")]
    if not exports:
        return None
    newest = max(exports, key=lambda each: each.get("mtime") or 0)
    size, path = int(newest["bytes"]), str(newest.get("path") or "an export")
    if newest.get("kind") == "json":
        return Export(path, size // JSON_PER_ZIP, size)
    return Export(path, size, size * JSON_PER_ZIP)


def memory_of_import(export: Export) -> int:
    """Bytes that V5's import of it takes."""
    return export.json_bytes * IMPORT_MEMORY_PER_JSON


def memory_of_export(export: Export) -> int:
    """Bytes that V4 took to write it."""
    return export.json_bytes * EXPORT_MEMORY_PER_JSON


def seconds_of_export(export: Export) -> float:
    """Seconds that V4 takes to write it again, on 2 cores."""
    return export.json_bytes / EXPORT_JSON_PER_SECOND


def upload_wanted(facts: Facts) -> int:
    """Bytes that V5 should take in one upload at least: an export, or attachments where one came already."""
    return ATTACHMENT_BYTES if newest_export(facts) or imported(facts) else UPLOAD_BYTES


def imported(facts: Facts) -> bool:
    """Whether V5 has a company that came from V4."""
    return any(each.get("imported") for each in rows(facts.get("database/companies")))
