"""Finds contacts that are probably one person: the same name, or a mailbox that moved along.

*Reads*: contacts, organisations, former addresses. *Writes*: nothing. *Next*: staff look at each
pair and join it (``staff/joining.py``), or leave it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.people.csv_known import organisations_by_key
from var_outreach.people.model import Contact, ContactAlias, Function
from var_outreach.slugs import slug

_BEFORE = frozenset(
    "de-heer heer dhr mevrouw mevr mw drs mr ir ing dr prof burgemeester wethouder".split()
)
_AFTER = frozenset("msc bsc llm mba mpa ma ba bc ra".split())
MOST_OF_ONE_NAME = 12
"""More contacts of one name are no duplicates, but a name that many have."""


@dataclass(frozen=True)
class Person:
    """One of a pair, as staff know them."""

    id: int
    name: str
    address: str
    organisation: str


@dataclass(frozen=True)
class Pair:
    """Two contacts that may be one person."""

    keep: Person
    """Whom we would keep."""
    other: Person
    why: str
    probable: bool
    """False: only the name is the same, which two people may well have."""


def find_duplicates(session: Session) -> list[Pair]:
    """Return the pairs of contacts that may be one person, the probable ones first."""
    contacts = session.scalars(
        select(Contact)
        .options(joinedload(Contact.organisation))
        .where(Contact.erased_at.is_(None))
        .order_by(Contact.id)
    ).all()
    roots = {one.id: root for one, root in _with_roots(session, contacts)}
    aliases = _aliases(session)
    offices = set(session.scalars(select(Function.holder_id).where(Function.until_on.is_(None))))
    found: dict[tuple[int, int], Pair] = {}
    for first, second in _candidates(contacts, aliases):
        judged = _judged(first, second, roots, aliases)
        if judged is None:
            continue
        keep, other = sorted(
            (first, second), key=lambda one: _worth(one, roots, offices), reverse=True
        )
        pair = Pair(_person(keep), _person(other), *judged)
        found.setdefault((min(first.id, second.id), max(first.id, second.id)), pair)
    return sorted(found.values(), key=lambda p: (not p.probable, p.keep.name, p.keep.id))


def folded_name(name: str) -> str:
    """Return a name so that "Drs. Berg, J. van den" and "J. van den Bérg" are one."""
    last, comma, first = name.partition(",")
    words = slug(f"{first} {last}" if comma else name).split("-")
    while words and words[0] in _BEFORE:
        words = words[1:]
    while words and words[-1] in _AFTER:
        words = words[:-1]
    if comma and words and words[0] in _AFTER:
        words = words[1:]
    # "Drs. Berg, Jan": the title stood before what is now behind.
    return " ".join(word for word in words if not (comma and word in _BEFORE))


def _candidates(
    contacts: Sequence[Contact], aliases: dict[str, int]
) -> Iterable[tuple[Contact, Contact]]:
    """Yield pairs with something in common: a whole name, a personal mailbox name, an address."""
    by_id = {contact.id: contact for contact in contacts}
    for contact in contacts:
        whose = by_id.get(aliases.get((contact.address or "").lower(), 0))
        if whose is not None:
            yield contact, whose
    groups: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        name = folded_name(contact.name)
        if " " in name:
            groups[f"name {name}"].append(contact)
        local = _local(contact)
        if "." in local:
            groups[f"mailbox {local}"].append(contact)
    for group in groups.values():
        if len(group) <= MOST_OF_ONE_NAME:
            yield from combinations(group, 2)


def _judged(
    first: Contact, second: Contact, roots: dict[int, int | None], aliases: dict[str, int]
) -> tuple[str, bool] | None:
    """Return why two contacts may be one and whether that is probable; None if it is not so."""
    same_name = folded_name(first.name) == folded_name(second.name)
    root, other_root = roots[first.id], roots[second.id]
    same_house = root is not None and root == other_root
    merged = same_house and first.organisation_id != second.organisation_id
    if _was_theirs(first, second, aliases) or _was_theirs(second, first, aliases):
        return "the address of one was the other's before", True
    if same_name and merged:
        return "same name, and the organisations merged", True
    if same_name and same_house:
        return "same name at the same organisation", True
    if _local(first) and _local(first) == _local(second):
        if merged:
            return "same mailbox name, and the organisations merged", True
        if same_name:
            return "same name and mailbox name at another address", True
    if same_name and not (first.address and second.address):
        return "same name, and one has no address", False
    return ("same name at another address", False) if same_name else None


def _was_theirs(one: Contact, other: Contact, aliases: dict[str, int]) -> bool:
    return one.address is not None and aliases.get(one.address.lower()) == other.id


def _worth(
    contact: Contact, roots: dict[int, int | None], offices: set[int | None]
) -> tuple[bool, bool, bool, bool, int]:
    """Return by what the contact that is kept is chosen: present work before older acquaintance."""
    return (
        contact.address is not None,
        contact.guest_until_on is None,
        contact.organisation_id is not None and roots[contact.id] == contact.organisation_id,
        contact.id in offices,
        -contact.id,
    )


def _with_roots(
    session: Session, contacts: Sequence[Contact]
) -> Iterable[tuple[Contact, int | None]]:
    present = organisations_by_key(session)
    for contact in contacts:
        organisation = contact.organisation
        yield contact, present[organisation.key].id if organisation is not None else None


def _aliases(session: Session) -> dict[str, int]:
    rows = session.execute(select(ContactAlias.address, ContactAlias.contact_id))
    return {address.lower(): contact_id for address, contact_id in rows}


def _local(contact: Contact) -> str:
    return (contact.address or "").rpartition("@")[0].lower()


def _person(contact: Contact) -> Person:
    organisation = contact.organisation.name if contact.organisation is not None else ""
    return Person(contact.id, contact.name, contact.address or "", organisation)
