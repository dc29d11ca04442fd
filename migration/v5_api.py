"""V5's API, as far as a migration needs it.

Shapes and statuses are those of recordings/v5/http. One rule stands above all others here: **the 200 of
``migration/start`` proves nothing.** V5 answers it for an existing company, an empty body and a file that PHP dropped
too; only a new ``StartMigration`` row in V5's ``jobs`` (or the import's log) shows that a migration began.
"""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path

from . import v5_answers as answers
from .errors import MigrationError
from .http import Response, Server
from .multipart import MigrationBody

LOGIN_TIMEOUT = 120.0
UPLOAD_TIMEOUT = 600.0
MAX_COMPANIES = 10  # MigrationController::startMigration: from 10 on no new one; an existing one is replaced up to 10

# V5 puts all of a company's rows into the answer to a login, unless created_at (a Unix time) says how young they must
# be (BaseController::timeConstrainedResponse). The far end of 32 bits keeps the answer small.
LOGIN_PATH = "/api/v1/login?include=token&created_at=2147483647"
# The modules' argument specs begin with these; documented in plugins/doc_fragments/v5_login.py.
LOGIN_OPTIONS = {
    "url": {"type": "str", "required": True},
    "address": {"type": "str", "default": ""},
    "ca_file": {"type": "str", "default": ""},
    "email": {"type": "str", "required": True},
    "passwords": {"type": "list", "elements": "str", "required": True, "no_log": True},
    "api_secret": {"type": "str", "default": "", "no_log": True},
    "client": {"type": "str", "default": ""},
}


class Company:
    """A company of the user: ``id`` (hashed), ``company_key``, ``name``, ``is_disabled``. It hides its token."""

    def __init__(self, entry: dict) -> None:
        company = entry.get("company") or {}
        settings = company.get("settings")
        self.id = str(company.get("id") or "")
        self.company_key = str(company.get("company_key") or "")
        self.name = str((settings.get("name") if isinstance(settings, dict) else "") or "")
        self.is_disabled = bool(company.get("is_disabled"))
        token = entry.get("token")
        self._token = str((token.get("token") if isinstance(token, dict) else "") or "")

    def as_dict(self) -> dict:
        return {
            "id": self.id,
            "company_key": self.company_key,
            "name": self.name,
            "is_disabled": self.is_disabled,
        }

    def __repr__(self) -> str:
        return f"Company(id={self.id!r}, company_key={self.company_key!r}, name={self.name!r})"


class StartAnswer:
    """What V5 answered to an upload; no proof of anything (see the top of this file).

    outcome: ``started`` where V5 said so, ``unknown`` where it had the whole upload and nobody saw what it made of it:
    its web server gave up waiting (504), or the connection ended. status: 200, 504, or 0 without an answer; body_empty;
    started_at: V5's own time, or ""; queue: the queue connection that V5 names; bytes: of the request's body that went
    out; seconds.
    """

    def __init__(self, response: Response | None, length: int, seconds: float) -> None:
        body = response.json() if response else None
        body = body if isinstance(body, dict) else {}
        self.status = response.status if response else 0
        self.outcome = "started" if self.status == 200 else "unknown"
        self.body_empty = not response.body.strip() if response else True
        self.started_at = str(body.get("started_at") or "")
        self.queue = str(body.get("method") or "")
        self.bytes = response.sent if response else length
        self.seconds = round(seconds, 3)


