"""Composes one issue of the newsletter: news by theme, the coming agenda, colofon.

*Reads*: ``templates/email/newsletter``. *Writes*: nothing. *Next*: the outbox freezes the
``Content``; the archive shows the same issue as a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from babel.dates import format_date as babel_date

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.composing.calendar_entry import public_entry
from var_outreach.composing.cleaning import cleaned, web_link
from var_outreach.composing.content import Content, Variant
from var_outreach.composing.event_words import moment_words, page_url, place_words
from var_outreach.composing.facts import IssueFacts, IssueItem, MailKind, NetworkFacts, TopicName
from var_outreach.composing.frame import frame_values
from var_outreach.composing.ical.links import google_link, outlook_link
from var_outreach.composing.markdown import compose_prose
from var_outreach.composing.palette import DARK, LIGHT, checked_colour
from var_outreach.composing.render import render_mail
from var_outreach.i18n import LANGUAGES, phrases

ARCHIVE = "archive"
MOST_ITEMS = 12
"""Of news in one issue; the rest stands in the archive."""

COLUMN_WIDTH = 520
"""Of the card's text, in CSS pixels."""

_OTHER = TopicName("", "Overig nieuws", "Other news", LIGHT.ink, DARK.ink)
_ONLY = TopicName("", "Nieuws", "News", LIGHT.ink, DARK.ink)
_SUMMARY_COLUMNS = 110


@dataclass(frozen=True)
class ImageWords:
    """An image as shown; ``width`` in CSS pixels."""

    url: str
    alt: str
    width: int


@dataclass(frozen=True)
class ItemWords:
    """One item of news as the template wants it."""

    title: str
    summary: str
    url: str
    partner: str
    language: str
    image: ImageWords | None


@dataclass(frozen=True)
class ThemeWords:
    """A theme of the issue and its items; ``number`` names its colour class."""

    number: int
    name: str
    light: str
    dark: str
    articles: tuple[ItemWords, ...]


@dataclass(frozen=True)
class CalendarLink:
    """A link that puts an event into a calendar."""

    words: str
    url: str


@dataclass(frozen=True)
class AgendaWords:
    """One event of the coming agenda."""

    title: str
    when: str
    where: str
    page_url: str
    ics_url: str
    calendars: tuple[CalendarLink, ...]


def compose_newsletter(issue: IssueFacts, *, folders: Sequence[Path] = ()) -> Content:
    """Return the issue in both languages: at most twelve items and one image a theme.

    Besides the variants that are mailed there is one of each language for the archive, without
    anything of a person.

    ``folders`` hold an installation's own templates. Raises InputError for a bad link, ConfigError
    for a theme's colour that cannot be read or a bad template.
    """
    issue = cleaned(issue)
    variants = []
    for language, archived in product(LANGUAGES, (False, True)):
        frame = frame_values(issue.network, issue.partners, language)
        values = {**frame, **_values(issue, language), "archived": archived}
        mail = render_mail(MailKind.NEWSLETTER, language, values, folders=folders)
        key = f"{language}/{ARCHIVE}" if archived else language
        variants.append(Variant(key, language, mail.subject, mail.text, mail.html))
    return Content(MailKind.NEWSLETTER.value, tuple(variants))


def _values(issue: IssueFacts, language: str) -> dict[str, object]:
    themes = _themes(issue, language)
    shown = sum(len(theme.articles) for theme in themes)
    month = babel_date(issue.on_date, "MMMM y", locale="nl" if language == "nl" else "en_GB")
    archive = issue.archive_url or f"{issue.network.base_url}/nieuwsbrief/{issue.key}"
    return {
        "month": month,
        "month_title": month[:1].upper() + month[1:],
        "summary": _summary(themes, len(issue.items), language),
        "own_word": compose_prose(
            issue.own_word, language, where=f"issue {issue.key}: own word", fields=False
        ),
        "themes": themes,
        "topics": themes,
        "more_count": len(issue.items) - shown,
        "archive_url": web_link(archive, what=f"issue {issue.key}: archive"),
        "agenda": tuple(_agenda_words(event, issue.network, language) for event in issue.events),
        "agenda_url": f"{issue.network.base_url}/agenda",
    }


