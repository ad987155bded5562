"""What a guest can choose in each round, as the workshops page shows it.

*Reads*: rounds, workshops, choices. *Writes*: nothing. *Next*: ``workshops.py`` shows it and takes
what is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from var_outreach.i18n import format_time
from var_outreach.programme.model import ChoiceState, Round, Workshop, WorkshopChoice
from var_outreach.programme.store import choices_of, rounds_of, seats_left
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.web.answer_view import office_name
from var_outreach.web.site import Here

NONE = "geen"
"""What is sent for no workshop in a round."""


@dataclass(frozen=True)
class WorkshopView:
    """One workshop that can be chosen."""

    id: int
    title: str
    description: str
    room: str
    places_left: int | None
    """None: no limit."""

    @property
    def is_full(self) -> bool:
        """True if choosing it is waiting for it."""
        return self.places_left == 0


@dataclass(frozen=True)
class RoundView:
    """One round for one guest."""

    id: int
    name: str
    hours: str
    workshops: tuple[WorkshopView, ...]
    chosen: WorkshopView | None
    waited: WorkshopView | None
    begun: bool
    """Nothing can be changed any more."""

    @property
    def picked(self) -> str:
        """Which button is pressed: what is waited for, else what is chosen."""
        wish = self.waited or self.chosen
        return "" if wish is None else str(wish.id)


@dataclass(frozen=True)
class GuestView:
    """One guest at the mailbox, with every round."""

    id: int
    office: str
    attendee: str
    rounds: tuple[RoundView, ...]

    def field(self, part: RoundView) -> str:
        """Return the name of the field for a round."""
        return f"ronde-{self.id}-{part.id}"


def coming(invitation: Invitation) -> list[Registration]:
    """Return who of an invitation comes and can choose."""
    return [row for row in invitation.registrations if row.state is RegistrationState.ACCEPTED]


def guest_views(session: Session, here: Here, invitation: Invitation) -> tuple[GuestView, ...]:
    """Return every guest of ``invitation`` who comes, with the rounds of the event."""
    guests = coming(invitation)
    rounds = rounds_of(session, invitation.event) if guests else []
    if not rounds:
        return ()
    seats = seats_left(session, invitation.event)
    choices = choices_of(session, [row.id for row in guests])
    return tuple(
        GuestView(
            id=row.id,
            office=_office(row),
            attendee=row.attendee_name,
            rounds=tuple(_round(here, part, seats, choices.get(row.id, ())) for part in rounds),
        )
        for row in guests
    )


def _round(
    here: Here, part: Round, seats: dict[int, int | None], choices: Sequence[WorkshopChoice]
) -> RoundView:
    workshops = {one.id: _workshop(one, seats) for one in part.workshops}
    own = {one.state: workshops[one.workshop_id] for one in choices if one.round_id == part.id}
    return RoundView(
        id=part.id,
        name=part.name,
        hours=_hours(here, part.starts_at, part.ends_at),
        workshops=tuple(workshops.values()),
        chosen=own.get(ChoiceState.CHOSEN),
        waited=own.get(ChoiceState.WAITING),
        begun=part.starts_at is not None and here.now >= part.starts_at,
    )


def _workshop(row: Workshop, seats: dict[int, int | None]) -> WorkshopView:
    return WorkshopView(row.id, row.title, row.description, row.room, seats[row.id])


def _hours(here: Here, starts_at: datetime | None, ends_at: datetime | None) -> str:
    if starts_at is None:
        return ""
    zone, language = here.app.settings.zone, here.language
    start = format_time(starts_at, zone, language)
    if ends_at is None:
        return here._("vanaf %(time)s uur", time=start)
    return here._(
        "%(start)s tot %(end)s uur", start=start, end=format_time(ends_at, zone, language)
    )


def _office(row: Registration) -> str:
    function = row.function
    return "" if function is None else f"{office_name(function)}, {function.organisation.name}"


def wishes(
    guests: Iterable[GuestView], said: dict[str, str]
) -> tuple[dict[tuple[int, int], int | None], list[str]]:
    """Return what is wished, by registration and round, and the fields that cannot be.

    None gives up the round; a field that was not sent, or says what holds already, is left out.
    """
    found: dict[tuple[int, int], int | None] = {}
    wrong: list[str] = []
    for guest in guests:
        for part in guest.rounds:
            name = guest.field(part)
            value = said.get(name, "")
            if not value or part.begun or value == part.picked:
                continue
            if value == NONE:
                found[guest.id, part.id] = None
            elif value in {str(one.id) for one in part.workshops}:
                found[guest.id, part.id] = int(value)
            else:
                wrong.append(name)
    return found, wrong
