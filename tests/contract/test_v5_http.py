"""V5's API against the recorded answers: status, headers of use, bodies, and what is in the database afterwards."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import time

import pytest
from conftest import RECORDINGS
from v5_http import Answer, request
from v5_standin import AJAX, COMPANY_KEY, EMAIL, EXPORT, PASSWORD, V5App, recorded_answer, v5, v5_server

__all__ = ["v5", "v5_server"]

CASES = RECORDINGS / "export-cases"
HEADERS = ("X-Api-Version", "X-APP-VERSION", "X-MINIMUM-CLIENT-VERSION")
V4_PASSWORD_HASH = "$2y$10$by58Ey44YHbGW3qm/Ybwi.Gf3uiDFXCzXplJ1PHtaqaRseIIWAXka"


def same(answer: Answer, name: str, body: bool = True) -> None:
    """The answer has the recorded status and headers, and (where `body`) the recorded body."""
    wanted = recorded_answer(name)
    assert answer.status_code == wanted["status"], answer.text
    assert answer.headers["Content-Type"].lower() == wanted["headers"]["Content-Type"].lower()
    wanted_headers = {name.lower(): value for name, value in wanted["headers"].items()}
    for header in HEADERS:
        assert answer.headers.get(header) == wanted_headers.get(header.lower())
    if body:
        assert (answer.json() if isinstance(wanted["body"], dict) else answer.text) == wanted["body"]


def shape(recording: object, seen: object) -> None:
    """Every key of the recording is there, with a value of its type; ids, keys and times may differ."""
    assert type(recording) is type(seen)
    if isinstance(recording, dict):
        for key, value in recording.items():
            assert key in seen
            shape(value, seen[key])
    elif isinstance(recording, list) and recording:
        shape(recording[0], seen[0])


def accepted(answer: Answer, name: str, method: str = "database") -> None:
    """The answer to an upload that V5 did not look at closely."""
    same(answer, name, body=False)
    body = answer.json()
    assert list(body) == list(recorded_answer(name)["body"])
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", body["_id"])
    assert body["method"] == method
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", body["started_at"])


def test_ping_and_tokens(v5: V5App) -> None:
    """A token is wanted on every call of the API."""
    answer = v5.call("GET", "ping", v5.token())
    same(answer, "ping", body=False)
    assert answer.json() == {"company_name": "Untitled Company", "user_name": "New User"}
    same(v5.call("GET", "ping", "bogus"), "invalid-token")


def test_health_check(v5: V5App) -> None:
    """health_check has the recorded keys, and tells of failed jobs."""
    token = v5.token()
    v5.start(token, b"not a zip", "corruptkey0000000000000000000000")
    v5.work()
    answer = v5.call("GET", "health_check", token)
    same(answer, "health-check", body=False)
    wanted, body = recorded_answer("health-check")["body"], answer.json()
    shape(wanted, body)
    assert list(body) == list(wanted)
    for key in (
        "env_writable",
        "cache_enabled",
        "mail_mailer",
        "queue",
        "file_permissions",
        "api_version",
        "pending_migrations",
    ):
        assert body[key] == wanted[key]
    assert body["queue_data"]["failed"] == 1
    assert body["queue_data"]["last_error"].startswith("ValueError: Invalid or uninitialized Zip object in ")


def test_last_error(v5: V5App) -> None:
    """last_error is the last line of laravel.log that begins with a date."""
    token = v5.token()
    assert (
        v5.call(
            "POST", "migration/start", token, data={COMPANY_KEY: '{"company_index":0,"company_key":"x"}'}
        ).status_code
        == 500
    )
    assert (
        "production.ERROR: Call to a member function storeAs() on null"
        in v5.call("GET", "last_error", token).json()["last_error"]
    )


def test_unknown_routes(v5: V5App) -> None:
    """An unknown GET is the page of the application, with status 200; another method is not supported."""
    answer = request("GET", f"{v5.app.url}/api/v1/nope", {"User-Agent": "python-requests/2.34.2"})
    same(answer, "not-found")
    same(request("GET", f"{v5.app.url}/api/v1/migration/start", {"User-Agent": "python-requests/2.34.2"}), "not-found")
    answer = v5.call("POST", "nope", v5.token())
    assert (answer.status_code, answer.json()) == (404, {"message": "Method not supported for this route"})


def test_the_page_wants_https_where_told_so(v5: V5App) -> None:
    """Without REQUIRE_HTTPS=false the page (not the API) redirects, unless a trusted proxy vouches for HTTPS."""
    v5.write_env(REQUIRE_HTTPS="true", TRUSTED_PROXIES="*")
    answer = request("GET", f"{v5.app.url}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, v5.app.url.replace("http:", "https:") + "/")
    assert request("GET", f"{v5.app.url}/", {"X-Forwarded-Proto": "https"}).status_code == 200
    assert v5.login().status_code == 200


def test_login(v5: V5App) -> None:
    """A login has one entry with a token per company, and queues a job."""
    answer = v5.login()
    same(answer, "login-ok", body=False)
    wanted, body = recorded_answer("login-ok")["body"], answer.json()
    wanted["data"][0]["user"].update(first_name="", last_name="")
    shape(wanted, body)
    entry = body["data"][0]
    for part in ("token", "company", "user", "account"):
        assert entry[part]["id"] == wanted["data"][0][part]["id"]
    assert (entry["token"]["is_system"], entry["is_owner"]) == (True, True)
    assert v5.jobs() == ["App\\Listeners\\User\\UpdateUserLastLogin"]


def test_login_refusals(v5: V5App) -> None:
    """Missing fields, a wrong password, and after five of them the throttle, which refuses the right one too."""
    same(request("POST", f"{v5.app.url}/api/v1/login", AJAX, json={}), "login-missing-fields")
    assert request("POST", f"{v5.app.url}/api/v1/login", json={}).status_code == 302
    for _ in range(5):
        same(v5.login("nope"), "login-wrong-password")
    same(v5.login("nope"), "login-throttled")
    same(v5.login(), "login-throttled")
    assert v5.jobs() == []


def test_api_secret(v5: V5App) -> None:
    """The secret is checked on login only, and before the password."""
    v5.write_env(API_SECRET="s3cret")
    for headers in ({}, {"X-Api-Secret": "wrong"}):
        answer = v5.login("nope", **headers)
        assert (answer.status_code, answer.json()) == (403, {"message": "Invalid secret", "errors": {}})
    token = v5.login(**{"X-Api-Secret": "s3cret"}).json()["data"][0]["token"]["token"]
    assert v5.call("GET", "ping", token).status_code == 200


def one_time_password(secret: bytes) -> str:
    """Return the six digits of RFC 6238 for now."""
    digest = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[19] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def test_second_factor(v5: V5App) -> None:
    """With a second factor a login without its password is refused."""
    secret = b"twelve bytes"
    plain = base64.b32encode(secret).decode().rstrip("=")
    script = (
        "<?php require 'vendor/autoload.php'; $app = require 'bootstrap/app.php';"
        " $app->make('Illuminate\\Contracts\\Console\\Kernel')->bootstrap();"
        f" app()->db()->update('users', ['google_2fa_secret' => app()->encrypt('{plain}')], 1);"
    )
    subprocess.run(v5.app.php(), cwd=v5.path, input=script, text=True, check=True)
    answer = v5.login()
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid one time password"})
    body = {"email": EMAIL, "password": PASSWORD, "one_time_password": one_time_password(secret)}
    assert request("POST", f"{v5.app.url}/api/v1/login", AJAX, json=body).status_code == 200


def test_start(v5: V5App) -> None:
    """An accepted upload queues a job behind the login's, and makes a blank, disabled company; the zip is public."""
    accepted(v5.start(v5.token(), EXPORT, COMPANY_KEY), "migration-start-ok")
    recorded = (RECORDINGS / "v5" / "migration-start-ok.db.txt").read_text()
    assert v5.jobs() == [name.replace("\\\\", "\\") for name in re.findall(r"App\\\\\S+", recorded)]
    row = v5.database.rows("SELECT queue, attempts, reserved_at, payload FROM jobs ORDER BY id")[1]
    assert (row["queue"], row["attempts"], row["reserved_at"]) == ("default", "0", None)
    payload = json.loads(row["payload"])
    assert (payload["maxTries"], payload["timeout"]) == (1, 0)
    assert payload["data"]["commandName"] == "App\\Jobs\\Util\\StartMigration"
    companies = v5.companies()
    assert [(number, disabled) for number, _, disabled in companies] == [("1", "0"), ("2", "1")]
    assert re.fullmatch(r"[A-Za-z0-9]{32}", companies[1][1]) and companies[1][1] != COMPANY_KEY
    public = request("GET", f"{v5.app.url}/storage/migrations/{COMPANY_KEY}-2026-11-23-invoiceninja.zip")
    assert (public.status_code, public.content) == (200, EXPORT.read_bytes())


