"""A Dutch list is sorted by the main word of the surname, whoever typed the name and however."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from var_outreach.reporting.surnames import (
    PREFIXES,
    folded_name,
    initial_of,
    name_parts,
    surname_key,
)


@pytest.mark.parametrize(
    ("name", "prefix", "surname"),
    [
        ("Anna Bakker", "", "Bakker"),
        ("Anna van der Berg", "van der", "Berg"),
        ("Anna Maria van den Broek", "van den", "Broek"),
        ("Bo in 't Veld", "in 't", "Veld"),
        ("Bo in ’t Veld", "in 't", "Veld"),
        ("Bo 't Hart", "'t", "Hart"),
        ("Bo ‘t Hart", "'t", "Hart"),
        ("Bo van ’t Hof", "van 't", "Hof"),
        ("Cas op den Akker", "op den", "Akker"),
        ("Cas op de Beek", "op de", "Beek"),
        ("Dido uit den Boogaard", "uit den", "Boogaard"),
        ("Dido ter Haar", "ter", "Haar"),
        ("Dido ten Cate", "ten", "Cate"),
        ("Eva de la Fuente", "de la", "Fuente"),
        ("Eva dos Santos", "dos", "Santos"),
        ("Eva von der Heide", "von der", "Heide"),
        ("Fatima el Idrissi", "el", "Idrissi"),
        ("Luc Van den Broeck", "Van den", "Broeck"),
        ("Luc Vandenbroeck", "", "Vandenbroeck"),
        ("ANNA VAN DER BERG", "VAN DER", "BERG"),
        ("Luc De Smet", "De", "Smet"),
        ("Luc d'Hondt", "d'", "Hondt"),
        ("Luc D’Hondt", "D'", "Hondt"),
        ("Gijs van 's-Gravesande", "van 's-", "Gravesande"),
        ("Sean O'Brien", "", "O'Brien"),
        ("Hanna v.d. Meer", "v.d.", "Meer"),
        ("Hanna v/d Meer", "v/d", "Meer"),
        ("Hanna Bakker-Smit", "", "Bakker-Smit"),
        ("Hanna Bakker - Smit", "", "Bakker-Smit"),
        ("Hanna Bakker–de Vries", "", "Bakker-de Vries"),
        ("Hanna van der Berg-de Vries", "van der", "Berg-de Vries"),
        ("Hanna Bakker-van der Berg", "", "Bakker-van der Berg"),
        ("Anne-Marie Jansen", "", "Jansen"),
        ("Jan Willem Pieter Jansen", "", "Jansen"),
        ("Ben de Vries", "de", "Vries"),
        ("Ben Bakker", "", "Bakker"),
        ("J.P. de Wit MSc", "de", "Wit"),
        ("Ina Bakker sr.", "", "Bakker"),
        ("Berg, Anna van der", "van der", "Berg"),
        ("van der Berg, Anna", "van der", "Berg"),
        ("Bakker, MSc", "", "Bakker"),
        ("van der Berg", "van der", "Berg"),
        ("Van der Berg", "Van der", "Berg"),
        ("'t Hart", "'t", "Hart"),
        ("De Wit", "De", "Wit"),
        ("Madelief", "", "Madelief"),
        ("Bo  de   Wit ", "de", "Wit"),
        ("Anna van", "", "van"),
        ("de", "", "de"),
        ("", "", ""),
        ("   ", "", ""),
    ],
)
def test_prefix_and_main_word(name: str, prefix: str, surname: str) -> None:
    parts = name_parts(name)
    assert (parts.prefix, parts.surname) == (prefix, surname)


def test_given_names_are_what_is_left() -> None:
    assert name_parts("Anna Maria van der Berg").given == "Anna Maria"
    assert name_parts("Berg, Anna Maria van der").given == "Anna Maria"
    assert name_parts("'t Hart").given == ""


def test_the_order_at_the_door() -> None:
    names = [
        "Zoë Aalbers",
        "Anna Berg",
        "Anna van den Berg",
        "Anna van der Berg",
        "Bo van der Berg",
        "Cas Berg-Smit",
        "Cas van Bergen",
        "Bo 't Hart",
        "Luc d'Hondt",
        "Ayşe Şahin",
        "Bram Sahin",
        "Łukasz Świątek",
        "Dido de Wit",
        "Madelief Zee",
        "",
    ]
    backwards = names[::-1]
    assert sorted(backwards, key=surname_key) == names


def test_letters_of_other_languages_stand_where_people_look() -> None:
    assert [initial_of(name) for name in ("Ayşe Şahin", "Bo Ørsted", "Cas Łuk", "Ed Ärmel")] == [
        "S",
        "O",
        "L",
        "A",
    ]
    assert initial_of("Anna van der Berg") == "B"
    assert initial_of("") == ""


def test_the_same_name_written_otherwise_is_the_same() -> None:
    assert folded_name("MÜLLER  -  de Wit") == folded_name("Müller-de wit")
    assert folded_name("in ’t Veld") == folded_name("In 't veld")


WORD = st.text(
    st.characters(max_codepoint=0x17F, categories=("Lu", "Ll")), min_size=2, max_size=8
).filter(lambda word: word.casefold() not in PREFIXES and word.casefold() not in {"ma", "ba", "ra"})
PREFIX = st.lists(st.sampled_from(sorted(PREFIXES)), max_size=2).map(" ".join)


@given(WORD, PREFIX, WORD)
def test_a_prefix_never_decides_where_a_name_stands(
    given_name: str, prefix: str, main: str
) -> None:
    with_prefix = " ".join(f"{given_name} {prefix} {main}".split())
    assert name_parts(with_prefix).surname == name_parts(f"{given_name} {main}").surname
    assert surname_key(with_prefix)[1] == surname_key(f"{given_name} {main}")[1]
    for written in (with_prefix.upper(), with_prefix.title()):
        assert surname_key(written)[1] == surname_key(with_prefix)[1]


@given(st.text(max_size=40))
def test_any_text_has_a_place_and_loses_no_words(name: str) -> None:
    assert surname_key(name) == surname_key(name)
    parts = name_parts(name)
    said = folded_name(f"{parts.given} {parts.prefix} {parts.surname}").replace(" ", "")
    assert set(said) <= set(folded_name(name))


@given(st.lists(st.text(max_size=20), max_size=8))
def test_the_order_is_a_total_one(names: list[str]) -> None:
    once = sorted(names, key=surname_key)
    backwards = once[::-1]
    assert sorted(backwards, key=surname_key) == once
