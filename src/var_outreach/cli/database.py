"""``var-outreach database``: bring the schema up to date.

*Reads*: the migrations. *Writes*: the schema. *Next*: every other command.
"""

from __future__ import annotations

import typer

from var_outreach.cli.context import Context
from var_outreach.cli.output import say
from var_outreach.settings import load_settings
from var_outreach.storage.engine import Database
from var_outreach.storage.migrate import check_schema
from var_outreach.storage.migrate import upgrade as upgrade_schema

group = typer.Typer(no_args_is_help=True)


@group.command()
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    database = Database(load_settings(Context.config).database)
    upgrade_schema(database)
    say("The database is up to date.")


@group.command()
def status() -> None:
    """Say whether the database fits this version; exit code 2 if it does not."""
    database = Database(load_settings(Context.config).database)
    check_schema(database)
    say(f"The database fits: {database.url.render_as_string(hide_password=True)}")
