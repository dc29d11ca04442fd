"""V4's artisan and logs against the recordings of the real 4.5.50."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import OWNER, RECORDINGS, PhpApp

V4 = RECORDINGS / "v4"
KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"


def normal(text: str) -> str:
    """Replace times, dates and the place of the installation."""
    text = re.sub(r"\[\d{4}-\d\d-\d\dT[\d:.]+\+00:00\]", "[TIME]", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(rf"{KEY}-\d{{4}}-\d\d-\d\d-", f"{KEY}-DATE-", text)
    return re.sub(r"/[\w/.-]*?/(app/|vendor/)", r"ROOT/\1", text)


def recorded(name: str) -> str:
    """The recorded text, normalised."""
    return normal((V4 / name).read_text())


def told(app: PhpApp, *arguments: str, after: str = "") -> str:
    """What a command prints, its exit status as the recordings write it, and `after`."""
    done = app.artisan(*arguments, env={"COLUMNS": "80"})
    return normal(f"{done.stdout}exit={done.returncode}\n{after}")


def assert_lines(made: list[str], expected: list[str]) -> None:
    """Compare line by line; a recorded line that was too long ends in the middle."""
    assert len(made) == len(expected)
    for one, other in zip(made, expected):
        assert one == other or (one.startswith(other) and not other.endswith(("]", ")")))


def test_version(v4: PhpApp) -> None:
    assert told(v4, "--version") == recorded("artisan-version.txt")


def test_export_fails_until_its_directory_exists(v4: PhpApp) -> None:
    arguments = ("migrations:export", f"--email={OWNER}")
    assert told(v4, *arguments) == recorded("migrations-export-first-run-fails.txt")
    assert (v4.path / "storage/app/migrations").is_dir(), "V4 makes a directory that it does not use"

    log = v4.path / "storage/logs/laravel-error.log"
    assert_lines(
        [line.split(" #2 ")[0] for line in normal(log.read_text()).splitlines()],
        [line.split(" #2 ")[0] for line in recorded("laravel-error.log").splitlines()],
    )

    (v4.path / "storage/migrations").mkdir()
    done = v4.artisan(*arguments)
    (archive,) = (v4.path / "storage/migrations").iterdir()
    assert normal(f"{done.stdout}exit={done.returncode}\n{archive.name}\n") == recorded("migrations-export-ok.txt")
    assert_lines(
        normal((v4.path / "storage/logs/laravel-info.log").read_text()).splitlines(),
        recorded("laravel-info.log").splitlines(),
    )
    assert not (v4.path / "storage/logs/laravel.log").exists()


def test_unknown_user_is_no_error(v4: PhpApp) -> None:
    assert told(v4, "migrations:export", "--email=nobody@client1.test") == recorded(
        "migrations-export-unknown-user.txt"
    )
    assert told(v4, "migrations:export", "--user=99").endswith("I could not find that user - sorry\nexit=0\n")


def test_without_an_option_every_user_is_exported(v4: PhpApp) -> None:
    v4.database.run("INSERT INTO users (account_id, public_id, username, email, password, permissions) VALUES "
                    "(1, 1, 'second@client1.test', 'second@client1.test', 'x', '')")  # fmt: skip
    (v4.path / "storage/migrations").mkdir()
    assert "User with id #1 exported.\nUser with id #2 exported.\n" in v4.artisan("migrations:export").stdout
    assert len(list((v4.path / "storage/migrations").iterdir())) == 1, "both are of one account, so of one name"


def test_check_data(v4: PhpApp) -> None:
    assert told(v4, "ninja:check-data") == recorded("check-data.txt")


def test_check_data_counts_and_fails(v4: PhpApp) -> None:
    v4.database.run(
        "UPDATE clients SET balance = 1 WHERE id = 1; DELETE FROM contacts WHERE client_id = 2;"
        "UPDATE contacts SET contact_key = NULL WHERE client_id = 3; UPDATE invoices SET balance = 0 WHERE id = 1"
    )
    done = v4.artisan("ninja:check-data")
    assert done.returncode == 1
    for line in (
        "1 contacts without a contact_key",
        "1 clients without any contacts",
        "1 clients without a single primary contact",
        "1 invoices with incorrect balances",
        "1 clients with incorrect balance/activities",
        "=== Company: 1 Account:1 Client:1 Balance:1.00 Actual Balance:",
        "Done: FAILURE",
        "In CheckData.php line ",
        "  Check data failed!!  ",
    ):
        assert line in done.stdout
    assert "***Exception*** [0]" in (v4.path / "storage/logs/laravel-error.log").read_text()


def test_migrate_and_seed_run_once(v4: PhpApp) -> None:
    assert v4.artisan("migrate", "--force").stdout == "Nothing to migrate.\n"
    before = v4.database.rows("SELECT COUNT(*) AS n, SUM(id) AS s FROM countries")
    done = v4.artisan("db:seed", "--class=UpdateSeeder", "--force")
    assert done.returncode == 0
    assert done.stdout.endswith("Database seeding completed successfully.\n")
    assert v4.database.rows("SELECT COUNT(*) AS n, SUM(id) AS s FROM countries") == before
    assert before[0]["n"] == "249"


def test_migrations_of_a_newer_release_are_run(v4: PhpApp) -> None:
    name = "2021_07_24_002820_add_migration_flag_for_companies_table"
    v4.database.run(f"DELETE FROM migrations WHERE migration = '{name}'; ALTER TABLE companies DROP is_migrated")
    assert re.search(rf"\| No   \| {name} +\|       \|", v4.artisan("migrate:status").stdout)
    refused = v4.artisan("migrate")
    assert (refused.returncode, "Command Canceled!" in refused.stdout) == (0, True), "production wants --force"
    done = v4.artisan("migrate", "--force")
    assert re.fullmatch(rf"Migrating: {name}\nMigrated:  {name} \([\d.]+ seconds\)\n", done.stdout)
    assert v4.database.value("SELECT is_migrated FROM companies") == "0"


def test_the_schedule_uses_an_option_that_does_not_exist(v4: PhpApp) -> None:
    done = v4.artisan("ninja:send-invoices", "--force")
    assert done.returncode == 1
    assert '\n  The "--force" option does not exist.  \n' in done.stdout
    assert v4.artisan("ninja:send-invoices").returncode == 0
    assert v4.artisan("schedule:run").returncode == 0


def make_recurring_due(app: PhpApp) -> None:
    """Make the recorded recurring invoice one that is due today."""
    app.database.run("UPDATE invoices SET is_public = 1, start_date = '2020-01-01' WHERE is_recurring = 1")


def test_send_invoices_makes_one_invoice(v4: PhpApp) -> None:
    make_recurring_due(v4)
    made = "SELECT COUNT(*) FROM invoices WHERE recurring_invoice_id = 129"
    assert "Processing Invoice: 129" in v4.artisan("ninja:send-invoices").stdout
    assert v4.database.value(made) == "1"
    assert v4.database.value("SELECT invoice_number FROM invoices WHERE recurring_invoice_id = 129") == "R0130"
    assert "Processing" not in v4.artisan("ninja:send-invoices").stdout, "once a month, not twice a day"
    assert v4.database.value(made) == "1"


def test_a_forwarded_account_sends_nothing(v4: PhpApp) -> None:
    make_recurring_due(v4)
    v4.database.run("UPDATE account_email_settings SET is_disabled = 1;"
                    "UPDATE accounts SET enable_reminder1 = 1, num_days_reminder1 = 7;"
                    "UPDATE invoices SET due_date = CURDATE() - INTERVAL 7 DAY WHERE id = 1")  # fmt: skip
    v4.artisan("ninja:send-invoices")
    assert v4.database.value("SELECT COUNT(*) FROM invoices WHERE recurring_invoice_id = 129") == "0"
    assert "Send email" not in v4.artisan("ninja:send-reminders").stdout
    v4.database.run("UPDATE account_email_settings SET is_disabled = 0")
    assert "Send email: 1\n" in v4.artisan("ninja:send-reminders").stdout


def test_an_invalid_env_file_stops_everything(v4: PhpApp) -> None:
    with (v4.path / ".env").open("a") as file:
        file.write("MAIL_FROM_NAME=My Company\n")
    done = v4.artisan("--version")
    assert done.returncode == 1
    assert "The environment file is invalid!" in done.stdout


def test_a_log_that_cannot_be_written_stops_the_export(v4: PhpApp) -> None:
    (v4.path / "storage/logs/laravel-info.log").mkdir()
    done = v4.artisan("migrations:export", f"--email={OWNER}")
    assert done.returncode == 1
    log = (v4.path / "storage/logs/laravel-error.log").read_text()
    assert "***UnexpectedValueException*** [0]" in log
    assert "could not be opened in append mode: failed to open stream: Is a directory" in log


def test_the_probes_of_the_version_find_what_they_look_for(v4: PhpApp) -> None:
    constants = (v4.path / "app/Constants.php").read_text()
    assert re.search(r"define\('NINJA_VERSION', '4\.5\.50'", constants)
    trait = Path(v4.path / "app/Traits/GenerateMigrationResources.php").read_text()
    assert trait.count("str_contains($user->username") == 1


def test_the_options_are_read_as_symfony_reads_them(v4: PhpApp) -> None:
    (v4.path / "storage/migrations").mkdir()
    assert "User with id #1 exported." in v4.artisan("migrations:export", "--email", OWNER).stdout
    assert "User with id #1 exported." in v4.artisan("--no-interaction", "migrations:export", "--user=1").stdout
    assert "--email[=VALUE]" in v4.artisan("migrations:export", "--help").stdout
    for words, message in (
        (["migrate", "more"], 'Too many arguments, expected arguments "command".'),
        (["migrate", "--force=1"], 'The "--force" option does not accept a value.'),
        (["nothing:here"], 'Command "nothing:here" is not defined.'),
    ):
        done = v4.artisan(*words)
        assert (done.returncode, message in done.stdout) == (1, True)


def test_a_cached_configuration_hides_the_env_file(v4: PhpApp) -> None:
    assert v4.artisan("config:cache").stdout == "Configuration cache cleared!\nConfiguration cached successfully!\n"
    v4.write_env({**v4.database.env, "DB_DATABASE": "another"})
    assert v4.artisan("ninja:check-data").returncode == 0, "the cache still has the right database"
    assert v4.artisan("config:clear").stdout == "Configuration cache cleared!\n"
    assert v4.artisan("ninja:check-data").returncode == 1
