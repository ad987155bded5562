"""People for the lists."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.reporting.scene import Lists


@pytest.fixture
def scene(now: datetime) -> Lists:
    """Makes an event and people of every sort."""
    return Lists(now)
