"""Canaries: secrets and personal data, planted wherever a real server has them, and looked for wherever they could sing.

Each canary holds words that stand nowhere else, so that a half of it, or its letters in another notation, is found too.
The shapes are those of real values: short passwords with signs in them, names, addresses, tokens, hashes.
"""

# ruff: noqa: E501  # records of logs are long

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import re
import string
import threading
from pathlib import Path
from typing import Iterator

V5_CONFIG = """<?php return array (
  'app' => array ('name' => 'Invoice Ninja', 'env' => 'production', 'debug' => false, 'url' => '{url}',
    'key' => {app_key}, 'cipher' => 'AES-256-CBC'),
  'database' => array ('default' => 'mysql', 'connections' => array ('mysql' => array ('driver' => 'mysql',
    'host' => '{db_host}', 'port' => '3306', 'unix_socket' => '{socket}', 'database' => '{database}',
    'username' => {user}, 'password' => {password})),
    'redis' => array ('default' => array ('host' => '127.0.0.1', 'password' => {redis}))),
  'mail' => array ('default' => 'smtp', 'mailers' => array ('smtp' => array ('transport' => 'smtp',
    'host' => '127.0.0.1', 'port' => '2525', 'username' => {mail_user}, 'password' => {mail}))),
  'queue' => array ('default' => 'database'), 'cache' => array ('default' => 'file'),
  'services' => array ('postmark' => array ('token' => {postmark})),
  'ninja' => array ('environment' => 'selfhost', 'api_secret' => {api}));
"""


class Canaries:
    """Makes canaries and finds them again."""

    def __init__(self) -> None:
        self.random = random.Random()  # others than in a test that runs beside this one: all processes are seen
        self.where: dict[str, str] = {}  # what must not be seen, in small letters → where it was planted

    # Making

    def word(self, where: str) -> str:
        """A word that no text has; every other method makes its value of such."""
        while True:
            syllables = (self.random.choice("bdfgjkvwxz") + self.random.choice("aiouy") for _ in range(4))
            word = "".join(syllables) + self.random.choice("kpxz")
            if word not in self.where:
                self.where[word] = where
                return word

    def person(self, where: str) -> str:
        return f"{self.word(where).title()} {self.word(where).title()}"

    def company(self, where: str) -> str:
        return f"{self.word(where).title()} & {self.word(where).title()} Ltd."

    def email(self, where: str) -> str:
        return f"{self.word(where)}.{self.word(where)}@{self.word(where)}.example.com"

    def password(self, where: str) -> str:
        """A short one, as people choose them."""
        return f"{self.word(where)}7!"

    def odd(self, where: str) -> str:
        """A password with every sign that a shell, a regular expression, JSON or SQL minds."""
        return f"a'b{self.word(where)} \"$&/.*[\\{self.word(where)}#%s;`|<é>"

    def characters(self, where: str, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        """A token; no ten characters of it in a row may be seen."""
        token = "".join(self.random.choice(alphabet) for _ in range(length))
        for at in range(0, length - 9, 5):
            self.where[token[at : at + 10].lower()] = where
        return token

    def key(self, where: str) -> str:
        """A company key as V4 makes it."""
        return self.characters(where, 32, string.ascii_lowercase + string.digits)

    def app_key(self, where: str) -> str:
        raw = bytes(self.random.randrange(256) for _ in range(32))
        encoded = base64.b64encode(raw).decode()
        self.where[encoded[:12].lower()] = self.where[encoded[20:32].lower()] = where
        return f"base64:{encoded}"

    def ip(self, where: str) -> str:
        """A public address."""
        address = (
            f"81.{self.random.randrange(100, 250)}.{self.random.randrange(100, 250)}.{self.random.randrange(100, 250)}"
        )
        self.where[address] = where
        return address

    def ip6(self, where: str) -> str:
        address = f"2a02:810d:{self.random.randrange(0x1000, 0xFFFF):x}:{self.random.randrange(0x1000, 0xFFFF):x}::17"
        self.where[address] = where
        return address

    def phone(self, where: str) -> str:
        digits = "".join(self.random.choice("3456789") for _ in range(9))
        self.where[digits] = where
        return f"+49 {digits}"

    # Finding

    def sing(self, seen: str | bytes, *but: str) -> list[str]:
        """What is seen there: ``WORD, planted in WHERE``. but: places whose canaries may be seen."""
        text = seen.decode("utf-8", "replace") if isinstance(seen, bytes) else seen
        decoded = (_decoded(run) for run in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text))
        text = "\n".join([text, *decoded]).lower()
        found = [
            f"{core}, planted in {where}: …{text[max(0, at - 60) : at + 60]!r}"
            for core, where in self.where.items()
            if (at := text.find(core)) >= 0 and not where.startswith(but)
        ]
        return found

    def quiet(self, seen: str | bytes, what: str, *but: str) -> None:
        """Fail with all that is seen there."""
        found = self.sing(seen, *but)
        assert not found, f"{len(found)} canaries in {what}:\n" + "\n".join(found)


