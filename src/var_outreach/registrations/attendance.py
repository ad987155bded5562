"""Who was there.

*Reads*: registrations. *Writes*: attended or absent, with a line of history. *Next*: the
look-back and the year report count it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict
from var_outreach.registrations.model import COMING, Registration, RegistrationState
from var_outreach.registrations.waiting import lock_event, record_change


def mark_attendance(
    session: Session, registration: Registration, attended: bool, *, by: str, now: datetime
) -> None:
    """Note that an invitee was there, or was not; nobody is mailed of it.

    Anybody can turn up, but only who had a place can be absent: raises Conflict otherwise.
    """
    lock_event(session, registration.event_id)
    session.refresh(registration)
    _mark(session, registration, attended, by=by, now=now)
    session.flush()


def mark_all_accepted_attended(session: Session, event: Event, *, by: str, now: datetime) -> int:
    """Note that everybody who had accepted was there; return how many."""
    lock_event(session, event.id)
    accepted = session.scalars(
        select(Registration)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.ACCEPTED,
        )
        .execution_options(populate_existing=True)
    ).all()
    for registration in accepted:
        _mark(session, registration, True, by=by, now=now)
    session.flush()
    return len(accepted)


def _mark(
    session: Session, registration: Registration, attended: bool, *, by: str, now: datetime
) -> None:
    after = RegistrationState.ATTENDED if attended else RegistrationState.ABSENT
    if registration.state is after:
        return
    if not attended and registration.state not in COMING:
        raise Conflict(
            "Who had no place cannot be absent",
            where=f"registration {registration.id}",
            remedy="Leave it as it is",
        )
    record_change(session, registration, after, by=by, via="staff", now=now)
