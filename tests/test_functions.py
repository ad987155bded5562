"""Offices end and pass on, on both databases: what follows for the events ahead, and what not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, InputError, NotFound, RowErrors
from var_outreach.people.model import Contact, Function, Organisation, SuppressionReason
from var_outreach.people.offices import Successor, Which
from var_outreach.people.suppression import suppress
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.settings import Settings
from var_outreach.staff.functions import (
    OfficeReport,
    end_functions,
    succeed_from_file,
    succeed_functions,
)
from var_outreach.staff.office_mails import AT_ONCE, SUPPRESSED, WITH_THE_INVITATION
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

ACCEPTED, CANCELLED, INVITED, WAITLISTED = (
    RegistrationState.ACCEPTED,
    RegistrationState.CANCELLED,
    RegistrationState.INVITED,
    RegistrationState.WAITLISTED,
)
BY = "kernteam A"


@dataclass
class Town:
    """A mayor with a mailbox, an alderman behind a desk, and events before and after 1 March."""

    app: App
    scene: Scene
    mayor: int
    alderman: int
    events: dict[str, int]

    def state(self, event: str, function_id: int) -> RegistrationState | None:
        with self.app.database.reading() as session:
            return session.scalar(
                select(Registration.state).where(
                    Registration.event_id == self.events[event],
                    Registration.function_id == function_id,
                )
            )

    def end(self, *ids: int, on: date = date(2025, 3, 1), dry_run: bool = False) -> OfficeReport:
        return end_functions(self.app, Which(ids=ids), on=on, by=BY, dry_run=dry_run)

    def succeed(self, function_id: int, name: str = "Iris Opvolger") -> OfficeReport:
        address = f"{name.split()[0].lower()}@gemeente.example"
        return succeed_functions(self.app, [Successor(function_id, name, address)], by=BY)

    def function(self, function_id: int) -> Function:
        with self.app.database.reading() as session:
            found = session.get_one(Function, function_id)
            session.expunge(found)
            return found


@pytest.fixture
def town(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Town:
    settings = Settings(base_url="https://agenda.var.example", data_dir=tmp_path)
    app = App(settings=settings, database=database, clock=clock, signer=signer)
    now = clock.now()
    scene = Scene(now)
    with database.writing() as session:
        home = Organisation(key="gemeente-schiedam", name="Gemeente Schiedam", kind="gemeente")
        session.add(home)
        session.flush()
        desk, mayor = (
            scene.contact(session, "Bestuurssecretariaat"),
            scene.contact(session, "A Oud"),
        )
        offices = [
            Function(organisation=home, role="burgemeester", holder=mayor),
            Function(organisation=home, role="wethouder", portfolio="zorg", secretariat=desk),
        ]
        session.add_all(offices)
        session.flush()
        days = {"before": 40, "first": 54, "later": 90}
        events = {
            name: scene.event(session, day=now + timedelta(days=days_), capacity=1)
            for name, days_ in days.items()
        }
        for event in events.values():
            for contact, office in ((mayor, offices[0]), (desk, offices[1])):
                one = invite(
                    session, event, Invited(contact.id, (office.id,)), uid_domain=DOMAIN, now=now
                )
                one.revision_sent = 0
        session.flush()
        ids = {name: event.id for name, event in events.items()}
        return Town(app, scene, offices[0].id, offices[1].id, ids)


def test_an_end_touches_only_what_comes_after_it(town: Town) -> None:
    report = town.end(town.mayor)
    assert town.function(town.mayor).until_on == date(2025, 2, 28)
    assert [line.on_date for line in report.events] == [date(2025, 3, 1), date(2025, 4, 6)]
    states = [town.state(name, town.mayor) for name in ("before", "first", "later")]
    assert states == [INVITED, CANCELLED, CANCELLED]
    assert town.state("later", town.alderman) is INVITED
    (mail,) = report.events[0].mails
    assert (mail.kind, mail.calendar, mail.goes) == ("withdrawal", "CANCEL", AT_ONCE)


def test_the_place_of_who_goes_is_for_who_waits(town: Town) -> None:
    with town.app.database.writing() as session:
        for office in (town.mayor, town.alderman):
            row = session.scalars(
                select(Registration).where(
                    Registration.event_id == town.events["first"],
                    Registration.function_id == office,
                )
            ).one()
            answer = Answer(ACCEPTED, "Wie Komt")
            record_answer(session, row, answer, via="page", now=town.app.clock.now())
    assert town.state("first", town.alderman) is WAITLISTED
    report = town.end(town.mayor)
    assert town.state("first", town.alderman) is ACCEPTED
    assert "accepted" in report.events[0].taken_off[0]


def test_ending_again_changes_nothing_and_an_earlier_end_stays(town: Town) -> None:
    town.end(town.mayor)
    again = town.end(town.mayor)
    assert (again.ended, again.events) == ([], [])
    assert [line.id for line in again.ended_before] == [town.mayor]
    later = town.end(town.mayor, on=date(2025, 5, 1))
    assert later.ended == []
    assert town.function(town.mayor).until_on == date(2025, 2, 28)


def test_a_successor_named_later_is_invited_where_the_last_was(town: Town) -> None:
    town.end(town.mayor)
    report = town.succeed(town.mayor)
    (begun,) = report.begun
    assert (begun.from_on, begun.holder) == (date(2025, 3, 1), "Iris Opvolger")
    states = [town.state(name, begun.id) for name in ("before", "first", "later")]
    assert states == [None, INVITED, INVITED]
    assert [line.mails[0].goes for line in report.events] == [WITH_THE_INVITATION] * 2
    with town.app.database.reading() as session:
        holder = session.scalars(select(Contact).where(Contact.name == "Iris Opvolger")).one()
        assert (holder.legal_basis, holder.source) == ("public_task", f"opgave van {BY}")
    assert town.succeed(town.mayor).events == [], "naming them again does nothing"


def test_the_secretariat_is_carried_over(town: Town) -> None:
    town.end(town.alderman)
    begun = town.succeed(town.alderman, "Saar Zorgzaam").begun[0]
    assert town.function(begun.id).secretariat_id == town.function(town.alderman).secretariat_id
    with town.app.database.reading() as session:
        rows = session.scalars(
            select(Registration)
            .where(Registration.event_id == town.events["first"])
            .where(Registration.function_id.in_((town.alderman, begun.id)))
        ).all()
        assert len({row.invitation_id for row in rows}) == 1, "one mailbox, one entry"
        new = next(row for row in rows if row.function_id == begun.id)
        assert new.attendee_name == "Saar Zorgzaam"
        assert new.version == new.notified_version == 1, "the withdrawal tells of it"


def test_whom_staff_took_off_is_not_succeeded(town: Town) -> None:
    with town.app.database.writing() as session:
        row = session.scalars(
            select(Registration).where(
                Registration.event_id == town.events["later"],
                Registration.function_id == town.mayor,
            )
        ).one()
        withdraw(session, row, by="staf", now=town.app.clock.now())
    town.end(town.mayor)
    new = town.succeed(town.mayor).begun[0].id
    assert town.state("first", new) is INVITED
    assert town.state("later", new) is None


def test_events_that_are_off_or_have_been_stay_as_they_are(town: Town) -> None:
    with town.app.database.writing() as session:
        session.get_one(Event, town.events["first"]).state = EventState.CANCELLED
        gone = session.get_one(Event, town.events["later"])
        gone.on_date, gone.state = date(2025, 3, 20), EventState.HELD
    assert town.end(town.mayor).events == []
    assert town.state("first", town.mayor) is INVITED
    assert town.state("later", town.mayor) is INVITED


def test_a_dry_run_keeps_nothing(town: Town) -> None:
    tried = town.end(town.mayor, dry_run=True)
    assert town.function(town.mayor).until_on is None
    assert town.state("first", town.mayor) is INVITED
    assert tried == town.end(town.mayor)


def test_a_closed_mailbox_is_said_to_be_called(town: Town) -> None:
    with town.app.database.writing() as session:
        suppress(
            session, "iris@gemeente.example", SuppressionReason.HARD_BOUNCE, evidence=None,
            now=town.app.clock.now(), signer=town.app.signer,
        )  # fmt: skip
    town.end(town.mayor)
    report = town.succeed(town.mayor)
    assert {mail.goes for line in report.events for mail in line.mails} == {SUPPRESSED}


def test_what_cannot_be_is_refused_and_changes_nothing(town: Town) -> None:
    with pytest.raises(InputError, match="every function"):
        end_functions(town.app, Which(), on=date(2025, 3, 1), by=BY)
    with pytest.raises(NotFound, match="no organisation"):
        end_functions(town.app, Which(organisations=("x",)), on=date(2025, 3, 1), by=BY)
    with pytest.raises(NotFound, match="no function 999"):
        town.end(999)
    with pytest.raises(InputError, match="nobody holds"):
        end_functions(town.app, Which(roles=("dijkgraaf",)), on=date(2025, 3, 1), by=BY)
    begun = town.succeed(town.mayor).begun[0].id
    with pytest.raises(Conflict, match="begins on"):
        town.end(begun, on=date(2024, 1, 1))
    again = Successor(begun, "Iris Opvolger", "iris@gemeente.example", date(2025, 6, 1))
    with pytest.raises(Conflict, match="holds the function already"):
        succeed_functions(town.app, [again], by=BY)
    with pytest.raises(Conflict, match="somebody follows already"):
        town.succeed(town.mayor, "Nog Iemand")
    with town.app.database.writing() as session:
        suppress(
            session, "weg@gemeente.example", SuppressionReason.ERASURE, evidence=None,
            now=town.app.clock.now(), signer=town.app.signer,
        )  # fmt: skip
    with pytest.raises(Conflict, match="asked to be erased"):
        town.succeed(town.alderman, "Weg Gewist")
    assert town.function(town.alderman).until_on is None


def test_a_guest_who_takes_office_is_kept(town: Town) -> None:
    with town.app.database.writing() as session:
        guest = town.scene.contact(session, "Iris Opvolger")
        guest.address, guest.guest_until_on = "iris@gemeente.example", date(2025, 2, 1)
    town.end(town.mayor)
    town.succeed(town.mayor, "Iris Andersgeheten")
    with town.app.database.reading() as session:
        found = session.scalars(select(Contact).where(Contact.address == guest.address)).one()
        assert (found.guest_until_on, found.name) == (None, "Iris Opvolger")


def test_a_file_names_offices_by_id_or_by_name(town: Town, tmp_path: Path) -> None:
    town.end(town.mayor)
    path = tmp_path / "opvolgers.csv"
    path.write_text(
        "organisatie;functie;portefeuille;naam;e-mailadres;vanaf;opmerking\n"
        "Gemeente Schiedam;Burgemeester;;Iris Opvolger;iris@gemeente.example;;\n"
        "gemeente-schiedam;wethouder;zorg;Saar Zorgzaam;saar@gemeente.example;1-4-2025;let op\n",
        "utf-8",
    )
    report = succeed_from_file(town.app, path, by=BY)
    assert [(line.holder, line.from_on) for line in report.begun] == [
        ("Iris Opvolger", date(2025, 3, 1)),
        ("Saar Zorgzaam", date(2025, 4, 1)),
    ]
    assert town.function(town.alderman).until_on == date(2025, 3, 31)


def test_one_wrong_row_stops_the_whole_file(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "opvolgers.csv"
    rows = {
        f"{town.mayor};;Iris;iris@gemeente.example": "",
        "999;;Saar;saar@gemeente.example": "no function 999",
        f"{town.alderman};;;saar@gemeente.example": "no name",
        f"{town.alderman};;Saar;geen adres": "geen adres",
        f"{town.alderman};31-2-2025;Saar;saar@gemeente.example": "not a date",
        f"{town.mayor};;Nog Iemand;nog@gemeente.example": "twice",
        ";;Saar;saar@gemeente.example": "which function",
    }
    path.write_text("id;vanaf;naam;adres\n" + "\n".join(rows) + "\n", "utf-8")
    with pytest.raises(RowErrors) as caught:
        succeed_from_file(town.app, path, by=BY)
    said = [str(row) for row in caught.value.rows]
    assert len(said) == 6
    for words, line in zip([one for one in rows.values() if one], said, strict=True):
        assert words in line
    assert "row 3" in said[0]
    assert town.function(town.mayor).until_on is None
