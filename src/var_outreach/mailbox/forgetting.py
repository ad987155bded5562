"""What came back, without from whom: for whoever is forgotten.

*Reads / Writes*: messages that were read. *Next*: ``pipeline.py`` commits it. What sort of message
it was stays, so that the same file counts once.
"""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from var_outreach.mailbox.model import MailboxMessage


def forget_messages(session: Session, address: str) -> None:
    """Empty what messages from or about ``address`` say of the person."""
    lowered = address.lower()
    for message in session.scalars(
        select(MailboxMessage).where(
            or_(
                func.lower(MailboxMessage.recipient) == lowered,
                func.lower(MailboxMessage.sender).contains(lowered, autoescape=True),
            )
        )
    ):
        message.sender = message.subject = message.verdict = message.comment = ""
        message.recipient = message.recipient_token = None
    session.flush()
