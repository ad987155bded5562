"""The pages of workshops and speakers: axe, the keyboard alone, and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Live
from tests.browser.test_axe import SIZES, violations
from tests.browser.test_keyboard import press_button, tab_to
from tests.seeding.programme import Programme, seed_programme


@pytest.fixture
def programme(live: Live) -> Programme:
    """A conference with workshops and speakers."""
    return seed_programme(live.app.database)


def paths(programme: Programme) -> list[str]:
    """Return every page of workshops and speakers, and those that lead to them."""
    return [
        f"/antwoord/{programme.guest}",
        f"/antwoord/{programme.guest}/klaar",
        f"/antwoord/{programme.guest}/workshops",
        f"/antwoord/{programme.waiting}/workshops?bewaard=klaar",
        f"/en/antwoord/{programme.waiting}/workshops",
        f"/spreker/{programme.speaker}",
        f"/spreker/{programme.confirmed}?bewaard=klaar",
        f"/en/spreker/{programme.confirmed}",
        "/agenda/conferentie-workshops",
    ]


@pytest.mark.parametrize("size", sorted(SIZES))
def test_no_page_has_a_violation(
    live: Live, programme: Programme, browser: Browser, size: str
) -> None:
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    reports = {}
    for path in paths(programme):
        page.goto(live.base + path)
        reports[path] = violations(page)
    page.goto(f"{live.base}/spreker/{programme.speaker}")
    page.get_by_role("button", name="Bewaar").click()
    assert page.title().startswith("Fout: ")
    reports["speaker with errors"] = violations(page)
    page.goto(f"{live.base}/antwoord/{programme.guest}/workshops")
    page.get_by_role("button", name="Bewaar mijn keuze").click()
    assert page.title().startswith("Fout: ")
    reports["workshops with errors"] = violations(page)
    context.close()
    assert {path: report for path, report in reports.items() if report} == {}


def test_targets_are_large_enough(live: Live, programme: Programme, page: Page) -> None:
    for path in (f"/antwoord/{programme.guest}/workshops", f"/spreker/{programme.speaker}"):
        page.goto(live.base + path)
        for button in page.locator("button, a.button, .choice label, summary").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, button.inner_text()


def test_choose_wait_and_change_with_the_keyboard(
    live: Live, programme: Programme, page: Page
) -> None:
    page.goto(f"{live.base}/antwoord/{programme.guest}")
    tab_to(page, "main a.button")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Uw workshops")
    first, second = (page.locator("fieldset").nth(number) for number in (0, 1))
    tab_to(page, "fieldset:nth-of-type(1) input")
    page.keyboard.press("ArrowDown")
    expect(first.locator("input").nth(1)).to_be_checked()
    press_button(page)
    expect(page.get_by_role("status")).to_contain_text("Wij hebben uw keuze.")
    expect(first).to_contain_text("Nu: Signalen van ondermijning in de wijk, Havenkamer.")
    tab_to(page, "fieldset:nth-of-type(1) input")
    page.keyboard.press("ArrowUp")
    press_button(page)
    expect(first).to_contain_text("U staat op de wachtlijst van: Samen kijken naar zorgmijders.")
    expect(first).to_contain_text("Tot er plek is, houdt u uw eigen workshop.")
    expect(second.locator("input:checked")).to_have_count(0)


def test_a_speaker_confirms_with_the_keyboard(live: Live, programme: Programme, page: Page) -> None:
    page.goto(f"{live.base}/spreker/{programme.speaker}")
    press_button(page)
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator(".summary")).to_contain_text("Kies of u komt spreken.")
    tab_to(page, ".summary a")
    page.keyboard.press("Enter")
    expect(page.locator("#keuze")).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, "#presentatie")
    page.keyboard.type("https://dia.example/jaar")
    press_button(page)
    expect(page.get_by_role("status")).to_contain_text("Wij hebben het bewaard.")
    page.goto(f"{live.base}/agenda/conferentie-workshops")
    expect(page.locator("table.programme")).to_contain_text("Noor Spreker")
