"""``var-outreach functions``: offices that end, pass on, and are looked through.

*Reads / Writes*: functions and what follows for the events ahead. *Next*: the tick mails.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json, day_of
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import print_json, print_table, say, warn
from var_outreach.clock import local_date
from var_outreach.errors import InputError
from var_outreach.people.list_checks import all_list_checks
from var_outreach.people.offices import Successor, Which, find_functions
from var_outreach.people.store import mailbox_of
from var_outreach.staff import functions as staff_functions
from var_outreach.staff import list_checks as staff_checks
from var_outreach.staff.functions import OfficeReport

group = typer.Typer(no_args_is_help=True)
Organisations = Annotated[
    list[str] | None,
    typer.Option("--organisation", help="Key of an organisation; may be repeated."),
]
Roles = Annotated[list[str] | None, typer.Option("--role", help="burgemeester, wethouder ...")]
Holders = Annotated[list[str] | None, typer.Option("--holder", help="Address of who holds it.")]
Ids = Annotated[list[int] | None, typer.Option("--id", help="Id of a function, as listed.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would happen.")]


@group.command("list")
def list_(
    organisation: Organisations = None,
    role: Roles = None,
    on: Annotated[
        date | None,
        typer.Option(parser=day_of, metavar="DAY", help="As of this day; default today."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what ended or is to begin.")] = False,
    as_json: Json = False,
) -> None:
    """List the offices and who holds them."""
    app = the_app()
    day = on or local_date(app.clock.now(), app.settings.zone)
    which = Which(tuple(organisation or ()), tuple(role or ()))
    with app.database.reading() as session:
        rows = [
            {
                "id": one.id,
                "organisation": one.organisation.name,
                "organisation_key": one.organisation.key,
                "role": one.role,
                "portfolio": one.portfolio,
                "holder": one.holder.name if one.holder else None,
                "holder_address": one.holder.address if one.holder else None,
                "secretariat": one.secretariat.address if one.secretariat else None,
                "mailbox": box.address if (box := mailbox_of(one)) else None,
                "from": one.from_on,
                "until": one.until_on,
            }
            for one in find_functions(session, which, on_date=None if every else day)
        ]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "organisation", "role", "portfolio", "holder", "mailbox", "from", "until")
    table = [[row[name] for name in shown] for row in rows]
    titles = ["#id", *shown[1:5], "address", *shown[6:]]
    print_table("Functions" if every else f"Functions on {day}", titles, table)


@group.command()
def end(
    on: Annotated[
        date,
        typer.Option(
            "--on", parser=day_of, metavar="DAY", help="From this day on nobody holds it."
        ),
    ],
    organisation: Organisations = None,
    role: Roles = None,
    holder: Holders = None,
    function_id: Ids = None,
    dry_run: DryRun = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """End offices: holders are taken off later events and told. Conditions narrow each other."""
    which = Which(
        tuple(organisation or ()),
        tuple(role or ()),
        tuple(holder or ()),
        tuple(function_id or ()),
    )
    report = staff_functions.end_functions(the_app(), which, on=on, by=whoami(by), dry_run=dry_run)
    _print(report, dry_run, as_json)


@group.command()
def succeed(
    function_id: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="The office, as listed.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Who holds it next.")] = None,
    address: Annotated[str | None, typer.Option(help="Their mail address.")] = None,
    from_: Annotated[
        date | None,
        typer.Option(
            "--from", parser=day_of, metavar="DAY", help="First day; default the day after it ends."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="CSV or Excel with id (or organisatie, functie), naam, adres."),
    ] = None,
    dry_run: DryRun = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Name who holds an office next: they are invited where the last holder was."""
    if file is not None and function_id is None:
        report = staff_functions.succeed_from_file(the_app(), file, by=whoami(by), dry_run=dry_run)
    elif file is None and function_id is not None and name and address:
        first = from_
        one = Successor(function_id, name, address, first)
        report = staff_functions.succeed_functions(the_app(), [one], by=whoami(by), dry_run=dry_run)
    else:
        raise InputError(
            "this does not say who follows whom",
            remedy="Give an id with --name and --address, or --file with a list",
        )
    _print(report, dry_run, as_json)


