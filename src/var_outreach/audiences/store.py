"""Keeps the named audiences.

*Reads*: the table of audiences; the shipped definitions when seeding. *Writes*: the table.
*Next*: planning names an audience by key, ``resolve.py`` finds its people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.audiences.definition import AudienceDefinition, definition_from_dict
from var_outreach.audiences.model import Audience
from var_outreach.errors import ConfigError, InputError, NotFound
from var_outreach.people.model import Topic
from var_outreach.slugs import slug


def seed_audiences(
    session: Session, definitions: Iterable[AudienceDefinition], *, now: datetime
) -> int:
    """Add the definitions that are missing and return how many; what staff changed stays.

    Raises ConfigError if a definition names a theme that is not there (seed the themes first).
    """
    known = set(session.scalars(select(Audience.key)))
    missing = [definition for definition in definitions if definition.key not in known]
    for definition in missing:
        try:
            save_audience(session, definition, now=now)
        except ConfigError:
            raise
        except InputError as error:
            raise ConfigError(error.what, where=error.where, remedy=error.remedy) from error
    return len(missing)


def list_audiences(session: Session) -> list[AudienceDefinition]:
    """Return all audiences by name."""
    rows = session.scalars(select(Audience).order_by(Audience.name, Audience.key))
    return [_definition(row) for row in rows]


def get_audience(session: Session, key: str) -> AudienceDefinition:
    """Return the audience with ``key``; raises NotFound that names the nearest one."""
    row = session.scalar(select(Audience).where(Audience.key == key))
    if row is not None:
        return _definition(row)
    keys = list(session.scalars(select(Audience.key).order_by(Audience.key)))
    near = get_close_matches(key, keys, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(keys) or 'none'}"
    raise NotFound(f"There is no audience '{key}'", remedy=hint)


def save_audience(session: Session, definition: AudienceDefinition, *, now: datetime) -> None:
    """Keep ``definition`` under its key, new or changed.

    Raises InputError for a key that is no slug, an audience without lines, a line that asks
    nothing (it would take everybody in) or a theme that is not there.
    """
    _check(session, definition)
    data = definition.as_dict()
    row = session.scalar(select(Audience).where(Audience.key == definition.key))
    if row is None:
        row = Audience(key=definition.key)
        session.add(row)
    row.name = definition.name
    row.include = data["include"]
    row.exclude = data["exclude"]
    row.changed_at = now
    session.flush()


def _check(session: Session, definition: AudienceDefinition) -> None:
    where = f"audience {definition.key}"
    lines = (*definition.include, *definition.exclude)
    if not definition.key or slug(definition.key) != definition.key:
        raise InputError(
            "the key is not in lowercase with hyphens",
            where=where,
            remedy=f"Use '{slug(definition.key) or 'netwerk-jeugd'}'",
        )
    if not definition.include or not all(line.as_dict() for line in lines):
        raise InputError(
            "a line asks nothing, or there is none to take people in",
            where=where,
            remedy="Give each line a condition",
        )
    named = {topic for line in lines for topic in line.topics}
    known = set(session.scalars(select(Topic.key)))
    for topic in sorted(named - known):
        near = get_close_matches(topic, known, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"The themes are: {', '.join(known)}"
        raise InputError(f"there is no theme '{topic}'", where=where, remedy=hint)


def _definition(row: Audience) -> AudienceDefinition:
    return definition_from_dict(
        {"key": row.key, "name": row.name, "include": row.include, "exclude": row.exclude}
    )
