"""What pages and feeds say of a postponed event, and of what is held instead of it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.web.conftest import Place
from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.agenda.store import change_event
from var_outreach.agenda.succession import make_successor

DAY = date(2026, 3, 16)


@pytest.fixture
def old(site: Place) -> str:
    """The key of the public event of the seeded year that is postponed."""
    with site.app.database.reading() as session:
        query = select(Event.key).where(Event.state == EventState.POSTPONED)
        return session.scalars(query).one()


def succeed(site: Place, old: str, **fields: object) -> str:
    zone, now = site.app.settings.zone, site.app.clock.now()
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == old)).one()
        values = {"on_date": DAY, **fields}
        return make_successor(session, event, values, by="staf", now=now, zone=zone).key


def test_a_postponed_event_says_so_everywhere(site: Place, old: str) -> None:
    page = site.get(f"/agenda/{old}").text
    assert "Uitgesteld, datum volgt." in page
    assert "U hoort het als er een nieuwe datum is." in page
    assert "Uitgesteld. Eerst gepland op donderdag 9 oktober 2025" in page
    assert "Gaat niet door" not in page
    english = site.get(f"/en/agenda/{old}").text
    assert "Postponed, date to follow" in english
    feed = site.get("/agenda.ics").text.replace("\r\n ", "")
    assert "SUMMARY;LANGUAGE=nl:Uitgesteld\\, datum volgt: " in feed


def test_a_successor_is_linked_and_the_old_one_is_moved(site: Place, old: str) -> None:
    new = succeed(site, old)
    page = site.get(f"/agenda/{old}").text
    assert "Verplaatst." in page
    assert f'<a href="/agenda/{new}">maandag 16 maart 2026</a>' in page
    assert "Verplaatst" in site.get("/agenda").text
    english = site.get(f"/en/agenda/{old}").text
    assert f'<a href="/en/agenda/{new}">Monday 16 March 2026</a>' in english
    assert site.get(f"/agenda/{new}").status_code == 200


@pytest.mark.parametrize("hidden", [Visibility.CLOSED, Visibility.NETWORK])
def test_a_successor_that_is_not_public_is_not_told_of(
    site: Place, old: str, hidden: Visibility
) -> None:
    new = succeed(site, old, visibility=hidden)
    for path in (f"/agenda/{old}", "/agenda", "/agenda.ics", "/sitemap.xml"):
        assert new not in site.get(path).text
    assert "Uitgesteld, datum volgt." in site.get(f"/agenda/{old}").text


def test_a_successor_that_is_off_is_none(site: Place, old: str) -> None:
    new = succeed(site, old)
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == new)).one()
        off = {"state": EventState.CANCELLED}
        change_event(session, event, off, by="staf", now=site.app.clock.now())
    assert "Uitgesteld, datum volgt." in site.get(f"/agenda/{old}").text
