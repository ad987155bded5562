"""The tables of answers: who was invited to what, and what they said.

*Reads*: nothing. *Writes*: nothing. *Next*: ``registrations/store.py`` queries them,
``registrations/answers.py`` changes them.

An ``Invitation`` is one event at one mailbox: one mail, one answer page, one calendar entry. A
``Registration`` is one office's or person's answer on it; three offices that share a mailbox
share one invitation with three registrations.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function
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
            sqlite_where=text("function_id IS NULL"),
            postgresql_where=text("function_id IS NULL"),
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
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_via: Mapped[str | None]
    """page, calendar, staff or rehearsal."""
    answered_revision: Mapped[int | None]
    """The event's revision that the answer was given to."""
    waitlisted_at: Mapped[datetime | None]
    promoted_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    diet: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    """Rises with each change that the invitee must be told of, in that change's transaction."""
    notified_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    invitation: Mapped[Invitation] = relationship(back_populates="registrations")
    function: Mapped[Function | None] = relationship()
    contact: Mapped[Contact] = relationship()


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
