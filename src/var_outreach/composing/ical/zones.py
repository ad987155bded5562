"""The VTIMEZONE of a zone, as a yearly rule and never as a list of dates (RFC 5545 3.6.5).

*Reads*: the IANA time zone database. *Writes*: nothing. *Next*: ``itip`` and ``feed`` place the
lines before their events.

Lists of dates end, and clients were seen to read them an hour off in summer. So we write what
European law says (directive 2000/84/EC: from the last Sunday of March, 01:00 UTC, to the last
Sunday of October, 01:00 UTC), after checking that the zone really does so in the years asked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from var_outreach.composing.ical.facts import load_zone
from var_outreach.composing.ical.lines import content_line
from var_outreach.errors import InputError

REFERENCE_YEAR = 2025
"""The year whose rule is written when a calendar holds no event with hours."""

_FIRST_YEAR = 1970
"""Both rules start here, before any event of ours; the customary anchor of a VTIMEZONE."""


def compose_timezone(name: str, years: Collection[int] = ()) -> tuple[str, ...]:
    """Return the unfolded lines of a VTIMEZONE that is right in each of ``years``.

    Raises:
        InputError: when the zone changes its clock by another rule than the European one.
    """
    return _compose_timezone(name, frozenset(years) or frozenset({REFERENCE_YEAR}))


@lru_cache(maxsize=64)
def _compose_timezone(name: str, years: frozenset[int]) -> tuple[str, ...]:
    zone = load_zone(name)
    shapes = {_year_shape(zone, name, year) for year in sorted(years)}
    if len(shapes) != 1:
        raise _inexpressible(name, f"its rule differs between {min(years)} and {max(years)}")
    (shape,) = shapes
    lines = ["BEGIN:VTIMEZONE", content_line("TZID", name)]
    for kind, month, offset_from, offset_to, abbreviation in shape:
        lines += [
            f"BEGIN:{kind}",
            content_line("DTSTART", _first_onset(month, offset_from)),
            content_line("TZOFFSETFROM", _offset_form(offset_from)),
            content_line("TZOFFSETTO", _offset_form(offset_to)),
            content_line("TZNAME", abbreviation),
        ]
        if month:
            lines.append(content_line("RRULE", f"FREQ=YEARLY;BYMONTH={month};BYDAY=-1SU"))
        lines.append(f"END:{kind}")
    return (*lines, "END:VTIMEZONE")


_Observance = tuple[str, int, timedelta, timedelta, str]
"""Kind, month of onset (0: always), offset before, offset after, abbreviation."""


def _year_shape(zone: ZoneInfo, name: str, year: int) -> tuple[_Observance, ...]:
    """Return the observances of ``zone`` in ``year``, one or two."""
    changes = _transitions(zone, year)
    if not changes:
        offset, abbreviation = _observed(zone, datetime(year, 1, 1, tzinfo=UTC))
        return (("STANDARD", 0, offset, offset, abbreviation),)
    if changes != [_european_onset(year, 3), _european_onset(year, 10)]:
        raise _inexpressible(name, f"it does not change its clock by the European rule in {year}")
    shape: list[_Observance] = []
    for onset in changes:
        before, _ = _observed(zone, onset - timedelta(seconds=1))
        after, abbreviation = _observed(zone, onset)
        if (onset + before).weekday() != 6:
            raise _inexpressible(name, "its clock does not change on a Sunday in local time")
        # By offset, not by dst(): Dublin calls its winter the exception.
        kind = "DAYLIGHT" if after > before else "STANDARD"
        shape.append((kind, onset.month, before, after, abbreviation))
    return tuple(shape)


def _transitions(zone: ZoneInfo, year: int) -> list[datetime]:
    """Return the UTC instants in ``year`` at which the offset of ``zone`` changes."""
    found = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        following = day + timedelta(days=1)
        if _observed(zone, day)[0] != _observed(zone, following)[0]:
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                same = _observed(zone, middle)[0] == _observed(zone, low)[0]
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        day = following
    return found


def _observed(zone: ZoneInfo, instant: datetime) -> tuple[timedelta, str]:
    local = instant.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.tzname() or ""


def _european_onset(year: int, month: int) -> datetime:
    return datetime.combine(_last_sunday(year, month), time(1), UTC)


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)  # March and October both have 31 days
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _first_onset(month: int, offset_from: timedelta) -> str:
    """Return DTSTART of an observance: local time, by the clock that it replaces."""
    if not month:
        return f"{_FIRST_YEAR}0101T000000"
    return (_european_onset(_FIRST_YEAR, month) + offset_from).strftime("%Y%m%dT%H%M%S")


def _offset_form(offset: timedelta) -> str:
    """Return ``offset`` as a UTC-OFFSET (RFC 5545 3.3.14)."""
    seconds = int(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{left:02}" if left else "")


def _inexpressible(name: str, why: str) -> InputError:
    return InputError(
        f"the time zone {name} cannot be written for calendars, for {why}",
        remedy="Use a zone of the European Union such as Europe/Amsterdam, or one without "
        "daylight saving time.",
    )
