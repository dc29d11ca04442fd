"""V4's migration wizard, walked against a V5 that records what it is sent."""

from __future__ import annotations

import datetime
import json
import re
import ssl
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Iterator

import pytest
from conftest import OWNER, PASSWORD, PhpApp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from v4_browser import Browser, Page
from v4_fake_v5 import LOGIN, START, FakeV5, fake_v5

KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
STARTED = "Migration has started. We'll update you with status, on your company e-mail."


@pytest.fixture
def v5() -> Iterator[FakeV5]:
    """A recording V5 over plain HTTP."""
    with fake_v5() as fake:
        yield fake


@pytest.fixture
def browser(v4: PhpApp) -> Iterator[Browser]:
    """The owner, logged in to V4."""
    with v4.serve() as url:
        browser = Browser(url)
        browser.login(OWNER, PASSWORD)
        yield browser


def choose(browser: Browser, endpoint: str = "") -> None:
    """Choose the self-hosted V5 and, if it is given, its address."""
    assert browser.submit("/migration/type", {"option": "1"}, page="/migration/start").location == "/migration/endpoint"
    if endpoint:
        assert browser.submit("/migration/endpoint", {"endpoint": endpoint + "/"}).location == "/migration/auth"


def authenticate(browser: Browser, endpoint: str, email: str = OWNER, **form: str) -> Page:
    """Walk the wizard up to and including the login to V5."""
    choose(browser, endpoint)
    return browser.submit("/migration/auth", {"email": email, "password": "v5 password", **form})


def migrate(browser: Browser, **form: str) -> Page:
    """Choose the company and send it."""
    return browser.submit("/migration/companies", {f"companies[{KEY}][id]": KEY, **form})


def errors(app: PhpApp) -> str:
    """What is in V4's error log."""
    return (app.path / "storage/logs/laravel-error.log").read_text()


def last_info(app: PhpApp) -> str:
    """The last line of V4's information log, without its time."""
    return (app.path / "storage/logs/laravel-info.log").read_text().splitlines()[-1].partition("] ")[2]


