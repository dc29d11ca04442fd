"""The command diagnose: what it understands, refuses, prints and exits with. No host is needed."""

import datetime
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

import cli
from diagnostics import check as checks
from diagnostics import scan
from diagnostics.check import Fine, Skip, Trouble
from diagnostics.collect import Collected
from diagnostics.findings import FAIL, WARN
from diagnostics.targets import BROKEN, UNREACHABLE, TargetError
from fleet import diagnose as room
from fleet.exits import Exit, UsageError

NOW = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.timezone.utc)


def facts(**parts) -> dict:
    """A document of the probe about a V5; ``said``: what the checks of these tests look at."""
    app = {"kind": "v5", "root": "/var/www/invoiceninja", "version": "5.10.17"}
    probe = {"version": 1, "complete": True, "redacted": {"email": 2}, "missing": {}}
    return {"schema": 1, "probe": probe, "time": {"epoch": 1_790_000_000}, "app": app, **parts}


@pytest.fixture(autouse=True)
def only_these_checks(monkeypatch):
    """Checks that say what the facts tell them to say."""
    checks.all_checks()
    before = dict(checks.REGISTRY)
    for id in [each for each in before if each != "host.reachable"]:
        del checks.REGISTRY[id]
    for id in ("tls.chain", "queue.driver", "queue.jobs", "cron.present", "permissions.writable", "logs.errors"):
        title = f"{id} is well"

        @checks.check(id, title, severity=WARN if id == "cron.present" else FAIL)
        def says(facts, id=id):
            said = facts.get("said", {}).get(id, "fine")
            if said == "crash":
                raise KeyError(id)
            return {"fine": Fine("seen"), "skip": Skip("cannot")}.get(said) or Trouble(said, f"mend {id}")

    yield
    checks.REGISTRY.clear()
    checks.REGISTRY.update(before)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NINJALIFT_INVENTORY", raising=False)
    monkeypatch.delenv("NINJALIFT_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Hosts:
    """Answers instead of the hosts: rounds of {name: said, or the error}; remembers what was asked."""

    def __init__(self):
        self.rounds, self.asked, self.options, self.backend = [{}], [], [], ""

    def collect(self, targets, options, backend="auto"):
        answers = self.rounds.pop(0) if len(self.rounds) > 1 else self.rounds[0]
        if isinstance(answers, BaseException):
            raise answers
        self.asked.append(list(targets))
        self.options.append(options)
        self.backend = backend
        # As the real one, in the order in which they come.
        for target in reversed(list(targets)):
            answer = answers.get(target.name, {})
            error = answer if isinstance(answer, TargetError) else None
            yield Collected(target, None if error else facts(said=answer), error, 0.25)


@pytest.fixture
def hosts(monkeypatch):
    made = Hosts()
    monkeypatch.setattr(room, "collect", made.collect)
    monkeypatch.setattr(room.time, "sleep", lambda seconds: None)
    return made


def diagnose(*arguments):
    return CliRunner().invoke(cli.main, ["diagnose", *arguments])


def ids(document) -> list:
    return sorted(each["id"] for each in document["findings"])


def test_the_page_about_it_names_every_option_and_status():
    page = (cli.HERE / "docs" / "diagnose.md").read_text()
    for parameter in cli.main.get_command(None, "diagnose").params:
        for option in parameter.opts:
            assert not option.startswith("--") or f"`{option}" in page, option
    for word, group in room.SHORT.items():
        assert f"| `./cli.py diagnose {word} TARGET…` | `--only {group}` |" in page
    for status in Exit:
        assert f"| {int(status)} | " in page
    known = (cli.HERE / "docs" / "cli.md").read_text()
    assert all(f"`./cli.py {name}" in known for name in cli.LAZY)


@pytest.mark.parametrize(("arguments", "read"), [((), 1), (("--only", "logs"), 1), (("--only", "tls"), 0)])
def test_signatures_are_read_while_the_hosts_work_where_logs_are_judged(hosts, monkeypatch, arguments, read):
    prepared = []

    def prepare():
        prepared.append(1)
        raise ImportError("a damaged file is for the check to tell")

    monkeypatch.setattr(scan, "prepare", prepare)
    assert diagnose("local", *arguments).exit_code == Exit.OK
    assert len(prepared) == read


# What is looked at


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--only", "tls"], ["tls.chain"]),
        (["--only", "tls,queue.jobs"], ["queue.jobs", "tls.chain"]),
        (["--only", "tls", "--only", " queue "], ["queue.driver", "queue.jobs", "tls.chain"]),
        (["--only", "queue", "--skip", "queue.jobs"], ["queue.driver"]),
        (["--skip", "host,tls,queue", "--skip", "logs"], ["cron.present", "permissions.writable"]),
    ],
)
def test_only_and_skip(hosts, arguments, found):
    done = diagnose("local", "--json", *arguments)
    assert done.exit_code == 0
    assert ids(json.loads(done.stdout)) == found


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("permissions", ["permissions.writable"]),
        ("jobs", ["queue.driver", "queue.jobs"]),
        ("ssl", ["tls.chain"]),
        ("cron", ["cron.present"]),
        ("logs", ["logs.errors"]),
    ],
)
def test_short_commands(hosts, word, found):
    done = diagnose(word, "local", "--json")
    assert ids(json.loads(done.stdout)) == found
    assert [each.word for each in hosts.asked[0]] == ["local"]


