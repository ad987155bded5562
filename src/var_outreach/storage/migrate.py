"""Brings a database to the schema that this version needs, or refuses to work on it.

*Reads*: ``migrations/``. *Writes*: the schema. *Next*: ``app`` checks before anything else runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from var_outreach.errors import DatabaseBehind, StorageError
from var_outreach.storage.engine import Database

UPGRADE_COMMAND = "var-outreach database upgrade"


def upgrade(database: Database) -> None:
    """Bring ``database`` to the newest schema; a new one gets it whole.

    In one transaction: what fails leaves it as it was. Raises StorageError if it cannot be done.
    """
    _migrate(database, lambda config: command.upgrade(config, "head"))


def downgrade(database: Database, revision: str) -> None:
    """Take ``database`` back to ``revision``, or to nothing at all with ``base``."""
    _migrate(database, lambda config: command.downgrade(config, revision))


def check_schema(database: Database) -> None:
    """Make the schema of an empty database; raise DatabaseBehind if one is of another version."""
    with database.reading() as session:
        connection = session.connection()
        current = MigrationContext.configure(connection).get_current_revision()
        is_empty = current is None and not inspect(connection).get_table_names()
    if is_empty:
        upgrade(database)
        return
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if current == newest:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    where = database.url.render_as_string(hide_password=True)
    if current is not None and current not in known:
        raise DatabaseBehind(
            f"the database is of a newer version ({current}) than this program ({newest})",
            where=where,
            remedy="Install the newer program, or restore a backup from before it",
        )
    if current is None:
        raise DatabaseBehind(
            "the database holds tables, but none that says of which version they are",
            where=where,
            remedy=f"Name an empty database or one of ours; {UPGRADE_COMMAND} cannot mend this",
        )
    raise DatabaseBehind(
        f"the database is of an older version ({current}) than this program ({newest})",
        where=where,
        remedy=f"Make a backup and run: {UPGRADE_COMMAND}",
    )


def _migrate(database: Database, act: Callable[[Config], None]) -> None:
    with _explained(database), database.engine.connect() as connection:
        if database.is_sqlite:
            # A table is changed by making it anew: what refers to it must not mind meanwhile.
            # This works outside a transaction only, so before the first statement begins one.
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    # Of two that start at the same time the second finds the work done.
                    connection.execute(text("SELECT pg_advisory_xact_lock(7283400)"))
                act(_config(connection))
                if database.is_sqlite:
                    _check_references(connection, database)
        finally:
            # The pool must not hand this connection out without its checks.
            connection.invalidate()


@contextmanager
def _explained(database: Database) -> Iterator[None]:
    try:
        with database.explaining(writing=True):
            yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())[:300]
        raise StorageError(
            f"the schema cannot be changed ({reason}), and is as it was",
            where=database.url.render_as_string(hide_password=True),
            remedy="Restore a backup, or name an empty database",
        ) from error


def _check_references(connection: Connection, database: Database) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise StorageError(
            f"a row of table '{broken[0]}' refers to one of '{broken[2]}' that is not there",
            where=database.url.render_as_string(hide_password=True),
            remedy="Nothing was changed; restore a backup",
        )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
