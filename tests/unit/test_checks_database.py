"""The checks of the group database."""

from __future__ import annotations

import pytest
from facts_samples import healthy_v4, healthy_v5
from one_check import Broken, assert_broken, assert_group, finding


def refused(code: str, text: str = "SQLSTATE[HY000]", **more: object) -> dict:
    return {"database": {"reachable": False, "error": {"code": code, "text": text}}, **more}


REMOTE = {"config__values__DB_HOST": "db.example.com"}
CASES = [
    Broken("database.reachable", refused("no-driver"), "fail", "pdo_mysql", "apt-get install -y php8.2-mysql"),
    Broken(
        "database.reachable",
        refused("no-driver", host__os__id="rocky"),
        "fail",
        "pdo_mysql",
        "dnf install -y php-mysqlnd && systemctl restart",
    ),
    Broken("database.reachable", refused("access-denied"), "fail", "refuses the user", "ALTER USER"),
    Broken(
        "database.reachable",
        refused("access-denied", env__need_quotes=["DB_PASSWORD"]),
        "fail",
        "refuses the user",
        "DB_PASSWORD='\\1'",
    ),
    Broken(
        "database.reachable",
        refused("access-denied", config__differs=["DB_PASSWORD"]),
        "fail",
        "refuses the user",
        "artisan config:clear",
    ),
    Broken("database.reachable", refused("access-denied", **REMOTE), "fail", "refuses", "--host=db.example.com"),
    Broken("database.reachable", refused("unknown-database"), "fail", "DB_DATABASE names", "SHOW DATABASES"),
    Broken("database.reachable", refused("down"), "fail", "No database answers", "systemctl restart mariadb"),
    Broken("database.reachable", refused("down", **REMOTE), "fail", "No database", "db.example.com 3306"),
    Broken("database.reachable", refused("timeout", **REMOTE), "fail", "in time", "db.example.com 3306"),
    Broken("database.reachable", refused("config"), "fail", "name no database", "grep -nE '^DB_"),
    Broken("database.reachable", refused("", "what nobody knows"), "fail", "what nobody knows", "grep -nE '^DB_"),
    Broken(
        "database.version",
        {"database__flavour": "mysql", "database__version_id": 50651, "database__server": "5.6.51"},
        "fail",
        "5.6.51 is older than MySQL 5.7",
        "mysqldump --all-databases",
    ),
    Broken(
        "database.version",
        {"database__version_id": 100246, "database__server": "10.2.46-MariaDB"},
        "fail",
        "older than MariaDB 10.3",
        "mariadb-server",
    ),
    Broken("database.schema", {"database__schema": "v4"}, "fail", "which holds V4's tables", "SHOW DATABASES"),
    Broken("database.schema", {"database__schema": "v5"}, "fail", "which holds V5's tables", "SHOW DATABASES", "v4"),
    Broken("database.schema", {"database__schema": "empty"}, "fail", "ninja5 is empty", "migrate --seed --force"),
    Broken("database.schema", {"database__schema": "other"}, "fail", "another application", "SHOW DATABASES"),
    Broken(
        "database.charset", {"database__charset": "latin1"}, "warn", "latin1, not utf8mb4", "ALTER DATABASE `ninja5`"
    ),
    Broken("database.charset", {"database__charset": "latin1"}, "warn", "latin1, not utf8", "utf8_unicode_ci", "v4"),
    Broken(
        "database.max-packet",
        {"database__max_allowed_packet": 1048576},
        "warn",
        "1 MiB, less than 16 MiB",
        "/etc/mysql/conf.d/invoiceninja.cnf",
    ),
    Broken("database.max-packet", {"database__max_allowed_packet": 1048576}, "warn", "4 MiB", "SET GLOBAL", "v4"),
    Broken(
        "database.engine",
        {"database__not_innodb": ["invoices", "clients"]},
        "warn",
        "2 tables without transactions and foreign keys: invoices, clients",
        "ALTER TABLE `clients` ENGINE=InnoDB;",
    ),
    Broken(
        "database.tcp",
        {"config__values__DB_SOCKET": "/run/mysqld/mysqld.sock"},
        "warn",
        "db-ninja-01",
        "DB_HOST=127.0.0.1",
    ),
    Broken(
        "database.tcp",
        {
            "config__values__DB_SOCKET": "/run/mysqld/mysqld.sock",
            "database__import_connection": {"reachable": False, "error": {"code": "down", "text": "refused"}},
        },
        "fail",
        "DB_HOST does not work: refused",
        "DB_HOST=127.0.0.1",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken(case: Broken) -> None:
    assert_broken(case)


def test_group() -> None:
    assert_group("database", CASES)


def test_older_defaults_are_no_alarm() -> None:
    assert finding("database.max-packet", healthy_v4(), database__max_allowed_packet=4194304).status == "pass"
    assert finding("database.charset", healthy_v4(), database__charset="utf8mb3").status == "pass"
    assert (
        finding("database.version", healthy_v5(), database__flavour="mysql", database__version_id=50744).status
        == "pass"
    )


def test_a_socket_beside_a_host_that_works_is_no_alarm() -> None:
    socket = {"config__values__DB_SOCKET": "/run/mysqld/mysqld.sock"}
    works = {"reachable": True, "error": None}
    assert finding("database.tcp", healthy_v5(), **socket, database__import_connection=works).status == "pass"
    assert finding("database.tcp", healthy_v5(), **socket, config__values__DB_HOST="127.0.0.1").status == "pass"


def test_no_password_is_put_into_a_command_line() -> None:
    mend = finding("database.reachable", healthy_v5(), **refused("access-denied")).remedy
    assert "printf" in mend and mend.rstrip().endswith("| mysql")


def test_a_forged_name_stays_inside_its_quotes() -> None:
    names = {"config__values__DB_DATABASE": "x'; touch /tmp/forged; '"}
    for id, changes in (
        ("database.reachable", refused("access-denied")),
        ("database.engine", {"database__not_innodb": ["t"]}),
    ):
        mend = finding(id, healthy_v5(), **names, **changes).remedy
        assert "'x'\"'\"'; touch /tmp/forged; '\"'\"''" in mend
