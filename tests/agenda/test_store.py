"""The one way in which an event is changed, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agenda.plan_texts import ZONE
from tests.agenda.taking_over import APRIL, Agenda, yaml
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import (
    all_facts,
    carried_hours,
    change_event,
    changes_since,
    event_key,
    find_event,
    mark_held,
    shifted,
)
from var_outreach.errors import Conflict, NotFound
from var_outreach.storage.engine import Database

KEY = "2025-04-07-leerhuis"
TIMED = "id: a\ndate: 2025-04-07\nfrom: 9.30\nto: 12.00"
HALF_TEN = datetime(2025, 4, 7, 7, 30, tzinfo=UTC)


@pytest.fixture
def agenda(database: Database, now: datetime) -> Agenda:
    return Agenda(database, now)


def change(agenda: Agenda, **fields: Any) -> list[str]:
    with agenda.database.writing() as session:
        made = change_event(session, find_event(session, KEY), fields, by="staf", now=agenda.now)
        return [one.field for one in made]


@pytest.mark.parametrize(
    ("fields", "revision", "date_revision"),
    [
        ({"title": "Anders"}, 1, 0),
        ({"place": "De Kuip", "address": "Kade 1"}, 1, 0),
        ({"ends_at": HALF_TEN + timedelta(hours=4)}, 1, 0),
        ({"starts_at": HALF_TEN + timedelta(hours=1)}, 1, 1),
        ({"starts_at": None, "ends_at": None}, 1, 0),
        ({"on_date": date(2025, 4, 8)}, 1, 1),
        ({"programme": [{"from": "09.30", "to": "", "title": "Inloop"}]}, 1, 0),
        ({"state": EventState.CANCELLED}, 1, 0),
        ({"state": EventState.CONFIRMED}, 0, 0),
        ({"capacity": 30}, 0, 0),
        ({"description": "Tekst", "meant_for": "wie wil"}, 0, 0),
        ({"answer_by_on": date(2025, 4, 1)}, 0, 0),
        ({"title": "Leerhuis"}, 0, 0),
    ],
)
def test_what_a_change_does_to_the_revisions(
    agenda: Agenda, fields: dict[str, Any], revision: int, date_revision: int
) -> None:
    agenda.take(yaml(TIMED))
    change(agenda, **fields)
    event = agenda.only()
    assert (event.revision, event.date_revision) == (revision, date_revision)


def test_a_change_is_kept_with_who_and_when(agenda: Agenda) -> None:
    agenda.take(yaml(TIMED))
    agenda.edit(KEY, place="De Kuip", title="Leerhuis")
    with agenda.event(KEY) as event:
        (made,) = event.changes
        assert (made.field, made.before, made.after) == ("place", None, "De Kuip")
        assert (made.by, made.at, made.revision) == ("collega", agenda.now, 1)
        assert event.changed_at == agenda.now


def test_what_is_equal_already_is_no_change(agenda: Agenda) -> None:
    agenda.take(yaml(TIMED))
    before = agenda.rows()
    assert change(agenda, on_date=APRIL, starts_at=HALF_TEN, place=None) == []
    assert agenda.rows() == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ends_at": HALF_TEN}, "end before it starts"),
        ({"until_date": date(2025, 4, 1)}, "over before it begins"),
        ({"on_date": None, "until_date": APRIL}, "over before it begins"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_whole(
    agenda: Agenda, fields: dict[str, Any], said: str
) -> None:
    agenda.take(yaml(TIMED))
    before = agenda.rows()
    with pytest.raises(Conflict, match=said):
        change(agenda, title="Anders", **fields)
    assert agenda.rows() == before


@pytest.mark.parametrize(
    "fields", [{"on_date": date(2025, 4, 8)}, {"starts_at": None}, {"state": EventState.PLANNED}]
)
def test_what_was_held_is_history(agenda: Agenda, fields: dict[str, Any]) -> None:
    agenda.take(yaml(TIMED))
    agenda.edit(KEY, state=EventState.HELD)
    with pytest.raises(Conflict, match="history"):
        change(agenda, **fields)
    assert change(agenda, recap_markdown="Het was goed.") == ["recap_markdown"]


def test_changes_since_are_merged_a_field(agenda: Agenda) -> None:
    agenda.take(yaml(TIMED))
    agenda.edit(KEY, place="De Kuip")
    agenda.edit(KEY, place="Stadhuis", title="Anders")
    agenda.edit(KEY, title="Leerhuis")
    with agenda.event(KEY) as event, agenda.database.reading() as session:
        since = [(c.field, c.before, c.after) for c in changes_since(session, event, 0)]
        assert since == [("place", None, "Stadhuis")], "the title came back to what it was"
        later = [(c.field, c.before, c.after) for c in changes_since(session, event, 1)]
        assert later == [("place", "De Kuip", "Stadhuis")]


def test_events_are_held_once_their_last_day_is_over(agenda: Agenda) -> None:
    agenda.take(
        yaml("id: a\ndate: 2025-04-07", "id: b\ndate: 2025-04-07\nuntil: 2025-04-08",
             "id: c\ndate: 2025-04-07\nstate: cancelled", "id: d")
    )  # fmt: skip

    def held(moment: datetime) -> int:
        with agenda.database.writing() as session:
            return len(mark_held(session, now=moment, zone=ZONE))

    # 8 April begins in Amsterdam at 22.00 UTC.
    assert held(datetime(2025, 4, 7, 21, 59, tzinfo=UTC)) == 0
    assert held(datetime(2025, 4, 7, 22, 0, tzinfo=UTC)) == 1
    assert held(datetime(2025, 4, 8, 22, 0, tzinfo=UTC)) == 1
    with agenda.database.reading() as session:
        states = {one.source_id: one.state.value for one in session.query(Event)}
    assert states == {"a": "held", "b": "held", "c": "cancelled", "d": "undated"}


def test_an_event_that_is_not_there_says_where_to_look(agenda: Agenda) -> None:
    with agenda.database.reading() as session:
        with pytest.raises(NotFound) as caught:
            find_event(session, "x")
        assert "agenda list" in caught.value.remedy


def test_facts_come_by_date_and_undated_ones_last(agenda: Agenda) -> None:
    agenda.take(yaml("id: a", "id: b\ndate: 2025-05-12", "id: c\ndate: 2025-04-07"))
    with agenda.database.reading() as session:
        assert [one.key for one in all_facts(session)] == [
            "2025-04-07-leerhuis", "2025-05-12-leerhuis", "2025-leerhuis",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "day", "year", "key"),
    [
        ("Leerhuis: zorg & veiligheid", APRIL, 2025, "2025-04-07-leerhuis-zorg-veiligheid"),
        ("Café-ochtend", None, 2025, "2025-cafe-ochtend"),
        ("会议", None, None, "later-bijeenkomst"),
        ("../../etc/passwd?x=<b>", APRIL, 2025, "2025-04-07-etc-passwd-x-b"),
    ],
)
def test_a_key_stands_in_links_as_it_is(
    title: str, day: date | None, year: int | None, key: str
) -> None:
    assert event_key(title, day, year, set()) == key
    assert event_key(title, day, year, {key, f"{key}-2"}) == f"{key}-3"


@given(
    hour=st.integers(4, 23),
    days=st.integers(-400, 400),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_a_moved_hour_is_the_same_on_the_clock_on_the_wall(hour: int, days: int, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE)
    moved = shifted(moment, timedelta(days=days), ZONE)
    assert moved is not None
    local = moved.astimezone(ZONE)
    assert (local.date(), local.hour, local.minute) == (day + timedelta(days=days), hour, 30)


def test_several_days_move_together() -> None:
    event = Event(
        on_date=date(2025, 10, 24),
        until_date=date(2025, 10, 25),
        starts_at=datetime(2025, 10, 24, 7, 30, tzinfo=UTC),
        ends_at=datetime(2025, 10, 25, 10, 0, tzinfo=UTC),
    )
    assert carried_hours(event, date(2025, 10, 27), ZONE) == {
        "until_date": date(2025, 10, 28),
        "starts_at": datetime(2025, 10, 27, 8, 30, tzinfo=UTC),
        "ends_at": datetime(2025, 10, 28, 11, 0, tzinfo=UTC),
    }
