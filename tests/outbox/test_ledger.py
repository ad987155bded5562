"""Every delivery is accounted for, once."""

from __future__ import annotations

from sqlalchemy import func, select

from tests.outbox.scene import Outbox
from var_outreach.outbox.ledger import delivery_rows, state_counts
from var_outreach.outbox.model import Delivery, DeliveryState


def test_totals_add_up_whatever_happened(outbox: Outbox) -> None:
    first, ids = outbox.queued(count=9)
    second, _ = outbox.queued(count=4)
    for state, delivery_id in zip(DeliveryState, ids, strict=False):
        outbox.put(delivery_id, state)
    with outbox.app.database.reading() as session:
        total = session.scalar(select(func.count()).select_from(Delivery))
        counts = [state_counts(session, one) for one in (first, second)]
        assert sum(state_counts(session).values()) == total == 13
        assert [sum(count.values()) for count in counts] == [9, 4]
        assert [len(delivery_rows(session, one)) for one in (first, second)] == [9, 4]
    assert counts[0] == {state.value: 1 for state in DeliveryState} | {"queued": 2}
    assert counts[1] == {"queued": 4}


def test_why(outbox: Outbox) -> None:
    mailing_id, ids = outbox.queued(count=4)
    now = outbox.clock.now()
    outbox.put(ids[0], DeliveryState.SKIPPED, skipped_because="suppressed")
    outbox.put(ids[1], DeliveryState.FAILED, reply_code=550, reply_text="5.1.1 unknown")
    outbox.put(ids[2], DeliveryState.SENT, sent_at=now, bounced_at=now, reply_text="2.0.0 ok")
    with outbox.app.database.reading() as session:
        rows = delivery_rows(session, mailing_id)
    assert [row["why"] for row in rows] == ["suppressed", "5.1.1 unknown", "came back", ""]
    assert [row["state"] for row in rows] == ["skipped", "failed", "sent", "queued"]
    assert (rows[1]["code"], rows[2]["at"]) == (550, now)
