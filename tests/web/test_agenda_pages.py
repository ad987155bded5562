"""The public agenda: what it shows, what it hides, and its calendars."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.seeding.site import NOW, make_event
from tests.web.conftest import Place
from var_outreach.agenda.model import Event, Visibility


def test_front_leads_to_the_agenda(site: Place) -> None:
    assert site.get("/").headers["location"] == "/agenda"
    assert site.get("/en").headers["location"] == "/en/agenda"


def test_agenda_lists_by_month_with_a_status_word(site: Place) -> None:
    page = site.get("/agenda").text
    assert page.index("Oktober 2025") < page.index("November 2025") < page.index("Eerder")
    for word in (
        "Aanmelden kan",
        "Vol: wachtlijst",
        "Gaat niet door",
        "Uitgesteld, datum volgt",
        "Noteer alvast",
        "Terugblik",
        "3 bijeenkomsten, de data volgen",
    ):
        assert word in page
    assert "donderdag 16 oktober 2025, 9.30 tot 12 uur" in page


def test_agenda_shows_only_what_is_public(site: Place) -> None:
    for path in ("/agenda", "/en/agenda", "/agenda.ics", "/sitemap.xml"):
        text = site.get(path).text
        assert "Leerhuis" not in text
        assert "gesloten deuren" not in text
        assert "werksessie-besloten" not in text


def test_theme_filter_keeps_that_theme_only(site: Place) -> None:
    page = site.get("/agenda?thema=mensenhandel").text
    assert "Webinar: signalen van uitbuiting" in page
    assert "Najaarscarrousel" not in page
    assert site.get("/agenda?thema=bestaat-niet").text.count("Najaarscarrousel") == 1


def test_cancelled_event_stays_with_its_own_page(site: Place) -> None:
    page = site.get("/agenda/carrousel-jeugd").text
    assert "Gaat niet door." in page
    assert "Zet in uw agenda" not in page


def test_event_page_shows_its_facts(site: Place) -> None:
    page = site.get("/agenda/najaarscarrousel").text
    for text in (
        "donderdag 16 oktober 2025, 9.30 tot 12 uur",
        "vanaf 9 uur",
        "Stadhuis Dordrecht, Stadhuisplein 1, Dordrecht",
        "donderdag 9 oktober 2025",
        "Team cybercrime",
        "RIEC Rotterdam",
        "<strong>Drie tafels</strong>",
        "calendar.google.com",
        "outlook.office.com",
        "/agenda/najaarscarrousel/aanmelden",
    ):
        assert text in page


def test_english_pages_are_english(site: Place) -> None:
    page = site.get("/en/agenda/najaarscarrousel").text
    assert '<html lang="en">' in page
    assert "Thursday 16 October 2025, 9:30 to 12:00" in page
    assert 'href="/agenda/najaarscarrousel"' in page  # the switch back
    assert "Aanmelden kan" not in page


@pytest.mark.parametrize("tail", ["", ".ics", "/aanmelden"])
def test_unknown_network_and_closed_events_answer_alike(site: Place, tail: str) -> None:
    answers = [
        site.get(f"/agenda/{key}{tail}")
        for key in ("bestaat-niet", "leerhuis-november", "werksessie-besloten")
    ]
    assert [one.status_code for one in answers] == [404, 404, 404]
    assert len({one.text for one in answers}) == 1
    assert len({tuple(one.headers.items()) for one in answers}) == 1


@pytest.mark.parametrize("key", ["%00", "a%0Ab", "..", "x" * 5000, "%F0%9F%98%80"])
def test_odd_keys_are_not_found(site: Place, key: str) -> None:
    assert site.get(f"/agenda/{key}").status_code in {404, 302, 307}


def test_feed_names_public_events_and_marks_cancelled(site: Place) -> None:
    answer = site.get("/agenda.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY;LANGUAGE=nl:Najaarscarrousel: digitaal weerbaar" in answer.text
    assert "UID:najaarscarrousel@" in answer.text
    assert answer.text.count("STATUS:CANCELLED") == 2
    assert "ATTENDEE" not in answer.text


def test_feed_answers_304_until_something_changes(site: Place) -> None:
    first = site.get("/agenda.ics")
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-Modified-Since": modified},
    ):
        again = site.get("/agenda.ics", headers=headers)
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
    stale = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert site.get("/agenda.ics", headers=stale).status_code == 200
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "najaarscarrousel")).one()
        event.title = "Najaarscarrousel: nieuwe titel"
        event.changed_at = NOW
    changed = site.get("/agenda.ics", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["last-modified"] != modified


def test_hidden_event_leaves_the_feed(site: Place) -> None:
    etag = site.get("/agenda.ics").headers["etag"]
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == "najaarscarrousel")).one()
        event.visibility = Visibility.CLOSED
    answer = site.get("/agenda.ics", headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert "Najaarscarrousel" not in answer.text


def test_one_event_as_a_file(site: Place) -> None:
    answer = site.get("/agenda/najaarscarrousel.ics")
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert "X-WR-CALNAME" not in answer.text
    assert site.get("/agenda/netwerklunches.ics").status_code == 404


def test_nothing_coming_is_said(site: Place) -> None:
    site.app.clock.advance(timedelta(days=200))  # type: ignore[attr-defined]
    page = site.get("/agenda").text
    assert "Er staat nu geen bijeenkomst gepland." in page
    assert "Najaarscarrousel" in page  # under "Eerder"


def test_text_of_staff_cannot_bring_markup(site: Place) -> None:
    with site.app.database.writing() as session:
        session.add(
            make_event(
                "stout",
                "<script>alert(1)</script>",
                "webinar",
                date(2025, 12, 1),
                place="<b>hier</b>",
                description="<script>x</script> [klik](javascript:alert(1)) ![i](http://a/b.png)",
            )
        )
    page = site.get("/agenda/stout").text
    assert "<script>" not in page
    assert "<b>hier</b>" not in page
    assert 'href="javascript:' not in page
    assert "<img" not in page
