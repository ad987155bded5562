"""What was made of one message.

*Reads*: nothing. *Writes*: nothing. *Next*: ``mailbox/read.py`` stores it, the CLI prints it.
"""

from __future__ import annotations

from dataclasses import dataclass

from var_outreach.mailbox.model import MessageKind


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One message, what it is, and what was done; ``None`` and "" mean that it does not say."""

    file: str
    kind: MessageKind
    recipient: str | None = None
    """The address that bounced, complained or was invited."""
    hard: bool | None = None
    status: str = ""
    """Enhanced status code (RFC 3463), "5.1.1"."""
    code: int | None = None
    """SMTP reply code, 550."""
    uid: str = ""
    partstat: str = ""
    attendee: str = ""
    comment: str = ""
    verdict: str = ""
    token_ok: bool = False
    token: str | None = None
    for_staff: bool = False
