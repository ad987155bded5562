"""A recipient has one delivery of a mailing, however often and by whomever it is enqueued."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from tests.outbox.scene import DOMAIN, Outbox, entry, person
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind


def test_row_holds_all_that_makes_the_same_bytes_again(outbox: Outbox) -> None:
    now = outbox.clock.now()
    end = now + timedelta(days=3)
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, MailKind.INVITATION, expires_at=end)
        one = person(7, variant="en/asked", calendar=entry())
        assert outbox.enqueue(session, mailing, [one]) == 1
        (delivery_id,) = outbox.ids(session, mailing.id)
    row = outbox.row(delivery_id)
    assert (row.state, row.version, row.variant) == (DeliveryState.QUEUED, 1, "en/asked")
    assert (row.address, row.name, row.places) == (one.address, one.name, one.places)
    assert row.calendar == one.calendar
    assert row.message_id == f"<{row.token}@{DOMAIN}>"
    assert row.dated_at == now.replace(microsecond=0)
    assert (row.not_before, row.expires_at, row.attempts) == (now, end, 0)


def test_again_adds_nothing(outbox: Outbox) -> None:
    people = [person(number) for number in range(5)]
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session)
        assert outbox.enqueue(session, mailing, people) == 5
        assert outbox.enqueue(session, mailing, people) == 0
        assert outbox.enqueue(session, mailing, [*people, person(6)]) == 1
    with outbox.app.database.writing() as session:
        found = session.scalars(select(Mailing)).one()
        assert outbox.enqueue(session, found, people) == 0
    assert outbox.states() == {"queued": 6}


def test_what_went_is_not_enqueued_again(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session)
        outbox.enqueue(session, mailing, [person(1)])
    outbox.send_all()
    with outbox.app.database.writing() as session:
        assert outbox.enqueue(session, session.get_one(Mailing, mailing.id), [person(1)]) == 0
    assert outbox.states() == {"sent": 1}


def test_same_recipient_twice_in_one_go(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session)
        assert outbox.enqueue(session, mailing, [person(1), person(1)]) == 1
    assert outbox.states() == {"queued": 1}


def test_another_occurrence_is_another_delivery(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, MailKind.CONFIRMATION)
        people = [person(1, occurrence=number) for number in (1, 2, 2)]
        assert outbox.enqueue(session, mailing, people) == 2


def test_the_database_itself_refuses_a_second_one(outbox: Outbox) -> None:
    outbox.queued()
    with pytest.raises(IntegrityError), outbox.app.database.writing() as session:  # noqa: PT012
        row = session.execute(select(Delivery.__table__)).mappings().one()
        session.execute(insert(Delivery), [{**row, "id": row["id"] + 1, "token": "other"}])


def test_more_than_a_chunk(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session)
        assert outbox.enqueue(session, mailing, (person(one) for one in range(1203))) == 1203
        assert outbox.enqueue(session, mailing, (person(one) for one in range(1203))) == 0


def test_two_schedulers_at_once(outbox: Outbox) -> None:
    people = [person(number) for number in range(40)]
    with outbox.app.database.writing() as session:
        mailing_id = outbox.mailing(session).id
    ready = threading.Barrier(3)
    added: list[int] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            ready.wait()
            with outbox.app.database.writing() as session:
                mailing = session.get_one(Mailing, mailing_id)
                added.append(outbox.enqueue(session, mailing, people))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(added) == 40
    with outbox.app.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 40


def test_error_on_the_way_leaves_nothing(outbox: Outbox) -> None:
    def people() -> Iterator[Recipient]:
        yield from (person(number) for number in range(700))
        raise KeyError

    with pytest.raises(KeyError), outbox.app.database.writing() as session:
        outbox.enqueue(session, outbox.mailing(session), people())
    assert outbox.states() == {}


@pytest.mark.parametrize(
    ("kind", "audience", "is_bulk"),
    [
        (MailKind.NEWSLETTER, AudienceKind.READERS, True),
        (MailKind.AD_HOC, AudienceKind.READERS, True),
        (MailKind.AD_HOC, AudienceKind.ADDRESSES, False),
        (MailKind.CONFIRMATION, AudienceKind.NOTICES, False),
        (MailKind.INVITATION, AudienceKind.INVITEES, False),
    ],
)
def test_what_may_wait(
    outbox: Outbox, kind: MailKind, audience: AudienceKind, is_bulk: bool
) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, kind, audience=AudienceSpec(audience, "x"))
        outbox.enqueue(session, mailing, [person(1)])
        (delivery_id,) = outbox.ids(session, mailing.id)
    assert outbox.row(delivery_id).is_bulk is is_bulk
