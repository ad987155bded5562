"""Keeps what a sender holds, and takes back what a dead one held.

*Reads / Writes*: deliveries that are claimed or transmitting. *Next*: ``claims.py`` hands out
anew what comes back to the queue.

When a lease runs out, a claimed row goes back to the queue, for nothing of it can have left. A
transmitting one may have left: calendar and transactional mail goes again with the same bytes, a
newsletter's becomes uncertain (RFC 1047: nobody can know).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from var_outreach.outbox.claims import drop_cancelled
from var_outreach.outbox.model import ONCE_AT_MOST, Delivery, DeliveryState, Mailing

HELD = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)
CHUNK = 500
"""Values in one list: below what every SQLite takes."""


def renew_leases(session: Session, *, worker: str, lease: timedelta, now: datetime) -> None:
    """Keep what ``worker`` holds for another ``lease``."""
    session.execute(
        update(Delivery)
        .where(Delivery.lease_by == worker, Delivery.state.in_(HELD))
        .values(lease_until=now + lease)
        .execution_options(synchronize_session=False)
    )


def lease_holders(session: Session) -> list[str]:
    """Return who holds deliveries now."""
    rows = session.scalars(
        select(Delivery.lease_by)
        .where(Delivery.state.in_(HELD), Delivery.lease_by.is_not(None))
        .distinct()
    )
    return [holder for holder in rows if holder is not None]


def recover_leases(session: Session, *, now: datetime, worker: str | None = None) -> dict[str, int]:
    """Take back what a dead sender held; return how many went to which state.

    Either every lease that has run out, or at once all that ``worker`` held.
    """
    lapsed = Delivery.lease_until < now if worker is None else Delivery.lease_by == worker
    # First which, then what: on PostgreSQL another may be taking back the same at this moment.
    held = session.execute(
        select(Delivery.id, Delivery.state, Mailing.kind)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(lapsed, Delivery.state.in_(HELD))
        .with_for_update(of=Delivery, skip_locked=True)
    ).all()
    fates: dict[str, list[int]] = {"requeued": [], "uncertain": [], "again": []}
    for delivery_id, state, kind in held:
        if state is DeliveryState.CLAIMED:
            fates["requeued"].append(delivery_id)
        else:
            fates["uncertain" if kind in ONCE_AT_MOST else "again"].append(delivery_id)
    for fate, ids in fates.items():
        state = DeliveryState.UNCERTAIN if fate == "uncertain" else DeliveryState.QUEUED
        for chunk in _chunks(ids):
            session.execute(
                update(Delivery)
                .where(Delivery.id.in_(chunk))
                .values(state=state, lease_by=None, lease_until=None)
                .execution_options(synchronize_session=False)
            )
            if state is DeliveryState.QUEUED:
                drop_cancelled(session, chunk)
    return {fate: len(ids) for fate, ids in fates.items()}


def requeue_refused(session: Session, tokens: Sequence[str], *, now: datetime) -> None:
    """Queue again what was refused by a fault of ours; it waits as long as the transport does.

    Whether a refusal was recorded already or is still on its way to the database: that record
    comes too late, for the lease ends here. The attempt is not held against anybody.
    """
    refused = (DeliveryState.FAILED, DeliveryState.DEFERRED)
    for start in range(0, len(tokens), CHUNK):
        chunk = tokens[start : start + CHUNK]
        session.execute(
            update(Delivery)
            .where(
                Delivery.token.in_(chunk),
                Delivery.state.in_((*refused, DeliveryState.TRANSMITTING)),
            )
            .values(
                state=DeliveryState.QUEUED,
                not_before=now,
                lease_by=None,
                lease_until=None,
                attempts=Delivery.attempts - 1,
                first_tried_at=None,
            )
            .execution_options(synchronize_session=False)
        )
        ids = session.scalars(select(Delivery.id).where(Delivery.token.in_(chunk))).all()
        drop_cancelled(session, ids)


def refused_since_last_sent(
    session: Session, *, because: str, retried_after: timedelta
) -> list[tuple[str, str]]:
    """Return address and token of what was refused ``because`` since anything was accepted.

    Refusals that come one a run tell as much as several in one run.
    """
    rows = session.execute(
        select(Delivery.address, Delivery.token, Delivery.state, Delivery.not_before)
        .where(
            Delivery.state.in_((DeliveryState.DEFERRED, DeliveryState.FAILED)),
            Delivery.reply_text.startswith(f"{because}: ", autoescape=True),
        )
        .order_by(Delivery.id)
    ).all()
    if not rows:
        return []
    last = session.scalar(
        select(func.max(Delivery.sent_at)).where(Delivery.state == DeliveryState.SENT)
    )
    found = []
    for address, token, state, not_before in rows:
        # When it was refused is not kept; that it was not before this moment is.
        at = not_before - retried_after if state is DeliveryState.DEFERRED else not_before
        if last is None or at > last:
            found.append((address, token))
    return found


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
