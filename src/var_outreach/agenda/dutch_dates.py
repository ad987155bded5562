"""The dates in a line of Dutch (or English) text, also those that cannot be.

*Reads*: nothing. *Writes*: nothing. *Next*: ``plan_entry`` turns a line with dates into an entry;
``plan_prose`` compares the dates in sentences with the agenda.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

_MONTHS = (
    ("januari", "january", "jan"), ("februari", "february", "febr", "feb"),
    ("maart", "march", "mrt", "mar", "maa"), ("april", "apr"), ("mei", "may"),
    ("juni", "june", "jun"), ("juli", "july", "jul"), ("augustus", "august", "aug"),
    ("september", "sept", "sep"), ("oktober", "october", "okt", "oct"),
    ("november", "nov"), ("december", "dec"),
)  # fmt: skip
MONTH_NUMBER = {name: n for n, names in enumerate(_MONTHS, start=1) for name in names}
MONTH_NAMES = tuple(names[0] for names in _MONTHS)
WEEKDAY_NAMES = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
_WEEKDAYS = (
    ("maandag", "monday", "ma"), ("dinsdag", "tuesday", "di"), ("woensdag", "wednesday", "woe", "wo"),
    ("donderdag", "thursday", "don", "do"), ("vrijdag", "friday", "vrij", "vr"),
    ("zaterdag", "saturday", "zat", "za"), ("zondag", "sunday", "zon", "zo"),
)  # fmt: skip
_WEEKDAY_NUMBER = {name: n for n, names in enumerate(_WEEKDAYS) for name in names}


def _choice(names: list[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


MONTH = rf"(?:{_choice(list(MONTH_NUMBER))})\.?(?![a-zà-ÿ]|\d(?!\d{{3}}(?!\d)))"
YEAR = r"(?:19|20)\d{2}(?!\d)"
DAY_PART = r"ochtend|voormiddag|morgen|middag|namiddag|avond"
_WEEKDAY = (
    rf"(?:(?<![a-zà-ÿ])(?:{_choice(list(_WEEKDAY_NUMBER))})(?:{DAY_PART})?[.,]?\s*(?:de\s+)?)"
)
_UNTIL = r"t/m|t\.?e\.?m\.?|tot en met|tot|-|–|—"
_AND = r",|/|&|\+|en|of|and|or"
_JOIN = rf"\s*(?:{_UNTIL}|{_AND})\s*"
_WRITTEN = re.compile(
    rf"(?P<weekday>{_WEEKDAY})?(?<![\d.:,/])(?P<days>\d{{1,2}}(?:ste|de|e|st|nd|rd|th)?"
    rf"(?:{_JOIN}(?:{_WEEKDAY})?\d{{1,2}}(?:ste|de|e|st|nd|rd|th)?){{0,6}})"
    rf"(?:\s+of)?[\s./-]*(?<![a-zà-ÿ]{{4}})(?P<month>{MONTH})"
    rf"(?:[\s,./-]*(?P<year>{YEAR}|['’‘]\d{{2}}(?!\d))|(?<=[a-z.])[-/](?P<short>\d{{2}})(?![\d.:]))?",
    re.IGNORECASE,
)
_NUMERIC = re.compile(
    rf"(?P<weekday>{_WEEKDAY})?(?<![\d.,/:-])(?:"
    r"(?P<iy>(?:19|20)\d\d)\s?(?P<is>[-/.])\s?(?P<im>\d{1,2})\s?(?P=is)\s?(?P<id>\d{1,2})"
    r"|(?P<d>\d{1,2})\s?(?P<s>[-/.–])\s?(?P<m>\d{1,2})\s?(?P=s)\s?(?P<y>\d{4}|\d{2}(?![.:]\d)))"
    r"(?!\d)",
    re.IGNORECASE,
)
_NUMERIC_YEARLESS = re.compile(
    rf"^(?P<weekday>{_WEEKDAY})?(?P<d>\d{{1,2}})(?P<s>[-/])(?P<m>\d{{1,2}})"
    r"(?=[\s|:;,]|$)(?!\s*(?:uur|u\b|h\b))",
    re.IGNORECASE,
)
_GAP_UNTIL = re.compile(rf"\s*(?:{_UNTIL})\s*", re.IGNORECASE)
_GAP_AND = re.compile(rf"\s*(?:{_AND}|,\s*en)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as it stands at ``start:end`` of a text; ``year`` is None where none is written.

    ``until`` is the last day of a range; ``linked`` says that the date is one of a list that
    shares a title with the one before it; ``choice`` that the text says "of" between them.
    """

    start: int
    end: int
    text: str
    day: int
    month: int
    year: int | None
    weekday: int | None = None
    day_part: str | None = None
    until: tuple[int, int, int | None] | None = None
    linked: bool = False
    choice: bool = False

    def on(self, year: int) -> date | None:
        """Return the date in ``year`` (used where none is written), or None if there is none."""
        return _date_or_none(self.year or year, self.month, self.day)

    def until_on(self, year: int) -> date | None:
        """Return the last day of the range, or None for a single day or an impossible one."""
        if self.until is None:
            return None
        day, month, own = self.until
        return _date_or_none(own or self.year or year, month, day)


def find_dates(text: str) -> tuple[FoundDate, ...]:
    """Return the dates in ``text`` in order; ranges and lists are worked out."""
    found: list[FoundDate] = []
    for match in _WRITTEN.finditer(text):
        found += _from_written(match)
    for match in _NUMERIC.finditer(text):
        _add_free(found, _from_numeric(match))
    yearless = _NUMERIC_YEARLESS.match(text)
    if yearless:
        _add_free(found, _from_yearless(yearless))
    found.sort(key=lambda one: one.start)
    return tuple(_link(text, found))


