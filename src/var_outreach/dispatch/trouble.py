"""What a transport raises when a message was not simply accepted or refused.

*Reads*: nothing. *Writes*: nothing. *Next*: ``policy.judge`` turns each of these, as it does a
reply, into what happens to the delivery and to the transport.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from var_outreach.errors import OutreachError


class TroubleKind(StrEnum):
    """What is wrong with us, or with our way to the server."""

    CONNECT = "connect"
    DNS = "dns"
    TLS = "tls"
    CERTIFICATE = "certificate"
    STARTTLS_MISSING = "starttls_missing"
    GREETING = "greeting"
    AUTH = "auth"
    SENDER_REFUSED = "sender_refused"
    REFUSED_EVERYWHERE = "refused_everywhere"
    """Several recipients in a row, in different domains, were refused for policy."""
    STORAGE = "storage"


class TransportTrouble(OutreachError):
    """The transport cannot be used: no fault of any recipient.

    ``temporary`` trouble may pass by itself, other trouble waits for a person.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 502

    def __init__(
        self,
        kind: TroubleKind,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        temporary: bool = False,
        code: int | None = None,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.kind = kind
        self.temporary = temporary
        self.code = code


class ConnectionLost(OutreachError):
    """The connection broke during a message.

    ``maybe_accepted``: the final dot was sent and no answer came, so nobody knows (RFC 1047).
    ``unanswered``: the server said nothing at all to this message; on a connection that was used
    before, it had most likely closed it while it lay idle.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 502

    def __init__(
        self, what: str, *, where: str = "", maybe_accepted: bool = False, unanswered: bool = False
    ) -> None:
        super().__init__(what, where=where, remedy="It is tried again by itself")
        self.maybe_accepted = maybe_accepted
        self.unanswered = unanswered


class SlowDown(OutreachError):
    """The server asks for less: 421, or enhanced status 4.7.28. Nothing was accepted."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 503

    def __init__(self, what: str, *, where: str = "", code: int = 421) -> None:
        super().__init__(what, where=where, remedy="Sending goes on after a pause")
        self.code = code
