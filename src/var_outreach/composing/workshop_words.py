"""A guest's workshops and a speaker's talk as rows of facts, filled in per person.

*Reads*: nothing. *Writes*: nothing. *Next*: ``event_mail.py`` puts the rows with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from var_outreach.composing.content import place
from var_outreach.composing.event_words import FactRow
from var_outreach.composing.facts import RoundFacts
from var_outreach.i18n import format_date, format_time, phrases

LETTERS = "abcdefgh"
"""Rounds have a place each in a mail: ``workshop_a`` is what is in the first."""


def workshop_rows(
    rounds: Sequence[RoundFacts], zone: ZoneInfo, language: str
) -> tuple[FactRow, ...]:
    """Return a row for each of ``rounds``; its hours under the place of the workshop."""
    return tuple(
        FactRow(one.name, (place(f"workshop_{letter}"), *_hours(one, zone, language)))
        for letter, one in zip(LETTERS, rounds, strict=False)
    )


def _hours(one: RoundFacts, zone: ZoneInfo, language: str) -> tuple[str, ...]:
    if one.starts_at is None:
        return ()
    return (hours_words(one, zone, language),)


def choice_words(title: str, room: str, waited: str, language: str) -> str:
    """Return what somebody chose in a round, and which workshop they wait for; empty: none."""
    _ = phrases(language).gettext
    words = _("nog niet gekozen")
    if title:
        words = f"{title}, {room}" if room else title
    if waited:
        words += " " + _("(u wacht op: %(title)s)") % {"title": waited}
    return words


def talk_rows(language: str, *, slides: bool) -> tuple[FactRow, ...]:
    """Return the row with the talk of a speaker and, with ``slides``, until when they are due."""
    _ = phrases(language).gettext
    rows = [FactRow(_("Uw bijdrage"), (place("talk"),))]
    if slides:
        rows.append(FactRow(_("Presentatie"), (place("slides_due"),)))
    return tuple(rows)


def talk_words(
    title: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    zone: ZoneInfo,
    language: str,
) -> str:
    """Return a talk with its hours: "Samen verder (10.45 tot 11.15 uur)"."""
    hours = hours_words(RoundFacts("", starts_at, ends_at), zone, language)
    return f"{title} ({hours})" if hours else title


def slides_words(due_on: date | None, language: str) -> str:
    """Return until when slides are due, in words."""
    _ = phrases(language).gettext
    if due_on is None:
        return _("graag vóór de dag zelf")
    return _("uiterlijk %(day)s") % {"day": format_date(due_on, language)}


def hours_words(one: RoundFacts, zone: ZoneInfo, language: str) -> str:
    """Return "10.30 tot 11.30 uur", an empty string where no hour is known."""
    _ = phrases(language).gettext
    if one.starts_at is None:
        return ""
    start = format_time(one.starts_at, zone, language)
    if one.ends_at is None:
        return _("vanaf %(start)s uur") % {"start": start}
    end = format_time(one.ends_at, zone, language)
    return _("%(start)s tot %(end)s uur") % {"start": start, "end": end}
