"""What the team does in the course of a rehearsed year, read from a file.

*Reads*: a YAML file of steps. *Writes*: events, through ``staff``. *Next*: ``year.py`` plays each
step on its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.clock import at_local
from var_outreach.errors import FileError
from var_outreach.staff import agenda as staff_agenda

BY = "rehearsal"
HOURS = {"from": "starts_at", "to": "ends_at", "doors": "doors_at"}
PLAIN = (
    "place",
    "address",
    "online_url",
    "capacity",
    "asks_diet",
    "registration_open",
    "programme",
    "recap_markdown",
    "recap_links",
)


@dataclass(frozen=True)
class ScriptStep:
    """One act of staff on one day."""

    on: date
    event_key: str
    values: dict[str, Any]
    cancel: bool = False


def read_script(path: Path) -> tuple[ScriptStep, ...]:
    """Return the steps in ``path``, by date; raises FileError with the number of a wrong step."""
    try:
        data = YAML(typ="safe").load(path.read_text("utf-8"))
        steps = data["steps"]
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError) as error:
        raise FileError(
            f"the script cannot be read ({error})", where=str(path), remedy="Restore it"
        ) from error
    found = []
    for number, step in enumerate(steps, start=1):
        try:
            found.append(
                ScriptStep(
                    step["on"], step["event"], dict(step.get("set") or {}), bool(step.get("cancel"))
                )
            )
            unknown = set(found[-1].values) - {*HOURS, *PLAIN, "date"}
            if unknown:
                raise KeyError(", ".join(sorted(unknown)))
        except (KeyError, TypeError, AttributeError) as error:
            raise FileError(
                f"step {number} lacks or misspells {error}",
                where=str(path),
                remedy="Each step has 'on', 'event', and 'set' or 'cancel'",
            ) from error
    return tuple(sorted(found, key=lambda step: step.on))


def play_step(app: App, step: ScriptStep) -> None:
    """Do what ``step`` says, as staff would."""
    if step.cancel:
        staff_agenda.cancel_event(app, step.event_key, by=BY)
        return
    fields: dict[str, Any] = {name: step.values[name] for name in PLAIN if name in step.values}
    day = step.values.get("date")
    if day is not None:
        fields["on_date"] = day
    hours = {name: _hour(step.values[word]) for word, name in HOURS.items() if word in step.values}
    if hours and day is None:
        with app.database.reading() as session:
            day = find_event(session, step.event_key).on_date
    if hours:
        assert day is not None
        fields |= {name: at_local(day, hour, app.settings.zone) for name, hour in hours.items()}
    staff_agenda.edit_event(app, step.event_key, fields, by=BY)


def _hour(text: str) -> time:
    return time.fromisoformat(str(text).replace(".", ":").zfill(5))
