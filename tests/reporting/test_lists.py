"""What stands on each list, and what must not."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event

from tests.agenda.plan_texts import ZONE
from tests.reporting.scene import Lists, S
from var_outreach.agenda.model import Event
from var_outreach.programme.model import ChoiceState
from var_outreach.registrations.invitees import withdraw
from var_outreach.reporting.badges import NO_ORGANISATION, badges_as_sheet, name_badges
from var_outreach.reporting.lists import Circumstances, ListName, make_list
from var_outreach.reporting.matrix import Standing, answer_matrix, matrix_as_sheet
from var_outreach.reporting.needs import need_totals, needs_as_sheet
from var_outreach.reporting.presence import presence_list
from var_outreach.reporting.rooms import rooms_as_sheet, rooms_of
from var_outreach.reporting.sheet import heading_of
from var_outreach.reporting.visitors import visitor_list
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

SECRET = "glutenvrij en een rolstoel"


def test_badges_lie_by_surname_with_what_people_are_called(
    database: Database, scene: Lists
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        dordrecht = scene.organisation(session, "Gemeente Dordrecht")
        mayor = scene.holder(session, dordrecht, "burgemeester", "Noor van der Zee")
        alderman = scene.holder(session, dordrecht, "wethouder", "Ada 't Hart", portfolio="jeugd")
        (host,) = scene.office_invited(session, event, mayor, state=S.REPRESENTED)
        scene.office_invited(session, event, alderman, state=S.ACCEPTED)
        scene.brought(session, host, "Bo van den Akker", "adviseur")
        scene.person(session, event, "Zoë Bakker", None)
        scene.person(session, event, "Nee Zegger", dordrecht, S.DECLINED)
        scene.person(session, event, "Wacht Lijst", dordrecht, S.WAITLISTED)
        badges = name_badges(session, event).badges
        assert [(b.name, b.function, b.organisation) for b in badges] == [
            ("Bo van den Akker", "Adviseur", "Gemeente Dordrecht"),
            ("Zoë Bakker", "", ""),
            ("Ada 't Hart", "Wethouder jeugd", "Gemeente Dordrecht"),
        ]


def test_badges_by_organisation(database: Database, scene: Lists, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        police = scene.organisation(session, "Politie-eenheid Rotterdam", "politie")
        brielle = scene.organisation(session, "Gemeente Zwijndrecht")
        albrandswaard = scene.organisation(session, "gemeente Albrandswaard")
        for name, organisation in (
            ("Bo Bakker", police),
            ("Ada de Wit", brielle),
            ("Cas Aalbers", brielle),
            ("Zoë Zee", albrandswaard),
            ("Los Vast", None),
        ):
            scene.person(session, event, name, organisation)
        found = name_badges(session, event, by_organisation=True)
        assert [b.name for b in found.badges] == [
            "Zoë Zee",
            "Bo Bakker",
            "Cas Aalbers",
            "Ada de Wit",
            "Los Vast",
        ]
        sheet = badges_as_sheet(found, heading_of(event, now=now, zone=ZONE))
        assert [section.caption for section in sheet.sections] == [
            "gemeente Albrandswaard",
            "Politie-eenheid Rotterdam",
            "Gemeente Zwijndrecht",
            NO_ORGANISATION,
        ]


def test_an_office_without_a_known_holder_has_a_badge_of_the_office(
    database: Database, scene: Lists
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        town = scene.organisation(session, "Gemeente Schiedam")
        vacant = scene.holder(
            session, town, "griffier", secretariat=scene.contact(session, "Griffie")
        )
        (row,) = scene.office_invited(session, event, vacant, state=S.ACCEPTED)
        assert row.attendee_name == ""
        (badge,) = name_badges(session, event).badges
        assert (badge.name, badge.function) == ("Griffier", "")
        assert visitor_list(session, event).visitors[0].name == "Griffier"


def test_speakers_have_a_badge_but_one_only(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        guest = scene.person(session, event, "Ada Bakker")
        scene.speaker(session, event, guest.contact)
        scene.speaker(session, event, scene.contact(session, "Bo Spreker"))
        scene.speaker(session, event, scene.contact(session, "Nee Dank"), declined=now)
        badges = name_badges(session, event).badges
        assert [(b.name, b.function, b.speaks) for b in badges] == [
            ("Ada Bakker", "Spreker", True),
            ("Bo Spreker", "Spreker", True),
        ]
        assert [one.name for one in presence_list(session, event)] == ["Ada Bakker"]


def test_the_porter_reads_nothing_that_is_not_for_the_porter(
    database: Database, scene: Lists, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        event = scene.event(
            session,
            questions=[
                {"key": "kenteken", "label": "Kenteken", "kind": "text"},
                {"key": "toegankelijkheid", "label": "Wat heeft u nodig?", "kind": "text"},
                {"key": "vraag", "label": "Uw vraag", "kind": "text"},
            ],
        )
        scene.person(
            session,
            event,
            "Ada Bakker",
            scene.organisation(session, "Gemeente Schiedam"),
            diet=SECRET,
            note=SECRET,
            replies={"kenteken": " ab-123-c ", "toegankelijkheid": SECRET, "vraag": SECRET},
        )
        found = visitor_list(session, event)
        assert [asdict(one) for one in found.visitors] == [
            {
                "name": "Ada Bakker",
                "organisation": "Gemeente Schiedam",
                "number_plate": "AB-123-C",
            }
        ]
        for name in (ListName.VISITORS, ListName.BADGES, ListName.PRESENCE, ListName.MATRIX):
            made = make_list(session, name, event, Circumstances(now, ZONE, signer))
            shown = json.dumps([made.data, asdict(made.sheet)], default=str)
            assert SECRET not in shown
            assert ("AB-123-C" in shown) == (name is ListName.VISITORS)


def test_without_the_question_there_is_no_column_for_a_plate(
    database: Database, scene: Lists
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        scene.person(session, event, "Ada Bakker", replies={"kenteken": "AB-123-C"})
        found = visitor_list(session, event)
        assert (found.asks_plate, found.visitors[0].number_plate) == (False, "")


def test_diets_are_counted_by_what_they_say(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(
            session,
            asks_diet=True,
            questions=[
                {"key": "toegankelijkheid", "label": "Wat heeft u nodig?", "kind": "choice"},
                {"key": "lunch", "label": "Eet u mee?", "kind": "yesno"},
                {"key": "kenteken", "label": "Kenteken", "kind": "text"},
            ],
        )
        for name, diet, replies in (
            ("Ada Bakker", "Vegetarisch", {"lunch": True, "kenteken": "AB-123-C"}),
            ("Bo van Aalst", " vegetarisch. ", {"lunch": True}),
            ("Cas de Wit", "VEGETARISCH", {"lunch": False, "toegankelijkheid": "rolstoel"}),
            ("Dido Zee", "Zonder  noten", {"toegankelijkheid": ["ringleiding", "rolstoel"]}),
            ("Eva Zee", "geen", {}),
            ("Fay Zee", "", {}),
        ):
            scene.person(session, event, name, diet=diet, replies=replies)
        scene.person(session, event, "Nee Zegger", None, S.DECLINED, diet="Vegetarisch")
        totals = need_totals(session, event)
        assert totals.coming == 6
        assert [
            (one.label, [(need.wording, need.count, need.names) for need in one.needs])
            for one in totals.questions
        ] == [
            ("Dieetwensen", [("Vegetarisch", 3, ()), ("Zonder noten", 1, ())]),
            (
                "Wat heeft u nodig?",
                [("Rolstoel", 2, ()), ("Ringleiding", 1, ())],
            ),
            ("Eet u mee?", [("Ja", 2, ())]),
        ]
        sheet = needs_as_sheet(totals, heading_of(event, now=now, zone=ZONE))
        assert "Bakker" not in str(sheet)
        named = need_totals(session, event, with_names=True)
        assert named.questions[0].needs[0].names == ("Bo van Aalst", "Ada Bakker", "Cas de Wit")


def test_an_event_that_asks_nothing_says_so(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        sheet = needs_as_sheet(need_totals(session, event), heading_of(event, now=now, zone=ZONE))
        assert sheet.sections == ()
        assert "niet gevraagd" in sheet.remarks[-1]


def test_the_matrix_has_every_municipality_and_who_said_what(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        towns = {
            name: scene.organisation(session, f"Gemeente {name}")
            for name in ("Zwijndrecht", "Schiedam", "Dordrecht", "Maassluis", "Ridderkerk")
        }
        gone = scene.organisation(
            session, "Gemeente Westvoorne", merged_into_id=towns["Dordrecht"].id
        )
        police = scene.organisation(session, "Politie-eenheid Rotterdam", "politie")
        scene.organisation(session, "Zonder Uitnodiging", "overig")
        mayor = scene.holder(session, towns["Dordrecht"], "burgemeester", "Noor Zee")
        (host,) = scene.office_invited(session, event, mayor, state=S.REPRESENTED)
        scene.brought(session, host, "Bo Bakker", "adviseur")
        scene.person(session, event, "Oud Lid", gone, S.DECLINED)
        scene.person(session, event, "Mis Schien", towns["Schiedam"], S.TENTATIVE)
        scene.person(session, event, "Stil Schiedam", towns["Schiedam"], S.INVITED)
        scene.person(session, event, "Stil Le", towns["Maassluis"], S.INVITED)
        scene.person(session, event, "Nee Zegger", towns["Ridderkerk"], S.DECLINED)
        taken_off = scene.person(session, event, "Er Af", towns["Zwijndrecht"], S.ACCEPTED)
        withdraw(session, taken_off, by="staf", now=now)
        scene.person(session, event, "Ada Agent", police)
        scene.person(session, event, "Los Vast")
        found = answer_matrix(session, event)
        assert [(one.organisation, one.standing) for one in found.municipalities] == [
            ("Gemeente Dordrecht", Standing.COMES),
            ("Gemeente Maassluis", Standing.SILENT),
            ("Gemeente Ridderkerk", Standing.NOT_COMING),
            ("Gemeente Schiedam", Standing.UNDECIDED),
            ("Gemeente Zwijndrecht", Standing.NOT_INVITED),
        ]
        dordrecht = found.municipalities[0]
        assert dordrecht.coming == ("Bo Bakker (adviseur)",)
        assert dordrecht.represented == ("Noor Zee (burgemeester, vertegenwoordigd)",)
        assert dordrecht.not_coming == ("Oud Lid",)
        assert found.municipalities[3].silent == ("Stil Schiedam",)
        assert [one.organisation for one in found.others] == [
            "Politie-eenheid Rotterdam",
            "Zonder organisatie",
        ]
        sheet = matrix_as_sheet(found, heading_of(event, now=now, zone=ZONE))
        assert sheet.remarks == (
            "Gemeenten die komen: 1 van 5.",
            "Gemeenten zonder antwoord: 1.",
        )


def test_rooms_and_badges_agree(database: Database, scene: Lists, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session)
        first = scene.workshop(session, event, "Ronde 1", "Ondermijning", "Zaal 2")
        second = scene.workshop(session, event, "Ronde 2", "Jeugd")
        empty = scene.workshop(session, event, "Ronde 2", "Leeg")
        ada = scene.person(session, event, "Ada Zee")
        bo = scene.person(session, event, "Bo van den Akker")
        left = scene.person(session, event, "Weg Gegaan", None, S.CANCELLED)
        for row, workshop in ((ada, first), (bo, first), (ada, second), (left, first)):
            scene.chooses(session, row, workshop)
        scene.chooses(session, bo, second, ChoiceState.WAITING)
        rooms = rooms_of(session, event)
        assert [
            (room.round, room.workshop, [one.name for one in room.expected]) for room in rooms
        ] == [
            ("Ronde 1", "Ondermijning", ["Bo van den Akker", "Ada Zee"]),
            ("Ronde 2", "Jeugd", ["Ada Zee"]),
            ("Ronde 2", empty.title, []),
        ]
        on_badges = {
            (badge.registration_id, part[0], part[1])
            for badge in name_badges(session, event).badges
            for part in badge.workshops
        }
        in_rooms = {
            (one.registration_id, room.round, room.workshop)
            for room in rooms
            for one in room.expected
        }
        assert on_badges == in_rooms
        assert len(in_rooms) == 3
        captions = [
            section.caption
            for section in rooms_as_sheet(
                rooms, heading_of(event, now=now, zone=ZONE), ZONE
            ).sections
        ]
        assert captions[0] == "Ronde 1, Ondermijning, Zaal 2, 2 plaatsen"


def test_a_caption_of_a_room_tells_hours_and_room_left(
    database: Database, scene: Lists, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        workshop = scene.workshop(session, event, "Ronde 1", "Ondermijning")
        workshop.capacity = 40
        workshop.round.starts_at = datetime(2025, 3, 24, 9, 30, tzinfo=UTC)
        workshop.round.ends_at = datetime(2025, 3, 24, 10, 30, tzinfo=UTC)
        session.flush()
        sheet = rooms_as_sheet(
            rooms_of(session, event), heading_of(event, now=now, zone=ZONE), ZONE
        )
        assert sheet.sections[0].caption == (
            "Ronde 1, 10.30 tot 11.30 uur, Ondermijning, 0 van 40 plaatsen"
        )


def test_a_list_says_what_when_and_where(database: Database, scene: Lists) -> None:
    with database.writing() as session:
        event = scene.event(
            session,
            place="Stadhuis",
            address="Plein 1, Schiedam",
            starts_at=datetime(2025, 3, 24, 8, 30, tzinfo=UTC),
            ends_at=datetime(2025, 3, 24, 11, 0, tzinfo=UTC),
            on_date=datetime(2025, 3, 24, tzinfo=UTC).date(),
        )
        summer = datetime(2025, 7, 1, 22, 30, tzinfo=UTC)
        heading = heading_of(event, now=summer, zone=ZONE)
        assert heading.when == "maandag 24 maart 2025, 9.30 tot 12 uur"
        assert heading.where == "Stadhuis, Plein 1, Schiedam"
        assert heading.printed == "2 juli 2025, 0.30 uur"
        undated = scene.event(session, on_date=None, starts_at=None, ends_at=None)
        assert heading_of(undated, now=summer, zone=ZONE).when == "datum volgt"


@pytest.mark.parametrize("name", list(ListName))
def test_a_list_takes_as_many_queries_for_thirty_guests_as_for_three(
    database: Database, scene: Lists, now: datetime, signer: Signer, name: ListName
) -> None:
    with database.writing() as session:
        few, many = scene.event(session), scene.event(session)
        for event, count in ((few, 3), (many, 30)):
            town = scene.organisation(session, "Gemeente Schiedam")
            workshop = scene.workshop(session, event, "Ronde 1", "Jeugd")
            for number in range(count):
                office = scene.holder(session, town, f"rol {number}", f"Persoon {number}")
                (row,) = scene.office_invited(session, event, office, state=S.ACCEPTED)
                scene.chooses(session, row, workshop)
        keys = (few.id, many.id)
    counts = [queries(database, key, name, now, signer) for key in keys]
    assert counts[0] == counts[1]


def queries(
    database: Database, event_id: int, name: ListName, now: datetime, signer: Signer
) -> int:
    said: list[str] = []
    with database.reading() as session:
        connection = session.connection()

        def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
            said.append(statement)

        event = session.get_one(Event, event_id)
        sqlalchemy_event.listen(connection, "before_cursor_execute", note)
        made = make_list(session, name, event, Circumstances(now, ZONE, signer))
        sqlalchemy_event.remove(connection, "before_cursor_execute", note)
        assert name is ListName.DIET or made.sheet.sections
    return len(said)


def test_nothing_of_it_writes(
    database: Database, scene: Lists, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        event_id = scene.event(session, day=now + timedelta(days=3)).id
    with database.reading() as session:
        event = session.get_one(Event, event_id)
        for name in ListName:
            make_list(session, name, event, Circumstances(now, ZONE, signer))
        assert not session.dirty
        assert not session.new
