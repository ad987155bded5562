"""The VEVENT of a calendar entry, and the VCALENDAR around it (RFC 5545 3.4 and 3.6.1).

*Reads*: ``CalendarFacts``. *Writes*: nothing. *Next*: ``itip`` (mail) and ``feed`` (pages) choose
method, status and attendee.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from var_outreach.composing.ical.facts import CalendarFacts, load_zone
from var_outreach.composing.ical.lines import (
    content_line,
    encode_lines,
    encode_uri,
    escape_text,
    quote_name,
    text_line,
    utc_form,
)
from var_outreach.composing.ical.zones import compose_timezone
from var_outreach.errors import InputError

PRODID = "-//VAR Outreach//Calendar mail//NL"


def compose_calendar(
    method: str,
    zones: Mapping[str, Collection[int]],
    events: Iterable[Sequence[str]],
    properties: Sequence[str] = (),
) -> bytes:
    """Return a VCALENDAR: its own properties, then time zones, then ``events`` (unfolded lines).

    ``zones`` maps each time zone that the events refer to (``zones_of``) to the years in which.
    """
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}", "VERSION:2.0", f"PRODID:{PRODID}"]
    lines += ["CALSCALE:GREGORIAN", *properties]
    for name, years in sorted(zones.items()):
        lines += compose_timezone(name, years)
    for event in events:
        lines += event
    lines.append("END:VCALENDAR")
    return encode_lines(lines)


def compose_event(facts: CalendarFacts, *, status: str, attendee: bool) -> list[str]:
    """Return the unfolded lines of the VEVENT.

    ``status`` is the value of STATUS, left out when empty; ``attendee`` says whether the invitee
    is named.
    """
    lines = [
        "BEGIN:VEVENT",
        text_line("UID", facts.uid),
        content_line("SEQUENCE", str(facts.sequence)),
        content_line("DTSTAMP", utc_form(facts.dtstamp)),
        *_moment_lines(facts),
        *_text_lines(facts),
        organizer_line(facts),
    ]
    if attendee:
        lines.append(_attendee_line(facts))
    if status:
        lines.append(content_line("STATUS", status))
    # A date alone, or an event that is off, takes nobody's time.
    free = facts.date_only or facts.cancelled_event
    lines.append(content_line("TRANSP", "TRANSPARENT" if free else "OPAQUE"))
    if facts.categories:
        lines.append(content_line("CATEGORIES", ",".join(map(escape_text, facts.categories))))
    if facts.last_modified is not None:
        lines.append(content_line("LAST-MODIFIED", utc_form(facts.last_modified)))
    return [*lines, "END:VEVENT"]


def status_of(facts: CalendarFacts) -> str:
    """Return STATUS of the event itself: cancelled, tentative (or date-only), or confirmed."""
    if facts.cancelled_event:
        return "CANCELLED"
    return "TENTATIVE" if facts.tentative or facts.date_only else "CONFIRMED"


def organizer_line(facts: CalendarFacts) -> str:
    """Return the ORGANIZER, always with a name."""
    # Without CN Outlook takes the reader for the organizer and hides the buttons.
    name = quote_name(facts.organizer_name, facts.organizer_address)
    return content_line("ORGANIZER", f"mailto:{facts.organizer_address}", {"CN": name})


def zones_of(facts: Iterable[CalendarFacts]) -> dict[str, set[int]]:
    """Return each zone that an event is written in, with the local years it is needed for."""
    zones: dict[str, set[int]] = {}
    for one in facts:
        if one.starts_at is None or _needs_utc(one):
            continue
        zone = load_zone(one.zone)
        for instant in (one.starts_at, one.ends_at or one.starts_at):
            zones.setdefault(one.zone, set()).add(instant.astimezone(zone).year)
    return zones


def _moment_lines(facts: CalendarFacts) -> list[str]:
    if facts.starts_at is None:
        days = (("DTSTART", facts.on_date), ("DTEND", facts.until_date))
        return [content_line(name, f"{day:%Y%m%d}", {"VALUE": "DATE"}) for name, day in days]
    moments = [("DTSTART", facts.starts_at)]
    if facts.ends_at is not None:
        moments.append(("DTEND", facts.ends_at))
    if _needs_utc(facts):
        return [content_line(name, utc_form(instant)) for name, instant in moments]
    zone = load_zone(facts.zone)
    return [
        content_line(name, f"{instant.astimezone(zone):%Y%m%dT%H%M%S}", {"TZID": facts.zone})
        for name, instant in moments
    ]


def _needs_utc(facts: CalendarFacts) -> bool:
    """Tell whether a moment falls in the hour that the clock shows twice.

    Local time cannot say which of the two is meant (RFC 5545 3.3.5), so both ends go in UTC.
    """
    zone = load_zone(facts.zone)
    wall_times = [at.astimezone(zone) for at in (facts.starts_at, facts.ends_at) if at is not None]
    return any(
        local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        for local in wall_times
    )


def _text_lines(facts: CalendarFacts) -> list[str]:
    language = {"LANGUAGE": facts.language}
    lines = [text_line("SUMMARY", facts.summary, language)]
    if facts.description:
        lines.append(text_line("DESCRIPTION", facts.description, language))
    online = encode_uri(facts.online_url)
    if facts.location:
        lines.append(text_line("LOCATION", facts.location, language))
    elif online:
        # Most clients show no CONFERENCE, all show a place.
        lines.append(text_line("LOCATION", online))
    if page := encode_uri(facts.url):
        lines.append(content_line("URL", page))
    if online:
        lines.append(content_line("CONFERENCE", online, {"VALUE": "URI", "FEATURE": "VIDEO"}))
    return lines


def _attendee_line(facts: CalendarFacts) -> str:
    if facts.attendee_address is None:
        raise InputError(
            "there is no attendee, and calendar mail is for one invitee",
            where=f"calendar entry {facts.uid!r}",
            remedy="Give attendee_address, or compose an entry file instead.",
        )
    params = {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": facts.partstat,
        "RSVP": "TRUE" if facts.rsvp else "FALSE",
        "CN": quote_name(facts.attendee_name or "", facts.attendee_address),
    }
    return content_line("ATTENDEE", f"mailto:{facts.attendee_address}", params)
