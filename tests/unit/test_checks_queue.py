"""The checks of the group queue."""

from __future__ import annotations

from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import DAY, GONE, HOUR, MINUTE, NOW, healthy_v5

from diagnostics.findings import WARN

WORKER = healthy_v5()["queue"]["workers"][0]
IMPORT = "App\\Jobs\\Util\\StartMigration"
ALONE: dict[str, Any] = {"queue__workers": [], "queue__units": []}


def waits(seconds: int, count: int = 3, queue: str = "default") -> dict[str, Any]:
    return {
        "database__jobs__count": count,
        "database__jobs__waiting": count,
        "database__jobs__oldest_waiting_seconds": seconds,
        "database__jobs__by_kind": {"App\\Jobs\\Mail\\NinjaMailerJob": count},
        "database__jobs__queues": {queue: count},
    }


def reserved(seconds: int) -> dict[str, Any]:
    return {
        "database__jobs__count": 1,
        "database__jobs__reserved": 1,
        "database__jobs__oldest_reserved_seconds": seconds,
        "database__jobs__queues": {"default": 1},
    }


def migration(**row: Any) -> dict[str, Any]:
    whole = {"id": 7, "queue": "default", "age_seconds": 600, "reserved_seconds": None, "attempts": 0, **row}
    return {"database__jobs__migration": [whole]}


def failed(kind: str, age: int, count: int = 1) -> dict[str, Any]:
    latest = {"id": 4, "kind": kind, "age_seconds": age, "exception": "TypeError: Argument #2"}
    return {
        "database__failed_jobs": {"count": count, "last_seconds": age, "by_kind": {kind: count}, "latest": [latest]},
    }


