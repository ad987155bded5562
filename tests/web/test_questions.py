"""An event's own questions on the pages where somebody says that they come."""

from __future__ import annotations

from sqlalchemy import select

from tests.web.conftest import Place
from tests.web.test_answering import ids, registration
from var_outreach.agenda.model import Event
from var_outreach.agenda.questions import BUILT_IN, Question, QuestionKind, questions_as_json
from var_outreach.people.model import Contact
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Registration, RegistrationState

ASKED = (
    BUILT_IN["kenteken"],
    Question("borrel", "Blijft u bij de borrel?", "Will you stay?", QuestionKind.YES_NO,
             required=True),
    Question("vervoer", "Hoe komt u?", "", QuestionKind.CHOICE, ("nee", "met de trein")),
)  # fmt: skip
OPEN = "/agenda/najaarscarrousel/aanmelden"


def ask(site: Place, key: str = "leerhuis-november") -> None:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == key)).one()
        event.questions = questions_as_json(ASKED)


def replies_of(site: Place, number: int) -> dict[str, object]:
    with site.app.database.reading() as session:
        return dict(session.get_one(Registration, number).replies)


def test_replies_are_kept_and_shown_again(site: Place) -> None:
    ask(site)
    token = site.seeded.mayor
    (number,) = ids(site, token)
    field = f"vraag-{number}"
    page = site.get(f"/antwoord/{token}").text
    assert "Blijft u bij de borrel?" in page
    assert "Na de bijeenkomst wissen wij wat u hier invult." in page
    sent = site.send(
        f"/antwoord/{token}",
        **{f"keuze-{number}": "ja", f"naam-{number}": "Marit Voorbeeld",
           f"{field}-kenteken": "12-AB-34", f"{field}-borrel": "nee",
           f"{field}-vervoer": "met de trein"},
    )  # fmt: skip
    assert sent.status_code == 303
    kept = {"kenteken": "12-AB-34", "borrel": False, "vervoer": "met de trein"}
    assert replies_of(site, number) == kept
    page = site.get(f"/antwoord/{token}").text
    assert "12-AB-34" in page
    assert f'name="{field}-borrel" value="nee" checked' in page
    assert f'name="{field}-vervoer" value="met de trein" checked' in page
    assert "12-AB-34" not in site.get(f"/antwoord/{token}/klaar").text
    assert "12-AB-34" not in site.get(f"/mijn/{site.seeded.mayor_page}").text


def test_who_comes_replies_to_what_is_required(site: Place) -> None:
    ask(site)
    token = site.seeded.mayor
    (number,) = ids(site, token)
    fields = {f"keuze-{number}": "ja", f"naam-{number}": "Marit", f"vraag-{number}-kenteken": "1"}
    sent = site.send(f"/antwoord/{token}", **fields)
    assert sent.status_code == 422
    problem = f'id="vraag-{number}-borrel-fout"'
    assert problem in sent.text
    assert f'href="#vraag-{number}-borrel"' in sent.text
    assert f'id="vraag-{number}-borrel"' in sent.text
    assert ">\n1</textarea>" in sent.text
    assert registration(site, number).state is RegistrationState.INVITED
    for choice in ("misschien", "nee"):
        fields[f"keuze-{number}"] = choice
        assert site.send(f"/antwoord/{token}", **fields).status_code == 303


def test_a_choice_that_is_not_offered_is_no_reply(site: Place) -> None:
    ask(site)
    token = site.seeded.mayor
    (number,) = ids(site, token)
    site.send(
        f"/antwoord/{token}",
        **{f"keuze-{number}": "ja", f"naam-{number}": "M", f"vraag-{number}-borrel": "ja",
           f"vraag-{number}-vervoer": "per schip"},
    )  # fmt: skip
    assert replies_of(site, number) == {"borrel": True}


def test_too_long_a_reply_is_told(site: Place) -> None:
    ask(site)
    token = site.seeded.mayor
    (number,) = ids(site, token)
    sent = site.send(
        f"/antwoord/{token}",
        **{f"keuze-{number}": "ja", f"naam-{number}": "M", f"vraag-{number}-borrel": "ja",
           f"vraag-{number}-kenteken": "1" * 501},
    )  # fmt: skip
    assert sent.status_code == 422
    assert "tot 500 tekens" in sent.text


