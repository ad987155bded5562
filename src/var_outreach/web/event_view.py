"""An event as the pages show it: its facts in words, and what a visitor can do about it.

*Reads*: events and the number of places left, through ``registrations/store``. *Writes*: nothing.
*Next*: the agenda, the event page, the answer page and the personal page show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.facts import EventFacts, event_facts
from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.errors import NotFound
from var_outreach.i18n import format_moment
from var_outreach.people.model import Organisation, Topic
from var_outreach.programme.speaking import with_speakers
from var_outreach.registrations.deadline import is_over, past_deadline
from var_outreach.registrations.model import COMING, RegistrationState
from var_outreach.registrations.store import counts_all, counts_by_state
from var_outreach.web.site import Here
from var_outreach.web.words import STATUS_WORDS, Status, month_short, weekday_short

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
Counts = Mapping[RegistrationState, int]


@dataclass(frozen=True)
class TopicView:
    """A theme with its name in the language of the page."""

    key: str
    name: str


@dataclass(frozen=True)
class SuccessorView:
    """What is held instead of a postponed event, as far as a visitor may know."""

    path: str
    """Of its page, or of the visitor's own invitation to it."""
    when: str


@dataclass(frozen=True)
class EventView:
    """One event, ready for a template."""

    facts: EventFacts
    when: str
    """"donderdag 16 oktober 2025, 9.30 tot 12 uur", or empty without a date."""
    weekday: str
    month: str
    kind: str
    topic: TopicView | None
    status: Status
    word: str
    places_left: int | None
    partners: tuple[str, ...]
    """The names of those it is held with."""
    moved_to: SuccessorView | None = None

    @property
    def key(self) -> str:
        """The event's key, for links."""
        return self.facts.key

    @property
    def can_register(self) -> bool:
        """True if anybody may register now, also for the waiting list."""
        return self.status in {Status.OPEN, Status.FULL} and self.facts.registration_open

    @property
    def is_off(self) -> bool:
        """True if it does not take place on its date."""
        return self.facts.cancelled

    @property
    def is_past(self) -> bool:
        """True if it has been."""
        return self.status is Status.PAST

    @property
    def has_calendar(self) -> bool:
        """True if there is something to put into a calendar."""
        return self.facts.on_date is not None and not self.is_off and not self.is_past


def topics(session: Session, here: Here) -> dict[str, TopicView]:
    """Return the themes by key, in their order."""
    rows = session.scalars(select(Topic).order_by(Topic.position, Topic.id))
    english = here.language == "en"
    return {
        row.key: TopicView(row.key, (row.name_en or row.name_nl) if english else row.name_nl)
        for row in rows
    }


def public_events(session: Session, here: Here) -> list[EventView]:
    """Return every public event of the last year and after, dated ones first and in order."""
    since = here.today - timedelta(days=366)
    rows = session.scalars(
        select(Event)
        .where(Event.visibility == Visibility.PUBLIC)
        .where(Event.on_date.is_(None) | (Event.on_date >= since))
        .order_by(Event.on_date.is_(None), Event.on_date, Event.starts_at, Event.id)
    ).all()
    names, counts = topics(session, here), counts_all(session)
    moved = _public_successors(session, here, rows)
    return [
        view(here, row, names, counts.get(row.id, {}), moved_to=moved.get(row.id)) for row in rows
    ]


def public_event(session: Session, here: Here, key: str) -> EventView:
    """Return the public event called ``key``.

    Raises:
        NotFound: when there is none, or it may not be shown; one query tells neither apart.
    """
    row = public_row(session, key)
    counts = counts_by_state(session, row.id)
    partners = _partners(session, row.partners)
    moved_to = public_successor(session, here, row)
    shown = view(here, row, topics(session, here), counts, partners, moved_to)
    return with_talks(session, here, row, shown)


def with_talks(session: Session, here: Here, row: Event, shown: EventView) -> EventView:
    """Return ``shown`` with the talks of confirmed speakers in its programme."""
    facts = with_speakers(session, row, shown.facts, zone=here.app.settings.zone)
    return replace(shown, facts=facts)


