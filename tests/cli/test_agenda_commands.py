"""``var-outreach agenda`` as a person, or another program, uses it."""

from __future__ import annotations

import pytest

from tests.cli.running import CALENDAR, EVENT, Shell

PLAN = """Jaarplan 2026

Agenda
7 april 2026 Leerhuis
31 juni 2026 Webinar
16 oktober 2026 Najaarscarrousel

Wij organiseren in 2026 drie netwerkbijeenkomsten Mensenhandel.
"""


def test_a_dry_run_in_json_is_a_list_and_needs_no_database(shell: Shell) -> None:
    done = shell("agenda", "import", shell.write("plan.txt", PLAN), "--dry-run", "--json").good()
    assert [(one["date"], one["kind"], one["title"], one["line"]) for one in done.json] == [
        ("2026-04-07", "leerhuis", "Leerhuis", 4),
        ("2026-10-16", "carrousel", "Najaarscarrousel", 6),
    ]
    assert all(isinstance(one["notes"], list) for one in done.json)
    assert "plan.txt:5: not read: '31 juni 2026 Webinar'" in done.err
    assert not (shell.folder / "var").exists()


def test_promises_without_a_date_are_in_the_list_when_asked(shell: Shell) -> None:
    path = shell.write("plan.txt", PLAN)
    done = shell("agenda", "import", path, "--dry-run", "--json", "--with-undated").good()
    (undated,) = [one for one in done.json if one["date"] is None]
    assert (undated["kind"], undated["quantity"], undated["line"]) == ("netwerkbijeenkomst", 3, 8)
    assert "plan.txt:8: has no date yet" in done.err


@pytest.mark.parametrize("options", [("--dry-run", "--json"), ("--dry-run",), ()])
def test_a_plan_of_which_nothing_can_be_read_is_refused(
    shell: Shell, options: tuple[str, ...]
) -> None:
    path = shell.write("plan.txt", "Jaarplan 2026\n\nAgenda\n31 juni 2026 Webinar\nBezoek haven\n")
    done = shell("agenda", "import", path, *options)
    assert (done.code, done.out) == (2, "")
    assert "plan.txt:4: not one line of the agenda" in done.err
    assert "Put each meeting on a line of its own" in done.err
    assert "Traceback" not in done.err


def test_what_the_file_as_a_whole_gives_rise_to_is_said_on_the_other_channel(shell: Shell) -> None:
    path = shell.write("plan.txt", "7 april 2026 Leerhuis\n16 oktober 2026 Najaarscarrousel\n")
    done = shell("agenda", "import", path, "--dry-run", "--json").good()
    assert len(done.json) == 2
    assert "geen kopje" in done.err


def test_a_dry_run_changes_nothing(filled: Shell) -> None:
    text = (
        CALENDAR.read_text().replace("2025-04-07", "2025-04-08").replace("2025-07-07", "2025-07-08")
    )
    text = text.replace("id: 2025-leerhuis-november", "id: anders")
    before = filled.dump()
    done = filled("agenda", "import", filled.write("p.yaml", text), "--dry-run", "--cancel").good()
    assert "This is what an import would do" in done.out
    assert "cancelled" in done.out
    assert filled.dump() == before


def test_what_an_import_did_in_json(filled: Shell) -> None:
    text = CALENDAR.read_text().replace("2025-04-07", "2025-04-08")
    done = filled("agenda", "import", filled.write("p.yaml", text), "--json").good().json
    assert [one["key"] for one in done["moved"]] == [EVENT]
    assert done["moved"][0]["fields"][0] == ["on_date", "2025-04-07", "2025-04-08"]
    assert {"added", "changed", "missing", "cancelled", "unchanged", "questions", "remarks",
            "unreadable", "said_by_file"} <= done.keys()  # fmt: skip
    assert (done["added"], done["missing"], done["unreadable"]) == ([], [], [])


def test_what_an_import_did_in_words(filled: Shell) -> None:
    text = CALENDAR.read_text().replace("2025-04-07", "2025-04-08")
    text = text.replace("2025-leerhuis-november", "2025-leerhuis-winter")
    done = filled("agenda", "import", filled.write("p.yaml", text)).good()
    assert "on_date: 2025-04-07 -> 2025-04-08" in done.out
    assert "no longer in the file" in done.out
    assert "Nothing was cancelled by that" in done.out
    assert "Question: line" in done.out
    assert "2025-11-17-leerhuis" in done.out


def test_an_edit_by_staff_survives_the_old_file(filled: Shell) -> None:
    assert (
        "place: (nothing) -> Stadhuis"
        in filled("agenda", "set", EVENT, "place=Stadhuis").good().out
    )
    assert filled("agenda", "import", CALENDAR, "--json").good().json["changed"] == []
    assert filled("agenda", "show", EVENT, "--json").good().json["place"] == "Stadhuis"


