"""``var-outreach mailbox``: read what comes back.

*Reads*: a folder of mail. *Writes*: answers, bounces. *Next*: the tick confirms the answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table
from var_outreach.pipeline import read_mailbox

group = typer.Typer(no_args_is_help=True)


@group.callback()
def mailbox() -> None:
    """What comes back."""


@group.command()
def read(
    maildir: Annotated[Path, typer.Option("--maildir", help="Folder of mail to read.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read calendar answers and bounces, each message once."""
    verdicts = read_mailbox(the_app(), maildir, dry_run=dry_run)
    if as_json:
        print_json(verdicts)
        return
    rows = [(v.kind.value, v.recipient or v.attendee, v.verdict, v.file) for v in verdicts]
    print_table("Read", ("kind", "who", "what was done", "file"), rows)
