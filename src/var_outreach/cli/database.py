"""``var-outreach database``: bring the schema up to date.

*Reads*: the migrations. *Writes*: the schema. *Next*: every other command.
"""

from __future__ import annotations

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.checks import check_database_url
from var_outreach.cli.context import Context
from var_outreach.cli.output import print_json, say
from var_outreach.settings import load_settings
from var_outreach.storage.engine import Database
from var_outreach.storage.migrate import check_schema
from var_outreach.storage.migrate import upgrade as upgrade_schema

group = typer.Typer(no_args_is_help=True)


@group.command()
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    database = _database()
    upgrade_schema(database)
    say("The database is up to date.")


@group.command()
def status(as_json: Json = False) -> None:
    """Say whether the database fits this version; exit code 2 if it does not."""
    database = _database()
    check_schema(database)
    shown = database.url.render_as_string(hide_password=True)
    if as_json:
        print_json({"database": shown, "fits": True})
        return
    say(f"The database fits: {shown}")


def _database() -> Database:
    url = load_settings(Context.config).database
    check_database_url(url)
    return Database(url)
