"""Text of a feed or page, read once, in an encoding that we know.

*Reads*: bytes. *Writes*: nothing. *Next*: ``feeds`` and ``links`` judge and parse the text that
comes out. Judging bytes in one encoding and parsing them in another is how a DOCTYPE slips past:
so there is one decoding, and encodings in which ``<`` is not ``<`` (UTF-7, EBCDIC) are none.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    # UTF-32 first: its little-endian mark starts with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN = {
    "utf-8": "utf-8",
    "ascii": "utf-8",
    "iso8859-1": "cp1252",  # what browsers do: pages that say Latin-1 hold Windows quotes
    "cp1252": "cp1252",
    "iso8859-15": "iso8859-15",
}
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_IN_TEXT = re.compile(
    rb"""(?:<\?xml[^>]{0,100}?encoding|<meta[^>]{0,200}?charset)\s*=\s*["']?([\w.:-]{1,40})""",
    re.IGNORECASE,
)


def decode_text(body: bytes, content_type: str = "") -> str:
    """Return ``body`` as text: by its byte order mark, else the header, else what it says itself.

    What says nothing, or lies, is UTF-8, else cp1252. Raises: ValueError for any other encoding.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding).removeprefix("\ufeff")
    named = _IN_HEADER.search(content_type)
    inside = _IN_TEXT.search(body[:2048])
    said = named[1] if named else inside[1].decode("ascii", "replace") if inside else "utf-8"
    # Also when the header says something else: nobody honest writes these in a feed.
    for name in (said, inside[1].decode("ascii", "replace") if inside else said):
        if _known(name) is None:
            raise ValueError(f"the encoding {name!r} is not read")
    if b"\x00" in body[:2048]:
        raise ValueError("this is UTF-16 or UTF-32 without a mark, or no text")
    encoding = _known(said) or "utf-8"
    try:
        return body.decode("utf-8" if encoding == "cp1252" and _is_utf8(body) else encoding)
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _known(name: str) -> str | None:
    try:
        return _KNOWN.get(codecs.lookup(name).name)
    except LookupError:
        return None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
