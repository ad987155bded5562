"""Sends what is due: claims, transmits, records, on a few connections at a time.

*Reads*: the outbox. *Writes*: outcomes. *Next*: ``mailbox`` hears what comes back.

Each connection is a thread. It claims a group; then for each message the intent is committed,
together with the outcome of the message before, and only then does it go. A kill therefore leaves
at most one message per connection of which nobody knows whether it went.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from var_outreach.clock import Clock
from var_outreach.dispatch.journal import Journal
from var_outreach.dispatch.letters import Letters
from var_outreach.dispatch.pauses import goes_slowly, is_paused, pause_transport
from var_outreach.dispatch.policy import Reason, RefusalStreak, Scope, Verdict, judge
from var_outreach.dispatch.rate import TokenBucket
from var_outreach.dispatch.sender import Sender
from var_outreach.dispatch.transport import Reply, Transport
from var_outreach.dispatch.trouble import ConnectionLost, SlowDown, TransportTrouble
from var_outreach.errors import OutreachError
from var_outreach.outbox.claims import (
    ONCE_AT_MOST,
    Claimed,
    Outcome,
    claim_deliveries,
    lease_holders,
    recover_leases,
    requeue_refused,
)
from var_outreach.outbox.model import DeliveryState
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

log = logging.getLogger(__name__)

GROUP = 25
"""Deliveries claimed at a time: few enough that a kill leaves little to take back."""
LEASE = timedelta(minutes=15)
"""Longer than one message may take (10 minutes after the final dot, RFC 5321 4.5.3.2.6)."""


POLICY_RETRY = timedelta(minutes=20)
"""When a recipient's server that refused us for policy is asked once more."""


@dataclass(frozen=True)
class Pace:
    """How much at a time."""

    connections: int = 4
    per_minute: int = 0


