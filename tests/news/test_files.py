"""A folder of news as staff write it, and everything that can be wrong with a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from var_outreach.errors import FileError, RowErrors
from var_outreach.news.files import read_news_folder
from var_outreach.news.items import FoundItem, FoundNews

TOPICS = {
    "jeugd-en-veiligheid": "Jeugd",
    "mensenhandel": "Mensenhandel",
    "digitale-veiligheid": "Digitale veiligheid",
}
GOOD = """---
title: Nieuwe training
date: 2025-03-24
topic: jeugd
link: https://veiligheidsalliantie.example/nieuws/training
---

De **training** start in [april](https://veiligheidsalliantie.example/). Er is
nog plek.

Tweede alinea.
"""


def read(folder: Path) -> FoundNews:
    return read_news_folder(folder, topics=TOPICS, partners=("riec",))


def one(folder: Path, text: str | bytes = GOOD) -> FoundItem:
    data = text.encode() if isinstance(text, str) else text
    (folder / "item.md").write_bytes(data)
    return read(folder).items[0]


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(FileError) as caught:
        one(folder, text)
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    return str(caught.value)


def with_fields(*lines: str, body: str = "Tekst.") -> str:
    return "\n".join(("---", *lines, "---", body, ""))


def test_a_file_becomes_an_item(tmp_path: Path) -> None:
    item = one(tmp_path)
    assert item.source == "files"
    assert item.source_key == "item.md"
    assert item.title == "Nieuwe training"
    assert item.summary == "De training start in april. Er is nog plek."
    assert item.body_markdown is not None
    assert item.body_markdown.startswith("De **training**")
    assert item.url == "https://veiligheidsalliantie.example/nieuws/training"
    assert (item.topic, item.published_on, item.language) == (
        "jeugd-en-veiligheid",
        date(2025, 3, 24),
        "nl",
    )
    assert (item.image, item.partner) == (None, None)


def test_dutch_field_names_and_a_topic_by_its_name(tmp_path: Path) -> None:
    item = one(
        tmp_path,
        with_fields(
            "Titel: 'Geldezels: wat nu?'",
            "datum: 24-03-2025",
            "thema: Digitale Veiligheid",
            "samenvatting: >",
            "  Een regel",
            "  en nog een.",
            "taal: nl",
            "partner: RIEC",
        ),
    )
    assert item.title == "Geldezels: wat nu?"
    assert item.published_on == date(2025, 3, 24)
    assert (item.topic, item.partner) == ("digitale-veiligheid", "riec")
    assert item.summary == "Een regel en nog een."


def test_the_first_paragraph_with_words_is_the_summary(tmp_path: Path) -> None:
    body = "# Kop\n\n![beeld](x.png)\n\n- lijst\n\nEcht *begin* van `code`.\n\nDan dit."
    assert one(tmp_path, with_fields("title: A", body=body)).summary == "Echt begin van code."
    assert one(tmp_path, with_fields("title: A", body="# Kop\n\n- lijst")).summary == "lijst"


def test_a_long_first_paragraph_is_cut_at_a_sentence(tmp_path: Path) -> None:
    summary = one(tmp_path, with_fields("title: A", body="Dit is een zin. " * 60)).summary
    assert summary.endswith("zin.")
    assert len(summary) <= 450


def test_files_come_in_the_order_of_their_paths_and_some_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.md", "2025/a.md", "README.md", "_concept.md", ".hidden/x.md", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(GOOD, encoding="utf-8")
    assert [item.source_key for item in read(tmp_path).items] == ["2025/a.md", "b.md"]


def test_windows_text_is_read_and_noted(tmp_path: Path) -> None:
    (tmp_path / "item.md").write_bytes(
        with_fields("title: Café \u201cReünie\u201d").replace("\n", "\r\n").encode("cp1252")
    )
    news = read(tmp_path)
    assert news.items[0].title == "Café \u201cReünie\u201d"
    assert "item.md:2" in news.notes[0]
    assert "cp1252" in news.notes[0]


def test_utf8_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert one(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).title == "Nieuwe training"


@pytest.mark.parametrize(
    ("lines", "line", "why"),
    [
        (["date: 2025-03-24"], 1, "title is missing"),
        (["title:"], 2, "title is missing"),
        (["title: A", "date: 2025-02-30"], 3, "'2025-02-30' is not a date"),
        (["title: A", "date: morgen"], 3, "'morgen' is not a date"),
        (["title: A", "date: 2025-03-24T10:00"], 3, "not a date"),
        (["title: A", "", "topic: jeugt"], 4, "Did you mean jeugd-en-veiligheid?"),
        (["title: A", "topic: Digitale veilgheid"], 3, "Did you mean digitale-veiligheid?"),
        (["title: A", "topic: verkeer"], 3, "The topics are jeugd"),
        (["title: A", "link: javascript:alert(1)"], 3, "not a web address"),
        (["title: A", "link: www.a.example"], 3, "https://"),
        (["title: A", "language: de"], 3, "there is no language 'de'"),
        (["title: A", "partner: rieck"], 3, "there is no partner 'rieck'"),
        (["title: A", "sumary: x"], 3, "Did you mean summary?"),
        (["title: A", "titel: B"], 3, "a second time (first on line 2)"),
        (["title: [a, b]"], 2, "holds a list"),
        (["title: A", "alt: {x: 1}"], 3, "holds a list"),
        (["title: A: B"], 2, "not readable"),
        (["title: 'A"], 2, "not readable"),
        (["\ttitle: A"], 2, "not readable"),
        (["title: *x"], 2, "not readable"),
        (["- title"], 2, "these are no fields"),
        (["title: " + "x" * 300], 2, "300 characters"),
        (["title: A", "summary: " + "x" * 700], 3, "700 characters"),
        (["? [a]", ": b"], 2, "not a field"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, lines: list[str], line: int, why: str
) -> None:
    message = refusal(tmp_path, with_fields(*lines))
    assert why in message
    assert f"item.md:{line}:" in message


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("", "item.md:1", "does not start with its fields"),
        ("# Kop\n\nTekst", "item.md:1", "does not start with its fields"),
        ("---\ntitle: A\n\nTekst", "item.md:1", "never closed"),
        (with_fields("title: A", body=""), "item.md:4", "no text"),
        (b"---\ntitle: A\n---\n\x00\x01", "item.md:4", "not a text file"),
        (GOOD.encode("utf-16"), "item.md:1", "not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "item.md:2", "not a text file"),
        (b"---\ntitle: A\x81\n---\nx", "item.md:2", "not a text file"),
        (b"---\ntitle: A\n---\n" + b"x" * 600_000, "item.md", "larger than 512 kB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, text: str | bytes, where: str, why: str
) -> None:
    message = refusal(tmp_path, text)
    assert where in message
    assert why in message


def test_an_alias_bomb_in_the_fields_is_refused_at_once(tmp_path: Path) -> None:
    layers = [f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert "not a field" in refusal(tmp_path, with_fields("x0: &a0 [lol]", *layers))


def test_one_bad_file_stops_all_and_everything_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.md").write_text(with_fields("date: x", "topic: y"), encoding="utf-8")
    (tmp_path / "c.md").write_text("leeg", encoding="utf-8")
    with pytest.raises(RowErrors) as caught:
        read(tmp_path)
    assert [error.where.rpartition("/")[2] for error in caught.value.rows] == [
        "b.md:1",
        "b.md:3",
        "b.md:2",
        "c.md:1",
    ]
    assert "c.md:1" in str(caught.value)


def test_a_folder_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such folder"):
        read(tmp_path / "weg")


# --- pictures -----------------------------------------------------------------------------------


def test_a_picture_inside_the_folder_is_found_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "2025").mkdir()
    (tmp_path / "beeld.PNG").write_bytes(b"x")
    path = tmp_path / "2025" / "item.md"
    path.write_text(with_fields("title: A", "image: ../beeld.PNG", "alt: ''"), encoding="utf-8")
    item = read(tmp_path).items[0]
    assert item.image == (tmp_path / "beeld.PNG").resolve()
    assert item.image_alt == ""


def test_a_picture_needs_an_alt(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    for alt in ((), ("alt:",)):
        assert "no alt" in refusal(tmp_path, with_fields("title: A", "image: a.png", *alt))


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("../geheim.png", "outside the news folder"),
        ("weg.png", "there is no picture"),
        ("link.png", "outside the news folder"),
        ("map", "is not a picture"),
        ("tekst.txt", "is not a picture"),
        ("https://a.example/x.png", "there is no picture"),
        ('"a\\0b.png"', "there is no picture"),
    ],
)
def test_a_picture_from_elsewhere_is_refused(tmp_path: Path, image: str, why: str) -> None:
    (tmp_path / "geheim.png").write_bytes(b"x")
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "map").mkdir()
    (folder / "tekst.txt").write_text("x")
    (folder / "link.png").symlink_to(tmp_path / "geheim.png")
    message = refusal(folder, with_fields("title: A", f"image: {image}", "alt: x"))
    assert why in message
    assert "item.md:3" in message


def test_an_absolute_path_is_refused_even_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    lines = ("title: A", f"image: {tmp_path / 'a.png'}", "alt: x")
    assert "outside the news folder" in refusal(tmp_path, with_fields(*lines))


def test_a_file_that_is_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(GOOD, encoding="utf-8")
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "item.md").symlink_to(outside)
    with pytest.raises(FileError, match="leads out of the news folder"):
        read(folder)
