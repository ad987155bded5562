"""After days in which nothing ran, and around an event that is moved, cancelled or filled in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.story.scene import MAILBOXES, READERS, Story, moment
from tests.story.sink import Caught
from var_outreach import drafting, pipeline
from var_outreach.registrations.model import RegistrationState
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import mailings as staff_mailings

JANUARY = "id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24"
MARCH = "id: b, kind: leerhuis, title: Leerhuis, date: 2025-03-20, place: Dordrecht"
TIMED = "id: c, kind: leerhuis, title: Leerhuis, date: 2025-01-24, from: '9.30', to: '12.00'"
COMING, NOT_COMING = RegistrationState.ACCEPTED, RegistrationState.DECLINED
WEEK = timedelta(days=7)


def recipients(mails: list[Caught]) -> list[str]:
    """Return who got something, in order of name."""
    return sorted(one.recipient for one in mails)


# ---- downtime


@pytest.fixture
def invited(story: Story) -> Story:
    """The invitation to an event of 24 January 2025 went out."""
    story.plan(JANUARY)
    story.tick()
    assert len(story.send("invitation")) == len(MAILBOXES)
    return story


def test_what_is_inside_its_window_goes_and_what_is_past_it_waits(story: Story) -> None:
    # Down from 5 to 12 February: the newsletter of the 4th (window: the 9th) was released before.
    story.plan(
        "id: x, kind: leerhuis, title: Nabij, date: 2025-02-26",  # reminder 7 to 10 February
        "id: y, kind: leerhuis, title: Verder, date: 2025-03-24",  # invitation 10 February on
        "id: z, kind: leerhuis, title: Straks, date: 2025-03-01",  # reminder 11 to 14 February
    )
    story.at(moment(1, 15))
    story.tick()
    story.send("invitation", "x")
    story.at(moment(1, 20))
    story.tick()
    story.send("invitation", "z")
    story.news("Nieuws", on=date(2025, 2, 1))
    story.at(moment(2, 3))
    story.tick()
    story.release("newsletter")
    story.at(moment(2, 12))
    report = story.tick()
    assert {one.subject.partition(",")[0] for one in story.sink.take()} == {"Komt u? Straks"}
    newsletter, late = story.mailing("newsletter"), story.mailing("reminder", "x")
    assert (newsletter.state, late.state) == ("held", "held")
    assert newsletter.held_because == late.held_because == drafting.TOO_LATE
    assert {newsletter.key, late.key} == set(report.held)
    assert story.mailing("invitation", "y").state == "draft"


def test_a_person_can_still_let_go_what_waited(invited: Story) -> None:
    invited.at(moment(1, 13))
    invited.tick()
    assert invited.sink.caught == []
    assert invited.mailing("reminder").state == "held"
    assert recipients(invited.send("reminder")) == sorted(MAILBOXES)
    assert invited.mailing("reminder").state == "sent"


def test_half_a_newsletter_and_then_a_week_of_downtime(story: Story) -> None:
    story.connections = 1
    story.at(moment(1, 6))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    key = story.release("newsletter")
    app = story.start()

    def stop(one: Caught) -> None:
        if len(story.sink.caught) == 2:
            app.stop_sending()

    story.sink.on_message = stop
    story.at(moment(1, 7))
    pipeline.tick(app)
    story.sink.on_message = None
    assert story.deliveries(key) == {"sent": 2, "queued": 4}
    story.clock.advance(WEEK)
    story.tick()
    assert len(story.sink.caught) == 2
    held = story.mailing("newsletter")
    assert held.state == "held"
    assert held.held_because == f"{drafting.TOO_LATE}: 4 had not gone yet"
    staff_mailings.release_mailing(story.start(), key, by="kernteam B")
    story.tick()
    assert recipients(story.sink.caught) == sorted(READERS)


def test_a_draft_that_nobody_released_in_time_is_held(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    story.at(moment(1, 4))
    story.tick()
    held = story.mailing("invitation")
    assert held.state == "held"
    assert "nobody released it" in str(held.held_because)


def test_who_approves_late_need_not_hurry(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    story.at(moment(1, 4))
    story.tick()
    key = story.mailing("invitation").key
    staff_mailings.approve_mailing(story.start(), key, by="kernteam A")
    story.clock.advance(timedelta(hours=2))
    story.tick()
    assert story.mailing("invitation").state == "approved"
    staff_mailings.release_mailing(story.start(), key, by="kernteam B")
    story.clock.advance(timedelta(minutes=10))
    story.tick()
    assert recipients(story.sink.caught) == sorted(MAILBOXES)


def test_what_is_released_in_the_last_minutes_goes(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    story.at(moment(1, 3, 8, 55))
    story.tick()
    story.release("invitation")
    story.clock.advance(timedelta(minutes=11))
    story.tick()
    assert recipients(story.sink.caught) == sorted(MAILBOXES)


def test_last_years_plan_asks_nothing(story: Story) -> None:
    story.at(moment(6, 2))
    story.plan(JANUARY, MARCH)
    story.tick()
    story.tick()
    assert story.mailings() == {}
    assert story.event("a").state == "held"


def test_an_issue_that_was_skipped_takes_no_news_from_the_next(story: Story) -> None:
    story.at(moment(1, 6))
    story.tick()
    story.at(moment(1, 20))
    story.tick()
    assert story.mailings() == {}
    story.news("Te laat gemeld", on=date(2025, 1, 5))
    story.tick()
    assert story.mailings() == {}, "the issue of 7 January was skipped as empty"
    story.at(moment(2, 1))
    story.tick()
    story.release("newsletter")
    story.at(moment(2, 4))
    story.tick()
    assert "Te laat gemeld" in story.sink.caught[0].body


# ---- late invitees


def test_who_comes_late_is_invited_once(invited: Story) -> None:
    invited.clock.advance(timedelta(days=2))
    invited.hire("adviseur", "nieuw@dordrecht.example")
    for _ in range(3):
        invited.tick()
        invited.clock.advance(timedelta(hours=2))
    assert recipients(invited.sink.take()) == ["nieuw@dordrecht.example"]


def test_who_comes_after_a_move_is_invited_to_the_new_date(invited: Story) -> None:
    invited.edit("a", on_date=date(2025, 1, 30))
    invited.hire("adviseur", "nieuw@dordrecht.example")
    invited.clock.advance(timedelta(hours=2))
    invited.tick()
    (one,) = invited.sink.take()
    assert one.recipient == "nieuw@dordrecht.example"
    assert "30 januari" in one.subject
    assert "24 januari" not in one.body
    assert one.calendar_line("DTSTART") == "20250130"
    updated = invited.send("update")
    assert recipients(updated) == sorted(MAILBOXES), "who was invited anew needs no update"


# ---- moved


def test_an_event_that_moves(invited: Story) -> None:
    first, second = MAILBOXES[0], MAILBOXES[1]
    invited.answer("a", first, COMING)
    invited.answer("a", second, NOT_COMING)
    invited.tick()
    before = {one.recipient: one for one in invited.sink.take()}
    invited.edit("a", on_date=date(2025, 2, 14))
    assert set(invited.answers("a").values()) == {"invited"}
    invited.tick()
    assert invited.sink.caught == [], "an update is released by a person"
    updates = {one.recipient: one for one in invited.send("update")}
    assert sorted(updates) == sorted(MAILBOXES), "who declined the old date may come on the new"
    update, confirmation = updates[first], before[first]
    assert update.calendar_line("METHOD") == "REQUEST"
    assert update.calendar_line("UID") == confirmation.calendar_line("UID")
    assert int(update.calendar_line("SEQUENCE")) > int(confirmation.calendar_line("SEQUENCE"))
    assert update.calendar_line("DTSTART") == "20250214"
    assert "NEEDS-ACTION" in update.calendar
    invited.at(moment(1, 6))
    invited.tick()
    assert invited.sink.take() == [], "the reminder of the old date does not go"
    invited.answer("a", first, COMING)
    invited.tick()
    invited.sink.take()
    invited.at(moment(1, 27))
    invited.tick()
    assert recipients(invited.sink.take()) == sorted(set(MAILBOXES) - {first})
    invited.at(moment(2, 12))
    invited.tick()
    assert recipients(invited.sink.take()) == [first]


def test_a_draft_whose_event_moves_far_away_comes_back_with_the_new_date(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    assert story.mailing("invitation").state == "draft"
    story.edit("a", on_date=date(2025, 6, 12))
    story.tick()
    story.at(moment(4, 1))
    story.tick()
    assert story.sink.caught == []
    story.at(moment(5, 5))
    story.tick()
    caught = story.send("invitation")
    assert recipients(caught) == sorted(MAILBOXES)
    assert "12 juni" in caught[0].subject


def test_a_draft_whose_event_was_put_off_comes_back_when_there_is_a_date(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    key = story.release("invitation")
    story.edit("a", state="postponed")
    story.clock.advance(timedelta(minutes=10))
    story.tick()
    assert story.sink.caught == []
    assert story.mailings() == {key: "cancelled"}
    story.edit("a", state="planned", on_date=date(2025, 2, 6))
    story.clock.advance(timedelta(days=11))
    story.tick()
    assert story.mailings() == {key: "draft"}
    assert recipients(story.send("invitation")) == sorted(MAILBOXES)


def test_a_second_change_before_the_first_was_told_makes_one_update(invited: Story) -> None:
    invited.edit("a", place="Schiedam")
    invited.tick()
    invited.edit("a", place="Vlaardingen")
    invited.tick()
    drafts = [key for key, state in invited.mailings().items() if state == "draft"]
    assert drafts == [invited.mailing("update").key]
    caught = invited.send("update")
    assert recipients(caught) == sorted(MAILBOXES)
    assert "Vlaardingen" in caught[0].body
    assert "Schiedam" not in caught[0].body
    invited.clock.advance(timedelta(days=1))
    invited.tick()
    assert invited.sink.caught == []


# ---- hours added


def test_hours_added_to_a_date_keep_the_answers(invited: Story) -> None:
    first, second = MAILBOXES[0], MAILBOXES[1]
    invited.answer("a", first, COMING)
    invited.answer("a", second, NOT_COMING)
    invited.tick()
    before = {one.recipient: one for one in invited.sink.take()}
    answers = invited.answers("a")
    invited.edit("a", starts_at=moment(1, 24, 9, 30), ends_at=moment(1, 24, 12))
    assert invited.answers("a") == answers
    invited.tick()
    updates = {one.recipient: one for one in invited.send("update")}
    assert sorted(updates) == sorted(set(MAILBOXES) - {second})
    update = updates[first]
    assert update.calendar_line("UID") == before[first].calendar_line("UID")
    assert update.calendar_line("SEQUENCE") == "1"
    assert update.calendar_line("DTSTART") == "20250124T093000"
    assert "PARTSTAT=ACCEPTED" in update.calendar


# ---- cancelled


@pytest.mark.parametrize("plan", [JANUARY, TIMED])
def test_a_cancelled_event(story: Story, plan: str) -> None:
    story.plan(plan)
    story.tick()
    invitations = {one.recipient: one for one in story.send("invitation")}
    source_id = "a" if plan == JANUARY else "c"
    story.answer(source_id, MAILBOXES[0], NOT_COMING)
    story.tick()
    story.sink.take()
    story.answer(source_id, MAILBOXES[1], COMING)
    app = story.start()
    staff_agenda.cancel_event(app, story.event(source_id).key, by="staf")
    story.tick()
    assert story.sink.take() == [], "no confirmation of what does not take place"
    told = story.send("cancellation")
    assert recipients(told) == sorted(MAILBOXES)
    for one in told:
        assert one.calendar_line("METHOD") == "CANCEL"
        assert one.calendar_line("STATUS") == "CANCELLED"
        before = invitations[one.recipient]
        assert one.calendar_line("UID") == before.calendar_line("UID")
        assert int(one.calendar_line("SEQUENCE")) > int(before.calendar_line("SEQUENCE"))
        assert one.calendar_line("DTSTART") == before.calendar_line("DTSTART")
    for at in (moment(1, 6), moment(1, 22), moment(1, 28)):
        story.at(at)
        story.tick()
    assert story.sink.take() == []


def test_what_still_waits_when_the_event_is_cancelled_does_not_go(invited: Story) -> None:
    invited.sink.replies = {MAILBOXES[0]: ["451 4.7.1 later"]}
    invited.answer("a", MAILBOXES[0], COMING)
    invited.tick()
    assert invited.sink.take() == []
    staff_agenda.cancel_event(invited.start(), invited.event("a").key, by="staf")
    invited.clock.advance(timedelta(hours=1))
    invited.tick()
    assert invited.sink.take() == []
    assert invited.deliveries(invited.mailing("confirmation").key) == {"skipped: cancelled": 1}


def test_a_draft_invitation_to_a_cancelled_event_is_taken_back(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    staff_agenda.cancel_event(story.start(), story.event("a").key, by="staf")
    story.tick()
    assert list(story.mailings().values()) == ["cancelled"]


# ---- what still waited when the event moved


def test_a_confirmation_that_waited_does_not_confirm_the_old_date(invited: Story) -> None:
    invited.sink.replies = {MAILBOXES[0]: ["451 4.7.1 later"]}
    invited.answer("a", MAILBOXES[0], COMING)
    invited.tick()
    invited.edit("a", on_date=date(2025, 2, 14))
    invited.clock.advance(timedelta(hours=1))
    invited.tick()
    assert invited.sink.take() == []
    assert recipients(invited.send("update")) == sorted(MAILBOXES)


def test_an_invitation_that_waited_does_not_name_the_old_date_after_the_new(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    story.sink.replies = {MAILBOXES[0]: ["451 4.7.1 later"] * 2}
    assert recipients(story.send("invitation")) == sorted(MAILBOXES[1:])
    story.edit("a", on_date=date(2025, 2, 14))
    story.tick()
    assert recipients(story.send("update")) == sorted(MAILBOXES[1:])
    for _ in range(3):
        story.clock.advance(timedelta(hours=1))
        story.tick()
    (late,) = story.sink.take()
    assert late.recipient == MAILBOXES[0]
    assert late.calendar_line("DTSTART") == "20250214"
    assert "24 januari" not in late.subject
