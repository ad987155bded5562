"""People in and out of files, CSV or Excel: the door to the ``csv_`` files beside it.

*Reads*: a file somebody gave; or all people. *Writes*: nothing. *Next*: ``csv_import`` brings the
rows in. What goes out can be read in again and gives the same people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from var_outreach.errors import CellError
from var_outreach.people.columns import Layout, header_words, layout_of
from var_outreach.people.csv_import import ImportReport, import_people, rows_refused
from var_outreach.people.csv_rows import HEADERS, PersonRow, moment_cell, read_row, row_cells
from var_outreach.people.csv_table import written
from var_outreach.people.model import Contact, Function, Subscription, SubscriptionState
from var_outreach.people.subscriptions import CONFIRMED, IMPORTED, LEFT, NEWSLETTER
from var_outreach.people.table import file_bytes, read_table

__all__ = [
    "ImportReport",
    "PersonRow",
    "export_people",
    "export_subscribers",
    "import_people",
    "read_people",
    "read_rows",
    "write_people",
]

_SUBSCRIBER_HEADER = (
    "adres",
    "naam",
    "taal",
    "lijst",
    "stand",
    "toestemming_op",
    "tekst",
    "bron",
    "afgemeld_op",
)
_STATES = {
    SubscriptionState.PENDING: "nog niet bevestigd",
    SubscriptionState.ACTIVE: "aangemeld",
    SubscriptionState.LEFT: "afgemeld",
}


def read_people(file: Path | bytes, *, name: str = "") -> tuple[PersonRow, ...]:
    """Return the rows of a people file, each checked by itself; ``name`` is for error messages.

    Raises FileError if the file is no table with known columns, and RowErrors that lists every
    wrong cell with its row and column.
    """
    data = file if isinstance(file, bytes) else file_bytes(file)
    name = name or ("the file" if isinstance(file, bytes) else file.name)
    rows, errors = read_rows(layout_of(read_table(data, name=name, words=header_words(()))))
    if errors:
        raise rows_refused(errors, where=name)
    return tuple(rows)


def read_rows(layout: Layout) -> tuple[list[PersonRow], list[CellError]]:
    """Return the rows of a table that can be read, and what is wrong in the others."""
    rows: list[PersonRow] = []
    errors: list[CellError] = []
    for each in layout.table.rows:
        row, wrong = read_row(each.number, layout.cells(each))
        if wrong:
            errors.extend(layout.placed(error) for error in wrong)
        else:
            rows.append(row)
    return rows, errors


def write_people(rows: Iterable[PersonRow]) -> str:
    """Return ``rows`` as CSV text with Dutch headers; save it as ``utf-8-sig``."""
    header = [words[0] for words in HEADERS.values()]
    return written(header, (row_cells(row) for row in rows))


def export_people(session: Session) -> str:
    """Return everybody as CSV text that ``read_people`` reads; save it as ``utf-8-sig``.

    First the contacts who hold no office, or belong elsewhere than their first office does; then
    a row for each office.
    """
    subscriptions = _newsletter(session)
    functions = session.scalars(
        select(Function)
        .options(
            joinedload(Function.organisation),
            joinedload(Function.holder).selectinload(Contact.topics),
            joinedload(Function.secretariat),
        )
        .order_by(Function.id)
    ).all()
    first_at: dict[int | None, int] = {}
    for function in functions:
        first_at.setdefault(function.holder_id, function.organisation_id)
    contacts = session.scalars(
        select(Contact)
        .where(Contact.address.is_not(None), Contact.erased_at.is_(None))
        .options(joinedload(Contact.organisation), selectinload(Contact.topics))
        .order_by(Contact.id)
    )

    def rows() -> Iterator[PersonRow]:
        for contact in contacts:
            if first_at.get(contact.id, -1) != (contact.organisation_id or 0):
                yield _contact_row(contact, subscriptions.get(contact.id))
        for function in functions:
            yield _function_row(function, subscriptions)

    return write_people(rows())


def export_subscribers(session: Session, list_key: str = NEWSLETTER) -> str:
    """Return who is or was on a list, with the proof of consent, as CSV text."""
    query = (
        select(Subscription)
        .join(Subscription.contact)
        .where(Subscription.list_key == list_key, Contact.erased_at.is_(None))
        .options(joinedload(Subscription.contact), selectinload(Subscription.proofs))
        .order_by(Subscription.id)
    )
    return written(_SUBSCRIBER_HEADER, (_subscriber(s) for s in session.scalars(query)))


def _newsletter(session: Session) -> dict[int, Subscription]:
    query = (
        select(Subscription)
        .where(Subscription.list_key == NEWSLETTER)
        .options(selectinload(Subscription.proofs))
    )
    return {subscription.contact_id: subscription for subscription in session.scalars(query)}


def _contact_row(contact: Contact, subscription: Subscription | None) -> PersonRow:
    organisation = contact.organisation
    active = subscription is not None and subscription.state is SubscriptionState.ACTIVE
    left = subscription is not None and subscription.state is SubscriptionState.LEFT
    return PersonRow(
        row=0,
        organisation=organisation.name if organisation else "",
        kind=organisation.kind if organisation else "",
        name=contact.name,
        address=contact.address or "",
        language=contact.language,
        topics=tuple(sorted(link.topic.key for link in contact.topics)),
        source=contact.source,
        legal_basis=contact.legal_basis,
        newsletter=True if active else False if left else None,
        consent_at=_consent_at(subscription) if active else None,
    )


def _function_row(function: Function, subscriptions: dict[int, Subscription]) -> PersonRow:
    holder, secretariat = function.holder, function.secretariat
    person = _contact_row(holder, subscriptions.get(holder.id)) if holder else PersonRow(row=0)
    has_secretariat = secretariat is not None and secretariat.address is not None
    return PersonRow(
        row=0,
        organisation=function.organisation.name,
        kind=function.organisation.kind,
        role=function.role,
        portfolio=function.portfolio,
        name=person.name,
        address=person.address,
        secretariat_name=secretariat.name if secretariat and has_secretariat else "",
        secretariat_address=(secretariat.address or "") if secretariat else "",
        language=person.language,
        topics=person.topics,
        from_on=function.from_on,
        until_on=function.until_on,
        source=person.source,
        legal_basis=person.legal_basis,
        newsletter=person.newsletter,
        consent_at=person.consent_at,
    )


def _subscriber(subscription: Subscription) -> tuple[str, ...]:
    given = [proof for proof in subscription.proofs if proof.act in {CONFIRMED, IMPORTED}]
    left = [proof for proof in subscription.proofs if proof.act == LEFT]
    return (
        subscription.contact.address or "",
        subscription.contact.name,
        subscription.contact.language,
        subscription.list_key,
        _STATES[subscription.state],
        moment_cell(given[-1].at) if given else "",
        given[-1].wording if given else "",
        given[-1].source if given else subscription.contact.source,
        moment_cell(left[-1].at) if left else "",
    )


def _consent_at(subscription: Subscription | None) -> datetime | None:
    proofs = subscription.proofs if subscription else []
    given = [proof.at for proof in proofs if proof.act in {CONFIRMED, IMPORTED}]
    return given[-1] if given else None
