"""The questions about events, and the one way in which an event is changed.

*Reads / Writes*: events and their changes. *Next*: ``importing.py`` and the edges change events
through ``change_event``; everybody else reads ``EventFacts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.facts import EventFacts, event_facts
from var_outreach.agenda.model import Event, EventChange, EventState
from var_outreach.clock import at_local, local_date
from var_outreach.errors import Conflict, NotFound
from var_outreach.slugs import slug

TELLS = {
    "title": "title",
    "on_date": "date",
    "until_date": "date",
    "starts_at": "time",
    "ends_at": "time",
    "doors_at": "time",
    "place": "place",
    "address": "place",
    "online_url": "form",
    "programme": "programme",
    "state": "state",
}
"""The fields whose change invitees hear of, and what that change is called."""

OFF = frozenset({EventState.CANCELLED, EventState.POSTPONED})
HOURS = ("starts_at", "ends_at", "doors_at")
FILE_PROGRAMME = "file_programme"
"""In ``Event.imported`` beside the fields: what the file last said of rounds and speakers."""
FILE_YEAR = "file_year"
"""Under this name ``Event.imported`` keeps of which year's file it came."""


def find_event(session: Session, key: str) -> Event:
    """Return the event ``key``; raises NotFound."""
    event = session.scalar(select(Event).where(Event.key == key))
    if event is None:
        raise NotFound(
            f"there is no event '{key}'", remedy="See them with: var-outreach agenda list"
        )
    return event


def all_events(session: Session) -> list[Event]:
    """Return every event, by date; those without one last."""
    events = session.scalars(select(Event)).all()
    return sorted(events, key=lambda event: (event.on_date or date.max, event.key))


def all_facts(session: Session) -> list[EventFacts]:
    """Return every event as plain data, by date."""
    return [event_facts(event) for event in all_events(session)]


def change_event(
    session: Session, event: Event, fields: Mapping[str, Any], *, by: str, now: datetime
) -> list[EventChange]:
    """Set ``fields`` on ``event`` and return the changes made; what is equal already is no change.

    A change that invitees must hear of raises ``revision``, once for all fields together; one by
    which the event moves to another moment raises ``date_revision`` with it. Hours added to a
    date that stays the same are no move: answers keep.
    """
    changed = {name: value for name, value in fields.items() if getattr(event, name) != value}
    if not changed:
        return []
    _check(event, changed)
    tells = any(name in TELLS for name in changed) and not _only_settles(event, changed)
    if tells:
        event.revision += 1
    if _moves(event, changed):
        event.date_revision = event.revision
        event.date_known_at = now
    changes = []
    for name, value in changed.items():
        changes.append(
            EventChange(
                event_id=event.id,
                revision=event.revision,
                field=name,
                before=_as_text(getattr(event, name)),
                after=_as_text(value),
                at=now,
                by=by,
            )
        )
        setattr(event, name, value)
    event.changed_at = now
    session.add_all(changes)
    session.flush()
    return changes


def mark_held(session: Session, *, now: datetime, zone: ZoneInfo) -> list[str]:
    """Set events whose last day is over to held; return their keys."""
    today = local_date(now, zone)
    held = []
    for event in session.scalars(
        select(Event).where(
            Event.state.in_((EventState.PLANNED, EventState.CONFIRMED)), Event.on_date < today
        )
    ):
        if (event.until_date or event.on_date or today) < today:
            event.state = EventState.HELD
            held.append(event.key)
    return held


def changes_since(session: Session, event: Event, revision: int) -> list[EventChange]:
    """Return what changed after ``revision``, one change a field: from its first to its last value."""
    merged: dict[str, EventChange] = {}
    for change in session.scalars(
        select(EventChange)
        .where(EventChange.event_id == event.id, EventChange.revision > revision)
        .order_by(EventChange.id)
    ):
        first = merged.get(change.field)
        merged[change.field] = EventChange(
            event_id=event.id,
            revision=change.revision,
            field=change.field,
            before=first.before if first else change.before,
            after=change.after,
            at=change.at,
            by=change.by,
        )
    return [change for change in merged.values() if change.before != change.after]


def carried_hours(event: Event, day: date, zone: ZoneInfo) -> dict[str, Any]:
    """Return hours and last day of ``event`` as they are if it moves to ``day``.

    The clock in ``zone`` shows the same, also where summer time lies between the two days.
    """
    if event.on_date is None:
        return {}
    away = day - event.on_date
    moved: dict[str, Any] = {
        name: shifted(moment, away, zone)
        for name in HOURS
        if (moment := getattr(event, name)) is not None
    }
    if event.until_date is not None:
        moved["until_date"] = event.until_date + away
    return moved


def shifted(moment: datetime | None, away: timedelta, zone: ZoneInfo) -> datetime | None:
    """Return ``moment`` that many days on, at the same time of the clock in ``zone``."""
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return at_local(local.date() + away, local.time(), zone)


def event_year(event: Event) -> int | None:
    """Return the year whose plan ``event`` belongs to; None if nothing says it."""
    year = event.imported.get(FILE_YEAR)
    if isinstance(year, int):
        return year
    return event.on_date.year if event.on_date else None


def event_key(title: str, on_date: date | None, year: int | None, taken: set[str]) -> str:
    """Return a key for a new event: "2025-04-07-leerhuis", made distinct from ``taken``."""
    words = slug(title, longest=48, otherwise="bijeenkomst")
    start = on_date.isoformat() if on_date else str(year or "later")
    key, number = f"{start}-{words}", 2
    while key in taken:
        key, number = f"{start}-{words}-{number}", number + 1
    return key


def _moves(event: Event, changed: Mapping[str, Any]) -> bool:
    if "on_date" in changed:
        return True
    # From one hour to another is a move; from no hour to an hour, or back, is not.
    return event.starts_at is not None and changed.get("starts_at") is not None


def _only_settles(event: Event, changed: Mapping[str, Any]) -> bool:
    """Tell whether only the state changes, between states that mean the same to an invitee."""
    if not changed.keys() & TELLS.keys() <= {"state"}:
        return False
    return (event.state in OFF) == (changed["state"] in OFF)


def _check(event: Event, changed: Mapping[str, Any]) -> None:
    starts = changed.get("starts_at", event.starts_at)
    ends = changed.get("ends_at", event.ends_at)
    if starts is not None and ends is not None and ends <= starts:
        raise Conflict(
            f"'{event.title}' would end before it starts",
            where=event.key,
            remedy="Correct the hours",
        )
    first = changed.get("on_date", event.on_date)
    last = changed.get("until_date", event.until_date)
    if last is not None and (first is None or last < first):
        raise Conflict(
            f"'{event.title}' would be over before it begins",
            where=event.key,
            remedy="Correct its first or its last day",
        )
    if event.state is EventState.HELD and changed.keys() & {"on_date", "starts_at", "state"}:
        raise Conflict(
            f"'{event.title}' has been held; its date and state are history",
            where=event.key,
            remedy="Make a new event",
        )


def _as_text(value: Any) -> str | None:
    if value is None or value == []:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
