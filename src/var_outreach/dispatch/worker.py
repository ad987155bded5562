"""Sends what is due: claims, transmits, records, on a few connections at a time.

*Reads*: the outbox. *Writes*: outcomes. *Next*: ``mailbox`` hears what comes back.

Each connection is a thread. It claims a group; then for each message the intent is committed,
together with the outcome of the message before, and only then does it go. A kill therefore leaves
at most one message per connection of which nobody knows whether it went.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from var_outreach.clock import Clock
from var_outreach.dispatch import identity
from var_outreach.dispatch.journal import Journal
from var_outreach.dispatch.letters import Letters
from var_outreach.dispatch.pauses import goes_slowly, is_paused, pause_transport
from var_outreach.dispatch.policy import Reason, RefusalStreak, Scope, Verdict, judge
from var_outreach.dispatch.rate import TokenBucket
from var_outreach.dispatch.sender import Sender
from var_outreach.dispatch.transport import Envelope, Reply, Transport
from var_outreach.dispatch.trouble import ConnectionLost, SlowDown, TransportTrouble
from var_outreach.errors import OutreachError, StorageError
from var_outreach.outbox.claims import (
    ONCE_AT_MOST,
    Claimed,
    Claims,
    Outcome,
    claim_deliveries,
    record_outcomes,
)
from var_outreach.outbox.leases import (
    lease_holders,
    recover_leases,
    refused_since_last_sent,
    renew_leases,
    requeue_refused,
)
from var_outreach.outbox.model import DeliveryState
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

log = logging.getLogger(__name__)

GROUPS = (10, 200)
"""The fewest and the most deliveries that are claimed at a time."""
GROUP_TIME = timedelta(seconds=1)
"""How long a group should take: what answers somebody waits behind no more than that."""
LEASE = timedelta(minutes=15)
"""Longer than one message may take (10 minutes after the final dot, RFC 5321 4.5.3.2.6)."""
POLICY_RETRY = timedelta(minutes=20)
"""When a recipient's server that refused us for policy is asked once more."""
DOUBTS = 4
"""Attempts after which mail that may have arrived is sent again only if a person says so."""
SETTLE_AFTER = (0.0, 0.5, 2.0)
"""Seconds before each try to record what is known when the database failed."""

Result = Reply | TransportTrouble | ConnectionLost | SlowDown


@dataclass(frozen=True)
class Pace:
    """How much at a time."""

    connections: int = 4
    per_minute: int = 0
    heartbeat: timedelta = LEASE / 3
    """How often leases are renewed while a run goes on."""


