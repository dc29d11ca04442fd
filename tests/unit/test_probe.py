"""The probe's own shape: what it prints with every shell and awk, what it asks nobody, what it leaves, how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from diagnostics import probe
from diagnostics.facts import SCHEMA
from diagnostics.probe import Options, ProbeError
from tests.probe_host import AWKS, ENV, SHELLS, awk, commands, facts, needs_root, owned, run, said, there, v4, v5


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_runs_it(tmp_path: Path, shell: str) -> None:
    if not there(shell):
        pytest.skip(f"{shell} is not installed")
    document = facts(Options(root=str(owned(v5(tmp_path / "ninja")))), shell=shell)
    assert document["app"]["kind"] == "v5" and document["app"]["version"] == "5.10.17"
    assert document["probe"]["complete"] is True
    assert document["php"]["cli"]["starts"] is True


@pytest.mark.parametrize("other", AWKS)
def test_every_awk_says_the_same(tmp_path: Path, other: str) -> None:
    if not there(other):
        pytest.skip(f"{other} is not installed")
    root = owned(v5(tmp_path / "ninja"))
    (root / "storage/logs/laravel.log").write_text(LOG)
    reference = facts(Options(root=str(root)))
    document = facts(Options(root=str(root)), path=commands(tmp_path, other))
    for part in ("app", "env", "config", "permissions", "logs"):
        assert document[part] == reference[part]
    (kilobytes,) = re.findall(r"^MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    assert document["host"]["memory"]["total_bytes"] == int(kilobytes) * 1024
    assert document["storage"]["disks"] and all(each["total_bytes"] > 0 for each in document["storage"]["disks"])
    assert len(document["logs"]["hits"]) == 1 and document["logs"]["hits"][0]["count"] == 2
    assert document["probe"]["redacted"] == reference["probe"]["redacted"]


LOG = """[2026-11-25 10:00:00] production.ERROR: Kale wrote to kale@example.test {"userId":1,"name":"Kale Roberts"}
[stacktrace]
#0 /srv/app.php(12): Mailer->send('Kale Roberts')
[2026-11-25 10:00:01] production.INFO: fine
[2026-11-25 10:00:02] production.ERROR: Kale wrote to kale@example.test {"userId":2,"name":"Kale Roberts"}
"""


def test_a_cut_script_runs_nothing(tmp_path: Path) -> None:
    text = probe.script(Options())
    for share in (0.2, 0.5, 0.9, 0.999):
        done = subprocess.run(
            ["dash", "-s"], input=text[: int(len(text) * share)].encode(), capture_output=True, check=False, timeout=60
        )
        assert done.stdout == b""


def test_the_script_has_no_second_file_and_no_line_for_a_here_document() -> None:
    text = probe.script(Options())
    shell = text[text.index("\nmain() {") :]
    assert "<<" not in re.sub(r"<<(key|name|email|ip)", "", shell)
    assert "mktemp" not in text and "/dev/shm" not in text  # noqa: S108


@pytest.mark.parametrize("name", ["a b", "it's", 'two "quotes"', "ünï", "$HOME", "a\\b", "-rf"])
def test_any_directory_name_works(tmp_path: Path, name: str) -> None:
    root = owned(v5(tmp_path / name))
    document = facts(Options(root=str(root)))
    assert document["app"]["root"] == str(root)
    assert document["env"]["app_key"] == "ok"
    assert {each["path"] for each in document["permissions"]["paths"]} >= {"storage", "bootstrap/cache", "vendor"}
    assert document["storage"]["disks"][0]["path"] == str(root)
    assert document["config"]["cached"] is False


def test_the_argument_wins_over_the_option(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "here"))
    document = facts(Options(root="/nonexistent"), arguments=(str(root),))
    assert document["app"]["root"] == document["probe"]["root_asked"] == str(root)


@pytest.mark.parametrize(
    ("root", "exists", "reason"),
    [("nothing", False, "is no directory"), ("empty", True, "Neither Invoice Ninja V4 nor V5")],
)
def test_a_wrong_directory_is_told(tmp_path: Path, root: str, exists: bool, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    document = facts(Options(root=str(tmp_path / root)))
    assert document["app"]["root_exists"] is exists
    assert document["app"]["kind"] == ""
    assert reason in document["probe"]["missing"]["app"]
    assert document["host"]["name"]


def test_without_env_the_rest_comes(tmp_path: Path) -> None:
    document = facts(Options(root=str(owned(v5(tmp_path / "ninja", env=None)))))
    assert document["env"]["exists"] is False
    assert ".env is not there" in document["probe"]["missing"]["env"]
    assert document["app"]["artisan"] is True and document["permissions"]["paths"]


def test_v4_is_recognized(tmp_path: Path) -> None:
    root = v4(tmp_path / "ninja")
    (root / "app/Traits/GenerateMigrationResources.php").write_text(
        "<?php if (str_contains($user->username, '@')) {}\n"
    )
    document = facts(Options(root=str(owned(root))))
    assert (document["app"]["kind"], document["app"]["version"]) == ("v4", "4.5.50")
    assert document["app"]["export_code"] == "master"
    assert document["env"]["app_key"] == "example" and document["env"]["broken_lines"] == []


def test_two_trees_in_one_directory(tmp_path: Path) -> None:
    root = v5(tmp_path / "ninja")
    (root / "app/Constants.php").write_text("<?php define('NINJA_VERSION', '4.5.50');\n")
    assert facts(Options(root=str(owned(root))))["app"]["kind"] == "v5"


@pytest.mark.parametrize(
    ("php", "reason"),
    [
        ("echo Segmentation fault >&2; kill -11 $$", "PHP died of signal 11"),
        ("echo 'PHP Fatal error: no memory' >&2; exit 255", "PHP Fatal error: no memory"),
        ("printf 'J\\tphp/cli/path\\t\"/x\"\\nJ\\tconfig/cached\\tfal'; exit 1", "PHP ended with status 1"),
    ],
)
def test_php_that_dies(tmp_path: Path, php: str, reason: str) -> None:
    path = commands(tmp_path, but=("php",), instead={"php": php + "\n"})
    document = facts(Options(root=str(owned(v5(tmp_path / "ninja")))), path=path)
    assert reason in document["probe"]["missing"]["database"]
    assert document["probe"]["complete"] is True
    assert document["env"]["app_key"] == "ok"


def test_without_php(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "ninja"))
    text = probe.script(Options(root=str(root)))
    document = facts(Options(root=str(root)), path=commands(tmp_path, but=("php",)))
    # A PHP of this machine in a fixed place may be found all the same.
    if any(Path("/usr/bin").glob("php[0-9]*")):
        assert document["php"]["cli"]["path"]
    else:
        assert document["probe"]["missing"]["php/cli"] == "PHP is not there"
        assert document["probe"]["missing"]["database"] == "PHP is not there"
    assert text


def test_php_that_hangs_is_ended_and_the_rest_is_there(tmp_path: Path) -> None:
    path = commands(tmp_path, but=("php",), instead={"php": "printf 'J\\tphp/cli/path\\t\"/x\"\\n'; exec sleep 600\n"})
    document = facts(Options(root=str(owned(v5(tmp_path / "ninja"))), limit_seconds=4), path=path)
    assert document["php"]["cli"]["path"] == "/x"
    assert "did not end in time" in document["probe"]["missing"]["database"]
    assert document["probe"]["complete"] is True
    assert document["app"]["bootstrap_cache"] == []


def processes_with(word: str) -> list[str]:
    """Command lines of processes that have the word in them."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found