def public_row(session: Session, key: str) -> Event:
    """Return the row of the public event called ``key``; raises NotFound as ``public_event``."""
    row = None
    if _KEY.fullmatch(key):
        row = session.scalar(
            select(Event).where(Event.key == key, Event.visibility == Visibility.PUBLIC)
        )
    if row is None:
        raise NotFound("there is no such event", remedy="Look in the agenda")
    return row


def public_successor(session: Session, here: Here, event: Event) -> SuccessorView | None:
    """Return what is held instead of ``event``, if everybody may know of it."""
    return _public_successors(session, here, [event]).get(event.id)


def _public_successors(
    session: Session, here: Here, events: Sequence[Event]
) -> dict[int, SuccessorView]:
    ids = [event.id for event in events if event.state is EventState.POSTPONED]
    if not ids:
        return {}
    found = session.scalars(
        select(Event).where(
            Event.replaces_id.in_(ids),
            Event.visibility == Visibility.PUBLIC,
            Event.state != EventState.CANCELLED,
        )
    )
    return {
        one.replaces_id: SuccessorView(f"/agenda/{one.key}", moment_of(here, one))
        for one in found
        if one.replaces_id is not None
    }


def moment_of(here: Here, event: Event) -> str:
    """Return when ``event`` is, in the language of the page; empty without a date."""
    if event.on_date is None:
        return ""
    return format_moment(
        event.on_date, event.starts_at, event.ends_at, here.app.settings.zone, here.language,
        until_date=event.until_date,
    )  # fmt: skip


def view(
    here: Here,
    event: Event,
    names: Mapping[str, TopicView],
    counts: Counts,
    partners: tuple[str, ...] = (),
    moved_to: SuccessorView | None = None,
) -> EventView:
    """Return ``event`` as a page shows it; ``counts`` are its registrations by state."""
    facts = event_facts(event)
    left = None
    if facts.capacity is not None:
        # Who waits goes before who comes new, so a free place is free for nobody else.
        waiting = counts.get(RegistrationState.WAITLISTED, 0)
        taken = sum(counts.get(state, 0) for state in COMING)
        left = max(0, facts.capacity - taken - waiting)
    status = status_of(here, event, left)
    if moved_to is not None:
        status = Status.MOVED
    return EventView(
        facts=facts,
        when=moment_of(here, event),
        weekday=weekday_short(facts.on_date, here.language) if facts.on_date else "",
        month=month_short(facts.on_date, here.language) if facts.on_date else "",
        kind=_kind_name(here, facts.kind),
        topic=names.get(facts.topic_key or ""),
        status=status,
        word=here.words.gettext(STATUS_WORDS[status]),
        places_left=left,
        partners=partners,
        moved_to=moved_to,
    )


def status_of(here: Here, event: Event, places_left: int | None) -> Status:
    """Return what a visitor must know of the event first."""
    zone = here.app.settings.zone
    if event.state is EventState.CANCELLED:
        return Status.CANCELLED
    if event.state is EventState.POSTPONED:
        return Status.POSTPONED
    if event.on_date is None or event.state is EventState.UNDATED:
        return Status.UNDATED
    if is_over(event, now=here.now, zone=zone):
        return Status.PAST
    if not event.registration_open:
        return Status.DATE_ONLY if event.starts_at is None else Status.INVITED
    if past_deadline(event, now=here.now, zone=zone):
        return Status.CLOSED
    return Status.FULL if places_left == 0 else Status.OPEN


def _partners(session: Session, keys: Sequence[str]) -> tuple[str, ...]:
    rows = session.scalars(select(Organisation).where(Organisation.key.in_(keys)))
    names = {row.key: row.name for row in rows}
    return tuple(names.get(key, key) for key in keys)


def _kind_name(here: Here, key: str) -> str:
    kind = here.app.kinds.get(key)
    if kind is None:
        return key
    return kind.en if here.language == "en" else kind.nl
