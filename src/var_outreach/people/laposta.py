"""Takes over the readers of a Laposta list: who said yes and when, and who left and when.

*Reads*: rows of an export. *Writes*: contacts, subscriptions with their proof, suppressions.
*Next*: audiences find the readers; nobody is asked to confirm anew.

An opt-out is kept with its date, so that no later list brings anybody back. Who never confirmed is
not taken over at all, and an address that bounced there is not written to here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.errors import CellError, FileError, InputError
from var_outreach.message import checked_address, checked_name
from var_outreach.people.columns import NAME_PARTS
from var_outreach.people.csv_known import Known
from var_outreach.people.csv_rows import PersonRow, language_cell, text_cell
from var_outreach.people.csv_table import plain, undefused
from var_outreach.people.import_report import OptedOut, Preview, Twice
from var_outreach.people.model import Contact, SubscriptionState, SuppressionReason
from var_outreach.people.store import CONSENT
from var_outreach.people.subscriptions import (
    NEWSLETTER,
    has_left,
    new_subscription,
    take_consent,
    take_opt_out,
)
from var_outreach.people.suppression import suppress, suppressed_addresses
from var_outreach.people.table import Table, TableRow
from var_outreach.slugs import slug
from var_outreach.tokens import Signer, random_token

WORDING = "Laposta export"

TITLES: Mapping[str, tuple[str, ...]] = {
    "address": ("email", "e-mail", "e-mailadres", "emailadres", "e-mail address", "adres"),
    "name": ("naam", "name", "volledige naam"),
    "first_name": ("voornaam", "first name", "firstname"),
    "infix": ("tussenvoegsel", "tussenvoegsels", "infix"),
    "last_name": ("achternaam", "last name", "lastname", "surname"),
    "language": ("taal", "language"),
    "state": ("status", "state", "toestand", "status relatie"),
    "signed_up": (
        "signup date", "aangemeld op", "aanmelddatum", "datum aanmelding", "inschrijfdatum",
        "ingeschreven op", "subscribed at", "signed up at", "aangemeld", "datum van aanmelding",
    ),
    "confirmed": ("confirm date", "bevestigd op", "confirmed at", "datum bevestiging"),
    "left": (
        "unsubscribed", "afgemeld op", "afgemeld", "unsubscribe date", "unsubscribed at",
        "datum afmelding", "uitgeschreven op", "afmelddatum", "unsubscribe_date",
    ),
    "changed": ("modified date", "gewijzigd op", "laatst gewijzigd", "modified"),
    "source": ("source", "bron", "source url", "herkomst", "aangemeld via"),
}  # fmt: skip
_SPELLINGS = {plain(word): key for key, words in TITLES.items() for word in words}
_DUTCH = re.compile(
    r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?:,? (?:om )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?\Z"
)
_DATES = ("signed_up", "confirmed", "left", "changed")


class LapostaState(StrEnum):
    """Where somebody stands on a list of Laposta's."""

    ACTIVE = "active"
    LEFT = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    BOUNCED = "cleaned"
    DELETED = "deleted"


_STATES = {
    word: state
    for state, words in {
        LapostaState.ACTIVE: "active actief subscribed aangemeld ingeschreven",
        LapostaState.LEFT: "unsubscribed afgemeld uitgeschreven opt-out",
        LapostaState.UNCONFIRMED: (
            "unconfirmed onbevestigd niet-bevestigd nog-niet-bevestigd pending in-afwachting"
        ),
        LapostaState.BOUNCED: (
            "cleaned bounced gebounced bounce hardbounce hard-bounce opgeschoond onbestelbaar"
        ),
        LapostaState.DELETED: "deleted verwijderd",
    }.items()
    for word in words.split()
}


@dataclass(frozen=True)
class Member:
    """One row of the export."""

    row: int
    address: str
    name: str
    language: str
    state: LapostaState
    consented_at: datetime | None
    left_at: datetime | None
    source: str


