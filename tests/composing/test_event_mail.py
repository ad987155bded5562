"""Mails about an event: what they say, in which state, and that nothing in them is obeyed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from var_outreach.agenda.facts import Link, ProgrammeLine
from var_outreach.agenda.model import EventState
from var_outreach.composing.content import OPEN_MARK, place, split_places
from var_outreach.composing.event_mail import STATES, compose_event_mail
from var_outreach.composing.facts import EventMailFacts, KindName, MailKind
from var_outreach.composing.samples import SAMPLE_EVENT, SAMPLE_KINDS, sample_event_facts
from var_outreach.errors import InputError

NASTY = "<b onload=x>&\"' </title><script>alert(1)</script>{{ 7*7 }}"


def facts(kind: MailKind = MailKind.INVITATION, **changes: Any) -> EventMailFacts:
    """Return sample facts, the event's fields changed."""
    sample = sample_event_facts(kind)
    return replace(sample, event=replace(sample.event, **changes))


def text(kind: MailKind, given: EventMailFacts, key: str = "nl") -> str:
    """Return the text part, its lines joined so that wrapping does not matter."""
    return " ".join(compose_event_mail(kind, given).variant(key).text.split())


def places(html: str) -> set[str]:
    return set(split_places(html)[1::2])


def test_invitation_states_facts_before_buttons_before_programme() -> None:
    variant = compose_event_mail(MailKind.INVITATION, facts()).variant("nl")
    for body in (variant.html, variant.text):
        order = [
            body.index(words)
            for words in ("Wanneer", "Voor wie", "Ik kom", "Misschien", "Programma")
        ]
        assert order == sorted(order)
    assert {"accept_url", "tentative_url", "decline_url", "offices", "source_line"} <= places(
        variant.html
    )
    assert "010 - 555 01 23" in variant.text
    said = " ".join(variant.text.split())
    assert "Wij nodigen u uit voor het Leerhuis Signalen van mensenhandel op maandag" in said
    assert "Laat u uiterlijk 3 november weten of u komt?" in said


def test_date_only_event_asks_to_note_the_date() -> None:
    bare = facts(starts_at=None, ends_at=None, doors_at=None, programme=())
    said = text(MailKind.INVITATION, bare)
    assert "noteer alvast" in said
    assert "De tijden volgen later." in said
    assert "agenda. Wijzigen kan altijd" not in said


def test_online_event_has_its_link_in_both_parts() -> None:
    online = facts(place=None, address=None, online_url="https://online.example/zaal?a=1&b=2")
    variant = compose_event_mail(MailKind.PARTICIPANT_REMINDER, online).variant("nl")
    assert 'href="https://online.example/zaal?a=1&amp;b=2"' in variant.html
    assert "https://online.example/zaal?a=1&b=2" in variant.text.split()
    assert "Waar:" not in variant.text


@pytest.mark.parametrize(
    ("title", "kind", "language", "named"),
    [
        ("Leerhuis Jeugd", "leerhuis", "nl", "het Leerhuis Jeugd"),
        ("Samen sterk", "leerhuis", "nl", "het leerhuis “Samen sterk”"),
        ("Netwerkbijeenkomst", "netwerkbijeenkomst", "nl", "de netwerkbijeenkomst"),
        ("Samen sterk", "leerhuis", "en", "the learning session “Samen sterk”"),
        ("Netwerkbijeenkomst", "netwerkbijeenkomst", "en", "the network meeting"),
    ],
)
def test_event_is_named_without_saying_its_kind_twice(
    title: str, kind: str, language: str, named: str
) -> None:
    given = replace(facts(title=title), kind_name=SAMPLE_KINDS[kind])
    start = "Wij nodigen u uit voor" if language == "nl" else "We invite you to"
    end = "op" if language == "nl" else "on"
    assert f"{start} {named} {end}" in text(MailKind.INVITATION, given, language)


@pytest.mark.parametrize(
    ("moved", "key", "said"),
    [
        (True, "nl/asked", "Uw eerdere antwoord telt niet meer. Komt u?"),
        (False, "nl/asked", "Wij hebben nog geen antwoord van u. Komt u?"),
        (False, "nl", "Uw antwoord blijft staan."),
    ],
)
def test_update_asks_anew_or_keeps_the_answer(moved: bool, key: str, said: str) -> None:
    given = replace(sample_event_facts(MailKind.UPDATE), date_moved=moved)
    variant = compose_event_mail(MailKind.UPDATE, given).variant(key)
    assert said in variant.text
    assert ("accept_url" in places(variant.html)) == key.endswith("asked")
    assert variant.subject.startswith("Nieuwe datum" if moved else "Gewijzigd")


def test_update_tells_before_and_after_in_the_readers_language() -> None:
    content = compose_event_mail(MailKind.UPDATE, sample_event_facts(MailKind.UPDATE))
    assert "was: maandag 17 november 2025" in content.variant("nl").text
    assert "will be: Monday 24 November 2025" in content.variant("en").text


