"""Names and titles as words in keys."""

from __future__ import annotations

import pytest

from var_outreach.slugs import slug


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zorg- en Veiligheid", "zorg-en-veiligheid"),
        ("  Café Ü & Co!  ", "cafe-u-co"),
        ("ﬁets №7", "fiets-no7"),
        ("日本", ""),
        ("--", ""),
    ],
)
def test_a_text_becomes_words_joined_by_hyphens(text: str, words: str) -> None:
    assert slug(text) == words


def test_a_long_text_is_cut_and_does_not_end_in_a_hyphen() -> None:
    assert slug("Signalen van mensenhandel", longest=9) == "signalen"
    assert slug("Signalen van mensenhandel", longest=10) == "signalen-v"


def test_something_stands_in_where_nothing_is_left() -> None:
    assert slug("!!", otherwise="mail") == "mail"
    assert slug("Wij", otherwise="mail") == "wij"
