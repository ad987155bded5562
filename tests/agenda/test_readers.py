"""Choosing the reader for a file, and refusing what is no agenda."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agenda.plan_texts import KINDS, PLANS, ROOT, ZONE
from var_outreach.agenda.entries import entry_as_json
from var_outreach.agenda.readers import LARGEST, read_agenda
from var_outreach.errors import FileError

PLAN = "Jaarplan 2026\n\nAgenda\n7 april 2026 Leerhuis één\n"
YAML = "year: 2026\nevents:\n  - id: a\n    kind: webinar\n    title: X\n    date: 2026-04-07\n"
ICS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Leerhuis\r\nDTSTART;VALUE=DATE:20260407\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("name", "data", "source"),
    [
        ("plan.txt", PLAN.encode(), "plan-text"),
        ("plan.txt", PLAN.encode("cp1252"), "plan-text"),
        ("plan.txt", codecs.BOM_UTF8 + PLAN.encode(), "plan-text"),
        ("plan.txt", PLAN.encode("utf-16"), "plan-text"),
        ("plan", PLAN.replace("\n", "\r\n").encode(), "plan-text"),
        ("2026.yaml", YAML.encode(), "yaml"),
        ("2026.txt", YAML.encode(), "yaml"),
        ("a.ics", ICS.encode(), "ics"),
        ("a.txt", ICS.encode(), "ics"),
    ],
)
def test_the_reader_is_chosen_by_suffix_and_content(
    tmp_path: Path, name: str, data: bytes, source: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    file = read_agenda(path, KINDS, zone=ZONE)
    assert file.source == source
    assert [str(entry.on_date) for entry in file.entries] == ["2026-04-07"]
    if source == "plan-text":
        assert file.entries[0].title == "Leerhuis één"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("plan.txt", b"", "empty"),
        ("plan.txt", codecs.BOM_UTF8 + b" \r\n", "empty"),
        ("plan.txt", b"%PDF-1.7\n\x00\x01", "pdftotext -layout plan.txt"),
        ("plan.pdf", b"%PDF-1.7 text", "This is a PDF"),
        ("plan.docx", b"PK\x03\x04....", "Word"),
        ("plan.txt", b"Agenda\n7 april\x00 2026", "binary"),
        ("2026.yaml", b"year: 2026\nevents: \xff", "not UTF-8"),
        ("plan.txt", b"x" * (LARGEST + 1), "larger than 5 MB"),
        ("plan.txt", b"Zomaar een tekst.", "no agenda"),
        ("a.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEV", "calendar file"),
        ("2026.yaml", b"year: 2026\nevents:\n  - id: a\n    ki", "not YAML"),
    ],
)
def test_a_file_that_is_no_agenda_is_one_error(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_agenda(path, KINDS, zone=ZONE)
    assert said in str(caught.value)
    assert caught.value.where.startswith(str(path))
    assert caught.value.remedy


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_agenda(tmp_path / "weg.txt", KINDS, zone=ZONE)
    with pytest.raises(FileError, match="a folder"):
        read_agenda(tmp_path, KINDS, zone=ZONE)
    with pytest.raises(FileError):
        read_agenda(tmp_path / "a\0b", KINDS, zone=ZONE)


def test_undated_meetings_only_where_asked_for() -> None:
    path = PLANS / "jaarplan-2026.txt"
    without = read_agenda(path, KINDS, zone=ZONE)
    with_them = read_agenda(path, KINDS, zone=ZONE, with_undated=True)
    assert len(with_them.entries) - len(without.entries) == 4
    assert with_them.entries[: len(without.entries)] == without.entries


def test_an_entry_as_json() -> None:
    file = read_agenda(PLANS / "jaarplan-2026.txt", KINDS, zone=ZONE)
    rows = json.loads(json.dumps([entry_as_json(entry, ZONE) for entry in file.entries]))
    assert rows[2] == {
        "date": "2026-04-20", "kind": "leerhuis", "title": "Leerhuis Zorg en Veiligheid",
        "line": 35, "notes": [], "start": "2026-04-20T09:30+02:00",
        "end": "2026-04-20T12:00+02:00", "place": "online", "topic": "zorg-en-veiligheid",
        "quantity": 1, "state": None, "source_id": None,
    }  # fmt: skip
    assert rows[5]["date"] is None


def test_the_shipped_calendar_reads() -> None:
    assert read_agenda(ROOT / "calendars" / "2025.yaml", KINDS, zone=ZONE).year == 2025


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.sampled_from(["x.txt", "x.yaml", "x.ics"]), st.booleans())
def test_no_bytes_make_the_reader_crash(
    tmp_path: Path, data: bytes, name: str, headed: bool
) -> None:
    path = tmp_path / name
    path.write_bytes((b"Agenda\n7 april 2026 Leerhuis\n" if headed else b"") + data)
    where = str(path)
    try:
        read_agenda(path, KINDS, zone=ZONE, with_undated=True)
    except FileError as error:
        where = error.where
    assert where.startswith(str(path))