def test_start_without_a_file(v5: V5App) -> None:
    """HTTP 500, an error in the log, and a blank company."""
    part = {COMPANY_KEY: json.dumps({"company_index": 0, "company_key": COMPANY_KEY, "force": False})}
    same(v5.call("POST", "migration/start", v5.token(), data=part), "migration-start-no-file")
    assert len(v5.companies()) == 2
    first = v5.log().split("\n")[0]
    wanted = (RECORDINGS / "v5" / "no-file.production.laravel.log").read_text().split("\n")[0]
    assert v5.plain(first) == v5.plain(wanted)


def test_start_with_a_broken_zip(v5: V5App) -> None:
    """Accepted; the job dies of a ValueError, in the log and in failed_jobs."""
    accepted(v5.start(v5.token(), b"0123456789", "corruptkey0000000000000000000000"), "migration-start-corrupt-zip")
    v5.work()
    assert len(v5.companies()) == 2
    head = v5.database.value("SELECT exception FROM failed_jobs").split("\n")
    assert (
        v5.plain(head[0])
        == "ValueError: Invalid or uninitialized Zip object in /var/www/invoiceninja/app/Jobs/Util/StartMigration.php:N"
    )
    assert v5.plain(head[2]).endswith("StartMigration.php(N): ZipArchive->extractTo()")


