"""What an import does or would do, row by row: the preview that staff look at.

*Reads / Writes*: nothing. *Next*: ``csv_import`` and ``guests`` fill it, ``cli`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from var_outreach.errors import CellError
from var_outreach.people.table import Table


@dataclass(frozen=True)
class Change:
    """One fact that the file says otherwise than we have it."""

    row: int
    who: str
    field: str
    before: str
    after: str
    taken: bool
    """False: what staff entered stays, unless the import may update."""


@dataclass(frozen=True)
class BadRow:
    """One cell for which a row is not taken."""

    row: int
    where: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class OptedOut:
    """Somebody in the file who does not want all of our mail, or cannot be reached by it."""

    row: int
    who: str
    reason: str
    """unsubscribed, or why the address is suppressed: hard_bounce, complaint, request, erasure."""


@dataclass(frozen=True)
class Twice:
    """A row that says what an earlier row says."""

    row: int
    first: int
    who: str


@dataclass
class Preview:
    """What a file would bring, besides how many rows of each sort."""

    changes: list[Change] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    opted_out: list[OptedOut] = field(default_factory=list)
    twice: list[Twice] = field(default_factory=list)
    mapping: str = ""
    """The remembered columns that the file was read by."""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()

    def note_bad(self, errors: Iterable[CellError]) -> None:
        """Add what is wrong in rows that are not taken."""
        for error in sorted(errors, key=lambda one: one.row):
            self.bad.append(BadRow(error.row, error.where, error.what, error.remedy))

    def note_source(self, table: Table, mapping: str) -> None:
        """Add how the file was read."""
        self.mapping, self.sheet, self.other_sheets = mapping, table.sheet, table.other_sheets

    @property
    def bad_rows(self) -> set[int]:
        """The numbers of the rows that are not taken."""
        return {one.row for one in self.bad}


def shown(value: object) -> str:
    """Return a fact of a person or an office as a preview shows it."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    name = getattr(value, "name", None)
    return str(name if isinstance(name, str) else value)
