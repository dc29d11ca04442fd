"""The unit of the import's worker as systemd reads it, what is put on the host, and its steps."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from migration import import_jobs, import_worker, pause, php_db
from migration.errors import MigrationError

KEY = "9nrwevhjtlxoochx5kk1b533cebkjblj"
UNIT = """\
# Made by Ninjalift for one import; it is gone after the next boot.
[Unit]
Description=Import of company 9nrwevhjtlxoochx5kk1b533cebkjblj into Invoice Ninja V5

[Service]
Type=exec
User=www-data
WorkingDirectory=/var/www/invoiceninja
Environment=APP_ENV=migration EXPANDED_LOGGING=true MAIL_MAILER=array LOG_CHANNEL=single LOG_LEVEL=debug \
APP_CONFIG_CACHE=/nonexistent/config.php
ExecStartPre=+/usr/bin/python3 -B /var/lib/ninjalift/ninjalift-import-9nrwevhj/run.py pause
ExecStartPre=/usr/bin/python3 -B /var/lib/ninjalift/ninjalift-import-9nrwevhj/run.py take
ExecStart=/usr/bin/php -d memory_limit=-1 artisan queue:work database --queue=ninjalift-9nrwevhj --max-jobs=1 \
--sleep=1 --tries=1 --timeout=0 --memory=4096
ExecStartPost=-+/usr/bin/python3 -B /var/lib/ninjalift/ninjalift-import-9nrwevhj/run.py resume
ExecStopPost=+/usr/bin/python3 -B /var/lib/ninjalift/ninjalift-import-9nrwevhj/run.py ended
Restart=no
TimeoutStartSec=4020
RuntimeMaxSec=28800
TimeoutStopSec=30
RuntimeDirectory=ninjalift-import-9nrwevhj
RuntimeDirectoryPreserve=yes
StandardOutput=journal
StandardError=journal
SyslogIdentifier=ninjalift-import-9nrwevhj
"""


def settings(**changed: object) -> dict:
    unit = import_jobs.unit_name(KEY)
    return {
        "root": "/var/www/invoiceninja",
        "php": "/usr/bin/php",
        "python": "/usr/bin/python3",
        "web_user": "www-data",
        "users": ["root", "www-data"],
        "company_key": KEY,
        "queue": import_jobs.queue_name(KEY),
        "unit": unit,
        "folder": f"/var/lib/ninjalift/{unit}",
        "after": 7,
        "service": "invoiceninja-queue",
        "pause": "v5",
        "wait_timeout": 3600,
        "pause_timeout": 300,
        "runtime_max": 28800,
        **changed,
    }


def source(name: str) -> str:
    return (Path(import_worker.__file__).parent / f"{name}.py").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ninjalift-import-9nrwevhj"


def test_the_unit_is_this():
    assert import_worker.unit_text(settings()) == UNIT


def test_the_unit_quotes_what_systemd_would_expand():
    text = import_worker.unit_text(settings(root="/srv/100%/my ninja", php="/opt/my php/$bin/php"))
    assert "WorkingDirectory=/srv/100%%/my ninja\n" in text
    assert 'ExecStart="/opt/my php/$$bin/php" -d' in text


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path):
    """systemd-analyze knows every directive; only paths that are not on this machine may be missing."""
    unit = tmp_path / "ninjalift-import-9nrwevhj.service"
    unit.write_text(import_worker.unit_text(settings(php="/bin/true", python="/bin/true", root="/", web_user="root")))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_what_is_installed_runs_by_itself_and_holds_no_secret(folder: Path, tmp_path: Path):
    made = settings(folder=str(folder), python=sys.executable, root=str(tmp_path / "v5"))
    (tmp_path / "v5").mkdir()
    (tmp_path / "v5/.env").write_text("APP_KEY=base64:secret\nDB_PASSWORD=s3cret\n")
    code = {name: source(name) for name in import_worker.MODULES}
    unit = import_worker.install(made, code, tmp_path)
    assert unit.read_text() == import_worker.unit_text(made)
    everything = "".join(path.read_text() for path in folder.rglob("*") if path.is_file()) + unit.read_text()
    assert "s3cret" not in everything
    assert "base64:secret" not in everything
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert set(modes.values()) <= {0o644, 0o755}
    command = shlex.split(re.search(r"ExecStopPost=\+(.*)", unit.read_text()).group(1))
    done = subprocess.run(
        command, cwd="/", capture_output=True, text=True, check=False, env={"SERVICE_RESULT": "signal"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "ended.json").read_text())["service_result"] == "signal"


def test_a_second_import_begins_without_the_notes_of_the_first(folder: Path, tmp_path: Path):
    code = dict.fromkeys(import_worker.MODULES, "")
    import_worker.install(settings(folder=str(folder)), code, tmp_path)
    (folder / "phase.json").write_text("{}")
    (folder / "migration" / "old.py").write_text("")
    import_worker.install(settings(folder=str(folder)), code, tmp_path)
    assert not (folder / "phase.json").exists()
    assert not (folder / "migration" / "old.py").exists()


@pytest.fixture
def steps(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed worker whose directories are in tmp_path."""
    monkeypatch.setattr(import_jobs, "STATE_ROOT", str(folder.parent))
    monkeypatch.setattr(import_jobs, "RUN_ROOT", str(tmp_path / "run"))
    (tmp_path / "run" / folder.name).mkdir(parents=True)
    import_worker.install(settings(folder=str(folder)), dict.fromkeys(import_worker.MODULES, ""), tmp_path)
    return folder / "run.py"


