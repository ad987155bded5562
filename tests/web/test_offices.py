"""The answer page for an office: somebody else comes, colleagues come along, who fills it in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests.web.conftest import Place
from tests.web.test_answering import ids, registration
from var_outreach.agenda.model import Event
from var_outreach.people.store import find_contact
from var_outreach.registrations.invitees import withdraw
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
