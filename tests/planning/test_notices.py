"""Of what staff are told, when, and once."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from tests.planning.facts import ZONE, at
from var_outreach.planning.notices import Concern, Notice, Stop, Waiting, due_notices, stop_key

FRIDAY = "2025-03-14"
HELD = Waiting(Concern.HELD, "invitation:a", "invitation")
ALSO_HELD = Waiting(Concern.HELD, "reminder:b", "reminder")
FAILED = Waiting(Concern.FAILED, "update:c:1", "update")
STOP = Stop("smtp", at(FRIDAY, 7), at(FRIDAY, 7, 15), "the server is away")


def due(
    now: datetime,
    *waiting: Waiting,
    told: dict[str, frozenset[str]] | None = None,
    stops: tuple[Stop, ...] = (),
    working_days_only: bool = True,
) -> tuple[Notice, ...]:
    return due_notices(
        waiting, stops, told or {}, now, ZONE, at=time(8), working_days_only=working_days_only
    )


def keys(notices: tuple[Notice, ...]) -> list[str]:
    return [one.key for one in notices]


def test_on_a_day_on_which_nothing_waits_there_is_none() -> None:
    assert due(at(FRIDAY, 9)) == ()


def test_one_a_day_of_all_that_waits_with_what_is_held_first() -> None:
    (notice,) = due(at(FRIDAY, 8), FAILED, ALSO_HELD, HELD)
    assert (notice.key, notice.tells_all) == ("staff-notice:2025-03-14", True)
    assert notice.waiting == (HELD, ALSO_HELD, FAILED)
    assert notice.held == (HELD.key, ALSO_HELD.key)
    told = {notice.key: frozenset(notice.held)}
    assert due(at(FRIDAY, 17), HELD, ALSO_HELD, FAILED, told=told) == ()


@pytest.mark.parametrize(
    ("day", "working_days_only", "expected"),
    [
        ("2025-03-15", True, False),
        ("2025-03-15", False, True),
        ("2025-04-21", True, False),  # Easter Monday
        ("2025-04-22", True, True),
    ],
)
def test_days_off(day: str, working_days_only: bool, expected: bool) -> None:
    found = due(at(day, 9), FAILED, working_days_only=working_days_only)
    assert bool(found) is expected


def test_the_hour_is_that_of_the_wall_clock() -> None:
    before = at(FRIDAY, 8) - timedelta(seconds=1)
    assert due(before, FAILED) == ()
    assert keys(due(at(FRIDAY, 8), FAILED)) == ["staff-notice:2025-03-14"]
    assert keys(due(at("2025-07-14", 8), FAILED)) == ["staff-notice:2025-07-14"]


def test_what_is_newly_held_is_told_of_at_once_and_once() -> None:
    (notice,) = due(at("2025-03-15", 23), HELD, FAILED)
    assert (notice.key, notice.waiting) == ("staff-notice:held:invitation:a", (HELD,))
    assert not notice.tells_all
    told = {notice.key: frozenset(notice.held)}
    assert due(at("2025-03-16", 23), HELD, FAILED, told=told) == ()
    (second,) = due(at("2025-03-16", 23), HELD, ALSO_HELD, told=told)
    assert second.waiting == (ALSO_HELD,)
    assert keys(due(at("2025-03-17", 8), HELD, told=told)) == ["staff-notice:2025-03-17"]


def test_what_is_held_after_the_mail_of_the_day_is_told_of_the_same_day() -> None:
    told = {"staff-notice:2025-03-14": frozenset({HELD.key})}
    (notice,) = due(at(FRIDAY, 14), HELD, ALSO_HELD, told=told)
    assert notice.waiting == (ALSO_HELD,)


def test_each_pause_has_a_notice_whatever_the_hour() -> None:
    (notice,) = due(at("2025-03-15", 3), stops=(STOP,))
    assert notice.key == "staff-notice:pause:smtp:2025-03-14T06:00:00Z"
    assert notice.stop is STOP
    assert len(due(at(FRIDAY, 9), HELD, stops=(STOP,))) == 2


def test_a_pause_that_comes_to_take_a_person_is_told_of_again() -> None:
    assert stop_key(Stop("smtp", STOP.since, None, "login")) == f"{stop_key(STOP)}:person"
