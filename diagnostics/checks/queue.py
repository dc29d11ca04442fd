"""The queue: which driver, whether jobs drain, who works on them, and what failed."""

from __future__ import annotations

import re
import shlex
from typing import Any

from .. import remedy
from ..check import FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import count, rows, some, span
from .cron import entries, line

# The worker of V5's scheduler comes once a minute, and works one job after the other.
DRAIN_SECONDS = 5 * 60
# A process and a row are not stamped in the same second.
SLACK_SECONDS = 60
# Longer than the hour that a regular job may take (the import has no limit); such a worker hangs, or lives elsewhere.
LONG_JOB_SECONDS = 6 * 3600
# A failed job of a week ago was seen, or nobody misses it.
FAILED_RECENT_SECONDS = 7 * 86400
# systemd counts restarts since the unit was started; a worker that ends each hour restarts 24 times a day.
RESTARTS = 100
# V5 itself restarts its workers every five minutes; twice that, and it did not.
STALE_WORKER_SECONDS = 10 * 60
# The scheduler's lock on its worker, which that worker gives back when the queue is empty.
MUTEX_SECONDS = 5 * 60
_RUNNING = ("active", "activating", "reloading", "running", "starting")


def workers(facts: Facts) -> list[dict[str, Any]]:
    """The worker processes of this installation, and those whose directory an ordinary user may not see."""
    return [each for each in rows(facts.get("queue/workers")) if each.get("this_root") is not False and _works(each)]


def _works(process: dict[str, Any]) -> bool:
    """Whether a process takes jobs; the probe also lists those of schedule:work."""
    return re.search(r"queue:(?:work|listen)|horizon", str(process.get("command", ""))) is not None


def abandoned(facts: Facts, reserved_seconds: float) -> bool:
    """Whether no living worker can have the job that was reserved so long ago: there is none, or all came later."""
    return not any((each.get("age_seconds") or 0) + SLACK_SECONDS >= reserved_seconds for each in workers(facts))


def elsewhere(facts: Facts) -> bool:
    """Whether a worker may live where the probe does not see it: a container shows only its own processes."""
    return facts.get("host/container", "") in ("docker", "podman", "containerd", "kubernetes")


def _not_database(facts: Facts) -> str:
    """Why the table of jobs says nothing; "" where it does."""
    driver = facts["queue/driver"]
    if driver == "database":
        return ""
    if driver == "sync":
        return "the driver is sync: every job runs at once, and none is ever in the table"
    return f"the driver is {driver}: the table is not used"


def _work(facts: Facts) -> str:
    """Let a worker do what waits, once."""
    driver = facts.get("queue/driver", "database")
    return remedy.artisan(facts, f"queue:work {shlex.quote(driver)} --stop-when-empty --tries=1 --timeout=0")


def _steady(facts: Facts) -> str:
    """Get a worker that stays: start the unit that is there, else let V5's scheduler start one."""
    down = [each for each in rows(facts.get("queue/units")) if each.get("state") not in _RUNNING and each.get("name")]
    if down:
        return "\n".join(_start(str(each["name"])) for each in down)
    if facts.get("queue/driver") == "database":
        return f"{remedy.set_env(facts, 'INTERNAL_QUEUE_ENABLED', 'true')}\n{_work(facts)}"
    return _work(facts)


def _start(name: str) -> str:
    if name.startswith("supervisor "):
        program = shlex.quote(name[len("supervisor ") :])
        return f"supervisorctl start {program}:* || supervisorctl start {program}; supervisorctl status"
    unit = shlex.quote(name)
    return f"systemctl enable --now {unit} && systemctl status --no-pager {unit}"


