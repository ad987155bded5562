"""What becomes of a delivery after each reply and each trouble (pure)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from var_outreach.dispatch.policy import (
    GIVE_UP_AFTER,
    Reason,
    RefusalStreak,
    Scope,
    Verdict,
    judge,
    retry_delay,
)
from var_outreach.dispatch.transport import Reply
from var_outreach.dispatch.trouble import (
    ConnectionLost,
    SlowDown,
    TransportTrouble,
    TroubleKind,
)
from var_outreach.outbox.model import DeliveryState

NOW = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


def verdict(
    outcome: Reply | TransportTrouble | ConnectionLost | SlowDown,
    *,
    attempts: int = 1,
    expires_at: datetime | None = None,
    since: datetime | None = None,
) -> Verdict:
    return judge(
        outcome,
        attempts=attempts,
        now=NOW,
        expires_at=expires_at,
        rng=random.Random(1),
        since=since,
    )


def test_accepted_is_sent() -> None:
    assert verdict(Reply(250, "2.0.0 queued")) == Verdict(DeliveryState.SENT, Reason.ACCEPTED)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(550, "5.1.1 no such user", "RCPT"), Reason.NO_SUCH_RECIPIENT),
        (Reply(550, "No such user", "RCPT"), Reason.REFUSED),
        (Reply(552, "5.2.2 mailbox full", "RCPT"), Reason.MAILBOX_FULL),
        (Reply(552, "5.3.4 too big", "."), Reason.TOO_LARGE),
        (Reply(552, "exceeded storage allocation", "."), Reason.TOO_LARGE),
        (Reply(550, "5.7.1 refused by policy", "RCPT"), Reason.POLICY),
        (Reply(554, "5.7.1 looks like spam", "."), Reason.POLICY),
        (Reply(554, "Message blocked, see our site", "."), Reason.POLICY),
        (Reply(554, "5.6.3 no 8-bit here", "DATA"), Reason.REFUSED),
    ],
)
def test_5xx_fails_just_the_recipient(reply: Reply, reason: Reason) -> None:
    found = verdict(reply)
    assert (found.state, found.reason_class) == (DeliveryState.FAILED, reason)
    assert found.scope is Scope.RECIPIENT
    assert (found.retry_at, found.pause_for) == (None, None)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(451, "4.7.1 greylisted", "RCPT"),
        Reply(450, "mailbox busy", "RCPT"),
        Reply(452, "4.2.2 mailbox full", "RCPT"),
        Reply(451, "4.3.0 later", "."),
    ],
)
def test_4xx_defers_five_minutes_or_later(reply: Reply) -> None:
    found = verdict(reply)
    assert (found.state, found.reason_class) == (DeliveryState.DEFERRED, Reason.TEMPORARY)
    assert found.retry_at is not None
    assert NOW + 5 * MINUTES <= found.retry_at <= NOW + 7 * MINUTES
    assert found.scope is Scope.RECIPIENT


@pytest.mark.parametrize(
    "reply",
    [
        Reply(552, "too many recipients", "RCPT"),
        Reply(552, "Requested action not taken", "RCPT"),
        Reply(552, "5.5.3 limit reached", "RCPT"),
        Reply(552, "Too many recipients", "."),
    ],
)
def test_552_on_too_many_recipients_is_temporary(reply: Reply) -> None:
    found = verdict(reply)
    assert (found.state, found.reason_class) == (DeliveryState.DEFERRED, Reason.TOO_MANY_RECIPIENTS)


def test_delay_grows_to_four_hours() -> None:
    minutes = [retry_delay(attempts) // MINUTES for attempts in range(1, 9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240]
    assert retry_delay(5000) == timedelta(hours=4)


@given(
    attempts=st.integers(1, 60),
    tried_for=st.timedeltas(timedelta(), timedelta(days=6)),
    left=st.one_of(st.none(), st.timedeltas(timedelta(days=-1), timedelta(days=9))),
    seed=st.integers(0, 50),
)
def test_deferred_lies_within_what_is_promised(
    attempts: int, tried_for: timedelta, left: timedelta | None, seed: int
) -> None:
    expires_at = None if left is None else NOW + left
    since = NOW - tried_for
    found = judge(
        Reply(451, "later", "RCPT"),
        attempts=attempts,
        now=NOW,
        expires_at=expires_at,
        rng=random.Random(seed),
        since=since,
    )
    deadline = min(since + GIVE_UP_AFTER, expires_at or NOW + timedelta(days=99))
    if found.state is DeliveryState.FAILED:
        assert deadline <= NOW + 5 * MINUTES
        assert found.reason_class in (Reason.GAVE_UP, Reason.EXPIRED)
    else:
        assert found.state is DeliveryState.DEFERRED
        assert found.retry_at is not None
        assert NOW + 5 * MINUTES <= found.retry_at < deadline
        assert found.retry_at <= NOW + retry_delay(attempts) * 1.25


def test_given_up_at_the_start_of_the_event() -> None:
    found = verdict(Reply(451, "later"), expires_at=NOW + 4 * MINUTES)
    assert (found.state, found.reason_class) == (DeliveryState.FAILED, Reason.EXPIRED)


def test_last_try_lies_just_before_the_event() -> None:
    found = verdict(Reply(451, "later"), attempts=9, expires_at=NOW + 60 * MINUTES)
    assert found.retry_at == NOW + 55 * MINUTES


def test_given_up_after_four_days() -> None:
    found = verdict(Reply(451, "later"), attempts=2, since=NOW - timedelta(days=4))
    assert (found.state, found.reason_class) == (DeliveryState.FAILED, Reason.GAVE_UP)


def test_four_days_are_reckoned_from_attempts_if_need_be() -> None:
    states = [verdict(Reply(451, "later"), attempts=n).state for n in range(1, 60)]
    tried = states.count(DeliveryState.DEFERRED)
    assert states == [DeliveryState.DEFERRED] * tried + [DeliveryState.FAILED] * (59 - tried)
    total = sum((retry_delay(n) for n in range(1, tried + 1)), timedelta())
    assert timedelta(days=3.7) < total < timedelta(days=4.2)


@pytest.mark.parametrize(
    "outcome",
    [
        TransportTrouble(TroubleKind.AUTH, "535 bad credentials", code=535),
        TransportTrouble(TroubleKind.SENDER_REFUSED, "550 sender refused", code=550),
        TransportTrouble(TroubleKind.REFUSED_EVERYWHERE, "three domains"),
        Reply(554, "5.2.252 SendAsDenied; a not allowed to send as b", "."),
        Reply(554, "Failed; STOREDRV; SendAsDenied", "."),
        Reply(550, "5.7.60 client may not send as this sender", "."),
        Reply(530, "5.7.0 authenticate first", "RCPT"),
        Reply(535, "5.7.8 no", "RCPT"),
    ],
)
def test_trouble_with_us_waits_for_a_person_and_loses_nothing(
    outcome: Reply | TransportTrouble,
) -> None:
    for attempts, expires_at in ((1, None), (99, NOW - MINUTES)):
        found = verdict(outcome, attempts=attempts, expires_at=expires_at)
        assert found.state is DeliveryState.DEFERRED
        assert found.scope is Scope.TRANSPORT
        assert found.reason_class is Reason.ABOUT_US
        assert found.waits_for_person
        assert found.retry_at is not None


@pytest.mark.parametrize("kind", [TroubleKind.CONNECT, TroubleKind.DNS, TroubleKind.CERTIFICATE])
def test_trouble_that_may_pass_pauses_for_a_while(kind: TroubleKind) -> None:
    found = verdict(TransportTrouble(kind, "down", temporary=True))
    assert found.scope is Scope.TRANSPORT
    assert found.pause_for is not None
    assert found.retry_at == NOW + found.pause_for
    assert not found.waits_for_person


@pytest.mark.parametrize(
    "outcome",
    [SlowDown("421"), Reply(421, "4.7.0 busy"), Reply(450, "4.7.28 unusual rate", "RCPT")],
)
def test_slow_down_pauses_longer_each_time(outcome: SlowDown | Reply) -> None:
    pauses = [verdict(outcome, attempts=attempts).pause_for for attempts in (0, 1, 2, 9)]
    assert pauses == [5 * MINUTES, 5 * MINUTES, 10 * MINUTES, 60 * MINUTES]
    found = verdict(outcome)
    assert (found.state, found.reason_class) == (DeliveryState.DEFERRED, Reason.SLOW_DOWN)
    assert found.scope is Scope.TRANSPORT


def test_lost_before_the_end_is_tried_again() -> None:
    found = verdict(ConnectionLost("gone"))
    assert (found.state, found.reason_class) == (DeliveryState.DEFERRED, Reason.CONNECTION_LOST)
    assert found.scope is Scope.RECIPIENT


@pytest.mark.parametrize("outcome", [ConnectionLost("gone", maybe_accepted=True), Reply(354, "?")])
def test_no_answer_after_the_dot_is_uncertain(outcome: ConnectionLost | Reply) -> None:
    assert verdict(outcome).state is DeliveryState.UNCERTAIN


@given(
    code=st.integers(200, 599), text=st.text(max_size=40), command=st.sampled_from(["RCPT", "."])
)
def test_no_reply_ever_suppresses(code: int, text: str, command: str) -> None:
    assert verdict(Reply(code, text, command)).suppress is False


# ---- several domains in a row

POLICY = Verdict(DeliveryState.FAILED, Reason.POLICY)
SENT = Verdict(DeliveryState.SENT, Reason.ACCEPTED)


def test_three_domains_in_a_row_are_about_us_and_all_come_back() -> None:
    streak = RefusalStreak(3)
    assert streak.note("a@een.example", "t1", POLICY) == ()
    assert streak.note("b@een.example", "t2", POLICY) == ()
    assert streak.note("c@twee.example", "t3", POLICY) == ()
    assert streak.note("d@Drie.example", "t4", POLICY) == ("t1", "t2", "t3", "t4")
    assert streak.note("e@vier.example", "t5", POLICY) == ()


@pytest.mark.parametrize("between", [SENT, Verdict(DeliveryState.FAILED, Reason.NO_SUCH_RECIPIENT)])
def test_an_answer_of_another_kind_ends_the_streak(between: Verdict) -> None:
    streak = RefusalStreak(2)
    assert streak.note("a@een.example", "t1", POLICY) == ()
    assert streak.note("b@twee.example", "t2", between) == ()
    assert streak.note("c@drie.example", "t3", POLICY) == ()


def test_a_deferral_in_between_says_nothing() -> None:
    streak = RefusalStreak(2)
    streak.note("a@een.example", "t1", POLICY)
    streak.note("b@twee.example", "t2", Verdict(DeliveryState.DEFERRED, Reason.TEMPORARY))
    assert streak.note("c@drie.example", "t3", POLICY) == ("t1", "t3")


def test_one_domain_that_refuses_all_is_its_own_affair() -> None:
    streak = RefusalStreak(2)
    assert not any(streak.note(f"r{n}@een.example", f"t{n}", POLICY) for n in range(20))
