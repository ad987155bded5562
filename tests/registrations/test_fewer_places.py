"""A capacity below what is accepted: staff say whom, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, InputError
from var_outreach.registrations.answers import Answer, promote_waiting, record_answer
from var_outreach.registrations.fewer_places import (
    check_capacity,
    count_over,
    last_accepted,
    lost_a_place,
    move_to_waiting_list,
)
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.store import waitlist_number
from var_outreach.storage.engine import Database

COMING = Answer(RegistrationState.ACCEPTED)


def full(
    scene: Scene, session: Session, places: int, waiting: int
) -> tuple[Event, list[Registration]]:
    """Return an event with ``places`` taken and ``waiting`` for one, in order of answering."""
    event = scene.event(session, capacity=places)
    rows = scene.invited(session, event, places + waiting)
    for number, row in enumerate(rows):
        at = scene.now + timedelta(minutes=number)
        record_answer(session, row, COMING, via="page", now=at)
    return event, rows


def test_fewer_places_than_acceptances_are_refused_with_the_ways_out(
    database: Database, scene: Scene
) -> None:
    with database.writing() as session:
        event, rows = full(scene, session, 4, 1)
        with pytest.raises(Conflict) as caught:
            check_capacity(session, event, 2)
    words = str(caught.value)
    assert "2 more have accepted" in words
    # The last who accepted stands first, and only as many as would be over.
    listed = [words.find(f"\n  {rows[number].id}  ") for number in (3, 2)]
    assert -1 < listed[0] < listed[1]
    assert f"\n  {rows[1].id}  " not in words
    assert f"--capacity 2 --to-waiting-list {rows[3].id},{rows[2].id}" in words
    assert "--keep-all" in words


@pytest.mark.parametrize("capacity", [4, 5, None])
def test_room_for_all_asks_nothing(database: Database, scene: Scene, capacity: int | None) -> None:
    with database.writing() as session:
        event, _ = full(scene, session, 4, 1)
        check_capacity(session, event, capacity)
        with pytest.raises(InputError, match="nobody has to wait"):
            check_capacity(session, event, capacity, to_waiting_list=[1])


def test_the_same_capacity_again_asks_nothing_after_all_were_kept(
    database: Database, scene: Scene
) -> None:
    with database.writing() as session:
        event, rows = full(scene, session, 4, 1)
        check_capacity(session, event, 2, keep_all=True)
        event.capacity = 2
        check_capacity(session, event, 2)
        assert promote_waiting(session, event, now=scene.now) == []
        assert [row.state.value for row in rows] == ["accepted"] * 4 + ["waitlisted"]
        assert count_over(session, event, 2) == 2
        # Nobody new comes until there is room: two must leave before the one who waits is next.
        for number, coming in ((0, 3), (1, 2), (2, 2)):
            leave = Answer(RegistrationState.CANCELLED)
            record_answer(session, rows[number], leave, via="page", now=scene.now)
            assert len(last_accepted(session, event)) == coming
        assert rows[4].state is RegistrationState.ACCEPTED


@pytest.mark.parametrize(
    ("chosen", "words"),
    [([3], "2 must go to the waiting list, and you named 1"), ([1, 2, 3], "you named 3"),
     ([3, 3], "you named 1"), ([3, 4], "no acceptance")],
)  # fmt: skip
def test_exactly_enough_of_those_who_accepted_must_be_named(
    database: Database, scene: Scene, chosen: list[int], words: str
) -> None:
    with database.writing() as session:
        event, rows = full(scene, session, 4, 1)
        with pytest.raises(InputError, match=words):
            check_capacity(session, event, 2, to_waiting_list=[rows[one].id for one in chosen])
        with pytest.raises(InputError, match="Say one of the two"):
            check_capacity(session, event, 2, to_waiting_list=[rows[3].id], keep_all=True)


def test_they_wait_before_all_others_in_their_order_and_are_told(
    database: Database, scene: Scene, now: datetime
) -> None:
    later = now + timedelta(days=1)
    with database.writing() as session:
        event, rows = full(scene, session, 4, 2)
        told = {row.id: row.version for row in rows}
        ids = [rows[3].id, rows[1].id]
        check_capacity(session, event, 2, to_waiting_list=ids)
        moved = move_to_waiting_list(session, event, ids, by="staf", now=later)
        event.capacity = 2
        assert moved == [rows[1], rows[3]]
        assert [waitlist_number(session, row) for row in rows] == [0, 1, 0, 2, 3, 4]
        assert {row.id: row.version - told[row.id] for row in rows} == {
            row.id: int(row in moved) for row in rows
        }
        assert [lost_a_place(session, row) for row in rows] == [False, True, False, True] + [
            False
        ] * 2
        assert promote_waiting(session, event, now=later) == []
        leave = Answer(RegistrationState.CANCELLED)
        record_answer(session, rows[0], leave, via="page", now=later)
        assert rows[1].state is RegistrationState.ACCEPTED
        assert not lost_a_place(session, rows[1])


def test_without_anybody_waiting_they_are_the_first(database: Database, scene: Scene) -> None:
    with database.writing() as session:
        event, rows = full(scene, session, 3, 0)
        move_to_waiting_list(session, event, [rows[0].id], by="staf", now=scene.now)
        assert waitlist_number(session, rows[0]) == 1
        assert rows[0].waitlisted_at is not None
        assert rows[0].waitlisted_at <= scene.now
