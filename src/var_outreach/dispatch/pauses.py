"""Stops a transport when something is wrong with us, and says when it may go on.

*Reads / Writes*: the pauses. *Next*: ``worker.py`` asks before it claims; staff are told once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.outbox.model import TransportPause

SLOW_FOR = timedelta(hours=1)
"""How long after a pause that the server asked for one connection is used."""


def pause_transport(
    session: Session,
    transport: str,
    *,
    reason: str,
    pause: timedelta | None,
    now: datetime,
    slow: bool = False,
) -> None:
    """Let ``transport`` stand still for ``pause``, or until a person says go on (None).

    A pause that waits for a person is never shortened by one that does not.
    """
    row = session.get(TransportPause, transport)
    until = None if pause is None else now + pause
    if row is None:
        session.add(
            TransportPause(transport=transport, since=now, until=until, reason=reason, slow=slow)
        )
    elif row.until is not None and row.until <= now:
        row.since, row.until, row.reason, row.alerted_at = now, until, reason, None
        row.slow = slow
    elif row.until is not None:
        row.until = until if until is None else max(row.until, until)
        row.reason = reason


def is_paused(session: Session, transport: str, *, now: datetime) -> bool:
    """Tell whether ``transport`` stands still."""
    row = session.get(TransportPause, transport)
    return row is not None and (row.until is None or row.until > now)


def goes_slowly(session: Session, transport: str, *, now: datetime) -> bool:
    """Tell whether ``transport`` was lately asked for less, and so uses one connection."""
    row = session.get(TransportPause, transport)
    return (
        row is not None and row.slow and row.until is not None and now < row.until + SLOW_FOR
    )


def resume_transport(session: Session, transport: str) -> bool:
    """Let ``transport`` go on; return whether it stood still."""
    row = session.get(TransportPause, transport)
    if row is None:
        return False
    session.delete(row)
    return True


def all_pauses(session: Session, *, now: datetime) -> list[TransportPause]:
    """Return the pauses in force."""
    return [
        row
        for row in session.scalars(select(TransportPause))
        if row.until is None or row.until > now
    ]
