"""Turns an event of the agenda into the entry that stands in a calendar.

*Reads*: event and network facts. *Writes*: nothing. *Next*: the outbox keeps an entry as JSON
beside its delivery, ``frozen_calendar`` makes the same bytes from it whenever it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.composing.facts import NetworkFacts
from var_outreach.composing.ical.facts import CalendarFacts
from var_outreach.composing.ical.itip import compose_cancel, compose_request
from var_outreach.i18n import phrases

REQUEST = "REQUEST"
CANCEL = "CANCEL"

_INSTANTS = ("dtstamp", "starts_at", "ends_at", "last_modified")
_DATES = ("on_date", "last_date")
_FIELDS = tuple(field.name for field in fields(CalendarFacts) if field.name != "dtstamp")


def public_entry(
    event: EventFacts, network: NetworkFacts, *, language: str = "nl"
) -> CalendarFacts:
    """Return the entry of ``event`` for everybody: its own UID, no attendee."""
    assert event.on_date is not None
    return CalendarFacts(
        uid=event.series_uid,
        sequence=max(event.revision, 0),
        dtstamp=event.changed_at,
        last_modified=event.changed_at,
        on_date=event.on_date,
        last_date=event.until_date,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        summary=_summary(event, language),
        description=_description(
            event, network, f"{network.base_url}/agenda/{event.key}", language
        ),
        location=_location(event),
        url=f"{network.base_url}/agenda/{event.key}",
        online_url=event.online_url or "",
        organizer_name=network.name,
        organizer_address=network.contact_address,
        tentative=event.date_only,
        cancelled_event=event.cancelled,
        zone=network.zone.key,
        language=language,
    )


def invitee_entry(
    event: EventFacts,
    network: NetworkFacts,
    *,
    uid: str,
    sequence: int,
    organizer_name: str,
    organizer_address: str,
    attendee_name: str,
    attendee_address: str,
    answer_url: str,
    partstat: str,
    rsvp: bool,
    language: str,
) -> CalendarFacts:
    """Return the entry of ``event`` for one invitee; DTSTAMP is that of the event until it is sent.

    ``rsvp`` asks for an answer: always once there are hours, before that where the kind of event
    takes early answers (CALENDAR: a date without an hour is a "save the date").
    """
    return replace(
        public_entry(event, network, language=language),
        uid=uid,
        sequence=sequence,
        description=_description(event, network, answer_url, language),
        url=answer_url,
        organizer_name=organizer_name,
        organizer_address=organizer_address,
        attendee_name=attendee_name,
        attendee_address=attendee_address,
        partstat=partstat,
        rsvp=rsvp,
    )


def freeze_calendar(facts: CalendarFacts, method: str) -> dict[str, object]:
    """Return ``facts`` and ``method`` as JSON values, without DTSTAMP: a delivery has its own."""
    frozen: dict[str, object] = {"method": method}
    # Not asdict: it copies every value, and this is done for each invitee.
    for name in _FIELDS:
        value = getattr(facts, name)
        frozen[name] = value.isoformat() if isinstance(value, date) else value
    return frozen


def frozen_calendar(frozen: Mapping[str, object], dtstamp: datetime) -> bytes:
    """Return the iCalendar bytes of what ``freeze_calendar`` kept: the same at every call."""
    values = dict(frozen)
    method = values.pop("method")
    for name in _INSTANTS:
        if isinstance(text := values.get(name), str):
            values[name] = datetime.fromisoformat(text)
    for name in _DATES:
        if isinstance(text := values.get(name), str):
            values[name] = date.fromisoformat(text)
    values["categories"] = tuple(values.get("categories") or ())  # type: ignore[arg-type]
    facts = CalendarFacts(**{**values, "dtstamp": dtstamp})  # type: ignore[arg-type]
    return compose_cancel(facts) if method == CANCEL else compose_request(facts)


def _summary(event: EventFacts, language: str) -> str:
    """Return the title; that it is to come later can be said nowhere else in an entry."""
    if event.state is not EventState.POSTPONED:
        return event.title
    words = phrases(language).gettext("Uitgesteld, datum volgt")
    return f"{words}: {event.title}"


def _location(event: EventFacts) -> str:
    return ", ".join(part for part in (event.place, event.address) if part)


def _description(event: EventFacts, network: NetworkFacts, url: str, language: str) -> str:
    _ = phrases(language).gettext
    lines = []
    if event.meant_for:
        lines.append(_("Bedoeld voor: %(whom)s") % {"whom": event.meant_for})
    for line in event.programme:
        hours = "-".join(hour for hour in (line.start, line.end) if hour)
        lines.append(f"{hours} {line.title}".strip())
    lines.append(_("Meer informatie en uw antwoord: %(url)s") % {"url": url})
    lines.append(f"{network.contact_name}, {network.phone}")
    return "\n".join(lines)
