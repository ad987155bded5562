"""An event's own questions on a page: read from a form, with what is missing said at the field.

*Reads*: a form. *Writes*: nothing. *Next*: the routers put the replies into the answer;
``_questions.html`` shows the same fields.
"""

from __future__ import annotations

from collections.abc import Iterable

from var_outreach.agenda.questions import Question, QuestionKind
from var_outreach.registrations.replies import NO, REPLY_LENGTH, YES, Reply
from var_outreach.web.forms import Form
from var_outreach.web.site import Here

PREFIX = "vraag"
"""Before the key of a question in the name of its field; the answer page puts its number between."""


def read_replies(
    here: Here, form: Form, questions: Iterable[Question], prefix: str, *, needed: bool = True
) -> dict[str, Reply]:
    """Return the replies to ``questions`` by key, from the fields ``PREFIX-KEY`` of a form.

    Notes an error at the field of a required question without a reply, if ``needed``: who does
    not come, or may, need not reply to anything.
    """
    found: dict[str, Reply] = {}
    for question in questions:
        field = f"{prefix}-{question.key}"
        reply = _read(here, form, question, field)
        if reply is not None:
            found[question.key] = reply
        elif needed and question.required and field not in form.errors:
            form.errors[field] = _missing(here, question)
    return found


def _read(here: Here, form: Form, question: Question, field: str) -> Reply | None:
    said = form.text(field)
    if question.kind is QuestionKind.YES_NO:
        return {YES: True, NO: False}.get(said)
    if question.kind is QuestionKind.CHOICE:
        return said if said in question.options else None
    too_long = here._("Maak uw tekst korter, tot 500 tekens.")
    text = form.note(field, too_long=too_long)
    if len(text) > REPLY_LENGTH:
        form.errors[field] = too_long
    return text or None


def _missing(here: Here, question: Question) -> str:
    label, _ = question.words(here.language)
    if question.kind is QuestionKind.TEXT:
        return here._("Vul in: %(question)s", question=label)
    return here._("Kies een antwoord: %(question)s", question=label)
