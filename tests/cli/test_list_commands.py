"""The lists of one event and who was there, from the command line."""

from __future__ import annotations

import re
import stat

import pytest
from openpyxl import load_workbook

from tests.cli.running import EVENT, Shell

FAR = "year: 2098\nevents:\n  - {id: a, kind: leerhuis, title: Leerhuis, date: 2098-10-09}\n"
NAMES = ("badges", "visitors", "diet", "matrix", "calls", "rooms", "presence")


@pytest.fixture
def event(filled: Shell) -> str:
    """An event of last year at which four people walked in."""
    for name, organisation in (
        ("Ada van der Berg", "Gemeente Schiedam"),
        ("Bo Bakker", "Gemeente Dordrecht"),
        ("Bo Bakker", "Gemeente Ridderkerk"),
        ("Ayşe Şahin", "Bureau Halt"),
    ):
        filled(
            "attendance", "walk-in", EVENT, "--name", name, "--organisation", organisation
        ).good()
    return EVENT


def numbers(shell: Shell, event: str) -> dict[str, int]:
    rows = shell("lists", "presence", event, "--json").good().json
    return {f"{row['name']}, {row['organisation']}": row["registration_id"] for row in rows}


def test_every_list_is_printed_and_can_be_read_by_a_program(filled: Shell, event: str) -> None:
    for name in NAMES:
        text = filled("lists", name, event).good()
        assert "Leerhuis" in text.out
        as_json = filled("lists", name, event, "--json").good()
        assert as_json.json is not None
        assert filled("lists", name, event, "--format", "json").good().out == as_json.out
        assert text.err == as_json.err == ""


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("pdf", b"%PDF-"),
        ("xlsx", b"PK\x03\x04"),
        ("html", b"<!doctype html>"),
        ("text", b""),
        ("json", b""),
    ],
)
def test_every_list_is_a_file_that_only_its_owner_reads(
    filled: Shell, event: str, form: str, begins: bytes
) -> None:
    for name in NAMES:
        out = filled.folder / f"{name}.{form}"
        done = filled("lists", name, event, "--format", form, "--out", out).good()
        assert str(out) in done.out
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        data = out.read_bytes()
        assert data.startswith(begins)
        if form == "html" and name not in {"diet", "rooms"}:
            assert b"<caption" in data


def test_a_file_gets_a_name_of_its_own(filled: Shell, event: str) -> None:
    filled("lists", "badges", event, "--format", "pdf").good()
    assert (filled.folder / f"badges-{EVENT}.pdf").read_bytes().startswith(b"%PDF-")


def test_a_file_that_is_there_is_left_alone(filled: Shell, event: str) -> None:
    out = filled.write("lijst.pdf", "van gisteren")
    out.chmod(0o644)
    ended = filled("lists", "badges", event, "--format", "pdf", "--out", out)
    assert ended.code == 1
    assert "there already" in ended.err
    assert out.read_text() == "van gisteren"
    filled("lists", "badges", event, "--format", "pdf", "--out", out, "--force").good()
    assert out.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize("out", ["er/is/geen/map.pdf", "."])
def test_a_file_that_cannot_be_written_is_one_clear_error(
    filled: Shell, event: str, out: str
) -> None:
    ended = filled("lists", "badges", event, "--format", "pdf", "--out", out, "--force")
    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert "Traceback" not in ended.err


def test_an_event_that_is_not_there(filled: Shell) -> None:
    ended = filled("lists", "badges", "bestaat-niet")
    assert ended.code == 1
    assert "bestaat-niet" in ended.err


def test_names_with_a_diet_are_only_shown_where_asked(filled: Shell, event: str) -> None:
    assert filled("lists", "diet", event, "--names", "--json").good().json["with_names"] is True
    assert filled("lists", "diet", event, "--json").good().json["with_names"] is False


def test_badges_by_organisation(filled: Shell, event: str) -> None:
    rows = filled("lists", "badges", event, "--by-organisation", "--json").good().json
    assert [row["name"] for row in rows] == [
        "Ayşe Şahin",
        "Bo Bakker",
        "Bo Bakker",
        "Ada van der Berg",
    ]


# ---- attendance


def test_a_list_comes_back_from_the_door_as_a_workbook(filled: Shell, event: str) -> None:
    out = filled.folder / "deur.xlsx"
    filled("lists", "presence", event, "--format", "xlsx", "--out", out).good()
    book = load_workbook(out)
    tab = book.worksheets[0]
    marks = {"Ada van der Berg": "X", "Ayşe Şahin": "nee"}
    for row in tab.iter_rows(min_row=2):
        row[4].value = marks.get(str(row[1].value))
    book.save(out)
    done = filled("attendance", "mark", event, "--file", out, "--json").good().json
    assert done == {"present": 1, "absent": 1, "undone": 0, "left_out": []}
    shown = filled("attendance", "show", event, "--json").good().json
    # Somebody who walked in, and did not after all, is no guest.
    assert [one["name"] for one in shown["present"]] == [
        "Bo Bakker",
        "Bo Bakker",
        "Ada van der Berg",
    ]
    assert shown["figures"]["walk_ins"] == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_list_with_names_alone(filled: Shell, event: str, encoding: str) -> None:
    text = (
        "Naam;Organisatie;Aanwezig\r\nberg, ada van der;Schiedam;ja\r\nBo  Bakker;Dordrecht;x\r\n"
    )
    file = filled.write("deur.csv", text.encode(encoding))
    done = filled("attendance", "mark", event, "--file", file, "--json").good().json
    assert (done["present"], done["left_out"]) == (2, [])


