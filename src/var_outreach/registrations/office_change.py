"""What a change of office means for one event: the old holder off, the next one invited.

*Reads*: the registrations of one event, locked. *Writes*: withdrawals, invitations. *Next*: the
pipeline tells the old holder by the withdrawal, the next by the standing invitation.

Past attendance stays with the person: events that have been are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event, EventState
from var_outreach.people.model import Function
from var_outreach.people.store import mailbox_of
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Registration, RegistrationChange, RegistrationState
from var_outreach.registrations.standing_in import AWAY, brought_by, end_representation
from var_outreach.registrations.store import WITHDRAWN, is_withdrawn
from var_outreach.registrations.waiting import lock_event

OFFICE_ENDED = "office ended"
"""Comment of the change by which the holder of an office that ended was taken off."""
GOING_ON = (EventState.PLANNED, EventState.CONFIRMED)


@dataclass(frozen=True)
class TakenOff:
    """One office's registration that ended, and whom it had named."""

    registration: Registration
    was: RegistrationState
    substitute: Registration | None = None
    """Who came instead, and goes with it."""
    colleagues: tuple[Registration, ...] = ()
    """Who came along, and stays."""


@dataclass(frozen=True)
class _Place:
    contact_id: int
    function_ids: tuple[int, ...]


def events_after(
    session: Session, function_ids: Iterable[int], last_on: date, *, now: datetime
) -> list[Event]:
    """Return the events ahead after ``last_on`` to which one of the offices was invited, locked.

    In the order of their ids, so that two acts at once cannot wait for each other.
    """
    ids = session.scalars(
        select(Event.id)
        .where(
            Event.on_date > last_on,
            Event.state.in_(GOING_ON),
            Event.id.in_(
                select(Registration.event_id).where(
                    Registration.function_id.in_(list(function_ids))
                )
            ),
        )
        .order_by(Event.id)
    ).all()
    events = [lock_event(session, event_id) for event_id in ids]
    return [
        event
        for event in events
        if event.on_date is not None and event.on_date > last_on and not is_over(event, now=now)
    ]


def take_off(
    session: Session, event: Event, function: Function, *, by: str, now: datetime
) -> TakenOff | None:
    """Take the holder of ``function`` off ``event``; None if there is nothing to take off.

    Who was named instead goes too, for they came for this office; unless they hold an invited
    office of their own.
    """
    registration = _registration(session, event, function)
    if registration is None or is_withdrawn(session, registration):
        return None
    was = registration.state
    substitute = end_representation(session, registration, by=by, now=now)
    withdraw(session, registration, by=by, now=now, comment=OFFICE_ENDED)
    if substitute is not None and substitute.state not in AWAY:
        substitute = None  # comes in a right of their own
    colleagues = tuple(
        one
        for one in brought_by(session, registration)
        if one.state not in AWAY and one.function_id is None
    )
    return TakenOff(registration, was, substitute, colleagues)


def invite_next(
    session: Session,
    event: Event,
    function: Function,
    following: Function,
    *,
    uid_domain: str,
    now: datetime,
) -> Registration | None:
    """Invite the next holder where the last one was; None if there is nothing to do.

    Not where staff had taken the last one off for another reason, where ``following`` is invited
    already, or where it has no mailbox.
    """
    last = _registration(session, event, function)
    mailbox = mailbox_of(following)
    if last is None or mailbox is None or not office_ended(session, last):
        return None
    if _registration(session, event, following) is not None:
        return None
    place = _Place(mailbox.id, (following.id,))
    invite(session, event, place, uid_domain=uid_domain, now=now)
    made = _registration(session, event, following)
    assert made is not None
    if made.invitation_id == last.invitation_id and last.version > last.notified_version:
        # The mail that tells this mailbox of the end names the next holder as well.
        made.notified_version = made.version
    return made


def office_ended(session: Session, registration: Registration) -> bool:
    """Tell whether the registration was withdrawn because its office ended."""
    if registration.state is not RegistrationState.CANCELLED:
        return False
    newest = session.execute(
        select(RegistrationChange.via, RegistrationChange.comment)
        .where(RegistrationChange.registration_id == registration.id)
        .order_by(RegistrationChange.id.desc())
        .limit(1)
    ).one_or_none()
    return newest is not None and newest.via == WITHDRAWN and newest.comment == OFFICE_ENDED


def _registration(session: Session, event: Event, function: Function) -> Registration | None:
    return session.scalars(
        select(Registration)
        .options(joinedload(Registration.invitation))
        .where(Registration.event_id == event.id, Registration.function_id == function.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
