"""Brings a database to the schema that this version needs, or refuses to work on it.

*Reads*: ``migrations/``. *Writes*: the schema. *Next*: ``app`` checks before anything else runs.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from var_outreach.errors import DatabaseBehind
from var_outreach.storage.engine import Database

UPGRADE_COMMAND = "var-outreach database upgrade"


def upgrade(database: Database) -> None:
    """Bring ``database`` to the newest schema; a new one gets it whole."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def check_schema(database: Database) -> None:
    """Make the schema of an empty database; raise DatabaseBehind if one is of another version."""
    with database.engine.connect() as connection:
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
    raise DatabaseBehind(
        f"the database is of an older version ({current or 'unknown'}) than this program ({newest})",
        where=where,
        remedy=f"Make a backup and run: {UPGRADE_COMMAND}",
    )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
