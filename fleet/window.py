"""``--window 22:00-05:00``: when something new may start, by the clock on the wall of a time zone."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .exits import UsageError

HELP = "./cli.py run --help"
TIMES = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")
DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """Every day from ``start`` to ``end``, which is on the next day where it is not later.

    zone: None for this machine's own.
    """

    start: datetime.time
    end: datetime.time
    zone: ZoneInfo | None = None

    def span(self, day: datetime.date) -> tuple:
        """When the window that begins on this day opens and closes, in UTC; the same twice where it does not open.

        A time that the clock passes twice (the end of daylight saving) is its first pass, so a window is never longer
        than it says; one that the clock jumps over is the moment of the jump.
        """
        last = day if self.end > self.start else day + DAY
        opens = self._moment(datetime.datetime.combine(day, self.start))
        return opens, max(opens, self._moment(datetime.datetime.combine(last, self.end)))

    def closes(self, now: datetime.datetime) -> datetime.datetime | None:
        """When the window that is open now closes; None where none is open. now: with its zone."""
        today = self._local(now).date()
        for day in (today - DAY, today):
            opens, closes = self.span(day)
            if opens <= now < closes:
                return closes
        return None

    def opens(self, now: datetime.datetime) -> datetime.datetime:
        """When a window opens next."""
        day = self._local(now).date() - DAY
        while True:
            opens, closes = self.span(day)
            if opens > now and closes > opens:
                return opens
            day += DAY

    def told(self, moment: datetime.datetime) -> str:
        """A moment for a person, in the window's zone: ``Fri 22:00 CET``."""
        return f"{self._local(moment):%a %H:%M %Z}".rstrip()

    def _local(self, moment: datetime.datetime) -> datetime.datetime:
        return moment.astimezone(self.zone)

    def _moment(self, wall: datetime.datetime) -> datetime.datetime:
        """The first moment at which the wall's clock shows this, or has jumped over it, in UTC."""
        while True:
            moment = (wall.replace(tzinfo=self.zone) if self.zone else wall).astimezone(datetime.timezone.utc)
            if self._local(moment).replace(tzinfo=None) == wall:
                return moment
            wall += MINUTE  # the hour that is left out in spring


def parse(text: str) -> Window:
    """Read ``22:00-05:00``, or ``22:00-05:00 Europe/Berlin``. Raises UsageError."""
    times, _, zone = text.strip().partition(" ")
    found = TIMES.fullmatch(times)
    try:
        if not found:
            raise ValueError
        start, end = (
            datetime.time(int(hour), int(minute)) for hour, minute in (found.groups()[:2], found.groups()[2:])
        )
    except ValueError:
        said = f"'{text}' is no window; it takes 22:00-05:00, or '22:00-05:00 Europe/Berlin'."
        raise UsageError(said, HELP) from None
    if start == end:
        raise UsageError(f"The window '{text}' ends when it begins.", HELP)
    try:
        return Window(start, end, ZoneInfo(zone.strip()) if zone.strip() else None)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"'{zone.strip()}' is no time zone that this machine knows.", "timedatectl list-timezones"
        ) from None