@check("queue.driver", "Jobs go into a queue", needs=("queue/driver",), kinds=("v5",))
def driver(facts: Facts) -> Fine | Trouble:
    name = facts["queue/driver"]
    mend = "\n".join(
        (remedy.set_env(facts, "QUEUE_CONNECTION", "database"), remedy.set_env(facts, "INTERNAL_QUEUE_ENABLED", "true"))
    )
    if name == "database":
        return Fine("database")
    if name == "redis":
        return Fine("redis: the table of jobs proves nothing (queue.redis)")
    if name == "sync":
        return Trouble(
            "QUEUE_CONNECTION is sync: an import runs inside the web request, whose time limit ends it",
            mend,
            WARN,
        )
    if name in ("beanstalkd", "sqs"):
        return Fine(f"{name}: the table of jobs proves nothing, and this tool cannot look into it")
    return Trouble(f"QUEUE_CONNECTION is '{name}': no job is ever done", mend)


@check("queue.redis", "Redis answers", needs=("queue/driver",), kinds=("v5",))
def redis(facts: Facts) -> Fine | Trouble | Skip:
    if facts["queue/driver"] != "redis":
        return Skip("The queue does not use Redis")
    answers = facts.get("queue/redis/answers")
    if answers is None:
        return Skip(f"Not checked: {facts.why_missing('queue/redis/answers')} (queue/redis/answers)")
    host, port = facts.get("queue/redis/host", "127.0.0.1"), facts.get("queue/redis/port", 6379)
    if answers:
        return Fine(f"{host}:{port}")
    local = host in ("127.0.0.1", "localhost", "::1")
    start = "systemctl restart redis-server || systemctl restart redis" if local else ""
    ping = f"redis-cli -h {shlex.quote(str(host))} -p {shlex.quote(str(port))} ping"
    return Trouble(f"The queue is in Redis at {host}:{port}, which does not answer", f"{start}\n{ping}".strip())


@check("queue.jobs-drain", "Jobs are done soon", needs=("queue/driver", "database/jobs"), kinds=("v5",))
def jobs_drain(facts: Facts) -> Fine | Trouble | Skip:
    why = _not_database(facts)
    if why:
        return Skip(f"Not checked: {why}")
    waiting = int(facts.get("database/jobs/waiting") or 0)
    oldest = int(facts.get("database/jobs/oldest_waiting_seconds") or 0)
    served = sum(number or 0 for name, number in facts.get("database/jobs/queues", {}).items() if _served(facts, name))
    if not waiting:
        return Fine("No job is waiting")
    if oldest <= DRAIN_SECONDS:
        return Fine(f"{count(waiting, 'job')} waiting, the oldest for {span(oldest)}")
    if facts.get("database/jobs/queues") and not served:
        return Fine("Jobs wait only in queues that nobody works on (queue.names)")
    said = f"{count(waiting, 'job')} waiting, the oldest for {span(oldest)}"
    if facts.get("app/maintenance"):
        return Trouble(f"{said}; V5 is in maintenance, where workers rest", remedy.artisan(facts, "up"), WARN)
    reserved = facts.get("database/jobs/oldest_reserved_seconds")
    if reserved is not None and not abandoned(facts, int(reserved)):
        look = remedy.in_root(facts, "tail -n 5 storage/logs/laravel.log")
        return Trouble(f"{said}, behind a job that has run for {span(int(reserved))}", look, WARN)
    kinds = facts.get("database/jobs/by_kind", {})
    what = some(f"{number} {kind}" for kind, number in sorted(kinds.items(), key=lambda each: -(each[1] or 0)))
    return Trouble(f"{said}{f' ({what})' if what else ''}; {_who_works(facts)}", _steady(facts))


def _who_works(facts: Facts) -> str:
    found = workers(facts)
    if found:
        return f"{count(len(found), 'worker')} of this installation, which does not take them"
    if facts.get("queue/internal"):
        return "no worker runs, and the schedule, which should start one every minute, does not (cron.heartbeat)"
    return "no worker runs"


