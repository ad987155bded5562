"""A Dutch year plan as plain text: its agenda, what the prose says of it, what it promises.

*Reads*: the text of a plan (``pdftotext -layout`` or typed). *Writes*: nothing. *Next*:
``readers.read_agenda`` returns the result to the import. The steps: lines, block, rows, years, notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from zoneinfo import ZoneInfo

from var_outreach.agenda.dutch_dates import YEAR, find_dates
from var_outreach.agenda.entries import AgendaEntry, AgendaFile, Problem
from var_outreach.agenda.kinds import FALLBACK, KindTable
from var_outreach.agenda.plan_block import Block, find_blocks
from var_outreach.agenda.plan_lines import LONGEST_ENTRY, Line, split_lines
from var_outreach.agenda.plan_notes import add_prose_notes
from var_outreach.agenda.plan_promises import find_promises
from var_outreach.agenda.plan_prose import split_sentences
from var_outreach.agenda.plan_rows import raw_entries
from var_outreach.agenda.plan_years import SOURCE, date_entries
from var_outreach.errors import FileError

_PLAN_YEAR = re.compile(
    rf"(?:jaarplan|werkplan|jaarprogramma|activiteitenplan|jaaragenda|vooruitblik)(?:\W+(?!jaarverslag)\w+)"
    rf"{{0,3}}?\W{{1,4}}(?P<year>{YEAR})",
    re.IGNORECASE,
)


def read_plan_text(
    text: str, kinds: KindTable, *, zone: ZoneInfo, name: str, with_undated: bool = False
) -> AgendaFile:
    """Return the agenda in the plan ``text``; ``name`` is what an error calls the file.

    With ``with_undated`` the meetings that the plan promises without a date come after the lines
    of the agenda. Raises ``FileError`` where the text holds no agenda, or one of which not one
    line can be read.
    """
    lines = split_lines(text)
    year = plan_year(lines)
    blocks = find_blocks(lines, kinds, year)
    raws, problems = raw_entries(blocks, kinds)
    if year is None:
        year = _year_of_block(blocks)
    dated, impossible = date_entries(raws, kinds, zone=zone, plan_year=year)
    unreadable = tuple(sorted([*problems, *impossible], key=lambda problem: problem.line))
    if not dated:
        raise _nothing_readable(unreadable, name) if unreadable else _no_agenda(lines, kinds, name)
    sentences = split_sentences(lines, _agenda_lines(blocks))
    entries, remarks = add_prose_notes(dated, sentences, kinds, year)
    if not any(block.head for block in blocks):
        remarks.insert(
            0, "Er is geen kopje 'Agenda'; de regels met een datum vooraan zijn gelezen."
        )
    for closing in (block.closing for block in blocks if block.closing):
        remarks.append(
            f"Regel {closing.number} ('{closing.text}') staat onder de agenda en is gelezen als kopje."
        )
    promised: tuple[AgendaEntry, ...] = ()
    if with_undated:
        promised = find_promises(sentences, kinds, source=SOURCE, plan_year=year, dated=entries)
    return AgendaFile((*entries, *promised), unreadable, year, SOURCE, tuple(remarks))


def promised_meetings(
    text: str, kinds: KindTable, dated: Sequence[AgendaEntry] = ()
) -> tuple[AgendaEntry, ...]:
    """Return the meetings that the plan ``text`` promises for its year without a date.

    ``dated`` are the entries of the agenda; a promise they already keep is left out.
    """
    lines = split_lines(text)
    year = plan_year(lines)
    blocks = find_blocks(lines, kinds, year)
    sentences = split_sentences(lines, _agenda_lines(blocks))
    return find_promises(
        sentences, kinds, source=SOURCE, plan_year=year or _year_of_block(blocks), dated=dated
    )


def plan_year(lines: Sequence[Line]) -> int | None:
    """Return the year that the text says it plans ("Jaarplan 2025"), or None."""
    found: Counter[int] = Counter()
    for line, after in zip_longest(lines, lines[1:]):
        joined = line.text + (f" {after.text[:40]}" if after else "")
        for match in _PLAN_YEAR.finditer(joined):
            if match.start() < len(line.text):
                found[int(match["year"])] += 1
    if not found:
        return None
    most = max(found.values())
    return max(year for year, count in found.items() if count == most)


def _year_of_block(blocks: Sequence[Block]) -> int | None:
    years = Counter(block.year for block in blocks if block.year)
    for block in blocks:
        for row in block.rows:
            years.update(one.year for one in find_dates(row.line.text[:LONGEST_ENTRY]) if one.year)
    return years.most_common(1)[0][0] if years else None


def _agenda_lines(blocks: Sequence[Block]) -> set[int]:
    return {number for block in blocks for number in block.numbers()}


def _nothing_readable(unreadable: Sequence[Problem], name: str) -> FileError:
    """Return the error for an agenda of which every line is unreadable."""
    shown = [f"line {one.line}: '{one.text}'" for one in unreadable[:5]]
    more = f" and {len(unreadable) - 5} more" if len(unreadable) > 5 else ""
    return FileError(
        f"not one line of the agenda in this text can be read ({'; '.join(shown)}{more})",
        where=f"{name}:{unreadable[0].line}",
        remedy="Put each meeting on a line of its own, date and year in front: '7 april 2026 Leerhuis'",
    )


def _no_agenda(lines: Sequence[Line], kinds: KindTable, name: str) -> FileError:
    """Return the error for a text without agenda, naming lines where dates stand in prose."""
    prose = [
        str(line.number)
        for line in lines
        if len(line.text) <= LONGEST_ENTRY
        and find_dates(line.text)
        and kinds.recognise(line.text) not in (None, FALLBACK)
    ]
    if prose:
        return FileError(
            "there is no agenda in this text; dates stand only in sentences, "
            f"for example on line {', '.join(prose[:5])}",
            where=f"{name}:{prose[0]}",
            remedy="Put them under a heading 'Agenda', one a line: '7 april 2026 Leerhuis'",
        )
    return FileError(
        "there is no agenda in this text: no heading 'Agenda' with lines that start with a date",
        where=name,
        remedy="Put the meetings under a heading 'Agenda', one a line: '7 april 2026 Leerhuis'",
    )
