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


@pytest.mark.wide
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
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, "the worker")
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
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, "the worker")
    backups = data.shell("ls -d /var/backups/ninjalift/v5-*").split()
    assert data.shell("stat -c %a /var/backups/ninjalift") == "700"
    manifest = json.loads(data.shell(f"cat {backups[-1]}/manifest.json"))
    assert "users" in manifest["tables"]
    assert data.provision(v5_version="5.10.20", **offered).changed == 0


def test_an_older_version_is_refused(data):
    message = data.refused("--tags", "preflight")
    assert "has V5 5.10.20, which is newer than 5.10.17" in message
    assert 'v5_version: "5.10.20"' in message


@pytest.mark.wide
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
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, "the worker")


def test_a_run_that_was_killed_between_two_renames_is_mended(data):
    offered = data.offer("newest.tar", release("5.10.21"))
    data.shell(f"mv {ROOT} {ROOT}.ninjalift-old")
    data.provision(v5_version="5.10.21", **offered)
    assert data.version() == "5.10.21"
    assert "OWN_SETTING=kept" in data.shell(f"cat {ROOT}/.env")
    assert data.provision(v5_version="5.10.21", **offered).changed == 0


@pytest.fixture
def held(data):
    """A lock in MariaDB that a migration of the test's waits for; the function given lets it go."""
    data.shell(
        "systemd-run --quiet --unit=ninjalift-held"
        """ mysql -e "DO GET_LOCK('held', 0); DO SLEEP(900)" """
    )

    def release_it():
        data.shell("systemctl stop ninjalift-held 2>/dev/null; systemctl reset-failed ninjalift-held 2>/dev/null; true")
        wait_until(lambda: data.sql("SELECT IS_FREE_LOCK('held')") == "1" or not waiting(data), "the lock")

    wait_until(lambda: data.sql("SELECT IS_FREE_LOCK('held')") == "0", "the lock")
    yield release_it
    release_it()


def waiting(lab):
    """Whether a migration is waiting for the test's lock."""
    return lab.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'") != "0"


def slow(*statements):
    """A migration that makes a table, waits for the test's lock, and goes on; it cannot run twice."""
    lines = ["create table slow (id int)", "do get_lock(\\'held\\', 900)", *statements]
    code = ", ".join(f"'{line}'" for line in lines)
    return {"database/migrations/2025_02_01_000000_slow.php": f"<?php return [{code}];".encode()}


@pytest.mark.wide
def test_a_run_waits_for_what_a_killed_one_still_does_but_not_for_ever(data):
    version = data.version()
    data.shell(f"systemd-run --quiet --unit=ninjalift-locked --uid=www-data flock {ROOT}/artisan sleep 300")
    try:
        message = data.refused(v5_version=version, v5_wait_seconds=1, **data.offer("same.tar", release(version)))
    finally:
        data.shell("systemctl stop ninjalift-locked")
    assert "still works on V5's database" in message
    assert "./cli.py provision client1" in message


@pytest.mark.wide
def test_a_run_that_was_killed_while_the_database_was_changed_is_finished_by_the_next(data, held):
    wanted = {
        "v5_version": "5.10.22",
        **data.offer("slow.tar", release("5.10.22", slow("insert into slow values (1)"))),
    }
    data.kill_when(lambda: waiting(data), "the migration", **wanted)
    assert data.ask("/api/v1/ping").status == 503
    # artisan still works on the host; nothing may work beside it.
    message = data.refused(v5_wait_seconds=1, **wanted)
    assert "still works on V5's database" in message
    assert "./cli.py provision client1" in message
    assert waiting(data)
    held()
    data.provision(**wanted)
    assert data.version() == "5.10.22"
    assert data.sql("SELECT id FROM slow") == "1"
    assert left_behind(data) == ""
    assert "OWN_SETTING=kept" in data.shell(f"cat {ROOT}/.env")
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, "the worker")
    assert data.provision(**wanted).changed == 0


