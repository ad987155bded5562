"""Bring the audiences of a file in: they are read once at the first start, and by this after it.

*Reads / Writes*: saved audiences. *Next*: planning names them; a draft takes a change over, and an
approval of what has changed falls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.audiences.definition import AudienceDefinition, load_audiences
from var_outreach.audiences.store import list_audiences, save_audience
from var_outreach.settings import config_dir


@dataclass(frozen=True)
class AudienceChange:
    """One audience that the file has otherwise than we."""

    key: str
    before: tuple[str, ...]
    """Its lines as they were; none for a new one."""
    after: tuple[str, ...]


@dataclass
class AudienceReport:
    """How a file differs from what is kept."""

    new: list[AudienceChange] = field(default_factory=list)
    changed: list[AudienceChange] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    only_here: list[str] = field(default_factory=list)
    """Not in the file; they stay."""


def import_audiences(app: App, path: Path, *, dry_run: bool = False) -> AudienceReport:
    """Take over the audiences of a file; return what differed. With ``dry_run`` nothing is kept.

    What is not in the file stays. Raises ConfigError, with the line, for a file that cannot be
    used.
    """
    definitions = load_audiences(path)
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        report = differences(session, definitions)
        wanted = {change.key for change in (*report.new, *report.changed)}
        for definition in definitions:
            if definition.key in wanted:
                save_audience(session, definition, now=app.clock.now())
    if not dry_run:
        app.wake()
    return report


def differing_audiences(app: App) -> list[str]:
    """Return the keys of audiences that the configured file has otherwise than we."""
    definitions = load_audiences(config_dir() / "audiences.yaml")
    with app.database.reading() as session:
        report = differences(session, definitions)
    return sorted(change.key for change in (*report.new, *report.changed))


def differences(session: Session, definitions: Iterable[AudienceDefinition]) -> AudienceReport:
    """Return how ``definitions`` differ from what is kept."""
    known = {one.key: one for one in list_audiences(session)}
    report = AudienceReport()
    given = set()
    for definition in definitions:
        given.add(definition.key)
        before = known.get(definition.key)
        if before is None:
            report.new.append(AudienceChange(definition.key, (), _lines(definition)))
        elif before.as_dict() == definition.as_dict():
            report.same.append(definition.key)
        else:
            change = AudienceChange(definition.key, _lines(before), _lines(definition))
            report.changed.append(change)
    report.only_here = sorted(known.keys() - given)
    return report


def _lines(definition: AudienceDefinition) -> tuple[str, ...]:
    return (
        f"name: {definition.name}",
        *(f"include: {_words(line.as_dict())}" for line in definition.include),
        *(f"exclude: {_words(line.as_dict())}" for line in definition.exclude),
    )


def _words(line: dict[str, object]) -> str:
    return json.dumps(line, ensure_ascii=False, sort_keys=True)
