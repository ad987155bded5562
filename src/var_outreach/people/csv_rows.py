"""One row of a people file: its columns, and what may stand in them.

*Reads*: the cells of one row. *Writes*: nothing. *Next*: ``csv_import`` brings rows into the
database, ``csv_export`` makes them of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import TypeVar

from var_outreach.errors import CellError, InputError
from var_outreach.message import checked_address, checked_name, checked_text
from var_outreach.people.store import CONSENT, ORGANISATION_KINDS, PUBLIC_TASK
from var_outreach.slugs import slug

HEADERS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("organisatie", "organisation", "organization"),
    "kind": ("soort", "kind", "soort organisatie"),
    "role": ("functie", "function", "role"),
    "portfolio": ("portefeuille", "portfolio"),
    "name": ("naam", "name"),
    "address": ("adres", "e-mail", "e-mailadres", "mailadres", "address", "e-mail address"),
    "secretariat_name": ("secretariaat naam", "naam secretariaat", "secretariat name"),
    "secretariat_address": (
        "secretariaat adres",
        "secretariaat e-mail",
        "adres secretariaat",
        "secretariat address",
        "secretariat e-mail",
    ),
    "language": ("taal", "language"),
    "topics": ("thema's", "thema", "topics", "themes"),
    "from_on": ("van", "vanaf", "from"),
    "until_on": ("tot", "tot en met", "until"),
    "source": ("bron", "source"),
    "legal_basis": ("grondslag", "legal basis"),
    "newsletter": ("nieuwsbrief", "newsletter"),
    "consent_at": ("toestemming_op", "consent at", "consented at", "consent date"),
}
"""For each column its key here and the words that may stand above it, the Dutch one first."""

_KINDS = {slug(kind): kind for kind in ORGANISATION_KINDS} | {
    "municipality": "gemeente",
    "police": "politie",
    "openbaar-ministerie": "om",
    "prosecution": "om",
    "zvh": "zorg-en-veiligheidshuis",
    "veiligheidshuis": "zorg-en-veiligheidshuis",
    "other": "overig",
}
_LANGUAGES = {
    "nl": "nl",
    "nederlands": "nl",
    "dutch": "nl",
    "en": "en",
    "engels": "en",
    "english": "en",
}
_BASES = {
    "publieke-taak": PUBLIC_TASK,
    "taak-van-algemeen-belang": PUBLIC_TASK,
    "public-task": PUBLIC_TASK,
    "toestemming": CONSENT,
    "consent": CONSENT,
}
BASIS_WORDS = {PUBLIC_TASK: "publieke taak", CONSENT: "toestemming"}
_YES_NO = {"ja": True, "yes": True, "nee": False, "no": False}
_OF_OFFICE = ("portfolio", "secretariat_name", "secretariat_address", "from_on", "until_on")
T = TypeVar("T")
_DUTCH_DATE = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})\Z")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One office, or one contact without an office; what the file leaves open is empty."""

    row: int
    organisation: str = ""
    kind: str = ""
    role: str = ""
    portfolio: str = ""
    name: str = ""
    address: str = ""
    secretariat_name: str = ""
    secretariat_address: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    """Keys or names of themes."""
    from_on: date | None = None
    until_on: date | None = None
    source: str = ""
    legal_basis: str = ""
    newsletter: bool | None = None
    consent_at: datetime | None = None

    @property
    def has_person(self) -> bool:
        """Whether the row names somebody, and not just an office."""
        return bool(self.name or self.address)


def read_row(number: int, cells: Mapping[str, str]) -> tuple[PersonRow, list[CellError]]:
    """Return a row and what is wrong with it: one error a cell, with row and column."""
    reader = RowCells(number, cells)
    row = PersonRow(
        row=number,
        organisation=reader.read("organisation", _organisation) or "",
        kind=reader.read("kind", _one_of(_KINDS)) or "",
        role=(reader.read("role", text_cell) or "").lower(),
        portfolio=reader.read("portfolio", text_cell) or "",
        name=reader.read("name", checked_name) or "",
        address=reader.read("address", checked_address) or "",
        secretariat_name=reader.read("secretariat_name", checked_name) or "",
        secretariat_address=reader.read("secretariat_address", checked_address) or "",
        language=reader.read("language", language_cell) or "",
        topics=reader.read("topics", _topics) or (),
        from_on=reader.read("from_on", _date),
        until_on=reader.read("until_on", _date),
        source=reader.read("source", text_cell) or "",
        legal_basis=reader.read("legal_basis", _one_of(_BASES)) or "",
        newsletter=reader.read("newsletter", _one_of(_YES_NO)),
        consent_at=reader.read("consent_at", _moment),
    )
    # What a wrong cell leaves empty would only cause errors that mislead.
    return row, reader.errors or _contradictions(row)