@pytest.mark.parametrize("shell", SHELLS)
def test_the_watchdog_ends_everything_and_the_document_comes(tmp_path: Path, shell: str) -> None:
    if not there(shell):
        pytest.skip(f"{shell} is not installed")
    # Neither the command nor its child reacts to a polite signal.
    hang = "trap '' TERM HUP INT\nsh -c \"trap '' TERM; exec sleep 31415\" &\nwhile :; do wait; sleep 31416; done\n"
    path = commands(tmp_path, but=("stat", "php", "timeout"), instead={"stat": hang, "php": hang})
    root = v5(tmp_path / "ninja")
    (root / "storage/logs/laravel.log").write_text(LOG)
    document = facts(Options(root=str(owned(root)), limit_seconds=2), shell=shell, path=path)
    assert document["probe"]["complete"] is False
    assert document["env"]["values"]["APP_URL"] == "https://invoices.example.test"
    assert document["probe"]["missing"]["logs/hits"] == "There was no answer before the time limit"
    assert document["probe"]["missing"]["database"] == "There was no answer before the time limit"
    assert not processes_with("sleep 3141")


@pytest.mark.parametrize("other", AWKS)
def test_what_cannot_be_ended_does_not_hold_the_document_back(tmp_path: Path, other: str) -> None:
    """A process in a dead file system does not end, and keeps the pipe open; mawk reads until its buffer is full."""
    if not there(other):
        pytest.skip(f"{other} is not installed")
    hang = "echo $$ >>HUNG\nexec sleep 31420\n".replace("HUNG", str(tmp_path / "hung"))
    path = commands(tmp_path, other, but=("stat", "php", "timeout"), instead={"stat": hang, "php": hang})
    text = probe.script(Options(root=str(owned(v5(tmp_path / "ninja"))), limit_seconds=2))
    text = text.replace(
        "PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "", 1
    )
    for ends in ("kill -STOP $tree", "kill -9 $tree"):
        assert ends in text
        text = text.replace(ends, "true", 1)
    (tmp_path / "hung").write_text("")
    (tmp_path / "hung").chmod(0o666)
    try:
        done = subprocess.run(
            ["dash", "-s"], input=text.encode(), env={"PATH": str(path)}, capture_output=True, check=True, timeout=60
        )
        document = probe.parse(done.stdout)
        assert document["probe"]["complete"] is False
        assert document["env"]["values"]["APP_URL"] == "https://invoices.example.test"
        assert processes_with("sleep 31420"), "something hangs still"
    finally:
        for pid in (tmp_path / "hung").read_text().split():
            os.kill(int(pid), signal.SIGKILL)


