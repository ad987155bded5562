"""A mail server on the loopback interface that keeps what it takes, and can be slow on purpose."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Caught:
    """One message as the server took it."""

    connection: str
    """Which connection brought it: the port at the other end."""
    recipient: str
    content: bytes

    @cached_property
    def mail(self) -> EmailMessage:
        """The message, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        """The subject line, in words."""
        return str(self.mail["Subject"])

    @property
    def message_id(self) -> str:
        """The Message-ID."""
        found = re.search(rb"^Message-ID: *(<[^>]+>)", self.content, re.MULTILINE | re.IGNORECASE)
        assert found is not None
        return found.group(1).decode("ascii")

    @property
    def calendar(self) -> str:
        """The calendar in it with its long lines joined again, or nothing."""
        for part in self.mail.walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_content()
                text = content if isinstance(content, str) else content.decode()
                return text.replace("\r\n", "\n").replace("\n ", "")
        return ""

    @property
    def body(self) -> str:
        """The text part."""
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def calendar_line(self, name: str) -> str:
        """The value of the first line called ``name``, parameters left out; no zone's."""
        outside, _, rest = self.calendar.partition("BEGIN:VTIMEZONE")
        for line in (outside + rest.rpartition("END:VTIMEZONE")[2]).splitlines():
            head, _, value = line.partition(":")
            if head.partition(";")[0] == name:
                return value
        return ""


@dataclass
class Sink:
    """The server; a context manager. ``on_message`` is called before the 250 of each message."""

    delay: float = 0.0
    """Seconds that it takes over each message."""
    on_message: Callable[[Caught], None] | None = None
    replies: dict[str, list[str]] = field(default_factory=dict)
    """By recipient, what it answers in turn instead of 250; then it behaves."""
    caught: list[Caught] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Sink:
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(self, hostname=LOOPBACK, loop=self._loop), host=LOOPBACK, port=0
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one message."""
        recipient = envelope.rcpt_tos[0]
        if scripted := self.replies.get(recipient):
            return scripted.pop(0)
        assert isinstance(envelope.content, bytes)
        one = Caught(str((session.peer or ("", ""))[1]), recipient, envelope.content)
        self.caught.append(one)
        if self.on_message is not None:
            self.on_message(one)
        if self.delay:
            await asyncio.sleep(self.delay)
        return "250 2.0.0 kept"

    def take(self) -> list[Caught]:
        """Return what was caught since the last call."""
        taken, self.caught = self.caught, []
        return taken


def counted(mails: list[Caught]) -> Counter[tuple[str, str]]:
    """Return how often each recipient got each subject."""
    return Counter((one.recipient, one.subject) for one in mails)
