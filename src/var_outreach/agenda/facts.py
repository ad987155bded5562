"""An event as plain data, handed on to planning, composing and the pages.

*Reads*: ``agenda/model.py`` rows. *Writes*: nothing. *Next*: everybody after the agenda works on
``EventFacts``; only the agenda itself changes an ``Event``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.agenda.questions import Question, questions_of


@dataclass(frozen=True)
class ProgrammeLine:
    """One line of the programme; times as printed ("09.30")."""

    start: str
    end: str
    title: str
    speaker: str = ""


@dataclass(frozen=True)
class Link:
    """A link with its words."""

    title: str
    url: str


@dataclass(frozen=True)
class EventFacts:
    """What is known of an event at one moment."""

    id: int
    key: str
    kind: str
    title: str
    topic_key: str | None
    state: EventState
    visibility: Visibility
    on_date: date | None
    until_date: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    doors_at: datetime | None
    place: str | None
    address: str | None
    online_url: str | None
    description: str | None
    meant_for: str | None
    audience_key: str | None
    programme: tuple[ProgrammeLine, ...]
    partners: tuple[str, ...]
    capacity: int | None
    answer_by_on: date | None
    asks_diet: bool
    registration_open: bool
    quantity: int
    recap_markdown: str | None
    recap_links: tuple[Link, ...]
    series_uid: str
    revision: int
    date_revision: int
    known_at: datetime
    changed_at: datetime
    date_known_at: datetime | None = None
    questions: tuple[Question, ...] = ()
    """What is asked of whoever comes, besides the diet."""
    replaces_key: str | None = None
    """The postponed event that this one is held instead of."""

    @property
    def date_only(self) -> bool:
        """True while no hour is known: the entry is a "save the date"."""
        return self.starts_at is None

    @property
    def cancelled(self) -> bool:
        """True if the event does not take place on its date."""
        return self.state in {EventState.CANCELLED, EventState.POSTPONED}

    @property
    def last_date(self) -> date | None:
        """The day on which it ends."""
        return self.until_date or self.on_date

    def calendar_fingerprint(self) -> str:
        """Return a hash of what raises SEQUENCE: date, time, place, form and status."""
        parts = (
            self.on_date,
            self.until_date,
            self.starts_at,
            self.ends_at,
            self.place,
            self.address,
            self.online_url,
            self.cancelled,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def event_facts(event: Event) -> EventFacts:
    """Return ``event`` as it stands now."""
    return EventFacts(
        id=event.id,
        key=event.key,
        kind=event.kind,
        title=event.title,
        topic_key=event.topic_key,
        state=event.state,
        visibility=event.visibility,
        on_date=event.on_date,
        until_date=event.until_date,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        doors_at=event.doors_at,
        place=event.place,
        address=event.address,
        online_url=event.online_url,
        description=event.description,
        meant_for=event.meant_for,
        audience_key=event.audience_key,
        programme=tuple(
            ProgrammeLine(
                start=line.get("from", ""),
                end=line.get("to", ""),
                title=line["title"],
                speaker=line.get("speaker", ""),
            )
            for line in event.programme
        ),
        partners=tuple(event.partners),
        capacity=event.capacity,
        answer_by_on=event.answer_by_on,
        asks_diet=event.asks_diet,
        registration_open=event.registration_open,
        quantity=event.quantity,
        recap_markdown=event.recap_markdown,
        recap_links=tuple(Link(link["title"], link["url"]) for link in event.recap_links),
        series_uid=event.series_uid,
        revision=event.revision,
        date_revision=event.date_revision,
        known_at=event.known_at,
        changed_at=event.changed_at,
        date_known_at=event.date_known_at,
        questions=questions_of(event.questions),
        replaces_key=event.replaces.key if event.replaces_id and event.replaces else None,
    )
