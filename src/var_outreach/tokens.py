"""Makes and checks the secrets that stand in links and addresses.

*Reads*: the system's randomness. *Writes*: nothing. *Next*: stored tokens name a registration or
a person; signed tokens carry a purpose and an end date and need no row.

All are at least 128 bit. An address token is 26 characters of lowercase base32, so that it fits
the local part of an address (RFC 5321 4.5.3.1.1: 64 octets) and survives case folding.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from var_outreach.errors import Forbidden

TOKEN_LENGTH = 26


def random_token() -> str:
    """Return 128 random bits as 26 lowercase base32 characters."""
    return _base32(secrets.token_bytes(16))


def is_token(text: str) -> bool:
    """Tell whether ``text`` has the form of a token; says nothing of whether one exists."""
    return len(text) == TOKEN_LENGTH and all(c in "abcdefghijklmnopqrstuvwxyz234567" for c in text)


class Signer:
    """Signs a subject for one purpose; the signature is checked before anything is read."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("a signing key has at least 128 bits")
        self._key = key

    def sign(self, purpose: str, subject: str, *, until: datetime | None = None) -> str:
        """Return a token for ``subject``, valid for ``purpose`` up to and including ``until``."""
        ends = "" if until is None else str(int(until.timestamp()))
        payload = _base64(f"{ends}|{subject}".encode())
        return f"{payload}.{self._mac(purpose, payload)}"

    def verify(self, purpose: str, token: str, *, now: datetime) -> str:
        """Return the subject of ``token``.

        Raises Forbidden if it was not made here for this purpose, or is past its end.
        """
        payload, _, mac = token.partition(".")
        if not mac.isascii() or not hmac.compare_digest(mac, self._mac(purpose, payload)):
            raise Forbidden("This link is not one of ours", remedy="Ask for a new link")
        ends, _, subject = _unbase64(payload).partition("|")
        if ends and datetime.fromtimestamp(int(ends), UTC) < now:
            raise Forbidden("This link has expired", remedy="Ask for a new link")
        return subject

    def fingerprint(self, purpose: str, value: str) -> str:
        """Return a keyed hash of ``value``: equal values are found again, none can be read."""
        return hmac.new(self._key, f"{purpose}|{value}".encode(), hashlib.sha256).hexdigest()

    def _mac(self, purpose: str, payload: str) -> str:
        digest = hmac.new(self._key, f"{purpose}.{payload}".encode(), hashlib.sha256).digest()
        return _base64(digest[:20])


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _unbase64(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
