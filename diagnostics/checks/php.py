"""PHP: that of the command line (cron, worker, artisan) and that of the web server, with a configuration each."""

from __future__ import annotations

import shlex

from ..check import BOTH, Fine, Skip, Trouble, check
from ..exports import memory_of_export, memory_of_import, newest_export, upload_wanted
from ..facts import Facts
from ..findings import FAIL, WARN
from ..remedy import in_sed
from ..server import (
    allow_functions,
    family,
    install_php,
    install_php_extensions,
    php_service,
    restart_php,
    set_cli_php,
    set_web_php,
    short,
)
from ..units import MIB, in_bytes, php_bytes, php_on, rows, version

# composer.json of the releases: what each V5 was made for.
V5_PHP = (((5, 9), (8, 2)), ((5, 5), (8, 1)), ((0,), (7, 4)))
# V4 4.5.50: composer.json says 7.3, and its locked packages do not run on 8 (failure-modes v4-php-version).
V4_PHP, V4_PHP_END = (7, 3), (8,)

# What artisan and the import call, and what composer.lock of each demands.
_BOTH = (
    "ctype curl dom fileinfo gd iconv json mbstring openssl pdo pdo_mysql simplexml tokenizer xml xmlreader xmlwriter"
)
V4_EXTENSIONS = frozenset([*_BOTH.split(" "), "zip"])
V5_EXTENSIONS = V4_EXTENSIONS | {"bcmath", "filter", "session", "zlib"}
# V5: numbers in words and dates (intl), faster ids (gmp), VAT numbers (soap). V4: downloads of many files (gmp).
V5_WISHED, V4_WISHED = ("intl", "gmp", "soap"), ("gmp",)
# The package, without phpX.Y-, that brings an extension; what is not here is in PHP itself (Debian: phpX.Y-common).
PACKAGES = {
    **dict.fromkeys(("dom", "simplexml", "xml", "xmlreader", "xmlwriter"), "xml"),
    **dict.fromkeys(("pdo", "pdo_mysql"), "mysql"),
    **{name: name for name in ("bcmath", "curl", "gd", "gmp", "intl", "mbstring", "soap", "zip")},
}

# The scheduler's worker may take 256 MB (--memory=256) before it ends of its own accord, and an import more.
CLI_MEMORY = 512 * MIB
# PHP's own default. A request of V5 with a PDF takes about 100 MB.
WEB_MEMORY = 128 * MIB
LIMIT = {"upload_max_filesize": "2048M", "post_max_size": "2064M"}  # as our roles set them
# V4's wizard exports in one request; with V5's queue `sync` the whole import is one.
REQUEST_SECONDS = 300

# proc_open: the scheduler, PDFs and the first schema start other programs.
NEEDED_FUNCTIONS = ("proc_open", "proc_close", "proc_get_status")
# queue:work calls these where pcntl is loaded. Debian's php-fpm has them off, which harms nothing there.
WORKER_FUNCTIONS = ("pcntl_async_signals", "pcntl_signal", "pcntl_alarm")


@check("php.cli-starts", "PHP starts on the command line", needs=("php/cli/starts",), kinds=(*BOTH, ""))
def cli_starts(facts: Facts):
    path = facts.get("php/cli/path", "php")
    if facts["php/cli/starts"]:
        return Fine(f"{path} {facts.get('php/cli/version', '')}".strip())
    said = facts.get("php/cli/error") or "it ended without a word"
    return Trouble(
        f"{path} does not run a script to its end: {said}", f"{shlex.quote(str(path))} -v; {_reinstall(facts)}"
    )


def _reinstall(facts: Facts) -> str:
    of_version = short(str(facts.get("php/cli/version") or facts.get("php/web/version") or ""))
    if family(facts) == "rhel":
        return "dnf reinstall -y php-cli php-common"
    php = f"php{of_version or ''}"
    return f"apt-get install -y --reinstall {php}-cli {php}-common" if of_version else "apt-get install -y php-cli"


@check("php.cli-version", "The command line's PHP is one that the application runs on", needs=("php/cli/version",))
def cli_version(facts: Facts):
    return _right_version(facts, "php/cli", str(facts.get("php/cli/path", "php")))


@check("php.web-version", "The web server's PHP is one that the application runs on", needs=("php/web/version",))
def web_version(facts: Facts):
    return _right_version(facts, "php/web", str(facts.get("php/web/binary") or "PHP of the web server"))


