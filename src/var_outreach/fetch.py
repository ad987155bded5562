"""The one HTTP client: fetches a public page, feed or picture, and nothing behind our own door.

*Reads*: the network, as far as a ``FetchPolicy`` lets it. *Writes*: nothing. *Next*: ``news``
reads what came. Addresses arrive from feeds and from what people paste, so every one is hostile
until checked: a name is resolved once and the connection goes to the address that was checked,
so that a second DNS answer cannot move it (DNS rebinding).
"""

from __future__ import annotations

import queue
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import httpcore
import httpx

from var_outreach import __version__
from var_outreach.errors import FetchError
from var_outreach.pinned_socket import Budget, PinnedBackend
from var_outreach.public_addresses import Resolver, refused_because, system_resolver

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_HEADERS = ("content-type", "content-language", "etag", "last-modified", "cache-control")
_MAX_URL = 4000
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched and how much of it; sizes in bytes, times in seconds.

    ``allow`` names exact ``host:port`` pairs that may be private and use any port: an intranet
    feed that the settings name, or a test. ``contact`` is put in the User-Agent, so that whoever
    runs the other end knows whom to ask.
    """

    contact: str = ""
    allow: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443})
    max_wire_bytes: int = 5 * 1024 * 1024
    max_bytes: int = 10 * 1024 * 1024
    total_seconds: float = 30.0
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    max_redirects: int = 5
    resolve: Resolver = system_resolver
    tls: ssl.SSLContext | None = None

    @property
    def user_agent(self) -> str:
        """Return the User-Agent, with the contact when there is one."""
        agent = f"var-outreach/{__version__}"
        return f"{agent} (+{self.contact})" if _sendable(self.contact) else agent


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body that was fetched whole; ``url`` is where it was found after redirects."""

    url: str
    status: int
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class NotModified:
    """The other end says that what we have is still what it has (RFC 9110 15.4.5)."""

    url: str
    etag: str | None
    last_modified: str | None


def fetch(
    url: str,
    *,
    policy: FetchPolicy,
    etag: str | None = None,
    last_modified: str | None = None,
    accept: str = "*/*",
) -> Fetched | NotModified:
    """Get ``url``, following at most ``policy.max_redirects`` redirects, each checked again.

    ``etag`` and ``last_modified`` are what the last ``Fetched`` said: with them the request is
    conditional (RFC 9110 13.1). Raises: FetchError.
    """
    budget = Budget(_shown(url), policy.total_seconds, policy.max_wire_bytes)
    asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    conditions = {name: value for name, value in asked.items() if value and _sendable(value)}
    headers = {
        "User-Agent": policy.user_agent,
        "Accept": accept,
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **conditions,
    }
    target = _checked_url(url, policy)
    for _ in range(policy.max_redirects + 1):
        answer = _one_hop(target, headers, policy, budget, conditional=bool(conditions))
        if not isinstance(answer, httpx.URL):
            return answer
        if target.scheme == "https" and answer.scheme == "http":
            raise FetchError(
                f"it redirects from https to http ({_shown(str(answer))})",
                where=_shown(str(target)),
                remedy="Use an address that stays on https",
            )
        target = _checked_url(str(answer), policy)
    raise FetchError(
        f"it redirects more than {policy.max_redirects} times",
        where=_shown(url),
        remedy="Use the address where the page ends up",
    )


def _checked_url(url: str, policy: FetchPolicy) -> httpx.URL:
    """Return the parsed address if its form is one that we fetch. Raises: FetchError."""
    shown = _shown(url)
    try:
        parsed = httpx.URL(url) if len(url) <= _MAX_URL else None
    except (httpx.InvalidURL, ValueError):
        parsed = None
    if parsed is None or parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise FetchError(
            "this is not a web address", where=shown, remedy="Give one that starts with https://"
        )
    if parsed.userinfo:
        raise FetchError(
            "the address holds a user name or password",
            where=shown,
            remedy="Leave out the part before the @",
        )
    if _port(parsed) not in policy.ports and _door(parsed) not in policy.allow:
        raise FetchError(
            f"port {_port(parsed)} is not one that is fetched from",
            where=shown,
            remedy=f"Name {_door(parsed)} in the settings if it is meant",
        )
    return parsed.copy_with(fragment=None)


def _one_hop(
    url: httpx.URL,
    headers: dict[str, str],
    policy: FetchPolicy,
    budget: Budget,
    *,
    conditional: bool,
) -> Fetched | NotModified | httpx.URL:
    """Ask once; return what came, or the URL that it redirects to."""
    addresses = _checked_addresses(url, policy, budget)
    limits = httpx.Timeout(policy.read_seconds, connect=policy.connect_seconds)
    transport = _PinnedTransport(PinnedBackend(addresses, budget), policy)
    try:
        # A client for each hop: no connection, cookie or credential outlives it.
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=limits) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            return _read_response(response, policy, budget, conditional=conditional)
    except httpx.TimeoutException as error:
        raise budget.too_slow() from error
    except (httpx.InvalidURL, ValueError) as error:
        # httpx reads the Location header of a redirect before we do.
        raise _no_address(_shown(str(url))) from error
    except httpx.HTTPError as error:
        raise FetchError(
            f"it cannot be fetched ({str(error) or type(error).__name__})",
            where=_shown(str(url)),
            remedy="Check the address, or try again later",
        ) from error


