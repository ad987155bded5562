"""The public agenda: the list, one event, and both as a calendar.

*Reads*: public events. *Writes*: nothing. *Next*: ``registering.py`` takes a registration for an
event that is open to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from var_outreach.agenda.facts import EventFacts
from var_outreach.composing.ical import compose_publish, entry_file, google_link, outlook_link
from var_outreach.errors import NotFound
from var_outreach.web.calendars import calendar_response, entry
from var_outreach.web.event_view import EventView, public_event, public_events, topics
from var_outreach.web.site import Here, HereDep
from var_outreach.web.words import month_name

router = APIRouter()


@dataclass(frozen=True)
class Month:
    """The events under one heading."""

    name: str
    events: tuple[EventView, ...]


@router.get("/")
def show_front(here: HereDep) -> RedirectResponse:
    """Lead the visitor to the agenda."""
    return RedirectResponse(here.path("/agenda"), status_code=302)


@router.get("/agenda")
def show_agenda(here: HereDep, thema: str = "") -> Response:
    """Show what is coming by month, what has no date yet, and what was earlier this year."""
    with here.app.database.reading() as session:
        everything = public_events(session, here)
        names = topics(session, here)
    used = {one.topic.key for one in everything if one.topic}
    chosen = names.get(thema) if thema in used else None
    shown = [one for one in everything if chosen is None or one.topic == chosen]
    dated = [one for one in shown if one.facts.on_date is not None]
    # What is off stays in its month until that day is past.
    coming = [one for one in dated if not _is_behind(one, here)]
    return here.page(
        "agenda.html",
        months=list(_by_month(coming, here)),
        undated=[one for one in shown if one.facts.on_date is None],
        earlier=[one for one in reversed(dated) if _is_behind(one, here)],
        topics=[topic for key, topic in names.items() if key in used],
        chosen=chosen,
        webcal=webcal(here.absolute("/agenda.ics")),
    )


@router.get("/agenda.ics")
def follow_agenda(here: HereDep, request: Request) -> Response:
    """Send the public feed."""
    with here.app.database.reading() as session:
        events = [one.facts for one in public_events(session, here)]
    entries = [found for event in events if (found := entry(here, event)) is not None]
    body = compose_publish(
        entries,
        here._("Agenda %(name)s", name=here.app.network.short_name),
        url=here.absolute("/agenda"),
        zone=here.app.settings.timezone,
        language=here.language,
    )
    changed = (event.changed_at for event in events)
    return calendar_response(request, body, changed, name="agenda.ics", public=True)


@router.get("/agenda/{key}.ics")
def save_event(here: HereDep, request: Request, key: str) -> Response:
    """Send one public event as a file to put into a calendar."""
    with here.app.database.reading() as session:
        event = public_event(session, here, key).facts
    found = entry(here, event)
    if found is None:
        raise NotFound("the event has no date yet", remedy="Look in the agenda")
    body = entry_file(found)
    return calendar_response(request, body, [event.changed_at], name="agenda.ics", public=True)


@router.get("/agenda/{key}")
def show_event(here: HereDep, key: str) -> Response:
    """Show all that is public of one event."""
    with here.app.database.reading() as session:
        event = public_event(session, here, key)
    return here.page("event.html", event=event, links=calendar_links(here, event.facts))


def calendar_links(here: Here, event: EventFacts) -> dict[str, str]:
    """Return the add-to-calendar links of Google and Outlook; empty without a date."""
    found = entry(here, event)
    if found is None:
        return {}
    return {"google": google_link(found), "outlook": outlook_link(found)}


def _is_behind(one: EventView, here: Here) -> bool:
    last = one.facts.last_date
    return one.is_past or (last is not None and last < here.today)


def _by_month(events: Iterable[EventView], here: Here) -> Iterable[Month]:
    def month(one: EventView) -> str:
        assert one.facts.on_date is not None
        return month_name(one.facts.on_date, here.language)

    for name, group in groupby(events, key=month):
        yield Month(name[:1].upper() + name[1:], tuple(group))


def webcal(url: str) -> str:
    """Return ``url`` with the scheme that makes a calendar follow it."""
    parts = urlsplit(url)
    return parts._replace(scheme="webcal").geturl()
