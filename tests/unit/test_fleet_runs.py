"""Real runs of ansible-runner on small playbooks, on this machine: how each end is told, and what is recorded."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet import outcome, records, runner
from fleet.events import Progress, Started, Step
from fleet.exits import Exit
from fleet.inventory import find_clients
from fleet.remedies import Situation

DATA = Path(__file__).parent / "data" / "fleet"
INVENTORY = DATA / "inventory"
ROOT = Path(__file__).resolve().parents[2]
CASES = ("fine", "changes", "fails", "rescued", "misset", "undefined", "hides", "warns", "away", "placed")
SITUATION = Situation("verify", CASES, Path("elsewhere"))


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Keep the records of these runs out of the user's."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


def go(playbook, names, **options):
    clients = find_clients(INVENTORY, names)
    seen = []
    finished = runner.play(
        DATA / "playbooks" / playbook,
        "verify",
        clients,
        INVENTORY,
        observers=[lambda client, what: seen.append((client, what))],
        say=lambda line: None,
        situation=SITUATION,
        **options,
    )
    return finished, clients, seen


@pytest.fixture(scope="module")
def ended(state):
    finished, clients, seen = go("outcomes.yml", CASES)
    return finished, {each.client: each for each in outcome.outcomes(finished, clients, SITUATION)}, seen


@pytest.mark.parametrize(
    ("client", "status", "code"),
    [
        ("fine", "ok", Exit.OK),
        ("changes", "ok", Exit.OK),
        ("fails", "fail", Exit.FAIL),
        ("rescued", "fail", Exit.FAIL),
        ("misset", "usage", Exit.USAGE),
        ("undefined", "usage", Exit.USAGE),
        ("hides", "fail", Exit.FAIL),
        ("warns", "warn", Exit.OK),
        ("away", "unreachable", Exit.UNREACHABLE),
    ],
)
def test_every_end_has_its_status(ended, client, status, code):
    result = ended[1][client]
    assert (result.status, result.exit) == (status, code), result.message


def test_only_what_changed_is_counted(ended):
    assert ended[1]["changes"].changed == 1
    assert ended[1]["fine"].changed == 0


def test_a_failure_is_told_once_with_its_remedy(ended):
    result = ended[1]["fails"]
    assert result.message == "The archive is too short. Mend it with: `curl -O https://example.com/archive`"
    assert result.remedy == "curl -O https://example.com/archive"
    assert result.failed_step == "Fail with a sentence"


def test_a_rescue_has_the_last_word(ended):
    assert ended[1]["rescued"].message.endswith("everything was put back.")


def test_a_missing_variable_is_named_with_its_file(ended):
    result = ended[1]["undefined"]
    assert result.message == "The variable v5_url of undefined is not set."
    assert result.remedy == "${EDITOR:-nano} elsewhere/group_vars/undefined/vars.yml"


def test_a_wrong_variable_is_named(ended):
    result = ended[1]["misset"]
    assert result.message == (
        "The variables of misset are not right: spec_name is not set; spec_number must be of type int."
    )
    assert result.remedy == "${EDITOR:-nano} elsewhere/group_vars/misset/vars.yml"


def test_a_step_s_commands_fit_the_inventory(ended):
    """The role says `./cli.py verify` and `inventory/group_vars`; the inventory is elsewhere."""
    result = ended[1]["placed"]
    assert (result.status, result.remedy) == ("usage", "${EDITOR:-nano} elsewhere/group_vars/placed/vars.yml")
    assert "then `./cli.py verify placed -i elsewhere`" in result.message


def test_an_unreachable_host_is_named(ended):
    assert ended[1]["away"].message.startswith("v4.away.test cannot be reached by SSH: ")
    assert "refused" in ended[1]["away"].message


def test_findings_are_gathered(ended):
    assert [(each["id"], each["status"]) for each in ended[1]["warns"].findings] == [("one", "warn"), ("two", "pass")]


def test_steps_hold_what_ran(ended):
    step = next(each for each in ended[1]["changes"].steps if each["task"] == "Change something")
    assert (step["host"], step["play"], step["status"]) == ("v4.changes.test", "End in many ways", "changed")
    assert step["seconds"] > 0
    shown = next(each for each in ended[1]["fine"].steps if each["task"] == "Report a number")
    assert shown["message"] == "two lines\nof text"


def test_observers_see_starts_and_ends(ended):
    kinds = {type(what) for client, what in ended[2] if client == "fine"}
    assert kinds == {Started, Step}


def test_the_worst_end_is_the_exit_status(ended):
    results = ended[1]
    assert outcome.exit_status(results.values()) is Exit.USAGE
    assert outcome.exit_status([results["fails"], results["away"]]) is Exit.FAIL
    assert outcome.exit_status([results["away"], results["warns"]]) is Exit.UNREACHABLE
    assert outcome.exit_status([results["fine"], results["warns"]]) is Exit.OK
    assert outcome.exit_status([results["fine"], results["warns"]], strict=True) is Exit.WARN


def test_no_secret_is_in_the_record(ended, state):
    folder = ended[0].folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert b"sesame-open" not in path.read_bytes(), path


def test_the_record_is_private_and_holds_no_environment(ended):
    folder = ended[0].folder
    assert folder.stat().st_mode & 0o777 == 0o700
    names = {path.name for path in folder.rglob("*")}
    assert not names & {"command", "env", "envvars", "extravars", "fact_cache", "passwords"}


def test_a_secret_in_the_environment_and_verbose_output_are_not_recorded(state, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "open-barley")
    finished, _, _ = go("outcomes.yml", ("hides", "fine"), verbose=True)
    for path in finished.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"open-barley" not in content, path
            assert b"sesame-open" not in content, path


def test_what_the_inventory_calls_a_secret_is_not_recorded_even_if_a_step_tells_it(state):
    finished, clients, _ = go("tells.yml", ("hides",))
    [result] = outcome.outcomes(finished, clients, SITUATION)
    assert result.message == "The server refused sesame-open"  # who watches may see it
    finished.recorder.outcome(result)
    finished.recorder.finish({"schema": 1, "clients": [{"message": result.message}]}, 3)
    files = [path for path in finished.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"sesame-open" in path.read_bytes()] == []
    told = [path.name for path in files if "The server refused [secret]" in path.read_text()]
    assert {"stdout", "events.jsonl", "result.json"} < set(told)


def test_a_broken_playbook_is_the_tools_failure(state):
    finished, clients, _ = go("broken.yml", ("fine",))
    [result] = outcome.outcomes(finished, clients, SITUATION)
    assert (result.status, result.exit) == ("broken", Exit.BROKEN)
    assert "no_such_module_at_all" in result.message
    assert "Traceback" not in result.message


def test_the_watch_over_an_import_is_progress(state, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_COUNTER", str(tmp_path / "counter"))
    _, _, seen = go("watch.yml", ("fine",))
    progress = [what for _, what in seen if isinstance(what, Progress)]
    assert [(each.state, each.resource, each.done) for each in progress] == [
        ("running", "account", 0),
        ("running", "company", 1),
        ("running", "users", 2),
        ("completed", "users", 3),
    ]
    assert progress[0].total == 22


def test_a_plan_changes_nothing_and_says_what_it_cannot_foresee(state, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_FOLDER", str(tmp_path))
    finished, clients, _ = go("plan.yml", ("fine",), check=True)
    plays = runner.plays_of(DATA / "playbooks" / "plan.yml")
    [result] = outcome.outcomes(finished, clients, SITUATION, plays)
    assert plays == ["Prepare", "Build on it", "Finish"]
    assert not (tmp_path / "made").exists()
    assert (result.status, result.message) == ("ok", "")
    assert result.unforeseen == ["Build on it", "Finish"]
    assert [each["task"] for each in result.steps if each["status"] == "changed"] == ["Make a folder"]


def test_a_run_is_recorded_line_by_line(ended):
    finished, results, _ = ended
    lines = records.read(finished.folder).events
    assert lines[0]["event"] == "run_started"
    assert {each["client"] for each in lines[1:]} == set(CASES)
    steps = [each for each in lines if each["event"] == "step" and each["client"] == "fails"]
    assert [each["status"] for each in steps if each["task"] == "Fail with a sentence"] == ["failed"]
    assert results["fails"].failed_step == "Fail with a sentence"


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fleet import outcome, runner
from fleet.inventory import find_clients
from fleet.remedies import Situation
inventory = Path(sys.argv[2])
clients = find_clients(inventory, ("fine",))
def see(client, what):
    print(type(what).__name__, what.task, flush=True)
def say(line):
    print(line, flush=True)
situation = Situation("verify", ("fine",), inventory)
finished = runner.play(Path(sys.argv[3]), "verify", clients, inventory, observers=[see], say=say)
[result] = outcome.outcomes(finished, clients, situation)
print("END", finished.status, result.status, result.message, result.remedy)
"""


