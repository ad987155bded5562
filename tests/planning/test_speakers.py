"""When speakers are asked, reminded and thanked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.planning.facts import RULES, asked, at, event, history, mailing
from var_outreach.agenda.model import EventState
from var_outreach.planning.due import Due, EventCounts, MailingFact, SpeakerFact
from var_outreach.planning.rules import Rules, load_rules

STEPS = """\
  speaker-request: {days_before: 90, at: "9.00", release: automatic}
  speaker-reminder: {days_before: 5, at: "9.00", window_days: 5, release: automatic}
  speaker-thanks: {days_after: 1, at: "9.00", window_days: 10, release: automatic}
"""
ASKED = at("2025-07-01")
NEW = SpeakerFact(ASKED, slides_due_on=date(2025, 9, 12))
SURE = replace(NEW, confirmed=True)
REQUEST, THANKS = "speaker-request:leerhuis", "speaker-thanks:leerhuis"
REMINDER = "speaker-reminder:leerhuis:2025-09-12"


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES.replace("kinds:", f"{STEPS}kinds:"), "utf-8")
    return load_rules(path)


def dues(
    rules: Rules,
    now: str,
    *speakers: SpeakerFact,
    past: tuple[MailingFact, ...] = (),
    on: str | None = "2025-09-18",
    state: EventState = EventState.PLANNED,
) -> dict[str, Due]:
    """Return what speakers are due on a day, by key."""
    counts = EventCounts(speakers=speakers)
    found = asked(rules, at(now), event(on, state=state), past=history(counts, *past))
    return {key: due for key, due in found.items() if key.startswith("speaker-")}


def test_nobody_speaks_and_nothing_is_due(told: Rules) -> None:
    assert dues(told, "2025-08-01") == {}


def test_rules_that_name_no_mail_to_speakers_send_none(rules: Rules) -> None:
    assert dues(rules, "2025-08-01", NEW) == {}


def test_all_three_stand_in_the_plan_in_time(told: Rules) -> None:
    found = dues(told, "2025-05-01", NEW, SURE)
    assert {key: (due.due_at, due.count) for key, due in found.items()} == {
        REQUEST: (at("2025-06-20"), 1),
        REMINDER: (at("2025-09-05"), 2),
        THANKS: (at("2025-09-19"), 1),
    }
    assert all(due.standing for due in found.values())


def test_who_is_added_late_is_asked_at_once_and_not_overdue(told: Rules) -> None:
    late = replace(NEW, asked_at=at("2025-09-17"), slides_due_on=None)
    assert dues(told, "2025-09-17", late)[REQUEST].state == "due"
    assert REQUEST not in dues(told, "2025-09-18", late), "it has begun: nobody is asked any more"


def test_an_answer_ends_the_request_and_slides_end_the_reminder(told: Rules) -> None:
    assert REQUEST not in dues(told, "2025-08-01", SURE)
    assert REQUEST not in dues(told, "2025-08-01", replace(NEW, declined=True))
    for done in (replace(SURE, handed_in=True), replace(NEW, declined=True)):
        assert REMINDER not in dues(told, "2025-09-05", done)
    assert dues(told, "2025-09-05", SURE)[REMINDER].state == "due"


def test_each_last_day_has_a_reminder_of_its_own(told: Rules) -> None:
    other = replace(SURE, slides_due_on=date(2025, 9, 10))
    found = dues(told, "2025-09-01", SURE, other)
    assert {key for key in found if "reminder" in key} == {
        REMINDER, "speaker-reminder:leerhuis:2025-09-10",
    }  # fmt: skip


def test_who_was_asked_after_the_reminder_closed_is_not_told_twice(told: Rules) -> None:
    late = replace(SURE, asked_at=at("2025-09-11"))
    assert REMINDER not in dues(told, "2025-09-11", late)


def test_only_who_confirmed_is_thanked_and_only_if_it_was_held(told: Rules) -> None:
    assert THANKS not in dues(told, "2025-09-19", NEW)
    assert dues(told, "2025-09-19", SURE, state=EventState.HELD)[THANKS].state == "due"
    assert dues(told, "2025-09-19", SURE, state=EventState.CANCELLED) == {}
    assert dues(told, "2025-08-01", NEW, on=None) == {}


def test_what_went_carries_its_state_and_what_was_missed_asks_a_person(told: Rules) -> None:
    gone = mailing(REQUEST, "sending", at("2025-06-20"))
    assert dues(told, "2025-08-01", NEW, past=(gone,))[REQUEST].state == "sending"
    after = at("2025-09-19") + timedelta(days=11)
    missed = dues(told, after.date().isoformat(), SURE, state=EventState.HELD)
    assert missed[THANKS].state == "overdue"
