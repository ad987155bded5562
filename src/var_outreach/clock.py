"""Every reading of the time: real, or moved by a rehearsal or a test.

*Reads*: the system clock. *Writes*: nothing. *Next*: everybody takes a ``Clock`` as an argument;
no other file may call ``datetime.now``, ``date.today`` or ``time.time``. Time is stored as aware
UTC and planned and shown in the zone of the settings.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the instant as an aware UTC datetime."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the instant as an aware UTC datetime."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that stands still until it is moved; it never runs back."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant as an aware UTC datetime."""
        with self._lock:
            return self._now

    def move_to(self, instant: datetime) -> None:
        """Set the time to ``instant`` unless that lies in the past of this clock."""
        with self._lock:
            self._now = max(self._now, instant.astimezone(UTC))

    def advance(self, step: timedelta) -> None:
        """Move the time forward by ``step``."""
        self.move_to(self.now() + step)


def at_local(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the wall clock in ``zone`` shows ``moment`` on ``day``.

    A moment that the clock skips in spring is taken as the one an hour later, one that it shows
    twice in autumn as the first of the two (PEP 495, fold=0).
    """
    return datetime.combine(day, moment, tzinfo=zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar date on which ``instant`` falls in ``zone``."""
    return instant.astimezone(zone).date()
