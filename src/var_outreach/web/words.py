"""The Dutch words of the pages for what the tables hold in English.

*Reads*: nothing. *Writes*: nothing. *Next*: views and templates show them; ``_`` turns them into
English.

Every phrase stands here as a whole, so that the catalogue can hold it; ``_`` marks it for that and
the page translates it when it is shown.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from babel.dates import format_date

from var_outreach.registrations.model import RegistrationState


def _(phrase: str) -> str:
    """Mark ``phrase`` for the catalogue."""
    return phrase


class Status(StrEnum):
    """What a visitor must know of an event before anything else; the value is its CSS class."""

    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    INVITED = "invited"
    DATE_ONLY = "date-only"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    MOVED = "moved"
    """Postponed, and held on another day."""
    UNDATED = "undated"
    PAST = "past"


STATUS_WORDS = {
    Status.OPEN: _("Aanmelden kan"),
    Status.FULL: _("Vol: wachtlijst"),
    Status.CLOSED: _("Aanmelden is gesloten"),
    Status.INVITED: _("Op uitnodiging"),
    Status.DATE_ONLY: _("Noteer alvast"),
    Status.CANCELLED: _("Gaat niet door"),
    Status.POSTPONED: _("Uitgesteld, datum volgt"),
    Status.MOVED: _("Verplaatst"),
    Status.UNDATED: _("Datum volgt"),
    Status.PAST: _("Geweest"),
}

ANSWER_WORDS = {
    RegistrationState.INVITED: _("Nog geen antwoord"),
    RegistrationState.ACCEPTED: _("Aangemeld"),
    RegistrationState.TENTATIVE: _("Misschien"),
    RegistrationState.WAITLISTED: _("Op de wachtlijst"),
    RegistrationState.DECLINED: _("Komt niet"),
    RegistrationState.REPRESENTED: _("Vertegenwoordigd"),
    RegistrationState.CANCELLED: _("Afgemeld"),
    RegistrationState.ATTENDED: _("Aanwezig geweest"),
    RegistrationState.ABSENT: _("Niet aanwezig geweest"),
    RegistrationState.REQUESTED: _("Gevraagd, nog niet beslist"),
}

WITHDRAWN_WORD = _("Uitnodiging ingetrokken")

CHOICES = {
    "ja": RegistrationState.ACCEPTED,
    "ander": RegistrationState.ACCEPTED,
    "misschien": RegistrationState.TENTATIVE,
    "nee": RegistrationState.DECLINED,
}
"""What the radio buttons and ``?keuze=`` say, and the answer that it stands for."""

CHOICE_OF = {
    RegistrationState.ACCEPTED: "ja",
    RegistrationState.WAITLISTED: "ja",
    RegistrationState.REPRESENTED: "ander",
    RegistrationState.TENTATIVE: "misschien",
    RegistrationState.DECLINED: "nee",
    RegistrationState.CANCELLED: "nee",
}
"""The button that shows an answer as it stands."""


def month_name(day: date, language: str) -> str:
    """Return the month of ``day`` in words: "oktober 2025"."""
    return format_date(day, "LLLL y", locale="nl" if language == "nl" else "en_GB")


def weekday_short(day: date, language: str) -> str:
    """Return the weekday of ``day`` in two or three letters: "do", "Thu"."""
    return format_date(day, "EEE", locale="nl" if language == "nl" else "en_GB")


def month_short(day: date, language: str) -> str:
    """Return the month of ``day`` in three letters: "okt", "Oct"."""
    return format_date(day, "LLL", locale="nl" if language == "nl" else "en_GB").rstrip(".")
