"""Takes the address of a person who is erased out of the audiences that name it.

*Reads / Writes*: saved audiences. *Next*: ``staff/privacy.py`` does the same with what mailings
froze of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.audiences.model import Audience


def forget_addresses(session: Session, addresses: Sequence[str]) -> list[str]:
    """Take ``addresses`` out of every saved audience; return the keys of those that change."""
    changed = []
    for audience in session.scalars(select(Audience).order_by(Audience.key)):
        lines = {"include": audience.include, "exclude": audience.exclude}
        left = without_addresses(lines, addresses)
        if left != lines:
            audience.include, audience.exclude = left["include"], left["exclude"]
            changed.append(audience.key)
    session.flush()
    return changed


def without_addresses(definition: Mapping[str, Any], addresses: Sequence[str]) -> dict[str, Any]:
    """Return an audience's lines without ``addresses``.

    A line that named nobody else goes: without the condition it would take in everybody.
    """
    gone = {address.lower() for address in addresses}
    found = dict(definition)
    for side in ("include", "exclude"):
        lines = []
        for line in found.get(side, []):
            named = line.get("contacts")
            if not named:
                lines.append(line)
                continue
            left = [one for one in named if one.lower() not in gone]
            if left:
                lines.append({**line, "contacts": left})
        found[side] = lines
    return found
