"""Who was there.

*Reads*: registrations. *Writes*: attended or absent, with a line of history; people who walked in.
*Next*: the look-back and the year report count it.

Nobody is mailed of any of this. What was marked can be marked otherwise later: a mark is a change
of state like any other, and the history keeps them all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict
from var_outreach.message import checked_name
from var_outreach.people.model import Contact, Organisation
from var_outreach.people.store import PUBLIC_TASK, add_contact
from var_outreach.registrations.invitees import invitation_for
from var_outreach.registrations.model import (
    COMING,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.waiting import lock_event, record_change

DOOR = "door"
"""``answered_via`` of who walked in, and ``via`` of that change."""
MARKED = frozenset({RegistrationState.ATTENDED, RegistrationState.ABSENT})


@dataclass(frozen=True)
class WalkIn:
    """Somebody who stood at the door and was on no list."""

    name: str
    function: str = ""
    organisation: Organisation | None = None
    address: str | None = None
    """A mailbox, if they left one."""
    guest_until_on: date | None = None
    """The last day on which somebody new is kept; None keeps them as anybody else."""


def mark_attendance(
    session: Session, registration: Registration, attended: bool, *, by: str, now: datetime
) -> None:
    """Note that an invitee was there, or was not.

    Anybody can turn up, but only who had a place can be absent: raises Conflict otherwise. Who
    was marked as there by mistake, without ever having had a place, becomes what they were.
    """
    lock_event(session, registration.event_id)
    session.refresh(registration)
    _mark(session, registration, attended, by=by, now=now)
    session.flush()


def mark_all_accepted_attended(
    session: Session,
    event: Event,
    *,
    by: str,
    now: datetime,
    absent: Collection[int] = (),
) -> int:
    """Note that everybody who had accepted was there; return how many.

    ``absent`` are the ids of registrations that were not: they are noted so.
    """
    lock_event(session, event.id)
    accepted = session.scalars(
        select(Registration)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.ACCEPTED,
        )
        .order_by(Registration.id)
        .execution_options(populate_existing=True)
    ).all()
    for registration in accepted:
        _mark(session, registration, registration.id not in absent, by=by, now=now)
    session.flush()
    return sum(registration.id not in absent for registration in accepted)


def unmark_attendance(
    session: Session, registration: Registration, *, by: str, now: datetime
) -> None:
    """Take back what was marked; who walked in was not there after all, and is taken off."""
    lock_event(session, registration.event_id)
    session.refresh(registration)
    if registration.state in MARKED:
        before = _before_marks(session, registration) or RegistrationState.CANCELLED
        record_change(session, registration, before, by=by, via="staff", now=now)
    session.flush()


def add_walk_in(
    session: Session, event: Event, person: WalkIn, *, by: str, uid_domain: str, now: datetime
) -> tuple[Registration, bool]:
    """Note that somebody was there who was on no list; return that, and whether it is new.

    Whose mailbox is known to the event already is marked as there. Raises HeaderError for a name
    or address that cannot be used.
    """
    event = lock_event(session, event.id)
    contact, _ = add_contact(
        session,
        person.address,
        person.name,
        source=f"aan de deur van {event.title}",
        legal_basis=PUBLIC_TASK,
        organisation=person.organisation,
        now=now,
    )
    if contact.created_at == now and person.guest_until_on is not None:
        contact.guest_until_on = person.guest_until_on
    known = _own_registration(session, event, contact)
    if known is not None:
        _mark(session, known, True, by=by, now=now)
        session.flush()
        return known, False
    invitation = invitation_for(session, event, contact, uid_domain=uid_domain, now=now)
    registration = Registration(
        event_id=event.id,
        invitation=invitation,
        contact_id=contact.id,
        organisation_id=_organisation_id(person, contact),
        state=RegistrationState.ATTENDED,
        attendee_name=checked_name(person.name),
        attendee_function=checked_name(person.function),
        answered_by=by,
        answered_at=now,
        answered_via=DOOR,
        answered_revision=event.revision,
        note="",
        diet="",
        replies={},
        version=0,
        notified_version=0,
        created_at=now,
    )
    session.add(registration)
    session.add(
        RegistrationChange(
            registration=registration,
            before=None,
            after=RegistrationState.ATTENDED,
            at=now,
            by=by,
            via=DOOR,
            comment="",
        )
    )
    session.flush()
    return registration, True


def _own_registration(session: Session, event: Event, contact: Contact) -> Registration | None:
    """Return the one registration of a mailbox for this event: an office's is not its own."""
    return session.scalars(
        select(Registration)
        .where(
            Registration.event_id == event.id,
            Registration.contact_id == contact.id,
            Registration.function_id.is_(None),
        )
        .order_by(Registration.brought_by_id.is_not(None), Registration.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def _organisation_id(person: WalkIn, contact: Contact) -> int | None:
    if person.organisation is not None:
        return person.organisation.id
    return contact.organisation_id


def _before_marks(session: Session, registration: Registration) -> RegistrationState | None:
    """Return the state before anything was marked; None for who walked in."""
    if registration.state not in MARKED:
        return registration.state
    return session.scalars(
        select(RegistrationChange.after)
        .where(
            RegistrationChange.registration_id == registration.id,
            RegistrationChange.after.not_in(MARKED),
        )
        .order_by(RegistrationChange.id.desc())
        .limit(1)
    ).first()


def _mark(
    session: Session, registration: Registration, attended: bool, *, by: str, now: datetime
) -> None:
    after = RegistrationState.ATTENDED if attended else RegistrationState.ABSENT
    if registration.state is after:
        return
    if not attended:
        before = _before_marks(session, registration) or RegistrationState.CANCELLED
        if before not in COMING and registration.state is RegistrationState.ATTENDED:
            after = before
        elif before not in COMING:
            raise Conflict(
                "Who had no place cannot be absent",
                where=f"registration {registration.id}",
                remedy="Leave it as it is",
            )
    record_change(session, registration, after, by=by, via="staff", now=now)
