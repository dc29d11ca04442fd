"""What can be broken on a lab machine: host, php, web, tls, permissions, exposure, mail.

V4 stands on Debian 11 with nginx and PHP 7.4, V5 on Debian 12 as the roles leave it, with its configuration cached.
Where the probe reads a file and the running server does not matter, nothing is reloaded: then nothing else breaks.
"""

from __future__ import annotations

import shlex

from fault_table import FORGET, Fault

# Functions for the commands below. A file that was kept comes back with its times, its owner, and as the link it was.
SETUP = r"""
set -eu
root=/var/www/invoiceninja
site=$(readlink -f /etc/nginx/sites-enabled/v[45].*)
name=$(sed -n 's/^ *server_name \(.*\);/\1/p' "$site" | head -n 1)
keep() { for each; do mkdir -p "/run/faults${each%/*}"; cp -a "$each" "/run/faults$each"; done; }
back() { for each; do cp -a --remove-destination "/run/faults$each" "$each"; rm -f "/run/faults$each"; done; }
# A reload leaves old workers for a moment, and systemd stops a service that starts too often.
web() { nginx -t -q; systemctl reset-failed nginx; systemctl restart nginx; }
alone() { mkdir -p "/run/faults${1%/*}"; mv "$1" "/run/faults$1"; }
again() { mv "/run/faults$1" "$1"; }
"""
V5_CLI, V5_FPM, V4_FPM = (f"/etc/php/{each}/conf.d/99-zz-fault.ini" for each in ("8.2/cli", "8.2/fpm", "7.4/fpm"))
CONTAINER = "/run/systemd/container"


def fault(check_id: str, host: str, break_: str, mend: str, *also: str, on: str = "", notes: str = "") -> Fault:
    return Fault(check_id, host, f"{SETUP}{break_}\n", f"{SETUP}{mend}\n", also, on, notes=notes)


def in_file(check_id: str, host: str, file: str, edit: str, *also: str) -> Fault:
    """A file that is read by the probe only: edited, and brought back."""
    return fault(check_id, host, f"keep {file}; {edit}", f"back {file}", *also)


def in_site(
    check_id: str,
    host: str,
    expression: str,
    *also: str,
    running: bool = True,
    on: str = "",
    then: str = "",
    undo: str = "",
) -> Fault:
    """nginx's file of the site, changed by sed; running: nginx serves it so. then, undo: what else is done."""
    edits = ["keep $site", f"sed -i -E {shlex.quote(expression)} $site", then, "web" if running else ""]
    mends = ["back $site", undo, "web" if running else ""]
    return fault(check_id, host, "; ".join(filter(None, edits)), "; ".join(filter(None, mends)), *also, on=on)


def location(check_id: str, host: str, block: str, *also: str, on: str = "") -> Fault:
    """An address of the site that nginx answers in its own way."""
    return in_site(check_id, host, rf"s|^( *)root .*/public;|&\n\1location {block}|", *also, on=on)


def php_ini(check_id: str, host: str, file: str, line: str, *also: str) -> Fault:
    """A setting of PHP. FPM itself is not restarted: the probe asks the program how it would be."""
    return fault(check_id, host, f"echo {shlex.quote(line)} > {file}", f"rm {file}", *also)


def setting(check_id: str, values: str, *also: str) -> Fault:
    """Settings of V5 in .env and in effect, for its configuration is cached."""
    files = "$root/.env $root/bootstrap/cache/config.php"
    make = f"keep {files}; cd $root; {values}; sudo -u www-data php artisan config:cache"
    return fault(check_id, "v5", make, f"back {files}; {FORGET}", *also)


def env(key: str, value: str) -> str:
    """A key of .env taken out, and set anew."""
    return f"sed -i '/^{key}=/d' .env; echo {shlex.quote(f'{key}={value}')} >> .env"


def certificate(check_id: str, host: str, kind: str, *also: str, on: str = "") -> Fault:
    return Fault(check_id, host, also=also, on=on, certificate=kind)


