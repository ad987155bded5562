"""The transport and the envelopes that the tests of SMTP share."""

from __future__ import annotations

from tests.dispatch.chaos_smtp import ChaosServer
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.smtp_transaction import Timeouts
from var_outreach.dispatch.transport import Envelope
from var_outreach.settings import Security, SmtpSettings

PATIENT = Timeouts(5, 5, 5, 5, 5, 5, 1)
HASTY = Timeouts(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)
MESSAGE = b"Subject: dag\r\n\r\nhallo\r\n"


def transport(
    server: ChaosServer, *, timeouts: Timeouts = PATIENT, **settings: object
) -> SmtpTransport:
    facts: dict[str, object] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": Security.NONE,
        "helo_name": "outreach.example",
        **settings,
    }
    return SmtpTransport(
        SmtpSettings(**facts),  # type: ignore[arg-type]
        timeouts=timeouts,
        sleep=lambda _: None,
    )


def envelope(number: int = 1, message: bytes = MESSAGE, **changes: str) -> Envelope:
    return Envelope(
        sender=changes.get("sender", f"bounce+t{number}@netwerk.example"),
        recipient=changes.get("recipient", f"r{number}@maasstad.example"),
        envid=changes.get("envid", f"token{number}"),
        message=message,
    )
