"""Somebody's own page and feed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests.web.conftest import Place
from var_outreach.clock import MovableClock
from var_outreach.people.model import Contact


def contact(site: Place, token: str) -> tuple[str, str, list[str]]:
    with site.app.database.reading() as session:
        row = session.scalars(select(Contact).where(Contact.token == token)).one()
        return row.name, row.language, sorted(link.topic.key for link in row.topics)


def test_page_shows_events_answers_and_data(site: Place) -> None:
    page = site.get(f"/mijn/{site.seeded.mayor_page}").text
    for text in (
        "Leerhuis Ondermijning",
        "Nog geen antwoord",
        "Leerhuis Weerbare wijken",
        "Aangemeld",
        f"/antwoord/{site.seeded.late}",
        "Gaat niet door",
        "mv@dordrecht.example",
        "Burgemeester, Gemeente Dordrecht",
        "de adressenlijst van de gemeente",
        "U krijgt de nieuwsbrief niet.",
        'value="mensenhandel" checked',
    ):
        assert text in page


def test_an_event_that_was_off_is_earlier_once_its_day_is_over(site: Place) -> None:
    path = f"/mijn/{site.seeded.mayor_page}"
    page = site.get(path).text
    assert "Gaat niet door" in page.partition("<h2>Eerder</h2>")[0]
    assert isinstance(site.app.clock, MovableClock)
    site.app.clock.advance(timedelta(days=400))
    coming, heading, earlier = site.get(path).text.partition("<h2>Eerder</h2>")
    assert heading
    assert "Gaat niet door" not in coming
    assert "Gaat niet door" in earlier


def test_name_language_and_themes_are_kept(site: Place) -> None:
    token = site.seeded.mayor_page
    page = site.get(f"/mijn/{token}").text
    form = page.split('name="formulier" value="')[1].split('"')[0]
    sent = site.client.post(
        f"/mijn/{token}",
        data={
            "formulier": form,
            "naam": "Marit de Voorbeeld",
            "taal": "en",
            "thema": ["jeugd-en-veiligheid", "digitale-veiligheid", "verzonnen"],
        },
        headers={"Origin": "http://testserver"},
    )
    assert sent.status_code == 303
    assert contact(site, token) == (
        "Marit de Voorbeeld",
        "en",
        ["digitale-veiligheid", "jeugd-en-veiligheid"],
    )
    assert "Uw gegevens zijn bewaard." in site.get(sent.headers["location"]).text


def test_wrong_input_changes_nothing_and_is_kept(site: Place) -> None:
    token = site.seeded.mayor_page
    before = contact(site, token)
    sent = site.send(f"/mijn/{token}", naam="", taal="fr", thema="jeugd-en-veiligheid")
    assert sent.status_code == 422
    assert "Vul uw naam in." in sent.text
    assert "Kies een taal." in sent.text
    assert 'value="jeugd-en-veiligheid" checked' in sent.text
    assert contact(site, token) == before


def test_form_of_another_person_is_refused(site: Place) -> None:
    page = site.get(f"/mijn/{site.seeded.reader_page}").text
    form = page.split('name="formulier" value="')[1].split('"')[0]
    sent = site.client.post(
        f"/mijn/{site.seeded.mayor_page}", data={"formulier": form, "naam": "X", "taal": "nl"}
    )
    assert sent.status_code == 422
    assert contact(site, site.seeded.mayor_page)[0] == "Marit Voorbeeld"


def test_reader_leaves_with_one_button(site: Place) -> None:
    page = site.get(f"/mijn/{site.seeded.reader_page}").text
    assert f'action="/uitschrijven/{site.seeded.leave}"' in page
    assert "Schrijf mij uit voor de nieuwsbrief" in page
    sent = site.client.post(f"/uitschrijven/{site.seeded.leave}")
    assert "U bent uitgeschreven" in sent.text
    assert "U krijgt de nieuwsbrief niet." in site.get(f"/mijn/{site.seeded.reader_page}").text


def test_own_feed_holds_own_events_and_no_public_ones(site: Place) -> None:
    answer = site.get(f"/mijn/{site.seeded.mayor_page}/agenda.ics")
    text = answer.text.replace("\r\n ", "")
    assert "Leerhuis Ondermijning" in text
    assert "gesloten deuren" in text
    assert "Leerhuis Jaarplan" not in text  # taken off
    assert "Najaarscarrousel" not in text
    assert f"UID:{site.seeded.mayor}@" in text
    assert answer.headers["cache-control"] == "no-store"
    again = site.get(
        f"/mijn/{site.seeded.mayor_page}/agenda.ics",
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


def test_declined_events_leave_the_feed(site: Place) -> None:
    page = site.get(f"/antwoord/{site.seeded.mayor}").text
    name = page.split('name="keuze-')[1].split('"')[0]
    site.send(f"/antwoord/{site.seeded.mayor}", **{f"keuze-{name}": "nee"})
    assert (
        "Leerhuis Ondermijning" not in site.get(f"/mijn/{site.seeded.mayor_page}/agenda.ics").text
    )


def test_unknown_and_impossible_tokens_answer_alike(site: Place) -> None:
    answers = [
        site.get(f"/{page}/{token}")
        for page in ("mijn", "antwoord", "uitschrijven")
        for token in ("a" * 26, "kort", "%00" * 26, site.seeded.mayor.upper())
    ]
    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1


def test_tokens_open_only_their_own_kind_of_page(site: Place) -> None:
    assert site.get(f"/mijn/{site.seeded.mayor}").status_code == 404
    assert site.get(f"/antwoord/{site.seeded.mayor_page}").status_code == 404
    assert site.get(f"/uitschrijven/{site.seeded.mayor_page}").status_code == 404
