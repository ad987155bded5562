"""``var-outreach registrations``: what staff do with the answers to an event.

*Reads / Writes*: registrations. *Next*: the tick tells who must know.
"""

from __future__ import annotations

import typer

from var_outreach.cli import requests, withdrawing

group = typer.Typer(no_args_is_help=True)


@group.callback()
def registrations() -> None:
    """Answers to an event, as staff change them."""


group.command("withdraw")(withdrawing.withdraw)
group.command("requests")(requests.requests)
group.command("decide")(requests.decide)
group.command("group-link")(requests.group_link)
