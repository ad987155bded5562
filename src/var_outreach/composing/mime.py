"""The message itself: a variant is encoded once, a recipient costs a join of ready bytes.

*Reads*: a ``Variant`` with places of the person, who sends, the parts of a calendar.
*Writes*: nothing. *Next*: ``dispatch`` hands the bytes to a transport.

The same arguments always give the same bytes, so that a delivery can be sent again after a crash
(RFC 1047). A boundary begins with ``=_``, which neither quoted-printable nor base64 can contain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from var_outreach.composing import headers
from var_outreach.composing.content import Variant, fill_places, split_places
from var_outreach.composing.ical.attach import CalendarParts
from var_outreach.composing.quoted_printable import (
    clean,
    encode_html_value,
    encode_pieces,
    encode_text_value,
)
from var_outreach.errors import InputError

_PART_HEAD = (
    "Content-Type: text/{}; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """Who sends, equal for all recipients."""

    from_name: str
    from_address: str
    list_id: str | None = None
    """Set for a newsletter; its mails then need an unsubscribe link."""
    auto_submitted: bool = False
    """True for what the machine sends by itself (RFC 3834 5)."""


@dataclass(frozen=True, slots=True)
class MessageHead:
    """What stands above the body for one recipient."""

    to_name: str
    to_address: str
    message_id: str
    dated_at: datetime
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    token: str = ""
    """The delivery token, by which a returned mail is known (X-Outreach-Delivery)."""
    extra: tuple[tuple[str, str], ...] = ()


class Prepared:
    """A variant, encoded, with the places of the person cut out; may be shared by threads."""

    def __init__(
        self,
        *,
        head: bytes,
        subject: str,
        pieces: tuple[bytes, ...],
        text_places: tuple[tuple[int, str], ...],
        html_places: tuple[tuple[int, str], ...],
        boundary: str,
        newsletter: bool,
        with_calendar: bool,
        html_octets: int,
    ) -> None:
        self._head = head
        self._subject = subject
        self._subject_field = None if len(split_places(subject)) > 1 else _subject_field(subject)
        self._pieces = pieces
        self._text_places = text_places
        self._html_places = html_places
        self._text_names = frozenset(name for _, name in text_places)
        self._html_names = frozenset(name for _, name in html_places)
        self._boundary = boundary.encode("ascii")
        self._newsletter = newsletter
        self._with_calendar = with_calendar
        self.html_octets = html_octets
        """Size of the encoded HTML part without the person's values; Gmail clips at 102 kB."""

    def assemble(
        self, head: MessageHead, values: Mapping[str, str], calendar: CalendarParts | None = None
    ) -> bytes:
        """Return the message for one recipient, in CRLF lines of ASCII.

        A place that ``values`` does not fill becomes empty.

        Raises:
            HeaderError: an address, name, link or header that may not stand in a message.
            InputError: a calendar is missing or unexpected, a newsletter lacks its link, or a
                part of the person's own holds a lone CR or LF, behind which a second message could
                hide (RFC 5321 2.3.8). The body's parts hold none, for their encoding writes none.
        """
        pieces = list(self._pieces)
        pieces[0] = self._head_for(head, values)
        texts = {name: encode_text_value(values.get(name, "")) for name in self._text_names}
        htmls = {name: encode_html_value(values.get(name, "")) for name in self._html_names}
        for index, name in self._text_places:
            pieces[index] = texts[name]
        for index, name in self._html_places:
            pieces[index] = htmls[name]
        pieces[-1] = self._tail_for(calendar)
        if not (_in_crlf_lines(pieces[0]) and _in_crlf_lines(pieces[-1])):
            raise InputError(
                f"the message to {head.to_address} holds a lone line break",
                remedy="Look at the name, the links and the calendar of this delivery",
            )
        return b"".join(pieces)

    def _head_for(self, head: MessageHead, values: Mapping[str, str]) -> bytes:
        fields = [
            self._head,
            headers.mailbox_field("To", head.to_name, head.to_address),
            self._subject_field or _subject_field(self._subject, values),
            headers.date_field(head.dated_at),
            headers.message_id_field(head.message_id),
        ]
        if head.reply_to is not None:
            fields.append(headers.mailbox_field("Reply-To", "", head.reply_to))
        if self._newsletter:
            if head.unsubscribe_url is None:
                raise InputError(
                    f"a newsletter to {head.to_address} has no unsubscribe link",
                    remedy="Give MessageHead an unsubscribe_url",
                )
            fields.append(headers.unsubscribe_fields(head.unsubscribe_url))
        if head.token:
            fields.append(headers.text_field("X-Outreach-Delivery", head.token))
        fields.extend(headers.extra_field(name, value) for name, value in head.extra)
        fields.append(self._pieces[0])
        return b"".join(fields)

    def _tail_for(self, calendar: CalendarParts | None) -> bytes:
        if (calendar is not None) is not self._with_calendar:
            raise InputError(
                "a calendar is missing" if self._with_calendar else "a calendar is not expected",
                where="Prepared.assemble",
                remedy="Prepare the variant with_calendar as its deliveries are",
            )
        edge = b"--" + self._boundary
        if calendar is None:
            return b"\r\n%ba--\r\n" % edge
        return b"\r\n%ba\r\n%b%ba--\r\n" % (
            edge,
            calendar.inline.as_bytes(),
            edge,
        ) + b"\r\n%bm\r\n%b%bm--\r\n" % (edge, calendar.attachment.as_bytes(), edge)


