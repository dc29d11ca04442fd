"""The report on a run: the same from our record, from ansible-runner's files and AWX's; text, CSV, JSON, pages."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from fleet import artifacts, history, inventory, overview, overview_text, pages, records, stages
from fleet.events import Run
from fleet.exits import UsageError
from fleet.outcome import exit_status, outcomes
from fleet.remedies import Situation
from fleet.report import document
from fleet.runner import Finished
from tests import report_samples
from tests.unit import fleet_events

INVENTORY = fleet_events.DATA / "inventory"
SITUATION = Situation("run", (), INVENTORY)
TIMES = ("at", "started", "ended", "seconds", "stages")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def clients():
    return inventory.find_clients(INVENTORY, fleet_events.CLIENTS)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "ninjalift" / "runs"


@pytest.fixture
def recorded(clients, state):
    """A record as runner.play and cli.play leave it, of the recorded events."""
    recorder = records.begin("run", [{"name": each.name, "batch": 1} for each in clients])
    run = Run({host: each.name for each in clients for host in (each.v4, each.v5)}, [recorder], situation=SITUATION)
    for each in fleet_events.recorded():
        run(each)
    results = outcomes(Finished(run, "failed", recorder), clients, SITUATION)
    for each in results:
        recorder.outcome(each)
    ended = exit_status(results)
    recorder.finish(document("run", results, ended, recorder.folder), ended)
    return recorder.folder


def awx_file(folder, content):
    file = folder / "events.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def page_of(events, count=None):
    return {"count": len(events) if count is None else count, "next": None, "previous": None, "results": events}


@pytest.fixture
def from_awx(tmp_path, clients):
    file = awx_file(tmp_path, page_of(fleet_events.as_awx(fleet_events.recorded())))
    return overview.document(artifacts.from_awx(file, clients, SITUATION))


def told(report):
    """The clients' parts of a report without what depends on the clock."""
    without = [{key: value for key, value in each.items() if key not in TIMES} for each in report["clients"]]
    passed = [[(stage["stage"], stage["state"]) for stage in each["stages"]] for each in report["clients"]]
    return without, passed, report["findings"], report["summary"], report["exit"], report["verb"]


def test_the_report_is_the_same_wherever_the_events_come_from(recorded, from_awx, clients, tmp_path):
    ours = overview.document(records.read(recorded))
    folder = fleet_events.as_runner(fleet_events.recorded(), tmp_path / "runner")
    theirs = overview.document(artifacts.from_runner(folder, clients, SITUATION))
    assert sorted(ours["summary"].items()) == sorted(theirs["summary"].items())
    by_name = [sorted(each["clients"], key=lambda client: client["client"]) for each in (ours, theirs, from_awx)]
    for report, ordered in zip((ours, theirs, from_awx), by_name):
        report["clients"] = ordered
        report["findings"] = [{**each, "clients": sorted(each["clients"])} for each in report["findings"]]
    assert told(ours) == told(theirs) == told(from_awx)
    # AWX has ansible-runner's own times, so the durations are the same as well.
    assert [each["stages"] for each in theirs["clients"]] == [each["stages"] for each in from_awx["clients"]]


def test_it_says_how_every_client_ended_and_how_far_it_came(from_awx):
    found = {each["client"]: (each["status"], each["stage"]) for each in from_awx["clients"]}
    assert found == {
        "fine": ("ok", "check-data"),
        "warns": ("warn", "check-data"),
        "changes": ("ok", "check-data"),
        "fails": ("fail", "verify"),
        "away": ("unreachable", "verify"),
    }
    assert (from_awx["verb"], from_awx["exit"], from_awx["state"]) == ("run", 3, "ended")
    assert from_awx["summary"] == {"clients": 5, "fail": 1, "unreachable": 1, "warn": 1, "ok": 2}


def test_stages_have_the_seconds_that_their_steps_took(from_awx):
    fine = next(each for each in from_awx["clients"] if each["client"] == "fine")
    assert [each["stage"] for each in fine["stages"]] == ["verify", "upgrade", "migrate", "check-data"]
    assert all(0 < each["seconds"] < fine["seconds"] for each in fine["stages"])
    assert sum(each["seconds"] for each in fine["stages"]) <= fine["seconds"] < from_awx["seconds"] < 60


