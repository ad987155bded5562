"""What is due when: the rules as a table of cases, and what holds for whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.clock import at_local
from var_outreach.planning.due import (
    AudienceKind,
    AudienceSpec,
    Due,
    EventCounts,
    History,
    MailingFact,
    NewsFact,
)
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import default_deadline, plan
from var_outreach.planning.rules import Release, Rules, load_rules
from var_outreach.settings import config_dir

ZONE = ZoneInfo("Europe/Amsterdam")
BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
RULES = """\
mail:
  save-the-date: {days_before: 84, at: "9.00", window_days: 28, release: staff}
  invitation: {days_before: 42, at: "9.00", window_days: 21, release: staff}
  reminder: {days_before: 18, at: "9.00", window_days: 3, release: automatic}
  participant-reminder: {days_before: 2, at: "13.30", window_days: 1, release: automatic}
  look-back: {days_after: 3, at: "9.00", window_days: 21, release: staff}
  update: {window_days: 3, release: staff}
  cancellation: {window_days: 3, release: staff}
kinds:
  leerhuis: {audience: leerhuis}
  webinar:
    audience: netwerk
    mail: {save-the-date: no, invitation: {days_before: 28}, reminder: {days_before: 7}}
newsletter:
  cadence: "FREQ=MONTHLY;BYDAY=1TU"
  window_days: 5
"""
ALL_ANSWERED = EventCounts(audience=40, invited=40, accepted=30)
SILENT = EventCounts(audience=40, invited=40, silent=10, accepted=30)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules above."""
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES, "utf-8")
    return load_rules(path)


