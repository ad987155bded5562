"""What a person who is erased had answered: no name stays, the totals do.

*Reads*: registrations of the person, and those of others that name them. *Writes*: the same.
*Next*: ``staff/privacy.py`` does this with all else that is kept of the person.

Somebody else at the same mailbox keeps their name: when a secretary goes, the mayor was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, Registration, RegistrationChange
from var_outreach.registrations.standing_in import AWAY, brought_by, let_go, stands_with_host
from var_outreach.registrations.waiting import lock_event, promote_locked
from var_outreach.storage.redaction import redact
from var_outreach.tokens import random_token

ERASED = "erased"
"""Comment of the change by which somebody who is erased was taken off."""


def events_ahead_of(session: Session, contact: Contact, *, now: datetime) -> list[Event]:
    """Return the events ahead that a person is invited to, locked, in the order of their ids."""
    ids = session.scalars(
        select(Registration.event_id)
        .where(_own(contact))
        .distinct()
        .order_by(Registration.event_id)
    ).all()
    events = [lock_event(session, event_id) for event_id in ids]
    return [
        event
        for event in events
        if event.state is not EventState.CANCELLED and not is_over(event, now=now)
    ]


def leave_events(session: Session, contact: Contact, *, by: str, now: datetime) -> list[str]:
    """Take a person off what is ahead, and whoever could be reached only through them.

    Their places go to who waits; returns the keys of the events. An office whose mailbox is
    another's stays invited.
    """
    left = []
    for event in events_ahead_of(session, contact, now=now):
        rows = session.scalars(
            select(Registration)
            .join(Invitation)
            .where(
                Registration.event_id == event.id,
                Invitation.contact_id == contact.id,
                _own(contact),
            )
            .order_by(Registration.id)
        ).all()
        for row in rows:
            for brought in brought_by(session, row):
                if stands_with_host(brought):
                    let_go(session, brought, by=by, now=now)
            if row.state not in AWAY:
                withdraw(session, row, by=by, now=now, comment=ERASED)
        promote_locked(session, event, now=now)
        if rows:
            left.append(event.key)
    return left


def forget_person(session: Session, contact: Contact, names: Sequence[str]) -> list[int]:
    """Empty what answers say of a person, their own and those of others that name them.

    ``names`` are the person's name and addresses. Returns the invitations whose mail may name
    them as well.
    """
    own = session.scalars(select(Registration).where(_own(contact))).all()
    for row in own:
        row.attendee_name = row.attendee_function = row.note = row.diet = ""
        row.replies = {}
        row.answered_by = None
        row.notified_version = row.version
    ids = [row.id for row in own]
    session.execute(
        update(RegistrationChange)
        .where(RegistrationChange.registration_id.in_(ids))
        .values(by="", comment="")
    )
    session.flush()
    near = _near(contact, ids)
    table, changes = Registration.__table__, RegistrationChange.__table__
    columns = [table.c.attendee_name, table.c.answered_by, table.c.note, table.c.replies]
    redact(session, names, columns, where=near)
    of_near = changes.c.registration_id.in_(select(Registration.id).where(near))
    redact(session, names, [changes.c.by, changes.c.comment], where=of_near)
    _forget_at_events(session, contact, ids, names)
    for invitation in session.scalars(
        select(Invitation).where(Invitation.contact_id == contact.id)
    ):
        # The links in old mail die with the person's data; the UID stays what it is.
        invitation.token = random_token()
    session.flush()
    session.expire_all()
    return list(session.scalars(select(Registration.invitation_id).where(near).distinct()))


def _forget_at_events(
    session: Session, contact: Contact, own_ids: Sequence[int], names: Sequence[str]
) -> None:
    """Take full names out of who answered, and how, in all rows of the events the person was on.

    Of whichever organisation: a host elsewhere, or who was forwarded the invitation. Who comes for
    another organisation keeps their name, for that may be a namesake.
    """
    full = [name for name in names if len(name.split()) > 1 or "@" in name]
    mailbox = select(Invitation.event_id).where(Invitation.contact_id == contact.id)
    own = select(Registration.event_id).where(Registration.id.in_(own_ids))
    there = or_(Registration.event_id.in_(mailbox), Registration.event_id.in_(own))
    table, changes = Registration.__table__, RegistrationChange.__table__
    redact(session, full, [table.c.answered_by, table.c.note, table.c.replies], where=there)
    of_there = changes.c.registration_id.in_(select(Registration.id).where(there))
    redact(session, full, [changes.c.by, changes.c.comment], where=of_there)


def _own(contact: Contact) -> ColumnElement[bool]:
    """Return which registrations are the person's: as such, by an office held, or named there."""
    offices = select(Function.id).where(Function.holder_id == contact.id)
    mailbox = select(Invitation.id).where(Invitation.contact_id == contact.id)
    personal = Registration.function_id.is_(None) & Registration.invitation_id.in_(mailbox)
    return or_(personal, Registration.function_id.in_(offices))


def _near(contact: Contact, own_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return where else the person may be named: at the same mailbox, or the same organisation."""
    mailbox = select(Invitation.id).where(Invitation.contact_id == contact.id)
    conditions: list[ColumnElement[bool]] = [
        Registration.id.in_(own_ids),
        Registration.invitation_id.in_(mailbox),
        Registration.brought_by_id.in_(own_ids),
        Registration.organisation_id.is_(None),
    ]
    if contact.organisation_id is not None:
        towns = select(Function.id).where(Function.organisation_id == contact.organisation_id)
        conditions.append(Registration.organisation_id == contact.organisation_id)
        conditions.append(Registration.function_id.in_(towns))
    return or_(*conditions)
