"""An outbox and a post office that sends what lies in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dispatch.post import Post
from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.app import App
from var_outreach.clock import MovableClock
from var_outreach.settings import Settings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer


@pytest.fixture
def outbox(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Outbox:
    """Makes mailings and deliveries."""
    settings = Settings(base_url="https://agenda.var.example", data_dir=tmp_path)
    return Outbox(App(settings=settings, database=database, clock=clock, signer=signer), clock)


@pytest.fixture
def scene(clock: MovableClock) -> Scene:
    """Makes events and invitations."""
    return Scene(clock.now())


@pytest.fixture
def post(outbox: Outbox, scene: Scene) -> Post:
    """Sends what lies in the outbox."""
    return Post(outbox, scene)
