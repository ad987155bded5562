"""Diets and replies go after the event; what several people needed stays as a number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.agenda.plan_texts import ZONE
from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.registrations.erasing import erase_replies, events_with_replies_to_erase
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.storage.engine import Database

S = RegistrationState
DAY = datetime(2025, 3, 10, 13, 0, tzinfo=UTC)


def due(database: Database, now: datetime, days: int = 30) -> list[int]:
    with database.reading() as session:
        return events_with_replies_to_erase(session, now=now, zone=ZONE, days=days)


def test_replies_are_erased_when_their_days_are_over(database: Database, scene: Scene) -> None:
    with database.writing() as session:
        event_id = scene.event(session, day=DAY).id
        event = session.get_one(Event, event_id)
        rows = scene.invited(session, event, 3)
        rows[0].diet, rows[1].replies = "Vegetarisch", {"toegankelijkheid": "rolstoel"}
    last_kept = datetime(2025, 4, 9, 21, 59, tzinfo=UTC)
    assert due(database, last_kept) == []
    assert due(database, last_kept + timedelta(minutes=1)) == [event_id]
    with database.writing() as session:
        assert erase_replies(session, event_id) == 2
    assert due(database, last_kept + timedelta(days=1)) == []
    with database.reading() as session:
        kept = session.query(Registration).all()
        assert {(row.diet, str(row.replies)) for row in kept} == {("", "{}")}


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ({"until_date": date(2025, 3, 12)}, False),
        ({"until_date": date(2025, 3, 11)}, True),
        ({"state": EventState.CANCELLED}, True),
        ({"on_date": None, "state": EventState.UNDATED}, False),
        ({"on_date": None, "state": EventState.POSTPONED, "changed_at": DAY}, True),
        (
            {
                "on_date": None,
                "state": EventState.POSTPONED,
                "changed_at": DAY + timedelta(days=30),
            },
            False,
        ),
        ({"on_date": date(2025, 6, 1)}, False),
    ],
)
def test_which_events_are_over(
    database: Database, scene: Scene, fields: dict[str, Any], is_due: bool
) -> None:
    with database.writing() as session:
        hours = {} if fields.get("on_date", DAY) else {"starts_at": None, "ends_at": None}
        event = scene.event(session, day=DAY, **hours, **fields)
        scene.invited(session, event, 1)[0].diet = "Vegetarisch"
    now = datetime(2025, 4, 11, 8, 0, tzinfo=UTC)
    assert bool(due(database, now)) is is_due


def test_totals_stay_but_name_nobody(database: Database, scene: Scene) -> None:
    with database.writing() as session:
        event = scene.event(session, day=DAY)
        rows = scene.invited(session, event, 8)
        for row, diet in zip(
            rows,
            ["Vegetarisch", "vegetarisch.", "VEGETARISCH", "zonder pinda's", "halal", "geen", ""],
            strict=False,
        ):
            row.state = S.ATTENDED
            row.diet = diet
            row.replies = {"lunch": True, "toegankelijkheid": ["ringleiding"]}
        rows[7].diet = "Vegetarisch"  # Was invited and never came.
        erase_replies(session, event.id)
        assert event.reply_totals == {
            "diet": {"Vegetarisch": 3, "anders": 2},
            "lunch": {"Ja": 7},
            "toegankelijkheid": {"ringleiding": 7},
        }
        assert "pinda" not in str(event.reply_totals)


def test_what_comes_in_later_is_added(database: Database, scene: Scene) -> None:
    with database.writing() as session:
        event = scene.event(session, day=DAY)
        rows = scene.invited(session, event, 3)
        for _ in range(2):
            for row in rows:
                row.state, row.diet = S.ATTENDED, "Vegetarisch"
            erase_replies(session, event.id)
        assert event.reply_totals == {"diet": {"Vegetarisch": 6}}
