"""``var-outreach partners``: let a partner's colleague see one event.

*Reads / Writes*: links of partners. *Next*: mail the link yourself to who it is for.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json, day_of
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import print_json, print_table, say
from var_outreach.staff import partners as staff_partners

group = typer.Typer(no_args_is_help=True)


@group.callback()
def partners() -> None:
    """Links by which a partner sees one event: its facts, its guests, its figures."""


@group.command()
def grant(
    event: Annotated[str, typer.Argument(help="The event's key; see: agenda list.")],
    name: Annotated[str, typer.Option(help="Who is to have it.")],
    until: Annotated[
        date, typer.Option(parser=day_of, metavar="DAY", help="The last day on which it works.")
    ],
    partner: Annotated[
        str, typer.Option(help="Key in partners.yaml, to show their news items as well.")
    ] = "",
    as_json: Json = False,
    by: By = None,
) -> None:
    """Make a link to one event for a partner's colleague."""
    made = staff_partners.grant(
        the_app(), event, name=name, partner=partner, until_on=until, by=whoami(by)
    )
    if as_json:
        print_json(made)
        return
    say(made.url)
    say(f"Whoever has this link sees {event} and its guests until {made.until_on}.")
    say(f"To take it back: var-outreach partners revoke {made.id}")


@group.command("list")
def list_(
    event: Annotated[str | None, typer.Argument(help="Only those to this event.")] = None,
    as_json: Json = False,
) -> None:
    """List the links, also those that open nothing any more."""
    found = staff_partners.list_access(the_app(), event)
    if as_json:
        print_json(found)
        return
    print_table(
        "Links of partners",
        ("#id", "event", "name", "partner", "until", "state", "made by", "address"),
        [
            (
                one.id,
                one.event,
                one.name,
                one.partner,
                one.until_on,
                one.state,
                one.made_by,
                one.url if one.state == "open" else "",
            )
            for one in found
        ],
    )


@group.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the link.")],
    as_json: Json = False,
) -> None:
    """Let a link open nothing any more."""
    done = staff_partners.revoke(the_app(), number)
    if as_json:
        print_json(done)
        return
    say(f"The link of {done.name} to {done.event} opens nothing any more.")
