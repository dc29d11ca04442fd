"""The cut-over's parts on the stand-ins: marks, V4's forwarding in its database and its pages, links, V5's company."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Iterator

import pytest
from conftest import OWNER, PASSWORD, Database, PhpApp, program
from v4_browser import Browser
from v5_standin import COMPANY_KEY, EMAIL, EXPORT, V5App
from v5_standin import PASSWORD as V5_PASSWORD

from migration import php_db
from migration.cutover import forwarding, marks, queries
from migration.cutover.company import Login, follow, switch_off
from migration.errors import MigrationError
from migration.http import Server
from migration.v5_api import V5Client

pytest_plugins = ["v5_standin"]
V5_URL = "https://v5.client1.test"
SENDS = ("ninja:send-invoices", "ninja:send-reminders")


def wrapper(folder: Path, database: Database) -> str:
    """A PHP command that knows the private server's socket, as php.ini would."""
    path = folder / "php"
    path.write_text(f'#!/bin/sh\nexec {program("php8.2", "php")} -d pdo_mysql.default_socket={database.socket} "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def php(v4: PhpApp, tmp_path: Path) -> str:
    return wrapper(tmp_path, v4.database)


@pytest.fixture
def place(v4: PhpApp, php: str) -> marks.Place:
    return marks.Place(v4.path, php, "v4", COMPANY_KEY)


def changed(place: marks.Place, before: dict) -> str:
    return marks.words(marks.changes(place, before))


# The marks.


def test_nothing_changed_is_nothing_named(place: marks.Place) -> None:
    before = marks.take(place)
    assert set(before["tables"]) == set(marks.V4)
    assert before["tables"]["invoices"]["count"] == 129
    assert marks.changes(place, before) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "INSERT INTO invoices (client_id, user_id, account_id, invoice_number, public_id, invoice_type_id,"
            " invoice_status_id, amount, balance, created_at, updated_at) SELECT client_id, user_id, account_id,"
            " '0999', 9001, 1, 2, 5, 5, NOW(), NOW() FROM invoices LIMIT 1;"
            "INSERT INTO invoice_items (account_id, user_id, invoice_id, created_at, updated_at, cost, qty, public_id)"
            " SELECT account_id, user_id, LAST_INSERT_ID(), NOW(), NOW(), 5, 1, 9001 FROM invoices LIMIT 1",
            "1 new invoice (0999)",
        ),
        (
            "INSERT INTO payments (invoice_id, account_id, client_id, user_id, created_at, updated_at, amount,"
            " public_id, payment_status_id) SELECT id, account_id, client_id, user_id, NOW(), NOW(), 2.50, 9001, 4"
            " FROM invoices WHERE invoice_number = '0003' AND invoice_type_id = 1",
            "1 new payment (2.50 for 0003)",
        ),
        (
            "UPDATE invoices SET po_number = 'x', updated_at = NOW() WHERE invoice_number = 'QUOTE3'",
            "1 changed quote (QUOTE3)",
        ),
        ("UPDATE clients SET name = 'Acme', updated_at = NOW() WHERE id = 3", "1 changed client (Acme)"),
        (
            "UPDATE contacts SET email = 'new@example.com', updated_at = NOW() WHERE client_id = 3",
            "1 changed client (CLIENT3)",
        ),
        # By SQL, past updated_at.
        (
            "UPDATE invoices SET amount = amount + 1 WHERE invoice_number = '0003'",
            "rows of invoices changed past updated_at",
        ),
        ("DELETE FROM tax_rates WHERE id = 1", "rows of tax rates deleted for good"),
    ],
)
def test_what_was_entered_since_is_named(v4: PhpApp, place: marks.Place, sql: str, words: str) -> None:
    before = marks.take(place)
    quote = "SELECT invoice_number FROM invoices WHERE invoice_type_id = 2 ORDER BY id LIMIT 1"
    for name, query in (("CLIENT3", "SELECT name FROM clients WHERE id = 3"), ("QUOTE3", quote)):
        value = v4.database.value(query) or ""
        sql, words = sql.replace(name, value), words.replace(name, value)
    v4.database.run("SET sql_mode = ''; " + sql)
    assert changed(place, before) == words


