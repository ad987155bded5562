"""Delivers messages over connections that are kept and used again, one a thread.

*Reads*: nothing. *Writes*: nothing itself. *Next*: the dispatch loop records what comes of each
envelope as ``policy.judge`` says.
"""

from __future__ import annotations

import threading

from var_outreach.dispatch.transport import Connection, Envelope, Reply, Transport
from var_outreach.dispatch.trouble import ConnectionLost, SlowDown, TransportTrouble


class Sender:
    """Shares a transport between threads: each has a connection of its own."""

    def __init__(self, transport: Transport) -> None:
        """Take ``transport``; nothing is opened before the first message."""
        self.transport = transport
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[Connection] = set()

    def deliver(self, envelope: Envelope) -> Reply:
        """Send one message and return the reply.

        A server closes a connection that lies idle: the message is then sent once more over a new
        one, but only if the old one gave no answer at all, so that nothing can go out twice.

        Raises TransportTrouble, ConnectionLost or SlowDown.
        """
        connection, used_before = self._connection()
        try:
            return connection.send(envelope)
        except ConnectionLost as lost:
            self.close()
            if not used_before or lost.maybe_accepted or not lost.unanswered:
                raise
        except BaseException:
            # Trouble, or a stop in the middle of a message: its state is nobody's to guess.
            self.close()
            raise
        connection, _ = self._connection()
        try:
            return connection.send(envelope)
        except (ConnectionLost, SlowDown, TransportTrouble):
            self.close()
            raise

    def close(self) -> None:
        """Close the connection of this thread, if it has one."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def close_all(self) -> None:
        """Close every connection; only when no thread delivers any more."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()
        self._own = threading.local()

    def _connection(self) -> tuple[Connection, bool]:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            return connection, True
        connection = self.transport.connect()
        self._own.connection = connection
        with self._lock:
            self._open.add(connection)
        return connection, False
