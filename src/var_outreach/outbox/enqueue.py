"""Makes a delivery for every recipient of a mailing, once.

*Reads*: recipients. *Writes*: deliveries. *Next*: ``claims.py`` hands them to a sender.

(mailing, recipient, occurrence) is UNIQUE and a row that is there already is left alone, so that
running this twice, or after a kill, adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from var_outreach.outbox.model import ONCE_AT_MOST, Delivery, DeliveryState, Mailing
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind
from var_outreach.tokens import random_token

CHUNK = 500


def enqueue_deliveries(
    session: Session,
    mailing: Mailing,
    recipients: Iterable[Recipient],
    *,
    uid_domain: str,
    now: datetime,
    not_before: datetime | None = None,
) -> int:
    """Insert a queued delivery for each of ``recipients`` that has none yet; return how many."""
    added = 0
    for chunk in _chunks(recipients, CHUNK):
        known = _known(session, mailing, [recipient.key for recipient in chunk])
        rows = [
            _row(mailing, recipient, uid_domain, now, not_before or now)
            for recipient in chunk
            if (recipient.key, recipient.occurrence) not in known
        ]
        if rows:
            added += _insert(session.connection(), rows)
    return added


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> int:
    # Two schedulers may enqueue the same mailing at the same moment; the second adds nothing.
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(Delivery).on_conflict_do_nothing().returning(Delivery.id)
    return len(connection.execute(statement, rows).all())


def _known(session: Session, mailing: Mailing, keys: list[str]) -> set[tuple[str, int]]:
    rows = session.execute(
        select(Delivery.recipient_key, Delivery.occurrence).where(
            Delivery.mailing_id == mailing.id, Delivery.recipient_key.in_(keys)
        )
    )
    return {(key, occurrence) for key, occurrence in rows}


def _row(
    mailing: Mailing, recipient: Recipient, uid_domain: str, now: datetime, not_before: datetime
) -> dict[str, Any]:
    token = random_token()
    return {
        "mailing_id": mailing.id,
        "recipient_key": recipient.key,
        "invitation_id": recipient.invitation_id,
        "occurrence": recipient.occurrence,
        "token": token,
        "state": DeliveryState.QUEUED,
        "version": mailing.version,
        "variant": recipient.variant,
        "address": recipient.address,
        "name": recipient.name,
        "places": recipient.places,
        "calendar": recipient.calendar,
        "is_bulk": _is_bulk(mailing),
        "message_id": f"<{token}@{uid_domain}>",
        # Whole seconds: that is all that Date and DTSTAMP hold.
        "dated_at": now.replace(microsecond=0),
        "not_before": not_before,
        "expires_at": mailing.expires_at,
        "attempts": 0,
        "created_at": now,
    }


def _is_bulk(mailing: Mailing) -> bool:
    """Tell whether it may wait; a test that somebody sends to himself does not."""
    return mailing.kind in ONCE_AT_MOST and mailing.audience.get("kind") != AudienceKind.ADDRESSES


def _chunks(recipients: Iterable[Recipient], size: int) -> Iterator[list[Recipient]]:
    iterator = iter(recipients)
    while chunk := list(islice(iterator, size)):
        yield chunk
