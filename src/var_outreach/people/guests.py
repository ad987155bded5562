"""Guests of one event, as a partner sends them: theirs only, and gone when its time is over.

*Reads*: rows of a list, who is known. *Writes*: contacts with ``guest_until_on``. *Next*:
``staff/imports.py`` invites them; ``pipeline`` forgets them after their last day.

Who is known stays what they are: a guest list changes nothing of them. A guest becomes somebody
of the network by subscribing, by an office, or by standing on a list of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from var_outreach.errors import CellError
from var_outreach.message import checked_address, checked_name
from var_outreach.people.columns import DIET, Layout
from var_outreach.people.csv_known import Known
from var_outreach.people.csv_rows import PersonRow, RowCells, cell_error, language_cell, text_cell
from var_outreach.people.import_report import OptedOut, Preview, Twice
from var_outreach.people.model import (
    Contact,
    Function,
    ListCheck,
    Organisation,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from var_outreach.people.store import PUBLIC_TASK
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.tokens import Signer, random_token


@dataclass(frozen=True)
class GuestRow:
    """One guest as the list gives them; ``person.role`` is what their badge calls them."""

    person: PersonRow
    diet: str = ""


@dataclass(frozen=True)
class Guest:
    """Somebody of the list, found or made."""

    contact: Contact
    row: GuestRow
    organisation: Organisation | None
    """Of the list, else our own."""


@dataclass
class GuestReport(Preview):
    """What a guest list brought: ``guests`` are the people, ``new`` and ``known`` add up to it."""

    rows: int = 0
    guests: int = 0
    new: int = 0
    known: int = 0
    invited: int = 0
    already_invited: int = 0
    not_mailed: int = 0
    """Guests to whom no mail may or can go; they are among ``opted_out``."""
    erased: int = 0
    new_organisations: list[str] = field(default_factory=list)
    until_on: date | None = None
    """The last day on which new guests are kept."""


def read_guests(layout: Layout) -> tuple[list[GuestRow], list[CellError]]:
    """Return the rows of a guest list that can be read, and what is wrong in the others."""
    rows: list[GuestRow] = []
    errors: list[CellError] = []
    for each in layout.table.rows:
        reader = RowCells(each.number, layout.cells(each))
        person = PersonRow(
            row=each.number,
            organisation=reader.read("organisation", text_cell) or "",
            role=reader.read("role", text_cell) or "",
            name=reader.read("name", checked_name) or "",
            address=reader.read("address", checked_address) or "",
            language=reader.read("language", language_cell) or "",
        )
        guest = GuestRow(person, layout.cells(each).get(DIET, "").strip()[:200])
        if not reader.errors and not person.address:
            reader.errors.append(
                cell_error(each.number, "address", "there is no mail address", "Fill it in")
            )
        if reader.errors:
            errors.extend(layout.placed(error) for error in reader.errors)
        else:
            rows.append(guest)
    return rows, errors


def sift_guests(
    session: Session, rows: Sequence[GuestRow]
) -> tuple[list[GuestRow], list[CellError], list[Twice]]:
    """Return one row for each guest, what is wrong with others, and which say nothing new.

    A guest whom we do not know needs a name; one address under two names is nobody's.
    """
    known = Known(session, [row.person for row in rows])
    first: dict[str, PersonRow] = {}
    good: list[GuestRow] = []
    errors: list[CellError] = []
    twice: list[Twice] = []
    for row in rows:
        person = row.person
        if not person.name and known.contact(person.address) is None:
            error = cell_error(person.row, "name", "the guest has no name", "Fill it in")
            errors.append(error)
            continue
        contact = known.contact(person.address)
        key = f"contact {contact.id}" if contact is not None else person.address.lower()
        earlier = first.setdefault(key, person)
        if earlier is person:
            good.append(row)
        elif person.name and earlier.name and _folded(person.name) != _folded(earlier.name):
            what = f"row {earlier.row} has this address for {earlier.name[:60]!r}"
            remedy = "Give everybody an address of their own"
            errors.append(cell_error(person.row, "address", what, remedy))
        else:
            twice.append(Twice(person.row, earlier.row, person.name or person.address))
    return good, errors, twice


def bring_guests(
    session: Session,
    rows: Sequence[GuestRow],
    report: GuestReport,
    *,
    until_on: date,
    source: str,
    now: datetime,
    signer: Signer,
) -> list[Guest]:
    """Find or make everybody of ``rows``, as ``sift_guests`` let them through; note it in ``report``.

    Who asked to be erased is left out. Doing it again makes nobody new.
    """
    known = Known(session, [row.person for row in rows])
    addresses = sorted({row.person.address for row in rows})
    suppressed = suppressed_addresses(session, addresses, signer=signer)
    erased = suppressed_addresses(
        session, addresses, signer=signer, reason=SuppressionReason.ERASURE
    )
    guests = []
    with session.no_autoflush:
        for row in rows:
            person = row.person
            if person.address in erased:
                _opt_out(report, person, SuppressionReason.ERASURE.value)
                report.erased += 1
                continue
            organisation = _organisation(known, person, report)
            contact = known.contact(person.address)
            if contact is None:
                contact = _new_guest(person, organisation, until_on, source, now)
                known.add_contact(contact)
                report.new += 1
            else:
                report.known += 1
                if contact.guest_until_on is not None:
                    contact.guest_until_on = max(contact.guest_until_on, until_on)
            guests.append(Guest(contact, row, organisation or contact.organisation))
            subscription = known.subscription(contact)
            if person.address in suppressed:
                _opt_out(report, person, suppressed[person.address].value)
                report.not_mailed += 1
            elif subscription is not None and subscription.state is SubscriptionState.LEFT:
                _opt_out(report, person, "unsubscribed")
    session.flush()
    report.guests = len(guests)
    report.until_on = until_on
    return guests


def guests_to_forget(session: Session, today: date) -> list[Contact]:
    """Return the guests whose last day is over and who are nothing else to us since.

    Whoever may still correct the list of an organisation is more than a guest until its last day.
    """
    office = exists().where(
        or_(Function.holder_id == Contact.id, Function.secretariat_id == Contact.id)
    )
    reader = exists().where(
        Subscription.contact_id == Contact.id,
        Subscription.state != SubscriptionState.LEFT,
    )
    checker = exists().where(ListCheck.contact_id == Contact.id, ListCheck.until_on >= today)
    return list(
        session.scalars(
            select(Contact)
            .where(
                Contact.guest_until_on < today,
                Contact.erased_at.is_(None),
                ~office,
                ~reader,
                ~checker,
            )
            .order_by(Contact.id)
        )
    )


def _new_guest(
    person: PersonRow,
    organisation: Organisation | None,
    until_on: date,
    source: str,
    now: datetime,
) -> Contact:
    return Contact(
        address=person.address,
        name=person.name,
        language=person.language or "nl",
        organisation=organisation,
        token=random_token(),
        source=source,
        legal_basis=PUBLIC_TASK,
        guest_until_on=until_on,
        created_at=now,
    )


def _organisation(known: Known, person: PersonRow, report: GuestReport) -> Organisation | None:
    if not any(c.isalnum() for c in person.organisation):
        return None
    organisation, added = known.organisation(person.organisation, "")
    if added:
        report.new_organisations.append(organisation.name)
    return organisation


def _opt_out(report: GuestReport, person: PersonRow, reason: str) -> None:
    report.opted_out.append(OptedOut(person.row, person.address, reason))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