@dataclass
class LapostaReport(Preview):
    """What an export brought, in rows."""

    rows: int = 0
    subscribed: int = 0
    left: int = 0
    bounced: int = 0
    known: int = 0
    """Rows that say what we had already."""
    unconfirmed: int = 0
    deleted: int = 0
    stayed_away: int = 0
    """Active there, but they left our list."""
    erased: int = 0


def title_words() -> frozenset[str]:
    """Return the plain titles by which the header of an export is known."""
    return frozenset(_SPELLINGS)


def is_laposta(titles: Sequence[str]) -> bool:
    """Tell whether ``titles`` are those of a Laposta export: address, state and a date of it."""
    keys = {_SPELLINGS.get(plain(title)) for title in titles}
    return {"address", "state"} <= keys and not keys.isdisjoint({"signed_up", "left"})


def read_members(
    table: Table, zone: ZoneInfo, *, now: datetime
) -> tuple[list[Member], list[CellError]]:
    """Return the rows of an export that can be read, and what is wrong in the others.

    Times without a zone are those of the clock in ``zone``. Other columns are passed over. Raises
    FileError for a table that is no Laposta export.
    """
    if not is_laposta(table.titles):
        raise FileError(
            "this is no Laposta export: it needs columns for address, status and 'Aangemeld op'",
            where=f"{table.name}, row {table.header_row}",
            remedy=f"For any other list: var-outreach people import {table.name}",
        )
    columns: dict[str, int] = {}
    for column, title in enumerate(table.titles):
        columns.setdefault(_SPELLINGS.get(plain(title), ""), column)
    members, errors = [], []
    for row in table.rows:
        try:
            members.append(_member(row, columns, table, zone, now))
        except CellError as error:
            errors.append(error)
    return members, errors


def import_members(
    session: Session,
    members: Sequence[Member],
    report: LapostaReport,
    *,
    now: datetime,
    source: str,
    signer: Signer,
) -> None:
    """Take ``members`` over; the same export again changes nothing."""
    rows = [PersonRow(row=one.row, address=one.address, name=one.name) for one in members]
    addresses = sorted({one.address for one in members})
    erased = suppressed_addresses(
        session, addresses, signer=signer, reason=SuppressionReason.ERASURE
    )
    suppressed = suppressed_addresses(session, addresses, signer=signer)
    known, seen = Known(session, rows), dict[str, int]()
    with session.no_autoflush:
        for one in members:
            first = seen.setdefault(one.address.lower(), one.row)
            if first != one.row:
                report.twice.append(Twice(one.row, first, one.address))
                continue
            if one.address in suppressed and one.state is not LapostaState.BOUNCED:
                reason = suppressed[one.address].value
                report.opted_out.append(OptedOut(one.row, one.address, reason))
            if one.address in erased:
                report.erased += 1
            elif one.state is LapostaState.UNCONFIRMED:
                report.unconfirmed += 1
            elif one.state is LapostaState.DELETED:
                report.deleted += 1
            elif one.state is LapostaState.BOUNCED:
                _bounced(session, one, report, one.address in suppressed, now, source, signer)
            else:
                _take(session, known, one, report, now, source)
    session.flush()


def _bounced(
    session: Session,
    member: Member,
    report: LapostaReport,
    suppressed: bool,
    now: datetime,
    source: str,
    signer: Signer,
) -> None:
    if suppressed:
        report.known += 1
        return
    suppress(
        session,
        member.address,
        SuppressionReason.HARD_BOUNCE,
        evidence={"source": source, "wording": WORDING, "state": member.state.value},
        now=now,
        signer=signer,
    )
    report.bounced += 1


