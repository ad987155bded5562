"""The tables of the programme: rounds, workshops, who chose what, who speaks.

*Reads*: nothing. *Writes*: nothing. *Next*: ``programme/store.py`` queries them.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact
from var_outreach.registrations.model import Registration
from var_outreach.storage.base import Base, Id, choice


class Round(Base):
    """A part of an event in which each guest is in one workshop."""

    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    key: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    workshops: Mapped[list[Workshop]] = relationship(
        back_populates="round", order_by="Workshop.position"
    )


class Workshop(Base):
    """One workshop in one round; given twice, it is two."""

    __tablename__ = "workshop"
    __table_args__ = (UniqueConstraint("round_id", "key"),)

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    """Markdown."""
    room: Mapped[str] = mapped_column(default="")
    capacity: Mapped[int | None]
    position: Mapped[int]

    round: Mapped[Round] = relationship(back_populates="workshops")


class ChoiceState(StrEnum):
    """What became of a choice."""

    CHOSEN = "chosen"
    WAITING = "waiting"


class WorkshopChoice(Base):
    """A workshop that somebody is in or waits for; in a round, one is in one at most."""

    __tablename__ = "workshop_choice"
    __table_args__ = (
        UniqueConstraint("registration_id", "workshop_id"),
        Index(
            "uq_workshop_choice_one_chosen",
            "registration_id",
            "round_id",
            unique=True,
            sqlite_where=text("state = 'chosen'"),
            postgresql_where=text("state = 'chosen'"),
        ),
    )

    id: Mapped[Id]
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"), index=True)
    state: Mapped[ChoiceState] = mapped_column(choice(ChoiceState))
    since_at: Mapped[datetime]
    """Since when it is chosen or waited for; who waits longest goes first."""

    registration: Mapped[Registration] = relationship()
    round: Mapped[Round] = relationship()
    workshop: Mapped[Workshop] = relationship()


class ProgrammeNotice(Base):
    """What one registration was last told of its workshops."""

    __tablename__ = "programme_notice"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    """Rises with each change that the guest must be told of, in that change's transaction."""
    notified_version: Mapped[int] = mapped_column(default=0)
    moved_up: Mapped[bool] = mapped_column(default=False)
    """All that there is to tell is a place in what the guest waited for."""

    registration: Mapped[Registration] = relationship()


class Speaker(Base):
    """Somebody who speaks at an event; no participant."""

    __tablename__ = "speaker"
    __table_args__ = (UniqueConstraint("event_id", "contact_id"),)

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    """Opens the page on which the speaker confirms and hands in slides' address."""
    title: Mapped[str]
    """What the talk is called."""
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    slides_due_on: Mapped[date | None]
    slides_url: Mapped[str] = mapped_column(default="")
    remark: Mapped[str] = mapped_column(default="")
    """What the speaker needs, in the speaker's own words."""

    event: Mapped[Event] = relationship()
    contact: Mapped[Contact] = relationship()
