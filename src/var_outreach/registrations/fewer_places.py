"""A capacity below what is accepted: who would be over, and what staff decide about it.

*Reads*: the registrations of one event, its row locked. *Writes*: acceptances that become waiting.
*Next*: whatever rises in ``version`` here is told by the pipeline. Nobody leaves without staff
having named them, and nobody new comes until there is room again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, InputError
from var_outreach.people.model import Function
from var_outreach.registrations.model import (
    COMING,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.waiting import lock_event, record_change

FEWER_PLACES = "capacity"
"""``via`` of the change by which an acceptance became waiting."""


def count_over(session: Session, event: Event, capacity: int | None) -> int:
    """Return how many more come to ``event`` than ``capacity`` has places for; at least 0."""
    if capacity is None:
        return 0
    taken = session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(Registration.event_id == event.id, Registration.state.in_(COMING))
    )
    return max(0, (taken or 0) - capacity)


def last_accepted(session: Session, event: Event) -> list[Registration]:
    """Return who has a place at ``event``, who got it last first."""
    rows = session.scalars(
        select(Registration)
        .options(
            joinedload(Registration.contact),
            joinedload(Registration.function).joinedload(Function.organisation),
        )
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.ACCEPTED,
        )
    )
    return sorted(rows, key=lambda row: (_since(row), row.id), reverse=True)


def check_capacity(
    session: Session,
    event: Event,
    capacity: int | None,
    *,
    to_waiting_list: Sequence[int] = (),
    keep_all: bool = False,
) -> None:
    """Raise Conflict if ``capacity`` is below what is accepted and staff did not say whom.

    They say so by the registrations that go ``to_waiting_list``, exactly enough of them, or by
    ``keep_all``. Raises InputError for both at once, or for a list that does not fit.
    """
    if keep_all and to_waiting_list:
        raise InputError(
            "nobody goes to the waiting list if all are kept", remedy="Say one of the two"
        )
    event = lock_event(session, event.id)
    over = count_over(session, event, capacity)
    if not over:
        if to_waiting_list:
            raise InputError(
                "there is room for all who have accepted, so nobody has to wait",
                where=event.key,
                remedy="Leave out --to-waiting-list",
            )
        return
    if keep_all or (not to_waiting_list and capacity == event.capacity):
        return
    accepted = last_accepted(session, event)
    if not to_waiting_list:
        raise Conflict(
            f"{over} more have accepted '{event.title}' than the {capacity} places you want",
            where=event.key,
            remedy=_ways_out(event, capacity, accepted, over),
        )
    known = {row.id for row in accepted}
    wrong = [str(one) for one in to_waiting_list if one not in known]
    if wrong:
        raise InputError(
            f"no acceptance of '{event.key}' has the number {', '.join(wrong)}",
            remedy=_listed(accepted[: max(over, 20)]),
        )
    if len(set(to_waiting_list)) != over:
        raise InputError(
            f"{over} must go to the waiting list, and you named {len(set(to_waiting_list))}",
            where=event.key,
            remedy=_listed(accepted[:over]),
        )


def move_to_waiting_list(
    session: Session, event: Event, registration_ids: Sequence[int], *, by: str, now: datetime
) -> list[Registration]:
    """Let who had a place wait for one, before all others who wait; return them in their order.

    Among themselves they keep the order in which they got their places.
    """
    event = lock_event(session, event.id)
    rows = sorted(
        (row for row in last_accepted(session, event) if row.id in set(registration_ids)),
        key=lambda row: (_since(row), row.id),
    )
    first = session.scalar(
        select(func.min(Registration.waitlisted_at)).where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.WAITLISTED,
        )
    )
    head = min(now, first) if first is not None else now
    for number, row in enumerate(rows):
        record_change(session, row, RegistrationState.WAITLISTED, by=by, via=FEWER_PLACES, now=now)
        row.waitlisted_at = head - timedelta(microseconds=len(rows) - number)
        row.promoted_at = None
        row.version += 1
    session.flush()
    return rows


def lost_a_place(session: Session, registration: Registration) -> bool:
    """Tell whether it waits because there are fewer places than there were."""
    if registration.state is not RegistrationState.WAITLISTED:
        return False
    last = session.scalars(
        select(RegistrationChange.via)
        .where(RegistrationChange.registration_id == registration.id)
        .order_by(RegistrationChange.id.desc())
        .limit(1)
    ).one_or_none()
    return last == FEWER_PLACES


def _since(row: Registration) -> datetime:
    """Return when ``row`` got its place."""
    return row.promoted_at or row.answered_at or row.created_at


def _ways_out(
    event: Event, capacity: int | None, accepted: Sequence[Registration], over: int
) -> str:
    ids = ",".join(str(row.id) for row in accepted[:over])
    edit = f"var-outreach agenda edit {event.key} --capacity {capacity}"
    return (
        f"Those who accepted last:\n{_listed(accepted[:over])}\n"
        f"Say who waits: {edit} --to-waiting-list {ids}\n"
        f"or let all come, and nobody new until there is room: {edit} --keep-all"
    )


def _listed(rows: Sequence[Registration]) -> str:
    return "\n".join(f"  {row.id}  {_named(row)}, {_since(row):%Y-%m-%d %H:%M} UTC" for row in rows)


def _named(row: Registration) -> str:
    name = row.attendee_name or row.contact.name
    if row.function is None:
        return name
    return f"{name}, {row.function.role}, {row.function.organisation.name}"
