"""Spreads messages over the minute.

*Reads*: a clock. *Writes*: nothing. *Next*: every dispatching thread takes a token before it sends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from var_outreach.clock import Clock


class TokenBucket:
    """Gives out ``per_minute`` tokens a minute, evenly; shared by all threads of a transport.

    The bucket holds ``capacity`` tokens: with one, any minute carries ``per_minute`` messages.
    ``per_minute`` 0 sets no limit. ``sleep`` takes seconds and may return early when the service
    stops.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Clock,
        sleep: Callable[[float], object],
        capacity: int = 1,
    ) -> None:
        if per_minute < 0 or capacity < 1:
            raise ValueError("a rate is not negative and a bucket holds at least one token")
        self._per_second = per_minute / 60
        self._capacity = capacity
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = float(capacity)
        self._read_at: datetime | None = None

    def take(self) -> float:
        """Wait for a token and return the seconds asked to wait."""
        if not self._per_second:
            return 0.0
        with self._lock:
            # A token is reserved under the lock, below zero if need be, and waited for outside it.
            self._refill()
            self._tokens -= 1
            wait = max(0.0, -self._tokens / self._per_second)
        if wait:
            self._sleep(wait)
        return wait

    def _refill(self) -> None:
        now = self._clock.now()
        if self._read_at is not None:
            # A clock set back gives nothing and takes nothing.
            elapsed = max(0.0, (now - self._read_at).total_seconds())
            self._tokens = min(float(self._capacity), self._tokens + elapsed * self._per_second)
        self._read_at = now
