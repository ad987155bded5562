"""Smaller turns around a postponed event, fewer places and a follower, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from tests.story.scene import MAILBOXES, Story, moment
from tests.story.sink import Caught
from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import mailings as staff_mailings
from var_outreach.staff import rescheduling

PLAN = "id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24, from: 9.30, to: 12"
OLD, NEW = "2025-01-24-leerhuis", "2025-09-15-leerhuis"
FIRST, SECOND, DESK, FOURTH, FIFTH = MAILBOXES
ACCEPTED, DECLINED = RegistrationState.ACCEPTED, RegistrationState.DECLINED


def postponed(story: Story) -> None:
    """Invite all, let three answer, put it off and plan its successor."""
    story.plan(PLAN)
    story.tick()
    assert len(story.send("invitation")) == len(MAILBOXES)
    story.answer("a", FIRST, ACCEPTED)
    story.answer("a", SECOND, DECLINED)
    with story.database.writing() as session:
        rows = session.scalars(select(Registration).join(Event).where(Event.key == OLD)).all()
        for row in rows:
            if row.contact.address == FOURTH:
                row.state = RegistrationState.REPRESENTED
    story.tick()
    rescheduling.postpone_event(story.start(), OLD, by="kernteam A")
    story.tick()
    assert len(story.send("cancellation")) == len(MAILBOXES)
    rescheduling.plan_successor(story.start(), OLD, on=date(2025, 9, 15), by="kernteam A")
    story.tick()


def released(story: Story, key: str) -> list[Caught]:
    story.sink.take()
    app = story.start()
    staff_mailings.approve_mailing(app, key, by="kernteam A")
    staff_mailings.release_mailing(app, key, by="kernteam B", at_once=True)
    story.clock.advance(timedelta(minutes=10))
    story.tick()
    return story.sink.take()


def recipients(mails: list[Caught]) -> list[str]:
    return sorted(one.recipient for one in mails)


def test_who_had_accepted_and_who_was_represented_are_asked_first(story_on_both: Story) -> None:
    story = story_on_both
    postponed(story)
    assert recipients(released(story, f"invitation:{NEW}:first")) == sorted([FIRST, FOURTH])
    # An office that came to their mailbox since is told of by the usual invitation.
    with story.database.writing() as session:
        box = session.scalars(select(Contact).where(Contact.address == FIRST)).one()
        assert box.organisation is not None
        session.add(Function(organisation=box.organisation, role="adviseur", holder=box))
    story.at(moment(8, 4, 10))
    story.tick()
    caught = {one.recipient: one for one in released(story, f"invitation:{NEW}")}
    assert sorted(caught) == sorted({*MAILBOXES} - {FOURTH})
    assert "adviseur, Gemeente Dordrecht" in caught[FIRST].body
    assert "burgemeester, Gemeente Dordrecht" not in caught[FIRST].body


def test_an_offer_that_nobody_released_leaves_them_to_the_usual_invitation(
    story_on_both: Story,
) -> None:
    story = story_on_both
    postponed(story)
    staff_mailings.cancel_mailing(story.start(), f"invitation:{NEW}:first", by="kernteam A")
    story.at(moment(8, 4, 10))
    story.tick()
    assert recipients(released(story, f"invitation:{NEW}")) == sorted(MAILBOXES)


def test_a_save_the_date_leaves_out_who_was_invited(story_on_both: Story) -> None:
    story = story_on_both
    postponed(story)
    assert len(released(story, f"invitation:{NEW}:first")) == 2
    story.at(moment(6, 23, 10))
    story.tick()
    caught = released(story, f"save-the-date:{NEW}")
    assert recipients(caught) == sorted({*MAILBOXES} - {FIRST, FOURTH})


def test_a_successor_that_is_put_off_too_is_offered_to_nobody(story_on_both: Story) -> None:
    story = story_on_both
    postponed(story)
    rescheduling.postpone_event(story.start(), NEW, by="kernteam A")
    story.tick()
    assert story.mailings()[f"invitation:{NEW}:first"] == "cancelled"
    assert story.sink.take() == []


def test_who_must_wait_for_fewer_places_is_told_why(story_on_both: Story) -> None:
    story = story_on_both
    story.plan(f"{PLAN}, capacity: 5")
    story.tick()
    story.send("invitation")
    for address in (FIRST, SECOND):
        story.answer("a", address, ACCEPTED)
        story.clock.advance(timedelta(minutes=1))
    story.tick()
    story.sink.take()
    with story.database.reading() as session:
        query = select(Registration.id).order_by(Registration.answered_at.desc()).where(
            Registration.state == ACCEPTED
        )  # fmt: skip
        last = session.scalars(query).first()
    assert last is not None
    staff_agenda.edit_event(
        story.start(), OLD, {"capacity": 1}, by="kernteam A", to_waiting_list=[last]
    )
    story.tick()
    (mail,) = story.sink.take()
    assert (mail.recipient, mail.subject.startswith("Op de wachtlijst")) == (SECOND, True)
    assert "Er zijn minder plaatsen dan eerst" in mail.body
    assert "U bent nummer 1" in mail.body
    assert mail.calendar == ""


def test_what_follows_a_moved_event_has_an_update_of_its_own(story_on_both: Story) -> None:
    story = story_on_both
    rvo = "id: rvo, kind: conferentie, title: RVO, date: 2025-01-23, from: 13, to: 16"
    story.plan(rvo, f"{PLAN}, follows: rvo")
    story.tick()
    assert recipients(story.send("invitation", "a")) == sorted(MAILBOXES)
    story.answer("a", FIRST, ACCEPTED)
    story.tick()
    story.sink.take()
    story.edit("rvo", on_date=date(2025, 2, 6))
    story.tick()
    updates = story.send("update", "a")
    assert recipients(updates) == sorted(MAILBOXES)
    assert {one.calendar_line("DTSTART") for one in updates} == {"20250207T093000"}
    assert "Uw eerdere antwoord telt niet meer" in updates[0].body
