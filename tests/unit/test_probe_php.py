"""The probe's PHP half on a host where much is missing: PHP alone, with neither curl nor a driver for the database."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
from hashlib import sha1, sha256
from pathlib import Path

import pytest

from migration import app_config, env_file
from migration.errors import MigrationError
from tests.php_probe import call, php, probe

KEY = "base64:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
V5 = f"""\
APP_ENV=local
APP_KEY={KEY}
APP_DEBUG=true
APP_URL="https://ninja.example.com/"
DB_CONNECTION=mysql
DB_HOST=localhost
DB_DATABASE=ninja
DB_USERNAME=canary-user
DB_PASSWORD='canary $word'
QUEUE_CONNECTION=database
API_SECRET=canary-secret
MAIL_MAILER=log
MAIL_PASSWORD=canary-mail
EXPANDED_LOGGING=TRUE
"""
V4 = """\
APP_KEY=SomeRandomStringSomeRandomString
APP_URL=http://v4.example.com
DB_TYPE=mysql
DB_DATABASE=ninja4
DB_PASSWORD=canary-four
MAIL_DRIVER=smtp
MAIL_HOST=
LOG=daily
REQUIRE_HTTPS=true
API_SECRET=canary-api
"""
CACHED = """\
<?php return ['app' => ['env' => 'production', 'debug' => false, 'url' => 'https://old.example.com', 'key' => %s,
    'cipher' => 'AES-256-CBC', 'timezone' => 'UTC'], 'cache' => ['default' => 'file', 'prefix' => 'ninja_cache_'],
    'queue' => ['default' => 'redis', 'connections' => ['redis' => ['driver' => 'redis', 'retry_after' => 90]]],
    'database' => ['default' => 'mysql', 'connections' => ['mysql' => ['driver' => 'mysql', 'host' => 'localhost',
        'port' => 3306, 'database' => 'ninja', 'username' => 'canary-user', 'password' => 'canary-old',
        'unix_socket' => '', 'strict' => true]], 'redis' => ['default' => ['host' => '127.0.0.1', 'port' => 1]]],
    'ninja' => ['api_secret' => 'canary-secret', 'environment' => 'selfhost'], 'mail' => ['default' => 'log'], %s];
