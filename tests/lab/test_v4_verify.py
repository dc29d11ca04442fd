"""verify_v4.yml on a real machine: what is wrong is found, named with what mends it, and nothing is changed."""

from __future__ import annotations

import re

import pytest
import wide
from v4_plants import LOSSES, ON_THE_COMPANY, PLANTS, SETTINGS

from lab import faults

pytest_plugins = ["v4_lab"]
ROOT = "/var/www/invoiceninja"


def test_a_healthy_v4_passes_and_nothing_is_changed(v4):
    before = v4.snapshot()
    played = v4.play("verify_v4")
    assert played.status == 0, played.output
    assert played.changed == 0
    assert "FAIL " not in played.output
    assert "WARN  v4-version: V4 is version 4.5.49, and 4.5.50 is wanted" in played.output
    assert v4.play("verify_v4", "--check").status == 0
    assert v4.snapshot() == before


def test_every_planted_fault_is_found_exactly_and_the_printed_sql_mends_it(v4):
    planted = [statement for _, statements in [*PLANTS.values(), *LOSSES.values()] for statement in statements]
    v4.sql(*SETTINGS, *planted, *(statement for statements in ON_THE_COMPANY.values() for statement in statements))

    found = v4.findings()
    seen = {id: {int(row["id"]) for row in found[id]["rows"] if int(row["id"]) > 900000} for id in [*PLANTS, *LOSSES]}
    assert seen == {id: ids for id, (ids, _) in {**PLANTS, **LOSSES}.items()}
    assert all(found[id]["count"] == 1 for id in ON_THE_COMPANY)
    failing = {id for id, finding in found.items() if finding["status"] == "fail"}
    assert failing <= {*PLANTS, *ON_THE_COMPANY}
    assert all(id.endswith("-left-behind") for id, finding in found.items() if finding["status"] == "skip")

    played = v4.play("verify_v4")
    assert played.status == 2
    assert "client1 cannot be migrated yet" in played.message
    for id in sorted(failing):
        assert id in played.message
        assert f"FAIL  {id}: " in played.output

    mended = [statement for finding in found.values() for statement in finding["sql"]]
    v4.shell(f"mysql {v4.database}", "\n".join(mended))
    after = v4.findings()
    assert not {id for id, finding in after.items() if finding["status"] == "fail"}
    assert not {id for id in PLANTS if after[id]["status"] != "pass"}
    assert v4.play("verify_v4").status == 0


def test_warnings_fail_where_that_is_wished(v4):
    played = v4.play("verify_v4", v4_verify_strict=True)
    assert played.status == 2
    assert "v4-version" in played.message


WRONG = {
    "owner": ({"v4_owner_email": "nobody@example.com"}, "v4-owner-unknown"),
    "owner-of-another": ({"v4_owner_email": "Owner@client1.test"}, "cross-account-email"),
    "no-root": ({"v4_root": "/srv/nothing"}, "has no directory /srv/nothing, which v4_root names"),
    "empty-root": ({"v4_root": "/srv"}, "has no Invoice Ninja in /srv (no file artisan)"),
    "user": ({"v4_web_user": "nobody-here"}, "has no user nobody-here, which v4_web_user names"),
    "php": ({"v4_php": "php5"}, "has no command php5, which v4_php names"),
}


@pytest.mark.parametrize("case", wide.but(["owner", "no-root"], WRONG))
def test_wrong_variables_are_named(v4_lab, case):
    variables, message = WRONG[case]
    played = v4_lab.play("verify_v4", **variables)
    assert played.status == 2
    assert message in played.message
    assert re.search(r"Mend it with[^`\n]*: `", played.message)


def test_missing_variables_are_named(v4_lab):
    played = v4_lab.play("verify_v4", "-e", '{"v4_owner_email": null}')
    assert played.status == 2
    assert "v4_owner_email" in played.message


def test_an_old_python_is_told_before_a_module_fails(v4):
    python = v4.shell("readlink -f /usr/bin/python3")
    v4.shell(f"chmod a-x {python}")
    try:
        played = v4.play("verify_v4")
    finally:
        v4.shell(f"chmod a+x {python}")
    assert played.status == 2
    assert "and Ansible needs Python 3.8 or newer there. Mend it with: `apt-get install -y python3`" in played.message


def test_what_the_web_user_cannot_write_is_named_and_the_remedy_mends_it(v4):
    v4.shell(f"chown -R root {ROOT}/storage/logs; chmod -R go-w {ROOT}/storage/logs")
    found = v4.findings()["v4-storage-not-writable"]
    assert "storage/logs" in found["title"]
    v4.shell(found["remedy"].strip("`"))
    assert "v4-storage-not-writable" not in v4.findings()


def test_an_untrusted_certificate_is_told(v4):
    with faults.wrong_certificate(v4.machine, "expired"):
        found = v4.findings()["v4-unreachable"]
    assert "The certificate of https://v4.client1.test" in found["title"]
    assert "has expired" in found["title"]


def test_a_database_that_is_down_is_told_in_one_sentence(v4):
    v4.shell("systemctl stop mariadb")
    try:
        played = v4.play("verify_v4")
    finally:
        v4.shell("systemctl start mariadb")
    assert played.status == 2
    assert "Mend it with: `" in played.message


def test_only_the_owners_company_is_checked(v4):
    v4.sql(
        *SETTINGS,
        "INSERT INTO companies (id, discount) VALUES (900000, 0)",
        "INSERT INTO accounts (id, company_id, account_key, name) VALUES (900000, 900000, 'another', 'Another')",
        "INSERT INTO users (id, account_id, public_id, username, email)"
        " VALUES (900000, 900000, 0, 'other@example.com', 'other@example.com')",
        "INSERT INTO tax_rates (id, account_id, user_id, public_id, name) VALUES (900000, 900000, 900000, 1, '')",
    )
    assert not [finding for finding in v4.findings().values() if finding["status"] == "fail"]
    others = v4.findings(v4_owner_email="other@example.com")
    assert {id for id, finding in others.items() if finding["status"] == "fail"} == {
        "tax-rate-name-empty",
        "account-email-settings-missing",
    }