def test_the_whole_walk(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    assert authenticate(browser, v5.url, api_secret="v5 secret").location == "/migration/companies"
    (login,) = v5.seen
    assert (login.method, login.path) == ("POST", LOGIN)
    assert json.loads(login.body) == {"email": OWNER, "password": "v5 password"}
    assert login.headers["x-requested-with"] == "XMLHttpRequest"
    assert login.headers["x-api-secret"] == "v5 secret"
    assert login.headers["user-agent"].startswith("GuzzleHttp/6.5")

    fields = browser.get("/migration/companies").fields
    assert fields == ["_token", "account_key", f"companies[{KEY}][id]", f"companies[{KEY}][force]"]
    page = migrate(browser)
    assert (page.status, STARTED in page.text) == (200, True)

    start = v5.seen[1]
    assert (start.method, start.path, start.headers["x-api-token"]) == ("POST", START, "v5-token")
    assert "x-api-secret" not in start.headers, "V4 looks for the secret under another name than it kept it"
    (archive, payload) = start.parts
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert archive[:3] == ("0", f"{KEY}-{today}-invoiceninja.zip", "application/zip")
    assert payload[:2] == (KEY, None)
    sent = {"company_index": 0, "company_key": KEY, "force": False, "contents": "name", "name": 0}
    assert json.loads(payload[3]) == sent
    content = json.loads(zipfile.ZipFile(BytesIO(archive[3])).read("migration.json"))
    assert list(content) == ["data", "force"]
    assert content["force"] is False
    assert content["data"]["documents"][0]["url"] == f"{browser.root}/api/v1/documents/1", "the address of the request"
    assert (v4.path / "storage/app/migrations" / str(archive[1])).is_file(), "V4 leaves its archive behind"


def test_force_is_sent(v5: FakeV5, browser: Browser) -> None:
    authenticate(browser, v5.url)
    migrate(browser, **{f"companies[{KEY}][force]": "1"})
    assert json.loads(v5.seen[1].parts[1][3])["force"] is True


def test_several_companies_go_in_one_request(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    v4.database.run(
        "CREATE TEMPORARY TABLE a AS SELECT * FROM accounts; UPDATE a SET id = 2, account_key = 'second';"
        "INSERT INTO accounts SELECT * FROM a;"
        "CREATE TEMPORARY TABLE s AS SELECT * FROM account_email_settings; UPDATE s SET id = 2, account_id = 2;"
        "INSERT INTO account_email_settings SELECT * FROM s;"
        "INSERT INTO users (id, account_id, username, email, password, permissions) "
        "VALUES (2, 2, 'two', 'two@client1.test', 'x', '');"
        "INSERT INTO user_accounts (user_id1, user_id2) VALUES (1, 2)"
    )
    browser.get("/logout")
    browser.login(OWNER, PASSWORD)
    authenticate(browser, v5.url)
    assert "companies[second][id]" in browser.get("/migration/companies").fields
    migrate(browser, **{"companies[second][id]": "second"})
    assert [part[0] for part in v5.seen[1].parts] == ["0", "1", KEY, "second"]


@pytest.mark.parametrize("answer", [b"", b'{"_id":"1"}'])
def test_any_200_is_taken_for_a_start(v5: FakeV5, browser: Browser, answer: bytes) -> None:
    v5.answer(START, 200, answer)
    authenticate(browser, v5.url)
    assert STARTED in migrate(browser).text


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [(413, "Client", "Request Entity Too Large"), (500, "Server", "Internal Server Error")],
)
def test_a_refused_upload_is_shown_and_logged(
    v4: PhpApp, v5: FakeV5, browser: Browser, status: int, kind: str, reason: str
) -> None:
    v5.answer(START, status, {"message": "x" * 200})
    authenticate(browser, v5.url)
    page = migrate(browser)
    start = f"{kind} error: `POST {v5.url}{START}` resulted in a `{status} {reason}` response:"
    assert page.status == 200
    assert f'{start}\n{{"message": "{"x" * 107} (truncated...)' in page.text
    assert last_info(v4).startswith(f"production.INFO: {start} ")


def test_the_upload_follows_a_redirect_as_a_get(v5: FakeV5, browser: Browser) -> None:
    v5.answer(START, 301, b"", Location=f"{v5.url}/elsewhere")
    authenticate(browser, v5.url)
    page = migrate(browser)
    assert (v5.seen[-1].method, v5.seen[-1].path, v5.seen[-1].body) == ("GET", "/elsewhere", b"")
    assert f"Client error: `GET {v5.url}/elsewhere` resulted in a `404 Not Found` response" in page.text


@pytest.mark.parametrize(
    ("status", "message"), [(401, "These credentials do not match our records"), (403, "Invalid secret")]
)
def test_refused_credentials_are_a_bare_500(
    v4: PhpApp, v5: FakeV5, browser: Browser, status: int, message: str
) -> None:
    v5.answer(LOGIN, status, {"message": message})
    page = authenticate(browser, v5.url)
    assert (page.status, "Server Error" in page.text) == (500, True)
    assert f"***GuzzleHttp\\Exception\\ClientException*** [{status}] : " in (log := errors(v4))
    assert f"=> Client error: `POST {v5.url}{LOGIN}` resulted in a `{status} " in log
    assert message in log
    assert '"url":"migration/auth"' in log


def test_another_email_is_refused_before_v5_is_asked(v5: FakeV5, browser: Browser) -> None:
    page = authenticate(browser, v5.url, email=OWNER.capitalize())
    assert (page.status, page.location) == (302, "/migration/auth")
    assert "Cross account migration is not allowed." in browser.get("/migration/auth").text
    assert v5.seen == []


def test_a_redirecting_v5(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    v5.answer(LOGIN, 301, b"<html></html>", Location=f"{v5.url}/other")
    page = authenticate(browser, v5.url)
    assert (page.status, page.location) == (302, "/migration/auth")
    assert "Oops, something went wrong!" in browser.get("/migration/auth").text
    assert last_info(v4) == "production.INFO:  [] []"
    assert len(v5.seen) == 1, "the redirect is not followed"


def test_an_answer_that_is_no_json(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    v5.answer(LOGIN, 200, b"<html>hello</html>")
    assert authenticate(browser, v5.url).status == 500
    assert "=> Trying to access array offset on value of type null" in errors(v4)


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server context with a certificate that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2099)
    )
    certificate = made.sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (directory / "key.pem").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    (directory / "cert.pem").write_bytes(certificate.public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


def test_a_certificate_that_nobody_signed(v4: PhpApp, browser: Browser, tmp_path: Path) -> None:
    with fake_v5(self_signed(tmp_path)) as v5:
        assert authenticate(browser, v5.url).status == 500
        assert v5.seen == []
    assert "***GuzzleHttp\\Exception\\RequestException*** [0] : " in (log := errors(v4))
    assert re.search("=> cURL error 60: SSL certificate problem: self[- ]signed certificate", log)


def test_a_v5_that_is_not_there(v4: PhpApp, browser: Browser) -> None:
    assert authenticate(browser, "http://127.0.0.1:1").status == 500
    assert "***GuzzleHttp\\Exception\\ConnectException*** [0] : " in (log := errors(v4))
    assert "=> cURL error 7: Failed to connect to 127.0.0.1 port 1" in log


def test_an_export_that_fails_is_shown_as_if_it_were_no_error(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    v4.database.run("DELETE FROM account_email_settings")
    authenticate(browser, v5.url)
    page = migrate(browser)
    message = "Trying to get property 'reply_to_email' of non-object"
    assert (page.status, message in page.text) == (200, True)
    assert last_info(v4) == f"production.INFO: {message} [] []"
    assert len(v5.seen) == 1, "nothing was uploaded"


def test_only_the_owner_may(v4: PhpApp, v5: FakeV5, browser: Browser) -> None:
    v4.database.run("UPDATE users SET public_id = 1")
    for path in ("/migration/start", "/migration/auth", "/migration/companies"):
        assert browser.get(path).location == "/settings/account_management"
    assert "Start Migration" not in browser.get("/settings/account_management").text


def test_steps_cannot_be_skipped(browser: Browser) -> None:
    assert browser.get("/migration/endpoint").location == "/migration/start"
    assert browser.get("/migration/auth").location == "/migration/start"
    assert browser.get("/migration/companies").location == "/migration/auth"


@pytest.mark.parametrize(
    ("path", "form", "message"),
    [
        ("/migration/type", {"option": "2"}, "The selected option is invalid."),
        ("/migration/type", {}, "The option field is required."),
        ("/migration/endpoint", {"endpoint": "v5.client1.test"}, "The endpoint format is invalid."),
        ("/migration/auth", {"email": "no mail", "password": "x"}, "The email format is invalid."),
        ("/migration/companies", {}, "The companies field is required."),
    ],
)
def test_forms_are_checked(v5: FakeV5, browser: Browser, path: str, form: dict[str, str], message: str) -> None:
    page = "/migration/start" if path == "/migration/type" else path
    if path == "/migration/endpoint":
        choose(browser)
    elif path == "/migration/auth":
        choose(browser, v5.url)
    elif path == "/migration/companies":
        authenticate(browser, v5.url)
    answer = browser.submit(path, form, page=page)
    assert (answer.status, answer.location) == (302, page)
    assert message in browser.get(page).text
