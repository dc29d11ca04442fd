"""Fixtures and helpers for the contract tests of the V5 stand-in."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from conftest import RECORDINGS, STANDINS, Database, DatabaseServer, PhpApp, copy_app
from v5_http import Answer, request

V5 = RECORDINGS / "v5"
EMAIL = "owner@client1.test"
PASSWORD = "V5pass!23"
AJAX = {"X-Requested-With": "XMLHttpRequest"}
EXPORT = next((RECORDINGS / "export").glob("*.zip"))
COMPANY_KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
ENV = {
    "APP_NAME": "Invoice Ninja",
    "APP_ENV": "production",
    "APP_KEY": "base64:" + "QUJD" * 10 + "QUI=",
    "APP_URL": "https://v5.client1.test",
    "REQUIRE_HTTPS": "false",
    "QUEUE_CONNECTION": "database",
    "MAIL_MAILER": "log",
}


def recorded(name: str) -> str:
    """Return the text of a recording of V5."""
    return (V5 / name).read_text()


def recorded_answer(name: str) -> dict:
    """Return the `response` of a recorded HTTP call."""
    return json.loads(recorded(f"http/{name}.json"))["response"]


class V5App:
    """A V5 stand-in with its database, its web server and its log files."""

    def __init__(self, app: PhpApp, database: Database) -> None:
        self.app = app
        self.database = database
        self.env = {**ENV, **database.env, "DB_SOCKET": str(database.socket)}
        self.app.write_env(self.env)
        self.hash = ""

    @property
    def path(self) -> Path:
        """The directory of the installation."""
        return self.app.path

    def artisan(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run an artisan command; `env` is added to its environment."""
        return self.app.artisan(*arguments, env={"COLUMNS": "80", **env})

    def ok(self, *arguments: str, **env: str) -> str:
        """Run an artisan command that must succeed and return what it printed."""
        done = self.artisan(*arguments, **env)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def work(self, **env: str) -> str:
        """Let a worker empty the queue and return what it printed."""
        return self.ok("queue:work", "database", "--stop-when-empty", **env)

    def write_env(self, **values: str) -> None:
        """Write .env again, with these values over the usual ones."""
        self.app.write_env({**self.env, **values})

    def log(self, name: str = "laravel") -> str:
        """Return a log file's text; empty where there is none."""
        path = self.path / "storage" / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def plain(self, text: str) -> str:
        """Text with upstream's directory and database name, and without times, random ids and line numbers."""
        return dates(text.replace(str(self.path), "/var/www/invoiceninja").replace(self.database.name, "ninja5"))

    def clear_logs(self) -> None:
        """Remove the log files."""
        for path in (self.path / "storage" / "logs").glob("*.log"):
            path.unlink()

    def install(self) -> None:
        """Make the tables, the lookup rows and the first account."""
        self.ok("migrate", "--force")
        self.ok("db:seed", "--force")
        self.ok("ninja:create-account", f"--email={EMAIL}", f"--password={PASSWORD}")
        self.hash = self.database.value("SELECT password FROM users WHERE id = 1") or ""

    def reset(self) -> None:
        """Go back to the state after the installation: one company, one user, empty queue, no logs, no uploads."""
        self.database.run(
            "DELETE FROM companies WHERE id > 1; ALTER TABLE companies AUTO_INCREMENT = 2;"
            "DELETE FROM users WHERE id > 1; DELETE FROM jobs; DELETE FROM failed_jobs;"
            "ALTER TABLE jobs AUTO_INCREMENT = 1; ALTER TABLE failed_jobs AUTO_INCREMENT = 1;"
            "UPDATE users SET first_name = 'New', last_name = 'User', google_2fa_secret = NULL, ip = NULL;"
            "UPDATE accounts SET default_company_id = 1;"
            "UPDATE companies SET is_disabled = 0, is_large = 0;"
        )
        owner = f"email = '{EMAIL}', password = '{self.hash}', deleted_at = NULL"
        self.database.run(f"UPDATE users SET {owner} WHERE id = 1")
        self.app.write_env(self.env)
        self.clear_logs()
        for folder in ("public/storage", "storage/framework/cache/data"):
            subprocess.run(["rm", "-rf", str(self.path / folder)], check=True)
        (self.path / "storage/framework/cache/data").mkdir()
        for cached in (self.path / "bootstrap" / "cache").glob("*.php"):
            cached.unlink()

    def login(self, password: str = PASSWORD, **headers: str) -> Answer:
        """POST /api/v1/login?include=token."""
        body = {"email": EMAIL, "password": password}
        return request("POST", f"{self.app.url}/api/v1/login?include=token", {**AJAX, **headers}, json=body)

    def token(self, password: str = PASSWORD) -> str:
        """Log in and return the token of the first company."""
        answer = self.login(password)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"][0]["token"]["token"]

    def call(self, method: str, path: str, token: str, **arguments) -> Answer:
        """Call the API with a token."""
        headers = {**AJAX, "X-Api-Token": token, **arguments.pop("headers", {})}
        return request(method, f"{self.app.url}/api/v1/{path}", headers, **arguments)

    def start(self, token: str, archive: Path | bytes, key: str, force: bool = False, **fields: str) -> Answer:
        """POST /api/v1/migration/start with one company."""
        content = archive if isinstance(archive, bytes) else archive.read_bytes()
        part = json.dumps({"company_index": 0, "company_key": key, "force": force})
        files = {"0": (f"{key}-2026-11-23-invoiceninja.zip", content, "application/zip")}
        return self.call("POST", "migration/start", token, files=files, data={key: part, **fields})

    def companies(self) -> list[tuple[str, str, str]]:
        """Return (id, company_key, is_disabled) of every company."""
        rows = self.database.rows("SELECT id, company_key, is_disabled FROM companies ORDER BY id")
        return [(row["id"], row["company_key"], row["is_disabled"]) for row in rows]

    def jobs(self) -> list[str]:
        """Return the names of the queued jobs, oldest first."""
        return [
            json.loads(row["payload"])["displayName"]
            for row in self.database.rows("SELECT payload FROM jobs ORDER BY id")
        ]