def _read_response(
    response: httpx.Response, policy: FetchPolicy, budget: Budget, *, conditional: bool
) -> Fetched | NotModified | httpx.URL:
    """Turn an open response into an outcome; nothing is read of a body that we do not want."""
    where = _shown(str(response.url))
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    etag, last_modified = kept.get("etag"), kept.get("last-modified")
    if response.status_code in _REDIRECTS and "location" in response.headers:
        try:
            return response.url.join(response.headers["location"])
        except (httpx.InvalidURL, ValueError) as error:
            raise _no_address(where) from error
    if response.status_code == 304 and conditional:
        return NotModified(str(response.url), etag, last_modified)
    if response.status_code != 200:
        raise FetchError(
            f"the server answers with status {response.status_code}",
            where=where,
            remedy="Open the address in a browser to see whether it still exists",
        )
    body = b"".join(_unpacked(response, policy, budget))
    return Fetched(
        url=str(response.url),
        status=response.status_code,
        body=body,
        content_type=kept.get("content-type", ""),
        etag=etag,
        last_modified=last_modified,
        headers=MappingProxyType(kept),
    )


def _unpacked(response: httpx.Response, policy: FetchPolicy, budget: Budget) -> Iterator[bytes]:
    """Yield the body, unpacked in steps, so that a small bomb never becomes a large string."""
    where = _shown(str(response.url))
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchError(f"it is packed as {encoding[:40]!r}, which we did not ask", where=where)
    wire = unpacked = 0
    unpacker = zlib.decompressobj(_GZIP_WINDOW) if "gzip" in encoding else None
    for chunk in response.iter_raw():
        wire += len(chunk)
        if wire > policy.max_wire_bytes:
            raise budget.too_large(policy.max_wire_bytes)
        for piece in (chunk,) if unpacker is None else _inflate(unpacker, chunk, where):
            unpacked += len(piece)
            if unpacked > policy.max_bytes:
                raise budget.too_large(policy.max_bytes)
            yield piece
    if unpacker is not None and wire and not unpacker.eof:
        raise FetchError("it stops halfway", where=where, remedy="Try again later")


def _inflate(unpacker: zlib._Decompress, chunk: bytes, where: str) -> Iterator[bytes]:
    """Yield at most 64 kB at a time; bytes after the end of the gzip member are dropped."""
    try:
        while chunk and not unpacker.eof:
            yield unpacker.decompress(chunk, 65536)
            chunk = unpacker.unconsumed_tail
    except zlib.error as error:
        raise FetchError("its gzip data is damaged", where=where) from error


def _checked_addresses(url: httpx.URL, policy: FetchPolicy, budget: Budget) -> list[str]:
    """Resolve the host, once, and return its addresses if every one may be connected to.

    One bad address among good ones refuses all: an honest public site has none, and picking the
    good ones would help whoever is trying.
    """
    where = _shown(str(url))
    host = url.raw_host.decode("ascii").strip("[]")
    addresses = _resolve_in_time(host, _port(url), policy, budget, where)
    if not addresses:
        raise FetchError("the name has no address", where=where, remedy="Check the spelling")
    if _door(url) in policy.allow:
        return addresses
    for address in addresses:
        why = refused_because(address)
        if why is not None:
            raise FetchError(
                f"{host} is at {address}, which is {why}",
                where=where,
                remedy=f"Name {_door(url)} in the settings if it is meant",
            )
    return addresses


def _resolve_in_time(
    host: str, port: int, policy: FetchPolicy, budget: Budget, where: str
) -> list[str]:
    """Ask the resolver in a thread of its own, for getaddrinfo knows no time limit."""
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(policy.resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="fetch-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=budget.seconds())
    except queue.Empty:
        raise budget.too_slow() from None
    if isinstance(answer, list):
        return answer
    raise FetchError(
        "the name cannot be found", where=where, remedy="Check the spelling, or the DNS"
    ) from answer


class _PinnedTransport(httpx.BaseTransport):
    """Hands httpx's request to httpcore over connections that go to checked addresses only.

    Host header, SNI and certificate check keep the name, because only the socket is changed.
    """

    def __init__(self, backend: httpcore.NetworkBackend, policy: FetchPolicy) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=policy.tls or _tls_context(), network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=url.raw_scheme,
                        host=url.raw_host,
                        port=url.port,
                        target=url.raw_path,
                    ),
                    headers=request.headers.raw,
                    extensions=request.extensions,
                )
            )
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.NetworkError(str(error)) from error
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream, answer.close)
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """A response body whose errors are httpx's, so that one ``except`` catches them."""

    def __init__(self, parts: Iterable[bytes], close: Callable[[], None]) -> None:
        self._parts = parts
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.NetworkError(str(error)) from error

    def close(self) -> None:
        self._close()


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """Build the context once: loading the certificates takes some 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _door(url: httpx.URL) -> str:
    """Return the exact ``host:port`` by which the settings may allow it."""
    return f"{url.raw_host.decode('ascii').lower()}:{_port(url)}"


def _sendable(value: str) -> bool:
    """Say whether a stored value may go into a request header: printable ASCII, not long."""
    return bool(value) and len(value) <= 1000 and value.isascii() and value.isprintable()


def _shown(url: str) -> str:
    """Return an address fit for a message: no password, no control characters, not endless."""
    head, at, tail = url.partition("@")
    if at and "/" not in head.partition("://")[2]:
        url = f"{head.partition('://')[0]}://***@{tail}"
    url = "".join(sign if sign.isprintable() else "?" for sign in url)
    return url if len(url) <= 200 else f"{url[:199]}…"


def _no_address(where: str) -> FetchError:
    return FetchError(
        "it redirects to something that is no web address",
        where=where,
        remedy="Use the address where the page ends up",
    )
