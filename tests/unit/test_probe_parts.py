"""The parts of the probe that read configuration: nginx, Apache, PHP-FPM, cron, systemd, df and php-fpm -i."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration import lock
from tests.probe_host import AWKS, awk, said, there


@pytest.fixture(params=AWKS)
def command(request: pytest.FixtureRequest) -> str:
    if not there(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


NGINX = {
    "nginx.conf": """
user www-data;  # a comment { with } braces;
http {
    client_max_body_size 5m;
    log_format main '$remote_addr "$request" {$status;}';
    upstream php { server unix:/run/php/fpm.sock; }
    include mime.types;
    include conf.d/*.conf;
    include sites-enabled/*;
}
""",
    "mime.types": "types { text/html html; }\n",
    "conf.d/gzip.conf": "gzip on;\n",
    "sites-enabled/a-other": """
server { listen 443 ssl; server_name other.example.test; root /srv/other/public;
         ssl_certificate /etc/ssl/other.crt; }
""",
    "sites-enabled/b-ninja": """
server {
    listen 80;
    server_name invoices.example.test;
    return 301 https://$host$request_uri;
}
server {
    listen 443 ssl http2;
    listen [::]:443 ssl;
    server_name invoices.example.test
        www.invoices.example.test;
    root "PUBLIC";
    ssl_certificate /etc/ssl/ninja.crt;
    error_log /var/log/nginx/ninja.log warn;
    location / { client_max_body_size 20m; try_files $uri /index.php?$query_string; }
    location ~ \\.(?:php|phtml)$ {
        client_max_body_size 50m;
        include snippets/php.conf;
    }
}
""",
    "sites-enabled/.hidden": "server { listen 443 ssl default_server; }\n",
    "snippets/php.conf": "fastcgi_pass php;\nfastcgi_read_timeout 10m;\n",
}


def nginx(folder: Path, files: dict[str, str] = NGINX, public: str = "", command: str = "awk", host: str = "") -> dict:
    """What the probe reads in these files."""
    public = public or str(folder / "root/public")
    (folder / "root/public").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / "nginx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("PUBLIC", public))
    listed = sorted(str(each) for each in (folder / "nginx").rglob("*") if each.is_file())
    environment = {
        "files": "\n".join(listed),
        "pub": str(folder / "root/public"),
        "pub2": str(folder / "root/public"),
        "host": host or "invoices.example.test",
    }
    return said(awk("web", b"", command, environment, ("-v", f"MAIN={folder}/nginx/nginx.conf")))


def test_nginx_with_includes(tmp_path: Path, command: str) -> None:
    found = nginx(tmp_path, command=command)
    assert found["web/vhost/found"] is True
    assert found["web/vhost/file"].endswith("sites-enabled/b-ninja")
    assert found["web/vhost/names"] == ["invoices.example.test", "www.invoices.example.test"]
    assert found["web/vhost/listens"] == ["443 ssl http2", "[::]:443 ssl"]
    assert found["web/vhost/max_body_bytes"] == 20 * 1024**2
    assert found["web/vhost/read_timeout_seconds"] == 600
    assert found["web/vhost/php_socket"] == found["$vhost_socket"] == "/run/php/fpm.sock"
    assert found["web/vhost/certificate"] == found["$vhost_certificates"] == "/etc/ssl/ninja.crt"
    assert found["$vhost_log"] == "/var/log/nginx/ninja.log"
    assert found["web/default_vhost/names"] == ["other.example.test"]


def test_nginx_where_only_a_link_leads_to_the_root(tmp_path: Path) -> None:
    (tmp_path / "html").symlink_to(tmp_path / "root")
    found = nginx(tmp_path, public=str(tmp_path / "html/public"), host="elsewhere.example.test")
    assert found["web/vhost/found"] is True and found["web/vhost/root"] == str(tmp_path / "html/public")


def test_nginx_without_this_site(tmp_path: Path) -> None:
    found = nginx(tmp_path, public="/srv/elsewhere", host="nobody.example.test")
    assert found["web/vhost/found"] is False
    assert found["web/default_vhost/root"] == "/srv/other/public"


def test_nginx_defaults_and_the_default_server(tmp_path: Path) -> None:
    files = {
        "nginx.conf": "http { server { listen 443 ssl; server_name a.test; }\n"
        "server { listen 443 ssl default_server; server_name b.test; root /srv/b; }\n"
        "server { listen 443 ssl; server_name *.example.test; location ~ x { fastcgi_pass 127.0.0.1:9000; } } }\n"
    }
    found = nginx(tmp_path, files)
    assert found["web/default_vhost/names"] == ["b.test"]
    assert found["web/vhost/max_body_bytes"] == 1024**2
    assert found["web/vhost/read_timeout_seconds"] == 60
    assert found["web/vhost/php_socket"] == "127.0.0.1:9000"


@pytest.mark.parametrize("text", ["server {", "include *.conf; include nginx.conf;", 'x "open', "}}}};;;", "", "\\"])
def test_a_broken_nginx_is_survived(tmp_path: Path, command: str, text: str) -> None:
    assert nginx(tmp_path, {"nginx.conf": f"http {{ {text}\n"}, command=command)["web/vhost/found"] is False


APACHE = """
Listen 443
Define ROOT PUBLIC
LoadModule php7_module /usr/lib/apache2/modules/libphp7.4.so
Timeout 300
<VirtualHost *:80>
    ServerName invoices.example.test
    Redirect / https://invoices.example.test/
</VirtualHost>
<VirtualHost *:443>
    ServerName invoices.example.test
    ServerAlias www.invoices.example.test
    DocumentRoot "${ROOT}"
    SSLEngine on
    SSLCertificateFile /etc/ssl/ninja.crt
    LimitRequestBody 1048576
    ErrorLog /var/log/apache2/ninja.log
    php_admin_value memory_limit 512M
    <FilesMatch \\.php$>
        SetHandler "proxy:unix:/run/php/php7.4-fpm.sock|fcgi://localhost/"
    </FilesMatch>
</VirtualHost>
"""


def test_apache(tmp_path: Path, command: str) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "httpd.conf").write_text(APACHE.replace("PUBLIC", str(tmp_path / "public")))
    environment = {"files": str(tmp_path / "httpd.conf"), "pub": str(tmp_path / "public"), "pub2": "", "host": "x.test"}
    found = said(awk("apache", b"", command, environment))
    assert found["web/vhost/root"] == str(tmp_path / "public")
    assert found["web/vhost/names"] == ["invoices.example.test", "www.invoices.example.test"]
    assert found["web/vhost/listens"] == ["443 ssl"]
    assert found["web/vhost/max_body_bytes"] == 1048576
    assert found["web/vhost/read_timeout_seconds"] == 300
    assert found["web/vhost/php_socket"] == "/run/php/php7.4-fpm.sock"
    assert found["$vhost_log"] == "/var/log/apache2/ninja.log"
    assert found["$apache_module"] == "/usr/lib/apache2/modules/libphp7.4.so"
    assert found["$apache_ini"] == "memory_limit=512M\n"


POOLS = """[global]
pid = /run/x.pid
[www]
user = www-data
listen = /run/php/$pool.sock
[ninja]
; listen = 9000
user = ninja
listen = 127.0.0.1:9001
request_terminate_timeout = 90s ; a comment
php_admin_value[memory_limit] = 256M
php_value[upload_max_filesize] = "64M"
"""


@pytest.mark.parametrize(
    ("socket", "pool", "user"),
    [
        ("/run/php/www.sock", "www", "www-data"),
        ("127.0.0.1:9001", "ninja", "ninja"),
        ("localhost:9001", "ninja", "ninja"),
        ("127.0.0.1:9002", None, None),
        ("", None, None),
    ],
)
def test_the_pool_that_serves_the_site(tmp_path: Path, command: str, socket: str, pool: str, user: str) -> None:
    (tmp_path / "pools.conf").write_text(POOLS)
    output = awk("fpm", b"", command, {"files": str(tmp_path / "pools.conf"), "socket": socket})
    found = said(output)
    assert f"pool_found={1 if pool else 0}\n" in output
    assert (found.get("$pool_name"), found.get("$pool_user")) == (pool, user)
    if pool == "ninja":
        assert found["$pool_timeout"] == "90s"
        assert found["$pool_ini"] == "memory_limit=256M\nupload_max_filesize=64M\n"


PHPINFO = """phpinfo()
PHP Version => 8.2.32

System => Linux x

Configuration

bcmath

BCMath support => enabled

Core

PHP Version => 8.2.32

Directive => Local Value => Master Value
allow_url_fopen => On => On
disable_functions => no value => no value
memory_limit => 1024M => 128M
curl.cainfo => no value => no value

pdo_mysql

PDO Driver for MySQL => enabled

Zend OPcache

Opcode Caching => Up

Additional Modules

Module Name
sysvmsg

Environment

HOME => /root
secret_looking_module

PHP License
"""


def test_php_fpm_as_it_is_configured(command: str) -> None:
    environment = {"pool_ini": "memory_limit=2G\npost_max_size=8M\n"}
    found = said(awk("phpinfo", PHPINFO.encode(), command, environment))
    assert (found["php/web/version"], found["php/web/version_id"]) == ("8.2.32", 80232)
    assert found["php/web/extensions"] == ["bcmath", "core", "pdo_mysql", "sysvmsg", "zend opcache"]
    assert found["php/web/ini/memory_limit"] == "2G" and found["php/web/ini/post_max_size"] == "8M"
    assert found["php/web/ini/allow_url_fopen"] == "1" and found["php/web/ini/disable_functions"] == ""


def test_a_php_fpm_that_does_not_start(command: str) -> None:
    assert said(awk("phpinfo", b"error while loading shared libraries\n", command))["php/web/ini"]


def cron(folder: Path, files: dict[str, str], command: str = "awk", mine: str = "") -> list[dict]:
    """The entries that are read in these files, below a directory that stands for /."""
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(str(path))
    environment = {"mine": mine, "me": "ops", "root": "/var/www/ninja", "root2": "/data/ninja"}
    output = awk("cron", b"", command, environment, files=paths)
    found: list[dict] = []
    for line in output.partition("\x1d")[0].splitlines():
        kind, _, rest = line.partition("\t")
        path, _, value = rest.partition("\t")
        if kind == "O":
            found.append({})
        elif path.startswith("cron/entries/-/"):
            found[-1][path.rpartition("/")[2]] = {"true": True, "false": False}.get(value, value)
    for each in found:
        each["source"] = each["source"].replace(str(folder), "")
    return found


def test_every_place_where_a_job_can_stand(tmp_path: Path, command: str) -> None:
    found = cron(
        tmp_path,
        {
            "etc/crontab": "SHELL=/bin/sh\n17 * * * * root cd / && run-parts /etc/cron.hourly\n"
            "0 * * * * www-data php7.4 /var/www/ninja/artisan ninja:send-invoices\n",
            "etc/cron.d/ninja": "#* * * * * www-data cd /var/www/ninja && php artisan schedule:run\n"
            "# artisan in words\n"
            "* * * * * root cd /var/www/ninja2 && /usr/bin/php8.2 -q artisan schedule:run\n",
            "var/spool/cron/crontabs/www-data": "*/1 * * * * cd '/var/www/ninja' && php artisan schedule:run >/x\n"
            "@daily php /data/ninja/artisan ninja:send-reminders\n",
            "etc/cron.hourly/ninja": "#!/bin/sh\nphp /var/www/ninja/artisan queue:work --stop-when-empty\n",
            "etc/supervisor/conf.d/w.conf": "[program:worker]\ncommand=php artisan queue:work\n"
            "directory=/var/www/ninja\nuser=www-data\n[program:other]\ncommand=sleep 1\n",
            "etc/systemd/system/n.timer": "[Timer]\nOnCalendar=*:0/1\n",
            "etc/systemd/system/n.service": "[Service]\nUser=www-data\nWorkingDirectory=/var/www/ninja\n"
            "ExecStart=/usr/bin/php artisan \\\n  schedule:run\n",
        },
        command,
        mine="5 * * * * php /var/www/ninja/artisan schedule:run\n",
    )
    short = [
        (each["source"], each["user"], each["kind"], each["every_minute"], each["this_root"], each["disabled"])
        for each in found
    ]
    assert short == [
        ("/etc/crontab", "www-data", "v4_invoices", False, True, False),
        ("/etc/cron.d/ninja", "www-data", "schedule", True, True, True),
        ("/etc/cron.d/ninja", "root", "schedule", True, False, False),
        ("crontab of www-data", "www-data", "schedule", True, True, False),
        ("crontab of www-data", "www-data", "v4_reminders", False, True, False),
        ("/etc/cron.hourly/ninja", "root", "queue", False, True, False),
        ("supervisor worker", "www-data", "queue", False, True, False),
        ("crontab of ops", "ops", "schedule", False, True, False),
        ("n.timer", "www-data", "schedule", True, True, False),
    ]
    assert [each.get("php") for each in found[:5]] == ["php7.4", "php", "/usr/bin/php8.2", "php", "php"]
    assert found[4]["schedule"] == "@daily" and found[5]["schedule"] == "@hourly"


