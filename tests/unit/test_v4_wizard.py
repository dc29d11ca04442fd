"""V4's wizard, walked against a server with the structure of its pages."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from pathlib import Path

import pytest
from local_servers import Certificates, as_json, recorded, replay, serve
from v4_site import CROSS, KEY, OWNER, PASSWORD, STARTED, V4Site

from migration.errors import MigrationError
from migration.v4_pages import Page
from migration.v4_wizard import V4Wizard

V5_URL = "https://v5.client1.test"


@contextmanager
def wizard(**options):
    site = V4Site()
    for name, value in options.items():
        setattr(site, name, value)
    with serve(site) as server:
        yield V4Wizard(f"http://127.0.0.1:{server.port}"), site


def fails(walk, **options) -> MigrationError:
    with wizard(**options) as (one, _), pytest.raises(MigrationError) as caught:
        walk(one)
    assert PASSWORD not in str(caught.value)
    assert "secret!" not in str(caught.value)
    assert "Mend it with: `" in str(caught.value)
    return caught.value


def walk(one: V4Wizard):
    one.login(OWNER, PASSWORD)
    one.connect(V5_URL, OWNER, "secret!", "api secret")
    return one.start(KEY, force=False, timeout=5)


def test_the_whole_way():
    with wizard() as (one, site):
        assert one.version() == "4.5.50"
        one.login(OWNER, PASSWORD)
        one.connect(V5_URL, OWNER, "secret!", "api secret")
        assert one.companies() == [{"account_key": KEY, "name": "Acme & Co"}]
        assert one.account_key == KEY
        answer = one.start(KEY, force=False, timeout=5)
    assert (answer.outcome, answer.status, answer.message) == ("started", 200, STARTED)
    posts = [(path, {name: value for name, value in given.items() if name != "_token"}) for path, given in site.posts]
    assert posts == [
        ("/login", {"email": OWNER, "password": PASSWORD}),
        ("/migration/type", {"option": "1"}),
        ("/migration/endpoint", {"endpoint": V5_URL}),
        ("/migration/auth", {"email": OWNER, "password": "secret!", "api_secret": "api secret"}),
        ("/migration/companies", {"account_key": KEY, f"companies[{KEY}][id]": KEY}),
    ]


def test_only_the_wanted_company_is_chosen_and_forced():
    with wizard(companies=[(KEY, "One"), ("otherkey", "Two")]) as (one, site):
        one.login(OWNER, PASSWORD)
        one.connect(V5_URL, OWNER, "secret!")
        one.start("otherkey", force=True, timeout=5)
    given = site.posts[-1][1]
    assert {name for name in given if name.startswith("companies")} == {
        "companies[otherkey][id]",
        "companies[otherkey][force]",
    }
    assert "api_secret" not in site.posts[-2][1]


@pytest.mark.parametrize(
    ("options", "id", "says"),
    [
        ({"two_factor": True}, "v4-2fa-enabled", "two-factor"),
        ({"owner": False}, "migrate-not-owner", "not the owner"),
        ({"pending_update": True}, "v4-update-pending", "/update"),
        ({"auth": "500"}, "v4-cannot-log-in-to-v5", "bare 500"),
        ({"auth": "oops"}, "auth-redirect-http-https", "redirected"),
        ({"auth": "cross"}, "cross-account-email", "case count"),
        ({"auth": "strange"}, "v4-wizard-stopped", "must be a valid email"),
        ({"companies": [("otherkey", "Other")]}, "v4-company-missing", "offers otherkey"),
        ({"final": (500, "Server Error")}, "v4-wizard-failed", "laravel-error.log"),
        ({"final": (503, "")}, "v4-maintenance-mode", "maintenance"),
        ({"final": (200, "")}, "v4-wizard-failed", "an empty page"),
    ],
)
def test_each_stop_has_its_cause(options, id, says):
    error = fails(walk, **options)
    assert error.id == id
    assert says in str(error)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (
            "Client error: `POST x` resulted in a `413 Request Entity Too Large` response: <html>",
            "upload-too-large-nginx",
        ),
        (
            'Client error: `POST x` resulted in a `413 Payload Too Large` response: {"message":""}',
            "upload-post-max-size",
        ),
        ("Client error: `POST x` resulted in a `404 Not Found` response: {}", "start-404-redirected-post"),
        ("Server error: `POST x` resulted in a `500 Internal Server Error` response: {}", "upload-server-error"),
        ("Server error: `POST x` resulted in a `502 Bad Gateway` response:", "v5-php-down"),
        ("cURL error 60: SSL certificate problem: self signed certificate", "tls-self-signed"),
        ("cURL error 6: Could not resolve host", "tls-or-dns-unreachable"),
        ("ZipArchive::close(): Failure to create temporary file: Permission denied", "v4-storage-not-writable"),
        ("Trying to get property 'contact_id' of non-object", "v4-non-object-property"),
        ("Something else <b>went</b> wrong", "v4-wizard-failed"),
    ],
)
def test_the_message_on_the_last_page_is_read(text, id):
    error = fails(walk, final=(200, text))
    assert error.id == id
    assert text[:40] in str(error)
    assert "V5_URL" not in error.remedy


@pytest.mark.parametrize(
    ("final", "status"),
    [
        ((504, "<html>504"), 504),
        ((502, "<html>502"), 502),
        ((200, "Server error: `POST x` resulted in a `504 Gateway Time-out` response:"), 200),
    ],
)
def test_giving_up_waiting_is_no_failure(final, status):
    with wizard(final=final) as (one, _):
        answer = walk(one)
    assert (answer.outcome, answer.status) == ("unknown", status)


def test_no_answer_to_the_last_step_is_no_failure():
    site = V4Site()

    def silent(handler):
        if handler.command == "POST" and handler.path == "/migration/companies":
            handler.read_body()
            return None
        return site(handler)

    with serve(silent) as server:
        answer = walk(V4Wizard(f"http://127.0.0.1:{server.port}"))
    assert (answer.outcome, answer.status) == ("unknown", 0)


def test_a_wrong_password_is_tried_once():
    with wizard() as (one, site), pytest.raises(MigrationError) as caught:
        one.login(OWNER, "wrong")
    assert caught.value.id == "v4-login-refused"
    assert "do not match our records" in str(caught.value)
    assert len(site.posts) == 1


def test_what_is_no_v4_is_named():
    page = (200, [], b"<html>Welcome to nginx</html>")
    with serve(lambda handler: page) as server, pytest.raises(MigrationError) as caught:
        V4Wizard(f"http://127.0.0.1:{server.port}").login(OWNER, PASSWORD)
    assert caught.value.id == "v4-no-login-page"


@pytest.mark.parametrize("base", ["https://127.0.0.1", "http://elsewhere.test"])
def test_a_redirect_to_another_origin_is_not_followed(base):
    error = fails(lambda one: one.login(OWNER, PASSWORD), base=base)
    assert error.id == "v4-redirects-away"
    assert f"to {base}" in str(error)


def test_v4_behind_a_proxy_redirects_to_http_and_is_spoken_to_over_https(tmp_path):
    certificates = Certificates(tmp_path)
    site = V4Site()
    with serve(site, certificates.issue("v4.pem", "v4.client1.test")) as server:
        site.base = "http://v4.client1.test"
        url = f"https://v4.client1.test:{server.port}"
        assert walk(V4Wizard(url, "127.0.0.1", str(certificates.ca_file))).outcome == "started"


def test_pages_are_read():
    page = Page(
        f'<div class="alert alert-danger"><p>{CROSS}</p><div>more</div></div>'
        '<div class="panel-body">a<div>b</div> c</div>'
        '<div class="panel-body">second</div><input name="_token" value="t1"><meta name="csrf-token" content="t2">'
    )
    assert page.alert == "Not allowed: here Cross accountmore"
    assert (page.panel, page.token) == ("ab c", "t1")


@pytest.fixture(scope="module")
def module():
    path = Path(__file__).parents[2] / "plugins" / "modules" / "v4_wizard.py"
    source = path.read_text().replace("ansible.module_utils.migration", "migration")
    spec = importlib.util.spec_from_loader("v4_wizard_module", loader=None)
    made = importlib.util.module_from_spec(spec)
    exec(compile(source, str(path), "exec"), made.__dict__)  # noqa: S102
    return made


@pytest.mark.parametrize(
    ("state", "check_mode", "changed", "last"),
    [
        ("listed", False, False, "/migration/auth"),
        ("started", True, True, "/migration/auth"),
        ("started", False, True, "/migration/companies"),
    ],
)
def test_the_module_goes_as_far_as_asked(module, state, check_mode, changed, last):
    site = V4Site()
    with serve(site) as v4, serve(lambda handler: handler.read_body() and replay("login-ok")) as v5:
        result = module.run(arguments(v4, v5, state=state), check_mode)
    assert (result["changed"], result["v4_version"], result["account_key"]) == (changed, "4.5.50", KEY)
    assert site.posts[-1][0] == last
    assert ("outcome" in result) is (last == "/migration/companies")
    token = recorded("login-ok")["body"]["data"][0]["token"]["token"]
    assert token not in str(result)
    assert PASSWORD not in str(result)


def test_wrong_v5_credentials_are_found_before_v4_is_asked(module):
    site = V4Site()
    with serve(site) as v4, serve(lambda handler: handler.read_body() and replay("login-wrong-password")) as v5:
        with pytest.raises(MigrationError) as caught:
            module.run(arguments(v4, v5), False)
        assert v4.seen == []
    assert caught.value.id == "auth-401-credentials"


def test_an_existing_company_is_found_before_v4_is_asked(module):
    login = recorded("login-ok")["body"]
    login["data"][0]["company"]["company_key"] = KEY
    with serve(V4Site()) as v4, serve(lambda handler: handler.read_body() and as_json(200, login)) as v5:
        with pytest.raises(MigrationError) as caught:
            module.run(arguments(v4, v5), False)
        assert v4.seen == []
    assert caught.value.id == "existing-company-no-force"


def test_two_different_emails_are_found_at_once(module):
    with serve(V4Site()) as v4, serve(V4Site()) as v5, pytest.raises(MigrationError) as caught:
        module.run(arguments(v4, v5, v5_email="other@x.test"), False)
    assert caught.value.id == "cross-account-email"


def arguments(v4, v5, **changes) -> dict:
    given = {
        "state": "started",
        "v4_url": f"http://127.0.0.1:{v4.port}",
        "v4_address": "",
        "v4_email": OWNER,
        "v4_password": PASSWORD,
        "v5_url": f"http://127.0.0.1:{v5.port}",
        "v5_address": "",
        "v5_email": OWNER,
        "v5_passwords": ["", "secret!"],
        "v5_api_secret": "",
        "ca_file": "",
        "company_key": KEY,
        "force": False,
        "timeout": 5,
    }
    return dict(given, **changes)
