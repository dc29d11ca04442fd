"""upgrade_v4.yml on a real machine: V4 is upgraded, or works as before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import wide
import yaml
from v4_lab import PROJECT
from v5_lab import wait_until

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
    return {"ninja/database/migrations/2022_01_01_000000_planted.php": f"<?php return <<<'SQL'\n{text}SQL;\n"}


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


@pytest.mark.wide
def test_a_v4_from_before_the_forwarding_to_v5_is_verified_and_upgraded(v4):
    v4.sql("ALTER TABLE account_email_settings DROP COLUMN is_disabled, DROP COLUMN forward_url_for_v5")
    assert v4.play("verify_v4").status == 0
    played = v4.play("upgrade_v4")
    assert played.status == 0, played.output[-4000:]
    assert v4.served() == "4.5.50"


WRONG = {
    "digest": ({"v4_upgrade_archive_checksum": "sha256:" + "0" * 64}, "did not match"),
    "no-digest": (
        {"v4_upgrade_archive_checksum": ""},
        "v4_upgrade_archive_checksum (sha256:…) is missing or wrong",
    ),
    "no-archive": ({"v4_upgrade_archive_url": "https://download.test/nothing.zip"}, "404"),
    "another-version": ({"v4_version": "4.5.51"}, "The archive holds V4 4.5.50, and 4.5.51 is wanted"),
    "older-version": ({"v4_version": "4.5.48"}, "V4 of client1 is 4.5.49, newer than the wanted 4.5.48"),
    "code-state": (
        {"v4_upgrade_code_state": "tag"},
        "The archive holds the code state master of 4.5.50, and tag is wanted",
    ),
}


@pytest.mark.parametrize("case", wide.but(["digest", "older-version"], WRONG))
def test_what_is_wrong_stops_the_upgrade_before_anything_is_changed(v4, case):
    change, message = WRONG[case]
    before = v4.snapshot()
    played = v4.play("upgrade_v4", **change)
    assert played.status == 2
    assert message in played.message
    untouched(v4, before)
    assert v4.shell(f"ls {BACKUPS} 2>/dev/null; true") == ""


@pytest.mark.wide
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


@pytest.mark.wide
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
    # It was up for a moment, so what somebody may have entered is kept.
    kept = re.search(r"before it was put back is kept in (\S+)\. Mend", played.message).group(1)
    assert v4.shell(f"ls {kept}/database.sql.gz")
    untouched(v4, before)


@pytest.mark.wide
def test_the_older_code_state_called_4_5_50_is_upgraded_where_the_newer_one_is_wanted(v4):
    v4.shell(
        f"cd {ROOT}/app && sed -i 's/4\\.5\\.49/4.5.50/' Constants.php && rm -f Traits/GenerateMigrationResources.php"
        " && systemctl restart php7.4-fpm"
    )
    ambiguous = v4.findings()["v4-4550-ambiguous"]
    assert "v4_upgrade_code_state: master" in ambiguous["remedy"]
    assert v4.play("upgrade_v4").changed == 0
    played = v4.play("upgrade_v4", v4_upgrade_code_state="master")
    assert played.status == 0, played.output[-4000:]
    assert "v4-4550-ambiguous" not in v4.findings(v4_upgrade_code_state="master")


@pytest.mark.wide
def test_a_php_without_an_extension_of_the_new_version_is_told_before_anything_is_changed(v4):
    before = v4.snapshot()
    v4.shell("phpdismod -v 7.4 -s cli gmp")
    try:
        played = v4.play("upgrade_v4")
    finally:
        v4.shell("phpenmod -v 7.4 -s cli gmp")
    assert played.status == 2
    assert "lacks gmp" in played.message
    assert "`apt-get install php7.4-cli php7.4-fpm php7.4-gd php7.4-gmp php7.4-json php7.4-zip`" in played.message
    untouched(v4, before)
    assert v4.shell(f"ls {BACKUPS} 2>/dev/null; true") == ""


@pytest.mark.wide
def test_a_job_of_cron_that_does_not_end_stops_the_upgrade(v4, cron):
    before = v4.snapshot()
    job = v4.shell(
        f"cd {ROOT}; (exec -a 'php artisan ninja:send-invoices' sleep 600) >/dev/null 2>&1 </dev/null & echo $!"
    )
    try:
        played = v4.play("upgrade_v4", v4_upgrade_jobs_timeout=1)
    finally:
        v4.shell(f"kill {job}; true")
    assert played.status == 2
    assert f"(process {job}) still runs after 1 seconds" in played.message
    assert "V4 4.5.49 is back and works" in played.message
    untouched(v4, before)
    assert crontabs(v4) == cron


@contextmanager
def upgrading(v4, **variables: str):
    """The upgrade as a process of its own, which is killed at the end as a power failure of the controller would."""
    pairs = {"v4_ca_file": f"{v4.lab.dir}/tls/ca.crt", **variables}
    running = subprocess.Popen(
        [*v4.command("playbooks/upgrade_v4.yml"), *(word for pair in pairs.items() for word in ("-e", "=".join(pair)))],
        cwd=v4.project,
        env=v4.environment,
        # Not this process's own: ssh makes what it shares non-blocking, and Ansible refuses to start with that.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def until(reached) -> None:
        def seen() -> bool:
            assert running.poll() is None, "the upgrade has ended"
            return reached()

        wait_until(seen, "what the upgrade was to reach")

    try:
        yield until
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


# On a day that never comes: the tests only look at the lines.
CRON = f"0 0 31 2 * www-data php {ROOT}/artisan ninja:send-reminders"
OWN = f"0 0 31 2 * cd {ROOT} && php artisan ninja:send-invoices"


def site_as_far_as_v4(folder: Path) -> str:
    """The plays of site.yml before those of V5, as a playbook of its own."""
    playbooks = PROJECT / "playbooks"
    plays = yaml.safe_load((playbooks / "site.yml").read_text())
    plays = plays[: [play["name"] for play in plays].index("Note the V4 servers that are ready")]
    for play in plays:
        if "ansible.builtin.import_playbook" in play:
            play["ansible.builtin.import_playbook"] = str(playbooks / play["ansible.builtin.import_playbook"])
    path = folder / "site.yml"
    path.write_text(yaml.safe_dump(plays))
    return str(path)


def crontabs(v4) -> str:
    return v4.shell("cat /etc/cron.d/v4-test; crontab -u www-data -l")


@pytest.fixture
def cron(v4):
    """V4's jobs as real installations have them: in a file of the system's, and in the web user's crontab."""
    before = v4.shell("crontab -u www-data -l 2>/dev/null; true")
    v4.shell(f"echo '{CRON}' >/etc/cron.d/v4-test; (echo '{OWN}'; echo '0 1 * * * true') | crontab -u www-data -")
    yield crontabs(v4)
    v4.shell("rm -f /etc/cron.d/v4-test; crontab -u www-data -", before + "\n" if before else "")