@group.command("ask-lists")
def ask_lists(
    until: Annotated[
        date, typer.Option("--until", parser=day_of, metavar="DAY", help="The last day to answer.")
    ],
    organisation: Organisations = None,
    to_role: Annotated[
        str | None, typer.Option("--to-role", help="Who is asked: who holds this role there.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Who is asked: this address (one organisation).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask organisations whether their list of offices is still right; the mail waits for release."""
    asked = staff_checks.ask_lists(
        the_app(),
        tuple(organisation or ()),
        until_on=until,
        to_role=to_role,
        to_address=to,
    )
    if as_json:
        print_json(asked)
        return
    print_table(
        "Asked",
        ("organisation", "name", "address", "new"),
        [
            (one.organisation, one.name, one.address, "yes" if one.is_new else "no")
            for one in asked.asked
        ],
    )
    for line in asked.nobody:
        warn(f"nobody to ask: {line}")
    say(f"The draft lies ready within a minute: var-outreach mailing show {asked.mailing}")


@group.command("list-checks")
def list_checks(as_json: Json = False) -> None:
    """List who was asked about which list, and what they corrected."""
    app = the_app()
    with app.database.reading() as session:
        rows = [
            {
                "id": one.id,
                "organisation": one.organisation.name,
                "asked": one.contact.address,
                "asked_at": one.asked_at,
                "mailed_at": one.notified_at,
                "until": one.until_on,
                "answered_at": one.answered_at,
                "corrections": staff_checks.correction_words(session, one.corrections),
            }
            for one in all_list_checks(session)
        ]
    if as_json:
        print_json(rows)
        return
    today = local_date(app.clock.now(), app.settings.zone)
    for row in rows:
        corrections = row["corrections"]
        assert isinstance(corrections, list)
        state = _check_state(row["answered_at"], row["until"], today, len(corrections))
        say(f"{row['organisation']}, {row['asked']}, until {row['until']}: {state}")
        for correction in corrections:
            say(f"    {correction['at'][:10]}  {correction['words']}")
    if not rows:
        say("List checks: none")


def _check_state(answered_at: object, until: object, today: date, corrections: int) -> str:
    if answered_at is not None:
        return f"{corrections} corrections" if corrections else "right as it is"
    assert isinstance(until, date)
    return "no answer" if until < today else "waits for an answer"


def _print(report: OfficeReport, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    if not (report.ended or report.begun or report.events):
        say("Nothing would change." if dry_run else "Nothing changed.")
    else:
        say("This is what would happen:" if dry_run else "Done:")
    for words, lines in (
        ("ends", report.ended),
        ("had ended", report.ended_before),
        ("begins", report.begun),
    ):
        for line in lines:
            day = f"from {line.from_on}" if words == "begins" else f"last day {line.until_on}"
            say(f"{words}: {line.office} ({line.holder or 'vacant'}), {day}  [{line.id}]")
    for event in report.events:
        say(f"{event.on_date} {event.title}  [{event.event}]")
        for words, names in (
            ("taken off", event.taken_off),
            ("goes along", event.goes_along),
            ("stays, named by who is taken off", event.stays),
            ("invited", event.invited),
            ("has no mailbox, so call", event.unreachable),
        ):
            for name in names:
                say(f"    {words}: {name}")
        for mail in event.mails:
            calendar = f" with {mail.calendar}" if mail.calendar else ""
            say(f"    mail: {mail.kind}{calendar} to {mail.to}, {mail.goes}")
    if not report.events:
        say("No event ahead changes by this.")
    for note in report.notes:
        say(f"Note: {note}")
