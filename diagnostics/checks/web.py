"""The web server: it runs, serves the right directory, takes an export, and the application answers through it."""

from __future__ import annotations

import shlex
from typing import Any, Mapping
from urllib.parse import urlsplit

from ..check import BOTH, Fine, Skip, Trouble, check
from ..exports import newest_export, seconds_of_export, upload_wanted
from ..facts import Facts
from ..findings import WARN
from ..remedy import artisan, in_sed, set_env
from ..server import family, php_service, reload_web, restart_php, set_in_vhost, web_service, web_test
from ..units import MIB, in_bytes, rows

# nginx's default, which real installations of V4 have: enough for an export of about 60 MB of JSON.
READ_SECONDS = 60
# InnoDB needs about as much room as the rows take as JSON; smaller databases are exported within a default timeout.
GREAT_DATABASE = 64 * MIB
REDIRECTS = (301, 302, 303, 307, 308)


@check("web.server-running", "The web server runs", needs=("web/running",), kinds=(*BOTH, ""))
def server_running(facts: Facts):
    if not facts.get("web/server"):
        return Skip("No nginx and no Apache on this host: another server or another machine serves the site")
    service = web_service(facts)
    if facts["web/running"]:
        return Fine(f"{service} {facts.get('web/version', '')}".strip())
    return Trouble(
        f"{service} does not run",
        f"{web_test(facts)} && systemctl enable --now {service} || journalctl -u {service} -n 20 --no-pager",
    )


@check("web.config-valid", "The web server's configuration is valid", needs=("web/config_ok",), kinds=(*BOTH, ""))
def config_valid(facts: Facts):
    if facts["web/config_ok"]:
        return Fine(f"{web_test(facts)} is content")
    said = facts.get("web/config_error") or "it does not say what is wrong"
    return Trouble(f"{web_test(facts)}: {said} (the next restart fails)", f"{web_test(facts)}; {_edit(facts)}")


def _edit(facts: Facts) -> str:
    file = facts.get("web/vhost/file")
    if file:
        return f"${{EDITOR:-vi}} {shlex.quote(str(file))} && {reload_web(facts)}"
    return reload_web(facts)


@check("web.vhost", "A site of the web server is for the application", needs=("web/vhost/found",))
def vhost(facts: Facts):
    if facts["web/vhost/found"]:
        return Fine(str(facts.get("web/vhost/file", "")))
    if not facts.get("web/server"):
        return Skip("No nginx and no Apache on this host")
    if _answers_as_itself(facts):
        return Fine("The site answers, whichever way it comes here")
    return Trouble(
        f"No site of {facts.get('web/server')} has {facts.root}/public as its root, or the host of APP_URL as its name",
        _make_vhost(facts),
    )


def _make_vhost(facts: Facts) -> str:
    """Enable a site that is there and not used; whether there is one, the first command shows."""
    if family(facts) == "rhel":
        return f"ls /etc/nginx/conf.d /etc/httpd/conf.d; {reload_web(facts)}"
    if facts.get("web/server") == "apache":
        return f"ls /etc/apache2/sites-available; a2ensite invoiceninja && {reload_web(facts)}"
    link = "ln -s ../sites-available/invoiceninja.conf /etc/nginx/sites-enabled/"
    return f"ls /etc/nginx/sites-available; {link} && {reload_web(facts)}"


@check("web.document-root", "The web server serves public, and nothing above it", needs=("web/vhost/root",))
def document_root(facts: Facts):
    root, right = str(facts["web/vhost/root"]).rstrip("/") or "/", f"{facts.root}/public"
    if root in (right, f"{facts.get('app/root_physical', facts.root)}/public") or not facts.root:
        return Fine(root)
    if root == facts.root or facts.root.startswith(root.rstrip("/") + "/"):
        return Trouble(
            f"The document root of {facts.get('web/vhost/file', 'the site')} is {root}, so .env, logs and the code lie"
            f" below the web root; it must be {right}",
            _set_root(facts, root, right),
        )
    if _answers_as_itself(facts):
        return Fine(f"{root} (this installation answers, so it is a link to {right})")
    return Trouble(
        f"The document root of {facts.get('web/vhost/file', 'the site')} is {root}, which is not {right}",
        _set_root(facts, root, right),
    )


def _set_root(facts: Facts, old: str, new: str) -> str:
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    word = "DocumentRoot" if facts.get("web/server") == "apache" else "root"
    before = f'^([[:space:]]*{word}[[:space:]]+)"?{in_sed(old, pattern=True)}/?"?;?[[:space:]]*$'
    swap = shlex.quote(f"s|{before}|\\1{in_sed(new)}{_end(facts)}|")
    return f"sed -i --follow-symlinks -E {swap} {file} && {reload_web(facts)}"


def _end(facts: Facts) -> str:
    return "" if facts.get("web/server") == "apache" else ";"


