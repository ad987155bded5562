"""Decide who may come that was not invited: those who ask, and groups with a link of their own.

*Reads / Writes*: registrations and group links of one event. *Next*: the next tick tells who asked
what was decided; the group's own page lets its people in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.errors import Conflict, NotFound
from var_outreach.people.model import Organisation
from var_outreach.registrations.deadline import check_still_answerable
from var_outreach.registrations.forwarded import decide_request, requests_for
from var_outreach.registrations.group_links import (
    close_group_link,
    group_links_of,
    group_places_left,
    make_group_link,
)
from var_outreach.registrations.model import GroupLink, Registration
from var_outreach.registrations.store import history
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class Request:
    """Somebody who was not invited and would like to come."""

    id: int
    name: str
    function: str
    address: str
    organisation: str
    asked_at: datetime | None
    because: str
    """Whose invitation they had."""


@dataclass(frozen=True)
class Group:
    """A link that an organisation forwards to its own people."""

    id: int
    url: str
    organisation: str
    meant_for: str
    places: int
    left: int
    closed_at: datetime | None


def list_requests(app: App, event_key: str) -> list[Request]:
    """Return who asked to come to an event and waits for an answer, first come first."""
    with app.database.reading() as session:
        event = find_event(session, event_key)
        return [_request(session, row) for row in requests_for(session, event)]


def decide(app: App, registration_id: int, *, accept: bool, by: str) -> Registration:
    """Let who asked come, or tell them no; return the registration as it now stands."""
    check_person(by)
    with app.database.writing() as session:
        row = session.get(Registration, registration_id)
        if row is None:
            raise NotFound(
                f"there is no registration {registration_id}",
                remedy="List them with: registrations requests EVENT",
            )
        decided = decide_request(session, row, accept=accept, by=by, now=app.clock.now())
        session.refresh(decided)
        session.expunge(decided)
    app.wake()
    return decided


def make_link(
    app: App, event_key: str, organisation_key: str, *, places: int, meant_for: str, by: str
) -> Group:
    """Make a link for ``places`` people of an organisation; return it with its address."""
    check_person(by)
    now = app.clock.now()
    with app.database.writing() as session:
        event = find_event(session, event_key)
        check_still_answerable(event, now=now, leaving=False, by_staff=True, zone=app.settings.zone)
        organisation = _organisation(session, organisation_key)
        if _open_links(session, event, organisation, meant_for):
            raise Conflict(
                "this organisation has such a link already",
                where=event_key,
                remedy="Close it first with --close, or say --for whom the other one is",
            )
        link = make_group_link(
            session, event, organisation, places=places, meant_for=meant_for, by=by, now=now
        )
        return _group(app, session, link)


def close_links(app: App, event_key: str, organisation_key: str, *, meant_for: str) -> list[Group]:
    """Close the open links of an organisation; who came in stays."""
    with app.database.writing() as session:
        event = find_event(session, event_key)
        organisation = _organisation(session, organisation_key)
        links = _open_links(session, event, organisation, meant_for or None)
        if not links:
            raise Conflict("this organisation has no open link", where=event_key)
        for link in links:
            close_group_link(session, link, now=app.clock.now())
        return [_group(app, session, link) for link in links]


def list_links(app: App, event_key: str) -> list[Group]:
    """Return every link of an event, oldest first."""
    with app.database.reading() as session:
        event = find_event(session, event_key)
        return [_group(app, session, link) for link in group_links_of(session, event)]


def _request(session: Session, row: Registration) -> Request:
    organisation = row.organisation
    return Request(
        id=row.id,
        name=row.attendee_name,
        function=row.attendee_function,
        address=row.contact.address or "",
        organisation=organisation.name if organisation is not None else "",
        asked_at=row.answered_at,
        because=history(session, row.id)[-1].comment,
    )


def _group(app: App, session: Session, link: GroupLink) -> Group:
    return Group(
        id=link.id,
        url=f"{app.settings.base_url}/groep/{link.token}",
        organisation=link.organisation.name,
        meant_for=link.meant_for,
        places=link.max_places,
        left=group_places_left(session, link),
        closed_at=link.closed_at,
    )


def _open_links(
    session: Session, event: Event, organisation: Organisation, meant_for: str | None
) -> list[GroupLink]:
    return [
        link
        for link in group_links_of(session, event)
        if link.organisation_id == organisation.id
        and link.closed_at is None
        and (meant_for is None or link.meant_for == meant_for)
    ]


def _organisation(session: Session, key: str) -> Organisation:
    found = session.scalar(select(Organisation).where(Organisation.key == key))
    if found is None:
        raise NotFound(
            f"there is no organisation '{key}'",
            remedy="Its key is in lowercase with hyphens, such as gemeente-dordrecht",
        )
    return found