def _served(facts: Facts, name: str) -> bool:
    """Whether a worker that is there, or should be, takes jobs of this queue: without --queue it takes `default`."""
    named = [
        part
        for each in [*workers(facts), *rows(facts.get("queue/units"))]
        for queues in re.findall(r"--queue[= ](\S+)", str(each.get("command", "")))
        for part in queues.split(",")
    ]
    return name == "default" or name in named


@check(
    "queue.names",
    "No job is in a queue that nobody works on",
    needs=("queue/driver", "queue/workers", "database/jobs/queues"),
    severity=WARN,
    kinds=("v5",),
)
def names(facts: Facts) -> Fine | Trouble | Skip:
    why = _not_database(facts)
    if why:
        return Skip(f"Not checked: {why}")
    lost = {name: number for name, number in facts["database/jobs/queues"].items() if not _served(facts, name)}
    if not lost or facts.get("migration/unit"):
        return Fine()
    said = some(f"{count(number or 0, 'job')} in '{name}'" for name, number in lost.items())
    queues = ",".join(["default", *lost])
    return Trouble(
        f"{said}: no worker has --queue={some(lost)}",
        remedy.artisan(facts, f"queue:work database --queue={shlex.quote(queues)} --stop-when-empty --tries=1"),
    )


@check(
    "queue.stuck",
    "No job is held by a worker that died",
    needs=("database/jobs", "queue/workers", "time/epoch"),
    kinds=("v5",),
)
def stuck(facts: Facts) -> Fine | Trouble:
    reserved = int(facts.get("database/jobs/reserved") or 0)
    oldest = int(facts.get("database/jobs/oldest_reserved_seconds") or 0)
    if not reserved:
        return Fine("No job is reserved")
    if not abandoned(facts, oldest):
        if oldest > LONG_JOB_SECONDS:
            return Trouble(f"A worker has had a job for {span(oldest)}", release(facts, oldest), WARN)
        return Fine(f"{count(reserved, 'job')} in work for {span(oldest)}")
    if oldest <= SLACK_SECONDS:
        return Fine(f"{count(reserved, 'job')} taken {span(oldest)} ago")
    retry = int(facts.get("queue/retry_after") or 0)
    back = f"; V5 would give it back after {span(retry)}" if retry > oldest else ""
    mine = workers(facts)
    who = f"all {count(len(mine), 'worker')} began later" if mine else "no worker is alive"
    where = WARN if elsewhere(facts) and not mine else FAIL
    return Trouble(
        f"{count(reserved, 'job')} reserved, the oldest {span(oldest)} ago, and {who}{back}",
        release(facts, oldest),
        where,
    )


def release(facts: Facts, oldest: int) -> str:
    before = facts.now - oldest + SLACK_SECONDS
    statements = (
        "SELECT id, queue, attempts, LEFT(payload, 120) FROM jobs WHERE reserved_at <= {}",
        # A half import must not run a second time by itself; everything else may.
        "DELETE FROM jobs WHERE reserved_at <= {} AND payload LIKE '%StartMigration%'",
        "UPDATE jobs SET reserved_at = NULL, attempts = 0 WHERE reserved_at <= {}",
    )
    return "\n".join(remedy.sql(facts, each.format(before)) for each in statements)


@check(
    "queue.migration-job",
    "No import waits for a worker",
    needs=("queue/driver", "database/jobs/migration"),
    kinds=("v5",),
)
def migration_job(facts: Facts) -> Fine | Trouble | Skip:
    why = _not_database(facts)
    if why:
        return Skip(f"Not checked: {why}")
    waiting = [each for each in rows(facts["database/jobs/migration"]) if each.get("reserved_seconds") is None]
    if not waiting:
        return Fine()
    oldest = max(int(each.get("age_seconds") or 0) for each in waiting)
    if facts.get("migration/unit"):
        return Fine(f"{count(len(waiting), 'import')} waiting, and {facts.get('migration/unit/name')} runs")
    if oldest <= DRAIN_SECONDS and (workers(facts) or facts.get("queue/internal")):
        return Fine(f"{count(len(waiting), 'import')} waiting for {span(oldest)}; a worker comes")
    ids = some(f"job {each.get('id')}" for each in waiting)
    said = f"The import ({ids}) has waited for {span(oldest)}, and has not begun: {_who_works(facts)}"
    return Trouble(said, remedy.import_worker(facts))


