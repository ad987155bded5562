"""Sends one message after the other over an open SMTP session.

*Reads*: envelopes. *Writes*: to the network. *Next*: ``sender`` keeps the connection, ``policy``
judges the reply.

smtplib keeps the session and reads the replies. The message bypasses it: its bytes are ready, and
smtplib would search all of them three times over. MAIL, RCPT and DATA travel together where the
server offers PIPELINING (RFC 2920).
"""

from __future__ import annotations

import contextlib
import re
import socket
from dataclasses import dataclass
from typing import Protocol

from var_outreach.dispatch.transport import Envelope, Reply
from var_outreach.dispatch.trouble import (
    ConnectionLost,
    SlowDown,
    TransportTrouble,
    TroubleKind,
)
from var_outreach.dispatch.wire import data_block, mail_command, rcpt_command
from var_outreach.message import without_controls

_BLOCK_OCTETS = 1 << 18
_LAST_WORD_SECONDS = 5.0
_TEXT_LENGTH = 500
_ABOUT_SIZE = ("5.3.4", "5.2.3")
_IDLE = re.compile(r"idle|time ?out|timed out", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait, as RFC 5321 4.5.3.2 asks."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    final: float = 600
    quit: float = 5


class Session(Protocol):
    """What is used of ``smtplib.SMTP`` once the session is open."""

    sock: socket.socket | None
    esmtp_features: dict[str, str]

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of the next reply; raises OSError."""
        ...

    def close(self) -> None:
        """Close the socket."""
        ...


class SmtpConnection:
    """An open session, used by one thread at a time."""

    def __init__(self, session: Session, *, where: str, timeouts: Timeouts) -> None:
        """Take a session that is ready for MAIL."""
        self._session = session
        self._where = where
        self._timeouts = timeouts
        self._used = False
        self._answered = False
        self._within_data = False
        self._unfinished = False
        """Whether the last transaction failed, so that RSET goes before the next."""

    def send(self, envelope: Envelope) -> Reply:
        """Send one message and return the reply that decides: to RCPT, DATA or the final dot.

        Raises:
            TransportTrouble: MAIL was refused, which no recipient is to blame for.
            SlowDown: the server asks for less.
            ConnectionLost: no answer; ``maybe_accepted`` after the final dot.
        """
        refusal = self._refused_unsent(envelope)
        if refusal is not None:
            return refusal
        self._answered = False
        replies = self._converse(self._commands(envelope))
        reply = _first_refusal(replies)
        if reply is None:
            reply = self._send_data(envelope)
        else:
            self._abandon(replies)
        self._used = True
        self._unfinished = not reply.accepted
        if reply.slows_down:
            raise SlowDown(f"the mail server asks to wait: {reply}", where=self._where)
        if reply.command == "MAIL" and not _is_about_size(reply):
            raise self._sender_refused(reply)
        return reply

    def close(self) -> None:
        """Say QUIT, unless a message is half sent: then the line is cut, and it never was."""
        with contextlib.suppress(OSError):
            if self._session.sock is not None and not self._within_data:
                self._session.sock.settimeout(self._timeouts.quit)
                self._session.sock.sendall(b"QUIT\r\n")
                self._session.getreply()
        self._session.close()

    def _commands(self, envelope: Envelope) -> list[tuple[str, bytes]]:
        offered = self._session.esmtp_features
        commands = [
            ("MAIL", mail_command(envelope, offered)),
            ("RCPT", rcpt_command(envelope, offered)),
            ("DATA", b"DATA\r\n"),
        ]
        return [("RSET", b"RSET\r\n"), *commands] if self._unfinished else commands

    def _converse(self, commands: list[tuple[str, bytes]]) -> dict[str, Reply]:
        """Send ``commands`` and return the replies, up to the one after which none can come."""
        replies: dict[str, Reply] = {}
        pipelined = "pipelining" in self._session.esmtp_features
        self._within_data = True
        if pipelined:
            self._write(b"".join(line for _, line in commands))
        for verb, line in commands:
            try:
                if not pipelined:
                    self._write(line)
                replies[verb] = self._read(
                    verb, self._timeouts.data if verb == "DATA" else self._timeouts.command
                )
            except ConnectionLost:
                if _first_refusal(replies) is None:
                    raise
                return replies  # its word on this message came before the line broke
            if replies[verb].code == 421 or (not pipelined and _first_refusal(replies)):
                break
        return replies

    def _abandon(self, replies: dict[str, Reply]) -> None:
        """Leave a refused transaction so that the next one can begin.

        A server that takes pipelined commands may have said 354 all the same; with no recipient
        accepted a lone dot ends that, and nothing is sent (RFC 2920 3.1).
        """
        data, rcpt = replies.get("DATA"), replies.get("RCPT")
        if data is not None and data.code == 354:
            if rcpt is not None and rcpt.accepted:
                # It refused MAIL and took the rest: a dot would send an empty message.
                self._session.close()
                return
            with contextlib.suppress(ConnectionLost):
                self._write(b".\r\n")
                self._read(".", self._timeouts.final)
        self._within_data = False

    def _send_data(self, envelope: Envelope) -> Reply:
        block = memoryview(data_block(envelope.message, in_crlf_lines=envelope.in_crlf_lines))
        try:
            for start in range(0, len(block), _BLOCK_OCTETS):
                self._write(block[start : start + _BLOCK_OCTETS], self._timeouts.block)
        except ConnectionLost:
            # The end was never sent. A server that cut in may have said why.
            said = self._last_word()
            self._session.close()
            if said is None:
                raise
            return said
        reply = self._read(".", self._timeouts.final, maybe_accepted=True)
        self._within_data = False
        return reply

    def _write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        try:
            if self._session.sock is None:
                raise ConnectionAbortedError("the connection is closed")
            self._session.sock.settimeout(timeout or self._timeouts.command)
            self._session.sock.sendall(data)
        except OSError as error:
            # Not closed yet: the server may have said why, and that can still be read.
            raise self._lost(str(error)) from error

    def _read(self, command: str, timeout: float, *, maybe_accepted: bool = False) -> Reply:
        try:
            if self._session.sock is None:
                raise ConnectionAbortedError("the connection is closed")
            self._session.sock.settimeout(timeout)
            code, text = self._session.getreply()
        except OSError as error:  # smtplib's own errors are OSErrors too
            self._session.close()
            raise self._lost(str(error), maybe_accepted=maybe_accepted) from error
        reply = Reply(code, readable(text), command)
        if not _makes_sense(reply):
            self._session.close()
            self._answered = True
            raise self._lost(
                f"an answer that is none to {command}: {reply}", maybe_accepted=maybe_accepted
            )
        if self._used and not self._answered and _is_idle_goodbye(reply):
            self._session.close()
            raise self._lost(str(reply))
        self._answered = True
        return reply

    def _lost(self, what: str, *, maybe_accepted: bool = False) -> ConnectionLost:
        return ConnectionLost(
            f"the connection with the mail server was lost ({what})",
            where=self._where,
            maybe_accepted=maybe_accepted,
            unanswered=not self._answered,
        )

    def _last_word(self) -> Reply | None:
        try:
            reply = self._read(".", _LAST_WORD_SECONDS)
        except ConnectionLost:
            return None
        return reply if reply.code >= 400 else None

    def _refused_unsent(self, envelope: Envelope) -> Reply | None:
        """Return the refusal that the server would give, without troubling it."""
        offered = self._session.esmtp_features
        limit = offered.get("size", "").strip()
        if limit.isdecimal() and 0 < int(limit) < len(envelope.message):
            text = f"5.3.4 {len(envelope.message)} octets; the server takes {limit} at most"
            return Reply(552, text, "MAIL")
        if "8bitmime" not in offered and not envelope.message.isascii():
            return Reply(554, "5.6.3 the server takes no 8-bit messages", "DATA")
        return None

    def _sender_refused(self, reply: Reply) -> TransportTrouble:
        login = reply.code in (530, 534, 535, 538)
        return TransportTrouble(
            TroubleKind.AUTH if login else TroubleKind.SENDER_REFUSED,
            f"the mail server refused our sender: {reply}",
            where=self._where,
            remedy="Check network.sender_address, network.bounce_address and the login",
            temporary=reply.code < 500,
            code=reply.code,
        )


def readable(text: bytes) -> str:
    """Return the text of a reply in one line of at most 500 characters."""
    if text.isascii() and (plain := text.decode("ascii")).isprintable():
        return plain.strip()[:_TEXT_LENGTH]
    lines = without_controls(text.decode("utf-8", "replace")).split("\n")
    first = lines[0].split(" ", 1)[0]
    # Servers repeat the enhanced status on every line.
    rest = (line.removeprefix(f"{first} ") if "." in first else line for line in lines[1:])
    return " ".join([lines[0], *rest]).strip()[:_TEXT_LENGTH]


def _first_refusal(replies: dict[str, Reply]) -> Reply | None:
    for verb, reply in replies.items():
        wanted = reply.code == 354 if verb == "DATA" else reply.accepted
        # A refused RSET says nothing of the message, unless the server takes its leave.
        if not wanted and (verb != "RSET" or reply.slows_down):
            return reply
    return None


def _makes_sense(reply: Reply) -> bool:
    if reply.command == "DATA" and reply.code == 354:
        return True
    return 200 <= reply.code < 300 or 400 <= reply.code < 600


def _is_about_size(reply: Reply) -> bool:
    return reply.status in _ABOUT_SIZE or (reply.code == 552 and reply.status is None)


def _is_idle_goodbye(reply: Reply) -> bool:
    return reply.code == 421 and (reply.status == "4.4.2" or bool(_IDLE.search(reply.text)))
