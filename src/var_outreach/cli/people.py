"""``var-outreach people``: bring people in and out.

*Reads / Writes*: organisations, offices, contacts, subscriptions. *Next*: audiences select them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, say
from var_outreach.errors import FileError
from var_outreach.people.csv_files import export_people, export_subscribers, read_people
from var_outreach.people.csv_import import import_people

group = typer.Typer(no_args_is_help=True)


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file; see docs/people.md for its columns.")],
    source: Annotated[str, typer.Option(help="Where these addresses come from.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring in people from CSV; one wrong cell stops all of it."""
    rows = read_people(file)
    app = the_app()
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        report = import_people(
            session, rows, now=app.clock.now(), source=source, signer=app.signer
        )
    if as_json:
        print_json(report)
        return
    for name, value in vars(report).items() if hasattr(report, "__dict__") else ():
        say(f"{name}: {value}")
    if not hasattr(report, "__dict__"):
        say(str(report))


@group.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="The file to write.")],
    subscribers: Annotated[
        bool, typer.Option("--subscribers", help="The readers with their proof of consent.")
    ] = False,
) -> None:
    """Write all people, or all readers, as CSV that can be brought in again."""
    app = the_app()
    with app.database.reading() as session:
        text = export_subscribers(session) if subscribers else export_people(session)
    try:
        to.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise FileError(
            f"the file cannot be written ({error.strerror})", where=str(to), remedy="Name another"
        ) from error
    say(f"Written: {to}")
