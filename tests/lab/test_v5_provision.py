"""A bare Debian 12 becomes a working V5: what is on the machine afterwards, and that a second run changes nothing."""

import re
import socket
import ssl

import pytest
from v5_lab import ROOT, wait_until

pytest_plugins = ["v5_lab"]
LIMITS = {"upload_max_filesize": "2048M", "post_max_size": "2064M", "allow_url_fopen": "On"}
EXTENSIONS = (
    "bcmath ctype curl dom fileinfo gd gmp iconv imagick intl mbstring mysqli openssl pdo_mysql soap tokenizer xml zip"
)


def test_a_second_run_changes_nothing(v5):
    assert v5.provision().changed == 0
    assert v5.provision("--check").changed == 0


@pytest.mark.parametrize("name", ["php8.2-fpm", "mariadb", "nginx", "cron", "invoiceninja-queue"])
def test_services_run_now_and_at_boot(v5, name):
    service = v5.host.service(name)
    assert service.is_running
    assert service.is_enabled


def test_php_has_every_extension_that_v5_calls(v5):
    for command in ("php -m", "php-fpm8.2 -m"):
        modules = v5.shell(command).lower().split()
        assert [name for name in EXTENSIONS.split() if name not in modules] == [], command


def test_limits_hold_in_fpm_and_on_the_command_line(v5):
    fpm, cli = v5.shell("php-fpm8.2 -i"), v5.shell("php -i")
    for name, value in LIMITS.items():
        assert re.search(rf"^{name} => {value} => ", fpm, re.M), name
        assert re.search(rf"^{name} => {value} => ", cli, re.M), name
    assert re.search(r"^memory_limit => 1024M => ", fpm, re.M)
    assert re.search(r"^memory_limit => -1 => ", cli, re.M)


def test_limits_hold_in_a_real_request(v5):
    v5.shell(f"echo '<?php echo ini_get(\"upload_max_filesize\");' > {ROOT}/public/limit.php")
    v5.shell("apt-get install -y -q libfcgi-bin")
    try:
        answer = v5.shell(
            f"SCRIPT_FILENAME={ROOT}/public/limit.php REQUEST_METHOD=GET"
            " cgi-fcgi -bind -connect /run/php/invoiceninja-v5.sock"
        )
    finally:
        v5.shell(f"rm {ROOT}/public/limit.php")
    assert answer.endswith("2048M")


def test_everything_belongs_to_the_web_user_and_nobody_else_reads_env(v5):
    assert v5.shell(f"find {ROOT} ! -user www-data -o ! -group www-data") == ""
    env = v5.host.file(f"{ROOT}/.env")
    assert (env.user, env.group, env.mode) == ("www-data", "www-data", 0o600)
    for directory in ("public/storage", "storage/logs", "bootstrap/cache"):
        assert v5.host.file(f"{ROOT}/{directory}").is_directory


def test_database_is_its_own_and_speaks_emoji(v5):
    schema = v5.sql("SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
                    " WHERE schema_name = 'invoiceninja_v5'", "mysql")  # fmt: skip
    assert schema.split() == ["utf8mb4", "utf8mb4_unicode_ci"]
    grants = v5.sql("SHOW GRANTS FOR invoiceninja_v5@localhost", "mysql")
    assert "GRANT ALL PRIVILEGES ON `invoiceninja_v5`.*" in grants.replace("\\", "")
    assert re.findall(r"GRANT (?!USAGE)\S+.*? ON (\S+)", grants.replace("\\", "")) == ["`invoiceninja_v5`.*"]


def test_effective_configuration_is_a_production_one(v5):
    assert {key: v5.config(key) for key in
            ("app.env", "app.debug", "app.url", "queue.default", "ninja.internal_queue_enabled", "mail.default")} == {
        "app.env": "production", "app.debug": False, "app.url": v5.url, "queue.default": "database",
        "ninja.internal_queue_enabled": False, "mail.default": "log",
    }  # fmt: skip


def test_keys_are_its_own(v5):
    env = v5.shell(f"cat {ROOT}/.env")
    key = re.search(r"^APP_KEY=(.*)$", env, re.M).group(1).strip('"')
    assert re.fullmatch(r"base64:[A-Za-z0-9+/]{43}=", key)
    assert key != "base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno="
    assert "UPDATE_SECRET=secret\n" not in env


