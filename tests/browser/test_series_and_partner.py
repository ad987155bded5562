"""Questions, the page of all dates and the page of a partner: axe, the keyboard alone, a phone."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Live
from tests.browser.test_axe import SIZES, violations
from tests.browser.test_keyboard import press_button, state, tab_to
from tests.seeding.site import DOMAIN, NOW, Invited, make_event
from var_outreach.agenda.model import Event, Visibility
from var_outreach.agenda.questions import BUILT_IN, Question, QuestionKind, questions_as_json
from var_outreach.news.model import NewsItem
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import RegistrationState
from var_outreach.registrations.store import invitation_by_token

ASKED = (
    BUILT_IN["kenteken"],
    Question("borrel", "Blijft u bij de borrel?", "", QuestionKind.YES_NO, required=True),
    Question("vervoer", "Hoe komt u?", "How do you travel?", QuestionKind.CHOICE,
             ("met de auto", "met de trein")),
)  # fmt: skip
DAYS = {"leerhuis-februari": date(2026, 2, 9), "leerhuis-april": date(2026, 4, 13)}


@pytest.fixture
def tokens(live: Live) -> dict[str, str]:
    """Two more leerhuizen for the mayor, and questions at those that are open to somebody."""
    found = {}
    with live.app.database.writing() as session:
        for event in session.scalars(
            select(Event).where(Event.key.in_(["leerhuis-november", "najaarscarrousel"]))
        ):
            event.questions = questions_as_json(ASKED)
        mayor = session.scalars(
            select(Contact).where(Contact.token == live.seeded.mayor_page)
        ).one()
        office = session.scalars(select(Function).where(Function.holder_id == mayor.id)).one()
        for key, day in DAYS.items():
            event = make_event(key, f"Leerhuis {key.partition('-')[2]}", "leerhuis", day,
                               visibility=Visibility.NETWORK, place="Stadhuis Dordrecht")  # fmt: skip
            session.add(event)
            session.flush()
            row = invite(
                session, event, Invited(mayor.id, (office.id,)), uid_domain=DOMAIN, now=NOW
            )
            found[key] = row.token
        session.add(
            NewsItem(source="t", source_key="1", title="Oefenen aan de balie", summary="Drie oefenden.",
                     url="https://riec.example/nieuws", partner="riec",
                     published_on=date(2025, 9, 1), found_at=NOW)
        )  # fmt: skip
        desk = invitation_by_token(session, live.seeded.shared)
        assert desk is not None
        yes = Answer(RegistrationState.ACCEPTED, "Wie Komt")
        record_answer(session, desk.registrations[0], yes, via="calendar", now=NOW)
    return found


def series(live: Live) -> str:
    return f"/mijn/{live.seeded.mayor_page}/reeks/leerhuis"


@pytest.mark.parametrize("size", sorted(SIZES))
def test_no_page_has_a_violation(
    live: Live, tokens: dict[str, str], browser: Browser, size: str
) -> None:
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    seeded, reports = live.seeded, {}
    for path in (
        f"/antwoord/{seeded.mayor}?keuze=ja",
        f"/en/antwoord/{seeded.mayor}",
        f"/antwoord/{seeded.shared}/klaar",
        "/agenda/najaarscarrousel/aanmelden",
        f"/mijn/{seeded.mayor_page}",
        series(live),
        f"/en{series(live)}?bewaard=ja",
        f"/partner/{seeded.partner}",
        f"/en/partner/{seeded.partner}",
        f"/partner/{'a' * 26}",
    ):
        page.goto(live.base + path)
        reports[path] = violations(page)
    page.goto(live.base + series(live))
    page.get_by_role("button", name="Verstuur deze antwoorden").click()
    assert page.title().startswith("Fout: ")
    reports["all dates with errors"] = violations(page)
    page.goto(f"{live.base}/antwoord/{seeded.mayor}?keuze=ja")
    page.get_by_role("button", name="Verstuur mijn antwoord").click()
    assert page.title().startswith("Fout: ")
    reports["questions with errors"] = violations(page)
    context.close()
    assert {path: report for path, report in reports.items() if report} == {}


def test_targets_are_large_enough(live: Live, tokens: dict[str, str], page: Page) -> None:
    for path in (series(live), f"/antwoord/{live.seeded.mayor}?keuze=ja"):
        page.goto(live.base + path)
        for target in page.locator("button, a.button, .choice label, fieldset .meta a").all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 44, target.inner_text()


def test_all_dates_are_answered_with_the_keyboard(
    live: Live, tokens: dict[str, str], page: Page
) -> None:
    page.goto(f"{live.base}/mijn/{live.seeded.mayor_page}")
    tab_to(page, "main a.button")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Antwoord in een keer")
    expect(page.locator("fieldset")).to_have_count(3)
    groups = page.locator("fieldset").all()
    for number, presses in ((1, 0), (2, 2)):
        name = groups[number].locator("input").first.get_attribute("name")
        tab_to(page, f"input[name={name}]")
        page.keyboard.press("Space")
        for _ in range(presses):
            page.keyboard.press("ArrowDown")
    press_button(page)
    expect(page.locator("[role=status]")).to_contain_text("Uw antwoorden zijn bewaard.")
    answers = {key: state(live, token) for key, token in tokens.items()}
    assert answers == {
        "leerhuis-februari": RegistrationState.ACCEPTED,
        "leerhuis-april": RegistrationState.DECLINED,
    }
    assert state(live, live.seeded.mayor) is RegistrationState.INVITED


def test_a_question_without_a_reply_takes_the_focus(
    live: Live, tokens: dict[str, str], page: Page
) -> None:
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}?keuze=ja")
    press_button(page)
    expect(page.locator(".summary")).to_be_focused()
    tab_to(page, ".summary a")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("input[id$=borrel]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name$=borrel][value=nee]")).to_be_checked()
    expect(page.locator("textarea[name$=kenteken]")).to_be_visible()
    press_button(page)
    expect(page.locator("h1")).to_have_text("U bent aangemeld")


def test_who_does_not_come_is_asked_nothing(live: Live, tokens: dict[str, str], page: Page) -> None:
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}?keuze=nee")
    expect(page.locator("textarea[name$=kenteken]")).to_be_hidden()
    expect(page.locator("input[name$=borrel]").first).to_be_hidden()