def test_a_short_command_without_a_target(hosts):
    done = diagnose("jobs")
    assert done.exit_code == Exit.USAGE
    assert "a client of that name is 'client:jobs'" in done.stderr


def test_a_client_may_be_called_like_a_short_command(hosts, home):
    (home / "inventory").write_text("[v4]\na\n[v5]\nb\n[jobs]\na\nb\n")
    document = json.loads(diagnose("jobs", "client:jobs", "--json").stdout)
    assert document["target"] == "client:jobs"
    assert [each.name for each in hosts.asked[0]] == ["a", "b"]


def test_options_reach_the_probe(hosts):
    done = diagnose(
        "local", "ssh://a.test/srv", "--since", "2h", "--sudo", "--ssh", "openssh", "--peer", "https://b.test",
        "--limit-seconds", "20",
    )  # fmt: skip
    assert done.exit_code == 0
    [options] = hosts.options
    assert (options.peer_url, options.limit_seconds) == ("https://b.test", 20)
    assert abs(options.since - (datetime.datetime.now().timestamp() - 7200)) < 60
    assert hosts.backend == "openssh"
    assert all(each.sudo for each in hosts.asked[0])


def test_a_target_twice_is_one(hosts):
    assert json.loads(diagnose("local", "local", "--json").stdout)["target"] == "local"


# What is printed, and the exit status


