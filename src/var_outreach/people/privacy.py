"""What a person may ask of us under the AVG: a copy of everything, and erasure.

*Reads*: everything that this stage keeps of one person. *Writes*: an erasure empties it.
*Next*: ``pipeline`` adds what later stages keep (answers, deliveries) and erases it there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from var_outreach.people.model import (
    ConsentProof,
    Contact,
    ContactAlias,
    Function,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from var_outreach.people.store import mailbox_of
from var_outreach.people.subscriptions import LEFT, subscriptions_of
from var_outreach.people.suppression import fingerprint_of, suppress
from var_outreach.tokens import Signer, random_token


def erase(
    session: Session, contact: Contact, *, signer: Signer, now: datetime, keep_out: bool = True
) -> None:
    """Forget a person (AVG art. 17): of the address only a keyed hash stays, so nobody mails it.

    Subscriptions stay as anonymous acts, for the totals and as proof; offices become vacant.
    Without ``keep_out`` the person may come back: nobody asked for it, the time was over. Doing
    it again changes nothing.
    """
    if contact.erased_at is not None:
        return
    for address in _addresses_of(session, contact):
        _forget_suppressions(session, address, signer)
        if keep_out:
            suppress(
                session,
                address,
                SuppressionReason.ERASURE,
                evidence=None,
                now=now,
                signer=signer,
            )
    session.execute(delete(ContactAlias).where(ContactAlias.contact_id == contact.id))
    for subscription in subscriptions_of(session, contact):
        _end(session, subscription, now)
    for function in session.scalars(_functions_of(contact)):
        if function.holder_id == contact.id:
            function.holder = None
        if function.secretariat_id == contact.id:
            function.secretariat = None
    contact.topics.clear()
    contact.address = None
    contact.name = ""
    contact.source = ""
    contact.organisation = None
    contact.guest_until_on = None
    # The old links to the personal page and feed die with the person's data.
    contact.token = random_token()
    contact.erased_at = now
    session.flush()


def export_person(session: Session, contact: Contact) -> dict[str, Any]:
    """Return all that this stage keeps of a person (AVG art. 15), as plain JSON values."""
    return {
        "name": contact.name,
        "address": contact.address,
        "former_addresses": [
            one for one in _addresses_of(session, contact) if one != contact.address
        ],
        "guest_until": contact.guest_until_on.isoformat() if contact.guest_until_on else None,
        "language": contact.language,
        "organisation": contact.organisation.name if contact.organisation else None,
        "source": contact.source,
        "legal_basis": contact.legal_basis,
        "created_at": contact.created_at.isoformat(),
        "erased_at": _moment(contact.erased_at),
        "topics": sorted(link.topic.name_nl for link in contact.topics),
        "functions": [
            _function_facts(function, contact)
            for function in session.scalars(_functions_of(contact))
        ],
        "subscriptions": [
            {
                "list": subscription.list_key,
                "state": subscription.state.value,
                "changed_at": subscription.changed_at.isoformat(),
                "acts": [_proof_facts(proof) for proof in subscription.proofs],
            }
            for subscription in subscriptions_of(session, contact)
        ],
        "suppressions": [
            {
                "reason": suppression.reason.value,
                "at": suppression.at.isoformat(),
                "evidence": suppression.evidence,
                "lifted_at": _moment(suppression.lifted_at),
            }
            for suppression in _suppressions_of(session, contact)
        ],
    }


def _addresses_of(session: Session, contact: Contact) -> list[str]:
    """Return the address of a person and those that they had before."""
    former = select(ContactAlias.address).where(ContactAlias.contact_id == contact.id)
    return [*([contact.address] if contact.address else []), *session.scalars(former)]


def _forget_suppressions(session: Session, address: str, signer: Signer) -> None:
    query = select(Suppression).where(Suppression.fingerprint == fingerprint_of(address, signer))
    for suppression in session.scalars(query):
        suppression.address = None
        suppression.evidence = None


def _end(session: Session, subscription: Subscription, now: datetime) -> None:
    if subscription.state is not SubscriptionState.LEFT:
        subscription.state = SubscriptionState.LEFT
        subscription.changed_at = now
        proof = ConsentProof(act=LEFT, at=now, wording="", source="erasure")
        proof.subscription = subscription
        session.add(proof)
    subscription.notified_version = subscription.version


def _functions_of(contact: Contact) -> Select[Function]:
    return (
        select(Function)
        .where(or_(Function.holder_id == contact.id, Function.secretariat_id == contact.id))
        .order_by(Function.id)
    )


def _suppressions_of(session: Session, contact: Contact) -> list[Suppression]:
    if contact.address is None:
        return []
    query = select(Suppression).where(func.lower(Suppression.address) == contact.address.lower())
    return list(session.scalars(query.order_by(Suppression.id)))


def _function_facts(function: Function, contact: Contact) -> dict[str, Any]:
    mailbox = mailbox_of(function)
    return {
        "organisation": function.organisation.name,
        "role": function.role,
        "portfolio": function.portfolio,
        "as": "holder" if function.holder_id == contact.id else "secretariat",
        "written_to": mailbox is not None and mailbox.id == contact.id,
        "from": function.from_on.isoformat() if function.from_on else None,
        "until": function.until_on.isoformat() if function.until_on else None,
    }


def _proof_facts(proof: ConsentProof) -> dict[str, Any]:
    return {
        "act": proof.act,
        "at": proof.at.isoformat(),
        "wording": proof.wording,
        "source": proof.source,
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
