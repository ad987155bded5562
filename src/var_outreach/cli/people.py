"""``var-outreach people``: bring people in and out.

*Reads / Writes*: organisations, offices, contacts, subscriptions. *Next*: audiences select them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli import imports, joining, privacy
from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.imports import BadRowsTo, DryRun, File, GoodRows, Map, Sheet
from var_outreach.cli.output import print_json, print_table, say, say_outcome
from var_outreach.errors import FileError
from var_outreach.people.csv_files import export_people, export_subscribers
from var_outreach.staff import people as staff_people
from var_outreach.staff.lists import look_at_columns

group = typer.Typer(no_args_is_help=True)
group.command("import-guests")(imports.import_guests)
group.command("import-laposta")(imports.import_laposta)
group.command("duplicates")(joining.duplicates)
group.command("join")(joining.join)
group.command("merge-organisation")(joining.merge_organisation)
group.command("erase")(privacy.erase)
group.command("export-person")(privacy.export_person)
group.command("lift-suppression")(privacy.lift_suppression)


@group.command("import")
def import_(
    file: File,
    source: Annotated[
        str | None,
        typer.Option(help="Where the addresses come from, for rows that do not say it."),
    ] = None,
    dry_run: DryRun = False,
    update: Annotated[
        bool, typer.Option("--update", help="Let the file change what we have otherwise.")
    ] = False,
    good_rows: GoodRows = False,
    bad_rows_to: BadRowsTo = None,
    sheet: Sheet = None,
    columns: Map = None,
    as_json: Json = False,
) -> None:
    """Bring in people from CSV or Excel; one wrong cell stops all of it, unless you say otherwise."""
    report = staff_people.import_people_file(
        the_app(),
        file,
        source=source,
        dry_run=dry_run,
        update=update,
        choices=imports.choices_of(sheet, columns, good_rows, bad_rows_to),
    )
    if as_json:
        print_json(report)
        return
    say_outcome(dry_run=dry_run, changes=bool(report.new or report.changed or report.subscribed))
    kept = sum(not change.taken for change in report.changes)
    imports.say_counts(
        (
            (report.rows, "rows read"),
            (report.new, "new"),
            (report.changed, "changed"),
            (report.known, "known already, and the same"),
            (report.erased, "left out: they asked to be erased"),
            (report.subscribed, "new readers of the newsletter"),
            (report.stayed_away, "stay away from the newsletter: they left it"),
            (kept, "facts stay as we have them; --update takes those of the file"),
        ),
        always=3,
    )
    imports.say_preview(report, good_rows=good_rows, bad_rows_to=bad_rows_to)


@group.command("columns")
def columns(
    file: File,
    map_: Map = None,
    save: Annotated[
        str | None,
        typer.Option(help="Remember it under this name, for every file with these titles."),
    ] = None,
    sheet: Sheet = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Show what the columns of a list hold, and remember it."""
    report = look_at_columns(
        the_app(), file, sheet=sheet, said=imports.said_of(map_), save=save, by=whoami(by)
    )
    if as_json:
        print_json(report)
        return
    place = f"sheet '{report.sheet}', " if report.sheet else ""
    print_table(
        f"{report.file}, {place}titles in row {report.header_row}",
        ("column", "holds", "for example"),
        [(line.column, line.holds, line.example) for line in report.columns],
    )
    if report.remembered_as:
        say(f"Remembered as '{report.remembered_as}'.")
    elif any(line.holds == "?" for line in report.columns):
        say("Say what a '?' holds with --map \"TITLE=WORD\" ('-': pass it over), and --save NAME.")


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
