"""Makes and changes the rounds and workshops of an event.

*Reads*: what a file says of them, the event locked. *Writes*: rounds, workshops, their choices where
a workshop is taken out; what guests must be told of it. *Next*: ``choosing.py`` lets guests choose.

What a file leaves out stays, for an import never cancels by absence, unless the caller asks for
it. Who is in a workshop that gets another title, room or hour is told of it; so is who was in one
that is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.yaml_rounds import RoundPlan, WorkshopPlan
from var_outreach.clock import at_local, local_date
from var_outreach.errors import InputError, NotFound
from var_outreach.programme.choosing import must_tell, promote_in_workshops
from var_outreach.programme.model import ChoiceState, Round, Workshop, WorkshopChoice
from var_outreach.programme.store import chosen_counts, rounds_of
from var_outreach.registrations.waiting import lock_event


@dataclass
class ArrangeReport:
    """What arranging a programme did, in keys "round" or "round/workshop"."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    taken_out: list[str] = field(default_factory=list)
    not_in_file: list[str] = field(default_factory=list)
    """What is there and the file does not name; it stays."""
    over_full: dict[str, int] = field(default_factory=dict)
    """Workshops with more guests than places, and how many too many: staff decide."""
    promoted: int = 0


def arrange(
    session: Session,
    event: Event,
    rounds: Sequence[RoundPlan],
    *,
    zone: ZoneInfo,
    now: datetime,
    take_out_missing: bool = False,
) -> ArrangeReport:
    """Make the programme of ``event`` what ``rounds`` say; return what that did.

    Raises InputError for rounds with hours of an event without a date.
    """
    event = lock_event(session, event.id)
    report = ArrangeReport()
    known = {part.key: part for part in rounds_of(session, event)}
    for position, plan in enumerate(rounds):
        _arrange_round(session, event, known.get(plan.key), plan, position, zone, report)
    named = {plan.key: {one.key for one in plan.workshops} for plan in rounds}
    for round_key, part in known.items():
        for workshop in list(part.workshops):
            key = f"{round_key}/{workshop.key}"
            if workshop.key in named.get(round_key, set()):
                continue
            if take_out_missing:
                _take_out(session, workshop)
                report.taken_out.append(key)
            else:
                report.not_in_file.append(key)
        if take_out_missing and round_key not in named:
            session.expire(part)
            session.delete(part)
            report.taken_out.append(round_key)
    session.flush()
    session.expire_all()
    report.promoted = promote_in_workshops(session, event, now=now)
    report.over_full = _over_full(session, event)
    return report


def find_workshop(session: Session, event: Event, key: str) -> Workshop:
    """Return the workshop ``key`` ("round/workshop") of ``event``; raises NotFound."""
    round_key, _, workshop_key = key.partition("/")
    found = session.scalar(
        select(Workshop)
        .join(Round, Round.id == Workshop.round_id)
        .where(Round.event_id == event.id, Round.key == round_key, Workshop.key == workshop_key)
    )
    if found is None:
        raise NotFound(
            f"there is no workshop '{key}' at {event.key}",
            remedy=f"See them with: var-outreach programme show {event.key}",
        )
    return found


def set_capacity(
    session: Session, event: Event, key: str, capacity: int | None, *, now: datetime
) -> ArrangeReport:
    """Give the workshop ``key`` ``capacity`` places (None: no limit); who waits moves up.

    With fewer places than guests nobody is put out: the report says how many are too many.
    Raises NotFound, or InputError for a capacity below 1.
    """
    if capacity is not None and capacity < 1:
        raise InputError(
            "a workshop has at least one place",
            where=key,
            remedy=f"Take it out with: var-outreach programme take-out {event.key} {key}",
        )
    event = lock_event(session, event.id)
    find_workshop(session, event, key).capacity = capacity
    session.flush()
    promoted = promote_in_workshops(session, event, now=now)
    return ArrangeReport(changed=[key], promoted=promoted, over_full=_over_full(session, event))


def take_out_workshop(session: Session, event: Event, key: str, *, now: datetime) -> ArrangeReport:
    """Take the workshop ``key`` out of the programme; who was in it or waited is told.

    Raises NotFound.
    """
    event = lock_event(session, event.id)
    workshop = find_workshop(session, event, key)
    part = workshop.round
    _take_out(session, workshop)
    session.flush()
    session.expire(part)
    if not part.workshops:
        session.delete(part)
        session.flush()
    return ArrangeReport(taken_out=[key], promoted=promote_in_workshops(session, event, now=now))


def events_with_rounds_astray(session: Session, *, zone: ZoneInfo) -> list[int]:
    """Return the ids of events that have a date, with rounds on none of its days."""
    days: dict[int, list[bool]] = {}
    for event_id, first, last, starts_at in session.execute(
        select(Event.id, Event.on_date, Event.until_date, Round.starts_at)
        .join(Event, Event.id == Round.event_id)
        .where(Round.starts_at.is_not(None), Event.on_date.is_not(None))
    ):
        assert first is not None
        assert starts_at is not None
        on_day = first <= local_date(starts_at, zone) <= (last or first)
        days.setdefault(event_id, []).append(on_day)
    return sorted(event_id for event_id, found in days.items() if not any(found))


