"""Staff's Markdown: what it becomes, and what it can never do."""

from __future__ import annotations

import pytest

from var_outreach.composing.content import OPEN_MARK, place
from var_outreach.composing.markdown import FIELDS, compose_prose
from var_outreach.errors import InputError


def test_headings_start_below_the_mails_own() -> None:
    html = compose_prose("# Een\n\n## Twee\n\n### Drie\n\n#### Vier").html
    assert "<h1" not in html
    assert [html.count(f"<h{level}") for level in (2, 3, 4)] == [1, 1, 2]


@pytest.mark.parametrize(
    "markdown", ["## Een\n\n### Twee", "# Een\n\n#### Twee", "### Een\n\n#### Twee"]
)
def test_headings_skip_no_level(markdown: str) -> None:
    html = compose_prose(markdown).html
    assert html.index("<h2") < html.index("<h3")
    assert "<h4" not in html


def test_html_is_shown_never_obeyed() -> None:
    html = compose_prose("<script>alert(1)</script> <b onclick=x>vet</b> & \"'").html
    assert "<script" not in html
    assert "<b" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/x", "/pagina", "file:///x"]
)
def test_other_links_are_refused_with_their_line(link: str) -> None:
    with pytest.raises(InputError, match="is not a link") as caught:
        compose_prose(f"Een\n\n[klik]({link})", where="mail.md")
    assert caught.value.where == "mail.md:3"


def test_links_to_pages_and_addresses_stay() -> None:
    prose = compose_prose("[Pagina](https://a.example/p?x=1&y=2) en <mailto:naam@gemeente.example>")
    assert 'href="https://a.example/p?x=1&amp;y=2"' in prose.html
    assert 'href="mailto:naam@gemeente.example"' in prose.html


def test_image_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        compose_prose("Een\n\nTwee\n\n![x](https://a.example/x.png)", where="mail.md")
    assert caught.value.where == "mail.md:5"


def test_fields_become_places_also_in_links() -> None:
    prose = compose_prose("Beste {{ naam }} ({{functie}}), [antwoord]({{ antwoordlink }}).")
    assert place("name") in prose.html
    assert place("offices") in prose.html
    assert f'href="{place("answer_url")}"' in prose.html
    assert f"\n{place('answer_url')}" in prose.text


def test_a_link_field_on_its_own_becomes_a_link_with_words() -> None:
    prose = compose_prose("{{ antwoordlink }}", "en")
    assert f'<a href="{place("answer_url")}"' in prose.html
    assert ">Give your answer</a>" in prose.html
    assert prose.text == f"Give your answer\n{place('answer_url')}"


@pytest.mark.parametrize(
    "text", ["{{ bsn }}", "{{ 7*7 }}", "{{ naam", "{{ naam|upper }}", "{{}}", "{{ config }}"]
)
def test_unknown_field_names_its_line_and_the_known_ones(text: str) -> None:
    with pytest.raises(InputError) as caught:
        compose_prose(f"Regel een\nregel twee {text}", where="mail.md")
    assert caught.value.where == "mail.md:2"
    for field in FIELDS:
        assert field in caught.value.remedy


def test_jinja_statements_are_plain_words() -> None:
    assert "{% if x %}" in compose_prose("a {% if x %} b").html


def test_place_marks_of_the_text_itself_are_taken_out() -> None:
    prose = compose_prose(f"x {place('unsubscribe_url')} y")
    assert OPEN_MARK not in prose.html
    assert OPEN_MARK not in prose.text


def test_text_is_laid_out_for_reading() -> None:
    prose = compose_prose(
        "# Kop\n\n"
        + "Een lange zin over de bijeenkomst van morgen in Rotterdam, "
        + "met [de route](https://a.example/route) en meer woorden.\n\n"
        "- een\n- twee\n\n1. eerste\n2. tweede\n\n"
        "Zie [A](https://a.example/a) en [B](https://b.example/b)."
    )
    assert prose.text == (
        "Kop\n---\n\n"
        "Een lange zin over de bijeenkomst van morgen in Rotterdam, met de route\n"
        "en meer woorden.\nhttps://a.example/route\n\n"
        "- een\n- twee\n\n1. eerste\n2. tweede\n\n"
        "Zie A en B.\nA:\nhttps://a.example/a\nB:\nhttps://b.example/b"
    )


def test_no_italics() -> None:
    html = compose_prose("*nadruk*").html
    assert "<em" not in html
    assert "<strong>nadruk</strong>" in html


def test_empty_text_is_no_text() -> None:
    assert not compose_prose(" \n ")
