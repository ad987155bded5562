"""Offices, list checks, privacy and audiences on the command line."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.cli.running import ROOT, Shell
from var_outreach.staff import audiences

TOWN = "gemeente-dordrecht"


@pytest.fixture
def mayor(filled: Shell) -> dict[str, Any]:
    """The mayor of Dordrecht, as listed."""
    rows = filled("functions", "list", "--organisation", TOWN, "--json").good().json
    (found,) = (row for row in rows if row["role"] == "burgemeester")
    return dict(found)


def test_functions_are_listed_for_people_and_programs(filled: Shell) -> None:
    shown = filled("functions", "list", "--organisation", TOWN).good().out
    assert "burgemeester" in shown
    assert "Gemeente Dordrecht" in shown
    rows = filled("functions", "list", "--role", "burgemeester", "--json").good().json
    assert {row["role"] for row in rows} == {"burgemeester"}
    assert len(rows) == 23
    assert filled("functions", "list", "--on", "1900-01-01", "--json").good().json == []


def test_an_end_is_tried_done_and_succeeded(filled: Shell, mayor: dict[str, Any]) -> None:
    key = mayor["id"]
    before = filled.dump()
    tried = filled("functions", "end", "--on", "2098-06-01", "--id", key, "--dry-run").good()
    assert "This is what would happen" in tried.out
    assert "last day 2098-05-31" in tried.out
    assert filled.dump() == before
    done = filled("functions", "end", "--on", "2098-06-01", "--id", key, "--json").good().json
    assert [one["until_on"] for one in done["ended"]] == ["2098-05-31"]
    path = filled.write("o.csv", f"id;naam;adres\n{key};Iris Opvolger;iris@dordrecht.example\n")
    tried = filled("functions", "succeed", "--file", path, "--dry-run").good()
    assert "begins: burgemeester, Gemeente Dordrecht (Iris Opvolger)" in tried.out
    done = filled(
        "functions", "succeed", key, "--name", "Iris Opvolger", "--address",
        "iris@dordrecht.example", "--json",
    ).good()  # fmt: skip
    assert [one["from_on"] for one in done.json["begun"]] == ["2098-06-01"]
    later = filled("functions", "list", "--organisation", TOWN, "--on", "2098-06-02", "--json").json
    assert "Iris Opvolger" in {row["holder"] for row in later}


@pytest.mark.parametrize(
    "words",
    [
        ("functions", "end", "--on", "2098-06-01"),
        ("functions", "end", "--on", "juni", "--role", "burgemeester"),
        ("functions", "succeed", "1"),
        ("functions", "succeed", "--file", "nergens.csv"),
        ("functions", "succeed", "1", "--name", "X Y", "--address", "geen adres"),
        ("functions", "ask-lists", "--until", "2020-01-01", "--to-role", "griffier"),
        ("functions", "ask-lists", "--until", "2098-01-01"),
        ("functions", "ask-lists", "--until", "2098-01-01", "--to", "a@b.example"),
        ("people", "erase", "kabinet@dordrecht.example"),
        ("people", "lift-suppression", "geen adres"),
        ("audience", "import", "nergens.yaml"),
    ],
)
def test_bad_input_is_one_clear_error(filled: Shell, words: tuple[str, ...]) -> None:
    before = filled.dump()
    done = filled(*words)
    assert done.code == 2, done.out
    assert "Traceback" not in done.err
    assert done.err.strip()
    assert filled.dump() == before


def test_lists_are_asked_about_and_the_mail_waits_for_release(filled: Shell) -> None:
    asked = filled(
        "functions", "ask-lists", "--to-role", "gemeentesecretaris", "--until", "2098-05-20",
        "--organisation", TOWN, "--organisation", "gemeente-schiedam", "--json",
    ).good().json  # fmt: skip
    assert len(asked["asked"]) == 2
    assert asked["mailing"] == "list-check:2098-05-20"
    assert "no answer" not in filled("functions", "list-checks").good().out
    filled("run").good()
    shown = filled("mailing", "show", "list-check:2098-05-20", "--json").good().json
    assert shown["state"] == "draft"
    rows = filled("functions", "list-checks", "--json").good().json
    assert [row["answered_at"] for row in rows] == [None, None]


def test_a_person_is_copied_and_erased(filled: Shell, mayor: dict[str, Any]) -> None:
    address = mayor["holder_address"] or mayor["mailbox"]
    copy = filled("people", "export-person", address, "--json").good().json
    assert copy["address"] == address
    shown = filled("people", "export-person", address).good().out
    assert f"E-mailadres: {address}" in shown
    filled("people", "export-person", address, "--to", "kopie.json").good()
    assert json.loads((filled.folder / "kopie.json").read_text("utf-8")) == copy
    assert filled("people", "export-person", "niemand@x.example").code == 1
    warned = filled("people", "erase", address)
    assert "--yes" in warned.err
    filled("people", "erase", address, "--yes", "--by", "kernteam A").good()
    assert not [line for line in filled.dump() if address in line]
    assert filled("people", "erase", address, "--yes").code == 1
    assert filled("people", "lift-suppression", address).code == 2
    filled("people", "lift-suppression", address, "--reason", "erasure").good()


def test_audiences_of_a_file_are_compared_and_taken_over(filled: Shell) -> None:
    shipped = ROOT / "config" / "audiences.yaml"
    same = filled("audience", "import", shipped, "--json").good().json
    assert (same["new"], same["changed"]) == ([], [])
    text = shipped.read_text("utf-8").replace("name: Leerhuis\n", "name: Leerhuizen\n")
    path = filled.write(
        "a.yaml", text + "\n  proef:\n    name: Proef\n    include:\n      - roles: [griffier]\n"
    )
    before = filled.dump()
    tried = filled("audience", "import", path, "--dry-run").good().out
    assert "changed: leerhuis" in tried
    assert "+ name: Leerhuizen" in tried
    assert "new: proef" in tried
    assert filled.dump() == before
    filled("audience", "import", path).good()
    names = {one["key"]: one["name"] for one in filled("audience", "list", "--json").good().json}
    assert names["leerhuis"] == "Leerhuizen"
    assert "proef" in names


def test_a_start_says_that_an_edited_file_is_not_in_force(filled: Shell) -> None:
    shutil.copytree(ROOT / "config", filled.folder / "config")
    file = filled.folder / "config" / "audiences.yaml"
    assert "not in force" not in filled("run").good().err
    file.write_text(
        file.read_text("utf-8").replace("name: Leerhuis\n", "name: Leerhuizen\n"), "utf-8"
    )
    filled.monkeypatch.setattr(audiences, "config_dir", lambda: filled.folder / "config")
    said = filled("run").good().err
    assert "not in force as it stands there: leerhuis" in said
    assert "audience import" in said
