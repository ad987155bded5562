"""Sockets that go to addresses already checked and keep to a budget of time and bytes.

*Reads*: the network. *Writes*: nothing. *Next*: ``fetch`` puts its one HTTP client on top; the
name stays in the Host header, in SNI and in the certificate check, for only the socket is changed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable

import httpcore

from var_outreach.errors import FetchError

_HEAD_ROOM = 128 * 1024  # bytes that status line, headers and chunk sizes may take together


class Budget:
    """What one fetch may cost: seconds for all of it, redirects included, and bytes per answer."""

    def __init__(self, url: str, total_seconds: float, max_wire_bytes: int) -> None:
        self.where = url
        self.max_wire_bytes = max_wire_bytes
        self._deadline = time.monotonic() + total_seconds

    def seconds(self, timeout: float | None = None) -> float:
        """Return how long one operation may take. Raises: FetchError when nothing is left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left if timeout is None else min(timeout, left)

    def too_slow(self) -> FetchError:
        """Return the error for time that ran out."""
        return FetchError("it takes too long to answer", where=self.where, remedy="Try again later")

    def too_large(self, limit: int) -> FetchError:
        """Return the error for more than ``limit`` bytes."""
        return FetchError(
            f"it is larger than {limit // 1024} kB",
            where=self.where,
            remedy="Use a smaller one, or raise the limit in the settings",
        )


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to the given addresses in turn, whatever name it is asked for."""

    def __init__(self, addresses: list[str], budget: Budget) -> None:
        self._addresses = addresses
        self._budget = budget
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection to the first address that answers, never to ``host`` itself."""
        failure: Exception = httpcore.ConnectError("no address to connect to")
        for address in self._addresses:
            try:
                stream = self._plain.connect_tcp(address, port, self._budget.seconds(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _MeteredStream(stream, self._budget)
        raise failure


class _MeteredStream(httpcore.NetworkStream):
    """Counts what comes in and keeps to the deadline, headers and handshake included.

    A read timeout alone would let a server drip one byte at a time for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._left = budget.max_wire_bytes + _HEAD_ROOM

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._budget.seconds(timeout))
        self._left -= len(data)
        if self._left < 0:
            raise self._budget.too_large(self._budget.max_wire_bytes)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._budget.seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        patience = self._budget.seconds(timeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, patience)
        return _MeteredStream(secured, self._budget)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
