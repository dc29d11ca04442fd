"""Regular workers are kept away and come back exactly as they were: crontabs, the queue service, running processes."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration import pause, v4_jobs
from migration.errors import MigrationError

ROOT = Path("/var/www/invoiceninja")
OURS = "* * * * * www-data cd /var/www/invoiceninja && php artisan schedule:run >> /dev/null 2>&1\n"
CRON = f"""SHELL=/bin/sh
# * * * * * www-data cd /var/www/invoiceninja && php artisan schedule:run
{OURS}\t* * * * * www-data /usr/bin/php8.2 /var/www/invoiceninja/artisan queue:work database --stop-when-empty
0 3 * * * root cd /var/www/invoiceninja && php artisan ninja:check-data
* * * * * www-data cd /var/www/invoiceninja-v4 && php artisan schedule:run
* * * * * www-data cd /var/www/other && php artisan queue:work"""


@pytest.mark.parametrize(
    ("line", "belongs"),
    [
        (OURS, True),
        ('* * * * * cd "/var/www/invoiceninja"; php artisan schedule:run', True),
        ("* * * * * php /var/www/invoiceninja/artisan queue:work", True),
        ("* * * * * php /var/www/./invoiceninja/artisan queue:listen", True),
        ("# " + OURS, False),
        ("* * * * * cd /var/www/invoiceninja-v4 && php artisan schedule:run", False),
        ("* * * * * cd /var/www/invoiceninja && php artisan ninja:send-invoices", False),
        ("0 0 * * * tar cf /backup.tar /var/www/invoiceninja", False),
    ],
)
def test_only_lines_that_could_take_the_job_belong(line, belongs):
    assert pause.belongs(line, ROOT) is belongs


def test_a_link_to_the_directory_counts(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert pause.belongs(f"* * * * * cd {tmp_path}/link && php artisan schedule:run", tmp_path / "real")


def test_commenting_touches_two_lines_and_can_be_undone():
    paused = pause.comment(CRON, ROOT)
    assert [line for line in paused.splitlines() if line.startswith(pause.MARK)] == [
        pause.MARK + OURS.rstrip("\n"),
        pause.MARK
        + "\t* * * * * www-data /usr/bin/php8.2 /var/www/invoiceninja/artisan queue:work database --stop-when-empty",
    ]
    assert pause.comment(paused, ROOT) == paused
    assert pause.uncomment(paused, ROOT) == CRON


V4_CRON = """* * * * * www-data php /var/www/invoiceninja/artisan ninja:send-invoices
# 0 8 * * * www-data php /var/www/invoiceninja/artisan ninja:send-reminders
0 8 * * * www-data cd /var/www/invoiceninja; php artisan ninja:send-reminders
* * * * * www-data cd /var/www/invoiceninja-v5 && php artisan schedule:run
0 3 * * * root tar cf /backup.tar /var/www/invoiceninja
"""


def test_every_line_that_runs_v4s_artisan_is_commented():
    paused = pause.comment(V4_CRON, ROOT, pause.V4)
    assert [line.startswith(pause.MARK) for line in paused.splitlines()] == [True, False, True, False, False]
    assert pause.uncomment(paused, ROOT, pause.V4) == V4_CRON


lines = st.sampled_from(
    [OURS, OURS.rstrip("\n"), "# a comment\n", "\n", "MAILTO=x\n", OURS.replace("ninja ", "ninja-v4 ")]
)


@given(st.lists(lines).map("".join))
def test_any_crontab_comes_back_byte_for_byte(text):
    assert pause.uncomment(pause.comment(text, ROOT), ROOT) == text


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host in a directory: /etc, /proc, and `crontab` and `systemctl` that note what they are asked."""
    for name in ("etc/cron.d", "proc", "state", "bin", "tabs"):
        (tmp_path / name).mkdir(parents=True)
    crontab = (
        f'cd {tmp_path}/tabs\necho "$@" >>{tmp_path}/crontab.log\ncase "$3" in -l) cat "$2";; -) cat >"$2";; esac\n'
    )
    (tmp_path / "bin/crontab").write_text(f"#!/bin/sh\n{crontab}")
    states = f'echo "$@" >>{tmp_path}/systemctl.log\ncase "$1" in show) cat {tmp_path}/state-of-service;; esac\n'
    (tmp_path / "bin/systemctl").write_text(f"#!/bin/sh\n{states}")
    (tmp_path / "state-of-service").write_text("active\n")
    for program in (tmp_path / "bin").iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(pause, "CRON_FOLDER", tmp_path / "etc/cron.d")
    monkeypatch.setattr(pause, "CRON_BASE", tmp_path)
    monkeypatch.setattr(pause, "PROC", tmp_path / "proc")
    (tmp_path / "etc/crontab").write_text("# none of ours\n")
    (tmp_path / "etc/cron.d/invoiceninja").write_text(CRON)
    (tmp_path / "etc/cron.d/invoiceninja").chmod(0o640)
    (tmp_path / "tabs/www-data").write_text(OURS)
    return tmp_path


