"""Guests of one event: in no other audience, gone after it, kept if they turn out to be more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.people.books import book
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.audiences.resolve import resolve_invitees, resolve_readers
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.columns import header_words, layout_of
from var_outreach.people.csv_files import PersonRow, import_people
from var_outreach.people.guests import (
    Guest,
    GuestReport,
    GuestRow,
    bring_guests,
    guests_to_forget,
    read_guests,
    sift_guests,
)
from var_outreach.people.model import Contact, Function, SuppressionReason
from var_outreach.people.privacy import erase
from var_outreach.people.suppression import suppress
from var_outreach.people.table import read_table
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

UNTIL = date(2025, 3, 1)
HEADER = ("Naam", "E-mail", "Organisatie", "Functie", "Dieet")
GAST = ("Gast Een", "gast@partner.example", "Gemeente Dordrecht", "Adviseur", "geen vis")


class Door:
    """Lets guests in to one database."""

    def __init__(self, database: Database, now: datetime, signer: Signer) -> None:
        self.database, self.now, self.signer = database, now, signer

    def read(self, *rows: Sequence[str]) -> tuple[list[str], list[str], list[int]]:
        """Return the addresses that are good, what is wrong, and which rows say nothing new."""
        data = book([HEADER, *rows])
        layout = layout_of(read_table(data, name="g.xlsx", words=header_words(())))
        guests, errors = read_guests(layout)
        with self.database.reading() as session:
            good, more, twice = sift_guests(session, guests)
        wrong = [f"{layout.placed(one).where}: {one.what}" for one in (*errors, *more)]
        return [one.person.address for one in good], wrong, [one.row for one in twice]

    def __call__(self, *rows: Sequence[str], until: date = UNTIL) -> GuestReport:
        data = book([HEADER, *rows])
        guests, _ = read_guests(layout_of(read_table(data, name="g", words=header_words(()))))
        report = GuestReport(rows=len(rows))
        with self.database.writing() as session:
            good, _, _ = sift_guests(session, guests)
            self.bring(session, good, report, until)
        return report

    def bring(
        self, session: Session, rows: Sequence[GuestRow], report: GuestReport, until: date
    ) -> list[Guest]:
        return bring_guests(
            session, rows, report, until_on=until, source="de gastenlijst van het RIEC",
            now=self.now, signer=self.signer,
        )  # fmt: skip

    def contact(self, address: str = GAST[1]) -> Contact:
        with self.database.reading() as session:
            found = store.find_contact(session, address)
            assert found is not None
            session.expunge(found)
            return found


@pytest.fixture
def door(database: Database, now: datetime, signer: Signer) -> Door:
    return Door(database, now, signer)


def test_a_new_guest_is_kept_for_the_event_alone(door: Door) -> None:
    report = door(GAST)
    assert (report.guests, report.new, report.known) == (1, 1, 0)
    assert report.new_organisations == ["Gemeente Dordrecht"]
    guest = door.contact()
    assert (guest.name, guest.guest_until_on) == ("Gast Een", UNTIL)
    assert (guest.source, guest.legal_basis) == ("de gastenlijst van het RIEC", "public_task")
    with door.database.reading() as session:
        assert session.scalars(select(Function)).all() == [], "a word on a badge is no office"


def test_who_is_known_stays_what_they_are(door: Door) -> None:
    with door.database.writing() as session:
        store.add_contact(
            session, "Gast@partner.example", "Onze Naam", source="gids", legal_basis="consent",
            now=door.now,
        )  # fmt: skip
    report = door(GAST)
    assert (report.new, report.known) == (0, 1)
    known = door.contact()
    assert (known.name, known.source, known.guest_until_on) == ("Onze Naam", "gids", None)


def test_a_guest_of_a_later_event_is_kept_longer_and_never_shorter(door: Door) -> None:
    door(GAST)
    door(GAST, until=UNTIL + timedelta(days=60))
    assert door.contact().guest_until_on == UNTIL + timedelta(days=60)
    door(GAST)
    assert door.contact().guest_until_on == UNTIL + timedelta(days=60)


def test_bad_rows_and_rows_that_say_nothing_new(door: Door) -> None:
    door(("Bekend", "bekend@b.example"))
    good, wrong, twice = door.read(
        ("A", "a@b.example"),
        ("B", "geen adres"),
        ("C", ""),
        ("", "naamloos@b.example"),
        ("", "bekend@b.example"),
        ("a ", "A@b.example"),
        ("Iemand", "a@b.example"),
    )
    assert good == ["a@b.example", "bekend@b.example"]
    assert wrong == [
        "row 3, column B (E-mail): 'geen adres' is not a mail address",
        "row 4, column B (E-mail): there is no mail address",
        "row 5, column A (Naam): the guest has no name",
        "row 8, column B (E-mail): row 2 has this address for 'A'",
    ]
    assert twice == [7]


def test_who_may_not_be_mailed_is_reported_and_who_was_erased_left_out(door: Door) -> None:
    with door.database.writing() as session:
        for address, reason in (
            ("kapot@b.example", SuppressionReason.HARD_BOUNCE),
            ("nee@b.example", SuppressionReason.REQUEST),
            ("weg@b.example", SuppressionReason.ERASURE),
        ):
            suppress(session, address, reason, evidence=None, now=door.now, signer=door.signer)
    names = ("kapot", "nee", "weg", "goed")
    report = door(*((name, f"{name}@b.example") for name in names))
    assert [(one.row, one.reason) for one in report.opted_out] == [
        (2, "hard_bounce"),
        (3, "request"),
        (4, "erasure"),
    ]
    assert (report.guests, report.new, report.not_mailed, report.erased) == (3, 3, 2, 1)


EVERYBODY = AudienceDefinition(
    "allen",
    "Allen",
    (
        Selector(organisation_kinds=("gemeente",)),
        Selector(organisations=("gemeente-dordrecht",)),
        Selector(list="nieuwsbrief"),
    ),
)


def test_guests_are_in_no_audience_of_everybody(door: Door) -> None:
    with door.database.writing() as session:
        town = store.upsert_organisation(session, "Gemeente Dordrecht", "gemeente")
        store.add_contact(
            session, "vast@dordrecht.example", "Vast", source="gids", legal_basis="public_task",
            now=door.now, organisation=town,
        )  # fmt: skip
    door(GAST)
    assert door.contact().organisation_id is not None
    for resolve in (resolve_invitees, resolve_readers):
        with door.database.reading() as session:
            found = resolve(session, EVERYBODY, on_date=door.now.date(), signer=door.signer)
        assert [one.address for one in found.recipients] == ["vast@dordrecht.example"]


def test_who_subscribes_or_is_on_a_list_of_people_is_a_guest_no_more(door: Door) -> None:
    names = ("lezer", "vraagt", "lijst")
    door(*((name, f"{name}@b.example") for name in names))
    with door.database.writing() as session:
        for name in names[:2]:
            asked = subs.ask(
                session, f"{name}@b.example", name, "nl", source="/", wording="1", now=door.now
            )
            session.flush()
            if name == "lezer":
                subs.confirm(session, asked.id, source="/", wording="1", now=door.now)
        rows = [PersonRow(row=2, name="lijst", address="lijst@b.example")]
        report = import_people(
            session, rows, now=door.now, source="gids", signer=door.signer, update=False
        )
    assert [(one.field, one.after) for one in report.changes] == [("guest_until_on", "")]
    assert [door.contact(f"{name}@b.example").guest_until_on for name in names] == [
        None,
        UNTIL,
        None,
    ]


def test_guests_are_forgotten_after_their_day_and_not_if_they_are_more(door: Door) -> None:
    names = ("weg", "ambt", "bezig")
    door(*((name, f"{name}@b.example") for name in names))
    with door.database.writing() as session:
        town = store.upsert_organisation(session, "Gemeente Dordrecht", "gemeente")
        holder = store.find_contact(session, "ambt@b.example")
        session.add(Function(organisation=town, role="adviseur", holder=holder))
        subs.ask(session, "bezig@b.example", "B", "nl", source="/", wording="1", now=door.now)
    with door.database.reading() as session:
        assert guests_to_forget(session, UNTIL) == []
        (gone,) = guests_to_forget(session, UNTIL + timedelta(days=1))
        assert gone.address == "weg@b.example"
        gone_id = gone.id
    with door.database.writing() as session:
        contact = session.get_one(Contact, gone_id)
        erase(session, contact, signer=door.signer, now=door.now, keep_out=False)
    assert door(("weg", "weg@b.example")).new == 1, "nobody asked to be kept out"
