"""Who and what an import meets that is there already, in a fixed number of queries.

*Reads*: the tables, once. *Writes*: adds what the import makes. *Next*: ``csv_import`` asks it
for each row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from var_outreach.message import domain_of
from var_outreach.people.csv_rows import PersonRow
from var_outreach.people.model import (
    Contact,
    ContactAlias,
    Function,
    Organisation,
    Subscription,
)
from var_outreach.people.store import organisation_key, organisation_slug
from var_outreach.people.subscriptions import NEWSLETTER
from var_outreach.slugs import slug

_BATCH = 500
_PUBLIC_MAIL = frozenset(
    {
        "gmail.com",
        "hotmail.com",
        "icloud.com",
        "kpnmail.nl",
        "live.nl",
        "outlook.com",
        "planet.nl",
        "xs4all.nl",
        "yahoo.com",
        "ziggo.nl",
    }
)


class Known:
    """The organisations, contacts, offices and subscriptions that rows may speak of."""

    def __init__(self, session: Session, rows: Sequence[PersonRow]) -> None:
        self.session = session
        self._kinds: dict[str, str] = {}
        for row in rows:
            if row.organisation and row.kind:
                self._kinds.setdefault(organisation_slug(row.organisation), row.kind)
        self._domains = _domains(rows)
        self._organisations = organisations_by_key(session)
        self._offices: dict[tuple[str, str, str], list[Function]] = defaultdict(list)
        for office in session.scalars(
            select(Function)
            .options(joinedload(Function.holder), joinedload(Function.secretariat))
            .order_by(Function.id)
        ):
            self._offices[_office_place(office)].append(office)
        self._contacts: dict[str, Contact] = {}
        self._without_address: dict[tuple[str, str], Contact] = {}
        self._load_contacts(rows)
        self._subscriptions: dict[Contact, Subscription] = {}
        self._load_subscriptions()
        self._claimed: set[Function] = set()
        self._declared_vacant = {_place(row) for row in rows if row.role and not row.has_person}

    def organisation(self, name: str, kind: str) -> tuple[Organisation, bool]:
        """Return the organisation called ``name`` and whether it is new."""
        kind = kind or self._kinds.get(organisation_slug(name), "")
        named_so = slug(name).startswith("gemeente-")
        likely = kind or ("gemeente" if named_so else "overig")
        kinds = [likely] if kind else [likely, "overig" if named_so else "gemeente"]
        for key in (organisation_key(name, each) for each in kinds):
            if key in self._organisations:
                return self._organisations[key], False
        organisation = Organisation(
            key=organisation_key(name, likely),
            name=name,
            kind=likely,
            domain=self._domains.get(organisation_slug(name)),
        )
        self.session.add(organisation)
        self._organisations[organisation.key] = organisation
        return organisation, True

    def contact(self, address: str) -> Contact | None:
        """Return the contact at ``address``."""
        return self._contacts.get(address.lower())

    def holder(self, row: PersonRow, organisation: Organisation | None) -> Contact | None:
        """Return the person of ``row``: by address, else by name at the same organisation."""
        if row.address and (contact := self.contact(row.address)) is not None:
            return contact
        if organisation is None or not row.name:
            return None
        if not row.address:
            for office in self._offices[_place_at(organisation, row)]:
                if office.holder and office.holder.name.casefold() == row.name.casefold():
                    return office.holder
        return self._without_address.get((organisation.key, row.name.casefold()))

    def add_contact(self, contact: Contact) -> None:
        """Add a contact that the import made."""
        self.session.add(contact)
        self._index(contact)

    def give_address(self, contact: Contact, address: str) -> None:
        """Give a contact that had none the address it turns out to have."""
        if contact.organisation is not None:
            key = (contact.organisation.key, contact.name.casefold())
            self._without_address.pop(key, None)
        contact.address = address
        self._index(contact)

    def office(
        self, row: PersonRow, organisation: Organisation, holder: Contact | None
    ) -> Function | None:
        """Return the office that ``row`` speaks of, or None if it is another one.

        The same holder from the same day is the same office. So is one of the same holder of
        which either side leaves the first day open, and a vacancy that the row fills.
        """
        offices = self._offices[_place_at(organisation, row)]
        free = [office for office in offices if office not in self._claimed]
        same = offices if holder is not None else free
        found = next(
            (o for o in same if o.holder is holder and o.from_on == row.from_on), None
        ) or next((o for o in free if o.holder is holder and _may_be(o, row)), None)
        if found is None and holder is not None and _place(row) not in self._declared_vacant:
            found = next((o for o in free if o.holder is None and _may_be(o, row)), None)
        if found is not None:
            self._claimed.add(found)
        return found

    def add_office(self, office: Function) -> None:
        """Add an office that the import made."""
        self.session.add(office)
        self._offices[_office_place(office)].append(office)
        self._claimed.add(office)

    def subscription(self, contact: Contact) -> Subscription | None:
        """Return the place of ``contact`` on the newsletter's list."""
        return self._subscriptions.get(contact)

    def add_subscription(self, subscription: Subscription) -> None:
        """Add a subscription that the import made."""
        self.session.add(subscription)
        self._subscriptions[subscription.contact] = subscription

    def _index(self, contact: Contact) -> None:
        if contact.address is not None:
            self._contacts[contact.address.lower()] = contact
        elif contact.organisation is not None and contact.name:
            key = (contact.organisation.key, contact.name.casefold())
            self._without_address.setdefault(key, contact)

    def _load_contacts(self, rows: Sequence[PersonRow]) -> None:
        addresses = {
            address.lower()
            for row in rows
            for address in (row.address, row.secretariat_address)
            if address
        }
        query = select(Contact).options(selectinload(Contact.topics)).order_by(Contact.id)
        unaddressed = query.where(Contact.address.is_(None), Contact.erased_at.is_(None))
        for contact in self.session.scalars(unaddressed):
            self._index(contact)
        ordered = sorted(addresses)
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            for contact in self.session.scalars(
                query.where(func.lower(Contact.address).in_(batch))
            ):
                self._index(contact)
            for alias, contact in self.session.execute(
                select(ContactAlias.address, Contact)
                .join(ContactAlias.contact)
                .where(func.lower(ContactAlias.address).in_(batch))
            ):
                self._contacts.setdefault(alias.lower(), contact)

    def _load_subscriptions(self) -> None:
        contacts = {contact.id: contact for contact in self._contacts.values()}
        ids = sorted(contacts)
        for start in range(0, len(ids), _BATCH):
            query = (
                select(Subscription)
                .where(
                    Subscription.contact_id.in_(ids[start : start + _BATCH]),
                    Subscription.list_key == NEWSLETTER,
                )
                .options(selectinload(Subscription.proofs))
            )
            for subscription in self.session.scalars(query):
                self._subscriptions[contacts[subscription.contact_id]] = subscription


