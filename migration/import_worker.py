"""The worker of one import: a transient systemd unit on the V5 host that outlives whoever started it.

V5 hides why an import failed where APP_ENV is production, and mails its owner; a worker with the environment below logs
it and mails nobody. But it must take this one job only: another company's mails would vanish in its MAIL_MAILER=array.
So the unit (a) keeps the regular workers away, (b) waits for the job and moves it to a queue of its own by one UPDATE,
(c) runs `artisan queue:work` on that queue, (d) brings the regular workers back once the job is reserved. However it
ends, its last step brings them back again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Mapping

from . import import_jobs, pause, php_db
from .errors import MigrationError

# What makes V5 log an import's exception and mail nobody [facts.md]; the log's channel and level are V5's own defaults.
ENVIRONMENT = {
    "APP_ENV": "migration",
    "EXPANDED_LOGGING": "true",
    "MAIL_MAILER": "array",
    "LOG_CHANNEL": "single",
    "LOG_LEVEL": "debug",
    "APP_CONFIG_CACHE": "/nonexistent/config.php",
}
MEMORY_MB = 4096
POLL_SECONDS = 0.25
RESERVE_SECONDS = 60.0
MODULES = ("__init__", "errors", "env_file", "import_jobs", "import_worker", "pause", "php_db")
SETTINGS, PHASE, ENDED, TAKEN = "settings.json", "phase.json", "ended.json", "taken.json"
_RUN = "import sys\n\nfrom migration import import_worker\n\nsys.exit(import_worker.main(sys.argv[1], __file__))\n"

_SIGNALS = "ninja_emit(['signals' => function_exists('pcntl_signal') && function_exists('pcntl_async_signals')]);"
_TAKE = r"""
$settings = ninja_settings($input);
$pdo = null;
$until = microtime(true) + $input['wait'];
while (true) {
    try {
        if ($pdo === null) { $pdo = ninja_open($settings, $input['seconds']); }
        foreach (ninja_rows($pdo, $input['select']) as $row) {
            if ((int) $row['ours'] !== 1) { continue; }
            if ($row['reserved_at'] !== null) { ninja_emit(['other' => (int) $row['id']]); }
            if ($row['queue'] !== $input['queue']) {
                $move = $pdo->prepare('UPDATE jobs SET queue = ? WHERE id = ? AND reserved_at IS NULL');
                $move->execute([$input['queue'], $row['id']]);
                if ($move->rowCount() !== 1) { continue; }
            }
            ninja_emit(['job' => (int) $row['id']]);
        }
    } catch (PDOException $e) {
        $pdo = null;  // the database was restarted: try again until the time is over
    }
    if (microtime(true) > $until) { ninja_emit(['late' => true]); }
    usleep($input['poll']);
}
"""


def unit_text(settings: Mapping[str, Any]) -> str:
    """Return the unit file for these settings (those of `install`); it holds no secret, V5 reads its .env itself."""
    run = _run(settings)
    worker = [settings["php"], "-d", "memory_limit=-1", "artisan", "queue:work", "database"]
    # Not --stop-when-empty: Laravel skips a row that another worker has locked for a moment, and would take the queue
    # for empty. So it looks again every second, and ends after its one job.
    worker += [f"--queue={settings['queue']}", "--max-jobs=1", "--sleep=1", "--tries=1", "--timeout=0"]
    worker += [f"--memory={MEMORY_MB}"]
    environment = " ".join(_quote(f"{name}={value}") for name, value in ENVIRONMENT.items())
    starting = int(settings["pause_timeout"] + settings["wait_timeout"]) + 120
    return f"""\
# Made by Ninjalift for one import; it is gone after the next boot.
[Unit]
Description=Import of company {settings["company_key"]} into Invoice Ninja V5

[Service]
Type=exec
User={settings["web_user"]}
WorkingDirectory={_escape(settings["root"])}
Environment={environment}
ExecStartPre=+{run} pause
ExecStartPre={run} take
ExecStart={" ".join(_quote(word) for word in worker)}
ExecStartPost=-+{run} resume
ExecStopPost=+{run} ended
Restart=no
TimeoutStartSec={starting}
RuntimeMaxSec={int(settings["runtime_max"])}
TimeoutStopSec=30
RuntimeDirectory={settings["unit"]}
RuntimeDirectoryPreserve=yes
StandardOutput=journal
StandardError=journal
SyslogIdentifier={settings["unit"]}
"""


def _run(settings: Mapping[str, Any]) -> str:
    """Return the command of the unit's steps; both of its paths are ours, without anything to quote."""
    return f"{settings['python']} -B {settings['folder']}/run.py"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "%%")


def _quote(word: str) -> str:
    """Write one word of a command line for systemd, which expands % and $ and splits at white space."""
    word = _escape(word)
    return word if re.fullmatch(r"[\w./:=@%+-]+", word) else '"' + word.replace('"', '\\"').replace("$", "$$") + '"'


