"""School holidays are read from their file, or what is wrong with it is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from var_outreach.errors import ConfigError
from var_outreach.planning.school_holidays import (
    load_school_holidays,
    school_holidays_file,
    school_year,
)
from var_outreach.settings import config_dir

GOOD = "region: Midden\nschool_years:\n  - year: 2026-2027\n    holidays:\n      - {row}\n"


def test_the_shipped_file_knows_three_years_of_the_region() -> None:
    found = load_school_holidays(config_dir() / "school-holidays.yaml")
    assert found.region == "Midden"
    assert {2024, 2025, 2026} <= found.years
    for year in found.years:
        names = [one.name for one in found.holidays if school_year(one.first) == year]
        assert names == [
            "herfstvakantie", "kerstvakantie", "voorjaarsvakantie", "meivakantie", "zomervakantie",
        ]  # fmt: skip
    for one in found.holidays:
        # From a Saturday to a Sunday, as the government writes them.
        assert (one.first.weekday(), one.last.weekday()) == (5, 6), one


def test_the_first_and_the_last_day_count() -> None:
    found = load_school_holidays(config_dir() / "school-holidays.yaml")
    summer = found.on(date(2025, 7, 19))
    assert summer is not None
    assert summer.name == "zomervakantie"
    assert found.on(date(2025, 8, 31)) == summer
    assert found.on(date(2025, 9, 1)) is None
    assert found.on(date(2025, 7, 18)) is None


def test_a_year_that_is_not_in_the_file_is_not_known() -> None:
    found = load_school_holidays(config_dir() / "school-holidays.yaml")
    assert found.knows(date(2027, 8, 31))
    assert not found.knows(date(2027, 9, 1))
    assert not found.knows(date(2024, 8, 31))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("region: Midden\n", 1, "lacks 'school_years'"),
        ("region: Midden\nschool_years:\n  - holidays: []\n", 3, "lacks 'year'"),
        ("region: Midden\nschool_years:\n  - {year: 2026}\n", 3, "no school year"),
        ("region: Midden\nschool_years:\n  - {year: 2026-2028}\n", 3, "no school year"),
        ("region: Midden\nschool_years:\n  - {year: 2026-2027}\n", 3, "lacks 'holidays'"),
        (GOOD.format(row="{name: mei, from: 2027-04-24}"), 5, "lacks to"),
        (GOOD.format(row="{name: mei, from: 2027-04-31, to: 2027-05-02}"), 5, "does not exist"),
        (GOOD.format(row="{name: mei, from: 24 april, to: 2027-05-02}"), 5, "is no date"),
        (GOOD.format(row="{name: mei, from: 2027-05-02, to: 2027-04-24}"), 5, "before it begins"),
        (GOOD.format(row="{name: mei, from: 2028-04-24, to: 2028-05-02}"), 5, "does not lie in"),
        (GOOD.format(row="{name: mei, van: 2027-04-24, to: 2027-05-02}"), 5, "unknown field"),
        ("region: [\n", 2, "not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "school-holidays.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_school_holidays(path)
    assert words in str(caught.value)
    assert caught.value.where == f"{path}:{line}"


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_school_holidays(tmp_path / "school-holidays.yaml")


def test_a_config_folder_without_the_file_takes_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "config"
    own.mkdir()
    (own / "rules.yaml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_school_holidays(school_holidays_file()).region == "Midden"
    (own / "school-holidays.yaml").write_text("", "utf-8")
    assert school_holidays_file() == own / "school-holidays.yaml"
