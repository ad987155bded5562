"""The workshops page: what it shows, what it takes, and who may see it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.seeding.site import NOW
from tests.web.conftest import Place
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.yaml_rounds import RoundPlan, WorkshopPlan
from var_outreach.clock import MovableClock
from var_outreach.programme.arranging import arrange, set_capacity
from var_outreach.programme.model import ChoiceState, Round, Workshop, WorkshopChoice
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Invitation, Registration, RegistrationState

ROUNDS = (
    RoundPlan(
        "een", "Ronde 1", time(10), time(10, 45),
        (
            WorkshopPlan("a", "Zorgmijders", "Over **drie** situaties.", "zaal 1", 1),
            WorkshopPlan("b", "Onrust", room="zaal 2"),
        ),
    ),
    RoundPlan("twee", "Ronde 2", time(11), time(11, 45), (WorkshopPlan("c", "Jeugd"),)),
)  # fmt: skip
ORIGIN = {"Origin": "http://testserver"}


class Table:
    """The mayor's invitation, to an event with rounds; and an office at the shared mailbox."""

    def __init__(self, site: Place, *, coming: bool = True) -> None:
        self.site = site
        self.token = site.seeded.mayor
        with site.app.database.writing() as session:
            event = session.scalars(select(Event).where(Event.key == "leerhuis-november")).one()
            event.capacity = None
            arrange(session, event, ROUNDS, zone=ZoneInfo("Europe/Amsterdam"), now=NOW)
            self.mine = self._accepted(session, site.seeded.mayor, coming)
            self.other = self._accepted(session, site.seeded.shared, True)
            self.workshops = {one.key: one.id for one in session.scalars(select(Workshop))}
            self.rounds = {one.key: one.id for one in session.scalars(select(Round))}

    @staticmethod
    def _accepted(session: Session, token: str, coming: bool) -> int:
        row = session.scalars(select(Invitation).where(Invitation.token == token)).one()
        first = row.registrations[0]
        if coming:
            record_answer(session, first, Answer(RegistrationState.ACCEPTED), via="page", now=NOW)
        return first.id

    @property
    def path(self) -> str:
        return f"/antwoord/{self.token}/workshops"

    def field(self, part: str, registration: int | None = None) -> str:
        return f"ronde-{registration or self.mine}-{self.rounds[part]}"

    def choices(self) -> dict[tuple[int, str], str]:
        with self.site.app.database.reading() as session:
            return {
                (one.registration_id, one.workshop.key): one.state.value
                for one in session.scalars(select(WorkshopChoice))
            }

    def fill(self, key: str) -> None:
        with self.site.app.database.writing() as session:
            session.add(
                WorkshopChoice(
                    registration_id=self.other,
                    round_id=self.rounds["een"],
                    workshop_id=self.workshops[key],
                    state=ChoiceState.CHOSEN,
                    since_at=NOW,
                )
            )


@pytest.fixture
def table(site: Place) -> Table:
    return Table(site)


def test_the_page_shows_rounds_rooms_hours_and_places(table: Table) -> None:
    page = table.site.get(table.path)
    assert page.status_code == 200
    for words in (
        "Ronde 1, 10 tot 10.45 uur",
        "Zorgmijders",
        "zaal 1",
        "Nog 1 plaats",
        "Er is plek",
    ):
        assert words in page.text
    assert "<strong>drie</strong>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "checked" not in page.text
    english = table.site.get(f"/en{table.path}").text
    assert "1 place left" in english
    assert "10:00 to 10:45" in english


def test_answer_and_thanks_pages_lead_to_it(table: Table) -> None:
    for page in ("", "/klaar"):
        assert f'href="{table.path}"' in table.site.get(f"/antwoord/{table.token}{page}").text


def test_choosing_shows_what_became_of_it_and_wakes_the_mail(table: Table) -> None:
    said = table.site.send(
        table.path, **{table.field("een"): str(table.workshops["a"]), table.field("twee"): "geen"}
    )
    assert said.status_code == 303
    assert table.choices() == {(table.mine, "a"): "chosen"}
    page = table.site.get(said.headers["location"]).text
    assert "Wij hebben uw keuze." in page
    assert "Hier bent u ingedeeld" in page
    assert table.site.woken == [True]


