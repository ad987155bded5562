"""An iCalendar file (.ics) as agenda entries (RFC 5545).

*Reads*: the bytes of the file, through icalendar. *Writes*: nothing. *Next*: ``readers.read_agenda``
returns the result to the import. A DATE stays date-only, a DATE-TIME becomes aware UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component

from var_outreach.agenda.entries import AgendaEntry, AgendaFile, Problem
from var_outreach.agenda.ics_recurrence import MOST, occurrences
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.themes import topic_of
from var_outreach.clock import local_date
from var_outreach.errors import FileError

SOURCE = "ics"
Moment: TypeAlias = date | datetime
_BAD = dict.fromkeys([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x85, 0x2028, 0x2029], None)


def read_ics(data: bytes, kinds: KindTable, *, zone: ZoneInfo, name: str) -> AgendaFile:
    """Return the events in ``data``; ``name`` is what an error calls the file.

    A VEVENT that cannot be read becomes a ``Problem``. A repeating one is written out within the
    year of its start, ``MOST`` times at most. Raises ``FileError`` where it is no calendar at all.
    """
    lines = _event_lines(data)
    try:
        calendars = Calendar.from_ical(data, multiple=True)
        events = [(calendar, event) for calendar in calendars for event in calendar.walk("VEVENT")]
    except Exception as error:  # the parser answers broken files with errors of many classes
        raise FileError(
            f"this calendar file cannot be read: {_reason(error)}",
            where=f"{name}:{_line_of_error(error)}",
            remedy="Export it again from the calendar; it may have been cut off",
        ) from error
    ended = len(re.findall(rb"(?im)^END:VEVENT", data))
    if len(lines) > min(len(events), ended):
        raise FileError(
            "this calendar file breaks off in the middle of an event",
            where=f"{name}:{lines[ended] if ended < len(lines) else lines[-1]}",
            remedy="Export it again from the calendar; it may have been cut off",
        )
    if re.search(rb"(?im)^BEGIN:VCALENDAR", data) and not re.search(
        rb"(?i)END:VCALENDAR\s*\Z", data
    ):
        # Events may be missing, and what is missing would count as taken off the agenda.
        raise FileError(
            "this calendar file breaks off before its end",
            where=f"{name}:{len(data.splitlines())}",
            remedy="Export it again from the calendar; it may have been cut off",
        )
    if not events:
        raise FileError("there are no events in this calendar file", where=name,
                        remedy="Export the calendar with its events")  # fmt: skip
    entries: list[AgendaEntry] = []
    problems: list[Problem] = []
    replaced = _replaced(event for _, event in events)
    for number, (_, event) in enumerate(events):
        line = lines[number] if number < len(lines) else 1
        reader = _EventReader(event, line, kinds, zone)
        try:
            entries += reader.read(replaced.get(reader.uid or "", set()))
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            title = _text(event, "SUMMARY") or "VEVENT"
            problems.append(Problem(line, title, f"niet te lezen: {_reason(error)}"))
    years = [entry.on_date.year for entry in entries if entry.on_date]
    year = max(set(years), key=years.count) if years else None
    return AgendaFile(tuple(entries), tuple(problems), year, SOURCE)


class _EventReader:
    """Reads one VEVENT, which is one entry or, repeating, several."""

    def __init__(self, event: Component, line: int, kinds: KindTable, zone: ZoneInfo) -> None:
        self.event = event
        self.line = line
        self.kinds = kinds
        self.zone = zone
        self.uid = _text(event, "UID")
        self.notes: list[str] = []

    def read(self, replaced: set[Moment]) -> list[AgendaEntry]:
        """Return the entries; ``replaced`` are occurrences that another VEVENT gives anew."""
        start = _moment(self.event, "DTSTART")
        if start is None:
            raise ValueError("DTSTART ontbreekt")
        if isinstance(start, datetime) and start.tzinfo is None:
            # A floating time (RFC 5545 3.3.5) is one on the clock of whoever reads it.
            start = start.replace(tzinfo=self.zone)
            self.notes.append("De tijd heeft geen tijdzone; die van de instellingen is gebruikt.")
        end = self._end(start)
        if end is not None and end < start:
            self.notes.append("Het einde ligt voor het begin en is weggelaten.")
            end = None
        if "RRULE" not in self.event and "RDATE" not in self.event:
            again = _moment(self.event, "RECURRENCE-ID")
            return [self._entry(start, end, None if again is None else _stamp(again))]
        times, note = occurrences(self.event, start, MOST)
        if note:
            self.notes.append(note)
        span = None if end is None else end - start
        return [
            self._entry(one, None if span is None else one + span, _stamp(one))
            for one in times
            if not any(_same(one, other) for other in replaced)
        ]

    def _end(self, start: Moment) -> Moment | None:
        end = _moment(self.event, "DTEND")
        duration = self.event.get("DURATION")
        if end is None and duration is not None:
            end = start + duration.dt
        if end is not None and isinstance(end, datetime) != isinstance(start, datetime):
            self.notes.append(
                "Begin en einde zijn niet van dezelfde soort; het einde is weggelaten."
            )
            return None
        if isinstance(end, datetime) and isinstance(start, datetime):
            return self._utc(end).astimezone(start.tzinfo)
        return end

    def _utc(self, moment: datetime) -> datetime:
        """Return the instant; a floating time is in the zone of the settings."""
        return (moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment).astimezone(
            UTC
        )

    def _entry(self, start: Moment, end: Moment | None, occurrence: str | None) -> AgendaEntry:
        notes = list(self.notes)
        extra: dict[str, object] = {}
        starts_at = ends_at = None
        if isinstance(start, datetime):
            starts_at = self._utc(start)
            on_date = local_date(starts_at, self.zone)
            if isinstance(end, datetime):
                ends_at = self._utc(end)
                last = local_date(ends_at - timedelta(seconds=1), self.zone)
            else:
                last = on_date
        else:
            on_date = start
            # DTEND of a DATE is the day after the last one (RFC 5545 3.6.1).
            last = end - timedelta(days=1) if end is not None else on_date
        if last > on_date:
            extra["ends_on"] = last
        if (_text(self.event, "STATUS") or "").upper() == "CANCELLED":
            extra["state"] = "cancelled"
            notes.append("Gaat niet door volgens het bestand.")
        if description := _text(self.event, "DESCRIPTION"):
            extra["description"] = description
        title = " ".join((_text(self.event, "SUMMARY") or "").split())
        if not title:
            title = "Bijeenkomst"
            notes.append("De afspraak heeft geen titel.")
        return AgendaEntry(
            on_date=on_date, starts_at=starts_at, ends_at=ends_at, kind=self.kinds.kind_of(title),
            title=title, place=" ".join((_text(self.event, "LOCATION") or "").split()) or None,
            online_url=self._url(), topic=topic_of(title), line=self.line, notes=tuple(notes),
            source=SOURCE, extra=extra,
            source_id=f"{self.uid}#{occurrence}" if self.uid and occurrence else self.uid,
        )  # fmt: skip

    def _url(self) -> str | None:
        value = _text(self.event, "URL")
        return value if value and value.startswith(("https://", "http://")) else None


def _replaced(events: Iterator[Component]) -> dict[str, set[Moment]]:
    """Return, by UID, the occurrences that have a VEVENT of their own (RECURRENCE-ID)."""
    found: dict[str, set[Moment]] = {}
    for event in events:
        try:
            moment = _moment(event, "RECURRENCE-ID")
        except ValueError:
            continue
        if moment is not None:
            found.setdefault(_text(event, "UID") or "", set()).add(moment)
    return found


def _moment(event: Component, name: str) -> Moment | None:
    value = event.get(name)
    if value is None:
        return None
    moment = getattr(value, "dt", None)
    if not isinstance(moment, date):
        raise ValueError(f"{name} is geen datum")
    return moment


def _text(event: Component, name: str) -> str | None:
    value = event.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value).translate(_BAD).strip() or None


def _same(one: Moment, other: Moment) -> bool:
    """Compare occurrences as instants, or as days where one is a DATE."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        if (one.tzinfo is None) != (other.tzinfo is None):
            return one.replace(tzinfo=None) == other.replace(tzinfo=None)
        return one == other
    return _stamp(one)[:8] == _stamp(other)[:8]


def _stamp(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return f"{moment:%Y%m%d}"
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{utc:%Y%m%dT%H%M%S}" + ("Z" if moment.tzinfo else "")


def _event_lines(data: bytes) -> list[int]:
    rows = re.split(rb"\r\n|\r|\n", data)
    return [n for n, row in enumerate(rows, start=1) if row.strip().upper() == b"BEGIN:VEVENT"]


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _line_of_error(error: Exception) -> int:
    match = re.search(r"line (?:no\.? )?(\d{1,7})", str(error))
    return int(match[1]) if match else 1
