"""Trouble with us stops the mail, suppresses nobody and loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.dispatch.chaos_smtp import ChaosServer, chaos
from tests.dispatch.post import Faulty, Hand, Post, Recording, addresses, recipients
from tests.dispatch.smtp_cases import transport as smtp_to
from var_outreach.dispatch.transport import Reply
from var_outreach.dispatch.worker import POLICY_RETRY
from var_outreach.errors import StorageError
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.people.model import Suppression

MINUTE = timedelta(minutes=1)
LOST = StorageError("the disk is gone", remedy="test")


def suppressions(post: Post) -> int:
    with post.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Suppression)) or 0


# ---- the server asks for less


def test_421_pauses_then_goes_on_by_one_connection_for_an_hour(post: Post) -> None:
    everybody = addresses(60)
    post.newsletter(*everybody)
    clock = post.outbox.clock
    with chaos({"MAIL": ["250 ok", "421 4.7.0 too many messages, slow down"]}) as server:
        post.run(server, connections=4)
        assert post.is_paused()
        pause = post.pause()
        assert pause is not None
        assert pause.slow
        assert pause.until is not None
        before = len(server.messages)
        assert post.run(server, connections=4) == {}
        assert len(server.messages) == before
        assert post.nobody_holds_anything()

        clock.move_to(pause.until + MINUTE)
        hand = Recording(smtp_to(server))
        post.run(hand, connections=4)
        assert hand.opened == 1
    assert recipients(server) == dict.fromkeys(everybody, 1)
    assert post.outbox.states() == {"sent": 60}
    clock.move_to(pause.until + timedelta(hours=1))
    assert post.dispatcher(Hand(), connections=4)._connections() == 4


# ---- something is wrong with us


@pytest.mark.parametrize(
    ("script", "settings"),
    [
        ({"AUTH": ["535 5.7.8 bad credentials"] * 9}, {"username": "u", "password": "p"}),
        ({"MAIL": ["550 5.7.1 sender not allowed"] * 9, "RCPT": ["503 no"] * 9,
          "DATA": ["503 no"] * 9}, {}),
        ({".": ["554 5.2.252 SendAsDenied; not allowed to send as"] * 9}, {}),
        ({"CONNECT": ["554 5.7.1 your address is blocked"] * 9}, {}),
    ],
    ids=["login", "sender", "SendAsDenied", "greeting"],
)  # fmt: skip
def test_trouble_with_us_pauses_and_loses_nothing(
    post: Post, script: dict[str, list[str]], settings: dict[str, Any]
) -> None:
    everybody = addresses(40)
    post.newsletter(*everybody)
    login = ("u", "p") if settings else None
    with chaos(script, login=login, offers=("PIPELINING", "AUTH PLAIN")) as server:
        post.run(smtp_to(server, **settings), connections=4)
        assert post.is_paused()
        assert server.messages == []
        assert set(post.outbox.states()) <= {"queued", "deferred"}
        assert suppressions(post) == 0
        with post.database.reading() as session:
            assert set(session.scalars(select(Delivery.attempts))) == {0}

        post.outbox.clock.advance(timedelta(days=30))
        assert post.is_paused(), "a person must say go on"
        assert post.run(smtp_to(server, **settings)) == {}
        server._script.clear()
        post.resume()
        post.run(smtp_to(server, **settings), connections=4)
    assert recipients(server) == dict.fromkeys(everybody, 1)


def test_server_that_is_down_pauses_for_a_while(post: Post) -> None:
    post.newsletter(*addresses(5))
    server = ChaosServer()
    server.stop()
    post.run(smtp_to(server), connections=2)
    assert post.is_paused()
    assert post.nobody_holds_anything()
    post.outbox.clock.advance(timedelta(minutes=20))
    assert not post.is_paused()
    assert post.run(Hand()) == {"sent": 5}


NO = Reply(550, "5.7.1 blocked for policy", "RCPT")


def refusing(count: int) -> Hand:
    """Refuse the first ``count`` messages for policy."""
    hand = Hand()
    hand.act = lambda envelope: NO if len(hand.given) <= count else Reply(250, "2.0.0 ok")
    return hand


def test_several_domains_that_refuse_are_about_us(post: Post) -> None:
    everybody = addresses(30)
    post.newsletter(*everybody)
    hand = refusing(3)
    post.run(hand)
    assert post.is_paused()
    pause = post.pause()
    assert pause is not None
    assert pause.until is None
    assert "several domains" in pause.reason
    assert post.outbox.states() == {"queued": 30}
    with post.database.reading() as session:
        assert set(session.scalars(select(Delivery.attempts))) == {0}
    assert suppressions(post) == 0
    post.resume()
    assert post.run(hand) == {"sent": 30}


def test_refusals_come_back_even_if_the_process_dies_right_then(post: Post) -> None:
    post.newsletter(*addresses(30))
    faulty = Faulty(post.database)

    def die_once_paused(count: int) -> None:
        if post.pause() is not None:
            faulty.error = LOST

    faulty.after = die_once_paused
    with pytest.raises(StorageError):
        post.run(refusing(3), database=faulty)
    faulty.close()
    assert post.is_paused()
    with post.database.reading() as session:
        refused = session.scalars(select(Delivery.state).order_by(Delivery.id).limit(3)).all()
    assert refused == [DeliveryState.QUEUED] * 3


def test_refusals_one_a_run_tell_as_much(post: Post) -> None:
    for number in range(3):
        assert not post.is_paused()
        post.newsletter(f"a@gemeente{number}.example")
        post.run(refusing(1))
    assert post.is_paused()
    assert post.outbox.states() == {"queued": 3}


def test_somebody_who_accepts_in_between_says_it_is_not_us(post: Post) -> None:
    for number in range(4):
        post.newsletter(f"a@gemeente{number}.example")
        post.run(refusing(1))
        post.outbox.clock.advance(timedelta(seconds=1))
        post.newsletter("b@anders.example")
        assert post.run(Hand()) == {"sent": 1}
        post.outbox.clock.advance(timedelta(seconds=1))
    assert post.pause() is None


def test_one_domain_that_refuses_is_its_own_affair(post: Post) -> None:
    ids = post.newsletter(*addresses(5, "streng.example"))
    assert post.run(refusing(99)) == {"deferred": 5}
    assert post.pause() is None
    post.outbox.clock.advance(POLICY_RETRY)
    assert post.run(refusing(99)) == {"failed": 5}
    assert post.pause() is None
    assert suppressions(post) == 0
    assert post.outbox.states(ids) == {"failed": 5}
