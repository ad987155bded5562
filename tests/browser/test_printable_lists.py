"""A list as a page, in a real browser: no violation, and it fits a phone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.test_axe import SIZES, violations
from var_outreach.reporting.printable import sheet_as_html
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet

HEADING = Heading(
    event_key="2026-03-24-conferentie",
    event_title="Conferentie Zorg en Veiligheid",
    when="dinsdag 24 maart 2026, 9.30 tot 17 uur",
    where="De Kuip, Rotterdam",
    printed="1 maart 2026, 9 uur",
    made_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
)


def page_of_lists() -> str:
    columns = (
        Column("Organisatie", 2),
        Column("Nummer", number=True),
        *(Column(f"Kolom {number}") for number in range(5)),
    )
    row: tuple[str | int, ...] = (
        "Gemeente Krimpen aan den IJssel",
        12,
        *["Ada van der Berg (beleidsadviseur)"] * 5,
    )
    sections = (
        Section("Gemeenten", columns, (row, row)),
        Section("Andere organisaties", columns, ()),
    )
    sheet = Sheet("proef", "Overzicht per gemeente", HEADING, sections, ("Er komen 3 mensen.",))
    return sheet_as_html(sheet, network="VeiligheidsAlliantie regio Rotterdam")


@pytest.mark.parametrize("size", sorted(SIZES))
def test_a_list_as_a_page_has_no_violation(browser: Browser, tmp_path: Path, size: str) -> None:
    file = tmp_path / "lijst.html"
    file.write_text(page_of_lists(), "utf-8")
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(file.as_uri())
    assert violations(page) == ""
    # A table that is wider than a phone is scrolled by itself, also with the keyboard.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    context.close()
