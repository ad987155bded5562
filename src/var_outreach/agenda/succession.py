"""An event that was postponed, and the new one that is held instead of it.

*Reads / Writes*: events and their changes. *Next*: planning offers the new event first to who had
accepted the old one; the record counts the old one as moved.

The successor is an event of its own: its own key, UID and invitations. The old one stays
postponed, so that nobody's calendar is told two things about one entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.entry_fields import empty_fields
from var_outreach.agenda.model import Event, EventChange, EventState
from var_outreach.agenda.store import OFF, event_key
from var_outreach.errors import Conflict
from var_outreach.tokens import random_token

STAFF = "staff"
"""``Event.source`` of what no file brought in."""
REASON = "reason"
"""Under this name the record of changes keeps why an event is off, in words for invitees."""
SUCCESSOR = "successor"
"""Under this name the old event's record says what is held instead of it."""
_COPIED = (
    "kind",
    "title",
    "topic_key",
    "visibility",
    "place",
    "address",
    "online_url",
    "description",
    "meant_for",
    "audience_key",
    "partners",
    "capacity",
    "max_per_organisation",
    "asks_diet",
    "questions",
    "registration_open",
)


def successor_of(session: Session, event: Event) -> Event | None:
    """Return the event that is held instead of ``event``; one that was cancelled is none."""
    return session.scalars(
        select(Event)
        .where(Event.replaces_id == event.id, Event.state != EventState.CANCELLED)
        .order_by(Event.id.desc())
        .limit(1)
    ).one_or_none()


def waiting_for_successor(session: Session, event: Event) -> list[Event]:
    """Return what was postponed, has no successor and could be held on the day of ``event``."""
    if event.on_date is None:
        return []
    postponed = session.scalars(
        select(Event)
        .where(
            Event.state == EventState.POSTPONED,
            Event.kind == event.kind,
            Event.on_date < event.on_date,
        )
        .order_by(Event.on_date, Event.key)
    ).all()
    return [old for old in postponed if successor_of(session, old) is None]


def made_by_staff(session: Session, kind: str, on_date: date | None) -> list[Event]:
    """Return the events of ``kind`` on that day that no file brought in."""
    if on_date is None:
        return []
    made = select(Event).where(Event.source == STAFF, Event.kind == kind, Event.on_date == on_date)
    return list(session.scalars(made))


def make_successor(
    session: Session,
    old: Event,
    fields: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    zone: ZoneInfo,
) -> Event:
    """Return a new event instead of ``old``: what ``fields`` say, and the rest copied.

    Hours are never carried over, and the programme only where the hours are the same. Raises
    Conflict as ``check_replaceable`` does.
    """
    check_replaceable(session, old)
    copied = {name: getattr(old, name) for name in _COPIED}
    if _same_hours(old, fields.get("starts_at"), zone):
        copied["programme"] = old.programme
    values = {**empty_fields(), **copied, **fields}
    taken = set(session.scalars(select(Event.key)))
    key = event_key(values["title"], values["on_date"], None, taken)
    event = Event(
        **values,
        state=EventState.PLANNED,
        key=key,
        source=STAFF,
        source_id=key,
        notes=[f"Komt in de plaats van '{old.title}' ({old.on_date or 'zonder datum'})."],
        series_uid=f"{random_token()}@agenda",
        revision=0,
        date_revision=0,
        known_at=now,
        date_known_at=now,
        changed_at=now,
        imported={},
    )
    session.add(event)
    session.flush()
    _link(session, old, event, by=by, now=now)
    return event


def link_successor(session: Session, old: Event, new: Event, *, by: str, now: datetime) -> None:
    """Let ``new``, which is in the agenda already, be what is held instead of ``old``.

    Raises Conflict as ``check_replaceable`` does, and if ``new`` is off, has no date or is held
    instead of another event already.
    """
    check_replaceable(session, old)
    if new.id == old.id or new.replaces_id is not None:
        raise Conflict(f"'{new.key}' already stands for another event", where=new.key)
    if new.kind != old.kind:
        raise Conflict(
            f"'{new.key}' is a {new.kind} and '{old.key}' a {old.kind}",
            remedy="Name an event of the same kind, or cancel the old one",
        )
    if new.state in OFF | {EventState.HELD} or new.on_date is None:
        raise Conflict(
            f"'{new.key}' cannot be held instead of '{old.key}': it is off, over or has no date",
            remedy="Name an event that is still to come",
        )
    # From here on it is known as what it is: who had accepted the old one is told from now.
    new.known_at = now
    _link(session, old, new, by=by, now=now)


def check_replaceable(session: Session, old: Event) -> None:
    """Raise Conflict if ``old`` is not postponed, or if something is held instead of it."""
    if old.state is not EventState.POSTPONED:
        raise Conflict(
            f"'{old.title}' is {old.state.value}, not postponed",
            where=old.key,
            remedy=f"First say: var-outreach agenda postpone {old.key}",
        )
    check_not_replaced(session, old)


def check_not_replaced(session: Session, old: Event) -> None:
    """Raise Conflict if another event is held instead of ``old``: it cannot come back."""
    successor = successor_of(session, old)
    if successor is not None:
        raise Conflict(
            f"'{old.title}' was replaced by '{successor.key}' on {successor.on_date}",
            where=old.key,
            remedy=f"Change that one, or cancel it: var-outreach agenda cancel {successor.key}",
        )


def record_reason(session: Session, event: Event, reason: str, *, by: str, now: datetime) -> None:
    """Keep why ``event`` is off beside the change that says so."""
    session.add(
        EventChange(
            event_id=event.id, revision=event.revision, field=REASON, before=None, after=reason,
            at=now, by=by,
        )
    )  # fmt: skip
    session.flush()


def reason_of(session: Session, event: Event) -> str:
    """Return why ``event`` is off as it stands now, in words for invitees; empty if none said."""
    found = session.scalars(
        select(EventChange.after)
        .where(
            EventChange.event_id == event.id,
            EventChange.field == REASON,
            EventChange.revision == event.revision,
        )
        .order_by(EventChange.id.desc())
        .limit(1)
    ).one_or_none()
    return found or ""


def _link(session: Session, old: Event, new: Event, *, by: str, now: datetime) -> None:
    new.replaces_id = old.id
    old.changed_at = now
    session.add(
        EventChange(
            event_id=old.id, revision=old.revision, field=SUCCESSOR, before=None, after=new.key,
            at=now, by=by,
        )
    )  # fmt: skip
    session.flush()
    session.refresh(new, ["replaces"])


def _same_hours(old: Event, starts_at: datetime | None, zone: ZoneInfo) -> bool:
    if old.starts_at is None or starts_at is None:
        return False
    return old.starts_at.astimezone(zone).time() == starts_at.astimezone(zone).time()
