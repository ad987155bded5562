"""The figures of a year add up, on both databases."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.agenda.plan_texts import ZONE
from tests.registrations.scene import Scene
from var_outreach.agenda.model import EventState
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.registrations.model import RegistrationState
from var_outreach.reporting.figures import summarise_year
from var_outreach.storage.engine import Database
from var_outreach.tokens import random_token

_number = itertools.count(1)
MARCH = datetime(2025, 3, 4, 8, tzinfo=UTC)
SENT, FAILED = DeliveryState.SENT, DeliveryState.FAILED


def mailing(
    session: Session, key: str, at: datetime, *deliveries: tuple[datetime, DeliveryState]
) -> Mailing:
    kind = key.partition(":")[0]
    row = Mailing(
        key=key, kind=kind, subject_key=key.partition(":")[2], state=MailingState.SENT,
        standing=False, audience={}, scheduled_at=at, expires_at=None, reason="", created_by="",
        created_at=at, version=1, enqueued_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for moment, state in deliveries:
        number = next(_number)
        session.add(
            Delivery(
                mailing_id=row.id, recipient_key=f"r{number}", occurrence=0, token=random_token(),
                state=state, version=1, variant="nl", address=f"a{number}@x.example", name="",
                places={}, calendar=None, message_id=f"<{number}@x.example>", dated_at=moment,
                not_before=moment, expires_at=None, attempts=1, created_at=moment,
            )
        )  # fmt: skip
    session.flush()
    return row


def test_totals_are_the_sum_of_the_mailings(database: Database) -> None:
    with database.writing() as session:
        mailing(session, "newsletter:2025-03-04", MARCH, *[(MARCH, SENT)] * 3, (MARCH, FAILED))
        mailing(session, "invitation:x", MARCH - timedelta(days=1), (MARCH, SENT))
    with database.reading() as session:
        figures = summarise_year(session, 2025, ZONE)
    assert [(one.key, one.total, one.deliveries) for one in figures.mailings] == [
        ("invitation:x", 1, {"sent": 1}),
        ("newsletter:2025-03-04", 4, {"failed": 1, "sent": 3}),
    ]
    assert figures.deliveries == {"failed": 1, "sent": 4}
    assert sum(figures.deliveries.values()) == sum(one.total for one in figures.mailings)


def test_a_year_is_one_on_the_wall(database: Database) -> None:
    # In Amsterdam 2025 begins an hour before it does in UTC.
    first = datetime(2024, 12, 31, 23, 0, tzinfo=UTC)
    with database.writing() as session:
        mailing(session, "newsletter:a", first, (first, SENT))
        before = first - timedelta(seconds=1)
        mailing(session, "newsletter:b", before, (before, SENT))
    with database.reading() as session:
        (one,) = summarise_year(session, 2025, ZONE).mailings
        (other,) = summarise_year(session, 2024, ZONE).mailings
    assert (one.key, one.on) == ("newsletter:a", date(2025, 1, 1))
    assert (other.key, other.on) == ("newsletter:b", date(2024, 12, 31))


def test_a_mailing_over_new_year_counts_in_each_year_what_was_done_in_it(
    database: Database,
) -> None:
    december = datetime(2025, 12, 15, 9, tzinfo=UTC)
    january = december + timedelta(days=30)
    with database.writing() as session:
        mailing(
            session, "confirmation:x", december, *[(december, SENT)] * 2, *[(january, SENT)] * 3
        )
    with database.reading() as session:
        old, new = (summarise_year(session, year, ZONE) for year in (2025, 2026))
    assert (old.deliveries, new.deliveries) == ({"sent": 2}, {"sent": 3})
    assert (old.mailings[0].total, new.mailings[0].total) == (2, 3)
    assert new.mailings[0].on == date(2026, 1, 14)


def test_what_is_planned_but_not_sent_stands_there_with_nothing(database: Database) -> None:
    with database.writing() as session:
        mailing(session, "invitation:x", MARCH)
    with database.reading() as session:
        (one,) = summarise_year(session, 2025, ZONE).mailings
        assert (one.total, one.deliveries, one.on) == (0, {}, date(2025, 3, 4))
        assert summarise_year(session, 2024, ZONE).mailings == ()


def test_copies_to_oneself_count_for_nothing(database: Database) -> None:
    with database.writing() as session:
        mailing(session, "test:invitation:x", MARCH, (MARCH, SENT))
    with database.reading() as session:
        figures = summarise_year(session, 2025, ZONE)
    assert (figures.mailings, figures.deliveries) == ((), {})


@pytest.mark.parametrize(
    ("fields", "year", "there"),
    [
        ({"on_date": date(2025, 4, 7)}, 2025, True),
        ({"on_date": date(2025, 4, 7)}, 2026, False),
        ({"on_date": date(2026, 1, 5), "imported": {"file_year": 2025}}, 2026, True),
        ({"on_date": date(2026, 1, 5), "imported": {"file_year": 2025}}, 2025, False),
        ({"on_date": None, "imported": {"file_year": 2025}}, 2025, True),
        ({"on_date": None, "imported": {"file_year": 2025}}, 2026, False),
        ({"on_date": None, "imported": {}}, 2026, True),
    ],
)
def test_an_event_counts_in_the_year_in_which_it_is_or_was_promised(
    database: Database, now: datetime, fields: dict[str, object], year: int, there: bool
) -> None:
    with database.writing() as session:
        hours = {} if fields["on_date"] else {"starts_at": None, "ends_at": None}
        Scene(now).event(session, **hours, **fields)
    with database.reading() as session:
        assert bool(summarise_year(session, year, ZONE).events) is there


def test_answers_are_counted_by_state(database: Database, now: datetime) -> None:
    scene = Scene(now)
    with database.writing() as session:
        event = scene.event(session, state=EventState.HELD)
        rows = scene.invited(session, event, 4)
        rows[0].state = rows[1].state = RegistrationState.ATTENDED
        rows[2].state = RegistrationState.ABSENT
        key, other = event.key, scene.event(session).key
    with database.reading() as session:
        found = {one.key: one for one in summarise_year(session, 2025, ZONE).events}
    assert found[key].registrations == {"absent": 1, "attended": 2, "invited": 1}
    assert (found[key].state, found[other].registrations) == ("held", {})


def test_a_postponed_event_with_a_successor_counts_as_moved(database: Database) -> None:
    with database.writing() as session:
        scene = Scene(MARCH)
        old = scene.event(session, day=MARCH, state=EventState.POSTPONED)
        alone = scene.event(session, day=MARCH, state=EventState.POSTPONED)
        new = scene.event(session, day=MARCH + timedelta(days=365), replaces_id=old.id)
        off = scene.event(
            session,
            day=MARCH + timedelta(days=365),
            replaces_id=alone.id,
            state=EventState.CANCELLED,
        )
        keys = {one: one.key for one in (old, alone, new, off)}
        names = [keys[old], keys[alone], keys[new]]
    with database.reading() as session:
        this = {one.key: one for one in summarise_year(session, 2025, ZONE).events}
        next_year = {one.key: one for one in summarise_year(session, 2026, ZONE).events}
    moved, waits, successor = this[names[0]], this[names[1]], next_year[names[2]]
    assert (moved.state, moved.moved_to, str(moved.moved_to_on)) == (
        "moved", names[2], "2026-03-04",
    )  # fmt: skip
    assert moved.state_in_words == "moved to 2026-03-04"
    assert (waits.state, waits.moved_to, waits.state_in_words) == ("postponed", None, "postponed")
    assert (successor.state, successor.moved_to) == ("confirmed", None)
