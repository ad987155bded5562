"""Stops a transport when something is wrong with us, and says when it may go on.

*Reads / Writes*: the pauses. *Next*: ``worker.py`` asks before it claims; staff see it in `outbox status`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from var_outreach.outbox.model import TransportPause

SAME_TROUBLE = timedelta(hours=1)
"""A pause that begins so soon after the last one ended goes on with it, and is told once."""
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

    A pause that waits for a person is never shortened by one that does not. A server that is away
    for a day is one pause, although it is tried again every quarter of an hour.
    """
    until = None if pause is None else now + pause
    connection = session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # Two connections, or two machines, may come upon the same trouble at the same moment.
    fresh = connection.scalar(
        make(TransportPause)
        .values(transport=transport, since=now, until=until, reason=reason, slow=slow)
        .on_conflict_do_nothing()
        .returning(TransportPause.transport)
    )
    if fresh is not None:
        return
    row = session.get_one(TransportPause, transport, with_for_update=True, populate_existing=True)
    if row.until is None:
        return
    ended = row.until <= now
    if ended and now - row.until > SAME_TROUBLE:
        row.since, row.alerted_at = now, None
    elif until is None:
        # From here on it takes a person, who is to hear of that too.
        row.alerted_at = None
    if ended:
        row.until, row.reason, row.slow = until, reason, slow
    else:
        row.until = until if until is None else max(row.until, until)
        row.reason = reason
        row.slow = row.slow or slow


def is_paused(session: Session, transport: str, *, now: datetime) -> bool:
    """Tell whether ``transport`` stands still."""
    row = session.get(TransportPause, transport)
    return row is not None and (row.until is None or row.until > now)


def goes_slowly(session: Session, transport: str, *, now: datetime) -> bool:
    """Tell whether ``transport`` was lately asked for less, and so uses one connection."""
    row = session.get(TransportPause, transport)
    return row is not None and row.slow and row.until is not None and now < row.until + SLOW_FOR


def resume_transport(session: Session, transport: str) -> bool:
    """Let ``transport`` go on; return whether it stood still."""
    row = session.get(TransportPause, transport)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def record_alert(session: Session, transport: str, *, since: datetime, now: datetime) -> bool:
    """Record that staff are told of the pause that began at ``since``; False if they were already.

    Two schedulers may come upon it at the same moment; one of them tells.
    """
    result = session.execute(
        update(TransportPause)
        .where(
            TransportPause.transport == transport,
            TransportPause.since == since,
            TransportPause.alerted_at.is_(None),
        )
        .values(alerted_at=now)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def all_pauses(session: Session, *, now: datetime) -> list[TransportPause]:
    """Return the pauses in force."""
    return [
        row
        for row in session.scalars(select(TransportPause))
        if row.until is None or row.until > now
    ]