@contextlib.contextmanager
def bare(server: DatabaseServer, **php_ini: str) -> Iterator[V5App]:
    """A stand-in whose .env is written and whose database is empty."""
    with tempfile.TemporaryDirectory(prefix="ninja-v5-") as folder:
        database = server.create("ninja", "utf8mb4")
        yield V5App(copy_app(STANDINS / "v5", Path(folder) / "app", database, **php_ini), database)


@pytest.fixture(scope="module")
def v5_server(mariadb_server: DatabaseServer) -> Iterator[V5App]:
    """An installed stand-in that is being served; shared by the tests of a module."""
    with bare(mariadb_server, upload_max_filesize="2M", post_max_size="8M", memory_limit="-1") as v5:
        v5.install()
        with v5.app.serve():
            yield v5


@pytest.fixture
def v5(v5_server: V5App) -> V5App:
    """The shared stand-in, as it was after its installation."""
    v5_server.reset()
    return v5_server


def dates(text: str) -> str:
    """Replace dates, times, durations, random ids and places, so that two runs can be compared."""
    text = re.sub(r"\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "DATE", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME", text)
    text = re.sub(r"seconds: [\d.E-]+", "seconds: N", text)
    text = re.sub(r"<[0-9a-f]{32}@", "<ID@", text)
    text = re.sub(r"(boundary=|--)[\w-]{8}(-{0,2})$", r"\1BOUNDARY\2", text, flags=re.MULTILINE)
    text = re.sub(r"X-Tag: \w{32}", "X-Tag: KEY", text)
    return re.sub(r"\.php(:| on line |\()\d+", r".php\1N", text)


def durations(text: str) -> str:
    """Replace how long things took, and the dots that give way to it."""
    return re.sub(r" ?\.* +(\d+h )?(\d+m )?[\d.,]+ ?(ms|s) ", " … TOOK ", text)


def run_as_is(command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command with additions to the environment, output and errors together."""
    return subprocess.run(
        command,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
