"""Records what is about to be sent and what became of it, in the database's own SQL.

*Reads / Writes*: deliveries. *Next*: ``dispatch/journal.py`` commits it, many connections at once.

This is the one place where every message passes twice. SQLAlchemy's cost for putting a statement
together, checking it and wrapping its rows is several times what the database needs to run it
(docs/performance.md), so here the drivers are spoken to as they are. What the statements do:

    start:  claimed -> transmitting, if it is still ours, of this version, its mailing sending
    record: claimed, transmitting -> sent, deferred, failed, uncertain or queued, if still ours
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from var_outreach.outbox.model import DeliveryState


@dataclass(frozen=True, slots=True)
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


class Startable(Protocol):
    """A claimed delivery, as far as is needed to start it."""

    @property
    def id(self) -> int:
        """The delivery."""
        ...

    @property
    def version(self) -> int:
        """The content version that it was claimed with."""
        ...


def record_sql(
    connection: Connection, outcomes: Sequence[Outcome], *, worker: str, now: datetime
) -> None:
    """Record what became of deliveries that ``worker`` holds; those of others are left alone."""
    if not outcomes:
        return
    if connection.dialect.name == "sqlite":
        rows = [_sqlite_row(outcome, worker, now) for outcome in outcomes]
        connection.exec_driver_sql(_RECORD_SQLITE, rows)
    else:
        connection.exec_driver_sql(_RECORD_POSTGRESQL, _columns(outcomes, worker, now))


def start_sql(
    connection: Connection,
    wanted: Sequence[Startable],
    *,
    worker: str,
    lease: timedelta,
    now: datetime,
) -> set[int]:
    """Record the intent to send; return the ids of what ``worker`` still holds and may send."""
    if not wanted:
        return set()
    if connection.dialect.name == "sqlite":
        return _start_in_sqlite(connection, wanted, worker, _sqlite_time(now), now + lease)
    found = connection.exec_driver_sql(
        _START_POSTGRESQL,
        {
            "ids": [one.id for one in wanted],
            "versions": [one.version for one in wanted],
            "now": now,
            "until": now + lease,
            "worker": worker,
        },
    )
    return {row[0] for row in found}


def _start_in_sqlite(
    connection: Connection, wanted: Sequence[Startable], worker: str, now: str, until: datetime
) -> set[int]:
    # Two statements for all; nobody writes in between, for the transaction is an immediate one.
    versions = {one.id: one.version for one in wanted}
    asked = ",".join(map(str, versions))
    found = connection.exec_driver_sql(_STARTABLE_SQLITE.format(asked), (worker,))
    ids = {key for key, version in found if versions[key] == version}
    if ids:
        going = ",".join(map(str, ids))
        connection.exec_driver_sql(_START_SQLITE.format(going), (now, _sqlite_time(until)))
    return ids


_RECORD_SQLITE = """
UPDATE delivery SET
  state = ?2, lease_by = NULL, lease_until = NULL,
  reply_code = coalesce(?3, reply_code), reply_text = coalesce(?4, reply_text),
  sent_at = coalesce(?5, sent_at), not_before = coalesce(?6, not_before),
  attempts = CASE WHEN ?7 OR state = 'claimed' THEN attempts ELSE attempts - 1 END,
  first_tried_at = CASE WHEN ?7 THEN first_tried_at END
WHERE id = ?1 AND lease_by = ?8 AND state IN ('claimed', 'transmitting')
"""
# A fault of ours takes back the attempt, if it had begun, and the four days begin anew.

_STARTABLE_SQLITE = """
SELECT delivery.id, delivery.version
FROM delivery JOIN mailing ON mailing.id = delivery.mailing_id
WHERE delivery.id IN ({}) AND delivery.lease_by = ?1 AND delivery.state = 'claimed'
  AND mailing.state = 'sending'
"""
_START_SQLITE = """
UPDATE delivery SET
  state = 'transmitting', attempts = attempts + 1,
  first_tried_at = coalesce(first_tried_at, ?1), lease_until = ?2
WHERE id IN ({})
"""

# Rows are locked in the order in which staff lock them who stop a mailing: neither blocks the other.
_RECORD_POSTGRESQL = """
WITH held AS MATERIALIZED (
  SELECT id FROM delivery WHERE id = ANY(%(ids)s::int[]) ORDER BY id FOR NO KEY UPDATE
), known AS (
  SELECT * FROM unnest(
    %(ids)s::int[], %(states)s::text[], %(codes)s::int[], %(texts)s::text[],
    %(sent)s::timestamptz[], %(retry)s::timestamptz[], %(counts)s::bool[]
  ) AS known (id, state, code, text, sent_at, retry_at, counts)
)
UPDATE delivery SET
  state = known.state, lease_by = NULL, lease_until = NULL,
  reply_code = coalesce(known.code, delivery.reply_code),
  reply_text = coalesce(known.text, delivery.reply_text),
  sent_at = coalesce(known.sent_at, delivery.sent_at),
  not_before = coalesce(known.retry_at, delivery.not_before),
  attempts = CASE WHEN known.counts OR delivery.state = 'claimed'
    THEN delivery.attempts ELSE delivery.attempts - 1 END,
  first_tried_at = CASE WHEN known.counts THEN delivery.first_tried_at END
FROM held JOIN known ON known.id = held.id
WHERE delivery.id = held.id AND delivery.lease_by = %(worker)s
  AND delivery.state IN ('claimed', 'transmitting')
"""

_START_POSTGRESQL = """
WITH held AS MATERIALIZED (
  SELECT id FROM delivery WHERE id = ANY(%(ids)s::int[]) ORDER BY id FOR NO KEY UPDATE
), wanted AS (
  SELECT * FROM unnest(%(ids)s::int[], %(versions)s::int[]) AS wanted (id, version)
)
UPDATE delivery SET
  state = 'transmitting', attempts = delivery.attempts + 1,
  first_tried_at = coalesce(delivery.first_tried_at, %(now)s), lease_until = %(until)s
FROM held JOIN wanted ON wanted.id = held.id, mailing
WHERE delivery.id = held.id AND delivery.version = wanted.version
  AND delivery.lease_by = %(worker)s AND delivery.state = 'claimed'
  AND mailing.id = delivery.mailing_id AND mailing.state = 'sending'
RETURNING delivery.id
"""


def _sqlite_row(outcome: Outcome, worker: str, now: datetime) -> tuple[Any, ...]:
    return (
        outcome.delivery_id,
        outcome.state.value,
        outcome.code,
        _storable(outcome.text[:500]) or None,
        _sqlite_time(now) if outcome.state is DeliveryState.SENT else None,
        _sqlite_time(outcome.retry_at) if outcome.retry_at else None,
        outcome.counts,
        worker,
    )


def _columns(outcomes: Sequence[Outcome], worker: str, now: datetime) -> dict[str, Any]:
    return {
        "ids": [one.delivery_id for one in outcomes],
        "states": [one.state.value for one in outcomes],
        "codes": [one.code for one in outcomes],
        "texts": [_storable(one.text[:500]) or None for one in outcomes],
        "sent": [now if one.state is DeliveryState.SENT else None for one in outcomes],
        "retry": [one.retry_at for one in outcomes],
        "counts": [one.counts for one in outcomes],
        "worker": worker,
    }


def _sqlite_time(moment: datetime) -> str:
    """Return ``moment`` as ``UtcDateTime`` keeps it in SQLite."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _storable(said: str) -> str:
    """Return what a database takes: a strange character must not keep an outcome from its row."""
    return said.encode("utf-8", "replace").decode().replace("\0", "")
