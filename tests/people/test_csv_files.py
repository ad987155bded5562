"""Reading people from CSV: what is accepted, and what each wrong file is told."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from var_outreach.errors import FileError, RowErrors
from var_outreach.people import table
from var_outreach.people.csv_files import read_people, write_people
from var_outreach.people.csv_rows import PersonRow

FULL = (
    "organisatie;soort;functie;portefeuille;naam;adres;secretariaat naam;secretariaat adres;taal;"
    "thema's;van;tot;bron;grondslag;nieuwsbrief;toestemming_op\r\n"
    "Gemeente Dordrecht;gemeente;Wethouder;Zorg en jeugd;Zoë van Dijk;z.vandijk@Dordrecht.example;"
    "Bestuurssecretariaat;bestuur@dordrecht.example;nl;"
    '"Mensenhandel; jeugd-en-veiligheid";1-6-2022;2026-03-31;gemeentegids;publieke taak;ja;'
    "2024-02-03\r\n"
)
ROW = PersonRow(
    row=2,
    organisation="Gemeente Dordrecht",
    kind="gemeente",
    role="wethouder",
    portfolio="Zorg en jeugd",
    name="Zoë van Dijk",
    address="z.vandijk@dordrecht.example",
    secretariat_name="Bestuurssecretariaat",
    secretariat_address="bestuur@dordrecht.example",
    language="nl",
    topics=("Mensenhandel", "jeugd-en-veiligheid"),
    from_on=date(2022, 6, 1),
    until_on=date(2026, 3, 31),
    source="gemeentegids",
    legal_basis="public_task",
    newsletter=True,
    consent_at=datetime(2024, 2, 3, tzinfo=UTC),
)


def comma(text: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(csv.reader(io.StringIO(text), delimiter=";"))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        FULL.encode(),
        b"\xef\xbb\xbf" + FULL.encode(),
        FULL.encode("cp1252"),
        FULL.replace("\r\n", "\n").encode(),
        comma(FULL).encode(),
        FULL.replace("thema's", "thema\u2019s").encode(),
        FULL.replace("toestemming_op", "Toestemming op")
        .replace("adres;taal", "ADRES ;Taal")
        .encode(),
        (FULL + ";" * 15 + "\r\n\r\n").encode(),
    ],
    ids=["utf-8", "bom", "cp1252", "lf", "comma", "quote", "case", "blank-rows"],
)
def test_what_spreadsheets_write_is_read(data: bytes) -> None:
    assert read_people(data) == (ROW,)


def test_english_headers_and_words_are_read() -> None:
    data = (
        b"organisation,kind,function,name,e-mail,language,newsletter,consent date,legal basis\n"
        b"Harbour Watch,other,adviser,Ann Reed,ann@harbour.example,English,yes,2023-01-02,consent\n"
    )
    (row,) = read_people(data)
    assert (row.kind, row.language, row.newsletter, row.legal_basis) == (
        "overig",
        "en",
        True,
        "consent",
    )


def test_a_file_on_disk_is_named_in_its_error(tmp_path: Path) -> None:
    file = tmp_path / "mensen.csv"
    with pytest.raises(FileError) as missing:
        read_people(file)
    assert str(file) in str(missing.value)
    file.write_bytes(b"")
    with pytest.raises(FileError, match="empty"):
        read_people(file)
    with pytest.raises(FileError):
        read_people(tmp_path)


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"", "m.csv", "empty"),
        (b" \r\n ", "m.csv", "empty"),
        (b"naam;adres\na;a@b.example\nb\0;c@d.example\n", "m.csv, row 3, character 2", "NUL"),
        (b"PK\x03\x04\x14\0\0", "m.csv", "workbook cannot be read"),
        (b"\xff\xfen\0a\0", "m.csv", "UTF-16"),
        (b"naam;adres\n\x81\x8d;a@b.example\n", "m.csv, row 2", "neither UTF-8"),
        (b"Jan;jan@b.example\n", "m.csv, row 1", "does not name the columns"),
        (b"naam;adres\n", "m.csv", "no rows"),
        (b"naam;addres\na;b@c.example\n", "m.csv, row 1, column B", "'addres' is not known"),
        (b"naam;adres;e-mail\na;b;c\n", "m.csv, row 1, column C", "twice"),
        (b"naam;adres\na;b@c.example;x\n", "m.csv, row 2, column C", "more cells"),
        (b"naam;adres\na;b@c.example\nb", "m.csv, row 3, column A", "1 of 2 columns"),
        (b'naam;adres\na;b@c.example\n"b;c@d', "m.csv, row 3", "not well-formed"),
        (b'naam;adres\n"a"x;b@c.example\n', "m.csv, row 2", "not well-formed"),
        (b"naam;adres\n" + b"x" * 140_000 + b";b@c.example\n", "m.csv, row 2", "not well-formed"),
    ],
)
def test_a_file_that_is_no_table_is_one_error_with_its_place(
    data: bytes, where: str, what: str
) -> None:
    with pytest.raises(FileError, match=what) as caught:
        read_people(data, name="m.csv")
    assert type(caught.value) is FileError
    assert caught.value.where == where
    assert caught.value.remedy


def test_a_misspelt_column_gets_a_suggestion() -> None:
    with pytest.raises(FileError, match="Did you mean 'portefeuille'"):
        read_people(b"naam;portefuille\na;b\n")


def test_too_many_columns_rows_and_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match="more than 64 columns"):
        read_people(b"naam;" + b";".join(b"x%d" % n for n in range(70)) + b"\n")
    monkeypatch.setattr(table, "MAX_ROWS", 2)
    rows = b"".join(b"a%d@b.example\n" % number for number in range(3))
    assert len(read_people(b"adres\n" + rows[: rows.rfind(b"a2")])) == 2
    with pytest.raises(FileError, match="more than 2 rows"):
        read_people(b"adres\n" + rows)
    monkeypatch.setattr(table, "MAX_BYTES", 20)
    with pytest.raises(FileError, match="larger than"):
        read_people(b"adres\n" + rows)


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.csv"
    file.write_bytes(b"adres\n" * 10)
    monkeypatch.setattr(table, "MAX_BYTES", 20)
    with pytest.raises(FileError, match="larger than"):
        read_people(file)


WRONG_CELLS = [
    ("adres", "geen adres", "is not a mail address"),
    ("adres", "a@b.example> NOTIFY=NEVER", "is not a mail address"),
    ("secretariaat adres", "a@b", "is not a mail address"),
    ("naam", "Jan\nBcc: x@y.example", "line break"),
    ("naam", "=?utf-8?q?a=0ab?=", "line break"),
    ("naam", "x" * 201, "200 characters"),
    ("soort", "gemente", "not known here"),
    ("soort", "", None),
    ("taal", "fr", "not known here"),
    ("van", "31-2-2025", "not a date"),
    ("van", "12/2025", "not a date"),
    ("tot", "2019-01-01", "before the first"),
    ("grondslag", "zomaar", "not known here"),
    ("nieuwsbrief", "misschien", "not known here"),
    ("nieuwsbrief", "nee", "no 'ja'"),
    ("toestemming_op", "", "not said when"),
    ("toestemming_op", "gisteren", "not a date"),
    ("toestemming_op", "2024-02-03 om 12 uur", "not a moment"),
    ("organisatie", "", "needs an organisation"),
    ("organisatie", "!!!", "no letter or digit"),
    ("secretariaat adres", "", "secretariat has no address"),
    ("functie", "", "no office"),
    ("adres", "", "no address of their own"),
]


@pytest.mark.parametrize(("column", "cell", "what"), WRONG_CELLS)
def test_a_wrong_cell_is_named_by_row_and_column(column: str, cell: str, what: str | None) -> None:
    (header, values) = list(csv.reader(io.StringIO(FULL), delimiter=";"))
    values[header.index(column)] = cell
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([header, values])
    if what is None:
        assert read_people(out.getvalue().encode())
        return
    with pytest.raises(RowErrors) as caught:
        read_people(out.getvalue().encode(), name="m.csv")
    assert any(what in error.what for error in caught.value.rows)
    assert all(error.where.startswith("row 2, column ") for error in caught.value.rows)
    assert all(error.remedy for error in caught.value.rows)


def test_every_wrong_cell_of_every_row_is_listed() -> None:
    data = b"naam;adres;taal\na;a@b.example;nl\nb;x;fr\nc;c@d.example;nl\nd;;nl\n"
    with pytest.raises(RowErrors) as caught:
        read_people(data, name="m.csv")
    assert [error.where for error in caught.value.rows] == [
        "row 3, column B (adres)",
        "row 3, column C (taal)",
        "row 5, column B (adres)",
    ]
    assert "nothing was imported" in str(caught.value)
    assert "row 5" in str(caught.value)


@pytest.mark.parametrize("cell", ["=1+1", "+31", "-x", "@home", "'=1", "''-x", "'t Hart", "a=b"])
def test_a_formula_is_defused_on_the_way_out_and_restored_on_the_way_in(cell: str) -> None:
    text = write_people([PersonRow(row=2, name=cell, address="a@b.example")])
    written = list(csv.reader(io.StringIO(text), delimiter=";"))[1][4]
    assert written[0] not in "=+-@\t\r"
    (row,) = read_people(text.encode())
    assert row.name == cell
