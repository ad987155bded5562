"""The tables of the agenda: events, what an import said of them, what changed when.

*Reads*: nothing. *Writes*: nothing. *Next*: ``agenda/store.py`` queries them;
``agenda/facts.py`` hands an event on as plain data.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.storage.base import Base, Id, choice


class EventState(StrEnum):
    """What is known of an event."""

    UNDATED = "undated"
    PLANNED = "planned"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    HELD = "held"


class Visibility(StrEnum):
    """Who may know that an event exists."""

    PUBLIC = "openbaar"
    NETWORK = "netwerk"
    CLOSED = "besloten"


class Event(Base):
    """One entry of the agenda."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    """Stands in links and mailing keys; made once from date and title, never changed."""
    source: Mapped[str]
    source_id: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    topic_key: Mapped[str | None]
    state: Mapped[EventState] = mapped_column(choice(EventState))
    visibility: Mapped[Visibility] = mapped_column(choice(Visibility))
    on_date: Mapped[date | None] = mapped_column(index=True)
    until_date: Mapped[date | None]
    """The last day of an event of several days."""
    starts_at: Mapped[datetime | None]
    """None while only the date is known."""
    ends_at: Mapped[datetime | None]
    doors_at: Mapped[datetime | None]
    """Inloop."""
    place: Mapped[str | None]
    address: Mapped[str | None]
    online_url: Mapped[str | None]
    description: Mapped[str | None]
    """Markdown."""
    meant_for: Mapped[str | None]
    """For whom, in words: 'burgemeesters, wethouders en hun adviseurs'."""
    audience_key: Mapped[str | None]
    """The audience that is invited; None takes the kind's."""
    programme: Mapped[list[Any]]
    """[{"from": "09.30", "to": "10.00", "title": ..., "speaker": ...}]"""
    partners: Mapped[list[Any]]
    """Keys of partner organisations whose logos stand beside ours."""
    capacity: Mapped[int | None]
    max_per_organisation: Mapped[int | None]
    answer_by_on: Mapped[date | None]
    asks_diet: Mapped[bool] = mapped_column(default=False)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    """The event's own questions: [{"key", "label", "label_en", "kind", "options", "required"}]"""
    registration_open: Mapped[bool] = mapped_column(default=False)
    """Anybody may register, not only who was invited."""
    quantity: Mapped[int] = mapped_column(default=1)
    """For an undated event: how many such meetings are promised."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    """The postponed event that this one is held instead of."""
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"), index=True)
    """The event that this one follows: where that moves, this moves along."""
    counted_live: Mapped[int | None]
    """How many took part where a video service counted them."""
    counted_views: Mapped[int | None]
    """How often the recording was viewed."""
    reply_totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What guests needed, in numbers, once their replies are erased: {key: {wording: count}}."""
    notes: Mapped[list[Any]]
    """What an import remarked; for staff."""
    recap_markdown: Mapped[str | None]
    """The look-back, when it is written."""
    recap_links: Mapped[list[Any]]
    """[{"title": ..., "url": ...}]"""
    series_uid: Mapped[str] = mapped_column(unique=True)
    """UID in the public feed."""
    revision: Mapped[int] = mapped_column(default=0)
    """Rises with each change that invitees must hear of."""
    date_revision: Mapped[int] = mapped_column(default=0)
    """The revision at which the date or time last moved to another moment."""
    known_at: Mapped[datetime]
    """When we first heard of it."""
    date_known_at: Mapped[datetime]
    """When we first heard of its date: windows that closed before do not apply."""
    changed_at: Mapped[datetime]
    imported: Mapped[dict[str, Any]]
    """The fields as the file last gave them; only a difference from these is applied."""

    replaces: Mapped[Event | None] = relationship(
        foreign_keys=[replaces_id], remote_side="Event.id"
    )
    follows: Mapped[Event | None] = relationship(foreign_keys=[follows_id], remote_side="Event.id")
    changes: Mapped[list[EventChange]] = relationship(
        back_populates="event", order_by="EventChange.id"
    )


class EventChange(Base):
    """One field of one event, before and after; never changed."""

    __tablename__ = "event_change"

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    revision: Mapped[int]
    """The revision that this change made or, if invitees need not know, left."""
    field: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    at: Mapped[datetime]
    by: Mapped[str]

    event: Mapped[Event] = relationship(back_populates="changes")
