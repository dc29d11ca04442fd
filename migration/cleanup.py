"""Removes what an import leaves on the V5 host: the public archive, the unpacked export, its job.

Upstream leaves the archive at public/storage/migrations/<company key>-<date>-invoiceninja.zip, readable by anybody over
HTTP, after a success too; a failed import leaves the unpacked migration.json beside it, with every password hash and
payment gateway credential of the client [facts.md].
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from . import counts, import_control, import_jobs, php_db
from .errors import MigrationError

FOLDER = "public/storage/migrations"

_DELETE = r"""
$pdo = ninja_connect($input);
foreach (['jobs', 'failed_jobs'] as $table) {
    $delete = $pdo->prepare("DELETE FROM $table WHERE id = ?");
    foreach ($input[$table] as $id) { $delete->execute([$id]); }
}
ninja_emit(['done' => true]);
"""


class Leftovers(NamedTuple):
    """files: below FOLDER. jobs, failed_jobs: ids of StartMigration rows. blank: companies (id, company_key)."""

    files: list[str]
    jobs: list[int]
    blank: list[dict[str, Any]]
    failed_jobs: Sequence[int] = ()


def files(root: Path, company_key: str) -> list[Path]:
    """Return this company's archives and unpacked exports; nothing else that lies there."""
    name = re.compile(rf"{import_jobs.checked_key(company_key)}-[\w.-]+")
    folder = Path(root) / FOLDER
    return sorted(path for path in folder.iterdir() if name.fullmatch(path.name)) if folder.is_dir() else []


def look(root: Path, company_key: str, marker: Mapping[str, Any], php: str, web_user: str) -> Leftovers:
    """Return what the import has left. marker: from the worker's start.

    Blank companies are those made since the marker that are switched off, empty, and not the migrated one. Without a
    marker ({}) no company is looked for, and only jobs that are parked in the queue of an import worker that is gone.
    Raises MigrationError (worker-runs) while the import goes on, and those of php_db.query.
    """
    unit = import_jobs.unit_name(company_key)
    if import_control.running(unit):
        raise MigrationError(f"The import is still running ({unit})", f"systemctl stop {unit}", "worker-runs")
    found = [str(path) for path in files(root, company_key)]
    if not marker:
        rows = php_db.query(root, {"jobs": import_jobs.start_jobs(company_key)}, php, user=web_user)["rows"]["jobs"]
        queue = import_jobs.queue_name(company_key)
        return Leftovers(found, [row["id"] for row in rows if row["queue"] == queue], [])
    empty = " AND ".join(f"id NOT IN (SELECT company_id FROM {table})" for table in counts.FILLED)  # noqa: S608
    queries = {
        "jobs": import_jobs.start_jobs(company_key, int(marker["jobs"])),
        "blank": f"SELECT id, company_key FROM companies WHERE id > {int(marker['companies'])} AND is_disabled = 1 "  # noqa: S608
        f"AND BINARY company_key <> '{company_key}' AND {empty}",
    }
    rows = php_db.query(root, queries, php, user=web_user)["rows"]
    return Leftovers(found, [row["id"] for row in rows["jobs"] if row["ours"] == 1], rows["blank"])


def remove(root: Path, left: Leftovers, php: str, web_user: str) -> None:
    """Remove the files and the jobs of `left`; companies are not touched. Raises MigrationError (cleanup-failed)."""
    for name in left.files:
        path = Path(name)
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise MigrationError(
                f"{path} cannot be removed: {error.strerror}", f"rm -rf {path}", "cleanup-failed"
            ) from None
    if left.jobs or left.failed_jobs:
        php_db.run_script(root, _DELETE, {"jobs": left.jobs, "failed_jobs": list(left.failed_jobs)}, php, web_user)
