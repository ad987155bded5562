"""Who had accepted an event that was postponed: they are offered its successor first.

*Reads*: the answers to the old event, offices, suppression. *Writes*: nothing. *Next*: ``outbox``
invites them to the new event and makes a delivery for each.

An office that somebody came for has accepted too; who came instead is not asked, for the office
says anew whom it sends. A mailbox with one acceptance is written to for all its offices that had
been invited: one mail names them all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from var_outreach.audiences.resolve import Invitee, Resolved
from var_outreach.people.model import Contact, Function
from var_outreach.people.store import functions_on, mailbox_of
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.registrations.model import (
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.store import WITHDRAWN
from var_outreach.tokens import Signer


def resolve_accepted_before(
    session: Session,
    event_id: int,
    states: Collection[RegistrationState],
    *,
    on_date: date,
    signer: Signer,
) -> Resolved[Invitee]:
    """Return the mailboxes of which a registration for ``event_id`` is in one of ``states``.

    Of offices those count that exist on ``on_date``, at the mailbox that they have now.
    """
    offices: dict[int, tuple[Contact, list[Function], bool]] = {}
    invited = _invited_offices(session, event_id)
    for function in functions_on(session, on_date):
        state = invited.get(function.id)
        mailbox = mailbox_of(function) if state is not None else None
        if state is None or mailbox is None:
            continue
        _, functions, wanted = offices.get(mailbox.id, (mailbox, [], False))
        functions.append(function)
        offices[mailbox.id] = (mailbox, functions, wanted or state in states)
    found = {key: (box, rows) for key, (box, rows, wanted) in offices.items() if wanted}
    for contact in _people(session, event_id, states):
        found.setdefault(contact.id, (contact, []))
    addresses = [box.address for box, _ in found.values() if box.address is not None]
    suppressed = suppressed_addresses(session, addresses, signer=signer)
    return Resolved(
        tuple(
            Invitee(
                contact_id=box.id,
                function_ids=tuple(function.id for function in functions),
                address=box.address,
                name=box.name,
                language=box.language,
            )
            for box, functions in (found[key] for key in sorted(found))
            if box.address is not None and box.address not in suppressed
        )
    )


def _invited_offices(session: Session, event_id: int) -> dict[int, RegistrationState]:
    """Return how each office answered; those that staff took off are left out."""
    taken_off = (
        select(RegistrationChange.id)
        .where(
            RegistrationChange.registration_id == Registration.id,
            RegistrationChange.via == WITHDRAWN,
        )
        .exists()
    )
    rows = session.execute(
        select(Registration.function_id, Registration.state).where(
            Registration.event_id == event_id,
            Registration.function_id.is_not(None),
            (Registration.state != RegistrationState.CANCELLED) | ~taken_off,
        )
    )
    return {function_id: state for function_id, state in rows if function_id is not None}


def _people(
    session: Session, event_id: int, states: Collection[RegistrationState]
) -> list[Contact]:
    """Return who had accepted as the person they are, at a mailbox of their own."""
    host, office = aliased(Registration), aliased(Registration)
    # A colleague without an address of their own stands on the mailbox of who brought them.
    own_mailbox: ColumnElement[bool] = Registration.brought_by_id.is_(None) | (
        Registration.contact_id != host.contact_id
    )
    return list(
        session.scalars(
            select(Contact)
            .join(Registration, Registration.contact_id == Contact.id)
            .outerjoin(host, host.id == Registration.brought_by_id)
            .outerjoin(office, office.represented_by_id == Registration.id)
            .where(
                Registration.event_id == event_id,
                Registration.function_id.is_(None),
                Registration.state.in_(states),
                own_mailbox,
                office.id.is_(None),
                Contact.address.is_not(None),
                Contact.erased_at.is_(None),
            )
            .distinct()
            .order_by(Contact.id)
        )
    )
