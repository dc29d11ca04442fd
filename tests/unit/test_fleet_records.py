"""Records of runs: what is written, who may read it, what is left of a run that was killed, and what is removed."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fleet import records
from fleet.events import Progress, Started, Step
from fleet.exits import UsageError
from fleet.outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
STEP = Step("client1", "client1-v4", "Verify", "v4", "Look", "command", "changed", 1.5, "It changed")
FINDING = {"id": "v4.age", "status": "warn", "title": "It is old", "rows": [{"id": 7}], "remedy": "true"}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in records.KEEP:
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "state" / "ninjalift" / "runs"


@pytest.fixture
def recorder():
    begun = records.begin("run", [{"name": "client1", "batch": 1}, {"name": "client2", "batch": 2}], {"parallel": 2})
    yield begun
    begun.close()


def events(folder, *left_out):
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [{key: value for key, value in each.items() if key not in ("at", *left_out)} for each in lines]


def test_a_run_says_what_was_asked_for(recorder, state):
    assert recorder.folder.parent == state
    asked = json.loads((recorder.folder / "run.json").read_text())
    assert (asked["schema"], asked["verb"], asked["plan"]) == (1, "run", False)
    assert asked["clients"] == [{"name": "client1", "batch": 1}, {"name": "client2", "batch": 2}]
    assert (asked["options"], asked["pid"]) == ({"parallel": 2}, os.getpid())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", asked["started"])
    assert events(recorder.folder) == [{"client": "", "event": "run_started", "verb": "run", "clients": 2}]


def test_only_the_user_may_read_it(recorder):
    recorder.finish({"schema": 1, "clients": []}, 0)
    assert recorder.folder.stat().st_mode & 0o777 == 0o700
    for name in ("run.json", "events.jsonl", "result.json"):
        assert (recorder.folder / name).stat().st_mode & 0o777 == 0o600


def test_what_happens_is_a_line_each(recorder):
    recorder("client1", Started("client1-v4", "Verify", "Look"))
    recorder("client1", STEP)
    recorder("client1", Step("client1", "h", "p", "r", "t", "a", "skipped"))
    recorder("client1", Progress("running", "invoices", 7))
    recorder.outcome(Outcome("client1", "fail", "It broke", "mend", "Look", findings=[FINDING]), seconds=3.5)
    recorder.finish({"schema": 1, "clients": []}, 3)
    assert events(recorder.folder)[1:] == [
        {
            "client": "client1",
            "event": "step",
            **{"host": "client1-v4", "play": "Verify", "role": "v4", "task": "Look", "status": "changed"},
            **{"seconds": 1.5, "message": "It changed"},
        },
        {
            "client": "client1",
            "event": "progress",
            **{"state": "running", "resource": "invoices", "done": 7, "total": 22},
        },
        {"client": "client1", "event": "finding", **{key: FINDING[key] for key in ("id", "status", "title", "remedy")}},
        {
            "client": "client1",
            "event": "client_ended",
            **{"status": "fail", "message": "It broke", "remedy": "mend", "failed_step": "Look"},
            **{"changed": 0, "seconds": 3.5},
        },
        {"client": "", "event": "run_ended", "exit": 3},
    ]


def test_threads_do_not_tear_each_other_s_lines(recorder):
    threads = [
        threading.Thread(target=lambda: [recorder.event("stage", "client1", text="x" * 5000) for _ in range(50)])
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(events(recorder.folder)) == 401


def test_known_secrets_do_not_get_in(state):
    redact = records.Redactor(
        {"hunter2!": "v5_owner_password", "a@client1.test": "v4_owner_email", "abc": "short_secret"}
    )
    recorder = records.begin("run", [], {"note": "hunter2!"}, redact)
    recorder.event(
        "step", "client1", message="login of a@client1.test with hunter2! failed; abc", rows=[{"hunter2!": 1}]
    )
    recorder.finish({"clients": [{"message": "hunter2!"}]}, 3)
    for file in recorder.folder.rglob("*.json*"):
        assert "hunter2!" not in file.read_text(), file
        assert "a@client1.test" not in file.read_text(), file
    message = "login of [v4_owner_email] with [v5_owner_password] failed; abc"
    assert events(recorder.folder)[1] == {
        **{"client": "client1", "event": "step", "message": message},
        "rows": [{"[v5_owner_password]": 1}],
    }


def test_what_was_written_is_read(recorder):
    recorder("client1", STEP)
    recorder.finish({"schema": 1, "verb": "run", "exit": 0, "clients": [{"client": "client1"}]}, 0)
    record = records.read(recorder.folder)
    assert (record.state, record.unreadable, record.run["verb"]) == ("ended", 0, "run")
    assert [each["event"] for each in record.events] == ["run_started", "step", "run_ended"]
    assert record.result["exit"] == 0
    assert record.clients == ["client1", "client2"]


def test_a_run_that_goes_on_is_known(recorder):
    assert records.read(recorder.folder).state == "running"
    recorder.close()
    assert records.read(recorder.folder).state == "killed"


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from fleet import records
recorder = records.begin("run", [{"name": "client1", "batch": 1}])
recorder.event("client_started", "client1", batch=1, worker="")
print(recorder.folder, flush=True)
time.sleep(600)
"""


def test_of_a_run_that_was_killed_everything_is_there_up_to_then():
    with subprocess.Popen([sys.executable, "-c", KILLED, str(ROOT)], stdout=subprocess.PIPE, text=True) as process:
        folder = Path(process.stdout.readline().strip())
        assert records.read(folder).state == "running"
        process.send_signal(signal.SIGKILL)
        process.wait()
    record = records.read(folder)
    assert (record.state, record.result) == ("killed", None)
    assert [each["event"] for each in record.events] == ["run_started", "client_started"]


