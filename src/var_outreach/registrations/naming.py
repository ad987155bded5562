"""Whom an office names: found if they are known to the event, made if they are not.

*Reads*: contacts and the registrations of one event, locked. *Writes*: contacts, invitations and
registrations of who is new; the place or the turn that each of them gets. *Next*: ``offices.py``
and ``forwarded.py`` say who is named and why.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.errors import RefusedPerson
from var_outreach.message import checked_address, checked_name
from var_outreach.people.model import Function
from var_outreach.people.store import PUBLIC_TASK, add_contact, find_contact
from var_outreach.registrations.invitees import invitation_for
from var_outreach.registrations.model import (
    COMING,
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.standing_in import (
    NO_SEAT,
    Seat,
    brought_by,
    in_own_right,
    is_only_brought,
    stands_with_host,
)
from var_outreach.registrations.store import HOST, is_withdrawn, off_by_host
from var_outreach.registrations.waiting import next_waiting_moment, places_left, record_change

_OWN_ANSWER = frozenset(
    {
        RegistrationState.DECLINED,
        RegistrationState.TENTATIVE,
        RegistrationState.REPRESENTED,
        RegistrationState.CANCELLED,
    }
)


@dataclass(frozen=True)
class Named:
    """Somebody of whom an office says that they come."""

    name: str
    function: str = ""
    """What they are called on a badge: "wethouder"."""
    address: str = ""
    """Their own mailbox; empty for who has none of their own."""


@dataclass(frozen=True)
class Naming:
    """Who says so, and when."""

    host: Registration
    event: Event
    by: str
    """The name of who answered."""
    via: str
    uid_domain: str
    now: datetime
    guest_until_on: date | None = None
    """Until when a mailbox is kept that we know by this alone."""


def checked_named(person: Named) -> Named:
    """Return ``person`` with name and address fit for a mail; raises HeaderError."""
    return Named(
        checked_name(person.name),
        checked_name(person.function),
        checked_address(person.address) if person.address else "",
    )


def is_same_person(one: Named, other: Named) -> bool:
    """Tell whether two lines of one form name the same person."""
    if not same_name(one.name, other.name):
        return False
    return not (one.address and other.address) or one.address.lower() == other.address.lower()


def find_named(
    session: Session, naming: Naming, person: Named, taken: Collection[int] = ()
) -> Registration | None:
    """Return the registration that ``person`` has for this event, or None.

    By address: an office they hold, their own invitation, or where somebody named them before;
    else by name among those whom this host brought. ``taken`` are ids that are somebody else's.
    """
    rows = _at_address(session, naming, person.address) if person.address else []
    named_so = [row for row in rows if same_name(row.attendee_name, person.name)]
    for row in (*_own_right(session, rows, person), *named_so, *_brought(session, rows)):
        if row.id not in taken:
            return row
    for row in brought_by(session, naming.host):
        if row.id in taken or not same_name(row.attendee_name, person.name):
            continue
        if not person.address or stands_with_host(row):
            return row
    return None


def make_named(session: Session, naming: Naming, person: Named) -> Registration:
    """Return a new registration for ``person``, brought by the host; it has no seat yet."""
    invitation = _invitation_of(session, naming, person)
    registration = Registration(
        event_id=naming.event.id,
        invitation=invitation,
        function_id=None,
        contact_id=invitation.contact_id,
        organisation_id=naming.host.organisation_id,
        state=RegistrationState.INVITED,
        attendee_name=person.name,
        attendee_function=person.function,
        brought_by=naming.host,
        note="",
        diet="",
        replies={},
        version=0,
        notified_version=0,
        created_at=naming.now,
    )
    session.add(registration)
    session.flush()
    return registration


def answered_themselves(session: Session, registration: Registration) -> bool:
    """Tell whether this person gave an answer that nobody who names them may change."""
    return (
        registration.state in _OWN_ANSWER
        and not is_withdrawn(session, registration)
        and in_own_right(session, registration)
    )


def give_seat(
    session: Session,
    naming: Naming,
    registration: Registration,
    seat: Seat = NO_SEAT,
    *,
    called: str,
) -> None:
    """Let ``registration`` come, or wait if the event is full; ``seat`` is taken over if given.

    ``called`` is the name that was given: a refusal says no other, which would tell whose it is.

    Who comes already is left as they are, and so is who answered by themselves and is named by
    another. Raises RefusedPerson for whom staff took off.
    """
    if registration.state in COMING:
        return
    if naming.via == HOST and answered_themselves(session, registration):
        return
    if is_withdrawn(session, registration) and not off_by_host(registration):
        raise RefusedPerson(
            f"The organiser took {called} off this event",
            name=called,
            where=naming.event.key,
            remedy="Call or mail the organiser",
        )
    has_place = seat.held or places_left(session, naming.event) != 0
    after = RegistrationState.ACCEPTED if has_place else RegistrationState.WAITLISTED
    if registration.state is after:
        _move_forward(registration, seat)
        return
    waits_since = None
    if after is RegistrationState.WAITLISTED:
        waits_since = seat.since or next_waiting_moment(session, naming.event.id, now=naming.now)
    _record(session, naming, registration, after)
    registration.waitlisted_at = waits_since
    registration.promoted_at = None
    registration.answered_by = naming.by
    registration.answered_at = naming.now
    registration.answered_via = naming.via
    registration.answered_revision = naming.event.revision
    registration.version += 1
    session.flush()


def keep_details(
    session: Session, naming: Naming, registration: Registration, person: Named
) -> None:
    """Take over how the host writes of somebody they brought; nobody is mailed of a name.

    Who had no mailbox of their own and has one now moves there, and is told there.
    """
    if not is_only_brought(session, registration):
        return
    registration.attendee_name = person.name
    if person.function:
        registration.attendee_function = person.function
    if person.address and stands_with_host(registration):
        invitation = _invitation_of(session, naming, person)
        if invitation.id != registration.invitation_id:
            registration.invitation = invitation
            registration.contact_id = invitation.contact_id
            registration.version += 1
    session.flush()


def _record(
    session: Session, naming: Naming, registration: Registration, after: RegistrationState
) -> None:
    known = session.scalars(
        select(RegistrationChange.id)
        .where(RegistrationChange.registration_id == registration.id)
        .limit(1)
    ).first()
    if known is not None:
        record_change(session, registration, after, by=naming.by, via=naming.via, now=naming.now)
        return
    session.add(
        RegistrationChange(
            registration_id=registration.id,
            before=None,
            after=after,
            at=naming.now,
            by=naming.by,
            via=naming.via,
            comment="",
        )
    )
    registration.state = after


def _move_forward(registration: Registration, seat: Seat) -> None:
    since = registration.waitlisted_at
    if since is not None and seat.since is not None:
        registration.waitlisted_at = min(since, seat.since)


def _invitation_of(session: Session, naming: Naming, person: Named) -> Invitation:
    """Return the invitation at the person's own mailbox, or else the host's."""
    host = naming.host
    if not person.address:
        return host.invitation
    organisation = host.organisation
    contact, is_new = add_contact(
        session,
        person.address,
        person.name,
        source=_source(host),
        legal_basis=PUBLIC_TASK,
        language=host.invitation.contact.language,
        organisation=organisation,
        now=naming.now,
    )
    if is_new:
        contact.guest_until_on = naming.guest_until_on
    if contact.id == host.invitation.contact_id:
        return host.invitation
    return invitation_for(
        session, naming.event, contact, uid_domain=naming.uid_domain, now=naming.now
    )


def _source(host: Registration) -> str:
    """Return where we have the address from, as the first mail says it (AVG art. 14)."""
    if host.function is not None:
        return f"{host.function.role}, {host.function.organisation.name}"
    return host.attendee_name


def _at_address(session: Session, naming: Naming, address: str) -> list[Registration]:
    """Return the registrations at the mailbox ``address``, and the offices that its owner holds."""
    contact = find_contact(session, address)
    if contact is None:
        return []
    held = select(Function.id).where(Function.holder_id == contact.id)
    return list(
        session.scalars(
            select(Registration)
            .where(
                Registration.event_id == naming.event.id,
                Registration.id != naming.host.id,
                or_(Registration.contact_id == contact.id, Registration.function_id.in_(held)),
            )
            .order_by(Registration.id)
            .execution_options(populate_existing=True)
        )
    )


def _own_right(session: Session, rows: list[Registration], person: Named) -> list[Registration]:
    """Return those that somebody has of their own: an office first, then an invitation.

    At a mailbox of several offices the address alone does not say whose office is meant.
    """
    address = person.address.lower()
    offices = [
        row
        for row in rows
        if row.function is not None
        and row.function.holder is not None
        and (row.function.holder.address or "").lower() == address
    ]
    own = [
        row
        for row in rows
        if row.function_id is None
        and not stands_with_host(row)
        and not is_only_brought(session, row)
    ]
    return [*offices, *own]


def _brought(session: Session, rows: list[Registration]) -> list[Registration]:
    """Return who was named at their own mailbox before, if nobody else shares it."""
    if any(row.function_id is not None for row in rows):
        return []
    return [row for row in rows if is_only_brought(session, row) and not stands_with_host(row)]


def same_name(one: str, other: str) -> bool:
    """Tell whether two names differ in case or spaces alone."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
