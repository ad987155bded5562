"""An event and invitees to answer it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.registrations.scene import Scene


@pytest.fixture
def scene(now: datetime) -> Scene:
    """Makes events, mailboxes, offices and invitations."""
    return Scene(now)