def test_who_only_looks_changes_nothing(v4: PhpApp, place: marks.Place) -> None:
    before = marks.take(place)
    with v4.serve() as url:
        Browser(url).login(OWNER, PASSWORD)
        key = v4.database.value("SELECT invitation_key FROM invitations LIMIT 1")
        assert Browser(url).get(f"/view/{key}").status == 200
    v4.database.run(
        "UPDATE invoices SET invoice_status_id = 3, updated_at = NOW() WHERE invoice_status_id = 2;"
        "UPDATE clients SET last_login = NOW(), updated_at = NOW();"
        "UPDATE accounts SET last_login = NOW(), updated_at = NOW();"
        "UPDATE users SET failed_logins = 2, updated_at = NOW()"
    )
    assert changed(place, before) == ""


def test_v4s_own_jobs_are_named(v4: PhpApp, place: marks.Place) -> None:
    make_due(v4)
    before = marks.take(place)
    assert v4.artisan("ninja:send-invoices").returncode == 0
    found = marks.changes(place, before)
    assert {(each["kind"], each["entity"]) for each in found} >= {
        ("new", "invoices"),
        ("changed", "recurring_invoices"),
    }
    number = v4.database.value("SELECT invoice_number FROM invoices ORDER BY id DESC LIMIT 1")
    assert f"since/invoices/{number}" in {each["id"] for each in found}


def test_without_marks_the_time_of_the_import_decides(v4: PhpApp, place: marks.Place) -> None:
    uploaded = int(time.time())
    v4.database.run("UPDATE invoices SET created_at = '2020-01-01', updated_at = '2020-01-01'")
    v4.database.run("UPDATE clients SET created_at = '2020-01-01'; UPDATE contacts SET created_at = '2020-01-01'")
    for table in ("invoice_items", "payments", "credits", "products", "expenses", "vendors", "projects", "tasks"):
        v4.database.run(f"UPDATE {table} SET created_at = '2020-01-01', updated_at = '2020-01-01'")
    known = {each["id"] for each in marks.since(place, uploaded)}
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(uploaded + 60))
    v4.database.run(f"UPDATE invoices SET updated_at = '{stamp}' WHERE invoice_number = '0007' AND invoice_type_id = 1")
    found = [each for each in marks.since(place, uploaded) if each["id"] not in known]
    assert marks.words(found) == "1 changed invoice (0007)"
    with (v4.path / ".env").open("a") as env:
        env.write("APP_TIMEZONE=America/New_York\n")
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(uploaded - 3 * 3600))
    v4.database.run(f"UPDATE invoices SET updated_at = '{local}' WHERE invoice_number = '0008' AND invoice_type_id = 1")
    assert "0008" in marks.words(marks.since(place, uploaded)), "V4 writes its own time zone"


def test_marks_of_another_version_are_refused(v4: PhpApp, place: marks.Place) -> None:
    before = marks.take(place)
    v4.database.run("ALTER TABLE products DROP COLUMN custom_value2")
    with pytest.raises(MigrationError, match="custom_value2"):
        marks.changes(place, before)


# V4's forwarding.


def make_due(v4: PhpApp) -> None:
    """Make the recurring invoice due, and an invoice due for a reminder."""
    v4.database.run(
        "UPDATE invoices SET is_public = 1, frequency_id = 4, start_date = '2020-01-01', end_date = NULL,"
        " last_sent_date = NULL, is_deleted = 0, deleted_at = NULL WHERE is_recurring = 1;"
        "UPDATE accounts SET enable_reminder1 = 1, num_days_reminder1 = 1, direction_reminder1 = 1,"
        " field_reminder1 = 1;"
        "UPDATE clients SET send_reminders = 1, deleted_at = NULL; UPDATE users SET confirmed = 1;"
        "UPDATE invoices SET due_date = CURDATE() - INTERVAL 1 DAY, is_public = 1, last_sent_date = NULL"
        " WHERE balance > 0 AND is_recurring = 0 AND invoice_type_id = 1 ORDER BY id LIMIT 1"
    )


