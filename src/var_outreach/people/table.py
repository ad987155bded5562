"""A list that somebody sent, whatever its format: titles of columns, and rows of cells under them.

*Reads*: bytes of a CSV file or an Excel workbook. *Writes*: nothing. *Next*: ``columns`` says what
each column holds, ``csv_rows`` makes people of the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from var_outreach.errors import FileError
from var_outreach.people.csv_table import csv_records, plain
from var_outreach.people.xlsx_table import WORKBOOK, xlsx_sheet

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 64
HEADER_WITHIN = 10
"""Filled rows among which the header is looked for: a list may stand under a title."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its number as a spreadsheet shows it, and a cell for each title."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and at least one row under it."""

    name: str
    is_workbook: bool
    sheet: str
    """Of a workbook, the sheet that was read."""
    other_sheets: tuple[str, ...]
    header_row: int
    titles: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def place(self, column: int) -> str:
        """Return how a spreadsheet's user finds a column: "E (E-mail)"; counted from 0."""
        title = self.titles[column].strip()[:40]
        return f"{column_letter(column)} ({title})" if title else column_letter(column)


def column_letter(column: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0: A to Z, AA, AB and on."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def file_bytes(path: Path) -> bytes:
    """Return the content of ``path``; raises FileError if it cannot be read or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_large(path.name)
        return path.read_bytes()
    except OSError as error:
        raise FileError(
            f"the file cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="Check the name and whether you may read it",
        ) from error


def read_table(data: bytes, *, name: str, words: Set[str], sheet: str | None = None) -> Table:
    """Return the table in a CSV file or a workbook; empty rows are passed over.

    ``words`` are the titles, made ``plain``, by which a header is known. ``sheet`` names a sheet
    of a workbook. Raises FileError with row and column at the first thing that makes the file
    unreadable as a table.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    is_workbook = data.startswith(WORKBOOK)
    if is_workbook:
        found = xlsx_sheet(data, name=name, sheet=sheet, width=MAX_COLUMNS + 1)
        title, others, records = found.title, found.others, found.records
    elif sheet is not None:
        raise FileError("a CSV file has no sheets", where=name, remedy="Leave --sheet out")
    else:
        title, others, records = "", (), csv_records(data, name=name, words=words)
    filled = _filled(records, name)
    at = _header_at(filled, words)
    header_row, titles = filled[at]
    while titles and not titles[-1].strip():
        titles = titles[:-1]
    if len(titles) > MAX_COLUMNS:
        raise FileError(
            f"there are more than {MAX_COLUMNS} columns",
            where=f"{name}, row {header_row}",
            remedy="Take some out",
        )
    rows = [
        TableRow(number, _fitted(cells, len(titles), is_workbook, where=f"{name}, row {number}"))
        for number, cells in filled[at + 1 :]
    ]
    if not rows:
        raise _no_rows(name, header_row, titles, words, title, others)
    return Table(name, is_workbook, title, others, header_row, tuple(titles), tuple(rows))


def _no_rows(
    name: str,
    header_row: int,
    titles: Sequence[str],
    words: Set[str],
    sheet: str,
    others: Sequence[str],
) -> FileError:
    if not any(plain(title) in words for title in titles):
        return FileError(
            "the first row does not name the columns",
            where=f"{name}, row {header_row}",
            remedy="Put a title above each column, such as 'naam' and 'e-mail'",
        )
    return FileError(
        "the file has no rows under its header",
        where=f"{name}, sheet '{sheet}'" if others else name,
        remedy=f"Name another with --sheet: {', '.join(others)}"
        if others
        else "Put each person or office on a row of its own",
    )


def _filled(
    records: Iterable[tuple[int, Sequence[str]]], name: str
) -> list[tuple[int, Sequence[str]]]:
    found: list[tuple[int, Sequence[str]]] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(found) > MAX_ROWS:
            raise FileError(
                f"the file has more than {MAX_ROWS} rows", where=name, remedy="Split it"
            )
        found.append((number, cells))
    if not found:
        raise FileError(
            "the file is empty", where=name, remedy="Check that it is the right file and sheet"
        )
    return found


def _header_at(filled: Sequence[tuple[int, Sequence[str]]], words: Set[str]) -> int:
    """Return which row holds the titles: the first with two of ``words``, else with one."""
    for least in (2, 1):
        for index, (_, cells) in enumerate(filled[:HEADER_WITHIN]):
            if sum(plain(cell) in words for cell in cells if cell.strip()) >= least:
                return index
    return 0


def _fitted(cells: Sequence[str], width: int, is_workbook: bool, *, where: str) -> tuple[str, ...]:
    if len(cells) < width and not is_workbook:
        raise FileError(
            f"the row has {len(cells)} of {width} columns",
            where=f"{where}, column {column_letter(max(len(cells) - 1, 0))}",
            remedy="Complete the row; the file may be cut off here",
        )
    for position, cell in enumerate(cells[width:], width):
        if cell.strip():
            raise FileError(
                f"the row has more cells than the {width} columns of the header",
                where=f"{where}, column {column_letter(position)}",
                remedy="Put a title above the column"
                if is_workbook
                else "Put quotation marks around a cell that holds the separator",
            )
    return tuple(cells[:width]) + ("",) * (width - len(cells))


def _too_large(name: str) -> FileError:
    return FileError(
        f"the file is larger than {MAX_BYTES // 1_000_000} MB", where=name, remedy="Split it"
    )