def organisations_by_key(session: Session) -> dict[str, Organisation]:
    """Return the organisations; the key of a merged one leads to what took its place."""
    found = session.scalars(select(Organisation)).all()
    by_id = {one.id: one for one in found}
    return {one.key: _present(one, by_id) for one in found}


def _present(organisation: Organisation, by_id: dict[int, Organisation]) -> Organisation:
    for _ in by_id:
        if organisation.merged_into_id is None:
            break
        organisation = by_id[organisation.merged_into_id]
    return organisation


def _may_be(office: Function, row: PersonRow) -> bool:
    """Tell whether an office and a row may be one although a first day is missing."""
    if office.from_on is not None and row.from_on is not None:
        return office.from_on == row.from_on
    starts_after_it_ended = (
        row.from_on is not None and office.until_on is not None and office.until_on < row.from_on
    )
    ended_before_it_starts = (
        office.from_on is not None and row.until_on is not None and row.until_on < office.from_on
    )
    return not starts_after_it_ended and not ended_before_it_starts


def _place(row: PersonRow) -> tuple[str, str, str]:
    return organisation_slug(row.organisation), row.role, row.portfolio.casefold()


def _place_at(organisation: Organisation, row: PersonRow) -> tuple[str, str, str]:
    return organisation.key, row.role, row.portfolio.casefold()


def _office_place(office: Function) -> tuple[str, str, str]:
    return office.organisation.key, office.role, office.portfolio.casefold()


def _domains(rows: Sequence[PersonRow]) -> dict[str, str]:
    """Return the domain that most addresses at each organisation's offices have."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for address in (row.secretariat_address, row.address):
            if row.role and address and domain_of(address) not in _PUBLIC_MAIL:
                counts[organisation_slug(row.organisation)][domain_of(address)] += 1
    return {
        name: min(domains, key=lambda domain: (-domains[domain], domain))
        for name, domains in counts.items()
    }
