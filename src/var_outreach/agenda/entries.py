"""What every reader of an agenda returns: entries, and the lines it could not read.

*Reads*: nothing. *Writes*: nothing. *Next*: ``plan_text``, ``yaml_file`` and ``ics_file`` make
these, ``readers.read_agenda`` hands them to the import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaEntry:
    """One line of a year plan, one YAML event or one occurrence of a VEVENT.

    ``on_date`` is None for a meeting without a date. ``starts_at`` and ``ends_at`` are aware UTC
    and None for an entry that only has a date: no hour is ever made up. ``line`` counts from 1.
    ``quantity`` is above 1 only for undated entries ("drie netwerkbijeenkomsten"). ``extra``
    holds further fields by their YAML name (see ``yaml_file``), among them ``state`` and
    ``ends_on`` (the last day of an entry of several days).
    """

    on_date: date | None
    kind: str
    title: str
    line: int
    source: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str | None = None
    address: str | None = None
    online_url: str | None = None
    topic: str | None = None
    notes: tuple[str, ...] = ()
    source_id: str | None = None
    quantity: int = 1
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def with_notes(self, *notes: str) -> AgendaEntry:
        """Return the entry with ``notes`` added, each once."""
        fresh = tuple(note for note in dict.fromkeys(notes) if note not in self.notes)
        return replace(self, notes=self.notes + fresh) if fresh else self


@dataclass(frozen=True, slots=True)
class Problem:
    """A line inside the agenda that could not be read; ``why`` is Dutch, for staff."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class AgendaFile:
    """What one file held: entries in file order, unreadable lines, and the year it is about.

    ``source`` says what kind of file it was (``plan-text``, ``yaml``, ``ics``); ``remarks`` are
    Dutch sentences about the file as a whole.
    """

    entries: tuple[AgendaEntry, ...]
    unreadable: tuple[Problem, ...]
    year: int | None
    source: str
    remarks: tuple[str, ...] = ()


def entry_as_json(entry: AgendaEntry, zone: ZoneInfo | None = None) -> dict[str, object]:
    """Return ``entry`` as plain JSON values; times in ``zone`` if given, else in UTC."""

    def moment(at: datetime | None) -> str | None:
        if at is None:
            return None
        return (at.astimezone(zone) if zone else at).isoformat(timespec="minutes")

    return {
        "date": entry.on_date.isoformat() if entry.on_date else None,
        "kind": entry.kind,
        "title": entry.title,
        "line": entry.line,
        "notes": list(entry.notes),
        "start": moment(entry.starts_at),
        "end": moment(entry.ends_at),
        "place": entry.place,
        "topic": entry.topic,
        "quantity": entry.quantity,
        "state": entry.extra.get("state"),
        "source_id": entry.source_id,
    }
