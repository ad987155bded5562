"""A list of who was there, as it comes back from the door: which line is about whom.

*Reads*: a CSV file or a workbook, or numbers typed by hand. *Writes*: nothing. *Next*:
``staff/attendance.py`` marks whom the lines are about.

A line is about a registration by its number, or by name and organisation. Where both stand, both
must agree: in a workbook of which one column was sorted, every number is another's. Nothing is
guessed; what is unclear is said with the row it stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from var_outreach.errors import FileError, InputError
from var_outreach.people.csv_table import plain
from var_outreach.people.store import organisation_slug
from var_outreach.people.table import Table, TableRow, file_bytes, read_table
from var_outreach.reporting.guests import Guest
from var_outreach.reporting.surnames import folded_name

HEADERS = {
    "number": ("nummer", "nr", "id", "registratie", "number"),
    "name": ("naam", "name", "deelnemer"),
    "organisation": ("organisatie", "organisation", "gemeente", "organization"),
    "present": ("aanwezig", "aanwezigheid", "present", "was er"),
}
YES = frozenset({"ja", "j", "x", "v", "1", "yes", "y", "true", "waar", "aanwezig", "✓", "✔", "√"})
NO = frozenset({"nee", "n", "0", "no", "false", "onwaar", "afwezig", "-"})


@dataclass(frozen=True)
class Line:
    """One line: about whom, and whether they were there."""

    number: int | None
    name: str = ""
    organisation: str = ""
    present: bool = True
    where: str = ""
    """Where it stands, for messages."""


def typed_lines(present: Sequence[str], absent: Sequence[str]) -> list[Line]:
    """Return lines for numbers given by hand: "12", or "12,13"; raises InputError."""
    lines = []
    for option, values, was_there in (("--present", present, True), ("--absent", absent, False)):
        for text in (part for value in values for part in value.split(",")):
            lines.append(Line(_number(text, option), present=was_there, where=option))
    return lines


def numbers(values: Iterable[str], option: str) -> list[int]:
    """Return numbers given by hand: "12", or "12,13"; raises InputError."""
    return [_number(text, option) for value in values for text in value.split(",")]


def read_lines(path: Path, *, sheet: str | None = None) -> tuple[list[Line], list[InputError]]:
    """Return the lines of a file, and the cells that cannot be read.

    A row whose box is empty says nothing and is left out. Without a column for presence,
    everybody on the list was there. Raises FileError for a file that is no list.
    """
    words = frozenset(plain(word) for several in HEADERS.values() for word in several)
    table = read_table(file_bytes(path), name=path.name, words=words, sheet=sheet)
    columns = _columns(table)
    if not columns.keys() & {"number", "name"}:
        raise FileError(
            "no column says who it is about",
            where=f"{path.name}, row {table.header_row}",
            remedy="Put 'nummer', or 'naam' and 'organisatie', above the columns",
        )
    lines: list[Line] = []
    problems: list[InputError] = []
    for row in table.rows:
        try:
            line = _line(row, columns, where=f"{path.name}, row {row.number}")
        except InputError as error:
            problems.append(error)
            continue
        if line is not None:
            lines.append(line)
    return lines, problems


def settled(
    guests: Sequence[Guest], lines: Sequence[Line]
) -> tuple[dict[int, bool], list[InputError]]:
    """Return who was there by registration id, and what is wrong with the other lines."""
    by_number = {guest.registration_id: guest for guest in guests}
    marks: dict[int, bool] = {}
    problems: list[InputError] = []
    for line in lines:
        try:
            registration_id = _meant(line, by_number, guests)
            if marks.get(registration_id, line.present) != line.present:
                raise InputError(
                    f"{by_number[registration_id].name} was there on one line, not on another",
                    where=line.where,
                    remedy="Keep one of the two",
                )
        except InputError as error:
            problems.append(error)
            continue
        marks[registration_id] = line.present
    return marks, problems


def same_people(guests: Sequence[Guest], name: str, organisation: str) -> list[Guest]:
    """Return who has this name, in whatever order and spelling, and this organisation if given.

    Where one of them comes and another does not, it is the one who comes.
    """
    wanted = _words(name)
    found = [guest for guest in guests if wanted and _words(guest.name) == wanted]
    if organisation.strip():
        key = organisation_slug(organisation)
        found = [guest for guest in found if organisation_slug(guest.organisation) == key]
    return [guest for guest in found if guest.comes] or found


def _meant(line: Line, by_number: dict[int | None, Guest], guests: Sequence[Guest]) -> int:
    if line.number is None:
        return _by_name(line, guests)
    guest = by_number.get(line.number)
    if guest is None:
        raise InputError(
            f"there is no registration {line.number} of this event",
            where=line.where,
            remedy="Take the number from: lists presence",
        )
    if line.name and guest.name and _words(line.name) != _words(guest.name):
        raise InputError(
            f"number {line.number} is {guest.name}, not {line.name}",
            where=line.where,
            remedy="Correct the number, or leave it out",
        )
    return line.number


def _by_name(line: Line, guests: Sequence[Guest]) -> int:
    found = same_people(guests, line.name, line.organisation)
    if len(found) == 1 and found[0].registration_id is not None:
        return found[0].registration_id
    who = f"{line.name} ({line.organisation})" if line.organisation else line.name
    if found:
        choices = "; ".join(
            f"{one.registration_id}: {one.name}, {one.organisation or one.function}"
            for one in found
        )
        raise InputError(
            f"{who} may be {len(found)} people",
            where=line.where,
            remedy=f"Put the number before the name: {choices}",
        )
    elsewhere = same_people(guests, line.name, "")
    hint = "If they walked in: attendance walk-in"
    if elsewhere:
        known = "; ".join(f"{one.registration_id}, {one.organisation}" for one in elsewhere)
        hint = f"There is one of that name elsewhere ({known}); give that number if it is the same"
    raise InputError(f"{who} is not on the list", where=line.where, remedy=hint)


def _words(name: str) -> list[str]:
    """Return the words of a name in a fixed order: "Berg, Anna van der" is "Anna van der Berg"."""
    return sorted(folded_name(name).split())


def _columns(table: Table) -> dict[str, int]:
    known = {plain(word): key for key, several in HEADERS.items() for word in several}
    found: dict[str, int] = {}
    for position, title in enumerate(table.titles):
        if (key := known.get(plain(title))) is not None:
            found.setdefault(key, position)
    return found


def _line(row: TableRow, columns: dict[str, int], *, where: str) -> Line | None:
    def cell(key: str) -> str:
        return row.cells[columns[key]].strip() if key in columns else ""

    present = True
    if "present" in columns:
        said = cell("present").casefold()
        if not said:
            return None
        if said not in YES | NO:
            raise InputError(
                f"'{cell('present')}' is neither yes nor no",
                where=where,
                remedy="Write ja or nee, or leave it empty",
            )
        present = said in YES
    number = cell("number")
    if not number and not cell("name"):
        return None
    return Line(
        number=_number(number, where) if number else None,
        name=cell("name"),
        organisation=cell("organisation"),
        present=present,
        where=where,
    )


def _number(text: str, where: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InputError(
            f"'{text}' is no number of a registration",
            where=where,
            remedy="Take it from: lists presence",
        )
    return int(text)
