"""Interval ticks that call the pipeline; holds no logic.

*Reads*: the clock, through APScheduler. *Writes*: nothing itself. *Next*: ``pipeline.tick``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from var_outreach import pipeline
from var_outreach.app import App

log = logging.getLogger(__name__)

NEWS_MINUTES = 60


class Ticker:
    """Runs the pipeline every few seconds and, when woken, at once; one step at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._busy = threading.Lock()
        self._woken = threading.Event()
        # A tick that comes late is still wanted; several that are late are one.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_job(
            self._run, "interval", [pipeline.tick], seconds=app.settings.tick_seconds
        )
        self._scheduler.add_job(
            self._run, "interval", [pipeline.collect_news], minutes=NEWS_MINUTES
        )
        app.wake = self.wake

    def start(self) -> None:
        """Start ticking, the first time at once."""
        self._scheduler.start()
        self._scheduler.add_job(self._run, args=[pipeline.collect_news])
        self._scheduler.add_job(self._run, args=[pipeline.tick])

    def wake(self) -> None:
        """Tell at once what a page has just changed; many changes at once are one."""
        if self._scheduler.running and not self._woken.is_set():
            self._woken.set()
            self._scheduler.add_job(self._notify)

    def stop(self) -> None:
        """Stop as soon as the messages in flight are through; the rest stays queued."""
        self._app.stop_sending()
        self._scheduler.shutdown(wait=True)

    def _notify(self) -> None:
        # Cleared first: what changes from here on asks for a run of its own.
        self._woken.clear()
        self._run(pipeline.notify)

    def _run(self, step: Callable[[App], object]) -> None:
        with self._busy:
            try:
                step(self._app)
            except Exception:
                # The next tick finds everything as it was recorded; a person reads the log.
                log.exception("%s failed", step.__name__)