def test_every_play_of_the_real_way_belongs_to_a_stage():
    assert stages.order() == ("verify", "upgrade", "provision", "migrate", "repair", "check-data")
    plays = stages.of_plays()
    assert plays["Import the company into V5"] == "migrate"
    assert plays["Check V5's data"] == "check-data"
    assert stages.verb_of("playbooks/site.yml") == "run"


def test_what_was_counted_and_what_differs_is_there_without_personal_data(from_awx, recorded):
    changes = next(each for each in from_awx["clients"] if each["client"] == "changes")
    assert changes["differences"] == {
        "total": 3,
        "known": 1,
        "kinds": [{"kind": "clients/balance", "total": 2, "known": 1}, {"kind": "documents", "total": 1, "known": 0}],
    }
    assert [(each["entity"], each["what"], each["v5"]) for each in changes["counts"]] == [
        ("clients", "count", "4"),
        ("invoices", "sum amount", "121.00"),
    ]
    fine = next(each for each in from_awx["clients"] if each["client"] == "fine")
    assert [each["entity"] for each in fine["counts"]] == ["clients", "invoice_documents", "credits"]
    # Which records differ is in the run's own result alone (docs/reconcile.md), for its owner.
    for text in (json.dumps(from_awx), (recorded / "events.jsonl").read_text(), (recorded / "run.json").read_text()):
        assert not re.search("customer.test|Doe|scan.pdf", text)
    assert "customer.test" in (recorded / "result.json").read_text()
    assert (recorded / "result.json").stat().st_mode & 0o777 == 0o600


def test_findings_are_gathered_by_kind(from_awx):
    assert from_awx["findings"] == [
        {
            "id": "v4-clients-without-contact",
            "status": "fail",
            "title": "Every client has a contact",
            "clients": ["fails"],
        },
        {
            "id": "v4-old-php",
            "status": "warn",
            "title": "PHP is a version that is maintained",
            "clients": ["fails", "warns"],
        },
    ]


# --- AWX -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["list", "pages", "lines", "twice", "backwards", "marked"])
def test_awx_gives_events_out_in_many_forms(form, tmp_path, clients, from_awx):
    events = fleet_events.as_awx(fleet_events.recorded())
    half = len(events) // 2
    first, second = (page_of(each, len(events)) for each in (events[:half], events[half:]))
    content = {
        "list": json.dumps(events),
        "pages": json.dumps(first) + json.dumps(second),
        "lines": "\n".join(map(json.dumps, events)) + "\n",
        "twice": json.dumps(page_of(events)) + "\n" + json.dumps(first),
        "backwards": json.dumps(page_of(events[::-1])),
        "marked": "\ufeff" + json.dumps(page_of(events)),
    }[form]
    found = overview.document(artifacts.from_awx(awx_file(tmp_path, content), clients, SITUATION))
    assert told(found) == told(from_awx)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no job events of AWX: it holds something else"),
        ("{", r"holds no job events of AWX: it is no JSON from line 1 on, or only a part of it"),
        ('{"detail": "Not found."}', "it holds something else"),
        ('"text"', "it holds something else"),
        ("[1, 2]", "it holds something else"),
        (page_of(fleet_events.as_awx(fleet_events.recorded())[:50], 110), r"holds 50 of the job's 110 events"),
        (
            fleet_events.as_awx(fleet_events.recorded())[:2] + fleet_events.as_awx(fleet_events.recorded(), 7)[2:4],
            "2 jobs",
        ),
    ],
)
def test_what_is_no_whole_job_of_awx_is_refused(content, said, tmp_path, clients):
    file = awx_file(tmp_path, content)
    with pytest.raises(UsageError, match=said) as caught:
        artifacts.from_awx(file, clients, SITUATION)
    assert caught.value.remedy == f"awx job_events list --job JOB --all -f json > {file}"


