"""The agenda in a Dutch plan text: what is an entry, what is not, and what is said about it."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agenda.plan_texts import KINDS, PLANS, ROOT, ZONE, agenda, one, read, shown
from var_outreach.agenda.plan_lines import decode
from var_outreach.agenda.plan_text import read_plan_text
from var_outreach.errors import FileError

REAL = ROOT.parent / "shared" / "domain" / "jaarverslag-2024-jaarplan-2025.txt"
SIX = [
    ("2025-03-24", "conferentie", "Regionale Zorg- en Veiligheidsconferentie"),
    ("2025-04-07", "leerhuis", "Leerhuis"),
    ("2025-07-07", "leerhuis", "Leerhuis"),
    ("2025-09-18", "leerhuis", "Leerhuis Zorg en Veiligheid"),
    ("2025-10-16", "carrousel", "Najaarscarrousel"),
    ("2025-11-17", "leerhuis", "Leerhuis"),
]


@pytest.fixture
def real_text() -> str:
    if not REAL.exists():
        pytest.skip("the text of the real plan is not beside this checkout")
    return decode(REAL.read_bytes())


def test_the_real_plan_holds_six_entries_with_what_the_prose_says(real_text: str) -> None:
    file = read(real_text)
    assert shown(file) == SIX
    assert file.unreadable == ()
    assert file.year == 2025
    notes = {entry.title: " ".join(entry.notes) for entry in file.entries}
    conference = notes["Regionale Zorg- en Veiligheidsconferentie"]
    assert "De Kuip (regel 235)" in conference
    assert "het RIEC en de twee Zorg- en Veiligheidshuizen (regel 233)" in conference
    assert "ochtend" in notes["Najaarscarrousel"]
    assert "'voorjaarscarrousel' (regel 225)" in notes["Najaarscarrousel"]
    assert "'Najaarsjaarscarrousel' (regel 223)" in notes["Najaarscarrousel"]
    assert (
        "Voor burgemeesters, wethouders en hun adviseurs (regel 754)"
        in (notes["Leerhuis Zorg en Veiligheid"])
    )
    assert all(entry.starts_at is None for entry in file.entries)


@pytest.mark.parametrize("seed", range(8))
def test_the_real_plan_reads_the_same_whatever_the_spacing(real_text: str, seed: int) -> None:
    rng = random.Random(seed)
    spaces = [" ", "  ", "\t", " \t ", "\u00a0"]
    text = "".join(rng.choice(spaces) if c == " " else c for c in real_text)
    lines = [rng.choice(["", " ", "\t"]) + line for line in text.split("\n")]
    lines = [line for line in lines if line.strip() or rng.random() < 0.5]
    assert shown(read("\r\n".join(lines))) == SIX


def test_the_real_plan_promises_meetings_of_its_own_year_only(real_text: str) -> None:
    file = read(real_text, with_undated=True)
    promised = {(e.kind, e.topic): e.quantity for e in file.entries if e.on_date is None}
    assert promised["netwerkbijeenkomst", "mensenhandel"] == 3
    assert promised["netwerkbijeenkomst", "jeugd-en-veiligheid"] == 4
    assert promised["netwerkbijeenkomst", "maatschappelijk-ongenoegen"] == 3
    assert promised["regionale-tafel", "mensenhandel"] == 2
    assert promised["leerhuis", "mensenhandel"] == 1
    assert promised["bestuurlijk-overleg", "zorg-en-veiligheid"] == 6
    assert promised["drivergroep", "jeugd-en-veiligheid"] == 2
    assert promised["themabijeenkomst", "zorg-en-veiligheid"] == 1
    assert ("leerhuis", None) not in promised, "the four leerhuizen are in the agenda"
    assert not any(kind == "themadiner" for kind, _ in promised), "that was in 2024"


def test_the_real_plan_a_year_later(real_text: str) -> None:
    later = real_text.replace("2025", "2026").replace("2024", "2025")
    file = read(later)
    assert shown(file) == [(day.replace("2025", "2026"), kind, title) for day, kind, title in SIX]
    assert any("donderdag" in note for note in file.entries[4].notes), "it is a Friday in 2026"


def test_plan_2026_with_bullets_form_feeds_and_wrapped_lines() -> None:
    file = read(decode((PLANS / "jaarplan-2026.txt").read_bytes()), with_undated=True)
    assert shown(file) == [
        ("2026-01-12", "leerhuis", "Leerhuis"),
        ("2026-03-18", "carrousel", "Voorjaarscarrousel"),
        ("2026-04-20", "leerhuis", "Leerhuis Zorg en Veiligheid"),
        ("2026-06-11", "conferentie", "Jeugdconferentie"),
        ("2026-10-05", "leerhuis", "Leerhuis"),
        (None, "netwerkbijeenkomst", "Netwerkbijeenkomst Digitale veiligheid"),
        ("2026-11-30", "leerhuis", "Leerhuis"),
        (None, "themadiner", "Themadiner"),
        (None, "netwerkbijeenkomst", "Netwerkbijeenkomst"),
        (None, "regionale-tafel", "Regionale tafel mensenhandel"),
        (None, "bestuurlijk-overleg", "Bestuurlijk overleg"),
        (None, "drivergroep", "Drivergroep"),
    ]
    assert [(p.line, p.text) for p in file.unreadable] == [
        (38, "31 juni 2026 Webinar"), (39, "?? september Leerhuis"),
    ]  # fmt: skip
    carousel, care, youth = file.entries[1:4]
    assert "Plaats volgens de tekst: Ahoy (regel 25)." in carousel.notes
    assert "Samen met het RIEC en de gemeente Schiedam (regel 24)." in carousel.notes
    assert any("middag" in note for note in carousel.notes)
    assert care.place == "online"
    assert care.starts_at == datetime(2026, 4, 20, 7, 30, tzinfo=UTC)
    assert care.ends_at == datetime(2026, 4, 20, 10, 0, tzinfo=UTC)
    assert youth.extra["ends_on"] == date(2026, 6, 12)
    assert any("wethouders, raadsleden en jongerenwerkers" in note for note in youth.notes)
    assert file.entries[6].extra["state"] == "cancelled"
    assert [e.quantity for e in file.entries[8:]] == [3, 2, 6, 2]
    assert {e.topic for e in file.entries[8:]} == {"mensenhandel"}


def test_plan_2027_as_a_cp1252_table_with_crlf() -> None:
    data = (PLANS / "jaarplan-2027.txt").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    file = read(decode(data))
    assert [(*row, e.place) for row, e in zip(shown(file), file.entries, strict=True)] == [
        ("2027-01-18", "leerhuis", "Leerhuis", "Stadhuis Schiedam"),
        ("2027-03-11", "conferentie", "Regionale conferentie Samen tegen ondermijning", "De Kuip"),
        ("2027-04-19", "webinar", "Webinar Digitale veiligheid", "online"),
        ("2027-06-01", "training", "Training OSINT", "Rotterdam"),
        ("2027-09-07", "leerhuis", "Leerhuis Jeugd", None),
        ("2027-11-11", "carrousel", "Carrousel", None),
        (None, "drivergroep", "Drivergroep", None),
    ]
    assert [p.line for p in file.unreadable] == [19]
    assert "Er staat geen jaar op deze regel; 2027 komt van regel 12." in file.entries[3].notes
    assert "De regel noemt als andere keuze 14-9." in file.entries[4].notes
    assert any("regel 17" in note for note in file.entries[5].notes), "a twin is noted"
    assert file.entries[6].line == 18


@pytest.mark.parametrize(
    "head",
    ["Agenda", "AGENDA 2026", "Jaaragenda", "Agenda:", "Agenda 2026:", "Bijeenkomsten 2026",
     "4. Agenda", "Agenda voor 2026", "VAR-agenda 2026", "Geplande bijeenkomsten", "Jaarkalender"],
)  # fmt: skip
def test_headings_of_an_agenda(head: str) -> None:
    assert shown(agenda("7 april 2026 Leerhuis", head=head)) == [
        ("2026-04-07", "leerhuis", "Leerhuis")
    ]


@pytest.mark.parametrize(
    "line",
    ["7 april 2026 Leerhuis", "dinsdag 7 april 2026 Leerhuis", "di 7 apr. 2026: Leerhuis",
     "07-04-2026 Leerhuis", "7/4/2026 | Leerhuis", "2026-04-07 – Leerhuis", "7e april 2026 Leerhuis",
     "• 7 april 2026 - Leerhuis", "Leerhuis: 7 april 2026", "Leerhuis d.d. 7 april 2026",
     "Leerhuis (7 april 2026)", "7-apr-26 Leerhuis", "7 april '26 Leerhuis", "7april2026Leerhuis",
     "op 7 april 2026: Leerhuis", "1) 7 april 2026\tLeerhuis", "7-4 Leerhuis", "7 april Leerhuis"],
)  # fmt: skip
def test_ways_to_write_one_date(line: str) -> None:
    entry = one(line)
    assert (entry.on_date, entry.title, entry.line) == (date(2026, 4, 7), "Leerhuis", 4)
    assert entry.starts_at is None


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("7 juli 2026 9.30 - 12.00 uur Leerhuis", "07:30", "10:00"),
        ("7 juli 2026, van 14 tot 16 uur, Leerhuis", "12:00", "14:00"),
        ("7 juli 2026 14:00-17:00 Leerhuis", "12:00", "15:00"),
        ("7 juli 2026 13.00 uur Leerhuis", "11:00", None),
        ("7 juli 2026 Leerhuis, aanvang 13.00 uur", "11:00", None),
        ("7 juli 2026 Leerhuis 9u30", None, None),
    ],
)
def test_hours(line: str, start: str | None, end: str | None) -> None:
    entry = one(line)
    assert (f"{entry.starts_at:%H:%M}" if entry.starts_at else None) == start
    assert (f"{entry.ends_at:%H:%M}" if entry.ends_at else None) == end
    if start:
        assert entry.title == "Leerhuis"


@pytest.mark.parametrize(
    ("line", "title", "place"),
    [
        ("7 juli 2026 Leerhuis in Dordrecht", "Leerhuis", "Dordrecht"),
        ("7 juli 2026 Leerhuis (online)", "Leerhuis", "online"),
        (
            "7 juli 2026 Leerhuis, locatie: Gemeentehuis Ridderkerk",
            "Leerhuis",
            "Gemeentehuis Ridderkerk",
        ),
        ("7 juli 2026 Leerhuis, De Kuip, Rotterdam", "Leerhuis", "De Kuip, Rotterdam"),
        ("7 juli 2026 Netwerkbijeenkomst Rotterdam", "Netwerkbijeenkomst Rotterdam", None),
        ("7 juli 2026 Leerhuis Kansen in de wijk", "Leerhuis Kansen in de wijk", None),
        ("7 juli 2026 | Leerhuis | Zaal 3", "Leerhuis", "Zaal 3"),
    ],
)
def test_places(line: str, title: str, place: str | None) -> None:
    entry = one(line)
    assert (entry.title, entry.place) == (title, place)


def test_a_year_left_out_comes_from_a_neighbour_a_heading_or_the_plan_and_says_so() -> None:
    file = agenda("24 maart 2026 Conferentie", "7 juli Leerhuis", "16 oktober 2026 Carrousel")
    assert file.entries[1].on_date == date(2026, 7, 7)
    assert file.entries[1].notes == ("Er staat geen jaar op deze regel; 2026 komt van regel 4.",)
    first = agenda("7 juli Leerhuis", "16 oktober 2027 Carrousel").entries[0]
    assert first.on_date == date(2027, 7, 7)
    assert "regel 5" in first.notes[0]
    headed = agenda("7 juli Leerhuis", head="Agenda 2028").entries[0]
    assert headed.on_date == date(2028, 7, 7)
    assert "kopje op regel 3" in headed.notes[0]
    alone = agenda("7 juli Leerhuis").entries[0]
    assert alone.on_date == date(2026, 7, 7)
    assert "het plan zelf" in alone.notes[0]
    with pytest.raises(FileError, match="7 juli Leerhuis") as caught:
        agenda("7 juli Leerhuis", plan="Ons plan")
    assert caught.value.where == "plan.txt:4"


def test_a_list_that_runs_into_the_next_year() -> None:
    file = agenda("7 juli 2026 Leerhuis", "17 november 2026 Leerhuis", "12 januari Carrousel")
    assert file.entries[2].on_date == date(2027, 1, 12)
    assert "één verder" in file.entries[2].notes[0]


@pytest.mark.parametrize(
    "line",
    ["31 april 2026 Webinar", "?? mei 2026 Leerhuis", "30-02-2026 Leerhuis", "12-13-2026 Webinar",
     "Webinar over van alles", "29 februari Leerhuis", "5 onbekend 2026 Leerhuis", "zaterdag Leerhuis",
     "Nog iets anders zonder dag", "7 mei 2026", "????"],
)  # fmt: skip
@pytest.mark.parametrize("last", [False, True])
def test_what_cannot_be_read_is_reported_with_its_line(line: str, last: bool) -> None:
    tail = ["16 oktober 2026 Carrousel"] if not last else []
    prose = ["In de loop van 2026 zal deze agenda zich verder vullen."]
    file = agenda("7 april 2026 Leerhuis", line, *tail, *prose)
    assert [(p.line, p.text) for p in file.unreadable] == [(5, line)]
    assert len(file.entries) == 1 + len(tail)


TEXT_BELOW = "In dit hoofdstuk staan de cijfers van de hele regio."
LONG = "Extra leerhuis over de aanpak van ondermijning in de haven en op het water in de regio"


@pytest.mark.parametrize("below", [(), ("Thema: Mensenhandel", TEXT_BELOW), ("3. Cijfers", TEXT_BELOW),
                                   ("Cijfers", TEXT_BELOW), ("2026", "Cijfers", TEXT_BELOW)])  # fmt: skip
@pytest.mark.parametrize(
    "line",
    ["Zaterdag", "Leerhuizen", "Bezoek haven", "Bezoek aan de haven", "Borrel", "12 Bezoek haven",
     "Alle netwerken samen aan tafel", LONG],
)  # fmt: skip
def test_a_last_line_that_cannot_be_read_is_reported_whatever_comes_below(
    line: str, below: tuple[str, ...]
) -> None:
    file = agenda("7 april 2026 Leerhuis", "8 juni 2026 Webinar", line, *below)
    assert len(file.entries) == 2
    assert [(p.line, p.text) for p in file.unreadable] == [(6, line)]


def test_several_last_lines_are_each_reported() -> None:
    file = agenda("7 april 2026 Leerhuis", "Borrel", "Maart", "9 Leerhuis", "Thema: Mensenhandel")
    assert [(p.line, p.text) for p in file.unreadable] == [(5, "Borrel"), (7, "9 Leerhuis")]
    assert [entry.title for entry in file.entries] == ["Leerhuis"]


def test_a_line_with_a_number_for_a_date_does_not_end_the_agenda() -> None:
    file = agenda("7 april 2026 Leerhuis", "12 Bezoek haven", "8 juni 2026 Webinar")
    assert [entry.title for entry in file.entries] == ["Leerhuis", "Webinar"]
    assert [p.line for p in file.unreadable] == [5]


@pytest.mark.parametrize("heading", ["Najaarscarrousel", "Bezoek haven", "3 Cijfers"])
def test_what_is_taken_for_a_heading_below_the_agenda_is_said(heading: str) -> None:
    """Directly above a text it may be its heading or a last line; staff see which it was."""
    file = agenda("7 april 2026 Leerhuis", heading, TEXT_BELOW)
    assert file.unreadable == ()
    said = f"Regel 5 ('{heading}') staat onder de agenda en is gelezen als kopje."
    assert said in file.remarks


def test_a_list_of_something_else_below_the_agenda_is_said_once() -> None:
    towns = ["Gasten", "Dordrecht", "Schiedam", "Brielle", "Ridderkerk", "Maassluis", "Barendrecht",
             "Vlaardingen"]  # fmt: skip
    file = agenda("7 april 2026 Leerhuis", *towns)
    assert file.entries[0].place is None
    assert file.unreadable == ()
    assert any("Regel 5 ('Gasten')" in remark for remark in file.remarks)


def test_a_place_below_the_last_entry_is_its_place() -> None:
    file = agenda("7 april 2026 Leerhuis", "Dordrecht", "Thema: Mensenhandel", TEXT_BELOW)
    assert file.entries[0].place == "Dordrecht"
    assert (file.unreadable, file.remarks) == ((), ())


@pytest.mark.parametrize("end", [".", ""])
def test_a_sentence_that_closes_the_agenda_is_no_line_of_it(end: str) -> None:
    closing = f"In de loop van 2026 zal deze agenda zich verder vullen{end}"
    file = agenda("7 april 2026 Leerhuis", closing, "Thema: Mensenhandel", TEXT_BELOW)
    assert (file.unreadable, file.remarks) == ((), ())


def test_an_agenda_of_which_nothing_can_be_read_is_refused() -> None:
    rows = ["31 april 2026 Webinar", "?? mei Leerhuis", *["30-02-2026 Leerhuis"] * 5]
    with pytest.raises(FileError) as caught:
        agenda(*rows)
    error = caught.value
    assert (error.where, error.exit_code) == ("plan.txt:4", 2)
    assert "line 4: '31 april 2026 Webinar'; line 5: '?? mei Leerhuis'" in error.what
    assert "and 2 more" in error.what
    assert "7 april 2026 Leerhuis" in error.remedy


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("april 2026 Leerhuis", "april 2026"), ("medio juni: Leerhuis", "medio juni"),
        ("Leerhuis (datum volgt)", "datum volgt"), ("n.t.b. Leerhuis", "n.t.b"),
        ("voorjaar 2026 Leerhuis", "voorjaar 2026"), ("2e kwartaal Leerhuis", "2e kwartaal"),
        ("xx mei 2026 Leerhuis", "xx mei 2026"),
    ],
)  # fmt: skip
def test_a_meeting_without_a_day_is_kept_undated_with_a_note(line: str, said: str) -> None:
    entry = one(line)
    assert (entry.on_date, entry.title) == (None, "Leerhuis")
    assert said in entry.notes[0]


@pytest.mark.parametrize("mark", ["VERVALLEN", "(geannuleerd)", "- gaat niet door", "– afgelast"])
def test_a_cancelled_meeting_is_kept_as_cancelled(mark: str) -> None:
    entry = one(f"7 april 2026 Leerhuis {mark}")
    assert (entry.title, entry.extra["state"]) == ("Leerhuis", "cancelled")
    assert "Gaat niet door" in entry.notes[0]


def test_ranges_lists_and_moves() -> None:
    days = one("7 en 8 april 2026 Training OSINT")
    assert (days.on_date, days.extra["ends_on"]) == (date(2026, 4, 7), date(2026, 4, 8))
    over = one("30 maart t/m 1 april 2026 Training")
    assert (over.on_date, over.extra["ends_on"]) == (date(2026, 3, 30), date(2026, 4, 1))
    listed = agenda("7 april, 7 juli en 17 november 2026: Leerhuis")
    assert [e.on_date for e in listed.entries] == [
        date(2026, 4, 7), date(2026, 7, 7), date(2026, 11, 17),
    ]  # fmt: skip
    moved = one("7 april 2026 Leerhuis (verplaatst naar 14 april 2026)")
    assert (moved.on_date, moved.title) == (date(2026, 4, 14), "Leerhuis")
    assert "eerst stond er 7 april 2026" in " ".join(moved.notes)


def test_a_weekday_that_contradicts_the_date_is_noted() -> None:
    note = one("maandag 7 april 2026 Leerhuis").notes[0]
    assert note == "De regel zegt maandag, maar 7 april 2026 is een dinsdag."


def test_wrapped_lines_belong_to_the_entry_above() -> None:
    file = agenda(
        "24 maart 2026 Regionale Zorg- en", "Veiligheidsconferentie", "7 april 2026", "Leerhuis",
        "18 mei 2026 Netwerkbijeen-", "komst", "8 juni 2026 Leerhuis", "in het stadhuis van Schiedam",
    )  # fmt: skip
    assert [e.title for e in file.entries] == [
        "Regionale Zorg- en Veiligheidsconferentie", "Leerhuis", "Netwerkbijeenkomst", "Leerhuis",
    ]  # fmt: skip
    assert file.entries[3].place == "het stadhuis van Schiedam"
    assert file.unreadable == ()


def test_cells_one_below_the_other_and_dates_under_headings() -> None:
    stacked = agenda("Datum", "Bijeenkomst", "Locatie", "7 april 2026", "Leerhuis", "De Kuip",
                     "7 juli 2026", "Webinar", "online")  # fmt: skip
    assert [(e.title, e.place) for e in stacked.entries] == [
        ("Leerhuis", "De Kuip"), ("Webinar", "online"),
    ]  # fmt: skip
    grouped = agenda("Leerhuizen", "7 april 2026", "7 juli 2026", "Carrousel", "16 oktober 2026")
    assert [e.title for e in grouped.entries] == ["Leerhuis", "Leerhuis", "Carrousel"]


def test_prose_after_the_agenda_ends_it_even_with_dates_in_it() -> None:
    file = agenda(
        "7 april 2026 Leerhuis", "15 oktober 2026 Najaarscarrousel", "", "Najaarscarrousel",
        "Op donderdagochtend 15 oktober 2026 vindt de voorjaarscarrousel plaats in De Kuip.",
        "Op 3 maart 2026 verschijnt het boekje. Kijk op de website.",
    )  # fmt: skip
    assert len(file.entries) == 2
    assert file.unreadable == ()
    assert any("voorjaarscarrousel" in note for note in file.entries[1].notes)
    assert any("De Kuip" in note for note in file.entries[1].notes)


def test_a_sentence_between_two_entries_is_reported() -> None:
    file = agenda(
        "7 april 2026 Leerhuis", "Daarna is er een borrel voor iedereen.", "8 juni 2026 Webinar"
    )
    assert [p.line for p in file.unreadable] == [5]
    assert len(file.entries) == 2


def test_last_years_list_is_not_the_agenda() -> None:
    text = (
        "Jaarplan 2026\nBijeenkomsten 2025\n7 april 2025 Leerhuis\n\nAgenda\n8 juni 2026 Leerhuis\n"
    )
    assert shown(read(text)) == [("2026-06-08", "leerhuis", "Leerhuis")]


def test_without_a_heading_a_list_of_dates_is_read_and_remarked() -> None:
    file = read("Jaarplan 2026\n\n7 april 2026 Leerhuis\n8 juni 2026 Webinar\n")
    assert len(file.entries) == 2
    assert "geen kopje" in file.remarks[0]


def test_without_any_agenda_the_error_says_so_and_where_dates_stand() -> None:
    with pytest.raises(FileError, match="no agenda") as caught:
        read("Jaarplan 2026\n\nOp 7 april 2026 organiseren wij een leerhuis in De Kuip.\n")
    assert caught.value.where == "plan.txt:3"
    with pytest.raises(FileError, match="no agenda"):
        read("Zomaar een tekst.")


def test_prose_with_another_date_or_a_meeting_the_agenda_lacks() -> None:
    text = (
        "Jaarplan 2026\nOp 23 maart 2026 organiseren wij de conferentie.\n"
        "Op 9 mei 2026 organiseren wij een webinar.\n\nAgenda\n24 maart 2026 Conferentie\n"
    )
    file = read(text)
    assert "De tekst noemt een andere datum, 23 maart 2026 (regel 2)." in file.entries[0].notes
    assert file.remarks == ("Regel 3 noemt 9 mei 2026 (webinar); die staat niet in de agenda.",)


BLOCK = [
    "Agenda 2026", "maandag 12 januari 2026 Leerhuis (online)", "18 mrt. 2026 Voorjaarscarrousel",
    "20 april 2026, 9.30 - 12.00 uur: Leerhuis Zorg en", "Veiligheid, locatie: Stadhuis Dordrecht",
    "31 juni 2026 Webinar", "5 oktober Leerhuis", "medio november Netwerkbijeenkomst Jeugd",
    "Themadiner (datum volgt)", "17 november 2026 Conferentie - geannuleerd",
]  # fmt: skip
AROUND = ("Jaarplan 2026\n\n", "\n\nIn de loop van 2026 zal deze agenda zich verder vullen.\n")
SPACING = st.sampled_from(["", " ", "  ", "\t", "\u00a0", " \t "])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tabs_spaces_and_blank_lines_inside_the_agenda_change_nothing(data: st.DataObject) -> None:
    lines: list[str] = []
    for line in BLOCK:
        wide = re.sub(" ", lambda _: " " + data.draw(SPACING), line)
        lines.append(data.draw(SPACING) + wide + data.draw(SPACING))
        lines += [data.draw(SPACING)] * data.draw(st.integers(0, 3))
    plain, spaced = (read(AROUND[0] + "\n".join(rows) + AROUND[1]) for rows in (BLOCK, lines))
    assert shown(spaced) == shown(plain)
    assert [e.place for e in spaced.entries] == [e.place for e in plain.entries]
    assert [e.starts_at for e in spaced.entries] == [e.starts_at for e in plain.entries]
    assert [p.text for p in spaced.unreadable] == [p.text for p in plain.unreadable]
    assert len(plain.entries) == 7


PIECES = (
    "Agenda 2026 7 april 31 Leerhuis webinar Op is wij de : . - | t/m en of 9.30 uur ( ) ? Thema: "
    "2025 maandag De Kuip datum volgt \t \f https://x.example/ • Jaarplan vervallen voorjaar drie"
)
WORDS = st.sampled_from([*PIECES.split(" "), "\n", "\n\n", "\u00ad", "\r\n"])


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS, max_size=80).map(" ".join)))
def test_no_text_makes_the_reader_crash(text: str) -> None:
    try:
        file = read_plan_text("Agenda\n" + text, KINDS, zone=ZONE, name="x", with_undated=True)
    except FileError:
        return
    count = len(re.split(r"\r\n|\r|\n", text)) + 1
    numbers = [e.line for e in file.entries] + [p.line for p in file.unreadable]
    assert all(1 <= number <= count for number in numbers)


def test_a_very_long_line_does_not_hold_up_the_reader() -> None:
    text = "Agenda\n7 april 2026 Leerhuis\n" + "-7 april " * 100_000 + "\n" + "a-" * 200_000
    assert len(read(text).entries) == 1


def test_the_fixture_plans_name_no_persons() -> None:
    for plan in sorted(Path(PLANS).glob("*.txt")):
        assert not re.search(r"\b(?:dhr|mevr|mw)\b", decode(plan.read_bytes()))