"""


def installation(folder: Path, env: str = V5, cached: str = "") -> Path:
    """A directory with what the half reads of an application."""
    root = folder / "it's a root"
    (root / "bootstrap/cache").mkdir(parents=True)
    if env:
        (root / ".env").write_text(env)
    if cached:
        (root / "bootstrap/cache/config.php").write_text(cached)
    return root


def test_the_values_of_v5_are_those_of_env_and_its_defaults(tmp_path: Path) -> None:
    said = probe(installation(tmp_path), "v5")
    values = said["config/values"]
    assert said["config/cached"] is False
    wanted = {"APP_ENV": "local", "APP_DEBUG": "true", "APP_URL": "https://ninja.example.com/"}
    wanted |= {"QUEUE_CONNECTION": "database", "EXPANDED_LOGGING": "true"}
    defaults = {names[-1]: default for names, default in app_config.KEYS.values()}
    for name in ("CACHE_DRIVER", "DB_PORT", "FILESYSTEM_DISK", "INTERNAL_QUEUE_ENABLED", "LOG_CHANNEL"):
        default = defaults[name]
        wanted[name] = str(default).lower() if isinstance(default, bool) else str(default)
    assert {name: values[name] for name in wanted} == wanted
    assert said["config/app_key"] == "ok"
    assert said["config/differs"] == []
    assert said["queue/driver"] == "database"
    assert said["queue/retry_after"] == 90000000
    assert said["queue/internal"] is True
    assert said["mail/mailer"] == "log"
    assert said.missing["mail/connects"] == "the mailer is 'log'"
    assert "canary" not in said.text + said.errors


def test_the_values_of_v4_have_its_own_names(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, V4), "v4")
    values = said["config/values"]
    assert {key: values[key] for key in ("DB_TYPE", "DB_HOST", "QUEUE_CONNECTION", "MAIL_DRIVER", "LOG")} == {
        "DB_TYPE": "mysql",
        "DB_HOST": "localhost",
        "QUEUE_CONNECTION": "sync",
        "MAIL_DRIVER": "smtp",
        "LOG": "daily",
    }
    assert values["REQUIRE_HTTPS"] == "true"
    assert said["config/app_key"] == "example"
    assert said.missing["mail/connects"] == "no mail server is configured"
    assert "canary" not in said.text + said.errors


def test_without_extensions_everything_else_still_comes(tmp_path: Path) -> None:
    said = probe(installation(tmp_path), "v5")
    assert said.ended
    assert said["php/cli/starts"] is True
    assert "curl" not in said["php/cli/extensions"]
    assert said["database/reachable"] is False
    assert said["database/error"]["code"] == "no-driver"
    assert said.missing["database"] == "the database does not answer (no-driver)"
    for path in ("http", "tls/sites", "exposure"):
        assert said.missing[path] == "this PHP has no curl extension, or its functions are disabled"
        assert not any(told.startswith(path) for told in said.facts)
    assert said["tls/php_bundle"].keys() == {"path", "exists", "mtime", "certificates"}


def test_where_no_application_was_found_php_alone_is_told(tmp_path: Path) -> None:
    said = probe(tmp_path, "")
    assert said.ended
    assert {path.split("/")[0] for path in said.facts} == {"php"}
    assert said["php/cli/ini"].keys() >= {"memory_limit", "curl.cainfo", "disable_functions"}


def test_a_cached_configuration_wins_and_what_differs_is_named(tmp_path: Path) -> None:
    root = installation(tmp_path, cached=CACHED % (f"'{KEY}'", ""))
    said = probe(root, "v5")
    assert said["config/cached"] is True
    assert said["config/mtime"] == int((root / "bootstrap/cache/config.php").stat().st_mtime)
    assert said["config/values"]["APP_URL"] == "https://old.example.com"
    assert said["config/values"]["DB_STRICT"] == "true"
    assert said["queue/driver"] == "redis"
    assert said["queue/retry_after"] == 90
    # API_SECRET and APP_KEY are the same; a key that the cache does not have is not compared.
    assert sorted(said["config/differs"]) == [
        "APP_DEBUG",
        "APP_ENV",
        "APP_URL",
        "DB_PASSWORD",
        "DB_STRICT",
        "QUEUE_CONNECTION",
        "REDIS_PORT",
    ]
    assert "canary" not in said.text + said.errors


def test_without_env_the_cache_is_enough(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, env="", cached=CACHED % ("NULL", "")), "v5")
    assert said["config/app_key"] == "missing"
    assert said.missing["config/differs"] == "there is no .env"
    assert "config/differs" not in said.facts


def test_objects_in_the_cache_need_the_application(tmp_path: Path) -> None:
    root = installation(tmp_path, cached=CACHED % (f"'{KEY}'", "'it' => App\\It::__set_state([])"))
    said = probe(root, "v5")
    assert said["config/error"] == 'Error: Class "App\\It" not found'
    assert said.missing["config/values"] == "the cached configuration cannot be loaded"
    assert said["queue/driver"] == "database", "by .env"
    (root / "vendor").mkdir()
    (root / "vendor/autoload.php").write_text(
        "<?php namespace App; echo 'noise'; class It { static function __set_state($all) { return new self(); } }"
    )
    said = probe(root, "v5")
    assert said["queue/driver"] == "redis"
    assert "config/error" not in said.facts


def test_a_broken_cache_is_told_without_what_stands_in_it(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, cached="<?php return ['password' => 'canary-cache' 'canary-more'"), "v5")
    assert said["config/error"] == "PHP cannot parse line 1"
    assert said.ended
    assert said["database/error"]["code"] == "no-driver"
    assert "canary" not in said.text + said.errors


@pytest.mark.parametrize(
    ("cache", "reason"),
    [
        ("<?php exit(3);", "the application ended PHP"),
        ("<?php ini_set('memory_limit', '20M'); return str_repeat('x', 100000000);", "Allowed memory size of"),
    ],
)
def test_a_section_that_kills_php_does_not_stop_the_next(tmp_path: Path, cache: str, reason: str) -> None:
    said = probe(installation(tmp_path, cached=cache), "v5")
    assert reason in said.missing["config"]
    assert said.ended
    assert "tls/php_bundle" in said.facts


def test_what_the_time_limit_kills_leaves_what_it_had(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, cached="<?php posix_kill(getmypid(), 9); sleep(60);"), "v5", options=())
    assert not said.ended
    assert said["config/cached"] is True
    assert "php/cli/starts" not in said.facts


def test_nothing_to_read_is_a_reason(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, env=""), "v5")
    for path in ("config", "queue/driver", "database", "mail", "http", "time/database_offset_seconds"):
        assert said.missing[path] == "neither .env nor a cached configuration can be read: there is no .env"
    assert "queue/driver" not in said.facts
    assert said.ended


ENV_SAMPLES = [
    "A=1\nB=two words\n",
    "A=1\r\nexport B='x y' # no\r\n#C=3\n\nD\nE=\n",
    'A="x\ny=z\n"\nB=${A}-${NONE}\nC=\'${A}\'\nD="\\"q\\" \\n \\$A"\n',
    'A="never closed\nB=2\n',
    "A=a#b\nA=second\nB=x # c\nC=#\nD='it''s'\n",
    "'Q'=1\nbad name=2\nG.h=3\n",
    'A="a" b\nB=ok\n',
    "A=\"\\q\"\nB=ok\nC='\\n'\nD='a\\'b'\n",
]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("content", ENV_SAMPLES)
def test_env_is_read_as_the_migration_reads_it(content: str, old: bool) -> None:
    text = content.encode().hex()
    values, wrong = call(f"probe_parse_env(hex2bin('{text}'), {str(old).lower()})")
    values = values or {}
    try:
        expected = env_file.parse(content, old)
    except MigrationError as error:
        # phpdotenv refuses the whole file; it is told, and the healthy lines are read all the same.
        assert str(error).startswith(f"{wrong}.")
        assert values
    else:
        assert (values, wrong) == (expected, "")


@pytest.mark.parametrize("value", ["true", "(FALSE)", "null", "(empty)", "'x'", '"', "''", "plain", ""])
def test_words_of_env_mean_what_laravel_takes_them_for(value: str) -> None:
    assert call(f"probe_env_cast(hex2bin('{value.encode().hex()}'))") == app_config.cast(value)


@pytest.mark.parametrize(
    ("key", "cipher", "verdict"),
    [
        (KEY, "AES-256-CBC", "ok"),
        (KEY, "AES-128-CBC", "invalid"),
        ("0123456789abcdef", "aes-128-cbc", "ok"),
        ("0123456789abcdef0123456789abcdef", "AES-256-CBC", "ok"),
        ("short", "AES-256-CBC", "invalid"),
        (KEY, "rijndael-128", "invalid"),
        ("", "AES-256-CBC", "missing"),
        ("base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno=", "AES-256-CBC", "example"),
    ],
)
def test_the_key_is_judged(key: str, cipher: str, verdict: str) -> None:
    assert call(f"probe_judge_key('{key}', '{cipher}')") == verdict


def test_a_broken_env_is_told_and_the_rest_of_it_is_read(tmp_path: Path) -> None:
    said = probe(installation(tmp_path, V5 + 'X="never closed\nCACHE_DRIVER=array\n'), "v5")
    assert said["config/error"] == "Line 15 of .env opens a double quote that is never closed"
    assert said["config/values"]["CACHE_DRIVER"] == "array"


def put(root: Path, key: str, value: str, end: int) -> None:
    """What Laravel's file cache writes."""
    name = sha1(key.encode()).hexdigest()  # noqa: S324 - Laravel's own choice
    file = root / "storage/framework/cache/data" / name[:2] / name[2:4] / name
    file.parent.mkdir(parents=True)
    file.write_text(f"{end}{value}")


