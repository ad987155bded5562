"""Connections that are kept, and opened again when they lay idle too long."""

from __future__ import annotations

import threading

import pytest

from tests.dispatch.chaos_smtp import DROP, chaos
from tests.dispatch.smtp_cases import envelope, transport
from var_outreach.dispatch.sender import Sender
from var_outreach.dispatch.trouble import ConnectionLost, SlowDown, TransportTrouble


def test_connection_is_kept() -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        for number in range(3):
            assert sender.deliver(envelope(number)).accepted
        sender.close()
    assert server.connections == 1
    assert server.verbs[-1] == "QUIT"


@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
@pytest.mark.parametrize("goodbye", [DROP, "421 4.4.2 idle too long", "421 timeout exceeded"])
def test_idle_connection_that_was_dropped_is_opened_again(
    goodbye: str, offers: tuple[str, ...]
) -> None:
    with chaos(offers=offers) as server:
        sender = Sender(transport(server))
        assert sender.deliver(envelope(1)).accepted
        server.script("MAIL", goodbye)
        assert sender.deliver(envelope(2)).accepted
        sender.close()
    assert (server.connections, len(server.messages)) == (2, 2)


def test_first_message_of_a_connection_is_not_tried_twice() -> None:
    with chaos({"MAIL": [DROP, DROP, DROP]}) as server:
        sender = Sender(transport(server))
        with pytest.raises(ConnectionLost):
            sender.deliver(envelope())
        sender.close()
    assert server.connections == 1


def test_opened_again_once_only() -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        sender.deliver(envelope(1))
        server.script("MAIL", DROP, DROP)
        with pytest.raises(ConnectionLost):
            sender.deliver(envelope(2))
        sender.close()
    assert server.connections == 2


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "."])
def test_nothing_is_sent_twice_once_the_server_spoke(verb: str) -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        sender.deliver(envelope(1))
        server.script(verb, DROP)
        with pytest.raises(ConnectionLost) as raised:
            sender.deliver(envelope(2))
        sender.close()
    assert raised.value.maybe_accepted is (verb == ".")
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "error"), [("421 4.7.0 too fast", SlowDown), ("550 no", TransportTrouble)]
)
def test_connection_that_saw_trouble_is_not_used_again(answer: str, error: type[Exception]) -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        server.script("MAIL", answer)
        server.script("RCPT", "503 no")
        server.script("DATA", "503 no")
        with pytest.raises(error):
            sender.deliver(envelope(1))
        server._script.clear()
        assert sender.deliver(envelope(2)).accepted
        sender.close()
    assert server.connections == 2


def test_each_thread_has_its_own_connection() -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        ready = threading.Barrier(3)

        def work(number: int) -> None:
            ready.wait()
            for one in range(5):
                assert sender.deliver(envelope(number * 10 + one)).accepted
            ready.wait()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sender.close_all()
    assert server.connections == 3
    assert len(server.messages) == 15
    assert server.verbs.count("QUIT") == 3


def test_close_all_leaves_the_sender_usable() -> None:
    with chaos() as server:
        sender = Sender(transport(server))
        sender.deliver(envelope(1))
        sender.close_all()
        assert sender.deliver(envelope(2)).accepted
        sender.close_all()
    assert server.connections == 2
