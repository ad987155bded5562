"""Mail in a real browser: no sideways scrolling on a phone, axe content in both modes."""

from __future__ import annotations

from html import escape

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from var_outreach.composing.content import fill_places
from var_outreach.composing.facts import MailKind
from var_outreach.composing.samples import SAMPLE_NETWORK, sample_content, sample_places

VALUES = {name: escape(value) for name, value in sample_places(SAMPLE_NETWORK.base_url).items()}

OF_PAGES = {name: {"enabled": False} for name in ("region", "landmark-one-main")}
"""Rules about the landmarks of a page: those are the mail reader's."""

KINDS = (
    MailKind.INVITATION,
    MailKind.UPDATE,
    MailKind.CONFIRMATION,
    MailKind.NEWSLETTER,
    MailKind.AD_HOC,
)
"""The kinds that between them use every part of the looks."""


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_mail_fits_a_phone_and_axe_finds_nothing(
    browser: Browser, kind: MailKind, mode: str
) -> None:
    variant = sample_content(kind).variants[0]
    page = browser.new_page(
        viewport={"width": 360, "height": 700},
        color_scheme="dark" if mode == "dark" else "light",
    )
    try:
        page.route("**/*", lambda route: route.abort())
        page.set_content(fill_places(variant.html, VALUES))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(17, 24, 27)" if mode == "dark" else "rgb(247, 246, 243)")
        found = Axe().run(page, options={"rules": OF_PAGES})
        assert found.violations_count == 0, found.generate_report()
    finally:
        page.close()
