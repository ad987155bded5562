"""Finds the people of an audience: one recipient per address.

*Reads*: people, registrations, suppression. *Writes*: nothing. *Next*: ``outbox`` makes one
delivery per recipient; ``registrations`` one invitation per invitee.

Three offices at one shared mailbox are one invitee with three functions. Who is suppressed or
kept out is counted; an office without any mailbox is named, for somebody has to telephone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.audiences.selection import (
    OfficeSelection,
    contact_conditions,
    excluded_contacts,
    own_task,
    speaks_of_contacts,
)
from var_outreach.people.model import Contact, Function, Subscription, SubscriptionState
from var_outreach.people.store import mailbox_of
from var_outreach.people.suppression import fingerprint_of, suppressed_fingerprints
from var_outreach.tokens import Signer

EXCLUDED = "excluded"
"""Counted so: kept out by a line of the audience. Other reasons are those of suppression."""

_BATCH = 2000

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Invitee:
    """One mailbox that is invited, for these offices, or as the person it is (no offices)."""

    contact_id: int
    function_ids: tuple[int, ...]
    address: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Reader:
    """One mailbox that is written to, by its subscription where that is why."""

    subscription_id: int | None
    contact_id: int
    address: str
    name: str
    language: str
    token: str
    """Leaves the list, or without a subscription opens the person's own page."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An office that is meant but has no mailbox."""

    function_id: int
    organisation: str
    role: str
    portfolio: str
    holder: str


@dataclass(frozen=True)
class Resolved(Generic[R]):
    """Who is written to, who is not and why, and whom no mail can reach."""

    recipients: tuple[R, ...]
    excluded: Counter[str] = field(default_factory=Counter)
    unreachable: tuple[Unreachable, ...] = ()


def resolve_invitees(
    session: Session, definition: AudienceDefinition, *, on_date: date, signer: Signer
) -> Resolved[Invitee]:
    """Return whom ``definition`` invites: the offices of ``on_date``, one invitee per mailbox.

    Reads in a number of queries that depends on the lines of the definition alone.
    """
    offices = OfficeSelection(session, definition, on_date)
    kept_out: set[int] = set()
    mailboxes, unreachable = _mailboxes(offices, definition, kept_out)
    excluded_ids = excluded_contacts(session, definition, offices) if definition.exclude else set()
    for line in definition.include:
        for contact in _contacts(session, line):
            if contact.id in excluded_ids:
                kept_out.add(contact.id)
            else:
                mailboxes.setdefault(contact.id, (contact, []))
    gate = _Gate(session, signer)
    gate.excluded[EXCLUDED] += len(kept_out - mailboxes.keys())
    invitees = [
        Invitee(
            contact_id=contact.id,
            function_ids=tuple(function.id for function in functions),
            address=contact.address,
            name=contact.name,
            language=contact.language,
        )
        for contact, functions in (mailboxes[key] for key in sorted(mailboxes))
        if contact.address is not None and gate.lets(contact.address)
    ]
    return Resolved(tuple(invitees), +gate.excluded, unreachable)


def resolve_readers(
    session: Session, definition: AudienceDefinition, *, on_date: date, signer: Signer
) -> Resolved[Reader]:
    """Return to whom a mail to ``definition`` goes, one reader per address, all at once."""
    excluded: Counter[str] = Counter()
    offices = OfficeSelection(session, definition, on_date)
    readers = tuple(_read(session, definition, offices, signer, excluded))
    return Resolved(readers, +excluded, _mailboxes(offices, definition, set())[1])


def iterate_readers(
    session: Session,
    definition: AudienceDefinition,
    *,
    on_date: date,
    signer: Signer,
    excluded: Counter[str] | None = None,
) -> Iterator[Reader]:
    """Yield the readers of ``definition`` as they are read; reasons are added to ``excluded``.

    For lists too long to hold; the transaction stays open until the last one is taken.
    """
    offices = OfficeSelection(session, definition, on_date)
    counted = excluded if excluded is not None else Counter()
    return _read(session, definition, offices, signer, counted)


def count_recipients(
    session: Session, definition: AudienceDefinition, *, on_date: date, signer: Signer
) -> int:
    """Return how many addresses a mail to ``definition`` goes to."""
    return sum(1 for _ in iterate_readers(session, definition, on_date=on_date, signer=signer))


class _Gate:
    """Keeps suppressed addresses out, and counts why."""

    def __init__(
        self, session: Session, signer: Signer, excluded: Counter[str] | None = None
    ) -> None:
        self.excluded: Counter[str] = excluded if excluded is not None else Counter()
        self._signer = signer
        self._suppressed = suppressed_fingerprints(session)

    def lets(self, address: str) -> bool:
        if not self._suppressed:
            return True
        reason = self._suppressed.get(fingerprint_of(address, self._signer))
        if reason is not None:
            self.excluded[reason.value] += 1
        return reason is None