def test_debian_leaves_out_files_with_a_dot(tmp_path: Path) -> None:
    (entry,) = cron(tmp_path, {"etc/cron.d/ninja.conf": "* * * * * root php /var/www/ninja/artisan schedule:run\n"})
    assert entry["disabled"] is Path("/etc/debian_version").exists()


@pytest.mark.parametrize(
    "schedule", ["*:0/1", "*:*", "*-*-* *:0/1:00", "*-*-* *:*:00", "minutely", "1 min", "1minute", "60"]
)
def test_timers_of_every_minute(tmp_path: Path, schedule: str) -> None:
    key = "OnUnitActiveSec" if schedule[0].isdigit() else "OnCalendar"
    (entry,) = cron(
        tmp_path,
        {
            "etc/systemd/system/n.timer": f"[Timer]\n{key}={schedule}\nUnit=x.service\n",
            "etc/systemd/system/x.service": "[Service]\nExecStart=php /var/www/ninja/artisan schedule:run\n",
        },
    )
    assert entry["every_minute"] is True


NOW = "1795651200"  # 2026-11-26 00:00:00 UTC


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (
            "1795650061.71 h CRON[1]: (www-data) CMD (cd /var/www/ninja && php artisan schedule:run >> /dev/null)",
            "1795650061",
        ),
        ("Nov 25 23:41:01 h CRON[1]: (www-data) CMD (cd /var/www/ninja && php artisan schedule:run)", "1795650061"),
        ("Nov  5 23:41:01 h CROND[1]: (w) CMD (php /var/www/ninja/artisan schedule:run)", "1793922061"),
        ("Dec 25 23:41:01 h CROND[1]: (w) CMD (php /var/www/ninja/artisan schedule:run)", "1766706061"),
        ("2026-11-26T00:41:01.5+01:00 h CRON[1]: (w) CMD (php /var/www/ninja/artisan schedule:run)", "1795650061"),
        ("1795650061.71 h CRON[1]: (w) CMD (cd /var/www/other && php artisan schedule:run)", ""),
        ("1795650061.71 h CRON[1]: (w) CMD (run-parts /etc/cron.hourly)", ""),
        ("No journal files were opened due to insufficient permissions.", "denied"),
        ("-- No entries --", ""),
    ],
)
def test_when_cron_last_ran_it(command: str, lines: str, at: str) -> None:
    arguments = ("-v", f"NOW={NOW}", "-v", "ZONE=0")
    assert awk("heartbeat", f"{lines}\n".encode(), command, {"root": "/var/www/ninja"}, arguments).strip() == at