def _themes(issue: IssueFacts, language: str) -> tuple[ThemeWords, ...]:
    known = {topic.key: topic for topic in issue.topics}
    grouped: dict[str, list[IssueItem]] = {key: [] for key in known}
    for item in issue.items[:MOST_ITEMS]:
        key = item.topic_key if item.topic_key in known else ""
        grouped.setdefault(key or "", []).append(item)
    filled = {key: items for key, items in grouped.items() if items}
    rest = _ONLY if list(filled) == [""] else _OTHER
    partners = {partner.key: partner.name for partner in issue.partners}
    return tuple(
        _theme(number, known.get(key, rest), items, partners, language)
        for number, (key, items) in enumerate(filled.items(), start=1)
    )


def _theme(
    number: int,
    topic: TopicName,
    items: Sequence[IssueItem],
    partners: dict[str, str],
    language: str,
) -> ThemeWords:
    where = f"theme {topic.key}"
    first_image = next((item for item in items if item.image_url), None)
    return ThemeWords(
        number,
        topic.nl if language == "nl" else topic.en,
        checked_colour(topic.light, ground=LIGHT.surface, where=where),
        checked_colour(topic.dark, ground=DARK.surface, where=where),
        tuple(
            ItemWords(
                item.title,
                " ".join(item.summary.split()),
                web_link(item.url, what=f"news '{item.title}'") if item.url else "",
                partners.get(item.partner, item.partner) if item.partner else "",
                item.language,
                _image(item) if item is first_image else None,
            )
            for item in items
        ),
    )


def _image(item: IssueItem) -> ImageWords | None:
    if not item.image_url:
        return None
    url = web_link(item.image_url, what=f"image of news '{item.title}'")
    return ImageWords(url, item.image_alt, min(item.image_width or COLUMN_WIDTH, COLUMN_WIDTH))


def _summary(themes: Sequence[ThemeWords], count: int, language: str) -> str:
    """Return the visible line on top, which a mailbox shows beside the subject."""
    titles = [item.title for theme in themes for item in theme.articles]
    if not titles:
        return ""
    words = phrases(language)
    named: list[str] = []
    for title in titles:
        if named and len("; ".join([*named, title])) > _SUMMARY_COLUMNS:
            break
        named.append(title)
    line = words.gettext("In dit nummer:") + " " + "; ".join(named)
    more = count - len(named)
    if not more:
        return f"{line}."
    rest = words.ngettext("en nog %(num)s bericht", "en nog %(num)s berichten", more)
    return f"{line}; {rest % {'num': more}}."


def _agenda_words(event: EventFacts, network: NetworkFacts, language: str) -> AgendaWords:
    _ = phrases(language).gettext
    page = page_url(event, network)
    when = moment_words(event, network, language)
    if event.state is EventState.POSTPONED:
        when = _("Uitgesteld, datum volgt. Eerst gepland op %(when)s.") % {"when": when}
    elif event.cancelled:
        when = _("Gaat niet door: %(when)s") % {"when": when}
    calendars = [CalendarLink(_("agendabestand (.ics)"), f"{page}.ics")]
    if event.cancelled:
        calendars = []
    elif event.on_date:
        entry = public_entry(event, network, language=language)
        calendars = [
            CalendarLink(_("Google-agenda"), google_link(entry)),
            CalendarLink(_("Outlook"), outlook_link(entry)),
            *calendars,
        ]
    return AgendaWords(
        event.title,
        when,
        place_words(event, language),
        page,
        "" if event.cancelled else f"{page}.ics",
        tuple(calendars),
    )
