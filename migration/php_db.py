"""Ask Invoice Ninja's database through the host's own PHP, with the application's own settings.

A V4 or V5 host always has PHP with pdo_mysql, and rarely a driver for Python. The script goes to ``php`` on its
standard input, with its input inside (base64), so that no password is on a command line or in a file. Settings come
from where the application takes them: ``bootstrap/cache/config.php`` where it exists, otherwise ``.env``, by the names
in config/database.php of V4 4.5.50 and V5 5.10.17.
"""

from __future__ import annotations

import base64
import json
import os
import pwd
import re
import subprocess
from pathlib import Path
from typing import Any, Callable, Mapping

from . import env_file
from .errors import MigrationError

ROW_LIMIT = 1000
TIMEOUT = 60.0  # seconds
_MARK = "NINJALIFT-RESULT "

# Runs on PHP 7.3 to 8.4. Whatever else PHP or an extension prints is not between the mark and the line's end.
PHP_LIBRARY = r"""<?php
ob_start();
ini_set('precision', '-1');
ini_set('serialize_precision', '-1');

function ninja_emit(array $result) {
    while (ob_get_level() > 0) { ob_end_clean(); }
    $flags = JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;
    echo "\n", 'NINJALIFT-RESULT ', json_encode($result, $flags), "\n";
    exit(0);
}

function ninja_fail($code, $text) {
    ninja_emit(['error' => ['code' => $code, 'text' => $text,
        'php' => PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION]]);
}

function ninja_config($path) {
    // A cached configuration may hold objects, which need the application's class loader.
    try {
        return require $path;
    } catch (\Throwable $e) {
        $loader = dirname($path, 3) . '/vendor/autoload.php';
        if (!is_file($loader)) { ninja_fail('config', $e->getMessage()); }
    }
    try {
        require $loader;
        return require $path;
    } catch (\Throwable $e) {
        ninja_fail('config', $e->getMessage());
    }
}

function ninja_settings(array $input) {
    $c = $input['connection'];
    if ($input['cached'] !== '') {
        $config = ninja_config($input['cached']);
        $name = $config['database']['default'];
        $c = $config['database']['connections'][$name];
    }
    return $c + ['driver' => 'mysql', 'host' => '', 'port' => '', 'unix_socket' => '', 'database' => '',
        'username' => '', 'password' => '', 'options' => []];
}

function ninja_open(array $c, $seconds) {
    $host = is_array($c['host']) ? reset($c['host']) : $c['host'];
    $dsn = $c['unix_socket'] ? 'mysql:unix_socket=' . $c['unix_socket']
        : 'mysql:host=' . $host . ($c['port'] ? ';port=' . $c['port'] : '');
    $options = [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => false,
        PDO::ATTR_TIMEOUT => 10,
    ];
    $pdo = new PDO($dsn . ';dbname=' . $c['database'] . ';charset=utf8mb4', $c['username'], $c['password'],
        $options + (array) $c['options']);
    // Waiting is no reason to hang; the first limit is MariaDB's name for it, the second MySQL's.
    foreach (['max_statement_time=' . $seconds, 'max_execution_time=' . 1000 * $seconds] as $limit) {
        try { $pdo->exec('SET SESSION ' . $limit); } catch (PDOException $e) { continue; }
    }
    $pdo->exec('SET SESSION innodb_lock_wait_timeout=10');
    return $pdo;
}

function ninja_connect(array $input) {
    $c = ninja_settings($input);
    if (!extension_loaded('pdo_mysql')) { ninja_fail('driver', 'pdo_mysql is not loaded'); }
    if ($c['driver'] !== 'mysql' && $c['driver'] !== 'mariadb') { ninja_fail('kind', (string) $c['driver']); }
    try {
        return ninja_open($c, $input['seconds']);
    } catch (PDOException $e) {
        ninja_fail('connect', str_replace((string) $c['password'] ?: "\0", '***',
            $e->getMessage()) . ' (user ' . $c['username'] . ', database ' . $c['database'] . ')');
    }
}

function ninja_rows(PDO $pdo, $sql, array $values = []) {
    $statement = $pdo->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll(PDO::FETCH_ASSOC);
}
"""

_QUERY = r"""
$pdo = ninja_connect($input);
$pdo->exec('SET SESSION sql_select_limit=' . ($input['limit'] + 1));
$pdo->exec('START TRANSACTION READ ONLY');
$rows = [];
$cut = [];
foreach ($input['queries'] as $name => $sql) {
    $rows[$name] = [];
    try {
        $statement = $pdo->prepare($sql);
        $statement->execute();
        while ($row = $statement->fetch(PDO::FETCH_ASSOC)) {
            if (count($rows[$name]) === $input['limit']) { $cut[] = $name; break; }
            foreach ($row as $column => $value) {
                $row[$column] = is_float($value) ? (string) $value : $value;
            }
            $rows[$name][] = $row;
        }
        $statement->closeCursor();
    } catch (PDOException $e) {
        ninja_fail('query', $name . ': ' . $e->getMessage());
    }
}
$pdo->exec('ROLLBACK');
ninja_emit(['rows' => (object) $rows, 'cut' => $cut]);
"""

