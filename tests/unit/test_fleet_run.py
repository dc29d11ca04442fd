"""`run` for many clients: real runs of small playbooks, and scripted ones where only the order of things matters."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from facts_samples import NOW, changed, healthy_v4, healthy_v5
from test_fleet_status import clock_at

import cli
from diagnostics.collect import Collected
from diagnostics.targets import UNREACHABLE, TargetError
from fleet import board, control, estimate, hooks, plan, records, run, runner, status
from fleet.batch import Rules
from fleet.exits import Exit
from fleet.inventory import Client
from fleet.remedies import Situation

DATA = Path(__file__).parent / "data" / "fleet"
PLAYBOOKS = DATA / "playbooks"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NINJALIFT_INVENTORY", str(DATA / "inventory"))
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(cli.main, ["run", *arguments])


def the_record():
    [folder] = records.runs_dir().iterdir()
    return folder


def events(folder, name=""):
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [each for each in lines if not name or each["event"] == name]


# Real runs of ansible-runner, side by side


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """`run` of five clients at once, on outcomes.yml: the result of the command, and the folder of the record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("NINJALIFT_INVENTORY", str(DATA / "inventory"))
        patch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
        patch.setattr("commands.run.PLAYBOOK", PLAYBOOKS / "outcomes.yml")
        patch.setattr(run.Whole, "_estimate", lambda self: None)
        done = invoke("--limit", "changes,fails,hides,warns,away", "--execute", "--parallel", "3", "--json")
        record = the_record()
    yield done, record


def test_each_client_has_its_own_end(many):
    done, _ = many
    assert done.exit_code == Exit.FAIL, done.output
    document = json.loads(done.stdout)
    assert {each["client"]: each["status"] for each in document["clients"]} == {
        "changes": "ok",
        "fails": "fail",
        "hides": "fail",
        "warns": "warn",
        "away": "unreachable",
    }
    assert (document["verb"], document["plan"], document["exit"]) == ("run", False, Exit.FAIL)
    fails = next(each for each in document["clients"] if each["client"] == "fails")
    assert fails["remedy"] == "curl -O https://example.com/archive"
    assert [each["task"] for each in fails["steps"]][-1] == "Fail with a sentence"


def test_the_record_tells_every_client_s_story(many):
    _, folder = many
    asked = json.loads((folder / "run.json").read_text())
    assert [each["name"] for each in asked["clients"]] == ["changes", "fails", "hides", "warns", "away"]
    assert asked["options"]["parallel"] == 3
    assert {each["client"] for each in events(folder, "client_started")} == {
        "changes",
        "fails",
        "hides",
        "warns",
        "away",
    }
    ended = {each["client"]: each for each in events(folder, "client_ended")}
    assert ended["changes"]["changed"] == 1
    assert ended["fails"]["seconds"] > 0
    assert not events(folder, "held")
    assert any(each["client"] == "away" and each["status"] == "unreachable" for each in events(folder, "step"))
    assert events(folder)[-1]["event"] == "run_ended"


def test_the_record_is_small_private_and_without_secrets(many):
    _, folder = many
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert not list(folder.rglob("job_events"))
    for each in files:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
        assert b"sesame-open" not in each.read_bytes(), each
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o700 for each in folder.rglob("*") if each.is_dir())
    assert (folder / "clients" / "fails" / "artifacts" / "run" / "stdout").is_file()
    whole = json.loads((folder / "clients" / "warns" / "result.json").read_text())
    assert [each["id"] for each in whole["findings"]] == ["one", "two"]


def test_lines_are_shown_without_a_terminal(many):
    done, _ = many
    said = done.stderr
    assert "changes: done in under a minute, 1 steps changed something" in said
    assert "] fails: FAILED in under a minute: The archive is too short." in said
    assert "waiting" in said


# What was asked for


