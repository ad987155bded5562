"""The tables of the outbox: mailings, their frozen content, and a delivery per recipient.

*Reads*: nothing. *Writes*: nothing. *Next*: ``outbox/mailings.py`` moves a mailing through its
states, ``outbox/enqueue.py`` and ``outbox/claims.py`` move its deliveries through theirs.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import Invitation
from var_outreach.storage.base import Base, Id, choice

ONCE_AT_MOST = frozenset({MailKind.NEWSLETTER.value, MailKind.AD_HOC.value})
"""The kinds of which nobody wants two; in doubt, a person decides."""


class MailingState(StrEnum):
    """draft -> approved -> sending -> sent, or held, cancelled, expired."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class DeliveryState(StrEnum):
    """queued -> claimed -> transmitting -> sent, deferred, failed, uncertain or skipped."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    TRANSMITTING = "transmitting"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


OPEN = (
    DeliveryState.QUEUED,
    DeliveryState.CLAIMED,
    DeliveryState.TRANSMITTING,
    DeliveryState.DEFERRED,
)
"""The states of which something may still go out without anybody's word."""


class Mailing(Base):
    """One thing to send."""

    __tablename__ = "mailing"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    """(kind, event or issue, occurrence): ``invitation:2025-leerhuis-april``."""
    kind: Mapped[str]
    subject_key: Mapped[str | None] = mapped_column(index=True)
    """The key of the event or the newsletter issue that it is about."""
    state: Mapped[MailingState] = mapped_column(choice(MailingState), index=True)
    standing: Mapped[bool] = mapped_column(default=False)
    """Its audience is read again as long as its window is open."""
    audience: Mapped[dict[str, Any]]
    """The audience definition, frozen with the approval."""
    scheduled_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """Past this it waits for a person."""
    reason: Mapped[str]
    """Which rule or person made it, in words."""
    held_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    """The content version that queued rows take."""
    approved_hash: Mapped[str | None]
    """Hash of every variant, sender, kind and audience definition at approval."""
    approved_count: Mapped[int | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    released_at: Mapped[datetime | None]
    enqueued_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]

    contents: Mapped[list[MailingContent]] = relationship(back_populates="mailing")


class MailingContent(Base):
    """One frozen variant of one version of a mailing's content; never changed."""

    __tablename__ = "mailing_content"
    __table_args__ = (UniqueConstraint("mailing_id", "version", "variant"),)

    id: Mapped[Id]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id"), index=True)
    version: Mapped[int]
    variant: Mapped[str]
    """The language and, where it matters, the state written to: ``nl``, ``en/accepted``."""
    hash: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The variant as ``composing/content.py`` serialises it, places of the person cut out."""

    mailing: Mapped[Mailing] = relationship(back_populates="contents")


class Delivery(Base):
    """One mailing to one recipient, once an occurrence."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("mailing_id", "recipient_key", "occurrence"),
        Index("ix_delivery_turn", "state", "is_bulk", "not_before"),
        Index("ix_delivery_recipient_key", "recipient_key"),
    )

    id: Mapped[Id]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id"), index=True)
    recipient_key: Mapped[str]
    """``invitation:12``, ``registration:31``, ``subscription:9`` or ``contact:5``."""
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    """The calendar entry that it is about: a newer mail about it supersedes a waiting older one."""
    occurrence: Mapped[int] = mapped_column(default=0)
    """0, or the version of the registration, subscription or event that is told of."""
    token: Mapped[str] = mapped_column(unique=True)
    """In the envelope sender and Message-ID: a bounce is believed by it alone."""
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState))
    version: Mapped[int]
    variant: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    places: Mapped[dict[str, Any]]
    """What is filled in for this person."""
    calendar: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Calendar facts of this person's entry: method, uid, sequence, partstat ..."""
    is_bulk: Mapped[bool] = mapped_column(default=False)
    """Waits behind everything else: an answer is confirmed while a newsletter is on its way."""
    message_id: Mapped[str]
    dated_at: Mapped[datetime]
    """The Date header and DTSTAMP: a re-send gives the same bytes."""
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    """When the four days began after which it is given up; trouble with us begins them anew."""
    lease_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reply_code: Mapped[int | None]
    reply_text: Mapped[str | None]
    skipped_because: Mapped[str | None]
    """suppressed, unsubscribed, answered, superseded, cancelled or expired."""
    bounced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    mailing: Mapped[Mailing] = relationship()
    invitation: Mapped[Invitation | None] = relationship()


class TransportPause(Base):
    """A transport that stands still because something is wrong with us, not with a recipient."""

    __tablename__ = "transport_pause"

    transport: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """None until a person says go on."""
    slow: Mapped[bool] = mapped_column(default=False)
    """The server asked for less: after the pause it gets one connection for a while."""
    reason: Mapped[str]
    alerted_at: Mapped[datetime | None]
