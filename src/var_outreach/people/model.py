"""The tables of people: who they are, what office they hold, what they asked for.

*Reads*: nothing. *Writes*: nothing. *Next*: ``people/store.py`` queries them.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.storage.base import Base, Id, choice


class SubscriptionState(StrEnum):
    """Where a subscription stands; only ACTIVE ones are written to."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"


class SuppressionReason(StrEnum):
    """Why nobody may write to an address."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    REQUEST = "request"
    ERASURE = "erasure"


class Organisation(Base):
    """A municipality, the police, the prosecution or another partner."""

    __tablename__ = "organisation"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    """A short name in lowercase ASCII, for example ``gemeente-dordrecht``."""
    name: Mapped[str]
    kind: Mapped[str]
    """gemeente, politie, om, riec, zorg-en-veiligheidshuis or overig."""
    domain: Mapped[str | None]
    """The domain of its mail addresses; tells whether somebody belongs to it."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    """The organisation that took its place, for example after a merger of municipalities."""


class Topic(Base):
    """A theme on which people work and about which they want news."""

    __tablename__ = "topic"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name_nl: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int]


class Contact(Base):
    """A mailbox with a name; without an address, a person reached through a secretariat."""

    __tablename__ = "contact"
    # One contact per mailbox however its local part is cased; also what a lookup goes by.
    __table_args__ = (Index("uq_contact_address_lower", text("lower(address)"), unique=True),)

    id: Mapped[Id]
    address: Mapped[str | None] = mapped_column(unique=True)
    """As checked by ``message.checked_address``, domain in lowercase."""
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="nl")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    """Opens the person's own page and personal feed."""
    source: Mapped[str]
    """Where we have the address from (AVG art. 14), shown in the first mail."""
    legal_basis: Mapped[str]
    """'public_task' or 'consent'."""
    guest_until_on: Mapped[date | None]
    """The last day on which a guest of one event is kept; None for everybody else."""
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    organisation: Mapped[Organisation | None] = relationship()
    topics: Mapped[list[ContactTopic]] = relationship(
        cascade="all, delete-orphan", back_populates="contact"
    )


class ContactAlias(Base):
    """An address that a person had before; whoever looks for it finds the person."""

    __tablename__ = "contact_alias"
    __table_args__ = (Index("uq_contact_alias_address_lower", text("lower(address)"), unique=True),)

    id: Mapped[Id]
    address: Mapped[str]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    since_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship()


class ContactJoin(Base):
    """A contact that turned out to be somebody we knew; its old links lead to who is kept."""

    __tablename__ = "contact_join"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    joined_at: Mapped[datetime]
    joined_by: Mapped[str]


class ContactTopic(Base):
    """A theme that a contact works on or wants news about."""

    __tablename__ = "contact_topic"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)

    contact: Mapped[Contact] = relationship(back_populates="topics")
    topic: Mapped[Topic] = relationship()


class Function(Base):
    """An office: what is invited, whoever holds it on the day."""

    __tablename__ = "function"
    __table_args__ = (
        UniqueConstraint("organisation_id", "role", "portfolio", "from_on", "holder_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str]
    """burgemeester, wethouder, adviseur, officier, districtschef ..., in lowercase."""
    portfolio: Mapped[str] = mapped_column(default="")
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    secretariat_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    """The last day on which the office is held; None while nobody ended it."""

    organisation: Mapped[Organisation] = relationship()
    holder: Mapped[Contact | None] = relationship(foreign_keys=[holder_id])
    secretariat: Mapped[Contact | None] = relationship(foreign_keys=[secretariat_id])


class Subscription(Base):
    """A reader's place on one list, with what proves that it was asked for."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("contact_id", "list_key"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    list_key: Mapped[str] = mapped_column(default="nieuwsbrief")
    state: Mapped[SubscriptionState] = mapped_column(choice(SubscriptionState))
    token: Mapped[str] = mapped_column(unique=True)
    """Leaves this list in one click; never expires."""
    version: Mapped[int] = mapped_column(default=0)
    notified_version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship()
    proofs: Mapped[list[ConsentProof]] = relationship(
        back_populates="subscription", order_by="ConsentProof.id"
    )


class ConsentProof(Base):
    """One act of asking, confirming or leaving (Telecommunicatiewet 11.7); never changed."""

    __tablename__ = "consent_proof"

    id: Mapped[Id]
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    act: Mapped[str]
    """asked, confirmed, imported or left."""
    at: Mapped[datetime]
    wording: Mapped[str]
    """The version of the text that was shown."""
    source: Mapped[str]
    """The page, file or mail where it was given."""

    subscription: Mapped[Subscription] = relationship(back_populates="proofs")


class Suppression(Base):
    """An address to which nothing may go; kept as a keyed hash so that it outlives erasure."""

    __tablename__ = "suppression"
    __table_args__ = (Index("ix_suppression_fingerprint_reason", "fingerprint", "reason"),)

    id: Mapped[Id]
    fingerprint: Mapped[str]
    address: Mapped[str | None]
    """Readable until the person is erased."""
    reason: Mapped[SuppressionReason] = mapped_column(choice(SuppressionReason))
    at: Mapped[datetime]
    evidence: Mapped[dict[str, Any] | None]
    lifted_at: Mapped[datetime | None]


class ColumnMapping(Base):
    """Which column of a partner's file holds what; asked once and remembered by its header."""

    __tablename__ = "column_mapping"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    """What staff call it: "RIEC", "Laposta"."""
    header: Mapped[list[Any]]
    """The file's column titles, in order."""
    columns: Mapped[dict[str, Any]]
    """Our field -> the file's column title."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class ListCheck(Base):
    """One time that somebody of an organisation was asked whether its list is still right."""

    __tablename__ = "list_check"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    """Who is asked."""
    token: Mapped[str] = mapped_column(unique=True)
    """Opens the page on which the list is corrected."""
    asked_at: Mapped[datetime]
    until_on: Mapped[date]
    """The last day on which the page takes corrections."""
    answered_at: Mapped[datetime | None]
    corrections: Mapped[list[Any]]
    """What was changed, in words, for staff."""
    notified_at: Mapped[datetime | None]
    """When the mail that asks was enqueued."""

    organisation: Mapped[Organisation] = relationship()
    contact: Mapped[Contact] = relationship()
