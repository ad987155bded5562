"""Postpone an event ("Uitgesteld, datum volgt"), and say what is held instead of it.

*Reads / Writes*: events and their registrations. *Next*: the next tick drafts the mail that tells
of it; the successor is offered first to who had accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.following import followers_of
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import find_event
from var_outreach.agenda.succession import link_successor, make_successor
from var_outreach.app import App
from var_outreach.clock import at_local, local_date
from var_outreach.errors import Conflict, InputError
from var_outreach.message import checked_text
from var_outreach.people.model import Contact
from var_outreach.planning.plan import default_deadline
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.staff.agenda import Edited, calendar_warnings, edit_event, warning_line
from var_outreach.staff.consequences import MOVES_ALONG

OFFERED = (
    RegistrationState.ACCEPTED,
    RegistrationState.REPRESENTED,
    RegistrationState.WAITLISTED,
)
"""Who is offered the successor before others."""
MAY_BE_PUT_OFF = frozenset({EventState.PLANNED, EventState.CONFIRMED})


@dataclass(frozen=True)
class Successor:
    """What is held instead of a postponed event."""

    key: str
    title: str
    on_date: date
    warnings: list[str]
    """What staff should look at, in English."""


def postpone_event(app: App, key: str, *, by: str, reason: str = "") -> Edited:
    """Put an event off, its new date to follow; who was told of it is told of this.

    ``reason`` is for invitees, in Dutch. Raises Conflict for what is not planned.
    """
    with app.database.reading() as session:
        event = find_event(session, key)
        if event.state not in MAY_BE_PUT_OFF or event.on_date is None:
            raise Conflict(
                f"'{event.title}' is {event.state.value}; only what is planned can be postponed",
                where=key,
                remedy=f"See: var-outreach agenda show {key}",
            )
    return edit_event(app, key, {"state": EventState.POSTPONED}, by=by, reason=reason)


def plan_successor(
    app: App,
    key: str,
    *,
    on: date,
    by: str,
    starts: time | None = None,
    ends: time | None = None,
    title: str = "",
    place: str | None = None,
) -> Successor:
    """Make the event that is held on ``on`` instead of the postponed ``key``.

    It is a new event with what the old one was about; without ``starts`` only its date is known.
    Raises Conflict if ``key`` is not postponed or has a successor, InputError for a day or hours
    that cannot be.
    """
    now, zone = app.clock.now(), app.settings.zone
    if on < local_date(now, zone):
        raise InputError(f"{on} is past", where="--on", remedy="Give a day that is still to come")
    if ends is not None and (starts is None or ends <= starts):
        raise InputError(
            "the end is not after the start", where="--ends", remedy="Give --starts and --ends"
        )
    with app.database.writing() as session:
        old = find_event(session, key)
        starts_at = at_local(on, starts, zone) if starts else None
        fields: dict[str, Any] = {
            "on_date": on,
            "starts_at": starts_at,
            "ends_at": at_local(on, ends, zone) if ends else None,
            "until_date": on + (old.until_date - old.on_date)
            if old.until_date and old.on_date
            else None,
            "answer_by_on": default_deadline(app.rules, old.kind, on),
        }
        if starts_at is not None and old.starts_at and old.doors_at:
            # The doors open as long before the start as they would have.
            before = old.starts_at - old.doors_at
            fields["doors_at"] = starts_at - before
        if title := checked_text(title, what="title"):
            fields["title"] = title
        if place is not None:
            fields |= {"place": checked_text(place, what="place") or None, "address": None}
        event = make_successor(session, old, fields, by=by, now=now, zone=zone)
        found = _successor(app, session, old, event)
    app.wake()
    return found


def take_successor(app: App, key: str, successor: str, *, by: str) -> Successor:
    """Say that ``successor``, which is in the agenda already, is held instead of ``key``."""
    now = app.clock.now()
    with app.database.writing() as session:
        old, new = find_event(session, key), find_event(session, successor)
        link_successor(session, old, new, by=by, now=now)
        found = _successor(app, session, old, new)
    app.wake()
    return found


def _successor(app: App, session: Session, old: Event, new: Event) -> Successor:
    assert new.on_date is not None
    _keep_guests(session, old, new, timedelta(days=app.settings.guest_retention_days))
    warnings = [warning_line(*one) for one in calendar_warnings(app, session, [new.key])]
    warnings += [
        f"'{event.key}' follows '{old.key}' and stays on {event.on_date}; to let it follow the "
        f"successor, say: var-outreach agenda edit {event.key} --follows {new.key}"
        for event in followers_of(session, old)
        if event.state in MOVES_ALONG
    ]
    return Successor(new.key, new.title, new.on_date, warnings)


def _keep_guests(session: Session, old: Event, new: Event, days: timedelta) -> None:
    """Keep guests of the old event until the new one is over: they are offered it."""
    last = new.until_date or new.on_date
    assert last is not None
    for contact in session.scalars(
        select(Contact)
        .join(Registration, Registration.contact_id == Contact.id)
        .where(
            Registration.event_id == old.id,
            Registration.state.in_(OFFERED),
            Contact.guest_until_on.is_not(None),
        )
    ):
        if contact.guest_until_on is not None:
            contact.guest_until_on = max(contact.guest_until_on, last + days)
