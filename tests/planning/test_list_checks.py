"""When organisations are asked about their lists: once by staff, once more by rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from var_outreach.planning.due import (
    AudienceKind,
    AudienceSpec,
    Due,
    DueState,
    History,
    ListCheckFact,
    MailingFact,
)
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import plan
from var_outreach.planning.rules import Release, load_rules
from var_outreach.settings import config_dir

ZONE = ZoneInfo("Europe/Amsterdam")
ASKED = datetime(2026, 5, 1, 8, tzinfo=UTC)
UNTIL = date(2026, 6, 3)  # a Wednesday; a week before is Wednesday 27 May


def planned(now: datetime, *facts: ListCheckFact, made: tuple[str, ...] = ()) -> dict[str, Due]:
    mailings = {
        key: MailingFact(
            key, MailKind.LIST_CHECK, None, "sent", ASKED, None, True, 2, "",
            AudienceSpec(AudienceKind.LIST_CHECKS, UNTIL.isoformat()),
        )
        for key in made
    }  # fmt: skip
    history = History(started_at=ASKED, mailings=mailings, list_checks=facts)
    rules = load_rules(config_dir() / "rules.yaml")
    dues = plan(
        (), rules, history, now, ZONE,
        since=datetime(2026, 4, 1, tzinfo=UTC), until=datetime(2026, 12, 31, tzinfo=UTC),
    )  # fmt: skip
    return {due.key: due for due in dues if due.kind is MailKind.LIST_CHECK}


def test_the_request_is_drafted_at_once_and_released_by_staff() -> None:
    (due,) = planned(ASKED, ListCheckFact(UNTIL, ASKED, unsent=3, silent=0)).values()
    assert (due.key, due.state, due.release) == (
        "list-check:2026-06-03", DueState.DUE, Release.STAFF,
    )  # fmt: skip
    assert (due.count, due.standing) == (3, True)
    assert due.until == datetime(2026, 6, 3, 22, tzinfo=UTC), "the end of the last day"


def test_the_reminder_goes_by_itself_a_week_before() -> None:
    fact = ListCheckFact(UNTIL, ASKED, unsent=0, silent=2)
    before = datetime(2026, 5, 27, 6, 59, tzinfo=UTC)
    due = planned(before, fact)["list-check:2026-06-03:reminder"]
    assert (due.state, due.release, due.count) == (DueState.PLANNED, Release.AUTOMATIC, 2)
    assert due.due_at == datetime(2026, 5, 27, 7, tzinfo=UTC)
    assert due.audience.states == ("reminder",)
    assert planned(due.due_at, fact)[due.key].state == DueState.DUE


def test_nobody_is_reminded_who_answered_or_was_asked_that_week() -> None:
    answered = ListCheckFact(UNTIL, ASKED, unsent=0, silent=0)
    assert planned(ASKED, answered) == {}
    late = ListCheckFact(UNTIL, datetime(2026, 5, 29, tzinfo=UTC), unsent=0, silent=2)
    assert planned(late.asked_at, late) == {}


@pytest.mark.parametrize("key", ["list-check:2026-06-03", "list-check:2026-06-03:reminder"])
def test_what_was_made_stays_in_the_plan(key: str) -> None:
    fact = ListCheckFact(UNTIL, ASKED, unsent=0, silent=0)
    assert planned(ASKED, fact, made=(key,))[key].state == "sent"
