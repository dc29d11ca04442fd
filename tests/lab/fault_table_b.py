"""What can be broken on a lab machine: database, cron, queue, environment, application, logs, migration.

Each entry breaks one thing and puts exactly that back, in a second or two, on the machines as the lab makes them: V4 on
Debian 11, V5 on Debian 12 by this project's roles, with one imported company. Shell for root.

Not here, because no command breaks it in seconds, or not so that it can be put back:
cron.heartbeat (fifteen minutes without a sign; the journal cannot be taken back), queue.worker-code (a worker of more
than ten minutes), database.version, logs.readable (root reads everything), application.found (it takes the whole
directory away from a worker that runs). tests/unit has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

from fault_table import FORGET, Fault

ROOT = "/var/www/invoiceninja"
KEPT = "/root/fault"
V5_DB, V4_DB = "invoiceninja_v5", "ninja4"
USERS = [f"'{V5_DB}'@'localhost'", f"'{V5_DB}'@'127.0.0.1'"]
SERVICE = "invoiceninja-queue"
CRON = "/etc/cron.d/invoiceninja"
LOG = f"{ROOT}/storage/logs/laravel.log"
# One that no day ever has: cron lists it and never runs it.
NEVER = "0 5 31 2 *"
ROW = 900000  # the number of a row that is put in, and taken out again: beyond all real ones


def keep(*paths: str) -> str:
    """Keep files with their times and owners, so that restore() brings them back."""
    return "; ".join(f"cp -p {path} {KEPT}.{number}" for number, path in enumerate(paths))


def restore(*paths: str) -> str:
    """Bring back what keep() kept."""
    return "; ".join(f"cp -p {KEPT}.{number} {path} && rm {KEPT}.{number}" for number, path in enumerate(paths))


def fault(check: str, host: str, break_: str, mend: str, *also: str) -> Fault:
    """A fault whose commands stop at the first one that fails. also: other checks that rightly say something then."""
    return Fault(check, host, f"set -eu\n{break_}\n", f"set -eu\n{mend}\n", also)


def settings(check: str, values: Mapping[str, str], *also: str, first: str = "", undo: str = "") -> Fault:
    """V5 with other settings in effect: .env is changed, and the configuration cached again."""
    files = (f"{ROOT}/.env", f"{ROOT}/bootstrap/cache/config.php")
    # The first line of a key wins nowhere: it is taken out before the new one comes.
    lines = "; ".join(f"sed -i '/^{key}=/d' .env; echo '{key}={value}' >> .env" for key, value in values.items())
    make = f"cd {ROOT}; {lines}; sudo -u www-data php artisan config:cache"
    return fault(
        check,
        "v5",
        f"{keep(*files)}; {f'{first}; ' if first else ''}{make}",
        f"{restore(*files)}{f'; {undo}' if undo else ''}; {FORGET}",
        *also,
    )


def env_file(check: str, command: str, *also: str) -> Fault:
    """.env changed, and not what is in effect: V5's configuration is cached."""
    return fault(check, "v5", f"{keep(f'{ROOT}/.env')}; cd {ROOT}; {command}", restore(f"{ROOT}/.env"), *also)


def sql(host: str, *statements: str) -> str:
    """Statements in the application's database."""
    return f'mysql {V5_DB if host == "v5" else V4_DB} -e "{"; ".join(statements)}"'


def rows(check: str, host: str, broken: tuple, mended: tuple, *also: str) -> Fault:
    """A change in the database."""
    return fault(check, host, sql(host, *broken), sql(host, *mended), *also)


def new_row(check: str, host: str, table: str, changes: str, *also: str, number: int = 1) -> Fault:
    """A copy of the table's first row with other values, and the counter of the table put back afterwards."""
    copies = []
    for each in range(ROW, ROW + number):
        copies += [
            f"CREATE TEMPORARY TABLE fault SELECT * FROM {table} ORDER BY id LIMIT 1",
            f"UPDATE fault SET {changes.format(id=each)}",
            f"UPDATE fault SET id = {each}",
            f"INSERT INTO {table} SELECT * FROM fault",
            "DROP TEMPORARY TABLE fault",
        ]
    gone = (f"DELETE FROM {table} WHERE id >= {ROW}", f"ALTER TABLE {table} AUTO_INCREMENT = 1")
    return rows(check, host, tuple(copies), gone, *also)


