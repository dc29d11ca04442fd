"""Which client begins when; the clients are threads that wait for a word."""

import datetime
import queue
import threading
from types import SimpleNamespace

import pytest

from fleet import batch
from fleet.exits import UsageError
from fleet.outcome import Outcome
from fleet.runner import Stopping
from fleet.window import parse

SOON = 20  # seconds that a thing may take that should happen at once


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(batch, "PATIENCE", 0.01)


def clients(number):
    return [SimpleNamespace(name=f"c{each}") for each in range(1, number + 1)]


class Night:
    """A run in a thread: tests see who began, let clients end, and read what was said."""

    def __init__(self, number, rules=None, **options):
        self.began, self.said, self.left_out = queue.Queue(), queue.Queue(), []
        self.ends = {each.name: queue.Queue() for each in clients(number)}
        self.stopping = Stopping()
        self.schedule = batch.Schedule(
            clients(number),
            self.work,
            rules or batch.Rules(),
            self.stopping,
            again="./cli.py run --all --execute",
            say=self.said.put,
            left_out=lambda client, outcome: self.left_out.append(client.name),
            **options,
        )
        self.results = queue.Queue()
        threading.Thread(target=lambda: self.results.put(self.schedule.run()), daemon=True).start()

    def work(self, client, number):
        self.began.put((client.name, number))
        return Outcome(client.name, self.ends[client.name].get(timeout=SOON))

    def next(self):
        return self.began.get(timeout=SOON)

    def end(self, name, status="ok"):
        self.ends[name].put(status)

    def none_begins(self):
        """Nobody begins though the schedule had many looks."""
        with self.schedule.changed:
            for _ in range(20):
                self.schedule.changed.wait(0.01)
        assert self.began.empty()

    def ended(self):
        return {each.client: each for each in self.results.get(timeout=SOON)}


def rules(**given):
    return batch.rules(**{"parallel": 5, "batches": None, "max_fail": None, "window": None, **given})


def test_no_more_than_so_many_at_once():
    night = Night(4, rules(parallel=2))
    assert {night.next(), night.next()} == {("c1", 1), ("c2", 1)}
    night.none_begins()
    night.end("c2")
    assert night.next() == ("c3", 1)
    night.none_begins()
    for name in ("c1", "c3", "c4"):
        night.end(name)
    assert [each.status for each in night.ended().values()] == ["ok"] * 4


def test_a_failure_stops_nobody_else():
    night = Night(3, rules(parallel=1))
    for name, status in (("c1", "fail"), ("c2", "broken"), ("c3", "ok")):
        assert night.next() == (name, 1)
        night.end(name, status)
    assert [each.status for each in night.ended().values()] == ["fail", "broken", "ok"]


def test_work_that_raises_is_an_end_too():
    night = Night(2, rules(parallel=1))
    night.next()
    night.schedule.work = lambda client, number: 1 / 0
    night.end("c1")
    ended = night.ended()
    assert ended["c2"].message == "Ninjalift itself failed at c2: ZeroDivisionError: division by zero."


def test_results_are_in_the_order_asked_for():
    night = Night(3)
    for name in ("c3", "c1", "c2"):
        night.end(name)
    assert list(night.ended()) == ["c1", "c2", "c3"]


@pytest.mark.parametrize(
    ("batches", "total", "sizes"),
    [
        ("1,25%,100%", 20, [1, 5, 14]),
        ("1,25%,100%", 1, [1]),
        ("1,25%,100%", 3, [1, 1, 1]),
        ("100%", 7, [7]),
        ("2,3", 10, [2, 3, 3, 2]),
        ("50%", 5, [2, 2, 1]),
        ("1%", 3, [1, 1, 1]),
    ],
)
def test_batches(batches, total, sizes):
    assert [len(each) for each in batch.split(clients(total), rules(batches=batches).batches)] == sizes
    assert [each.name for part in batch.split(clients(total), rules(batches=batches).batches) for each in part] == [
        each.name for each in clients(total)
    ]


def test_a_batch_begins_when_the_one_before_has_ended():
    night = Night(4, rules(batches="1,100%"))
    assert night.next() == ("c1", 1)
    assert night.said.get(timeout=SOON) == "Batch 1 of 2: 1 of 4 clients"
    night.none_begins()
    night.end("c1")
    assert {night.next() for _ in range(3)} == {("c2", 2), ("c3", 2), ("c4", 2)}
    for name in ("c2", "c3", "c4"):
        night.end(name)
    assert len(night.ended()) == 4


