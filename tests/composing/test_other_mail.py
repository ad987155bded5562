"""Mail that is about no event: subscription, ad hoc, notices to staff."""

from __future__ import annotations

import pytest

from var_outreach.composing.ad_hoc import compose_ad_hoc
from var_outreach.composing.content import split_places
from var_outreach.composing.samples import SAMPLE_NETWORK
from var_outreach.composing.staff_notice import compose_staff_notice
from var_outreach.composing.subscription import compose_subscription
from var_outreach.errors import HeaderError, InputError


def places(text: str) -> set[str]:
    return set(split_places(text)[1::2])


def test_subscription_holds_nothing_but_the_link_to_confirm() -> None:
    for variant in compose_subscription(SAMPLE_NETWORK).variants:
        assert places(variant.html) == places(variant.text) == {"confirm_url"}
    assert (
        "Vroeg u dit niet aan? Doe dan niets."
        in compose_subscription(SAMPLE_NETWORK).variant("nl").text
    )


@pytest.mark.parametrize("is_news", [True, False])
def test_ad_hoc_news_can_be_left(is_news: bool) -> None:
    content = compose_ad_hoc("Onderwerp", "Dag {{ naam }}", SAMPLE_NETWORK, is_news=is_news)
    for variant in content.variants:
        for body in (variant.html, variant.text):
            assert ("unsubscribe_url" in places(body)) == is_news
            assert ("my_page_url" in places(body)) != is_news
            assert "name" in places(body)


def test_ad_hoc_subject_is_its_title_and_is_escaped() -> None:
    variant = compose_ad_hoc("A <b>&", "tekst", SAMPLE_NETWORK, is_news=False).variant("nl")
    assert variant.subject == "A <b>&"
    assert "A &lt;b&gt;&amp;</span></h1>" in variant.html


@pytest.mark.parametrize(
    ("subject", "text", "error"),
    [
        ("", "tekst", InputError),
        ("Dag {{ naam }}", "tekst", InputError),
        ("Een\r\nBcc: x@y.example", "tekst", HeaderError),
        ("Onderwerp", "  \n", InputError),
        ("Onderwerp", "{{ onbekend }}", InputError),
    ],
)
def test_ad_hoc_that_cannot_be_sent_is_refused(
    subject: str, text: str, error: type[InputError]
) -> None:
    with pytest.raises(error):
        compose_ad_hoc(subject, text, SAMPLE_NETWORK, is_news=False)


def test_notice_links_lines_that_are_links_and_never_fails_on_what_it_quotes() -> None:
    lines = ["Fout: <script>\x00\nregel", "https://a.example/b?c=1&d=2", "javascript:alert(1)", " "]
    variant = compose_staff_notice("Stuk\r\nBcc: x", lines, SAMPLE_NETWORK).variant("nl")
    assert variant.subject == "Stuk Bcc: x"
    assert "Fout: &lt;script&gt; regel" in variant.html
    assert variant.html.count('href="https://a.example/b?c=1&amp;d=2"') == 1
    assert 'href="javascript' not in variant.html
