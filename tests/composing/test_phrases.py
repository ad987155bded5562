"""Every phrase of mail has its English, is short enough, and no translation is left over."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import var_outreach
from var_outreach.i18n import phrases
from var_outreach.settings import data_root

SOURCE = Path(var_outreach.__file__).parent
CATALOGUE = SOURCE / "locale" / "en" / "mail.po"
TEMPLATES = [("**.mjml", "jinja2"), ("**.txt", "jinja2")]
LOUD = {"silent": "false"}


def extracted() -> dict[str | tuple[str, ...], str]:
    """Return every phrase and a file that says it."""
    found: dict[str | tuple[str, ...], str] = {}
    folders = (
        (data_root() / "templates" / "email", TEMPLATES),
        (SOURCE / "composing", [("**.py", "python")]),
    )
    for folder, methods in folders:
        for file, line, message, _comments, _context in extract_from_dir(
            folder,
            methods,
            {"**.mjml": LOUD, "**.txt": LOUD},
            directory_filter=lambda _folder: True,
        ):
            found[message] = f"{file}:{line}"
    return found


PHRASES = extracted()


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en")


def ids(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message


def test_phrases_are_found_in_parts_templates_and_python() -> None:
    for expected in ("Met vriendelijke groet,", "Ik kom", "Wanneer", "In dit nummer:"):
        assert expected in PHRASES


def test_every_phrase_has_its_english() -> None:
    english = phrases("en")
    missing = [
        f"{where}: {ids(one)[0]}" for one, where in PHRASES.items() if ids(one)[0] not in english
    ]
    assert missing == []


def test_english_has_the_same_fields() -> None:
    english = phrases("en")
    for message in PHRASES:
        for count, dutch in enumerate(ids(message), start=1):
            words = english.ngettext(ids(message)[0], ids(message)[-1], count)
            if isinstance(message, str):
                words = english.gettext(message)
            fields = sorted(re.findall(r"%\(\w+\)s", dutch))
            assert sorted(re.findall(r"%\(\w+\)s", words)) == fields, dutch
            # Phrases stand in HTML as they are: only what is put into them is escaped.
            assert not set(dutch + words) & set("<>&"), dutch


def test_dutch_sentences_have_at_most_fifteen_words() -> None:
    sentences = [
        sentence
        for message in PHRASES
        for phrase in ids(message)
        for sentence in re.split(r"(?<=[.?!])\s+", phrase)
    ]
    assert [one for one in sentences if len(one.split()) > 15] == []


def test_catalogue_has_nothing_left_over() -> None:
    kept = {message.id for message in catalogue(CATALOGUE) if message.id}
    assert kept - set(PHRASES) == set()


def test_no_other_catalogue_says_it_differently() -> None:
    # All catalogues of a language are one: the last would win, and mail change unseen.
    ours = {message.id: message.string for message in catalogue(CATALOGUE) if message.id}
    for other in CATALOGUE.parent.glob("*.po"):
        for message in catalogue(other):
            assert ours.get(message.id, message.string) == message.string, (other.name, message.id)