def _decoded(run: str) -> str:
    """What a base64 text stands for."""
    run = run.rstrip("=")
    return base64.b64decode(run + "=" * (-len(run) % 4) if len(run) % 4 != 1 else run[:-1]).decode("latin-1")


def env_quoted(value: str, version: str) -> str:
    """As phpdotenv reads it; that of V4 knows no escaped dollar."""
    return '"' + re.sub(r'(["\\])' if version == "v4" else r'(["\\$])', r"\\\1", value) + '"'


def php_quoted(value: str) -> str:
    return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


# .env


def env(c: Canaries, version: str, **known: str) -> str:
    """A .env of V4 or V5 as it grew over the years. known: keys that the test needs to be what they are."""

    def q(key: str) -> str:
        return env_quoted(known[key] if key in known else c.odd(f".env {key}"), version)

    address = f"http://{c.word('.env APP_URL')}:{c.word('.env APP_URL')}@127.0.0.1:1"
    lines = [
        f"# {c.password('.env comment')} is the old password",
        "APP_ENV=production",
        "APP_DEBUG=false",
        f"APP_URL={known.get('APP_URL') or address}",
        f"APP_KEY={known.get('APP_KEY') or c.app_key('.env APP_KEY')}",
        "APP_CIPHER=AES-256-CBC",
        "DB_TYPE=mysql" if version == "v4" else "DB_CONNECTION=mysql",
        f"DB_HOST={known.get('DB_HOST', 'localhost')}",
        f"DB_DATABASE={known.get('DB_DATABASE', 'ninja')}",
        f"DB_USERNAME={q('DB_USERNAME')}",
        f"DB_PASSWORD={q('DB_PASSWORD')}",
        *([f"DB_SOCKET={known['DB_SOCKET']}"] if "DB_SOCKET" in known else []),
        f"#DB_PASSWORD={c.password('.env commented out')}",
        f"# MAIL_PASSWORD='{c.password('.env commented out')}'",
        "MAIL_DRIVER=smtp" if version == "v4" else "MAIL_MAILER=smtp",
        "MAIL_HOST=127.0.0.1",
        "MAIL_PORT=1",
        f"MAIL_USERNAME={c.email('.env MAIL_USERNAME')}",
        f"MAIL_PASSWORD={c.password('.env MAIL_PASSWORD')} # since the {c.word('.env comment behind')} move",
        f"MAIL_FROM_ADDRESS='{c.email('.env MAIL_FROM_ADDRESS')}'",
        f'MAIL_FROM_NAME="{c.company(".env MAIL_FROM_NAME")}"',
        f"API_SECRET={c.password('.env API_SECRET')}",
        f"UPDATE_SECRET={c.word('.env UPDATE_SECRET')}",
        f"export STRIPE_SK=sk_live_{c.characters('.env STRIPE_SK', 24)}",
        f"  SPACED_KEY = {c.password('.env blanks around')}",
        f"WEIRD.KEY-2={c.password('.env key of another shape')}",
        f"nobody_knows={c.person('.env a key that nobody knows')}",
        f"REDIS_URL=redis://:{c.word('.env REDIS_URL')}@127.0.0.1:6379/0",
        f"DATABASE_URL=mysql://u{c.word('.env DATABASE_URL')}:{c.word('.env DATABASE_URL')}@localhost/ninja",
        f"UNQUOTED={c.word('.env unquoted')} {c.word('.env unquoted')} $x #y",
        f"DOUBLE={c.password('.env doubled')}",
        f"DOUBLE={c.password('.env doubled')}",
        f'REFERS="${{DB_PASSWORD}}{c.word(".env that refers")}"',
        'DKIM_KEY="-----BEGIN RSA PRIVATE KEY-----',
        f"MII{c.characters('.env private key', 61)}",
        f"{c.characters('.env private key', 40)}==",
        '-----END RSA PRIVATE KEY-----"',
        f"{c.password('.env a line that is only a word')}",
        f"{c.word('.env a line that is only a word')}",
        f"this line is broken {c.word('.env broken line')}",
        f": {c.word('.env broken line')}",
        f"EMPTY=\nQUEUE_CONNECTION={'sync' if version == 'v4' else 'database'}",
        f"LAST={c.password('.env last line without its end')}",
    ]
    return "\n".join(lines)


# Logs


