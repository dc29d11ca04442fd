"""V5's artisan against the recordings, and its configuration: .env, the cached configuration, the environment."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest
from conftest import DatabaseServer, wait_for
from v5_standin import EMAIL, EXPORT, PASSWORD, V5App, bare, dates, durations, recorded, v5, v5_server

__all__ = ["v5", "v5_server"]


@pytest.fixture(scope="module")
def fresh(mariadb_server: DatabaseServer) -> Iterator[V5App]:
    """A stand-in whose database is empty at first; the tests of this module install it in order."""
    with bare(mariadb_server) as app:
        yield app


def body(name: str) -> str:
    """A recorded output without what the recorder added."""
    return re.sub(r"^(exit=\d+|\$ .*|\w[\w-]*\.php)\n", "", recorded(name), flags=re.MULTILINE)


def same(seen: str, name: str) -> None:
    """The output is the recorded one but for times and durations."""
    assert durations(dates(seen)).strip() == durations(dates(body(name))).strip()


def test_version(fresh: V5App) -> None:
    """`--version` names Laravel's version."""
    same(fresh.ok("--version"), "artisan-version.txt")


def test_installation(fresh: V5App) -> None:
    """Migrations, seed and first account print what was recorded, and a repetition does nothing."""
    same(fresh.ok("migrate", "--force"), "artisan-migrate.txt")
    assert fresh.ok("migrate", "--force") == "\n   INFO  Nothing to migrate.  \n\n"
    tail = "\n".join(fresh.ok("migrate:status").rstrip("\n").split("\n")[-5:])
    assert tail == recorded("artisan-migrate-status-tail.txt").rstrip("\n")
    same(fresh.ok("db:seed", "--force"), "artisan-db-seed.txt")
    assert fresh.ok("db:seed", "--force").endswith("Running DatabaseSeeder\nSkipping: already run\n")
    same(fresh.ok("ninja:create-account", f"--email={EMAIL}", f"--password={PASSWORD}"), "artisan-create-account.txt")
    again = fresh.artisan("ninja:create-account", f"--email={EMAIL}", f"--password={PASSWORD}")
    assert again.returncode == 1
    assert "Duplicate entry" in again.stdout
    assert fresh.database.value("SELECT COUNT(*) FROM accounts") == "2"


def test_migrate_asks_in_production(fresh: V5App) -> None:
    """Without --force nothing runs in production."""
    assert fresh.artisan("migrate").returncode == 1


def test_optimize_writes_the_recorded_files(v5: V5App) -> None:
    """`optimize` and `optimize:clear` print what was recorded and leave the recorded files."""
    same(v5.ok("optimize"), "artisan-optimize.txt")
    files = re.findall(r"^[\w-]+\.php$", recorded("artisan-optimize.txt"), re.MULTILINE)
    assert sorted(path.name for path in (v5.path / "bootstrap" / "cache").glob("*.php")) == sorted(files)
    same(v5.ok("optimize:clear"), "artisan-optimize-clear.txt")
    assert not (v5.path / "bootstrap" / "cache" / "config.php").exists()


def effective(v5: V5App, key: str, **env: str) -> str:
    """Return the value of a key as artisan sees it."""
    return v5.ok("config:show", key, **env).split()[-1]


