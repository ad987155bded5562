"""Feeds and entry files: nobody is named, what is off is marked, the order does not matter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.composing.ical.entries import CONFERENTIE, LEERHUIS, SAVE_THE_DATE
from tests.judges.icaljs import read_calendar
from tests.judges.libical import check_calendar
from var_outreach.composing.ical import compose_publish, entry_file
from var_outreach.errors import InputError

OFF = replace(LEERHUIS, cancelled_event=True, sequence=1)


def test_feed_lists_events_in_order_with_their_status_and_no_attendee() -> None:
    calendar = compose_publish([OFF, SAVE_THE_DATE, CONFERENTIE], "Agenda; van de VAR")
    read = read_calendar(calendar)
    assert [event["uid"] for event in read] == [CONFERENTIE.uid, SAVE_THE_DATE.uid, OFF.uid]
    assert [event["status"] for event in read] == ["CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert [event["transp"] for event in read] == ["OPAQUE", "TRANSPARENT", "TRANSPARENT"]
    assert {event["method"] for event in read} == {"PUBLISH"}
    assert {event["calendar_name"] for event in read} == {"Agenda; van de VAR"}
    assert b"ATTENDEE" not in calendar
    assert b"voorbeeldstad" not in calendar


def test_feed_is_the_same_in_any_order() -> None:
    events = [OFF, SAVE_THE_DATE, CONFERENTIE]
    assert compose_publish(events, "A") == compose_publish(events[::-1], "A")


def test_feed_says_how_often_to_come_back_and_when_it_changed() -> None:
    calendar = compose_publish([LEERHUIS, CONFERENTIE], "A", refresh_hours=4)
    head = calendar.partition(b"BEGIN:VTIMEZONE")[0]
    for line in (
        b"NAME;LANGUAGE=nl:A",
        b"X-WR-CALNAME:A",
        b"X-WR-TIMEZONE:Europe/Amsterdam",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        b"X-PUBLISHED-TTL:PT4H",
        b"LAST-MODIFIED:20251001T120000Z",
    ):
        assert line + b"\r\n" in head


def test_empty_feed_is_a_calendar_that_readers_accept() -> None:
    calendar = compose_publish([], "Leeg")
    assert read_calendar(calendar) == []
    assert check_calendar(calendar) == []
    assert b"BEGIN:VTIMEZONE" in calendar  # RFC 5545 3.6 asks for at least one component


def test_two_events_with_one_uid_are_refused() -> None:
    with pytest.raises(InputError, match="more than once"):
        compose_publish([LEERHUIS, OFF], "A")


def test_interval_below_an_hour_is_refused() -> None:
    with pytest.raises(InputError, match="below one hour"):
        compose_publish([], "A", refresh_hours=0)


def test_entry_file_holds_one_event_and_makes_no_calendar() -> None:
    calendar = entry_file(CONFERENTIE)
    (event,) = read_calendar(calendar)
    assert (event["uid"], event["attendees"]) == (CONFERENTIE.uid, [])
    assert event["location"] == CONFERENTIE.online_url
    assert b"CALNAME" not in calendar
    assert b"\r\nNAME" not in calendar
