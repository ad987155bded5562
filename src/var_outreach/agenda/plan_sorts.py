"""What a line inside an agenda is: dated, without a day, broken, a heading, prose, or loose.

*Reads*: one line, or two neighbours. *Writes*: nothing. *Next*: ``plan_block`` finds the agenda by
it, ``plan_rows`` joins what belongs together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from var_outreach.agenda.dutch_dates import MONTH_NUMBER, YEAR, find_dates
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.plan_entry import broken_date, take_apart, vague_date
from var_outreach.agenda.plan_lines import (
    LONGEST_ENTRY,
    Line,
    ends_sentence,
    has_verb,
    is_prose,
    starts_with_verb,
    words_of,
)

_YEARS = rf"(?:\s*(?:voor|in|van|over|het jaar|jaar|\(|[-–:])*\s*(?:{YEAR})\)?)?"
_STRONG = re.compile(
    rf"^(?:\d+(?:\.\d+)*\.?\s+)?(?:de\s+|onze\s+)?(?:VAR[\s-]+)?(?:jaar|vergader|activiteiten|"
    rf"bijeenkomsten|evenementen)?(?:agenda|kalender)(?:\s+VAR|\s+van de VAR|\s+(?:van\s+|met\s+)?"
    rf"(?:de\s+)?(?:bijeenkomsten|activiteiten))?{_YEARS}"
    rf"(?:\s*\(?(?:vervolg|(?:eerste|tweede|1e|2e) (?:half ?jaar|helft))\)?)?"
    rf"{_YEARS}\s*[:.]?(?=\s*$|:\s)",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?\s+)?(?:(?:overzicht|data|planning|programma)(?:\s+(?:van|voor)\s+(?:de\s+)?)?\s*)?"
    r"(?:geplande\s+|komende\s+)?(?:(?:kennis)?bijeenkomsten|activiteiten|evenementen|data|planning|"
    rf"belangrijke data|save the dates?){_YEARS}\s*[:.]?$",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"^(?:thema\s*:|hoofdstuk\b|bijlage\b|jaarrekening\b|begroting\b|inhoudsopgave\b|voorwoord\b|"
    r"colofon\b|contact\b|monitoring$|communicatie$)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\d+(?:\.\d+)*\.?\s+[A-Z][a-z]+(?:\s+[\w-]+){0,4}$")
_URL_LINE = re.compile(r"^(?:https?://\S+|www\.\S+)$", re.IGNORECASE)
_PAGE = re.compile(
    r"^(?:pagina|page|blz\.?|p\.)?\s*\d{1,3}(?:\s*(?:van|of|/)\s*\d{1,3})?$|^[-–|]\s*\d{1,3}\s*[-–|]$",
    re.IGNORECASE,
)
# Signs that a line goes on with the one before: how that one ends, how this one starts.
_OPEN_END = re.compile(
    r"(?:[,(:&/–-]|(?<!\w)(?:en|of|van|voor|in|op|de|het|een|met|over|bij|te|aan|naar|rond|tussen|"
    r"door|tot|als|and|the|for))$",
    re.IGNORECASE,
)
_LOW_START = re.compile(r"[(a-zà-ÿ‘“@&+–-]|\d{1,2}[.:]\d\d")
_LABELLED = re.compile(
    r"(?:locatie|plaats|tijd|waar|aanvang|inloop|thema|doelgroep)\s*:", re.IGNORECASE
)
_WEEKDAY = re.compile(r"(?:maan|dins|woens|donder|vrij|zater|zon)dag", re.IGNORECASE)
_TABLE_WORDS = frozenset(
    "datum data dag tijd tijden tijdstip bijeenkomst activiteit onderwerp titel locatie plaats waar"
    " wat wanneer soort thema doelgroep evenement en van tot".split()
)


class Sort(Enum):
    """What a line inside the agenda is."""

    DATED = "dated"
    SAID = "said"
    VAGUE = "vague"
    BROKEN = "broken"
    YEAR = "year"
    MONTH = "month"
    SKIP = "skip"
    SECTION = "section"
    PROSE = "prose"
    LOOSE = "loose"


ENTRY_SORTS = frozenset({Sort.DATED, Sort.VAGUE, Sort.BROKEN})


@dataclass(frozen=True, slots=True)
class Sorted:
    """A line and what it was taken for."""

    line: Line
    sort: Sort


def sort_line(line: Line, kinds: KindTable) -> Sort:
    """Return what ``line`` would be inside an agenda, seen by itself."""
    text = line.text
    if len(text) > LONGEST_ENTRY:
        return Sort.PROSE
    if _URL_LINE.match(text) or _PAGE.match(text) or _is_table_head(text):
        return Sort.SKIP
    if re.fullmatch(YEAR, text):
        return Sort.YEAR
    if re.fullmatch(rf"(?i)(?:{'|'.join(MONTH_NUMBER)})\.?(?:\s+{YEAR})?\s*:?", text):
        return Sort.MONTH
    if _SECTION.match(text):
        return Sort.SECTION
    if find_dates(text):
        return _sort_dated(text, kinds)
    if is_prose(text):
        return Sort.PROSE
    if broken_date(text):
        return Sort.BROKEN
    if vague_date(text):
        return Sort.VAGUE
    if _NUMBERED.match(text) and not kinds.recognise(text):
        return Sort.SECTION
    return Sort.LOOSE


def agenda_heading(line: Line) -> tuple[int | None, bool, Line | None] | None:
    """Return year, strength and what stands behind a heading "Agenda: ..." on its own line."""
    text = line.text
    if len(text) > 200:
        return None
    match = _STRONG.match(text)
    strong = match is not None
    match = match or _WEAK.match(text)
    if match is None:
        return None
    year = re.search(YEAR, match[0])
    rest = text[match.end() :].lstrip(" :")
    inline = Line(line.number, rest, line.raw, line.page) if rest else None
    return (int(year[0]) if year else None), strong, inline


def _sort_dated(text: str, kinds: KindTable) -> Sort:
    """Return DATED for an entry, SAID for a whole sentence that could be one, else PROSE."""
    first = find_dates(text)[0]
    before = re.sub(r"^(?:op|d\.d\.)\s+", "", text[: first.start].strip() + " ", flags=re.I).strip()
    after = text[first.end :].strip(" ,:;-–|")
    if not before:
        # A date in front and no verb behind it is an entry, however long its title.
        if not starts_with_verb(after):
            return Sort.PROSE if len(words_of(after)) > 25 else Sort.DATED
        return Sort.SAID if kinds.recognise(after) and ends_sentence(text) else Sort.PROSE
    sentence = has_verb(before) or (is_prose(text) and has_verb(text))
    limit = 12 if kinds.recognise(text) else 6
    return Sort.PROSE if sentence or len(words_of(before)) > limit else Sort.DATED


def continues(before: Line, line: Line, kinds: KindTable) -> bool:
    """Return whether ``line`` goes on with what ``before`` says, by signs in the two texts."""
    text, last = line.text, before.text
    if before.glued or _waits_for_title(last) or _OPEN_END.search(last):
        return True
    if last.count("(") > last.count(")") or last.count("‘") > last.count("’"):
        return True
    words = kinds.words_in(text)
    if _LABELLED.match(text):
        return True
    if _LOW_START.match(text) and not _WEEKDAY.match(text) and not (words and words[0].start == 0):
        return True
    parts = take_apart(line.number, text)
    if not parts.title and (parts.place or parts.hours or parts.state or parts.url):
        return True
    own = take_apart(before.number, last)
    return bool(own.title) and not kinds.recognise(own.title) and bool(words)


def is_long_title(before: str, line: Line, kinds: KindTable) -> bool:
    """Return whether a line that reads as prose is the title of the bare date in ``before``."""
    parts = take_apart(1, before)
    return (
        len(line.text) <= LONGEST_ENTRY
        and bool(parts.dates)
        and not parts.title
        and bool(kinds.recognise(line.text))
    )


def _waits_for_title(text: str) -> bool:
    parts = take_apart(1, text)
    return bool(parts.dates or parts.vague) and not parts.title


def _is_table_head(text: str) -> bool:
    words = [word.casefold() for word in words_of(text)]
    return bool(words) and len(words) <= 8 and all(word in _TABLE_WORDS for word in words)
