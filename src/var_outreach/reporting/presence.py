"""The presence list for the door: tick who is there, and hand it back.

*Reads*: who comes. *Writes*: nothing. *Next*: ``attendance mark --file`` reads it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.registrations.model import COMING, RegistrationState
from var_outreach.reporting.guests import guests_of
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet, capital, counted

COLUMNS = ("Nummer", "Naam", "Functie", "Organisatie", "Aanwezig")
"""What stands above the columns; ``staff/attendance_file.py`` reads them by these names."""
MARKS = {RegistrationState.ATTENDED: "ja", RegistrationState.ABSENT: "nee"}


@dataclass(frozen=True)
class Expected:
    """One line: who is expected and what was marked already ("ja", "nee" or nothing)."""

    registration_id: int
    name: str
    function: str
    organisation: str
    mark: str


def presence_list(session: Session, event: Event) -> tuple[Expected, ...]:
    """Return everybody who comes, by surname; who only speaks is no participant."""
    return tuple(
        Expected(
            guest.registration_id,
            guest.name or capital(guest.function),
            capital(guest.function) if guest.name else "",
            guest.organisation,
            MARKS.get(guest.state, ""),
        )
        for guest in guests_of(session, event)
        if guest.state in COMING and guest.registration_id is not None
    )


def presence_as_sheet(expected: tuple[Expected, ...], heading: Heading) -> Sheet:
    """Return the list with a column to tick."""
    shares = (0.7, 3, 2.5, 2.5, 0.9)
    columns = tuple(
        Column(title, share, number=title == "Nummer")
        for title, share in zip(COLUMNS, shares, strict=True)
    )
    rows = tuple(
        (one.registration_id, one.name, one.function, one.organisation, one.mark)
        for one in expected
    )
    return Sheet(
        name="presentie",
        title="Presentielijst",
        heading=heading,
        sections=(Section("Deelnemers op achternaam", columns, rows, named_by=1),),
        remarks=(counted(len(rows), "deelnemer.", "deelnemers."),),
    )
