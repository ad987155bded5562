"""Finds and keeps contacts, organisations and the offices that people hold.

*Reads*: the tables of ``people/model.py``. *Writes*: the same, inside the caller's transaction.
*Next*: ``subscriptions``, ``csv_import`` and the audiences build on it.

An address names one contact whatever the case of its local part; it is kept as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from var_outreach.errors import Conflict, NotFound
from var_outreach.message import checked_address, checked_name
from var_outreach.people.model import (
    Contact,
    ContactAlias,
    ContactJoin,
    ContactTopic,
    Function,
    Organisation,
    Topic,
)
from var_outreach.slugs import slug
from var_outreach.tokens import random_token

ORGANISATION_KINDS = (
    "gemeente",
    "politie",
    "om",
    "riec",
    "zorg-en-veiligheidshuis",
    "overig",
)
PUBLIC_TASK = "public_task"
CONSENT = "consent"
_JOINS = 20
"""How often one person may have been joined; a ring, which cannot be, would end too."""


def organisation_slug(name: str) -> str:
    """Return what "Dordrecht" and "Gemeente Dordrecht" have in common."""
    return slug(name).removeprefix("gemeente-")


def organisation_key(name: str, kind: str) -> str:
    """Return the key of an organisation; a municipality never shares it with another kind."""
    key = organisation_slug(name)
    return f"gemeente-{key}" if kind == "gemeente" else key


def upsert_organisation(
    session: Session, name: str, kind: str, *, domain: str | None = None
) -> Organisation:
    """Return the organisation called ``name``, made if it is new; a given domain is kept.

    Raises HeaderError if the name holds a control character, ValueError for an unknown kind.
    """
    if kind not in ORGANISATION_KINDS:
        raise ValueError(f"'{kind}' is not one of {', '.join(ORGANISATION_KINDS)}")
    name = checked_name(name)
    key = organisation_key(name, kind)
    found = session.scalar(select(Organisation).where(Organisation.key == key))
    while found is not None and found.merged_into_id is not None:
        found = session.get_one(Organisation, found.merged_into_id)
    if found is None:
        found = Organisation(key=key, name=name, kind=kind, domain=domain)
        session.add(found)
        session.flush()
    elif domain is not None:
        found.domain = domain
    return found


def organisations(session: Session) -> Sequence[Organisation]:
    """Return all organisations by name."""
    return session.scalars(select(Organisation).order_by(Organisation.name)).all()


def find_contact(session: Session, address: str) -> Contact | None:
    """Return the contact at ``address``, in whatever case it is written, or None.

    Somebody is found by a former address as well. Raises HeaderError if ``address`` is not a mail
    address.
    """
    lowered = checked_address(address).lower()
    found = session.scalar(select(Contact).where(func.lower(Contact.address) == lowered))
    return found or session.scalar(
        select(Contact).join(ContactAlias).where(func.lower(ContactAlias.address) == lowered)
    )


def kept_contact_id(session: Session, contact_id: int) -> int:
    """Return the contact that ``contact_id`` was joined with, or itself if it never was."""
    for _ in range(_JOINS):
        kept = session.scalar(
            select(ContactJoin.kept_id).where(ContactJoin.contact_id == contact_id)
        )
        if kept is None:
            break
        contact_id = kept
    return contact_id


def contact_by_token(session: Session, token: str) -> Contact:
    """Return whose page ``token`` opens; raises NotFound, for an erased person as well.

    The page of a contact that was joined with another is the other's.
    """
    found = session.scalar(select(Contact).where(Contact.token == token))
    if found is not None and found.erased_at is not None:
        kept = session.get(Contact, kept_contact_id(session, found.id))
        found = kept if kept is not None and kept.erased_at is None else None
    if found is None:
        raise NotFound("There is no such page", remedy="Ask for a new link")
    return found


def add_contact(
    session: Session,
    address: str | None,
    name: str,
    *,
    source: str,
    legal_basis: str,
    now: datetime,
    language: str = "nl",
    organisation: Organisation | None = None,
) -> tuple[Contact, bool]:
    """Return the contact at ``address`` and whether it is new; a known one is left as it is.

    Without an address it is always new. Two transactions that add the same address at once get
    the same contact. Raises HeaderError for an address or name that may not stand in a mail.
    """
    checked = None if address is None else checked_address(address)
    if checked is not None and (known := find_contact(session, checked)) is not None:
        return known, False
    contact = Contact(
        address=checked,
        name=checked_name(name),
        language=language,
        organisation=organisation,
        token=random_token(),
        source=source,
        legal_basis=legal_basis,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(contact)
    except IntegrityError:
        known = None if checked is None else find_contact(session, checked)
        if known is None:
            raise
        return known, False
    return contact, True


def topics(session: Session) -> Sequence[Topic]:
    """Return all topics in their fixed order."""
    return session.scalars(select(Topic).order_by(Topic.position, Topic.key)).all()


def set_topics(session: Session, contact: Contact, keys: Iterable[str]) -> bool:
    """Make ``keys`` the topics of ``contact``; return whether anything changed.

    Raises NotFound if a key is not a topic's.
    """
    wanted = set(keys)
    known = {topic.key: topic for topic in topics(session)}
    for key in sorted(wanted - known.keys()):
        raise NotFound(f"There is no theme '{key}'", remedy=f"The themes are: {', '.join(known)}")
    before = {link.topic.key for link in contact.topics}
    contact.topics = [link for link in contact.topics if link.topic.key in wanted]
    for key in sorted(wanted - before):
        contact.topics.append(ContactTopic(topic=known[key]))
    return before != wanted


def current_functions(on_date: date) -> Select[Function]:
    """Return the query for the offices that exist on ``on_date``, with all they refer to."""
    return (
        select(Function)
        .where(
            or_(Function.from_on.is_(None), Function.from_on <= on_date),
            or_(Function.until_on.is_(None), Function.until_on >= on_date),
        )
        .options(
            joinedload(Function.organisation),
            joinedload(Function.holder),
            joinedload(Function.secretariat),
        )
        .order_by(Function.id)
    )


def functions_on(session: Session, on_date: date) -> Sequence[Function]:
    """Return the offices that exist on ``on_date``; the last day of an office counts."""
    return session.scalars(current_functions(on_date)).all()


def functions_of(session: Session, contact: Contact, on_date: date) -> Sequence[Function]:
    """Return the offices that ``contact`` holds or keeps the diary of on ``on_date``."""
    query = current_functions(on_date).where(
        or_(Function.holder_id == contact.id, Function.secretariat_id == contact.id)
    )
    return session.scalars(query).all()


def mailbox_of(function: Function) -> Contact | None:
    """Return who is written to about an office: its secretariat, else its holder.

    None if neither has an address.
    """
    for contact in (function.secretariat, function.holder):
        if contact is not None and contact.address is not None and contact.erased_at is None:
            return contact
    return None


def succeed(
    session: Session, function: Function, holder: Contact | None, *, from_on: date
) -> Function:
    """End ``function`` on the day before ``from_on`` and return the office of its next holder.

    ``holder`` None leaves it vacant. Raises Conflict if the office ended before or starts later.
    """
    last = from_on - timedelta(days=1)
    if (function.until_on is not None and function.until_on < last) or (
        function.from_on is not None and function.from_on > last
    ):
        raise Conflict(
            f"The office of {function.role} is not held on {last.isoformat()}",
            where=f"function {function.id}",
            remedy="Choose the first day of the next holder inside the present term",
        )
    until = function.until_on if function.until_on != last else None
    function.until_on = last
    following = Function(
        organisation=function.organisation,
        role=function.role,
        portfolio=function.portfolio,
        holder=holder,
        secretariat=function.secretariat,
        from_on=from_on,
        until_on=until,
    )
    session.add(following)
    session.flush()
    return following
