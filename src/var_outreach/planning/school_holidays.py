"""When the schools of the region are closed, read from ``config/school-holidays.yaml``.

*Reads*: that file. *Writes*: nothing. *Next*: ``day_warnings.py`` says which events fall in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ruamel.yaml.nodes import Node

from var_outreach.errors import ConfigError, FileError
from var_outreach.settings import config_dir, data_root
from var_outreach.yaml_nodes import Reading

FILE = "school-holidays.yaml"
_YEAR = re.compile(r"(\d{4})-(\d{4})")
_STARTS_IN = 9
"""A school year is counted from the first of September here: by then every region has begun."""


@dataclass(frozen=True)
class SchoolHoliday:
    """One holiday, first and last day included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class SchoolHolidays:
    """The holidays of one region, and the school years of which they are known."""

    region: str
    years: frozenset[int]
    """The calendar years in which a known school year begins."""
    holidays: tuple[SchoolHoliday, ...]

    def on(self, day: date) -> SchoolHoliday | None:
        """Return the holiday in which ``day`` falls, or None."""
        return next((one for one in self.holidays if one.first <= day <= one.last), None)

    def knows(self, day: date) -> bool:
        """Tell whether the holidays of the school year of ``day`` are known."""
        return school_year(day) in self.years


def school_year(day: date) -> int:
    """Return the calendar year in which the school year of ``day`` begins."""
    return day.year if day.month >= _STARTS_IN else day.year - 1


def school_holidays_file() -> Path:
    """Return the installation's own file or, as these are facts of the country, the shipped one."""
    own = config_dir() / FILE
    return own if own.exists() else data_root() / "config" / FILE


def load_school_holidays(path: Path) -> SchoolHolidays:
    """Read the school holidays from ``path``.

    Raises ``ConfigError`` with file and line for anything that is missing, double or no date.
    """
    reading = Reading(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the school holidays cannot be read: {reason}",
            where=str(path),
            remedy="Copy school-holidays.yaml of the shipped config into that folder",
        ) from error
    try:
        root = reading.compose(text)
        if root is None:
            reading.wrong(1, "the file is empty", "Start it with 'region:' and 'school_years:'")
            found = SchoolHolidays("", frozenset(), ())
        else:
            found = _read(reading, root)
        reading.finish()
    except FileError as error:
        rows = "\n".join(str(row) for row in reading.errors[1:])
        remedy = f"{error.remedy}\n{rows}" if rows else error.remedy
        first = reading.errors[0] if reading.errors else error
        raise ConfigError(first.what, where=first.where, remedy=remedy) from error
    return found


def _read(reading: Reading, root: Node) -> SchoolHolidays:
    top = reading.mapping(root, "the file", ("region", "school_years"))
    for name in ("region", "school_years"):
        if name not in top:
            reading.wrong(root, f"the file lacks '{name}'", f"Add '{name}:'")
    region = (reading.text(top["region"], "region") if "region" in top else None) or ""
    years: set[int] = set()
    holidays: list[SchoolHoliday] = []
    nodes = reading.items(top["school_years"], "school_years") if "school_years" in top else ()
    for node in nodes:
        fields = reading.mapping(node, "a school year", ("year", "holidays"))
        year = _year(reading, node, fields.get("year"))
        if year is None:
            continue
        if year in years:
            reading.wrong(fields["year"], f"the school year {year}-{year + 1} is there twice")
        years.add(year)
        if "holidays" not in fields:
            reading.wrong(node, "a school year lacks 'holidays'", "Add them, or leave the year out")
            continue
        holidays += _holidays(reading, fields["holidays"], year)
    return SchoolHolidays(
        region, frozenset(years), tuple(sorted(holidays, key=lambda one: one.first))
    )


def _year(reading: Reading, node: Node, given: Node | None) -> int | None:
    if given is None:
        reading.wrong(node, "a school year lacks 'year'", "Write it as 2026-2027")
        return None
    text = reading.text(given, "year")
    match = _YEAR.fullmatch(text or "")
    if match is None or int(match[2]) != int(match[1]) + 1:
        reading.wrong(given, f"'{text}' is no school year", "Write it as 2026-2027")
        return None
    return int(match[1])


def _holidays(reading: Reading, node: Node, year: int) -> Iterator[SchoolHoliday]:
    for item in reading.items(node, "holidays"):
        fields = reading.mapping(item, "a holiday", ("name", "from", "to"))
        missing = [name for name in ("name", "from", "to") if name not in fields]
        if missing:
            reading.wrong(item, f"a holiday lacks {', '.join(missing)}", "Add what is missing")
            continue
        name = reading.text(fields["name"], "name") or ""
        first = _date(reading, fields["from"], "from")
        last = _date(reading, fields["to"], "to")
        if first is None or last is None:
            continue
        if last < first:
            reading.wrong(fields["to"], f"'{name}' ends before it begins", "Swap the two dates")
        elif {first.year, last.year} - {year, year + 1}:
            reading.wrong(
                fields["from"],
                f"'{name}' does not lie in the school year {year}-{year + 1}",
                "Correct the date, or put it under its own year",
            )
        else:
            yield SchoolHoliday(name, first, last)


def _date(reading: Reading, node: Node, what: str) -> date | None:
    text = reading.text(node, what) or ""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        reading.wrong(node, f"{what} does not exist: '{text}'", "Look it up in a calendar")
        return None
    reading.wrong(node, f"{what} is no date: '{text}'", "Write it as 2026-10-17")
    return None
