"""One delivery, one worker, one turn; and a calendar mail never overtakes an older one."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.outbox.scene import LEASE, Outbox, entry, person
from tests.registrations.scene import Scene
from var_outreach.errors import Conflict
from var_outreach.outbox.claims import Outcome, claim_deliveries, resolve_uncertain
from var_outreach.outbox.leases import recover_leases
from var_outreach.outbox.mailings import cancel, hold
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.people.model import SuppressionReason
from var_outreach.people.suppression import suppress
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import RegistrationState
from var_outreach.storage.engine import Database

QUEUED, SENT, DEFERRED = DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DEFERRED


# ---- claiming


def test_claim_is_a_lease(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    (claimed,) = outbox.claimed()
    row = outbox.row(delivery_id)
    assert (row.state, row.lease_by) == (DeliveryState.CLAIMED, outbox.worker)
    assert row.lease_until == outbox.clock.now() + LEASE
    assert (claimed.id, claimed.token, claimed.places) == (row.id, row.token, row.places)
    assert (claimed.dated_at, claimed.message_id) == (row.dated_at, row.message_id)
    assert claimed.kind == "newsletter"
    assert outbox.claimed() == []


def test_no_more_than_asked_for_and_the_oldest_first(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=7)
    assert [one.id for one in outbox.claimed(limit=3)] == ids[:3]
    assert [one.id for one in outbox.claimed(limit=9)] == ids[3:]


@pytest.mark.parametrize("state", [one for one in MailingState if one is not MailingState.SENDING])
def test_only_what_is_being_sent_is_claimed(outbox: Outbox, state: MailingState) -> None:
    mailing_id, _ = outbox.queued(count=2)
    with outbox.app.database.writing() as session:
        session.get_one(Mailing, mailing_id).state = state
    assert outbox.claimed() == []


def test_what_must_wait_waits(outbox: Outbox) -> None:
    now = outbox.clock.now()
    _, ids = outbox.queued(count=2)
    outbox.put(ids[0], DEFERRED, not_before=now + timedelta(minutes=5))
    assert [one.id for one in outbox.claimed()] == [ids[1]]
    outbox.clock.advance(timedelta(minutes=5))
    assert [one.id for one in outbox.claimed()] == [ids[0]]


def test_who_waits_for_an_answer_goes_before_a_newsletter(outbox: Outbox) -> None:
    _, bulk = outbox.queued(MailKind.NEWSLETTER, 3)
    outbox.put(bulk[0], DEFERRED)
    outbox.clock.advance(timedelta(minutes=1))
    _, urgent = outbox.queued(MailKind.CONFIRMATION, 2)
    assert {one.id for one in outbox.claimed(limit=2)} == set(urgent)
    assert {one.id for one in outbox.claimed()} == set(bulk)


def test_two_workers_hold_different_rows(outbox: Outbox) -> None:
    """On PostgreSQL both claim at the same moment; on SQLite one after the other."""
    _, ids = outbox.queued(count=40)
    database = outbox.app.database
    if database.is_sqlite:
        first, second = outbox.claimed(20, worker="a"), outbox.claimed(20, worker="b")
    else:
        other = Database(database.url.render_as_string(hide_password=False))
        with database.writing() as one, other.writing() as two:
            first = outbox.claim(one, 20, worker="a")
            second = outbox.claim(two, 20, worker="b")
        other.close()
    assert {one.id for one in first} | {one.id for one in second} == set(ids)
    assert len(first) == len(second) == 20


def test_many_workers_in_threads_claim_each_row_once(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=60)
    found: list[int] = []
    lock = threading.Lock()

    def work(worker: str) -> None:
        while group := outbox.claimed(7, worker=worker):
            with lock:
                found.extend(one.id for one in group)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ids


def test_what_must_not_go_is_told_apart_from_nothing_left(outbox: Outbox) -> None:
    _, ids = outbox.queued(count=3)
    app, now = outbox.app, outbox.clock.now()
    for delivery_id in ids[:2]:
        with app.database.writing() as session:
            address = session.get_one(Delivery, delivery_id).address
            suppress(
                session, address, SuppressionReason.HARD_BOUNCE,
                evidence=None, now=now, signer=app.signer,
            )  # fmt: skip
    found = []
    for _ in range(3):
        with app.database.writing() as session:
            claims = claim_deliveries(
                session, worker="w", limit=2, lease=LEASE, now=now, signer=app.signer
            )
            found.append((len(claims.deliveries), claims.skipped))
    assert found == [(0, 2), (1, 0), (0, 0)]


# ---- starting


def test_start_counts_the_attempt(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    group = outbox.claimed()
    first = outbox.clock.now()
    assert outbox.started(group) == {delivery_id}
    row = outbox.row(delivery_id)
    assert (row.state, row.attempts, row.first_tried_at) == (DeliveryState.TRANSMITTING, 1, first)
    outbox.record(Outcome(delivery_id, DEFERRED, retry_at=first))
    outbox.clock.advance(timedelta(hours=1))
    outbox.started(outbox.claimed())
    row = outbox.row(delivery_id)
    assert (row.attempts, row.first_tried_at) == (2, first)


def test_start_is_refused_to_another_and_twice(outbox: Outbox) -> None:
    outbox.queued()
    group = outbox.claimed()
    assert outbox.started(group, worker="other") == set()
    assert len(outbox.started(group)) == 1
    assert outbox.started(group) == set()


def test_start_is_refused_after_the_lease_was_taken_back(outbox: Outbox) -> None:
    outbox.queued()
    late = outbox.claimed()
    outbox.clock.advance(LEASE + timedelta(seconds=1))
    with outbox.app.database.writing() as session:
        recover_leases(session, now=outbox.clock.now())
    (again,) = outbox.claimed(worker="other")
    assert outbox.started(late) == set()
    outbox.record(Outcome(again.id, SENT))
    assert outbox.row(again.id).lease_by == "other"
    assert outbox.started([again], worker="other") == {again.id}


@pytest.mark.parametrize("act", ["hold", "cancel"])
def test_start_is_refused_once_staff_said_stop(outbox: Outbox, act: str) -> None:
    mailing_id, (delivery_id,) = outbox.queued()
    group = outbox.claimed()
    with outbox.app.database.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        if act == "hold":
            hold(mailing, because="test")
        else:
            cancel(session, mailing, now=outbox.clock.now(), because="test")
    assert outbox.started(group) == set()
    outbox.record(Outcome(delivery_id, QUEUED))
    assert outbox.states() == {"queued" if act == "hold" else "cancelled": 1}


# ---- recording


@pytest.mark.parametrize(
    "state", [SENT, DEFERRED, DeliveryState.FAILED, DeliveryState.UNCERTAIN, QUEUED]
)
def test_outcome_is_recorded_and_the_lease_ends(outbox: Outbox, state: DeliveryState) -> None:
    _, (delivery_id,) = outbox.queued()
    outbox.started(outbox.claimed())
    retry = outbox.clock.now() + timedelta(minutes=7)
    outbox.record(Outcome(delivery_id, state, 250, "2.0.0 ok", retry))
    row = outbox.row(delivery_id)
    assert (row.state, row.reply_code, row.reply_text) == (state, 250, "2.0.0 ok")
    assert (row.lease_by, row.lease_until, row.not_before) == (None, None, retry)
    assert row.sent_at == (outbox.clock.now() if state is SENT else None)


def test_outcome_of_what_another_holds_is_left_alone(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    outbox.started(outbox.claimed())
    outbox.record(Outcome(delivery_id, SENT), worker="other")
    assert outbox.states() == {"transmitting": 1}


def test_second_outcome_changes_nothing(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    outbox.started(outbox.claimed())
    outbox.record(Outcome(delivery_id, SENT))
    outbox.record(Outcome(delivery_id, DeliveryState.FAILED))
    assert outbox.states() == {"sent": 1}


def test_fault_of_ours_is_not_held_against_anybody(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    outbox.started(outbox.claimed())
    outbox.record(Outcome(delivery_id, DEFERRED, counts=False))
    row = outbox.row(delivery_id)
    assert (row.attempts, row.first_tried_at) == (0, None)


def test_what_is_given_back_before_it_began_keeps_its_attempts(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued()
    tried = outbox.clock.now() - timedelta(days=1)
    outbox.put(delivery_id, DEFERRED, attempts=3, first_tried_at=tried)
    outbox.claimed()
    outbox.record(Outcome(delivery_id, QUEUED))
    row = outbox.row(delivery_id)
    assert (row.attempts, row.first_tried_at) == (3, tried)
    outbox.claimed()
    outbox.record(Outcome(delivery_id, QUEUED, counts=False))
    assert outbox.row(delivery_id).attempts == 3


@pytest.mark.parametrize("text", ["a\0b", "\ud800 half", "x" * 5000])
def test_strange_words_do_not_keep_an_outcome_from_its_row(outbox: Outbox, text: str) -> None:
    _, ids = outbox.queued(count=2)
    outbox.started(outbox.claimed())
    outbox.record(Outcome(ids[0], SENT, 250, "fine"), Outcome(ids[1], SENT, 250, text))
    assert outbox.states() == {"sent": 2}


def test_what_comes_back_to_a_cancelled_mailing_is_skipped(outbox: Outbox) -> None:
    mailing_id, ids = outbox.queued(count=3)
    outbox.started(outbox.claimed())
    with outbox.app.database.writing() as session:
        cancel(
            session, session.get_one(Mailing, mailing_id), now=outbox.clock.now(), because="test"
        )
    outbox.record(
        Outcome(ids[0], SENT), Outcome(ids[1], DEFERRED), Outcome(ids[2], QUEUED, counts=False)
    )
    assert outbox.states() == {"sent": 1, "cancelled": 2}


# ---- what is uncertain


@pytest.mark.parametrize(("send", "state"), [(True, "queued"), (False, "sent")])
def test_a_person_decides_what_is_uncertain(outbox: Outbox, send: bool, state: str) -> None:
    mailing_id, ids = outbox.queued(count=3)
    outbox.put(ids[0], DeliveryState.UNCERTAIN)
    outbox.put(ids[1], DeliveryState.UNCERTAIN)
    with outbox.app.database.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert resolve_uncertain(session, mailing, send=send) == 2
    assert outbox.states(ids[:2]) == {state: 2}
    assert outbox.states(ids[2:]) == {"queued": 1}


def test_what_was_cancelled_is_not_sent_again(outbox: Outbox) -> None:
    mailing_id, (delivery_id,) = outbox.queued()
    outbox.put(delivery_id, DeliveryState.UNCERTAIN)
    with outbox.app.database.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        cancel(session, mailing, now=outbox.clock.now(), because="test")
        with pytest.raises(Conflict, match="cancelled"):
            resolve_uncertain(session, mailing, send=True)
        assert resolve_uncertain(session, mailing, send=False) == 1


# ---- the order of calendar mail


class Calendar:
    """One invitation, and mail about it."""

    def __init__(self, outbox: Outbox, scene: Scene) -> None:
        self.outbox = outbox
        with outbox.app.database.writing() as session:
            event = scene.event(session)
            (registration,) = scene.invited(session, event, 1)
            registration.state = RegistrationState.ACCEPTED
            self.invitation_id = registration.invitation_id
            self.event_id = event.id

    def mail(
        self,
        kind: MailKind,
        *,
        calendar: bool = True,
        key: str = "",
        state: MailingState = MailingState.SENDING,
    ) -> int:
        """Enqueue a mail about the entry; return the delivery."""
        with self.outbox.app.database.writing() as session:
            mailing = self.outbox.mailing(session, kind, state=state)
            one = person(
                1,
                key=key or f"invitation:{self.invitation_id}",
                invitation_id=self.invitation_id,
                calendar=entry() if calendar else None,
            )
            self.outbox.enqueue(session, mailing, [one])
            return self.outbox.ids(session, mailing.id)[0]


@pytest.fixture
def calendar(outbox: Outbox, scene: Scene) -> Calendar:
    return Calendar(outbox, scene)


def test_newer_calendar_mail_replaces_the_waiting_older_one(
    outbox: Outbox, calendar: Calendar
) -> None:
    older = calendar.mail(MailKind.INVITATION)
    newer = calendar.mail(MailKind.UPDATE)
    assert [one.id for one in outbox.send_all()] == [newer]
    assert outbox.states([older]) == {"superseded": 1}


@pytest.mark.parametrize(
    "state", [DeliveryState.CLAIMED, DeliveryState.TRANSMITTING, DeliveryState.UNCERTAIN]
)
def test_newer_one_waits_while_the_older_is_in_doubt(
    outbox: Outbox, calendar: Calendar, state: DeliveryState
) -> None:
    older = calendar.mail(MailKind.INVITATION)
    outbox.put(older, state, lease_by="other")
    newer = calendar.mail(MailKind.UPDATE)
    assert outbox.claimed() == []
    outbox.put(older, SENT, lease_by=None)
    assert [one.id for one in outbox.claimed()] == [newer]


def test_old_date_does_not_follow_the_new_one(outbox: Outbox, calendar: Calendar) -> None:
    """The older one was asked to come back later, and the newer one went meanwhile."""
    older = calendar.mail(MailKind.INVITATION)
    outbox.put(older, DEFERRED, not_before=outbox.clock.now() + timedelta(minutes=30))
    newer = calendar.mail(MailKind.UPDATE)
    assert [one.id for one in outbox.send_all()] == [newer]
    outbox.clock.advance(timedelta(minutes=30))
    assert outbox.claimed() == []
    assert outbox.states([older]) == {"superseded": 1}


def test_what_failed_replaces_nothing(outbox: Outbox, calendar: Calendar) -> None:
    older = calendar.mail(MailKind.INVITATION)
    outbox.put(calendar.mail(MailKind.UPDATE), DeliveryState.FAILED)
    assert [one.id for one in outbox.claimed()] == [older]


def test_what_staff_hold_back_replaces_nothing(outbox: Outbox, calendar: Calendar) -> None:
    older = calendar.mail(MailKind.INVITATION)
    calendar.mail(MailKind.UPDATE, state=MailingState.HELD)
    assert [one.id for one in outbox.claimed()] == [older]


def test_mail_without_an_entry_neither_waits_nor_replaces(
    outbox: Outbox, calendar: Calendar
) -> None:
    older = calendar.mail(MailKind.INVITATION)
    plain = calendar.mail(MailKind.PARTICIPANT_REMINDER, calendar=False)
    assert {one.id for one in outbox.claimed()} == {older, plain}


def test_reminder_in_doubt_holds_up_no_cancellation(outbox: Outbox, calendar: Calendar) -> None:
    reminder = calendar.mail(MailKind.REMINDER, calendar=False)
    outbox.put(reminder, DeliveryState.UNCERTAIN)
    update_id = calendar.mail(MailKind.UPDATE)
    assert [one.id for one in outbox.claimed()] == [update_id]


def test_each_office_is_told_of_its_own_answer(outbox: Outbox, calendar: Calendar) -> None:
    first = calendar.mail(MailKind.CONFIRMATION, key="registration:1")
    second = calendar.mail(MailKind.CONFIRMATION, key="registration:2")
    assert [one.id for one in outbox.send_all()] == [first, second]


@pytest.mark.parametrize("has_entry", [True, False])
def test_newer_answer_replaces_the_older(
    outbox: Outbox, calendar: Calendar, has_entry: bool
) -> None:
    """Who said yes and then no is not told after the no that the yes is noted."""
    older = calendar.mail(MailKind.CONFIRMATION, key="registration:1")
    with outbox.app.database.writing() as session:
        session.execute(update(Delivery).values(not_before=outbox.clock.now() + timedelta(hours=1)))
    newer = calendar.mail(MailKind.CONFIRMATION, key="registration:1", calendar=has_entry)
    assert [one.id for one in outbox.send_all()] == [newer]
    outbox.clock.advance(timedelta(hours=1))
    assert outbox.claimed() == []
    assert outbox.states([older]) == {"superseded": 1}


def test_two_workers_at_once_never_let_the_newer_overtake(
    outbox: Outbox, calendar: Calendar
) -> None:
    """One has claimed the older and not yet committed while the other comes for the newer."""
    database = outbox.app.database
    if database.is_sqlite:
        pytest.skip("on SQLite writers come one after the other")
    older = calendar.mail(MailKind.INVITATION)
    other = Database(database.url.render_as_string(hide_password=False))
    got: list[int] = []

    def come_for_the_newer() -> None:
        with other.writing() as session:
            got.extend(one.id for one in outbox.claim(session, worker="b"))

    with database.writing() as session:
        held = outbox.claim(session, worker="a")
        calendar.outbox = Outbox(outbox.app, outbox.clock)
        newer = calendar.mail(MailKind.UPDATE)
        thread = threading.Thread(target=come_for_the_newer)
        thread.start()
        thread.join(0.5)
    thread.join(10)
    other.close()
    assert [one.id for one in held] == [older]
    assert got == []
    outbox.started(held, worker="a")
    outbox.record(Outcome(older, SENT), worker="a")
    assert [one.id for one in outbox.claimed()] == [newer]
