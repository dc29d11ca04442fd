"""The checks of the group cron."""

from __future__ import annotations

from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import DAY, GONE, HOUR, MINUTE, NOW, V5_ROOT, healthy_v4, healthy_v5

from diagnostics.findings import WARN

LINE = healthy_v5()["cron"]["entries"][0]
SENDS = healthy_v4()["cron"]["entries"][0]


def entry(**changes: Any) -> dict[str, Any]:
    return {**LINE, **changes}


CASES = [
    Broken("cron.service", "v5", {"cron__service__running": False}, "cron does not run", "systemctl enable --now cron"),
    Broken("cron.service", "v5", {"cron__service": {"name": "", "running": False}}, "not installed", "install -y cron"),
    Broken(
        "cron.service", "v5", {"cron__service__enabled": False}, "does not start with", "systemctl enable cron", WARN
    ),
    Broken("cron.service", "v4", {"cron__service__running": False}, "does not run", "enable --now cron"),
    Broken(
        "cron.schedule", "v5", {"cron__entries": []}, "No job runs artisan schedule:run", "/etc/cron.d/invoiceninja"
    ),
    Broken("cron.schedule", "v5", {"cron__entries": [entry(disabled=True)]}, "commented out", "/etc/cron.d/"),
    Broken(
        "cron.schedule",
        "v5",
        {"cron__entries": [entry(this_root=False, command="cd /var/www/old && php artisan schedule:run")]},
        "/var/www/old && php artisan schedule:run (another directory)",
        f"cd {V5_ROOT} && /usr/bin/php8.2 artisan schedule:run",
    ),
    Broken(
        "cron.every-minute",
        "v5",
        {"cron__entries__0__every_minute": False, "cron__entries__0__schedule": "0 * * * *"},
        "0 * * * * www-data",
        "${EDITOR:-nano} /etc/cron.d/invoiceninja-v5",
    ),
    Broken("cron.user", "v5", {"cron__entries__0__user": "root"}, "runs as root, not as www-data", "chown -R www-data"),
    Broken(
        "cron.user",
        "v5",
        {"cron__entries__0__user": "deploy", "cron__entries__0__source": "crontab of deploy"},
        "runs as deploy",
        "crontab -u deploy -e",
        WARN,
    ),
    Broken("cron.user", "v4", {"cron__entries__1__user": "root"}, "send-reminders", "chown"),
    Broken(
        "cron.directory",
        "v5",
        {
            "cron__entries": [
                entry(source="crontab of www-data", this_root=False, command="php artisan schedule:run >/dev/null")
            ]
        },
        f"`cd {V5_ROOT} &&` is missing",
        "crontab -u www-data -e",
    ),
    Broken(
        "cron.doubled", "v5", {"cron__entries": [LINE, entry(source="crontab of www-data")]}, "do the same", "-e", WARN
    ),
    Broken("cron.doubled", "v4", {"cron__entries": [SENDS, SENDS]}, "send-invoices", "/etc/cron.d/invoiceninja", WARN),
    Broken(
        "cron.heartbeat",
        "v5",
        {"cron__heartbeat": {"at": NOW - 3 * HOUR, "source": "journal", "flag": True}},
        "3 hours ago (journal)",
        "artisan schedule:run",
    ),
    Broken(
        "cron.heartbeat",
        "v5",
        {"cron__heartbeat__at": NOW - 3 * HOUR, "queue__internal": True},
        "3 hours ago (queue:restart)",
        "artisan schedule:run",
    ),
    Broken(
        "cron.heartbeat",
        "v5",
        {"cron__heartbeat": {"at": None, "source": "", "flag": False}},
        "Nothing shows that it ever ran",
        "journalctl -u cron",
    ),
    Broken("cron.heartbeat", "v4", {"cron__heartbeat__at": NOW - 4 * DAY}, "4 days ago", "journalctl", WARN),
    Broken(
        "cron.php",
        "v5",
        {
            "cron__entries__0__php": "/usr/bin/php7.4",
            "php__versions": [{"path": "/usr/bin/php7.4", "version": "7.4.33", "sapi": "cli"}],
        },
        "/usr/bin/php7.4 is 7.4.33: V5 needs 8.2",
        "/usr/bin/php8.2",
    ),
    Broken(
        "cron.php",
        "v5",
        {
            "cron__entries__0__php": "php",
            "php__versions": [{"path": "/usr/bin/php", "version": "8.4.1", "sapi": "cli"}],
        },
        "php is 8.4.1, the web server's is 8.2.29",
        "/usr/bin/php8.2",
        WARN,
    ),
    Broken(
        "cron.php",
        "v4",
        {
            "cron__entries__0__php": "/usr/bin/php8.2",
            "php__versions": [{"path": "/usr/bin/php8.2", "version": "8.2.29", "sapi": "cli"}],
        },
        "V4 needs 7.3 or 7.4",
        "/usr/bin/php7.4",
    ),
    Broken(
        "cron.v4-sends",
        "v4",
        {"cron__entries": [], "database__v4__recurring_due": 2},
        "2 recurring invoices should have been sent",
        "artisan ninja:send-invoices",
        WARN,
    ),
    Broken(
        "cron.v4-sends",
        "v4",
        {"cron__entries": [{**SENDS, "disabled": True}], "database__v4__recurring_due": 1},
        "(commented out)",
        "/etc/cron.d/invoiceninja",
        WARN,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("cron", CASES)


def test_a_timer_or_supervisor_needs_no_cron() -> None:
    timer = entry(source="invoiceninja.timer", schedule="*:0/1")
    stopped = {"cron__service__running": False, "cron__entries": [timer]}
    assert find("cron.service", healthy_v5(), **stopped).status == "pass"
    assert find("cron.schedule", healthy_v5(), cron__entries=[timer]).status == "pass"
    assert (
        find("cron.directory", healthy_v5(), cron__entries=[{**timer, "command": "php artisan schedule:run"}]).status
        == "pass"
    )


def test_a_v4_without_jobs_needs_no_cron() -> None:
    assert find("cron.service", healthy_v4(), cron__entries=[], cron__service__running=False).status == "skip"
    assert find("cron.v4-sends", healthy_v4(), cron__entries=[]).status == "pass"


def test_crontabs_that_nobody_could_read_are_no_alarm_where_the_schedule_runs() -> None:
    said = find("cron.schedule", healthy_v5(), cron__entries=[], cron__user_crontabs=False)
    assert (said.status, "cron.heartbeat" in said.evidence) == ("pass", True)


def test_crontabs_that_nobody_could_read_leave_it_open() -> None:
    unseen = {"cron__entries": [], "cron__user_crontabs": GONE, "cron__heartbeat__at": None}
    reason = {"cron/user_crontabs": "only root can read them"}
    said = find("cron.schedule", healthy_v5(), **unseen, probe__missing=reason)
    assert (said.status, "only root can read them" in said.evidence) == ("skip", True)


def test_supervisor_and_a_line_that_hands_over_are_no_alarm() -> None:
    always = entry(
        source="supervisor schedule", schedule="always", every_minute=False, command="php artisan schedule:work"
    )
    assert find("cron.every-minute", healthy_v5(), cron__entries=[always]).status == "pass"
    hands = entry(user="root", command=f"su -s /bin/sh -c 'cd {V5_ROOT} && php artisan schedule:run' www-data")
    assert find("cron.user", healthy_v5(), cron__entries=[hands]).status == "pass"


def test_a_new_host_or_a_new_v5_may_be_without_a_heartbeat() -> None:
    never = {"cron__heartbeat": {"at": None, "source": "", "flag": False}}
    assert find("cron.heartbeat", healthy_v5(), **never, env__mtime=NOW - 2 * MINUTE).status == "skip"
    old = {"cron__heartbeat__at": NOW - 3 * HOUR}
    assert find("cron.heartbeat", healthy_v5(), **old, host__uptime_seconds=90).status == "skip"


def test_signs_that_prove_nothing() -> None:
    old = {"cron__heartbeat__at": NOW - 3 * HOUR}
    by_hand = find("cron.heartbeat", healthy_v5(), **old)  # a worker of its own: nothing renews the mark
    assert (by_hand.status, "nothing says when" in by_hand.evidence) == ("pass", True)
    denied = {"cron/heartbeat": "This user may not read the journal"}
    unseen = find("cron.heartbeat", healthy_v5(), **old, probe__missing=denied)
    assert (unseen.status, "may not read the journal" in unseen.evidence) == ("skip", True)


def test_the_flag_is_a_sign_where_there_is_no_other() -> None:
    flag = {"cron__heartbeat": {"at": None, "source": "", "flag": True}}
    assert find("cron.heartbeat", healthy_v5(), **flag).status == "pass"


def test_the_schedule_rests_in_maintenance() -> None:
    rests = {"cron__heartbeat__at": NOW - HOUR, "app__maintenance": True}
    assert find("cron.heartbeat", healthy_v5(), **rests).status == "skip"


def test_what_has_no_reported_time_is_not_judged() -> None:
    said = find("cron.heartbeat", healthy_v4(), cron__heartbeat__at=GONE)
    assert (said.status, "cron/heartbeat/at" in said.evidence) == ("skip", True)


def test_a_php_that_the_probe_does_not_know_is_not_judged() -> None:
    assert find("cron.php", healthy_v5(), cron__entries__0__php="/opt/plesk/php/8.2/bin/php").status == "skip"


def test_invoices_several_times_a_day_are_no_doubles() -> None:
    twice = [SENDS, {**SENDS, "schedule": "0 20 * * *"}]
    assert find("cron.doubled", healthy_v4(), cron__entries=twice).status == "pass"


def test_due_invoices_of_an_account_that_went_to_v5_are_v5s() -> None:
    gone = {"cron__entries": [], "database__v4__recurring_due": 2}
    over = {"database__accounts__0__forward_url": "https://v5.example.com", "database__accounts__0__disabled": True}
    assert find("cron.v4-sends", healthy_v4(), **gone, **over).status == "pass"
