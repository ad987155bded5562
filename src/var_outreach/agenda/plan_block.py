"""Where the agenda stands in a plan: from its heading to the prose or heading that ends it.

*Reads*: the lines of the plan. *Writes*: nothing. *Next*: ``plan_rows`` makes raw entries of the
lines of a ``Block``. Blank lines say nothing: a page layout puts them between any two lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from var_outreach.agenda.dutch_dates import find_dates
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.places import is_place
from var_outreach.agenda.plan_lines import (
    LONGEST_ENTRY,
    Line,
    ends_sentence,
    has_verb,
    starts_with_verb,
    words_of,
)
from var_outreach.agenda.plan_sorts import (
    ENTRY_SORTS,
    Sort,
    Sorted,
    agenda_heading,
    continues,
    is_long_title,
    sort_line,
)

# Prose longer than this many lines ends the agenda, whatever follows.
MOST_PROSE = 4
MOST_LOOSE = 6
MOST_SKIPPED = 40

_RUNNING = re.compile(
    r"^(?:VAR\s+|VeiligheidsAlliantie\b.{0,30})?(?:gecombineerd\s+)?(?:jaarverslag|jaarplan)\b.{0,60}$",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"(?:[1-9]|[12]\d|3[01])\s")
_CLOSING = re.compile(r"(?<!\w)(?:agenda|nieuwsbrief|kalender)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one agenda: ``head`` is the line of its heading, or None if it has none.

    ``year`` is the one in the heading; ``strong`` says that the heading is the word agenda.
    ``left`` are lines behind the last entry that nothing can be made of; ``closing`` is the line
    there that was taken for the heading of what comes next. Both are told to staff.
    """

    head: Line | None
    year: int | None
    strong: bool
    rows: tuple[Sorted, ...]
    left: tuple[Line, ...] = ()
    closing: Line | None = None

    @property
    def dated(self) -> int:
        """The number of lines with a day or a vague date."""
        return sum(1 for row in self.rows if row.sort in ENTRY_SORTS)

    def numbers(self) -> set[int]:
        """Return the numbers of the lines of the agenda, its heading included."""
        own = {row.line.number for row in self.rows} | {line.number for line in self.left}
        return own | ({self.head.number} if self.head else set())


def find_blocks(lines: Sequence[Line], kinds: KindTable, plan_year: int | None) -> list[Block]:
    """Return the agenda blocks of the plan in order of the file; empty if there are none.

    Blocks headed "agenda" go before those headed "bijeenkomsten 2026", those before a bare list of
    dated lines; an agenda of another year than ``plan_year`` is left out if there is another one.
    """
    repeated = _repeated(lines)
    blocks: list[Block] = []
    taken = -1
    for index, line in enumerate(lines):
        if index <= taken:
            continue
        heading = agenda_heading(line)
        if heading is None:
            continue
        year, strong, inline = heading
        rest = list(lines[index + 1 :]) if inline is None else [inline, *lines[index + 1 :]]
        block = Block(line, year, strong, *_scan(rest, kinds, repeated))
        if block.dated:
            blocks.append(block)
            last = block.rows[-1].line.number
            taken = max((i for i, other in enumerate(lines) if other.number <= last), default=index)
    right = [b for b in blocks if _is_of_year(b, plan_year)] or blocks
    strong_ones = [block for block in right if block.strong]
    if strong_ones:
        return strong_ones
    if right:
        return [max(right, key=lambda block: block.dated)]
    return _bare_list(lines, kinds, repeated, plan_year)


def _scan(
    lines: Sequence[Line], kinds: KindTable, repeated: frozenset[str]
) -> tuple[tuple[Sorted, ...], tuple[Line, ...], Line | None]:
    """Return the rows of the agenda that begins here, and what a ``Block`` says of its end."""
    rows: list[Sorted] = []
    last_entry = prose = loose = skipped = 0
    open_sentence = False
    section: Line | None = None
    for index, line in enumerate(lines):
        heading = agenda_heading(line)
        if heading is not None and heading[2] is None and (heading[1] or heading[0]):
            break
        sort = _in_context(line, kinds, repeated, rows, open_sentence)
        if sort is Sort.VAGUE and loose and not kinds.recognise(line.text):
            sort = Sort.LOOSE
        if sort is Sort.SECTION and not prose and _BARE_NUMBER.match(line.text):
            # "12 Bezoek haven" may have lost its month; a heading has its text under it.
            has_text = any(
                sort_line(one, kinds) is Sort.PROSE for one in lines[index + 1 : index + 2]
            )
            section, sort = (line, sort) if has_text else (None, Sort.LOOSE)
        if sort is Sort.SECTION or (sort is Sort.VAGUE and prose and last_entry):
            break
        rows.append(Sorted(line, sort))
        if sort in ENTRY_SORTS:
            last_entry, prose, loose, skipped, open_sentence = len(rows), 0, 0, 0, False
        elif sort is Sort.PROSE:
            prose += 1
            open_sentence = not ends_sentence(line.text)
        elif sort is Sort.LOOSE:
            loose += 1
            open_sentence = False
            if prose and last_entry and not kinds.recognise(line.text):
                break
        skipped += sort is Sort.SKIP
        if prose > MOST_PROSE or loose > MOST_LOOSE or skipped > MOST_SKIPPED:
            break
    kept, left, closing = _cut_tail(rows, last_entry, kinds)
    if loose > MOST_LOOSE and left:
        # As many as this are a list of something else, and the first of them is its heading.
        left, closing = [], left[0]
    return tuple(kept), tuple(left), closing or (section if kept else None)


