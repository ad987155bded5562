"""Replies to an event's own questions: kept with the answer, in no history, counted without names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.registrations.scene import DOMAIN, Scene
from var_outreach.agenda.model import Event
from var_outreach.agenda.questions import Question, QuestionKind, questions_as_json
from var_outreach.errors import InputError
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Registration, RegistrationChange, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import OfficeAnswer, take_office_answer
from var_outreach.registrations.replies import Reply, checked_replies, reply_counts, unanswered
from var_outreach.storage.engine import Database

PLATE = Question("kenteken", "Kenteken")
DRINKS = Question("borrel", "Blijft u?", kind=QuestionKind.YES_NO, required=True)
TRAVEL = Question("vervoer", "Hoe?", kind=QuestionKind.CHOICE, options=("auto", "trein"))
ASKED = (PLATE, DRINKS, TRAVEL)
YES = Answer(RegistrationState.ACCEPTED, replies={})


def guest(session: Session, scene: Scene, event: Event) -> Registration:
    (row,) = scene.invited(session, event, 1)
    return row


def test_only_what_is_asked_is_kept() -> None:
    said: dict[str, Reply] = {
        "kenteken": " 12-ab\x00-34 ",
        "borrel": False,
        "vervoer": "trein",
        "anders": "x",
    }
    assert checked_replies(ASKED, said) == {
        "kenteken": "12-ab-34", "borrel": False, "vervoer": "trein"}  # fmt: skip
    assert checked_replies(ASKED, {"kenteken": "  ", "vervoer": ""}) == {}
    with pytest.raises(InputError, match="none of the options"):
        checked_replies(ASKED, {"vervoer": "fiets"})
    with pytest.raises(InputError, match="neither yes nor no"):
        checked_replies(ASKED, {"borrel": "ja"})


def test_a_no_is_an_answer_to_a_required_question() -> None:
    assert unanswered(ASKED, {}) == [DRINKS]
    assert unanswered(ASKED, {"borrel": False}) == []


def test_a_reply_is_kept_without_a_mail_and_without_a_history(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, questions=questions_as_json(ASKED))
        row = guest(session, scene, event)
        record_answer(session, row, replace(YES, replies={"kenteken": "12-AB-34"}), via="page",
                      now=now)  # fmt: skip
        told = row.version
        assert row.replies == {"kenteken": "12-AB-34"}
        record_answer(session, row, replace(YES, replies={"borrel": True}), via="page", now=now)
        assert (row.replies, row.version) == ({"borrel": True}, told)
        record_answer(session, row, Answer(RegistrationState.ACCEPTED), via="calendar", now=now)
        assert row.replies == {"borrel": True}
        for change in session.scalars(select(RegistrationChange)):
            assert "12-AB-34" not in f"{change.comment}{change.by}"


def test_a_reply_to_a_question_that_is_gone_stays_until_it_is_erased(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, questions=questions_as_json(ASKED))
        row = guest(session, scene, event)
        record_answer(session, row, replace(YES, replies={"borrel": True}), via="page", now=now)
        event.questions = questions_as_json([PLATE])
        record_answer(session, row, replace(YES, replies={"kenteken": "1"}), via="page", now=now)
        assert row.replies == {"borrel": True, "kenteken": "1"}


def test_counts_name_nobody(database: Database, scene: Scene, now: datetime) -> None:
    with database.writing() as session:
        event = scene.event(session, questions=questions_as_json(ASKED))
        said: tuple[dict[str, Reply], ...] = (
            {"kenteken": "12-AB-34", "borrel": True, "vervoer": "auto"},
            {"borrel": False, "vervoer": "auto"},
            {},
        )
        for replies in said:
            row = guest(session, scene, event)
            record_answer(session, row, replace(YES, replies=replies), via="page", now=now)
        away = guest(session, scene, event)
        no = Answer(RegistrationState.DECLINED, replies={"borrel": True})
        record_answer(session, away, no, via="page", now=now)
        plate, drinks, travel = reply_counts(session, event)
    assert (plate.coming, plate.replied, plate.counts) == (3, 1, {})
    assert (drinks.replied, drinks.counts) == (2, {"ja": 1, "nee": 1})
    assert travel.counts == {"auto": 2, "trein": 0}


@pytest.mark.parametrize("address", ["", "els@gemeente.example"])
def test_what_is_filled_in_for_a_substitute_is_theirs(
    database: Database, scene: Scene, now: datetime, address: str
) -> None:
    with database.writing() as session:
        event = scene.event(session, questions=questions_as_json(ASKED), asks_diet=True)
        office = guest(session, scene, event)
        own = Answer(RegistrationState.ACCEPTED, diet="Vegan", replies={"kenteken": "1"})
        record_answer(session, office, own, via="page", now=now)
        said = OfficeAnswer(
            Answer(RegistrationState.ACCEPTED, diet="Halal", replies={"kenteken": "2"}, note="n"),
            Named("Els Plaatsvervanger", "wethouder", address),
        )
        take_office_answer(session, office, said, uid_domain=DOMAIN, now=now)
        substitute = office.represented_by
        assert substitute is not None
        assert (substitute.diet, substitute.replies) == ("Halal", {"kenteken": "2"})
        assert (office.diet, office.replies, office.note) == ("Vegan", {"kenteken": "1"}, "n")


def test_what_stood_on_the_page_of_the_office_does_not_move_to_a_mailbox_of_their_own(
    database: Database, scene: Scene, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session, questions=questions_as_json(ASKED), asks_diet=True)
        office = guest(session, scene, event)
        own = Answer(RegistrationState.ACCEPTED, diet="Vegan", replies={"kenteken": "1"})
        record_answer(session, office, own, via="page", now=now)
        said = OfficeAnswer(own, Named("Els Plaatsvervanger", "", "els@gemeente.example"))
        take_office_answer(session, office, said, uid_domain=DOMAIN, now=now)
        substitute = office.represented_by
        assert substitute is not None
        assert (substitute.diet, substitute.replies) == ("", {})
