"""``var-outreach speakers``: who speaks at an event, and what they said.

*Reads / Writes*: the speakers of an event. *Next*: the tick asks, reminds and thanks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated

import typer

from var_outreach.agenda.dutch_times import clock_time
from var_outreach.agenda.store import find_event
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.cli.arguments import Json, day_of
from var_outreach.cli.context import the_app
from var_outreach.cli.output import local, print_json, print_table, say
from var_outreach.errors import InputError
from var_outreach.programme.model import Speaker
from var_outreach.programme.speaking import speakers_of
from var_outreach.staff import programme as staff_programme

group = typer.Typer(no_args_is_help=True)
Event = Annotated[str, typer.Argument(help="Key of the event.")]
Address = Annotated[str, typer.Option(help="Mail address of the speaker.")]


@dataclass(frozen=True)
class Line:
    """One speaker as ``speakers list`` shows it."""

    name: str
    address: str | None
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    answer: str
    slides_due_on: date | None
    slides_url: str
    remark: str


@group.command()
def add(
    event: Event,
    name: Annotated[str, typer.Option(help="Who speaks.")],
    address: Address,
    title: Annotated[str, typer.Option(help="What the talk is called.")],
    starts: Annotated[str | None, typer.Option(help='Hour, like "10.45".')] = None,
    ends: Annotated[str | None, typer.Option(help='Hour, like "11.15".')] = None,
    slides_due: Annotated[
        date | None,
        typer.Option("--slides-due", parser=day_of, metavar="DAY", help="Last day for the slides."),
    ] = None,
) -> None:
    """Add a speaker, or change the talk of one; the speaker is asked by mail to confirm."""
    plan = SpeakerPlan(
        name=name,
        address=address,
        title=_needed(title, "--title"),
        starts=_hour(starts),
        ends=_hour(ends),
        slides_due_on=slides_due,
    )
    if plan.ends and not (plan.starts and plan.starts < plan.ends):
        raise InputError("the talk ends before it starts", remedy="Give --starts and --ends")
    is_new = staff_programme.add_speaker(the_app(), event, plan)
    say(f"{address} {'is added' if is_new else 'was known; the talk is changed'}.")
    say("See what goes out with: var-outreach plan show")


@group.command("list")
def list_(event: Event, as_json: Json = False) -> None:
    """List the speakers of an event."""
    app = the_app()
    with app.database.reading() as session:
        rows = [
            Line(
                name=one.contact.name,
                address=one.contact.address,
                title=one.title,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                answer=_answer(one),
                slides_due_on=one.slides_due_on,
                slides_url=one.slides_url,
                remark=one.remark,
            )
            for one in speakers_of(session, find_event(session, event))
        ]
    if as_json:
        print_json(rows)
        return
    zone = app.settings.zone
    print_table(
        f"Speakers of {event}",
        ("from", "name", "title", "answer", "slides due", "slides", "remark", "address"),
        [
            (
                local(row.starts_at, zone)[-5:],
                row.name,
                row.title,
                row.answer,
                row.slides_due_on,
                row.slides_url,
                row.remark,
                row.address,
            )
            for row in rows
        ],
    )


@group.command()
def remove(event: Event, address: Address) -> None:
    """Take a speaker off; nothing is mailed, so call first."""
    staff_programme.drop_speaker(the_app(), event, address)
    say(f"{address} is no speaker at {event} any more; nothing was mailed.")


def _answer(speaker: Speaker) -> str:
    if speaker.confirmed_at is not None:
        return "confirmed"
    return "asked" if speaker.declined_at is None else "declined"


def _needed(text: str, option: str) -> str:
    if not text.strip():
        raise InputError(f"{option} is empty", remedy="Fill it in")
    return text


def _hour(text: str | None) -> time | None:
    if text is None:
        return None
    found = clock_time(text.strip())
    if found is None:
        raise InputError(f"'{text}' is not an hour", remedy='Write it like "9.30"')
    return found