class V5Client:
    """A V5 server and, after ``login``, its user's companies. Never shows a token: not in repr, not in errors.

    url, address, ca_file: see Server. api_secret: ``API_SECRET`` of V5's ``.env``, which only a login needs.
    """

    def __init__(self, url: str, address: str = "", ca_file: str = "", api_secret: str = "") -> None:
        self._server = Server(url, address, ca_file)
        self._secret = api_secret
        self._email = ""
        self._password = ""
        self._renewed = False
        self.url = str(self._server.url)
        self.app_version = ""
        self._companies = []

    def __repr__(self) -> str:
        return f"V5Client({self.url!r}, {len(self._companies)} companies)"

    def login(self, email: str, passwords: list) -> int:
        """Log in with the first of at most two passwords that works, and return its index.

        Two, because the import replaces V5's password by V4's. Every failure counts for V5's throttle (five a minute),
        so no more are made. Raises MigrationError with the cause.
        """
        tries = [password for password in passwords if password][:2]
        if not email or not tries:
            raise MigrationError(
                f"No e-mail or no password was given for the login to {self.url}",
                "./cli.py init",
                "auth-missing-fields",
            )
        for index, password in enumerate(tries):
            try:
                self._login(email, password)
            except MigrationError as error:
                if error.id != "auth-401-credentials" or index + 1 == len(tries):
                    raise
                continue
            self._email, self._password = email, password
            return passwords.index(password)
        raise AssertionError("unreachable")

    def _login(self, email: str, password: str) -> None:
        headers = {
            "X-Requested-With": "XMLHttpRequest",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        if self._secret:
            headers["X-Api-Secret"] = self._secret
        body = json.dumps({"email": email, "password": password}).encode("utf-8")
        response = self._server.request("POST", LOGIN_PATH, headers, body, timeout=LOGIN_TIMEOUT)
        answers.check_login(response, self.url, email, bool(self._secret))
        self.app_version = response.header("X-App-Version")
        self._companies = [Company(entry) for entry in response.json()["data"] if isinstance(entry, dict)]

    @property
    def companies(self) -> list:
        """The companies of the last login, in V5's order."""
        return list(self._companies)

    def company(self, company_key: str):
        """The company with this key, or None. V5 compares keys byte by byte, and so does this."""
        return next((one for one in self._companies if one.company_key == company_key), None)

    def check_room(self, company_key: str, force: bool) -> None:
        """Raise where V5 would answer 200 to an upload and do nothing: the company exists, or the account is full."""
        existing = self.company(company_key)
        if existing and not force:
            raise MigrationError(
                f"{self.url} already holds the company '{existing.name}' ({company_key}) and needs force",
                f"./cli.py migrate CLIENT --force {shlex.quote(existing.name)}",
                "existing-company-no-force",
            )
        if len(self._companies) >= MAX_COMPANIES + bool(existing):
            raise answers.too_many_companies(self.url)

    def get(self, path: str, company=None):
        """The JSON of a GET under ``/api/v1/``, with the token of ``company`` (default: the first)."""
        response = self._call("GET", path, company)
        return answers.checked_json(response, self.url, f"GET {path}")

    def update_company(self, company: Company, values: dict):
        """Change fields of a company, with its own token (another company's token is answered 401)."""
        path = f"companies/{company.id}"
        response = self._call(
            "PUT", path, company, json.dumps(values).encode("utf-8"), {"Content-Type": "application/json"}
        )
        return answers.checked_json(response, self.url, f"PUT {path}")

    def purge(self, company: Company, keep=()) -> None:
        """Delete a company and everything in it, for good. A company that is already gone counts as deleted.

        V5 asks for the password, not for a token of that company; one that outlives the request is used where there is.
        """
        others = [one for one in keep or self._companies if one is not company and one._token]
        headers = {"X-Api-Password": self._password}
        response = self._call("POST", f"migration/purge/{company.id}", others[0] if others else company, b"", headers)
        answers.check_purge(response, self.url, company.id)
        self._companies = [one for one in self._companies if one is not company]

    def purge_blank(self, company_keys: list, dry_run: bool = False) -> list:
        """Delete those of these companies that the user has, and return their keys.

        That they are blank is the caller's knowledge (``blank_companies`` of the V5 counts). Raises MigrationError,
        before anything is deleted, for a company that is switched on, and where no company would be left.
        """
        blank = [one for one in self._companies if one.company_key in company_keys]
        for one in blank:
            if not one.is_disabled:
                raise MigrationError(
                    f"The company '{one.name}' ({one.company_key}) on {self.url} is switched on, so it is no blank one",
                    "./cli.py verify CLIENT",
                    "company-not-blank",
                )
        if blank and len(blank) == len(self._companies):
            raise MigrationError(
                f"{self.url} would be left without any company", "./cli.py verify CLIENT", "company-not-blank"
            )
        for one in blank:
            if not dry_run:
                self.purge(one, keep=[other for other in self._companies if other not in blank])
        return [one.company_key for one in blank]

    def start_migration(
        self, archive: Path, company_key: str, force: bool, silent: bool = True, timeout: float = UPLOAD_TIMEOUT
    ) -> StartAnswer:
        """Stream an export to V5 and return what V5 answered. The answer is not proof that anything was started.

        force: replace the company of this key; V5 purges it before it stores the upload. timeout: seconds without any
        byte. Raises MigrationError where V5 refused (413, 500, empty 200, …) or did not get the whole export.
        """
        try:
            body = MigrationBody(archive, company_key, force, silent)
        except ValueError as error:
            raise MigrationError(
                str(error), f"unzip -p {archive} migration.json | head -c 2000", "company-key-invalid"
            ) from None
        except OSError as error:
            raise MigrationError(
                f"The export {archive} cannot be read: {error.strerror}", f"ls -l {archive}", "archive-unreadable"
            ) from None
        headers = {
            "X-Requested-With": "XMLHttpRequest",
            "Accept": "application/json",
            "Content-Type": body.content_type,
        }
        headers["X-Api-Token"] = self._token(None)
        began = time.monotonic()
        try:
            response = self._server.request("POST", "/api/v1/migration/start", headers, body, body.length, timeout)
        except MigrationError as error:
            if not error.delivered:
                raise
            return StartAnswer(None, body.length, time.monotonic() - began)
        answers.check_start(response, self.url, archive, body.length)
        return StartAnswer(response, body.length, time.monotonic() - began)

    def ask(self, method: str, path: str, company_key: str, body=b"", headers=None, length=None) -> Response:
        """One request under ``/api/v1/`` with the token of this company, whatever V5 answers to it.

        A V5 that no longer knows the token (403 ``Invalid token``, and nothing was done) is logged in to again, once;
        body: bytes, or what gives the same blocks each time it is iterated, with their ``length``.
        Raises MigrationError: company-missing, v5-token-lost, and those of a login.
        """
        response = self._send(method, path, self._own(company_key), body, headers, length)
        if not answers.is_token_lost(response):
            return response
        if not self._renewed:
            self._renewed = True
            self._login(self._email, self._password)
            response = self._send(method, path, self._own(company_key), body, headers, length)
        if answers.is_token_lost(response):
            raise answers.token_lost(self.url)
        return response

    def _own(self, company_key: str) -> Company:
        company = self.company(company_key)
        if company is None:
            raise MigrationError(
                f"{self._email} has no company with V4's key {company_key} on {self.url}",
                "./cli.py migrate CLIENT",
                "company-missing",
            )
        return company

    def _call(self, method: str, path: str, company=None, body: bytes = b"", headers=None) -> Response:
        return self._send(method, path, company, body, headers, None)

    def _send(self, method: str, path: str, company, body, headers, length) -> Response:
        every = {
            "X-Requested-With": "XMLHttpRequest",
            "Accept": "application/json",
            "X-Api-Token": self._token(company),
        }
        every.update(headers or {})
        return self._server.request(method, f"/api/v1/{path}", every, body, length)

    def _token(self, company) -> str:
        with_token = [one for one in ([company] if company else self._companies) if one._token]
        if not with_token:
            raise MigrationError(
                f"The user has no API token for {'this company' if company else 'any company'} on {self.url}",
                f"{answers.ARTISAN} ninja:check-data",
                "user-without-company",
            )
        return with_token[0]._token