def after_an_old_import(one: Fault) -> Fault:
    """The fault on a V5 whose import, by its log, is long past: one of the last minute has a company of its own."""
    return replace(
        one,
        break_=f"{keep(LOG)}; sed 's/^.20../[2020/' {KEPT}.0 > {LOG}; touch -r {KEPT}.0 {LOG}\n{one.break_}",
        mend=f"{one.mend}{restore(LOG)}\n",
    )


def job(check: str, row: str, *also: str, before: str = "", after: str = "") -> Fault:
    """A job in V5's queue; row: its queue, kind, reserved_at, available_at and created_at."""
    put = "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) VALUES"
    gone = ("DELETE FROM jobs WHERE payload LIKE '%fault%'",)
    return fault(check, "v5", f"{before}{sql('v5', f'{put} ({row})')}", f"{sql('v5', *gone)}{after}", *also)


def payload(kind: str) -> str:
    """A job's payload, as SQL in double quotes of the shell."""
    return f"JSON_OBJECT('displayName', '{kind}', 'uuid', 'fault')"


def log_line(check: str, *texts: str) -> Fault:
    """Lines at the end of V5's log."""
    lines = "; ".join(f"printf '[%s] %s\\n' \"$(date -u '+%F %T')\" {text} >> {LOG}" for text in texts)
    return fault(
        check,
        "v5",
        f"touch -r {LOG} {KEPT}.time; stat -c %s {LOG} > {KEPT}.size; {lines}",
        f"truncate -s $(cat {KEPT}.size) {LOG}; touch -r {KEPT}.time {LOG}; rm {KEPT}.size {KEPT}.time",
    )


def cron(check: str, command: str) -> Fault:
    """Another line in the file that cron has for V5."""
    return fault(check, "v5", f"{keep(CRON)}; sed -i {command} {CRON}", restore(CRON))


def cron_file(check: str, line: str, *also: str, host: str = "v5", first: str = "", undo: str = "") -> Fault:
    """One more file for cron."""
    return fault(check, host, f"{first}echo '{line}' > /etc/cron.d/fault", f"rm /etc/cron.d/fault{undo}", *also)


def moved(check: str, path: str, *also: str) -> Fault:
    """A file or directory that is not where it should be."""
    return fault(check, "v5", f"mv {path} {KEPT}.moved", f"mv {KEPT}.moved {path}", *also)


STOPPED = f"systemctl kill -s STOP {SERVICE}; "
GOES_ON = f"; systemctl kill -s CONT {SERVICE}"
LONG_AGO = "UNIX_TIMESTAMP() - 432000"
MAIL, IMPORT = "App\\\\\\\\Jobs\\\\\\\\Mail\\\\\\\\Fault", "App\\\\\\\\Jobs\\\\\\\\Util\\\\\\\\StartMigration"
FORWARD = "UPDATE account_email_settings SET forward_url_for_v5 = 'https://v5.client1.test', is_disabled = {}"
BACK = "UPDATE account_email_settings SET forward_url_for_v5 = '', is_disabled = 0"
EMPTY = f"{ROOT}/public/storage/migrations/faultfaultfaultfaultfault0000000-2026-01-01-invoiceninja.zip"
OLD_EXPORT = f"{ROOT}/storage/app/migrations"
MARK = (
    f"f={ROOT}/storage/framework/cache/data/$(mysql -N {V5_DB} -e 'SELECT company_key FROM companies WHERE id = 2'"
    ' | php -r \'$h = sha1("migration-" . trim(fgets(STDIN)));'
    ' echo substr($h, 0, 2), "/", substr($h, 2, 2), "/", $h;\')'
)
LOCK = (
    f'f={ROOT}/storage/framework/cache/data/$(php -r \'$c = chr(39) . PHP_BINARY . chr(39) . " " . chr(39) . "artisan"'
    ' . chr(39) . " queue:work database --stop-when-empty --memory=256"; $h = sha1("framework/schedule-"'
    ' . sha1("* * * * *" . $c)); echo substr($h, 0, 2), "/", substr($h, 2, 2), "/", $h;\')'
)

