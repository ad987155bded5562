"""The scene that the story is played on: a database, a moved clock, a mail server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.morning import MORNING, copy_rows, lead_up_to_the_morning
from tests.story.processes import Driver
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


@pytest.fixture(scope="session")
def _people_template(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Path:
    """An SQLite file with the people in it, to be copied."""
    folder = tmp_path_factory.mktemp("people")
    file = folder / "people.sqlite"
    shutil.copyfile(_sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    people_in(Story(database, MovableClock(BEGIN), Sink(), folder))
    database.close()
    return file


@pytest.fixture
def story(sink: Sink, tmp_path: Path, _people_template: Path) -> Iterator[Story]:
    """An installation on a file: Monday 16 December 2024, with people, without an agenda."""
    shutil.copyfile(_people_template, tmp_path / "story.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'story.sqlite'}")
    yield Story(database, MovableClock(BEGIN), sink, tmp_path)
    database.close()


@pytest.fixture
def story_on_both(database: Database, sink: Sink, tmp_path: Path, _people_template: Path) -> Story:
    """The same on SQLite and on PostgreSQL."""
    copy_rows(_people_template, database)
    return Story(database, MovableClock(BEGIN), sink, tmp_path)


@pytest.fixture(scope="session")
def _morning_template(tmp_path_factory: pytest.TempPathFactory, _people_template: Path) -> Path:
    """An SQLite file as it stands on a busy morning, to be copied."""
    folder = tmp_path_factory.mktemp("morning")
    file = folder / "morning.sqlite"
    shutil.copyfile(_people_template, file)
    database = Database(f"sqlite:///{file}")
    with Sink() as sink:
        lead_up_to_the_morning(Story(database, MovableClock(BEGIN), sink, folder))
    database.close()
    return file


@pytest.fixture
def morning(sink: Sink, tmp_path: Path, _morning_template: Path) -> Iterator[Story]:
    """Tuesday 7 January 2025, half past nine: much is due and nothing of it is done."""
    shutil.copyfile(_morning_template, tmp_path / "story.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'story.sqlite'}")
    yield Story(database, MovableClock(MORNING), sink, tmp_path)
    database.close()


@pytest.fixture
def morning_on_both(
    database: Database, sink: Sink, tmp_path: Path, _morning_template: Path
) -> Story:
    """The same morning, on SQLite and on PostgreSQL."""
    copy_rows(_morning_template, database)
    return Story(database, MovableClock(MORNING), sink, tmp_path)


@pytest.fixture(scope="session")
def _drivers() -> Iterator[list[Driver]]:
    drivers = [Driver(), Driver()]
    yield drivers
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(_drivers: list[Driver]) -> Driver:
    """A program that ticks in processes of its own."""
    return _drivers[0]


@pytest.fixture
def two_drivers(_drivers: list[Driver]) -> list[Driver]:
    """Two of them."""
    return _drivers