def test_start_over_upload_max_filesize(v5: V5App) -> None:
    """PHP drops the file: 200 all the same, an empty zip, and a job that dies."""
    key = "bigkey00000000000000000000000000"
    accepted(v5.start(v5.token(), b"x" * (3 << 20), key), "migration-start-over-upload_max_filesize")
    assert (v5.path / f"public/storage/migrations/{key}-2026-11-23-invoiceninja.zip").stat().st_size == 0
    v5.work()
    first = v5.plain(v5.log().split("\n")[0])
    wanted = (RECORDINGS / "v5" / "over-upload_max_filesize.production.laravel.log").read_text().split("\n")[0]
    assert first == v5.plain(wanted)


def test_start_over_post_max_size(v5: V5App) -> None:
    """413 with an empty message; nothing is made, nothing is logged."""
    answer = v5.start(v5.token(), b"x" * (9 << 20), "hugekey0000000000000000000000000")
    same(answer, "migration-start-over-post_max_size")
    assert len(v5.companies()) == 1
    assert v5.log() == (RECORDINGS / "v5" / "over-post_max_size.production.laravel.log").read_text()


def test_start_with_an_empty_body(v5: V5App) -> None:
    """200 with the usual JSON, and nothing happens."""
    accepted(v5.call("POST", "migration/start", v5.token(), data={"x": "1"}), "migration-start-ok")
    assert len(v5.companies()) == 1


def test_start_for_an_existing_company(v5: V5App) -> None:
    """Without force nothing happens but a mail; with force the company is gone before the upload is stored."""
    token = v5.token()
    v5.start(token, CASES / "baseline.zip", COMPANY_KEY)
    v5.work()
    v5.clear_logs()
    accepted(v5.start(token, EXPORT, COMPANY_KEY, silent_migration="1"), "migration-start-existing-no-force")
    assert (v5.jobs(), v5.log()) == ([], "")
    v5.start(token, EXPORT, COMPANY_KEY)
    assert v5.jobs() == ["App\\Jobs\\Mail\\NinjaMailerJob"]
    v5.work()
    wanted = (RECORDINGS / "v5" / "existing-no-force.production.laravel.log").read_text().split("<the HTML")[0]
    assert v5.plain(v5.log()).startswith(v5.plain(wanted).rsplit("--BOUNDARY", 1)[0])
    assert v5.database.value("SELECT COUNT(*) FROM invoices") == "12"
    accepted(v5.start(token, b"no zip", COMPANY_KEY, force=True), "migration-start-force")
    assert v5.database.value("SELECT COUNT(*) FROM invoices") == "0"
    assert [key == COMPANY_KEY for _, key, _ in v5.companies()] == [False, False]


def test_start_with_ten_companies(v5: V5App) -> None:
    """200 with an empty body; a known company may still be forced."""
    token = v5.token()
    v5.start(token, EXPORT, COMPANY_KEY)
    v5.database.run(f"UPDATE companies SET company_key = '{COMPANY_KEY}' WHERE id = 2")
    for number in range(8):
        v5.start(token, b"x", f"max{number:029d}")
    assert len(v5.companies()) == 10
    same(
        v5.start(token, b"x", "max020000000000000000000000000000", silent_migration="1"),
        "migration-start-max-companies",
    )
    assert len(v5.companies()) == 10
    accepted(v5.start(token, EXPORT, COMPANY_KEY, force=True), "migration-start-force")
    answer = v5.call("GET", "companies", token)
    same(answer, "companies", body=False)
    shape(recorded_answer("companies")["body"], answer.json())
    assert len(answer.json()["data"]) == 10


def test_purge(v5: V5App) -> None:
    """A purge wants the password, unless the user logged in moments ago."""
    token = v5.token()
    v5.start(token, b"x", "purgekey000000000000000000000000")
    number = v5.call("GET", "companies", token).json()["data"][1]["id"]
    same(
        v5.call("POST", f"migration/purge/{number}", token, headers={"X-API-PASSWORD": "nope"}), "purge-wrong-password"
    )
    same(v5.call("POST", f"migration/purge/{number}", token), "purge-recent-login")
    same(
        v5.call("POST", f"migration/purge/{number}", token, headers={"X-API-PASSWORD": PASSWORD}), "purge-already-gone"
    )
    assert len(v5.companies()) == 1


