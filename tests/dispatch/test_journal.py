"""Several connections share a commit, and each learns what became of its own part."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.exc import DBAPIError

from tests.dispatch.post import Faulty
from tests.outbox.scene import LEASE, Outbox
from var_outreach.dispatch.journal import Journal
from var_outreach.errors import StorageError
from var_outreach.outbox.claims import Claimed, Outcome
from var_outreach.outbox.model import DeliveryState
from var_outreach.storage.engine import Database

SENT = DeliveryState.SENT


class Slow(Faulty):
    """A database whose commits wait until a test lets them go."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    @contextmanager
    def transaction(
        self, connection: DatabaseConnection | None = None
    ) -> Iterator[DatabaseConnection]:
        self.entered.release()
        assert self.go_on.acquire(timeout=10)
        with super().transaction(connection) as opened:
            yield opened


def journal(outbox: Outbox, database: Database | None = None) -> Journal:
    return Journal(database or outbox.app.database, outbox.clock, worker=outbox.worker, lease=LEASE)


class Threads:
    """Threads that each exchange something."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.answers: dict[int, bool | BaseException] = {}
        self.threads: list[threading.Thread] = []

    def exchange(self, number: int, outcomes: list[Outcome], following: Claimed | None) -> None:
        def work() -> None:
            try:
                self.answers[number] = self.journal.exchange(outcomes, following)
            except BaseException as error:
                self.answers[number] = error

        thread = threading.Thread(target=work)
        thread.start()
        self.threads.append(thread)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_outcome_and_intent_are_on_disk_when_it_returns(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=2)
    first, second = outbox.claimed()
    own = journal(outbox)
    assert own.exchange([], first) is True
    assert outbox.row(ids[0]).state is DeliveryState.TRANSMITTING
    assert own.exchange([Outcome(first.id, SENT)], second) is True
    assert outbox.states() == {"sent": 1, "transmitting": 1}
    assert own.exchange([Outcome(second.id, SENT)], None) is False
    assert outbox.states() == {"sent": 2}


def test_nothing_to_say_costs_no_transaction(outbox: Outbox) -> None:
    faulty = Faulty(outbox.app.database)
    assert journal(outbox, faulty).exchange([], None) is False
    assert faulty.count == 0
    faulty.close()


def test_what_may_not_start_is_said_to_its_own_connection_only(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=3)
    group = outbox.claimed()
    outbox.put(ids[1], DeliveryState.CLAIMED, lease_by="other")
    slow = Slow(outbox.app.database)
    threads = Threads(journal(outbox, slow))
    for number, claimed in enumerate(group):
        threads.exchange(number, [], claimed)
    slow.go_on.release(9)
    threads.join()
    slow.close()
    assert threads.answers == {0: True, 1: False, 2: True}


def test_who_comes_during_a_commit_shares_the_next(outbox: Outbox) -> None:
    outbox.queued(count=6)
    group = outbox.claimed()
    slow = Slow(outbox.app.database)
    own = journal(outbox, slow)
    threads = Threads(own)
    threads.exchange(0, [], group[0])
    assert slow.entered.acquire(timeout=10)
    for number, claimed in enumerate(group[1:], start=1):
        threads.exchange(number, [], claimed)
    wait_until(lambda: len(own._waiting) == 5)
    slow.go_on.release(2)
    threads.join()
    assert slow.count == 2
    assert set(threads.answers.values()) == {True}
    slow.close()


def test_who_leads_is_not_kept_from_its_own_message(outbox: Outbox) -> None:
    """However many keep coming, the first returns as soon as its own part is on disk."""
    outbox.queued(count=2)
    first, second = outbox.claimed()
    slow = Slow(outbox.app.database)
    own = journal(outbox, slow)
    threads = Threads(own)
    threads.exchange(0, [], first)
    assert slow.entered.acquire(timeout=10)
    threads.exchange(1, [], second)
    wait_until(lambda: len(own._waiting) == 1)
    slow.go_on.release()
    threads.threads[0].join(10)
    assert threads.answers == {0: True}, "the second commit has not been let go yet"
    slow.go_on.release()
    threads.join()
    assert threads.answers == {0: True, 1: True}
    slow.close()


def test_error_reaches_all_who_shared_the_commit_and_nobody_else(outbox: Outbox) -> None:
    outbox.queued(count=4)
    group = outbox.claimed()
    slow = Slow(outbox.app.database)
    own = journal(outbox, slow)
    threads = Threads(own)
    threads.exchange(0, [], group[0])
    assert slow.entered.acquire(timeout=10)
    for number in (1, 2, 3):
        threads.exchange(number, [], group[number])
    wait_until(lambda: len(own._waiting) == 3)
    slow.go_on.release()
    threads.threads[0].join(10)
    assert slow.entered.acquire(timeout=10)
    slow.error = StorageError("the disk is gone")
    slow.go_on.release()
    threads.join()
    assert threads.answers[0] is True
    assert all(isinstance(threads.answers[number], StorageError) for number in (1, 2, 3))
    assert outbox.states() == {"transmitting": 1, "claimed": 3}
    slow.error = None
    slow.go_on.release()
    assert own.exchange([], group[1]) is True
    slow.close()


def test_error_keeps_all_of_the_commit_from_the_disk(outbox: Outbox) -> None:
    outbox.queued(count=2)
    first, second = outbox.claimed()
    own = journal(outbox)
    own.exchange([], first)

    class Half(Database):
        @contextmanager
        def transaction(
            self, connection: DatabaseConnection | None = None
        ) -> Iterator[DatabaseConnection]:
            with super().transaction(connection) as opened:
                yield opened
                raise StorageError("just before the commit")

    half = Half(outbox.app.database.url.render_as_string(hide_password=False))
    with pytest.raises(StorageError):
        journal(outbox, half).exchange([Outcome(first.id, SENT)], second)
    half.close()
    assert outbox.states() == {"transmitting": 1, "claimed": 1}


def test_many_connections_at_full_speed(outbox: Outbox) -> None:
    outbox.queued(count=80)
    group = outbox.claimed(80)
    own = journal(outbox)
    errors: list[BaseException] = []

    def connection(part: list[Claimed]) -> None:
        done: list[Outcome] = []
        try:
            for claimed in part:
                assert own.exchange(done, claimed)
                done = [Outcome(claimed.id, SENT)]
            own.exchange(done, None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=connection, args=(group[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert outbox.states() == {"sent": 80}


class GivesWay(Exception):
    """What PostgreSQL's driver raises at a deadlock."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("deadlock detected")
        self.sqlstate = sqlstate


@pytest.mark.parametrize("explained", [False, True])
@pytest.mark.parametrize(("sqlstate", "times", "goes"), [("40P01", 2, True), ("40P01", 3, False),
                                                          ("23505", 1, False)])  # fmt: skip
def test_who_gave_way_tries_again(
    outbox: Outbox, sqlstate: str, times: int, goes: bool, explained: bool
) -> None:
    outbox.queued()
    (claimed,) = outbox.claimed()
    errors = [DBAPIError("UPDATE", {}, GivesWay(sqlstate)) for _ in range(times)]

    class Contested(Database):
        @contextmanager
        def transaction(
            self, connection: DatabaseConnection | None = None
        ) -> Iterator[DatabaseConnection]:
            if errors and explained:
                raise StorageError("somebody was first") from errors.pop()
            if errors:
                raise errors.pop()
            with super().transaction(connection) as opened:
                yield opened

    contested = Contested(outbox.app.database.url.render_as_string(hide_password=False))
    own = journal(outbox, contested)
    if goes:
        assert own.exchange([], claimed) is True
    else:
        with pytest.raises(StorageError if explained else DBAPIError):
            own.exchange([], claimed)
        assert own.exchange([], claimed) is True, "the next one leads again"
    contested.close()