def v5_log(c: Canaries, root: str) -> str:
    """storage/logs/laravel.log of a V5: every record is one that upstream, Laravel or a library really writes."""
    at = "[2026-11-23 17:4{}:0{}] production.{}: "
    where = "V5 log"

    def record(number: int, level: str, text: str) -> str:
        return at.format(number // 10 % 10, number % 10, level) + text + "  \n"

    token = c.characters(f"{where}, X-Api-Token", 64)
    texts = [
        ("ERROR", "SQLSTATE[HY000] [1045] Access denied for user "
         f"'ninja'@'localhost' (using password: YES) (Connection: mysql, SQL: select "
         f"* from `users` where `email` = {c.email(f'{where}, SQL')} limit 1) "
         '{"userId":7,"exception":"[object] (Illuminate\\\\Database\\\\QueryException(code: 1045): SQLSTATE[HY000] [1045] '
         f"Access denied at {root}/vendor/laravel/framework/src/Illuminate/Database/Connection.php:829)\n[stacktrace]\n"
         f"#0 {root}/vendor/laravel/framework/src/Illuminate/Database/Connection.php(783): "
         f"Illuminate\\\\Database\\\\Connection->runQueryCallback('select * from `...', Array, Object(Closure))\n"
         f"#1 {root}/app/Jobs/Util/Import.php(11): App\\\\Jobs\\\\Util\\\\Import->login('{c.word(f'{where}, argument')}',"
         f" '{c.password(f'{where}, argument')}')\n#2 {{main}}\n\"}}"),
        ("ERROR", "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry "
         f"'{c.email(f'{where}, duplicate entry')}' for key 'users_email_unique' (Connection: mysql, SQL: insert into "
         f"`users` (`email`, `first_name`, `last_name`, `password`, `ip`, `phone`, `signature`) values "
         f"({c.email(f'{where}, bound value')}, {c.word(f'{where}, bound value').title()}, "
         f"O'{c.word(f'{where}, bound value').title()}, $2y$10${c.characters(f'{where}, hash', 53)}, "
         f"{c.ip(f'{where}, bound value')}, {c.phone(f'{where}, bound value')}, Kind regards,\n"
         f"{c.person(f'{where}, second line of a bound value')} (CEO)\nTel {c.phone(f'{where}, bound value')}))"),
        ("ERROR", "SQLSTATE[22001]: String data, right truncated: 1406 Data too long for column 'name' at row 1 "
         f"(SQL: update `clients` set `name` = {c.company(f'{where}, update')}, `private_notes` = pays "
         f"\"{c.word(f'{where}, update')}\"; his wife is {c.person(f'{where}, update')} where `id` = 12)"),
        ("ERROR", 'Expected response code "250" but got code "550", with message "550 5.1.1 '
         f"<{c.email(f'{where}, mail')}>: Recipient address rejected: User unknown\"."),
        ("ERROR", f"Failed to authenticate on SMTP server with username \"{c.email(f'{where}, SMTP')}\" using the following "
         'authenticators: "LOGIN", "PLAIN". Authenticator "LOGIN" returned "Expected response code "235" but got code '
         "\"535\", with message \"535 5.7.8 Error: authentication failed\"\"."),
        ("ERROR", f"Connection could not be established with host \"smtp://{c.word(f'{where}, DSN')}:"
         f"{c.word(f'{where}, DSN')}@127.0.0.1:2525\": stream_socket_client(): Unable to connect"),
        ("ERROR", f"Client error: `POST https://v5.client1.test/api/v1/login?include=token&api_key="
         f"{c.password(f'{where}, query')}&email={c.word(f'{where}, query')}%40{c.word(f'{where}, query')}.test` resulted in"
         f" a `401 Unauthorized` response:\n{{\"message\":\"These credentials do not match our records\",\"email\":"
         f"\"{c.email(f'{where}, body')}\",\"password\":\"{c.password(f'{where}, body')}\"}}"),
        ("ERROR", f"cURL error 28: Operation timed out for https://u:{c.word(f'{where}, address')}@hooks.example.com/"
         f"services/T0{c.characters(f'{where}, webhook', 24)}"),
        ("ERROR", f"Authorization: Bearer {c.characters(f'{where}, bearer', 40)}"),
        ("ERROR", f"Authorization: Basic {base64.b64encode(f'{c.word(where)}:{token[:10]}'.encode()).decode()}"),
        ("ERROR", f'{{"headers":{{"X-Api-Token":["{token}"],"X-Api-Secret":["{c.password(f"{where}, header")}"],'
         f'"Cookie":"laravel_session={c.characters(f"{where}, cookie", 40)}"}}}}'),
        ("ERROR", f"X-Api-Token: {c.characters(f'{where}, X-Api-Token', 32)}"),
        ("ERROR", f"X-API-SECRET: {c.password(f'{where}, X-Api-Secret')}"),
        ("ERROR", "Invalid API Key provided: sk_live_" + c.characters(f"{where}, Stripe", 24)),
        ("ERROR", f"No such customer: 'cus_{c.characters(f'{where}, Stripe', 14)}'"),
        ("ERROR", "Undefined array key \"invitation\" {\"userId\":1,\"email\":\""
         f"{c.email(f'{where}, context')}\",\"exception\":\"[object] (ErrorException(code: 0): Undefined array key)\"}}"),
        ("ERROR", f"array (\n  'first_name' => '{c.word(f'{where}, dump').title()}',\n  'name' => "
         f"'{c.company(f'{where}, dump')}',\n  'email' => '{c.email(f'{where}, dump')}',\n  'password' => "
         f"'{c.password(f'{where}, dump')}',\n  'phone' => '{c.phone(f'{where}, dump')}',\n  'ip' => '{c.ip(f'{where}, dump')}',\n)"),
        ("ERROR", f"Array\n(\n    [contact_name] => {c.person(f'{where}, print_r')}\n    [access_token] => "
         f"{c.word(f'{where}, print_r')}\n    [vat_number] => DE{c.phone(f'{where}, print_r')[4:]}\n)\n"),
        ("ERROR", f"file_put_contents({root}/public/storage/{c.key(f'{where}, path')}/documents/"
         "0001.pdf): Failed to open stream: Permission denied"),
        ("ERROR", f"{root}/public/storage/migrations/{c.key(f'{where}, export')}-2026-11-23-invoiceninja.zip not found"),
        ("ERROR", f"Login failed from {c.ip(f'{where}, address')} and {c.ip6(f'{where}, address')} for "
         f"{c.email(f'{where}, plain')}"),
        ("ERROR", f"{{\"user_name\":\"{c.person(f'{where}, JSON')}\",\"client\":{{\"name\":\"{c.company(f'{where}, JSON')}\","
         f"\"display_name\":\"{c.company(f'{where}, JSON')}\",\"contacts\":[{{\"first_name\":\"{c.word(f'{where}, JSON')}\","
         f"\"last_name\":\"{c.word(f'{where}, JSON')}\",\"phone\":\"{c.phone(f'{where}, JSON')}\","
         f"\"address1\":\"{c.word(f'{where}, JSON')} street 7\"}}]}}}}"),
        ("ERROR", f"App\\Utils\\Foo::bar(): Argument #1 ($id) must be of type int, string given, called in {root}/app/X.php"),
        ("ERROR", f"Attempt to read property \"email\" on null; password={c.password(f'{where}, pair')}, "
         f"token: {c.password(f'{where}, pair')}; secret = '{c.password(f'{where}, pair')}'"),
        ("DEBUG", f"From: {c.company(f'{where}, mail')} <{c.email(f'{where}, mail')}>\nTo: {c.person(f'{where}, mail')} "
         f"<{c.email(f'{where}, mail')}>\nSubject: Migration Failed\nMIME-Version: 1.0\n\nMigration failed\n\nLooks like "
         f"something went wrong with the migration for the following company: {c.company(f'{where}, mail')}\n\n"
         "    Missing resource key: clients_99999\n    Missing resource key: clients_99999\n"),
        ("INFO", "Importing account"),
        ("INFO", "Importing company"),
        ("INFO", f"{c.email(f'{where}, during the import')}"),
        ("INFO", "i couldn't find the invoice document 12, perhaps it is a quote?"),
        ("INFO", "Importing users"),
        ("ERROR", f"SQLSTATE[23000]: Integrity constraint violation: 1048 Column 'email' cannot be null (SQL: insert into "
         f"`client_contacts` (`first_name`, `phone`) values ({c.word(f'{where}, import')}, {c.phone(f'{where}, import')}))"),
        ("INFO", "Importing clients"),
    ]  # fmt: skip
    return "".join(record(number, level, text) for number, (level, text) in enumerate(texts))


def v4_context(c: Canaries, where: str) -> str:
    """What V4 writes behind an error."""
    return (
        f'{{"context":"PHP","user_id":1,"account_id":1,"user_name":"{c.person(where)}","method":"POST","user_agent":'
        f'"Mozilla/5.0 (X11)","locale":"en","ip":"{c.ip(where)}","count":1,"is_console":"no","is_api":"no",'
        f'"db_server":"mysql","url":"client/{c.characters(where, 32)}?token={c.word(where)}","email":"{c.email(where)}"}} []'
    )


def v4_error_log(c: Canaries, root: str) -> str:
    """storage/logs/laravel-error.log of a V4."""
    where = "V4 log"

    def record(number: int, text: str) -> str:
        return f"[2026-11-23T17:35:{number:02}.367030+00:00] production.ERROR: {text}\n"

    texts = [
        f"***GuzzleHttp\\Exception\\ClientException*** [401] : {root}/vendor/guzzlehttp/guzzle/src/Exception/"
        f"RequestException.php [Line 113] => Client error: `POST https://v5.client1.test/api/v1/login?include=token` "
        f'resulted in a `401 Unauthorized` response: {{"message":"no {c.email(f"{where}, body")}"}} (truncated...)  '
        + v4_context(c, f"{where}, context"),
        f"***Illuminate\\Database\\QueryException*** [23000] : {root}/vendor/laravel/framework/src/Connection.php [Line 664]"
        f" => SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '{c.email(f'{where}, duplicate')}' for "
        f"key 'users_username_unique' (SQL: insert into `users` (`username`, `first_name`, `password`, `ip`) values "
        f"({c.email(f'{where}, bound value')}, {c.person(f'{where}, bound value')}, $2y$10$"
        f"{c.characters(f'{where}, hash', 53)}, {c.ip(f'{where}, bound value')}))  "
        + v4_context(c, f"{where}, context"),
        f"[stacktrace] 2026-11-23 05:35:31 Bad login: #0 {root}/app/Http/Controllers/StepsController.php(112): "
        f"App\\Services\\Migration\\AuthService->__construct('{c.email(f'{where}, argument')}', "
        f"'{c.password(f'{where}, argument')}') #1 {{main}} [] []",
        f"[not found] https://v4.client1.test/view/{c.characters(f'{where}, invitation', 32)} - "
        + v4_context(c, f"{where}, not found"),
        f"***Swift_TransportException*** [535] : {root}/x.php [Line 9] => Failed to authenticate on SMTP server with username"
        f' "{c.email(f"{where}, SMTP")}" using 2 possible authenticators  ' + v4_context(c, f"{where}, context"),
    ]
    return "".join(record(number, text) for number, text in enumerate(texts))


def v4_info_log(c: Canaries, root: str) -> str:
    """storage/logs/laravel-info.log of a V4: the exporter prints whole records."""
    where = "V4 info log"

    def record(number: int, text: str) -> str:
        return f"[2026-11-23T17:35:{number:02}.166329+00:00] production.INFO: {text} [] []\n"

    texts = [
        "get account",
        "get clients => 9",
        f'get projects => [{{"user_id":1,"name":"{c.company(f"{where}, project")}","private_notes":"call '
        f'{c.person(f"{where}, notes")} at {c.phone(f"{where}, notes")}"}}]',
        f"Client error: `POST https://v5.client1.test/api/v1/migration/start` resulted in a `422 Unprocessable Entity` "
        f'response: {{"message":"The given data was invalid","email":"{c.email(f"{where}, body")}"}}',
        f"cURL error 60: SSL certificate problem: self signed certificate (see https://curl.haxx.se/libcurl/c/"
        f"libcurl-errors.html) for https://v5.client1.test/?secret={c.word(f'{where}, query')}",
    ]
    return "".join(record(number, text) for number, text in enumerate(texts))


# The installation's directory


def tree(c: Canaries, root: Path, version: str, place: str = "", **known: str) -> None:
    """Plant in the directory of an installation: .env, cached configuration, logs, exports, backups, sessions.

    place: the directory that the logs speak of, where it is another one.
    """
    place = place or str(root)
    root.mkdir(parents=True, exist_ok=True)
    for folder in ("bootstrap/cache", "storage/logs", "storage/framework/sessions", "storage/framework/cache/data/aa/bb",
                   "storage/framework/views", "storage/app/migrations", "storage/migrations", "public/storage/migrations",
                   "vendor", "app", "config"):  # fmt: skip
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / ".env").write_text(env(c, version, **known))
    for name in (".env.bak", ".env.old", "public/.env.save", "public/config.php.bak"):
        (root / name).write_text(f"DB_PASSWORD={c.password(name)}\n")
    (root / "public" / f"{c.key('name of a dump')}-dump.sql").write_text(f"-- {c.person('a dump')}\n")
    for path in ("artisan", "vendor/autoload.php", "public/index.php"):
        if not (root / path).exists():
            (root / path).write_text("<?php\n")
    if version == "v5" and not (root / "VERSION.txt").exists():
        (root / "VERSION.txt").write_text("5.10.17")
        (root / "config/ninja.php").write_text("<?php return [];")
    elif version == "v4" and not (root / "app/Constants.php").exists():
        (root / "app/Constants.php").write_text(
            "<?php\ndefine('NINJA_VERSION', '4.5.50' . env('NINJA_VERSION_SUFFIX'));\n"
        )
    exports = "public/storage/migrations" if version == "v5" else "storage/app/migrations"
    export = root / exports / f"{c.key('name of an export')}-2026-11-23-invoiceninja.zip"
    export.write_bytes(b"PK\x03\x04" + c.person("an export").encode())
    (root / exports / "migration.json").write_text(f'{{"name": "{c.person("an export")}"}}')
    (root / "storage/framework/sessions" / c.characters("name of a session", 40)).write_text(c.email("a session"))
    (root / "storage/framework/cache/data/aa/bb" / ("ab" * 20)).write_text(
        f'9999999999s:20:"{c.characters("file cache", 30)}";'
    )
    logs = root / "storage/logs"
    if version == "v5":
        (logs / "laravel.log").write_text(v5_log(c, place))
        (logs / "invoiceninja.log").write_text(
            "[2026-11-23 17:38:28] production.INFO: Starting Migration  \n"
            f"[2026-11-23 17:38:28] production.INFO: {c.email('expanded log')}  \n"
            f"[2026-11-23 17:38:29] production.INFO: migrations/{c.key('expanded log')}-2026-11-23-invoiceninja.zip  \n"
            f"[2026-11-23 17:38:30] production.ERROR: the job failed for {c.email('expanded log')}  \n"
        )
    else:
        (logs / "laravel-error.log").write_text(v4_error_log(c, place))
        (logs / "laravel-info.log").write_text(v4_info_log(c, place))
        (logs / "laravel.log").write_text(v4_error_log(c, place))


