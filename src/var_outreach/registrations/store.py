"""The questions that others ask about invitations and answers.

*Reads*: the tables of registrations. *Writes*: nothing. *Next*: the answer page, the planner, the
mailbox and the reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from var_outreach.people.model import Contact, Function
from var_outreach.people.store import kept_contact_id
from var_outreach.registrations.model import (
    COMING,
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.waiting import places_left

__all__ = [
    "counts_all",
    "counts_by_state",
    "counts_for_group_link",
    "counts_for_organisation",
    "due_notices",
    "history",
    "invitation_by_token",
    "invitation_by_uid",
    "invitations_of_contact",
    "is_withdrawn",
    "off_by_host",
    "places_left",
    "waitlist_number",
    "was_refused",
]

WITHDRAWN = "withdrawn"
"""``via`` of the change by which staff took an invitee off."""
HOST = "host"
"""``via`` of what an office said of somebody else: a substitute or a colleague."""
FORWARDED = "link"
"""``via`` of what somebody said who came by a forwarded link."""
FORM = "form"
"""``via`` of the first change of who came in by the public form, uninvited."""


def _invitations() -> Select[Invitation]:
    offices = selectinload(Invitation.registrations).joinedload(Registration.function)
    return select(Invitation).options(
        joinedload(Invitation.event),
        joinedload(Invitation.contact).joinedload(Contact.organisation),
        offices.joinedload(Function.organisation),
        offices.joinedload(Function.holder),
        offices.joinedload(Function.secretariat),
    )


def invitation_by_token(session: Session, token: str) -> Invitation | None:
    """Return the invitation behind a link, with event, contact, answers and their offices."""
    found = session.scalars(_invitations().where(Invitation.token == token)).one_or_none()
    return _of_who_is_kept(session, found)


def invitation_by_uid(session: Session, uid: str) -> Invitation | None:
    """Return the invitation whose calendar entry has ``uid``, loaded like ``by_token``."""
    found = session.scalars(_invitations().where(Invitation.uid == uid)).one_or_none()
    return _of_who_is_kept(session, found)


def _of_who_is_kept(session: Session, found: Invitation | None) -> Invitation | None:
    """Return the invitation that ``found`` became when its contact was joined with another."""
    if found is None or found.contact.erased_at is None:
        return found
    kept_id = kept_contact_id(session, found.contact_id)
    if kept_id == found.contact_id:
        return found
    query = _invitations().where(
        Invitation.event_id == found.event_id, Invitation.contact_id == kept_id
    )
    return session.scalars(query).one_or_none()


def invitations_of_contact(session: Session, contact_id: int) -> list[Invitation]:
    """Return all invitations at the mailbox of a contact, oldest first."""
    query = _invitations().where(Invitation.contact_id == contact_id).order_by(Invitation.id)
    return list(session.scalars(query))


def waitlist_number(session: Session, registration: Registration) -> int:
    """Return the place on the waiting list, 1 for who is next; 0 for who does not wait."""
    if registration.state is not RegistrationState.WAITLISTED:
        return 0
    waiting = session.scalars(
        select(Registration.id)
        .where(
            Registration.event_id == registration.event_id,
            Registration.state == RegistrationState.WAITLISTED,
        )
        .order_by(Registration.waitlisted_at, Registration.id)
    )
    return list(waiting).index(registration.id) + 1


def counts_by_state(session: Session, event_id: int) -> Counter[RegistrationState]:
    """Return how many registrations of an event are in each state; 0 for a state not there."""
    counts: Counter[RegistrationState] = Counter()
    for state, count in session.execute(
        select(Registration.state, func.count())
        .where(Registration.event_id == event_id)
        .group_by(Registration.state)
    ):
        counts[state] = count
    return counts


def counts_all(session: Session) -> dict[int, Counter[RegistrationState]]:
    """Return the counts of every event that has registrations, by event id, in one query."""
    counts: dict[int, Counter[RegistrationState]] = {}
    rows = session.execute(
        select(Registration.event_id, Registration.state, func.count()).group_by(
            Registration.event_id, Registration.state
        )
    )
    for event_id, state, count in rows:
        counts.setdefault(event_id, Counter())[state] = count
    return counts


def due_notices(session: Session) -> list[Registration]:
    """Return the registrations of which the invitee was not yet told the newest version."""
    return list(
        session.scalars(
            select(Registration)
            .options(
                joinedload(Registration.event),
                joinedload(Registration.contact),
                joinedload(Registration.invitation),
                joinedload(Registration.function).joinedload(Function.organisation),
            )
            .where(Registration.version > Registration.notified_version)
            .order_by(Registration.id)
        )
    )


def history(session: Session, registration_id: int) -> Sequence[RegistrationChange]:
    """Return every change of a registration, oldest first."""
    return session.scalars(
        select(RegistrationChange)
        .where(RegistrationChange.registration_id == registration_id)
        .order_by(RegistrationChange.id)
    ).all()


def counts_for_organisation(session: Session, event_id: int, organisation_id: int) -> int:
    """Return how many of one organisation come or wait; a forwardable link counts its own."""
    found = session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.organisation_id == organisation_id,
            Registration.group_link_id.is_(None),
            Registration.state.in_((*COMING, RegistrationState.WAITLISTED)),
        )
    )
    return found or 0


def counts_for_group_link(session: Session, link_id: int) -> int:
    """Return how many come or wait who came in by one forwardable link."""
    found = session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.group_link_id == link_id,
            Registration.state.in_((*COMING, RegistrationState.WAITLISTED)),
        )
    )
    return found or 0


def off_by_host(registration: Registration) -> bool:
    """Tell whether who named this person took them off again."""
    return registration.state is RegistrationState.CANCELLED and registration.answered_via == HOST


def is_withdrawn(session: Session, registration: Registration) -> bool:
    """Tell whether somebody else took this person off, so that it is not theirs to undo.

    That is staff, or the office that had named them.
    """
    if registration.state is not RegistrationState.CANCELLED:
        return False
    last = _last_change(session, registration)
    return off_by_host(registration) or (last is not None and last.via == WITHDRAWN)


def was_refused(session: Session, registration: Registration) -> bool:
    """Tell whether staff said no to somebody who had asked to come."""
    if registration.state is not RegistrationState.CANCELLED:
        return False
    last = _last_change(session, registration)
    return last is not None and last.before is RegistrationState.REQUESTED


def _last_change(session: Session, registration: Registration) -> RegistrationChange | None:
    return session.scalars(
        select(RegistrationChange)
        .where(RegistrationChange.registration_id == registration.id)
        .order_by(RegistrationChange.id.desc())
        .limit(1)
    ).one_or_none()
