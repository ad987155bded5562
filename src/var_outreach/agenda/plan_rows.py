"""The rows of an agenda block, joined where one entry runs over lines, as raw entries.

*Reads*: a ``Block``. *Writes*: nothing. *Next*: ``plan_years`` dates the raw entries. A row that
belongs to no entry becomes a ``Problem``; none is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from var_outreach.agenda.dutch_dates import YEAR, find_dates
from var_outreach.agenda.entries import Problem
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.places import is_place, take_last_column
from var_outreach.agenda.plan_block import Block
from var_outreach.agenda.plan_entry import RawEntry, broken_date, take_apart
from var_outreach.agenda.plan_lines import Line, words_of
from var_outreach.agenda.plan_sorts import Sort, Sorted, continues, is_long_title

_BARE_DAY = re.compile(
    r"^(?P<wd>(?:ma|di|wo|do|vr|za|zo)[a-z]*\.?\s+)?(?P<d>\d{1,2})(?=[\s:–-])(?P<rest>.*)$"
)


@dataclass(slots=True)
class Draft:
    """An entry that may still grow: the lines it stands on, and what headings say of it."""

    line: Line
    text: str
    last: Line
    group: str | None = None
    year: int | None = None
    year_line: int | None = None
    columns: bool = False
    place: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def parts(self) -> RawEntry:
        """The joined text, taken apart."""
        parts = take_apart(self.line.number, self.text, self.last.raw if self.columns else "")
        return replace(parts, place=parts.place or self.place) if self.place else parts

    def waits(self) -> bool:
        """Return whether there is a date but no title yet."""
        parts = self.parts
        return bool(parts.dates or parts.vague) and not parts.title

    def join(self, line: Line) -> None:
        """Add ``line`` to the entry; a place in the last column stays out of the middle."""
        columns = re.split(r"\s{2,}", self.last.raw.strip())
        place = take_last_column(columns) if self.columns else None
        shorter = self.text[: -len(columns[-1])].rstrip() if place else self.text
        if place and self.text.endswith(columns[-1]) and re.search(r"[a-zà-ÿ)]$", shorter):
            self.text, self.place = shorter, place
        self.text = join_texts(self.text, line.text, glued=self.last.glued)
        self.last = line


def join_texts(before: str, after: str, *, glued: bool = False) -> str:
    """Return two wrapped pieces as one text; a hyphen that only broke a word goes."""
    if glued:
        return before + after
    word = re.search(r"[a-zà-ÿ]-$", before)
    if word and after[:1].islower() and not re.match(r"(?:en|of|and|or)\b", after):
        return before[:-1] + after
    comma = (
        is_place(after)
        and re.search(r"[\w)]$", before)
        and not re.search(r"\b(?:en|in|te|of)$", before)
    )
    return f"{before}, {after}" if comma else f"{before} {after}"


class RowReader:
    """Turns the rows of one block into drafts and problems, in one pass."""

    def __init__(self, block: Block, kinds: KindTable) -> None:
        self.kinds = kinds
        self.rows = [row for row in block.rows if row.sort is not Sort.SKIP]
        self.left = block.left
        skipped = [row.line.text.casefold() for row in block.rows if row.sort is Sort.SKIP]
        self.columns = any(re.search(r"\b(?:locatie|plaats|waar)\b", text) for text in skipped)
        self.drafts: list[Draft] = []
        self.problems: list[Problem] = []
        self.group: str | None = None
        self.month: Line | None = None
        self.month_fresh = False
        self.year, self.year_line = block.year, block.head.number if block.head else None
        self.open = False  # whether the last row belongs to the last draft
        dated = [row for row in self.rows if row.sort is Sort.DATED]
        bare = [row for row in dated if not take_apart(1, row.line.text).title]
        self.stacked = len(bare) * 2 > len(dated) > 0
        self.title_first = self.stacked and self._begins_with_title()

    def read(self) -> tuple[list[Draft], list[Problem]]:
        """Return the drafts and the rows that belong to none."""
        for index, row in enumerate(self.rows):
            after = self.rows[index + 1] if index + 1 < len(self.rows) else None
            match row.sort:
                case Sort.YEAR:
                    self._year(row)
                case Sort.MONTH:
                    self.month, self.month_fresh, self.open = row.line, True, False
                case Sort.DATED:
                    self._dated(row)
                case Sort.VAGUE:
                    self._vague(row)
                case Sort.BROKEN:
                    piece = broken_date(row.line.text) or row.line.text
                    self._problem(row.line, f"'{piece}' is geen datum")
                case Sort.PROSE:
                    self._prose(row)
                case _:
                    self._loose(row, after)
        for line in self.left:
            self._problem(line, "er staat geen datum op deze regel")
        return self.drafts, self.problems

    def _begins_with_title(self) -> bool:
        sorts = [row.sort for row in self.rows]
        first, last = sorts[0], sorts[-1]
        return (
            first is Sort.LOOSE
            and last is Sort.DATED
            and bool(self.kinds.recognise(self.rows[0].line.text))
        )

    def _start(self, line: Line, text: str) -> Draft:
        draft = Draft(line, text, line, self.group, self.year, self.year_line, columns=self.columns)
        self.drafts.append(draft)
        self.open, self.month_fresh = True, False
        return draft

    def _problem(self, line: Line, why: str) -> None:
        self.problems.append(Problem(line.number, line.text, why))
        self.open = False

    def _year(self, row: Sorted) -> None:
        if self.open and self.drafts[-1].waits():
            self.drafts[-1].join(row.line)
            return
        self.year, self.year_line = int(row.line.text), row.line.number
        self.open = False

    def _dated(self, row: Sorted) -> None:
        found = find_dates(row.line.text)
        aside = found[0].start > 0 and re.match(r"\(|[a-z]+ (?:van|naar)\b", row.line.text)
        if self.open and aside and not self.kinds.recognise(row.line.text):
            self.drafts[-1].join(row.line)
            return
        self._start(row.line, row.line.text)

    def _vague(self, row: Sorted) -> None:
        if self.open and not self.kinds.recognise(row.line.text):
            draft = self.drafts[-1]
            if draft.waits() or continues(draft.last, row.line, self.kinds):
                draft.join(row.line)
                return
        self._start(row.line, row.line.text)

    def _prose(self, row: Sorted) -> None:
        if self.open and is_long_title(self.drafts[-1].text, row.line, self.kinds):
            self.drafts[-1].join(row.line)
        elif self.drafts:
            self._problem(row.line, "een zin tussen de regels van de agenda, zonder datum vooraan")

    def _loose(self, row: Sorted, after: Sorted | None) -> None:
        line, named = row.line, self.kinds.recognise(row.line.text)
        day = _BARE_DAY.match(line.text)
        if self.month is not None and day:
            draft = self._start(
                line, f"{day['wd'] or ''}{day['d']} {self.month.text} {day['rest']}"
            )
            draft.notes.append(f"De maand komt van het kopje op regel {self.month.number}.")
        elif self.month is not None and self.month_fresh:
            self._start(line, f"{self.month.text} {line.text}")
        elif self.title_first and named:
            self.group = line.text
        elif self.open and self._belongs(self.drafts[-1], line):
            self.drafts[-1].join(line)
        elif named and self._is_subheading(line, after):
            self.group, self.open = line.text, False
        elif self.drafts or (len(words_of(line.text)) > 2 and not line.text.endswith(":")):
            self._problem(line, "er staat geen datum op deze regel")

    def _belongs(self, draft: Draft, line: Line) -> bool:
        if draft.waits() or continues(draft.last, line, self.kinds):
            return True
        if is_place(line.text) or (self.stacked and not self.kinds.recognise(line.text)):
            return True
        column = draft.line.raw.find(draft.parts.title[:6])
        in_column = column >= 12 and abs(line.indent - column) <= 2
        return in_column and not self.kinds.recognise(line.text)

    def _is_subheading(self, line: Line, after: Sorted | None) -> bool:
        if after is None or after.sort is not Sort.DATED or len(words_of(line.text)) > 3:
            return False
        title = take_apart(1, after.line.text).title
        return not self.kinds.recognise(title)


def raw_entries(
    blocks: Iterable[Block], kinds: KindTable
) -> tuple[list[tuple[RawEntry, Draft]], list[Problem]]:
    """Return the raw entries of all blocks with the drafts they come from, and the problems."""
    entries: list[tuple[RawEntry, Draft]] = []
    problems: list[Problem] = []
    for block in blocks:
        drafts, unread = RowReader(block, kinds).read()
        problems += unread
        for draft in drafts:
            parts = replace(draft.parts, notes=(*draft.parts.notes, *draft.notes))
            parts = _as_clause(parts, kinds)
            if not parts.title and draft.group:
                name = _singular(draft.group, kinds)
                note = f"De titel komt van het kopje '{draft.group}'."
                notes = parts.notes if name == draft.group else (*parts.notes, note)
                parts = replace(parts, title=name, notes=notes)
            if parts.title:
                entries.append((parts, draft))
            else:
                problems.append(
                    Problem(draft.line.number, draft.text, "er staat een datum, maar geen titel")
                )
    return entries, sorted(problems, key=lambda problem: problem.line)


def _as_clause(parts: RawEntry, kinds: KindTable) -> RawEntry:
    """Shorten a title that is a sentence ("organiseren we een leerhuis.") to what it names."""
    words = kinds.words_in(parts.title)
    sentence = re.match(r"(?:is|vindt|vinden|organiseren|organiseert|houden|wordt|worden|volgt|staat)\b",
                        parts.title)  # fmt: skip
    if not sentence or not words:
        return parts
    title = re.sub(
        r"\s+(?:plaats|georganiseerd|gehouden|gepland)\b.*$", "", parts.title[words[0].start :]
    )
    title = title.strip(" .!")
    note = "De titel komt uit een zin."
    return replace(parts, title=title[:1].upper() + title[1:], notes=(*parts.notes, note))


def _singular(group: str, kinds: KindTable) -> str:
    """Return "Leerhuis" for a heading "Leerhuizen"; other headings stay as they are."""
    name = re.sub(rf"\s*{YEAR}|\s*:\s*$", "", group).strip()
    for kind in kinds:
        if name.casefold() == kind.nl_plural.casefold():
            return kind.nl[:1].upper() + kind.nl[1:]
    return name