def sent(v4: PhpApp) -> str | None:
    return v4.database.value("SELECT CONCAT(COUNT(*), '/', SUM(last_sent_date = CURDATE())) FROM invoices")


def test_forwarding_in_the_database_silences_both_commands_and_back(v4: PhpApp, php: str) -> None:
    make_due(v4)
    before = sent(v4)
    assert forwarding.read(v4.path, php, COMPANY_KEY)["is_disabled"] is False
    seen = forwarding.write(v4.path, php, COMPANY_KEY, f"{V5_URL}/")
    assert (seen["url"], seen["is_disabled"], seen["others"]) == (V5_URL, True, [])
    for command in SENDS:
        assert v4.artisan(command).returncode == 0
    assert sent(v4) == before
    forwarding.write(v4.path, php, COMPANY_KEY, "")
    for command in SENDS:
        last = sent(v4)
        assert v4.artisan(command).returncode == 0
        assert sent(v4) != last, f"{command} sends again"


def test_other_accounts_of_this_v4_are_seen_while_they_work(v4: PhpApp, php: str) -> None:
    v4.database.run(
        "SET sql_mode = ''; INSERT INTO accounts (id, name, account_key) VALUES (77, 'Second', 'secondkey'),"
        " (78, 'Gone', 'gonekey'); UPDATE accounts SET deleted_at = NOW() WHERE id = 78;"
        "INSERT INTO account_email_settings (account_id, is_disabled) VALUES (77, 0), (78, 0)"
    )
    assert forwarding.read(v4.path, php, COMPANY_KEY)["others"] == ["Second"]
    forwarding.write(v4.path, php, COMPANY_KEY, V5_URL)
    assert forwarding.read(v4.path, php, "secondkey") == {"url": "", "is_disabled": False, "others": [], "charges": []}


def test_charges_that_forwarding_does_not_stop_are_named(v4: PhpApp, php: str) -> None:
    v4.database.run(
        "SET sql_mode = ''; UPDATE accounts SET auto_bill_on_due_date = 1;"
        "UPDATE invoices SET auto_bill = 4 WHERE is_recurring = 1;"
        "SELECT id, client_id INTO @recurring, @client FROM invoices WHERE is_recurring = 1 LIMIT 1;"
        "UPDATE invoices SET recurring_invoice_id = @recurring, client_id = @client, balance = 5, is_public = 1,"
        " due_date = CURDATE(), is_deleted = 0, deleted_at = NULL WHERE invoice_number = '0009';"
        "SET FOREIGN_KEY_CHECKS = 0;"
        "INSERT INTO account_gateway_tokens (account_id, client_id, token)"
        " SELECT account_id, @client, 't' FROM invoices LIMIT 1"
    )
    assert forwarding.read(v4.path, php, COMPANY_KEY)["charges"] == ["0009"]
    v4.database.run("UPDATE invoices SET auto_bill = 1 WHERE is_recurring = 1")
    assert forwarding.read(v4.path, php, COMPANY_KEY)["charges"] == []


def test_a_v4_that_cannot_forward_is_named(v4: PhpApp, php: str) -> None:
    v4.database.run("DELETE FROM account_email_settings")
    with pytest.raises(MigrationError, match="no row in account_email_settings"):
        forwarding.read(v4.path, php, COMPANY_KEY)
    v4.database.run("ALTER TABLE account_email_settings DROP COLUMN is_disabled")
    with pytest.raises(MigrationError, match="too old") as old:
        forwarding.read(v4.path, php, COMPANY_KEY)
    assert old.value.remedy == "./cli.py upgrade CLIENT"
    with pytest.raises(MigrationError, match="no account"):
        forwarding.read(v4.path, php, "nosuchkey")