FAULTS = [
    # database
    rows(
        "database.reachable",
        "v5",
        tuple(f"ALTER USER {user} ACCOUNT LOCK" for user in USERS),
        tuple(f"ALTER USER {user} ACCOUNT UNLOCK" for user in USERS),
        "web",
    ),
    settings(
        "database.schema",
        {"DB_DATABASE": "fault"},
        "web",
        "logs.unknown-errors",
        first=sql("v5", "CREATE DATABASE fault", *(f"GRANT ALL ON fault.* TO {user}" for user in USERS)),
        undo=sql("v5", *(f"REVOKE ALL ON fault.* FROM {user}" for user in USERS), "DROP DATABASE fault"),
    ),
    rows(
        "database.charset",
        "v5",
        ("ALTER TABLE invoices DEFAULT CHARACTER SET latin1",),  # of new columns: nothing is converted
        ("ALTER TABLE invoices DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",),
    ),
    fault(
        "database.max-packet",
        "v5",
        f"mysql -N -e 'SELECT @@GLOBAL.max_allowed_packet' > {KEPT}.packet; "
        + sql("v5", "SET GLOBAL max_allowed_packet = 1048576"),
        f'mysql -e "SET GLOBAL max_allowed_packet = $(cat {KEPT}.packet)"; rm {KEPT}.packet',
    ),
    rows("database.engine", "v5", ("CREATE TABLE fault (id INT) ENGINE=MyISAM",), ("DROP TABLE fault",)),
    settings("database.tcp", {"DB_SOCKET": "/run/mysqld/mysqld.sock", "DB_PORT": "3307"}),
    # cron
    fault("cron.service", "v5", "systemctl stop cron", "systemctl start cron"),
    moved("cron.schedule", CRON),
    cron("cron.every-minute", "'s/^\\* /*\\/5 /'"),
    cron("cron.user", "'s/ www-data cd / daemon cd /'"),  # not root: it would run, and leave files of root's
    cron_file("cron.directory", f"{NEVER} www-data php artisan schedule:run"),
    cron_file("cron.doubled", f"{NEVER} www-data cd {ROOT} && php artisan schedule:run"),
    fault(
        "cron.php",
        "v5",
        f"ln -s php8.2 /usr/bin/php8.1; {keep(CRON)}; sed -i 's| php artisan | /usr/bin/php8.1 artisan |' {CRON}",
        f"{restore(CRON)}; rm /usr/bin/php8.1",
    ),
    new_row(
        "cron.v4-sends",
        "v4",
        "invoices",
        "is_recurring = 1, is_public = 1, is_deleted = 0, deleted_at = NULL, frequency_id = 4,"
        " start_date = '2020-01-01', end_date = NULL, last_sent_date = '2020-01-01',"
        " public_id = 9{id}, invoice_number = 'fault{id}'",
    ),
    # queue
    settings("queue.driver", {"QUEUE_CONNECTION": "sync"}),
    settings("queue.redis", {"QUEUE_CONNECTION": "redis"}),
    job(
        "queue.jobs-drain",
        f"'default', {payload(MAIL)}, 0, NULL, {LONG_AGO}, {LONG_AGO}",
        before=STOPPED,
        after=GOES_ON,
    ),
    job("queue.names", f"'scout', {payload(MAIL)}, 0, NULL, {LONG_AGO}, {LONG_AGO}"),
    job("queue.stuck", f"'default', {payload(MAIL)}, 1, {LONG_AGO}, {LONG_AGO}, {LONG_AGO}"),
    job(
        "queue.migration-job",
        f"'default', {payload(IMPORT)}, 0, NULL, UNIX_TIMESTAMP(), {LONG_AGO}",
        "migration.last-import",
        before=STOPPED,
        after=GOES_ON,
    ),
    rows(
        "queue.failed-jobs",
        "v5",
        (
            "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception) VALUES ('fault', 'database',"
            f" 'default', {payload(MAIL)}, 'TypeError: fault in /x.php:1')",
        ),
        ("DELETE FROM failed_jobs WHERE uuid = 'fault'", "ALTER TABLE failed_jobs AUTO_INCREMENT = 1"),
    ),
    fault("queue.worker", "v5", f"systemctl stop {SERVICE}", f"systemctl start {SERVICE}"),
    fault(
        "queue.worker-user",
        "v5",
        f"start-stop-daemon --start --background --make-pidfile --pidfile /run/fault.pid --chdir {ROOT}"
        " --startas /usr/bin/php -- artisan queue:work database --queue=fault",
        "start-stop-daemon --stop --retry 5 --pidfile /run/fault.pid --remove-pidfile",
    ),
    settings(
        "queue.mutex",
        {"INTERNAL_QUEUE_ENABLED": "true"},
        "queue.worker",
        first=f"systemctl stop {SERVICE}; {LOCK}; sudo -u www-data mkdir -p $(dirname $f);"
        " printf '%sb:1;' $(($(date +%s) + 79200)) | sudo -u www-data tee $f > /dev/null",
        undo=f"{LOCK}; rm $f; systemctl start {SERVICE}",
    ),
    # environment
    moved("environment.file", f"{ROOT}/.env", "permissions"),
    env_file("environment.syntax", "echo 'this is no setting' >> .env", "environment.config-cache"),
    env_file("environment.quotes", "echo 'FAULT=two words' >> .env", "environment.config-cache", "environment.syntax"),
    env_file("environment.duplicates", "grep '^APP_NAME=' .env >> .env.fault; cat .env.fault >> .env; rm .env.fault"),
    env_file("environment.config-cache", "echo MAIL_HOST=fault.example.com >> .env"),
    env_file(
        "environment.expanded-logging",
        "sed -i '/^EXPANDED_LOGGING=/d' .env; echo EXPANDED_LOGGING=true >> .env",
        "environment.config-cache",
    ),
    settings("environment.app-key", {"APP_KEY": "base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno="}),
    env_file("environment.api-secret", "echo API_SECRET=faultfault >> .env", "environment.config-cache"),
    settings("environment.db-strict", {"DB_STRICT": "true"}),
    settings("environment.debug", {"APP_DEBUG": "true"}),
    settings("environment.app-env", {"APP_ENV": "local"}),
    settings("environment.app-url", {"APP_URL": "https://v5.client1.test/"}),
    settings(
        "environment.require-https",
        {"APP_URL": "http://v5.client1.test"},
        "environment.app-url",
        "web",
        "tls",
        "exposure",
    ),
    settings("environment.docker", {"IS_DOCKER": "true"}),
    settings("environment.selfhost", {"NINJA_ENVIRONMENT": "hosted"}),
    settings("environment.cache-driver", {"CACHE_DRIVER": "array"}),
    settings("environment.log-level", {"LOG_LEVEL": "error"}),
    settings("environment.pdf", {"PDF_GENERATOR": "phantom"}),
    # application
    fault(
        "application.version",
        "v5",
        f"{keep(f'{ROOT}/VERSION.txt')}; echo unknown > {ROOT}/VERSION.txt",
        restore(f"{ROOT}/VERSION.txt"),
        "web.version-served",
        "application.bootstrap-cache",
    ),
    fault(
        "application.imports",
        "v5",
        f"{keep(f'{ROOT}/VERSION.txt')}; echo 5.10.30 > {ROOT}/VERSION.txt; touch -r {KEPT}.0 {ROOT}/VERSION.txt",
        restore(f"{ROOT}/VERSION.txt"),
        "web.version-served",
    ),
    fault(
        "application.v4-version",
        "v4",
        f"{keep(f'{ROOT}/app/Constants.php')};"
        f" sed -i \"/'NINJA_VERSION'/s/4\\.5\\.50/4.5.49/\" {ROOT}/app/Constants.php",
        restore(f"{ROOT}/app/Constants.php"),
    ),
    moved("application.code", f"{ROOT}/artisan"),
    fault(
        "application.maintenance",
        "v5",
        f"cd {ROOT}; sudo -u www-data php artisan down",
        f"cd {ROOT}; sudo -u www-data php artisan up",
        "web",
        "tls",
    ),
    fault(
        "application.upgrade",
        "v5",
        f"echo unpacked > {ROOT}.ninjalift-upgrade",
        f"rm {ROOT}.ninjalift-upgrade",
    ),
    fault(
        "application.migrations",
        "v5",
        f"echo '<?php' > {ROOT}/database/migrations/2099_01_01_000000_fault.php",
        f"rm {ROOT}/database/migrations/2099_01_01_000000_fault.php",
    ),
    fault(
        "application.bootstrap-cache",
        "v5",
        f"cd {ROOT}/bootstrap/cache; touch -r services.php {KEPT}.time; touch -d 2020-01-01 services.php",
        f"touch -r {KEPT}.time {ROOT}/bootstrap/cache/services.php; rm {KEPT}.time",
    ),
    settings("application.snappdf", {"PDF_GENERATOR": "snappdf"}),
    new_row(
        "application.blank-companies",
        "v5",
        "companies",
        "company_key = 'fault{id}', is_disabled = 1, created_at = UTC_TIMESTAMP() - INTERVAL 3 DAY",
    ),
    fault(
        "application.disabled-companies",
        "v5",
        f"mysql -N {V5_DB} -e 'SELECT is_disabled FROM companies WHERE id = 2' > {KEPT}.disabled; "
        + sql("v5", "UPDATE companies SET is_disabled = 1 WHERE id = 2"),
        sql("v5", f"UPDATE companies SET is_disabled = $(cat {KEPT}.disabled) WHERE id = 2") + f"; rm {KEPT}.disabled",
    ),
    new_row("application.company-limit", "v5", "companies", "company_key = 'fault{id}', is_disabled = 0", number=8),
    rows(
        "application.two-factor",
        "v5",
        (
            "UPDATE users SET google_2fa_secret = 'fault' WHERE id = 1",
            "UPDATE company_ledgers SET notes = 'fault' WHERE notes = 'Migrated Client Balance'",
        ),
        (
            "UPDATE users SET google_2fa_secret = '' WHERE id = 1",
            "UPDATE company_ledgers SET notes = 'Migrated Client Balance' WHERE notes = 'fault'",
        ),
    ),
    new_row("application.users-company", "v5", "users", "email = 'fault@example.com', google_2fa_secret = NULL"),
    new_row("application.v4-users", "v4", "users", "email = '', username = 'fault', public_id = 99, deleted_at = NULL"),
    rows(
        "application.v4-email-settings",
        "v4",
        ("CREATE TABLE fault SELECT * FROM account_email_settings", "DELETE FROM account_email_settings"),
        ("INSERT INTO account_email_settings SELECT * FROM fault", "DROP TABLE fault"),
    ),
    fault(
        "application.documents",
        "v5",
        f"find {ROOT}/public/storage -path '*/documents/*' -type f -exec mv {{}} {{}}.fault ';'",
        f"find {ROOT}/public/storage -name '*.fault' -exec sh -c 'mv \"$1\" \"${{1%.fault}}\"' - {{}} ';'",
    ),
    rows("application.v4-quiet", "v4", (FORWARD.format(0),), (BACK,), "tls"),
    cron_file(
        "application.second-v4",
        f"{NEVER} www-data php /var/www/old/artisan ninja:send-invoices",
        "tls",
        host="v4",
        first=f"{sql('v4', FORWARD.format(1))}; ",
        undo=f"; {sql('v4', BACK)}",
    ),
    # logs
    fault(
        "logs.size",
        "v5",
        f"sudo -u www-data truncate -s 2G {ROOT}/storage/logs/laravel-2020-01-01.log",  # a hole: it takes no room
        f"rm {ROOT}/storage/logs/laravel-2020-01-01.log",
    ),
    log_line(
        "logs.known-errors",
        '\'production.ERROR: Invalid or uninitialized Zip object {"exception":"[object] (ValueError(code: 0):'
        f" Invalid or uninitialized Zip object at {ROOT}/app/Jobs/Util/StartMigration.php:112)\"}}'",
    ),
    log_line("logs.unknown-errors", "'production.ERROR: The fault of the lab is nobody else'"),
    # migration
    log_line(
        "migration.last-import", "'production.INFO: Importing account  '", "'production.INFO: Importing company  '"
    ),
    after_an_old_import(
        new_row(
            "migration.not-started",
            "v5",
            "companies",
            "company_key = 'fault{id}', is_disabled = 1, created_at = UTC_TIMESTAMP()",
            "application.blank-companies",
        )
    ),
    fault("migration.exports-whole", "v5", f"sudo -u www-data touch {EMPTY}", f"rm {EMPTY}", "exposure"),
    fault(
        "migration.leftovers",
        "v4",
        f"sudo -u www-data mkdir {OLD_EXPORT}; head -c 5000 /dev/zero | sudo -u www-data tee {OLD_EXPORT}/fault.zip"
        f" > /dev/null; touch -d '30 days ago' {OLD_EXPORT}/fault.zip",
        f"rm -r {OLD_EXPORT}",
    ),
    fault(
        "migration.marks",
        "v5",
        f"{MARK}; if [ -e $f ]; then cp -p $f {KEPT}.mark; fi; sudo -u www-data mkdir -p $(dirname $f);"
        " printf '%ss:6:\"failed\";' $(($(date +%s) + 3600)) | sudo -u www-data tee $f > /dev/null",
        f"{MARK}; if [ -e {KEPT}.mark ]; then cp -p {KEPT}.mark $f; rm {KEPT}.mark; else rm $f; fi",
    ),
]
