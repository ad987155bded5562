"""Takes an agenda file over into the agenda, again and again without harm.

*Reads*: an ``AgendaFile``. *Writes*: events. *Next*: planning sees what changed; the pipeline
tells registrations of a move.

Identity is (source, id) where the file has one, and kind and date for lines of plan text; any
other pairing is asked, never guessed. Only what changed in the file since the last import is
applied, so that an edit made elsewhere survives, and what is missing cancels nothing unless asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.entries import AgendaEntry, AgendaFile
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.agenda.store import change_event, event_key
from var_outreach.clock import at_local
from var_outreach.tokens import random_token

COPIED = (
    "description",
    "meant_for",
    "audience_key",
    "programme",
    "partners",
    "capacity",
    "max_per_organisation",
    "asks_diet",
    "registration_open",
    "recap_markdown",
    "recap_links",
)
"""Fields of a YAML event that go over as they are, by their own name."""
RENAMED = {"audience": "meant_for", "invite": "audience_key", "ends_on": "until_date",
           "answer_by": "answer_by_on"}


@dataclass(frozen=True)
class ImportedChange:
    """What an import did to one event."""

    key: str
    title: str
    line: int
    fields: tuple[tuple[str, str | None, str | None], ...] = ()
    """(field, before, after)."""
    moved: bool = False


@dataclass
class AgendaReport:
    """What an import did, or would do."""

    added: list[ImportedChange] = field(default_factory=list)
    moved: list[ImportedChange] = field(default_factory=list)
    changed: list[ImportedChange] = field(default_factory=list)
    unchanged: int = 0
    missing: list[ImportedChange] = field(default_factory=list)
    """In the agenda from this source, no longer in the file."""
    cancelled: list[ImportedChange] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    """Pairings that only a person can decide."""


@dataclass(frozen=True)
class ImportOptions:
    """How a file is taken over."""

    by: str
    cancel_missing: bool
    zone: ZoneInfo
    kinds: KindTable
    deadline: Callable[[str, date], date | None]
    """The last day to answer that the rules give, by kind and date."""


def import_agenda(
    session: Session, file: AgendaFile, options: ImportOptions, *, now: datetime
) -> AgendaReport:
    """Take ``file`` over and return what that did.

    The caller rolls back for a dry run. Raises Conflict where a change makes no sense.
    """
    report = AgendaReport()
    known = {
        event.source_id: event
        for event in session.scalars(select(Event).where(Event.source == file.source))
    }
    taken = set(session.scalars(select(Event.key)))
    seen: set[str] = set()
    fresh: list[tuple[str, AgendaEntry]] = []
    for identity, entry in _identified(file.entries):
        seen.add(identity)
        event = known.get(identity)
        if event is None:
            fresh.append((identity, entry))
        else:
            _apply(session, event, entry, options, report, now)
    gone = [event for identity, event in known.items() if identity not in seen and _counts(event, file)]
    for identity, entry in fresh:
        event = _new_event(entry, identity, file, options, taken, now)
        taken.add(event.key)
        session.add(event)
        report.added.append(ImportedChange(event.key, event.title, entry.line))
        report.questions += _questions(entry, gone)
    session.flush()
    for event in gone:
        row = ImportedChange(event.key, event.title, 0)
        if options.cancel_missing:
            change_event(session, event, {"state": EventState.CANCELLED}, by=options.by, now=now)
            report.cancelled.append(row)
        else:
            report.missing.append(row)
    return report


def _identified(entries: Sequence[AgendaEntry]) -> list[tuple[str, AgendaEntry]]:
    """Give every entry its identity; equal lines of plan text are numbered."""
    found: list[tuple[str, AgendaEntry]] = []
    counts: dict[str, int] = {}
    for entry in entries:
        identity = entry.source_id
        if identity is None:
            when = entry.on_date.isoformat() if entry.on_date else f"undated:{entry.topic}:{entry.title}"
            identity = f"{entry.kind}:{when}"
        counts[identity] = counts.get(identity, 0) + 1
        found.append((f"{identity}#{counts[identity]}" if counts[identity] > 1 else identity, entry))
    return found


def _counts(event: Event, file: AgendaFile) -> bool:
    """Tell whether ``event`` should still stand in ``file``: same year, and not over or off."""
    if event.state in {EventState.CANCELLED, EventState.POSTPONED, EventState.HELD}:
        return False
    return file.year is None or event.on_date is None or event.on_date.year == file.year


def _questions(entry: AgendaEntry, gone: Sequence[Event]) -> list[str]:
    return [
        f"line {entry.line}: is '{entry.title}' on {entry.on_date} the event '{event.key}', moved? "
        f"Then say: var-outreach agenda move {event.key} {entry.on_date}"
        for event in gone
        if event.kind == entry.kind and entry.on_date is not None
    ]


def _apply(
    session: Session,
    event: Event,
    entry: AgendaEntry,
    options: ImportOptions,
    report: AgendaReport,
    now: datetime,
) -> None:
    values = entry_fields(entry, options.zone)
    as_kept = _as_json(values)
    last = event.imported
    differing = {
        name: value for name, value in values.items() if as_kept[name] != last.get(name)
    }
    # A field that the file no longer gives goes back to nothing; the others keep what they have.
    for name in last.keys() - values.keys():
        if name in _EMPTY:
            differing[name] = _EMPTY[name]
    event.imported = as_kept
    event.notes = list(entry.notes)
    if "on_date" in differing and "answer_by_on" not in values:
        differing["answer_by_on"] = (
            options.deadline(event.kind, differing["on_date"]) if differing["on_date"] else None
        )
        if event.state is EventState.UNDATED:
            differing.setdefault("state", EventState.PLANNED)
    before_revision = event.date_revision
    changes = change_event(session, event, differing, by=options.by, now=now)
    if not changes:
        report.unchanged += 1
        return
    row = ImportedChange(
        event.key,
        event.title,
        entry.line,
        tuple((change.field, change.before, change.after) for change in changes),
        moved=event.date_revision != before_revision,
    )
    (report.moved if row.moved else report.changed).append(row)


def _new_event(
    entry: AgendaEntry,
    identity: str,
    file: AgendaFile,
    options: ImportOptions,
    taken: set[str],
    now: datetime,
) -> Event:
    values = entry_fields(entry, options.zone)
    kind = options.kinds.get(entry.kind)
    visibility = values.get("visibility") or Visibility(
        kind.visibility if kind is not None else Visibility.CLOSED
    )
    if "answer_by_on" not in values and entry.on_date is not None:
        values["answer_by_on"] = options.deadline(entry.kind, entry.on_date)
    kept = _as_json(entry_fields(entry, options.zone))
    state = values.pop("state", None) or (
        EventState.PLANNED if entry.on_date else EventState.UNDATED
    )
    values.pop("visibility", None)
    return Event(
        **{**_EMPTY, **values},
        key=event_key(entry.title, entry.on_date, file.year, taken),
        source=file.source,
        source_id=identity,
        state=state,
        visibility=visibility,
        notes=list(entry.notes),
        series_uid=f"{random_token()}@agenda",
        revision=0,
        date_revision=0,
        known_at=now,
        date_known_at=now,
        changed_at=now,
        imported=kept,
    )


def entry_fields(entry: AgendaEntry, zone: ZoneInfo) -> dict[str, Any]:
    """Return what an entry says, by the names of the event's fields; what it leaves out is absent."""
    values: dict[str, Any] = {"kind": entry.kind, "title": entry.title, "on_date": entry.on_date}
    given = {
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "place": entry.place,
        "address": entry.address,
        "online_url": entry.online_url,
        "topic_key": entry.topic,
    }
    values |= {name: value for name, value in given.items() if value is not None}
    if entry.quantity != 1:
        values["quantity"] = entry.quantity
    for name, value in entry.extra.items():
        target = RENAMED.get(name, name)
        if target in COPIED or target in {"until_date", "answer_by_on"}:
            values[target] = list(value) if isinstance(value, tuple) else value
    if isinstance(doors := entry.extra.get("doors"), time) and entry.on_date:
        values["doors_at"] = at_local(entry.on_date, doors, zone)
    if state := entry.extra.get("state"):
        values["state"] = EventState(str(state))
    if visibility := entry.extra.get("visibility"):
        values["visibility"] = Visibility(str(visibility))
    return values


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


_EMPTY: dict[str, Any] = {
    "topic_key": None,
    "until_date": None,
    "starts_at": None,
    "ends_at": None,
    "doors_at": None,
    "place": None,
    "address": None,
    "online_url": None,
    "description": None,
    "meant_for": None,
    "audience_key": None,
    "programme": [],
    "partners": [],
    "capacity": None,
    "max_per_organisation": None,
    "answer_by_on": None,
    "asks_diet": False,
    "registration_open": False,
    "quantity": 1,
    "recap_markdown": None,
    "recap_links": [],
}