def test_forwarding_by_v4s_pages(v4: PhpApp, php: str) -> None:
    with v4.serve() as url:
        pages = forwarding.Pages(url)
        pages.login(OWNER, PASSWORD)
        assert pages.forwards_to() == ""
        pages.forward(f"{V5_URL}/")
        assert pages.forwards_to() == V5_URL
        assert forwarding.read(v4.path, php, COMPANY_KEY)["is_disabled"] is True
        again = forwarding.Pages(url)
        again.login(OWNER, PASSWORD)
        again.forward("")
        assert forwarding.read(v4.path, php, COMPANY_KEY)["is_disabled"] is False
        with pytest.raises(MigrationError, match="did not take the forwarding") as refused:
            again.forward("no address")
        assert refused.value.id == "v4-forwarding-lost"
        with pytest.raises(MigrationError, match="does not accept") as wrong:
            forwarding.Pages(url).login(OWNER, "wrong")
        assert "vault.yml" in wrong.value.remedy
        v4.artisan("down")
        with pytest.raises(MigrationError, match="maintenance"):
            forwarding.Pages(url).login(OWNER, PASSWORD)


# Both sides.


@pytest.fixture
def moved(v5: V5App) -> Iterator[V5App]:
    """A V5 that has imported the recorded company, whose owner has V4's password."""
    assert v5.start(v5.token(), EXPORT, COMPANY_KEY).status_code == 200
    v5.work()
    assert v5.companies()[-1][1:] == (COMPANY_KEY, "1")
    yield v5


def owner_of(v5: V5App, url: str) -> Login:
    v5.database.run(f"UPDATE users SET password = '{v5.hash}'")
    return Login(V5Client(url), EMAIL, [V5_PASSWORD])


def test_the_company_is_switched_with_its_own_token(moved: V5App) -> None:
    login = owner_of(moved, moved.app.url)
    assert login.switch(COMPANY_KEY, True) is True
    assert login.switch(COMPANY_KEY, True) is False
    assert moved.companies()[-1][2] == "0"
    assert login.switch(COMPANY_KEY, False) is True
    assert [row[2] for row in moved.companies()] == ["0", "1"], "and no other company"
    with pytest.raises(MigrationError, match="no company with the key"):
        login.switch("nosuchkey", True)


def test_the_company_is_switched_off_without_v5s_web(moved: V5App, tmp_path: Path) -> None:
    php = wrapper(tmp_path, moved.database)
    owner_of(moved, moved.app.url).switch(COMPANY_KEY, True)
    assert switch_off(moved.path, php, COMPANY_KEY, dry_run=True) is True
    assert moved.companies()[-1][2] == "0"
    assert switch_off(moved.path, php, COMPANY_KEY) is True
    assert switch_off(moved.path, php, COMPANY_KEY) is False
    assert [row[2] for row in moved.companies()] == ["0", "1"]


def test_removing_wants_the_name_and_a_company_that_is_off(moved: V5App) -> None:
    login = owner_of(moved, moved.app.url)
    name = login.company(COMPANY_KEY).name
    with pytest.raises(MigrationError, match="is called"):
        login.remove(COMPANY_KEY, "Another")
    login.switch(COMPANY_KEY, True)
    with pytest.raises(MigrationError, match="switched on"):
        login.remove(COMPANY_KEY, name)
    login.switch(COMPANY_KEY, False)
    assert login.remove(COMPANY_KEY, name) is True
    assert login.remove(COMPANY_KEY, name) is False
    assert [row[1] == COMPANY_KEY for row in moved.companies()] == [False]


def test_two_companies_with_one_key_are_refused(moved: V5App, tmp_path: Path) -> None:
    moved.database.run("ALTER TABLE companies DROP INDEX IF EXISTS companies_company_key_unique")
    moved.database.run(f"UPDATE companies SET company_key = '{COMPANY_KEY}' WHERE id = 1")
    try:
        with pytest.raises(MigrationError, match="two companies"):
            owner_of(moved, moved.app.url).company(COMPANY_KEY)
        rows = php_db.query(moved.path, queries.v5_company(COMPANY_KEY), wrapper(tmp_path, moved.database))["rows"]
        assert len(rows["company"]) == 2
    finally:
        moved.database.run("UPDATE companies SET company_key = 'first' WHERE id = 1")


