"""When something new may start: over midnight, and where the clock jumps."""

import datetime
import time

import pytest

from fleet.exits import UsageError
from fleet.window import parse

BERLIN = " Europe/Berlin"


def utc(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("window", "now", "closes"),
    [
        # Berlin is an hour before UTC in winter.
        ("22:00-05:00" + BERLIN, "2026-11-26T20:59", None),
        ("22:00-05:00" + BERLIN, "2026-11-26T21:00", "2026-11-27T04:00"),
        ("22:00-05:00" + BERLIN, "2026-11-27T03:59", "2026-11-27T04:00"),
        ("22:00-05:00" + BERLIN, "2026-11-27T04:00", None),
        ("09:30-17:00" + BERLIN, "2026-11-27T12:00", "2026-11-27T16:00"),
        ("09:30-17:00" + BERLIN, "2026-11-27T16:30", None),
        ("00:00-23:59" + BERLIN, "2026-11-27T22:59", None),
        # The night of 25 October 2026 has an hour more, that of 29 March 2026 one less.
        ("22:00-05:00" + BERLIN, "2026-10-24T20:00", "2026-10-25T04:00"),
        ("22:00-05:00" + BERLIN, "2026-03-28T21:00", "2026-03-29T03:00"),
        # 02:30 comes twice: the first one ends the window, and it does not open again.
        ("22:00-02:30" + BERLIN, "2026-10-24T23:00", "2026-10-25T00:30"),
        ("22:00-02:30" + BERLIN, "2026-10-25T01:15", None),
        # It begins in the hour that comes twice, with the first one.
        ("02:30-04:00" + BERLIN, "2026-10-25T00:30", "2026-10-25T03:00"),
        # 02:30 does not come: the jump, at 01:00 UTC, takes its place.
        ("22:00-02:30" + BERLIN, "2026-03-29T00:59", "2026-03-29T01:00"),
        ("22:00-02:30" + BERLIN, "2026-03-29T01:00", None),
        ("02:30-04:00" + BERLIN, "2026-03-29T01:00", "2026-03-29T02:00"),
        ("02:10-02:50" + BERLIN, "2026-03-29T01:00", None),
        # A zone west of UTC, and one whose jump is half an hour.
        ("22:00-05:00 America/New_York", "2026-11-27T03:30", "2026-11-27T10:00"),
        ("02:00-02:45 Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T15:45"),
    ],
)
def test_open_or_not(window, now, closes):
    assert parse(window).closes(utc(now)) == (utc(closes) if closes else None)


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        ("22:00-05:00" + BERLIN, "2026-11-26T12:00", "2026-11-26T21:00"),
        ("22:00-05:00" + BERLIN, "2026-11-26T22:00", "2026-11-27T21:00"),
        ("22:00-05:00" + BERLIN, "2026-11-26T21:00", "2026-11-27T21:00"),
        ("22:00-05:00" + BERLIN, "2026-03-28T23:00", "2026-03-29T20:00"),
        # A window that lies in the hour that is left out does not open that day.
        ("02:10-02:50" + BERLIN, "2026-03-28T12:00", "2026-03-30T00:10"),
    ],
)
def test_the_next_time(window, now, opens):
    assert parse(window).opens(utc(now)) == utc(opens)


def test_this_machine_s_own_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        window = parse("22:00-05:00")
        assert window.closes(utc("2026-11-26T16:30")) == utc("2026-11-26T23:30")
        assert window.told(utc("2026-11-26T16:30")) == "Thu 22:00 IST"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text", ["22-5", "25:00-03:00", "22:00-22:00", "22:00-05:60", "", "22:00-05:00 Nowhere/Land", "a"]
)
def test_what_is_no_window(text):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.remedy