def _right_version(facts: Facts, which: str, name: str):
    has = str(facts[f"{which}/version"])
    number, application = version(has)[:2], version(facts.version)
    says = f"{name} is {has}; {facts.kind.upper()} {facts.version}".rstrip()
    if facts.kind == "v4":
        if number >= V4_PHP_END:
            return Trouble(f"{says} runs on 7.3 and 7.4, and not on PHP 8", _switch(facts, which, "7.4"))
        if number < V4_PHP:
            new = application >= (4, 5, 50)
            why = "needs 7.3 or 7.4" if new else "must become 4.5.50 before the migration, which needs 7.3 or 7.4"
            return Trouble(f"{says} {why}", _switch(facts, which, "7.4"), FAIL if new else WARN)
        return Fine(f"{name} is {has}")
    least = next(php for since, php in V5_PHP if application >= since or since == (0,))
    if number < least:
        wanted = ".".join(map(str, least))
        return Trouble(f"{says} needs {wanted} or newer", _switch(facts, which, wanted))
    return Fine(f"{name} is {has}")


def _switch(facts: Facts, which: str, wanted: str) -> str:
    """Use a PHP that is on the host already, else bring it."""
    sapi = "cli" if which == "php/cli" else "fpm"
    there = any(
        each.get("sapi") == sapi and short(str(each.get("version", ""))) == wanted
        for each in rows(facts.get("php/versions"))
    )
    get = [] if there else [install_php(facts, wanted)]
    if family(facts) == "debian" and sapi == "cli":
        get.append(f"update-alternatives --set php /usr/bin/php{wanted}")
    elif family(facts) == "debian":
        old, vhost = facts.get("web/vhost/php_socket"), facts.get("web/vhost/file")
        if old and vhost:
            swap = shlex.quote(f"s|{in_sed(str(old), pattern=True)}|/run/php/php{wanted}-fpm.sock|")
            get.append(
                f"sed -i --follow-symlinks {swap} {shlex.quote(str(vhost))} && nginx -t && systemctl reload nginx"
            )
    return " && ".join(get) or "systemctl restart php-fpm"


@check(
    "php.same-version",
    "Command line and web server use the same PHP",
    needs=("php/cli/version", "php/web/version"),
    severity=WARN,
)
def same_version(facts: Facts):
    cli, web = str(facts["php/cli/version"]), str(facts["php/web/version"])
    if version(cli)[:2] == version(web)[:2]:
        return Fine(f"Both are {short(cli)}")
    said = f"artisan and cron run on {cli} ({facts.get('php/cli/path', 'php')}), the web server on {web}"
    if family(facts) == "rhel":
        return Trouble(
            f"{said}: what one caches, the other cannot read", f"alternatives --config php; {restart_php(facts)}"
        )
    return Trouble(
        f"{said}: what one caches, the other cannot read", f"update-alternatives --set php /usr/bin/php{short(web)}"
    )


@check("php.web-running", "The web server's PHP runs", needs=("php/web/running",))
def web_running(facts: Facts):
    service = php_service(facts)
    if facts["php/web/running"]:
        return Fine(f"{service}, as {facts.get('php/web/user', 'a user that is not known')}")
    return Trouble(
        f"{service} does not run: every page answers 502",
        f"systemctl enable --now {service} || journalctl -u {service} -n 20 --no-pager",
    )


@check("php.cli-extensions", "The command line's PHP has its extensions", needs=("php/cli/extensions",))
def cli_extensions(facts: Facts):
    return _extensions(facts, "php/cli", str(facts.get("php/cli/path", "php")))


@check("php.web-extensions", "The web server's PHP has its extensions", needs=("php/web/extensions",))
def web_extensions(facts: Facts):
    return _extensions(facts, "php/web", str(facts.get("php/web/binary") or "PHP of the web server"))


def _extensions(facts: Facts, which: str, name: str):
    has = {str(each).lower() for each in facts[f"{which}/extensions"]}
    if not has:
        return Skip(f"Not checked: {name} listed no extensions")
    v4 = facts.kind == "v4"
    troubles = []
    for wanted, status, why in (
        (V4_EXTENSIONS if v4 else V5_EXTENSIONS, FAIL, f"without which {facts.kind.upper()} does not run"),
        (V4_WISHED if v4 else V5_WISHED, WARN, "which some pages need"),
    ):
        lacks = sorted(set(wanted) - has)
        if lacks:
            packages = list(dict.fromkeys(PACKAGES.get(each, "common") for each in lacks))
            number = str(facts.get(f"{which}/version") or "")
            mend = install_php_extensions(facts, number, packages)
            troubles.append(Trouble(f"{name} lacks {', '.join(lacks)}, {why}", mend, status))
    return troubles or Fine(f"{name} has all that is needed")


