"""Brings the rows of a people file into the database, all of them or none.

*Reads*: rows as ``csv_rows`` made them, and who is known. *Writes*: organisations, contacts,
offices, subscriptions. *Next*: ``audiences`` select from them.

An empty cell leaves what is known, and a file that may not update fills in only what is empty. A
row that is not there ends nothing: an office ends by its last day. Who left a list stays away, and
who was erased does not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from var_outreach.errors import CellError, RowErrors
from var_outreach.people.csv_facts import (
    Facts,
    facts_of,
    office_key,
    person_key,
    row_contradictions,
)
from var_outreach.people.csv_known import Known
from var_outreach.people.csv_rows import PersonRow, cell_error
from var_outreach.people.import_report import Change, OptedOut, Preview, Twice, shown
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
class ImportReport(Preview):
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
    session: Session,
    rows: Sequence[PersonRow],
    *,
    now: datetime,
    source: str,
    signer: Signer,
    update: bool = True,
) -> ImportReport:
    """Bring ``rows`` in; the same rows again change nothing.

    ``source`` says where the addresses come from, for rows that do not say so themselves
    (AVG art. 14). Without ``update`` only what we do not know is filled in. Raises RowErrors,
    before anything changes, if rows contradict each other, name an unknown theme or a consent
    that lies ahead.
    """
    themes = _themes(session)
    errors = [*_check(rows, themes, now), *row_contradictions(rows)]
    if errors:
        raise rows_refused(errors, where=source)
    addresses = sorted({a for row in rows for a in (row.address, row.secretariat_address) if a})
    suppressed = suppressed_addresses(session, addresses, signer=signer)
    erased = suppressed_addresses(
        session, addresses, signer=signer, reason=SuppressionReason.ERASURE
    )
    with session.no_autoflush:
        work = _Import(Known(session, rows), facts_of(rows), themes, set(erased), source, now)
        work.may_update = update
        for row in rows:
            work.note_opt_out(row, {**suppressed, **erased})
            work.take(row)
    session.flush()
    work.report.twice = rows_twice(rows)
    return work.report


def sift(
    session: Session, rows: Sequence[PersonRow], *, now: datetime
) -> tuple[list[PersonRow], list[CellError]]:
    """Return the rows that ``import_people`` takes together, and what is wrong with the others."""
    errors = _check(rows, _themes(session), now)
    bad = {error.row for error in errors}
    good = [row for row in rows if row.row not in bad]
    while more := row_contradictions(good):
        errors.extend(more)
        bad = {error.row for error in more}
        good = [row for row in good if row.row not in bad]
    return good, errors


def rows_refused(errors: Sequence[CellError], *, where: str) -> RowErrors:
    """Return the one error that lists ``errors``."""
    cells = "1 cell is" if len(errors) == 1 else f"{len(errors)} cells are"
    return RowErrors(
        f"{cells} wrong; nothing was imported",
        errors,
        where=where,
        remedy="Correct the file and import it again",
    )


def rows_twice(rows: Sequence[PersonRow]) -> list[Twice]:
    """Return the rows that give a person or an office that an earlier row gives."""
    seen: dict[object, int] = {}
    found = []
    for row in rows:
        key: object = office_key(row) if row.role else person_key(row)
        first = seen.setdefault(key, row.row)
        if first != row.row:
            found.append(Twice(row.row, first, row.name or row.address or row.role))
    return found


def _themes(session: Session) -> dict[str, Topic]:
    return {word.casefold(): topic for topic in topics(session) for word in _words(topic)}


def _words(topic: Topic) -> tuple[str, str, str]:
    return topic.key, topic.name_nl, topic.name_en


def _check(rows: Sequence[PersonRow], themes: dict[str, Topic], now: datetime) -> list[CellError]:
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
        self._row = 0
        self._offered: set[tuple[int, str]] = set()
        self.may_update = True
        self.report = ImportReport()

    def note_opt_out(self, row: PersonRow, suppressed: dict[str, SuppressionReason]) -> None:
        """Report that the person of ``row`` left the newsletter, or may get no mail at all."""
        if not row.address:
            return
        reason = suppressed.get(row.address)
        if reason is None:
            contact = self._known.contact(row.address)
            subscription = self._known.subscription(contact) if contact else None
            if subscription is None or subscription.state is not SubscriptionState.LEFT:
                return
        word = reason.value if reason else "unsubscribed"
        self.report.opted_out.append(OptedOut(row.row, row.address, word))

    def take(self, row: PersonRow) -> None:
        """Bring one row in and count it."""
        self._row = row.row
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
        if not added and row.kind:
            self._fill(organisation, "kind", row.kind, organisation.name)
        return organisation

    def _fill(self, thing: object, fact: str, value: object, who: str) -> None:
        """Let ``fact`` of ``thing`` be ``value``, if it is empty or the file may update it."""
        before = getattr(thing, fact)
        if value in ("", None) or before == value:
            return
        # That an office has no last day is no gap: to give it one is to end it.
        taken = self.may_update or (before in ("", None) and fact != "until_on")
        if taken or (id(thing), fact) not in self._offered:
            self._offered.add((id(thing), fact))
            change = Change(self._row, who, fact, shown(before), shown(value), taken)
            self.report.changes.append(change)
        if taken:
            setattr(thing, fact, value)
            self._touched = True

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
                change = Change(self._row, contact.name, "address", "", row.address, True)
                self.report.changes.append(change)
                self._touched = True
        # An office elsewhere does not move somebody; a row without an office says where they are.
        moves = contact.organisation is None or not row.role
        if organisation is not None and moves:
            self._fill(contact, "organisation", organisation, contact.name)
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
        who = contact.name or contact.address or ""
        for fact in ("name", "language", "source", "legal_basis"):
            self._fill(contact, fact, getattr(facts, fact), who)
        if contact.guest_until_on is not None:
            # Whoever stands on a list of people is no guest of one event any more.
            until = contact.guest_until_on.isoformat()
            self.report.changes.append(Change(self._row, who, "guest_until_on", until, "", True))
            contact.guest_until_on = None
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
        for fact, value in found.items():
            self._fill(office, fact, value, f"{row.role} {organisation.name}")

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