def cached_config(c: Canaries, root: Path, **known: str) -> None:
    """bootstrap/cache/config.php of V5, with other secrets than .env, as after a change without config:clear."""

    def q(name: str) -> str:
        return php_quoted(known.get(name) or c.odd(f"cached config, {name}"))

    (root / "bootstrap/cache/config.php").write_text(
        V5_CONFIG.format(
            url=known.get("url", "http://127.0.0.1:1"),
            db_host=known.get("db_host", "localhost"),
            socket=known.get("socket", ""),
            database=known.get("database", "ninja"),
            app_key=php_quoted(c.app_key("cached config, app key")),
            **{name: q(name) for name in ("user", "password", "redis", "mail_user", "mail", "postmark", "api")},
        )
    )


# The rest of the host


def crontab(c: Canaries, root: str) -> str:
    """Lines of a crontab that runs the application."""
    return (
        f"MAILTO={c.email('crontab')}\nDB_PASSWORD={c.password('crontab')}\n"
        f"* * * * * cd {root} && php artisan schedule:run >> /dev/null 2>&1\n"
        f"5 3 * * * mysqldump -uroot -p{c.password('crontab -p')} --password='{c.odd('crontab --password').split(' ')[0]}'"
        f" ninja | gzip > {root}/storage/dump.sql.gz\n"
        f"*/5 * * * * cd {root} && php artisan queue:work --once && curl -fsS -u admin:{c.password('crontab -u')} -H "
        f"'Authorization: Bearer {c.characters('crontab bearer', 24)}' "
        f"'https://hc-ping.example.com/{c.characters('crontab ping', 8)}-{c.characters('crontab ping', 12)}?key="
        f"{c.word('crontab query')}'\n"
        f"#* * * * * DB_PASSWORD={c.word('crontab comment')} php {root}/artisan schedule:run\n"
    )


