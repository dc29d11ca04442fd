"""upgrade_v4.yml on a real machine: V4 is upgraded, or works as before."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from lab import faults

pytest_plugins = ["v4_lab"]
ROOT = "/var/www/invoiceninja"
BACKUPS = "/var/backups/ninjalift"
# Takes effect in part, as a migration does that fails in the middle: MariaDB commits after each CREATE and ALTER.
BROKEN = (
    "CREATE TABLE planted (id INT);\nALTER TABLE proposals_or_not ADD COLUMN x INT;\n"
    "UPDATE clients SET name = 'overwritten';\n"
)
HALFWAY = "CREATE TABLE planted (id INT);\nALTER TABLE clients ADD COLUMN planted INT;\n"


def migration(text: str) -> dict[str, str]:
    return {"ninja/database/migrations/2022_01_01_000000_planted.sql": text}


def untouched(v4, before: str) -> None:
    """V4 is as it was, serves its old version, and nothing of the upgrade is left but a backup."""
    assert v4.snapshot() == before
    assert v4.served() == "4.5.49"
    assert v4.shell(f"ls -d {ROOT}/.ninjalift-upgrade {ROOT}/storage/framework/down 2>/dev/null; true") == ""


def test_an_upgrade_keeps_what_is_the_users_and_a_second_run_changes_nothing(v4):
    v4.shell(
        f"cd {ROOT} && echo mine >public/custom.html && mkdir -p public/logo && echo mine >public/logo/mine.png"
        " && echo mine >own-backup.sh && chmod 0750 own-backup.sh && echo '# mine' >>.env && echo old >app/Gone.php"
        " && chown www-data: public/custom.html public/logo/mine.png own-backup.sh app/Gone.php"
        " && touch bootstrap/cache/services.php && chmod 2775 storage/app"
    )
    clients = v4.sql("SELECT COUNT(*) FROM clients")
    dry = v4.play("upgrade_v4", "--check")
    assert (dry.status, dry.changed) == (0, 1)
    assert "would be backed up, put into maintenance mode, and upgraded from 4.5.49 to 4.5.50" in dry.output
    assert v4.served() == "4.5.49"

    played = v4.play("upgrade_v4")
    assert played.status == 0, played.output[-4000:]
    assert "tables with" in played.output and "were compared in a scratch database" in played.output
    assert v4.served() == "4.5.50"
    assert (
        v4.shell(f"cat {ROOT}/public/custom.html {ROOT}/public/logo/mine.png {ROOT}/own-backup.sh").split()
        == ["mine"] * 3
    )
    assert v4.shell(f"stat -c '%a %U' {ROOT}/own-backup.sh {ROOT}/storage/app").splitlines() == [
        "750 www-data",
        "2775 www-data",
    ]
    assert v4.shell(f"tail -n 1 {ROOT}/.env") == "# mine"
    assert v4.shell(f"ls {ROOT}/app/Gone.php {ROOT}/bootstrap/cache/services.php 2>/dev/null; true") == ""
    assert v4.shell(f"find {ROOT} ! -user www-data | head") == ""
    assert v4.shell(f"cat {ROOT}/storage/version.txt") == "4.5.50"
    assert v4.shell(f"ls -d {ROOT}/.ninjalift-upgrade {ROOT}/storage/framework/down 2>/dev/null; true") == ""
    assert v4.sql("SELECT COUNT(*) FROM clients") == clients
    assert v4.shell(f"find {BACKUPS} -type d ! -perm 700; find {BACKUPS} -name '*.gz' ! -perm 600") == ""

    again = v4.play("upgrade_v4")
    assert (again.status, again.changed) == (0, 0)
    assert v4.play("verify_v4").status == 0


def test_a_v4_from_before_the_forwarding_to_v5_is_verified_and_upgraded(v4):
    v4.sql("ALTER TABLE account_email_settings DROP COLUMN is_disabled, DROP COLUMN forward_url_for_v5")
    assert v4.play("verify_v4").status == 0
    played = v4.play("upgrade_v4")
    assert played.status == 0, played.output[-4000:]
    assert v4.served() == "4.5.50"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"v4_upgrade_archive_checksum": "sha256:" + "0" * 64}, "did not match"),
        ({"v4_upgrade_archive_checksum": ""}, "v4_upgrade_archive_checksum (sha256:…) is missing or wrong"),
        ({"v4_upgrade_archive_url": "https://download.test/nothing.zip"}, "404"),
        ({"v4_version": "4.5.51"}, "The archive holds V4 4.5.50, and 4.5.51 is wanted"),
        ({"v4_version": "4.5.48"}, "V4 of client1 is 4.5.49, newer than the wanted 4.5.48"),
        ({"v4_upgrade_code_state": "tag"}, "The archive holds the code state master of 4.5.50, and tag is wanted"),
    ],
)
def test_what_is_wrong_stops_the_upgrade_before_anything_is_changed(v4, change, message):
    before = v4.snapshot()
    played = v4.play("upgrade_v4", **change)
    assert played.status == 2
    assert message in played.message
    untouched(v4, before)
    assert v4.shell(f"ls {BACKUPS} 2>/dev/null; true") == ""


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda release: release()[:20000], "The archive archive.zip is damaged"),
        (
            lambda release: release(edit=lambda name, text: None if name.endswith("/artisan") else text),
            "holds no Invoice Ninja V4",
        ),
    ],
    ids=["cut-short", "no-artisan"],
)
def test_a_bad_archive_is_refused_although_its_checksum_is_right(v4, make, message):
    before = v4.snapshot()
    played = v4.play("upgrade_v4", **v4.offer("bad.zip", make(v4.release)))
    assert played.status == 2
    assert message in played.message
    untouched(v4, before)


def test_a_full_disk_for_the_backup_is_told_in_numbers(v4):
    before = v4.snapshot()
    with faults.full_disk(v4.machine, BACKUPS):
        played = v4.play("upgrade_v4")
        assert v4.shell(f"ls {BACKUPS}") == ""
    assert played.status == 2
    assert "MiB in /var/backups/ninjalift, and 0 MiB are free" in played.message
    untouched(v4, before)


def test_a_migration_that_fails_halfway_is_undone(v4):
    before = v4.snapshot()
    played = v4.play("upgrade_v4", **v4.offer("broken.zip", v4.release(**migration(BROKEN))))
    assert played.status == 2
    assert "The upgrade of V4 of client1 failed at 'Migrate V4's database'" in played.message
    assert "proposals_or_not" in played.message
    assert "V4 4.5.49 is back and works" in played.message
    untouched(v4, before)


def test_a_new_version_that_does_not_answer_is_undone(v4):
    def spoil(name: str, text: bytes) -> bytes:
        return (
            text.replace(b"<?php", b"<?php http_response_code(500); exit;")
            if name.endswith("public/index.php")
            else text
        )

    before = v4.snapshot()
    played = v4.play("upgrade_v4", v4_upgrade_retries=3, **v4.offer("mute.zip", v4.release(edit=spoil)))
    assert played.status == 2
    assert "Ask V4 for its version until it is 4.5.50" in played.message
    untouched(v4, before)


def test_an_upgrade_that_was_killed_halfway_is_put_back_by_the_next_run(v4):
    before = v4.snapshot()
    offered = v4.offer("slow.zip", v4.release(**migration(HALFWAY + "SELECT SLEEP(300);\n")))
    command = v4.command("playbooks/upgrade_v4.yml")
    command += [
        "-e",
        f"v4_ca_file={v4.lab.dir}/tls/ca.crt",
        *(word for pair in offered.items() for word in ("-e", "=".join(pair))),
    ]
    running = subprocess.Popen(
        command, cwd=v4.project, env=v4.environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + 180
    while v4.sql("SHOW TABLES LIKE 'planted'") != "planted":
        assert running.poll() is None and time.monotonic() < end
        time.sleep(0.2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    sleeping = "info LIKE '%SLEEP(300)%' AND id <> CONNECTION_ID()"
    v4.shell("pkill -9 -x php")
    v4.sql(*v4.sql(f"SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE {sleeping}").splitlines())
    assert v4.served() == ""

    played = v4.play("upgrade_v4", v4_version="4.5.49")
    assert played.status == 0, played.output[-4000:]
    assert "was killed halfway; V4 is put back as it was" in played.output
    untouched(v4, before)
