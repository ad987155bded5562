"""Which event follows which: a leerhuis after its conference moves along when that one moves.

*Reads / Writes*: ``follows_id`` of events. *Next*: ``staff/consequences.py`` moves what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import change_event
from var_outreach.errors import Conflict

FOLLOWS = "follows"
"""The field of a file, and the name under which ``Event.imported`` keeps what it said."""


class Wish(NamedTuple):
    """What a file says of one event: which other it follows, by that one's id or key."""

    event: Event
    line: int
    lead: str | None


def check_follows(session: Session, event: Event, lead: Event) -> None:
    """Raise Conflict if ``event`` would follow itself, be it by way of others."""
    seen = [event.key]
    step: Event | None = lead
    while step is not None and step.key not in seen[1:]:
        seen.append(step.key)
        if step.id == event.id:
            raise Conflict(
                f"'{event.key}' would follow itself: {' follows '.join(seen)}",
                remedy="Let one of them stand by itself: agenda edit EVENT --follows-nothing",
            )
        step = session.get(Event, step.follows_id) if step.follows_id is not None else None


def followers_of(session: Session, lead: Event) -> list[Event]:
    """Return the events that follow ``lead``, by date."""
    rows = session.scalars(select(Event).where(Event.follows_id == lead.id)).all()
    return sorted(rows, key=lambda one: (one.on_date or date.max, one.key))


def apply_wishes(
    session: Session, source: str, wishes: Iterable[Wish], *, by: str, now: datetime
) -> list[str]:
    """Let events follow as a file of ``source`` wants it; return what only a person can decide."""
    questions = []
    for wish in wishes:
        lead = _lead(session, source, wish.lead) if wish.lead else None
        if wish.lead and lead is None:
            questions.append(
                f"line {wish.line}: '{wish.event.key}' follows '{wish.lead}', which is not in the "
                "agenda; give the id or the key of an event"
            )
            _forget(wish.event)
            continue
        try:
            if lead is not None:
                check_follows(session, wish.event, lead)
        except Conflict as error:
            questions.append(f"line {wish.line}: {error}")
            _forget(wish.event)
            continue
        follows_id = lead.id if lead is not None else None
        change_event(session, wish.event, {"follows_id": follows_id}, by=by, now=now)
    return questions


def _forget(event: Event) -> None:
    """Let the next import ask again."""
    event.imported = {name: value for name, value in event.imported.items() if name != FOLLOWS}


def _lead(session: Session, source: str, name: str) -> Event | None:
    """Return the event that ``name`` is the id of in the same kind of file, else the key of."""
    own = (Event.source == source) & (Event.source_id == name)
    found = session.scalars(select(Event).where(or_(own, Event.key == name))).all()
    return min(found, key=lambda one: one.source_id != name, default=None)
