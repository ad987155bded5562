"""What a partner's colleague sees: one event, its figures and its guests, for as long as it is good."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.web.conftest import Place
from tests.web.test_answering import ids
from var_outreach.agenda.model import Event
from var_outreach.agenda.questions import BUILT_IN, questions_as_json
from var_outreach.errors import InputError
from var_outreach.news.model import NewsItem
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.staff import partners
from var_outreach.staff.partners import Access

UNTIL = date(2025, 11, 20)
KEY = "leerhuis-november"


def grant(site: Place, key: str = KEY) -> Access:
    return partners.grant(
        site.app, key, name="Robin Collega", partner="riec", until_on=UNTIL, by="kernteam A"
    )


def path(access: Access) -> str:
    return access.url.removeprefix("http://testserver")


def fill(site: Place) -> None:
    """Let one come with a diet and a number plate, one decline, one wait; one stays silent."""
    (mayor,) = ids(site, site.seeded.mayor)
    first, second, _silent = ids(site, site.seeded.shared)
    with site.app.database.writing() as session:
        event = session.scalars(select(Event).where(Event.key == KEY)).one()
        event.questions = questions_as_json([BUILT_IN["kenteken"]])
        event.capacity = 1
        for number, choice in ((mayor, "accepted"), (first, "declined"), (second, "accepted")):
            said = Answer(RegistrationState(choice), note="Graag vooraan", diet="Glutenvrij",
                          replies={"kenteken": "12-AB-34"})  # fmt: skip
            row = session.get_one(Registration, number)
            record_answer(session, row, said, via="page", now=site.app.clock.now())
        for partner, title in (
            ("riec", "Oefenen met het RIEC"),
            ("politie", "Iets van de politie"),
        ):
            session.add(
                NewsItem(source="t", source_key=title, title=title, summary="Kort.",
                         url="https://riec.example/nieuws", partner=partner,
                         published_on=date(2025, 9, 1), found_at=site.app.clock.now())
            )  # fmt: skip


def test_the_page_shows_the_event_its_figures_and_its_guests(site: Place) -> None:
    fill(site)
    page = site.get(path(grant(site))).text
    assert "Leerhuis Ondermijning" in page
    assert "Stadhuis Dordrecht" in page
    assert "Robin Collega, RIEC Rotterdam" in page
    for words, count in (("Komt", 1), ("Op de wachtlijst", 1), ("Komt niet", 1),
                         ("Nog geen antwoord", 1), ("Misschien", 0)):  # fmt: skip
        assert f'<th scope="row">{words}</th><td>{count}</td>' in page
    assert "Marit Voorbeeld</th><td>burgemeester</td><td>Gemeente Dordrecht" in page
    assert "Oefenen met het RIEC" in page


@pytest.mark.parametrize(
    "hidden",
    ["mv@dordrecht.example", "@dordrecht", "Glutenvrij", "12-AB-34", "Graag vooraan",
     "Iets van de politie", "/antwoord/", "/mijn/", "Werksessie", "Weerbare wijken"],
)  # fmt: skip
def test_it_shows_nothing_else(site: Place, hidden: str) -> None:
    fill(site)
    for prefix in ("", "/en"):
        assert hidden not in site.get(prefix + path(grant(site))).text


def test_who_was_taken_off_counts_nowhere(site: Place) -> None:
    page = site.get(path(grant(site, "leerhuis-december"))).text
    assert "Komt niet</th><td>0</td>" in page
    assert "Marit Voorbeeld" not in page


def test_unknown_revoked_and_expired_answer_alike(site: Place) -> None:
    unknown = site.get(f"/partner/{'a' * 26}")
    assert unknown.status_code == 404
    assert site.get("/partner/geen-token").text == unknown.text
    revoked, expired = grant(site), grant(site)
    partners.revoke(site.app, revoked.id)
    assert site.get(path(revoked)).text == unknown.text
    assert site.get(path(expired)).status_code == 200
    site.app.clock.move_to(site.app.clock.now() + timedelta(days=66))  # type: ignore[attr-defined]
    assert site.get(path(expired)).status_code == 200, "its last day, 20 November"
    site.app.clock.move_to(site.app.clock.now() + timedelta(days=1))  # type: ignore[attr-defined]
    gone = site.get(path(expired))
    assert (gone.status_code, gone.text) == (404, unknown.text)
    assert gone.headers.items() == unknown.headers.items()


def test_nobody_keeps_or_finds_the_page(site: Place) -> None:
    for answer in (site.get(path(grant(site))), site.get(f"/partner/{'a' * 26}")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert "Disallow: /partner/" in site.get("/robots.txt").text


def test_a_grant_names_somebody_and_ends_later(site: Place) -> None:
    with pytest.raises(InputError, match="is over"):
        partners.grant(site.app, KEY, name="Robin", until_on=date(2025, 9, 14), by="kernteam A")
    with pytest.raises(InputError, match="for whom"):
        partners.grant(site.app, KEY, name=" ", until_on=UNTIL, by="kernteam A")
    with pytest.raises(InputError, match="Did you mean 'riec'"):
        partners.grant(site.app, KEY, name="R", partner="rie", until_on=UNTIL, by="kernteam A")


def test_staff_see_what_was_granted(site: Place) -> None:
    one, two = grant(site), grant(site)
    partners.revoke(site.app, one.id)
    site.app.clock.move_to(site.app.clock.now() + timedelta(days=70))  # type: ignore[attr-defined]
    listed = [row for row in partners.list_access(site.app, KEY) if row.made_by == "kernteam A"]
    assert [(row.id, row.state) for row in listed] == [
        (one.id, "revoked"), (two.id, "expired")]  # fmt: skip
    assert partners.list_access(site.app, "leerhuis-december") == []
