"""What two contacts that are one person were invited to and answered becomes one.

*Reads / Writes*: invitations and registrations, under the lock of each event. *Next*:
``staff/joining.py`` moves what later stages keep, and takes away what ``gone`` names.

The better answer counts and the history of both is kept. Nobody is mailed by this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact, Function
from var_outreach.registrations.model import (
    COMING,
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.standing_in import stands_with_host
from var_outreach.registrations.store import WITHDRAWN, is_withdrawn
from var_outreach.registrations.waiting import (
    lock_event,
    lock_events,
    promote_locked,
    record_change,
)

JOINED = "join"
"""``via`` of the change that a join makes."""
_BEST_FIRST = (
    RegistrationState.ATTENDED,
    RegistrationState.ACCEPTED,
    RegistrationState.ABSENT,
    RegistrationState.WAITLISTED,
    RegistrationState.REPRESENTED,
    RegistrationState.TENTATIVE,
    RegistrationState.REQUESTED,
    RegistrationState.DECLINED,
    RegistrationState.CANCELLED,
    RegistrationState.INVITED,
)


@dataclass
class Merged:
    """What became of registrations and invitations, by id: what is gone, and what it became."""

    moved: int = 0
    gone: dict[int, int] = field(default_factory=dict)
    invitations: dict[int, int] = field(default_factory=dict)


def lock_events_of(session: Session, *contacts: Contact) -> None:
    """Lock the events that ``contacts`` are on, before anything of them is changed.

    Whoever answers locks the event first and writes contacts then; so must who joins them.
    """
    ids = [one.id for one in contacts]
    offices = select(Function.id).where(
        Function.holder_id.in_(ids) | Function.secretariat_id.in_(ids)
    )
    events = session.scalars(
        select(Registration.event_id)
        .join(Invitation)
        .where(
            Registration.function_id.in_(offices)
            | Registration.contact_id.in_(ids)
            | Invitation.contact_id.in_(ids)
        )
        .distinct()
    ).all()
    lock_events(session, events)


def merge_registrations(
    session: Session,
    keep: Contact,
    other: Contact,
    functions: Mapping[int, int],
    *,
    by: str,
    now: datetime,
) -> Merged:
    """Move all that ``other`` was invited to over to ``keep``; return what became of it.

    ``functions`` are offices that both hold, by id the one that stays. Registrations in ``gone``
    are to be taken away by ``drop_registrations`` when nothing refers to them any more.
    """
    done = Merged()
    events = session.scalars(
        select(Registration.event_id)
        .join(Invitation)
        .where(
            Registration.function_id.in_(functions)
            | (Registration.contact_id == other.id)
            | (Invitation.contact_id == other.id)
        )
        .distinct()
    ).all()
    for event_id in sorted(events):
        event = lock_event(session, event_id)
        _merge_offices(session, event, functions, done, by, now)
        _merge_mailboxes(session, event, keep, other, done, by, now)
        session.flush()
        promote_locked(session, event, now=now)
    return done


def drop_registrations(session: Session, done: Merged) -> None:
    """Delete the registrations that became others."""
    for registration_id in done.gone:
        session.delete(session.get_one(Registration, registration_id))
    session.flush()


def _merge_offices(
    session: Session,
    event: Event,
    functions: Mapping[int, int],
    done: Merged,
    by: str,
    now: datetime,
) -> None:
    for gone, stays in functions.items():
        row = _of_office(session, event, gone)
        if row is None:
            continue
        kept = _of_office(session, event, stays)
        if kept is None:
            row.function_id = stays
            session.flush()
        else:
            _fold(session, kept, row, done, by, now)


def _merge_mailboxes(
    session: Session,
    event: Event,
    keep: Contact,
    other: Contact,
    done: Merged,
    by: str,
    now: datetime,
) -> None:
    theirs = _invitation(session, event, other)
    if theirs is None:
        return
    own = _invitation(session, event, keep)
    all_rows = _rows(session, theirs)
    rows = [row for row in all_rows if row.id not in done.gone]
    if all_rows and not rows:
        became = session.get_one(Registration, done.gone[all_rows[0].id])
        done.invitations[theirs.id] = became.invitation_id
        return
    if own is None:
        theirs.contact = keep
        for row in rows:
            row.contact = keep
            done.moved += 1
        session.flush()
        return
    done.invitations[theirs.id] = own.id
    for row in rows:
        kept = _as_person(session, own, keep, row, done)
        if kept is not None:
            _fold(session, kept, row, done, by, now)
            continue
        row.invitation, row.contact = own, keep
        done.moved += 1
        session.flush()


def _as_person(
    session: Session, own: Invitation, keep: Contact, row: Registration, done: Merged
) -> Registration | None:
    """Return as what the person of ``row`` stands on the list already, or None."""
    if stands_with_host(row) or (row.function_id is not None and not _holds(session, keep, row)):
        return None
    for mine in _rows(session, own):
        if mine.id in done.gone or stands_with_host(mine):
            continue
        if mine.function_id is not None and row.function_id is not None:
            # Two offices of one person are two invitees, as they are everywhere.
            continue
        if mine.function_id is None or _holds(session, keep, mine):
            return mine
    return None


def _holds(session: Session, keep: Contact, row: Registration) -> bool:
    function = session.get(Function, row.function_id) if row.function_id is not None else None
    return function is not None and function.holder_id == keep.id


def _fold(
    session: Session, kept: Registration, gone: Registration, done: Merged, by: str, now: datetime
) -> None:
    """Let ``kept`` have the better answer of the two, and the history of both."""
    off = is_withdrawn(session, kept) or is_withdrawn(session, gone)
    before, after = kept.state, min((kept.state, gone.state), key=_BEST_FIRST.index)
    better = after is not before
    session.execute(
        update(RegistrationChange)
        .where(RegistrationChange.registration_id == gone.id)
        .values(registration_id=kept.id)
    )
    if better:
        for fact in (
            "attendee_name", "attendee_function", "answered_by", "answered_at", "answered_via",
            "answered_revision", "waitlisted_at", "promoted_at",
        ):  # fmt: skip
            setattr(kept, fact, getattr(gone, fact))
        kept.represented_by = gone.represented_by
    if kept.function_id is None and gone.function_id is not None:
        # The office stays: it is what was invited.
        office, gone.function_id = gone.function_id, None
        gone.brought_by_id = kept.id
        session.flush()
        kept.function_id = office
    kept.organisation_id = kept.organisation_id or gone.organisation_id
    kept.note, kept.diet = kept.note or gone.note, kept.diet or gone.diet
    kept.replies = {**gone.replies, **kept.replies}
    if better and gone.version > gone.notified_version:
        # What the other was still to be told, the person is told.
        kept.version += 1
    via = WITHDRAWN if off and after is RegistrationState.CANCELLED else JOINED
    record_change(
        session,
        kept,
        after,
        by=by,
        via=via,
        now=now,
        comment=f"joined: was also {gone.state.value}",
    )
    _redirect(session, kept, gone)
    if gone.state in COMING | {RegistrationState.WAITLISTED}:
        # It takes no place while it waits to be taken away.
        gone.state = RegistrationState.INVITED
    gone.version = gone.notified_version
    done.gone[gone.id] = kept.id
    session.flush()


def _redirect(session: Session, kept: Registration, gone: Registration) -> None:
    for column in (Registration.represented_by_id, Registration.brought_by_id):
        session.execute(
            update(Registration)
            .where(column == gone.id, Registration.id != kept.id)
            .values({column: kept.id})
        )
    session.flush()
    session.expire(kept, ["represented_by", "represented_by_id", "brought_by", "brought_by_id"])
    if kept.represented_by_id in (gone.id, kept.id):
        kept.represented_by = None
    if kept.brought_by_id in (gone.id, kept.id):
        kept.brought_by = None


def _of_office(session: Session, event: Event, function_id: int) -> Registration | None:
    return session.scalar(
        select(Registration).where(
            Registration.event_id == event.id, Registration.function_id == function_id
        )
    )


def _invitation(session: Session, event: Event, contact: Contact) -> Invitation | None:
    return session.scalar(
        select(Invitation).where(
            Invitation.event_id == event.id, Invitation.contact_id == contact.id
        )
    )


def _rows(session: Session, invitation: Invitation) -> list[Registration]:
    return list(
        session.scalars(
            select(Registration)
            .where(Registration.invitation_id == invitation.id)
            .order_by(Registration.id)
        )
    )
