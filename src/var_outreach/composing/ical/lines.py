"""Content lines of iCalendar: TEXT escaped, parameters quoted, lines folded (RFC 5545 3.1 to 3.3).

*Reads*: nothing. *Writes*: nothing. *Next*: ``itip``, ``feed`` and ``zones`` join these lines.

The icalendar library reads what we receive; it does not write what we send. Its escaping turns
the two characters ``\\N`` of a text into a newline, it lets control characters pass and it writes
carets in names as RFC 6868, which few clients decode. A line is quickly written, and then the
same facts give the same bytes whatever the version of the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from var_outreach.message import without_controls

LINE_OCTETS = 75
"""The most octets of one line, without its CRLF (RFC 5545 3.1)."""

_TEXT_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_NAME_REPLACEMENTS = str.maketrans({'"': "'", "\\": "/", "^": None, "\t": " ", "\n": " "})
_UNIT = re.compile(r"\\.|.", re.DOTALL)


def escape_text(text: str) -> str:
    """Return ``text`` as a TEXT value (RFC 5545 3.3.11)."""
    return without_controls(text).translate(_TEXT_ESCAPES)


def quote_name(name: str, otherwise: str) -> str:
    """Return ``name``, or ``otherwise`` if nothing is left of it, quoted (RFC 5545 3.2).

    A parameter cannot hold a double quote: it becomes an apostrophe. A newline becomes a space.
    A backslash becomes a slash and a caret goes, for some clients read them as escapes.
    """
    words = without_controls(name).translate(_NAME_REPLACEMENTS).split()
    return f'"{" ".join(words) or otherwise}"'


def encode_uri(uri: str) -> str:
    """Return ``uri`` in ASCII: the host as IDNA, anything else outside RFC 3986 percent-encoded.

    Returns an empty string for a URI that is not http or https: a calendar links to pages only.
    """
    try:
        parts = urlsplit(without_controls(uri).replace("\n", "").replace("\t", "").strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return ""
        host = parts.netloc.encode("idna").decode("ascii") if parts.netloc else ""
    except ValueError:  # UnicodeError too: a host that no name server could know
        return ""
    path, query, fragment = (quote(part, safe="/?:@!$&'()*+,;=-._~%") for part in parts[2:])
    return urlunsplit((parts.scheme, quote(host, safe=":@[]-._~%"), path, query, fragment))


def utc_form(instant: datetime) -> str:
    """Return ``instant`` (aware) as a DATE-TIME in UTC (RFC 5545 3.3.5, form 2)."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def content_line(name: str, value: str, params: Mapping[str, str] | None = None) -> str:
    """Return one unfolded line; ``value`` and the values of ``params`` are encoded already."""
    return name + "".join(f";{key}={text}" for key, text in (params or {}).items()) + ":" + value


def text_line(name: str, text: str, params: Mapping[str, str] | None = None) -> str:
    """Return one unfolded line with ``text`` as a TEXT value."""
    return content_line(name, escape_text(text), params)


def fold(line: str) -> str:
    """Fold ``line`` to at most 75 octets a line, between characters (RFC 5545 3.1).

    A backslash stays with the character it escapes: some clients unescape before they unfold.
    """
    if len(line.encode()) <= LINE_OCTETS:
        return line
    folded: list[str] = []
    current: list[str] = []
    octets = 0
    for unit in _UNIT.findall(line):
        width = len(unit.encode())
        if octets + width > LINE_OCTETS:
            folded.append("".join(current))
            current, octets = [], 1  # the space that marks a continuation
        current.append(unit)
        octets += width
    folded.append("".join(current))
    return "\r\n ".join(folded)


def encode_lines(lines: Iterable[str]) -> bytes:
    """Return ``lines`` folded, ended by CRLF, as UTF-8."""
    return "".join(fold(line) + "\r\n" for line in lines).encode()
