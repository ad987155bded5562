"""Facts that contradict each other, or that a header could not hold, are refused at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.composing.ical.entries import LEERHUIS
from var_outreach.composing.ical import CalendarFacts, compose_request
from var_outreach.errors import InputError

_STARTS = datetime(2025, 11, 17, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"uid": ""}, "UID"),
        ({"uid": "a\r\nATTENDEE:mailto:x@y.example"}, "UID"),
        ({"sequence": -1}, "SEQUENCE"),
        ({"partstat": "MAYBE"}, "PARTSTAT"),
        ({"language": "nl:x"}, "language"),
        ({"zone": "Europe/Nergens"}, "time zone"),
        ({"zone": "../passwd"}, "time zone"),
        ({"zone": ""}, "time zone"),
        ({"dtstamp": datetime(2025, 1, 1)}, "dtstamp"),
        ({"starts_at": datetime(2025, 11, 17, 8, 30)}, "starts_at"),
        ({"starts_at": None}, "starts at none"),
        ({"ends_at": _STARTS}, "ends before"),
        ({"ends_at": _STARTS - timedelta(hours=1)}, "ends before"),
        ({"on_date": date(2025, 11, 18)}, "another date"),
        ({"organizer_address": "agenda"}, "address"),
        ({"organizer_address": "a@b.example\r\nX: y"}, "address"),
        ({"attendee_address": "a@b.example:x"}, "address"),
        ({"attendee_address": 'a"b@c.example'}, "address"),
        ({"attendee_address": "a\x7fb@c.example"}, "address"),
        ({"attendee_address": "<a@c.example> NOTIFY=NEVER"}, "address"),
        ({"url": "javascript:alert(1)"}, "https"),
        ({"url": "agenda"}, "https"),
        ({"online_url": "https://"}, "https"),
    ],
)
def test_impossible_facts_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        replace(LEERHUIS, **changes)
    assert caught.value.remedy


def test_instants_become_whole_seconds_of_utc() -> None:
    amsterdam = timezone(timedelta(hours=1))
    facts = replace(LEERHUIS, starts_at=datetime(2025, 11, 17, 9, 30, 0, 999, tzinfo=amsterdam))
    assert facts == LEERHUIS
    assert facts.starts_at is not None
    assert facts.starts_at.tzinfo is UTC


def test_date_near_midnight_is_the_local_one() -> None:
    late = datetime(2025, 7, 1, 22, 30, tzinfo=UTC)  # half past midnight on 2 July in Amsterdam
    facts = replace(LEERHUIS, starts_at=late, ends_at=None, on_date=date(2025, 7, 2))
    assert b"DTSTART;TZID=Europe/Amsterdam:20250702T003000\r\n" in compose_request(facts)


def test_facts_cannot_change_afterwards() -> None:
    facts: CalendarFacts = LEERHUIS
    with pytest.raises(AttributeError):
        facts.sequence = 5  # type: ignore[misc]