def install(settings: Mapping[str, Any], sources: Mapping[str, str], unit_folder: Path) -> Path:
    """Write the worker's code, its settings and its unit; return the unit file. Nothing is started.

    settings: root, php, python, web_user, users, company_key, queue, unit, folder, after (the newest job known),
    service, pause (one of pause.KINDS), wait_timeout, pause_timeout, runtime_max (seconds). sources: {module name:
    Python source} for MODULES.
    """
    folder = Path(settings["folder"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The web user's steps run from here; what only root may read beside it has a mode of its own.
    folder.parent.chmod(0o755)
    code = folder / "migration"
    shutil.rmtree(code, ignore_errors=True)
    code.mkdir(mode=0o755, parents=True)
    for old in (PHASE, ENDED):
        _remove(folder / old)
    for name in MODULES:
        (code / f"{name}.py").write_text(sources[name])
    (folder / "run.py").write_text(_RUN)
    (folder / SETTINGS).write_text(json.dumps(dict(settings)))
    unit = unit_folder / f"{settings['unit']}.service"
    unit.write_text(unit_text(settings))
    for path in (folder, code):
        path.chmod(0o755)
    for path in (*code.iterdir(), folder / "run.py", folder / SETTINGS, unit):
        path.chmod(0o644)
    return unit


def _remove(path: Path) -> None:
    if path.exists():
        path.unlink()


def main(step: str, program: str) -> int:
    """Run one step of the unit (pause, take, resume, ended) and return its exit status; a failure is left in PHASE."""
    folder = Path(program).resolve().parent
    settings = json.loads((folder / SETTINGS).read_text())
    try:
        STEPS[step](settings, folder)
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")
        place = folder if os.geteuid() == 0 else run_folder(settings["unit"])
        _note(place / PHASE, {"phase": "failed", **error.report()})
        return 1
    return 0


def _pause(settings: Mapping[str, Any], folder: Path) -> None:
    found = php_db.run_php(_SIGNALS, {}, settings["php"], settings["web_user"])
    plan = pause.Plan(
        root=Path(settings["root"]),
        users=settings["users"],
        service=settings["service"],
        timeout=settings["pause_timeout"],
        at_boot=f"{_run(settings)} ended",
        signals=bool(found["signals"]),
        kind=settings["pause"],
    )
    pause.pause(plan, folder)


def _take(settings: Mapping[str, Any], folder: Path) -> None:
    data = {
        "select": import_jobs.start_jobs(settings["company_key"], settings["after"]),
        "queue": settings["queue"],
        "wait": settings["wait_timeout"],
        "poll": int(POLL_SECONDS * 1e6),
    }
    limit = settings["wait_timeout"] + 60
    _note(run_folder(settings["unit"]) / PHASE, {"phase": "waiting"})
    found = php_db.run_script(Path(settings["root"]), _TAKE, data, settings["php"], timeout=limit)
    if "other" in found:
        raise MigrationError(
            f"Another worker took the import's job {found['other']} first, so V5 may hide why it fails",
            id="worker-other",
        )
    if "late" in found:
        waited = f"{settings['wait_timeout']:.0f} seconds"
        raise MigrationError(f"No import was queued in V5 within {waited}, so none started", id="worker-no-job")
    _note(run_folder(settings["unit"]) / TAKEN, {"job": found["job"], "at": time.time()})
    sys.stdout.write(f"Took job {found['job']}\n")


def _resume(settings: Mapping[str, Any], folder: Path) -> None:
    """Wait until the worker has reserved its job, or is done with it already, before others look at the queue."""
    job = int(taken(settings["unit"]).get("job", 0))
    waiting = {"waiting": f"SELECT id FROM jobs WHERE id = {job} AND reserved_at IS NULL"}  # noqa: S608 - a number
    end = time.monotonic() + RESERVE_SECONDS
    try:
        while time.monotonic() < end:
            found = php_db.query(Path(settings["root"]), waiting, settings["php"], user=settings["web_user"])
            if not found["rows"]["waiting"]:
                break
            time.sleep(POLL_SECONDS)
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")  # no reason to keep the regular workers away, or to end the import
    pause.resume(folder)


def _ended(settings: Mapping[str, Any], folder: Path) -> None:
    pause.resume(folder)
    names = ("SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS")
    _note(folder / ENDED, {"at": time.time(), **{name.lower(): os.environ.get(name, "") for name in names}})


STEPS = {"pause": _pause, "take": _take, "resume": _resume, "ended": _ended}


def state_folder(unit: str) -> Path:
    """Return root's directory for a unit: its code, its settings, what was paused, how it ended."""
    return Path(import_jobs.STATE_ROOT) / unit


def run_folder(unit: str) -> Path:
    """Return the directory in which the web user's steps leave what they found."""
    return Path(import_jobs.RUN_ROOT) / unit


def _note(path: Path, content: Mapping[str, Any]) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(dict(content)))
    new.chmod(0o644)
    new.replace(path)


def read_note(path: Path) -> dict[str, Any]:
    """Return what a step left, {} where it left nothing readable (the web user can write there what it likes)."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def taken(unit: str) -> dict[str, Any]:
    """Return which job the unit took: {"job", "at"}, {} where it has not taken any."""
    return read_note(run_folder(unit) / TAKEN)


def trouble(unit: str) -> dict[str, Any]:
    """Return why a step of the unit failed: {"msg", "error_id", "remedy"}, {} where none did."""
    for folder in (state_folder(unit), run_folder(unit)):
        note = read_note(folder / PHASE)
        if note.get("phase") == "failed":
            return note
    return {}
