"""Back up an Invoice Ninja host: its database and its files, read back before anybody relies on them.

A backup is a directory of root's: ``database.sql.gz``, ``files.tar.gz`` and ``manifest.json`` with their digests. The
directory gets its name only when all of it was read back, so what has the name is whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import json
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Iterable, Iterator

from . import php_db
from .errors import MigrationError

CHUNK = 1 << 20
DUMP, FILES, MANIFEST = "database.sql.gz", "files.tar.gz", "manifest.json"
# Nobody misses what is in these, and it comes and goes with every request.
VOLATILE = tuple(f"storage/framework/{name}" for name in ("cache", "sessions", "views"))
# mysqldump ends a whole dump with this line; one that was cut short has none.
_END = b"-- Dump completed"
_TABLE = re.compile(rb"^CREATE TABLE `([^`]+)`")

_LOOK = r"""
$c = $input['connection'];
if ($input['cached'] !== '') {
    $config = ninja_config($input['cached']);
    $c = $config['database']['connections'][$config['database']['default']];
}
$pdo = ninja_connect($input);
$tables = [];
foreach (ninja_rows($pdo, 'SELECT table_name AS name, table_type AS kind, data_length AS bytes'
    . ' FROM information_schema.tables WHERE table_schema = DATABASE()') as $row) {
    $tables[] = array_change_key_case($row);
}
$c += ['port' => '', 'unix_socket' => ''];
$host = is_array($c['host']) ? reset($c['host']) : $c['host'];
ninja_emit(['tables' => $tables, 'login' => ['host' => $host, 'port' => $c['port'], 'socket' => $c['unix_socket'],
    'user' => $c['username'], 'password' => $c['password'], 'database' => $c['database']]]);
