"""Which guests are still needed for what is to come or has only just been.

*Reads*: invitations, events. *Writes*: nothing. *Next*: ``pipeline`` forgets the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.registrations.model import Invitation

A_YEAR = timedelta(days=366)


def invited_ahead(session: Session, contact_ids: Sequence[int], since: date) -> set[int]:
    """Return which contacts are invited to an event that ends on ``since`` or later, or is to come.

    One that was postponed counts for a year: its guests may be the first of what replaces it.
    """
    query = (
        select(Invitation.contact_id)
        .join(Event, Event.id == Invitation.event_id)
        .where(Invitation.contact_id.in_(contact_ids), lies_ahead(since))
    )
    return set(session.scalars(query))


def lies_ahead(since: date) -> ColumnElement[bool]:
    """Return where an event ends on ``since`` or later, or is to come without a date."""
    last_day = func.coalesce(Event.until_date, Event.on_date)
    lately = datetime.combine(since - A_YEAR, time.min, tzinfo=UTC)
    to_come = last_day.is_(None) & (Event.state != EventState.CANCELLED)
    return or_(last_day >= since, to_come & (Event.changed_at >= lately))