@check("php.cli-memory", "The command line may use enough memory", needs=("php/cli/ini/memory_limit",), severity=WARN)
def cli_memory(facts: Facts):
    limit, text = php_bytes(facts["php/cli/ini/memory_limit"]), facts["php/cli/ini/memory_limit"]
    if limit is None or limit <= 0:
        return Fine("No limit")
    export = newest_export(facts)
    estimate = memory_of_export if facts.kind == "v4" else memory_of_import
    need = max(CLI_MEMORY, estimate(export) if export else 0)
    if limit >= need:
        return Fine(f"memory_limit is {text}")
    does = "V4's export" if facts.kind == "v4" else "the import, which the worker runs,"
    size = f" ({export.path})" if export and need > CLI_MEMORY else ""
    return Trouble(
        f"memory_limit of the command line is {text}; {does} may need {in_bytes(need)}{size}",
        set_cli_php(facts, memory_limit="-1"),
    )


@check(
    "php.web-memory", "The web server's PHP may use enough memory", needs=("php/web/ini/memory_limit",), severity=WARN
)
def web_memory(facts: Facts):
    limit, text = php_bytes(facts["php/web/ini/memory_limit"]), facts["php/web/ini/memory_limit"]
    if limit is None or limit <= 0:
        return Fine("No limit")
    # Only V4's wizard, and V5 without a queue, work on an export inside a request.
    export = newest_export(facts)
    need = WEB_MEMORY
    if export and facts.kind == "v4":
        need = max(need, memory_of_export(export))
    elif export and facts.get("queue/driver") == "sync":
        need = max(need, memory_of_import(export))
    if limit >= need:
        return Fine(f"memory_limit is {text}")
    size = f" (the size of {export.path})" if export and need > WEB_MEMORY else ""
    return Trouble(
        f"memory_limit of the web server's PHP is {text}; a request may need {in_bytes(need)}{size}",
        set_web_php(facts, memory_limit=f"{max(1024, -(-need // MIB))}M"),
    )


@check(
    "php.upload-max-filesize",
    "PHP takes an upload as large as the export",
    needs=("php/web/ini/upload_max_filesize",),
    kinds=("v5",),
)
def upload_max_filesize(facts: Facts):
    return _upload(
        facts,
        "upload_max_filesize",
        "PHP drops a larger export without a word, V5 answers 200, and the import finds no zip",
    )


@check(
    "php.post-max-size",
    "PHP takes a request as large as the export",
    needs=("php/web/ini/post_max_size",),
    kinds=("v5",),
)
def post_max_size(facts: Facts):
    post = php_bytes(facts["php/web/ini/post_max_size"])
    upload = php_bytes(facts.get("php/web/ini/upload_max_filesize"))
    found = _upload(facts, "post_max_size", "V5 answers 413 to a larger export")
    # The form's other fields need room of their own beside the file.
    if isinstance(found, Fine) and post and upload and post <= upload:
        return Trouble(
            f"post_max_size ({facts['php/web/ini/post_max_size']}) is not larger than upload_max_filesize"
            f" ({facts['php/web/ini/upload_max_filesize']}), so the largest file that is allowed never fits",
            _raise_limits(facts),
            WARN,
        )
    return found


def _upload(facts: Facts, name: str, harm: str):
    text = facts[f"php/web/ini/{name}"]
    limit = php_bytes(text)
    export = newest_export(facts)
    # 0 is no limit for post_max_size.
    if limit is None or limit <= 0:
        return Fine(f"{name} is {text}: no limit")
    if export and limit < export.zip_bytes:
        return Trouble(
            f"{name} of the web server's PHP is {text}, and {export.path} has {in_bytes(export.zip_bytes)}: {harm}",
            _raise_limits(facts),
        )
    wanted = upload_wanted(facts)
    if limit < wanted:
        return Trouble(
            f"{name} of the web server's PHP is {text}; {in_bytes(wanted)} are advised: {harm}",
            _raise_limits(facts),
            WARN,
        )
    return Fine(f"{name} is {text}")


def _raise_limits(facts: Facts) -> str:
    return set_web_php(facts, **LIMIT)


@check(
    "php.allow-url-fopen",
    "PHP may fetch the logo by its URL",
    needs=("php/cli/ini/allow_url_fopen",),
    severity=WARN,
    kinds=("v5",),
)
def allow_url_fopen(facts: Facts):
    # Without a queue the import runs inside V4's request.
    of_web = facts.get("php/web/ini/allow_url_fopen") if facts.get("queue/driver") == "sync" else None
    if php_on(facts["php/cli/ini/allow_url_fopen"] if of_web is None else of_web):
        return Fine("allow_url_fopen is on")
    if of_web is None:
        name, mend = "command line's PHP, which runs the import,", set_cli_php(facts, allow_url_fopen="On")
    else:
        name, mend = "web server's PHP", set_web_php(facts, allow_url_fopen="On")
    return Trouble(f"allow_url_fopen of the {name} is off: the company's logo does not arrive from V4", mend)


