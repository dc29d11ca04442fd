"""The export of a V4 that was loaded with the recorded export: the same, field by field; and what broken data does."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from conftest import APP_KEY, OWNER, PASSWORD, RECORDED_EXPORT, PhpApp

from lab.standins import v4_data


def export(app: PhpApp) -> bytes:
    """Export the owner and return migration.json."""
    (app.path / "storage/migrations").mkdir(exist_ok=True)
    done = app.artisan("migrations:export", f"--email={OWNER}")
    assert done.returncode == 0, done.stdout
    (archive,) = (app.path / "storage/migrations").glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["migration.json"]
        return opened.read("migration.json")


def exported(app: PhpApp) -> dict:
    """Export the owner and return the resources."""
    return json.loads(export(app))["data"]


def failure(app: PhpApp) -> str:
    """Export the owner, expect it to fail, and return the last error of the log."""
    (app.path / "storage/migrations").mkdir(exist_ok=True)
    done = app.artisan("migrations:export", f"--email={OWNER}")
    assert done.returncode == 1, done.stdout
    lines = (app.path / "storage/logs/laravel-error.log").read_text().splitlines()
    return [line for line in lines if "[stacktrace]" not in line][-1]


def test_export_is_the_recorded_one_byte_by_byte(v4: PhpApp) -> None:
    with zipfile.ZipFile(RECORDED_EXPORT) as archive:
        recorded = archive.read("migration.json")
    v4.database.run(f"UPDATE users SET password = '{json.loads(recorded)['data']['users'][0]['password']}'")
    made = export(v4)
    assert json.loads(made) == json.loads(recorded)
    assert made == recorded


def test_loading_replaces_owner_key_and_password() -> None:
    key = "k" * 32
    sql = v4_data.export_to_sql(RECORDED_EXPORT, owner_email="me@example.com", account_key=key, password=PASSWORD)
    assert sql.count("me@example.com") == 2, "username and e-mail"
    assert PASSWORD not in sql
    assert "9nrwevhjtlxoochx5kk1b533cebkjblj" not in sql
    assert f"'{key}/e46f" in sql
    assert set(v4_data.document_files(RECORDED_EXPORT, account_key=key)) == {
        f"{key}/e46f495250bfdfadbf3c5ab9bac9cd6a8391ec7b.png"
    }


def test_documents_have_their_recorded_bytes(v4: PhpApp) -> None:
    for document in exported(v4)["documents"]:
        content = (v4.path / "storage/documents" / document["path"]).read_bytes()
        assert len(content) == document["size"] == 75
        assert hashlib.sha1(content).hexdigest() == document["hash"]  # noqa: S324 - V4's choice


def test_filters_of_the_export(v4: PhpApp) -> None:
    v4.database.run("UPDATE credits SET amount = 0 WHERE id = 1; UPDATE credits SET is_deleted = 1 WHERE id = 2;"
                    "UPDATE payments SET payment_status_id = 2 WHERE id = 1;"
                    "UPDATE payments SET is_deleted = 1, deleted_at = NOW() WHERE id = 2;"
                    "UPDATE invoices SET amount = -5 WHERE id = 129;"
                    "UPDATE clients SET deleted_at = NOW(), is_deleted = 1 WHERE id = 1")  # fmt: skip
    data = exported(v4)
    assert data["credits"] == []
    assert data["recurring_invoices"] == [], "a negative recurring invoice is not exported"
    assert [data["payments"][0]["id"], data["payments"][0]["status_id"]] == [2, 2], "voided is left out, deleted is 2"
    assert data["clients"][0]["id"] == 1, "a deleted client is exported"


@pytest.mark.parametrize(
    ("username", "email", "sent"),
    [("name@example.com", "mail@example.com", "name@example.com"), ("name", "mail@example.com", "mail@example.com")],
)
def test_the_username_wins_if_it_is_an_email(v4: PhpApp, username: str, email: str, sent: str) -> None:
    v4.database.run(f"INSERT INTO users (account_id, public_id, username, email, password, permissions) VALUES "
                    f"(1, 1, '{username}', '{email}', 'x', '')")  # fmt: skip
    assert exported(v4)["users"][1]["email"] == sent


def test_an_account_without_token_or_statuses_gets_them(v4: PhpApp) -> None:
    v4.database.run("DELETE FROM account_tokens; DELETE FROM task_statuses")
    data = exported(v4)
    assert data["account"]["token"] == v4.database.value(
        "SELECT token FROM account_tokens WHERE name='Migration Token'"
    )
    assert [status["name"] for status in data["task_statuses"]] == ["Backlog", "Ready to do", "In progress", "Done"]


def test_recurring_invoice_with_an_end(v4: PhpApp) -> None:
    v4.database.run("UPDATE invoices SET is_public = 1, start_date = '2026-01-31', last_sent_date = '2026-10-31',"
                    "end_date = '2027-10-31', frequency_id = 6, auto_bill = 4 WHERE id = 129")  # fmt: skip
    (recurring,) = exported(v4)["recurring_invoices"]
    assert recurring["next_send_date"] == "2027-01-31"
    assert recurring["frequency_id"] == 7
    assert recurring["remaining_cycles"] == pytest.approx(8 / 3), "V4 does not round"
    assert (recurring["auto_bill_enabled"], recurring["auto_bill"], recurring["status_id"]) == (1, "always", 2)


def encrypt(app: PhpApp, text: str, key: str = APP_KEY) -> str:
    """Encrypt as V4's Crypt::encrypt does, with the given APP_KEY."""
    script = app.path / "encrypt.php"
    script.write_text('<?php require "bootstrap/app.php"; '
                      'echo (new App\\Support\\Encrypter())->encrypt(stream_get_contents(STDIN));')  # fmt: skip

    done = subprocess.run(
        [*app.php(), script.name],
        cwd=app.path,
        input=text,
        env={**os.environ, "APP_KEY": key},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def add_gateway(app: PhpApp, number: int, config: str) -> None:
    """Give the account a payment gateway."""
    app.database.run(
        "INSERT INTO account_gateways (id, account_id, user_id, gateway_id, public_id, config, created_at, updated_at) "
        f"VALUES ({number}, 1, 1, {number}, {number}, '{config}', '2026-01-02 03:04:05', '2026-01-02 03:04:05')"
    )


def test_gateways_are_exported_with_their_secrets(v4: PhpApp) -> None:
    secret = '{"apiKey":"sk_live_1","enableAch":"1"}'
    add_gateway(v4, 23, encrypt(v4, secret))  # Stripe
    add_gateway(v4, 21, encrypt(v4, "{}"))  # SagePay Server: V5 does not know it
    add_gateway(v4, 17, encrypt(v4, "{}", key="f" * 32))  # PayPal, encrypted with another APP_KEY
    paypal, stripe = exported(v4)["company_gateways"]
    assert stripe["config"] == secret
    assert stripe["gateway_key"] == "d14dd26a37cecc30fdd65700bfb55b23"
    assert stripe["fees_and_limits"] == {"1": {}, "2": {}}
    assert paypal["config"] == "If you see this message - we were not able to decrypt your config"
    assert paypal["fees_and_limits"] == {"3": {}}


def test_stripe_with_another_app_key_ends_the_export(v4: PhpApp) -> None:
    add_gateway(v4, 23, encrypt(v4, "{}", key="f" * 32))
    assert "***Illuminate\\Contracts\\Encryption\\DecryptException*** [0]" in (line := failure(v4))
    assert "=> The MAC is invalid." in line


def add_card(app: PhpApp, contact: int = 1, token: int = 1, payment_type: str = "6") -> None:
    """Store a card of a client at a gateway."""
    add_gateway(app, 1, encrypt(app, "{}"))
    app.database.run(
        "SET FOREIGN_KEY_CHECKS=0;"
        "INSERT INTO account_gateway_tokens (id, account_id, contact_id, account_gateway_id, client_id, token) "
        "VALUES (1, 1, 1, 1, 1, 'cus_1');"
        "INSERT INTO payment_methods (id, account_id, user_id, contact_id, account_gateway_token_id, payment_type_id,"
        "source_reference, public_id, last4, expiration, created_at) "
        f"VALUES (1, 1, 1, {contact}, {token}, {payment_type}, 'card_1', 1, 42, '2030-05-01', '2026-01-02 00:00:00')"
    )


def test_stored_cards(v4: PhpApp) -> None:
    add_card(v4)
    (card,) = exported(v4)["client_gateway_tokens"]
    assert card["meta"] == {"exp_month": "05", "exp_year": "2030", "brand": "Visa Card", "last4": "0042", "type": 1}
    assert (card["client_id"], card["token"], card["gateway_customer_reference"]) == (1, "card_1", "cus_1")
    assert card["is_default"] is True


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"contact": 9999}, "Trying to get property 'client_id' of non-object"),
        ({"token": 9999}, "Trying to get property 'account_gateway_id' of non-object"),
        ({"payment_type": "999"}, "Trying to get property 'gateway_type_id' of non-object"),
    ],
)
def test_a_card_that_lost_its_contact_token_or_type_ends_the_export(v4: PhpApp, card: dict, message: str) -> None:
    add_card(v4, **card)
    assert "***ErrorException*** [0]" in (line := failure(v4))
    assert f"=> {message}" in line


