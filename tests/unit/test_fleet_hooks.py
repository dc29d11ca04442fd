"""Hooks: which command is started when, with what, and that nothing that goes wrong with it changes anything else."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fleet import hooks, inventory, records, vault, webhook
from fleet.exits import UsageError
from fleet.inventory import Client
from fleet.outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
TELL = """#!/bin/sh
env | grep ^NINJALIFT_ | sort > "told-$NINJALIFT_CLIENT-$NINJALIFT_HOOK"
echo "words: $*"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder in which an inventory lies, with a hook that writes down what it is told."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "msp"
    (folder / "inventory" / "group_vars").mkdir(parents=True)
    script = folder / "tell"
    script.write_text(TELL)
    script.chmod(0o755)
    return folder


class Session:
    """A record, hooks with settings for the client ``acme``, and what was said of them."""

    def __init__(self, place, **settings):
        self.said = []
        redact = records.Redactor({"hunter2!": "v5_owner_password"})
        self.recorder = records.begin("run", [{"name": "acme", "batch": 1}], {}, redact)
        found = hooks.settings_of([Client("acme", "v4", "v5", settings=settings)], place / "inventory")
        self.hooks = hooks.Hooks("run", self.recorder, found, place / "inventory", self.said.append)

    def tell(self, status="ok", **fields):
        held = fields.pop("held", "")
        outcome = Outcome("acme", status, **fields)
        self.hooks.client_ended(outcome, seconds=2.5, held=held)
        self.hooks.close()
        self.recorder.finish({"schema": 1, "clients": []}, 0)
        return [each for each in records.read(self.recorder.folder).events if each["event"] in ("hook", "webhook")]


def test_a_success_starts_its_command_with_the_documented_environment(place):
    session = Session(place, hooks_on_success="./tell 'a b' c")
    [event] = session.tell("warn", message="all well")
    assert (event["client"], event["hook"], event["state"], event["exit"]) == ("acme", "on_success", "ok", 0)
    told = dict(line.split("=", 1) for line in (place / "told-acme-on_success").read_text().splitlines())
    assert told == {
        "NINJALIFT_CLIENT": "acme",
        "NINJALIFT_HOOK": "on_success",
        "NINJALIFT_MESSAGE": "all well",
        "NINJALIFT_RECORD": str(session.recorder.folder),
        "NINJALIFT_REMEDY": "",
        "NINJALIFT_RUN": session.recorder.folder.name,
        "NINJALIFT_SECONDS": "2.5",
        "NINJALIFT_STAGE": "",
        "NINJALIFT_STATUS": "warn",
        "NINJALIFT_STEP": "",
        "NINJALIFT_VERB": "run",
    }
    documented = set(re.findall(r"NINJALIFT_[A-Z]+", (ROOT / "docs" / "hooks.md").read_text()))
    assert documented == set(told)
    assert (session.recorder.folder / "hooks" / "acme-on_success.log").read_text() == "words: a b c\n"
    assert session.said == []


@pytest.mark.parametrize("status", ["fail", "usage", "unreachable", "stopped", "broken"])
def test_every_other_end_is_a_failure(place, status):
    every = {name: ["./tell", name] for name in hooks.COMMANDS}
    [event] = Session(place, **every).tell(status, message="It broke", remedy="mend it", failed_step="Break")
    assert event["hook"] == "on_failure"
    told = (place / "told-acme-on_failure").read_text()
    assert f"NINJALIFT_STATUS={status}\n" in told
    assert "NINJALIFT_STEP=Break\n" in told
    assert "NINJALIFT_REMEDY=mend it\n" in told


def test_a_client_that_waits_for_a_person_is_on_hold(place):
    every = {name: ["./tell", name] for name in hooks.COMMANDS}
    [event] = Session(place, **every).tell("ok", held="cutover")
    assert event["hook"] == "on_hold"
    told = (place / "told-acme-on_hold").read_text()
    assert "NINJALIFT_STATUS=held\n" in told
    assert "NINJALIFT_STAGE=cutover\n" in told


def test_nothing_that_a_server_says_becomes_a_command(place):
    evil = "$(touch made) `touch made`; touch made \n| touch made \0 \ud800"
    [event] = Session(place, hooks_on_failure="./tell x").tell("fail", message=evil)
    assert event["state"] == "ok"
    assert not (place / "made").exists()
    assert "NINJALIFT_MESSAGE=$(touch made) `touch made`; touch made " in (place / "told-acme-on_failure").read_text()


