"""A mail server on this machine that keeps what it is given and sends nothing on.

*Reads*: SMTP on the loopback interface. *Writes*: a Maildir. *Next*: people look at the mail.
"""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MESSAGE = 40_000_000
LOOPBACK = "127.0.0.1"


class _Keeper:
    """Writes every message into ``new``, named in the order in which they came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one message; 250 only when it stands in the folder."""
        name = f"{next(self._numbers):08d}.{os.getpid()}.catcher"
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n"
        head += "".join(f"Delivered-To: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        content = envelope.content
        body = content if isinstance(content, bytes) else (content or "").encode()
        waiting = self._folder / "tmp" / name
        waiting.write_bytes(head.encode("ascii", "replace") + body)
        waiting.rename(self._folder / "new" / name)
        return "250 2.0.0 kept"


class Catcher:
    """The catching server; a context manager."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            self.port = int(probe.getsockname()[1])
        self._controller = Controller(
            _Keeper(folder),
            hostname=LOOPBACK,
            port=self.port,
            data_size_limit=MAX_MESSAGE,
            enable_SMTPUTF8=False,
        )

    def __enter__(self) -> Catcher:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._controller.stop()
