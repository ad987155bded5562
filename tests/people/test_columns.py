"""What the columns of a partner's list hold: guessed, asked, remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from tests.people.books import book
from var_outreach.errors import CellError, FileError, InputError
from var_outreach.people.columns import (
    Layout,
    guess_columns,
    header_words,
    layout_of,
    remember,
    remembered_mappings,
)
from var_outreach.people.table import Table, read_table
from var_outreach.storage.engine import Database


def table(titles: Sequence[str], *rows: Sequence[Any]) -> Table:
    cells = rows or (tuple("x" for _ in titles),)
    return read_table(book([titles, *cells]), name="riec.xlsx", words=header_words(()))


def held(layout: Layout) -> dict[str, str]:
    return {key: layout.table.titles[column] for key, column in layout.columns.items()}


def test_dutch_and_english_titles_are_guessed() -> None:
    titles = ("Nr.", "Aanhef", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mail adres",
              "Gemeente", "Functietitel", "Portefeuille", "Telefoonnummer", "Dieetwensen")  # fmt: skip
    layout = layout_of(table(titles))
    assert held(layout) == {
        "first_name": "Voornaam",
        "infix": "Tussenvoegsel",
        "last_name": "Achternaam",
        "address": "E-mail adres",
        "organisation": "Gemeente",
        "role": "Functietitel",
        "portfolio": "Portefeuille",
        "diet": "Dieetwensen",
    }
    english = layout_of(table(("Full name", "E-mail address", "Company", "Job title", "Phone")))
    assert set(held(english)) == {"name", "address", "organisation", "role"}


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (("Jan", "van den", "Berg", ""), "Jan van den Berg"),
        (("Jan", "", "Berg", ""), "Jan Berg"),
        (("", "", "Berg", ""), "Berg"),
        (("Jan", "de", "Boer", "J. de Boer"), "J. de Boer"),
        (("", "", "", ""), None),
    ],
)
def test_a_name_in_parts_is_joined(cells: tuple[str, ...], name: str | None) -> None:
    found = table(("Voornaam", "Tussenvoegsel", "Achternaam", "Naam", "E-mail"), (*cells, "a@b.nl"))
    cells_of = layout_of(found).cells(found.rows[0])
    assert (cells_of.get("name") or None) == name
    assert not {"first_name", "infix", "last_name"} & cells_of.keys()


def test_an_unknown_column_is_asked_with_the_command_to_run() -> None:
    with pytest.raises(FileError, match="'Kleur badge' is not known") as caught:
        layout_of(table(("Naam", "E-mail", "Kleur badge")))
    assert caught.value.where == "riec.xlsx, row 1, column C"
    command = 'var-outreach people columns riec.xlsx --map "Kleur badge=-" --save NAME'
    assert caught.value.remedy.endswith(command)


def test_two_columns_for_one_thing_are_asked() -> None:
    found = table(("Naam", "E-mail", "Mailadres"))
    with pytest.raises(FileError, match="'adres' stands there twice") as caught:
        layout_of(found)
    assert '--map "Mailadres=-"' in caught.value.remedy
    assert held(layout_of(found, (), {"E-mail": "-"}))["address"] == "Mailadres"


def test_what_staff_say_goes_before_a_guess() -> None:
    found = table(("Naam", "Adres", "Wie"))
    layout = layout_of(found, (), {"wie": "address", "Adres": ""})
    assert held(layout) == {"name": "Naam", "address": "Wie"}
    with pytest.raises(InputError, match="nothing that a column can hold"):
        guess_columns(found, {"Wie": "schoenmaat"})
    with pytest.raises(InputError, match="no column is called 'Waar'"):
        guess_columns(found, {"Waar": "adres"})
    with pytest.raises(InputError, match="two columns"):
        guess_columns(found, {"Wie": "adres", "Adres": "adres"})


def test_a_list_with_the_same_titles_needs_no_asking(database: Database, now: datetime) -> None:
    first = table(("Deelnemer", "Mailadres werk", "Kleur badge"))
    with database.writing() as session:
        guess = guess_columns(first, {"Mailadres werk": "adres"})
        remember(session, first, guess, name="RIEC", by="staf", now=now)
    moved = table(("Kleur badge", "mailadres  WERK", "Deelnemer"))
    with database.reading() as session:
        layout = layout_of(moved, remembered_mappings(session))
        assert (layout.name, layout.columns) == ("RIEC", {"address": 1, "name": 2})
        words = header_words(remembered_mappings(session))
    assert {"mailadreswerk", "kleurbadge"} <= words
    with database.reading() as session, pytest.raises(FileError):
        layout_of(table(("Deelnemer", "Mailadres werk")), remembered_mappings(session))


def test_saving_again_replaces_and_a_doubt_is_not_saved(database: Database, now: datetime) -> None:
    found = table(("Naam", "E-maill", "Kleur"))
    with database.writing() as session:
        with pytest.raises(FileError, match="'E-maill' is not known"):
            remember(session, found, guess_columns(found), name="OM", by="staf", now=now)
        for word in ("adres", "bron"):
            guess = guess_columns(found, {"E-maill": word})
            remember(session, found, guess, name="OM", by="staf", now=now)
        remember(
            session, found, guess_columns(found, {"E-maill": "adres"}), name="P", by="s", now=now
        )
        assert [(one.name, one.columns) for one in remembered_mappings(session)] == [
            ("P", {"name": "Naam", "address": "E-maill"})
        ]


def test_an_error_names_row_and_column_as_the_spreadsheet_does() -> None:
    layout = layout_of(table(("Voornaam", "Achternaam", "Functie", "Organisatie", "E-mail")))
    placed = layout.placed(CellError("x", row=14, column="address"))
    assert placed.where == "row 14, column E (E-mail)"
    assert (
        layout.placed(CellError("x", row=14, column="name")).where
        == "row 14, column B (Achternaam)"
    )
    assert layout.placed(CellError("x", row=14, column="from_on", where="row 14")).where == "row 14"
