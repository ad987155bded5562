"""Replies to an event's own questions: kept with the answer, counted for who needs them.

*Reads*: an event's questions, the replies of who comes. *Writes*: nothing itself. *Next*:
``answers.py`` keeps what is checked here, the command line shows the counts, ``erasing.py``
empties the replies after the event.

A reply may say something of somebody's health or faith: it stands in no history and no mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.questions import Question, QuestionKind, questions_of
from var_outreach.errors import InputError
from var_outreach.message import without_controls
from var_outreach.registrations.model import COMING, Registration

Reply = str | bool
REPLY_LENGTH = 500
"""Characters that are kept of a reply in somebody's own words."""
YES, NO = "ja", "nee"


@dataclass(frozen=True)
class ReplyCount:
    """One question with how many of who comes replied, and what they chose."""

    key: str
    label: str
    kind: str
    required: bool
    coming: int
    replied: int
    counts: dict[str, int]
    """By option, or by "ja" and "nee"; empty for a question in own words, which names people."""


def checked_replies(questions: Iterable[Question], said: Mapping[str, Reply]) -> dict[str, Reply]:
    """Return what of ``said`` answers ``questions``, as it is kept; empty replies are left out.

    Raises InputError for a choice that is none of a question's options.
    """
    kept: dict[str, Reply] = {}
    for question in questions:
        reply = said.get(question.key)
        if reply is None or reply == "":
            continue
        if question.kind is QuestionKind.YES_NO:
            if not isinstance(reply, bool):
                raise InputError(f"'{reply}' is neither yes nor no", where=question.key)
            kept[question.key] = reply
            continue
        text = without_controls(str(reply)).strip()[:REPLY_LENGTH]
        if question.kind is QuestionKind.CHOICE and text not in question.options:
            raise InputError(f"'{text}' is none of the options", where=question.key)
        if text:
            kept[question.key] = text
    return kept


def keep_replies(registration: Registration, said: Mapping[str, Reply] | None) -> bool:
    """Store the replies to the questions that are asked now; tell whether one of them changed.

    None keeps all. A reply to a question that is asked no more stays until it is erased.
    """
    if said is None:
        return False
    questions = questions_of(registration.event.questions)
    asked = {one.key for one in questions}
    others = {key: reply for key, reply in registration.replies.items() if key not in asked}
    replies = {**others, **checked_replies(questions, said)}
    if replies == registration.replies:
        return False
    registration.replies = replies
    return True


def unanswered(questions: Iterable[Question], replies: Mapping[str, Any]) -> list[Question]:
    """Return the required questions to which ``replies`` say nothing."""
    return [one for one in questions if one.required and replies.get(one.key) in (None, "")]


def reply_counts(session: Session, event: Event) -> tuple[ReplyCount, ...]:
    """Return, by question of ``event``, how many of who comes replied and what they chose.

    After the replies are erased nobody has replied; what is kept then are ``Event.reply_totals``.
    """
    rows = session.execute(
        select(Registration.replies).where(
            Registration.event_id == event.id, Registration.state.in_(COMING)
        )
    )
    said = [dict(row.replies) for row in rows]
    return tuple(_count(one, said) for one in questions_of(event.questions))


def _count(question: Question, said: list[dict[str, Any]]) -> ReplyCount:
    replies = [one[question.key] for one in said if one.get(question.key) not in (None, "")]
    counts: dict[str, int] = {}
    if question.kind is QuestionKind.CHOICE:
        counts = {option: replies.count(option) for option in question.options}
    elif question.kind is QuestionKind.YES_NO:
        counts = {YES: replies.count(True), NO: replies.count(False)}
    return ReplyCount(
        key=question.key,
        label=question.label,
        kind=question.kind.value,
        required=question.required,
        coming=len(said),
        replied=len(replies),
        counts=counts,
    )
