"""What people answered, without who they were: for whoever is forgotten.

*Reads*: invitations, registrations. *Writes*: empties what names somebody. *Next*:
``outbox/forgetting.py`` does the same for what was mailed. States, organisations and days stay,
for the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.registrations.model import Invitation, Registration, RegistrationChange

A_YEAR = timedelta(days=366)


def invited_ahead(session: Session, contact_ids: Sequence[int], since: date) -> set[int]:
    """Return which contacts are invited to an event that ends on ``since`` or later, or is to come.

    One that was postponed counts for a year: its guests may be the first of what replaces it.
    """
    last_day = func.coalesce(Event.until_date, Event.on_date)
    lately = datetime.combine(since - A_YEAR, time.min, tzinfo=UTC)
    to_come = last_day.is_(None) & (Event.state != EventState.CANCELLED)
    query = (
        select(Invitation.contact_id)
        .join(Event, Event.id == Invitation.event_id)
        .where(
            Invitation.contact_id.in_(contact_ids),
            or_(last_day >= since, to_come & (Event.changed_at >= lately)),
        )
    )
    return set(session.scalars(query))


def forget_answers(session: Session, contact_id: int) -> None:
    """Empty what the registrations at the mailbox of a contact say of persons, also in history."""
    rows = session.scalars(
        select(Registration)
        .join(Invitation)
        .where(or_(Registration.contact_id == contact_id, Invitation.contact_id == contact_id))
    ).all()
    for row in rows:
        row.attendee_name = row.attendee_function = row.note = row.diet = ""
        row.replies = {}
        row.answered_by = None
        # Nobody is left to be told anything.
        row.notified_version = row.version
    for change in session.scalars(
        select(RegistrationChange).where(
            RegistrationChange.registration_id.in_([row.id for row in rows])
        )
    ):
        change.by = change.comment = ""
    session.flush()
