"""What is due goes once, to everybody, whatever server, network, database or process do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from tests.dispatch.chaos_smtp import DROP, ChaosServer, chaos
from tests.dispatch.post import Faulty, Hand, Post, Recording, addresses, parsed, recipients
from tests.dispatch.smtp_cases import transport as smtp_to
from var_outreach.clock import SystemClock
from var_outreach.dispatch.transport import Envelope, Reply
from var_outreach.dispatch.worker import DOUBTS, LEASE, POLICY_RETRY
from var_outreach.errors import StorageError
from var_outreach.outbox.leases import recover_leases
from var_outreach.outbox.mailings import hold
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.people.model import Suppression, SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.planning.mail_kinds import MailKind

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
    post: Post, script: dict[str, list[str]], settings: dict[str, str]
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


# ---- the database fails


def test_database_that_cannot_be_read_fails_nobody(post: Post) -> None:
    post.newsletter(*addresses(3))
    letters = post.letters()

    class Unreadable:
        def write(self, claimed: object) -> Envelope:
            raise LOST

    broken: Any = Unreadable()
    with pytest.raises(StorageError):
        post.run(Hand(), letters=broken)
    assert post.outbox.states() == {"queued": 3}
    with post.database.reading() as session:
        assert set(session.scalars(select(Delivery.attempts))) == {0}
    assert post.run(Hand(), letters=letters) == {"sent": 3}


@pytest.mark.parametrize("at", range(2, 9))
def test_database_that_fails_once_leaves_no_row_stuck(post: Post, at: int) -> None:
    """Whichever commit fails, what is known is recorded and the rest is given back."""
    everybody = addresses(6)
    post.newsletter(*everybody)
    faulty = Faulty(post.database)

    def fail_for_a_moment(count: int) -> None:
        if count == at:
            faulty.error = LOST
            threading.Timer(0.2, lambda: setattr(faulty, "error", None)).start()

    faulty.after = fail_for_a_moment
    with chaos() as server:
        with pytest.raises(StorageError):
            post.run(server, database=faulty)
        assert post.nobody_holds_anything()
        went = len(server.messages)
        assert post.outbox.states() == Counter({"sent": went, "queued": 6 - went})
        post.run(server)
    faulty.close()
    assert recipients(server) == dict.fromkeys(everybody, 1)


def test_error_in_one_thread_ends_the_run_and_reaches_the_caller(post: Post) -> None:
    everybody = addresses(80)
    post.newsletter(*everybody)
    faulty = Faulty(post.database)

    def fail(count: int) -> None:
        if count == 12:
            faulty.error = LOST
            threading.Timer(0.2, lambda: setattr(faulty, "error", None)).start()

    faulty.after = fail
    with chaos() as server:
        with pytest.raises(StorageError, match="disk is gone"):
            post.run(server, database=faulty, connections=4)
        assert post.nobody_holds_anything()
        post.run(server, connections=4)
    faulty.close()
    assert recipients(server) == dict.fromkeys(everybody, 1)


def test_database_that_stays_away(post: Post) -> None:
    """What could not be recorded is taken back by the next run, without waiting for the lease."""
    post.confirmation(*addresses(6))
    faulty = Faulty(post.database)

    def fail(count: int) -> None:
        if count == 4:
            faulty.error = LOST

    faulty.after = fail
    hand = Hand()
    with pytest.raises(StorageError):
        post.run(hand, database=faulty)
    assert not post.nobody_holds_anything()
    post.run(hand)
    assert post.outbox.states() == {"sent": 6}
    got = Counter(envelope.recipient for envelope in hand.given)
    assert set(got) == set(addresses(6))
    assert got.total() <= 7
    faulty.close()


# ---- stopping


class Slow(Hand):
    """Holds every message until it is let go."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.in_flight = threading.Semaphore(0)
        self.go_on = threading.Event()

    def _wait(self, envelope: Envelope) -> Reply:
        self.in_flight.release()
        assert self.go_on.wait(10)
        return Reply(250, "2.0.0 ok")


def test_stop_finishes_what_is_in_flight_and_gives_back_the_rest(post: Post) -> None:
    post.newsletter(*addresses(60))
    slow = Slow()
    dispatcher = post.dispatcher(slow, connections=2)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    for _ in range(2):
        assert slow.in_flight.acquire(timeout=10)
    dispatcher.stop()
    assert thread.is_alive()
    slow.go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(slow.given) == 2
    assert post.outbox.states() == {"sent": 2, "queued": 58}


def test_ctrl_c_finishes_what_is_in_flight_too(post: Post) -> None:
    post.newsletter(*addresses(30))
    slow = Slow()
    dispatcher = post.dispatcher(slow)
    main = threading.main_thread().ident
    assert main == threading.get_ident(), "signals reach the main thread"

    def interrupt() -> None:
        slow.in_flight.acquire(timeout=10)
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.2)
        slow.go_on.set()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        dispatcher.run()
    assert len(slow.given) == 1
    assert post.outbox.states() == {"sent": 1, "queued": 29}


