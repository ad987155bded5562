"""What staff do when an event moves, shrinks or is put off, on both databases."""

from __future__ import annotations

import threading
import time as clocks
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.waiting import lock_event
from var_outreach.settings import Settings
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import rescheduling
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

LEAD, KEY, LAST = "2025-04-07-rvo", "2025-04-08-leerhuis", "2025-04-09-terugkomdag"
ROWS = {
    "lead": "id: rvo, kind: conferentie, title: RVO, date: 2025-04-07, from: 13, to: 17",
    "leer": "id: leer, kind: leerhuis, title: Leerhuis, date: 2025-04-08, doors: 9, from: 9.30, "
    "to: 12, follows: rvo",
    "last": "id: last, kind: leerhuis, title: Terugkomdag, date: 2025-04-09, follows: leer",
}


@dataclass
class Desk:
    """Staff with an agenda of three events, each following the one before."""

    app: App
    folder: Path
    clock: MovableClock

    def plan(self, **rows: str) -> Any:
        path = self.folder / "plan.yaml"
        lines = [f"  - {{{row}}}\n" for row in {**ROWS, **rows}.values()]
        path.write_text("year: 2025\nevents:\n" + "".join(lines))
        return staff_agenda.import_agenda_file(self.app, path, by="Team")[0]

    def event(self, key: str) -> Event:
        with self.app.database.reading() as session:
            event = find_event(session, key)
            session.expunge(event)
            return event

    def edit(self, key: str, **fields: Any) -> staff_agenda.Edited:
        return staff_agenda.edit_event(self.app, key, fields, by="Een")

    def accepted(self, key: str, count: int) -> list[int]:
        with self.app.database.writing() as session:
            event = find_event(session, key)
            rows = Scene(self.clock.now()).invited(session, event, count)
            for row in rows:
                row.state = RegistrationState.ACCEPTED
            return [row.id for row in rows]

    def states(self) -> list[str]:
        with self.app.database.reading() as session:
            query = select(Registration.state).order_by(Registration.id)
            return [state.value for state in session.scalars(query)]


