"""Bring in what partners send for one event, and the readers of an older newsletter.

*Reads / Writes*: people, and for guests their invitations. *Next*: the next tick mails the
invitation to who came late; audiences find the readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import Conflict
from var_outreach.message import checked_text
from var_outreach.people.bad_rows import check_bad_rows_path
from var_outreach.people.guests import (
    Guest,
    GuestReport,
    bring_guests,
    read_guests,
    sift_guests,
)
from var_outreach.people.laposta import LapostaReport, import_members, read_members
from var_outreach.people.model import Function
from var_outreach.people.store import current_functions, mailbox_of
from var_outreach.registrations.invitees import BATCH, invite_all
from var_outreach.registrations.model import Registration
from var_outreach.staff.lists import ListChoices, open_list, open_table, refuse_bad, return_bad_rows

OPEN_STATES = frozenset({EventState.PLANNED, EventState.CONFIRMED})


@dataclass(frozen=True)
class GuestInvitee:
    """A mailbox of a guest list, as ``invite_all`` takes it."""

    contact_id: int
    function_ids: tuple[int, ...] = ()


def import_guests_file(
    app: App,
    path: Path,
    *,
    event_key: str,
    partner: str = "",
    invite: bool = True,
    dry_run: bool = False,
    choices: ListChoices | None = None,
) -> GuestReport:
    """Bring in the guests of one event from CSV or Excel, and invite them; return what that did.

    Who is new is kept for this event alone, until the days of ``guest_retention_days`` are over.
    With ``dry_run`` nothing is kept. Raises FileError or RowErrors for a file that cannot be used,
    NotFound for an unknown event and Conflict for one that takes no guests.
    """
    choices = choices or ListChoices()
    layout = open_list(app, path, choices)
    check_bad_rows_path(layout.table, choices.bad_rows_to)
    rows, errors = read_guests(layout)
    now = app.clock.now()
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        event = find_event(session, event_key)
        until_on = _kept_until(app, event)
        good, more, twice = sift_guests(session, rows)
        errors.extend(layout.placed(error) for error in more)
        if not dry_run:
            refuse_bad(errors, choices, str(path))
        report = GuestReport(rows=len(layout.table.rows), twice=twice)
        report.note_bad(errors)
        report.note_source(layout.table, layout.name)
        guests = bring_guests(
            session,
            good,
            report,
            until_on=until_on,
            source=_source(partner, event),
            now=now,
            signer=app.signer,
        )
        if invite:
            _invite(session, event, guests, report, uid_domain=app.uid_domain, now=now)
        return_bad_rows(layout.table, report, choices)
    if not dry_run:
        app.wake()
    return report


def import_laposta_file(
    app: App, path: Path, *, dry_run: bool = False, choices: ListChoices | None = None
) -> LapostaReport:
    """Take over the readers, opt-outs and bounces of a Laposta export; return what that did.

    Nobody is mailed. With ``dry_run`` nothing is kept. Raises FileError or RowErrors for a file
    that cannot be used.
    """
    choices = choices or ListChoices()
    table = open_table(app, path, sheet=choices.sheet)
    check_bad_rows_path(table, choices.bad_rows_to)
    now = app.clock.now()
    members, errors = read_members(table, app.settings.zone, now=now)
    if not dry_run:
        refuse_bad(errors, choices, str(path))
    report = LapostaReport(rows=len(table.rows))
    report.note_bad(errors)
    report.note_source(table, "")
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        import_members(session, members, report, now=now, source=path.name, signer=app.signer)
        return_bad_rows(table, report, choices)
    return report


def _kept_until(app: App, event: Event) -> date:
    """Return the last day of an event's guests; raises Conflict if it takes none."""
    if event.on_date is None:
        raise Conflict(
            f"the event '{event.key}' has no date yet, so nobody can be invited",
            remedy="Give it a date first",
        )
    last = event.until_date or event.on_date
    is_over = last < local_date(app.clock.now(), app.settings.zone)
    if is_over or event.state not in OPEN_STATES:
        how = "over" if is_over else event.state.value
        raise Conflict(
            f"the event '{event.key}' is {how}: it takes no guests",
            remedy=f"See it: var-outreach agenda show {event.key}",
        )
    return last + timedelta(days=app.settings.guest_retention_days)