@pytest.fixture
def interrupted(state, tmp_path):
    """A run of long.yml in a process of its own, in the middle of its first step."""
    command = [sys.executable, "-c", PROGRAM, str(ROOT), str(INVENTORY), str(DATA / "playbooks" / "long.yml")]
    environment = {**os.environ, "TEST_FOLDER": str(tmp_path), "XDG_STATE_HOME": str(state)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout:
            if line.startswith("Started Wait"):
                break
        yield process, tmp_path
        process.kill()


def test_ctrl_c_lets_the_running_step_end_and_cleans_up(interrupted):
    process, folder = interrupted
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "Stopping after the running step; Ctrl-C again stops at once.\n"
    (folder / "go-on").touch()
    rest = process.stdout.read()
    assert "END failed stopped fine was stopped by hand before the step 'Go on'. ./cli.py verify fine -i " in rest
    assert not (folder / "went-on").exists()
    assert (folder / "cleaned").exists()


def test_a_second_ctrl_c_stops_at_once(interrupted):
    process, folder = interrupted
    process.send_signal(signal.SIGINT)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert "END canceled stopped" in rest
    assert not (folder / "went-on").exists()


def test_a_controller_that_is_killed_takes_its_ansible_along(interrupted):
    """ansible-runner lets it live on, and it would hang at its next output, with the client's lock."""
    process, folder = interrupted

    def family():
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"TEST_FOLDER={folder}".encode() in (each / "environ").read_bytes().split(b"\0"):
                    found.append((each / "cmdline").read_bytes())
        return found

    def until(condition):
        end = time.monotonic() + 120
        while not condition() and time.monotonic() < end:
            time.sleep(0.1)
        assert condition(), family()

    process.kill()
    process.wait()
    until(lambda: family() == [])
    (folder / "go-on").touch()
    assert not (folder / "went-on").exists()


def test_the_steps_of_a_record_are_json(ended):
    events = sorted((ended[0].folder / "artifacts" / "run" / "job_events").glob("*.json"))
    assert json.loads(events[0].read_text())["event"]