def test_an_upgrade_that_was_killed_halfway_is_put_back_by_the_next_run(v4, cron, tmp_path):
    before = v4.snapshot()
    slow = v4.offer("slow.zip", v4.release(**migration(HALFWAY + "SELECT SLEEP(300);\n")))
    with upgrading(v4, **slow) as until:
        until(lambda: v4.sql("SHOW TABLES LIKE 'planted'") == "planted")
    assert v4.served() == ""
    assert all(line.startswith("#paused by ninjalift# ") for line in crontabs(v4).splitlines() if "artisan" in line)
    assert v4.shell("pgrep -f '[a]rtisan migrate'")

    verified = v4.play("verify_v4")
    assert verified.status == 2
    assert "was killed halfway" in verified.message and "`./cli.py upgrade client1`" in verified.message

    # Somebody brought V4 up by hand, and worked with it.
    v4.sql("UPDATE clients SET name = 'entered since' ORDER BY id LIMIT 1")
    v4.shell(f"rm {ROOT}/storage/framework/down")
    dry = v4.play("upgrade_v4", "--check", v4_version="4.5.49")
    assert (dry.status, dry.changed) == (0, 1)
    played = v4.play(site_as_far_as_v4(tmp_path), v4_version="4.5.49")
    assert played.status == 0, played.output[-4000:]
    assert "was killed halfway; V4 is put back as it was" in played.output
    kept = re.search(r"is kept in (\S+)\.\"", played.output).group(1)
    assert v4.shell(f"zgrep -c 'entered since' {kept}/database.sql.gz") == "1"
    assert v4.shell("pgrep -f '[a]rtisan migrate'; true") == ""
    untouched(v4, before)
    assert crontabs(v4) == cron


@pytest.mark.wide
def test_what_is_entered_after_the_upgrade_survives_its_being_killed(v4, cron):
    def mute(name: str, text: bytes) -> bytes:
        return (
            text.replace(b"<?php", b"<?php if (!file_exists('/srv/answer')) exit;")
            if name.endswith("index.php")
            else text
        )

    v4.shell("rm -f /srv/answer")
    late = v4.offer("late.zip", v4.release(edit=mute))
    with upgrading(v4, v4_upgrade_retries="300", **late) as until:
        note, down = f"{ROOT}/.ninjalift-upgrade/note.json", f"{ROOT}/storage/framework/down"
        live = f"if grep -qs committed {note} && [ ! -e {down} ]; then echo live; fi"
        until(lambda: v4.shell(live) == "live")
    v4.sql("UPDATE clients SET name = 'entered since' ORDER BY id LIMIT 1")
    v4.shell("touch /srv/answer")
    played = v4.play("upgrade_v4", **late)
    assert played.status == 0, played.output[-4000:]
    assert "its new version was whole, so the upgrade is finished" in played.output
    assert v4.sql("SELECT COUNT(*) FROM clients WHERE name = 'entered since'") == "1"
    assert v4.served() == "4.5.50"
    assert v4.shell(f"ls -d {ROOT}/.ninjalift-upgrade {ROOT}/storage/framework/down 2>/dev/null; true") == ""
    assert crontabs(v4) == cron
    again = v4.play("upgrade_v4", **late)
    assert (again.status, again.changed) == (0, 0)
