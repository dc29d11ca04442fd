"""The database reader with a real PHP and a real MariaDB, for V4's and V5's settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Database, DatabaseServer, dotenv, program

from migration import app_config, php_db
from migration.errors import MigrationError

SCHEMA = """
CREATE TABLE t (id INT, big BIGINT UNSIGNED, money DECIMAL(20,6), ratio DOUBLE, words TEXT, gone INT NULL, raw BLOB);
INSERT INTO t VALUES (1, 18446744073709551615, 1296.500000, 0.1, 'é🚀 ''quoted''', NULL, X'ff00'),
    (2, 7, -0.900000, 3, 'two', NULL, NULL), (3, 8, 0, 3, 'three', NULL, NULL);
"""


@pytest.fixture(scope="module")
def database(mariadb_server: DatabaseServer) -> Database:
    database = mariadb_server.create("query", "utf8mb4")
    database.run(SCHEMA)
    return database


@pytest.fixture
def php(database: Database, tmp_path: Path) -> str:
    """A PHP command that knows the private server's socket, as php.ini would."""
    wrapper = tmp_path / "php"
    wrapper.write_text(
        f'#!/bin/sh\nexec {program("php8.2", "php")} -d pdo_mysql.default_socket={database.socket} "$@"\n'
    )
    wrapper.chmod(0o755)
    return str(wrapper)


@pytest.fixture
def v5(database: Database, tmp_path: Path) -> Path:
    root = tmp_path / "v5"
    (root / "bootstrap/cache").mkdir(parents=True)
    (root / ".env").write_text(dotenv({"DB_CONNECTION": "mysql", "QUEUE_CONNECTION": "database", **database.env}))
    return root


def cache(root: Path, database: Database, **changed: str) -> None:
    """Write a cached configuration as `artisan config:cache` does; its values win."""
    settings = {"driver": "mysql", "host": "localhost", "port": "3306", "unix_socket": ""}
    settings |= {"database": database.name, "username": database.user, "password": database.password, **changed}
    pairs = ", ".join(f"'{key}' => '{value}'" for key, value in settings.items())
    (root / "bootstrap/cache/config.php").write_text(
        f"<?php echo 'noise'; return ['app' => ['env' => 'production', 'debug' => false, 'url' => 'http://localhost', "
        f"'timezone' => 'UTC', 'key' => NULL], "
        "'queue' => ['default' => 'sync'], 'ninja' => ['expanded_logging' => true], "
        f"'database' => ['default' => 'mysql', 'connections' => ['mysql' => [{pairs}]]]];"
    )


def test_rows_come_with_their_types_and_no_cent_is_lost(v5, php):
    found = php_db.query(v5, {"all": "SELECT * FROM t ORDER BY id", "none": "SELECT id FROM t WHERE 0"}, php)
    assert found["rows"]["none"] == []
    assert found["cut"] == []
    assert found["rows"]["all"][0] == {
        "id": 1,
        "big": "18446744073709551615",
        "money": "1296.500000",
        "ratio": "0.1",
        "words": "é🚀 'quoted'",
        "gone": None,
        "raw": "\ufffd\0",
    }


def test_too_many_rows_are_cut_and_said(v5, php):
    found = php_db.query(
        v5, {"a": "SELECT id FROM t", "b": "SELECT id FROM t LIMIT 3", "c": "SHOW TABLES"}, php, limit=2
    )
    assert [len(found["rows"][name]) for name in "abc"] == [2, 2, 1]
    assert found["cut"] == ["a", "b"]


def test_v4_settings_are_read_by_their_own_names(database, php, tmp_path):
    root = tmp_path / "v4"
    root.mkdir()
    (root / ".env").write_text(dotenv({"DB_TYPE": "mysql", **database.env}))
    assert php_db.query(root, {"n": "SELECT COUNT(*) AS n FROM t"}, php)["rows"] == {"n": [{"n": 3}]}


