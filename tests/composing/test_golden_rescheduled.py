"""What a postponed event and its successor say, in both languages, as composed.

UPDATE_GOLDEN=1 writes the files anew, for review. They hold the places of the person as
``⟦name⟧``; the other mails of these kinds stand in ``tests/golden/mail``.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from var_outreach.agenda.model import EventState
from var_outreach.composing.content import CLOSE_MARK, OPEN_MARK, Content
from var_outreach.composing.event_mail import compose_event_mail
from var_outreach.composing.facts import EventMailFacts, MailKind
from var_outreach.composing.newsletter import compose_newsletter
from var_outreach.composing.samples import sample_event_facts, sample_issue

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "rescheduled"
OFFERS = [f"{language}{state}" for language in ("nl", "en") for state in ("", "/first", "/waited")]


def postponed() -> EventMailFacts:
    """Return the facts of an event that was put off, and why."""
    facts = sample_event_facts(MailKind.CANCELLATION)
    event = replace(facts.event, state=EventState.POSTPONED)
    return replace(facts, event=event, reason="De zaal heeft waterschade.")


def successor() -> EventMailFacts:
    """Return the facts of what is held instead of it, the next year."""
    facts = sample_event_facts(MailKind.INVITATION)
    event = replace(
        facts.event,
        key="2026-03-16-leerhuis-mensenhandel",
        on_date=date(2026, 3, 16),
        starts_at=datetime(2026, 3, 16, 8, 30, tzinfo=UTC),
        ends_at=datetime(2026, 3, 16, 11, 0, tzinfo=UTC),
        doors_at=None,
        answer_by_on=date(2026, 3, 2),
        replaces_key=facts.event.key,
    )
    return replace(facts, event=event, replaces=postponed().event)


@cache
def content(name: str) -> Content:
    if name == "postponed":
        return compose_event_mail(MailKind.CANCELLATION, postponed())
    return compose_event_mail(MailKind.INVITATION, successor())


CASES = [("postponed", "nl"), ("postponed", "en"), *(("successor", key) for key in OFFERS)]


def golden_files(name: str, key: str) -> dict[Path, str]:
    variant = content(name).variant(key)
    stem = f"{name}.{key.replace('/', '-')}"
    texts = {"subject.txt": f"{variant.subject}\n", "txt": variant.text, "html": variant.html}
    return {
        GOLDEN / f"{stem}.{ending}": text.replace(OPEN_MARK, "⟦").replace(CLOSE_MARK, "⟧")
        for ending, text in texts.items()
    }


@pytest.mark.parametrize(("name", "key"), CASES)
def test_mail_is_the_golden_one(name: str, key: str) -> None:
    for file, text in golden_files(name, key).items():
        if os.environ.get("UPDATE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), f"{file.name} differs"


def test_every_golden_file_has_a_mail() -> None:
    assert set(GOLDEN.iterdir()) == {file for case in CASES for file in golden_files(*case)}


def test_only_a_successor_has_the_variants_of_one() -> None:
    assert {one.key for one in content("successor").variants} == set(OFFERS)
    usual = compose_event_mail(MailKind.INVITATION, sample_event_facts(MailKind.INVITATION))
    assert {one.key for one in usual.variants} == {"nl", "en"}
    assert "uitgesteld" not in usual.variant("nl").text


def test_postponed_is_never_called_off() -> None:
    for variant in content("postponed").variants:
        whole = f"{variant.subject} {variant.text} {variant.html}"
        assert "gaat niet door" not in whole
        assert "cancelled" not in whole
    nl = content("postponed").variant("nl")
    assert nl.subject.startswith("Uitgesteld, datum volgt: ")
    assert nl.text.count("Uitgesteld, datum volgt") == 1


def test_the_newsletter_says_that_an_event_of_its_agenda_is_off() -> None:
    issue = sample_issue(items=2, events=3)
    first, second, third = issue.events
    off = (
        replace(first, state=EventState.POSTPONED),
        replace(second, state=EventState.CANCELLED),
        third,
    )
    said = compose_newsletter(replace(issue, events=off))
    nl = " ".join(said.variant("nl").text.split())
    assert "Uitgesteld, datum volgt. Eerst gepland op maandag 6 oktober 2025, 10 tot" in nl
    assert "Gaat niet door: woensdag 15 oktober 2025" in nl
    assert nl.count("Zet in uw agenda:") == 1, "only what goes on can be put into a calendar"
    assert said.variant("nl").html.count(f"{third.key}.ics") == 1
    assert f"{first.key}.ics" not in said.variant("nl").html
    en = " ".join(said.variant("en").text.split())
    assert "Postponed, date to follow. First planned for Monday 6 October 2025" in en
