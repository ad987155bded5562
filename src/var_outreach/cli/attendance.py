"""``var-outreach attendance``: note and show who was there.

*Reads / Writes*: registrations of one event. *Next*: ``report year`` counts them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import print_json, print_table, say, warn
from var_outreach.errors import InputError
from var_outreach.staff import attendance as staff_attendance
from var_outreach.staff.attendance_list import numbers, read_lines, typed_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from var_outreach.reporting.attendance import Attendance
    from var_outreach.reporting.guests import Guest

group = typer.Typer(no_args_is_help=True)
EventKey = Annotated[str, typer.Argument(help="The event's key; see: agenda list.")]
Numbers = list[str]


@group.callback()
def attendance() -> None:
    """Who was there: marked by number or list, walk-ins, online counts."""


@group.command()
def mark(
    event: EventKey,
    present: Annotated[
        Numbers | None, typer.Option(help="Numbers of who was there: 12 or 12,13.")
    ] = None,
    absent: Annotated[Numbers | None, typer.Option(help="Numbers of who was not.")] = None,
    undo: Annotated[
        Numbers | None, typer.Option(help="Numbers of whom the mark is taken back.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The list as it came back from the door: .csv or .xlsx.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="A sheet of the workbook.")] = None,
    partly: Annotated[
        bool, typer.Option("--partly", help="Take the lines that are clear, name the others.")
    ] = False,
    rest_absent: Annotated[
        bool, typer.Option("--rest-absent", help="Whoever had a place and is not named was not.")
    ] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Mark who was there and who was not; the numbers stand on "lists presence"."""
    lines = typed_lines(present or [], absent or [])
    taken_back = numbers(undo or [], "--undo")
    unread: Sequence[InputError] = ()
    if file is not None:
        from_file, unread = read_lines(file, sheet=sheet)
        lines += from_file
    elif sheet is not None:
        raise InputError("only a file has sheets", where="--sheet", remedy="Give --file too")
    if not (lines or taken_back or file):
        raise InputError(
            "nobody is named", remedy="Give --present, --absent, --undo or --file, or: all-present"
        )
    app = the_app()
    name = whoami(by)
    undone = 0
    if taken_back:
        undone = staff_attendance.undo_marks(app, event, taken_back, by=name).undone
    done = staff_attendance.Marked(0, 0, undone)
    if lines or file:
        done = staff_attendance.mark_lines(
            app,
            event,
            lines,
            by=name,
            unread=unread,
            partly=partly,
            rest_absent=rest_absent,
            where=str(file) if file else "",
        )
    for problem in done.problems:
        warn(f"left out: {problem}")
    if as_json:
        left_out = [str(problem) for problem in done.problems]
        counts = {"present": done.present, "absent": done.absent, "undone": undone}
        print_json({**counts, "left_out": left_out})
        return
    undone_words = f", {undone} taken back" if undone else ""
    say(f"Marked: {done.present} present, {done.absent} absent{undone_words}")


@group.command("all-present")
def all_present(
    event: EventKey,
    but: Annotated[
        Numbers | None, typer.Option("--except", help="Numbers of who was not: 12 or 12,13.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Mark everybody who had accepted as there, except some."""
    stayed_away = numbers(but or [], "--except")
    done = staff_attendance.mark_all_present(the_app(), event, by=whoami(by), absent=stayed_away)
    if as_json:
        print_json({"present": done.present, "absent": done.absent})
        return
    say(f"Marked: {done.present} present, {done.absent} absent")


@group.command("walk-in")
def walk_in(
    event: EventKey,
    name: Annotated[str, typer.Option(help="As on the badge.")],
    organisation: Annotated[str, typer.Option(help="For whom they came.")] = "",
    function: Annotated[str, typer.Option(help="What they are called.")] = "",
    address: Annotated[
        str | None, typer.Option(help="Their mail address, if they left it.")
    ] = None,
    somebody_else: Annotated[
        bool, typer.Option("--somebody-else", help="Another of this name is on the list already.")
    ] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Add somebody who was there and on no list."""
    guest, is_new = staff_attendance.note_walk_in(
        the_app(),
        event,
        name=name,
        organisation=organisation,
        function=function,
        address=address,
        by=whoami(by),
        somebody_else=somebody_else,
    )
    if as_json:
        print_json({"registration": guest.registration_id, "name": guest.name, "new": is_new})
        return
    known = "added" if is_new else "was invited already, and is marked as there"
    say(f"{guest.name} ({guest.organisation or 'no organisation'}): {known}")


@group.command()
def counted(
    event: EventKey,
    live: Annotated[int | None, typer.Option(help="How many took part online.")] = None,
    views: Annotated[int | None, typer.Option(help="How often the recording was viewed.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Type in what a video service counted."""
    if live is None and views is None:
        raise InputError("no count is given", remedy="Give --live, --views or both")
    done = staff_attendance.note_counted(the_app(), event, live=live, views=views, by=whoami(by))
    if as_json:
        print_json(done.figures)
        return
    shown = {"live": done.figures.counted_live, "views": done.figures.counted_views}
    say(", ".join(f"{count} {what}" for what, count in shown.items() if count is not None))


@group.command()
def show(event: EventKey, as_json: Json = False) -> None:
    """Show who was there, who stayed away and of whom nobody knows."""
    found = staff_attendance.show_attendance(the_app(), event)
    if as_json:
        print_json(_as_json(found))
        return
    figures = found.figures
    if figures.participants is None:
        say("Nothing is marked or counted yet.")
    else:
        say(f"{figures.participants} took part.")
    for count, words in (
        (figures.present, "present"),
        (figures.walk_ins, "of them walked in"),
        (figures.absent, "had a place and stayed away"),
        (figures.unmarked, "had a place; not marked yet"),
        (figures.represented, "offices were represented by somebody else"),
        (figures.speakers, "spoke, and do not count as participants"),
        (figures.counted_live, "counted online"),
        (figures.counted_views, "views of the recording"),
    ):
        if count:
            say(f"{count:>6}  {words}")
    for title, guests in (
        ("Absent", found.absent),
        ("Not marked", found.unmarked),
    ):
        if guests:
            rows = [(g.registration_id, g.name, g.function, g.organisation) for g in guests]
            print_table(title, ("# number", "name", "function", "organisation"), rows)


def _as_json(found: Attendance) -> dict[str, object]:
    walked_in = frozenset(found.walk_ins)

    def people(guests: Sequence[Guest]) -> list[dict[str, object]]:
        return [
            {
                "registration": guest.registration_id,
                "name": guest.name,
                "function": guest.function,
                "organisation": guest.organisation,
                "walk_in": guest.registration_id in walked_in,
            }
            for guest in guests
        ]

    return {
        "event": found.event,
        "figures": found.figures,
        "present": people(found.present),
        "absent": people(found.absent),
        "unmarked": people(found.unmarked),
        "speakers": people(found.speakers),
    }
