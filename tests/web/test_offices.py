"""The answer page for an office: somebody else comes, colleagues come along, who fills it in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.seeding.site import Invited, add_contact
from tests.web.conftest import Place
from tests.web.test_answering import ids, registration
from var_outreach.agenda.model import Event
from var_outreach.people.store import find_contact
from var_outreach.registrations.invitees import invite, withdraw
from var_outreach.registrations.model import Invitation, Registration, RegistrationState

S = RegistrationState


def everybody(site: Place) -> dict[str, Registration]:
    with site.app.database.reading() as session:
        rows = session.scalars(select(Registration).join(Event).where(Event.key == NOVEMBER))
        found = {row.attendee_name: row for row in rows}
        session.expunge_all()
        return found


NOVEMBER = "leerhuis-november"


def change_event(site: Place, **fields: object) -> None:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == NOVEMBER)).one()
        for name, value in fields.items():
            setattr(event, name, value)


def token_of(site: Place, address: str) -> str:
    with site.app.database.reading() as session:
        contact = find_contact(session, address)
        assert contact is not None
        return session.scalars(
            select(Invitation.token).where(Invitation.contact_id == contact.id)
        ).one()


def sends_alderman(site: Place, number: int, **more: str) -> dict[str, str]:
    return {
        f"keuze-{number}": "ander",
        f"ander-{number}-naam": "Els Plaatsvervanger",
        f"ander-{number}-functie": "wethouder",
        f"ander-{number}-adres": "els@dordrecht.example",
        f"collega-{number}-1-naam": "Anna Adviseur",
        f"collega-{number}-1-adres": "anna@dordrecht.example",
        "namens": "Saskia Secretaris",
        **more,
    }


def test_somebody_else_comes_with_a_colleague(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    page = site.get(f"/antwoord/{token}").text
    for words in ("Er komt iemand anders", "Collega's komen mee", "Mijn naam is:"):
        assert words in page
    sent = site.send(f"/antwoord/{token}", **sends_alderman(site, number))
    assert sent.status_code == 303
    people = everybody(site)
    assert people["Marit Voorbeeld"].state is S.REPRESENTED
    assert people["Els Plaatsvervanger"].state is S.ACCEPTED
    assert people["Els Plaatsvervanger"].attendee_function == "wethouder"
    assert people["Marit Voorbeeld"].answered_by == "Saskia Secretaris"
    done = site.get(f"/antwoord/{token}/klaar").text
    assert "Els Plaatsvervanger komt in uw plaats" in done
    assert "Anna Adviseur" in done
    again = site.get(f"/antwoord/{token}").text
    for words in ('value="ander" checked', 'value="Els Plaatsvervanger"', 'value="Anna Adviseur"',
                  'value="Saskia Secretaris"'):  # fmt: skip
        assert words in again


def test_a_colleague_is_dropped_by_an_emptied_name(site: Place) -> None:
    token = site.seeded.mayor
    (number,) = ids(site, token)
    site.send(f"/antwoord/{token}", **sends_alderman(site, number))
    anna = everybody(site)["Anna Adviseur"]
    sent = site.send(
        f"/antwoord/{token}",
        **sends_alderman(
            site,
            number,
            **{f"collega-{number}-1-was": str(anna.id), f"collega-{number}-1-naam": ""},
        ),
    )
    assert sent.status_code == 303
    assert everybody(site)["Anna Adviseur"].state is S.CANCELLED
    own = site.get(f"/antwoord/{token_of(site, 'anna@dordrecht.example')}").text
    assert "afgemeld door Burgemeester, Gemeente Dordrecht" in own
    assert "<form" not in own


def test_who_was_named_has_a_page_and_may_decline(site: Place) -> None:
    (number,) = ids(site, site.seeded.mayor)
    site.send(f"/antwoord/{site.seeded.mayor}", **sends_alderman(site, number))
    token = token_of(site, "els@dordrecht.example")
    page = site.get(f"/antwoord/{token}").text
    assert "Els Plaatsvervanger is aangemeld door Burgemeester, Gemeente Dordrecht." in page
    assert "Er komt iemand anders" not in page
    els = everybody(site)["Els Plaatsvervanger"]
    site.send(f"/antwoord/{token}", **{f"keuze-{els.id}": "nee"})
    people = everybody(site)
    assert people["Els Plaatsvervanger"].state is S.CANCELLED
    assert people["Marit Voorbeeld"].state is S.INVITED


def test_offices_at_one_mailbox_each_send_somebody(site: Place) -> None:
    change_event(site, capacity=20)
    token = site.seeded.shared
    first, second, third = ids(site, token)
    sent = site.send(
        f"/antwoord/{token}",
        **{
            f"keuze-{first}": "ander",
            f"ander-{first}-naam": "Iris Invaller",
            f"keuze-{second}": "ja",
            f"naam-{second}": "Wim Wethouder",
            f"collega-{second}-1-naam": "Carla Collega",
            f"keuze-{third}": "nee",
        },
    )
    assert sent.status_code == 303
    states = [registration(site, number).state for number in (first, second, third)]
    assert states == [S.REPRESENTED, S.ACCEPTED, S.DECLINED]
    done = site.get(f"/antwoord/{token}/klaar").text
    assert "Iris Invaller" in done
    assert "Carla Collega" in done
    # Without addresses of their own they stand on this page's invitation, and get no question.
    assert site.get(f"/antwoord/{token}").text.count('type="radio"') == 12


def test_too_many_colleagues_is_said_and_keeps_the_input(site: Place) -> None:
    change_event(site, max_per_organisation=2)
    (number,) = ids(site, site.seeded.mayor)
    page = site.get(f"/antwoord/{site.seeded.mayor}").text
    assert "Uit uw organisatie kunnen 2 mensen komen. Nog vrij: 1." in page
    sent = site.send(
        f"/antwoord/{site.seeded.mayor}",
        **sends_alderman(site, number, **{f"collega-{number}-2-naam": "Bert Beleid"}),
    )
    assert sent.status_code == 422
    assert sent.text.count("Nog vrij voor uw organisatie: 1. Noem minder collega&#39;s.") == 2
    assert 'value="Bert Beleid"' in sent.text
    assert f'id="collega-{number}-1-naam"' in sent.text
    assert everybody(site)["Marit Voorbeeld"].state is S.INVITED
    assert site.woken == []


def test_a_name_is_needed_of_who_comes_instead_or_along(site: Place) -> None:
    (number,) = ids(site, site.seeded.mayor)
    sent = site.send(
        f"/antwoord/{site.seeded.mayor}",
        **{
            f"keuze-{number}": "ander",
            f"collega-{number}-2-adres": "geen adres",
        },
    )
    assert sent.status_code == 422
    for field in ("ander-%s-naam", "collega-%s-2-naam", "collega-%s-2-adres"):
        assert f'href="#{field % number}"' in sent.text
        assert f'id="{field % number}"' in sent.text


def test_whom_staff_took_off_is_not_named_again(site: Place) -> None:
    (number,) = ids(site, site.seeded.mayor)
    site.send(f"/antwoord/{site.seeded.mayor}", **sends_alderman(site, number))
    with site.app.database.writing() as session:
        anna = session.scalars(
            select(Registration).where(Registration.attendee_name == "Anna Adviseur")
        ).one()
        withdraw(session, anna, by="staf", now=site.app.clock.now())
    sent = site.send(f"/antwoord/{site.seeded.mayor}", **sends_alderman(site, number))
    assert sent.status_code == 422
    assert "Wij kunnen Anna Adviseur niet aanmelden." in sent.text


def test_after_the_deadline_who_was_named_can_leave_through_the_office(site: Place) -> None:
    (number,) = ids(site, site.seeded.mayor)
    site.send(
        f"/antwoord/{site.seeded.mayor}",
        **{
            f"keuze-{number}": "ja",
            f"naam-{number}": "Marit Voorbeeld",
            f"collega-{number}-1-naam": "Bert Beleid",
        },
    )
    site.app.clock.advance(timedelta(days=50))  # type: ignore[attr-defined]
    bert = everybody(site)["Bert Beleid"].id
    page = site.get(f"/antwoord/{site.seeded.mayor}").text
    assert "Bert Beleid" in page
    sent = site.send(
        f"/antwoord/{site.seeded.mayor}", **{f"keuze-{number}": "nee", f"keuze-{bert}": "nee"}
    )
    assert sent.status_code == 303
    people = everybody(site)
    assert {people[name].state for name in ("Marit Voorbeeld", "Bert Beleid")} == {S.CANCELLED}


def brings(number: int, *people: int) -> dict[str, str]:
    """Return a form on which the mayor comes with these people, each at a mailbox of their own."""
    fields = {f"keuze-{number}": "ja", f"naam-{number}": "Marit Voorbeeld"}
    for row, one in enumerate(people, 1):
        fields[f"collega-{number}-{row}-naam"] = f"Collega {one}"
        fields[f"collega-{number}-{row}-adres"] = f"c{one}@d{one}.example"
    return fields


def test_one_address_is_not_bombed_by_naming_and_dropping(site: Place) -> None:
    path = f"/antwoord/{site.seeded.mayor}"
    (number,) = ids(site, site.seeded.mayor)
    codes = []
    for turn in range(4):
        fields = brings(number, 1)
        if turn % 2:
            fields[f"collega-{number}-1-was"] = str(everybody(site)["Collega 1"].id)
            fields[f"collega-{number}-1-naam"] = ""
        codes.append(site.send(path, **fields).status_code)
        with site.app.database.writing() as session:  # as if each time the mail left
            for row in session.scalars(select(Registration)):
                row.notified_version = row.version
    assert codes == [303, 303, 303, 429]
    assert everybody(site)["Collega 1"].state is S.ACCEPTED, "the fourth changed nothing"
    again = site.send(path, **brings(number, 1))
    assert again.status_code == 303, "nobody is mailed of it"
    site.app.clock.advance(timedelta(hours=25))  # type: ignore[attr-defined]
    assert site.send(path, **{f"keuze-{number}": "nee"}).status_code == 303


def test_who_names_many_from_one_place_must_wait(site: Place) -> None:
    change_event(site, capacity=200)
    for one in ids(site, site.seeded.shared)[:2]:
        people = range(one * 100, one * 100 + 15)
        sent = site.send(f"/antwoord/{site.seeded.shared}", **brings(one, *people))
        assert sent.status_code == 303
    (number,) = ids(site, site.seeded.mayor)
    sent = site.send(f"/antwoord/{site.seeded.mayor}", **brings(number, 1))
    assert sent.status_code == 429
    assert "te vaak verstuurd" in sent.text
    assert registration(site, number).state is S.INVITED


def test_a_host_names_twenty_people_in_all(site: Place) -> None:
    path = f"/antwoord/{site.seeded.mayor}"
    (number,) = ids(site, site.seeded.mayor)
    assert site.send(path, **brings(number, *range(20))).status_code == 303
    site.app.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    assert site.send(path, **brings(number, *range(20))).status_code == 303, "the same again"
    with site.app.database.writing() as session:
        brought = select(Registration).where(Registration.brought_by_id == number)
        for row in session.scalars(brought):
            row.state, row.answered_via = S.CANCELLED, "host"
    sent = site.send(path, **brings(number, 21))
    assert sent.status_code == 422
    assert "U kunt niet meer dan 20 mensen noemen. Bel of mail ons." in sent.text
    assert f'href="#collega-{number}-1-naam"' in sent.text
    assert "Collega 21" not in everybody(site)


def own_token(site: Place, key: str, address: str) -> str:
    with site.app.database.reading() as session:
        contact = find_contact(session, address)
        assert contact is not None
        query = select(Invitation.token).join(Event, Event.id == Invitation.event_id)
        return session.scalars(
            query.where(Invitation.contact_id == contact.id, Event.key == key)
        ).one()


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("webinar-uitbuiting", "joris@schiedam.example"),
        ("leerhuis-december", "roos@raad.example"),
    ],
    ids=["registered openly", "came by a group's link"],
)
def test_who_came_in_by_a_form_brings_nobody(site: Place, key: str, address: str) -> None:
    token = own_token(site, key, address)
    assert "Er komt iemand anders" not in site.get(f"/antwoord/{token}").text
    (number,) = ids(site, token)
    site.send(f"/antwoord/{token}", **brings(number, 1))
    with site.app.database.reading() as session:
        assert find_contact(session, "c1@d1.example") is None


def test_a_person_who_was_invited_may_bring_also_when_they_fill_in_a_form(site: Place) -> None:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "najaarscarrousel")).one()
        riec = add_contact(session, "Pim Persoon", "pim@riec.example")
        now = site.app.clock.now()
        invite(session, event, Invited(riec.id, ()), uid_domain="var.example", now=now)
    token = own_token(site, "najaarscarrousel", "pim@riec.example")
    assert "Er komt iemand anders" in site.get(f"/antwoord/{token}").text
    site.send("/agenda/najaarscarrousel/aanmelden", naam="Pim Persoon", adres="pim@riec.example")
    assert "Er komt iemand anders" in site.get(f"/antwoord/{token}").text
