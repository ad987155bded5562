"""The occurrences of a repeating VEVENT within the year in which it starts (RFC 5545 3.8.5).

*Reads*: RRULE, RDATE and EXDATE of an event. *Writes*: nothing. *Next*: ``ics_file`` makes an entry
of each. Rules are worked out on the wall clock, so that 9:30 stays 9:30 over a clock change.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Component

# More occurrences in a year than this are no agenda of a network but somebody's working week.
MOST = 60


def occurrences(event: Component, start: date, most: int) -> tuple[list[date], str | None]:
    """Return the starts of ``event`` in the year of ``start``, and a Dutch note if some are left out.

    ``start`` and the results are dates, or datetimes where the event has hours. Raises
    ``ValueError`` for a rule that cannot be worked out.
    """
    zone = start.tzinfo if isinstance(start, datetime) else None
    with_hours = isinstance(start, datetime)
    first = _wall(start, zone)
    last = datetime.combine(date(first.year, 12, 31), time.max)
    found = {first}
    note = None
    for rule in _listed(event, "RRULE"):
        text = rule.to_ical().decode("ascii", "replace")
        if re.search(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)", text):
            raise ValueError(f"herhaling '{text}' is te vaak")
        for count, moment in enumerate(rrulestr(_local_until(text, zone), dtstart=first)):
            if moment > last:
                note = f"De herhaling loopt door na {first.year}; alleen dat jaar is gelezen."
                break
            if count >= most:
                note = f"De herhaling is afgekapt na {most} keer."
                break
            found.add(moment)
    for one in _dates(event, "RDATE"):
        moment = _wall(one, zone)
        if first <= moment <= last:
            found.add(moment)
    found -= {_wall(one, zone, first.time()) for one in _dates(event, "EXDATE")}
    times = sorted(found)[:most]
    if not with_hours:
        return [moment.date() for moment in times], note
    return [moment.replace(tzinfo=zone) for moment in times], note


def _listed(event: Component, name: str) -> list[Any]:
    value = event.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def _dates(event: Component, name: str) -> list[date]:
    return [
        entry.dt
        for group in _listed(event, name)
        for entry in getattr(group, "dts", [])
        if isinstance(entry.dt, date)
    ]


def _wall(moment: date, zone: tzinfo | None, hour: time = time()) -> datetime:
    """Return ``moment`` as it stands on the clock of ``zone``, without zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, hour)
    if moment.tzinfo is not None and zone is not None:
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)


def _local_until(text: str, zone: tzinfo | None) -> str:
    """Return the rule with its UNTIL on the wall clock, as the rule itself is worked out."""
    match = re.search(r"UNTIL=(\d{8}T\d{6})Z", text)
    if match is None:
        return text
    until = datetime.strptime(match[1] + "+0000", "%Y%m%dT%H%M%S%z")
    local = _wall(until, zone) if zone is not None else until.replace(tzinfo=None)
    return text.replace(match[0], f"UNTIL={local:%Y%m%dT%H%M%S}")
