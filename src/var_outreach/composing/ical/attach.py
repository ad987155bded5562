"""The two MIME parts of a calendar mail: the one that gets buttons, and its twin to save.

*Reads*: the bytes of a calendar. *Writes*: nothing. *Next*: the mail builder puts ``inline`` as the
last part of multipart/alternative and ``attachment`` after it in multipart/mixed (RFC 6047 2.4).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from var_outreach.errors import InputError

_METHOD = re.compile(rb"^METHOD:([A-Z]+)\r\n", re.MULTILINE)
_METHODS = frozenset({"REQUEST", "CANCEL", "DECLINECOUNTER", "PUBLISH"})
_LINE_OCTETS = 57
"""Octets before base64 that make a line of 76 after it (RFC 2045 6.8)."""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """One MIME part: its header fields in order, and its body, base64 in CRLF lines."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def as_bytes(self) -> bytes:
        """Return header fields, empty line and body, ready to stand between two boundaries."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return fields.encode("ascii") + b"\r\n" + self.body


@dataclass(frozen=True, slots=True)
class CalendarParts:
    """Both parts; their bodies decode to the same bytes."""

    method: str
    inline: CalendarPart
    attachment: CalendarPart


def compose_parts(calendar: bytes) -> CalendarParts:
    """Return the two MIME parts that carry ``calendar``.

    The ``method`` parameter is read from the calendar itself, for Outlook rejects a mail in which
    the two differ (RFC 6047 2.4). An attachment alone would give no buttons there.

    Raises:
        InputError: when the calendar has no METHOD, more than one, or one that we never mail.
    """
    head = calendar.partition(b"\r\nBEGIN:")[0] + b"\r\n"
    methods = [match.decode("ascii") for match in _METHOD.findall(head)]
    if len(methods) != 1 or methods[0] not in _METHODS:
        raise InputError(
            f"a calendar to mail needs one METHOD, and this one has {methods or 'none'}",
            remedy="Compose it with compose_request, compose_cancel or their kin.",
        )
    (method,) = methods
    body = _base64_lines(calendar)
    transfer = ("Content-Transfer-Encoding", "base64")
    inline = CalendarPart(
        (("Content-Type", f"text/calendar; method={method}; charset=UTF-8"), transfer), body
    )
    attachment = CalendarPart(
        (
            ("Content-Type", 'application/ics; name="invite.ics"'),
            ("Content-Disposition", 'attachment; filename="invite.ics"'),
            transfer,
        ),
        body,
    )
    return CalendarParts(method, inline, attachment)


def _base64_lines(data: bytes) -> bytes:
    lines = (data[at : at + _LINE_OCTETS] for at in range(0, len(data), _LINE_OCTETS))
    return b"".join(base64.b64encode(line) + b"\r\n" for line in lines)
