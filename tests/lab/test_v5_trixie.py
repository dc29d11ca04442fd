"""Debian 13 with its PHP 8.4 becomes a working V5, of a version that runs on it."""

import pytest
from v5_lab import ROOT, release

pytest_plugins = ["v5_lab"]
pytestmark = pytest.mark.wide


def test_a_version_that_does_not_run_on_php_84_is_refused(trixie):
    message = trixie.refused("--tags", "preflight")
    assert "does not run on the PHP 8.4 of Debian 13" in message
    assert 'v5_version: "5.12.25"' in message


def test_debian_13_becomes_a_working_v5(trixie):
    wanted = {"v5_version": "5.12.25", **trixie.offer("newer.tar", release("5.12.25"))}
    trixie.provision("--check", **wanted)
    trixie.provision(**wanted)
    assert trixie.provision(**wanted).changed == 0
    assert trixie.shell("php -r 'echo PHP_MAJOR_VERSION, PHP_MINOR_VERSION;'") == "84"
    assert trixie.shell("command -v mysql mysqldump")
    for name in ("php8.4-fpm", "mariadb", "nginx", "cron", "invoiceninja-queue"):
        assert trixie.host.service(name).is_running, name
    assert trixie.version() == "5.12.25"
    assert trixie.log_in()
    assert trixie.sql("SELECT COUNT(*) FROM users") == "1"
    assert trixie.shell(f"find {ROOT} ! -user www-data") == ""