def test_what_is_unclear_is_said_by_row_and_marks_nothing(filled: Shell, event: str) -> None:
    ids = numbers(filled, event)
    berg = ids["Ada van der Berg, Gemeente Schiedam"]
    text = (
        "nummer,naam,organisatie,aanwezig\n"
        f"{berg},Ada van der Berg,,nee\n"
        ",Bo Bakker,,ja\n"
        ",Niemand Hier,Gemeente Schiedam,ja\n"
        ",Ayşe Şahin,Gemeente Schiedam,ja\n"
        f"{berg},Bo Bakker,,ja\n"
        "999999,,,ja\n"
        ",Ayşe Şahin,Bureau Halt,misschien\n"
        ",Ayşe Şahin,Bureau Halt,\n"
    )
    file = filled.write("deur.csv", text)
    before = filled.dump()
    ended = filled("attendance", "mark", event, "--file", file)
    assert ended.code == 2
    for row, words in (
        (3, "may be 2 people"),
        (4, "is not on the list"),
        (5, "Bureau Halt"),
        (6, f"number {berg} is Ada van der Berg, not Bo Bakker"),
        (7, "there is no registration 999999"),
        (8, "neither yes nor no"),
    ):
        assert re.search(rf"row {row}: .*{re.escape(words)}", ended.err), (row, ended.err)
    assert "6 of 7 lines" in ended.err
    assert filled.dump() == before
    done = filled("attendance", "mark", event, "--file", file, "--partly", "--json").good()
    assert (done.json["absent"], len(done.json["left_out"])) == (1, 6)
    assert done.err.count("left out:") == 6


def test_two_lines_that_contradict_each_other_are_asked(filled: Shell, event: str) -> None:
    file = filled.write("d.csv", "naam,organisatie,aanwezig\nBo Bakker,Dordrecht,ja\n")
    text = file.read_text() + "Bo Bakker,Gemeente Dordrecht,nee\n"
    file.write_text(text)
    ended = filled("attendance", "mark", event, "--file", file)
    assert ended.code == 2
    assert "was there on one line, not on another" in ended.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"kleur;maat\nrood;5\n", "no column says who"),
        (b"%PDF-1.4", "PDF file"),
        (b"PK\x03\x04kapot", "workbook"),
    ],
)
def test_a_file_that_is_no_list_is_one_clear_error(
    filled: Shell, event: str, content: bytes, words: str
) -> None:
    file = filled.write("deur.csv", content)
    ended = filled("attendance", "mark", event, "--file", file)
    assert ended.code == 2
    assert words in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nobody is named"),
        (("--present", "twaalf"), "'twaalf' is no number"),
        (("--present", "1,,2"), "'' is no number"),
        (("--present", "999999"), "there is no registration 999999"),
        (("--undo", "999999"), "There is no registration 999999"),
        (("--file", "bestaat-niet.csv"), "cannot be read"),
        (("--sheet", "Blad1", "--present", "1"), "only a file has sheets"),
        (("--present", "1", "--by", " "), "not the name of a person"),
    ],
)
def test_marking_what_is_not_there(
    filled: Shell, event: str, arguments: tuple[str, ...], words: str
) -> None:
    before = filled.dump()
    ended = filled("attendance", "mark", event, *arguments)
    assert ended.code in {1, 2}
    assert words in ended.err
    assert filled.dump() == before


def test_marks_by_number_are_taken_back(filled: Shell, event: str) -> None:
    ids = sorted(numbers(filled, event).values())
    done = filled("attendance", "mark", event, "--undo", f"{ids[0]},{ids[1]}", "--json").good()
    assert done.json["undone"] == 2
    assert len(numbers(filled, event)) == len(ids) - 2


def test_nobody_is_marked_before_the_day(shell: Shell) -> None:
    shell("agenda", "import", shell.write("ver.yaml", FAR)).good()
    key = shell("agenda", "list", "--json").good().json[0]["key"]
    for words in (
        ("all-present", key),
        ("counted", key, "--live", 3),
        ("walk-in", key, "--name", "Ada Bakker"),
    ):
        ended = shell("attendance", *words)
        assert ended.code == 1
        assert "still to come (2098-10-09)" in ended.err


def test_who_is_on_the_list_does_not_walk_in_again(filled: Shell, event: str) -> None:
    words = ("attendance", "walk-in", event, "--name", "berg, Ada van der")
    ended = filled(*words, "--organisation", "schiedam")
    assert ended.code == 1
    assert "is on the list already" in ended.err
    done = filled(*words, "--organisation", "schiedam", "--somebody-else", "--json").good().json
    assert done["new"] is True


def test_counts_are_typed_and_shown(filled: Shell, event: str) -> None:
    assert filled("attendance", "counted", event).code == 2
    assert filled("attendance", "counted", event, "--live", "-1").code == 2
    filled("attendance", "counted", event, "--live", 40).good()
    told = filled("attendance", "counted", event, "--views", 123, "--json").good().json
    assert (told["counted_live"], told["counted_views"]) == (40, 123)
    out = filled("attendance", "show", event).good().out
    assert "took part" in out
    assert "123  views of the recording" in out
