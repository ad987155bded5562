"""Invented calendar entries for the tests of calendar mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from var_outreach.composing import ical
from var_outreach.composing.ical.facts import CalendarFacts

LEERHUIS = CalendarFacts(
    uid="leerhuis-2025-11-17.k3v5mzq7tq2wcn4ydbx6hj3rua@agenda.var.example",
    sequence=0,
    dtstamp=datetime(2025, 10, 6, 7, 0, tzinfo=UTC),
    on_date=date(2025, 11, 17),
    starts_at=datetime(2025, 11, 17, 8, 30, tzinfo=UTC),
    ends_at=datetime(2025, 11, 17, 11, 0, tzinfo=UTC),
    summary="Leerhuis: ondermijning, wijken en weerbaarheid",
    description="Inloop met koffie en thee om 9 uur.\n\nHet programma staat op de pagina.",
    location="Stadhuis, Burgerzaal; Coolsingel 40, Rotterdam",
    url="https://agenda.var.example/leerhuis-2025-11-17",
    organizer_name="VeiligheidsAlliantie regio Rotterdam",
    organizer_address="agenda+k3v5mzq7tq2wcn4ydbx6hj3rua@var.example",
    attendee_name="Burgemeester van Voorbeeldstad",
    attendee_address="secretariaat.burgemeester@voorbeeldstad.example",
    categories=("Leerhuis", "Zorg en veiligheid"),
    last_modified=datetime(2025, 10, 1, 12, 0, tzinfo=UTC),
)
"""A timed event in winter, as it is sent to one office."""

CONFERENTIE = replace(
    LEERHUIS,
    uid="conferentie-2025-06-12.public@agenda.var.example",
    on_date=date(2025, 6, 12),
    starts_at=datetime(2025, 6, 12, 7, 0, tzinfo=UTC),
    ends_at=datetime(2025, 6, 12, 15, 0, tzinfo=UTC),
    summary="VAR-conferentie 2025",
    description="",
    location="",
    url="https://agenda.var.example/conferentie-2025",
    online_url="https://meet.var.example/conferentie",
    organizer_address="agenda@var.example",
    categories=("Conferentie",),
)
"""A timed event in summer, online."""

SAVE_THE_DATE = replace(
    LEERHUIS,
    uid="carrousel-2025-10-16.k3v5mzq7tq2wcn4ydbx6hj3rua@agenda.var.example",
    on_date=date(2025, 10, 16),
    starts_at=None,
    ends_at=None,
    summary="Carrousel digitale veiligheid",
    description="",
    location="",
    rsvp=False,
    categories=("Carrousel",),
)
"""A date without hours."""


def moment(
    on: datetime, until: datetime | None = None, zone: str = "Europe/Amsterdam"
) -> CalendarFacts:
    """Return an entry from ``on`` until ``until``, both aware."""
    return replace(
        LEERHUIS,
        starts_at=on,
        ends_at=until,
        on_date=on.astimezone(ZoneInfo(zone)).date(),
        zone=zone,
    )


def all_kinds(facts: CalendarFacts) -> dict[str, bytes]:
    """Return every kind of calendar that can be made of ``facts`` (an event that is on)."""
    off = replace(facts, cancelled_event=True, sequence=facts.sequence + 1)
    return {
        "request": ical.compose_request(facts),
        "cancel of one person": ical.compose_cancel(replace(facts, sequence=facts.sequence + 1)),
        "cancel of the event": ical.compose_cancel(off),
        "declinecounter": ical.compose_declinecounter(facts, facts.description),
        "entry file": ical.entry_file(facts),
        "entry file, off": ical.entry_file(off),
        "feed": ical.compose_publish(
            [facts, replace(off, uid="off@agenda.var.example")], facts.summary, description="x"
        ),
    }
