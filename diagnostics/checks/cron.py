"""Cron: V5's schedule, and the jobs by which V4 invoices. A line that is installed does not yet run."""

from __future__ import annotations

import re
import shlex
from typing import Any

from .. import remedy
from ..check import FAIL, Fine, Skip, Trouble, check
from ..facts import Facts
from ..findings import WARN
from ..units import count, rows, some, span

# V5's schedule leaves a sign every five minutes [app/Console/Kernel.php]; three of them may be late.
V5_SILENT_SECONDS = 15 * 60
# Real V4 installations run their jobs once a day; two hours for a slow one.
V4_SILENT_SECONDS = 26 * 3600
# So long after the host's start, or after V5 was set up, the first sign may still be due.
FIRST_SIGN_SECONDS = 10 * 60
# version_id: composer refuses older ones (V5), and V4's packages of 2022 fail on PHP 8 [failure-modes: v4-php-version].
V5_PHP, V4_PHP_END = 80200, 80000
V4_SENDS = ("v4_invoices", "v4_reminders")
_RESTART_MARK = ("cache", "queue:restart")
_SENT = "ninja:send-invoices|ninja:send-reminders"


def entries(facts: Facts, *kinds: str, disabled: bool = False) -> list[dict[str, Any]]:
    """The jobs of these kinds that run in this installation; those that are commented out where ``disabled``."""
    return [
        each
        for each in rows(facts.get("cron/entries"))
        if each.get("kind") in kinds and each.get("this_root") and bool(each.get("disabled")) == disabled
    ]


def line(entry: dict[str, Any]) -> str:
    """An entry as evidence: where it stands, as whom and when it runs, and what."""
    return f"{entry.get('source')}: {entry.get('schedule')} {entry.get('user')} {entry.get('command')}".strip()


def _install(facts: Facts, command: str = "schedule:run", when: str = "* * * * *") -> str:
    user, root = remedy.web_user(facts), shlex.quote(facts.root)
    job = f"{when} {user} cd {root} && {shlex.quote(remedy.php(facts))} artisan {command} >> /dev/null 2>&1"
    return f"printf '%s\\n' {shlex.quote(job)} >> /etc/cron.d/invoiceninja"


def _edit(entry: dict[str, Any]) -> str:
    """The command that opens the place where an entry stands."""
    source = str(entry.get("source", ""))
    if source.startswith("crontab of "):
        return f"crontab -u {shlex.quote(source[len('crontab of ') :])} -e"
    if source.startswith("/"):
        return f"${{EDITOR:-nano}} {shlex.quote(source)}"
    if source.startswith("supervisor "):
        program = shlex.quote(f"program:{source[len('supervisor ') :]}]")
        return f"grep -rlF {program} /etc/supervisor /etc/supervisor*.conf /etc/supervisord.d"
    return f"systemctl edit --full {shlex.quote(source)}"


def _wrong(facts: Facts, found: list[dict[str, Any]], why: str) -> list[Trouble]:
    return [
        Trouble(f"{line(each)}\n  {why}", f"{_edit(each)}\n{remedy.later('the line it should be', _line_of(facts))}")
        for each in found
    ]


def _line_of(facts: Facts) -> str:
    root = shlex.quote(facts.root)
    return f"* * * * * cd {root} && {shlex.quote(remedy.php(facts))} artisan schedule:run >> /dev/null 2>&1"


def _from_cron(entry: dict[str, Any]) -> bool:
    source = str(entry.get("source", ""))
    return source.startswith(("/etc/cron", "crontab of "))


