"""``var-outreach audience``: saved selections, and who is in them.

*Reads*: audiences and people. *Writes*: audiences, from a file. *Next*: rules and ad hoc mail name them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.audiences.resolve import resolve_readers
from var_outreach.audiences.store import get_audience, list_audiences
from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table, say, say_outcome
from var_outreach.clock import local_date
from var_outreach.staff.audiences import import_audiences

group = typer.Typer(no_args_is_help=True)


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the audiences."""
    app = the_app()
    with app.database.reading() as session:
        found = [definition.as_dict() for definition in list_audiences(session)]
    if as_json:
        print_json(found)
        return
    print_table("Audiences", ("key", "name"), [(one["key"], one["name"]) for one in found])


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file like config/audiences.yaml.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show the difference.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take over audiences from a file; those that it does not name stay."""
    report = import_audiences(the_app(), file, dry_run=dry_run)
    if as_json:
        print_json(report)
        return
    say_outcome(dry_run=dry_run, changes=bool(report.new or report.changed))
    for words, changes in (("new", report.new), ("changed", report.changed)):
        for change in changes:
            say(f"{words}: {change.key}")
            for line in change.before:
                if line not in change.after:
                    say(f"    - {line}")
            for line in change.after:
                if line not in change.before:
                    say(f"    + {line}")
    say(f"the same: {len(report.same)}; not in this file, and kept: {len(report.only_here)}")


@group.command()
def show(key: str, as_json: Json = False) -> None:
    """Show who is in an audience today: one line per address."""
    app = the_app()
    today = local_date(app.clock.now(), app.settings.zone)
    with app.database.reading() as session:
        definition = get_audience(session, key)
        resolved = resolve_readers(session, definition, on_date=today, signer=app.signer)
    if as_json:
        print_json(
            {
                **definition.as_dict(),
                "count": len(resolved.recipients),
                "recipients": [
                    {"name": r.name, "address": r.address, "language": r.language}
                    for r in resolved.recipients
                ],
                "left_out": dict(resolved.excluded),
                "unreachable": resolved.unreachable,
            }
        )
        return
    rows = [(reader.name, reader.address, reader.language) for reader in resolved.recipients]
    print_table(f"{definition.name}: {len(rows)}", ("name", "address", "language"), rows)
    for reason, count in sorted(resolved.excluded.items()):
        say(f"left out, {reason}: {count}")
    for office in resolved.unreachable:
        say(f"no mailbox: {office.role} {office.portfolio}, {office.organisation}")
