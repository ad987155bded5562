"""Gathers what a mailing is composed of, and composes it.

*Reads*: agenda, news, configuration. *Writes*: nothing. *Next*: ``mailings.set_content`` freezes
what this returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from var_outreach.agenda.facts import EventFacts, event_facts
from var_outreach.agenda.model import Event, EventChange, EventState, Visibility
from var_outreach.agenda.store import changes_since, find_event
from var_outreach.agenda.succession import reason_of
from var_outreach.composing.content import Content
from var_outreach.composing.event_mail import compose_event_mail
from var_outreach.composing.facts import (
    ChangeFacts,
    EventMailFacts,
    IssueFacts,
    IssueItem,
    KindName,
    NetworkFacts,
    PartnerFacts,
    RoundFacts,
    TopicName,
)
from var_outreach.composing.list_check import ListCheckFacts, compose_list_check
from var_outreach.composing.newsletter import compose_newsletter
from var_outreach.composing.subscription import compose_subscription
from var_outreach.i18n import format_date, format_time
from var_outreach.news.model import NewsImage, NewsItem
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import NewsletterRules
from var_outreach.programme.store import rounds_of
from var_outreach.registrations.model import Invitation

FIELD_NAMES = {
    "title": "title",
    "on_date": "date",
    "starts_at": "time",
    "place": "place",
    "address": "place",
    "online_url": "form",
    "programme": "programme",
}
"""What a changed field is called in an update; the others are not told one by one."""
TELLS_OF_WORKSHOPS = frozenset(
    {
        MailKind.CONFIRMATION,
        MailKind.PROMOTION,
        MailKind.PARTICIPANT_REMINDER,
        MailKind.PROGRAMME,
    }
)
ANNOUNCED = (
    EventState.PLANNED,
    EventState.CONFIRMED,
    EventState.POSTPONED,
    EventState.CANCELLED,
)
"""The states in which a newsletter shows an event: also that it is off."""


@dataclass(frozen=True)
class Material:
    """What every draft needs of the installation."""

    network: NetworkFacts
    kind_names: Mapping[str, KindName]
    topics: tuple[TopicName, ...]
    partners: Mapping[str, PartnerFacts]
    newsletter: NewsletterRules

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which dates are shown."""
        return self.network.zone

    def partners_of(self, keys: tuple[str, ...]) -> tuple[PartnerFacts, ...]:
        """Return the partners called ``keys``; a name that is not set up stands as it is."""
        return tuple(self.partners.get(key.casefold(), PartnerFacts(key, key)) for key in keys)


def gather_event_mail(
    session: Session, kind: MailKind, event_key: str, material: Material, *, own_word: str = ""
) -> EventMailFacts:
    """Return what a mail of ``kind`` about one event is made of, as the event stands."""
    event = find_event(session, event_key)
    facts = event_facts(event)
    told = _told_before(session, event)
    changes = changes_since(session, event, told) if kind is MailKind.UPDATE else []
    return EventMailFacts(
        event=facts,
        kind_name=material.kind_names.get(facts.kind, KindName(facts.kind, facts.kind)),
        network=material.network,
        partners=material.partners_of(facts.partners),
        changes=_in_words(changes, material.zone),
        date_moved=event.date_revision > told,
        own_word=own_word,
        reason=reason_of(session, event) if kind is MailKind.CANCELLATION else "",
        replaces=_replaced(event) if kind is MailKind.INVITATION else None,
        rounds=_rounds(session, event) if kind in TELLS_OF_WORKSHOPS else (),
    )


def _rounds(session: Session, event: Event) -> tuple[RoundFacts, ...]:
    return tuple(
        RoundFacts(part.name, part.starts_at, part.ends_at) for part in rounds_of(session, event)
    )


def _replaced(event: Event) -> EventFacts | None:
    return event_facts(event.replaces) if event.replaces_id and event.replaces else None


def gather_issue(
    session: Session,
    issue_key: str,
    on_date: date,
    material: Material,
    *,
    own_word: str = "",
    closed: bool = False,
) -> IssueFacts:
    """Return the newsletter of ``on_date``: the news that no issue carried, the agenda ahead.

    A ``closed`` issue takes no more news than it has.
    """
    items = issue_news(session, issue_key, on_date, material.newsletter, closed=closed)
    images = _images(session, items)
    keys = dict.fromkeys(item.partner for item in items if item.partner)
    return IssueFacts(
        key=issue_key,
        on_date=on_date,
        network=material.network,
        items=tuple(_item(item, images, material.network) for item in items),
        events=tuple(coming_events(session, on_date, material.newsletter.agenda_days)),
        kind_names=dict(material.kind_names),
        topics=material.topics,
        partners=material.partners_of(tuple(keys)),
        own_word=own_word,
        archive_url=f"{material.network.base_url}/nieuwsbrief/{issue_key}",
    )