def test_after_a_good_end_nothing_runs_on(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "ninja"))
    facts(Options(root=str(root), limit_seconds=31417))
    deadline = time.monotonic() + 20
    while processes_with("sleep 31417"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def snapshot(folder: Path) -> dict[str, tuple]:
    """Everything in a directory with what a writer would change."""
    found = {}
    for each in sorted(folder.rglob("*")):
        info = each.lstat()
        content = each.read_bytes() if each.is_file() and info.st_size < 1 << 20 else b""
        found[str(each)] = (info.st_mode, info.st_uid, info.st_size, info.st_mtime_ns, info.st_ctime_ns, content)
    return found


def test_nothing_is_written(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "tree/ninja"))
    (root / "storage/logs/laravel.log").write_text(LOG)
    before = snapshot(tmp_path / "tree")
    temporary = set(Path("/tmp").iterdir()) if Path("/tmp").is_dir() else set()  # noqa: S108
    for shell in SHELLS:
        if there(shell):
            run(Options(root=str(root), salt="s", signatures=("fine",)), shell=shell)
    assert snapshot(tmp_path / "tree") == before
    mine = {each for each in set(Path("/tmp").iterdir()) - temporary if re.search("sh-thd|probe|ninja", each.name)}  # noqa: S108
    assert not mine


def test_the_secrets_are_on_no_command_line(tmp_path: Path) -> None:
    root = owned(v5(tmp_path / "ninja"))
    (root / "storage/logs/laravel.log").write_text(LOG)
    seen: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            for word in ("canary-salt", "canarymail", "canary-db-user", "UFdFNHpsUFk5Zmxs", "canary-company"):
                seen.extend(processes_with(word))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(3):
            facts(Options(root=str(root), salt="canary-salt", company_key="canary-company"))
    finally:
        stop.set()
        watcher.join()
    assert not seen


def test_as_an_ordinary_user_it_says_what_was_denied(tmp_path: Path) -> None:
    needs_root()
    root = owned(v5(tmp_path / "ninja"))
    (root / ".env").chmod(0o600)
    (root / "storage/logs").chmod(0o700)
    document = facts(Options(root=str(root)), user="nobody")
    missing = document["probe"]["missing"]
    assert document["probe"]["user"] == "nobody"
    assert document["env"] == {
        "exists": True,
        "readable": False,
        "mode": "0600",
        "owner": "www-data",
        "group": "www-data",
        "mtime": document["env"]["mtime"],
    }
    assert ".env cannot be read by this user" in missing["env"]
    assert "storage/logs cannot be read" in missing["logs/hits"]
    assert missing["permissions/paths"].startswith("Only root, or www-data itself")
    assert document["app"]["version"] == "5.10.17"


