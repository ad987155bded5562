"""Open a list that somebody sent, and remember what its columns hold.

*Reads / Writes*: column mappings. *Next*: ``people``, ``imports`` bring in what the list says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from var_outreach.app import App
from var_outreach.errors import CellError, InputError
from var_outreach.people.bad_rows import write_bad_rows
from var_outreach.people.columns import (
    FIELDS,
    PASSED_OVER,
    Layout,
    guess_columns,
    header_words,
    layout_of,
    remember,
    remembered_layout,
    remembered_mappings,
)
from var_outreach.people.csv_import import rows_refused
from var_outreach.people.import_report import Preview
from var_outreach.people.laposta import title_words
from var_outreach.people.table import Table, file_bytes, read_table
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class ListChoices:
    """How a list is read, and what happens to rows that cannot be taken."""

    sheet: str | None = None
    said: Mapping[str, str] | None = None
    """What staff say of columns: by title, what it holds."""
    good_rows: bool = False
    """Take the good rows although there are bad ones."""
    bad_rows_to: Path | None = None


@dataclass(frozen=True)
class ColumnLine:
    """One column of a list."""

    column: str
    """"E (E-mail)"."""
    holds: str
    """What it holds, in our word; "-" if it is passed over, "?" if that is not clear."""
    example: str


@dataclass(frozen=True)
class ColumnsReport:
    """What the columns of a list hold."""

    file: str
    sheet: str
    other_sheets: tuple[str, ...]
    header_row: int
    columns: tuple[ColumnLine, ...]
    remembered_as: str


def open_table(app: App, path: Path, *, sheet: str | None = None) -> Table:
    """Return the table in ``path``; raises FileError."""
    with app.database.reading() as session:
        words = header_words(remembered_mappings(session)) | title_words()
    return read_table(file_bytes(path), name=path.name, words=words, sheet=sheet)


def open_list(app: App, path: Path, choices: ListChoices) -> Layout:
    """Return the table in ``path`` and what its columns hold; raises FileError."""
    return layout_in(app, open_table(app, path, sheet=choices.sheet), choices)


def layout_in(app: App, table: Table, choices: ListChoices) -> Layout:
    """Return what the columns of ``table`` hold; raises FileError where that is in doubt."""
    with app.database.reading() as session:
        return layout_of(table, remembered_mappings(session), choices.said)


def look_at_columns(
    app: App,
    path: Path,
    *,
    sheet: str | None = None,
    said: Mapping[str, str] | None = None,
    save: str | None = None,
    by: str,
) -> ColumnsReport:
    """Return what the columns of a list hold; with ``save`` remember it under that name.

    Raises FileError, when it is to be remembered, for a column of which that is in doubt.
    """
    table = open_table(app, path, sheet=sheet)
    if save is None:
        with app.database.reading() as session:
            known = None if said else remembered_layout(table, remembered_mappings(session))
        if known is not None:
            return _report(table, known.columns, (), known.name)
        guess = guess_columns(table, said)
        return _report(table, guess.columns, {*guess.unknown, *guess.twice}, "")
    check_person(by)
    if not save.strip():
        raise InputError("the columns need a name", remedy="Give one: --save RIEC")
    guess = guess_columns(table, said)
    with app.database.writing() as session:
        name = save.strip()
        remember(session, table, guess, name=name, by=by, now=app.clock.now())
    return _report(table, guess.columns, (), name)


def _report(
    table: Table, columns: Mapping[str, int], unclear: Collection[int], name: str
) -> ColumnsReport:
    holds = {column: FIELDS[key][0] for key, column in columns.items()}
    lines = tuple(
        ColumnLine(
            table.place(column),
            holds.get(column, "?" if column in unclear else PASSED_OVER),
            next((row.cells[column] for row in table.rows if row.cells[column].strip()), "")[:40],
        )
        for column in range(len(table.titles))
    )
    return ColumnsReport(table.name, table.sheet, table.other_sheets, table.header_row, lines, name)


def refuse_bad(errors: Sequence[CellError], choices: ListChoices, where: str) -> None:
    """Raise RowErrors if there are bad rows and nobody asked for the good ones."""
    if errors and not choices.good_rows:
        raise rows_refused(errors, where=where)


def return_bad_rows(table: Table, report: Preview, choices: ListChoices) -> None:
    """Write the bad rows where they were asked for."""
    if choices.bad_rows_to is not None and report.bad:
        write_bad_rows(table, report.bad, choices.bad_rows_to)
