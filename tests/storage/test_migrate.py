"""The migrations make the schema that the models describe, and nothing works on another."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from var_outreach.errors import DatabaseBehind, StorageError
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database
from var_outreach.storage.migrate import UPGRADE_COMMAND, check_schema, downgrade, upgrade

VERSIONS = "alembic_version"
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified"),
]


def test_upgrade_command_is_the_one_there_is() -> None:
    assert UPGRADE_COMMAND == "var-outreach database upgrade"


def test_migrations_make_what_the_models_describe(
    empty_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade(empty_database)
    migrated = _described(empty_database.engine)
    migrated.pop(VERSIONS)
    if empty_database.is_sqlite:
        made = create_engine(f"sqlite:///{tmp_path / 'made.sqlite'}")
        Base.metadata.create_all(made)
        described = _described(made)
        made.dispose()
    else:
        _, engine = request.getfixturevalue("_postgres_tables")
        described = _described(engine)
    assert migrated.keys() == described.keys()
    for table, facts in described.items():
        assert migrated[table] == facts, table


def test_autogenerate_finds_nothing_to_do(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_to_nothing_and_up_again(empty_database: Database) -> None:
    upgrade(empty_database)
    first = _described(empty_database.engine)
    downgrade(empty_database, "base")
    assert set(inspect(empty_database.engine).get_table_names()) <= {VERSIONS}
    upgrade(empty_database)
    assert _described(empty_database.engine) == first


def test_empty_database_is_made(empty_database: Database) -> None:
    check_schema(empty_database)
    tables = set(inspect(empty_database.engine).get_table_names())
    assert tables - {VERSIONS} == set(Base.metadata.tables)
    check_schema(empty_database)


def test_two_that_start_at_once_make_it_once(empty_database: Database) -> None:
    other = Database(empty_database.url.render_as_string(hide_password=False))
    errors: list[BaseException] = []
    ready = threading.Barrier(2)

    def start(database: Database) -> None:
        ready.wait()
        try:
            upgrade(database)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in (empty_database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert errors == []
    check_schema(empty_database)


def test_database_that_is_ahead_is_refused(empty_database: Database) -> None:
    upgrade(empty_database)
    _say_version(empty_database, "zzzz")
    with pytest.raises(DatabaseBehind, match="newer version") as raised:
        check_schema(empty_database)
    assert raised.value.exit_code == 2


def test_database_that_is_behind_is_refused_with_what_mends_it(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty_database)
    _pretend_there_is_a_newer_revision(monkeypatch)
    with pytest.raises(DatabaseBehind, match="older version") as raised:
        check_schema(empty_database)
    assert UPGRADE_COMMAND in raised.value.remedy


def test_tables_of_somebody_else_are_refused(empty_database: Database) -> None:
    with empty_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE delivery (id INTEGER)"))
    with pytest.raises(DatabaseBehind, match="none that says"):
        check_schema(empty_database)
    with pytest.raises(StorageError, match="as it was"):
        upgrade(empty_database)
    assert inspect(empty_database.engine).get_table_names() == ["delivery"]


def test_password_is_not_shown(empty_database: Database) -> None:
    upgrade(empty_database)
    _say_version(empty_database, "zzzz")
    empty_database.url = empty_database.url.set(password="geheim")
    with pytest.raises(DatabaseBehind) as raised:
        check_schema(empty_database)
    assert "geheim" not in str(raised.value)


def test_connections_check_references_after_an_upgrade(empty_database: Database) -> None:
    upgrade(empty_database)
    if empty_database.is_sqlite:
        with empty_database.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "brief.sqlite"
    file.write_bytes(b"Beste lezer, dit is geen database. " * 40)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="no database") as raised:
        check_schema(database)
    database.close()
    assert raised.value.remedy


def _say_version(database: Database, version: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSIONS} SET version_num = '{version}'"))


def _pretend_there_is_a_newer_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptDirectory, "get_current_head", lambda self: "9999")


def _described(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return every table with all that the database says of it."""
    looked = inspect(engine)
    described: dict[str, dict[str, Any]] = {}
    for table in looked.get_table_names():
        described[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in looked.get_columns(table)
            },
            "primary key": looked.get_pk_constraint(table),
            "foreign keys": _sorted(looked.get_foreign_keys(table)),
            "unique": _sorted(looked.get_unique_constraints(table)),
            "checks": _sorted(looked.get_check_constraints(table)),
        }
    with engine.connect() as connection:
        # Of indexes what the database itself says: reflection leaves out expressions.
        query = (
            "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            if engine.dialect.name == "sqlite"
            else "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
        for table, definition in connection.execute(text(query)):
            words = " ".join(definition.replace('"', "").split())
            described[table].setdefault("definitions", set()).add(words)
    return described


def _sorted(items: Any) -> list[Any]:
    return sorted(items, key=repr)
