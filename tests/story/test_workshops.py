"""Workshops at a conference, told through real SMTP and the real pages."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.story.scene import Story, moment
from var_outreach import pipeline
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.people.model import Contact
from var_outreach.programme.model import Workshop
from var_outreach.programme.store import chosen_workshops, room_lists, waiting_counts
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.staff import programme as staff_programme
from var_outreach.web.server import create_web

PROGRAMME = """\
rounds:
  - id: ronde-1
    name: Ronde 1
    from: "10.45"
    to: "11.45"
    workshops:
      - {id: zorg, title: Zorgmijders, room: Maaszaal, capacity: 40}
      - {id: wijk, title: Ondermijning in de wijk, room: Havenkamer, capacity: 25}
  - id: ronde-2
    name: Ronde 2
    from: "13.15"
    to: "14.15"
    workshops:
      - {id: jeugd, title: Jongeren op tijd zien, room: Zuidzaal}
"""
GUESTS = 43
FIRST, SECOND, THIRD = (f"gast{number}@dordrecht.example" for number in (40, 41, 42))
ORIGIN = {"Origin": "https://agenda.var.example"}


class Pages:
    """The public pages of one installation."""

    def __init__(self, story: Story, app: App) -> None:
        self.story = story
        self.client = TestClient(
            create_web(app, equal_seconds=0),
            base_url="https://agenda.var.example",
            follow_redirects=True,
        )
        self.tokens: dict[str, tuple[str, int]] = {}
        with story.database.reading() as session:
            for address, token, registration_id in session.execute(
                select(Contact.address, Invitation.token, Registration.id)
                .join(Invitation, Invitation.contact_id == Contact.id)
                .join(Registration, Registration.invitation_id == Invitation.id)
                .order_by(Registration.id.desc())
            ):
                self.tokens[str(address)] = (token, registration_id)
            self.workshops = {
                f"{one.round.key}/{one.key}": (one.round_id, one.id)
                for one in session.scalars(select(Workshop))
            }

    def answer(self, address: str, choice: str) -> None:
        token, number = self.tokens[address]
        fields = {f"keuze-{number}": choice, f"naam-{number}": address.partition("@")[0]}
        said = self.client.post(f"/antwoord/{token}", data=fields, headers=ORIGIN)
        assert said.status_code == 200, said.text

    def choose(self, address: str, *keys: str) -> str:
        token, number = self.tokens[address]
        fields = {}
        for key in keys:
            round_id, workshop_id = self.workshops[key]
            fields[f"ronde-{number}-{round_id}"] = str(workshop_id)
        said = self.client.post(f"/antwoord/{token}/workshops", data=fields, headers=ORIGIN)
        assert said.status_code == 200, said.text
        return " ".join(re.sub(r"<[^>]+>", " ", said.text).split())


def conference(story: Story, number: int = 3) -> tuple[App, Pages, list[str]]:
    """Invite guests to a conference with two rounds; all of them come."""
    guests = [f"gast{one}@dordrecht.example" for one in range(number)]
    for address in guests:
        story.hire("adviseur", address)
    story.plan(
        "id: c, kind: conferentie, title: Conferentie, date: 2025-03-24, from: 9.30, to: 16.00, "
        "place: De Kuip, invite: leerhuis"
    )
    file = story.folder / "programma.yaml"
    file.write_text(PROGRAMME, "utf-8")
    app = story.start()
    report = staff_programme.set_programme(app, story.event("c").key, file)
    assert len(report.rounds.added) == 5
    story.at(moment(2, 10))
    story.tick()
    story.send("invitation", "c")
    pages = Pages(story, app)
    for address in guests:
        pages.answer(address, "ja")
    story.tick()
    confirmations = [one for one in story.sink.take() if one.recipient in guests]
    assert len(confirmations) == number
    token = pages.tokens[guests[0]][0]
    first = next(one for one in confirmations if one.recipient == guests[0])
    assert f"https://agenda.var.example/antwoord/{token}/workshops" in first.body
    return app, pages, guests


def told(story: Story) -> Counter[tuple[str, str]]:
    """Return who was mailed what since the last look, by address and first words of the subject."""
    return Counter((one.recipient, one.subject.partition(":")[0]) for one in story.sink.take())


def rooms_and_badges_agree(story: Story) -> dict[str, list[str]]:
    """Compare what stands on the doors with what stands on the badges; return the former."""
    with story.database.reading() as session:
        event = session.scalars(select(Event).where(Event.source_id == "c")).one()
        on_doors: Counter[tuple[int, str, str, str]] = Counter()
        found = {}
        for part, rooms in room_lists(session, event):
            for room in rooms:
                found[f"{part.key}/{room.workshop.key}"] = sorted(
                    str(one.contact.address) for one in room.registrations
                )
                on_doors.update(
                    (one.id, part.name, room.workshop.title, room.workshop.room)
                    for one in room.registrations
                )
        badges = chosen_workshops(session, event)
        assert on_doors == Counter((key, *line) for key, rows in badges.items() for line in rows)
        return found


def test_who_waits_longest_and_comes_gets_the_place_and_is_told(story: Story) -> None:
    app, pages, guests = conference(story, GUESTS)
    for address in guests[:40]:
        assert "Hier bent u ingedeeld" in pages.choose(address, "ronde-1/zorg", "ronde-2/jeugd")
    said = pages.choose(FIRST, "ronde-1/wijk", "ronde-2/jeugd")
    said = pages.choose(FIRST, "ronde-1/zorg")
    assert "U staat op de wachtlijst van: Zorgmijders." in said
    assert "Nu: Ondermijning in de wijk, Havenkamer." in said
    story.clock.advance(timedelta(minutes=1))
    for address in (SECOND, THIRD):
        assert "U staat op de wachtlijst van: Zorgmijders." in pages.choose(address, "ronde-1/zorg")
    assert told(story) == {}, "what somebody chose is on the page"

    # The first who waits stays away after all; then somebody swaps out.
    pages.answer(FIRST, "nee")
    story.tick()
    assert set(told(story)) == {(FIRST, "Afgemeld")}
    pages.choose(guests[0], "ronde-1/wijk")
    pipeline.notify(app)
    (mail,) = story.sink.take()
    assert mail.recipient == SECOND
    assert mail.subject.startswith("Er is plek in uw workshop: Conferentie")
    words = " ".join(mail.body.split())
    assert "Ronde 1: Zorgmijders, Maaszaal" in words
    assert "Ronde 2: nog niet gekozen" in words

    rooms = rooms_and_badges_agree(story)
    assert rooms["ronde-1/zorg"] == sorted([*guests[1:40], SECOND])
    assert rooms["ronde-1/wijk"] == [guests[0]]
    assert len(rooms["ronde-2/jeugd"]) == 40
    with story.database.reading() as session:
        event = session.scalars(select(Event).where(Event.source_id == "c")).one()
        assert sum(waiting_counts(session, event).values()) == 1
    story.tick()
    assert told(story) == {}, "told once"

    story.at(moment(3, 21, 9))
    story.tick()
    reminder = next(one for one in story.sink.take() if one.recipient == SECOND)
    assert "Ronde 1: Zorgmijders, Maaszaal" in " ".join(reminder.body.split())


def test_a_workshop_taken_out_is_told_to_who_was_in_it(story: Story) -> None:
    app, pages, guests = conference(story)
    pages.choose(guests[0], "ronde-1/wijk")
    pages.choose(guests[1], "ronde-1/zorg")
    staff_programme.take_out(app, story.event("c").key, "ronde-1/wijk")
    pipeline.notify(app)
    assert told(story) == {(guests[0], "Uw workshops zijn gewijzigd"): 1}
    file = story.folder / "programma.yaml"
    file.write_text(PROGRAMME.replace("Maaszaal", "Kuipzaal").replace("10.45", "11.00"), "utf-8")
    report = staff_programme.set_programme(app, story.event("c").key, file)
    assert report.rounds.changed == ["ronde-1", "ronde-1/zorg"]
    pipeline.notify(app)
    (mail,) = story.sink.take()
    assert mail.recipient == guests[1]
    assert "Ronde 1: Zorgmijders, Kuipzaal 11 tot 11.45 uur" in " ".join(mail.body.split())


def test_a_mail_that_waits_gives_way_to_a_newer_one_and_to_leaving(story_on_both: Story) -> None:
    story = story_on_both
    app, pages, guests = conference(story)
    key = story.event("c").key
    for address in guests[:2]:
        pages.choose(address, "ronde-1/wijk", "ronde-2/jeugd")
        story.sink.replies[address] = ["451 later"]
    staff_programme.take_out(app, key, "ronde-1/wijk")
    pipeline.notify(app)
    assert told(story) == {}
    staff_programme.take_out(app, key, "ronde-2/jeugd")
    pages.answer(guests[1], "nee")
    story.clock.advance(timedelta(hours=2))
    story.tick()
    assert told(story) == {
        (guests[0], "Uw workshops zijn gewijzigd"): 1,
        (guests[1], "Afgemeld"): 1,
    }
    assert story.deliveries(f"programme:{key}") == {
        "sent": 1,
        "skipped: superseded": 1,
        "skipped: answered": 1,
    }


def test_an_event_that_moves_takes_its_rounds_along_and_frees_the_choices(story: Story) -> None:
    _app, pages, guests = conference(story)
    pages.choose(guests[0], "ronde-1/wijk")
    story.edit("c", on_date=moment(4, 7).date())
    story.tick()
    with story.database.reading() as session:
        event = session.scalars(select(Event).where(Event.source_id == "c")).one()
        (first, _second) = [part for part, _rooms in room_lists(session, event)]
        assert first.starts_at == moment(4, 7, 9, 45), "10.45 in summer time, on the new day"
    assert not any(rooms_and_badges_agree(story).values())


def test_a_scanner_that_opens_the_page_chooses_nothing(story: Story, tmp_path: Path) -> None:
    _app, pages, guests = conference(story)
    token, number = pages.tokens[guests[0]]
    round_id, workshop_id = pages.workshops["ronde-1/wijk"]
    for method in ("get", "head"):
        said = getattr(pages.client, method)(
            f"/antwoord/{token}/workshops?ronde-{number}-{round_id}={workshop_id}"
        )
        assert said.status_code == 200
    assert rooms_and_badges_agree(story)["ronde-1/wijk"] == []
    story.answer("c", guests[0], RegistrationState.CANCELLED)
    said = pages.client.get(f"/antwoord/{token}/workshops", follow_redirects=False)
    assert said.status_code == 303