@check(
    "web.body-size",
    "The web server takes an upload as large as the export",
    needs=("web/vhost/max_body_bytes",),
    kinds=("v5",),
)
def body_size(facts: Facts):
    limit = facts["web/vhost/max_body_bytes"]
    name = "LimitRequestBody" if facts.get("web/server") == "apache" else "client_max_body_size"
    if limit == 0:
        return Fine(f"{name}: no limit")
    mend = set_in_vhost(facts, "client_max_body_size", "2064m", apache="LimitRequestBody 0")
    export, wanted = newest_export(facts), upload_wanted(facts)
    where = f"{name} of {facts.get('web/vhost/file', 'the site')} is {in_bytes(limit)}"
    if export and limit < export.zip_bytes:
        return Trouble(f"{where}, and {export.path} has {in_bytes(export.zip_bytes)}: V4's upload gets 413", mend)
    if limit < wanted:
        return Trouble(f"{where}; {in_bytes(wanted)} are advised: a larger upload gets 413", mend, WARN)
    return Fine(f"{name} is {in_bytes(limit)}")


@check(
    "web.read-timeout",
    "The web server waits as long as an export takes",
    needs=("web/vhost/read_timeout_seconds",),
    severity=WARN,
)
def read_timeout(facts: Facts):
    limit = facts["web/vhost/read_timeout_seconds"]
    name = "Timeout" if facts.get("web/server") == "apache" else "fastcgi_read_timeout"
    if facts.kind == "v5" and facts.get("queue/driver") != "sync":
        return Fine(f"{name} is {limit} seconds; the queue imports, so no request lasts long")
    export, database = newest_export(facts), facts.get("database/bytes") or 0
    need, why = READ_SECONDS, ""
    if export:
        need, why = max(need, round(seconds_of_export(export) * 2)), f" for the size of {export.path}"
    elif database > GREAT_DATABASE:
        need, why = (
            max(need, round(database / GREAT_DATABASE * READ_SECONDS)),
            f" for a database of {in_bytes(database)}",
        )
    if limit == 0 or limit >= need:
        return Fine(f"{name} is {limit} seconds")
    what = "V4's wizard exports and uploads" if facts.kind == "v4" else "V5 without a queue imports"
    return Trouble(
        f"{name} of {facts.get('web/vhost/file', 'the site')} is {limit} seconds; {need} are advised{why}: {what}"
        " in one request, and a 504 does not end it",
        set_in_vhost(facts, "fastcgi_read_timeout", f"{max(need, 3600)}s", apache=f"Timeout {max(need, 3600)}"),
    )


@check("web.php-socket", "The socket that the site passes PHP to is there", needs=("web/vhost/php_socket_exists",))
def php_socket(facts: Facts):
    socket = facts.get("web/vhost/php_socket", "the socket")
    if facts["web/vhost/php_socket_exists"]:
        return Fine(str(socket))
    listens = str(facts.get("php/web/listen", ""))
    if listens.startswith("/") and listens != socket and facts.get("php/web/running"):
        swap = shlex.quote(f"s|{in_sed(str(socket), pattern=True)}|{in_sed(listens)}|")
        file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
        mend = f"sed -i --follow-symlinks {swap} {file} && {reload_web(facts)}"
    else:
        mend = f"{restart_php(facts)}; ls -l {shlex.quote(str(socket))}; grep -rn '^listen' /etc/php* 2>/dev/null"
    return Trouble(f"{facts.get('web/vhost/file', 'The site')} passes PHP to {socket}, which is not there: 502", mend)


@check("web.site-answers", "The site answers", needs=("http/site",))
def site_answers(facts: Facts):
    site = facts["http/site"]
    status, url = site.get("status"), site.get("url") or facts.get("http/base", "the site")
    if status is None:
        return Skip(f"Not checked: nothing was asked of {url}")
    if status == 0:
        if _seen_through_proxy(facts):
            return Fine(f"{_self(facts).get('url')} answers; TLS ends before this host")
        said = site.get("error") or "no answer"
        return Trouble(
            f"{url}: {said}", f"systemctl status {web_service(facts)} --no-pager; ss -ltnp | grep -E ':(80|443) '"
        )
    if status == 503 and facts.get("app/maintenance"):
        return Skip(f"{url} answers 503, for the application is in maintenance mode")
    if status < 400:
        return Fine(f"{url}: {status}")
    if status in (401, 403):
        return Trouble(
            f"{url} answers {status}: a password or a rule of the web server stands before the application",
            f"grep -rnE 'auth_basic|deny|Require ' {_config_directory(facts)}; {_edit(facts)}",
            WARN,
        )
    return Trouble(f"{url} answers {status}{_meaning(status)}", _mend_answer(facts, status))


