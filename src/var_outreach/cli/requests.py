"""``var-outreach registrations requests``, ``decide`` and ``group-link``.

*Reads / Writes*: registrations and group links of one event. *Next*: ``registrations.py`` holds
the commands.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import local, print_json, print_table, say
from var_outreach.errors import InputError
from var_outreach.staff import requests as staff_requests

EventKey = Annotated[str, typer.Argument(help="Key of the event.")]


class Decision(StrEnum):
    """What staff say to who asked."""

    ACCEPT = "accept"
    DECLINE = "decline"


def requests(event: EventKey, as_json: Json = False) -> None:
    """List who would like to come to an event and waits for a decision."""
    app = the_app()
    found = staff_requests.list_requests(app, event)
    if as_json:
        print_json(found)
        return
    print_table(
        "Would like to come",
        ("#id", "name", "function", "address", "asked", "because"),
        [
            (
                one.id,
                one.name,
                one.function,
                one.address,
                local(one.asked_at, app.settings.zone),
                one.because,
            )
            for one in found
        ],
    )


def decide(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the request.")],
    decision: Annotated[Decision, typer.Argument(help="accept or decline.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let somebody who asked come, or tell them no; they are mailed either way."""
    accept = decision is Decision.ACCEPT
    row = staff_requests.decide(the_app(), number, accept=accept, by=whoami(by))
    if as_json:
        print_json({"id": row.id, "name": row.attendee_name, "state": row.state})
        return
    say(f"{row.attendee_name}: {row.state.value}, and is told so")


def group_link(
    event: EventKey,
    organisation: Annotated[
        str | None, typer.Option(help="Key of the organisation; without it, list the links.")
    ] = None,
    places: Annotated[int | None, typer.Option(min=1, help="How many may come by it.")] = None,
    meant_for: Annotated[str, typer.Option("--for", help="For whom: raadsleden.")] = "",
    close: Annotated[bool, typer.Option("--close", help="Let nobody in by it any more.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a link that an organisation forwards to its own people, list them, or close one."""
    app = the_app()
    if organisation is None:
        found = staff_requests.list_links(app, event)
    elif close:
        found = staff_requests.close_links(app, event, organisation, meant_for=meant_for)
    elif places is None:
        raise InputError("how many places?", where="--places", remedy="Give a number, or --close")
    else:
        made = staff_requests.make_link(
            app, event, organisation, places=places, meant_for=meant_for, by=whoami(by)
        )
        if not as_json:
            say(made.url)
            return
        found = [made]
    if as_json:
        print_json(found)
        return
    print_table(
        "Links of organisations",
        ("#id", "organisation", "for", "#places", "#left", "closed", "address"),
        [
            (
                one.id,
                one.organisation,
                one.meant_for,
                one.places,
                one.left,
                local(one.closed_at, app.settings.zone),
                one.url,
            )
            for one in found
        ],
    )
