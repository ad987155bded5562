"""The bytes that go over an SMTP connection: commands with their parameters, and the message.

*Reads*: an ``Envelope`` and what the server offers. *Writes*: nothing. *Next*: ``smtp`` sends them.
"""

from __future__ import annotations

import re
from collections.abc import Container

from var_outreach.dispatch.transport import Envelope

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ENVID_OCTETS = 100
"""The longest ENVID before encoding (RFC 3461 4.4)."""


def normalised(message: bytes) -> bytes:
    """Return ``message`` in CRLF lines, the last one ended too.

    A lone CR or LF ends a line: what one server reads as text another may read as the end of the
    message, and a second message hides behind it (SMTP smuggling; RFC 5321 2.3.8).
    """
    ends = message.count(b"\r\n")
    if message.count(b"\n") != ends or message.count(b"\r") != ends:
        message = _LINE_END.sub(b"\r\n", message)
    return message if not message or message.endswith(b"\r\n") else message + b"\r\n"


def data_block(message: bytes, *, in_crlf_lines: bool = False) -> bytes:
    """Return ``message`` with dots stuffed and the final dot (RFC 5321 4.5.2)."""
    lines = (message if in_crlf_lines else normalised(message)).replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + b".\r\n"


def mail_command(envelope: Envelope, offered: Container[str]) -> bytes:
    """Return MAIL with SIZE (RFC 1870), BODY (RFC 6152), RET and ENVID (RFC 3461) where offered."""
    command = f"MAIL FROM:<{envelope.sender}>"
    if "size" in offered:
        command += f" SIZE={len(envelope.message)}"
    if "8bitmime" in offered and not envelope.message.isascii():
        command += " BODY=8BITMIME"
    if "dsn" in offered:
        command += " RET=HDRS"
        if envelope.envid and len(envelope.envid) <= _ENVID_OCTETS:
            command += f" ENVID={xtext(envelope.envid)}"
    return f"{command}\r\n".encode("ascii")


def rcpt_command(envelope: Envelope, offered: Container[str]) -> bytes:
    """Return RCPT; asks for word of failure only, where the server offers DSN."""
    # NOTIFY with an empty return path would ask for a report that can reach nobody.
    notify = " NOTIFY=FAILURE" if "dsn" in offered and envelope.sender else ""
    return f"RCPT TO:<{envelope.recipient}>{notify}\r\n".encode("ascii")


def xtext(text: str) -> str:
    """Return ``text`` as xtext (RFC 3461 4): printable ASCII, the rest as +HH."""
    if text.isascii() and text.isalnum():
        return text
    return "".join(
        chr(octet) if 0x21 <= octet <= 0x7E and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode()
    )
