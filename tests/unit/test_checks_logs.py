"""The checks of the group logs. Which failure a hit is, is the log scan's business; here its answer is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import healthy_v4, healthy_v5

from diagnostics.checks import logs
from diagnostics.findings import WARN

GIB = 1024**3


@dataclass(frozen=True)
class Hit:
    """As scan.JudgedHit."""

    id: str
    title: str
    count: int
    first: str
    last: str
    remedy: str = ""
    text: str = ""


KNOWN = Hit("v5-mail", "The mail server is away", 4, "2026-09-20 10:00:00", "2026-09-21 14:00:00", "nc -vz mail 25")
UNKNOWN = Hit(
    "", "Undefined array key ?", 2, "2026-09-21 13:00:00", "2026-09-21 14:00:00", text='Undefined array key "x"'
)


def hits(*judged: Hit) -> dict[str, Any]:
    """Hits that the scan judges so: each carries its own verdict."""
    return {"logs__hits": [{"verdict": each} for each in judged]}


@pytest.fixture(autouse=True)
def _scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "judge_hits", lambda found: [each["verdict"] for each in found])


CASES = [
    Broken(
        "logs.readable",
        "v5",
        {"logs__files__0__readable": False},
        "Not even root can read storage/logs/laravel.log",
        "ls -l storage/logs/laravel.log",
        WARN,
    ),
    Broken(
        "logs.size",
        "v5",
        {"logs__files__0__bytes": 5 * GIB},
        "storage/logs/laravel.log: 5 GiB",
        "truncate -s 0 storage/logs/laravel.log",
        WARN,
    ),
    Broken(
        "logs.known-errors",
        "v5",
        hits(KNOWN, UNKNOWN),
        "v5-mail: The mail server is away (4 times, last at 2026-09-21 14:00:00, first at 2026-09-20 10:00:00)",
        "nc -vz mail 25",
        WARN,
    ),
    Broken(
        "logs.unknown-errors",
        "v5",
        hits(KNOWN, UNKNOWN),
        'Undefined array key "x" (2 times, last at 2026-09-21 14:00:00, first at 2026-09-21 13:00:00)',
        "tail -n 20",
        WARN,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("logs", CASES)


def test_errors_of_long_ago_are_no_alarm() -> None:
    old = [replace(each, first="2026-08-01 10:00:00", last="2026-08-02 10:00:00") for each in (KNOWN, UNKNOWN)]
    for id in ("logs.known-errors", "logs.unknown-errors"):
        assert find(id, healthy_v5(), **hits(*old)).status == "pass"
    before = replace(UNKNOWN, last="2026-09-18 10:00:00")
    assert find("logs.unknown-errors", healthy_v5(), **hits(before)).status == "pass"


def test_v4s_own_schedule_is_no_alarm_where_its_jobs_are_known() -> None:
    hourly = hits(replace(KNOWN, id=logs.V4_SCHEDULE))
    assert find("logs.known-errors", healthy_v4(), **hourly).status == "pass"
    for unknown in ("cron__entries", "database__v4__recurring_due"):
        assert find("logs.known-errors", healthy_v4(), **hourly, **{unknown: None}).status == "warn"


@pytest.mark.parametrize(
    "text",
    [
        "[not found] 2026-11-26 12:02:25  URL:https://v4.example.com/.git/HEAD",
        '[error] 259#259: *174 access forbidden by rule, client: 10.0.0.1, server: v4.example.com, request: "<text>"',
        '[error] 7#7: *1 open() "/var/www/x/public/favicon.ico" failed (2: No such file or directory)',
        "[access_compat:error] [client 10.0.0.1:5] AH01797: client denied by server configuration: /var/www/.env",
    ],
)
def test_what_any_visitor_leaves_is_no_alarm(text: str) -> None:
    everyday = {"logs__hits": [{"text": text, "verdict": UNKNOWN}]}
    assert find("logs.unknown-errors", healthy_v5(), **everyday).status == "pass"
    error = {"logs__hits": [{"text": "[error] upstream timed out (110: Connection timed out)", "verdict": UNKNOWN}]}
    assert find("logs.unknown-errors", healthy_v5(), **error).status == "warn"


def test_many_kinds_are_counted() -> None:
    many = [replace(UNKNOWN, text=f"Error number {number}") for number in range(9)]
    said = find("logs.unknown-errors", healthy_v5(), **hits(*many), logs__hits_cut=3)
    assert said.evidence.endswith("and 7 others")


def test_a_log_that_an_ordinary_user_may_not_read_is_no_alarm() -> None:
    said = find("logs.readable", healthy_v5(), logs__files__0__readable=False, probe__user="ops")
    assert (said.status, "ops may not read storage/logs/laravel.log" in said.evidence) == ("skip", True)


def test_no_log_yet_is_no_alarm() -> None:
    assert find("logs.readable", healthy_v5(), logs__files=[]).status == "skip"
    assert find("logs.size", healthy_v5(), logs__files=[]).status == "pass"
