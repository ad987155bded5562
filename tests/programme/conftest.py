"""An event with rounds of workshops and guests who come."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.programme.stage import Stage
from tests.registrations.scene import Scene


@pytest.fixture
def stage(now: datetime) -> Stage:
    """Makes events with workshops, and guests."""
    return Stage(Scene(now))
