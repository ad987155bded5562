"""Choosing workshops: places, waiting, moving up, leaving, and all of it at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.programme.stage import Stage, a_round, a_workshop
from tests.registrations.test_capacity import at_once
from var_outreach.agenda.model import EventState
from var_outreach.errors import Conflict
from var_outreach.programme.arranging import find_workshop, set_capacity
from var_outreach.programme.choosing import (
    choose,
    events_with_leavers,
    give_up,
    promote_in_workshops,
    release_choices_of_leavers,
)
from var_outreach.programme.model import Round, WorkshopChoice
from var_outreach.programme.store import (
    chosen_workshops,
    due_programme_notices,
    room_lists,
    seats_left,
    waiting_counts,
)
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.storage.engine import Database

S = RegistrationState


def test_swapping_keeps_one_workshop_in_a_round(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(
            session,
            a_round("een", a_workshop("a", 2), a_workshop("b", 2)),
            a_round("twee", a_workshop("a", 2)),
        )
        (one,) = stage.guests(session, event, 1)
        assert stage.choose(session, one, "een/a") == "chosen"
        assert stage.choose(session, one, "twee/a") == "chosen"
        assert stage.choose(session, one, "een/b") == "chosen"
        assert chosen_workshops(session, event) == {
            one.id: [("Een", "B", "zaal 1"), ("Twee", "A", "zaal 1")]
        }
        assert stage.untold(session, one) == (0, False), "who chooses sees it on the page"


def test_who_waits_keeps_the_chosen_one_and_moves_up_in_a_chain(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(
            session, a_round("een", a_workshop("a", 1), a_workshop("b", 1), a_workshop("c", 1))
        )
        ann, bob, cas, dee = stage.guests(session, event, 4)
        for one, key in ((ann, "a"), (bob, "b"), (cas, "c")):
            stage.choose(session, one, f"een/{key}")
        assert stage.choose(session, bob, "een/a") == "waiting"
        assert stage.choose(session, cas, "een/b") == "waiting"
        assert stage.choose(session, dee, "een/c") == "waiting"
        assert stage.where(session, event, bob) == ["B"]
        part = find_workshop(session, event, "een/a").round
        give_up(session, ann, part, now=stage.now)
        assert [stage.where(session, event, one) for one in (ann, bob, cas, dee)] == [
            [], ["A"], ["B"], ["C"],
        ]  # fmt: skip
        assert [stage.untold(session, one) for one in (bob, cas, dee)] == [(1, True)] * 3
        assert stage.untold(session, ann) == (0, False)
        assert {one.registration_id for one in due_programme_notices(session)} == {
            bob.id, cas.id, dee.id,
        }  # fmt: skip


def test_choosing_the_chosen_one_again_ends_the_waiting(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1), a_workshop("b", 1)))
        ann, bob = stage.guests(session, event, 2)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/b")
        assert stage.choose(session, bob, "een/a") == "waiting"
        assert stage.choose(session, bob, "een/a") == "waiting", "asked twice waits once"
        assert stage.choose(session, bob, "een/b") == "chosen"
        assert stage.waits(session, bob) == []
        give_up(session, ann, find_workshop(session, event, "een/a").round, now=stage.now)
        assert stage.where(session, event, bob) == ["B"]


def test_the_longest_waiting_who_still_comes_gets_the_place(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1)))
        ann, bob, cas = stage.guests(session, event, 3)
        for one in (ann, bob, cas):
            stage.choose(session, one, "een/a")
        stage.say(session, bob, S.CANCELLED)
        stage.say(session, ann, S.CANCELLED)
        assert chosen_workshops(session, event) == {}, "a place of who left counts no more"
        assert seats_left(session, event) == {find_workshop(session, event, "een/a").id: 1}
        assert events_with_leavers(session) == [event.id]
        assert release_choices_of_leavers(session, event, now=stage.now) == 2
        assert stage.where(session, event, cas) == ["A"]
        assert stage.untold(session, cas) == (1, True)
        assert events_with_leavers(session) == []
        stage.say(session, ann, S.ACCEPTED)
        assert stage.where(session, event, ann) == [], "who comes back chooses anew"


def test_whoever_waits_goes_before_who_chooses_now(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1)))
        ann, bob, cas = stage.guests(session, event, 3)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/a")
        # Ann has left, and nothing has cleared her place away yet.
        stage.say(session, ann, S.CANCELLED)
        assert stage.choose(session, cas, "een/a") == "waiting"
        assert stage.where(session, event, bob) == ["A"]


def test_a_raised_capacity_lets_in_who_waits_and_a_lowered_one_puts_nobody_out(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1)))
        guests = stage.guests(session, event, 3)
        for one in guests:
            stage.choose(session, one, "een/a")
        report = set_capacity(session, event, "een/a", 2, now=stage.now)
        assert (report.promoted, report.over_full) == (1, {})
        assert stage.where(session, event, guests[1]) == ["A"]
        report = set_capacity(session, event, "een/a", 1, now=stage.now)
        assert (report.promoted, report.over_full) == (0, {"een/a": 1})
        assert stage.where(session, event, guests[1]) == ["A"]
        assert set_capacity(session, event, "een/a", None, now=stage.now).promoted == 1


def test_only_who_comes_chooses_and_not_once_the_round_has_begun(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a"), starts=time(10)))
        silent, one = [*stage.scene.invited(session, event, 1), *stage.guests(session, event, 1)]
        with pytest.raises(Conflict, match="Only who comes"):
            stage.choose(session, silent, "een/a")
        workshop = find_workshop(session, event, "een/a")
        assert workshop.round.starts_at is not None
        with pytest.raises(Conflict, match="has begun"):
            choose(session, one, workshop, now=workshop.round.starts_at)
        assert choose(session, one, workshop, now=workshop.round.starts_at - timedelta(minutes=1))
        event.state = EventState.CANCELLED
        with pytest.raises(Conflict, match="does not take place"):
            stage.choose(session, one, "een/a")


def test_nobody_moves_up_once_the_round_has_begun(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1), starts=time(10)))
        ann, bob = stage.guests(session, event, 2)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/a")
        workshop = find_workshop(session, event, "een/a")
        workshop.capacity = 2
        assert workshop.round.starts_at is not None
        assert promote_in_workshops(session, event, now=workshop.round.starts_at) == 0
        assert promote_in_workshops(session, event, now=stage.now) == 1


def test_room_lists_name_who_is_in_and_agree_with_the_badges(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(
            session,
            a_round("een", a_workshop("a", 1), a_workshop("b")),
            a_round("twee", a_workshop("c")),
        )
        ann, bob, cas = stage.guests(session, event, 3)
        for one, key in (
            (ann, "een/a"), (bob, "een/b"), (cas, "een/a"), (ann, "twee/c"), (bob, "twee/c"),
        ):  # fmt: skip
            stage.choose(session, one, key)
        lists = room_lists(session, event)
        assert [(part.key, [one.workshop.key for one in rooms]) for part, rooms in lists] == [
            ("een", ["a", "b"]), ("twee", ["c"]),
        ]  # fmt: skip
        on_lists = Counter(
            (registration.id, part.name, room.workshop.title, room.workshop.room)
            for part, rooms in lists
            for room in rooms
            for registration in room.registrations
        )
        on_badges = Counter(
            (number, *line)
            for number, lines in chosen_workshops(session, event).items()
            for line in lines
        )
        assert on_lists == on_badges
        assert len(on_lists) == 4
        assert waiting_counts(session, event) == {find_workshop(session, event, "een/a").id: 1}


PEOPLE, ROOMS = 4, ("a", "b", "c")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("choose"), st.integers(0, PEOPLE - 1), st.sampled_from(ROOMS)),
        st.tuples(st.just("leave"), st.integers(0, PEOPLE - 1), st.just("")),
        st.tuples(st.just("back"), st.integers(0, PEOPLE - 1), st.just("")),
        st.tuples(st.just("give up"), st.integers(0, PEOPLE - 1), st.just("")),
        st.tuples(st.just("capacity"), st.integers(1, 3), st.sampled_from(ROOMS)),
    ),
    max_size=20,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequence=steps)
def test_any_sequence_keeps_places_and_order(
    database: Database, stage: Stage, sequence: list[Any]
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", *(a_workshop(key, 1) for key in ROOMS)))
        people = stage.guests(session, event, PEOPLE)
        part = find_workshop(session, event, "een/a").round
        limits = dict.fromkeys(ROOMS, 1)
        for what, number, room in sequence:
            taken_before = _taken(session, part)
            if what == "capacity":
                limits[room] = number
                set_capacity(session, event, f"een/{room}", number, now=stage.now)
            elif what == "leave":
                stage.say(session, people[number], S.CANCELLED)
                release_choices_of_leavers(session, event, now=stage.now)
            elif what == "back":
                stage.say(session, people[number], S.ACCEPTED)
            elif people[number].state is S.ACCEPTED:
                if what == "choose":
                    stage.choose(session, people[number], f"een/{room}")
                else:
                    give_up(session, people[number], part, now=stage.now)
            taken = _taken(session, part)
            waiting = {one for person in people for one in stage.waits(session, person)}
            for key in ROOMS:
                assert taken[key.upper()] <= max(limits[key], taken_before[key.upper()])
                if key.upper() in waiting:
                    assert taken[key.upper()] >= limits[key], "nobody waits for a free place"
            for person in people:
                where = stage.where(session, event, person)
                assert len(where) <= 1
                assert len(stage.waits(session, person)) <= 1
                assert not set(where) & set(stage.waits(session, person))
                if person.state is not S.ACCEPTED:
                    assert not stage.waits(session, person)


def _taken(session: Any, part: Round) -> Counter[str]:
    rows = session.scalars(
        select(WorkshopChoice).where(
            WorkshopChoice.state == "chosen", WorkshopChoice.round_id == part.id
        )
    )
    return Counter(row.workshop.title for row in rows)


def test_two_choose_the_last_place_at_once(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 2), a_workshop("b", 9)))
        ids = [one.id for one in stage.guests(session, event, 6)]
        for one in ids[1:]:
            stage.choose(session, session.get_one(Registration, one), "een/b")
        stage.choose(session, session.get_one(Registration, ids[0]), "een/a")

    def pick(one: int) -> Callable[[Any], None]:
        return lambda session: _pick(stage, session, one)

    assert at_once(database, [pick(one) for one in ids[1:]]) == []
    with database.reading() as session:
        inside = [
            one
            for one in ids
            if stage.where(session, event, session.get_one(Registration, one)) == ["A"]
        ]
        waiting = [
            one for one in ids if stage.waits(session, session.get_one(Registration, one)) == ["A"]
        ]
        assert len(inside) == 2
        assert sorted(inside + waiting) == ids
        moments = session.scalars(
            select(WorkshopChoice.since_at).where(WorkshopChoice.state == "waiting")
        ).all()
        assert len(set(moments)) == len(moments) == 4


def _pick(stage: Stage, session: Any, one: int) -> None:
    stage.choose(session, session.get_one(Registration, one), "een/a")


def test_leaving_beside_a_choice_leaves_no_empty_place(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1)))
        ids = [one.id for one in stage.guests(session, event, 4)]
        for one in ids[:2]:
            stage.choose(session, session.get_one(Registration, one), "een/a")

    def leave(session: Any) -> None:
        one = session.get_one(Registration, ids[0])
        stage.say(session, one, S.CANCELLED)
        release_choices_of_leavers(session, one.event, now=stage.now)

    def pick(one: int) -> Callable[[Any], None]:
        return lambda session: _pick(stage, session, one)

    assert at_once(database, [leave, *(pick(one) for one in ids[2:])]) == []
    with database.reading() as session:
        assert stage.where(session, event, session.get_one(Registration, ids[1])) == ["A"]
        assert sum(waiting_counts(session, event).values()) == 2
