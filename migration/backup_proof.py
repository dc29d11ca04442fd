"""Prove a backup of migration.backup by reading it back: every row in a scratch database, every byte of every file.

Runs on the host, as root, with the application's own credentials from its .env. They go into an option file of mode
0600 in a private directory that is removed again, so no password is on a command line. Standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Iterable, Iterator, Mapping, NamedTuple

from . import backup, php_db
from .errors import MigrationError

BLOCK = 1024 * 1024
FINGERPRINT = "fingerprint.json"
SCRATCH = "ninjalift_check_"  # and the process that uses it
_LEFT = "SHOW DATABASES LIKE 'ninjalift\\_check\\_%'"
LOCAL = ("", "localhost", "127.0.0.1", "::1")
_STRING = re.compile(rb"'(?:[^'\\]|\\.)*'", re.S)


class Server(NamedTuple):
    """How to reach a database server: command line options of the client, without any secret."""

    options: tuple[str, ...]

    def run(self, script: str, database: str = "", source=None) -> str:
        """Run SQL, or what ``source`` reads; raises MigrationError with the client's last line where it fails."""
        client = shutil.which("mariadb") or shutil.which("mysql")
        if not client:
            raise MigrationError(
                "This host has no program mysql", "apt-get install -y default-mysql-client", "mysql-client-missing"
            )
        # `binary`: no text is converted, so a wrongly stored byte is compared as it is.
        charset = "utf8mb4" if source else "binary"
        command = [client, *self.options, "-N", "-B", "-r", f"--default-character-set={charset}", database]
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=errors)
            with suppress(BrokenPipeError):  # the client ended; its own words say why
                shutil.copyfileobj(source or BytesIO(script.encode()), process.stdin, BLOCK)
                process.stdin.close()
            process.wait()
            if process.returncode:
                errors.seek(0)
                raise _failed(errors.read())
            output.seek(0)
            return output.read().decode("utf-8", "replace")

    def rows(self, sql: str, database: str) -> list[list[str]]:
        """The rows of a SELECT, as text."""
        return [line.split("\t") for line in self.run(sql, database).splitlines()]


def _failed(said: bytes) -> MigrationError:
    words = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    reason = words[-1][:300] if words else "no message"
    return MigrationError(f"mysql failed: {reason}", "systemctl status mariadb mysql; df -h", "database-client-failed")


@contextmanager
def open_server(root: Path) -> Iterator[tuple[Server, dict]]:
    """The application's database server and its settings, while the context lasts. Raises MigrationError (env-…)."""
    settings = php_db.env_connection(php_db.read_env(Path(root)), php_db.is_v4(Path(root)))
    with tempfile.TemporaryDirectory(prefix="ninjalift-") as private:
        path = Path(private) / "client.cnf"
        path.touch(mode=0o600)
        path.write_text(option_file(settings), "utf-8")
        yield Server((f"--defaults-file={path}",)), settings


def option_file(settings: Mapping[str, str]) -> str:
    """A MySQL option file for these settings, each value quoted as MySQL reads it."""
    lines = ["[client]"]
    for name, key in (("user", "username"), ("password", "password"), ("host", "host"), ("port", "port")):
        quoted = settings.get(key, "").replace("\\", "\\\\").replace('"', '\\"')
        lines += [f'{name} = "{quoted}"'] if quoted else []
    lines += [f'socket = "{settings["unix_socket"]}"'] if settings.get("unix_socket") else []
    return "\n".join(lines) + "\n"


def fingerprint(server: Server, name: str) -> dict[str, list]:
    """{table: [rows, a sum over all bytes of all rows, columns]} of the database ``name``, seen at one moment."""
    columns: dict[str, list[str]] = {}
    sql = (
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'"
        " WHERE c.table_schema = DATABASE() ORDER BY 1, c.ordinal_position"
    )
    for table, column in server.rows(sql, name):
        columns.setdefault(table, []).append(column)
    if not columns:
        return {}
    union = " UNION ALL ".join(fingerprint_sql(table, names) for table, names in columns.items())
    return {row[0]: [int(row[1]), row[2], ",".join(columns[row[0]])] for row in server.rows(union, name)}


def fingerprint_sql(table: str, columns: Iterable[str]) -> str:
    """A SELECT of (table, rows, sum); unlike CHECKSUM TABLE it does not depend on how the rows are stored."""
    values = ", ".join(f"COALESCE(CAST(`{name}` AS BINARY), '\\0')" for name in columns)
    return f"SELECT '{table}', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('\\1', {values}))), 0) FROM `{table}`"  # noqa: S608


def live(root: Path) -> dict[str, list]:
    """The fingerprint of the application's database as it is now."""
    with open_server(root) as (server, settings):
        return fingerprint(server, settings["database"])


