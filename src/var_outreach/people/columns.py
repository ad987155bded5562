"""Which column of a list holds what: guessed from its title, said by staff, remembered by header.

*Reads*: a table's titles, the mappings that were remembered. *Writes*: mappings. *Next*:
``csv_rows`` and ``guests`` read the cells of a row by the keys of ``FIELDS``.

What is not certain is asked, once: a column that looks like one of ours, or two for one thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.errors import CellError, FileError, InputError
from var_outreach.people.csv_rows import HEADERS
from var_outreach.people.csv_table import plain, undefused
from var_outreach.people.model import ColumnMapping
from var_outreach.people.table import Table, TableRow

FIRST_NAME, INFIX, LAST_NAME, DIET = "first_name", "infix", "last_name", "diet"
NAME_PARTS = (FIRST_NAME, INFIX, LAST_NAME)
PASSED_OVER = "-"

FIELDS: Mapping[str, tuple[str, ...]] = {
    **HEADERS,
    FIRST_NAME: ("voornaam", "first name", "given name", "roepnaam", "voorletters"),
    INFIX: ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "infix", "tussenv."),
    LAST_NAME: ("achternaam", "last name", "surname", "family name"),
    DIET: ("dieet", "dieetwensen", "dieetwens", "diet", "dietary requirements", "allergieën"),
}
"""What a list may tell of somebody, and the words for it, the Dutch one first."""

_PARTNERS_WORDS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("gemeente", "bedrijf", "werkgever", "municipality", "company", "instelling"),
    "role": ("functienaam", "rol", "job title", "beroep", "functietitel"),
    "name": ("volledige naam", "naam deelnemer", "deelnemer", "full name", "naam gast", "gast"),
    "address": (
        "email",
        "emailadres",
        "e-mail adres",
        "mail",
        "mailadres zakelijk",
        "e-mail zakelijk",
        "e-mailadres deelnemer",
    ),
}
_NOT_NEEDED = (
    "telefoon telefoonnummer tel mobiel mobielnummer phone telephone nr nummer volgnummer no id "
    "aanhef titel titels geslacht reden reason tijdstempel timestamp opmerking opmerkingen remarks "
    "postcode woonplaats straat huisnummer"
).split()


def _spellings() -> dict[str, str]:
    words = {plain(word): key for key, all_of in FIELDS.items() for word in all_of}
    for key, more in _PARTNERS_WORDS.items():
        words.update({plain(word): key for word in more})
    return words | dict.fromkeys(_NOT_NEEDED, PASSED_OVER)


SPELLINGS = _spellings()
"""By plain title what a column holds; ``PASSED_OVER`` where we have no use for it."""


@dataclass(frozen=True)
class Layout:
    """What the columns of one table hold."""

    table: Table
    columns: Mapping[str, int]
    """By key of ``FIELDS`` the column, counted from 0."""
    name: str = ""
    """Under which name it was remembered."""

    def cells(self, row: TableRow) -> dict[str, str]:
        """Return the cells of ``row`` by key; a name in parts is joined in ``name``."""
        found = {key: undefused(row.cells[column]) for key, column in self.columns.items()}
        parts = [found.pop(part, "").strip() for part in NAME_PARTS]
        if not found.get("name", "").strip() and any(parts):
            found["name"] = " ".join(part for part in parts if part)
        return found

    def placed(self, error: CellError) -> CellError:
        """Return ``error`` with the column as a spreadsheet's user finds it."""
        column = self.columns.get(error.column)
        if column is None and error.column == "name":
            column = next(
                (self.columns[p] for p in reversed(NAME_PARTS) if p in self.columns), None
            )
        if column is None:
            return error
        where = f"row {error.row}, column {self.table.place(column)}"
        return CellError(
            error.what, row=error.row, column=error.column, where=where, remedy=error.remedy
        )


@dataclass
class Guess:
    """What the titles of a table say of its columns."""

    columns: dict[str, int] = field(default_factory=dict)
    passed_over: list[int] = field(default_factory=list)
    """Columns that hold something for which we have no use."""
    unknown: dict[int, str] = field(default_factory=dict)
    """Columns that say nothing to us, with the word of ours that they look like, if any."""
    twice: dict[int, str] = field(default_factory=dict)
    """Columns that seem to hold what another column holds already."""


def guess_columns(table: Table, said: Mapping[str, str] | None = None) -> Guess:
    """Return what the columns of ``table`` seem to hold; what was ``said`` by title goes first.

    Raises InputError for a title that is not there or a word that means nothing.
    """
    guess = Guess()
    spoken = _spoken(table, said or {})
    for column, key in spoken.items():
        if key == PASSED_OVER:
            guess.passed_over.append(column)
        elif key in guess.columns:
            raise InputError(f"two columns are said to hold '{key}'", where=table.name)
        else:
            guess.columns[key] = column
    for column, title in enumerate(table.titles):
        if column in spoken:
            continue
        key = SPELLINGS.get(plain(title), "")
        if key == PASSED_OVER or (not title.strip() and _is_blank(table, column)):
            guess.passed_over.append(column)
        elif not key:
            near = get_close_matches(plain(title), [w for w in SPELLINGS if len(w) > 3], n=1)
            known = SPELLINGS[near[0]] if near else PASSED_OVER
            guess.unknown[column] = "" if known == PASSED_OVER else FIELDS[known][0]
        elif key in guess.columns:
            guess.twice[column] = FIELDS[key][0]
        else:
            guess.columns[key] = column
    return guess