ACCOUNT, OTHER = "a" * 32, "b" * 32


def test_the_marks_of_imports_are_read_from_the_file_cache(tmp_path: Path) -> None:
    root = installation(tmp_path)
    (root / "public/storage/migrations").mkdir(parents=True)
    (root / f"public/storage/migrations/{OTHER}-2026-11-25-invoiceninja.zip").touch()
    now = int(time.time())
    put(root, f"migration-{ACCOUNT}", 's:9:"completed";', now + 600)
    put(root, f"migration-{OTHER}", 's:7:"started";', now + 600)
    said = probe(root, "v5", company_key=ACCOUNT)
    assert said["migration/cache"] == [
        {"key": f"<<key:{ACCOUNT}>>", "state": "completed"},
        {"key": f"<<key:{OTHER}>>", "state": "started"},
    ]


def test_a_mark_that_is_over_or_none_is_none(tmp_path: Path) -> None:
    root = installation(tmp_path)
    put(root, f"migration-{ACCOUNT}", 's:9:"completed";', int(time.time()) - 1)
    assert probe(root, "v5", company_key=ACCOUNT)["migration/cache"] == []


def test_another_cache_cannot_be_asked(tmp_path: Path) -> None:
    root = installation(tmp_path, V5 + "CACHE_DRIVER=memcached\n")
    assert "the cache 'memcached' cannot be asked" in probe(root, "v5", company_key=ACCOUNT).missing["migration/cache"]


