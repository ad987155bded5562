"""``agenda edit``, ``postpone`` and ``successor`` as a person, or another program, uses them."""

from __future__ import annotations

import pytest

from tests.cli.running import EVENT, Shell

LATER = """\
year: 2099
events:
  - {id: feest, kind: leerhuis, title: Feestdag, date: 2099-12-25}
  - {id: gewoon, kind: webinar, title: Webinar, date: 2099-11-12}
"""


def test_a_postponed_event_and_its_successor(filled: Shell) -> None:
    done = filled("agenda", "postpone", EVENT, "--reason", "De zaal is dicht.").good()
    assert f"{EVENT} is postponed" in done.out
    shown = filled("agenda", "show", EVENT, "--json").good().json
    assert (shown["state"], shown["moved_to"]) == ("postponed", None)
    assert "De zaal is dicht." in [one["after"] for one in shown["changes"]]
    assert filled("agenda", "postpone", EVENT).code == 1

    made = filled("agenda", "successor", EVENT, "--on", "2099-03-17", "--starts", "9.30").good()
    assert f"2099-03-17-leerhuis on 2099-03-17 is held instead of {EVENT}" in made.out
    new = filled("agenda", "show", "2099-03-17-leerhuis", "--json").good().json
    assert (new["replaces"], new["state"]) == (EVENT, "planned")
    assert filled("agenda", "show", EVENT, "--json").json["moved_to"] == "2099-03-17-leerhuis"
    assert "moved_to  2099-03-17-leerhuis" in filled("agenda", "show", EVENT).good().out

    again = filled("agenda", "successor", EVENT, "--on", "2099-03-18")
    assert again.code == 1
    assert "was replaced by '2099-03-17-leerhuis'" in again.err
    back = filled("agenda", "move", EVENT, "2099-04-01")
    assert back.code == 1
    assert "was replaced by" in back.err


def test_an_event_of_the_agenda_as_successor_in_json(filled: Shell) -> None:
    filled("agenda", "postpone", EVENT, "--json").good()
    filled("agenda", "import", filled.write("p.yaml", LATER)).good()
    done = filled("agenda", "successor", EVENT, "--is", "2099-12-25-feestdag", "--json").good()
    assert done.json["key"] == "2099-12-25-feestdag"
    assert any("is a public holiday: Christmas Day" in one for one in done.json["warnings"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("successor", EVENT), "give the day of a new event"),
        (("successor", EVENT, "--on", "2099-01-01", "--is", "x"), "give the day of a new event"),
        (("successor", EVENT, "--is", EVENT, "--title", "x"), "Give --is alone"),
        (("successor", EVENT, "--on", "2099-03-17"), "not postponed"),
        (("successor", EVENT, "--on", "2001-03-17"), "is past"),
        (("successor", EVENT, "--on", "2099-03-17", "--starts", "x"), "is not an hour"),
        (("successor", EVENT, "--on", "2099-03-17", "--ends", "9"), "end is not after the start"),
        (("successor", "nergens", "--on", "2099-03-17"), "there is no event"),
        (("postpone", "nergens"), "there is no event"),
        (("edit", EVENT), "nothing to change"),
        (("edit", EVENT, "--keep-all"), "go with --capacity"),
        (("edit", EVENT, "--capacity", "5", "--to-waiting-list", "x"), "no number"),
        (("edit", EVENT, "--capacity", "5", "--to-waiting-list", "1"), "nobody has to wait"),
        (("edit", EVENT, "--follows", EVENT), "would follow itself"),
        (("edit", EVENT, "--follows", "nergens"), "there is no event"),
        (("edit", EVENT, "--follows", "x", "--follows-nothing"), "follow an event and none"),
    ],
)
def test_what_cannot_be_is_one_message_and_changes_nothing(
    filled: Shell, words: tuple[str, ...], said: str
) -> None:
    before = filled.dump()
    done = filled("agenda", *words)
    assert done.code in {1, 2}
    assert said in done.err
    assert "Traceback" not in done.err
    assert filled.dump() == before


def test_an_event_that_follows_another_moves_along(filled: Shell) -> None:
    filled("agenda", "import", filled.write("p.yaml", LATER)).good()
    lead, other = "2099-11-12-webinar", "2099-12-25-feestdag"
    done = filled("agenda", "edit", other, "--follows", lead, "--json").good()
    assert [one["field"] for one in done.json["changes"]] == ["follows_id"]
    moved = filled("agenda", "move", lead, "2099-11-13").good()
    assert f"'{other}' follows '{lead}' and moved along: from 2099-12-25 to 2099-12-26" in moved.out
    assert filled("agenda", "show", other, "--json").json["on_date"] == "2099-12-26"
    put_off = filled("agenda", "postpone", lead).good()
    assert f"'{other}' follows '{lead}', which is postponed; it stays on 2099-12-26" in put_off.err
    filled("agenda", "edit", other, "--follows-nothing").good()
    assert filled("agenda", "show", other, "--json").json["follows"] is None


def test_awkward_days_are_warned_of_wherever_events_are_shown(filled: Shell) -> None:
    path = filled.write("p.yaml", LATER)
    holiday = "Friday 25 December 2099 is a public holiday: Christmas Day"
    unknown = "no school holidays known for 2099-2100"
    dry = filled("agenda", "import", path, "--dry-run", "--json").good()
    assert [holiday in one["warnings"] for one in dry.json] == [True, False]
    assert f"p.yaml:3: {holiday}" in dry.err
    done = filled("agenda", "import", path, "--json").good()
    assert done.json["warnings"] == [f"2099-12-25-feestdag: {holiday}", unknown]
    assert filled("agenda", "import", path, "--json").json["warnings"] == [], "nothing new"
    shown = filled("agenda", "show", "2099-12-25-feestdag").good()
    assert (holiday in shown.err, unknown in shown.err) == (True, True)
    seen = filled("agenda", "show", "2099-12-25-feestdag", "--json").good().json
    assert seen["warnings"] == [holiday, unknown]
    moved = filled("agenda", "move", "2099-11-12-webinar", "2099-11-14").good()
    assert "Saturday 14 November 2099 is in a weekend" in moved.err
    plan = filled("plan", "show", "--from", "2099-11-01", "--until", "2099-12-31").good()
    assert f"2099-12-25-feestdag: {holiday}" in plan.err
    dues = filled("plan", "show", "--from", "2099-11-01", "--until", "2099-12-31", "--json").json
    assert any(
        holiday in due["warnings"] for due in dues if due["subject"] == "2099-12-25-feestdag"
    )
