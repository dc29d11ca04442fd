"""What the database reader decides without a database: statements, settings, messages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migration import php_db
from migration.errors import MigrationError

CONNECTION = {"connection": {"password": "s3cret"}, "cached": ""}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        " select `a;b`, 'x; y', \"into outfile\" from t where c = 'it''s; \\' ok' ;\n",
        "SHOW TABLES",
    ],
)
def test_a_single_read_is_let_through(sql):
    assert php_db.check_statement("q", sql) == sql.strip().rstrip("; ")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "DELETE FROM clients",
        "SELECT 1; DELETE FROM clients",
        "SELECT 'a' INTO OUTFILE '/tmp/x'",
        "SELECT a INTO @b FROM c",
        "SELECT * FROM jobs FOR UPDATE",
        "SELECT GET_LOCK('a', 1)",
        "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */",
        "SELECTED",
        "UPDATE t SET a = 'SELECT'",
    ],
)
def test_everything_else_is_refused(sql):
    with pytest.raises(MigrationError, match="'count' is not one single SELECT") as caught:
        php_db.check_statement("count", sql)
    assert caught.value.id == "query-refused"


def test_v5_settings_prefer_the_numbered_names():
    values = {"DB_CONNECTION": "mysql", "DB_HOST": "a", "DB_HOST1": "b", "DB_DATABASE": "n", "DB_PASSWORD": "x#y"}
    found = php_db.env_connection(values, v4=False)
    assert (found["host"], found["port"], found["database"], found["password"]) == ("b", "3306", "n", "x#y")
    assert php_db.env_connection({}, v4=False)["host"] == "127.0.0.1"
    assert php_db.env_connection({"DB_SOCKET": "/run/s"}, v4=False)["unix_socket"] == "/run/s"
    assert php_db.env_connection({"DB_PASSWORD": "null"}, v4=False)["password"] == ""
    assert php_db.env_connection({"DB_CONNECTION": "pgsql"}, v4=False)["driver"] == "pgsql"


def test_v4_settings_have_other_names():
    assert php_db.env_connection({"DB_HOST1": "never", "DB_CONNECTION": "never"}, v4=True)["host"] == "localhost"
    found = php_db.env_connection({"DB_TYPE": "db-ninja-1", "DB_HOST1": "one", "DB_HOST": "two"}, v4=True)
    assert (found["driver"], found["host"]) == ("mysql", "one")


def test_v4_is_known_by_its_configuration_and_by_its_env(tmp_path: Path):
    (tmp_path / ".env").write_text("DB_TYPE=mysql\n")
    assert php_db.is_v4(tmp_path)
    (tmp_path / ".env").write_text("DB_TYPE=mysql\nDB_CONNECTION=mysql\n")
    assert not php_db.is_v4(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/database.php").write_text("'default' => env('DB_TYPE', 'mysql'),")
    assert php_db.is_v4(tmp_path)


def test_v4_passwords_follow_the_older_rules_of_quoting(tmp_path: Path):
    (tmp_path / ".env").write_text("DB_TYPE=mysql\nDB_PASSWORD='it\\'s'\n")
    assert php_db.read_env(tmp_path)["DB_PASSWORD"] == "it's"


@pytest.mark.parametrize(
    ("code", "text", "error_id", "words"),
    [
        ("driver", "x", "db-no-pdo-mysql", "apt-get install -y php8.2-mysql"),
        ("kind", "sqlite", "db-not-mysql", "'sqlite'"),
        ("connect", "SQLSTATE[HY000] [1045] Access denied for 'n' s3cret", "db-access-denied", "refuses the account"),
        ("connect", "SQLSTATE[HY000] [1049] Unknown database 'n'", "db-unknown", "does not exist"),
        ("connect", "SQLSTATE[HY000] [2002] Connection refused", "db-down", "systemctl restart mariadb"),
        ("query", "a: no such table s3cret", "db-query", "refused the query a"),
    ],
)
def test_each_failure_has_a_sentence_and_no_password(code, text, error_id, words):
    error = php_db.explain({"code": code, "text": text, "php": "8.2"}, Path("/srv/ninja"), CONNECTION)
    assert error.id == error_id
    assert words in str(error)
    assert "s3cret" not in str(error)


def test_a_wrong_password_in_a_cached_configuration_points_at_the_cache():
    settings = {"connection": {}, "cached": "/srv/ninja/bootstrap/cache/config.php"}
    error = php_db.explain(
        {"code": "connect", "text": "[1045] Access denied", "php": "8.2"}, Path("/srv/ninja"), settings
    )
    assert "config:clear" in error.remedy
    assert "config.php" in error.message


def test_a_missing_php_is_said(tmp_path: Path):
    with pytest.raises(MigrationError) as caught:
        php_db.run_php("", {}, php=str(tmp_path / "no-php"))
    assert caught.value.id == "php-missing"


def test_a_php_that_breaks_or_hangs_is_said(tmp_path: Path):
    fake = tmp_path / "php"
    fake.write_text("#!/bin/sh\necho 'PHP Fatal error: out of order' >&2\nexit 255\n")
    fake.chmod(0o755)
    with pytest.raises(MigrationError, match="out of order") as caught:
        php_db.run_php("", {}, php=str(fake))
    assert caught.value.id == "php-failed"
    fake.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    with pytest.raises(MigrationError) as caught:
        php_db.run_php("", {}, php=str(fake), timeout=0.2)
    assert caught.value.id == "php-timeout"


def test_php_gets_its_input_on_standard_input_only(tmp_path: Path):
    fake = tmp_path / "php"
    fake.write_text(
        f'#!/bin/sh\necho "$@" >{tmp_path}/argv\nenv >>{tmp_path}/argv\necho noise\n'
        "echo 'NINJALIFT-RESULT {\"rows\": 1}'\necho more noise\ncat >/dev/null\n"
    )
    fake.chmod(0o755)
    assert php_db.run_php("", {"connection": {"password": "s3cret"}}, php=str(fake)) == {"rows": 1}
    assert "s3cret" not in (tmp_path / "argv").read_text()


def test_only_root_changes_the_user():
    change = php_db.become("root")
    assert (change is not None) == (os.geteuid() == 0)
    assert php_db.become("") is None
