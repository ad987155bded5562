"""Forwarded invitations and the links of an organisation: who comes in, who asks, who is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.web.conftest import Place
from var_outreach.agenda.model import Event, EventState
from var_outreach.people.model import Contact, Organisation
from var_outreach.registrations.group_links import close_group_link, make_group_link
from var_outreach.registrations.model import GroupLink, Registration, RegistrationState

S = RegistrationState
KEY = "leerhuis-november"


def ask(site: Place, address: str, *, name: str = "Lot Later", token: str = "") -> str:
    """Fill in the page for somebody else; return where that leads."""
    path = f"/antwoord/{token or site.seeded.mayor}/ook-komen"
    sent = site.send(path, naam=name, functie="adviseur", adres=address)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].rpartition("=")[2]


def at(site: Place, address: str) -> list[Registration]:
    with site.app.database.reading() as session:
        rows = session.scalars(
            select(Registration)
            .join(Contact, Contact.id == Registration.contact_id)
            .join(Event, Event.id == Registration.event_id)
            .where(Contact.address == address, Event.key == KEY)
            .order_by(Registration.id)
        ).all()
        session.expunge_all()
        return list(rows)


def link(site: Place, places: int = 2) -> str:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == KEY)).one()
        town = session.scalars(select(Organisation).where(Organisation.kind == "gemeente")).one()
        made = make_group_link(
            session, event, town, places=places, meant_for="raadsleden", by="staf",
            now=site.app.clock.now(),
        )  # fmt: skip
        return made.token


def test_a_colleague_of_the_same_organisation_joins(site: Place) -> None:
    page = site.get(f"/antwoord/{site.seeded.mayor}").text
    assert f"/antwoord/{site.seeded.mayor}/ook-komen" in page
    assert ask(site, "lot@dordrecht.example") == "plek"
    (row,) = at(site, "lot@dordrecht.example")
    assert (row.state, row.attendee_function, row.answered_via) == (S.ACCEPTED, "adviseur", "link")
    assert row.brought_by_id is not None
    assert row.version == 1
    assert (
        "Uw aanmelding is binnen"
        in site.get(f"/antwoord/{site.seeded.mayor}/ook-komen?ontvangen=plek").text
    )
    assert "Lot Later" in site.get(f"/antwoord/{site.seeded.mayor}").text


def test_beyond_the_maximum_one_asks(site: Place) -> None:
    with site.app.database.writing() as session:
        session.scalars(select(Event).where(Event.key == KEY)).one().max_per_organisation = 1
    assert ask(site, "lot@dordrecht.example") == "plek"
    assert ask(site, "mia@dordrecht.example") == "vraag"
    assert at(site, "mia@dordrecht.example")[0].state is S.REQUESTED


@pytest.mark.parametrize("address", ["lot@elders.example", "lot@gmail.com"])
def test_anybody_else_asks_and_takes_no_place(site: Place, address: str) -> None:
    assert ask(site, address) == "vraag"
    (row,) = at(site, address)
    assert (row.state, row.version) == (S.REQUESTED, 0)
    page = site.get(f"/antwoord/{site.seeded.mayor}/ook-komen?ontvangen=vraag").text
    assert "U hebt nu nog geen plek." in page
    with site.app.database.reading() as session:
        own = session.get_one(Registration, row.id).invitation
        token, contact = own.token, own.contact.token
    # Nobody but staff hears that this address was given: it may be somebody else's.
    assert site.get(f"/antwoord/{token}").status_code == 404
    assert "Leerhuis Ondermijning" not in site.get(f"/mijn/{contact}").text


def test_the_office_itself_is_told_that_it_can_answer(site: Place) -> None:
    assert ask(site, "MV@dordrecht.example") == "kantoor"
    page = site.get(f"/antwoord/{site.seeded.mayor}/ook-komen?ontvangen=kantoor").text
    assert "Burgemeester, Gemeente Dordrecht" in page
    assert at(site, "mv@dordrecht.example")[0].state is S.INVITED


def test_who_has_an_answer_keeps_it_and_the_page_does_not_tell(site: Place) -> None:
    # A mailbox of three offices: their answers are left alone, the newcomer stands beside them.
    for _ in range(2):
        assert ask(site, "bestuur@dordrecht.example") == "plek"
    rows = at(site, "bestuur@dordrecht.example")
    assert [row.state for row in rows] == [S.INVITED, S.INVITED, S.INVITED, S.ACCEPTED]
    assert ask(site, "mv@dordrecht.example", token=site.seeded.shared) == "plek"
    assert [row.state for row in at(site, "mv@dordrecht.example")] == [S.INVITED]
    for _ in range(2):
        assert ask(site, "lot@elders.example") == "vraag"
    assert len(at(site, "lot@elders.example")) == 1


def test_an_address_is_not_mailed_again_and_again(site: Place) -> None:
    places = {ask(site, "lot@elders.example") for _ in range(6)}
    assert places == {"vraag"}


def test_the_form_is_checked_and_must_be_ours(site: Place) -> None:
    path = f"/antwoord/{site.seeded.mayor}/ook-komen"
    sent = site.send(path, naam="", adres="geen adres")
    assert sent.status_code == 422
    for words in ("Vul uw naam in.", "Vul een e-mailadres in"):
        assert words in sent.text
    bare = site.client.post(path, data={"naam": "A", "adres": "a@b.example"})
    assert bare.status_code == 422
    other = site.client.post(path, data={}, headers={"Origin": "https://kwaad.example"})
    assert other.status_code == 403


def test_an_event_that_is_off_or_over_takes_nobody(site: Place) -> None:
    for token in (site.seeded.off, site.seeded.past, site.seeded.late):
        for answer in (
            site.get(f"/antwoord/{token}/ook-komen"),
            site.client.post(f"/antwoord/{token}/ook-komen", data={}),
        ):
            assert answer.headers["location"] == f"/antwoord/{token}"
    assert site.get(f"/antwoord/{'a' * 26}/ook-komen").status_code == 404


def test_a_group_comes_in_up_to_its_own_maximum(site: Place) -> None:
    token = link(site, places=3)
    page = site.get(f"/groep/{token}").text
    assert "raadsleden, Gemeente Dordrecht" in page
    assert "Er zijn nog 3 plaatsen" in page
    ends = [
        site.send(f"/groep/{token}", naam=name, adres=f"{name}@raad.example", dieet="Geen noten")
        .headers["location"].rpartition("=")[2]
        for name in ("roos", "sam", "roos", "tom")
    ]  # fmt: skip
    assert ends == ["plek", "plek", "wachtlijst", "wachtlijst"]
    (roos,) = at(site, "roos@raad.example")
    assert (roos.state, roos.diet, roos.brought_by_id) == (S.ACCEPTED, "Geen noten", None)
    assert roos.organisation_id is not None
    assert at(site, "tom@raad.example")[0].state is S.WAITLISTED
    page = site.get(f"/groep/{token}").text
    assert "Deze link is vol." in page
    assert "<form" not in page
    full = site.client.post(f"/groep/{token}", data={"naam": "Vic", "adres": "vic@raad.example"})
    assert full.status_code == 409
    assert at(site, "vic@raad.example") == []


def test_a_closed_link_or_an_event_that_is_off_lets_nobody_in(site: Place) -> None:
    token = link(site)
    with site.app.database.writing() as session:
        found = session.scalars(select(GroupLink).where(GroupLink.token == token)).one()
        close_group_link(session, found, now=site.app.clock.now())
    assert "Deze link is gesloten." in site.get(f"/groep/{token}").text
    other = link(site)
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == KEY)).one()
        event.state = EventState.CANCELLED
    assert "Gaat niet door" in site.get(f"/groep/{other}").text
    assert site.client.post(f"/groep/{other}", data={}).status_code == 409
    assert site.get(f"/groep/{'b' * 26}").status_code == 404
    assert site.get(f"/groep/{other}").headers["cache-control"] == "no-store"
