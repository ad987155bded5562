"""What is held instead of a postponed event is offered first to who had accepted that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.planning.facts import BEGIN, ZONE, asked, at, event, history, mailing
from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.planning.due import AudienceKind, Due, EventCounts
from var_outreach.planning.offers import offers
from var_outreach.planning.rules import Rules

MADE = at("2025-01-08", 10)
FIRST, WAITED = "invitation:leerhuis:first", "invitation:leerhuis:waited"
COUNTS = EventCounts(audience=80, accepted_before=60, waited_before=4)


def successor(on: str = "2025-09-18", **fields: object) -> EventFacts:
    values = {"replaces_key": "oud", "known_at": MADE, "date_known_at": MADE, **fields}
    return event(on, **values)


def dues(
    rules: Rules, now: datetime, one: EventFacts, counts: EventCounts = COUNTS
) -> dict[str, Due]:
    return asked(rules, now, one, past=history(counts))


def test_the_offers_come_before_the_invitation_of_all(rules: Rules) -> None:
    found = dues(rules, MADE, successor())
    first, waited, all_of_them = found[FIRST], found[WAITED], found["invitation:leerhuis"]
    assert (first.due_at, first.state, first.count, first.standing) == (MADE, "due", 60, False)
    assert first.audience.kind is AudienceKind.ACCEPTED_BEFORE
    assert (first.audience.key, first.audience.states) == ("oud", ("accepted", "represented"))
    assert (waited.due_at, waited.count) == (at("2025-01-15"), 4)
    assert waited.audience.states == ("waitlisted",)
    assert waited.state == "to draft", "it can be looked at while it waits"
    assert all_of_them.due_at > waited.due_at
    assert all_of_them.audience.kind is AudienceKind.INVITEES


def test_nobody_is_offered_what_replaces_nothing(rules: Rules) -> None:
    found = dues(rules, MADE, event(known_at=MADE))
    assert not {FIRST, WAITED} & found.keys()


def test_only_those_are_offered_it_who_there_are(rules: Rules) -> None:
    found = dues(rules, MADE, successor(), EventCounts(audience=80, accepted_before=3))
    assert FIRST in found
    assert WAITED not in found


@pytest.mark.parametrize(
    "state", [EventState.CANCELLED, EventState.POSTPONED, EventState.HELD], ids=str
)
def test_what_is_off_or_over_is_offered_to_nobody(rules: Rules, state: EventState) -> None:
    assert not {FIRST, WAITED} & dues(rules, MADE, successor(state=state)).keys()


def test_a_successor_within_the_week_is_offered_to_all_at_once(rules: Rules) -> None:
    found = dues(rules, MADE, successor("2025-01-13"))
    assert found[WAITED].due_at == found[FIRST].due_at == MADE
    assert found[FIRST].until == at("2025-01-13", 0), "after it begins it is of no use"


def test_what_nobody_released_waits_for_a_person(rules: Rules) -> None:
    assert dues(rules, MADE + timedelta(days=22), successor())[FIRST].state == "overdue"


def test_an_offer_that_went_stays_as_it_went(rules: Rules) -> None:
    sent = mailing(FIRST, "sent", MADE, kind="invitation", count=58)
    found = asked(rules, at("2025-03-01"), successor(), past=history(COUNTS, sent))
    assert (found[FIRST].state, found[FIRST].count) == ("sent", 58)


def test_the_days_are_those_of_the_wall(rules: Rules) -> None:
    # Half past midnight in Amsterdam is the evening before in UTC.
    late = at("2025-06-10", 0, 30)
    found = dues(rules, late, successor(known_at=late))
    assert found[WAITED].due_at == at("2025-06-17")
    assert found[FIRST].due_at > BEGIN


def test_without_a_rule_for_invitations_there_is_no_offer() -> None:
    one = successor()
    assert not list(offers(one, None, COUNTS, at("2025-09-18"), ZONE))
