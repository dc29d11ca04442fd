"""What is made of a V4's probe, database and web answer, and what is said about it."""

from __future__ import annotations

import pytest

from migration import v4_facts

WANTED = {
    "version": "4.5.50",
    "code_state": "any",
    "owner_email": "owner@example.com",
    "account_key": "",
    "url": "https://v4.example.com",
    "root": "/srv/v4",
    "web_user": "www-data",
    "client": "example",
}
PROBE = """version=4.5.50
marker=yes
php_cli=7.4.33
php_memory_limit=-1
php_extension=zip
php_extension=curl
artisan=Laravel Framework 6.20.44
php_fpm=7.4.33
env_key=APP_KEY
env_key=APP_URL
env_key=DB_TYPE
env_key=DB_HOST
env_key=DB_DATABASE
env_key=DB_USERNAME
env_key=DB_PASSWORD
writable=storage
"""
USER = {"id": 1, "account_id": 1, "public_id": 0, "username": "owner@example.com", "deleted": 0}
USER["email"] = USER["username"]
HTTP = {"status": 403, "version": "4.5.50", "error": "", "remedy": ""}


def rows(*users: dict, **account: object) -> dict:
    accounts = [{"id": 1, "account_key": "abc", "name": "Acme", "is_disabled": 0, "forward_url": "", **account}]
    return {
        "database": [{"version": "10.5.23-MariaDB", "name": "ninja", "bytes": "4096"}],
        "users": list(users),
        "accounts": accounts,
        "counts": [
            {"entity": "clients", "account_id": 1, "number": 4},
            {"entity": "clients", "account_id": 2, "number": 9},
        ],
    }


def seen(
    probe: str = PROBE, users: tuple = (USER,), http: dict = HTTP, wanted: dict = WANTED, **account: object
) -> list:
    facts = v4_facts.facts(
        v4_facts.probe(probe),
        rows(*users, **account),
        http,
        wanted["owner_email"],
        wanted["account_key"],
        wanted["version"],
        wanted["code_state"],
    )
    return v4_facts.findings(facts, wanted)


def ids(found: list) -> dict[str, str]:
    return {finding["id"]: finding["status"] for finding in found}


def test_a_healthy_v4():
    facts = v4_facts.facts(v4_facts.probe(PROBE), rows(USER), HTTP, "owner@example.com")
    assert facts["code_state"] == "master"
    assert facts["account"]["account_key"] == "abc"
    assert facts["counts"] == {"clients": 4}
    assert facts["owner"]["exported_email"] == "owner@example.com"
    assert v4_facts.findings(facts, WANTED) == []


@pytest.mark.parametrize(
    "change, expected",
    [
        (("version=4.5.50", "version=4.5.49"), {"v4-version": "warn", "v4-other-version-served": "fail"}),
        (("marker=yes", ""), {"v4-4550-ambiguous": "warn"}),
        (("php_cli=7.4.33", "php_cli=8.2.1"), {"v4-php-version": "warn"}),
        (("php_extension=zip", ""), {"v4-php-zip": "fail"}),
        (("artisan=Laravel Framework 6.20.44", "artisan=PHP Fatal error"), {"v4-artisan": "fail"}),
        (("writable=storage", "not_writable=storage/logs"), {"v4-storage-not-writable": "fail"}),
        (("env_key=APP_KEY", ""), {"v4-env": "fail"}),
        (("marker=yes", "marker=yes\nmaintenance=yes"), {"v4-maintenance": "warn"}),
    ],
)
def test_what_is_wrong_with_the_installation(change, expected):
    assert ids(seen(PROBE.replace(*change))) == expected


@pytest.mark.parametrize(
    "users, expected",
    [
        ((), {"v4-owner-unknown"}),
        (({**USER, "public_id": 2},), {"migrate-not-owner"}),
        (({**USER, "deleted": 1},), {"v4-owner-deleted"}),
        (({**USER, "email": "Owner@example.com"},), {"cross-account-email"}),
        (({**USER, "username": "other@example.com"},), {"v4-username-email-mismatch"}),
        (({**USER, "username": "owner"},), set()),
        # The owner is meant, whoever else has the same e-mail.
        (({**USER, "id": 5, "public_id": 3}, USER), set()),
    ],
)
def test_what_is_wrong_with_the_owner(users, expected):
    found = seen(users=users)
    assert set(ids(found)) == expected
    assert set(ids(found).values()) <= {"fail"}


