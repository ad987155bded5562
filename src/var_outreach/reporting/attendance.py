"""Who took part, in numbers and by name.

*Reads*: registrations, speakers, what a video service counted. *Writes*: nothing. *Next*:
``attendance show``, the figures of the year, the look-back.

A participant is somebody who was there: not an office that somebody else came for, not a speaker,
not who stayed away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.people.model import Function
from var_outreach.programme.model import Speaker
from var_outreach.registrations.attendance import DOOR
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.reporting.guests import Guest, guests_of, is_the_speaker, speakers_of

_STATE = RegistrationState


@dataclass(frozen=True)
class AttendanceFigures:
    """How many took part in one event."""

    participants: int | None
    """In the room and online together; None while nobody marked or counted anything."""
    present: int
    """In the room, walk-ins among them, speakers not."""
    absent: int
    """Had a place and stayed away."""
    unmarked: int
    """Had a place; nobody said whether they were there."""
    walk_ins: int
    represented: int
    """Offices for which somebody else came; who came is counted as present."""
    speakers: int
    counted_live: int | None
    counted_views: int | None


@dataclass(frozen=True)
class Attendance:
    """The figures of one event and the people behind them, by surname."""

    event: str
    figures: AttendanceFigures
    present: tuple[Guest, ...]
    absent: tuple[Guest, ...]
    unmarked: tuple[Guest, ...]
    walk_ins: tuple[int, ...]
    """Registration ids of those among ``present`` who were on no list."""
    speakers: tuple[Guest, ...]


@dataclass
class _Tally:
    states: Counter[RegistrationState] = field(default_factory=Counter)
    walk_ins: int = 0
    speakers: int = 0


def attendance_of(session: Session, event: Event) -> Attendance:
    """Return who took part in ``event``."""
    guests = [guest for guest in guests_of(session, event) if not guest.speaks]

    def those(state: RegistrationState) -> tuple[Guest, ...]:
        return tuple(guest for guest in guests if guest.state is state)

    walked_in = session.scalars(
        select(Registration.id)
        .where(
            Registration.event_id == event.id,
            Registration.answered_via == DOOR,
            Registration.state == _STATE.ATTENDED,
        )
        .order_by(Registration.id)
    )
    return Attendance(
        event=event.key,
        figures=attendance_figures(session, [event])[event.id],
        present=those(_STATE.ATTENDED),
        absent=those(_STATE.ABSENT),
        unmarked=those(_STATE.ACCEPTED),
        walk_ins=tuple(walked_in),
        speakers=speakers_of(session, event),
    )


def attendance_figures(session: Session, events: Sequence[Event]) -> dict[int, AttendanceFigures]:
    """Return the figures of each of ``events`` by its id, in a fixed number of queries."""
    tallies = {event.id: _Tally() for event in events}
    for event_id, state, via, count in session.execute(
        select(
            Registration.event_id, Registration.state, Registration.answered_via, func.count()
        ).group_by(Registration.event_id, Registration.state, Registration.answered_via)
    ):
        if tally := tallies.get(event_id):
            tally.states[state] += count
            if state is _STATE.ATTENDED and via == DOOR:
                tally.walk_ins += count
    for row in _who_speaks_too(session):
        if tally := tallies.get(row.event_id):
            tally.states[row.state] -= 1
            if row.state is _STATE.ATTENDED and row.answered_via == DOOR:
                tally.walk_ins -= 1
    for event_id, count in session.execute(
        select(Speaker.event_id, func.count())
        .where(Speaker.declined_at.is_(None))
        .group_by(Speaker.event_id)
    ):
        if tally := tallies.get(event_id):
            tally.speakers = count
    return {event.id: _figures(event, tallies[event.id]) for event in events}


def _figures(event: Event, tally: _Tally) -> AttendanceFigures:
    present, absent = tally.states[_STATE.ATTENDED], tally.states[_STATE.ABSENT]
    return AttendanceFigures(
        participants=_participants(event, present, absent),
        present=present,
        absent=absent,
        unmarked=tally.states[_STATE.ACCEPTED],
        walk_ins=tally.walk_ins,
        represented=tally.states[_STATE.REPRESENTED],
        speakers=tally.speakers,
        counted_live=event.counted_live,
        counted_views=event.counted_views,
    )


def _participants(event: Event, present: int, absent: int) -> int | None:
    """Add who was in the room to who was counted online; views of a recording are no people.

    An event that is only online has no room: what the service counted stands instead of marks,
    which are about the same people.
    """
    live = event.counted_live
    if live is None:
        return present if present or absent else None
    only_online = event.place is None and event.online_url is not None
    return live if only_online else present + live


def _who_speaks_too(session: Session) -> list[Registration]:
    """Return the registrations of who is on the programme of the same event."""
    pairs = session.execute(
        select(Registration, Speaker)
        .join(Speaker, Speaker.event_id == Registration.event_id)
        .outerjoin(Function, Function.id == Registration.function_id)
        .options(
            joinedload(Registration.function).joinedload(Function.holder),
            joinedload(Speaker.contact),
        )
        .where(
            Speaker.declined_at.is_(None),
            or_(
                Registration.contact_id == Speaker.contact_id,
                Function.holder_id == Speaker.contact_id,
            ),
        )
        .order_by(Registration.id)
    )
    found = {row.id: row for row, speaker in pairs if is_the_speaker(row, speaker)}
    return list(found.values())
