"""The checks of PHP, each on a host that is broken in one way."""

from __future__ import annotations

import pytest
from broken_facts import Broken, find, must_find, must_skip, sample
from facts_samples import V4_EXTENSIONS, V5_EXTENSIONS

from diagnostics.findings import FAIL, PASS, SKIP, WARN

MIB = 1024**2
ZIP = [{"path": "public/storage/migrations/k.zip", "kind": "zip", "bytes": 40 * MIB, "mtime": 1, "public": True}]
NO_IMPORT = {"database__companies": []}


def without(extensions, *names):
    return [each for each in extensions if each not in names]


CASES = (
    Broken(
        "php.cli-starts",
        "v5",
        {"php__cli__starts": False, "php__cli__error": "Segmentation fault"},
        "Segmentation fault",
        "apt-get install -y --reinstall php8.2-cli",
    ),
    Broken(
        "php.cli-version",
        "v5",
        {"php__cli__version": "8.1.2", "php__versions": []},
        "needs 8.2 or newer",
        "apt-get install -y php8.2-cli",
    ),
    Broken(
        "php.cli-version",
        "v5",
        {"php__cli__version": "7.4.33"},
        "V5 5.10.17 needs 8.2",
        "update-alternatives --set php /usr/bin/php8.2",
        note="other-is-there",
    ),
    Broken("php.cli-version", "v4", {"php__cli__version": "8.2.29"}, "not on PHP 8", "php7.4"),
    Broken(
        "php.cli-version",
        "v4",
        {"php__cli__version": "7.2.34", "app__version": "4.5.17"},
        "must become 4.5.50",
        "php7.4",
        WARN,
        note="old-v4",
    ),
    Broken(
        "php.web-version",
        "v5",
        {"php__web__version": "8.0.30"},
        "php-fpm8.2 is 8.0.30",
        "s|/run/php/invoiceninja\\.sock|/run/php/php8.2-fpm.sock|",
    ),
    Broken(
        "php.web-version",
        "v4",
        {
            "php__web__version": "8.1.0",
            "php__versions": [],
            "host__os": {"id": "debian", "version": "12", "name": "Debian 12"},
        },
        "not on PHP 8",
        "packages.sury.org",
        note="sury",
    ),
    Broken(
        "php.same-version",
        "v5",
        {"php__cli__version": "8.4.1"},
        "artisan and cron run on 8.4.1",
        "/usr/bin/php8.2",
        WARN,
    ),
    Broken(
        "php.web-running",
        "v5",
        {"php__web__running": False},
        "php8.2-fpm does not run",
        "systemctl enable --now php8.2-fpm",
    ),
    Broken(
        "php.cli-extensions",
        "v5",
        {"php__cli__extensions": without(V5_EXTENSIONS, "pdo_mysql", "zip")},
        "lacks pdo_mysql, zip",
        "apt-get install -y php8.2-mysql php8.2-zip",
    ),
    Broken(
        "php.cli-extensions",
        "v5",
        {"php__cli__extensions": without(V5_EXTENSIONS, "soap")},
        "lacks soap",
        "php8.2-soap",
        WARN,
        "wished",
    ),
    Broken(
        "php.web-extensions", "v4", {"php__web__extensions": without(V4_EXTENSIONS, "zip")}, "lacks zip", "php7.4-zip"
    ),
    Broken(
        "php.web-extensions", "v5", {"php__web__extensions": without(V5_EXTENSIONS, "dom")}, "lacks dom", "php8.2-xml"
    ),
    Broken(
        "php.cli-memory",
        "v5",
        {"php__cli__ini__memory_limit": "128M"},
        "memory_limit of the command line is 128M",
        "memory_limit = -1",
        WARN,
    ),
    Broken(
        "php.cli-memory",
        "v4",
        {"php__cli__ini__memory_limit": "1024M", "storage__exports": ZIP},
        "V4's export",
        "memory_limit = -1",
        WARN,
        note="great-export",
    ),
    Broken(
        "php.web-memory",
        "v5",
        {"php__web__ini__memory_limit": "64M"},
        "is 64M",
        "php_admin_value[memory_limit] = 1024M",
        WARN,
    ),
    Broken(
        "php.upload-max-filesize",
        "v5",
        {"php__web__ini__upload_max_filesize": "2M", "storage__exports": ZIP},
        "k.zip has 40 MiB",
        "php_admin_value[upload_max_filesize] = 2048M",
    ),
    Broken(
        "php.upload-max-filesize",
        "v5",
        {"php__web__ini__upload_max_filesize": "20M", **NO_IMPORT},
        "is 20M; 64 MiB are advised",
        "systemctl restart php8.2-fpm",
        WARN,
        note="before-an-import",
    ),
    Broken(
        "php.upload-max-filesize",
        "v5",
        {"php__web__ini__upload_max_filesize": "2M"},
        "8 MiB are advised",
        "2048M",
        WARN,
        note="default",
    ),
    Broken(
        "php.post-max-size", "v5", {"php__web__ini__post_max_size": "8M", "storage__exports": ZIP}, "40 MiB", "2064M"
    ),
    Broken(
        "php.post-max-size",
        "v5",
        {"php__web__ini__post_max_size": "512M", "php__web__ini__upload_max_filesize": "512M"},
        "is not larger than upload_max_filesize",
        "post_max_size] = 2064M",
        WARN,
        note="equal",
    ),
    Broken(
        "php.allow-url-fopen",
        "v5",
        {"php__cli__ini__allow_url_fopen": ""},
        "logo does not arrive",
        "allow_url_fopen = On",
        WARN,
    ),
    Broken(
        "php.allow-url-fopen",
        "v5",
        {"php__web__ini__allow_url_fopen": "0", "queue__driver": "sync"},
        "web server's PHP is off",
        "php_admin_value[allow_url_fopen] = On",
        WARN,
        note="sync",
    ),
    Broken(
        "php.functions",
        "v5",
        {"php__cli__ini__disable_functions": "exec, proc_open"},
        "has proc_open",
        "php_ini_loaded_file()",
    ),
    Broken(
        "php.functions",
        "v5",
        {"php__cli__ini__disable_functions": "pcntl_async_signals"},
        "pcntl_async_signals",
        "sed -i",
        note="worker",
    ),
    Broken(
        "php.functions",
        "v4",
        {"php__web__ini__disable_functions": "set_time_limit"},
        "V4's export ends after 30 seconds",
        "/etc/php/7.4/fpm/php.ini",
        WARN,
    ),
    Broken(
        "php.open-basedir",
        "v5",
        {"php__web__ini__open_basedir": "/var/www/html:/tmp"},
        "without /var/www/invoiceninja",
        "open_basedir] =",
    ),
    Broken(
        "php.open-basedir",
        "v4",
        {"php__web__ini__open_basedir": "/var/www"},
        "without /tmp",
        "/var/www:/var/www/invoiceninja:/tmp",
        WARN,
    ),
    Broken(
        "php.request-time",
        "v4",
        {"php__web__ini__request_terminate_timeout": "60s"},
        "is 60s",
        "/etc/php/7.4/fpm/pool.d/invoiceninja.conf",
        WARN,
    ),
    Broken(
        "php.request-time",
        "v5",
        {"php__web__ini__request_terminate_timeout": "2m", "queue__driver": "sync"},
        "V5 without a queue imports",
        "request_terminate_timeout = 0",
        WARN,
        note="sync",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_php_is_found(case):
    must_find(case)


@pytest.mark.parametrize(
    "id, host, path",
    [
        ("php.cli-version", "v5", "php/cli/version"),
        ("php.web-extensions", "v4", "php/web/extensions"),
        ("php.upload-max-filesize", "v5", "php/web/ini"),
        ("php.functions", "v5", "php/cli"),
        ("php.web-running", "v5", "php/web"),
    ],
)
def test_without_the_facts_it_is_skipped(id, host, path):
    must_skip(id, host, path)


def test_debians_fpm_without_pcntl_is_no_trouble():
    as_shipped = "pcntl_alarm,pcntl_fork,pcntl_waitpid,pcntl_signal,pcntl_async_signals,"
    assert find("php.functions", sample("v5"), php__web__ini__disable_functions=as_shipped).status == PASS
    assert find("php.functions", sample("v4"), php__web__ini__disable_functions=as_shipped).status == PASS


def test_stock_limits_of_php_are_no_trouble_on_v4():
    stock = {
        "php__web__ini__memory_limit": "128M",
        "php__web__ini__upload_max_filesize": "2M",
        "php__web__ini__post_max_size": "8M",
        "php__web__ini__max_execution_time": "30",
    }
    for id in ("php.web-memory", "php.request-time", "php.functions"):
        assert find(id, sample("v4"), **stock).status == PASS


def test_a_version_within_what_each_release_was_made_for():
    for version, php, status in (
        ("5.8.40", "8.1.27", PASS),
        ("5.4.2", "7.4.33", PASS),
        ("5.10.40", "8.1.27", FAIL),
        ("5.5.1", "8.0.1", FAIL),
    ):
        assert find("php.cli-version", sample("v5"), app__version=version, php__cli__version=php).status == status


def test_an_empty_list_of_extensions_says_nothing():
    assert find("php.web-extensions", sample("v5"), php__web__extensions=[]).status == SKIP


def test_the_right_service_and_files_on_rhel():
    rhel = {
        "host__os": {"id": "rocky", "version": "9.4", "name": "Rocky Linux 9.4"},
        "php__web__binary": "/opt/remi/php82/root/usr/sbin/php-fpm",
    }
    assert find("php.web-running", sample("v5"), php__web__running=False, **rhel).remedy.startswith(
        "systemctl enable --now php82-php-fpm"
    )
    lacks = find(
        "php.web-extensions", sample("v5"), php__web__extensions=without(V5_EXTENSIONS, "zip", "pdo_mysql"), **rhel
    )
    assert "dnf install -y php-mysqlnd php-pecl-zip" in lacks.remedy


def test_a_path_beside_open_basedir_is_outside():
    assert find("php.open-basedir", sample("v5"), php__web__ini__open_basedir="/var/www/invoice:/tmp").status == FAIL
    assert (
        find("php.open-basedir", sample("v5"), php__web__ini__open_basedir="/var/www/invoiceninja/:/tmp/").status
        == PASS
    )
