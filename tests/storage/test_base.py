"""Time goes into the database aware and comes out aware, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from var_outreach.storage.engine import Database
from var_outreach.storage.installation import Installation, started_at

AMSTERDAM = timezone(timedelta(hours=2))


def test_naive_datetime_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="must be aware"), database.writing() as session:
        session.add(Installation(id=1, started_at=datetime(2025, 7, 1, 9, 30)))
    with database.reading() as session:
        assert session.get(Installation, 1) is None


def test_other_zone_is_the_same_instant_in_utc(database: Database) -> None:
    with database.writing() as session:
        session.add(Installation(id=1, started_at=datetime(2025, 7, 1, 9, 30, tzinfo=AMSTERDAM)))
    with database.reading() as session:
        kept = session.get_one(Installation, 1).started_at
    assert kept == datetime(2025, 7, 1, 7, 30, tzinfo=UTC)
    assert kept.utcoffset() == timedelta(0)


def test_microseconds_are_kept(database: Database) -> None:
    instant = datetime(2025, 7, 1, 7, 30, 0, 123456, tzinfo=UTC)
    with database.writing() as session:
        session.add(Installation(id=1, started_at=instant))
    with database.reading() as session:
        assert session.get_one(Installation, 1).started_at == instant


def test_first_start_is_remembered(database: Database, now: datetime) -> None:
    with database.writing() as session:
        assert started_at(session, now=now) == now
    with database.writing() as session:
        assert started_at(session, now=now + timedelta(days=9)) == now
