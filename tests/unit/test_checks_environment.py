"""The checks of the group environment."""

from __future__ import annotations

from typing import Any

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import GONE, HOUR, NOW, healthy_v4, healthy_v5

from diagnostics.findings import WARN

CACHED: dict[str, Any] = {"config__cached": True, "config__mtime": NOW - HOUR}
BLANK = {"database__companies": [{"id": 1, "account_id": 1, "blank": True, "disabled": False, "imported": False}]}


def value(key: str, is_: str) -> dict[str, str]:
    return {f"config__values__{key}": is_, f"env__values__{key}": is_}


CASES = [
    Broken("environment.file", "v5", {"env__exists": False}, ".env is not there", "ls -la .env*"),
    Broken(
        "environment.file", "v5", {"env__exists": False, **CACHED}, "Do not clear it", "cp -p bootstrap/cache/config"
    ),
    Broken("environment.file", "v4", {"env__exists": False}, "neither database nor key", "ls -la"),
    Broken("environment.syntax", "v5", {"env__broken_lines": [12, 14]}, "line 12, 14", "${EDITOR:-nano} +12 .env"),
    Broken("environment.syntax", "v5", {"env__crlf": True}, "Windows line ends", "sed -i 's/\\r$//' .env", WARN),
    Broken("environment.syntax", "v5", {"config__error": "unexpected whitespace"}, "unexpected whitespace", "nano"),
    Broken("environment.quotes", "v5", {"env__need_quotes": ["DB_PASSWORD"]}, "DB_PASSWORD", "DB_PASSWORD='\\1'"),
    Broken(
        "environment.duplicates",
        "v5",
        {"env__duplicates": ["MAIL_HOST"]},
        "MAIL_HOST",
        "grep -nE '^(MAIL_HOST)='",
        WARN,
    ),
    Broken(
        "environment.config-cache",
        "v5",
        {**CACHED, "config__differs": ["MAIL_HOST"]},
        "in effect for MAIL_HOST: the cache of 1 hour ago wins over it",
        "artisan config:cache",
        WARN,
    ),
    Broken("environment.config-cache", "v5", {**CACHED, "config__differs": ["DB_PASSWORD"]}, "DB_PASSWORD", "config:"),
    Broken(
        "environment.config-cache",
        "v5",
        {**CACHED, "config__differs": GONE, "env__mtime": NOW},
        ".env was edited 1 hour after",
        "artisan config:cache",
        WARN,
    ),
    Broken("environment.config-cache", "v5", {**CACHED, "config__error": "syntax error"}, "syntax error", "rm -f boot"),
    Broken("environment.config-cache", "v4", CACHED, "V4 does not run", "artisan config:clear"),
    Broken(
        "environment.expanded-logging",
        "v5",
        {"config__values__EXPANDED_LOGGING": "false"},
        ".env says true, and false is in effect",
        "artisan config:clear",
        WARN,
    ),
    Broken("environment.app-key", "v5", {"config__app_key": "missing", **BLANK}, "is missing", "key:generate --force"),
    Broken("environment.app-key", "v5", {"config__app_key": "missing"}, "is missing", "look for the old one"),
    Broken("environment.app-key", "v5", {"config__app_key": "invalid"}, "as long as its cipher", "ls -la .env*"),
    Broken("environment.app-key", "v5", {"config__app_key": "example", **BLANK}, "published example", "key:generate"),
    Broken("environment.app-key", "v5", {"config__app_key": "example"}, "entered again", "# then:"),
    Broken("environment.app-key", "v4", {"config__app_key": "example"}, "the export needs it", "", WARN),
    Broken(
        "environment.api-secret",
        "v5",
        {**CACHED, "config__differs": ["API_SECRET"]},
        "403 Invalid secret",
        "artisan config:clear",
        WARN,
    ),
    Broken("environment.db-strict", "v5", value("DB_STRICT", "true"), "1292, 1406, 1366", "DB_STRICT=false", WARN),
    Broken("environment.debug", "v5", value("APP_DEBUG", "true"), "APP_DEBUG is on", "APP_DEBUG=false", WARN),
    Broken("environment.debug", "v4", value("APP_DEBUG", "true"), "APP_DEBUG is on", "APP_DEBUG=false", WARN),
    Broken("environment.app-env", "v5", value("APP_ENV", "local"), "'local'", "APP_ENV=production", WARN),
    Broken("environment.app-url", "v5", value("APP_URL", "http://localhost"), "links in mails", "v5.example.com", WARN),
    Broken("environment.app-url", "v4", value("APP_URL", "http://localhost"), "V5 cannot fetch", "APP_URL=", WARN),
    Broken("environment.app-url", "v5", value("APP_URL", ""), "is no address", "APP_URL=https://v5.example.com"),
    Broken("environment.app-url", "v5", value("APP_URL", "https://[broken"), "is no address", "https://v5.example"),
    Broken(
        "environment.app-url",
        "v5",
        value("APP_URL", "https://v5.example.com/"),
        "with a slash",
        "=https://v5.example.com",
        WARN,
    ),
    Broken(
        "environment.app-url", "v5", value("APP_URL", "http://v5.example.com"), "breaks V4's wizard", "https://v5", WARN
    ),
    Broken(
        "environment.require-https",
        "v5",
        value("APP_URL", "http://v5.example.com"),
        "redirects",
        "REQUIRE_HTTPS=false",
        WARN,
    ),
    Broken("environment.docker", "v5", value("IS_DOCKER", "true"), "no Docker container", "IS_DOCKER=false", WARN),
    Broken(
        "environment.selfhost", "v5", value("NINJA_ENVIRONMENT", "hosted"), "'hosted'", "NINJA_ENVIRONMENT=selfhost"
    ),
    Broken("environment.selfhost", "v5", value("MULTI_DB_ENABLED", "true"), "two databases", "MULTI_DB_ENABLED=false"),
    Broken("environment.cache-driver", "v5", value("CACHE_DRIVER", "array"), "forgets", "CACHE_DRIVER=file"),
    Broken("environment.log-level", "v5", value("LOG_LEVEL", "error"), "are not written", "LOG_LEVEL=debug", WARN),
    Broken("environment.log-level", "v5", value("LOG_CHANNEL", "syslog"), "'syslog'", "LOG_CHANNEL=stack", WARN),
    Broken("environment.pdf", "v5", value("PDF_GENERATOR", "phantom"), "'phantom'", "PDF_GENERATOR=snappdf", WARN),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("environment", CASES)


def test_an_env_file_that_an_ordinary_user_may_not_read_is_no_alarm() -> None:
    said = find("environment.file", healthy_v5(), env__readable=False, probe__user="ops")
    assert (said.status, "ops may not read" in said.evidence) == ("skip", True)


def test_a_container_needs_no_env_file() -> None:
    assert find("environment.file", healthy_v5(), env__exists=False, host__container="docker").status == "pass"
    assert (
        find("environment.docker", healthy_v5(), host__container="docker", **value("IS_DOCKER", "true")).status
        == "pass"
    )


def test_expanded_logging_that_is_off_is_no_alarm() -> None:
    said = find("environment.expanded-logging", healthy_v5(), **value("EXPANDED_LOGGING", "false"))
    assert (said.status, "./cli.py logging on" in said.evidence) == ("pass", True)
    with_default = find("environment.expanded-logging", healthy_v5(), env__values__EXPANDED_LOGGING=GONE)
    assert with_default.status == "pass"


def test_an_api_secret_is_only_mentioned() -> None:
    said = find("environment.api-secret", healthy_v5(), env__api_secret_set=True)
    assert (said.status, "have to be told" in said.evidence) == ("pass", True)


def test_words_for_on_and_off() -> None:
    for word, status in (
        ("(true)", "warn"),
        ("1", "warn"),
        ("TRUE", "warn"),
        ("null", "pass"),
        ("0", "pass"),
        ("", "pass"),
    ):
        assert find("environment.debug", healthy_v5(), **value("APP_DEBUG", word)).status == status, word


def test_without_the_effective_values_the_file_counts() -> None:
    document = healthy_v5()
    del document["config"]["values"]
    document["env"]["values"]["APP_DEBUG"] = "true"
    assert find("environment.debug", document).status == "warn"
    document["env"].pop("values")
    document["probe"]["missing"] = {"config": "PHP does not start"}
    said = find("environment.debug", document)
    assert (said.status, "PHP does not start" in said.evidence) == ("skip", True)


def test_a_site_without_tls_by_choice_is_no_alarm() -> None:
    plain = {
        **value("APP_URL", "http://intranet.test"),
        **value("REQUIRE_HTTPS", "false"),
        "web__vhost__listens": ["80"],
    }
    for document in (healthy_v4(), healthy_v5()):
        assert find("environment.app-url", document, **plain).status == "pass"
        assert find("environment.require-https", document, **plain).status == "pass"


def test_a_cache_that_says_the_same_is_no_alarm_although_it_is_older() -> None:
    assert find("environment.config-cache", healthy_v5(), **CACHED, env__mtime=NOW).status == "pass"
