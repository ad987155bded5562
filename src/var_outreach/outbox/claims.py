"""Hands deliveries to a sender and records what became of them.

*Reads / Writes*: deliveries. *Next*: ``dispatch`` transmits what is claimed here.

The states and who may leave them:

    queued, deferred --claim--> claimed --start--> transmitting --record--> sent, deferred,
                                                                            failed, uncertain
A claim is a lease. When it runs out, a claimed row goes back to the queue, for nothing of it can
have left; a transmitting one may have left: calendar and transactional mail goes again with the
same bytes, a newsletter's becomes uncertain (RFC 1047: nobody can know).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.outbox.recheck import reasons_to_skip
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.storage.base import Base, UtcDateTime
from var_outreach.tokens import Signer

WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
IN_DOUBT = (DeliveryState.TRANSMITTING, DeliveryState.UNCERTAIN)
ONCE_AT_MOST = frozenset({MailKind.NEWSLETTER.value, MailKind.AD_HOC.value})
"""The kinds of which nobody wants two; in doubt, a person decides."""


ROWS = Base.metadata.tables[Delivery.__tablename__]
"""The table itself: in the hot path, Core; rows as objects elsewhere."""


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
) -> list[Claimed]:
    """Lease up to ``limit`` deliveries to ``worker`` and return those that may still go.

    What must not go any more (suppressed, unsubscribed, answered, superseded, expired) is
    recorded as skipped in the same transaction. On PostgreSQL, rows that another worker is
    claiming are passed over.
    """
    rows = list(session.scalars(_CLAIMABLE, {"b_now": now, "b_limit": limit}))
    skips = reasons_to_skip(session, rows, now=now, signer=signer)
    claimed = []
    for row in rows:
        reason = skips.get(row.id)
        if reason is not None:
            row.state = DeliveryState.SKIPPED
            row.skipped_because = reason
            continue
        row.state = DeliveryState.CLAIMED
        row.lease_by = worker
        row.lease_until = now + lease
        claimed.append(_claimed(row))
    return claimed


def start_transmitting(
    session: Session, ids: Sequence[int], *, worker: str, lease: timedelta, now: datetime
) -> set[int]:
    """Record the intent to send; return the ids that ``worker`` still holds.

    Committed before the first byte of a message goes out. A row whose mailing was held or
    cancelled meanwhile is not started.
    """
    connection = session.connection()
    values = {"b_worker": worker, "b_now": now, "b_until": now + lease}
    return {
        one for one in ids if connection.execute(_START, {**values, "b_id": one}).rowcount == 1
    }


def record_outcomes(
    session: Session, outcomes: Iterable[Outcome], *, worker: str, now: datetime
) -> None:
    """Record what became of deliveries that ``worker`` holds; those of others are left alone."""
    rows = [_recorded(outcome, worker, now) for outcome in outcomes]
    if rows:
        session.connection().execute(_RECORD, rows)


def renew_leases(session: Session, *, worker: str, lease: timedelta, now: datetime) -> None:
    """Keep what ``worker`` holds for another ``lease``."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.lease_by == worker,
            Delivery.state.in_((DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)),
        )
        .values(lease_until=now + lease)
    )


def recover_leases(session: Session, *, now: datetime, worker: str | None = None) -> dict[str, int]:
    """Take back what a dead sender held; return how many went to which state.

    Either every lease that has run out, or at once all that ``worker`` (this machine's own,
    after a restart) held.
    """
    lapsed = Delivery.lease_until < now if worker is None else Delivery.lease_by == worker
    once = select(Mailing.id).where(Mailing.kind.in_(ONCE_AT_MOST))
    released: dict[Any, Any] = {"lease_by": None, "lease_until": None}
    counts = {}
    for name, condition, state in (
        ("requeued", Delivery.state == DeliveryState.CLAIMED, DeliveryState.QUEUED),
        (
            "uncertain",
            and_(Delivery.state == DeliveryState.TRANSMITTING, Delivery.mailing_id.in_(once)),
            DeliveryState.UNCERTAIN,
        ),
        (
            "again",
            and_(Delivery.state == DeliveryState.TRANSMITTING, Delivery.mailing_id.not_in(once)),
            DeliveryState.QUEUED,
        ),
    ):
        result = session.execute(
            update(Delivery).where(lapsed, condition).values(state=state, **released)
        )
        counts[name] = int(result.rowcount)  # type: ignore[attr-defined]
    return counts


