"""V4's web apart from the wizard: API, login, forwarding, customers' links, update, maintenance."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from typing import Iterator

import pytest
from conftest import OWNER, PASSWORD, PhpApp
from v4_browser import Browser

INVITATION = "llpg37i0puswvrnxzm90k81cylcflqy4"  # of invoice 0001
QUOTE_INVITATION = "berbss0hg8eh5nxkt7egoy3yerwmguqb"


@pytest.fixture
def browser(v4: PhpApp) -> Iterator[Browser]:
    """A browser at a served V4."""
    with v4.serve() as url:
        yield Browser(url)


def test_every_refusal_of_the_api_tells_the_version(browser: Browser) -> None:
    page = browser.get("/api/v1/accounts", X_Ninja_Token="wrong")
    assert (page.status, page.headers["x-ninja-version"]) == (403, "4.5.50")
    assert page.body == b'{"error":{"message":"Invalid token"}}'


def test_options_of_the_api_need_no_token_and_do_not_wait(v4: PhpApp, browser: Browser) -> None:
    with (v4.path / ".env").open("a") as env:
        env.write("API_SECRET=secret\n")
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(browser.root).netloc, timeout=60)
    connection.request("OPTIONS", "/api/v1/ping")
    with connection.getresponse() as answer:
        assert (answer.status, answer.headers["Allow"], answer.read()) == (200, "GET,HEAD", b"")
        assert "X-Ninja-Version" not in answer.headers
    connection.close()


def test_the_api_with_a_token(v4: PhpApp, browser: Browser) -> None:
    token = v4.database.value("SELECT token FROM account_tokens")
    ping = browser.get("/api/v1/ping", X_Ninja_Token=token)
    assert (ping.status, ping.body, ping.headers["x-ninja-version"]) == (200, b"success", "4.5.50")
    account = json.loads(browser.get("/api/v1/accounts", X_Ninja_Token=token).body)["data"]
    assert account["account_key"] == "9nrwevhjtlxoochx5kk1b533cebkjblj"

    document = browser.get("/api/v1/documents/2", X_Ninja_Token=token)
    assert (document.status, document.headers["content-type"], len(document.body)) == (200, "image/png", 75)
    missing = browser.get("/api/v1/documents/99", X_Ninja_Token=token)
    assert (missing.status, json.loads(missing.body)) == (404, {"message": "record does not exist"})
    unknown = browser.get("/api/v1/nothing", X_Ninja_Token=token)
    assert (unknown.status, json.loads(unknown.body)) == (404, {"error": {"message": "Route does not exist"}})
    v4.database.run("UPDATE users SET deleted_at = NOW()")
    assert browser.get("/api/v1/ping", X_Ninja_Token=token).status == 200, "an API secret is not set, so anybody pings"
    assert browser.get("/api/v1/accounts", X_Ninja_Token=token).status == 403, "the token's user is archived"


def test_ping_asks_for_the_api_secret_where_there_is_one(v4: PhpApp, browser: Browser) -> None:
    with (v4.path / ".env").open("a") as env:
        env.write("API_SECRET=secret\n")
    assert browser.get("/api/v1/ping").status == 403
    assert browser.get("/api/v1/ping", X_Ninja_Secret="secret").status == 200


def test_login(browser: Browser) -> None:
    assert browser.get("/").location == "/login"
    assert browser.get("/migration/start").location == "/login"
    wrong = browser.login(OWNER, "wrong")
    assert (wrong.status, wrong.location) == (302, "/login")
    assert "These credentials do not match our records" in browser.get("/login").text


def test_login_leads_where_one_wanted_to_go(browser: Browser) -> None:
    browser.get("/migration/start")
    page = browser.login(OWNER, PASSWORD)
    assert (page.status, page.location) == (302, "/migration/start")
    assert browser.get("/migration/start").status == 200
    assert browser.get("/login").location == "/"
    assert browser.get("/logout").location == "/"
    assert browser.get("/dashboard").location == "/login"


def test_login_throttles_and_locks(v4: PhpApp, browser: Browser) -> None:
    v4.database.run("UPDATE users SET failed_logins = 9")
    browser.login(OWNER, "wrong")
    assert v4.database.value("SELECT failed_logins FROM users") == "10"
    assert "[failed login]" in (v4.path / "storage/logs/laravel-error.log").read_text()
    other = Browser(browser.root)
    assert other.login(OWNER, PASSWORD).location == "/login", "ten failures lock the user for good"
    throttle = next((v4.path / "storage/framework/cache").iterdir())
    throttle.write_text(throttle.read_text() * 5)
    v4.database.run("UPDATE users SET failed_logins = 0")
    other = Browser(browser.root)
    other.login(OWNER, PASSWORD)
    assert "Too many login attempts" in other.get("/login").text


def test_login_without_a_user_agent_is_an_error(browser: Browser) -> None:
    browser.opener.addheaders = [("User-Agent", "")]
    page = browser.get("/login")
    form = {"_token": page.field("_token"), "email": OWNER, "password": PASSWORD}

    connection = http.client.HTTPConnection(browser.root.removeprefix("http://"))
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urllib.parse.urlencode(form), headers)
    assert connection.getresponse().status == 500


def test_a_form_without_its_token_goes_back(v4: PhpApp, browser: Browser) -> None:
    browser.get("/login")
    page = browser.request("/login", {"email": OWNER, "password": PASSWORD, "_token": "wrong"})
    assert (page.status, page.location) == (302, "/login"), "V4 has no page 419"
    assert "Validation token was expired. Please try again." in browser.get("/login").text
    assert browser.get("/dashboard").location == "/login"


def test_a_form_sent_twice_at_once_is_ignored(browser: Browser) -> None:
    browser.login(OWNER, PASSWORD)
    form = {"_token": browser.get("/settings/account_management").field("_token"), "url": "https://v5.client1.test"}
    assert browser.request("/migration/forward", form).location == "/settings/account_management"
    assert browser.request("/migration/forward", form).location == "/"
    assert "submitted twice" in browser.get("/dashboard").text


def test_forwarding(v4: PhpApp, browser: Browser) -> None:
    customer = Browser(browser.root)
    assert customer.get(f"/view/{INVITATION}").status == 200
    browser.login(OWNER, PASSWORD)
    page = browser.submit(
        "/migration/forward", {"url": "https://v5.client1.test/"}, page="/settings/account_management"
    )
    assert page.location == "/settings/account_management"
    columns = "SELECT forward_url_for_v5 AS url, is_disabled FROM account_email_settings"
    assert v4.database.rows(columns) == [{"url": "https://v5.client1.test", "is_disabled": "1"}]
    for key, kind in ((INVITATION, "invoice"), (QUOTE_INVITATION, "quote")):
        page = customer.get(f"/view/{key}")
        assert (page.status, page.headers["location"]) == (302, f"https://v5.client1.test/client/{kind}/{key}")
    assert browser.get("/dashboard").status == 200, "staff can still log in"
    assert browser.get("/migration/disable_forward").status == 302
    assert v4.database.rows(columns) == [{"url": "", "is_disabled": "0"}]
    assert customer.get(f"/view/{INVITATION}").status == 200


def test_a_url_that_is_none_is_refused(v4: PhpApp, browser: Browser) -> None:
    browser.login(OWNER, PASSWORD)
    browser.submit("/migration/forward", {"url": "v5.client1.test"}, page="/settings/account_management")
    assert "The url format is invalid." in browser.get("/settings/account_management").text
    assert v4.database.value("SELECT is_disabled FROM account_email_settings") == "0"


def test_a_customers_link_that_leads_nowhere(v4: PhpApp, browser: Browser) -> None:
    assert browser.get("/view/" + "x" * 32).location == "/client/login"
    v4.database.run("UPDATE invoices SET is_deleted = 1 WHERE id = 1")
    assert "The requested invoice is not available" in browser.get(f"/view/{INVITATION}").text


def test_new_code_leads_to_the_update(v4: PhpApp, browser: Browser) -> None:
    (v4.path / "storage/version.txt").write_text("4.5.49")
    assert browser.get("/login").location == "/update"
    assert (v4.path / "storage/version.txt").read_text() == "4.5.50"
    assert browser.get("/login").status == 200, "once only"


def test_update_fails_unless_the_database_is_called_ninja(v4: PhpApp, browser: Browser) -> None:
    page = browser.get("/update")
    assert (page.status, page.text) == (500, "Undefined offset: 0")


def test_update_wants_its_secret(v4: PhpApp, browser: Browser) -> None:
    with (v4.path / ".env").open("a") as env:
        env.write("UPDATE_SECRET='a secret' # for the browser\n")
    page = browser.get("/update")
    assert (page.status, page.text) == (200, "Invalid secret: /update?secret=<value>")
    assert browser.get("/update?secret=a%20secret").status == 500


def test_maintenance(v4: PhpApp, browser: Browser) -> None:
    assert v4.artisan("down", "--retry=60").stdout == "Application is now in maintenance mode.\n"
    for path in ("/login", "/api/v1/ping", "/update"):
        page = browser.get(path)
        assert (page.status, page.headers["retry-after"]) == (503, "60")
    assert v4.artisan("up").stdout == "Application is now live.\n"
    assert browser.get("/login").status == 200


def test_an_unknown_page(v4: PhpApp, browser: Browser) -> None:
    assert browser.get("/nothing").status == 404
    assert "[not found]" in (v4.path / "storage/logs/laravel-error.log").read_text()