def test_df_in_both_forms(command: str) -> None:
    asked = {"asked": "root /var/www\ntmp /tmp\n"}
    short = b" 1K-blocks    Avail Use% IUse% Mounted on\n 1000 600 40% 5% /\n 200 200 0% - /mnt/a b\n"
    long = (
        b"Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a b 1000 400 600 40% /\n"
        b"tmpfs 200 0 200 0% /mnt/a b\n"
        b"Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/a b 100 5 95 5% /\ntmpfs 0 0 0 - /mnt/a b\n"
    )
    for text in (short, long):
        output = awk("disks", text, command, asked)
        assert "S\tstorage/disks/-/mount\t/mnt/a b\n" in output
        assert "N\tstorage/disks/-/total_bytes\t1024000\n" in output
        assert "N\tstorage/disks/-/available_bytes\t614400\n" in output
        assert "N\tstorage/disks/-/used_percent\t40\nN\tstorage/disks/-/inodes_used_percent\t5\n" in output
        assert "N\tstorage/disks/-/inodes_used_percent\tnull\n" in output


UNITS = """Id=cron.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=crond.service
LoadState=not-found

Id=ninja-queue.service
LoadState=loaded
ActiveState=failed
UnitFileState=disabled
NRestarts=7
User=www-data
ExecStart={ path=/usr/bin/php ; argv[]=/usr/bin/php artisan queue:work database ; }

Id=ninjalift-import-7.service
LoadState=loaded
ActiveState=active
"""


