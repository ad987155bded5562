"""Decides what becomes of a delivery, and of the transport, after a reply or a trouble.

*Reads*: nothing; pure. *Writes*: nothing. *Next*: the dispatch loop records the verdict, pauses
the transport or slows it down. No verdict here suppresses an address: that takes a bounce that
carries our own token (``mailbox``).
"""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from var_outreach.dispatch.transport import Reply
from var_outreach.dispatch.trouble import ConnectionLost, SlowDown, TransportTrouble
from var_outreach.message import domain_of
from var_outreach.outbox.model import DeliveryState

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=4)
"""RFC 5321 4.5.4.1: at least 4 to 5 days; an invitation four days late is of no use."""
SLOW_DOWN_PAUSE = timedelta(minutes=5)
LONGEST_SLOW_DOWN = timedelta(hours=1)
TROUBLE_PAUSE = timedelta(minutes=15)
"""How long trouble that may pass by itself keeps the transport still."""

_JITTER = 0.25
_ABOUT_US_CODES = frozenset({530, 534, 535, 538})
_ABOUT_US_STATUS = frozenset({"5.2.252", "5.7.60"})
"""Microsoft's "not allowed to send as" (SendAsDenied), which comes after the dot only."""
_TOO_MANY = re.compile(r"too many recipients", re.IGNORECASE)
_POLICY = re.compile(
    r"\b(spam|policy|block(ed|list\w*)|blacklist\w*|reputation|dmarc|spf)\b", re.IGNORECASE
)


class Scope(StrEnum):
    """Whom a verdict is about."""

    RECIPIENT = "recipient"
    TRANSPORT = "transport"


class Reason(StrEnum):
    """Why, in one word: for figures and for staff."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    CONNECTION_LOST = "connection_lost"
    NO_SUCH_RECIPIENT = "no_such_recipient"
    MAILBOX_FULL = "mailbox_full"
    TOO_LARGE = "too_large"
    POLICY = "policy"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    EXPIRED = "expired"
    SLOW_DOWN = "slow_down"
    ABOUT_US = "about_us"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery."""

    state: DeliveryState
    """sent, deferred, failed or uncertain."""
    reason_class: Reason
    scope: Scope = Scope.RECIPIENT
    retry_at: datetime | None = None
    """When it may be tried again; for ``uncertain`` too, if its kind of mail is sent twice."""
    pause_for: timedelta | None = None
    """How long the transport stands still; None with scope transport: until a person says go on."""
    suppress: bool = False

    @property
    def waits_for_person(self) -> bool:
        """Whether the transport stands still until a person says go on."""
        return self.scope is Scope.TRANSPORT and self.pause_for is None


def judge(
    outcome: Reply | TransportTrouble | ConnectionLost | SlowDown,
    *,
    attempts: int,
    now: datetime,
    expires_at: datetime | None,
    rng: random.Random,
    since: datetime | None = None,
) -> Verdict:
    """Return what becomes of a delivery after its ``attempts``-th attempt (counted from 1).

    ``expires_at`` is the event's start. ``since`` is the first attempt; without it that moment is
    reckoned from ``attempts``.
    """
    if isinstance(outcome, TransportTrouble):
        return _about_us(now, TROUBLE_PAUSE if outcome.temporary else None)
    if isinstance(outcome, SlowDown) or (isinstance(outcome, Reply) and outcome.slows_down):
        pause = _doubled(SLOW_DOWN_PAUSE, attempts, LONGEST_SLOW_DOWN)
        return Verdict(
            DeliveryState.DEFERRED, Reason.SLOW_DOWN, Scope.TRANSPORT, now + pause, pause
        )
    if isinstance(outcome, ConnectionLost):
        if outcome.maybe_accepted:
            return _uncertain(now)
        reason = Reason.CONNECTION_LOST
    elif outcome.accepted:
        return Verdict(DeliveryState.SENT, Reason.ACCEPTED)
    elif _says_about_us(outcome):
        return _about_us(now, None)
    elif not 400 <= outcome.code < 600:
        return _uncertain(now)
    else:
        reason = _reason(outcome)
        if outcome.code >= 500 and reason is not Reason.TOO_MANY_RECIPIENTS:
            return Verdict(DeliveryState.FAILED, reason)
    return _deferred(
        reason, attempts=attempts, now=now, expires_at=expires_at, rng=rng, since=since
    )


def retry_delay(attempts: int) -> timedelta:
    """Return the delay after the ``attempts``-th attempt, before jitter: 5 min doubled to 4 h."""
    return _doubled(FIRST_RETRY, attempts, LONGEST_RETRY)


