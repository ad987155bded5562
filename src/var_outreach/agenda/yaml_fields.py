"""Dates, times and programmes as they are written in a YAML calendar.

*Reads*: YAML nodes. *Writes*: nothing. *Next*: ``yaml_file`` builds events of them.
"""

from __future__ import annotations

import re
from datetime import date, time

from ruamel.yaml.nodes import MappingNode, Node

from var_outreach.agenda.dutch_times import clock_time
from var_outreach.yaml_nodes import Reading

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2})(?:[.:](\d{2}))?(?::\d{2})?(?:\s*(?:uur|u))?")
_MOMENT = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:[ T]+(?P<time>.+))?")


def read_date(reading: Reading, node: Node, what: str) -> date | None:
    """Return a date written as 2025-10-16, or None after noting an error."""
    value = reading.text(node, what)
    return None if value is None else _date(reading, node, what, value)


def read_time(reading: Reading, node: Node, what: str) -> time | None:
    """Return a time written as 9.30, 09:30 or 14, or None after noting an error."""
    value = reading.text(node, what)
    return None if value is None else _time(reading, node, what, value)


def read_moment(reading: Reading, node: Node, what: str) -> tuple[date, time | None] | None:
    """Return local date and time written as "2025-10-16 09:30", or None after noting an error."""
    value = reading.text(node, what)
    if value is None:
        return None
    match = _MOMENT.fullmatch(value)
    if match is None:
        reading.wrong(node, f"{what} is no date and time: '{value}'", "Write '2025-10-16 09:30'")
        return None
    day = _date(reading, node, what, match["date"])
    moment = _time(reading, node, what, match["time"]) if match["time"] else None
    return None if day is None else (day, moment)


def read_programme(reading: Reading, node: Node) -> tuple[tuple[str | None, str], ...]:
    """Return the programme as pairs of hour (as written, or None) and text.

    An item is a text, or ``{time: 9.30, text: Inloop}``.
    """
    items: list[tuple[str | None, str]] = []
    for item in reading.items(node, "programme"):
        if isinstance(item, MappingNode):
            fields = reading.mapping(item, "a programme item", ("time", "text"))
            hour = read_time(reading, fields["time"], "time") if "time" in fields else None
            text = reading.text(fields["text"], "text") if "text" in fields else None
            if text is None:
                reading.wrong(item, "a programme item lacks 'text'", "Add 'text:'")
                continue
            items.append((f"{hour:%H:%M}" if hour else None, text))
        elif (text := reading.text(item, "programme")) is not None:
            items.append((None, text))
    return tuple(items)


def _date(reading: Reading, node: Node, what: str, value: str) -> date | None:
    match = _DATE.fullmatch(value)
    if match is None:
        reading.wrong(node, f"{what} is no date: '{value}'", "Write it as 2025-10-16")
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        reading.wrong(node, f"{what} does not exist: '{value}'", "Look it up in a calendar")
        return None


def _time(reading: Reading, node: Node, what: str, value: str) -> time | None:
    match = _TIME.fullmatch(value.strip())
    found = clock_time(f"{match[1]}:{match[2] or '00'}") if match else None
    if found is None:
        reading.wrong(node, f"{what} is no time: '{value}'", "Write it as 09:30")
    return found
