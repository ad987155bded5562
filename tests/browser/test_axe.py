"""Every page under axe, light and dark, on a phone and on a desktop."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Live

ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""All that dark colours can change; the rest of a page is the same."""
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}


def pages(live: Live) -> list[str]:
    seeded = live.seeded
    signed = live.app.signer.sign("subscribe", str(seeded.pending_id))
    return [
        "/agenda",
        "/en/agenda?thema=mensenhandel",
        "/agenda/najaarscarrousel",
        "/agenda/carrousel-jeugd",
        "/agenda/voorjaarscarrousel",
        "/agenda/netwerklunches",
        "/agenda/najaarscarrousel/aanmelden",
        "/agenda/webinar-uitbuiting/aanmelden",
        "/agenda/conferentie-2025/aanmelden",
        "/agenda/najaarscarrousel/aanmelden?ontvangen=plek",
        "/agenda/webinar-uitbuiting/aanmelden?ontvangen=wachtlijst",
        f"/antwoord/{seeded.mayor}?keuze=ja",
        f"/antwoord/{seeded.shared}",
        f"/antwoord/{seeded.mayor}/ook-komen",
        f"/antwoord/{seeded.mayor}/ook-komen?ontvangen=vraag",
        f"/antwoord/{seeded.mayor}/ook-komen?ontvangen=kantoor",
        f"/groep/{seeded.group}",
        f"/groep/{seeded.group_full}",
        f"/groep/{seeded.group}?ontvangen=wachtlijst",
        f"/antwoord/{seeded.late}",
        f"/antwoord/{seeded.late}/klaar",
        f"/antwoord/{seeded.off}",
        f"/antwoord/{seeded.past}",
        f"/antwoord/{seeded.withdrawn}",
        f"/lijst/{seeded.list_check}",
        f"/en/lijst/{seeded.list_check}?bewaard=ja",
        f"/mijn/{seeded.mayor_page}?bewaard=ja",
        f"/mijn/{seeded.reader_page}",
        "/inschrijven",
        "/inschrijven?verstuurd=ja",
        f"/inschrijven/bevestig/{signed}",
        f"/uitschrijven/{seeded.leave}",
        "/nieuwsbrief",
        "/nieuwsbrief/2025-09",
        "/toegankelijkheid",
        "/privacy",
        "/en/bestaat-niet",
    ]


def violations(page: Page) -> str:
    """Return axe's reports in light and dark, empty if it found nothing; and what sticks out."""
    found = ""
    for scheme, rules in (("light", ALL), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        results = Axe().run(page, options=rules)
        found += results.generate_report() if results.violations_count else ""
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return found + ("the page scrolls sideways" if wide else "")


@pytest.mark.parametrize("size", sorted(SIZES))
def test_no_page_has_a_violation(live: Live, browser: Browser, size: str) -> None:
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    reports = {}
    for path in pages(live):
        page.goto(live.base + path)
        reports[path] = violations(page)
    page.goto(f"{live.base}/agenda/najaarscarrousel/aanmelden")
    page.get_by_role("button", name="Meld mij aan").click()
    assert page.title().startswith("Fout: ")
    reports["the form with errors"] = violations(page)
    page.goto(f"{live.base}/antwoord/{live.seeded.shared}")
    page.locator("input[value=ja]").first.check()
    page.locator("input[name^=naam]").first.fill("Sanne Plaatsvervanger")
    page.get_by_role("button", name="Verstuur deze antwoorden").click()
    assert page.url.endswith("/klaar")
    reports["three answers"] = violations(page)
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}")
    page.locator("input[value=ander]").check()
    page.locator("summary").click()
    page.locator("input[id^=collega][id$='1-adres']").fill("geen adres")
    reports["somebody else comes"] = violations(page)
    page.get_by_role("button", name="Verstuur mijn antwoord").click()
    reports["somebody else, with errors"] = violations(page)
    page.locator("input[id^=ander][id$=naam]").fill("Els Plaatsvervanger")
    page.locator("input[id^=collega][id$='1-naam']").fill("Anna Adviseur")
    page.locator("input[id^=collega][id$='1-adres']").fill("anna@dordrecht.example")
    page.get_by_role("button", name="Verstuur mijn antwoord").click()
    assert page.url.endswith("/klaar")
    reports["somebody else came"] = violations(page)
    page.get_by_role("link", name="Wijzig uw antwoord").click()
    reports["the answer of an office that is represented"] = violations(page)
    context.close()
    assert {path: report for path, report in reports.items() if report} == {}


def test_axe_finds_what_is_wrong(live: Live, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live.base}/agenda")
    page.evaluate("document.documentElement.style.setProperty('--muted', '#A0A0A0')")
    assert "color-contrast" in violations(page)
    page.evaluate("document.querySelector('h1').outerHTML = '<img src=\"/static/icon.svg\">'")
    assert "image-alt" in violations(page)
    context.close()


def test_targets_are_large_enough(live: Live, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    seeded = live.seeded
    for path in (
        "/agenda",
        f"/antwoord/{seeded.shared}",
        f"/groep/{seeded.group}",
        f"/mijn/{seeded.reader_page}",
    ):
        page.goto(live.base + path)
        targets = "button, a.button, .choice label, .filter a, nav a, summary"
        for button in page.locator(targets).all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, button.inner_text()
    context.close()
