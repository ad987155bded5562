"""The page on which an organisation looks through its own offices."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import select

from tests.seeding.site import NOW
from tests.web.conftest import Place
from var_outreach.clock import MovableClock
from var_outreach.people.model import Contact, Function, ListCheck, Organisation, SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.tokens import random_token


def offices(site: Place) -> dict[str, int]:
    """Return the ids of the offices by role and portfolio."""
    with site.app.database.reading() as session:
        rows = session.scalars(select(Function).order_by(Function.id))
        return {f"{row.role} {row.portfolio}".strip(): row.id for row in rows}


def function(site: Place, function_id: int) -> Function:
    with site.app.database.reading() as session:
        found = session.get_one(Function, function_id)
        session.expunge(found)
        return found


def check(site: Place) -> ListCheck:
    with site.app.database.reading() as session:
        found = session.scalars(select(ListCheck)).one()
        session.expunge(found)
        return found


def path(site: Place) -> str:
    return f"/lijst/{site.seeded.list_check}"


def test_page_shows_the_offices_and_nothing_more(site: Place) -> None:
    answer = site.get(path(site))
    assert answer.status_code == 200
    text = answer.text
    for words in ("Gemeente Dordrecht", "Marit Voorbeeld", "Wethouder, zorg", "31 oktober 2025"):
        assert words in text
    assert "mv@dordrecht.example" in text
    for secret in ("geen noten", site.seeded.mayor_page, site.seeded.mayor, "joris@schiedam"):
        assert secret not in text
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]


def test_opening_changes_nothing_and_the_button_says_it_is_right(site: Place) -> None:
    site.get(path(site))
    assert check(site).answered_at is None
    sent = site.send(path(site))
    assert sent.status_code == 303
    assert check(site).answered_at == NOW
    assert check(site).corrections == []
    assert "Uw antwoord is bewaard" in site.get(sent.headers["location"]).text
    assert site.woken


def test_an_office_that_ended_takes_its_holder_off(site: Place) -> None:
    mayor = offices(site)["burgemeester"]
    sent = site.send(path(site), **{f"rij-{mayor}": "weg", f"per-{mayor}": "1-10-2025"})
    assert sent.status_code == 303
    assert function(site, mayor).until_on == date(2025, 9, 30)
    assert check(site).corrections[0]["what"] == "ended"
    with site.app.database.reading() as session:
        rows = session.scalars(select(Registration).where(Registration.function_id == mayor)).all()
        states = {row.event.key: row.state for row in rows}
    assert states["leerhuis-november"] is RegistrationState.CANCELLED
    assert states["leerhuis-september"] is RegistrationState.ACCEPTED, "before the end"
    assert states["leerhuis-geweest"] is RegistrationState.INVITED, "it has been"


def test_a_successor_is_known_from_then_on_and_invited(site: Place) -> None:
    mayor = offices(site)["burgemeester"]
    fields = {
        f"rij-{mayor}": "opvolger",
        f"per-{mayor}": "2025-10-01",
        f"naam-{mayor}": "Iris Opvolger",
        f"adres-{mayor}": "iris@dordrecht.example",
    }
    assert site.send(path(site), **fields).status_code == 303
    with site.app.database.reading() as session:
        new = session.scalars(select(Contact).where(Contact.name == "Iris Opvolger")).one()
        assert new.source == "opgave van de contactpersoon van Gemeente Dordrecht"
        assert new.legal_basis == "public_task"
        rows = session.scalars(select(Registration).where(Registration.contact_id == new.id)).all()
        assert {row.event.key for row in rows} >= {"leerhuis-november"}
        assert {row.state for row in rows} == {RegistrationState.INVITED}
        following = session.scalars(select(Function).where(Function.holder_id == new.id)).one()
        assert (following.role, following.from_on) == ("burgemeester", date(2025, 10, 1))
    shown = site.get(path(site)).text
    assert "Tot en met 30 september 2025" in shown
    assert "Vanaf 1 oktober 2025" in shown
    fields |= {f"naam-{mayor}": "Nog Iemand", f"adres-{mayor}": "nog@dordrecht.example"}
    again = site.send(path(site), **fields)
    assert again.status_code == 422, "two successors of one mayor"
    assert "Kijk de lijst nog eens na" in again.text


def test_who_is_missing_is_added_once(site: Place) -> None:
    fields = {
        "functie-nieuw-2": "Adviseur",
        "deel-nieuw-2": "openbare orde",
        "naam-nieuw-2": "Teun Toegevoegd",
        "adres-nieuw-2": "teun@dordrecht.example",
    }
    for _ in range(2):
        assert site.send(path(site), **fields).status_code == 303
    with site.app.database.reading() as session:
        rows = session.scalars(select(Function).where(Function.role == "adviseur")).all()
        assert [(row.portfolio, row.holder and row.holder.name) for row in rows] == [
            ("openbare orde", "Teun Toegevoegd")
        ]
    assert "Teun Toegevoegd" in site.get(path(site)).text


def test_errors_keep_the_input_and_change_nothing(site: Place) -> None:
    mayor = offices(site)["burgemeester"]
    sent = site.send(
        path(site),
        **{
            f"rij-{mayor}": "opvolger",
            f"naam-{mayor}": "",
            f"adres-{mayor}": "geen adres",
            f"per-{mayor}": "31-2-2026",
            "naam-nieuw-1": "Wie Dan",
        },
    )
    assert sent.status_code == 422
    for words in ("Vul de naam van de opvolger in.", "zoals naam@gemeente.example",
                  "Vul een datum in zoals 1-6-2026.", "Vul de functie in.", "geen adres",
                  "Wie Dan"):  # fmt: skip
        assert words in sent.text
    assert "<title>Fout:" in sent.text
    assert check(site).answered_at is None
    assert function(site, mayor).until_on is None


def test_dates_that_cannot_be_and_ones_own_address_are_refused(site: Place) -> None:
    mayor = offices(site)["burgemeester"]
    for day in ("1-6-2045", "1-6-0001", "morgen", "2025-10", "1-1-99999999999"):
        sent = site.send(path(site), **{f"rij-{mayor}": "weg", f"per-{mayor}": day})
        assert sent.status_code == 422, day
    same = {f"naam-{mayor}": "X Y", f"adres-{mayor}": "MV@dordrecht.example"}
    sent = site.send(path(site), **{f"rij-{mayor}": "opvolger", **same})
    assert "Dit is het adres van wie er nu staat." in sent.text
    assert function(site, mayor).until_on is None


def test_only_the_own_organisation_and_only_until_its_day(site: Place) -> None:
    with site.app.database.writing() as session:
        riec = session.scalars(select(Organisation).where(Organisation.kind == "riec")).one()
        other = Function(organisation=riec, role="directeur", portfolio="")
        session.add(other)
        session.flush()
        other_id = other.id
    assert "Directeur" not in site.get(path(site)).text
    site.send(path(site), **{f"rij-{other_id}": "weg"})
    assert function(site, other_id).until_on is None, "another organisation's"
    clock = site.app.clock
    assert isinstance(clock, MovableClock)
    clock.move_to(NOW + timedelta(days=46))
    assert site.get(path(site)).status_code == 200
    clock.move_to(NOW + timedelta(days=47))
    for token in (site.seeded.list_check, random_token(), "kort", site.seeded.mayor):
        answer = site.get(f"/lijst/{token}")
        assert answer.status_code == 404
        assert answer.text == site.get("/mijn/kort").text.replace("/mijn/kort", f"/lijst/{token}")
        assert site.client.post(f"/lijst/{token}", data={}).status_code == 404


def test_forms_from_elsewhere_are_refused(site: Place) -> None:
    answer = site.client.post(path(site), data={}, headers={"Origin": "https://elders.example"})
    assert answer.status_code == 403
    assert site.client.post(path(site), data={}).status_code == 422, "no token of the page"
    assert check(site).answered_at is None


def test_who_asked_to_be_erased_is_not_brought_back(site: Place) -> None:
    with site.app.database.writing() as session:
        suppress(
            session, "weg@dordrecht.example", SuppressionReason.ERASURE, evidence=None, now=NOW,
            signer=site.app.signer,
        )  # fmt: skip
    fields = {"functie-nieuw-1": "adviseur", "naam-nieuw-1": "Wie Weg",
              "adres-nieuw-1": "weg@dordrecht.example"}  # fmt: skip
    sent = site.send(path(site), **fields)
    assert sent.status_code == 422
    assert "bel ons" in sent.text
    with site.app.database.reading() as session:
        assert not session.scalars(select(Contact).where(Contact.name == "Wie Weg")).all()


def test_a_long_list_comes_in_parts(site: Place) -> None:
    with site.app.database.writing() as session:
        town = session.scalars(select(Organisation).where(Organisation.kind == "gemeente")).one()
        for number in range(50):
            session.add(Function(organisation=town, role="raadslid", portfolio=f"{number:02}"))
    first, second = site.get(path(site)).text, site.get(f"{path(site)}?deel=2").text
    rows = [re.findall(r'name="rij-(\d+)" value="weg"', page) for page in (first, second)]
    assert [len(one) for one in rows] == [40, 14]
    assert not set(rows[0]) & set(rows[1])
    sent = site.send(f"{path(site)}?deel=2", **{f"rij-{rows[1][0]}": "weg"})
    assert sent.headers["location"].endswith("deel=2")
    assert function(site, int(rows[1][0])).until_on == date(2025, 9, 14)


def adds(number: int, address: str) -> dict[str, str]:
    """Return a form on which one who is missing is added."""
    return {
        "functie-nieuw-1": f"rol {number}",
        "naam-nieuw-1": "Nina Nieuw",
        "adres-nieuw-1": address,
    }


def test_one_address_is_not_bombed_through_a_list(site: Place) -> None:
    codes = [
        site.send(path(site), **adds(number, "slachtoffer@capelle.example")).status_code
        for number in range(4)
    ]
    assert codes == [303, 303, 303, 429]
    assert "rol 3" not in offices(site)


def test_whom_a_list_takes_off_counts_too(site: Place) -> None:
    for number in range(3):
        assert site.send(path(site), **adds(number, "mv@dordrecht.example")).status_code == 303
    mayor = offices(site)["burgemeester"]
    sent = site.send(path(site), **{f"rij-{mayor}": "weg"})
    assert sent.status_code == 429
    assert "te vaak verstuurd" in sent.text
    assert function(site, mayor).until_on is None


def test_one_place_adds_only_so_many_an_hour(site: Place) -> None:
    codes = [
        site.send(path(site), **adds(number, f"a{number}@d{number}.example")).status_code
        for number in range(31)
    ]
    assert codes == [303] * 30 + [429]


def test_a_list_takes_fifty_additions_in_all(site: Place) -> None:
    with site.app.database.writing() as session:
        asked = session.scalars(select(ListCheck)).one()
        asked.corrections = [{"what": "added", "function_id": 1}] * 49
    assert site.send(path(site), **adds(1, "een@capelle.example")).status_code == 303
    sent = site.send(path(site), **adds(2, "twee@capelle.example"))
    assert sent.status_code == 422
    assert "U kunt hier niet meer dan 50 mensen toevoegen. Bel of mail ons." in sent.text
    assert 'href="#functie-nieuw-1"' in sent.text
    assert "rol 2" not in offices(site)
    assert site.send(path(site)).status_code == 303, "a list that is right can still be sent"