@pytest.fixture
def answering(monkeypatch):
    """All hosts answer as healthy ones; `answers`: host → facts or an error."""
    answers = {}

    def collect(targets, options):
        for each in targets:
            said = answers.get(each.name, healthy_v4() if each.name.startswith("v4") else healthy_v5())
            known = isinstance(said, dict)
            yield Collected(each, said if known else None, None if known else said, 0.1)

    monkeypatch.setattr(status, "collect", collect)
    clock_at(monkeypatch, NOW)
    return answers


def never(*_, **__):
    raise AssertionError("a plan must not run Ansible")


def test_without_execute_many_clients_are_only_planned(answering, monkeypatch):
    monkeypatch.setattr(runner, "ansible", never)
    answering["v5.fails.test"] = TargetError("v5.fails.test cannot be reached by SSH: no route.", "ssh x", UNREACHABLE)
    answering["v5.fine.test"] = {"schema": 1, "app": {"kind": ""}, "time": {"epoch": NOW}}
    done = invoke("--limit", "fine,fails,changes", "--parallel", "2", "--window", "22:00-05:00")
    assert done.exit_code == Exit.UNREACHABLE, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith("fine: verify, provision, migrate, check-data; ")
    assert "  = upgrade     V4 is 4.5.50" in lines
    assert any(line.startswith("  + migrate     150 records of V4") for line in lines)
    assert "  | cutover     it is never done unasked" in lines
    assert "fails: cannot be planned" in lines
    assert "  Mend it with: `ssh x`" in lines
    assert lines[-1] == (
        "Do it with: `./cli.py run --limit fine,fails,changes --execute --parallel 2 --window 22:00-05:00`"
    )
    assert not records.runs_dir().exists()


def test_the_plan_says_that_what_is_lost_is_put_back(answering, monkeypatch):
    monkeypatch.setattr(runner, "ansible", never)
    lines = invoke("--limit", "fine", "--repair").output.splitlines()
    assert lines[0].startswith("fine: verify, migrate, repair, check-data; ")
    assert "  + repair      what V5's importer lost is put back, after a backup" in lines
    assert lines[-1] == "Do it with: `./cli.py run --limit fine --execute --repair`"
    assert "repair" not in invoke("--limit", "fine").output


def test_the_plan_as_json(answering, monkeypatch):
    monkeypatch.setattr(runner, "ansible", never)
    done = invoke("--limit", "fine", "--json", "--hold-before", "migrate")
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert (document["verb"], document["plan"]) == ("run", True)
    [client] = document["clients"]
    actions = {each["stage"]: each["action"] for each in client["stages"]}
    assert actions == {
        "verify": "do",
        "upgrade": "skip",
        "provision": "skip",
        "migrate": "held",
        "check-data": "held",
        "cutover": "held",
    }
    assert client["seconds"] == sum(each["seconds"] for each in client["stages"]) > 0
    assert client["records"]["invoices"] == 64


def test_the_plan_leaves_a_client_alone_that_is_cut_over(answering, monkeypatch):
    monkeypatch.setattr(runner, "ansible", never)
    [account], [company] = healthy_v4()["database"]["accounts"], healthy_v5()["database"]["companies"]
    answering["v4.fine.test"] = changed(
        healthy_v4(), database__accounts=[{**account, "forward_url": "https://v5.fine.test"}]
    )
    answering["v5.fine.test"] = changed(healthy_v5(), database__companies=[{**company, **account["records"]}])
    lines = invoke("--limit", "fine", "--repair", "--hold-before", "migrate").output.splitlines()
    assert lines[0] == "fine: nothing to do; under a minute"
    stages = ("verify", "upgrade", "provision", "migrate", "repair", "check-data", "cutover")
    assert lines[1:8] == [f"  = {each:<10}  V5 is in use" for each in stages]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "takes either"),
        (("fine", "--all"), "takes either"),
        (("--all", "--limit", "x"), "takes either"),
        (("--all", "--plan", "--execute"), "only one of them"),
        (("--all",), "The host v5.alone.test belongs to no client: alone has no host in the group v4"),
        (("--limit", "nobody"), "is called 'nobody'"),
        (("--limit", "fine", "--batches", "x"), "--batches"),
        (("--limit", "fine", "--max-fail", "200%"), "--max-fail"),
        (("--limit", "fine", "--window", "x"), "is no window"),
        (("nobody",), "There is no client 'nobody'"),
    ],
)
def test_what_cannot_be_meant(arguments, said, monkeypatch):
    monkeypatch.setattr(runner, "ansible", never)
    done = invoke(*arguments)
    assert done.exit_code == Exit.USAGE, done.output
    assert said in done.output
    assert "Mend it with: `" in done.output
    as_json = invoke(*arguments, "--json")
    assert said in json.loads(as_json.output)["message"]


