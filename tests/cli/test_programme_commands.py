"""``var-outreach programme`` and ``speakers`` as a person, or another program, uses them."""

from __future__ import annotations

import pytest

from tests.cli.running import CALENDAR, ROOT, Shell

EVENT = "2025-03-24-regionale-zorg-en-veiligheidsconferentie"
SAMPLE = ROOT / "samples" / "programma-conferentie.yaml"


@pytest.fixture
def arranged(filled: Shell) -> Shell:
    """A shell with a programme at the conference of 24 March."""
    said = filled("programme", "set", EVENT, SAMPLE).good()
    assert "added: ronde-1/zorgmijders" in said.out
    assert "speaker added: noor@zorgenveiligheid.example" in said.out
    return filled


def test_show_lists_workshops_with_who_is_in_them(arranged: Shell) -> None:
    rows = arranged("programme", "show", EVENT, "--json").good().json
    assert [(one["key"], one["capacity"], one["chosen"]) for one in rows][:3] == [
        ("ronde-1/zorgmijders", 40, 0), ("ronde-1/ondermijning", 25, 0), ("ronde-1/jeugd", 30, 0),
    ]  # fmt: skip
    assert rows[0]["starts_at"].startswith("2025-03-24T09:45")
    said = arranged("programme", "show", EVENT, "--names").good().out
    assert "10:45" in said
    assert "ronde-2/gegevens: nobody yet" in said
    assert arranged("programme", "show", "2025-04-07-leerhuis", "--json").good().json == []


def test_the_same_file_again_changes_nothing(arranged: Shell) -> None:
    said = arranged("programme", "set", EVENT, SAMPLE).good()
    assert said.out.strip() == "Nothing changed in the rounds."


def test_capacity_and_take_out(arranged: Shell) -> None:
    said = arranged("programme", "capacity", EVENT, "ronde-1/jeugd", "12").good()
    assert "changed: ronde-1/jeugd" in said.out
    arranged("programme", "capacity", EVENT, "ronde-1/ondermijning", "none").good()
    arranged("programme", "take-out", EVENT, "ronde-2/onrust").good()
    rows = arranged("programme", "show", EVENT, "--json").good().json
    assert {one["key"]: one["capacity"] for one in rows} == {
        "ronde-1/zorgmijders": 40, "ronde-1/ondermijning": None, "ronde-1/jeugd": 12,
        "ronde-2/zorgmijders": 40, "ronde-2/gegevens": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("capacity", EVENT, "ronde-1/jeugd", "veel"), "is no number of places"),
        (("capacity", EVENT, "ronde-1/jeugd", "0"), "at least one place"),
        (("capacity", EVENT, "ronde-1/jeugd", "-3"), ""),
        (("capacity", EVENT, "ronde-9/x", "3"), "there is no workshop 'ronde-9/x'"),
        (("take-out", EVENT, "x"), "there is no workshop 'x'"),
        (("show", "geen-bijeenkomst"), "geen-bijeenkomst"),
        (("set", EVENT, "is-er-niet.yaml"), "is-er-niet.yaml"),
    ],
)
def test_bad_input_is_one_error(arranged: Shell, words: tuple[str, ...], said: str) -> None:
    done = arranged("programme", *words)
    # What is not there ends with 1, as everywhere; what cannot be, with 2.
    assert done.code == (1 if "there is no" in done.err else 2)
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_bad_file_says_where_and_changes_nothing(arranged: Shell) -> None:
    path = arranged.write("p.yaml", "rounds:\n  - name: R\n    workshops: [{titel: x}]\n")
    before = arranged.dump()
    done = arranged("programme", "set", EVENT, path)
    assert done.code == 2
    assert "p.yaml:3" in done.err
    assert "Did you mean 'title'?" in done.err
    assert arranged.dump() == before


def test_speakers_are_added_listed_and_removed(filled: Shell) -> None:
    filled(
        "speakers", "add", EVENT, "--name", "Piet Spreker", "--address", "piet@spreker.example",
        "--title", "Welkom", "--starts", "9.30", "--ends", "10.00", "--slides-due", "2025-03-17",
    ).good()  # fmt: skip
    (one,) = filled("speakers", "list", EVENT, "--json").good().json
    assert (one["name"], one["answer"], one["slides_due_on"]) == (
        "Piet Spreker", "asked", "2025-03-17",
    )  # fmt: skip
    assert "09:30" in filled("speakers", "list", EVENT).good().out
    filled("speakers", "remove", EVENT, "--address", "piet@spreker.example").good()
    assert filled("speakers", "list", EVENT, "--json").good().json == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--address": "geen adres"}, "geen adres"),
        ({"--starts": "25.00"}, "is not an hour"),
        ({"--ends": "9.00"}, "ends before it starts"),
        ({"--title": " "}, "--title is empty"),
        ({"--name": "A\nB"}, "name"),
    ],
)
def test_a_speaker_who_cannot_be_is_one_error(
    filled: Shell, changes: dict[str, str], said: str
) -> None:
    given = {
        "--name": "Piet", "--address": "piet@spreker.example", "--title": "Welkom",
        "--starts": "9.30",
    }  # fmt: skip
    words = [word for pair in {**given, **changes}.items() for word in pair]
    done = filled("speakers", "add", EVENT, *words)
    assert done.code == 2
    assert said in done.err
    assert filled("speakers", "list", EVENT, "--json").good().json == []


def test_a_year_plan_brings_rounds_and_speakers_and_leaves_later_changes(filled: Shell) -> None:
    plan = CALENDAR.read_text("utf-8").replace(
        "    place: De Kuip\n",
        "    place: De Kuip\n"
        "    rounds:\n"
        "      - name: Ronde 1\n"
        "        from: 10.30\n"
        "        to: 11.30\n"
        "        workshops: [{id: zorg, title: Zorgmijders, capacity: 40}]\n"
        "    speakers: [{name: Noor, address: noor@spreker.example, title: Samen verder}]\n",
        1,
    )
    path = filled.write("p.yaml", plan)
    filled("agenda", "import", path).good()
    (row,) = filled("programme", "show", EVENT, "--json").good().json
    assert (row["title"], row["capacity"]) == ("Zorgmijders", 40)
    assert len(filled("speakers", "list", EVENT, "--json").good().json) == 1
    filled("programme", "capacity", EVENT, "ronde-1/zorg", "25").good()
    filled("agenda", "import", path).good()
    (row,) = filled("programme", "show", EVENT, "--json").good().json
    assert row["capacity"] == 25, "what staff changed since is not undone by the same file"
    filled("agenda", "import", filled.write("p.yaml", plan.replace("40", "30"))).good()
    (row,) = filled("programme", "show", EVENT, "--json").good().json
    assert row["capacity"] == 30