def test_a_job_that_did_not_end_is_told_as_such(tmp_path, clients):
    events = fleet_events.as_awx(fleet_events.recorded())[:40]
    found = overview.document(artifacts.from_awx(awx_file(tmp_path, events), clients, SITUATION))
    assert (found["state"], found["exit"]) == ("killed", None)
    assert {each["client"]: each["status"] for each in found["clients"]}["fine"] == "killed"


def test_without_an_inventory_each_host_stands_for_itself(tmp_path):
    file = awx_file(tmp_path, fleet_events.as_awx(fleet_events.recorded()))
    found = history.find(None, awx_events=file, inventory=tmp_path / "nowhere")
    assert "v5.fine.test" in {each["client"] for each in found.report["clients"]}
    assert found.note == f"There is no inventory at {tmp_path / 'nowhere'}, so each host is shown by itself."


def test_an_event_that_ansible_runner_did_not_write_whole_is_counted(tmp_path, clients):
    folder = fleet_events.as_runner(fleet_events.recorded(), tmp_path)
    file = artifacts.find(folder)[-1]
    file.write_text(file.read_text()[:100])
    found = overview.document(artifacts.from_runner(folder, clients, SITUATION))
    assert (found["state"], found["unreadable_lines"]) == ("killed", 1)


@pytest.mark.parametrize("inside", [".", "artifacts", "artifacts/run", "artifacts/run/job_events"])
def test_any_folder_of_ansible_runner_s_is_found(tmp_path, inside):
    fleet_events.as_runner(fleet_events.recorded(), tmp_path)
    files = artifacts.find(tmp_path / inside)
    assert [int(each.name.split("-")[0]) for each in files] == sorted(int(each.name.split("-")[0]) for each in files)
    assert len(files) == len(fleet_events.recorded())


# --- runs that did not end well --------------------------------------------------------------------------------------


def unfinished(*lines):
    recorder = records.begin("run", [{"name": name, "batch": 1} for name in ("a", "b", "c")])
    for name, client, fields in lines:
        recorder.event(name, client, **fields)
    return recorder


def test_of_a_killed_run_it_says_who_was_under_way_and_who_had_not_begun():
    recorder = unfinished(
        ("client_started", "a", {"batch": 1}),
        ("stage", "a", {"stage": "verify", "state": "done", "seconds": 2.5}),
        ("client_ended", "a", {"status": "ok", "seconds": 9.5}),
        ("client_started", "b", {"batch": 1}),
        ("stage", "b", {"stage": "migrate", "state": "started"}),
        ("progress", "b", {"state": "running", "resource": "invoices", "done": 9, "total": 22}),
    )
    running = overview.document(records.read(recorder.folder))
    assert [each["status"] for each in running["clients"]] == ["ok", "running", "not started"]
    recorder.close()
    killed = overview.document(records.read(recorder.folder))
    assert [each["status"] for each in killed["clients"]] == ["ok", "killed", "not started"]
    assert killed["clients"][0]["seconds"] == 9.5
    assert killed["clients"][0]["stages"] == [{"stage": "verify", "state": "done", "seconds": 2.5, "why": ""}]
    assert killed["clients"][1]["stage"] == "migrate"
    assert killed["clients"][1]["progress"] == {"state": "running", "resource": "invoices", "done": 9, "total": 22}
    text = overview_text.text(killed)
    assert "killed" in text.splitlines()[0]
    assert "The run did not end by itself" in text


def test_a_client_that_is_held_waits_for_a_person():
    recorder = unfinished(
        ("client_started", "a", {}), ("held", "a", {"stage": "cutover", "why": "--hold-before cutover"})
    )
    recorder.finish({"schema": 1, "clients": []}, 0)
    found = overview.document(records.read(recorder.folder))
    assert [each["status"] for each in found["clients"]] == ["held", "not started", "not started"]
    assert found["clients"][0]["message"] == "--hold-before cutover"


