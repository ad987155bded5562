"""PDF, workbook and page say what the list says: read back by other people's programs."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from var_outreach.reporting.badges import Badge
from var_outreach.reporting.excel import sheet_as_xlsx
from var_outreach.reporting.pdf import badges_as_pdf, sheet_as_pdf
from var_outreach.reporting.printable import sheet_as_html
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet

NETWORK = "VeiligheidsAlliantie regio Rotterdam"
HEADING = Heading(
    event_key="2026-03-24-conferentie",
    event_title="Conferentie Zorg & Veiligheid",
    when="dinsdag 24 maart 2026, 9.30 tot 17 uur",
    where="De Kuip, Rotterdam",
    printed="1 maart 2026, 9 uur",
    made_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
)
NAMES = ("Ayşe Şahin", "Łukasz Świątek", "Jörg Müller", "Bo 't Hart", "Zoë van der Berg")
MILLIMETRE = 72 / 25.4


def a_sheet(*rows: tuple[str | int, ...], columns: int = 3) -> Sheet:
    titles = (Column("Naam", 3), Column("Organisatie", 3), Column("Aantal", 1, number=True))
    more = tuple(Column(f"Kolom {number}") for number in range(columns - 3))
    return Sheet(
        name="proef",
        title="Proeflijst",
        heading=HEADING,
        sections=(Section("Mensen", (*titles, *more), rows),),
        remarks=("Er komen 5 mensen.",),
    )


def a_badge(name: str, **fields: object) -> Badge:
    badge = Badge(1, name, "Wethouder jeugd", "Gemeente Schiedam", (), speaks=False)
    return replace(badge, **fields)  # type: ignore[arg-type]


@pytest.fixture
def poppler(tmp_path: Path) -> Path:
    """A folder for PDFs, where poppler can read them."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed; on Debian: apt-get install poppler-utils")
    return tmp_path