def test_cancelled_and_postponed_differ() -> None:
    cancelled = sample_event_facts(MailKind.CANCELLATION)
    said = text(MailKind.CANCELLATION, cancelled)
    assert "Het leerhuis van 17 november gaat niet door. U hoeft niets te doen." in said
    postponed = replace(cancelled, event=replace(cancelled.event, state=EventState.POSTPONED))
    said = text(MailKind.CANCELLATION, postponed)
    assert "is uitgesteld. Wij zoeken een nieuwe datum." in said
    undated = replace(postponed, event=replace(postponed.event, on_date=None, starts_at=None))
    assert "Het leerhuis is uitgesteld." in text(MailKind.CANCELLATION, undated)


def test_waiting_list_names_the_number() -> None:
    said = text(MailKind.WAITLIST, facts())
    assert f"U bent nummer {place('waitlist_number')} op de wachtlijst." in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("accepted", "U bent aangemeld."),
        ("declined", "U komt niet op"),
        ("tentative", "U komt misschien op"),
        ("cancelled", "U bent afgemeld."),
    ],
)
def test_confirmation_says_its_state(state: str, said: str) -> None:
    variant = compose_event_mail(MailKind.CONFIRMATION, facts()).variant(f"nl/{state}")
    assert said in variant.text
    assert ("attendees" in places(variant.html)) == (state == "accepted")


def test_look_back_thanks_those_who_came() -> None:
    content = compose_event_mail(MailKind.LOOK_BACK, sample_event_facts(MailKind.LOOK_BACK))
    assert "Dank voor uw komst" in content.variant("nl/attended").text
    assert "niet bij" in content.variant("nl").text
    assert "Signalenkaart (pdf):\nhttps://" in content.variant("nl").text


@pytest.mark.parametrize("kind", list(STATES))
def test_no_field_of_an_event_is_obeyed(kind: MailKind) -> None:
    nasty = replace(
        sample_event_facts(kind),
        kind_name=KindName(NASTY, NASTY, NASTY),
        own_word=NASTY.replace("{{ 7*7 }}", ""),
        reason=NASTY,
    )
    event = replace(
        nasty.event,
        title=NASTY,
        place=NASTY,
        address=NASTY,
        description=NASTY,
        meant_for=NASTY,
        programme=(ProgrammeLine(NASTY, NASTY, NASTY, NASTY),),
        recap_markdown=NASTY.replace("{{ 7*7 }}", ""),
        recap_links=(Link(NASTY, 'https://a.example/"><script>'),),
    )
    network = replace(
        nasty.network,
        name=NASTY,
        short_name=NASTY,
        contact_name=NASTY,
        phone=NASTY,
        postal_address=NASTY,
        contact_address=NASTY,
    )
    changes = tuple(replace(one, before=NASTY, after=NASTY) for one in nasty.changes)
    partners = tuple(replace(one, name=NASTY) for one in nasty.partners)
    given = replace(nasty, event=event, network=network, changes=changes, partners=partners)
    for variant in compose_event_mail(kind, given).variants:
        assert "<script" not in variant.html
        assert "<b " not in variant.html
        assert variant.html.count("</title>") == 1
        assert "49" not in re.sub(r"#\w+|&#\d+;", "", variant.html.split("<body")[1])
        assert NASTY in variant.text.replace("\n", " ") or NASTY in variant.subject


def test_marks_and_control_characters_of_outside_are_taken_out() -> None:
    given = facts(title=f"A\r\nBcc: x@y.example\x00{OPEN_MARK}name\ue001", description="een\x07")
    variant = compose_event_mail(MailKind.INVITATION, given).variant("nl")
    assert variant.subject.startswith("Uitnodiging: A Bcc: x@y.examplename")
    assert "\x07" not in variant.html + variant.text
    assert not places(variant.subject)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//a.example", "https:// spatie", "x"])
def test_link_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="is not a link"):
        compose_event_mail(MailKind.INVITATION, facts(online_url=url))


def test_event_without_a_date_is_refused() -> None:
    with pytest.raises(InputError, match="without a date"):
        compose_event_mail(MailKind.INVITATION, facts(on_date=None, starts_at=None, ends_at=None))


def test_other_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="not a mail about an event"):
        compose_event_mail(MailKind.NEWSLETTER, facts())


def test_unknown_field_in_the_own_word_names_the_event() -> None:
    with pytest.raises(InputError) as caught:
        compose_event_mail(MailKind.INVITATION, replace(facts(), own_word="x\n{{ geheim }}"))
    assert SAMPLE_EVENT.key in caught.value.where
    assert caught.value.where.endswith(":2")


def test_several_days_are_named() -> None:
    assert "tot en met dinsdag 18 november 2025" in text(
        MailKind.INVITATION, facts(until_date=date(2025, 11, 18))
    )
