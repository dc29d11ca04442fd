"""The V5 client against recorded answers of a real V5, served over real sockets."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from local_servers import as_json, recorded, replay, serve

from migration.errors import MigrationError
from migration.v5_api import V5Client

KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
TOKEN = recorded("login-ok")["body"]["data"][0]["token"]["token"]
ROOT = Path(__file__).parents[2]


class V5:
    """Answers a login with ``login`` (a reply or a list of them, in order), everything else with ``rest``."""

    def __init__(self, login=None, rest=None):
        self.logins = list(login) if isinstance(login, list) else [login or replay("login-ok")] * 9
        self.rest = rest
        self.bodies = []

    def __call__(self, handler):
        body = handler.read_body()
        self.bodies.append(body)
        if handler.path.startswith("/api/v1/login"):
            return self.logins.pop(0)
        return self.rest


def client_of(server, **options) -> V5Client:
    return V5Client(f"http://127.0.0.1:{server.port}", **options)


def login_fails(reply, **options) -> MigrationError:
    with serve(V5(reply)) as server, pytest.raises(MigrationError) as caught:
        client_of(server, **options).login("owner@client1.test", ["wrong"])
    return caught.value


def start_fails(reply, tmp_path) -> MigrationError:
    archive = tmp_path / f"{KEY}-2026-11-23-invoiceninja.zip"
    archive.write_bytes(b"zip" * 1000)
    with serve(V5(rest=reply)) as server, pytest.raises(MigrationError) as caught:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        client.start_migration(archive, KEY, force=False)
    assert TOKEN not in str(caught.value)
    return caught.value


def company(key: str, name: str = "", disabled: bool = True) -> dict:
    entry = json.loads(json.dumps(recorded("login-ok")["body"]["data"][0]))
    entry["company"].update(company_key=key, is_disabled=disabled, settings={"name": name}, id=f"id{key[:6]}")
    entry["token"]["token"] = f"token-of-{key}"
    return entry


def test_login_gives_the_companies_and_hides_the_token():
    with serve(V5()) as server:
        client = client_of(server, api_secret="the secret")
        assert client.login("owner@client1.test", ["V4pass!23"]) == 0
        method, path, headers = server.seen[0]
    assert (method, path.split("?")[0]) == ("POST", "/api/v1/login")
    assert "include=token" in path
    assert headers["X-Requested-With"] == "XMLHttpRequest"
    assert headers["X-Api-Secret"] == "the secret"
    assert client.app_version == "5.10.17"
    assert client.companies[0].as_dict() == {
        "id": "VolejRejNm",
        "company_key": "CCR2scd5D8NO4gYBZyrip0nZK3p3vyKP",
        "name": "",
        "is_disabled": False,
    }
    shown = repr(client) + str(client) + repr(client.companies) + str(client.companies[0].as_dict())
    assert TOKEN not in shown
    assert "the secret" not in shown


def test_the_second_password_is_tried_after_the_first_was_wrong():
    with serve(V5([replay("login-wrong-password"), replay("login-ok")])) as server:
        assert client_of(server).login("owner@client1.test", ["new", "old"]) == 1
        assert len(server.seen) == 2


def test_an_empty_password_is_left_out():
    with serve(V5()) as server:
        assert client_of(server).login("owner@client1.test", ["", "old"]) == 1
        assert len(server.seen) == 1


def test_no_more_than_two_passwords_are_tried_and_other_failures_end_it():
    with serve(V5([replay("login-wrong-password")] * 3)) as server:
        with pytest.raises(MigrationError):
            client_of(server).login("owner@client1.test", ["a", "b", "c"])
        assert len(server.seen) == 2
    with serve(V5([replay("login-throttled")] * 2)) as server:
        with pytest.raises(MigrationError):
            client_of(server).login("owner@client1.test", ["a", "b"])
        assert len(server.seen) == 1


def test_a_login_answer_of_several_megabytes_is_read():
    entries = [company(f"key{number}") for number in range(10)]
    for entry in entries:
        entry["company"]["clients"] = [{"name": "x" * 360_000}]
    with serve(V5(as_json(200, {"data": entries, "static": {}}))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
    assert len(client.companies) == 10


@pytest.mark.parametrize(
    ("reply", "id", "says"),
    [
        (replay("login-wrong-password"), "auth-401-credentials", "does not accept"),
        (replay("login-throttled"), "login-throttled", "blocks logins"),
        (as_json(429, {"message": "Too Many Attempts."}), "login-throttled", "blocks logins"),
        (as_json(401, {"message": "Invalid one time password"}), "v5-2fa-enabled", "two-factor"),
        (as_json(403, {"message": "Invalid secret", "errors": {}}), "auth-403-invalid-secret", "none was given"),
        (
            as_json(400, {"message": "User found, but not attached to any companies, please see your administrator"}),
            "user-without-company",
            "no company",
        ),
        (as_json(200, {"data": []}), "user-without-company", "no company"),
        (replay("login-missing-fields"), "v5-login-refused", "The given data was invalid"),
        (
            (301, [("Location", "https://v5.test/api/v1/login?include=token")], b""),
            "auth-redirect-http-https",
            "https://v5.test ",
        ),
        (replay("not-found"), "auth-non-json-200", "Invoice Ninja"),
        (as_json(200, ["x"]), "auth-non-json-200", "not V5's address"),
        (as_json(500, {"message": "Server Error"}), "v5-server-error", "Server Error"),
        (
            (502, [("Content-Type", "text/html")], b"<title>502 Bad Gateway</title>"),
            "v5-php-down",
            "does not reach PHP",
        ),
        ((503, [], b""), "v5-maintenance-mode", "maintenance"),
        (
            (
                403,
                [("Content-Type", "application/json"), ("X-Ninja-Version", "4.5.50")],
                b'{"message": "Invalid secret"}',
            ),
            "v5-url-is-v4",
            "V4 (4.5.50)",
        ),
    ],
)
def test_each_refused_login_has_its_cause(reply, id, says):
    error = login_fails(reply)
    assert error.id == id
    assert says in str(error)
    assert "Mend it with: `" in str(error)
    assert "wrong" not in error.remedy


def test_a_wrong_secret_differs_from_a_missing_one():
    error = login_fails(as_json(403, {"message": "Invalid secret"}), api_secret="hush")
    assert "the one given" in str(error)
    assert "hush" not in str(error)


def test_an_email_with_a_quote_stays_inside_the_remedy():
    with serve(V5(as_json(401, {"message": "Invalid one time password"}))) as server, pytest.raises(
        MigrationError
    ) as caught:
        client_of(server).login("o'$(id)@x.test", ["p"])
    words = shlex.split(caught.value.remedy)
    assert (
        words[-1]
        == "--execute=App\\Models\\User::where('email', 'o\\'$(id)@x.test')->update(['google_2fa_secret' => null]);"
    )


def test_the_upload_has_the_recorded_parts(tmp_path):
    archive = tmp_path / f"{KEY}-2026-11-23-invoiceninja.zip"
    archive.write_bytes(os.urandom(200_000))
    v5 = V5(rest=replay("migration-start-ok"))
    with serve(v5) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        answer = client.start_migration(archive, KEY, force=False)
        headers = server.seen[1][2]
    assert (answer.status, answer.body_empty, answer.queue) == (200, False, "database")
    assert answer.started_at == "2026-11-23T17:36:35.989149Z"
    assert answer.bytes == int(headers["Content-Length"]) == len(v5.bodies[1])
    assert headers["X-Api-Token"] == TOKEN
    assert headers["X-Requested-With"] == "XMLHttpRequest"
    assert "Expect" not in headers
    message = message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + v5.bodies[1])
    parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
    assert list(parts) == ["0", KEY, "silent_migration"]
    assert parts["0"].get_filename() == archive.name
    assert parts["0"].get_content_type() == "application/zip"
    assert parts["0"].get_payload(decode=True) == archive.read_bytes()
    assert json.loads(parts[KEY].get_payload()) == {"company_index": 0, "company_key": KEY, "force": False}
    assert parts["silent_migration"].get_payload() == "1"


@pytest.mark.parametrize(
    ("reply", "id"),
    [
        (replay("migration-start-over-post_max_size"), "upload-post-max-size"),
        ((413, [("Content-Type", "text/html")], b"<html>413</html>"), "upload-too-large-nginx"),
        (replay("migration-start-max-companies"), "max-companies"),
        (replay("migration-start-no-file"), "upload-server-error"),
        ((502, [], b""), "v5-php-down"),
        (replay("invalid-token"), "upload-token-lost"),
        (as_json(404, {"message": "404 | Nothing to see here!"}), "start-404-redirected-post"),
        ((302, [("Location", "https://elsewhere.test/")], b""), "auth-redirect-http-https"),
        (replay("not-found"), "auth-non-json-200"),
    ],
)
def test_each_refused_upload_has_its_cause(reply, id, tmp_path):
    error = start_fails(reply, tmp_path)
    assert error.id == id
    assert "Mend it with: `" in str(error)


def test_a_gateway_timeout_leaves_open_what_happened(tmp_path):
    archive = tmp_path / "export.zip"
    archive.write_bytes(b"zip")
    with serve(V5(rest=(504, [], b"<html>504</html>"))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        answer = client.start_migration(archive, KEY, force=False)
    assert (answer.status, answer.outcome) == (504, "unknown")


def test_an_upload_whose_answer_never_came_is_unknown_and_one_that_broke_off_is_refused(tmp_path):
    archive = tmp_path / f"{KEY}-2026-11-23-invoiceninja.zip"
    archive.write_bytes(b"zip" * 1000)
    with serve(V5(rest=None)) as server:  # it reads the whole request and hangs up
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        answer = client.start_migration(archive, KEY, force=False)
    assert (answer.status, answer.outcome, answer.bytes) == (0, "unknown", answer.bytes)
    assert answer.bytes > archive.stat().st_size
    archive.write_bytes(b"zip" * 20_000_000)  # more than the network holds

    class Broken(V5):
        def __call__(self, handler):
            if handler.path.startswith("/api/v1/login"):
                return super().__call__(handler)
            handler.rfile.read(1000)
            return None

    with serve(Broken()) as server, pytest.raises(MigrationError) as caught:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        client.start_migration(archive, KEY, force=False)
    assert caught.value.id == "connection-closed"


def test_a_missing_archive_and_a_strange_key_are_named(tmp_path):
    with serve(V5()) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        with pytest.raises(MigrationError) as missing:
            client.start_migration(tmp_path / "none.zip", KEY, force=False)
        with pytest.raises(MigrationError) as strange:
            client.start_migration(tmp_path / "none.zip", 'x"; name="0', force=False)
    assert (missing.value.id, strange.value.id) == ("archive-unreadable", "company-key-invalid")


@pytest.mark.parametrize(
    ("keys", "force", "id"),
    [
        ([KEY], False, "existing-company-no-force"),
        ([KEY], True, None),
        ([f"blank{number}" for number in range(9)], False, None),
        ([f"blank{number}" for number in range(10)], False, "max-companies"),
        ([KEY] + [f"blank{number}" for number in range(9)], True, None),
        ([KEY] + [f"blank{number}" for number in range(10)], True, "max-companies"),
    ],
)
def test_what_v5_would_ignore_is_known_before_the_upload(keys, force, id):
    with serve(V5(as_json(200, {"data": [company(key, "Acme & Co") for key in keys]}))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
    if id is None:
        client.check_room(KEY, force)
        return
    with pytest.raises(MigrationError) as caught:
        client.check_room(KEY, force)
    assert caught.value.id == id
    if id == "existing-company-no-force":
        assert caught.value.report("client1")["remedy"] == "./cli.py migrate client1 --force 'Acme & Co'"


def test_a_company_is_changed_with_its_own_token():
    both = as_json(200, {"data": [company("first"), company(KEY)]})
    with serve(V5(both, as_json(200, {"data": {}}))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        client.update_company(client.company(KEY), {"is_disabled": False})
        method, path, headers = server.seen[1]
    assert (method, path) == ("PUT", "/api/v1/companies/id9nrwev")
    assert headers["X-Api-Token"] == f"token-of-{KEY}"


@pytest.mark.parametrize(
    ("recording", "id"),
    [("purge-recent-login", None), ("purge-already-gone", None), ("purge-wrong-password", "purge-wrong-password")],
)
def test_purging(recording, id):
    with serve(V5(rest=replay(recording))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        if id is None:
            client.purge(client.companies[0])
        else:
            with pytest.raises(MigrationError) as caught:
                client.purge(client.companies[0])
            assert caught.value.id == id
            assert "V4pass" not in str(caught.value)
        assert server.seen[1][1] == "/api/v1/migration/purge/VolejRejNm"
        assert server.seen[1][2]["X-Api-Password"] == "V4pass!23"


def test_only_blank_companies_are_purged_with_a_token_that_outlives_them():
    entries = [company("blank1"), company(KEY), company("blank2"), company("on", disabled=False)]
    with serve(V5(as_json(200, {"data": entries}), replay("purge-recent-login"))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        assert client.purge_blank(["blank1", "gone", "blank2"], dry_run=True) == ["blank1", "blank2"]
        assert len(server.seen) == 1
        assert client.purge_blank(["blank1", "gone", "blank2"]) == ["blank1", "blank2"]
        purges = [(path, headers["X-Api-Token"]) for _, path, headers in server.seen[1:]]
        with pytest.raises(MigrationError) as switched_on:
            client.purge_blank([KEY, "on"])
        assert len(server.seen) == 3
    assert purges == [
        ("/api/v1/migration/purge/idblank1", f"token-of-{KEY}"),
        ("/api/v1/migration/purge/idblank2", f"token-of-{KEY}"),
    ]
    assert switched_on.value.id == "company-not-blank"
    assert [one.company_key for one in client.companies] == [KEY, "on"]


def test_the_last_company_is_never_purged():
    with serve(V5(as_json(200, {"data": [company("a"), company("b")]}))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        with pytest.raises(MigrationError):
            client.purge_blank(["a", "b"])
        assert len(server.seen) == 1


def test_get_returns_json_and_names_what_is_refused():
    with serve(V5(rest=replay("ping"))) as server:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        assert client.get("ping") == {"company_name": "Untitled Company", "user_name": "Kale Roberts"}
    with serve(V5(rest=replay("invalid-token"))) as server, pytest.raises(MigrationError) as caught:
        client = client_of(server)
        client.login("owner@client1.test", ["V4pass!23"])
        client.get("ping")
    assert caught.value.id == "v5-not-allowed"


UPLOADER = """
import resource, sys
from pathlib import Path
from migration.v5_api import V5Client
client = V5Client(sys.argv[1])
client.login("owner@client1.test", ["p"])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
answer = client.start_migration(Path(sys.argv[2]), "abc", force=False)
print(answer.bytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_an_upload_needs_the_same_memory_whatever_the_size(tmp_path):
    archive = tmp_path / "abc-2026-11-23-invoiceninja.zip"
    size = 200 * 1024 * 1024
    with archive.open("wb") as stream:
        stream.truncate(size)

    def swallow(handler):
        left = int(handler.headers["Content-Length"])
        if handler.path.startswith("/api/v1/login"):
            handler.rfile.read(left)
            return replay("login-ok")
        while left:
            left -= len(handler.rfile.read(min(left, 1 << 20)))
        return replay("migration-start-ok")

    with serve(swallow) as server:
        done = subprocess.run(
            [sys.executable, "-c", UPLOADER, f"http://127.0.0.1:{server.port}", str(archive)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    sent, kib = map(int, done.stdout.split())
    assert sent > size
    assert kib < 8 * 1024