def _in_context(
    line: Line, kinds: KindTable, repeated: frozenset[str], rows: list[Sorted], open_sentence: bool
) -> Sort:
    """Return what ``line`` is, given the rows before it."""
    sort = sort_line(line, kinds)
    text = line.text
    if len(text) > LONGEST_ENTRY:
        return sort
    named = kinds.recognise(text) is not None or is_place(text)
    if text in repeated and not named and sort not in (Sort.DATED, Sort.BROKEN):
        return Sort.SKIP
    if sort in (Sort.LOOSE, Sort.PROSE) and _RUNNING.match(text):
        return Sort.SKIP
    if sort is Sort.SAID:
        # Sentences are entries only in an agenda that is written in sentences.
        plain = any(row.sort is Sort.DATED and _starts_plain(row.line.text) for row in rows)
        return Sort.PROSE if plain or open_sentence else Sort.DATED
    if open_sentence and sort in (Sort.LOOSE, Sort.VAGUE, Sort.MONTH):
        return Sort.PROSE
    if open_sentence and sort is Sort.DATED:
        after = text[find_dates(text)[0].end :].strip(" ,:;-–|")
        starts = kinds.words_in(after)
        fresh = after[:1].isupper() or not after or bool(starts and starts[0].start == 0)
        return Sort.DATED if fresh else Sort.PROSE
    return sort


def _starts_plain(text: str) -> bool:
    found = find_dates(text)
    return bool(found) and not starts_with_verb(text[found[0].end :].strip(" ,:;-–|"))


def _cut_tail(
    rows: list[Sorted], last_entry: int, kinds: KindTable
) -> tuple[list[Sorted], list[Line], Line | None]:
    """Keep behind the last entry only the lines that still belong to it.

    The lines that do not, up to the heading or the prose that follows, come second: they may be
    entries that nobody can read. Third comes that heading, if only its place says that it is one.
    """
    kept, left = rows[:last_entry], list[Line]()
    if not kept:
        return [], [], None
    tail = [row for row in rows[last_entry:] if row.sort is not Sort.SKIP]
    for row, after in zip_longest(tail, tail[1:]):
        line, is_before_prose = row.line, after is not None and after.sort is Sort.PROSE
        if row.sort is Sort.PROSE:
            if not left and is_long_title(kept[-1].line.text, line, kinds):
                kept.append(Sorted(line, Sort.LOOSE))
                continue
            goes_on = is_before_prose and has_verb(line.text)
            if kinds.recognise(line.text) and not (goes_on or ends_sentence(line.text)):
                left.append(line)  # a long title rather than a sentence
            break
        if row.sort in (Sort.YEAR, Sort.MONTH):
            continue
        if not left and continues(kept[-1].line, line, kinds):
            kept.append(row)
            continue
        if is_before_prose and not _is_left_over(row, after, kinds):
            return kept, left, line
        if not left and (_is_left_over(row, after, kinds) or is_place(line.text)):
            kept.append(row)
        else:
            left.append(line)
    return kept, left, None


def _is_left_over(row: Sorted, after: Sorted | None, kinds: KindTable) -> bool:
    """Return whether a line behind the last entry is an entry without date, not a next heading.

    A heading has its text under it; a plural on its own ("Webinars") is a heading too.
    """
    words = words_of(row.line.text)
    if after is not None and after.sort is Sort.PROSE:
        # A sentence about the agenda itself closes it: what stands before belongs to it.
        return bool(_CLOSING.search(after.line.text)) or bool(re.search(r"[\d(?]", row.line.text))
    named = kinds.recognise(row.line.text) is not None
    if len(words) == 1:
        return named and not words[0].lower().endswith(("en", "s"))
    return named or (len(words) >= 4 and (after is None or after.sort is not Sort.LOOSE))


def _repeated(lines: Sequence[Line]) -> frozenset[str]:
    """Return texts that stand on three lines or more: running heads and feet."""
    counts = Counter(line.text for line in lines if not find_dates(line.text[:200]))
    return frozenset(text for text, count in counts.items() if count >= 3 and len(text) > 3)


def _is_of_year(block: Block, plan_year: int | None) -> bool:
    if plan_year is None:
        return True
    if block.year is not None:
        return block.year == plan_year
    years = {
        one.year for row in block.rows if row.sort is Sort.DATED for one in find_dates(row.line.text)
    } - {None}  # fmt: skip
    return not years or plan_year in years


def _bare_list(
    lines: Sequence[Line], kinds: KindTable, repeated: frozenset[str], plan_year: int | None
) -> list[Block]:
    """Return the longest run of lines that start with a date, if there are two or more."""
    best: Block | None = None
    index = 0
    while index < len(lines):
        line = lines[index]
        if sort_line(line, kinds) is Sort.DATED and _starts_with_date(line.text):
            block = Block(None, None, False, *_scan(lines[index:], kinds, repeated))
            if (
                block.dated > 1
                and _is_of_year(block, plan_year)
                and (best is None or block.dated > best.dated)
            ):
                best = block
            index += max(len(block.rows), 1)
        else:
            index += 1
    return [best] if best else []


def _starts_with_date(text: str) -> bool:
    found = find_dates(text)
    return bool(found) and found[0].start <= 3
