"""The tables of answers: who was invited to what, and what they said.

*Reads*: nothing. *Writes*: nothing. *Next*: ``registrations/store.py`` queries them,
``registrations/answers.py`` changes them.

An ``Invitation`` is one event at one mailbox: one mail, one answer page, one calendar entry. A
``Registration`` is one office's or person's answer on it; three offices that share a mailbox
share one invitation with three registrations.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.storage.base import Base, Id, choice


class RegistrationState(StrEnum):
    """What one invitee's answer to one event comes to."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    REPRESENTED = "represented"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    ABSENT = "absent"
    REQUESTED = "requested"
    """Somebody who was not invited would like to come; staff decide."""


COMING = frozenset(
    {RegistrationState.ACCEPTED, RegistrationState.ATTENDED, RegistrationState.ABSENT}
)
"""The states that take a place."""


class Invitation(Base):
    """One event at one mailbox for life: the calendar entry and the link."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("event_id", "contact_id"),)

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    """In the link, in the ORGANIZER's address and in the UID; never expires."""
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=-1)
    """SEQUENCE of the newest calendar mail made for it; -1 before the first."""
    calendar_facts: Mapped[str] = mapped_column(default="")
    """Fingerprint of date, time, place, form and status as last sent."""
    revision_sent: Mapped[int] = mapped_column(default=-1)
    """The event's revision that this mailbox was told of; -1 before the first mail."""
    date_sequence: Mapped[int] = mapped_column(default=0)
    """SEQUENCE from which a calendar entry shows the present date; a reply below it is stale."""
    reply_sequence: Mapped[int | None]
    reply_dtstamp: Mapped[datetime | None]
    """Of the newest calendar reply that counted (RFC 5546 2.1.5)."""
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    contact: Mapped[Contact] = relationship()
    registrations: Mapped[list[Registration]] = relationship(
        back_populates="invitation", order_by="Registration.id"
    )


class Registration(Base):
    """One office's or person's answer to one event."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("event_id", "function_id"),
        Index(
            "uq_registration_event_contact_personal",
            "event_id",
            "contact_id",
            unique=True,
            sqlite_where=text("function_id IS NULL AND brought_by_id IS NULL"),
            postgresql_where=text("function_id IS NULL AND brought_by_id IS NULL"),
        ),
        Index("ix_registration_event_state", "event_id", "state"),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), index=True)
    function_id: Mapped[int | None] = mapped_column(ForeignKey("function.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    """The mailbox that is written to: the function's, or the person's own."""
    state: Mapped[RegistrationState] = mapped_column(choice(RegistrationState))
    attendee_name: Mapped[str]
    """Who comes; the holder of the office unless somebody comes instead."""
    attendee_function: Mapped[str] = mapped_column(default="")
    """What who comes is called on a badge: "wethouder"; empty for the office itself."""
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    """For whom somebody comes who holds no invited office; an office has its own."""
    represented_by_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"), index=True)
    """The registration of who comes instead of this office's holder."""
    brought_by_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"), index=True)
    """The registration on whose page this person was named, as substitute or colleague."""
    group_link_id: Mapped[int | None] = mapped_column(ForeignKey("group_link.id"), index=True)
    """The forwardable link by which this person came in."""
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_via: Mapped[str | None]
    """page, calendar, staff, rehearsal, host (who named this person) or link."""
    answered_revision: Mapped[int | None]
    """The event's revision that the answer was given to."""
    waitlisted_at: Mapped[datetime | None]
    promoted_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    diet: Mapped[str] = mapped_column(default="")
    replies: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Replies to the event's own questions, by the question's key; emptied after the event."""
    version: Mapped[int] = mapped_column(default=0)
    """Rises with each change that the invitee must be told of, in that change's transaction."""
    notified_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    invitation: Mapped[Invitation] = relationship(back_populates="registrations")
    function: Mapped[Function | None] = relationship()
    contact: Mapped[Contact] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    # An office and its substitute refer to each other: one of the two is written afterwards.
    represented_by: Mapped[Registration | None] = relationship(
        foreign_keys=[represented_by_id], remote_side="Registration.id", post_update=True
    )
    brought_by: Mapped[Registration | None] = relationship(
        foreign_keys=[brought_by_id], remote_side="Registration.id"
    )


class RegistrationChange(Base):
    """One answer, before and after; never changed."""

    __tablename__ = "registration_change"

    id: Mapped[Id]
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    before: Mapped[RegistrationState | None] = mapped_column(choice(RegistrationState))
    after: Mapped[RegistrationState] = mapped_column(choice(RegistrationState))
    at: Mapped[datetime]
    by: Mapped[str]
    via: Mapped[str]
    comment: Mapped[str] = mapped_column(default="")

    registration: Mapped[Registration] = relationship()


class GroupLink(Base):
    """A link to one event that an organisation may forward to its own people."""

    __tablename__ = "group_link"

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    token: Mapped[str] = mapped_column(unique=True)
    meant_for: Mapped[str] = mapped_column(default="")
    """For whom, in words: "raadsleden"."""
    max_places: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    organisation: Mapped[Organisation] = relationship()


class PartnerAccess(Base):
    """A link by which a colleague of a partner sees one event, its guests and its figures."""

    __tablename__ = "partner_access"

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    name: Mapped[str]
    """Who holds it."""
    partner_key: Mapped[str] = mapped_column(default="")
    """The partner whose news items stand on it too."""
    token: Mapped[str] = mapped_column(unique=True)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    until_on: Mapped[date]
    closed_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
