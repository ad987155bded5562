"""``var-outreach people``: bring people in and out.

*Reads / Writes*: organisations, offices, contacts, subscriptions. *Next*: audiences select them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, say
from var_outreach.errors import FileError, InputError, RowErrors
from var_outreach.people.csv_files import export_people, export_subscribers, read_people
from var_outreach.people.csv_import import import_people

group = typer.Typer(no_args_is_help=True)


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file; see docs/people.md for its columns.")],
    source: Annotated[
        str | None,
        typer.Option(help="Where the addresses come from, for rows that do not say it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring in people from CSV; one wrong cell stops all of it."""
    rows = read_people(file)
    silent = [row.row for row in rows if not row.source]
    if source is None and silent:
        # People are told where we have their address from (AVG art. 14), so it must be known.
        raise InputError(
            "this row does not say where the address comes from",
            where=f"{file}, row {silent[0]}",
            remedy="Fill in its column 'bron', or give --source for all such rows",
        )
    app = the_app()
    opened = app.database.trying() if dry_run else app.database.writing()
    try:
        with opened as session:
            report = import_people(
                session,
                rows,
                now=app.clock.now(),
                source=source or file.name,
                signer=app.signer,
            )
    except RowErrors as error:
        raise RowErrors(error.what, error.rows, where=str(file), remedy=error.remedy) from error
    if as_json:
        print_json(report)
        return
    say("This is what an import would do:" if dry_run else "Done:")
    for count, words in (
        (report.rows, "rows read"),
        (report.new, "new"),
        (report.changed, "changed"),
        (report.known, "known already, and the same"),
        (report.erased, "left out: they asked to be erased"),
        (report.subscribed, "new readers of the newsletter"),
        (report.stayed_away, "stay away from the newsletter: they left it"),
    ):
        if count or words in {"rows read", "new", "changed"}:
            say(f"{count:>7}  {words}")


@group.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="The file to write.")],
    subscribers: Annotated[
        bool, typer.Option("--subscribers", help="The readers with their proof of consent.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write all people, or all readers, as CSV that can be brought in again."""
    app = the_app()
    with app.database.reading() as session:
        text = export_subscribers(session) if subscribers else export_people(session)
    try:
        # Excel takes a file for UTF-8 only if it says so.
        to.write_text(text, "utf-8-sig", newline="")
    except OSError as error:
        raise FileError(
            f"the file cannot be written ({error.strerror})", where=str(to), remedy="Name another"
        ) from error
    rows = max(text.count("\n") - 1, 0)
    if as_json:
        print_json({"file": to, "rows": rows})
        return
    say(f"Written: {to}, {rows} rows")
