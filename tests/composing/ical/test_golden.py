"""Calendars as they leave us, byte for byte; UPDATE_GOLDEN=1 writes them anew, for review."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.composing.ical.entries import CONFERENTIE, LEERHUIS, SAVE_THE_DATE
from tests.judges.icaljs import read_calendar
from tests.judges.libical import check_calendar
from var_outreach.composing import ical

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "ical"

_LATER = timedelta(days=14)
_MOVED = replace(
    LEERHUIS,
    sequence=1,
    dtstamp=LEERHUIS.dtstamp + _LATER,
    on_date=date(2025, 11, 24),
    starts_at=datetime(2025, 11, 24, 8, 30, tzinfo=UTC),
    ends_at=datetime(2025, 11, 24, 11, 0, tzinfo=UTC),
    last_modified=LEERHUIS.dtstamp + _LATER,
)
_TAKEN_OFF = replace(LEERHUIS, sequence=1, partstat="ACCEPTED", dtstamp=_MOVED.dtstamp)
_OFF = replace(_MOVED, sequence=2, partstat="ACCEPTED", cancelled_event=True)

CALENDARS = {
    "request-timed": ical.compose_request(LEERHUIS),
    "request-save-the-date": ical.compose_request(SAVE_THE_DATE),
    "update": ical.compose_request(_MOVED),
    "cancel-event": ical.compose_cancel(_OFF),
    "cancel-one-person": ical.compose_cancel(_TAKEN_OFF),
    "declinecounter": ical.compose_declinecounter(LEERHUIS, "Het leerhuis blijft om 9.30 uur."),
    "publish-feed": ical.compose_publish(
        [_OFF, SAVE_THE_DATE, CONFERENTIE],
        "Agenda van de VAR",
        description="Bijeenkomsten van de VeiligheidsAlliantie regio Rotterdam",
        url="https://agenda.var.example/",
    ),
    "entry-file": ical.entry_file(CONFERENTIE),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_calendar_is_the_golden_one(name: str) -> None:
    golden = GOLDEN / f"{name}.ics"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(CALENDARS[name])
    assert CALENDARS[name] == golden.read_bytes()


def test_every_golden_file_has_a_calendar() -> None:
    assert {path.stem for path in GOLDEN.glob("*.ics")} == set(CALENDARS)


@pytest.mark.parametrize("name", CALENDARS)
def test_libical_has_nothing_against_the_golden_file(name: str) -> None:
    assert check_calendar((GOLDEN / f"{name}.ics").read_bytes()) == []


def test_update_has_the_same_uid_and_organizer_and_a_higher_sequence() -> None:
    (first,) = read_calendar(CALENDARS["request-timed"])
    (second,) = read_calendar(CALENDARS["update"])
    assert first["uid"] == second["uid"]
    assert first["organizer"] == second["organizer"]
    assert (first["sequence"], second["sequence"]) == (0, 1)
    assert second["start"] == "2025-11-24T08:30:00+00:00"
