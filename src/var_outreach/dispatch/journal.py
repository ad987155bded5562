"""Commits what all connections have to record in as few transactions as possible.

*Reads*: nothing. *Writes*: intents and outcomes. *Next*: ``worker.py`` sends only what is
committed here.

Whoever finds nobody committing commits for all who wait meanwhile. A connection still has one
message in doubt at most, but a commit (with its fsync) serves several connections.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from var_outreach.clock import Clock
from var_outreach.outbox.claims import Outcome, record_outcomes, start_transmitting
from var_outreach.storage.engine import Database


@dataclass
class _Entry:
    outcome: Outcome | None
    next_id: int | None
    done: threading.Event = field(default_factory=threading.Event)
    started: bool = False
    error: BaseException | None = None


class Journal:
    """The group commit of one worker."""

    def __init__(
        self, database: Database, clock: Clock, *, worker: str, lease: timedelta
    ) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._lease = lease
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._committing = False

    def exchange(self, outcome: Outcome | None, next_id: int | None) -> bool:
        """Record ``outcome`` and the intent to send ``next_id``; return whether it may be sent.

        Returns when both are on disk. Raises what the database raises.
        """
        if outcome is None and next_id is None:
            return False
        entry = _Entry(outcome, next_id)
        with self._lock:
            self._waiting.append(entry)
            leads = not self._committing
            if leads:
                self._committing = True
        if leads:
            self._lead()
        else:
            entry.done.wait()
        if entry.error is not None:
            raise entry.error
        return entry.started

    def _lead(self) -> None:
        while True:
            with self._lock:
                group, self._waiting = self._waiting, []
                if not group:
                    self._committing = False
                    return
            try:
                self._commit(group)
            except BaseException as error:
                for entry in group:
                    entry.error = error
            finally:
                for entry in group:
                    entry.done.set()

    def _commit(self, group: list[_Entry]) -> None:
        now = self._clock.now()
        ids = [entry.next_id for entry in group if entry.next_id is not None]
        with self._database.writing() as session:
            outcomes = [entry.outcome for entry in group if entry.outcome is not None]
            record_outcomes(session, outcomes, worker=self._worker, now=now)
            started: set[int] = set()
            if ids:
                started = start_transmitting(
                    session, ids, worker=self._worker, lease=self._lease, now=now
                )
        for entry in group:
            entry.started = entry.next_id in started
