"""Staff are told what waits for them or went wrong: once, and not when there is nothing."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from tests.story.scene import MAILBOXES, READERS, STAFF, Story, moment
from tests.story.sink import Caught
from var_outreach import pipeline
from var_outreach.agenda.model import Event
from var_outreach.audiences.model import Audience
from var_outreach.dispatch.pauses import resume_transport
from var_outreach.noticing import tell_staff
from var_outreach.outbox.model import Delivery, DeliveryState, TransportPause
from var_outreach.people.model import Contact
from var_outreach.registrations.invitees import invitation_for, personal_registration
from var_outreach.registrations.model import RegistrationState
from var_outreach.settings import NoticeDays
from var_outreach.staff import mailings as staff_mailings

JANUARY = "id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24"
LATE = "id: b, kind: leerhuis, title: Inloop, date: 2025-01-10"


def to_staff(mails: list[Caught]) -> list[Caught]:
    """Return what the team was sent."""
    return [one for one in mails if one.recipient in STAFF]


@pytest.fixture
def told(story: Story) -> Story:
    """The same story with mail to staff."""
    story.notices = NoticeDays.WORKING_DAYS
    return story


def held_on_a_saturday(story: Story) -> str:
    """Let an invitation wait beyond its window; return its key."""
    story.plan(JANUARY)
    story.tick()
    assert story.mailing("invitation").state == "draft"
    story.sink.take()
    story.at(moment(1, 4, 10))
    story.tick()
    assert story.mailing("invitation").state == "held"
    return story.mailing("invitation").key


# ---- what waits


def test_days_on_which_nothing_waits_are_silent(told: Story) -> None:
    told.plan("id: z, kind: leerhuis, title: Ver weg, date: 2025-12-11")
    for _ in range(10):
        told.clock.advance(timedelta(hours=8))
        told.tick()
    assert told.sink.caught == []
    assert told.mailings() == {}


def test_a_held_mailing_is_told_of_at_once_and_then_every_working_day(told: Story) -> None:
    key = held_on_a_saturday(told)
    first = told.sink.take()
    assert sorted(one.recipient for one in first) == sorted(STAFF)
    assert {one.subject for one in first} == {
        "Dit wacht op u: Uitnodiging: Leerhuis (vrijdag 24 januari 2025)"
    }
    assert f"mailing show {key}" in first[0].body
    assert "Niemand gaf deze mail op tijd vrij." in " ".join(first[0].body.split())
    for hours in (1, 20):
        told.clock.advance(timedelta(hours=hours))
        told.tick()
    assert told.sink.take() == [], "it is told of at once, once"
    told.at(moment(1, 6, 7, 59))
    told.tick()
    assert told.sink.take() == [], "not before the hour of the day"
    told.at(moment(1, 6, 8))
    for _ in range(3):
        told.tick()
        told.clock.advance(timedelta(minutes=7))
    assert len(told.sink.take()) == len(STAFF)
    staff_mailings.cancel_mailing(told.start(), key, by="kernteam A")
    told.at(moment(1, 7, 8))
    told.tick()
    assert told.sink.take() == [], "nothing waits any more"
    notices = {key: state for key, state in told.mailings().items() if key.startswith("staff")}
    assert notices == {
        f"staff-notice:held:{key}": "sent",
        "staff-notice:2025-01-06": "sent",
    }


def test_nobody_is_told_if_the_settings_say_so(told: Story) -> None:
    told.notices = NoticeDays.NEVER
    held_on_a_saturday(told)
    told.at(moment(1, 6, 9))
    told.tick()
    assert told.sink.caught == []


def test_a_draft_is_told_of_on_the_day_before_its_moment(told: Story) -> None:
    told.plan("id: c, kind: webinar, title: Voorjaar, date: 2025-02-06")  # goes on 9 January
    told.at(moment(1, 6, 9))
    told.tick()
    assert told.mailing("invitation").state == "draft"
    told.at(moment(1, 7, 9))
    told.tick()
    assert told.sink.take() == []
    told.at(moment(1, 8, 9))
    told.tick()
    (one, _) = told.sink.take()
    assert "wacht op vrijgave. Het moment: " in " ".join(one.body.split())


def test_a_draft_that_cannot_be_made_is_told_of(told: Story) -> None:
    told.plan("id: c, kind: leerhuis, title: Haven, date: 2025-01-24, invite: netwerk")
    with told.database.writing() as session:
        session.execute(delete(Audience).where(Audience.key == "netwerk"))
    for _ in range(3):
        report = told.tick()
        told.clock.advance(timedelta(hours=1))
    assert list(report.failed) == [f"invitation:{told.event('c').key}"]
    caught = told.sink.take()
    assert sorted(one.recipient for one in caught) == sorted(STAFF)
    assert "There is no audience 'netwerk'" in " ".join(caught[0].body.split())
    assert "Haven (vrijdag 24 januari 2025)" in caught[0].subject


def test_what_is_uncertain_is_told_of(told: Story) -> None:
    told.at(moment(1, 4, 9))
    told.news("Nieuws", on=date(2025, 1, 2))
    told.tick()
    told.release("newsletter")
    told.at(moment(1, 7, 9))
    told.tick()
    assert len(told.sink.take()) == len(READERS)
    with told.database.writing() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.address.in_(READERS[:2]))
            .values(state=DeliveryState.UNCERTAIN)
        )
    told.tick()
    caught = told.sink.take()
    assert sorted(one.recipient for one in caught) == sorted(STAFF)
    assert "Van 2 mails is niet zeker" in " ".join(caught[0].body.split())


def test_who_asks_to_come_is_told_of(told: Story) -> None:
    told.plan("id: z, kind: leerhuis, title: Ver weg, date: 2025-12-11")
    with told.database.writing() as session:
        event = session.scalars(select(Event)).one()
        contact = session.scalars(select(Contact).where(Contact.address.is_not(None))).first()
        assert contact is not None
        invitation = invitation_for(
            session, event, contact, uid_domain="x.example", now=told.clock.now()
        )
        row = personal_registration(session, invitation, name="Bo", now=told.clock.now())
        row.state = RegistrationState.REQUESTED
    told.clock.advance(timedelta(days=1))
    told.tick()
    mail = to_staff(told.sink.take())[0]
    assert mail.subject.startswith("Dit wacht op u: Vraag om te mogen komen: Ver weg (")
    assert "1 persoon wil ook komen, zonder uitnodiging. U beslist." in " ".join(mail.body.split())
    assert f"var-outreach registrations requests {event.key}" in mail.body


def test_a_kill_between_making_and_sending_sends_it_once(told: Story) -> None:
    key = held_on_a_saturday(told)
    told.sink.take()
    told.at(moment(1, 6, 8))
    app = told.start()
    report = pipeline.TickReport()
    tell_staff(app, report)
    assert report.enqueued == Counter({"staff-notice:2025-01-06": len(STAFF)})
    again = pipeline.TickReport()
    tell_staff(told.start(), again)
    assert again.enqueued == Counter()
    told.tick()
    assert len(told.sink.take()) == len(STAFF)
    assert told.mailings()[key] == "held"


# ---- a transport that stands still


def test_a_pause_is_told_of_once_and_leaves_when_it_is_over(
    told: Story, caplog: pytest.LogCaptureFixture
) -> None:
    told.plan(JANUARY)
    told.tick()
    told.sink.replies = {address: ["535 5.7.8 login refused"] for address in MAILBOXES}
    assert told.send("invitation") == []
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            told.clock.advance(timedelta(minutes=40))
            told.tick()
    lines = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert [one.getMessage().startswith("smtp stands still since") for one in lines] == [True]
    assert told.sink.take() == []
    notices = [key for key in told.mailings() if key.startswith("staff-notice:pause:smtp:")]
    assert len(notices) == 1
    assert told.deliveries(notices[0]) == {"queued": len(STAFF)}
    told.sink.replies = {}
    with told.database.writing() as session:
        resume_transport(session, "smtp")
    told.tick()
    caught = to_staff(told.sink.take())
    assert sorted(one.recipient for one in caught) == sorted(STAFF)
    assert "login refused" in " ".join(caught[0].body.split())
    assert "Ook deze mail kon pas weg" in " ".join(caught[0].body.split())


def test_a_server_that_asks_for_less_is_no_trouble(told: Story) -> None:
    with told.database.writing() as session:
        now = told.clock.now()
        session.add(
            TransportPause(
                transport="smtp", since=now, until=now + timedelta(minutes=5), slow=True,
                reason="421 4.7.28 slow down", alerted_at=None,
            )
        )  # fmt: skip
    told.tick()
    assert told.mailings() == {}


def test_the_notice_of_the_day_replaces_the_one_that_could_not_leave(told: Story) -> None:
    key = held_on_a_saturday(told)
    told.sink.take()
    with told.database.writing() as session:
        session.add(
            TransportPause(
                transport="smtp", since=told.clock.now(), until=None, slow=False, reason="weg",
                alerted_at=told.clock.now(),
            )
        )  # fmt: skip
    for day in (6, 7, 8):
        told.at(moment(1, day, 9))
        told.tick()
    with told.database.writing() as session:
        resume_transport(session, "smtp")
    told.tick()
    assert len(told.sink.take()) == len(STAFF)
    states = told.mailings()
    assert [states[f"staff-notice:2025-01-0{day}"] for day in (6, 7, 8)] == [
        "cancelled", "cancelled", "sent",
    ]  # fmt: skip
    assert states[key] == "held"


# ---- an event that is entered late


def test_an_event_entered_late_asks_whether_it_is_still_invited_to(told: Story) -> None:
    told.at(moment(1, 3, 10))
    told.plan(LATE)
    told.tick()
    held = told.mailing("invitation", "b")
    assert held.state == "held"
    assert held.held_because == (
        "its moment had passed when the event became known, and so had the last day to answer"
    )
    caught = told.sink.take()
    assert sorted(one.recipient for one in caught) == sorted(STAFF)
    told.edit("b", answer_by_on=date(2025, 1, 9))
    told.tick()
    assert sorted(one.recipient for one in told.send("invitation", "b")) == sorted(MAILBOXES)


def test_who_is_added_late_is_invited_until_the_last_day_to_answer(story: Story) -> None:
    story.plan(JANUARY)
    story.edit("a", answer_by_on=date(2025, 1, 14))
    story.tick()
    assert len(story.send("invitation")) == len(MAILBOXES)
    story.at(moment(1, 6, 9))  # the window closed on 3 January
    story.tick()
    story.sink.take()
    assert story.mailing("invitation").state == "sending"
    story.hire("adviseur", "nieuw@dordrecht.example")
    story.at(moment(1, 14, 23))
    story.tick()
    assert [one.recipient for one in story.sink.take()] == ["nieuw@dordrecht.example"]
    story.hire("burgemeester", "te-laat@schiedam.example", "gemeente-schiedam")
    story.at(moment(1, 15, 9))
    story.tick()
    assert story.sink.take() == []
    assert story.mailing("invitation").state == "sent"


def test_an_invitation_that_was_closed_is_open_again_after_a_move(story: Story) -> None:
    story.plan(JANUARY)
    story.tick()
    story.send("invitation")
    story.at(moment(1, 20, 9))
    story.tick()
    assert story.mailing("invitation").state == "sent"
    story.sink.take()
    story.edit("a", on_date=date(2025, 5, 22))
    story.hire("adviseur", "nieuw@dordrecht.example")
    story.clock.advance(timedelta(hours=2))
    story.tick()
    (one,) = story.sink.take()
    assert one.recipient == "nieuw@dordrecht.example"
    assert "22 mei" in one.subject


# ---- who would get it is counted while it is made


def test_what_is_other_than_approved_leaves_nothing_behind(story: Story) -> None:
    story.at(moment(1, 4, 9))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    key = story.release("newsletter")
    story.add_readers([f"veel{number}@lezers.example" for number in range(1200)])
    story.at(moment(1, 7, 9))
    story.tick()
    held = story.mailing("newsletter")
    assert held.held_because == f"approved for {len(READERS)}, but it would go to 1206"
    assert held.enqueued_at is None
    assert story.deliveries(key) == {}


# ---- news of an issue that went out


def test_news_that_was_sent_stays_as_it_was(story: Story) -> None:
    folder = story.folder / "news"
    folder.mkdir()
    file = folder / "een.md"

    def write(title: str) -> int:
        file.write_text(f"---\ntitle: {title}\ndate: 2025-01-02\n---\n\nEen alinea.\n", "utf-8")
        return pipeline.collect_news_folder(story.start(), folder).changed

    story.at(moment(1, 4, 9))
    assert write("Eerste titel") == 0
    story.tick()
    assert write("Tweede titel") == 1, "a draft follows its news"
    story.tick()
    story.release("newsletter")
    story.at(moment(1, 7, 9))
    story.tick()
    assert "Tweede titel" in story.sink.take()[0].body
    assert write("Derde titel") == 0


# ---- what a tick needs not do


def test_planning_writes_nothing_once_the_program_runs(story: Story) -> None:
    app = story.start()
    began = app.started_at
    story.clock.advance(timedelta(days=1))
    with story.database.writing():
        # The gate is held: a transaction that writes would be refused here.
        pipeline.plan_mailings(app, since=began, until=moment(2, 1))
    assert story.start().started_at == began