def over_proc(file: str, edit: str) -> tuple[str, str]:
    """A file of /proc that says something else."""
    copy = f"/run/faults/{file.rpartition('/')[2]}"
    return (
        f"mkdir -p /run/faults; cat {file} > {copy}; sed -i -E {shlex.quote(edit)} {copy}; mount --bind {copy} {file}",
        f"umount {file}; rm {copy}",
    )


MEMORY = over_proc("/proc/meminfo", "s/^(MemAvailable|SwapTotal): .*/\\1: 102400 kB/")
KILLED = over_proc("/proc/vmstat", "s/^oom_kill .*/oom_kill 3/")
MIGRATIONS = "$root/public/storage/migrations"
EXPORT = f"{MIGRATIONS}/faultfaultfaultfaultfault0000000-2026-01-01-invoiceninja"
DOT_FILES = r"s#location ~ /\\\.\(\?!well-known/\)#location ~ /never/#"
NO_ANSWER = ("web.site-answers", "web.api-answers", "exposure")

HOST = [
    in_file(
        "host.system-supported", "v5", "/etc/os-release", "sed -i 's/^VERSION_ID=.*/VERSION_ID=\"10\"/' /etc/os-release"
    ),
    fault("host.disk-space", "v4", "mount -t tmpfs -o size=16m,mode=1777 tmpfs /tmp", "umount -l /tmp"),
    fault(
        "host.inodes",
        "v5",
        "mount -t tmpfs -o nr_inodes=20,mode=1777 tmpfs /tmp;"
        " for i in $(seq 40); do touch /tmp/$i 2>/dev/null || break; done",
        "umount -l /tmp",
    ),
    fault("host.file-systems-writable", "v4", "mount -t tmpfs -o ro,mode=1777 tmpfs /tmp", "umount -l /tmp"),
    fault("host.memory", "v5", *MEMORY),
    fault(
        "host.oom-kills",
        "v5",
        f"{KILLED[0]}; mount --bind /dev/null {CONTAINER}",
        f"umount {CONTAINER}; {KILLED[1]}",
        "host.clock-synchronised",
        notes="a container's count is its host's, so it must not look like one",
    ),
    fault("host.clock-synchronised", "v5", f"mount --bind /dev/null {CONTAINER}", f"umount {CONTAINER}"),
    fault(
        "host.clock-database",
        "v5",
        "mysql -e \"SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 7200'\"",
        "mysql -e \"SET GLOBAL init_connect = ''\"",
        "migration",
        "queue",
    ),
    fault(
        "host.python",
        "v4",
        "alone /usr/bin/python3.9",
        "again /usr/bin/python3.9",
        notes="Ansible cannot come meanwhile",
    ),
    fault("host.database-tools", "v5", "alone /usr/bin/mysqldump", "again /usr/bin/mysqldump"),
]

PHP = [
    fault(
        "php.cli-starts",
        "v5",
        f"mkdir -p /run/faults; echo '<?php exit(3);' > /run/faults/first.php;"
        f" echo auto_prepend_file=/run/faults/first.php > {V5_CLI}",
        f"rm {V5_CLI} /run/faults/first.php",
        notes="nothing that PHP tells is known then",
    ),
    fault(
        "php.web-running",
        "v5",
        "systemctl stop php8.2-fpm",
        "systemctl reset-failed php8.2-fpm; systemctl start php8.2-fpm",
        "web.php-socket",
        *NO_ANSWER,
    ),
    fault("php.cli-extensions", "v4", "phpdismod -v 7.4 -s cli zip", "phpenmod -v 7.4 -s cli zip"),
    fault("php.web-extensions", "v5", "phpdismod -v 8.2 -s fpm zip", "phpenmod -v 8.2 -s fpm zip"),
    php_ini("php.cli-memory", "v5", V5_CLI, "memory_limit = 128M"),
    php_ini("php.web-memory", "v4", V4_FPM, "memory_limit = 64M"),
    php_ini("php.upload-max-filesize", "v5", V5_FPM, "upload_max_filesize = 2M"),
    php_ini("php.post-max-size", "v5", V5_FPM, "post_max_size = 2M"),
    php_ini("php.allow-url-fopen", "v5", V5_CLI, "allow_url_fopen = Off"),
    php_ini("php.functions", "v5", V5_CLI, "disable_functions = proc_open", "cron"),
    php_ini("php.open-basedir", "v5", V5_FPM, "open_basedir = /var/www/html:/tmp"),
    in_file(
        "php.request-time",
        "v4",
        "/etc/php/7.4/fpm/pool.d/www.conf",
        "echo 'request_terminate_timeout = 30s' >> /etc/php/7.4/fpm/pool.d/www.conf",
    ),
]

