"""Which contacts are probably one person, and which only share a name."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from var_outreach.people import store
from var_outreach.people.duplicates import find_duplicates, folded_name
from var_outreach.people.model import Contact, ContactAlias, Function, Organisation
from var_outreach.storage.engine import Database


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Jan van den Berg", "jan van den berg"),
        ("Berg, Jan van den", "jan van den berg"),
        ("Drs. J. Bérg MSc", "j berg"),
        ("Mevr. mr. A. de Boer", "a de boer"),
        ("Boer, mr. A. de", "a de boer"),
        ("burgemeester Zoë Mulder", "zoe mulder"),
        ("Secretariaat", "secretariaat"),
        ("", ""),
        ("drs.", ""),
    ],
)
def test_names_are_folded(name: str, folded: str) -> None:
    assert folded_name(name) == folded


class People:
    """Adds contacts to one session."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def town(self, name: str, into: Organisation | None = None) -> Organisation:
        made = store.upsert_organisation(self.session, name, "gemeente")
        made.merged_into_id = into.id if into is not None else None
        return made

    def add(self, name: str, address: str | None, at: Organisation | None = None) -> Contact:
        return store.add_contact(
            self.session, address, name, source="x", legal_basis="consent", now=self.now,
            organisation=at,
        )[0]  # fmt: skip

    def pairs(self) -> list[tuple[str, str, str, bool]]:
        self.session.flush()
        return [
            (one.keep.address, one.other.address, one.why, one.probable)
            for one in find_duplicates(self.session)
        ]


def test_probable_and_possible_pairs(database: Database, now: datetime) -> None:
    with database.writing() as session:
        people = People(session, now)
        new = people.town("Gemeente Nieuwstad")
        old = people.town("Gemeente Oudstad", into=new)
        other = people.town("Gemeente Elders")
        people.add("Jan van den Berg", "j.vandenberg@oudstad.example", old)
        people.add("Berg, Jan van den", "jan@nieuwstad.example", new)
        people.add("Ada Boer", "a.boer@elders.example", other)
        people.add("A. de Boer", "x@elders.example", other)
        people.add("Eva Smit", "eva@elders.example", other)
        people.add("Eva Smit", "eva@thuis.example")
        people.add("Kim Bos", "k.bos@oudstad.example", old)
        people.add("K. Bos", "k.bos@nieuwstad.example", new)
        people.add("Secretariaat", "a@a.example")
        people.add("Secretariaat", "b@b.example")
        assert people.pairs() == [
            ("jan@nieuwstad.example", "j.vandenberg@oudstad.example",
             "same name, and the organisations merged", True),
            ("eva@elders.example", "eva@thuis.example",
             "same name and mailbox name at another address", True),
            ("k.bos@nieuwstad.example", "k.bos@oudstad.example",
             "same mailbox name, and the organisations merged", True),
        ]  # fmt: skip


def test_a_name_alone_is_only_perhaps_one_person(database: Database, now: datetime) -> None:
    with database.writing() as session:
        people = People(session, now)
        people.add("Jan Jansen", "jan@a.example", people.town("Gemeente A"))
        people.add("Jan Jansen", "jj@b.example", people.town("Gemeente B"))
        assert people.pairs() == [
            ("jan@a.example", "jj@b.example", "same name at another address", False)
        ]


def test_a_former_address_tells(database: Database, now: datetime) -> None:
    with database.writing() as session:
        people = People(session, now)
        first = people.add("Jan Jansen", "jan@a.example")
        people.add("Iemand Anders", "jan.jansen@b.example")
        session.add(ContactAlias(address="Jan.Jansen@b.example", contact_id=first.id, since_at=now))
        assert people.pairs() == [
            ("jan@a.example", "jan.jansen@b.example",
             "the address of one was the other's before", True)
        ]  # fmt: skip


def test_who_is_kept_has_an_office_and_is_no_guest(database: Database, now: datetime) -> None:
    with database.writing() as session:
        people = People(session, now)
        town = people.town("Gemeente A")
        guest = people.add("Jan Jansen", "jan@a.example", town)
        guest.guest_until_on = now.date()
        office = people.add("Jan Jansen", "jj@a.example", town)
        session.add(Function(organisation=town, role="adviseur", holder=office))
        assert people.pairs() == [
            ("jj@a.example", "jan@a.example", "same name at the same organisation", True)
        ]


def test_a_name_that_many_have_is_left_out(database: Database, now: datetime) -> None:
    with database.writing() as session:
        people = People(session, now)
        for number in range(13):
            people.add("Jan Jansen", f"j{number}@a.example")
        assert people.pairs() == []
