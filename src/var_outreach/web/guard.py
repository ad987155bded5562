"""What holds for every answer of the site: headers, a cap on what is sent in, HEAD without a body.

*Reads*: the request's head. *Writes*: response headers. *Next*: the routers answer the request.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
"""Octets of a form; the largest answer page with every field full stays under half of it."""

PAGE_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
PRIVATE = (
    "antwoord",
    "groep",
    "inschrijven/bevestig",
    "lijst",
    "mijn",
    "partner",
    "spreker",
    "uitschrijven",
)
"""What stands before a secret in an address."""
_TOKEN = re.compile(rf"^((?:/en)?/(?:{'|'.join(PRIVATE)})/).+")
_PERSONAL = re.compile(rf"^(/en)?/({'|'.join(PRIVATE)}|inschrijven)(/|$)")
_ALWAYS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_KEPT_PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
ErrorPage = Callable[[int, Scope, Receive, Send], Awaitable[None]]
log = logging.getLogger(__name__)


def without_token(path: str) -> str:
    """Return ``path`` as it may stand in a log: a personal link opens somebody's page."""
    return _TOKEN.sub(r"\1...", path)


class Guard:
    """ASGI middleware around the whole site.

    A page's own Content-Security-Policy or Cache-Control wins over the general one, but a
    personal page is never stored.
    """

    def __init__(self, app: ASGIApp, *, https: bool, error_page: ErrorPage) -> None:
        self._app = app
        self._https = https
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        private = _PERSONAL.match(scope["path"]) is not None

        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": self._headers(message["headers"], private)}
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        inner: MutableMapping[str, Any] = {**scope, "method": "GET"} if is_head else scope
        body = await _read_body(scope, receive)
        if body is None:
            await self._error_page(413, scope, receive, guarded)
            return
        try:
            await self._app(inner, _replayed(body, receive), guarded)
        except Exception:
            # Caught here, so that this page too goes out with the headers above.
            log.exception("%s %s failed", scope["method"], without_token(scope["path"]))
            if started:
                raise
            await self._error_page(500, scope, receive, guarded)

    def _headers(
        self, given: list[tuple[bytes, bytes]], private: bool
    ) -> list[tuple[bytes, bytes]]:
        wanted = dict(_ALWAYS)
        if self._https:
            wanted["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        forced = _KEPT_PRIVATE if private else {}
        forced_names = {name.lower().encode() for name in forced}
        kept = [(name, value) for name, value in given if name.lower() not in forced_names]
        present = {name.lower() for name, _ in kept}
        if any(value.startswith(b"text/html") for name, value in kept if name == b"content-type"):
            # A page changes with every answer; a browser asks again before it shows an old one.
            wanted.setdefault("Cache-Control", "no-cache")
        for name, value in {**wanted, **forced}.items():
            if name.lower().encode() not in present:
                kept.append((name.lower().encode(), value.encode()))
        return kept


async def _read_body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body of a request, or None as soon as it passes ``MAX_BODY``."""
    if scope["method"] in {"GET", "HEAD"}:
        return b""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > MAX_BODY):
            return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives ``body`` once and then whatever the server says."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
