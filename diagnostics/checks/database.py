"""The database: whether the application reaches it, and whether it is fit for an import."""

from __future__ import annotations

import shlex

from .. import remedy
from ..check import FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..server import family, install, install_php_extensions
from ..units import count, in_bytes, some

# V5's schema uses JSON operators and keys longer than 767 bytes [failure-modes: v5-db-old].
OLDEST = {"mysql": (50700, "MySQL 5.7"), "mariadb": (100300, "MariaDB 10.3")}
# A mail with its PDFs is one row of V5's jobs. 16 MiB is the default of every MariaDB that V5 runs on.
V5_PACKET = 16 * 1024**2
# V4's rows are small; less than MySQL's old default was set by hand.
V4_PACKET = 4 * 1024**2


@check("database.reachable", "The application reaches its database", needs=("database/reachable",))
def reachable(facts: Facts) -> Fine | Trouble:
    if facts["database/reachable"]:
        return Fine(str(facts.get("database/server", "")))
    code, text = facts.get("database/error/code", ""), facts.get("database/error/text", "")
    say, mend = _ERRORS.get(code, ("The application cannot use its database", _look))
    return Trouble(f"{say}: {text}" if text else say, mend(facts))


def _look(facts: Facts) -> str:
    return remedy.in_root(facts, "grep -nE '^DB_(CONNECTION|TYPE|HOST|PORT|DATABASE|USERNAME|SOCKET)' .env")


def _driver(facts: Facts) -> str:
    return install_php_extensions(facts, str(facts.get("php/cli/version", "")), ["mysql"])


def _password(facts: Facts) -> str:
    if [key for key in facts.get("config/differs", []) if str(key).startswith("DB_")]:
        return remedy.artisan(facts, "config:clear")
    if "DB_PASSWORD" in facts.get("env/need_quotes", []):
        quoted = "sed -i -E \"s|^DB_PASSWORD=(.*)$|DB_PASSWORD='\\1'|\" .env"
        return f"{remedy.in_root(facts, quoted)}; {remedy.artisan(facts, 'config:clear')}"
    read = "u=$(sed -n 's/^DB_USERNAME=//p' .env | tr -d \"\\\"'\\r\")"
    database = remedy.setting(facts, "DB_DATABASE") or "ninja"
    if not remedy.database_is_local(facts):
        host = shlex.quote(remedy.setting(facts, "DB_HOST"))
        return remedy.in_root(facts, f'{read} && mysql --host={host} --user="$u" --password {shlex.quote(database)}')
    # The password goes through a pipe: a command line can be read by every user of the host.
    statements = (
        'CREATE USER IF NOT EXISTS "%s"@localhost; ALTER USER "%s"@localhost IDENTIFIED BY "%s"; '
        'GRANT ALL ON `%s`.* TO "%s"@localhost;\\n'
    )
    both = f"{read} && p=$(sed -n 's/^DB_PASSWORD=//p' .env | tr -d \"\\\"'\\r\")"
    say = f'printf {shlex.quote(statements)} "$u" "$u" "$p" {shlex.quote(database)} "$u"'
    return remedy.in_root(facts, f"{both} && {say} | {remedy.mysql(facts)}")


def _which(facts: Facts) -> str:
    database = remedy.setting(facts, "DB_DATABASE") or "ninja"
    make = f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
    return f"{remedy.mysql(facts, '-e')} 'SHOW DATABASES'\n{_look(facts)}\n" + remedy.later(
        "where it never was", f"{remedy.mysql(facts, '-e')} {shlex.quote(make)}"
    )


def _start(facts: Facts) -> str:
    if remedy.database_is_local(facts):
        return (
            "systemctl restart mariadb || systemctl restart mysql || systemctl restart mysqld\n"
            "journalctl -u mariadb -u mysql -u mysqld -n 50 --no-pager"
        )
    return _knock(facts)


def _knock(facts: Facts) -> str:
    host, port = remedy.setting(facts, "DB_HOST"), remedy.setting(facts, "DB_PORT") or "3306"
    return remedy.try_port(host, port)


_ERRORS = {
    "no-driver": ("PHP has no driver for MySQL (pdo_mysql)", _driver),
    "access-denied": ("The database refuses the user or the password of .env", _password),
    "unknown-database": ("The server does not have the database that DB_DATABASE names", _which),
    "down": ("No database answers at DB_HOST and DB_PORT", _start),
    "timeout": ("The database's host does not answer in time; a firewall, or DB_HOST is wrong", _knock),
    "config": ("The application's settings name no database that it could use", _look),
}


@check(
    "database.version", "The database's version is one that V5 runs on", needs=("database/version_id",), kinds=("v5",)
)
def version(facts: Facts) -> Fine | Trouble:
    oldest, name = OLDEST.get(facts.get("database/flavour", "mysql"), OLDEST["mysql"])
    server = facts.get("database/server", "")
    if int(facts["database/version_id"]) >= oldest:
        return Fine(server)
    dump = "mysqldump --all-databases --routines --events > /root/all-databases.sql"
    newer = install(facts, "mariadb-server")
    return Trouble(f"{server} is older than {name}", f"{dump}\n{newer}  # or a newer release of the system")


