"""A raw message taken apart, forgiving whatever its sender did wrong.

*Reads*: bytes. *Writes*: nothing. *Next*: ``replies``, ``bounces`` and ``auto_replies`` look for
what they know in a ``ParsedMail``.

Python's modern mail policy raises on some headers that occur in the wild; the old one does not.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

from var_outreach.message import without_controls
from var_outreach.tokens import is_token

Part = email.message.Message

MAX_BYTES = 25 * 1024 * 1024
MAX_PARTS = 200
TEXT_LIMIT = 200_000
MAX_TOKENS = 10
_RECIPIENT_HEADERS = (
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "Original-Recipient",
    "To",
    "Cc",
)


@dataclass(frozen=True)
class ParsedMail:
    """One message; nothing here raises on bad content."""

    root: Part

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parts from the outside in, without looking into attached messages."""
        return tuple(_walk(self.root))

    def header(self, name: str) -> str:
        """Return the first header called ``name``, decoded, without control characters."""
        return header_of(self.root, name)

    def headers(self, name: str) -> list[str]:
        """Return every header called ``name``, decoded."""
        return [_decoded(value) for value in self.root.get_all(name, [])]

    @cached_property
    def senders(self) -> tuple[str, ...]:
        """The addresses in From, in lowercase."""
        found = getaddresses(self.headers("From"))
        return tuple(address.strip().lower() for _, address in found if "@" in address)

    @cached_property
    def sent_at(self) -> datetime | None:
        """The Date header as an aware UTC datetime; None if it cannot be read."""
        try:
            moment = parsedate_to_datetime(self.header("Date"))
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None

    @cached_property
    def text(self) -> str:
        """The text of the body, or what is left of its HTML."""
        plain = [part_text(part) for part in self.parts if part.get_content_type() == "text/plain"]
        if any(text.strip() for text in plain):
            return "\n".join(plain)[:TEXT_LIMIT]
        rich = [part_text(part) for part in self.parts if part.get_content_type() == "text/html"]
        return re.sub(r"<[^>]*>", " ", "\n".join(rich)[:TEXT_LIMIT])

    def tokens_in_recipient(self, pattern: str) -> tuple[str, ...]:
        """Return the tokens of our own addresses to which the message came.

        ``pattern`` is a setting like ``agenda+{token}@host``. What the server noted comes before
        what the sender wrote in To. A pattern without ``{token}`` finds none.
        """
        before, found, after = pattern.partition("{token}")
        if not found:
            return ()
        match = re.compile(
            rf"(?<![\w.+=-]){re.escape(before)}([a-z2-7]{{26}}){re.escape(after)}(?![\w.-])",
            re.IGNORECASE,
        )
        tokens = [
            token.lower()
            for name in _RECIPIENT_HEADERS
            for value in self.headers(name)
            for token in match.findall(value)
        ]
        return tuple(dict.fromkeys(filter(is_token, tokens)))[:MAX_TOKENS]


def parse(raw: bytes) -> ParsedMail:
    """Return ``raw`` as a message; whatever cannot be read is left out.

    Two faults that would turn all headers into body are mended: blank lines before them, and a
    folded header whose next line is not indented.
    """
    return ParsedMail(email.message_from_bytes(_mended(raw), policy=email.policy.compat32))


def header_of(part: Part, name: str) -> str:
    """Return the first header ``name`` of ``part``, decoded and without control characters."""
    value = part.get(name)
    return "" if value is None else _decoded(value)


def part_bytes(part: Part) -> bytes:
    """Return the content of ``part`` after its transfer encoding; empty if it has none."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        content = None
    return content if isinstance(content, bytes) else b""


def part_text(part: Part) -> str:
    """Return the content of ``part`` as text, in its charset or else the likeliest."""
    content = part_bytes(part)[: TEXT_LIMIT * 4]
    for charset in (_charset(part), "utf-8-sig"):
        try:
            return content.decode(charset)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def parameter(part: Part, name: str) -> str:
    """Return the parameter ``name`` of the Content-Type of ``part``, in lowercase."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError):
        return ""
    return email.utils.collapse_rfc2231_value(value).strip().lower() if value else ""


def _mended(raw: bytes) -> bytes:
    raw = raw.lstrip()
    end = re.search(rb"\r?\n\r?\n", raw)
    head = raw[: end.start()] if end else raw[:TEXT_LIMIT]
    mended = re.sub(rb"(?m)^(?!From |[\x21-\x39\x3b-\x7e]+[ \t]*:|[ \t\r\n])(?=.)", b" ", head)
    return mended + raw[len(head) :]


def _charset(part: Part) -> str:
    name = parameter(part, "charset")
    # Codecs such as 'zip' or 'idna' are no charsets; only names of text encodings are tried.
    if name in {"utf-8", "utf8", "us-ascii", "ascii", ""}:
        return "utf-8-sig"
    return (
        name if re.fullmatch(r"(iso|windows|cp|koi|utf|latin|mac)[\w.:-]*", name) else "utf-8-sig"
    )


def _walk(root: Part) -> Iterator[Part]:
    stack, count = [root], 0
    while stack and count < MAX_PARTS:
        part = stack.pop()
        count += 1
        yield part
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            stack += [child for child in reversed(inside) if isinstance(child, Part)]


def _decoded(value: object) -> str:
    text = str(value)
    if "=?" in text:
        with suppress(LookupError, ValueError):
            text = "".join(
                piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
                for piece, charset in decode_header(text)
            )
    return re.sub(r"\s+", " ", without_controls(text)).strip()[:2000]
