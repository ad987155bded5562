"""Which days are awkward for an event: a weekend, a holiday, the day beside one, closed schools.

*Reads*: its arguments. *Writes*: nothing. *Next*: the commands and pages of the agenda show the
warnings; nothing is ever refused because of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from var_outreach.i18n import format_date
from var_outreach.planning.school_holidays import SchoolHolidays, school_year
from var_outreach.planning.working_days import public_holiday

if TYPE_CHECKING:
    # A plan is read and checked without a database, so without what its tables need.
    from var_outreach.agenda.facts import EventFacts

LONGEST = 31
"""Of an event that lasts longer only so many days are looked at."""
ONE_DAY = timedelta(days=1)
NOT_COMING = frozenset({"held", "cancelled", "postponed"})
"""States of events of which the day suits nobody any more."""


class Awkward(StrEnum):
    """Why a day may not suit."""

    WEEKEND = "weekend"
    PUBLIC_HOLIDAY = "public-holiday"
    DAY_AFTER = "day-after"
    DAY_BEFORE = "day-before"
    SCHOOL_HOLIDAY = "school-holiday"
    UNKNOWN = "unknown"
    """Nothing is known of the school holidays of that year."""


_WORDS = {
    "nl": {
        Awkward.WEEKEND: "{day} valt in het weekend",
        Awkward.PUBLIC_HOLIDAY: "{day} is een feestdag: {name}",
        Awkward.DAY_AFTER: "{day} is de dag na {name}",
        Awkward.DAY_BEFORE: "{day} is de dag vóór {name}",
        Awkward.SCHOOL_HOLIDAY: "{day} valt in de {name} van regio {region}",
        Awkward.UNKNOWN: "de schoolvakanties van {name} zijn nog niet bekend",
    },
    "en": {
        Awkward.WEEKEND: "{day} is in a weekend",
        Awkward.PUBLIC_HOLIDAY: "{day} is a public holiday: {name}",
        Awkward.DAY_AFTER: "{day} is the day after {name}",
        Awkward.DAY_BEFORE: "{day} is the day before {name}",
        Awkward.SCHOOL_HOLIDAY: "{day} is in the school holiday '{name}' of region {region}",
        Awkward.UNKNOWN: "no school holidays known for {name}",
    },
}


@dataclass(frozen=True)
class DayWarning:
    """One reason why a day may not suit."""

    why: Awkward
    on: date
    name: str = ""
    """Of the holiday, or the school year that is not known; in Dutch."""
    name_en: str = ""
    region: str = ""

    def in_words(self, language: str = "nl") -> str:
        """Return the warning for people; without a point, to be listed."""
        english = language == "en"
        return _WORDS["en" if english else "nl"][self.why].format(
            day=format_date(self.on, "en" if english else "nl"),
            name=(self.name_en or self.name) if english else self.name,
            region=self.region,
        )


def day_warnings(first: date, last: date | None, schools: SchoolHolidays) -> tuple[DayWarning, ...]:
    """Return why the days from ``first`` to ``last`` (None: that one day) may not suit.

    One warning a reason: of three days in one school holiday the first is named.
    """
    days = ((last or first) - first).days
    found: dict[tuple[Awkward, str], DayWarning] = {}
    for number in range(min(max(days, 0), LONGEST) + 1):
        for one in _of_day(first + timedelta(days=number), schools):
            found.setdefault((one.why, one.name), one)
    return tuple(found.values())


def event_warnings(
    event: EventFacts, schools: SchoolHolidays, *, today: date
) -> tuple[DayWarning, ...]:
    """Return the warnings about an event that is still to be; none for what is off or has been."""
    over = event.state in NOT_COMING
    if event.on_date is None or over or (event.last_date or event.on_date) < today:
        return ()
    return day_warnings(event.on_date, event.until_date, schools)


def warnings_of_agenda(
    events: Iterable[EventFacts], schools: SchoolHolidays, *, today: date
) -> list[tuple[EventFacts | None, DayWarning]]:
    """Return all warnings with their events; that a school year is not known is said once."""
    found: list[tuple[EventFacts | None, DayWarning]] = []
    unknown: dict[str, DayWarning] = {}
    for event in events:
        for one in event_warnings(event, schools, today=today):
            if one.why is Awkward.UNKNOWN:
                unknown.setdefault(one.name, one)
            else:
                found.append((event, one))
    return [*found, *((None, one) for _, one in sorted(unknown.items()))]


def _of_day(day: date, schools: SchoolHolidays) -> list[DayWarning]:
    found = []
    if day.weekday() >= 5:
        found.append(DayWarning(Awkward.WEEKEND, day))
    if holiday := public_holiday(day):
        found.append(
            DayWarning(Awkward.PUBLIC_HOLIDAY, day, holiday, public_holiday(day, "en") or "")
        )
    elif day.weekday() < 5:
        found += _beside(day)
    if school := schools.on(day):
        found.append(DayWarning(Awkward.SCHOOL_HOLIDAY, day, school.name, region=schools.region))
    elif not schools.knows(day):
        year = school_year(day)
        found.append(DayWarning(Awkward.UNKNOWN, day, f"{year}-{year + 1}"))
    return found


def _beside(day: date) -> list[DayWarning]:
    """Return that a working day lies right after or before a holiday on a working day."""
    found = []
    for why, other in ((Awkward.DAY_AFTER, day - ONE_DAY), (Awkward.DAY_BEFORE, day + ONE_DAY)):
        name = public_holiday(other) if other.weekday() < 5 else None
        if name:
            found.append(DayWarning(why, day, name, public_holiday(other, "en") or ""))
    return found
