"""An Excel workbook as records of cells, and back; the only door of ``people`` to openpyxl.

*Reads*: bytes of a workbook somebody gave. *Writes*: nothing. *Next*: ``table.py`` finds the
header; ``bad_rows`` writes rows back.

A workbook is a zip file of XML: before openpyxl sees it, it is checked for what unpacks to
gigabytes and for XML that defines entities. Formulas are never run: their last value counts.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from var_outreach.errors import FileError, OutreachError
from var_outreach.message import without_controls

MAX_UNPACKED = 60_000_000
"""Bytes that a workbook may unpack to; a list of 100,000 people takes about half."""
MAX_PARTS = 2_000
MAX_MERGED = 5_000
LAST_ROW = 1_048_576
WORKBOOK = b"PK\x03\x04"

_DEFINES = tuple(
    word.encode(encoding)
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_SAVE_AGAIN = "Open it in Excel and save it again as .xlsx, or as 'CSV UTF-8'"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    others: tuple[str, ...]
    """The other sheets that are not hidden."""
    records: Iterator[tuple[int, list[str]]]


def xlsx_sheet(data: bytes, *, name: str, sheet: str | None, width: int) -> Sheet:
    """Return sheet ``sheet``, else the first that is not hidden, ``width`` cells a row at most.

    Raises FileError for what is no workbook, is unsafe to unpack or has no such sheet.
    """
    _check_parts(data, name)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of colours and drop-down lists that it leaves out; so do we.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        shown = [one for one in book.worksheets if one.sheet_state == "visible"]
        named = {one.title.casefold().strip(): one for one in book.worksheets}
    except Exception as error:
        raise _damaged(name) from error
    chosen: Any = shown[0] if shown else None
    if sheet is not None:
        chosen = named.get(sheet.casefold().strip())
    if chosen is None:
        titles = ", ".join(f"'{one.title}'" for one in book.worksheets) or "none"
        what = "every sheet is hidden" if sheet is None else f"there is no sheet '{sheet}'"
        raise FileError(what, where=name, remedy=f"Name one with --sheet; there are: {titles}")
    others = tuple(one.title for one in shown if one.title != chosen.title)
    merged = _merged_down(data, str(getattr(chosen, "_worksheet_path", "")))
    return Sheet(chosen.title, others, _records(chosen, merged, name, width))


def written_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet in which every cell is text, so that nothing is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "Blad1")
    for row in (header, *rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=without_controls(text)[:32_767])
            # openpyxl takes what begins with "=" for a formula.
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _records(
    sheet: Any, merged: dict[tuple[int, int], tuple[int, int]], name: str, width: int
) -> Iterator[tuple[int, list[str]]]:
    heads = set(merged.values())
    kept: dict[tuple[int, int], str] = {}
    try:
        # What a sheet says of its own size may be anything; rows tell by themselves.
        sheet.reset_dimensions()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = sheet.iter_rows(values_only=True, max_row=LAST_ROW, max_col=width)
            for number, values in enumerate(rows, 1):
                if values.count(None) == len(values) and not merged:
                    continue
                cells = [_text(value) for value in values]
                for column in range(len(cells) if merged else 0):
                    place = (number, column)
                    if place in heads:
                        kept[place] = cells[column]
                    elif place in merged and not cells[column]:
                        cells[column] = kept.get(merged[place], "")
                yield number, cells
    except OutreachError:
        raise
    except Exception as error:
        raise _damaged(name) from error


def _text(value: object) -> str:
    """Return what a cell holds as text: whole numbers without a point, dates in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nee"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _check_parts(data: bytes, name: str) -> None:
    """Refuse what unpacks too large or defines entities; zipfile never reads past these sizes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
            if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
                raise FileError(
                    f"the workbook unpacks to more than {MAX_UNPACKED // 1_000_000} MB",
                    where=name,
                    remedy="Copy the list alone into a new workbook",
                )
            if "[Content_Types].xml" not in parts.namelist():
                raise FileError("this is a zip file, no workbook", where=name, remedy=_SAVE_AGAIN)
            for info in infos:
                if not info.filename.endswith((".xml", ".rels", ".vml")):
                    continue
                content = parts.read(info)
                if any(word in content for word in _DEFINES):
                    raise FileError(
                        "the workbook holds XML that no spreadsheet writes",
                        where=f"{name}, {info.filename[:80]}",
                        remedy=_SAVE_AGAIN,
                    )
    except OutreachError:
        raise
    except Exception as error:
        # A damaged zip file shows itself in many ways, none of which says more than this.
        raise _damaged(name) from error


def _merged_down(data: bytes, path: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Return, for each cell under a merged one, the cell that holds its value.

    A row is counted from 1, a column from 0. openpyxl does not tell of it while it streams.
    """
    found: dict[tuple[int, int], tuple[int, int]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if path not in parts.namelist():
            return found
        content = parts.read(path)
    for left, top, right, bottom in _MERGED.findall(content):
        first, last = int(top), int(bottom)
        # A title over several columns is no value of those beside it.
        if left != right or last - first > MAX_MERGED or len(found) > 20 * MAX_MERGED:
            continue
        column = _index(left.decode("ascii"))
        found.update({(row, column): (first, column) for row in range(first + 1, last + 1)})
    return found


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _damaged(name: str) -> FileError:
    return FileError("the workbook cannot be read", where=name, remedy=_SAVE_AGAIN)