def test_the_schedules_lock_tells_its_age(tmp_path: Path) -> None:
    root = installation(tmp_path)
    assert probe(root, "v5").missing["queue/mutex_age_seconds"] == "the schedule holds no lock on its worker"
    binary = str(Path(php()).resolve())
    command = f"* * * * *'{binary}' 'artisan' queue:work database --stop-when-empty --memory=256"
    key = "framework/schedule-" + sha1(command.encode()).hexdigest()  # noqa: S324
    put(root, key, 's:16:"ownerownerownero";', int(time.time()) + 86400 - 5000)
    assert probe(root, "v5")["queue/mutex_age_seconds"] in range(5000, 5000 + 60)


class Redis:
    """A server that knows AUTH, SELECT, PING, GET and TTL."""

    def __init__(self, password: str, values: dict[str, str]) -> None:
        self.password, self.values, self.asked = password, values, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        known = not self.password
        with connection, connection.makefile("rwb") as stream:
            while line := stream.readline():
                words = []
                for _ in range(int(line[1:])):
                    length = int(stream.readline()[1:])
                    words.append(stream.read(length + 2)[:-2].decode())
                self.asked.append(words)
                if words[0] == "AUTH":
                    known = words[-1] == self.password
                    reply = b"+OK\r\n" if known else b"-WRONGPASS invalid username-password pair\r\n"
                elif not known:
                    reply = b"-NOAUTH Authentication required.\r\n"
                elif words[0] == "GET":
                    value = self.values.get(words[1])
                    reply = b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value.encode())
                else:
                    reply = {"PING": b"+PONG\r\n", "SELECT": b"+OK\r\n", "TTL": b":500\r\n"}[words[0]]
                stream.write(reply)
                stream.flush()


@pytest.fixture
def redis() -> Redis:
    server = Redis("canary-redis", {f"ninja_cache_migration-{ACCOUNT}": 's:6:"failed";'})
    yield server
    server.close()


def with_redis(port: int, word: str = "canary-redis") -> str:
    return (
        V5.replace("QUEUE_CONNECTION=database", "QUEUE_CONNECTION=redis")
        + f"CACHE_DRIVER=redis\nAPP_NAME=Ninja\nREDIS_PORT={port}\nREDIS_PASSWORD={word}\n"
    )


def test_redis_is_asked_with_its_password(tmp_path: Path, redis: Redis) -> None:
    said = probe(installation(tmp_path, with_redis(redis.port)), "v5", company_key=ACCOUNT)
    assert said["queue/redis"] == {"host": "127.0.0.1", "port": redis.port, "answers": True}
    assert said["migration/cache"] == [{"key": f"<<key:{ACCOUNT}>>", "state": "failed"}]
    assert ["SELECT", "1"] in redis.asked, "the cache's database"
    assert "canary" not in said.text + said.errors


def test_redis_that_refuses_or_is_not_there(tmp_path: Path, redis: Redis) -> None:
    said = probe(installation(tmp_path, with_redis(redis.port, "canary-wrong")), "v5", company_key=ACCOUNT)
    assert said["queue/redis"]["answers"] is False
    assert said.missing["queue/redis/error"] == "Redis refuses AUTH: WRONGPASS"
    assert "canary" not in said.text + said.errors
    redis.close()
    said = probe(installation(tmp_path / "2", with_redis(redis.port)), "v5", company_key=ACCOUNT)
    assert said["queue/redis"]["answers"] is False
    assert "does not answer" in said.missing["migration/cache"]