def test_what_was_done_before_the_hold_is_not_lost():
    counts = [{"entity": "clients", "group": "", "what": "count", "v4": "4", "v5": "4", "known": False, "reason": ""}]
    recorder = unfinished(
        ("client_started", "a", {}),
        ("client_ended", "a", {"status": "ok", "seconds": 7.5, "changed": 3, "counts": counts}),
        ("held", "a", {"stage": "cutover", "why": "--hold-before cutover"}),
        ("held", "b", {"why": "the window closed at 05:00"}),
        ("client_ended", "b", {"status": "held", "message": "the window closed at 05:00", "seconds": 0}),
        ("client_ended", "c", {"status": "fail", "message": "It broke", "seconds": 1}),
    )
    recorder.finish({"schema": 1, "clients": []}, 3)
    a, b, c = overview.document(records.read(recorder.folder))["clients"]
    assert (a["status"], a["changed"], a["seconds"], a["counts"]) == ("held", 3, 7.5, counts)
    assert (b["status"], b["message"]) == ("not started", "the window closed at 05:00")
    assert (c["status"], c["message"]) == ("fail", "It broke")


def test_a_clock_that_was_set_back_makes_no_negative_duration():
    assert overview.seconds_between("2026-01-01T02:00:00.000Z", "2026-01-01T01:00:00.000Z") == 0.0
    assert overview.seconds_between("2026-01-01T02:00:00.000+02:00", "2026-01-01T00:00:01.000Z") == 1.0
    assert overview.seconds_between("", "not a time") == 0.0


def test_an_old_record_without_events_is_reported_from_its_result(state):
    folder = state / "20260901T220000-verify-4711"
    folder.mkdir(parents=True)
    finding = {"id": "one", "status": "warn", "title": "One", "rows": [], "remedy": ""}
    client = {"client": "a", "status": "warn", "message": "", "changed": 2, "steps": [{}, {}], "findings": [finding]}
    (folder / "result.json").write_text(json.dumps({"schema": 1, "verb": "verify", "exit": 0, "clients": [client]}))
    found = overview.document(records.read(folder))
    assert (found["verb"], found["exit"], found["started"]) == ("verify", 0, "2026-09-01T22:00:00.000Z")
    [one] = found["clients"]
    assert (one["status"], one["changed"], one["steps"], one["findings"][0]["id"]) == ("warn", 2, 2, "one")


# --- what is written -------------------------------------------------------------------------------------------------


def test_the_text_begins_with_what_needs_a_person(from_awx):
    lines = overview_text.text(from_awx).splitlines()
    assert re.fullmatch(r"events\.json: run, began \d{4}-\d\d-\d\d \d\d:\d\d UTC, took \d+\.\d s", lines[0])
    assert lines[1] == "5 clients: 2 done, 1 done, with warnings, 1 unreachable, 1 failed"
    assert re.fullmatch(r"fails    failed, at verify, \d\.\d s, 2 findings", lines[2])
    told = [line.split()[0] for line in lines if re.match(r"\w+ +(done|failed|unreachable)[ ,]", line)]
    assert told == ["fails", "away", "warns", "fine", "changes"]


def test_the_csv_has_a_line_for_each_client(from_awx):
    rows = list(csv.DictReader(io.StringIO(overview_text.table(from_awx, stages.order()), newline="")))
    assert len(rows) == 5
    row = next(each for each in rows if each["client"] == "changes")
    assert (row["status"], row["records_v4"], row["records_v5"]) == ("ok", "4", "4")
    assert (row["differences"], row["differences_known"], row["findings_fail"]) == ("3", "1", "0")
    assert float(row["stage_migrate"]) > 0
    assert row["stage_provision"] == ""
    assert next(each for each in rows if each["client"] == "fails")["findings_fail"] == "1"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_calculates_nothing_of_it(text):
    report = {**samples(), "clients": [{**samples()["clients"][0], "message": text}]}
    [row] = csv.DictReader(io.StringIO(overview_text.table(report, ()), newline=""))
    assert row["message"].startswith(("'", " ")), row["message"]


