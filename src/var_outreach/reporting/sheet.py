"""A list as it goes on paper: a heading, tables, nothing of how it is drawn.

*Reads*: nothing. *Writes*: nothing. *Next*: ``pdf``, ``excel``, ``printable`` and the command line
each show it in their own way, so that all four say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from var_outreach.agenda.model import Event
from var_outreach.i18n import format_date, format_moment, format_time

Cell = str | int


@dataclass(frozen=True)
class Column:
    """One column: what stands above it and how wide it is beside the others."""

    title: str
    share: float = 1.0
    number: bool = False


@dataclass(frozen=True)
class Section:
    """One table with the words above it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "Niemand."
    """What stands there where there are no rows."""
    named_by: int = 0
    """The column that says whose row it is."""


@dataclass(frozen=True)
class Heading:
    """What stands above every list of one event."""

    event_key: str
    event_title: str
    when: str
    where: str
    printed: str
    """The date and time on which the list was made, in words."""
    made_at: datetime
    """The same as an aware UTC datetime: the date inside the file."""


@dataclass(frozen=True)
class Sheet:
    """One list, ready to be shown."""

    name: str
    """A word for file names: ``bezoekers``."""
    title: str
    heading: Heading
    sections: tuple[Section, ...]
    remarks: tuple[str, ...] = ()
    """Sentences above the tables: totals, what a reader must know."""


def heading_of(event: Event, *, now: datetime, zone: ZoneInfo) -> Heading:
    """Return what stands above the lists of ``event`` that are made ``now``."""
    when = "datum volgt"
    if event.on_date is not None:
        when = format_moment(
            event.on_date, event.starts_at, event.ends_at, zone, until_date=event.until_date
        )
    day = format_date(now.astimezone(zone).date(), weekday=False)
    return Heading(
        event_key=event.key,
        event_title=event.title,
        when=when,
        where=", ".join(part for part in (event.place, event.address) if part),
        printed=f"{day}, {format_time(now, zone)} uur",
        made_at=now,
    )


def counted(count: int, one: str, many: str) -> str:
    """Return a number with its word: "1 persoon", "12 personen"."""
    return f"{count} {one if count == 1 else many}"


def capital(text: str) -> str:
    """Return ``text`` with a capital in front, the rest as it is."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str], *, between: str = ", ") -> str:
    """Return the parts that are not empty, in one line."""
    return between.join(part for part in parts if part)
