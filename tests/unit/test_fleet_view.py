"""What a person reads: plain lines, the live table, the report and the plan."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from fleet import board, estimate, report
from fleet.events import Progress, Started, Step
from fleet.exits import Exit
from fleet.outcome import Outcome
from fleet.view import Live, Plain

COLOR = re.compile(r"\x1b\[(?:\d+;)*[349]\d\d?m")
STEP = {"client": "c1", "host": "v4", "play": "Upgrade V4", "role": "v4", "action": "command"}


def step(task, status, message="", seconds=0.0, play="Upgrade V4"):
    return Step(**{**STEP, "play": play}, task=task, status=status, seconds=seconds, message=message)


HAPPENED = [
    Started("v4", "Upgrade V4", "Look"),
    step("Look", "ok"),
    step("Back up", "changed", seconds=2.44),
    step("Leave out", "skipped"),
    step("Show", "ok", "WARN  storage\n        chown it"),
    Started("v5", "Import", "Watch"),
    Progress("queued", "", 0),
    Progress("running", "clients", 5),
    Progress("failed", "invoices", 13, "Missing resource key: clients_9"),
    step("Watch", "failed", "The import failed.", play="Import"),
]
PLAIN = """\
c1: == Upgrade V4
c1: + Back up (2.4 s)
c1: WARN  storage
c1:         chown it
c1: == Import
c1: import queued (0 of 22 resources done)
c1: import running clients (5 of 22 resources done)
c1: import failed invoices (13 of 22 resources done) because Missing resource key: clients_9
c1: x Watch: The import failed.
"""


def test_plain_lines():
    stream = io.StringIO()
    view = Plain(stream)
    for what in HAPPENED:
        view("c1", what)
    assert stream.getvalue() == PLAIN


def test_a_plan_says_would():
    stream = io.StringIO()
    view = Plain(stream, plan=True)
    view("c1", step("Back up", "changed"))
    view("c1", step("Say it", "changed", "The code is replaced."))
    view("c1", step("Look", "failed", "It is not there."))
    assert stream.getvalue() == ("c1: == Upgrade V4\nc1: + Back up (would change)\nc1: + The code is replaced.\n")


def drawn(**options):
    console = Console(file=io.StringIO(), force_terminal=True, width=140, **options)
    with Live(["c1", "c2"], console=console) as live:
        for what in HAPPENED:
            live("c1", what)
        console.print(live.table())
    return console.file.getvalue()


def test_the_table_shows_steps_and_progress(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = drawn(color_system="standard")
    line = next(line for line in text.splitlines() if "Import: Watch" in line)
    assert "13/22 invoices" in line
    assert "c1: x Watch: The import failed." in text
    assert "waiting" in text
    assert COLOR.search(text)


@pytest.mark.parametrize("width", [60, 80, 109, 110, 200])
def test_the_table_fits_the_terminal(width):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)
    live = Live(["c1", "a_client_with_a_long_name"], console=console)
    live("c1", Started("v5", "Import the company into V5", "Watch the import until its end is proven"))
    live("c1", Progress("running", "recurring_invoices", 9))
    with console.capture() as captured:
        console.print(live.table())
    heading, first, second, caption = captured.get().splitlines()
    assert heading.split()[:4] == ["client", "steps", "changed", "now"]
    assert first.startswith("c1 ")
    assert "9/22 recurring_" in first
    assert second.startswith("a_client_with_a")
    assert "waiting" in second
    assert caption.strip().endswith("Ctrl-C stops after the running step")
    assert max(len(line) for line in (heading, first, second, caption)) <= width


def test_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOR.search(drawn(color_system="standard"))


def results():
    failed = Outcome("c1", "fail", "The disk is full. Mend it with: `df -h`", "df -h", "Back up", changed=1)
    away = Outcome("c2", "unreachable", "v5 cannot be reached by SSH: refused.", "ssh v5 true", "Look")
    return [failed, away, Outcome("c3", "ok"), Outcome("c4", "warn", changed=2)]


def test_report():
    assert report.text("upgrade", results(), Path("/runs/1")) == (
        "c1: upgrade FAILED\n"
        "  The disk is full. Mend it with: `df -h` (step 'Back up')\n"
        "c2: upgrade UNREACHABLE\n"
        "  v5 cannot be reached by SSH: refused. (step 'Look')\n"
        "  Mend it with: `ssh v5 true`\n"
        "c3: upgrade done: nothing had to be changed\n"
        "c4: upgrade done, with warnings: 2 steps changed something\n"
        "Record of the run: /runs/1"
    )


def test_plan():
    steps = [
        {"play": "Prepare", "host": "v5", "task": "Make", "status": "changed", "message": ""},
        {"play": "Prepare", "host": "v5", "task": "Say", "status": "changed", "message": "It is replaced."},
        {"play": "Prepare", "host": "v5", "task": "Look", "status": "ok", "message": ""},
    ]
    [outcome] = [Outcome("c1", "ok", changed=2, steps=steps, unforeseen=["Migrate", "Check"])]
    assert report.plan([outcome], Path("/runs/1")) == (
        "c1: 2 steps would change something\n"
        "  Prepare\n"
        "    v5: Make\n"
        "    v5: It is replaced.\n"
        "  These stages build on the changes above and cannot be foreseen before they are made:\n"
        "    Migrate\n"
        "    Check\n"
        "Nothing was changed.\n"
        "Record of the run: /runs/1"
    )


def test_the_document_has_what_docs_promise():
    document = json.loads(report.dumped(report.document("upgrade", results(), Exit.FAIL, Path("/runs/1"))))
    assert {key: document[key] for key in ("schema", "verb", "plan", "exit")} == {
        "schema": 1,
        "verb": "upgrade",
        "plan": False,
        "exit": 3,
    }
    keys = {"client", "status", "message", "remedy", "failed_step", "error_id", "changed", "steps", "findings"}
    assert keys < set(document["clients"][0])
    assert document["clients"][0]["remedy"] == "df -h"


def test_a_refusal_is_a_document_too():
    document = json.loads(report.refusal("run", Exit.USAGE, "There is none.", "./cli.py init", plan=True))
    assert (document["exit"], document["message"], document["remedy"]) == (2, "There is none.", "./cli.py init")
    assert set(report.document("run", [], Exit.OK, Path("/runs/1"))) <= set(document)


# Many clients


def board_of(kind, **options):
    pace = estimate.Pace(2)
    made = kind(["c1", "c2", "c3", "c4"], pace, **options)
    for name in ("c1", "c2", "c3"):
        pace.expect(name, 600)
        made.begins(name, 1)
    made.knows("c1", {"clients": 100, "invoices": 1000})
    made.stage("c1", stage="migrate", state="started")
    made("c1", Started("v5", "Import", "Watch"))
    made("c1", Progress("running", "clients", 5))
    made.rows["c1"].imports_since -= 60
    made("c1", Progress("running", "invoices", 13))
    made("c2", step("Install", "changed"))
    made.ends("c2", Outcome("c2", "ok"), 130)
    made.ends("c3", Outcome("c3", "fail", "The disk is full."), 20)
    return made


def test_lines_for_many_clients():
    stream = io.StringIO()
    board_of(board.PlainBoard, stream=stream)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "c1: migrate started"
    assert lines[1] == "c1: import running clients (5 of 22 resources done)"
    # 100 clients took 60 s at 110 ms; 1,000 invoices are 42 ms each.
    assert lines[2] == "c1: import running invoices (13 of 22 resources done); about 4 min left"
    assert lines[3] == "[1/4] c2: done in 2 min, 1 steps changed something"
    assert lines[5] == "[2/4] c3: FAILED in under a minute: The disk is full."
    assert "1 done, 1 not done, 1 under way, 1 waiting; about 15 min left" in lines


@pytest.mark.parametrize(("width", "wide"), [(140, True), (80, False)])
def test_a_table_for_many_clients(width, wide, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=30)
    made = board_of(board.LiveBoard, console=console)
    with made:
        console.print(made.table())
    text = console.file.getvalue()
    assert not COLOR.search(text)
    line = next(line for line in text.splitlines() if line.lstrip("\x1b[?25l\r").startswith("c1 "))
    assert "migrate" in line
    assert "import 13/22 invoices" in line
    bare = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert bool(re.search(r"time +changed +now", bare)) is wide
    assert "1 done, 1 not done, 1 under way, 1 waiting" in text
    assert "c2: done in 2 min" in text
    assert not any(line.startswith("c2 ") for line in text.splitlines()), "who has ended is not in the table"


def test_more_clients_than_lines():
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=10)
    names = [f"c{number}" for number in range(30)]
    made = board.LiveBoard(names, estimate.Pace(30), console=console)
    for name in names:
        made.begins(name, 1)
    console.print(made.table())
    assert "26 more; 30 under way" in console.file.getvalue()