def samples(text=report_samples.HOSTILE):
    """A report whose every text means harm."""
    recorder = unfinished(
        ("step", text, {"play": "p", "task": text, "status": "ok", "seconds": 2.0}),
        ("stage", text, {"stage": text, "state": text, "seconds": 1.0, "why": text}),
        ("finding", text, {"id": text, "status": "fail", "title": text, "remedy": text}),
        ("hook", text, {"hook": text, "state": "failed", "message": text}),
        (
            "client_ended",
            text,
            {
                **{"status": "fail", "message": text, "remedy": f"{text} x", "failed_step": text, "seconds": 2.0},
                "counts": [
                    {"entity": text, "group": text, "what": text, "v4": text, "v5": None, "known": True, "reason": text}
                ],
                "differences": {"total": 2, "known": 0, "kinds": [{"kind": text, "total": 2, "known": 0}]},
            },
        ),
    )
    recorder.finish({"schema": 1, "verb": text, "clients": []}, 3)
    found = overview.document(records.read(recorder.folder))
    return {**found, "clients": [each for each in found["clients"] if each["client"] == text]}


def test_nothing_that_a_host_says_steers_a_terminal_or_a_browser():
    report = samples()
    client = report["clients"][0]
    for text in (
        overview_text.text(report),
        overview_text.dumped(report),
        overview_text.table(report, stages.order()),
        pages.overview(report, report_samples.MADE),
        pages.customer(report, client, report_samples.MADE),
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\x00" not in text
    for page in (pages.overview(report, report_samples.MADE), pages.customer(report, client, report_samples.MADE)):
        assert "<script" not in page
        assert not re.search(r"https?://|src=|@import|url\(", page)


def test_the_customer_s_page_is_in_plain_words(from_awx):
    found = {each["client"]: pages.customer(from_awx, each, report_samples.MADE) for each in from_awx["clients"]}
    assert "Your data are in Invoice Ninja 5." in found["fine"]
    assert "V5&#39;s importer never takes these over" in found["fine"]
    assert "Attachments of invoices and quotes" in found["fine"]
    assert "It has not been moved yet." in found["fails"]
    assert "Nothing was deleted in your Invoice Ninja 4" in found["fails"]
    assert "one of your servers did not answer" in found["away"]
    assert "In 2 places they are not the same yet" in found["changes"]
    assert "before you change over" in found["changes"]
    for page in found.values():
        # No host, no command, no path, no task.
        assert not re.search(r"\.test\b|cli\.py|/srv|127\.0\.0\.1|INSERT|Fail if", page)


def test_the_customer_s_page_knows_a_cutover_a_plan_and_a_hold(from_awx):
    client = next(each for each in from_awx["clients"] if each["client"] == "fine")
    live = {**client, "stages": [*client["stages"], {"stage": "cutover", "state": "done", "seconds": 1.0, "why": ""}]}
    assert "You now work in Invoice Ninja 5." in pages.customer(from_awx, live, report_samples.MADE)
    held = pages.customer(from_awx, {**client, "status": "held"}, report_samples.MADE)
    assert "Everything is ready, and waits for your word." in held
    back = pages.customer({**from_awx, "verb": "rollback"}, {**client, "status": "ok"}, report_samples.MADE)
    assert "You work in Invoice Ninja 4, as before." in back
    plan = pages.customer({**from_awx, "plan": True}, client, report_samples.MADE)
    assert "Nothing was changed." in plan
    assert "What was counted" not in plan


def test_bars_fill_the_chart_and_never_more():
    client = {"seconds": 10.0, "stages": [{"stage": "a", "seconds": 4.0}, {"stage": "b", "seconds": 99.0}]}
    parts = pages.bars(client, ["a", "b"], 20.0)
    assert [(each["stage"], each["x"], each["width"]) for each in parts] == [("a", 0.0, 200.0), ("b", 200.0, 300.0)]
    rest = pages.bars({"seconds": 10.0, "stages": [{"stage": "a", "seconds": 4.0}]}, ["a"], 10.0)[-1]
    assert (rest["stage"], rest["seconds"], rest["width"]) == ("", 6.0, 600.0)
    assert pages.bars({"seconds": 0.0, "stages": []}, [], 0.0) == []


# --- the command -----------------------------------------------------------------------------------------------------


def report(*arguments):
    return CliRunner().invoke(cli.main, ["report", *map(str, arguments)])


def test_the_command_lists_runs_and_finds_them_by_name_beginning_last_folder_and_client(recorded, state):
    assert recorded.name in report().stdout
    assert [each["run"] for each in json.loads(report("--json").stdout)] == [recorded.name]
    for name in (recorded.name, recorded.name[:15], "last", recorded):
        done = report(name, "--json")
        assert (done.exit_code, json.loads(done.stdout)["run"]) == (0, recorded.name), name
    one = json.loads(report("fails", "--json").stdout)
    assert [each["client"] for each in one["clients"]] == ["fails"]
    assert one["summary"] == {"clients": 1, "fail": 1}


def test_the_command_writes_every_kind_of_file_for_the_user_alone(recorded, tmp_path):
    page, table, them = tmp_path / "all.html", tmp_path / "all.csv", tmp_path / "them"
    done = report("last", "--html", page, "--csv", table, "--customers", them)
    assert done.exit_code == 0, done.output
    assert "5 clients" in page.read_text()
    names = {each.name for each in them.iterdir()}
    assert names == {f"{name}.html" for name in fleet_events.CLIENTS}
    for file in (page, table, *them.iterdir()):
        assert file.stat().st_mode & 0o777 == 0o600
    assert report("fine", "--html", tmp_path / "fine.html").exit_code == 0
    assert "Your data are in Invoice Ninja 5." in (tmp_path / "fine.html").read_text()


def test_a_client_is_shown_from_its_newest_run_that_was_no_plan(state):
    for number, plan in (("0", False), ("1", True)):
        recorder = records.begin("run", [{"name": "a", "batch": 1}], plan=plan)
        recorder.finish({"schema": 1, "clients": []}, 0)
        recorder.folder.rename(state / f"2026010{number}T000000-run-1")
    assert history.find("a", inventory=Path("nowhere")).report["run"] == "20260100T000000-run-1"
    shutil.rmtree(state / "20260100T000000-run-1")
    assert history.find("a", inventory=Path("nowhere")).report["plan"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("nobody",),
            r"There is no run and no client 'nobody' in .* \(clients: .*fails.*\)\. Mend it with: `./cli\.py report",
        ),
        (("2",), "'2' is the beginning of 2 runs"),
        (("./nowhere",), r"There is no folder \./nowhere"),
        (("--html", "x.html"), "--html needs a RUN or a CLIENT"),
        (("--awx-events", "nowhere.json"), "nowhere.json cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_reported_says_why(recorded, state, arguments, said):
    old = state / "20200101T000000-run-1"
    old.mkdir()
    (old / "result.json").write_text('{"schema": 1, "clients": [{"client": "old", "status": "ok"}]}')
    done = report(*arguments)
    assert done.exit_code == 2
    assert re.search(said, done.stderr), done.stderr


def test_a_run_that_cannot_be_read_does_not_hide_the_others(recorded, state):
    new = state / "29990101T000000-run-1"
    new.mkdir()
    (new / "run.json").write_text('{"schema": 99}')
    said = report().stdout
    assert recorded.name in said
    assert "was written by a newer Ninjalift (schema 99" in said
    assert json.loads(report("fails", "--json").stdout)["run"] == recorded.name


def test_a_page_that_cannot_be_written_is_a_sentence(recorded, tmp_path):
    done = report("last", "--html", tmp_path / "no" / "page.html")
    assert done.exit_code == 2
    assert "cannot be written: No such file or directory" in done.stderr


def test_a_strange_name_of_a_client_leads_to_no_other_folder(tmp_path, recorded):
    found = history.find("last", inventory=Path("nowhere"))
    found.report["clients"][0]["client"] = "../../outside"
    written = history.write(found, html=None, table=None, customers=tmp_path / "them")
    assert {each.parent for each in written} == {tmp_path / "them"}


def test_the_command_line_does_it_without_an_inventory(recorded):
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "report", "last"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 clients: " in done.stdout
