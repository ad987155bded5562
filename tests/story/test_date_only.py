"""A date alone, answered early; then hours and programme, and every answer still stands."""

from __future__ import annotations

import pytest

from tests.story.paper import Paper
from tests.story.scene import MAILBOXES, Story, moment
from var_outreach.registrations.model import RegistrationState

FIRST, SECOND, THIRD, FOURTH, FIFTH = MAILBOXES
DATE_ONLY = "id: a, kind: leerhuis, title: Leerhuis Signalen, date: 2025-07-07"
WHOLE = (
    f"{DATE_ONLY}, doors: 9, from: 9.30, to: 12, programme: [{{time: 9.30, text: Welkom}}, "
    "{time: 11, text: Oefenen}]"
)


@pytest.fixture
def paper(story: Story) -> Paper:
    """People who read their mail and press its links."""
    return Paper(story)


def test_hours_for_a_date_that_was_answered_early(story: Story, paper: Paper) -> None:
    story.plan(DATE_ONLY)
    story.at(moment(5, 26))
    story.tick()
    invitations = paper.read(story.send("invitation"))
    assert sorted(invitations) == sorted(MAILBOXES)
    for mail in invitations.values():
        assert mail.calendar_line("STATUS") == "TENTATIVE"
        assert mail.calendar_line("DTSTART") == "20250707"
        assert "RSVP=TRUE" in mail.calendar, "a leerhuis takes early answers"

    paper.answer(FIRST, "ja")
    paper.answer(SECOND, "nee")
    paper.answer(THIRD, "misschien")
    story.tick()
    confirmed = paper.read(story.sink.take())
    assert sorted(confirmed) == sorted((FIRST, SECOND, THIRD))
    before = story.answers("a")
    assert [before[one] for one in MAILBOXES] == [
        "accepted", "declined", "tentative", "invited", "invited",
    ]  # fmt: skip
    given = {one: story.answered_at("a", one) for one in (FIRST, SECOND, THIRD)}

    story.at(moment(6, 2))
    report = story.plan(WHOLE)
    assert [change.moved for change in report.changed] == [False]
    assert report.moved == []
    story.tick()
    updates = paper.read(story.send("update"))

    assert story.answers("a") == before, "hours are no other date"
    assert {one: story.answered_at("a", one) for one in given} == given
    assert sorted(updates) == sorted(set(MAILBOXES) - {SECOND}), "who does not come is left alone"
    for address, mail in updates.items():
        assert mail.calendar_line("UID") == invitations[address].calendar_line("UID")
        assert int(mail.calendar_line("SEQUENCE")) > int(
            invitations[address].calendar_line("SEQUENCE")
        )
        assert mail.calendar_line("DTSTART") == "20250707T093000"
        assert mail.calendar_line("STATUS") == "CONFIRMED"
        assert mail.calendar_line("METHOD") == "REQUEST"
        assert "Uw antwoord blijft staan" in mail.body
        assert "Komt u?" not in mail.body, "nobody is asked anew"
        assert "Oefenen" in mail.body
    assert "PARTSTAT=ACCEPTED" in updates[FIRST].calendar
    assert "PARTSTAT=TENTATIVE" in updates[THIRD].calendar
    assert "PARTSTAT=NEEDS-ACTION" in updates[FOURTH].calendar

    page = paper.page(FIRST)
    assert "9.30 tot 12 uur" in page
    assert 'value="ja" checked' in page
    paper.answer(FOURTH, "ja")
    story.tick()
    assert story.answers("a")[FOURTH] == RegistrationState.ACCEPTED
    assert [one.recipient for one in story.sink.take()] == [FOURTH]
    # The reminder asks only who said nothing.
    story.at(moment(6, 19, 9))
    story.tick()
    assert [one.recipient for one in story.sink.take()] == [FIFTH]
