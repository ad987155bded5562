"""The scene that the story is played on: a database, a moved clock, a mail server."""

from __future__ import annotations

import shutil
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
def story(sink: Sink, tmp_path: Path, _sqlite_template: Path) -> Iterator[Story]:
    """An installation on a file: Monday 16 December 2024, with people, without an agenda."""
    shutil.copyfile(_sqlite_template, tmp_path / "story.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'story.sqlite'}")
    scene = Story(database, MovableClock(BEGIN), sink, tmp_path)
    people_in(scene)
    yield scene
    database.close()


@pytest.fixture
def story_on_both(database: Database, sink: Sink, tmp_path: Path) -> Story:
    """The same on SQLite and on PostgreSQL."""
    scene = Story(database, MovableClock(BEGIN), sink, tmp_path)
    people_in(scene)
    return scene
