"""Who is invited to an event: invitations are made here, and taken off again.

*Reads*: events, contacts and functions. *Writes*: ``Invitation`` and ``Registration`` rows.
*Next*: the pipeline mails an invitation; ``registrations/answers.py`` takes the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.model import (
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.standing_in import (
    end_representation,
    stands_with_host,
    stop_standing_in,
)
from var_outreach.registrations.store import FORM, WITHDRAWN, is_withdrawn
from var_outreach.registrations.waiting import lock_event, promote_waiting, record_change
from var_outreach.tokens import random_token

BATCH = 500
T = TypeVar("T")


class Invitee(Protocol):
    """One mailbox and the offices that are reached there; none: the person is invited."""

    @property
    def contact_id(self) -> int:
        """The mailbox that is written to."""
        ...

    @property
    def function_ids(self) -> Sequence[int]:
        """The offices that the mail is for."""
        ...


def invitation_for(
    session: Session, event: Event, contact: Contact, *, uid_domain: str, now: datetime
) -> Invitation:
    """Return the one invitation of ``contact`` to ``event``; make it if there is none.

    Its UID is ``token@uid_domain`` and stays so for life.
    """
    lock_event(session, event.id)
    invitation = _invitation_of(session, event, contact, uid_domain=uid_domain, now=now)
    session.flush()
    return invitation


def invite(
    session: Session, event: Event, invitee: Invitee, *, uid_domain: str, now: datetime
) -> Invitation:
    """Invite every office of ``invitee``, or the person if there is none; return the invitation.

    Inviting again changes nothing. An office that was invited at another mailbox before stays
    there: its calendar entry lives there. Who was taken off is not invited anew by this.
    """
    return invite_all(session, event, [invitee], uid_domain=uid_domain, now=now)[0]


def invite_all(
    session: Session,
    event: Event,
    invitees: Iterable[Invitee],
    *,
    uid_domain: str,
    now: datetime,
) -> list[Invitation]:
    """Invite all of ``invitees`` as ``invite`` does, in a few queries per five hundred."""
    event = lock_event(session, event.id)
    invitations: list[Invitation] = []
    for batch in _batched(invitees, BATCH):
        known = _Known(session, event, batch)
        for invitee in batch:
            invitations.append(_invite_one(session, known, invitee, uid_domain, now))
        session.flush()
    return invitations


class _Known:
    """What there is already of one event and some invitees."""

    def __init__(self, session: Session, event: Event, invitees: Sequence[Invitee]) -> None:
        contact_ids = [one.contact_id for one in invitees]
        function_ids = [key for one in invitees for key in one.function_ids]
        self.event = event
        self.contacts = {
            contact.id: contact
            for contact in session.scalars(select(Contact).where(Contact.id.in_(contact_ids)))
        }
        self.functions = {
            function.id: function
            for function in session.scalars(
                select(Function)
                .options(joinedload(Function.holder))
                .where(Function.id.in_(function_ids))
            )
        }
        self.invitations = {
            invitation.contact_id: invitation
            for invitation in session.scalars(
                select(Invitation)
                .options(selectinload(Invitation.registrations))
                .where(Invitation.event_id == event.id, Invitation.contact_id.in_(contact_ids))
            )
        }
        self.offices: dict[int | None, Registration] = {
            registration.function_id: registration
            for registration in session.scalars(
                select(Registration)
                .options(joinedload(Registration.invitation))
                .where(
                    Registration.event_id == event.id,
                    Registration.function_id.in_(function_ids),
                )
            )
        }

    def invitation(
        self, session: Session, contact: Contact, uid_domain: str, now: datetime
    ) -> Invitation:
        """Return the invitation of ``contact``; make it if there is none."""
        found = self.invitations.get(contact.id)
        if found is None:
            found = _new_invitation(session, self.event, contact, uid_domain, now)
            self.invitations[contact.id] = found
        return found


def _invite_one(
    session: Session, known: _Known, invitee: Invitee, uid_domain: str, now: datetime
) -> Invitation:
    contact = known.contacts[invitee.contact_id]
    if not invitee.function_ids:
        invitation = known.invitation(session, contact, uid_domain, now)
        if all(
            row.function_id is not None or stands_with_host(row) for row in invitation.registrations
        ):
            _register(session, invitation, None, name=contact.name, now=now)
        return invitation
    missing = [key for key in dict.fromkeys(invitee.function_ids) if key not in known.offices]
    if not missing:
        return known.offices[invitee.function_ids[0]].invitation
    invitation = known.invitation(session, contact, uid_domain, now)
    for key in missing:
        function = known.functions[key]
        name = function.holder.name if function.holder is not None else ""
        made = _register(session, invitation, function, name=name, now=now)
        if invitation.revision_sent >= 0 or invitation.sequence >= 0:
            # This mailbox had its invitation before: it is told of the office that came to it.
            made.version = 1
        known.offices[key] = made
    return invitation


def _invitation_of(
    session: Session, event: Event, contact: Contact, *, uid_domain: str, now: datetime
) -> Invitation:
    found = session.scalars(
        select(Invitation).where(
            Invitation.event_id == event.id, Invitation.contact_id == contact.id
        )
    ).one_or_none()
    return found or _new_invitation(session, event, contact, uid_domain, now)


def _new_invitation(
    session: Session, event: Event, contact: Contact, uid_domain: str, now: datetime
) -> Invitation:
    token = random_token()
    invitation = Invitation(
        event_id=event.id,
        contact_id=contact.id,
        event=event,
        contact=contact,
        registrations=[],
        token=token,
        uid=f"{token}@{uid_domain}",
        sequence=-1,
        calendar_facts="",
        revision_sent=-1,
        date_sequence=0,
        created_at=now,
    )
    session.add(invitation)
    return invitation


def personal_registration(
    session: Session, invitation: Invitation, *, name: str, now: datetime
) -> Registration:
    """Return the registration of the person behind the mailbox, apart from any office.

    Whom somebody else named at this mailbox is that person, unless that was named without a
    mailbox of their own.
    """
    found = session.scalars(
        select(Registration)
        .where(
            Registration.invitation_id == invitation.id,
            Registration.function_id.is_(None),
        )
        .order_by(Registration.brought_by_id.is_not(None), Registration.id)
    )
    for row in found:
        if not stands_with_host(row):
            return row
    made = _register(session, invitation, None, name=name, now=now, via=FORM)
    session.flush()
    return made


def withdraw(
    session: Session, registration: Registration, *, by: str, now: datetime, comment: str = ""
) -> None:
    """Take an invitee off the event; the place goes to who waits.

    The invitee is told if anything was mailed before. Only staff can undo it. ``comment`` says
    why, in the history.
    """
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    if is_withdrawn(session, registration):
        return
    record_change(
        session,
        registration,
        RegistrationState.CANCELLED,
        by=by,
        via=WITHDRAWN,
        now=now,
        comment=comment,
    )
    registration.answered_by = by
    registration.answered_at = now
    registration.answered_via = "staff"
    registration.answered_revision = event.revision
    registration.waitlisted_at = None
    end_representation(session, registration, by=by, now=now)
    stop_standing_in(session, registration, by=by, now=now)
    invitation = registration.invitation
    if invitation.revision_sent >= 0 or invitation.sequence >= 0 or registration.version > 0:
        registration.version += 1
    session.flush()
    promote_waiting(session, event, now=now)


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield ``items`` in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _register(
    session: Session,
    invitation: Invitation,
    function: Function | None,
    *,
    name: str,
    now: datetime,
    via: str = "invitation",
) -> Registration:
    registration = Registration(
        event_id=invitation.event_id,
        invitation=invitation,
        function_id=function.id if function is not None else None,
        organisation_id=(
            function.organisation_id if function is not None else invitation.contact.organisation_id
        ),
        contact_id=invitation.contact_id,
        state=RegistrationState.INVITED,
        attendee_name=name,
        note="",
        diet="",
        version=0,
        notified_version=0,
        created_at=now,
    )
    session.add(
        RegistrationChange(
            registration=registration,
            before=None,
            after=RegistrationState.INVITED,
            at=now,
            by=via,
            via=via,
            comment="",
        )
    )
    return registration
