"""Puts the facts of an event into words of one language, as the templates of mail want them.

*Reads*: nothing. *Writes*: nothing. *Next*: ``event_mail.py`` and ``newsletter.py`` fill templates
with these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.composing.cleaning import web_link
from var_outreach.composing.content import place
from var_outreach.composing.facts import ChangeFacts, EventMailFacts, KindName, NetworkFacts
from var_outreach.i18n import format_date, format_day, format_moment, format_time, phrases

WRITTEN_IN = "nl"
"""The language of what staff and news write, whatever the language of the mail around it."""


@dataclass(frozen=True)
class FactRow:
    """One fact: its label, its lines, and a link with its words under them."""

    label: str
    lines: tuple[str, ...] = ()
    url: str = ""
    words: str = ""

    @property
    def as_text(self) -> str:
        """The value for the text part, the link on a line of its own."""
        return "\n".join([*self.lines, *([self.words, self.url] if self.url else [])])


@dataclass(frozen=True)
class ProgrammeWords:
    """One line of the programme; ``time`` is "09.00-09.30"."""

    time: str
    title: str
    speaker: str


@dataclass(frozen=True)
class ChangeWords:
    """One change; empty strings where there was or is nothing."""

    label: str
    before: str
    after: str
    as_text: str


@dataclass(frozen=True)
class EventWords:
    """An event in one language; empty strings where nothing is known."""

    title: str
    the_kind: str
    """ "het leerhuis"."""
    The_kind: str
    """ "Het leerhuis", to begin a sentence with."""
    named: str
    """ "het leerhuis “Signalen zien”"."""
    date: str
    day: str
    when: str
    where: str
    answer_by: str
    date_only: bool
    postponed: bool
    programme: tuple[ProgrammeWords, ...]
    description: tuple[str, ...]
    page_url: str


def event_words(
    event: EventFacts, kind: KindName, network: NetworkFacts, language: str
) -> EventWords:
    """Return ``event`` in words of ``language``."""
    the_kind = f"{kind.article} {kind.nl}" if language == "nl" else f"the {kind.en}"
    return EventWords(
        title=event.title,
        the_kind=the_kind,
        The_kind=the_kind[:1].upper() + the_kind[1:],
        named=_named(event.title, kind, the_kind, language),
        date=format_date(event.on_date, language) if event.on_date else "",
        day=format_day(event.on_date, language) if event.on_date else "",
        when=moment_words(event, network, language),
        where=place_words(event, language),
        answer_by=format_day(event.answer_by_on, language) if event.answer_by_on else "",
        date_only=event.date_only,
        postponed=event.state is EventState.POSTPONED,
        programme=tuple(
            ProgrammeWords(
                "-".join(one for one in (line.start, line.end) if one), line.title, line.speaker
            )
            for line in event.programme
        ),
        description=paragraphs(event.description or ""),
        page_url=page_url(event, network),
    )


def page_url(event: EventFacts, network: NetworkFacts) -> str:
    """Return the address of the event's page."""
    return f"{network.base_url}/agenda/{quote(event.key, safe='')}"


def moment_words(event: EventFacts, network: NetworkFacts, language: str) -> str:
    """Return when the event is, an empty string if no date is known."""
    if event.on_date is None:
        return ""
    return format_moment(
        event.on_date,
        event.starts_at,
        event.ends_at,
        network.zone,
        language,
        until_date=event.until_date,
    )


def place_words(event: EventFacts, language: str) -> str:
    """Return where the event is, in one line."""
    _ = phrases(language).gettext
    if event.place or event.address:
        return ", ".join(one for one in (event.place, event.address) if one)
    return _("Online") if event.online_url else _("De plaats volgt")


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of plain text, each in one line."""
    return tuple(" ".join(block.split()) for block in text.split("\n\n") if block.strip())


def fact_rows(facts: EventMailFacts, language: str, *, answers: bool) -> tuple[FactRow, ...]:
    """Return when, where, for whom and, with ``answers``, before when to answer."""
    _ = phrases(language).gettext
    event, network = facts.event, facts.network
    rows: list[FactRow] = []
    if event.on_date:
        when = [moment_words(event, network, language)]
        if event.date_only and not event.cancelled:
            when.append(_("De tijden volgen later."))
        rows.append(FactRow(_("Wanneer"), tuple(when)))
    if event.doors_at and not event.cancelled:
        time = format_time(event.doors_at, network.zone, language)
        arrival = _("vanaf %(time)s uur, met koffie en thee") % {"time": time}
        rows.append(FactRow(_("Inloop"), (arrival,)))
    rows += _place_rows(event, language, _)
    if event.cancelled:
        return tuple(rows)
    if event.meant_for:
        rows.append(FactRow(_("Voor wie"), (event.meant_for,)))
    if answers and event.answer_by_on:
        rows.append(FactRow(_("Aanmelden t/m"), (format_date(event.answer_by_on, language),)))
    if answers:
        rows.append(FactRow(_("Contact"), (network.contact_name, network.phone)))
    return tuple(rows)


def attendee_row(language: str) -> FactRow:
    """Return the row that names who comes; filled in per person."""
    return FactRow(phrases(language).gettext("Wie komt"), (place("attendees"),))


def change_words(change: ChangeFacts, language: str) -> ChangeWords:
    """Return one change in words of ``language``."""
    _ = phrases(language).gettext
    labels = {
        "date": _("Datum"),
        "time": _("Tijd"),
        "place": _("Plaats"),
        "form": _("Vorm"),
        "programme": _("Programma"),
        "title": _("Titel"),
    }
    before, after = change.before, change.after
    if language != "nl":
        before, after = change.before_en or before, change.after_en or after
    text = "\n".join(
        f"{label}: {words}" for label, words in ((_("was"), before), (_("wordt"), after)) if words
    )
    return ChangeWords(labels.get(change.field, _("Anders")), before, after, text)


def _place_rows(event: EventFacts, language: str, _: Callable[[str], str]) -> list[FactRow]:
    lines = tuple(one for one in (event.place, event.address) if one)
    if event.online_url and not event.cancelled:
        url = web_link(event.online_url, what=f"event {event.key}")
        online = FactRow(_("Online"), (), url, _("Doe online mee"))
        return [FactRow(_("Waar"), lines), online] if lines else [online]
    if lines or not event.cancelled:
        return [FactRow(_("Waar"), lines or (place_words(event, language),))]
    return []


def _named(title: str, kind: KindName, the_kind: str, language: str) -> str:
    if title.casefold() == kind.nl.casefold():
        return the_kind
    if language == "nl" and title.casefold().startswith(f"{kind.nl.casefold()} "):
        return f"{kind.article} {title}"
    return f"{the_kind} “{title}”"
