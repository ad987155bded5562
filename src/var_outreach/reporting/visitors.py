"""The visitor list for the porter: who comes in, for whom, and with which car.

*Reads*: who comes and who speaks. *Writes*: nothing. *Next*: printed for the desk at the door.

Nothing of diet, access, remarks or answers stands on it: the porter needs none of it (AVG art. 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.reporting.guests import present_on_the_day
from var_outreach.reporting.questions import plate_keys
from var_outreach.reporting.sheet import Cell, Column, Heading, Section, Sheet, capital, counted


@dataclass(frozen=True)
class Visitor:
    """One line of the list."""

    name: str
    organisation: str
    number_plate: str


@dataclass(frozen=True)
class VisitorList:
    """All visitors by surname."""

    visitors: tuple[Visitor, ...]
    asks_plate: bool
    """The event asks for a number plate."""


def visitor_list(session: Session, event: Event) -> VisitorList:
    """Return everybody who will come in, by surname."""
    keys = plate_keys(event)
    visitors = tuple(
        Visitor(
            # An office whose holder nobody knows: the porter hears the office's name.
            guest.name or capital(guest.function),
            guest.organisation,
            _plate(guest.replies, keys),
        )
        for guest in present_on_the_day(session, event)
    )
    return VisitorList(visitors, bool(keys))


def visitors_as_sheet(found: VisitorList, heading: Heading) -> Sheet:
    """Return the list for the porter."""
    columns = [Column("Naam", 3), Column("Organisatie", 3)]
    if found.asks_plate:
        columns.append(Column("Kenteken", 1.2))
    rows: list[tuple[Cell, ...]] = []
    for one in found.visitors:
        plate = (one.number_plate,) if found.asks_plate else ()
        rows.append((one.name, one.organisation, *plate))
    return Sheet(
        name="bezoekers",
        title="Bezoekerslijst",
        heading=heading,
        sections=(Section("Bezoekers op achternaam", tuple(columns), tuple(rows)),),
        remarks=(counted(len(rows), "bezoeker.", "bezoekers."),),
    )


def _plate(replies: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    plates = (str(replies.get(key) or "").strip().upper() for key in keys)
    return ", ".join(plate for plate in plates if plate)