@check("cron.service", "Cron runs, and starts with the host", needs=("cron/service",))
def service(facts: Facts) -> Fine | Trouble | Skip:
    name, running = facts.get("cron/service/name") or "cron", facts.get("cron/service/running")
    jobs = [each for each in rows(facts.get("cron/entries")) if each.get("this_root") and not each.get("disabled")]
    elsewhere = [each for each in jobs if not _from_cron(each)]
    if running is None:
        return Skip("Not checked: nothing says whether cron runs")
    if running:
        if facts.get("cron/service/enabled") is False:
            return Trouble(
                f"{name} runs, but does not start with the host", f"systemctl enable {shlex.quote(str(name))}", WARN
            )
        return Fine(f"{name} runs")
    if elsewhere and len(elsewhere) == len(jobs):
        return Fine(f"{name} does not run, and nothing here needs it: {some(each['source'] for each in elsewhere)}")
    if facts.kind == "v4" and not jobs:
        return Skip("Not checked: V4 has no job in cron")
    unit = shlex.quote(str(name))
    start = f"systemctl enable --now {unit}" if facts.get("host/init") == "systemd" else f"service {unit} start"
    if facts.get("cron/service/name") == "":
        return Trouble("cron is not installed", f"apt-get install -y cron || dnf install -y cronie; {start}")
    return Trouble(f"{name} does not run", start)


@check("cron.schedule", "V5's schedule is installed", needs=("cron/entries", "time/epoch"), kinds=("v5",))
def schedule(facts: Facts) -> Fine | Trouble | Skip:
    found = entries(facts, "schedule")
    if found:
        return Fine("\n".join(line(each) for each in found))
    off = entries(facts, "schedule", disabled=True)
    if off:
        return Trouble(
            "The only line is commented out, or in a file whose name cron does not take:\n"
            + "\n".join(line(each) for each in off),
            "\n".join(_edit(each) for each in off),
        )
    others = [
        each
        for each in rows(facts["cron/entries"])
        if each.get("kind") == "schedule" and not each.get("this_root") and not each.get("disabled")
    ]
    seen = "".join(f"\n{line(each)} (another directory)" for each in others)
    if facts.get("cron/user_crontabs") is not True:
        if _recent(facts):
            return Fine("Not all crontabs could be read, but the schedule runs (cron.heartbeat)")
        why = facts.why_missing("cron/user_crontabs")
        return Skip(f"Not checked: no schedule:run was seen, and not all crontabs could be read: {why}{seen}")
    return Trouble(f"No job runs artisan schedule:run in {facts.root}{seen}", _install(facts))


def _recent(facts: Facts) -> bool:
    at = facts.get("cron/heartbeat/at")
    return at is not None and facts.now - int(at) <= V5_SILENT_SECONDS


@check("cron.every-minute", "The schedule runs every minute", needs=("cron/entries",), kinds=("v5",))
def every_minute(facts: Facts) -> Fine | list[Trouble] | Skip:
    found = entries(facts, "schedule")
    if not found:
        return Skip("No schedule is installed (cron.schedule)")
    # A supervisor's program goes on by itself: schedule:work, or a loop.
    if any(each.get("every_minute") is not False or each.get("schedule") == "always" for each in found):
        return Fine()
    return _wrong(facts, found, "V5 needs it every minute: the queue's worker and the hourly invoices hang on it")


@check("cron.user", "The jobs run as the web user", needs=("cron/entries", "web_user/name"))
def user(facts: Facts) -> Fine | list[Trouble] | Skip:
    mine = [each for each in rows(facts["cron/entries"]) if each.get("this_root") and not each.get("disabled")]
    if not mine:
        return Skip("No job runs in this installation")
    web = facts["web_user/name"]
    wrong = [each for each in mine if each.get("user") and each["user"] != web and not _becomes(each, web)]
    if not wrong:
        return Fine(f"All run as {web}")
    own = remedy.own(facts, "storage", "bootstrap/cache", *(["public/storage"] if facts.kind == "v5" else []))
    return [
        Trouble(
            f"{line(each)}\n  runs as {each['user']}, not as {web}, who then cannot write its files",
            f"{_edit(each)}\n{own}",
            FAIL if each["user"] == "root" else WARN,
        )
        for each in wrong
    ]


def _becomes(entry: dict[str, Any], user: str) -> bool:
    """Whether the line itself hands over to the user: `su -s /bin/sh -c … www-data`, `sudo -u www-data …`."""
    return re.search(rf"\b(?:su|sudo|runuser)\b.*\b{re.escape(user)}\b", str(entry.get("command", ""))) is not None