@check("database.schema", "The database is the one of this application", needs=("database/schema",))
def schema(facts: Facts) -> Fine | Trouble:
    found, wanted = facts["database/schema"], facts.kind
    database = remedy.setting(facts, "DB_DATABASE")
    if found == wanted:
        return Fine(f"{database} holds {wanted.upper()}'s tables")
    show = f"{remedy.mysql(facts, '-e')} 'SHOW DATABASES'"
    if found == "empty":
        seed = "migrate --seed --force"
        return Trouble(
            f"{database} is empty: {wanted.upper()} was never set up, or DB_DATABASE names another database",
            f"{show}\n{_look(facts)}\n{remedy.later('where it was never set up', remedy.artisan(facts, seed))}",
        )
    held = f"{found.upper()}'s tables" if found in ("v4", "v5") else "tables of another application"
    return Trouble(
        f"{wanted.upper()} in {facts.root} uses {database}, which holds {held}. V4 and V5 need a database each",
        f"{show}\n{_look(facts)}",
    )


@check("database.charset", "The tables take every character", needs=("database/charset",), severity=WARN)
def charset(facts: Facts) -> Fine | Trouble:
    found = str(facts["database/charset"]).lower()
    wanted = ("utf8mb4",) if facts.kind == "v5" else ("utf8", "utf8mb3", "utf8mb4")
    if found in wanted:
        return Fine(found)
    database = remedy.setting(facts, "DB_DATABASE") or "ninja"
    collation = "utf8mb4_unicode_ci" if wanted[0] == "utf8mb4" else "utf8_unicode_ci"
    alter = f"ALTER DATABASE `{database}` CHARACTER SET {wanted[0]} COLLATE {collation}"
    return Trouble(
        f"The charset is {found}, not {wanted[0]}: characters that it lacks are lost or refused",
        f"{remedy.mysql(facts, '-e')} {shlex.quote(alter)}\n"
        f"{remedy.sql(facts, f'ALTER TABLE invoices CONVERT TO CHARACTER SET {wanted[0]} COLLATE {collation}')}",
    )


@check(
    "database.max-packet",
    "The database takes rows of some size",
    needs=("database/max_allowed_packet",),
    severity=WARN,
)
def max_packet(facts: Facts) -> Fine | Trouble:
    packet, least = int(facts["database/max_allowed_packet"]), V5_PACKET if facts.kind == "v5" else V4_PACKET
    if packet >= least:
        return Fine(f"max_allowed_packet is {in_bytes(packet)}")
    folder = "/etc/my.cnf.d" if family(facts) == "rhel" else "/etc/mysql/conf.d"
    return Trouble(
        f"max_allowed_packet is {in_bytes(packet)}, less than {in_bytes(least)}: a larger row is refused",
        f"{remedy.mysql(facts, '-e')} 'SET GLOBAL max_allowed_packet = 67108864'\n"
        f"printf '[mysqld]\\nmax_allowed_packet = 64M\\n' > {folder}/invoiceninja.cnf  # for the next start",
    )


@check("database.engine", "All tables are InnoDB", needs=("database/not_innodb",), severity=WARN)
def engine(facts: Facts) -> Fine | Trouble:
    tables = facts["database/not_innodb"]
    if not tables:
        return Fine()
    alter = " ".join(f"ALTER TABLE `{table}` ENGINE=InnoDB;" for table in tables)
    return Trouble(
        f"{count(len(tables), 'table')} without transactions and foreign keys: {some(tables)}", remedy.sql(facts, alter)
    )


@check(
    "database.tcp",
    "The import reaches the database without the socket",
    needs=("database/reachable",),
    kinds=("v5",),
)
def tcp(facts: Facts) -> Fine | Trouble | Skip:
    socket = remedy.setting(facts, "DB_SOCKET")
    if socket in ("", "null"):
        return Fine("DB_SOCKET is not set")
    seen = facts.get("database/import_connection", {})
    if seen.get("reachable"):
        return Fine("DB_SOCKET is set, and DB_HOST works too")
    if not facts["database/reachable"]:
        return Skip("Not checked: the database is not reachable at all (database.reachable)")
    mend = "\n".join((remedy.set_env(facts, "DB_HOST", "127.0.0.1"), remedy.set_env(facts, "DB_PORT", "3306")))
    known = f"DB_SOCKET is {socket}; the import's further connections (db-ninja-01, db-ninja-02) know no socket"
    if seen:
        text = (seen.get("error") or {}).get("text", "")
        return Trouble(f"{known}, and DB_HOST does not work: {text}", mend, FAIL)
    if remedy.setting(facts, "DB_HOST") == "127.0.0.1":
        return Fine("DB_SOCKET is set, and DB_HOST is 127.0.0.1, which is TCP")
    return Trouble(f"{known} and use DB_HOST, which is '{remedy.setting(facts, 'DB_HOST')}'", mend, WARN)