def arguments(c: Canaries, root: str) -> list[str]:
    """A worker's command line with secrets in it."""
    return [
        "php", f"{root}/artisan", "queue:work", "--queue=default", "--env=production",
        f"--password={c.password('worker --password')}", f"--token={c.characters('worker --token', 24)}",
        f"redis://:{c.word('worker address')}@127.0.0.1:6379", f"--email={c.email('worker --email')}",
    ]  # fmt: skip


# The database


def sql(value: str | None) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def exception(c: Canaries, where: str, root: str) -> str:
    """What failed_jobs keeps of a job that failed."""
    return (
        f"Illuminate\\Database\\QueryException: SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry "
        f"'{c.email(where)}-1' for key 'clients.clients_company_id_number_unique' (Connection: mysql, SQL: insert into "
        f"`clients` (`name`, `number`, `phone`, `private_notes`) values ({c.company(where)}, {c.word(where)}, "
        f"{c.phone(where)}, \"{c.word(where)}\" said: 'no'; {c.email(where)})) in {root}/vendor/laravel/framework/src/"
        f"Illuminate/Database/Connection.php:829\nStack trace:\n#0 {root}/app/Jobs/X.php(1): "
        f"App\\Jobs\\X->login('{c.email(where)}', '{c.password(where)}')"
    )


