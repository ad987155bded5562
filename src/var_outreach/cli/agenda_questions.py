"""``var-outreach agenda questions``: what an event asks, and how many replied.

*Reads*: one event and the replies of who comes. *Writes*: nothing. *Next*: what the kitchen and the
porter need stands in ``lists diet`` and ``lists visitors``.
"""

from __future__ import annotations

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table, say


def questions(
    event: str = typer.Argument(help="The event's key; see: agenda list."), as_json: Json = False
) -> None:
    """Show what an event asks of who comes, and the replies in numbers, never by name."""
    from var_outreach.agenda.store import find_event
    from var_outreach.registrations.replies import reply_counts

    app = the_app()
    with app.database.reading() as session:
        row = find_event(session, event)
        counts, asks_diet = reply_counts(session, row), row.asks_diet
    if as_json:
        print_json({"asks_diet": asks_diet, "questions": counts})
        return
    print_table(
        f"Questions of {event}",
        ("key", "question", "kind", "required", "# replied", "# coming", "chosen"),
        [
            (
                one.key,
                one.label,
                one.kind,
                "yes" if one.required else "",
                one.replied,
                one.coming,
                ", ".join(f"{words}: {count}" for words, count in one.counts.items()),
            )
            for one in counts
        ],
    )
    if asks_diet:
        say(f"The diet is asked as well; see: var-outreach lists diet {event}")
    if not counts:
        say("It asks no questions of its own; a year plan in YAML gives them under 'questions:'.")
