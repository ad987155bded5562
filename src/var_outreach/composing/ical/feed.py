"""Calendars to follow or to download: nobody is asked to answer (RFC 5546 3.2.1, RFC 7986).

*Reads*: ``CalendarFacts``. *Writes*: nothing. *Next*: ``web`` serves the public feed, the personal
feed and the add-to-calendar file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from var_outreach.composing.ical.event import (
    compose_calendar,
    compose_event,
    status_of,
    zones_of,
)
from var_outreach.composing.ical.facts import CalendarFacts, load_zone
from var_outreach.composing.ical.lines import content_line, encode_uri, text_line, utc_form
from var_outreach.errors import InputError


def compose_publish(
    events: Iterable[CalendarFacts],
    name: str,
    *,
    description: str = "",
    url: str = "",
    zone: str = "Europe/Amsterdam",
    language: str = "nl",
    refresh_hours: int = 6,
) -> bytes:
    """Return a feed called ``name``: events in order of time, cancelled ones marked, no attendees.

    ``url`` is the page about the feed, ``refresh_hours`` how often a client is asked to read it
    again. The order of ``events`` does not matter, so that an ETag over the bytes is stable.

    Raises:
        InputError: when two events share a UID, or the interval is below one hour.
    """
    entries = sorted(events, key=_moment_key)
    twice = [uid for uid, count in Counter(one.uid for one in entries).items() if count > 1]
    if twice:
        raise InputError(
            f"{len(twice)} UIDs occur more than once, the first is {twice[0]!r}",
            where=f"calendar feed {name!r}",
            remedy="Give each event a UID of its own.",
        )
    if refresh_hours < 1:
        raise InputError(
            f"a refresh interval of {refresh_hours} hours is below one hour",
            where=f"calendar feed {name!r}",
            remedy="Ask clients to read again every hour or less often.",
        )
    load_zone(zone)
    titled = {"LANGUAGE": language}
    # The X- names are what Apple, Google and Outlook read; NAME and the rest are RFC 7986.
    properties = [text_line("NAME", name, titled), text_line("X-WR-CALNAME", name)]
    if description:
        properties += [
            text_line("DESCRIPTION", description, titled),
            text_line("X-WR-CALDESC", description),
        ]
    if page := encode_uri(url):
        properties.append(content_line("URL", page))
    properties += [
        content_line("X-WR-TIMEZONE", zone),
        content_line("REFRESH-INTERVAL", f"PT{refresh_hours}H", {"VALUE": "DURATION"}),
        content_line("X-PUBLISHED-TTL", f"PT{refresh_hours}H"),
    ]
    changes = [one.last_modified for one in entries if one.last_modified is not None]
    if changes:
        properties.append(content_line("LAST-MODIFIED", utc_form(max(changes))))
    # A calendar holds at least one component (RFC 5545 3.6), so an empty one holds its zone.
    zones = zones_of(entries) if entries else {zone: set[int]()}
    return compose_calendar("PUBLISH", zones, map(_published, entries), properties)


def entry_file(facts: CalendarFacts) -> bytes:
    """Return the file behind "add to calendar": one event, to be imported, not followed.

    It has no calendar name, for with one several clients would make a calendar of it.
    """
    return compose_calendar("PUBLISH", zones_of([facts]), [_published(facts)])


def _published(facts: CalendarFacts) -> list[str]:
    return compose_event(facts, status=status_of(facts), attendee=False)


def _moment_key(facts: CalendarFacts) -> tuple[datetime, str]:
    midnight = datetime(facts.on_date.year, facts.on_date.month, facts.on_date.day, tzinfo=UTC)
    return facts.starts_at or midnight, facts.uid
