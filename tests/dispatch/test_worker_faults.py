"""The database fails, staff or the machine say stop, the process is killed: nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.dispatch.chaos_smtp import chaos
from tests.dispatch.post import Faulty, Hand, Post, addresses, parsed, recipients
from var_outreach.clock import SystemClock
from var_outreach.dispatch.transport import Envelope, Reply
from var_outreach.dispatch.worker import LEASE
from var_outreach.errors import StorageError
from var_outreach.outbox.leases import recover_leases
from var_outreach.outbox.mailings import cancel, hold
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.planning.mail_kinds import MailKind

MINUTE = timedelta(minutes=1)
LOST = StorageError("the disk is gone", remedy="test")


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


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as at a terminal: a process that a script started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
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


def test_staff_cancel_while_all_connections_send(post: Post) -> None:
    """On PostgreSQL rows are locked one by one: neither may block the other for good."""
    ids = post.newsletter(*addresses(200))
    errors: list[BaseException] = []
    hand = Hand()

    def run() -> None:
        try:
            post.run(hand, connections=4)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    end = time.monotonic() + 20
    while len(hand.given) < 30:
        assert time.monotonic() < end
        time.sleep(0.001)
    with post.database.writing() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, ids[0]).mailing_id)
        cancel(session, mailing, now=post.outbox.clock.now(), because="test")
    thread.join(30)
    assert errors == []
    assert post.outbox.states() == {"sent": len(hand.given), "cancelled": 200 - len(hand.given)}


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
