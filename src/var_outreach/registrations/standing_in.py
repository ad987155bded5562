"""Who comes for somebody else, or along with them, and what happens when that ends.

*Reads*: registrations of an event that the caller has locked. *Writes*: who was brought is taken
off, an office whose substitute left is asked anew. *Next*: ``answers.py``, ``invitees.py`` and
``offices.py`` build on it, and give free places to who waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.registrations.model import (
    COMING,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.store import FORWARDED, HOST, counts_for_organisation, history
from var_outreach.registrations.waiting import record_change

AWAY = frozenset({RegistrationState.DECLINED, RegistrationState.CANCELLED})


@dataclass(frozen=True)
class Seat:
    """What passes from one to another: a place, or a turn on the waiting list."""

    held: bool = False
    since: datetime | None = None
    """Since when it was waited for."""


NO_SEAT = Seat()


def seat_of(registration: Registration) -> Seat:
    """Return the place or the turn that ``registration`` has now."""
    waits = registration.state is RegistrationState.WAITLISTED
    return Seat(registration.state in COMING, registration.waitlisted_at if waits else None)


def stands_with_host(registration: Registration) -> bool:
    """Tell whether this person has no mailbox of their own, but that of who named them."""
    host = registration.brought_by
    return host is not None and host.invitation_id == registration.invitation_id


def brought_by(session: Session, host: Registration) -> list[Registration]:
    """Return everybody who was named on the page of ``host``, also who is off again."""
    return list(
        session.scalars(
            select(Registration)
            .where(Registration.brought_by_id == host.id)
            .order_by(Registration.id)
            .execution_options(populate_existing=True)
        )
    )


def is_only_brought(session: Session, registration: Registration) -> bool:
    """Tell whether this person is there by somebody else alone, with no right of their own."""
    return registration.brought_by_id is not None and not in_own_right(session, registration)


def in_own_right(session: Session, registration: Registration) -> bool:
    """Tell whether this person is there by an office, an invitation or an act of their own.

    That is also who came by an organisation's link or the public form, or was let in by staff.
    """
    if registration.function_id is not None or registration.group_link_id is not None:
        return True
    if stands_with_host(registration):
        return False
    changes = history(session, registration.id)
    if not changes or changes[0].via not in {HOST, FORWARDED}:
        return True
    alone = registration.brought_by_id is None
    if alone and registration.state not in AWAY | {RegistrationState.REQUESTED}:
        return True
    return any(_let_in(last, change) for last, change in pairwise(changes))


def counts_with(session: Session, event: Event, registration: Registration) -> int:
    """Return how many count against the maximum of the invitee's organisation.

    Without an organisation those are the invitee and whom they brought.
    """
    session.flush()
    if registration.organisation_id is not None:
        return counts_for_organisation(session, event.id, registration.organisation_id)
    own = [registration, *brought_by(session, registration)]
    return sum(1 for one in own if counts(one))


def counts(registration: Registration) -> bool:
    """Tell whether this person takes one of the places of their organisation."""
    return registration.state in COMING or registration.state is RegistrationState.WAITLISTED


def let_go(session: Session, brought: Registration, *, by: str, now: datetime) -> None:
    """End what ``brought`` was named for; take them off if that was all there was.

    Who is there in their own right stays, and who comes for another office as well stays for
    that. Nobody is promoted by this: the caller does that last.
    """
    other = session.scalars(
        select(Registration)
        .where(
            Registration.represented_by_id == brought.id,
            Registration.id != brought.brought_by_id,
        )
        .order_by(Registration.id)
        .limit(1)
    ).one_or_none()
    if not is_only_brought(session, brought):
        brought.brought_by = None
    elif other is not None:
        brought.brought_by = other
    elif brought.state not in AWAY:
        _take_off(session, brought, by=by, now=now)
    session.flush()


def let_all_go(session: Session, host: Registration, *, by: str, now: datetime) -> None:
    """End what everybody was named for on the page of ``host``."""
    for brought in brought_by(session, host):
        let_go(session, brought, by=by, now=now)


def end_representation(
    session: Session, office: Registration, *, by: str, now: datetime
) -> Registration | None:
    """Let the substitute of ``office`` go, and return that registration; None if there was none."""
    substitute = office.represented_by
    if substitute is None:
        return None
    office.represented_by = None
    session.flush()
    if substitute.brought_by_id == office.id:
        let_go(session, substitute, by=by, now=now)
    return substitute


def take_seat_back(session: Session, office: Registration, *, by: str, now: datetime) -> Seat:
    """Let the substitute of ``office`` go, and return the seat that this leaves for who is next."""
    substitute = office.represented_by
    if substitute is None:
        return NO_SEAT
    session.refresh(substitute)
    seat = seat_of(substitute)
    end_representation(session, office, by=by, now=now)
    return seat if substitute.state in AWAY else NO_SEAT


def stop_standing_in(
    session: Session, person: Registration, *, by: str, now: datetime
) -> list[Registration]:
    """Ask every office anew that ``person`` was to come for, and return those offices.

    Each is told at its mailbox, unless that is where ``person`` left from.
    """
    offices = list(
        session.scalars(
            select(Registration)
            .where(
                Registration.represented_by_id == person.id,
                Registration.state == RegistrationState.REPRESENTED,
            )
            .execution_options(populate_existing=True)
        )
    )
    for office in offices:
        record_change(session, office, RegistrationState.INVITED, by=by, via=HOST, now=now)
        office.represented_by = None
        office.answered_by = by
        office.answered_at = now
        office.answered_via = HOST
        office.answered_revision = None
        if office.invitation_id != person.invitation_id:
            office.version += 1
    session.flush()
    return offices


def lost_substitute(registration: Registration) -> bool:
    """Tell whether an office waits for an answer because who was to come for it left."""
    return registration.state is RegistrationState.INVITED and registration.answered_via == HOST


def _let_in(last: RegistrationChange, change: RegistrationChange) -> bool:
    """Tell whether staff let somebody in, or the public form whom their host had taken off."""
    if change.after not in {RegistrationState.ACCEPTED, RegistrationState.WAITLISTED}:
        return False
    if change.via == "staff":
        return change.before in AWAY | {RegistrationState.REQUESTED}
    off = last.via == HOST and last.after is RegistrationState.CANCELLED
    return off and change.via == "page"


def _take_off(session: Session, brought: Registration, *, by: str, now: datetime) -> None:
    told = brought.notified_version > 0
    record_change(session, brought, RegistrationState.CANCELLED, by=by, via=HOST, now=now)
    brought.answered_by = by
    brought.answered_at = now
    brought.answered_via = HOST
    brought.waitlisted_at = None
    brought.promoted_at = None
    if told and not stands_with_host(brought):
        brought.version += 1
    else:
        # Nothing left yet, or it is the host's own mailbox: there is nothing to take back.
        brought.notified_version = brought.version