def test_a_card_that_lost_both_is_skipped(v4: PhpApp) -> None:
    add_card(v4, contact=9999, token=9999)
    assert exported(v4)["client_gateway_tokens"] == []


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        (
            "DELETE FROM account_email_settings",
            "ErrorException",
            "Trying to get property 'reply_to_email' of non-object",
        ),
        (
            "UPDATE vendor_contacts SET created_at = NULL WHERE id = 3",
            "Symfony\\Component\\Debug\\Exception\\FatalThrowableError",
            "Call to a member function toDateTimeString() on null",
        ),
        (
            "ALTER TABLE accounts MODIFY financial_year_start varchar(9);"
            "UPDATE accounts SET financial_year_start = '2000'",
            "ErrorException",
            "Undefined offset: 1",
        ),
    ],
)
def test_broken_data_ends_the_export(v4: PhpApp, sql: str, kind: str, message: str) -> None:
    v4.database.run(sql)
    assert f"***{kind}*** [0]" in (line := failure(v4))
    assert f"=> {message}" in line


def test_text_that_is_no_utf8_empties_the_export(v4: PhpApp) -> None:
    v4.database.run(
        "ALTER TABLE clients MODIFY private_notes blob; UPDATE clients SET private_notes = x'ff41' WHERE id=1"
    )
    assert export(v4) == b""


def test_a_zero_date_is_exported_as_php_reads_it(v4: PhpApp) -> None:
    v4.database.run("SET sql_mode=''; UPDATE clients SET created_at = '0000-00-00 00:00:00' WHERE id = 1")
    assert exported(v4)["clients"][0]["created_at"] == "-0001-11-30"


def test_a_document_of_another_size_gets_bytes_of_that_size(tmp_path: Path) -> None:
    data = {"company": {"company_key": "k"}, "documents": [{"path": "k/a.pdf", "hash": "0" * 40, "size": 1000}]}
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("migration.json", json.dumps({"data": data}))
    files = v4_data.document_files(tmp_path / "e.zip")
    assert {path: len(content) for path, content in files.items()} == {"k/a.pdf": 1000}
    assert v4_data.document_files(tmp_path / "e.zip") == files