@pytest.mark.parametrize(
    ("said", "arguments", "status"),
    [
        ({}, [], Exit.OK),
        ({"tls.chain": "skip"}, ["--strict"], Exit.OK),
        ({"cron.present": "none"}, [], Exit.OK),
        ({"cron.present": "none"}, ["--strict"], Exit.WARN),
        ({"tls.chain": "expired"}, [], Exit.FAIL),
        ({"tls.chain": "expired", "cron.present": "none"}, ["--strict"], Exit.FAIL),
        ({"tls.chain": "expired", "queue.jobs": "crash"}, [], Exit.BROKEN),
        (TargetError("No answer.", "ssh a true", UNREACHABLE), [], Exit.UNREACHABLE),
        (TargetError("Ninjalift itself failed.", kind=BROKEN), [], Exit.BROKEN),
        ({"tls.chain": "expired"}, ["--ignore", "tls.chain=known"], Exit.OK),
        ({"tls.chain": "expired", "queue.jobs": "3"}, ["--ignore", "tls.chain=known"], Exit.FAIL),
        ({"tls.chain": "expired"}, ["--ignore", "tls.chain=known@2026-01-01"], Exit.FAIL),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_exit_statuses(hosts, said, arguments, status, as_json):
    hosts.rounds = [{"local": said}]
    done = diagnose("local", *arguments, *["--json"] * as_json)
    assert done.exit_code == status
    assert "Traceback" not in done.output


def test_failures_are_graver_than_unreachable_hosts(hosts):
    away = TargetError("No answer.", "ssh a.test true", UNREACHABLE)
    hosts.rounds = [{"local": {"tls.chain": "expired"}, "ssh://a.test": away}]
    done = diagnose("ssh://a.test", "local")
    assert done.exit_code == Exit.FAIL
    assert done.stdout.index("ssh://a.test: unreachable") < done.stdout.index("local: Invoice Ninja V5 5.10.17")


def test_one_target_is_an_object_and_several_are_a_list(hosts):
    hosts.rounds = [{"ssh://a.test": TargetError("No answer.", "ssh a.test true", UNREACHABLE)}]
    one = json.loads(diagnose("local", "--json").stdout)
    assert (one["schema"], one["target"], one["version"]) == (1, "local", "5.10.17")
    assert "host" not in one["findings"][0]
    several = json.loads(diagnose("ssh://a.test", "local", "--json").stdout)
    assert [each["target"] for each in several] == ["ssh://a.test", "local"]
    [finding] = several[0]["findings"]
    assert (finding["id"], finding["status"], finding["evidence"]) == ("host.reachable", "error", "No answer.")
    assert finding["remedy"] == "ssh a.test true"
    assert several[0]["summary"] == {"pass": 0, "warn": 0, "fail": 0, "skip": 0, "error": 1}


def test_a_client_is_one_document_of_both_hosts(hosts, home):
    (home / "inventory").write_text("[v4]\nold\n[v5]\nnew\n[acme]\nold\nnew\n")
    hosts.rounds = [{"old": TargetError("No answer.", "ssh old true", UNREACHABLE), "new": {"tls.chain": "expired"}}]
    done = diagnose("acme", "--json")
    assert done.exit_code == Exit.FAIL
    document = json.loads(done.stdout)
    found = {(each["host"], each["id"]) for each in document["findings"] if each["status"] != "pass"}
    assert found == {("old", "host.reachable"), ("new", "tls.chain")}
    assert document["version"] == "5.10.17"


def test_commands_that_are_run_here_are_complete(hosts, home):
    (home / "acme.ini").write_text("[v4]\nold\n[v5]\nnew\n[acme]\nold\nnew\n")
    hosts.rounds = [{"new": {"cron.present": "none"}, "old": {}}]
    checks.REGISTRY.pop("queue.jobs")

    @checks.check("queue.jobs", "x")
    def says(facts):
        return Trouble(
            "y", "# in the project's folder: ./cli.py migrate CLIENT --remove-blank\n./cli.py init  # here\nid"
        )

    done = diagnose("acme", "-i", "acme.ini", "--json", "--only", "queue.jobs")
    [first, _] = json.loads(done.stdout)["findings"]
    assert first["remedy"].splitlines() == [
        f"# in the project's folder: ./cli.py migrate acme --remove-blank -i {home}/acme.ini",
        f"./cli.py init -i {home}/acme.ini  # here",
        "id",
    ]


def test_an_ignored_finding_has_its_own_place(hosts, home):
    hosts.rounds = [{"local": {"tls.chain": "expired", "cron.present": "none"}}]
    (home / "known.yml").write_text("- {id: tls.chain, reason: We know, until: 2999-12-31}\n")
    arguments = ["local", "--ignore-file", "known.yml", "--ignore", "cron.present=Old@2020-02-29"]
    document = json.loads(diagnose(*arguments, "--json").stdout)
    assert "tls.chain" not in ids(document)
    assert [(each["id"], each["reason"]) for each in document["ignored"]] == [
        ("tls.chain", "We know (until 2999-12-31)")
    ]
    assert document["expired"] == [{"id": "cron.present", "reason": "Old", "until": "2020-02-29"}]
    assert document["summary"]["warn"] == 1
    text = diagnose(*arguments).stdout
    assert (
        text.index("WARN   cron.present")
        < text.index("known  tls.chain")
        < text.index("--ignore of cron.present ended")
    )


# What is refused, before any host is asked


@pytest.mark.parametrize(
    ("arguments", "said", "remedy"),
    [
        (["local", "--only", "tsl"], "'tsl' is neither a check nor a group", "./cli.py explain"),
        (["local", "--only", "tls.chian"], "Did you mean tls.chain", "./cli.py explain"),
        (["local", "--skip", "nothing.here"], "'nothing.here' is neither", "./cli.py explain"),
        (["local", "--ignore", "tls.chian=we know"], "There is no check 'tls.chian'", "./cli.py explain"),
        (["local", "--ignore", "tls=we know"], "There is no check 'tls'", "./cli.py explain"),
        (["local", "--ignore", "tls.chain"], "is not ID=REASON", "./cli.py diagnose --help"),
        (["local", "--ignore-file", "none.yml"], "none.yml cannot be read", "none.yml"),
        (["local", "--since", "yesterday"], "'yesterday' is no time for --since; it takes 45m, 2h", "--help"),
        (["local", "--since", "2999-01-01"], "lies in the future", "--help"),
        (["local", "--html", "none/page.html"], "There is no directory", "mkdir -p"),
        (["local", "--html", "."], "is a directory", "--help"),
        (["local", "--junit", "/proc/page.xml"], "cannot be written", ""),
        (["nobody"], "There is no inventory at inventory", "./cli.py init"),
        (["gopher://a.test"], "is no target", "./cli.py diagnose ssh://"),
        (["./bundle.tar.gz"], "There is no file './bundle.tar.gz'", "ls -l"),
        (["garbage"], "garbage", ""),
        ([], "Missing argument", "./cli.py diagnose --help"),
        (["local", "--watch", "0"], "--watch", "--help"),
        (["local", "--no-such"], "--no-such", "--help"),
    ],
)
def test_bad_input(hosts, home, arguments, said, remedy):
    (home / "garbage").write_bytes(b"\x00\x01garbage")
    text = diagnose(*arguments)
    assert text.exit_code == Exit.USAGE
    assert text.stdout == ""
    assert said in text.stderr
    done = diagnose(*arguments, "--json")
    assert done.exit_code == Exit.USAGE
    document = json.loads(done.stdout)
    assert (document["schema"], document["exit"], document["findings"]) == (1, 2, [])
    assert said in document["message"]
    assert remedy in document["remedy"]
    assert hosts.asked == []
    assert "Traceback" not in text.output + done.output


def test_an_unknown_client(hosts, home):
    (home / "inventory").write_text("[v4]\nold\n[v5]\nnew\n[acme]\nold\nnew\n")
    done = diagnose("acmee")
    assert done.exit_code == Exit.USAGE
    assert "There is no client and no host 'acmee' in inventory (clients: acme)" in done.stderr
    assert hosts.asked == []


def test_our_own_fault_is_a_document_too(hosts):
    hosts.rounds = [RuntimeError("boom")]
    done = diagnose("local", "--json")
    assert done.exit_code == Exit.BROKEN
    assert "Ninjalift itself failed: RuntimeError: boom." in json.loads(done.stdout)["message"]


# --since


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("30m", 1800), ("2h", 7200), ("3d", 3 * 86400), ("2w", 14 * 86400), ("0h", 0)],
)
def test_since_an_age(text, seconds):
    assert room._since(text, NOW) == NOW.timestamp() - seconds


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2026-11-25", "2026-11-25 00:00:00"),
        ("2026-11-24T10:00", "2026-11-24 10:00:00"),
        ("2026-11-24T10:00:30", "2026-11-24 10:00:30"),
        ("2026-07-01", "2026-07-01 00:00:00"),
    ],
)
def test_since_a_local_time(text, local):
    found = room._since(text, NOW)
    assert datetime.datetime.fromtimestamp(found).strftime("%Y-%m-%d %H:%M:%S") == local


