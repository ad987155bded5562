"""One page that answers all dates of one kind."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.seeding.site import DOMAIN, NOW, Invited, make_event
from tests.web.conftest import Place
from tests.web.test_answering import registration
from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration, RegistrationState

S = RegistrationState
DAYS = {
    "reeks-een": date(2026, 2, 9),
    "reeks-twee": date(2026, 4, 13),
    "reeks-drie": date(2026, 6, 8),
}


@pytest.fixture
def numbers(site: Place) -> dict[str, int]:
    """Three more leerhuizen to which the mayor is invited; the registrations by the event's key."""
    with site.app.database.writing() as session:
        mayor = session.scalars(
            select(Contact).where(Contact.token == site.seeded.mayor_page)
        ).one()
        office = session.scalars(select(Function).where(Function.holder_id == mayor.id)).one()
        found = {}
        for key, day in DAYS.items():
            event = make_event(key, f"Leerhuis {key}", "leerhuis", day,
                               visibility=Visibility.NETWORK, capacity=10)  # fmt: skip
            session.add(event)
            session.flush()
            invitation = invite(session, event, Invited(mayor.id, (office.id,)),
                                uid_domain=DOMAIN, now=NOW)  # fmt: skip
            found[key] = invitation.registrations[0].id
    return found


def path(site: Place) -> str:
    return f"/mijn/{site.seeded.mayor_page}/reeks/leerhuis"


def states(site: Place, numbers: dict[str, int]) -> list[RegistrationState]:
    return [registration(site, number).state for number in numbers.values()]


def change(site: Place, key: str, **fields: object) -> None:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == key)).one()
        for name, value in fields.items():
            setattr(event, name, value)


def test_the_personal_page_leads_there_once_there_are_two(site: Place) -> None:
    assert "/reeks/" not in site.get(f"/mijn/{site.seeded.mayor_page}").text


def test_the_page_shows_every_open_date(site: Place, numbers: dict[str, int]) -> None:
    assert path(site) in site.get(f"/mijn/{site.seeded.mayor_page}").text
    page = site.get(path(site)).text
    for number in numbers.values():
        assert f'name="keuze-{number}" value="misschien"' in page
    assert "maandag 13 april 2026" in page
    assert page.count("<fieldset") == 4, "three, and the leerhuis of November"
    assert "Leerhuis Jaarplan" not in page, "they were taken off that one"
    assert states(site, numbers) == [S.INVITED] * 3, "opening it answers nothing"


def test_some_are_answered_and_the_others_wait(site: Place, numbers: dict[str, int]) -> None:
    one, two, _ = numbers.values()
    sent = site.send(path(site), **{f"keuze-{one}": "ja", f"keuze-{two}": "nee",
                                    "namens": "Saskia Secretaris"})  # fmt: skip
    assert sent.status_code == 303
    assert states(site, numbers) == [S.ACCEPTED, S.DECLINED, S.INVITED]
    assert registration(site, one).answered_by == "Saskia Secretaris"
    assert registration(site, one).answered_via == "page"
    assert site.woken == [True]
    page = site.get(sent.headers["location"]).text
    assert "Uw antwoorden zijn bewaard." in page
    assert f'name="keuze-{one}" value="ja" checked' in page
    assert f'name="keuze-{two}" value="nee" checked' in page


def test_what_stays_as_it_was_is_not_answered_again(site: Place, numbers: dict[str, int]) -> None:
    one, two, _ = numbers.values()
    site.send(path(site), **{f"keuze-{one}": "ja"})
    first = registration(site, one)
    site.send(path(site), **{f"keuze-{one}": "ja", f"keuze-{two}": "misschien"})
    again = registration(site, one)
    assert (again.version, again.answered_at) == (first.version, first.answered_at)
    assert states(site, numbers) == [S.ACCEPTED, S.TENTATIVE, S.INVITED]


def test_a_full_date_is_waited_for(site: Place, numbers: dict[str, int]) -> None:
    change(site, "reeks-een", capacity=0)
    assert "Vol: u komt op de wachtlijst." in site.get(path(site)).text
    site.send(path(site), **{f"keuze-{numbers['reeks-een']}": "ja"})
    assert states(site, numbers)[0] is S.WAITLISTED


def test_a_form_that_says_nothing_asks_for_one_date(site: Place, numbers: dict[str, int]) -> None:
    sent = site.send(path(site))
    assert sent.status_code == 422
    assert "Kies bij minstens een datum." in sent.text
    assert states(site, numbers) == [S.INVITED] * 3


def test_a_date_that_closed_meanwhile_is_named_and_keeps_none_of_the_others(
    site: Place, numbers: dict[str, int]
) -> None:
    one, two, three = numbers.values()
    change(site, "reeks-twee", answer_by_on=date(2025, 9, 1))
    change(site, "reeks-drie", state=EventState.CANCELLED)
    sent = site.send(path(site), **{f"keuze-{number}": "ja" for number in numbers.values()})
    assert sent.status_code == 422
    for number, day in ((two, "maandag 13 april 2026"), (three, "maandag 8 juni 2026")):
        assert f'href="#keuze-{number}"' in sent.text
        assert f'<p id="keuze-{number}"><strong>{day}' in sent.text
    assert f"keuze-{one}-fout" not in sent.text
    assert "Uw antwoorden zijn bewaard." in sent.text
    assert states(site, numbers) == [S.ACCEPTED, S.INVITED, S.INVITED]
    assert site.woken == [True]


def test_somebody_elses_date_is_not_answered(site: Place, numbers: dict[str, int]) -> None:
    with site.app.database.reading() as session:
        other = session.scalars(
            select(Registration.id).join(Contact, Contact.id == Registration.contact_id)
            .where(Contact.address == "bestuur@dordrecht.example")
        ).first()  # fmt: skip
    assert other is not None
    sent = site.send(path(site), **{f"keuze-{other}": "ja"})
    assert sent.status_code == 422
    assert registration(site, other).state is S.INVITED


def test_another_kind_leads_back_and_an_unknown_link_nowhere(
    site: Place, numbers: dict[str, int]
) -> None:
    own = f"/mijn/{site.seeded.mayor_page}"
    for kind in ("webinar", "bestaat-niet"):
        assert site.get(f"{own}/reeks/{kind}").headers["location"] == own
    assert site.get(f"/mijn/{'a' * 26}/reeks/leerhuis").status_code == 404


def test_the_form_needs_its_own_token(site: Place, numbers: dict[str, int]) -> None:
    sent = site.client.post(
        path(site), data={f"keuze-{numbers['reeks-een']}": "ja"},
        headers={"Origin": "http://testserver"},
    )  # fmt: skip
    assert sent.status_code == 422
    assert states(site, numbers)[0] is S.INVITED