def test_a_directory_that_may_not_be_entered(tmp_path: Path) -> None:
    needs_root()
    root = owned(v5(tmp_path / "ninja"))
    root.chmod(0o700)
    document = facts(Options(root=str(root)), user="nobody")
    assert document["app"]["readable"] is False
    assert "cannot be entered by this user" in document["probe"]["missing"]["app"]


def test_permissions_are_tested_by_effect(tmp_path: Path) -> None:
    needs_root()
    root = owned(v5(tmp_path / "ninja"))
    (root / "storage/logs/laravel.log").write_text("")
    (root / "storage/framework/views/a.php").write_text("<?php\n")
    shutil.chown(root / "storage/framework/views", "root", "root")
    (root / "bootstrap/cache").chmod(0o555)
    (root / "storage/app").chmod(0o777)
    document = facts(Options(root=str(root)))
    permissions = document["permissions"]
    assert permissions["tested_as"] == "www-data"
    paths = {each["path"]: each for each in permissions["paths"]}
    assert paths["storage"]["writable"] and paths["storage/framework/sessions"]["writable"]
    assert not paths["storage/framework/views"]["writable"] and paths["storage/framework/views"]["readable"]
    assert not paths["bootstrap/cache"]["writable"]
    assert not paths["storage/logs/laravel.log"]["writable"]
    unwritable = {each["path"]: (each["owner"], each["mode"]) for each in permissions["unwritable"]}
    assert unwritable["storage/logs/laravel.log"][0] == "root"
    assert unwritable["bootstrap/cache"] == ("www-data", "0555")
    assert permissions["unwritable_count"] == len(permissions["unwritable"]) == 4
    assert permissions["counted_all"] is True
    assert permissions["owners"]["root"] == 3
    assert permissions["world_writable"] == ["storage/app"]


def test_directories_above_that_the_web_user_cannot_enter(tmp_path: Path) -> None:
    needs_root()
    root = owned(v5(tmp_path / "locked/ninja"))
    (tmp_path / "locked").chmod(0o700)
    document = facts(Options(root=str(root)))
    assert document["permissions"]["parents_blocked"] == [str(tmp_path / "locked")]
    assert document["app"]["kind"] == "v5"


def test_many_files_are_counted_and_few_are_named(tmp_path: Path) -> None:
    needs_root()
    root = owned(v5(tmp_path / "ninja"))
    for number in range(50):
        (root / f"storage/framework/sessions/{number:040d}").write_text("")
    permissions = facts(Options(root=str(root)))["permissions"]
    assert permissions["unwritable_count"] == 50 and len(permissions["unwritable"]) == 20


def test_exports_and_backups_below_public(tmp_path: Path) -> None:
    root = v5(tmp_path / "ninja")
    key = "9nrwevhjtlxoochx5kk1b533cebkjblj"
    folder = root / f"public/storage/migrations/{key}-2026-11-23-invoiceninja"
    folder.mkdir(parents=True)
    (folder / "migration.json").write_text("{}")
    (root / f"public/storage/migrations/{key}-2026-11-23-invoiceninja.zip").write_bytes(b"PK")
    (root / "public/dump.sql.gz").write_bytes(b"x" * 10)
    (root / "public/.env.old").write_text("A=b\n")
    (root / "public/backup.js").write_text("// of the application\n")
    document = facts(Options(root=str(owned(root)), salt="pepper"))
    exports = {each["path"]: each for each in document["storage"]["exports"]}
    assert all(re.fullmatch(r"public/storage/migrations/<key:[0-9a-f]{6}>-2026-11-23-.*", path) for path in exports)
    assert sorted(each["kind"] for each in exports.values()) == ["json", "zip"]
    assert all(each["public"] for each in exports.values())
    assert {each["path"]: each["bytes"] for each in document["storage"]["backups"]} == {
        "public/dump.sql.gz": 10,
        "public/.env.old": 4,
    }
    assert document["probe"]["redacted"]["key"] >= 2