@pytest.mark.parametrize(
    "text", ["", "2", "h", "-2h", "2 h", "2026-13-01", "2026-11-25 10:00", "1.5h", "999999999w", "²h"]
)
def test_since_refuses(text):
    with pytest.raises(UsageError, match="is no time for --since"):
        room._since(text, NOW)


# Files


def test_files_are_for_their_owner_alone(hosts, home):
    (home / "page.html").write_text("old")
    (home / "page.html").chmod(0o644)
    done = diagnose("local", "--html", "page.html", "--junit", "it's.xml", "--json")
    assert done.exit_code == 0
    json.loads(done.stdout)
    assert (home / "page.html").read_text().startswith("<!doctype html>")
    assert (home / "it's.xml").read_text().startswith("<?xml")
    for name in ("page.html", "it's.xml"):
        assert (home / name).stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in home.iterdir() if each.is_file()) == ["it's.xml", "page.html"]


def test_a_file_that_cannot_be_written_after_all(hosts, home, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    (home / "page.html").write_text("old")
    monkeypatch.setattr(room.os, "fdopen", full)
    done = diagnose("local", "--html", "page.html", "--json")
    assert done.exit_code == Exit.USAGE
    assert "page.html cannot be written: No space left on device" in json.loads(done.stdout)["message"]
    assert [each.name for each in home.iterdir() if each.is_file()] == ["page.html"]
    assert (home / "page.html").read_text() == "old"


# --watch


def test_watch_shows_what_changed(hosts):
    hosts.rounds = [{"local": {"tls.chain": "expired"}}, {"local": {"queue.jobs": "3 wait"}}, {}, KeyboardInterrupt()]
    done = diagnose("local", "--watch")
    assert done.exit_code == Exit.OK
    first, _, rest = done.stdout.partition("explain ID\n")
    assert "FAIL   tls.chain" in first
    lines = [line for line in rest.splitlines() if line.strip()]
    assert lines[0].startswith("FAIL   queue.jobs")
    assert lines[3:5] == ["         mend queue.jobs", "mended tls.chain  tls.chain is well  [local]"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d  local: 1 failed, 6 passed \(0\.2 s\)", lines[5])
    assert lines[6] == "mended queue.jobs  queue.jobs is well  [local]"


def test_watch_prints_a_document_a_round(hosts):
    hosts.rounds = [{}, {"local": {"tls.chain": "expired"}}, KeyboardInterrupt()]
    done = diagnose("--json", "--watch", "5", "local")
    assert done.exit_code == Exit.FAIL, "the last round's"
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["summary"]["fail"] for each in found] == [0, 1]


def test_stopped_before_the_first_round(hosts):
    hosts.rounds = [KeyboardInterrupt()]
    done = diagnose("local", "--watch")
    assert done.exit_code == Exit.BROKEN
    assert "Stopped by hand" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "every"),
    [(["--watch"], 30), (["--watch", "5"], 5), (["--watch=1.5"], 1.5), ([], None)],
)
def test_the_seconds_of_watch_can_be_left_out(monkeypatch, arguments, every):
    seen = []

    def rounds(self, seconds, wait):
        seen.append((seconds, [word for word, _ in self.asked]))
        yield []

    monkeypatch.setattr(room.Inquiry, "rounds", rounds)
    diagnose(*arguments, "local")
    assert seen == [(every, ["local"])]


