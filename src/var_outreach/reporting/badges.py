"""Name badges: everybody who will be there, as they want to be called.

*Reads*: who comes and who speaks. *Writes*: nothing. *Next*: ``pdf`` prints them on cards.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.reporting.guests import Guest, present_on_the_day
from var_outreach.reporting.sheet import Column, Heading, Section, Sheet, capital, counted
from var_outreach.reporting.surnames import folded_name

NO_ORGANISATION = "Zonder organisatie"


@dataclass(frozen=True)
class Badge:
    """One card."""

    registration_id: int | None
    name: str
    """As it is printed, in full; the office itself where nobody's name is known."""
    function: str
    organisation: str
    workshops: tuple[tuple[str, str, str], ...]
    """(round, workshop, room), in the order of the programme."""
    speaks: bool


@dataclass(frozen=True)
class BadgeList:
    """All cards of one event, in the order in which they lie on the table."""

    badges: tuple[Badge, ...]
    by_organisation: bool


def name_badges(session: Session, event: Event, *, by_organisation: bool = False) -> BadgeList:
    """Return a badge for everybody who comes or speaks, by surname.

    With ``by_organisation`` the cards of one organisation lie together, by surname in it.
    """
    badges = [_badge(guest) for guest in present_on_the_day(session, event)]
    if by_organisation:
        badges.sort(key=lambda badge: _organisation_order(badge.organisation))
    return BadgeList(tuple(badges), by_organisation)


def badges_as_sheet(found: BadgeList, heading: Heading) -> Sheet:
    """Return the badges as a table, one table for each organisation where so asked."""
    groups: dict[str, list[Badge]] = {}
    for badge in found.badges:
        caption = (badge.organisation or NO_ORGANISATION) if found.by_organisation else "Badges"
        groups.setdefault(caption, []).append(badge)
    rounds = list(dict.fromkeys(part[0] for badge in found.badges for part in badge.workshops))
    columns = (
        Column("Naam", 3),
        Column("Functie", 2.5),
        Column("Organisatie", 2.5),
        *(Column(name, 2) for name in rounds),
    )
    sections = tuple(
        Section(caption, columns, tuple(_row(badge, rounds) for badge in badges))
        for caption, badges in groups.items()
    )
    return Sheet(
        name="badges",
        title="Badges",
        heading=heading,
        sections=sections or (Section("Badges", columns, ()),),
        remarks=(counted(len(found.badges), "badge.", "badges."),),
    )


def workshop_words(round_name: str, title: str, room: str) -> str:
    """Return a workshop as one line: "Ronde 1: Ondermijning (Zaal 2)"."""
    place = f" ({room})" if room else ""
    return f"{round_name}: {title}{place}"


def _badge(guest: Guest) -> Badge:
    function = capital(guest.function)
    return Badge(
        registration_id=guest.registration_id,
        name=guest.name or function,
        function=function if guest.name else "",
        organisation=guest.organisation,
        workshops=guest.workshops,
        speaks=guest.speaks,
    )


def _organisation_order(name: str) -> tuple[bool, str]:
    """Order organisations by name, "Gemeente" not counted; who has none comes last."""
    plain = folded_name(name).removeprefix("gemeente ")
    return (not plain, plain)


def _row(badge: Badge, rounds: list[str]) -> tuple[str, ...]:
    chosen = {part[0]: f"{part[1]} ({part[2]})" if part[2] else part[1] for part in badge.workshops}
    own = (badge.name, badge.function, badge.organisation)
    return (*own, *(chosen.get(name, "") for name in rounds))
