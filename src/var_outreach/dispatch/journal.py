"""Commits what all connections have to record in as few transactions as possible.

*Reads*: nothing. *Writes*: intents and outcomes. *Next*: ``worker.py`` sends only what is
committed here.

Whoever finds nobody committing commits for all who wait by then, and hands on to one of those who
came meanwhile: nobody is kept from its own message. A connection still has one message in doubt
at most, but a commit (with its fsync) serves several connections.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from var_outreach.clock import Clock
from var_outreach.errors import StorageError
from var_outreach.outbox.claims import Claimed, Outcome, journal
from var_outreach.storage.engine import Database

GIVE_WAY = frozenset({"40P01", "40001"})
"""SQLSTATEs after which the same transaction may simply be tried again."""
TRIES = 3
PATIENCE = 0.002
"""Seconds that a commit waits until half of the connections have something for it."""


@dataclass
class _Entry:
    outcomes: tuple[Outcome, ...]
    following: Claimed | None
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held until its turn comes."""
    leads: bool = False
    """Whether its turn is to commit for all; else, when its turn comes, that has been done."""
    started: bool = False
    error: BaseException | None = None


class Journal:
    """The group commit of one worker."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        worker: str,
        lease: timedelta,
        connections: int = 1,
    ) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._lease = lease
        # Half of the connections transmit while the other half is committed.
        self._enough = (connections + 1) // 2
        self._lock = threading.Lock()
        self._has_enough = threading.Condition(self._lock)
        self._waiting: list[_Entry] = []
        self._is_led = False
        self._kept: Connection | None = None

    def exchange(self, outcomes: Sequence[Outcome], following: Claimed | None) -> bool:
        """Record ``outcomes`` and the intent to send ``following``; return whether it may be sent.

        Returns when all is on disk. Raises what the database raises; nothing is recorded then.
        """
        if not outcomes and following is None:
            return False
        entry = _Entry(tuple(outcomes), following)
        entry.turn.acquire()
        with self._lock:
            self._waiting.append(entry)
            entry.leads = not self._is_led
            self._is_led = True
            if len(self._waiting) == self._enough:
                self._has_enough.notify()
        if not entry.leads:
            entry.turn.acquire()
        if entry.leads:
            self._lead()
        if entry.error is not None:
            raise entry.error
        return entry.started

    def close(self) -> None:
        """Let go of the connection to the database; only when nobody exchanges any more."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _lead(self) -> None:
        with self._lock:
            if len(self._waiting) < self._enough:
                self._has_enough.wait(PATIENCE)
            group, self._waiting = self._waiting, []
        try:
            self._commit_or_retry(group)
        except BaseException as error:
            for entry in group:
                entry.error = error
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].turn.release()
                else:
                    self._is_led = False
            for entry in group:
                if not entry.leads:
                    entry.turn.release()

    def _commit_or_retry(self, group: list[_Entry]) -> None:
        for left in reversed(range(TRIES)):
            try:
                return self._commit(group)
            except (DBAPIError, StorageError) as error:
                self.close()
                if left == 0 or not _may_be_repeated(error):
                    raise
        return None

    def _commit(self, group: list[_Entry]) -> None:
        now = self._clock.now()
        wanted = [entry.following for entry in group if entry.following is not None]
        outcomes = [outcome for entry in group for outcome in entry.outcomes]
        if self._kept is None:
            self._kept = self._database.engine.connect()
        with self._database.transaction(self._kept) as connection:
            started = journal(
                connection, outcomes, wanted, worker=self._worker, lease=self._lease, now=now
            )
        for entry in group:
            entry.started = entry.following is not None and entry.following.id in started


def _may_be_repeated(error: DBAPIError | StorageError) -> bool:
    """Tell whether the same transaction may be tried again.

    PostgreSQL took us for the one to give way to staff who stop the mailing; or it was started
    anew since the last commit. If that had been made after all, repeating it records nothing
    twice: what was started counts as not started, and goes back into the queue.
    """
    cause = error.__cause__ if isinstance(error, StorageError) else error
    if not isinstance(cause, DBAPIError):
        return False
    return cause.connection_invalidated or getattr(cause.orig, "sqlstate", None) in GIVE_WAY
