"""Quoted-printable with places cut out: a body is encoded once, a value slips in between.

*Reads*: text with places (``composing/content.py``). *Writes*: nothing. *Next*: ``mime`` joins the
pieces with a person's encoded values.

Every piece before a place ends at the start of a line, by a soft line break where the text has no
line break of its own, and so does every value. Pieces and values can then be joined in any
combination, and no line passes 76 characters (RFC 2045 6.7).
"""

from __future__ import annotations

import binascii
import html
import re

from var_outreach.composing.content import split_places
from var_outreach.message import without_controls

_SOFT_BREAK = b"=\r\n"
_ROOM = 75
"""Characters of a line that still leave room for the "=" of a soft break."""

# binascii encodes a space before a line break after it has counted the line: 77 or 78 characters.
_TOO_LONG = re.compile(rb"(?m)^([^\n]{74,75})(=20|=09)$")


def encode(text: str) -> bytes:
    """Return ``text`` (any Unicode, LF) in lines of at most 76 characters, ended by CRLF."""
    encoded = binascii.b2a_qp(text.encode(), istext=True)
    return _TOO_LONG.sub(rb"\1=\n\2", encoded).replace(b"\n", b"\r\n")


def encode_open(text: str) -> bytes:
    """Return ``text`` as ``encode`` does, so that whatever follows begins a line."""
    # The letter stands in for what follows: the line leaves room for "=", and a space at the end
    # is not at the end of a line.
    return _opened(encode(text + "x")[:-1])


def encode_text_value(value: str) -> bytes:
    """Return what a person's ``value`` adds to a text part."""
    return _one_line(value) if value.isprintable() else encode_open(clean(value))


def encode_html_value(value: str) -> bytes:
    """Return what a person's ``value`` adds to an HTML part, escaped for text and attributes."""
    if value.isprintable():
        return _one_line(html.escape(value))
    return encode_open(html.escape(clean(value)))


def clean(text: str) -> str:
    """Return ``text`` with LF line ends and without control characters."""
    return text if text.isprintable() else without_controls(text)


def encode_pieces(text: str) -> tuple[list[bytes], list[str]]:
    """Return the encoded pieces of ``text`` and the names of the places between them.

    There is one piece more than there are places.
    """
    parts = split_places(text)
    pieces = [encode_open(clean(piece)) for piece in parts[:-1:2]]
    return [*pieces, encode(clean(parts[-1]))], parts[1::2]


def _one_line(text: str) -> bytes:
    """Return what ``encode_open`` does for ``text`` without line breaks; most values are that."""
    if len(text) <= _ROOM and "=" not in text and text.isascii():
        return _opened(text.encode("ascii"))
    return _opened(binascii.b2a_qp((text + "x").encode(), istext=True)[:-1].replace(b"\n", b"\r\n"))


def _opened(encoded: bytes) -> bytes:
    return encoded + _SOFT_BREAK if encoded and encoded[-1] != 0x0A else encoded
