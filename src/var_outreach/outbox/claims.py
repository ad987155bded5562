"""Hands deliveries to a sender and records what became of them.

*Reads / Writes*: deliveries. *Next*: ``dispatch`` transmits what is claimed here.

The states and who may leave them:

    queued, deferred --claim--> claimed --start--> transmitting --record--> sent, deferred,
                                                                            failed, uncertain
A claim is a lease (``leases.py``). All statements are made once: to put one together costs more
than the database takes to run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    bindparam,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.outbox.model import (
    ONCE_AT_MOST,
    Delivery,
    DeliveryState,
    Mailing,
    MailingState,
)
from var_outreach.outbox.recheck import reasons_to_skip
from var_outreach.outbox.recording import Outcome, record_sql, start_sql
from var_outreach.storage.base import Base, UtcDateTime
from var_outreach.tokens import Signer

__all__ = [
    "IN_DOUBT",
    "ONCE_AT_MOST",
    "WAITING",
    "Claimed",
    "Claims",
    "Outcome",
    "claim_deliveries",
    "drop_cancelled",
    "record_outcomes",
    "resolve_uncertain",
    "start_transmitting",
]

WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
IN_DOUBT = (DeliveryState.TRANSMITTING, DeliveryState.UNCERTAIN)

ROWS = Base.metadata.tables[Delivery.__tablename__]
"""The table itself: in the hot path, Core; rows as objects elsewhere."""
MAILINGS = Base.metadata.tables[Mailing.__tablename__]


@dataclass(frozen=True)
class Claimed:
    """A delivery that one sender holds."""

    id: int
    mailing_id: int
    kind: str
    token: str
    version: int
    variant: str
    address: str
    name: str
    places: dict[str, str]
    calendar: dict[str, Any] | None
    message_id: str
    dated_at: datetime
    attempts: int
    first_tried_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Claims:
    """What one claim came to; nothing waits any more if both are empty."""

    deliveries: list[Claimed]
    skipped: int
    """How many were found that must not go."""


def claim_deliveries(
    session: Session,
    *,
    worker: str,
    limit: int,
    lease: timedelta,
    now: datetime,
    signer: Signer,
) -> Claims:
    """Lease up to ``limit`` deliveries to ``worker`` and return those that may still go.

    What answers somebody goes before what is for many. What must not go any more (suppressed,
    unsubscribed, answered, superseded, cancelled, expired) is recorded as skipped in the same
    transaction. On PostgreSQL, rows that another worker is claiming are passed over.
    """
    connection = session.connection()
    rows = _next_in_turn(connection, limit, now)
    if connection.dialect.name == "postgresql" and any(row.calendar for row in rows):
        rows = _without_overtakers(connection, rows)
    reasons = reasons_to_skip(session, rows, now=now, signer=signer)
    if reasons:
        connection.execute(
            _SKIP, [{"b_id": one, "b_reason": reason} for one, reason in reasons.items()]
        )
    going = [row for row in rows if row.id not in reasons]
    if going:
        ids = [row.id for row in going]
        values = {"b_ids": ids, "b_worker": worker, "b_until": now + lease}
        connection.execute(_CLAIM, values)
    return Claims([_claimed(row) for row in going], len(reasons))


def start_transmitting(
    session: Session, wanted: Iterable[Claimed], *, worker: str, lease: timedelta, now: datetime
) -> set[int]:
    """Record the intent to send; return the ids of what ``worker`` still holds and may send.

    Committed before the first byte of a message goes out. A row whose mailing was held or
    cancelled meanwhile, or that was given another version, is not started.
    """
    return start_sql(session.connection(), list(wanted), worker=worker, lease=lease, now=now)


def record_outcomes(
    session: Session, outcomes: Sequence[Outcome], *, worker: str, now: datetime
) -> None:
    """Record what became of deliveries that ``worker`` holds; those of others are left alone."""
    journal(session.connection(), outcomes, (), worker=worker, lease=timedelta(0), now=now)


def journal(
    connection: Connection,
    outcomes: Sequence[Outcome],
    wanted: Sequence[Claimed],
    *,
    worker: str,
    lease: timedelta,
    now: datetime,
) -> set[int]:
    """Record outcomes and then intents, as the two functions above do; return what may be sent."""
    record_sql(connection, outcomes, worker=worker, now=now)
    waiting = [one.delivery_id for one in outcomes if one.state in WAITING]
    if waiting:
        connection.execute(_DROP, {"b_ids": waiting})
    return start_sql(connection, wanted, worker=worker, lease=lease, now=now)


def drop_cancelled(session: Session, ids: Sequence[int]) -> None:
    """Skip those of ``ids`` that wait although their mailing was cancelled while they went."""
    session.connection().execute(_DROP, {"b_ids": list(ids)})


def resolve_uncertain(session: Session, mailing: Mailing, *, send: bool) -> int:
    """Send what is uncertain again, or let it be as sent; return how many.

    Raises Conflict if it is to be sent and the mailing was cancelled.
    """
    if send and mailing.state is MailingState.CANCELLED:
        raise Conflict(
            f"the mailing '{mailing.key}' is cancelled, so nothing of it is sent again",
            remedy="Take what is uncertain as sent",
        )
    state = DeliveryState.QUEUED if send else DeliveryState.SENT
    result = session.execute(
        update(Delivery)
        .where(Delivery.mailing_id == mailing.id, Delivery.state == DeliveryState.UNCERTAIN)
        .values(state=state, reply_text=None if send else "taken as sent by staff")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _next_in_turn(connection: Connection, limit: int, now: datetime) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    for turn in _TURNS:
        if len(rows) < limit:
            values = {"b_now": now, "b_limit": limit - len(rows)}
            rows += connection.execute(turn, values).all()
    return rows


def _without_overtakers(connection: Connection, rows: list[Row[Any]]) -> list[Row[Any]]:
    """Return ``rows`` without calendar mail of which an older one was claimed a moment ago.

    Two workers that claim at the same time do not see what the other is about to commit. So
    whoever holds calendar mail queues up here, and looks again when those before are done.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(7283401)"))
    ids = [row.id for row in rows if row.calendar]
    blocked = set(connection.scalars(_BLOCKED, {"b_ids": ids}))
    return [row for row in rows if row.id not in blocked]


