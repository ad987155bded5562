"""Contacts, organisations and offices as they are found and kept."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, HeaderError, NotFound
from var_outreach.people import store
from var_outreach.people.model import Contact, Function
from var_outreach.people.topics import SHIPPED, seed_topics
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

DAY = date(2025, 1, 6)


def contact(session: Session, address: str | None, name: str, now: datetime) -> Contact:
    added, _ = store.add_contact(
        session, address, name, source="test", legal_basis=store.PUBLIC_TASK, now=now
    )
    return added


def office(session: Session, **fields: object) -> Function:
    organisation = store.upsert_organisation(session, "Gemeente Dordrecht", "gemeente")
    made = Function(organisation=organisation, role="wethouder", portfolio="", **fields)
    session.add(made)
    session.flush()
    return made


def test_an_address_names_one_contact_in_any_case(database: Database, now: datetime) -> None:
    with database.writing() as session:
        first = contact(session, "A.Bakker@Dordrecht.Example", "A. Bakker", now)
        again, added = store.add_contact(
            session, "a.bakker@DORDRECHT.example", "?", source="x", legal_basis="consent", now=now
        )
        assert again is first
        assert not added
        assert first.address == "A.Bakker@dordrecht.example"
        assert first.name == "A. Bakker"
        assert store.find_contact(session, "a.BAKKER@dordrecht.example") is first
        assert store.find_contact(session, "b.bakker@dordrecht.example") is None


def test_the_database_refuses_an_address_that_differs_in_case_alone(
    database: Database, now: datetime
) -> None:
    def row(address: str) -> Contact:
        return Contact(
            address=address, name="", language="nl", token=random_token(), source="",
            legal_basis="consent", created_at=now,
        )  # fmt: skip

    with pytest.raises(IntegrityError), database.writing() as session:
        session.add_all([row("a@b.example"), row("A@b.example")])


@pytest.mark.parametrize("address", ["a@b.nl\nBcc: c@d.nl", "<a@b.nl> NOTIFY=NEVER", "a", ""])
def test_an_address_that_may_not_stand_in_a_mail_is_refused(
    database: Database, now: datetime, address: str
) -> None:
    with database.writing() as session, pytest.raises(HeaderError):
        contact(session, address, "A", now)


def test_a_municipality_is_one_under_its_long_and_its_short_name(database: Database) -> None:
    with database.writing() as session:
        long = store.upsert_organisation(session, "Gemeente Dordrecht", "gemeente")
        short = store.upsert_organisation(session, "Dordrecht", "gemeente", domain="d.example")
        assert long is short
        assert long.key == "gemeente-dordrecht"
        assert long.domain == "d.example"
        assert store.upsert_organisation(session, "Dordrecht", "overig") is not long
        with pytest.raises(ValueError, match="not one of"):
            store.upsert_organisation(session, "X", "bedrijf")


def test_an_office_exists_from_its_first_to_its_last_day(database: Database) -> None:
    with database.writing() as session:
        made = office(session, from_on=date(2024, 5, 1), until_on=date(2025, 1, 6))
        days = {
            day: [f.id for f in store.functions_on(session, day)]
            for day in (date(2024, 4, 30), date(2024, 5, 1), date(2025, 1, 6), date(2025, 1, 7))
        }
        assert [bool(found) for found in days.values()] == [False, True, True, False]
        assert days[date(2024, 5, 1)] == [made.id]


def test_the_mailbox_is_the_secretariat_else_the_holder(database: Database, now: datetime) -> None:
    with database.writing() as session:
        holder = contact(session, "h@dordrecht.example", "H", now)
        unreachable = contact(session, None, "U", now)
        secretariat = contact(session, "s@dordrecht.example", "S", now)
        made = office(session, holder=holder, secretariat=secretariat)
        assert store.mailbox_of(made) is secretariat
        secretariat.erased_at = now
        assert store.mailbox_of(made) is holder
        made.secretariat = unreachable
        assert store.mailbox_of(made) is holder
        made.holder = None
        assert store.mailbox_of(made) is None


def test_somebody_keeps_the_offices_they_hold_and_the_diaries_they_keep(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        person = contact(session, "h@dordrecht.example", "H", now)
        held = office(session, holder=person)
        kept = office(session, secretariat=person)
        office(session, holder=person, until_on=date(2024, 1, 1))
        office(session)
        assert store.functions_of(session, person, DAY) == [held, kept]


def test_a_successor_takes_over_on_the_day(database: Database, now: datetime) -> None:
    with database.writing() as session:
        secretariat = contact(session, "s@dordrecht.example", "S", now)
        first = contact(session, "h@dordrecht.example", "H", now)
        second = contact(session, "i@dordrecht.example", "I", now)
        made = office(session, holder=first, secretariat=secretariat, from_on=date(2020, 1, 1))
        following = store.succeed(session, made, second, from_on=date(2025, 3, 1))
        assert made.until_on == date(2025, 2, 28)
        assert (following.holder, following.secretariat) == (second, secretariat)
        assert store.functions_on(session, date(2025, 3, 1)) == [following]
        with pytest.raises(Conflict):
            store.succeed(session, made, first, from_on=date(2025, 6, 1))
        with pytest.raises(Conflict):
            store.succeed(session, following, first, from_on=date(2025, 3, 1))


def test_topics_are_seeded_once_and_set_by_key(database: Database, now: datetime) -> None:
    with database.writing() as session:
        assert seed_topics(session) == len(SHIPPED)
        assert seed_topics(session) == 0
        person = contact(session, "h@dordrecht.example", "H", now)
        assert store.set_topics(session, person, ["mensenhandel", "digitale-veiligheid"])
        assert not store.set_topics(session, person, ["digitale-veiligheid", "mensenhandel"])
        assert store.set_topics(session, person, ["mensenhandel"])
        session.flush()
        assert [link.topic.key for link in person.topics] == ["mensenhandel"]
        with pytest.raises(NotFound, match="mensenhandle"):
            store.set_topics(session, person, ["mensenhandle"])


def test_a_token_opens_nothing_of_an_erased_person(
    database: Database, now: datetime, signer: Signer
) -> None:
    with database.writing() as session:
        person = contact(session, "h@dordrecht.example", "H", now)
        assert store.contact_by_token(session, person.token) is person
        person.erased_at = now
        with pytest.raises(NotFound):
            store.contact_by_token(session, person.token)
