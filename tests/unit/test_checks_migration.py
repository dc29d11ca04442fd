"""The checks of the group migration, over logs as V5 writes them."""

from __future__ import annotations

from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import DAY, HOUR, MINUTE, NOW, healthy_v4, healthy_v5

from diagnostics.checks.migration import log_time
from diagnostics.findings import WARN

IMPORT = "App\\Jobs\\Util\\StartMigration"
LINES = healthy_v5()["logs"]["import"]
KEY = healthy_v5()["database"]["companies"][0]["key"]
FIRST = {**healthy_v5()["database"]["companies"][0], "id": 1, "key": "<key:000001>", "blank": True, "imported": False}
TRY = {**FIRST, "id": 3, "key": "<key:000003>", "disabled": True, "age_seconds": HOUR}
ALONE: dict[str, Any] = {"queue__workers": [], "queue__units": []}
NONE = {"logs__import": [], "database__companies": [FIRST]}


def line(text: str, env: str = "production", level: str = "INFO", at: str = "2026-09-21 13:00:00") -> dict[str, str]:
    return {"at": at, "env": env, "level": level, "text": text}


def ended(*resources: str, env: str = "production", silent: int = HOUR, more: tuple = ()) -> dict[str, Any]:
    """An import that came as far as these resources, and when the log was last written."""
    lines = [line(f"Importing {each}", env) for each in resources]
    return {"logs__import": [*lines, *more], "logs__files__0__mtime": NOW - silent}


def job(reserved: int | None, age: int = HOUR) -> dict[str, Any]:
    row = {"id": 7, "queue": "default", "age_seconds": age, "reserved_seconds": reserved, "attempts": 0}
    return {"database__jobs__migration": [row]}


def failed(age: int, exception: str) -> dict[str, Any]:
    latest = [{"id": 4, "kind": IMPORT, "age_seconds": age, "exception": exception}]
    return {"database__failed_jobs": {"count": 1, "last_seconds": age, "by_kind": {}, "latest": latest}}


def export(kind: str, size: int, age: int, path: str = "storage/app/migrations/x.zip", public: bool = False) -> dict:
    return {"storage__exports": [{"path": path, "kind": kind, "bytes": size, "mtime": NOW - age, "public": public}]}


