"""Take an invitee off an event; the invitee is told, the place goes to who waits.

*Reads / Writes*: registrations of one event. *Next*: the next tick mails the withdrawal.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.errors import Conflict, NotFound
from var_outreach.outbox.places import office_with_holder
from var_outreach.people.joining import contact_named
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, Registration
from var_outreach.registrations.store import is_withdrawn
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class Withdrawn:
    """One registration that was taken off."""

    id: int
    who: str
    was: str
    is_told: bool


def withdraw_invitee(app: App, event_key: str, who: str, *, by: str) -> list[Withdrawn]:
    """Take off whoever is invited at the address ``who``, or the one registration with that number.

    An address stands for all offices that are invited there. Raises NotFound where there is none,
    Conflict where the event has been or nobody is left to take off.
    """
    check_person(by)
    now = app.clock.now()
    with app.database.writing() as session:
        event = find_event(session, event_key)
        if is_over(event, now=now, zone=app.settings.zone):
            raise Conflict("this event has been", where=event_key)
        rows = [row for row in _rows(session, event, who) if not is_withdrawn(session, row)]
        if not rows:
            raise Conflict("this was taken off before", where=f"{event_key}, {who}")
        done = []
        for row in rows:
            was = row.state.value
            withdraw(session, row, by=by, now=now)
            told = row.version > row.notified_version
            done.append(Withdrawn(row.id, office_with_holder(row), was, told))
    app.wake()
    return done


def _rows(session: Session, event: Event, who: str) -> list[Registration]:
    query = select(Registration).where(Registration.event_id == event.id)
    if who.isdecimal():
        found = list(session.scalars(query.where(Registration.id == int(who))))
    else:
        contact = contact_named(session, who)
        mailbox = select(Invitation.id).where(Invitation.contact_id == contact.id)
        found = list(
            session.scalars(
                query.where(Registration.invitation_id.in_(mailbox)).order_by(Registration.id)
            )
        )
    if not found:
        raise NotFound(f"'{who}' is not invited to this event", where=event.key)
    return found