def carry_rounds(session: Session, event: Event, *, zone: ZoneInfo) -> bool:
    """Move the rounds of an event that has moved to its new day, hours unchanged; say if so.

    Nobody is told by this: who had answered is asked anew by the update of the event itself.
    """
    event = lock_event(session, event.id)
    parts = [part for part in rounds_of(session, event) if part.starts_at is not None]
    days = [local_date(part.starts_at, zone) for part in parts if part.starts_at is not None]
    if event.on_date is None or not days:
        return False
    last = event.until_date or event.on_date
    if any(event.on_date <= day <= last for day in days):
        return False
    step = event.on_date - min(days)
    for part in parts:
        part.starts_at = _moved(part.starts_at, step, zone)
        part.ends_at = _moved(part.ends_at, step, zone)
    session.flush()
    return True


def _moved(instant: datetime | None, step: timedelta, zone: ZoneInfo) -> datetime | None:
    """Return ``instant`` so many days on, at the same hour on the clock."""
    if instant is None:
        return None
    local = instant.astimezone(zone)
    return at_local(local.date() + step, local.time(), zone)


def _arrange_round(
    session: Session,
    event: Event,
    part: Round | None,
    plan: RoundPlan,
    position: int,
    zone: ZoneInfo,
    report: ArrangeReport,
) -> None:
    starts_at, ends_at = (_hour(event, plan, one, zone) for one in (plan.starts, plan.ends))
    if part is None:
        part = Round(event_id=event.id, key=plan.key, name=plan.name, position=position)
        part.starts_at, part.ends_at = starts_at, ends_at
        session.add(part)
        session.flush()
        report.added.append(plan.key)
    else:
        told = (part.name, part.starts_at, part.ends_at)
        part.name, part.starts_at, part.ends_at = plan.name, starts_at, ends_at
        part.position = position
        if told != (plan.name, starts_at, ends_at):
            report.changed.append(plan.key)
            _tell(session, WorkshopChoice.round_id == part.id)
    known = {one.key: one for one in part.workshops}
    for place, own in enumerate(plan.workshops):
        _arrange_workshop(session, part, known.get(own.key), own, place, report)


def _arrange_workshop(
    session: Session,
    part: Round,
    workshop: Workshop | None,
    plan: WorkshopPlan,
    position: int,
    report: ArrangeReport,
) -> None:
    key = f"{part.key}/{plan.key}"
    if workshop is None:
        session.add(
            Workshop(
                round_id=part.id,
                key=plan.key,
                title=plan.title,
                description=plan.description,
                room=plan.room,
                capacity=plan.capacity,
                position=position,
            )
        )
        session.flush()
        report.added.append(key)
        return
    told = (workshop.title, workshop.room)
    before = (*told, workshop.description, workshop.capacity)
    workshop.title, workshop.room, workshop.position = plan.title, plan.room, position
    workshop.description, workshop.capacity = plan.description, plan.capacity
    if before != (plan.title, plan.room, plan.description, plan.capacity):
        report.changed.append(key)
    if told != (plan.title, plan.room):
        _tell(session, WorkshopChoice.workshop_id == workshop.id)


def _hour(event: Event, plan: RoundPlan, hour: time | None, zone: ZoneInfo) -> datetime | None:
    if hour is None:
        return None
    day = plan.on_date or event.on_date
    if day is None:
        raise InputError(
            f"the round '{plan.name}' has hours, but {event.key} has no date yet",
            where=f"line {plan.line}" if plan.line else event.key,
            remedy="Give the event its date first, or leave the hours out",
        )
    return at_local(day, hour, zone)


def _take_out(session: Session, workshop: Workshop) -> None:
    choices = session.scalars(
        select(WorkshopChoice).where(WorkshopChoice.workshop_id == workshop.id)
    ).all()
    must_tell(session, [one.registration_id for one in choices], moved_up=False)
    for one in choices:
        session.delete(one)
    session.flush()
    session.delete(workshop)
    session.flush()


def _tell(session: Session, where: ColumnElement[bool]) -> None:
    """Note that whoever chose what ``where`` names must be told."""
    query = select(WorkshopChoice.registration_id).where(
        WorkshopChoice.state == ChoiceState.CHOSEN, where
    )
    must_tell(session, session.scalars(query), moved_up=False)


def _over_full(session: Session, event: Event) -> dict[str, int]:
    taken = chosen_counts(session, event)
    return {
        f"{part.key}/{one.key}": taken[one.id] - one.capacity
        for part in rounds_of(session, event)
        for one in part.workshops
        if one.capacity is not None and taken.get(one.id, 0) > one.capacity
    }
