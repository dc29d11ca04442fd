"""How the log is followed on the host: as it grows, through rotation and truncation, with half lines."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from migration import import_control, import_jobs, import_worker, watch, watch_host
from migration.errors import MigrationError

KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"


def line(resource: str) -> bytes:
    return f"[2026-11-23 17:40:00] migration.INFO: Importing {resource}  \n".encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "laravel.log"
    path.write_bytes(line("account") + line("company"))
    return path


def follower(path: Path) -> watch_host.LogFile:
    """A follower that was set up when the log stood as it is now."""
    return watch_host.LogFile(path, path.stat().st_ino, path.stat().st_size)


def append(path: Path, *data: bytes) -> None:
    with path.open("ab") as target:
        target.write(b"".join(data))


def resources(log: watch.ImportLog) -> list[str]:
    run = log.runs.get("migration")
    return run.resources if run else []


def test_only_what_is_new_is_read(path: Path):
    log, file = watch.ImportLog(), follower(path)
    assert file.read(log) is False
    append(path, line("account"), line("users")[:30])
    assert file.read(log) is True
    assert resources(log) == ["account"]
    append(path, line("users")[30:])
    file.read(log)
    assert resources(log) == ["account", "users"]
    assert file.offset == path.stat().st_size


def test_a_rotated_log_is_read_to_its_end_and_the_new_one_from_its_beginning(path: Path):
    log, file = watch.ImportLog(), follower(path)
    append(path, line("account"))
    file.read(log)
    append(path, line("company"), b"[2026-11-23 17:40:00] migration.INFO: Impor")
    path.rename(path.with_suffix(".log.1"))
    path.write_bytes(line("users"))
    assert file.read(log) is True
    assert resources(log) == ["account", "company", "users"]


def test_a_log_that_was_rotated_and_packed_goes_on_in_the_new_one(path: Path):
    log, file = watch.ImportLog(), follower(path)
    new = path.with_suffix(".new")
    new.write_bytes(line("users"))
    new.replace(path)
    file.read(log)
    assert resources(log) == ["users"]


def test_a_truncated_log_is_read_from_its_beginning(path: Path):
    log, file = watch.ImportLog(), follower(path)
    append(path, line("account"), line("company"))
    file.read(log)
    os.truncate(path, 0)
    append(path, line("users"))
    file.read(log)
    assert resources(log) == ["account", "company", "users"]


def test_a_log_that_is_not_there_yet(tmp_path: Path):
    path = tmp_path / "laravel.log"
    log, file = watch.ImportLog(), watch_host.LogFile(path)
    assert file.read(log) is False
    path.write_bytes(line("account"))
    assert file.read(log) is True
    assert resources(log) == ["account"]


def test_a_log_larger_than_one_read(path: Path):
    log, file = watch.ImportLog(), follower(path)
    append(path, line("account"), b"x" * (3 << 20), b"\n", line("company"))
    file.read(log)
    assert resources(log) == ["account", "company"]


def test_processor_time_is_a_sign_of_life():
    assert watch_host.cpu_ticks(str(os.getpid())) >= 0
    for nobody in ("0", "", "999999999"):
        assert watch_host.cpu_ticks(nobody) == -1


def test_a_units_state_is_read_by_its_fields(monkeypatch: pytest.MonkeyPatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        out = "Result=success\nActiveState=active\nMainPID=12\nInvocationID=ab=c\n"
        return subprocess.CompletedProcess(command, 0, out, "")

    monkeypatch.setattr(subprocess, "run", run)
    found = watch_host.unit_state("ninjalift-import-9nrwevhj")
    assert (found["ActiveState"], found["MainPID"], found["InvocationID"]) == ("active", "12", "ab=c")
    assert asked[0][2] == "ninjalift-import-9nrwevhj.service"
    assert watch_host.unit_state("") == {}


def test_a_start_that_systemd_has_yet_to_begin_is_waited_for(tmp_path, monkeypatch):
    """Under load `systemctl show` answers before the unit's job was begun: inactive, with a job (systemd 252)."""
    monkeypatch.setattr(import_jobs, "RUN_ROOT", str(tmp_path))
    phase = import_worker.run_folder("unit") / import_worker.PHASE
    phase.parent.mkdir()
    states = [{"ActiveState": "inactive", "Job": "462"}, {"ActiveState": "activating", "Job": "462"}]

    def state(unit):
        if len(states) == 1:
            phase.write_text(json.dumps({"phase": "waiting"}))
        return states.pop(0)

    monkeypatch.setattr(watch_host, "unit_state", state)
    import_control._wait_until_waiting("unit", 60)
    assert not states
    monkeypatch.setattr(watch_host, "unit_state", lambda unit: {"ActiveState": "inactive", "Job": ""})
    phase.unlink()
    with pytest.raises(MigrationError, match="did not start"):
        import_control._wait_until_waiting("unit", 60)


def test_the_end_is_told_at_once_and_the_database_asked_once_a_second(path, tmp_path, monkeypatch):
    """A watch of an import that ends while it runs: a clock of its own, no waiting."""
    (tmp_path / "storage/logs").mkdir(parents=True)
    log = tmp_path / watch_host.LOG
    log.write_bytes(b"")
    monkeypatch.setattr(import_jobs, "STATE_ROOT", str(tmp_path / "state"))
    monkeypatch.setattr(import_jobs, "RUN_ROOT", str(tmp_path / "run"))
    clock = [0.0]
    asked = []
    done = line("account") + "[2026-11-23 17:41:00] migration.INFO: Completed🚀🚀 at 2026-11-23 17:41:00  \n".encode()

    def sleep(seconds):
        clock[0] += seconds
        if clock[0] == 5.5:
            append(log, done)

    def query(root, queries, php, user):
        asked.append(clock[0])
        over = clock[0] >= 5.5
        job = [] if over else [{"id": 4, "queue": "ninjalift-9nrwevhj", "reserved_at": 1, "ours": 1}]
        company = [{"id": 2, "is_disabled": 1}] if over else []
        return {"rows": {"jobs": job, "failed": [], "company": company, "new": company}}

    monkeypatch.setattr(watch_host.time, "monotonic", lambda: clock[0] + 100)
    monkeypatch.setattr(watch_host.time, "sleep", sleep)
    monkeypatch.setattr(watch_host.php_db, "query", query)
    monkeypatch.setattr(watch_host, "unit_state", lambda unit: {"ActiveState": "active", "MainPID": "0"})
    target = watch_host.Target(tmp_path, "php", "", KEY, "ninjalift-import-9nrwevhj")
    marker = {"log": {"inode": 0, "offset": 0}, "jobs": 0, "failed_jobs": 0, "companies": 1, "at": 1.0}
    found = watch_host.watch_import(target, marker, wait_seconds=60)
    assert found["state"] == "completed"
    assert clock[0] <= 6.5
    assert len(asked) <= 8
    clock[0] = 0
    assert watch_host.watch_import(target, marker, wait_seconds=0)["final"] is True
