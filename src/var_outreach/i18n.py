"""Dutch first, English second: phrases, dates and times in words.

*Reads*: ``locale/<language>/*.po``. *Writes*: nothing. *Next*: templates of mails and pages call
``_`` and the date filters.

The source language of all phrases is Dutch; the catalogues hold the English. Dates follow the
house style: "donderdag 16 oktober 2025, 9.30 tot 12 uur", a point in times, no leading zero and
no ".00".
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("nl", "en")
SOURCE_LANGUAGE = "nl"


class Phrases:
    """The phrases of one language; what it does not know stays in Dutch."""

    def __init__(self, language: str, singular: dict[str, str], plural: dict[str, tuple[str, ...]]):
        self.language = language
        self._singular = singular
        self._plural = plural

    def gettext(self, phrase: str) -> str:
        """Return ``phrase`` in this language."""
        return self._singular.get(phrase, phrase)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return ``one`` or ``many`` in this language, as ``count`` asks."""
        forms = self._plural.get(one, (one, many))
        return forms[0] if count == 1 else forms[-1]

    def __contains__(self, phrase: str) -> bool:
        return phrase in self._singular or phrase in self._plural


@lru_cache
def phrases(language: str) -> Phrases:
    """Return the phrases of ``language`` ("nl" or "en"); another language gets the Dutch ones."""
    singular: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for catalogue in _catalogues(language):
        for message in catalogue:
            forms = message.string
            if isinstance(message.id, tuple | list):
                if isinstance(forms, tuple | list) and all(forms):
                    plural[message.id[0]] = tuple(forms)
            elif message.id and forms:
                singular[message.id] = str(forms)
    return Phrases(language if language in LANGUAGES else SOURCE_LANGUAGE, singular, plural)


def format_date(day: date, language: str = "nl", *, weekday: bool = True) -> str:
    """Return a date in words: "donderdag 16 oktober 2025"."""
    pattern = "EEEE d MMMM y" if weekday else "d MMMM y"
    return babel_date(day, pattern, locale="nl" if language == "nl" else "en_GB")


def format_day(day: date, language: str = "nl") -> str:
    """Return a date without its year: "16 oktober"."""
    return babel_date(day, "d MMMM", locale="nl" if language == "nl" else "en_GB")


def format_time(instant: datetime, zone: ZoneInfo, language: str = "nl") -> str:
    """Return the wall-clock time of an instant: "9.30", "12"; in English "9:30", "12:00"."""
    local = instant.astimezone(zone)
    if language != "nl":
        return f"{local.hour}:{local.minute:02d}"
    return f"{local.hour}.{local.minute:02d}" if local.minute else str(local.hour)


def format_moment(
    on_date: date,
    starts_at: datetime | None,
    ends_at: datetime | None,
    zone: ZoneInfo,
    language: str = "nl",
    *,
    until_date: date | None = None,
) -> str:
    """Return when something is: date, and hours where they are known.

    "donderdag 16 oktober 2025, 9.30 tot 12 uur"; "maandag 7 april 2025" for a date alone;
    "donderdag 16 oktober 2025, vanaf 9.30 uur" without an end.
    """
    words = format_date(on_date, language)
    if until_date is not None and until_date != on_date:
        to = " tot en met " if language == "nl" else " to "
        words = f"{words}{to}{format_date(until_date, language)}"
    if starts_at is None:
        return words
    start = format_time(starts_at, zone, language)
    if ends_at is None:
        return f"{words}, vanaf {start} uur" if language == "nl" else f"{words}, from {start}"
    end = format_time(ends_at, zone, language)
    return f"{words}, {start} tot {end} uur" if language == "nl" else f"{words}, {start} to {end}"


def _catalogues(language: str) -> list[Catalog]:
    if language == SOURCE_LANGUAGE or language not in LANGUAGES:
        return []
    folder = resources.files("var_outreach") / "locale" / language
    found = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            with file.open("rb") as handle:
                found.append(read_po(handle, locale=language))
    return found