CASES = [
    Broken(
        "queue.driver", "v5", {"queue__driver": "sync"}, "inside the web request", "QUEUE_CONNECTION=database", WARN
    ),
    Broken("queue.driver", "v5", {"queue__driver": "null"}, "no job is ever done", "QUEUE_CONNECTION=database"),
    Broken(
        "queue.redis",
        "v5",
        {"queue__driver": "redis", "queue__redis": {"host": "127.0.0.1", "port": 6379, "answers": False}},
        "127.0.0.1:6379, which does not answer",
        "redis-cli -h 127.0.0.1 -p 6379 ping",
    ),
    Broken("queue.jobs-drain", "v5", {**waits(HOUR), **ALONE}, "no worker runs", "INTERNAL_QUEUE_ENABLED=true"),
    Broken(
        "queue.jobs-drain",
        "v5",
        {**waits(HOUR), "queue__workers": [], "queue__units__0__state": "failed"},
        "3 jobs waiting, the oldest for 1 hour (3 App\\Jobs\\Mail\\NinjaMailerJob)",
        "systemctl enable --now invoiceninja-v5-queue.service",
    ),
    Broken(
        "queue.jobs-drain",
        "v5",
        {**waits(HOUR), **ALONE, "queue__internal": True},
        "the schedule, which should start one every minute, does not",
        "queue:work database --stop-when-empty",
    ),
    Broken("queue.jobs-drain", "v5", waits(HOUR), "which does not take them", "queue:work database"),
    Broken("queue.jobs-drain", "v5", {**reserved(900), **waits(900)}, "behind a job that has run", "laravel.log", WARN),
    Broken("queue.jobs-drain", "v5", {**waits(HOUR), "app__maintenance": True}, "in maintenance", "artisan up", WARN),
    Broken(
        "queue.names", "v5", waits(HOUR, 40, "scout"), "40 jobs in 'scout': no worker", "--queue=default,scout", WARN
    ),
    Broken(
        "queue.stuck",
        "v5",
        {**reserved(5 * DAY), **ALONE},
        "reserved, the oldest 5 days ago, and no worker is alive; V5 would give it back after 1041 days",
        "UPDATE jobs SET reserved_at = NULL",
    ),
    Broken("queue.stuck", "v5", reserved(5 * HOUR), "all 1 worker began later", "DELETE FROM jobs WHERE reserved_at"),
    Broken(
        "queue.stuck",
        "v5",
        {**reserved(8 * HOUR), "queue__workers__0__age_seconds": 9 * HOUR},
        "A worker has had a job for 8 hours",
        "SELECT id, queue, attempts",
        WARN,
    ),
    Broken(
        "queue.stuck",
        "v5",
        {**reserved(HOUR), **ALONE, "host__container": "docker"},
        "no worker is alive",
        "UPDATE jobs",
        WARN,
    ),
    Broken(
        "queue.migration-job",
        "v5",
        {**migration(), **ALONE},
        "The import (job 7) has waited for 10 minutes, and has not begun: no worker runs",
        "APP_ENV=migration EXPANDED_LOGGING=true",
    ),
    Broken("queue.migration-job", "v5", migration(), "which does not take them", "queue:work database"),
    Broken(
        "queue.failed-jobs",
        "v5",
        failed("App\\Jobs\\Mail\\NinjaMailerJob", 2 * HOUR),
        "1 failed job, the newest 2 hours ago\nApp\\Jobs\\Mail\\NinjaMailerJob 2 hours ago: TypeError: Argument #2",
        "queue:retry all",
        WARN,
    ),
    Broken(
        "queue.failed-jobs", "v5", failed(IMPORT, DAY), "an import is among them", "FROM failed_jobs WHERE id IN (4)"
    ),
    Broken("queue.worker", "v5", ALONE, "No worker runs for /var/www/invoiceninja", "INTERNAL_QUEUE_ENABLED=true"),
    Broken(
        "queue.worker",
        "v5",
        {**ALONE, "queue__workers": [{**WORKER, "this_root": False}]},
        "(another directory)",
        "queue:work",
    ),
    Broken(
        "queue.worker",
        "v5",
        {"queue__workers": [], "queue__units__0__state": "failed"},
        "invoiceninja-v5-queue.service is failed",
        "systemctl enable --now invoiceninja-v5-queue.service",
    ),
    Broken(
        "queue.worker",
        "v5",
        {"queue__workers": [], "queue__units": [{"name": "supervisor queue", "state": "stopped", "enabled": True}]},
        "supervisor queue is stopped",
        "supervisorctl start queue:*",
    ),
    Broken("queue.worker", "v5", {"queue__units__0__restarts": 900}, "restarted 900 times", "journalctl -u", WARN),
    Broken("queue.worker", "v5", {"queue__units__0__enabled": False}, "does not start with", "systemctl enable", WARN),
    Broken("queue.worker", "v5", {**ALONE, "host__container": "docker"}, "No worker is in this", "supervisorctl", WARN),
    Broken("queue.worker-user", "v5", {"queue__workers__0__user": "root"}, "runs as root", "User=www-data"),
    Broken(
        "queue.worker-user", "v5", {"queue__workers__0__user": "deploy"}, "runs as deploy", "chown -R www-data", WARN
    ),
    Broken(
        "queue.mutex",
        "v5",
        {**ALONE, "queue__internal": True, "queue__mutex_age_seconds": 2 * HOUR},
        "The lock is 2 hours old and no worker runs",
        "artisan schedule:clear-cache",
    ),
    Broken(
        "queue.worker-code",
        "v5",
        {"queue__workers__0__age_seconds": 4 * DAY},
        "A worker began 4 days ago; .env is of 3 days ago",
        "artisan queue:restart",
        WARN,
    ),
    Broken(
        "queue.worker-code",
        "v5",
        {"app__bootstrap_cache": [{"name": "config.php", "mtime": NOW - HOUR}], "config__cached": True},
        "config.php is of 1 hour ago",
        "artisan queue:restart",
        WARN,
    ),
    Broken(
        "queue.worker-code",
        "v5",
        {"app__code_mtime": NOW - HOUR},
        "the code is of 1 hour ago",
        "artisan queue:restart",
        WARN,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("queue", CASES)


@pytest.mark.parametrize("driver", ["sync", "redis"])
def test_a_table_that_the_driver_does_not_use_proves_nothing(driver: str) -> None:
    for id in ("queue.jobs-drain", "queue.names", "queue.migration-job"):
        said = find(id, healthy_v5(), queue__driver=driver)
        assert (said.status, driver in said.evidence) == ("skip", True), said


def test_redis_that_answers_is_well_and_says_what_the_table_proves() -> None:
    redis = {"queue__driver": "redis", "queue__redis": {"host": "127.0.0.1", "port": 6379, "answers": True}}
    assert find("queue.redis", healthy_v5(), **redis).status == "pass"
    said = find("queue.driver", healthy_v5(), **redis)
    assert (said.status, "proves nothing" in said.evidence) == ("pass", True)


def test_many_young_jobs_drain() -> None:
    said = find("queue.jobs-drain", healthy_v5(), **waits(2 * MINUTE, count=5000))
    assert (said.status, "5000 jobs waiting" in said.evidence) == ("pass", True)


def test_a_queue_that_nobody_serves_is_one_finding_and_not_two() -> None:
    assert find("queue.jobs-drain", healthy_v5(), **waits(DAY, 40, "scout")).status == "pass"
    served = {**waits(DAY, 40, "scout"), "queue__workers__0__command": "artisan queue:work --queue=default,scout"}
    assert find("queue.names", healthy_v5(), **served).status == "pass"
    assert find("queue.jobs-drain", healthy_v5(), **served).status == "fail"


def test_a_job_in_work_is_not_stuck() -> None:
    assert find("queue.stuck", healthy_v5(), **reserved(HOUR)).status == "pass"
    assert find("queue.stuck", healthy_v5(), **reserved(20), **ALONE).status == "pass"


def test_an_import_that_waits_for_a_worker_that_comes_is_well() -> None:
    assert find("queue.migration-job", healthy_v5(), **migration(age_seconds=40)).status == "pass"
    own = {"migration__unit": {"name": "ninjalift-import", "state": "active"}}
    assert find("queue.migration-job", healthy_v5(), **migration(), **ALONE, **own).status == "pass"
    assert find("queue.worker", healthy_v5(), **ALONE, **own).status == "pass"
    assert find("queue.migration-job", healthy_v5(), **migration(reserved_seconds=30)).status == "pass"


def test_failed_jobs_of_long_ago_are_only_mentioned() -> None:
    said = find("queue.failed-jobs", healthy_v5(), **failed("Job", 30 * DAY, 12))
    assert (said.status, said.evidence) == ("pass", "12 failed jobs, the newest 30 days ago")


@pytest.mark.parametrize(
    "changes",
    [
        {**ALONE, "queue__internal": True},
        {
            **ALONE,
            "cron__entries__1": {
                "source": "crontab of www-data",
                "user": "www-data",
                "schedule": "* * * * *",
                "command": "php artisan queue:work --stop-when-empty",
                "kind": "queue",
                "this_root": True,
                "disabled": False,
            },
        },
        {"queue__units__0": {"name": "old", "state": "inactive", "enabled": False, "user": "www-data", "restarts": 0}},
        {"queue__driver": "sync", **ALONE},
    ],
    ids=["schedule", "cron", "switched off beside another", "sync"],
)
def test_other_ways_to_have_a_worker_are_no_alarm(changes: dict[str, Any]) -> None:
    document = healthy_v5()
    entry = changes.pop("cron__entries__1", None)
    if entry:
        document["cron"]["entries"].append(entry)
    assert find("queue.worker", document, **changes).status in ("pass", "skip")


def test_the_process_of_the_schedule_is_no_worker() -> None:
    schedule = {**WORKER, "command": "php artisan schedule:work"}
    said = find("queue.worker", healthy_v5(), queue__workers=[schedule], queue__units=[])
    assert (said.status, "another directory" in said.evidence) == ("fail", False)


def test_a_worker_whose_directory_nobody_may_see_counts() -> None:
    hidden = {key: value for key, value in WORKER.items() if key != "this_root"}
    assert find("queue.worker", healthy_v5(), queue__workers=[hidden], queue__units=[]).status == "pass"
    assert find("queue.stuck", healthy_v5(), queue__workers=[hidden], **reserved(HOUR)).status == "pass"
    root = {**hidden, "user": "root"}
    assert find("queue.worker-user", healthy_v5(), queue__workers=[root]).status == "skip"


def test_a_lock_of_a_worker_that_works_is_well() -> None:
    assert find("queue.mutex", healthy_v5(), queue__internal=True, queue__mutex_age_seconds=HOUR).status == "pass"
    young = {**ALONE, "queue__internal": True, "queue__mutex_age_seconds": 70}
    assert find("queue.mutex", healthy_v5(), **young).status == "pass"


def test_a_worker_may_end_its_job_before_it_takes_new_code() -> None:
    busy = {"app__code_mtime": NOW - HOUR, **reserved(2 * HOUR)}
    assert find("queue.worker-code", healthy_v5(), **busy).status == "pass"
    assert find("queue.worker-code", healthy_v5(), app__code_mtime=NOW - 2 * MINUTE).status == "pass"
    nightly = [{"name": "packages.php", "mtime": NOW - HOUR}, {"name": "services.php", "mtime": NOW - HOUR}]
    assert find("queue.worker-code", healthy_v5(), app__bootstrap_cache=nightly).status == "pass"


def test_workers_that_the_probe_could_not_see_are_not_missed() -> None:
    said = find("queue.worker", healthy_v5(), queue__workers=GONE, probe__missing={"queue/workers": "no /proc"})
    assert (said.status, "no /proc" in said.evidence) == ("skip", True)