def test_the_cached_configuration_beats_env(v5: V5App) -> None:
    """After `optimize` neither .env nor the process environment count, unless the cache is elsewhere or cleared."""
    v5.ok("optimize")
    v5.write_env(EXPANDED_LOGGING="true")
    assert effective(v5, "ninja.expanded_logging") == "false"
    assert effective(v5, "app.env", APP_ENV="migration") == "production"
    nowhere = {"APP_CONFIG_CACHE": "/nonexistent/config.php"}
    assert effective(v5, "ninja.expanded_logging", **nowhere) == "true"
    assert effective(v5, "app.env", APP_ENV="migration", **nowhere) == "migration"
    assert v5.call("GET", "health_check", v5.token()).json()["cache_enabled"] is True
    v5.ok("config:clear")
    assert effective(v5, "ninja.expanded_logging") == "true"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("API_SECRET=plain", "plain"),
        ("API_SECRET=cut#here", "cut"),
        ("API_SECRET=cut # here", "cut"),
        ("API_SECRET='kept # $x \"y\"'", 'kept # $x "y"'),
        ('API_SECRET="a \\"b\\" \\$c #d"', 'a "b" $c #d'),
        ('API_SECRET="${APP_ENV}-x"', "production-x"),
        ("export API_SECRET=exported", "exported"),
    ],
)
def test_env_is_read_as_phpdotenv_reads_it(v5: V5App, line: str, value: str) -> None:
    """Quotes, comments, escapes and nested names have phpdotenv's meaning."""
    env = v5.path / ".env"
    env.write_text(f"{env.read_text()}{line}\n")
    shown = v5.ok("config:show", "ninja.api_secret", COLUMNS="40")
    assert shown.strip().split(" ", 2)[-1].lstrip(". ").rstrip() == value


def test_an_unquoted_value_with_spaces_is_refused(v5: V5App) -> None:
    """phpdotenv's error ends artisan and the web."""
    env = v5.path / ".env"
    env.write_text(env.read_text() + "DB_PASSWORD=two words\n")
    done = v5.artisan("migrate:status")
    assert done.returncode == 1
    assert done.stdout.startswith("The environment file is invalid!\nFailed to parse dotenv file.")
    assert "[two words]" in done.stdout


def test_key_generate_changes_only_the_key(v5: V5App) -> None:
    """`key:generate` needs --force in production and rewrites APP_KEY in .env."""
    v5.app.write_env(v5.env)
    text = (v5.path / ".env").read_text().replace(f'APP_KEY="{v5.env["APP_KEY"]}"', f"APP_KEY={v5.env['APP_KEY']}")
    (v5.path / ".env").write_text(text)
    v5.ok("key:generate")
    assert (v5.path / ".env").read_text() == text
    v5.ok("key:generate", "--force")
    changed = (v5.path / ".env").read_text()
    assert changed != text
    assert re.sub(r"APP_KEY=\S+", "", changed) == re.sub(r"APP_KEY=\S+", "", text)


def test_a_script_may_set_argv_and_include_artisan(v5: V5App) -> None:
    """The arguments come from $_SERVER['argv'], so that no password needs to be on a command line."""
    script = "<?php $_SERVER['argv'] = ['artisan', '--version']; require 'artisan';"
    done = subprocess.run(v5.app.php(), cwd=v5.path, input=script, capture_output=True, text=True, check=False)
    assert "Laravel Framework 11.19.0" in done.stdout


def test_schedule_run(v5: V5App) -> None:
    """The scheduler starts the worker, as recorded; not with another queue, in Docker or when switched off."""
    seen = v5.ok("schedule:run")
    line = re.search(r"  \S+ \S+ Running \['artisan' queue:work .*\n  ⇂ .*", seen)
    wanted = recorded("schedule-run.txt").strip("\n")
    assert line is not None
    assert durations(dates(line[0])) == re.sub(r"'/usr/bin/php8.2'", f"'{php_binary(v5)}'", durations(dates(wanted)))
    for values in ({"QUEUE_CONNECTION": "sync"}, {"INTERNAL_QUEUE_ENABLED": "false"}, {"IS_DOCKER": "true"}):
        assert "queue:work" not in v5.ok("schedule:run", **values)


def php_binary(v5: V5App) -> str:
    """Return PHP_BINARY of the PHP that runs the stand-in."""
    return subprocess.run(
        [v5.app.php()[0], "-r", "echo PHP_BINARY;"], capture_output=True, text=True, check=True
    ).stdout


def test_a_killed_scheduler_leaves_its_mutex(v5: V5App) -> None:
    """A mutex that is left keeps the worker away until it is cleared."""
    mutexes = "schedule:clear-cache"
    assert "No mutex files were found." in v5.ok(mutexes)
    started = subprocess.Popen([*v5.app.php(), "artisan", "schedule:run"], cwd=v5.path, stdout=subprocess.DEVNULL)
    cache = v5.path / "storage" / "framework" / "cache" / "data"
    wait_for(lambda: any(b"b:1;" in path.read_bytes() for path in cache.rglob("*") if path.is_file()), "the mutex")
    started.kill()
    started.wait()
    if "No mutex files were found." not in v5.ok(mutexes):
        assert "queue:work" in v5.ok("schedule:run")


