"""Which offices and which contacts one line of an audience speaks of.

*Reads*: offices, contacts, subscriptions, registrations. *Writes*: nothing. *Next*:
``audiences/resolve.py`` turns what is selected into one recipient per address.

A line speaks of offices, and of contacts as themselves if it asks no role. Contacts without an
office are taken by theme or organisation only if public task is why we have them: a reader who
likes news of a theme is no invitee.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, exists, func, select, union_all
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.people.model import (
    Contact,
    ContactTopic,
    Function,
    Organisation,
    Subscription,
    SubscriptionState,
    Topic,
)
from var_outreach.people.store import PUBLIC_TASK, functions_on, mailbox_of
from var_outreach.registrations.model import Registration


class OfficeSelection:
    """The offices of one day, with all that the lines of a definition may ask of them.

    Reads in a fixed number of queries, however many offices there are.
    """

    def __init__(self, session: Session, definition: AudienceDefinition, on_date: date) -> None:
        lines = (*definition.include, *definition.exclude)
        self.functions = functions_on(session, on_date)
        self._topics = _topics(session, {t for line in lines for t in line.topics})
        self.subscribers = _subscribers(session, {line.list for line in lines if line.list})
        self._answers = _answers(session, {line.event for line in lines if line.event})

    def matches(self, line: Selector, function: Function) -> bool:
        """Tell whether ``line`` speaks of ``function``."""
        mailbox = mailbox_of(function)
        mailbox_id = mailbox.id if mailbox else None
        organisation = function.organisation
        if line.roles and function.role not in line.roles:
            return False
        if line.organisation_kinds and organisation.kind not in line.organisation_kinds:
            return False
        if line.organisations and organisation.key not in line.organisations:
            return False
        if line.topics:
            known = self._topics.get(function.holder_id, set())
            known = known | self._topics.get(mailbox_id, set())
            if known.isdisjoint(line.topics):
                return False
        if line.list and (line.list, mailbox_id) not in self.subscribers:
            return False
        if line.event and self._answers.get((line.event, function.id)) not in line.states:
            return False
        if line.contacts:
            address = mailbox.address.lower() if mailbox and mailbox.address else None
            return address in {contact.lower() for contact in line.contacts}
        return True

    def matching(self, lines: Iterable[Selector]) -> list[Function]:
        """Return the offices that one of ``lines`` speaks of, in their fixed order."""
        lines = tuple(lines)
        return [f for f in self.functions if any(self.matches(line, f) for line in lines)]


def contact_conditions(line: Selector, *, with_list: bool = True) -> list[ColumnElement[bool]]:
    """Return what must hold of a contact for ``line`` to speak of it as itself."""
    conditions: list[ColumnElement[bool]] = [
        Contact.address.is_not(None),
        Contact.erased_at.is_(None),
    ]
    if line.organisation_kinds:
        conditions.append(Organisation.kind.in_(line.organisation_kinds))
    if line.organisations:
        conditions.append(Organisation.key.in_(line.organisations))
    if line.topics:
        on_topic = select(ContactTopic.contact_id).join(Topic).where(Topic.key.in_(line.topics))
        conditions.append(Contact.id.in_(on_topic))
    if line.list and with_list:
        conditions.append(
            exists().where(
                Subscription.contact_id == Contact.id,
                Subscription.list_key == line.list,
                Subscription.state == SubscriptionState.ACTIVE,
            )
        )
    if line.event:
        personal = (
            select(Registration.contact_id)
            .join(Event)
            .where(
                Event.key == line.event,
                Registration.function_id.is_(None),
                Registration.state.in_(line.states),
            )
        )
        conditions.append(Contact.id.in_(personal))
    if line.contacts:
        wanted = [address.lower() for address in line.contacts]
        conditions.append(func.lower(Contact.address).in_(wanted))
    return conditions


def speaks_of_contacts(line: Selector) -> bool:
    """Tell whether ``line`` takes contacts in as themselves, and not just offices."""
    return not line.roles


def names_contacts(line: Selector) -> bool:
    """Tell whether ``line`` asks for people by what they did or were told, not by their work."""
    return bool(line.list or line.event or line.contacts)


def own_task(line: Selector) -> list[ColumnElement[bool]]:
    """Return what must further hold of a contact that is taken in by its work.

    Who holds or held an office is invited for the office, or no longer. A guest of one event
    works with us there alone.
    """
    if names_contacts(line):
        return []
    return [
        Contact.legal_basis == PUBLIC_TASK,
        Contact.guest_until_on.is_(None),
        Contact.id.not_in(_office_contact_ids()),
    ]


def excluded_contacts(
    session: Session, definition: AudienceDefinition, offices: OfficeSelection
) -> set[int]:
    """Return the ids of the contacts that a line of ``exclude`` names, as such or by their office.

    A secretariat is not kept out for the office whose diary it keeps.
    """
    found = {
        function.holder_id
        for function in offices.matching(definition.exclude)
        if function.holder_id is not None
    }
    for line in definition.exclude:
        if speaks_of_contacts(line):
            query = (
                select(Contact.id).outerjoin(Contact.organisation).where(*contact_conditions(line))
            )
            found.update(session.scalars(query))
    return found


def _topics(session: Session, keys: set[str]) -> dict[int | None, set[str]]:
    found: dict[int | None, set[str]] = {}
    if keys:
        query = select(ContactTopic.contact_id, Topic.key).join(Topic).where(Topic.key.in_(keys))
        for contact_id, key in session.execute(query):
            found.setdefault(contact_id, set()).add(key)
    return found


def _office_contact_ids() -> CompoundSelect[int | None]:
    return union_all(
        select(Function.holder_id).where(Function.holder_id.is_not(None)),
        select(Function.secretariat_id).where(Function.secretariat_id.is_not(None)),
    )


def _subscribers(
    session: Session, lists: set[str]
) -> dict[tuple[str, int | None], tuple[int, str]]:
    """Return id and token of the active subscriptions of whoever has to do with an office."""
    if not lists:
        return {}
    query = select(
        Subscription.list_key, Subscription.contact_id, Subscription.id, Subscription.token
    ).where(
        Subscription.list_key.in_(lists),
        Subscription.state == SubscriptionState.ACTIVE,
        Subscription.contact_id.in_(_office_contact_ids()),
    )
    return {
        (list_key, contact_id): (subscription_id, token)
        for list_key, contact_id, subscription_id, token in session.execute(query)
    }


def _answers(session: Session, events: set[str]) -> dict[tuple[str, int | None], object]:
    if not events:
        return {}
    query = (
        select(Event.key, Registration.function_id, Registration.state)
        .join(Event)
        .where(Event.key.in_(events), Registration.function_id.is_not(None))
    )
    return {(key, function_id): state for key, function_id, state in session.execute(query)}
