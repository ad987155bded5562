"""A postponed event and what is held instead of it, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.agenda.plan_texts import ZONE
from tests.agenda.taking_over import Agenda, plan, yaml
from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.agenda.store import find_event
from var_outreach.agenda.succession import (
    check_not_replaced,
    link_successor,
    make_successor,
    reason_of,
    record_reason,
    successor_of,
)
from var_outreach.errors import Conflict
from var_outreach.storage.engine import Database

OLD = "2025-04-07-leerhuis"
ROW = """
id: a
date: 2025-04-07
from: 9.30
to: 12
place: De Kuip
capacity: 60
invite: bestuurders
audience: burgemeesters
questions: [dieet]
visibility: besloten
programme: [{time: 9.30, text: Welkom}]
max_per_organisation: 3
"""
NEXT_YEAR = date(2026, 3, 16)


@pytest.fixture
def agenda(database: Database, now: datetime) -> Agenda:
    made = Agenda(database, now)
    made.take(yaml(ROW))
    return made


def postponed(agenda: Agenda) -> Agenda:
    agenda.edit(OLD, state=EventState.POSTPONED)
    return agenda


def succeed(agenda: Agenda, **fields: Any) -> str:
    values = {"on_date": NEXT_YEAR, **fields}
    with agenda.database.writing() as session:
        old = find_event(session, OLD)
        return make_successor(session, old, values, by="staf", now=agenda.now, zone=ZONE).key


def test_a_successor_is_an_event_of_its_own_about_the_same(agenda: Agenda) -> None:
    key = succeed(postponed(agenda))
    assert key == "2026-03-16-leerhuis"
    with agenda.event(OLD) as old, agenda.event(key) as new:
        for name in (
            "kind", "title", "place", "capacity", "audience_key", "meant_for", "asks_diet",
            "visibility", "max_per_organisation", "questions",
        ):  # fmt: skip
            assert getattr(new, name) == getattr(old, name), name
        assert new.visibility is Visibility.CLOSED
        assert (new.on_date, new.starts_at, new.state) == (NEXT_YEAR, None, EventState.PLANNED)
        assert new.series_uid != old.series_uid
        assert (new.replaces_id, old.state) == (old.id, EventState.POSTPONED)
        assert event_facts(new).replaces_key == OLD
        assert event_facts(old).replaces_key is None
        assert old.changes[-1].field == "successor"
        assert old.changes[-1].after == key
        assert "Komt in de plaats van" in new.notes[0]


def test_no_hour_and_no_programme_is_made_up(agenda: Agenda) -> None:
    postponed(agenda)
    key = succeed(agenda)
    assert agenda.value(key, "programme") == []


@pytest.mark.parametrize(("hour", "lines"), [(8, 1), (12, 0)], ids=["same-hour", "another"])
def test_the_programme_comes_along_with_the_same_hours(
    agenda: Agenda, hour: int, lines: int
) -> None:
    # 9.30 in summer is 7.30 UTC, in winter 8.30.
    starts = datetime(2026, 3, 16, hour, 30, tzinfo=UTC)
    key = succeed(postponed(agenda), starts_at=starts)
    assert len(agenda.value(key, "programme")) == lines


def test_only_what_is_postponed_has_a_successor_and_only_one(agenda: Agenda) -> None:
    with pytest.raises(Conflict, match="not postponed"):
        succeed(agenda)
    key = succeed(postponed(agenda))
    with pytest.raises(Conflict, match=f"was replaced by '{key}'"):
        succeed(agenda)
    agenda.edit(key, state=EventState.CANCELLED)
    again = succeed(agenda)
    with agenda.database.reading() as session:
        found = successor_of(session, find_event(session, OLD))
        assert found is not None
        assert found.key == again


def test_an_event_of_the_agenda_can_be_the_successor(agenda: Agenda) -> None:
    postponed(agenda)
    agenda.take(
        yaml(ROW, "id: b\ndate: 2026-03-16", "id: c\nkind: webinar\ndate: 2026-04-01", year="")
    )
    with agenda.database.writing() as session:
        old, new = find_event(session, OLD), find_event(session, "2026-03-16-leerhuis")
        webinar = find_event(session, "2026-04-01-leerhuis")
        with pytest.raises(Conflict, match="is a webinar"):
            link_successor(session, old, webinar, by="staf", now=agenda.now)
        link_successor(session, old, new, by="staf", now=agenda.now)
        assert event_facts(new).replaces_key == OLD
        assert new.known_at == agenda.now
        with pytest.raises(Conflict, match="was replaced"):
            check_not_replaced(session, old)


@pytest.mark.parametrize(
    "fields", [{"state": EventState.CANCELLED}, {"on_date": None}, {"state": EventState.HELD}]
)
def test_what_is_off_or_has_no_date_is_no_successor(agenda: Agenda, fields: dict[str, Any]) -> None:
    postponed(agenda)
    agenda.take(yaml(ROW, "id: b\ndate: 2026-03-16", year=""))
    agenda.edit("2026-03-16-leerhuis", **fields)
    with agenda.database.writing() as session:
        old, new = find_event(session, OLD), find_event(session, "2026-03-16-leerhuis")
        with pytest.raises(Conflict, match="cannot be held instead"):
            link_successor(session, old, new, by="staf", now=agenda.now)


def test_why_is_kept_for_as_long_as_it_is_off(agenda: Agenda) -> None:
    postponed(agenda)
    with agenda.database.writing() as session:
        event = find_event(session, OLD)
        record_reason(session, event, "De zaal is dicht.", by="staf", now=agenda.now)
        assert reason_of(session, event) == "De zaal is dicht."
    agenda.edit(OLD, state=EventState.PLANNED, on_date=date(2025, 6, 2))
    agenda.edit(OLD, state=EventState.CANCELLED)
    with agenda.database.reading() as session:
        assert reason_of(session, find_event(session, OLD)) == ""


# ---- imports


def test_the_same_file_does_not_bring_a_postponed_event_back(agenda: Agenda) -> None:
    postponed(agenda)
    for _ in range(2):
        report = agenda.take(yaml(ROW))
        assert (report.unchanged, report.questions, report.missing) == (1, [], [])
    assert agenda.value(OLD, "state") is EventState.POSTPONED


def test_a_state_in_the_file_that_stands_does_not_either(agenda: Agenda) -> None:
    agenda.take(yaml(f"{ROW}state: confirmed\n"))
    postponed(agenda)
    agenda.take(yaml(f"{ROW}state: confirmed\n"))
    assert agenda.value(OLD, "state") is EventState.POSTPONED


def test_a_plan_that_says_postponed_is_read_as_that(agenda: Agenda) -> None:
    file = plan("12 mei 2025 Leerhuis (uitgesteld)", "2 juni 2025 Webinar, uitgesteld, datum volgt")
    agenda.take(file)
    for key in ("2025-05-12-leerhuis", "2025-06-02-webinar"):
        assert agenda.value(key, "state") is EventState.POSTPONED, key


def test_a_new_event_of_its_kind_raises_the_question(agenda: Agenda) -> None:
    postponed(agenda)
    report = agenda.take(yaml(ROW, "id: b\ndate: 2026-03-16", year=""))
    (question,) = report.questions
    assert f"agenda successor {OLD} --is 2026-03-16-leerhuis" in question
    assert agenda.take(yaml(ROW, "id: b\ndate: 2026-03-16", year="")).questions == []


def test_a_line_of_the_next_plan_is_the_successor_that_staff_made(agenda: Agenda) -> None:
    key = succeed(postponed(agenda), title="Leerhuis Signalen")
    file = plan("16 maart 2026 Leerhuis over signalen", year=2026)
    report = agenda.take(file)
    assert (report.added, report.changed) == ([], [])
    assert any(key in remark for remark in report.remarks)
    assert agenda.value(key, "title") == "Leerhuis Signalen"
    assert agenda.take(file).unchanged == 1
    moved = agenda.take(plan("16 maart 2026 Leerhuis over signalen\tDordrecht", year=2026))
    assert [one.key for one in moved.changed] == [key]


def test_about_another_file_s_event_on_that_day_it_is_asked(agenda: Agenda) -> None:
    key = succeed(postponed(agenda))
    (question, *_) = agenda.take(yaml(ROW, "id: b\ndate: 2026-03-16", year="")).questions
    assert f"agenda same {key} NEW" in question
    agenda.join(key, f"{key}-2")
    assert agenda.value(key, "source_id") == "b"
    assert agenda.keys() == sorted({OLD, key})