def payload(c: Canaries, where: str, kind: str) -> str:
    """A queued job with what a job carries."""
    command = f'O:8:"App\\X":2:{{s:5:"email";s:9:"{c.email(where)}";s:5:"token";s:64:"{c.characters(where, 64)}";}}'
    data = {"uuid": "0", "displayName": kind, "job": "x", "data": {"commandName": kind, "command": command}}
    return json.dumps(data, separators=(",", ":"))


def v5_database(c: Canaries, root: str) -> str:
    """Statements that plant in a V5 database which has an account with one company and one user."""
    where = "database"
    failed = [
        ("App\\Jobs\\Mail\\NinjaMailerJob", exception(c, "failed_jobs", root)),
        ("App\\Jobs\\Util\\WebhookSingle", "GuzzleHttp\\Exception\\ConnectException: cURL error 6: Could not resolve host: "
         f"x (see https://curl.haxx.se) for https://u:{c.word('failed_jobs webhook')}@h.test/?key="
         f"{c.characters('failed_jobs webhook', 24)}\nStack trace:\n#0 x"),
        ("App\\Jobs\\Entity\\EmailEntity", "Symfony\\Component\\Mailer\\Exception\\TransportException: Expected response code"
         f" \"250\" but got code \"550\", with message \"550 <{c.email('failed_jobs mail')}>: Recipient "
         "address rejected\". in x.php:1\nStack trace:"),
        ("App\\Jobs\\X", f"Exception: No contact named {c.email('failed_jobs plain')} has the password "
         f"password={c.password('failed_jobs plain')} in x.php:1"),
    ]  # fmt: skip
    statements = [
        "SET SESSION foreign_key_checks = 0, sql_mode = ''",
        "SET @c = (SELECT MIN(id) FROM companies), @a = (SELECT MIN(id) FROM accounts), @u = (SELECT MIN(id) FROM users)",
        f"UPDATE companies SET settings = JSON_SET(settings, '$.name', {sql(c.company(f'{where}, company'))}, '$.email', "
        f"{sql(c.email(f'{where}, company'))}, '$.phone', {sql(c.phone(f'{where}, company'))}, '$.vat_number', "
        f"{sql(c.word(f'{where}, company'))}), company_key = {sql(c.key(f'{where}, company key'))}, subdomain = "
        f"{sql(c.word(f'{where}, subdomain'))} WHERE id = @c",
        f"UPDATE accounts SET `key` = {sql(c.key(f'{where}, account key'))}",
        f"UPDATE users SET first_name = {sql(c.word(f'{where}, user'))}, last_name = {sql(c.word(f'{where}, user'))}, "
        f"phone = {sql(c.phone(f'{where}, user'))}, ip = {sql(c.ip(f'{where}, user'))}, google_2fa_secret = "
        f"{sql(c.characters(f'{where}, 2FA', 32))}, oauth_user_token = {sql(c.characters(f'{where}, OAuth', 40))}, signature"
        f" = {sql(c.person(f'{where}, user'))}, email = {sql(c.email(f'{where}, user'))} WHERE id = @u",
        f"INSERT INTO company_tokens (company_id, account_id, user_id, token, name) VALUES (@c, @a, @u, "
        f"{sql(c.characters(f'{where}, API token', 64))}, {sql(c.word(f'{where}, API token'))})",
        f"INSERT INTO clients (company_id, user_id, name, phone, private_notes, vat_number, number) VALUES (@c, @u, "
        f"{sql(c.company(f'{where}, client'))}, {sql(c.phone(f'{where}, client'))}, {sql(c.person(f'{where}, client'))}, "
        f"{sql(c.word(f'{where}, client'))}, {sql(c.word(f'{where}, client'))})",
        "SET @k = LAST_INSERT_ID()",
        f"INSERT INTO client_contacts (company_id, client_id, user_id, first_name, last_name, email, phone, password, token, "
        f"contact_key) VALUES (@c, @k, @u, {sql(c.word(f'{where}, contact'))}, {sql(c.word(f'{where}, contact'))}, "
        f"{sql(c.email(f'{where}, contact'))}, {sql(c.phone(f'{where}, contact'))}, "
        f"{sql('$2y$10$' + c.characters(f'{where}, contact hash', 53))}, {sql(c.characters(f'{where}, contact', 32))}, "
        f"{sql(c.characters(f'{where}, contact key', 32))})",
        f"INSERT INTO company_gateways (company_id, user_id, gateway_key, accepted_credit_cards, config, fees_and_limits, "
        f"label) VALUES (@c, @u, 'd14dd26a37cecc30fdd65700bfb55b23', 0, "
        f"{sql(c.characters(f'{where}, gateway', 60))}, '{{}}', {sql(c.word(f'{where}, gateway'))})",
        *(
            f"INSERT INTO failed_jobs (uuid, connection, queue, payload, exception, failed_at) VALUES (UUID(), 'database', "
            f"'default', {sql(payload(c, 'failed_jobs payload', kind))}, {sql(text)}, NOW())"
            for kind, text in failed
        ),
        f"INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('default', "
        f"{sql(payload(c, 'jobs payload', 'App' + chr(92) + 'Jobs' + chr(92) + 'Util' + chr(92) + 'StartMigration'))}, 0, "
        "UNIX_TIMESTAMP() - 600, UNIX_TIMESTAMP() - 600)",
        f"INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ({sql(c.email('name of a queue'))}, "
        f"{sql('no JSON ' + c.email('jobs payload'))}, 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())",
        f"INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('default', "
        f"{sql(payload(c, 'jobs payload', c.email('name of a job')))}, 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())",
        f"INSERT INTO system_logs (company_id, log) VALUES (@c, {sql(c.email(f'{where}, system log'))})",
    ]  # fmt: skip
    return ";\n".join(statements) + ";"


