"""Guests are forgotten when their event is over, and not while anything of theirs is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.people.books import book
from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach import pipeline
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, RowErrors
from var_outreach.people.list_checks import ask_list
from var_outreach.people.model import Contact, Function
from var_outreach.people.store import find_contact
from var_outreach.programme.model import Speaker
from var_outreach.programme.speaking import put_speaker
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration
from var_outreach.settings import Settings
from var_outreach.staff.imports import import_guests_file
from var_outreach.staff.lists import ListChoices
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

HEADER = ("Naam", "E-mail", "Organisatie", "Functie", "Dieet")
ROW = ("Gast Een", "gast@partner.example", "RIEC", "Analist", "geen vis")


@dataclass
class Place:
    """An installation with one event, sixty days ahead."""

    app: App
    scene: Scene
    clock: MovableClock
    folder: Path
    key: str = ""

    def bring(self, *rows: Sequence[str], **options: object) -> object:
        path = self.folder / "g.xlsx"
        path.write_bytes(book([HEADER, *(rows or [ROW])]))
        return import_guests_file(self.app, path, event_key=self.key, **options)  # type: ignore[arg-type]

    def event(self, **fields: object) -> int:
        with self.app.database.writing() as session:
            made = self.scene.event(session, **fields)
            self.key = made.key
            return made.id

    def is_kept(self) -> bool:
        with self.app.database.reading() as session:
            return find_contact(session, ROW[1]) is not None

    def days(self, count: int) -> int:
        self.clock.advance(timedelta(days=count))
        return pipeline.forget_guests(self.app)


@pytest.fixture
def place(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Place:
    settings = Settings(base_url="https://agenda.example", data_dir=tmp_path)
    made = Place(App(settings, database, clock, signer), Scene(clock.now()), clock, tmp_path)
    made.event(asks_diet=True)
    return made


def row_of(place: Place) -> Registration:
    with place.app.database.reading() as session:
        (row,) = session.query(Registration).all()
        session.expunge(row)
        return row


def test_what_the_list_says_stands_with_the_answer_and_goes_with_the_guest(place: Place) -> None:
    place.bring()
    row = row_of(place)
    assert (row.attendee_name, row.attendee_function, row.diet) == (
        "Gast Een",
        "Analist",
        "geen vis",
    )
    assert row.organisation_id is not None
    assert place.days(90) == 0, "thirty days after the event it is still the last day"
    assert place.days(1) == 1
    assert not place.is_kept()
    after = row_of(place)
    assert (after.attendee_name, after.attendee_function, after.diet) == ("", "", "")
    assert (after.state, after.organisation_id) == (row.state, row.organisation_id)
    assert place.days(1) == 0


def test_a_guest_who_is_invited_to_what_is_to_come_is_kept(place: Place) -> None:
    place.bring()
    with place.app.database.writing() as session:
        contact = find_contact(session, ROW[1])
        assert contact is not None
        later = place.scene.event(session, day=place.clock.now() + timedelta(days=100))
        invite(session, later, Invited(contact.id), uid_domain=DOMAIN, now=place.clock.now())
    assert place.days(95) == 0
    assert place.is_kept()
    assert place.days(36) == 1


def test_a_guest_who_speaks_at_what_is_to_come_is_kept(place: Place) -> None:
    place.bring()
    now = place.clock.now()
    with place.app.database.writing() as session:
        contact = find_contact(session, ROW[1])
        assert contact is not None
        later = place.scene.event(session, day=now + timedelta(days=100))
        session.add(
            Speaker(event_id=later.id, contact_id=contact.id, token=random_token(), title="Welkom",
                    asked_at=now)
        )  # fmt: skip
    assert place.days(95) == 0
    assert place.days(35) == 0, "thirty days after the event it is still the last day"
    assert place.is_kept()
    assert place.days(1) == 1


def test_who_is_made_a_speaker_stays_a_guest_until_then(place: Place) -> None:
    place.bring()
    plan = SpeakerPlan("Gast Een", ROW[1], "Welkom")
    with place.app.database.writing() as session:
        known = find_contact(session, ROW[1])
        assert known is not None
        known.guest_until_on = date(2025, 2, 1)
        later = place.scene.event(session, day=place.clock.now() + timedelta(days=100))
        sooner = place.scene.event(session, day=place.clock.now() + timedelta(days=10))
        for event in (later, sooner):
            put_speaker(session, event, plan, zone=ZoneInfo("Europe/Amsterdam"),
                        now=place.clock.now())  # fmt: skip
        assert known.guest_until_on == later.on_date
        known.guest_until_on = None
        put_speaker(session, later, plan, zone=ZoneInfo("Europe/Amsterdam"), now=place.clock.now())
        assert known.guest_until_on is None, "who is of the network stays so"


def test_a_guest_who_is_asked_to_check_a_list_is_kept(place: Place) -> None:
    place.bring()
    with place.app.database.writing() as session:
        contact = find_contact(session, ROW[1])
        assert contact is not None
        assert contact.organisation is not None
        until = place.clock.now().date() + timedelta(days=100)
        ask_list(session, contact.organisation, contact, until_on=until, now=place.clock.now())
    assert place.days(100) == 0
    assert place.days(1) == 1


def test_an_event_that_moved_takes_its_guests_along(place: Place) -> None:
    place.bring()
    with place.app.database.writing() as session:
        (event,) = session.query(Event).all()
        assert event.on_date is not None
        event.on_date += timedelta(days=50)
    assert place.days(100) == 0
    assert place.days(41) == 1


@pytest.mark.parametrize(("state", "gone"), [(EventState.POSTPONED, 0), (EventState.CANCELLED, 1)])
def test_guests_of_a_postponed_event_are_the_first_of_the_next(
    place: Place, state: EventState, gone: int
) -> None:
    place.bring()
    with place.app.database.writing() as session:
        (event,) = session.query(Event).all()
        event.on_date, event.starts_at, event.state = None, None, state
    assert place.days(100) == gone
    assert place.days(400) == 1 - gone, "but not for ever"


def test_an_office_that_is_invited_is_not_invited_again(place: Place) -> None:
    with place.app.database.writing() as session:
        (event,) = session.query(Event).all()
        office = place.scene.office(session)
        silent = place.scene.office(session, "wethouder")
        at_desk = place.scene.office(session, "adviseur")
        at_desk.secretariat = place.scene.contact(session)
        session.flush()
        for one, mailbox in ((office, office.holder_id), (at_desk, at_desk.secretariat_id)):
            assert mailbox is not None
            invite(session, event, Invited(mailbox, (one.id,)), uid_domain=DOMAIN,
                   now=place.clock.now())  # fmt: skip
        addresses = [one.holder.address for one in (office, silent, at_desk) if one.holder]
        desk = at_desk.secretariat.address
    place.bring(*(("X", str(one)) for one in (*addresses, desk)))
    with place.app.database.reading() as session:
        rows = session.query(Registration).order_by(Registration.id).all()
        offices = session.query(Function).order_by(Function.id).all()
        assert [row.function_id for row in rows] == [
            offices[0].id, offices[2].id, offices[1].id, None
        ], "only the clerk is there as a person"  # fmt: skip


def test_without_inviting_they_only_come_in(place: Place) -> None:
    place.bring(invite=False)
    with place.app.database.reading() as session:
        assert session.query(Registration).all() == []
        assert session.query(Contact).count() == 1


def test_nothing_comes_in_while_a_row_is_bad_unless_asked(place: Place) -> None:
    with pytest.raises(RowErrors, match="1 cell is wrong"):
        place.bring(ROW, ("Twee", "geen adres"))
    assert not place.is_kept()
    place.bring(ROW, ("Twee", "geen adres"), choices=ListChoices(good_rows=True))
    assert place.is_kept()


@pytest.mark.parametrize(
    "fields",
    [{"state": EventState.CANCELLED}, {"state": EventState.UNDATED, "on_date": None}],
)
def test_an_event_that_takes_no_guests_says_so(place: Place, fields: dict[str, object]) -> None:
    place.event(**fields)
    with pytest.raises(Conflict):
        place.bring()
    place.event()
    place.clock.advance(timedelta(days=70))
    with pytest.raises(Conflict, match="is over"):
        place.bring()