def prepare(variant: Variant, sender: SenderFacts, *, with_calendar: bool = False) -> Prepared:
    """Return ``variant`` encoded, ready to be assembled for each recipient.

    Raises:
        HeaderError: the sender or a subject without places may not stand in a header.
    """
    text, text_names = encode_pieces(variant.text)
    html, html_names = encode_pieces(variant.html)
    boundary = "=_" + hashlib.sha256(b"".join(text + html)).hexdigest()[:24]
    edge = f"\r\n--{boundary}a\r\n"
    # Slot 0 is the person's head, above the static opening; the last slot closes the message.
    opening = _opening(boundary, with_calendar=with_calendar) + _PART_HEAD.format("plain")
    between = edge + _PART_HEAD.format("html")
    pieces = [opening.encode("ascii"), *_spread(text), between.encode("ascii"), *_spread(html), b""]
    html_at = 1 + 2 * len(text)
    return Prepared(
        head=_static_head(sender),
        subject=variant.subject,
        pieces=tuple(pieces),
        text_places=tuple((2 + 2 * at, name) for at, name in enumerate(text_names)),
        html_places=tuple((html_at + 1 + 2 * at, name) for at, name in enumerate(html_names)),
        boundary=boundary,
        newsletter=sender.list_id is not None,
        with_calendar=with_calendar,
        html_octets=sum(map(len, html)),
    )


def _in_crlf_lines(part: bytes) -> bool:
    ends = part.count(b"\r\n")
    return part.count(b"\n") == ends == part.count(b"\r")


def _spread(pieces: list[bytes]) -> list[bytes]:
    """Return ``pieces`` with an empty slot between each two."""
    spread = [b""] * (2 * len(pieces) - 1)
    spread[::2] = pieces
    return spread


def _static_head(sender: SenderFacts) -> bytes:
    fields = [headers.mailbox_field("From", sender.from_name, sender.from_address)]
    if sender.auto_submitted:
        fields.append(b"Auto-Submitted: auto-generated\r\n")
    if sender.list_id is not None:
        fields.append(headers.list_id_field(sender.list_id))
    return b"".join(fields)


def _opening(boundary: str, *, with_calendar: bool) -> str:
    alternative = f'Content-Type: multipart/alternative; boundary="{boundary}a"\r\n\r\n'
    if with_calendar:
        mixed = f'Content-Type: multipart/mixed; boundary="{boundary}m"\r\n\r\n'
        alternative = f"{mixed}--{boundary}m\r\n{alternative}"
    return f"MIME-Version: 1.0\r\n{alternative}--{boundary}a\r\n"


def _subject_field(subject: str, values: Mapping[str, str] | None = None) -> bytes:
    filled = clean(fill_places(subject, values or {}))
    # A value may have lines (the names of three offices); a subject is one line.
    return headers.text_field("Subject", " ".join(filled.split()))