def test_a_full_workshop_is_waited_for_and_can_be_given_up(table: Table) -> None:
    table.fill("a")
    assert "Vol: ik wil op de wachtlijst" in table.site.get(table.path).text
    table.site.send(table.path, **{table.field("een"): str(table.workshops["b"])})
    table.site.send(table.path, **{table.field("een"): str(table.workshops["a"])})
    assert table.choices() == {
        (table.other, "a"): "chosen", (table.mine, "b"): "chosen", (table.mine, "a"): "waiting",
    }  # fmt: skip
    page = table.site.get(table.path).text
    assert "U staat op de wachtlijst van: Zorgmijders." in page
    assert "Tot er plek is, houdt u uw eigen workshop." in page
    table.site.send(table.path, **{table.field("een"): "geen"})
    assert table.choices() == {(table.other, "a"): "chosen"}


def test_sending_what_stands_there_already_changes_nothing(table: Table) -> None:
    table.site.send(table.path, **{table.field("een"): str(table.workshops["a"])})
    table.site.woken.clear()
    said = table.site.send(table.path, **{table.field("een"): str(table.workshops["a"])})
    assert said.status_code == 303
    assert table.site.woken == []


def test_get_changes_nothing(table: Table) -> None:
    table.site.get(f"{table.path}?{table.field('een')}={table.workshops['a']}")
    assert table.choices() == {}


def test_nothing_chosen_and_a_strange_workshop_are_told_on_the_page(table: Table) -> None:
    said = table.site.send(table.path)
    assert said.status_code == 422
    assert "Kies een workshop." in said.text
    for strange in ("99999", "x", str(table.workshops["c"])):
        said = table.site.send(table.path, **{table.field("een"): strange})
        assert said.status_code == 422
        assert "Deze workshop is er niet meer" in said.text
    assert table.choices() == {}


def test_nobody_chooses_for_another_mailbox(table: Table) -> None:
    said = table.site.send(
        table.path, **{table.field("een", table.other): str(table.workshops["b"])}
    )
    assert said.status_code == 422
    assert table.choices() == {}


def test_another_site_cannot_send_it(table: Table) -> None:
    said = table.site.client.post(
        table.path,
        data={table.field("een"): str(table.workshops["a"])},
        headers={"Origin": "https://elders.example"},
    )
    assert said.status_code == 403
    assert table.choices() == {}


def test_who_does_not_come_is_led_to_the_answer(site: Place) -> None:
    table = Table(site, coming=False)
    said = site.get(table.path)
    assert (said.status_code, said.headers["location"]) == (303, f"/antwoord/{table.token}")
    assert f'href="{table.path}"' not in site.get(f"/antwoord/{table.token}").text
    said = site.send(table.path, **{table.field("een"): str(table.workshops["a"])})
    assert table.choices() == {}


def test_an_event_that_is_off_or_has_no_rounds_has_no_such_page(table: Table) -> None:
    assert table.site.get(f"/antwoord/{table.site.seeded.late}/workshops").status_code == 303
    with table.site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "leerhuis-november")).one()
        event.state = EventState.CANCELLED
    assert table.site.get(table.path).status_code == 303
    assert table.site.get("/antwoord/zzzzzzzzzzzz/workshops").status_code == 404


def test_a_round_that_has_begun_is_shown_and_cannot_be_changed(table: Table) -> None:
    table.site.send(table.path, **{table.field("een"): str(table.workshops["b"])})
    table.site.app.clock = MovableClock(datetime(2025, 11, 17, 9, 1, tzinfo=UTC))
    page = table.site.get(table.path).text
    assert "Deze ronde is begonnen." in page
    table.site.send(
        table.path,
        **{table.field("een"): str(table.workshops["a"]), table.field("twee"): "geen"},
    )
    assert table.choices() == {(table.mine, "b"): "chosen"}


def test_three_offices_choose_each_for_themselves(table: Table) -> None:
    with table.site.app.database.writing() as session:
        row = session.scalars(
            select(Invitation).where(Invitation.token == table.site.seeded.shared)
        ).one()
        second = row.registrations[1]
        record_answer(
            session, second, Answer(RegistrationState.ACCEPTED, "Ria Voorbeeld"), via="page",
            now=NOW,
        )  # fmt: skip
        second_id = second.id
        event = session.get_one(Event, row.event_id)
        set_capacity(session, event, "een/a", 2, now=NOW)
    table.token = table.site.seeded.shared
    page = table.site.get(table.path).text
    assert "Ria Voorbeeld" in page
    table.site.send(
        table.path,
        **{
            table.field("een", table.other): str(table.workshops["a"]),
            table.field("een", second_id): str(table.workshops["b"]),
        },
    )
    assert table.choices() == {(table.other, "a"): "chosen", (second_id, "b"): "chosen"}
    with table.site.app.database.reading() as session:
        assert session.get_one(Registration, second_id).attendee_name == "Ria Voorbeeld"