def compose_draft(
    kind: MailKind, facts: EventMailFacts | IssueFacts | ListCheckFacts | NetworkFacts
) -> Content:
    """Return the mail of ``kind`` that ``facts`` make."""
    if isinstance(facts, EventMailFacts):
        return compose_event_mail(kind, facts)
    if isinstance(facts, IssueFacts):
        return compose_newsletter(facts)
    if isinstance(facts, ListCheckFacts):
        return compose_list_check(facts)
    return compose_subscription(facts)


def issue_news(
    session: Session,
    issue_key: str,
    on_date: date,
    rules: NewsletterRules,
    *,
    closed: bool = False,
) -> list[NewsItem]:
    """Return the news of one issue: what it carries already and, unless closed, what none has."""
    own = NewsItem.issue_key == issue_key
    free = (
        NewsItem.issue_key.is_(None)
        & (NewsItem.published_on <= on_date)
        & (NewsItem.published_on >= on_date - timedelta(days=rules.news_days))
    )
    return list(
        session.scalars(
            select(NewsItem)
            .where(own if closed else own | free)
            .order_by(NewsItem.published_on.desc(), NewsItem.id)
            .limit(rules.max_items)
        )
    )


def coming_events(session: Session, on_date: date, days: int) -> list[EventFacts]:
    """Return the events that a newsletter may announce: dated, ahead, and openbaar.

    Anybody can subscribe and the archive is public, so nothing else may stand in it.
    """
    successor = aliased(Event)
    events = session.scalars(
        select(Event)
        .where(
            Event.on_date > on_date,
            Event.on_date <= on_date + timedelta(days=days),
            Event.visibility == Visibility.PUBLIC,
            Event.state.in_(ANNOUNCED),
            # What moved stands in the agenda on its new date.
            ~select(successor.id)
            .where(successor.replaces_id == Event.id, successor.state != EventState.CANCELLED)
            .exists(),
        )
        .order_by(Event.on_date, Event.key)
    )
    return [event_facts(event) for event in events]


def _told_before(session: Session, event: Event) -> int:
    """Return the oldest revision that some invitee was last told of, or the newest there is."""
    oldest = session.scalar(
        select(Invitation.revision_sent)
        .where(Invitation.event_id == event.id, Invitation.revision_sent >= 0)
        .order_by(Invitation.revision_sent)
        .limit(1)
    )
    return event.revision if oldest is None else oldest


def _in_words(changes: list[EventChange], zone: ZoneInfo) -> tuple[ChangeFacts, ...]:
    return tuple(
        ChangeFacts(
            FIELD_NAMES[change.field],
            _words(change.before, change, zone),
            _words(change.after, change, zone),
        )
        for change in changes
        if change.field in FIELD_NAMES
    )


def _words(value: str | None, change: EventChange, zone: ZoneInfo) -> str:
    if not value or change.field == "programme":
        return ""
    if change.field == "on_date":
        return format_date(date.fromisoformat(value))
    if change.field == "starts_at":
        return f"{format_time(datetime.fromisoformat(value), zone)} uur"
    return value


def _images(session: Session, items: list[NewsItem]) -> dict[str, tuple[int, int, str]]:
    hashes = [item.image_sha256 for item in items if item.image_sha256]
    rows = session.execute(
        select(NewsImage.sha256, NewsImage.width, NewsImage.height, NewsImage.media_type).where(
            NewsImage.sha256.in_(hashes)
        )
    )
    return {sha256: (width, height, media_type) for sha256, width, height, media_type in rows}


def _item(
    item: NewsItem, images: dict[str, tuple[int, int, str]], network: NetworkFacts
) -> IssueItem:
    width, height, _ = images.get(item.image_sha256 or "", (0, 0, ""))
    return IssueItem(
        title=item.title,
        summary=item.summary,
        url=item.url,
        topic_key=item.topic_key,
        image_url=f"{network.base_url}/afbeelding/{item.image_sha256}" if width else None,
        image_alt=item.image_alt,
        image_width=width,
        image_height=height,
        partner=item.partner,
    )
