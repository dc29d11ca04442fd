"""The checks of the group database."""

from __future__ import annotations

import pytest
from broken_facts import Broken, covers, find, must_find
from facts_samples import healthy_v4, healthy_v5

from diagnostics.findings import WARN


def refused(code: str, text: str = "SQLSTATE[HY000]", **more: object) -> dict:
    return {"database": {"reachable": False, "error": {"code": code, "text": text}}, **more}


REMOTE = {"config__values__DB_HOST": "db.example.com"}
CASES = [
    Broken("database.reachable", "v5", refused("no-driver"), "pdo_mysql", "apt-get install -y php8.2-mysql"),
    Broken(
        "database.reachable",
        "v5",
        refused("no-driver", host__os__id="rocky"),
        "pdo_mysql",
        "dnf install -y php-mysqlnd && systemctl restart",
    ),
    Broken("database.reachable", "v5", refused("access-denied"), "refuses the user", "ALTER USER"),
    Broken(
        "database.reachable",
        "v5",
        refused("access-denied", env__need_quotes=["DB_PASSWORD"]),
        "refuses the user",
        "DB_PASSWORD='\\1'",
    ),
    Broken(
        "database.reachable",
        "v5",
        refused("access-denied", config__differs=["DB_PASSWORD"]),
        "refuses the user",
        "artisan config:clear",
    ),
    Broken("database.reachable", "v5", refused("access-denied", **REMOTE), "refuses", "--host=db.example.com"),
    Broken("database.reachable", "v5", refused("unknown-database"), "DB_DATABASE names", "SHOW DATABASES"),
    Broken("database.reachable", "v5", refused("down"), "No database answers", "systemctl restart mariadb"),
    Broken("database.reachable", "v5", refused("down", **REMOTE), "No database", "db.example.com 3306"),
    Broken("database.reachable", "v5", refused("timeout", **REMOTE), "in time", "db.example.com 3306"),
    Broken("database.reachable", "v5", refused("config"), "name no database", "grep -nE '^DB_"),
    Broken("database.reachable", "v5", refused("", "what nobody knows"), "what nobody knows", "grep -nE '^DB_"),
    Broken(
        "database.version",
        "v5",
        {"database__flavour": "mysql", "database__version_id": 50651, "database__server": "5.6.51"},
        "5.6.51 is older than MySQL 5.7",
        "mysqldump --all-databases",
    ),
    Broken(
        "database.version",
        "v5",
        {"database__version_id": 100246, "database__server": "10.2.46-MariaDB"},
        "older than MariaDB 10.3",
        "mariadb-server",
    ),
    Broken("database.schema", "v5", {"database__schema": "v4"}, "which holds V4's tables", "SHOW DATABASES"),
    Broken("database.schema", "v4", {"database__schema": "v5"}, "which holds V5's tables", "SHOW DATABASES"),
    Broken("database.schema", "v5", {"database__schema": "empty"}, "ninja5 is empty", "migrate --seed --force"),
    Broken("database.schema", "v5", {"database__schema": "other"}, "another application", "SHOW DATABASES"),
    Broken(
        "database.charset",
        "v5",
        {"database__charset": "latin1"},
        "latin1, not utf8mb4",
        "ALTER DATABASE `ninja5`",
        WARN,
    ),
    Broken("database.charset", "v4", {"database__charset": "latin1"}, "latin1, not utf8", "utf8_unicode_ci", WARN),
    Broken(
        "database.max-packet",
        "v5",
        {"database__max_allowed_packet": 1048576},
        "1 MiB, less than 16 MiB",
        "/etc/mysql/conf.d/invoiceninja.cnf",
        WARN,
    ),
    Broken("database.max-packet", "v4", {"database__max_allowed_packet": 1048576}, "4 MiB", "SET GLOBAL", WARN),
    Broken(
        "database.engine",
        "v5",
        {"database__not_innodb": ["invoices", "clients"]},
        "2 tables without transactions and foreign keys: invoices, clients",
        "ALTER TABLE `clients` ENGINE=InnoDB;",
        WARN,
    ),
    Broken(
        "database.tcp",
        "v5",
        {"config__values__DB_SOCKET": "/run/mysqld/mysqld.sock"},
        "db-ninja-01",
        "DB_HOST=127.0.0.1",
        WARN,
    ),
    Broken(
        "database.tcp",
        "v5",
        {
            "config__values__DB_SOCKET": "/run/mysqld/mysqld.sock",
            "database__import_connection": {"reachable": False, "error": {"code": "down", "text": "refused"}},
        },
        "DB_HOST does not work: refused",
        "DB_HOST=127.0.0.1",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    must_find(case)


def test_group() -> None:
    covers("database", CASES)


def test_older_defaults_are_no_alarm() -> None:
    assert find("database.max-packet", healthy_v4(), database__max_allowed_packet=4194304).status == "pass"
    assert find("database.charset", healthy_v4(), database__charset="utf8mb3").status == "pass"
    assert (
        find("database.version", healthy_v5(), database__flavour="mysql", database__version_id=50744).status == "pass"
    )


def test_a_socket_beside_a_host_that_works_is_no_alarm() -> None:
    socket = {"config__values__DB_SOCKET": "/run/mysqld/mysqld.sock"}
    works = {"reachable": True, "error": None}
    assert find("database.tcp", healthy_v5(), **socket, database__import_connection=works).status == "pass"
    assert find("database.tcp", healthy_v5(), **socket, config__values__DB_HOST="127.0.0.1").status == "pass"


def test_no_password_is_put_into_a_command_line() -> None:
    mend = find("database.reachable", healthy_v5(), **refused("access-denied")).remedy
    assert "printf" in mend and mend.rstrip().endswith("| mysql")


def test_a_forged_name_stays_inside_its_quotes() -> None:
    names = {"config__values__DB_DATABASE": "x'; touch /tmp/forged; '"}
    for id, changes in (
        ("database.reachable", refused("access-denied")),
        ("database.engine", {"database__not_innodb": ["t"]}),
    ):
        mend = find(id, healthy_v5(), **names, **changes).remedy
        assert "'x'\"'\"'; touch /tmp/forged; '\"'\"''" in mend
