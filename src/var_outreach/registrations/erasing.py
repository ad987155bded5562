"""Diet, access needs and replies, forgotten when the event is well over.

*Reads*: events that are over, their registrations. *Writes*: replies emptied; totals kept with the
event. *Next*: ``pipeline`` does it by itself, each tick that something is due.

What somebody eats or needs may tell of health or faith (AVG art. 9): it serves one day. Totals
stay, but only of a wording that several people wrote: one that a single guest wrote is that guest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.clock import at_local, local_date
from var_outreach.registrations.model import COMING, Registration
from var_outreach.registrations.waiting import lock_event
from var_outreach.registrations.wordings import counted_wordings, reply_texts

DIET = "diet"
"""The key of the diet among the totals; the other keys are those of the questions."""
OTHER = "anders"
"""Under this stand the wordings that too few people wrote."""
FEWEST = 3
"""From how many people on a wording is kept."""


def events_with_replies_to_erase(
    session: Session, *, now: datetime, zone: ZoneInfo, days: int
) -> list[int]:
    """Return the events that ended more than ``days`` ago and of which replies are still kept.

    What was cancelled or postponed without a date counts from its last change.
    """
    last_kept = local_date(now, zone) - timedelta(days=days)
    return list(
        session.scalars(
            select(Event.id)
            .where(_is_over(last_kept, zone))
            .where(
                select(Registration.id)
                .where(Registration.event_id == Event.id, _says_something())
                .exists()
            )
            .order_by(Event.id)
        )
    )


def erase_replies(session: Session, event_id: int) -> int:
    """Empty diet and replies of everybody at an event; return of how many there were any.

    The totals of who came are added to those that the event keeps.
    """
    event = lock_event(session, event_id)
    rows = session.scalars(
        select(Registration)
        .where(Registration.event_id == event_id, _says_something())
        .order_by(Registration.id)
        .execution_options(populate_existing=True)
    ).all()
    coming = [row for row in rows if row.state in COMING]
    totals = _totals(coming)
    event.reply_totals = _added(event.reply_totals, totals) if totals else event.reply_totals
    for row in rows:
        row.diet = ""
        row.replies = {}
    session.flush()
    return len(rows)


def _is_over(last_kept: date, zone: ZoneInfo) -> ColumnElement[bool]:
    last_day = func.coalesce(Event.until_date, Event.on_date)
    off_without_date = and_(
        last_day.is_(None),
        Event.state.in_((EventState.CANCELLED, EventState.POSTPONED)),
        Event.changed_at < at_local(last_kept, time(0), zone),
    )
    return or_(last_day < last_kept, off_without_date)


def _says_something() -> ColumnElement[bool]:
    # JSON has no equality in PostgreSQL; an empty object is written alike on both databases.
    return or_(
        Registration.diet != "",
        cast(Registration.replies, String).not_in(("{}", "null")),
    )


def _totals(rows: Sequence[Registration]) -> dict[str, dict[str, int]]:
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(DIET, []).append(row.diet)
        for key, reply in row.replies.items():
            texts.setdefault(key, []).extend(reply_texts(reply))
    counts = {key: _kept(counted_wordings(said)) for key, said in texts.items()}
    return {key: totals for key, totals in counts.items() if totals}


def _kept(counts: Mapping[str, int]) -> dict[str, int]:
    kept = {wording: count for wording, count in counts.items() if count >= FEWEST}
    rest = sum(counts.values()) - sum(kept.values())
    return {**kept, OTHER: kept.get(OTHER, 0) + rest} if rest else kept


def _added(before: Mapping[str, Any], more: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return both totals in one, for replies that came in after the first erasure."""
    sums: dict[str, Any] = {key: dict(counts) for key, counts in before.items()}
    for key, counts in more.items():
        own = sums.setdefault(key, {})
        for wording, count in counts.items():
            own[wording] = own.get(wording, 0) + count
    return sums
