"""Which of an event's own questions are for whom: the porter, the caterer.

*Reads*: an event's questions. *Writes*: nothing. *Next*: the visitor list and the totals.

A question says by its key what it is about, for words may be anything. Only what is known to be
for the porter or the caterer is shown to them; everything else stays with staff.
"""

from __future__ import annotations

from var_outreach.agenda.model import Event
from var_outreach.agenda.questions import Question, questions_of
from var_outreach.slugs import slug

PLATE = frozenset({"kenteken", "kentekens", "number-plate", "plate", "license-plate"})
ACCESS = frozenset(
    {"toegankelijkheid", "toegang", "voorzieningen", "hulpmiddelen", "access", "access-needs"}
)
DIET = frozenset({"dieet", "dieetwensen", "diet", "allergie", "allergieen", "eten", "lunch"})


def plate_keys(event: Event) -> tuple[str, ...]:
    """Return the keys of the questions for a number plate."""
    return tuple(question.key for question in _about(event, PLATE))


def catering_questions(event: Event) -> tuple[Question, ...]:
    """Return what is asked for the caterer and the room, besides the diet in its own column."""
    return _about(event, ACCESS | DIET)


def _about(event: Event, words: frozenset[str]) -> tuple[Question, ...]:
    return tuple(
        question
        for question in questions_of(event.questions)
        if slug(question.key.replace("_", "-")) in words
    )
