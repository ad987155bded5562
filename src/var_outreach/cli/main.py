"""The command line: ``var-outreach GROUP COMMAND``.

*Reads*: arguments. *Writes*: nothing itself. *Next*: each group is a file beside this one. An
error of ours ends as one message and its exit code; anything else is a bug and shows itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from var_outreach import __version__
from var_outreach.cli.context import Context
from var_outreach.cli.deferred import deferring
from var_outreach.cli.failures import explained
from var_outreach.cli.output import warn

_HERE = "var_outreach.cli"
COMMANDS = {
    "agenda": (f"{_HERE}.agenda", "group", "The year plan and its events."),
    "people": (f"{_HERE}.people", "group", "Organisations, offices, contacts, subscribers."),
    "functions": (f"{_HERE}.functions", "group", "Offices that end, pass on, are looked through."),
    "programme": (f"{_HERE}.programme", "group", "Rounds of workshops, and who is where."),
    "speakers": (f"{_HERE}.speakers", "group", "Who speaks, and what they said."),
    "partners": (f"{_HERE}.partners", "group", "Links by which a partner sees one event."),
    "audience": (f"{_HERE}.audiences", "group", "Saved selections of people."),
    "registrations": (f"{_HERE}.registrations", "group", "Answers, as staff change them."),
    "news": (f"{_HERE}.news", "group", "News for the newsletter."),
    "plan": (f"{_HERE}.plan", "group", "What goes out when, to how many, and why."),
    "compose": (f"{_HERE}.compose", "group", "Mail as it will look."),
    "mailing": (f"{_HERE}.mailings", "group", "Look at, approve, release, hold mailings."),
    "outbox": (f"{_HERE}.outbox", "group", "What went, what waits, what failed."),
    "mailbox": (f"{_HERE}.mailbox", "group", "What comes back."),
    "lists": (f"{_HERE}.lists", "group", "Badges, visitors, diets, rooms, whom to call."),
    "attendance": (f"{_HERE}.attendance", "group", "Who was there."),
    "report": (f"{_HERE}.report", "group", "Figures of the year."),
    "database": (f"{_HERE}.database", "group", "The database's schema."),
    "serve": (f"{_HERE}.serving", "serve", "Run pages, scheduler and dispatch until stopped."),
    "run": (f"{_HERE}.serving", "run", "Do once what is due now."),
    "demo": (f"{_HERE}.serving", "demo", "Rehearse the whole year 2025 with invented people."),
    "rehearse": (f"{_HERE}.serving", "rehearse", "Rehearse a year of your own; nothing is sent."),
}

app = typer.Typer(
    name="var-outreach",
    cls=deferring(COMMANDS),
    help="Runs a network's yearly agenda: invitations, newsletters, ad hoc mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
    for stream in (sys.stdout, sys.stderr):
        # A name that this terminal cannot show is shown in escapes, not answered with an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app(prog_name="var-outreach")
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        warn("var-outreach: stopped")
        sys.exit(130)
    except BrokenPipeError:
        # Who read our output has seen enough; what is still in the buffer must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        warn(f"var-outreach: {known}")
        sys.exit(known.exit_code)


if __name__ == "__main__":
    main()
