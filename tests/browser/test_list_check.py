"""Looking through a list of offices, without JavaScript and with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Live
from tests.browser.test_axe import violations
from tests.browser.test_keyboard import press_button, tab_to
from var_outreach.people.model import Contact, Function, ListCheck


def mayor(live: Live) -> Function:
    with live.app.database.reading() as session:
        found = session.scalars(select(Function).where(Function.role == "burgemeester")).first()
        assert found is not None
        session.expunge(found)
        return found


def test_the_list_is_right_with_one_press(live: Live, page: Page) -> None:
    page.goto(f"{live.base}/lijst/{live.seeded.list_check}")
    expect(page.get_by_role("button", name="Ja, deze lijst klopt")).to_be_visible()
    expect(page.get_by_role("button", name="Verstuur mijn wijzigingen")).to_be_hidden()
    tab_to(page, "main form button.only-right")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Uw antwoord is bewaard")
    with live.app.database.reading() as session:
        check = session.scalars(select(ListCheck)).one()
        assert check.answered_at is not None
        assert check.corrections == []


def test_a_successor_is_named_by_keyboard(live: Live, page: Page) -> None:
    key = mayor(live).id
    page.goto(f"{live.base}/lijst/{live.seeded.list_check}")
    expect(page.locator(f"#naam-{key}")).to_be_hidden()
    tab_to(page, f"input[name=rij-{key}]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"input[name=rij-{key}][value=opvolger]")).to_be_checked()
    tab_to(page, f"#naam-{key}")
    page.keyboard.type("Iris Opvolger")
    tab_to(page, f"#adres-{key}")
    page.keyboard.type("geen adres")
    press_button(page)
    expect(page).to_have_title("Fout: Klopt deze lijst? | VAR")
    expect(page.locator(".summary")).to_be_focused()
    tab_to(page, ".summary a")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(f"#adres-{key}")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("iris@dordrecht.example")
    press_button(page)
    expect(page.get_by_role("status")).to_contain_text("Uw antwoord is bewaard")
    expect(page.locator("main")).to_contain_text("Iris Opvolger")
    with live.app.database.reading() as session:
        assert session.scalars(select(Contact).where(Contact.name == "Iris Opvolger")).one()
    assert mayor(live).until_on is not None


def test_no_violation_when_all_of_it_is_open(live: Live, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{live.base}/lijst/{live.seeded.list_check}")
    page.locator("label", has_text="Opvolger").first.click()
    page.locator("summary").first.click()
    page.locator("#naam-nieuw-1").fill("Wie Dan")
    for target in page.locator("main button:visible, .choice label, summary").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44, target.inner_text()
    assert violations(page) == ""
    page.get_by_role("button", name="Verstuur mijn wijzigingen").click()
    assert page.title().startswith("Fout: ")
    expect(page.locator("#functie-nieuw-1")).to_be_visible()
    assert violations(page) == ""
    context.close()
