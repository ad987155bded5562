"""An event as the entry in a calendar, and the same bytes from it later on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar

from var_outreach.agenda.facts import EventFacts, ProgrammeLine
from var_outreach.agenda.model import EventState
from var_outreach.composing.calendar_entry import (
    CANCEL,
    REQUEST,
    freeze_calendar,
    frozen_calendar,
    invitee_entry,
    public_entry,
)
from var_outreach.composing.ical.facts import CalendarFacts
from var_outreach.composing.samples import SAMPLE_EVENT, SAMPLE_NETWORK
from var_outreach.errors import InputError

AT = datetime(2025, 10, 1, 9, 0, tzinfo=UTC)


def entry(event: EventFacts = SAMPLE_EVENT, **changes: object) -> CalendarFacts:
    values = {
        "uid": "x@agenda.example", "sequence": 0, "organizer_name": "VAR",
        "organizer_address": "agenda@var.example", "attendee_name": "Voorbeeld",
        "attendee_address": "a@gemeente.example", "answer_url": "https://var.example/a/1",
        "partstat": "NEEDS-ACTION", "rsvp": True, "language": "nl", **changes,
    }  # fmt: skip
    return invitee_entry(event, SAMPLE_NETWORK, **values)  # type: ignore[arg-type]


def read(data: bytes) -> Any:
    return Calendar.from_ical(data)


EVENTS = {
    "timed": SAMPLE_EVENT,
    "date only": replace(SAMPLE_EVENT, starts_at=None, ends_at=None, doors_at=None),
    "two days": replace(SAMPLE_EVENT, until_date=date(2025, 11, 18), starts_at=None, ends_at=None),
    "online": replace(SAMPLE_EVENT, place=None, address=None, online_url="https://x.example/v"),
}


def test_nobody_is_invited_to_what_is_off() -> None:
    off = entry(replace(SAMPLE_EVENT, state=EventState.CANCELLED))
    with pytest.raises(InputError, match="the event is off"):
        frozen_calendar(freeze_calendar(off, REQUEST), AT)
    assert b"METHOD:CANCEL" in frozen_calendar(freeze_calendar(off, CANCEL), AT)


@pytest.mark.parametrize("name", sorted(EVENTS))
@pytest.mark.parametrize("method", [REQUEST, CANCEL])
def test_what_was_frozen_gives_the_same_bytes_for_ever(name: str, method: str) -> None:
    frozen = freeze_calendar(entry(EVENTS[name]), method)
    kept = json.loads(json.dumps(frozen))
    assert "dtstamp" not in kept, "a delivery has its own"
    assert frozen_calendar(kept, AT) == frozen_calendar(frozen, AT)
    calendar = read(frozen_calendar(kept, AT))
    (event,) = calendar.walk("VEVENT")
    assert (str(calendar["METHOD"]), str(event["UID"])) == (method, "x@agenda.example")
    assert event["DTSTAMP"].dt == AT


def test_a_date_without_hours_stays_one() -> None:
    (event,) = read(frozen_calendar(freeze_calendar(entry(EVENTS["date only"]), REQUEST), AT)).walk(
        "VEVENT"
    )
    assert event["DTSTART"].dt == date(2025, 11, 17)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (ProgrammeLine("09.30", "10.00", "Inloop"), "09.30-10.00 Inloop"),
        (ProgrammeLine("09.30", "", "Inloop"), "09.30 Inloop"),
        (ProgrammeLine("", "", "Inloop"), "Inloop"),
    ],
)
def test_the_programme_shows_the_hours_it_has(line: ProgrammeLine, shown: str) -> None:
    described = entry(replace(SAMPLE_EVENT, programme=(line,))).description
    assert shown in described.split("\n")


def test_the_public_entry_is_nobodys_own() -> None:
    facts = public_entry(SAMPLE_EVENT, SAMPLE_NETWORK)
    assert (facts.uid, facts.attendee_address) == (SAMPLE_EVENT.series_uid, None)
    assert facts.url.endswith(f"/agenda/{SAMPLE_EVENT.key}")
