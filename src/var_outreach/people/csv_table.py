"""A CSV file as rows of named cells, and back, safe for spreadsheets.

*Reads*: bytes of a file somebody gave. *Writes*: nothing. *Next*: ``csv_rows`` makes people of
the cells; ``csv_files`` writes tables through ``written``.

What staff have: semicolons or commas, UTF-8 with or without a mark, the cp1252 of an older Excel.
A cell that a spreadsheet would run as a formula gets an apostrophe in front, which reading takes
away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from var_outreach.errors import FileError

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 64

_DELIMITERS = (";", ",", "\t")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r\n]")
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
    b"\xff\xfe": "a file in UTF-16",
    b"\xfe\xff": "a file in UTF-16",
}
_SAVE_AS = "Save the list in Excel as 'CSV UTF-8'"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its number as a spreadsheet shows it, and its cells by column key."""

    number: int
    cells: Mapping[str, str]


def defused(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet runs it as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def undefused(cell: str) -> str:
    """Return what ``defused`` was given."""
    return cell[1:] if _DEFUSED.match(cell) else cell


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


def read_table(
    data: bytes, headers: Mapping[str, Sequence[str]], *, name: str
) -> tuple[TableRow, ...]:
    """Return the rows of a CSV file; empty rows are passed over.

    ``headers`` gives, for each column key, the words that may stand above it; case, spaces and
    punctuation do not count. Raises FileError with row and column at the first thing that makes
    the file unreadable as a table.
    """
    text = _decoded(data, name)
    spellings = {_plain(word): key for key, words in headers.items() for word in words}
    records = _records(text, _delimiter(text, spellings), name)
    columns: list[str] = []
    rows: list[TableRow] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _columns(cells, spellings, headers, where=f"{name}, row {number}")
            continue
        if len(rows) == MAX_ROWS:
            raise FileError(
                f"the file has more than {MAX_ROWS} rows", where=name, remedy="Split it"
            )
        rows.append(TableRow(number, _cells(cells, columns, where=f"{name}, row {number}")))
    if not rows:
        raise FileError(
            "the file has no rows under its header",
            where=name,
            remedy="Put each person or office on a row of its own",
        )
    return tuple(rows)


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV text with semicolons, every cell defused.

    Save it as ``utf-8-sig``, so that Excel reads the accents.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
    return buffer.getvalue()


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    if not data.strip():
        raise FileError("the file is empty", where=name, remedy=_SAVE_AS)
    for start, what in _FOREIGN.items():
        if data.startswith(start):
            raise FileError(f"this is {what}, not CSV", where=name, remedy=_SAVE_AS)
    nul = data.find(b"\0")
    if nul >= 0:
        row = data.count(b"\n", 0, nul) + 1
        column = nul - (data.rfind(b"\n", 0, nul) + 1) + 1
        raise FileError(
            "the file holds a NUL byte; it is damaged or not text",
            where=f"{name}, row {row}, character {column}",
            remedy=_SAVE_AS,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            "the file is neither UTF-8 nor Windows text",
            where=f"{name}, row {row}",
            remedy=_SAVE_AS,
        ) from error


def _delimiter(text: str, spellings: Mapping[str, str]) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(delimiter: str) -> int:
        return sum(_plain(cell) in spellings for cell in first.split(delimiter))

    return max(_DELIMITERS, key=known)


def _records(text: str, delimiter: str, name: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileError(
                f"the file is not well-formed CSV: {error}",
                where=f"{name}, row {number + 1}",
                remedy="Check the quotation marks on this row; the file may be cut off",
            ) from error
        number += 1
        yield number, cells


def _columns(
    cells: Sequence[str],
    spellings: Mapping[str, str],
    headers: Mapping[str, Sequence[str]],
    *,
    where: str,
) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    names = [words[0] for words in headers.values()]
    if not any(_plain(cell) in spellings for cell in cells):
        raise FileError(
            "the first row does not name the columns",
            where=where,
            remedy=f"Put these above the columns: {', '.join(names)}",
        )
    if len(cells) > MAX_COLUMNS:
        raise FileError(
            f"there are more than {MAX_COLUMNS} columns", where=where, remedy="Take some out"
        )
    found: list[str] = []
    for position, cell in enumerate(cells, 1):
        key = spellings.get(_plain(cell))
        here = f"{where}, column {position}"
        if key is None:
            near = get_close_matches(_plain(cell), spellings, n=1)
            hint = f"Did you mean '{headers[spellings[near[0]]][0]}'?" if near else ""
            raise FileError(
                f"the column {cell[:40]!r} is not known",
                where=here,
                remedy=hint or f"Take it out, or use one of: {', '.join(names)}",
            )
        if key in found:
            raise FileError(
                f"the column '{headers[key][0]}' stands there twice",
                where=here,
                remedy="Take one of the two out",
            )
        found.append(key)
    return found


def _cells(cells: Sequence[str], columns: Sequence[str], *, where: str) -> dict[str, str]:
    if len(cells) < len(columns):
        raise FileError(
            f"the row has {len(cells)} of {len(columns)} columns",
            where=f"{where}, column {len(cells)}",
            remedy="Complete the row; the file may be cut off here",
        )
    for position, cell in enumerate(cells[len(columns) :], len(columns) + 1):
        if cell.strip():
            raise FileError(
                f"the row has more cells than the {len(columns)} columns of the header",
                where=f"{where}, column {position}",
                remedy="Put quotation marks around a cell that holds the separator",
            )
    return {key: undefused(cell) for key, cell in zip(columns, cells, strict=False)}


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _too_large(name: str) -> FileError:
    return FileError(
        f"the file is larger than {MAX_BYTES // 1_000_000} MB", where=name, remedy="Split it"
    )
