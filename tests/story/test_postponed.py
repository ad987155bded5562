"""An event of sixty acceptances is postponed, and its successor planned the next year."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from tests.story.paper import Paper
from tests.story.scene import Story, moment
from tests.story.sink import Caught
from var_outreach.agenda.model import Event
from var_outreach.reporting.figures import EventFigures, summarise_year
from var_outreach.staff import mailings as staff_mailings
from var_outreach.staff import rescheduling

PLAN = (
    "id: a, kind: leerhuis, title: Leerhuis Signalen, date: 2025-03-17, from: 9.30, to: 12, "
    "place: De Kuip, capacity: 60"
)
ADVISERS = tuple(f"adviseur{number}@dordrecht.example" for number in range(1, 63))
COMING, WAITING = ADVISERS[:60], ADVISERS[60:]
DECLINED, SILENT = "burgemeester@dordrecht.example", "burgemeester@schiedam.example"
OLD = "2025-03-17-leerhuis-signalen"


@pytest.fixture
def full(story: Story) -> tuple[Story, Paper]:
    """Sixty have accepted on the page, two wait, one does not come, four said nothing."""
    for address in ADVISERS:
        story.hire("adviseur", address)
    story.plan(PLAN)
    story.at(moment(2, 3, 9))
    story.tick()
    paper = Paper(story)
    assert len(paper.read(story.send("invitation"))) == len(ADVISERS) + 5
    for address in (*COMING, *WAITING):
        paper.answer(address, "ja")
    paper.answer(DECLINED, "nee")
    story.tick()
    told = paper.read(story.sink.take())
    assert "wachtlijst" in told[WAITING[0]].subject
    return story, paper


def released(story: Story, key: str) -> list[Caught]:
    """Approve mailing ``key``, let it go at once, and return what came of it."""
    story.sink.take()
    app = story.start()
    staff_mailings.approve_mailing(app, key, by="kernteam A")
    staff_mailings.release_mailing(app, key, by="kernteam B", at_once=True)
    story.clock.advance(app.recall)
    story.tick()
    return story.sink.take()


def of_year(story: Story, year: int) -> dict[str, EventFigures]:
    """Return the figures of the events of ``year`` by key."""
    with story.database.reading() as session:
        figures = summarise_year(session, year, story.settings().zone)
    return {one.key: one for one in figures.events}


def state_of(story: Story, key: str) -> str:
    """Return how the event ``key`` stands."""
    with story.database.reading() as session:
        return session.scalars(select(Event.state).where(Event.key == key)).one().value


def test_sixty_acceptances_postponed_and_a_successor_the_next_year(
    full: tuple[Story, Paper],
) -> None:
    story, paper = full
    entries = {one: story.invitation("a", one) for one in (*ADVISERS, DECLINED, SILENT)}

    # Postponed: everybody who was told hears so, and the entry leaves their calendar.
    story.at(moment(2, 20, 10))
    rescheduling.postpone_event(
        story.start(), OLD, by="kernteam A", reason="De zaal heeft waterschade."
    )
    story.tick()
    off = paper.read(story.send("cancellation"))
    assert sorted(off) == sorted({*ADVISERS, DECLINED, SILENT} | set(off))
    assert len(off) == len(ADVISERS) + 5
    for address, mail in off.items():
        assert mail.subject.startswith("Uitgesteld, datum volgt: Leerhuis Signalen")
        assert "Uitgesteld, datum volgt" in mail.body
        assert "De zaal heeft waterschade." in mail.body
        assert "gaat niet door" not in mail.body + mail.subject
        assert mail.calendar_line("METHOD") == "CANCEL"
        if address in entries:
            assert mail.calendar_line("UID") == entries[address].uid
            assert int(mail.calendar_line("SEQUENCE")) > entries[address].sequence
    assert "Uitgesteld, datum volgt" in paper.get(f"/agenda/{OLD}")
    assert "Uitgesteld, datum volgt" in paper.page(COMING[0])
    assert "STATUS:CANCELLED" in paper.get("/agenda.ics")

    # The same file again brings nothing back, and nobody is reminded of anything.
    report = story.plan(PLAN)
    assert (report.changed, report.moved, report.questions) == ([], [], [])
    for day in (moment(2, 27, 12), moment(3, 13, 12), moment(3, 17, 12), moment(3, 21, 12)):
        story.at(day)
        story.tick()
    assert story.sink.take() == []
    assert state_of(story, OLD) == "postponed"
    assert of_year(story, 2025)[OLD].state == "postponed"

    # The next year there is a date: who had accepted is asked first, by a mail that says so.
    story.at(moment(1, 5, 10, year=2026))
    new = rescheduling.plan_successor(
        story.start(), OLD, on=date(2026, 6, 15), starts=time(9, 30), ends=time(12), by="kernteam A"
    )
    assert (new.key, new.warnings) == ("2026-06-15-leerhuis-signalen", [])
    story.tick()
    first = paper.read(released(story, f"invitation:{new.key}:first"))
    assert sorted(first) == sorted(COMING)
    for address, mail in first.items():
        assert "komt in plaats van het Leerhuis Signalen van" in " ".join(mail.body.split())
        assert "Daarom nodigen wij u als eerste uit" in " ".join(mail.body.split())
        assert mail.calendar_line("METHOD") == "REQUEST"
        assert mail.calendar_line("UID") != entries[address].uid
        assert mail.calendar_line("SEQUENCE") == "0"
        assert mail.calendar_line("DTSTART") == "20260615T093000"
    assert "maandag 15 juni 2026" in paper.get(f"/agenda/{OLD}")
    paper.answer(COMING[0], "ja")
    story.tick()
    assert [one.recipient for one in story.sink.take()] == [COMING[0]]

    # A week later who had waited.
    story.at(moment(1, 12, 10, year=2026))
    story.tick()
    second = paper.read(released(story, f"invitation:{new.key}:waited"))
    assert sorted(second) == sorted(WAITING)
    assert "U stond daarvoor op de wachtlijst" in second[WAITING[0]].body

    # Then the others by the usual rule; nobody is invited twice.
    story.at(moment(5, 4, 10, year=2026))
    story.tick()
    rest = paper.read(released(story, f"invitation:{new.key}"))
    assert not set(rest) & {*first, *second}
    assert {DECLINED, SILENT} <= set(rest)
    assert set(rest) | set(first) | set(second) == set(off)
    assert "als eerste" not in rest[SILENT].body
    assert "Die was uitgesteld" in " ".join(rest[SILENT].body.split())

    # The record: moved in 2025, and a meeting of 2026 of its own.
    for count in range(3):
        paper.answer(COMING[1 + count], "ja")
    was = of_year(story, 2025)[OLD]
    assert (was.state, was.moved_to, was.moved_to_on) == ("moved", new.key, date(2026, 6, 15))
    assert was.registrations["accepted"] == 60
    story.at(moment(6, 17, 10, year=2026))
    story.tick()
    assert of_year(story, 2026)[new.key].state == "held"
    assert of_year(story, 2026)[new.key].registrations["accepted"] == 4
    assert of_year(story, 2025)[OLD].state == "moved"
    assert state_of(story, OLD) == "postponed"