def test_a_socket_in_the_settings_is_used(database, v5):
    settings = {"DB_CONNECTION": "mysql", **database.env, "DB_HOST": "nowhere.test", "DB_SOCKET": str(database.socket)}
    (v5 / ".env").write_text(dotenv(settings))
    found = php_db.query(v5, {"n": "SELECT COUNT(*) AS n FROM t"}, program("php8.2", "php"))
    assert found["rows"] == {"n": [{"n": 3}]}


def test_the_cached_configuration_wins(database, v5, php):
    (v5 / ".env").write_text("DB_PASSWORD=wrong\n")
    cache(v5, database)
    assert php_db.query(v5, {"n": "SELECT COUNT(*) AS n FROM t"}, php)["rows"] == {"n": [{"n": 3}]}
    cache(v5, database, password="of the cache")
    with pytest.raises(MigrationError) as caught:
        php_db.query(v5, {"n": "SELECT 1"}, php)
    assert caught.value.id == "db-access-denied"
    assert "config:clear" in caught.value.remedy
    assert "of the cache" not in str(caught.value)


def test_nothing_can_be_written(database, v5, php):
    with pytest.raises(MigrationError) as caught:
        php_db.query(v5, {"a": "DELETE FROM t"}, php)
    assert caught.value.id == "query-refused"
    database.run("DELIMITER //\nCREATE FUNCTION wipe() RETURNS INT DETERMINISTIC BEGIN DELETE FROM t; RETURN 1; END//")
    with pytest.raises(MigrationError, match="READ ONLY"):
        php_db.query(v5, {"a": "SELECT wipe()"}, php)
    assert database.value("SELECT COUNT(*) FROM t") == "3"


@pytest.mark.parametrize(
    ("changed", "error_id"),
    [
        ({"DB_PASSWORD": "wr0ng #secret"}, "db-access-denied"),
        (
            {"DB_DATABASE": "elsewhere"},
            "db-access-denied",
        ),  # an account that may not see it cannot tell that it is missing
        ({"DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "db-down"),
        ({"DB_CONNECTION": "sqlite"}, "db-not-mysql"),
    ],
)
def test_failures_are_told_apart_without_the_password(database, v5, php, changed, error_id):
    (v5 / ".env").write_text(dotenv({"DB_CONNECTION": "mysql", **database.env, **changed}))
    with pytest.raises(MigrationError) as caught:
        php_db.query(v5, {"a": "SELECT 1"}, php)
    assert caught.value.id == error_id
    assert database.password not in str(caught.value)
    assert "wr0ng" not in str(caught.value)


def test_a_query_that_does_not_end_is_stopped(v5, php):
    with pytest.raises(MigrationError) as caught:
        php_db.query(v5, {"slow": "SELECT SLEEP(30) FROM t"}, php, timeout=1)
    assert caught.value.id in ("db-query", "php-timeout")


def test_php_without_the_driver_is_said(v5, tmp_path):
    bare = tmp_path / "bare-php"
    bare.write_text(f'#!/bin/sh\nexec {program("php8.2", "php")} -n "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(MigrationError, match="no pdo_mysql") as caught:
        php_db.query(v5, {"a": "SELECT 1"}, str(bare))
    assert caught.value.id == "db-no-pdo-mysql"


def test_the_effective_configuration_is_the_cached_one(database, v5, php):
    cache(v5, database)
    found = app_config.effective(v5, ["queue.default", "ninja.expanded_logging", "mail.default"], php)
    assert found["values"] == {"queue.default": "sync", "ninja.expanded_logging": True, "mail.default": None}
    assert found["cached"] is True
    assert {"queue.default", "ninja.expanded_logging"} <= set(found["differs"])
    assert not [key for key in found["differs"] if key.startswith(("database.connections", "app."))]
    cache(v5, database, password="other", port=3307)
    differs = app_config.effective(v5, ["app.env"], php)["differs"]
    assert "database.connections.mysql.password" in differs
    assert "database.connections.mysql.port" in differs


def test_a_broken_cache_is_said(v5, php):
    (v5 / "bootstrap/cache/config.php").write_text("<?php return [")
    with pytest.raises(MigrationError) as caught:
        app_config.effective(v5, ["app.env"], php)
    assert caught.value.id == "config-broken"
    assert "config:clear" in caught.value.remedy
