"""Note who was there: by number, by a list from the door, at the door itself.

*Reads / Writes*: registrations of one event, in one piece. *Next*: ``attendance show`` and the
figures of the year count them.

A list of which something is unclear changes nothing, unless staff ask to take what is clear.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import Conflict, InputError, NotFound, RowErrors
from var_outreach.message import checked_name
from var_outreach.people.model import Organisation
from var_outreach.people.store import organisation_slug, organisations, upsert_organisation
from var_outreach.registrations.attendance import (
    WalkIn,
    add_walk_in,
    mark_all_accepted_attended,
    mark_attendance,
    unmark_attendance,
)
from var_outreach.registrations.model import Registration
from var_outreach.reporting.attendance import Attendance, attendance_of
from var_outreach.reporting.guests import Guest, guests_of
from var_outreach.staff.attendance_list import Line, same_people, settled
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class Marked:
    """What marking came to."""

    present: int
    absent: int
    undone: int = 0
    problems: tuple[InputError, ...] = ()
    """Lines that were left out."""


def mark_lines(
    app: App,
    key: str,
    lines: Sequence[Line],
    *,
    by: str,
    unread: Sequence[InputError] = (),
    partly: bool = False,
    rest_absent: bool = False,
    where: str = "",
) -> Marked:
    """Note what ``lines`` say of event ``key``.

    With ``rest_absent`` everybody who had a place and is on no line was not there. Raises
    RowErrors if a line names nobody, or somebody of whom there are two, and marks nothing then;
    with ``partly`` such lines are returned and the others marked. ``unread`` are lines of the
    same list of which that was clear before.
    """
    check_person(by)
    now = app.clock.now()
    with app.database.writing() as session:
        event = _event_that_began(app, session, key)
        marks, unclear = settled(guests_of(session, event), lines)
        problems = [*unread, *unclear]
        present = absent = 0
        for registration_id, was_there in marks.items():
            row = session.get_one(Registration, registration_id)
            try:
                mark_attendance(session, row, was_there, by=by, now=now)
            except Conflict as error:
                problems.append(InputError(error.what, where=error.where, remedy=error.remedy))
                continue
            present, absent = present + was_there, absent + (not was_there)
        if problems and not partly:
            raise RowErrors(
                f"{len(problems)} of {len(lines) + len(unread)} lines cannot be taken",
                problems,
                where=where or key,
                remedy="Mend them, or take the others with --partly; nothing was marked",
            )
        if rest_absent:
            absent += _rest_was_absent(session, event, marks, by=by, app=app)
        return Marked(present, absent, problems=tuple(problems))


def undo_marks(app: App, key: str, ids: Collection[int], *, by: str) -> Marked:
    """Take back what was marked of these registrations of event ``key``."""
    check_person(by)
    with app.database.writing() as session:
        event = find_event(session, key)
        for row in _rows(session, event, ids):
            unmark_attendance(session, row, by=by, now=app.clock.now())
    return Marked(0, 0, undone=len(set(ids)))


def mark_all_present(app: App, key: str, *, by: str, absent: Collection[int] = ()) -> Marked:
    """Note that everybody who had accepted was there, and that ``absent`` were not."""
    check_person(by)
    now = app.clock.now()
    with app.database.writing() as session:
        event = _event_that_began(app, session, key)
        for row in _rows(session, event, absent):
            mark_attendance(session, row, False, by=by, now=now)
        count = mark_all_accepted_attended(session, event, by=by, now=now, absent=absent)
    return Marked(count, len(set(absent)))


def note_walk_in(
    app: App,
    key: str,
    *,
    name: str,
    organisation: str,
    function: str = "",
    address: str | None = None,
    by: str,
    somebody_else: bool = False,
) -> tuple[Guest, bool]:
    """Note that somebody was there who was on no list; return who, and whether they are new.

    ``organisation`` is found by its name, or made. Raises Conflict if somebody of that name and
    organisation stands on the list already, unless ``somebody_else`` says that it is another.
    """
    check_person(by)
    if not checked_name(name):
        raise InputError("a name is missing", where="--name", remedy="Give the name on the badge")
    now = app.clock.now()
    with app.database.writing() as session:
        event = _event_that_began(app, session, key)
        known = same_people(guests_of(session, event), name, organisation)
        if known and not somebody_else and address is None:
            raise Conflict(
                f"{known[0].name} ({known[0].organisation}) is on the list already",
                where=f"registration {known[0].registration_id}",
                remedy=f"Use: attendance mark {key} --present {known[0].registration_id}, "
                "or --somebody-else for another of that name",
            )
        person = WalkIn(
            name=name,
            function=function,
            organisation=_organisation(session, organisation),
            address=address,
            guest_until_on=_last_day(event) + timedelta(days=app.settings.guest_retention_days),
        )
        row, is_new = add_walk_in(session, event, person, by=by, uid_domain=app.uid_domain, now=now)
        found = next(one for one in guests_of(session, event) if one.registration_id == row.id)
    return found, is_new


def note_counted(
    app: App, key: str, *, live: int | None = None, views: int | None = None, by: str
) -> Attendance:
    """Keep what a video service counted; None leaves what was known."""
    check_person(by)
    for name, count in (("--live", live), ("--views", views)):
        if count is not None and not 0 <= count < 1_000_000:
            raise InputError(f"{count} cannot be a count of people", where=name)
    with app.database.writing() as session:
        event = _event_that_began(app, session, key)
        event.counted_live = event.counted_live if live is None else live
        event.counted_views = event.counted_views if views is None else views
        session.flush()
        return attendance_of(session, event)


def show_attendance(app: App, key: str) -> Attendance:
    """Return who took part in event ``key``."""
    with app.database.reading() as session:
        return attendance_of(session, find_event(session, key))


def _event_that_began(app: App, session: Session, key: str) -> Event:
    """Return the event; raises Conflict for one that is off or still to come."""
    event = find_event(session, key)
    today = local_date(app.clock.now(), app.settings.zone)
    if event.state in {EventState.CANCELLED, EventState.POSTPONED}:
        raise Conflict(f"this event is {event.state}", where=key, remedy="Nobody was there")
    if event.on_date is None or event.on_date > today:
        day = event.on_date or "not planned yet"
        raise Conflict(
            f"this event is still to come ({day})", where=key, remedy="Mark it on the day or later"
        )
    return event


def _last_day(event: Event) -> date:
    assert event.on_date is not None
    return event.until_date or event.on_date


def _rows(session: Session, event: Event, ids: Collection[int]) -> list[Registration]:
    rows = []
    for registration_id in sorted(set(ids)):
        row = session.get(Registration, registration_id)
        if row is None or row.event_id != event.id:
            raise NotFound(
                f"There is no registration {registration_id} of this event",
                where=event.key,
                remedy=f"See the numbers with: lists presence {event.key}",
            )
        rows.append(row)
    return rows


def _rest_was_absent(
    session: Session, event: Event, marks: Collection[int], *, by: str, app: App
) -> int:
    rest = [
        guest.registration_id
        for guest in guests_of(session, event)
        if guest.awaits_mark
        and not guest.speaks
        and guest.registration_id is not None
        and guest.registration_id not in marks
    ]
    for row in _rows(session, event, rest):
        mark_attendance(session, row, False, by=by, now=app.clock.now())
    return len(rest)


def _organisation(session: Session, name: str) -> Organisation | None:
    if not any(c.isalnum() for c in name):
        return None
    wanted = organisation_slug(name)
    for one in organisations(session):
        if organisation_slug(one.name) == wanted:
            return one
    return upsert_organisation(session, name, "overig")
