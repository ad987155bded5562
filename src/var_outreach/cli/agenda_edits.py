"""``var-outreach agenda edit``, ``postpone`` and ``successor``: changes that ask for a decision.

*Reads / Writes*: the agenda. *Next*: ``plan show`` says what mail follows.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from var_outreach.agenda.dutch_times import clock_time
from var_outreach.cli.arguments import By, Json, day_of
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.output import local, print_json, say, warn
from var_outreach.errors import InputError

# As in ``agenda``: what needs the database is imported where it is used.
if TYPE_CHECKING:
    from var_outreach.staff.agenda import Edited
    from var_outreach.staff.rescheduling import Successor

Reason = Annotated[str, typer.Option(help="Why, in words for invitees; stands in their mail.")]


def edit(
    key: str,
    capacity: Annotated[int | None, typer.Option(min=0, help="How many can come.")] = None,
    to_waiting_list: Annotated[
        list[str] | None,
        typer.Option(help="Who waits if there are fewer places: numbers, as 12,13."),
    ] = None,
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Let all who accepted come; nobody new until room.")
    ] = False,
    follows: Annotated[
        str | None, typer.Option(help="Move along when this event moves, given by its key.")
    ] = None,
    follows_nothing: Annotated[
        bool, typer.Option("--follows-nothing", help="Stand by itself again.")
    ] = False,
    as_json: Json = False,
    by: By = None,
) -> None:
    """Change how many can come to an event, or which event it follows."""
    from var_outreach.staff import agenda as staff_agenda

    if follows and follows_nothing:
        raise InputError("it cannot follow an event and none", remedy="Say one of the two")
    fields: dict[str, Any] = {}
    if capacity is not None:
        fields["capacity"] = capacity
    if follows or follows_nothing:
        fields["follows"] = follows or None
    waiting = _numbers(to_waiting_list or [])
    if capacity is None and (waiting or keep_all):
        raise InputError(
            "--to-waiting-list and --keep-all go with --capacity", remedy="Give the capacity too"
        )
    if not fields:
        raise InputError("there is nothing to change", remedy="Give --capacity or --follows")
    app = the_app()
    edited = staff_agenda.edit_event(
        app, key, fields, by=whoami(by), to_waiting_list=waiting, keep_all=keep_all
    )
    report_edit(edited, app.settings.zone, as_json=as_json)
    if waiting and not as_json:
        say(f"{len(waiting)} now wait, before all others, and are told.")


def postpone(key: str, reason: Reason = "", as_json: Json = False, by: By = None) -> None:
    """Put an event off, date to follow; who was told of it hears so, once you release it."""
    from var_outreach.staff import rescheduling

    app = the_app()
    edited = rescheduling.postpone_event(app, key, by=whoami(by), reason=reason)
    if as_json:
        report_edit(edited, app.settings.zone, as_json=True)
        return
    say(f"{key} is postponed; see what goes out with: var-outreach plan show")
    say(f"When there is a new date: var-outreach agenda successor {key} --on 2026-03-17")
    for warning in edited.warnings:
        warn(f"Note: {warning}")


def successor(
    key: Annotated[str, typer.Argument(help="The event that is postponed.")],
    on: Annotated[
        date | None, typer.Option(parser=day_of, metavar="DAY", help="The day of the new event.")
    ] = None,
    starts: Annotated[
        str | None, typer.Option(help='Hour, like "9.30"; later if not known.')
    ] = None,
    ends: Annotated[str | None, typer.Option(help='Hour, like "12.00".')] = None,
    title: Annotated[str, typer.Option(help="Another title; else the same.")] = "",
    place: Annotated[str | None, typer.Option(help="Another place; else the same.")] = None,
    other: Annotated[
        str | None, typer.Option("--is", help="An event that is in the agenda already.")
    ] = None,
    as_json: Json = False,
    by: By = None,
) -> None:
    """Plan what is held instead of a postponed event; who had accepted is invited first."""
    from var_outreach.staff import rescheduling

    if (on is None) == (other is None):
        raise InputError(
            "give the day of a new event, or the key of one that is there",
            remedy=f"agenda successor {key} --on 2026-03-17, or: agenda successor {key} --is KEY",
        )
    app = the_app()
    if other is not None:
        if starts or ends or title or place is not None:
            raise InputError(
                f"'{other}' has its own hours, title and place", remedy="Give --is alone"
            )
        found = rescheduling.take_successor(app, key, other, by=whoami(by))
    else:
        assert on is not None
        found = rescheduling.plan_successor(
            app,
            key,
            on=on,
            starts=hour_of(starts) if starts else None,
            ends=hour_of(ends) if ends else None,
            title=title,
            place=place,
            by=whoami(by),
        )
    _report_successor(key, found, as_json=as_json)


def hour_of(text: str) -> time:
    """Return the hour that somebody typed; raises InputError."""
    found = clock_time(text.strip())
    if found is None:
        raise InputError(f"'{text}' is not an hour", remedy='Write it like "9.30"')
    return found


def report_edit(edited: Edited, zone: ZoneInfo, *, as_json: bool) -> None:
    """Print what changed, what moved along, and what staff should look at."""
    if as_json:
        changes = [
            {"field": one.field, "before": one.before, "after": one.after} for one in edited.changes
        ]
        print_json(
            {
                "changes": changes,
                "moved_along": edited.moved_along,
                "warnings": edited.warnings,
            }
        )
        return
    for change in edited.changes:
        say(f"{change.field}: {shown_value(change.before, zone)} -> "
            f"{shown_value(change.after, zone)}")  # fmt: skip
    if not edited.changes:
        say("Nothing changed.")
    report_followers(edited)


def report_followers(edited: Edited) -> None:
    """Print what moved along, and what staff should look at."""
    for moved in edited.moved_along:
        say(f"Note: {moved.in_words()}")
    for warning in edited.warnings:
        warn(f"Note: {warning}")


def shown_value(text: str | None, zone: ZoneInfo) -> str:
    """Return a kept value for people: an instant as the clock on the wall shows it."""
    if not text:
        return "(nothing)"
    if len(text) > len("2025-10-16"):
        try:
            return local(datetime.fromisoformat(text), zone)
        except ValueError:
            pass
    return text


def _report_successor(key: str, found: Successor, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    say(f"{found.key} on {found.on_date} is held instead of {key}")
    say("Who had accepted is invited first; look at it and release it:")
    say(f"  var-outreach mailing show invitation:{found.key}:first")
    for warning in found.warnings:
        warn(f"Note: {warning}")


def _numbers(given: list[str]) -> list[int]:
    numbers = []
    for text in (one.strip() for part in given for one in part.split(",") if one.strip()):
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InputError(
                f"'{text}' is no number of a registration",
                where="--to-waiting-list",
                remedy="Give the numbers that the question lists, as 12,13",
            )
        numbers.append(int(text))
    return numbers
