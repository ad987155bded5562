"""A speaker is asked, reminded and thanked, each once, by rule and through real SMTP."""

from __future__ import annotations

import re
from datetime import date, timedelta

from fastapi.testclient import TestClient

from tests.story.scene import Story, moment
from var_outreach.agenda.model import EventState
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.staff import programme as staff_programme
from var_outreach.web.server import create_web

NOOR, PIET = "noor@spreker.example", "piet@spreker.example"
EVENT = "id: s, kind: leerhuis, title: Leerhuis, date: 2025-02-20, from: 9.30, to: 12.00"


def mailed(story: Story) -> list[tuple[str, str]]:
    """Return what speakers were sent since the last look."""
    return sorted(
        (one.recipient.partition("@")[0], one.subject.partition(":")[0].partition("?")[0])
        for one in story.sink.take()
        if one.recipient in {NOOR, PIET}
    )


def add(story: Story, name: str, address: str, due: date | None = None) -> None:
    plan = SpeakerPlan(name, address, f"Wat {name} vertelt", slides_due_on=due)
    staff_programme.add_speaker(story.start(), story.event("s").key, plan)


def link(story: Story, address: str) -> str:
    """Return the path of the speaker's page, from the newest mail."""
    body = next(one.body for one in reversed(story.sink.caught) if one.recipient == address)
    found = re.search(r"https://agenda\.var\.example(/spreker/\S+)", body)
    assert found is not None
    return found.group(1)


def test_the_life_of_two_talks(story: Story) -> None:
    story.plan(EVENT)
    add(story, "Noor", NOOR, date(2025, 2, 13))
    story.tick()
    path = link(story, NOOR)
    assert mailed(story) == [("noor", "Wilt u uw bijdrage bevestigen")]
    add(story, "Noor", NOOR, date(2025, 2, 13))
    for _ in range(3):
        story.clock.advance(timedelta(hours=2))
        story.tick()
    assert mailed(story) == [], "each is asked once"
    add(story, "Piet", PIET, date(2025, 2, 13))
    story.tick()
    other = link(story, PIET)
    assert mailed(story) == [("piet", "Wilt u uw bijdrage bevestigen")]

    pages = TestClient(
        create_web(story.start(), equal_seconds=0), base_url="https://agenda.var.example"
    )
    origin = {"Origin": "https://agenda.var.example"}
    said = pages.post(path, data={"keuze": "ja"}, headers=origin)
    assert "Wij hebben het bewaard." in said.text
    pages.post(other, data={"keuze": "ja", "presentatie": "https://dia.example/p"}, headers=origin)

    story.at(moment(2, 7, 9))
    story.tick()
    assert mailed(story) == [("noor", "Uw presentatie")], "Piet has handed his slides in"
    story.at(moment(2, 7, 15))
    story.tick()
    assert mailed(story) == []

    story.at(moment(2, 21, 8))
    story.tick()
    assert mailed(story) == []
    story.at(moment(2, 21, 9))
    story.tick()
    assert mailed(story) == [
        ("noor", "Dank voor uw bijdrage"),
        ("piet", "Dank voor uw bijdrage"),
    ]
    story.at(moment(2, 24, 9))
    story.tick()
    assert mailed(story) == []


def test_who_declines_or_is_taken_off_is_left_in_peace(story: Story) -> None:
    story.plan(EVENT)
    for name, address in (("Noor", NOOR), ("Piet", PIET)):
        add(story, name, address, date(2025, 2, 13))
    story.tick()
    pages = TestClient(
        create_web(story.start(), equal_seconds=0), base_url="https://agenda.var.example"
    )
    path = link(story, NOOR)
    pages.post(path, data={"keuze": "nee"}, headers={"Origin": "https://agenda.var.example"})
    staff_programme.drop_speaker(story.start(), story.event("s").key, PIET)
    mailed(story)
    for when in (moment(2, 7, 9), moment(2, 21, 9)):
        story.at(when)
        story.tick()
    assert mailed(story) == []


def test_a_request_that_waits_does_not_go_once_the_event_is_off(story: Story) -> None:
    story.plan(EVENT)
    add(story, "Noor", NOOR)
    story.sink.replies[NOOR] = ["451 later"]
    story.tick()
    story.sink.take()
    story.edit("s", state=EventState.CANCELLED)
    story.clock.advance(timedelta(hours=2))
    story.tick()
    assert mailed(story) == []
    assert story.deliveries(f"speaker-request:{story.event('s').key}") == {"skipped: cancelled": 1}
