"""How the last import into V5 stands, by its log, the queue, the cache's marks and what lies on the disk."""

from __future__ import annotations

import re
import shlex
from calendar import timegm
from time import strptime
from typing import Any

from migration import watch

from .. import remedy
from ..check import FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import count, in_bytes, rows, some, span
from . import queue
from .application import IMPORTS_NOTHING, numbers

# The import writes a line for each resource. The longest, a company's invoices, took 42 ms each [facts.md]: ten
# thousand of them are silent for seven minutes.
SILENT_SECONDS = 30 * 60
# V4's own export lies outside of what is served; it is needed until the migration is over.
V4_EXPORT_SECONDS = 7 * 86400
# A try of yesterday is no ticket of today.
TRY_SECONDS = 86400
# V4's zip with a migration.json of 0 bytes has 150; the smallest whole one has some thousands.
EMPTY_ZIP_BYTES = 1024
_IN_TABLE = ("database",)


def read_log(facts: Facts) -> watch.ImportLog:
    """The newest import's lines, as the watch over a running import reads them."""
    log = watch.ImportLog()
    for each in rows(facts.get("logs/import")):
        text = f"[{each.get('at')}] {each.get('env')}.{each.get('level')}: {each.get('text')}\n"
        log.feed(text.encode("utf-8", "replace"))
    return log


def log_time(text: str) -> int | None:
    """A log's own time as seconds since 1970, taken for UTC, which V5's is unless SERVER_TIMEZONE says otherwise."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)", text)
    try:
        return timegm(strptime(" ".join(found.groups()), "%Y-%m-%d %H:%M:%S")) if found else None
    except ValueError:
        return None


def _run(log: watch.ImportLog) -> watch.Run | None:
    return max(log.runs.values(), key=lambda run: run.started_at, default=None)


def _silent(facts: Facts, run: watch.Run) -> int:
    """Seconds since the import's last sign. Its log's time of change is by the host's clock, and may be another's."""
    times = [int(each["mtime"]) for each in _laravel_logs(facts) if each.get("mtime")]
    last = max(times, default=log_time(run.last_at) or facts.now)
    return max(facts.now - last, 0)


def _laravel_logs(facts: Facts) -> list[dict[str, Any]]:
    return [each for each in rows(facts.get("logs/files")) if re.search(r"laravel[^/]*\.log$", str(each.get("name")))]


def _began(facts: Facts, run: watch.Run | None) -> int:
    """Since when a failed job is the newest import's: since that began, or since the last one was completed."""
    if run is None:
        return facts.now - queue.FAILED_RECENT_SECONDS
    if run.finished_at:
        return (log_time(run.finished_at) or 0) + queue.SLACK_SECONDS
    return log_time(run.started_at) or 0


def _seen(facts: Facts, run: watch.Run | None) -> watch.Seen:
    """The facts in the words of the watch."""
    jobs = rows(facts.get("database/jobs/migration"))
    job = max(jobs, key=lambda each: int(each.get("id") or 0), default=None)
    row = None
    if job:
        held = job.get("reserved_seconds")
        row = {
            "id": job.get("id"),
            "queue": job.get("queue"),
            "reserved_at": None if held is None else facts.now - int(held),
        }
    began = _began(facts, run)
    failed = [
        {"id": each.get("id"), "head": str(each.get("exception", ""))}
        for each in rows(facts.get("database/failed_jobs/latest"))
        if "StartMigration" in str(each.get("kind")) and facts.now - int(each.get("age_seconds") or 0) >= began
    ]
    unit = facts.get("migration/unit", {})
    return watch.Seen(
        queue="",
        job=row,
        failed=failed[0] if failed and not row else None,  # a job that is there is a newer try
        # Whether the company is still there is no longer the import's business once it was completed.
        company={"id": 0, "is_disabled": None},
        unit={"ActiveState": unit.get("state", "active")} if unit else {},
        expected=True,
    )


