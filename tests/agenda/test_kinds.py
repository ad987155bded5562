"""Kinds of events: the table in config and what it recognises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agenda.plan_texts import KINDS
from var_outreach.agenda.kinds import FALLBACK, load_kinds
from var_outreach.errors import ConfigError


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Regionale Zorg- en Veiligheidsconferentie", "conferentie"),
        ("Leerhuis", "leerhuis"),
        ("vier Leerhuisbijeenkomsten", "leerhuis"),
        ("reguliere leerhuizen", "leerhuis"),
        ("Najaarscarrousel", "carrousel"),
        ("Webinar Samen doen we meer", "webinar"),
        ("drie (thematische) netwerkbijeenkomsten", "netwerkbijeenkomst"),
        ("ROR-training", "training"),
        ("twee regionale  tafels mensenhandel", "regionale-tafel"),
        ("bestuurlijk regionaal overleg", "bestuurlijk-overleg"),
        ("RVO", "bestuurlijk-overleg"),
        ("Themabijeenkomst", "themabijeenkomst"),
        ("Kennisbijeenkomst", "bijeenkomst"),
        ("Nieuwjaarsborrel", FALLBACK),
        ("trainingsaanbod", FALLBACK),
    ],
)
def test_kind_of_a_title(title: str, kind: str) -> None:
    assert KINDS.kind_of(title) == kind


def test_nothing_recognised_is_none() -> None:
    assert KINDS.recognise("trainingsaanbod en factsheets") is None


def test_the_shipped_table_has_what_the_design_names() -> None:
    for key in (
        "conferentie",
        "leerhuis",
        "carrousel",
        "webinar",
        "netwerkbijeenkomst",
        "training",
    ):
        assert key in KINDS
    assert {kind.visibility for kind in KINDS} == {"openbaar", "netwerk", "besloten"}


ROW = "  - {key: %s, nl: a, nl_plural: b, en: c, en_plural: d, visibility: %s, words: [x]}\n"
GOOD = "kinds:\n" + ROW % ("bijeenkomst", "netwerk")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "bijeenkomst"),
        ("kinds: [", 1, "not YAML"),
        ("soorten: []", 1, "unknown field"),
        (GOOD + ROW % ("webinar", "openbar"), 3, "Did you mean 'openbaar'"),
        (GOOD + ROW % ("bijeenkomst", "netwerk"), 3, "there twice"),
        (GOOD + ROW % ("Web inar", "netwerk"), 3, "no key"),
        (GOOD + "  - {key: x, nl: y}\n", 3, "lacks"),
        ("kinds:\n" + ROW % ("webinar", "netwerk"), 1, "fallback"),
    ],
)
def test_a_wrong_table_is_one_clear_error(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "kinds.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_kinds(path)
    assert caught.value.where == f"{path}:{line}"
    assert said in str(caught.value)


def test_a_missing_table_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_kinds(tmp_path / "kinds.yaml")
