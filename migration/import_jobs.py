"""Which rows of V5's queue belong to the import of one company, and the names that its worker uses."""

from __future__ import annotations

import re

from .errors import MigrationError

# A job is known by the class that its payload names. `_` stands for one character, so that no backslash is needed.
IS_START = """payload LIKE '%"displayName":"App_%Jobs_%Util_%StartMigration"%'"""
STATE_ROOT = "/var/lib/ninjalift"  # root's: what was paused, the worker's own code
RUN_ROOT = "/run"  # the web user's: which job was taken


def checked_key(company_key: str) -> str:
    """Return the company key if it is one (V4 makes 32 letters and digits); raise MigrationError (company-key)."""
    if not re.fullmatch(r"[A-Za-z0-9]{8,64}", company_key):
        raise MigrationError(f"'{company_key}' is no company key: it has letters and digits only", id="company-key")
    return company_key


def unit_name(company_key: str) -> str:
    """Return the name of the transient unit that runs this company's import."""
    return f"ninjalift-import-{checked_key(company_key)[:8]}"


def queue_name(company_key: str) -> str:
    """Return the queue that only this company's worker reads."""
    return f"ninjalift-{checked_key(company_key)[:8]}"


def is_ours(company_key: str) -> str:
    """Return the SQL condition for a job that imports this company's archive.

    V4 and every uploader name the archive <company key>-<date>-invoiceninja.zip, and the job holds that name. Where PHP
    had dropped the upload it holds `false` (b:0), and then only that the job is new says whose it is.
    """
    return f"(payload LIKE '%{checked_key(company_key)}-%' OR payload LIKE '%filepath___b:0;%')"


def start_jobs(company_key: str, after: int = 0) -> str:
    """Return the SELECT for the StartMigration jobs newer than `after`; its column `ours` is 1 for this company's."""
    columns = f"id, queue, attempts, reserved_at, created_at, {is_ours(company_key)} AS ours"
    return f"SELECT {columns} FROM jobs WHERE id > {int(after)} AND {IS_START} ORDER BY id"  # noqa: S608 - checked parts