def test_a_canary_that_fails_holds_the_rest():
    night = Night(3, rules(batches="1,100%"))
    night.next()
    night.end("c1", "fail")
    ended = night.ended()
    assert [each.status for each in ended.values()] == ["fail", "held", "held"]
    assert ended["c2"].message == "c2 was not begun: every client of the batch before failed."
    assert ended["c2"].remedy == "./cli.py run --all --execute"
    assert night.left_out == ["c2", "c3"]


def test_without_batches_all_may_fail():
    night = Night(2, rules(parallel=1))
    for name in ("c1", "c2"):
        night.next()
        night.end(name, "fail")
    assert [each.status for each in night.ended().values()] == ["fail", "fail"]


@pytest.mark.parametrize(
    ("max_fail", "failing", "begun"),
    [
        ("10%", ["c1"], 10),
        ("10%", ["c1", "c2"], 2),
        ("2", ["c1", "c2"], 10),
        ("2", ["c1", "c2", "c3"], 3),
        ("0", ["c1"], 1),
    ],
)
def test_too_many_failures_hold_the_rest(max_fail, failing, begun):
    night = Night(10, rules(parallel=1, max_fail=max_fail))
    for number in range(1, begun + 1):
        name, _ = night.next()
        assert name == f"c{number}"
        night.end(name, "fail" if name in failing else "ok")
    ended = night.ended()
    assert sum(each.status == "held" for each in ended.values()) == 10 - begun
    if begun < 10:
        assert "--max-fail allows" in ended["c10"].message


def test_a_percentage_is_of_the_batch_and_a_number_of_the_run():
    night = Night(4, rules(parallel=1, batches="2", max_fail="50%"))
    for name, status in (("c1", "fail"), ("c2", "ok"), ("c3", "fail"), ("c4", "ok")):
        assert night.next()[0] == name
        night.end(name, status)
    assert all(each.status != "held" for each in night.ended().values())
    night = Night(4, rules(parallel=1, batches="2", max_fail="1"))
    for name, status in (("c1", "fail"), ("c2", "ok"), ("c3", "fail")):
        assert night.next()[0] == name
        night.end(name, status)
    assert night.ended()["c4"].status == "held"


def test_running_ones_end_when_the_rest_is_held():
    night = Night(4, rules(parallel=3, max_fail="0"))
    assert {night.next()[0] for _ in range(3)} == {"c1", "c2", "c3"}
    night.end("c1", "fail")
    night.none_begins()
    night.end("c2")
    night.end("c3")
    assert [each.status for each in night.ended().values()] == ["fail", "ok", "ok", "held"]


def test_asked_to_stop_nobody_begins_and_the_running_ones_end():
    night = Night(3, rules(parallel=1))
    night.next()
    night.stopping.ask()
    night.none_begins()
    night.end("c1", "stopped")
    ended = night.ended()
    assert [each.status for each in ended.values()] == ["stopped", "stopped", "stopped"]
    assert ended["c3"].message == "c3 was not begun: the run was stopped by hand."


def test_a_hindrance_holds_the_rest():
    full = threading.Event()
    night = Night(3, rules(parallel=1), hindered=lambda: "the disk is full" if full.is_set() else "")
    night.next()
    full.set()
    night.end("c1")
    assert "the disk is full" in night.ended()["c2"].message


class Clock:
    def __init__(self, text):
        self.time = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)

    def __call__(self):
        return self.time


def test_the_window_is_waited_for_and_its_end_holds_the_rest():
    clock = Clock("2026-11-26T18:00")
    night = Night(3, rules(parallel=1, window=parse("22:00-05:00 UTC")), now=clock)
    assert night.said.get(timeout=SOON) == "Waiting for the window, which opens Thu 22:00 UTC; Ctrl-C ends this"
    night.none_begins()
    clock.time += datetime.timedelta(hours=4)
    assert night.next()[0] == "c1"
    night.end("c1")
    assert night.next()[0] == "c2"
    clock.time += datetime.timedelta(hours=7)
    night.none_begins()
    night.end("c2")
    ended = night.ended()
    assert [each.status for each in ended.values()] == ["ok", "ok", "held"]
    assert ended["c3"].message == "c3 was not begun: the window is over; the next one opens Fri 22:00 UTC."
    assert night.said.empty()


def test_a_stop_ends_the_waiting_for_the_window():
    night = Night(2, rules(window=parse("22:00-05:00 UTC")), now=Clock("2026-11-26T18:00"))
    night.said.get(timeout=SOON)
    night.stopping.ask()
    assert [each.status for each in night.ended().values()] == ["stopped", "stopped"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"batches": "0"},
        {"batches": "1,,2"},
        {"batches": "101%"},
        {"batches": "x"},
        {"max_fail": "-1"},
        {"max_fail": "101%"},
    ],
)
def test_what_is_no_rule(wrong):
    with pytest.raises(UsageError) as caught:
        rules(**wrong)
    assert caught.value.remedy
