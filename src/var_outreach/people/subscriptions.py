"""Asking for a list, confirming it and leaving it, each with its proof.

*Reads*: subscriptions and proofs. *Writes*: the same. *Next*: planning sees a version above
``notified_version`` of a pending subscription and makes a confirmation mail due.

Double opt-in (Telecommunicatiewet 11.7): an address is written to only after the person at that
address confirmed. Whoever asks learns nothing about who is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, NotFound
from var_outreach.people.model import ConsentProof, Contact, Subscription, SubscriptionState
from var_outreach.people.store import CONSENT, add_contact, kept_contact_id
from var_outreach.tokens import random_token

NEWSLETTER = "nieuwsbrief"
ASKS_A_DAY = 3
"""Confirmation mails to one address in 24 hours at most (list bombing)."""

ASKED = "asked"
CONFIRMED = "confirmed"
IMPORTED = "imported"
LEFT = "left"


def ask(
    session: Session,
    address: str,
    name: str,
    language: str,
    *,
    source: str,
    wording: str,
    now: datetime,
    list_key: str = NEWSLETTER,
) -> Subscription:
    """Record that somebody asks to be put on a list; a confirmation mail becomes due.

    An active subscriber, and a fourth request within a day, change nothing; the caller answers
    all alike. A known contact keeps its name and language, for anybody may fill in a form.
    Raises HeaderError for an address or name that may not stand in a mail.
    """
    contact, _ = add_contact(
        session,
        address,
        name,
        source=source,
        legal_basis=CONSENT,
        now=now,
        language=language,
    )
    subscription = _locked(session, contact, list_key)
    if subscription is None:
        subscription = _added(session, contact, list_key, now)
    elif subscription.state is SubscriptionState.ACTIVE:
        return subscription
    if _asked_since(session, subscription, now - timedelta(days=1)) >= ASKS_A_DAY:
        return subscription
    subscription.state = SubscriptionState.PENDING
    subscription.version += 1
    subscription.changed_at = now
    _prove(session, subscription, ASKED, at=now, wording=wording, source=source)
    return subscription


def confirm(
    session: Session, subscription_id: int, *, source: str, wording: str, now: datetime
) -> Subscription:
    """Make a pending subscription active; doing it again changes nothing.

    Raises NotFound for an unknown one and Conflict if the person has left since, for an old
    confirmation link may not bring anybody back.
    """
    subscription = session.scalar(
        select(Subscription).where(Subscription.id == subscription_id).with_for_update()
    )
    if subscription is None:
        raise NotFound("There is no such subscription", remedy="Subscribe again")
    if subscription.state is SubscriptionState.LEFT:
        raise Conflict("This subscription has ended", remedy="Subscribe again")
    if subscription.state is SubscriptionState.PENDING:
        _become(subscription, SubscriptionState.ACTIVE, now)
        _prove(session, subscription, CONFIRMED, at=now, wording=wording, source=source)
    return subscription


def leave(
    session: Session, token: str, *, source: str, now: datetime, wording: str = ""
) -> Subscription:
    """Take somebody off the one list that ``token`` belongs to, however long ago it was sent.

    Doing it again changes nothing. Raises NotFound if the token is nobody's.
    """
    subscription = find_subscription(session, token)
    session.refresh(subscription, with_for_update=True)
    if subscription.state is not SubscriptionState.LEFT:
        _become(subscription, SubscriptionState.LEFT, now)
        _prove(session, subscription, LEFT, at=now, wording=wording, source=source)
    return subscription


def import_consent(
    session: Session,
    contact: Contact,
    *,
    consented_at: datetime,
    source: str,
    wording: str,
    now: datetime,
    list_key: str = NEWSLETTER,
) -> bool:
    """Take over a consent that was given elsewhere; return whether anything changed.

    No new opt-in is asked. Whoever left stays away, whatever the file says.
    """
    known = subscription_of(session, contact, list_key)
    subscription = known or _added(session, contact, list_key, now)
    return take_consent(
        session, subscription, consented_at=consented_at, source=source, wording=wording, now=now
    )


def take_consent(
    session: Session,
    subscription: Subscription,
    *,
    consented_at: datetime,
    source: str,
    wording: str,
    now: datetime,
) -> bool:
    """Do what ``import_consent`` does on a subscription that is at hand."""
    if subscription.state is SubscriptionState.ACTIVE or has_left(subscription):
        return False
    _become(subscription, SubscriptionState.ACTIVE, now)
    _prove(session, subscription, IMPORTED, at=consented_at, wording=wording, source=source)
    return True


def take_opt_out(
    session: Session,
    subscription: Subscription,
    *,
    source: str,
    wording: str,
    now: datetime,
    left_at: datetime | None = None,
) -> bool:
    """Take over that somebody opted out elsewhere, at ``left_at``; return whether anything changed.

    A consent that the person confirmed here outranks the file.
    """
    if subscription.state is SubscriptionState.LEFT or _own_act(subscription) == CONFIRMED:
        return False
    _become(subscription, SubscriptionState.LEFT, now)
    _prove(session, subscription, LEFT, at=left_at or now, wording=wording, source=source)
    return True


def new_subscription(contact: Contact, list_key: str, now: datetime) -> Subscription:
    """Return a pending subscription of which no mail is due yet; not added to a session."""
    return Subscription(
        contact=contact,
        list_key=list_key,
        state=SubscriptionState.PENDING,
        token=random_token(),
        version=0,
        notified_version=0,
        changed_at=now,
    )


def subscription_of(session: Session, contact: Contact, list_key: str) -> Subscription | None:
    """Return the place of ``contact`` on a list, or None."""
    return session.scalar(
        select(Subscription).where(
            Subscription.contact_id == contact.id, Subscription.list_key == list_key
        )
    )


def find_subscription(session: Session, token: str) -> Subscription:
    """Return the subscription that ``token`` leaves; raises NotFound.

    A link that was mailed to a contact which was joined with another leads to the other's.
    """
    found = session.scalar(select(Subscription).where(Subscription.token == token))
    if found is None:
        raise NotFound("There is no such subscription", remedy="Use the link in a newer mail")
    kept = kept_contact_id(session, found.contact_id)
    if kept == found.contact_id:
        return found
    theirs = select(Subscription).where(
        Subscription.contact_id == kept, Subscription.list_key == found.list_key
    )
    return session.scalar(theirs) or found


def subscriptions_of(session: Session, contact: Contact) -> list[Subscription]:
    """Return all lists that ``contact`` ever asked for, by name of the list."""
    query = select(Subscription).where(Subscription.contact_id == contact.id)
    return list(session.scalars(query.order_by(Subscription.list_key)))


def has_left(subscription: Subscription) -> bool:
    """Tell whether the person ever left this list, also if they asked for it again since."""
    return any(proof.act == LEFT for proof in subscription.proofs)


def _own_act(subscription: Subscription) -> str:
    acts = [proof.act for proof in subscription.proofs if proof.act in {CONFIRMED, LEFT}]
    return acts[-1] if acts else ""


def _become(subscription: Subscription, state: SubscriptionState, now: datetime) -> None:
    subscription.state = state
    subscription.changed_at = now
    if state is SubscriptionState.ACTIVE:
        # A reader is no guest of one event any more.
        subscription.contact.guest_until_on = None
    # A confirmation mail that still waits has nothing left to ask.
    subscription.notified_version = subscription.version


def _prove(
    session: Session,
    subscription: Subscription,
    act: str,
    *,
    at: datetime,
    wording: str,
    source: str,
) -> None:
    proof = ConsentProof(act=act, at=at, wording=wording, source=source)
    proof.subscription = subscription
    session.add(proof)


def _locked(session: Session, contact: Contact, list_key: str) -> Subscription | None:
    return session.scalar(
        select(Subscription)
        .where(Subscription.contact_id == contact.id, Subscription.list_key == list_key)
        .with_for_update()
    )


def _added(session: Session, contact: Contact, list_key: str, now: datetime) -> Subscription:
    subscription = new_subscription(contact, list_key, now)
    try:
        with session.begin_nested():
            session.add(subscription)
    except IntegrityError:
        other = _locked(session, contact, list_key)
        if other is None:
            raise
        return other
    return subscription


def _asked_since(session: Session, subscription: Subscription, since: datetime) -> int:
    query = (
        select(func.count())
        .select_from(ConsentProof)
        .where(
            ConsentProof.subscription_id == subscription.id,
            ConsentProof.act == ASKED,
            ConsentProof.at > since,
        )
    )
    return session.scalar(query) or 0
