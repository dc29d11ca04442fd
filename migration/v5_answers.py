"""What V5's HTTP answers mean: each function returns for a good answer and raises MigrationError for any other.

The texts are those of recordings/v5/http and of failure-modes 1.1 and 1.2; V5 translates some of them into its own
language, so a status decides first and a text only tells apart what shares one.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .errors import EDIT_SECRETS, MigrationError
from .http import Response

ARTISAN = "sudo -u www-data php /var/www/invoiceninja/artisan"
LOGS = "tail -n 50 /var/www/invoiceninja/storage/logs/laravel.log"
LIMITS = "./cli.py provision CLIENT"
WITHOUT_ROWS = "".join(f"->doesntHave('{rows}')" for rows in ("clients", "products", "vendors", "expenses", "projects"))
DELETE_BLANK = f"App\\Models\\Company::where('is_disabled', 1){WITHOUT_ROWS}->get()->each->delete();"
MEBIBYTE = 1024 * 1024


def said(response: Response) -> str:
    """What the server itself said, in at most 160 characters: the message of its JSON, or the title of its page."""
    body = response.json()
    if isinstance(body, dict):
        text = str(body.get("message") or body.get("error") or "")
    else:
        title = re.search(r"<title>(.*?)</title>", response.text[:65536], re.S | re.I)
        text = title.group(1) if title else ""
    return " ".join(text.split())[:160]


def _php(text: str) -> str:
    """A PHP string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _tinker(php: str) -> str:
    return f"{ARTISAN} tinker --execute={shlex.quote(php)}"


def _quoted(response: Response) -> str:
    text = said(response)
    return f" ('{text}')" if text else ""


def _redirect(response: Response, url: str) -> MigrationError:
    target = re.sub(r"/api/v1/.*|\?.*", "", response.header("Location")) or "another address"
    return MigrationError(
        f"{url} redirects to {target} ({response.status}), which no migration follows; v5_url must be the last one",
        f"curl -sI {url}",
        "auth-redirect-http-https",
    )


def _not_v5(response: Response, url: str) -> MigrationError:
    if response.header("X-Ninja-Version") and not response.header("X-App-Version"):
        return MigrationError(
            f"{url} is an Invoice Ninja V4 ({response.header('X-Ninja-Version')}), not a V5; correct v5_url",
            "./cli.py init",
            "v5-url-is-v4",
        )
    kind = response.header("Content-Type").split(";")[0] or "no content type"
    return MigrationError(
        f"{url} answered {response.status} with {kind}{_quoted(response)} where V5 answers JSON: "
        "it is not V5's address, or its web server does not hand /api/v1 to V5",
        f"curl -si -X POST -H 'X-Requested-With: XMLHttpRequest' {url}/api/v1/login",
        "auth-non-json-200",
    )


def _server_error(response: Response, url: str, what: str) -> MigrationError:
    if response.status == 503:
        return MigrationError(
            f"{url} is in maintenance mode or overloaded (503 to {what})", f"{ARTISAN} up", "v5-maintenance-mode"
        )
    if response.status == 502:
        return MigrationError(
            f"The web server of {url} does not reach PHP (502 to {what})", "systemctl restart php8.2-fpm", "v5-php-down"
        )
    return MigrationError(
        f"{url} failed inside ({response.status} to {what}){_quoted(response)}", LOGS, "v5-server-error"
    )


def check_login(response: Response, url: str, email: str, with_secret: bool) -> None:
    """Pass a login that gave at least one company; say otherwise why not."""
    status = response.status
    body = response.json()
    if response.is_redirect:
        raise _redirect(response, url)
    if status == 429 or (status == 401 and "throttled" in said(response)):
        raise MigrationError(
            f"{url} blocks logins for about a minute after five wrong passwords; wait, then use the right one",
            "sleep 60",
            "login-throttled",
        )
    if status == 401 and re.search(r"one.?time", said(response), re.I):
        raise MigrationError(
            f"The user {email} has two-factor authentication on {url}; a migration needs it off for now",
            _tinker(f"App\\Models\\User::where('email', {_php(email)})->update(['google_2fa_secret' => null]);"),
            "v5-2fa-enabled",
        )
    if status == 401:
        raise MigrationError(
            f"{url} does not accept the e-mail {email} with this password{_quoted(response)}",
            EDIT_SECRETS,
            "auth-401-credentials",
        )
    if isinstance(body, dict) and status in (400, 403, 422) and not response.header("X-Ninja-Version"):
        raise _refused_login(response, url, email, with_secret)
    if status >= 500:
        raise _server_error(response, url, "the login")
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise _not_v5(response, url)
    if not any(isinstance(entry, dict) and entry.get("company") for entry in body["data"]):
        raise _no_company(url, email)


def _refused_login(response: Response, url: str, email: str, with_secret: bool) -> MigrationError:
    text = said(response)
    if response.status == 403 and "secret" in text.lower():
        return MigrationError(
            f"{url} has an API_SECRET in its .env, and "
            + ("the one given (v5_api_secret) is another" if with_secret else "none was given (v5_api_secret)"),
            EDIT_SECRETS,
            "auth-403-invalid-secret",
        )
    if response.status == 400 and "compan" in text:
        return _no_company(url, email)
    return MigrationError(
        f"{url} refused the login of {email} ({response.status}){_quoted(response)}", LOGS, "v5-login-refused"
    )


def _no_company(url: str, email: str) -> MigrationError:
    return MigrationError(
        f"The user {email} exists on {url} but belongs to no company; remove the user and provision V5 again",
        _tinker(f"App\\Models\\User::where('email', {_php(email)})->forceDelete();"),
        "user-without-company",
    )