@pytest.fixture
def desk(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Desk:
    settings = Settings(base_url="https://agenda.example", data_dir=tmp_path)
    made = Desk(App(settings, database, clock, signer), tmp_path, clock)
    assert made.plan().questions == []
    return made


# ---- follows


def test_what_follows_moves_by_as_many_days_and_so_does_what_follows_that(desk: Desk) -> None:
    desk.accepted(KEY, 1)
    edited = desk.edit(LEAD, on_date=date(2025, 4, 14))
    assert [(one.key, one.follows, one.after) for one in edited.moved_along] == [
        (KEY, LEAD, date(2025, 4, 15)),
        (LAST, KEY, date(2025, 4, 16)),
    ]
    event = desk.event(KEY)
    assert event.starts_at == datetime(2025, 4, 15, 7, 30, tzinfo=UTC)
    assert event.doors_at == datetime(2025, 4, 15, 7, tzinfo=UTC)
    assert event.answer_by_on == date(2025, 4, 1)
    assert event.date_revision == event.revision == 1, "an update of its own, and asked anew"
    assert desk.states() == ["invited"]


def test_the_clock_shows_the_same_across_summer_time(desk: Desk) -> None:
    desk.edit(LEAD, on_date=date(2025, 11, 3))
    assert desk.event(KEY).starts_at == datetime(2025, 11, 4, 8, 30, tzinfo=UTC)


def test_another_hour_moves_what_follows_by_as_much(desk: Desk) -> None:
    edited = desk.edit(LEAD, starts_at=datetime(2025, 4, 7, 9, 30, tzinfo=UTC))
    assert edited.changes[0].field == "starts_at"
    assert desk.event(KEY).starts_at == datetime(2025, 4, 8, 6, tzinfo=UTC)
    assert desk.event(KEY).on_date == date(2025, 4, 8)
    assert edited.moved_along[0].in_words().endswith("moved along: its hours")
    # A date alone has no hours that could move.
    assert desk.event(LAST).on_date == date(2025, 4, 9)


def test_hours_that_become_known_move_nothing(desk: Desk) -> None:
    desk.plan(lead="id: rvo, kind: conferentie, title: RVO, date: 2025-04-07")
    before = desk.event(KEY).starts_at
    edited = desk.edit(LEAD, starts_at=datetime(2025, 4, 7, 7, tzinfo=UTC))
    assert (edited.moved_along, desk.event(KEY).starts_at) == ([], before)


@pytest.mark.parametrize("state", [EventState.CANCELLED, EventState.POSTPONED, EventState.HELD])
def test_what_is_off_or_over_stays(desk: Desk, state: EventState) -> None:
    desk.edit(KEY, state=state)
    assert desk.edit(LEAD, on_date=date(2025, 4, 14)).moved_along == []
    assert desk.event(KEY).on_date == date(2025, 4, 8)


@pytest.mark.parametrize("state", [EventState.CANCELLED, EventState.POSTPONED])
def test_a_lead_that_is_off_postpones_nothing_but_is_warned_of(
    desk: Desk, state: EventState
) -> None:
    edited = desk.edit(LEAD, state=state)
    assert edited.moved_along == []
    (warning,) = edited.warnings
    assert warning.startswith(f"'{KEY}' follows '{LEAD}', which is {state.value}")
    assert desk.event(KEY).state is EventState.PLANNED


def test_an_import_that_moves_the_lead_takes_along_what_it_does_not_move_itself(
    desk: Desk,
) -> None:
    report = desk.plan(lead=ROWS["lead"].replace("04-07", "04-14"))
    assert [one.key for one in report.moved] == [LEAD]
    assert any(f"'{KEY}' follows '{LEAD}' and moved along" in one for one in report.remarks)
    assert desk.event(KEY).on_date == date(2025, 4, 15)
    assert desk.event(KEY).starts_at == datetime(2025, 4, 15, 7, 30, tzinfo=UTC)
    again = desk.plan(lead=ROWS["lead"].replace("04-07", "04-14"))
    assert (again.unchanged, desk.event(KEY).on_date) == (3, date(2025, 4, 15))
    both = desk.plan(
        lead=ROWS["lead"].replace("04-07", "04-21"), leer=ROWS["leer"].replace("04-08", "05-12")
    )
    assert {one.key for one in both.moved} == {LEAD, KEY}
    assert desk.event(KEY).on_date == date(2025, 5, 12), "the file's own date counts"


def test_staff_say_what_follows_what_and_no_circle(desk: Desk) -> None:
    desk.edit(KEY, follows=None)
    assert desk.event(KEY).follows_id is None
    desk.edit(KEY, follows=LEAD)
    with pytest.raises(Conflict, match="would follow itself"):
        desk.edit(LEAD, follows=LAST)
    with pytest.raises(NotFound):
        desk.edit(LEAD, follows="nergens")
    assert desk.event(LEAD).follows_id is None


def test_who_moves_a_lead_waits_for_its_followers_in_the_order_of_all(desk: Desk) -> None:
    with desk.app.database.reading() as session:
        low, high = find_event(session, LEAD).id, find_event(session, LAST).id
    desk.edit(LEAD, follows=None)
    desk.edit(KEY, follows=None)
    # The lead is the last of the three, and what follows it the first.
    desk.edit(LAST, follows=None)
    desk.edit(LEAD, follows=LAST)
    faults: list[BaseException] = []

    def move() -> None:
        try:
            desk.edit(LAST, on_date=date(2025, 4, 16))
        except BaseException as fault:
            faults.append(fault)

    mover = threading.Thread(target=move)
    with desk.app.database.writing() as session:
        lock_event(session, low)
        mover.start()
        clocks.sleep(0.5)
        lock_event(session, high)
    mover.join(10)
    assert faults == []
    assert desk.event(LEAD).on_date == date(2025, 4, 14)


# ---- places


def test_fewer_places_than_acceptances_are_refused_until_staff_say_whom(desk: Desk) -> None:
    ids = desk.accepted(KEY, 3)
    with pytest.raises(Conflict, match="1 more have accepted"):
        desk.edit(KEY, capacity=2)
    assert desk.event(KEY).capacity is None
    assert desk.states() == ["accepted"] * 3
    staff_agenda.edit_event(desk.app, KEY, {"capacity": 2}, by="Een", to_waiting_list=[ids[0]])
    assert desk.event(KEY).capacity == 2
    assert desk.states() == ["waitlisted", "accepted", "accepted"]
    staff_agenda.edit_event(desk.app, KEY, {"capacity": 1}, by="Een", keep_all=True)
    assert desk.event(KEY).capacity == 1
    assert desk.states() == ["waitlisted", "accepted", "accepted"]
    desk.edit(KEY, capacity=3)
    assert desk.states() == ["accepted"] * 3, "room again: who waits is moved up"


def test_a_file_with_fewer_places_asks_and_changes_nothing(desk: Desk) -> None:
    desk.accepted(KEY, 3)
    report = desk.plan(leer=ROWS["leer"] + ", capacity: 2")
    (question,) = report.questions
    assert "1 more have accepted" in question
    assert desk.event(KEY).capacity is None
    assert desk.plan(leer=ROWS["leer"] + ", capacity: 2").questions == [question]
    assert desk.plan(leer=ROWS["leer"] + ", capacity: 3").questions == []


# ---- postponed


def test_only_what_is_planned_can_be_put_off(desk: Desk) -> None:
    rescheduling.postpone_event(desk.app, KEY, by="Een")
    with pytest.raises(Conflict, match="is postponed; only what is planned"):
        rescheduling.postpone_event(desk.app, KEY, by="Een")


def test_what_was_replaced_does_not_come_back(desk: Desk) -> None:
    rescheduling.postpone_event(desk.app, KEY, by="Een")
    found = rescheduling.plan_successor(
        desk.app, KEY, on=date(2026, 3, 16), starts=time(14), ends=time(16), by="Een",
        title="Leerhuis 2", place="De Kuip",
    )  # fmt: skip
    event = desk.event(found.key)
    assert (event.title, event.place, event.answer_by_on) == (
        "Leerhuis 2", "De Kuip", date(2026, 3, 2),
    )  # fmt: skip
    assert event.starts_at == datetime(2026, 3, 16, 13, tzinfo=UTC)
    assert event.doors_at == datetime(2026, 3, 16, 12, 30, tzinfo=UTC), "half an hour before"
    for fields in ({"on_date": date(2026, 5, 1)}, {"state": EventState.PLANNED}):
        with pytest.raises(Conflict, match="was replaced by"):
            desk.edit(KEY, **fields)
    desk.edit(KEY, place="Elders")
    report = desk.plan(leer=ROWS["leer"].replace("04-08", "05-12"))
    assert ["was replaced by" in one for one in report.questions] == [True]
    assert desk.event(KEY).state is EventState.POSTPONED


def test_what_follows_a_postponed_event_is_named_with_its_successor(desk: Desk) -> None:
    rescheduling.postpone_event(desk.app, KEY, by="Een")
    found = rescheduling.plan_successor(desk.app, KEY, on=date(2026, 5, 15), by="Een")
    assert found.warnings == [
        f"{found.key}: Friday 15 May 2026 is the day after Ascension Day",
        f"'{LAST}' follows '{KEY}' and stays on 2025-04-09; to let it follow the successor, say: "
        f"var-outreach agenda edit {LAST} --follows {found.key}",
    ]


def test_guests_who_are_offered_the_successor_are_kept_until_it_is_over(desk: Desk) -> None:
    comes, stays_away = desk.accepted(KEY, 2)
    with desk.app.database.writing() as session:
        for row in session.scalars(select(Registration)):
            row.contact.guest_until_on = date(2025, 5, 8)
        session.get_one(Registration, stays_away).state = RegistrationState.DECLINED
    rescheduling.postpone_event(desk.app, KEY, by="Een")
    rescheduling.plan_successor(desk.app, KEY, on=date(2026, 3, 16), by="Een")
    with desk.app.database.reading() as session:
        until = {
            row.id: row.contact.guest_until_on for row in session.scalars(select(Registration))
        }
    assert until == {comes: date(2026, 4, 15), stays_away: date(2025, 5, 8)}


def test_a_successor_lies_ahead(desk: Desk) -> None:
    rescheduling.postpone_event(desk.app, KEY, by="Een")
    with pytest.raises(InputError, match="is past"):
        rescheduling.plan_successor(desk.app, KEY, on=date(2024, 3, 1), by="Een")
    with pytest.raises(InputError, match="not after the start"):
        rescheduling.plan_successor(
            desk.app, KEY, on=date(2026, 3, 16), starts=time(12), ends=time(9), by="Een"
        )
