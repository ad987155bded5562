"""What changes between composing, approving and enqueuing is not overlooked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.story.scene import MAILBOXES, Story
from tests.story.test_release import EVENT, RECALL, A, B
from var_outreach import pipeline
from var_outreach.app import App
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.audiences.store import save_audience
from var_outreach.enqueuing import enqueue_mailings
from var_outreach.errors import Conflict
from var_outreach.outbox.model import MailingState
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import RegistrationState
from var_outreach.staff import mailings as staff_mailings

MAYOR = MAILBOXES[0]
PLACE = "Stadhuis Dordrecht"


@pytest.fixture
def drafted(story: Story) -> Story:
    """An invitation lies ready as a draft; its moment has come."""
    story.plan(EVENT)
    story.tick()
    return story


@pytest.fixture
def invited(drafted: Story) -> Story:
    """The invitation went to all five mailboxes and stands for who comes later."""
    assert len(drafted.send("invitation")) == len(MAILBOXES)
    return drafted


# ---- at once, after an answer


def test_an_answer_is_confirmed_at_once_and_nothing_else_is_made(invited: Story) -> None:
    invited.plan(EVENT, "id: b, kind: leerhuis, title: Haven, date: 2025-01-23")
    invited.answer("a", MAYOR, RegistrationState.ACCEPTED)
    report = pipeline.notify(invited.start())
    assert [MailKind(key.partition(":")[0]) for key in report.drafted] == [MailKind.CONFIRMATION]
    assert [one.recipient for one in invited.sink.take()] == [MAYOR]
    invited.tick()
    assert invited.mailing("invitation", "b").state == "draft"


def test_at_once_renews_nothing_and_lets_nothing_else_go(drafted: Story) -> None:
    key = drafted.release("invitation")
    drafted.clock.advance(RECALL)
    report = pipeline.notify(drafted.start())
    assert (report.drafted, report.enqueued.total(), drafted.sink.caught) == ([], 0, [])
    drafted.edit("a", place=PLACE)
    pipeline.notify(drafted.start())
    assert drafted.mailing("invitation").state == "approved", "an approval falls at a tick"
    drafted.edit("a", on_date=None)
    pipeline.notify(drafted.start())
    assert drafted.mailings()[key] == "approved", "what is no longer due goes at a tick"


# ---- content that is no longer so


def enqueue(story: Story, app: App) -> int:
    """Let ``app`` enqueue, and nothing else; return how many deliveries that made."""
    report = pipeline.TickReport()
    enqueue_mailings(app, report)
    return report.enqueued.total()


def test_what_changed_after_composing_is_not_enqueued(drafted: Story) -> None:
    key = drafted.release("invitation")
    drafted.clock.advance(RECALL)
    app = drafted.start()
    pipeline.compose_mailings(app, pipeline.TickReport())
    drafted.edit("a", place=PLACE)
    assert enqueue(drafted, app) == 0
    assert drafted.deliveries(key) == {}
    drafted.tick()
    assert drafted.mailing("invitation").state == "draft", "the next tick takes the approval back"
    assert all(PLACE in one.body for one in drafted.send("invitation"))


def test_what_did_not_change_is_enqueued(drafted: Story) -> None:
    drafted.release("invitation")
    drafted.clock.advance(RECALL)
    app = drafted.start()
    pipeline.compose_mailings(app, pipeline.TickReport())
    assert enqueue(drafted, app) == len(MAILBOXES)


def test_content_that_this_program_did_not_compare_is_not_enqueued(drafted: Story) -> None:
    """After a start nothing is known of what the content was made of."""
    drafted.release("invitation")
    drafted.clock.advance(RECALL)
    app = drafted.start()
    app.composed = {}
    assert enqueue(drafted, app) == 0
    pipeline.compose_mailings(app, pipeline.TickReport())
    assert enqueue(drafted, app) == len(MAILBOXES)


def test_a_mail_of_ones_own_has_no_source_that_could_change(story: Story) -> None:
    staff_mailings.write_ad_hoc(
        story.start(), subject="Zaal", markdown="Zaal 3.", audience_key="leerhuis", by=A
    )
    story.release("ad-hoc")
    story.clock.advance(RECALL)
    app = story.start()
    app.composed = {}
    assert enqueue(story, app) == len(MAILBOXES)


# ---- who comes late


def hire(story: Story, count: int) -> None:
    for number in range(count):
        story.hire("adviseur", f"adviseur{number}{story.clock.now():%H}@dordrecht.example")
    story.clock.advance(timedelta(hours=2))


def test_more_late_invitees_than_were_approved_hold_it(invited: Story) -> None:
    key = invited.mailing("invitation").key
    hire(invited, 6)
    report = invited.tick()
    assert report.held == [key]
    held = invited.mailing("invitation")
    assert held.state is MailingState.HELD
    assert held.held_because == "6 more would get it than were approved"
    assert invited.sink.caught == []
    assert len(invited.answers("a")) == len(MAILBOXES), "nobody stands invited by what did not go"


def test_a_few_late_invitees_are_served(invited: Story) -> None:
    hire(invited, 5)
    invited.tick()
    assert len(invited.sink.take()) == 5
    assert invited.mailing("invitation").state is MailingState.SENDING


def test_a_few_late_invitees_each_hour_hold_it_in_the_end(invited: Story) -> None:
    hire(invited, 3)
    invited.tick()
    assert len(invited.sink.take()) == 3
    hire(invited, 3)
    invited.tick()
    held = invited.mailing("invitation")
    assert held.state is MailingState.HELD
    assert held.held_because == "3 more would get it than were approved"
    assert invited.sink.caught == []
    # Staff look again, and approve it for as many as there are now.
    app = invited.start()
    staff_mailings.approve_mailing(app, held.key, by="Noor")
    staff_mailings.release_mailing(app, held.key, by="Noor")
    invited.clock.advance(timedelta(hours=2))
    invited.tick()
    assert len(invited.sink.take()) == 3


# ---- an audience that is defined anew


def define(story: Story, *roles: str) -> None:
    audience = AudienceDefinition("leerhuis", "Leerhuis", (Selector(roles=roles),))
    with story.database.writing() as session:
        save_audience(session, audience, now=story.clock.now())


def roles_of(story: Story) -> list[str]:
    definition = story.mailing("invitation").audience["definition"]
    assert isinstance(definition, dict)
    return [role for line in definition["include"] for role in line["roles"]]


def test_a_draft_follows_its_audience(drafted: Story) -> None:
    define(drafted, "burgemeester")
    drafted.tick()
    assert roles_of(drafted) == ["burgemeester"]
    key = drafted.mailing("invitation").key
    assert pipeline.count_recipients(drafted.start(), key)[0] == 2
    caught = drafted.send("invitation")
    assert {one.recipient.partition("@")[0] for one in caught} == {"burgemeester"}


@pytest.mark.parametrize("released", [False, True])
def test_an_audience_defined_anew_drops_the_approval(drafted: Story, released: bool) -> None:
    """Of the same size: the number alone would not show that it goes to others."""
    define(drafted, "burgemeester")
    drafted.tick()
    key = drafted.mailing("invitation").key
    staff_mailings.approve_mailing(drafted.start(), key, by=A)
    if released:
        staff_mailings.release_mailing(drafted.start(), key, by=B)
    define(drafted, "wethouder")
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert drafted.sink.caught == []
    assert drafted.mailing("invitation").state is MailingState.DRAFT
    assert roles_of(drafted) == ["wethouder"]
    with pytest.raises(Conflict):
        staff_mailings.release_mailing(drafted.start(), key, by=B)
    assert "wethouder@schiedam.example" in {one.recipient for one in drafted.send("invitation")}


def test_an_audience_that_stays_the_same_keeps_the_approval(drafted: Story) -> None:
    key = drafted.mailing("invitation").key
    staff_mailings.approve_mailing(drafted.start(), key, by=A)
    drafted.tick()
    assert drafted.mailing("invitation").state is MailingState.APPROVED
