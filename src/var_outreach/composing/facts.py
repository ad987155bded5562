"""What a composer is given: plain data, so that composing needs no database.

*Reads*: nothing. *Writes*: nothing. *Next*: ``composing/event_mail.py``, ``newsletter.py`` and
the others turn facts into a ``Content``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts
from var_outreach.planning.mail_kinds import CALENDAR_KINDS as CALENDAR_KINDS
from var_outreach.planning.mail_kinds import MailKind as MailKind


@dataclass(frozen=True)
class NetworkFacts:
    """Who sends, as it stands in every mail."""

    name: str
    short_name: str
    website: str
    contact_name: str
    contact_address: str
    phone: str
    postal_address: str
    base_url: str
    zone: ZoneInfo
    privacy_url: str = ""


@dataclass(frozen=True)
class PartnerFacts:
    """A partner whose logo stands in the header; ``logo`` is an absolute https URL or None."""

    key: str
    name: str
    logo: str | None = None
    logo_width: int = 120
    """In CSS pixels; the image itself is twice as wide."""


@dataclass(frozen=True)
class KindName:
    """What a kind of event is called: "leerhuis", with its article ("het", "de")."""

    nl: str
    en: str
    article: str = "het"


@dataclass(frozen=True)
class ChangeFacts:
    """One change that an update tells of: the field's name, before and after in words."""

    field: str
    """date, time, place, form, programme, title or other."""
    before: str
    after: str
    before_en: str = ""
    after_en: str = ""
    """In English, where that differs; empty: the Dutch words."""


@dataclass(frozen=True)
class RoundFacts:
    """A round of workshops, of which each guest is in one."""

    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class EventMailFacts:
    """All that a mail about one event is made of."""

    event: EventFacts
    kind_name: KindName
    network: NetworkFacts
    partners: tuple[PartnerFacts, ...] = ()
    changes: tuple[ChangeFacts, ...] = ()
    """For an update."""
    date_moved: bool = False
    """The answers given before no longer count."""
    own_word: str = ""
    """Markdown by staff above the facts."""
    reason: str = ""
    """Why it is cancelled or withdrawn, in words."""
    rounds: tuple[RoundFacts, ...] = ()
    """For what tells a guest of workshops."""
    replaces: EventFacts | None = None
    """For an invitation: the postponed event that this one is held instead of."""


@dataclass(frozen=True)
class IssueItem:
    """One item of news in an issue."""

    title: str
    summary: str
    url: str | None
    topic_key: str | None
    image_url: str | None = None
    """Absolute, on our own site."""
    image_alt: str = ""
    image_width: int = 0
    image_height: int = 0
    partner: str | None = None
    language: str = "nl"


@dataclass(frozen=True)
class TopicName:
    """A theme with its names and its colours in light and dark."""

    key: str
    nl: str
    en: str
    light: str
    dark: str


@dataclass(frozen=True)
class IssueFacts:
    """One issue of the newsletter."""

    key: str
    """"2025-03"."""
    on_date: date
    network: NetworkFacts
    items: tuple[IssueItem, ...]
    events: tuple[EventFacts, ...]
    kind_names: dict[str, KindName] = field(default_factory=dict)
    topics: tuple[TopicName, ...] = ()
    partners: tuple[PartnerFacts, ...] = ()
    own_word: str = ""
    archive_url: str = ""
