"""Which days are working days in the Netherlands.

*Reads*: the ``holidays`` library. *Writes*: nothing. *Next*: ``plan`` moves mail off other days.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("NL", years=year))


@lru_cache(maxsize=64)
def _names(year: int, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("NL", years=year, language=language))


def public_holiday(day: date, language: str = "nl") -> str | None:
    """Return what the Dutch public holiday on ``day`` is called in "nl" or "en", or None."""
    return _names(day.year, "nl" if language == "nl" else "en_US").get(day)


def is_working_day(day: date) -> bool:
    """Tell whether offices are open on ``day``: no weekend and no Dutch public holiday."""
    return day.weekday() < 5 and day not in _public_holidays(day.year)


def working_day_before(day: date) -> date:
    """Return ``day`` itself, or the last working day before it."""
    while not is_working_day(day):
        day -= ONE_DAY
    return day


def working_day_after(day: date) -> date:
    """Return ``day`` itself, or the first working day after it."""
    while not is_working_day(day):
        day += ONE_DAY
    return day