class RefusalStreak:
    """Counts recipients in a row that were refused for policy, each in another domain.

    One domain that does not want us is its own affair. Several in a row, with nobody in between
    who accepts, say that something is wrong with us. Shared by all threads of a transport.
    """

    def __init__(self, limit: int = 3) -> None:
        """Take the number of different domains that makes it about us."""
        if limit < 2:
            raise ValueError("a streak takes at least two domains")
        self._limit = limit
        self._lock = threading.Lock()
        self._domains: set[str] = set()
        self._tokens: list[str] = []

    def note(self, recipient: str, token: str, verdict: Verdict) -> tuple[str, ...]:
        """Take notice of one verdict.

        Returns the tokens of every delivery of the streak when it is long enough: the transport
        is to be paused with TroubleKind.REFUSED_EVERYWHERE and those deliveries queued again, for
        nothing may be lost by a fault of ours. Returns an empty tuple otherwise.
        """
        with self._lock:
            if verdict.reason_class is Reason.POLICY:
                self._domains.add(domain_of(recipient).lower())
                self._tokens.append(token)
            elif verdict.state in (DeliveryState.SENT, DeliveryState.FAILED):
                self._clear()
            if len(self._domains) < self._limit:
                return ()
            tokens = tuple(self._tokens)
            self._clear()
            return tokens

    def _clear(self) -> None:
        self._domains.clear()
        self._tokens.clear()


def _doubled(first: timedelta, attempts: int, longest: timedelta) -> timedelta:
    return min(first * (1 << min(max(attempts, 1) - 1, 10)), longest)


def _about_us(now: datetime, pause: timedelta | None) -> Verdict:
    # Never given up here: whether its time has passed is asked when it is claimed again.
    return Verdict(
        DeliveryState.DEFERRED,
        Reason.ABOUT_US,
        Scope.TRANSPORT,
        now + (pause or FIRST_RETRY),
        pause,
    )


def _uncertain(now: datetime) -> Verdict:
    return Verdict(
        DeliveryState.UNCERTAIN, Reason.CONNECTION_LOST, Scope.RECIPIENT, now + FIRST_RETRY
    )


def _deferred(
    reason: Reason,
    *,
    attempts: int,
    now: datetime,
    expires_at: datetime | None,
    rng: random.Random,
    since: datetime | None,
) -> Verdict:
    if since is None:
        since = now - sum((retry_delay(one) for one in range(1, attempts)), timedelta())
    deadline = since + GIVE_UP_AFTER
    out_of_time = Reason.GAVE_UP
    if expires_at is not None and expires_at < deadline:
        deadline, out_of_time = expires_at, Reason.EXPIRED
    earliest = now + FIRST_RETRY
    if earliest >= deadline:
        return Verdict(DeliveryState.FAILED, out_of_time)
    wanted = now + retry_delay(attempts) * rng.uniform(1.0, 1.0 + _JITTER)
    # The last try lies just before the end, however long the delay has become.
    retry_at = min(wanted, max(earliest, deadline - FIRST_RETRY))
    return Verdict(DeliveryState.DEFERRED, reason, Scope.RECIPIENT, retry_at)


def _says_about_us(reply: Reply) -> bool:
    return (
        reply.code in _ABOUT_US_CODES
        or reply.status in _ABOUT_US_STATUS
        or (reply.code >= 500 and "SendAsDenied" in reply.text)
    )


def _reason(reply: Reply) -> Reason:
    """Return the reason of a 4xx or 5xx reply."""
    status = reply.status or ""
    if _too_many_recipients(reply):
        return Reason.TOO_MANY_RECIPIENTS
    if reply.code < 500:
        return Reason.TEMPORARY
    if status.startswith("5.1."):
        return Reason.NO_SUCH_RECIPIENT
    if status == "5.2.2":
        return Reason.MAILBOX_FULL
    if status in ("5.2.3", "5.3.4") or (reply.code == 552 and not status):
        return Reason.TOO_LARGE
    if status.startswith("5.7.") or (not status and _POLICY.search(reply.text)):
        return Reason.POLICY
    return Reason.REFUSED


def _too_many_recipients(reply: Reply) -> bool:
    """Tell whether 552 means "too many recipients" (RFC 5321 4.5.3.1.10), which is temporary."""
    if reply.code not in (452, 552):
        return False
    if _TOO_MANY.search(reply.text) or reply.status in ("5.5.3", "4.5.3"):
        return True
    return reply.code == 552 and reply.command == "RCPT" and reply.status is None