def _mailboxes(
    offices: OfficeSelection, definition: AudienceDefinition, kept_out: set[int]
) -> tuple[dict[int, tuple[Contact, list[Function]]], tuple[Unreachable, ...]]:
    """Return the selected offices by mailbox, and those without one; notes what is kept out."""
    mailboxes: dict[int, tuple[Contact, list[Function]]] = {}
    unreachable = []
    kept_away = {function.id for function in offices.matching(definition.exclude)}
    for function in offices.matching(definition.include):
        mailbox = mailbox_of(function)
        if function.id in kept_away:
            if mailbox is not None:
                kept_out.add(mailbox.id)
        elif mailbox is None:
            unreachable.append(
                Unreachable(
                    function_id=function.id,
                    organisation=function.organisation.name,
                    role=function.role,
                    portfolio=function.portfolio,
                    holder=function.holder.name if function.holder else "",
                )
            )
        else:
            mailboxes.setdefault(mailbox.id, (mailbox, []))[1].append(function)
    return mailboxes, tuple(unreachable)


def _contacts(session: Session, line: Selector) -> Iterator[Contact]:
    if speaks_of_contacts(line):
        yield from session.scalars(
            select(Contact)
            .outerjoin(Contact.organisation)
            .where(*contact_conditions(line), *own_task(line))
            .order_by(Contact.id)
        )


def _read(
    session: Session,
    definition: AudienceDefinition,
    offices: OfficeSelection,
    signer: Signer,
    excluded: Counter[str],
) -> Iterator[Reader]:
    gate = _Gate(session, signer, excluded)
    excluded_ids = excluded_contacts(session, definition, offices) if definition.exclude else set()
    seen: set[int] = set()
    kept_out: set[int] = set()
    # Lists come first: who is both subscriber and office is written to as a subscriber, so that
    # the mail carries the link that leaves the list.
    lists = [line for line in definition.include if line.list and speaks_of_contacts(line)]
    rest = [line for line in definition.include if line not in lists]
    for line in lists:
        for reader in _subscribers(session, line):
            if reader.contact_id in excluded_ids:
                kept_out.add(reader.contact_id)
            elif reader.contact_id not in seen:
                seen.add(reader.contact_id)
                if gate.lets(reader.address):
                    yield reader
    for contact, reader in _others(session, definition, rest, offices, kept_out):
        if contact in excluded_ids:
            kept_out.add(contact)
        elif reader.contact_id not in seen:
            seen.add(reader.contact_id)
            if gate.lets(reader.address):
                yield reader
    if left_out := len(kept_out - seen):
        gate.excluded[EXCLUDED] += left_out


def _subscribers(session: Session, line: Selector) -> Iterator[Reader]:
    query = (
        select(
            Subscription.id,
            Contact.id,
            Contact.address,
            Contact.name,
            Contact.language,
            Subscription.token,
        )
        .join(Subscription.contact)
        .outerjoin(Contact.organisation)
        .where(
            Subscription.list_key == line.list,
            Subscription.state == SubscriptionState.ACTIVE,
            *contact_conditions(line, with_list=False),
        )
        .order_by(Contact.id)
        .execution_options(yield_per=_BATCH)
    )
    for subscription_id, contact_id, address, name, language, token in session.execute(query):
        if address is not None:
            yield Reader(subscription_id, contact_id, address, name, language, token)


def _others(
    session: Session,
    definition: AudienceDefinition,
    lines: list[Selector],
    offices: OfficeSelection,
    kept_out: set[int],
) -> Iterator[tuple[int | None, Reader]]:
    """Yield readers that are no list's: mailboxes of offices (already sifted) and contacts."""
    sifted = AudienceDefinition(definition.key, definition.name, tuple(lines), definition.exclude)
    mailboxes, _ = _mailboxes(offices, sifted, kept_out)
    lists = [line.list for line in lines if line.list]
    for contact, _functions in (mailboxes[key] for key in sorted(mailboxes)):
        places = (offices.subscribers.get((list_key, contact.id)) for list_key in lists)
        yield None, _reader(contact, next((place for place in places if place), None))
    for line in lines:
        for contact in _contacts(session, line):
            yield contact.id, _reader(contact, None)


def _reader(contact: Contact, subscription: tuple[int, str] | None) -> Reader:
    assert contact.address is not None
    subscription_id, token = subscription or (None, contact.token)
    return Reader(
        subscription_id, contact.id, contact.address, contact.name, contact.language, token
    )
