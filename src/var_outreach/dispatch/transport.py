"""What every transport takes and gives: an envelope in, a reply out.

*Reads*: nothing. *Writes*: nothing. *Next*: ``smtp`` and ``maildir`` implement it, ``sender``
calls it, ``policy`` judges the reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from var_outreach.message import checked_address

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one recipient.

    Raises HeaderError for an address that may not stand in MAIL or RCPT: Python's own classes let
    ESMTP parameters after an address through.
    """

    sender: str
    """The return path; empty for a message that must not bounce (RFC 5321 4.5.5)."""
    recipient: str
    message: bytes
    envid: str
    """The delivery token: known again in a DSN (RFC 3461 4.4) and in a file name."""
    in_crlf_lines: bool = False
    """True where whoever made the message vouches for it: looking takes longer than sending."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipient", checked_address(self.recipient))
        if self.sender:
            object.__setattr__(self, "sender", checked_address(self.sender))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered; to ``command`` MAIL, RCPT, DATA or "." (after the message)."""

    code: int
    text: str
    command: str = "."

    @property
    def accepted(self) -> bool:
        """Whether the server took the responsibility for the message."""
        return 200 <= self.code < 300

    @property
    def status(self) -> str | None:
        """The enhanced status code (RFC 3463), such as ``5.1.1``, if it begins the text."""
        found = _STATUS.match(self.text)
        return found.group() if found else None

    @property
    def slows_down(self) -> bool:
        """Whether the server asks for less mail rather than refusing this one."""
        return self.code == 421 or (400 <= self.code < 500 and self.status == "4.7.28")

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Connection(Protocol):
    """An open way out, used by one thread at a time."""

    def send(self, envelope: Envelope) -> Reply:
        """Hand over one message and return the last word on it.

        Raises TransportTrouble, ConnectionLost or SlowDown.
        """
        ...

    def close(self) -> None:
        """Take leave; raises nothing."""
        ...


class Transport(Protocol):
    """A way for mail to leave."""

    @property
    def name(self) -> str:
        """The name under which it is paused: ``smtp`` or ``maildir``."""
        ...

    def connect(self) -> Connection:
        """Return a new connection; raises TransportTrouble or SlowDown."""
        ...
