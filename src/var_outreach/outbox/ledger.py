"""Who got it, who did not, and why.

*Reads*: deliveries. *Writes*: nothing. *Next*: the edges print it; totals always add up.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.outbox.model import Delivery, DeliveryState


def state_counts(session: Session, mailing_id: int | None = None) -> dict[str, int]:
    """Return how many deliveries are in each state, of one mailing or of all."""
    query = select(Delivery.state, func.count()).group_by(Delivery.state)
    if mailing_id is not None:
        query = query.where(Delivery.mailing_id == mailing_id)
    return {state.value: count for state, count in session.execute(query)}


def delivery_rows(session: Session, mailing_id: int) -> list[dict[str, Any]]:
    """Return every delivery of a mailing: name, address, state, why, and when."""
    rows = session.scalars(
        select(Delivery).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)
    )
    return [
        {
            "name": row.name,
            "address": row.address,
            "state": row.state.value,
            "variant": row.variant,
            "why": _why(row),
            "attempts": row.attempts,
            "code": row.reply_code,
            "at": row.sent_at or row.not_before,
            "bounced_at": row.bounced_at,
            "message_id": row.message_id,
        }
        for row in rows
    ]


def _why(row: Delivery) -> str:
    if row.bounced_at is not None:
        return "came back"
    if row.state is DeliveryState.SKIPPED:
        return row.skipped_because or ""
    return row.reply_text or ""
