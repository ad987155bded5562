"""One interval tick that calls the pipeline; holds no logic.

*Reads*: the clock, through APScheduler. *Writes*: nothing itself. *Next*: ``pipeline.tick``.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from var_outreach import pipeline
from var_outreach.app import App

log = logging.getLogger(__name__)


class Ticker:
    """Runs the pipeline every few seconds and, when woken, at once; one tick at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._busy = threading.Lock()
        # A tick that comes late is still wanted; one that comes early is merged into the next.
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True}
        )
        self._scheduler.add_job(self._tick, "interval", seconds=app.settings.tick_seconds)
        app.wake = self.wake

    def start(self) -> None:
        """Start ticking, the first time at once."""
        self._scheduler.start()
        self._scheduler.add_job(self._tick)

    def wake(self) -> None:
        """Tell at once what a page has just changed."""
        if self._scheduler.running:
            self._scheduler.add_job(self._notify)

    def stop(self) -> None:
        """Stop after the messages in flight."""
        self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        self._run(pipeline.tick)

    def _notify(self) -> None:
        self._run(pipeline.notify)

    def _run(self, step: object) -> None:
        with self._busy:
            try:
                step(self._app)  # type: ignore[operator]
            except Exception:
                # The next tick finds everything as it was recorded; a person reads the log.
                log.exception("a tick failed")