@pytest.mark.parametrize("target", ["real", "nowhere"])
def test_public_storage_as_a_link(tmp_path: Path, target: str) -> None:
    root = v5(tmp_path / "ninja")
    (root / "real").mkdir()
    (root / "public/storage").rmdir()
    (root / "public/storage").symlink_to(root / target)
    kind = facts(Options(root=str(owned(root))))["storage"]["public_storage"]
    assert kind == ("link" if target == "real" else "broken link")


def mark(root: Path, key: str, at: float) -> None:
    """A mark in V5's file cache, as Illuminate\\Cache\\FileStore names it."""
    name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    path = root / "storage/framework/cache/data" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("9999999999b:1;")
    os.utime(path, (at, at))


@pytest.mark.parametrize(("zone", "offset"), [("UTC", 0), ("Asia/Kolkata", 19800)])
def test_the_schedules_marks_in_the_file_cache(tmp_path: Path, zone: str, offset: int) -> None:
    root = v5(tmp_path / "ninja", env=f"QUEUE_CONNECTION=database\nSERVER_TIMEZONE={zone}\n")
    now = int(time.time())
    tick = now - now % 300
    job = hashlib.sha1(b"queue-size-job", usedforsecurity=False).hexdigest()
    clock = time.strftime("%H%M", time.gmtime(tick + offset))
    mark(root, f"framework/schedule-{job}{clock}", tick + 2)
    command = "* * * * *php artisan queue:work database --stop-when-empty --memory=256"
    lock = hashlib.sha1(command.encode(), usedforsecurity=False).hexdigest()
    mark(root, f"framework/schedule-{lock}", now - 7000)
    mark(root, "illuminate:queue:restart", now - 9000)
    document = facts(Options(root=str(owned(root))))
    assert document["cron"]["heartbeat"] == {"at": tick + 2, "source": "lock"}
    assert 7000 <= document["queue"]["mutex_age_seconds"] <= 7060
    assert document["queue"]["internal"] is True


def test_a_killed_client_leaves_nothing_after_the_limit(tmp_path: Path) -> None:
    hang = "trap '' TERM\nwhile :; do sleep 31418; done\n"
    path = commands(tmp_path, but=("php", "timeout"), instead={"php": hang})
    root = owned(v5(tmp_path / "ninja"))
    text = probe.script(Options(root=str(root), limit_seconds=3))
    text = text.replace("PATH=${PATH:-/usr/bin:/bin}:", f"PATH={path}:", 1)
    started = subprocess.Popen(
        ["dash", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert started.stdin and started.stdout
    started.stdin.write(text.encode())
    started.stdin.close()
    deadline = time.monotonic() + 60
    while not processes_with("sleep 31418"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    started.stdout.close()
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    while processes_with("sleep 31418"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- parse ---


def test_a_banner_before_and_after_does_no_harm() -> None:
    document = {"schema": SCHEMA, "probe": {"version": 1, "complete": True, "missing": {}, "redacted": {}}}
    text = json.dumps(document).replace('{"schema": ', '{"schema":').encode()
    assert probe.parse(b"Welcome {to} example.com!\r\n\x1b[0m" + text + b"\nlogout {\n") == document


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (b"", "sent no facts"),
        (b"sh: 1: awk: not found\n", "awk: not found"),
        (b'{"schema":1,"probe":{"ver', "cut on their way"),
        (b'{"schema":"1","probe":{}}', "schema '1'"),
        (b'{"schema":true,"probe":{}}', "schema True"),
        (b'{"schema":99,"probe":{}}', "reads up to 1"),
    ],
)
def test_what_is_no_document_is_told(output: bytes, words: str) -> None:
    with pytest.raises(ProbeError) as caught:
        probe.parse(output)
    assert words in caught.value.message and caught.value.remedy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("app/kind", "v6"),
        ("app/root", ["/var/www"]),
        ("app/root", "/var/www\nrm -rf /"),
        ("time/epoch", "now"),
        ("queue/workers", {"a": 1}),
        ("permissions/owners", {"root": "many"}),
        ("logs/hits", [{"count": "1"}]),
        ("web_user/name", "www-data; id"),
        ("probe/missing", None),
    ],
)
def test_a_forged_type_is_refused(path: str, value: object) -> None:
    document = {"schema": 1, "probe": {"version": 1, "complete": True, "missing": {}, "redacted": {}}}
    assert probe.validate(document) == ""
    at: dict = document
    *above, last = path.split("/")
    for name in above:
        at = at.setdefault(name, {})
    at[last] = value
    said = probe.validate(document)
    assert path.split("/")[0] in said and said.isprintable()


