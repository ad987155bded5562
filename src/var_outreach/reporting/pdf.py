"""Lists on paper: tables with a header on each page, name badges as cards on A4.

*Reads*: a ``Sheet`` or the badges. *Writes*: nothing; returns the bytes of a PDF. *Next*: the
command line writes them to a file.

The only file that knows fpdf2, beside ``pdf_structure``. The same data at the same moment gives
the same bytes: the date inside is the sheet's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, WrapMode, XPos, YPos
from fpdf.prefs import ViewerPreferences

from var_outreach.reporting.badges import Badge, workshop_words
from var_outreach.reporting.letters import BOLD, write_letters
from var_outreach.reporting.pdf_structure import HEADER_OF_COLUMN, Structure
from var_outreach.reporting.sheet import Cell, Column, Heading, Section, Sheet

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FONT = "SourceSans"
MARGIN = 15.0
"""Around a page of a list, in mm."""
LINE = 4.6
"""The height of a line of a table, in mm, and of its letters, in points."""
LETTERS = 9.5
PAD = 1.2
"""Above, below and beside the text of a cell, in mm."""
INK, GREY, RULE, BAND = (20, 20, 20), (90, 90, 90), (190, 190, 190), (236, 240, 244)

CARD_WIDTH, CARD_HEIGHT = 85.0, 55.0
"""A badge in mm; two beside each other and five below each other on A4."""
ACROSS, DOWN = 2, 5
CARD_PAD = 5.0
NAME_SIZES = (26, 24, 22, 20, 18, 16, 14, 13, 12, 11, 10, 9, 8)
"""Points in which a name is tried, the largest first."""
NAME_LINES = 2
_FIXED_WORDS = "Pagina van gemaakt op Er komt nog niemand"
"""What is drawn besides the data, so that the letters are there."""
UNDER_SIZES = (12, 11, 10, 9, 8, 7)
SMALL_SIZES = (8.5, 8, 7.5, 7, 6.5, 6)


def sheet_as_pdf(sheet: Sheet, *, network: str) -> bytes:
    """Return ``sheet`` as A4, upright up to four columns and lying beyond."""
    columns = max((len(section.columns) for section in sheet.sections), default=1)
    with TemporaryDirectory(prefix="var-outreach-letters-") as folder:
        letters = write_letters(Path(folder), _words(sheet))
        paper = _Paper(sheet.title, sheet.heading, network, letters, lying=columns > 4)
        paper.add_page()
        paper.title_block(sheet)
        for section in sheet.sections:
            paper.section(section)
        return bytes(paper.output())


def badges_as_pdf(badges: Sequence[Badge], heading: Heading, *, network: str) -> bytes:
    """Return the badges as cards of 85 by 55 mm, ten on a page, with lines to cut along."""
    with TemporaryDirectory(prefix="var-outreach-letters-") as folder:
        letters = write_letters(Path(folder), _words(heading, *badges))
        paper = _Cards("Badges", heading, network, letters)
        for number, badge in enumerate(badges):
            place = number % (ACROSS * DOWN)
            if place == 0:
                paper.add_page()
            paper.card(badge, place % ACROSS, place // ACROSS)
        if not badges:
            paper.add_page()
            paper.nobody()
        return bytes(paper.output())


def _words(*data: DataclassInstance) -> str:
    """Return every character that will be drawn, and then some."""
    facts = [asdict(one) for one in data]
    return json.dumps(facts, default=str, ensure_ascii=False) + _FIXED_WORDS


class _Document(FPDF):
    """What all our PDFs have: the letters, the language, a title, a fixed date."""

    def __init__(
        self,
        title: str,
        heading: Heading,
        network: str,
        letters: Mapping[str, Path],
        *,
        lying: bool = False,
    ) -> None:
        super().__init__(orientation="landscape" if lying else "portrait", format="A4")
        self.heading = heading
        self.network = network
        self.structure = Structure(self)
        for style, file in letters.items():
            self.add_font(FONT, "B" if style == BOLD else "", file)
        self.set_font(FONT, "", LETTERS)
        self.set_lang("nl-NL")
        self.set_title(f"{title}: {heading.event_title}")
        self.set_author(network)
        self.set_creator("VAR Outreach")
        self.set_creation_date(heading.made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_text_color(*INK)

    def line_of(self, text: str, *, width: float, height: float, align: Align = Align.L) -> None:
        """Draw one line of text at the present place and go to the next line below it."""
        left = self.x
        self.cell(width, height, text, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.x = left


class _Paper(_Document):
    """A list: a heading, then tables that run over as many pages as they need."""

    def __init__(
        self,
        title: str,
        heading: Heading,
        network: str,
        letters: Mapping[str, Path],
        *,
        lying: bool,
    ) -> None:
        super().__init__(title, heading, network, letters, lying=lying)
        self.list_title = title
        self.set_margin(MARGIN)
        self.set_auto_page_break(False)
        self.alias_nb_pages("{pages}")

    def footer(self) -> None:
        """Draw date and page number at the foot of every page."""
        with self.structure.artifact():
            self.set_font(FONT, "", 8)
            self.set_text_color(*GREY)
            self.set_xy(MARGIN, self.h - MARGIN + 3)
            printed = f"{self.list_title}, gemaakt op {self.heading.printed}"
            self.cell(self.epw / 2, 4, printed)
            page = f"Pagina {self.page_no()} van {{pages}}"
            self.cell(self.epw / 2, 4, page, align=Align.R)
            self.set_text_color(*INK)
            self.set_font(FONT, "", LETTERS)

    def title_block(self, sheet: Sheet) -> None:
        """Draw what the list is and what it is about."""
        self.set_font(FONT, "B", 18)
        with self.structure.content("H1"):
            self.multi_cell(self.epw, 8, sheet.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(FONT, "B", 12)
        with self.structure.content("P"):
            title = sheet.heading.event_title
            self.multi_cell(self.epw, 6, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(FONT, "", 10)
        for words in (sheet.heading.when, sheet.heading.where, *sheet.remarks):
            if words:
                with self.structure.content("P"):
                    self.multi_cell(self.epw, 5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)

    def section(self, section: Section) -> None:
        """Draw one table with its caption; the header stands on every page."""
        self._room_for(18)
        self.ln(3)
        self.start_section(section.caption)
        self.set_font(FONT, "B", 11.5)
        with self.structure.content("H2"):
            self.multi_cell(self.epw, 6, section.caption, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)
        if not section.rows:
            self.set_font(FONT, "", LETTERS)
            with self.structure.content("P"):
                self.line_of(section.empty, width=self.epw, height=LINE)
            return
        widths = self._widths(section.columns)
        with self.structure.inside("Table"):
            self._header(section.columns, widths, first=True)
            for row in section.rows:
                self._row(section.columns, widths, row)

    def _widths(self, columns: Sequence[Column]) -> list[float]:
        whole = sum(column.share for column in columns)
        return [self.epw * column.share / whole for column in columns]

    def _header(self, columns: Sequence[Column], widths: list[float], *, first: bool) -> None:
        self.set_font(FONT, "B", LETTERS)
        cells = self._broken([column.title for column in columns], widths)
        height = _height(cells)
        with self.structure.artifact():
            self.set_fill_color(*BAND)
            self.rect(self.l_margin, self.y, self.epw, height, style="F")
        if first:
            with self.structure.inside("TR"):
                self._cells(columns, widths, cells, kind="TH")
        else:
            self._cells(columns, widths, cells, kind="")
        self._rule(height)
        self.set_font(FONT, "", LETTERS)

    def _row(self, columns: Sequence[Column], widths: list[float], row: Sequence[Cell]) -> None:
        cells = self._broken([str(cell) for cell in row], widths)
        if self._room_for(min(_height(cells), self.h - 3 * MARGIN)):
            self._header(columns, widths, first=False)
        while True:
            # A row that no page can hold goes on on the next one.
            fits = max(1, int((self.h - MARGIN - self.y - 2 * PAD) / LINE))
            part = [cell[:fits] for cell in cells]
            with self.structure.inside("TR"):
                self._cells(columns, widths, part, kind="TD")
            self._rule(_height(part))
            cells = [cell[fits:] for cell in cells]
            if not any(cells):
                return
            self.add_page()
            self._header(columns, widths, first=False)

    def _cells(
        self,
        columns: Sequence[Column],
        widths: list[float],
        cells: list[list[str]],
        *,
        kind: str,
    ) -> None:
        """Draw the cells of a row from the present height; ``kind`` "" for a repeated header."""
        top, left = self.y, self.l_margin
        for column, width, lines in zip(columns, widths, cells, strict=True):
            scope = HEADER_OF_COLUMN if kind == "TH" else None
            structure = self.structure
            with structure.content(kind, attributes=scope) if kind else structure.artifact():
                for number, line in enumerate(lines):
                    self.set_xy(left + PAD, top + PAD + number * LINE)
                    align = Align.R if column.number else Align.L
                    self.cell(width - 2 * PAD, LINE, line, align=align)
            left += width
        self.set_xy(self.l_margin, top)

    def _broken(self, texts: Sequence[str], widths: list[float]) -> list[list[str]]:
        """Return the lines of each cell of a row."""
        cells: list[list[str]] = []
        for text, width in zip(texts, widths, strict=True):
            lines = self.multi_cell(
                width - 2 * PAD,
                LINE,
                text,
                align=Align.L,
                dry_run=True,
                output=MethodReturnValue.LINES,
                wrapmode=self._wrap(text, width),
            )
            assert isinstance(lines, list)
            cells.append(lines)
        return cells

    def _wrap(self, text: str, width: float) -> WrapMode:
        """Break between words, but inside a word that is wider than its column."""
        longest = max((self.get_string_width(word) for word in text.split()), default=0.0)
        return WrapMode.CHAR if longest > width - 2 * PAD - 2 * self.c_margin else WrapMode.WORD

    def _rule(self, height: float) -> None:
        self.set_xy(self.l_margin, self.y + height)
        with self.structure.artifact():
            self.set_draw_color(*RULE)
            self.set_line_width(0.2)
            self.line(self.l_margin, self.y, self.l_margin + self.epw, self.y)

    def _room_for(self, height: float) -> bool:
        """Begin a new page if ``height`` mm does not fit on this one; tell whether it did."""
        if self.y + height <= self.h - MARGIN:
            return False
        self.add_page()
        return True


def _height(cells: Sequence[Sequence[str]]) -> float:
    """Return how high a row of these lines is, in mm."""
    return max(1, *(len(lines) for lines in cells)) * LINE + 2 * PAD


class _Cards(_Document):
    """Name badges, ten on a page."""

    def __init__(
        self, title: str, heading: Heading, network: str, letters: Mapping[str, Path]
    ) -> None:
        super().__init__(title, heading, network, letters)
        self.set_margin(0)
        self.set_auto_page_break(False)
        self.c_margin = 0
        self.left = (self.w - ACROSS * CARD_WIDTH) / 2
        self.top = (self.h - DOWN * CARD_HEIGHT) / 2

    def nobody(self) -> None:
        """Say on an otherwise empty page that there is no badge to make."""
        self.set_xy(self.left, self.top)
        with self.structure.content("P"):
            self.line_of("Er komt nog niemand.", width=CARD_WIDTH, height=LINE)

    def card(self, badge: Badge, column: int, row: int) -> None:
        """Draw one badge: the event above, the name large, the workshops small below."""
        left, top = self.left + column * CARD_WIDTH, self.top + row * CARD_HEIGHT
        width = CARD_WIDTH - 2 * CARD_PAD
        with self.structure.artifact():
            self.set_draw_color(*RULE)
            self.set_line_width(0.1)
            self.rect(left, top, CARD_WIDTH, CARD_HEIGHT)
        with self.structure.inside("Sect"):
            self.set_xy(left + CARD_PAD, top + CARD_PAD - 1)
            self._small(self.heading.event_title, width, most=1, grey=True)
            workshops = [workshop_words(*part) for part in badge.workshops]
            foot = self._foot(workshops, left, top, width)
            self._middle(badge, left + CARD_PAD, self.y, width, foot)

    def _middle(self, badge: Badge, left: float, top: float, width: float, foot: float) -> None:
        """Draw name, function and organisation between ``top`` and ``foot``, centred on height."""
        room = foot - top
        under = [text for text in (badge.function, badge.organisation) if text]
        blocks = [self._fitted(text, width, UNDER_SIZES, 2) for text in under]
        used = sum(len(lines) * size * 0.42 for size, lines in blocks)
        own = room - used - 2
        size, lines = self._fitted(badge.name, width, NAME_SIZES, NAME_LINES, style="B", room=own)
        height = len(lines) * size * 0.4 + used + 1.5
        self.set_xy(left, top + max(0.0, (room - height) / 2))
        self._block("B", size, lines, width, size * 0.4, kind="H1")
        self.set_xy(left, self.y + 1.5)
        for own_size, own_lines in blocks:
            self._block("", own_size, own_lines, width, own_size * 0.42, kind="P")

    def _foot(self, workshops: list[str], left: float, top: float, width: float) -> float:
        """Draw the workshops at the foot of a card; return where they begin."""
        begins = top + CARD_HEIGHT - CARD_PAD + 1.5 - len(workshops) * 3.4
        came_from = self.y
        self.set_xy(left + CARD_PAD, begins)
        for words in workshops:
            self._small(words, width, most=1)
        self.set_xy(left + CARD_PAD, came_from)
        return begins

    def _small(self, text: str, width: float, *, most: int, grey: bool = False) -> None:
        size, lines = self._fitted(text, width, SMALL_SIZES, most)
        if grey:
            self.set_text_color(*GREY)
        self._block("", size, lines, width, 3.4, kind="P")
        self.set_text_color(*INK)

    def _block(
        self, style: str, size: float, lines: list[str], width: float, height: float, *, kind: str
    ) -> None:
        self.set_font(FONT, style, size)
        with self.structure.content(kind):
            for line in lines:
                self.line_of(line, width=width, height=height)

    def _fitted(
        self,
        text: str,
        width: float,
        sizes: Sequence[float],
        most: int,
        *,
        style: str = "",
        room: float | None = None,
    ) -> tuple[float, list[str]]:
        """Return the largest of ``sizes`` in which ``text`` takes ``most`` lines, and the lines.

        Nothing runs out of its card: what does not fit in the smallest either ends in "...".
        """
        for size in sizes:
            self.set_font(FONT, style, size)
            lines = _wrapped(text, self._fits(width))
            if lines is None or len(lines) > most:
                continue
            if room is None or len(lines) * size * 0.4 <= room:
                return size, lines
        return sizes[-1], self._cut(text, width, most)

    def _fits(self, width: float) -> Callable[[str], bool]:
        return lambda words: self.get_string_width(words) <= width

    def _cut(self, text: str, width: float, most: int) -> list[str]:
        """Return ``text`` in ``most`` lines of the present letters, broken anywhere, cut off."""
        lines: list[str] = []
        rest = text
        while rest and len(lines) < most:
            count = len(rest)
            while count > 1 and self.get_string_width(rest[:count].rstrip()) > width:
                count -= 1
            whole = rest.rfind(" ", 1, count) if count < len(rest) and most > 1 else -1
            count = whole if whole > count // 2 else count
            lines.append(rest[:count].strip())
            rest = rest[count:].strip()
        if rest:
            last = lines[-1]
            while last and self.get_string_width(f"{last}...") > width:
                last = last[:-1].rstrip()
            lines[-1] = f"{last}..."
        return lines


def _wrapped(text: str, fits: Callable[[str], bool]) -> list[str] | None:
    """Return ``text`` in lines broken at spaces and after hyphens; None if a word is too long."""
    lines: list[str] = []
    for piece in re.findall(r"[^\s-]+-?|-", text):
        joint = " " if lines and not lines[-1].endswith("-") else ""
        if lines and fits(f"{lines[-1]}{joint}{piece}"):
            lines[-1] += f"{joint}{piece}"
        elif fits(piece):
            lines.append(piece)
        else:
            return None
    return lines
