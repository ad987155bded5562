"""Lists that come in: what all imports ask and print; guests of an event, readers from Laposta.

*Reads / Writes*: people and, for guests, invitations. *Next*: ``people.py`` holds the commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table, say, say_outcome
from var_outreach.errors import InputError
from var_outreach.people.import_report import Preview
from var_outreach.staff import imports as staff_imports
from var_outreach.staff.lists import ListChoices

File = Annotated[
    Path, typer.Argument(help="A CSV file or an Excel workbook; see docs/people.md for columns.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would happen.")]
GoodRows = Annotated[
    bool, typer.Option("--good-rows", help="Take the good rows although there are bad ones.")
]
BadRowsTo = Annotated[
    Path | None,
    typer.Option(help="Write the bad rows to this file, each with its reason; same format."),
]
Sheet = Annotated[str | None, typer.Option(help="The sheet of a workbook; default the first.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help='What a column holds: "Mailadres=adres"; "Kleur=-" passes it over.'),
]


def import_guests(
    file: File,
    event: Annotated[str, typer.Option(help="The key of the event.")],
    partner: Annotated[str, typer.Option(help="Whose list it is; guests are told.")] = "",
    invite: Annotated[
        bool, typer.Option("--invite/--no-invite", help="Invite them, or only bring them in.")
    ] = True,
    dry_run: DryRun = False,
    good_rows: GoodRows = False,
    bad_rows_to: BadRowsTo = None,
    sheet: Sheet = None,
    columns: Map = None,
    as_json: Json = False,
) -> None:
    """Bring in the guests of one event; they are kept for it alone and forgotten after it."""
    report = staff_imports.import_guests_file(
        the_app(),
        file,
        event_key=event,
        partner=partner,
        invite=invite,
        dry_run=dry_run,
        choices=choices_of(sheet, columns, good_rows, bad_rows_to),
    )
    if as_json:
        print_json(report)
        return
    say_outcome(dry_run=dry_run, changes=bool(report.new or report.invited))
    say_counts(
        (
            (report.rows, "rows read"),
            (report.guests, "guests"),
            (report.new, f"of them new, kept until {report.until_on}"),
            (report.known, "of them known already"),
            (report.invited, "invited now"),
            (report.already_invited, "invited already"),
            (report.not_mailed, "get no mail: call them"),
            (report.erased, "left out: they asked to be erased"),
        ),
        always=3,
    )
    if report.new_organisations:
        say(f"New organisations: {', '.join(report.new_organisations)}")
    say_preview(report, good_rows=good_rows, bad_rows_to=bad_rows_to)


def import_laposta(
    file: File,
    dry_run: DryRun = False,
    good_rows: GoodRows = False,
    bad_rows_to: BadRowsTo = None,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Take over the readers of a Laposta export; nobody is asked to confirm anew."""
    report = staff_imports.import_laposta_file(
        the_app(),
        file,
        dry_run=dry_run,
        choices=choices_of(sheet, None, good_rows, bad_rows_to),
    )
    if as_json:
        print_json(report)
        return
    taken = report.subscribed + report.left + report.bounced
    say_outcome(dry_run=dry_run, changes=bool(taken))
    say_counts(
        (
            (report.rows, "rows read"),
            (report.subscribed, "new readers of the newsletter"),
            (report.left, "had left; kept, so that no list brings them back"),
            (report.bounced, "addresses that bounced; nothing goes there"),
            (report.known, "known already, and the same"),
            (report.unconfirmed, "never confirmed: not taken over"),
            (report.deleted, "deleted there: not taken over"),
            (report.stayed_away, "stay away: they left our newsletter"),
            (report.erased, "left out: they asked to be erased"),
        ),
        always=2,
    )
    say_preview(report, good_rows=good_rows, bad_rows_to=bad_rows_to)


def choices_of(
    sheet: str | None, columns: list[str] | None, good_rows: bool, bad_rows_to: Path | None
) -> ListChoices:
    """Return the options as one; raises InputError for a ``--map`` without "=".

    Asking for the bad rows as a file is asking for the good ones to be taken.
    """
    return ListChoices(sheet, said_of(columns), good_rows or bad_rows_to is not None, bad_rows_to)


def said_of(columns: list[str] | None) -> dict[str, str] | None:
    """Return by title what a column is said to hold."""
    said = {}
    for one in columns or ():
        title, equals, word = one.rpartition("=")
        if not equals or not title.strip():
            raise InputError(
                f"'{one}' does not say what a column holds",
                where="--map",
                remedy='Write it as --map "Mailadres=adres"',
            )
        said[title] = word
    return said or None


def say_counts(counts: Sequence[tuple[int, str]], *, always: int) -> None:
    """Print counts that are not 0, and the first ``always`` in any case."""
    for number, (count, words) in enumerate(counts):
        if count or number < always:
            say(f"{count:>7}  {words}")


def say_preview(report: Preview, *, good_rows: bool, bad_rows_to: Path | None) -> None:
    """Print what an import says of single rows."""
    if report.sheet:
        others = f"; not read: {', '.join(report.other_sheets)}" if report.other_sheets else ""
        say(f"Sheet '{report.sheet}'{others}")
    if report.mapping:
        say(f"Columns as remembered for '{report.mapping}'")
    if report.changes:
        rows = [
            (one.row, one.who, one.field, one.before, one.after, "" if one.taken else "kept")
            for one in report.changes
        ]
        print_table("Changes", ("#row", "who", "what", "before", "after", ""), rows)
    if report.opted_out:
        opted = [(one.row, one.who, one.reason) for one in report.opted_out]
        print_table("Opted out or out of reach", ("#row", "who", "why"), opted)
    if report.twice:
        twice = [(one.row, one.first, one.who) for one in report.twice]
        print_table("Twice in the file", ("#row", "#as row", "who"), twice)
    if report.bad:
        bad = [(one.where, one.reason, one.remedy) for one in report.bad]
        print_table("Bad rows", ("where", "what is wrong", "what to do"), bad)
        if bad_rows_to is not None:
            say(f"The bad rows are in {bad_rows_to}")
        elif not good_rows:
            say("Nothing is taken while there are bad rows, unless with --good-rows.")
