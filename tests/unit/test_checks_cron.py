"""The checks of the group cron."""

from __future__ import annotations

from typing import Any

import pytest
from facts_samples import DAY, GONE, HOUR, MINUTE, NOW, V5_ROOT, healthy_v4, healthy_v5
from one_check import Broken, assert_broken, assert_group, finding

LINE = healthy_v5()["cron"]["entries"][0]
SENDS = healthy_v4()["cron"]["entries"][0]


def entry(**changes: Any) -> dict[str, Any]:
    return {**LINE, **changes}


CASES = [
    Broken(
        "cron.service", {"cron__service__running": False}, "fail", "cron does not run", "systemctl enable --now cron"
    ),
    Broken(
        "cron.service", {"cron__service": {"name": "", "running": False}}, "fail", "not installed", "install -y cron"
    ),
    Broken("cron.service", {"cron__service__enabled": False}, "warn", "does not start with", "systemctl enable cron"),
    Broken("cron.service", {"cron__service__running": False}, "fail", "does not run", "enable --now cron", "v4"),
    Broken(
        "cron.schedule", {"cron__entries": []}, "fail", "No job runs artisan schedule:run", "/etc/cron.d/invoiceninja"
    ),
    Broken("cron.schedule", {"cron__entries": [entry(disabled=True)]}, "fail", "commented out", "/etc/cron.d/"),
    Broken(
        "cron.schedule",
        {"cron__entries": [entry(this_root=False, command="cd /var/www/old && php artisan schedule:run")]},
        "fail",
        "/var/www/old && php artisan schedule:run (another directory)",
        f"cd {V5_ROOT} && /usr/bin/php8.2 artisan schedule:run",
    ),
    Broken(
        "cron.every-minute",
        {"cron__entries__0__every_minute": False, "cron__entries__0__schedule": "0 * * * *"},
        "fail",
        "0 * * * * www-data",
        "${EDITOR:-nano} /etc/cron.d/invoiceninja-v5",
    ),
    Broken(
        "cron.user", {"cron__entries__0__user": "root"}, "fail", "runs as root, not as www-data", "chown -R www-data"
    ),
    Broken(
        "cron.user",
        {"cron__entries__0__user": "deploy", "cron__entries__0__source": "crontab of deploy"},
        "warn",
        "runs as deploy",
        "crontab -u deploy -e",
    ),
    Broken("cron.user", {"cron__entries__1__user": "root"}, "fail", "send-reminders", "chown", "v4"),
    Broken(
        "cron.directory",
        {
            "cron__entries": [
                entry(source="crontab of www-data", this_root=False, command="php artisan schedule:run >/dev/null")
            ]
        },
        "fail",
        f"`cd {V5_ROOT} &&` is missing",
        "crontab -u www-data -e",
    ),
    Broken("cron.doubled", {"cron__entries": [LINE, entry(source="crontab of www-data")]}, "warn", "do the same", "-e"),
    Broken(
        "cron.doubled", {"cron__entries": [SENDS, SENDS]}, "warn", "send-invoices", "/etc/cron.d/invoiceninja", "v4"
    ),
    Broken(
        "cron.heartbeat",
        {"cron__heartbeat": {"at": NOW - 3 * HOUR, "source": "journal", "flag": True}},
        "fail",
        "3 hours ago (journal)",
        "artisan schedule:run",
    ),
    Broken(
        "cron.heartbeat",
        {"cron__heartbeat__at": NOW - 3 * HOUR, "queue__internal": True},
        "fail",
        "3 hours ago (queue:restart)",
        "artisan schedule:run",
    ),
    Broken(
        "cron.heartbeat",
        {"cron__heartbeat": {"at": None, "source": "", "flag": False}},
        "fail",
        "Nothing shows that it ever ran",
        "journalctl -u cron",
    ),
    Broken("cron.heartbeat", {"cron__heartbeat__at": NOW - 4 * DAY}, "warn", "4 days ago", "journalctl", "v4"),
    Broken(
        "cron.php",
        {
            "cron__entries__0__php": "/usr/bin/php7.4",
            "php__versions": [{"path": "/usr/bin/php7.4", "version": "7.4.33", "sapi": "cli"}],
        },
        "fail",
        "/usr/bin/php7.4 is 7.4.33: V5 needs 8.2",
        "/usr/bin/php8.2",
    ),
    Broken(
        "cron.php",
        {
            "cron__entries__0__php": "php",
            "php__versions": [{"path": "/usr/bin/php", "version": "8.4.1", "sapi": "cli"}],
        },
        "warn",
        "php is 8.4.1, the web server's is 8.2.29",
        "/usr/bin/php8.2",
    ),
    Broken(
        "cron.php",
        {
            "cron__entries__0__php": "/usr/bin/php8.2",
            "php__versions": [{"path": "/usr/bin/php8.2", "version": "8.2.29", "sapi": "cli"}],
        },
        "fail",
        "V4 needs 7.3 or 7.4",
        "/usr/bin/php7.4",
        "v4",
    ),
    Broken(
        "cron.v4-sends",
        {"cron__entries": [], "database__v4__recurring_due": 2},
        "warn",
        "2 recurring invoices should have been sent",
        "artisan ninja:send-invoices",
        "v4",
    ),
    Broken(
        "cron.v4-sends",
        {"cron__entries": [{**SENDS, "disabled": True}], "database__v4__recurring_due": 1},
        "warn",
        "(commented out)",
        "/etc/cron.d/invoiceninja",
        "v4",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    assert_broken(case)


def test_group() -> None:
    assert_group("cron", CASES)


def test_a_timer_or_supervisor_needs_no_cron() -> None:
    timer = entry(source="invoiceninja.timer", schedule="*:0/1")
    stopped = {"cron__service__running": False, "cron__entries": [timer]}
    assert finding("cron.service", healthy_v5(), **stopped).status == "pass"
    assert finding("cron.schedule", healthy_v5(), cron__entries=[timer]).status == "pass"
    assert (
        finding("cron.directory", healthy_v5(), cron__entries=[{**timer, "command": "php artisan schedule:run"}]).status
        == "pass"
    )


def test_a_v4_without_jobs_needs_no_cron() -> None:
    assert finding("cron.service", healthy_v4(), cron__entries=[], cron__service__running=False).status == "skip"
    assert finding("cron.v4-sends", healthy_v4(), cron__entries=[]).status == "pass"


def test_crontabs_that_nobody_could_read_are_no_alarm_where_the_schedule_runs() -> None:
    said = finding("cron.schedule", healthy_v5(), cron__entries=[], cron__user_crontabs=False)
    assert (said.status, "cron.heartbeat" in said.evidence) == ("pass", True)


def test_crontabs_that_nobody_could_read_leave_it_open() -> None:
    unseen = {"cron__entries": [], "cron__user_crontabs": GONE, "cron__heartbeat__at": None}
    reason = {"cron/user_crontabs": "only root can read them"}
    said = finding("cron.schedule", healthy_v5(), **unseen, probe__missing=reason)
    assert (said.status, "only root can read them" in said.evidence) == ("skip", True)


def test_supervisor_and_a_line_that_hands_over_are_no_alarm() -> None:
    always = entry(
        source="supervisor schedule", schedule="always", every_minute=False, command="php artisan schedule:work"
    )
    assert finding("cron.every-minute", healthy_v5(), cron__entries=[always]).status == "pass"
    hands = entry(user="root", command=f"su -s /bin/sh -c 'cd {V5_ROOT} && php artisan schedule:run' www-data")
    assert finding("cron.user", healthy_v5(), cron__entries=[hands]).status == "pass"


def test_a_new_host_or_a_new_v5_may_be_without_a_heartbeat() -> None:
    never = {"cron__heartbeat": {"at": None, "source": "", "flag": False}}
    assert finding("cron.heartbeat", healthy_v5(), **never, env__mtime=NOW - 2 * MINUTE).status == "skip"
    old = {"cron__heartbeat__at": NOW - 3 * HOUR}
    assert finding("cron.heartbeat", healthy_v5(), **old, host__uptime_seconds=90).status == "skip"


def test_signs_that_prove_nothing() -> None:
    old = {"cron__heartbeat__at": NOW - 3 * HOUR}
    by_hand = finding("cron.heartbeat", healthy_v5(), **old)  # a worker of its own: nothing renews the mark
    assert (by_hand.status, "nothing says when" in by_hand.evidence) == ("pass", True)
    denied = {"cron/heartbeat": "This user may not read the journal"}
    unseen = finding("cron.heartbeat", healthy_v5(), **old, probe__missing=denied)
    assert (unseen.status, "may not read the journal" in unseen.evidence) == ("skip", True)


def test_the_flag_is_a_sign_where_there_is_no_other() -> None:
    flag = {"cron__heartbeat": {"at": None, "source": "", "flag": True}}
    assert finding("cron.heartbeat", healthy_v5(), **flag).status == "pass"


def test_the_schedule_rests_in_maintenance() -> None:
    rests = {"cron__heartbeat__at": NOW - HOUR, "app__maintenance": True}
    assert finding("cron.heartbeat", healthy_v5(), **rests).status == "skip"


def test_what_has_no_reported_time_is_not_judged() -> None:
    said = finding("cron.heartbeat", healthy_v4(), cron__heartbeat__at=GONE)
    assert (said.status, "cron/heartbeat/at" in said.evidence) == ("skip", True)


def test_a_php_that_the_probe_does_not_know_is_not_judged() -> None:
    assert finding("cron.php", healthy_v5(), cron__entries__0__php="/opt/plesk/php/8.2/bin/php").status == "skip"


def test_invoices_several_times_a_day_are_no_doubles() -> None:
    twice = [SENDS, {**SENDS, "schedule": "0 20 * * *"}]
    assert finding("cron.doubled", healthy_v4(), cron__entries=twice).status == "pass"


def test_due_invoices_of_an_account_that_went_to_v5_are_v5s() -> None:
    gone = {"cron__entries": [], "database__v4__recurring_due": 2}
    over = {"database__accounts__0__forward_url": "https://v5.example.com", "database__accounts__0__disabled": True}
    assert finding("cron.v4-sends", healthy_v4(), **gone, **over).status == "pass"
