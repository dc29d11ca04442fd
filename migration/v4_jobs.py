"""Keep V4's own jobs, and what a killed upgrade left running, out of V4's code and database while it is upgraded.

Runs on the host, as root. Standard library only.
"""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

from . import pause, php_db
from .errors import MigrationError

SPOOLS = (Path("/var/spool/cron/crontabs"), Path("/var/spool/cron"))  # Debian's and Red Hat's
# What an upgrade runs that changes the database.
UPGRADE = re.compile(r"\bartisan\b.*\b(?:migrate|db:seed)\b", re.DOTALL)
# Seconds for a process, or a statement, to end when it is told to.
PATIENCE = 30.0

# The database goes on with a statement whose client has died, and it would hold the tables that are put back. An
# account may end its own without any privilege.
_STATEMENTS = r"""
$pdo = ninja_connect($input);
$sql = "SELECT id AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    . " AND command <> 'Sleep' AND user = SUBSTRING_INDEX(USER(), '@', 1)";
$ended = [];
for ($end = time() + $input['patience']; ($rows = ninja_rows($pdo, $sql)) && time() < $end; usleep(100000)) {
    foreach ($rows as $row) {
        $ended[$row['id']] = true;
        try { $pdo->exec('KILL ' . (int) $row['id']); } catch (PDOException $e) { continue; }
    }
}
ninja_emit(['ended' => count($ended), 'left' => count($rows)]);
"""


def hold(root: Path, folder: Path, web_user: str, timeout: float) -> None:
    """Comment out all lines of cron that run this V4's artisan, and wait until none of its jobs runs.

    Unlike V5's, they do not come back at a boot: V4 is still in maintenance then, maybe with half of the new code, and
    the next run of the upgrade brings them back. Raises MigrationError (jobs-run).
    """
    pause.pause(pause.Plan(Path(root), users(web_user), "", timeout, "", signals=False, kind="v4"), Path(folder))


def users(web_user: str) -> list[str]:
    """The users who may have a crontab with V4's lines: everybody who has one."""
    found = {path.name for spool in SPOOLS if spool.is_dir() for path in spool.iterdir() if path.is_file()}
    return sorted(found | {web_user, "root"})


def stop_upgrade(root: Path, php: str, web_user: str) -> int:
    """End what a killed upgrade left running (`artisan migrate`, `db:seed`); return how many processes and statements.

    Raises MigrationError (upgrade-runs) where one does not end, and those of php_db.run_script.
    """
    stopped = set()
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + PATIENCE / 2
        while True:
            running = list(pause.processes(Path(root), UPGRADE))
            for process in running:
                if (process.pid, number) not in stopped:
                    stopped.add((process.pid, number))
                    pause.tell(process.pid, number)
            if not running or time.monotonic() > end:
                break
            time.sleep(0.1)
    if running:
        what = f"`{running[0].command[:120]}` (process {running[0].pid})"
        raise MigrationError(f"{what} of a killed upgrade does not end", f"kill -9 {running[0].pid}", "upgrade-runs")
    found = php_db.run_script(Path(root), _STATEMENTS, {"patience": PATIENCE}, php, web_user)
    if found["left"]:
        raise MigrationError(
            "A statement of a killed upgrade does not end in V4's database",
            "mysql -e 'SHOW FULL PROCESSLIST'",
            "upgrade-runs",
        )
    return len({pid for pid, _ in stopped}) + found["ended"]
