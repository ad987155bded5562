"""Which of an event's own questions are for whom: the porter, the caterer.

*Reads*: an event's questions. *Writes*: nothing. *Next*: the visitor list and the totals.

A question says by its key what it is about, for words may be anything. Only what is known to be
for the porter or the caterer is shown to them; everything else stays with staff.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from var_outreach.agenda.model import Event
from var_outreach.slugs import slug

PLATE = frozenset({"kenteken", "kentekens", "number-plate", "plate", "license-plate"})
ACCESS = frozenset(
    {"toegankelijkheid", "toegang", "voorzieningen", "hulpmiddelen", "access", "access-needs"}
)
DIET = frozenset({"dieet", "dieetwensen", "diet", "allergie", "allergieen", "eten", "lunch"})


@dataclass(frozen=True)
class Asked:
    """One question of an event."""

    key: str
    label: str


def plate_keys(event: Event) -> tuple[str, ...]:
    """Return the keys of the questions for a number plate."""
    return tuple(asked.key for asked in _about(event.questions, PLATE))


def catering_questions(event: Event) -> tuple[Asked, ...]:
    """Return what is asked for the caterer and the room, besides the diet in its own column."""
    return _about(event.questions, ACCESS | DIET)


def _about(questions: Iterable[Any], words: frozenset[str]) -> tuple[Asked, ...]:
    found = []
    for question in questions:
        key = str(question["key"])
        if slug(key.replace("_", "-")) in words:
            found.append(Asked(key, str(question.get("label") or key)))
    return tuple(found)