@check("cron.directory", "The jobs name the application's directory", needs=("cron/entries",))
def directory(facts: Facts) -> Fine | list[Trouble]:
    wrong = [
        each
        for each in rows(facts["cron/entries"])
        if not each.get("this_root")
        and not each.get("disabled")
        and _from_cron(each)
        and re.search(r"(?:^|\s)(?:\./)?artisan\s", f"{each.get('command', '')} ")
        and not re.search(r"\bcd\s", str(each.get("command", "")))
    ]
    if not wrong:
        return Fine()
    return [
        Trouble(
            f"{line(each)}\n  runs in the user's home directory, where no artisan is: `cd {facts.root} &&` is missing",
            _edit(each),
        )
        for each in wrong
    ]


@check("cron.doubled", "No job is there twice", needs=("cron/entries",), severity=WARN)
def doubled(facts: Facts) -> Fine | Trouble:
    schedules = entries(facts, "schedule") if facts.kind == "v5" else []
    sent = entries(facts, *V4_SENDS)
    # V4's jobs may stand there for several hours of the day; two at the same minute send twice.
    same = [each for each in sent if sum(_when(each) == _when(other) for other in sent) > 1]
    again = (schedules if len(schedules) > 1 else []) + same
    if not again:
        return Fine()
    return Trouble(
        "These do the same:\n" + "\n".join(line(each) for each in again),
        "\n".join(dict.fromkeys(_edit(each) for each in again[1:])),
    )


def _when(entry: dict[str, Any]) -> tuple:
    return entry.get("kind"), entry.get("schedule")


@check("cron.heartbeat", "The jobs really run", needs=("cron", "time/epoch"))
def heartbeat(facts: Facts) -> Fine | Trouble | Skip:
    return _v5_heartbeat(facts) if facts.kind == "v5" else _v4_heartbeat(facts)


def _v5_heartbeat(facts: Facts) -> Fine | Trouble | Skip:
    at, source, flag = (facts.get(f"cron/heartbeat/{name}") for name in ("at", "source", "flag"))
    if facts.get("app/maintenance"):
        return Skip("V5 is in maintenance, where its schedule rests (application.maintenance)")
    if at is not None and facts.now - int(at) <= V5_SILENT_SECONDS:
        return Fine(f"It ran {span(facts.now - int(at))} ago ({source})")
    if _just_begun(facts, never=at is None):
        return Skip("Not checked: the host or V5 is new, the first run may still be due")
    denied = (facts.get("probe/missing") or {}).get("cron/heartbeat")
    if denied:
        return Skip(f"Not checked: {denied} (cron/heartbeat)")
    if source in _RESTART_MARK and not facts.get("queue/internal"):
        at = None  # only a schedule that starts the worker itself writes this mark every five minutes
    look = "\n".join(
        (
            "journalctl -u cron -u crond -n 20 --no-pager",
            remedy.artisan(facts, "schedule:run"),
        )
    )
    if at is not None:
        return Trouble(f"It ran last {span(facts.now - int(at))} ago ({source})", look)
    if flag:
        return Fine("V5's is_scheduler_running is set: it has run; nothing says when it ran last")
    if flag is None:
        return Skip(f"Not checked: {facts.why_missing('cron/heartbeat/at')} (cron/heartbeat/at)")
    return Trouble("Nothing shows that it ever ran: no lock, no mark, and is_scheduler_running is not set", look)


def _just_begun(facts: Facts, never: bool) -> bool:
    """Whether the host was just started or, where the schedule never ran, V5 was just set up."""
    began = facts.get("env/mtime") if never else None
    fresh = began is not None and facts.now - int(began) < FIRST_SIGN_SECONDS
    return fresh or facts.get("host/uptime_seconds", FIRST_SIGN_SECONDS) < FIRST_SIGN_SECONDS


