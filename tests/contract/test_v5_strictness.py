"""What a badly installed V5 says: wrong password, missing key, missing client, places that cannot be written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from conftest import DatabaseServer
from v5_http import request
from v5_standin import EMAIL, EXPORT, V5App, bare, v5, v5_server

__all__ = ["v5", "v5_server"]


@pytest.fixture
def uninstalled(mariadb_server: DatabaseServer) -> Iterator[V5App]:
    """A stand-in whose database is empty."""
    with bare(mariadb_server) as app:
        yield app


def test_a_wrong_database_password(v5: V5App) -> None:
    """SQLSTATE [1045] on the console and in the log; a bare 500 on the web."""
    v5.write_env(DB_PASSWORD="wrong")
    done = v5.artisan("migrate:status")
    assert done.returncode == 1
    assert "SQLSTATE[HY000] [1045] Access denied for user" in done.stdout
    answer = v5.login()
    assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})
    assert "production.ERROR: SQLSTATE[HY000] [1045] Access denied for user" in v5.log()


def test_a_missing_key(v5: V5App) -> None:
    """Laravel's words about a missing APP_KEY, and a bare 500."""
    v5.write_env(APP_KEY="")
    done = v5.artisan("queue:work", "database", "--once")
    assert done.returncode == 1
    assert "No application encryption key has been specified." in done.stdout
    assert v5.login().status_code == 500
    assert "production.ERROR: No application encryption key has been specified." in v5.log()


def test_bootstrap_cache_must_be_there(v5: V5App) -> None:
    """Package discovery needs bootstrap/cache."""
    cache = v5.path / "bootstrap" / "cache"
    shutil.move(cache, cache.with_name("away"))
    try:
        done = v5.artisan("migrate:status")
    finally:
        shutil.move(cache.with_name("away"), cache)
    assert done.returncode == 1
    assert f"The {cache} directory must be present and writable." in done.stdout.replace("  \n  ", "")


def test_the_log_must_be_writable(v5: V5App) -> None:
    """A log that cannot be opened is Monolog's error, and stops an import before it begins."""
    logs = v5.path / "storage" / "logs"
    shutil.move(logs, logs.with_name("away"))
    logs.write_text("")
    try:
        done = v5.artisan("queue:nothing")
        assert "is not defined" in done.stdout
        v5.write_env(DB_PASSWORD="wrong")
        done = v5.artisan("migrate:status")
        assert v5.login().status_code == 500
    finally:
        logs.unlink()
        shutil.move(logs.with_name("away"), logs)
    assert done.returncode == 1
    text = done.stdout.replace("  \n  ", "")
    assert (
        f'The stream or file "{logs}/laravel.log" could not be opened in append mode: Failed to open stream: ' in text
    )


def test_the_mysql_client_must_be_there(uninstalled: V5App, tmp_path: Path) -> None:
    """The stored schema is loaded by the `mysql` program, and its absence has Symfony's words."""
    (tmp_path / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    done = uninstalled.artisan("migrate", "--force", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "Exit Code: 127(Command not found)" in done.stdout
    assert "mysql-schema.sql" in done.stdout and "FAIL" in done.stdout
    assert '< "${:LARAVEL_LOAD_PATH}"" failed.' in uninstalled.log()
    assert uninstalled.database.password not in uninstalled.log()
    uninstalled.ok("migrate", "--force")


def test_nothing_works_before_the_migrations(uninstalled: V5App) -> None:
    """A missing table is an error with its name."""
    done = uninstalled.artisan("ninja:create-account", f"--email={EMAIL}", "--password=x")
    assert done.returncode == 1
    assert "SQLSTATE[42S02]: Base table or view not found: 1146 Table" in done.stdout


def test_an_upload_that_cannot_be_stored_is_accepted(v5: V5App) -> None:
    """The directory of uploads cannot be made: 200 all the same, and the job dies."""
    token = v5.token()
    (v5.path / "public" / "storage").mkdir()
    (v5.path / "public" / "storage" / "migrations").write_text("")
    assert v5.start(token, b"x", "nostorage00000000000000000000000").status_code == 200
    v5.work()
    assert "production.ERROR: Invalid or uninitialized Zip object" in v5.log()


def test_too_little_memory_ends_the_worker(v5: V5App) -> None:
    """PHP ends at once: the log says so, the job stays reserved, nobody is told."""
    v5.start(v5.token(), EXPORT, "9nrwevhjtlxoochx5kk1b533cebkjblj", silent_migration="1")
    command = [*v5.app.php(), "-d", "memory_limit=4M", "artisan", "queue:work", "database", "--stop-when-empty"]
    done = subprocess.run([*command, "--memory=64"], cwd=v5.path, capture_output=True, check=False)
    assert done.returncode == 255
    assert "production.ERROR: Allowed memory size of 4194304 bytes exhausted" in v5.log()
    assert v5.database.value("SELECT COUNT(*) FROM jobs WHERE reserved_at IS NOT NULL") == "1"
    assert v5.database.value("SELECT COUNT(*) FROM failed_jobs") == "0"


def test_a_queue_in_redis_needs_redis(v5: V5App) -> None:
    """QUEUE_CONNECTION=redis without PHP's extension: the login fails."""
    v5.write_env(QUEUE_CONNECTION="redis")
    assert v5.login().status_code == 500
    assert 'production.ERROR: Class "Redis" not found' in v5.log()


def test_no_page_before_the_first_account(uninstalled: V5App) -> None:
    """The page of an empty installation redirects to the setup."""
    uninstalled.ok("migrate", "--force")
    with uninstalled.app.serve() as url:
        answer = request("GET", f"{url}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/setup")


def test_debug_shows_the_message(v5: V5App) -> None:
    """With APP_DEBUG the 500 says what is wrong."""
    v5.write_env(APP_DEBUG="true", DB_PASSWORD="wrong")
    assert "[1045] Access denied" in v5.login().json()["message"]
