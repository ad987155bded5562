"""``var-outreach registrations withdraw``.

*Reads / Writes*: registrations of one event. *Next*: ``registrations.py`` holds the command.
"""

from __future__ import annotations

from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import print_json, say
from var_outreach.staff.withdrawing import withdraw_invitee


def withdraw(
    event: Annotated[str, typer.Argument(help="Key of the event.")],
    who: Annotated[
        str, typer.Argument(metavar="ADDRESS|ID", help="A mailbox with all its offices, or one id.")
    ],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take an invitee off an event: they are told, and the place goes to who waits."""
    done = withdraw_invitee(the_app(), event, who, by=whoami(by))
    if as_json:
        print_json(done)
        return
    for one in done:
        told = "is told" if one.is_told else "was never mailed, so is told nothing"
        say(f"taken off: {one.who}, was {one.was}, {told}  [{one.id}]")
