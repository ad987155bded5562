"""The acts of an invitee and a reader, without JavaScript and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import RegistrationState
from var_outreach.registrations.store import invitation_by_token

MANY = 60


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until ``selector`` has the focus."""
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} is not reached with {MANY} tabs on {page.url}")


def state(live: Live, token: str) -> RegistrationState:
    with live.app.database.reading() as session:
        found = invitation_by_token(session, token)
        assert found is not None
        return found.registrations[0].state


def press_button(page: Page) -> None:
    tab_to(page, "main form button")
    page.keyboard.press("Enter")


def test_answer_and_change_it(live: Live, page: Page) -> None:
    token = live.seeded.mayor
    page.goto(f"{live.base}/antwoord/{token}")
    tab_to(page, "input[value=ja]")
    page.keyboard.press("Space")
    tab_to(page, "input[name^=naam]")
    page.keyboard.press("Control+A")
    page.keyboard.type("Sanne Plaatsvervanger")
    tab_to(page, "textarea[name^=dieet]")
    page.keyboard.type("Geen noten")
    press_button(page)
    expect(page.locator("h1")).to_have_text("U bent aangemeld")
    expect(page.locator("main")).to_contain_text("Sanne Plaatsvervanger")
    assert state(live, token) is RegistrationState.ACCEPTED
    tab_to(page, "main a.button")
    page.keyboard.press("Enter")
    expect(page.locator("input[value=ja]")).to_be_checked()
    tab_to(page, "input[value=ja]")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=nee]")).to_be_checked()
    expect(page.locator("input[name^=naam]")).to_be_hidden()
    press_button(page)
    expect(page.locator("h1")).to_have_text("U bent afgemeld")
    assert state(live, token) is RegistrationState.CANCELLED


def test_send_somebody_else_and_a_colleague_with_the_keyboard(live: Live, page: Page) -> None:
    token = live.seeded.mayor
    page.goto(f"{live.base}/antwoord/{token}")
    expect(page.locator("input[id^=ander][id$=naam]")).to_be_hidden()
    tab_to(page, "input[value=ja]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=ander]")).to_be_checked()
    expect(page.locator("input[name^=naam]")).to_be_hidden()
    tab_to(page, "input[id^=ander][id$=naam]")
    page.keyboard.type("Els Plaatsvervanger")
    tab_to(page, "input[id^=ander][id$=adres]")
    page.keyboard.type("els@dordrecht.example")
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "input[id^=collega][id$='1-naam']")
    page.keyboard.type("Anna Adviseur")
    tab_to(page, "#namens")
    page.keyboard.type("Saskia Secretaris")
    press_button(page)
    expect(page.locator("h1")).to_have_text("Els Plaatsvervanger komt in uw plaats")
    expect(page.locator("main")).to_contain_text("Anna Adviseur")
    assert state(live, token) is RegistrationState.REPRESENTED


def test_come_by_a_forwarded_link_with_the_keyboard(live: Live, page: Page) -> None:
    for path, words in (
        (f"/antwoord/{live.seeded.mayor}/ook-komen", "Wij hebben uw vraag"),
        (f"/groep/{live.seeded.group}", "Uw aanmelding is binnen"),
    ):
        page.goto(live.base + path)
        tab_to(page, "#naam")
        page.keyboard.type("Lieke Nieuw")
        tab_to(page, "#adres")
        page.keyboard.type("lieke@elders.example")
        press_button(page)
        expect(page.locator("h1")).to_have_text(words)


def test_choice_from_the_mail_needs_one_press(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}?keuze=misschien")
    expect(page.locator("input[value=misschien]")).to_be_checked()
    assert state(live, live.seeded.mayor) is RegistrationState.INVITED
    press_button(page)
    expect(page.locator("h1")).to_have_text("U komt misschien")


def test_full_event_leads_to_the_waiting_list(live: Live, page: Page) -> None:
    with live.app.database.writing() as session:
        found = invitation_by_token(session, live.seeded.shared)
        assert found is not None
        for one in found.registrations[:2]:
            yes = Answer(RegistrationState.ACCEPTED, "Wie Komt")
            record_answer(session, one, yes, via="page", now=live.app.clock.now())
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}?keuze=ja")
    expect(page.locator("main")).to_contain_text("De bijeenkomst is vol.")
    press_button(page)
    expect(page.locator("h1")).to_contain_text("U bent nummer 1 op de wachtlijst")


def test_register_for_an_open_event_and_for_a_full_one(live: Live, page: Page) -> None:
    for key, words in (
        ("najaarscarrousel", "Uw aanmelding is binnen"),
        ("webinar-uitbuiting", "u komt op de wachtlijst"),
    ):
        page.goto(f"{live.base}/agenda/{key}")
        tab_to(page, "main a.button")
        page.keyboard.press("Enter")
        tab_to(page, "#naam")
        page.keyboard.type("Lieke Nieuw")
        tab_to(page, "#adres")
        page.keyboard.type("lieke@capelle.example")
        press_button(page)
        expect(page.locator("h1")).to_contain_text(words)


def test_leave_the_newsletter(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/uitschrijven/{live.seeded.leave}")
    press_button(page)
    expect(page.locator("h1")).to_have_text("U bent uitgeschreven")


def test_errors_take_the_focus_and_lead_to_the_field(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/inschrijven")
    tab_to(page, "#adres")
    page.keyboard.type("geen adres")
    press_button(page)
    expect(page).to_have_title("Fout: Inschrijven voor de nieuwsbrief | VAR")
    expect(page.locator(".summary")).to_be_focused()
    tab_to(page, ".summary a")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#adres")).to_be_focused()
    expect(page.locator("#adres")).to_have_value("geen adres")


def test_first_tab_skips_to_the_content(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/agenda")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main a:focus").count() == 1


def test_every_stop_shows_its_focus(live: Live, page: Page) -> None:
    for path in ("/agenda", f"/antwoord/{live.seeded.shared}", f"/mijn/{live.seeded.reader_page}"):
        page.goto(live.base + path)
        stops = 0
        for _ in range(MANY):
            page.keyboard.press("Tab")
            focus = page.locator(":focus")
            if not focus.count():
                break
            # A radio button or check box shows it on its label.
            seen = focus.evaluate(
                "one => { const box = one.matches('.choice input') ? one.nextElementSibling : one;"
                " const style = getComputedStyle(box);"
                " return [style.outlineStyle, parseFloat(style.outlineWidth)]; }"
            )
            assert seen == ["solid", 3], focus.evaluate("one => one.outerHTML")
            stops += 1
        assert stops > 8


def test_switch_to_english_and_back_keeps_the_page(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/antwoord/{live.seeded.mayor}?keuze=ja")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("input[value=ja]")).to_be_checked()
    page.get_by_role("link", name="Nederlands").click()
    expect(page.get_by_role("button", name="Verstuur mijn antwoord")).to_be_visible()
