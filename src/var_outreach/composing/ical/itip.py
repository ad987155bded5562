"""Calendar mail to one invitee: invite, update, cancel, decline a counter-proposal (RFC 5546).

*Reads*: ``CalendarFacts`` with an attendee. *Writes*: nothing. *Next*: ``attach`` makes MIME parts
of the bytes. An update is a request with the same UID and a higher SEQUENCE.
"""

from __future__ import annotations

from dataclasses import replace

from var_outreach.composing.ical.event import (
    compose_calendar,
    compose_event,
    organizer_line,
    status_of,
    zones_of,
)
from var_outreach.composing.ical.facts import CalendarFacts
from var_outreach.composing.ical.lines import content_line, text_line, utc_form
from var_outreach.errors import InputError


def compose_request(facts: CalendarFacts) -> bytes:
    """Return the REQUEST that invites, or tells what changed (RFC 5546 3.2.2).

    A date-only entry is a save the date: tentative, and it takes nobody's time.

    Raises:
        InputError: without an attendee, or when the event is off.
    """
    if facts.cancelled_event:
        raise InputError(
            "the event is off, so nobody can be invited to it",
            where=f"calendar entry {facts.uid!r}",
            remedy="Send a cancellation instead.",
        )
    event = compose_event(facts, status=status_of(facts), attendee=True)
    return compose_calendar("REQUEST", zones_of([facts]), [event])


def compose_cancel(facts: CalendarFacts) -> bytes:
    """Return the CANCEL that takes the entry away; SEQUENCE is the raised one (RFC 5546 3.2.5).

    STATUS is there only when the whole event is off: without it one person is taken off.

    Raises:
        InputError: without an attendee.
    """
    status = "CANCELLED" if facts.cancelled_event else ""
    # What is taken away asks for no answer.
    event = compose_event(replace(facts, rsvp=False), status=status, attendee=True)
    return compose_calendar("CANCEL", zones_of([facts]), [event])


def compose_declinecounter(facts: CalendarFacts, comment: str = "") -> bytes:
    """Return the DECLINECOUNTER that keeps the moment as it was (RFC 5546 3.2.8).

    ``comment`` is shown to the one who proposed another time. The event is named by its UID
    alone: neither attendee nor moment may be in it, nor SEQUENCE by the tables of libical.
    """
    event = [
        "BEGIN:VEVENT",
        text_line("UID", facts.uid),
        content_line("DTSTAMP", utc_form(facts.dtstamp)),
        organizer_line(facts),
    ]
    if comment:
        event.append(text_line("COMMENT", comment, {"LANGUAGE": facts.language}))
    return compose_calendar("DECLINECOUNTER", {}, [[*event, "END:VEVENT"]])
