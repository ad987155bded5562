"""What an entry of an agenda file says, in the fields of an event.

*Reads*: an ``AgendaEntry``. *Writes*: nothing. *Next*: ``importing`` compares it with what the
file said the last time, and applies the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from var_outreach.agenda.entries import AgendaEntry
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.agenda.questions import DIET, Question, questions_as_json
from var_outreach.clock import at_local
from var_outreach.message import without_controls

_LINES = {"audience": "meant_for", "invite": "audience_key"}
_AS_GIVEN = {
    "ends_on": "until_date",
    "answer_by": "answer_by_on",
    "capacity": "capacity",
    "max_per_organisation": "max_per_organisation",
    "registration_open": "registration_open",
}
_NOTED = {
    "when": "Wanneer: {}",
    "title_en": "Engelse titel: {}",
    "description_en": "Engelse tekst: {}",
    "language": "Taal: {}",
}
"""What an event has no field for: staff read it among the notes."""


def empty_fields() -> dict[str, Any]:
    """Return what the fields that a file may leave out hold then; fresh lists at each call."""
    return {
        "topic_key": None,
        "until_date": None,
        "starts_at": None,
        "ends_at": None,
        "doors_at": None,
        "place": None,
        "address": None,
        "online_url": None,
        "description": None,
        "meant_for": None,
        "audience_key": None,
        "programme": [],
        "partners": [],
        "capacity": None,
        "max_per_organisation": None,
        "answer_by_on": None,
        "asks_diet": False,
        "questions": [],
        "registration_open": False,
        "quantity": 1,
        "recap_markdown": None,
        "recap_links": [],
    }


def entry_fields(entry: AgendaEntry, zone: ZoneInfo) -> dict[str, Any]:
    """Return what ``entry`` says, by the names of the event's fields.

    What it leaves out is absent; the date alone is always there, None for an undated event.
    """
    values: dict[str, Any] = {
        "kind": entry.kind,
        "title": _line(entry.title),
        "on_date": entry.on_date,
    }
    for name, text in (
        ("place", entry.place),
        ("address", entry.address),
        ("online_url", entry.online_url),
        ("topic_key", entry.topic),
    ):
        if text:
            values[name] = _line(text)
    for name, moment in (("starts_at", entry.starts_at), ("ends_at", entry.ends_at)):
        if moment is not None:
            values[name] = moment
    if entry.quantity != 1:
        values["quantity"] = entry.quantity
    return values | _extra_fields(entry, zone)


def entry_notes(entry: AgendaEntry) -> list[str]:
    """Return what staff should read beside the event, in Dutch."""
    notes = list(entry.notes)
    # A plan text says in its own notes when something is to be.
    if entry.source == "yaml":
        for name, words in _NOTED.items():
            if text := entry.extra.get(name):
                notes.append(words.format(_line(str(text))))
    return notes


def as_kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` as plain JSON, to be compared with at the next import."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _extra_fields(entry: AgendaEntry, zone: ZoneInfo) -> dict[str, Any]:
    extra = entry.extra
    values: dict[str, Any] = {}
    for name, target in _LINES.items():
        if text := extra.get(name):
            values[target] = _line(str(text))
    for name, target in _AS_GIVEN.items():
        if extra.get(name) is not None:
            values[target] = extra[name]
    if text := extra.get("description"):
        values["description"] = without_controls(str(text)).strip()
    if partners := _texts(extra.get("partners")):
        values["partners"] = partners
    if asked := _questions(extra.get("questions")):
        values["asks_diet"] = any(one.key == DIET for one in asked)
        values["questions"] = questions_as_json(one for one in asked if one.key != DIET)
    if programme := _programme(extra.get("programme")):
        values["programme"] = programme
    doors = extra.get("doors")
    if isinstance(doors, time) and entry.on_date is not None:
        values["doors_at"] = at_local(entry.on_date, doors, zone)
    if state := extra.get("state"):
        values["state"] = EventState(str(state))
    if visibility := extra.get("visibility"):
        values["visibility"] = Visibility(str(visibility))
    return values


def _programme(items: object) -> list[dict[str, str]]:
    """Return the lines of a programme with hours as they are printed: "09.30".

    A file gives when a line begins, not when it ends; no hour is ever made up.
    """
    if not isinstance(items, tuple | list):
        return []
    return [
        {"from": (hour or "").replace(":", "."), "to": "", "title": _line(text)}
        for hour, text in items
    ]


def _questions(value: object) -> list[Question]:
    if not isinstance(value, tuple | list):
        return []
    return [one for one in value if isinstance(one, Question)]


def _texts(value: object) -> list[str]:
    if not isinstance(value, tuple | list):
        return []
    return [line for one in value if (line := _line(str(one)))]


def _line(text: str) -> str:
    return " ".join(without_controls(text).split())
