"""The year as a YAML file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agenda.plan_texts import KINDS, ROOT, ZONE
from var_outreach.agenda.entries import AgendaEntry, AgendaFile
from var_outreach.agenda.questions import BUILT_IN
from var_outreach.agenda.yaml_file import read_yaml
from var_outreach.errors import FileError, RowErrors

HEAD = "year: 2025\nevents:\n"
EVENT = "  - id: a\n    kind: leerhuis\n    title: Leerhuis\n"


def read(text: str) -> AgendaFile:
    return read_yaml(text, KINDS, zone=ZONE, name="2025.yaml")


def event(*fields: str) -> AgendaEntry:
    (entry,) = read(HEAD + EVENT + "".join(f"    {field}\n" for field in fields)).entries
    return entry


def test_the_shipped_year_holds_the_six_dated_events_and_what_the_plan_promises() -> None:
    path = ROOT / "calendars" / "2025.yaml"
    file = read_yaml(path.read_text(encoding="utf-8"), KINDS, zone=ZONE, name=str(path))
    dated = [entry for entry in file.entries if entry.on_date]
    assert [(str(e.on_date), e.kind) for e in dated] == [
        ("2025-03-24", "conferentie"), ("2025-04-07", "leerhuis"), ("2025-07-07", "leerhuis"),
        ("2025-09-18", "leerhuis"), ("2025-10-16", "carrousel"), ("2025-11-17", "leerhuis"),
    ]  # fmt: skip
    assert all(entry.starts_at is None for entry in dated), "the plan gives no hours"
    assert dated[0].place == "De Kuip"
    networks = [e.quantity for e in file.entries if e.kind == "netwerkbijeenkomst"]
    assert networks == [3, 4, 3]
    assert len({entry.source_id for entry in file.entries}) == len(file.entries)


def test_a_date_alone_stays_date_only() -> None:
    entry = event("date: 2025-04-07")
    assert (entry.on_date, entry.starts_at, entry.ends_at) == (date(2025, 4, 7), None, None)
    assert (entry.line, entry.source, entry.source_id) == (3, "yaml", "a")


@pytest.mark.parametrize(
    "fields",
    [
        ("start: 2025-10-16 09:30", "end: 2025-10-16 12:00"),
        ("start: 2025-10-16T09:30:00", "end: 2025-10-16T12:00:00"),
        ("date: 2025-10-16", "from: 9.30", "to: 12.00"),
        ("date: 2025-10-16", "from: 09:30", "to: 12"),
    ],
)
def test_hours_are_local_and_kept_in_utc(fields: tuple[str, ...]) -> None:
    entry = event(*fields)
    assert entry.starts_at == datetime(2025, 10, 16, 7, 30, tzinfo=UTC)
    assert entry.ends_at == datetime(2025, 10, 16, 10, 0, tzinfo=UTC)
    assert entry.on_date == date(2025, 10, 16)


def test_without_a_date_an_event_is_undated_with_a_quantity() -> None:
    entry = event("quantity: 3", "when: voorjaar")
    assert (entry.on_date, entry.quantity, entry.extra["state"]) == (None, 3, "undated")


def test_further_fields_arrive_typed() -> None:
    entry = event(
        "date: 2025-10-16", "until: 2025-10-17", "capacity: 40", "max_per_organisation: 3",
        "answer_by: 2025-10-01", "questions: [diet]", "visibility: besloten", "language: en",
        "registration_open: true", "partners: [RIEC, OM]", "audience: [burgemeesters, wethouders]",
        "programme: [{time: 9.30, text: Inloop}, Afsluiting]", "description: |\n      Een\n      twee",
        "online_url: https://vergaderen.example/a", "state: confirmed", "notes: let op",
    )  # fmt: skip
    assert entry.extra == {
        "ends_on": date(2025, 10, 17), "capacity": 40, "max_per_organisation": 3,
        "answer_by": date(2025, 10, 1), "questions": (BUILT_IN["dieet"],), "visibility": "besloten",
        "language": "en", "registration_open": True, "partners": ("RIEC", "OM"),
        "audience": "burgemeesters, wethouders",
        "programme": (("09:30", "Inloop"), (None, "Afsluiting")), "description": "Een\ntwee",
        "state": "confirmed",
    }  # fmt: skip
    assert (entry.online_url, entry.notes) == ("https://vergaderen.example/a", ("let op",))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("date: 2025-02-30", "does not exist: '2025-02-30'"),
        ("date: 7 april", "no date: '7 april'"),
        ("date: 2025-04-07\n    from: 25.00", "no time: '25.00'"),
        ("date: 2025-04-07\n    from: 12.00\n    to: 9.00", "end is not after the start"),
        ("date: 2025-04-07\n    to: 9.00", "'to' needs 'from'"),
        ("from: 9.00", "'from' needs 'date'"),
        ("date: 2025-04-07\n    start: 2025-04-07 09:00", "both 'date' and 'start'"),
        ("start: 2025-04-07", "no hour"),
        ("date: 2025-04-07\n    until: 2025-04-01", "'until' lies before"),
        ("date: 2025-04-07\n    quantity: 2", "cannot have a quantity"),
        ("datum: 2025-04-07", "Did you mean 'date'"),
        ("capacity: veel", "no"),
        ("capacity: [1]", "should be text"),
        ("visibility: open", "Did you mean 'openbaar'"),
        ("state: weg", "not known: 'weg'"),
        ("registration_open: misschien", "not known"),
        ("online_url: javascript:alert(1)", "no web address"),
        ("date: 2025-04-07\n    answer_by: 2025-05-01", "after the event"),
        ("date: 2025-04-07\n    date: 2025-04-08", "'date' twice"),
        ("programme: [{time: 9.30}]", "lacks 'text'"),
    ],
)
def test_a_wrong_field_is_one_error_with_its_line(field: str, said: str) -> None:
    with pytest.raises(FileError) as caught:
        event(field)
    assert said in str(caught.value)
    lines = 5 + field.count("\n")
    assert caught.value.where in {f"2025.yaml:{n}" for n in range(6, lines + 2)}


def test_a_wrong_kind_a_missing_title_and_a_double_id() -> None:
    with pytest.raises(RowErrors) as caught:
        read(
            HEAD + EVENT + EVENT.replace("leerhuis", "leerhuus") + "  - id: b\n    kind: webinar\n"
        )
    rows = [str(row) for row in caught.value.rows]
    assert any("2025.yaml:6" in row and "already used on line 3" in row for row in rows)
    assert any("2025.yaml:7" in row and "Did you mean 'leerhuis'" in row for row in rows)
    assert any("2025.yaml:9" in row and "lacks title" in row for row in rows)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("year: 2025\nevents:\n  - id: a\n    kind: [leer", "2025.yaml:4"),
        ("year: 2025\nevents:\n  - id: 'a\n", "2025.yaml:4"),
        ("year: 2025\n", "2025.yaml:1"),
        ("events: []\n", "2025.yaml"),
        ("- a\n- b\n", "2025.yaml:1"),
        ("zomaar tekst", "2025.yaml:1"),
        ("", "2025.yaml"),
        ("a: &x [*x]\n", "2025.yaml:1"),
    ],
)
def test_a_half_written_or_foreign_file(text: str, where: str) -> None:
    with pytest.raises(FileError) as caught:
        read(text)
    assert caught.value.where == where


@given(
    st.one_of(
        st.text(), st.text(alphabet=" \n:-[]{}&*!|>'\"#%@a1", max_size=60).map(lambda t: HEAD + t)
    )
)
def test_no_text_makes_the_reader_crash(text: str) -> None:
    where = "2025.yaml"
    try:
        read(text)
    except FileError as error:
        where = error.where
    assert where.startswith("2025.yaml")