@check("php.functions", "No function that is needed is switched off", needs=("php/cli/ini",))
def functions(facts: Facts):
    troubles = []
    for which, name in (("cli", "command line"), ("web", "web server")):
        off = _disabled(facts, which)
        needed = list(NEEDED_FUNCTIONS)
        if which == "cli" and "pcntl" in (facts.get("php/cli/extensions") or []):
            needed += WORKER_FUNCTIONS
        lacks = [each for each in needed if each in off]
        if lacks and facts.kind == "v5":
            status = FAIL if which == "cli" else WARN
            harm = "the scheduler and the queue cannot start" if which == "cli" else "PDFs cannot be made"
            troubles.append(
                Trouble(
                    f"disable_functions of the {name}'s PHP has {', '.join(lacks)}: {harm}",
                    allow_functions(facts, which),
                    status,
                )
            )
        if "set_time_limit" in off and which == "web":
            harm = "V4's export ends" if facts.kind == "v4" else "an import without a queue ends"
            limit = facts.get("php/web/ini/max_execution_time", "30")
            if str(limit) != "0" and (facts.kind == "v4" or facts.get("queue/driver") == "sync"):
                troubles.append(
                    Trouble(
                        f"disable_functions of the web server's PHP has set_time_limit: {harm} after {limit} seconds",
                        allow_functions(facts, which),
                        WARN,
                    )
                )
    return troubles or Fine("disable_functions has none of them")


def _disabled(facts: Facts, which: str) -> list[str]:
    return [each.strip().lower() for each in str(facts.get(f"php/{which}/ini/disable_functions", "")).split(",")]


@check("php.open-basedir", "PHP may read the application and write temporary files", needs=("php/cli/ini",))
def open_basedir(facts: Facts):
    troubles = []
    for which, name in (("cli", "command line"), ("web", "web server")):
        allowed = [each for each in str(facts.get(f"php/{which}/ini/open_basedir", "")).split(":") if each]
        if not allowed:
            continue
        setting = f"open_basedir of the {name}'s PHP is {':'.join(allowed)}"
        # Tools of hosting panels that PHP expands itself.
        if any("{" in each or each in (".", "none") for each in allowed):
            continue
        mend = _widen(facts, which, allowed)
        if facts.root and not _within(facts.root, allowed):
            troubles.append(Trouble(f"{setting}, without {facts.root}", mend))
        elif not _within("/tmp", allowed) and which == "web":  # noqa: S108
            troubles.append(Trouble(f"{setting}, without /tmp, where uploads and the import's files go", mend, WARN))
    return troubles or Fine("Nothing that is needed is outside of open_basedir")


def _within(path: str, allowed: list[str]) -> bool:
    # A directory without a slash at the end is itself and what is below (since PHP 5.3 no longer a mere prefix).
    return any(path == each.rstrip("/") or path.startswith(each.rstrip("/") + "/") for each in allowed)


def _widen(facts: Facts, which: str, allowed: list[str]) -> str:
    value = ":".join(dict.fromkeys([*allowed, facts.root, "/tmp"]))  # noqa: S108
    return set_web_php(facts, open_basedir=value) if which == "web" else set_cli_php(facts, open_basedir=value)


@check("php.request-time", "A request may last as long as an export", needs=("php/web/ini",), severity=WARN)
def request_time(facts: Facts):
    if facts.kind == "v5" and facts.get("queue/driver") != "sync":
        return Fine("The queue imports, so no request lasts long")
    text = str(facts.get("php/web/ini/request_terminate_timeout", "0"))
    found = version(text)
    seconds = found[0] * {"m": 60, "h": 3600, "d": 86400}.get(text.strip()[-1:], 1) if found else 0
    if not seconds or seconds >= REQUEST_SECONDS:
        return Fine(f"request_terminate_timeout is {text}" if seconds else "No limit")
    what = "V4's wizard exports and uploads" if facts.kind == "v4" else "V5 without a queue imports"
    return Trouble(
        f"request_terminate_timeout of the pool is {text}, and {what} in one request, which FPM then kills",
        _no_terminate(facts),
    )


def _no_terminate(facts: Facts) -> str:
    pool = shlex.quote(str(facts.get("php/web/pool") or "/etc/php-fpm.d/www.conf"))
    return f"sed -i 's/^ *request_terminate_timeout *=.*/request_terminate_timeout = 0/' {pool} && {restart_php(facts)}"
