"""What a reader of news finds, before anything of it is kept.

*Reads*: nothing. *Writes*: nothing. *Next*: ``files``, ``feeds`` and ``links`` make ``FoundItem``
values, and the store of this stage keeps one of each ``(source, source_key)``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

Source = Literal["files", "feed", "link"]
SUMMARY_LENGTH = 300

_MAX_URL = 2000
_MAX_KEY = 200
_TRACKERS = re.compile(r"^(utm_.*|fbclid|gclid|mc_[ce]id|msclkid)$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?][\"'\u201d\u2019)]*(?=\s)")


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One piece of news as its source gives it.

    ``source_key`` is stable over readings: a path in the folder, a feed's own key, a link.
    ``title``, ``summary`` and ``image_alt`` are plain text on one line; only staff's own files have
    a ``body_markdown``. ``image`` is a ``Path`` inside the news folder or the ``str`` address of a
    picture that is still to be fetched; an empty ``image_alt`` says that the picture is decoration.
    ``line`` is where the item starts in its file, counted from 1.
    """

    source: Source
    source_key: str
    title: str
    summary: str
    body_markdown: str | None = None
    url: str | None = None
    image: Path | str | None = None
    image_alt: str | None = None
    topic: str | None = None
    published_on: date | None = None
    language: str = "nl"
    partner: str | None = None
    line: int = 1


@dataclass(frozen=True, slots=True)
class FoundNews:
    """The items of one reading, and what its reader wants to tell staff about them."""

    items: tuple[FoundItem, ...]
    notes: tuple[str, ...] = ()


def topic_names(topics: Mapping[str, str]) -> dict[str, str]:
    """Return topic keys by every spelling they may be written in: key or name, in any case."""
    spellings = {name.casefold(): key for key, name in topics.items()}
    return spellings | {key.casefold(): key for key in topics}


def web_link(link: str, base: str = "") -> str | None:
    """Return ``link`` as an absolute http(s) address, or None when it is anything else.

    Browsers drop tabs and line ends inside a link and so read ``java\\nscript:`` as a scheme:
    a link with control characters is therefore none. A name or password in it makes it none too.
    """
    link = link.strip()
    if not link or any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in link):
        return None
    try:
        joined = urljoin(base, link) if base else link
        parts = urlsplit(joined)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    if re.search(r"[\s\\\"'<>`]", parts.netloc):
        return None
    # Percent-encoded, the address cannot end an attribute or a Markdown link early.
    safe = "%/:=&?~+!$,;@-._*"
    address = urlunsplit(
        (
            parts.scheme.lower(),
            parts.netloc,
            quote(parts.path, safe=safe),
            quote(parts.query, safe=safe),
            quote(parts.fragment, safe=safe),
        )
    )
    return address if len(address) <= _MAX_URL else None


def link_key(link: str) -> str:
    """Return ``link`` so that two spellings of one page are equal.

    Scheme, ``www.``, default port, fragment, closing slash and the parameters of campaigns are
    left out of the comparison.
    """
    parts = urlsplit(link)
    host = (parts.hostname or "").removeprefix("www.")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    kept = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKERS.match(pair[0])
    ]  # fmt: skip
    query = f"?{urlencode(kept)}" if kept else ""
    return bounded_key(f"{host}{port}{parts.path.rstrip('/')}{query}")


def bounded_key(key: str) -> str:
    """Return ``key``, or the hash of one that is too long to be a database key."""
    if len(key) <= _MAX_KEY:
        return key
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"


def plain_line(text: str) -> str:
    """Return ``text`` on one line, without control, direction and zero-width characters."""
    kept = (
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Zs")
        else "" if unicodedata.category(sign) in ("Cf", "Cs") else sign
        for sign in text
    )  # fmt: skip
    return " ".join("".join(kept).split())


def shorten(text: str, limit: int = SUMMARY_LENGTH) -> str:
    """Return at most ``limit`` characters of ``text``, cut after a sentence, else after a word."""
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit + 1)]
    if ends and limit // 4 <= ends[-1] <= limit:
        return text[: ends[-1]]
    cut = text[: limit - 1]
    word_end = cut.rfind(" ")
    return f"{(cut[:word_end] if word_end > limit // 2 else cut).rstrip(' ,;:')}…"