def too_many_companies(url: str) -> MigrationError:
    """The account is full: V5 answers 200 with an empty body and does nothing."""
    return MigrationError(
        f"The account on {url} already has 10 companies, so V5 ignores the upload; delete those that tries left blank",
        _tinker(DELETE_BLANK),
        "max-companies",
    )


def check_start(response: Response, url: str, archive: Path, length: int) -> None:
    """Pass a 200 with V5's JSON, and a 504, which leaves open what happened; raise for an answer that refuses."""
    status = response.status
    body = response.json()
    size = f"{length / MEBIBYTE:.1f} MiB"
    if response.is_redirect:
        raise _redirect(response, url)
    if status == 413 and isinstance(body, dict):
        raise MigrationError(
            f"The export {archive} ({size}) is larger than PHP's post_max_size on {url}", LIMITS, "upload-post-max-size"
        )
    if status == 413:
        raise MigrationError(
            f"The export {archive} ({size}) is larger than client_max_body_size of the web server of {url}",
            LIMITS,
            "upload-too-large-nginx",
        )
    if status == 504:
        return
    if status == 200 and not response.body.strip():
        raise too_many_companies(url)
    if status == 500:
        raise MigrationError(
            f"{url} failed while it took the upload (500){_quoted(response)}; a blank company may be left behind",
            LOGS,
            "upload-server-error",
        )
    if status > 500:
        raise _server_error(response, url, "the upload")
    if status == 403:
        raise MigrationError(
            f"{url} refused the session's token (403){_quoted(response)}: its company was purged meanwhile",
            "./cli.py migrate CLIENT",
            "upload-token-lost",
        )
    if status == 404:
        raise MigrationError(
            f"{url} has no /api/v1/migration/start (404){_quoted(response)}: a proxy is in the way",
            f"curl -si -X POST -H 'X-Requested-With: XMLHttpRequest' -H 'X-Api-Token: x' {url}/api/v1/migration/start",
            "start-404-redirected-post",
        )
    if status != 200 or not isinstance(body, dict) or "_id" not in body:
        raise _not_v5(response, url)


def check_purge(response: Response, url: str, company_id: str) -> None:
    """Pass when the company is gone."""
    if response.status == 412:
        raise MigrationError(
            f"{url} wants the account's password to delete the company {company_id}, and the one given is wrong",
            EDIT_SECRETS,
            "purge-wrong-password",
        )
    if response.status == 400 and "No query results" in said(response):
        return
    if response.is_redirect:
        raise _redirect(response, url)
    if response.status != 200:
        raise MigrationError(
            f"{url} did not delete the company {company_id} ({response.status}){_quoted(response)}",
            LOGS,
            "purge-failed",
        )


def _refused_file(response: Response, url: str, name: str, size: int) -> MigrationError:
    """V5's own reason, which is in `errors`: a type that it does not take, or PHP that dropped the file."""
    body = response.json()
    errors = body.get("errors") if isinstance(body, dict) else None
    words = [str(text) for texts in errors.values() for text in texts] if isinstance(errors, dict) else []
    reason = " ".join(words)[:300] or said(response)
    message = f"V5 does not take '{name}' ({size / MEBIBYTE:.1f} MiB): {reason.rstrip('.')}"
    if "upload" in reason:
        message += f". PHP's upload_max_filesize or upload_tmp_dir on {url} is in the way"
        return MigrationError(message, LIMITS, "document-refused")
    return MigrationError(
        f"{message}. To allow its type, add the extension to ADDITIONAL_UPLOAD_EXTENSIONS in V5's .env (without a dot,"
        " several with commas), and cache the configuration again with `php artisan optimize`",
        "editor /var/www/invoiceninja/.env",
        "document-refused",
    )


def is_token_lost(response: Response) -> bool:
    """Whether V5 does not know the token (TokenAuth: 403 before anything else is looked at, in English always)."""
    return response.status == 403 and said(response) == "Invalid token"


def token_lost(url: str) -> MigrationError:
    """V5 forgot a token that a second login had just given."""
    return MigrationError(
        f"{url} no longer knows the token that a second login had just given, so something removes V5's tokens."
        " What was done so far stays, and repeating does nothing twice",
        "./cli.py repair CLIENT --execute",
        "v5-token-lost",
    )


def check_attached(response: Response, url: str, name: str, size: int) -> None:
    """Pass where V5 took a file; what it really has is for its list of documents to show."""
    status = response.status
    if status == 413:
        raise MigrationError(
            f"'{name}' ({size / MEBIBYTE:.1f} MiB) is larger than {url} takes in one request",
            LIMITS,
            "document-too-large",
        )
    if status == 500:  # as with an image that PHP cannot read; other files may still go through
        raise MigrationError(
            f"V5 failed inside with '{name}' (500){_quoted(response)}; an image that is damaged does that",
            LOGS,
            "document-refused",
        )
    if status == 422:
        raise _refused_file(response, url, name, size)
    checked_json(response, url, f"the upload of '{name}'")


def checked_json(response: Response, url: str, what: str):
    """The JSON of a good answer."""
    if response.is_redirect:
        raise _redirect(response, url)
    if response.status >= 500:
        raise _server_error(response, url, what)
    if response.status in (401, 403):
        raise MigrationError(
            f"{url} does not allow {what} ({response.status}){_quoted(response)}",
            "./cli.py verify CLIENT",
            "v5-not-allowed",
        )
    if response.status >= 400:
        raise MigrationError(f"{url} refused {what} ({response.status}){_quoted(response)}", LOGS, "v5-request-refused")
    body = response.json()
    if body is None:
        raise _not_v5(response, url)
    return body
