"""An outbox on both databases, with people to write to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.settings import Settings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer


@pytest.fixture
def app(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> App:
    """The application on the database of this test."""
    settings = Settings(base_url="https://agenda.var.example", data_dir=tmp_path)
    return App(settings=settings, database=database, clock=clock, signer=signer)


@pytest.fixture
def scene(clock: MovableClock) -> Scene:
    """Makes events, mailboxes, offices and invitations."""
    return Scene(clock.now())


@pytest.fixture
def outbox(app: App, clock: MovableClock) -> Outbox:
    """Makes mailings and deliveries, and moves them as a worker does."""
    return Outbox(app, clock)
