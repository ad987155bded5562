"""A mail server on this machine that keeps what it is given and sends nothing on.

*Reads*: SMTP on the loopback interface. *Writes*: a Maildir. *Next*: people look at the mail.

It is a process of its own, as a mail server is: ``python -m var_outreach.rehearsal.catcher DIR``
prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from var_outreach.errors import MissingPart

MAX_MESSAGE = 40_000_000
END_OF_DATA = b"\r\n.\r\n"
LOOPBACK = "127.0.0.1"
STOP_SECONDS = 10


class _WholeMessages(SMTP):
    """Takes each message in one piece; line by line costs 6 ms for 60 kB, which is most of a demo."""

    line_length_limit = MAX_MESSAGE
    """Octets that the reader may hold, not the length of a line."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Read up to the final dot (RFC 5321 4.1.1.4); a message has at least a header."""
        assert self.envelope is not None
        if arg or not self.envelope.rcpt_tos:
            await super().smtp_DATA(arg)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        stuffed = await self._reader.readuntil(END_OF_DATA)
        self.envelope.content = stuffed[: 2 - len(END_OF_DATA)].replace(b"\r\n..", b"\r\n.")
        status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(status)


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
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Catcher:
        """Start the process and wait until it listens; raises MissingPart if it does not."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "var_outreach.rehearsal.catcher", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line.isdigit():
            raise MissingPart(
                "the mail catcher did not start",
                where=str(self._folder),
                remedy="See the message above",
            )
        self.port = int(line)
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop the process; what it said 250 to stands in the folder."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve(folder: Path) -> None:
    """Serve into ``folder`` until standard input is closed."""
    loop = asyncio.new_event_loop()
    keeper = _Keeper(folder)

    def protocol() -> SMTP:
        return _WholeMessages(keeper, data_size_limit=MAX_MESSAGE, loop=loop)

    server = loop.run_until_complete(loop.create_server(protocol, host=LOOPBACK, port=0))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_until_complete(loop.run_in_executor(None, sys.stdin.read))
    server.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