# Scripted runs


class Script:
    """Stands for Ansible: plays the events of a client, and does what a test wants in the middle."""

    def __init__(self, events=(), during=None):
        self.events, self.during = events, during or (lambda client, folder: None)
        self.variables = {}

    def __call__(self, playbook, clients, inventory, folder, handle, stopping, **given):
        [client] = clients
        self.variables[client.name] = given["variables"]
        for event, data in self.events:
            handle({"event": event, "event_data": {"host": client.v5, **data}})
        self.during(client, folder)
        if (folder / runner.STOP).exists():
            said = {"task": "Go on", "play": "Provision V5", "res": {"msg": "Stopped by hand before this step"}}
            handle({"event": "runner_on_failed", "event_data": {"host": client.v5, **said}})
            handle({"event": "playbook_on_stats", "event_data": {"failures": {client.v5: 1}}})
            return "failed"
        failed = any(event == "runner_on_failed" for event, _ in self.events)
        handle(
            {"event": "playbook_on_stats", "event_data": {"failures": {client.v5: 1} if failed else {}, "ok": {"x": 1}}}
        )
        return "failed" if failed else "successful"


def step(play, task, changed=False):
    data = {"play": play, "task": task, "res": {"changed": changed}, "duration": 0.1}
    return [("runner_on_start", {"play": play, "task": task}), ("runner_on_ok", data)]


WAY = [
    *step("Verify that V4 can be migrated", "Read"),
    *step("Upgrade V4 to the version that migrates", "Look"),
    *step("Provision V5", "Install", changed=True),
    *step("Export the company on V4", "Export", changed=True),
    *step("Import the company into V5", "Import", changed=True),
]


def whole(number, monkeypatch, script, **given):
    """A run of so many clients, whose Ansible is the script; nothing is shown."""
    monkeypatch.setattr(runner, "ansible", script)
    clients = [Client(f"c{each}", f"c{each}-v4", f"c{each}-v5") for each in range(1, number + 1)]
    situation = Situation("run", (), Path("inventory"))
    rules = given.pop("rules", Rules())
    return run.Whole(clients, situation, Path("site.yml"), rules, again="./cli.py run --all --execute", **given)


def shown(made, stream):
    return board.PlainBoard([each.name for each in made.clients], made.pace, stream)


@pytest.fixture
def stream(tmp_path):
    with (tmp_path / "shown").open("w+") as file:
        yield file


def read(stream):
    stream.flush()
    return Path(stream.name).read_text().splitlines()


def test_stages_are_told_and_skipped_where_nothing_changed(monkeypatch, stream):
    script = Script(WAY)
    made = whole(1, monkeypatch, script)
    results = made.go(shown(made, stream))
    made.finish(results, Exit.OK)
    told = [(each["stage"], each["state"]) for each in events(the_record(), "stage")]
    assert told == [
        ("verify", "started"),
        ("verify", "done"),
        ("upgrade", "started"),
        ("upgrade", "skipped"),
        ("provision", "started"),
        ("provision", "done"),
        ("migrate", "started"),
        ("migrate", "done"),
    ]
    assert script.variables == {"c1": {"site_hold_before": "", "site_repair": False}}
    assert "c1: upgrade skipped (nothing had to be changed)" in read(stream)
    assert records.read(the_record()).state == "ended"