_LITERAL = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`""", re.DOTALL)
_WRITES = re.compile(
    r"\binto\s+(?:outfile|dumpfile|@)|\bfor\s+update\b|\block\s+in\s+share\s+mode\b|\bget_lock\s*\(", re.I
)


def check_statement(name: str, sql: str) -> str:
    """Return the statement, trimmed, if it is one single SELECT or SHOW that cannot write.

    The database is told READ ONLY as well; this is for the message, and for what READ ONLY allows (files, locks).
    Raises MigrationError (query-refused).
    """
    text = sql.strip().rstrip(";").rstrip()
    bare = _LITERAL.sub("''", text)
    if not re.match(r"(?:select|show)\b", bare, re.I) or ";" in bare or _WRITES.search(bare) or "/*!" in bare:
        raise MigrationError(
            f"The query '{name}' is not one single SELECT or SHOW, so it was not run", id="query-refused"
        )
    return text


def is_v4(root: Path) -> bool:
    """Say whether `root` holds V4: its config/database.php reads DB_TYPE, where V5's reads DB_CONNECTION [code]."""
    config = Path(root) / "config" / "database.php"
    if config.is_file():
        return "'DB_TYPE'" in config.read_text("utf-8", "replace")
    env = Path(root) / ".env"
    text = env.read_text("utf-8", "replace") if env.is_file() else ""
    return bool(re.search(r"^DB_TYPE=", text, re.M)) and not re.search(r"^DB_CONNECTION=", text, re.M)


def read_env(root: Path) -> dict[str, str | None]:
    """Return the application's .env, by the rules of its own phpdotenv; raises MigrationError as env_file.read does."""
    return env_file.read(Path(root) / ".env", old=is_v4(root))


def env_connection(values: Mapping[str, str | None], v4: bool) -> dict[str, str]:
    """Return the connection that V4's or V5's config/database.php builds from these .env values [code].

    Keys: driver, host, port, unix_socket, database, username, password.
    """
    if v4:
        kind = _text(values, "DB_TYPE") or "mysql"
        number = kind.rpartition("-")[2] if kind.startswith("db-ninja-") else ""
        host, socket = "localhost", ""
    else:
        kind = _text(values, "DB_CONNECTION") or "mysql"
        number = {"db-ninja-02": "2", "mysql": "1", "db-ninja-01": "1"}.get(kind, "")
        host, socket = "127.0.0.1", _first(values, "DB_SOCKET", number, "")
    return {
        "driver": "mysql" if kind == "mysql" or kind.startswith("db-ninja-") else kind,
        "host": _first(values, "DB_HOST", number, host),
        "port": _first(values, "DB_PORT", number, "3306"),
        "unix_socket": socket,
        "database": _first(values, "DB_DATABASE", number, "forge"),
        "username": _first(values, "DB_USERNAME", number, "forge"),
        "password": _first(values, "DB_PASSWORD", number, ""),
    }


def _first(values: Mapping[str, str | None], name: str, number: str, default: str) -> str:
    for key in ([name + number] if number else []) + [name]:
        if values.get(key) is not None:
            return _text(values, key)
    return default


def _text(values: Mapping[str, str | None], key: str) -> str:
    """Return a value as Laravel's env() does: some words mean nothing or a constant."""
    value = values.get(key) or ""
    return "" if value.lower() in ("null", "(null)", "empty", "(empty)") else value


def cached_config(root: Path) -> str:
    """Return the path of the cached configuration, which wins over .env, or "" where none is cached."""
    path = Path(root) / "bootstrap" / "cache" / "config.php"
    return str(path) if path.is_file() else ""


def run_php(
    body: str, data: Mapping[str, Any], php: str = "php", user: str = "", timeout: float = TIMEOUT
) -> dict[str, Any]:
    """Run PHP_LIBRARY and `body` with `$input` = `data`; return what it gave to ninja_emit.

    user: run as this user (only root can); "" for the current one. timeout: seconds.
    Raises MigrationError (php-missing, php-timeout, php-failed) and those of explain().
    """
    packed = base64.b64encode(json.dumps(dict(data)).encode()).decode()
    script = f"{PHP_LIBRARY}\n$input = json_decode(base64_decode('{packed}'), true);\n{body}"
    settings = ["display_errors=stderr", "log_errors=0", "memory_limit=-1", "zend.exception_ignore_args=1"]
    command = [php] + [word for setting in settings for word in ("-d", setting)]
    try:
        done = subprocess.run(
            command,
            input=script.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            cwd="/",
            preexec_fn=become(user),
        )
    except FileNotFoundError:
        raise MigrationError(
            f"There is no program '{php}' on this host", "apt-get install -y php-cli", "php-missing"
        ) from None
    except PermissionError as error:
        raise MigrationError(f"'{php}' cannot be run: {error.strerror}", f"ls -l {php}", "php-missing") from None
    except subprocess.TimeoutExpired:
        raise MigrationError(
            f"The database did not answer PHP within {timeout:.0f} seconds", "systemctl status mariadb", "php-timeout"
        ) from None
    for line in reversed(done.stdout.decode("utf-8", "replace").splitlines()):
        if line.startswith(_MARK):
            return json.loads(line[len(_MARK) :])
    words = done.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = words[-1][:300] if words else f"it ended with status {done.returncode} and said nothing"
    raise MigrationError(f"PHP failed: {reason}", f"{php} -v", "php-failed")


def become(user: str) -> Callable[[], None] | None:
    """Return what makes a child process the user's own, None where it is so already.

    The web user owns the application's code, so root must never run it.
    """
    if not user or os.geteuid() != 0:
        return None
    account = pwd.getpwnam(user)

    def change() -> None:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return change


def database_input(root: Path, seconds: float = TIMEOUT) -> dict[str, Any]:
    """Return what ninja_connect needs: `cached`, or `connection` from .env, and the time limit."""
    cached = cached_config(root)
    connection = {} if cached else env_connection(read_env(root), is_v4(root))
    return {"cached": cached, "connection": connection, "seconds": int(seconds)}


def run_script(
    root: Path, body: str, data: Mapping[str, Any], php: str = "php", user: str = "", timeout: float = TIMEOUT
) -> dict[str, Any]:
    """Run a PHP body with the application's database settings in `$input`; raises MigrationError with a remedy."""
    settings = database_input(root, timeout)
    result = run_php(body, {**settings, **data}, php, user, timeout)
    if "error" in result:
        raise explain(result["error"], Path(root), settings)
    return result


def query(
    root: Path,
    queries: Mapping[str, str],
    php: str = "php",
    limit: int = ROW_LIMIT,
    user: str = "",
    timeout: float = TIMEOUT,
) -> dict[str, Any]:
    """Run SELECTs in one READ ONLY transaction.

    Returns {"rows": {name: [{column: text, int or None}]}, "cut": [names with more than `limit` rows]}; a DECIMAL and a
    floating number come as text, so that no cent is lost. Raises MigrationError (query-refused, and those of
    run_script).
    """
    checked = {name: check_statement(name, sql) for name, sql in queries.items()}
    result = run_script(root, _QUERY, {"queries": checked, "limit": limit}, php, user, timeout)
    rows: dict[str, list[dict[str, Any]]] = result["rows"] or {}
    return {"rows": rows, "cut": result["cut"]}


def explain(error: Mapping[str, str], root: Path, settings: Mapping[str, Any]) -> MigrationError:
    """Turn what PHP reported into one sentence and the command that mends it; never with a password."""
    code, text, version = error["code"], error["text"], error["php"]
    password = settings["connection"].get("password", "")
    text = text.replace(password, "***") if password else text
    source = settings["cached"] or f"{root}/.env"
    clear = f"cd {root} && php artisan config:clear"
    if code == "driver":
        install = f"apt-get install -y php{version}-mysql"
        return MigrationError(f"PHP {version} on this host has no pdo_mysql", install, "db-no-pdo-mysql")
    if code == "kind":
        return MigrationError(
            f"{source} names a database of the kind '{text}', not MySQL or MariaDB", id="db-not-mysql"
        )
    if code == "config":
        return MigrationError(f"{source} cannot be read: {text}", clear, "config-broken")
    if code == "query":
        return MigrationError(f"The database refused the query {text}", id="db-query")
    if re.search(r"\[(?:1044|1045|1698)\]", text):
        remedy = clear if settings["cached"] else f"editor {root}/.env"
        return MigrationError(f"The database refuses the account in {source}: {text}", remedy, "db-access-denied")
    if "[1049]" in text:
        message = f"The database named in {source} does not exist: {text}"
        return MigrationError(message, "mysql -e 'SHOW DATABASES'", "db-unknown")
    message = f"The database named in {source} does not answer: {text}"
    return MigrationError(message, "systemctl restart mariadb", "db-down")
