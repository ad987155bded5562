"""Dates and hours in Dutch text."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from var_outreach.agenda.dutch_dates import MONTH_NAMES, dutch, find_dates, weekday_problem
from var_outreach.agenda.dutch_times import find_times


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.booleans())
def test_a_date_is_found_as_it_is_written(day: date, numeric: bool) -> None:
    text = f"{day.day:02}-{day.month:02}-{day.year}" if numeric else dutch(day)
    found = find_dates(f"Leerhuis op {text} in de zaal")
    assert [one.on(1) for one in found] == [day]
    assert found[0].text == text


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("7 en 21 april 2026", [(7, 4, 2026), (21, 4, 2026)]),
        ("7, 14 en 21 april 2026", [(7, 4, 2026), (14, 4, 2026), (21, 4, 2026)]),
        ("7 april en 7 juli 2026", [(7, 4, 2026), (7, 7, 2026)]),
        ("9.30 - 12.00 uur", []),
        ("7 meiden en 12 decembermaanden", []),
        ("versie 1.2.3 van 24/7", []),
        ("actieplan 2024-2026", []),
    ],
)
def test_lists_and_what_is_no_date(text: str, days: list[tuple[int, int, int]]) -> None:
    assert [(one.day, one.month, one.year) for one in find_dates(text)] == days


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("7 en 8 april 2026", (8, 4, 2026)),
        ("7-9 april 2026", (9, 4, 2026)),
        ("30 april en 1 mei 2026", (1, 5, 2026)),
        ("30 december - 2 januari 2027", (2, 1, 2027)),
        ("07-04-2026 t/m 08-04-2026", (8, 4, 2026)),
    ],
)
def test_ranges(text: str, until: tuple[int, int, int]) -> None:
    (found,) = find_dates(text)
    assert found.until == until


def test_an_impossible_date_is_found_and_has_no_day() -> None:
    (found,) = find_dates("31 april 2026 Webinar")
    assert found.on(2026) is None
    assert find_dates("29 februari")[0].on(2028) == date(2028, 2, 29)


def test_weekday_and_part_of_the_day() -> None:
    (found,) = find_dates("Op donderdagochtend 16 oktober 2025")
    assert (found.weekday, found.day_part) == (3, "ochtend")
    assert weekday_problem(found, date(2025, 10, 16)) is None
    assert weekday_problem(found, date(2025, 10, 17)) is not None


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("9.30 - 12.00 uur", time(9, 30), time(12)),
        ("van 14 tot 16 uur", time(14), time(16)),
        ("van 9.00 tot 10.30", time(9), time(10, 30)),
        ("14u00", None, None),
        ("14:00", time(14), None),
        ("13 uur", time(13), None),
    ],
)
def test_hours(text: str, begins: time | None, ends: time | None) -> None:
    found = find_times(text)
    assert (found[0].begins if found else None) == begins
    assert (found[0].ends if found else None) == ends


def test_hours_that_do_not_exist_or_run_back_are_said() -> None:
    assert "bestaat niet" in (find_times("25.00 uur")[0].wrong or "")
    back = find_times("10:00-9:00")[0]
    assert (back.begins, back.ends) == (time(10), None)
    assert back.wrong is not None


def test_numbers_are_no_hours() -> None:
    assert find_times("3 tot 5 deelnemers, groep 2, 23 gemeenten, nr. 4.50") == ()


@given(st.text(alphabet="0123456789 .:-/tmuren" + "".join(MONTH_NAMES), max_size=60))
def test_no_text_makes_them_crash(text: str) -> None:
    for found in find_dates(text):
        assert 0 <= found.start < found.end <= len(text)
        found.on(2026)
        found.until_on(2026)
    for hours in find_times(text):
        assert 0 <= hours.start < hours.end <= len(text)
