"""Arrange an event's rounds of workshops and its speakers.

*Reads / Writes*: programme, guests' choices. *Next*: the next tick tells guests of what changed, and
asks the speakers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.model import Event
from var_outreach.agenda.store import FILE_PROGRAMME, find_event
from var_outreach.agenda.yaml_rounds import RoundPlan, SpeakerPlan, read_programme_file
from var_outreach.app import App
from var_outreach.errors import FileError
from var_outreach.programme.arranging import (
    ArrangeReport,
    arrange,
    set_capacity,
    take_out_workshop,
)
from var_outreach.programme.speaking import (
    SpeakerReport,
    put_speaker,
    put_speakers,
    remove_speaker,
)


@dataclass
class ProgrammeReport:
    """What a programme file did."""

    rounds: ArrangeReport = field(default_factory=ArrangeReport)
    speakers: SpeakerReport = field(default_factory=lambda: SpeakerReport([], [], []))


def set_programme(
    app: App, key: str, path: Path, *, take_out_missing: bool = False
) -> ProgrammeReport:
    """Make the programme of the event ``key`` what the file says.

    What the file does not name stays, but with ``take_out_missing`` its workshops go, and who was
    in them is told. Raises FileError, with the line, for a file that cannot be used.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            f"the file cannot be read ({error})", where=str(path), remedy="Save it as UTF-8 text"
        ) from error
    plan = read_programme_file(text, name=str(path))
    zone, now = app.settings.zone, app.clock.now()
    report = ProgrammeReport()
    with app.database.writing() as session:
        event = find_event(session, key)
        if plan.rounds:
            report.rounds = arrange(
                session, event, plan.rounds, zone=zone, now=now, take_out_missing=take_out_missing
            )
        if plan.speakers:
            report.speakers = put_speakers(session, event, plan.speakers, zone=zone, now=now)
    app.wake()
    return report


def set_workshop_capacity(app: App, key: str, workshop: str, capacity: int | None) -> ArrangeReport:
    """Give ``workshop`` ("round/workshop") so many places; None: no limit."""
    with app.database.writing() as session:
        event = find_event(session, key)
        report = set_capacity(session, event, workshop, capacity, now=app.clock.now())
    app.wake()
    return report


def take_out(app: App, key: str, workshop: str) -> ArrangeReport:
    """Take ``workshop`` ("round/workshop") out; who was in it is told."""
    with app.database.writing() as session:
        event = find_event(session, key)
        report = take_out_workshop(session, event, workshop, now=app.clock.now())
    app.wake()
    return report


def add_speaker(app: App, key: str, plan: SpeakerPlan) -> bool:
    """Make ``plan`` a speaker of the event, or change the talk; return whether it is new."""
    with app.database.writing() as session:
        event = find_event(session, key)
        _speaker, is_new, _changed = put_speaker(
            session, event, plan, zone=app.settings.zone, now=app.clock.now()
        )
    app.wake()
    return is_new


def drop_speaker(app: App, key: str, address: str) -> None:
    """Take a speaker off the event; nothing is mailed."""
    with app.database.writing() as session:
        remove_speaker(session, find_event(session, key), address)


def kept_programmes(session: Session, file: AgendaFile) -> dict[str, str]:
    """Return the fingerprint of the programme that the file last gave, by the event's source id."""
    rows = session.execute(
        select(Event.source_id, Event.imported).where(Event.source == file.source)
    )
    return {source_id: kept.get(FILE_PROGRAMME, "") for source_id, kept in rows}


def apply_programmes(app: App, session: Session, file: AgendaFile, kept: Mapping[str, str]) -> None:
    """Take over the rounds and speakers of every event whose file gives others than last time.

    So a capacity that staff changed since is not undone by the same file. ``kept`` are the
    fingerprints of before the import.
    """
    zone, now = app.settings.zone, app.clock.now()
    for entry in file.entries:
        rounds, speakers = entry.extra.get("rounds"), entry.extra.get("speakers")
        if not rounds and not speakers:
            continue
        event = session.scalars(
            select(Event).where(Event.source == file.source, Event.source_id == entry.source_id)
        ).one_or_none()
        if event is None:
            continue  # the import asked about it instead of taking it over
        fingerprint = hashlib.sha256(repr((rounds, speakers)).encode()).hexdigest()
        event.imported = {**event.imported, FILE_PROGRAMME: fingerprint}
        if kept.get(event.source_id) == fingerprint:
            continue
        if isinstance(rounds, tuple):
            plans = [one for one in rounds if isinstance(one, RoundPlan)]
            arrange(session, event, plans, zone=zone, now=now)
        if isinstance(speakers, tuple):
            people = [one for one in speakers if isinstance(one, SpeakerPlan)]
            put_speakers(session, event, people, zone=zone, now=now)
