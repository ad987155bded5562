"""The 23 municipalities and the other organisations: who comes, who does not, who is silent.

*Reads*: registrations by organisation. *Writes*: nothing. *Next*: staff see whom to call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.people.model import Organisation
from var_outreach.registrations.model import COMING, RegistrationState
from var_outreach.reporting.guests import Guest, guests_of
from var_outreach.reporting.sheet import Cell, Column, Heading, Section, Sheet, capital
from var_outreach.reporting.surnames import folded_name

MUNICIPALITY = "gemeente"
_STATE = RegistrationState
NOT_COMING = frozenset({_STATE.DECLINED, _STATE.CANCELLED})
UNDECIDED = frozenset({_STATE.TENTATIVE, _STATE.WAITLISTED, _STATE.REQUESTED})
SILENT = frozenset({_STATE.INVITED})
WORDS = {
    _STATE.TENTATIVE: "misschien",
    _STATE.WAITLISTED: "wachtlijst",
    _STATE.REQUESTED: "wil graag komen",
    _STATE.ABSENT: "niet verschenen",
    _STATE.CANCELLED: "afgemeld",
    _STATE.REPRESENTED: "vertegenwoordigd",
}


class Standing(StrEnum):
    """What an organisation as a whole comes to."""

    COMES = "komt"
    UNDECIDED = "misschien"
    SILENT = "geen antwoord"
    NOT_COMING = "komt niet"
    NOT_INVITED = "niet uitgenodigd"


@dataclass(frozen=True)
class OrganisationAnswers:
    """What one organisation answered; each list holds people in words, by surname."""

    organisation: str
    is_municipality: bool
    coming: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    not_coming: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    represented: tuple[str, ...] = ()
    """Offices for which somebody else comes; who that is stands under ``coming``."""

    @property
    def standing(self) -> Standing:
        """Return the best that can be said: one who comes is enough."""
        if self.coming or self.represented:
            return Standing.COMES
        if self.undecided:
            return Standing.UNDECIDED
        if self.silent:
            return Standing.SILENT
        return Standing.NOT_COMING if self.not_coming else Standing.NOT_INVITED


@dataclass(frozen=True)
class Matrix:
    """All municipalities, and every other organisation that has to do with the event."""

    municipalities: tuple[OrganisationAnswers, ...]
    others: tuple[OrganisationAnswers, ...]


@dataclass
class _Row:
    name: str
    is_municipality: bool
    guests: list[Guest] = field(default_factory=list)


def answer_matrix(session: Session, event: Event) -> Matrix:
    """Return what each organisation answered; municipalities not invited are there too.

    A municipality that was merged stands under the one that took its place. Whom staff took off
    stands nowhere.
    """
    organisations = {one.id: one for one in session.scalars(select(Organisation))}
    rows = {
        one.id: _Row(one.name, one.kind == MUNICIPALITY)
        for one in organisations.values()
        if one.kind == MUNICIPALITY and one.merged_into_id is None
    }
    nobodys = _Row("Zonder organisatie", False)
    for guest in guests_of(session, event):
        if guest.withdrawn:
            continue
        heir = _heir(organisations, guest.organisation_id)
        if heir is None:
            nobodys.guests.append(guest)
        else:
            row = rows.setdefault(heir.id, _Row(heir.name, heir.kind == MUNICIPALITY))
            row.guests.append(guest)
    ordered = sorted(rows.values(), key=lambda row: _order(row.name))
    answers = [_answers(row) for row in [*ordered, *([nobodys] if nobodys.guests else [])]]
    return Matrix(
        municipalities=tuple(one for one in answers if one.is_municipality),
        others=tuple(one for one in answers if not one.is_municipality),
    )


def matrix_as_sheet(found: Matrix, heading: Heading) -> Sheet:
    """Return the matrix as a table of municipalities and one of the other organisations."""
    columns = (
        Column("Organisatie", 2),
        Column("Stand", 1.1),
        Column("Komt", 3),
        Column("Misschien", 2),
        Column("Komt niet", 2),
        Column("Geen antwoord", 2),
    )
    tables = (("Gemeenten", found.municipalities), ("Andere organisaties", found.others))
    sections = tuple(
        Section(caption, columns, tuple(_cells(one) for one in answers))
        for caption, answers in tables
        if answers or caption == "Gemeenten"
    )
    coming = sum(one.standing is Standing.COMES for one in found.municipalities)
    silent = sum(one.standing is Standing.SILENT for one in found.municipalities)
    remarks = (
        f"Gemeenten die komen: {coming} van {len(found.municipalities)}.",
        f"Gemeenten zonder antwoord: {silent}.",
    )
    return Sheet("gemeenten", "Overzicht per gemeente", heading, sections, remarks)


def _heir(organisations: dict[int, Organisation], key: int | None) -> Organisation | None:
    """Return the organisation that ``key`` is now part of; a ring of mergers ends somewhere."""
    seen: set[int] = set()
    while key is not None and key not in seen:
        seen.add(key)
        following = organisations[key].merged_into_id
        if following is None:
            break
        key = following
    return organisations[key] if key is not None else None


def _order(name: str) -> tuple[str, str]:
    return (folded_name(name).removeprefix("gemeente "), name)


def _answers(row: _Row) -> OrganisationAnswers:
    def people(states: Iterable[RegistrationState]) -> tuple[str, ...]:
        return tuple(_words(guest) for guest in row.guests if guest.state in states)

    return OrganisationAnswers(
        organisation=row.name,
        is_municipality=row.is_municipality,
        coming=people(COMING),
        undecided=people(UNDECIDED),
        not_coming=people(NOT_COMING),
        silent=people(SILENT),
        represented=people({_STATE.REPRESENTED}),
    )


def _words(guest: Guest) -> str:
    inside = ", ".join(part for part in (guest.function, WORDS.get(guest.state, "")) if part)
    if not guest.name:
        return capital(inside)
    return f"{guest.name} ({inside})" if inside else guest.name


def _cells(one: OrganisationAnswers) -> tuple[Cell, ...]:
    people = ((*one.coming, *one.represented), one.undecided, one.not_coming, one.silent)
    return (one.organisation, capital(one.standing), *(";\n".join(names) for names in people))
