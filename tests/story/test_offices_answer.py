"""Offices answer: somebody else comes and colleagues come along; three share one mailbox."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.mailbox.mails import BOUNCES, report
from tests.story.paper import Paper, read_fields
from tests.story.scene import Story, moment
from tests.story.sink import Caught
from var_outreach import pipeline
from var_outreach.agenda.store import find_event
from var_outreach.outbox.model import Delivery, Mailing
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.reporting.calls import Reason, call_list

S = RegistrationState
PLAN = (
    "id: l, kind: leerhuis, title: Leerhuis Ondermijning, date: 2025-03-17, from: 9.30, to: 12.00, "
    "place: Stadhuis Dordrecht, invite: leerhuis, capacity: {capacity}, max_per_organisation: 6"
)
MAYOR = "burgemeester@schiedam.example"
DESK = "bestuur@dordrecht.example"


class Desk(Paper):
    """Fills in pages as a secretary does."""

    def send(self, address: str, fields: dict[str, str], choice: str = "") -> None:
        """Send the page of ``address`` as it stands, with ``fields`` filled in."""
        path = self.links[address]
        whole = {**read_fields(self.get(path), choice), **fields}
        sent = self._client.post(
            path, data=whole, headers={"Origin": self.story.settings().base_url}
        )
        assert sent.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", sent.text)[:900]
        assert sent.headers["location"] == f"{path}/klaar"


def invite_all(story: Story, *, capacity: int = 60) -> tuple[Desk, list[Caught]]:
    """Let staff release the invitation; return the desks and what was caught."""
    story.plan(PLAN.format(capacity=capacity))
    story.at(moment(2, 3))
    story.tick()
    paper = Desk(story)
    caught = story.send("invitation", "l")
    paper.read(caught)
    return paper, caught


def office_at(story: Story, address: str) -> int:
    with story.database.reading() as session:
        return session.scalars(
            select(Registration.id)
            .join(Contact, Contact.id == Registration.contact_id)
            .where(Contact.address == address)
        ).one()


def states(story: Story) -> dict[str, RegistrationState]:
    with story.database.reading() as session:
        return {row.attendee_name: row.state for row in session.scalars(select(Registration))}


def told(story: Story) -> dict[str, Caught]:
    """Run the program and return what was caught, one mail to each."""
    story.tick()
    found: dict[str, Caught] = {}
    for one in story.sink.take():
        assert one.recipient not in found, one.subject
        found[one.recipient] = one
    return found


def test_a_mayor_sends_an_alderman_and_two_advisers(story_on_both: Story) -> None:
    story = story_on_both
    paper, _ = invite_all(story)
    number = office_at(story, MAYOR)
    page = paper.page(MAYOR)
    assert "Burgemeester, Gemeente Schiedam" in page
    assert "Er komt iemand anders" in page
    paper.send(
        MAYOR,
        {
            f"keuze-{number}": "ander",
            f"ander-{number}-naam": "Els Plaatsvervanger",
            f"ander-{number}-functie": "wethouder",
            f"ander-{number}-adres": "els@schiedam.example",
            f"collega-{number}-1-naam": "Anna Adviseur",
            f"collega-{number}-1-adres": "anna@schiedam.example",
            f"collega-{number}-2-naam": "Bert Beleid",
            f"collega-{number}-2-functie": "adviseur",
            f"collega-{number}-2-adres": "bert@schiedam.example",
            "namens": "Saskia Secretaris",
        },
    )
    assert "Els Plaatsvervanger komt in uw plaats" in paper.get(f"{paper.links[MAYOR]}/klaar")
    found = states(story)
    assert found["Burgemeester"] is S.REPRESENTED
    assert [found[name] for name in ("Els Plaatsvervanger", "Anna Adviseur", "Bert Beleid")] == [
        S.ACCEPTED
    ] * 3
    mails = told(story)
    confirmed = [f"{name}@schiedam.example" for name in ("anna", "bert", "els")]
    assert sorted(mails) == sorted([*confirmed, MAYOR])
    uids = set()
    for address in confirmed:
        one = mails[address]
        assert one.subject.startswith("Aangemeld: Leerhuis Ondermijning")
        assert "burgemeester, Gemeente Schiedam (Saskia Secretaris)" in one.body
        assert one.calendar_line("METHOD") == "REQUEST"
        assert f"mailto:{address}" in one.calendar
        assert "PARTSTAT=ACCEPTED" in one.calendar
        uids.add(one.calendar_line("UID"))
    assert len(uids) == 3
    assert mails[MAYOR].subject.startswith("Vertegenwoordigd: ")
    assert "Els Plaatsvervanger" in mails[MAYOR].body
    assert mails[MAYOR].calendar == ""
    # There is nothing for staff to do, and nothing more to say.
    assert told(story) == {}
    assert {state for key, state in story.mailings().items() if "confirmation" in key} == {
        "sending"
    }

    # The mayor can come after all: the alderman is taken off, by a CANCEL for that entry alone.
    paper.send(MAYOR, {}, "ja")
    mails = told(story)
    assert sorted(mails) == [MAYOR, "els@schiedam.example"]
    off = mails["els@schiedam.example"]
    assert off.calendar_line("METHOD") == "CANCEL"
    assert off.calendar_line("UID") in uids
    assert off.subject.startswith("Afgemeld: ")
    assert "burgemeester, Gemeente Schiedam" in off.body
    assert mails[MAYOR].subject.startswith("Aangemeld: ")
    assert states(story)["Anna Adviseur"] is S.ACCEPTED
    # On the eve everybody who comes is reminded, at their own mailbox, and nobody else.
    story.sink.take()
    story.at(moment(3, 14, 10))
    story.tick()
    story.tick()
    reminded = sorted(one.recipient for one in story.sink.take())
    assert reminded == sorted([*confirmed[:2], MAYOR])


def test_a_substitute_who_cannot_come_leaves_the_office_asked_anew(story: Story) -> None:
    paper, _ = invite_all(story)
    number = office_at(story, MAYOR)
    paper.send(
        MAYOR,
        {
            f"keuze-{number}": "ander",
            f"ander-{number}-naam": "Els Plaatsvervanger",
            f"ander-{number}-adres": "els@schiedam.example",
        },
    )
    paper.read(told(story).values())
    paper.answer("els@schiedam.example", "nee")
    mails = told(story)
    assert sorted(mails) == [MAYOR, "els@schiedam.example"]
    assert mails[MAYOR].subject.startswith("Wie komt er? ")
    assert "komt niet op" in mails[MAYOR].body
    assert states(story)["Burgemeester"] is S.INVITED


@pytest.fixture
def three(story_on_both: Story) -> Story:
    """A third office at the desk of two."""
    with story_on_both.database.writing() as session:
        desk = session.scalars(select(Contact).where(Contact.address == DESK)).one()
        town = session.scalars(
            select(Organisation).where(Organisation.key == "gemeente-dordrecht")
        ).one()
        session.add(
            Function(organisation=town, role="wethouder", portfolio="financiën", secretariat=desk)
        )
    return story_on_both


def test_three_offices_at_one_address(three: Story, tmp_path: Path) -> None:
    story = three
    paper, caught = invite_all(story, capacity=1)
    (letter,) = [one for one in caught if one.recipient == DESK]
    for portfolio in ("jeugd", "zorg", "financiën"):
        assert f"wethouder {portfolio}, Gemeente Dordrecht" in letter.body
        assert f"Wethouder ({portfolio}), Gemeente Dordrecht" in paper.page(DESK)
    first, second, third = offices_at(story, DESK)
    paper.send(
        DESK,
        {
            f"keuze-{first}": "ja",
            f"naam-{first}": "Jo Jeugd",
            f"keuze-{second}": "misschien",
            f"naam-{second}": "Zus Zorg",
            f"keuze-{third}": "ja",
            f"naam-{third}": "Fin Financiën",
        },
    )
    found = states(story)
    assert [found[name] for name in ("Jo Jeugd", "Zus Zorg", "Fin Financiën")] == [
        S.ACCEPTED,
        S.TENTATIVE,
        S.WAITLISTED,
    ]
    story.tick()
    told_of = {one.subject.partition(":")[0] for one in story.sink.take()}
    assert {"Aangemeld", "U komt misschien"} < told_of
    # The mailbox turns out not to exist any more: all three offices are to be called.
    token = delivery_token(story, DESK)
    new = tmp_path / "in" / "new"
    for part in ("new", "cur", "tmp"):
        (tmp_path / "in" / part).mkdir(parents=True)
    (new / "1").write_bytes(report(to=BOUNCES.replace("{token}", token), final=f"rfc822; {DESK}"))
    app = story.start()
    pipeline.read_mailbox(app, tmp_path / "in")
    with story.database.reading() as session:
        event = find_event(session, story.event("l").key)
        calls = call_list(
            session, event, audience=None, on_date=date(2025, 2, 3), signer=app.signer
        )
        bounced = {(one.office, one.answer) for one in calls if one.reason is Reason.BOUNCED}
    assert {answer for _, answer in bounced} == {"komt", "misschien", "wachtlijst"}
    assert len(bounced) == 3


def offices_at(story: Story, address: str) -> list[int]:
    with story.database.reading() as session:
        return list(
            session.scalars(
                select(Registration.id)
                .join(Contact, Contact.id == Registration.contact_id)
                .where(Contact.address == address)
                .order_by(Registration.id)
            )
        )


def delivery_token(story: Story, address: str) -> str:
    with story.database.reading() as session:
        return session.scalars(
            select(Delivery.token)
            .join(Mailing)
            .where(Delivery.address == address, Mailing.kind == "invitation")
        ).one()
