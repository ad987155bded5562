"""A day is read as our lists print it and as it is written in Dutch; else one sentence says how."""

from __future__ import annotations

from datetime import date

import pytest

from tests.cli.running import EVENT, Shell
from var_outreach.cli.arguments import day_of
from var_outreach.errors import InputError


@pytest.mark.parametrize("text", ["2027-02-05", "05-02-2027", "5-2-2027", " 2027-2-5 "])
def test_a_day_in_either_order(text: str) -> None:
    assert day_of(text) == date(2027, 2, 5)


@pytest.mark.parametrize(
    "text", ["", "31-02-2027", "2027-13-01", "0000-01-01", "05-02-27", "5 februari", "2027-02-05x"]
)
def test_what_is_no_day_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InputError, match="Write it as 2027-02-05"):
        day_of(text)


def test_commands_take_a_dutch_date(filled: Shell) -> None:
    filled("agenda", "move", EVENT, "05-02-2099").good()
    assert filled("agenda", "show", EVENT, "--json").json["on_date"] == "2099-02-05"
    filled("agenda", "set", EVENT, "answer_by_on=20-01-2099").good()
    assert filled("agenda", "show", EVENT, "--json").json["answer_by_on"] == "2099-01-20"
    (due,) = [
        due
        for due in filled(
            "plan", "show", "--from", "1-1-2099", "--until", "31-12-2099", "--json"
        ).good().json
        if due["subject"] == EVENT and due["kind"] == "participant-reminder"
    ]  # fmt: skip
    assert due["at"].startswith("2099-0")


@pytest.mark.parametrize(
    "words",
    [
        ("agenda", "move", EVENT, "5 feb 2027"),
        ("plan", "show", "--from", "5 feb 2027"),
        ("plan", "show", "--until", "5 feb 2027"),
        ("agenda", "successor", EVENT, "--on", "5 feb 2027"),
        ("functions", "list", "--on", "5 feb 2027"),
        ("agenda", "set", EVENT, "answer_by_on=5 feb 2027"),
    ],
)
def test_a_date_that_is_none_is_one_sentence(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell(*words)
    assert (done.code, done.out) == (2, "")
    assert "'5 feb 2027' is not a day. Write it as 2027-02-05" in done.err
