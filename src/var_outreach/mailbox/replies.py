"""Reads what a calendar sends back: an answer, another time, a delegate (RFC 5546 3.2.3).

*Reads*: a parsed message. *Writes*: nothing. *Next*: ``mailbox/calendar_answers.py`` decides what
a ``CalendarReply`` changes.

Only the lines are parsed, never the values that clients get wrong: a time zone with a Windows
name or a broken DTSTAMP does not cost the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from icalendar.parser import Contentline

from var_outreach.mailbox.parsed import TEXT_LIMIT, ParsedMail, parameter, part_text
from var_outreach.message import without_controls

METHODS = ("REPLY", "COUNTER", "REFRESH")
"""What an invitee's calendar may send us."""
ANSWERS = ("ACCEPTED", "TENTATIVE", "DECLINED")
MAX_LINES = 5000
COMMENT_LIMIT = 2000


@dataclass(frozen=True)
class Attendee:
    """An ATTENDEE line; addresses in lowercase without ``mailto:``."""

    address: str
    partstat: str
    sent_by: str = ""
    delegated_to: str = ""
    delegated_from: str = ""


@dataclass(frozen=True)
class CalendarReply:
    """What one calendar part says."""

    method: str
    """REPLY, COUNTER, REFRESH; empty if the part names no method at all."""
    uid: str
    sequence: int
    """0 if it is missing or no number (RFC 5545 3.8.7.4)."""
    dtstamp: datetime | None
    attendees: tuple[Attendee, ...]
    comment: str
    recurrence_id: datetime | None = None
    proposed: str = ""
    """For a COUNTER: the start that is proposed, as written."""

    def attendee_among(self, addresses: frozenset[str]) -> Attendee | None:
        """Return the attendee who has or is sent by one of ``addresses``, else the only one."""
        for attendee in self.attendees:
            if attendee.address in addresses:
                return attendee
        for attendee in self.attendees:
            if attendee.sent_by in addresses:
                return attendee
        return self.attendees[0] if len(self.attendees) == 1 else None


@dataclass
class _Component:
    name: str
    lines: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def first(self, name: str) -> str:
        return next((value for key, _, value in self.lines if key == name), "")


def read_reply(mail: ParsedMail) -> CalendarReply | None:
    """Return what the calendar part of ``mail`` says; None if there is none from an invitee.

    ``application/ics`` counts only where no ``text/calendar`` is (it is a copy elsewhere).
    """
    for wanted in ("text/calendar", "application/ics"):
        parts = [part for part in mail.parts if part.get_content_type() == wanted]
        for part in parts:
            reply = parse_reply(part_text(part), parameter(part, "method"))
            if reply is not None:
                return reply
        if parts:
            return None
    return None


def parse_reply(text: str, declared_method: str = "") -> CalendarReply | None:
    """Return the reply in the iCalendar ``text``; None if it holds none.

    ``declared_method`` is the parameter of the mail part, for a calendar without METHOD.
    """
    components = _components(text)
    calendar = next((one for one in components if one.name == "VCALENDAR"), None)
    events = [one for one in components if one.name == "VEVENT"]
    if calendar is None:
        return None
    method = (calendar.first("METHOD") or declared_method).strip().upper()
    if method not in METHODS and (method or not events):
        return None
    # A damaged part that still says what it is goes to staff rather than nowhere.
    event = events[0] if events else _Component("VEVENT")
    comments = [value.strip() for key, _, value in event.lines if key == "COMMENT"]
    return CalendarReply(
        method=method,
        uid=without_controls(event.first("UID")).strip()[:255],
        sequence=_number(event.first("SEQUENCE")),
        dtstamp=utc_instant(event.first("DTSTAMP")),
        attendees=tuple(
            _attendee(params, value) for key, params, value in event.lines if key == "ATTENDEE"
        )[:50],
        comment=without_controls("\n".join(filter(None, comments)))[:COMMENT_LIMIT],
        recurrence_id=utc_instant(event.first("RECURRENCE-ID")),
        proposed=without_controls(event.first("DTSTART"))[:60] if method == "COUNTER" else "",
    )


def utc_instant(text: str) -> datetime | None:
    """Return a DTSTAMP as an aware UTC datetime, without its Z as well; None if it is none."""
    match = re.fullmatch(r"\s*(\d{8}T\d{6})Z?\s*", text, re.ASCII)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _components(text: str) -> list[_Component]:
    """Return calendar and events with their own lines; alarms and zones are passed over."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:TEXT_LIMIT].replace("\ufeff", ""))
    found: list[_Component] = []
    open_ones: list[_Component] = []
    for line in unfolded.splitlines()[:MAX_LINES]:
        parsed = _content_line(line)
        if parsed is None:
            continue
        name, params, value = parsed
        if name == "BEGIN":
            open_ones.append(_Component(value.strip().upper()))
            found.append(open_ones[-1])
        elif name == "END":
            if open_ones:
                open_ones.pop()
        elif open_ones:
            open_ones[-1].lines.append((name, params, value))
    return found


def _content_line(line: str) -> tuple[str, dict[str, str], str] | None:
    if not line.strip():
        return None
    try:
        name, params, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
        flat = {
            str(key).upper(): value if isinstance(value, str) else ",".join(map(str, value))
            for key, value in params.items()
        }
        return name.upper(), flat, str(value)
    except (ValueError, AssertionError, IndexError, TypeError):
        # One line that cannot be read does not cost the others.
        return None


def _attendee(params: dict[str, str], value: str) -> Attendee:
    return Attendee(
        address=_address(value) or _address(params.get("EMAIL", "")),
        partstat=params.get("PARTSTAT", "NEEDS-ACTION").strip().upper()[:40],
        sent_by=_address(params.get("SENT-BY", "")),
        delegated_to=_address(params.get("DELEGATED-TO", "")),
        delegated_from=_address(params.get("DELEGATED-FROM", "")),
    )


def _address(uri: str) -> str:
    address = without_controls(uri).strip().strip('"').strip()
    address = re.sub(r"^(?:mailto:)+", "", address, flags=re.IGNORECASE).strip("<> ")
    return address.lower()[:254] if "@" in address else ""


def _number(text: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,9})\s*", text, re.ASCII)
    return int(match[1]) if match else 0