def judge(facts: Facts) -> tuple[str, str, list[str]]:
    """How the newest import stands: its state as watch.judge() has it (or ``none``), in words, and the evidence."""
    log = read_log(facts)
    run = _run(log)
    seen = _seen(facts, run)
    if run and run.finished_at and (seen.job or seen.failed):
        log, run = watch.ImportLog(), None  # after the import that was completed came another one
    if not run and not seen.job and not seen.failed:
        return "none", "", []
    silent = _silent(facts, run) if run else 0
    said = watch.judge(log, seen, silent, SILENT_SECONDS)
    state, message = said["state"], said["message"]
    table = facts.get("queue/driver", "database") in _IN_TABLE
    if state == "failed" and run and not seen.failed and not table and silent < SILENT_SECONDS:
        state = "running"  # no row shows whether it still runs
    held = seen.job and seen.job["reserved_at"]
    if state in ("running", "stuck") and held and facts.get("queue/workers") is not None:
        reserved = facts.now - held
        if (
            not seen.unit
            and reserved > queue.SLACK_SECONDS
            and queue.abandoned(facts, reserved)
            and not queue.elsewhere(facts)
        ):
            state, message = "stuck", f"its worker has died, and its job {seen.job['id']} stays reserved"
    proof = [line for line in watch.evidence(log, seen) if not line.startswith("companies:")]
    return state, _where(said) + (f": {message}" if message else ""), proof


def _where(said: dict[str, Any]) -> str:
    if not said["resource"]:
        return "before its first resource"
    return f"at 'Importing {said['resource']}', after {count(len(said['resources_done']), 'resource')}"


@check("migration.last-import", "The last import was completed", needs=("logs/import", "time/epoch"), kinds=("v5",))
def last_import(facts: Facts) -> Fine | Trouble:
    state, words, proof = judge(facts)
    evidence = "\n".join(proof)
    if state == "none":
        imported = [each for each in rows(facts.get("database/companies")) if each.get("imported")]
        if imported:
            return Fine(f"{count(len(imported), 'company', 'companies')} from V4; the log of the import is gone")
        return Fine("No import has begun here")
    if state == "completed":
        return Fine(evidence)
    if state == "running":
        return Fine(f"An import runs, {words}\n{evidence}")
    if state == "queued":
        waits = (
            queue.migration_job(facts) if facts.get("database/jobs/migration") and facts.get("queue/driver") else None
        )
        if not isinstance(waits, Trouble):
            return Fine(f"An import waits for its worker\n{evidence}")
        return Trouble(f"The import was queued and never started\n{evidence}", waits.remedy)
    if state == "stuck":
        job = rows(facts.get("database/jobs/migration"))
        free = (
            queue.release(facts, max((int(each.get("reserved_seconds") or 0) for each in job), default=0))
            if job
            else ""
        )
        return Trouble(f"The import hangs {words}\n{evidence}", f"{free}\n{_again(facts)}".strip())
    have = numbers(facts.version)
    if have and IMPORTS_NOTHING[0] <= have <= IMPORTS_NOTHING[1]:
        evidence += f"\nV5 {facts.version} imports no company of V4 (application.imports)"
    return Trouble(f"The import ended {words}\n{evidence}", _again(facts))


def _again(facts: Facts) -> str:
    """Sending it again is V4's or Ninjalift's work; this host's is a worker that says why it ends."""
    return (
        "# in the project's folder, which also says why it ends: ./cli.py migrate CLIENT --force COMPANY_NAME\n"
        "# or send it again from V4, with Force migration, and let this worker take it, which logs the reason:\n"
        f"{remedy.import_worker(facts)}; {remedy.in_root(facts, 'tail -n 5 storage/logs/laravel.log')}"
    )


@check(
    "migration.not-started",
    "Every upload became an import",
    needs=("database/companies", "logs/import", "time/epoch"),
    kinds=("v5",),
)
def not_started(facts: Facts) -> Fine | Trouble:
    companies = rows(facts["database/companies"])
    first = {
        min(int(each.get("id") or 0) for each in companies if each.get("account_id") == account)
        for account in {each.get("account_id") for each in companies}
    }
    if facts.get("database/jobs/migration") or facts.get("migration/unit"):
        return Fine("An import waits or runs (migration.last-import)")
    run = _run(read_log(facts))
    began = log_time(run.started_at) if run else None
    tries = [
        each
        for each in companies
        if each.get("blank")
        and each.get("disabled")
        and each.get("id") not in first
        and int(each.get("age_seconds") or 0) <= TRY_SECONDS
        and (began is None or began < facts.now - int(each.get("age_seconds") or 0) - queue.SLACK_SECONDS)
    ]
    if not tries:
        return Fine()
    newest = min(int(each.get("age_seconds") or 0) for each in tries)
    return Trouble(
        f"V5 made a company for an upload {span(newest)} ago, and no 'Importing' followed: V4 said that the migration"
        " has started, and it never did",
        f"{_limits(facts)}\n{remedy.artisan(facts, 'queue:failed')}",
    )


