"""When an issue of the newsletter is due, and what holds for whatever period is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.facts import (
    NEWS,
    SILENT,
    ZONE,
    asked,
    at,
    event,
    history,
    issues,
    with_cadence,
)
from var_outreach.planning.due import NewsFact
from var_outreach.planning.plan import plan
from var_outreach.planning.rules import Rules

YEAR = {"since": datetime(2025, 1, 1, tzinfo=UTC), "until": datetime(2025, 12, 31, tzinfo=UTC)}


def test_the_newsletter_once_a_month_and_nine_months_a_year(rules: Rules) -> None:
    past = history(news=NEWS, readers=400)
    monthly = issues(rules, at("2025-01-01"), past=past, **YEAR)
    assert [due.key for due in monthly][:3] == [
        "newsletter:2025-01-07", "newsletter:2025-02-04", "newsletter:2025-03-04",
    ]  # fmt: skip
    assert len(monthly) == 12
    assert {due.count for due in monthly} == {400}
    nine = "FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,9,10,11;BYDAY=1TU"
    assert len(issues(with_cadence(rules, nine), at("2025-01-01"), past=past, **YEAR)) == 9


def test_an_issue_on_a_holiday_goes_the_working_day_after_under_its_own_key(rules: Rules) -> None:
    # Monday 21 April 2025 is Easter Monday.
    mondays = with_cadence(rules, "FREQ=MONTHLY;BYDAY=3MO")
    found = {due.key: due for due in issues(mondays, at("2025-01-01"), past=history(), **YEAR)}
    assert found["newsletter:2025-04-21"].due_at == at("2025-04-22")
    assert found["newsletter:2025-04-21"].issue_on == date(2025, 4, 22)
    any_day = with_cadence(rules, "FREQ=MONTHLY;BYDAY=3MO", working_days_only=False)
    found = {due.key: due for due in issues(any_day, at("2025-01-01"), past=history(), **YEAR)}
    assert found["newsletter:2025-04-21"].due_at == at("2025-04-21")


@pytest.mark.parametrize(
    ("news", "now", "expected"),
    [
        ([], at("2025-02-01"), "planned"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-01"), "to draft"),
        ([], at("2025-02-04"), "skipped"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-04"), "due"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-10"), "overdue"),
        ([("2024-11-20", "2024-11-20")], at("2025-02-04"), "skipped"),  # too old
        ([("2025-02-05", "2025-02-04")], at("2025-02-04"), "skipped"),  # not yet
        ([("2025-01-20", "2025-02-20")], at("2025-02-21"), "skipped"),  # found too late
    ],
)
def test_an_empty_issue_is_skipped(
    rules: Rules, news: Sequence[tuple[str, str]], now: datetime, expected: str
) -> None:
    found = tuple(NewsFact(date.fromisoformat(dated), at(on)) for dated, on in news)
    dues = issues(rules, now, past=history(news=found), **YEAR)
    assert {due.key: due.state for due in dues}["newsletter:2025-02-04"] == expected


def test_no_issue_from_before_the_installation(rules: Rules) -> None:
    begun = at("2025-06-10")
    dues = issues(rules, begun, past=history(news=NEWS, started_at=begun), **YEAR)
    assert dues[0].key == "newsletter:2025-07-01"


days = st.dates(date(2024, 7, 1), date(2026, 6, 30))
cadences = st.sampled_from(
    [
        "FREQ=MONTHLY;BYDAY=1TU",
        "FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,9,10,11;BYDAY=1TU",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=TH",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26",
        "FREQ=DAILY;INTERVAL=10",
    ]
)


@settings(max_examples=120, deadline=None)
@given(on=days, asked_on=days, first=days, length=st.integers(0, 400), cadence=cadences)
def test_what_is_due_does_not_depend_on_the_period_that_is_asked(
    rules: Rules, on: date, asked_on: date, first: date, length: int, cadence: str
) -> None:
    own = with_cadence(rules, cadence)
    now = at(asked_on, 12)
    past = history(SILENT, news=NEWS, readers=3)
    agenda = [event(on.isoformat())]
    whole = plan(
        agenda, own, past, now, ZONE,
        since=datetime(2024, 1, 1, tzinfo=UTC), until=datetime(2028, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    since, until = at(first, 0), at(first + timedelta(days=length), 23, 59)
    part = plan(agenda, own, past, now, ZONE, since=since, until=until)
    assert list(part) == [due for due in whole if since <= due.due_at <= until]
    assert len({due.key for due in whole}) == len(whole)


@settings(max_examples=120, deadline=None)
@given(on=days, asked_on=days)
def test_nothing_is_due_twice_or_on_a_day_off(rules: Rules, on: date, asked_on: date) -> None:
    dues = asked(rules, at(asked_on), event(on.isoformat())).values()
    for due in dues:
        assert due.due_at.astimezone(ZONE).weekday() < 5
        assert due.draft_at <= due.due_at
        assert due.until is not None
    order = [due.kind for due in sorted(dues, key=lambda due: due.due_at)]
    assert order == [kind for kind in rules.default.steps if kind in order]