def test_what_systemd_says(command: str) -> None:
    found = said(awk("units", UNITS.encode(), command))
    assert found["cron/service/enabled"] is True
    assert found["queue/units/-/name"] == "ninja-queue.service" and found["queue/units/-/state"] == "failed"
    assert found["queue/units/-/enabled"] is False and found["queue/units/-/restarts"] == 7
    assert found["migration/unit/name"] == "ninjalift-import-7.service"


LOCK = "token {token}\nclient client1\nhost ops-1\nprocess 4711\nmachine m\ntaken {taken}\n"


@pytest.mark.parametrize(
    ("taken", "beat", "told"),
    [
        ("900.50", "990.25", (99, 9)),
        ("900.50", "900.50", None),  # silent for longer than a lease
        ("100.00", "999.90", (900, 0)),
        ("5000.00", "6000.00", None),  # of an earlier boot
    ],
)
@pytest.mark.parametrize("root", ["/var/www/invoiceninja", "/srv/a b/größe/", "/"])
def test_who_holds_the_lock(command: str, root: str, taken: str, beat: str, told: tuple | None, tmp_path: Path) -> None:
    name = lock.name_of(root)
    (tmp_path / f"{name}.lock").write_text(LOCK.format(token="a" * 32, taken=taken))
    (tmp_path / f"{name}.beat").write_text(f"{beat}\n")
    (tmp_path / "other.lock").write_text(LOCK.format(token="b" * 32, taken="999"))
    found = said(awk("lock", b"", command, {"root": root, "folder": str(tmp_path)}, ("-v", "UPTIME=1000.00")))
    if told is None:
        assert found == {}
        return
    assert found["migration/lock/client"] == "client1" and found["migration/lock/host"] == "ops-1"
    assert found["migration/lock/process"] == "4711"
    assert (found["migration/lock/age_seconds"], found["migration/lock/silent_seconds"]) == told


