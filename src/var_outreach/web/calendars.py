"""Calendars behind a link: the public feed, a personal feed, one entry to save.

*Reads*: events and invitations as plain data. *Writes*: nothing. *Next*: the routers send the
bytes with ETag and Last-Modified, so that a client that follows a feed asks for little.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request, Response

from var_outreach.agenda.facts import EventFacts
from var_outreach.composing.calendar_entry import public_entry
from var_outreach.composing.ical import CalendarFacts
from var_outreach.errors import InputError
from var_outreach.web.site import Here

log = logging.getLogger(__name__)


def entry(here: Here, event: EventFacts) -> CalendarFacts | None:
    """Return the public calendar entry of ``event``, or None while it has no date."""
    if event.on_date is None:
        return None
    try:
        return public_entry(event, here.app.network, language=here.language)
    except InputError as error:
        # One event that cannot be written must not take the others out of everybody's calendar.
        log.warning("Event %s is left out of a calendar: %s", event.key, error)
        return None


def own_entry(
    here: Here, event: EventFacts, *, uid: str, sequence: int, token: str
) -> CalendarFacts | None:
    """Return the entry of one invitee, with the UID and SEQUENCE that the mails keep up to date.

    With the same UID a client shows one entry, not two.
    """
    found = entry(here, event)
    if found is None:
        return None
    organiser = here.app.settings.network.organiser_address.replace("{token}", token)
    return replace(
        found,
        uid=uid,
        sequence=max(sequence, 0),
        url=here.absolute(f"/antwoord/{token}"),
        organizer_name=here.app.settings.network.sender_name,
        organizer_address=organiser,
    )


def calendar_response(
    request: Request, body: bytes, changed: Iterable[datetime], *, name: str, public: bool
) -> Response:
    """Return ``body`` as a calendar, or 304 if the client has these very bytes (RFC 9110 13.1)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    stamp = max(changed, default=datetime(2000, 1, 1, tzinfo=UTC)).replace(microsecond=0)
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(stamp.astimezone(UTC), usegmt=True),
        "Cache-Control": "public, max-age=300" if public else "no-store",
        "Content-Disposition": f'inline; filename="{name}"',
    }
    if _is_known(request, etag, stamp):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")


def _is_known(request: Request, etag: str, stamp: datetime) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return etag in known or "*" in known
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return stamp == parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
