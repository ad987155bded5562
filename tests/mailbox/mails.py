"""Raw mail as the programs of invitees and the servers of their organisations write it."""

from __future__ import annotations

import base64
import textwrap

ORGANISER = "agenda+{token}@agenda.veiligheidsalliantie.example"
BOUNCES = "bounce+{token}@agenda.veiligheidsalliantie.example"


def crlf(text: str) -> bytes:
    return textwrap.dedent(text).lstrip("\n").replace("\n", "\r\n").encode()


def calendar(
    *,
    uid: str,
    attendee: str,
    partstat: str = "ACCEPTED",
    method: str = "REPLY",
    sequence: str | int | None = 0,
    dtstamp: str | None = "20250106T085900Z",
    params: str = "",
    extra: str = "",
) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        f"METHOD:{method}" if method else "",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        "BEGIN:VTIMEZONE",
        "TZID:W. Europe Standard Time",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat}{params}:{attendee}" if attendee else "",
        extra,
        f"UID:{uid}" if uid else "",
        "SUMMARY;LANGUAGE=nl-NL:Geaccepteerd: Leerhuis",
        'DTSTART;TZID="W. Europe Standard Time":20250307T100000',
        f"DTSTAMP:{dtstamp}" if dtstamp else "",
        f"SEQUENCE:{sequence}" if sequence is not None else "",
        "BEGIN:VALARM",
        "COMMENT:not the attendee's",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(line for line in lines if line) + "\r\n"


def reply(
    ics: str,
    *,
    to: str,
    sender: str,
    delivered_to: str = "",
    subject: str = "Geaccepteerd: Leerhuis",
    part: str = 'text/calendar; charset="utf-8"; method=REPLY',
    date: str = "Mon, 06 Jan 2025 08:59:30 +0000",
) -> bytes:
    """A reply as Exchange sends it: the calendar in base64 beside a text."""
    body = base64.encodebytes(ics.encode()).decode().replace("\n", "\r\n")
    head = "".join(
        f"{name}: {value}\r\n"
        for name, value in (
            ("Delivered-To", delivered_to),
            ("From", sender),
            ("To", to),
            ("Subject", subject),
            ("Date", date),
            ("MIME-Version", "1.0"),
            ("Content-Type", 'multipart/alternative; boundary="_000_"'),
        )
        if value
    )
    return (
        f"{head}\r\n--_000_\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGraag tot dan.\r\n"
        f"--_000_\r\nContent-Type: {part}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{body}\r\n--_000_--\r\n"
    ).encode()


def report(
    *,
    to: str = "var@agenda.veiligheidsalliantie.example",
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    final: str = "rfc822; weg@gemeente.example",
    returned: str = "",
    returned_type: str = "message/rfc822",
) -> bytes:
    """A delivery report as Postfix writes it (RFC 3464)."""
    original = (
        f"\r\n--b\r\nContent-Type: {returned_type}\r\n\r\n{returned}\r\n\r\nTekst\r\n"
        if returned
        else ""
    )
    return (
        f"Return-Path: <>\r\nDelivered-To: {to}\r\nFrom: MAILER-DAEMON@mx.gemeente.example\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Date: Mon, 06 Jan 2025 08:59:30 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.gemeente.example\r\n\r\n"
        f"Final-Recipient: {final}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {diagnostic}\r\n{original}\r\n--b--\r\n"
    ).encode()
