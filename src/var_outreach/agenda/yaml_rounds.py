"""Rounds, workshops and speakers of one event, as they are written in YAML.

*Reads*: YAML nodes under ``rounds:`` and ``speakers:``, in a year plan or a file of their own.
*Writes*: nothing. *Next*: ``programme/arranging.py`` and ``programme/speaking.py`` apply what is
read; this stage keeps it as plain data in an entry's ``extra``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time

from ruamel.yaml.nodes import Node

from var_outreach.agenda.yaml_fields import read_date, read_time
from var_outreach.errors import FileError, HeaderError
from var_outreach.message import checked_address, checked_name
from var_outreach.slugs import slug
from var_outreach.yaml_nodes import Reading, line_of

MOST_ROUNDS = 8
"""As many as a mail has places for."""
_ROUND = ("id", "name", "date", "from", "to", "workshops")
_WORKSHOP = ("id", "title", "description", "room", "capacity")
_SPEAKER = ("name", "address", "title", "from", "to", "slides_due")


@dataclass(frozen=True)
class WorkshopPlan:
    """One workshop as a file gives it; ``key`` names it for as long as it exists."""

    key: str
    title: str
    description: str = ""
    room: str = ""
    capacity: int | None = None


@dataclass(frozen=True)
class RoundPlan:
    """One round as a file gives it; hours are local to the event's day, or to ``on_date``."""

    key: str
    name: str
    starts: time | None
    ends: time | None
    workshops: tuple[WorkshopPlan, ...]
    on_date: date | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class SpeakerPlan:
    """Somebody who is to speak; ``address`` says who it is."""

    name: str
    address: str
    title: str
    starts: time | None = None
    ends: time | None = None
    slides_due_on: date | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class ProgrammePlan:
    """What a programme file holds."""

    rounds: tuple[RoundPlan, ...] = ()
    speakers: tuple[SpeakerPlan, ...] = ()


def read_programme_file(text: str, *, name: str) -> ProgrammePlan:
    """Return the rounds and speakers in the YAML ``text``; ``name`` is what an error calls it.

    Raises ``FileError`` (``RowErrors`` if several things are wrong) with file, line and remedy.
    """
    reading = Reading(name)
    root = reading.compose(text)
    if root is None:
        raise FileError("the file holds no programme", where=name, remedy="Add 'rounds:'")
    top = reading.mapping(root, "the file", ("rounds", "speakers"))
    plan = ProgrammePlan(
        read_rounds(reading, top["rounds"]) if "rounds" in top else (),
        read_speakers(reading, top["speakers"]) if "speakers" in top else (),
    )
    reading.finish()
    return plan


def read_rounds(reading: Reading, node: Node) -> tuple[RoundPlan, ...]:
    """Return the rounds under ``rounds:``; what is wrong is noted in ``reading``."""
    found: list[RoundPlan] = []
    for item in reading.items(node, "rounds"):
        one = _round(reading, item)
        if one is None:
            continue
        if one.key in {other.key for other in found}:
            reading.wrong(item, f"the round '{one.key}' is there twice", "Give it its own 'id:'")
        for other in found:
            if _overlap(one, other):
                reading.wrong(
                    item,
                    f"'{one.name}' begins before '{other.name}' ends",
                    "Nobody can be in two rounds at once: change the hours",
                )
        found.append(one)
    if len(found) > MOST_ROUNDS:
        reading.wrong(node, f"there are more than {MOST_ROUNDS} rounds", "Join some of them")
    return tuple(found)


def read_speakers(reading: Reading, node: Node) -> tuple[SpeakerPlan, ...]:
    """Return the speakers under ``speakers:``; what is wrong is noted in ``reading``."""
    found: list[SpeakerPlan] = []
    for item in reading.items(node, "speakers"):
        one = _speaker(reading, item)
        if one is None:
            continue
        if one.address.lower() in {other.address.lower() for other in found}:
            reading.wrong(item, f"{one.address} speaks twice", "Keep one talk for each address")
        found.append(one)
    return tuple(found)


def _round(reading: Reading, node: Node) -> RoundPlan | None:
    fields = reading.mapping(node, "a round", _ROUND)
    name = _needed(reading, node, fields, "name", "a round")
    starts, ends = _hours(reading, fields)
    on_date = read_date(reading, fields["date"], "date") if "date" in fields else None
    workshops: list[WorkshopPlan] = []
    for item in reading.items(fields["workshops"], "workshops") if "workshops" in fields else ():
        workshop = _workshop(reading, item)
        if workshop is None:
            continue
        if workshop.key in {other.key for other in workshops}:
            reading.wrong(
                item, f"the workshop '{workshop.key}' is there twice", "Give it its own 'id:'"
            )
        workshops.append(workshop)
    if fields and not workshops:
        reading.wrong(node, "a round has no workshops", "Add 'workshops:', each with a title")
    if name is None:
        return None
    key = _key(reading, fields, name)
    return RoundPlan(key, name, starts, ends, tuple(workshops), on_date, line_of(node))


def _workshop(reading: Reading, node: Node) -> WorkshopPlan | None:
    fields = reading.mapping(node, "a workshop", _WORKSHOP)
    title = _needed(reading, node, fields, "title", "a workshop")
    capacity = reading.whole(fields["capacity"], "capacity") if "capacity" in fields else None
    room = (reading.text(fields["room"], "room") or "") if "room" in fields else ""
    description = ""
    if "description" in fields and reading.text(fields["description"], "description"):
        description = str(fields["description"].value).strip()
    if title is None:
        return None
    return WorkshopPlan(_key(reading, fields, title), title, description, room, capacity)


def _speaker(reading: Reading, node: Node) -> SpeakerPlan | None:
    fields = reading.mapping(node, "a speaker", _SPEAKER)
    said = [_needed(reading, node, fields, one, "a speaker") for one in _SPEAKER[:3]]
    starts, ends = _hours(reading, fields)
    due = read_date(reading, fields["slides_due"], "slides_due") if "slides_due" in fields else None
    name, address, title = said
    if name is None or address is None or title is None:
        return None
    try:
        checked_name(name)
        checked_address(address)
    except HeaderError as error:
        reading.wrong(node, error.what, error.remedy)
        return None
    return SpeakerPlan(name, address, title, starts, ends, due, line_of(node))


def _needed(
    reading: Reading, node: Node, fields: dict[str, Node], name: str, what: str
) -> str | None:
    value = reading.text(fields[name], name) if name in fields else None
    if value is None and fields:
        reading.wrong(node, f"{what} lacks '{name}'", f"Add '{name}:'")
    return value


def _key(reading: Reading, fields: dict[str, Node], otherwise: str) -> str:
    own = reading.text(fields["id"], "id") if "id" in fields else None
    return slug(own or otherwise, longest=60, otherwise="x")


def _hours(reading: Reading, fields: dict[str, Node]) -> tuple[time | None, time | None]:
    starts = read_time(reading, fields["from"], "from") if "from" in fields else None
    ends = read_time(reading, fields["to"], "to") if "to" in fields else None
    if "to" in fields and "from" not in fields:
        reading.wrong(fields["to"], "'to' needs 'from'", "Add 'from:'")
    if starts and ends and ends <= starts:
        reading.wrong(fields["to"], "the end is not after the start", "Swap the two times")
    return starts, ends


def _overlap(one: RoundPlan, other: RoundPlan) -> bool:
    if one.on_date != other.on_date or not (one.starts and other.starts):
        return False
    first, second = sorted((one, other), key=lambda part: part.starts or time(0))
    return first.starts == second.starts or bool(
        first.ends and second.starts and second.starts < first.ends
    )