def test_the_older_code_state_always_exports_the_user_name():
    found = seen(PROBE.replace("marker=yes", ""), users=({**USER, "username": "owner"},))
    assert "v4-username-email-mismatch" in ids(found)
    mismatch = next(finding for finding in found if finding["id"] == "v4-username-email-mismatch")
    assert mismatch["sql"] == ["UPDATE users SET username = 'owner@example.com' WHERE id = 1;"]


NAMED = ({**USER, "username": "owner"},)


@pytest.mark.parametrize(
    "probe, code_state, expected",
    [
        # An upgrade is due, so its exporter counts: the newer one unless somebody wants the older one.
        (PROBE.replace("4.5.50", "4.5.30").replace("marker=yes", ""), "any", False),
        (PROBE.replace("4.5.50", "4.5.30").replace("marker=yes", ""), "tag", True),
        (PROBE.replace("marker=yes", ""), "master", False),
        (PROBE.replace("marker=yes", ""), "any", True),
        (PROBE, "any", False),
        (PROBE, "tag", True),
    ],
)
def test_the_code_that_will_export_decides_about_the_user_name(probe, code_state, expected):
    found = ids(seen(probe, users=NAMED, wanted={**WANTED, "code_state": code_state}))
    assert ("v4-username-email-mismatch" in found) is expected


@pytest.mark.parametrize(
    "code_state, remedy",
    [
        (
            "any",
            "`echo 'v4_upgrade_code_state: master' >>inventory/group_vars/example/vars.yml"
            " && ./cli.py upgrade example`",
        ),
        ("master", "`./cli.py upgrade example`"),
    ],
)
def test_the_remedy_for_the_older_code_state_makes_the_upgrade_do_something(code_state, remedy):
    found = seen(PROBE.replace("marker=yes", ""), wanted={**WANTED, "code_state": code_state})
    assert [finding["remedy"] for finding in found] == [remedy]


@pytest.mark.parametrize(
    "fpm, expected",
    [
        ("php_fpm=8.2.1\nphp_fpm=7.4.33", {}),
        ("php_fpm=8.2.1", {"v4-php-version": "warn"}),
        ("php_fpm=7.2.24\nphp_fpm=8.2.1", {"v4-php-version": "warn"}),
        ("", {}),
    ],
)
def test_another_applications_php_fpm_is_no_concern_of_v4(fpm, expected):
    assert ids(seen(PROBE.replace("php_fpm=7.4.33", fpm))) == expected


def test_every_remedy_is_a_command():
    everything = PROBE.replace("marker=yes", "").replace("4.5.50", "4.5.30").replace("7.4.33", "8.2")
    findings = seen(everything, users=({**USER, "public_id": 2, "email": "x", "username": "owner@example.com"},))
    for remedy in [finding["remedy"] for finding in findings]:
        assert remedy.startswith(
            ("`./cli.py ", "`${EDITOR:-nano} inventory/", "`apt-get ", "`systemctl ", "`UPDATE ")
        ), remedy


def test_two_companies_of_one_owner_need_the_account_key():
    second = {**USER, "id": 9, "account_id": 2}
    both = rows(USER, second)
    both["accounts"].append({**both["accounts"][0], "id": 2, "account_key": "xyz"})
    facts = v4_facts.facts(v4_facts.probe(PROBE), both, HTTP, "owner@example.com")
    assert "v4-owner-ambiguous" in ids(v4_facts.findings(facts, WANTED))
    chosen = v4_facts.facts(v4_facts.probe(PROBE), both, HTTP, "owner@example.com", "xyz")
    assert (chosen["owner"]["id"], chosen["account"]["account_key"], chosen["counts"]) == (9, "xyz", {"clients": 9})
    assert v4_facts.findings(chosen, {**WANTED, "account_key": "xyz"}) == []


def test_a_forwarding_v4_warns():
    assert ids(seen(is_disabled=1, forward_url="https://v5.example.com")) == {"v4-forwarding": "warn"}


@pytest.mark.parametrize(
    "http, expected",
    [
        (
            {"status": 0, "version": "", "error": "It has expired.", "remedy": "certbot renew"},
            {"v4-unreachable": "warn"},
        ),
        ({"status": 200, "version": "", "error": "", "remedy": ""}, {"v4-not-there": "warn"}),
        ({"status": 403, "version": "4.5.30", "error": "", "remedy": ""}, {"v4-other-version-served": "fail"}),
    ],
)
def test_what_the_web_says(http, expected):
    assert ids(seen(http=http)) == expected


def test_an_email_is_quoted_for_sql():
    assert v4_facts.sql_string("o'x\\y@example.com") == "'o''x\\\\y@example.com'"
    assert "'o''x@example.com'" in v4_facts.queries("o'x@example.com")["users"]
