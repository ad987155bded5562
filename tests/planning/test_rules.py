"""The rules file: what it says, and one clear error for each thing that can be wrong in it."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from var_outreach.errors import ConfigError
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import NewsletterRules, Release, load_rules
from var_outreach.settings import config_dir

GOOD = """\
mail:
  save-the-date: {days_before: 84, at: "9.00", window_days: 28, release: staff}
  invitation: {days_before: 42, at: "9.00", window_days: 21, release: staff}
  reminder: {days_before: 18, at: "13.30", window_days: 3, release: automatic}
  participant-reminder: {days_before: 2, at: "9.00", window_days: 1, release: automatic}
  look-back: {days_after: 3, at: "9.00", window_days: 21, release: staff}
  update: {window_days: 3, release: staff}
  cancellation: {window_days: 3, release: staff}
answer_days_before: 14
draft_days: 5
kinds:
  leerhuis:
    audience: leerhuis
    early_registration: yes
  webinar:
    answer_days_before: 1
    mail:
      save-the-date: no
      invitation: {days_before: 28}
newsletter:
  cadence: "FREQ=MONTHLY;BYDAY=1TU"
  working_days_only: true
"""


def written(tmp_path: Path, text: str) -> Path:
    """Return a file with ``text``."""
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")
    return path


def test_what_the_file_says_is_what_holds(tmp_path: Path) -> None:
    rules = load_rules(written(tmp_path, GOOD))
    reminder = rules.of_kind("leerhuis").steps[MailKind.REMINDER]
    assert (reminder.days, reminder.at, reminder.window) == (-18, time(13, 30), timedelta(days=3))
    assert reminder.release is Release.AUTOMATIC
    assert rules.of_kind("leerhuis").steps[MailKind.LOOK_BACK].days == 3
    assert rules.of_kind("leerhuis").early_registration
    assert rules.of_kind("leerhuis").audience_key == "leerhuis"
    assert rules.draft_days == 5


def test_a_kind_differs_only_in_what_it_says(tmp_path: Path) -> None:
    rules = load_rules(written(tmp_path, GOOD))
    webinar, general = rules.of_kind("webinar"), rules.of_kind("oefening")
    assert MailKind.SAVE_THE_DATE not in webinar.steps
    assert webinar.steps[MailKind.INVITATION].days == -28
    assert webinar.steps[MailKind.INVITATION].window == timedelta(days=21)
    assert webinar.steps[MailKind.REMINDER] == general.steps[MailKind.REMINDER]
    assert (webinar.answer_days_before, general.answer_days_before) == (1, 14)
    assert not webinar.early_registration


def test_the_shipped_rules_can_be_read() -> None:
    rules = load_rules(config_dir() / "rules.yaml")
    assert set(rules.default.steps) >= {MailKind.INVITATION, MailKind.UPDATE, MailKind.CANCELLATION}


WRONG = {
    "an unknown field": ("answer_days_before: 14", "answer_days: 14", 9, "unknown field"),
    "an unknown mail": ("  reminder: {", "  remindre: {", 4, "reminder"),
    "a mail that is missing": (
        '  look-back: {days_after: 3, at: "9.00", window_days: 21, release: staff}\n', "", 2,
        "no rule for 'look-back'",
    ),
    "a field twice": ("draft_days: 5", "draft_days: 5\ndraft_days: 6", 11, "twice"),
    "a day that is no number": ("days_before: 84", "days_before: twelve weeks", 2, "whole number"),
    "a day below zero": ("days_before: 42", "days_before: -42", 3, "whole number"),
    "an invitation after the event": ("days_before: 42", "days_after: 42", 3, "days_after"),
    "a look-back before the event": ("days_after: 3", "days_before: 3", 6, "days_before"),
    "an update by the calendar": (
        "update: {window_days: 3", "update: {days_before: 3", 7, "days_before"
    ),
    "an hour that is none": ('at: "13.30"', 'at: "25.30"', 4, "is not a time"),
    "an empty window": ("window_days: 28", "window_days: 0", 2, "whole number"),
    "an unknown release": ("release: automatic", "release: automatisch", 4, "automatic"),
    "a flag that is none": ("early_registration: yes", "early_registration: perhaps", 14, "known"),
    "no newsletter": ("newsletter:", "newslettter:", 20, "newsletter"),
    "no mail": ("mail:\n  save", "mails:\n  save", 1, "mail"),
    "no cadence": ('  cadence: "FREQ=MONTHLY;BYDAY=1TU"\n', "", 21, "no cadence"),
    "a cadence that is none": ("FREQ=MONTHLY;BYDAY=1TU", "every month", 21, "recurrence rule"),
    "a cadence within the day": ("FREQ=MONTHLY;BYDAY=1TU", "FREQ=SECONDLY", 21, "FREQ"),
    "a cadence that ends": ("BYDAY=1TU", "BYDAY=1TU;COUNT=3", 21, "COUNT"),
    "an hour in the cadence": ("BYDAY=1TU", "BYDAY=1TU;BYHOUR=9", 21, "at"),
    "a day of the week that is none": ("BYDAY=1TU", "BYDAY=1DI", 21, "recurrence rule"),
    "a list for a rule": ("update: {window_days: 3, release: staff}", "update: [3]", 7, "update"),
    "no YAML": ("mail:\n", "mail: [\n", 0, "not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_thing_is_one_error_with_its_line(name: str, tmp_path: Path) -> None:
    before, after, line, word = WRONG[name]
    assert GOOD.count(before) >= 1
    path = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        load_rules(path)
    error = caught.value
    place = re.fullmatch(rf"{re.escape(str(path))}:(\d+)", error.where)
    assert place is not None, error.where
    if line:
        assert int(place.group(1)) == line, str(error)
    assert word in str(error)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\xff\xfe", "mail: {a: \u00e9}".encode("cp1252"), b"- 1\n- 2\n"]
)
def test_a_file_that_is_no_rules_file_is_one_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_rules(path)
    assert str(path) in caught.value.where


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules(tmp_path / "none.yaml")


def newsletter(tmp_path: Path, cadence: str) -> NewsletterRules:
    """Return the rules of a newsletter with ``cadence``."""
    text = GOOD.replace("FREQ=MONTHLY;BYDAY=1TU", cadence)
    return load_rules(written(tmp_path, text)).newsletter


def test_nine_months_a_year_is_as_easy_as_monthly(tmp_path: Path) -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    monthly = newsletter(tmp_path, "FREQ=MONTHLY;BYDAY=1TU").dates(*year)
    nine = newsletter(tmp_path, "FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,9,10,11;BYDAY=1TU").dates(*year)
    assert [day.month for day in monthly] == list(range(1, 13))
    assert [day.month for day in nine] == [1, 2, 3, 4, 5, 6, 9, 10, 11]
    assert all(day.weekday() == 1 and day.day <= 7 for day in monthly)


def test_every_third_week_is_the_same_whichever_year_is_asked(tmp_path: Path) -> None:
    rules = newsletter(tmp_path, "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU")
    whole = rules.dates(date(2024, 6, 1), date(2026, 6, 1))
    pieces = rules.dates(date(2024, 6, 1), date(2025, 3, 1))
    pieces += rules.dates(date(2025, 3, 2), date(2026, 6, 1))
    assert whole == pieces
    assert {(b - a).days for a, b in pairwise(whole)} == {21}
