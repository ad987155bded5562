"""A small mail server that misbehaves on demand, written by hand on sockets and threads."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import BinaryIO

DROP = "DROP"
"""Instead of a reply: close the connection."""
STALL = "STALL"
"""Instead of a reply: say nothing until the server stops."""

OFFERS = ("PIPELINING", "8BITMIME", "SIZE 1000000", "DSN")


class ChaosServer:
    """Answers as scripted and well otherwise.

    ``script`` maps a verb (``CONNECT``, ``EHLO``, ``MAIL``, ``RCPT``, ``DATA``, ``.`` ...) to
    replies that are given in turn; when they are used up the server behaves. ``lines`` holds
    every command, ``messages`` every accepted message with its dots unstuffed.
    """

    def __init__(
        self,
        script: dict[str, list[str]] | None = None,
        *,
        offers: tuple[str, ...] = OFFERS,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self._script = {verb: list(replies) for verb, replies in (script or {}).items()}
        self._offers = offers
        self._tls = tls
        self._implicit = implicit
        self.login = login
        self.lines: list[str] = []
        self.messages: list[bytes] = []
        self.connections = 0
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def verbs(self) -> list[str]:
        """The first words of all commands, in order."""
        return [line.split(" ")[0].split(":")[0].upper() for line in self.lines]

    def script(self, verb: str, *replies: str) -> None:
        """Add replies for ``verb``."""
        self._script.setdefault(verb, []).extend(replies)

    def stop(self) -> None:
        """Close the listener and wake whoever stalls."""
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, _Gone), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            sock.settimeout(20)
            if self._implicit and self._tls is not None:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
            self._say(sock, self._answer("CONNECT", "220 chaos.example ready"))
            while self._session(sock, sock.makefile("rb")):
                assert self._tls is not None
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))

    def _session(self, sock: socket.socket, lines: BinaryIO) -> bool:
        """Serve until QUIT or STARTTLS; tell whether TLS begins."""
        while raw := lines.readline():
            line = raw.decode("latin-1").rstrip("\r\n")
            self.lines.append(line)
            verb = self.verbs[-1]
            reply = self._answer(verb, self._usual(verb, sock))
            self._say(sock, reply)
            if verb == "DATA" and reply.startswith("354"):
                self._take_message(sock, lines)
            elif verb == "AUTH" and reply.startswith("334"):
                self._say(sock, self._take_login(lines, sock))
            elif verb == "STARTTLS" and reply.startswith("220"):
                return True
            elif verb == "QUIT" or reply.startswith("421"):
                return False
        return False

    def _usual(self, verb: str, sock: socket.socket) -> str:
        if verb == "EHLO":
            offers = list(self._offers)
            if self._tls is not None and not isinstance(sock, ssl.SSLSocket):
                offers.append("STARTTLS")
            return "\r\n".join(["250-chaos.example", *(f"250-{o}" for o in offers), "250 HELP"])
        if verb == "AUTH":
            return self._check_plain()
        usual = {"DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 go on"}
        return usual.get(verb, "250 2.0.0 ok")

    def _check_plain(self) -> str:
        parts = self.lines[-1].split(" ")
        if parts[1] == "LOGIN":
            return "334 VXNlcm5hbWU6"
        given = base64.b64decode(parts[2]).decode().split("\0")[1:]
        return self._verdict(given)

    def _take_login(self, lines: BinaryIO, sock: socket.socket) -> str:
        user = base64.b64decode(lines.readline()).decode()
        self._say(sock, "334 UGFzc3dvcmQ6")
        return self._verdict([user, base64.b64decode(lines.readline()).decode()])

    def _verdict(self, given: list[str]) -> str:
        right = self.login is not None and tuple(given) == self.login
        return "235 2.7.0 welcome" if right else "535 5.7.8 bad credentials"

    def _take_message(self, sock: socket.socket, lines: BinaryIO) -> None:
        if self._next("BODY") == DROP:
            lines.read(20)
            _cut(sock)
        body = []
        while (line := lines.readline()) != b".\r\n":
            if not line:
                raise _Gone
            body.append(line[1:] if line.startswith(b".") else line)
        reply = self._answer(".", "250 2.0.0 queued")
        if reply.startswith("250"):
            self.messages.append(b"".join(body))
        self._say(sock, reply)

    def _next(self, verb: str) -> str | None:
        waiting = self._script.get(verb)
        return waiting.pop(0) if waiting else None

    def _answer(self, verb: str, usual: str) -> str:
        return self._next(verb) or usual

    def _say(self, sock: socket.socket, reply: str) -> None:
        if reply == STALL:
            self._stopped.wait(20)
            raise _Gone
        if reply == DROP:
            _cut(sock)
        sock.sendall(reply.encode() + b"\r\n")


class _Gone(Exception):
    """The connection is over."""


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    raise _Gone


@contextlib.contextmanager
def chaos(script: dict[str, list[str]] | None = None, **options: object) -> Iterator[ChaosServer]:
    """Run a server for the length of a ``with`` block."""
    server = ChaosServer(script, **options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.stop()
