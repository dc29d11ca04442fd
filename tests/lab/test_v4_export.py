"""The roles v4_export and v4_backup on a real machine, each leaving behind only what it says."""

from __future__ import annotations

import subprocess

import pytest

from lab import faults

pytest_plugins = ["v4_lab"]
ROOT = "/var/www/invoiceninja"
BACKUPS = "/var/backups/ninjalift"
EXPORT = {"ansible.builtin.include_role": {"name": "v4_export"}}
REMOVE = {"ansible.builtin.include_role": {"name": "v4_export", "tasks_from": "remove"}}
BACKUP = {"ansible.builtin.include_role": {"name": "v4_backup"}}


def say(expression: str) -> dict:
    return {"ansible.builtin.debug": {"msg": f"SAID {{{{ {expression} }}}}"}}


def left(v4) -> str:
    return v4.shell(f"ls -d {ROOT}/storage/migrations {ROOT}/storage/app/migrations 2>/dev/null; true")


def test_an_export_is_proven_and_removed_without_a_trace(v4):
    before = v4.snapshot()
    look = {"ansible.builtin.command": f"find {ROOT}/storage/migrations -printf '%m %u %y\\n'", "register": "looked"}
    played = v4.tasks(
        EXPORT,
        say("v4_export_result.account_key ~ ' ' ~ v4_export_result.manifest.counts.clients"),
        say("v4_export_result.size ~ ' ' ~ v4_export_result.sha256"),
        look,
        say("looked.stdout"),
        REMOVE,
        REMOVE,
    )
    assert played.status == 0, played.output[-3000:]
    assert f"SAID {v4.client.account_key} 10" in played.output
    assert "700 www-data d" in played.output and "600 www-data f" in played.output
    assert left(v4) == ""
    assert v4.snapshot() == before


def test_a_dry_run_exports_nothing(v4):
    dry = v4.tasks(EXPORT, check=True)
    assert dry.status == 0, dry.output[-2000:]
    assert "would be exported" in dry.output
    assert left(v4) == ""


@pytest.mark.wide
def test_an_earlier_export_is_not_taken_for_the_new_one_and_stays(v4):
    key = v4.client.account_key
    v4.shell(
        f"install -d -o www-data {ROOT}/storage/migrations"
        f" && echo old >{ROOT}/storage/migrations/{key}-2020-01-01-invoiceninja.zip"
    )
    played = v4.tasks(EXPORT, say("v4_export_result.path"), REMOVE)
    assert played.status == 0, played.output[-3000:]
    assert f"{key}-2020-01-01" not in played.output
    assert v4.shell(f"ls {ROOT}/storage/migrations") == f"{key}-2020-01-01-invoiceninja.zip"


def test_an_unknown_owner_is_refused(v4):
    played = v4.tasks(EXPORT, v4_owner_email="nobody@example.com")
    assert played.status == 2
    assert (
        "nobody@example.com does not own a company in V4 of client1; its owners are owner@client1.test"
        in played.message
    )
    assert left(v4) == ""


def test_an_export_that_is_cut_short_is_detected_and_removed(v4):
    cutter = (
        '#!/bin/sh\nphp "$@" || exit\n'
        'case "$*" in *migrations:export*) truncate -s -200 storage/migrations/*.zip;; esac\n'
    )
    v4.shell("cat >/usr/local/bin/php-cutting && chmod 0755 /usr/local/bin/php-cutting", cutter)
    played = v4.tasks(EXPORT, v4_export_php="/usr/local/bin/php-cutting")
    assert played.status == 2
    assert "Mend it with: `" in played.message
    assert left(v4) == ""


@pytest.mark.wide
def test_two_exports_at_once_do_not_spoil_each_other(v4):
    command = [*v4.machine.ssh_command(), f"flock {ROOT}/artisan sleep 600"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as other:
        try:
            v4.shell(f"until ! flock --nonblock {ROOT}/artisan true; do :; done")
            played = v4.tasks(EXPORT)
        finally:
            v4.shell("fuser --kill -TERM /var/www/invoiceninja/artisan >/dev/null 2>&1; true")
            other.kill()
    assert played.status == 2
    assert "did not export: another export is running" in played.message
    assert left(v4) == ""


def test_a_full_disk_stops_the_export_in_numbers(v4):
    with faults.full_disk(v4.machine, f"{ROOT}/storage"):
        played = v4.tasks(EXPORT)
    assert played.status == 2
    assert "MiB in /var/www/invoiceninja/storage, and 0 MiB are free" in played.message


@pytest.mark.parametrize("kept", [2])
def test_backups_are_proven_kept_and_put_back(v4, kept):
    played = v4.tasks(BACKUP, BACKUP, BACKUP, say("v4_backup_path"), v4_backup_keep=kept)
    assert played.status == 0, played.output[-3000:]
    assert "were compared in a scratch database" in played.output
    assert v4.sql("SHOW DATABASES LIKE 'ninjalift%'") == ""
    backups = v4.shell(f"ls {BACKUPS}").splitlines()
    assert len(backups) == kept
    before = v4.snapshot()

    v4.sql("CREATE TABLE planted (id INT)", "DELETE FROM invoices LIMIT 3")
    v4.shell(f"rm -r {ROOT}/app {ROOT}/storage/documents; echo x >{ROOT}/.env.example")
    restore = {"ansible.builtin.include_role": {"name": "v4_backup", "tasks_from": "restore"}}
    played = v4.tasks(restore, v4_backup_path=f"{BACKUPS}/{backups[-1]}")
    assert played.status == 0, played.output[-3000:]
    assert v4.snapshot() == before
    assert v4.served() == "4.5.49"


def test_a_backup_inside_of_v4_is_refused(v4):
    played = v4.tasks(BACKUP, v4_backup_dir=f"{ROOT}/storage/backup")
    assert played.status == 2
    assert "is inside of V4" in played.message


def test_no_password_is_seen_while_v4_is_backed_up_and_exported(v4):
    secret = v4.shell(f"sed -n 's/^DB_PASSWORD=//p' {ROOT}/.env").strip("\"'")
    watch = (
        "while :; do for p in /proc/[0-9]*/cmdline; do tr '\\\\0' ' ' <$p; echo; done 2>/dev/null; done"
        " >/run/ninjalift-watch"
    )
    v4.shell(f'systemd-run --quiet --unit=ninjalift-watch sh -c "{watch.replace("$", chr(92) + "$")}"')
    try:
        played = v4.tasks(EXPORT, REMOVE, BACKUP)
    finally:
        v4.shell("systemctl stop ninjalift-watch")
    assert played.status == 0, played.output[-3000:]
    seen = v4.shell("sort -u /run/ninjalift-watch; rm /run/ninjalift-watch")
    assert "mysqldump" in seen or "mariadb-dump" in seen
    assert len(secret) > 5
    assert secret not in seen
    assert secret not in played.output