def test_schema_and_seed_are_complete(v5):
    files = v5.shell(f"cd {ROOT}/database/migrations && ls *.php | sed s/.php//").split()
    assert set(files) <= set(v5.sql("SELECT migration FROM migrations").split())
    assert int(v5.sql("SELECT COUNT(*) FROM timezones")) > 100


def test_owner_can_log_in(v5):
    assert v5.sql("SELECT email FROM users") == v5.client.owner_email
    assert v5.log_in()


def test_secrets_were_in_no_list_of_processes_no_log_and_no_output(v5):
    env = v5.shell(f"cat {ROOT}/.env")
    secrets = [re.search(rf"^{name}=(.*)$", env, re.M).group(1).strip('"') for name in ("APP_KEY", "DB_PASSWORD")]
    secrets.append(v5.secrets["v5_owner_password"])
    journal = v5.shell("journalctl --no-pager --output=cat; cat /var/log/syslog /var/log/auth.log 2>/dev/null; true")
    logs = v5.shell(f"cat {ROOT}/storage/logs/*.log /var/log/nginx/*.log; true")
    assert "artisan" in v5.processes, "the watch saw the installation"
    for secret in secrets:
        assert len(secret) > 10
        assert secret not in v5.processes
        assert secret not in journal
        assert secret not in logs
        assert not any(secret in output for output in v5.outputs)


def test_cron_runs_the_schedule_every_minute_as_the_web_user(v5):
    line = f"* * * * * www-data cd {ROOT} && php artisan schedule:run >> /dev/null 2>&1"
    assert line in v5.host.file("/etc/cron.d/invoiceninja").content_string
    wait_until(lambda: f"cd {ROOT} && php artisan schedule:run" in v5.shell("journalctl -u cron -o cat"), "cron")


def test_queue_runs_jobs_and_comes_back_when_it_is_killed(v5):
    worker = v5.shell("systemctl show -p MainPID --value invoiceninja-queue")
    assert v5.shell(f"ps -o user= -p {worker}") == "www-data"
    v5.shell(f"kill -9 {worker}")
    wait_until(
        lambda: v5.shell("systemctl show -p MainPID --value invoiceninja-queue") not in ("0", worker),
        "a new worker",
    )
    assert v5.log_in()  # every login queues a job
    wait_until(lambda: v5.sql("SELECT COUNT(*) FROM jobs") == "0", "the end of the job")


def handshake(lab, version):
    context = ssl.create_default_context(cafile=lab.ca_file)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    plain = socket.create_connection((lab.machine.address, 443), timeout=10)
    with context.wrap_socket(plain, server_hostname=lab.machine.site) as connection:
        return connection.version()