def _meaning(status: int) -> str:
    return {
        404: ": another site or directory answers",
        502: ": PHP does not answer the web server",
        504: ": PHP does not answer in time",
    }.get(status, ": the application fails" if status >= 500 else "")


def _mend_answer(facts: Facts, status: int) -> str:
    if status in (502, 504):
        return f"{restart_php(facts)}; journalctl -u {php_service(facts)} -n 20 --no-pager"
    if status >= 500:
        return f"tail -n 40 {shlex.quote(facts.root)}/storage/logs/laravel*.log"
    return _edit(facts)


def _config_directory(facts: Facts) -> str:
    if facts.get("web/server") == "apache":
        return "/etc/httpd/conf.d" if family(facts) == "rhel" else "/etc/apache2/sites-enabled"
    return "/etc/nginx/conf.d" if family(facts) == "rhel" else "/etc/nginx/sites-enabled"


@check("web.api-answers", "The API answers with the application's version", needs=("http/api",))
def api_answers(facts: Facts):
    api = facts["http/api"]
    status, url = api.get("status"), api.get("url") or "the API"
    found, header = api.get("app_version"), "X-Ninja-Version" if facts.kind == "v4" else "X-App-Version"
    if found:
        return Fine(f"{url}: {status}, version {found}")
    # V4 lets who GETs its API without a token wait; the probe asks for the options instead, which name no version.
    if facts.kind == "v4" and status and status < 300:
        return Fine(f"{url}: {status}")
    if status is None or not facts.get("http/site/status"):
        if _seen_through_proxy(facts):
            return Fine(f"{_self(facts).get('url')} answers; TLS ends before this host")
        return Skip("The site does not answer at all: see web.site-answers")
    if status == 503 and facts.get("app/maintenance"):
        return Skip("The application is in maintenance mode")
    if (facts.get("http/site/status") or 0) >= 500 and status >= 500:
        return Skip("The site itself fails: see web.site-answers")
    said = f"{url} answers {status} without {header}"
    if status in REDIRECTS:
        return Trouble(
            f"{said}: it redirects to {api.get('location')}, which V4's wizard does not follow", _edit(facts)
        )
    if status == 404:
        return Trouble(f"{said}: the web server does not pass such addresses to index.php", _rewrite(facts))
    if "html" in str(api.get("type", "")) and status < 400:
        return Trouble(f"{said}: something else answers there (a wrong site, a proxy, a login page)", _edit(facts))
    if status == 0:
        return Trouble(f"{url}: {api.get('error') or 'no answer'}", _mend_answer(facts, 502))
    return Trouble(f"{said}{_meaning(status)}", _mend_answer(facts, status))


@check("web.login-answers", "V5's login answers itself, without a redirect", needs=("http/login",), kinds=("v5",))
def login_answers(facts: Facts):
    login = facts["http/login"]
    status, url = login.get("status"), login.get("url") or "The login"
    if not status or not facts.get("http/api/app_version"):
        return Skip("The API does not answer as V5: see web.api-answers")
    if status in REDIRECTS:
        return Trouble(
            f"{url} redirects to {login.get('location')}: V4's wizard does not follow it, and says 'Oops'",
            _edit(facts),
        )
    # Versions of V5 answer a GET here in several ways; a page that asks for a password is none of them.
    if status in (401, 403) and not login.get("app_version") and "json" not in str(login.get("type", "")):
        return Trouble(
            f"{url} answers {status} without being V5, though the rest of the API is: something stands before it",
            f"grep -rnE 'login|auth_basic|auth_request|Require ' {_config_directory(facts)}; {_edit(facts)}",
        )
    return Fine(f"{url}: {status}")


def _rewrite(facts: Facts) -> str:
    if facts.get("web/server") == "apache":
        if family(facts) == "rhel":
            line = f"<Directory {facts.root}/public>\\n AllowOverride All\\n Require all granted\\n</Directory>\\n"
            return f"printf {shlex.quote(line)} > /etc/httpd/conf.d/invoiceninja-rewrite.conf && {reload_web(facts)}"
        line = f"<Directory {facts.root}/public>\\n AllowOverride All\\n Require all granted\\n</Directory>\\n"
        enable = "a2enmod rewrite && a2enconf invoiceninja-rewrite && systemctl restart apache2"
        return f"printf {shlex.quote(line)} > /etc/apache2/conf-available/invoiceninja-rewrite.conf && {enable}"
    file = shlex.quote(str(facts.get("web/vhost/file") or "/etc/nginx/sites-enabled/default"))
    location = "location / { try_files $uri $uri/ /index.php?$query_string; }"
    swap = f"s|^([[:space:]]*)root .*public/?;|&\\n\\1{location}|"
    put = f"sed -i --follow-symlinks -E {shlex.quote(swap)} {file}"
    return f"grep -n -A3 'location / ' {file} || {put} && {reload_web(facts)}"