def prove(root: Path, target: Path, before: Mapping[str, list]) -> dict:
    """Compare the backup ``target`` with the application in ``root``; ``before``: ``live`` from before it was taken.

    Returns {tables, rows, files, changed_files, proof, fingerprint}: proof is ``restored`` (every row was compared in a
    scratch database) or ``counted`` (nobody here may create one: every row in the dump was counted).
    Raises MigrationError (backup-differs, backup-broken).
    """
    manifest = backup.verify(Path(target))
    with open_server(root) as (server, settings):
        after = fingerprint(server, settings["database"])
        proof, different = _compare(server, settings, Path(target) / backup.DUMP, before, after)
    if different:
        raise _differs(target, "the tables " + ", ".join(different[:5]))
    files, changed = prove_files(Path(root).resolve(), Path(target))
    listing = Path(target) / FINGERPRINT
    listing.touch(mode=0o600)
    listing.write_text(json.dumps(after, indent=1) + "\n", "utf-8")
    rows = sum(seen[0] for seen in after.values())
    return {
        "tables": len(manifest["tables"]),
        "rows": rows,
        "files": files,
        "changed_files": changed,
        "proof": proof,
        "fingerprint": after,
    }


def differs(root: Path, target: Path) -> list[str]:
    """The tables whose rows or columns are no longer those in the proven backup ``target``."""
    try:
        wanted = json.loads((Path(target) / FINGERPRINT).read_text("utf-8"))
    except FileNotFoundError:  # never proven, so nothing is known about it
        wanted = {}
    now = live(root)
    return sorted(table for table in set(wanted) | set(now) if wanted.get(table) != now.get(table))


def _differs(target: Path, what: str) -> MigrationError:
    return MigrationError(
        f"The backup {target} differs from V4 in {what}: somebody writes to V4 meanwhile, or the backup is damaged",
        "php artisan down  # in V4's directory; then run the same command again",
        "backup-differs",
    )


def _compare(server: Server, settings: Mapping, dump: Path, before: Mapping, after: Mapping) -> tuple[str, list[str]]:
    """How the dump was read back, and the tables in it that are neither as before the backup nor as after it."""
    scratch = f"{SCRATCH}{os.getpid()}"
    creator = _creator(server, settings, scratch)
    if creator is None:
        counted = count_rows(dump)
        rows = {table: {seen[table][0] for seen in (before, after) if table in seen} for table in after}
        return "counted", [table for table in after if counted.get(table, 0) not in rows[table]]
    try:
        with gzip.open(dump, "rb") as source:
            creator.run("", scratch, source)
        read = fingerprint(creator, scratch)
    finally:
        creator.run(f"DROP DATABASE IF EXISTS `{scratch}`")
    return "restored", [table for table in after if read.get(table) not in (before.get(table), after[table])]


def _creator(server: Server, settings: Mapping, scratch: str) -> Server | None:
    """Who may create the scratch database: the application's user, or root by the server's socket.

    Nobody does where the server is on another host or its disk has no room for a second copy: a full disk would stop
    the application.
    """
    if settings["host"] not in LOCAL or not _has_room(server, settings["database"]):
        return None
    for candidate in (server, Server(())):
        try:
            _remove_left(candidate, settings["database"])
            candidate.run(f"CREATE DATABASE `{scratch}`", settings["database"])
        except MigrationError:
            continue
        return candidate
    return None


def _remove_left(server: Server, name: str) -> None:
    """Drop the scratch databases of proofs that were killed."""
    for (found,) in server.rows(_LEFT, name):
        pid = found[len(SCRATCH) :]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            server.run(f"DROP DATABASE `{found}`")


def _has_room(server: Server, name: str) -> bool:
    sql = (
        "SELECT @@datadir, COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables"
        " WHERE table_schema = DATABASE()"
    )
    datadir, size = server.rows(sql, name)[0]
    return shutil.disk_usage(datadir).free > 2 * int(size) + 512 * BLOCK


def count_rows(dump: Path) -> dict[str, int]:
    """{table: rows} of a dump, read to its end; mysqldump writes one statement a line."""
    counts: dict[str, int] = {}
    with gzip.open(dump, "rb") as lines:
        for line in lines:
            if line.startswith(b"INSERT INTO `"):
                table = line[13 : line.index(b"`", 13)].decode("utf-8")
                counts[table] = counts.get(table, 0) + _STRING.sub(b"", line).count(b"(")
    return counts


def prove_files(root: Path, target: Path) -> tuple[int, int]:
    """Compare every file in the backup with the disk: (files that are the same, files that changed since).

    A file that was written or removed since the backup (a log, a session) is counted as changed; one whose time and
    size are the same must have the same bytes. Raises MigrationError (backup-differs).
    """
    same = changed = 0
    with tarfile.open(target / backup.FILES, "r|gz") as archive:
        for member in archive:
            if not member.isreg():
                continue
            path = root / member.name
            try:
                state = path.stat()
            except FileNotFoundError:
                changed += 1
                continue
            if state.st_size != member.size or int(state.st_mtime) != int(member.mtime):
                changed += 1
                continue
            with path.open("rb") as on_disk:
                equal = _digest(on_disk) == _digest(archive.extractfile(member))
            if not equal:
                raise _differs(target, f"the file {path}")
            same += 1
    return same, changed


def _digest(stream) -> str:
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()