WEB = [
    fault(
        "web.server-running",
        "v4",
        "systemctl stop nginx",
        "systemctl reset-failed nginx; systemctl start nginx",
        "tls.connects",
        *NO_ANSWER,
    ),
    fault("web.config-valid", "v5", "echo fault > /etc/nginx/conf.d/fault.conf", "rm /etc/nginx/conf.d/fault.conf"),
    fault(
        "web.vhost",
        "v5",
        "mkdir -p /run/faults; mv /etc/nginx/sites-enabled/v5.* /run/faults/; web",
        "mv /run/faults/v5.* /etc/nginx/sites-enabled/; web",
        "tls.connects",
        "tls.https-redirect",
        *NO_ANSWER,
    ),
    in_site("web.document-root", "v4", r"s|^( *)root .*/public;|\1root /var/www/invoiceninja;|", running=False),
    in_site("web.body-size", "v5", "s/client_max_body_size .*/client_max_body_size 1m;/", running=False),
    in_site("web.read-timeout", "v4", "s/fastcgi_read_timeout .*/fastcgi_read_timeout 30;/", running=False),
    in_site("web.php-socket", "v5", "s|fastcgi_pass .*|fastcgi_pass unix:/run/php/none.sock;|", running=False),
    location("web.site-answers", "v5", "= / { return 500; }"),
    location("web.site-answers", "v4", "= / { return 404; }"),
    location("web.api-answers", "v5", "^~ /api/ { return 404; }"),
    location("web.api-answers", "v4", "^~ /api/ { return 404; }"),
    location("web.login-answers", "v5", "= /api/v1/login { return 302 https://www.example.com/; }"),
    in_file("web.version-served", "v5", "$root/VERSION.txt", "echo 5.10.16 > $root/VERSION.txt", "application"),
    setting(
        "web.sub-directory",
        'sed -i "s|^APP_URL=.*|APP_URL=https://$name/ninja|" .env',
        "web.api-answers",
        "environment",
    ),
    location("web.redirect-loop", "v5", "= / { return 302 https://$host/; }"),
    location("web.canonical-host", "v4", "= / { return 302 https://www.example.com/; }"),
]

OTHER_SITE = (
    "server { listen 443 ssl default_server; listen [::]:443 ssl default_server; server_name other.test;"
    " ssl_certificate /run/faults/other.crt; ssl_certificate_key /run/faults/other.key; return 404; }"
)


def self_signed(name: str, certificate_file: str, key: str) -> str:
    """Write a certificate of 3000 days, and its key, into files as they stand."""
    return (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3000 -subj /CN={name}"
        f" -addext subjectAltName=DNS:{name} -keyout {key} -out {certificate_file} 2>/dev/null"
    )


# The files of the site's certificate, in the shell.
PAIR = "pair=$(sed -n 's/^ *ssl_certificate\\(_key\\)\\{0,1\\} \\(.*\\);/\\2/p' $site); set -- $pair; "
OTHER = "other=$(getent hosts v5.${name#v4.} | cut -d ' ' -f 1); "