@pytest.mark.parametrize(
    "rest", ['{"at": "2026-01-01T00:00:00.000Z", "client": "cl', "\0" * 40, "[1, 2]\n", '"\xe4\n', "{}\n"]
)
def test_a_line_that_is_none_is_passed_over_and_counted(recorder, rest):
    recorder.close()
    with (recorder.folder / "events.jsonl").open("a", encoding="latin-1") as file:
        file.write(rest)
    record = records.read(recorder.folder)
    assert (len(record.events), record.unreadable) == (1, 1)
    again = records.Recorder(recorder.folder)
    again.event("stage", "client1", stage="verify")
    again.close()
    record = records.read(recorder.folder)
    assert [each["event"] for each in record.events] == ["run_started", "stage"]


@pytest.mark.parametrize("name", ["run.json", "result.json"])
def test_a_record_of_a_newer_version_is_refused(recorder, name):
    (recorder.folder / name).write_text('{"schema": 2}')
    with pytest.raises(UsageError, match=r"was written by a newer Ninjalift \(schema 2; this one reads 1\)") as caught:
        records.read(recorder.folder)
    assert caught.value.remedy.startswith("git pull")


def test_a_folder_that_is_no_record_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="is no record of a run"):
            records.read(folder)


def test_a_record_that_cannot_be_read_says_why(recorder, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UsageError, match=r"cannot be read: Permission denied\. Mend it with: `ls -la "):
        records.read(recorder.folder)
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        records.names()


def test_a_record_of_before_there_was_a_run_json_is_read(state):
    folder = state / "20260901T220000-check-data-4711"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "result.json").write_text(
        '{"schema": 1, "verb": "check-data", "plan": true, "clients": [{"client": "a"}]}'
    )
    record = records.read(folder)
    assert (record.run["verb"], record.run["plan"]) == ("check-data", True)
    assert (record.run["started"], record.clients) == ("2026-09-01T22:00:00.000Z", ["a"])


class FullDisk:
    """os.write of a disk that takes so many bytes, and no more until there is room again."""

    def __init__(self, room, write=os.write):
        self.room, self.write = room, write

    def __call__(self, file, data):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.write(file, data[: self.room])
        self.room -= written
        return written


def test_a_full_disk_breaks_nothing_that_runs_and_stops_what_is_new(recorder, monkeypatch):
    monkeypatch.setattr(records.os, "write", FullDisk(20))
    recorder.event("stage", "client1", stage="verify")
    recorder.event("stage", "client1", stage="upgrade")
    with pytest.raises(UsageError, match=r"The disk is full: .* Nothing new is started") as caught:
        recorder.check()
    assert caught.value.remedy.startswith("df -h ")
    monkeypatch.setattr(records.os, "write", FullDisk(10**6))
    recorder.event("stage", "client1", stage="migrate")
    recorder.check()
    record = records.read(recorder.folder)
    assert record.unreadable == 1
    assert [(each.get("stage"), each.get("lost")) for each in record.events] == [(None, None), ("migrate", 2)]


def test_a_run_is_not_begun_on_a_full_disk(monkeypatch):
    monkeypatch.setattr(records.os, "write", FullDisk(0))
    with pytest.raises(UsageError, match="The disk is full"):
        records.begin("run", [])


def test_a_run_is_not_begun_where_nothing_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"cannot be written to .*: Not a directory"):
        records.begin("run", [])


def test_two_runs_of_one_second_are_two_records():
    first, second = records.begin("run", []), records.begin("run", [])
    assert first.folder != second.folder
    assert set(records.names()) == {first.folder.name, second.folder.name}
    first.close()
    second.close()


def old(state, day, size=10):
    folder = state / f"{day}T000000-verify-1"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_bytes(b"x" * size)
    return folder.name


def test_the_oldest_records_are_removed(state, monkeypatch):
    days = [old(state, f"2999010{day}") for day in range(1, 5)]
    monkeypatch.setenv("NINJALIFT_KEEP_RUNS", "3")
    new = records.begin("verify", [])
    # The new one always stays, whatever the clock says.
    assert set(records.names()) == {new.folder.name, *days[2:]}


def test_records_that_are_too_old_are_removed(state, monkeypatch):
    old(state, "20010101")
    young = old(state, "29990101")
    new = records.begin("verify", [])
    assert set(records.names()) == {new.folder.name, young}


def test_records_are_removed_when_they_are_too_large(state, monkeypatch):
    old(state, "29990101")
    young = old(state, "29990102", size=2**20 - 10_000)
    monkeypatch.setenv("NINJALIFT_KEEP_MIB", "1")
    (state / "29990101T000000-verify-1" / "more").write_bytes(b"x" * 20_000)
    new = records.begin("verify", [])
    assert set(records.names()) == {new.folder.name, young}


def test_what_is_no_record_and_what_goes_on_is_not_removed(state, monkeypatch):
    monkeypatch.setenv("NINJALIFT_KEEP_RUNS", "1")
    running = records.begin("run", [])
    (state / "my notes").mkdir()
    new = records.begin("verify", [])
    assert {each.name for each in state.iterdir()} == {running.folder.name, new.folder.name, "my notes"}
    running.close()


@pytest.mark.parametrize("said", ["0", "-1", "many", "1.5"])
def test_a_wrong_limit_is_named_before_anything_is_made(state, monkeypatch, said):
    monkeypatch.setenv("NINJALIFT_KEEP_DAYS", said)
    with pytest.raises(UsageError, match="NINJALIFT_KEEP_DAYS must be a whole number above 0"):
        records.begin("run", [])
    assert not state.exists()
