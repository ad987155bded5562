"""What an import shows before it is done, and what a partner's list may change."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.people.books import book
from var_outreach.errors import CellError, FileError
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.bad_rows import check_bad_rows_path, write_bad_rows
from var_outreach.people.columns import header_words
from var_outreach.people.csv_files import ImportReport, PersonRow, import_people
from var_outreach.people.csv_import import sift
from var_outreach.people.import_report import BadRow, Change, OptedOut, Twice
from var_outreach.people.model import ContactAlias, SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.people.table import Table, read_table
from var_outreach.people.topics import seed_topics
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

ADVISER = PersonRow(
    row=2, organisation="Gemeente Dordrecht", role="adviseur", name="Bas Prins",
    address="b.prins@dordrecht.example", source="gids",
)  # fmt: skip


class Importer:
    """Imports rows into one database."""

    def __init__(self, database: Database, now: datetime, signer: Signer) -> None:
        self.database, self.now, self.signer = database, now, signer
        with database.writing() as session:
            seed_topics(session)

    def __call__(self, *rows: PersonRow, update: bool = False) -> ImportReport:
        with self.database.writing() as session:
            return import_people(
                session, rows, now=self.now, source="lijst", signer=self.signer, update=update
            )

    def name_of(self, address: str) -> str:
        with self.database.reading() as session:
            contact = store.find_contact(session, address)
            assert contact is not None
            return contact.name


@pytest.fixture
def bring(database: Database, now: datetime, signer: Signer) -> Importer:
    return Importer(database, now, signer)


def test_what_staff_entered_stays_unless_the_file_may_update(bring: Importer) -> None:
    bring(ADVISER)
    other = replace(ADVISER, row=9, name="B. Prins", until_on=date(2025, 2, 1))
    shown = bring(other)
    assert [(one.field, one.before, one.after, one.taken) for one in shown.changes] == [
        ("name", "Bas Prins", "B. Prins", False),
        ("until_on", "", "2025-02-01", False),
    ]
    assert (shown.new, shown.changed, shown.known) == (0, 0, 1)
    assert bring.name_of(ADVISER.address) == "Bas Prins"
    taken = bring(other, update=True)
    assert all(one.taken for one in taken.changes)
    assert taken.changed == 1
    assert bring.name_of(ADVISER.address) == "B. Prins"
    assert bring(other, update=True).changes == []


def test_what_is_not_known_is_filled_in(bring: Importer) -> None:
    bring(replace(ADVISER, name="", address="", role="adviseur"))
    filled = bring(replace(ADVISER, row=3))
    assert filled.changes == [
        Change(3, "adviseur Gemeente Dordrecht", "holder", "", "Bas Prins", True)
    ]
    desk = "bestuur@dordrecht.example"
    more = bring(replace(ADVISER, secretariat_address=desk, secretariat_name="Bestuur"))
    assert [(one.field, one.taken) for one in more.changes] == [("secretariat", True)]


def test_an_empty_cell_changes_nothing_even_in_an_update(bring: Importer) -> None:
    bring(replace(ADVISER, language="en", topics=("mensenhandel",)))
    report = bring(PersonRow(row=2, address=ADVISER.address), update=True)
    assert (report.changes, report.known) == ([], 1)
    assert bring.name_of(ADVISER.address) == "Bas Prins"


def test_somebody_is_known_by_a_former_address(bring: Importer, now: datetime) -> None:
    bring(ADVISER)
    with bring.database.writing() as session:
        contact = store.find_contact(session, ADVISER.address)
        assert contact is not None
        alias = ContactAlias(address="Bas@Oud.example", contact_id=contact.id, since_at=now)
        session.add(alias)
    assert bring.name_of("bas@oud.example") == "Bas Prins"
    report = bring(replace(ADVISER, address="bas@oud.example"))
    assert (report.new, report.known) == (0, 1)
    with bring.database.writing() as session:
        made, is_new = store.add_contact(
            session, "BAS@oud.example", "X", source="", legal_basis="consent", now=now
        )
        assert (made.name, is_new) == ("Bas Prins", False)


def test_who_opted_out_and_who_stands_there_twice_is_shown(
    bring: Importer, signer: Signer, now: datetime
) -> None:
    reader = PersonRow(
        row=2, name="Ann Reed", address="ann@harbour.example", newsletter=True,
        consent_at=datetime(2024, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    bring(reader)
    with bring.database.writing() as session:
        contact = store.find_contact(session, reader.address)
        assert contact is not None
        (subscription,) = subs.subscriptions_of(session, contact)
        subs.leave(session, subscription.token, source="pagina", now=now)
        for address, reason in (
            ("kapot@b.example", SuppressionReason.HARD_BOUNCE),
            ("weg@b.example", SuppressionReason.ERASURE),
        ):
            suppress(session, address, reason, evidence=None, now=now, signer=signer)
    report = bring(
        replace(reader, row=3),
        PersonRow(row=4, name="K", address="kapot@b.example"),
        PersonRow(row=5, name="W", address="weg@b.example"),
        PersonRow(row=6, name="Ann Reed", address="ANN@harbour.example"),
    )
    assert report.opted_out == [
        OptedOut(3, "ann@harbour.example", "unsubscribed"),
        OptedOut(4, "kapot@b.example", "hard_bounce"),
        OptedOut(5, "weg@b.example", "erasure"),
        OptedOut(6, "ANN@harbour.example", "unsubscribed"),
    ]
    assert report.twice == [Twice(6, 3, "Ann Reed")]
    assert (report.erased, report.stayed_away) == (1, 1)


def test_two_offices_of_one_person_are_not_twice(bring: Importer) -> None:
    report = bring(ADVISER, replace(ADVISER, row=3, portfolio="zorg"))
    assert report.twice == []
    assert bring(ADVISER, replace(ADVISER, row=3)).twice == [Twice(3, 2, "Bas Prins")]


def test_good_rows_are_sifted_from_bad_ones(bring: Importer, now: datetime) -> None:
    rows = [
        replace(ADVISER, topics=("bestaat niet",)),
        replace(ADVISER, row=3, name="Een"),
        replace(ADVISER, row=4, name="Twee", portfolio="zorg"),
        replace(ADVISER, row=5, name="Een", portfolio="jeugd"),
    ]
    with bring.database.reading() as session:
        good, errors = sift(session, rows, now=now)
    assert [row.row for row in good] == [3, 5]
    assert sorted(error.row for error in errors) == [2, 4]
    assert all(isinstance(error, CellError) for error in errors)
    bring(*good)


BAD = [
    BadRow(3, "row 3, column B (E-mail)", "'x' is not a mail address", "Fill it in"),
    BadRow(3, "row 3, column A (Naam)", "the name is wrong", ""),
    BadRow(5, "row 5", "it is nothing", ""),
]
ROWS = [("Naam", "E-mail"), ("a", "a@b.example"), ("=b", "x"), ("c", "c@b.example"), ("d", "y")]


def table(data: bytes) -> Table:
    return read_table(data, name="lijst", words=header_words(()))


def test_bad_rows_go_back_as_excel(tmp_path: Path) -> None:
    path = tmp_path / "terug.xlsx"
    rows = [*ROWS[:2], ("'=b", "x"), *ROWS[3:]]
    assert write_bad_rows(table(book(rows, title="Gasten")), BAD, path) == 2
    sheet = load_workbook(path).active
    assert sheet.title == "Gasten"
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Naam", "E-mail", "Reden"],
        [
            "=b", "x",
            "column B (E-mail): 'x' is not a mail address. Fill it in; "
            "column A (Naam): the name is wrong",
        ],
        ["d", "y", "it is nothing"],
    ]  # fmt: skip
    assert sheet["A2"].data_type == "s", "nothing is a formula"
    assert table(path.read_bytes()).titles == ("Naam", "E-mail", "Reden")


def test_bad_rows_go_back_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "terug.csv"
    data = "\n".join(";".join(row) for row in ROWS).encode()
    assert write_bad_rows(table(data), BAD, path) == 2
    text = path.read_text("utf-8-sig")
    assert list(csv.reader(io.StringIO(text), delimiter=";"))[1][:2] == ["'=b", "x"]


def test_a_file_for_bad_rows_that_cannot_be_is_refused_before(tmp_path: Path) -> None:
    found = table(book(ROWS))
    with pytest.raises(FileError, match=r"come back as \.xlsx"):
        check_bad_rows_path(found, tmp_path / "terug.csv")
    there = tmp_path / "er.xlsx"
    there.write_bytes(b"")
    with pytest.raises(FileError, match="there already"):
        check_bad_rows_path(found, there)
    with pytest.raises(FileError, match="no such folder"):
        check_bad_rows_path(found, tmp_path / "weg" / "er.xlsx")
    check_bad_rows_path(found, tmp_path / "nieuw.xlsx")
    with pytest.raises(FileError, match="cannot be written"):
        write_bad_rows(found, BAD, there)