TLS = [
    in_file("tls.resolves", "v5", "/etc/hosts", 'sed -i "/ $name/d" /etc/hosts', *NO_ANSWER),
    in_site("tls.connects", "v5", r"s/listen (\[::\]:)?443 /listen \18443 /", *NO_ANSWER),
    certificate("tls.chain", "v5", "self-signed"),
    certificate("tls.name", "v5", "wrong-name"),
    certificate("tls.dates", "v5", "expired"),
    certificate("tls.dates", "v4", "expired"),
    fault(
        "tls.intermediate",
        "v5",
        "alone /usr/local/share/ca-certificates/ninjalift-lab.crt; update-ca-certificates --fresh >/dev/null",
        "again /usr/local/share/ca-certificates/ninjalift-lab.crt; update-ca-certificates --fresh >/dev/null",
        "tls.chain",
        "tls.peer-chain",
        notes="the lab's CA signs directly, so a leaf without its issuer is one whose issuer nobody knows",
    ),
    in_site(
        "tls.default-site",
        "v5",
        "/listen 443/,$ s/server_name .*/server_name elsewhere.test;/",
        "tls.name",
        "tls.chain",
        *NO_ANSWER,
        then=f"{self_signed('other.test', '/run/faults/other.crt', '/run/faults/other.key')};"
        f" echo {shlex.quote(OTHER_SITE)} > /etc/nginx/conf.d/fault.conf",
        undo="rm /etc/nginx/conf.d/fault.conf",
    ),
    in_site("tls.https-redirect", "v5", "s|return 301 https://.*;|return 200 open;|"),
    fault(
        "tls.php-bundle",
        "v4",
        "alone /etc/ssl/certs/ca-certificates.crt",
        "again /etc/ssl/certs/ca-certificates.crt",
        "tls.chain",
        "tls.peer-chain",
    ),
    fault(
        "tls.files",
        "v5",
        f"{PAIR}keep $1 $2; {self_signed('$name', '$1', '$2')}",
        f"{PAIR}back $1 $2",
    ),
    in_file("tls.peer-resolves", "v4", "/etc/hosts", "sed -i '/ v5\\./d' /etc/hosts"),
    fault(
        "tls.peer-connects",
        "v4",
        f"{OTHER}ip route add unreachable $other",
        f"{OTHER}ip route del unreachable $other",
    ),
    certificate("tls.peer-chain", "v4", "self-signed", on="v5"),
    certificate("tls.peer-chain", "v5", "self-signed", on="v4"),
    certificate("tls.peer-name", "v4", "wrong-name", on="v5"),
    certificate("tls.peer-dates", "v4", "expired", on="v5"),
    location("tls.peer-redirect", "v4", "^~ /api/ { return 301 https://www.example.com$request_uri; }", on="v5"),
    location("tls.peer-application", "v4", "^~ /api/ { return 404; }", on="v5"),
]

PERMISSIONS = [
    fault(
        "permissions.writable",
        "v5",
        "chown root:root $root/public/storage",
        "chown www-data:www-data $root/public/storage",
        "permissions.files-writable",
    ),
    fault(
        "permissions.there",
        "v5",
        "mv $root/public/storage $root/public/storage.away",
        "mv $root/public/storage.away $root/public/storage",
        "application.documents",
    ),
    fault(
        "permissions.env-readable",
        "v5",
        "chown root:root $root/.env",
        "chown www-data:www-data $root/.env",
        "environment",
    ),
    fault(
        "permissions.code-readable",
        "v5",
        "chown root:root $root/artisan; chmod 700 $root/artisan",
        "chown www-data:www-data $root/artisan; chmod 755 $root/artisan",
        "cron",
    ),
    fault(
        "permissions.files-writable",
        "v5",
        "install -o root -g root -m 644 /dev/null $root/storage/logs/fault.txt",
        "rm $root/storage/logs/fault.txt",
    ),
    fault(
        "permissions.one-owner",
        "v4",
        "install -o root -g www-data -m 664 /dev/null $root/storage/framework/fault",
        "rm $root/storage/framework/fault",
    ),
    fault(
        "permissions.parents",
        "v4",
        "chmod 750 /var/www",
        "chmod 755 /var/www",
        *NO_ANSWER,
        "database",
        "environment",
        "application",
        notes="all that PHP tells as the web user is unknown then",
    ),
    fault("permissions.world-writable", "v4", "chmod o+w $root/storage/app", "chmod o-w $root/storage/app"),
    fault("permissions.env-private", "v4", "chmod 644 $root/.env", "chmod 640 $root/.env"),
]