# As a program


def program(*arguments, **options):
    """Run cli.py as a user does; a probe's document as TARGET needs no host."""
    return subprocess.run(
        [sys.executable, str(cli.HERE / "cli.py"), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture
def document(home):
    """A file with the facts of a host about which nearly nothing is known."""
    (home / "facts.json").write_text(json.dumps(facts()))
    return "facts.json"


def test_a_host_that_does_not_answer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound and not listening: refused
        address = f"ssh://nobody@127.0.0.1:{free.getsockname()[1]}"
        done = program("diagnose", address, "--json")
    assert done.returncode == Exit.UNREACHABLE
    [finding] = json.loads(done.stdout)["findings"]
    assert (finding["id"], finding["status"]) == ("host.reachable", "error")
    assert finding["remedy"]
    assert "Traceback" not in done.stderr


def test_a_document_as_a_target(document):
    done = program("diagnose", document, "--json", "--only", "host.reachable")
    assert done.returncode == Exit.OK, done.stderr
    found = json.loads(done.stdout)
    assert (found["target"], found["version"]) == (document, "5.10.17")
    assert found["summary"]["pass"] == 1
    assert found["as_of"] == 1_790_000_000
    assert f"{document}: Invoice Ninja V5 5.10.17, as of 2026-09-21 14:13 UTC\n" in program("diagnose", document).stdout


def test_little_is_loaded(document):
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            str(cli.HERE / "cli.py"),
            "diagnose",
            document,
            "--only",
            "host.reachable",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "diagnostics" in loaded
    assert not loaded & {"ansible", "ansible_runner", "rich", "lab", "jinja2", "cryptography", "paramiko"}


def test_ctrl_c_ends_a_watch_with_the_last_status(document):
    with subprocess.Popen(
        [sys.executable, str(cli.HERE / "cli.py"), "diagnose", document, "--watch", "3600", "--only", "host.reachable"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said = ""
            while "1 passed" not in said:
                line = running.stdout.readline()
                assert line, running.stderr.read()
                said += line
            running.send_signal(signal.SIGINT)
            rest, errors = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == Exit.OK
    assert "Traceback" not in rest + errors


def test_nobody_reads_on(document):
    """As in ``diagnose … | head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, str(cli.HERE / "cli.py"), "diagnose", document],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "itself failed" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colour_on_a_terminal(document, changed, coloured):
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    environment.pop("NO_COLOR", None)
    environment.update(changed)
    here, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, str(cli.HERE / "cli.py"), "diagnose", document, "--only", "host.reachable"],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        env=environment,
    ) as running:
        os.close(terminal)
        said = b""
        while True:
            try:
                part = os.read(here, 4096)
            except OSError:  # Linux says so when the other side is closed
                break
            if not part:
                break
            said += part
        running.wait(timeout=60)
    os.close(here)
    assert (b"\x1b[" in said) is coloured
    assert b"host: reachable" in said


def test_a_slow_host_is_named_on_a_terminal(monkeypatch):
    from commands import diagnose as command

    here, terminal = pty.openpty()
    said = b""

    def slow(targets, *_):
        nonlocal said
        for each, line in zip(
            targets, (b"Waiting for 2 of 2: local, ssh://a.test", b"Waiting for 1 of 2: ssh://a.test")
        ):
            while line not in said:
                said += os.read(here, 4096)
            yield Collected(each, facts(), None, 0.1)

    inquiry = room.prepared(["local", "ssh://a.test"])
    monkeypatch.setattr(room, "collect", slow)
    monkeypatch.setattr(command, "PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(terminal, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        [found] = inquiry.rounds(None, command._waiting)
        assert [each.target for each in found] == ["local", "ssh://a.test"]
        while not said.endswith(b"\r\x1b[2K"):
            said += os.read(here, 4096)
    os.close(here)


@pytest.mark.parametrize("coding", ["ascii", "latin-1"])
def test_a_terminal_that_does_not_know_all_letters(document, home, coding):
    (home / "facts.json").write_text(json.dumps({**facts(), "app": {"kind": "v5", "version": "5.10.17 日本 ×"}}))
    done = program("diagnose", document, env={**os.environ, "PYTHONIOENCODING": coding}, encoding=coding)
    assert "Traceback" not in done.stderr
    assert "\\u65e5\\u672c" in done.stdout
