"""Drives V4's own migration wizard over HTTPS, for a V4 whose host gives no shell.

The steps are those of V4's StepsController: log in, type, endpoint, V5's credentials, companies. The last page says
"Migration has started" for every 200 of V5, so it proves nothing; and where V4's web server gives up waiting (504), the
export and the upload go on behind it. Only V5 shows whether a migration began.
"""

from __future__ import annotations

import re
import shlex
import time

from .errors import EDIT_SECRETS, MigrationError
from .http import Response
from .v4_pages import Page, Session

VERIFY = "./cli.py verify CLIENT"
STARTED = "Migration has started"
UNKNOWN = ("no-answer-in-time", "connection-closed")
KEY_FIELD = re.compile(r"companies\[([A-Za-z0-9]+)\]\[id\]")

LIMITS = "./cli.py provision CLIENT"
LOGS = "tail -n 50 /var/www/invoiceninja/storage/logs/laravel.log"
CONNECT = "curl -sSI V5_URL"
# In place of "Migration has started" V4 shows the exception's text: pattern, failure, what it means, remedy.
MESSAGES = (
    (r"`413 .*<html", "upload-too-large-nginx", "the export is larger than client_max_body_size on V5", LIMITS),
    (r"`413 ", "upload-post-max-size", "the export is larger than PHP's post_max_size on V5", LIMITS),
    (r"`403 ", "upload-token-lost", "V5 refused the session's token", "./cli.py migrate CLIENT"),
    (r"`404 ", "start-404-redirected-post", "V5 has no /api/v1/migration/start at this address", "./cli.py init"),
    (r"`500 ", "upload-server-error", "V5 failed while it took the upload", LOGS),
    (r"`50[23] ", "v5-php-down", "V5's web server does not reach PHP", "systemctl restart php8.2-fpm"),
    (r"cURL error (60|35|51|77)", "tls-self-signed", "V4's server does not trust V5's certificate", CONNECT),
    (r"cURL error", "tls-or-dns-unreachable", "V4's server does not reach V5", CONNECT),
    (
        r"Failure to create temporary file|failed to open stream.*migrations",
        "v4-storage-not-writable",
        "V4's storage is not writable for its web server",
        "chown -R www-data: /var/www/invoiceninja/storage",
    ),
    (r"of non-object", "v4-non-object-property", "a record of V4 misses another one that belongs to it", VERIFY),
)


class WizardAnswer:
    """How the wizard ended: ``outcome`` is ``started`` (V4 says so) or ``unknown`` (V4's web server gave up waiting).

    status: V4's HTTP status, 0 without an answer; message: what V4 showed; seconds.
    """

    def __init__(self, outcome: str, status: int, message: str, seconds: float) -> None:
        self.outcome = outcome
        self.status = status
        self.message = message
        self.seconds = round(seconds, 3)


