"""Lists of partners, of guests and of Laposta on the command line; duplicates and mergers."""

from __future__ import annotations

import pytest
from openpyxl import load_workbook

from tests.cli.running import EVENT, Shell
from tests.people.books import book

HEADER = ("Deelnemer", "Mailadres werk", "Gemeente", "Kleur badge")
GOOD = ("Gast Een", "gast1@partner.example", "Dordrecht", "geel")
BAD = ("Gast Twee", "geen adres", "Dordrecht", "rood")
AHEAD = "2090-04-07-leerhuis"
PLAN = "year: 2090\nevents:\n  - {id: x, kind: leerhuis, title: Leerhuis, date: 2090-04-07}\n"
MAP = ("--map", "Mailadres werk=adres")


@pytest.fixture
def ahead(filled: Shell) -> Shell:
    """The program with an event that is still to come, whenever this runs."""
    filled("agenda", "import", filled.write("plan.yaml", PLAN)).good()
    return filled


def test_columns_are_shown_said_and_remembered(ahead: Shell) -> None:
    filled = ahead
    path = filled.write("riec.xlsx", book([HEADER, GOOD]))
    seen = filled("people", "columns", path, "--json").good().json
    assert [(one["column"], one["holds"]) for one in seen["columns"]] == [
        ("A (Deelnemer)", "naam"),
        ("B (Mailadres werk)", "?"),
        ("C (Gemeente)", "organisatie"),
        ("D (Kleur badge)", "?"),
    ]
    shown = filled("people", "columns", path).good().out
    assert "Mailadres werk" in shown
    assert "--map" in shown
    refused = filled("people", "import-guests", path, "--event", AHEAD)
    assert refused.code == 2
    assert "row 1, column B" in refused.err
    assert "var-outreach people columns riec.xlsx --map" in refused.err
    saved = filled("people", "columns", path, *MAP, "--save", "RIEC").good()
    assert "Remembered as 'RIEC'" in saved.out
    done = filled("people", "import-guests", path, "--event", AHEAD, "--json").good().json
    assert (done["guests"], done["mapping"]) == (1, "RIEC")
    known = filled("people", "columns", path, "--json").good().json
    assert known["remembered_as"] == "RIEC"


def test_guests_come_in_and_bad_rows_go_back(ahead: Shell) -> None:
    filled = ahead
    path = filled.write("riec.xlsx", book([HEADER, GOOD, BAD]))
    filled("people", "columns", path, *MAP, "--save", "RIEC").good()
    words = ("people", "import-guests", path, "--event", AHEAD, "--partner", "het RIEC")
    before = filled.dump()
    preview = filled(*words, "--dry-run").good()
    assert "1  guests" in preview.out
    assert "row 3, column B (Mailadres werk)" in preview.out
    assert filled.dump() == before
    refused = filled(*words)
    assert refused.code == 2
    assert "row 3, column B (Mailadres werk): 'geen adres' is not a mail address" in refused.err
    assert filled.dump() == before
    back = filled.folder / "terug.xlsx"
    done = filled(*words, "--bad-rows-to", back, "--json").good().json
    assert (done["guests"], done["invited"], len(done["bad"])) == (1, 1, 1)
    assert done["until_on"] == "2090-05-07"
    assert load_workbook(back).active["E1"].value == "Reden"
    again = filled(*words, "--good-rows").good()
    assert "1  invited already" in again.out
    assert "there already" in filled(*words, "--bad-rows-to", back).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--event", "weg"), "there is no event"),
        (("--event", EVENT), "is over: it takes no guests"),
        (("--event", EVENT, "--sheet", "weg"), "there is no sheet 'weg'"),
        (("--event", EVENT, "--map", "Naam"), "does not say what a column holds"),
        (("--event", EVENT, "--bad-rows-to", "uit.csv"), "come back as .xlsx"),
    ],
)
def test_what_cannot_be_is_one_error(filled: Shell, words: tuple[str, ...], said: str) -> None:
    path = filled.write("g.xlsx", book([("Naam", "E-mail"), ("A", "a@b.example")]))
    before = filled.dump()
    done = filled("people", "import-guests", path, *words)
    assert done.code in (1, 2)
    assert said in done.err
    assert "Traceback" not in done.err
    assert filled.dump() == before


def test_people_come_in_from_excel_and_a_partner_changes_nothing(filled: Shell) -> None:
    rows = [("Voornaam", "Tussenvoegsel", "Achternaam", "E-mail"),
            ("Jan", "de", "Boer", "jan@b.example")]  # fmt: skip
    words = ("people", "import", "--source", "x")
    filled(*words, filled.write("een.xlsx", book(rows))).good()
    rows[1] = ("J.", "de", "Boer", "jan@b.example")
    other = filled.write("twee.xlsx", book(rows))
    kept = filled(*words, other).good()
    assert "--update" in kept.out
    assert "Jan de Boer" in kept.out
    assert "kept" in kept.out
    report = filled(*words, other, "--update", "--json").good().json
    assert [(one["before"], one["after"]) for one in report["changes"]] == [
        ("Jan de Boer", "J. de Boer")
    ]


LAPOSTA = (
    "email;voornaam;state;signup_date;unsubscribed\n"
    "ann@harbour.example;Ann;active;2023-04-05 10:11:12;\n"
    "bo@haven.example;Bo;unsubscribed;2021-01-02;2022-02-03\n"
)


def test_an_export_of_laposta_is_taken_over_by_its_own_command(filled: Shell) -> None:
    path = filled.write("laposta.csv", LAPOSTA)
    before = filled.dump()
    refused = filled("people", "import", path, "--source", "x")
    assert refused.code == 2
    assert "var-outreach people import-laposta laposta.csv" in refused.err
    assert "1  new readers" in filled("people", "import-laposta", path, "--dry-run").good().out
    assert filled.dump() == before
    done = filled("people", "import-laposta", path, "--json").good().json
    assert (done["subscribed"], done["left"]) == (1, 1)
    other = filled("people", "import-laposta", filled.write("g.csv", "naam;adres\na;a@b.example\n"))
    assert other.code == 2
    assert "no Laposta export" in other.err


def test_duplicates_are_found_and_joined(filled: Shell) -> None:
    text = "naam,adres,bron\nJan Jansen,jan@a.example,x\nJan Jansen,jan@b.example,x\n"
    filled("people", "import", filled.write("p.csv", text)).good()
    pairs = filled("people", "duplicates", "--json").good().json
    (pair,) = [one for one in pairs if one["keep"]["name"] == "Jan Jansen"]
    assert pair["probable"]
    assert "people join" in filled("people", "duplicates").good().out
    ends = (pair["keep"]["id"], pair["other"]["address"])
    before = filled.dump()
    seen = filled("people", "join", *ends, "--by", "staf", "--dry-run").good()
    assert "would become" in seen.out
    assert filled.dump() == before
    done = filled("people", "join", *ends, "--by", "staf", "--json").good().json
    assert done["alias"] == pair["other"]["address"]
    assert filled("people", "join", *ends, "--by", "staf").code == 1


def test_organisations_merge(filled: Shell) -> None:
    words = ("people", "merge-organisation", "gemeente-schiedam", "--into", "gemeente-vlaardingen")
    seen = filled(*words, "--on", "2025-01-01", "--by", "staf", "--dry-run", "--json").good().json
    assert seen["functions_ended"] > 0
    done = filled(*words, "--on", "01-01-2025", "--by", "staf").good()
    assert "went into gemeente-vlaardingen" in done.out
    assert filled(*words, "--on", "2025-01-01", "--by", "staf").code == 1