def _limits(facts: Facts) -> str:
    binary = facts.get("php/web/binary") or facts.get("php/cli/path") or "php"
    return f"{shlex.quote(str(binary))} -i | grep -E '^(upload_max_filesize|post_max_size) '"


@check("migration.exports-whole", "No export is empty", needs=("storage/exports",))
def exports_whole(facts: Facts) -> Fine | list[Trouble]:
    zips = [each for each in rows(facts["storage/exports"]) if each.get("kind") == "zip"]
    if facts.kind == "v5":
        empty = [each for each in zips if each.get("bytes") == 0]
        said = (
            "0 bytes: the upload was larger than upload_max_filesize, PHP dropped it, and V5 answered 200 all the same"
        )
        mend = f"{_limits(facts)}\n{_remove(facts, empty)}"
    else:
        empty = [each for each in zips if (each.get("bytes") or 0) < EMPTY_ZIP_BYTES]
        said = "its migration.json is empty: some text in V4 is no UTF-8, and json_encode gave up"
        mend = "# in the project's folder, which names the rows: ./cli.py verify CLIENT\n" + _remove(facts, empty)
    if not empty:
        return Fine()
    return [
        Trouble(
            "\n".join(f"{each.get('path')}: {in_bytes(each.get('bytes') or 0)}" for each in empty) + f"\n{said}", mend
        )
    ]


def _remove(facts: Facts, exports: list[dict[str, Any]]) -> str:
    names = " ".join(shlex.quote(str(each.get("path"))) for each in exports if "<" not in str(each.get("path")))
    if len(exports) == len(names.split()):
        return remedy.in_root(facts, f"rm -f {names}")
    # The account's key in a name does not travel.
    folders = {str(each.get("path")).rpartition("/")[0] for each in exports}
    return "\n".join(
        remedy.in_root(facts, f"ls -la {shlex.quote(each)} && rm -rf {shlex.quote(each)}/*") for each in folders
    )


@check(
    "migration.leftovers",
    "V4 keeps no old export",
    needs=("storage/exports", "time/epoch"),
    severity=WARN,
    kinds=("v4",),
)
def leftovers(facts: Facts) -> Fine | Trouble:
    old = [
        each for each in rows(facts["storage/exports"]) if facts.now - int(each.get("mtime") or 0) > V4_EXPORT_SECONDS
    ]
    if not old:
        return Fine()
    names = some((f"{each.get('path')} ({in_bytes(each.get('bytes') or 0)})" for each in old), 3)
    return Trouble(f"{names}: password hashes and payment gateways' credentials, readable as text", _remove(facts, old))


@check(
    "migration.marks",
    "No company has the mark of a failed import",
    needs=("migration/cache", "time/epoch"),
    kinds=("v5",),
)
def marks(facts: Facts) -> Fine | Trouble | Skip:
    # Every import leaves a mark 'started' under the key that its company had before; only 'failed' says something.
    failed = [str(each.get("key")) for each in rows(facts["migration/cache"]) if each.get("state") == "failed"]
    if not failed:
        return Fine(some(str(each.get("state")) for each in rows(facts["migration/cache"])))
    companies = facts.get("database/companies")
    state = judge(facts)[0]
    if companies is None:
        hit = [] if state == "completed" else failed
    else:
        hit = [
            f"company {each.get('id')} {each.get('key')}"
            for each in companies
            if each.get("key") in failed and not (each.get("blank") and state == "completed")
        ]
    if not hit:
        return Fine("The mark of an earlier try is there; the newest import was completed, or its company is gone")
    return Trouble(
        f"The import of {some(hit)} failed in the last 24 hours; V5 mailed the reason to the owner",
        _again(facts),
        "" if facts.get("logs/import") is not None else FAIL,
    )
