"""`wait`, `abort` and `logs`: a run that goes on is another process, which holds its record."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from fleet import control, records
from fleet.exits import Exit
from fleet.runner import STOP

ROOT = Path(__file__).resolve().parents[2]
RUNNING = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from fleet import records
told = []
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, frame: told.append(number))
recorder = records.begin("run", [{"name": "c1", "batch": 1}, {"name": "c2", "batch": 1}])
recorder.event("client_started", "c1", batch=1, worker="")
print(recorder.folder.name, flush=True)
for line in sys.stdin:
    if line.startswith("event "):
        recorder.event("stage", line.split()[1], stage="migrate", state="started")
    elif line == "signals\\n":
        print(sorted(told), flush=True)
    elif line.startswith("end "):
        recorder.finish({"schema": 1, "verb": "run", "clients": [], "exit": int(line.split()[1])}, int(line.split()[1]))
        break
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(control, "PATIENCE", 0.05)
    return tmp_path


class Going:
    """A run that goes on in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNING, str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.name = self.process.stdout.readline().strip()
        self.folder = records.runs_dir() / self.name

    def tell(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def signals(self):
        self.tell("signals")
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def going():
    made = Going()
    yield made
    made.process.kill()
    made.process.communicate()


def invoke(*arguments):
    return CliRunner().invoke(cli.main, list(arguments))


def test_wait_ends_with_the_run_and_as_it_did(going):
    chosen = control.choose(None, going_on=True)
    ended = []
    waiting = threading.Thread(target=lambda: ended.append(control.wait(chosen)))
    waiting.start()
    going.tell("event c1")
    assert waiting.is_alive()
    going.tell(f"end {int(Exit.FAIL)}")
    waiting.join(20)
    assert ended == [Exit.FAIL]
    again = invoke("wait", going.name)
    assert again.exit_code == Exit.FAIL, again.output
    assert "c1" in again.output


def test_wait_for_a_run_that_is_killed(going):
    going.process.kill()
    going.process.wait()
    assert invoke("wait", "c1").exit_code == Exit.BROKEN


def test_without_a_run_there_is_nothing_to_wait_for_or_to_end(home):
    for verb in ("wait", "abort"):
        done = invoke(verb)
        assert done.exit_code == Exit.USAGE
        assert "No run goes on" in done.output
    assert "No run of 'nobody' is recorded" in invoke("logs", "nobody").output


def test_abort_asks_once_and_now_twice(going):
    done = invoke("abort")
    assert done.exit_code == 0, done.output
    assert "finishes its running steps" in done.output
    assert going.signals() == [signal.SIGTERM]
    assert "ends at once" in invoke("abort", going.name[:8], "--now").output
    assert going.signals() == sorted([signal.SIGTERM, signal.SIGTERM, signal.SIGINT])


def test_abort_of_one_client(going):
    done = invoke("abort", "c2")
    assert "c2 ends after its running step" in done.output
    assert (going.folder / "clients" / "c2" / STOP).exists()
    assert going.signals() == []
    assert invoke("abort", "c2", "--now").exit_code == Exit.USAGE
    assert invoke("abort", "nobody").exit_code == Exit.USAGE


def test_abort_does_not_hit_a_process_of_another_machine(going, monkeypatch):
    file = going.folder / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "host": "msp2"}))
    done = invoke("abort")
    assert done.exit_code == Exit.USAGE
    assert f"`ssh msp2 kill {going.process.pid}`" in done.output
    assert going.signals() == []


def test_a_run_that_has_ended_is_not_aborted(going):
    going.tell("end 0")
    going.process.wait(20)
    assert invoke("abort", going.name).exit_code == Exit.USAGE


def test_logs_follow_until_the_end(going):
    seen = []
    following = control.lines(control.choose(None), follow=True)
    assert next(following).endswith(" run of 2 clients")
    assert next(following).endswith(" c1: begun, batch 1")
    going.tell("event c2")
    assert next(following).endswith(" c2: migrate started")
    going.tell("end 0")
    seen = list(following)
    assert [each.split(" ", 1)[1] for each in seen] == ["ended with exit status 0"]


EVENTS = [
    {"event": "step", "task": "Look", "status": "ok", "message": ""},
    {"event": "step", "task": "Install", "status": "changed", "message": ""},
    {"event": "step", "task": "Install", "status": "failed", "message": "No\nroom."},
    {"event": "progress", "state": "running", "resource": "invoices", "done": 13, "total": 22},
    {"event": "finding", "status": "pass", "id": "a.b", "title": "Well"},
    {"event": "finding", "status": "warn", "id": "a.c", "title": "Not so well"},
    {"event": "stage", "stage": "upgrade", "state": "skipped", "why": "nothing had to be changed"},
    {"event": "held", "stage": "cutover", "why": "--hold-before cutover"},
    {"event": "client_ended", "status": "fail", "message": "No room."},
    {"event": "something_new"},
]


def test_logs_of_a_client(going):
    with (going.folder / "events.jsonl").open("a") as file:
        for each in EVENTS:
            file.write(json.dumps({"at": "2026-11-26T22:00:00.000Z", "client": "c1", **each}) + "\n")
        file.write('{"at": "2026-11-26T22:00:00.000Z", "client": "c2", "event": "client_started"}\nno json\n{"half')
    said = [line.split(" ", 1)[1] for line in invoke("logs", "c1").output.splitlines()]
    assert said == [
        "run of 2 clients",
        "c1: begun, batch 1",
        "c1: Install (changed)",
        "c1: Install: No\\nroom.",
        "c1: import running invoices (13 of 22)",
        "c1: warn a.c: Not so well",
        "c1: upgrade skipped (nothing had to be changed)",
        "c1: held before cutover: --hold-before cutover",
        "c1: ended: fail, No room.",
    ]
    raw = [json.loads(line) for line in invoke("logs", "c1", "--json").output.splitlines()]
    assert len(raw) == 12
    assert not any(each["client"] == "c2" for each in raw)


def test_the_newest_run_of_a_client_counts(going):
    os.rename(going.folder, going.folder.with_name("20200101T000000-run-1"))  # noqa: PTH104
    newer = Going()
    try:
        assert control.choose("c1").folder == newer.folder
        assert control.choose("2020").folder.name == "20200101T000000-run-1"
    finally:
        newer.process.kill()
        newer.process.communicate()