def test_v5_says_when_the_company_was_uploaded_and_imported(moved: V5App, tmp_path: Path) -> None:
    rows = php_db.query(moved.path, queries.v5_company(COMPANY_KEY), wrapper(tmp_path, moved.database))["rows"]
    (company,) = rows["company"]
    assert abs(int(company["uploaded_at"]) - time.time()) < 300
    assert int(company["import_ended_at"]) >= int(company["uploaded_at"])


def test_v5_says_which_company_was_migrated(moved: V5App, tmp_path: Path) -> None:
    php = wrapper(tmp_path, moved.database)
    for email, key, found in (
        (EMAIL, "", [COMPANY_KEY]),
        (EMAIL, COMPANY_KEY, [COMPANY_KEY]),
        (EMAIL, "another", []),
        ("o'nobody\\@client1.test", "", []),
    ):
        rows = php_db.query(moved.path, queries.v5_migrated(email, key), php)["rows"]["company"]
        assert [row["account_key"] for row in rows] == found


def test_marks_of_v5_name_what_was_entered_there(moved: V5App, tmp_path: Path) -> None:
    place = marks.Place(moved.path, wrapper(tmp_path, moved.database), "v5", COMPANY_KEY)
    before = marks.take(place)
    assert before["tables"]["invoices"]["count"] == 64
    owner_of(moved, moved.app.url).switch(COMPANY_KEY, True)
    moved.database.run("UPDATE clients SET last_login = NOW(6), updated_at = NOW(6) LIMIT 1")
    assert changed(place, before) == ""
    moved.database.run(
        "UPDATE invoices SET po_number = 'x', updated_at = NOW(6) + INTERVAL 1 SECOND WHERE number = '0003'"
    )
    assert changed(place, before) == "1 changed invoice (0003)"


def test_an_old_link_is_followed_from_v4_to_v5(v4: PhpApp, php: str, moved: V5App, tmp_path: Path) -> None:
    links = php_db.query(v4.path, queries.v4_links(COMPANY_KEY), php)["rows"]["links"]
    assert {each["entity"] for each in links} <= {"invoice", "quote"}
    known = php_db.query(moved.path, queries.v5_links(COMPANY_KEY), wrapper(tmp_path, moved.database))["rows"]["links"]
    assert len(known) == 5
    with v4.serve() as url:
        servers = Server(url), Server(moved.app.url)
        with pytest.raises(MigrationError, match="does not forward"):
            follow(*servers, links)
        forwarding.write(v4.path, php, COMPANY_KEY, moved.app.url)
        assert follow(*servers, links)["status"] == 302
        assert follow(*servers, known)["status"] == 302
        viewed = moved.database.value(
            "SELECT COUNT(*) FROM invoice_invitations WHERE viewed_date > NOW() - INTERVAL 1 HOUR"
        )
        assert viewed == "0", "no invoice counts as opened"
        moved.database.run("DELETE FROM invoice_invitations; DELETE FROM quote_invitations")
        with pytest.raises(MigrationError, match="knows none of the old links"):
            follow(*servers, links)
        v4.artisan("down")
        with pytest.raises(MigrationError, match="maintenance"):
            follow(*servers, links)


def test_v5s_link_tells_a_real_invitation_from_an_invented_one(moved: V5App) -> None:
    key = moved.database.value("SELECT `key` FROM invoice_invitations ORDER BY id LIMIT 1")
    server = Server(moved.app.url)
    moved.database.run("UPDATE invoice_invitations SET viewed_date = NULL")
    silent = server.request("GET", f"/client/invoice/{key}?silent=true")
    assert silent.status == 302
    assert silent.header("Location").endswith("?silent=true")
    assert moved.database.value("SELECT COUNT(*) FROM invoice_invitations WHERE viewed_date IS NOT NULL") == "0"
    assert server.request("GET", f"/client/invoice/{key}").status == 302
    assert moved.database.value("SELECT COUNT(*) FROM invoice_invitations WHERE viewed_date IS NOT NULL") == "1"
    assert server.request("GET", "/client/invoice/0ninjalift0").status == 404
    assert server.request("GET", f"/client/quote/{key}").status == 404
