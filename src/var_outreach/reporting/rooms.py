"""Room lists: who is expected in which workshop.

*Reads*: the rounds and who chose what. *Writes*: nothing. *Next*: one hangs at each door.

Made of the same choices as the badges, by the same function, so that the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.i18n import format_time
from var_outreach.programme.store import room_lists
from var_outreach.reporting.guests import guests_of
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet, capital, joined


@dataclass(frozen=True)
class Expected:
    """One guest of a workshop."""

    registration_id: int
    name: str
    function: str
    organisation: str


@dataclass(frozen=True)
class Room:
    """One workshop with its guests by surname."""

    round: str
    starts_at: datetime | None
    ends_at: datetime | None
    workshop: str
    room: str
    capacity: int | None
    expected: tuple[Expected, ...]


def rooms_of(session: Session, event: Event) -> tuple[Room, ...]:
    """Return every workshop of ``event`` in the order of the programme, also the empty ones."""
    guests = guests_of(session, event)
    rooms = []
    for part, lists in room_lists(session, event):
        for found in lists:
            here = {registration.id for registration in found.registrations}
            rooms.append(
                Room(
                    round=part.name,
                    starts_at=part.starts_at,
                    ends_at=part.ends_at,
                    workshop=found.workshop.title,
                    room=found.workshop.room,
                    capacity=found.workshop.capacity,
                    expected=tuple(
                        Expected(
                            guest.registration_id,
                            guest.name or capital(guest.function),
                            capital(guest.function) if guest.name else "",
                            guest.organisation,
                        )
                        for guest in guests
                        if guest.registration_id is not None and guest.registration_id in here
                    ),
                )
            )
    return tuple(rooms)


def rooms_as_sheet(rooms: tuple[Room, ...], heading: Heading, zone: ZoneInfo) -> Sheet:
    """Return one table a workshop."""
    columns = (Column("Naam", 3), Column("Functie", 2.5), Column("Organisatie", 2.5))
    sections = tuple(
        Section(
            caption=_caption(room, zone),
            columns=columns,
            rows=tuple((one.name, one.function, one.organisation) for one in room.expected),
        )
        for room in rooms
    )
    remarks = () if rooms else ("Deze bijeenkomst heeft geen workshops.",)
    return Sheet("zalen", "Zaallijsten", heading, sections, remarks)


def _caption(room: Room, zone: ZoneInfo) -> str:
    hours = ""
    if room.starts_at is not None:
        hours = f"{format_time(room.starts_at, zone)} uur"
        if room.ends_at is not None:
            hours = f"{format_time(room.starts_at, zone)} tot {format_time(room.ends_at, zone)} uur"
    of = f" van {room.capacity}" if room.capacity is not None else ""
    return joined(
        (room.round, hours, room.workshop, room.room, f"{len(room.expected)}{of} plaatsen")
    )