@check("queue.failed-jobs", "No job has failed lately", needs=("database/failed_jobs",), severity=WARN, kinds=("v5",))
def failed_jobs(facts: Facts) -> Fine | list[Trouble]:
    number, last = int(facts.get("database/failed_jobs/count") or 0), facts.get("database/failed_jobs/last_seconds")
    if not number:
        return Fine("No job has failed")
    said = f"{count(number, 'failed job')}{'' if last is None else f', the newest {span(int(last))} ago'}"
    if last is not None and int(last) > FAILED_RECENT_SECONDS:
        return Fine(said)
    latest = [
        each
        for each in rows(facts.get("database/failed_jobs/latest"))
        if int(each.get("age_seconds") or 0) <= FAILED_RECENT_SECONDS
    ]
    seen = "".join(f"\n{_failed(each)}" for each in latest)
    again = remedy.artisan(facts, "queue:retry all")
    imports = [each for each in latest if "StartMigration" in str(each.get("kind"))]
    show = remedy.artisan(facts, "queue:failed")
    if imports:
        # Repeating the job would import into the half company once more; it has to be sent again.
        ids = ", ".join(str(int(each.get("id") or 0)) for each in imports)
        forget = remedy.sql(facts, f"DELETE FROM failed_jobs WHERE id IN ({ids})")  # noqa: S608  # numbers
        return [
            Trouble(
                f"{said}; an import is among them{seen}",
                f"{show}\n{remedy.later('when the cause is mended', forget)}",
                FAIL,
            )
        ]
    return [Trouble(f"{said}{seen}", f"{show}\n{remedy.later('when the cause is mended', again)}")]


def _failed(job: dict[str, Any]) -> str:
    return f"{job.get('kind')} {span(int(job.get('age_seconds') or 0))} ago: {job.get('exception')}"


@check("queue.worker", "A worker is there", needs=("queue/driver", "queue/workers"), kinds=("v5",))
def worker(facts: Facts) -> Fine | list[Trouble] | Skip:
    if facts["queue/driver"] == "sync":
        return Skip("The driver is sync, which needs no worker (queue.driver)")
    by_cron = entries(facts, "queue")  # as on shared hosting
    found, troubles = workers(facts), []
    for each in rows(facts.get("queue/units")):
        name, state = each.get("name", ""), each.get("state")
        if found and each.get("enabled") is False and state not in _RUNNING:
            continue  # switched off on purpose; another one works
        if state and state not in _RUNNING and not by_cron:
            troubles.append(Trouble(f"{name} is {state}", _start(str(name))))
        elif int(each.get("restarts") or 0) > RESTARTS:
            log = f"journalctl -u {shlex.quote(str(name))} -n 50 --no-pager"
            troubles.append(
                Trouble(f"{name} was restarted {each['restarts']} times: it dies again and again", log, WARN)
            )
        elif each.get("enabled") is False:
            start = f"systemctl enable {shlex.quote(str(name))}"
            troubles.append(Trouble(f"{name} runs, but does not start with the host", start, WARN))
    if troubles:
        return troubles
    if found:
        return Fine("\n".join(f"{each.get('user')}: {each.get('command')}" for each in found))
    if by_cron:
        return Fine("Started by cron:\n" + "\n".join(line(each) for each in by_cron))
    if facts.get("queue/internal"):
        return Fine("V5's schedule starts one every minute")
    if facts.get("queue/units"):
        return Fine(some(f"{each.get('name')} {each.get('state')}" for each in rows(facts["queue/units"])))
    if facts.get("migration/unit"):
        return Fine(f"{facts.get('migration/unit/name')} holds the regular ones back while an import runs")
    others = "".join(
        f"\n{each.get('user')}: {each.get('command')} (another directory)"
        for each in rows(facts["queue/workers"])
        if _works(each)
    )
    if elsewhere(facts):
        return [Trouble(f"No worker is in this container{others}", "supervisorctl status; ps -ef | grep queue:", WARN)]
    return [Trouble(f"No worker runs for {facts.root}, and V5's schedule starts none{others}", _steady(facts))]