def v4_database(c: Canaries, root: str) -> str:
    """Statements that plant in a V4 database with an account."""
    where = "database"
    statements = [
        "SET SESSION foreign_key_checks = 0, sql_mode = ''",
        "SET @a = (SELECT MIN(id) FROM accounts), @u = (SELECT MIN(id) FROM users)",
        f"UPDATE accounts SET name = {sql(c.company(f'{where}, account'))}, account_key = "
        f"{sql(c.key(f'{where}, account key'))}, ip = {sql(c.ip(f'{where}, account'))}, work_email = "
        f"{sql(c.email(f'{where}, account'))}, work_phone = {sql(c.phone(f'{where}, account'))} WHERE id = @a",
        f"UPDATE users SET first_name = {sql(c.word(f'{where}, user'))}, last_name = {sql(c.word(f'{where}, user'))}, "
        f"email = {sql(c.email(f'{where}, user'))}, username = {sql(c.email(f'{where}, user'))}, phone = "
        f"{sql(c.phone(f'{where}, user'))}, remember_token = {sql(c.characters(f'{where}, user', 60))} WHERE id = @u",
        f"INSERT INTO account_tokens (account_id, user_id, name, token, public_id) VALUES (@a, @u, "
        f"{sql(c.word(f'{where}, API token'))}, {sql(c.characters(f'{where}, API token', 32))}, 990001)",
        f"INSERT INTO account_gateways (account_id, user_id, gateway_id, config, public_id) VALUES (@a, @u, 17, "
        f"{sql(c.characters(f'{where}, gateway', 60))}, 990001)",
        f"UPDATE account_email_settings SET reply_to_email = {sql(c.email(f'{where}, e-mail settings'))}, "
        f"forward_url_for_v5 = 'https://v5.client1.test'",
        f"UPDATE clients SET name = {sql(c.company(f'{where}, client'))} LIMIT 1",
        f"UPDATE contacts SET email = {sql(c.email(f'{where}, contact'))}, first_name = {sql(c.word(f'{where}, contact'))} "
        "LIMIT 1",
        f"INSERT INTO failed_jobs (connection, queue, payload, exception) VALUES ('database', 'default', "
        f"{sql(payload(c, 'failed_jobs payload', 'App' + chr(92) + 'Jobs' + chr(92) + 'ImportData'))}, "
        f"{sql(exception(c, 'failed_jobs', root))})",
        f"INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('default', "
        f"{sql(payload(c, 'jobs payload', 'App' + chr(92) + 'Jobs' + chr(92) + 'SendInvoiceEmail'))}, 0, 1, 1)",
    ]
    return ";\n".join(statements) + ";"


# What can be seen of a program while it runs


class Watch:
    """Reads the command line and the environment of every process, again and again, from a thread."""

    def __init__(self, but: set[int]) -> None:
        self.but = but | {os.getpid()}
        self.seen: set[bytes] = set()
        self.rounds = 0
        self._stop = threading.Event()

    def _look(self) -> None:
        while not self._stop.is_set():
            for entry in os.scandir("/proc"):
                if entry.name.isdigit() and int(entry.name) not in self.but:
                    for name in ("cmdline", "environ"):
                        with contextlib.suppress(OSError):
                            self.seen.add(Path(entry.path, name).read_bytes())
            self.rounds += 1


@contextlib.contextmanager
def watching(*but: int) -> Iterator[Watch]:
    """Watch all processes but these (and this one); what was seen is in ``seen``."""
    watch = Watch(set(but))
    thread = threading.Thread(target=watch._look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch._stop.set()
        thread.join()


def files_below(*folders: Path) -> dict[Path, tuple]:
    """Every file with size and time of its last change, to see what a program wrote."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):
                status = path.lstat()
                found[path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found
