"""Takes files over into a database, and looks at what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.agenda.plan_texts import KINDS, ZONE
from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.ics_file import read_ics
from var_outreach.agenda.importing import AgendaReport, ImportOptions, import_agenda, join_events
from var_outreach.agenda.model import Event, EventChange
from var_outreach.agenda.plan_text import read_plan_text
from var_outreach.agenda.store import change_event, find_event
from var_outreach.agenda.yaml_file import read_yaml
from var_outreach.storage.engine import Database

ANSWER_DAYS = 14


def yaml(*events: str, year: str = "2025") -> AgendaFile:
    """Return a YAML plan of events, each written as "id: a, date: 2025-04-07"."""
    rows = [f"year: {year}" if year else "", "events:"]
    for event in events:
        lines = event.strip().splitlines()
        for name, value in (("kind", "leerhuis"), ("title", "Leerhuis")):
            if not any(line.startswith(f"{name}:") for line in lines):
                lines.append(f"{name}: {value}")
        rows.append("  - " + "\n    ".join(lines))
    return read_yaml("\n".join(rows) + "\n", KINDS, zone=ZONE, name="plan.yaml")


def plan(*lines: str, year: int = 2025, with_undated: bool = False) -> AgendaFile:
    """Return a plan text whose agenda is ``lines``."""
    text = "\n".join([f"Jaarplan {year}", "", "Agenda", *lines])
    return read_plan_text(text, KINDS, zone=ZONE, name="plan.txt", with_undated=with_undated)


def ics(*events: str) -> AgendaFile:
    """Return a calendar file of VEVENTs."""
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//"]
    for event in events:
        rows += ["BEGIN:VEVENT", *(row.strip() for row in event.strip().split("\n")), "END:VEVENT"]
    data = "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()
    return read_ics(data, KINDS, zone=ZONE, name="a.ics")


@dataclass
class Agenda:
    """One database and the clock of whoever imports into it."""

    database: Database
    now: datetime

    def take(self, file: AgendaFile, *, cancel: bool = False, keep: bool = True) -> AgendaReport:
        """Import ``file`` a day later than the last time."""
        self.now += timedelta(days=1)
        opened = self.database.writing() if keep else self.database.trying()
        with opened as session:
            return import_agenda(session, file, self.options(cancel=cancel), now=self.now)

    def options(self, *, cancel: bool = False) -> ImportOptions:
        return ImportOptions(
            by="staf",
            cancel_missing=cancel,
            zone=ZONE,
            kinds=KINDS,
            deadline=lambda kind, day: day - timedelta(days=ANSWER_DAYS),
        )

    def edit(self, key: str, **fields: Any) -> None:
        """Change an event elsewhere than in the file."""
        self.now += timedelta(hours=1)
        with self.database.writing() as session:
            change_event(session, find_event(session, key), fields, by="collega", now=self.now)

    def join(self, old: str, new: str) -> AgendaReport:
        with self.database.writing() as session:
            events = find_event(session, old), find_event(session, new)
            return join_events(session, *events, self.options(), now=self.now)

    @contextmanager
    def event(self, key: str) -> Iterator[Event]:
        with self.database.reading() as session:
            yield find_event(session, key)

    def value(self, key: str, name: str) -> Any:
        with self.event(key) as event:
            return getattr(event, name)

    def keys(self) -> list[str]:
        with self.database.reading() as session:
            return sorted(session.scalars(select(Event.key)))

    def only(self) -> Event:
        with self.database.reading() as session:
            event = session.scalars(select(Event)).one()
            session.expunge(event)
            return event

    def rows(self) -> list[tuple[Any, ...]]:
        """Return everything that is kept about events."""
        with self.database.reading() as session:
            events = session.execute(select(*Event.__table__.columns).order_by(Event.id))
            changes = session.execute(select(*EventChange.__table__.columns))
            return [tuple(row) for row in (*events, *changes)]


def keys_of(rows: list[Any]) -> list[str]:
    """Return the keys of a part of a report."""
    return [row.key for row in rows]


APRIL, MAY = date(2025, 4, 7), date(2025, 5, 12)
