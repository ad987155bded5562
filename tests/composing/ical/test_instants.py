"""Readers that are not ours see the instants we meant, in winter, in summer and at the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from tests.composing.ical.entries import SAVE_THE_DATE, moment
from tests.judges.icaljs import read_calendars
from tests.judges.libical import check_calendar
from var_outreach.composing.ical import CalendarFacts, compose_publish, compose_request
from var_outreach.composing.ical.zones import compose_timezone
from var_outreach.errors import InputError

# The clock changes at 01:00 UTC on these days.
CHANGES = [
    date(2024, 3, 31),
    date(2024, 10, 27),
    date(2025, 3, 30),
    date(2025, 10, 26),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2038, 3, 28),
    date(2041, 10, 27),
]


def around_changes() -> list[datetime]:
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in CHANGES]
    steps = [timedelta(minutes=15 * count) for count in range(-8, 20)]
    days = [timedelta(days=count, hours=9) for count in (-7, -1, 1, 7)]
    return [midnight + step for midnight in midnights for step in [*steps, *days]]


def through_the_year() -> list[datetime]:
    return [datetime(2025, 1, 1, 8, 30, tzinfo=UTC) + timedelta(days=5 * n) for n in range(73)]


def iso(instant: datetime) -> str:
    return instant.isoformat()


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Amsterdam",
        "Europe/Lisbon",
        "Europe/Dublin",
        "Europe/Helsinki",
        "Atlantic/Azores",
        "Asia/Kolkata",
        "UTC",
    ],
)
def test_ical_js_reads_the_instants_we_meant(zone: str) -> None:
    starts = [*around_changes(), *through_the_year()]
    calendars = [compose_request(moment(at, at + timedelta(hours=2), zone)) for at in starts]
    read = read_calendars(calendars)
    seen = [(event["start"], event["end"]) for (event,) in read]
    assert seen == [(iso(at), iso(at + timedelta(hours=2))) for at in starts]
    assert {event["tzid"] for (event,) in read} - {""} == {zone}


def test_icalendar_and_libical_read_them_too() -> None:
    for at in around_changes()[::5]:
        calendar = compose_request(moment(at, at + timedelta(hours=2)))
        assert check_calendar(calendar) == []
        (event,) = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        assert isinstance(start, datetime)
        assert isinstance(end, datetime)
        assert start.astimezone(UTC) == at
        assert end.astimezone(UTC) == at + timedelta(hours=2)


def test_winter_and_summer_carry_their_local_hour() -> None:
    winter = compose_request(moment(datetime(2025, 1, 15, 8, 30, tzinfo=UTC)))
    summer = compose_request(moment(datetime(2025, 7, 15, 8, 30, tzinfo=UTC)))
    assert b"DTSTART;TZID=Europe/Amsterdam:20250115T093000\r\n" in winter
    assert b"DTSTART;TZID=Europe/Amsterdam:20250715T103000\r\n" in summer


def test_the_hour_shown_twice_is_written_in_utc() -> None:
    first, second = (datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1))
    for at in (first, second):
        calendar = compose_request(moment(at, at + timedelta(hours=3)))
        assert f"DTSTART:{at:%Y%m%dT%H%M%S}Z\r\n".encode() in calendar
        assert f"DTEND:{at + timedelta(hours=3):%Y%m%dT%H%M%S}Z\r\n".encode() in calendar
        assert b"TZID" not in calendar


def test_start_without_end_has_no_end() -> None:
    at = datetime(2025, 7, 15, 8, 30, tzinfo=UTC)
    ((event,),) = read_calendars([compose_request(moment(at))])
    assert (event["start"], event["end"]) == (iso(at), None)


def test_date_only_is_the_same_date_everywhere() -> None:
    days = [date(2025, 1, 1) + timedelta(days=7 * count) for count in range(60)]
    days += [*CHANGES, date(2024, 2, 29), date(2025, 12, 31)]
    read = read_calendars([compose_request(replace(SAVE_THE_DATE, on_date=day)) for day in days])
    assert [(event["start"], event["end"]) for (event,) in read] == [
        (day.isoformat(), (day + timedelta(days=1)).isoformat()) for day in days
    ]


def test_feed_over_years_and_zones_reads_right() -> None:
    def entry(number: int, at: datetime, zone: str) -> CalendarFacts:
        return replace(moment(at, at + timedelta(hours=1), zone), uid=f"{number:04}@var.example")

    starts = sorted(around_changes())
    zones = ["Europe/Amsterdam", "Europe/Helsinki", "Asia/Kolkata"]
    events = [entry(n, at, zones[n % 3]) for n, at in enumerate(starts)]
    calendar = compose_publish(reversed(events), "Alles")
    (read,) = read_calendars([calendar])
    assert [event["start"] for event in read] == [iso(at) for at in starts]
    assert calendar.count(b"BEGIN:VTIMEZONE") == 3
    assert check_calendar(calendar) == []


def test_time_zone_is_a_rule_and_never_a_list() -> None:
    lines = compose_timezone("Europe/Amsterdam", {2025, 2026})
    assert lines == (
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Amsterdam",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19701025T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


def test_zone_without_summer_time_is_one_standard() -> None:
    lines = compose_timezone("Asia/Kolkata", {2025})
    assert lines[2:] == (
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0530",
        "TZOFFSETTO:+0530",
        "TZNAME:IST",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


@pytest.mark.parametrize(
    ("zone", "years", "why"),
    [
        ("America/New_York", {2025}, "European rule"),
        ("Africa/Casablanca", {2025}, "European rule"),
        ("America/Nuuk", {2025}, "Sunday"),
        ("Europe/Amsterdam", {1990}, "European rule"),
        ("Europe/Istanbul", {2015, 2025}, "European rule"),
        ("Europe/Istanbul", {2013, 2025}, "differs between 2013 and 2025"),
    ],
)
def test_zone_that_no_rule_of_ours_fits_is_refused(zone: str, years: set[int], why: str) -> None:
    with pytest.raises(InputError, match=why):
        compose_timezone(zone, years)
