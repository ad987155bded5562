"""Everybody whom an event knows, once: what each list takes its people from.

*Reads*: registrations with their offices, speakers, choices of workshops. *Writes*: nothing.
*Next*: badges, visitor list, totals, matrix, rooms and presence list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.programme.model import Speaker
from var_outreach.programme.store import chosen_workshops
from var_outreach.registrations.model import (
    COMING,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.store import WITHDRAWN
from var_outreach.reporting.surnames import folded_name, surname_key

SPEAKER = "spreker"
"""What stands on the badge of somebody who speaks."""


@dataclass(frozen=True)
class Guest:
    """One registration, or one speaker (``registration_id`` None)."""

    registration_id: int | None
    name: str
    function: str
    organisation: str
    organisation_id: int | None
    state: RegistrationState
    withdrawn: bool = False
    """Staff took the invitation back."""
    speaks: bool = False
    """Stands on the programme; never counts as a participant."""
    diet: str = ""
    replies: dict[str, Any] = field(default_factory=dict)
    workshops: tuple[tuple[str, str, str], ...] = ()
    """(round, workshop, room) in the order of the programme."""

    @property
    def comes(self) -> bool:
        """Whether a place is taken; a speaker needs none, and comes."""
        return self.state in COMING

    @property
    def awaits_mark(self) -> bool:
        """Whether nobody said yet if they were there."""
        return self.state is RegistrationState.ACCEPTED


def guests_of(session: Session, event: Event) -> tuple[Guest, ...]:
    """Return every registration of ``event``, by surname, in a fixed number of queries.

    Somebody who is invited and speaks too is one guest, who ``speaks``.
    """
    speakers = _speakers(session, event)
    withdrawn = withdrawn_registrations(session, event)
    workshops = chosen_workshops(session, event)
    guests = [
        _guest(row, speakers, withdrawn, workshops.get(row.id, ()))
        for row in session.scalars(_registrations(event))
    ]
    return by_surname(guests)


def speakers_of(session: Session, event: Event) -> tuple[Guest, ...]:
    """Return who speaks at ``event`` and did not say no, by surname, invited or not."""
    found = [
        Guest(
            registration_id=None,
            name=speaker.contact.name,
            function=SPEAKER,
            organisation=_name_of(speaker.contact.organisation),
            organisation_id=_id_of(speaker.contact.organisation),
            state=RegistrationState.ACCEPTED,
            speaks=True,
        )
        for speaker in _speakers(session, event)
    ]
    return by_surname(found)


def present_on_the_day(session: Session, event: Event) -> tuple[Guest, ...]:
    """Return everybody who will be in the building: who comes, and who speaks; by surname."""
    coming = [guest for guest in guests_of(session, event) if guest.comes]
    there = {(folded_name(guest.name), guest.organisation_id) for guest in coming if guest.speaks}
    others = [
        guest
        for guest in speakers_of(session, event)
        if (folded_name(guest.name), guest.organisation_id) not in there
    ]
    return by_surname([*coming, *others])


def by_surname(guests: Iterable[Guest]) -> tuple[Guest, ...]:
    """Return ``guests`` as a list at the door has them; equal names by organisation."""
    return tuple(
        sorted(
            guests,
            key=lambda one: (
                surname_key(one.name),
                folded_name(one.organisation),
                one.function,
                one.registration_id or 0,
            ),
        )
    )


def _registrations(event: Event) -> Select[Registration]:
    return (
        select(Registration)
        .options(
            joinedload(Registration.function).joinedload(Function.organisation),
            joinedload(Registration.function).joinedload(Function.holder),
            joinedload(Registration.contact).joinedload(Contact.organisation),
            joinedload(Registration.organisation),
        )
        .where(Registration.event_id == event.id)
        .order_by(Registration.id)
    )


def _guest(
    row: Registration,
    speakers: Sequence[Speaker],
    withdrawn: set[int],
    workshops: Sequence[tuple[str, str, str]],
) -> Guest:
    organisation = organisation_of(row)
    speaks = any(is_the_speaker(row, speaker) for speaker in speakers)
    return Guest(
        registration_id=row.id,
        name=name_of(row),
        function=function_of(row) or (SPEAKER if speaks else ""),
        organisation=_name_of(organisation),
        organisation_id=_id_of(organisation),
        state=row.state,
        withdrawn=row.id in withdrawn,
        speaks=speaks,
        diet=row.diet,
        replies=dict(row.replies),
        workshops=tuple(workshops),
    )


def name_of(row: Registration) -> str:
    """Return who comes: as given, else the holder of the office; "" for a vacant one."""
    if row.attendee_name or row.function is None:
        return row.attendee_name
    return row.function.holder.name if row.function.holder else ""


def function_of(row: Registration) -> str:
    """Return what who comes is called: as given, else the office with its portfolio."""
    if row.attendee_function or row.function is None:
        return row.attendee_function
    return office_words(row.function)


def office_words(function: Function) -> str:
    """Return an office in words: "wethouder jeugd"."""
    return f"{function.role} {function.portfolio}".strip()


def organisation_of(row: Registration) -> Organisation | None:
    """Return for whom somebody comes: the registration's own, the office's or the person's."""
    if row.organisation is not None:
        return row.organisation
    return row.function.organisation if row.function is not None else row.contact.organisation


def is_the_speaker(row: Registration, speaker: Speaker) -> bool:
    """Tell whether who comes on ``row`` is the speaker, and not somebody at the same mailbox."""
    holder_id = row.function.holder_id if row.function is not None else None
    same_name = folded_name(name_of(row)) == folded_name(speaker.contact.name)
    return same_name and speaker.contact_id in {row.contact_id, holder_id}


def _speakers(session: Session, event: Event) -> list[Speaker]:
    return list(
        session.scalars(
            select(Speaker)
            .options(joinedload(Speaker.contact).joinedload(Contact.organisation))
            .where(Speaker.event_id == event.id, Speaker.declined_at.is_(None))
            .order_by(Speaker.id)
        )
    )


def withdrawn_registrations(session: Session, event: Event) -> set[int]:
    """Return the registrations that staff took off and nobody took up since."""
    newest = (
        select(func.max(RegistrationChange.id))
        .join(Registration, Registration.id == RegistrationChange.registration_id)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.CANCELLED,
        )
        .group_by(RegistrationChange.registration_id)
    )
    return set(
        session.scalars(
            select(RegistrationChange.registration_id).where(
                RegistrationChange.id.in_(newest), RegistrationChange.via == WITHDRAWN
            )
        )
    )


def _name_of(organisation: Organisation | None) -> str:
    return organisation.name if organisation is not None else ""


def _id_of(organisation: Organisation | None) -> int | None:
    return organisation.id if organisation is not None else None
