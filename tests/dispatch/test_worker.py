"""What is due goes once, to everybody, whatever servers and recipients do."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from tests.dispatch.chaos_smtp import DROP, chaos
from tests.dispatch.post import Hand, Post, Recording, addresses, parsed, recipients
from tests.dispatch.smtp_cases import transport as smtp_to
from var_outreach.dispatch.transport import Envelope, Reply
from var_outreach.dispatch.worker import DOUBTS
from var_outreach.errors import StorageError
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.people.model import Suppression, SuppressionReason
from var_outreach.people.suppression import suppress

MINUTE = timedelta(minutes=1)
LOST = StorageError("the disk is gone", remedy="test")


def suppressions(post: Post) -> int:
    with post.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Suppression)) or 0


# ---- all is well


def test_everybody_gets_it_once(post: Post) -> None:
    everybody = addresses(70)
    post.newsletter(*everybody)
    with chaos() as server:
        counts = post.run(server, connections=3)
    assert counts == {"sent": 70}
    assert recipients(server) == dict.fromkeys(everybody, 1)
    assert post.outbox.states() == {"sent": 70}
    assert server.connections <= 3


def test_a_real_mail_server_reads_what_we_send(post: Post) -> None:
    class Keep:
        def __init__(self) -> None:
            self.envelopes: list[Any] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            self.envelopes.append(envelope)
            return "250 2.0.0 kept"

    keep = Keep()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keep, hostname="127.0.0.1", port=port, enable_SMTPUTF8=False)
    controller.start()
    try:
        post.invitations(12)
        fake: Any = type("Server", (), {"port": port})
        assert post.run(smtp_to(fake), connections=2) == {"sent": 12}
    finally:
        controller.stop()
    assert len({envelope.mail_from for envelope in keep.envelopes}) == 12
    for envelope in keep.envelopes:
        message = parsed(envelope.content)
        assert envelope.rcpt_tos[0] in message["To"]
        assert message["X-Outreach-Delivery"] in envelope.mail_from
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds.count("text/calendar") == kinds.count("application/ics") == 1


def test_run_with_nothing_to_do(post: Post) -> None:
    hand = Hand()
    assert post.run(hand, connections=4) == {}
    assert hand.opened == 0


def test_two_at_once_on_one_database(post: Post) -> None:
    everybody = addresses(60)
    post.newsletter(*everybody)
    with chaos() as server:
        runs = [post.dispatcher(smtp_to(server), connections=2) for _ in range(2)]
        threads = [threading.Thread(target=one.run) for one in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recipients(server) == dict.fromkeys(everybody, 1)


def test_those_who_must_not_get_it_keep_nobody_else_waiting(post: Post) -> None:
    """More of them at the head of the queue than are claimed at a time."""
    everybody = addresses(65)
    post.newsletter(*everybody)
    with post.database.writing() as session:
        for address in everybody[:60]:
            suppress(
                session, address, SuppressionReason.REQUEST,
                evidence=None, now=post.outbox.clock.now(), signer=post.outbox.app.signer,
            )  # fmt: skip
    hand = Hand()
    assert post.run(hand) == {"sent": 5}
    assert post.outbox.states() == {"suppressed": 60, "sent": 5}


# ---- the recipient's server


def test_greylisting_is_waited_out(post: Post) -> None:
    (delivery_id,) = post.newsletter("a@maasstad.example")
    clock = post.outbox.clock
    with chaos({"RCPT": ["451 4.7.1 greylisted, come back later"]}) as server:
        assert post.run(server) == {"deferred": 1}
        row = post.outbox.row(delivery_id)
        assert row.not_before >= clock.now() + 5 * MINUTE
        assert (row.attempts, row.reply_code, row.first_tried_at) == (1, 451, clock.now())
        assert post.run(server) == {}
        clock.move_to(row.not_before)
        assert post.run(server) == {"sent": 1}
    assert recipients(server) == {"a@maasstad.example": 1}
    assert post.outbox.row(delivery_id).first_tried_at == row.first_tried_at


def test_unknown_recipient_fails_alone(post: Post) -> None:
    with chaos({"RCPT": ["250 ok", "550 5.1.1 no such user"]}) as server:
        ids = post.newsletter(*addresses(4))
        assert post.run(server) == {"sent": 3, "failed": 1}
    failed = post.outbox.row(ids[1])
    assert (failed.state, failed.reply_code) == (DeliveryState.FAILED, 550)
    assert "5.1.1" in (failed.reply_text or "")
    assert post.pause() is None
    assert suppressions(post) == 0


def test_given_up_after_four_days(post: Post) -> None:
    (delivery_id,) = post.newsletter("a@maasstad.example")
    clock = post.outbox.clock
    begun, tries = clock.now(), 0
    with chaos({"RCPT": ["451 4.2.1 later"] * 99}) as server:
        while post.outbox.row(delivery_id).state in (DeliveryState.QUEUED, DeliveryState.DEFERRED):
            clock.move_to(post.outbox.row(delivery_id).not_before)
            tries += sum(post.run(server).values())
    assert timedelta(days=3, hours=18) < clock.now() - begun <= timedelta(days=4)
    assert 20 < tries < 40
    assert "gave_up" in (post.outbox.row(delivery_id).reply_text or "")


def test_time_of_our_own_trouble_is_not_held_against_anybody(post: Post) -> None:
    (delivery_id,) = post.newsletter("a@maasstad.example")
    clock = post.outbox.clock
    hand = Hand(lambda envelope: Reply(535, "5.7.8 bad credentials", "MAIL"))
    for _ in range(6):
        assert post.run(hand) == {"deferred": 1}
        clock.advance(timedelta(days=1))
        post.resume()
    row = post.outbox.row(delivery_id)
    assert (row.attempts, row.first_tried_at) == (0, None)
    with chaos({"RCPT": ["451 4.7.1 greylisted"]}) as server:
        assert post.run(server) == {"deferred": 1}
        clock.advance(timedelta(minutes=10))
        assert post.run(server) == {"sent": 1}


# ---- nobody knows whether it arrived


def test_calendar_mail_in_doubt_goes_again_with_the_same_bytes(post: Post) -> None:
    (delivery_id,) = post.invitations(1)
    clock = post.outbox.clock
    with chaos({".": [DROP]}) as server:
        recording = Recording(smtp_to(server))
        assert post.run(recording) == {"deferred": 1}
        row = post.outbox.row(delivery_id)
        assert row.not_before >= clock.now() + 5 * MINUTE
        clock.move_to(row.not_before)
        assert post.run(recording) == {"sent": 1}
    first, second = recording.given
    assert first == second
    assert parsed(first.message)["Message-ID"] == row.message_id


def test_newsletter_in_doubt_waits_for_a_person(post: Post) -> None:
    post.newsletter(*addresses(3))
    with chaos({".": ["250 ok", DROP]}) as server:
        assert post.run(server) == {"sent": 2, "uncertain": 1}
        post.outbox.clock.advance(timedelta(days=1))
        assert post.run(server) == {}


def test_doubt_without_end_is_no_mail_without_end(post: Post) -> None:
    (delivery_id,) = post.invitations(1)
    gaps = []
    with chaos({".": [DROP] * 99}) as server:
        recording = Recording(smtp_to(server))
        for _ in range(20):
            post.run(recording)
            row = post.outbox.row(delivery_id)
            gaps.append(row.not_before - post.outbox.clock.now())
            post.outbox.clock.advance(timedelta(hours=5))
    assert len(recording.given) == DOUBTS
    assert row.state is DeliveryState.UNCERTAIN
    assert gaps[0] < gaps[1] < gaps[2]


def test_connection_lost_before_the_end_is_no_doubt(post: Post) -> None:
    post.newsletter("a@maasstad.example")
    with chaos({"DATA": [DROP]}) as server:
        assert post.run(server) == {"deferred": 1}
        post.outbox.clock.advance(timedelta(hours=1))
        assert post.run(server) == {"sent": 1}


# ---- something is wrong with one mail, or in our own code


@pytest.mark.parametrize(
    "damage",
    [
        {"name": "Eva\r\nBcc: iedereen@maasstad.example"},
        {"address": "a@b.example> NOTIFY=NEVER"},
        {"version": 7},
        {"calendar": {"method": "REQUEST"}},
        {"calendar": "geen"},
        {"places": {"name": 12, "unsubscribe_url": "javascript:alert(1)"}},
    ],
    ids=lambda damage: next(iter(damage)),
)
def test_mail_that_cannot_be_written_fails_alone(post: Post, damage: dict[str, Any]) -> None:
    ids = post.newsletter(*addresses(5))
    post.outbox.put(ids[2], DeliveryState.QUEUED, **damage)
    hand = Hand()
    assert post.run(hand) == {"sent": 4, "failed": 1}
    assert len(hand.given) == 4
    row = post.outbox.row(ids[2])
    assert row.state is DeliveryState.FAILED
    assert row.reply_text


def test_content_that_cannot_be_read_fails_its_own_mailing_only(post: Post) -> None:
    bad, good = post.newsletter(*addresses(2)), post.newsletter(*addresses(3))
    with post.database.writing() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, bad[0]).mailing_id)
        mailing.contents[0].body = b"\xff not json"
    assert post.run(Hand()) == {"failed": 2, "sent": 3}
    assert post.outbox.states(good) == {"sent": 3}


def test_bug_of_ours_leaves_one_in_doubt_and_the_others_go(post: Post) -> None:
    post.newsletter(*addresses(4))
    hand = Hand()

    def act(envelope: Envelope) -> Reply:
        if len(hand.given) == 2:
            raise ZeroDivisionError
        return Reply(250, "2.0.0 ok")

    hand.act = act
    assert post.run(hand) == {"sent": 3, "uncertain": 1}
    assert post.nobody_holds_anything()
