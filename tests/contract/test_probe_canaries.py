"""Secrets and personal data in a real database stay there: the probe with a real PHP and a real MariaDB.

What needs no database is in tests/unit/test_canaries.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from conftest import Database, DatabaseServer, PhpApp
from v5_standin import V5App, bare

from diagnostics import probe
from tests import canaries
from tests.canaries import Canaries


def user_with_odd_password(c: Canaries, database: Database) -> dict[str, str]:
    """An account of the database whose name and password are canaries, in .env's keys."""
    name, password = c.word("name of the database's user"), c.odd("password of the database")
    database.run(
        f"CREATE OR REPLACE USER {name}@localhost IDENTIFIED BY {canaries.sql(password)};"
        f"GRANT ALL ON {database.name}.* TO {name}@localhost;"
    )
    return {"DB_HOST": "localhost", "DB_DATABASE": database.name, "DB_USERNAME": name, "DB_PASSWORD": password}


@pytest.fixture
def planted(request, mariadb_server: DatabaseServer, tmp_path: Path) -> Iterator[tuple[Canaries, Path, Database]]:
    """An installed V4 or V5 full of canaries; the application can use its database."""
    c = Canaries()
    if request.param == "v4":
        app: PhpApp = request.getfixturevalue("v4")
        app.database.run(canaries.v4_database(c, str(app.path)))
        canaries.tree(c, app.path, "v4", **user_with_odd_password(c, app.database))
        yield c, app.path, app.database
        return
    with bare(mariadb_server, memory_limit="-1") as v5:
        yield from planted_v5(c, v5, cached="cache" in request.param)


def planted_v5(c: Canaries, v5: V5App, cached: bool) -> Iterator[tuple[Canaries, Path, Database]]:
    v5.install()
    v5.database.run(canaries.v5_database(c, str(v5.path)))
    settings = {**user_with_odd_password(c, v5.database), "DB_SOCKET": str(v5.database.socket)}
    if cached:
        canaries.cached_config(
            c,
            v5.path,
            user=settings["DB_USERNAME"],
            password=settings["DB_PASSWORD"],
            socket=settings["DB_SOCKET"],
            database=v5.database.name,
        )
        settings = {}  # .env is another one
    canaries.tree(c, v5.path, "v5", **settings)
    yield c, v5.path, v5.database


def probed(root: Path, database: Database, folder: Path, **options: str) -> tuple[bytes, bytes, canaries.Watch]:
    """What the probe printed, what it said, and what could be seen of it; PHP finds the private database."""
    folder.mkdir(exist_ok=True)
    # The probe lets PHP run as the web user, who must get to what is root's here.
    for path in (folder, *folder.parents, root, *root.parents, *database.socket.parents):
        if path.stat().st_mode & 0o055 != 0o055:
            path.chmod(path.stat().st_mode | 0o055)
    (root / ".env").chmod(0o644)
    before = canaries.files_below(root)
    (folder / "socket.ini").write_text(f"pdo_mysql.default_socket={database.socket}\n")
    script = probe.script(probe.Options(root=str(root), **options))
    with canaries.watching() as watch:
        done = subprocess.run(
            ["sh", "-s"],
            input=script.encode(),
            capture_output=True,
            cwd="/",
            env={**os.environ, "PHP_INI_SCAN_DIR": f":{folder}"},
            check=False,
        )
    assert canaries.files_below(root) == before, "the probe wrote"
    return done.stdout, done.stderr, watch


@pytest.mark.parametrize("planted", ["v4", "v5", "v5 with a cache"], indirect=True)
def test_nothing_that_was_planted_comes_out(planted, tmp_path):
    c, root, database = planted
    out, errors, watch = probed(root, database, tmp_path / "ini", salt="of the test")
    document = json.loads(out)
    assert probe.validate(document) == ""
    assert document.get("database", {}).get("reachable"), json.dumps(document["probe"])
    assert document["database"]["failed_jobs"]["latest"]
    assert document["database"]["jobs"]["count"] >= 1
    c.quiet(out, "the facts")
    c.quiet(errors, "standard error")
    assert watch.rounds > 3
    c.quiet(b"\n".join(watch.seen), "command lines and environments")


@pytest.mark.parametrize("planted", ["v4", "v5"], indirect=True)
def test_an_error_of_the_database_tells_no_password(planted, tmp_path):
    c, root, database = planted
    name = next(word for word, where in c.where.items() if where == "name of the database's user")
    database.run(f"ALTER USER {name}@localhost IDENTIFIED BY 'another'")
    out, errors, _ = probed(root, database, tmp_path / "ini")
    document = json.loads(out)
    assert document["database"]["error"]["code"] == "access-denied"
    c.quiet(out + errors, "the facts")


@pytest.mark.parametrize("planted", ["v5"], indirect=True)
def test_what_failed_is_still_known(planted, tmp_path):
    _, root, database = planted
    out, _, _ = probed(root, database, tmp_path / "ini")
    failed = json.loads(out)["database"]["failed_jobs"]
    assert failed["count"] == 4
    assert failed["by_kind"]["App\\Jobs\\Mail\\NinjaMailerJob"] == 1
    first = "\n".join(each["exception"] for each in failed["latest"])
    for kept in (
        "Illuminate\\Database\\QueryException: SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry",
        "clients_company_id_number_unique",
        "GuzzleHttp\\Exception\\ConnectException: cURL error 6: Could not resolve host",
        "Symfony\\Component\\Mailer\\Exception\\TransportException: Expected response code",
        "550",
    ):
        assert kept in first, f"'{kept}' was taken out"


@pytest.mark.parametrize("planted", ["v5"], indirect=True)
def test_a_name_has_the_same_pseudonym_in_every_document_of_a_client(planted, tmp_path):
    _, root, database = planted

    def names(salt: str) -> tuple[str, str]:
        out, _, _ = probed(root, database, tmp_path / "ini", salt=salt)
        company = json.loads(out)["database"]["companies"][0]
        return company["name"], company["key"]

    first = names("client one")
    assert first[0].startswith("<name:")
    assert first[1].startswith("<key:")
    assert names("client one") == first
    assert names("client two") != first
