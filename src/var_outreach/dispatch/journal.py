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

from sqlalchemy.exc import DBAPIError

from var_outreach.clock import Clock
from var_outreach.outbox.claims import Claimed, Outcome, journal
from var_outreach.storage.engine import Database

GIVE_WAY = frozenset({"40P01", "40001"})
"""SQLSTATEs after which the same transaction may simply be tried again."""
TRIES = 3


@dataclass
class _Entry:
    outcomes: tuple[Outcome, ...]
    following: Claimed | None
    turn: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    """Whether its turn is to commit for all; else, when its turn comes, that has been done."""
    started: bool = False
    error: BaseException | None = None


class Journal:
    """The group commit of one worker."""

    def __init__(self, database: Database, clock: Clock, *, worker: str, lease: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._lease = lease
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._is_led = False

    def exchange(self, outcomes: Sequence[Outcome], following: Claimed | None) -> bool:
        """Record ``outcomes`` and the intent to send ``following``; return whether it may be sent.

        Returns when all is on disk. Raises what the database raises; nothing is recorded then.
        """
        if not outcomes and following is None:
            return False
        entry = _Entry(tuple(outcomes), following)
        with self._lock:
            self._waiting.append(entry)
            entry.leads = not self._is_led
            self._is_led = True
        if not entry.leads:
            entry.turn.wait()
        if entry.leads:
            self._lead()
        if entry.error is not None:
            raise entry.error
        return entry.started

    def _lead(self) -> None:
        with self._lock:
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
                    self._waiting[0].turn.set()
                else:
                    self._is_led = False
            for entry in group:
                entry.turn.set()

    def _commit_or_retry(self, group: list[_Entry]) -> None:
        for left in reversed(range(TRIES)):
            try:
                return self._commit(group)
            except DBAPIError as error:
                # PostgreSQL took us for the one to give way to staff who stop the mailing.
                if left == 0 or getattr(error.orig, "sqlstate", None) not in GIVE_WAY:
                    raise
        return None

    def _commit(self, group: list[_Entry]) -> None:
        now = self._clock.now()
        wanted = [entry.following for entry in group if entry.following is not None]
        outcomes = [outcome for entry in group for outcome in entry.outcomes]
        with self._database.transaction() as connection:
            started = journal(
                connection, outcomes, wanted, worker=self._worker, lease=self._lease, now=now
            )
        for entry in group:
            entry.started = entry.following is not None and entry.following.id in started
