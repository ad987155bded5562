"""What a dead worker held comes back: once, to where it belongs."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.outbox.scene import LEASE, Outbox
from var_outreach.outbox.claims import Outcome
from var_outreach.outbox.leases import (
    lease_holders,
    recover_leases,
    refused_since_last_sent,
    renew_leases,
    requeue_refused,
)
from var_outreach.outbox.mailings import cancel
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.planning.mail_kinds import MailKind

SECOND = timedelta(seconds=1)
RETRY = timedelta(minutes=20)
ONCE = {MailKind.NEWSLETTER, MailKind.AD_HOC}


def recover(outbox: Outbox, worker: str | None = None) -> dict[str, int]:
    with outbox.app.database.writing() as session:
        return recover_leases(session, now=outbox.clock.now(), worker=worker)


@pytest.mark.parametrize("kind", list(MailKind))
def test_what_was_claimed_goes_back_to_the_queue(outbox: Outbox, kind: MailKind) -> None:
    outbox.queued(kind, 2)
    outbox.claimed()
    outbox.clock.advance(LEASE + SECOND)
    assert recover(outbox) == {"requeued": 2, "uncertain": 0, "again": 0}
    assert outbox.states() == {"queued": 2}
    assert len(outbox.claimed()) == 2


@pytest.mark.parametrize("kind", list(MailKind))
def test_what_was_on_its_way_is_uncertain_or_goes_again(outbox: Outbox, kind: MailKind) -> None:
    outbox.queued(kind)
    (before,) = outbox.claimed()
    outbox.started([before])
    outbox.clock.advance(LEASE + SECOND)
    counts = recover(outbox)
    if kind in ONCE:
        assert counts == {"requeued": 0, "uncertain": 1, "again": 0}
        assert outbox.claimed() == []
        return
    assert counts == {"requeued": 0, "uncertain": 0, "again": 1}
    (again,) = outbox.claimed(worker="other")
    # All that makes its bytes is as it was; only the count of attempts is not.
    assert (again.message_id, again.dated_at, again.token) == (
        before.message_id,
        before.dated_at,
        before.token,
    )
    assert (again.places, again.calendar, again.version) == (
        before.places,
        before.calendar,
        before.version,
    )
    assert (again.attempts, again.first_tried_at) == (1, outbox.clock.now() - LEASE - SECOND)


def test_lease_that_runs_is_left_alone(outbox: Outbox) -> None:
    outbox.queued(count=2)
    outbox.started(outbox.claimed()[:1])
    outbox.clock.advance(LEASE)
    assert recover(outbox) == {"requeued": 0, "uncertain": 0, "again": 0}
    assert outbox.states() == {"claimed": 1, "transmitting": 1}


def test_lease_that_is_renewed_runs_on(outbox: Outbox) -> None:
    outbox.queued(count=2)
    outbox.started(outbox.claimed()[:1])
    outbox.clock.advance(LEASE - SECOND)
    with outbox.app.database.writing() as session:
        renew_leases(session, worker="other", lease=LEASE, now=outbox.clock.now())
        renew_leases(session, worker=outbox.worker, lease=LEASE, now=outbox.clock.now())
    outbox.clock.advance(LEASE - SECOND)
    assert sum(recover(outbox).values()) == 0
    outbox.clock.advance(2 * SECOND)
    assert sum(recover(outbox).values()) == 2


def test_all_that_one_worker_held_at_once(outbox: Outbox) -> None:
    outbox.queued(count=4)
    outbox.claimed(2, worker="dead")
    outbox.claimed(2, worker="living")
    assert recover(outbox, "dead") == {"requeued": 2, "uncertain": 0, "again": 0}
    assert outbox.states() == {"queued": 2, "claimed": 2}


def test_holders_are_those_who_hold(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=4)
    outbox.claimed(2, worker="a")
    outbox.claimed(1, worker="b")
    outbox.put(ids[3], DeliveryState.SENT, lease_by="c")
    with outbox.app.database.reading() as session:
        assert sorted(lease_holders(session)) == ["a", "b"]


def test_two_that_take_back_at_once_take_back_once(outbox: Outbox) -> None:
    outbox.queued(MailKind.CONFIRMATION, 30)
    outbox.claimed(30)
    outbox.clock.advance(LEASE + SECOND)
    ready = threading.Barrier(3)
    found: list[int] = []

    def work() -> None:
        ready.wait()
        found.append(recover(outbox)["requeued"])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 30
    assert outbox.states() == {"queued": 30}


def test_what_comes_back_to_a_cancelled_mailing_is_skipped(outbox: Outbox) -> None:
    mailing_id, _ = outbox.queued(MailKind.INVITATION)
    outbox.started(outbox.claimed())
    with outbox.app.database.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        cancel(session, mailing, now=outbox.clock.now(), because="test")
    outbox.clock.advance(LEASE + SECOND)
    recover(outbox)
    assert outbox.states() == {"cancelled": 1}


# ---- refused by a fault of ours


def tokens(outbox: Outbox) -> list[str]:
    with outbox.app.database.reading() as session:
        return list(session.scalars(select(Delivery.token).order_by(Delivery.id)))


def test_what_was_refused_by_a_fault_of_ours_is_queued_again(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=5)
    outbox.started(outbox.claimed()[:4])
    outbox.record(
        Outcome(ids[0], DeliveryState.FAILED, 554, "policy: no"),
        Outcome(ids[1], DeliveryState.DEFERRED, 554, "policy: no"),
        Outcome(ids[2], DeliveryState.SENT),
    )
    with outbox.app.database.writing() as session:
        requeue_refused(session, tokens(outbox)[:4], now=outbox.clock.now())
    # The fourth was refused as well; its outcome is not on disk yet and comes too late.
    outbox.record(Outcome(ids[3], DeliveryState.FAILED, 554, "policy: no"))
    assert outbox.states() == {"queued": 3, "sent": 1, "claimed": 1}
    for delivery_id in (ids[0], ids[1], ids[3]):
        row = outbox.row(delivery_id)
        assert (row.attempts, row.first_tried_at, row.lease_by) == (0, None, None)


def test_more_refusals_than_a_list_may_hold(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=3)
    names = [f"nobody{number}" for number in range(33_000)]
    outbox.started(outbox.claimed())
    outbox.record(*(Outcome(one, DeliveryState.FAILED) for one in ids))
    with outbox.app.database.writing() as session:
        requeue_refused(session, [*names, *tokens(outbox)], now=outbox.clock.now())
    assert outbox.states() == {"queued": 3}


def test_refusals_since_anything_was_accepted(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=5)

    def came_to(delivery_id: int, state: DeliveryState, text: str) -> None:
        outbox.started(one for one in outbox.claimed() if one.id == delivery_id)
        now = outbox.clock.now()
        retry = now + RETRY if state is DeliveryState.DEFERRED else None
        outbox.record(Outcome(delivery_id, state, 250, text, retry))
        for other in ids:
            if outbox.row(other).state is DeliveryState.CLAIMED:
                outbox.record(Outcome(other, DeliveryState.QUEUED))
        outbox.clock.advance(SECOND)

    def refused() -> list[str]:
        with outbox.app.database.reading() as session:
            found = refused_since_last_sent(session, because="policy", retried_after=RETRY)
        return [token for _, token in found]

    names = tokens(outbox)
    assert refused() == []
    came_to(ids[0], DeliveryState.DEFERRED, "policy: no")
    assert refused() == [names[0]]
    came_to(ids[1], DeliveryState.SENT, "accepted: ok")
    assert refused() == []
    came_to(ids[2], DeliveryState.DEFERRED, "temporary: later")
    came_to(ids[3], DeliveryState.DEFERRED, "policy: no")
    assert refused() == [names[3]]