def test_a_stage_that_fails_is_told_as_such(monkeypatch, stream):
    failing = [("runner_on_failed", {"play": "Provision V5", "task": "Install", "res": {"msg": "No."}})]
    made = whole(1, monkeypatch, Script([*WAY[:4], *failing]))
    [outcome] = made.go(shown(made, stream))
    assert (outcome.status, outcome.message) == ("fail", "No.")
    told = [(each["stage"], each["state"]) for each in events(the_record(), "stage")]
    assert told[-2:] == [("provision", "started"), ("provision", "failed")]
    assert not events(the_record(), "held")
    assert "[1/1] c1: FAILED in under a minute: No." in read(stream)


def test_a_client_that_is_cut_over_waits_for_nobody(monkeypatch, stream):
    over = ("runner_on_ok", {"play": "Leave a client alone that is cut over", "task": "Note it", "res": {}})
    left_out = ("runner_on_skipped", {"play": "Provision V5", "task": "Install", "res": {}})
    made = whole(1, monkeypatch, Script([*WAY[:2], over, left_out]), hold_before="cutover")
    made.finish(made.go(shown(made, stream)), Exit.OK)
    told = [(each["stage"], each["state"]) for each in events(the_record(), "stage")]
    assert told == [("verify", "started"), ("verify", "done"), ("cutover", "started"), ("cutover", "skipped")]
    assert not events(the_record(), "held")
    assert "[1/1] c1: done" in read(stream)[-1]


def test_a_hold_is_told_to_its_hook_and_the_record(monkeypatch, stream, tmp_path):
    script = Script(WAY[:4])
    made = whole(1, monkeypatch, script, hold_before="provision", repair=True)
    made.settings = {"c1": hooks._Settings(commands={"on_hold": ["sh", "-c", f"env > {tmp_path}/told"]})}
    made.finish(made.go(shown(made, stream)), Exit.OK)
    assert script.variables == {"c1": {"site_hold_before": "provision", "site_repair": True}}
    told = (tmp_path / "told").read_text().splitlines()
    assert {"NINJALIFT_STAGE=provision", "NINJALIFT_STATUS=held", "NINJALIFT_CLIENT=c1"} <= set(told)
    assert [each["stage"] for each in events(the_record(), "held")] == ["provision"]
    [line] = events(the_record(), "client_ended")
    assert line["status"] == "ok"


def test_the_time_that_is_left_comes_from_a_plan_beside_the_run(monkeypatch, stream, tmp_path):
    said = {"clients": [{"client": "c2", "seconds": 300, "records": {"invoices": 7}}]}
    (tmp_path / "plan.py").write_text(
        f"import sys, json; print(json.dumps({said})); open('{tmp_path}/asked', 'w').write(' '.join(sys.argv))"
    )
    monkeypatch.setattr(run, "PLAN", (sys.executable, str(tmp_path / "plan.py")))
    made = whole(2, monkeypatch, Script(WAY), hold_before="migrate", repair=True)
    made.watcher = shown(made, stream)
    made._estimate()
    assert (made.pace.left(), made.watcher.records) == (300, {"c2": {"invoices": 7}})
    asked = (tmp_path / "asked").read_text()
    assert asked.endswith("plan.py --limit c1,c2 -i inventory --hold-before migrate --repair")
    (tmp_path / "plan.py").write_text("print('no plan')")
    made._estimate()
    made.pace.end("c2", whole=True)
    made.pace.expect("c2", 300)
    assert made.pace.left() is None


def test_one_that_breaks_stops_nobody_else(monkeypatch, stream):
    def breaks(client, folder):
        if client.name == "c2":
            raise RuntimeError("surprise")

    made = whole(4, monkeypatch, Script(WAY, breaks), rules=Rules(parallel=2))
    results = made.go(shown(made, stream))
    assert [each.status for each in results] == ["ok", "broken", "ok", "ok"]
    assert results[1].message == "Ninjalift itself failed at c2: RuntimeError: surprise."
    assert results[1].remedy.startswith("./cli.py run c2")
    assert any(line.startswith("[4/4] ") for line in read(stream))


