"""Tables from Excel and CSV: what is read, and that no file can hurt."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from tests.people.books import book, saved, with_part
from var_outreach.errors import FileError
from var_outreach.people import table as tables
from var_outreach.people.columns import header_words
from var_outreach.people.table import Table, column_letter, read_table
from var_outreach.people.xlsx_table import written_xlsx

WORDS = header_words(())
HEADER = ("Naam", "E-mail", "Telefoon")
SHEET = "xl/worksheets/sheet1.xml"


def read(data: bytes, sheet: str | None = None) -> Table:
    return read_table(data, name="lijst.xlsx", words=WORDS, sheet=sheet)


def test_numbers_dates_and_formulas_are_text() -> None:
    made = book(
        [
            HEADER,
            (date(2025, 3, 4), datetime(2025, 3, 4, 9, 30), 31612345678),
            (3.0, 2.5, True),
            (None, " é ", "=1+1"),
        ]
    )
    # openpyxl writes a formula without its value; Excel keeps the last one it had.
    made = with_part(
        made, SHEET, lambda old: old.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    )
    found = read(made)
    assert [row.cells for row in found.rows] == [
        ("2025-03-04", "2025-03-04 09:30:00", "31612345678"),
        ("3", "2.5", "ja"),
        ("", " é ", "2"),
    ]
    assert [row.number for row in found.rows] == [2, 3, 4]
    assert (found.is_workbook, found.titles) == (True, HEADER)


def test_a_formula_that_was_never_worked_out_is_an_empty_cell() -> None:
    found = read(book([HEADER, ("a", '=HYPERLINK("http://x.example")', "b")]))
    assert found.rows[0].cells == ("a", "", "b")


def test_the_list_may_stand_under_a_title_and_between_empty_rows() -> None:
    found = read(book([("Deelnemers adres 2025",), (), HEADER, (), ("a", "a@b.example", "")]))
    assert (found.header_row, found.titles) == (3, HEADER)
    assert [(row.number, row.cells[0]) for row in found.rows] == [(5, "a")]


def test_a_merged_cell_counts_for_all_its_rows_and_a_merged_title_for_none() -> None:
    made = Workbook()
    sheet = made.active
    for cells in (("Gasten",), ("Organisatie", *HEADER), ("RIEC", "a", "a@b.example"),
                  (None, "b", "b@b.example"), ("OM", "c", "c@b.example")):  # fmt: skip
        sheet.append(cells)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("A3:A4")
    found = read(saved(made))
    assert found.header_row == 2
    assert [row.cells[0] for row in found.rows] == ["RIEC", "RIEC", "OM"]


def test_a_hidden_sheet_is_passed_over_unless_it_is_named() -> None:
    made = Workbook()
    made.active.title = "Geheim"
    made.active.sheet_state = "hidden"
    made.active.append(HEADER)
    made.active.append(("verborgen",))
    for title in ("Gasten", "Oud"):
        sheet = made.create_sheet(title)
        sheet.append(HEADER)
        sheet.append((title.lower(),))
    data = saved(made)
    first = read(data)
    assert (first.sheet, first.other_sheets, first.rows[0].cells[0]) == (
        "Gasten",
        ("Oud",),
        "gasten",
    )
    assert read(data, "oud ").rows[0].cells[0] == "oud"
    assert read(data, "Geheim").rows[0].cells[0] == "verborgen"
    with pytest.raises(FileError, match="no sheet 'Weg'") as caught:
        read(data, "Weg")
    assert "'Gasten', 'Oud'" in caught.value.remedy
    with pytest.raises(FileError, match="has no sheets"):
        read(b"naam;adres\na;b\n", "Gasten")


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "the file is empty"),
        ([HEADER], "no rows under its header"),
        ([("Jan", "jan@b.example")], "does not name the columns"),
        ([tuple(f"x{n}" for n in range(70)), ("a",)], "more than 64 columns"),
        ([HEADER, ("a", "b", "c", "d")], "more cells than the 3"),
    ],
)
def test_a_workbook_that_is_no_table_is_one_error(rows: list[tuple[str, ...]], what: str) -> None:
    with pytest.raises(FileError, match=what) as caught:
        read(book(rows))
    assert caught.value.where.startswith("lijst.xlsx")
    assert caught.value.remedy


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()


GOOD = book([HEADER, ("a", "a@b.example", "")])
BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]>"
HOSTILE = {
    "zip bomb": (zipped({"[Content_Types].xml": b"", "xl/bomb.bin": bytes(70_000_000)}), "60 MB"),
    "bomb in the sheet": (with_part(GOOD, SHEET, lambda old: old + bytes(70_000_000)), "60 MB"),
    "many parts": (zipped({f"{n}.xml": b"" for n in range(2_100)}), "60 MB"),
    "entities": (with_part(GOOD, SHEET, lambda old: BOMB + old), "XML that no spreadsheet"),
    "entities in utf-16": (
        with_part(GOOD, SHEET, lambda old: (BOMB + old).decode().encode("utf-16")),
        "XML that no spreadsheet",
    ),
    "no workbook": (zipped({"brief.xml": b"<a/>"}), "zip file, no workbook"),
    "cut off": (GOOD[: len(GOOD) // 2], "cannot be read"),
    "garbage": (b"PK\x03\x04" + bytes(range(256)) * 40, "cannot be read"),
    "no sheets": (with_part(GOOD, "xl/workbook.xml", lambda old: b"<workbook/>"), "cannot be read|hidden"),
    "broken sheet": (with_part(GOOD, SHEET, lambda old: old[:-60]), "cannot be read"),
    "password": (b"\xd0\xcf\x11\xe0" + bytes(4_000), "password"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_workbook_is_one_error(kind: str) -> None:
    data, what = HOSTILE[kind]
    with pytest.raises(FileError, match=what) as caught:
        read(data)
    assert caught.value.where.startswith("lijst.xlsx")
    assert caught.value.remedy


def test_a_row_far_down_and_a_lie_about_its_size_cost_nothing() -> None:
    data = with_part(
        GOOD,
        SHEET,
        lambda old: old.replace(b'<dimension ref="A1:C2"/>', b'<dimension ref="A1:XFD1048576"/>')
        .replace(b"</sheetData>", b'<row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>'),
    )  # fmt: skip
    assert [row.number for row in read(data).rows] == [2]


def test_ten_megabytes_are_read_or_refused_and_more_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = b"Naam Naamsen;naam%06d@gemeente.example;gemeente\n"
    lines = b"".join(line % number for number in range(10_000_000 // len(line)))
    with pytest.raises(FileError, match="more than 100000 rows"):
        read(b"naam;adres;organisatie\n" + lines)
    monkeypatch.setattr(tables, "MAX_BYTES", len(GOOD) - 1)
    with pytest.raises(FileError, match="larger than"):
        read(GOOD)


def test_too_many_rows_of_a_workbook_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    rows = [(f"n{number}", "", "") for number in range(4)]
    assert len(read(book([HEADER, *rows[:3]])).rows) == 3
    with pytest.raises(FileError, match="more than 3 rows"):
        read(book([HEADER, *rows]))


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_csv_that_offices_make_is_read(separator: str, encoding: str) -> None:
    rows = ["Deelnemers;;", "Naam;E-mail;Telefoon", "Zoë;zoë@b.example;1"]
    text = "\r\n".join(row.replace(";", separator) for row in rows)
    found = read(text.encode(encoding))
    assert (found.header_row, found.titles) == (2, HEADER)
    assert found.rows[0].cells == ("Zoë", "zoë@b.example", "1")


def test_a_file_in_the_wrong_encoding_is_named_so() -> None:
    with pytest.raises(FileError, match="UTF-16"):
        read("naam;adres\na;b\n".encode("utf-16"))


def test_what_is_written_is_text_and_is_read_again() -> None:
    rows = [("=1+1", "@a", "a\x00b"), ("+31", "'=x", "é")]
    data = written_xlsx("Gasten: [1]", HEADER, rows)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read(SHEET)
    found = read(data)
    assert [row.cells for row in found.rows] == [("=1+1", "@a", "ab"), ("+31", "'=x", "é")]


def test_letters_of_columns() -> None:
    assert [column_letter(n) for n in (0, 4, 25, 26, 51, 52, 701, 702)] == [
        "A", "E", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
