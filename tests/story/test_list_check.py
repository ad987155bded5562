"""A secretary is asked whether the list is right: by mail, reminded once, answered on the page."""

from __future__ import annotations

import re
from datetime import date

from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.story.scene import Story, moment
from var_outreach.people.model import Function, ListCheck, Organisation
from var_outreach.staff import list_checks
from var_outreach.web.server import create_web

UNTIL = date(2025, 2, 14)
KEY = f"list-check:{UNTIL}"
SECRETARIES = {
    "gemeente-dordrecht": "secretaris@dordrecht.example",
    "gemeente-schiedam": "secretaris@schiedam.example",
}


def asked(story: Story) -> list_checks.Asked:
    for organisation, address in SECRETARIES.items():
        story.hire("gemeentesecretaris", address, organisation)
    story.at(moment(1, 20))
    return list_checks.ask_lists(story.start(), [], until_on=UNTIL, to_role="gemeentesecretaris")


def tokens(story: Story) -> dict[str, str]:
    with story.database.reading() as session:
        return {str(one.contact.address): one.token for one in session.scalars(select(ListCheck))}


def answer(story: Story, address: str, **fields: str) -> None:
    path = f"/lijst/{tokens(story)[address]}"
    web = create_web(story.start(), equal_seconds=0)
    with TestClient(web, base_url="https://agenda.var.example") as client:
        page = client.get(path).text
        secret = re.findall(r'name="formulier" value="([^"]+)"', page)[0]
        sent = client.post(
            path,
            data={"formulier": secret, **fields},
            headers={"Origin": "https://agenda.var.example"},
        )
        assert "Uw antwoord is bewaard" in sent.text


def test_the_request_waits_for_release_and_goes_once(story: Story) -> None:
    report = asked(story)
    assert report.mailing == KEY
    assert sorted(one.address for one in report.asked) == sorted(SECRETARIES.values())
    story.tick()
    assert story.sink.caught == []
    assert story.mailing("list-check").state == "draft"
    mails = story.send("list-check")
    assert sorted(one.recipient for one in mails) == sorted(SECRETARIES.values())
    first = next(one for one in mails if one.recipient == SECRETARIES["gemeente-dordrecht"])
    assert "Gemeente Dordrecht" in first.body
    assert "vrijdag 14 februari 2025" in " ".join(first.body.split())
    assert f"/lijst/{tokens(story)[first.recipient]}" in first.body
    assert "Wij hebben uw adres van" in " ".join(first.body.split())
    again = list_checks.ask_lists(story.start(), [], until_on=UNTIL, to_role="gemeentesecretaris")
    assert not any(one.is_new for one in again.asked)
    story.until_quiet()
    assert story.sink.take() == []


def test_only_who_is_silent_is_reminded_and_once(story: Story) -> None:
    asked(story)
    story.tick()
    story.send("list-check")
    answer(story, SECRETARIES["gemeente-dordrecht"])
    story.at(moment(2, 7, 8, 59))
    story.tick()
    assert story.sink.take() == []
    story.at(moment(2, 7, 9, 1))
    story.tick()
    (mail,) = story.sink.take()
    assert mail.recipient == SECRETARIES["gemeente-schiedam"]
    assert mail.subject == "Herinnering: klopt uw lijst nog?"
    story.at(moment(2, 10))
    story.tick()
    assert story.sink.take() == []
    assert story.mailings()[f"{KEY}:reminder"] == "sent"


def test_who_answers_while_the_mail_waits_is_not_mailed(story: Story) -> None:
    asked(story)
    story.tick()
    key = story.release("list-check", at_once=True)
    answer(story, SECRETARIES["gemeente-schiedam"])
    story.at(moment(1, 20, 9, 15))
    story.tick()
    assert [one.recipient for one in story.sink.take()] == [SECRETARIES["gemeente-dordrecht"]]
    assert story.deliveries(key).total() == 1


def test_one_more_organisation_is_served_by_the_same_mailing(story: Story) -> None:
    asked(story)
    story.tick()
    story.send("list-check")
    with story.database.writing() as session:
        riec = Organisation(key="riec-rotterdam", name="RIEC Rotterdam", kind="riec")
        session.add(riec)
    story.hire("directeur", "directeur@riec.example", "riec-rotterdam")
    list_checks.ask_lists(
        story.start(), ["riec-rotterdam"], until_on=UNTIL, to_address="directeur@riec.example"
    )
    story.tick()
    assert [one.recipient for one in story.sink.take()] == ["directeur@riec.example"]


def test_a_correction_takes_the_old_holder_off_and_invites_the_next(story: Story) -> None:
    story.plan("id: a, kind: leerhuis, title: Leerhuis, date: 2025-02-24")
    asked(story)
    story.tick()
    story.send("invitation", "a")
    story.send("list-check")
    with story.database.reading() as session:
        mayor = session.scalars(
            select(Function.id)
            .join(Organisation)
            .where(Organisation.key == "gemeente-dordrecht", Function.role == "burgemeester")
        ).one()
    answer(
        story,
        SECRETARIES["gemeente-dordrecht"],
        **{
            f"rij-{mayor}": "opvolger",
            f"naam-{mayor}": "Mila Nieuwland",
            f"adres-{mayor}": "mila.nieuwland@dordrecht.example",
            f"per-{mayor}": "1-2-2025",
        },
    )
    story.tick()
    assert sorted((one.recipient, one.calendar_line("METHOD")) for one in story.sink.take()) == [
        ("burgemeester@dordrecht.example", "CANCEL"),
        ("mila.nieuwland@dordrecht.example", "REQUEST"),
    ]