@check(
    "web.version-served",
    "The version that answers is the version on disk",
    needs=("app/version", "http/api/app_version"),
)
def version_served(facts: Facts):
    served, there = str(facts["http/api/app_version"]), facts.version
    if not served or not there:
        return Skip("No version came over HTTP: V4 tells none without a token; else see web.api-answers")
    if served == there:
        return Fine(there)
    mend = f"{artisan(facts, 'config:clear')} && {restart_php(facts)}"
    return Trouble(
        f"{facts.get('http/api/url', 'The API')} answers as {served}, and {facts.root} is {there}: PHP keeps old code,"
        " or another installation answers",
        mend,
    )


@check(
    "web.sub-directory", "The application has a host name of its own", needs=("config/values/APP_URL",), kinds=("v5",)
)
def sub_directory(facts: Facts):
    url = str(facts["config/values/APP_URL"])
    parts = _parts(url)
    if not parts.hostname:
        return Skip(f"APP_URL is {url}, which is no address")
    if not parts.path.rstrip("/"):
        return Fine(url)
    bare = f"{parts.scheme}://{parts.netloc}"
    return Trouble(
        f"APP_URL is {url}: V5 in a sub-directory is not supported, and V4's wizard cannot reach its API there",
        set_env(facts, "APP_URL", bare),
    )


@check("web.redirect-loop", "The site does not redirect to itself", needs=("http/site",))
def redirect_loop(facts: Facts):
    site, plain = facts["http/site"], facts.get("http/plain", {})
    loops = [
        each
        for each in (site, plain)
        if _same(each.get("url"), each.get("location")) and each.get("status") in REDIRECTS
    ]
    back_and_forth = (
        site.get("status") in REDIRECTS
        and _same(site.get("location"), plain.get("url"))
        and _same(plain.get("location"), site.get("url"))
    )
    if not loops and not back_and_forth:
        return Fine(f"{site.get('url')}: {site.get('status')} {site.get('location') or ''}".strip())
    looping = loops[0] if loops else site
    said = f"{looping.get('url')} redirects to {looping.get('location')}, and so on without end"
    # Laravel believes a proxy's X-Forwarded-Proto only where it trusts the proxy; APP_URL with https then redirects.
    return Trouble(f"{said}: the application does not see that the visitor came by https", _trust_proxy(facts))


def _trust_proxy(facts: Facts) -> str:
    return set_env(facts, "TRUSTED_PROXIES", "'*'" if facts.kind == "v4" else "*")


@check("web.canonical-host", "APP_URL is the address that the site uses itself", needs=("http/site",), severity=WARN)
def canonical_host(facts: Facts):
    site = facts["http/site"]
    asked, sent = _parts(site.get("url")), _parts(site.get("location"))
    if site.get("status") not in REDIRECTS or not sent.hostname or sent.hostname == asked.hostname:
        return Fine(str(site.get("url") or ""))
    url = f"{sent.scheme}://{sent.netloc}"
    return Trouble(
        f"APP_URL is {facts.get('http/base', site.get('url'))}, but the site redirects to {sent.hostname}: links in"
        " mails and V4's wizard use the address that redirects",
        set_env(facts, "APP_URL", url),
    )


def _parts(url: Any):
    try:
        parts = urlsplit(str(url or ""))
        parts.port  # noqa: B018  (raises ValueError where it is none)
        return parts
    except ValueError:
        return urlsplit("")


def _same(one: Any, other: Any) -> bool:
    """Whether two addresses are the same; a location may be relative."""
    if not one or not other:
        return False
    a, b = _parts(one), _parts(other)
    default = {"http": 80, "https": 443}
    scheme, host, port = b.scheme or a.scheme, b.hostname or a.hostname, b.port or (None if b.hostname else a.port)
    return (a.scheme, a.hostname, a.port or default.get(a.scheme), a.path or "/", a.query) == (
        scheme,
        host,
        port or default.get(scheme),
        b.path or "/",
        b.query,
    )


def _self(facts: Facts) -> Mapping[str, Any]:
    return next((each for each in rows(facts.get("tls/sites")) if each.get("role") == "self"), {})


def _seen_through_proxy(facts: Facts) -> bool:
    """Whether the public address answers as the application, though this host itself has no TLS: a proxy ends it."""
    site = _self(facts)
    return bool(site.get("api_version")) or (facts.kind == "v4" and site.get("api_status") == 200)


def _answers_as_itself(facts: Facts) -> bool:
    """Whether this installation answers: V5 with its own version, or V4's API, which names none to the probe."""
    if facts.kind == "v4":
        return 200 in (facts.get("http/api/status"), _self(facts).get("api_status"))
    there = facts.version
    return bool(there) and there in (facts.get("http/api/app_version"), _self(facts).get("api_version"))
