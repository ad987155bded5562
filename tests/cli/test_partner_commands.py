"""Questions and partners from the command line."""

from __future__ import annotations

from tests.cli.running import EVENT, Shell
from var_outreach.agenda.questions import BUILT_IN


def test_a_link_is_granted_listed_and_revoked(filled: Shell) -> None:
    made = filled("partners", "grant", EVENT, "--name", "Robin Collega", "--partner", "riec",
                  "--until", "2999-04-10", "--by", "Team", "--json").good().json  # fmt: skip
    assert made["url"].startswith("http://127.0.0.1:8025/partner/")
    assert (made["event"], made["partner"], made["state"]) == (EVENT, "riec", "open")
    (listed,) = filled("partners", "list", "--json").good().json
    assert listed == made
    assert filled("partners", "list", EVENT).good().out.count("Robin Collega") == 1
    filled("partners", "revoke", made["id"]).good()
    assert filled("partners", "list", "--json").good().json[0]["state"] == "revoked"
    assert made["url"] not in filled("partners", "list").good().out


def test_wrong_input_is_one_error(filled: Shell) -> None:
    grant = ("partners", "grant", EVENT, "--name", "Robin", "--until")
    for words, code, said in (
        ((*grant, "2020-01-01"), 2, "is over"),
        ((*grant, "morgen"), 2, "morgen"),
        ((*grant, "2999-01-01", "--partner", "riek"), 2, "Did you mean 'riec'"),
        (("partners", "revoke", "99"), 1, "there is no link 99"),
        (("partners", "list", "bestaat-niet"), 1, "there is no event"),
        (("agenda", "questions", "bestaat-niet"), 1, "there is no event"),
    ):
        ended = filled(*words)
        assert ended.code == code, ended.err
        assert said in ended.err
        assert "Traceback" not in ended.err


def test_questions_are_shown_with_their_counts(filled: Shell) -> None:
    bare = filled("agenda", "questions", EVENT, "--json").good().json
    assert bare == {"asks_diet": False, "questions": []}
    plan = filled.folder / "plan.yaml"
    plan.write_text(
        "year: 2026\nevents:\n  - id: borrel\n    kind: leerhuis\n    title: Leerhuis\n"
        "    date: 2026-03-02\n    questions: [dieet, kenteken]\n",
        "utf-8",
    )
    filled("agenda", "import", plan).good()
    found = filled("agenda", "questions", "2026-03-02-leerhuis", "--json").good().json
    assert found["asks_diet"] is True
    (plate,) = found["questions"]
    assert (plate["key"], plate["label"], plate["coming"]) == (
        "kenteken", BUILT_IN["kenteken"].label, 0)  # fmt: skip
    shown = filled("agenda", "questions", "2026-03-02-leerhuis").good().out
    assert "Kenteken" in shown
    assert "lists diet" in shown