def _source(partner: str, event: Event) -> str:
    """Return where the address comes from, as a guest's first mail says it (AVG art. 14)."""
    name = checked_text(partner, what="partner")
    return f"de gastenlijst van {name}" if name else f"de gastenlijst voor {event.title}"


def _invite(
    session: Session,
    event: Event,
    guests: Sequence[Guest],
    report: GuestReport,
    *,
    uid_domain: str,
    now: datetime,
) -> None:
    """Invite who is not invited yet, an office as that office; note what the list says of them."""
    ids = [guest.contact.id for guest in guests]
    assert event.on_date is not None
    held: dict[int, list[Function]] = {}
    for office in session.scalars(
        current_functions(event.on_date).where(Function.holder_id.in_(ids))
    ):
        assert office.holder_id is not None
        held.setdefault(office.holder_id, []).append(office)
    taken = _already_invited(session, event, ids)
    fresh = [guest for guest in guests if guest.contact.id not in taken]
    invitees = [GuestInvitee(guest.contact.id, _office_of(guest, held)) for guest in fresh]
    made = invite_all(session, event, invitees, uid_domain=uid_domain, now=now)
    rows = _first_rows(session, [invitation.id for invitation in made])
    for guest, invitee, invitation in zip(fresh, invitees, made, strict=True):
        office_id = invitee.function_ids[0] if invitee.function_ids else None
        row = rows[invitation.id, office_id]
        if office_id is None:
            row.attendee_function = guest.row.person.role
            if guest.organisation is not None:
                row.organisation_id = guest.organisation.id
        if event.asks_diet and guest.row.diet:
            row.diet = guest.row.diet
    session.flush()
    report.invited = len(fresh)
    report.already_invited = len(guests) - len(fresh)


def _first_rows(
    session: Session, invitation_ids: Sequence[int]
) -> dict[tuple[int, int | None], Registration]:
    """Return the invitees' own registrations by invitation and office."""
    found: dict[tuple[int, int | None], Registration] = {}
    for start in range(0, len(invitation_ids), BATCH):
        batch = invitation_ids[start : start + BATCH]
        for row in session.scalars(
            select(Registration)
            .where(Registration.invitation_id.in_(batch), Registration.brought_by_id.is_(None))
            .order_by(Registration.id)
        ):
            found.setdefault((row.invitation_id, row.function_id), row)
    return found


def _already_invited(session: Session, event: Event, ids: Sequence[int]) -> set[int]:
    """Return which contacts are invited: as themselves, at their mailbox, or as an office."""
    found: set[int] = set()
    for contact_id, function_id, holder_id in session.execute(
        select(Registration.contact_id, Registration.function_id, Function.holder_id)
        .outerjoin(Function, Function.id == Registration.function_id)
        .where(
            Registration.event_id == event.id,
            or_(Registration.contact_id.in_(ids), Function.holder_id.in_(ids)),
        )
    ):
        # At a secretariat's mailbox its own clerk is not invited by the offices it serves.
        if function_id is None:
            found.add(contact_id)
        elif holder_id is not None:
            found.add(holder_id)
    return found


def _office_of(guest: Guest, held: dict[int, list[Function]]) -> tuple[int, ...]:
    """Return the office as which somebody known comes, so that they are not invited twice."""
    own = [
        office
        for office in held.get(guest.contact.id, [])
        if (mailbox := mailbox_of(office)) is not None and mailbox.id == guest.contact.id
    ]
    own.sort(key=lambda office: office.organisation is not guest.organisation)
    return (own[0].id,) if own else ()
