"""What a pasted page proposes as an item, and pages that do not help."""

from __future__ import annotations

import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from var_outreach.errors import FetchError
from var_outreach.news.items import FoundItem
from var_outreach.news.links import read_page

URL = "https://www.partner.example/nieuws/1/?utm_source=x"


def page(head: str, **changes: str) -> FoundItem:
    body = f"<!DOCTYPE html><html lang='nl'><head>{head}</head><body>x</body></html>".encode()
    return read_page(body, url=URL, zone=ZoneInfo("Europe/Amsterdam"), **changes)


def test_open_graph_comes_first() -> None:
    found = page(
        "<title>Site | Kop</title><meta property='og:title' content='Kop &amp;amp; staart'>"
        "<meta name='description' content='gewoon'>"
        '<meta property="og:description" content="Een zin. &lt;script&gt;x&lt;/script&gt;Nog een.">'
        "<meta property='og:image' content='/beeld.png'>"
        "<meta property='og:image:alt' content='Een brug'>"
        "<meta property='article:published_time' content='2025-03-24T23:30:00Z'>",
        topic="jeugd-en-veiligheid",
    )
    assert (found.source, found.source_key) == ("link", "partner.example/nieuws/1")
    assert found.title == "Kop & staart"
    assert found.summary == "Een zin. Nog een."
    assert found.image == "https://www.partner.example/beeld.png"
    assert found.image_alt == "Een brug"
    assert found.published_on == date(2025, 3, 25)
    assert (found.topic, found.language) == ("jeugd-en-veiligheid", "nl")


def test_plain_html_serves_too() -> None:
    found = page(
        "<title>\n Kop van &eacute;&eacute;n \n</title><meta name=Description content=Zin>"
    )
    assert (found.title, found.summary, found.image) == ("Kop van één", "Zin", None)


def test_what_stands_in_a_script_or_comment_is_not_said() -> None:
    found = page(
        "<!-- <title>fout</title> --><script>var t='<title>fout</title>'</script>"
        "<title>Goed</title>"
    )
    assert found.title == "Goed"


def test_a_script_that_is_never_closed_hides_what_follows() -> None:
    head = "<title>Goed</title><script><meta property='og:title' content='Fout'>"
    assert page(head).title == "Goed"


def test_an_image_that_is_no_web_address_is_left_out() -> None:
    found = page("<title>A</title><meta property='og:image' content='javascript:x'>")
    assert (found.image, found.image_alt) == (None, None)


def test_an_english_page_and_a_windows_page_are_read() -> None:
    body = b"<html lang='en-GB'><head><meta charset='windows-1252'><title>Caf\xe9</title>"
    found = read_page(body, url=URL, zone=ZoneInfo("Europe/Amsterdam"), content_type="text/html")
    assert (found.title, found.language) == ("Café", "en")


@pytest.mark.parametrize(
    ("head", "changes", "why"),
    [
        ("<title></title>", {}, "no title"),
        ("", {}, "no title"),
        ("<title>A</title>", {"content_type": "application/pdf"}, "application/pdf"),
        ("<title>A</title>", {"content_type": "text/html; charset=utf-7"}, "utf-7"),
    ],
)
def test_a_page_that_does_not_help_is_one_clear_error(
    head: str, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(FetchError, match=why) as caught:
        page(head, **changes)
    assert caught.value.where == URL


@pytest.mark.parametrize(
    "unit", ["<!--", "<script ", "<", "<title>", "<meta content='a", "<![CDATA["]
)
def test_a_page_made_to_keep_us_busy_does_not(unit: str) -> None:
    started = time.monotonic()
    found = page("<title>Goed</title>" + unit * (400_000 // len(unit)))
    assert found.title == "Goed"
    assert time.monotonic() - started < 3
