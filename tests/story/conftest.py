"""The scene that the story is played on: a database, a moved clock, a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.scene import Story, moment, people_in
from tests.story.sink import Sink
from var_outreach.clock import MovableClock
from var_outreach.storage.engine import Database

BEGIN = moment(12, 16, year=2024)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server that keeps what it is sent."""
    with Sink() as server:
        yield server


@pytest.fixture
def empty_story(database: Database, sink: Sink, tmp_path: Path) -> Story:
    """An installation of Monday 16 December 2024 without people or agenda."""
    return Story(database, MovableClock(BEGIN), sink, tmp_path)


@pytest.fixture
def story(empty_story: Story) -> Story:
    """The same with its people."""
    people_in(empty_story)
    return empty_story
