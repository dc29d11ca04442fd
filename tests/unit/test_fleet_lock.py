"""One run at a time for a client: the lock, and what keeps it, with real Ansible on this machine."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from fleet.inventory import ansible_environment
from migration import lock
from migration.errors import MigrationError

DATA = Path(__file__).parent / "data" / "fleet"
OWNER = {"token": "a" * 32, "client": "client1", "host": "msp1", "process": 4711, "machine": "m1"}
OTHER = {**OWNER, "token": "b" * 32, "host": "msp2"}
SOON = 60  # seconds that something may take at most


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(lock, "uptime", lambda: now[0])
    return now


def beat(folder, token, uptime):
    """The sign of life, as the keeper gives it; the host has been up for so long."""
    command = lock.beat_command("srv-v5", token, str(folder)).replace("/proc/uptime", str(folder / "uptime"))
    (folder / "uptime").write_text(f"{uptime} 1.0\n")
    return subprocess.run(["sh", "-c", command], check=False).returncode


def test_the_first_one_gets_it_and_the_second_hears_whose_it_is(tmp_path, clock):
    assert lock.take(tmp_path, "srv-v5", OWNER)["taken"]
    clock[0] += 60
    said = lock.take(tmp_path, "srv-v5", OTHER)
    assert not said["taken"]
    assert (said["holder"]["host"], said["holder"]["process"], said["holder"]["age"]) == ("msp1", "4711", 60.0)


def test_its_owner_gets_it_again(tmp_path, clock):
    assert lock.take(tmp_path, "srv-v5", OWNER)["again"] is False
    clock[0] += 80
    assert lock.take(tmp_path, "srv-v5", OWNER) == {
        "taken": True,
        "again": True,
        "holder": {**OWNER, "process": "4711", "age": 80.0, "silent": 80.0, "gone": False},
    }
    clock[0] += 80
    assert not lock.take(tmp_path, "srv-v5", OTHER)["taken"], "to take it again is a sign of life"


def test_who_is_silent_for_too_long_is_gone(tmp_path, clock):
    lock.take(tmp_path, "srv-v5", OWNER)
    clock[0] += lock.LEASE
    assert not lock.take(tmp_path, "srv-v5", OTHER)["taken"]
    assert beat(tmp_path, OWNER["token"], clock[0]) == 0
    clock[0] += lock.LEASE
    assert not lock.take(tmp_path, "srv-v5", OTHER)["taken"]
    clock[0] += 1
    assert lock.take(tmp_path, "srv-v5", OTHER)["taken"]
    assert beat(tmp_path, OWNER["token"], clock[0]) == lock.LOST
    assert lock.read(tmp_path, "srv-v5")["host"] == "msp2"


def test_a_beat_of_this_very_moment_is_none_of_the_future(tmp_path, clock):
    clock[0] = 1000.127  # written with two digits it is later than it is
    lock.take(tmp_path, "srv-v5", OWNER)
    assert not lock.take(tmp_path, "srv-v5", OTHER)["taken"]


def test_a_boot_frees_it(tmp_path, clock):
    """The directory is emptied; where it is not, the times in it lie in the future."""
    lock.take(tmp_path, "srv-v5", OWNER)
    clock[0] = 20.0
    assert lock.take(tmp_path, "srv-v5", OTHER)["taken"]


def test_only_its_owner_gives_it_back(tmp_path):
    lock.take(tmp_path, "srv-v5", OWNER)
    subprocess.run(["sh", "-c", lock.free_command("srv-v5", OTHER["token"], str(tmp_path))], check=True)
    assert lock.read(tmp_path, "srv-v5")
    subprocess.run(["sh", "-c", lock.free_command("srv-v5", OWNER["token"], str(tmp_path))], check=True)
    assert lock.read(tmp_path, "srv-v5") is None
    assert lock.take(tmp_path, "srv-v5", OTHER)["taken"]


def test_one_that_is_known_to_be_gone_is_taken_over(tmp_path):
    lock.take(tmp_path, "srv-v5", OWNER)
    assert not lock.take(tmp_path, "srv-v5", OTHER, instead_of="c" * 32)["taken"]
    assert lock.take(tmp_path, "srv-v5", OTHER, instead_of=OWNER["token"])["taken"]


def test_of_many_at_once_one_gets_it(tmp_path):
    said = []
    owners = [{**OWNER, "token": f"{number:032d}"} for number in range(20)]
    threads = [
        threading.Thread(target=lambda each=each: said.append(lock.take(tmp_path, "x", each))) for each in owners
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(each["taken"] for each in said) == 1


def test_two_v5_on_one_host_have_a_lock_each(tmp_path):
    first, second = lock.name_of("/var/www/invoiceninja"), lock.name_of("/var/www/invoiceninja-v5/")
    assert first != second
    assert lock.take(tmp_path, first, OWNER)["taken"]
    assert lock.take(tmp_path, second, OTHER)["taken"]


def test_what_is_strange_in_a_name_does_no_harm(tmp_path):
    lock.take(tmp_path, "x", {**OWNER, "host": "a\ntoken evil", "client": "c 1"})
    assert lock.read(tmp_path, "x")["token"] == OWNER["token"]


def test_a_directory_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MigrationError) as caught:
        lock.take(tmp_path / "file", "x", OWNER)
    assert caught.value.remedy.startswith("ls -ld ")


# With Ansible


class Playing:
    """Runs locked.yml; several of them share the lock's folder."""

    def __init__(self, folder):
        self.folder, self.running = folder, []

    def start(self, **more):
        command = [
            "ansible-playbook",
            "-i",
            str(DATA / "inventory"),
            str(DATA / "playbooks" / "locked.yml"),
            "--limit",
            "fine",
        ]
        environment = {**ansible_environment(), "TEST_FOLDER": str(self.folder), **more}
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def until(self, what):
        end = time.monotonic() + SOON
        while not what():
            assert time.monotonic() < end, [each.poll() for each in self.running]
            time.sleep(0.05)

    def working(self):
        self.until((self.folder / "working").exists)
        (self.folder / "working").unlink()

    @property
    def holder(self):
        return lock.read(self.folder / "locks", "srv-v5") if (self.folder / "locks").exists() else None


