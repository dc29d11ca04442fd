"""Starts, stops and repairs the import's worker on the V5 host; runs as root there."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple

from . import app_config, import_jobs, import_worker, pause, php_db, watch, watch_host
from .errors import MigrationError

UNIT_FOLDER = Path("/run/systemd/system")  # gone after a boot, as the unit should be
MARKER = "marker.json"
_CRITICAL = (
    "app.key",
    "queue.default",
    "database.",
)  # what the worker, which has no config cache, must not see otherwise


class Host(NamedTuple):
    """The V5 that imports. service: its queue's systemd service, "" for none."""

    root: Path
    php: str
    web_user: str
    service: str


class Limits(NamedTuple):
    """Seconds: until the job must be there, until running jobs must have ended, for the whole import."""

    wait: float
    pause: float
    runtime: float


def check(host: Host) -> None:
    """Raise MigrationError where a worker could not do what it is for; changes nothing."""
    if not UNIT_FOLDER.parent.is_dir():
        raise MigrationError(
            "systemd does not run on this host, so no import worker can", "systemctl status", "no-systemd"
        )
    found = app_config.effective(host.root, ["queue.default"], host.php, host.web_user)
    queue = found["values"]["queue.default"]
    if queue != "database":
        raise MigrationError(
            f"V5 in {host.root} runs its jobs by '{queue}', not its database: nothing could prove that an import began",
            "./cli.py provision CLIENT",
            "queue-not-database",
        )
    stale = [key for key in found["differs"] if key.startswith(_CRITICAL)]
    if stale:
        raise MigrationError(
            f"The cached configuration in {host.root} and .env differ in {', '.join(stale)}",
            f"cd {host.root} && sudo -u {host.web_user} {host.php} artisan optimize",
            "config-cache-stale",
        )
    special = host.root / f".env.{import_worker.ENVIRONMENT['APP_ENV']}"
    if special.exists():  # Laravel would read it in place of .env
        raise MigrationError(
            f"{special} would be read in place of .env", f"mv {special} {special}.off", "env-migration"
        )


def scheduler_works(host: Host) -> bool:
    """Say whether V5's scheduler starts queue workers by itself, as Kernel::schedule decides it."""
    keys = ["ninja.internal_queue_enabled", "ninja.is_docker"]
    values = app_config.effective(host.root, keys, host.php, host.web_user)["values"]
    return values[keys[0]] is not False and not values[keys[1]]


def leftovers(host: Host, company_key: str) -> list[dict[str, Any]]:
    """Return the StartMigration jobs of earlier tries: id, queue, reserved_at, created_at, ours (this company's)."""
    queries = {"jobs": import_jobs.start_jobs(company_key)}
    rows = php_db.query(host.root, queries, host.php, user=host.web_user)["rows"]["jobs"]
    names = ("id", "queue", "reserved_at", "created_at")
    return [{**{name: row[name] for name in names}, "ours": row["ours"] == 1} for row in rows]


def sources(load: Callable[[str], str]) -> dict[str, str]:
    """Return the source of each module that the worker's steps need; `load` gives that of one, by its short name."""
    return {name: load(name) for name in import_worker.MODULES}


def running(unit: str) -> bool:
    """Say whether the unit is to start, starts, runs or stops."""
    return watch.unit_lives(watch_host.unit_state(unit))


def units_of(root: Path) -> list[str]:
    """Return the import units that were made for the V5 in `root`."""
    found = []
    for settings in Path(import_jobs.STATE_ROOT).glob(f"*/{import_worker.SETTINGS}"):
        if import_worker.read_note(settings).get("root") == str(root):
            found.append(settings.parent.name)
    return sorted(found)


