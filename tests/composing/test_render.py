"""Templates: what is refused, with file and line, and that data never passes through MJML."""

from __future__ import annotations

import re
from pathlib import Path

import mrml
import pytest

from var_outreach.composing.content import place
from var_outreach.composing.facts import MailKind
from var_outreach.composing.render import assemble_template, compile_template, render_mail
from var_outreach.composing.samples import SAMPLE_NETWORK
from var_outreach.composing.subscription import compose_subscription
from var_outreach.errors import ConfigError
from var_outreach.settings import data_root

SHIPPED = str(data_root() / "templates" / "email")
TINY = (
    '<mjml lang="{{{{ language }}}}"><mj-head><mj-attributes><mj-all font-family="Arial" />'
    "</mj-attributes></mj-head><mj-body><mj-section><mj-column>\n{}\n"
    "</mj-column></mj-section></mj-body></mjml>"
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An installation's own folder with a kind ``tiny``."""
    (tmp_path / "tiny").mkdir()
    write(tmp_path, "<mj-text>{{ words }}</mj-text>")
    (tmp_path / "tiny" / "subject.txt").write_text("Onderwerp {{ words }}\n", "utf-8")
    (tmp_path / "tiny" / "body.txt").write_text("{{ words }}\n", "utf-8")
    return tmp_path


def write(folder: Path, content: str) -> None:
    (folder / "tiny" / "body.mjml").write_text(TINY.format(content), "utf-8")


def render(folder: Path, **values: object) -> str:
    return render_mail("tiny", "nl", values, folders=[folder]).html


def test_data_is_escaped_and_never_compiled(own: Path) -> None:
    html = render(own, words="<mj-text>a<b && {{ 7*7 }} {% x %} \"'</mj-text>")
    assert "&lt;mj-text&gt;a&lt;b &amp;&amp; {{ 7*7 }} {% x %} &#34;&#39;&lt;/mj-text&gt;" in html


def test_places_survive_in_links(own: Path) -> None:
    write(own, "<mj-button href=\"{{ place('answer_url') }}\">{{ words }}</mj-button>")
    assert f'href="{place("answer_url")}"' in render(own, words="x")


@pytest.mark.parametrize(
    "content",
    [
        "<mj-text>open",
        "<mj-text>a < b</mj-text>",
        "<mj-text>a & b</mj-text>",
        "<mj-text {{ x }}>a</mj-text>",
        "<mj-text>&nbsp;</mj-text>",
        '<mj-include path="/etc/hostname" />',
    ],
)
def test_template_that_is_not_sound_xml_is_refused_with_its_line(own: Path, content: str) -> None:
    write(own, f"\n{content}\n")
    with pytest.raises(ConfigError) as caught:
        render(own, words="x")
    path, _, line = caught.value.where.rpartition(":")
    assert path == str(own / "tiny" / "body.mjml")
    assert int(line) in {3, 4, 5}


def test_hidden_preview_is_refused(own: Path) -> None:
    write(own, "<mj-preview>x</mj-preview>")
    with pytest.raises(ConfigError, match="spam"):
        render(own, words="x")


def test_wrong_mjml_is_refused(own: Path) -> None:
    write(own, '<mj-text colour="#000000">x</mj-text>')
    with pytest.raises(ConfigError, match="colour"):
        render(own, words="x")


def test_unknown_value_is_an_error_in_html_text_and_subject(own: Path) -> None:
    with pytest.raises(ConfigError, match="'words' is undefined") as caught:
        render(own)
    assert caught.value.where.endswith("subject.txt:1")
    write(own, "<mj-text>{{ misspelt }}</mj-text>")
    with pytest.raises(ConfigError, match="misspelt") as caught:
        render(own, words="x")
    assert caught.value.where == f"{own / 'tiny' / 'body.mjml'}:2"


def test_unknown_place_is_an_error(own: Path) -> None:
    write(own, "<mj-text>{{ place('shoe_size') }}</mj-text>")
    with pytest.raises(ConfigError, match="shoe_size"):
        render(own, words="x")


def test_broken_jinja_is_refused_with_its_line(own: Path) -> None:
    (own / "tiny" / "body.txt").write_text("een\n{% if words %}\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        render(own, words="x")
    assert caught.value.where.startswith(f"{own / 'tiny' / 'body.txt'}:")


def test_template_that_is_no_text_is_refused(own: Path) -> None:
    (own / "tiny" / "body.mjml").write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        render(own, words="x")
    assert "body.mjml" in caught.value.where


def test_missing_template_is_refused() -> None:
    with pytest.raises(ConfigError, match="no template"):
        render_mail("no-such-kind", "nl", {})


def test_an_installations_own_part_wins(tmp_path: Path) -> None:
    (tmp_path / "_base").mkdir()
    (tmp_path / "_base" / "sign-off.mjml").write_text("<mj-text>Eigen groet</mj-text>", "utf-8")
    html = compose_subscription(SAMPLE_NETWORK, folders=[tmp_path]).variant("nl").html
    assert "Eigen groet" in html
    assert "Met vriendelijke groet" not in html


def test_a_changed_template_is_compiled_anew(own: Path) -> None:
    assert "tweede" not in render(own, words="x")
    write(own, "<mj-text>tweede {{ words }}</mj-text>")
    assert "tweede x" in render(own, words="x")


@pytest.mark.parametrize("kind", list(MailKind))
def test_templates_compile_and_keep_their_loops(kind: MailKind) -> None:
    html = compile_template((SHIPPED,), f"{kind.value}/body.mjml")
    assert "<mj-" not in html
    assert len(re.findall(r"{%-? for", html)) == len(re.findall(r"{%-? endfor", html)) > 0
    assert "fonts.googleapis" not in html


@pytest.mark.parametrize("kind", list(MailKind))
def test_another_mjml_compiler_takes_the_templates_too(kind: MailKind) -> None:
    source = assemble_template((SHIPPED,), f"{kind.value}/body.mjml")
    html = mrml.to_html(source).content
    ours = compile_template((SHIPPED,), f"{kind.value}/body.mjml")
    for loop in (
        "{% for row in facts %}",
        "{{ place('answer_url') }}",
        "{% for theme in themes %}",
    ):
        assert html.count(loop) == ours.count(loop)