def read(program: str, folder: Path, data: bytes, *options: str) -> str:
    """Return what a program of poppler says of a PDF; a complaint of it is a failure."""
    file = folder / "proef.pdf"
    file.write_bytes(data)
    ended = subprocess.run(
        [program, *options, str(file), *(["-"] if program == "pdftotext" else [])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout


def words_of(folder: Path, data: bytes) -> list[tuple[str, float, float, float, float]]:
    """Return every word with its box in mm from the upper left corner of its page."""
    page = ElementTree.fromstring(read("pdftotext", folder, data, "-bbox"))
    found = []
    for element in page.iter():
        if element.tag.endswith("word"):
            box = [float(element.attrib[side]) for side in ("xMin", "yMin", "xMax", "yMax")]
            left, top, right, bottom = (side / MILLIMETRE for side in box)
            found.append((element.text or "", left, top, right, bottom))
    return found


def test_a_list_as_pdf_holds_every_name(poppler: Path) -> None:
    data = sheet_as_pdf(a_sheet(*((name, "RIEC", 1) for name in NAMES)), network=NETWORK)
    text = read("pdftotext", poppler, data, "-layout")
    for words in (*NAMES, "Proeflijst", "Conferentie Zorg & Veiligheid", "De Kuip, Rotterdam"):
        assert words in text
    assert "Er komen 5 mensen." in text
    assert "gemaakt op 1 maart 2026, 9 uur" in text
    assert "Pagina 1 van 1" in text


def test_a_pdf_says_what_it_is_and_in_which_language(poppler: Path) -> None:
    data = sheet_as_pdf(a_sheet(("Ada Bakker", "RIEC", 1)), network=NETWORK)
    told = dict(
        line.split(":", 1) for line in read("pdfinfo", poppler, data).splitlines() if ":" in line
    )
    assert told["Title"].strip() == "Proeflijst: Conferentie Zorg & Veiligheid"
    assert told["Author"].strip() == NETWORK
    assert told["Tagged"].strip() == "yes"
    assert told["JavaScript"].strip() == "no"
    assert told["Page size"].strip().endswith("(A4)")
    assert re.search(
        rb"/Lang \(?<?[^/]*nl-NL|/Lang <feff006e006c002d004e004c>", data, re.IGNORECASE
    )


def test_a_table_is_read_aloud_as_a_table(poppler: Path) -> None:
    data = sheet_as_pdf(a_sheet(("Ada Bakker", "RIEC", 7)), network=NETWORK)
    told = read("pdfinfo", poppler, data, "-struct-text")
    kinds = re.findall(r"^ *(H1|H2|Table|TR|TH|TD)\b", told, re.MULTILINE)
    assert kinds == ["H1", "H2", "Table", "TR", "TH", "TH", "TH", "TR", "TD", "TD", "TD"]
    assert told.count("/Scope /Column") == 3
    # Page numbers and lines are no part of what is read.
    assert "Pagina" not in told


def test_a_long_list_has_its_header_on_every_page(poppler: Path) -> None:
    rows = [(f"Persoon {number:03}", "Gemeente Schiedam", number) for number in range(150)]
    data = sheet_as_pdf(a_sheet(*rows), network=NETWORK)
    pages = read("pdftotext", poppler, data, "-layout").split("\f")[:-1]
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "Organisatie" in page
        assert f"Pagina {number} van {len(pages)}" in page
    names = re.findall(r"Persoon \d{3}", "".join(pages))
    assert names == [name for name, _, _ in rows]


def test_a_cell_higher_than_a_page_goes_on_on_the_next(poppler: Path) -> None:
    people = [f"Persoon {number:03} (adviseur)" for number in range(200)]
    data = sheet_as_pdf(a_sheet((";\n".join(people), "RIEC", 1)), network=NETWORK)
    text = read("pdftotext", poppler, data)
    assert re.findall(r"Persoon \d{3}", text) == [one[:11] for one in people]
    bottom = max(box[4] for box in words_of(poppler, data))
    assert bottom < 297


def test_a_word_wider_than_its_column_stays_in_it(poppler: Path) -> None:
    address = f"{'zeerlangedoorlopendenaam' * 4}@gemeente.example"
    data = sheet_as_pdf(a_sheet((address, "RIEC", 1)), network=NETWORK)
    words = words_of(poppler, data)
    right = max(box[3] for box in words if box[0].startswith("zeerlange"))
    left = next(box[1] for box in words if box[0] == "RIEC")
    assert right < left
    assert address in "".join(read("pdftotext", poppler, data).split())


def test_many_columns_lie_down(poppler: Path) -> None:
    data = sheet_as_pdf(a_sheet(columns=6), network=NETWORK)
    assert re.search(r"Page size: +841\.\d+ x 595", read("pdfinfo", poppler, data))
    assert "Niemand." in read("pdftotext", poppler, data)


def test_the_letters_are_real_letters_inside(poppler: Path) -> None:
    data = badges_as_pdf([a_badge("Łukasz Świątek")], HEADING, network=NETWORK)
    fonts = read("pdffonts", poppler, data).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert "SourceSans" in line
        # Embedded, a subset, with a way back to the characters.
        assert re.search(r"CID TrueType +Identity-H +yes yes yes", line)


def test_badges_lie_ten_on_a_page_in_their_own_card(poppler: Path) -> None:
    badges = [
        a_badge(f"Gast{number:02}", workshops=(("Ronde 1", f"Werk{number:02}", "Zaal 2"),))
        for number in range(12)
    ]
    data = badges_as_pdf(badges, HEADING, network=NETWORK)
    assert re.search(r"Pages: +2\b", read("pdfinfo", poppler, data))
    first = read("pdftotext", poppler, data, "-l", "1", "-bbox")
    assert first.count("Gast") == 10
    left, top = (210 - 2 * 85) / 2, (297 - 5 * 55) / 2
    for text, x0, y0, x1, y1 in words_of(poppler, data):
        if not text.startswith(("Gast", "Werk")):
            continue
        place = int(text[4:]) % 10
        column, row = place % 2, place // 2
        assert left + column * 85 < x0 < x1 < left + (column + 1) * 85
        assert top + row * 55 < y0 < y1 < top + (row + 1) * 55


def test_a_name_is_large_and_a_long_one_still_fits(poppler: Path) -> None:
    long_name = "Wilhelmina Alexandra van Heijden-van Oudenhoven tot Westerbeek"
    data = badges_as_pdf([a_badge("Bo Li"), a_badge(long_name)], HEADING, network=NETWORK)
    words = words_of(poppler, data)
    short = next(box for box in words if box[0] == "Li")
    assert short[4] - short[2] > 9
    middle = 210 / 2
    beside = [box for box in words if box[1] > middle]
    assert "".join(box[0] for box in beside).startswith("Conferentie")
    assert long_name.replace(" ", "") in "".join(box[0] for box in beside)
    assert max(box[3] for box in beside) < 210 - 20


NAME = st.text(
    st.characters(max_codepoint=0x17F, categories=("Lu", "Ll"), include_characters=" -'."),
    min_size=1,
    max_size=120,
)


@settings(max_examples=12, deadline=None)
@given(name=NAME, function=NAME, title=NAME)
def test_nothing_runs_out_of_a_card(
    tmp_path_factory: pytest.TempPathFactory, name: str, function: str, title: str
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed; on Debian: apt-get install poppler-utils")
    badge = a_badge(
        name,
        function=function,
        organisation=function,
        workshops=tuple((f"Ronde {number}", title, "") for number in range(3)),
    )
    heading = replace(HEADING, event_title=title)
    data = badges_as_pdf([badge], heading, network=NETWORK)
    boxes = words_of(tmp_path_factory.mktemp("kaart"), data)
    for _, x0, y0, x1, y1 in boxes:
        assert 20 < x0 < x1 < 105
        assert 11 < y0 < y1 < 66.5


def test_no_badges_is_a_page_that_says_so(poppler: Path) -> None:
    data = badges_as_pdf([], HEADING, network=NETWORK)
    assert "Er komt nog niemand." in read("pdftotext", poppler, data)


def test_the_same_data_gives_the_same_bytes() -> None:
    sheet = a_sheet(*((name, "RIEC", 1) for name in NAMES))
    badges = [a_badge(name) for name in NAMES]
    assert sheet_as_pdf(sheet, network=NETWORK) == sheet_as_pdf(sheet, network=NETWORK)
    assert sheet_as_xlsx(sheet, network=NETWORK) == sheet_as_xlsx(sheet, network=NETWORK)
    assert badges_as_pdf(badges, HEADING, network=NETWORK) == badges_as_pdf(
        badges, HEADING, network=NETWORK
    )
    later = replace(HEADING, made_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    assert badges_as_pdf(badges, later, network=NETWORK) != badges_as_pdf(
        badges, HEADING, network=NETWORK
    )


DANGEROUS = (
    '=HYPERLINK("http://kwaad.example","klik")',
    "+31 10 555 01 23",
    "-2+3",
    "@SUM(A1)",
    "=1+1",
)


def test_no_name_becomes_a_formula() -> None:
    sheet = a_sheet(*((text, text, 1) for text in DANGEROUS))
    data = sheet_as_xlsx(sheet, network=NETWORK)
    tab = load_workbook(io.BytesIO(data)).worksheets[0]
    assert [row[0].value for row in tab.iter_rows(min_row=2)] == list(DANGEROUS)
    for row in tab.iter_rows(min_row=2):
        assert row[0].data_type == row[1].data_type == "s"
        assert row[0].quotePrefix
        assert row[2].data_type == "n"
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
        assert not [name for name in names if "vba" in name.lower() or "external" in name.lower()]
        assert not [name for name in names if b"<f>" in parts.read(name)]


def test_a_workbook_keeps_its_header_in_view_and_its_columns_wide_enough() -> None:
    sheet = a_sheet(("Zoë van der Berg", "Gemeente Krimpen aan den IJssel", 12))
    book = load_workbook(io.BytesIO(sheet_as_xlsx(sheet, network=NETWORK)))
    tab = book.worksheets[0]
    assert (tab.title, tab.freeze_panes, tab.print_title_rows) == ("Mensen", "A2", "$1:$1")
    assert [cell.value for cell in tab[1]] == ["Naam", "Organisatie", "Aantal"]
    assert tab.column_dimensions["B"].width > len("Gemeente Krimpen aan den IJssel")
    assert tab["C2"].value == 12
    assert book.properties.title == "Proeflijst: Conferentie Zorg & Veiligheid"
    about = {row[0].value: row[1].value for row in book.worksheets[-1].iter_rows()}
    assert about["Gemaakt op"] == "1 maart 2026, 9 uur"


def test_tabs_have_names_that_excel_takes() -> None:
    captions = ("Ronde 1: 9/10 [Zaal?] *", "Ronde 1: 9/10 [Zaal?] *", "x" * 40, "x" * 45, "'")
    sections = tuple(Section(caption, (Column("Naam"),), ()) for caption in captions)
    data = sheet_as_xlsx(replace(a_sheet(), sections=sections), network=NETWORK)
    titles = load_workbook(io.BytesIO(data)).sheetnames
    assert len({title.casefold() for title in titles}) == len(captions) + 1
    assert all(len(title) <= 31 and not set(title) & set("[]:*?/\\'") for title in titles)


def test_control_characters_do_not_spoil_a_file(poppler: Path) -> None:
    sheet = a_sheet(("Ada\x00\x0b Bakker\ufffe", "RIEC\t\n", 1))
    assert load_workbook(io.BytesIO(sheet_as_xlsx(sheet, network=NETWORK))).worksheets
    assert "Bakker" in read("pdftotext", poppler, sheet_as_pdf(sheet, network=NETWORK))


def test_the_page_escapes_what_people_wrote() -> None:
    page = sheet_as_html(a_sheet(("<script>alert(1)</script>", "A & B", 1)), network=NETWORK)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "A &amp; B" in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = sheet_as_html(a_sheet(("Ada Bakker", "RIEC", 1)), network=NETWORK)
    assert not re.search(r"""(?:src|href)=|url\(|@import""", page)
    assert '<html lang="nl">' in page
    assert page.count('scope="col"') == 3
    assert page.count('scope="row"') == 1
    assert re.search(r'<caption id="table-1">Mensen</caption>', page)
