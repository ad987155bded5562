"""What the rows of one file together say of a person, and where they contradict each other.

*Reads*: rows as ``csv_rows`` made them. *Writes*: nothing. *Next*: ``csv_import`` applies it.

Somebody with two offices stands on two rows; both rows give one person, in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from var_outreach.errors import CellError
from var_outreach.people.csv_rows import HEADERS, PersonRow, cell_error
from var_outreach.people.store import organisation_slug

OfficeKey = tuple[str, str, str, str, date | None]


@dataclass
class Facts:
    """What a file says of one person; empty where it says nothing."""

    name: str = ""
    language: str = ""
    source: str = ""
    legal_basis: str = ""
    topics: list[str] = field(default_factory=list)


def person_key(row: PersonRow) -> str:
    """Return what makes the person of a row one: the address, else the name at the organisation."""
    if row.address:
        return row.address.lower()
    return f"{organisation_slug(row.organisation)}|{row.name.casefold()}" if row.name else ""


def office_key(row: PersonRow) -> OfficeKey:
    """Return what makes an office one: whose it is, what it is, who holds it, from when."""
    return (
        organisation_slug(row.organisation),
        row.role,
        row.portfolio.casefold(),
        person_key(row),
        row.from_on,
    )


def facts_of(rows: Iterable[PersonRow]) -> dict[str, Facts]:
    """Return what ``rows`` say of each person, by ``person_key``; the first word counts."""
    found: dict[str, Facts] = {}
    for row in rows:
        if row.secretariat_address:
            secretariat = found.setdefault(row.secretariat_address.lower(), Facts())
            secretariat.name = secretariat.name or row.secretariat_name
        if not row.has_person:
            continue
        facts = found.setdefault(person_key(row), Facts())
        facts.name = facts.name or row.name
        facts.language = facts.language or row.language
        facts.source = facts.source or row.source
        facts.legal_basis = facts.legal_basis or row.legal_basis
        facts.topics.extend(topic for topic in row.topics if topic not in facts.topics)
    return found


def row_contradictions(rows: Sequence[PersonRow]) -> list[CellError]:
    """Return where two rows say different things of one person or one office."""
    seen: dict[tuple[str, str], tuple[object, int]] = {}
    offices: dict[OfficeKey, PersonRow] = {}
    errors: list[CellError] = []

    def compare(row: PersonRow, key: str, fact: str, column: str) -> None:
        value = getattr(row, column)
        if value in ("", None):
            return
        earlier, where = seen.setdefault((key, fact), (value, row.row))
        if earlier != value:
            errors.append(_contradiction(row.row, column, key, earlier, where, fact))

    for row in rows:
        if row.secretariat_address:
            compare(row, row.secretariat_address.lower(), "name", "secretariat_name")
        if row.has_person:
            for fact in ("name", "language", "newsletter", "consent_at"):
                compare(row, person_key(row), fact, fact)
            if not row.role:
                compare(row, person_key(row), "organisation", "organisation")
            if row.role:
                errors.extend(_office_twice(row, offices.setdefault(office_key(row), row)))
    return errors


def _contradiction(
    row: int, column: str, key: str, earlier: object, where: int, fact: str
) -> CellError:
    if fact == "name":
        remedy = "Put a shared mailbox in 'secretariaat adres', under one name"
    else:
        remedy = "Make the two rows say the same"
    return cell_error(
        row,
        column,
        f"row {where} says {str(earlier)[:60]!r} of {key}",
        remedy,
    )


def _office_twice(row: PersonRow, first: PersonRow) -> list[CellError]:
    return [
        cell_error(
            row.row,
            column,
            f"row {first.row} has the same office with another '{HEADERS[column][0]}'",
            "Keep one of the two rows",
        )
        for column in ("until_on", "secretariat_address")
        if getattr(row, column) != getattr(first, column)
    ]
