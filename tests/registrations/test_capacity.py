"""Places under any sequence of answers, and under answers at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event
from var_outreach.registrations import store
from var_outreach.registrations.answers import Answer, promote_waiting, record_answer
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.storage.engine import Database

S = RegistrationState
PEOPLE = 5

steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([S.ACCEPTED, S.ACCEPTED, S.TENTATIVE, S.DECLINED, S.CANCELLED]),
            st.integers(0, PEOPLE - 1),
        ),
        st.tuples(st.just("capacity"), st.integers(0, PEOPLE)),
        st.tuples(st.just("withdraw"), st.integers(0, PEOPLE - 1)),
    ),
    max_size=24,
)


class Model:
    """What must be, worked out in the plainest way."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.state = [S.INVITED] * PEOPLE
        self.queue: list[int] = []
        self.told = [0] * PEOPLE
        self.off = set[int]()

    def put(self, who: int, state: RegistrationState) -> None:
        if self.state[who] is state:
            return
        if who in self.queue:
            self.queue.remove(who)
        if state is S.WAITLISTED:
            self.queue.append(who)
        self.state[who] = state
        self.told[who] += 1

    def promote(self) -> None:
        while self.queue and self.state.count(S.ACCEPTED) < self.capacity:
            self.put(self.queue[0], S.ACCEPTED)

    def answer(self, who: int, choice: RegistrationState) -> None:
        before = self.state[who]
        if choice is S.ACCEPTED:
            self.promote()
            if self.state[who] not in {S.ACCEPTED, S.WAITLISTED}:
                room = self.state.count(S.ACCEPTED) < self.capacity
                self.put(who, S.ACCEPTED if room else S.WAITLISTED)
        elif choice is S.TENTATIVE:
            self.put(who, S.TENTATIVE)
        elif before is S.ACCEPTED:
            self.put(who, S.CANCELLED)
        elif before is S.INVITED:
            self.put(who, S.DECLINED)
        elif before not in {S.DECLINED, S.CANCELLED}:
            self.put(who, choice)
        if self.state[who] is not before:
            self.promote()

    def withdraw(self, who: int) -> None:
        if who in self.off:
            return
        told = self.told[who]
        self.put(who, S.CANCELLED)
        # Who never heard of the event need not hear that it goes on without them.
        self.told[who] = told + 1 if told else 0
        self.off.add(who)
        self.promote()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(capacity=st.integers(0, 3), sequence=steps)
def test_any_sequence_of_answers(
    database: Database, scene: Scene, now: datetime, capacity: int, sequence: list[Any]
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=capacity)
        people: list[Registration] = scene.invited(session, event, PEOPLE)
        model = Model(capacity)
        for what, number in sequence:
            accepted_before = model.state.count(S.ACCEPTED)
            if what == "capacity":
                event.capacity = model.capacity = number
                promote_waiting(session, event, now=now)
                model.promote()
            elif what == "withdraw":
                withdraw(session, people[number], by="staf", now=now)
                model.withdraw(number)
            elif number not in model.off:
                record_answer(session, people[number], Answer(what), via="page", now=now)
                model.answer(number, what)
            assert [one.state for one in people] == model.state
            assert [one.version for one in people] == model.told
            for place, who in enumerate(model.queue, start=1):
                assert store.waitlist_number(session, people[who]) == place
            accepted = store.counts_by_state(session, event.id)[S.ACCEPTED]
            assert accepted <= max(model.capacity, accepted_before)
            if model.queue:
                assert store.places_left(session, event) == 0


def at_once(database: Database, work: list[Callable[[Any], None]]) -> list[BaseException]:
    """Run every piece of ``work`` in a thread and connection pool of its own, all at one time."""
    # One Database each: the gate inside one process must not be what keeps the count right.
    ours = [Database(database.url.render_as_string(hide_password=False)) for _ in work]
    start, wrong = threading.Barrier(len(work)), list[BaseException]()

    def run(own: Database, piece: Callable[[Any], None]) -> None:
        try:
            start.wait(10)
            with own.writing() as session:
                piece(session)
                # Whoever counted before the commit of another would count wrong.
                time.sleep(0.03)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(ours, work, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for own in ours:
        own.close()
    return wrong


def test_capacity_holds_when_all_accept_at_once(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=3)
        ids = [one.id for one in scene.invited(session, event, 8)]

    def accept(one: int) -> Callable[[Any], None]:
        return lambda session: _say(session, one, S.ACCEPTED, now)

    assert at_once(database, [accept(one) for one in ids]) == []
    with database.reading() as session:
        counts = store.counts_by_state(session, event.id)
        assert (counts[S.ACCEPTED], counts[S.WAITLISTED]) == (3, 5)
        moments = {session.get_one(Registration, one).waitlisted_at for one in ids} - {None}
        assert len(moments) == 5


def test_a_place_given_up_twice_at_once_goes_to_two(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=2)
        ids = [one.id for one in scene.invited(session, event, 5)]
        for one in ids[:4]:
            _say(session, one, S.ACCEPTED, now)
    later = now + timedelta(hours=1)
    wrong = at_once(
        database,
        [
            lambda session: _say(session, ids[0], S.DECLINED, later),
            lambda session: _say(session, ids[1], S.DECLINED, later),
            lambda session: _say(session, ids[4], S.ACCEPTED, later),
        ],
    )
    assert wrong == []
    with database.reading() as session:
        states = [session.get_one(Registration, one).state for one in ids]
        assert states == [S.CANCELLED, S.CANCELLED, S.ACCEPTED, S.ACCEPTED, S.WAITLISTED]


def test_one_answer_given_twice_at_once_counts_once(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, capacity=1)
        (one,) = (registration.id for registration in scene.invited(session, event, 1))
    wrong = at_once(database, [lambda session: _say(session, one, S.ACCEPTED, now)] * 4)
    assert wrong == []
    with database.reading() as session:
        assert session.get_one(Registration, one).version == 1
        assert len(store.history(session, one)) == 2


def test_a_capacity_raised_beside_an_answer_leaves_no_empty_place(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event_id = (event := scene.event(session, capacity=1)).id
        ids = [one.id for one in scene.invited(session, event, 3)]
        _say(session, ids[0], S.ACCEPTED, now)

    def widen(session: Any) -> None:
        found = session.get_one(Event, event_id)
        found.capacity = 2
        promote_waiting(session, found, now=now)

    wrong = at_once(
        database,
        [
            widen,
            lambda session: _say(session, ids[1], S.ACCEPTED, now),
            lambda session: _say(session, ids[2], S.ACCEPTED, now),
        ],
    )
    assert wrong == []
    with database.reading() as session:
        counts = store.counts_by_state(session, event_id)
        assert (counts[S.ACCEPTED], counts[S.WAITLISTED]) == (2, 1)


def _say(session: Any, registration_id: int, choice: RegistrationState, now: datetime) -> None:
    registration = session.get_one(Registration, registration_id)
    record_answer(session, registration, Answer(choice), via="page", now=now)
