"""The table of messages that came back and what was made of each.

*Reads*: nothing. *Writes*: nothing. *Next*: ``mailbox/read.py`` adds a row in the transaction
that does what the message asks, so that each message counts once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from var_outreach.storage.base import Base, Id, choice


class MessageKind(StrEnum):
    """What a message that came back is."""

    CALENDAR_REPLY = "calendar-reply"
    COUNTER = "counter"
    REFRESH = "refresh"
    DELEGATION = "delegation"
    BOUNCE = "bounce"
    DELAYED = "delayed"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    OTHER = "other"


class MailboxMessage(Base):
    """One message that was read; never changed, except that staff have seen to it."""

    __tablename__ = "mailbox_message"
    __table_args__ = (Index("ix_mailbox_message_folder_message_key", "folder", "message_key"),)

    id: Mapped[Id]
    folder: Mapped[str]
    message_key: Mapped[str]
    """Its name in the folder, without the flags that change when somebody reads it."""
    content_sha256: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind), index=True)
    sender: Mapped[str]
    subject: Mapped[str]
    verdict: Mapped[str]
    """What was done, in words."""
    for_staff: Mapped[bool] = mapped_column(default=False, index=True)
    """A person has to look at it."""
    hard: Mapped[bool | None]
    """For a bounce: whether the address itself is at fault."""
    recipient: Mapped[str | None] = mapped_column(index=True)
    """The address that bounced, complained or answered; only if the token was ours."""
    recipient_token: Mapped[str | None]
    """Our own token that was found in it, of an invitation or a delivery."""
    comment: Mapped[str] = mapped_column(default="")
    read_at: Mapped[datetime]
