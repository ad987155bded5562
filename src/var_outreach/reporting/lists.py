"""The lists there are, by the word that staff call them by.

*Reads*: whatever each list reads. *Writes*: nothing. *Next*: ``var-outreach lists`` and the
console show what comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.audiences.definition import AudienceDefinition
from var_outreach.reporting.badges import BadgeList, badges_as_sheet, name_badges
from var_outreach.reporting.calls import call_list, calls_as_sheet
from var_outreach.reporting.matrix import answer_matrix, matrix_as_sheet
from var_outreach.reporting.needs import need_totals, needs_as_sheet
from var_outreach.reporting.presence import presence_as_sheet, presence_list
from var_outreach.reporting.rooms import rooms_as_sheet, rooms_of
from var_outreach.reporting.sheet import Heading, Sheet, heading_of
from var_outreach.reporting.visitors import visitor_list, visitors_as_sheet
from var_outreach.tokens import Signer


class ListName(StrEnum):
    """What a list is called on the command line."""

    BADGES = "badges"
    VISITORS = "visitors"
    DIET = "diet"
    MATRIX = "matrix"
    CALLS = "calls"
    ROOMS = "rooms"
    PRESENCE = "presence"


@dataclass(frozen=True)
class Circumstances:
    """What a list needs besides the event."""

    now: datetime
    zone: ZoneInfo
    signer: Signer
    audience: AudienceDefinition | None = None
    """Who is meant for the event; the call list names the offices that could not be invited."""
    by_organisation: bool = False
    with_names: bool = False


@dataclass(frozen=True)
class EventList:
    """One list: its plain data, and how it goes on paper."""

    data: object
    sheet: Sheet
    badges: BadgeList | None = None
    """For badges, which a printer gets as cards instead of a table."""


def make_list(session: Session, name: ListName, event: Event, how: Circumstances) -> EventList:
    """Return list ``name`` of ``event`` as it stands."""
    return _MAKERS[name](session, event, how)


def _badges(session: Session, event: Event, how: Circumstances) -> EventList:
    found = name_badges(session, event, by_organisation=how.by_organisation)
    sheet = badges_as_sheet(found, _heading(event, how))
    return EventList(found.badges, sheet, badges=found)


def _visitors(session: Session, event: Event, how: Circumstances) -> EventList:
    found = visitor_list(session, event)
    return EventList(found, visitors_as_sheet(found, _heading(event, how)))


def _diet(session: Session, event: Event, how: Circumstances) -> EventList:
    found = need_totals(session, event, with_names=how.with_names)
    return EventList(found, needs_as_sheet(found, _heading(event, how)))


def _matrix(session: Session, event: Event, how: Circumstances) -> EventList:
    found = answer_matrix(session, event)
    return EventList(found, matrix_as_sheet(found, _heading(event, how)))


def _calls(session: Session, event: Event, how: Circumstances) -> EventList:
    # The offices of the day itself, as the invitation goes by; today while there is no date.
    day: date = event.on_date or how.now.astimezone(how.zone).date()
    found = call_list(session, event, audience=how.audience, on_date=day, signer=how.signer)
    return EventList(found, calls_as_sheet(found, _heading(event, how)))


def _rooms(session: Session, event: Event, how: Circumstances) -> EventList:
    found = rooms_of(session, event)
    return EventList(found, rooms_as_sheet(found, _heading(event, how), how.zone))


def _presence(session: Session, event: Event, how: Circumstances) -> EventList:
    found = presence_list(session, event)
    return EventList(found, presence_as_sheet(found, _heading(event, how)))


def _heading(event: Event, how: Circumstances) -> Heading:
    return heading_of(event, now=how.now, zone=how.zone)


_MAKERS: dict[ListName, Callable[[Session, Event, Circumstances], EventList]] = {
    ListName.BADGES: _badges,
    ListName.VISITORS: _visitors,
    ListName.DIET: _diet,
    ListName.MATRIX: _matrix,
    ListName.CALLS: _calls,
    ListName.ROOMS: _rooms,
    ListName.PRESENCE: _presence,
}
