"""The one way in which a workshop is chosen, waited for or given up, by page or by rule.

*Reads*: an event's workshops and choices, the event locked. *Writes*: choices; what a guest must be
told. *Next*: the pipeline mails every guest whose ``ProgrammeNotice.version`` rose.

In a round somebody is in one workshop at most, and waits for one at most. Who waits keeps the
workshop that was chosen before. A place that comes free goes to who waits longest for it and
comes to the event; what that guest was in before is free in turn. All of it happens in the one
transaction that freed the first place.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.errors import Conflict
from var_outreach.programme.model import (
    ChoiceState,
    ProgrammeNotice,
    Round,
    Workshop,
    WorkshopChoice,
)
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.model import COMING, Registration
from var_outreach.registrations.waiting import lock_event

OFF = frozenset({EventState.CANCELLED, EventState.POSTPONED})


def choose(
    session: Session, registration: Registration, workshop: Workshop, *, now: datetime
) -> ChoiceState:
    """Put ``registration`` into ``workshop``, or on its waiting list if it is full; say which.

    An earlier choice of the same round gives way to a place, but not to waiting. Waiting for
    another workshop of the round ends. The same choice again changes nothing.

    Raises:
        Conflict: the guest does not come, the event is off or over, or the round has begun.
    """
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    part = workshop.round
    _check_open(event, registration, part, now=now)
    # Who already waits goes first, if room was made without promoting them.
    _clear_leavers(session, event)
    _fill(session, event, [part], now=now)
    own = _own(session, registration, part)
    held = next((one for one in own if one.state is ChoiceState.CHOSEN), None)
    waits = False
    for one in own:
        if one.state is ChoiceState.WAITING and one.workshop_id == workshop.id:
            waits = True
        elif one.state is ChoiceState.WAITING:
            # Two contacts that became one may have waited for two.
            _drop(session, one)
    if held is not None and held.workshop_id == workshop.id:
        return ChoiceState.CHOSEN
    if waits:
        return ChoiceState.WAITING
    if workshop.capacity is not None and _taken(session, workshop) >= workshop.capacity:
        _add(session, registration, workshop, ChoiceState.WAITING, now=now)
        return ChoiceState.WAITING
    _drop(session, held)
    _add(session, registration, workshop, ChoiceState.CHOSEN, now=now)
    _fill(session, event, [part], now=now)
    return ChoiceState.CHOSEN


def give_up(session: Session, registration: Registration, part: Round, *, now: datetime) -> None:
    """Leave ``registration`` without a workshop in the round ``part``, and waiting for none.

    Raises:
        Conflict: as ``choose`` does.
    """
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    _check_open(event, registration, part, now=now)
    for one in _own(session, registration, part):
        _drop(session, one)
    _fill(session, event, [part], now=now)


def promote_in_workshops(session: Session, event: Event, *, now: datetime) -> int:
    """Give free places in workshops to those who wait; return how many moved.

    To be called after a raised capacity as well.
    """
    event = lock_event(session, event.id)
    return _fill(session, event, _parts(session, event), now=now)


def release_choices_of_leavers(session: Session, event: Event, *, now: datetime) -> int:
    """Free what guests had chosen who do not come any more; return how many choices that were."""
    event = lock_event(session, event.id)
    released = _clear_leavers(session, event)
    if released:
        _fill(session, event, _parts(session, event), now=now)
    return released


def events_with_leavers(session: Session) -> list[int]:
    """Return the ids of events at which somebody who does not come still has a choice."""
    return list(
        session.scalars(
            select(Registration.event_id)
            .join(WorkshopChoice, WorkshopChoice.registration_id == Registration.id)
            .where(Registration.state.not_in(COMING))
            .distinct()
            .order_by(Registration.event_id)
        )
    )


def must_tell(session: Session, registration_ids: Iterable[int], *, moved_up: bool) -> None:
    """Note that these guests must hear of their workshops anew.

    ``moved_up`` says that it is good news alone: a place in what they waited for. It stays so
    until another kind of change comes before they were told.
    """
    for registration_id in sorted(set(registration_ids)):
        notice = session.get(ProgrammeNotice, registration_id)
        if notice is None:
            notice = ProgrammeNotice(registration_id=registration_id, version=0, notified_version=0)
            session.add(notice)
        waits = notice.version > notice.notified_version
        notice.moved_up = moved_up and (notice.moved_up or not waits)
        notice.version += 1
    session.flush()


def _check_open(event: Event, registration: Registration, part: Round, *, now: datetime) -> None:
    if event.state in OFF:
        raise Conflict("This event does not take place on its date", where=event.key)
    if is_over(event, now=now):
        raise Conflict("This event has already been", where=event.key)
    if registration.state not in COMING:
        raise Conflict(
            "Only who comes to the event can choose a workshop",
            where=event.key,
            remedy="Accept the invitation first",
        )
    if _has_begun(part, now):
        raise Conflict("This round has begun", where=part.name)


def _has_begun(part: Round, now: datetime) -> bool:
    return part.starts_at is not None and now >= part.starts_at


def _parts(session: Session, event: Event) -> list[Round]:
    query = select(Round).where(Round.event_id == event.id).order_by(Round.position, Round.id)
    return list(session.scalars(query))


def _own(session: Session, registration: Registration, part: Round) -> list[WorkshopChoice]:
    return list(
        session.scalars(
            select(WorkshopChoice)
            .where(
                WorkshopChoice.registration_id == registration.id,
                WorkshopChoice.round_id == part.id,
            )
            .execution_options(populate_existing=True)
        )
    )


def _taken(session: Session, workshop: Workshop) -> int:
    """Count who is in ``workshop``; leavers must have been cleared away."""
    return (
        session.scalar(
            select(func.count()).where(
                WorkshopChoice.workshop_id == workshop.id,
                WorkshopChoice.state == ChoiceState.CHOSEN,
            )
        )
        or 0
    )


def _drop(session: Session, choice: WorkshopChoice | None) -> None:
    if choice is not None:
        session.delete(choice)
        # Of one round only one row may be 'chosen': it is gone before another comes.
        session.flush()


def _add(
    session: Session,
    registration: Registration,
    workshop: Workshop,
    state: ChoiceState,
    *,
    now: datetime,
) -> None:
    last = session.scalar(
        select(func.max(WorkshopChoice.since_at)).where(WorkshopChoice.workshop_id == workshop.id)
    )
    # No two wait equally long, also where a clock stands still or runs back.
    since = now if last is None or last < now else last + timedelta(microseconds=1)
    session.add(
        WorkshopChoice(
            registration_id=registration.id,
            round_id=workshop.round_id,
            workshop_id=workshop.id,
            state=state,
            since_at=since,
        )
    )
    session.flush()


def _clear_leavers(session: Session, event: Event) -> int:
    """Delete the choices of who does not come; the event must be locked."""
    gone = list(
        session.scalars(
            select(Registration.id)
            .join(WorkshopChoice, WorkshopChoice.registration_id == Registration.id)
            .where(Registration.event_id == event.id, Registration.state.not_in(COMING))
            .distinct()
        )
    )
    if not gone:
        return 0
    released = len(
        session.scalars(
            delete(WorkshopChoice)
            .where(WorkshopChoice.registration_id.in_(gone))
            .returning(WorkshopChoice.id)
            .execution_options(synchronize_session="fetch")
        ).all()
    )
    for notice in session.scalars(
        select(ProgrammeNotice).where(ProgrammeNotice.registration_id.in_(gone))
    ):
        # Who left is told nothing of workshops, also not after coming back.
        notice.notified_version = notice.version
    session.flush()
    return released


def _fill(session: Session, event: Event, parts: Iterable[Round], *, now: datetime) -> int:
    """Move who waits into free places until nobody can move; the event must be locked."""
    if event.state in OFF or is_over(event, now=now):
        return 0
    moved = 0
    for part in parts:
        if not _has_begun(part, now):
            moved += _fill_round(session, part, now=now)
    return moved


def _fill_round(session: Session, part: Round, *, now: datetime) -> int:
    rows = session.scalars(
        select(WorkshopChoice)
        .join(Registration, Registration.id == WorkshopChoice.registration_id)
        .where(WorkshopChoice.round_id == part.id, Registration.state.in_(COMING))
        .order_by(WorkshopChoice.since_at, WorkshopChoice.id)
        .execution_options(populate_existing=True)
    ).all()
    held = {one.registration_id: one for one in rows if one.state is ChoiceState.CHOSEN}
    waiting = [one for one in rows if one.state is ChoiceState.WAITING]
    capacities: dict[int, int | None] = dict(
        session.execute(
            select(Workshop.id, Workshop.capacity).where(Workshop.round_id == part.id)
        ).all()
    )
    moved: list[int] = []
    while waiting:
        taken: dict[int, int] = {}
        for one in held.values():
            taken[one.workshop_id] = taken.get(one.workshop_id, 0) + 1
        # Whoever waits longest of all goes first; what that frees is looked at anew.
        first = next(
            (one for one in waiting if _has_room(capacities[one.workshop_id], taken, one)), None
        )
        if first is None:
            break
        waiting.remove(first)
        _drop(session, held.get(first.registration_id))
        first.state = ChoiceState.CHOSEN
        first.since_at = now
        held[first.registration_id] = first
        session.flush()
        moved.append(first.registration_id)
    must_tell(session, moved, moved_up=True)
    return len(moved)


def _has_room(capacity: int | None, taken: dict[int, int], choice: WorkshopChoice) -> bool:
    return capacity is None or taken.get(choice.workshop_id, 0) < capacity
