"""What an event asks of whoever comes, besides the diet: its own questions as plain data.

*Reads*: nothing. *Writes*: nothing. *Next*: ``yaml_questions`` reads them from a year plan, the
pages ask them, ``registrations/replies.py`` keeps and counts what was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yesno"


@dataclass(frozen=True)
class Question:
    """One question of an event; ``key`` names it and its replies for as long as they are kept."""

    key: str
    label: str
    label_en: str = ""
    kind: QuestionKind = QuestionKind.TEXT
    options: tuple[str, ...] = ()
    """Between which a CHOICE is made; the reply is one of these words."""
    required: bool = False

    def words(self, language: str) -> tuple[str, str]:
        """Return the label for a page in ``language``, and the language that the label is in."""
        if language == "en" and self.label_en:
            return self.label_en, "en"
        return self.label, "nl"


DIET = "dieet"
"""The built-in question that has a column of its own, ``asks_diet``."""
DIET_WORDS = frozenset({"diet", "dieet", "dieetwensen"})
"""How a file may write it; no other question has such a key."""
BUILT_IN = {
    one.key: one
    for one in (
        Question(DIET, "Dieetwensen", "Dietary requirements"),
        Question(
            "toegankelijkheid",
            "Wat hebt u nodig om goed mee te kunnen doen?",
            "What do you need in order to take part?",
        ),
        Question("kenteken", "Kenteken van uw auto", "Number plate of your car"),
    )
}
"""Questions that a file may ask by their name alone."""


def questions_as_json(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Return ``questions`` as they are kept with an event."""
    return [
        {
            "key": one.key,
            "label": one.label,
            "label_en": one.label_en,
            "kind": one.kind.value,
            "options": list(one.options),
            "required": one.required,
        }
        for one in questions
    ]


def questions_of(kept: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Return the questions that an event keeps; what is not said of one is as in a file."""
    return tuple(
        Question(
            key=str(one["key"]),
            label=str(one.get("label") or one["key"]),
            label_en=str(one.get("label_en") or ""),
            kind=QuestionKind(one.get("kind") or QuestionKind.TEXT),
            options=tuple(str(option) for option in one.get("options") or ()),
            required=bool(one.get("required")),
        )
        for one in kept
    )
