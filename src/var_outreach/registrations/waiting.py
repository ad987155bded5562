"""Places and the waiting list: who has one, who is next.

*Reads*: the registrations of one event, its row locked. *Writes*: promotions. *Next*: whatever
rises in ``version`` here is told by the pipeline.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.model import (
    COMING,
    Registration,
    RegistrationChange,
    RegistrationState,
)


def lock_event(session: Session, event_id: int) -> Event:
    """Return the event as it stands now and keep others from giving away its places.

    SQLite's BEGIN IMMEDIATE has done so already. PostgreSQL locks the row FOR NO KEY UPDATE:
    it excludes itself like FOR UPDATE, but does not wait for transactions that merely inserted a
    row that refers to the event, with which FOR UPDATE could deadlock.
    """
    # The query flushes first, so that what the caller changed on the event is not lost.
    return session.scalars(
        select(Event)
        .where(Event.id == event_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_events(session: Session, event_ids: Collection[int]) -> None:
    """Lock several events as ``lock_event`` does, lowest id first, so that nobody waits in a ring.

    To be called before anything else of them is changed.
    """
    session.scalars(
        select(Event)
        .where(Event.id.in_(event_ids))
        .order_by(Event.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def places_left(session: Session, event: Event) -> int | None:
    """Return how many can still come, at least 0; None if there is no limit."""
    if event.capacity is None:
        return None
    taken = session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(Registration.event_id == event.id, Registration.state.in_(COMING))
    )
    return max(0, event.capacity - (taken or 0))


def next_waiting_moment(session: Session, event_id: int, *, now: datetime) -> datetime:
    """Return ``now``, or just after the last who began to wait, so that no two wait equally long.

    The event must be locked. A clock that stands still or runs back keeps the order.
    """
    last = session.scalar(
        select(func.max(Registration.waitlisted_at)).where(Registration.event_id == event_id)
    )
    return now if last is None or last < now else last + timedelta(microseconds=1)


def promote_waiting(session: Session, event: Event, *, now: datetime) -> list[Registration]:
    """Give free places to those who wait, first come first served, and return them.

    To be called as well after a raised capacity. Does nothing for an event that is off or has
    been.
    """
    return promote_locked(session, lock_event(session, event.id), now=now)


def promote_locked(session: Session, event: Event, *, now: datetime) -> list[Registration]:
    """Do what ``promote_waiting`` does for an event that the caller has locked."""
    if event.state in {EventState.CANCELLED, EventState.POSTPONED} or is_over(event, now=now):
        return []
    free = places_left(session, event)
    if free == 0:
        return []
    promoted = list(
        session.scalars(
            select(Registration)
            .where(
                Registration.event_id == event.id,
                Registration.state == RegistrationState.WAITLISTED,
            )
            .order_by(Registration.waitlisted_at, Registration.id)
            .limit(free)
            .execution_options(populate_existing=True)
        )
    )
    for registration in promoted:
        record_change(
            session,
            registration,
            RegistrationState.ACCEPTED,
            by="waiting list",
            via="waiting-list",
            now=now,
        )
        registration.promoted_at = now
        registration.version += 1
    session.flush()
    return promoted


def record_change(
    session: Session,
    registration: Registration,
    after: RegistrationState,
    *,
    by: str,
    via: str,
    now: datetime,
    comment: str = "",
) -> None:
    """Put ``registration`` into the state ``after`` and keep the line of history that says so."""
    session.add(
        RegistrationChange(
            registration_id=registration.id,
            before=registration.state,
            after=after,
            at=now,
            by=by,
            via=via,
            comment=comment,
        )
    )
    registration.state = after
