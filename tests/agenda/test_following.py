"""Which event follows which, as a file says it, on both databases."""

from __future__ import annotations

import pytest

from tests.agenda.taking_over import Agenda, yaml
from var_outreach.agenda.following import check_follows, followers_of
from var_outreach.agenda.store import find_event
from var_outreach.errors import Conflict
from var_outreach.storage.engine import Database

LEAD = "id: rvo\ndate: 2025-04-07\ntitle: RVO"
FOLLOWER = "id: leer\ndate: 2025-04-08\nfollows: rvo"
LEAD_KEY, KEY = "2025-04-07-rvo", "2025-04-08-leerhuis"


@pytest.fixture
def agenda(database: Database, now: object) -> Agenda:
    return Agenda(database, now)  # type: ignore[arg-type]


def lead_of(agenda: Agenda, key: str = KEY) -> str | None:
    with agenda.event(key) as event:
        return event.follows.key if event.follows else None


@pytest.mark.parametrize("first", [True, False], ids=["lead-first", "follower-first"])
def test_a_file_says_what_an_event_follows(agenda: Agenda, first: bool) -> None:
    rows = (LEAD, FOLLOWER) if first else (FOLLOWER, LEAD)
    report = agenda.take(yaml(*rows))
    assert report.questions == []
    assert lead_of(agenda) == LEAD_KEY
    before = agenda.rows()
    assert agenda.take(yaml(*rows)).unchanged == 2
    assert agenda.rows() == before


def test_the_key_of_an_event_does_too(agenda: Agenda) -> None:
    agenda.take(yaml(LEAD, FOLLOWER.replace("follows: rvo", f"follows: {LEAD_KEY}")))
    assert lead_of(agenda) == LEAD_KEY


def test_a_line_that_is_taken_out_lets_it_stand_by_itself(agenda: Agenda) -> None:
    agenda.take(yaml(LEAD, FOLLOWER))
    agenda.take(yaml(LEAD, "id: leer\ndate: 2025-04-08"))
    assert lead_of(agenda) is None


def test_what_staff_said_since_stays(agenda: Agenda) -> None:
    agenda.take(yaml(LEAD, FOLLOWER))
    agenda.edit(KEY, follows_id=None)
    agenda.take(yaml(LEAD, FOLLOWER))
    assert lead_of(agenda) is None


def test_an_event_that_is_not_there_is_asked_about_until_it_is(agenda: Agenda) -> None:
    for _ in range(2):
        (question,) = agenda.take(yaml(FOLLOWER)).questions
        assert "line 3" in question
        assert "'rvo', which is not in the agenda" in question
    assert agenda.take(yaml(LEAD, FOLLOWER)).questions == []
    assert lead_of(agenda) == LEAD_KEY


def test_nothing_follows_itself_be_it_by_way_of_others(agenda: Agenda) -> None:
    report = agenda.take(yaml(f"{LEAD}\nfollows: leer", FOLLOWER))
    (question,) = report.questions
    assert "would follow itself" in question
    assert (lead_of(agenda, LEAD_KEY), lead_of(agenda)) == (KEY, None)
    with agenda.database.reading() as session:
        one = find_event(session, KEY)
        with pytest.raises(Conflict, match="would follow itself"):
            check_follows(session, one, one)


def test_followers_are_listed_by_date(agenda: Agenda) -> None:
    agenda.take(yaml(LEAD, "id: b\ndate: 2025-05-12\nfollows: rvo", FOLLOWER))
    with agenda.database.reading() as session:
        found = [one.key for one in followers_of(session, find_event(session, LEAD_KEY))]
    assert found == [KEY, "2025-05-12-leerhuis"]


def test_joined_events_keep_who_follows_them(agenda: Agenda) -> None:
    agenda.take(yaml(LEAD, FOLLOWER))
    moved = "id: rvo2\ndate: 2025-04-14\ntitle: RVO"
    agenda.take(yaml(moved, FOLLOWER.replace("rvo", "rvo2")))
    agenda.join(LEAD_KEY, "2025-04-14-rvo")
    assert lead_of(agenda) == LEAD_KEY
    assert agenda.value(LEAD_KEY, "source_id") == "rvo2"
