"""Who comes by somebody else's link: a forwarded invitation, or an organisation's own.

*Reads*: an invitation or a link, its event, locked. *Writes*: a registration that comes, waits
for a place, or waits for staff to decide. *Next*: the pipeline tells who comes or waits; staff
decide about who asked.

A form proves nothing of who fills it in. So whoever has an answer keeps it, and is told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.errors import Conflict
from var_outreach.people.domains import is_of_organisation
from var_outreach.people.model import Organisation
from var_outreach.people.store import CONSENT, add_contact
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.deadline import HOME_ZONE, check_still_answerable
from var_outreach.registrations.invitees import invitation_for, withdraw
from var_outreach.registrations.model import (
    COMING,
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.naming import (
    Named,
    Naming,
    checked_named,
    find_named,
    give_seat,
    make_named,
)
from var_outreach.registrations.offices import may_bring
from var_outreach.registrations.standing_in import counts_with, stands_with_host
from var_outreach.registrations.store import FORWARDED, is_withdrawn
from var_outreach.registrations.waiting import lock_event, promote_locked

ANSWERED = COMING | {
    RegistrationState.WAITLISTED,
    RegistrationState.TENTATIVE,
    RegistrationState.DECLINED,
    RegistrationState.REPRESENTED,
    RegistrationState.REQUESTED,
}
"""The states that a form of anybody leaves as they are."""


class Joined(StrEnum):
    """What becomes of somebody with a forwarded invitation; the same for known and unknown."""

    COMES = "comes"
    """Of the same organisation, within its maximum."""
    ASKED = "asked"
    """Of elsewhere, or beyond the maximum: staff decide."""
    ANSWERS = "answers"
    """Not somebody else at all: this mailbox answers for the office."""


@dataclass(frozen=True)
class _Host:
    """On whose behalf somebody of the same organisation comes."""

    registration: Registration
    organisation: Organisation | None


def what_becomes(session: Session, invitation: Invitation, address: str) -> Joined:
    """Return what happens to the owner of ``address`` who was forwarded ``invitation``."""
    if address.lower() in _own_addresses(invitation):
        return Joined.ANSWERS
    host = _host_for(session, invitation, address)
    if host is None:
        return Joined.ASKED
    event = invitation.event
    if event.max_per_organisation is not None:
        taken = counts_with(session, event, host.registration)
        if taken >= event.max_per_organisation:
            return Joined.ASKED
    return Joined.COMES


def join_forwarded(
    session: Session,
    invitation: Invitation,
    person: Named,
    *,
    uid_domain: str,
    now: datetime,
    zone: ZoneInfo = HOME_ZONE,
    language: str = "nl",
    guest_until_on: date | None = None,
) -> Joined:
    """Let somebody in who was forwarded ``invitation``, or keep that they asked.

    Raises:
        Conflict: the event is off, has been, or is past its last day for answers.
        HeaderError: the address or the name cannot be used.
    """
    event = lock_event(session, invitation.event_id)
    check_still_answerable(event, now=now, leaving=False, by_staff=False, zone=zone)
    person = checked_named(person)
    joined = what_becomes(session, invitation, person.address)
    if joined is Joined.COMES:
        host = _host_for(session, invitation, person.address)
        assert host is not None
        by, via = person.name, FORWARDED
        naming = Naming(host.registration, event, by, via, uid_domain, now, guest_until_on)
        _come(session, naming, person)
        promote_locked(session, event, now=now)
    elif joined is Joined.ASKED:
        contact, is_new = add_contact(
            session,
            person.address,
            person.name,
            source=f"request to come to {event.key}",
            legal_basis=CONSENT,
            language=language,
            now=now,
        )
        if is_new:
            contact.guest_until_on = guest_until_on
        own = invitation_for(session, event, contact, uid_domain=uid_domain, now=now)
        _ask(session, own, person, of=_whose(invitation), now=now)
    session.flush()
    return joined


def _come(session: Session, naming: Naming, person: Named) -> None:
    """Let a colleague of the host come, unless they have an answer or an office of their own."""
    promote_locked(session, naming.event, now=naming.now)
    known = find_named(session, naming, person)
    if known is not None and (
        known.function_id is not None or known.state in ANSWERED or is_withdrawn(session, known)
    ):
        return
    found = known or make_named(session, naming, person)
    give_seat(session, naming, found, called=person.name)


def _ask(session: Session, own: Invitation, person: Named, *, of: str, now: datetime) -> None:
    """Keep that somebody asked to come, unless they have an answer."""
    session.refresh(own, ["registrations"])
    rows = [row for row in own.registrations if not stands_with_host(row)]
    if any(row.function_id is not None or row.state in ANSWERED for row in rows):
        return
    if any(is_withdrawn(session, row) for row in rows):
        return
    registration = rows[0] if rows else new_registration(own, person, now=now)
    before = registration.state if rows else None
    session.add(registration)
    session.flush()
    session.add(
        RegistrationChange(
            registration_id=registration.id,
            before=before,
            after=RegistrationState.REQUESTED,
            at=now,
            by=person.name,
            via=FORWARDED,
            comment=f"forwarded by {of}",
        )
    )
    registration.state = RegistrationState.REQUESTED
    registration.answered_by = person.name
    registration.answered_at = now
    registration.answered_via = FORWARDED
    registration.answered_revision = own.event.revision


def decide_request(
    session: Session, registration: Registration, *, accept: bool, by: str, now: datetime
) -> Registration:
    """Let who asked come (or wait, if the event is full), or tell them no.

    Raises Conflict if nobody asked, or the event is off or has been.
    """
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    if registration.state is not RegistrationState.REQUESTED:
        raise Conflict(
            f"This person did not ask to come, or it was decided: {registration.state.value}",
            where=f"registration {registration.id}",
            remedy="List the requests that wait",
        )
    if accept:
        said = Answer(RegistrationState.ACCEPTED, answered_by=by)
        return record_answer(session, registration, said, via="staff", now=now)
    if event.state in {EventState.CANCELLED, EventState.POSTPONED}:
        raise Conflict("This event does not take place on its date", where=event.key)
    withdraw(session, registration, by=by, now=now)
    # Whoever asked hears what was decided, though no mail went to them before.
    registration.version = registration.notified_version + 1
    session.flush()
    return registration


def requests_for(session: Session, event: Event) -> list[Registration]:
    """Return who asked to come and waits for staff, first come first."""
    return list(
        session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event.id,
                Registration.state == RegistrationState.REQUESTED,
            )
            .order_by(Registration.answered_at, Registration.id)
        )
    )


def new_registration(
    invitation: Invitation, person: Named, *, now: datetime, organisation_id: int | None = None
) -> Registration:
    """Return a registration of somebody by themselves; its history is the caller's to begin."""
    return Registration(
        event_id=invitation.event_id,
        invitation=invitation,
        function_id=None,
        contact_id=invitation.contact_id,
        organisation_id=organisation_id or invitation.contact.organisation_id,
        state=RegistrationState.INVITED,
        attendee_name=person.name,
        attendee_function=person.function,
        note="",
        diet="",
        replies={},
        version=0,
        notified_version=0,
        created_at=now,
    )


