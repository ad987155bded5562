"""What every mail must be, whatever its kind: readable in light and dark, by eye and by ear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from var_outreach.composing.content import Variant
from var_outreach.composing.facts import MailKind, TopicName
from var_outreach.composing.palette import (
    DARK,
    LEAST_CONTRAST,
    LIGHT,
    TEXT_PAIRS,
    Palette,
    contrast,
)
from var_outreach.composing.samples import SAMPLE_TOPICS, sample_content
from var_outreach.composing.text_layout import COLUMNS

VARIANTS = [variant for kind in MailKind for variant in sample_content(kind).variants]
ids = [f"{kind.value}.{v.key}" for kind in MailKind for v in sample_content(kind).variants]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=ids)


class Elements(HTMLParser):
    """Collects the start tags of a page, those in Outlook's comments too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(re.sub(r"<!--\[if[^>]*>|<!\[endif\]-->|<!--<!\[endif\]-->|<!-->", "", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(variant: Variant, *tags: str) -> Iterator[tuple[str, dict[str, str]]]:
    return (one for one in Elements(variant.html).found if one[0] in tags)


@each_variant
def test_language_is_named(variant: Variant) -> None:
    assert [attrs["lang"] for _, attrs in elements(variant, "html")] == [variant.language]


@each_variant
def test_tables_are_for_layout_or_have_headers(variant: Variant) -> None:
    html = re.sub(r"<!--.*?-->", "", variant.html, flags=re.DOTALL)
    for found in re.finditer(r"<table([^>]*)>", html):
        if 'role="presentation"' in found.group(1):
            continue
        inside = html[found.end() : html.index("</table>", found.end())]
        assert re.search(r"<th[^>]* scope=", inside), found.group(0)


@each_variant
def test_images_have_alt_and_width(variant: Variant) -> None:
    for _, attrs in elements(variant, "img"):
        assert "alt" in attrs
        assert int(attrs["width"]) > 0


@each_variant
def test_one_first_heading_and_no_level_skipped(variant: Variant) -> None:
    levels = [int(tag[1]) for tag, _ in elements(variant, "h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@each_variant
def test_nothing_is_hidden_and_nothing_runs(variant: Variant) -> None:
    assert not re.search(
        r"display:\s*none|visibility:\s*hidden|max-height:\s*0|mso-hide", variant.html
    )
    assert not list(elements(variant, "script", "iframe", "form", "object", "link"))
    assert "@import" not in variant.html


@each_variant
def test_links_have_words_and_lead_to_pages(variant: Variant) -> None:
    for found in re.finditer(r"<a\b[^>]*>(.*?)</a>", variant.html, flags=re.DOTALL):
        assert re.sub(r"<[^>]+>|\s", "", found.group(1))
    for _, attrs in elements(variant, "a"):
        assert attrs["href"].startswith(("https://", "mailto:", "\ue000"))


@each_variant
def test_colours_are_the_ones_whose_contrast_is_known(variant: Variant) -> None:
    known = {value for palette in (LIGHT, DARK) for value in vars(palette).values()}
    known |= {colour for topic in SAMPLE_TOPICS for colour in (topic.light, topic.dark)}
    used = set(re.findall(r"(?<!&)#[0-9A-Fa-f]{3,6}\b", variant.html))
    assert {one.upper() for one in used} <= known


@each_variant
def test_text_part_is_written_for_reading(variant: Variant) -> None:
    assert not re.search(r"<\w+[ >]|&\w+;", variant.text)
    assert "\n\n\n" not in variant.text
    for line in variant.text.split("\n"):
        assert line == line.rstrip()
        alone = " " not in line.strip()
        assert len(line) <= COLUMNS or alone, line
        if "://" in line or re.search(r"\ue000\w+_url\ue001", line):
            assert alone, line


@each_variant
def test_subject_is_one_line_of_sensible_length(variant: Variant) -> None:
    assert variant.subject == " ".join(variant.subject.split())
    assert 0 < len(variant.subject) <= 100


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_pair_has_contrast(palette: Palette, ink: str, ground: str) -> None:
    assert contrast(getattr(palette, ink), getattr(palette, ground)) >= LEAST_CONTRAST


@pytest.mark.parametrize("topic", SAMPLE_TOPICS, ids=lambda topic: topic.key)
def test_theme_has_contrast(topic: TopicName) -> None:
    assert contrast(topic.light, LIGHT.surface) >= LEAST_CONTRAST
    assert contrast(topic.dark, DARK.surface) >= LEAST_CONTRAST


def test_partner_plate_stays_light_in_the_dark() -> None:
    # Its ink and ground are both set inline, and no dark rule touches either.
    assert contrast(LIGHT.ink, "#FFFFFF") >= LEAST_CONTRAST
    html = sample_content(MailKind.NEWSLETTER).variant("nl").html
    dark = html[html.index("prefers-color-scheme") : html.index("</style>", html.index("prefers-"))]
    assert ".v-plate" not in dark
    assert "span" not in dark


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.01)
