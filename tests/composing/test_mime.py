"""What ``composing/mime.py`` writes, as Python's own parser reads it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from var_outreach.composing.content import Variant, fill_places, place, without_places
from var_outreach.composing.ical.attach import compose_parts
from var_outreach.composing.mime import MessageHead, SenderFacts, prepare
from var_outreach.errors import HeaderError, InputError
from var_outreach.message import without_controls

SENDER = SenderFacts("Netwerk Noord", "agenda@netwerk.example")
NEWSLETTER = SenderFacts("Netwerk Noord", "nieuws@netwerk.example", "nieuws.netwerk.example")
DATED_AT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
CALENDAR = compose_parts(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
SINGLE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")


def head(**changes: object) -> MessageHead:
    facts: dict[str, object] = {
        "to_name": "Bureau Burgemeester",
        "to_address": "burgemeester@maasstad.example",
        "message_id": "<abc234@netwerk.example>",
        "dated_at": DATED_AT,
    }
    return MessageHead(**{**facts, **changes})  # type: ignore[arg-type]


def variant(
    subject: str = "Uitnodiging", text: str = "Hallo\n", markup: str = "<p>Hallo</p>"
) -> Variant:
    return Variant("nl", "nl", subject, text, markup)


def parse(data: bytes) -> EmailMessage:
    check_wire(data)
    parsed = message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert not part.defects
    for name in SINGLE:
        assert len(parsed.get_all(name, [])) == 1, name
    return parsed


def check_wire(data: bytes) -> None:
    assert data.isascii()
    assert b"\0" not in data
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 78
    bodies = data.split(b"quoted-printable\r\n\r\n")[1:]
    assert len(bodies) == 2
    for body in bodies:
        assert max(map(len, body.split(b"\r\n--=_")[0].split(b"\r\n"))) <= 76


def part_text(message: EmailMessage, kind: str) -> str:
    (part,) = [one for one in message.walk() if one.get_content_type() == kind]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    text = payload.decode()
    assert "\r" not in text.replace("\r\n", "")
    return text.replace("\r\n", "\n")


def filled(text: str, values: Mapping[str, str]) -> str:
    clean = {name: without_controls(value) for name, value in values.items()}
    return fill_places(without_controls(text), clean)


def filled_html(markup: str, values: Mapping[str, str]) -> str:
    return filled(markup, {name: html.escape(value) for name, value in values.items()})


def phrase_of(data: bytes) -> str:
    """Return the name in To by RFC 2047 6.2; policy.default leaves a space between long words."""
    raw = str(message_from_bytes(data)["To"]).replace("\r\n", "")
    phrase = raw.removesuffix("<burgemeester@maasstad.example>").strip()
    if phrase.startswith("=?"):
        return str(make_header(decode_header(phrase)))
    return parseaddr(raw)[0]


ATTACKS = st.sampled_from(
    [
        "a\r\nBcc: x@y.example\r\n\r\nb",
        "\r\n.\r\nMAIL FROM:<a@b.example>",
        "=?utf-8?q?a=0D=0ABcc:_x?=",
        "--=_",
        "=3D=\r\n=",
        ". ",
        "..",
        "trailing  \nspaces\t\n",
        '"><script>alert(1)</script>',
        "a\x00b\x0bc\x85d\u2028e",
        "x" * 74 + " \ny",
        "x" * 75 + " \ny",
        "x" * 76,
        "é" * 40,
        "\ud800",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), ATTACKS, st.text("a =.\n\t\ré<", max_size=300))
NAMES = st.sampled_from(["name", "offices", "answer_url"])
PIECES = st.lists(st.one_of(TEXTS.map(without_places), NAMES.map(place)), max_size=8).map("".join)
VALUES = st.dictionaries(NAMES, TEXTS, max_size=3)


@settings(max_examples=150, deadline=None)
@given(text=PIECES, markup=PIECES, values=VALUES)
def test_bodies_come_back_as_filled(text: str, markup: str, values: dict[str, str]) -> None:
    message = parse(prepare(variant("S", text, markup), SENDER).assemble(head(), values))
    assert message.get_content_type() == "multipart/alternative"
    assert part_text(message, "text/plain") == filled(text, values)
    assert part_text(message, "text/html") == filled_html(markup, values)


@settings(max_examples=150, deadline=None)
@given(subject=PIECES, values=VALUES)
def test_subject_comes_back_as_filled_or_is_refused(subject: str, values: dict[str, str]) -> None:
    expected = " ".join(filled(subject, values).split())
    try:
        data = prepare(variant(subject), SENDER).assemble(head(), values)
    except HeaderError:
        assert "=?" in expected
        return
    assert parse(data)["Subject"] == expected


@settings(max_examples=150, deadline=None)
@given(name=st.one_of(st.text(max_size=90), ATTACKS, st.text('a"\\.,() é', max_size=120)))
def test_name_of_the_recipient_comes_back_or_is_refused(name: str) -> None:
    try:
        data = prepare(variant(), SENDER).assemble(head(to_name=name), {})
    except HeaderError:
        assert not name.isprintable() or "=?" in name
        return
    message = parse(data)
    (mailbox,) = message["To"].addresses
    assert mailbox.addr_spec == "burgemeester@maasstad.example"
    assert phrase_of(data).split() == name.split()
    if len(name.encode()) <= 30:
        # In one encoded word; between two, Python's own parser leaves a space that is not there.
        assert mailbox.display_name.split() == name.split()
    assert message["Bcc"] is None


@pytest.mark.parametrize("length", range(70, 84))
def test_trailing_space_at_the_edge_of_a_line(length: int) -> None:
    text = "x" * length + " \n" + "y" * length + "\t\n"
    message = parse(prepare(variant("S", text, text), SENDER).assemble(head(), {}))
    assert part_text(message, "text/plain") == text


def test_long_subject_is_folded_and_reads_the_same() -> None:
    for subject in (
        "Uitnodiging voor het leerhuis over ondermijning op donderdag " * 3,
        "Uitnodiging voor het café en de reünie " * 6,
        "Приглашение на встречу " * 8,
        "w" * 300,
    ):
        data = prepare(variant(subject), SENDER).assemble(head(), {})
        assert parse(data)["Subject"] == " ".join(subject.split())


def test_same_input_gives_the_same_bytes() -> None:
    content = variant("Dag " + place("name"), place("name"), f"<p>{place('name')}</p>")
    one, two = (
        prepare(content, SENDER, with_calendar=True).assemble(head(), {"name": "Zoë"}, CALENDAR)
        for _ in range(2)
    )
    assert one == two


def test_calendar_stands_twice_with_the_same_bytes() -> None:
    data = prepare(variant(), SENDER, with_calendar=True).assemble(head(), {}, CALENDAR)
    message = parse(data)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = list(message.walk())[-2:]
    assert inline.get_payload(decode=True) == attached.get_payload(decode=True)
    assert inline["Content-Type"].params["method"] == "REQUEST"
    assert attached.get_filename() == "invite.ics"


def test_calendar_that_is_missing_or_unexpected_is_refused() -> None:
    with pytest.raises(InputError, match="missing"):
        prepare(variant(), SENDER, with_calendar=True).assemble(head(), {})
    with pytest.raises(InputError, match="not expected"):
        prepare(variant(), SENDER).assemble(head(), {}, CALENDAR)


def test_newsletter_can_be_left_in_one_click() -> None:
    url = "https://agenda.netwerk.example/uit/" + "a" * 90
    data = prepare(variant(), NEWSLETTER).assemble(head(unsubscribe_url=url), {})
    message = message_from_bytes(data, policy=policy.default)
    assert re.sub(r"\s", "", message["List-Unsubscribe"]) == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<nieuws.netwerk.example>"


def test_newsletter_without_a_link_is_refused() -> None:
    with pytest.raises(InputError, match="unsubscribe"):
        prepare(variant(), NEWSLETTER).assemble(head(), {})


def test_one_click_is_promised_for_https_only() -> None:
    data = prepare(variant(), NEWSLETTER).assemble(head(unsubscribe_url="http://127.0.0.1/u"), {})
    message = parse(data)
    assert message["List-Unsubscribe"] == "<http://127.0.0.1/u>"
    assert message["List-Unsubscribe-Post"] is None


def test_an_invitation_carries_no_list_headers() -> None:
    data = prepare(variant(), SENDER).assemble(head(unsubscribe_url="https://a.example/u"), {})
    assert b"List-" not in data


def test_machine_mail_says_so_and_carries_its_token() -> None:
    sender = SenderFacts("Netwerk", "agenda@netwerk.example", auto_submitted=True)
    made = head(token="abc234", reply_to="agenda+abc@netwerk.example", extra=(("X-Kind", "é"),))
    message = parse(prepare(variant(), sender).assemble(made, {}))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Outreach-Delivery"] == "abc234"
    assert message["Reply-To"] == "agenda+abc@netwerk.example"
    assert message["X-Kind"] == "é"
    assert message["From"] == "Netwerk <agenda@netwerk.example>"
    assert message["Date"].datetime == DATED_AT


@pytest.mark.parametrize(
    "change",
    [
        {"to_name": "a\r\nBcc: x@y.example"},
        {"to_name": "=?utf-8?q?a=0D=0Ab?="},
        {"to_address": "a@b.example> NOTIFY=NEVER"},
        {"to_address": "a@b.example\r\nX: y"},
        {"message_id": "<a@b.example>\r\nX: y"},
        {"message_id": "a@b.example"},
        {"reply_to": "a@b.example, c@d.example"},
        {"token": "a\nb"},
        {"extra": (("Bcc", "x@y.example"),)},
        {"extra": (("From", "x@y.example"),)},
        {"extra": (("Content-Type", "text/plain"),)},
        {"extra": (("X-A: b\r\nX-C", "d"),)},
        {"extra": (("X-A", "b\r\nBcc: d"),)},
    ],
)
def test_header_injection_is_refused(change: dict[str, object]) -> None:
    prepared = prepare(variant(), SENDER)
    with pytest.raises(HeaderError):
        prepared.assemble(head(**change), {})


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://a.example/>, <mailto:x@y.example",
        "https://a.example/\r\nX: y",
    ],
)
def test_unsubscribe_link_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(HeaderError):
        prepare(variant(), NEWSLETTER).assemble(head(unsubscribe_url=url), {})


def test_prepared_knows_the_size_of_its_html() -> None:
    assert prepare(variant(markup="é" * 1000), SENDER).html_octets > 6000
