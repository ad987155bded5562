"""Composes every mail about one event, from the save-the-date to the look-back.

*Reads*: ``templates/email``. *Writes*: nothing. *Next*: the outbox freezes the ``Content``;
``composing/mime.py`` fills in the person and adds the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from var_outreach.composing.cleaning import cleaned, web_link
from var_outreach.composing.content import Content, Variant
from var_outreach.composing.event_words import (
    WRITTEN_IN,
    EventWords,
    attendee_row,
    change_words,
    event_words,
    fact_rows,
    paragraphs,
)
from var_outreach.composing.facts import EventMailFacts, MailKind
from var_outreach.composing.frame import frame_values
from var_outreach.composing.markdown import compose_prose
from var_outreach.composing.render import render_mail
from var_outreach.composing.workshop_words import talk_rows, workshop_rows
from var_outreach.errors import InputError
from var_outreach.i18n import LANGUAGES, phrases

STATES: Mapping[MailKind, tuple[str, ...]] = {
    MailKind.SAVE_THE_DATE: ("",),
    MailKind.INVITATION: ("",),
    MailKind.REMINDER: ("",),
    MailKind.PARTICIPANT_REMINDER: ("",),
    MailKind.UPDATE: ("", "asked"),
    MailKind.CANCELLATION: ("",),
    MailKind.WITHDRAWAL: ("", "ended", "shared", "host", "refused"),
    MailKind.CONFIRMATION: (
        *("accepted", "declined", "tentative", "cancelled"),
        *("named", "represented", "open-again"),
    ),
    MailKind.WAITLIST: ("", "fewer", "named"),
    MailKind.PROMOTION: ("",),
    MailKind.PROGRAMME: ("", "moved-up"),
    MailKind.LOOK_BACK: ("", "attended"),
    MailKind.SPEAKER_REQUEST: ("",),
    MailKind.SPEAKER_REMINDER: ("",),
    MailKind.SPEAKER_THANKS: ("",),
}
"""The variants of each kind in one language; the empty one has the language alone as its key."""
OFFERED = ("", "first", "waited")
"""Those of an invitation to what is held instead of a postponed event."""

_NAMES_ATTENDEE = frozenset({MailKind.CONFIRMATION, MailKind.PROMOTION, MailKind.PROGRAMME})
_TO_SPEAKERS = frozenset(
    {MailKind.SPEAKER_REQUEST, MailKind.SPEAKER_REMINDER, MailKind.SPEAKER_THANKS}
)
_LISTS_WORKSHOPS = frozenset({MailKind.PROGRAMME, MailKind.PARTICIPANT_REMINDER})
_ASKING = frozenset({MailKind.INVITATION, MailKind.REMINDER})


def compose_event_mail(
    kind: MailKind, facts: EventMailFacts, *, folders: Sequence[Path] = ()
) -> Content:
    """Return the mail ``kind`` about an event, in both languages and every state it knows.

    ``folders`` hold an installation's own templates. Raises InputError for an event without a date
    (but a cancellation) or a bad link or field in staff text, ConfigError for a bad template.
    """
    if kind not in STATES:
        raise InputError(
            f"'{kind}' is not a mail about an event",
            remedy=f"Use one of: {', '.join(one.value for one in STATES)}",
        )
    facts = cleaned(facts)
    if facts.event.on_date is None and kind is not MailKind.CANCELLATION:
        raise InputError(
            "an event without a date cannot be mailed about",
            where=f"event {facts.event.key}",
            remedy="Give it a date first",
        )
    return Content(
        kind.value,
        tuple(
            _variant(kind, facts, language, state, folders)
            for language in LANGUAGES
            for state in _states(kind, facts)
        ),
    )


def _states(kind: MailKind, facts: EventMailFacts) -> tuple[str, ...]:
    return OFFERED if kind is MailKind.INVITATION and facts.replaces else STATES[kind]


def _variant(
    kind: MailKind, facts: EventMailFacts, language: str, state: str, folders: Sequence[Path]
) -> Variant:
    values = {
        **frame_values(facts.network, facts.partners, language),
        **_values(kind, facts, language, state),
    }
    mail = render_mail(kind.value, language, values, folders=folders)
    key = f"{language}/{state}" if state else language
    return Variant(key, language, mail.subject, mail.text, mail.html)


def _values(kind: MailKind, facts: EventMailFacts, language: str, state: str) -> dict[str, object]:
    event = facts.event
    words = event_words(event, facts.kind_name, facts.network, language)
    rows = fact_rows(facts, language, answers=kind in _ASKING or state in {"asked", "tentative"})
    if kind in _NAMES_ATTENDEE and state in {"", "accepted", "named", "moved-up"}:
        rows = (*rows[:1], attendee_row(language), *rows[1:])
    if kind in _TO_SPEAKERS:
        if kind is MailKind.SPEAKER_THANKS:
            rows = rows[:1]
        rows = (*rows, *talk_rows(language, slides=kind is not MailKind.SPEAKER_THANKS))
    if kind in _LISTS_WORKSHOPS:
        rows = (*rows, *workshop_rows(facts.rounds, facts.network.zone, language))
    return {
        "event": words,
        "facts": rows,
        "summary": _summary(kind, facts, language),
        "state": state,
        "has_workshops": bool(facts.rounds),
        "replaced": _replaced(facts, language),
        "moved": facts.date_moved,
        "changes": tuple(change_words(change, language) for change in facts.changes),
        "reason": paragraphs(facts.reason),
        "own_word": compose_prose(facts.own_word, language, where=f"event {event.key}: own word"),
        "recap": compose_prose(
            event.recap_markdown or "",
            language,
            where=f"event {event.key}: recap",
            fields=False,
        ),
        "recap_links": tuple(
            {"title": link.title, "url": web_link(link.url, what=f"event {event.key}")}
            for link in event.recap_links
        ),
        "written_in": WRITTEN_IN,
    }


def _replaced(facts: EventMailFacts, language: str) -> EventWords | None:
    """Return the postponed event in words; both are of one kind, for it is a copy."""
    if facts.replaces is None:
        return None
    return event_words(facts.replaces, facts.kind_name, facts.network, language)


def _summary(kind: MailKind, facts: EventMailFacts, language: str) -> str:
    """Return the line above the letter, which a mailbox shows beside the subject."""
    if kind is MailKind.CANCELLATION:
        return phrases(language).gettext("U hoeft niets te doen.")
    if kind in {MailKind.LOOK_BACK, MailKind.WITHDRAWAL, MailKind.SPEAKER_THANKS}:
        return ""
    words = event_words(facts.event, facts.kind_name, facts.network, language)
    where = facts.event.place or words.where
    return f"{words.when[:1].upper()}{words.when[1:]} · {where}"
