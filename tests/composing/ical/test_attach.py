"""The MIME parts that carry a calendar, put into a message and read back by the email package."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.composing.ical.entries import LEERHUIS, all_kinds
from var_outreach.composing.ical import CalendarParts, compose_parts, compose_request
from var_outreach.errors import InputError


def read_back(parts: CalendarParts) -> list[EmailMessage]:
    """Return the two parts as another program finds them in a mail."""
    mail = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    for part in (parts.inline, parts.attachment):
        mail += b"--b\r\n" + part.as_bytes() + b"\r\n"
    message = message_from_bytes(mail + b"--b--\r\n", policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return [part for part in message.iter_parts() if isinstance(part, EmailMessage)]


@pytest.mark.parametrize("kind", all_kinds(LEERHUIS))
def test_both_parts_hold_the_same_bytes_and_the_method_agrees(kind: str) -> None:
    calendar = all_kinds(LEERHUIS)[kind]
    inline, attachment = read_back(compose_parts(calendar))
    assert inline.get_payload(decode=True) == calendar
    assert attachment.get_payload(decode=True) == calendar
    method = calendar.split(b"\r\n")[1].removeprefix(b"METHOD:").decode()
    assert inline.get_content_type() == "text/calendar"
    assert inline["Content-Type"].params["method"] == method
    assert inline["Content-Type"].params["charset"] == "UTF-8"
    assert inline["Content-Disposition"] is None
    assert attachment.get_content_type() == "application/ics"
    assert attachment.get_filename() == "invite.ics"
    assert attachment["Content-Type"].params["name"] == "invite.ics"
    assert attachment.get_content_disposition() == "attachment"


def test_header_of_the_part_with_buttons() -> None:
    parts = compose_parts(compose_request(LEERHUIS))
    assert parts.method == "REQUEST"
    assert parts.inline.headers == (
        ("Content-Type", "text/calendar; method=REQUEST; charset=UTF-8"),
        ("Content-Transfer-Encoding", "base64"),
    )


def test_body_is_base64_in_lines_of_76() -> None:
    body = compose_parts(compose_request(LEERHUIS)).inline.body
    assert body.endswith(b"\r\n")
    lengths = [len(line) for line in body[:-2].split(b"\r\n")]
    assert set(lengths[:-1]) == {76}
    assert 0 < lengths[-1] <= 76


@pytest.mark.parametrize(
    "calendar",
    [
        b"",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nMETHOD:REQUEST\r\nEND:VEVENT\r\n",
    ],
)
def test_calendar_without_one_method_of_ours_is_refused(calendar: bytes) -> None:
    with pytest.raises(InputError, match="METHOD"):
        compose_parts(calendar)
