"""Two contacts that are one person become one; two organisations that merged become one.

*Reads / Writes*: offices, subscriptions, themes, former addresses, suppression. *Next*:
``staff/joining.py`` does the same for what later stages keep, in the same transaction.

Nothing is lost: history moves along, an opt-out wins, and old links and addresses lead to who is
kept. The other contact stays as an empty row that says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, NotFound
from var_outreach.people.model import (
    ConsentProof,
    Contact,
    ContactAlias,
    ContactJoin,
    ContactTopic,
    Function,
    ListCheck,
    Organisation,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from var_outreach.people.store import PUBLIC_TASK, find_contact
from var_outreach.people.subscriptions import subscription_of, subscriptions_of
from var_outreach.people.suppression import is_suppressed, suppress
from var_outreach.tokens import Signer

_WISHES = (SuppressionReason.COMPLAINT, SuppressionReason.REQUEST)


@dataclass
class Joined:
    """What a join did to people, by id: what is gone, and what it became."""

    functions: dict[int, int] = field(default_factory=dict)
    subscriptions: dict[int, int] = field(default_factory=dict)
    functions_moved: int = 0
    topics_moved: int = 0
    left: list[str] = field(default_factory=list)
    """Lists that the person no longer gets, for one of the two had left them."""
    alias: str = ""


def contact_named(session: Session, text: str) -> Contact:
    """Return the contact with the address or the number ``text``; raises NotFound."""
    found = session.get(Contact, int(text)) if text.isdecimal() else find_contact(session, text)
    if found is None or found.erased_at is not None:
        raise NotFound(
            f"there is nobody with '{text}'",
            remedy="Give an address, or a number from: var-outreach people duplicates",
        )
    return found


def join_contacts(
    session: Session, keep: Contact, other: Contact, *, by: str, now: datetime, signer: Signer
) -> Joined:
    """Let ``keep`` be what ``other`` was; registrations must be moved before the next commit.

    An office that both hold is reported in ``functions`` and stays, for registrations refer to
    it. Raises Conflict for a contact with itself or one that was erased.
    """
    if keep.id == other.id:
        raise Conflict("that is one contact already", where=other.address or str(other.id))
    if keep.erased_at is not None or other.erased_at is not None:
        raise Conflict("one of the two was erased", remedy="Nothing is left to be joined")
    done = Joined()
    _join_offices(session, keep, other, done)
    _join_subscriptions(session, keep, other, done, now)
    _join_topics(session, keep, other, done)
    session.execute(
        update(ListCheck).where(ListCheck.contact_id == other.id).values(contact_id=keep.id)
    )
    if keep.organisation is None:
        keep.organisation = other.organisation
    if PUBLIC_TASK in (keep.legal_basis, other.legal_basis):
        keep.legal_basis = PUBLIC_TASK
    until = (keep.guest_until_on, other.guest_until_on)
    keep.guest_until_on = None if None in until else max(one for one in until if one)
    keep.created_at = min(keep.created_at, other.created_at)
    keep.name = keep.name or other.name
    _move_address(session, keep, other, done, now, signer)
    _empty(other, now)
    session.add(ContactJoin(contact_id=other.id, kept_id=keep.id, joined_at=now, joined_by=by))
    session.flush()
    return done


def merge_organisations(
    session: Session, old: Organisation, new: Organisation, *, on: date
) -> tuple[int, int]:
    """Let ``new`` take the place of ``old`` from ``on``; return how many offices and contacts.

    The offices of ``old`` end the day before; its people are of ``new``. What was answered in its
    name stays so. Raises Conflict for one that merged before, or into itself.
    """
    if old.merged_into_id is not None:
        raise Conflict(f"'{old.key}' has merged already", where=old.key)
    present = new
    while present.merged_into_id is not None:
        present = session.get_one(Organisation, present.merged_into_id)
    if present.id == old.id:
        raise Conflict("an organisation cannot merge into itself", where=old.key)
    last = on - timedelta(days=1)
    ended = session.scalars(
        select(Function).where(
            Function.organisation_id == old.id,
            or_(Function.until_on.is_(None), Function.until_on > last),
        )
    ).all()
    for function in ended:
        # An office that was still to begin is over before it did.
        function.until_on = last
    contacts = session.scalars(select(Contact).where(Contact.organisation_id == old.id)).all()
    for contact in contacts:
        contact.organisation = new
    old.merged_into_id = present.id
    session.flush()
    return len(ended), len(contacts)


def drop_functions(session: Session, gone: dict[int, int]) -> None:
    """Delete the offices that ``join_contacts`` found twice, when nothing refers to them."""
    for function_id in gone:
        session.delete(session.get_one(Function, function_id))
    session.flush()


def _join_offices(session: Session, keep: Contact, other: Contact, done: Joined) -> None:
    own = list(session.scalars(select(Function).where(Function.holder_id == keep.id)))
    for function in session.scalars(
        select(Function).where(
            or_(Function.holder_id == other.id, Function.secretariat_id == other.id)
        )
    ).all():
        if function.secretariat_id == other.id:
            function.secretariat = keep
        if function.holder_id == other.id:
            same = next((one for one in own if _same_office(one, function)), None)
            if same is None:
                function.holder = keep
                done.functions_moved += 1
            else:
                done.functions[function.id] = same.id
                _widen(same, function)
    session.flush()


def _same_office(one: Function, other: Function) -> bool:
    if (one.organisation_id, one.role) != (other.organisation_id, other.role):
        return False
    if one.portfolio.casefold() != other.portfolio.casefold():
        return False
    begins = max(one.from_on or date.min, other.from_on or date.min)
    return begins <= min(one.until_on or date.max, other.until_on or date.max)


def _widen(office: Function, same: Function) -> None:
    """Let an office last as long as both rows together say."""
    if office.from_on is not None:
        office.from_on = None if same.from_on is None else min(office.from_on, same.from_on)
    if office.until_on is not None:
        office.until_on = None if same.until_on is None else max(office.until_on, same.until_on)
    office.secretariat = office.secretariat or same.secretariat


def _join_subscriptions(
    session: Session, keep: Contact, other: Contact, done: Joined, now: datetime
) -> None:
    state = SubscriptionState
    for subscription in subscriptions_of(session, other):
        own = subscription_of(session, keep, subscription.list_key)
        if own is None:
            subscription.contact = keep
            continue
        both = {own.state, subscription.state}
        joined = next(one for one in (state.LEFT, state.ACTIVE, state.PENDING) if one in both)
        if joined is not own.state:
            own.state, own.changed_at = joined, now
            own.notified_version = own.version
        if joined is state.LEFT and both != {state.LEFT}:
            done.left.append(own.list_key)
        session.execute(
            update(ConsentProof)
            .where(ConsentProof.subscription_id == subscription.id)
            .values(subscription_id=own.id)
        )
        session.expire(own, ["proofs"])
        session.expire(subscription, ["proofs"])
        _end(subscription, now)
        done.subscriptions[subscription.id] = own.id
    session.flush()


def _end(subscription: Subscription, now: datetime) -> None:
    """Leave an empty place whose link leads on to the person's own."""
    subscription.state = SubscriptionState.LEFT
    subscription.changed_at = now
    subscription.notified_version = subscription.version


def _join_topics(session: Session, keep: Contact, other: Contact, done: Joined) -> None:
    own = {link.topic_id for link in keep.topics}
    for link in list(other.topics):
        if link.topic_id not in own:
            keep.topics.append(ContactTopic(topic=link.topic))
            done.topics_moved += 1
    other.topics.clear()
    session.flush()


def _move_address(
    session: Session, keep: Contact, other: Contact, done: Joined, now: datetime, signer: Signer
) -> None:
    session.execute(
        update(ContactAlias).where(ContactAlias.contact_id == other.id).values(contact_id=keep.id)
    )
    address, other.address = other.address, None
    session.flush()
    if address is None:
        return
    if keep.address is None:
        keep.address = address
        return
    session.add(ContactAlias(address=address, contact_id=keep.id, since_at=now))
    done.alias = address
    reason = is_suppressed(session, address, signer=signer)
    if reason in _WISHES:
        # It is the person who wants no mail, at whatever address.
        evidence = {"source": "join"}
        suppress(session, keep.address, reason, evidence=evidence, now=now, signer=signer)


def _empty(other: Contact, now: datetime) -> None:
    other.name = ""
    other.source = ""
    other.organisation = None
    other.guest_until_on = None
    other.erased_at = now
