"""The import's worker and the watch over it, with V5's own queue, log and tables, without systemd."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import threading
import zipfile
from pathlib import Path
from typing import Iterator

import pytest
from conftest import RECORDINGS, program, wait_for
from v5_standin import COMPANY_KEY, EXPORT, V5App, v5, v5_server

from migration import cleanup, import_control, import_jobs, import_worker, watch_host

__all__ = ["v5", "v5_server"]

UNIT = import_jobs.unit_name(COMPANY_KEY)
QUEUE = import_jobs.queue_name(COMPANY_KEY)
CASES = RECORDINGS / "export-cases"
RUNNING = {"ActiveState": "active", "Result": "success", "MainPID": "0"}
ENDED = {"ActiveState": "inactive", "Result": "success", "MainPID": "0"}
KILLED = {"ActiveState": "failed", "Result": "signal", "MainPID": "0"}


class Import:
    """One import on the host of a V5: mark, take, work, watch."""

    def __init__(self, v5: V5App, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.v5, self.folder, self.monkeypatch = v5, folder, monkeypatch
        monkeypatch.setattr(import_jobs, "RUN_ROOT", str(folder / "run"))
        monkeypatch.setattr(import_jobs, "STATE_ROOT", str(folder / "state"))
        (folder / "run" / UNIT).mkdir(parents=True)
        self.unit_is(RUNNING)
        self.target = watch_host.Target(v5.path, program("php8.2", "php"), "", COMPANY_KEY, UNIT)
        self.marker = watch_host.mark(self.target)

    def unit_is(self, state: dict[str, str]) -> None:
        self.monkeypatch.setattr(watch_host, "unit_state", lambda unit: state)

    def settings(self, **changed: object) -> dict:
        return {
            "root": str(self.v5.path),
            "php": self.target.php,
            "python": "python3",
            "web_user": "",
            "users": [],
            "company_key": COMPANY_KEY,
            "queue": QUEUE,
            "unit": UNIT,
            "folder": str(self.folder / "state" / UNIT),
            "after": self.marker["jobs"],
            "service": "",
            "pause": "v5",
            "wait_timeout": 30,
            "pause_timeout": 1,
            "runtime_max": 60,
            **changed,
        }

    def take(self, **changed: object) -> int:
        """Run the unit's step `take`."""
        code = dict.fromkeys(import_worker.MODULES, "")
        import_worker.install(self.settings(**changed), code, self.folder)
        return import_worker.main("take", str(self.folder / "state" / UNIT / "run.py"))

    def worker(self) -> subprocess.Popen[bytes]:
        """Start what the unit would: its ExecStart with its environment."""
        text = import_worker.unit_text(self.settings())
        command = shlex.split(re.search(r"^ExecStart=(.*)", text, re.M).group(1))
        return subprocess.Popen(
            command, cwd=self.v5.path, env={**os.environ, **import_worker.ENVIRONMENT}, stdout=subprocess.DEVNULL
        )

    def work(self) -> int:
        return self.worker().wait(timeout=120)

    def watch(self, seconds: float = 0, stuck_after: float = 900) -> dict:
        return watch_host.watch_import(self.target, self.marker, seconds, stuck_after, job_expected=True)

    def run(self, archive: Path | bytes, force: bool = False) -> dict:
        """Upload, take, work, and return what the watch says."""
        self.v5.start(self.v5.token(), archive, COMPANY_KEY, force, silent_migration="1")
        assert self.take() == 0
        assert self.work() == 0
        return self.watch()