CASES = [
    Broken(
        "migration.last-import",
        "v5",
        ended("account", "company", "users", "clients", "invoices"),
        "The import ended at 'Importing invoices', after 4 resources: V5 in production hides the reason",
        "APP_ENV=migration EXPANDED_LOGGING=true",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**ended("account", "company"), "app__version": "5.10.30"},
        "V5 5.10.30 imports no company of V4",
        "./cli.py migrate CLIENT --force",
    ),
    Broken(
        "migration.last-import",
        "v5",
        ended(
            "account",
            "company",
            "clients",
            env="migration",
            more=(line("Missing resource key: clients_99999", "migration"),),
        ),
        "at 'Importing clients', after 2 resources: Missing resource key: clients_99999",
        "./cli.py migrate",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**ended("account", "clients"), **failed(HOUR - 60, "TypeError: transformId(): Argument #2")},
        "transformId(): Argument #2",
        "./cli.py migrate",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**NONE, **failed(HOUR, "ValueError: Invalid or uninitialized Zip object")},
        "The import ended before its first resource: ValueError: Invalid or uninitialized Zip object",
        "./cli.py migrate",
    ),
    Broken(
        "migration.last-import",
        "v5",
        failed(HOUR, "ValueError: Invalid or uninitialized Zip object"),
        "Invalid or uninitialized Zip object",
        "./cli.py migrate",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**NONE, **job(None), **ALONE},
        "The import was queued and never started",
        "queue:work database",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**ended("account", "clients"), **job(5 * HOUR), **ALONE},
        "The import hangs at 'Importing clients', after 1 resource: its worker has died, and its job 7 stays reserved",
        "DELETE FROM jobs WHERE reserved_at",
    ),
    Broken(
        "migration.last-import",
        "v5",
        {**ended("account", "clients", silent=HOUR), **job(HOUR + MINUTE)},
        "no sign of life for 3600 seconds",
        "./cli.py migrate",
    ),
    Broken(
        "migration.not-started",
        "v5",
        {"logs__import": [], "database__companies": [FIRST, TRY]},
        "V5 made a company for an upload 1 hour ago, and no 'Importing' followed",
        "upload_max_filesize",
    ),
    Broken(
        "migration.not-started",
        "v5",
        {"database__companies": [FIRST, TRY]},
        "no 'Importing' followed",
        "artisan queue:failed",
    ),
    Broken(
        "migration.exports-whole",
        "v5",
        export("zip", 0, HOUR, "public/storage/migrations/<key:9c1d22>-2026-09-21-invoiceninja.zip"),
        "0 bytes: the upload was larger than upload_max_filesize",
        "rm -rf public/storage/migrations/*",
    ),
    Broken("migration.exports-whole", "v4", export("zip", 152, HOUR), "is no UTF-8", "./cli.py verify CLIENT"),
    Broken(
        "migration.leftovers",
        "v4",
        export("zip", 5_000_000, 20 * DAY),
        "storage/app/migrations/x.zip (4.8 MiB): password hashes",
        "rm -f storage/app/migrations/x.zip",
        WARN,
    ),
    Broken(
        "migration.marks",
        "v5",
        {"migration__cache": [{"key": KEY, "state": "failed"}]},
        f"company 2 {KEY} failed in the last 24 hours",
        "./cli.py migrate",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("migration", CASES)


def test_a_host_without_any_import_is_well() -> None:
    said = find("migration.last-import", healthy_v5(), **NONE)
    assert (said.status, said.evidence) == ("pass", "No import has begun here")
    rotated = find("migration.last-import", healthy_v5(), logs__import=[])
    assert (rotated.status, "the log of the import is gone" in rotated.evidence) == ("pass", True)


@pytest.mark.parametrize(
    "changes",
    [
        {**ended("account", "clients", silent=5), **job(50)},
        {**ended("account", "clients", silent=5), "queue__driver": "sync"},
        {**ended("account", "clients", silent=5), "queue__driver": "redis"},
        {**NONE, **job(None, age=20)},
        {**NONE, **job(20), **ALONE},
        {
            **ended("account", "clients", env="migration", silent=5),
            **job(3 * HOUR),
            **ALONE,
            "migration__unit": {"name": "ninjalift-import", "state": "active"},
        },
    ],
    ids=["worker", "sync", "redis", "waits", "just taken", "Ninjalift's worker"],
)
def test_an_import_that_runs_is_well(changes: dict[str, Any]) -> None:
    said = find("migration.last-import", healthy_v5(), **changes)
    assert said.status == "pass", said


def test_sync_that_is_silent_for_long_has_ended() -> None:
    changes = {**ended("account", "clients"), "queue__driver": "sync"}
    assert find("migration.last-import", healthy_v5(), **changes).status == "fail"


def test_a_failed_job_of_before_the_import_is_not_its_own() -> None:
    said = find("migration.last-import", healthy_v5(), **failed(30 * DAY, "ValueError: zip"))
    assert said.status == "pass", said


def test_a_new_try_counts_more_than_the_import_that_was_completed() -> None:
    said = find("migration.last-import", healthy_v5(), **job(None), **ALONE)
    assert (said.status, "never started" in said.evidence) == ("fail", True)


def test_a_completed_import_whose_company_is_gone_was_completed() -> None:
    assert find("migration.last-import", healthy_v5(), database__companies=[FIRST]).status == "pass"


def test_the_company_of_an_import_that_began_is_no_upload_without_one() -> None:
    began = ended("account", "company")
    said = find("migration.not-started", healthy_v5(), **began, database__companies=[FIRST, TRY])
    assert said.status == "fail"  # its import began ten minutes before that company was made
    later = find(
        "migration.not-started",
        healthy_v5(),
        logs__import=[line("Importing account", at="2026-09-21 13:20:00")],
        database__companies=[FIRST, TRY],
    )
    assert later.status == "pass"
    old = {**TRY, "age_seconds": 3 * DAY}
    assert find("migration.not-started", healthy_v5(), database__companies=[FIRST, old]).status == "pass"


def test_every_import_leaves_a_mark_that_says_started() -> None:
    marks = [{"key": "<key:77aa00>", "state": "started"}, {"key": KEY, "state": "completed"}]
    assert find("migration.marks", healthy_v5(), migration__cache=marks).status == "pass"


def test_the_mark_of_an_earlier_try_is_history() -> None:
    marks = [{"key": TRY["key"], "state": "failed"}, {"key": KEY, "state": "completed"}]
    companies = [FIRST, healthy_v5()["database"]["companies"][0], TRY]
    assert find("migration.marks", healthy_v5(), migration__cache=marks, database__companies=companies).status == "pass"
    unfinished = ended("account", "company")
    said = find("migration.marks", healthy_v5(), migration__cache=marks, database__companies=companies, **unfinished)
    assert said.status == "fail"


def test_v4s_export_of_today_is_needed() -> None:
    assert find("migration.leftovers", healthy_v4(), **export("zip", 5_000_000, HOUR)).status == "pass"


def test_times_of_logs() -> None:
    assert log_time("2026-09-21 14:13:20") == log_time("2026-09-21T14:13:20.123456+00:00") == NOW
    assert log_time("yesterday") is None
    assert log_time("2026-99-21 13:33:20") is None