class V4Wizard:
    """V4's wizard in one browser session. The order: ``login``, ``connect``, ``companies``, ``start``."""

    def __init__(self, url: str, address: str = "", ca_file: str = "") -> None:
        self._session = Session(url, address, ca_file)
        self.url = str(self._session.url)
        self.account_key = ""
        self._v5_url = ""

    def version(self) -> str:
        """V4's version, which every answer of its API carries, the refusing ones too; "" where it is not a V4."""
        return self._session.get("/api/v1/ping").header("X-Ninja-Version")

    def login(self, email: str, password: str) -> None:
        """Log in as the owner; one try only, since V4 locks a user after ten failures."""
        page = self._session.get("/login")
        self._check_way(page)
        if page.status != 200 or not self._session.token:
            raise MigrationError(
                f"{self.url} shows no login page of an Invoice Ninja V4 ({page.status})",
                f"curl -si {self.url}/login",
                "v4-no-login-page",
            )
        answer = self._session.post("/login", [("email", email), ("password", password)])
        self._check_way(answer)
        landed = self._session.landing(answer)
        if landed.startswith("/validate_two_factor/"):
            where = f"email = '{_sql(email)}'"
            sql = f"UPDATE users SET google_2fa_secret = NULL WHERE {where}"  # noqa: S608
            raise MigrationError(
                f"The user {email} has two-factor authentication on V4 ({self.url}); the wizard needs it off for now",
                f"mysql invoiceninja -e {shlex.quote(sql)}",
                "v4-2fa-enabled",
            )
        if not landed or landed == "/login":
            said = Page(self._session.get("/login").text).alert
            raise MigrationError(
                f"V4 at {self.url} does not accept the e-mail {email} with this password"
                + (f" ('{said}')" if said else ""),
                EDIT_SECRETS,
                "v4-login-refused",
            )
        self._check_owner(email)

    def _check_owner(self, email: str) -> None:
        answer = self._session.get("/migration/start")
        self._check_way(answer)
        landed = self._session.landing(answer)
        if landed == "/login":
            raise MigrationError(
                f"V4 at {self.url} did not keep the login of {email}: its sessions do not work",
                "ls -ld /var/www/invoiceninja/storage/framework/sessions",
                "v4-session-lost",
            )
        if landed:
            raise MigrationError(
                f"The user {email} is not the owner of the account on V4 ({self.url}), who alone may migrate it",
                EDIT_SECRETS.replace("vault.yml", "vars.yml"),
                "migrate-not-owner",
            )
        self._check_page(answer, "opened the wizard")

    def connect(self, v5_url: str, email: str, password: str, api_secret: str = "") -> None:
        """Tell V4 where V5 is and log it in there. Log in to V5 yourself first: V4 shows no cause, only a bare 500."""
        self._v5_url = v5_url
        self._step("/migration/type", [("option", "1")], "/migration/endpoint")
        self._step("/migration/endpoint", [("endpoint", v5_url)], "/migration/auth")
        fields = [("email", email), ("password", password)]
        if api_secret:
            fields.append(("api_secret", api_secret))
        self._session.get("/migration/auth")
        answer = self._session.post("/migration/auth", fields)
        self._check_way(answer)
        if answer.status == 500:
            raise MigrationError(
                f"V4 could not log in to {v5_url} (bare 500) although this machine can: "
                "V4's server does not reach V5, or does not trust its certificate",
                f"curl -sSI {v5_url}",
                "v4-cannot-log-in-to-v5",
            )
        if self._session.landing(answer) != "/migration/companies":
            raise self._refused_auth(answer, v5_url, email)

    def _refused_auth(self, answer: Response, v5_url: str, email: str) -> MigrationError:
        landed = self._session.landing(answer)
        said = Page(self._session.get(landed).text).alert if landed else Page(answer.text).alert
        if "Cross account" in said or "docs/migration/#troubleshooting" in said:
            return MigrationError(
                f"The e-mail {email} is not written as V4 has it ({self.url} says cross account migration); "
                "upper and lower case count, and V5's user needs the same",
                EDIT_SECRETS.replace("vault.yml", "vars.yml"),
                "cross-account-email",
            )
        if "Oops" in said:
            return MigrationError(
                f"V4 was redirected when it logged in to {v5_url}, which its wizard does not follow",
                f"curl -sI -X POST {v5_url}/api/v1/login",
                "auth-redirect-http-https",
            )
        return MigrationError(
            f"V4's wizard did not take V5's credentials: it shows '{said or 'nothing'}' at {landed or 'no page'}",
            VERIFY,
            "v4-wizard-stopped",
        )

    def companies(self) -> list:
        """The companies that the wizard offers: ``account_key`` and ``name``. Sets ``account_key``, the user's own."""
        answer = self._session.get("/migration/companies")
        self._check_way(answer)
        self._check_page(answer, "listed the companies")
        page = Page(answer.text)
        self.account_key = page.fields.get("account_key", "")
        keys = [match.group(1) for match in map(KEY_FIELD.fullmatch, page.fields) if match]
        return [{"account_key": key, "name": page.label(key)} for key in keys]

    def check_offered(self, account_key: str, companies: list) -> None:
        """Raise unless the company is among those that the wizard offers."""
        offered = [company["account_key"] for company in companies]
        if account_key not in offered:
            text = f"V4's wizard offers {', '.join(offered) or 'no company'}, and not {account_key}"
            raise MigrationError(text, VERIFY, "v4-company-missing")

    def start(self, account_key: str, force: bool, timeout: float) -> WizardAnswer:
        """Choose this one company and let V4 export and upload, which takes as long as both (timeout: seconds).

        Raises MigrationError where the company is not offered, or V4 shows an error in place of its message.
        """
        self.check_offered(account_key, self.companies())
        fields = [("account_key", self.account_key), (f"companies[{account_key}][id]", account_key)]
        if force:
            fields.append((f"companies[{account_key}][force]", "1"))
        began = time.monotonic()
        try:
            answer = self._session.post("/migration/companies", fields, timeout)
        except MigrationError as error:
            if error.id not in UNKNOWN:
                raise
            return WizardAnswer("unknown", 0, error.message, time.monotonic() - began)
        seconds = time.monotonic() - began
        if answer.status in (502, 504, 524):
            return WizardAnswer("unknown", answer.status, f"V4's web server gave up waiting ({answer.status})", seconds)
        self._check_way(answer)
        self._check_page(answer, "exported and sent the company")
        shown = Page(answer.text).panel
        if STARTED in shown:
            return WizardAnswer("started", answer.status, shown, seconds)
        if "`504 " in shown:
            return WizardAnswer("unknown", answer.status, shown, seconds)
        raise self._explain(shown)

    def _explain(self, shown: str) -> MigrationError:
        for pattern, id, meaning, remedy in MESSAGES:
            if re.search(pattern, shown, re.S):
                text = f"V4 at {self.url} could not migrate: {meaning} ('{shown[:200]}')"
                return MigrationError(text, remedy.replace("V5_URL", self._v5_url), id)
        text = f"V4 at {self.url} could not migrate: '{shown[:200] or 'an empty page'}'"
        return MigrationError(text, VERIFY, "v4-wizard-failed")

    def _step(self, path: str, fields: list, wanted: str) -> None:
        self._check_way(self._session.get("/migration/start" if path.endswith("type") else path))
        answer = self._session.post(path, fields)
        self._check_way(answer)
        landed = self._session.landing(answer)
        if landed == wanted:
            return
        self._check_page(answer, f"took {path}")
        said = Page(self._session.get(landed).text).alert if landed else ""
        raise MigrationError(
            f"V4's wizard went from {path} to {landed or 'nowhere'} instead of {wanted}"
            + (f" ('{said}')" if said else ""),
            VERIFY,
            "v4-wizard-stopped",
        )

    def _check_way(self, answer: Response) -> None:
        """Raise for what may come in the place of any page. ``/update`` is never followed: it would change V4."""
        landed = self._session.landing(answer)
        if landed in ("/update", "/setup"):
            raise MigrationError(
                f"V4 at {self.url} wants {landed} to be run first: its code is newer than its database",
                "./cli.py upgrade CLIENT",
                "v4-update-pending",
            )
        if answer.status == 503:
            raise MigrationError(
                f"V4 at {self.url} is in maintenance mode (503)",
                "sudo -u www-data php /var/www/invoiceninja/artisan up",
                "v4-maintenance-mode",
            )

    def _check_page(self, answer: Response, doing: str) -> None:
        """Raise unless the page was shown or led on."""
        if answer.status == 419:
            raise MigrationError(
                f"V4 at {self.url} lost the session while it {doing} (419)",
                "./cli.py migrate CLIENT",
                "v4-session-lost",
            )
        if answer.status >= 400:
            raise MigrationError(
                f"V4 at {self.url} failed with {answer.status} while it {doing}; its storage/logs/laravel-error.log, "
                "or PHP's log where the memory did not suffice, has the reason",
                "tail -n 20 /var/www/invoiceninja/storage/logs/laravel-error.log",
                "v4-wizard-failed",
            )
        landed = self._session.landing(answer)
        if landed and not landed.startswith("/migration/"):
            raise MigrationError(
                f"V4 at {self.url} went to {landed} while it {doing}", "./cli.py migrate CLIENT", "v4-wizard-stopped"
            )


def _sql(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")