def test_a_stop_ends_running_steps_and_begins_nobody(monkeypatch, stream):
    made = whole(3, monkeypatch, None, rules=Rules(parallel=1))
    monkeypatch.setattr(runner, "ansible", Script(WAY, lambda client, folder: made.stopping.ask()))
    results = made.go(shown(made, stream))
    assert [each.status for each in results] == ["stopped"] * 3
    assert results[0].message == "c1 was stopped by hand before the step 'Go on'."
    assert results[2].message == "c3 was not begun: the run was stopped by hand."
    made.finish(results, Exit.BROKEN)
    assert [each["client"] for each in events(the_record(), "client_started")] == ["c1"]
    assert not (the_record() / "clients" / "c1" / "stop").exists()


def test_a_client_that_was_aborted_before_its_turn_is_not_begun(monkeypatch, stream):
    made = whole(3, monkeypatch, None, rules=Rules(parallel=1))

    def abort(client, folder):
        if client.name == "c1":
            control.abort(control.Chosen(made.recorder.folder, "c2"))

    monkeypatch.setattr(runner, "ansible", Script(WAY, abort))
    results = made.go(shown(made, stream))
    assert [each.status for each in results] == ["ok", "stopped", "ok"]
    assert results[1].message == "c2 was not begun: it was stopped by hand."


def test_a_client_that_begins_while_a_stop_is_asked_for_gets_the_word(monkeypatch, stream):
    """The stop may fall between the decision to begin and the beginning."""
    made = whole(1, monkeypatch, Script(WAY))
    folder = made._folder

    def late(name):
        made.stopping.ask()
        return folder(name)

    monkeypatch.setattr(made, "_folder", late)
    [outcome] = made.go(shown(made, stream))
    assert outcome.status == "stopped"


def test_a_disk_that_fills_up_meanwhile_begins_nobody_new(monkeypatch, stream):
    made = whole(3, monkeypatch, None, rules=Rules(parallel=1))
    real = os.write

    def full(handle, data):
        if handle == made.recorder.file:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(runner, "ansible", Script(WAY, lambda *_: monkeypatch.setattr(records.os, "write", full)))
    results = made.go(shown(made, stream))
    assert [each.status for each in results] == ["ok", "held", "held"]
    assert "The disk is full" in results[1].message


def test_no_run_begins_on_a_disk_that_is_nearly_full(monkeypatch, stream):
    monkeypatch.setattr(run, "ROOM", 10**18)
    made = whole(1, monkeypatch, never)
    with pytest.raises(run.UsageError) as caught:
        made.go(shown(made, stream))
    assert "MiB are free on the disk of" in caught.value.message
    assert caught.value.remedy.startswith("df -h ")


def test_secrets_of_one_client_are_out_of_its_lines(monkeypatch, stream):
    failing = [("runner_on_failed", {"play": "Provision V5", "task": "Install", "res": {"msg": "hunter-two is wrong"}})]
    made = whole(1, monkeypatch, Script(failing))
    made.clients = [Client("c1", "c1-v4", "c1-v5", secrets={"hunter-two": "v5_owner_password"})]
    made.settings = {"c1": hooks._Settings(commands={"on_failure": ["env"]})}
    made.finish(made.go(shown(made, stream)), Exit.OK)
    for file in the_record().rglob("*"):
        assert not file.is_file() or b"hunter-two" not in file.read_bytes(), file
    assert any(each["message"] == "[v5_owner_password] is wrong" for each in events(the_record(), "step"))


# Time


def test_an_import_s_time_is_linear_in_its_records():
    assert estimate.of_import({"clients": 36, "invoices": 1296, "quotes": 1296, "payments": 1296}) == pytest.approx(
        154, 1
    )
    assert estimate.of_import(None) == 0


