"""Brings the rows of a people file into the database, all of them or none.

*Reads*: rows as ``csv_rows`` made them, and who is known. *Writes*: organisations, contacts,
offices, subscriptions. *Next*: ``audiences`` select from them.

An empty cell leaves what is known. A row that is not there ends nothing: an office ends by its
last day. Who left a list stays away, and who was erased does not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from var_outreach.errors import InputError, RowErrors
from var_outreach.people.csv_facts import Facts, facts_of, person_key, row_contradictions
from var_outreach.people.csv_known import Known
from var_outreach.people.csv_rows import PersonRow, cell_error
from var_outreach.people.model import (
    Contact,
    ContactTopic,
    Function,
    Organisation,
    SubscriptionState,
    SuppressionReason,
    Topic,
)
from var_outreach.people.store import CONSENT, PUBLIC_TASK, topics
from var_outreach.people.subscriptions import (
    NEWSLETTER,
    has_left,
    new_subscription,
    take_consent,
    take_opt_out,
)
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.tokens import Signer, random_token

WORDING = "import"
"""The wording of a consent that was given elsewhere: the file's name is its source."""


@dataclass
class ImportReport:
    """What an import did, in rows: each is new, changed or known, or left out as erased."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    known: int = 0
    erased: int = 0
    subscribed: int = 0
    stayed_away: int = 0
    """Rows that say 'ja' for somebody who left the list."""


def import_people(
    session: Session, rows: Sequence[PersonRow], *, now: datetime, source: str, signer: Signer
) -> ImportReport:
    """Bring ``rows`` in; the same rows again change nothing.

    ``source`` says where the addresses come from, for rows that do not say so themselves
    (AVG art. 14). Raises RowErrors, before anything changes, if rows contradict each other, name
    an unknown theme or a consent that lies ahead.
    """
    themes = {word.casefold(): topic for topic in topics(session) for word in _words(topic)}
    errors = [*_check(rows, themes, now), *row_contradictions(rows)]
    if errors:
        raise rows_refused(errors, where=source)
    addresses = {a for row in rows for a in (row.address, row.secretariat_address) if a}
    erased = suppressed_addresses(
        session, sorted(addresses), signer=signer, reason=SuppressionReason.ERASURE
    )
    with session.no_autoflush:
        work = _Import(Known(session, rows), facts_of(rows), themes, set(erased), source, now)
        for row in rows:
            work.take(row)
    session.flush()
    return work.report


def rows_refused(errors: Sequence[InputError], *, where: str) -> RowErrors:
    """Return the one error that lists ``errors``."""
    cells = "1 cell is" if len(errors) == 1 else f"{len(errors)} cells are"
    return RowErrors(
        f"{cells} wrong; nothing was imported",
        errors,
        where=where,
        remedy="Correct the file and import it again",
    )


def _words(topic: Topic) -> tuple[str, str, str]:
    return topic.key, topic.name_nl, topic.name_en


def _check(rows: Sequence[PersonRow], themes: dict[str, Topic], now: datetime) -> list[InputError]:
    names = ", ".join(dict.fromkeys(topic.name_nl for topic in themes.values()))
    errors = []
    for row in rows:
        for word in row.topics:
            if word.casefold() not in themes:
                errors.append(
                    cell_error(
                        row.row,
                        "topics",
                        f"there is no theme {word[:40]!r}",
                        f"The themes are: {names}" if names else "Add the themes first",
                    )
                )
        if row.consent_at is not None and row.consent_at > now:
            errors.append(
                cell_error(
                    row.row, "consent_at", "this date has not come yet", "Fill in when it was given"
                )
            )
    return errors


class _Import:
    """One import on its way through the rows."""

    def __init__(
        self,
        known: Known,
        facts: dict[str, Facts],
        themes: dict[str, Topic],
        erased: set[str],
        source: str,
        now: datetime,
    ) -> None:
        self._known = known
        self._facts = facts
        self._themes = themes
        self._erased = erased
        self._source = source
        self._now = now
        self._touched = False
        self._added = False
        self.report = ImportReport()

    def take(self, row: PersonRow) -> None:
        """Bring one row in and count it."""
        self._touched = self._added = False
        self.report.rows += 1
        left_out = row.address in self._erased
        if left_out:
            self.report.erased += 1
        if not (left_out and not row.role):
            organisation = self._organisation(row) if row.organisation else None
            holder = None if left_out else self._holder(row, organisation)
            if row.role:
                assert organisation is not None
                self._office(row, organisation, holder)
            if holder is not None and row.newsletter is not None:
                self._newsletter(row, holder)
        if self._added:
            self.report.new += 1
        elif self._touched:
            self.report.changed += 1
        elif not left_out:
            self.report.known += 1

    def _organisation(self, row: PersonRow) -> Organisation:
        organisation, added = self._known.organisation(row.organisation, row.kind)
        if not added and row.kind and organisation.kind != row.kind:
            organisation.kind = row.kind
            self._touched = True
        return organisation

    def _holder(self, row: PersonRow, organisation: Organisation | None) -> Contact | None:
        if not row.has_person:
            return None
        facts = self._facts[person_key(row)]
        contact = self._known.holder(row, organisation)
        if contact is None:
            basis = PUBLIC_TASK if row.role else CONSENT
            contact = self._contact(row.address or None, facts, organisation, basis)
        else:
            self._update(contact, facts)
            if row.address and contact.address is None:
                self._known.give_address(contact, row.address)
                self._touched = True
        # An office elsewhere does not move somebody; a row without an office says where they are.
        moves = contact.organisation is None or not row.role
        if organisation is not None and moves and contact.organisation is not organisation:
            contact.organisation = organisation
            self._touched = True
        self._add_topics(contact, facts)
        return contact

    def _contact(
        self, address: str | None, facts: Facts, organisation: Organisation | None, basis: str
    ) -> Contact:
        contact = Contact(
            address=address,
            name=facts.name,
            language=facts.language or "nl",
            organisation=organisation,
            token=random_token(),
            source=facts.source or self._source,
            legal_basis=facts.legal_basis or basis,
            created_at=self._now,
        )
        self._known.add_contact(contact)
        self._added = True
        return contact

    def _update(self, contact: Contact, facts: Facts) -> None:
        for field in ("name", "language", "source", "legal_basis"):
            value = getattr(facts, field)
            if value and getattr(contact, field) != value:
                setattr(contact, field, value)
                self._touched = True

    def _add_topics(self, contact: Contact, facts: Facts) -> None:
        before = {link.topic.key for link in contact.topics}
        for word in facts.topics:
            topic = self._themes[word.casefold()]
            if topic.key not in before:
                before.add(topic.key)
                contact.topics.append(ContactTopic(topic=topic))
                self._touched = True

    def _secretariat(self, row: PersonRow, organisation: Organisation) -> Contact | None:
        address = row.secretariat_address
        if not address or address in self._erased:
            return None
        facts = self._facts[address.lower()]
        contact = self._known.contact(address)
        if contact is None:
            named = Facts(name=facts.name or f"Secretariaat {organisation.name}")
            named.language, named.source = facts.language, facts.source
            named.legal_basis = facts.legal_basis
            return self._contact(address, named, organisation, PUBLIC_TASK)
        self._update(contact, facts)
        return contact

    def _office(self, row: PersonRow, organisation: Organisation, holder: Contact | None) -> None:
        secretariat = self._secretariat(row, organisation)
        office = self._known.office(row, organisation, holder)
        if office is None:
            office = Function(
                organisation=organisation,
                role=row.role,
                portfolio=row.portfolio,
                holder=holder,
                secretariat=secretariat,
                from_on=row.from_on,
                until_on=row.until_on,
            )
            self._known.add_office(office)
            self._added = True
            return
        found: dict[str, object] = {
            "holder": holder,
            "secretariat": secretariat,
            "from_on": row.from_on,
            "until_on": row.until_on,
        }
        for field, value in found.items():
            if value is not None and getattr(office, field) != value:
                setattr(office, field, value)
                self._touched = True

    def _newsletter(self, row: PersonRow, contact: Contact) -> None:
        subscription = self._known.subscription(contact)
        if subscription is None:
            subscription = new_subscription(contact, NEWSLETTER, self._now)
            self._known.add_subscription(subscription)
        source = row.source or self._source
        if row.newsletter:
            assert row.consent_at is not None
            if take_consent(
                self._known.session,
                subscription,
                consented_at=row.consent_at,
                source=source,
                wording=WORDING,
                now=self._now,
            ):
                self.report.subscribed += 1
                self._touched = True
            elif subscription.state is not SubscriptionState.ACTIVE and has_left(subscription):
                self.report.stayed_away += 1
        elif take_opt_out(
            self._known.session, subscription, source=source, wording=WORDING, now=self._now
        ):
            self._touched = True
