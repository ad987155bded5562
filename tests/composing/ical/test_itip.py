"""What a request, a cancellation and a declined counter-proposal say, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.composing.ical.entries import CONFERENTIE, LEERHUIS, SAVE_THE_DATE, all_kinds
from tests.judges.icaljs import read_calendar
from tests.judges.libical import check_calendar
from var_outreach.composing.ical import (
    CalendarFacts,
    compose_cancel,
    compose_declinecounter,
    compose_request,
)
from var_outreach.errors import InputError


@pytest.mark.parametrize("facts", [LEERHUIS, SAVE_THE_DATE, CONFERENTIE], ids=lambda f: f.summary)
def test_libical_accepts_every_kind(facts: CalendarFacts) -> None:
    kinds = all_kinds(facts)
    assert {name: check_calendar(calendar) for name, calendar in kinds.items()} == {
        name: [] for name in kinds
    }


def test_request_invites_one_person_by_name() -> None:
    (event,) = read_calendar(compose_request(LEERHUIS))
    assert event["method"] == "REQUEST"
    assert event["organizer"] is not None
    assert event["organizer"]["address"] == LEERHUIS.organizer_address
    assert event["organizer"]["name"] == LEERHUIS.organizer_name
    assert event["attendees"] == [
        {
            "address": LEERHUIS.attendee_address,
            "name": LEERHUIS.attendee_name,
            "partstat": "NEEDS-ACTION",
            "role": "REQ-PARTICIPANT",
            "rsvp": "TRUE",
        }
    ]
    assert (event["status"], event["transp"]) == ("CONFIRMED", "OPAQUE")


def test_update_carries_the_answer_that_still_counts() -> None:
    (event,) = read_calendar(compose_request(replace(LEERHUIS, sequence=3, partstat="ACCEPTED")))
    assert event["sequence"] == 3
    assert event["attendees"][0]["partstat"] == "ACCEPTED"


def test_save_the_date_is_tentative_free_and_asks_no_answer() -> None:
    (event,) = read_calendar(compose_request(SAVE_THE_DATE))
    assert event["date_only"]
    assert (event["start"], event["end"]) == ("2025-10-16", "2025-10-17")
    assert (event["status"], event["transp"]) == ("TENTATIVE", "TRANSPARENT")
    assert event["attendees"][0]["rsvp"] == "FALSE"
    assert b"VTIMEZONE" not in compose_request(SAVE_THE_DATE)


def test_tentative_event_with_hours_keeps_its_hours() -> None:
    (event,) = read_calendar(compose_request(replace(LEERHUIS, tentative=True)))
    assert (event["status"], event["transp"]) == ("TENTATIVE", "OPAQUE")


def test_cancel_of_the_event_says_so_and_cancel_of_one_person_does_not() -> None:
    (whole,) = read_calendar(compose_cancel(replace(LEERHUIS, sequence=1, cancelled_event=True)))
    (person,) = read_calendar(compose_cancel(replace(LEERHUIS, sequence=1)))
    assert (whole["method"], whole["status"]) == ("CANCEL", "CANCELLED")
    assert (person["method"], person["status"]) == ("CANCEL", "")
    assert whole["uid"] == person["uid"] == LEERHUIS.uid
    for event in (whole, person):
        assert [one["address"] for one in event["attendees"]] == [LEERHUIS.attendee_address]
        assert event["attendees"][0]["rsvp"] == "FALSE"


def test_declinecounter_names_the_event_only() -> None:
    calendar = compose_declinecounter(LEERHUIS, "Nee, want de zaal is besteld; tot dan")
    (event,) = read_calendar(calendar)
    assert (event["method"], event["uid"]) == ("DECLINECOUNTER", LEERHUIS.uid)
    assert event["attendees"] == []
    assert b"COMMENT;LANGUAGE=nl:Nee\\, want de zaal is besteld\\; tot dan\r\n" in calendar


def test_method_version_and_prodid_stand_before_the_components() -> None:
    for calendar in all_kinds(LEERHUIS).values():
        lines = calendar.split(b"\r\n")
        assert lines[0] == b"BEGIN:VCALENDAR"
        assert [line.partition(b":")[0] for line in lines[1:4]] == [
            b"METHOD",
            b"VERSION",
            b"PRODID",
        ]


def test_same_facts_give_the_same_bytes() -> None:
    assert all_kinds(LEERHUIS) == all_kinds(replace(LEERHUIS))


def test_missing_names_are_filled_by_the_address() -> None:
    facts = replace(LEERHUIS, organizer_name=" \n", attendee_name=None)
    (event,) = read_calendar(compose_request(facts))
    assert event["organizer"] is not None
    assert event["organizer"]["name"] == LEERHUIS.organizer_address
    assert event["attendees"][0]["name"] == LEERHUIS.attendee_address


@pytest.mark.parametrize("compose", [compose_request, compose_cancel])
def test_mail_without_attendee_is_refused(compose: Callable[[CalendarFacts], bytes]) -> None:
    with pytest.raises(InputError, match="no attendee"):
        compose(replace(LEERHUIS, attendee_address=None))


def test_request_for_an_event_that_is_off_is_refused() -> None:
    with pytest.raises(InputError, match="off"):
        compose_request(replace(LEERHUIS, cancelled_event=True))
