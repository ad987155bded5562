"""One suite over every transport: what comes out equals what went in, byte for byte."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from aiosmtpd.smtp import Envelope as Received
from pydantic import SecretStr

from tests.dispatch.certificates import make_certificate
from var_outreach.dispatch.maildir import MaildirTransport
from var_outreach.dispatch.sender import Sender
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.smtp_transaction import Timeouts
from var_outreach.dispatch.transport import Envelope, Transport
from var_outreach.errors import HeaderError
from var_outreach.settings import Security, SmtpSettings

# aiosmtpd sees no TLS in a connection that began with it.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

HEAD = b"Subject: dag\r\n\r\n"


@dataclass(frozen=True)
class Arrived:
    """A message as it came out at the other end."""

    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True)
class Way:
    """A transport, and how to see what came out of it, in any order."""

    transport: Transport
    arrived: Callable[[], list[Arrived]]


class _AnyPort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Catcher:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.caught: list[Arrived] = []

    async def handle_DATA(self, server: object, session: object, envelope: Received) -> str:
        assert isinstance(envelope.content, bytes)
        sender = (envelope.mail_from or "").replace("<>", "")
        for recipient in envelope.rcpt_tos:
            self.caught.append(Arrived(sender, recipient, envelope.content))
        return "250 2.0.0 caught"


def maildir_way(tmp_path: Path) -> Iterator[Way]:
    def arrived() -> list[Arrived]:
        found = []
        for file in (tmp_path / "mail" / "new").iterdir():
            path, to, message = file.read_bytes().split(b"\r\n", 2)
            sender = path.decode().removeprefix("Return-Path: <").removesuffix(">")
            found.append(Arrived(sender, to.decode().removeprefix("Delivered-To: "), message))
        return found

    yield Way(MaildirTransport(tmp_path / "mail"), arrived)


def smtp_way(tmp_path: Path, *, security: Security) -> Iterator[Way]:
    catcher = _Catcher()
    certificate = make_certificate(tmp_path)
    context = certificate.server_context()

    def authenticate(
        server: SMTP, session: object, envelope: object, mechanism: str, data: object
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == "geheim é".encode()
        return AuthResult(success=right)

    secured = security is not Security.NONE
    controller = _AnyPort(
        catcher,
        hostname="127.0.0.1",
        port=0,
        ssl_context=context if security is Security.TLS else None,
        tls_context=context if security is Security.STARTTLS else None,
        require_starttls=security is Security.STARTTLS,
        authenticator=authenticate if secured else None,
        auth_required=secured,
        auth_require_tls=security is Security.STARTTLS,
    )
    controller.start()
    try:
        settings = SmtpSettings(
            host="127.0.0.1",
            port=controller.port,
            security=security,
            ca_file=certificate.file if secured else None,
            username="verzender" if secured else "",
            password=SecretStr("geheim é"),
            helo_name="outreach.example",
        )
        patience = Timeouts(5, 5, 5, 5, 5, 5, 2)
        yield Way(SmtpTransport(settings, timeouts=patience), lambda: catcher.caught)
    finally:
        controller.stop()


@pytest.fixture(params=["maildir", "smtp", "smtp with STARTTLS", "smtp with TLS"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """Every transport in turn."""
    if request.param == "maildir":
        yield from maildir_way(tmp_path)
    elif request.param == "smtp":
        yield from smtp_way(tmp_path, security=Security.NONE)
    elif request.param == "smtp with STARTTLS":
        yield from smtp_way(tmp_path, security=Security.STARTTLS)
    else:
        yield from smtp_way(tmp_path, security=Security.TLS)


def make_envelope(number: int, message: bytes) -> Envelope:
    return Envelope(
        f"bounce+{number}@netwerk.example",
        f"r{number}@maasstad.example",
        message,
        f"token{number:021d}",
    )


def random_message(rng: random.Random) -> bytes:
    lines = rng.choices([b"", b".", b"..", b". a", b"a" * 900, b"QUIT", b" ", b"=2E"], k=40)
    return HEAD + b"".join(line + b"\r\n" for line in lines)


MESSAGES = [
    HEAD + b"hallo\r\n",
    HEAD + b".\r\n",
    HEAD + b".\r\n.\r\n..\r\n...\r\n",
    b".Subject: dot first\r\n\r\n.\r\n",
    HEAD + b"\r\n\r\n\r\n",
    HEAD + b"x" * 998 + b"\r\n",
    HEAD + b"." * 998 + b"\r\n",
    HEAD + b"trailing spaces  \r\n\t\r\n",
    HEAD + b"From here\r\n>From there\r\nQUIT\r\nRSET\r\n",
    HEAD + "één regel\r\n".encode(),
    HEAD + b"x\r\n" * 100_000,
    *(random_message(random.Random(seed)) for seed in range(10)),
]


def test_what_comes_out_equals_what_went_in(way: Way) -> None:
    sender = Sender(way.transport)
    sent = [make_envelope(number, message) for number, message in enumerate(MESSAGES)]
    for envelope in sent:
        assert sender.deliver(envelope).accepted
    sender.close()
    came = {one.recipient: one for one in way.arrived()}
    assert len(way.arrived()) == len(sent)
    for envelope in sent:
        one = came[envelope.recipient]
        assert one.message == envelope.message
        assert one.sender == envelope.sender


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_bare_line_ends_become_whole(way: Way, end: bytes) -> None:
    sender = Sender(way.transport)
    sender.deliver(make_envelope(1, HEAD + b"a" + end + b"." + end + b"b"))
    sender.close()
    (one,) = way.arrived()
    assert one.message == HEAD + b"a\r\n.\r\nb\r\n"


def test_empty_return_path(way: Way) -> None:
    sender = Sender(way.transport)
    assert sender.deliver(Envelope("", "r@maasstad.example", MESSAGES[0], "token1234")).accepted
    sender.close()
    (one,) = way.arrived()
    assert one.sender == ""


def test_address_that_carries_a_parameter_never_leaves(way: Way) -> None:
    with pytest.raises(HeaderError):
        Envelope("a@b.example", "r@maasstad.example> NOTIFY=NEVER", MESSAGES[0], "token1234")


def test_closing_twice_does_no_harm(way: Way) -> None:
    connection = way.transport.connect()
    connection.close()
    connection.close()