def _own_addresses(invitation: Invitation) -> frozenset[str]:
    """Return, in lowercase, the addresses that answer for the offices on ``invitation``."""
    contacts = [invitation.contact]
    for registration in invitation.registrations:
        function = registration.function
        if function is not None:
            contacts += [one for one in (function.holder, function.secretariat) if one is not None]
    return frozenset(one.address.lower() for one in contacts if one.address)


def _host_for(session: Session, invitation: Invitation, address: str) -> _Host | None:
    """Return the office on ``invitation`` of whose organisation the owner of ``address`` is.

    Whoever was taken off brings nobody.
    """
    for registration in invitation.registrations:
        if stands_with_host(registration) or registration.state is RegistrationState.REQUESTED:
            continue
        organisation = registration.organisation
        if is_of_organisation(address, organisation, invitation.contact):
            host = registration
            if not may_bring(host) and host.brought_by is not None:
                host = host.brought_by
            if is_withdrawn(session, registration) or is_withdrawn(session, host):
                continue
            return _Host(host, organisation)
    return None


def _whose(invitation: Invitation) -> str:
    functions = [row.function for row in invitation.registrations if row.function is not None]
    if not functions:
        return invitation.contact.name
    return "; ".join(f"{one.role}, {one.organisation.name}" for one in functions)
