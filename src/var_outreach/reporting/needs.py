"""What the caterer and the venue must reckon with, in numbers.

*Reads*: diets and replies of who comes. *Writes*: nothing. *Next*: mailed to the caterer.

Names stand in it only where staff ask for them: a diet may say something of health or faith
(AVG art. 9), and a kitchen cooks for numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.registrations.erasing import DIET
from var_outreach.registrations.wordings import folded_wording, reply_texts
from var_outreach.reporting.guests import Guest, guests_of
from var_outreach.reporting.questions import catering_questions
from var_outreach.reporting.sheet import Cell, Column, Heading, Section, Sheet, capital, counted

DIET_LABEL = "Dieetwensen"


@dataclass(frozen=True)
class Need:
    """One wording and how many wrote it, in whatever capitals and spaces."""

    wording: str
    count: int
    names: tuple[str, ...]
    """By surname; empty unless asked for."""


@dataclass(frozen=True)
class NeedsOfOneQuestion:
    """All needs of one question, the most frequent first."""

    label: str
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class NeedTotals:
    """What is needed at one event."""

    coming: int
    questions: tuple[NeedsOfOneQuestion, ...]
    with_names: bool
    erased: bool = False
    """The replies themselves are gone; these are the totals that were kept."""


def need_totals(session: Session, event: Event, *, with_names: bool = False) -> NeedTotals:
    """Return diets and other needs of everybody who comes, counted by wording."""
    coming = [guest for guest in guests_of(session, event) if guest.comes]
    asked = [(DIET, DIET_LABEL), *((one.key, one.label) for one in catering_questions(event))]
    if not (event.asks_diet or DIET in event.reply_totals or any(one.diet for one in coming)):
        asked = asked[1:]
    erased = False
    questions = []
    for key, label in asked:
        needs = counted_needs(
            ((text, guest) for guest in coming for text in _said(guest, key)), with_names
        )
        if not needs and key in event.reply_totals:
            erased = True
            kept = event.reply_totals[key].items()
            needs = tuple(Need(wording, count, ()) for wording, count in kept)
        questions.append(NeedsOfOneQuestion(label, needs))
    return NeedTotals(len(coming), tuple(questions), with_names, erased)


def counted_needs(said: Iterable[tuple[str, Guest]], with_names: bool) -> tuple[Need, ...]:
    """Return each wording with its count; "Vegetarisch" and " vegetarisch." are one."""
    wordings: dict[str, list[tuple[str, Guest]]] = {}
    for text, guest in said:
        folded = folded_wording(text)
        if folded:
            wordings.setdefault(folded, []).append((" ".join(text.split()), guest))
    needs = [
        Need(
            wording=capital(found[0][0].rstrip(".")),
            count=len(found),
            names=tuple(guest.name for _, guest in found) if with_names else (),
        )
        for found in wordings.values()
    ]
    return tuple(sorted(needs, key=lambda need: (-need.count, need.wording.casefold())))


def needs_as_sheet(found: NeedTotals, heading: Heading) -> Sheet:
    """Return the totals as one table a question."""
    columns = [Column("Wens", 3), Column("Aantal", 0.8, number=True)]
    if found.with_names:
        columns.append(Column("Namen", 4))
    sections = tuple(
        Section(
            caption=question.label,
            columns=tuple(columns),
            rows=tuple(_row(need, found.with_names) for need in question.needs),
            empty="Niemand heeft hier een wens.",
        )
        for question in found.questions
    )
    remarks = [counted(found.coming, "deelnemer komt.", "deelnemers komen.")]
    if found.erased:
        remarks.append("De antwoorden zelf zijn gewist. Dit zijn de aantallen van toen.")
    if not sections:
        remarks.append("Bij deze bijeenkomst is niet gevraagd naar dieet of toegankelijkheid.")
    return Sheet("dieet", "Dieet en toegankelijkheid", heading, sections, tuple(remarks))


def _row(need: Need, with_names: bool) -> tuple[Cell, ...]:
    own: tuple[Cell, ...] = (need.wording, need.count)
    return (*own, ", ".join(need.names)) if with_names else own


def _said(guest: Guest, key: str) -> list[str]:
    return [guest.diet] if key == DIET else reply_texts(guest.replies.get(key))
