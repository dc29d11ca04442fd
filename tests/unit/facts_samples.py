"""Facts documents of a healthy V5 and a healthy V4, as docs/facts.md describes them, for the tests of the checks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from diagnostics.facts import Facts

NOW = 1_790_000_000  # 2026-09-21 13:33:20 UTC
MINUTE, HOUR, DAY = 60, 3600, 86400
GIB = 1024**3
V5_ROOT = "/var/www/invoiceninja"
V4_ROOT = "/var/www/invoiceninja"
GONE = object()  # changed(document, database=GONE): the fact is not there

# A plain list of what Debian's packages for V5 and V4 load.
_EXTENSIONS = (
    "bcmath calendar core ctype curl date dom exif ffi fileinfo filter ftp gd gettext gmp hash iconv intl json libxml "
    "mbstring mysqli mysqlnd openssl pcntl pcre pdo pdo_mysql phar posix readline reflection session shmop simplexml "
    "sockets sodium spl standard sysvmsg sysvsem sysvshm tokenizer xml xmlreader xmlwriter xsl zend opcache zip zlib"
)
V4_EXTENSIONS = _EXTENSIONS.replace("zend opcache", "zend_opcache").split()
V5_EXTENSIONS = sorted([*V4_EXTENSIONS, "imagick", "random", "soap"])

_COMMAND_NAMES = "curl wget openssl mysql mariadb mysqldump unzip crontab sudo systemctl journalctl timeout"
_COMMANDS = {name: f"/usr/bin/{name}" for name in _COMMAND_NAMES.split(" ")}
_IMPORT_ORDER = (
    "account company users payment_terms tax_rates clients company_gateways client_gateway_tokens vendors projects "
    "products credits recurring_invoices invoices quotes payments expense_categories task_statuses expenses "
    "recurring_expenses tasks documents"
)


def _disk(what: str, path: str, mount: str = "/") -> dict[str, Any]:
    return {
        "what": what,
        "path": path,
        "mount": mount,
        "total_bytes": 80 * GIB,
        "available_bytes": 50 * GIB,
        "used_percent": 36,
        "inodes_used_percent": 9,
        "read_only": False,
    }


def _path(path: str, kind: str, writable: bool, owner: str = "www-data") -> dict[str, Any]:
    return {"path": path, "kind": kind, "exists": True, "readable": True, "writable": writable, "owner": owner}


def _answer(url: str, status: int, kind: str = "", location: str = "", app_version: str = "") -> dict[str, Any]:
    return {
        "url": url,
        "status": status,
        "location": location,
        "type": kind,
        "app_version": app_version,
        "server": "nginx",
        "error": "",
    }


def _certificate(subject: str, issuer: str, names: list[str]) -> dict[str, Any]:
    return {
        "subject": subject,
        "issuer": issuer,
        "not_before": NOW - 30 * DAY,
        "not_after": NOW + 60 * DAY,
        "names": names,
        "self_signed": subject == issuer,
    }


def _site(role: str, host: str, version: str, address: str, api_status: int) -> dict[str, Any]:
    return {
        "role": role,
        "url": f"https://{host}",
        "scheme": "https",
        "host": host,
        "port": 443,
        "addresses": [address],
        "connected": True,
        "error": "",
        "verified": True,
        "verify_error": "",
        "verified_by": "php",
        "curl_errno": 0,
        "name_matches": True,
        "chain": [
            _certificate(f"CN={host}", "CN=R11,O=Let's Encrypt,C=US", [host]),
            _certificate("CN=R11,O=Let's Encrypt,C=US", "CN=ISRG Root X1,O=Internet Security Research Group,C=US", []),
        ],
        "chain_without_sni": f"CN={host}",
        "intermediate_missing": False,
        "redirect": None,
        "api_status": api_status,
        "api_version": version,
    }


def _document(kind: str, name: str, host: str, os_version: str, codename: str, python: str) -> dict[str, Any]:
    """What both samples have alike."""
    return {
        "schema": 1,
        "probe": {
            "version": 1,
            "began": NOW,
            "seconds": 0.9,
            "complete": True,
            "limit_seconds": 60,
            "uid": 0,
            "user": "root",
            "root_asked": "",
            "missing": {},
            "redacted": {"email": 2, "secret": 1},
        },
        "host": {
            "name": name,
            "os": {"id": "debian", "version": os_version, "name": f"Debian GNU/Linux {os_version} ({codename})"},
            "kernel": "6.1.0-28-amd64",
            "arch": "x86_64",
            "init": "systemd",
            "container": "",
            "uptime_seconds": 12 * DAY,
            "cpus": 2,
            "load1": 0.12,
            "memory": {"total_bytes": 4 * GIB, "available_bytes": 3 * GIB, "swap_bytes": GIB},
            "oom_kills": 0,
            "python": [{"path": "/usr/bin/python3", "version": python}],
            "selinux": "",
            "commands": dict(_COMMANDS),
        },
        "time": {"epoch": NOW, "timezone": "+0000", "ntp_synchronized": True, "database_offset_seconds": 0},
        "web_user": {"name": "www-data", "source": "pool"},
        "web": {
            "server": "nginx",
            "version": "1.22.1",
            "running": True,
            "config_ok": True,
            "config_error": "",
            "vhost": {
                "found": True,
                "file": f"/etc/nginx/sites-enabled/{host}.conf",
                "names": [host],
                "root": f"{V5_ROOT}/public",
                "listens": ["443 ssl", "[::]:443 ssl"],
                "max_body_bytes": 2064 * 1024**2,
                "read_timeout_seconds": 3600,
                "php_socket": "/run/php/invoiceninja.sock",
                "php_socket_exists": True,
                "certificate": f"/etc/ssl/certs/{host}.crt",
            },
            "default_vhost": {
                "file": f"/etc/nginx/sites-enabled/{host}.conf",
                "names": [host],
                "root": f"{V5_ROOT}/public",
            },
        },
        "storage": {
            "disks": [
                _disk("root", "/"),
                _disk("storage", f"{V5_ROOT}/storage"),
                _disk("logs", f"{V5_ROOT}/storage/logs"),
                _disk("database", "/var/lib/mysql"),
                _disk("tmp", "/tmp"),  # noqa: S108
            ],
            "exports": [],
            "backups": [],
            "public_storage": "directory",
            "sessions": 12,
        },
        "permissions": {
            "tested_as": "www-data",
            "unwritable": [],
            "unwritable_count": 0,
            "counted_all": True,
            "owners": {"www-data": 412},
            "world_writable": [],
            "parents_blocked": [],
        },
        "config": {"cached": False, "mtime": None, "error": "", "differs": [], "app_key": "ok"},
        "env": {
            "exists": True,
            "readable": True,
            "mode": "0640",
            "owner": "www-data",
            "group": "www-data",
            "mtime": NOW - 3 * DAY,
            "app_key": "ok",
            "api_secret_set": False,
            "update_secret_set": False,
            "mail_password_set": True,
            "db_password_set": True,
            "mail_from_set": True,
            "duplicates": [],
            "need_quotes": [],
            "broken_lines": [],
            "crlf": False,
        },
        "app": {
            "kind": kind,
            "root": V5_ROOT,
            "found_by": "asked",
            "others": [],
            "root_exists": True,
            "readable": True,
            "artisan": True,
            "vendor": True,
            "index": True,
            "maintenance": False,
            "upgrade_note": "",
            "snappdf": None,
            "bootstrap_cache": [
                {"name": "packages.php", "mtime": NOW - 3 * DAY},
                {"name": "services.php", "mtime": NOW - 3 * DAY},
            ],
        },
        "tls": {
            "php_bundle": {
                "path": "/etc/ssl/certs/ca-certificates.crt",
                "exists": True,
                "mtime": NOW - 90 * DAY,
                "certificates": 140,
            },
            "files": [
                {
                    "path": f"/etc/ssl/certs/{host}.crt",
                    "readable": True,
                    "not_before": NOW - 30 * DAY,
                    "not_after": NOW + 60 * DAY,
                    "names": [host],
                    "issuer": "CN=R11,O=Let's Encrypt,C=US",
                }
            ],
        },
        "exposure": {
            "base": f"https://{host}",
            "paths": [
                {"path": "/.env", "kind": "env", "status": 404, "served": False},
                {"path": "/storage/logs/laravel.log", "kind": "log", "status": 404, "served": False},
                {"path": "/.git/HEAD", "kind": "git", "status": 404, "served": False},
            ],
        },
        "mail": {
            "mailer": "smtp",
            "host": "mail.example.com",
            "port": 587,
            "connects": True,
            "error": "",
            "sendmail": "",
            "queued": 0,
        },
    }


_V5_TABLES = {
    "schema": "v5",
    "server": "10.11.14-MariaDB-0+deb12u2",
    "flavour": "mariadb",
    "version_id": 101114,
    "migrations": {"ran": 366, "files": 366, "pending": [], "pending_count": 0},
}
_JOBS = {
    "count": 0,
    "waiting": 0,
    "oldest_waiting_seconds": None,
    "reserved": 0,
    "oldest_reserved_seconds": None,
    "by_kind": {},
    "queues": {},
    "migration": [],
}


def _database() -> dict[str, Any]:
    return {
        "reachable": True,
        "error": None,
        "charset": "utf8mb4",
        "max_allowed_packet": 16777216,
        "sql_mode": "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION",
        "strict": False,
        "bytes": 24 * 1024**2,
        "tables": 118,
        "not_innodb": [],
        "jobs": deepcopy(_JOBS),
        "failed_jobs": {"count": 0, "last_seconds": None, "by_kind": {}, "latest": []},
    }


def _values(kind: str, host: str) -> dict[str, str]:
    if kind == "v4":
        return {
            "APP_ENV": "production",
            "APP_DEBUG": "false",
            "APP_URL": f"https://{host}",
            "APP_CIPHER": "AES-256-CBC",
            "DB_TYPE": "mysql",
            "DB_HOST": "localhost",
            "DB_DATABASE": "ninja",
            "LOG": "single",
            "MAIL_DRIVER": "smtp",
            "MAIL_HOST": "mail.example.com",
            "MAIL_PORT": "587",
            "MAIL_ENCRYPTION": "tls",
            "REQUIRE_HTTPS": "true",
        }
    return {
        "APP_ENV": "production",
        "APP_DEBUG": "false",
        "APP_URL": f"https://{host}",
        "CACHE_DRIVER": "file",
        "DB_CONNECTION": "mysql",
        "DB_HOST": "localhost",
        "DB_PORT": "3306",
        "DB_DATABASE": "ninja5",
        "DB_STRICT": "false",
        "EXPANDED_LOGGING": "true",
        "FILESYSTEM_DISK": "public",
        "INTERNAL_QUEUE_ENABLED": "false",
        "LOG_CHANNEL": "stack",
        "MAIL_MAILER": "smtp",
        "MAIL_HOST": "mail.example.com",
        "MAIL_PORT": "587",
        "MAIL_ENCRYPTION": "tls",
        "MULTI_DB_ENABLED": "false",
        "NINJA_ENVIRONMENT": "selfhost",
        "PDF_GENERATOR": "snappdf",
        "QUEUE_CONNECTION": "database",
        "REQUIRE_HTTPS": "true",
        "SESSION_DRIVER": "file",
    }


def _ini(memory: str, upload: str, post: str, seconds: str) -> dict[str, str]:
    return {
        "memory_limit": memory,
        "upload_max_filesize": upload,
        "post_max_size": post,
        "max_execution_time": seconds,
        "allow_url_fopen": "1",
        "disable_functions": "",
        "open_basedir": "",
        "curl.cainfo": "",
        "openssl.cafile": "",
    }


def _php(version: str, version_id: int, extensions: list[str], cli: dict[str, str], web: dict[str, str]) -> dict:
    short = ".".join(version.split(".")[:2])
    return {
        "cli": {
            "path": f"/usr/bin/php{short}",
            "version": version,
            "version_id": version_id,
            "starts": True,
            "error": "",
            "extensions": list(extensions),
            "ini": cli,
        },
        "versions": [
            {"path": f"/usr/bin/php{short}", "version": version, "sapi": "cli"},
            {"path": f"/usr/sbin/php-fpm{short}", "version": version, "sapi": "fpm"},
        ],
        "web": {
            "kind": "fpm",
            "binary": f"/usr/sbin/php-fpm{short}",
            "version": version,
            "version_id": version_id,
            "running": True,
            "user": "www-data",
            "listen": "/run/php/invoiceninja.sock",
            "pool": f"/etc/php/{short}/fpm/pool.d/invoiceninja.conf",
            "extensions": list(extensions),
            "ini": {**web, "request_terminate_timeout": "0"},
        },
    }


def healthy_v5() -> dict[str, Any]:
    """V5 5.10.17 on Debian 12: nginx, PHP 8.2, MariaDB, a database queue with a service, cron, one imported company."""
    host = "v5.example.com"
    document = _document("v5", "v5", host, "12", "bookworm", "3.11.2")
    values = _values("v5", host)
    document["app"].update(version="5.10.17", export_code="")
    document["app"]["snappdf"] = {
        "path": f"{V5_ROOT}/vendor/beganovich/snappdf/versions/1350406-chrome-linux/chrome-linux/chrome",
        "executable": True,
    }
    document["php"] = _php(
        "8.2.29", 80229, V5_EXTENSIONS, _ini("-1", "2048M", "2064M", "0"), _ini("1024M", "2048M", "2064M", "3600")
    )
    document["web"]["vhost"]["file"] = "/etc/nginx/sites-enabled/invoiceninja-v5.conf"
    document["env"].update(keys=sorted([*values, "APP_KEY", "DB_PASSWORD", "DB_USERNAME"]), values=values)
    document["config"]["values"] = {**values, "LOG_LEVEL": "debug", "APP_CIPHER": "AES-256-CBC"}
    document["http"] = {
        "base": f"https://{host}",
        "plain": _answer(f"http://{host}/", 301, "text/html", f"https://{host}/"),
        "site": _answer(f"https://{host}/", 200, "text/html; charset=UTF-8"),
        "api": _answer(f"https://{host}/api/v1/ping", 403, "application/json", "", "5.10.17"),
        "login": _answer(f"https://{host}/api/v1/login", 200, "text/html; charset=UTF-8", "", "5.10.17"),
    }
    document["tls"]["sites"] = [
        _site("self", host, "5.10.17", "192.0.2.15", 403),
        _site("peer", "v4.example.com", "", "192.0.2.14", 200),
    ]
    document["permissions"]["paths"] = [
        _path(".env", "env", True),
        *(
            _path(path, "directory", True)
            for path in (
                "storage",
                "storage/app",
                "storage/framework",
                "storage/framework/cache",
                "storage/framework/sessions",
                "storage/framework/views",
                "storage/logs",
                "bootstrap/cache",
                "public/storage",
            )
        ),
        _path("storage/logs/laravel.log", "log", True),
        _path("vendor", "code", False, "root"),
        _path("public/index.php", "code", False, "root"),
    ]
    document["cron"] = {
        "service": {"name": "cron", "running": True, "enabled": True},
        "heartbeat": {"at": NOW - 40, "source": "queue:restart", "flag": True},
        "user_crontabs": True,
        "entries": [
            {
                "source": "/etc/cron.d/invoiceninja-v5",
                "user": "www-data",
                "schedule": "* * * * *",
                "every_minute": True,
                "command": f"cd {V5_ROOT} && /usr/bin/php8.2 artisan schedule:run >> /dev/null 2>&1",
                "kind": "schedule",
                "this_root": True,
                "disabled": False,
                "php": "/usr/bin/php8.2",
            }
        ],
    }
    document["queue"] = {
        "driver": "database",
        "internal": False,
        "workers": [
            {
                "pid": 812,
                "user": "www-data",
                "age_seconds": 2 * HOUR,
                "command": "/usr/bin/php8.2 artisan queue:work database --sleep=3 --tries=1",
                "this_root": True,
            }
        ],
        "units": [
            {
                "name": "invoiceninja-v5-queue.service",
                "state": "active",
                "enabled": True,
                "user": "www-data",
                "restarts": 0,
            }
        ],
        "redis": None,
        "retry_after": 90000000,
        "mutex_age_seconds": None,
    }
    document["database"] = {
        **_database(),
        **deepcopy(_V5_TABLES),
        "accounts": [{"id": 1, "companies": 1, "scheduler_running": True}],
        "companies": [
            {
                "id": 2,
                "account_id": 1,
                "key": "<key:9c1d22>",
                "name": "<name:4be1a0>",
                "blank": False,
                "disabled": False,
                "default": True,
                "age_seconds": 2 * DAY,
                "invoices": 37,
                "clients": 9,
                "imported": True,
            }
        ],
        "users": {"count": 2, "two_factor": 0, "without_company": 0},
        "documents": {"count": 3, "by_kind": {"App\\Models\\Expense": 3}, "files_missing": 0},
    }
    document["logs"] = {
        "files": [
            {
                "name": "storage/logs/laravel.log",
                "bytes": 48213,
                "mtime": NOW - MINUTE,
                "readable": True,
                "from": 0,
                "to": 48213,
                "inode": 1311,
            }
        ],
        "hits": [],
        "import": [
            {"at": "2026-09-19 13:00:00", "env": "production", "level": "INFO", "text": f"Importing {resource}"}
            for resource in _IMPORT_ORDER.split(" ")
        ]
        + [
            {
                "at": "2026-09-19 13:01:12",
                "env": "production",
                "level": "INFO",
                "text": "Completed🚀🚀🚀🚀🚀 at 2026-09-19 13:01:12",
            }
        ],
        "hits_cut": 0,
    }
    document["migration"] = {"cache": [{"key": "<key:9c1d22>", "state": "completed"}], "unit": None, "lock": None}
    return document


def healthy_v4() -> dict[str, Any]:
    """V4 4.5.50 on Debian 11: nginx, PHP 7.4, MariaDB, and the cron lines that real installations have."""
    host = "v4.example.com"
    document = _document("v4", "v4", host, "11", "bullseye", "3.9.2")
    values = _values("v4", host)
    document["app"].update(version="4.5.50", export_code="master")
    document["php"] = _php("7.4.33", 70433, V4_EXTENSIONS, _ini("-1", "2M", "8M", "0"), _ini("128M", "2M", "8M", "30"))
    document["web"]["version"] = "1.18.0"
    document["web"]["vhost"].update(max_body_bytes=20 * 1024**2, read_timeout_seconds=600)
    document["env"].update(keys=sorted([*values, "APP_KEY", "DB_PASSWORD", "DB_USERNAME"]), values=values)
    document["config"]["values"] = dict(values)
    document["http"] = {
        "base": f"https://{host}",
        "plain": _answer(f"http://{host}/", 301, "text/html", f"https://{host}/"),
        "site": _answer(f"https://{host}/", 302, "text/html; charset=UTF-8", f"https://{host}/login"),
        # V4 is asked for the options: a GET without a token would wait for seconds.
        "api": _answer(f"https://{host}/api/v1/ping", 200, "text/html; charset=UTF-8"),
    }
    document["tls"]["sites"] = [
        _site("self", host, "", "192.0.2.14", 200),
        _site("peer", "v5.example.com", "5.10.17", "192.0.2.15", 403),
    ]
    document["permissions"]["paths"] = [
        _path(".env", "env", True),
        *(
            _path(path, "directory", True)
            for path in (
                "storage",
                "storage/app",
                "storage/app/migrations",
                "storage/framework",
                "storage/framework/cache",
                "storage/framework/sessions",
                "storage/framework/views",
                "storage/logs",
                "storage/migrations",
                "bootstrap/cache",
                "public/logo",
            )
        ),
        _path("storage/logs/laravel-info.log", "log", True),
        _path("storage/logs/laravel-error.log", "log", True),
        _path("vendor", "code", False, "root"),
        _path("public/index.php", "code", False, "root"),
    ]
    document["cron"] = {
        "service": {"name": "cron", "running": True, "enabled": True},
        "heartbeat": {"at": NOW - 5 * HOUR, "source": "journal", "flag": None},
        "user_crontabs": True,
        "entries": [
            {
                "source": "/etc/cron.d/invoiceninja",
                "user": "www-data",
                "schedule": schedule,
                "every_minute": False,
                "command": f"/usr/bin/php7.4 {V4_ROOT}/artisan ninja:{command}",
                "kind": kind,
                "this_root": True,
                "disabled": False,
                "php": "/usr/bin/php7.4",
            }
            for schedule, command, kind in (
                ("0 8 * * *", "send-invoices", "v4_invoices"),
                ("0 9 * * *", "send-reminders", "v4_reminders"),
            )
        ],
    }
    document["queue"] = {
        "driver": "sync",
        "internal": False,
        "workers": [],
        "units": [],
        "redis": None,
        "retry_after": None,
        "mutex_age_seconds": None,
    }
    document["database"] = {
        **_database(),
        "schema": "v4",
        "server": "10.5.29-MariaDB-0+deb11u1",
        "flavour": "mariadb",
        "version_id": 100529,
        "charset": "utf8",
        "migrations": {"ran": 196, "files": 196, "pending": [], "pending_count": 0},
        "accounts": [
            {
                "id": 1,
                "key": "<key:9c1d22>",
                "owner": "<email:5e0b1f>",
                "forward_url": "",
                "disabled": False,
                "created_age_seconds": 900 * DAY,
                "records": {
                    "clients": 12,
                    "products": 3,
                    "invoices": 64,
                    "quotes": 2,
                    "payments": 64,
                    "expenses": 5,
                    "tasks": 0,
                },
            }
        ],
        "users": {"count": 2, "without_email": 0, "username_not_email": 0},
        "documents": {"count": 3, "by_kind": {"invoice": 2, "expense": 1}, "files_missing": 0},
        "v4": {"recurring_due": 0, "last_invoice_age_seconds": 4 * DAY, "email_settings_missing": 0},
    }
    document["logs"] = {
        "files": [
            {
                "name": "storage/logs/laravel-error.log",
                "bytes": 2112,
                "mtime": NOW - 20 * DAY,
                "readable": True,
                "from": 0,
                "to": 2112,
                "inode": 1402,
            },
            {
                "name": "storage/logs/laravel-info.log",
                "bytes": 81213,
                "mtime": NOW - HOUR,
                "readable": True,
                "from": 0,
                "to": 81213,
                "inode": 1403,
            },
        ],
        "hits": [],
        "import": [],
        "hits_cut": 0,
    }
    return document


def changed(document: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A copy with these paths set: ``changed(healthy_v5(), database__jobs__count=3, tls__sites__0__verified=False)``.

    A number is a place in a list; GONE takes the fact away. For keys that are no Python names, such as ``curl.cainfo``:
    ``changed(document, **{"php__web__ini__curl.cainfo": ""})``.
    """
    copy = deepcopy(document)
    for path, value in values.items():
        *parents, last = (int(name) if name.isdigit() else name for name in path.split("__"))
        place: Any = copy
        for name in parents:
            place = place[name]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return copy


def facts(document: dict[str, Any], **values: Any) -> Facts:
    """The document, with these changes, as the checks read it."""
    return Facts(changed(document, **values))
