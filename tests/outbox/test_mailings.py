"""A mailing moves through its states as a person lets it, and never otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import NOW
from tests.outbox.scene import Outbox, content, person
from var_outreach.errors import Conflict, NotFound
from var_outreach.outbox import mailings
from var_outreach.outbox.model import (
    DeliveryState,
    Mailing,
    MailingContent,
    MailingState,
)
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.storage.base import Base

SENDER = "Netwerk <nieuws@netwerk.example>"
DRAFT, APPROVED, SENDING, SENT, HELD, CANCELLED, EXPIRED = (
    MailingState.DRAFT,
    MailingState.APPROVED,
    MailingState.SENDING,
    MailingState.SENT,
    MailingState.HELD,
    MailingState.CANCELLED,
    MailingState.EXPIRED,
)


def approve(outbox: Outbox, session: Session, mailing: Mailing, **changes: Any) -> None:
    facts = {"sender": SENDER, "count": 3, "by": "anna", "now": outbox.clock.now()}
    mailings.approve(session, mailing, **{**facts, **changes})


def release(outbox: Outbox, session: Session, mailing: Mailing, **changes: Any) -> None:
    facts = {"sender": SENDER, "by": "bert", "now": outbox.clock.now(), "four_eyes": False}
    mailings.release(session, mailing, **{**facts, **changes})


def hold(outbox: Outbox, session: Session, mailing: Mailing) -> None:
    mailings.hold(mailing, because="test")


def cancel(outbox: Outbox, session: Session, mailing: Mailing) -> None:
    mailings.cancel(session, mailing, now=outbox.clock.now(), because="test")


ACTS: dict[str, Callable[[Outbox, Session, Mailing], None]] = {
    "approve": approve,
    "release": release,
    "hold": hold,
    "cancel": cancel,
}
MOVES = {
    ("approve", DRAFT): APPROVED,
    ("approve", HELD): APPROVED,
    ("release", APPROVED): APPROVED,
    ("release", HELD): APPROVED,
    ("hold", DRAFT): HELD,
    ("hold", APPROVED): HELD,
    ("hold", SENDING): HELD,
    ("hold", HELD): HELD,
    ("cancel", DRAFT): CANCELLED,
    ("cancel", APPROVED): CANCELLED,
    ("cancel", SENDING): CANCELLED,
    ("cancel", HELD): CANCELLED,
    ("cancel", EXPIRED): CANCELLED,
}
"""Every act in every state that allows it; all others are refused."""


@pytest.mark.parametrize("state", list(MailingState))
@pytest.mark.parametrize("act", list(ACTS))
def test_every_move(outbox: Outbox, act: str, state: MailingState) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        mailing.state = state
        expected = MOVES.get((act, state))
        if expected is None:
            with pytest.raises(Conflict) as raised:
                ACTS[act](outbox, session, mailing)
            assert mailing.key in str(raised.value)
            assert raised.value.remedy
        else:
            ACTS[act](outbox, session, mailing)
        assert mailing.state is (expected or state)


def test_what_is_not_approved_is_not_released(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=HELD)
        with pytest.raises(Conflict, match="not approved"):
            release(outbox, session, mailing)
        assert mailing.released_at is None


def test_what_was_on_its_way_goes_on_after_a_hold(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        release(outbox, session, mailing)
        mailing.state, mailing.enqueued_at = SENDING, outbox.clock.now()
        outbox.enqueue(session, mailing, [person(1), person(2)])
        hold(outbox, session, mailing)
    assert outbox.claimed() == []
    with outbox.app.database.writing() as session:
        release(outbox, session, session.get_one(Mailing, mailing.id))
    assert len(outbox.claimed()) == 2


def test_release_taken_back_waits_again(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        release(outbox, session, mailing)
        assert mailings.goes_at(mailing, timedelta(minutes=10)) is not None
        hold(outbox, session, mailing)
        assert mailings.goes_at(mailing, timedelta(minutes=10)) is None


def test_goes_at_its_moment_but_never_within_the_recall(outbox: Outbox) -> None:
    now, recall = outbox.clock.now(), timedelta(minutes=10)
    with outbox.app.database.writing() as session:
        late = outbox.mailing(session, state=DRAFT, scheduled_at=now + timedelta(days=2))
        approve(outbox, session, late)
        release(outbox, session, late)
        assert mailings.goes_at(late, recall) == now + timedelta(days=2)
        approve_again = outbox.mailing(session, state=DRAFT, scheduled_at=now + timedelta(days=2))
        approve(outbox, session, approve_again)
        release(outbox, session, approve_again, at_once=True)
        assert mailings.goes_at(approve_again, recall) == now + recall


def test_what_was_overdue_and_is_let_go_does_go(outbox: Outbox) -> None:
    now = outbox.clock.now()
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(
            session,
            state=HELD,
            scheduled_at=now - timedelta(days=9),
            expires_at=now - timedelta(days=6),
        )
        approve(outbox, session, mailing)
        release(outbox, session, mailing)
        mailing.state = SENDING
        outbox.enqueue(session, mailing, [person(1)])
    assert len(outbox.claimed()) == 1


def test_four_eyes(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing, by="anna")
        with pytest.raises(Conflict, match="somebody else"):
            release(outbox, session, mailing, by="anna", four_eyes=True)
        assert mailing.released_at is None
        release(outbox, session, mailing, by="bert", four_eyes=True)
        assert mailing.released_by == "bert"


# ---- the approval


@pytest.mark.parametrize("what", ["content", "subject", "variant", "audience", "sender", "kind"])
def test_approval_is_bound_to(outbox: Outbox, what: str) -> None:
    sender = SENDER
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        row = session.scalars(
            select(MailingContent).where(MailingContent.mailing_id == mailing.id)
        ).one()
        if what == "content":
            row.body = row.body.replace(b"tekst eerste", b"tekst tweede")
        elif what == "subject":
            row.body = row.body.replace(b"Onderwerp eerste", b"Onderwerp tweede")
        elif what == "variant":
            extra = content(MailKind.NEWSLETTER, "eerste", "en").variants[0].serialise()
            session.add(
                MailingContent(mailing_id=mailing.id, version=1, variant="en", hash="", body=extra)
            )
        elif what == "audience":
            mailing.audience = {**mailing.audience, "definition": {"include": ["allen"]}}
        elif what == "kind":
            mailing.kind = MailKind.AD_HOC.value
        else:
            sender = "Ander <ander@netwerk.example>"
        session.flush()
        with pytest.raises(Conflict, match="changed since"):
            release(outbox, session, mailing, sender=sender)


def test_approval_of_what_stays_the_same_holds(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        assert mailings.set_content(session, mailing, content()) is False
        release(outbox, session, mailing)
        assert (mailing.state, mailing.version) == (APPROVED, 1)


def test_new_content_drops_the_approval_and_the_release(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        approve(outbox, session, mailing)
        release(outbox, session, mailing)
        assert mailings.set_content(session, mailing, content(words="tweede")) is True
        assert mailing.state is DRAFT
        assert (mailing.approved_hash, mailing.approved_by, mailing.released_at) == (None,) * 3
        assert mailings.goes_at(mailing, timedelta(0)) is None


# ---- versions


def test_content_is_kept_by_version(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=DRAFT)
        mailings.set_content(session, mailing, content(MailKind.NEWSLETTER, "tweede", "nl", "en"))
        assert mailing.version == 2
        assert mailings.content_of(session, mailing, 1).fingerprint() == content().fingerprint()
        newest = mailings.content_of(session, mailing)
        assert [one.key for one in newest.variants] == ["en", "nl"]


def test_rows_that_wait_take_the_new_version_and_rows_that_went_keep_theirs(
    outbox: Outbox,
) -> None:
    _, ids = outbox.queued(count=len(DeliveryState))
    by_state = dict(zip(DeliveryState, ids, strict=True))
    for state, delivery_id in by_state.items():
        outbox.put(delivery_id, state)
    with outbox.app.database.writing() as session:
        mailing = session.scalars(select(Mailing)).one()
        mailings.set_content(session, mailing, content(words="tweede"))
    takes = {DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.CLAIMED}
    for state, delivery_id in by_state.items():
        assert outbox.row(delivery_id).version == (2 if state in takes else 1), state


def test_rows_that_wait_can_keep_theirs(outbox: Outbox) -> None:
    _, (delivery_id,) = outbox.queued(MailKind.INVITATION)
    with outbox.app.database.writing() as session:
        mailing = session.scalars(select(Mailing)).one()
        mailings.set_content(
            session, mailing, content(MailKind.INVITATION, "tweede"), waiting_too=False
        )
    assert outbox.row(delivery_id).version == 1
    (claimed,) = outbox.claimed()
    assert claimed.version == 1
    assert outbox.started([claimed]) == {claimed.id}


def test_edit_between_claim_and_start_is_not_overtaken_by_the_old_words(outbox: Outbox) -> None:
    outbox.queued()
    (claimed,) = outbox.claimed()
    with outbox.app.database.writing() as session:
        mailing = session.scalars(select(Mailing)).one()
        mailings.set_content(session, mailing, content(words="tweede"))
    assert outbox.started([claimed]) == set()


@pytest.mark.parametrize("state", [CANCELLED, SENT])
def test_what_is_over_is_not_edited(outbox: Outbox, state: MailingState) -> None:
    with outbox.app.database.writing() as session:
        mailing = outbox.mailing(session, state=state)
        with pytest.raises(Conflict, match="cannot be edited"):
            mailings.set_content(session, mailing, content(words="tweede"))


# ---- finding, cancelling, finishing


def test_key_is_unique(outbox: Outbox) -> None:
    with pytest.raises(IntegrityError), outbox.app.database.writing() as session:  # noqa: PT012
        outbox.mailing(session, key="newsletter:2025-03-04")
        outbox.mailing(session, key="newsletter:2025-03-04")


def test_mailing_that_is_not_there(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        for find in (mailings.find_mailing, mailings.lock_mailing):
            with pytest.raises(NotFound, match="newsletter:nooit"):
                find(session, "newsletter:nooit")


def test_what_the_rules_took_back_is_taken_up_again(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session:
        first = outbox.mailing(session, state=DRAFT, key="reminder:x")
        mailings.cancel(session, first, now=outbox.clock.now(), because=mailings.NO_LONGER_DUE)
        assert mailings.is_dropped(first)
        again = outbox.mailing(session, state=DRAFT, key="reminder:x", reason="anew")
        assert again.id == first.id
        assert (again.state, again.reason, again.finished_at) == (DRAFT, "anew", None)


def test_cancel_skips_what_waits_and_leaves_the_rest(outbox: Outbox) -> None:
    mailing_id, ids = outbox.queued(count=len(DeliveryState))
    for state, delivery_id in zip(DeliveryState, ids, strict=True):
        outbox.put(delivery_id, state)
    with outbox.app.database.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        skipped = mailings.cancel(session, mailing, now=outbox.clock.now(), because="test")
    assert skipped == 3
    assert outbox.states(ids) == {
        **dict.fromkeys(("transmitting", "sent", "failed", "uncertain", "skipped"), 1),
        "cancelled": 3,
    }


@pytest.mark.parametrize("state", list(DeliveryState))
def test_mailing_is_finished_when_nothing_is_open(outbox: Outbox, state: DeliveryState) -> None:
    mailing_id, ids = outbox.queued(count=2)
    outbox.put(ids[0], DeliveryState.SENT)
    outbox.put(ids[1], state)
    over = state in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}
    with outbox.app.database.writing() as session:
        finished = mailings.finish_mailings(session, now=outbox.clock.now())
        assert bool(finished) is over
        assert session.get_one(Mailing, mailing_id).state is (SENT if over else SENDING)


def test_standing_mailing_stays_open_as_long_as_its_window(outbox: Outbox) -> None:
    end = outbox.clock.now() + timedelta(days=3)
    with outbox.app.database.writing() as session:
        outbox.mailing(session, standing=True, expires_at=end, key="invitation:a")
        outbox.mailing(session, standing=True, expires_at=None, key="confirmation:a")
        assert mailings.finish_mailings(session, now=end - timedelta(seconds=1)) == []
        assert mailings.finish_mailings(session, now=end) == ["invitation:a"]


def test_untried_counts_what_was_never_tried(outbox: Outbox) -> None:
    mailing_id, ids = outbox.queued(count=4)
    outbox.put(ids[0], DeliveryState.SENT)
    outbox.put(ids[1], DeliveryState.QUEUED, attempts=1)
    outbox.put(ids[2], DeliveryState.CLAIMED)
    with outbox.app.database.reading() as session:
        assert mailings.untried(session, session.get_one(Mailing, mailing_id)) == 2


# ---- whatever staff do, in whatever order


class MailingMachine(RuleBasedStateMachine):
    """Nothing goes that was not approved as it is and then released."""

    def __init__(self) -> None:
        super().__init__()
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.session = Session(engine)
        self.engine = engine
        self.words = "eerste"
        self.seen = ""
        """The words that were last approved."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.mailing = mailings.create_mailing(
            self.session,
            key="newsletter:x",
            kind=MailKind.NEWSLETTER,
            subject_key=None,
            audience=AudienceSpec(AudienceKind.READERS, "lezers"),
            scheduled_at=self.now,
            expires_at=None,
            reason="test",
            created_by="test",
            now=self.now,
        )
        mailings.set_content(self.session, self.mailing, content(words=self.words))

    @rule(words=st.sampled_from(["eerste", "tweede", "derde"]))
    def edit(self, words: str) -> None:
        try:
            mailings.set_content(self.session, self.mailing, content(words=words))
        except Conflict:
            return
        self.words = words

    @rule(by=st.sampled_from(["anna", "bert"]))
    def approve(self, by: str) -> None:
        try:
            mailings.approve(
                self.session, self.mailing, sender=SENDER, count=1, by=by, now=self.now
            )
        except Conflict:
            return
        self.seen = self.words

    @rule(by=st.sampled_from(["anna", "bert"]), at_once=st.booleans())
    def release(self, by: str, at_once: bool) -> None:
        approver = self.mailing.approved_by
        try:
            mailings.release(
                self.session,
                self.mailing,
                sender=SENDER,
                by=by,
                now=self.now,
                four_eyes=True,
                at_once=at_once,
            )
        except Conflict:
            return
        assert self.words == self.seen
        assert by != approver

    @rule()
    def hold(self) -> None:
        try:
            mailings.hold(self.mailing, because="test")
        except Conflict:
            assert self.mailing.state in {SENT, CANCELLED, EXPIRED}

    @rule()
    def enqueue(self) -> None:
        if (
            self.mailing.state is APPROVED
            and mailings.goes_at(self.mailing, timedelta(0)) is not None
        ):
            self.mailing.state, self.mailing.enqueued_at = SENDING, self.now

    @rule()
    def finish(self) -> None:
        mailings.finish_mailings(self.session, now=self.now)

    @rule()
    def cancel(self) -> None:
        try:
            mailings.cancel(self.session, self.mailing, now=self.now, because="test")
        except Conflict:
            assert self.mailing.state in {SENT, CANCELLED}

    @invariant()
    def nothing_is_released_unseen(self) -> None:
        mailing = getattr(self, "mailing", None)
        if mailing is None:
            return
        if mailing.state in {SENDING, SENT}:
            assert mailing.released_by not in {None, mailing.approved_by}
        if mailing.state is DRAFT:
            assert (mailing.approved_hash, mailing.released_at) == (None, None)
        if mailing.state is APPROVED:
            assert self.words == self.seen
        if mailing.state is HELD:
            assert mailing.released_at is None

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()


MailingMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMailingMachine = MailingMachine.TestCase
