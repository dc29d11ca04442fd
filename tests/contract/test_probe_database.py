"""The probe's PHP half reads the databases of V4 and V5, and says what keeps it from reading one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import OWNER, RECORDINGS, Database, PhpApp, free_port
from v5_standin import COMPANY_KEY, EMAIL, EXPORT, V5App, v5, v5_server

from migration.counts import v4_queries
from tests.php_probe import BARE, Said, probe

__all__ = ["v5", "v5_server"]

DANGLING_CLIENT = RECORDINGS / "export-cases" / "invoice-client-dangling.zip"


def ask(root: Path, kind: str, database: Database, **options: str) -> Said:
    """Probe with the setting that finds the private server; nothing secret or personal is ever printed alone."""
    said = probe(root, kind, options=("-d", f"pdo_mysql.default_socket={database.socket}"), **options)
    assert said.ended, said.errors
    text = said.text + said.errors
    for pseudonym in (f"<<key:{COMPANY_KEY}>>", f"<<email:{OWNER}>>", f"<<email:{EMAIL}>>"):
        text = text.replace(pseudonym, "")
    assert [word for word in (database.password, COMPANY_KEY, EMAIL, OWNER) if word in text] == []
    return said


def part(said: Said, path: str) -> object:
    """A fact that has to be there; fails with the reason where there is none."""
    assert path in said.facts, said.missing
    return said[path]


def start(v5: V5App, archive: Path | bytes = EXPORT) -> None:
    """Upload an export: a job waits then."""
    v5.start(v5.token(), archive, COMPANY_KEY, silent_migration="1")


def job(v5: V5App, change: str) -> None:
    v5.database.run(f"UPDATE jobs SET {change} WHERE payload LIKE '%StartMigration%'")


def test_a_v5_with_an_imported_company(v5: V5App) -> None:
    start(v5)
    v5.work()
    said = ask(v5.path, "v5", v5.database)
    assert part(said, "database/reachable") is True
    assert said["database/server"] == v5.database.value("SELECT VERSION()")
    assert (said["database/flavour"], said["database/schema"]) == ("mariadb", "v5")
    assert said["database/version_id"] // 100 == int(said["database/server"].split(".")[0]) * 100 + int(
        said["database/server"].split(".")[1]
    )
    assert said["database/charset"] == "utf8mb4"
    assert said["database/strict"] is False
    assert said["database/tables"] == int(
        v5.database.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
    )
    assert abs(said["time/database_offset_seconds"]) <= 2
    migrations = part(said, "database/migrations")
    assert (migrations["pending"], migrations["pending_count"]) == ([], 0)
    assert migrations["ran"] == int(v5.database.value("SELECT COUNT(*) FROM migrations"))
    assert said["database/accounts"] == [{"id": 1, "companies": 2, "scheduler_running": False}]
    assert said["cron/heartbeat/flag"] is False
    first, second = part(said, "database/companies")
    assert (first["blank"], first["imported"], first["invoices"], first["clients"]) == (True, False, 0, 0)
    assert second == {
        "id": 2,
        "account_id": 1,
        "key": f"<<key:{COMPANY_KEY}>>",
        "name": second["name"],
        "blank": False,
        "disabled": True,
        "default": v5.database.value("SELECT default_company_id FROM accounts") == "2",
        "age_seconds": second["age_seconds"],
        "invoices": 64,
        "clients": 10,
        "imported": True,
    }
    assert second["name"].startswith("<<name:")
    assert part(said, "database/documents")["count"] == int(v5.database.value("SELECT COUNT(*) FROM documents"))
    assert said["database/documents"]["files_missing"] == 0
    assert said["migration/cache"] == [{"key": f"<<key:{COMPANY_KEY}>>", "state": "completed"}]
    assert part(said, "database/users")["without_company"] == 0
    assert {path for path in said.missing if path.startswith("database")} == set()


def test_the_upload_waits_and_is_then_reserved(v5: V5App) -> None:
    start(v5)
    job(v5, "available_at = UNIX_TIMESTAMP() - 700, created_at = UNIX_TIMESTAMP() - 700")
    jobs = part(ask(v5.path, "v5", v5.database), "database/jobs")
    (row,) = jobs["migration"]
    assert jobs["by_kind"]["App\\Jobs\\Util\\StartMigration"] == 1
    assert jobs["count"] == jobs["waiting"] == sum(jobs["by_kind"].values()) == sum(jobs["queues"].values())
    assert jobs["oldest_waiting_seconds"] in range(700, 760)
    assert (row["reserved_seconds"], row["attempts"], row["queue"]) == (None, 0, "default")
    assert row["age_seconds"] in range(700, 760)

    job(v5, "reserved_at = UNIX_TIMESTAMP() - 600, attempts = 1")
    v5.database.run("UPDATE jobs SET available_at = UNIX_TIMESTAMP() + 600 WHERE reserved_at IS NULL")
    for kind in (
        "Jobs\\\\\\\\Mail\\\\\\\\NinjaMailerJob",
        "Services\\\\\\\\Email\\\\\\\\Email",
        "Jobs\\\\\\\\Util\\\\\\\\VersionCheck",
    ):
        v5.database.run(
            "INSERT INTO jobs (queue, payload, attempts, available_at, created_at)"
            f" VALUES ('default', '{{\"displayName\":\"App\\\\\\\\{kind}\"}}', 0, UNIX_TIMESTAMP() + 600, 1)"
        )
    said = ask(v5.path, "v5", v5.database)
    jobs = part(said, "database/jobs")
    assert said["mail/queued"] == 2
    assert jobs["by_kind"]["App\\Services\\Email\\Email"] == 1
    assert (jobs["reserved"], jobs["waiting"], jobs["oldest_waiting_seconds"]) == (1, 0, None)
    assert jobs["oldest_reserved_seconds"] in range(600, 660)
    assert jobs["migration"][0]["reserved_seconds"] in range(600, 660)


def test_a_failed_job_with_the_first_line_of_its_exception(v5: V5App) -> None:
    start(v5, b"no zip")
    v5.work()
    said = ask(v5.path, "v5", v5.database)
    assert said["database/failed_jobs/count"] == 1
    assert said["database/failed_jobs/by_kind"] == {"App\\Jobs\\Util\\StartMigration": 1}
    (latest,) = said["database/failed_jobs/latest"]
    assert latest["exception"].startswith("ValueError: Invalid or uninitialized Zip object in ")
    assert said["database/failed_jobs/last_seconds"] == latest["age_seconds"] in range(0, 60)
    assert "PT\tdatabase/failed_jobs/latest" in said.text, "the writer has to take values and SQL from it"
    blank = part(said, "database/companies")[1]
    assert (blank["blank"], blank["disabled"], blank["imported"]) == (True, True, False)


def test_the_callers_key_tells_an_import_without_clients(v5: V5App) -> None:
    before = v5.database.value("SELECT company_key FROM companies WHERE id = 1")
    v5.database.run(f"UPDATE companies SET company_key = '{COMPANY_KEY}' WHERE id = 1")
    without = ask(v5.path, "v5", v5.database)
    told = ask(v5.path, "v5", v5.database, company_key=COMPANY_KEY)
    v5.database.run(f"UPDATE companies SET company_key = '{before}' WHERE id = 1")
    assert part(without, "database/companies")[0]["imported"] is False
    assert part(told, "database/companies")[0]["imported"] is True


def test_an_import_that_v5_hides_leaves_its_mark_in_the_cache(v5: V5App) -> None:
    start(v5, DANGLING_CLIENT)
    v5.work()
    states = [each["state"] for each in part(ask(v5.path, "v5", v5.database), "migration/cache")]
    assert "failed" in states


def test_migrations_that_did_not_run(v5: V5App) -> None:
    name = v5.database.value("SELECT migration FROM migrations ORDER BY id DESC LIMIT 1")
    new = v5.path / "database/migrations/2026_01_01_000000_new_table.php"
    new.touch()
    v5.database.run(f"DELETE FROM migrations WHERE migration = '{name}'")
    try:
        migrations = part(ask(v5.path, "v5", v5.database), "database/migrations")
    finally:
        new.unlink()
        v5.database.run(f"INSERT INTO migrations (migration, batch) VALUES ('{name}', 2)")
    assert set(migrations["pending"]) == {name, "2026_01_01_000000_new_table"}
    assert migrations["pending_count"] == 2


def test_users_who_cannot_work(v5: V5App) -> None:
    v5.database.run(
        "UPDATE users SET google_2fa_secret = 'x' WHERE id = 1;"
        "INSERT INTO users (account_id, email, password) VALUES (1, 'second@client1.test', 'x');"
        "INSERT INTO users (account_id, email, password, is_deleted) VALUES (1, 'gone@client1.test', 'x', 1)"
    )
    said = ask(v5.path, "v5", v5.database)
    assert part(said, "database/users") == {"count": 2, "two_factor": 1, "without_company": 1}
    assert "second@client1.test" not in said.text


def test_documents_whose_files_are_gone(v5: V5App) -> None:
    there = v5.path / "public/storage/key/documents/there.pdf"
    there.parent.mkdir(parents=True)
    there.touch()
    rows = [
        ("public", "key/documents/there.pdf", "App\\\\Models\\\\Expense", "NULL"),
        ("public", "key/documents/gone.pdf", "invoices", "NULL"),
        ("public", "key/documents/deleted.pdf", "invoices", "NOW()"),
        ("s3", "key/documents/elsewhere.pdf", "App\\\\Models\\\\Expense", "NULL"),
    ]
    for disk, url, kind, deleted in rows:
        v5.database.run(
            "INSERT INTO documents (user_id, company_id, disk, url, documentable_id, documentable_type, deleted_at)"
            f" VALUES (1, 1, '{disk}', '{url}', 1, '{kind}', {deleted})"
        )
    try:
        documents = part(ask(v5.path, "v5", v5.database), "database/documents")
    finally:
        v5.database.run("DELETE FROM documents")
    assert documents == {"count": 3, "by_kind": {"expense": 2, "invoice": 1}, "files_missing": 1}


def test_the_cache_in_the_database(v5: V5App) -> None:
    v5.database.run(
        "CREATE TABLE cache (`key` varchar(191) PRIMARY KEY, value mediumtext, expiration int);"
        f"INSERT INTO cache VALUES ('invoice_ninja_cache_migration-{COMPANY_KEY}', 's:7:\"started\";',"
        f" {int(time.time()) + 99})"
    )
    v5.write_env(CACHE_DRIVER="database")
    try:
        said = ask(v5.path, "v5", v5.database, company_key=COMPANY_KEY)
    finally:
        v5.database.run("DROP TABLE cache")
    assert part(said, "migration/cache") == [{"key": f"<<key:{COMPANY_KEY}>>", "state": "started"}]
    assert "cache_locks" in said.missing["queue/mutex_age_seconds"], "there is no such table"


def test_the_import_needs_a_connection_without_the_socket(v5: V5App) -> None:
    """DB_SOCKET is set in the stand-in; db-ninja-01 goes by DB_HOST and DB_PORT."""
    said = ask(v5.path, "v5", v5.database)
    assert part(said, "database/import_connection") == {"reachable": True, "error": None}
    v5.write_env(DB_HOST="127.0.0.1", DB_PORT=str(free_port()))
    said = ask(v5.path, "v5", v5.database)
    assert part(said, "database/reachable") is True
    assert said["database/import_connection"]["error"]["code"] == "down"
    v5.write_env(DB_SOCKET="")
    assert "DB_SOCKET is not set" in ask(v5.path, "v5", v5.database).missing["database/import_connection"]


def test_reading_is_all_it_needs(v5: V5App) -> None:
    reader = f"reader@localhost IDENTIFIED BY '{v5.database.password}'"
    v5.database.run(f"CREATE USER {reader}; GRANT SELECT ON {v5.database.name}.* TO reader@localhost")
    v5.write_env(DB_USERNAME="reader")
    try:
        said = ask(v5.path, "v5", v5.database)
    finally:
        v5.database.run("DROP USER reader@localhost")
    assert part(said, "database/reachable") is True
    assert {path for path in said.missing if path.startswith("database")} == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DB_PASSWORD": "canary-wrong"}, "access-denied"),
        ({"DB_USERNAME": "nobody"}, "access-denied"),
        ({"DB_SOCKET": "/nonexistent.sock"}, "down"),
        ({"DB_SOCKET": "", "DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "down"),
        ({"DB_CONNECTION": "sqlite"}, "config"),
    ],
)
def test_why_the_database_cannot_be_reached(v5: V5App, change: dict[str, str], code: str) -> None:
    v5.write_env(**change)
    said = ask(v5.path, "v5", v5.database)
    assert said["database/reachable"] is False
    assert said["database/error"]["code"] == code
    assert said.missing["database"] == f"the database does not answer ({code})"
    assert "time/database_offset_seconds" in said.missing
    assert "JT\tdatabase/error" in said.text
    assert "canary" not in said.text + said.errors
    assert part(said, "queue/driver") == "database", "the rest still comes"


def test_an_unknown_database(v5: V5App) -> None:
    name = f"{v5.database.name}_none"
    v5.database.run(f"GRANT ALL ON {name}.* TO {v5.database.user}@localhost")
    v5.write_env(DB_DATABASE=name)
    assert ask(v5.path, "v5", v5.database)["database/error"]["code"] == "unknown-database"


def test_no_driver(v5: V5App) -> None:
    said = probe(v5.path, "v5", options=BARE)
    assert said["database/error"] == {"code": "no-driver", "text": said["database/error"]["text"]}


def test_functions_that_the_host_forbids_cost_only_their_own_facts(v5: V5App) -> None:
    options = ("-d", "disable_functions=curl_multi_exec,ini_set,gethostbynamel,exec,stream_socket_client,fsockopen")
    said = probe(v5.path, "v5", options=options)
    assert said.ended
    assert part(said, "database/jobs")["count"] == 0
    assert "its functions are disabled" in said.missing["tls/sites"]


def test_an_empty_database_has_reasons_for_every_part(v5: V5App, mariadb_server) -> None:
    empty = mariadb_server.create("empty")
    v5.write_env(**empty.env)
    said = ask(v5.path, "v5", empty)
    assert (said["database/schema"], said["database/tables"]) == ("empty", 0)
    for name in ("migrations", "jobs", "failed_jobs", "accounts", "companies", "users", "documents"):
        assert said.missing[f"database/{name}"] == f"there is no table {name}"


def test_a_v4(v4: PhpApp) -> None:
    database = v4.database
    said = ask(v4.path, "v4", database)
    assert part(said, "database/schema") == "v4"
    assert said["database/charset"] in ("utf8", "utf8mb3"), "newer servers say that it is the one of three bytes"
    assert said["database/migrations"]["pending"] == []
    assert said["database/jobs"]["count"] == 0
    (account,) = part(said, "database/accounts")
    assert account["key"] == f"<<key:{COMPANY_KEY}>>"
    assert (account["forward_url"], account["disabled"]) == ("", False)
    assert account["owner"] == f"<<email:{OWNER}>>"
    queries = v4_queries(COMPANY_KEY)
    assert account["records"]["invoices"] > 0
    assert account["records"] == {kind: int(database.value(queries[kind])) for kind in account["records"]}
    assert part(said, "database/users")["count"] == int(database.value("SELECT COUNT(*) FROM users"))
    documents = part(said, "database/documents")
    assert documents["count"] == sum(documents["by_kind"].values()) == 3
    assert documents["files_missing"] == 0
    assert said["database/v4/email_settings_missing"] == 0
    assert said["database/v4/last_invoice_age_seconds"] > 0
    assert {path for path in said.missing if path.startswith("database")} == set()


def test_a_v4_that_forwards_names_its_other_side(v4: PhpApp) -> None:
    port = free_port()
    v4.database.run(
        f"UPDATE account_email_settings SET forward_url_for_v5 = 'http://u:secret@127.0.0.1:{port}/', is_disabled = 1"
    )
    said = ask(v4.path, "v4", v4.database)
    (account,) = part(said, "database/accounts")
    assert (account["forward_url"], account["disabled"]) == (f"http://127.0.0.1:{port}/", True)
    assert said["database/v4/recurring_due"] == 0
    (peer,) = [each for each in part(said, "tls/sites") if each["role"] == "peer"]
    assert (peer["url"], peer["connected"]) == (f"http://127.0.0.1:{port}", False)
    assert "secret" not in said.text


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ("last_sent_date = NULL", 1),
        ("last_sent_date = CURRENT_DATE - INTERVAL 32 DAY", 1),
        ("last_sent_date = CURRENT_DATE - INTERVAL 20 DAY", 0),
        ("last_sent_date = NULL, start_date = CURRENT_DATE + INTERVAL 1 DAY", 0),
        ("last_sent_date = NULL, end_date = CURRENT_DATE - INTERVAL 1 DAY", 0),
        ("last_sent_date = NULL, is_deleted = 1", 0),
        ("last_sent_date = NULL, is_public = 0", 0),
    ],
)
def test_recurring_invoices_that_v4_would_send(v4: PhpApp, change: str, due: int) -> None:
    v4.database.run(
        "UPDATE invoices SET is_recurring = 0;"
        "UPDATE invoices SET is_recurring = 1, is_public = 1, is_deleted = 0, deleted_at = NULL, frequency_id = 4,"
        " start_date = '2020-01-31', end_date = NULL ORDER BY id LIMIT 1;"
        f"UPDATE invoices SET {change} WHERE is_recurring = 1"
    )
    assert part(ask(v4.path, "v4", v4.database), "database/v4/recurring_due") == due


def test_an_older_v4_lacks_columns_and_loses_no_section(v4: PhpApp) -> None:
    v4.database.run(
        "ALTER TABLE account_email_settings DROP COLUMN forward_url_for_v5, DROP COLUMN is_disabled;"
        "UPDATE users SET email = NULL; DELETE FROM migrations WHERE id = 1; DROP TABLE failed_jobs"
    )
    said = ask(v4.path, "v4", v4.database)
    (account,) = part(said, "database/accounts")
    assert (account["forward_url"], account["disabled"]) == ("", False)
    assert part(said, "database/users")["without_email"] == part(said, "database/users")["count"]
    assert said["database/migrations"]["pending_count"] == 1
    assert said.missing["database/failed_jobs"] == "there is no table failed_jobs"
    assert "database/v4/recurring_due" in said.facts


def test_a_v4_without_email_settings(v4: PhpApp) -> None:
    v4.database.run("DELETE FROM account_email_settings")
    said = ask(v4.path, "v4", v4.database)
    assert said["database/v4/email_settings_missing"] == 1
    assert part(said, "database/accounts")[0]["disabled"] is False
