"""``var-outreach plan``: what goes out when, to how many, and why.

*Reads*: everything. *Writes*: nothing. *Next*: the tick does what this shows.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from var_outreach.cli.arguments import Json, day_of
from var_outreach.cli.context import the_app
from var_outreach.cli.output import local, print_json, print_table, warn
from var_outreach.clock import at_local
from var_outreach.errors import InputError
from var_outreach.outbox.model import MailingState
from var_outreach.pipeline import BEGINNING, plan_mailings
from var_outreach.planning.due import DueState
from var_outreach.staff.agenda import calendar_warnings, warning_line

group = typer.Typer(no_args_is_help=True)
WAITS = frozenset(
    {
        DueState.DUE,
        DueState.OVERDUE,
        MailingState.DRAFT,
        MailingState.APPROVED,
        MailingState.HELD,
        MailingState.SENDING,
    }
)
"""States in which something is still to be done, or going on."""


@group.callback()
def plan() -> None:
    """What goes out when."""


@group.command()
def show(
    from_: Annotated[
        date | None, typer.Option("--from", parser=day_of, metavar="DAY", help="Default today.")
    ] = None,
    until: Annotated[
        date | None, typer.Option(parser=day_of, metavar="DAY", help="Default a year on.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what goes out; nothing else decides it."""
    app = the_app()
    zone = app.settings.zone
    now = app.clock.now()
    today = now.astimezone(zone).date()
    since = at_local(from_ or today, datetime.min.time(), zone)
    last = until or (since + timedelta(days=366)).date()
    end = at_local(last + timedelta(days=1), datetime.min.time(), zone)
    if end <= since:
        raise InputError("the period ends before it begins", remedy="Give a later --until")
    # Without a first day, what still waits for somebody belongs to it however old it is.
    first = since if from_ else since - BEGINNING
    dues = [
        due
        for due in plan_mailings(app, since=first, until=end, looking=True)
        if due.due_at >= since or due.state in WAITS
    ]
    with app.database.reading() as session:
        awkward = calendar_warnings(app, session)
    days: dict[str | None, list[str]] = {}
    for event, warning in awkward:
        days.setdefault(event.key if event else None, []).append(warning.in_words("en"))
    if as_json:
        print_json(
            [
                {
                    "at": due.due_at.astimezone(zone),
                    "kind": due.kind,
                    "key": due.key,
                    "subject": due.subject_key,
                    "to": due.count,
                    "audience": due.audience.as_json(),
                    "state": due.state,
                    "until": due.until and due.until.astimezone(zone),
                    "release": due.release,
                    "why": due.reason,
                    "warnings": days.get(due.subject_key, []) if due.subject_key else [],
                }
                for due in dues
            ]
        )
        return
    rows = [
        (local(due.due_at, zone), due.kind, due.subject_key, due.count, due.state, due.reason)
        for due in dues
    ]
    print_table(
        f"From {since.astimezone(zone).date()} to {last}",
        ("at", "mail", "about", "# to", "state", "because"),
        rows,
    )
    for event, warning in awkward:
        if event is None or since.date() <= (event.on_date or last) <= last:
            warn(f"Note: {warning_line(event, warning)}")