def _waits_for_older() -> ColumnElement[bool]:
    # A calendar mail waits while an older one to the same person is in doubt or on its way:
    # a CANCEL must never overtake its REQUEST.
    older = ROWS.alias("older")
    return exists().where(
        older.c.invitation_id == ROWS.c.invitation_id,
        older.c.id < ROWS.c.id,
        older.c.calendar.is_not(None),
        older.c.state.in_((DeliveryState.CLAIMED, *IN_DOUBT)),
    )


def _turn(state: DeliveryState, *, is_bulk: bool) -> Select[Any]:
    """Return the query for what is due in one state: an index gives it in order."""
    return (
        select(
            *(ROWS.c[name] for name in _READ),
            MAILINGS.c.kind,
        )
        .join(MAILINGS, MAILINGS.c.id == ROWS.c.mailing_id)
        .where(
            ROWS.c.state == state,
            ROWS.c.is_bulk.is_(is_bulk),
            ROWS.c.not_before <= bindparam("b_now", type_=UtcDateTime),
            MAILINGS.c.state == MailingState.SENDING,
            or_(ROWS.c.calendar.is_(None), ~_waits_for_older()),
        )
        .order_by(ROWS.c.not_before, ROWS.c.id)
        .limit(bindparam("b_limit", type_=Integer))
        .with_for_update(skip_locked=True, of=ROWS)
    )


_READ = (
    *("id", "mailing_id", "recipient_key", "invitation_id", "token", "version", "variant"),
    *("address", "name", "places", "calendar", "message_id", "dated_at", "attempts"),
    *("first_tried_at", "expires_at"),
)
_TURNS = tuple(_turn(state, is_bulk=is_bulk) for is_bulk in (False, True) for state in WAITING)
_BLOCKED = select(ROWS.c.id).where(
    ROWS.c.id.in_(bindparam("b_ids", expanding=True)), _waits_for_older()
)

_CLAIM = (
    update(ROWS)
    .where(ROWS.c.id.in_(bindparam("b_ids", expanding=True)))
    .values(
        state=DeliveryState.CLAIMED,
        lease_by=bindparam("b_worker"),
        lease_until=bindparam("b_until", type_=UtcDateTime),
    )
)

_SKIP = (
    update(ROWS)
    .where(ROWS.c.id == bindparam("b_id"))
    .values(state=DeliveryState.SKIPPED, skipped_because=bindparam("b_reason"))
)

_DROP = (
    update(ROWS)
    .where(
        ROWS.c.id.in_(bindparam("b_ids", expanding=True)),
        ROWS.c.state.in_(WAITING),
        exists().where(
            MAILINGS.c.id == ROWS.c.mailing_id, MAILINGS.c.state == MailingState.CANCELLED
        ),
    )
    .values(state=DeliveryState.SKIPPED, skipped_because="cancelled")
)


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=row.id,
        mailing_id=row.mailing_id,
        kind=row.kind,
        token=row.token,
        version=row.version,
        variant=row.variant,
        address=row.address,
        name=row.name,
        places=row.places,
        calendar=row.calendar,
        message_id=row.message_id,
        dated_at=row.dated_at,
        attempts=row.attempts,
        first_tried_at=row.first_tried_at,
        expires_at=row.expires_at,
    )