def plan(**changed: object) -> pause.Plan:
    base = pause.Plan(ROOT, ["root", "www-data"], "invoiceninja-queue", 0.5, "/bin/resume", True)
    return base._replace(**changed)


def process(host: Path, pid: int, command: str, cwd: str = str(ROOT), unit: str = "") -> Path:
    folder = host / "proc" / str(pid)
    folder.mkdir()
    (folder / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")
    (folder / "cgroup").write_text(f"0::/system.slice/{unit}\n" if unit else "0::/\n")
    (folder / "cwd").symlink_to(cwd)
    return folder


def test_a_scheduler_that_starts_no_worker_goes_on(host: Path):
    process(host, 41, "php artisan schedule:run")
    pause.pause(plan(kind="v5-queue"), host / "state")
    paused = [
        line for line in (host / "etc/cron.d/invoiceninja").read_text().splitlines() if line.startswith(pause.MARK)
    ]
    assert len(paused) == 1
    assert "queue:work" in paused[0]
    assert pause.resume(host / "state") is True
    assert (host / "etc/cron.d/invoiceninja").read_text() == CRON


def test_a_pause_and_its_end(host: Path):
    pause.pause(plan(), host / "state")
    assert (host / "etc/cron.d/invoiceninja").read_text() == pause.comment(CRON, ROOT)
    assert (host / "tabs/www-data").read_text() == pause.MARK + OURS
    assert (host / "etc/cron.d/state").read_text() == "@reboot root /bin/resume\n"
    assert "stop --no-block invoiceninja-queue" in (host / "systemctl.log").read_text()
    note = host / "state/paused.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert json.loads(note.read_text())["service"] == "invoiceninja-queue"

    assert pause.resume(host / "state") is True
    assert (host / "etc/cron.d/invoiceninja").read_text() == CRON
    assert stat.S_IMODE((host / "etc/cron.d/invoiceninja").stat().st_mode) == 0o640
    assert (host / "tabs/www-data").read_text() == OURS
    assert sorted(path.name for path in (host / "etc/cron.d").iterdir()) == ["invoiceninja"]
    assert (host / "systemctl.log").read_text().endswith("start --no-block invoiceninja-queue\n")
    assert pause.resume(host / "state") is False


def test_a_service_that_did_not_run_is_not_started(host: Path):
    (host / "state-of-service").write_text("inactive\n")
    pause.pause(plan(), host / "state")
    pause.resume(host / "state")
    log = (host / "systemctl.log").read_text()
    assert "stop" not in log
    assert "start" not in log


def test_what_another_edited_meanwhile_stays(host: Path):
    pause.pause(plan(service=""), host / "state")
    table = host / "etc/cron.d/invoiceninja"
    table.write_text(table.read_text() + "\n0 1 * * * root backup\n")
    pause.resume(host / "state")
    assert table.read_text() == CRON + "\n0 1 * * * root backup\n"


def test_a_running_worker_is_asked_once_and_waited_for(host: Path, monkeypatch: pytest.MonkeyPatch):
    worker = process(host, 41, "php artisan queue:work database --sleep=1")
    scheduler = process(host, 40, "php artisan schedule:run")
    process(host, 42, "php artisan queue:work database", cwd="/var/www/other")
    process(host, 43, "php artisan tinker")
    told = []

    def tell(pid, number):
        told.append((pid, number))
        for folder in (worker, scheduler):  # the worker ends its job, and the scheduler that waits for it ends too
            folder.rename(host / folder.name)

    monkeypatch.setattr(pause, "tell", tell)
    pause.pause(plan(timeout=30), host / "state")
    assert told == [(41, signal.SIGTERM)]


@pytest.mark.parametrize(
    ("command", "unit", "signals", "remedy", "told"),
    [
        ("php artisan queue:work database", "laravel.service", True, "systemctl stop laravel.service", [7]),
        ("php artisan queue:work database", "", False, "kill 7", []),
        ("sh -c cd /var/www/invoiceninja && php artisan schedule:run", "cron.service", True, "kill 7", []),
    ],
)
def test_one_that_does_not_end_stops_the_import(host, monkeypatch, command, unit, signals, remedy, told):
    process(host, 7, command, unit=unit)
    asked = []
    monkeypatch.setattr(pause, "tell", lambda pid, number: asked.append(pid))
    with pytest.raises(MigrationError, match="process 7") as caught:
        pause.pause(plan(timeout=0.2, signals=signals), host / "state")
    assert caught.value.id == "workers-run"
    assert caught.value.remedy == remedy
    assert asked == told
    assert pause.resume(host / "state") is True


def test_a_process_that_ends_while_it_is_looked_at_is_none(host: Path):
    (host / "proc/5").mkdir()
    (host / "proc/5/cmdline").write_bytes(b"php\0artisan\0queue:work\0")
    assert list(pause.processes(ROOT)) == []


def test_a_host_without_cron_can_be_paused(host: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pause, "CRON_FOLDER", host / "none")
    (host / "bin/crontab").unlink()
    monkeypatch.setenv("PATH", f"{host}/bin")
    pause.pause(plan(service=""), host / "state")
    assert pause.resume(host / "state") is True


def test_v4s_jobs_are_held_until_they_are_resumed(host: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(v4_jobs, "SPOOLS", (host / "tabs",))
    (host / "etc/cron.d/invoiceninja").write_text(V4_CRON)
    (host / "tabs/ubuntu").write_text("@hourly php /var/www/invoiceninja/artisan ninja:send-invoices\n")
    process(host, 9, "php artisan queue:work")  # runs for ever, and does nothing in maintenance mode
    v4_jobs.hold(ROOT, host / "state", "www-data", 0.5)
    assert (host / "etc/cron.d/invoiceninja").read_text() == pause.comment(V4_CRON, ROOT, pause.V4)
    assert (host / "tabs/ubuntu").read_text().startswith(pause.MARK)
    assert sorted(path.name for path in (host / "etc/cron.d").iterdir()) == ["invoiceninja"], "nothing at a boot"
    v4_jobs.hold(ROOT, host / "state", "www-data", 0.5)  # by the run after one that was killed
    assert pause.resume(host / "state") is True
    assert (host / "etc/cron.d/invoiceninja").read_text() == V4_CRON
    assert (host / "tabs/ubuntu").read_text() == "@hourly php /var/www/invoiceninja/artisan ninja:send-invoices\n"
    assert not (host / "systemctl.log").exists()


def test_a_job_of_v4_that_does_not_end_stops_the_upgrade(host: Path):
    process(host, 7, "php artisan ninja:send-invoices")
    with pytest.raises(MigrationError, match="process 7") as caught:
        v4_jobs.hold(ROOT, host / "state", "www-data", 0.2)
    assert (caught.value.id, caught.value.remedy.split(" -f")[0]) == ("jobs-run", "tail --pid=7")


def test_what_a_killed_upgrade_left_running_is_ended(host: Path, monkeypatch: pytest.MonkeyPatch):
    folders = {41: process(host, 41, "php artisan migrate --force"), 42: process(host, 42, "php artisan db:seed")}
    process(host, 43, "php artisan migrate", cwd="/var/www/other")
    process(host, 44, "php artisan ninja:send-invoices")
    told = []

    def tell(pid, number):
        told.append((pid, number))
        if pid == 41 or number == signal.SIGKILL:
            folders[pid].rename(host / str(pid))

    asked = []

    def ask(root, body, data, php, user):
        asked.append((root, user))
        return {"ended": 1, "left": 0}

    monkeypatch.setattr(pause, "tell", tell)
    monkeypatch.setattr(v4_jobs, "PATIENCE", 0.4)
    monkeypatch.setattr(v4_jobs.php_db, "run_script", ask)
    assert v4_jobs.stop_upgrade(ROOT, "php", "www-data") == 3
    assert sorted(told) == [(41, signal.SIGTERM), (42, signal.SIGKILL), (42, signal.SIGTERM)]
    assert asked == [(ROOT, "www-data")]


def test_one_that_cannot_be_ended_is_named(host: Path, monkeypatch: pytest.MonkeyPatch):
    process(host, 41, "php artisan migrate --force")
    monkeypatch.setattr(pause, "tell", lambda pid, number: None)
    monkeypatch.setattr(v4_jobs, "PATIENCE", 0.2)
    with pytest.raises(MigrationError, match="process 41") as caught:
        v4_jobs.stop_upgrade(ROOT, "php", "www-data")
    assert caught.value.remedy == "kill -9 41"