def test_unknown_fields_are_allowed() -> None:
    document = {
        "schema": 1,
        "probe": {"version": 1, "complete": True, "missing": {}, "redacted": {}},
        "more": {"a": [1]},
    }
    assert probe.validate(document) == ""


# --- the environment file ---


def env_of(text: str) -> dict:
    """What the part that reads .env prints."""
    names = "APP_URL APP_CIPHER"
    return said(awk("env", text.encode(), environment={"listed": names}, arguments=("-v", "OLD=0")))


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        ("A=1\nB=2\nA=3\n", "duplicates", ["A"]),
        ("A=with blank\n", "need_quotes", ["A"]),
        ("A=with#hash\n", "need_quotes", ["A"]),
        ("A=value # a comment\n", "need_quotes", []),
        ("B=x\nA=pre${B}\n", "need_quotes", ["A"]),
        ("A=pa$$word\n", "need_quotes", []),
        ("A=1\nthis is no line\nB=2\n", "broken_lines", [2]),
        ("A=1\nMAIL_HOST\n", "broken_lines", []),
        ('A="open\nB=2\n', "broken_lines", [1]),
        ("A=1\r\nB=2\r\n", "crlf", True),
        ('A="one\nTWO=2\nthree"\nB=4\n', "keys", ["A", "B"]),
        ("export A=1\n#B=2\n\nC.D=3\n", "keys", ["A", "C.D"]),
        ('K="-----BEGIN\nMIIEowIBAAKCAQEAxyz0123456789abcdefghijklmn==\n-----END"\nB=1\n', "keys", ["K", "B"]),
    ],
)
def test_env_is_read_as_phpdotenv_reads_it(lines: str, field: str, value: object) -> None:
    assert env_of(lines)[f"env/{field}"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("APP_URL=https://a.test\n", "https://a.test"),
        ('APP_URL="https://a.test"   # here\n', "https://a.test"),
        ("APP_URL='https://a.test'\n", "https://a.test"),
        ("  export   APP_URL =  https://a.test  \n", "https://a.test"),
        ('APP_URL="a \\"b\\" \\\\ c"\n', 'a "b" \\ c'),
        ('H=a.test\nAPP_URL="https://${H}"\n', "https://a.test"),
        ("H=a.test\nAPP_URL='https://${H}'\n", "https://${H}"),
        ("APP_URL=one\nAPP_URL=two\n", "two"),
        ("APP_URL=\n", ""),
        ("APP_URL=a=b=c\n", "a=b=c"),
    ],
)
def test_values_of_env(text: str, value: str) -> None:
    found = env_of(text)
    assert found["env/values/APP_URL"] == found["$env_app_url"] == value


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("", "missing"),
        ("base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno=", "example"),
        ("base64:UFdFNHpsUFk5ZmxsMDVqVGNNQklFZTIyR3NBczVzSDc=", "ok"),
        ("base64:dG9vIHNob3J0", "invalid"),
        ("PWE4zlPY9fll05jTcMBIEe22GsAs5sH7", "ok"),
        ("short", "invalid"),
    ],
)
def test_the_application_key(key: str, verdict: str) -> None:
    assert env_of(f"APP_KEY={key}\n")["env/app_key"] == verdict


def test_env_agrees_with_the_migrations_own_reader(tmp_path: Path) -> None:
    from migration import env_file

    text = ENV + "MAIL_HOST='smtp.example.test'\nLOG_LEVEL=debug # all\nexport IS_DOCKER=\"false\"\nDB_PORT = 3306\n"
    root = owned(v5(tmp_path / "ninja", env=text))
    wanted = env_file.parse(text)
    values = facts(Options(root=str(root)))["env"]["values"]
    assert values and values == {name: wanted[name] for name in values}
