"""A JSON document to a URL, signed, with retries; docs/hooks.md says how a receiver verifies it."""

from __future__ import annotations

import datetime
import email.utils
import hashlib
import hmac
import json
import random
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

from diagnostics.units import count
from migration.errors import MigrationError
from migration.http import Server

SCHEMA = 1
VARIABLES = ("webhook_url", "webhook_secret", "webhook_secret_file", "webhook_ca_file")
SHORTEST_SECRET = 16  # characters
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds; it doubles from one to the other
ALTOGETHER = 120.0  # seconds for all tries; nothing is tried anew after that
TIMEOUT = 10.0  # seconds without any byte
AGAIN = (408, 425, 429, 500, 502, 503, 504)


@dataclass
class Result:
    """How a delivery ended: whether it was accepted, the last HTTP status (0: no answer), the tries, the reason."""

    ok: bool
    status: int
    tries: int
    message: str
    id: str


@dataclass
class Webhook:
    """Where to, and with which secret; ``ca_file`` replaces the system's store of certificates.

    Neither the secret nor the URL's path, which may be one, is shown anywhere.
    """

    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    ca_file: str = ""
    pause: Callable[[float], None] = time.sleep

    @property
    def origin(self) -> str:
        """The URL as far as it may be shown."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def send(self, document: dict, tries: int = TRIES) -> Result:
        """Deliver a document; tries again where that may help, with the same ``id`` each time. Never raises."""
        key = identity(document)
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        body = json.dumps({"id": key, "at": at, **document}, ensure_ascii=True, default=str).encode()
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        began, status, said, wait = time.monotonic(), 0, "", FIRST_PAUSE
        for number in range(1, tries + 1):
            asked = 0.0
            try:
                answer = Server(self.origin, ca_file=self.ca_file, timeout=TIMEOUT).request(
                    "POST", path, headers=self.headers(key, document["event"], body), body=body
                )
            except MigrationError as error:
                status, said = 0, error.message
            else:
                status, said = answer.status, f"it answered with HTTP {answer.status}"
                if 200 <= status < 300:
                    return Result(True, status, number, "", key)
                if status not in AGAIN:
                    return Result(False, status, number, said, key)
                asked = _retry_after(answer.header("Retry-After"))
            pause = min(max(wait * random.uniform(0.8, 1.2), asked), LONGEST_PAUSE)  # noqa: S311
            if number == tries or time.monotonic() - began + pause > ALTOGETHER:
                return Result(False, status, number, f"{said} ({count(number, 'try', 'tries')})", key)
            self.pause(pause)
            wait *= 2
        raise AssertionError  # the last try returns

    def headers(self, key: str, event: str, body: bytes) -> dict:
        """The headers of one try: the signature is over the time of this try and the body."""
        timestamp = str(int(time.time()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "ninjalift",
            "Idempotency-Key": key,
            "X-Ninjalift-Event": event,
            "X-Ninjalift-Timestamp": timestamp,
            "X-Ninjalift-Signature": f"sha256={signature(self.secret, timestamp, body)}",
        }


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256, in hexadecimal digits, over the timestamp, a full stop, and the body as it goes over the line."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def identity(document: dict) -> str:
    """The same for every try to tell the same: of the event, the run and the client."""
    said = "\0".join(str(document.get(name, "")) for name in ("event", "run", "client"))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def of(given: dict, folder: Path, wrong: Callable[[str, str], Exception]) -> Webhook | None:
    """The webhook of a client's settings, or None. folder: of relative files; wrong: makes the error to raise."""
    url = given.get("webhook_url")
    if not url:
        return None
    parts = urlsplit(str(url))
    if parts.username or parts.password:
        raise wrong("webhook_url", "must not hold a user or a password; the signature says who sends")
    if parts.scheme != "https" or not parts.hostname or parts.fragment:
        raise wrong("webhook_url", "must begin with https:// and a host's name")
    ca_file = str(folder / given["webhook_ca_file"]) if given.get("webhook_ca_file") else ""
    try:
        Server(f"https://{parts.netloc}", ca_file=ca_file)
    except MigrationError as error:
        raise wrong("webhook_ca_file" if ca_file else "webhook_url", f"cannot be used: {error.message}") from None
    secret = _secret(given, folder, wrong)
    if len(secret) < SHORTEST_SECRET:
        said = f"must have at least {SHORTEST_SECRET} characters"
        raise wrong("webhook_secret", f"{said}; make one with `openssl rand -hex 32`" if secret else "is not set")
    return Webhook(str(url), secret, ca_file)


def _secret(given: dict, folder: Path, wrong: Callable[[str, str], Exception]) -> bytes:
    if given.get("webhook_secret_file"):
        file = folder / Path(str(given["webhook_secret_file"])).expanduser()
        try:
            if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise wrong("webhook_secret_file", f"can be read by others (chmod 600 {file})")
            return file.read_bytes().strip()
        except OSError as error:
            raise wrong("webhook_secret_file", f"cannot be read: {error.strerror}") from None
    return str(given.get("webhook_secret", "")).encode()


def _retry_after(value: str) -> float:
    """Seconds, from a number or a date; 0 for neither."""
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        at: Any = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)
    return max((at - datetime.datetime.now(datetime.timezone.utc)).total_seconds(), 0.0)