def test_the_answer_to_the_question_whether_two_events_are_one(filled: Shell) -> None:
    text = (
        CALENDAR.read_text()
        .replace("2025-leerhuis-april\n", "nieuw\n")
        .replace("2025-04-07", "2025-04-14")
    )
    path = filled.write("p.yaml", text)
    filled("agenda", "import", path).good()
    done = filled("agenda", "same", EVENT, "2025-04-14-leerhuis").good()
    assert "on_date: 2025-04-07 -> 2025-04-14" in done.out
    again = filled("agenda", "import", path, "--json").good().json
    assert (again["added"], again["missing"], again["questions"]) == ([], [], [])
    keys = [one["key"] for one in filled("agenda", "list", "--json").json]
    assert EVENT in keys
    assert "2025-04-14-leerhuis" not in keys


def test_events_are_listed(filled: Shell) -> None:
    events = filled("agenda", "list", "--json").good().json
    assert {"key", "kind", "title", "on_date", "state", "place", "visibility"} <= events[0].keys()
    assert [one["on_date"] for one in events if one["on_date"]] == sorted(
        one["on_date"] for one in events if one["on_date"]
    )
    shown = filled("agenda", "list").good().out
    assert all(one["key"] in shown for one in events)


def test_one_event_and_its_changes(filled: Shell) -> None:
    filled("agenda", "set", EVENT, "capacity=40", "asks_diet=ja", "--by", "Team").good()
    event = filled("agenda", "show", EVENT, "--json").good().json
    assert (event["capacity"], event["asks_diet"]) == (40, True)
    assert {(c["field"], c["after"], c["by"]) for c in event["changes"]} == {
        ("capacity", "40", "Team"), ("asks_diet", "True", "Team"),
    }  # fmt: skip
    assert "capacity  40" in filled("agenda", "show", EVENT).good().out


def test_a_move_takes_the_hours_along(filled: Shell) -> None:
    filled("agenda", "move", EVENT, "2025-04-10", "--from", "9.30", "--to", "12").good()
    filled("agenda", "move", EVENT, "2025-11-10").good()
    event = filled("agenda", "show", EVENT, "--json").json
    assert event["on_date"] == "2025-11-10"
    assert (event["starts_at"], event["ends_at"]) == (
        "2025-11-10T08:30:00+00:00", "2025-11-10T11:00:00+00:00",
    )  # fmt: skip
    assert "2025-11-10 09:30" in filled("agenda", "show", EVENT).out


def test_an_undated_event_with_a_date_is_planned(filled: Shell) -> None:
    filled("agenda", "move", "2025-leerhuis-mensenhandel", "2025-06-12").good()
    event = filled("agenda", "show", "2025-leerhuis-mensenhandel", "--json").json
    assert (event["state"], event["on_date"]) == ("planned", "2025-06-12")


def test_an_event_is_cancelled(filled: Shell) -> None:
    filled("agenda", "cancel", EVENT).good()
    assert filled("agenda", "show", EVENT, "--json").json["state"] == "cancelled"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", EVENT, "place"), "field=value"),
        (("set", EVENT, "plaats=x"), "cannot be set"),
        (("set", EVENT, "title="), "an event has a title"),
        (("set", EVENT, "capacity=-1"), "no whole number"),
        (("set", EVENT, "capacity=99999999999999999999"), "no whole number"),
        (("set", EVENT, "asks_diet=misschien"), "neither yes nor no"),
        (("set", EVENT, "answer_by_on=7 april"), "not a day"),
        (("set", EVENT, "online_url=javascript:alert(1)"), "no web address"),
        (("set", EVENT, "audience_key=leerhuizen"), "Did you mean 'leerhuis'"),
        (("set", "2025-leerhuis", "place=x"), "there is no event"),
        (("move", EVENT, "2025-04-31"), "2025-04-31"),
        (("move", EVENT, "2025-04-10", "--from", "25.00"), "not an hour"),
        (("move", EVENT, "2025-04-10", "--from", "9.30", "--to", "9.00"), "end before it starts"),
        (("same", EVENT, EVENT), "cannot be one event"),
        (("cancel", "niets"), "there is no event"),
        (("show", "niets"), "there is no event"),
    ],
)
def test_a_wrong_change_is_one_message_and_changes_nothing(
    filled: Shell, words: tuple[str, ...], said: str
) -> None:
    before = filled.dump()
    done = filled("agenda", *words)
    assert done.code in {1, 2}
    assert said in done.err
    assert done.out == ""
    assert filled.dump() == before