def test_whoever_said_yes_elsewhere_is_asked_on_the_page_after(site: Place) -> None:
    ask(site)
    token = site.seeded.mayor
    (number,) = ids(site, token)
    with site.app.database.writing() as session:
        yes = Answer(RegistrationState.ACCEPTED)
        row = session.get_one(Registration, number)
        record_answer(session, row, yes, via="calendar", now=site.app.clock.now())
    assert "Beantwoord onze vragen" in site.get(f"/antwoord/{token}/klaar").text
    site.send(
        f"/antwoord/{token}",
        **{f"keuze-{number}": "ja", f"naam-{number}": "M", f"vraag-{number}-borrel": "ja"},
    )
    assert "Beantwoord onze vragen" not in site.get(f"/antwoord/{token}/klaar").text


def test_open_registration_asks_them_too(site: Place) -> None:
    ask(site, "najaarscarrousel")
    who = {"naam": "Lieke Nieuw", "adres": "lieke@capelle.example"}
    sent = site.send(OPEN, **who)
    assert sent.status_code == 422
    assert 'id="vraag-borrel-fout"' in sent.text
    sent = site.send(OPEN, **who, **{"vraag-borrel": "ja", "vraag-kenteken": "12-AB-34"})
    assert sent.status_code == 303
    with site.app.database.reading() as session:
        row = session.scalars(
            select(Registration).join(Contact, Contact.id == Registration.contact_id)
            .where(Contact.address == "lieke@capelle.example")
        ).one()  # fmt: skip
        assert row.replies == {"borrel": True, "kenteken": "12-AB-34"}


def test_a_colleague_is_asked_on_a_page_of_their_own(site: Place) -> None:
    ask(site)
    (host,) = ids(site, site.seeded.mayor)
    site.send(
        f"/antwoord/{site.seeded.mayor}",
        **{f"keuze-{host}": "ja", f"naam-{host}": "Marit", f"vraag-{host}-borrel": "ja",
           f"collega-{host}-1-naam": "Anna Adviseur",
           f"collega-{host}-1-adres": "anna@dordrecht.example"},
    )  # fmt: skip
    with site.app.database.reading() as session:
        row = session.scalars(
            select(Registration).where(Registration.attendee_name == "Anna Adviseur")
        ).one()
        number, own, told = row.id, row.invitation.token, row.version
    assert "Beantwoord onze vragen" in site.get(f"/antwoord/{own}/klaar").text
    assert "Blijft u bij de borrel?" in site.get(f"/antwoord/{own}").text
    fields = {f"keuze-{number}": "ja", f"naam-{number}": "Anna Adviseur"}
    assert site.send(f"/antwoord/{own}", **fields).status_code == 422
    fields[f"vraag-{number}-borrel"] = "nee"
    assert site.send(f"/antwoord/{own}", **fields).status_code == 303
    assert replies_of(site, number) == {"borrel": False}
    assert registration(site, number).version == told, "a reply alone is no reason for a mail"


def test_a_group_link_asks_them_too(site: Place) -> None:
    ask(site, "leerhuis-december")
    path = f"/groep/{site.seeded.group}"
    who = {"naam": "Rik Raadslid", "adres": "rik@raad.example"}
    sent = site.send(path, **who)
    assert sent.status_code == 422
    assert 'id="vraag-borrel-fout"' in sent.text
    assert site.send(path, **who, **{"vraag-borrel": "nee"}).status_code == 303
    with site.app.database.reading() as session:
        row = session.scalars(
            select(Registration).where(Registration.attendee_name == "Rik Raadslid")
        ).one()
        assert row.replies == {"borrel": False}


def test_english_has_its_own_label_or_says_that_it_is_dutch(site: Place) -> None:
    ask(site)
    page = site.get(f"/en/antwoord/{site.seeded.mayor}").text
    assert "Will you stay?" in page
    assert '<span lang="nl">Hoe komt u?</span>' in page
