"""``var-outreach report``: the figures of a year.

*Reads*: the record. *Writes*: nothing. *Next*: the annual report quotes them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table
from var_outreach.reporting.figures import summarise_year

group = typer.Typer(no_args_is_help=True)


@group.callback()
def report() -> None:
    """Figures of the year."""


@group.command()
def year(
    year: Annotated[int, typer.Argument(min=1900, max=2999)],
    as_json: Json = False,
) -> None:
    """Show what went out and who answered, per mailing and event of a year."""
    app = the_app()
    with app.database.reading() as session:
        figures = summarise_year(session, year, app.settings.zone)
    if as_json:
        print_json(figures)
        return
    print_table(
        f"Mailings of {year}",
        ("date", "mail", "about", "# to", "# sent", "state"),
        [
            (m.on, m.kind, m.subject, m.total, m.deliveries.get("sent", 0), m.state)
            for m in figures.mailings
        ],
    )
    print_table(
        f"Events of {year}",
        ("date", "event", "state", "answers"),
        [
            (
                e.on_date,
                e.title,
                e.state_in_words,
                ", ".join(f"{n} {s}" for s, n in e.registrations.items()),
            )
            for e in figures.events
        ],
    )
