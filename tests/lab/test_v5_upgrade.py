"""An older V5 becomes a newer one and keeps its data; an upgrade that fails leaves the old one as it was."""

import json

import pytest
from v5_lab import ROOT, release, wait_until

pytest_plugins = ["v5_lab"]
STATE = (
    f"cd {ROOT} && cat VERSION.txt .env && find storage/app public/storage -type f | sort | xargs -r sha256sum"
    " && ls -d ../*ninjalift* 2>/dev/null; true"
)


def left_behind(lab):
    return lab.shell("ls -d /var/www/*ninjalift* 2>/dev/null; true")


def counts(lab):
    tables = lab.sql("SHOW TABLES").split()
    return lab.sql(" UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM `{name}`" for name in tables))


@pytest.fixture(scope="module")
def data(v5):
    """Something of the client's in every place that an upgrade must keep; V5 is put back after these tests."""
    with v5.as_it_was():
        v5.shell(
            f"cd {ROOT} && mkdir -p public/storage/docs && head -c 100000 /dev/urandom > public/storage/docs/a.pdf"
            " && echo note > storage/app/note && echo OWN_SETTING=kept >> .env"
            " && chown -R www-data: public/storage storage/app"
        )
        v5.provision()  # what was added to .env gets into the cached configuration
        yield v5


# MariaDB does not take a CREATE TABLE back, so a migration that fails half way leaves something behind.
HALF_DONE = {
    "database/migrations/2025_01_01_000000_half.php": b"<?php return ['create table half (id int)', 'no SQL'];"
}


@pytest.mark.parametrize("top", ["", "invoiceninja/"])
def test_an_upgrade_that_fails_leaves_everything_as_it_was(data, top):
    offered = data.offer("broken.tar", release("5.10.20", HALF_DONE, top))
    before, rows = data.shell(STATE), counts(data)
    message = data.refused(v5_version="5.10.20", **offered)
    assert "could not be upgraded to 5.10.20" in message
    assert "5.10.17 and its data are back" in message
    assert "laravel.log" in message
    assert data.shell(STATE) == before
    assert counts(data) == rows
    assert data.version() == "5.10.17"
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, 10, "the worker")
    assert data.provision().changed == 0


def test_an_upgrade_keeps_the_data_and_takes_a_backup(data):
    offered = data.offer("newer.tar", release("5.10.20"))
    before = data.shell(f"cd {ROOT} && cat .env && find storage/app public/storage -type f | sort | xargs -r sha256sum")
    users = data.sql("SELECT id, email, password FROM users")
    data.shell(f"touch {ROOT}/app/StaleClass.php")
    dry = data.provision("--check", v5_version="5.10.20", **offered)
    assert "over 5.10.17 after a backup" in dry.output
    data.provision(v5_version="5.10.20", **offered)
    assert data.version() == "5.10.20"
    after = data.shell(f"cd {ROOT} && cat .env && find storage/app public/storage -type f | sort | xargs -r sha256sum")
    assert after == before
    assert data.sql("SELECT id, email, password FROM users") == users
    assert not data.host.file(f"{ROOT}/app/StaleClass.php").exists, "no file of the old release is left"
    assert left_behind(data) == ""
    assert data.shell(f"find {ROOT} ! -user www-data") == ""
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, 10, "the worker")
    backups = data.shell("ls -d /var/backups/ninjalift/v5-*").split()
    assert data.shell("stat -c %a /var/backups/ninjalift") == "700"
    manifest = json.loads(data.shell(f"cat {backups[-1]}/manifest.json"))
    assert "users" in manifest["tables"]
    assert data.provision(v5_version="5.10.20", **offered).changed == 0


def test_an_older_version_is_refused(data):
    message = data.refused("--tags", "preflight")
    assert "has V5 5.10.20, which is newer than 5.10.17" in message
    assert 'v5_version: "5.10.20"' in message


def test_a_disk_without_room_for_the_backup_changes_nothing(data):
    offered = data.offer("newest.tar", release("5.10.21"))
    data.shell("mount -t tmpfs -o size=64k tmpfs /var/backups/ninjalift")
    try:
        message = data.refused(v5_version="5.10.21", **offered)
    finally:
        data.shell("umount /var/backups/ninjalift")
    assert "MiB are free" in message
    assert "5.10.20 and its data are back" in message
    assert data.version() == "5.10.20", "it is out of maintenance"
    assert left_behind(data) == ""
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, 10, "the worker")


def test_a_run_that_was_killed_between_two_renames_is_mended(data):
    offered = data.offer("newest.tar", release("5.10.21"))
    data.shell(f"mv {ROOT} {ROOT}.ninjalift-old")
    data.provision(v5_version="5.10.21", **offered)
    assert data.version() == "5.10.21"
    assert "OWN_SETTING=kept" in data.shell(f"cat {ROOT}/.env")
    assert data.provision(v5_version="5.10.21", **offered).changed == 0


def test_a_run_waits_for_what_a_killed_one_still_does_but_not_for_ever(data):
    data.shell(f"systemd-run --quiet --unit=ninjalift-locked --uid=www-data flock {ROOT}/artisan sleep 300")
    try:
        message = data.refused(v5_version="5.10.21", v5_wait_seconds=1, **data.offer("same.tar", release("5.10.21")))
    finally:
        data.shell("systemctl stop ninjalift-locked")
    assert "still works on V5's database" in message
    assert "./cli.py provision client1" in message


def test_what_a_job_wrote_until_its_end_survives_an_upgrade_that_fails(data):
    offered = data.offer("broken.tar", release("5.10.24", HALF_DONE))
    data.sql("CREATE TABLE written (id INT)")
    # A worker that somebody else started, in the middle of a job: it ends, as Laravel's do, when the maintenance began.
    job = (
        "until [ -e storage/framework/down ]; do sleep 0.1; done; mysql invoiceninja_v5 -e 'INSERT written VALUES (7)'"
    )
    data.shell(
        f"systemd-run --quiet --unit=ninjalift-job --property=WorkingDirectory={ROOT}"
        f' sh -c "{job}" /usr/bin/artisan queue:work'
    )
    try:
        message = data.refused(v5_version="5.10.24", **offered)
        assert "5.10.21 and its data are back" in message
        assert data.sql("SELECT id FROM written") == "7"
    finally:
        data.shell("systemctl stop ninjalift-job 2>/dev/null; true")
        data.sql("DROP TABLE written")


def test_an_upgrade_does_not_begin_while_a_job_does_not_end(data):
    offered = data.offer("newest.tar", release("5.10.24"))
    data.shell(
        f"systemd-run --quiet --unit=ninjalift-job --property=WorkingDirectory={ROOT}"
        ' sh -c "sleep 300; true" /usr/bin/artisan queue:work'
    )
    try:
        message = data.refused(v5_version="5.10.24", v5_wait_seconds=2, **offered)
    finally:
        data.shell("systemctl stop ninjalift-job")
    assert "still runs after 2 seconds" in message
    assert data.version() == "5.10.21", "it is out of maintenance"
    assert left_behind(data) == ""
