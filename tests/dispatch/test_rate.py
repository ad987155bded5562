"""No more messages a minute than were set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from var_outreach.clock import MovableClock
from var_outreach.dispatch.rate import TokenBucket

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


def limit(per_minute: int, capacity: int = 1) -> tuple[TokenBucket, MovableClock]:
    clock = MovableClock(START)
    made = TokenBucket(
        per_minute,
        clock=clock,
        sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        capacity=capacity,
    )
    return made, clock


@pytest.mark.parametrize("per_minute", [1, 30, 7, 600])
def test_any_minute_carries_no_more_than_set(per_minute: int) -> None:
    bucket, clock = limit(per_minute)
    taken = []
    for _ in range(3 * per_minute):
        bucket.take()
        taken.append(clock.now())
    for first, beyond in zip(taken, taken[per_minute:], strict=False):
        assert beyond - first >= timedelta(seconds=60) - timedelta(milliseconds=1)
    assert taken[-1] - taken[0] <= timedelta(minutes=3)


def test_zero_is_no_limit() -> None:
    bucket, clock = limit(0)
    assert sum(bucket.take() for _ in range(1000)) == 0
    assert clock.now() == START


def test_quiet_time_fills_the_bucket_and_no_more() -> None:
    bucket, clock = limit(60, capacity=3)
    for _ in range(3):
        assert bucket.take() == 0
    clock.advance(timedelta(hours=1))
    assert [bucket.take() for _ in range(4)] == pytest.approx([0, 0, 0, 1])


def test_clock_set_back_neither_gives_nor_blocks() -> None:
    class Wrong:
        def __init__(self) -> None:
            self.instants = [START, *[START - timedelta(days=1)] * 2]

        def now(self) -> datetime:
            return self.instants.pop(0)

    waits: list[float] = []
    bucket = TokenBucket(60, clock=Wrong(), sleep=waits.append)
    for _ in range(3):
        bucket.take()
    assert waits == pytest.approx([1, 2])


def test_threads_share_the_limit() -> None:
    waits: list[float] = []
    bucket = TokenBucket(60, clock=MovableClock(START), sleep=waits.append)
    threads = [
        threading.Thread(target=lambda: [bucket.take() for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx(list(range(1, 100)))


@pytest.mark.parametrize(("per_minute", "capacity"), [(-1, 1), (1, 0)])
def test_limit_that_makes_no_sense(per_minute: int, capacity: int) -> None:
    with pytest.raises(ValueError, match="bucket"):
        limit(per_minute, capacity)
