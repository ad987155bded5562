"""Importing people: all or nothing, the same file twice, and what never happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from var_outreach.errors import RowErrors
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.csv_files import (
    ImportReport,
    PersonRow,
    export_people,
    export_subscribers,
    import_people,
    read_people,
)
from var_outreach.people.model import (
    Contact,
    Function,
    Organisation,
    Subscription,
    SubscriptionState,
)
from var_outreach.people.privacy import erase
from var_outreach.people.topics import seed_topics
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

MAYOR = PersonRow(
    row=2, organisation="Dordrecht", kind="gemeente", role="burgemeester", name="Zoë Mulder",
    secretariat_name="Kabinet", secretariat_address="kabinet@dordrecht.example",
)  # fmt: skip
ADVISER = PersonRow(
    row=3, organisation="Gemeente Dordrecht", role="adviseur", name="Bas Prins",
    address="b.prins@dordrecht.example", topics=("Mensenhandel",), from_on=date(2023, 1, 1),
    source="gemeentegids",
)  # fmt: skip
READER = PersonRow(
    row=4, name="Ann Reed", address="ann@harbour.example", language="en", newsletter=True,
    consent_at=datetime(2023, 5, 1, tzinfo=UTC),
)  # fmt: skip
ROWS = (MAYOR, ADVISER, READER)


class Importer:
    """Imports rows into one database and reads back what it holds."""

    def __init__(self, database: Database, now: datetime, signer: Signer) -> None:
        self.database = database
        self.now = now
        self.signer = signer
        with database.writing() as session:
            seed_topics(session)

    def __call__(self, *rows: PersonRow) -> ImportReport:
        with self.database.writing() as session:
            return self.inside(session, rows)

    def inside(self, session: Session, rows: Sequence[PersonRow]) -> ImportReport:
        return import_people(session, rows, now=self.now, source="lijst.csv", signer=self.signer)

    def exported(self) -> str:
        with self.database.reading() as session:
            return export_people(session)

    def count(self, table: type[Contact | Function | Organisation | Subscription]) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def bring(database: Database, now: datetime, signer: Signer) -> Importer:
    return Importer(database, now, signer)


def test_offices_people_and_readers_come_in(bring: Importer, database: Database) -> None:
    report = bring(*ROWS)
    assert (report.rows, report.new, report.changed, report.known) == (3, 3, 0, 0)
    assert report.subscribed == 1
    with database.reading() as session:
        (dordrecht,) = session.scalars(select(Organisation))
        assert (dordrecht.key, dordrecht.domain) == ("gemeente-dordrecht", "dordrecht.example")
        mayor, adviser = store.functions_on(session, date(2025, 1, 6))
        assert mayor.holder is not None
        assert (mayor.holder.name, mayor.holder.address) == ("Zoë Mulder", None)
        mailbox = store.mailbox_of(mayor)
        assert mailbox is not None
        assert (mailbox.name, mailbox.address) == ("Kabinet", "kabinet@dordrecht.example")
        assert adviser.holder is not None
        assert [link.topic.key for link in adviser.holder.topics] == ["mensenhandel"]
        assert (adviser.holder.source, adviser.holder.legal_basis) == (
            "gemeentegids",
            "public_task",
        )
        (subscription,) = session.scalars(select(Subscription))
        assert subscription.state is SubscriptionState.ACTIVE
        assert (subscription.contact.language, subscription.contact.legal_basis) == (
            "en",
            "consent",
        )
        assert subscription.contact.source == "lijst.csv"
        assert subscription.proofs[0].at == READER.consent_at


def test_the_same_rows_again_change_nothing(bring: Importer) -> None:
    bring(*ROWS)
    before = bring.exported()
    report = bring(*reversed(ROWS))
    assert (report.new, report.changed, report.known) == (0, 0, 3)
    assert report.subscribed == 0
    assert bring.exported() == before


def test_three_offices_share_one_mailbox(bring: Importer) -> None:
    rows = [
        replace(MAYOR, row=n, role="wethouder", name=name)
        for n, name in enumerate(["Ada Vink", "Bo Vos", "Cas Bos"], 2)
    ]
    bring(*rows)
    assert bring.count(Function) == 3
    assert bring.count(Contact) == 4


def test_one_bad_row_stops_all_of_it(bring: Importer) -> None:
    bad = [
        replace(ADVISER, row=5, topics=("Mensenhandle",)),
        replace(READER, row=6, address="b@c.example", consent_at=bring.now + timedelta(days=1)),
        replace(READER, row=7, name="Andy Reed"),
        replace(MAYOR, row=8, until_on=date(2025, 1, 1)),
    ]
    with pytest.raises(RowErrors) as caught:
        bring(*ROWS, *bad)
    assert sorted(error.where for error in caught.value.rows) == [
        "row 5, column 'thema's'",
        "row 6, column 'toestemming_op'",
        "row 7, column 'naam'",
        "row 8, column 'tot'",
    ]
    assert "Mensenhandel" in str(caught.value)
    for table in (Contact, Function, Organisation, Subscription):
        assert bring.count(table) == 0


def test_two_names_at_one_address_are_asked_to_use_the_secretariat(bring: Importer) -> None:
    shared = replace(ADVISER, row=5, name="Iemand Anders", role="wethouder")
    with pytest.raises(RowErrors, match="secretariaat adres"):
        bring(ADVISER, shared)


def test_what_the_file_changes_is_changed_and_an_empty_cell_changes_nothing(
    bring: Importer, database: Database
) -> None:
    bring(*ROWS)
    report = bring(
        replace(ADVISER, name="Bas Prins-Vos", until_on=date(2025, 6, 30), source="", topics=()),
        replace(READER, language="", newsletter=None, consent_at=None),
    )
    assert (report.new, report.changed, report.known) == (0, 1, 1)
    with database.reading() as session:
        adviser = store.find_contact(session, ADVISER.address)
        assert adviser is not None
        assert (adviser.name, adviser.source) == ("Bas Prins-Vos", "gemeentegids")
        assert len(adviser.topics) == 1
        (office,) = store.functions_of(session, adviser, date(2025, 6, 30))
        assert office.until_on == date(2025, 6, 30)
        reader = store.find_contact(session, READER.address)
        assert reader is not None
        assert reader.language == "en"


def test_absence_ends_nothing(bring: Importer) -> None:
    bring(*ROWS)
    bring(READER)
    assert bring.count(Function) == 2


def test_a_vacancy_is_filled_and_a_successor_is_another_office(
    bring: Importer, database: Database
) -> None:
    vacant = replace(MAYOR, name="")
    bring(vacant)
    assert bring(vacant).known == 1
    assert bring(MAYOR).new == 1  # the person; the office is the same
    assert bring.count(Function) == 1
    ended = replace(MAYOR, until_on=date(2025, 3, 31))
    following = replace(MAYOR, row=3, name="Iris Kuiper", from_on=date(2025, 4, 1))
    report = bring(ended, following)
    assert (report.new, report.changed) == (1, 1)
    with database.reading() as session:
        names = [
            [f.holder.name for f in store.functions_on(session, day) if f.holder]
            for day in (date(2025, 3, 31), date(2025, 4, 1))
        ]
    assert names == [["Zoë Mulder"], ["Iris Kuiper"]]


def test_an_address_that_becomes_known_later_is_the_same_person(bring: Importer) -> None:
    bring(MAYOR)
    with_address = replace(MAYOR, address="z.mulder@dordrecht.example")
    report = bring(with_address)
    assert (report.new, report.changed) == (0, 1)
    # And a list that does not have it means the same person too.
    assert bring(MAYOR).known == 1
    assert bring.count(Contact) == 2


def test_who_left_stays_away(bring: Importer, database: Database) -> None:
    bring(*ROWS)
    with database.writing() as session:
        (subscription,) = session.scalars(select(Subscription))
        subs.leave(session, subscription.token, source="/afmelden", now=bring.now)
    report = bring(*ROWS)
    assert (report.changed, report.subscribed, report.stayed_away) == (0, 0, 1)
    with database.reading() as session:
        (subscription,) = session.scalars(select(Subscription))
        assert subscription.state is SubscriptionState.LEFT


def test_an_opt_out_in_the_file_is_kept(bring: Importer, database: Database) -> None:
    bring(replace(READER, newsletter=False, consent_at=None))
    report = bring(READER)
    assert report.stayed_away == 1
    with database.reading() as session:
        (subscription,) = session.scalars(select(Subscription))
        assert subscription.state is SubscriptionState.LEFT


def test_who_was_erased_does_not_come_back(
    bring: Importer, database: Database, signer: Signer
) -> None:
    bring(*ROWS)
    with database.writing() as session:
        for address in (ADVISER.address, READER.address):
            person = store.find_contact(session, address)
            assert person is not None
            erase(session, person, signer=signer, now=bring.now)
    for _ in range(2):
        report = bring(*ROWS)
        assert (report.erased, report.new) == (2, 0)
    with database.reading() as session:
        assert store.find_contact(session, ADVISER.address) is None
        assert store.find_contact(session, READER.address) is None
        holders = [f.holder for f in store.functions_on(session, date(2025, 1, 6))]
        assert [holder.name if holder else None for holder in holders] == ["Zoë Mulder", None]


def test_an_import_asks_a_fixed_number_of_questions(bring: Importer, database: Database) -> None:
    def questions(rows: Sequence[PersonRow]) -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listen)
        try:
            bring(*rows)
        finally:
            event.remove(database.engine, "before_cursor_execute", listen)
        return sum(statement.lstrip().startswith("SELECT") for statement in seen)

    def readers(count: int) -> list[PersonRow]:
        return [replace(READER, row=n, address=f"p{n}@a.example") for n in range(2, count + 2)]

    questions(readers(400))
    assert questions(readers(400)) <= questions(readers(40)) + 2


def test_subscribers_go_out_with_their_proof(bring: Importer, database: Database) -> None:
    bring(READER, replace(READER, row=5, name="=1+1", address="-x@a.example"))
    with database.reading() as session:
        lines = export_subscribers(session).splitlines()
    assert lines[0].startswith("adres;naam;taal;lijst;stand;toestemming_op")
    assert lines[1] == (
        "ann@harbour.example;Ann Reed;en;nieuwsbrief;aangemeld;2023-05-01;import;lijst.csv;"
    )
    assert lines[2].startswith("'-x@a.example;'=1+1;")


def test_an_export_is_read_in_as_the_same_people(bring: Importer) -> None:
    bring(*ROWS)
    rows = read_people(bring.exported().encode("utf-8-sig"))
    report = bring(*rows)
    assert (report.new, report.changed) == (0, 0)
