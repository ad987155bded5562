"""Days that may not suit an event are warned of, and others are not."""

from __future__ import annotations

from datetime import date

import pytest

from tests.planning.facts import event
from var_outreach.agenda.model import EventState
from var_outreach.planning.day_warnings import (
    Awkward,
    day_warnings,
    event_warnings,
    warnings_of_agenda,
)
from var_outreach.planning.school_holidays import load_school_holidays
from var_outreach.settings import config_dir

SCHOOLS = load_school_holidays(config_dir() / "school-holidays.yaml")
TODAY = date(2025, 1, 6)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2025-07-07", []),
        ("2025-03-22", [Awkward.WEEKEND]),
        ("2025-04-21", [Awkward.PUBLIC_HOLIDAY]),
        ("2025-05-29", [Awkward.PUBLIC_HOLIDAY]),
        ("2025-05-30", [Awkward.DAY_AFTER]),
        ("2025-05-28", [Awkward.DAY_BEFORE]),
        ("2025-10-20", [Awkward.SCHOOL_HOLIDAY]),
        ("2025-12-24", [Awkward.DAY_BEFORE, Awkward.SCHOOL_HOLIDAY]),
        ("2025-12-26", [Awkward.PUBLIC_HOLIDAY, Awkward.SCHOOL_HOLIDAY]),
        ("2028-03-16", [Awkward.UNKNOWN]),
    ],
)
def test_a_day_has_its_warnings(day: str, why: list[Awkward]) -> None:
    assert [one.why for one in day_warnings(date.fromisoformat(day), None, SCHOOLS)] == why


def test_warnings_are_in_both_languages() -> None:
    (bridge,) = day_warnings(date(2025, 5, 30), None, SCHOOLS)
    assert bridge.in_words() == "vrijdag 30 mei 2025 is de dag na Hemelvaartsdag"
    assert bridge.in_words("en") == "Friday 30 May 2025 is the day after Ascension Day"
    (school,) = day_warnings(date(2025, 10, 20), None, SCHOOLS)
    assert school.in_words().endswith("valt in de herfstvakantie van regio Midden")
    (unknown,) = day_warnings(date(2028, 3, 16), None, SCHOOLS)
    assert unknown.in_words("en") == "no school holidays known for 2027-2028"


def test_of_several_days_each_reason_is_named_once() -> None:
    found = day_warnings(date(2025, 10, 16), date(2025, 10, 21), SCHOOLS)
    assert [(one.why, one.on.day) for one in found] == [
        (Awkward.WEEKEND, 18),
        (Awkward.SCHOOL_HOLIDAY, 18),
    ]


@pytest.mark.parametrize("state", [EventState.CANCELLED, EventState.POSTPONED, EventState.HELD])
def test_what_is_off_or_over_is_not_warned_of(state: EventState) -> None:
    assert event_warnings(event("2025-10-20"), SCHOOLS, today=TODAY)
    assert not event_warnings(event("2025-10-20", state=state), SCHOOLS, today=TODAY)
    assert not event_warnings(event("2025-10-20"), SCHOOLS, today=date(2025, 10, 21))
    assert not event_warnings(event(None), SCHOOLS, today=TODAY)


def test_that_a_year_is_not_known_is_said_once_for_all_its_events() -> None:
    agenda = [event("2028-03-16"), event("2028-05-18"), event("2025-10-20")]
    found = warnings_of_agenda(agenda, SCHOOLS, today=TODAY)
    assert [(one and str(one.on_date), warning.why) for one, warning in found] == [
        ("2025-10-20", Awkward.SCHOOL_HOLIDAY),
        (None, Awkward.UNKNOWN),
    ]