"""

_DROP = r"""
$pdo = ninja_connect($input);
$pdo->exec('SET FOREIGN_KEY_CHECKS=0');
foreach (ninja_rows($pdo, 'SHOW FULL TABLES') as $row) {
    list($name, $kind) = array_values($row);
    $pdo->exec('DROP ' . ($kind === 'VIEW' ? 'VIEW' : 'TABLE') . ' IF EXISTS `' . str_replace('`', '``', $name) . '`');
}
ninja_emit(['dropped' => true]);
"""


def back_up(root: Path, target: Path, paths: Iterable[str], php: str = "php", user: str = "") -> dict[str, Any]:
    """Write the backup `target` of the application in `root`, and read it back.

    paths: what of `root` is kept, relative to it; "." is everything, and a path that does not exist is left out.
    user: the web user, as whom the application's configuration is read. Returns the manifest: application, database,
    tables (names), files (count), bytes, sha256 {file: digest}.
    Raises MigrationError (backup-no-space, backup-dump, backup-broken, and those of php_db.run_script).
    """
    root, target = Path(root).resolve(), Path(target)
    seen = php_db.run_script(root, _LOOK, {}, php, user)
    kept = [path for path in paths if (root / path).exists()]
    part = None
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_space(target.parent, sum(int(table["bytes"] or 0) for table in seen["tables"]), root, kept)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        _dump(seen["login"], part / DUMP)
        count = _archive(root, kept, part / FILES)
        tables = sorted(table["name"] for table in seen["tables"] if table["kind"] == "BASE TABLE")
        manifest = {
            "application": str(root),
            "database": seen["login"]["database"],
            "paths": kept,
            "tables": tables,
            "files": count,
            "bytes": sum((part / name).stat().st_size for name in (DUMP, FILES)),
            "sha256": {name: _digest(part / name) for name in (DUMP, FILES)},
        }
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        verify(part)
        part.rename(target)
    except OSError as error:
        raise MigrationError(
            f"The backup {target} could not be written: {error.strerror or error}",
            f"df -h {target.parent}",
            "backup-failed",
        ) from error
    finally:
        if part:
            shutil.rmtree(part, ignore_errors=True)
    return manifest


def verify(backup: Path) -> dict[str, Any]:
    """Read a backup to its end and return its manifest; raises MigrationError (backup-broken) where it is not whole."""
    try:
        manifest = json.loads((backup / MANIFEST).read_text("utf-8"))
        for name, digest in manifest["sha256"].items():
            if _digest(backup / name) != digest:
                raise _broken(backup, f"{name} is not what was written")
        tables, ended = _read_dump(backup / DUMP)
        if not ended:
            raise _broken(backup, "the dump of the database has no end")
        if tables != manifest["tables"]:
            lost = sorted(set(manifest["tables"]) ^ set(tables))
            raise _broken(backup, f"the dump of the database differs in the tables {', '.join(lost[:5])}")
        with tarfile.open(backup / FILES, "r|gz") as archive:
            count = sum(1 for _ in archive)
        if count != manifest["files"]:
            raise _broken(backup, f"{FILES} holds {count} files and not {manifest['files']}")
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError) as error:
        raise _broken(backup, str(error)) from error
    return manifest


def restore_database(root: Path, backup: Path, php: str = "php", user: str = "") -> int:
    """Replace the application's database by the backup's; returns the number of tables.

    The backup is read to its end before the first table is dropped. Raises MigrationError (backup-broken,
    backup-restore, and those of php_db.run_script).
    """
    manifest = verify(backup)
    login = php_db.run_script(root, _LOOK, {}, php, user)["login"]
    with (backup / MANIFEST).open() as alone, _login_file(login) as options, gzip.open(backup / DUMP) as dump:
        # A killed run's restore may still be at work on this host; the lock goes with its process.
        fcntl.flock(alone, fcntl.LOCK_EX)
        php_db.run_script(root, _DROP, {}, php, user)
        command = ["mysql", f"--defaults-file={options}", "--default-character-set=utf8mb4", login["database"]]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        with contextlib.suppress(BrokenPipeError):  # the client's own words say why
            shutil.copyfileobj(dump, client.stdin, CHUNK)
        _, said = client.communicate()
    found = php_db.run_script(root, _LOOK, {}, php, user)["tables"]
    names = sorted(table["name"] for table in found if table["kind"] == "BASE TABLE")
    if client.returncode or names != manifest["tables"]:
        raise MigrationError(
            f"The database {login['database']} could not be put back: {_last_line(said)}",
            f"zcat {backup / DUMP} | mysql {login['database']}",
            "backup-restore",
        )
    return len(names)


def restore_files(root: Path, backup: Path) -> int:
    """Replace the files of `root` that the backup holds; returns their number. Raises MigrationError (backup-broken).

    They are unpacked beside `root` first and then renamed, so a disk that fills up loses nothing.
    """
    manifest = verify(backup)
    root = Path(root).resolve()
    fresh = root.with_name(root.name + ".ninjalift-restored")
    aside = root.with_name(root.name + ".ninjalift-replaced")
    for path in (fresh, aside):
        shutil.rmtree(path, ignore_errors=True)
    fresh.mkdir(mode=0o755)
    with tarfile.open(backup / FILES, "r|gz") as archive:
        # Our own archive, whose digest was just checked: its owners, modes and links are meant.
        archive.extractall(fresh, **({"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202
    if manifest["paths"] == ["."]:
        if root.exists():
            root.rename(aside)
        fresh.rename(root)
    else:
        aside.mkdir(mode=0o700)
        for number, path in enumerate(manifest["paths"]):
            if (root / path).exists() or (root / path).is_symlink():
                (root / path).rename(aside / str(number))
            (fresh / path).rename(root / path)
    for path in (fresh, aside):
        shutil.rmtree(path, ignore_errors=True)
    return manifest["files"]


def _check_space(where: Path, database: int, root: Path, paths: Iterable[str]) -> None:
    """Raise MigrationError where the disk cannot hold what is backed up; compression is not counted on."""
    needed = database + sum(size for _, _, size in _walk(root, paths))
    free = shutil.disk_usage(where).free
    if free < needed:
        raise MigrationError(
            f"A backup of {root} needs {needed >> 20} MiB in {where}, and {free >> 20} MiB are free",
            f"df -h {where}",
            "backup-no-space",
        )


@contextlib.contextmanager
def _login_file(login: dict[str, Any]) -> Iterator[str]:
    """Yield an options file with the password for mysql and mysqldump: a command line could be read by everybody."""
    lines = ["[client]", f"user={_quoted(login['user'])}", f"password={_quoted(login['password'])}"]
    if login["socket"]:
        lines.append(f"socket={_quoted(login['socket'])}")
    else:
        lines.append(f"host={_quoted(login['host'])}")
        lines += [f"port={login['port']}"] if login["port"] else []
    with tempfile.NamedTemporaryFile("w", prefix="ninjalift-", suffix=".cnf") as file:  # mode 0600
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file.name


def _quoted(value: Any) -> str:
    return '"' + str(value or "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dump(login: dict[str, Any], target: Path) -> None:
    """Write the database as SQL, compressed; raises MigrationError (backup-dump)."""
    with _login_file(login) as options:
        command = [
            "mysqldump",
            f"--defaults-file={options}",
            "--single-transaction",
            "--quick",
            "--hex-blob",
            "--no-tablespaces",
            "--default-character-set=utf8mb4",
            login["database"],
        ]
        with tempfile.TemporaryFile() as words:
            try:
                client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words)
            except FileNotFoundError:
                raise MigrationError(
                    "There is no program mysqldump on this host",
                    "apt-get install -y default-mysql-client",
                    "backup-dump",
                ) from None
            try:
                with gzip.open(target, "wb", compresslevel=1) as file:
                    shutil.copyfileobj(client.stdout, file, CHUNK)
            finally:
                client.stdout.close()
                status = client.wait()
            words.seek(0)
            said = words.read()
    target.chmod(0o600)
    if status:
        raise MigrationError(
            f"The database {login['database']} could not be dumped: {_last_line(said)}",
            "systemctl status mariadb",
            "backup-dump",
        )


def _read_dump(path: Path) -> tuple[list[str], bool]:
    """Return the sorted names of the tables that a dump makes, and whether it has its end."""
    tables, ended = [], False
    with gzip.open(path) as dump:
        # A line with rows may be megabytes long, so it is read in pieces; only a piece that begins a line counts.
        begins = True
        while True:
            piece = dump.readline(CHUNK)
            if not piece:
                return sorted(tables), ended
            if begins:
                match = _TABLE.match(piece)
                if match:
                    tables.append(match.group(1).decode())
                ended = piece.startswith(_END) or (ended and not piece.strip())
            begins = piece.endswith(b"\n")


def _walk(root: Path, paths: Iterable[str]) -> Iterator[tuple[Path, str, int]]:
    """Yield what a backup of `paths` holds: (file or directory, its name in the archive, bytes).

    The application is at work meanwhile: what is gone when it is looked at is left out, and so are VOLATILE's contents.
    """
    for path in paths:
        entry = root / path
        # A link out of the application leads to its data; one inside it is only a link.
        if entry.is_symlink() and root not in entry.resolve().parents:
            entry = entry.resolve()
        yield from _below(entry, str(PurePosixPath(path)))


def _below(entry: Path, name: str) -> Iterator[tuple[Path, str, int]]:
    try:
        state = entry.lstat()
        children = sorted(entry.iterdir()) if stat.S_ISDIR(state.st_mode) else []
    except FileNotFoundError:
        return
    yield entry, name, state.st_size if stat.S_ISREG(state.st_mode) else 0
    if name not in VOLATILE:
        for child in children:
            yield from _below(child, str(PurePosixPath(name) / child.name))


class _Padded:
    """A file as long as it was when it was opened: a log that is cut meanwhile ends in zero bytes, as with GNU tar."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, size: int) -> bytes:
        return self.file.read(size).ljust(size, b"\0")


def _archive(root: Path, paths: Iterable[str], target: Path) -> int:
    """Write `paths` of `root` as a tar; returns how many entries it has."""
    count = 0
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        for entry, name, _ in _walk(root, paths):
            try:
                # Only a regular file is opened: a named pipe would wait for a writer.
                with entry.open("rb") if stat.S_ISREG(entry.lstat().st_mode) else contextlib.nullcontext() as file:
                    member = archive.gettarinfo(entry, name, file)
                    if member is None:  # a socket
                        continue
                    archive.addfile(member, _Padded(file) if file and member.isreg() else None)
            except FileNotFoundError:
                continue
            count += 1
    target.chmod(0o600)
    return count


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(CHUNK), b""):
            digest.update(piece)
    return digest.hexdigest()


def _broken(backup: Path, reason: str) -> MigrationError:
    return MigrationError(f"The backup {backup} is not whole: {reason}", f"ls -l {backup}", "backup-broken")


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no message"
