"""Databases without a single table, of both kinds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import var_outreach.storage.installation  # noqa: F401  its table is no stage's
from tests.conftest import import_models
from var_outreach.storage.engine import Database

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that nobody used before."""
    import_models()
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
        yield opened
        opened.close()
        return
    server = request.getfixturevalue("postgres_url")
    name = f"empty_{next(_numbers)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    opened = Database(server.replace("/postgres?", f"/{name}?", 1))
    yield opened
    opened.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
