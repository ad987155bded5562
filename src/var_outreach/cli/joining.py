"""``var-outreach people duplicates``, ``join`` and ``merge-organisation``.

*Reads / Writes*: people and all that refers to them. *Next*: ``people.py`` holds the commands.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json, day_of
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.imports import DryRun
from var_outreach.cli.output import print_json, print_table, say
from var_outreach.staff import joining as staff_joining


def duplicates(as_json: Json = False) -> None:
    """List contacts that may be one person, and the command that joins them."""
    pairs = staff_joining.list_duplicates(the_app())
    if as_json:
        print_json(pairs)
        return
    print_table(
        "Probably one person",
        ("keep", "address", "other", "address", "why"),
        [
            (
                f"{pair.keep.id} {pair.keep.name}",
                pair.keep.address or pair.keep.organisation,
                f"{pair.other.id} {pair.other.name}",
                pair.other.address or pair.other.organisation,
                pair.why if pair.probable else f"perhaps: {pair.why}",
            )
            for pair in pairs
        ],
    )
    if pairs:
        first = pairs[0]
        say(f"Join two: var-outreach people join {first.keep.id} {first.other.id} --dry-run")


def join(
    keep: Annotated[str, typer.Argument(help="Who stays: an address, or the number of a contact.")],
    other: Annotated[str, typer.Argument(help="Who turns out to be the same person.")],
    by: By = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Join two contacts that are one person, with offices, answers, subscriptions and history."""
    report = staff_joining.join_people(the_app(), keep, other, by=whoami(by), dry_run=dry_run)
    if as_json:
        print_json(report)
        return
    say(f"{report.other} {'would become' if dry_run else 'is now'} {report.keep}:")
    for count, words in (
        (report.functions, "offices"),
        (report.registrations, "invitations and answers"),
        (report.registrations_joined, "answers to the same event: the better one counts"),
        (report.topics, "themes"),
        (report.deliveries, "lines of what was mailed"),
    ):
        if count:
            say(f"{count:>7}  {words}")
    for one in report.lists_left:
        say(f"No longer gets '{one}': one of the two had left it")
    if report.alias:
        say(f"Is found by {report.alias} as well")


def merge_organisation(
    old: Annotated[str, typer.Argument(help="The key of the organisation that is no more.")],
    into: Annotated[str, typer.Option(help="The key of the one that took its place.")],
    on: Annotated[date, typer.Option(parser=day_of, metavar="DAY", help="The first day of that.")],
    by: By = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let one organisation take another's place: offices end, people move, the past stays."""
    report = staff_joining.merge_organisation(
        the_app(), old, into=into, on=on, by=whoami(by), dry_run=dry_run
    )
    if as_json:
        print_json(report)
        return
    say(f"{report.old} {'would go' if dry_run else 'went'} into {report.into} on {report.on}:")
    say(f"{report.functions_ended:>7}  offices ended; name successors with: functions succeed")
    say(f"{report.contacts:>7}  people are of {report.into} now")
