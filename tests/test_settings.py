"""Settings that are read more closely than by their type."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from var_outreach.errors import ConfigError
from var_outreach.settings import NoticeDays, load_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "outreach.toml"
    path.write_text(text, "utf-8")
    return path


def test_staff_are_at_the_contact_address_unless_others_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, '[network]\ncontact_address = "team@var.example"\n')
    own = load_settings(path)
    assert own.staff_addresses == ("team@var.example",)
    assert (own.staff.notice_at, own.staff.notice_days) == (time(8), NoticeDays.WORKING_DAYS)
    named = '[staff]\naddresses = ["a@var.example", "b@var.example", "a@var.example"]\n'
    assert load_settings(written(tmp_path, named)).staff_addresses == (
        "a@var.example",
        "b@var.example",
    )


@pytest.mark.parametrize("word", ['"7.30"', '"07:30"', '"7:30"', "07:30:00"])
def test_the_hour_is_written_as_in_the_rules_or_with_a_colon(tmp_path: Path, word: str) -> None:
    path = written(tmp_path, f'[staff]\nnotice_at = {word}\nnotice_days = "daily"\n')
    own = load_settings(path).staff
    assert (own.notice_at, own.notice_days) == (time(7, 30), NoticeDays.DAILY)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('addresses = ["a@var.example NOTIFY=NEVER"]', "is not a mail address"),
        ('addresses = ["nobody"]', "is not a mail address"),
        ('notice_at = "25.00"', "notice_at"),
        ('notice_days = "sometimes"', "notice_days"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    path = written(tmp_path, f"[staff]\n{line}\n")
    with pytest.raises(ConfigError, match=says) as refused:
        load_settings(path)
    assert refused.value.where.startswith(str(path))


@pytest.mark.parametrize(
    "line",
    [
        'sender_address = ""',
        'sender_address = "var"',
        'organiser_address = "agenda+{token}"',
        'bounce_address = ""',
        'contact_address = "Team VAR <team@var.example>"',
    ],
)
def test_an_address_that_no_mail_can_carry_is_refused_at_the_start(
    tmp_path: Path, line: str
) -> None:
    path = written(tmp_path, f"[network]\n{line}\n")
    with pytest.raises(ConfigError, match="is not a mail address") as refused:
        load_settings(path)
    assert refused.value.where == f"{path}:2"
