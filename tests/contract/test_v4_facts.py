"""What is asked about a V4, answered by its stand-in's real database: as it is, and as an older V4's was."""

from __future__ import annotations

import pytest
from conftest import OWNER, PhpApp

from migration import php_db, v4_facts


def ask(v4: PhpApp) -> dict:
    wrapper = v4.path / "php"
    wrapper.write_text('#!/bin/sh\nexec {} "$@"\n'.format(" ".join(v4.php())))
    wrapper.chmod(0o755)
    return php_db.query(v4.path, v4_facts.queries(OWNER), str(wrapper), limit=20000)["rows"]


def test_the_settings_of_a_company_are_read(v4: PhpApp):
    v4.database.run("UPDATE account_email_settings SET is_disabled = 1, forward_url_for_v5 = 'https://v5.test'")
    (account,) = ask(v4)["accounts"]
    assert (int(account["is_disabled"]), account["forward_url"]) == (1, "https://v5.test")


@pytest.mark.parametrize(
    "change", ["DROP COLUMN is_disabled, DROP COLUMN forward_url_for_v5", "DROP COLUMN is_disabled"]
)
def test_a_v4_from_before_the_forwarding_can_be_asked(v4: PhpApp, change: str):
    v4.database.run(f"ALTER TABLE account_email_settings {change}")
    (account,) = ask(v4)["accounts"]
    assert account["account_key"]
    assert (int(account["is_disabled"]), account["forward_url"]) == (0, "")


def test_a_company_without_settings_can_be_asked(v4: PhpApp):
    v4.database.run("DELETE FROM account_email_settings")
    (account,) = ask(v4)["accounts"]
    assert (int(account["is_disabled"]), account["forward_url"]) == (0, "")
