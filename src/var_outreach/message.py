"""Checks every address and header value before it may stand in a message.

*Reads*: nothing. *Writes*: nothing. *Next*: ``people`` checks on the way in, ``composing`` and
``dispatch`` on the way out. Python's own classes let through what is refused here: a line break
hidden in an encoded word (CVE-2024-6923) and ESMTP parameters after an address.
"""

from __future__ import annotations

import re
from email.header import decode_header
from email.utils import formataddr
from functools import lru_cache

from var_outreach.errors import HeaderError

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Unicode's categories Cc, Zl, Zp and Cs."""
_CONTROL_BUT_TAB_AND_LF = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


@lru_cache(maxsize=4096)  # an address is checked at every edge, and the sender's at every message
def checked_address(text: str) -> str:
    """Return ``text`` as a bare mail address, its domain in lowercase ASCII.

    Raises HeaderError for anything but one dot-atom address (RFC 5321 4.1.2) of at most 254
    octets: no display name, no quoted local part, no spaces, no parameters.
    """
    address = text.strip(" \t")
    local, at, domain = address.rpartition("@")
    try:
        domain = (domain if domain.isascii() else domain.encode("idna").decode("ascii")).lower()
    except UnicodeError:
        domain = ""
    labels = domain.split(".")
    if (
        not at
        or len(local) > 64
        or len(local) + len(domain) > 253
        or not _LOCAL.match(local)
        or len(labels) < 2
        or not all(_LABEL.match(label) for label in labels)
    ):
        raise HeaderError(
            f"{_shown(text)} is not a mail address",
            remedy="Fill in an address like naam@gemeente.example",
        )
    return f"{local}@{domain}"


def checked_text(text: str, *, what: str = "text") -> str:
    """Return ``text`` with spaces folded, fit for a header.

    Raises HeaderError if it holds a control character or line break, also inside an encoded word
    (RFC 2047), where a reader would decode it.
    """
    folded = re.sub(r"[ \t\u00a0]+", " ", text).strip()
    if _CONTROL.search(folded) or _CONTROL.search(_decoded(folded)):
        raise HeaderError(
            f"the {what} {_shown(text)} holds a line break or control character",
            remedy="Take it out",
        )
    return folded


def checked_name(text: str) -> str:
    """Return a display name, at most 200 characters; raises HeaderError as ``checked_text``."""
    name = checked_text(text, what="name")
    if len(name) > 200:
        raise HeaderError("a name of more than 200 characters is refused", remedy="Shorten it")
    return name


def mailbox(name: str, address: str) -> str:
    """Return ``name <address>`` for a header, encoded where it must be (RFC 5322 3.4)."""
    return formataddr((checked_name(name), checked_address(address)), charset="utf-8")


def domain_of(address: str) -> str:
    """Return the domain of a checked address."""
    return address.rpartition("@")[2]


def without_controls(text: str) -> str:
    """Return ``text`` without control characters and odd line ends, keeping tabs and newlines.

    For bodies, where a stray character is dropped rather than refused.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL_BUT_TAB_AND_LF.sub("", text)


def _decoded(text: str) -> str:
    if "=?" not in text:
        return text
    parts = []
    try:
        for value, charset in decode_header(text):
            if isinstance(value, bytes):
                parts.append(value.decode(charset or "ascii", "replace"))
            else:
                parts.append(value)
    except (LookupError, ValueError):
        # An encoded word that cannot be read cannot be shown to be harmless either.
        return "\0"
    return "".join(parts)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
