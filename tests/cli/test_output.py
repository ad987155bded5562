"""What a command prints: whole keys, no markup, no escape codes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.running import Shell
from var_outreach.agenda.importing import ImportedChange
from var_outreach.agenda.model import EventState
from var_outreach.cli import output

KEY = "invitation:2025-04-07-een-leerhuis-met-een-lange-naam-over-ondermijning-en-meer:2025-04-07"
TRICKS = [
    "[red]rood[/red]",
    "[/]",
    "\\[bold]vet",
    "[link=https://kwaad.example]klik[/link]",
    ":warning: :smile:",
    "[[dubbel]]",
]


def test_a_key_is_never_cut_off_nor_broken(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table("Mailings", ("at", "key"), [("2025-04-07 09:00", KEY), ("x", "kort")])
    assert KEY in capsys.readouterr().out


def test_a_file_gets_one_whole_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    long = "woord " * 100
    output.print_table("Titel", ("title", "key"), [(long, KEY)])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if KEY in line and long.strip() in line]


def test_a_narrow_terminal_folds_words_but_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(output, "console", Console(file=shown, force_terminal=True, width=60))
    monkeypatch.setattr("sys.stdout", shown)
    output.print_table("T", ("title", "why", "key"), [("woord " * 30, "reden " * 20, KEY)])
    lines = shown.getvalue().splitlines()
    assert len(lines) > 3
    assert any(KEY in line for line in lines)


@pytest.mark.parametrize("trick", TRICKS)
def test_text_is_never_markup(capsys: pytest.CaptureFixture[str], trick: str) -> None:
    output.print_table(trick, ("title", "key"), [(trick, trick)])
    output.say(trick)
    output.warn(trick)
    said = capsys.readouterr()
    assert said.out.count(trick) == 4
    assert said.err.strip() == trick


def test_a_terminal_is_not_commanded(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "Leer\x1b[2Jhuis\x1b]0;titel\x07\r\u2028einde\x9b31m"
    output.print_table(nasty, ("title",), [(nasty,)])
    output.say(nasty)
    output.warn(nasty)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not set(text) & {"\x1b", "\x07", "\r", "\u2028", "\x9b"}
        assert "Leer[2Jhuis" in text


def test_a_title_with_markup_goes_through_every_table(shell: Shell) -> None:
    trick = "[red]Leerhuis[/blue] :boom:"
    text = "year: 2025\nevents:\n  - id: a\n    kind: leerhuis\n    date: 2025-04-07\n"
    path = shell.write("p.yaml", f"{text}    title: '{trick}'\n    place: '[bold]'\n")
    assert trick in shell("agenda", "import", path).good().out
    assert trick in shell("agenda", "list").good().out
    key = shell("agenda", "list", "--json").json[0]["key"]
    assert trick in shell("agenda", "show", key).good().out
    assert "[bold]" in shell("agenda", "set", key, "place=[/]").good().out
    assert trick in shell("report", "year", "2025").good().out


def test_json_of_everything_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json(
        {
            "a": datetime(2025, 4, 7, 9, tzinfo=UTC),
            "b": date(2025, 4, 7),
            "c": EventState.PLANNED,
            "d": Path("x/y"),
            "e": (1, 2),
            "f": ImportedChange("k", "Café", 3),
        }
    )
    text = capsys.readouterr().out
    assert json.loads(text) == {
        "a": "2025-04-07T09:00:00+00:00", "b": "2025-04-07", "c": "planned", "d": "x/y",
        "e": [1, 2],
        "f": {"key": "k", "title": "Café", "line": 3, "fields": [], "moved": False},
    }  # fmt: skip
    assert "Café" in text


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table("Agenda", ("a",), [])
    assert capsys.readouterr().out == "Agenda: none\n"