def ini_files(folder: Path, **more: str) -> dict:
    """Put up php.ini and conf.d of a command line and an FPM; more: what FPM's files have besides, by file name.

    Returns what makes probe() run the one and tell of the other.
    """
    for sapi, memory in (("cli", "-1"), ("fpm", "512M")):
        conf = folder / sapi / "conf.d"
        conf.mkdir(parents=True)
        (folder / sapi / "php.ini").write_text(f"[PHP]\nmemory_limit = {memory}\n;extension=none\n")
        (conf / "20-ctype.ini").write_text("; priority=20\nextension=ctype.so\n")
    for name, text in more.items():
        file = folder / "fpm" / {"php": "php.ini", "late": "conf.d/99-late.ini"}[name]
        with file.open("a") as stream:
            stream.write(text)
    return {
        "options": ("-c", str(folder / "cli/php.ini")),
        "env": {"PHP_INI_SCAN_DIR": str(folder / "cli/conf.d")},
        "fpm": str(folder / "fpm"),
    }


def test_the_php_of_the_pool_differs_in_its_settings_alone(tmp_path: Path) -> None:
    late = 'upload_max_filesize = "64M" ; as V5 wants it\nallow_url_fopen = Off\npost_max_size = 70M\n'
    pool = "$probe_pool = ['post_max_size' => '80M', 'sendmail_path' => '/canary'];"
    how = ini_files(tmp_path, late=late)
    said = probe(installation(tmp_path), "v5", before=pool, **how)
    ini = {name.rpartition("/")[2]: value for name, value in said.facts.items() if name.startswith("php/web/ini/")}
    assert ini == {
        "memory_limit": "512M",
        "upload_max_filesize": "64M",
        "post_max_size": "80M",
        "max_execution_time": "30",
        "allow_url_fopen": "0",
        "disable_functions": "",
        "open_basedir": "",
        "curl.cainfo": "",
        "openssl.cafile": "",
    }
    assert said["php/cli/ini"]["memory_limit"] == "-1"
    assert (said["php/web/version"], said["php/web/version_id"]) == (
        said["php/cli/version"],
        said["php/cli/version_id"],
    )
    assert set(said["php/web/extensions"]) ^ set(said["php/cli/extensions"]) == {"pcntl", "cgi-fcgi"}
    assert said["php/web/extensions"] == sorted(said["php/web/extensions"])


@pytest.mark.parametrize(
    "more",
    [
        {"late": "extension = zip\n"},
        {"php": 'zend_extension="/opt/xdebug.so"\n'},
        {"late": "[PATH=/srv/site]\nmemory_limit = 1M\n"},
        {"late": "memory_limit = (\n"},
        {"php": "extension_dir = /opt/extensions\n"},
    ],
)
def test_where_there_is_doubt_nothing_is_told_of_the_pool(tmp_path: Path, more: dict) -> None:
    said = probe(installation(tmp_path), "v5", **ini_files(tmp_path, **more))
    assert not [path for path in (*said.facts, *said.missing) if path.startswith("php/web")]
    assert said.ended


def test_without_a_php_ini_of_the_pool_nothing_is_told_of_it(tmp_path: Path) -> None:
    how = ini_files(tmp_path)
    (tmp_path / "fpm/php.ini").unlink()
    assert "php/web/version" not in probe(installation(tmp_path), "v5", **how).facts


def pseudonym(value: str, salt: str = "it") -> str:
    """What PHP prints when it makes a pseudonym."""
    text = f"base64_decode('{base64.b64encode(value.encode('utf-8', 'surrogateescape')).decode()}')"
    return call(
        f"(function () {{ global $probe; $probe = (object) ['salt' => '{salt}']; ob_start();"
        f" echo probe_pseudonym('name', {text}), '|'; return bin2hex(ob_get_clean()); }})()"
    )


def test_the_digest_of_a_pseudonym_is_the_one_that_sh_would_make() -> None:
    said = bytes.fromhex(pseudonym("KALE & Söhne")).decode()
    digest = sha256("it\nname\nkale & söhne".encode()).hexdigest()[:6]
    assert said == f"Q\tname kale & söhne\t{digest}\n<<name:KALE & Söhne>>|"


@pytest.mark.parametrize(
    "value", ["two\nlines", 'a "word"', "a\tb", "back\\slash", "a > b", "\udcff", "\u2028", "\u0085"]
)
def test_sh_makes_the_digest_of_a_text_that_the_writer_may_change(value: str) -> None:
    assert not bytes.fromhex(pseudonym(value)).startswith(b"Q")


def test_without_a_salt_there_is_no_digest() -> None:
    assert bytes.fromhex(pseudonym("Kale", salt="")) == b"<<name:Kale>>|"
