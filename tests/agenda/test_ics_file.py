"""Agenda entries from an iCalendar file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agenda.plan_texts import KINDS, ZONE
from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.ics_file import read_ics
from var_outreach.agenda.ics_recurrence import MOST
from var_outreach.errors import FileError


def calendar(*events: str) -> bytes:
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//"]
    for number, event in enumerate(events):
        rows += ["BEGIN:VEVENT", f"UID:{number}@example"]
        rows += [row.strip() for row in event.strip().split("\n")] + ["END:VEVENT"]
    return "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()


def read(*events: str) -> AgendaFile:
    return read_ics(calendar(*events), KINDS, zone=ZONE, name="a.ics")


def test_a_date_stays_date_only_and_dtend_is_exclusive() -> None:
    file = read(
        "SUMMARY:Leerhuis\nDTSTART;VALUE=DATE:20260407\nDTEND;VALUE=DATE:20260408",
        "SUMMARY:Training\nDTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260603",
    )
    one, two = file.entries
    assert (one.on_date, one.starts_at, one.kind, one.line) == (
        date(2026, 4, 7),
        None,
        "leerhuis",
        4,
    )
    assert (one.source_id, dict(one.extra), file.year) == ("0@example", {}, 2026)
    assert two.extra["ends_on"] == date(2026, 6, 2)
    assert two.line == 10


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART:20260707T073000Z",
        "DTSTART;TZID=Europe/Amsterdam:20260707T093000",
        'DTSTART;TZID="W. Europe Standard Time":20260707T093000',
        "DTSTART;TZID=W. Europe Standard Time:20260707T093000",
        "DTSTART:20260707T093000",
    ],
)
def test_zones_also_by_their_windows_names(start: str) -> None:
    (entry,) = read(
        f"SUMMARY:Webinar\\, over alles\n{start}\nDURATION:PT2H\nLOCATION:De Kuip"
    ).entries
    assert entry.starts_at == datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 7, 7, 9, 30, tzinfo=UTC)
    assert (entry.title, entry.kind, entry.place) == ("Webinar, over alles", "webinar", "De Kuip")


def test_a_cancelled_event_is_kept_as_cancelled() -> None:
    (entry,) = read("SUMMARY:Leerhuis\nDTSTART;VALUE=DATE:20260407\nSTATUS:CANCELLED").entries
    assert entry.extra["state"] == "cancelled"
    assert entry.notes


def test_a_repeating_event_keeps_its_local_hour_over_the_clock_change() -> None:
    file = read(
        "SUMMARY:Training\nDTSTART;TZID=Europe/Amsterdam:20260301T093000\nDURATION:PT1H\n"
        "RRULE:FREQ=MONTHLY;COUNT=4\nEXDATE;TZID=Europe/Amsterdam:20260501T093000"
    )
    assert [e.starts_at for e in file.entries] == [
        datetime(2026, 3, 1, 8, 30, tzinfo=UTC), datetime(2026, 4, 1, 7, 30, tzinfo=UTC),
        datetime(2026, 6, 1, 7, 30, tzinfo=UTC),
    ]  # fmt: skip
    assert len({e.source_id for e in file.entries}) == 3


def test_an_endless_rule_stops_at_the_end_of_the_year_or_at_the_cap() -> None:
    yearly = read("SUMMARY:Leerhuis\nDTSTART;VALUE=DATE:20261001\nRRULE:FREQ=MONTHLY")
    assert [str(e.on_date) for e in yearly.entries] == ["2026-10-01", "2026-11-01", "2026-12-01"]
    assert "loopt door na 2026" in yearly.entries[0].notes[0]
    daily = read("SUMMARY:Training\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY")
    assert len(daily.entries) == MOST
    assert "afgekapt" in daily.entries[0].notes[0]


def test_a_moved_occurrence_replaces_the_one_of_the_rule() -> None:
    data = calendar(
        "SUMMARY:Leerhuis\nDTSTART:20260407T073000Z\nRRULE:FREQ=WEEKLY;COUNT=3",
        "SUMMARY:Leerhuis later\nDTSTART:20260415T073000Z\nRECURRENCE-ID:20260414T073000Z",
    ).replace(b"UID:1@", b"UID:0@")
    file = read_ics(data, KINDS, zone=ZONE, name="a.ics")
    assert sorted(str(e.on_date) for e in file.entries) == [
        "2026-04-07",
        "2026-04-15",
        "2026-04-21",
    ]
    assert {e.source_id for e in file.entries} >= {"0@example#20260414T073000Z"}


@pytest.mark.parametrize(
    "event",
    ["SUMMARY:Kapot\nDTSTART:2026zz", "SUMMARY:Kapot",
     "SUMMARY:Kapot\nDTSTART:20260407T073000Z\nRRULE:FREQ=SECONDLY",
     "SUMMARY:Kapot\nDTSTART:20260407T073000Z\nRRULE:FREQ=NOOIT"],
)  # fmt: skip
def test_an_event_that_cannot_be_read_is_reported_with_its_line(event: str) -> None:
    file = read("SUMMARY:Leerhuis\nDTSTART;VALUE=DATE:20260407", event)
    assert [e.title for e in file.entries] == ["Leerhuis"]
    assert [(p.line, p.text) for p in file.unreadable] == [(9, "Kapot")]


@pytest.mark.parametrize(
    "data", [b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"geen agenda", b"BEGIN:VCALENDAR"]
)
def test_what_is_no_calendar_is_one_error(data: bytes) -> None:
    with pytest.raises(FileError) as caught:
        read_ics(data, KINDS, zone=ZONE, name="a.ics")
    assert caught.value.where.startswith("a.ics")
    assert caught.value.remedy


def test_a_file_that_breaks_off_says_where() -> None:
    data = calendar(
        "SUMMARY:Leerhuis\nDTSTART;VALUE=DATE:20260407",
        "SUMMARY:Webinar\nDTSTART;VALUE=DATE:20260507",
    )
    with pytest.raises(FileError, match="breaks off") as caught:
        read_ics(data[: data.rindex(b"SUMMARY")], KINDS, zone=ZONE, name="a.ics")
    assert caught.value.where == "a.ics:9"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_makes_the_reader_crash(data: st.DataObject) -> None:
    whole = calendar(
        "SUMMARY:Leerhuis\nDTSTART;TZID=Europe/Amsterdam:20260407T093000\nRRULE:FREQ=DAILY;COUNT=3"
    )
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    broken = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    where = "a.ics"
    try:
        read_ics(broken, KINDS, zone=ZONE, name="a.ics")
    except FileError as error:
        where = error.where
    assert where.startswith("a.ics")
