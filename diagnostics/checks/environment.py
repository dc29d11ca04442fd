"""The settings: the file .env, the cached configuration that wins over it, and what is in effect."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .. import remedy
from ..check import FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import on, rows, some, span
from .queue import elsewhere

# A stale value of one of these decides which data is seen, or whether an import starts.
_DECISIVE = re.compile(r"^(?:APP_KEY|DB_\w+|QUEUE_CONNECTION)$")
_LEVELS = ("debug", "info")  # the import's lines are INFO
_CHANNELS = ("", "stack", "single", "daily")  # these write below storage/logs
_GENERATORS = ("", "false", "null", "snappdf", "hosted_ninja")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "ninja.test")


@check("environment.file", "The file .env is there", needs=("env/exists",))
def file(facts: Facts) -> Fine | Trouble | Skip:
    env = f"{facts.root}/.env"
    if facts["env/exists"]:
        if facts.get("env/readable") is False:
            who = facts.get("probe/user", "the probe's user")
            return Skip(f"Not checked: {who} may not read {env}; diagnose as root, or with sudo")
        return Fine(env)
    if elsewhere(facts):
        return Fine("There is none; a container has its settings in its environment")
    if facts.get("config/cached"):
        return Trouble(
            f"{env} is not there; only the cached configuration keeps the application alive. Do not clear it",
            f"{_backups(facts)}\n{remedy.in_root(facts, 'cp -p bootstrap/cache/config.php /root/')}",
        )
    return Trouble(f"{env} is not there: the application has neither database nor key", _backups(facts))


def _backups(facts: Facts) -> str:
    """Where an older .env may lie. A new one would have a new APP_KEY, and what the old one encrypted is lost."""
    return remedy.in_root(facts, "ls -la .env* ../.env* /root/*.env* 2>/dev/null")


@check("environment.syntax", "Every line of .env can be read", needs=("env/broken_lines",))
def syntax(facts: Facts) -> Fine | list[Trouble]:
    lines, said = facts["env/broken_lines"], facts.get("config/error", "")
    troubles = []
    quoting = facts.get("env/need_quotes")  # environment.quotes says it better
    if said and not lines and not quoting and facts.get("config/cached") is False:  # what phpdotenv itself says
        mend = f"{remedy.in_root(facts, '${EDITOR:-nano} .env')} && {remedy.after_env(facts)}"
        troubles.append(Trouble(f"The application refuses .env: {said}", mend))
    if lines:
        first = int(lines[0])
        troubles.append(
            Trouble(
                f"Not KEY=VALUE: line {some(lines)}. The application refuses the whole file",
                f"{remedy.in_root(facts, f'${{EDITOR:-nano}} +{first} .env')} && {remedy.after_env(facts)}",
            )
        )
    if facts.get("env/crlf"):
        mend = remedy.in_root(facts, "sed -i 's/\\r$//' .env")
        troubles.append(Trouble("Windows line ends: scripts read them as part of the values", mend, WARN))
    return troubles or Fine()


@check("environment.quotes", "Values with special characters stand in quotes", needs=("env/need_quotes",))
def quotes(facts: Facts) -> Fine | Trouble:
    keys = facts["env/need_quotes"]
    if not keys:
        return Fine()
    quote = "\n".join(
        remedy.in_root(facts, f"sed -i -E \"s|^{key}=(.*)$|{key}='\\1'|\" .env")
        for key in keys
        if re.fullmatch(r"\w+", str(key))
    )
    return Trouble(
        f"The application reads another value of {some(keys)}, or none: a blank, #, $ or quote in it needs quotes",
        f"{quote}\n{remedy.after_env(facts)}",
    )


@check("environment.duplicates", "No key of .env is there twice", needs=("env/duplicates",), severity=WARN)
def duplicates(facts: Facts) -> Fine | Trouble:
    keys = facts["env/duplicates"]
    if not keys:
        return Fine()
    names = "|".join(str(key) for key in keys if re.fullmatch(r"\w+", str(key)))
    show = remedy.in_root(facts, f"grep -nE '^({names})=' .env | cut -d= -f1")
    return Trouble(
        f"{some(keys)}: only one of the lines counts, and an edit of the other does nothing",
        f"{show}\n{remedy.in_root(facts, '${EDITOR:-nano} .env')} && {remedy.after_env(facts)}",
    )


@check(
    "environment.config-cache",
    "The cached configuration says what .env says",
    needs=("config/cached", "time/epoch"),
    severity=WARN,
)
def config_cache(facts: Facts) -> Fine | Trouble | Skip:
    if not facts["config/cached"]:
        return Fine("The configuration is not cached")
    if facts.get("config/error"):
        said = f"bootstrap/cache/config.php cannot be loaded: {facts['config/error']}"
        return Trouble(said, remedy.in_root(facts, "rm -f bootstrap/cache/config.php"), FAIL)
    if facts.kind == "v4":
        # It reads APP_URL and more with env(), which is empty when the configuration comes from a cache.
        return Trouble("V4 does not run with a cached configuration", remedy.artisan(facts, "config:clear"), FAIL)
    again = f"{remedy.artisan(facts, 'config:cache')} && {remedy.artisan(facts, 'queue:restart')}"
    differs = facts.get("config/differs")
    age = _age(facts)
    if differs:
        grave = [key for key in differs if _DECISIVE.match(str(key))]
        return Trouble(
            f"Another value than in .env is in effect for {some(differs)}: the cache{age} wins over it",
            again,
            FAIL if grave else "",
        )
    if differs is not None:
        return Fine(f"Cached{age}, and the same as .env")
    written, edited = facts.get("config/mtime"), facts.get("env/mtime")
    if written is None or edited is None:
        return Skip(f"Not checked: {facts.why_missing('config/differs')} (config/differs)")
    if int(written) < int(edited):
        return Trouble(f".env was edited {span(int(edited) - int(written))} after the configuration was cached", again)
    return Fine(f"Cached{age}, after the last edit of .env")


def _age(facts: Facts) -> str:
    mtime = facts.get("config/mtime")
    return "" if mtime is None else f" of {span(facts.now - int(mtime))} ago"


@check("environment.expanded-logging", "EXPANDED_LOGGING of .env is in effect", severity=WARN, kinds=("v5",))
def expanded_logging(facts: Facts) -> Fine | Trouble | Skip:
    wanted, effect = facts.get("env/values/EXPANDED_LOGGING"), facts.get("config/values/EXPANDED_LOGGING")
    if effect is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if wanted is None or on(wanted) == on(effect):
        return Fine(f"It is {'on' if on(effect) else 'off; ./cli.py logging on CLIENT switches it on for a migration'}")
    again = "config:cache" if facts.get("config/cached") else "config:clear"
    return Trouble(
        f".env says {wanted}, and {effect} is in effect",
        f"{remedy.artisan(facts, again)} && {remedy.artisan(facts, 'queue:restart')}\n"
        f"grep -rs EXPANDED_LOGGING /etc/environment /etc/php /etc/systemd/system",
    )


@check("environment.app-key", "APP_KEY is set, and nobody else knows it")
def app_key(facts: Facts) -> Fine | Trouble | Skip:
    state = facts.get("config/app_key") or facts.get("env/app_key")
    if not state:
        return Skip(f"Not checked: {facts.why_missing('env/app_key')} (env/app_key)")
    if state == "ok":
        return Fine()
    used = facts.kind == "v4" or any(each.get("blank") is False for each in rows(facts.get("database/companies")))
    new = f"{remedy.artisan(facts, 'key:generate --force')} && {remedy.after_env(facts)}"
    old = f"# what the old key encrypted (gateways) is lost with a new one; look for the old one:\n{_backups(facts)}"
    if state == "example":
        said = "APP_KEY is the published example: whoever knows it can forge sessions and read gateway credentials"
        if facts.kind == "v4":
            return Trouble(f"{said}. V4 keeps it until it is shut down: the export needs it", "", WARN)
        if used:
            return Trouble(
                f"{said}. With a new one the payment gateways have to be entered again", remedy.later("then", new)
            )
        return Trouble(said, new)
    said = "APP_KEY is missing" if state == "missing" else "APP_KEY is not as long as its cipher needs"
    return Trouble(said, old if used else new)


@check("environment.api-secret", "The API_SECRET of .env is the one in effect", severity=WARN, kinds=("v5",))
def api_secret(facts: Facts) -> Fine | Trouble | Skip:
    is_set, differs = facts.get("env/api_secret_set"), facts.get("config/differs", [])
    if "API_SECRET" in differs:
        return Trouble(
            "Another API_SECRET than in .env is in effect: V4's wizard is refused with 403 Invalid secret",
            f"{remedy.artisan(facts, 'config:clear')}",
        )
    if is_set is None:
        return Skip(f"Not checked: {facts.why_missing('env/api_secret_set')} (env/api_secret_set)")
    return Fine("It is set: V4's wizard and Ninjalift (v5_api_secret) have to be told" if is_set else "None is set")


@check("environment.db-strict", "The import may store what V4 has", severity=WARN, kinds=("v5",))
def db_strict(facts: Facts) -> Fine | Trouble | Skip:
    seen = [facts.get("config/values/DB_STRICT"), facts.get("database/strict"), facts.get("env/values/DB_STRICT")]
    known = [each for each in seen if each is not None]
    if not known:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if on(known[0]):
        return Trouble(
            "DB_STRICT is on: zero dates and texts that are too long end an import (1292, 1406, 1366)",
            remedy.set_env(facts, "DB_STRICT", "false"),
        )
    return Fine("DB_STRICT is off")


@check("environment.debug", "Errors do not show settings to visitors", severity=WARN)
def debug(facts: Facts) -> Fine | Trouble | Skip:
    value = _known(facts, "APP_DEBUG")
    if value is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if not on(value):
        return Fine()
    return Trouble(
        "APP_DEBUG is on: an error page shows visitors the code, queries and settings",
        remedy.set_env(facts, "APP_DEBUG", "false"),
    )


def _known(facts: Facts, key: str) -> str | None:
    """What is in effect for a key; None where neither the configuration nor .env says it."""
    value = facts.get(f"config/values/{key}", facts.get(f"env/values/{key}"))
    return None if value is None else str(value)


@check("environment.app-env", "The application knows that it is in production", severity=WARN)
def app_env(facts: Facts) -> Fine | Trouble | Skip:
    value = _known(facts, "APP_ENV")
    if value is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if value in ("production", ""):
        return Fine(value)
    return Trouble(
        f"APP_ENV is '{value}': made for developers and tests; log lines begin with it instead of production",
        remedy.set_env(facts, "APP_ENV", "production"),
    )


@check("environment.app-url", "APP_URL is the site's address", severity=WARN)
def app_url(facts: Facts) -> Fine | list[Trouble] | Skip:
    url = _known(facts, "APP_URL")
    if url is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    name = next(iter(facts.get("web/vhost/names", [])), "") or host or "invoices.example.com"
    mend = remedy.set_env(facts, "APP_URL", f"{parts.scheme or 'https'}://{name}")
    if parts.scheme not in ("http", "https") or not host:
        return Trouble(
            f"APP_URL is '{url}', which is no address", remedy.set_env(facts, "APP_URL", f"https://{name}"), FAIL
        )
    troubles = []
    if host in _LOCAL_NAMES:
        what = (
            "links in mails lead nowhere" if facts.kind == "v5" else "V5 cannot fetch documents and the logo from there"
        )
        troubles.append(Trouble(f"APP_URL is {url}: {what}", mend))
    secure = any("ssl" in str(each) for each in facts.get("web/vhost/listens", []))
    if parts.scheme == "http" and secure:
        what = "a redirect to https breaks V4's wizard" if facts.kind == "v5" else "links lead to a redirect"
        address = remedy.set_env(facts, "APP_URL", f"https://{name}")
        troubles.append(Trouble(f"APP_URL is {url}, and the site is served with TLS: {what}", address))
    if facts.kind == "v5" and parts.path == "/":  # web.sub-directory judges more of a path than that
        bare = url.rstrip("/")
        troubles.append(Trouble(f"APP_URL ends with a slash: {url}", remedy.set_env(facts, "APP_URL", bare)))
    return troubles or Fine(url)


@check("environment.require-https", "REQUIRE_HTTPS suits the site", severity=WARN)
def require_https(facts: Facts) -> Fine | Trouble | Skip:
    value, url = _known(facts, "REQUIRE_HTTPS"), _known(facts, "APP_URL")
    if value is None or url is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if not on(value):
        return Fine("REQUIRE_HTTPS is off")
    if url.startswith("http://"):
        return Trouble(
            f"REQUIRE_HTTPS is on, and APP_URL is {url}: every page redirects to https",
            remedy.set_env(facts, "REQUIRE_HTTPS", "false"),
        )
    return Fine("REQUIRE_HTTPS is on, and APP_URL is https")


@check("environment.docker", "IS_DOCKER is true only in Docker", severity=WARN, kinds=("v5",))
def docker(facts: Facts) -> Fine | Trouble | Skip:
    value, container = _known(facts, "IS_DOCKER"), facts.get("host/container")
    if value is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if not on(value):
        return Fine("IS_DOCKER is off")
    if container is None:
        return Skip(f"Not checked: {facts.why_missing('host/container')} (host/container)")
    if elsewhere(facts):
        return Fine(f"IS_DOCKER is on, in {container}")
    return Trouble(
        "IS_DOCKER is on, and this is no Docker container: V5's scheduler starts no worker",
        remedy.set_env(facts, "IS_DOCKER", "false"),
    )


@check("environment.selfhost", "V5 is set up as one self-hosted installation", kinds=("v5",))
def selfhost(facts: Facts) -> Fine | list[Trouble] | Skip:
    kind, several = _known(facts, "NINJA_ENVIRONMENT"), _known(facts, "MULTI_DB_ENABLED")
    if kind is None and several is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    troubles = []
    if kind not in (None, "", "selfhost"):
        said = f"NINJA_ENVIRONMENT is '{kind}': V5 takes itself for the vendor's own service"
        troubles.append(Trouble(said, remedy.set_env(facts, "NINJA_ENVIRONMENT", "selfhost")))
    if several is not None and on(several):
        said = "MULTI_DB_ENABLED is on: V5 looks for users and companies in two databases"
        troubles.append(Trouble(said, remedy.set_env(facts, "MULTI_DB_ENABLED", "false")))
    return troubles or Fine("selfhost, one database")


@check("environment.cache-driver", "What V5 puts into its cache stays there", kinds=("v5",))
def cache_driver(facts: Facts) -> Fine | Trouble | Skip:
    value = _known(facts, "CACHE_DRIVER")
    if value is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if value not in ("array", "null"):
        return Fine(value or "file")
    return Trouble(
        f"CACHE_DRIVER is '{value}': it forgets the import's marks, the locks of the schedule and queue:restart",
        remedy.set_env(facts, "CACHE_DRIVER", "file"),
    )


@check("environment.log-level", "V5 writes down what an import does", severity=WARN, kinds=("v5",))
def log_level(facts: Facts) -> Fine | list[Trouble] | Skip:
    level, channel = _known(facts, "LOG_LEVEL"), _known(facts, "LOG_CHANNEL")
    if level is None and channel is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    troubles = []
    if level and level.lower() not in (*_LEVELS, "null"):
        said = f"LOG_LEVEL is '{level}': the lines Importing … and Completed are not written"
        troubles.append(Trouble(said, remedy.set_env(facts, "LOG_LEVEL", "debug")))
    if channel is not None and channel not in _CHANNELS:
        said = f"LOG_CHANNEL is '{channel}': nothing comes into storage/logs/laravel.log, by which an import is watched"
        troubles.append(Trouble(said, remedy.set_env(facts, "LOG_CHANNEL", "stack")))
    return troubles or Fine()


@check("environment.pdf", "V5 has a way to print PDFs", severity=WARN, kinds=("v5",))
def pdf(facts: Facts) -> Fine | Trouble | Skip:
    value = _known(facts, "PDF_GENERATOR")
    if value is None:
        return Skip(f"Not checked: {facts.why_missing('config/values')} (config/values)")
    if value == "hosted_ninja":
        return Fine("hosted_ninja: every PDF is printed by the vendor's service, which sees the invoices")
    if value in _GENERATORS:
        return Fine("snappdf (application.snappdf)")
    what = "a paid service, with a demo key" if value == "phantom" else "unknown"
    return Trouble(f"PDF_GENERATOR is '{value}': {what}", remedy.set_env(facts, "PDF_GENERATOR", "snappdf"))
