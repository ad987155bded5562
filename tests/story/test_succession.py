"""Offices change hands before three dates: who held them is taken off, who follows is invited."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.story.scene import Story, moment
from tests.story.sink import Caught
from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function
from var_outreach.people.offices import Which
from var_outreach.registrations.attendance import mark_attendance
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.staff import functions as staff_functions
from var_outreach.staff.office_mails import AT_ONCE, WITHIN_THE_HOUR
from var_outreach.web.server import create_web

AHEAD = ("a", "b", "c")
DATES = {"past": "2025-01-24", "a": "2025-02-24", "b": "2025-03-03", "c": "2025-03-10"}
PLAN = tuple(
    f"id: {key}, kind: leerhuis, title: Leerhuis {key}, date: {day}, place: Stadhuis Schiedam"
    for key, day in DATES.items()
)
MAYOR, ALDERMAN = "burgemeester@dordrecht.example", "wethouder@schiedam.example"
DESK = "bestuur@dordrecht.example"
NEXT_MAYOR, NEXT_ALDERMAN = "mila.nieuwland@dordrecht.example", "joost.opvolger@schiedam.example"
LAST_DAY, FIRST_DAY = date(2025, 1, 31), date(2025, 2, 1)
ORIGIN = {"Origin": "https://agenda.var.example"}


@pytest.fixture
def invited(story: Story) -> Story:
    """Three invitations went out, one with a later place; one event has been. It is 29 January."""
    story.plan(*PLAN)
    story.tick()
    story.send("invitation", "past")
    story.answer("past", MAYOR, RegistrationState.ACCEPTED)
    story.at(moment(1, 23))
    story.tick()
    for key in AHEAD:
        assert story.send("invitation", key), key
    story.answer("a", MAYOR, RegistrationState.ACCEPTED)
    story.answer("a", DESK, RegistrationState.ACCEPTED)
    story.answer("b", MAYOR, RegistrationState.DECLINED)
    story.at(moment(1, 28))
    story.tick()
    with story.database.writing() as session:
        event = session.scalars(select(Event).where(Event.source_id == "past")).one()
        for row in session.scalars(select(Registration).where(Registration.event_id == event.id)):
            if row.state is RegistrationState.ACCEPTED:
                mark_attendance(session, row, attended=True, by="staf", now=story.clock.now())
    story.edit("b", place="Het Dijkhuis, Dordrecht")
    story.tick()
    story.send("update", "b")
    story.at(moment(1, 29))
    story.tick()
    story.sink.take()
    return story


def function_ids(story: Story) -> dict[str, int]:
    """Return the offices that end, by where their mail goes."""
    with story.database.reading() as session:
        rows = session.scalars(select(Function).order_by(Function.id)).all()
        found = {row.holder.address: row.id for row in rows if row.holder is not None}
        desks = {row.portfolio: row.id for row in rows if row.secretariat is not None}
        return {
            MAYOR: found[MAYOR],
            ALDERMAN: found[ALDERMAN],
            DESK: desks["jeugd"],
        }


def change_hands(story: Story, *, dry_run: bool) -> list[staff_functions.OfficeReport]:
    """End three offices and name who follows, as staff do."""
    app, ids = story.start(), function_ids(story)
    path = story.folder / "opvolgers.csv"
    path.write_text(
        "id;naam;e-mailadres\n"
        f"{ids[MAYOR]};Mila Nieuwland;{NEXT_MAYOR}\n"
        f"{ids[ALDERMAN]};Joost Opvolger;{NEXT_ALDERMAN}\n"
        f"{ids[DESK]};Saar Jeugdzaken;saar.jeugdzaken@dordrecht.example\n",
        "utf-8",
    )
    which = Which(ids=tuple(ids.values()))
    return [
        staff_functions.end_functions(app, which, on=FIRST_DAY, by="kernteam A", dry_run=dry_run),
        staff_functions.succeed_from_file(app, path, by="kernteam A", dry_run=dry_run),
    ]


def said(mails: list[Caught]) -> Counter[tuple[str, str, str]]:
    """Return what was caught: to whom, about which event, with which calendar method."""
    return Counter(
        (
            one.recipient,
            re.findall(r"Leerhuis ([abc]|past)", one.subject)[0],
            one.calendar_line("METHOD"),
        )
        for one in mails
    )


def test_old_holders_are_taken_off_and_successors_invited(invited: Story) -> None:
    change_hands(invited, dry_run=False)
    invited.tick()
    caught = invited.sink.take()
    assert said(caught) == Counter(
        {(old, key, "CANCEL"): 1 for old in (MAYOR, ALDERMAN) for key in AHEAD}
        | {(new, key, "REQUEST"): 1 for new in (NEXT_MAYOR, NEXT_ALDERMAN) for key in AHEAD}
        | {(DESK, key, ""): 1 for key in AHEAD}
    )
    for one in caught:
        if one.recipient == MAYOR:
            key = re.findall(r"Leerhuis ([abc])", one.subject)[0]
            before = invited.invitation(key, MAYOR)
            assert one.calendar_line("UID") == before.uid
            assert int(one.calendar_line("SEQUENCE")) >= 1
            assert "op iemand anders overgaat" in " ".join(one.body.split())
        if one.recipient == NEXT_MAYOR:
            assert "lijst opvolgers.csv" in " ".join(one.body.split()), "the source is told"
    (moved,) = (m for m in caught if m.recipient == NEXT_MAYOR and "Leerhuis b" in m.subject)
    assert "Het Dijkhuis" in moved.calendar_line("LOCATION")
    assert "Het Dijkhuis" in moved.body
    invited.until_quiet()
    assert invited.sink.take() == [], "nobody is told twice"


def test_shared_mailbox_gets_one_mail_that_names_both_and_keeps_its_entry(invited: Story) -> None:
    before = invited.invitation("a", DESK)
    change_hands(invited, dry_run=False)
    invited.tick()
    (mail,) = (m for m in invited.sink.take() if m.recipient == DESK and "Leerhuis a" in m.subject)
    body = " ".join(mail.body.split())
    assert "geldt niet meer voor: wethouder jeugd, Gemeente Dordrecht De" in body
    assert "wethouder jeugd, Gemeente Dordrecht (Saar Jeugdzaken)" in body
    assert "wethouder zorg" in body.partition("geldt wel voor")[2]
    assert mail.calendar == ""
    after = invited.invitation("a", DESK)
    assert (after.sequence, after.calendar_facts) == (before.sequence, before.calendar_facts)
    row = newest_row(invited, "a", DESK)
    answer_on_page(invited, after.token, row)
    with invited.database.reading() as session:
        answered = session.get_one(Registration, row)
        assert answered.state is RegistrationState.ACCEPTED
        assert answered.attendee_name == "Saar Jeugdzaken"
        assert answered.invitation_id == after.id


def newest_row(story: Story, source_id: str, address: str) -> int:
    """Return the id of the registration that was added last at a mailbox."""
    with story.database.reading() as session:
        return (
            session.scalars(
                select(Registration.id)
                .join(Event)
                .join(Contact, Contact.id == Registration.contact_id)
                .where(Event.source_id == source_id, Contact.address == address)
                .order_by(Registration.id.desc())
            ).first()
            or 0
        )


def answer_on_page(story: Story, token: str, row: int) -> None:
    """Say on the answer page that this office comes, and send all that a browser would."""
    path = f"/antwoord/{token}"
    web = create_web(story.start(), equal_seconds=0)
    with TestClient(web, base_url="https://agenda.var.example") as client:
        page = client.get(path).text
        fields = {}
        for tag in re.findall(r"<input[^>]+>", page):
            found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if found["type"] not in {"radio", "checkbox"} or " checked" in tag:
                empty = "Wie Komt" if found["name"].startswith("naam-") else ""
                fields[found["name"]] = found.get("value") or empty
        assert f"keuze-{row}" in page
        sent = client.post(path, data=fields | {f"keuze-{row}": "ja"}, headers=ORIGIN)
        assert sent.status_code == 200, re.sub(r"(?s).*<main", "<main", sent.text)[:3000]


def test_past_attendance_stays_with_the_person(invited: Story) -> None:
    change_hands(invited, dry_run=False)
    invited.tick()
    with invited.database.reading() as session:
        rows = session.scalars(
            select(Registration).join(Event).where(Event.source_id == "past")
        ).all()
        (there,) = (row for row in rows if row.state is RegistrationState.ATTENDED)
        assert there.contact.address == MAYOR
        assert there.attendee_name == "Burgemeester"
        assert len({row.function_id for row in rows}) == len(rows) == 6
        new = session.scalars(select(Contact).where(Contact.address == NEXT_MAYOR)).one()
        of_new = session.scalars(
            select(Registration).where(Registration.contact_id == new.id)
        ).all()
        assert {row.event.source_id for row in of_new} == set(AHEAD)
        assert {row.state for row in of_new} == {RegistrationState.INVITED}
    assert not [one for one in invited.sink.take() if "Leerhuis past" in one.subject]


def test_a_successor_answers_on_the_page_and_gets_the_confirmation(invited: Story) -> None:
    change_hands(invited, dry_run=False)
    invited.tick()
    invited.sink.take()
    invitation = invited.invitation("a", NEXT_MAYOR)
    answer_on_page(invited, invitation.token, newest_row(invited, "a", NEXT_MAYOR))
    invited.tick()
    (mail,) = invited.sink.take()
    assert mail.recipient == NEXT_MAYOR
    assert "Mila Nieuwland" in mail.body
    assert mail.calendar_line("UID") == invitation.uid


def test_a_dry_run_tells_it_all_and_does_nothing(invited: Story) -> None:
    with pytest.raises(AssertionError):
        invited.invitation("a", NEXT_MAYOR)
    tried = change_hands(invited, dry_run=True)
    invited.tick()
    assert invited.sink.take() == []
    with pytest.raises(AssertionError):
        invited.invitation("a", NEXT_MAYOR)
    done = change_hands(invited, dry_run=False)
    assert [tried[0].ended, tried[0].events] == [done[0].ended, done[0].events]
    sent = {
        (mail.to, event.title.removeprefix("Leerhuis "), mail.calendar)
        for report in tried
        for event in report.events
        for mail in event.mails
        if mail.to in {MAYOR, ALDERMAN, NEXT_MAYOR, NEXT_ALDERMAN}
    }
    invited.tick()
    assert sent == {one for one in said(invited.sink.take()) if one[0] != DESK}
    goes = {mail.goes for report in tried for event in report.events for mail in event.mails}
    assert goes == {AT_ONCE, WITHIN_THE_HOUR}
