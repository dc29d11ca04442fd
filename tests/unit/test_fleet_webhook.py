"""The signed webhook, against a real server with TLS: what arrives, what is tried again, and what is never shown."""

import hashlib
import hmac
import json
import re
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet import webhook
from tests.unit.local_servers import Certificates, serve

SECRET = "correct-horse-battery-staple"
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = {"schema": 1, "event": "client_ended", "run": "20260901T220000-run-1", "client": "acme", "status": "ok"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.issue("good.pem", "127.0.0.1")
    made.issue("other.pem", "other.test")
    made.issue("self.pem", "127.0.0.1", self_signed=True)
    return made


@contextmanager
def receiver(certificates, *answers, certificate="good.pem"):
    """A receiver that gives these (status, headers) one after the other; yields its webhook and what arrived."""
    arrived = []

    def answer(handler):
        arrived.append((dict(handler.headers), handler.read_body(), handler.path))
        given = answers[min(len(arrived), len(answers)) - 1]
        return (given[0], given[1], b"thanks") if given else None

    with serve(answer, certificates.folder / certificate) as server:
        hook = webhook.Webhook(
            f"https://127.0.0.1:{server.port}/hooks/T0KEN?a=1", SECRET.encode(), str(certificates.ca_file)
        )
        hook.pauses = []
        hook.pause = hook.pauses.append
        yield hook, arrived


OK, DOWN = (204, []), (503, [])


def test_a_document_arrives_signed(certificates):
    with receiver(certificates, OK) as (hook, arrived):
        result = hook.send(DOCUMENT)
    assert (result.ok, result.status, result.tries, result.message) == (True, 204, 1, "")
    [(headers, body, path)] = arrived
    assert path == "/hooks/T0KEN?a=1"
    said = json.loads(body)
    assert {key: said[key] for key in DOCUMENT} == DOCUMENT
    assert said["id"] == headers["Idempotency-Key"] == result.id
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Ninjalift-Event"] == "client_ended"
    expected = hmac.new(SECRET.encode(), headers["X-Ninjalift-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["X-Ninjalift-Signature"] == f"sha256={expected.hexdigest()}"
    assert abs(time.time() - int(headers["X-Ninjalift-Timestamp"])) < 60


def documented():
    """The receiver's function as docs/hooks.md has it."""
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "hooks.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(code, names)  # noqa: S102
    return names["verified"]


def test_the_documented_receiver_takes_what_is_right_and_nothing_else(certificates):
    with receiver(certificates, OK) as (hook, arrived):
        hook.send(DOCUMENT)
    [(headers, body, _)] = arrived
    verified = documented()
    assert verified(SECRET.encode(), headers, body) is True
    assert verified(b"another secret", headers, body) is False
    assert verified(SECRET.encode(), headers, body + b" ") is False
    old = {**headers, "X-Ninjalift-Timestamp": str(int(headers["X-Ninjalift-Timestamp"]) - 1000)}
    assert verified(SECRET.encode(), old, body) is False
    stale = str(int(time.time()) - 1000)
    signed = {"X-Ninjalift-Timestamp": stale}
    signed["X-Ninjalift-Signature"] = f"sha256={webhook.signature(SECRET.encode(), stale, body)}"
    assert verified(SECRET.encode(), signed, body) is False
    assert verified(SECRET.encode(), {}, body) is False


def test_it_is_tried_again_with_the_same_key_until_it_is_taken(certificates):
    with receiver(certificates, DOWN, None, (429, [("Retry-After", "7")]), OK) as (hook, arrived):
        result = hook.send(DOCUMENT)
    assert (result.ok, result.tries) == (True, 4)
    assert len({headers["Idempotency-Key"] for headers, _, _ in arrived}) == 1
    assert len({body for _, body, _ in arrived}) == 1
    first, second, third = hook.pauses
    assert 0.8 <= first <= 1.2
    assert 1.6 <= second <= 2.4
    assert third == 7.0  # as it asked for


def test_it_is_given_up_after_some_tries(certificates):
    with receiver(certificates, DOWN) as (hook, arrived):
        result = hook.send(DOCUMENT)
    assert (result.ok, result.status, result.tries) == (False, 503, webhook.TRIES)
    assert len(arrived) == webhook.TRIES
    assert result.message == f"it answered with HTTP 503 ({webhook.TRIES} tries)"
    assert sum(hook.pauses) <= webhook.ALTOGETHER
    assert max(hook.pauses) <= webhook.LONGEST_PAUSE


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_what_will_not_get_better_is_not_tried_again(certificates, status):
    with receiver(certificates, (status, [("Location", "https://elsewhere.test/")])) as (hook, arrived):
        result = hook.send(DOCUMENT)
    assert (result.ok, result.status, result.tries, len(arrived)) == (False, status, 1, 1)


@pytest.mark.parametrize(
    ("certificate", "said"), [("other.pem", "was issued for another name"), ("self.pem", "self-signed")]
)
def test_nothing_is_sent_to_a_receiver_whose_certificate_is_not_right(certificates, certificate, said):
    with receiver(certificates, OK, certificate=certificate) as (hook, arrived):
        result = hook.send(DOCUMENT, tries=1)
    assert not result.ok
    assert said in result.message
    assert arrived == []


def test_neither_the_secret_nor_the_path_is_shown(certificates):
    with receiver(certificates, (500, [])) as (hook, _):
        result = hook.send(DOCUMENT, tries=2)
        shown = f"{hook!r} {hook.origin} {result}"
    closed = webhook.Webhook("https://127.0.0.1:1/hooks/T0KEN", SECRET.encode())
    closed.pause = lambda seconds: None
    shown += f" {closed.send(DOCUMENT, tries=2)}"
    assert SECRET not in shown
    assert "T0KEN" not in shown


def test_the_key_tells_events_apart():
    others = [{**DOCUMENT, name: "another"} for name in ("event", "run", "client")]
    assert len({webhook.identity(each) for each in [DOCUMENT, *others]}) == 4
    assert webhook.identity({**DOCUMENT, "status": "fail"}) == webhook.identity(DOCUMENT)


@pytest.mark.parametrize(
    ("value", "seconds"), [("", 0), ("12", 12), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("-5", 0)]
)
def test_what_a_receiver_asks_for_is_understood(value, seconds):
    assert webhook._retry_after(value) == seconds


def test_a_date_to_try_again_at_is_understood():
    at = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    assert 90 < webhook._retry_after(at) <= 100


# --- settings --------------------------------------------------------------------------------------------------------


class Wrong(Exception):
    pass


def wrong(name, why):
    return Wrong(f"{name} {why}")


def test_the_secret_is_read_from_a_file_that_only_the_user_can_read(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    given = {"webhook_url": "https://hooks.example.com/x", "webhook_secret_file": "secret"}
    assert webhook.of(given, tmp_path, wrong).secret == SECRET.encode()
    file.chmod(0o640)
    with pytest.raises(Wrong, match="can be read by others"):
        webhook.of(given, tmp_path, wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"webhook_url": "http://hooks.example.com/"}, "webhook_url must begin with https://"),
        ({"webhook_url": "https://"}, "webhook_url must begin with https://"),
        ({"webhook_url": "https://me:pw@hooks.example.com/"}, "must not hold a user or a password"),
        ({"webhook_secret": ""}, "webhook_secret is not set"),
        ({"webhook_secret": "short"}, "webhook_secret must have at least 16 characters"),
        ({"webhook_secret_file": "nowhere"}, "webhook_secret_file cannot be read: No such file"),
        ({"webhook_ca_file": "nowhere.pem"}, "webhook_ca_file cannot be used: The CA bundle"),
        ({"webhook_url": "https://host:port/"}, "webhook_url cannot be used"),
    ],
)
def test_a_wrong_setting_is_named(given, said, tmp_path):
    right = {"webhook_url": "https://hooks.example.com/T0KEN", "webhook_secret": SECRET}
    with pytest.raises(Wrong, match=re.escape(said)) as caught:
        webhook.of({**right, **given}, tmp_path, wrong)
    assert "T0KEN" not in str(caught.value)
    assert "pw" not in str(caught.value).replace("password", "")


def test_without_a_url_there_is_no_webhook(tmp_path):
    assert webhook.of({"webhook_secret": SECRET}, tmp_path, wrong) is None
