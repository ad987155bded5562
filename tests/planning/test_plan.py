"""What is due around an event: the rules as a table of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.planning.facts import (
    ALL_ANSWERED,
    BEGIN,
    SILENT,
    ZONE,
    asked,
    at,
    event,
    history,
    mailing,
    states,
)
from var_outreach.agenda.model import EventState
from var_outreach.planning.due import AudienceKind, EventCounts
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import default_deadline
from var_outreach.planning.rules import Release, Rules, load_rules
from var_outreach.settings import config_dir

# ---- around the date


def test_the_moments_of_an_event_on_a_thursday(rules: Rules) -> None:
    dues = asked(rules, at("2025-05-01"), event())
    assert {due.kind.value: due.due_at for due in dues.values()} == {
        "save-the-date": at("2025-06-26"),
        "invitation": at("2025-08-07"),
        # 31 August is a Sunday: the Friday before.
        "reminder": at("2025-08-29"),
        "participant-reminder": at("2025-09-16", 13, 30),
        # 21 September is a Sunday: the Monday after, for a look-back is never early.
        "look-back": at("2025-09-22"),
    }


@pytest.mark.parametrize(
    ("on", "kind", "expected"),
    [
        ("2025-06-02", "invitation", "2025-04-18"),  # 21 April is Easter Monday, 18 Good Friday
        ("2025-06-08", "invitation", "2025-04-25"),  # 27 April, a Sunday; 26 is King's Day
        ("2025-02-05", "invitation", "2024-12-24"),  # Christmas is no working day
        ("2025-12-22", "look-back", "2025-12-29"),  # 25 and 26 December, then a weekend
    ],
)
def test_mail_waits_for_nobody_on_a_day_off(
    rules: Rules, on: str, kind: str, expected: str
) -> None:
    due = asked(rules, at("2024-10-01"), event(on))[f"{kind}:leerhuis"]
    found = due.due_at.astimezone(ZONE).date()
    if on == "2025-06-02":
        # Whether Good Friday is a day off differs by office; a working day before Easter it is.
        assert found in {date(2025, 4, 18), date(2025, 4, 17)}
    else:
        assert found == date.fromisoformat(expected)


def test_the_wall_clock_counts_not_utc(rules: Rules) -> None:
    winter = asked(rules, at("2025-01-01"), event("2025-03-27"))["invitation:leerhuis"]
    summer = asked(rules, at("2025-01-01"), event("2025-07-10"))["invitation:leerhuis"]
    assert (winter.due_at.hour, summer.due_at.hour) == (8, 7)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at("2025-08-01", 8), "planned"),
        (at("2025-08-02"), "to draft"),
        (at("2025-08-07", 8, 59), "to draft"),
        (at("2025-08-07"), "due"),
        (at("2025-08-28"), "due"),
        (at("2025-08-28", 9, 1), "overdue"),
        (at("2025-09-18"), "overdue"),
    ],
)
def test_an_invitation_through_its_window(rules: Rules, now: datetime, expected: str) -> None:
    assert states(asked(rules, now, event()))["invitation"] == expected


def test_a_reminder_is_not_due_once_the_event_begins(rules: Rules) -> None:
    starts = at("2025-09-18", 9, 30)
    due = asked(rules, at("2025-09-17"), event(starts_at=starts))[
        "participant-reminder:leerhuis:2025-09-18"
    ]
    assert due.until == at("2025-09-17", 13, 30)
    step = replace(
        rules.default.steps[MailKind.PARTICIPANT_REMINDER],
        days=0,
        window=timedelta(days=2),
        at=time(8),
    )
    kind = replace(rules.kinds["leerhuis"], steps={MailKind.PARTICIPANT_REMINDER: step})
    same_day = replace(rules, kinds={"leerhuis": kind})
    due = next(iter(asked(same_day, at("2025-09-17"), event(starts_at=starts)).values()))
    assert due.until == starts


@pytest.mark.parametrize(
    ("known", "left_out"),
    [
        ("2025-06-25", set()),
        ("2025-07-25", {"save-the-date"}),
        ("2025-08-30", {"save-the-date"}),
        ("2025-09-16", {"save-the-date", "reminder"}),
        # The day itself, before midnight: date-only, so it began as the day did.
        ("2025-09-18", {"save-the-date", "invitation", "reminder", "participant-reminder"}),
        ("2025-11-01", {"save-the-date", "invitation", "reminder", "participant-reminder",
                        "look-back"}),
    ],
)  # fmt: skip
def test_a_window_that_closed_before_we_knew_does_not_apply(
    rules: Rules, known: str, left_out: set[str]
) -> None:
    since = at(known, 20)
    facts = event(known_at=since, date_known_at=since)
    every = {step.value for step in rules.default.steps} - {"update", "cancellation"}
    assert set(states(asked(rules, since, facts))) == every - left_out


@pytest.mark.parametrize("answer_by", [None, date(2025, 9, 10), date(2025, 9, 4)])
def test_an_invitation_to_an_event_entered_late_asks_a_person(
    rules: Rules, answer_by: date | None
) -> None:
    since = at("2025-09-05")
    facts = event(known_at=since, date_known_at=since, answer_by_on=answer_by)
    due = asked(rules, since, facts)["invitation:leerhuis"]
    assert (due.state, due.follows, due.known_late) == ("overdue", True, True)
    assert due.reason == "42 days before the event, which became known later"
    in_time = asked(rules, since, event())["invitation:leerhuis"]
    assert (in_time.state, in_time.known_late) == ("overdue", False)


def test_nobody_is_asked_about_an_invitation_once_the_event_begins(rules: Rules) -> None:
    since, starts = at("2025-09-05"), at("2025-09-18", 13)
    facts = event(known_at=since, date_known_at=since, starts_at=starts)
    before = asked(rules, starts - timedelta(seconds=1), facts)
    assert before["invitation:leerhuis"].state == "overdue"
    assert "invitation" not in states(asked(rules, starts, facts))
    made = history(SILENT, mailing("invitation:leerhuis", "held"))
    assert asked(rules, starts, facts, past=made)["invitation:leerhuis"].follows


def test_what_is_entered_after_it_was_cancelled_or_held_asks_for_no_invitation(
    rules: Rules,
) -> None:
    since = at("2025-09-05")
    for state in (EventState.CANCELLED, EventState.POSTPONED, EventState.HELD):
        facts = event(known_at=since, date_known_at=since, changed_at=since, state=state)
        dues = asked(rules, since, facts, past=history(EventCounts()))
        assert "invitation" not in states(dues)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answer_by_on": date(2025, 9, 4)}, at("2025-09-05", 0)),  # that day itself counts
        ({"starts_at": at("2025-09-18", 13)}, at("2025-09-18", 13)),
        ({}, at("2025-09-18", 0)),
        ({"answer_by_on": date(2025, 9, 18), "starts_at": at("2025-09-18", 13)},
         at("2025-09-18", 13)),
    ],
)  # fmt: skip
def test_an_invitation_stays_open_until_the_answers_close(
    rules: Rules, fields: dict[str, Any], expected: datetime
) -> None:
    dues = asked(rules, at("2025-08-08"), event(**fields))
    assert dues["invitation:leerhuis"].open_until == expected
    assert dues["save-the-date:leerhuis"].open_until is None


def test_last_years_plan_asks_nothing(rules: Rules) -> None:
    now = at("2026-02-01")
    facts = event(state=EventState.HELD, known_at=now, date_known_at=now, changed_at=now)
    assert asked(rules, now, facts, past=history(EventCounts())) == {}


def test_an_event_without_a_date_asks_nothing(rules: Rules) -> None:
    assert asked(rules, at("2025-05-01"), event(None, state=EventState.UNDATED)) == {}


# ---- what has happened


def test_nobody_silent_no_reminder(rules: Rules) -> None:
    now = at("2025-08-29", 10)
    key = "reminder:leerhuis:2025-09-18"
    assert key in asked(rules, now, event(), past=history(SILENT))
    assert key not in asked(rules, now, event(), past=history(ALL_ANSWERED))
    sent = history(ALL_ANSWERED, mailing(key, "sent", now))
    assert asked(rules, now, event(), past=sent)[key].state == "sent"


def test_no_save_the_date_after_the_invitation(rules: Rules) -> None:
    now = at("2025-07-01")
    gone = history(SILENT, mailing("invitation:leerhuis", "sending"))
    assert "save-the-date" not in states(asked(rules, now, event(), past=gone))
    draft = history(SILENT, mailing("invitation:leerhuis", "draft"))
    assert "save-the-date" in states(asked(rules, now, event(), past=draft))


def test_what_was_made_carries_its_own_state_and_moment(rules: Rules) -> None:
    when = at("2025-08-11", 15)
    past = history(SILENT, mailing("invitation:leerhuis", "sent", when, count=39))
    due = asked(rules, at("2025-09-01"), event(), past=past)["invitation:leerhuis"]
    assert (due.state, due.due_at, due.count) == ("sent", when, 39)


def test_a_held_event_asks_for_its_look_back_alone(rules: Rules) -> None:
    facts = event(state=EventState.HELD)
    assert set(states(asked(rules, at("2025-09-19"), facts))) == {"look-back"}


def test_nobody_came_no_look_back(rules: Rules) -> None:
    facts = event(state=EventState.HELD)
    nobody = history(EventCounts(invited=40, silent=40))
    assert asked(rules, at("2025-09-23"), facts, past=nobody) == {}


def test_an_event_of_two_days_is_looked_back_on_after_the_last(rules: Rules) -> None:
    facts = event("2025-09-15", until_date=date(2025, 9, 16))
    due = asked(rules, at("2025-05-01"), facts)["look-back:leerhuis"]
    assert due.due_at == at("2025-09-19")


# ---- moved, changed, cancelled


def test_a_moved_event_has_reminders_of_its_own(rules: Rules) -> None:
    now = at("2025-09-01")
    sent = history(
        SILENT,
        mailing("invitation:leerhuis", "sent"),
        mailing("reminder:leerhuis:2025-09-18", "sent"),
    )
    moved = event("2025-10-16", revision=1, date_revision=1, changed_at=now, date_known_at=now)
    dues = asked(rules, now, moved, past=sent)
    assert dues["reminder:leerhuis:2025-10-16"].state == "planned"
    assert dues["reminder:leerhuis:2025-10-16"].due_at == at("2025-09-26")
    assert dues["invitation:leerhuis"].state == "sent"
    assert not dues["reminder:leerhuis:2025-09-18"].follows


@pytest.mark.parametrize("state", [EventState.CANCELLED, EventState.POSTPONED])
def test_what_is_off_is_told_and_nothing_else(rules: Rules, state: EventState) -> None:
    now = at("2025-08-20")
    counts = EventCounts(audience=40, invited=40, silent=10, accepted=30, outdated=40)
    past = history(counts, mailing("invitation:leerhuis", "sent"))
    off = event(state=state, revision=3, changed_at=now)
    dues = asked(rules, now, off, past=past)
    told = dues["cancellation:leerhuis:3"]
    assert (told.state, told.count, told.until) == ("due", 40, now + timedelta(days=3))
    assert told.audience.kind is AudienceKind.OUTDATED
    assert {due.key for due in dues.values() if due.follows} == {told.key}


def test_nobody_was_told_so_nobody_is_told_of_a_change(rules: Rules) -> None:
    now = at("2025-08-20")
    dues = asked(rules, now, event(revision=3, changed_at=now), past=history(EventCounts()))
    assert "update" not in states(dues)


def test_each_change_has_a_key_and_only_the_newest_follows(rules: Rules) -> None:
    now = at("2025-08-20")
    past = history(EventCounts(outdated=5), mailing("update:leerhuis:1", "draft"))
    dues = asked(rules, now, event(revision=2, changed_at=now), past=past)
    assert dues["update:leerhuis:2"].state == "due"
    assert not dues["update:leerhuis:1"].follows


def test_what_the_rules_took_back_can_be_due_again(rules: Rules) -> None:
    dropped = mailing("invitation:leerhuis", "cancelled", dropped=True)
    by_staff = mailing("invitation:leerhuis", "cancelled")
    now = at("2025-08-10")
    assert states(asked(rules, now, event(), past=history(SILENT, dropped)))["invitation"] == "due"
    again = asked(rules, now, event(), past=history(SILENT, by_staff))
    assert states(again)["invitation"] == "cancelled"


def test_a_window_before_our_time_stays_closed_for_what_was_taken_back(rules: Rules) -> None:
    known = at("2025-09-01")
    facts = event(known_at=known, date_known_at=known)
    dropped = history(SILENT, mailing("save-the-date:leerhuis", "cancelled", dropped=True))
    due = asked(rules, known, facts, past=dropped)["save-the-date:leerhuis"]
    assert not due.follows
    dropped = history(SILENT, mailing("invitation:leerhuis", "cancelled", dropped=True))
    due = asked(rules, known, facts, past=dropped)["invitation:leerhuis"]
    assert (due.state, due.follows) == ("overdue", True), "but the invitation asks a person"


# ---- per kind


def test_kinds_differ(rules: Rules) -> None:
    now = at("2025-05-01")
    webinar = asked(rules, now, event(kind="webinar"))
    assert "save-the-date" not in states(webinar)
    assert webinar["invitation:leerhuis"].due_at == at("2025-08-21")
    assert webinar["reminder:leerhuis:2025-09-18"].due_at == at("2025-09-11")
    assert webinar["invitation:leerhuis"].audience.key == "netwerk"
    other = asked(rules, now, event(kind="oefening"))
    assert other["invitation:leerhuis"].audience.key == "alle-functies"
    own = asked(rules, now, event(audience_key="burgemeesters"))
    assert own["invitation:leerhuis"].audience.key == "burgemeesters"


def test_who_lets_go_and_when_a_draft_lies_ready(rules: Rules) -> None:
    dues = asked(rules, at("2025-05-01"), event())
    invitation, reminder = dues["invitation:leerhuis"], dues["reminder:leerhuis:2025-09-18"]
    assert (invitation.release, reminder.release) == (Release.STAFF, Release.AUTOMATIC)
    assert invitation.draft_at == invitation.due_at - timedelta(days=5)
    assert reminder.draft_at == reminder.due_at
    assert invitation.standing
    assert not reminder.standing


def test_the_last_day_to_answer_is_a_working_day(rules: Rules) -> None:
    assert default_deadline(rules, "leerhuis", date(2025, 9, 18)) == date(2025, 9, 4)
    assert default_deadline(rules, "leerhuis", date(2025, 9, 21)) == date(2025, 9, 5)


def test_a_reminder_comes_before_the_last_day_to_answer() -> None:
    shipped = load_rules(config_dir() / "rules.yaml")
    for kind in (*shipped.kinds, "oefening"):
        own = shipped.of_kind(kind)
        reminds = -own.steps[MailKind.REMINDER].days
        assert reminds > own.answer_days_before, f"{kind} reminds after the last day to answer"


# ---- answers


def test_answers_are_due_at_once_and_stay_open(rules: Rules) -> None:
    now = at("2025-09-01", 14, 7)
    counts = EventCounts(notices={MailKind.CONFIRMATION: 3, MailKind.WAITLIST: 1})
    dues = asked(rules, now, event(), past=history(counts))
    told = dues["confirmation:leerhuis"]
    assert (told.due_at, told.until, told.count, told.standing) == (now, None, 3, True)
    assert told.release is Release.AUTOMATIC
    assert dues["waitlist:leerhuis"].count == 1
    open_one = history(counts, mailing("confirmation:leerhuis", "sending", BEGIN))
    assert asked(rules, now, event(), past=open_one)["confirmation:leerhuis"].due_at == now


def test_a_mail_of_their_own_is_shown_but_follows_from_no_rule(rules: Rules) -> None:
    own = mailing("ad-hoc:2025-09-01-bericht", "draft", at("2025-09-02"), subject_key=None)
    due = asked(rules, at("2025-09-01"), past=history(SILENT, own))[own.key]
    assert (due.state, due.follows) == ("draft", False)
