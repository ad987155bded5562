"""Lists as a workbook for Excel: one tab a table, no formulas, no macros.

*Reads*: a ``Sheet``. *Writes*: nothing; returns the bytes of an .xlsx file. *Next*: the command
line writes them to a file.

The only file of this stage that knows openpyxl. Every text is written as text: a name that begins
with "=", "+", "-" or "@" is shown, never run.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from var_outreach.reporting.sheet import Cell, Section, Sheet

WIDEST = 60
"""Characters that a column shows at most before it wraps."""
TAB_LENGTH = 31
"""Excel takes no longer names of tabs."""
_NOT_IN_TAB = re.compile(r"[\\[\]:*?/']")
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)


def sheet_as_xlsx(sheet: Sheet, *, network: str) -> bytes:
    """Return ``sheet`` as a workbook; the same data at the same moment gives the same bytes."""
    book = Workbook(write_only=True)
    book.properties.creator = network
    book.properties.title = f"{sheet.title}: {sheet.heading.event_title}"
    book.properties.language = "nl-NL"
    made_at = sheet.heading.made_at.replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = made_at
    taken: set[str] = set()
    for section in sheet.sections or (Section(sheet.title, (), ()),):
        _tab(book, section, taken)
    _about(book, sheet, taken)
    buffer = io.BytesIO()
    book.save(buffer)
    return _same_every_time(buffer.getvalue(), made_at)


def _tab(book: Workbook, section: Section, taken: set[str]) -> None:
    """Add the tab of one table: its header stays in view, its columns are wide enough."""
    tab = book.create_sheet(_tab_name(section.caption, taken))
    tab.freeze_panes = "A2"
    tab.print_title_rows = "1:1"
    tab.page_setup.orientation = "landscape" if len(section.columns) > 4 else "portrait"
    tab.page_setup.paperSize = 9  # A4
    tab.page_setup.fitToHeight = 0
    tab.sheet_properties.pageSetUpPr.fitToPage = True
    for number, column in enumerate(section.columns):
        lines = [line for row in section.rows for line in str(row[number]).split("\n")]
        longest = max((len(line) for line in lines), default=0)
        width = min(max(longest, len(column.title)) + 3, WIDEST)
        tab.column_dimensions[get_column_letter(number + 1)].width = width
    tab.append([_cell(tab, column.title, header=True) for column in section.columns])
    for row in section.rows:
        tab.append([_cell(tab, value) for value in row])


def _about(book: Workbook, sheet: Sheet, taken: set[str]) -> None:
    """Add a last tab that says what this is and when it was made."""
    tab = book.create_sheet(_tab_name("Over deze lijst", taken))
    tab.column_dimensions["A"].width = 14
    tab.column_dimensions["B"].width = WIDEST
    lines: Sequence[tuple[str, str]] = (
        ("Lijst", sheet.title),
        ("Bijeenkomst", sheet.heading.event_title),
        ("Wanneer", sheet.heading.when),
        ("Waar", sheet.heading.where),
        ("Gemaakt op", sheet.heading.printed),
        *(("", remark) for remark in sheet.remarks),
    )
    for label, text in lines:
        tab.append([_cell(tab, label, header=True), _cell(tab, text)])


def _cell(tab: WriteOnlyWorksheet, value: Cell, *, header: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(tab)
    if isinstance(value, int):
        cell.value = value
    else:
        cell.value = _NOT_IN_XML.sub("", value)
        # openpyxl takes a text that begins with "=" for a formula; here nothing ever is one.
        cell.data_type = TYPE_STRING
        cell.quotePrefix = value[:1] in {"=", "+", "-", "@"}
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if header:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="ECF0F4")
    return cell


def _tab_name(caption: str, taken: set[str]) -> str:
    """Return ``caption`` as a tab may be called, and no two alike."""
    shown = _NOT_IN_XML.sub("", caption)
    plain = " ".join(_NOT_IN_TAB.sub(" ", shown).split())[:TAB_LENGTH].strip() or "Lijst"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        tail = f" {number}"
        name = f"{plain[: TAB_LENGTH - len(tail)]}{tail}"
    taken.add(name.casefold())
    return name


def _same_every_time(data: bytes, made_at: datetime) -> bytes:
    """Return the workbook with the moments that the library put in replaced by ``made_at``."""
    buffer = io.BytesIO()
    stamp = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"(?<=>)\d{4}-\d\d-\d\dT[\d:]+Z(?=<)", stamp, content)
            new.writestr(zipfile.ZipInfo(entry.filename, _FIRST_MOMENT), content)
    return buffer.getvalue()
