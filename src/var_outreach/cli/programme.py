"""``var-outreach programme``: rounds of workshops, who is where, how many fit.

*Reads / Writes*: an event's programme. *Next*: the tick tells guests of what changed for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from var_outreach.agenda.store import find_event
from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import local, print_json, print_table, say, warn
from var_outreach.errors import InputError
from var_outreach.programme.arranging import ArrangeReport
from var_outreach.programme.store import chosen_counts, room_lists, waiting_counts
from var_outreach.staff import programme as staff_programme

group = typer.Typer(no_args_is_help=True)
Event = Annotated[str, typer.Argument(help="Key of the event.")]
Workshop = Annotated[str, typer.Argument(help='"round/workshop", as programme show lists them.')]


@dataclass(frozen=True)
class Line:
    """One workshop as ``programme show`` lists it."""

    round: str
    starts_at: datetime | None
    ends_at: datetime | None
    key: str
    title: str
    room: str
    capacity: int | None
    chosen: int
    waiting: int
    guests: list[str]


@group.command()
def show(
    event: Event,
    as_json: Json = False,
    names: Annotated[bool, typer.Option("--names", help="Also who is in each workshop.")] = False,
) -> None:
    """Show rounds and workshops, how many are in each and how many wait."""
    app = the_app()
    with app.database.reading() as session:
        found = find_event(session, event)
        taken, waiting = chosen_counts(session, found), waiting_counts(session, found)
        rows = [
            Line(
                round=part.name,
                starts_at=part.starts_at,
                ends_at=part.ends_at,
                key=f"{part.key}/{room.workshop.key}",
                title=room.workshop.title,
                room=room.workshop.room,
                capacity=room.workshop.capacity,
                chosen=taken.get(room.workshop.id, 0),
                waiting=waiting.get(room.workshop.id, 0),
                guests=sorted(one.attendee_name for one in room.registrations),
            )
            for part, rooms in room_lists(session, found)
            for room in rooms
        ]
    if as_json:
        print_json(rows)
        return
    zone = app.settings.zone
    print_table(
        f"Programme of {event}",
        ("round", "from", "title", "room", "#chosen", "#places", "#waiting", "key"),
        [
            (
                row.round,
                local(row.starts_at, zone)[-5:],
                row.title,
                row.room,
                row.chosen,
                row.capacity,
                row.waiting,
                row.key,
            )
            for row in rows
        ],
    )
    if names:
        for row in rows:
            say(f"{row.key}: {', '.join(row.guests) or 'nobody yet'}")


@group.command("set")
def set_(
    event: Event,
    file: Annotated[Path, typer.Argument(help="YAML with rounds: and speakers:")],
    take_out_missing: Annotated[
        bool, typer.Option("--take-out-missing", help="Take out workshops the file does not name.")
    ] = False,
) -> None:
    """Make the programme what a file says; guests are told of what changes for them."""
    report = staff_programme.set_programme(
        the_app(), event, file, take_out_missing=take_out_missing
    )
    _say_report(report.rounds, event)
    for word, found in (
        ("speaker added", report.speakers.added),
        ("speaker changed", report.speakers.changed),
        ("speaker not in the file, stays", report.speakers.not_in_file),
    ):
        for address in found:
            say(f"{word}: {address}")


@group.command()
def capacity(
    event: Event,
    workshop: Workshop,
    places: Annotated[str, typer.Argument(help='A whole number, or "none" for no limit.')],
) -> None:
    """Give a workshop more or fewer places; who waits moves up and is told."""
    if places != "none" and not (places.isascii() and places.isdigit() and len(places) < 7):
        raise InputError(f"'{places}' is no number of places", remedy='For example: 40, or "none"')
    limit = None if places == "none" else int(places)
    _say_report(staff_programme.set_workshop_capacity(the_app(), event, workshop, limit), event)


@group.command("take-out")
def take_out(event: Event, workshop: Workshop) -> None:
    """Take a workshop out of the programme; who was in it or waited is told."""
    _say_report(staff_programme.take_out(the_app(), event, workshop), event)


def _say_report(report: ArrangeReport, event: str) -> None:
    for word, keys in (
        ("added", report.added),
        ("changed", report.changed),
        ("taken out", report.taken_out),
        ("not in the file, stays", report.not_in_file),
    ):
        for key in keys:
            say(f"{word}: {key}")
    if report.promoted:
        say(f"{report.promoted} who waited moved up; they are told by mail.")
    for key, more in report.over_full.items():
        warn(
            f"{key} has {more} guests more than places. Nobody is put out: give it more places "
            f"(var-outreach programme capacity {event} {key} NUMBER), or ask who will change"
        )
    if not (report.added or report.changed or report.taken_out or report.promoted):
        say("Nothing changed in the rounds.")
