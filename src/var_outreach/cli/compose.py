"""``var-outreach compose``: every kind of mail, as it will look.

*Reads*: templates; an event of the agenda where one is named. *Writes*: preview files. *Next*:
open the .html in a browser, the .eml in a mail client.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.store import find_event
from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, say
from var_outreach.cli.preview import write_preview
from var_outreach.composing.samples import sample_content
from var_outreach.errors import InputError
from var_outreach.outbox.drafts import compose_draft, gather_event_mail
from var_outreach.planning.mail_kinds import MailKind

group = typer.Typer(no_args_is_help=True)
NOT_OF_AN_EVENT = frozenset(
    {
        MailKind.NEWSLETTER,
        MailKind.SUBSCRIPTION,
        MailKind.LIST_CHECK,
        MailKind.AD_HOC,
        MailKind.STAFF_NOTICE,
    }
)


@group.callback()
def compose() -> None:
    """Mail as it will look."""


@group.command()
def preview(
    kinds: Annotated[list[str], typer.Argument(help="Kinds of mail, or 'all'.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write into.")],
    event: Annotated[
        str | None, typer.Option(help="Key of an event; else an invented one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write .eml, .html, .txt and .ics of a kind of mail, in both languages."""
    chosen = _chosen(kinds)
    app = the_app()
    written: list[Path] = []
    for kind in chosen:
        if event is None or kind in NOT_OF_AN_EVENT:
            written += write_preview(app, sample_content(kind), kind.value, to)
        else:
            with app.database.reading() as session:
                content = compose_draft(kind, gather_event_mail(session, kind, event, app.material))
                facts = event_facts(find_event(session, event))
            written += write_preview(app, content, kind.value, to, event=facts)
    if as_json:
        print_json(written)
        return
    for path in written:
        say(str(path))


def _chosen(kinds: list[str]) -> list[MailKind]:
    if kinds == ["all"]:
        return list(MailKind)
    known = {kind.value: kind for kind in MailKind}
    for name in kinds:
        if name not in known:
            raise InputError(
                f"'{name}' is not a kind of mail", remedy=f"Use 'all' or: {', '.join(known)}"
            )
    return [known[name] for name in kinds]
