"""``var-outreach lists``: what is printed or mailed before the day.

*Reads*: one event with all its people. *Writes*: a file, where asked. *Next*: the printer, the
porter, the caterer, whoever telephones.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import json_text, print_json, print_table, say
from var_outreach.errors import Conflict, FileError
from var_outreach.reporting.lists import EventList, ListName
from var_outreach.staff.event_lists import make_event_list

if TYPE_CHECKING:
    from var_outreach.reporting.sheet import Sheet

group = typer.Typer(no_args_is_help=True)


class Format(StrEnum):
    """How a list is shown."""

    TEXT = "text"
    JSON = "json"
    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


ON_SCREEN = frozenset({Format.TEXT, Format.JSON})
OnFormat = Annotated[
    Format, typer.Option("--format", help="text and json are printed, the others are files.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help="The file to write; default a name made of the event.")
]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
EventKey = Annotated[str, typer.Argument(help="The event's key; see: agenda list.")]


@group.callback()
def lists() -> None:
    """Badges, visitors, diets, who comes per municipality, whom to call, rooms."""


@group.command()
def badges(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    by_organisation: Annotated[
        bool, typer.Option("--by-organisation", help="Keep those of one organisation together.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Name badges by surname; as PDF, cards of 85 by 55 mm."""
    found = _made(ListName.BADGES, event, by_organisation=by_organisation)
    _show(found, Format.JSON if as_json else how, out, force=force)


@group.command()
def visitors(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show who comes in, for the porter; number plates if the event asks them."""
    _show(_made(ListName.VISITORS, event), Format.JSON if as_json else how, out, force=force)


@group.command()
def diet(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    names: Annotated[
        bool, typer.Option("--names", help="With the names; not for sharing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Count diets and access needs, for caterer and venue."""
    found = _made(ListName.DIET, event, with_names=names)
    _show(found, Format.JSON if as_json else how, out, force=force)


@group.command()
def matrix(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show per municipality and organisation who comes, who does not, who is silent."""
    _show(_made(ListName.MATRIX, event), Format.JSON if as_json else how, out, force=force)


@group.command()
def calls(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show who did not answer or cannot be reached by mail."""
    _show(_made(ListName.CALLS, event), Format.JSON if as_json else how, out, force=force)


@group.command()
def rooms(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show who is expected in which workshop."""
    _show(_made(ListName.ROOMS, event), Format.JSON if as_json else how, out, force=force)


@group.command()
def presence(
    event: EventKey,
    how: OnFormat = Format.TEXT,
    out: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show who is expected, to tick at the door; "attendance mark --file" reads it again."""
    _show(_made(ListName.PRESENCE, event), Format.JSON if as_json else how, out, force=force)


def _made(
    name: ListName, key: str, *, by_organisation: bool = False, with_names: bool = False
) -> tuple[EventList, str]:
    app = the_app()
    found = make_event_list(app, name, key, by_organisation=by_organisation, with_names=with_names)
    return found, app.settings.network.name


def _show(made: tuple[EventList, str], how: Format, out: Path | None, *, force: bool) -> None:
    found, network = made
    if how in ON_SCREEN and out is None:
        if how is Format.JSON:
            print_json(found.data)
        else:
            _print(found.sheet)
        return
    path = out or Path(f"{found.sheet.name}-{found.sheet.heading.event_key}.{how}")
    write_private(path, _bytes(found, how, network), force=force)
    say(f"Written: {path}")


def _bytes(found: EventList, how: Format, network: str) -> bytes:
    # Each of these draws in a library of its own, which no other command waits for.
    if how is Format.PDF:
        from var_outreach.reporting.pdf import badges_as_pdf, sheet_as_pdf

        if found.badges is not None:
            cards = found.badges.badges
            return badges_as_pdf(cards, found.sheet.heading, network=network)
        return sheet_as_pdf(found.sheet, network=network)
    if how is Format.XLSX:
        from var_outreach.reporting.excel import sheet_as_xlsx

        return sheet_as_xlsx(found.sheet, network=network)
    if how is Format.HTML:
        from var_outreach.reporting.printable import sheet_as_html

        return sheet_as_html(found.sheet, network=network).encode()
    if how is Format.JSON:
        return json_text(found.data).encode()
    return _text(found.sheet).encode()


def write_private(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file that only its owner may read, for it holds personal data.

    Raises Conflict if there is one already and ``force`` does not say to write over it, FileError
    if it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            # One that was there before keeps its rights otherwise.
            path.chmod(0o600)
            file.write(data)
    except FileExistsError as error:
        raise Conflict(
            "this file is there already",
            where=str(path),
            remedy="Name another with --out, or write over it with --force",
        ) from error
    except OSError as error:
        raise FileError(
            f"the file cannot be written ({error.strerror})",
            where=str(path),
            remedy="Name another with --out",
        ) from error


def _print(sheet: Sheet) -> None:
    for line in _above(sheet):
        say(line)
    for section in sheet.sections:
        titles = [f"# {c.title}" if c.number else c.title for c in section.columns]
        print_table(section.caption, titles, section.rows)


def _above(sheet: Sheet) -> list[str]:
    heading = sheet.heading
    lines = (sheet.title, heading.event_title, heading.when, heading.where, *sheet.remarks)
    return [line for line in lines if line]


def _text(sheet: Sheet) -> str:
    """Return the list as plain text: cells between tabs, so that it can be taken anywhere."""
    lines = _above(sheet)
    for section in sheet.sections:
        lines += ["", section.caption, "\t".join(column.title for column in section.columns)]
        lines += ["\t".join(" ".join(str(cell).split()) for cell in row) for row in section.rows]
    return "\n".join(lines) + "\n"
