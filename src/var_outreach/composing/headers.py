"""Header fields as bytes: checked, encoded (RFC 2047), folded at 78 characters (RFC 5322 2.1.1).

*Reads*: nothing. *Writes*: nothing. *Next*: ``mime`` puts these fields above the body.

Every value passes ``message.py``, so that no field can begin another one.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from var_outreach.errors import HeaderError
from var_outreach.message import checked_address, checked_name, checked_text

LINE = 78
_WORD = 75
"""The most characters of one encoded word (RFC 2047 2)."""

_FRAME = len("=?utf-8?q??=")
_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}\Z")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}@[A-Za-z0-9.-]{1,253}>\Z")
_URL = re.compile(r"https?://[!#-;=?-~]{1,900}\Z")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+\Z")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

RESERVED = frozenset(
    {
        *("from", "sender", "to", "cc", "bcc", "reply-to", "return-path", "delivered-to"),
        *("subject", "date", "message-id", "mime-version", "auto-submitted"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "x-outreach-delivery"),
    }
)
"""Fields that ``mime`` writes itself, or that would change who gets the mail."""


def text_field(name: str, text: str) -> bytes:
    """Return an unstructured field; raises HeaderError for a control character in ``text``."""
    if not _clearly_harmless(text):
        text = checked_text(text, what=name)
    words = text.split()
    start = f"{name}: "
    if text.isascii() and "=?" not in text and _foldable(words, len(start)):
        return _folded(start, words)
    return _folded(start, _encoded_words(" ".join(words), len(start)))


def mailbox_field(name: str, display_name: str, address: str) -> bytes:
    """Return a field with one address (RFC 5322 3.4); raises HeaderError as ``message.py`` does."""
    address = checked_address(address)
    if not _clearly_harmless(display_name) or len(display_name) > 99:
        display_name = checked_name(display_name)
    display_name = " ".join(display_name.split())
    start = f"{name}: "
    if not display_name:
        return f"{start}{address}\r\n".encode("ascii")
    words = _phrase(display_name).split(" ")
    if not (display_name.isascii() and "=?" not in display_name and _foldable(words, len(start))):
        words = list(_encoded_words(display_name, len(start)))
    return _folded(start, [*words, f"<{address}>"])


@lru_cache(maxsize=256)  # all of a mailing are dated when it was enqueued
def date_field(instant: datetime) -> bytes:
    """Return the Date field; raises ValueError for a naive ``instant``."""
    if instant.tzinfo is None:
        raise ValueError("a Date field needs an aware datetime")
    utc = instant.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    # strftime would follow the locale, email.utils takes three times as long.
    text = (
        f"Date: {day}, {utc.day:02} {month} {utc.year:04} "
        f"{utc.hour:02}:{utc.minute:02}:{utc.second:02} +0000\r\n"
    )
    return text.encode("ascii")


def message_id_field(message_id: str) -> bytes:
    """Return the Message-ID field; raises HeaderError unless it has the form <token@domain>."""
    if not _MESSAGE_ID.match(message_id):
        raise _refused("Message-ID", message_id, "Use <token@domain>")
    return _folded("Message-ID: ", [message_id])


def list_id_field(list_id: str) -> bytes:
    """Return the List-Id field (RFC 2919); raises HeaderError unless it looks like a domain."""
    if not _LIST_ID.match(list_id):
        raise _refused("list id", list_id, "Use a name like nieuwsbrief.netwerk.example")
    return f"List-Id: <{list_id}>\r\n".encode("ascii")


def unsubscribe_fields(url: str) -> bytes:
    """Return List-Unsubscribe and, for https, List-Unsubscribe-Post (RFC 2369, RFC 8058 3.1).

    One click is promised for https only, as the RFC asks; a trial machine on plain http still
    names the page. Raises HeaderError for anything but one http(s) URL in ASCII.
    """
    if not _URL.match(url):
        raise _refused("unsubscribe link", url, "Use an address that begins with https://")
    fields = _folded("List-Unsubscribe: ", [f"<{url}>"])
    if url.startswith("https://"):
        fields += b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return fields


def extra_field(name: str, value: str) -> bytes:
    """Return a field that the caller names.

    Raises HeaderError for a field that must stand in a message once, or for a bad name or value.
    """
    lowered = name.lower()
    if not _FIELD_NAME.match(name) or lowered in RESERVED or lowered.startswith("content-"):
        raise _refused("extra header", name, "Use a name of its own, like X-Outreach-Kind")
    return text_field(name, value)


def _refused(what: str, value: str, remedy: str) -> HeaderError:
    return HeaderError(f"the {what} {value[:80]!r} cannot stand in a header", remedy=remedy)


def _clearly_harmless(text: str) -> bool:
    """Tell whether ``checked_text`` would let ``text`` pass; it looks at each character."""
    return text.isprintable() and "=?" not in text


def _phrase(name: str) -> str:
    if _ATOMS.match(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _foldable(words: list[str], taken: int) -> bool:
    return all(len(word) < LINE for word in words) and (not words or taken + len(words[0]) <= LINE)


def _folded(start: str, words: list[str] | Iterator[str]) -> bytes:
    """Join ``words`` by spaces, with a line break before the space where the line is full."""
    lines: list[str] = []
    line = start
    empty = True
    for word in words:
        if empty:
            line, empty = line + word, False
        elif len(line) + 1 + len(word) <= LINE:
            line += " " + word
        else:
            lines.append(line)
            line = " " + word
    lines.append(line)
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _encoded_words(text: str, taken: int) -> Iterator[str]:
    """Yield encoded words, whole characters each, the first beside ``taken`` characters.

    Q for text that is mostly ASCII, so that it can be read in the source; B for the rest.
    """
    octets = text.encode()
    quoted = sum(octet not in _LITERAL and octet != 0x20 for octet in octets) * 3 < len(octets)
    chunk: list[bytes] = []
    used = 0
    room = LINE - taken - _FRAME
    for character in text:
        one = character.encode()
        cost = _q_cost(one) if quoted else len(one)
        if used + cost > (room if quoted else room // 4 * 3):
            yield _encoded_word(b"".join(chunk), quoted=quoted)
            chunk, used, room = [], 0, _WORD - _FRAME
        chunk.append(one)
        used += cost
    yield _encoded_word(b"".join(chunk), quoted=quoted)


def _q_cost(octets: bytes) -> int:
    return 1 if octets[0] in _LITERAL or octets == b" " else 3 * len(octets)


def _encoded_word(octets: bytes, *, quoted: bool) -> str:
    if not quoted:
        return f"=?utf-8?b?{b64encode(octets).decode('ascii')}?="
    letters = "".join(
        chr(octet) if octet in _LITERAL else "_" if octet == 0x20 else f"={octet:02X}"
        for octet in octets
    )
    return f"=?utf-8?q?{letters}?="
