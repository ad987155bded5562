"""Speakers: asked, confirmed, slides, and how they stand in the programme."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.programme.stage import ZONE, Stage
from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.errors import Conflict, HeaderError, InputError, NotFound
from var_outreach.programme.speaking import (
    checked_slides_url,
    put_speaker,
    put_speakers,
    record_speaker,
    remove_speaker,
    speaker_by_token,
    speakers_of,
    with_speakers,
)
from var_outreach.registrations.store import counts_by_state
from var_outreach.storage.engine import Database

NOOR = SpeakerPlan(
    "Noor Spreker", "noor@spreker.example", "Samen verder", time(10), time(10, 30),
    date(2025, 3, 1),
)  # fmt: skip
PIET = SpeakerPlan("Piet Spreker", "piet@spreker.example", "Welkom")


def test_a_speaker_is_added_once_and_is_no_participant(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session)
        first, is_new, _ = put_speaker(session, event, NOOR, zone=ZONE, now=stage.now)
        again, is_new_again, changed = put_speaker(session, event, NOOR, zone=ZONE, now=stage.now)
        assert (is_new, is_new_again, changed) == (True, False, False)
        assert first is again
        assert event.on_date is not None
        assert first.starts_at == datetime.combine(event.on_date, time(9), UTC)
        assert speaker_by_token(session, first.token) is first
        assert sum(counts_by_state(session, event.id).values()) == 0


def test_a_changed_talk_keeps_what_the_speaker_said(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session)
        row, *_ = put_speaker(session, event, NOOR, zone=ZONE, now=stage.now)
        record_speaker(
            session, row, confirms=True, slides_url=" https://dia.example/1 ", remark="Een beamer",
            now=stage.now,
        )  # fmt: skip
        other = SpeakerPlan("Noor", "NOOR@spreker.example", "Anders verder")
        report = put_speakers(session, event, [other, PIET], zone=ZONE, now=stage.now)
        assert (report.changed, report.added) == (["NOOR@spreker.example"], [PIET.address])
        assert (row.title, row.starts_at, row.confirmed_at) == ("Anders verder", None, stage.now)
        assert (row.slides_url, row.remark) == ("https://dia.example/1", "Een beamer")
        assert [one.contact.name for one in speakers_of(session, event)] == [
            "Noor Spreker", "Piet Spreker",
        ]  # fmt: skip
        assert put_speakers(session, event, [PIET], zone=ZONE, now=stage.now).not_in_file == [
            NOOR.address
        ]


def test_confirming_declining_and_back(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session)
        row, *_ = put_speaker(session, event, PIET, zone=ZONE, now=stage.now)
        later = stage.now + timedelta(hours=1)
        for confirms, at, then in (
            (True, stage.now, (stage.now, None)),
            (True, later, (stage.now, None)),
            (False, later, (None, later)),
            (None, later, (None, later)),
            (True, later, (later, None)),
        ):
            record_speaker(session, row, confirms=confirms, slides_url="", remark="", now=at)
            assert (row.confirmed_at, row.declined_at) == then
        with pytest.raises(Conflict, match="has already been"):
            record_speaker(
                session, row, confirms=True, slides_url="", remark="",
                now=stage.now + timedelta(days=90),
            )  # fmt: skip


@pytest.mark.parametrize(
    "url", ["http://dia.example", "javascript:alert(1)", "https://", "https://a b.example", "dia"]
)
def test_slides_stand_at_https_only(url: str) -> None:
    with pytest.raises(InputError, match="no address of slides"):
        checked_slides_url(url)


def test_a_bad_address_and_an_unknown_speaker_are_refused(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(session)
        with pytest.raises(HeaderError):
            put_speaker(
                session, event, SpeakerPlan("A", "geen adres", "T"), zone=ZONE, now=stage.now
            )
        with pytest.raises(NotFound, match="is no speaker"):
            remove_speaker(session, event, "niemand@spreker.example")
        put_speaker(session, event, PIET, zone=ZONE, now=stage.now)
        row = remove_speaker(session, event, PIET.address)
        assert speakers_of(session, event) == []
        with pytest.raises(NotFound):
            speaker_by_token(session, row.token)
        with pytest.raises(NotFound):
            speaker_by_token(session, "'; --")


def test_only_confirmed_talks_stand_in_the_programme(database: Database, stage: Stage) -> None:
    with database.writing() as session:
        event = stage.scene.event(
            session,
            programme=[
                {"from": "09.30", "to": "10.00", "title": "welkom", "speaker": "Burgemeester"},
                {"from": "11.00", "to": "12.00", "title": "Afsluiting"},
            ],
        )
        rows = {
            plan.name: put_speaker(session, event, plan, zone=ZONE, now=stage.now)[0]
            for plan in (NOOR, PIET)
        }

        def shown() -> list[tuple[str, str, str]]:
            facts = with_speakers(session, event, event_facts(event), zone=ZONE)
            return [(line.start, line.title, line.speaker) for line in facts.programme]

        bare = [("09.30", "welkom", "Burgemeester"), ("11.00", "Afsluiting", "")]
        assert shown() == bare
        for row in rows.values():
            record_speaker(session, row, confirms=True, slides_url="", remark="", now=stage.now)
        assert shown() == [
            ("09.30", "welkom", "Burgemeester, Piet Spreker"),
            ("10.00", "Samen verder", "Noor Spreker"),
            ("11.00", "Afsluiting", ""),
        ]
        for row in rows.values():
            record_speaker(session, row, confirms=False, slides_url="", remark="", now=stage.now)
        assert shown() == bare