def test_what_is_left_of_an_import_is_measured():
    counts = {"clients": 100, "invoices": 1000, "payments": 1000}
    # The clients took 20 s, so a client took 200 ms and not 110; the rest is slower by as much.
    left = estimate.left_of_import(counts, "invoices", 20.0)
    assert left == pytest.approx((42 + 33) * 20 / 11)
    assert estimate.left_of_import(counts, "clients", 5.0) is None
    assert estimate.left_of_import(None, "invoices", 5.0) is None
    assert estimate.left_of_import(counts, "documents", 90.0) == 0


def test_the_pace_corrects_the_estimates(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(estimate.time, "monotonic", lambda: clock[0])
    pace = estimate.Pace(2)
    assert pace.left() is None
    for name in ("a", "b", "c", "d"):
        pace.expect(name, 100)
    assert pace.left() == 200
    pace.start("a")
    pace.start("b")
    clock[0] = 50
    assert pace.left() == 150
    clock[0] = 200
    pace.end("a", whole=True)  # twice as long as thought
    pace.end("b", whole=False)
    assert pace.left() == 200


@pytest.mark.parametrize(
    ("seconds", "said"), [(10, "under a minute"), (100, "2 min"), (3600, "1 h 0 min"), (7000, "1 h 57 min")]
)
def test_durations(seconds, said):
    assert estimate.told(seconds) == said


# Ctrl-C of a real run

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import commands.run
import cli
from fleet import board, run
commands.run.PLAYBOOK = Path(sys.argv[2])
run.Whole._estimate = lambda self: None
heard = board.PlainBoard.__call__
def hear(self, client, what):
    heard(self, client, what)
    print(type(what).__name__, what.task, flush=True)
board.PlainBoard.__call__ = hear
cli.main(["run", "fine", "warns", "--parallel", "1"])
"""


@pytest.fixture
def interrupted(home):
    command = [sys.executable, "-c", PROGRAM, str(ROOT), str(PLAYBOOKS / "long.yml")]
    environment = {**os.environ, "TEST_FOLDER": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        for line in process.stdout:
            if line == "Started Wait\n":
                break
        yield process, home
        process.kill()


def test_ctrl_c_once_ends_the_running_step_and_begins_nobody(interrupted):
    process, folder = interrupted
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == "Stopping after the running step; Ctrl-C again stops at once.\n"
    (folder / "go-on").touch()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == Exit.BROKEN
    assert "fine was stopped by hand before the step 'Go on'" in out
    assert "warns was not begun: the run was stopped by hand." in out
    assert (folder / "cleaned").exists()
    assert not (folder / "went-on").exists()


def test_a_reader_that_goes_away_stops_nothing(interrupted):
    """Such as `./cli.py run --all --execute 2>&1 | head`."""
    process, folder = interrupted
    process.stderr.close()
    process.stderr = None
    (folder / "go-on").touch()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "warns: run done" in out


def test_ctrl_c_twice_stops_at_once(interrupted):
    process, folder = interrupted
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == Exit.BROKEN
    assert "fine was stopped by hand in the middle of a step." in out
    assert not (folder / "went-on").exists()


def test_site_yml_holds_before_every_stage_that_can_be_asked_for():
    """The conditions of the playbook and the choices of the option are the same stages."""
    from commands.run import HOLDS

    text = (ROOT / "playbooks" / "site.yml").read_text()
    assert [each for each in plan.stages.order() if each not in ("verify", plan.REPAIR)] == list(HOLDS[:-1])
    entries = [each for each in yaml.safe_load(text) if "import_playbook" in "".join(each)]
    held = {}
    for entry in entries:
        assert "site_in_use is not defined" in entry["when"]
        words = str(entry["when"])
        held[plan.stages.verb_of(entry["ansible.builtin.import_playbook"])] = [
            each for each in HOLDS if f"'{each}'" in words
        ]
    # What was migrated is repaired at once, if it was asked for; a hold before the check keeps the check alone away.
    assert held.pop(plan.REPAIR) == list(HOLDS[:3])
    assert held == {stage: list(HOLDS[:number]) for number, stage in enumerate(plan.ways("")[0])}
