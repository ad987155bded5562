"""The newsletter: order, limits, links, size, and that no news is obeyed."""

from __future__ import annotations

import quopri
from dataclasses import replace

import pytest

from var_outreach.composing.content import split_places
from var_outreach.composing.facts import PartnerFacts
from var_outreach.composing.newsletter import compose_newsletter
from var_outreach.composing.samples import SAMPLE_NETWORK, sample_issue
from var_outreach.errors import ConfigError, InputError

BUDGET = 90_000
NASTY = "<b onload=x>&\"' </title><script>alert(1)</script>{{ 7*7 }}"


def html(items: int = 7, events: int = 4) -> str:
    return compose_newsletter(sample_issue(items, events)).variant("nl").html


def test_full_issue_stays_under_the_budget(capsys: pytest.CaptureFixture[str]) -> None:
    for variant in compose_newsletter(sample_issue(12, 6)).variants:
        size = len(quopri.encodestring(variant.html.encode()))
        with capsys.disabled():
            print(f"\nnewsletter {variant.key}, 12 items and 6 events: {size / 1000:.1f} kB")
        assert size < BUDGET


def test_order_summary_logo_title_word_themes_agenda_colofon() -> None:
    body = html().split("<body")[1]
    marks = (
        "In dit nummer:",
        "RIEC Rotterdam",
        "Oktober 2025",
        "volle agenda",
        "Digitale veiligheid</h2>",
        "Mensenhandel</h2>",
        "Overig nieuws</h2>",
        "Agenda</h2>",
        "Colofon</h2>",
        "omdat u zich hebt ingeschreven",
        "Voorkeuren wijzigen",
        "Uitschrijven",
    )
    order = [body.index(mark) for mark in marks]
    assert order == sorted(order)


def test_more_than_twelve_items_go_to_the_archive() -> None:
    body = html(15)
    assert body.count("<h3") == 12 + 4
    assert "Meer nieuws</strong>" not in body
    assert "Meer nieuws (3)" in body
    assert "Meer nieuws" not in html(12)
    text = compose_newsletter(sample_issue(15, 0)).variant("nl").text
    assert f"Meer nieuws (3):\n{sample_issue().archive_url}" in text


def test_at_most_one_image_a_theme_each_with_alt_and_width() -> None:
    issue = sample_issue(12)
    pictured = replace(issue.items[0], title="Nog een", image_url="https://a.example/tweede.jpg")
    body = compose_newsletter(replace(issue, items=(*issue.items[:6], pictured))).variant("nl").html
    assert body.count("<img ") == 2
    assert "tweede.jpg" not in body
    assert body.count('width="520"') >= 2


def test_agenda_links_to_page_file_google_and_outlook() -> None:
    body = html()
    page = f"{SAMPLE_NETWORK.base_url}/agenda/2025-10-06-conferentie"
    assert f'href="{page}"' in body
    assert f'href="{page}.ics"' in body
    assert body.count("https://calendar.google.com/calendar/render?action=TEMPLATE&amp;") == 4
    assert body.count("https://outlook.office.com/calendar/deeplink/compose?path=") == 4
    assert "20251006T080000Z%2F20251006T103000Z" in body


def test_reader_can_leave_and_choose_in_both_parts() -> None:
    for variant in compose_newsletter(sample_issue()).variants:
        personal = set() if "archive" in variant.key else {"preferences_url", "unsubscribe_url"}
        for body in (variant.html, variant.text):
            # The archive is for everybody: nothing in it may be of one person.
            assert set(split_places(body)[1::2]) == personal
            assert sample_issue().archive_url in body


def test_partner_logo_has_its_name_as_alt_and_the_network_is_no_partner_of_itself() -> None:
    partners = (
        PartnerFacts("var", "VAR"),
        PartnerFacts("riec", "RIEC Rotterdam", "https://a.example/riec.png"),
    )
    body = compose_newsletter(replace(sample_issue(), partners=partners)).variant("nl").html
    assert 'src="https://a.example/riec.png" alt="RIEC Rotterdam" width="120"' in body
    assert "samen met RIEC Rotterdam." in body


def test_no_news_is_obeyed() -> None:
    issue = sample_issue(3, 1)
    items = tuple(
        replace(one, title=NASTY, summary=NASTY, image_alt=NASTY, partner=NASTY, language=NASTY)
        for one in issue.items
    )
    events = tuple(replace(one, title=NASTY, place=NASTY, key='"><b>') for one in issue.events)
    topics = tuple(replace(one, nl=NASTY, en=NASTY) for one in issue.topics)
    for variant in compose_newsletter(
        replace(issue, items=items, events=events, topics=topics)
    ).variants:
        assert "<script" not in variant.html
        assert "<b " not in variant.html
        assert "<b>" not in variant.html
        assert NASTY in " ".join(variant.text.split())


def test_news_with_a_bad_link_is_refused() -> None:
    issue = sample_issue()
    with pytest.raises(InputError, match="is not a link"):
        compose_newsletter(replace(issue, items=(replace(issue.items[0], url="javascript:x"),)))


@pytest.mark.parametrize("colour", ["red", "#FFF", "#FFEE00", "#000000}body{display:none"])
def test_theme_colour_that_cannot_be_read_is_refused(colour: str) -> None:
    issue = sample_issue()
    topics = (replace(issue.topics[0], light=colour),)
    with pytest.raises(ConfigError, match="colour"):
        compose_newsletter(replace(issue, topics=topics))


def test_empty_parts_leave_no_headings() -> None:
    body = compose_newsletter(replace(sample_issue(0, 0), own_word="")).variant("nl").html
    assert "Agenda</h2>" not in body
    assert "In dit nummer" not in body
    assert "Nieuws</h2>" not in body
