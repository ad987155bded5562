"""The page of a speaker, and the programme that names who has confirmed."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.seeding.site import NOW
from tests.web.conftest import Place
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.programme.model import Speaker
from var_outreach.programme.speaking import put_speaker

PLAN = SpeakerPlan(
    "Noor Spreker", "noor@spreker.example", "Samen verder", time(10, 45), time(11),
    date(2025, 10, 9),
)  # fmt: skip
OURS = select(Speaker).where(Speaker.title == PLAN.title)


@pytest.fixture
def token(site: Place) -> str:
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "najaarscarrousel")).one()
        zone = ZoneInfo("Europe/Amsterdam")
        return put_speaker(session, event, PLAN, zone=zone, now=NOW)[0].token


def said(site: Place) -> tuple[bool, bool, str, str]:
    """Return whether the speaker confirmed or declined, the slides' address and the remark."""
    with site.app.database.reading() as session:
        row = session.scalars(OURS).one()
        return (
            row.confirmed_at is not None, row.declined_at is not None, row.slides_url, row.remark,
        )  # fmt: skip


def test_the_page_shows_the_talk_and_changes_nothing(site: Place, token: str) -> None:
    page = site.get(f"/spreker/{token}?keuze=ja")
    assert page.status_code == 200
    for words in ("Samen verder (10.45 tot 11 uur)", "Noor Spreker", "9 oktober", "Stadhuis"):
        assert words in page.text
    assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == (
        "no-store", "noindex, nofollow",
    )  # fmt: skip
    assert said(site) == (False, False, "", "")
    assert "Will you speak?" in site.get(f"/en/spreker/{token}").text


def test_confirming_puts_the_talk_into_the_programme_of_the_page(site: Place, token: str) -> None:
    assert "Samen verder" not in site.get("/agenda/najaarscarrousel").text
    done = site.send(
        f"/spreker/{token}", keuze="ja", presentatie="https://dia.example/1", opmerking="Een beamer"
    )
    assert done.status_code == 303
    assert "Wij hebben het bewaard." in site.get(done.headers["location"]).text
    assert said(site) == (True, False, "https://dia.example/1", "Een beamer")
    page = site.get("/agenda/najaarscarrousel").text
    assert page.index("Oplichting via de telefoon") < page.index("Samen verder")
    assert page.index("Samen verder") < page.index("Noor Spreker") < page.index("Drie werkrondes")
    assert "dia.example" not in page
    assert "noor@spreker.example" not in page
    assert "Een beamer" not in page


def test_declining_takes_it_out_again_and_slides_alone_keep_the_answer(
    site: Place, token: str
) -> None:
    site.send(f"/spreker/{token}", keuze="ja")
    site.send(f"/spreker/{token}", presentatie="https://dia.example/2")
    assert said(site) == (True, False, "https://dia.example/2", "")
    done = site.send(f"/spreker/{token}", keuze="nee")
    assert "Jammer dat u niet komt." in site.get(done.headers["location"]).text
    assert said(site)[:2] == (False, True)
    assert "Samen verder" not in site.get("/agenda/najaarscarrousel").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Kies of u komt spreken."),
        ({"keuze": "misschien"}, "Kies of u komt spreken."),
        ({"keuze": "ja", "presentatie": "http://dia.example"}, "met https:// begint"),
        ({"keuze": "ja", "presentatie": "javascript:alert(1)"}, "met https:// begint"),
        ({"keuze": "ja", "opmerking": "x" * 1001}, "Maak uw tekst korter"),
    ],
)
def test_what_cannot_be_is_told_on_the_page(
    site: Place, token: str, fields: dict[str, str], words: str
) -> None:
    done = site.send(f"/spreker/{token}", **fields)
    assert done.status_code == 422
    assert words in done.text
    assert 'role="alert"' in done.text
    assert said(site) == (False, False, "", "")


def test_unknown_erased_and_strange_links_are_alike(site: Place, token: str) -> None:
    with site.app.database.writing() as session:
        session.scalars(OURS).one().contact.erased_at = NOW
    pages = {site.get(f"/spreker/{one}").status_code for one in (token, "a" * 22, "%27")}
    assert pages == {404}


def test_another_site_cannot_send_it(site: Place, token: str) -> None:
    done = site.client.post(
        f"/spreker/{token}", data={"keuze": "ja"}, headers={"Origin": "https://elders.example"}
    )
    assert done.status_code == 403
    assert said(site) == (False, False, "", "")


@pytest.mark.parametrize(
    ("state", "words"),
    [(EventState.CANCELLED, "Wij nemen contact met u op."), (EventState.HELD, "is geweest")],
)
def test_an_event_that_is_off_or_over_asks_nothing(
    site: Place, token: str, state: EventState, words: str
) -> None:
    with site.app.database.writing() as session:
        session.scalars(OURS).one().event.state = state
    page = site.get(f"/spreker/{token}").text
    assert words in page
    assert "<form" not in page
    site.send(f"/spreker/{token}", keuze="ja")
    assert said(site) == (False, False, "", "")