def row_cells(row: PersonRow) -> list[str]:
    """Return the cells of ``row`` in the order of ``HEADERS``, in Dutch."""
    newsletter = {None: "", True: "ja", False: "nee"}[row.newsletter]
    return [
        row.organisation,
        row.kind,
        row.role,
        row.portfolio,
        row.name,
        row.address,
        row.secretariat_name,
        row.secretariat_address,
        row.language,
        "; ".join(row.topics),
        row.from_on.isoformat() if row.from_on else "",
        row.until_on.isoformat() if row.until_on else "",
        row.source,
        BASIS_WORDS.get(row.legal_basis, ""),
        newsletter,
        moment_cell(row.consent_at),
    ]


def moment_cell(moment: datetime | None) -> str:
    """Return a moment for a cell: the date alone if it is midnight UTC, else ISO 8601."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC)
    if moment.time() == time.min:
        return moment.date().isoformat()
    return moment.isoformat().replace("+00:00", "Z")


def cell_error(row: int, column: str, what: str, remedy: str) -> CellError:
    """Return the error for one cell; ``column`` is a key of ``HEADERS``."""
    where = f"row {row}, column '{HEADERS[column][0]}'"
    return CellError(what, row=row, column=column, where=where, remedy=remedy)


class RowCells:
    """The cells of one row, with what is wrong in them."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self._number = number
        self._cells = cells
        self.errors: list[CellError] = []

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """Return the parsed cell; None if it is empty or wrong, which is then noted."""
        cell = self._cells.get(column, "")
        if not cell.strip(" \t\u00a0"):
            return None
        try:
            return parse(cell)
        except InputError as error:
            self.errors.append(cell_error(self._number, column, error.what, error.remedy))
            return None


def text_cell(cell: str) -> str:
    """Return a cell of plain text; raises InputError if it is long or holds control characters."""
    text = checked_text(cell)
    if len(text) > 200:
        raise InputError("the text is longer than 200 characters", remedy="Shorten it")
    return text


def _organisation(cell: str) -> str:
    name = text_cell(cell)
    if not slug(name):
        raise InputError(f"{name!r} holds no letter or digit", remedy="Fill in a name")
    return name


def _topics(cell: str) -> tuple[str, ...]:
    parts = (text_cell(part) for part in re.split(r"[;|]", cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def _one_of(words: Mapping[str, T]) -> Callable[[str], T]:
    def parse(cell: str) -> T:
        key = slug(cell)
        if key in words:
            return words[key]
        near = get_close_matches(key, words, n=1)
        raise InputError(
            f"{cell.strip()[:40]!r} is not known here",
            remedy=f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(words)}",
        )

    return parse


def language_cell(cell: str) -> str:
    """Return "nl" or "en"; raises InputError for another language."""
    return _one_of(_LANGUAGES)(cell)


def _date(cell: str) -> date:
    text = cell.strip()
    dutch = _DUTCH_DATE.match(text)
    try:
        if dutch:
            return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{text[:40]!r} is not a date", remedy="Write it as 31-12-2025 or 2025-12-31")


def _moment(cell: str) -> datetime:
    text = cell.strip()
    if len(text) <= 10:
        return datetime.combine(_date(text), time.min, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text[:40]!r} is not a moment", remedy="Write it as 2025-12-31 or 31-12-2025"
        ) from error


def _contradictions(row: PersonRow) -> list[CellError]:
    errors: list[CellError] = []

    def wrong(column: str, what: str, remedy: str) -> None:
        errors.append(cell_error(row.row, column, what, remedy))

    if row.role and not row.organisation:
        wrong("organisation", "an office needs an organisation", "Fill in whose office it is")
    if not row.role and not row.address:
        wrong("address", "the row has neither an office nor an address", "Fill in one of the two")
    if row.kind and not row.organisation:
        wrong("organisation", "there is a kind but no organisation", "Fill in its name")
    if not row.role:
        for column in _OF_OFFICE:
            if getattr(row, column):
                wrong(column, "the row has no office that this belongs to", "Fill in 'functie'")
    if row.secretariat_name and not row.secretariat_address:
        wrong("secretariat_address", "the secretariat has no address", "Fill in its address")
    if row.from_on and row.until_on and row.until_on < row.from_on:
        wrong("until_on", "the last day lies before the first", "Correct one of the two dates")
    if row.topics and not row.has_person:
        wrong("topics", "themes belong to a person, and the row names none", "Fill in 'naam'")
    if row.newsletter is not None and not row.address:
        wrong("newsletter", "the person has no address of their own", "Fill in 'adres'")
    if row.newsletter and row.consent_at is None:
        wrong("consent_at", "it is not said when consent was given", "Fill in the date")
    if not row.newsletter and row.consent_at is not None:
        wrong("newsletter", "there is a date of consent but no 'ja'", "Fill in 'ja' or clear it")
    return errors