def test_a_token_changes_only_its_company(v5: V5App) -> None:
    """Activating needs the token of the migrated company; the others are refused with 401."""
    token = v5.token()
    v5.start(token, EXPORT, COMPANY_KEY, silent_migration="1")
    v5.work()
    assert v5.companies()[1] == ("2", COMPANY_KEY, "1")
    assert v5.login().status_code == 401, "the password is V4's now"
    assert v5.database.value("SELECT password FROM users WHERE id = 1") == V4_PASSWORD_HASH
    entries = v5.login("V4pass!23").json()["data"]
    entry = next(entry for entry in entries if entry["company"]["company_key"] == COMPANY_KEY)
    path = f"companies/{entry['company']['id']}"
    answer = v5.call("PUT", path, token, json={"is_disabled": False})
    assert (answer.status_code, answer.json()) == (401, {"message": "This action is unauthorized."})
    answer = v5.call("PUT", path, entry["token"]["token"], json={"is_disabled": False})
    assert (answer.status_code, answer.json()["data"]["is_disabled"]) == (200, False)
    assert v5.companies()[1] == ("2", COMPANY_KEY, "0")


@pytest.mark.parametrize("entity", ["invoices", "quotes"])
def test_attachments(v5: V5App, entity: str) -> None:
    """A lost attachment can be put back: find the record by its number, upload as PUT, list and download."""
    v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
    v5.work()
    number = v5.database.value(f"SELECT number FROM {entity} ORDER BY id LIMIT 1")
    entries = v5.login("V4pass!23").json()["data"]
    token = next(e["token"]["token"] for e in entries if e["company"]["company_key"] == COMPANY_KEY)
    (found,) = v5.call("GET", f"{entity}?number={number}", token).json()["data"]
    assert found["number"] == number
    files = {"documents[]": ("note é.txt", "attached ✓".encode(), "text/plain")}
    refused = v5.call("POST", f"{entity}/{found['id']}/upload", token, files=files)
    assert (refused.status_code, refused.json()) == (404, {"message": "Method not supported for this route"})
    answer = v5.call("POST", f"{entity}/{found['id']}/upload", token, files=files, data={"_method": "PUT"})
    assert answer.status_code == 200, answer.text
    (document,) = v5.call("GET", "documents", token).json()["data"]
    assert (document["name"], document["type"], document["size"]) == ("note é.txt", "txt", len("attached ✓".encode()))
    assert document["url"].endswith(f"/api/v1/documents/{document['id']}/download")
    assert document["link"] == f"/{entity}/{found['id']}/edit"
    assert answer.json()["data"]["documents"] == [document], "a record carries its documents"
    content = v5.call("GET", f"documents/{document['id']}/download", token)
    assert content.content == "attached ✓".encode()
    assert content.headers["Content-Type"].lower() == "text/html; charset=utf-8"
    assert v5.call("GET", f"documents/{document['id']}", v5.token("V4pass!23")).status_code == 400, "of another company"

    def upload(name: str, content: bytes, entity: str = entity, number: str = found["id"]) -> Answer:
        files = {"documents[]": (name, content, "application/octet-stream")}
        return v5.call("POST", f"{entity}/{number}/upload", token, files=files, data={"_method": "PUT"})

    page = upload("note.pdf", b"<!DOCTYPE html><html><head><title>Login</title></head></html>")
    assert page.status_code == 422, "a file's type is what it holds"
    assert page.json()["message"] == "The given data was invalid."
    assert page.json()["errors"]["documents.0"][0].startswith("The documents.0 must be a file of type: png, ai, jpeg,")
    assert upload("a/b\\c.txt", b"text").json()["data"]["documents"][1]["name"] == "c.txt", "only the last part stays"
    own = next(e["company"]["id"] for e in entries if e["company"]["company_key"] == COMPANY_KEY)
    assert upload("terms.txt", b"terms", "companies", own).json()["data"]["documents"][0]["name"] == "terms.txt"
    company = v5.call("GET", f"companies/{own}", token).json()["data"]
    v5.call("DELETE", f"documents/{company['documents'][0]['id']}", token)
    (again,) = v5.call("GET", f"{entity}?number={number}", token).json()["data"]
    assert [one["name"] for one in again["documents"]] == ["note é.txt", "c.txt"]
    assert v5.call("DELETE", f"documents/{document['id']}", token).status_code == 200
    assert v5.call("GET", f"documents/{document['id']}/download", token).status_code == 400
    assert [one["name"] for one in v5.call("GET", "documents", token).json()["data"]] == ["c.txt"]
