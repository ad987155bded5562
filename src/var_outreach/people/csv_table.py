"""A CSV file as records of cells, and back, safe for spreadsheets.

*Reads*: bytes of a file somebody gave. *Writes*: nothing. *Next*: ``table.py`` finds the header;
others write tables through ``written``.

What staff have: semicolons, commas or tabs, UTF-8 with or without a mark, the cp1252 of an older
Excel. A cell that a spreadsheet would run as a formula gets an apostrophe in front, which reading
takes away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence, Set

from var_outreach.errors import FileError

_DELIMITERS = (";", ",", "\t")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r\n]")
_FOREIGN = {
    b"PK\x03\x04": "a zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one with a password",
    b"%PDF": "a PDF file",
    b"\xff\xfe": "a file in UTF-16",
    b"\xfe\xff": "a file in UTF-16",
}
_SAVE_AS = "Save the list in Excel as .xlsx or as 'CSV UTF-8'"


def defused(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet runs it as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def undefused(cell: str) -> str:
    """Return what ``defused`` was given."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def plain(title: str) -> str:
    """Return a column's title without case, spaces and punctuation."""
    return "".join(c for c in title.casefold() if c.isalnum())


def csv_records(data: bytes, *, name: str, words: Set[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with their numbers.

    ``words`` are the plain titles that a header may hold: the separator is the one that finds
    most of them. Raises FileError, with the row, for what is no CSV.
    """
    text = _decoded(data, name)
    delimiter = _delimiter(text, words)
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


def _delimiter(text: str, words: Set[str]) -> str:
    """Return the separator under which the first lines hold most titles, else most cells."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:10]

    def known(delimiter: str) -> tuple[int, int]:
        cells = [[plain(cell) for cell in line.split(delimiter)] for line in lines]
        return (
            max((sum(cell in words for cell in row) for row in cells), default=0),
            len(cells[0]) if cells else 0,
        )

    return max(_DELIMITERS, key=known)
