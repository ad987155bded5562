"""Sessions and transactions with mail servers, well-behaved and not."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.dispatch.chaos_smtp import DROP, STALL, ChaosServer, chaos
from tests.dispatch.smtp_cases import HASTY, MESSAGE, PATIENT, envelope, transport
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.smtp_transaction import Timeouts
from var_outreach.dispatch.transport import Reply
from var_outreach.dispatch.trouble import (
    ConnectionLost,
    SlowDown,
    TransportTrouble,
    TroubleKind,
)
from var_outreach.errors import HeaderError
from var_outreach.settings import Security, SmtpSettings


def send(server: ChaosServer, *, timeouts: Timeouts = PATIENT) -> Reply:
    connection = transport(server, timeouts=timeouts).connect()
    try:
        return connection.send(envelope())
    finally:
        connection.close()


# ---- well-behaved


def test_one_message_with_every_extension() -> None:
    with chaos() as server:
        reply = send(server)
    assert reply == Reply(250, "2.0.0 queued", ".")
    assert reply.status == "2.0.0"
    assert server.messages == [MESSAGE]
    assert server.lines == [
        "ehlo outreach.example",
        f"MAIL FROM:<bounce+t1@netwerk.example> SIZE={len(MESSAGE)} RET=HDRS ENVID=token1",
        "RCPT TO:<r1@maasstad.example> NOTIFY=FAILURE",
        "DATA",
        "QUIT",
    ]


def test_nothing_is_asked_that_is_not_offered() -> None:
    with chaos(offers=()) as server:
        assert send(server).accepted
    assert server.lines[1:4] == [
        "MAIL FROM:<bounce+t1@netwerk.example>",
        "RCPT TO:<r1@maasstad.example>",
        "DATA",
    ]
    assert server.messages == [MESSAGE]


def test_one_connection_carries_many_messages() -> None:
    with chaos() as server:
        connection = transport(server).connect()
        replies = [connection.send(envelope(number)) for number in range(5)]
        connection.close()
    assert all(reply.accepted for reply in replies)
    assert (server.connections, len(server.messages)) == (1, 5)
    assert "RSET" not in server.verbs


def test_commands_travel_together_only_when_the_server_can() -> None:
    """A server that reads nothing ahead of its reply sees one command at a time."""
    seen: list[bytes] = []
    for offers in (("PIPELINING",), ()):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = _ReadOnce(listener, offers)
            connection = transport(server).connect()  # type: ignore[arg-type]
            with pytest.raises(ConnectionLost):
                connection.send(envelope())
            connection.close()
            seen.append(server.first_read())
    assert seen[0].count(b"\r\n") == 3
    assert seen[1].count(b"\r\n") == 1


def test_server_without_ehlo_is_greeted_by_helo() -> None:
    with chaos({"EHLO": ["502 what?"]}, offers=()) as server:
        assert send(server).accepted
    assert server.verbs[:2] == ["EHLO", "HELO"]


def test_long_message_in_many_blocks() -> None:
    message = b"Subject: lang\r\n\r\n" + b".een regel\r\n" * 60_000
    with chaos() as server:
        connection = transport(server).connect()
        assert connection.send(envelope(message=message)).accepted
        connection.close()
    assert server.messages == [message]


@pytest.mark.parametrize(
    "hidden",
    [
        b"\n.\nMAIL FROM:<x@y.example>\nRCPT TO:<z@y.example>\nDATA\n",
        b"\r.\rMAIL FROM:<x@y.example>\r",
        b"\n.\r\nMAIL FROM:<x@y.example>\r\n",
        b"\r\n.\nMAIL FROM:<x@y.example>\r\n",
        b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
        b"\r\n.\r\r\nMAIL FROM:<x@y.example>\r\n",
    ],
)
def test_no_second_message_is_smuggled_in(hidden: bytes) -> None:
    with chaos() as server:
        connection = transport(server).connect()
        connection.send(envelope(message=MESSAGE + hidden))
        connection.close()
    assert server.verbs.count("MAIL") == 1
    (body,) = server.messages
    assert b"MAIL FROM" in body
    assert body.count(b"\n") == body.count(b"\r") == body.count(b"\r\n")


def test_esmtp_parameters_after_an_address_are_refused() -> None:
    with pytest.raises(HeaderError):
        envelope(recipient="r@maasstad.example> NOTIFY=NEVER")
    with pytest.raises(HeaderError):
        envelope(sender="a@b.example>\r\nRCPT TO:<x@y.example")


def test_empty_return_path_asks_for_no_report() -> None:
    with chaos() as server:
        connection = transport(server).connect()
        assert connection.send(envelope(sender="")).accepted
        connection.close()
    assert server.lines[1].startswith("MAIL FROM:<> ")
    assert server.lines[2] == "RCPT TO:<r1@maasstad.example>"


# ---- refusals of one message


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
@pytest.mark.parametrize(
    "answer",
    [
        "451 4.7.1 greylisted, come back later",
        "550 5.1.1 no such user",
        "550 5.7.1 blocked by policy",
        "552 5.5.3 too many recipients",
    ],
)
def test_refused_recipient_is_a_reply_and_the_next_goes_on(
    offers: tuple[str, ...], answer: str
) -> None:
    script = {"RCPT": [answer]}
    if not offers:
        script["DATA"] = []
    with chaos(script, offers=offers) as server:
        connection = transport(server).connect()
        first = connection.send(envelope(1))
        second = connection.send(envelope(2))
        connection.close()
    assert str(first) == answer
    assert first.command == "RCPT"
    assert second.accepted
    assert "RSET" in server.verbs
    # With pipelining DATA was under way and got 354: a lone dot ended it (RFC 2920 3.1).
    assert server.messages == ([b""] if offers else []) + [MESSAGE]


def test_refused_recipient_when_data_is_refused_with_it() -> None:
    script = {"RCPT": ["550 5.1.1 no"], "DATA": ["503 5.5.1 no valid recipients"]}
    with chaos(script) as server:
        connection = transport(server).connect()
        assert connection.send(envelope(1)).code == 550
        assert connection.send(envelope(2)).accepted
        connection.close()
    assert server.messages == [MESSAGE]


def test_word_on_the_recipient_counts_though_the_line_breaks_after_it() -> None:
    with chaos({"RCPT": ["550 5.1.1 no"], "DATA": [DROP]}) as server:
        assert send(server).code == 550


@pytest.mark.parametrize("answer", ["552 5.3.4 too big", "554 5.7.1 looks like spam", "451 later"])
def test_refusal_after_the_dot_is_a_reply(answer: str) -> None:
    with chaos({".": [answer]}) as server:
        connection = transport(server).connect()
        assert str(connection.send(envelope(1))) == answer
        assert connection.send(envelope(2)).accepted
        connection.close()
    assert server.messages == [MESSAGE]


def test_reply_of_many_lines_reads_as_one() -> None:
    with chaos({"RCPT": ["550-5.1.1 There is\r\n550-5.1.1 nobody\r\n550 5.1.1 here"]}) as server:
        reply = send(server)
    assert reply.text == "5.1.1 There is nobody here"
    assert reply.status == "5.1.1"


def test_too_large_message_is_not_offered() -> None:
    with chaos(offers=("SIZE 10",)) as server:
        reply = send(server)
    assert (reply.code, reply.status) == (552, "5.3.4")
    assert "MAIL" not in server.verbs


def test_size_refused_at_mail_is_about_the_message() -> None:
    with chaos({"MAIL": ["552 5.3.4 too big"], "DATA": ["503 no"]}) as server:
        assert send(server) == Reply(552, "5.3.4 too big", "MAIL")


@pytest.mark.parametrize(("offers", "code"), [((), 554), (("8BITMIME",), 250)])
def test_eight_bits_only_where_they_are_taken(offers: tuple[str, ...], code: int) -> None:
    with chaos(offers=offers) as server:
        connection = transport(server).connect()
        assert connection.send(envelope(message="Subject: é\r\n\r\n".encode())).code == code
        connection.close()
    assert [line for line in server.lines if "BODY=8BITMIME" in line] == [
        line for line in server.lines if line.startswith("MAIL")
    ]


# ---- trouble with us


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
@pytest.mark.parametrize(
    ("answer", "kind", "temporary"),
    [
        ("550 5.7.1 sender not allowed", TroubleKind.SENDER_REFUSED, False),
        ("451 4.3.0 try later", TroubleKind.SENDER_REFUSED, True),
        ("530 5.7.0 authenticate first", TroubleKind.AUTH, False),
    ],
)
def test_refused_sender_is_trouble(
    offers: tuple[str, ...], answer: str, kind: TroubleKind, temporary: bool
) -> None:
    script = {"MAIL": [answer], "RCPT": ["503 no"], "DATA": ["503 no"]}
    with chaos(script, offers=offers) as server, pytest.raises(TransportTrouble) as raised:
        send(server)
    assert raised.value.kind is kind
    assert raised.value.temporary is temporary
    assert str(server.port) in str(raised.value)
    assert server.messages == []


def test_server_that_refuses_mail_and_takes_the_rest_gets_no_empty_message() -> None:
    with chaos({"MAIL": ["550 no"]}) as server, pytest.raises(TransportTrouble):
        send(server)
    assert server.messages == []


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    pauses: list[float] = []
    settings = SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE)
    with pytest.raises(TransportTrouble) as raised:
        SmtpTransport(settings, timeouts=PATIENT, sleep=pauses.append).connect()
    assert raised.value.kind is TroubleKind.CONNECT
    assert raised.value.temporary
    assert len(pauses) == 2


@pytest.mark.parametrize("host", ["mail.invalid", "mail..example", "x" * 70 + ".example"])
def test_name_that_does_not_exist(host: str) -> None:
    settings = SmtpSettings(host=host, security=Security.NONE)
    with pytest.raises(TransportTrouble) as raised:
        SmtpTransport(settings, timeouts=HASTY, sleep=lambda _: None).connect()
    assert raised.value.kind is TroubleKind.DNS


@pytest.mark.parametrize(
    ("verb", "answer", "temporary"),
    [("CONNECT", "554 go away", False), ("CONNECT", "450 not now", True), ("CONNECT", "hm", False)],
)
def test_greeting_that_is_no_welcome(verb: str, answer: str, temporary: bool) -> None:
    with chaos({verb: [answer]}) as server, pytest.raises(TransportTrouble) as raised:
        transport(server).connect()
    assert raised.value.kind is TroubleKind.GREETING
    assert raised.value.temporary is temporary


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
@pytest.mark.parametrize("answer", [DROP, STALL])
def test_session_that_never_begins(verb: str, answer: str) -> None:
    with chaos({verb: [answer]}) as server, pytest.raises(TransportTrouble) as raised:
        transport(server, timeouts=HASTY).connect()
    assert raised.value.kind is TroubleKind.CONNECT


# ---- slow down


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
def test_421_before_the_first_message(verb: str) -> None:
    with chaos({verb: ["421 4.3.2 too busy"]}) as server, pytest.raises(SlowDown):
        transport(server).connect()


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_421_in_the_middle(verb: str, offers: tuple[str, ...]) -> None:
    with chaos({verb: ["421 4.7.0 too fast"]}, offers=offers) as server:
        connection = transport(server).connect()
        with pytest.raises(SlowDown):
            connection.send(envelope())
        connection.close()
    assert server.messages == []


def test_4_7_28_slows_down_whatever_its_code() -> None:
    with chaos({"RCPT": ["450 4.7.28 unusual rate"]}) as server, pytest.raises(SlowDown):
        send(server)


# ---- the line breaks


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "BODY"])
def test_dropped_before_the_dot_is_not_sent(verb: str, offers: tuple[str, ...]) -> None:
    with chaos({verb: [DROP]}, offers=offers) as server:
        connection = transport(server).connect()
        # More than the buffers on the way can hold.
        big = MESSAGE + (b"x" * 70 + b"\r\n") * 250_000
        with pytest.raises(ConnectionLost) as raised:
            connection.send(envelope(message=big if verb == "BODY" else MESSAGE))
        connection.close()
    assert not raised.value.maybe_accepted
    assert server.messages == []


@pytest.mark.parametrize("answer", [DROP, STALL, "hm", "999 what", "354 go on"])
def test_no_answer_after_the_dot_is_uncertain(answer: str) -> None:
    with chaos({".": [answer]}) as server, pytest.raises(ConnectionLost) as raised:
        send(server, timeouts=HASTY if answer == STALL else PATIENT)
    assert raised.value.maybe_accepted


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [STALL, "garbage", "\x00\xff"])
def test_no_sense_before_the_dot(verb: str, answer: str) -> None:
    with chaos({verb: [answer]}) as server, pytest.raises(ConnectionLost) as raised:
        send(server, timeouts=HASTY if answer == STALL else PATIENT)
    assert not raised.value.maybe_accepted
    assert server.messages == []


def test_close_in_the_middle_of_a_message_sends_no_end() -> None:
    with chaos({"DATA": ["354 go on", STALL]}) as server:
        connection = transport(server).connect()
        connection._within_data = True
        connection.close()
    assert "QUIT" not in server.verbs


class _ReadOnce:
    """A server that greets, answers EHLO, reads once more and hangs up."""

    def __init__(self, listener: socket.socket, offers: tuple[str, ...]) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._offers = offers
        self._read = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def first_read(self) -> bytes:
        self._thread.join(timeout=5)
        return self._read

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        with sock:
            sock.settimeout(5)
            sock.sendall(b"220 hi\r\n")
            sock.recv(1000)
            lines = "".join(f"250-{offer}\r\n" for offer in ("hi", *self._offers))
            sock.sendall(f"{lines}250 HELP\r\n".encode())
            self._read = sock.recv(1000)
