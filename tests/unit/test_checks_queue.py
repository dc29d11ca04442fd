"""The checks of the group queue."""

from __future__ import annotations

from typing import Any

import pytest
from facts_samples import DAY, GONE, HOUR, MINUTE, NOW, healthy_v5
from one_check import Broken, assert_broken, assert_group, finding

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
    Broken("queue.driver", {"queue__driver": "sync"}, "warn", "inside the web request", "QUEUE_CONNECTION=database"),
    Broken("queue.driver", {"queue__driver": "null"}, "fail", "no job is ever done", "QUEUE_CONNECTION=database"),
    Broken(
        "queue.redis",
        {"queue__driver": "redis", "queue__redis": {"host": "127.0.0.1", "port": 6379, "answers": False}},
        "fail",
        "127.0.0.1:6379, which does not answer",
        "redis-cli -h 127.0.0.1 -p 6379 ping",
    ),
    Broken("queue.jobs-drain", {**waits(HOUR), **ALONE}, "fail", "no worker runs", "INTERNAL_QUEUE_ENABLED=true"),
    Broken(
        "queue.jobs-drain",
        {**waits(HOUR), "queue__workers": [], "queue__units__0__state": "failed"},
        "fail",
        "3 jobs waiting, the oldest for 1 hour (3 App\\Jobs\\Mail\\NinjaMailerJob)",
        "systemctl enable --now invoiceninja-v5-queue.service",
    ),
    Broken(
        "queue.jobs-drain",
        {**waits(HOUR), **ALONE, "queue__internal": True},
        "fail",
        "the schedule, which should start one every minute, does not",
        "queue:work database --stop-when-empty",
    ),
    Broken("queue.jobs-drain", waits(HOUR), "fail", "which does not take them", "queue:work database"),
    Broken("queue.jobs-drain", {**reserved(900), **waits(900)}, "warn", "behind a job that has run", "laravel.log"),
    Broken("queue.jobs-drain", {**waits(HOUR), "app__maintenance": True}, "warn", "in maintenance", "artisan up"),
    Broken("queue.names", waits(HOUR, 40, "scout"), "warn", "40 jobs in 'scout': no worker", "--queue=default,scout"),
    Broken(
        "queue.stuck",
        {**reserved(5 * DAY), **ALONE},
        "fail",
        "reserved, the oldest 5 days ago, and no worker is alive; V5 would give it back after 1041 days",
        "UPDATE jobs SET reserved_at = NULL",
    ),
    Broken("queue.stuck", reserved(5 * HOUR), "fail", "all 1 worker began later", "DELETE FROM jobs WHERE reserved_at"),
    Broken(
        "queue.stuck",
        {**reserved(8 * HOUR), "queue__workers__0__age_seconds": 9 * HOUR},
        "warn",
        "A worker has had a job for 8 hours",
        "SELECT id, queue, attempts",
    ),
    Broken(
        "queue.stuck",
        {**reserved(HOUR), **ALONE, "host__container": "docker"},
        "warn",
        "no worker is alive",
        "UPDATE jobs",
    ),
    Broken(
        "queue.migration-job",
        {**migration(), **ALONE},
        "fail",
        "The import (job 7) has waited for 10 minutes, and has not begun: no worker runs",
        "APP_ENV=migration EXPANDED_LOGGING=true",
    ),
    Broken("queue.migration-job", migration(), "fail", "which does not take them", "queue:work database"),
    Broken(
        "queue.failed-jobs",
        failed("App\\Jobs\\Mail\\NinjaMailerJob", 2 * HOUR),
        "warn",
        "1 failed job, the newest 2 hours ago\nApp\\Jobs\\Mail\\NinjaMailerJob 2 hours ago: TypeError: Argument #2",
        "queue:retry all",
    ),
    Broken(
        "queue.failed-jobs", failed(IMPORT, DAY), "fail", "an import is among them", "FROM failed_jobs WHERE id IN (4)"
    ),
    Broken("queue.worker", ALONE, "fail", "No worker runs for /var/www/invoiceninja", "INTERNAL_QUEUE_ENABLED=true"),
    Broken(
        "queue.worker",
        {**ALONE, "queue__workers": [{**WORKER, "this_root": False}]},
        "fail",
        "(another directory)",
        "queue:work",
    ),
    Broken(
        "queue.worker",
        {"queue__workers": [], "queue__units__0__state": "failed"},
        "fail",
        "invoiceninja-v5-queue.service is failed",
        "systemctl enable --now invoiceninja-v5-queue.service",
    ),
    Broken(
        "queue.worker",
        {"queue__workers": [], "queue__units": [{"name": "supervisor queue", "state": "stopped", "enabled": True}]},
        "fail",
        "supervisor queue is stopped",
        "supervisorctl start queue:*",
    ),
    Broken("queue.worker", {"queue__units__0__restarts": 900}, "warn", "restarted 900 times", "journalctl -u"),
    Broken("queue.worker", {"queue__units__0__enabled": False}, "warn", "does not start with", "systemctl enable"),
    Broken("queue.worker", {**ALONE, "host__container": "docker"}, "warn", "No worker is in this", "supervisorctl"),
    Broken("queue.worker-user", {"queue__workers__0__user": "root"}, "fail", "runs as root", "User=www-data"),
    Broken("queue.worker-user", {"queue__workers__0__user": "deploy"}, "warn", "runs as deploy", "chown -R www-data"),
    Broken(
        "queue.mutex",
        {**ALONE, "queue__internal": True, "queue__mutex_age_seconds": 2 * HOUR},
        "fail",
        "The lock is 2 hours old and no worker runs",
        "artisan schedule:clear-cache",
    ),
    Broken(
        "queue.worker-code",
        {"queue__workers__0__age_seconds": 4 * DAY},
        "warn",
        "A worker began 4 days ago; .env is of 3 days ago",
        "artisan queue:restart",
    ),
    Broken(
        "queue.worker-code",
        {"app__bootstrap_cache": [{"name": "config.php", "mtime": NOW - HOUR}], "config__cached": True},
        "warn",
        "config.php is of 1 hour ago",
        "artisan queue:restart",
    ),
    Broken(
        "queue.worker-code",
        {"app__code_mtime": NOW - HOUR},
        "warn",
        "the code is of 1 hour ago",
        "artisan queue:restart",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    assert_broken(case)


def test_group() -> None:
    assert_group("queue", CASES)


@pytest.mark.parametrize("driver", ["sync", "redis"])
def test_a_table_that_the_driver_does_not_use_proves_nothing(driver: str) -> None:
    for id in ("queue.jobs-drain", "queue.names", "queue.migration-job"):
        said = finding(id, healthy_v5(), queue__driver=driver)
        assert (said.status, driver in said.evidence) == ("skip", True), said


def test_redis_that_answers_is_well_and_says_what_the_table_proves() -> None:
    redis = {"queue__driver": "redis", "queue__redis": {"host": "127.0.0.1", "port": 6379, "answers": True}}
    assert finding("queue.redis", healthy_v5(), **redis).status == "pass"
    said = finding("queue.driver", healthy_v5(), **redis)
    assert (said.status, "proves nothing" in said.evidence) == ("pass", True)


def test_many_young_jobs_drain() -> None:
    said = finding("queue.jobs-drain", healthy_v5(), **waits(2 * MINUTE, count=5000))
    assert (said.status, "5000 jobs waiting" in said.evidence) == ("pass", True)


def test_a_queue_that_nobody_serves_is_one_finding_and_not_two() -> None:
    assert finding("queue.jobs-drain", healthy_v5(), **waits(DAY, 40, "scout")).status == "pass"
    served = {**waits(DAY, 40, "scout"), "queue__workers__0__command": "artisan queue:work --queue=default,scout"}
    assert finding("queue.names", healthy_v5(), **served).status == "pass"
    assert finding("queue.jobs-drain", healthy_v5(), **served).status == "fail"


def test_a_job_in_work_is_not_stuck() -> None:
    assert finding("queue.stuck", healthy_v5(), **reserved(HOUR)).status == "pass"
    assert finding("queue.stuck", healthy_v5(), **reserved(20), **ALONE).status == "pass"


def test_an_import_that_waits_for_a_worker_that_comes_is_well() -> None:
    assert finding("queue.migration-job", healthy_v5(), **migration(age_seconds=40)).status == "pass"
    own = {"migration__unit": {"name": "ninjalift-import", "state": "active"}}
    assert finding("queue.migration-job", healthy_v5(), **migration(), **ALONE, **own).status == "pass"
    assert finding("queue.worker", healthy_v5(), **ALONE, **own).status == "pass"
    assert finding("queue.migration-job", healthy_v5(), **migration(reserved_seconds=30)).status == "pass"


def test_failed_jobs_of_long_ago_are_only_mentioned() -> None:
    said = finding("queue.failed-jobs", healthy_v5(), **failed("Job", 30 * DAY, 12))
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
    assert finding("queue.worker", document, **changes).status in ("pass", "skip")


def test_the_process_of_the_schedule_is_no_worker() -> None:
    schedule = {**WORKER, "command": "php artisan schedule:work"}
    said = finding("queue.worker", healthy_v5(), queue__workers=[schedule], queue__units=[])
    assert (said.status, "another directory" in said.evidence) == ("fail", False)


def test_a_worker_whose_directory_nobody_may_see_counts() -> None:
    hidden = {key: value for key, value in WORKER.items() if key != "this_root"}
    assert finding("queue.worker", healthy_v5(), queue__workers=[hidden], queue__units=[]).status == "pass"
    assert finding("queue.stuck", healthy_v5(), queue__workers=[hidden], **reserved(HOUR)).status == "pass"
    root = {**hidden, "user": "root"}
    assert finding("queue.worker-user", healthy_v5(), queue__workers=[root]).status == "skip"


def test_a_lock_of_a_worker_that_works_is_well() -> None:
    assert finding("queue.mutex", healthy_v5(), queue__internal=True, queue__mutex_age_seconds=HOUR).status == "pass"
    young = {**ALONE, "queue__internal": True, "queue__mutex_age_seconds": 70}
    assert finding("queue.mutex", healthy_v5(), **young).status == "pass"


def test_a_worker_may_end_its_job_before_it_takes_new_code() -> None:
    busy = {"app__code_mtime": NOW - HOUR, **reserved(2 * HOUR)}
    assert finding("queue.worker-code", healthy_v5(), **busy).status == "pass"
    assert finding("queue.worker-code", healthy_v5(), app__code_mtime=NOW - 2 * MINUTE).status == "pass"
    nightly = [{"name": "packages.php", "mtime": NOW - HOUR}, {"name": "services.php", "mtime": NOW - HOUR}]
    assert finding("queue.worker-code", healthy_v5(), app__bootstrap_cache=nightly).status == "pass"


def test_workers_that_the_probe_could_not_see_are_not_missed() -> None:
    said = finding("queue.worker", healthy_v5(), queue__workers=GONE, probe__missing={"queue/workers": "no /proc"})
    assert (said.status, "no /proc" in said.evidence) == ("skip", True)