def _take(
    session: Session,
    known: Known,
    member: Member,
    report: LapostaReport,
    now: datetime,
    source: str,
) -> None:
    contact = known.contact(member.address)
    if contact is None:
        contact = Contact(
            address=member.address,
            name=member.name,
            language=member.language or "nl",
            token=random_token(),
            source=member.source or source,
            legal_basis=CONSENT,
            created_at=now,
        )
        known.add_contact(contact)
    elif member.name and not contact.name:
        contact.name = member.name
    subscription = known.subscription(contact)
    if subscription is None:
        subscription = new_subscription(contact, NEWSLETTER, now)
        known.add_subscription(subscription)
    if member.state is LapostaState.LEFT:
        report.opted_out.append(OptedOut(member.row, member.address, "unsubscribed"))
        left = take_opt_out(
            session, subscription, source=source, wording=WORDING, now=now, left_at=member.left_at
        )
        report.left += left
        report.known += not left
        return
    assert member.consented_at is not None
    took = take_consent(
        session,
        subscription,
        consented_at=member.consented_at,
        source=source,
        wording=WORDING,
        now=now,
    )
    if took:
        report.subscribed += 1
    elif subscription.state is not SubscriptionState.ACTIVE and has_left(subscription):
        report.stayed_away += 1
        report.opted_out.append(OptedOut(member.row, member.address, "unsubscribed"))
    else:
        report.known += 1


def _member(
    row: TableRow, columns: Mapping[str, int], table: Table, zone: ZoneInfo, now: datetime
) -> Member:
    def cell(key: str) -> str:
        return undefused(row.cells[columns[key]]).strip() if key in columns else ""

    def wrong(key: str, what: str, remedy: str) -> CellError:
        column = columns.get(key, columns["address"])
        where = f"row {row.number}, column {table.place(column)}"
        return CellError(what, row=row.number, column=key, where=where, remedy=remedy)

    key = "address"
    try:
        address = checked_address(cell(key))
        key = "last_name" if "last_name" in columns else "name"
        parts = " ".join(part for part in map(cell, NAME_PARTS) if part)
        name = checked_name(cell("name") or parts)
        key = "source"
        source = text_cell(cell(key)[:200])
        dates = {}
        for key in _DATES:
            dates[key] = _moment(cell(key), zone)
            if (dates[key] or now) > now:
                raise InputError("this date has not come yet", remedy="Correct it")
    except InputError as error:
        raise wrong(key, error.what, error.remedy) from error
    state = _STATES.get(slug(cell("state")))
    if state is None:
        remedy = f"Use one of: {', '.join(one.value for one in LapostaState)}"
        raise wrong("state", f"{cell('state')[:40]!r} is not known here", remedy)
    left_at = dates["left"] or dates["changed"]
    consented_at = dates["signed_up"] or dates["confirmed"]
    left, since = dates["left"], dates["confirmed"] or consented_at
    if state is LapostaState.ACTIVE and left is not None and (since is None or left >= since):
        # In doubt somebody left; who came back since has a later date of consent.
        state = LapostaState.LEFT
    if state is LapostaState.ACTIVE and consented_at is None:
        raise wrong("signed_up", "it is not said when consent was given", "Fill in the date")
    try:
        language = language_cell(cell("language")) if cell("language") else ""
    except InputError:
        language = ""
    return Member(row.number, address, name, language, state, consented_at, left_at, source)


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment as Laposta or Excel writes it; raises InputError for anything else."""
    if not text or text.startswith("0000-00-00"):
        return None
    dutch = _DUTCH.match(text)
    if dutch:
        day, month, year, hour, minute, second = dutch.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + (
            f"T{hour:0>2}:{minute}:{second or '00'}" if hour else ""
        )
    try:
        found = datetime.fromisoformat(text)
        # A day alone is kept as in every other list, so that it is the same day again.
        own = UTC if len(text) == 10 else zone
        return (found if found.tzinfo else found.replace(tzinfo=own)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InputError(
        f"{text[:40]!r} is not a date", remedy="Write it as 31-12-2025 or 2025-12-31 10:00:00"
    )