class Dispatcher:
    """Sends with one transport, in as many threads as it has connections."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        letters: Letters,
        clock: Clock,
        signer: Signer,
        pace: Pace,
    ) -> None:
        self._database = database
        self._transport = transport
        self._letters = letters
        self._clock = clock
        self._signer = signer
        self._pace = pace
        self._worker = f"{socket.gethostname()}/{os.getpid()}/{random_token()[:8]}"
        self._journal = Journal(database, clock, worker=self._worker, lease=LEASE)
        self._stopping = threading.Event()
        self._sender = Sender(transport)
        self._streak = RefusalStreak()
        self._rng = random.Random()
        self._bucket = TokenBucket(pace.per_minute, clock=clock, sleep=self._stopping.wait)
        self._counts: Counter[str] = Counter()
        self._refused: list[str] = []
        self._lock = threading.Lock()

    def run(self) -> Counter[str]:
        """Send until nothing is left to claim; return how many came to which state.

        Raises what the database raises; a transport that is in trouble is paused, not raised.
        """
        self._recover()
        errors: list[BaseException] = []
        threads = [
            threading.Thread(target=self._work, args=(errors,), name=f"dispatch-{number}")
            for number in range(self._connections())
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._sender.close_all()
        if self._refused:
            # Only now, when every outcome is recorded, is each of them to be found.
            with self._database.writing() as session:
                requeue_refused(session, self._refused, now=self._clock.now())
        if errors:
            raise errors[0]
        return self._counts

    def stop(self) -> None:
        """Let every connection finish its message in flight and claim nothing more."""
        self._stopping.set()

    def _connections(self) -> int:
        with self._database.reading() as session:
            slowly = goes_slowly(session, self._transport.name, now=self._clock.now())
        return 1 if slowly else self._pace.connections

    def _recover(self) -> None:
        now = self._clock.now()
        with self._database.writing() as session:
            recover_leases(session, now=now)
            for holder in lease_holders(session):
                if _is_dead(holder):
                    recover_leases(session, now=now, worker=holder)

    def _work(self, errors: list[BaseException]) -> None:
        try:
            while not self._stopping.is_set():
                group = self._claim()
                if not group:
                    break
                self._send_group(group)
        except BaseException as error:
            errors.append(error)
            self._stopping.set()
        finally:
            self._sender.close()

    def _claim(self) -> list[Claimed]:
        now = self._clock.now()
        with self._database.writing() as session:
            if is_paused(session, self._transport.name, now=now):
                return []
            return claim_deliveries(
                session,
                worker=self._worker,
                limit=GROUP,
                lease=LEASE,
                now=now,
                signer=self._signer,
            )

    def _send_group(self, group: list[Claimed]) -> None:
        last: Outcome | None = None
        for number, claimed in enumerate(group):
            if self._stopping.is_set():
                self._give_back(group[number:])
                break
            self._bucket.take()
            started = self._journal.exchange(last, claimed.id)
            last = None
            if not started:
                self._give_back([claimed])
                continue
            last = self._send(claimed)
        self._journal.exchange(last, None)

    def _give_back(self, group: list[Claimed]) -> None:
        for claimed in group:
            self._journal.exchange(Outcome(claimed.id, DeliveryState.QUEUED), None)

    def _send(self, claimed: Claimed) -> Outcome:
        now = self._clock.now()
        try:
            envelope = self._letters.write(claimed)
        except OutreachError as error:
            log.error("delivery %s cannot be written: %s", claimed.id, error)
            return self._counted(Outcome(claimed.id, DeliveryState.FAILED, None, str(error)))
        result: Reply | TransportTrouble | ConnectionLost | SlowDown
        try:
            result = self._sender.deliver(envelope)
        except (TransportTrouble, ConnectionLost, SlowDown) as trouble:
            result = trouble
        except Exception as error:
            # A bug of ours, perhaps after the final dot: nobody knows, so a person decides.
            log.exception("delivery %s met an error that is not the server's", claimed.id)
            return self._counted(Outcome(claimed.id, DeliveryState.UNCERTAIN, None, repr(error)))
        verdict = judge(
            result,
            attempts=claimed.attempts + 1,
            now=now,
            expires_at=claimed.expires_at,
            rng=self._rng,
            since=claimed.first_tried_at or now,
        )
        self._heed(claimed, verdict, result)
        return self._counted(_outcome(claimed, verdict, result, now))

    def _heed(
        self,
        claimed: Claimed,
        verdict: Verdict,
        result: Reply | TransportTrouble | ConnectionLost | SlowDown,
    ) -> None:
        refused = self._streak.note(claimed.address, claimed.token, verdict)
        if not refused and verdict.scope is not Scope.TRANSPORT:
            return
        now = self._clock.now()
        waits = None if refused else verdict.pause_for
        reason = f"several domains in a row refuse our mail: {result}" if refused else str(result)
        with self._database.writing() as session:
            pause_transport(
                session,
                self._transport.name,
                reason=reason,
                pause=waits,
                now=now,
                slow=verdict.reason_class is Reason.SLOW_DOWN,
            )
        self._refused += refused
        log.warning("%s stands still: %s", self._transport.name, reason)
        self._stopping.set()

    def _counted(self, outcome: Outcome) -> Outcome:
        with self._lock:
            self._counts[outcome.state.value] += 1
        return outcome


def _outcome(
    claimed: Claimed,
    verdict: Verdict,
    result: Reply | TransportTrouble | ConnectionLost | SlowDown,
    now: datetime,
) -> Outcome:
    state, retry_at = verdict.state, verdict.retry_at
    if verdict.reason_class is Reason.POLICY and claimed.attempts == 0 and retry_at is None:
        # It may be about us, as a few more refusals will show: the first is not the last word.
        state, retry_at = DeliveryState.DEFERRED, now + POLICY_RETRY
    if state is DeliveryState.UNCERTAIN and claimed.kind not in ONCE_AT_MOST:
        # Calendar and transactional mail goes again, with the same bytes and Message-ID.
        state = DeliveryState.DEFERRED
    text = str(result)
    if verdict.reason_class not in {Reason.ACCEPTED, Reason.ABOUT_US}:
        text = f"{verdict.reason_class.value}: {text}"
    return Outcome(
        claimed.id,
        state,
        code=result.code if isinstance(result, Reply) else None,
        text=text,
        retry_at=retry_at,
        counts=verdict.scope is not Scope.TRANSPORT,
    )


def _is_dead(holder: str) -> bool:
    """Tell whether ``holder`` was a process of this machine that runs no more."""
    host, _, rest = holder.partition("/")
    pid = rest.partition("/")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
