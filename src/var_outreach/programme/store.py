"""The questions that others ask about workshops: what there is, who is where, who must be told.

*Reads*: the tables of the programme. *Writes*: nothing. *Next*: the workshops page, room lists,
badges, the reminder, the planner.

Only the choices of who comes count. A choice of somebody who has left the event takes no place
from that moment on, also before ``choosing.py`` has cleared it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from var_outreach.agenda.model import Event
from var_outreach.people.model import Function
from var_outreach.programme.model import (
    ChoiceState,
    ProgrammeNotice,
    Round,
    Workshop,
    WorkshopChoice,
)
from var_outreach.registrations.model import COMING, Registration


@dataclass(frozen=True)
class RoomList:
    """Who is expected in one workshop, in no particular order."""

    workshop: Workshop
    registrations: tuple[Registration, ...]


def rounds_of(session: Session, event: Event) -> list[Round]:
    """Return the rounds of ``event`` with their workshops, in the order of the programme."""
    return list(
        session.scalars(
            select(Round)
            .options(selectinload(Round.workshops))
            .where(Round.event_id == event.id)
            .order_by(Round.position, Round.id)
        )
    )


def has_rounds(session: Session, event: Event) -> bool:
    """Tell whether there is anything to choose at ``event``."""
    return session.scalar(select(Round.id).where(Round.event_id == event.id).limit(1)) is not None


def chosen_workshops(session: Session, event: Event) -> dict[int, list[tuple[str, str, str]]]:
    """Return (round, workshop, room) of everybody who comes, by registration id, in round order.

    Who has chosen nothing is not in it; nor is what somebody only waits for.
    """
    found: dict[int, list[tuple[str, str, str]]] = {}
    rows = session.execute(
        select(WorkshopChoice.registration_id, Round.name, Workshop.title, Workshop.room)
        .join(Registration, Registration.id == WorkshopChoice.registration_id)
        .join(Workshop, Workshop.id == WorkshopChoice.workshop_id)
        .join(Round, Round.id == WorkshopChoice.round_id)
        .where(
            Round.event_id == event.id,
            WorkshopChoice.state == ChoiceState.CHOSEN,
            Registration.state.in_(COMING),
        )
        .order_by(WorkshopChoice.registration_id, Round.position, Round.id)
    )
    for registration_id, round_name, title, room in rows:
        found.setdefault(registration_id, []).append((round_name, title, room))
    return found


def room_lists(session: Session, event: Event) -> list[tuple[Round, list[RoomList]]]:
    """Return per round who is expected in which workshop; an empty workshop is there too."""
    present: dict[int, list[Registration]] = {}
    for choice in session.scalars(
        select(WorkshopChoice)
        .join(WorkshopChoice.registration)
        .options(
            contains_eager(WorkshopChoice.registration)
            .joinedload(Registration.function)
            .joinedload(Function.organisation),
            contains_eager(WorkshopChoice.registration).joinedload(Registration.organisation),
            contains_eager(WorkshopChoice.registration).joinedload(Registration.contact),
        )
        .join(Round, Round.id == WorkshopChoice.round_id)
        .where(
            Round.event_id == event.id,
            WorkshopChoice.state == ChoiceState.CHOSEN,
            Registration.state.in_(COMING),
        )
        .order_by(Registration.id)
    ):
        present.setdefault(choice.workshop_id, []).append(choice.registration)
    return [
        (
            part,
            [
                RoomList(workshop, tuple(present.get(workshop.id, ())))
                for workshop in part.workshops
            ],
        )
        for part in rounds_of(session, event)
    ]


def choices_of(
    session: Session, registration_ids: Sequence[int]
) -> dict[int, list[WorkshopChoice]]:
    """Return what each registration has chosen and waits for, in round order."""
    found: dict[int, list[WorkshopChoice]] = {}
    for choice in session.scalars(
        select(WorkshopChoice)
        .join(WorkshopChoice.round)
        .options(contains_eager(WorkshopChoice.round), joinedload(WorkshopChoice.workshop))
        .where(WorkshopChoice.registration_id.in_(registration_ids))
        .order_by(Round.position, Round.id, WorkshopChoice.id)
    ):
        found.setdefault(choice.registration_id, []).append(choice)
    return found


def seats_left(session: Session, event: Event) -> dict[int, int | None]:
    """Return how many can still choose each workshop of ``event``, by its id; None: no limit."""
    taken = _counts(session, event, ChoiceState.CHOSEN)
    return {
        workshop.id: None
        if workshop.capacity is None
        else max(0, workshop.capacity - taken.get(workshop.id, 0))
        for part in rounds_of(session, event)
        for workshop in part.workshops
    }


def _counts(session: Session, event: Event, state: ChoiceState) -> dict[int, int]:
    return dict(
        session.execute(
            select(WorkshopChoice.workshop_id, func.count())
            .join(Registration, Registration.id == WorkshopChoice.registration_id)
            .where(
                Registration.event_id == event.id,
                Registration.state.in_(COMING),
                WorkshopChoice.state == state,
            )
            .group_by(WorkshopChoice.workshop_id)
        ).all()
    )


def chosen_counts(session: Session, event: Event) -> dict[int, int]:
    """Return how many are in each workshop of ``event``, by its id."""
    return _counts(session, event, ChoiceState.CHOSEN)


def waiting_counts(session: Session, event: Event) -> dict[int, int]:
    """Return how many wait for each workshop of ``event``, by its id."""
    return _counts(session, event, ChoiceState.WAITING)


def due_programme_notices(session: Session) -> list[ProgrammeNotice]:
    """Return the notices of guests who come and were not told the newest of their workshops."""
    return list(
        session.scalars(
            select(ProgrammeNotice)
            .join(ProgrammeNotice.registration)
            .options(contains_eager(ProgrammeNotice.registration))
            .where(
                ProgrammeNotice.version > ProgrammeNotice.notified_version,
                Registration.state.in_(COMING),
            )
            .order_by(ProgrammeNotice.registration_id)
        )
    )