def test_the_taken_job_is_noted(steps: Path, monkeypatch: pytest.MonkeyPatch):
    asked = {}

    def run_script(root, body, data, php, timeout):
        asked.update(data, timeout=timeout)
        return {"job": 41}

    monkeypatch.setattr(php_db, "run_script", run_script)
    assert import_worker.main("take", str(steps)) == 0
    taken = import_worker.taken("ninjalift-import-9nrwevhj")
    assert taken["job"] == 41
    run = import_worker.run_folder("ninjalift-import-9nrwevhj")
    assert import_worker.read_note(run / "phase.json") == {"phase": "waiting"}
    assert asked["queue"] == "ninjalift-9nrwevhj"
    assert f"payload LIKE '%{KEY}-%'" in asked["select"]
    assert "id > 7" in asked["select"]
    assert asked["timeout"] > asked["wait"] == 3600


@pytest.mark.parametrize(
    ("found", "error_id", "words"),
    [
        ({"late": True}, "worker-no-job", "No import was queued in V5 within 3600 seconds"),
        ({"other": 12}, "worker-other", "Another worker took the import's job 12 first"),
    ],
)
def test_why_there_is_no_job_is_left_for_the_watch(steps, monkeypatch, capsys, found, error_id, words):
    monkeypatch.setattr(php_db, "run_script", lambda *a, **k: found)
    assert import_worker.main("take", str(steps)) == 1
    trouble = import_worker.trouble("ninjalift-import-9nrwevhj")
    assert trouble["error_id"] == error_id
    assert words in trouble["msg"]
    assert words in capsys.readouterr().err


def test_regular_workers_come_back_once_the_job_is_reserved(steps, monkeypatch):
    answers = [[{"id": 41}], [{"id": 41}], []]
    done = []
    monkeypatch.setattr(import_worker, "POLL_SECONDS", 0)
    monkeypatch.setattr(php_db, "query", lambda *a, **k: {"rows": {"waiting": answers.pop(0)}})
    monkeypatch.setattr(pause, "resume", lambda folder: done.append((folder, len(answers))))
    assert import_worker.main("resume", str(steps)) == 0
    assert done == [(steps.parent, 0)]


def test_regular_workers_come_back_when_the_database_does_not_answer(steps, monkeypatch):
    def query(*_args, **_kwargs):
        raise MigrationError("The database does not answer", id="db-down")

    done = []
    monkeypatch.setattr(php_db, "query", query)
    monkeypatch.setattr(pause, "resume", done.append)
    assert import_worker.main("resume", str(steps)) == 0
    assert import_worker.main("ended", str(steps)) == 0
    assert done == [steps.parent, steps.parent]


def test_the_pause_knows_how_to_end_and_its_failure_is_noted(steps, monkeypatch):
    plans = []
    monkeypatch.setattr(php_db, "run_php", lambda *a, **k: {"signals": True})
    monkeypatch.setattr(pause, "pause", lambda plan, folder: plans.append(plan))
    assert import_worker.main("pause", str(steps)) == 0
    assert plans[0].at_boot == f"/usr/bin/python3 -B {steps} ended"
    assert plans[0].signals is True

    def fail(plan, folder):
        raise MigrationError("They run", "kill 5", "workers-run")

    monkeypatch.setattr(pause, "pause", fail)
    assert import_worker.main("pause", str(steps)) == 1
    assert import_worker.trouble("ninjalift-import-9nrwevhj")["remedy"] == "kill 5"


@pytest.mark.parametrize("text", ["", "no json", "[1]", None])
def test_an_unreadable_note_is_none(tmp_path, text):
    path = tmp_path / "taken.json"
    if text is not None:
        path.write_text(text)
    assert import_worker.read_note(path) == {}


@pytest.mark.parametrize("key", ["", "short", "../../etc/passwd", "has space0", "a'b' OR 1=1"])
def test_only_a_company_key_makes_names(key):
    for use in (import_jobs.unit_name, import_jobs.queue_name, import_jobs.is_ours, import_jobs.start_jobs):
        with pytest.raises(MigrationError) as caught:
            use(key)
        assert caught.value.id == "company-key"
