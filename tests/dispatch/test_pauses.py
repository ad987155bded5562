"""A transport stands still for as long as it must, and a person's word ends it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from var_outreach.clock import MovableClock
from var_outreach.dispatch.pauses import (
    SLOW_FOR,
    all_pauses,
    goes_slowly,
    is_paused,
    pause_transport,
    record_alert,
    resume_transport,
)
from var_outreach.outbox.model import TransportPause
from var_outreach.storage.engine import Database

MINUTES = timedelta(minutes=1)


def pause(
    database: Database,
    now: datetime,
    minutes: int | None,
    reason: str = "test",
    *,
    slow: bool = False,
) -> None:
    with database.writing() as session:
        pause_transport(
            session,
            "smtp",
            reason=reason,
            pause=None if minutes is None else minutes * MINUTES,
            now=now,
            slow=slow,
        )


def alert(database: Database, *, since: datetime, now: datetime) -> bool:
    with database.writing() as session:
        return record_alert(session, "smtp", since=since, now=now)


def row(database: Database) -> TransportPause:
    with database.reading() as session:
        found = session.get_one(TransportPause, "smtp")
        session.expunge(found)
        return found


def paused(database: Database, now: datetime, transport: str = "smtp") -> bool:
    with database.reading() as session:
        return is_paused(session, transport, now=now)


def test_for_a_while(database: Database, now: datetime) -> None:
    assert not paused(database, now)
    pause(database, now, 15)
    assert paused(database, now + 15 * MINUTES - timedelta(seconds=1))
    assert not paused(database, now + 15 * MINUTES)
    assert not paused(database, now, "maildir")


def test_until_a_person_says_go_on(database: Database, now: datetime) -> None:
    pause(database, now, None)
    assert paused(database, now + timedelta(days=400))
    with database.writing() as session:
        assert resume_transport(session, "smtp") is True
        assert resume_transport(session, "smtp") is False
    assert not paused(database, now)


def test_word_of_a_person_is_not_shortened_by_something_that_passes(
    database: Database, now: datetime
) -> None:
    pause(database, now, None, "our login is refused")
    pause(database, now, 5, "slow down", slow=True)
    assert (row(database).until, row(database).reason) == (None, "our login is refused")


def test_longer_of_two_holds(database: Database, now: datetime) -> None:
    pause(database, now, 30)
    pause(database, now, 5)
    assert row(database).until == now + 30 * MINUTES
    pause(database, now, 60)
    assert row(database).until == now + 60 * MINUTES


def test_what_begins_to_need_a_person_is_told_anew(database: Database, now: datetime) -> None:
    pause(database, now, 15)
    with database.writing() as session:
        session.get_one(TransportPause, "smtp").alerted_at = now
    pause(database, now, 20)
    assert row(database).alerted_at == now
    pause(database, now, None, "our sender is refused")
    assert (row(database).until, row(database).alerted_at) == (None, None)
    assert row(database).reason == "our sender is refused"


def test_new_trouble_after_an_old_pause_is_new(database: Database, now: datetime) -> None:
    pause(database, now, 5, slow=True)
    with database.writing() as session:
        session.get_one(TransportPause, "smtp").alerted_at = now
    later = now + timedelta(days=2)
    pause(database, later, 15, "certificate")
    found = row(database)
    assert (found.since, found.until, found.reason) == (later, later + 15 * MINUTES, "certificate")
    assert (found.alerted_at, found.slow) == (None, False)


def test_a_server_that_is_away_for_a_day_is_one_pause(database: Database, now: datetime) -> None:
    pause(database, now, 15)
    assert alert(database, since=now, now=now)
    for number in range(1, 96):
        pause(database, now + number * 16 * MINUTES, 15, "still away")
    found = row(database)
    assert (found.since, found.alerted_at, found.reason) == (now, now, "still away")
    assert found.until == now + (95 * 16 + 15) * MINUTES
    pause(database, now + 95 * 16 * MINUTES + 20 * MINUTES, None, "our login is refused")
    assert (row(database).since, row(database).until, row(database).alerted_at) == (now, None, None)


def test_one_of_two_tells_of_a_pause(database: Database, now: datetime) -> None:
    pause(database, now, 15)
    later = now + timedelta(minutes=1)
    assert not alert(database, since=later, now=later), "that pause is over"
    assert alert(database, since=now, now=later)
    assert not alert(database, since=now, now=later)
    assert row(database).alerted_at == later


def test_one_connection_for_an_hour_after_the_server_asked(
    database: Database, now: datetime
) -> None:
    def slowly(at: datetime) -> bool:
        with database.reading() as session:
            return goes_slowly(session, "smtp", now=at)

    assert not slowly(now)
    pause(database, now, 15)
    assert not slowly(now + 16 * MINUTES)
    pause(database, now, 5, slow=True)
    end = row(database).until
    assert end == now + 15 * MINUTES
    assert slowly(end)
    assert slowly(end + SLOW_FOR - MINUTES)
    assert not slowly(end + SLOW_FOR)


def test_pauses_in_force(database: Database, clock: MovableClock) -> None:
    now = clock.now()
    pause(database, now, 5)
    with database.writing() as session:
        pause_transport(session, "maildir", reason="full", pause=None, now=now)
    with database.reading() as session:
        assert {one.transport for one in all_pauses(session, now=now)} == {"smtp", "maildir"}
        later = all_pauses(session, now=now + 5 * MINUTES)
        assert [one.transport for one in later] == ["maildir"]


@pytest.mark.parametrize("minutes", [5, None])
def test_several_connections_come_upon_the_same_trouble_at_once(
    database: Database, now: datetime, minutes: int | None
) -> None:
    ready = threading.Barrier(4)
    errors: list[BaseException] = []

    def connection() -> None:
        ready.wait()
        try:
            pause(database, now, minutes)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=connection) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert paused(database, now)
