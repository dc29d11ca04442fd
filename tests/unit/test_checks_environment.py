"""The checks of the group environment."""

from __future__ import annotations

from typing import Any

import pytest
from facts_samples import GONE, HOUR, NOW, healthy_v4, healthy_v5
from one_check import Broken, assert_broken, assert_group, finding

CACHED: dict[str, Any] = {"config__cached": True, "config__mtime": NOW - HOUR}
BLANK = {"database__companies": [{"id": 1, "account_id": 1, "blank": True, "disabled": False, "imported": False}]}


def value(key: str, is_: str) -> dict[str, str]:
    return {f"config__values__{key}": is_, f"env__values__{key}": is_}


CASES = [
    Broken("environment.file", {"env__exists": False}, "fail", ".env is not there", "ls -la .env*"),
    Broken(
        "environment.file", {"env__exists": False, **CACHED}, "fail", "Do not clear it", "cp -p bootstrap/cache/config"
    ),
    Broken("environment.file", {"env__exists": False}, "fail", "neither database nor key", "ls -la", "v4"),
    Broken("environment.syntax", {"env__broken_lines": [12, 14]}, "fail", "line 12, 14", "${EDITOR:-nano} +12 .env"),
    Broken("environment.syntax", {"env__crlf": True}, "warn", "Windows line ends", "sed -i 's/\\r$//' .env"),
    Broken("environment.syntax", {"config__error": "unexpected whitespace"}, "fail", "unexpected whitespace", "nano"),
    Broken("environment.quotes", {"env__need_quotes": ["DB_PASSWORD"]}, "fail", "DB_PASSWORD", "DB_PASSWORD='\\1'"),
    Broken(
        "environment.duplicates", {"env__duplicates": ["MAIL_HOST"]}, "warn", "MAIL_HOST", "grep -nE '^(MAIL_HOST)='"
    ),
    Broken(
        "environment.config-cache",
        {**CACHED, "config__differs": ["MAIL_HOST"]},
        "warn",
        "in effect for MAIL_HOST: the cache of 1 hour ago wins over it",
        "artisan config:cache",
    ),
    Broken(
        "environment.config-cache", {**CACHED, "config__differs": ["DB_PASSWORD"]}, "fail", "DB_PASSWORD", "config:"
    ),
    Broken(
        "environment.config-cache",
        {**CACHED, "config__differs": GONE, "env__mtime": NOW},
        "warn",
        ".env was edited 1 hour after",
        "artisan config:cache",
    ),
    Broken(
        "environment.config-cache", {**CACHED, "config__error": "syntax error"}, "fail", "syntax error", "rm -f boot"
    ),
    Broken("environment.config-cache", CACHED, "fail", "V4 does not run", "artisan config:clear", "v4"),
    Broken(
        "environment.expanded-logging",
        {"config__values__EXPANDED_LOGGING": "false"},
        "warn",
        ".env says true, and false is in effect",
        "artisan config:clear",
    ),
    Broken(
        "environment.app-key", {"config__app_key": "missing", **BLANK}, "fail", "is missing", "key:generate --force"
    ),
    Broken("environment.app-key", {"config__app_key": "missing"}, "fail", "is missing", "look for the old one"),
    Broken("environment.app-key", {"config__app_key": "invalid"}, "fail", "as long as its cipher", "ls -la .env*"),
    Broken("environment.app-key", {"config__app_key": "example", **BLANK}, "fail", "published example", "key:generate"),
    Broken("environment.app-key", {"config__app_key": "example"}, "fail", "entered again", "# then:"),
    Broken("environment.app-key", {"config__app_key": "example"}, "warn", "the export needs it", "", "v4"),
    Broken(
        "environment.api-secret",
        {**CACHED, "config__differs": ["API_SECRET"]},
        "warn",
        "403 Invalid secret",
        "artisan config:clear",
    ),
    Broken("environment.db-strict", value("DB_STRICT", "true"), "warn", "1292, 1406, 1366", "DB_STRICT=false"),
    Broken("environment.debug", value("APP_DEBUG", "true"), "warn", "APP_DEBUG is on", "APP_DEBUG=false"),
    Broken("environment.debug", value("APP_DEBUG", "true"), "warn", "APP_DEBUG is on", "APP_DEBUG=false", "v4"),
    Broken("environment.app-env", value("APP_ENV", "local"), "warn", "'local'", "APP_ENV=production"),
    Broken("environment.app-url", value("APP_URL", "http://localhost"), "warn", "links in mails", "v5.example.com"),
    Broken("environment.app-url", value("APP_URL", "http://localhost"), "warn", "V5 cannot fetch", "APP_URL=", "v4"),
    Broken("environment.app-url", value("APP_URL", ""), "fail", "is no address", "APP_URL=https://v5.example.com"),
    Broken("environment.app-url", value("APP_URL", "https://[broken"), "fail", "is no address", "https://v5.example"),
    Broken(
        "environment.app-url",
        value("APP_URL", "https://v5.example.com/"),
        "warn",
        "with a slash",
        "=https://v5.example.com",
    ),
    Broken(
        "environment.app-url", value("APP_URL", "http://v5.example.com"), "warn", "breaks V4's wizard", "https://v5"
    ),
    Broken(
        "environment.require-https",
        value("APP_URL", "http://v5.example.com"),
        "warn",
        "redirects",
        "REQUIRE_HTTPS=false",
    ),
    Broken("environment.docker", value("IS_DOCKER", "true"), "warn", "no Docker container", "IS_DOCKER=false"),
    Broken(
        "environment.selfhost", value("NINJA_ENVIRONMENT", "hosted"), "fail", "'hosted'", "NINJA_ENVIRONMENT=selfhost"
    ),
    Broken(
        "environment.selfhost", value("MULTI_DB_ENABLED", "true"), "fail", "two databases", "MULTI_DB_ENABLED=false"
    ),
    Broken("environment.cache-driver", value("CACHE_DRIVER", "array"), "fail", "forgets", "CACHE_DRIVER=file"),
    Broken("environment.log-level", value("LOG_LEVEL", "error"), "warn", "are not written", "LOG_LEVEL=debug"),
    Broken("environment.log-level", value("LOG_CHANNEL", "syslog"), "warn", "'syslog'", "LOG_CHANNEL=stack"),
    Broken("environment.pdf", value("PDF_GENERATOR", "phantom"), "warn", "'phantom'", "PDF_GENERATOR=snappdf"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    assert_broken(case)


def test_group() -> None:
    assert_group("environment", CASES)


def test_an_env_file_that_an_ordinary_user_may_not_read_is_no_alarm() -> None:
    said = finding("environment.file", healthy_v5(), env__readable=False, probe__user="ops")
    assert (said.status, "ops may not read" in said.evidence) == ("skip", True)


def test_a_container_needs_no_env_file() -> None:
    assert finding("environment.file", healthy_v5(), env__exists=False, host__container="docker").status == "pass"
    assert (
        finding("environment.docker", healthy_v5(), host__container="docker", **value("IS_DOCKER", "true")).status
        == "pass"
    )


def test_expanded_logging_that_is_off_is_no_alarm() -> None:
    said = finding("environment.expanded-logging", healthy_v5(), **value("EXPANDED_LOGGING", "false"))
    assert (said.status, "./cli.py logging on" in said.evidence) == ("pass", True)
    with_default = finding("environment.expanded-logging", healthy_v5(), env__values__EXPANDED_LOGGING=GONE)
    assert with_default.status == "pass"


def test_an_api_secret_is_only_mentioned() -> None:
    said = finding("environment.api-secret", healthy_v5(), env__api_secret_set=True)
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
        assert finding("environment.debug", healthy_v5(), **value("APP_DEBUG", word)).status == status, word


def test_without_the_effective_values_the_file_counts() -> None:
    document = healthy_v5()
    del document["config"]["values"]
    document["env"]["values"]["APP_DEBUG"] = "true"
    assert finding("environment.debug", document).status == "warn"
    document["env"].pop("values")
    document["probe"]["missing"] = {"config": "PHP does not start"}
    said = finding("environment.debug", document)
    assert (said.status, "PHP does not start" in said.evidence) == ("skip", True)


def test_a_site_without_tls_by_choice_is_no_alarm() -> None:
    plain = {
        **value("APP_URL", "http://intranet.test"),
        **value("REQUIRE_HTTPS", "false"),
        "web__vhost__listens": ["80"],
    }
    for document in (healthy_v4(), healthy_v5()):
        assert finding("environment.app-url", document, **plain).status == "pass"
        assert finding("environment.require-https", document, **plain).status == "pass"


def test_a_cache_that_says_the_same_is_no_alarm_although_it_is_older() -> None:
    assert finding("environment.config-cache", healthy_v5(), **CACHED, env__mtime=NOW).status == "pass"
