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
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    case,
    exists,
    func,
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


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery."""

    delivery_id: int
    state: DeliveryState
    """SENT, DEFERRED, FAILED, UNCERTAIN, or QUEUED if it was not its turn after all."""
    code: int | None = None
    text: str = ""
    retry_at: datetime | None = None
    counts: bool = True
    """False where it was no fault of the recipient: the attempt is not held against it."""


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
    connection = session.connection()
    same = {"b_worker": worker, "b_now": now, "b_until": now + lease}
    return {
        one.id
        # In the order in which staff lock them who stop the mailing: so neither blocks the other.
        for one in sorted(wanted, key=lambda claimed: claimed.id)
        if connection.execute(_START, {**same, "b_id": one.id, "b_version": one.version}).rowcount
    }


def record_outcomes(
    session: Session, outcomes: Iterable[Outcome], *, worker: str, now: datetime
) -> None:
    """Record what became of deliveries that ``worker`` holds; those of others are left alone."""
    rows = [_recorded(outcome, worker, now) for outcome in outcomes]
    if not rows:
        return
    session.connection().execute(_RECORD, rows)
    waiting = [row["b_id"] for row in rows if row["b_state"] in WAITING]
    if waiting:
        drop_cancelled(session, waiting)


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

_START = (
    update(ROWS)
    .where(
        ROWS.c.id == bindparam("b_id"),
        ROWS.c.lease_by == bindparam("b_worker"),
        ROWS.c.state == DeliveryState.CLAIMED,
        ROWS.c.version == bindparam("b_version", type_=Integer),
        exists().where(
            MAILINGS.c.id == ROWS.c.mailing_id, MAILINGS.c.state == MailingState.SENDING
        ),
    )
    .values(
        state=DeliveryState.TRANSMITTING,
        attempts=ROWS.c.attempts + 1,
        first_tried_at=func.coalesce(ROWS.c.first_tried_at, bindparam("b_now", type_=UtcDateTime)),
        lease_until=bindparam("b_until", type_=UtcDateTime),
    )
)

_COUNTS = bindparam("b_counts", type_=Boolean)
_RECORD = (
    update(ROWS)
    .where(
        ROWS.c.id == bindparam("b_id"),
        ROWS.c.lease_by == bindparam("b_worker"),
        # Not "in": a list cannot be bound anew for each of many rows.
        or_(
            ROWS.c.state == DeliveryState.CLAIMED,
            ROWS.c.state == DeliveryState.TRANSMITTING,
        ),
    )
    .values(
        state=bindparam("b_state", type_=ROWS.c.state.type),
        lease_by=None,
        lease_until=None,
        reply_code=func.coalesce(bindparam("b_code", type_=Integer), ROWS.c.reply_code),
        reply_text=func.coalesce(bindparam("b_text", type_=String), ROWS.c.reply_text),
        sent_at=func.coalesce(bindparam("b_sent_at", type_=UtcDateTime), ROWS.c.sent_at),
        not_before=func.coalesce(bindparam("b_retry_at", type_=UtcDateTime), ROWS.c.not_before),
        # A fault of ours takes back the attempt, if it had begun, and the four days begin anew.
        attempts=case(
            (or_(_COUNTS, ROWS.c.state == DeliveryState.CLAIMED), ROWS.c.attempts),
            else_=ROWS.c.attempts - 1,
        ),
        first_tried_at=case((_COUNTS, ROWS.c.first_tried_at), else_=None),
    )
)


def _recorded(outcome: Outcome, worker: str, now: datetime) -> dict[str, Any]:
    return {
        "b_id": outcome.delivery_id,
        "b_worker": worker,
        "b_state": outcome.state,
        "b_code": outcome.code,
        "b_text": _storable(outcome.text[:500]) or None,
        "b_sent_at": now if outcome.state is DeliveryState.SENT else None,
        "b_retry_at": outcome.retry_at,
        "b_counts": outcome.counts,
    }


def _storable(said: str) -> str:
    """Return what a database takes: a strange character must not keep an outcome from its row."""
    return said.encode("utf-8", "replace").decode().replace("\0", "")


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