def _v4_heartbeat(facts: Facts) -> Fine | Trouble | Skip:
    if not entries(facts, "schedule", *V4_SENDS):
        return Skip("V4 has no job in cron")
    at = facts.get("cron/heartbeat/at")
    if at is None:
        return Skip(f"Not checked: {facts.why_missing('cron/heartbeat/at')} (cron/heartbeat/at)")
    silent = facts.now - int(at)
    if silent <= V4_SILENT_SECONDS or facts.get("host/uptime_seconds", V4_SILENT_SECONDS) < V4_SILENT_SECONDS:
        return Fine(f"The last one ran {span(silent)} ago ({facts.get('cron/heartbeat/source')})")
    return Trouble(
        f"The last one ran {span(silent)} ago ({facts.get('cron/heartbeat/source')})",
        "journalctl -u cron -u crond -n 20 --no-pager",
        WARN,
    )


@check("cron.php", "The jobs use the application's PHP", needs=("cron/entries", "php/versions"))
def php(facts: Facts) -> Fine | list[Trouble] | Skip:
    mine = [each for each in rows(facts["cron/entries"]) if each.get("this_root") and not each.get("disabled")]
    found = [(each, version) for each in mine if (version := _version(facts, str(each.get("php") or "")))]
    if not found:
        return Skip("No job of this installation names a PHP whose version is known")
    web = facts.get("php/web/version", "")
    troubles = []
    for each, version in found:
        why = _unfit(facts.kind, version)
        if why:
            troubles.append(Trouble(f"{line(each)}\n  {each['php']} is {version}: {why}", _other_php(facts, each)))
        elif web and version.split(".")[:2] != web.split(".")[:2]:
            why = f"{each['php']} is {version}, the web server's is {web}: they cannot read each other's caches"
            troubles.append(Trouble(f"{line(each)}\n  {why}", _other_php(facts, each), WARN))
    return troubles or Fine(some(sorted({f"{each['php']} {version}" for each, version in found})))


def _version(facts: Facts, named: str) -> str:
    """The version of the PHP that a job names; "" where it is not known."""
    paths = [named] if "/" in named else [f"{folder}/{named}" for folder in ("/usr/local/bin", "/usr/bin", "/bin")]
    known = {each.get("path"): each.get("version") for each in rows(facts["php/versions"]) if each.get("sapi") == "cli"}
    return next((str(known[path]) for path in paths if named and known.get(path)), "")


def _unfit(kind: str, version: str) -> str:
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    if len(numbers) < 2:
        return ""
    version_id = numbers[0] * 10000 + numbers[1] * 100
    if kind == "v5" and version_id < V5_PHP:
        return "V5 needs 8.2"
    if kind == "v4" and version_id >= V4_PHP_END:
        return "V4 needs 7.3 or 7.4"
    return ""


def _other_php(facts: Facts, entry: dict[str, Any]) -> str:
    return f"{_edit(entry)}\n{remedy.later('the PHP it should name', remedy.php(facts))}"


@check(
    "cron.v4-sends",
    "V4's invoices and reminders have a job",
    needs=("cron/entries", "database/v4/recurring_due"),
    severity=WARN,
    kinds=("v4",),
)
def v4_sends(facts: Facts) -> Fine | Trouble | Skip:
    jobs = entries(facts, *V4_SENDS)
    if jobs:
        return Fine("Cut-over has to stop these:\n" + "\n".join(line(each) for each in jobs))
    due = int(facts["database/v4/recurring_due"])
    if not due or _all_forward(facts):
        return Fine("No recurring invoice is due in V4")
    if facts.get("cron/user_crontabs") is not True:
        return Skip(f"No job was seen, but not all crontabs could be read: {facts.why_missing('cron/user_crontabs')}")
    off = entries(facts, *V4_SENDS, disabled=True)
    seen = "".join(f"\n{line(each)} (commented out)" for each in off)
    return Trouble(
        f"{count(due, 'recurring invoice')} should have been sent, and no job runs {_SENT.replace('|', ' or ')}{seen}",
        "\n".join(_edit(each) for each in off) or _install(facts, "ninja:send-invoices", "0 8 * * *"),
    )


def _all_forward(facts: Facts) -> bool:
    accounts = rows(facts.get("database/accounts"))
    return bool(accounts) and all(each.get("forward_url") for each in accounts)