@pytest.fixture
def playing(tmp_path):
    made = Playing(tmp_path)
    yield made
    for each in made.running:
        each.kill()
        each.wait()
    (tmp_path / "go-on").touch()
    made.until(lambda: made.holder is None)


def message(output):
    [said] = set(re.findall(r'"msg": "(Another run.*?)"\n?', output)) or {output}
    return said


def test_a_second_run_is_refused_and_the_end_of_the_first_frees_it(playing):
    first = playing.start()
    playing.working()
    assert playing.holder["process"] == str(first.pid)
    second = playing.start(TEST_WAIT="0")
    output, _ = second.communicate(timeout=SOON)
    assert second.returncode != 0
    assert "Another run is at work for fine: process" in output
    assert f"process {first.pid} on this machine" in message(output)
    assert not (playing.folder / "working").exists()
    (playing.folder / "go-on").touch()
    output, _ = first.communicate(timeout=SOON)
    assert first.returncode == 0, output
    playing.until(lambda: playing.holder is None)


def test_a_killed_run_frees_it(playing):
    first = playing.start()
    playing.working()
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = playing.start()
    playing.working()
    assert playing.holder["process"] == str(second.pid)
    (playing.folder / "go-on").touch()
    assert second.wait(SOON) == 0


def test_a_lock_that_nobody_keeps_is_taken_over_where_its_process_is_gone(playing):
    """The keeper was killed, too: the process that is named is what counts on this machine."""
    first = playing.start()
    playing.working()
    for process in Path("/proc").glob("[0-9]*"):
        with_parent = (process / "stat").read_text().rpartition(")")[2].split() if (process / "stat").exists() else []
        if with_parent and with_parent[1] == "1" and "locked.yml" in (process / "cmdline").read_text():
            environment = (process / "environ").read_bytes()
            if f"TEST_FOLDER={playing.folder}".encode() in environment:
                os.kill(int(process.name), signal.SIGKILL)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert playing.holder["process"] == str(first.pid), "nobody gave it back"
    second = playing.start(TEST_WAIT="0")
    playing.working()
    assert playing.holder["process"] == str(second.pid)
    (playing.folder / "go-on").touch()
    assert second.wait(SOON) == 0