def at(day: date | str, hour: int = 9, minute: int = 0) -> datetime:
    """Return an hour in Amsterdam as UTC."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return at_local(day, time(hour, minute), ZONE)


def event(on: str | None = "2025-09-18", **fields: Any) -> EventFacts:
    """Return a leerhuis, known since long."""
    values: dict[str, Any] = {
        "id": 1, "key": "leerhuis", "kind": "leerhuis", "title": "Leerhuis", "topic_key": None,
        "state": EventState.PLANNED, "visibility": Visibility.PUBLIC,
        "on_date": date.fromisoformat(on) if on else None, "until_date": None,
        "starts_at": None, "ends_at": None, "doors_at": None, "place": None, "address": None,
        "online_url": None, "description": None, "meant_for": None, "audience_key": None,
        "programme": (), "partners": (), "capacity": None, "answer_by_on": None,
        "asks_diet": False, "registration_open": False, "quantity": 1, "recap_markdown": None,
        "recap_links": (), "series_uid": "uid", "revision": 0, "date_revision": 0,
        "known_at": BEGIN, "changed_at": BEGIN, "date_known_at": BEGIN,
    }  # fmt: skip
    return EventFacts(**{**values, **fields})


def mailing(key: str, state: str, at: datetime = BEGIN, **fields: Any) -> MailingFact:
    """Return a mailing that exists."""
    values: dict[str, Any] = {
        "kind": key.partition(":")[0], "subject_key": "leerhuis", "state": state,
        "scheduled_at": at, "expires_at": None, "released": False, "count": 7, "reason": "",
        "audience": AudienceSpec(AudienceKind.INVITEES),
    }  # fmt: skip
    return MailingFact(key=key, **{**values, **fields})


def history(
    counts: EventCounts = SILENT, *mailings: MailingFact, **fields: Any
) -> History:
    """Return a past in which the leerhuis stands as ``counts``."""
    return History(
        started_at=fields.pop("started_at", BEGIN),
        events={"leerhuis": counts},
        mailings={one.key: one for one in mailings},
        **fields,
    )


def asked(
    rules: Rules,
    now: datetime,
    *events: EventFacts,
    past: History | None = None,
    since: datetime = BEGIN,
    until: datetime = datetime(2027, 1, 1, tzinfo=UTC),
) -> dict[str, Due]:
    """Return what is planned by key, newsletters left out."""
    dues = plan(events, rules, past or history(), now, ZONE, since=since, until=until)
    return {due.key: due for due in dues if due.kind is not MailKind.NEWSLETTER}


def states(dues: dict[str, Due]) -> dict[str, str]:
    """Return the states by kind."""
    return {due.kind.value: due.state for due in dues.values()}


def issues(
    rules: Rules, now: datetime, *, past: History, since: datetime, until: datetime
) -> list[Due]:
    """Return the newsletters."""
    dues = plan((), rules, past, now, ZONE, since=since, until=until)
    return [due for due in dues if due.kind is MailKind.NEWSLETTER]


def with_cadence(rules: Rules, cadence: str, **fields: Any) -> Rules:
    """Return ``rules`` with another newsletter."""
    return replace(rules, newsletter=replace(rules.newsletter, cadence=cadence, **fields))


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
        ("2025-08-30", {"save-the-date", "invitation"}),
        ("2025-09-16", {"save-the-date", "invitation", "reminder"}),
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
    dropped = history(SILENT, mailing("invitation:leerhuis", "cancelled", dropped=True))
    due = asked(rules, known, facts, past=dropped)["invitation:leerhuis"]
    assert not due.follows


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


# ---- the newsletter

NEWS = tuple(
    NewsFact(date(2025, month, 1), at(date(2025, month, 1))) for month in range(1, 13)
)
YEAR = {"since": datetime(2025, 1, 1, tzinfo=UTC), "until": datetime(2025, 12, 31, tzinfo=UTC)}


def test_the_newsletter_once_a_month_and_nine_months_a_year(rules: Rules) -> None:
    past = history(news=NEWS, readers=400)
    monthly = issues(rules, at("2025-01-01"), past=past, **YEAR)
    assert [due.key for due in monthly][:3] == [
        "newsletter:2025-01-07", "newsletter:2025-02-04", "newsletter:2025-03-04",
    ]  # fmt: skip
    assert len(monthly) == 12
    assert {due.count for due in monthly} == {400}
    nine = "FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,9,10,11;BYDAY=1TU"
    assert len(issues(with_cadence(rules, nine), at("2025-01-01"), past=past, **YEAR)) == 9


def test_an_issue_on_a_holiday_goes_the_working_day_after_under_its_own_key(rules: Rules) -> None:
    # Monday 21 April 2025 is Easter Monday.
    mondays = with_cadence(rules, "FREQ=MONTHLY;BYDAY=3MO")
    found = {due.key: due for due in issues(mondays, at("2025-01-01"), past=history(), **YEAR)}
    assert found["newsletter:2025-04-21"].due_at == at("2025-04-22")
    assert found["newsletter:2025-04-21"].issue_on == date(2025, 4, 22)
    any_day = with_cadence(rules, "FREQ=MONTHLY;BYDAY=3MO", working_days_only=False)
    found = {due.key: due for due in issues(any_day, at("2025-01-01"), past=history(), **YEAR)}
    assert found["newsletter:2025-04-21"].due_at == at("2025-04-21")


@pytest.mark.parametrize(
    ("news", "now", "expected"),
    [
        ([], at("2025-02-01"), "planned"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-01"), "to draft"),
        ([], at("2025-02-04"), "skipped"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-04"), "due"),
        ([("2025-01-20", "2025-01-20")], at("2025-02-10"), "overdue"),
        ([("2024-11-20", "2024-11-20")], at("2025-02-04"), "skipped"),  # too old
        ([("2025-02-05", "2025-02-04")], at("2025-02-04"), "skipped"),  # not yet
        ([("2025-01-20", "2025-02-20")], at("2025-02-21"), "skipped"),  # found too late
    ],
)
def test_an_empty_issue_is_skipped(
    rules: Rules, news: Sequence[tuple[str, str]], now: datetime, expected: str
) -> None:
    found = tuple(NewsFact(date.fromisoformat(dated), at(on)) for dated, on in news)
    dues = issues(rules, now, past=history(news=found), **YEAR)
    assert {due.key: due.state for due in dues}["newsletter:2025-02-04"] == expected


def test_no_issue_from_before_the_installation(rules: Rules) -> None:
    begun = at("2025-06-10")
    dues = issues(rules, begun, past=history(news=NEWS, started_at=begun), **YEAR)
    assert dues[0].key == "newsletter:2025-07-01"


# ---- whatever is asked

days = st.dates(date(2024, 7, 1), date(2026, 6, 30))
cadences = st.sampled_from(
    [
        "FREQ=MONTHLY;BYDAY=1TU",
        "FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,9,10,11;BYDAY=1TU",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=TH",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26",
        "FREQ=DAILY;INTERVAL=10",
    ]
)


@settings(max_examples=120, deadline=None)
@given(on=days, asked_on=days, first=days, length=st.integers(0, 400), cadence=cadences)
def test_what_is_due_does_not_depend_on_the_period_that_is_asked(
    rules: Rules, on: date, asked_on: date, first: date, length: int, cadence: str
) -> None:
    own = with_cadence(rules, cadence)
    now = at(asked_on, 12)
    past = history(SILENT, news=NEWS, readers=3)
    agenda = [event(on.isoformat())]
    whole = plan(
        agenda, own, past, now, ZONE,
        since=datetime(2024, 1, 1, tzinfo=UTC), until=datetime(2028, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    since, until = at(first, 0), at(first + timedelta(days=length), 23, 59)
    part = plan(agenda, own, past, now, ZONE, since=since, until=until)
    assert list(part) == [due for due in whole if since <= due.due_at <= until]
    assert len({due.key for due in whole}) == len(whole)


@settings(max_examples=120, deadline=None)
@given(on=days, asked_on=days)
def test_nothing_is_due_twice_or_on_a_day_off(rules: Rules, on: date, asked_on: date) -> None:
    dues = asked(rules, at(asked_on), event(on.isoformat())).values()
    for due in dues:
        assert due.due_at.astimezone(ZONE).weekday() < 5
        assert due.draft_at <= due.due_at
        assert due.until is not None
    order = [due.kind for due in sorted(dues, key=lambda due: due.due_at)]
    assert order == [kind for kind in rules.default.steps if kind in order]
