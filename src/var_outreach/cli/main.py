"""The command line: ``var-outreach GROUP COMMAND``.

*Reads*: arguments. *Writes*: nothing itself. *Next*: each group is a file beside this one. An
error of ours ends as one message and its exit code; anything else is a bug and shows itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from var_outreach import __version__
from var_outreach.cli import (
    agenda,
    audiences,
    compose,
    database,
    mailbox,
    mailings,
    news,
    outbox,
    people,
    plan,
    report,
    service,
)
from var_outreach.cli.context import Context
from var_outreach.cli.output import warn
from var_outreach.errors import OutreachError

app = typer.Typer(
    name="var-outreach",
    help="Runs a network's yearly agenda: invitations, newsletters, ad hoc mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(agenda.group, name="agenda", help="The year plan and its events.")
app.add_typer(people.group, name="people", help="Organisations, offices, contacts, subscribers.")
app.add_typer(audiences.group, name="audience", help="Saved selections of people.")
app.add_typer(news.group, name="news", help="News for the newsletter.")
app.add_typer(plan.group, name="plan", help="What goes out when, to how many, and why.")
app.add_typer(compose.group, name="compose", help="Mail as it will look.")
app.add_typer(mailings.group, name="mailing", help="Look at, approve, release, hold mailings.")
app.add_typer(outbox.group, name="outbox", help="What went, what waits, what failed.")
app.add_typer(mailbox.group, name="mailbox", help="What comes back.")
app.add_typer(report.group, name="report", help="Figures of the year.")
app.add_typer(database.group, name="database", help="The database's schema.")
app.command("serve")(service.serve)
app.command("run")(service.run)
app.command("demo")(service.demo)
app.command("rehearse")(service.rehearse)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"var-outreach {__version__}")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default config/outreach.toml.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run a network's yearly agenda by mail."""
    Context.config = config


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(standalone_mode=False)
    except OutreachError as error:
        warn(f"var-outreach: {error}")
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        warn("var-outreach: stopped")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
