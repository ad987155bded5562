"""One line of an agenda, taken apart: dates, hours, place, marks, and the title that is left.

*Reads*: a (joined) line. *Writes*: nothing. *Next*: ``plan_years`` gives each ``RawEntry`` its
year and makes the ``AgendaEntry``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from var_outreach.agenda.dutch_dates import (
    MONTH,
    MONTH_NUMBER,
    YEAR,
    FoundDate,
    find_dates,
    full_year,
)
from var_outreach.agenda.dutch_times import FoundTime, find_times
from var_outreach.agenda.places import is_place, take_last_column, take_place
from var_outreach.agenda.themes import topic_of

_GAP = "\x1f"
_URL = re.compile(r"(?:https?://|www\.)[^\s|)>\]]+", re.IGNORECASE)
_CANCELLED = re.compile(
    r"[(\[*–-]*\s*(?<!\w)(?:vervallen|vervalt|komt te vervallen|geannuleerd|gaat niet door|afgelast|"
    r"afgezegd|cancell?ed)(?!\w)\s*[!*)\]]*",
    re.IGNORECASE,
)
_POSTPONED = re.compile(
    r"[(\[*–-]*\s*(?<!\w)(?:uitgesteld|wordt verplaatst|verplaatst|verschoven|verzet|postponed)(?!\w)"
    r"(?:[\s,;:–-]+(?:de )?(?:nieuwe )?datum volgt(?: nog)?(?!\w))?(?P<to>\s+naar)?\s*[!*)\]]*",
    re.IGNORECASE,
)
_PROVISIONAL = re.compile(
    r"[(\[]?\s*(?<!\w)(?:onder voorbehoud|o\.v\.b\.?|(?:voorlopige )?optie|nog niet definitief)"
    r"(?!\w)\s*[)\]]?",
    re.IGNORECASE,
)
_NO_DATE = re.compile(
    r"[(\[]?\s*(?<!\w)(?:(?:exacte |precieze )?datum (?:en (?:locatie|plaats|tijd) )?(?:volgt|"
    r"(?:is )?(?:nog )?(?:nader )?(?:te bepalen|onbekend|niet bekend|bekend te maken))"
    r"|n\.?t\.?b\.?|n\.?n\.?b\.?|n\.?t\.?p\.?|t\.?b\.?[da]\.?|p\.m\.|datum\s*:\s*volgt"
    r"|nog (?:nader )?(?:te bepalen|te plannen|in te plannen)|nader te bepalen)(?!\w)"
    r"(?:\s+nog)?\s*[)\]]?",
    re.IGNORECASE,
)
_ABOUT = r"(?:(?:in|rond|omstreeks|circa|ca\.|vanaf|voor|na)\s+)?(?:de\s+|het\s+)?"
_PART = (
    r"(?:(?:begin|eind(?:e)?|medio|half|halverwege|midden|mid|vroege?|late?)\s*-?\s*(?:van\s+)?)?"
)
_LONG = "|".join(sorted((m for m in MONTH_NUMBER if len(m) > 4 or m in ("mei", "juni", "juli", "sept")),
                        key=len, reverse=True))  # fmt: skip
_SEASON = r"voorjaar|najaar|zomer|winter|herfst|lente|zomerreces|kerst"
_VAGUE = re.compile(
    rf"(?<!\w){_ABOUT}{_PART}(?:de\s+|het\s+)?(?:maand\s+)?(?:xx\s+|\.{{2,}}\s*|…\s*|_+\s*)?(?:"
    rf"(?P<month>{_LONG})(?:\s*(?:/|-|of)\s*(?:{_LONG}))?|(?P<abbr>{MONTH})(?=\s*{YEAR})|"
    rf"(?:{_SEASON})|(?:Q[1-4]|(?:1e|2e|3e|4e|eerste|tweede|derde|vierde|laatste)\s+"
    rf"(?:kwartaal|helft|halfjaar))(?:\s+van)?|week\s+\d{{1,2}}|halverwege het jaar)(?!\w)"
    rf"(?:\s*(?:van\s+)?(?P<year>{YEAR}))?",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    rf"\?+\s*[-/]?\s*(?:\?+|(?<!\w){MONTH}|\d{{1,2}}[-/])"
    rf"|(?<!\w)(?:{MONTH})\s*\?"
    r"|(?<![\d.,:])\d{1,4}\s?[-/]\s?\d{1,4}\s?[-/]\s?(?:\d{1,4}|\?+)"
    rf"|(?<![\w.])\d{{3,}}\s+{MONTH}|(?<![\w.])\d{{1,2}}\s+[a-z0-9]{{3,10}}\.?\s+{YEAR}"
    rf"|(?<!\w)[a-z]*(?:elf|twaalf|tien|twintig|dertig)\s+{MONTH}",
    re.IGNORECASE,
)
_EDGE = " \t-–—:|•,;.·*/\x1f"
_LEAD = re.compile(
    r"^(?:(?:op|d\.\s?d\.|dd\.|datum\s*:?|per|wanneer\s*:)(?=\s|\x1f|$)[\s\x1f]*)+", re.IGNORECASE
)
_TRAIL = re.compile(r"[\s\x1f,(]+(?:op|d\.\s?d\.?|dd\.?|van|om)\s*$", re.IGNORECASE)
_DAY_PART = re.compile(
    r"^(?:(?:in de|de)\s+)?\(?(?P<p>ochtend|middag|avond|hele dag|dagdeel)\)?(?!\w)|"
    r"\((?:in de\s+)?(?P<q>ochtend|middag|avond|hele dag)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """A line of the agenda before its year is known.

    ``vague`` is the text of a date that is no day ("medio juni"), ``vague_year`` its year. A line
    without title has ``title`` "" and waits for the next line.
    """

    line: int
    text: str
    dates: tuple[FoundDate, ...] = ()
    vague: str | None = None
    vague_year: int | None = None
    hours: FoundTime | None = None
    title: str = ""
    place: str | None = None
    url: str | None = None
    state: str | None = None
    moved_to: FoundDate | None = None
    notes: tuple[str, ...] = ()


def broken_date(text: str) -> str | None:
    """Return the piece of ``text`` that looks like a date and is none ("?? mei"), or None."""
    match = _BROKEN.search(text)
    return match[0].strip() if match else None


def vague_date(text: str) -> str | None:
    """Return the piece of ``text`` that is a date without a day, or a "datum volgt", or None."""
    match = _NO_DATE.search(text) or _VAGUE.search(text)
    return match[0].strip(" ()[]") if match else None


def take_apart(number: int, text: str, raw: str = "") -> RawEntry:
    """Return the parts of a line ``text``; ``raw`` is its last line
    with its columns, given only where the table has a column of places."""
    entry = RawEntry(number, text)
    rest, entry = _marks(text, entry)
    dates = [one for one in find_dates(rest) if not (one.start and rest[: one.start].count("("))]
    aside = [one for one in find_dates(rest) if one not in dates]
    if not dates and aside:
        dates, aside = aside, []
    main = dates[:1] + [one for one in dates[1:] if one.linked]
    other = [one for one in dates[1:] if not one.linked] + aside
    if entry.state == "postponed" and other:
        entry = replace(entry, moved_to=other[0], state=None)
        # The same length, so that the places of the dates stay right.
        rest = _POSTPONED.sub(lambda match: _GAP * len(match[0]), rest)
        other_gone, other = other[:1], other[1:]
    else:
        other_gone = []
    notes = tuple(f"De regel noemt ook {one.text}." for one in other)
    start = main[0].start if main else 0
    for one in [*main, *other_gone]:
        # From one linked date to the next, so that "of" between them goes too.
        begin = start if one in main else one.start
        rest = rest[:begin] + _GAP * (one.end - begin) + rest[one.end :]
    entry = replace(entry, dates=tuple(main), notes=entry.notes + notes)
    if not main:
        rest, entry = _without_day(rest, entry)
    rest, entry = _hours(rest, entry)
    return _title(rest, raw, entry)


def _marks(text: str, entry: RawEntry) -> tuple[str, RawEntry]:
    match = _URL.search(text)
    if match:
        entry = replace(entry, url=match[0].rstrip(".,;"))
        text = text[: match.start()] + _GAP + text[match.end() :]
    match = _CANCELLED.search(text)
    if match:
        entry = replace(
            entry, state="cancelled",
            notes=(*entry.notes, f"Gaat niet door: de regel zegt '{match[0].strip(' ()[]*-–!')}'."),
        )  # fmt: skip
        text = text[: match.start()] + _GAP + text[match.end() :]
    match = _POSTPONED.search(text)
    if match and not entry.state:
        note = f"Uitgesteld of verplaatst: de regel zegt '{match[0].strip(' ()[]*-–!')}'."
        entry = replace(entry, state="postponed", notes=(*entry.notes, note))
        if not match["to"]:
            text = text[: match.start()] + _GAP + text[match.end() :]
    match = _PROVISIONAL.search(text)
    if match:
        note = f"Nog niet zeker: de regel zegt '{match[0].strip(' ()[]')}'."
        entry = replace(entry, notes=(*entry.notes, note))
        text = text[: match.start()] + _GAP + text[match.end() :]
    return text, entry


def _without_day(rest: str, entry: RawEntry) -> tuple[str, RawEntry]:
    pieces: list[str] = []
    year: int | None = None
    match = _NO_DATE.search(rest)
    if match:
        pieces.append(match[0].strip(" ()[]"))
        rest = rest[: match.start()] + _GAP + rest[match.end() :]
    match = _VAGUE.search(rest)
    if match:
        pieces.insert(0, match[0].strip())
        year = full_year(match["year"]) if match["year"] else None
        rest = rest[: match.start()] + _GAP + rest[match.end() :]
    return rest, replace(entry, vague=", ".join(pieces) or None, vague_year=year)


def _hours(rest: str, entry: RawEntry) -> tuple[str, RawEntry]:
    times = find_times(rest)
    notes = list(entry.notes)
    hours: FoundTime | None = None
    for one in times:
        if one.walk_in:
            notes.append(f"{one.text[:1].upper()}{one.text[1:]}.")
        elif hours is None and one.begins is not None:
            hours = one
        if one.wrong:
            notes.append(one.wrong)
    for one in reversed(times):
        rest = rest[: one.start] + _GAP + rest[one.end :]
    return rest, replace(entry, hours=hours, notes=tuple(notes))


def _title(rest: str, raw: str, entry: RawEntry) -> RawEntry:
    notes = list(entry.notes)
    rest = _LEAD.sub("", rest.strip(_EDGE))
    rest = _TRAIL.sub("", rest.strip(_EDGE + "("))
    part = _DAY_PART.search(rest)
    if part:
        notes.append(f"Dagdeel: {(part['p'] or part['q']).lower()}.")
        rest = rest[: part.start()] + _GAP + rest[part.end() :]
    cells = [cell.strip(_EDGE.replace(".", "")) for cell in re.split(r"\x1f+|\|", rest)]
    cells = [cell for cell in cells if re.search(r"\w", cell)]
    place = None
    if len(cells) > 1 and "|" in rest and topic_of(cells[-1]) is None:
        # A table drawn with pipes says itself which cell is the place.
        place = cells.pop(0 if is_place(cells[0]) and not is_place(cells[-1]) else -1)
    title = re.sub(r"\(\s*\)|\[\s*\]", "", " ".join(cells))
    title = " ".join(title.split()).strip(_EDGE.replace(".", ""))
    if title and place is None:
        title, place = _place(title, raw)
    title = _balanced(title.strip(_EDGE.replace(".", "")))
    label = title if not place else re.sub(r"^(?:locatie|plaats)\s*:?\s*", "", title, flags=re.I)
    return replace(entry, title=label, place=place, notes=tuple(notes))


def _place(title: str, raw: str) -> tuple[str, str | None]:
    shorter, place = take_place(title)
    if place:
        return (shorter, place) if re.search(r"\w", shorter) else (title, None)
    columns = [column.strip() for column in re.split(r"\s{2,}", raw) if column.strip()]
    last = take_last_column(columns)
    if last and title.endswith(columns[-1]) and title != columns[-1]:
        return title[: -len(columns[-1])].strip(_EDGE), last
    return title, None


def _balanced(title: str) -> str:
    """Drop a bracket that lost its partner when a date was taken out."""
    if title.count("(") < title.count(")"):
        title = title.rstrip(")").rstrip()
    elif title.count("(") > title.count(")") and title.endswith("("):
        title = title.rstrip("(").rstrip()
    return title