def lease_holders(session: Session) -> list[str]:
    """Return who holds deliveries now."""
    rows = session.scalars(
        select(Delivery.lease_by).where(Delivery.lease_by.is_not(None)).distinct()
    )
    return [holder for holder in rows if holder is not None]


def requeue_refused(session: Session, tokens: Sequence[str], *, now: datetime) -> None:
    """Queue again what was refused by a fault of ours; it waits as long as the transport does."""
    session.execute(
        update(Delivery)
        .where(Delivery.token.in_(tokens), Delivery.state == DeliveryState.FAILED)
        .values(state=DeliveryState.QUEUED, not_before=now)
    )


def resolve_uncertain(session: Session, mailing: Mailing, *, send: bool) -> int:
    """Send what is uncertain again, or let it be as sent; return how many."""
    state = DeliveryState.QUEUED if send else DeliveryState.SENT
    result = session.execute(
        update(Delivery)
        .where(Delivery.mailing_id == mailing.id, Delivery.state == DeliveryState.UNCERTAIN)
        .values(state=state, reply_text=None if send else "taken as sent by staff")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _claimable() -> Select[Delivery]:
    older = aliased(Delivery)
    # A calendar mail waits while an older one to the same person is in doubt or on its way:
    # a CANCEL must never overtake its REQUEST.
    waits_for_older = (
        select(older.id)
        .where(
            older.invitation_id == Delivery.invitation_id,
            older.id < Delivery.id,
            older.state.in_((DeliveryState.CLAIMED, *IN_DOUBT)),
        )
        .exists()
    )
    return (
        select(Delivery)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(
            Delivery.state.in_(WAITING),
            Delivery.not_before <= bindparam("b_now", type_=UtcDateTime),
            Mailing.state == MailingState.SENDING,
            or_(Delivery.invitation_id.is_(None), ~waits_for_older),
        )
        .order_by(Delivery.not_before, Delivery.id)
        .limit(bindparam("b_limit", type_=Integer))
        .with_for_update(skip_locked=True, of=Delivery)
    )


_CLAIMABLE = _claimable()

_START = (
    update(ROWS)
    .where(
        ROWS.c.id == bindparam("b_id"),
        ROWS.c.lease_by == bindparam("b_worker"),
        ROWS.c.state == DeliveryState.CLAIMED,
        select(Mailing.state)
        .where(Mailing.id == ROWS.c.mailing_id)
        .scalar_subquery()
        .is_not_distinct_from(MailingState.SENDING),
    )
    .values(
        state=DeliveryState.TRANSMITTING,
        attempts=ROWS.c.attempts + 1,
        first_tried_at=func.coalesce(
            ROWS.c.first_tried_at, bindparam("b_now", type_=UtcDateTime)
        ),
        lease_until=bindparam("b_until", type_=UtcDateTime),
    )
)
"""Made once: putting a statement together costs more than the database takes to run it."""

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
        attempts=case((bindparam("b_counts", type_=Boolean), ROWS.c.attempts), else_=ROWS.c.attempts - 1),
        first_tried_at=case((bindparam("b_counts", type_=Boolean), ROWS.c.first_tried_at), else_=None),
    )
)


def _recorded(outcome: Outcome, worker: str, now: datetime) -> dict[str, Any]:
    return {
        "b_id": outcome.delivery_id,
        "b_worker": worker,
        "b_state": outcome.state,
        "b_code": outcome.code,
        "b_text": outcome.text[:500] or None,
        "b_sent_at": now if outcome.state is DeliveryState.SENT else None,
        "b_retry_at": outcome.retry_at,
        "b_counts": outcome.counts,
    }


def _claimed(row: Delivery) -> Claimed:
    return Claimed(
        id=row.id,
        mailing_id=row.mailing_id,
        kind=row.mailing.kind,
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