def weekday_problem(found: FoundDate, on_date: date) -> str | None:
    """Return a Dutch note if the weekday in the text is not that of ``on_date``."""
    if found.weekday is None or found.weekday == on_date.weekday():
        return None
    return (
        f"De regel zegt {WEEKDAY_NAMES[found.weekday]}, maar {dutch(on_date)} is een "
        f"{WEEKDAY_NAMES[on_date.weekday()]}."
    )


def dutch(day: date) -> str:
    """Return ``day`` as a Dutch reader writes it: 7 april 2025."""
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def month_number(name: str) -> int:
    """Return 1 to 12 for a Dutch or English month name or its abbreviation."""
    return MONTH_NUMBER[name.casefold().rstrip(".")]


def full_year(text: str) -> int:
    """Return the year that two or four digits mean ('26 is 2026)."""
    number = int(text.lstrip("'’‘"))
    return number + 2000 if number < 100 else number


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _weekday(match: re.Match[str]) -> tuple[int | None, str | None]:
    text = (match["weekday"] or "").casefold().strip()
    text = re.sub(r"[.,]|\s+de$", "", text).strip()
    part = re.search(rf"(?:{DAY_PART})$", text)
    name = text[: part.start()] if part else text
    return _WEEKDAY_NUMBER.get(name), part[0] if part else None


def _from_written(match: re.Match[str]) -> list[FoundDate]:
    year_text = match["year"] or match["short"]
    year = full_year(year_text) if year_text else None
    month = month_number(match["month"])
    weekday, part = _weekday(match)
    offset = match.start("days")
    numbers = list(_NUMBER.finditer(match["days"]))
    first = FoundDate(
        match.start(), match.end(), match[0].strip(), int(numbers[0][0]), month, year, weekday, part
    )
    found = [first]
    for before, number in pairwise(numbers):
        gap = re.sub(
            r"^(?:ste|de|e|st|nd|rd|th)(?=\W)", "", match["days"][before.end() : number.start()]
        )
        day = int(number[0])
        last = found[-1]
        consecutive = day == last.day + 1 and not re.search(r"\bof\b|\bor\b", gap)
        if re.match(rf"\s*(?:{_UNTIL})", gap) or (
            consecutive and re.match(r"\s*(?:en|and|&|\+|/)", gap)
        ):
            found[-1] = replace(last, until=(day, month, year))
        else:
            found.append(
                replace(
                    first,
                    start=offset + number.start(),
                    day=day,
                    weekday=None,
                    day_part=None,
                    until=None,
                    linked=True,
                    choice=bool(re.search(r"\bo[fr]\b", gap)),
                )
            )
    return found


def _from_numeric(match: re.Match[str]) -> FoundDate:
    weekday, part = _weekday(match)
    if match["iy"]:
        day, month, year = int(match["id"]), int(match["im"]), int(match["iy"])
    else:
        day, month, year = int(match["d"]), int(match["m"]), full_year(match["y"])
    return FoundDate(match.start(), match.end(), match[0], day, month, year, weekday, part)


def _from_yearless(match: re.Match[str]) -> FoundDate:
    weekday, part = _weekday(match)
    return FoundDate(
        match.start(), match.end(), match[0], int(match["d"]), int(match["m"]), None, weekday, part
    )


def _add_free(found: list[FoundDate], one: FoundDate) -> None:
    if all(one.end <= other.start or one.start >= other.end for other in found):
        found.append(one)


def _link(text: str, found: list[FoundDate]) -> list[FoundDate]:
    """Join whole dates that stand side by side: a range into one, a list into linked ones."""
    linked: list[FoundDate] = []
    for one in found:
        last = linked[-1] if linked else None
        gap = text[last.end : one.start] if last and last.end <= one.start else None
        if last is not None and gap is not None and _GAP_UNTIL.fullmatch(gap):
            until = (one.day, one.month, one.year)
            linked[-1] = replace(last, end=one.end, until=until, text=text[last.start : one.end])
            if last.year is None:
                linked[-1] = replace(linked[-1], year=_year_before(last, one))
        elif last is not None and gap is not None and _GAP_AND.fullmatch(gap):
            linked.append(replace(one, linked=True, choice=gap.strip() in ("of", "or")))
        else:
            linked.append(one)
    for index in range(len(linked) - 2, -1, -1):
        here, after = linked[index], linked[index + 1]
        if here.year is None and after.linked and after.year is not None:
            linked[index] = replace(here, year=_year_before(here, after))
    return _as_ranges(linked)


def _year_before(first: FoundDate, second: FoundDate) -> int | None:
    """Return the year of ``first`` when only ``second`` has one: "30 december - 2 januari 2026"."""
    if second.year is None:
        return None
    return second.year - (1 if first.month > second.month else 0)


def _as_ranges(found: list[FoundDate]) -> list[FoundDate]:
    """Make "30 april en 1 mei" one range: linked dates that are consecutive days."""
    kept: list[FoundDate] = []
    for one in found:
        last = kept[-1] if kept else None
        if last and one.linked and not one.choice and last.until is None and last.end <= one.start:
            first, second = last.on(2000), one.on(last.year or 2000)
            if first and second and second - first == timedelta(days=1):
                kept[-1] = replace(last, end=one.end, until=(one.day, one.month, one.year))
                continue
        kept.append(one)
    return kept
