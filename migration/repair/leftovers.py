"""Finds and removes what failed tries of a migration leave on the V5 host, whichever company they were for.

Archives and unpacked exports below public/storage/migrations (readable by anybody, with password hashes and gateway
credentials), StartMigration jobs that no worker can ever finish, their rows in failed_jobs, and what a killed run left
paused. Blank companies are found here and removed over V5's API. While an import runs or waits, nothing is a leftover.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any, Iterable, Mapping

from .. import cleanup, counts, import_control, import_jobs, pause, php_db
from ..errors import MigrationError
from .steps import left, step

PART = "leftovers"
_NAME = re.compile(r"[A-Za-z0-9]{1,64}-\d{4}-\d{2}-\d{2}[\w.-]*")  # <company key>-<date>-invoiceninja[.zip]
_FILE = re.compile(r'filepath";(?:s:\d+:"([^"]*)"|(b:0);)')
_ROWS = 100_000
# What V5 itself gives to every new company (CreateCompany and the jobs behind it), or writes about it.
_ITS_OWN = (
    "accounts",
    "activities",
    "company_tokens",
    "company_user",
    "payment_terms",
    "system_logs",
    "task_statuses",
    "users",
)


def look(root: Path, company_key: str, php: str, web_user: str) -> dict[str, Any]:
    """What is left on the V5 in `root`; changes nothing. Run it as root.

    Returns `busy` (why nothing may be touched, or ""), `files` (paths), `jobs` and `failed_jobs` ([{id, why}]),
    `blank_companies` ([{company_key, created_at}], without data, switched off, no account's first or default one, and
    not `company_key`), `paused` (whether a killed run left workers paused). Raises MigrationError as php_db.query does.
    """
    found: dict[str, Any] = {
        "busy": "",
        "files": [],
        "jobs": [],
        "failed_jobs": [],
        "blank_companies": [],
        "paused": False,
    }
    units = [unit for unit in import_control.units_of(root) if import_control.running(unit)]
    if units:
        return {**found, "busy": f"an import is running ({units[0]})"}
    columns = "SELECT TABLE_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() "
    queries = {
        "jobs": f"SELECT id, queue, reserved_at, payload FROM jobs WHERE {import_jobs.IS_START} ORDER BY id",  # noqa: S608
        "failed": f"SELECT id, failed_at FROM failed_jobs WHERE {import_jobs.IS_START} ORDER BY id",  # noqa: S608
        "tables": columns + "AND COLUMN_NAME = 'company_id'",
    }
    rows = php_db.query(root, queries, php, _ROWS, user=web_user)["rows"]
    since = _workers_since(root)
    for job in rows["jobs"]:
        why = dead(job, Path(root) / "public/storage", since)
        if not why:
            return {**found, "busy": f"V5's job {job['id']} is an import that waits or runs"}
        found["jobs"].append({"id": int(job["id"]), "why": why})
    found["failed_jobs"] = [{"id": int(row["id"]), "why": f"failed at {row['failed_at']}"} for row in rows["failed"]]
    found["files"] = [str(path) for path in files(root)]
    found["paused"] = import_control.needs_repair(root)
    blank = {"blank": blank_query(company_key, [row["name"] for row in rows["tables"]])}
    found["blank_companies"] = php_db.query(root, blank, php, _ROWS, user=web_user)["rows"]["blank"]
    return found


def files(root: Path) -> list[Path]:
    """Archives and unpacked exports of any company; nothing else that lies there."""
    folder = Path(root) / cleanup.FOLDER
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name)) if folder.is_dir() else []


def dead(job: Mapping[str, Any], storage: Path, workers_since: Iterable[float]) -> str:
    """Why no worker can ever finish a StartMigration job, or "" where one may.

    job: id, queue, reserved_at (Unix time or None), payload. workers_since: when each running queue worker began. A
    worker that reserved a job and died leaves it reserved for ever (retry_after is 90,000,000 s), and one that lives
    has begun before it reserved the job.
    """
    seen = _FILE.search(json.loads(job["payload"]).get("data", {}).get("command", ""))
    if job["reserved_at"] is not None:
        if any(began <= int(job["reserved_at"]) + 1 for began in workers_since):
            return ""
        return "its worker died"
    if str(job["queue"]).startswith("ninjalift-"):
        return "its worker is gone, and no other reads its queue"
    if seen and (seen[2] or not (storage / seen[1]).is_file()):
        return "its archive is gone"
    return ""


def _workers_since(root: Path) -> list[float]:
    """The Unix times at which the application's running queue workers began."""
    began = []
    for process in pause.processes(root, pause.V5_QUEUE.running):
        try:
            fields = (pause.PROC / str(process.pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks = float(fields[19]) / os.sysconf("SC_CLK_TCK")
        began.append(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks)
    return began


def blank_query(company_key: str, tables: Iterable[str]) -> str:
    """SQL for the blank companies. tables: all that have a column company_id; one row in any of them is data."""
    holding = sorted({str(name) for name in tables} - set(_ITS_OWN))
    if not set(counts.FILLED) <= set(holding):
        raise MigrationError(
            "V5's database lacks tables that it must have", "./cli.py provision CLIENT", "schema-unknown"
        )
    empty = " ".join(
        f"AND c.id NOT IN (SELECT company_id FROM `{name}` WHERE company_id IS NOT NULL)"  # noqa: S608
        for name in holding
    )
    return (
        "SELECT c.company_key, c.created_at FROM companies c WHERE c.is_disabled = 1 "  # noqa: S608
        f"AND BINARY c.company_key <> '{counts.checked_key(company_key)}' "
        "AND c.id > (SELECT MIN(o.id) FROM companies o WHERE o.account_id = c.account_id) "
        "AND c.id NOT IN (SELECT a.default_company_id FROM accounts a WHERE a.default_company_id IS NOT NULL) "
        f"{empty} ORDER BY c.id"
    )


def plan(found: Mapping[str, Any], company_key: str) -> tuple[list, list]:
    """The steps, and what is left with the reason. found: from `look`."""
    if found["busy"]:
        return [], [
            left(PART, "leftovers/busy", f"Nothing is a leftover while {found['busy']}", "./cli.py migrate CLIENT")
        ]
    steps = []
    if found["paused"]:
        steps.append(
            step(PART, "leftovers/paused", "Bring back cron and queue, which a killed run left paused", "", {})
        )
    for path in found["files"]:
        title = f"Remove the export {path}, which anybody can read over HTTP"
        steps.append(
            step(PART, f"leftovers/files/{Path(path).name}", title, "this copy of the data; V4 has it", {"path": path})
        )
    for kind, name in (("jobs", "job"), ("failed_jobs", "failed job")):
        for job in found[kind]:
            title = f"Remove V5's {name} {job['id']} of an old migration ({job['why']})"
            steps.append(step(PART, f"leftovers/{kind}/{job['id']}", title, "its record in V5", {"id": job["id"]}))
    for company in found["blank_companies"]:
        key = company["company_key"]
        title = f"Delete the blank company {key}, left by a failed try of {company['created_at']}"
        steps.append(
            step(PART, f"leftovers/companies/{key}", title, "a company without any data", {"company_key": key})
        )
    return steps, []


def remove(root: Path, company_key: str, ids: Iterable[str], php: str, web_user: str) -> dict[str, list]:
    """Remove those files and jobs of the plan that are still leftovers; return what was removed.

    ids: the ids of the plan's steps. Returns `files`, `jobs` and `failed_jobs`.
    Raises MigrationError (import-runs, cleanup-failed).
    """
    planned = set(ids)
    found = look(root, company_key, php, web_user)
    if found["busy"]:
        raise MigrationError(
            f"Nothing was removed, for {found['busy']}", "./cli.py repair CLIENT leftovers", "import-runs"
        )
    steps, _ = plan(found, company_key)
    mine = [one for one in steps if one["id"] in planned]
    paths = [one["data"]["path"] for one in mine if one["id"].startswith("leftovers/files/")]
    jobs = [one["data"]["id"] for one in mine if one["id"].startswith("leftovers/jobs/")]
    failed = [one["data"]["id"] for one in mine if one["id"].startswith("leftovers/failed_jobs/")]
    cleanup.remove(root, cleanup.Leftovers(paths, jobs, [], failed), php, web_user)
    return {"files": paths, "jobs": jobs, "failed_jobs": failed}
