"""Arranging a programme: what is added, changed, taken out, and who is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from tests.programme.stage import ZONE, Stage, a_round, a_workshop
from var_outreach.agenda.yaml_rounds import RoundPlan
from var_outreach.errors import InputError, NotFound
from var_outreach.programme.arranging import (
    carry_rounds,
    events_with_rounds_astray,
    set_capacity,
    take_out_workshop,
)
from var_outreach.programme.model import Round, Workshop
from var_outreach.programme.store import has_rounds, rounds_of
from var_outreach.storage.engine import Database

A, B = a_workshop("a", 2), a_workshop("b")


def test_the_same_file_again_changes_nothing_and_tells_nobody(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", A, B, starts=time(10)))
        (one,) = stage.guests(session, event, 1)
        stage.choose(session, one, "een/a")
        report = stage.arrange(session, event, a_round("een", A, B, starts=time(10)))
        assert (report.added, report.changed, report.taken_out) == ([], [], [])
        assert stage.untold(session, one) == (0, False)


def test_only_who_is_in_what_changed_is_told(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", A, B))
        ann, bob, cas = stage.guests(session, event, 3)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/b")
        report = stage.arrange(session, event, a_round("een", a_workshop("a", 2, "zaal 9"), B))
        assert report.changed == ["een/a"]
        untold = [stage.untold(session, one)[0] for one in (ann, bob, cas)]
        assert untold == [1, 0, 0]
        stage.arrange(
            session, event, a_round("een", a_workshop("a", 2, "zaal 9"), B, starts=time(9))
        )
        untold = [stage.untold(session, one)[0] for one in (ann, bob, cas)]
        assert untold == [2, 1, 0]
        assert stage.untold(session, ann)[1] is False


def test_what_a_file_leaves_out_stays_unless_asked(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", A, B), a_round("twee", A))
        ann, bob = stage.guests(session, event, 2)
        stage.choose(session, ann, "een/b")
        stage.choose(session, bob, "een/a")
        report = stage.arrange(session, event, a_round("een", A))
        assert report.not_in_file == ["een/b", "twee/a"]
        assert stage.where(session, event, ann) == ["B"]
        report = stage.arrange(session, event, a_round("een", A), take_out_missing=True)
        assert report.taken_out == ["een/b", "twee/a", "twee"]
        assert stage.where(session, event, ann) == []
        assert stage.untold(session, ann) == (1, False)
        assert stage.untold(session, bob) == (0, False)
        assert [part.key for part in rounds_of(session, event)] == ["een"]


def test_a_workshop_taken_out_frees_who_waited_and_an_empty_round_goes(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1), B))
        ann, bob = stage.guests(session, event, 2)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/b")
        stage.choose(session, bob, "een/a")
        take_out_workshop(session, event, "een/a", now=stage.now)
        assert stage.waits(session, bob) == []
        assert stage.where(session, event, bob) == ["B"]
        assert [stage.untold(session, one)[0] for one in (ann, bob)] == [1, 1]
        take_out_workshop(session, event, "een/b", now=stage.now)
        assert not has_rounds(session, event)
        assert session.scalars(select(Round)).all() == []
        assert session.scalars(select(Workshop)).all() == []


def test_good_news_and_bad_news_before_one_mail_is_no_good_news_alone(
    database: Database, stage: Stage
) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", a_workshop("a", 1)), a_round("twee", B))
        ann, bob = stage.guests(session, event, 2)
        stage.choose(session, ann, "een/a")
        stage.choose(session, bob, "een/a")
        stage.choose(session, bob, "twee/b")
        set_capacity(session, event, "een/a", 2, now=stage.now)
        assert stage.untold(session, bob) == (1, True)
        take_out_workshop(session, event, "twee/b", now=stage.now)
        assert stage.untold(session, bob) == (2, False)


def test_an_unknown_workshop_and_no_places_are_refused(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.event(session, a_round("een", A))
        for key in ("een", "een/x", "x/a", ""):
            with pytest.raises(NotFound, match="there is no workshop"):
                take_out_workshop(session, event, key, now=stage.now)
        with pytest.raises(InputError, match="at least one place"):
            set_capacity(session, event, "een/a", 0, now=stage.now)


def test_hours_need_a_date(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session, on_date=None, starts_at=None, ends_at=None)
        with pytest.raises(InputError, match="has no date yet"):
            stage.arrange(session, event, a_round("een", A, starts=time(10)))
        stage.arrange(session, event, a_round("een", A))


def test_rounds_follow_an_event_to_summer_time(database: Database, stage: Stage) -> None:
    day = datetime(2025, 3, 24, 8, 30, tzinfo=UTC)
    with database.writing() as session:
        event = stage.event(session, a_round("een", A, starts=time(10)), day=day)
        assert events_with_rounds_astray(session, zone=ZONE) == []
        assert carry_rounds(session, event, zone=ZONE) is False
        event.on_date = date(2025, 4, 7)
        assert events_with_rounds_astray(session, zone=ZONE) == [event.id]
        assert carry_rounds(session, event, zone=ZONE) is True
        (part,) = rounds_of(session, event)
        assert part.starts_at == datetime(2025, 4, 7, 8, 0, tzinfo=UTC)
        assert part.ends_at == datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
        assert events_with_rounds_astray(session, zone=ZONE) == []


def test_a_round_on_the_second_day_stays_there(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session)
        assert event.on_date is not None
        event.until_date = event.on_date + timedelta(days=1)
        plan = RoundPlan("een", "Een", time(10), time(11), (A,), event.until_date)
        stage.arrange(session, event, plan)
        (part,) = rounds_of(session, event)
        assert part.starts_at is not None
        assert part.starts_at.date() == event.until_date
        assert carry_rounds(session, event, zone=ZONE) is False
