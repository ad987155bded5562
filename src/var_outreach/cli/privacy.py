"""``var-outreach people erase``, ``export-person`` and ``lift-suppression``.

*Reads / Writes*: all that is kept of one person. *Next*: ``people.py`` holds the commands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import print_json, say
from var_outreach.errors import FileError, InputError
from var_outreach.people.model import SuppressionReason
from var_outreach.staff import privacy as staff_privacy
from var_outreach.staff.exporting import export_person as export_all
from var_outreach.staff.exporting import readable

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or the number of one.")]


def erase(
    address: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Erase a person everywhere (AVG art. 17): only a keyed hash of the address stays."""
    app = the_app()
    if not yes:
        copy = export_all(app, address)
        raise InputError(
            f"this erases {copy['name'] or address}, with {len(copy['answers'])} answers and "
            f"{len(copy['mails'])} mails, and cannot be undone",
            where=address,
            remedy="Give --yes to do it",
        )
    report = staff_privacy.erase_person(app, address, by=whoami(by))
    if as_json:
        print_json(report)
        return
    say("Erased. Nothing goes to this address any more.")
    for words, lines in (
        ("taken off", report.left_events),
        ("vacant now", report.vacant),
        ("has no mailbox now, so call", report.without_mailbox),
        ("no longer named by audience", report.audiences),
    ):
        for line in lines:
            say(f"    {words}: {line}")
    if report.mails_stopped:
        say(f"    mails that do not go any more: {report.mails_stopped}")
    if report.in_programmes:
        say("A programme named this person. Take the name out of the file of the agenda as well.")


def export_person(
    address: Who,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write it here: JSON if it ends in .json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show all that is kept of a person (AVG art. 15), to read or as JSON."""
    copy = export_all(the_app(), address)
    if to is not None:
        wants_json = as_json or to.suffix == ".json"
        text = json.dumps(copy, ensure_ascii=False, indent=2) if wants_json else _text(copy)
        try:
            to.write_text(text + "\n", "utf-8")
        except OSError as error:
            raise FileError(
                f"the file cannot be written ({error.strerror})",
                where=str(to),
                remedy="Name another",
            ) from error
        say(f"Written: {to}")
    elif as_json:
        print_json(copy)
    else:
        for line in readable(copy):
            say(line)


def lift_suppression(
    address: Annotated[str, typer.Argument(help="The address that mail may go to again.")],
    reason: Annotated[
        SuppressionReason | None,
        typer.Option(help="Only this reason; an erasure must be named."),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let mail go to an address again, for example when a mailbox was mended."""
    lifted = staff_privacy.lift_suppression(the_app(), address, by=whoami(by), reason=reason)
    if as_json:
        print_json({"address": address, "lifted": lifted})
        return
    say(f"Mail may go to {address} again.")


def _text(copy: dict[str, object]) -> str:
    return "\n".join(readable(copy))
