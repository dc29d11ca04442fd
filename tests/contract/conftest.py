"""What the contract tests share: a private MariaDB server, and PHP applications started from a directory.

Nothing here needs root: the database server listens on a socket in a temporary directory, PHP's own web server on a
free port of 127.0.0.1, and both end with the test session. The stand-ins find the socket because `DB_HOST=localhost`
makes PHP use `pdo_mysql.default_socket`, which is given on the command line.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import pytest

from lab.standins import v4_data

ROOT = Path(__file__).resolve().parents[2]
STANDINS = ROOT / "lab" / "standins"
RECORDINGS = Path(__file__).resolve().parent / "recordings"
PACKAGES = (
    "mariadb-server php8.2-cli php8.2-mysql php8.2-zip php8.2-curl php8.2-mbstring php8.2-xml php8.2-gd php8.2-bcmath"
)
DEADLINE = 60.0  # seconds until a server that does not answer is a failure


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of these tests."""
    config.addinivalue_line("markers", "contract: a stand-in is compared with what was recorded from the real software")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this directory, so that `-m contract` selects them."""
    here = Path(__file__).resolve().parent
    for item in items:
        if here in Path(item.path).resolve().parents:
            item.add_marker("contract")


def program(*names: str) -> str:
    """Return the path of the first program found; fail the test with the line that installs it."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    pytest.fail(f"{names[0]} is not installed. Mend it with: `apt-get install -y {PACKAGES}`")


