"""Every phrase of the pages has its English, keeps its places, and is short enough in Dutch."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import var_outreach

PACKAGE = Path(var_outreach.__file__).parent
PLACE = re.compile(r"%\((\w+)\)s")


@lru_cache
def phrases_of_pages() -> frozenset[tuple[str, ...]]:
    found = extract_from_dir(
        PACKAGE / "web",
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        keywords={"_": None, "ngettext": (1, 2)},
    )
    return frozenset(
        message if isinstance(message, tuple) else (message,) for _, _, message, _, _ in found
    )


def english() -> dict[str, tuple[str, ...]]:
    with (PACKAGE / "locale" / "en" / "web.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    entries: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            first = message.id if isinstance(message.id, str) else message.id[0]
            string = message.string or ""
            entries[first] = (string,) if isinstance(string, str) else tuple(string)
    return entries


def test_phrases_are_found() -> None:
    assert len(phrases_of_pages()) > 200


def test_no_english_is_missing() -> None:
    known = english()
    missing = [one[0] for one in phrases_of_pages() if not all(known.get(one[0], ("",)))]
    assert missing == []


def test_no_english_is_left_over() -> None:
    used = {one[0] for one in phrases_of_pages()}
    assert sorted(english().keys() - used) == []


def test_translation_keeps_its_places() -> None:
    known = english()
    for dutch in phrases_of_pages():
        for text in known[dutch[0]]:
            assert set(PLACE.findall(text)) == set(PLACE.findall(dutch[-1])), dutch[0]


def test_dutch_sentences_have_at_most_fifteen_words() -> None:
    for phrase in phrases_of_pages():
        for text in phrase:
            for sentence in re.split(r"(?<=[.?!:])\s", text):
                assert len(sentence.split()) <= 15, sentence


def test_words_that_scold_are_not_used() -> None:
    everything = " ".join(text for phrase in phrases_of_pages() for text in phrase).lower()
    for word in ("ongeldig", "sorry", "dit veld is verplicht"):
        assert word not in everything


def test_phrases_shared_with_the_mails_say_the_same() -> None:
    # The catalogues are read as one, so that a second translation would change the other's.
    with (PACKAGE / "locale" / "en" / "mail.po").open("rb") as file:
        mails = {message.id: message.string for message in read_po(file, locale="en") if message.id}
    for phrase, (text, *_) in english().items():
        assert mails.get(phrase, text) == text, phrase
