"""``var-outreach outbox``: what went, what waits, what failed, and whether sending stands still.

*Reads*: the outbox. *Writes*: a pause that is ended. *Next*: nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import local, print_json, print_table, say, warn
from var_outreach.dispatch.pauses import all_pauses
from var_outreach.errors import InputError
from var_outreach.outbox.ledger import state_counts
from var_outreach.settings import TransportKind
from var_outreach.settings_warnings import settings_warnings
from var_outreach.staff import mailings as staff_mailings

group = typer.Typer(no_args_is_help=True)


@group.command()
def status(as_json: Json = False) -> None:
    """Show how many deliveries are in each state, what stands still, and what looks wrong."""
    app = the_app()
    with app.database.reading() as session:
        counts = state_counts(session)
        pauses: list[dict[str, Any]] = [
            {"transport": p.transport, "since": p.since, "until": p.until, "reason": p.reason}
            for p in all_pauses(session, now=app.clock.now())
        ]
    if as_json:
        print_json(
            {
                "transport": app.settings.transport.kind,
                "deliveries": counts,
                "pauses": pauses,
                "warnings": settings_warnings(app.settings),
            }
        )
        return
    say(f"Mail leaves by: {app.settings.transport.kind.value}")
    print_table("Deliveries", ("state", "#"), sorted(counts.items()))
    for pause in pauses:
        until = local(pause["until"], app.settings.zone) or "somebody says go on"
        say(f"{pause['transport']} stands still until {until}: {pause['reason']}")
        say(f"Go on: var-outreach outbox resume {pause['transport']}")
    for warning in settings_warnings(app.settings):
        warn(f"Note: {warning}")


@group.command()
def resume(transport: Annotated[str, typer.Argument()] = "smtp") -> None:
    """Let a transport that stands still go on."""
    if transport not in set(TransportKind):
        raise InputError(
            f"unknown transport '{transport}'", remedy=f"Use {TransportKind.SMTP.value}"
        )
    was_paused = staff_mailings.resume_sending(the_app(), transport)
    say(f"{transport} goes on." if was_paused else f"{transport} did not stand still.")