@pytest.mark.parametrize("command", ["./tell | cat", "a; b", "a && b", "a > f", "a `b`", "a $(b)", "a $HOME", "a\nb"])
def test_what_only_a_shell_would_understand_is_refused_before_anything_begins(place, command):
    with pytest.raises(UsageError, match="hooks_on_success of acme is run without a shell") as caught:
        Session(place, hooks_on_success=command)
    assert caught.value.remedy.endswith("inventory/group_vars/acme/vars.yml")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hooks_on_success": "a 'b"}, "cannot be taken apart: no closing quotation"),
        ({"hooks_on_success": {"a": 1}}, "must be a command, or the list of its words"),
        ({"hooks_on_success": [["a"]]}, "must be a command, or the list of its words"),
        ({"hooks_on_failure": "{{ mine }}"}, "holds a template"),
        ({"hooks_timeout": "soon"}, "must be a number of seconds"),
        ({"hooks_timeout": 0}, "must be a number of seconds"),
        ({"hooks_timeout": True}, "must be a number of seconds"),
        ({"webhook_url": "http://x.test", "webhook_secret": "x" * 20}, "webhook_url of acme must begin with https://"),
    ],
)
def test_a_wrong_setting_is_named(place, settings, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        hooks.settings_of([Client("acme", "v4", "v5", settings=settings)], place / "inventory")


def test_a_list_may_hold_what_a_line_may_not(place):
    [event] = Session(place, hooks_on_success=["sh", "-c", "echo $((1 + 1)) > made"]).tell()
    assert event["state"] == "ok"
    assert (place / "made").read_text() == "2\n"


def test_a_command_that_fails_is_told_and_its_output_is_kept_without_secrets(place):
    session = Session(place, hooks_on_success=["sh", "-c", "echo hunter2! is wrong; exit 3"])
    [event] = session.tell()
    log = session.recorder.folder / "hooks" / "acme-on_success.log"
    assert (event["state"], event["exit"]) == ("failed", 3)
    assert event["message"] == f"ended with exit status 3; its output is in {log}"
    assert session.said == [f"The hook on_success of acme {event['message']}."]
    assert log.read_text() == "[v5_owner_password] is wrong\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_secret_does_not_get_into_a_command_s_environment(place):
    Session(place, hooks_on_failure="./tell").tell("fail", message="hunter2! was refused")
    assert "NINJALIFT_MESSAGE=[v5_owner_password] was refused\n" in (place / "told-acme-on_failure").read_text()


def test_a_command_that_is_not_there_is_told(place):
    session = Session(place, hooks_on_success="./nowhere")
    [event] = session.tell()
    assert (event["state"], event["exit"]) == ("missing", None)
    assert session.said == ["The hook on_success of acme could not be started: No such file or directory."]


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(place, monkeypatch):
    monkeypatch.setattr(hooks, "GRACE", 0.3)
    script = "trap '' TERM; sleep 600 & echo $! > child; echo began; wait; sleep 600"
    session = Session(place, hooks_on_success=["sh", "-c", script], hooks_timeout=0.5)
    began = time.monotonic()
    [event] = session.tell()
    assert event["state"] == "timeout"
    assert time.monotonic() - began < 30
    assert event["message"].startswith("was ended after 0.5 seconds; its output is in ")
    child = int((place / "child").read_text())
    while running(child):  # it was killed, and the kernel takes it away when it has time
        assert time.monotonic() - began < 30
        time.sleep(0.01)


def running(pid):
    """Whether a process is there and no mere entry that nobody has asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_a_command_leaves_in_the_background_is_not_waited_for(place):
    session = Session(place, hooks_on_success=["sh", "-c", "sleep 600 & echo $! > child"], hooks_timeout=300)
    began = time.monotonic()
    [event] = session.tell()
    assert event["state"] == "ok"
    assert time.monotonic() - began < 60
    os.kill(int((place / "child").read_text()), 9)


def test_of_endless_output_the_beginning_is_kept(place):
    session = Session(place, hooks_on_success=["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"])
    [event] = session.tell()
    assert event["state"] == "ok"
    assert (session.recorder.folder / "hooks" / "acme-on_success.log").stat().st_size == hooks.OUTPUT_LIMIT


def test_a_client_without_settings_starts_nothing(place):
    assert Session(place).tell() == []
    session = Session(place)
    session.hooks.client_ended(Outcome("unknown", "ok"))
    session.hooks.close()


class Taken:
    """Stands in a webhook's place: what it was given, and what it answers."""

    url, origin = "https://hooks.test/T0KEN", "https://hooks.test"

    def __init__(self, ok=True):
        self.ok, self.sent, self.lock = ok, [], threading.Lock()

    def send(self, document, tries):
        with self.lock:
            self.sent.append((document, tries))
        return webhook.Result(self.ok, 204 if self.ok else 503, tries, "" if self.ok else "it is down", "key")


def test_the_webhook_is_told_of_each_client_and_of_the_run(place):
    session, taken = Session(place), Taken()
    session.hooks.settings["acme"].webhook = taken
    findings = [{"id": "a", "status": status, "title": "T", "rows": [1], "remedy": "r"} for status in ("pass", "warn")]
    outcome = Outcome("acme", "fail", "hunter2! was refused", "mend", findings=findings)
    session.hooks.client_ended(outcome, seconds=1.0)
    session.hooks.run_ended([outcome], 3)
    session.hooks.close()
    documents = {each["event"]: each for each, _ in taken.sent}
    assert documents["client_ended"]["message"] == "[v5_owner_password] was refused"
    assert documents["client_ended"]["findings"] == [{"id": "a", "status": "warn", "title": "T"}]
    assert documents["client_ended"]["client"] == "acme"
    assert documents["run_ended"] == {
        **{"schema": 1, "event": "run_ended", "run": session.recorder.folder.name, "verb": "run", "client": ""},
        **{"exit": 3, "ends": {"fail": 1}},
    }


def test_a_webhook_that_is_down_does_not_hold_the_run_up(place):
    session, taken = Session(place), Taken(ok=False)
    session.hooks.settings["acme"].webhook = taken
    for _ in range(9):
        session.hooks.client_ended(Outcome("acme", "ok"))
    session.hooks.close()
    tries = [number for _, number in taken.sent]
    assert tries.count(webhook.TRIES) <= hooks.AT_ONCE
    assert tries.count(1) >= 9 - hooks.AT_ONCE
    assert session.said[0] == "The webhook of acme could not be delivered to https://hooks.test: it is down."
    events = [each for each in records.read(session.recorder.folder).events if each["event"] == "webhook"]
    assert {(each["state"], each["http_status"]) for each in events} == {("failed", 503)}
    assert "T0KEN" not in json.dumps(events)


def test_an_error_of_our_own_breaks_nothing(place):
    session = Session(place, hooks_on_success="./tell")
    session.hooks.folder = None
    session.hooks._command = None
    session.tell()
    assert "A hook of acme could not be told: TypeError" in session.said[0]


def test_settings_come_from_the_inventory_and_its_vault(tmp_path):
    folder = tmp_path / "inventory"
    (folder / "group_vars" / "all").mkdir(parents=True)
    (folder / "hosts.yml").write_text("v4: {hosts: {a-v4: }}\nv5: {hosts: {a-v5: }}\na: {hosts: {a-v4: , a-v5: }}\n")
    password = tmp_path / "password"
    password.write_text("open barley\n")
    text = vault.encrypt("correct-horse-battery", "open barley")
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    (folder / "group_vars" / "all" / "vars.yml").write_text(
        f"hooks_on_success: ./tell\nwebhook_url: https://hooks.example.com/T\nwebhook_secret: !vault |\n{lines}"
    )
    clients = inventory.find_clients(folder, ("a",), str(password))
    found = hooks.settings_of(clients, folder, str(password))["a"]
    assert found.commands == {"on_success": ["./tell"]}
    assert found.webhook.secret == b"correct-horse-battery"


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def at_hand(place):
    """A copy of the tests' inventory in which every client has hooks."""
    shutil.copytree(ROOT / "tests/unit/data/fleet/inventory", place / "inventory", dirs_exist_ok=True)
    (place / "inventory" / "group_vars" / "all.yml").write_text("hooks_on_failure: ./tell\n")
    return place


def command(place, *arguments):
    words = [sys.executable, str(ROOT / "cli.py"), *arguments, "-i", str(place / "inventory")]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_line_tells_how_a_client_ended(at_hand):
    done = command(at_hand, "verify", "fine", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["exit"]) == (2, 2)
    told = (at_hand / "told-fine-on_failure").read_text()
    assert "NINJALIFT_STATUS=usage\n" in told
    assert "NINJALIFT_VERB=verify\n" in told
    events = [each["event"] for each in records.read(Path(document["record"])).events]
    assert events[-3:] == ["client_ended", "hook", "run_ended"]


def test_a_hook_that_fails_does_not_change_the_exit_status(at_hand):
    (at_hand / "inventory" / "group_vars" / "all.yml").write_text("hooks_on_failure: ./nowhere\n")
    done = command(at_hand, "verify", "fine")
    assert done.returncode == 2
    assert "The hook on_failure of fine could not be started: No such file or directory." in done.stderr


def test_a_plan_tells_nobody_and_a_wrong_setting_ends_the_command_first(at_hand):
    command(at_hand, "verify", "fine", "--plan")
    assert not (at_hand / "told-fine-on_failure").exists()
    (at_hand / "inventory" / "group_vars" / "all.yml").write_text("hooks_on_failure: ./tell | mail\n")
    done = command(at_hand, "verify", "fine")
    assert done.returncode == 2
    assert "hooks_on_failure of fine is run without a shell" in done.stderr
    assert "== " not in done.stderr