@pytest.mark.wide
def test_a_killed_upgrade_that_cannot_be_finished_is_undone_by_the_next_run(data, held):
    wanted = {"v5_version": "5.10.23", **data.offer("bad.tar", release("5.10.23", bad_slow()))}
    before, rows = data.shell(STATE), counts(data)
    data.kill_when(lambda: waiting(data), "the migration", **wanted)
    held()
    wait_until(lambda: not waiting(data), "the end of the migration")
    message = data.refused(**wanted)
    assert "could not be upgraded to 5.10.23" in message
    assert "5.10.22 and its data are back" in message
    assert data.shell(STATE) == before
    assert counts(data) == rows
    assert data.version() == "5.10.22"
    wait_until(lambda: data.host.service("invoiceninja-queue").is_running, "the worker")


def bad_slow():
    ((_, content),) = slow("no SQL").items()
    return {"database/migrations/2025_03_01_000000_bad.php": content.replace(b"table slow", b"table bad")}


@pytest.mark.wide
def test_an_exchange_that_fails_between_its_renames_is_undone(data):
    offered = data.offer("newest.tar", release("5.10.24"))
    before, rows = data.shell(STATE), counts(data)
    script = '#!/bin/sh\ncase $2 in *.ninjalift-new*) exit 1;; esac\nexec /bin/mv "$@"\n'
    data.machine.ssh("install -m 0755 /dev/stdin /usr/local/bin/mv", input=script)
    try:
        message = data.refused(v5_version="5.10.24", **offered)
    finally:
        data.shell("rm /usr/local/bin/mv")
    assert "5.10.22 and its data are back" in message
    assert data.shell(STATE) == before
    assert counts(data) == rows
    assert data.version() == "5.10.22"


@pytest.mark.wide
def test_an_old_release_that_a_killed_run_left_never_replaces_the_live_one(data):
    # Killed when V5 was out of maintenance already: since then, people have worked with the new release.
    data.shell(f"cp -a {ROOT} {ROOT}.ninjalift-old && echo 5.10.1 > {ROOT}.ninjalift-old/VERSION.txt")
    data.shell(f"sudo -u www-data touch {ROOT}/storage/app/newer")
    offered = data.offer("newest.tar", release("5.10.24"))
    data.shell("mount -t tmpfs -o size=64k tmpfs /var/backups/ninjalift")
    try:
        data.refused(v5_version="5.10.24", **offered)
    finally:
        data.shell("umount /var/backups/ninjalift")
    assert data.version() == "5.10.22"
    assert data.host.file(f"{ROOT}/storage/app/newer").exists
    assert left_behind(data) == ""


@pytest.mark.wide
def test_a_release_put_aside_in_maintenance_is_the_end_of_a_killed_upgrade(data):
    data.shell(f"cp -a {ROOT} {ROOT}.ninjalift-old")
    data.artisan("down")
    data.provision("--check", v5_version="5.10.22", **data.offer("same.tar", release("5.10.22")))
    assert data.ask("/api/v1/ping").status == 503
    data.provision(v5_version="5.10.22", **data.offer("same.tar", release("5.10.22")))
    assert data.version() == "5.10.22"
    assert left_behind(data) == ""


@pytest.mark.wide
def test_maintenance_of_an_administrator_is_said_and_kept(data):
    data.artisan("down")
    mend = f"cd {ROOT} && sudo -u www-data php artisan up"
    try:
        message = data.refused(v5_version="5.10.24", **data.offer("newest.tar", release("5.10.24")))
        assert "is in maintenance mode, and no upgrade of ours put it there" in message
        assert mend in message
        message = data.refused(v5_version="5.10.22", **data.offer("same.tar", release("5.10.22")))
        assert "is in maintenance mode" in message and mend in message
        assert data.ask("/api/v1/ping").status == 503
    finally:
        data.artisan("up")


@pytest.mark.wide
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
        assert "5.10.22 and its data are back" in message
        assert data.sql("SELECT id FROM written") == "7"
    finally:
        data.shell("systemctl stop ninjalift-job 2>/dev/null; true")
        data.sql("DROP TABLE written")


@pytest.mark.wide
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
    assert data.version() == "5.10.22", "it is out of maintenance"
    assert left_behind(data) == ""