def test_certificate_verifies_from_outside_with_modern_tls_only(v5):
    assert handshake(v5, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert handshake(v5, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        handshake(v5, ssl.TLSVersion.TLSv1_1)
    assert v5.host.file("/etc/ssl/ninjalift/v5.client1.test.key").mode == 0o600


def test_http_leads_to_https_and_nothing_private_is_served(v5):
    redirect = v5.ask("/x?y=1", "http")
    assert (redirect.status, redirect.headers["Location"]) == (301, f"{v5.url}/x?y=1")
    v5.shell(
        f"cd {ROOT}/public/storage && mkdir -p migrations && echo secret > migrations/export.zip"
        " && echo '<?php echo \"ran\";' > evil.php && chown -R www-data: ."
    )
    try:
        for path in (
            "/.env",
            "/.htaccess",
            "/storage/migrations/export.zip",
            "/storage/evil.php",
            "/storage/.htaccess",
        ):
            assert v5.ask(path).status == 404, path
    finally:
        v5.shell(f"rm -r {ROOT}/public/storage/migrations {ROOT}/public/storage/evil.php")
    assert v5.ask("/api/v1/ping").status == 403, "the API itself answers"


def test_an_upload_of_more_than_a_gigabyte_reaches_v5(v5):
    head = b'--x\r\nContent-Disposition: form-data; name="0"; filename="export.zip"\r\n\r\n'
    tail, piece, pieces = b"\r\n--x--\r\n", bytes(1 << 20), 1100
    answer = v5.ask(
        "/api/v1/migration/start",
        method="POST",
        body=(part for parts in ([head], [piece] * pieces, [tail]) for part in parts),
        X_Api_Token="bogus",
        Content_Type="multipart/form-data; boundary=x",
        Content_Length=str(len(head) + len(piece) * pieces + len(tail)),
    )
    assert answer.status == 403, "neither nginx nor PHP refused its size (413); V5 refused the token"


@pytest.mark.wide
def test_what_broke_is_mended_and_what_is_somebody_elses_stays(v5):
    v5.shell(f"touch {ROOT}/storage/logs/root.log; rm -rf {ROOT}/storage/framework/sessions; chmod 644 {ROOT}/.env")
    v5.shell(f"printf '# my own\\nPOSTMARK_SECRET=\"keep me\"\\n' >> {ROOT}/.env")
    v5.sql(
        "ALTER USER invoiceninja_v5@localhost IDENTIFIED BY 'other';"
        "ALTER USER invoiceninja_v5@'127.0.0.1' IDENTIFIED BY 'other'"
    )
    v5.shell("systemctl stop nginx php8.2-fpm cron invoiceninja-queue; systemctl disable nginx")
    v5.shell(
        "printf 'server { listen 8081; }' > /etc/nginx/sites-available/shop"
        " && ln -sf ../sites-available/shop /etc/nginx/sites-enabled/"
    )
    key = v5.config("app.key")
    others = "sha256sum /etc/nginx/sites-available/* /etc/nginx/nginx.conf"
    before = v5.shell(others)
    v5.provision()
    assert v5.shell(others) == before
    assert v5.shell(f"find {ROOT} ! -user www-data") == ""
    assert v5.host.file(f"{ROOT}/storage/framework/sessions").user == "www-data"
    env = v5.host.file(f"{ROOT}/.env")
    assert env.mode == 0o600
    assert '# my own\nPOSTMARK_SECRET="keep me"' in env.content_string
    assert v5.config("app.key") == key
    assert v5.log_in()
    services = ("php8.2-fpm", "nginx", "cron", "invoiceninja-queue")
    assert [name for name in services if not v5.host.service(name).is_running] == []
    assert v5.host.service("nginx").is_enabled
    assert v5.provision().changed == 0


@pytest.mark.wide
def test_names_that_something_else_uses_are_refused(v5):
    v5.sql(
        "CREATE DATABASE ninja; CREATE TABLE ninja.accounts (id INT, account_key TEXT); CREATE DATABASE shop;"
        "CREATE TABLE shop.carts (id INT); CREATE USER shop@localhost; GRANT ALL ON shop.* TO shop@localhost"
    )
    preflight = ("--tags", "preflight")
    try:
        message = v5.refused(*preflight, v5_database_name="ninja", v5_database_user="shop")
        assert "is Invoice Ninja V4's" in message
        assert "used for another database too" in message
        assert "1 tables that are not V5's" in v5.refused(*preflight, v5_database_name="shop")
    finally:
        v5.sql("DROP DATABASE ninja; DROP DATABASE shop; DROP USER shop@localhost")


def test_a_directory_with_something_else_is_refused(v5):
    v5.shell("mkdir -p /var/www/v4/app && touch /var/www/v4/app/Constants.php")
    assert "holds Invoice Ninja V4" in v5.refused("--tags", "preflight", v5_root="/var/www/v4")


def test_v5_without_its_env_is_not_given_a_new_key(v5):
    v5.shell(f"mv {ROOT}/.env {ROOT}/.env-away")
    try:
        assert "without its .env" in v5.refused("--tags", "preflight")
    finally:
        v5.shell(f"mv {ROOT}/.env-away {ROOT}/.env")


@pytest.mark.wide
def test_the_php_of_something_else_is_not_taken_over(v5):
    before = v5.shell("readlink /etc/alternatives/php")
    v5.shell("ln -sfn /usr/bin/php7.4 /etc/alternatives/php")
    try:
        message = v5.refused("--tags", "preflight")
        v5.provision("--tags", "preflight", v5_php="/usr/bin/php8.2")
    finally:
        v5.shell(f"ln -sfn {before} /etc/alternatives/php")
    assert "the command php is /usr/bin/php7.4, which something else uses" in message
    assert "v5_php: /usr/bin/php8.2" in message
