"""What a notice to staff says, in Dutch."""

from __future__ import annotations

import re

import pytest

from tests.planning.facts import ZONE, at
from var_outreach.composing.samples import SAMPLE_NETWORK
from var_outreach.composing.staff_notice import compose_notice
from var_outreach.composing.staff_words import (
    KIND_WORDS,
    notice_lines,
    notice_subject,
    reason_in_dutch,
)
from var_outreach.drafting import ANSWERS_CLOSED, KNOWN_LATE, NOT_RELEASED, TOO_LATE
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.notices import Concern, Notice, Stop, Waiting

REASONS = (
    TOO_LATE,
    f"{TOO_LATE}: 4 had not gone yet",
    KNOWN_LATE,
    f"{KNOWN_LATE}, and {ANSWERS_CLOSED}",
    NOT_RELEASED,
    "approved for 40, but it would go to 90",
    "12 more would get it than were approved",
    "held by kernteam A",
)
"""Everything that the stages write into ``held_because``."""
HELD = Waiting(
    Concern.HELD, "invitation:2025-leerhuis", "invitation", "Leerhuis (7 april 2025)", TOO_LATE
)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_to_hold_has_its_words(reason: str) -> None:
    words = reason_in_dutch(reason)
    assert not words.startswith("De reden:")
    assert all(number in words for number in re.findall(r"\d+", reason))


def test_a_reason_of_later_stands_as_it_is() -> None:
    assert reason_in_dutch("the moon is full") == "De reden: the moon is full."


def test_every_kind_has_a_name() -> None:
    assert set(KIND_WORDS) == set(MailKind) - {MailKind.STAFF_NOTICE}


def test_a_held_mailing() -> None:
    notice = Notice("staff-notice:2025-03-14", (HELD,))
    assert notice_subject(notice, ZONE) == "Dit wacht op u: Uitnodiging: Leerhuis (7 april 2025)"
    first, second = notice_lines(notice, ZONE)
    assert first.startswith("Uitnodiging: Leerhuis (7 april 2025). Deze mailing staat stil. ")
    assert second == "Bekijk: var-outreach mailing show invitation:2025-leerhuis"


def test_several_things() -> None:
    goes_at = at("2025-03-14", 9)
    notice = Notice(
        "staff-notice:2025-03-14",
        (
            HELD,
            Waiting(Concern.FAILED, "update:x:1", "update", "X", "there is no audience 'netwerk'"),
            Waiting(Concern.UNCERTAIN, "newsletter:y", "newsletter", "4 maart 2025", count=3),
            Waiting(Concern.UNRELEASED, "look-back:z", "look-back", "Z", goes_at=goes_at),
        ),
    )
    assert notice_subject(notice, ZONE) == "Dit wacht op u: 4 zaken"
    text = "\n".join(notice_lines(notice, ZONE))
    assert "De fout: there is no audience 'netwerk'." in text
    assert "Van 3 mails is niet zeker" in text
    assert "wacht op vrijgave. Het moment: " in text
    assert "9 uur." in text


@pytest.mark.parametrize("waits", [True, False])
def test_a_pause(waits: bool) -> None:
    since = at("2025-03-14", 9, 30)
    stop = Stop("smtp", since, None if waits else since, "535 5.7.8 login refused")
    notice = Notice("staff-notice:pause:smtp:x", stop=stop)
    assert "9.30 uur" in notice_subject(notice, ZONE)
    text = "\n".join(notice_lines(notice, ZONE))
    assert ("outbox resume smtp" in text) is waits
    assert "535 5.7.8 login refused." in text
    assert "Ook deze mail kon pas weg" in text


@pytest.mark.parametrize("concern", list(Concern))
def test_sentences_are_short(concern: Concern) -> None:
    one = Waiting(
        concern, "invitation:a", "invitation", "Leerhuis", NOT_RELEASED, 2, at("2025-03-14")
    )
    stop = Stop("smtp", at("2025-03-14"), at("2025-03-14"), "weg")
    for notice in (Notice("a", (one,)), Notice("b", stop=stop)):
        for line in notice_lines(notice, ZONE):
            sentences = re.split(r"(?<=[.:]) ", line)
            assert not [sentence for sentence in sentences if len(sentence.split()) > 15]


def test_a_mail_is_made_of_it_whatever_it_quotes() -> None:
    nasty = Waiting(Concern.FAILED, "update:x", "update", "X\r\nBcc: y", "<b>\x00 fout\nregel 2")
    content = compose_notice(Notice("staff-notice:x", (nasty,)), SAMPLE_NETWORK)
    variant = content.variant("nl")
    assert "\n" not in variant.subject.strip()
    assert "&lt;b&gt;" in variant.html
    assert "<b>" in variant.text
