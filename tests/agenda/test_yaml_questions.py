"""What an event asks: read with the line of every mistake, kept, and handed on."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.agenda.plan_texts import KINDS, ZONE
from tests.agenda.taking_over import Agenda, yaml
from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.questions import (
    BUILT_IN,
    Question,
    QuestionKind,
    questions_as_json,
    questions_of,
)
from var_outreach.agenda.yaml_file import read_yaml
from var_outreach.errors import FileError
from var_outreach.storage.engine import Database

DAY = "date: 2025-04-07"
HEAD = "year: 2025\nevents:\n  - id: a\n    kind: leerhuis\n    title: T\n    questions:\n"


def questions(*lines: str) -> tuple[Question, ...]:
    text = HEAD + "".join(f"      - {line}\n" for line in lines)
    (entry,) = read_yaml(text, KINDS, zone=ZONE, name="x.yaml").entries
    found = entry.extra["questions"]
    assert isinstance(found, tuple)
    return found


@pytest.fixture
def agenda(database: Database, now: datetime) -> Agenda:
    return Agenda(database, now)


def test_known_questions_are_asked_by_name() -> None:
    asked = questions("dieet", "Kenteken", "toegankelijkheid")
    assert [one.key for one in asked] == ["dieet", "kenteken", "toegankelijkheid"]
    assert asked[1] == BUILT_IN["kenteken"]


def test_a_known_question_may_be_required_or_worded_otherwise() -> None:
    (plate,) = questions("{key: kenteken, required: true}")
    assert (plate.label, plate.required) == (BUILT_IN["kenteken"].label, True)
    (other,) = questions("{key: kenteken, label: Met welke auto komt u?}")
    assert (other.label, other.label_en) == ("Met welke auto komt u?", "")


def test_a_question_of_ones_own() -> None:
    assert questions(
        "{key: vervoer, label: Hoe komt u?, label_en: How do you travel?, options: [auto, trein]}",
        "{key: borrel, label: Blijft u?, kind: yesno, required: true}",
        "{key: wens, label: Wat wilt u weten?}",
    ) == (
        Question("vervoer", "Hoe komt u?", "How do you travel?", QuestionKind.CHOICE,
                 ("auto", "trein")),
        Question("borrel", "Blijft u?", "", QuestionKind.YES_NO, required=True),
        Question("wens", "Wat wilt u weten?"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kenteke", "Did you mean 'kenteken'?"),
        ("vervoer", "a question of your own has 'key:' and 'label:'"),
        ("{label: Hoe komt u?}", "a question lacks 'key'"),
        ("{key: Vervoer, label: Hoe?}", "'Vervoer' is no key"),
        ("{key: vervoer}", "the question 'vervoer' lacks 'label'"),
        ("{key: diet, label: Eten}", "Write just '- dieet'"),
        ("{key: a, label: b, kind: choise}", "Did you mean 'choice'?"),
        ("{key: a, label: b, kind: choice}", "needs 2 to 12 different options"),
        ("{key: a, label: b, options: [c, c]}", "needs 2 to 12 different options"),
        ("{key: a, label: b, kind: yesno, options: [c, d]}", "has no options"),
        ("{key: a, label: b, required: perhaps}", "required is not known: 'perhaps'"),
        ("{key: a, label: b, optoins: [c, d]}", "Did you mean 'options'?"),
        ("{key: a, label: " + "b" * 151 + "}", "longer than 150"),
        ("{key: a, label: b, options: [c, " + "d" * 81 + "]}", "longer than 80"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(FileError) as caught:
        questions("dieet", line)
    assert said in str(caught.value)
    assert "x.yaml:8" in str(caught.value)


def test_the_same_question_twice_and_too_many_are_told() -> None:
    with pytest.raises(FileError, match="'kenteken' is there twice"):
        questions("kenteken", "{key: kenteken, label: Nog eens}")
    with pytest.raises(FileError, match="more than 10 questions"):
        questions(*(f"{{key: a{number}, label: b}}" for number in range(11)))


def test_an_import_keeps_them_and_takes_them_away_again(agenda: Agenda) -> None:
    asked = f"id: a\n{DAY}\nquestions: [dieet, kenteken, {{key: b, label: Blijft u?, kind: yesno}}]"
    agenda.take(yaml(asked))
    facts = event_facts(agenda.only())
    assert facts.asks_diet
    assert [(one.key, one.kind.value) for one in facts.questions] == [
        ("kenteken", "text"), ("b", "yesno")]  # fmt: skip
    assert agenda.take(yaml(asked)).unchanged == 1
    agenda.take(yaml(f"id: a\n{DAY}"))
    facts = event_facts(agenda.only())
    assert (facts.asks_diet, facts.questions) == (False, ())


def test_what_is_kept_is_read_again() -> None:
    asked = (*BUILT_IN.values(), Question("a", "b", "c", QuestionKind.CHOICE, ("d", "e"), True))
    assert questions_of(questions_as_json(asked)) == asked
    assert questions_of([{"key": "oud"}]) == (Question("oud", "oud"),)
