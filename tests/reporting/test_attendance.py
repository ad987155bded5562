"""Who took part, counted as people mean it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.agenda.plan_texts import ZONE
from tests.registrations.scene import DOMAIN
from tests.reporting.scene import Lists, S
from var_outreach.registrations.attendance import WalkIn, add_walk_in, mark_attendance
from var_outreach.reporting.attendance import attendance_figures, attendance_of
from var_outreach.reporting.figures import summarise_year
from var_outreach.storage.engine import Database


def test_participants_are_who_was_there_and_did_not_speak(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event, other = scene.event(session, place="Stadhuis"), scene.event(session)
        town = scene.organisation(session, "Gemeente Dordrecht")
        mayor = scene.holder(session, town, "burgemeester", "Noor Zee")
        scene.office_invited(session, event, mayor, state=S.REPRESENTED)
        came = scene.person(session, event, "Bo Bakker", town)
        absent = scene.person(session, event, "Ada Bakker", town)
        scene.person(session, event, "Nooit Gemerkt", town)
        speaks = scene.person(session, event, "Cas Spreker", town)
        scene.speaker(session, event, speaks.contact)
        scene.speaker(session, event, scene.contact(session, "Dido Spreker"))
        scene.speaker(session, event, scene.contact(session, "Nee Dank"), declined=now)
        for row in (came, speaks):
            mark_attendance(session, row, True, by="deur", now=now)
        mark_attendance(session, absent, False, by="deur", now=now)
        walked_in, _ = add_walk_in(
            session, event, WalkIn("Eva In Loop"), by="deur", uid_domain=DOMAIN, now=now
        )
        scene.person(session, other, "Elders Zee")
        found = attendance_of(session, event)
        assert vars(found.figures) == {
            "participants": 2,
            "present": 2,
            "absent": 1,
            "unmarked": 1,
            "walk_ins": 1,
            "represented": 1,
            "speakers": 2,
            "counted_live": None,
            "counted_views": None,
        }
        assert [one.name for one in found.present] == ["Bo Bakker", "Eva In Loop"]
        assert [one.name for one in found.absent] == ["Ada Bakker"]
        assert [one.name for one in found.unmarked] == ["Nooit Gemerkt"]
        assert found.walk_ins == (walked_in.id,)
        assert [one.name for one in found.speakers] == ["Cas Spreker", "Dido Spreker"]
        assert attendance_figures(session, [event, other])[other.id].participants is None


def test_somebody_else_at_the_mailbox_of_a_speaker_counts(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, place="Stadhuis")
        row = scene.person(session, event, "Ada Bakker")
        scene.speaker(session, event, row.contact)
        row.attendee_name = "Bo Vervanger"
        mark_attendance(session, row, True, by="deur", now=now)
        assert attendance_of(session, event).figures.participants == 1


@pytest.mark.parametrize(
    ("fields", "marked", "participants"),
    [
        ({"place": "Stadhuis"}, False, None),
        ({"place": "Stadhuis"}, True, 1),
        ({"place": "Stadhuis", "counted_live": 20}, True, 21),
        ({"online_url": "https://x.example", "counted_live": 20}, True, 20),
        ({"online_url": "https://x.example", "counted_live": 20}, False, 20),
        ({"online_url": "https://x.example", "counted_views": 99}, False, None),
        ({"online_url": "https://x.example"}, True, 1),
        ({"online_url": "https://x.example", "place": "Zaal", "counted_live": 5}, False, 5),
    ],
)
def test_the_room_and_the_screen_are_added_but_nobody_twice(
    database: Database,
    scene: Lists,
    now: datetime,
    fields: dict[str, Any],
    marked: bool,
    participants: int | None,
) -> None:
    with database.writing() as session:
        event = scene.event(session, **fields)
        row = scene.person(session, event, "Ada Bakker")
        if marked:
            mark_attendance(session, row, True, by="deur", now=now)
        assert attendance_of(session, event).figures.participants == participants


def test_the_year_tells_it_per_event(database: Database, scene: Lists, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, place="Stadhuis", counted_views=12)
        mark_attendance(session, scene.person(session, event, "Ada"), True, by="deur", now=now)
        (one,) = summarise_year(session, 2025, ZONE).events
        assert (one.attendance.participants, one.attendance.counted_views) == (1, 12)
        assert one.registrations == {"attended": 1}