SENDER = env("MAIL_FROM_ADDRESS", "billing@example.com")
MAIL = [
    setting("mail.configured", "sed -i '/^MAIL_MAILER=/d' .env", "mail.connects", "mail.sender"),
    setting(
        "mail.connects",
        "; ".join([env("MAIL_MAILER", "smtp"), env("MAIL_HOST", "127.0.0.1"), env("MAIL_PORT", "9"), SENDER]),
    ),
    setting("mail.sendmail", f"{env('MAIL_MAILER', 'sendmail')}; {SENDER}"),
    # Whatever listens there takes the connection, which is all that is tried.
    setting(
        "mail.sender", "; ".join([env("MAIL_MAILER", "smtp"), env("MAIL_HOST", "127.0.0.1"), env("MAIL_PORT", "22")])
    ),
]

EXPOSURE = [
    in_site(
        "exposure.exports",
        "v5",
        r"s|location \^~ /storage/migrations/|location ^~ /storage/elsewhere/|",
        "exposure.exports-kept",
        then=f"mkdir -p {MIGRATIONS}; printf 'PK\\003\\004faultfaultfault' > {EXPORT}.zip; chmod 644 {EXPORT}.zip;"
        f" chown www-data: {EXPORT}.zip",
        undo=f"rm {EXPORT}.zip",
    ),
    fault(
        "exposure.exports-kept",
        "v5",
        f"mkdir -p {MIGRATIONS}; printf 'PK\\003\\004faultfaultfault' > {EXPORT}.zip; chown www-data: {EXPORT}.zip",
        f"rm {EXPORT}.zip",
        "migration",
    ),
    fault(
        "exposure.unpacked-exports",
        "v5",
        f"mkdir -p {EXPORT}; echo '{{\"data\": {{}}}}' > {EXPORT}/migration.json; chown -R www-data: {EXPORT}",
        f"rm -r {EXPORT}",
        "migration",
    ),
    in_site(
        "exposure.env",
        "v5",
        DOT_FILES,
        "exposure.backups",
        "exposure.backups-kept",
        then="install -m 644 $root/.env $root/public/.env",
        undo="rm $root/public/.env",
    ),
    fault(
        "exposure.logs",
        "v5",
        "ln -s ../../storage/logs $root/public/storage/logs",
        "rm $root/public/storage/logs",
    ),
    fault(
        "exposure.backups",
        "v5",
        "echo '-- a dump that somebody left' > $root/public/dump.sql",
        "rm $root/public/dump.sql",
        "exposure.backups-kept",
    ),
    fault("exposure.backups-kept", "v5", "install -m 600 $root/.env $root/public/.env.bak", "rm $root/public/.env.bak"),
    in_site(
        "exposure.git",
        "v5",
        DOT_FILES,
        then="mkdir $root/.git $root/public/.git; printf '[core]\\n\\tbare = false\\n' > $root/.git/config;"
        " cp $root/.git/config $root/public/.git/",
        undo="rm -r $root/.git $root/public/.git",
    ),
    in_site(
        "exposure.source",
        "v5",
        r"s#location = /index.php#location = /never.php#; s#location ~ \\\.\(php\|phtml\|phar\)\$#location ~ /never/#",
        "web.api-answers",
    ),
]

FAULTS = [*HOST, *PHP, *WEB, *TLS, *PERMISSIONS, *MAIL, *EXPOSURE]

# What no command can break here and put back within seconds; tests/unit has them.
NOT_HERE = {
    "host.selinux-network": "Debian has no SELinux",
    "php.cli-version": "there is one PHP on each machine",
    "php.web-version": "there is one PHP on each machine",
    "php.same-version": "there is one PHP on each machine",
}