@pytest.fixture
def imports(v5: V5App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    return Import(v5, tmp_path, monkeypatch)


def queues(v5: V5App) -> dict[str, str]:
    """Return {class of the job: its queue}."""
    rows = v5.database.rows("SELECT queue, payload FROM jobs")
    return {json.loads(row["payload"])["displayName"].rpartition("\\")[2]: row["queue"] for row in rows}


def test_a_success_from_upload_to_cleanup(v5: V5App, imports: Import) -> None:
    found = imports.run(EXPORT)
    assert (found["state"], found["message"]) == ("completed", "")
    assert len(found["resources_done"]) == 22
    assert [company["company_key"] for company in found["new_companies"]] == [COMPANY_KEY]
    assert "UpdateUserLastLogin" in queues(v5)  # another's job was left to the regular workers
    assert "From: " not in v5.log()
    imports.unit_is(ENDED)
    left = cleanup.look(v5.path, COMPANY_KEY, imports.marker, imports.target.php, "")
    assert [Path(name).name for name in left.files] == [
        f"{COMPANY_KEY}-2026-11-23-invoiceninja",
        f"{COMPANY_KEY}-2026-11-23-invoiceninja.zip",
    ]
    assert (left.jobs, left.blank) == ([], [])
    cleanup.remove(v5.path, left, imports.target.php, "")
    assert cleanup.files(v5.path, COMPANY_KEY) == []


@pytest.mark.parametrize(
    "name", ["invoice-client-dangling", "invoice-client-null", "zip-corrupt", "json-empty", "zip-no-member"]
)
def test_a_failure_is_told_as_recorded(v5: V5App, imports: Import, name: str) -> None:
    verdict = json.loads((CASES / "verdicts.json").read_text())[name]
    found = imports.run(CASES / f"{name}.zip")
    assert found["state"] == "failed"
    assert found["resource"] == (verdict["last_stage"] or "")
    words = verdict["messages"][-1][1].partition(' {"userId"')[0].partition(", called in")[0].strip()
    assert found["message"].endswith(words)
    imports.unit_is(ENDED)
    left = cleanup.look(v5.path, COMPANY_KEY, imports.marker, imports.target.php, "")
    assert left.files
    blank = [company[1] for company in v5.companies()[1:] if company[1] != COMPANY_KEY]
    assert [company["company_key"] for company in left.blank] == blank


def test_only_this_companys_job_is_taken(v5: V5App, imports: Import) -> None:
    token = v5.token()
    v5.start(token, (CASES / "baseline.zip"), "another0company0key0000000000000")
    assert imports.take(wait_timeout=0) == 1
    assert import_worker.trouble(UNIT)["error_id"] == "worker-no-job"
    v5.start(token, EXPORT, COMPANY_KEY)
    assert imports.take() == 0
    rows = v5.database.rows(
        "SELECT queue, payload LIKE '%another0%' AS other FROM jobs WHERE payload LIKE '%StartMigr%'"
    )
    assert sorted((row["other"], row["queue"]) for row in rows) == [("0", QUEUE), ("1", "default")]


def test_a_dropped_upload_is_ours_too(v5: V5App, imports: Import) -> None:
    v5.start(
        v5.token(), b"x" * 3_000_000, COMPANY_KEY
    )  # over upload_max_filesize: the job holds `false` for its archive
    assert imports.take() == 0
    imports.work()
    found = imports.watch()
    assert found["state"] == "failed"
    assert "Zip" in found["message"]


def test_the_job_may_come_late(v5: V5App, imports: Import) -> None:
    token = v5.token()
    results = []
    waiting = threading.Thread(target=lambda: results.append(imports.take()))
    waiting.start()
    note = import_worker.run_folder(UNIT) / import_worker.PHASE
    wait_for(lambda: import_worker.read_note(note).get("phase") == "waiting", "waiting for the job")
    assert imports.watch()["state"] == "never_started"  # the upload is said to be over
    assert watch_host.watch_import(imports.target, imports.marker)["state"] == "waiting"
    v5.start(token, EXPORT, COMPANY_KEY)
    waiting.join(timeout=30)
    assert results == [0]
    assert imports.watch()["state"] == "queued"


def test_a_job_that_a_regular_worker_has_is_not_taken(v5: V5App, imports: Import) -> None:
    v5.start(v5.token(), CASES / "invoice-client-dangling.zip", COMPANY_KEY, silent_migration="1")
    v5.database.run("UPDATE jobs SET reserved_at = UNIX_TIMESTAMP() WHERE payload LIKE '%StartMigration%'")
    assert imports.take() == 1
    assert import_worker.trouble(UNIT)["error_id"] == "worker-other"
    found = imports.watch()
    assert (found["state"], found["taken_by_other_worker"]) == ("running", True)
    v5.database.run("UPDATE jobs SET reserved_at = NULL")
    v5.work()
    found = imports.watch()
    assert (found["state"], found["resource"], found["taken_by_other_worker"]) == ("failed", "invoices", True)
    assert "production hides the reason" in found["message"]


@pytest.fixture
def lock(v5: V5App) -> Iterator[subprocess.Popen[bytes]]:
    """A connection that can hold a lock on rows."""
    command = [program("mariadb"), "--no-defaults", f"--socket={v5.database.socket}", "--user=root", "-B", "-n"]
    client = subprocess.Popen([*command, v5.database.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield client
    client.stdin.close()
    client.wait(timeout=30)


def test_a_worker_that_finds_its_job_locked_looks_again(v5: V5App, imports: Import, lock) -> None:
    """Another worker's `for update skip locked` locks rows that it only looks at; the job is not missed for that."""
    v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
    assert imports.take() == 0
    lock.stdin.write(b"BEGIN; SELECT id FROM jobs FOR UPDATE; SELECT 'locked';\n")
    lock.stdin.flush()
    while b"locked" not in lock.stdout.readline():
        pass
    worker = imports.worker()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=1.5)
    lock.stdin.write(b"ROLLBACK;\n")
    lock.stdin.flush()
    assert worker.wait(timeout=120) == 0
    assert imports.watch()["state"] == "completed"


def test_a_killed_worker_is_stuck_and_a_second_try_reports_its_job(v5: V5App, imports: Import) -> None:
    v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
    assert imports.take() == 0
    worker = imports.worker()
    wait_for(lambda: "Importing clients" in v5.log(), "the import of the clients")
    assert imports.watch()["state"] == "running"
    worker.kill()
    worker.wait()
    imports.unit_is(KILLED)
    found = imports.watch(seconds=5)
    assert found["state"] == "stuck"
    assert found["resource"] in found["evidence"][0]
    host = import_control.Host(v5.path, imports.target.php, "", "")
    (leftover,) = import_control.leftovers(host, COMPANY_KEY)
    assert (leftover["queue"], leftover["ours"], leftover["reserved_at"] is not None) == (QUEUE, True, True)
    left = cleanup.look(v5.path, COMPANY_KEY, imports.marker, imports.target.php, "")
    cleanup.remove(v5.path, left, imports.target.php, "")
    assert import_control.leftovers(host, COMPANY_KEY) == []
    assert "UpdateUserLastLogin" in queues(v5)


def test_an_upload_that_v5_ignored_never_started(v5: V5App, imports: Import) -> None:
    imports.run(EXPORT)
    imports.marker = watch_host.mark(imports.target)
    (import_worker.run_folder(UNIT) / import_worker.TAKEN).unlink()
    v5.database.run(f"UPDATE users SET password = '{v5.hash}'")
    assert v5.start(v5.token(), EXPORT, COMPANY_KEY).status_code == 200
    found = imports.watch(seconds=10)
    assert (found["state"], found["company_present"]) == ("never_started", True)
    assert "V5 queued no import" in found["message"]


def test_an_upload_without_its_file_is_told_from_the_log(v5: V5App, imports: Import) -> None:
    part = json.dumps({"company_index": 0, "company_key": COMPANY_KEY, "force": False})
    v5.call("POST", "migration/start", v5.token(), files={}, data={COMPANY_KEY: part})
    found = imports.watch()
    assert found["state"] == "never_started"
    assert "storeAs() on null" in found["message"]
    assert len(found["new_companies"]) == 1


def test_silence_ends_as_stuck_from_one_call_to_the_next(v5: V5App, imports: Import) -> None:
    v5.start(v5.token(), EXPORT, COMPANY_KEY)
    v5.database.run(f"UPDATE jobs SET queue = '{QUEUE}', reserved_at = 1 WHERE payload LIKE '%StartMigration%'")
    (import_worker.state_folder(UNIT)).mkdir(parents=True)
    assert imports.watch()["state"] == "running"
    memory = (import_worker.state_folder(UNIT) if os.geteuid() == 0 else import_worker.run_folder(UNIT)) / "watch.json"
    note = json.loads(memory.read_text())
    memory.write_text(json.dumps({**note, "at": note["at"] - 901}))
    found = imports.watch()
    assert (found["state"], found["final"]) == ("stuck", True)
    assert found["since_last_progress_seconds"] > 900


def test_a_rotated_log_is_followed(v5: V5App, imports: Import) -> None:
    v5.start(v5.token(), CASES / "invoice-client-dangling.zip", COMPANY_KEY, silent_migration="1")
    assert imports.take() == 0
    log = v5.path / "storage/logs/laravel.log"
    log.touch()
    imports.marker["log"] = watch_host.mark(imports.target)["log"]
    worker = imports.worker()
    wait_for(lambda: "Importing clients" in v5.log(), "the import of the clients")
    log.rename(log.with_suffix(".log.1"))
    worker.wait(timeout=120)
    found = imports.watch()
    assert (found["state"], found["resource"]) == ("failed", "invoices")
    assert found["message"] == "Missing resource key: clients_99999"


def test_the_import_of_another_archive_is_kept(v5: V5App, imports: Import) -> None:
    """Cleanup removes what begins with the company key and nothing beside it."""
    folder = v5.path / cleanup.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in (f"{COMPANY_KEY}-2026-11-20-invoiceninja.zip", "otherkey00-2026-11-20-invoiceninja.zip", "logo.png"):
        (folder / name).write_bytes(b"x")
    (folder / f"{COMPANY_KEY}-link").symlink_to(v5.path / "storage")
    with zipfile.ZipFile(folder / f"{COMPANY_KEY}.zip", "w"):
        pass
    imports.unit_is(ENDED)
    left = cleanup.look(v5.path, COMPANY_KEY, {}, imports.target.php, "")
    cleanup.remove(v5.path, left, imports.target.php, "")
    kept = {"otherkey00-2026-11-20-invoiceninja.zip", "logo.png", f"{COMPANY_KEY}.zip"}
    assert {path.name for path in folder.iterdir()} == kept
    assert (v5.path / "storage/logs").is_dir()


def test_cleanup_without_a_marker_removes_only_what_a_gone_worker_parked(v5: V5App, imports: Import) -> None:
    v5.database.run(
        "INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('default', 'x', 0, 0, 0)"
    )
    payload = '{"displayName":"App\\\\\\\\Jobs\\\\\\\\Util\\\\\\\\StartMigration"}'
    for queue in (import_jobs.queue_name(COMPANY_KEY), "default", "ninjalift-other"):
        v5.database.run(
            "INSERT INTO jobs (queue, payload, attempts, available_at, created_at) "
            f"VALUES ('{queue}', '{payload}', 0, 0, 0)"
        )
    imports.unit_is(ENDED)
    left = cleanup.look(v5.path, COMPANY_KEY, {}, imports.target.php, "")
    cleanup.remove(v5.path, left, imports.target.php, "")
    queues = [row["queue"] for row in v5.database.rows("SELECT queue FROM jobs ORDER BY id")]
    assert queues == ["default", "default", "ninjalift-other"]


def test_cleanup_waits_for_the_worker(v5: V5App, imports: Import) -> None:
    with pytest.raises(Exception, match="still running") as caught:
        cleanup.look(v5.path, COMPANY_KEY, imports.marker, imports.target.php, "")
    assert caught.value.id == "worker-runs"