@check("queue.worker-user", "Workers run as the web user", needs=("queue/workers", "web_user/name"), kinds=("v5",))
def worker_user(facts: Facts) -> Fine | list[Trouble] | Skip:
    found, web = [each for each in workers(facts) if each.get("this_root")], facts["web_user/name"]
    if not found:
        return Skip("No worker runs now")
    wrong = [each for each in found if each.get("user") and each["user"] != web]
    own = remedy.own(facts, "storage", "bootstrap/cache", "public/storage")
    units = " ".join(shlex.quote(str(each.get("name"))) for each in rows(facts.get("queue/units")))
    edit = f"systemctl edit --full {units}  # User={remedy.in_comment(web)}" if units else ""
    return [
        Trouble(
            f"{each.get('command')} runs as {each['user']}, not as {web}, who then cannot write its files",
            f"{edit or _who_starts(each)}\n{own}",
            FAIL if each["user"] == "root" else WARN,
        )
        for each in wrong
    ] or Fine(f"All run as {web}")


def _who_starts(worker: dict[str, Any]) -> str:
    return f"ps -fp {int(worker.get('pid') or 0)}  # who starts it?"


@check("queue.mutex", "The scheduler's lock on its worker is not left over", needs=("queue/driver",), kinds=("v5",))
def mutex(facts: Facts) -> Fine | Trouble | Skip:
    if not facts.get("queue/internal"):
        return Skip("V5's scheduler starts no worker here")
    age = facts.get("queue/mutex_age_seconds")
    if age is None:
        return Fine()
    if workers(facts) or int(age) <= MUTEX_SECONDS:
        return Fine(f"A worker has it for {span(int(age))}")
    return Trouble(
        f"The lock is {span(int(age))} old and no worker runs: the scheduler starts none for up to a day",
        f"{remedy.artisan(facts, 'schedule:clear-cache')} && {remedy.artisan(facts, 'schedule:run')}",
    )


@check(
    "queue.worker-code",
    "Workers run the code and the settings of now",
    needs=("queue/workers", "app/bootstrap_cache", "time/epoch"),
    severity=WARN,
    kinds=("v5",),
)
def worker_code(facts: Facts) -> Fine | Trouble | Skip:
    mine = [each for each in workers(facts) if each.get("this_root")]
    ages = [int(each["age_seconds"]) for each in mine if each.get("age_seconds") is not None]
    if not ages:
        return Skip("No worker runs now")
    # V5 itself clears the other caches every night (SchedulerCheck), and they come again without a change.
    cached = (each for each in rows(facts["app/bootstrap_cache"]) if each.get("name") == "config.php")
    times = {str(each["name"]): int(each.get("mtime") or 0) for each in cached}
    if facts.get("app/code_mtime") is not None:
        times["the code"] = int(facts["app/code_mtime"])
    if facts.get("env/mtime") is not None and facts.get("config/cached") is False:
        times[".env"] = int(facts["env/mtime"])
    began = facts.now - max(ages)
    newer = {name: at for name, at in times.items() if began + SLACK_SECONDS < at < facts.now - STALE_WORKER_SECONDS}
    if not newer or facts.get("database/jobs/reserved"):
        return Fine()  # a worker in the middle of a job ends it first
    name = max(newer, key=lambda each: newer[each])
    return Trouble(
        f"A worker began {span(max(ages))} ago; {name} is of {span(facts.now - newer[name])} ago",
        remedy.artisan(facts, "queue:restart"),
    )