def test_staff_say_stop_in_the_middle(post: Post) -> None:
    ids = post.newsletter(*addresses(20))
    hand = Hand()

    def act(envelope: Envelope) -> Reply:
        if len(hand.given) == 5:
            with post.database.writing() as session:
                mailing_id = session.get_one(Delivery, ids[0]).mailing_id
                hold(session.get_one(Mailing, mailing_id), because="test")
        return Reply(250, "2.0.0 ok")

    hand.act = act
    post.run(hand)
    assert len(hand.given) == 5
    assert post.outbox.states() == {"sent": 5, "queued": 15}


# ---- the pace


def test_so_many_a_minute(post: Post) -> None:
    post.newsletter(*addresses(7))
    start = time.monotonic()
    post.run(Hand(), connections=3, clock=SystemClock(), per_minute=600)
    assert time.monotonic() - start >= 0.55
    assert post.outbox.states() == {"sent": 7}


def test_what_is_known_does_not_wait_for_the_minute(post: Post) -> None:
    ids = post.newsletter(*addresses(3))
    dispatcher = post.dispatcher(Hand(), clock=SystemClock(), per_minute=6)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    end = time.monotonic() + 8
    while post.outbox.row(ids[0]).state is not DeliveryState.SENT:
        assert time.monotonic() < end, "the outcome waits for the next message"
        time.sleep(0.02)
    dispatcher.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert post.outbox.states() == {"sent": 1, "queued": 2}


def test_leases_are_renewed_however_slowly_it_goes(post: Post) -> None:
    post.newsletter(*addresses(5))
    slow = Slow()
    dispatcher = post.dispatcher(slow, heartbeat=timedelta(milliseconds=20))
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    assert slow.in_flight.acquire(timeout=10)
    clock = post.outbox.clock
    for _ in range(4):
        clock.advance(LEASE - MINUTE)
        end = time.monotonic() + 5
        while min(_lease_ends(post)) <= clock.now() + MINUTE:
            assert time.monotonic() < end, "nobody renewed the lease"
            time.sleep(0.01)
        with post.database.writing() as session:
            assert sum(recover_leases(session, now=clock.now()).values()) == 0
    slow.go_on.set()
    thread.join(10)
    assert post.outbox.states() == {"sent": 5}
    assert len(slow.given) == 5


def _lease_ends(post: Post) -> list[Any]:
    with post.database.reading() as session:
        query = select(Delivery.lease_until).where(Delivery.lease_until.is_not(None))
        return list(session.scalars(query))


def test_lease_that_was_lost_sends_no_more(post: Post) -> None:
    """A worker that was asleep for an hour finds its rows with another and leaves them there."""
    post.newsletter(*addresses(5))
    slow = Slow()
    sleeper = post.dispatcher(slow, heartbeat=timedelta(hours=9))
    thread = threading.Thread(target=sleeper.run)
    thread.start()
    assert slow.in_flight.acquire(timeout=10)
    post.outbox.clock.advance(LEASE + MINUTE)
    other = Hand()
    assert post.run(other) == {"sent": 4}
    slow.go_on.set()
    thread.join(10)
    got = Counter(envelope.recipient for envelope in (*slow.given, *other.given))
    assert got == dict.fromkeys(addresses(5), 1)
    # One was in flight when the lease ran out: of that a person decides.
    assert post.outbox.states() == {"sent": 4, "uncertain": 1}


# ---- a kill

CHILD = """
import sys
from tests.conftest import NOW
from tests.dispatch.post import dispatcher_on
from var_outreach.clock import MovableClock
dispatcher_on(sys.argv[1], int(sys.argv[2]), MovableClock(NOW), 2).run()
"""


@pytest.mark.parametrize("kind", [MailKind.SUBSCRIPTION, MailKind.NEWSLETTER])
def test_kill_loses_nothing_and_doubles_at_most_what_was_in_flight(
    post: Post, kind: MailKind
) -> None:
    everybody = addresses(120)
    if kind is MailKind.NEWSLETTER:
        post.newsletter(*everybody)
    else:
        post.confirmation(*everybody)
    url = post.database.url.render_as_string(hide_password=False)
    with chaos() as server:
        child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(server.port)])
        end = time.monotonic() + 30
        while len(server.messages) < 20:
            assert child.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
        time.sleep(0.2)
        before = len(server.messages)
        # At once, without waiting for the lease: the process is known to be dead.
        post.run(server, connections=2)
    got = recipients(server)
    uncertain = post.outbox.states()["uncertain"]
    assert before < 120
    assert uncertain <= (2 if kind is MailKind.NEWSLETTER else 0)
    assert len(got) >= 120 - uncertain
    doubled = [address for address, count in got.items() if count > 1]
    assert len(doubled) <= (0 if kind is MailKind.NEWSLETTER else 2)
    assert set(got.values()) <= {1, 2}
    by_id: dict[str, set[bytes]] = {}
    for message in server.messages:
        by_id.setdefault(parsed(message)["Message-ID"], set()).add(message)
    assert all(len(versions) == 1 for versions in by_id.values()), "sent again, but otherwise"