def test_who_holds_the_lock_as_migration_lock_writes_it(command: str, tmp_path: Path) -> None:
    owner = {"token": "a" * 32, "client": "client1", "host": "ops-1", "process": 4711, "machine": "m"}
    lock.take(tmp_path, lock.name_of("/var/www/n"), owner)
    arguments = ("-v", f"UPTIME={lock.uptime() + 5:.2f}")
    found = said(awk("lock", b"", command, {"root": "/var/www/n", "folder": str(tmp_path)}, arguments))
    assert found["migration/lock/silent_seconds"] in (4, 5)
    none = awk("lock", b"", command, {"root": "/var/www/other", "folder": str(tmp_path)}, arguments)
    assert none == ""


CERTIFICATE = """notBefore=Nov 25 23:25:54 2025 GMT
notAfter=Feb  9 01:02:03 2036 GMT
issuer=CN = Some CA
subject=CN = example.test
            X509v3 Subject Alternative Name:
                DNS:example.test, DNS:*.example.test, IP Address:10.0.0.1
"""


def test_a_certificate_by_openssl(command: str) -> None:
    found = said(awk("certificate", CERTIFICATE.encode(), command))
    assert (found["tls/files/-/not_before"], found["tls/files/-/not_after"]) == (1764113154, 2086131723)
    assert found["tls/files/-/names"] == ["example.test", "*.example.test", "10.0.0.1"]
    only = said(awk("certificate", b"subject=C = DE, CN = old.test, O = x\n", command))
    assert only["tls/files/-/names"] == ["old.test"]


def test_headers_and_what_is_exposed(command: str) -> None:
    answer = b"HTTP/1.1 301 Moved\r\nLocation: https://x.test/\r\n\r\n"
    answer += b"HTTP/1.1 200 OK\r\nServer: nginx\r\nX-App-Version: 5.10.17\r\n\r\n"
    found = said(awk("headers", answer, command, {"path": "http/site", "url": "http://x.test/"}))
    assert found["http/site/status"] == 200 and found["http/site/location"] == ""
    assert found["http/site/app_version"] == "5.10.17" and found["http/site/server"] == "nginx"
    found = said(
        awk("headers", b"curl: (6) Could not resolve host: x.test\n", command, {"path": "http/site", "url": "u"})
    )
    assert found["http/site/status"] == 0 and "Could not resolve" in found["http/site/error"]
    like = ("-v", "LIKE=^APP_KEY=")
    body = b"HTTP/1.1 206 Partial\r\nContent-Type: text/plain\r\n\r\nAPP_NAME=x\nAPP_KEY=secret\n"
    found = said(awk("exposed", body, command, {}, like))
    assert (found["exposure/paths/-/status"], found["exposure/paths/-/served"]) == (206, True)
    page = body.replace(b"text/plain", b"text/html")
    assert said(awk("exposed", page, command, {}, like))["exposure/paths/-/served"] is False