def worker(v5: V5App, *options: str) -> subprocess.Popen[bytes]:
    """Start a worker that does not end by itself."""
    return subprocess.Popen(
        [*v5.app.php(), "artisan", "queue:work", "database", "--sleep=0.1", *options],
        cwd=v5.path,
        stdout=subprocess.DEVNULL,
    )


def test_a_worker_obeys_sigterm_and_finishes_its_job(v5: V5App) -> None:
    """SIGTERM in the middle of an import ends the worker after the import."""
    v5.start(v5.token(), EXPORT, "9nrwevhjtlxoochx5kk1b533cebkjblj", silent_migration="1")
    process = worker(v5)
    wait_for(lambda: "Importing clients" in v5.log(), "the import")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert "Completed🚀" in v5.log()


def test_a_killed_worker_leaves_its_job_reserved(v5: V5App) -> None:
    """retry_after is almost three years: no other worker takes the job."""
    v5.start(v5.token(), EXPORT, "9nrwevhjtlxoochx5kk1b533cebkjblj", silent_migration="1")
    process = worker(v5)
    wait_for(lambda: "Importing clients" in v5.log(), "the import")
    process.kill()
    process.wait()
    reserved = "SELECT COUNT(*) FROM jobs WHERE reserved_at IS NOT NULL AND attempts = 1"
    assert v5.database.value(reserved) == "1"
    v5.work()
    assert v5.database.value(reserved) == "1"


def test_queue_restart_ends_a_worker(v5: V5App) -> None:
    """`queue:restart` leaves a mark in the cache that an idle worker obeys."""
    process = worker(v5)
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        v5.ok("queue:restart")
    assert process.wait(timeout=5) == 0


def test_failed_jobs_can_be_listed_retried_and_flushed(v5: V5App) -> None:
    """queue:failed, queue:retry and queue:flush work on failed_jobs."""
    v5.start(v5.token(), b"not a zip", "corruptkey0000000000000000000000")
    v5.work()
    uuid = v5.database.value("SELECT uuid FROM failed_jobs")
    assert uuid and uuid in v5.ok("queue:failed")
    v5.ok("queue:retry", uuid)
    assert v5.jobs() == ["App\\Jobs\\Util\\StartMigration"]
    v5.work()
    v5.ok("queue:flush")
    assert "No failed jobs found." in v5.ok("queue:failed")


def test_down_and_up(v5: V5App) -> None:
    """In maintenance the web answers 503 and the scheduler rests."""
    v5.ok("down")
    assert v5.login().status_code == 503
    assert "No scheduled commands are ready to run." in v5.ok("schedule:run")
    v5.ok("up")
    assert v5.login().status_code == 200


def test_check_data_finds_what_is_wrong_and_exits_0(v5: V5App) -> None:
    """A clean database is a success as recorded; wrong balances are listed, and the exit status is 0 all the same."""
    same(v5.ok("ninja:check-data"), "check-data-success.txt")
    v5.start(v5.token(), EXPORT, "9nrwevhjtlxoochx5kk1b533cebkjblj", silent_migration="1")
    v5.work()
    same(v5.ok("ninja:check-data"), "check-data-after-real-migration.txt")
    v5.database.run("UPDATE clients SET balance = balance + 1 WHERE id = (SELECT MIN(id) FROM clients)")
    seen = v5.ok("ninja:check-data")
    assert re.search(r"\d # \d+ .* - Balance Failure - Invoice Balances = ", seen)
    assert "1 clients with incorrect balances" in seen
    assert "Done: FAILURE" in seen


def test_old_php_is_refused_as_composer_does() -> None:
    """The platform check has Composer's words."""
    text = (Path(__file__).parents[2] / "lab/standins/v5/vendor/composer/platform_check.php").read_text()
    assert 'Your Composer dependencies require a PHP version ">= 8.2.0". You are running ' in text
