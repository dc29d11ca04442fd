"""The checks of the group application."""

from __future__ import annotations

from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import DAY, GONE, HOUR, MINUTE, NOW, healthy_v4, healthy_v5

from diagnostics.findings import WARN

IMPORTED = healthy_v5()["database"]["companies"][0]
FIRST = {**IMPORTED, "id": 1, "key": "<key:000001>", "name": "", "blank": True, "default": False, "imported": False}
BLANK = {**FIRST, "id": 3, "key": "<key:000003>", "disabled": True, "age_seconds": 2 * DAY}
SENDS = healthy_v4()["cron"]["entries"][0]
OLD_V4 = {**SENDS, "this_root": False, "command": "php /var/www/old/artisan ninja:send-invoices"}
OVER = {"database__accounts__0__forward_url": "https://v5.example.com", "database__accounts__0__disabled": True}

CASES = [
    Broken("application.version", "v5", {"app__version": ""}, "VERSION.txt says no version", "head -c 200 VERSION.txt"),
    Broken("application.version", "v4", {"app__version": "?"}, "app/Constants.php", "head -c 200"),
    Broken("application.imports", "v5", {"app__version": "5.10.28"}, "imports no company of V4", "./cli.py provision"),
    Broken("application.imports", "v5", {"app__version": "5.10.34"}, "issue 10059", "invoiceninja.tar"),
    Broken("application.imports", "v5", {"app__version": "5.8.21"}, "issue 9238", "artisan migrate --force", WARN),
    Broken("application.v4-version", "v4", {"app__version": "4.5.17"}, "V4 is 4.5.17", "./cli.py upgrade"),
    Broken(
        "application.v4-version",
        "v4",
        {"app__export_code": "tag"},
        "older code state called 4.5.50",
        "GenerateMigrationResources.php",
        WARN,
    ),
    Broken("application.code", "v5", {"app__vendor": False}, "packages are not installed", "install --no-dev"),
    Broken(
        "application.code", "v5", {"app__artisan": False, "app__vendor": False}, "ended half way", "ls -la . public"
    ),
    Broken("application.code", "v4", {"app__index": False}, "public/index.php is missing", "ls -la"),
    Broken("application.maintenance", "v5", {"app__maintenance": True}, "answers 503", "artisan up"),
    Broken(
        "application.maintenance",
        "v4",
        {"app__maintenance": True, "app__upgrade_note": "changing"},
        "an upgrade did not end",
        "./cli.py upgrade CLIENT",
    ),
    Broken("application.upgrade", "v4", {"app__upgrade_note": "changing"}, "'changing'", "./cli.py upgrade"),
    Broken("application.upgrade", "v5", {"app__upgrade_note": "unpacked"}, "'unpacked'", "./cli.py provision"),
    Broken(
        "application.migrations",
        "v5",
        {"database__migrations": {"ran": 365, "files": 366, "pending": ["2024_07_01_x"], "pending_count": 1}},
        "1 migration of the code did not run: 2024_07_01_x",
        "artisan migrate --force",
    ),
    Broken(
        "application.bootstrap-cache",
        "v5",
        {"app__code_mtime": NOW - DAY},
        "packages.php, services.php of before the code came (2 days older)",
        "rm -f bootstrap/cache/*.php",
        WARN,
    ),
    Broken("application.snappdf", "v5", {"app__snappdf": None}, "no browser", "vendor/bin/snappdf download"),
    Broken("application.snappdf", "v5", {"app__snappdf__executable": False}, "not executable", "chmod +x"),
    Broken(
        "application.blank-companies",
        "v5",
        {"database__companies": [FIRST, IMPORTED, BLANK]},
        "1 company without clients, invoices and products, and disabled: company 3",
        "--remove-blank",
        WARN,
    ),
    Broken(
        "application.disabled-companies",
        "v5",
        {"database__companies__0__disabled": True},
        "Imported and inactive, so that it sends nothing: company 2 <name:4be1a0>",
        "UPDATE companies SET is_disabled = 0 WHERE id IN (2)",
        WARN,
    ),
    Broken(
        "application.disabled-companies",
        "v5",
        {"database__companies__0__disabled": True, "database__companies__0__imported": False},
        "Either its import did not end",
        "SELECT id, company_key",
        WARN,
    ),
    Broken("application.company-limit", "v5", {"database__accounts__0__companies": 10}, "answers 200", "SELECT"),
    Broken(
        "application.company-limit", "v5", {"database__accounts__0__companies": 8}, "8 of at most 10", "companies", WARN
    ),
    Broken(
        "application.two-factor",
        "v5",
        {"database__users__two_factor": 1, "database__companies": [FIRST]},
        "1 user with a second factor",
        "google_2fa_secret = NULL",
        WARN,
    ),
    Broken(
        "application.users-company", "v5", {"database__users__without_company": 1}, "answers 400", "company_user", WARN
    ),
    Broken("application.v4-users", "v4", {"database__users__without_email": 1}, "refuses the whole", "FROM users"),
    Broken("application.v4-users", "v4", {"database__users__username_not_email": 2}, "2 users", "FROM users", WARN),
    Broken(
        "application.v4-email-settings",
        "v4",
        {"database__v4__email_settings_missing": 1},
        "reply_to_email",
        "INSERT INTO account_email_settings",
    ),
    Broken(
        "application.documents",
        "v5",
        {"database__documents__files_missing": 2},
        "2 attachments of 3",
        "SELECT id",
        WARN,
    ),
    Broken("application.documents", "v4", {"database__documents__files_missing": 2}, "cannot move", "SELECT", WARN),
    Broken(
        "application.v4-quiet",
        "v4",
        {
            "database__accounts__0__forward_url": "https://v5.example.com",
            "database__v4__recurring_due": 2,
        },
        "beside V5; 2 recurring invoices due; its newest invoice is 4 days old",
        "SET is_disabled = 1 WHERE account_id IN (1)",
    ),
    Broken(
        "application.second-v4",
        "v5",
        {"cron__entries": [OLD_V4]},
        "another V4 on this host still has jobs",
        "sed -i '/^[^#].*artisan",
        WARN,
    ),
    Broken(
        "application.second-v4",
        "v4",
        {"cron__entries": [{**OLD_V4, "source": "crontab of www-data"}], **OVER},
        "/var/www/old/artisan",
        "crontab -u www-data -l | sed",
    ),
]
NOWHERE = [
    ({"probe__root_asked": "/srv/ninja", "app__root_exists": False}, "/srv/ninja does not exist", "find / -xdev"),
    (
        {
            "probe__root_asked": "/var/www/html",
            "app__others": [{"root": "/var/www/ninja", "kind": "v5", "version": "5.10.17"}],
        },
        "/var/www/html holds no Invoice Ninja\n/var/www/ninja: V5 5.10.17",
        "./cli.py diagnose ssh://root@v5/var/www/ninja",
    ),
    ({"probe__root_asked": "/root/ninja", "app__readable": False}, "/root/ninja cannot be read by root", "find /"),
    ({"app__root": ""}, "No Invoice Ninja was found", "find / -xdev"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    found = Broken("application.found", "v5", {"app__kind": ""}, "", "")
    covers("application", [*CASES, found])


@pytest.mark.parametrize(("changes", "evidence", "remedy"), NOWHERE, ids=[each[1][:30] for each in NOWHERE])
def test_nothing_found(changes: dict[str, Any], evidence: str, remedy: str) -> None:
    said = find("application.found", healthy_v5(), app__kind="", **changes)
    assert said.status == "fail"
    assert evidence in said.evidence
    assert remedy in said.remedy


def test_the_first_blank_company_and_that_of_a_running_import_are_no_leftovers() -> None:
    young = {**BLANK, "age_seconds": 5 * MINUTE}
    job = [{"id": 1, "queue": "default", "age_seconds": 10, "reserved_seconds": 5, "attempts": 1}]
    fresh = find("application.blank-companies", healthy_v5(), database__companies=[{**FIRST, "disabled": True}])
    importing = find(
        "application.blank-companies",
        healthy_v5(),
        database__companies=[FIRST, young],
        database__jobs__migration=job,
    )
    own = find("application.blank-companies", healthy_v5(), database__companies=[FIRST, {**BLANK, "disabled": False}])
    assert [each.status for each in (fresh, importing, own)] == ["pass", "pass", "pass"]


def test_versions_that_import() -> None:
    for version in ("5.10.27", "5.10.35", "5.8.22", "5.11.0"):
        assert find("application.imports", healthy_v5(), app__version=version).status == "pass", version
    said = find("application.imports", healthy_v5(), app__version="5.10.42")
    assert "loses what is attached" in said.evidence


def test_a_second_factor_after_the_import_is_no_alarm() -> None:
    assert find("application.two-factor", healthy_v5(), database__users__two_factor=2).status == "pass"


def test_pdfs_that_are_printed_elsewhere_need_no_browser() -> None:
    nothing = {"app__snappdf": None}
    hosted = find("application.snappdf", healthy_v5(), **nothing, config__values__PDF_GENERATOR="hosted_ninja")
    system = find("application.snappdf", healthy_v5(), **nothing, env__keys=["SNAPPDF_CHROMIUM_PATH"])
    unknown = find("application.snappdf", healthy_v5(), app__snappdf=GONE)
    assert [each.status for each in (hosted, system, unknown)] == ["skip", "skip", "skip"]


def test_an_account_that_is_quiet_or_still_v4s_is_no_alarm() -> None:
    assert find("application.v4-quiet", healthy_v4(), **OVER).evidence == "1 account forwarded, and quiet"
    assert find("application.second-v4", healthy_v4()).status == "skip"
    assert find("application.second-v4", healthy_v4(), **OVER).status == "pass"
    disabled = [{**OLD_V4, "disabled": True}]
    assert find("application.second-v4", healthy_v5(), cron__entries=disabled).status == "pass"
    before = {"database__companies__0__disabled": True, "cron__entries": [OLD_V4]}
    assert find("application.second-v4", healthy_v5(), **before).status == "skip"


def test_the_schedule_of_another_v4_counts_where_its_directory_is_known() -> None:
    entry = {**SENDS, "kind": "schedule", "this_root": False, "command": "cd /var/www/old && php artisan schedule:run"}
    others = [{"root": "/var/www/old", "kind": "v4", "version": "4.5.50"}]
    changes = {"cron__entries": [entry], **OVER}
    assert find("application.second-v4", healthy_v4(), **changes).status == "pass"
    assert find("application.second-v4", healthy_v4(), **changes, app__others=others).status == "fail"


def test_a_cache_of_one_minute_before_is_of_the_same_release() -> None:
    assert find("application.bootstrap-cache", healthy_v5(), app__code_mtime=NOW - 3 * DAY + 30).status == "pass"
    assert find("application.bootstrap-cache", healthy_v5(), app__code_mtime=NOW - 3 * DAY + HOUR).status == "warn"