def layout_of(
    table: Table,
    remembered: Sequence[ColumnMapping] = (),
    said: Mapping[str, str] | None = None,
) -> Layout:
    """Return what the columns of ``table`` hold.

    What was ``said`` goes before what is ``remembered`` of this header, and that before a guess.
    Raises FileError, with the command to run, for a column of which that leaves a doubt.
    """
    known = None if said else remembered_layout(table, remembered)
    if known is not None:
        return known
    guess = guess_columns(table, said)
    if not guess.columns:
        raise FileError(
            "the first row does not name the columns",
            where=f"{table.name}, row {table.header_row}",
            remedy=f"Put these above the columns: {', '.join(w[0] for w in HEADERS.values())}",
        )
    for column in sorted({*guess.twice, *guess.unknown}):
        raise _doubt(table, column, guess)
    return Layout(table, guess.columns)


def remembered_layout(table: Table, remembered: Sequence[ColumnMapping]) -> Layout | None:
    """Return what was remembered of a list with the titles of ``table``, in whatever order."""
    for mapping in remembered:
        if _same_header(mapping.header, table.titles):
            places = {plain(title): column for column, title in enumerate(table.titles)}
            columns = {key: places[plain(str(title))] for key, title in mapping.columns.items()}
            return Layout(table, columns, mapping.name)
    return None


def remember(
    session: Session, table: Table, guess: Guess, *, name: str, by: str, now: datetime
) -> ColumnMapping:
    """Remember under ``name`` what the columns of a list like ``table`` hold.

    Columns that say nothing to us are passed over from now on. Raises FileError where a column
    may hold something of ours and nobody said so.
    """
    doubts = [*guess.twice, *(column for column, near in guess.unknown.items() if near)]
    if doubts:
        raise _doubt(table, min(doubts), guess)
    if not guess.columns:
        raise FileError("no column holds anything of ours", where=table.name, remedy="Use --map")
    titles = Counter(plain(title) for title in table.titles)
    for column in guess.columns.values():
        if titles[plain(table.titles[column])] > 1:
            raise FileError(
                f"two columns are called '{table.titles[column]}'",
                where=table.name,
                remedy="Give one of them another title",
            )
    for other in remembered_mappings(session):
        if other.name != name and _same_header(other.header, table.titles):
            session.delete(other)
    mapping = session.scalar(select(ColumnMapping).where(ColumnMapping.name == name))
    if mapping is None:
        mapping = ColumnMapping(name=name)
        session.add(mapping)
    mapping.header = list(table.titles)
    mapping.columns = {key: table.titles[column] for key, column in guess.columns.items()}
    mapping.made_by, mapping.made_at = by, now
    session.flush()
    return mapping


def remembered_mappings(session: Session) -> list[ColumnMapping]:
    """Return what is remembered, newest first."""
    return list(session.scalars(select(ColumnMapping).order_by(ColumnMapping.made_at.desc())))


def header_words(remembered: Sequence[ColumnMapping]) -> frozenset[str]:
    """Return the plain titles by which a header is known."""
    titles = {plain(str(title)) for mapping in remembered for title in mapping.header}
    return frozenset(SPELLINGS) | (titles - {""})


def _spoken(table: Table, said: Mapping[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for title, word in said.items():
        columns = [i for i, each in enumerate(table.titles) if plain(each) == plain(title)]
        if len(columns) != 1:
            what = "no column is" if not columns else f"{len(columns)} columns are"
            raise InputError(
                f"{what} called '{title}'",
                where=table.name,
                remedy=f"The titles are: {', '.join(one for one in table.titles if one)}",
            )
        key = PASSED_OVER if plain(word) == "" else SPELLINGS.get(plain(word), "")
        key = next((one for one in FIELDS if plain(one) == plain(word)), key)
        if not key:
            raise InputError(
                f"'{word}' is nothing that a column can hold",
                where=f"--map '{title}={word}'",
                remedy=f"Use one of: {', '.join(words[0] for words in FIELDS.values())}; "
                f"or '{title}=-' to pass it over",
            )
        found[columns[0]] = key
    return found


def _same_header(header: Sequence[object], titles: Sequence[str]) -> bool:
    return sorted(plain(str(one)) for one in header) == sorted(plain(one) for one in titles)


def _is_blank(table: Table, column: int) -> bool:
    return not any(row.cells[column].strip() for row in table.rows)


def _doubt(table: Table, column: int, guess: Guess) -> FileError:
    title = table.titles[column].strip()
    where = f"{table.name}, row {table.header_row}, column {column_place(table, column)}"
    if not title:
        return FileError("the column has no title", where=where, remedy="Put one above it")
    if column in guess.twice:
        word = guess.twice[column]
        return FileError(
            f"the column '{word}' stands there twice",
            where=where,
            remedy=f"Take one of the two out, or say which: {_command(table, title, '-')}",
        )
    near = guess.unknown[column]
    asked = f"Did you mean '{near}'? " if near else ""
    return FileError(
        f"the column {title[:40]!r} is not known",
        where=where,
        remedy=f"{asked}Say once what it holds ('-': pass it over): "
        f"{_command(table, title, near or '-')}",
    )


def column_place(table: Table, column: int) -> str:
    """Return the letter of a column."""
    return table.place(column).partition(" ")[0]


def _command(table: Table, title: str, word: str) -> str:
    return f'var-outreach people columns {table.name} --map "{title[:40]}={word}" --save NAME'