def start(host: Host, company_key: str, limits: Limits, code: Mapping[str, str]) -> dict[str, Any]:
    """Start the worker and return once it waits for the job: unit, invocation_id, marker, leftovers, changed.

    One that waits already is left as it is. code: {module: source}, from `sources`.
    Raises MigrationError (those of `check`, worker-busy, workers-run, worker-failed).
    """
    unit = import_jobs.unit_name(company_key)
    folder = import_worker.state_folder(unit)
    if running(unit) and not import_worker.taken(unit):
        marker = import_worker.read_note(folder / MARKER)
        if marker:
            return _started(unit, marker, leftovers(host, company_key), changed=False)
    busy = [other for other in units_of(host.root) if running(other)]
    if busy:
        raise MigrationError(
            f"An import into {host.root} is running already ({busy[0]})", f"journalctl -f -u {busy[0]}", "worker-busy"
        )
    check(host)
    repair(host.root)
    target = watch_host.Target(host.root, host.php, host.web_user, company_key, unit)
    left = leftovers(host, company_key)
    marker = watch_host.mark(target)
    settings = _settings(host, company_key, unit, limits, int(marker["jobs"]))
    shutil.rmtree(import_worker.run_folder(unit), ignore_errors=True)
    import_worker.install(settings, code, UNIT_FOLDER)
    (folder / MARKER).write_text(json.dumps(marker))
    pause.systemctl("daemon-reload")
    pause.systemctl("reset-failed", f"{unit}.service")
    pause.systemctl("start", "--no-block", f"{unit}.service")
    _wait_until_waiting(unit, limits.pause + 30)
    return _started(unit, marker, left, changed=True)


def plan(host: Host, company_key: str) -> dict[str, Any]:
    """Make the checks of `start` and return what it would: `changed`, unit, marker, leftovers. Changes nothing."""
    unit = import_jobs.unit_name(company_key)
    check(host)
    target = watch_host.Target(host.root, host.php, host.web_user, company_key, unit)
    return _started(unit, watch_host.mark(target), leftovers(host, company_key), changed=not running(unit))


def _settings(host: Host, company_key: str, unit: str, limits: Limits, after: int) -> dict[str, Any]:
    return {
        "root": str(host.root),
        "php": shutil.which(host.php) or host.php,
        "python": sys.executable,
        "web_user": host.web_user,
        "users": sorted({host.web_user, "root"}),
        "company_key": company_key,
        "queue": import_jobs.queue_name(company_key),
        "unit": unit,
        "folder": str(import_worker.state_folder(unit)),
        "after": after,
        "service": host.service,
        "pause": "v5" if scheduler_works(host) else "v5-queue",
        "wait_timeout": limits.wait,
        "pause_timeout": limits.pause,
        "runtime_max": limits.runtime,
    }


def _started(unit: str, marker: Mapping[str, Any], left: list[dict[str, Any]], changed: bool) -> dict[str, Any]:
    invocation = watch_host.unit_state(unit).get("InvocationID", "")
    return {"changed": changed, "unit": unit, "invocation_id": invocation, "marker": dict(marker), "leftovers": left}


def _wait_until_waiting(unit: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    phase = import_worker.run_folder(unit) / import_worker.PHASE
    while import_worker.read_note(phase).get("phase") != "waiting":
        trouble = import_worker.trouble(unit)
        # After a failure the unit's last step still has to bring the regular workers back.
        if not running(unit) or time.monotonic() > end:
            stop(unit)
            if trouble:
                raise MigrationError(
                    _sentence(trouble), str(trouble.get("remedy", "")), str(trouble.get("error_id", ""))
                )
            raise MigrationError(f"The import's worker {unit} did not start", f"journalctl -u {unit}", "worker-failed")
        time.sleep(0.1)


def _sentence(trouble: Mapping[str, Any]) -> str:
    return str(trouble.get("msg", "")).partition(" Mend it with: ")[0]


def exists(unit: str) -> bool:
    """Say whether there is anything of this unit on the host."""
    return import_worker.state_folder(unit).exists() or (UNIT_FOLDER / f"{unit}.service").exists()


def stop(unit: str) -> bool:
    """Stop the worker, bring the regular workers back, remove every trace; return whether there was anything."""
    folder = import_worker.state_folder(unit)
    path = UNIT_FOLDER / f"{unit}.service"
    if not exists(unit):
        return False
    pause.systemctl("stop", f"{unit}.service")
    pause.resume(folder)
    if path.exists():
        path.unlink()
    pause.systemctl("daemon-reload")
    pause.systemctl("reset-failed", f"{unit}.service")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(import_worker.run_folder(unit), ignore_errors=True)
    return True


def repair(root: Path) -> bool:
    """Bring back what a power failure left paused for the V5 in `root`; a running import is left alone."""
    repaired = [stop(unit) for unit in units_of(root) if not running(unit)]
    return any(repaired)


def needs_repair(root: Path) -> bool:
    """Say whether `repair` would do anything."""
    return any(not running(unit) for unit in units_of(root))


def require_root() -> None:
    """Raise MigrationError (not-root) unless this runs as root."""
    if os.geteuid() != 0:
        raise MigrationError("The import's worker is a unit of systemd, which root alone can start", id="not-root")
