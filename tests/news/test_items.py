"""Links, keys and text that come from outside."""

from __future__ import annotations

import pytest

from var_outreach.news.items import bounded_key, link_key, plain_line, shorten, web_link


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "\u200bjavascript:alert(1)",
        "data:text/html,<script>1</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "mailto:a@b.example",
        "http://",
        "https:///pad",
        "http://bank.example@evil.example/",
        'http://a.example"onload=x/',
        "http://a.example:notaport/",
        "http://[::1",
        "",
        "/relative",
        "https://a.example/" + "x" * 3000,
    ],
)
def test_what_is_no_web_link_is_none(link: str) -> None:
    assert web_link(link) is None


@pytest.mark.parametrize(
    ("link", "base", "expected"),
    [
        ("HTTPS://a.example/x", "", "https://a.example/x"),
        ("/nieuws/1", "https://a.example/feed", "https://a.example/nieuws/1"),
        ("//b.example/x", "https://a.example/feed", "https://b.example/x"),
        ("https://a.example/een twee", "", "https://a.example/een%20twee"),
        ('https://a.example/"onx=1', "", "https://a.example/%22onx=1"),
        ("https://a.example/a%20b?x=1&y=2#deel", "", "https://a.example/a%20b?x=1&y=2#deel"),
        ("https://a.example/(x)", "", "https://a.example/%28x%29"),
    ],
)
def test_a_web_link_comes_back_absolute_and_encoded(link: str, base: str, expected: str) -> None:
    assert web_link(link, base) == expected


def test_a_javascript_link_does_not_become_one_by_its_base() -> None:
    assert web_link("javascript:alert(1)", "https://a.example/feed") is None


def test_two_spellings_of_one_page_have_one_key() -> None:
    spellings = [
        "https://www.a.example/nieuws/1/",
        "http://a.example/nieuws/1",
        "https://A.example:443/nieuws/1?utm_source=mail&utm_medium=x#boven",
    ]
    assert len({link_key(link) for link in spellings}) == 1
    assert link_key("https://a.example/nieuws?id=1") != link_key("https://a.example/nieuws?id=2")


def test_a_key_fits_the_database() -> None:
    assert bounded_key("kort") == "kort"
    assert len(bounded_key("x" * 5000)) <= 200
    assert bounded_key("x" * 5000) != bounded_key("x" * 5001)


def test_a_line_has_no_hidden_characters() -> None:
    assert (
        plain_line("een\r\ntwee\u2028drie\x00\u202evier\u200b\xa0vijf ")
        == "een twee drie vier vijf"
    )


def test_a_text_is_cut_after_a_sentence() -> None:
    text = "Eerste zin hier. " * 30
    assert shorten(text.strip()).endswith("hier.")
    assert 200 < len(shorten(text)) <= 300
    assert shorten("kort") == "kort"


def test_a_text_without_sentences_is_cut_after_a_word() -> None:
    cut = shorten("woord " * 100)
    assert cut.endswith("woord…")
    assert len(cut) <= 300
    assert len(shorten("x" * 1000)) == 300
