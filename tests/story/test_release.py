"""Nothing goes that nobody let go: approving, releasing, taking back, stopping half-way."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from tests.story.scene import LEASE_OVER, MAILBOXES, READERS, Story, moment
from tests.story.sink import Caught, counted
from var_outreach import pipeline
from var_outreach.audiences.model import Audience
from var_outreach.errors import Conflict
from var_outreach.staff import mailings as staff_mailings

EVENT = "id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24"
RECALL = timedelta(minutes=10)
A, B = "kernteam A", "kernteam B"


@pytest.fixture
def drafted(story: Story) -> Story:
    """An invitation lies ready as a draft; its moment has come."""
    story.plan(EVENT)
    story.tick()
    assert story.mailing("invitation").state == "draft"
    return story


def test_a_draft_does_not_go_and_nor_does_what_is_only_approved(drafted: Story) -> None:
    key = drafted.mailing("invitation").key
    drafted.clock.advance(timedelta(days=1))
    drafted.tick()
    done = staff_mailings.approve_mailing(drafted.start(), key, by=A)
    assert done.count == len(MAILBOXES)
    drafted.clock.advance(timedelta(days=1))
    drafted.tick()
    assert drafted.sink.caught == []
    assert drafted.mailing("invitation").state == "approved"


def test_what_nobody_approved_cannot_be_released(drafted: Story) -> None:
    with pytest.raises(Conflict, match="was not approved"):
        staff_mailings.release_mailing(drafted.start(), drafted.mailing("invitation").key, by=B)


def test_a_release_can_be_taken_back_for_ten_minutes(drafted: Story) -> None:
    key = drafted.release("invitation")
    drafted.clock.advance(RECALL - timedelta(seconds=1))
    drafted.tick()
    assert drafted.deliveries(key) == {}, (
        "nothing may be claimed before it can no longer be recalled"
    )
    staff_mailings.hold_mailing(drafted.start(), key, by=A)
    drafted.clock.advance(timedelta(days=1))
    drafted.tick()
    assert drafted.sink.caught == []
    assert drafted.mailing("invitation").held_because == f"held by {A}"
    staff_mailings.release_mailing(drafted.start(), key, by=B)
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert sorted(one.recipient for one in drafted.sink.caught) == sorted(MAILBOXES)


def test_what_is_taken_back_keeps_its_own_moment(story: Story) -> None:
    story.at(moment(1, 3))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    key = story.release("newsletter")
    staff_mailings.hold_mailing(story.start(), key, by=A)
    staff_mailings.release_mailing(story.start(), key, by=B)
    story.clock.advance(RECALL)
    story.tick()
    assert story.sink.caught == []
    story.at(moment(1, 7))
    story.tick()
    assert sorted(one.recipient for one in story.sink.caught) == sorted(READERS)


def test_what_is_released_to_go_at_once_does_not_wait_for_its_moment(story: Story) -> None:
    story.at(moment(1, 3))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    story.release("newsletter", at_once=True)
    story.tick()
    story.clock.advance(RECALL)
    story.tick()
    assert sorted(one.recipient for one in story.sink.caught) == sorted(READERS)


def test_four_eyes(drafted: Story) -> None:
    drafted.four_eyes = True
    key = drafted.mailing("invitation").key
    staff_mailings.approve_mailing(drafted.start(), key, by=A)
    with pytest.raises(Conflict, match="somebody else"):
        staff_mailings.release_mailing(drafted.start(), key, by=A)
    staff_mailings.release_mailing(drafted.start(), key, by=B)
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert len(drafted.sink.caught) == len(MAILBOXES)


@pytest.mark.parametrize("released", [False, True])
def test_an_event_that_changes_drops_the_approval(drafted: Story, released: bool) -> None:
    key = drafted.mailing("invitation").key
    staff_mailings.approve_mailing(drafted.start(), key, by=A)
    if released:
        staff_mailings.release_mailing(drafted.start(), key, by=B)
    drafted.edit("a", place="Stadhuis Dordrecht")
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert drafted.sink.caught == []
    assert drafted.mailing("invitation").state == "draft"
    with pytest.raises(Conflict):
        staff_mailings.release_mailing(drafted.start(), key, by=B)
    assert "Stadhuis Dordrecht" in drafted.send("invitation")[0].body


def test_a_change_between_two_ticks_drops_it_at_the_release(drafted: Story) -> None:
    app, key = drafted.start(), drafted.mailing("invitation").key
    staff_mailings.approve_mailing(app, key, by=A)
    drafted.edit("a", title="Leerhuis over de haven")
    report = pipeline.TickReport()
    pipeline.compose_mailings(app, report)
    with pytest.raises(Conflict):
        staff_mailings.release_mailing(app, key, by=B)


def test_a_newsletter_in_draft_takes_news_and_an_approved_one_does_not(story: Story) -> None:
    story.at(moment(1, 3))
    story.news("Eerste bericht", on=date(2025, 1, 2))
    story.tick()
    story.news("Tweede bericht", on=date(2025, 1, 3))
    story.tick()
    story.release("newsletter")
    story.news("Derde bericht", on=date(2025, 1, 3))
    story.at(moment(1, 7))
    story.tick()
    body = story.sink.take()[0].body
    assert "Eerste bericht" in body
    assert "Tweede bericht" in body
    assert "Derde bericht" not in body
    story.at(moment(2, 1))
    story.tick()
    story.release("newsletter")
    story.at(moment(2, 4))
    story.tick()
    body = story.sink.take()[0].body
    assert "Derde bericht" in body
    assert "Eerste bericht" not in body


def test_an_approved_newsletter_that_announces_an_old_date_is_approved_no_more(
    story: Story,
) -> None:
    story.plan(EVENT + ", visibility: openbaar")
    story.at(moment(1, 3))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    story.release("newsletter")
    story.edit("a", on_date=date(2025, 2, 14))
    story.at(moment(1, 7))
    story.tick()
    assert story.sink.caught == []
    assert story.mailing("newsletter").state == "draft"


def test_more_recipients_than_were_approved_are_held_with_both_numbers(drafted: Story) -> None:
    key = drafted.release("invitation")
    for number in range(6):
        drafted.hire("adviseur", f"adviseur{number}@dordrecht.example")
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert drafted.sink.caught == []
    held = drafted.mailing("invitation")
    assert held.state == "held"
    assert held.held_because == "approved for 5, but it would go to 11"
    assert drafted.answers("a") == {}, "nobody may stand invited by a mailing that did not go"
    drafted.release("invitation")
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert drafted.deliveries(key) == {"sent": 11}


def test_a_few_more_than_were_approved_go(drafted: Story) -> None:
    key = drafted.release("invitation")
    for number in range(5):
        drafted.hire("adviseur", f"adviseur{number}@dordrecht.example")
    drafted.clock.advance(RECALL)
    drafted.tick()
    assert drafted.deliveries(key) == {"sent": 10}


def sending(story: Story, then: str, after: int) -> str:
    """Send to the readers over one connection; hold or cancel after so many; return the key."""
    story.connections = 1
    story.at(moment(1, 3))
    story.news("Nieuws", on=date(2025, 1, 2))
    story.tick()
    key = story.release("newsletter")
    other = story.start()
    acts = {"hold": staff_mailings.hold_mailing, "cancel": staff_mailings.cancel_mailing}

    def stop(one: Caught) -> None:
        if len(story.sink.caught) == after:
            acts[then](other, key, by=A)

    story.sink.on_message = stop
    story.at(moment(1, 7))
    story.tick()
    story.sink.on_message = None
    return key


def test_cancel_half_way(story: Story) -> None:
    key = sending(story, "cancel", after=2)
    assert len(story.sink.caught) == 2
    assert story.deliveries(key) == {"sent": 2, "skipped: cancelled": 4}
    story.clock.advance(LEASE_OVER)
    story.tick()
    assert len(story.sink.caught) == 2
    with pytest.raises(Conflict):
        staff_mailings.release_mailing(story.start(), key, by=B)


@pytest.mark.parametrize("after", [1, 3, 5])
def test_pause_half_way_and_go_on_exactly_there(story: Story, after: int) -> None:
    key = sending(story, "hold", after)
    assert len(story.sink.caught) == after
    assert story.deliveries(key) == {"sent": after, "queued": 6 - after}
    story.clock.advance(LEASE_OVER)
    story.tick()
    assert len(story.sink.caught) == after
    staff_mailings.release_mailing(story.start(), key, by=B)
    story.tick()
    assert Counter(one.recipient for one in story.sink.caught) == dict.fromkeys(READERS, 1)
    assert story.mailing("newsletter").state == "sent"


def test_a_mail_of_ones_own_goes_the_same_way(story: Story) -> None:
    key = staff_mailings.write_ad_hoc(
        story.start(),
        subject="Andere zaal",
        markdown="Beste {{ naam }},\n\nWij zitten in **zaal 3**.",
        audience_key="leerhuis",
        by=A,
    )
    story.tick()
    story.clock.advance(timedelta(hours=1))
    story.tick()
    assert story.sink.caught == []
    story.release("ad-hoc")
    story.tick()
    assert story.sink.caught == []
    story.clock.advance(RECALL)
    story.tick()
    caught = story.sink.take()
    assert counted(caught) == {(address, "Andere zaal"): 1 for address in MAILBOXES}
    assert "zaal 3" in caught[0].body
    assert any("Beste Burgemeester" in one.body for one in caught)
    assert story.mailings()[key] == "sent"


def test_a_mail_of_ones_own_waits_for_its_moment(story: Story) -> None:
    staff_mailings.write_ad_hoc(
        story.start(), subject="Later", markdown="Tot dan.", audience_key="leerhuis", by=A,
        at=moment(12, 20, year=2024),
    )  # fmt: skip
    story.release("ad-hoc")
    story.at(moment(12, 20, 8, year=2024))
    story.tick()
    assert story.sink.caught == []
    story.at(moment(12, 20, year=2024))
    story.tick()
    assert len(story.sink.caught) == len(MAILBOXES)


def test_a_copy_to_oneself_releases_nothing(drafted: Story) -> None:
    key = drafted.mailing("invitation").key
    copy = staff_mailings.queue_test(drafted.start(), key, to="kernteam@var.example", by=A)
    drafted.tick()
    caught = drafted.sink.take()
    assert {one.recipient for one in caught} == {"kernteam@var.example"}
    assert all("/antwoord/" not in one.body for one in caught)
    assert drafted.mailings() == {key: "draft", copy: "sent"}
    drafted.tick()
    assert drafted.sink.caught == []


def test_one_mailing_that_cannot_be_made_keeps_no_other_back(drafted: Story) -> None:
    drafted.plan(EVENT, "id: b, kind: leerhuis, title: Haven, date: 2025-01-23, invite: netwerk")
    with drafted.database.writing() as session:
        session.execute(delete(Audience).where(Audience.key == "netwerk"))
    drafted.release("invitation", "a")
    drafted.clock.advance(RECALL)
    report = drafted.tick()
    assert any("haven" in key for key in report.failed)
    assert len(drafted.sink.caught) == len(MAILBOXES)