class Dispatcher:
    """Sends with one transport, in as many threads as it has connections; for one run."""

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
        self._worker = identity.new_name()
        self._journal = Journal(
            database, clock, worker=self._worker, lease=LEASE, connections=pace.connections
        )
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self._sender = Sender(transport)
        self._streak = RefusalStreak()
        self._rng = random.Random()
        self._bucket = TokenBucket(pace.per_minute, clock=clock, sleep=self._stopping.wait)
        self._counts: Counter[str] = Counter()
        self._unrecorded: list[list[Outcome]] = []
        """Of each thread, what is known and not yet on disk."""
        self._errors: list[BaseException] = []
        self._lock = threading.Lock()

    def run(self) -> Counter[str]:
        """Send until nothing is left to claim; return how many came to which state.

        Raises what the database raises; a transport that is in trouble is paused, not raised.
        """
        with identity.living(self._worker):
            self._recover()
            try:
                self._work_in_threads()
            except BaseException as error:  # Ctrl-C, or no more threads to be had
                self._errors.insert(0, error)
            if self._errors:
                self._settle()
                raise self._errors[0]
        return self._counts

    def stop(self) -> None:
        """Let every connection finish its message in flight and claim nothing more."""
        self._stopping.set()

    def _work_in_threads(self) -> None:
        # Events and not join(): after Ctrl-C that takes a thread for ended that still runs.
        ends: list[threading.Event] = []
        try:
            threading.Thread(target=self._beat, name="dispatch-heartbeat", daemon=True).start()
            for number in range(self._connections()):
                end = threading.Event()
                threading.Thread(target=self._work, args=(end,), name=f"dispatch-{number}").start()
                ends.append(end)
            for end in ends:
                end.wait()
        except BaseException:
            # Whoever is in the middle of a message finishes it.
            self._stopping.set()
            for end in ends:
                end.wait()
            raise
        finally:
            self._finished.set()
            self._sender.close_all()
            self._journal.close()

    def _connections(self) -> int:
        with self._database.reading() as session:
            slowly = goes_slowly(session, self._transport.name, now=self._clock.now())
        return 1 if slowly else self._pace.connections

    def _beat(self) -> None:
        """Renew the leases for as long as the run goes on, however slowly."""
        while not self._finished.wait(self._pace.heartbeat.total_seconds()):
            try:
                with self._database.writing() as session:
                    renew_leases(session, worker=self._worker, lease=LEASE, now=self._clock.now())
            except Exception:
                log.exception("the leases of %s could not be renewed", self._worker)

    def _recover(self) -> None:
        now = self._clock.now()
        with self._database.writing() as session:
            recover_leases(session, now=now)
            for holder in lease_holders(session):
                if identity.is_dead(holder):
                    recover_leases(session, now=now, worker=holder)
            refused = refused_since_last_sent(
                session, because=Reason.POLICY.value, retried_after=POLICY_RETRY
            )
        for address, token in refused:
            self._streak.note(address, token, Verdict(DeliveryState.FAILED, Reason.POLICY))

    def _work(self, end: threading.Event) -> None:
        done: list[Outcome] = []
        with self._lock:
            self._unrecorded.append(done)
        size = GROUPS[0]
        try:
            while not self._stopping.is_set():
                claims = self._claim(size)
                if claims.deliveries:
                    began = self._clock.now()
                    self._send_group(claims.deliveries, done)
                    size = _next_size(len(claims.deliveries), self._clock.now() - began)
                elif not claims.skipped:
                    break
        except BaseException as error:
            self._errors.append(error)
            self._stopping.set()
        finally:
            try:
                self._sender.close()
            finally:
                end.set()

    def _claim(self, size: int) -> Claims:
        now = self._clock.now()
        with self._database.writing() as session:
            if is_paused(session, self._transport.name, now=now):
                return Claims([], 0)
            return claim_deliveries(
                session,
                worker=self._worker,
                limit=size,
                lease=LEASE,
                now=now,
                signer=self._signer,
            )

    def _send_group(self, group: Sequence[Claimed], done: list[Outcome]) -> None:
        """Send ``group`` and add to ``done`` what came of each, until that is on disk."""
        for number, claimed in enumerate(group):
            if self._pace.per_minute:
                # What is known does not wait for the minute to pass.
                self._exchange(done, None)
                self._bucket.take()
            if self._stopping.is_set():
                done += [Outcome(one.id, DeliveryState.QUEUED) for one in group[number:]]
                break
            envelope = self._write(claimed, done)
            if envelope is None:
                continue
            if self._exchange(done, claimed):
                self._deliver(claimed, envelope, done)
            else:
                done.append(Outcome(claimed.id, DeliveryState.QUEUED))
        self._exchange(done, None)

    def _exchange(self, done: list[Outcome], following: Claimed | None) -> bool:
        started = self._journal.exchange(done, following)
        done.clear()
        return started

    def _write(self, claimed: Claimed, done: list[Outcome]) -> Envelope | None:
        """Return the envelope; what cannot be written fails alone and the others go on."""
        try:
            return self._letters.write(claimed)
        except (StorageError, SQLAlchemyError):
            raise  # no fault of this delivery
        except OutreachError as error:
            log.error("delivery %s cannot be written: %s", claimed.id, error)
            said = str(error)
        except Exception as error:
            log.exception("delivery %s cannot be written", claimed.id)
            said = f"cannot be written: {error!r}"
        self._note(Outcome(claimed.id, DeliveryState.FAILED, None, said), done)
        return None

    def _deliver(self, claimed: Claimed, envelope: Envelope, done: list[Outcome]) -> None:
        result: Result
        try:
            result = self._sender.deliver(envelope)
        except (TransportTrouble, ConnectionLost, SlowDown) as trouble:
            result = trouble
        except Exception as error:
            # A bug of ours, perhaps after the final dot: nobody knows, so a person decides.
            log.exception("delivery %s met an error that is not the server's", claimed.id)
            self._note(Outcome(claimed.id, DeliveryState.UNCERTAIN, None, repr(error)), done)
            return
        now = self._clock.now()
        verdict = self._judge(claimed, result, now)
        self._note(_outcome(claimed, verdict, result, now), done)
        self._heed(claimed, verdict, result, now)

    def _judge(self, claimed: Claimed, result: Result, now: datetime) -> Verdict:
        if (
            isinstance(result, ConnectionLost)
            and result.maybe_accepted
            and claimed.kind not in ONCE_AT_MOST
            and claimed.attempts + 1 < DOUBTS
        ):
            # Calendar and transactional mail goes again, with the same bytes and Message-ID;
            # later and later, for each time may be one that arrives.
            result = ConnectionLost(str(result))
        return judge(
            result,
            attempts=claimed.attempts + 1,
            now=now,
            expires_at=claimed.expires_at,
            rng=self._rng,
            since=claimed.first_tried_at or now,
        )

    def _heed(self, claimed: Claimed, verdict: Verdict, result: Result, now: datetime) -> None:
        """Pause the transport if this was about us; what was refused meanwhile waits with it."""
        refused = self._streak.note(claimed.address, claimed.token, verdict)
        if not refused and verdict.scope is not Scope.TRANSPORT:
            return
        self._stopping.set()
        reason = f"several domains in a row refuse our mail: {result}" if refused else str(result)
        with self._database.writing() as session:
            pause_transport(
                session,
                self._transport.name,
                reason=reason,
                pause=None if refused else verdict.pause_for,
                now=now,
                slow=verdict.reason_class is Reason.SLOW_DOWN,
            )
            # In the same transaction: a kill between the two would lose them.
            requeue_refused(session, refused, now=now)
        log.warning("%s stands still: %s", self._transport.name, reason)

    def _note(self, outcome: Outcome, done: list[Outcome]) -> None:
        done.append(outcome)
        with self._lock:
            self._counts[outcome.state.value] += 1

    def _settle(self) -> None:
        """Record what is known and give back the rest, after an error ended the run."""
        outcomes = [outcome for done in self._unrecorded for outcome in done]
        for seconds in SETTLE_AFTER:
            threading.Event().wait(seconds)
            now = self._clock.now()
            try:
                with self._database.writing() as session:
                    record_outcomes(session, outcomes, worker=self._worker, now=now)
                    recover_leases(session, now=now, worker=self._worker)
                return
            except Exception:
                log.exception("what %s knows could not be recorded", self._worker)
        for outcome in outcomes:
            log.error("not recorded: delivery %s is %s", outcome.delivery_id, outcome.state)


def _next_size(sent: int, took: timedelta) -> int:
    """Return how many to claim next, after ``sent`` took so long; at most twice as many."""
    fitting = int(sent * GROUP_TIME / max(took, timedelta(milliseconds=1)))
    return max(GROUPS[0], min(fitting, 2 * sent, GROUPS[1]))


def _outcome(claimed: Claimed, verdict: Verdict, result: Result, now: datetime) -> Outcome:
    state, retry_at = verdict.state, verdict.retry_at
    if verdict.reason_class is Reason.POLICY and claimed.attempts == 0 and retry_at is None:
        # It may be about us, as a few more refusals will show: the first is not the last word.
        state, retry_at = DeliveryState.DEFERRED, now + POLICY_RETRY
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