def wait_for(condition, what: str, deadline: float = DEADLINE) -> None:
    """Wait until `condition()` is true; fail when `what` did not happen within `deadline` seconds."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {deadline:.0f} seconds")
        time.sleep(0.05)


@dataclass(frozen=True)
class Database:
    """One database of the private server, with the account that owns it."""

    socket: Path
    name: str
    user: str
    password: str

    def client(self, *arguments: str, sql: str) -> str:
        """Run `sql` with the MariaDB client as the server's root and return what it printed."""
        command = [program("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root"]
        command += ["--default-character-set=utf8mb4", *arguments, self.name]
        done = subprocess.run(command, input=sql.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace")

    def run(self, sql: str) -> None:
        """Run one or more statements."""
        self.client(sql=sql)

    def rows(self, sql: str) -> list[dict[str, str | None]]:
        """Return the rows of one SELECT; every value is text or None."""
        text = self.client("--xml", sql=sql)
        nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
        root = ElementTree.fromstring(text) if text.strip() else ElementTree.Element("resultset")  # noqa: S314
        return [
            {f.get("name"): None if f.get(nil) == "true" else (f.text or "") for f in row} for row in root.iter("row")
        ]

    def value(self, sql: str) -> str | None:
        """Return the only value of a SELECT of one column and one row."""
        (row,) = self.rows(sql)
        (value,) = row.values()
        return value

    @property
    def env(self) -> dict[str, str]:
        """The connection in V4's and V5's .env keys."""
        return {
            "DB_HOST": "localhost",
            "DB_DATABASE": self.name,
            "DB_USERNAME": self.user,
            "DB_PASSWORD": self.password,
        }


@dataclass
class DatabaseServer:
    """The private MariaDB server of the session."""

    socket: Path
    made: int = 0

    def create(self, prefix: str = "ninja", charset: str = "utf8") -> Database:
        """Make an empty database with an account of its own."""
        self.made += 1
        name = f"{prefix}_{self.made}_{secrets.token_hex(3)}"
        database = Database(self.socket, name, name, secrets.token_hex(8))
        mysql = Database(self.socket, "mysql", "root", "")
        mysql.run(
            f"CREATE DATABASE {name} CHARACTER SET {charset};"
            f"CREATE USER {name}@localhost IDENTIFIED BY '{database.password}';"
            f"GRANT ALL ON {name}.* TO {name}@localhost;"
        )
        return database


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[DatabaseServer]:
    """Start a MariaDB server that listens on a socket only; it and its data are gone after the session."""
    install, server = program("mariadb-install-db"), program("mariadbd", "mysqld")
    base = Path(tempfile.mkdtemp(prefix="ninja-mariadb-"))
    owner = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:  # MariaDB refuses to run as root, and its -core packages make no user mysql
        owner = "nobody"
        shutil.chown(base, owner)
    data, path = base / "data", base / "s.sock"
    made = subprocess.run(
        [
            install,
            "--no-defaults",
            f"--user={owner}",
            f"--datadir={data}",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    log = (base / "log").open("wb")
    process = subprocess.Popen(
        [
            server,
            "--no-defaults",
            f"--user={owner}",
            f"--datadir={data}",
            f"--socket={path}",
            f"--pid-file={base / 'pid'}",
            "--skip-networking",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",  # the data need not outlive a power cut
            "--innodb-file-per-table=0",
            "--skip-innodb-doublewrite",
            "--character-set-server=utf8mb4",
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:

        def answers() -> bool:
            assert process.poll() is None, (base / "log").read_text()
            ping = [program("mariadb-admin"), "--no-defaults", f"--socket={path}", "--user=root", "ping"]
            return subprocess.run(ping, capture_output=True, check=False).returncode == 0

        wait_for(answers, "the start of MariaDB")
        yield DatabaseServer(path)
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE)
        log.close()
        shutil.rmtree(base, ignore_errors=True)


def dotenv(values: dict[str, str]) -> str:
    """Return the text of a .env file: values in double quotes, as phpdotenv reads them."""
    quoted = {key: value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") for key, value in values.items()}
    return "".join(f'{key}="{value}"\n' for key, value in quoted.items())


@dataclass
class PhpApp:
    """A PHP application in a directory of its own: its artisan and its web server."""

    path: Path
    database: Database
    php_ini: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def php(self) -> list[str]:
        """The PHP command with the settings that find the private database."""
        settings = {"pdo_mysql.default_socket": str(self.database.socket), **self.php_ini}
        command = [program("php8.2", "php")]
        for key, value in settings.items():
            command += ["-d", f"{key}={value}"]
        return command

    def artisan(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `php artisan ARGUMENTS`; standard error is part of `stdout`, in order."""
        return subprocess.run(
            [*self.php(), "artisan", *arguments],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def write_env(self, values: dict[str, str]) -> None:
        """Write the application's .env, readable by its owner only."""
        target = self.path / ".env"
        target.write_text(dotenv(values))
        target.chmod(0o600)

    @contextlib.contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve `public/` on a port of 127.0.0.1 and yield the base URL."""
        port = port or free_port()
        router = self.path / "server.php"
        command = [*self.php(), "-S", f"127.0.0.1:{port}", "-t", "public"]
        command.append(str(router if router.exists() else self.path / "public" / "index.php"))
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                command,
                cwd=self.path,
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:

                def answers() -> bool:
                    assert process.poll() is None, "PHP's web server ended at once"
                    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                        return True
                    return False

                wait_for(answers, "the start of PHP's web server")
                self.url = f"http://127.0.0.1:{port}"
                yield self.url
            finally:
                os.killpg(process.pid, 15)  # the workers are in the session that was made for them
                process.wait(timeout=DEADLINE)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copy_app(source: Path, target: Path, database: Database, **php_ini: str) -> PhpApp:
    """Copy a stand-in's sources to `target` and return it as an application that uses `database`."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    return PhpApp(target, database, php_ini)


OWNER, PASSWORD, APP_KEY = "owner@client1.test", "correct horse 7", "0123456789abcdef0123456789abcdef"
RECORDED_EXPORT = RECORDINGS / "export" / "9nrwevhjtlxoochx5kk1b533cebkjblj-2026-11-23-invoiceninja.zip"


@pytest.fixture(scope="session")
def v4_loaded(mariadb_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the SQL of a V4 database with the recorded export in it; the owner's password is PASSWORD."""
    database = mariadb_server.create("v4template")
    app = copy_app(STANDINS / "v4", tmp_path_factory.mktemp("v4template"), database)
    app.write_env({**database.env, "APP_ENV": "production"})
    for command in (["migrate", "--force"], ["db:seed", "--class=UpdateSeeder", "--force"]):
        done = app.artisan(*command)
        assert done.returncode == 0, done.stdout
    database.run(v4_data.export_to_sql(RECORDED_EXPORT, password=PASSWORD))
    dump = [program("mariadb-dump"), "--no-defaults", f"--socket={database.socket}", "--user=root", database.name]
    return subprocess.run(dump, capture_output=True, check=True).stdout.decode()


@pytest.fixture
def v4(v4_loaded: str, mariadb_server: DatabaseServer, tmp_path: Path) -> PhpApp:
    """Return an installed V4 with the recorded data, in a directory and a database of its own."""
    database = mariadb_server.create("v4")
    database.run(v4_loaded)
    app = copy_app(STANDINS / "v4", tmp_path / "v4", database)
    app.write_env(
        {
            **database.env,
            "APP_ENV": "production",
            "APP_DEBUG": "false",
            "APP_URL": "https://v4.client1.test",
            "APP_KEY": APP_KEY,
            "APP_CIPHER": "AES-256-CBC",
            "DB_TYPE": "mysql",
            "LOG": "single",
        }
    )
    (app.path / "storage" / "version.txt").write_text("4.5.50")
    for path, content in v4_data.document_files(RECORDED_EXPORT).items():
        file = app.path / "storage" / "documents" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return app
