"""Public registration: open to anybody, and silent about who is known."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from tests.web.conftest import Place
from var_outreach.people.model import Contact
from var_outreach.registrations.model import Registration, RegistrationState

OPEN = "/agenda/najaarscarrousel/aanmelden"
FULL = "/agenda/webinar-uitbuiting/aanmelden"


def state_of(site: Place, address: str) -> RegistrationState | None:
    with site.app.database.reading() as session:
        return session.scalar(
            select(Registration.state)
            .join(Contact, Contact.id == Registration.contact_id)
            .where(Contact.address == address)
            .order_by(Registration.id.desc())
        )


def test_anybody_can_register(site: Place) -> None:
    sent = site.send(OPEN, naam="Lieke Nieuw", adres=" lieke@capelle.example ", dieet="Vegetarisch")
    assert sent.status_code == 303
    assert sent.headers["location"] == f"{OPEN}?ontvangen=plek"
    assert state_of(site, "lieke@capelle.example") is RegistrationState.ACCEPTED
    assert site.woken == [True]
    done = site.get(sent.headers["location"]).text
    assert "Uw aanmelding is binnen" in done
    assert "/antwoord/" not in done  # the personal link goes by mail, to the owner of the address


def test_a_full_event_is_a_waiting_list_page(site: Place) -> None:
    page = site.get(FULL).text
    assert "De bijeenkomst is vol." in page
    assert "Zet mij op de wachtlijst" in page
    sent = site.send(FULL, naam="Lieke Nieuw", adres="lieke@capelle.example")
    assert state_of(site, "lieke@capelle.example") is RegistrationState.WAITLISTED
    assert "u komt op de wachtlijst" in site.get(sent.headers["location"]).text


def test_a_known_address_gets_the_same_answer(site: Place) -> None:
    for path, known in ((FULL, "joris@schiedam.example"), (OPEN, "mv@dordrecht.example")):
        first = site.send(path, naam="Iemand", adres=known)
        other = site.send(path, naam="Iemand", adres="onbekend@capelle.example")
        assert first.status_code == other.status_code == 303
        assert first.headers["location"] == other.headers["location"]
    assert state_of(site, "joris@schiedam.example") is RegistrationState.ACCEPTED
    with site.app.database.reading() as session:
        name = session.scalar(select(Contact.name).where(Contact.address == "mv@dordrecht.example"))
    assert name == "Marit Voorbeeld"


def test_errors_are_named_at_the_top_and_at_the_field(site: Place) -> None:
    sent = site.send(OPEN, naam="", adres="geen adres", opmerking="bewaar mij")
    assert sent.status_code == 422
    assert "<title>Fout: " in sent.text
    for words, name in (
        ("Vul uw naam in.", "naam"),
        ("Vul een e-mailadres in zoals naam@gemeente.example.", "adres"),
    ):
        assert sent.text.count(words) == 2
        assert f'href="#{name}"' in sent.text
        assert f'id="{name}-fout"' in sent.text
    assert sent.text.index("Controleer deze punten:") < sent.text.index("<h1>")
    assert 'value="geen adres"' in sent.text
    assert "bewaar mij" in sent.text
    assert "novalidate" in sent.text


def test_addresses_that_carry_more_than_an_address_are_refused(site: Place) -> None:
    for address in (
        "a@b.nl\r\nBcc: x@y.nl",
        "<a@b.nl> NOTIFY=NEVER",
        "a@b.nl,c@d.nl",
        "a b@c.nl",
        "a@localhost",
    ):
        assert site.send(OPEN, naam="Iemand", adres=address).status_code == 422


def test_closed_registration_says_whom_to_call(site: Place) -> None:
    site.app.clock.advance(timedelta(days=26))  # type: ignore[attr-defined]  # past 9 October
    page = site.get(OPEN)
    assert "U kon zich aanmelden tot en met 9 oktober 2025." in page.text
    assert "010 - 555 01 23" in page.text
    assert site.send(OPEN, naam="Laat", adres="laat@capelle.example").status_code == 409
    assert state_of(site, "laat@capelle.example") is None
    assert "<form" not in site.get("/agenda/conferentie-2025/aanmelden").text


def test_form_needs_the_token_of_its_own_page(site: Place) -> None:
    fields = {"naam": "Iemand", "adres": "iemand@capelle.example"}
    other = site.get(FULL).text.split('name="formulier" value="')[1].split('"')[0]
    for token in ("", "x.y", "\x00", other):
        sent = site.client.post(OPEN, data={**fields, "formulier": token})
        assert sent.status_code == 422
        assert "De pagina stond te lang open." in sent.text
    token = site.get(OPEN).text.split('name="formulier" value="')[1].split('"')[0]
    site.app.clock.advance(timedelta(hours=25))  # type: ignore[attr-defined]
    assert site.client.post(OPEN, data={**fields, "formulier": token}).status_code == 422
    assert state_of(site, "iemand@capelle.example") is None


def test_one_address_is_not_bombed_and_the_page_does_not_tell(site: Place) -> None:
    for number in range(5):
        sent = site.send(FULL, naam=f"Naam {number}", adres="slachtoffer@capelle.example")
        assert sent.status_code == 303
    assert len(site.woken) == 3


def test_one_sender_is_stopped_and_told(site: Place) -> None:
    codes = [
        site.send(FULL, naam="Iemand", adres=f"a{number}@d{number}.example").status_code
        for number in range(31)
    ]
    assert codes == [303] * 30 + [429]
    with site.app.database.reading() as session:
        found = session.scalar(
            select(func.count()).select_from(Contact).where(Contact.address.like("a%@d%.example"))
        )
    assert found == 30
